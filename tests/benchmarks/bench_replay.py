"""Replays and sweeps of a week of ticks against bare loops; how to run these is said in the package's docstring."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numba import njit

import lpgreeks as lp
from tests.benchmarks.pairs import compare, process, shown

TICKS = 6_048_000
"""A week, one each 100 ms."""

PART = TICKS // 30
"""What a loop in plain Python is given."""

START, FEE, BAND = 1_900.0, 5e-4, 0.05


class Week(NamedTuple):
    tape: lp.Tape
    position: lp.UniswapV3
    leg: lp.Leg


def week_of(n: int) -> Week:
    """Everything at once: ticks, a pool made of them, funding; a leg with fee, slippage and margin."""
    rng = np.random.default_rng(0)
    mid = START * np.exp(np.cumsum(rng.normal(0.0, 2e-5, n)))
    times = np.datetime64("2023-01-01", "ns") + np.arange(n) * np.timedelta64(100_000_000, "ns")
    quotes = lp.Quotes(market="ETH/USDC", times=times, bid=mid - 0.05, ask=mid + 0.05, source="drawn")
    pool = lp.arbitraged_pool(quotes, fee=FEE, liquidity=1e6, noise=1e7, seed=0)
    due = times[::144_000][1:]
    funding = lp.FundingRates(market="ETH/USDC", times=due, rates=rng.normal(1e-4, 5e-5, due.size), source="drawn")
    contract = lp.LinearPerp(base="ETH", quote="USDC", entry=START)
    return Week(
        lp.Tape(quotes=quotes, pool=pool, funding=funding),
        lp.UniswapV3.from_value(1e6, base="ETH", quote="USDC", price=START, lower=1_700, upper=2_100),
        lp.Leg(
            contract,
            collateral="USDC",
            fee=lp.Fee(taker=FEE),
            slippage=lp.Slippage(rate=1e-5),
            maintenance=lp.Proportional(rate=0.01),
        ),
    )


@pytest.fixture(scope="module")
def week() -> Week:
    return week_of(TICKS)


@pytest.fixture(scope="module")
def part() -> Week:
    return week_of(PART)


def replayed(on: Week, policy: lp.Policy = lp.DeltaBand(BAND)) -> lp.Replayed:  # noqa: B008
    return lp.replay(on.position, [on.leg], on.tape, policy=policy, collateral=5e5)


def by_hand(pool: Any, bid: Any, ask: Any, liquidity: float, lower: float, upper: float) -> tuple[float, float, int]:
    """A band about the delta and nothing else: what is held, cash after fees, and how often it was traded."""
    quantity = cash = 0.0
    band, trades = math.inf, 0
    for i in range(len(pool)):
        coins = liquidity * (1.0 / math.sqrt(min(max(pool[i], lower), upper)) - 1.0 / math.sqrt(upper))
        if i == 0:
            band = BAND * coins
        if i == 0 or abs(coins + quantity) > band:
            change = -coins - quantity
            price = ask[i] if change > 0.0 else bid[i]
            cash -= change * price + abs(change) * price * FEE
            quantity += change
            trades += 1
    return quantity, cash, trades


LOOPS = {"a bare numba loop": njit(by_hand), "a plain Python loop": by_hand}


@pytest.mark.parametrize("loop", LOOPS)
def test_step(benchmark: Any, request: pytest.FixtureRequest, loop: str) -> None:
    on: Week = request.getfixturevalue("part" if LOOPS[loop] is by_hand else "week")
    rows, held = on.tape.rows, on.position
    prices = rows.pool, rows.bid[0], rows.ask[0]
    n = len(on.tape)
    result, (quantity, _, trades) = compare(
        benchmark,
        f"{n:,} events: funding, margin, fees of pool and venue, a band",
        lambda: replayed(on),
        loop,
        lambda: LOOPS[loop](*prices, held.liquidity, held.lower, held.upper),
        rounds=3,
    )
    assert len(result.trades) == trades
    assert result.of_legs[-1, 0, 0] == pytest.approx(quantity, rel=1e-9)


@pytest.mark.parametrize("policy", [lp.Hold(), lp.Dislocation(theta=1e-3, gap=3e-3)], ids=repr)
def test_other_policies(benchmark: Any, week: Week, policy: lp.Policy) -> None:
    result, _ = compare(
        benchmark,
        f"{TICKS:,} events, {type(policy).__name__}",
        lambda: replayed(week, policy),
        "summing one column",
        lambda: week.tape.rows.bid.sum(),
        rounds=3,
    )
    assert abs(result.attribution()["residual"]) <= 1e-9 * result.capital


def test_192_policies_on_two_cores(benchmark: Any, week: Week) -> None:
    thetas, gaps, dwells = [5, 10, 20, 30, 50, 100], [5, 10, 15, 20, 25, 30, 50, math.inf], [0.0, 3.0, 12.0, 30.0]
    policies = lp.grid(lp.Dislocation, theta=[t * 1e-4 for t in thetas], gap=[g * 1e-4 for g in gaps], dwell=dwells)
    assert len(policies) == 192
    grid, _ = compare(
        benchmark,
        f"192 policies x {TICKS:,} events on two cores",
        lambda: lp.sweep(
            lp.replay, week.position, [week.leg], week.tape, policy=policies, collateral=5e5, workers=2, progress=False
        ),
        "one replay, of 192",
        lambda: replayed(week, lp.Dislocation(theta=1e-3, gap=1e-3)),
        rounds=1,
    )
    for number in (0, 70, 191):
        run, policy = grid.runs[number], policies.points[number].value
        assert not run.error
        alone = replayed(week, policy)
        assert run.figures["net"] == alone.net[-1]
        assert np.array_equal(run.series["pnl"], alone.series()["pnl"])


def test_a_tape_of_six_million_quotes(benchmark: Any, week: Week) -> None:
    import pandas as pd

    (quotes,), pool, funding = week.tape.quotes, week.tape.pool, week.tape.funding

    def merged() -> np.ndarray:
        ticks = pd.DataFrame({"time": quotes.times, "bid": quotes.bid, "ask": quotes.ask})
        swaps = pd.DataFrame({"time": pool.times, "price": pool.prices})
        return pd.merge_asof(ticks, swaps, on="time")["price"].to_numpy()

    tape, price = compare(
        benchmark,
        "a tape of six million quotes and fifty thousand pool rows",
        lambda: lp.Tape(quotes=quotes, pool=pool, funding=funding).rows,
        "pandas merge_asof of the pool's price alone",
        merged,
        rounds=3,
    )
    # The last block comes before the last tick, and the tape ends there.
    assert np.array_equal(tape.pool, price[: tape.times.size])


def test_a_pool_made_of_six_million_quotes(benchmark: Any, week: Week) -> None:
    (quotes,) = week.tape.quotes

    def loop() -> list[float]:
        """At every block to the edge of the fee band."""
        blocks = np.arange(quotes.times[0], quotes.times[-1] + 1, np.timedelta64(12, "s"))
        known = np.searchsorted(quotes.times, blocks, side="right") - 1
        bids, asks = quotes.bid[known].tolist(), quotes.ask[known].tolist()
        price = (bids[0] + asks[0]) / 2.0
        prices = [price]
        for bid, ask in zip(bids[1:], asks[1:], strict=True):
            price = min(max(price, bid * (1.0 - FEE)), ask / (1.0 - FEE))
            prices.append(price)
        return prices

    pool, prices = compare(
        benchmark,
        "a pool made of six million quotes, 12 s blocks",
        lambda: lp.arbitraged_pool(quotes, fee=FEE, liquidity=1e6, noise=1e7, seed=0),
        "a plain Python loop over the blocks",
        loop,
        rounds=3,
    )
    assert np.array_equal(pool.prices, prices)


YEAR = """
import sys
import pyarrow.parquet as pq
import lpgreeks as lp
bars = pq.read_table(sys.argv[1])
times, price, volume, liquidity = (bars[name].to_numpy() for name in ("time", "price", "volume", "liquidity"))
pool = lp.PoolHistory(market="ETH/USDC", fee=5e-4, times=times, prices=price, base_in=0 * volume, quote_in=volume,
                      liquidity=liquidity, source="bars")
