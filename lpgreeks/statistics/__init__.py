"""Statistics of what is there already: how an equity fared, which kind of market it was, what a Sharpe is worth."""

from __future__ import annotations

from lpgreeks.statistics.performance import Performance, performance
from lpgreeks.statistics.regimes import Regime, Regimes, Segment, regimes
from lpgreeks.statistics.sharpe import deflated_sharpe, expected_best, probabilistic_sharpe

__all__ = [
    "Performance",
    "Regime",
    "Regimes",
    "Segment",
    "deflated_sharpe",
    "expected_best",
    "performance",
    "probabilistic_sharpe",
    "regimes",
]
