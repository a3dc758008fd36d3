r"""Constrained least squares with a certificate.

.. math::
    \min_q \; \lVert A q + b \rVert^2 \quad \text{subject to} \quad l \le C q \le u

The free optimum is solved by orthogonalisation. Only when it breaks a row is a solver imported; its answer
is then polished on the rows it found binding, so that both routes keep all digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InfeasibleError, LPGreeksError
from lpgreeks.hedging.constraints import Row

__all__ = ["Certificate", "Dependence", "Solution", "solve"]

# Two legs whose scaled changes differ by less than this over all outcomes are one leg to the objective.
_DEPENDENT = 1e-9

# A row is broken, or binds, when it is off by this much of its own scale.
_ROW_TOLERANCE = 1e-9
_BINDING = 1e-6

# Phase one reports slacks above this share of the largest bound.
_SLACK = 1e-9


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Proof of an optimum that can be checked without the solver.

    Attributes:
        feasibility: the worst broken row, relative to its scale.
        stationarity: the gradient left over after the binding rows' multipliers, relative to the gradient of
            doing nothing.
        gap: risk above the dual bound, relative to the risk of doing nothing.
        binding: names of the rows that bind.
    """

    feasibility: float
    stationarity: float
    gap: float
    binding: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Dependence:
    """A leg whose changes are a combination of earlier legs': ``leg = sum of ratio * earlier leg``."""

    leg: int
    of: dict[int, float]


@dataclass(frozen=True, kw_only=True)
class Solution:
    """Quantities, what they leave free, and the proof."""

    quantities: FloatArray
    dependences: tuple[Dependence, ...]
    idle: tuple[int, ...]
    free: FloatArray
    """``(legs, d)``: the directions in which the binding rows leave the quantities determined by the data."""
    certificate: Certificate


def solve(a: FloatArray, b: FloatArray, rows: Sequence[Row]) -> Solution:
    """The quantities of least ``||a q + b||``; of equal ones, those that load the legs in the order given.

    Args:
        a: ``(n, legs)``, changes of one unit of each leg, centred and weighted.
        b: ``(n,)``, the same of what is hedged.
        rows: linear bounds.

    Raises:
        InfeasibleError: no quantities satisfy the rows.
    """
    scale = np.linalg.norm(a, axis=0)
    idle = tuple(int(j) for j in np.flatnonzero(scale <= _DEPENDENT * scale.max(initial=0.0)))
    scale[list(idle)] = 1.0
    scaled = a / scale
    scaled[:, list(idle)] = 0.0
    basis, dependences = _independent(scaled, scale, idle)
    matrix = np.array([r.coefficients / scale for r in rows]).reshape(len(rows), a.shape[1])
    lower, upper = np.array([r.lower for r in rows]), np.array([r.upper for r in rows])

    x = np.zeros(a.shape[1])
    x[basis] = _least_squares(scaled[:, basis], -b)
    if not _feasible(matrix, lower, upper, x):
        x = _constrained(scaled, b, rows, matrix, lower, upper, unique=not (dependences or idle))
    binding = _binding(matrix, lower, upper, x)
    directions = np.eye(len(x))[:, basis]
    if binding.any():
        directions = directions @ _null_space(matrix[binding] @ directions)
    return Solution(
        quantities=x / scale,
        dependences=tuple(dependences),
        idle=idle,
        free=directions / scale[:, None],
        certificate=_certify(scaled, b, rows, matrix, lower, upper, x, binding),
    )


def _independent(scaled: FloatArray, scale: FloatArray, idle: tuple[int, ...]) -> tuple[list[int], list[Dependence]]:
    """The legs, in order, that no earlier ones make up; and what makes up the others."""
    basis: list[int] = []
    directions: list[FloatArray] = []
    dependences = []
    for j in range(scaled.shape[1]):
        if j in idle:
            continue
        rest = scaled[:, j].copy()
        # Twice is enough: one pass leaves rounding along the directions it removed.
        for _ in range(2):
            for direction in directions:
                rest -= (direction @ rest) * direction
        size = np.linalg.norm(rest)
        if size > _DEPENDENT:
            basis.append(j)
            directions.append(rest / size)
        else:
            shares = _least_squares(scaled[:, basis], scaled[:, j]) * scale[j] / scale[basis]
            used = np.abs(shares * scale[basis] / scale[j]) > 1e-6
            dependences.append(
                Dependence(leg=j, of={i: float(s) for i, s, u in zip(basis, shares, used, strict=True) if u})
            )
    return basis, dependences


