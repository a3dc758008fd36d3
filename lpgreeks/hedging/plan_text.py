"""A plan in words: the sentence, the rows of its summary, its table, and the same figures for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks.hedging.legs import Leg
from lpgreeks.hedging.text import WIDTH, aligned, percent, rounded, wrapped
from lpgreeks.margin import Ends

if TYPE_CHECKING:
    import pandas as pd

    from lpgreeks.hedging.plan import HedgePlan

__all__ = ["record_of", "sentence_of", "summary_of", "table_of"]

# Of legs that are traded, in a sentence; a table has them all.
_NAMED = 5

# Of an order: what rounding to whole contracts left out is nothing below this share of it.
_NOTHING = 1e-9


def sentence_of(plan: HedgePlan) -> str:
    """The answer in one sentence."""
    trades = [_trade(leg, q) for leg, q in zip(plan.legs, plan.quantities, strict=True) if q]
    if len(trades) > _NAMED:
        trades = [*trades[: _NAMED - 1], f"{len(trades) - _NAMED + 1} more legs"]
    do = " and ".join([", ".join(trades[:-1]), trades[-1]] if len(trades) > 1 else trades) or "trade nothing"
    left = f"{rounded(plan.risk_unhedged)} to {rounded(plan.best.risk)} {plan.token}"
    return (
        f"{do[0].upper()}{do[1:]}: {plan.objective} goes from {left} "
        f"({percent(plan.effectiveness)} of the variance removed)."
    )


def _trade(leg: Leg, quantity: float) -> str:
    unit = leg.instrument.unit_text
    return f"{'short' if quantity < 0 else 'long'} {rounded(abs(quantity))} {unit} of {leg.name}"


def table_of(plan: HedgePlan) -> pd.DataFrame:
    """One row per leg: quantity, its unit, standard error, notional in quote, the naive quantity."""
    import pandas as pd

    rows = [
        {
            "leg": leg.name,
            "quantity": quantity,
            "unit": leg.instrument.unit_text,
            "standard error": np.nan if error is None else error,
            f"notional [{plan.exposure.quote}]": abs(quantity) * plan.notional(leg),
            "naive quantity": np.nan if plan.naive is None else plan.naive.quantities[i],
        }
        for i, (leg, quantity, error) in enumerate(zip(plan.legs, plan.quantities, plan.standard_errors, strict=True))
    ]
    return pd.DataFrame(rows)


def summary_of(plan: HedgePlan) -> str:
    """The whole plan as text."""
    lines = [wrapped(sentence_of(plan), WIDTH), ""]
    lines += aligned(_leg_rows(plan), words=(0, 2))
    if plan.pledges:
        lines += ["", *aligned(_account_rows(plan), words=(0, 2))]
    if plan.orders:
        lines += ["", *aligned(_order_rows(plan), words=(0, 3))]
    lines += ["", *aligned(_figure_rows(plan), words=(0, 1))]
    if plan.notes:
        lines += ["", *(wrapped(f"- {note}", WIDTH, indent="  ") for note in plan.notes)]
    if plan.assumptions:
        lines += ["", wrapped(f"Taken as given: {'; '.join(plan.assumptions)}.", WIDTH)]
    return "\n".join(lines)


def _leg_rows(plan: HedgePlan) -> list[list[str]]:
    rows = [["leg", "quantity", "unit", "std error", f"notional [{plan.exposure.quote}]", "naive"]]
    for i, leg in enumerate(plan.legs):
        error = plan.standard_errors[i]
        rows.append(
            [
                leg.name,
                rounded(plan.quantities[i]),
                leg.instrument.unit_text,
                "" if error is None else rounded(error),
                rounded(abs(plan.quantities[i]) * plan.notional(leg)),
                "" if plan.naive is None else rounded(plan.naive.quantities[i]),
            ]
        )
    return rows


def _account_rows(plan: HedgePlan) -> list[list[str]]:
    rows = [["account", "collateral", "token", "leverage", "liquidated below", "above", "chance"]]
    for pledge, account, posted, ends in zip(
        plan.pledges, plan.accounts, plan.best.collateral, plan.liquidations(), strict=True
    ):
        if account is None:
            rows.append([pledge.name, rounded(posted), pledge.token, "", "", "", ""])
        for market, (below, above) in ends.items():
            chance = plan.liquidation_chance(market, Ends(below, above))
            rows.append(
                [
                    pledge.name if len(ends) == 1 else f"{pledge.name}, {market}",
                    rounded(posted),
                    pledge.token,
                    f"{account.leverage(plan.start):,.4g}" if account and account.collateral else "unbounded",
                    "never" if below is None else rounded(below),
                    "never" if above is None else rounded(above),
                    "unknown" if chance is None else percent(chance),
                ]
            )
    return rows


def _order_rows(plan: HedgePlan) -> list[list[str]]:
    rows = [["order", "contracts", "quantity", "unit", "left out by rounding"]]
    for order in plan.orders:
        unit = order.leg.instrument.unit_text
        left = 0.0 if abs(order.residual) < _NOTHING * abs(order.quantity) else order.residual
        rows.append([order.leg.name, f"{order.contracts:,.10g}", rounded(order.quantity), unit, rounded(left)])
    return rows


def _figure_rows(plan: HedgePlan) -> list[list[str]]:
    return [*_risk_rows(plan), *_money_rows(plan), *_greek_rows(plan), *_proof_rows(plan)]


def _risk_rows(plan: HedgePlan) -> Iterator[list[str]]:
    first, *others = plan.outcomes.source.split("; ")
    yield ["outcomes", first]
    yield from (["", other] for other in others)
    if plan.outcomes.sampled:
        yield ["", f"n = {len(plan.outcomes):,}, worth {plan.outcomes.effective:,.1f} independent outcomes"]
    yield ["risk", f"{rounded(plan.risk_unhedged)} -> {rounded(plan.best.risk)} {plan.token}"]
    yield ["effectiveness", f"{plan.effectiveness:.4%} of the variance"]
    for title, verb, rival in (("naive hedge", "leaves", plan.naive), ("whole contracts", "leave", plan.rounded)):
        if rival is not None:
            breaks = "" if rival.within_bounds else ", but breaks a bound"
            yield [title, f"{verb} {rounded(rival.risk)} {plan.token} ({rival.effectiveness:.4%}){breaks}"]


def _money_rows(plan: HedgePlan) -> Iterator[list[str]]:
    quote, uses = plan.exposure.quote, plan.capital_by_use
    if any(leg.premium for leg in plan.legs):
        yield ["premium", f"{rounded(plan.premium)} {quote}, paid less received"]
    if plan.pledges or uses["options"]:
        parts = [f"{rounded(uses['position'])} in it", f"{rounded(uses['collateral'])} in collateral"]
        parts += [f"{rounded(uses['options'])} in options"] if uses["options"] else []
        many = f"{rounded(plan.capital)} {quote}, {plan.capital / uses['position']:.4g} times the position"
        yield ["capital", f"{many}: {', '.join(parts)}"]
    expected = plan.economics
    if expected is not None:
        costless = not any(leg.fee or leg.funding or leg.slippage for leg in plan.legs)
        nothing = ", trading and funding taken as 0" if costless else ""
        free = any(q and leg.option and not leg.premium for q, leg in zip(plan.quantities, plan.legs, strict=True))
        nothing += ", options had for nothing: they have no premium" if free else ""
        yield ["expected", f"{rounded(expected.total)} {quote} before the pool's fees and gas{nothing}"]
        yield ["", f"break-even: fees of {percent(expected.break_even_rate_per_year)} a year of the position"]
        # Where accounts are kept the way there matters, not only the end.
        if plan.pledges and expected.leaving is not None:
            yield ["range", f"left with a chance of {percent(expected.leaving)}"]


def _greek_rows(plan: HedgePlan) -> Iterator[list[str]]:
    quote = plan.exposure.quote
    for coin, figure in plan.net_delta.items():
        yield ["net delta", f"{rounded(figure)} {coin}"]
    for coin, figure in plan.net_gamma.items():
        yield ["net gamma", f"{rounded(figure)} {coin} per {quote}"]
    for coin, figure in plan.net_vega.items():
        if figure:
            yield ["net vega", f"{rounded(figure / 100)} {quote} per point of {coin}'s volatility"]


def _proof_rows(plan: HedgePlan) -> Iterator[list[str]]:
    proof = plan.certificate
    figures = f"feasible to {proof.feasibility:.0e}, stationary to {proof.stationarity:.0e}, gap {proof.gap:.0e}"
    yield ["certificate", figures]
    if plan.choice is not None:
        yield ["choice", str(plan.choice)]
    for title, names in (("binding", proof.binding), ("met", proof.met)):
        yield from ([title if i == 0 else "", name] for i, name in enumerate(names))
    yield ["unique", "yes" if plan.unique else "no, see below"]


def record_of(plan: HedgePlan) -> dict[str, Any]:
    """Plain types, for JSON: the same figures as the text."""
    return {
        "sentence": sentence_of(plan),
        "token": plan.token,
        "objective": repr(plan.objective),
        "start": dict(plan.start),
        "legs": [
            {
                "instrument": type(leg.instrument).__name__,
                "market": leg.instrument.market,
                "unit": leg.instrument.unit_text,
                "quantity": plan.quantities[i],
                "standard_error": plan.standard_errors[i],
                "notional": abs(plan.quantities[i]) * plan.notional(leg),
                "naive_quantity": None if plan.naive is None else plan.naive.quantities[i],
            }
            for i, leg in enumerate(plan.legs)
        ],
        "accounts": [
            {
                "account": pledge.name,
                "token": pledge.token,
                "collateral": posted,
                "leverage": account.leverage(plan.start) if account and account.collateral else None,
                "liquidation": {m: {"below": e.below, "above": e.above} for m, e in ends.items()},
            }
            for pledge, account, posted, ends in zip(
                plan.pledges, plan.accounts, plan.best.collateral, plan.liquidations(), strict=True
            )
        ],
        "orders": [
            {"leg": o.leg.name, "contracts": o.contracts, "quantity": o.quantity, "residual": o.residual}
            for o in plan.orders
        ],
        "capital": plan.capital,
        "risk_unhedged": plan.risk_unhedged,
        "risk": plan.best.risk,
        "effectiveness": plan.effectiveness,
        "naive": None
        if plan.naive is None
        else {
            "risk": plan.naive.risk,
            "effectiveness": plan.naive.effectiveness,
            "within_bounds": plan.naive.within_bounds,
        },
        "net_delta": plan.net_delta,
        "net_gamma": plan.net_gamma,
        "net_vega": plan.net_vega,
        "premium": plan.premium,
        "outcomes": {
            "source": plan.outcomes.source,
            "n": len(plan.outcomes),
            "effective_n": plan.outcomes.effective if plan.outcomes.sampled else None,
        },
        "certificate": {
            "feasibility": plan.certificate.feasibility,
            "stationarity": plan.certificate.stationarity,
            "gap": plan.certificate.gap,
            "binding": list(plan.certificate.binding),
            "met": list(plan.certificate.met),
        },
        "choice": None if plan.choice is None else asdict(plan.choice),
        "unique": plan.unique,
        "notes": list(plan.notes),
        "assumptions": list(plan.assumptions),
    }
