"""Every instrument, one file each. A new one is its file, an import and a name here; laws and docs then find it."""

from __future__ import annotations

from inspect import isabstract

from lpgreeks.instruments.base import (
    Amounts,
    Exposure,
    Instrument,
    Portfolio,
    Position,
    mark_break_evens,
    payoffs,
    term,
    together,
)
from lpgreeks.instruments.contracts import InverseFuture, InversePerp, LinearFuture, LinearPerp, Margined, averaged
from lpgreeks.instruments.derived import Derived
from lpgreeks.instruments.gm import GmPool, gm_amounts, gm_cap_rooms
from lpgreeks.instruments.gmx import GlpAsset, glp_amounts, glp_coins
from lpgreeks.instruments.greeks import Greeks, greeks_of
from lpgreeks.instruments.liquidity_book import Bin, liquidity_book
from lpgreeks.instruments.loss_claim import LossClaim
from lpgreeks.instruments.marked import Marked, option_of
from lpgreeks.instruments.options import Call, InverseCall, InversePut, Option, Put
from lpgreeks.instruments.spot import Cash, Spot
from lpgreeks.instruments.uniswap_v2 import UniswapV2
from lpgreeks.instruments.uniswap_v3 import Deposit, UniswapV3

__all__ = [
    "Amounts",
    "Bin",
    "Call",
    "Cash",
    "Deposit",
    "Derived",
    "Exposure",
    "GlpAsset",
    "GmPool",
    "Greeks",
    "Instrument",
    "InverseCall",
    "InverseFuture",
    "InversePerp",
    "InversePut",
    "LinearFuture",
    "LinearPerp",
    "LossClaim",
    "Margined",
    "Marked",
    "Option",
    "Portfolio",
    "Position",
    "Put",
    "Spot",
    "UniswapV2",
    "UniswapV3",
    "averaged",
    "every_instrument",
    "glp_amounts",
    "glp_coins",
    "gm_amounts",
    "gm_cap_rooms",
    "greeks_of",
    "liquidity_book",
    "mark_break_evens",
    "option_of",
    "payoffs",
    "term",
    "together",
]


def every_instrument() -> tuple[type[Instrument], ...]:
    """Every instrument class that is exported here, in alphabetical order."""
    exported = (globals()[name] for name in __all__)
    return tuple(c for c in exported if isinstance(c, type) and issubclass(c, Instrument) and not isabstract(c))
