"""What may happen: probability laws of prices, as moments, nodes, touch probabilities and samples."""

from __future__ import annotations

from lpgreeks.models.correlated import Correlated
from lpgreeks.models.lognormal import Lognormal
from lpgreeks.models.merton import Merton
from lpgreeks.models.passage import range_for_exits

__all__ = ["Correlated", "Lognormal", "Merton", "range_for_exits"]
