r"""Which few of many options: the best subset, with a proof that none is better, or with the gap to one that might be.

For a variance and no other constraint the residual of every subset follows from one table of inner products of what the
legs that are always there leave over:

.. math::
    R(S) = \lVert b \rVert^2 - g_S^\top G_S^{-1} g_S, \qquad G = Z^\top Z, \quad g = Z^\top b

Otherwise that residual, or for other objectives the optimum over more strikes than may be chosen, bounds each subset
from below; subsets are tried in order until the next bound is no better than the best found.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from lpgreeks._types import FloatArray, IntArray
from lpgreeks.errors import InfeasibleError, InputError, require_whole
from lpgreeks.hedging.constraints import Constraint, QuantityBounds
from lpgreeks.hedging.objectives import LeastCapital, LeastCost, Objective, Variance, unbiased
from lpgreeks.hedging.problem import Problem, Row
from lpgreeks.hedging.solve import NoEndError, Solution
from lpgreeks.instruments import Instrument, Marked, Option

__all__ = ["AtMost", "Choice", "WholeLots", "chosen", "is_option"]

# More than three at once are no longer an enumeration.
_MOST_AT_ONCE = 3

# Subsets this near each other are equally good: the tie-break chooses.
_AS_GOOD = 1e-9

# Residuals found by inner products lose digits: so much of the whole is no difference, as a standard deviation.
_NEAR = 1e-6

# Combinations of legs this near to one another are one: parity makes a call of a put.
_DEPENDENT = 1e-10

# What is left of a leg beside those that are always there, as a share of itself, below which it is one of them.
_ALIVE = 1e-7

# Programs that a search may solve before it states its gap instead.
_MOST_SOLVED = 400

# Programs over many strikes at once are the slow ones.
_MOST_RELAXED = 60

# Of a lot: whole to rounding.
_WHOLE = 1e-7


@dataclass(frozen=True)
class AtMost(Constraint):
    """A cap on how many legs of a kind are traded: the best few strikes of a chain.

    Args:
        count: at most so many; for a variance three in all of every AtMost together.
        of: the kind, a class: ``Put``, ``Call``, ``Option``.
    """

    count: int
    of: type[Instrument]

    def __init__(self, count: int, *, of: type[Instrument]) -> None:
        object.__setattr__(self, "count", require_whole("count", count, at_least=0))
        if not (isinstance(of, type) and issubclass(of, Instrument)):
            raise InputError("a kind of instrument", got=f"{of!r:.60}", remedy="AtMost(1, of=Put)")
        object.__setattr__(self, "of", of)

    def rows(self, problem: Problem) -> Sequence[Row]:
        return ()

    def members(self, problem: Problem) -> list[int]:
        """The legs that it counts."""
        found = [j for j, leg in enumerate(problem.legs) if isinstance(leg.option or leg.instrument, self.of)]
        if not found:
            offered = ", ".join(sorted({leg.instrument.label for leg in problem.legs}))
            raise InputError(f"legs of the kind {self.of.__name__}", got=offered, remedy="Leave AtMost out")
        return found


@dataclass(frozen=True)
class WholeLots(Constraint):
    """Quantities in whole lots, chosen as such and not rounded afterwards: of every leg whose lot is known."""

    def check(self, problem: Problem) -> None:
        if not any(leg.step for leg in problem.legs):
            raise InputError(
                "legs with a lot, for WholeLots",
                got=f"none of {', '.join(leg.name for leg in problem.legs[:3])}" + ", ..." * (len(problem.legs) > 3),
                remedy="Leg(put, lot=0.1), or a venue that says what one is, unconfirmed or not (--unconfirmed)",
            )

    def rows(self, problem: Problem) -> Sequence[Row]:
        return ()


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How the legs of a plan were chosen among those offered.

    Attributes:
        offered: how many there were to choose from.
        subsets: how many choices there are.
        solved: how many of them were solved.
        bound: no choice has a figure of the objective below it.
        gap: how far the one chosen is above it, as a share; 0 is proven best.
        as_good: other choices of the same figure, by the names of their options.
    """

    offered: int
    subsets: int
    solved: int
    bound: float
    gap: float
    as_good: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        proof = "proven best" if self.gap <= _AS_GOOD else f"at most {self.gap:.2%} above what any choice can do"
        return f"{self.subsets:,} choices of {self.offered} options, {self.solved:,} solved; {proof}"


