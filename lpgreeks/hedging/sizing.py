"""The largest position that the money carries, where its size gives way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InfeasibleError
from lpgreeks.hedging.box import Box
from lpgreeks.hedging.capital import PoolSize
from lpgreeks.hedging.constraints import Constraint, EffectivenessAtLeast
from lpgreeks.hedging.optimum import MOST_ROUNDS, STEP_BACK, own_terms
from lpgreeks.hedging.problem import Problem
from lpgreeks.hedging.program import Program
from lpgreeks.hedging.solve import sizes_of
from lpgreeks.hedging.survival import more_tangents
from lpgreeks.hedging.tiers import tiers_of, within_lowest_tiers

__all__ = ["best_effectiveness", "sized"]


def sized(problem: Problem, constraints: Sequence[Constraint], size: PoolSize) -> float:
    """The largest multiple of the exposure whose hedge meets the constraints and does what it must."""
    if not any(isinstance(c, EffectivenessAtLeast) for c in constraints):
        constraints = [*constraints, EffectivenessAtLeast(max(0.0, best_effectiveness(problem) - STEP_BACK))]
    found = []
    for i, (tiers, caps) in enumerate(tiers_of(problem)):
        tiered = replace(problem, tiers=tiers)
        for _ in range(MOST_ROUNDS):
            every = [*constraints, *caps, *own_terms(tiered)]
            optimum = _largest(tiered, every, size)
            if optimum is None:
                break
            x, multiple = optimum
            curved = more_tangents(tiered, x)
            if curved is None:
                if i or within_lowest_tiers(problem, x):
                    found.append(multiple)
                break
            tiered = curved
    if not found or max(found) < size.lower:
        raise InfeasibleError(
            f"a size of at least {size.lower:g} times the exposure that the constraints allow",
            got=f"{max(found, default=0.0):.6g} times at most",
            remedy="Raise the budget or the leverage cap, or lower the effectiveness asked for",
        )
    return max(found) * (1.0 - STEP_BACK)


def best_effectiveness(problem: Problem) -> float:
    """The share of the variance that the legs would remove without any constraint, and without collateral."""
    a, b = problem.least_squares()
    a = a[:, : len(problem.legs)]
    scale = np.linalg.norm(a, axis=0)
    scaled = a[:, scale > 0] / scale[scale > 0]
    left = b - scaled @ np.linalg.lstsq(scaled, b, rcond=None)[0]
    return 1.0 - float(left @ left) / float(b @ b)


def _largest(problem: Problem, constraints: Sequence[Constraint], size: PoolSize) -> tuple[FloatArray, float] | None:
    """The columns and the largest size: every row and cone is linear in both. None where there is no size."""
    a, b = problem.least_squares()
    unit = float(np.linalg.norm(b))
    scale = sizes_of(problem, a, unit)[0]
    rows = [row for c in constraints for row in c.rows(problem)]
    box = Box.of(rows, scale, unit)
    # What the exposure itself adds to each figure grows with it.
    offsets = np.array([row.offset for row in rows]) / box.sizes / unit
    program = Program(len(scale))
    multiple = program.variables(1)
    program.slope(multiple, -np.ones(1))
    program.at_most([(multiple, np.array([[1.0], [-1.0]]))], np.array([size.upper, 0.0]))
    g, h, owner = box.one_sided()
    sign = np.concatenate([np.ones(np.isfinite(box.upper).sum()), -np.ones(np.isfinite(box.lower).sum())])
    share = sign * offsets[owner]
    program.at_most([(program.decision, g), (multiple, share[:, None])], h + share)
    for cone in (cone.narrowed() for c in constraints for cone in c.cones(problem)):
        inside = [(program.decision, cone.matrix / scale), (multiple, cone.offset[:, None] / unit)]
        program.norm_at_most(inside, [(multiple, np.array([-cone.bound / unit]))])
    optimum = program.minimise()
    if not optimum.solved or not optimum.values[multiple][0] > 0:
        return None
    return optimum.values[program.decision] * unit / scale, float(optimum.values[multiple][0])
