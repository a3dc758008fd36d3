"""What positions and their losses cost, and the options that replicate them."""

from __future__ import annotations

from lpgreeks.pricing.liquidity import (
    arbitrage_share,
    break_even_fee_rate,
    expected_lvr,
    il_implied_volatility,
    lvr_rate,
)
from lpgreeks.pricing.strips import Strip, strip

__all__ = [
    "Strip",
    "arbitrage_share",
    "break_even_fee_rate",
    "expected_lvr",
    "il_implied_volatility",
    "lvr_rate",
    "strip",
]
