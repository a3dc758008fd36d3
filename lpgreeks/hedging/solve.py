r"""The optimum of a hedge problem, by the exact route where there is one.

.. math::
    \min_x \; \lVert A x + b \rVert^2 \quad \text{subject to} \quad l \le C x \le u

The free optimum of a variance is solved by orthogonalisation. Only when it breaks a row is a solver imported;
its answer is then polished on the rows it found binding, so that both routes keep all digits. Other objectives,
and second-order rows, go to the solver as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InfeasibleError, InputError, LPGreeksError
from lpgreeks.hedging.box import ROW_TOLERANCE, Box
from lpgreeks.hedging.feasible import ScaledCone, point_within
from lpgreeks.hedging.objectives import LeastCapital, LeastCost, Objective, Variance
from lpgreeks.hedging.problem import Cone, Problem, Row, folded
from lpgreeks.hedging.program import Optimum, Program
from lpgreeks.hedging.proof import Certificate, certify, held

__all__ = ["Dependence", "NoEndError", "Solution", "behind", "sizes_of", "solve", "with_least_collateral"]

# Two legs whose scaled changes differ by less than this over all outcomes are one leg to the objective.
_DEPENDENT = 1e-9

# What the solver leaves short of a bound that binds, in units of the bound or of a hedge.
_BINDING = 1e-5

# A tie is broken among quantities as good as the best to this share.
_AS_GOOD = 1e-9

# What linprog calls a program without an end.
_UNBOUNDED = 3

# A quantity this small beside a hedge of full size is what rounding left of none.
_DUST = 1e-11

# Bounds that leave next to nothing between them are met by way of bounds that give way by these shares.
_GIVES = (0.0, 1e-6, 1e-4)
_ROUGH = 1e-4

# What an interior-point method leaves of a cone.
_CONE_TOLERANCE = 1e-6

# Prices that a worst case is refined by, at most; a handful is usual.
_MOST_ROUNDS = 50


class NoEndError(InputError):
    """An objective that more of some legs always makes less."""


@dataclass(frozen=True, kw_only=True)
class Dependence:
    """A leg whose changes are a combination of earlier legs': ``leg = sum of ratio * earlier leg``."""

    leg: int
    of: dict[int, float]


@dataclass(frozen=True, kw_only=True)
class Solution:
    """The optimum, what it leaves free, and the proof."""

    x: FloatArray
    """``(columns,)``: quantities of the legs, then amounts of the pledges."""
    dependences: tuple[Dependence, ...]
    idle: tuple[int, ...]
    unique: bool
    free: FloatArray
    """``(columns, d)``: the directions in which the binding rows leave the columns determined by the data."""
    certificate: Certificate
    box: Box
    sizes: FloatArray
    """``(columns,)``: the unit in which ``box`` counts each column."""
    cones: Sequence[Cone]

    def allows(self, x: FloatArray) -> bool:
        """Whether another choice satisfies the rows and cones, by the measure that the optimum was held to."""
        return self.box.holds(x * self.sizes) and all(_slack(cone, x) >= -_CONE_TOLERANCE for cone in self.cones)


def solve(
    problem: Problem,
    objective: Objective,
    rows: Sequence[Row],
    cones: Sequence[Cone],
    tie_break: LeastCapital | LeastCost,
) -> Solution:
    """What makes ``objective`` least; of equals what the tie-break prefers, then the legs in the order given.

    Raises:
        InfeasibleError: nothing satisfies the rows.
    """
    a, b = problem.least_squares()
    unit = float(np.linalg.norm(b))
    scale, idle = sizes_of(problem, a, unit)
    scaled = a / scale
    basis, dependences = _independent(scaled, scale, idle)
    box = Box.of(rows, scale, unit)
    count = len(problem.legs)
    told = tuple(d for d in dependences if d.leg < count)
    idle_legs = tuple(j for j in idle if j < count)

    certificate = None
    if isinstance(objective, Variance):
        x = np.zeros(a.shape[1])
        x[basis] = _least_squares(scaled[:, basis], -b)
        tied = bool(dependences or idle)
        if not box.holds(x) or (tied and isinstance(tie_break, LeastCost)):
            x = _constrained(problem, objective, scaled, b, box, scale, tie_break, tied=tied)
    if not isinstance(objective, Variance) or not all(_holds(cone, x / scale) for cone in cones):
        x, certificate = _programmed(problem, objective, box, cones, scale, tie_break, rows)
    low, high = box.at_bounds(x, ROW_TOLERANCE)
    directions = np.eye(len(x))[:, basis]
    directions = directions @ _null_space(box.matrix[low | high] @ directions)
    return Solution(
        x=x / scale,
        dependences=told,
        idle=idle_legs,
        unique=not (told or idle_legs),
        free=directions / scale[:, None],
        certificate=certificate or certify(scaled, b, rows, box, x),
        box=box,
        sizes=scale,
        cones=cones,
    )


