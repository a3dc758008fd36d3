"""The hedge problem: legs, objectives, constraints, the solver and the plan."""

from __future__ import annotations

from lpgreeks.hedging.capital import Budget, MaxLeverage, PoolSize, PremiumAtMost, Wallet
from lpgreeks.hedging.choice import AtMost, Choice, WholeLots
from lpgreeks.hedging.choice_map import ChoiceMap, choice_map
from lpgreeks.hedging.compare import Comparison, Rival, compare
from lpgreeks.hedging.constraints import (
    Constraint,
    DeltaBounds,
    EffectivenessAtLeast,
    GammaBounds,
    QuantityBounds,
    VegaBounds,
)
from lpgreeks.hedging.economics import Economics, Part, PoolFees, economics
from lpgreeks.hedging.frontier import Frontier, FrontierPoint, frontier
from lpgreeks.hedging.hedge import hedge
from lpgreeks.hedging.legs import Leg, Side
from lpgreeks.hedging.listed import legs
from lpgreeks.hedging.objectives import (
    CVaR,
    LeastCapital,
    LeastCost,
    MeanVariance,
    Objective,
    SemiVariance,
    Variance,
    WorstCase,
)
from lpgreeks.hedging.plan import Hedged, HedgePlan, Order
from lpgreeks.hedging.proof import Certificate
from lpgreeks.hedging.strikes import strikes
from lpgreeks.hedging.survival import NoLiquidation, RangeEdges

__all__ = [
    "AtMost",
    "Budget",
    "CVaR",
    "Certificate",
    "Choice",
    "ChoiceMap",
    "Comparison",
    "Constraint",
    "DeltaBounds",
    "Economics",
    "EffectivenessAtLeast",
    "Frontier",
    "FrontierPoint",
    "GammaBounds",
    "HedgePlan",
    "Hedged",
    "LeastCapital",
    "LeastCost",
    "Leg",
    "MaxLeverage",
    "MeanVariance",
    "NoLiquidation",
    "Objective",
    "Order",
    "Part",
    "PoolFees",
    "PoolSize",
    "PremiumAtMost",
    "QuantityBounds",
    "RangeEdges",
    "Rival",
    "SemiVariance",
    "Side",
    "Variance",
    "VegaBounds",
    "Wallet",
    "WholeLots",
    "WorstCase",
    "choice_map",
    "compare",
    "economics",
    "frontier",
    "hedge",
    "legs",
    "strikes",
]
