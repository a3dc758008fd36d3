"""Compiled: a table read at one price. Loaded on the first replay."""

from __future__ import annotations

import math

from numba import njit

from lpgreeks.replays.tables import Table

__all__ = ["at", "fill", "piece_at"]


@njit(cache=True, nogil=True, inline="always")
def piece_at(kinks, x):  # type: ignore[no-untyped-def]
    """The piece that rules at ``x``."""
    j = 0
    while j < kinks.size and x > kinks[j]:
        j += 1
    return j


@njit(cache=True, nogil=True, inline="always")
def at(table, x):  # type: ignore[no-untyped-def]
    """The table's value at ``x``."""
    c = table.coefficients[piece_at(table.kinks, x)]
    root = math.sqrt(x)
    return c[0] / x + c[1] / root + c[2] + c[3] * root + c[4] * x


@njit(cache=True, nogil=True)
def fill(out, prices, begin, stop, scale, centre, table):  # type: ignore[no-untyped-def]
    """``out[i] = scale * table(prices[i] / centre)`` for the rows from ``begin`` to before ``stop``."""
    for i in range(begin, stop):
        out[i] = scale * at(table, prices[i] / centre)


def warm() -> None:
    """Compile the above for the types that replays use."""
    import numpy as np

    table = Table(np.ones(1), np.ones((2, 5)))
    fill(np.zeros(1), np.ones(1), 0, 1, 1.0, 1.0, table)
