"""Every public picture once, on samples: tests measure them, and the pages show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tests import samples

PICTURES: Mapping[str, Callable[..., Any]] = {
    "UniswapV3.plot": lambda ax: samples.POOL.plot(ax, start=1_900, income=500),
    "Portfolio.plot": lambda ax: (samples.POOL - 24 * samples.LINEAR).plot(ax, start=1_900),
    "HedgePlan.plot": lambda ax: samples.plan().plot(ax, income=500),
    "HedgePlan.plot, accounts": lambda ax: samples.plan_with_accounts().plot(ax),
    "HedgePlan.plot, options": lambda ax: samples.plan_with_options().plot(ax),
    "HedgePlan.plot, many options": lambda ax: samples.plan_with_many_options().plot(ax),
    "HedgePlan.plot_outcomes": lambda ax: samples.plan().plot_outcomes(ax),
    "Economics.plot": lambda ax: samples.economics().plot(ax),
    "Frontier.plot": lambda ax: samples.frontier().plot(ax),
    "ChoiceMap.plot": lambda ax: samples.choice_map().plot(ax),
    "Comparison.plot": lambda ax: samples.comparison().plot(ax),
    "Smile.plot": lambda ax: samples.smile().plot(ax),
    "Strip.plot": lambda ax: samples.strip().plot(ax),
    "Replayed.plot": lambda ax: samples.replayed().plot(ax),
    "Replayed.plot_trades": lambda ax: samples.replayed().plot_trades(ax),
    "Replayed.plot_fees": lambda ax: samples.replayed().plot_fees(ax),
    "Replayed.plot_amounts": lambda ax: samples.replayed().plot_amounts(ax),
    "Replayed.plot_coins": lambda ax: samples.index_replayed().plot_coins(ax),
    "Replayed.plot_exposure": lambda ax: samples.replayed().plot_exposure(ax),
    "Replayed.plot_drawdown": lambda ax: samples.replayed().plot_drawdown(ax),
    "Replayed.plot_attribution": lambda ax: samples.replayed().plot_attribution(ax),
    "Replayed.plot_gap": lambda ax: samples.replayed().plot_gap(ax),
    "Replayed.plot, index": lambda ax: samples.index_replayed().plot(ax),
    "Replayed.plot_trades, index": lambda ax: samples.index_replayed().plot_trades(ax),
    "Replayed.plot_exposure, index": lambda ax: samples.index_replayed().plot_exposure(ax),
    "Dislocations.plot": lambda ax: samples.dislocations().plot(ax),
    "Sweep.plot": lambda ax: samples.sweep().plot(ax, figure="net"),
    "Sweep.plot, one parameter": lambda ax: samples.sweep_of_one().plot(ax, figure="net"),
    "Verdict.plot": lambda ax: samples.verdict().plot(ax),
    "Spread.plot": lambda ax: samples.spread().plot(ax),
    "SpreadReplay.plot": lambda ax: samples.spread_replay().plot(ax),
    "TermStructure.plot": lambda ax: samples.term_structure().plot(ax),
    "ScenarioTable.plot": lambda ax: samples.scenario_table().plot(ax),
    "ScenarioTable.plot_grid": lambda ax: samples.scenario_table().plot_grid(ax),
    "TermStructure.plot_basis": lambda ax: samples.term_structure().plot_basis(ax),
}
"""By method, and by what is special about the sample. Each takes ``ax`` or None."""

SEVERAL: Mapping[str, Callable[[], Any]] = {
    "UniswapV3.plot_greeks": partial(samples.POOL.plot_greeks, start=1_900),
    "TermStructure.plot_all": lambda: samples.term_structure().plot_all(),
}
"""Those of several axes, which make their figure."""
