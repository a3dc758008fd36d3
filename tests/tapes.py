"""Small tapes for tests: made by hand or drawn."""

from __future__ import annotations

import numpy as np

from lpgreeks import FundingRates, PoolHistory, Quotes, Tape

START = np.datetime64("2023-01-01", "ns")


def clock(n: int, seconds: float = 60.0) -> np.ndarray:
    return START + (np.arange(n) * round(seconds * 1e9)).astype("timedelta64[ns]")


def quotes(mid, *, spread=0.0, seconds=60.0, market="ETH/USDC", wide=0.0) -> Quotes:
    """Around a middle price; ``wide`` is how far lows and highs reach, of the price."""
    mid = np.asarray(mid, dtype=float)
    extremes = {"lows": mid * (1 - wide), "highs": mid * (1 + wide)} if wide else {}
    return Quotes(
        market=market,
        times=clock(mid.size, seconds),
        bid=mid - spread / 2,
        ask=mid + spread / 2,
        source="made by hand",
        **extremes,
    )


def pool(prices, *, fee=5e-4, base_in=0.0, quote_in=0.0, liquidity=1e6, times=None, **more) -> PoolHistory:
    prices = np.asarray(prices, dtype=float)
    columns = {"base_in": base_in, "quote_in": quote_in, "liquidity": liquidity}
    return PoolHistory(
        market="ETH/USDC",
        fee=fee,
        times=clock(prices.size) if times is None else times,
        prices=prices,
        source="made by hand",
        **{name: np.broadcast_to(value, prices.shape) for name, value in columns.items()},
        **more,
    )


def walk(seed: int, n: int, *, start=2_000.0, step=1e-3) -> np.ndarray:
    return start * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, step, n)))


def lively(seed: int, n: int = 400) -> Tape:
    """Everything at once: quotes with lows and highs, a pool that lags, blocks of several swaps, funding, marks."""
    rng = np.random.default_rng(seed)
    mid = walk(seed, n, step=3e-3)
    own = quotes(mid, spread=0.4, wide=2e-3)
    blocks = np.sort(rng.integers(0, n, n // 2))
    behind = mid[np.maximum(blocks - 2, 0)] * np.exp(rng.normal(0.0, 3e-4, blocks.size))
    swaps = pool(
        behind,
        times=own.times[blocks],
        base_in=rng.exponential(2.0, blocks.size),
        quote_in=rng.exponential(4_000.0, blocks.size),
        liquidity=rng.uniform(5e5, 2e6, blocks.size),
    )
    settled = own.times[5::97] + np.timedelta64(7, "s")
    funding = FundingRates(market="ETH/USDC", times=settled, rates=rng.normal(0.0, 1e-3, settled.size), source="drawn")
    return Tape(quotes=own, pool=swaps, funding=funding)
