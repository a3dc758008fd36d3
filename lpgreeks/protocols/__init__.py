"""Protocols whose shares are exposures: states, what a share is made of, what entering and leaving cost."""

from __future__ import annotations

from lpgreeks.protocols.glp import GlpToken, GlpVault
from lpgreeks.protocols.glp_fees import GlpFees
from lpgreeks.protocols.glp_history import GlpHistory
from lpgreeks.protocols.glp_prices import GlpPrices
from lpgreeks.protocols.glp_trades import GlpMint, GlpRedemption, GlpRoundTrip
from lpgreeks.protocols.gm import GmCaps, GmState
from lpgreeks.protocols.gm_history import GmHistory
from lpgreeks.protocols.index_history import IndexHistory

__all__ = [
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
