"""A pool made from quotes: the closed forms of arbitrage with fees, each trade's ledger, and a plain twin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

import lpgreeks as lp
from tests.tolerances import ROUNDING, STANDARD_ERRORS

DAY = 86_400.0
VOLATILITY = 0.05  # a day
LVR = VOLATILITY**2 / 8  # a day, of the value of a full range
START = np.datetime64("2024-01-01", "ns")


def seconds(times: np.ndarray) -> np.ndarray:
    return START + np.round(np.asarray(times) * 1e9).astype("timedelta64[ns]")


def quoted(times: np.ndarray, bid: np.ndarray, ask: np.ndarray | None = None) -> lp.Quotes:
    return lp.Quotes(market="ETH/USDT:perp", times=times, bid=bid, ask=bid if ask is None else ask, source="made")


def walk(seed: int, n: int = 4_000, *, every: float = 0.1) -> lp.Quotes:
    """Quotes with a spread of up to 4 bp, moving by 1 bp."""
    rng = np.random.default_rng(seed)
    mid = 1_900 * np.exp(np.cumsum(rng.normal(0, 1e-4, n)))
    half = mid * rng.uniform(0, 2e-4, n)
    return quoted(seconds(np.arange(n) * every), mid - half, mid + half)


# ---- closed forms of Milionis, Moallemi and Roughgarden (2023)


@dataclass(frozen=True)
class Rates:
    """Means over blocks, of independent runs."""

    trades: np.ndarray
    arbitrage: np.ndarray
    fees: np.ndarray

    def judged(self, runs: np.ndarray, exact: float) -> float:
        """How many standard errors the mean of the runs is from the exact figure."""
        return abs(runs.mean() - exact) / (runs.std(ddof=1) / math.sqrt(runs.size))


def simulate(
    fee: float,
    apart: float,
    *,
    rule: lp.ReflectAtBand | lp.JumpToLatent = lp.ReflectAtBand(),
    blocks: int = 20_000,
    runs: int = 40,
    poisson: bool = True,
    seed: int = 1,
) -> Rates:
    """Runs of a driftless log price at the blocks, without a spread; per-day rates of a full range, by hand.

    Each run starts as far from the quote as the stationary law of the reflected pool says.
    """
    rng = np.random.default_rng(seed)
    gamma, tail = -math.log1p(-fee), VOLATILITY * math.sqrt(apart / DAY / 2)
    found = np.empty((3, runs))
    for run in range(runs):
        waits = rng.exponential(apart, blocks) if poisson else np.full(blocks, apart)
        times = np.cumsum(waits)
        log_price = np.cumsum(rng.normal(0, VOLATILITY * np.sqrt(waits / DAY)))
        price = 1_900 * np.exp(log_price)
        off = rng.uniform(-gamma, gamma)
        if rng.random() < tail / (tail + gamma):
            off = rng.choice([-1, 1]) * (gamma + rng.exponential(tail))
        clock = seconds(times)
        pool = lp.arbitraged_pool(
            quoted(clock, price), fee=fee, liquidity=1.0, block=clock, rule=rule, start=price[0] * math.exp(off)
        )
        # Amounts of a full range of liquidity 1, from the pool's prices alone.
        at = np.searchsorted(clock, pool.times)[1:]
        root = np.sqrt(pool.prices)
        gained, fees = np.zeros(at.size), np.zeros(at.size)
        coins, dollars = 1 / root[:-1] - 1 / root[1:], root[1:] - root[:-1]  # what leaves, what comes
        up = coins > 0
        fees[up] = dollars[up] * fee / (1 - fee)
        gained[up] = coins[up] * price[at][up] - dollars[up] / (1 - fee)
        down = coins < 0
        fees[down] = -coins[down] * fee / (1 - fee) * price[at][down]
        gained[down] = -dollars[down] + coins[down] / (1 - fee) * price[at][down]
        worth = 2 * np.sqrt(price[at])
        per_day = DAY / apart / (blocks - 1)
        found[:, run] = (up | down).sum() / (blocks - 1), (gained / worth).sum() * per_day, (fees / worth).sum() * per_day
    return Rates(*found)


PUBLISHED = {
    600.0: (96.7, 85.5, 74.7, 49.6, 22.8),
    120.0: (92.9, 72.5, 56.9, 30.5, 11.6),
    12.0: (80.7, 45.6, 29.5, 12.3, 4.0),
    2.0: (63.0, 25.4, 14.5, 5.4, 1.7),
    0.05: (21.2, 5.1, 2.6, 0.9, 0.3),
}
"""Percent of blocks with a trade at 1, 5, 10, 30 and 100 bp; the table rounds up by as much as 0.15."""


@pytest.mark.parametrize("apart", PUBLISHED)
def test_how_often_arbitrageurs_trade(apart: float) -> None:
    for fee, percent in zip((1e-4, 5e-4, 1e-3, 3e-3, 1e-2), PUBLISHED[apart], strict=True):
        found = simulate(fee, apart, seed=round(1e6 * fee))
        eta = math.sqrt(2 * DAY / apart) * -math.log1p(-fee) / VOLATILITY
        assert found.judged(found.trades, 1 / (1 + eta)) < STANDARD_ERRORS
        error = found.trades.std(ddof=1) / math.sqrt(found.trades.size)
        assert abs(100 * found.trades.mean() - percent) < 0.15 + STANDARD_ERRORS * 100 * error


PRINTED = [
    (12.0, 30e-4, 0.121951, 3.816697e-5, 2.743332e-4),
    (12.0, 5e-4, 0.454545, 1.420810e-4, 1.704190e-4),
    (2.0, 5e-4, 0.253847, 7.934688e-5, 2.331531e-4),
    (600.0, 30e-4, 0.495483, 1.550711e-4, 1.574298e-4),
]
"""Seconds between blocks, log fee, and per day: trades a block, arbitrage and fees of the value, by integration."""


@pytest.mark.parametrize(("apart", "gamma", "trades", "arbitrage", "fees"), PRINTED)
def test_arbitrage_and_fees_are_the_closed_forms(
    apart: float, gamma: float, trades: float, arbitrage: float, fees: float
) -> None:
    blocks, tail = DAY / apart, VOLATILITY * math.sqrt(apart / DAY / 2)
    exact = LVR / (1 + gamma / tail) * math.exp(gamma / 2) / (1 - VOLATILITY**2 / (8 * blocks))
    paid = LVR * 2 * math.sinh(gamma / 2) / gamma / ((1 + tail / gamma) * (1 + tail / 2))
    assert (exact, paid) == pytest.approx((arbitrage, fees), rel=1e-6)
    found = simulate(-math.expm1(-gamma), apart, blocks=50_000, seed=3)
    for sample, figure in ((found.trades, trades), (found.arbitrage, exact), (found.fees, paid)):
        assert found.judged(sample, figure) < STANDARD_ERRORS
    assert found.judged(found.arbitrage + found.fees, LVR) < STANDARD_ERRORS


def jumping(gamma: float, apart: float) -> tuple[float, float]:
    """Trades a block and fees a day when each trade ends at the quote: the log gap is a walk that starts over.

    Over a block at a random time it moves by a two-sided exponential law of scale ``tail``. It leaves the band by as
    much again, whatever came before, so that a trade is made from ``gamma`` plus an exponential; and the mean wait is
    the mean square of that over the variance of a step.
    """
    tail = VOLATILITY * math.sqrt(apart / DAY / 2)
    eta = gamma / tail
    trades = 1 / (1 + eta + eta**2 / 2)
    mean = math.expm1(gamma) * (1 - math.exp(-gamma / 2) / (1 + tail / 2)) / 2
    return trades, trades * mean * DAY / apart


@pytest.mark.parametrize(("apart", "gamma"), [(2.0, 30e-4), (12.0, 5e-4), (2.0, 100e-4)])
def test_jumps_to_the_quote_earn_what_renewal_theory_says(apart: float, gamma: float) -> None:
    trades, fees = jumping(gamma, apart)
    found = simulate(-math.expm1(-gamma), apart, rule=lp.JumpToLatent(), blocks=50_000, seed=4)
    assert found.judged(found.trades, trades) < STANDARD_ERRORS
    assert found.judged(found.fees, fees) < STANDARD_ERRORS
    # What traders gain and what they pay is still what the pool loses: on average LVR, and the last coins lose.
    assert found.judged(found.arbitrage + found.fees, LVR) < STANDARD_ERRORS
    assert found.arbitrage.mean() < 0 or gamma < 1e-3


def test_the_two_conventions_differ_by_a_factor_of_two() -> None:
    fees = {
        rule: simulate(30e-4, 2.0, rule=rule, blocks=100_000, poisson=False, seed=5).fees / LVR
        for rule in (lp.ReflectAtBand(), lp.JumpToLatent())
    }
    for rule, printed in ((lp.ReflectAtBand(), 0.95), (lp.JumpToLatent(), 1.92)):
        runs = fees[rule]
        assert abs(runs.mean() - printed) < 0.005 + STANDARD_ERRORS * runs.std(ddof=1) / math.sqrt(runs.size)
    limits = [jumping(1e-2, apart)[1] / LVR for apart in (2.0, 0.05, 1e-4)]
    assert limits == sorted(limits)
    assert limits[-1] == pytest.approx(2.0, abs=0.01)
