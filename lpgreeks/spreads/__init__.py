"""Calendar spreads: two contracts on one coin, far less near, always."""

from __future__ import annotations

from lpgreeks.spreads.band import SpreadBand
from lpgreeks.spreads.basis import log_basis_per_year, simple_basis_per_year
from lpgreeks.spreads.moves import ParallelMoves, ProportionalMoves
from lpgreeks.spreads.position import BreakEven, SpreadPosition
from lpgreeks.spreads.replay import SpreadReplay, replay_spread
from lpgreeks.spreads.spread import Spread
from lpgreeks.spreads.term_structure import TermStructure
from lpgreeks.spreads.trades import SpreadTrades

__all__ = [
    "BreakEven",
    "ParallelMoves",
    "ProportionalMoves",
    "Spread",
    "SpreadBand",
    "SpreadPosition",
    "SpreadReplay",
    "SpreadTrades",
    "TermStructure",
    "log_basis_per_year",
    "replay_spread",
    "simple_basis_per_year",
]
