"""What every command prints with ``--json``: each key, the type of its value, and its unit.

A value is written "type: unit or meaning"; a type that ends in ? may be null. A dictionary is an object with these
keys, where "*" stands for every other key and one that ends in ? may be missing or null; a list holds any number of its
one item.
"""

from __future__ import annotations

from typing import Any

__all__ = ["RECORDS"]

_NOTES = ["text: a sentence"]
_TIME = "text: UTC"

_PLAN: dict[str, Any] = {
    "sentence": "text: the answer",
    "token": "text: what risk, capital and P&L are in",
    "objective": "text: what was made small",
    "start": {"*": "number: price now, quote per base, by market"},
    "legs": [
        {
            "instrument": "text: its class",
            "market": "text: whose price it reads",
            "unit": "text: what a quantity of 1 is",
            "quantity": "number: in unit; > 0 is long",
            "standard_error": "number?: of the quantity, in unit; null under a model",
            "notional": "number: in quote, positive",
            "naive_quantity": "number?: of the naive hedge, in unit",
        }
    ],
    "accounts": [
        {
            "account": "text: whose",
            "token": "text: what is posted",
            "collateral": "number: in token",
            "leverage": "number?: |notional| / collateral, times",
            "liquidation": {
                "*": {
                    "below": "number?: quote per base; null: none",
                    "above": "number?: quote per base; null: none",
                }
            },
        }
    ],
    "orders": [
        {
            "leg": "text: its name",
            "contracts": "number: whole ones; > 0 is bought",
            "quantity": "number: in the leg's unit",
            "residual": "number: what no order makes, in the leg's unit",
        }
    ],
    "capital": "number: all that is posted, in token",
    "risk_unhedged": "number: of the objective, in token",
    "risk": "number: of the objective, in token",
    "effectiveness": "number?: share of the risk's square removed, decimal",
    "naive?": {
        "risk": "number?: in token",
        "effectiveness": "number?: decimal",
        "within_bounds": "flag?: whether it satisfies the constraints",
    },
    "net_delta": {"*": "number: coins, by coin"},
    "net_gamma": {"*": "number: coins per quote, by coin"},
    "net_vega": {"*": "number?: quote per 1.00 of volatility, by coin"},
    "premium": "number: paid for options, in token",
    "outcomes": {
        "source": "text: what may happen",
        "n": "whole: how many",
        "effective_n": "number?: independent ones that they are worth",
    },
    "certificate": {
        "feasibility": "number: greatest violation, relative",
        "stationarity": "number?: of the gradient, relative",
        "gap": "number?: to a bound of the optimum, relative",
        "binding": _NOTES,
        "met": _NOTES,
    },
    "choice?": {
        "offered": "whole: options",
        "subsets": "whole: of them that fit",
        "solved": "whole: hedges",
        "bound": "number?: no subset leaves less, in token",
        "gap": "number?: to it, decimal",
        "as_good": [["text: an option"]],
    },
    "unique": "flag: whether no other hedge is as good",
    "notes": _NOTES,
    "assumptions": _NOTES,
}

_ECONOMICS: dict[str, Any] = {
    "sentence": "text: what it is expected to make",
    "quote": "text: the token of all amounts here",
    "parts": [{"part": "text: its name", "expected": "number: in quote; > 0 is a gain", "why": "text: of what"}],
    "total": "number: in quote; > 0 is a gain",
    "years": "number: horizon, of 365 days",
    "break_even_rate_per_year": "number?: fees that pay for all else, decimal of the value",
    "fees": "number?: earned by the position, in quote",
    "leaving": "number?: chance that the price is out of the range at the end, decimal",
    "inside": "number?: share of the time in the range, decimal",
}

