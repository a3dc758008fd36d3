"""Replays of minute bars that other backtesters ran too: published figures, plain numpy, and what those got wrong."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest

import lpgreeks as lp
from tests.tapes import clock, pool, quotes

FEE = 5e-4
ROUNDING = 1e-9  # of capital: sums of half a million terms
PUBLISHED = 0.005  # cents are given


class Bars(NamedTuple):
    """One row a minute."""

    price: np.ndarray
    volume: np.ndarray
    """Quote."""
    liquidity: np.ndarray
    """``sqrt(base * quote)``, of tokens."""
    funding: np.ndarray
    """Of each bar; 0 where none is due."""


def bars(n: int) -> Bars:
    """A geometric walk of 80 % a year from 2,000, as published: the same numpy calls in the same order."""
    rng = np.random.default_rng(7)
    width = 0.8 * np.sqrt(1 / 525_600)
    steps = -0.5 * width**2 + width * rng.standard_normal(n - 1)
    price = 2000 * np.exp(np.concatenate([[0], np.cumsum(steps)]))
    volume = np.exp(rng.normal(np.log(60_000) - 0.5, 1.0, n))
    rng.random(n)  # which side traded: all that is paid in is counted in quote here
    liquidity = 2.4e18 * np.exp(0.05 * np.cumsum(rng.standard_normal(n)) / np.sqrt(n))
    funding = np.zeros(n)
    funding[::480] = rng.normal(1e-4, 5e-5, len(funding[::480]))
    # From the contract's units: the square root of 1e6 and 1e18.
    return Bars(price, volume, liquidity / 1e12, funding)


@pytest.fixture(scope="module")
def month() -> Bars:
    return bars(43_200)


def pool_of(own: Bars, *, opened: bool = True) -> lp.PoolHistory:
    """With an opening row a minute before, which only says where the pool stood: the first bar then brings fees."""
    first = np.array([0] if opened else [], dtype=int)
    rows = np.concatenate([first, np.arange(own.price.size)])
    volume = own.volume[rows]
    volume[: first.size] = 0.0
    times = clock(rows.size) - np.timedelta64(60 * first.size, "s")
    return pool(own.price[rows], quote_in=volume, liquidity=own.liquidity[rows], fee=FEE, times=times)


def million(lower=1_600.0, upper=2_500.0, value=1e6) -> lp.UniswapV3:
    return lp.UniswapV3.from_value(value, base="ETH", quote="USDC", price=2_000.0, lower=lower, upper=upper)


def short(**terms) -> lp.Leg:
    contract = lp.LinearPerp(base="ETH", quote="USDC", entry=2_000.0)
    return lp.Leg(contract, collateral="USDC", fee=lp.Fee(taker=FEE), **terms)


def hedged_tape(own: Bars) -> lp.Tape:
    """Quotes without a spread; what is due on the first bar falls on nothing held."""
    at = clock(own.price.size)
    due = np.flatnonzero(own.funding)[1:]
    funding = lp.FundingRates(market="ETH/USDC", times=at[due], rates=own.funding[due], source="drawn")
    return lp.Tape(quotes=quotes(own.price), pool=pool_of(own, opened=False), funding=funding)


# ---- a position held


@pytest.mark.parametrize(("n", "published"), [(43_200, 743_581.39), (525_600, 1_614_638.04)])
def test_a_position_held_ends_where_published(n, published):
    own, position = bars(n), million()
    result = lp.replay(position, None, lp.Tape(pool=pool_of(own)), fees=lp.FeesAtClose())
    assert result.equity[-1] == pytest.approx(published, abs=PUBLISHED)

    # By numpy alone.
    root, low, high = (np.sqrt(x) for x in (own.price, 1_600.0, 2_500.0))
    liquidity = 1e6 / ((1 / root[0] - 1 / high) * own.price[0] + root[0] - low)
    share = np.where((own.price > 1_600) & (own.price < 2_500), liquidity / (liquidity + own.liquidity), 0.0)
    end = min(max(root[-1], low), high)
    held = liquidity * ((1 / end - 1 / high) * own.price[-1] + end - low)
    assert result.equity[-1] == pytest.approx(held + (own.volume * FEE * share).sum(), rel=1e-12)

    # A tape starts where its first row stands: without the opening row the first bar brings nothing.
    later = lp.replay(position, None, lp.Tape(pool=pool_of(own, opened=False)), fees=lp.FeesAtClose())
    missing = result.equity[-1] - later.equity[-1]
    assert missing == pytest.approx(own.volume[0] * FEE * share[0], abs=ROUNDING * 1e6)


# ---- with a short kept within 5 % of the first delta


def test_a_band_of_five_percent_trades_395_times(month):
    position = million()
    result = lp.replay(
        position, [short()], hedged_tape(month), policy=lp.DeltaBand(0.05), collateral=5e5, fees=lp.FeesAtClose()
    )
    assert len(result.trades) == 395

    # The loop a user would write.
    root = np.sqrt(np.clip(month.price, 1_600, 2_500))
    coins = (position.liquidity * (1 / root - 1 / math.sqrt(2_500))).tolist()
    size = cash = fees = funding = 0.0
    traded, sizes = [], []
    for i, (price, delta, rate) in enumerate(zip(month.price.tolist(), coins, month.funding.tolist(), strict=True)):
        funding -= size * price * rate
        if i == 0 or abs(delta + size) > 0.05 * coins[0]:
            change = -delta - size
            fees += abs(change) * price * FEE
            cash -= change * price
            size += change
            traded.append(i)
            sizes.append(change)
    assert result.trades.row.tolist() == traded
    assert result.trades.quantity == pytest.approx(np.array(sizes), rel=1e-9)
    parts = result.attribution()
    by_hand = {"hedge": cash + size * month.price[-1], "exchange fees": -fees, "funding": funding}
    for name, amount in by_hand.items():
        assert parts[name] == pytest.approx(amount, abs=ROUNDING * 1e6)
    assert abs(parts["residual"]) <= ROUNDING * result.capital


@pytest.mark.parametrize("ratio", [1.0, -1.0], ids=["short", "long"])
def test_an_account_is_liquidated_on_the_first_bar_that_empties_it(month, ratio):
    """A short by a rise, a long by a fall: the first bar by numpy alone."""
    price = month.price if ratio < 0 else 4e6 / month.price
    leg, posted = short(maintenance=lp.Proportional(rate=0.01)), 8e4
    tape = lp.Tape(quotes=quotes(price))
    result = lp.replay(million(), [leg], tape, policy=lp.Keep(ratio=ratio), collateral=posted)
    (size,) = result.trades.quantity
    assert np.sign(size) == -ratio
    equity = posted + size * (price - 2_000.0) - abs(size) * 2_000.0 * FEE
    (row,) = np.flatnonzero(equity <= 0.01 * abs(size) * price)[:1]
    assert result.liquidated == (row,)
    assert row > 1_000


# ---- what other backtesters got wrong

WHALE = 3e8
"""Far more than the pool holds: its share of the fees is near one."""


@pytest.mark.parametrize("fees", [lp.FeesAtClose(), lp.FeesAlongMove()], ids=lambda f: type(f).__name__)
def test_positions_never_earn_more_than_the_pool(month, fees):
    tape = lp.Tape(pool=pool_of(month))
    paid = np.concatenate([[0.0], month.volume * FEE])

    def earned(position):
        """Fees, and the most that they can have been, on each row of the tape."""
        life = lp.replay(position, None, tape, fees=fees, grid="1min").life
        return life.states[:, 9], life.states[:, 13]

    edges = (1_500.0, 1_700.0, 1_900.0, 2_100.0, 2_400.0)
    apart = [million(a, b, WHALE) for a, b in pairwise(edges)]
    across = [million(1_550, 1_950, WHALE), million(1_800, 2_300, WHALE), million(1_890, 1_910, WHALE)]
    alone = [earned(p)[0] for p in (*apart, *across)]
    for one in alone:
        assert (np.diff(one) <= paid[1:] * (1 + 1e-9)).all()
    # Ranges that touch share no fee: each alone earns what it earns beside the others.
    touching, most = earned(sum(apart[1:], start=1.0 * apart[0]))
    assert touching == pytest.approx(sum(alone[:4]), rel=1e-9)
    assert touching[-1] > 0.5 * paid.sum()
    # Ranges over one another do share.
    crossing, _ = earned(sum(across[1:], start=1.0 * across[0]))
    assert crossing[-1] < 0.99 * sum(alone[4:])[-1]
    for together in (touching, crossing, most):
        assert (np.diff(together) <= paid[1:] * (1 + 1e-9)).all()


def test_a_share_of_the_whole_line_is_its_share_of_the_fees(month):
    tape, position = lp.Tape(pool=pool_of(month)), lp.UniswapV2(base="ETH", quote="USDC", liquidity=1e6)
    share = 1e6 / (1e6 + month.liquidity)
    for fees in (lp.FeesAtClose(), lp.FeesAlongMove()):
        life = lp.replay(position, None, tape, fees=fees).life
        assert life.states[-1, 9] == pytest.approx((month.volume * FEE * share).sum(), rel=1e-12)


def test_drawdown_is_relative():
    # Down by nine tenths, then up a hundredfold, then down by a tenth: in money the last is the greatest.
    fall, rise = np.geomspace(10.0, 1.0, 9), np.geomspace(1.0, 1_000.0, 30)
    tape = lp.Tape(quotes=quotes(np.concatenate([fall, rise[1:], [900.0]])))
    result = lp.replay(lp.Spot(base="ETH", quote="USDC") * 1.0, None, tape, grid="1min")
    assert result.figures()["drawdown"] == pytest.approx(0.9, rel=1e-12)


@pytest.mark.parametrize("every", [None, "1h", "7min"])
def test_a_range_laid_again_is_worth_what_was_taken_out(month, every):
    """Each stretch multiplies what is in hand by the value of a range about 1 at the move of the price."""
    price = month.price[:20_000]
    moved = lp.ManagedRange(base="ETH", quote="USDC", lower=0.98, upper=1.02, capital=1e6, every=every)
    result = lp.replay(moved, None, lp.Tape(quotes=quotes(price)), grid="1min")
    adds = result.life.adds.row
    assert adds.size > 30

    def worth(x):
        root = np.sqrt(np.clip(x, 0.98, 1.02))
        return (1 / root - 1 / math.sqrt(1.02)) * x + root - math.sqrt(0.98)

    at = np.append(adds, price.size - 1)
    growth = worth(price[at[1:]] / price[at[:-1]]) / worth(1.0)
    assert result.equity[at] == pytest.approx(1e6 * np.concatenate([[1.0], np.cumprod(growth)]), rel=1e-9)
    # A range is worth no more than what was put in, moved along: concave, and touched at the add.
    kept = worth(price[at[1:]] / price[at[:-1]]) - worth(1.0)
    slope = 1.0 - 1 / math.sqrt(1.02)
    assert (kept <= slope * (price[at[1:]] / price[at[:-1]] - 1) + 1e-15).all()


def test_laid_again_where_nothing_moves_it_costs_what_it_costs():
    tape = lp.Tape(quotes=quotes(np.full(601, 2_000.0)), gas=lp.Gas(each=5.0))
    moved = lp.ManagedRange(base="ETH", quote="USDC", lower=0.98, upper=1.02, capital=1e6, every="10min")
    result = lp.replay(moved, None, tape)
    assert result.life.removals.row.size == 60
    assert result.net[-1] == pytest.approx(-5.0 * (60 + 61), abs=ROUNDING * 1e6)


# ---- sweeps


def bits(figures, series):
    """Every figure and every series as its bytes."""
    return {k: np.float64(v).tobytes() for k, v in figures.items()}, {k: v.tobytes() for k, v in series.items()}


@pytest.mark.parametrize("times", [1, 2, 10])
def test_runs_of_a_sweep_do_not_know_of_one_another(month, times):
    """One strategy alone, twice and ten times, beside one that would move the price if it could."""
    tape = hedged_tape(Bars(*(column[:10_000] for column in month)))
    alone = lp.replay(million(), [short()], tape, policy=lp.DeltaBand(0.05), collateral=5e5)
    # A grid tries each setting once: these differ in a cap that is never reached.
    bands = lp.each([lp.DeltaBand(0.05) & lp.ExposureCap(1e6 + k) for k in range(times)])
    positions = lp.each([million(1_900, 2_100, WHALE), million()])
    grid = lp.sweep(lp.replay, positions, [short()], tape, policy=bands, collateral=5e5, progress=False)
    assert len(grid.runs) == 2 * times
    whales, same = ([bits(run.figures, run.series) for run in half] for half in (grid.runs[:times], grid.runs[times:]))
    assert same == [bits(alone.figures(), alone.series())] * times
    assert whales == [whales[0]] * times
    assert whales[0] != same[0]
