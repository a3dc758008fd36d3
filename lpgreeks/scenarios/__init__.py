"""What is held, in scenarios: moves of the price, of volatility, of time and of funding."""

from __future__ import annotations

from lpgreeks.scenarios.axes import ScenarioAxis, ScenarioCase
from lpgreeks.scenarios.liquidation import Liquidation
from lpgreeks.scenarios.stress import Stress, StressWindow, stress
from lpgreeks.scenarios.table import ScenarioTable
from lpgreeks.scenarios.verb import scenario_table

__all__ = [
    "Liquidation",
    "ScenarioAxis",
    "ScenarioCase",
    "ScenarioTable",
    "Stress",
    "StressWindow",
    "scenario_table",
    "stress",
]