_Intervals: TypeAlias = tuple[tuple[tuple[int, ...], int], ...]
"""Legs next to each other, and how many of them there may be."""

Found: TypeAlias = tuple[Problem, Solution, Choice]

Solve: TypeAlias = Callable[[Problem, Sequence[Constraint]], tuple[Problem, Solution]]
"""The optimum of a problem within constraints, none of which is a choice."""


def chosen(
    problem: Problem,
    objective: Objective,
    constraints: Sequence[Constraint],
    tie_break: LeastCapital | LeastCost,
    solve: Solve,
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
    limited = _Limited.of(problem, caps)
    if isinstance(objective, Variance):
        return search.by_enumeration(limited)
    return search.by_halving(limited)


# ---- what may be chosen


@dataclass(frozen=True, kw_only=True)
class _Limited:
    """The legs that are counted, and by which caps."""

    always: tuple[int, ...]
    limited: tuple[int, ...]
    groups: tuple[tuple[frozenset[int], int], ...]
    """Members of each cap, and how many of them there may be."""

    @classmethod
    def of(cls, problem: Problem, caps: Sequence[AtMost]) -> _Limited:
        groups = tuple((frozenset(cap.members(problem)), cap.count) for cap in caps)
        limited = tuple(sorted(frozenset().union(*(members for members, _ in groups))))
        always = tuple(j for j in range(len(problem.legs)) if j not in limited)
        return cls(always=always, limited=limited, groups=groups)

    @property
    def most(self) -> int:
        """How many there may be in all."""
        return min(len(self.limited), sum(min(count, len(members)) for members, count in self.groups))

    def allows(self, subset: Sequence[int]) -> bool:
        return all(len(members.intersection(subset)) <= count for members, count in self.groups)

    def subsets(self) -> IntArray:
        """``(subsets, most)``: every allowed choice that no larger one contains; -1 where a place stays empty."""
        size = self.most
        if size > _MOST_AT_ONCE:
            raise InputError(
                f"at most {_MOST_AT_ONCE} legs to choose at once",
                got=f"{size}: {' and '.join(f'{c} of {len(m)}' for m, c in self.groups)}",
                remedy="Choose fewer: AtMost(3, of=Option); or offer a few strikes without AtMost",
            )
        found = [np.full((1, size), -1)]
        for k in range(1, size + 1):
            rows = np.array(list(itertools.combinations(self.limited, k)), dtype=np.intp).reshape(-1, k)
            kept = np.ones(len(rows), dtype=bool)
            for members, count in self.groups:
                inside = np.isin(rows, list(members))
                kept &= inside.sum(axis=1) <= count
            rows = rows[kept]
            if k == size:
                return rows if len(rows) else np.concatenate(found)
            found.append(np.column_stack([rows, np.full((len(rows), size - k), -1)]))
        return np.concatenate(found)


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


# ---- the search


@dataclass(frozen=True)
class _Search:
    problem: Problem
    objective: Objective
    constraints: Sequence[Constraint]
    tie_break: LeastCapital | LeastCost
    solve: Solve
    lots: bool

    def figure(self, found: tuple[Problem, Solution]) -> float:
        return self.objective.value(found[0], found[1].x)

    def costs(self, found: tuple[Problem, Solution]) -> tuple[float, float]:
        """What the tie-break counts; then how far in the money: of equals the options beyond the price are traded."""
        part, x = found[0], found[1].x
        signed, absolute = self.tie_break.costs(part)
        inside = [abs(q) * float(end.value(part.start)) for q, end in zip(x, part.ends, strict=False) if is_option(end)]
        return float(signed @ x + absolute @ np.abs(x)), sum(inside)

    def better(self, found: tuple[Problem, Solution], best: tuple[Problem, Solution] | None) -> bool:
        """Whether the figure is less, or as good and what the tie-break counts less."""
        if best is None:
            return True
        new, old = self.figure(found), self.figure(best)
        if abs(new - old) > _AS_GOOD * max(abs(old), self.unhedged):
            return new < old
        for cost, least in zip(self.costs(found), self.costs(best), strict=True):
            if abs(cost - least) > _AS_GOOD * abs(least):
                return cost < least
        return False

    @cached_property
    def unhedged(self) -> float:
        return abs(self.objective.value(self.problem, np.zeros(len(self.problem.columns))))

    def leaf(self, problem: Problem, below: float = math.inf) -> tuple[Problem, Solution]:
        """The optimum over given legs; in whole lots by branching on the quantity furthest from one."""
        tried = 0
        best: tuple[Problem, Solution] | None = None
        refused: InfeasibleError | None = None
        queue: list[tuple[float, int, tuple[Constraint, ...], tuple[Problem, Solution]]] = []

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
            if figure > below + _AS_GOOD * self.unhedged or (best is not None and figure >= self.figure(best)):
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

    def part(self, limited: _Limited, members: Iterable[int]) -> Problem:
        """The problem with these of the counted legs."""
        return restricted(self.problem, sorted([*limited.always, *members]))

    def by_enumeration(self, limited: _Limited) -> Found:
        """Every subset, the least that its variance could be first."""
        subsets = limited.subsets()
        bounds = np.sqrt(np.maximum(_least_variances(self.problem, limited, subsets), 0.0))
        best: tuple[Problem, Solution] | None = None
        refused: InfeasibleError | None = None
        tried: list[tuple[float, tuple[str, ...]]] = []
        least, solved = math.inf, 0
        for i in np.argsort(bounds, kind="stable"):
            if best is not None and bounds[i] > self.figure(best) + _AS_GOOD * self.unhedged:
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
        level = dict.fromkeys(n for left, n in tried if abs(left - figure) <= _AS_GOOD * self.unhedged and n != own)
        return problem, solution, replace(choice, as_good=tuple(level))

    def by_halving(self, limited: _Limited) -> Found:
        """Intervals of strikes, each with a cap of its own, the least optimum over all strikes of a part first."""
        members = [sorted(group) for group, _ in limited.groups]
        if sum(map(len, members)) > len(limited.limited):
            raise InputError(
                "caps on kinds that do not overlap", got="a leg that two of them count", remedy="One AtMost"
            )
        best: tuple[Problem, Solution] | None = None
        refused: InfeasibleError | None = None
        endless: NoEndError | None = None
        solved = 0
        queue: list[tuple[float, int, _Intervals, tuple[Problem, Solution] | None]] = []

        def tried(intervals: _Intervals) -> tuple[Problem, Solution] | None:
            nonlocal refused, solved
            solved += 1
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
            if best is not None and figure >= self.figure(best) - _AS_GOOD * self.unhedged:
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

    def largest(self, found: tuple[Problem, Solution], group: Sequence[int], cap: int) -> list[int]:
        """The members of a group that a relaxed hedge uses most."""
        sizes = self.used(found)
        order = sorted((j for j in group if sizes.get(j, 0.0) > 0), key=lambda j: -sizes[j])
        return order[:cap]

    def used(self, found: tuple[Problem, Solution]) -> dict[int, float]:
        """How much of each leg offered is used, in units of a hedge's size."""
        part, solution = found
        at = {leg: j for j, leg in enumerate(self.problem.legs)}
        sizes = np.abs(solution.x * solution.sizes)[: len(part.legs)]
        return {at[leg]: float(size) for leg, size in zip(part.legs, sizes, strict=True)}

    def split(self, relaxed: tuple[Problem, Solution] | None, intervals: _Intervals) -> list[_Intervals] | None:
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
        best: tuple[Problem, Solution] | None,
        refused: InfeasibleError | None,
        limited: _Limited,
        subsets: int,
        solved: int,
        least: float,
    ) -> Found:
        if best is None:
            raise refused or InfeasibleError("a choice that satisfies the constraints", got="none")
        figure = self.figure(best)
        bound = min(figure, least)
        gap = (figure - bound) / max(abs(figure), _AS_GOOD * self.unhedged)
        return (*best, Choice(offered=len(limited.limited), subsets=subsets, solved=solved, bound=bound, gap=gap))


