"""A range over ten million prices against hand-written numpy; how to run these is said in the package's docstring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lpgreeks as lp
from tests.benchmarks.pairs import compare, process, shown
from tests.tolerances import ROUNDING

COUNT = 10_000_000

Plain = Callable[[lp.UniswapV3, np.ndarray], np.ndarray]


def plain_value(pool: lp.UniswapV3, price: np.ndarray) -> np.ndarray:
    root = np.sqrt(np.clip(price, pool.lower, pool.upper))
    return pool.liquidity * ((1 / root - 1 / np.sqrt(pool.upper)) * price + root - np.sqrt(pool.lower))


def plain_delta(pool: lp.UniswapV3, price: np.ndarray) -> np.ndarray:
    return pool.liquidity * (1 / np.sqrt(np.clip(price, pool.lower, pool.upper)) - 1 / np.sqrt(pool.upper))


def plain_gamma(pool: lp.UniswapV3, price: np.ndarray) -> np.ndarray:
    inside = (price > pool.lower) & (price <= pool.upper)
    return np.where(inside, -0.5 * pool.liquidity / (price * np.sqrt(price)), 0.0)


PLAIN: dict[str, Plain] = {"value": plain_value, "delta": plain_delta, "gamma": plain_gamma}


@pytest.fixture(scope="module")
def shuffled() -> np.ndarray:
    """Half of the prices in the range, a quarter on either side."""
    return np.random.default_rng(0).uniform(1_500, 2_300, COUNT)


@pytest.mark.parametrize("order", ["sorted", "shuffled"])
@pytest.mark.parametrize("figure", PLAIN)
def test_range_over_prices(benchmark: Any, pool: lp.UniswapV3, shuffled: np.ndarray, figure: str, order: str) -> None:
    prices = np.sort(shuffled) if order == "sorted" else shuffled
    ours, theirs = compare(
        benchmark,
        f"{figure}, {order}",
        lambda: getattr(pool, figure)(prices),
        "numpy",
        lambda: PLAIN[figure](pool, prices),
        rounds=5,
    )
    assert np.abs(ours - theirs).max() <= ROUNDING * np.abs(theirs).max()


PEAK = f"""
import tracemalloc
import numpy as np
import lpgreeks as lp
pool = lp.UniswapV3(base="ETH", quote="USDC", liquidity=22_000, lower=1_700, upper=2_100)
prices = np.random.default_rng(0).uniform(1_500, 2_300, {COUNT})
pool.{{figure}}(prices[:100_000])
tracemalloc.start()
found = pool.{{figure}}(prices)
print(tracemalloc.get_traced_memory()[1] / found.nbytes, found.size)
"""
"""numpy reports its arrays to tracemalloc; the input was there before."""


@pytest.mark.parametrize("figure", PLAIN)
def test_peak_memory(figure: str) -> None:
    peak, size = map(float, process(PEAK.format(figure=figure)).split())
    shown(f"peak memory, {figure}, shuffled: {peak:.3f} x the output, beyond the input")
    assert size == COUNT
    assert peak >= 1
