"""
Two puts and one call per pool coin
===================================

An exchange's rule of 2020, its P&L, and what it is good for.

A constant-product position is hedged with options: for each coin in the pool two puts at 80 % of the price at the start
and one call at 140 or 150 %. The P&L counts fees of 0.3 % on a daily volume as large as the pool, and gas.
Premiums are fair under the model. ``python two_puts_one_call.py charts`` writes the charts to a folder.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

import lpgreeks as lp
from lpgreeks.draw import GREY, curves, legend, marks, new_axes, verticals

START, COINS, DOLLARS = 500.0, 10.0, 5_000.0
CAPITAL = COINS * START + DOLLARS
FEE = 0.003  # a day, of the pool's value
GAS = 0.0005  # of the capital
VOLATILITY = 0.80
WIDTHS = (0.1, 0.2, 0.35, 0.5, 0.8)  # volatility * sqrt(years)
STRIKES = ((1.0, 1.0), (0.8, 1.4), (0.8, 1.5))  # put and call, of the start price
NOTHING = START / 1e9

pool = lp.UniswapV2(base="ETH", quote="USDT", liquidity=math.sqrt(COINS * DOLLARS))
coin = lp.Spot(base="ETH", quote="USDT")
cash = lp.Cash(quote="USDT")
perp = lp.LinearPerp(base="ETH", quote="USDT", entry=START)
held = COINS * coin + DOLLARS * cash

value = lp.Value("USDT")
Objective = lp.Variance | lp.CVaR | lp.WorstCase
OBJECTIVES: dict[str, Objective] = {
    "standard deviation": lp.Variance(value),
    "CVaR, the mean of the worst 5 %": lp.CVaR(value),
    "worst loss, -80 % to +200 %": lp.WorstCase(value, over=(0.2 * START, 3 * START)),
}

# %%
# The rule's P&L, as portfolios whose value it is
# -----------------------------------------------


def provided(days: float) -> lp.Portfolio:
    """Price change, impermanent loss and fee income, less gas: fees are a share of the pool at the end."""
    return (1 + FEE * days) * pool - (1 + GAS) * CAPITAL * cash


def lasting(width: float) -> lp.Lognormal:
    """The law whose ``volatility * sqrt(years)`` is ``width``."""
    return lp.Lognormal(price=START, volatility=VOLATILITY, years=(width / VOLATILITY) ** 2)


def options(strikes: tuple[float, float]) -> tuple[lp.Put, lp.Call]:
    put, call = (START * strike for strike in strikes)
    return lp.Put(base="ETH", quote="USDT", strike=put), lp.Call(base="ETH", quote="USDT", strike=call)


def fair(option: lp.Option, law: lp.Lognormal) -> float:
    return float(option.marked(volatility=law.volatility, years=law.years).value(START))


def bought(strikes: tuple[float, float], law: lp.Lognormal, *, puts: float = 2, calls: float = 1) -> lp.Portfolio:
    """Options per coin in the pool, less their premiums."""
    put, call = options(strikes)
    return COINS * (puts * (put - fair(put, law) * cash) + calls * (call - fair(call, law) * cash))


# %%
# The note's example, and where holder and provider part
# ------------------------------------------------------

print(f"at 550 the pool is worth {pool.value(550):,.2f}, held {held.value(550):,.2f}")
print(f"at 450 the pool is worth {pool.value(450):,.2f}, held {held.value(450):,.2f}")
assert [round(pool.value(price), 2) for price in (550, 450)] == [10_488.09, 9_486.83]
assert [held.value(price) for price in (550, 450)] == [10_500, 9_500]

partings = (provided(7) - (held - CAPITAL * cash)).worth().roots()
print("with 7 days of fees the holder is ahead beyond", " and ".join(f"{p / START - 1:+.2%}" for p in partings))
assert abs(partings[-1] / START - 1.5) < 0.001

# %%
# 30 days at every end price
# --------------------------

month = lp.Lognormal(price=START, volatility=VOLATILITY, years=30 / 365)
pnl = {
    "held": held - CAPITAL * cash,
    "provided": provided(30),
    "short 1 perpetual": provided(30) - COINS * perp,
    "1 put, 1 call": provided(30) + bought((0.8, 1.4), month, puts=1),
    "2 puts, 1 call": provided(30) + bought((0.8, 1.4), month),
}
print(f"\nP&L in USDT after 30 days, options at 80/140\n{'end price':>9}", *(f"{name:>18}" for name in pnl))
for price in (NOTHING, 100.0, 250.0, 400.0, 500.0, 600.0, 750.0, 1_500.0):
    print(f"{price:9,.0f}", *(f"{part.value(price):18,.0f}" for part in pnl.values()))

# %%
# What the rule does to risk, beside the best amounts of the same two options
# ---------------------------------------------------------------------------


def judged(
    objective: Objective,
    law: lp.Lognormal,
    instruments: Sequence[lp.Instrument],
    quantities: Sequence[float] | None = None,
) -> lp.HedgePlan:
    """The best hedge, or the one with these quantities; fees and gas left out."""
    legs = [
        lp.Leg(i, premium=lp.Premium(ask=fair(i, law), bid=fair(i, law))) if isinstance(i, lp.Option) else lp.Leg(i)
        for i in instruments
    ]
    fixed = [lp.QuantityBounds(of=i, lower=q, upper=q) for i, q in zip(instruments, quantities or (), strict=False)]
    return lp.hedge(pool, legs, law, objective=objective, constraints=fixed)


plans: dict[tuple[str, float, tuple[float, float]], tuple[lp.HedgePlan, lp.HedgePlan]] = {}
for name, objective in OBJECTIVES.items():
    print(f"\n{name}, USDT; in brackets the best puts and calls per coin")
    print("vol*sqrt(T)  days    pool   perp", *(f" rule {put:4.0%}/{call:4.0%}, best        " for put, call in STRIKES))
    for width in WIDTHS:
        law = lasting(width)
        short = judged(objective, law, [perp], [-COINS])
        print(f"{width:11} {365 * law.years:5.0f}  {short.risk_unhedged:6,.0f} {short.best.risk:6,.0f}", end="")
        for strikes in STRIKES:
            rule = judged(objective, law, options(strikes), [2 * COINS, COINS])
            best = judged(objective, law, options(strikes))
            plans[name, width, strikes] = rule, best
            puts, calls = (quantity / COINS for quantity in best.quantities)
            print(f"{rule.best.risk:9,.0f} {best.best.risk:6,.0f} ({puts:.2f} {calls:+.2f})", end="")
        print()

spread, tail, worst = OBJECTIVES
print("\nthe rule's change of variance and of CVaR")
print("vol*sqrt(T)", *(f"{put:9.0%}/{call:4.0%}" for put, call in STRIKES))
for width in WIDTHS:
    print(f"{width:11}", end="")
    for strikes in STRIKES:
        (steady, _), (tails, _) = plans[spread, width, strikes], plans[tail, width, strikes]
        print(f"{-steady.effectiveness:+8.0%} {tails.best.risk / tails.risk_unhedged - 1:+5.0%}", end=" ")
    print()


def added_spread(width: float, strikes: tuple[float, float]) -> float:
    """What the rule adds to the standard deviation, in USDT."""
    law = lasting(width)
    return law.standard_deviation(pool + bought(strikes, law)) - law.standard_deviation(pool)


turns = {strikes: brentq(added_spread, 0.1, 1.0, args=(strikes,), xtol=1e-12) for strikes in STRIKES[1:]}
for (put, call), width in turns.items():
    days = 365 * lasting(width).years
    print(f"{put:.0%}/{call:.0%} raises the variance beyond vol*sqrt(T) = {width:.4f}, {days:.0f} days")

# %%
# A floor, not a steady value
# ---------------------------

law = lasting(0.2)
unhedged = pool - CAPITAL * cash
floored, straight = unhedged + bought((0.8, 1.5), law), unhedged - COINS * perp
print("\n80/150 at vol*sqrt(T) = 0.2, P&L without fees\nend price      rule  short 1 perpetual per coin")
for price in (NOTHING, 100.0, 400.0, 1_500.0):
    print(f"{price:9,.0f}{floored.value(price):10,.0f}{straight.value(price):28,.0f}")

# At the money it raises the variance however short the time, at the other strikes beyond the turn.
assert added_spread(0.01, (1.0, 1.0)) > 0
for width in WIDTHS:
    for strikes in STRIKES:
        steady, tails, worsts = (plans[name, width, strikes][0] for name in OBJECTIVES)
        assert (steady.effectiveness > 0) == (width < turns.get(strikes, 0.0))
        assert tails.best.risk < tails.risk_unhedged
        assert worsts.best.risk < worsts.risk_unhedged

# Two puts per coin at 80 % pay 80 % of the capital where the pool is worth nothing; the rest is the floor.
premiums = -bought((0.8, 1.5), law).value(START)
assert math.isclose(floored.value(NOTHING), -0.2 * CAPITAL - premiums, abs_tol=1.0)
assert straight.value(NOTHING) < 2 * floored.value(NOTHING)

# The worst of a fall that is no collapse is at the strike of the puts, and no amounts do much better.
rule, best = plans[worst, 0.2, (0.8, 1.5)]
assert math.isclose(rule.best.risk, CAPITAL * (1 - math.sqrt(0.8)) + premiums)
assert rule.best.risk < 1.05 * best.best.risk

# %%
# The straight part to a perpetual, the curved part to a few options
# ------------------------------------------------------------------

law = lasting(0.2)
print("\nat vol*sqrt(T) = 0.2: the rule, and the best of perpetual, put 80 and call 150 (amounts per coin)")
for name, objective in OBJECTIVES.items():
    rule, three = plans[name, 0.2, (0.8, 1.5)][0], judged(objective, law, [perp, *options((0.8, 1.5))])
    amounts = " ".join(f"{quantity / COINS:+.2f}" for quantity in three.quantities)
    print(f"{name:32}{rule.best.risk:6,.0f}{three.best.risk:6,.0f}  {amounts}")
    assert three.best.risk < 0.15 * rule.best.risk

# %%
# The charts
# ----------


def chart(
    name: str,
    lines: dict[str, lp.Portfolio],
    *,
    strikes: Sequence[float] = (),
    meeting: Sequence[tuple[float, float]] = (),
) -> None:
    """The value of each portfolio against the end price; the last one is what the chart is about."""
    ax = new_axes()[0]
    x = np.linspace(NOTHING, 2 * START, 801)
    drawn = {label: part.value(x) for label, part in lines.items()}
    curves(ax, x, drawn, xlabel="end price [USDT per ETH]", ylabel="P&L [USDT]")
    verticals(ax, [START], name=f"start, {START:g}", style=":", colour=GREY)
    verticals(ax, strikes, name="strikes")
    marks(ax, meeting, name="both alike at")
    figure = legend(ax).figure
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(folder / f"{name}.png")


at = [option.strike for option in options((0.8, 1.4))]
one_each, loss = bought((0.8, 1.4), month, puts=1), pool - held
week = {"held": pnl["held"], "provided, 7 days of fees": provided(7)}
short_one = {"provided": pnl["provided"], "perpetual": -COINS * perp, "both": pnl["short 1 perpetual"]}
alone = {"impermanent loss": loss, "1 put, 1 call per coin": one_each, "both": loss + one_each}
whole = {name: pnl[name] for name in ("provided", "1 put, 1 call", "2 puts, 1 call")}
chart("holder-and-provider", week, meeting=[(float(p), pnl["held"].value(p)) for p in partings])
chart("short-perpetual", short_one)
chart("impermanent-loss", alone, strikes=at)
chart("whole-pool", whole, strikes=at)