def _options(found: tuple[Problem, Solution]) -> tuple[str, ...]:
    """The options that are traded, by name."""
    part, solution = found
    return tuple(leg.name for leg, q in zip(part.legs, solution.x, strict=False) if q and leg.option is not None)


def is_option(instrument: Instrument) -> bool:
    """Whether it is an option, marked or not."""
    return isinstance(instrument.of if isinstance(instrument, Marked) else instrument, Option)


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


# ---- the least variance of every subset


def _least_variances(problem: Problem, limited: _Limited, subsets: IntArray) -> FloatArray:
    """``(subsets,)``: what the variance of each subset cannot be below, the legs that are always there as they like.

    A leg that may take one side only is left out where it would take the other: the least over a cone of one-sided legs
    is that of some of them whose signs are right.
    """
    a, b = problem.least_squares()
    spread = float(b @ b)
    columns = [*limited.always, *range(len(problem.legs), a.shape[1])]
    base = _basis(a[:, columns])
    z = a[:, limited.limited]
    own = np.sqrt(np.einsum("ij,ij->j", z, z))
    z -= base @ (base.T @ z)
    # Twice: one pass leaves rounding along what it removed.
    for _ in range(2):
        b = b - base @ (base.T @ b)
    gram = z.T @ z
    norms = np.sqrt(np.diag(gram))
    alive = norms > _ALIVE * np.where(own > 0, own, 1.0)
    scale = np.where(alive, 1.0 / np.where(alive, norms, 1.0), 0.0)
    sides = np.array([float(problem.legs[j].side or 0) for j in limited.limited] + [0.0])
    # The last column is the empty place.
    gram = np.pad(gram * scale * scale[:, None], (0, 1))
    pull = np.append(-(z.T @ b) * scale, 0.0)
    at = np.full(len(problem.legs) + 1, len(limited.limited))
    at[list(limited.limited)] = np.arange(len(limited.limited))
    places = at[subsets]
    reduction = np.zeros(len(subsets))
    for size in range(1, subsets.shape[1] + 1):
        for chosen_places in itertools.combinations(range(subsets.shape[1]), size):
            found = _reduction([places[:, k] for k in chosen_places], gram, pull, sides)
            reduction = np.maximum(reduction, found)
    return (float(b @ b) - reduction - _NEAR * _NEAR * spread) / unbiased(problem.outcomes)


