"""The tables of a scenario by name: what stands at the top, verbs, nouns, figures."""

from __future__ import annotations

import inspect

from lpgreeks.scenario_file.names import Parameters, public

__all__ = [
    "CALLED",
    "COMMANDS",
    "FIGURES",
    "GRIDS",
    "HEDGE",
    "HOW",
    "LISTS",
    "NOUNS",
    "REPLAY",
    "SEVERAL",
    "SWEEP",
    "TEXT",
    "TOP",
    "VERBS",
    "parameters",
]

CALLED = {"exposure": "holding", "position": "holding", "held": "holding", "over": "scenarios"}
"""Arguments by the names that people give them."""

TOP = ("holding", "legs", "scenarios", "objective", "constraints", "tie_break", "exit")
"""What a hedge takes stands at the top, and other verbs share it."""

LISTS = ("legs", "constraints")
"""Of these, lists."""

HEDGE, REPLAY = "hedge", "replay"
VERBS = (HEDGE, "compare", "economics", "frontier", REPLAY, "replay_spread", "scenario_table", "dislocations")
SWEEP = "sweep"
SEVERAL = "replays"
NOUNS = {"Exposure": "holding", "Spread": "spread", "TermStructure": "curve"}
"""What stands for itself, by its class."""

FIGURES = {
    "payoff": ("price", "short", "income"),
    "greeks": ("price",),
    "range": ("exits_per_week", "price", "volatility", "days", "drift"),
    "verdict": ("seed",),
    "stamp": ("at",),
    "given": ("words",),
}
"""Tables of figures that a command reads, without a verb."""

TEXT = ("at", "words")
"""Of these figures, text."""

COMMANDS = {"compare": "options", "economics": "hedge", "replays": "index", "replay_spread": "spread",
             "scenario_table": "scenario", "curve": "spread"}  # fmt: skip
"""The commands that answer what a file asks, where they are called otherwise than its table."""

GRIDS = ("grid", "each", "Grid.of_rows")
"""What makes several things to try."""

HOW = ("checkpoint", "workers", "cluster", "progress", "keep")
"""Of a sweep, how it is computed: the same bits whatever they are."""


def parameters(verb: str) -> Parameters:
    """What a verb takes, by its own names."""
    return Parameters(inspect.signature(public(verb)).parameters)
