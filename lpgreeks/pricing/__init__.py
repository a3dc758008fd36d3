"""What an option is worth before it expires: its price, its Greeks, and the volatility that a price implies."""

from __future__ import annotations

from lpgreeks.pricing.implied import implied_volatility, price_bounds
from lpgreeks.pricing.options import option_greeks

__all__ = ["implied_volatility", "option_greeks", "price_bounds"]
