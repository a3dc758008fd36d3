"""Buffers and powers of one block of prices."""

from __future__ import annotations

import numpy as np

from lpgreeks._types import FloatArray

__all__ = ["Workspace"]


class Workspace:
    """The buffers of one evaluation, reused from block to block: fresh pages would cost more than the sums."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._buffers: dict[float | str, FloatArray] = {}
        self._ready: set[float] = set()
        self.prices: FloatArray = np.empty(0)

    def load(self, prices: FloatArray) -> None:
        """Turn to the next block; what was raised for the last one is forgotten."""
        self.prices = prices
        self._ready.clear()

    def scratch(self, key: float | str) -> FloatArray:
        """A buffer of the block's size under a name; its content is whatever was left there."""
        if key not in self._buffers:
            self._buffers[key] = np.empty(self._size)
        return self._buffers[key][: self.prices.size]

    def power(self, exponent: float) -> FloatArray:
        """The block raised to ``exponent``; halves and wholes from one square root, not from a slow ``pow``."""
        if exponent == 1:
            return self.prices
        buffer = self.scratch(exponent)
        if exponent not in self._ready:
            self._ready.add(exponent)
            if exponent == 0.5:
                np.sqrt(self.prices, out=buffer)
            elif exponent < 0:
                np.divide(1.0, self.power(-exponent), out=buffer)
            elif exponent in (1.5, 2.0, 2.5, 3.0):
                np.multiply(self.power(exponent - 1.0), self.prices, out=buffer)
            else:
                np.power(self.prices, exponent, out=buffer)
        return buffer