def _reduction(places: Sequence[IntArray], gram: FloatArray, pull: FloatArray, sides: FloatArray) -> FloatArray:
    """How much of the squares a few legs of norm 1 take away; 0 where they are dependent or a sign is wrong."""
    g = [pull[i] for i in places]
    if len(places) == 1:
        weights, det = [g[0]], np.ones_like(g[0])
    elif len(places) == 2:
        r = gram[places[0], places[1]]
        det = 1.0 - r**2
        weights = [g[0] - r * g[1], g[1] - r * g[0]]
    else:
        a, b, c = (gram[places[i], places[j]] for i, j in ((0, 1), (0, 2), (1, 2)))
        det = 1.0 + 2.0 * a * b * c - a**2 - b**2 - c**2
        weights = [
            (1 - c**2) * g[0] + (b * c - a) * g[1] + (a * c - b) * g[2],
            (b * c - a) * g[0] + (1 - b**2) * g[1] + (a * b - c) * g[2],
            (a * c - b) * g[0] + (a * b - c) * g[1] + (1 - a**2) * g[2],
        ]
    good = det > _DEPENDENT
    for i, weight in zip(places, weights, strict=True):
        good &= sides[i] * weight >= 0
    taken = sum(w * h for w, h in zip(weights, g, strict=True))
    return np.where(good, taken / np.where(good, det, 1.0), 0.0)


def _basis(a: FloatArray) -> FloatArray:
    """An orthonormal basis of what some columns reach."""
    scale = np.linalg.norm(a, axis=0)
    scaled = a[:, scale > 0] / scale[scale > 0]
    if not scaled.size:
        return np.zeros((len(a), 0))
    left, sizes, _ = np.linalg.svd(scaled, full_matrices=False)
    return np.asarray(left[:, sizes > _DEPENDENT * sizes.max()])
