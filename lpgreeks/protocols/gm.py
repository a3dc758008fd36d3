"""A GMX v2 market at one moment: its pool, and what a share of it, GM, is worth."""

from __future__ import annotations

from dataclasses import dataclass

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, TokenError, require_finite, require_positive, require_token
from lpgreeks.instruments import GmPool, Portfolio
from lpgreeks.tokens import counted_as

__all__ = ["GmCaps", "GmState", "require_caps", "require_one_coin"]


@dataclass(frozen=True, kw_only=True)
class GmCaps(Noun):
    """Traders' profit at most, of the pool's own side, as decimals. Only a profit is capped.

    The contract has four of each: for deposits, withdrawals, traders and auto-deleveraging.

    Args:
        long, short: of long and of short traders together.
        as_of: when they held.
        source: where they are from.
    """

    long: float = 0.9
    short: float = 0.9
    as_of: str = "2025"
    source: str = "maxPnlFactor for traders of ETH/USDC on Arbitrum, the configuration kept with demeter's samples"

    def __post_init__(self) -> None:
        for name in ("long", "short"):
            cap = require_finite(name, getattr(self, name), unit="decimal")
            if not 0 <= cap <= 1:
                raise InputError(f"a {name} cap from 0 to 1", got=cap, unit="decimal", remedy="90 % is 0.9")
            object.__setattr__(self, name, cap)


@dataclass(frozen=True, kw_only=True, repr=False)
class GmState(Noun):
    r"""A market at one moment, its prices without a spread.

    Args:
        index_token: whose price traders bet on.
        pool: what the market has and owes; its base is the long token.
        price: of the long token, quote per base.
        supply: of GM.
        stated_value: the pool's value that a file states, in quote; None if none does.

    Raises:
        TokenError: the index token is not the long token: the pool's value then depends on two prices.
    """

    index_token: str
    pool: GmPool
    price: float
    supply: float
    stated_value: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.pool, GmPool):
            raise InputError("pool as lp.GmPool", got=f"{self.pool!r:.60}")
        require_one_coin(self.index_token, self.pool.base)
        object.__setattr__(self, "price", require_positive("price", self.price, unit="quote per base"))
        object.__setattr__(self, "supply", require_positive("supply", self.supply, unit="GM"))
        if self.stated_value is not None:
            stated = require_positive("stated_value", self.stated_value, unit=self.pool.quote)
            object.__setattr__(self, "stated_value", stated)

    @property
    def value(self) -> float:
        """The pool's value by its parts, in quote."""
        return float(self.pool.value(self.price))

    @property
    def gm_price(self) -> float:
        """Value over supply, quote per GM."""
        return self.value / self.supply

    @property
    def delta(self) -> float:
        """Coins of exposure of the whole pool."""
        return float(self.pool.delta(self.price))

    def holding(self, gm: float) -> Portfolio:
        """What ``gm`` GM are: a share of the pool. At the market's own price it is worth ``gm`` times the GM price.

        Raises:
            InputError: more GM than there is.
        """
        share = require_positive("gm", gm, unit="GM") / self.supply
        if share > 1:
            raise InputError("a share of at most all of it", got=f"{gm:,.10g} of {self.supply:,.10g}", unit="GM")
        return share * self.pool


def require_caps(caps: GmCaps) -> GmCaps:
    """``caps`` itself, or an error when it is none."""
    if not isinstance(caps, GmCaps):
        raise InputError("caps as lp.GmCaps", got=f"{caps!r:.60}", remedy="lp.GmCaps(long=0.9, short=0.9)")
    return caps


def require_one_coin(index_token: str, long_token: str) -> None:
    """An error unless both are tokens, and traders bet on the coin that the pool holds."""
    require_token("index_token", index_token)
    require_token("base", long_token)
    if counted_as(index_token) != counted_as(long_token):
        raise TokenError(
            "a market whose index token is its long token",
            got=f"index {index_token}, long {long_token}",
            remedy="Where they differ the pool's value depends on two prices, which no formula of one price says",
        )