quotes = lp.Quotes(market="ETH/USDC", times=times, bid=price, ask=price, source="bars")
position = lp.UniswapV3.from_value(1e6, base="ETH", quote="USDC", price=price[0], lower=1_600, upper=2_500)
leg = lp.Leg(lp.LinearPerp(base="ETH", quote="USDC", entry=price[0]), collateral="USDC", fee=lp.Fee(taker=5e-4),
             maintenance=lp.Proportional(rate=0.01))
result = lp.replay(position, [leg], lp.Tape(quotes=quotes, pool=pool), policy=lp.DeltaBand(0.05), collateral=5e5)
print(len(result.trades), result.net[-1])
"""

ANEW = """
import os, tempfile
os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp()
"""


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year of minute bars in a file."""
    import pandas as pd

    rng, n = np.random.default_rng(7), 525_600
    columns = {
        "time": np.datetime64("2023-01-01", "ns") + np.arange(n) * np.timedelta64(60_000_000_000, "ns"),
        "price": 2_000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.8 / math.sqrt(n), n))),
        "volume": rng.exponential(60_000.0, n),
        "liquidity": np.full(n, 2.4e6),
    }
    file = tmp_path_factory.mktemp("year") / "bars.parquet"
    pd.DataFrame(columns).to_parquet(file)
    return file


def test_a_year_of_minutes_in_a_cold_process(benchmark: Any, year: Path) -> None:
    ours, _ = compare(
        benchmark,
        "a year of minute bars from a file, replayed and printed by a new process",
        lambda: process(YEAR, str(year)),
        "import numba, scipy.linalg, pyarrow.parquet",
        lambda: process("import numba, scipy.linalg, pyarrow.parquet"),
        rounds=5,
    )
    assert ours == process(YEAR, str(year))
    assert int(ours.split()[0]) > 100


def test_the_first_compilation_ever(benchmark: Any, year: Path) -> None:
    anew, warm = compare(
        benchmark,
        "the same, and compiled for the first time",
        lambda: process(ANEW + YEAR, str(year)),
        "compiled before",
        lambda: process(YEAR, str(year)),
        rounds=1,
    )
    assert anew == warm


def test_memory_grows_with_the_data(week: Week) -> None:
    """Not with the number of policies: what one more run keeps is its figures and series."""
    import tracemalloc

    def peak(count: int) -> int:
        policies = lp.grid(lp.Dislocation, theta=[1e-3 * (k + 1) for k in range(count)])
        tracemalloc.start()
        lp.sweep(
            lp.replay, week.position, [week.leg], week.tape, policy=policies, collateral=5e5, workers=1, progress=False
        )
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few, many = peak(4), peak(24)
    shown(f"peak memory of a sweep beyond its tape, 24 policies: {many / few:.2f} x that of 4 ({many / 1e6:.0f} MB)")
    assert many < 2 * few