def _least_squares(a: FloatArray, b: FloatArray) -> FloatArray:
    q, r = np.linalg.qr(a)
    return np.asarray(np.linalg.solve(r, q.T @ b)) if r.size else np.zeros(0)


def _row_scale(matrix: FloatArray, lower: FloatArray, upper: FloatArray, x: FloatArray) -> FloatArray:
    low, high = (np.where(np.isfinite(side), np.abs(side), 0.0) for side in (lower, upper))
    reached = np.abs(matrix) @ np.abs(x)
    return np.asarray(np.max([low, high, reached, np.full_like(low, np.finfo(float).tiny)], axis=0))


def _violation(matrix: FloatArray, lower: FloatArray, upper: FloatArray, x: FloatArray) -> float:
    at = matrix @ x
    off = np.maximum(lower - at, at - upper) / _row_scale(matrix, lower, upper, x)
    return float(off.max(initial=0.0))


def _feasible(matrix: FloatArray, lower: FloatArray, upper: FloatArray, x: FloatArray) -> bool:
    return _violation(matrix, lower, upper, x) <= _ROW_TOLERANCE


def _binding(matrix: FloatArray, lower: FloatArray, upper: FloatArray, x: FloatArray) -> np.ndarray:
    at, size = matrix @ x, _row_scale(matrix, lower, upper, x)
    return np.minimum(np.abs(at - lower), np.abs(at - upper)) <= _ROW_TOLERANCE * size


# ---- with binding rows


def _constrained(
    scaled: FloatArray,
    b: FloatArray,
    rows: Sequence[Row],
    matrix: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    *,
    unique: bool,
) -> FloatArray:
    import cvxpy as cp

    triangle: FloatArray = np.asarray(np.linalg.qr(np.column_stack([scaled, b]), mode="r"))
    unit = max(float(np.abs(triangle[:, -1]).max()), np.finfo(float).tiny)
    x = cp.Variable(scaled.shape[1])
    # In units of the unhedged risk: solvers are at home near 1.
    fit = cp.sum_squares(triangle[:, :-1] @ x + triangle[:, -1] / unit)
    bounds = []
    for row, low, high in zip(matrix, lower / unit, upper / unit, strict=True):
        bounds += [row @ x >= low] if np.isfinite(low) else []
        bounds += [row @ x <= high] if np.isfinite(high) else []
    problem = cp.Problem(cp.Minimize(fit), bounds)
    try:
        problem.solve(solver=cp.CLARABEL)
    except cp.error.SolverError as error:
        raise LPGreeksError(
            "the solver to finish", got=str(error), remedy="Scale the bounds nearer to the position"
        ) from error
    if problem.status in (cp.INFEASIBLE, cp.INFEASIBLE_INACCURATE):
        raise _infeasible(rows, matrix, lower, upper)
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        raise LPGreeksError("an optimum", got=f"solver status {problem.status}")
    found = np.asarray(x.value) * unit
    if not unique:
        found = _first_legs_first(triangle[:, :-1], matrix, lower, upper, found)
    return _polished(scaled, b, matrix, lower, upper, found)


def _first_legs_first(
    triangle: FloatArray, matrix: FloatArray, lower: FloatArray, upper: FloatArray, found: FloatArray
) -> FloatArray:
    """Of all quantities with the same changes, those that load the later legs least."""
    from scipy.optimize import linprog

    n = len(found)
    weights = np.tile(10.0 ** np.arange(n), 2)
    _, sizes, directions = np.linalg.svd(triangle)
    kept = directions[sizes > _DEPENDENT * sizes.max()]
    both = np.hstack([matrix, -matrix])
    slack = _BINDING * 1e-3 * np.abs(found).max()
    result = linprog(
        weights,
        A_ub=np.vstack([both[np.isfinite(upper)], -both[np.isfinite(lower)]]),
        b_ub=np.concatenate([upper[np.isfinite(upper)], -lower[np.isfinite(lower)]]) + slack,
        A_eq=np.hstack([kept, -kept]),
        b_eq=kept @ found,
    )
    return found if result.x is None else result.x[:n] - result.x[n:]


