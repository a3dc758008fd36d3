"""A replay against a second program of it, which is slow, plain, and shares no code with it."""

from __future__ import annotations

import random
from math import inf

import numpy as np
import pytest

import lpgreeks as lp
from tests.slow_replay import Margin, Perp, Policy, Pool, merged, run
from tests.tapes import lively

SECOND = 10**9
ROUNDING = 1e-10  # of capital: some thousand sums, and a bisection of the slow program


def drawn_range(draw):
    """A managed range, and its slow twin."""
    half, sell, on_exit, every = (draw.random() < 0.5 for _ in range(4))
    swap, gas = draw.choice([None, 0.0, 3e-3]), draw.choice([0.0, 5.0])
    house = lp.ManagedRange(
        base="ETH",
        quote="USDC",
        lower=0.98,
        upper=1.02,
        capital=1e5,
        deposits=lp.Deposits.HALF_EACH if half else lp.Deposits.IN_RATIO,
        on_exit=on_exit,
        every="30min" if every else None,
        swap=None if swap is None else lp.Fee(taker=swap),
        sell_excess=sell,
    )
    slow = Pool(
        1e5,
        0.98,
        1.02,
        half_each=half,
        on_exit=on_exit,
        every=1_800 * SECOND if every else inf,
        swap=5e-4 if swap is None else swap,
        sell_excess=sell,
        gas=gas,
        along=draw.random() < 0.5,
    )
    return house, slow


def drawn_policy(draw, inverse):
    """A policy as data, and its slow twin."""
    resize = draw.random() < 0.7
    if draw.random() < 0.3:
        said = {
            "theta": draw.choice([0.0, 5e-4, 1e-3, 2e-3, 4e-3]),
            "gap": draw.choice([inf, 2e-3, 4e-3]),
            "min_gap": draw.choice([0.0, 5e-4]),
            "dwell": draw.choice([0, 60, 120, 200]),
            "resize": resize,
        }
        house, slow = lp.Dislocation(**said), said | {"dwell": said["dwell"] * SECOND}
    else:
        keep, ratio = draw.choice(["value", "coins" if inverse else "dollars"]), draw.choice([1.0, 0.6, 1.3])
        measure = {"value": lp.Value("USDC"), "coins": lp.Amount("ETH"), "dollars": lp.Amount("USDC")}[keep]
        house, slow = lp.Keep(measure, ratio, resize), {"keep": keep, "ratio": ratio, "resize": resize}
        for offered in draw.sample(["share", "band", "every", "move"], draw.randrange(3)):
            if offered == "band":
                slow["band"] = draw.choice([0.5, 2.0])
                house &= lp.DeltaBand(coins=slow["band"])
            if offered == "share":
                slow["share"] = draw.choice([0.0, 0.02, 0.1])
                house &= lp.DeltaBand(slow["share"])
            if offered == "every":
                slow["every"] = 1_200 * SECOND
                house &= lp.Every("20min")
            if offered == "move":
                slow["move"] = 0.005
                house &= lp.PriceMove(0.005)
    if draw.random() < 0.3:
        house, slow["cap"] = house & lp.ExposureCap(9.0), 9.0
    executed = draw.random()
    if executed < 0.25:
        house, slow["latency"] = house & lp.Latency("90s"), 90 * SECOND
    elif executed < 0.5:
        house, slow["patience"] = house & lp.Maker("3min"), 180 * SECOND
    return house, Policy(**slow)


def drawn_account(draw, terms, inverse):
    """A leg, what is posted and kept back, and the slow twin."""
    coin = 2_000.0 if inverse else 1.0
    steps = draw.choice([((0.0, 0.005),), ((0.0, 0.005), (5e3 / coin, 0.02), (2e4 / coin, 0.1))])
    brackets = tuple(lp.Bracket(floor=floor, rate=rate) for floor, rate in steps)
    token, kind = ("ETH", lp.InversePerp) if inverse else ("USDC", lp.LinearPerp)
    lot = terms.choice([None, None, 0.1 * coin])
    side = terms.choice([None] * 8 + [lp.Side.SHORT, lp.Side.LONG])
    leg = lp.Leg(
        kind(base="ETH", quote="USDC", entry=2_000.0),
        collateral=token,
        fee=lp.Fee(taker=5e-4, maker=1e-4),
        slippage=lp.Slippage(rate=1e-4),
        maintenance=lp.Progressive(brackets=brackets, unit=token),
        lot=lot,
        side=side,
    )
    posted, kept = draw.choice([2e3, 1e4, 1e5]) / coin, draw.choice([0.0, 2e3, 2e4]) / coin
    costs = {"taker": 5e-4, "maker": 1e-4, "slip": 1e-4, "lot": lot, "side": int(side or 0)}
    return leg, Perp(inverse, posted, kept, margin=Margin(steps), **costs)


@pytest.mark.parametrize("batch", range(5))
def test_it_is_the_slow_program(batch):
    draw, terms = random.Random(batch), random.Random(100 + batch)
    seen = {"trades": 0, "adds": 0, "liquidations": 0, "top-ups": 0}
    for _ in range(60):
        tape, inverse = lively(draw.randrange(10**6), draw.choice([150, 300])), draw.random() < 0.5
        (house, pool), (leg, account), (rule, policy) = (
            drawn_range(draw),
            drawn_account(draw, terms, inverse),
            drawn_policy(draw, inverse),
        )
        events = merged(tape.quotes[0], tape.pool, tape.funding[0])
        for name, shown in (("pool", tape.rows.pool), ("low", tape.rows.low[0]), ("high", tape.rows.high[0])):
            # The first row's extremes were before the tape.
            assert shown.tolist()[1:] == [getattr(e, name) for e in events][1:]
        tape = lp.Tape(quotes=tape.quotes, pool=tape.pool, funding=tape.funding, gas=lp.Gas(each=pool.gas))
        result = lp.replay(
            house,
            [leg],
            tape,
            policy=rule,
            collateral=account.posted,
            reserve=lp.Reserve(amount=account.reserve) if account.reserve else None,
            fees=lp.FeesAlongMove() if pool.along else lp.FeesAtClose(),
            grid="1min",
        )
        kept = account.reserve
        equity = np.array(run(events, pool, account, policy))[result.rows]
        assert np.abs(equity - result.equity).max() <= ROUNDING * result.capital
        times = tape.times.astype(np.int64)[result.trades.row].tolist()
        assert times == [time for time, _, _ in account.fills]
        assert result.trades.quantity == pytest.approx([q for _, q, _ in account.fills], rel=1e-6, abs=1e-6)
        assert (result.liquidated[0] is not None) == account.dead
        assert tape.times.astype(np.int64)[result.life.adds.row].tolist() == [time for time, _ in pool.added]
        parts = result.attribution()
        last = events[-1]
        slow = {
            "fees, base": pool.fees[0] * last.pool,
            "fees, quote": pool.fees[1],
            "impermanent loss": pool.lost(last.pool),
            "swaps": -pool.swaps,
            "gas": -pool.gases,
        }
        token = last.mid if inverse else 1.0
        slow |= {
            "spread": -account.spread * token,
            "slippage": -account.slipped * token,
            "exchange fees": -account.all_fees * token,
            "funding": -account.all_funded * token,
        }
        assert {name: parts[name] for name in slow} == pytest.approx(slow, rel=1e-8, abs=1e-6)
        seen["trades"] += len(result.trades)
        seen["adds"] += result.life.adds.row.size
        seen["liquidations"] += account.dead
        seen["top-ups"] += account.reserve < kept
    # Nothing is compared where nothing happens.
    assert min(seen.values()) > 0, seen