def sizes_of(problem: Problem, a: FloatArray, unit: float) -> tuple[FloatArray, tuple[int, ...]]:
    """The norm of each column's changes, and which columns move nothing measured."""
    scale = np.linalg.norm(a, axis=0)
    # What moves nothing measured moves it by exactly 0: sizes of different legs have different units.
    idle = tuple(int(j) for j in np.flatnonzero(scale == 0))
    # It is counted against the position instead: all of its worth is a hedge's size.
    worth = np.where(
        problem.prices > 0, problem.prices, np.append(problem.notionals, problem.prices[len(problem.legs) :])
    )
    position = abs(problem.pool_value)
    for j in idle:
        scale[j] = unit * worth[j] / position if position and worth[j] else 1.0
    return scale, idle


def _independent(scaled: FloatArray, scale: FloatArray, idle: tuple[int, ...]) -> tuple[list[int], list[Dependence]]:
    """The columns, in order, that no earlier ones make up; and what makes up the others."""
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


# ---- a variance within linear rows


def _constrained(
    problem: Problem,
    objective: Objective,
    scaled: FloatArray,
    b: FloatArray,
    box: Box,
    scale: FloatArray,
    tie_break: LeastCapital | LeastCost,
    *,
    tied: bool,
) -> FloatArray:
    # In units of the unhedged risk: solvers are at home near 1.
    moves, moved = folded(scaled, b / box.unit)

    def state(program: Program) -> None:
        left = program.variables(len(moved))
        program.square(left, np.ones(len(moved)))
        program.equal([(program.decision, moves), (left, -np.eye(len(moved)))], -moved)

    found = _minimised(state, len(scale), box, ())[0] * box.unit
    # Exact before the tie is broken: in the middle of what is equally good only the rows that bind are near.
    found = _polished(scaled, b, box, found)
    if tied:
        found = _tie_broken(moves, box, found, _costs(problem, objective, scale, tie_break))
        # A corner: its rows are met to a linear program's tolerance, and to rounding where they can all be at once.
        corner = _active_set(scaled, b, box, _cleared(box, found, _BINDING * 1e-2), 10 * ROW_TOLERANCE)
        found = corner if box.holds(corner) else found
    return _cleared(box, found, _DUST)


def _minimised(
    state: Callable[[Program], None], columns: int, box: Box, cones: Sequence[ScaledCone]
) -> tuple[FloatArray, Optimum]:
    """The columns, in units of a hedge's size, that make the stated objective least within the rows and cones."""
    g, h, _ = box.one_sided()
    inside = None
    for give in _GIVES:
        program = Program(columns)
        state(program)
        program.at_most([(program.decision, g)], h + give * np.maximum(np.abs(h), 1.0))
        for matrix, offset in cones:
            program.norm_at_most([(program.decision, matrix)], [], offset, 1.0 + give)
        optimum = program.minimise()
        # What gives way is drawn back to where nothing is broken: it may be rough.
        if optimum.solved or (give and optimum.to_within(_ROUGH)):
            found = optimum.values[program.decision]
            return found if inside is None else _between(inside, found, box, cones), optimum
        inside = point_within(box, cones) if inside is None else inside
        if inside is None:
            raise InfeasibleError("bounds that some quantities satisfy", got="none do")
        if "DualInfeasible" in optimum.status:
            raise NoEndError(
                "an objective with an end",
                got="the more of some legs, the better",
                remedy="Bound it: Budget with MaxLeverage, or QuantityBounds",
            )
    raise LPGreeksError(
        "an optimum within the bounds",
        got=f"solver status {optimum.status}",
        remedy="Bring the bounds nearer to a hedge",
    )


def _between(inside: FloatArray, found: FloatArray, box: Box, cones: Sequence[ScaledCone]) -> FloatArray:
    """The point nearest to ``found``, on the way from ``inside``, that breaks nothing more than ``inside`` does."""

    def broken(x: FloatArray) -> float:
        over = (float(np.linalg.norm(matrix @ x + offset)) - 1.0 for matrix, offset in cones)
        return max([box.violation(x * box.unit), *over])

    most = max(broken(inside), ROW_TOLERANCE)
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if broken(inside + middle * (found - inside)) <= most else (low, middle)
    return np.asarray(inside + low * (found - inside))


