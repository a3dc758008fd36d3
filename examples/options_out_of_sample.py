"""
Options beside the perpetual
============================

Which hedge kept its promise: real option chains, decided at each snapshot, scored after expiry.

At each of 56 snapshots of January 2026 a position of 100,000 USDC in ETH is hedged to a weekly expiry in five ways.
Each knows that snapshot only; it is scored by the first price seen after the expiry.

Run: python examples/options_out_of_sample.py FOLDER, or set LPGREEKS_TEST_DATA. FOLDER holds the sets
deribit-options-2026-01 and deribit-futures-perp-2026-01_02.

Expiry: the next listed Friday, 08:00 UTC, at least a day away. Model: lognormal about the index, without drift, at the
mark volatility of the strike next to that expiry's forward. Options are bought at the ask with the taker's fee and pay
the delivery fee; the perpetual pays the taker's fee twice, at five times leverage at most. Left out: funding, basis,
the depth of the book, what the pool earns.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import lpgreeks as lp

CHAINS = "deribit-options-2026-01/options.parquet"
FUTURES = "deribit-futures-perp-2026-01_02/futures-vs-perp.parquet"

VALUE, WIDTH = 100_000.0, 0.10
DAY, MINUTES = np.timedelta64(1, "D"), 1_440
FRIDAY = 4
OBJECTIVE = lp.Variance(lp.Value("USDC"))
VENUE = lp.venue("deribit", on="2026-01-05", unconfirmed=True)
TERMS, PERP_FEE = VENUE.option("ETH"), VENUE.contract("ETH", margin="USDC").fee

VERDICT = """
What these figures can say. Rows of one expiry share its price: there are three outcomes, not 56. Three signs alike come
up once in four times where nothing differs, so no way is shown to be better than another, and a CVaR of these rows is
about one week, the one that fell.
What they show all the same. Perpetual and options together left the least, as promised; against the perpetual alone
they lost money in both weeks that ended inside the range and made it in the one that left it. A variance sees no
premium: options alone become a short made of one deep in the money, and its spread costs more than half of the risk
that it removes. The 2:1 rule asks for strikes that a week does not list; the nearest were never reached, their premium
was lost.
"""


# %%
# What is known at a snapshot
# ---------------------------


@dataclass(frozen=True, kw_only=True)
class Case:
    """A position of 100,000 USDC about a price, and whether its options are chosen in whole lots."""

    name: str
    at: Callable[[float], lp.Exposure]
    lots: bool


def narrow(price: float) -> lp.Exposure:
    """A range of 10 % either side."""
    lower, upper = price * (1 - WIDTH), price * (1 + WIDTH)
    return lp.UniswapV3.from_value(VALUE, base="ETH", quote="USDC", price=price, lower=lower, upper=upper)


def full(price: float) -> lp.Exposure:
    """Every price."""
    return lp.UniswapV2.from_value(VALUE, base="ETH", quote="USDC", price=price)


# Over every price a lot is more than what is left to hedge: hundreds of choices in lots are nearly equal.
CASES = (Case(name="range of 10 % either side", at=narrow, lots=True), Case(name="full range", at=full, lots=False))


def moment(chain: lp.Chain) -> np.datetime64:
    """When it was taken, UTC."""
    return np.datetime64(chain.at.replace(tzinfo=None), "us")


def week_of(chain: lp.Chain) -> lp.Chain:
    """The options of the next listed Friday that is at least a day away."""
    fridays = [day for day in np.array(chain.days, dtype="datetime64[D]") if day.item().weekday() == FRIDAY]
    return chain.expiring(str(min(day for day in fridays if day + np.timedelta64(8, "h") - moment(chain) >= DAY)))


def model_of(week: lp.Chain) -> lp.Lognormal:
    """About the index, at the mark volatility of the strike next to the forward, call and put alike."""
    distance = np.abs(week.strikes - week.row_forwards())
    volatility = float(week.volatilities[distance == distance.min()].mean())
    return lp.Lognormal(
        price=week.index, volatility=volatility, years=float((week.expiries[0] - moment(week)) / DAY / 365)
    )


def nearest(legs: Sequence[lp.Leg], kind: type[lp.Option], strike: float) -> lp.Leg:
    """The option offered whose strike is nearest."""
    return min((leg for leg in legs if isinstance(leg.option, kind)), key=lambda leg: abs(leg.option.strike - strike))


def decide(chain: lp.Chain, case: Case) -> dict[str, lp.HedgePlan]:
    """Each way of hedging a position from a snapshot to its expiry."""
    week = week_of(chain)
    model = model_of(week)
    pool = case.at(model.price)
    perp = lp.Leg(lp.LinearPerp(base="ETH", quote="USDC", entry=model.price), collateral="USDC", fee=PERP_FEE)
    options = lp.legs(week, terms=TERMS)
    few = [lp.AtMost(1, of=lp.Put), lp.AtMost(1, of=lp.Call), *([lp.WholeLots()] if case.lots else [])]
    coins = pool.base_amount(model.price)
    put, call = nearest(options, lp.Put, 0.80 * model.price), nearest(options, lp.Call, 1.45 * model.price)
    two, one = round(2 * coins), round(coins)
    problems: dict[str, tuple[list[lp.Leg], list[lp.Constraint]]] = {
        "nothing": ([perp], [lp.QuantityBounds(of=perp, lower=0, upper=0)]),
        "perp": ([perp], [lp.MaxLeverage(5)]),
        "options": (options, few),
        "perp + options": ([perp, *options], [*few, lp.MaxLeverage(5)]),
        "2:1 rule": (
            [put, call],
            [lp.QuantityBounds(of=put, lower=two, upper=two), lp.QuantityBounds(of=call, lower=one, upper=one)],
        ),
    }
    return {
        way: lp.hedge(pool, legs, model, objective=OBJECTIVE, constraints=constraints)
        for way, (legs, constraints) in problems.items()
    }


# %%
# What came of it
# ---------------


@dataclass(frozen=True, kw_only=True)
class Settled:
    """The first price seen after an expiry: how many minutes later, and whose it is."""

    price: float
    minutes: float
    whose: str


def settled(expiry: np.datetime64, chains: Sequence[lp.Chain], perps: pd.Series) -> Settled:
    """The index of the next snapshot; after the last of them the perpetual's price."""
    seen = [(moment(chain), chain.index, "index") for chain in chains]
    if seen[-1][0] < expiry:
        seen = [(time, price, "perpetual") for time, price in zip(perps.index.to_numpy(), perps, strict=True)]
    time, price, whose = next(found for found in seen if found[0] >= expiry)
    return Settled(price=float(price), minutes=float((time - expiry) / DAY * MINUTES), whose=whose)


