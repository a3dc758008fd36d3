"""Where nothing satisfies every constraint: which ones clash, and how far each alone would have to give way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import InfeasibleError
from lpgreeks.hedging.box import Box
from lpgreeks.hedging.capital import NoDebt
from lpgreeks.hedging.constraints import Constraint, outward
from lpgreeks.hedging.feasible import point_within
from lpgreeks.hedging.problem import Problem, Row
from lpgreeks.hedging.solve import sizes_of
from lpgreeks.hedging.survival import more_tangents, ranges
from lpgreeks.hedging.tiers import tiers_of
from lpgreeks.instruments import Exposure, Portfolio, Position, UniswapV3

__all__ = ["Refusal", "clash", "infeasible", "widened"]

# The nearest way out is found to this share of the way to no constraint at all, and told with a little to spare: what
# stands exactly on an edge is feasible or not by rounding.
_FINE = 1e-9
_TO_SPARE = 1e-6

# Choices of tiers that a way out is searched in; what is enough for the highest is enough for all.
_MOST_CHOICES = 12

_RANGE_TO_SPARE = 1e-4

# Rounds of tangents to curved margins; each one halves the distance at least.
_MOST_ROUNDS = 40

# How much wider a range is tried, at most; and in how many strides.
_WIDEST = 20.0
_STRIDES = 16

Rebuild = Callable[[Exposure], Problem]
"""The same problem about another exposure."""

Refusal = Callable[[Problem, Sequence[Constraint], Rebuild], InfeasibleError]
"""What is said where nothing satisfies the constraints."""


def infeasible(problem: Problem, constraints: Sequence[Constraint], rebuild: Rebuild) -> InfeasibleError:
    """The error that names the clash and the nearest ways out of it, each of which alone is enough."""
    clashing = _clashing(problem, constraints)
    ways = [way for c in clashing for way in _ways(problem, c, constraints)]
    # Plain bounds on a figure are about that figure: another range would be another question.
    asks = len(ranges(problem.exposure)) == 1 and any(c.easier(0.0, problem) is not None for c in constraints)
    wider = _wider(problem, constraints, rebuild) if asks else None
    remedy = "Leave one of them out" if clashing else "More than one of them must give way"
    if wider is not None or ways:
        remedy = "Any one of these is enough: " + "; ".join([*ways, *([wider] if wider else [])])
    if asks and wider is None:
        remedy += ". A wider range does not help"
    return _refused(problem, clashing or _telling(constraints), remedy)


def clash(problem: Problem, constraints: Sequence[Constraint], _rebuild: Rebuild) -> InfeasibleError:
    """The error that only names the clash: each way out of it is a search of its own."""
    return _refused(problem, _clashing(problem, constraints) or _telling(constraints))


def _clashing(problem: Problem, constraints: Sequence[Constraint]) -> list[Constraint]:
    """The constraints without any one of which the others can be satisfied."""
    telling = _telling(constraints)
    return [c for c in telling if _feasible(problem, [o for o in constraints if o is not c])]


def _telling(constraints: Sequence[Constraint]) -> list[Constraint]:
    """What can be named: debt is no way out."""
    return [c for c in constraints if not isinstance(c, NoDebt)]


def _refused(problem: Problem, named: Sequence[Constraint], remedy: str = "") -> InfeasibleError:
    texts = dict.fromkeys(text for c in named for text in _texts(problem, c))
    return InfeasibleError("constraints that some hedge satisfies", got=" and ".join(texts), remedy=remedy)


def _feasible(problem: Problem, constraints: Sequence[Constraint]) -> bool:
    """Whether anything satisfies these constraints, in any tiers; in the highest alone where they are too many."""
    if not problem.tiers:
        return _feasible_as_it_is(problem, constraints)
    choices = list(tiers_of(problem))[1:]
    chosen = choices if len(choices) <= _MOST_CHOICES else choices[-1:]
    return any(_feasible_as_it_is(replace(problem, tiers=tiers), [*constraints, *caps]) for tiers, caps in chosen)


def _feasible_as_it_is(problem: Problem, constraints: Sequence[Constraint]) -> bool:
    for _ in range(_MOST_ROUNDS):
        box, scale = _boxed(problem, [row for c in constraints for row in c.rows(problem)])
        cones = [cone.scaled(scale, box.unit) for c in constraints for cone in c.cones(problem)]
        x = point_within(box, cones)
        if x is None:
            return False
        curved = more_tangents(problem, x * box.unit / scale)
        if curved is None:
            return True
        problem = curved
    return False


def _boxed(problem: Problem, rows: Sequence[Row]) -> tuple[Box, FloatArray]:
    a, b = problem.least_squares()
    unit = float(np.linalg.norm(b))
    scale, _ = sizes_of(problem, a, unit)
    return Box.of(rows, scale, unit), scale


def _least_give(box: Box, gives: NDArray[np.bool_]) -> FloatArray | None:
    """What, in units of a hedge's size, makes the rows that may give way give least; None where nothing does."""
    from scipy.optimize import linprog

    g, h, _ = box.one_sided()
    columns = g.shape[1]
    result = linprog(
        np.append(np.zeros(columns), 1.0),
        A_ub=np.hstack([g, -gives.astype(float)[:, None]]),
        b_ub=h,
        bounds=[(None, None)] * columns + [(0, None)],
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return None if result.x is None else np.asarray(result.x[:columns])


def _ways(problem: Problem, constraint: Constraint, constraints: Sequence[Constraint]) -> list[str]:
    """How far one constraint must give way while the others stay."""
    others = [o for o in constraints if o is not constraint]
    if constraint.easier(0.0, problem) is None:
        return _bounds_that_do(problem, constraint, others)
    strict, mild = 0.0, 1.0 - _FINE
    last = constraint.easier(mild, problem)
    if last is None or not _feasible(problem, [*others, last]):
        return []
    while mild - strict > _FINE:
        middle = (strict + mild) / 2
        tried = constraint.easier(middle, problem)
        if tried is not None and _feasible(problem, [*others, tried]):
            mild = middle
        else:
            strict = middle
    found = constraint.easier(min(mild + _TO_SPARE * (1.0 - mild), 1.0 - _FINE), problem)
    return [found.way_out(problem)] if found not in (None, constraint) else []


def _bounds_that_do(problem: Problem, constraint: Constraint, others: Sequence[Constraint]) -> list[str]:
    """The nearest bounds of a constraint of plain rows."""
    own = list(constraint.rows(problem))
    rows = [*own, *(row for o in others for row in o.rows(problem))]
    box, _ = _boxed(problem, rows)
    _, _, owner = box.one_sided()
    x = _least_give(box, owner < len(own))
    if x is None:
        return []
    ways = []
    for i, row in enumerate(own):
        figure = float(box.matrix[i] @ x) * box.unit * box.sizes[i]
        if not row.lower <= figure <= row.upper:
            above = figure > row.upper
            # A little to spare, then outwards.
            bound = figure + row.offset + _TO_SPARE * (figure - (row.upper if above else row.lower))
            side = "upper" if above else "lower"
            ways.append(f"{side} bound of {row.name} at {outward(bound, up=above)} {row.unit}")
    return [" with ".join(ways)] if ways else []


def _texts(problem: Problem, constraint: Constraint) -> list[str]:
    if told := constraint.told(problem):
        return [told]
    return [text for row in constraint.rows(problem) if (text := _bounds_text(row))]


def _bounds_text(row: Row) -> str:
    low, high = row.lower + row.offset, row.upper + row.offset
    sides = [f"at least {low:,.6g}"] if np.isfinite(low) else []
    sides += [f"at most {high:,.6g}"] if np.isfinite(high) else []
    return f"{row.name} {' and '.join(sides)} {row.unit}"


# ---- another range


def widened(exposure: Exposure, factor: float, start: float) -> Exposure | None:
    """The exposure, of the same value, with its one range ``factor`` times as wide about ``start``; None if none is."""
    parts = []
    for position in exposure.positions:
        pool = position.instrument
        if isinstance(pool, UniswapV3):
            lower, upper = (start + factor * (end - start) for end in (pool.lower, pool.upper))
            if not 0 < lower < upper:
                return None
            unit = replace(pool, liquidity=1.0, lower=lower, upper=upper)
            pool = replace(unit, liquidity=pool.value(start) / unit.value(start))
        parts.append(Position(position.quantity, pool))
    return Portfolio(tuple(parts))


def _wider(problem: Problem, constraints: Sequence[Constraint], rebuild: Rebuild) -> str | None:
    """The least widening of the one range that does, the position's value kept."""
    (given,) = ranges(problem.exposure)
    start = problem.start[given.market]

    def does(factor: float) -> bool:
        wide = widened(problem.exposure, factor, start)
        return wide is not None and _feasible(rebuild(wide), constraints)

    factors = np.geomspace(1.0, _WIDEST, _STRIDES)
    good = next((i for i in range(1, len(factors)) if does(float(factors[i]))), None)
    if good is None:
        return None
    narrow, wide = float(factors[good - 1]), float(factors[good])
    while wide - narrow > _TO_SPARE * wide:
        middle = (narrow + wide) / 2
        narrow, wide = (narrow, middle) if does(middle) else (middle, wide)
    # A little to spare, where that still does: the ends are rounded when they are told.
    wide = wide * (1 + _RANGE_TO_SPARE) if does(wide * (1 + _RANGE_TO_SPARE)) else wide
    # Rounded edges are not quite about the start: more to spare.
    wide *= 1.0 + 50 * _TO_SPARE
    (pool,) = ranges(widened(problem.exposure, wide, start) or problem.exposure)
    return (
        f"a range of {outward(pool.lower, up=False)} to {outward(pool.upper, up=True)} "
        f"({pool.lower / start - 1:+.2%} to {pool.upper / start - 1:+.2%}) for the same value"
    )
