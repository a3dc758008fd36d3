"""Whether anything satisfies rows and cones: by how little they can all be broken at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.hedging.box import ROW_TOLERANCE, Box
from lpgreeks.hedging.program import Program

__all__ = ["ScaledCone", "point_within"]

ScaledCone = tuple[FloatArray, FloatArray]
"""``||matrix @ x + offset|| <= 1`` in units of a hedge's size."""

# What pulls columns towards 0: collateral that nothing caps would run away.
_PULL = 1e-8

# What an interior-point method leaves of a cone or a row, by own arithmetic.
_MET = 1e-7


def point_within(box: Box, cones: Sequence[ScaledCone]) -> FloatArray | None:
    """Columns, in units of a hedge's size, that satisfy all rows and cones; None where none do.

    Asked outright, a solver takes values without end for an answer; asked for the least breach, it has one to find.
    """
    from scipy.optimize import linprog

    g, h, _ = box.one_sided()
    columns = g.shape[1]
    result = linprog(
        np.append(np.zeros(columns), 1.0),
        A_ub=np.hstack([g, -np.maximum(np.abs(h), 1.0)[:, None]]),
        b_ub=h,
        bounds=[(None, None)] * columns + [(0, None)],
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if result.x is None or result.x[-1] > ROW_TOLERANCE:
        return None
    if not cones:
        return np.asarray(result.x[:-1])
    program = Program(columns)
    size, share = program.variables(columns), program.variables(1)
    one = np.eye(columns)
    program.at_most([(program.decision, g)], h)
    for sign in (1.0, -1.0):
        program.at_most([(program.decision, sign * one), (size, -one)], np.zeros(columns))
    program.slope(share, np.ones(1))
    program.slope(size, np.full(columns, _PULL))
    for matrix, offset in cones:
        program.norm_at_most([(program.decision, matrix)], [(share, -np.ones(1))], offset)
    x = program.minimise().values[program.decision]
    broken = [float(np.linalg.norm(matrix @ x + offset)) for matrix, offset in cones]
    rows = (g @ x - h) / np.maximum(np.abs(h), 1.0)
    return x if max(broken) <= 1.0 + _MET and rows.max(initial=0.0) <= _MET else None