def profit(plan: lp.HedgePlan, prices: np.ndarray | float) -> np.ndarray:
    """What position and hedge made until settlement prices, premiums and fees paid, in USDC."""
    start = plan.start["ETH/USDC"]
    at = np.asarray(prices, dtype=float)
    delivery = TERMS.delivery_fee
    fees = np.zeros_like(at)
    for quantity, leg in zip(plan.quantities, plan.legs, strict=True):
        if leg.fee is not None:
            fees += leg.fee.taker * abs(quantity) * (start + at)
        elif leg.option is not None and quantity:
            paid = leg.option.base_amount(at)
            fees += abs(quantity) * at * np.minimum(delivery.rate, delivery.cap * paid)
    return np.asarray(plan.total.pnl(at, start=start) - plan.premium_beyond - fees)


def tail(profits: np.ndarray, level: float, weights: np.ndarray | None = None) -> float:
    """The mean loss of the worst outcomes: those that hold ``1 - level`` of the weight."""
    order = np.argsort(profits)
    w = np.full(len(profits), 1 / len(profits)) if weights is None else weights[order]
    shares = np.clip((1 - level) - (np.cumsum(w) - w), 0.0, w)
    return float(-(shares @ profits[order]) / (1 - level))


def study(chains: Sequence[lp.Chain], case: Case, ends: Mapping[np.datetime64, Settled]) -> pd.DataFrame:
    """One row for each snapshot and way: what was promised, and what came of it, in USDC."""
    rows = []
    for chain in chains:
        expiry = week_of(chain).expiries[0]
        for way, plan in decide(chain, case).items():
            weights = plan.outcomes.weights
            promised = profit(plan, plan.start["ETH/USDC"] * np.exp(plan.outcomes.log_returns[:, 0]))
            traded = [(leg, q) for leg, q in zip(plan.legs, plan.quantities, strict=True) if leg.option and q]
            rows.append(
                {
                    "at": moment(chain),
                    "expiry": expiry,
                    "way": way,
                    "move": ends[expiry].price / plan.start["ETH/USDC"] - 1,
                    "profit": float(profit(plan, ends[expiry].price)),
                    "mean": float(weights @ promised),
                    "deviation": plan.best.risk,
                    "cvar": tail(promised, 0.95, weights),
                    "premium": plan.premium,
                    "capital": plan.capital,
                    "traded": tuple((leg.option.label, leg.option.strike) for leg, _ in traded),
                    "choice": plan.choice,
                }
            )
    return pd.DataFrame(rows)


