"""Every tolerance has a name and a reason."""

from __future__ import annotations

ROUNDING = 1e-12
"""A few thousand units in the last place: two routes through the same doubles."""

PRINTED_10 = 5e-10
"""Half a unit of the tenth digit: an oracle printed to ten significant digits."""

PRINTED_7 = 5e-7
"""Half a unit of the seventh digit."""

DIFFERENCES = 1e-6
"""Central differences with a step of 1e-5: truncation 1e-10, rounding 1e-11 / 1e-5."""

LEAST_SQUARES = 1e-8
"""What an independent least squares through normal equations keeps of a well-conditioned problem."""

SOLVER = 1e-9
"""A polished quadratic program: the active rows are solved exactly."""

UNPOLISHED = 1e-8
"""What an interior-point solver leaves of an objective that is not polished."""

EIGHT_DIGITS = 1e-8
"""The promise for hedged variances at short horizons."""

STANDARD_ERRORS = 4.0
"""A sampled figure may stand this many standard errors from the exact one (6e-5 by chance)."""

QUADRATURE = 1e-11
"""Times in a range, a tenth of their promise of 1e-10."""

FINITE_SUM = 1e-8
"""A covariance of ranges a day or more ahead as a sum of joint moments: 1e-16 times a value's square over a move's."""

SPECTRAL = 1e-8
"""The promise for the chance to touch or leave under jumps."""
