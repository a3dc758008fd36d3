"""The optimum over what rows alone cannot say: flat tiers, curved margins, chances shared by the accounts used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from lpgreeks.errors import InfeasibleError, LPGreeksError
from lpgreeks.hedging.capital import NoDebt
from lpgreeks.hedging.constraints import Constraint, OneSide, QuantityBounds
from lpgreeks.hedging.objectives import LeastCapital, LeastCost, Objective
from lpgreeks.hedging.problem import Problem
from lpgreeks.hedging.solve import Solution, behind, solve
from lpgreeks.hedging.survival import InitialMargin, more_tangents
from lpgreeks.hedging.tiers import flat_terms, tiers_of, within_lowest_tiers
from lpgreeks.hedging.ways_out import Refusal
from lpgreeks.instruments import Margined
from lpgreeks.margin import Schedule, counts_value

__all__ = [
    "MOST_ROUNDS",
    "STEP_BACK",
    "own_terms",
    "require_known_margins",
    "shared_by_the_traded",
    "solved",
]


# Rounds of tangents to curved margins; each one halves the distance at least.
MOST_ROUNDS = 30

# The largest size is stepped back by this share from the edge where nothing is left to choose.
STEP_BACK = 1e-7


def solved(
    problem: Problem,
    objective: Objective,
    constraints: Sequence[Constraint],
    tie_break: LeastCapital | LeastCost,
    rebuild: Callable[..., Problem],
    refuse: Refusal,
) -> tuple[Problem, Solution]:
    """The best over every choice of tiers of flat schedules; one choice where there are none."""
    best: tuple[tuple[float, float], Problem, Solution] | None = None
    for i, (tiers, caps) in enumerate(tiers_of(problem)):
        tiered = _with_tiers(problem, tiers)
        every = [*constraints, *caps]
        try:
            met, solution = _met(tiered, objective, every, tie_break)
        except InfeasibleError:
            if not i:
                # The lowest tiers without their caps ask for the least: where they fail, all do.
                break
            continue
        if not i:
            if within_lowest_tiers(problem, solution.x):
                return met, solution
            continue
        signed, absolute = tie_break.costs(met)
        figures = objective.value(met, solution.x), float(signed @ solution.x + absolute @ np.abs(solution.x))
        if best is None or _better(figures, best[0]):
            best = figures, met, solution
    if best is None:
        # Said for the highest tiers: what is enough for them is enough for all.
        tiers = {(j, name): schedule.tiers[-1] for j, name, schedule in flat_terms(problem)}
        tiered, every = _with_tiers(problem, tiers), [*constraints]
        raise refuse(tiered, [*every, *own_terms(tiered)], partial(rebuild, tiers=tiers)) from None
    return best[1:]


def _better(figures: tuple[float, float], best: tuple[float, float]) -> bool:
    """Whether the objective is less, or as good and the tie-break's figure less."""
    for figure, least in zip(figures, best, strict=True):
        if abs(figure - least) > STEP_BACK * abs(least):
            return figure < least
    return False


def _with_tiers(problem: Problem, tiers: dict[tuple[int, str], Schedule]) -> Problem:
    """The problem on chosen tiers; itself without any, with all that was computed for it."""
    return replace(problem, tiers=tiers) if tiers else problem


def shared_by_the_traded(
    problem: Problem,
    solution: Solution,
    objective: Objective,
    constraints: Sequence[Constraint],
    tie_break: LeastCapital | LeastCost,
    rebuild: Callable[..., Problem],
    refuse: Refusal,
) -> tuple[Problem, Solution]:
    """The optimum again where some accounts stayed empty: a chance is shared by those that are used."""
    used = tuple(k for k, p in enumerate(problem.pledges) if any(solution.x[j] for j in p.legs))
    if not 0 < len(used) < len(problem.pledges):
        return problem, solution
    idle = [j for k, p in enumerate(problem.pledges) if k not in used for j in p.legs]
    closed = [QuantityBounds(of=problem.legs[j], lower=0.0, upper=0.0) for j in idle]
    again = replace(problem, traded=used, tiers={})
    return solved(again, objective, [*constraints, *closed], tie_break, rebuild, refuse)


def _met(
    problem: Problem, objective: Objective, constraints: Sequence[Constraint], tie_break: LeastCapital | LeastCost
) -> tuple[Problem, Solution]:
    """The optimum with every curved margin met by a tangent where it stands."""
    every = [*constraints, *own_terms(problem)]
    for _ in range(MOST_ROUNDS):
        rows = [row for c in every for row in c.rows(problem)]
        cones = [cone for c in every for cone in c.cones(problem)]
        solution = solve(problem, objective, rows, cones, tie_break)
        curved = more_tangents(problem, solution.x)
        if curved is None:
            return problem, solution
        problem = curved
    # Among equally good quantities the solver may go on and on: these, with all the collateral that they need.
    topped = behind(problem, objective, solution, [row for c in every for row in c.rows(problem)])
    if topped is None:
        raise LPGreeksError(
            "tangents that meet the margins",
            got=f"none after {MOST_ROUNDS} rounds",
            remedy="Give margins in brackets: Progressive(...)",
        )
    return problem, topped


def own_terms(problem: Problem) -> list[Constraint]:
    """What the legs themselves ask for."""
    sides = [OneSide(j) for j, leg in enumerate(problem.legs) if leg.side is not None]
    initial: list[Constraint] = [InitialMargin()] if any(leg.initial for leg in problem.legs) else []
    return [*([NoDebt()] if problem.pledges else []), *sides, *initial]


def require_known_margins(problem: Problem, solution: Solution) -> None:
    """An error where a leg is larger than the part of its venue's table that is known."""
    for leg, quantity in zip(problem.legs, solution.x, strict=False):
        contract = leg.instrument
        for schedule in filter(None, (leg.maintenance, leg.initial)):
            assert isinstance(contract, Margined)
            start = problem.start[contract.market]
            size = abs(float(quantity)) * (contract.position_value(start) if counts_value(schedule, contract) else 1.0)
            schedule.require_known(size)
