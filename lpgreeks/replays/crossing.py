"""Compiled: which of two prices crosses the gap between them first. Imported where it is run."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lpgreeks._types import FloatArray

__all__ = ["race"]


@njit(cache=True)
def race(
    gap: FloatArray, quote: FloatArray, pool: FloatArray, theta: float, part: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Every gap of ``theta`` or more, from when it opens until one of the two has gone ``part`` of the way.

    Args:
        gap: of the quote beyond the pool, >= theta when open.
        quote, pool: the two prices.

    Returns:
        On which row each opened and ended (the number of rows: it did not), and whether the pool ended it. Where
        both arrive on one row, the pool did.
    """
    n = len(gap)
    opened, ended, by_pool = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.bool_)
    found = row = 0
    while row < n:
        if gap[row] < theta:
            row += 1
            continue
        opened[found] = row
        way = quote[row] - pool[row]
        up = way > 0
        reached, left = pool[row] + part * way, quote[row] - part * way
        caught = back = False
        while not (caught or back):
            row += 1
            if row == n:
                break
            caught = pool[row] >= reached if up else pool[row] <= reached
            back = quote[row] <= left if up else quote[row] >= left
        ended[found], by_pool[found] = row, caught
        found += 1
    return opened[:found].copy(), ended[:found].copy(), by_pool[:found].copy()
