"""The hedge problem: objectives, constraints, the solver and the plan."""

from __future__ import annotations

from lpgreeks.hedging.constraints import Constraint, DeltaBounds, GammaBounds, QuantityBounds
from lpgreeks.hedging.hedge import hedge
from lpgreeks.hedging.objectives import Variance
from lpgreeks.hedging.plan import Hedged, HedgePlan
from lpgreeks.hedging.proof import Certificate

__all__ = [
    "Certificate",
    "Constraint",
    "DeltaBounds",
    "GammaBounds",
    "HedgePlan",
    "Hedged",
    "QuantityBounds",
    "Variance",
    "hedge",
]
