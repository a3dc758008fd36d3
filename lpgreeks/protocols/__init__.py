"""Protocols as they stand, now and over time: what a share is made of, what entering, leaving and trading do to it."""

from __future__ import annotations

from lpgreeks.protocols.bin_book import BinBook, Depth
from lpgreeks.protocols.bin_deposits import BinDeposit, BinWithdrawal
from lpgreeks.protocols.bin_swaps import BinSwap
from lpgreeks.protocols.glp import GlpVault
from lpgreeks.protocols.glp_fees import GlpFees
from lpgreeks.protocols.glp_history import GlpHistory
from lpgreeks.protocols.glp_prices import GlpPrices
from lpgreeks.protocols.glp_token import GlpToken
from lpgreeks.protocols.glp_trades import GlpMint, GlpRedemption, GlpRoundTrip
from lpgreeks.protocols.gm import GmCaps, GmState
from lpgreeks.protocols.gm_history import GmHistory
from lpgreeks.protocols.index_history import IndexHistory

__all__ = [
    "BinBook",
    "BinDeposit",
    "BinSwap",
    "BinWithdrawal",
    "Depth",
    "GlpFees",
    "GlpHistory",
    "GlpMint",
    "GlpPrices",
    "GlpRedemption",
    "GlpRoundTrip",
    "GlpToken",
    "GlpVault",
    "GmCaps",
    "GmHistory",
    "GmState",
    "IndexHistory",
]