# %%
# Side by side
# ------------


def changed(rows: pd.DataFrame) -> float:
    """Of the steps to the next snapshot with the same expiry, the share on which other strikes are chosen."""
    steps = [a != b for _, g in rows.groupby("expiry") for a, b in zip(g["traded"], g["traded"][1:], strict=False)]
    return float(np.mean(steps))


def side_by_side(rows: pd.DataFrame) -> pd.DataFrame:
    """One column for each way: what was promised, the mean over the snapshots, and what came."""
    table = {}
    for way, g in rows.groupby("way", sort=False):
        came = g["profit"].to_numpy()
        surprise = (g["profit"] - g["mean"]) / g["deviation"]
        table[way] = {
            "mean, promised": g["mean"].mean(),
            "mean, came": came.mean(),
            "deviation, promised": g["deviation"].mean(),
            "deviation, came": came.std(ddof=1),
            "CVaR 95, promised": g["cvar"].mean(),
            "CVaR 95, came": tail(came, 0.95),
            "CVaR 90, came": tail(came, 0.90),
            "worst, came": came.min(),
            "surprise in deviations": np.sqrt((surprise**2).mean()),
            "premium": g["premium"].mean(),
            "capital": g["capital"].mean(),
            "other strikes chosen, %": 100 * changed(g),
        }
    return pd.DataFrame(table)


def by_expiry(rows: pd.DataFrame) -> pd.DataFrame:
    """The mean profit of each way by expiry: rows of one expiry share its outcome, expiries do not."""
    means = rows.pivot_table(index="expiry", columns="way", values="profit", aggfunc="mean")
    return means[list(rows["way"].unique())]


def compared(means: pd.DataFrame) -> str:
    """By how much one way made more than another, expiry by expiry."""
    pairs = [*((way, "nothing") for way in means.columns[1:]), ("perp + options", "perp")]
    lines = []
    for way, other in pairs:
        gains = means[way] - means[other]
        lines.append(
            f"{way} over {other}: {(gains > 0).sum()} of {len(gains)}  ({', '.join(map('{:+,.0f}'.format, gains))})"
        )
    return "\n".join(lines)


# %%
# Facts that must hold
# --------------------


def perturbed(table: pd.DataFrame, after: np.datetime64) -> pd.DataFrame:
    """The same quotes up to a time, and others from then on."""
    later = table["snapshot_time"].dt.tz_localize(None) > after
    other = table.copy()
    for column in ("bid", "ask", "mark", "mark_iv", "forward_price", "index_price"):
        other.loc[later, column] *= 1.02
    return other


def bits(plans: Mapping[str, lp.HedgePlan]) -> list[object]:
    """What was decided, to the last bit."""
    return [(way, plan.legs, plan.quantities, plan.best.risk) for way, plan in plans.items()]


def by_hand(quotes: pd.DataFrame, plan: lp.HedgePlan, price: float) -> float:
    """The profit of a range of 10 % and its hedge from the raw rows of its expiry, by no formula of the library."""
    start = float(quotes["index_price"].median())
    low, root, high = np.sqrt([start * (1 - WIDTH), start, start * (1 + WIDTH)])
    liquidity = VALUE / (2 * root - start / high - low)
    end = min(max(np.sqrt(price), low), high)
    made = liquidity * (price * (1 / end - 1 / high) + end - low) - VALUE
    for leg, quantity in zip(plan.legs, plan.quantities, strict=True):
        if leg.option is None:
            made += quantity * (price - start) - 0.0005 * abs(quantity) * (price + start)
        elif quantity:
            call, strike = isinstance(leg.option, lp.Call), leg.option.strike
            kind = "call" if call else "put"
            (ask,) = quotes.loc[(quotes["strike"] == strike) & (quotes["type"] == kind), "ask"]
            paid = max(price - strike if call else strike - price, 0.0)
            made += quantity * (paid - min(0.00015 * price, 0.125 * paid))
            made -= quantity * start * (ask + min(0.0003, 0.125 * ask))
    return float(made)


def data(folder: Path) -> tuple[pd.DataFrame, pd.Series]:
    """The rows of every option on ETH, and the perpetual's price by time, UTC."""
    options, futures = pd.read_parquet(folder / CHAINS), pd.read_parquet(folder / FUTURES)
    perps = futures[futures["asset"] == "ETH"].groupby("time")["perp_price"].first()
    return options[options["currency"] == "ETH"], perps.tz_localize(None)