def _costs(
    problem: Problem, objective: Objective, scale: FloatArray, tie_break: LeastCapital | LeastCost
) -> list[tuple[FloatArray, FloatArray]]:
    """What ties are broken by, in turn: the objective's own costs, the tie-break, capital, the order of the legs."""
    count = len(problem.legs)
    order = np.where(np.arange(len(scale)) < count, 10.0 ** np.minimum(np.arange(len(scale)), count), 0.0)
    nothing = np.zeros(len(scale))
    chain = [*objective.costs(problem), tie_break.costs(problem)]
    if problem.pledges and not isinstance(tie_break, LeastCapital):
        chain.append(LeastCapital().costs(problem))
    scaled = [(signed / scale, absolute / scale) for signed, absolute in chain]
    return [(s, a) for s, a in [*scaled, (nothing, order)] if s.any() or a.any()]


def _tie_broken(
    moves: FloatArray, box: Box, found: FloatArray, costs: Sequence[tuple[FloatArray, FloatArray]]
) -> FloatArray:
    """Of all columns with the same changes, those that cost least, by one cost after the other."""
    from scipy.optimize import linprog

    n = len(found)
    _, sizes, directions = np.linalg.svd(moves, full_matrices=False)
    kept = directions[sizes > _DEPENDENT * sizes.max()]
    # Columns that the changes fix have nothing to break.
    open_ = np.abs(_null_space(kept)).max(axis=1, initial=0.0) > _DEPENDENT
    costs = [(signed, absolute) for signed, absolute in costs if (signed[open_] != 0).any() or absolute[open_].any()]
    g, h, _ = box.one_sided()
    # Longs and shorts apart, so that their sum is the absolute quantity; in units of a hedge's size.
    above, right = np.hstack([g, -g]), h + 0.2 * ROW_TOLERANCE
    for signed, absolute in costs:
        cost = np.concatenate([absolute + signed, absolute - signed])
        cost /= np.abs(cost).max()
        result = linprog(
            cost,
            A_ub=above,
            b_ub=right,
            A_eq=np.hstack([kept, -kept]),
            b_eq=kept @ found / box.unit,
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if result.status == _UNBOUNDED:
            raise InputError(
                "a cheapest hedge",
                got="the more of some legs, the more funding, without end",
                remedy="Bound it: Budget or QuantityBounds",
            )
        if result.x is None:
            return found
        found = (result.x[:n] - result.x[n:]) * box.unit
        above = np.vstack([above, cost])
        right = np.append(right, cost @ result.x + _AS_GOOD * (1.0 + abs(float(cost @ result.x))))
    return found


def with_least_collateral(problem: Problem, solution: Solution, quantities: FloatArray) -> FloatArray:
    """Quantities with the least collateral that the rows ask for behind them; with none where no amount would do."""
    x = np.concatenate([quantities, np.zeros(len(problem.pledges))])
    if not problem.pledges:
        return x
    count = len(quantities)
    g, h, _ = solution.box.one_sided()
    # In units of a hedge's size, in which rows are held.
    scaled = x * solution.sizes / solution.box.unit
    posted, asked = g[:, count:], g[:, :count] @ scaled[:count] - h
    asking = (posted < 0).any(axis=1)
    if ((posted[asking] != 0).sum(axis=1) == 1).all():
        # Each row that asks for collateral asks one account for it; the others are met with the least there is.
        found = np.max(asked[asking, None] / np.where(posted[asking] < 0, -posted[asking], np.inf), axis=0, initial=0.0)
        found = found if (posted @ found + asked <= ROW_TOLERANCE * np.maximum(np.abs(h), 1.0)).all() else 0.0 * found
    else:
        found = _least_posted(problem.prices[count:] / solution.sizes[count:], posted, -asked)
    x[count:] = found * solution.box.unit / solution.sizes[count:]
    return x


def _least_posted(prices: FloatArray, posted: FloatArray, most: FloatArray) -> FloatArray:
    from scipy.optimize import linprog

    result = linprog(prices, A_ub=posted, b_ub=most, bounds=(0, None), options={"primal_feasibility_tolerance": 1e-10})
    return np.zeros(len(prices)) if result.x is None else np.asarray(result.x)


def behind(problem: Problem, objective: Objective, solution: Solution, rows: Sequence[Row]) -> Solution | None:
    """The same quantities with the collateral that other rows ask for; None where that is not as good."""
    box = Box.of(rows, solution.sizes, solution.box.unit)
    found = replace(solution, box=box)
    x = with_least_collateral(problem, found, solution.x[: len(problem.legs)])
    value, least = objective.value(problem, x), objective.value(problem, solution.x)
    if not found.allows(x) or value > least + _AS_GOOD * abs(least):
        return None
    scaled, old = x * solution.sizes, solution.certificate
    _, met = held(rows, box, scaled, np.zeros(len(rows)), _BINDING)
    met = tuple(name for name in met if name not in old.binding)
    return replace(found, x=x, certificate=replace(old, feasibility=box.violation(scaled), met=met))


def _polished(scaled: FloatArray, b: FloatArray, box: Box, found: FloatArray) -> FloatArray:
    """The exact optimum near ``found``, by the rows that seem to bind there: all of those near, or the nearest."""
    for near in (_BINDING, 1e-3 * _BINDING):
        x = _active_set(scaled, b, box, found, near)
        if box.holds(x):
            return x
    return _pushed_inside(box, found)


def _active_set(scaled: FloatArray, b: FloatArray, box: Box, found: FloatArray, near: float) -> FloatArray:
    """A few active-set steps from the rows that stand within ``near`` of their bounds."""
    g, h, _ = box.one_sided()
    h = h * box.unit
    on = np.abs(g @ found - h) <= near * np.maximum(np.abs(h), box.unit)
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
    return x


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


# ---- any objective, within rows and cones


def _holds(cone: Cone, x: FloatArray) -> bool:
    return float(np.linalg.norm(cone.matrix @ x + cone.offset)) <= cone.bound * (1.0 + ROW_TOLERANCE)


def _programmed(
    problem: Problem,
    objective: Objective,
    box: Box,
    cones: Sequence[Cone],
    scale: FloatArray,
    tie_break: LeastCapital | LeastCost,
    rows: Sequence[Row],
) -> tuple[FloatArray, Certificate]:
    unit = box.unit
    rounds = [cone.scaled(scale, unit) for cone in cones]
    posed: Problem | None = objective.posed(problem)
    for _ in range(_MOST_ROUNDS):
        assert posed is not None
        stated = posed
        state = partial(objective.state, problem=stated, scale=scale, unit=unit)
        x, optimum = _minimised(state, len(scale), box, rounds)
        x = x * unit
        posed = objective.refined(stated, x / scale)
        if posed is None:
            break
    _, moves = stated.changes
    changes = np.vstack([moves.reshape(-1, len(scale)) / scale, *(matrix for matrix, _ in rounds)])
    triangle, _ = folded(changes, np.zeros(len(changes)))
    if np.linalg.matrix_rank(triangle, tol=_DEPENDENT * np.linalg.norm(triangle)) < len(scale):
        x = _tie_broken(triangle, box, _pushed_inside(box, x), _costs(problem, objective, scale, tie_break))
    x = _pushed_inside(box, x)
    x = _cleared(box, x, _BINDING * 0.1)
    value, least = objective.value(problem, x / scale), objective.bound(optimum.least, problem, unit)
    unhedged = abs(objective.value(problem, np.zeros(len(scale))))
    _, _, owner = box.one_sided()
    pulls = np.zeros(len(rows))
    if len(owner):
        np.maximum.at(pulls, owner, optimum.multipliers)
    # In units of the objective's own: a multiplier of the solver's tolerance is none.
    binding, met = held(rows, box, x, np.where(pulls > _BINDING, pulls, 0.0) * unit, _BINDING)
    binding += tuple(cone.name for cone in cones if _slack(cone, x / scale) < _BINDING)
    return x, Certificate(
        feasibility=max([box.violation(x), *(max(0.0, -_slack(cone, x / scale)) for cone in cones)]),
        stationarity=optimum.stationarity,
        gap=abs(value - least) / max(unhedged, abs(value)),
        binding=binding,
        met=met,
    )


def _cleared(box: Box, x: FloatArray, dust: float) -> FloatArray:
    """What is 0 but for rounding set to 0, where the rows allow it."""
    swept = np.where(np.abs(x) <= dust * box.unit, 0.0, x)
    return swept if box.violation(swept) <= max(ROW_TOLERANCE, box.violation(x)) else x


def _slack(cone: Cone, x: FloatArray) -> float:
    """How far inside a cone, relative to its bound."""
    return 1.0 - float(np.linalg.norm(cone.matrix @ x + cone.offset)) / cone.bound


def _pushed_inside(box: Box, x: FloatArray) -> FloatArray:
    """The nearest point that breaks no row by more than rounding: solvers stop a little outside."""
    g, h, _ = box.one_sided()
    h = h * box.unit
    on = np.zeros(len(h), dtype=bool)
    inside = x
    for _ in range(len(h)):
        excess = (g @ inside - h) / np.maximum(np.abs(h), box.unit)
        if excess.max(initial=0.0) <= 0.1 * ROW_TOLERANCE:
            return inside
        on[int(excess.argmax())] = True
        inside = x + np.linalg.pinv(g[on]) @ np.minimum(h[on] - g[on] @ x, 0.0)
    return x
