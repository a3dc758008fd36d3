"""Proof that an optimum is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.hedging.box import ROW_TOLERANCE, Box
from lpgreeks.hedging.problem import Row

__all__ = ["Certificate", "certify", "held"]

# A multiplier smaller than this share of the unhedged risk is rounding.
_PULLS = 1e-9


@dataclass(frozen=True, kw_only=True)
class Certificate(Noun):
    """Proof of an optimum that can be checked without the solver.

    Attributes:
        feasibility: the worst broken row, relative to its scale.
        stationarity: the gradient left after the binding rows' multipliers, per leg of unit norm, relative to twice
            the unhedged risk.
        gap: what was made least, above the bound that the multipliers prove; relative to its value unhedged.
        binding: what holds the objective up: names of the rows with a multiplier.
        met: what is met to the letter without costing anything, such as the row that sets an account's collateral.
    """

    feasibility: float
    stationarity: float
    gap: float
    binding: tuple[str, ...]
    met: tuple[str, ...]


def certify(scaled: FloatArray, b: FloatArray, rows: Sequence[Row], box: Box, x: FloatArray) -> Certificate:
    """The certificate of ``x`` for ``||scaled x + b||`` within ``box``, from first principles."""
    gradient = 2.0 * scaled.T @ (scaled @ x + b)
    residual, gap = gradient, 0.0
    low, high = box.at_bounds(x, ROW_TOLERANCE)
    pulls = np.zeros(len(rows))
    if (low | high).any():
        from scipy.optimize import nnls

        # At its lower bound a row pushes up, at its upper one down; a row with one value for both pushes either way.
        pushes = np.vstack([box.matrix[low], -box.matrix[high]])
        slacks = np.concatenate([(box.matrix @ x - box.lower)[low], (box.upper - box.matrix @ x)[high]])
        multipliers, _ = nnls(pushes.T, gradient)
        residual = gradient - pushes.T @ multipliers
        gap = float(np.abs(multipliers @ slacks))
        np.maximum.at(pulls, np.concatenate([np.flatnonzero(low), np.flatnonzero(high)]), multipliers)
    binding, met = held(rows, box, x, pulls)
    return Certificate(
        feasibility=box.violation(x),
        stationarity=float(np.linalg.norm(residual)) / (2.0 * box.unit),
        gap=(gap + float(np.abs(residual @ x))) / box.unit**2,
        binding=binding,
        met=met,
    )


def held(
    rows: Sequence[Row], box: Box, x: FloatArray, pulls: FloatArray, tolerance: float = ROW_TOLERANCE
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the rows that hold the objective up, and of those that are only met.

    A row about columns that are all 0 is met by nothing being there, and is no news.
    """
    low, high = box.at_bounds(x, tolerance)
    binding = pulls > _PULLS * max(box.unit, float(pulls.max(initial=0.0)))
    used = np.abs(x) > tolerance * box.unit
    tells = np.array([bool((used & (row.coefficients != 0)).any()) for row in rows], dtype=bool)
    met = (low | high) & ~binding & tells
    first, second = (dict.fromkeys(row.name for row, it in zip(rows, on, strict=True) if it) for on in (binding, met))
    return tuple(first), tuple(name for name in second if name not in first)
