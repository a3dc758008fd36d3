"""What options, positions and their losses cost before their end, and the options that replicate them."""

from __future__ import annotations

from lpgreeks.pricing.implied import implied_volatility, price_bounds
from lpgreeks.pricing.liquidity import (
    arbitrage_share,
    break_even_fee_rate,
    expected_lvr,
    il_implied_volatility,
    lvr_rate,
)
from lpgreeks.pricing.options import option_greeks
from lpgreeks.pricing.strips import Strip, strip

__all__ = [
    "Strip",
    "arbitrage_share",
    "break_even_fee_rate",
    "expected_lvr",
    "il_implied_volatility",
    "implied_volatility",
    "lvr_rate",
    "option_greeks",
    "price_bounds",
    "strip",
]
