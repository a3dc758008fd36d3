"""Which few of many options: the best subset, with a proof that none is better, or with the gap to one that might be.

Each subset is bounded from below: by the least variance that it could leave, or for other objectives by the optimum
over more strikes than may be chosen. Subsets are tried in order until the next bound is no better than the best found.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from lpgreeks.errors import InfeasibleError, InputError
from lpgreeks.hedging.choice import AS_GOOD, AtMost, Choice, WholeLots
from lpgreeks.hedging.constraints import Constraint, QuantityBounds
from lpgreeks.hedging.objectives import LeastCapital, LeastCost, Objective, Variance
from lpgreeks.hedging.problem import Problem
from lpgreeks.hedging.solve import NoEndError, Solution
from lpgreeks.hedging.subsets import Limited, least_variances
from lpgreeks.instruments import option_of
from lpgreeks.progress import progress_bar

__all__ = ["chosen"]

# Programs that a search may solve before it states its gap instead.
_MOST_SOLVED = 400

# Programs over many strikes at once are the slow ones.
_MOST_RELAXED = 60

# Of a lot: whole to rounding.
_WHOLE = 1e-7

_Solved: TypeAlias = tuple[Problem, Solution]

_Intervals: TypeAlias = tuple[tuple[tuple[int, ...], int], ...]
"""Legs next to each other, and how many of them there may be."""

_Found: TypeAlias = tuple[Problem, Solution, Choice]

_Solve: TypeAlias = Callable[[Problem, Sequence[Constraint]], _Solved]
"""The optimum of a problem within constraints, none of which is a choice."""


def chosen(
    problem: Problem,
    objective: Objective,
    constraints: Sequence[Constraint],
    tie_break: LeastCapital | LeastCost,
    solve: _Solve,
) -> tuple[Problem, Solution, Choice | None]:
    """The optimum over every choice of legs and whole lots that the constraints allow.

    Raises:
        InputError: more than three legs to choose at once.
        InfeasibleError: no choice satisfies the constraints.
    """
    caps = [c for c in constraints if isinstance(c, AtMost)]
    lots = any(isinstance(c, WholeLots) for c in constraints)
    others = [c for c in constraints if not isinstance(c, (AtMost, WholeLots))]
    search = _Search(problem, objective, others, tie_break, solve, lots)
    if not caps:
        return (*search.leaf(problem), None)
    limited = Limited.of(problem, caps)
    if isinstance(objective, Variance):
        return search.by_enumeration(limited)
    with progress_bar(_MOST_RELAXED, 0, "choice", unit="program") as bar:
        return search.by_halving(limited, bar.update)


@dataclass(frozen=True)
class _Search:
    """What is chosen from, and how a choice is solved."""

    problem: Problem
    objective: Objective
    constraints: Sequence[Constraint]
    tie_break: LeastCapital | LeastCost
    solve: _Solve
    lots: bool

    def figure(self, found: _Solved) -> float:
        return self.objective.value(found[0], found[1].x)

    def costs(self, found: _Solved) -> tuple[float, float]:
        """What the tie-break counts; then how far in the money: of equals the options beyond the price are traded."""
        part, x = found[0], found[1].x
        signed, absolute = self.tie_break.costs(part)
        inside = [
            abs(q) * float(end.value(part.start))
            for q, end in zip(x, part.ends, strict=False)
            if option_of(end) is not None
        ]
        return float(signed @ x + absolute @ np.abs(x)), sum(inside)

    def better(self, found: _Solved, best: _Solved | None) -> bool:
        """Whether the figure is less, or as good and what the tie-break counts less."""
        if best is None:
            return True
        new, old = self.figure(found), self.figure(best)
        if abs(new - old) > AS_GOOD * max(abs(old), self.unhedged):
            return new < old
        for cost, least in zip(self.costs(found), self.costs(best), strict=True):
            if abs(cost - least) > AS_GOOD * abs(least):
                return cost < least
        return False

    @cached_property
    def unhedged(self) -> float:
        return abs(self.objective.value(self.problem, np.zeros(len(self.problem.columns))))

    def leaf(self, problem: Problem, below: float = math.inf) -> _Solved:
        """The optimum over given legs; in whole lots by branching on the quantity furthest from one."""
        tried = 0
        best: _Solved | None = None
        refused: InfeasibleError | None = None
        queue: list[tuple[float, int, tuple[Constraint, ...], _Solved]] = []

        def add(bounds: tuple[Constraint, ...]) -> None:
            nonlocal tried, refused
            tried += 1
            try:
                found = self.solve(problem, [*self.constraints, *bounds])
            except InfeasibleError as error:
                refused = refused or error
                return
            heapq.heappush(queue, (self.figure(found), tried, bounds, found))

        add(())
        while queue:
            figure, _, bounds, found = heapq.heappop(queue)
            if figure > below + AS_GOOD * self.unhedged or (best is not None and figure >= self.figure(best)):
                break
            split = _off_lots(*found) if self.lots else None
            if split is None:
                if self.better(found, best):
                    best = found
                break
            j, low, high = split
            leg = found[0].legs[j]
            add((*bounds, QuantityBounds(of=leg, upper=low)))
            add((*bounds, QuantityBounds(of=leg, lower=high)))
            if tried > _MOST_SOLVED:
                raise InputError(
                    "whole lots that few legs are traded in",
                    got=f"{tried} programs without an end",
                    remedy="Choose fewer legs: AtMost(2, of=Option)",
                )
        if best is None:
            raise refused or InfeasibleError("lots that some hedge has", got="none")
        return best

    def part(self, limited: Limited, members: Iterable[int]) -> Problem:
        """The problem with these of the counted legs."""
        return restricted(self.problem, sorted([*limited.always, *members]))

    def by_enumeration(self, limited: Limited) -> _Found:
        """Every subset, the least that its variance could be first."""
        subsets = limited.subsets()
        bounds = np.sqrt(np.maximum(least_variances(self.problem, limited, subsets), 0.0))
        best: _Solved | None = None
        refused: InfeasibleError | None = None
        tried: list[tuple[float, tuple[str, ...]]] = []
        least, solved = math.inf, 0
        for i in np.argsort(bounds, kind="stable"):
            if best is not None and bounds[i] > self.figure(best) + AS_GOOD * self.unhedged:
                break
            if solved == _MOST_SOLVED:
                least = float(bounds[i])
                break
            solved += 1
            part = self.part(limited, (int(j) for j in subsets[i] if j >= 0))
            try:
                found = self.leaf(part, math.inf if best is None else self.figure(best))
            except InfeasibleError as error:
                refused = refused or error
                continue
            best = found if self.better(found, best) else best
            tried.append((self.figure(found), _options(found)))
        problem, solution, choice = self.told(best, refused, limited, len(subsets), solved, least)
        figure, own = self.figure((problem, solution)), _options((problem, solution))
        level = dict.fromkeys(n for left, n in tried if abs(left - figure) <= AS_GOOD * self.unhedged and n != own)
        return problem, solution, replace(choice, as_good=tuple(level))

    def by_halving(self, limited: Limited, begun: Callable[[], object]) -> _Found:
        """Intervals of strikes, each with a cap of its own, the least optimum over all strikes of a part first.

        ``begun`` is called at every program over all strikes of a part: the slow ones.
        """
        members = [sorted(group) for group, _ in limited.groups]
        if sum(map(len, members)) > len(limited.counted):
            raise InputError(
                "caps on kinds that do not overlap", got="a leg that two of them count", remedy="One AtMost"
            )
        best: _Solved | None = None
        refused: InfeasibleError | None = None
        endless: NoEndError | None = None
        solved = 0
        queue: list[tuple[float, int, _Intervals, _Solved | None]] = []

        def tried(intervals: _Intervals) -> _Solved | None:
            nonlocal refused, solved
            solved += 1
            begun()
            try:
                return self.solve(
                    self.part(limited, (j for group, cap in intervals if cap for j in group)), self.constraints
                )
            except InfeasibleError as error:
                refused = refused or error
                return None

        def add(intervals: _Intervals) -> None:
            nonlocal best, endless
            try:
                relaxed = tried(intervals)
            except NoEndError as error:
                # Many quotes together may be a free lunch that few of them are not.
                if all(len(group) <= cap for group, cap in intervals):
                    raise
                endless = error
                heapq.heappush(queue, (-math.inf, solved, intervals, None))
                return
            if relaxed is None:
                return
            heapq.heappush(queue, (self.figure(relaxed), solved, intervals, relaxed))
            kept = [j for group, cap in intervals for j in self.largest(relaxed, group, cap)]
            try:
                found = self.leaf(self.part(limited, kept), math.inf if best is None else self.figure(best))
            except InfeasibleError:
                return
            best = found if self.better(found, best) else best

        add(tuple((tuple(group), cap) for group, (_, cap) in zip(members, limited.groups, strict=True)))
        least = math.inf
        while queue:
            figure, _, intervals, relaxed = heapq.heappop(queue)
            if best is not None and figure >= self.figure(best) - AS_GOOD * self.unhedged:
                break
            split = self.split(relaxed, intervals)
            if split is None:
                continue
            if solved >= _MOST_RELAXED:
                least = figure
                break
            for part in split:
                add(part)
        if best is None and endless is not None:
            raise endless
        count = math.prod(sum(math.comb(len(g), k) for k in range(cap + 1)) for g, cap in limited.groups)
        return self.told(best, refused, limited, count, solved, least)

    def largest(self, found: _Solved, group: Sequence[int], cap: int) -> list[int]:
        """The members of a group that a relaxed hedge uses most."""
        sizes = self.used(found)
        order = sorted((j for j in group if sizes.get(j, 0.0) > 0), key=lambda j: -sizes[j])
        return order[:cap]

    def used(self, found: _Solved) -> dict[int, float]:
        """How much of each leg offered is used, in units of a hedge's size."""
        part, solution = found
        at = {leg: j for j, leg in enumerate(self.problem.legs)}
        sizes = np.abs(solution.x * solution.sizes)[: len(part.legs)]
        return {at[leg]: float(size) for leg, size in zip(part.legs, sizes, strict=True)}

    def split(self, relaxed: _Solved | None, intervals: _Intervals) -> list[_Intervals] | None:
        """The interval that uses most beyond its cap, halved where its use is halved; None where none does."""
        sizes = dict.fromkeys(range(len(self.problem.legs)), 1.0) if relaxed is None else self.used(relaxed)
        beyond = []
        for i, (group, cap) in enumerate(intervals):
            use = np.array([sizes.get(j, 0.0) for j in group])
            if cap and (use > 0).sum() > cap and len(group) > cap:
                beyond.append((float(np.sort(use)[:-cap].sum()), i, use))
        if not beyond:
            return None
        _, i, use = max(beyond, key=lambda b: b[0])
        group, cap = intervals[i]
        middle = int(np.clip(np.searchsorted(np.cumsum(use), use.sum() / 2) + 1, 1, len(group) - 1))
        left, right = group[:middle], group[middle:]
        halves = [((left, k), (right, cap - k)) for k in range(cap + 1)]
        return [(*intervals[:i], *(h for h in half if h[1]), *intervals[i + 1 :]) for half in halves]

    def told(
        self,
        best: _Solved | None,
        refused: InfeasibleError | None,
        limited: Limited,
        subsets: int,
        solved: int,
        least: float,
    ) -> _Found:
        if best is None:
            raise refused or InfeasibleError("a choice that satisfies the constraints", got="none")
        figure = self.figure(best)
        bound = min(figure, least)
        gap = (figure - bound) / max(abs(figure), AS_GOOD * self.unhedged)
        return (*best, Choice(offered=len(limited.counted), subsets=subsets, solved=solved, bound=bound, gap=gap))


