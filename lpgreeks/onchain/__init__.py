"""The contracts' integers: ticks, roots, bins, decimals, token order. Nothing outside this package knows them."""

from lpgreeks.onchain.bin_fees import BinFees, BinVolatility, composition_fee, fee_inside, fee_on_top
from lpgreeks.onchain.bins import CENTRE_ID, BinPair, bin_price_q128, bin_prices
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
    "CENTRE_ID",
    "MAX_TICK",
    "MIN_TICK",
    "TICK_SPACING",
    "BinFees",
    "BinPair",
    "BinVolatility",
    "OnchainPool",
    "RawAmounts",
    "bin_price_q128",
    "bin_prices",
    "composition_fee",
    "fee_inside",
    "fee_on_top",
    "liquidity_for_amounts",
    "raw_amounts",
    "sqrt_price_x96",
    "tick_at_sqrt_price_x96",
]
