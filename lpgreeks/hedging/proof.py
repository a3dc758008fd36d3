"""Proof that an optimum is one, and refusal with the nearest way out where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import InfeasibleError
from lpgreeks.hedging.box import ROW_TOLERANCE, Box
from lpgreeks.hedging.constraints import Row

__all__ = ["Certificate", "certify", "feasible", "infeasible"]


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Proof of an optimum that can be checked without the solver.

    Attributes:
        feasibility: the worst broken row, relative to its scale.
        stationarity: the gradient left after the binding rows' multipliers, per leg of unit norm, relative to twice
            the unhedged risk.
        gap: variance above the dual bound, relative to the unhedged variance.
        binding: names of the rows that bind.
    """

    feasibility: float
    stationarity: float
    gap: float
    binding: tuple[str, ...]


def certify(scaled: FloatArray, b: FloatArray, rows: Sequence[Row], box: Box, x: FloatArray) -> Certificate:
    """The certificate of ``x`` for ``||scaled x + b||`` within ``box``, from first principles."""
    gradient = 2.0 * scaled.T @ (scaled @ x + b)
    residual, gap = gradient, 0.0
    low, high = box.at_bounds(x, ROW_TOLERANCE)
    binding = low | high
    if binding.any():
        from scipy.optimize import nnls

        # At its lower bound a row pushes up, at its upper one down; a row with one value for both pushes either way.
        pushes = np.vstack([box.matrix[low], -box.matrix[high]])
        slacks = np.concatenate([(box.matrix @ x - box.lower)[low], (box.upper - box.matrix @ x)[high]])
        multipliers, _ = nnls(pushes.T, gradient)
        residual = gradient - pushes.T @ multipliers
        gap = float(np.abs(multipliers @ slacks))
    return Certificate(
        feasibility=box.violation(x),
        stationarity=float(np.linalg.norm(residual)) / (2.0 * box.unit),
        gap=(gap + float(np.abs(residual @ x))) / box.unit**2,
        binding=tuple(row.name for row, on in zip(rows, binding, strict=True) if on),
    )


def feasible(box: Box) -> bool:
    """Whether any quantities satisfy every row."""
    return _least_give(box, np.zeros(len(box.one_sided()[1]), dtype=bool)) is not None


def _least_give(box: Box, gives: NDArray[np.bool_]) -> FloatArray | None:
    """Quantities, in units of a hedge's size, for which the rows that may give way give least; None if none do."""
    from scipy.optimize import linprog

    g, h, _ = box.one_sided()
    legs = g.shape[1]
    result = linprog(
        np.append(np.zeros(legs), 1.0),
        A_ub=np.hstack([g, -gives.astype(float)[:, None]]),
        b_ub=h,
        bounds=[(None, None)] * legs + [(0, None)],
    )
    return None if result.x is None else np.asarray(result.x[:legs])


def infeasible(rows: Sequence[Row], box: Box) -> InfeasibleError:
    """Which rows clash, and how far each one alone would have to give way."""
    _, _, owner = box.one_sided()
    ways, clashing = [], []
    for i, row in enumerate(rows):
        quantities = _least_give(box, owner == i)
        if quantities is None:
            continue
        clashing.append(row.name)
        figure = float(box.matrix[i] @ quantities) * box.unit * box.sizes[i]
        side = "lower" if figure < row.lower else "upper"
        ways.append(f"{side} bound of {row.name} at {figure + row.offset:,.6g} {row.unit}")
    names = " and ".join(_bounds_text(r) for r in rows if r.name in clashing or not clashing)
    remedy = "Any one of these is enough: " + "; ".join(ways) if ways else "More than one of them must give way"
    return InfeasibleError("bounds that some quantities satisfy", got=names, remedy=remedy)


def _bounds_text(row: Row) -> str:
    low, high = row.lower + row.offset, row.upper + row.offset
    sides = [f"at least {low:,.6g}"] if np.isfinite(low) else []
    sides += [f"at most {high:,.6g}"] if np.isfinite(high) else []
    return f"{row.name} {' and '.join(sides)} {row.unit}"
