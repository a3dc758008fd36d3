"""Every instrument, one file each. A new one is its file, an import and a name here; laws and docs then find it."""

from __future__ import annotations

from inspect import isabstract

from lpgreeks.instruments.base import Amounts, Exposure, Instrument, Portfolio, Position, payoffs, term
from lpgreeks.instruments.perpetuals import InversePerp, LinearPerp, Margined, averaged
from lpgreeks.instruments.spot import Cash, Spot
from lpgreeks.instruments.uniswap_v2 import UniswapV2
from lpgreeks.instruments.uniswap_v3 import Deposit, UniswapV3

__all__ = [
    "Amounts",
    "Cash",
    "Deposit",
    "Exposure",
    "Instrument",
    "InversePerp",
    "LinearPerp",
    "Margined",
    "Portfolio",
    "Position",
    "Spot",
    "UniswapV2",
    "UniswapV3",
    "averaged",
    "every_instrument",
    "payoffs",
    "term",
]


def every_instrument() -> tuple[type[Instrument], ...]:
    """Every instrument class that is exported here, in alphabetical order."""
    exported = (globals()[name] for name in __all__)
    return tuple(c for c in exported if isinstance(c, type) and issubclass(c, Instrument) and not isabstract(c))
