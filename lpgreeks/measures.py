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

from lpgreeks.errors import InputError
from lpgreeks.instruments import Cash, Exposure, Spot
from lpgreeks.powers import Powers
from lpgreeks.tokens import counted_as

__all__ = ["Amount", "Excess", "Measure", "Value"]


@dataclass(frozen=True)
class Measure(ABC):
    """One number of a portfolio, in one token.

    Args:
        token: the token it is counted in.
    """

    token: str

    words: ClassVar[str]
    """What it is, up to the token: "the value in"."""

    def __str__(self) -> str:
        return f"{self.words} {self.token}"

    def __call__(self, exposure: Exposure, start: Mapping[str, ArrayLike]) -> dict[str, Powers]:
        """The measure of ``exposure`` as a sum of functions, one of each market's price.

        Args:
            exposure: what is measured.
            start: the price of each market at the start.

        Raises:
            TokenError: the token cannot be counted in a market's coin or quote.
        """
        return {market: self._of(exposure.on(market), start[market]) for market in exposure.markets}

    @abstractmethod
    def _of(self, part: Exposure, start: ArrayLike) -> Powers:
        """The function of the price of the one market that ``part`` reads."""


class Value(Measure):
    """The whole value in ``token``: ``base * P + quote``, or ``base + quote / P`` in coins."""

    words: ClassVar[str] = "the value in"

    def _of(self, part: Exposure, start: ArrayLike) -> Powers:
        return part.worth(self.token)


class Amount(Measure):
    """The amount of ``token`` alone: "keep my coins" is its change."""

    words: ClassVar[str] = "the amount of"

    def _of(self, part: Exposure, start: ArrayLike) -> Powers:
        if counted_as(self.token) == counted_as(part.quote):
            return part.amounts.quote
        if counted_as(self.token) == counted_as(part.bases[0]):
            return part.amounts.base
        return Powers.constant(0.0)


class Excess(Measure):
    """The value in ``token`` less that of holding the amounts of the start: impermanent loss, when unhedged."""

    words: ClassVar[str] = "the value over holding, in"

    def _of(self, part: Exposure, start: ArrayLike) -> Powers:
        if np.ndim(start):
            raise InputError(
                "one start price for every outcome",
                got=f"{np.size(start)} start prices",
                remedy="Start every window at one price: windows(..., start=1_900)",
            )
        coin = Spot(base=part.bases[0], quote=part.quote, market=part.markets[0])
        held: Exposure = part.base_amount(start) * coin + part.quote_amount(start) * Cash(quote=part.quote)
        return part.worth(self.token) - held.worth(self.token)
