"""The steps in which prices are quoted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_finite, require_positive

__all__ = ["PriceSteps"]


@dataclass(frozen=True, kw_only=True)
class PriceSteps(Noun):
    """A tick that grows with the price.

    Args:
        tick: the least step of a price.
        above: ``(price, tick)`` pairs ascending: above that price, that tick.
    """

    tick: float
    above: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        require_positive("tick", self.tick, unit="settlement token")
        object.__setattr__(self, "above", tuple((float(price), float(tick)) for price, tick in self.above))
        for (low, fine), (high, coarse) in pairwise(((0.0, self.tick), *self.above)):
            if not (low < high and fine < coarse):
                raise InputError(
                    "prices and ticks that ascend", got=f"{fine:g} above {low:g}, {coarse:g} above {high:g}"
                )

    def at(self, price: float) -> float:
        """The tick at a price."""
        paid = require_finite("price", price, unit="settlement token")
        return next((tick for floor, tick in reversed(self.above) if paid > floor), self.tick)
