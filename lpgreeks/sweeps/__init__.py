"""Many settings of one call: grids, workers and checkpoints, the table that comes of them, and what it can show."""

from __future__ import annotations

from lpgreeks.sweeps.blocks import Estimate
from lpgreeks.sweeps.grid import Grid, each, grid
from lpgreeks.sweeps.result import Sweep
from lpgreeks.sweeps.run import Run
from lpgreeks.sweeps.sweep import sweep
from lpgreeks.sweeps.trials import Trial
from lpgreeks.sweeps.verdict import RegimeVerdict, Verdict, verdict
from lpgreeks.sweeps.walk import WalkForward
from lpgreeks.sweeps.workers import Processes

__all__ = [
    "Estimate",
    "Grid",
    "Processes",
    "RegimeVerdict",
    "Run",
    "Sweep",
    "Trial",
    "Verdict",
    "WalkForward",
    "each",
    "grid",
    "sweep",
    "verdict",
]
