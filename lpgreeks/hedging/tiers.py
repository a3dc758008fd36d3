"""Flat schedules: each choice of one tier is a convex problem of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError
from lpgreeks.hedging.constraints import Constraint, QuantityBounds
from lpgreeks.hedging.problem import Problem
from lpgreeks.hedging.survival import InitialMargin
from lpgreeks.instruments import Margined
from lpgreeks.margin import Flat, Proportional, Schedule, counts_value

__all__ = ["flat_terms", "tiers_of", "within_lowest_tiers"]

# A size stops this short of its tier's end: beyond it, by rounding even, the next tier's margin is asked for.
_SHORT_OF = 3e-10


def flat_terms(problem: Problem) -> list[tuple[int, str, Flat]]:
    """Which leg has which terms in flat tiers."""
    return [
        (j, name, schedule)
        for j, leg in enumerate(problem.legs)
        for name in ("maintenance", "initial")
        if isinstance(schedule := getattr(leg, name), Flat)
    ]


def tiers_of(problem: Problem) -> Iterator[tuple[dict[tuple[int, str], Schedule], list[Constraint]]]:
    """The lowest tier of every flat schedule for any size; then each choice of tiers, with the caps they come with."""
    flat = flat_terms(problem)
    yield {(j, name): schedule.tiers[0] for j, name, schedule in flat}, []
    for chosen in itertools.product(*(schedule.tiers for _, _, schedule in flat)) if flat else ():
        tiers = [(j, name, tier) for (j, name, _), tier in zip(flat, chosen, strict=True)]
        # The last tier has no cap: a size beyond the known table is an error, not a bound.
        caps = [
            (problem.legs[j], _most(problem, j, name, tier) * (1.0 - _SHORT_OF))
            for (j, name, tier), (_, _, schedule) in zip(tiers, flat, strict=True)
            if tier.up_to < schedule.up_to
        ]
        yield (
            {(j, name): tier for j, name, tier in tiers},
            [QuantityBounds(of=leg, lower=-most, upper=most) for leg, most in caps if np.isfinite(most)],
        )


def _most(problem: Problem, j: int, name: str, tier: Proportional) -> float:
    """The greatest quantity of a leg inside a tier."""
    contract = problem.legs[j].instrument
    assert isinstance(contract, Margined)
    if not counts_value(tier, contract):
        return tier.up_to
    if name != InitialMargin.terms:
        raise InputError(
            f"flat maintenance tiers counted in {contract.size_token}, in which a size stands still",
            got=f"in {tier.unit}, in which it moves with the price",
            remedy="Convert the tiers' edges at the start price",
        )
    return tier.up_to / float(contract.position_value(problem.start[contract.market]))


def within_lowest_tiers(problem: Problem, x: FloatArray) -> bool:
    """Whether no leg is larger than the lowest tier of its flat schedules."""
    return all(abs(x[j]) <= _most(problem, j, name, flat.tiers[0]) for j, name, flat in flat_terms(problem))
