"""Many settings of one call: grids, workers, checkpoints, and the table that comes of them."""

from __future__ import annotations

from lpgreeks.sweeps.grid import Grid, each, grid
from lpgreeks.sweeps.result import Sweep
from lpgreeks.sweeps.run import Run
from lpgreeks.sweeps.sweep import sweep
from lpgreeks.sweeps.workers import Processes

__all__ = ["Grid", "Processes", "Run", "Sweep", "each", "grid", "sweep"]