def _polished(
    scaled: FloatArray, b: FloatArray, matrix: FloatArray, lower: FloatArray, upper: FloatArray, found: FloatArray
) -> FloatArray:
    """The exact optimum on the rows that bind at ``found``; ``found`` itself where that breaks another row."""
    at, size = matrix @ found, _row_scale(matrix, lower, upper, found)
    low, high = np.abs(at - lower) <= _BINDING * size, np.abs(at - upper) <= _BINDING * size
    on = low | high
    target = np.where(low, lower, upper)[on]
    particular = found + np.linalg.pinv(matrix[on]) @ (target - at[on])
    free = _null_space(matrix[on])
    step, *_ = np.linalg.lstsq(scaled @ free, -(b + scaled @ particular), rcond=_DEPENDENT)
    # lstsq takes the shortest step, so quantities that the data do not fix stay where they were.
    exact = particular + free @ step
    return exact if _feasible(matrix, lower, upper, exact) else found


def _null_space(matrix: FloatArray) -> FloatArray:
    if not matrix.size:
        return np.eye(matrix.shape[1])
    _, sizes, directions = np.linalg.svd(matrix)
    rank = int((sizes > 1e-12 * sizes.max(initial=0.0)).sum())
    return np.asarray(directions[rank:].T)


# ---- proof and refusal


def _certify(
    scaled: FloatArray,
    b: FloatArray,
    rows: Sequence[Row],
    matrix: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    x: FloatArray,
    binding: np.ndarray,
) -> Certificate:
    unhedged = float(np.linalg.norm(b)) or 1.0
    gradient = 2.0 * scaled.T @ (scaled @ x + b)
    residual, gap = gradient, 0.0
    if binding.any():
        from scipy.optimize import nnls

        # At the lower side a row pushes up, at the upper side down.
        at = matrix[binding] @ x
        sides = np.where(np.abs(at - lower[binding]) <= np.abs(at - upper[binding]), 1.0, -1.0)
        pushes = sides[:, None] * matrix[binding]
        multipliers, _ = nnls(pushes.T, gradient)
        residual = gradient - pushes.T @ multipliers
        bounds = np.where(sides > 0, lower[binding], upper[binding])
        gap = float(np.abs(multipliers @ (sides * (at - bounds))))
    return Certificate(
        feasibility=_violation(matrix, lower, upper, x),
        stationarity=float(np.linalg.norm(residual) / (2.0 * unhedged)),
        gap=(gap + float(np.abs(residual @ x))) / unhedged**2,
        binding=tuple(row.name for row, on in zip(rows, binding, strict=True) if on),
    )


def _infeasible(rows: Sequence[Row], matrix: FloatArray, lower: FloatArray, upper: FloatArray) -> InfeasibleError:
    """Which rows clash, and how far each one alone would have to give way."""
    from scipy.optimize import linprog

    count, legs = matrix.shape
    ways, clashing = [], []
    for i, row in enumerate(rows):
        # Variables: quantities, then how far row i gives way; everything else holds.
        give = np.zeros((count, 1))
        give[i] = 1.0
        has_low, has_high = np.isfinite(lower), np.isfinite(upper)
        result = linprog(
            np.append(np.zeros(legs), 1.0),
            A_ub=np.vstack([np.hstack([matrix, -give])[has_high], np.hstack([-matrix, -give])[has_low]]),
            b_ub=np.concatenate([upper[has_high], -lower[has_low]]),
            bounds=[(None, None)] * legs + [(0, None)],
        )
        if result.x is None:
            continue
        clashing.append(row.name)
        figure = float(matrix[i] @ result.x[:legs])
        side = "lower" if figure < lower[i] else "upper"
        ways.append(f"{side} bound of {row.name} at {figure + row.offset:,.6g} {row.unit}")
    names = " and ".join(_bounds_text(r) for r in rows if r.name in clashing or not clashing)
    remedy = "Any one of these is enough: " + "; ".join(ways) if ways else "More than one of them must give way"
    return InfeasibleError("bounds that some quantities satisfy", got=names, remedy=remedy)


def _bounds_text(row: Row) -> str:
    low, high = row.lower + row.offset, row.upper + row.offset
    sides = [f"at least {low:,.6g}"] if np.isfinite(low) else []
    sides += [f"at most {high:,.6g}"] if np.isfinite(high) else []
    return f"{row.name} {' and '.join(sides)} {row.unit}"
