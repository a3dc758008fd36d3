"""Many settings, and what can be said of the best of them."""

from __future__ import annotations

from lpgreeks.sweeps.blocks import Estimate
from lpgreeks.sweeps.trials import Trial
from lpgreeks.sweeps.verdict import RegimeVerdict, Verdict, verdict
from lpgreeks.sweeps.walk import WalkForward

__all__ = ["Estimate", "RegimeVerdict", "Trial", "Verdict", "WalkForward", "verdict"]
