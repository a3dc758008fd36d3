"""A constant-product pool share, full range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from lpgreeks.errors import require_positive
from lpgreeks.instruments.base import Instrument, term
from lpgreeks.powers import Reading, sqrt

__all__ = ["UniswapV2"]


@dataclass(frozen=True, kw_only=True)
class UniswapV2(Instrument):
    r"""A share of a constant-product pool, :math:`x y = L^2`.

    .. math::
        x(P) = \frac{L}{\sqrt{P}}, \qquad y(P) = L \sqrt{P}

    Args:
        liquidity: ``L``, the square root of the product of the two amounts.
    """

    liquidity: float = term("L", "sqrt({base} * {quote})")

    label: ClassVar[str] = "Uniswap v2 position"
    unit: ClassVar[str] = "position"

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        root = sqrt(price)
        return self.liquidity / root, self.liquidity * root

    @classmethod
    def from_value(cls, value: float, *, base: str, quote: str, price: float, market: str = "") -> Self:
        """The position worth ``value`` quote tokens at ``price``: half of it in each token."""
        value = require_positive("value", value, unit=quote)
        price = require_positive("price", price, unit=f"{quote} per {base}")
        return cls(base=base, quote=quote, liquidity=value / (2 * math.sqrt(price)), market=market)

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        return tuple(cls(base="ETH", quote="USDC", liquidity=size) for size in (1e-9, 1.0, 1e9))
