"""What a hedge must respect. Each constraint is a few rows ``lower <= coefficients @ quantities <= upper``."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, MarketError, require_finite
from lpgreeks.instruments import Exposure, Instrument
from lpgreeks.tokens import coin_of, counted_as

__all__ = ["Constraint", "DeltaBounds", "GammaBounds", "QuantityBounds", "Row", "Start", "by_coin"]

Start: TypeAlias = dict[str, float]
"""The price of each market at the start."""

Greek: TypeAlias = Callable[[Exposure, float], float]
"""A figure of an exposure at a price, such as ``Exposure.delta``."""


@dataclass(frozen=True, eq=False)
class Row:
    """One linear row: ``lower <= coefficients @ quantities <= upper``, with words for each side."""

    name: str
    unit: str
    coefficients: FloatArray
    lower: float
    upper: float
    offset: float = 0.0
    """What the exposure adds to the named figure: the figure is ``coefficients @ quantities + offset``."""


@dataclass(frozen=True, kw_only=True)
class Constraint(ABC):
    """Bounds on one figure of the hedged whole.

    Args:
        lower: the least it may be; no bound unless said.
        upper: the most it may be; no bound unless said.
    """

    lower: float = -math.inf
    upper: float = math.inf

    def __post_init__(self) -> None:
        for side in ("lower", "upper"):
            bound = getattr(self, side)
            if not (isinstance(bound, float) and math.isinf(bound)):
                object.__setattr__(self, side, require_finite(side, bound, unit="the bounded figure's"))
        if not self.lower <= self.upper or self.lower == math.inf or self.upper == -math.inf:
            raise InputError("lower <= upper", got=f"{self!r}", remedy="Leave a side out where there is no bound")
        if self.lower == -math.inf and self.upper == math.inf:
            raise InputError("a lower or an upper bound", got=repr(self))

    @abstractmethod
    def row(self, exposure: Exposure, legs: Sequence[Instrument], start: Start) -> Row:
        """The row that it is, for these legs."""


@dataclass(frozen=True, kw_only=True)
class QuantityBounds(Constraint):
    """Bounds on the quantity of one leg, in its unit; negative is short.

    Args:
        of: the leg.
    """

    of: Instrument

    def row(self, exposure: Exposure, legs: Sequence[Instrument], start: Start) -> Row:
        """The row that it is, for these legs."""
        if self.of not in legs:
            raise InputError("bounds on one of the legs", got=self.of, remedy="Pass the same instrument to both")
        picks = np.array([float(leg == self.of) for leg in legs])
        return Row(f"quantity of {self.of.label}", self.of.unit_text, picks, self.lower, self.upper)


@dataclass(frozen=True, kw_only=True)
class _NetBounds(Constraint):
    """Bounds on one Greek at the start, of exposure and legs together."""

    base: str = ""

    name: ClassVar[str]
    unit: ClassVar[str]

    @abstractmethod
    def greek(self, part: Exposure, price: float) -> float:
        """The bounded figure of one part at one price."""

    def row(self, exposure: Exposure, legs: Sequence[Instrument], start: Start) -> Row:
        coins = dict.fromkeys(map(counted_as, sum(legs, start=exposure).bases))
        coin = counted_as(self.base) if self.base else next(iter(coins))
        if coin not in coins or (len(coins) > 1 and not self.base):
            raise MarketError("bounds on one of the coins", got=self.base or "none named", remedy=", ".join(coins))
        held = by_coin(self.greek, exposure, start).get(coin, 0.0)
        moved = np.array([by_coin(self.greek, leg, start).get(coin, 0.0) for leg in legs])
        unit = self.unit.format(base=coin, quote=exposure.quote)
        return Row(self.name, unit, moved, self.lower - held, self.upper - held, held)


@dataclass(frozen=True, kw_only=True)
class DeltaBounds(_NetBounds):
    """Bounds on the net delta at the start, in coins, of exposure and legs together.

    Args:
        base: the coin, needed where there is more than one.
    """

    name: ClassVar[str] = "net delta"
    unit: ClassVar[str] = "{base}"

    def greek(self, part: Exposure, price: float) -> float:
        return float(part.delta(price))


@dataclass(frozen=True, kw_only=True)
class GammaBounds(_NetBounds):
    """Bounds on the net gamma at the start, in coins per unit of price, of exposure and legs together.

    Args:
        base: the coin, needed where there is more than one.
    """

    name: ClassVar[str] = "net gamma"
    unit: ClassVar[str] = "{base} per {quote}"

    def greek(self, part: Exposure, price: float) -> float:
        return float(part.gamma(price))


def by_coin(greek: Greek, exposure: Exposure, start: Start) -> dict[str, float]:
    """A Greek at the start by coin, every market of one coin added up."""
    total: dict[str, float] = {}
    for market in exposure.markets:
        coin = counted_as(coin_of(market))
        total[coin] = total.get(coin, 0.0) + float(greek(exposure.on(market), start[market]))
    return total
