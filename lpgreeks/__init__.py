"""lpgreeks: exposure and hedges of automated-market-maker positions, from closed forms.

An AMM position, a perpetual and a coin are one thing: two token amounts as functions of a price. Value,
delta, gamma, hedges and payoff diagrams follow from that pair.

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
    from lpgreeks._api import *  # noqa: F403

__version__ = "0.1.0"


# The surface loads on first use: `lpgreeks --help` needs no numpy.
def __getattr__(name: str) -> Any:
    # import_module, because "from lpgreeks import _api" would ask this function for _api.
    try:
        return getattr(import_module("lpgreeks._api"), name)
    except AttributeError:
        raise AttributeError(f"module 'lpgreeks' has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return [*import_module("lpgreeks._api").__all__, "__version__"]
