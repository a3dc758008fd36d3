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
from lpgreeks.errors import LPGreeksError
from lpgreeks.hedging.box import ROW_TOLERANCE, Box
from lpgreeks.hedging.constraints import Row
from lpgreeks.hedging.proof import Certificate, certify, feasible, infeasible

__all__ = ["Dependence", "Solution", "solve"]

# Two legs whose scaled changes differ by less than this over all outcomes are one leg to the objective.
_DEPENDENT = 1e-9

# What the solver leaves short of a bound that binds, in units of the bound or of a hedge.
_BINDING = 1e-5


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
    box: Box
    sizes: FloatArray
    """``(legs,)``: the norm of each leg's changes, the unit in which ``box`` counts quantities."""

    def allows(self, quantities: FloatArray) -> bool:
        """Whether other quantities satisfy the rows, by the measure that the optimum was held to."""
        return self.box.holds(quantities * self.sizes)


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
    box = Box.of(rows, scale, float(np.linalg.norm(b)))

    x = np.zeros(a.shape[1])
    x[basis] = _least_squares(scaled[:, basis], -b)
    if not box.holds(x):
        x = _constrained(scaled, b, rows, box, unique=not (dependences or idle))
    low, high = box.at_bounds(x, ROW_TOLERANCE)
    directions = np.eye(len(x))[:, basis]
    directions = directions @ _null_space(box.matrix[low | high] @ directions)
    return Solution(
        quantities=x / scale,
        dependences=tuple(dependences),
        idle=idle,
        free=directions / scale[:, None],
        certificate=certify(scaled, b, rows, box, x),
        box=box,
        sizes=scale,
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


def _constrained(scaled: FloatArray, b: FloatArray, rows: Sequence[Row], box: Box, *, unique: bool) -> FloatArray:
    triangle: FloatArray = np.asarray(np.linalg.qr(np.column_stack([scaled, b]), mode="r"))
    g, h, _ = box.one_sided()
    # In units of the unhedged risk: solvers are at home near 1.
    status, x = _quadratic_program(triangle[:, :-1], triangle[:, -1] / box.unit, g, h)
    if not status.endswith("Solved"):
        if not feasible(box):
            raise infeasible(rows, box)
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


def _first_legs_first(triangle: FloatArray, box: Box, found: FloatArray) -> FloatArray:
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


def _polished(scaled: FloatArray, b: FloatArray, box: Box, found: FloatArray) -> FloatArray:
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
        if excess.max(initial=0.0) > ROW_TOLERANCE:
            on = on.copy()
            on[int(excess.argmax())] = True
            continue
        if not on.any():
            return x
        pull = np.linalg.lstsq(rows.T, -2.0 * scaled.T @ (scaled @ x + b), rcond=_DEPENDENT)[0]
        if pull.min() >= -ROW_TOLERANCE * box.unit:
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