_MONEY = "number?: in quote; > 0 is a gain"
_PARTS = dict.fromkeys(
    (
        "fees, base", "fees, quote", "impermanent loss", "tokens held", "swaps", "composition fees", "gas", "hedge",
        "funding", "spread", "exchange fees", "slippage", "coins posted", "options", "option costs",
    ),
    _MONEY,
)  # fmt: skip
_FIGURES = {
    "net": _MONEY,
    "total_return": "number?: decimal of the capital",
    "return_per_year": "number?: decimal",
    "volatility": "number?: per year, decimal",
    "sharpe": "number?: per year",
    "sortino": "number?: per year",
    "drawdown": "number?: decimal of the peak, positive",
    "under_water": "number?: share of the time below the peak, decimal",
    "value_at_risk": "number?: decimal of the capital, a loss is positive",
    "cvar": "number?: decimal of the capital, a loss is positive",
    "effectiveness": "number?: share of the variance removed, decimal",
    "excess_effectiveness": "number?: the same of what is beside holding, decimal",
    "hedges": "number: trades of the legs",
    "turnover": "number: in quote",
    "liquidations": "number: how many",
    "time_in_range": "number?: share of the time, decimal",
    "adds": "number: how often a range was laid",
    "least_fees": "number?: least that they may have been, in quote",
    "most_fees": "number?: most that they may have been, in quote",
    **_PARTS,
}
_REPLAY = {
    "sentence": "text: the answer",
    "quote": "text: the token of all amounts here",
    "capital": "number: in quote",
    "figures": _FIGURES,
    "attribution": {**_PARTS, "residual": "number: rounding, in quote", "net": _MONEY},
    "execution": [
        {
            "name": "text: under which execution",
            "half_spread": "number?: decimal of the price",
            "spread": "number: paid, in quote",
            "fees": "number: paid, in quote",
            "net": _MONEY,
        }
    ],
    "assumptions": _NOTES,
}

_ESTIMATE = {
    "value": "number: of the sample, in unit or as a logarithm",
    "error": "number?: its standard error",
    "low": "number?: of its interval",
    "high": "number?: of its interval",
    "p_value": "number?: of a true value of 0, decimal",
    "effective": "number?: independent periods",
}
_TRIAL = {
    "setting": "text: its name",
    "mean": "number?: more than the benchmark per period, in unit",
    "beats": "flag: makes more, corrected",
    "in_step": "flag: among the best by SPA's steps",
    "steadier": "flag: varies less, corrected",
    "better_p": "number?: decimal",
    "steadier_p": "number?: decimal",
    "sharpe": "number?: per period",
    "deflated": "number?: chance, decimal",
    "won": "number?: share of windows, decimal",
    "variance_ratio": "number?: to the benchmark's, a ratio",
    "difference?": _ESTIMATE,
    "log_ratio?": _ESTIMATE,
    "reason": "text: why there is no test; empty where there is",
}
_WALK = {
    "window": "whole: periods",
    "choices": ["text: a setting"],
    "promised": "number?: per period, in unit",
    "mean": "number?: per period, in unit",
    "low": "number?: in unit",
    "high": "number?: in unit",
    "p_value": "number?: decimal",
}
_VERDICT = {
    "sentence": "text: the answer",
    "against": "text: the benchmark",
    "unit": "text: of the P&L",
    "p_value": "number?: that no setting is better, decimal",
    "spa": "number?: the same by SPA, decimal",
    "start": _TIME,
    "end": _TIME,
    "periods": "whole: how many",
    "periods_per_year": "number: in 365 days",
    "gaps": "whole: jumps of the clock",
    "effective": "number?: independent periods",
    "block": "whole: periods",
    "variance_block": "whole: periods",
    "level": "number: of intervals, decimal",
    "draws": "whole: resamples",
    "tried": "whole: settings counted",
    "window": "whole?: periods",
    "windows": "whole: how many",
    "seed": "any: of the resamples",
    "synthetic": "flag: the pool is made by a rule",
    "assumptions": _NOTES,
    "settings": [_TRIAL],
    "walk?": _WALK,
    "regimes": [{"*": "any: the verdict of a regime"}],
}

