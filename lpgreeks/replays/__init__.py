"""How it would have fared: pools made from quotes, and what gaps between two markets do."""

from __future__ import annotations

from lpgreeks.replays.arbitrage import JumpToLatent, ReflectAtBand, arbitraged_pool
from lpgreeks.replays.dislocations import Dislocations, dislocations
from lpgreeks.replays.races import Races

__all__ = ["Dislocations", "JumpToLatent", "Races", "ReflectAtBand", "arbitraged_pool", "dislocations"]
