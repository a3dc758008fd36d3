"""lpgreeks: exposure, hedges and replays of automated-market-maker positions, from closed forms.

An AMM position, a perpetual, an option and an index share are one thing: two token amounts as functions of
a price. Value, delta, gamma, hedges and payoff diagrams follow from that pair.

>>> import lpgreeks as lp
>>> pool = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)
>>> perp = lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
>>> week = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
>>> plan = lp.hedge(pool, [perp], week, objective=lp.Variance(lp.Value("USDC")))
>>> round(plan.quantities[0], 2)
-24.06
"""


from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from lpgreeks.models import Lognormal
    from lpgreeks.onchain import OnchainPool, RawAmounts
    from lpgreeks.paths import History, Outcomes, Paths, Rescaled, Shifted, align
    from lpgreeks.powers import Powers, above, clamp, smear, sqrt

__version__ = "0.1.0"

# Loaded on first use: `lpgreeks --help` then needs no numpy. A test holds this list against the imports above.
_HOMES = {
    "errors": ("DataError", "InfeasibleError", "InputError", "LPGreeksError", "MarketError", "TokenError"),
    "hedging": (
        "Certificate", "DeltaBounds", "GammaBounds", "HedgePlan", "Hedged", "QuantityBounds", "Variance", "hedge",
    ),
    "instruments": (
        "Cash", "Deposit", "Exposure", "Instrument", "InversePerp", "LinearPerp", "Portfolio", "Position", "Spot",
        "UniswapV2", "UniswapV3", "every_instrument", "term",
    ),
    "markets": (
        "Columns", "DataReport", "Finding", "check_klines", "check_prices", "read_klines", "read_prices",
    ),
    "measures": ("Amount", "Excess", "Measure", "Value"),
    "models": ("Lognormal",),
    "onchain": ("OnchainPool", "RawAmounts"),
    "paths": ("History", "Outcomes", "Paths", "Rescaled", "Shifted", "align"),
    "powers": ("Powers", "above", "clamp", "smear", "sqrt"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted([*_MODULE_OF, "onchain"])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        found = getattr(import_module(f"lpgreeks.{_MODULE_OF[name]}"), name)
    elif name == "onchain":
        found = import_module("lpgreeks.onchain")
    else:
        raise AttributeError(f"module 'lpgreeks' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