_SPREAD_ROW = {
    "time": _TIME,
    "pair": "text: far - near",
    "far": "text: a contract",
    "near": "text: a contract",
    "sell": "number?: quote per base",
    "buy": "number?: quote per base",
    "mid": "number?: quote per base",
    "days": "number?: from the near to the far expiry",
    "basis": "number?: decimal of the near price",
    "simple_per_year": "number?: decimal",
    "log_per_year": "number?: decimal",
    "sell_depth": "number?: in the far contract's unit",
    "buy_depth": "number?: in the far contract's unit",
    "stale": "flag: nobody traded",
}
_TERMS = {
    "describe": "text: what was read",
    "pairs": [_SPREAD_ROW | {"far_basis": "number?: decimal", "near_basis": "number?: decimal"}],
    "missing": _NOTES,
    "notes": _NOTES,
}
_PAIR = {"spread": "text: far - near", "rows": [_SPREAD_ROW], "notes": _NOTES}
_TRADED = {
    "spread": "text: far - near",
    "token": "text: what both legs settle in",
    "price": "number: of the token at the end, quote per token",
    "quote": "text: what prices are in",
    "net": _MONEY,
    "net_of_trades": _MONEY,
    "complete": "flag: whether all funding is known",
    "unfunded_hours": "number: hours",
    "held": "number?: of the far leg at the end, in its unit",
    "parts": dict.fromkeys(
        ("spread, middle to middle", "half-spreads", "slippage", "exchange fees", "funding"),
        "number: in token; > 0 is a gain",
    ),
    "trades": [
        {
            "time": _TIME,
            "side": "text: of the spread",
            "spread": "number: quote per base",
            "far_quantity": "number: in the far leg's unit",
            "far_price": "number: quote per base",
            "near_quantity": "number: in the near leg's unit",
            "near_price": "number: quote per base",
            "far_held": "number: in the far leg's unit",
            "fee": "number: paid, in token",
            "result": "number: in token; > 0 is a gain",
        }
    ],
    "notes": _NOTES,
}

_VENUE = {
    "venue": "text: its name",
    "on": "text: the day",
    "rows": [
        {
            "contract": "text: its name",
            "figure": "text: which",
            "value": "text: in the venue's unit, as its page has it",
            "since": "text?: a day",
            "seen": "text?: a day",
            "flag": "text: what is doubtful",
            "used": "flag: whether it counts",
            "source": "text: its page",
            "note": "text: of it",
        }
    ],
}

_FETCHED: dict[str, Any] = {
    "folder": "text: where the files are",
    "files": ["text: a file that is there now"],
    "already": "whole: files that were there before",
    "missing": ["text: what the archive does not have"],
    "reader": "text: the function that reads them",
}

_SCENARIOS: dict[str, Any] = {
    "sentence": "text: the answer",
    "measure": "text: what is counted",
    "token": "text: what P&L is in",
    "start": {"*": "number: price now, quote per base, by market"},
    "axes": {
        "moves": ["number: of the price, decimal"],
        "labels": ["text: of a move: the dates of a stress window"],
        "volatilities": ["number: shift per year, decimal"],
        "days": ["number: since the start"],
        "funding": ["number?: rate per 8 hours, decimal"],
    },
    "components": ["text: a column of rows"],
    "rows": [
        {
            "move": "number: decimal",
            "*": "any: a component, in token; what the row is",
        }
    ],
    "break_evens": [
        {
            "volatility": "number: shift, decimal",
            "days": "number: since the start",
            "funding": "number?: per 8 hours, decimal",
            "prices": ["number: quote per base"],
        }
    ],
    "liquidations": [
        {
            "account": "text: whose",
            "below": "number?: quote per base; null: none",
            "above": "number?: quote per base; null: none",
        }
    ],
    "notes": _NOTES,
}

