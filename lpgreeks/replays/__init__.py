"""How it would have fared: pools made from quotes, and what gaps between two markets do."""

from __future__ import annotations

from lpgreeks.replays.arbitrage import JumpToLatent, ReflectAtBand, arbitraged_pool

__all__ = ["JumpToLatent", "ReflectAtBand", "arbitraged_pool"]
