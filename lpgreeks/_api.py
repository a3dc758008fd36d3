"""The curated surface: every public name, in one list."""

from __future__ import annotations

from lpgreeks import onchain
from lpgreeks.errors import DataError, InfeasibleError, InputError, LPGreeksError, MarketError, TokenError
from lpgreeks.hedging import (
    Certificate,
    DeltaBounds,
    GammaBounds,
    Hedged,
    HedgePlan,
    QuantityBounds,
    Variance,
    hedge,
)
from lpgreeks.instruments import (
    Cash,
    Deposit,
    Exposure,
    Instrument,
    InversePerp,
    LinearPerp,
    Portfolio,
    Position,
    Spot,
    UniswapV2,
    UniswapV3,
    every_instrument,
    term,
)
from lpgreeks.markets import Columns, DataReport, Finding, check_klines, check_prices, read_klines, read_prices
from lpgreeks.measures import Amount, Excess, Measure, Value
from lpgreeks.models import Lognormal, range_for_exits
from lpgreeks.onchain import OnchainPool, RawAmounts
from lpgreeks.paths import History, Outcomes, Paths, Rescaled, Shifted, align
from lpgreeks.powers import Powers, above, clamp, smear, sqrt

__all__ = [
    "Amount",
    "Cash",
    "Certificate",
    "Columns",
    "DataError",
    "DataReport",
    "DeltaBounds",
    "Deposit",
    "Excess",
    "Exposure",
    "Finding",
    "GammaBounds",
    "HedgePlan",
    "Hedged",
    "History",
    "InfeasibleError",
    "InputError",
    "Instrument",
    "InversePerp",
    "LPGreeksError",
    "LinearPerp",
    "Lognormal",
    "MarketError",
    "Measure",
    "OnchainPool",
    "Outcomes",
    "Paths",
    "Portfolio",
    "Position",
    "Powers",
    "QuantityBounds",
    "RawAmounts",
    "Rescaled",
    "Shifted",
    "Spot",
    "TokenError",
    "UniswapV2",
    "UniswapV3",
    "Value",
    "Variance",
    "above",
    "align",
    "check_klines",
    "check_prices",
    "clamp",
    "every_instrument",
    "hedge",
    "onchain",
    "range_for_exits",
    "read_klines",
    "read_prices",
    "smear",
    "sqrt",
    "term",
]
