"""A TOML file that says what a script would say: holding, legs, scenarios, objective, constraints, replay, sweep."""

from __future__ import annotations

from lpgreeks.scenario_file.scenario import Scenario, read_scenario, scenario_of, template

__all__ = ["Scenario", "read_scenario", "scenario_of", "template"]
