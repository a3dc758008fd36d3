"""What is to be held steady: a portfolio's value, one of its token amounts, or its value less holding.

A measure turns the two token amounts of an exposure into one function of each market's price.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, TokenError, require_token
from lpgreeks.instruments import Cash, Exposure, Portfolio, Spot
from lpgreeks.powers import Powers
from lpgreeks.smears import Curve
from lpgreeks.tokens import coin_of, find_token

__all__ = ["Amount", "Excess", "Measure", "Value"]


@dataclass(frozen=True)
class Measure(Noun, ABC):
    """One number of a portfolio, in one token.

    Args:
        token: the token it is counted in.
    """

    token: str

    words: ClassVar[str]
    """What it is, up to the token: "the value in"."""

    def __post_init__(self) -> None:
        require_token("the token of a measure", self.token)

    def __str__(self) -> str:
        return f"{self.words} {self.token}"

    def __call__(self, exposure: Exposure, start: Mapping[str, ArrayLike]) -> dict[str, Curve]:
        """The measure of ``exposure`` as a sum of functions, one of each market's price.

        Args:
            exposure: what is measured.
            start: the price of each market at the start.

        Raises:
            TokenError: the token cannot be counted in a market's coin or quote.
        """
        tables = {market: self._of(exposure.on(market), start[market]) for market in exposure.markets}
        cash = sum((p for p in exposure.positions if not p.instrument.market), start=Portfolio())
        if cash.positions:
            # Cash reads no price of its own, but counted in coins it moves with theirs.
            home = find_token(self.token, (coin_of(m) for m in start))
            market = next((m for m in start if coin_of(m) == home), next(iter(start)))
            beside = Spot(base=coin_of(market), quote=exposure.quote, market=market)
            part = self._of(cash + 0.0 * beside, start[market])
            tables[market] = tables.get(market, Powers.constant(0.0)) + part
        return tables

    def _worth(self, part: Exposure) -> Curve:
        if find_token(self.token, (part.quote, *part.bases)) is None:
            raise TokenError(
                f"{self} of positions in that token",
                got=f"a position that reads {', '.join(part.markets)}",
                remedy=f"Measure in the quote: {type(self).__name__}({part.quote!r})",
            )
        return part.worth(self.token)

    @abstractmethod
    def _of(self, part: Exposure, start: ArrayLike) -> Curve:
        """The function of the price of the one market that ``part`` reads."""


class Value(Measure):
    """The whole value in ``token``: ``base * P + quote``, or ``base + quote / P`` in coins."""

    words: ClassVar[str] = "the value in"

    def _of(self, part: Exposure, start: ArrayLike) -> Curve:
        return self._worth(part)


class Amount(Measure):
    """The amount of ``token`` alone: "keep my coins" is its change."""

    words: ClassVar[str] = "the amount of"

    def _of(self, part: Exposure, start: ArrayLike) -> Curve:
        name = find_token(self.token, (part.quote, *part.bases))
        if name is None:
            return Powers.constant(0.0)
        return part.amounts.quote if name == part.quote else part.amounts.base


class Excess(Measure):
    """The value in ``token`` less that of holding the tokens of the start: impermanent loss, when unhedged.

    Contracts (perpetuals) hold no tokens at the start; all of their value counts.
    """

    words: ClassVar[str] = "the value over holding, in"

    def _of(self, part: Exposure, start: ArrayLike) -> Curve:
        if np.ndim(start):
            raise InputError(
                "one start price for every outcome",
                got=f"{np.size(start)} start prices",
                remedy="Start every window at one price: windows(..., start=1_900)",
            )
        coin = Spot(base=part.bases[0], quote=part.quote, market=part.markets[0])
        tokens = Portfolio(tuple(p for p in part.positions if p.instrument.in_hand))
        held: Exposure = (
            0.0 * coin + tokens.base_amount(start) * coin + tokens.quote_amount(start) * Cash(quote=part.quote)
        )
        return self._worth(part) - self._worth(held)
