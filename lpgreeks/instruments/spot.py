"""The coin itself, and the dollar itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from lpgreeks.instruments.base import Instrument
from lpgreeks.powers import Reading

__all__ = ["Cash", "Spot"]


@dataclass(frozen=True, kw_only=True)
class Spot(Instrument):
    r"""One coin held.

    .. math::
        x(P) = 1, \qquad y(P) = 0
    """

    label: ClassVar[str] = "spot"
    unit: ClassVar[str] = "{base}"

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        return 1, 0

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        return (cls(base="ETH", quote="USDC"),)


@dataclass(frozen=True, kw_only=True)
class Cash(Instrument):
    r"""One quote token held. It reads no market.

    .. math::
        x(P) = 0, \qquad y(P) = 1
    """

    base: str = ""

    label: ClassVar[str] = "cash"
    unit: ClassVar[str] = "{quote}"

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        return 0, 1

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        return (cls(quote="USDC"),)
