"""The contracts' integers: ticks, roots, bins, decimals, token order. Nothing outside this package knows them."""

from lpgreeks.onchain.uniswap import (
    MAX_TICK,
    MIN_TICK,
    TICK_SPACING,
    OnchainPool,
    RawAmounts,
    liquidity_for_amounts,
    raw_amounts,
    sqrt_price_x96,
    tick_at_sqrt_price_x96,
)

__all__ = [
    "MAX_TICK",
    "MIN_TICK",
    "TICK_SPACING",
    "OnchainPool",
    "RawAmounts",
    "liquidity_for_amounts",
    "raw_amounts",
    "sqrt_price_x96",
    "tick_at_sqrt_price_x96",
]
