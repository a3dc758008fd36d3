"""The bounds of a hedge problem in the units in which it is solved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray, IntArray
from lpgreeks.hedging.problem import Row

__all__ = ["ROW_TOLERANCE", "Box"]

# A row is broken, or binds, when it is off by this much of its own scale.
ROW_TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Box:
    """The rows with norm 1, for quantities whose changes have norm 1; ``unit`` is then the size of a hedge."""

    matrix: FloatArray
    lower: FloatArray
    upper: FloatArray
    sizes: FloatArray
    """What each row was divided by."""
    unit: float

    @cached_property
    def scale(self) -> FloatArray:
        """What a row's figures are measured against: its bounds, or a hedge of full size."""
        low, high = (np.where(np.isfinite(side), np.abs(side), 0.0) for side in (self.lower, self.upper))
        # A row that nothing moves is off by its own bounds.
        unit = np.where(self.matrix.any(axis=1), self.unit, np.finfo(float).tiny)
        return np.asarray(np.maximum(np.maximum(low, high), unit))

    def violation(self, x: FloatArray) -> float:
        """How far the worst row is broken, relative to its scale."""
        at = self.matrix @ x
        off = np.maximum(self.lower - at, at - self.upper) / self.scale
        return max(0.0, float(off.max(initial=0.0)))

    def holds(self, x: FloatArray) -> bool:
        """Whether every row holds to rounding."""
        return self.violation(x) <= ROW_TOLERANCE

    def at_bounds(self, x: FloatArray, tolerance: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which rows stand at their lower, and which at their upper bound."""
        at = self.matrix @ x
        near = tolerance * self.scale
        return np.abs(at - self.lower) <= near, np.abs(at - self.upper) <= near

    def one_sided(self) -> tuple[FloatArray, FloatArray, IntArray]:
        """The rows as ``g @ x <= h`` in units of a hedge's size, and which row each one came from."""
        low, high = np.isfinite(self.lower), np.isfinite(self.upper)
        g = np.vstack([self.matrix[high], -self.matrix[low]])
        h = np.concatenate([self.upper[high], -self.lower[low]]) / self.unit
        return g, h, np.concatenate([np.flatnonzero(high), np.flatnonzero(low)])

    @classmethod
    def of(cls, rows: Sequence[Row], leg_sizes: FloatArray, unit: float) -> Box:
        """The rows for legs whose changes have the norms ``leg_sizes`` and an exposure whose changes have ``unit``."""
        matrix = np.array([r.coefficients / leg_sizes for r in rows]).reshape(len(rows), len(leg_sizes))
        # A row that no leg moves keeps its own size: it holds, or nothing helps.
        sizes = np.where(matrix.any(axis=1), np.linalg.norm(matrix, axis=1), 1.0)
        return cls(
            matrix=matrix / sizes[:, None],
            lower=np.array([r.lower for r in rows]) / sizes,
            upper=np.array([r.upper for r in rows]) / sizes,
            sizes=sizes,
            unit=unit,
        )
