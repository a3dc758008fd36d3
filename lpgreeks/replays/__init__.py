"""How a position and its hedge would have fared: a tape, folded by one compiled step."""

from __future__ import annotations

from lpgreeks.replays.arbitrage import JumpToLatent, ReflectAtBand, arbitraged_pool
from lpgreeks.replays.book import Reserve
from lpgreeks.replays.dislocations import Dislocations, dislocations
from lpgreeks.replays.exposures import FixedShares, LeastVariance, PoolWeights, ShareExposure, StateDelta
from lpgreeks.replays.index_life import IndexHolding, IndexLife
from lpgreeks.replays.life import Deposits, FeesAlongMove, FeesAtClose, Life, ManagedRange
from lpgreeks.replays.options import OptionsAtAdd
from lpgreeks.replays.policies import (
    Combined,
    DeltaBand,
    Dislocation,
    Every,
    ExposureCap,
    Hold,
    Keep,
    Latency,
    Maker,
    Policy,
    PriceMove,
    Through,
)
from lpgreeks.replays.races import Races
from lpgreeks.replays.replay import Now, replay
from lpgreeks.replays.result import Replayed, Trades
from lpgreeks.replays.side_by_side import side_by_side

__all__ = [
    "Combined",
    "DeltaBand",
    "Deposits",
    "Dislocation",
    "Dislocations",
    "Every",
    "ExposureCap",
    "FeesAlongMove",
    "FeesAtClose",
    "FixedShares",
    "Hold",
    "IndexHolding",
    "IndexLife",
    "JumpToLatent",
    "Keep",
    "Latency",
    "LeastVariance",
    "Life",
    "Maker",
    "ManagedRange",
    "Now",
    "OptionsAtAdd",
    "Policy",
    "PoolWeights",
    "PriceMove",
    "Races",
    "ReflectAtBand",
    "Replayed",
    "Reserve",
    "ShareExposure",
    "StateDelta",
    "Through",
    "Trades",
    "arbitraged_pool",
    "dislocations",
    "replay",
    "side_by_side",
]
