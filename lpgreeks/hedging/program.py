r"""A convex program built block by block, solved by Clarabel, and judged by its own arithmetic.

.. math::
    \min_v \; \tfrac12 v^\top P v + q^\top v \quad \text{subject to} \quad A v + s = b, \; s \in K

with :math:`K` of zeros, non-negatives and second-order cones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks._types import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

__all__ = ["Optimum", "Program"]

# Rows of a program in units near 1 that are broken by more are not met.
_BROKEN = 1e-6

# How near the solver is asked to come; rows can get worse while it presses on.
_TOLERANCES = (1e-10, 1e-8, 1e-7)

Block = tuple[slice, Any]
"""Variables, and the dense or sparse matrix that multiplies them."""


_Group = tuple[Sequence[Block], FloatArray]
"""Rows stated together, and their right side."""


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """Where a program is least.

    Attributes:
        status: the solver's word; ends in "Solved" where it found an optimum.
        values: the variables.
        infeasibility, stationarity: how far off the primal and the dual are, from first principles.
    """

    status: str
    values: FloatArray
    infeasibility: float
    stationarity: float
    multipliers: FloatArray
    """Of the rows that were stated last, 0 or more: how hard each one holds the objective up."""
    least: float
    """What the multipliers prove that no values can fall below."""

    @property
    def solved(self) -> bool:
        """Whether there is an optimum, by own arithmetic: values without bound look solved to the solver."""
        return self.to_within(_BROKEN)

    def to_within(self, broken: float) -> bool:
        """Whether there is an optimum, rows broken by no more than so much."""
        return self.status.endswith("Solved") and self.infeasibility <= broken


class Program:
    """Variables, an objective and rows, added one after another. The first variables are the decision."""

    def __init__(self, decisions: int) -> None:
        self._count = decisions
        self.decision = slice(0, decisions)
        self._squares: list[tuple[slice, FloatArray]] = []
        self._linear: list[tuple[slice, FloatArray]] = []
        self._last_rows = slice(0, 0)
        self._equal: list[_Group] = []
        self._below: list[_Group] = []
        self._cones: list[_Group] = []

    def variables(self, count: int) -> slice:
        """More variables."""
        added = slice(self._count, self._count + count)
        self._count += count
        return added

    def square(self, variables: slice, weights: FloatArray) -> None:
        """Adds ``sum weights * variables**2`` to what is made least."""
        self._squares.append((variables, weights))

    def slope(self, variables: slice, weights: FloatArray) -> None:
        """Adds ``weights @ variables`` to what is made least."""
        self._linear.append((variables, weights))

    def equal(self, blocks: Sequence[Block], right: FloatArray) -> None:
        """``sum of matrix @ variables == right``."""
        self._equal.append((blocks, right))

    def at_most(self, blocks: Sequence[Block], right: FloatArray) -> None:
        """``sum of matrix @ variables <= right``."""
        self._below.append((blocks, right))

    def norm_at_most(
        self, inside: Sequence[Block], bound: Sequence[Block], offset: FloatArray | None = None, right: float = 0.0
    ) -> None:
        """``||sum of (inside matrix @ variables) + offset|| <= right - sum of (bound row @ variables)``."""
        height = inside[0][1].shape[0]
        below = [(v, np.vstack([np.zeros(matrix.shape[1]), -matrix])) for v, matrix in inside]
        above = [(v, np.vstack([row, np.zeros((height, len(row)))])) for v, row in bound]
        shift = np.zeros(height) if offset is None else offset
        self._cones.append(([*below, *above], np.concatenate([[right], shift])))

    def minimise(self) -> Optimum:
        """The optimum, or the solver's word on why there is none."""
        import clarabel
        from scipy.sparse import diags

        weights = np.zeros(self._count)
        for variables, square in self._squares:
            weights[variables] += 2.0 * square
        linear = np.zeros(self._count)
        for variables, slope in self._linear:
            linear[variables] += slope
        matrix, right, cones = self._stacked(clarabel)
        curvature = diags(weights).tocsc()
        for tolerance in _TOLERANCES:
            settings = clarabel.DefaultSettings()
            settings.verbose = False
            settings.tol_feas = settings.tol_gap_abs = settings.tol_gap_rel = tolerance
            found = clarabel.DefaultSolver(curvature, linear, matrix, right, cones, settings).solve()
            v, s, z = (np.array(part) for part in (found.x, found.s, found.z))
            optimum = Optimum(
                status=str(found.status),
                values=v,
                infeasibility=float(np.abs(matrix @ v + s - right).max(initial=0.0)),
                stationarity=float(np.abs(weights * v + linear + matrix.T @ z).max(initial=0.0)),
                multipliers=z[self._last_rows],
                least=float(-weights @ v**2 / 2 - right @ z),
            )
            if optimum.solved or "Infeasible" in optimum.status:
                break
        return optimum

    def _stacked(self, clarabel: Any) -> tuple[csc_matrix, FloatArray, list[Any]]:
        from scipy.sparse import coo_matrix, csc_matrix

        kinds = (clarabel.ZeroConeT, clarabel.NonnegativeConeT, clarabel.SecondOrderConeT)
        data, row, column, rights, cones = [], [], [], [], []
        height = 0
        for kind, groups in zip(kinds, (self._equal, self._below, self._cones), strict=True):
            for blocks, right in groups:
                if groups is self._below:
                    self._last_rows = slice(height, height + len(right))
                if not len(right):
                    continue
                for variables, matrix in blocks:
                    part = coo_matrix(matrix)
                    data.append(part.data)
                    row.append(part.row + height)
                    column.append(part.col + variables.start)
                height += len(right)
                rights.append(right)
                cones.append(kind(len(right)))
        if not height:
            return csc_matrix((0, self._count)), np.zeros(0), []
        stacked = coo_matrix(
            (np.concatenate(data), (np.concatenate(row), np.concatenate(column))), shape=(height, self._count)
        )
        return stacked.tocsc(), np.concatenate(rights), cones
