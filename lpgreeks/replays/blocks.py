"""Compiled: what arbitrageurs make of a pool's price, block by block. Imported where it is run."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lpgreeks._types import FloatArray

__all__ = ["follow"]


@njit(cache=True)
def follow(
    times: NDArray[np.int64],
    bid: FloatArray,
    ask: FloatArray,
    blocks: NDArray[np.int64],
    delay: int,
    start: float,
    kept: float,
    stop: float,
    earned: float,
    every: bool,
) -> tuple[NDArray[np.int64], FloatArray, FloatArray, FloatArray]:
    """The pool after each block in which it moved, and after the first and the last.

    Args:
        times, bid, ask: the quotes.
        blocks: when arbitrageurs may trade; the first only says where the pool stands.
        delay: of what they see, in the unit of the times.
        start: the pool's price at the first block.
        kept: of what is paid in, less the fee: ``1 - fee``.
        stop: the pool's price after a purchase, of the bid; and the ask's, of its price after a sale.
        earned: the fee that liquidity keeps of what is paid in net of it.
        every: a row for each block, moved or not.

    Returns:
        Which blocks, the pool's price, and fees per unit of liquidity in base and in quote.
    """
    n = len(blocks)
    at = np.empty(n, dtype=np.int64)
    prices, in_base, in_quote = np.empty(n), np.empty(n), np.empty(n)
    price, known, rows = start, -1, 0
    for k in range(n):
        while known + 1 < len(times) and times[known + 1] <= blocks[k] - delay:
            known += 1
        before, base, quote = price, 0.0, 0.0
        if k > 0 and known >= 0:
            if bid[known] * kept > price:
                price = bid[known] * stop
                quote = (math.sqrt(price) - math.sqrt(before)) * earned
            elif ask[known] / kept < price:
                price = ask[known] / stop
                base = (1.0 / math.sqrt(price) - 1.0 / math.sqrt(before)) * earned
        if every or price != before or k == 0 or k == n - 1:
            at[rows], prices[rows], in_base[rows], in_quote[rows] = k, price, base, quote
            rows += 1
    return at[:rows], prices[:rows], in_base[:rows], in_quote[:rows]