def given() -> Path | None:
    """The folder of the data, if there is one."""
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LPGREEKS_TEST_DATA", "")
    there = bool(named) and all((Path(named) / name).is_file() for name in (CHAINS, FUTURES))
    return Path(named) if there else None


def drawn(shown: pd.DataFrame, case: Case) -> None:
    """What each way promised to leave, and what came."""
    _, ax = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
    places = np.arange(len(shown.columns))
    for shift, what, colour in ((-0.2, "promised", "#0072B2"), (0.2, "came", "#D55E00")):
        ax.bar(places + shift, shown.loc[f"deviation, {what}"], 0.4, label=what, color=colour)
    ax.set_xticks(places, shown.columns)
    ax.set(ylabel="standard deviation [USDC]", title=case.name)
    ax.legend()


# %%
# The study
# ---------


def main(folder: Path) -> None:
    table, perps = data(folder)
    chains = lp.read_chains(table)
    ends = {expiry: settled(expiry, chains, perps) for expiry in sorted({week_of(c).expiries[0] for c in chains})}
    for expiry, end in ends.items():
        day = np.datetime_as_string(expiry, unit="m")
        print(f"expiry {day} UTC: scored by the {end.whose} at {end.price:,.2f}, {end.minutes:.0f} minutes later")
    basis = perps.reindex([moment(chain) for chain in chains], method="nearest") / [chain.index for chain in chains] - 1
    print(
        f"perpetual against index, taken as equal: at most {1e4 * basis.abs().max():.0f} basis points apart", end=", "
    )
    print(f"{1e4 * basis.abs().median():.0f} in the median")
    for case in CASES:
        rows = study(chains, case, ends)
        means, choices = by_expiry(rows), rows["choice"].dropna()
        proven = sum(choice.gap < 1e-9 for choice in choices)
        print(f"\n{VALUE:,.0f} USDC, {case.name}; USDC, {len(chains)} decisions, {len(means)} outcomes\n")
        print(side_by_side(rows).to_string(float_format="{:,.1f}".format))
        print(f"\nstrikes: {proven} of {len(choices)} choices proven best, the last: {choices.iloc[-1]}")
        print("\nmean profit by expiry, and how often one way made more than another")
        moves = 100 * rows.groupby("expiry")["move"].mean().rename("price, %")
        print(means.join(moves).to_string(float_format="{:,.1f}".format))
        print(compared(means))

        assert len(means) == 3
        assert proven == len(choices)
        promised = rows.pivot(index="at", columns="way", values="deviation")
        assert (promised["perp + options"] <= promised[["perp", "options"]].min(axis=1)).all()
        assert (promised[["perp", "options"]].max(axis=1) < promised["nothing"]).all()

        # What the verdict says.
        drawn(side_by_side(rows), case)
        shown = side_by_side(rows).T
        assert (shown[["deviation, came", "CVaR 95, came", "CVaR 90, came"]].idxmin() == "perp + options").all()
        cost = shown["mean, promised"]["nothing"] - shown["mean, promised"]["options"]
        assert cost > 0.5 * (shown["deviation, promised"]["nothing"] - shown["deviation, promised"]["options"])
        joined, alone = means["perp + options"] - means["perp"], means["2:1 rule"] - means["nothing"]
        assert [*np.sign(joined)] == [-1, -1, 1]
        assert (alone < 0).all()
        assert abs(rows["move"]).groupby(rows["expiry"]).mean().gt(WIDTH).tolist() == [False, False, True]
    print(VERDICT)

    assert all(0 < end.minutes < 90 for end in ends.values())

    # What comes after a snapshot is nothing to its decision: other prices later, the same bits now.
    then = chains[20]
    alone = lp.read_chain(perturbed(table, moment(then)), at=then.at)
    for case in CASES:
        assert bits(decide(alone, case)) == bits(decide(then, case))

    # One snapshot scored by hand.
    week = week_of(then)
    price = ends[week.expiries[0]].price
    snapshot = table["snapshot_time"].dt.tz_localize(None) == moment(then)
    quotes = table[snapshot & (table["expiry"].dt.tz_localize(None) == week.expiries[0])]
    for plan in decide(then, CASES[0]).values():
        assert abs(profit(plan, price) - by_hand(quotes, plan, price)) < 1e-6


if __name__ == "__main__":
    found = given()
    if found is None:
        print(f"No data: name a folder that holds {CHAINS} and {FUTURES}, or set LPGREEKS_TEST_DATA to one.")
    else:
        main(found)
