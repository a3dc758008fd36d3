"""One small result of every class that has a page."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import lpgreeks as lp
from tests import tapes, test_index_replay, test_spreads

PERP = lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
WEEK = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
VALUE = lp.Variance(lp.Value("USDC"))


@cache
def pool() -> lp.UniswapV3:
    return lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)


@cache
def plan() -> lp.HedgePlan:
    """With an account, costs, whole contracts and a bound."""
    half = lp.Proportional(rate=0.005)
    leg = lp.Leg(PERP, collateral="USDC", maintenance=half, fee=lp.Fee(taker=5e-4), funding=lp.Funding(rate=1e-4))
    return lp.hedge(pool(), [leg], WEEK, objective=VALUE, constraints=[lp.MaxLeverage(5)])


@cache
def chosen() -> lp.HedgePlan:
    """Among options."""
    puts = [
        lp.Leg(lp.Put(base="ETH", quote="USDC", strike=k), premium=lp.Premium(bid=38, ask=40)) for k in (1_700, 1_800)
    ]
    return lp.hedge(pool(), [PERP, *puts], WEEK, objective=VALUE, constraints=[lp.AtMost(1, of=lp.Put)])


@cache
def sampled() -> lp.HedgePlan:
    return lp.hedge(pool(), [PERP], WEEK.sample(paths=500, steps=7, seed=11), objective=lp.CVaR(lp.Value("USDC")))


@cache
def frontier() -> lp.Frontier:
    leg = lp.Leg(PERP, collateral="USDC", maintenance=lp.Proportional(rate=0.005))
    budgets = [lp.Budget(amount) for amount in (99_000, 101_000, 103_000, 105_000, 112_000)]
    return lp.frontier(pool(), [leg], WEEK, objective=VALUE, constraints=[lp.MaxLeverage(5)], along=budgets)


@cache
def replayed() -> lp.Replayed:
    tape = tapes.lively(1)
    start = float(tape.rows.pool[0])
    held = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=start, lower=1_800, upper=2_200)
    leg = lp.Leg(lp.LinearPerp(base="ETH", quote="USDC", entry=start), fee=lp.Fee(taker=5e-4))
    return lp.replay(held, [leg], tape, policy=lp.DeltaBand(0.05), grid="1min")


@cache
def _synthetic() -> tuple[lp.ManagedRange, lp.Leg, lp.Tape]:
    quotes = tapes.quotes(tapes.walk(3, 4_000), spread=0.4)
    tape = lp.Tape(quotes=quotes, pool=lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1.2e7, delay="1s"))
    leg = lp.Leg(lp.LinearPerp(base="ETH", quote="USDC", entry=2_000), fee=lp.Fee(taker=5e-4))
    return lp.ManagedRange(base="ETH", quote="USDC", lower=0.95, upper=1.05, capital=1e5), leg, tape


@cache
def side_by_side() -> dict[str, lp.Replayed]:
    held, leg, tape = _synthetic()
    hedges = {"hold": lp.Hold(), "band": lp.DeltaBand(0.05)}
    return {name: lp.replay(held, [leg], tape, policy=policy, grid="1h") for name, policy in hedges.items()}


def _policy(theta: float, gap: str) -> lp.Policy:
    return lp.DeltaBand(theta) & lp.Every(gap)


@cache
def sweep() -> lp.Sweep:
    held, leg, tape = _synthetic()
    policies = lp.grid(_policy, theta=[0.01, 0.02, 0.05, 0.1], gap=["1h", "2h", "6h"])
    return lp.sweep(lp.replay, held, [leg], tape, policy=policies, grid="1h", progress=False)


@cache
def verdict() -> lp.Verdict:
    hold = side_by_side()["hold"].steps()["pnl"].rename("holding")
    return lp.verdict(sweep().panel("pnl"), against=hold, seed=7, unit="USDC", progress=False)


@cache
def index() -> lp.Replayed:
    share = test_index_replay.index()
    legs = test_index_replay.legs(share, fee=lp.Fee(taker=5e-4))
    tape = test_index_replay.tape(share)
    return lp.replay(test_index_replay.HELD, legs, tape, policy=lp.DeltaBand(0.03) & lp.Keep(lp.StateDelta()))


@cache
def spread() -> lp.SpreadReplay:
    far = np.array([100.0, 104.0, 110.0, 103.0, 99.0, 101.0, 109.0, 98.0])
    near = np.full(far.size, 90.0)
    pair = test_spreads.pair(test_spreads.LINEAR, (far, far + 0.5), (near, near + 0.5))
    band = lp.SpreadBand.on(pair, size=2.0, entry=15.0, exit=11.0)
    return lp.replay_spread(pair, band, fee=lp.Fee(taker=5e-4), funding=lp.Funding(rate=1e-4))


@cache
def scenarios() -> lp.ScenarioTable:
    return lp.scenario_table(plan(), moves=[-0.2, -0.1, 0.0, 0.1, 0.2], days=[0, 3], funding=[0.0, 1e-4])


EVERY: dict[str, Any] = {
    "plan": plan,
    "options": chosen,
    "sampled": sampled,
    "economics": lambda: lp.economics(plan(), gas=lp.Gas(each=15)),
    "comparison": lambda: lp.compare(plan(), {"spot": [lp.Spot(base="ETH", quote="USDC")]}),
    "frontier": frontier,
    "scenarios": scenarios,
    "replay": replayed,
    "side by side": side_by_side,
    "sweep": sweep,
    "verdict": verdict,
    "index": index,
    "spread": spread,
}
"""How each is made."""
