"""One token of a GMX v1 vault: what the vault has of it, and what of that depends on its price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError, require_finite, require_positive, require_token
from lpgreeks.instruments import Cash, Exposure, GlpAsset

__all__ = ["GlpToken", "require_stable"]

# Wide enough for a stable token that lost its peg for good; no coin of a vault has traded there for long.
_STABLE = (0.5, 2.0)

_UNITS = {
    "pool": "tokens",
    "reserved": "tokens",
    "guaranteed": "quote",
    "short_size": "quote",
    "short_average": "quote per token",
    "usdg": "USDG",
    "weight": "of all weights",
}
_MAY_BE_UNKNOWN = ("usdg", "weight")


@dataclass(frozen=True, kw_only=True, repr=False)
class GlpToken(Noun):
    """What a vault has of one token, in whole tokens and in quote.

    Args:
        token: its name, in capitals like those of :mod:`lpgreeks.tokens`: "BTC.B", "USDC.E".
        stable: a stable token counts as ``pool`` times its price, which is near 1; nobody is long or short of it.
        min_price, max_price: the two ends of the price feed, quote per token; equal where one price is known.
        pool, reserved: tokens.
        guaranteed, short_size: quote.
        short_average: average entry of the shorts, quote per token; 0 where there are none.
        usdg: what minting brought in of it, in USDG; None if unknown.
        weight: target weight, a share of the sum over all tokens; None if unknown.
    """

    token: str
    stable: bool
    min_price: float
    max_price: float
    pool: float
    reserved: float = 0.0
    guaranteed: float = 0.0
    short_size: float = 0.0
    short_average: float = 0.0
    usdg: float | None = None
    weight: float | None = None

    def __post_init__(self) -> None:
        require_token("token", self.token)
        if not isinstance(self.stable, (bool, np.bool_)):
            raise InputError(f"stable of {self.token} as True or False", got=f"{self.stable!r:.40}")
        for name in ("min_price", "max_price"):
            price = require_positive(f"{name} of {self.token}", getattr(self, name), unit="quote per token")
            object.__setattr__(self, name, price)
        for name, unit in _UNITS.items():
            if getattr(self, name) is None and name in _MAY_BE_UNKNOWN:
                continue
            number = require_finite(f"{name} of {self.token}", getattr(self, name), unit=unit)
            if number < 0:
                raise DataError(f"{name} of {self.token} of 0 or more", got=number, unit=unit)
            object.__setattr__(self, name, number)
        if self.min_price > self.max_price:
            raise DataError(f"min_price of {self.token} up to max_price", got=f"{self.min_price} and {self.max_price}")
        if self.reserved > self.pool:
            raise DataError(
                f"reserved {self.token} within the pool",
                got=f"{self.reserved:,.10g} of {self.pool:,.10g}",
                remedy="The contract refuses such a state: one of the two is of another moment or another unit",
            )
        if self.short_size and not self.short_average:
            raise DataError(f"an average entry of the {self.token} shorts", got=f"none for {self.short_size:g}")
        if self.stable:
            require_stable(self.token, self.min_price, self.max_price, self.guaranteed, self.short_size)

    @property
    def middle(self) -> float:
        """The middle of the two prices."""
        return (self.min_price + self.max_price) / 2.0

    def held(self, quote: str) -> Exposure:
        """All that the vault has of it: a :class:`~lpgreeks.GlpAsset`, or of a stable token its worth as cash."""
        if self.stable:
            return self.pool * self.middle * Cash(quote=self.token)
        return GlpAsset(
            base=self.token,
            quote=quote,
            pool=self.pool,
            reserved=self.reserved,
            guaranteed=self.guaranteed,
            short_size=self.short_size,
            short_average=self.short_average or self.middle,
        )

    def worth(self, price: float) -> float:
        """Its part of the AUM at a price, in quote."""
        return self.pool * price if self.stable else float(self.held("USD").value(price))

    @property
    def delta(self) -> float:
        """Coins of exposure, ``pool - reserved + short_size / short_average``; 0 of a stable token."""
        return 0.0 if self.stable else float(self.held("USD").delta(self.middle))


def require_stable(token: str, least: float, most: float, guaranteed: float, shorts: float) -> None:
    """An error unless what is called a stable token can be one: near a dollar, nobody long or short of it."""
    if not _STABLE[0] <= least <= most <= _STABLE[1]:
        raise DataError(
            f"a stable token {token} priced from {_STABLE[0]:g} to {_STABLE[1]:g}",
            got=f"{least:.6g} to {most:.6g}",
            unit="quote per token",
            remedy="A coin is not stable; or its prices are in another unit (1e30 for 1): state the scale",
        )
    if guaranteed or shorts:
        raise DataError(
            f"a stable token {token} that nobody is long or short of",
            got=f"{guaranteed:g} guaranteed, {shorts:g} short",
            unit="quote",
            remedy="Only coins have traders: it is not stable, or these figures are another token's",
        )
