"""What may happen: probability laws of prices, as moments, nodes, touch probabilities and samples."""

from __future__ import annotations

from lpgreeks.models.lognormal import Lognormal
from lpgreeks.models.passage import range_for_exits

__all__ = ["Lognormal", "range_for_exits"]
