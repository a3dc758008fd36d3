"""What may happen: probability laws of prices, as moments, nodes, touch probabilities and samples."""

from __future__ import annotations

from lpgreeks.models.lognormal import Lognormal

__all__ = ["Lognormal"]