RECORDS: dict[str, list[dict[str, Any]]] = {
    "hedge": [_PLAN | {"economics?": _ECONOMICS}],
    "options": [
        _PLAN
        | {
            "given": "text: the snapshot and what was read from it",
            "comparison": {
                "sentence": "text: the plan beside others",
                "token": "text: of the risk",
                "rivals": [
                    {
                        "hedge": "text: its name",
                        "risk?": "number: in token",
                        "effectiveness?": "number: decimal",
                        "premium?": "number: in token",
                        "options?": "text: which and how many",
                        "reason?": "text: why there is none",
                    }
                ],
                "risk_unhedged": "number: in token",
            },
            "economics?": _ECONOMICS,
        }
    ],
    "frontier": [
        {
            "sentence": "text: the answer",
            "label": "text: of the axis",
            "axis": "text: what is varied",
            "unit": "text: of x",
            "objective": "text: what was made small",
            "token": "text: of risk and capital",
            "points": [
                {
                    "x": "number: in unit",
                    "along": "text: what stood there",
                    "plan?": _PLAN,
                    "reason": "text: why there is no plan; empty where there is",
                }
            ],
        }
    ],
    "range": [
        {
            "lower": "number: quote per base",
            "upper": "number: quote per base",
            "chance_of_leaving": "number: within the horizon, decimal",
            "share_of_time_inside": "number: of the horizon, decimal",
        }
    ],
    "payoff": [
        {
            "break_evens": ["number: quote per base"],
            "rows": [
                {
                    "price": "number: quote per base",
                    "position": "number: P&L in quote",
                    "hedge": "number: P&L in quote",
                    "income": "number: in quote",
                    "total": "number: P&L in quote",
                }
            ],
        }
    ],
    "greeks": [{"rows": [{"price": "number: quote per base", "*": "number: in the unit of its name"}]}],
    "index": [
        {
            "index": "text: what was read",
            "shares": "number: of the index",
            "behind": [
                {
                    "coin": "text: its name",
                    "price": "number: quote per coin",
                    "coins": "number: behind the shares",
                    "exposure": "number: in quote",
                    "share of the value": "number: decimal",
                    "weight in the pool": "number?: decimal",
                }
            ],
            "hedges": [
                {
                    "name": "text: of the hedge",
                    "removed": "number: share of the variance, decimal",
                    "deviation": "number: of a step, in quote",
                    "hedge": _MONEY,
                    "funding": _MONEY,
                    "costs": "number: paid, in quote",
                    "position": _MONEY,
                    "net": _MONEY,
                    "net less rewards": _MONEY,
                    "trades": "number: how many",
                    "turnover": "number: in quote",
                }
            ],
            "attribution": {"*": {"*": _MONEY}},
            "assumptions": _NOTES,
        }
    ],
    "spread": [_TERMS, _PAIR, _TRADED],
    "scenario": [_SCENARIOS],
    "replay": [_REPLAY],
    "sweep": [
        {
            "sweep": {
                "sentence": "text: how many settings of what",
                "verb": "text: what was run",
                "runs": [
                    {
                        "name": "text: of the setting",
                        "parameters": {"*": "any: a value; null is off"},
                        "figures?": _FIGURES,
                        "error": "text?: why it cannot be replayed",
                    }
                ],
                "synthetic": "flag: the pool is made by a rule",
                "assumptions": _NOTES,
                "notes": _NOTES,
            },
            "ranked_by": "text: a figure",
            "best": "text: the name of a setting",
            "holding": _FIGURES,
            "verdict?": _VERDICT,
            "assumptions": _NOTES,
        }
    ],
    "data-venues": [{"venues": ["text: a name"]}, _VENUE],
    "data-check": [
        {
            "file": "text: its name",
            "kind": "text: what it holds",
            "reader": "text: the function that reads it",
            "usable": "flag: whether it may be relied on",
            "rows": "whole: how many",
            "refused": "text: why it is not read; empty where it is",
            "taken": _NOTES,
            "parts": [
                {
                    "what": "text: a market, a token, a contract",
                    "rows": "whole: how many",
                    "first": "text?: UTC",
                    "last": "text?: UTC",
                    "step_seconds": "number?: seconds, the usual one",
                    "longest_step_seconds": "number?: seconds",
                    "notes": _NOTES,
                    "findings": [
                        {
                            "what": "text: it is",
                            "count": "whole: rows",
                            "where": ["text: a row"],
                            "fatal": "flag: whether it may not be relied on",
                        }
                    ],
                }
            ],
        }
    ],
    "data-convert": [
        {
            "out": "text: the file that was written",
            "rows": "whole: how many",
            "reader": "text: the function that reads it",
            "source": "text: the file that was read",
        }
    ],
    "data-get-binance": [_FETCHED],
    "data-get-deribit-chain": [_FETCHED],
    "data-chain": [
        {
            "read": "whole: rows",
            "left_out": {"*": "whole: rows, by reason"},
            "index": "number?: quote per base",
            "forwards": [
                {
                    "expiry": _TIME,
                    "options": "whole: how many",
                    "coin_settled": "flag: inverse ones",
                    "forward": "number?: by parity, quote per base",
                    "pairs": "whole: of a put and a call",
                    "residual": "number?: of parity, quote per base",
                    "stated": "number?: the file's own, quote per base",
                }
            ],
            "check": {
                "chain": "text: what was read",
                "rows": "whole: how many",
                "tolerance": "number: decimal of the price",
                "notes": _NOTES,
                "rejected": {"*": "whole: rows, by reason"},
                "findings": [{"what": "text: it is", "count": "whole: rows", "where": ["text: an option"]}],
            },
        }
    ],
}
"""By command: what it may print."""
