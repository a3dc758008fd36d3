r"""Constrained least squares with a certificate.

.. math::
    \min_q \; \lVert A q + b \rVert^2 \quad \text{subject to} \quad l \le C q \le u

The free optimum is solved by orthogonalisation. Only when it breaks a row is a solver imported; its answer
is then polished on the rows it found binding, so that both routes keep all digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import InfeasibleError, LPGreeksError
from lpgreeks.hedging.constraints import Row

__all__ = ["Certificate", "Dependence", "Solution", "solve"]

# Two legs whose scaled changes differ by less than this over all outcomes are one leg to the objective.
_DEPENDENT = 1e-9

# A row is broken, or binds, when it is off by this much of its own scale.
_ROW_TOLERANCE = 1e-9
_BINDING = 1e-5

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


@dataclass(frozen=True, kw_only=True)
class _Box:
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
        return np.asarray(np.maximum(np.maximum(low, high), self.unit))

    def violation(self, x: FloatArray) -> float:
        """How far the worst row is broken, relative to its scale."""
        at = self.matrix @ x
        off = np.maximum(self.lower - at, at - self.upper) / self.scale
        return max(0.0, float(off.max(initial=0.0)))

    def holds(self, x: FloatArray) -> bool:
        """Whether every row holds to rounding."""
        return self.violation(x) <= _ROW_TOLERANCE

    def at_bounds(self, x: FloatArray, tolerance: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which rows stand at their lower, and which at their upper bound."""
        at = self.matrix @ x
        near = tolerance * self.scale
        return np.abs(at - self.lower) <= near, np.abs(at - self.upper) <= near

    def one_sided(self) -> tuple[FloatArray, FloatArray, NDArray[np.intp]]:
        """The rows as ``g @ x <= h`` in units of a hedge's size, and which row each one came from."""
        low, high = np.isfinite(self.lower), np.isfinite(self.upper)
        g = np.vstack([self.matrix[high], -self.matrix[low]])
        h = np.concatenate([self.upper[high], -self.lower[low]]) / self.unit
        return g, h, np.concatenate([np.flatnonzero(high), np.flatnonzero(low)])


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
    # A leg that moves nothing measured moves it by exactly 0: sizes of different legs have different units.
    idle = tuple(int(j) for j in np.flatnonzero(scale == 0))
    scale[list(idle)] = 1.0
    scaled = a / scale
    basis, dependences = _independent(scaled, scale, idle)
    matrix = np.array([r.coefficients / scale for r in rows]).reshape(len(rows), a.shape[1])
    # A row that no leg moves keeps its own size: it holds, or nothing helps.
    sizes = np.where(matrix.any(axis=1), np.linalg.norm(matrix, axis=1), 1.0)
    box = _Box(
        matrix=matrix / sizes[:, None],
        lower=np.array([r.lower for r in rows]) / sizes,
        upper=np.array([r.upper for r in rows]) / sizes,
        sizes=sizes,
        unit=float(np.linalg.norm(b)),
    )

    x = np.zeros(a.shape[1])
    x[basis] = _least_squares(scaled[:, basis], -b)
    if not box.holds(x):
        x = _constrained(scaled, b, rows, box, unique=not (dependences or idle))
    low, high = box.at_bounds(x, _ROW_TOLERANCE)
    directions = np.eye(len(x))[:, basis]
    directions = directions @ _null_space(box.matrix[low | high] @ directions)
    return Solution(
        quantities=x / scale,
        dependences=tuple(dependences),
        idle=idle,
        free=directions / scale[:, None],
        certificate=_certify(scaled, b, rows, box, x),
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


# ---- with binding rows


def _constrained(scaled: FloatArray, b: FloatArray, rows: Sequence[Row], box: _Box, *, unique: bool) -> FloatArray:
    triangle: FloatArray = np.asarray(np.linalg.qr(np.column_stack([scaled, b]), mode="r"))
    g, h, _ = box.one_sided()
    # In units of the unhedged risk: solvers are at home near 1.
    status, x = _quadratic_program(triangle[:, :-1], triangle[:, -1] / box.unit, g, h)
    if not status.endswith("Solved"):
        if _least_give(box, np.zeros(len(h), dtype=bool)) is None:
            raise _infeasible(rows, box)
        raise LPGreeksError(
            "an optimum within the bounds", got=f"solver status {status}", remedy="Bring the bounds nearer to a hedge"
        )
    found = x * box.unit
    if not unique:
        found = _first_legs_first(triangle[:, :-1], box, found)
    return _polished(scaled, b, box, found)


def _quadratic_program(a: FloatArray, b: FloatArray, g: FloatArray, h: FloatArray) -> tuple[str, FloatArray]:
    """Clarabel's status, and the ``x`` of least ``||a x + b||`` with ``g x <= h``."""
    # Called directly: stating three rows to a modelling layer takes ten times as long as solving them.
    import clarabel
    from scipy.sparse import csc_matrix

    n, legs = a.shape
    # The residual is a variable of its own, y = a x + b: squaring `a` would square its condition.
    curvature = np.diag(np.repeat([0.0, 2.0], [legs, n]))
    matrix = np.block([[a, -np.eye(n)], [g, np.zeros((len(h), n))]])
    cones = [clarabel.ZeroConeT(n), clarabel.NonnegativeConeT(len(h))]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    solution = clarabel.DefaultSolver(
        csc_matrix(curvature), np.zeros(legs + n), csc_matrix(matrix), np.append(-b, h), cones, settings
    ).solve()
    return str(solution.status), np.array(solution.x[:legs])


def _first_legs_first(triangle: FloatArray, box: _Box, found: FloatArray) -> FloatArray:
    """Of all quantities with the same changes, those that load the later legs least."""
    from scipy.optimize import linprog

    n = len(found)
    _, sizes, directions = np.linalg.svd(triangle)
    kept = directions[: len(sizes)][sizes > _DEPENDENT * sizes.max()]
    g, h, _ = box.one_sided()
    # Longs and shorts apart, so that their sum is the absolute quantity; in units of a hedge's size.
    result = linprog(
        np.tile(10.0 ** np.arange(n), 2),
        A_ub=np.hstack([g, -g]),
        b_ub=h + _BINDING * 1e-2,
        A_eq=np.hstack([kept, -kept]),
        b_eq=kept @ found / box.unit,
    )
    return found if result.x is None else (result.x[:n] - result.x[n:]) * box.unit


def _polished(scaled: FloatArray, b: FloatArray, box: _Box, found: FloatArray) -> FloatArray:
    """The exact optimum near ``found``: a few active-set steps from the rows that seem to bind there."""
    g, h, _ = box.one_sided()
    h = h * box.unit
    on = np.abs(g @ found - h) <= _BINDING * np.maximum(np.abs(h), box.unit)
    x = found
    for _ in range(4 * len(h) + 4):
        rows = g[on]
        particular = found + np.linalg.pinv(rows) @ (h[on] - rows @ found)
        free = _null_space(rows)
        x = particular + free @ _shortest_step(scaled @ free, b + scaled @ particular)
        excess = np.where(on, 0.0, (g @ x - h) / np.maximum(np.abs(h), box.unit))
        if excess.max(initial=0.0) > _ROW_TOLERANCE:
            on = on.copy()
            on[int(excess.argmax())] = True
            continue
        if not on.any():
            return x
        pull = np.linalg.lstsq(rows.T, -2.0 * scaled.T @ (scaled @ x + b), rcond=_DEPENDENT)[0]
        if pull.min() >= -_ROW_TOLERANCE * box.unit:
            return x
        on = on.copy()
        on[np.flatnonzero(on)[int(pull.argmin())]] = False
    return x if box.holds(x) else found


def _shortest_step(a: FloatArray, b: FloatArray) -> FloatArray:
    """The shortest ``x`` of least ``||a x + b||``: quantities that the data do not fix stay where they were.

    The cut is absolute, for legs of norm 1: relative to the largest singular value, as library routines have it,
    rounding is taken for data where nothing else is left free.
    """
    left, sizes, right = np.linalg.svd(a, full_matrices=False)
    kept = sizes > _DEPENDENT
    return np.asarray(-right[kept].T @ (left[:, kept].T @ b / sizes[kept]))


def _null_space(matrix: FloatArray) -> FloatArray:
    if not matrix.size:
        return np.eye(matrix.shape[1])
    _, sizes, directions = np.linalg.svd(matrix)
    rank = int((sizes > 1e-12 * sizes.max(initial=0.0)).sum())
    return np.asarray(directions[rank:].T)


# ---- proof and refusal


def _certify(scaled: FloatArray, b: FloatArray, rows: Sequence[Row], box: _Box, x: FloatArray) -> Certificate:
    gradient = 2.0 * scaled.T @ (scaled @ x + b)
    residual, gap = gradient, 0.0
    low, high = box.at_bounds(x, _ROW_TOLERANCE)
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


def _least_give(box: _Box, gives: NDArray[np.bool_]) -> FloatArray | None:
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


def _infeasible(rows: Sequence[Row], box: _Box) -> InfeasibleError:
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