def _options(found: _Solved) -> tuple[str, ...]:
    """The options that are traded, by name."""
    part, solution = found
    return tuple(leg.name for leg, q in zip(part.legs, solution.x, strict=False) if q and leg.option is not None)


def _off_lots(problem: Problem, solution: Solution) -> tuple[int, float, float] | None:
    """The leg furthest from whole lots, and the lots on either side; None where all are whole."""
    furthest, found = _WHOLE, None
    for j, leg in enumerate(problem.legs):
        if leg.step is None:
            continue
        lots = float(solution.x[j]) / leg.step
        off = abs(lots - round(lots)) / max(1.0, abs(lots))
        if off > furthest:
            furthest, found = off, (j, math.floor(lots) * leg.step, math.ceil(lots) * leg.step)
    return found


def restricted(problem: Problem, legs: Sequence[int]) -> Problem:
    """The problem with some of its legs and their accounts, and what was computed of them."""
    kept = [k for k, p in enumerate(problem.pledges) if any(j in legs for j in p.legs)]
    pledges = tuple(
        replace(problem.pledges[k], legs=tuple(legs.index(j) for j in problem.pledges[k].legs if j in legs))
        for k in kept
    )
    columns = [*legs, *(len(problem.legs) + k for k in kept)]
    part = replace(
        problem,
        legs=tuple(problem.legs[j] for j in legs),
        ends=tuple(problem.ends[j] for j in legs),
        pledges=pledges,
    )
    moved, moves = problem.changes
    centred, centred_moves = problem.centred
    part.__dict__["changes"] = moved, moves[:, :, columns]
    part.__dict__["centred"] = centred, centred_moves[:, :, columns]
    part.__dict__["tables"] = [problem.tables[0], *(problem.tables[1 + j] for j in columns)]
    return part
