"""A concentrated-liquidity position in one range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from lpgreeks.errors import InputError, require_increasing, require_positive
from lpgreeks.instruments.base import Instrument, term
from lpgreeks.powers import Reading, clamp, sqrt

__all__ = ["Deposit", "UniswapV3"]


@dataclass(frozen=True, kw_only=True)
class UniswapV3(Instrument):
    r"""A position of liquidity :math:`L` between two prices, with :math:`p = \min(\max(P, p_a), p_b)`.

    .. math::
        x(P) = L\left(\frac{1}{\sqrt{p}} - \frac{1}{\sqrt{p_b}}\right), \qquad
        y(P) = L\left(\sqrt{p} - \sqrt{p_a}\right)

    All coins below the range, all dollars above it. Fees are not in the payoff. Source: Uniswap v3 core
    whitepaper, section 6.

    Args:
        liquidity: ``L`` in units of whole tokens, not of the contract's integers (see :mod:`lpgreeks.onchain`).
        lower: lower end of the range, quote per base.
        upper: upper end of the range, quote per base.
    """

    liquidity: float = term("L", "sqrt({base} * {quote})")
    lower: float = term("p_a", "{quote} per {base}")
    upper: float = term("p_b", "{quote} per {base}")

    label: ClassVar[str] = "Uniswap v3 position"
    unit: ClassVar[str] = "position"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_increasing("lower", self.lower, "upper", self.upper, unit=f"{self.quote} per {self.base}")

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        root = sqrt(clamp(price, self.lower, self.upper))
        base = self.liquidity * (1 / root - 1 / sqrt(self.upper))
        return base, self.liquidity * (root - sqrt(self.lower))

    @classmethod
    def from_value(
        cls, value: float, *, base: str, quote: str, price: float, lower: float, upper: float, market: str = ""
    ) -> Self:
        """The position worth ``value`` quote tokens at ``price``, both tokens in the range's own ratio."""
        value = require_positive("value", value, unit=quote)
        price = require_positive("price", price, unit=f"{quote} per {base}")
        one = cls(base=base, quote=quote, liquidity=1.0, lower=lower, upper=upper, market=market)
        return cls(base=base, quote=quote, liquidity=value / one.value(price), lower=lower, upper=upper, market=market)

    @classmethod
    def from_amounts(
        cls,
        *,
        base_offered: float,
        quote_offered: float,
        base: str,
        quote: str,
        price: float,
        lower: float,
        upper: float,
        market: str = "",
    ) -> Deposit:
        """The largest position that the two offered amounts pay for at ``price``, and what is left over.

        ``math.inf`` for one of them asks how much of it the other one needs.
        """
        price = require_positive("price", price, unit=f"{quote} per {base}")
        one = cls(base=base, quote=quote, liquidity=1.0, lower=lower, upper=upper, market=market)
        needed = {base: one.base_amount(price), quote: one.quote_amount(price)}
        offered = {base: base_offered, quote: quote_offered}
        for token, amount in offered.items():
            if not amount >= 0:
                raise InputError("amounts of 0 or more", got=f"{amount} {token}", unit=token)
        liquidity = min(offered[token] / need for token, need in needed.items() if need > 0)
        if not 0 < liquidity < math.inf:
            raise InputError(
                "a positive finite amount of a token that the range takes at this price",
                got=f"{base_offered:g} {base} and {quote_offered:g} {quote} at {price:g}",
                remedy="Below the range it takes only the coin, above it only the quote",
            )
        position = cls(base=base, quote=quote, liquidity=liquidity, lower=lower, upper=upper, market=market)
        # min() guards against using 1e-16 more of the binding token than was offered.
        used = {token: min(liquidity * need, offered[token]) for token, need in needed.items()}
        return Deposit(
            position=position,
            base_used=used[base],
            quote_used=used[quote],
            base_left=base_offered - used[base],
            quote_left=quote_offered - used[quote],
        )

    @staticmethod
    def lower_that_uses_all(*, base_offered: float, quote_offered: float, price: float, upper: float) -> float:
        r"""The lower end at which a range up to ``upper`` takes both offered amounts whole.

        .. math::
            \sqrt{p_a} = \sqrt{P} - \frac{y}{L}, \qquad L = \frac{x}{1/\sqrt{P} - 1/\sqrt{p_b}}
        """
        _require_offer(base_offered, quote_offered)
        require_increasing("price", price, "upper", upper, unit="quote per base")
        liquidity = base_offered / (1 / math.sqrt(price) - 1 / math.sqrt(upper))
        root = math.sqrt(price) - quote_offered / liquidity
        if root <= 0:
            raise InputError(
                "few enough quote tokens for a lower end above 0",
                got=f"{quote_offered:g} against {base_offered:g} coins",
                remedy=f"A range up to {upper:g} takes less than {liquidity * math.sqrt(price):g} quote tokens",
            )
        return root**2

    @staticmethod
    def upper_that_uses_all(*, base_offered: float, quote_offered: float, price: float, lower: float) -> float:
        r"""The upper end at which a range from ``lower`` takes both offered amounts whole.

        .. math::
            \frac{1}{\sqrt{p_b}} = \frac{1}{\sqrt{P}} - \frac{x}{L}, \qquad L = \frac{y}{\sqrt{P} - \sqrt{p_a}}
        """
        # Seen from the other token, a lower end is an upper end.
        return 1 / UniswapV3.lower_that_uses_all(
            base_offered=quote_offered, quote_offered=base_offered, price=1 / price, upper=1 / lower
        )

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        tick = 1.0001
        ranges = [(1_700.0, 2_100.0), (1e-9, 2e-9), (1.0, tick), (1_900.0, 1_900.0 * tick), (1e9, 3e9), (1e-3, 1e6)]
        return tuple(cls(base="ETH", quote="USDC", liquidity=10.0, lower=a, upper=b) for a, b in ranges)


@dataclass(frozen=True, kw_only=True)
class Deposit:
    """What a range takes of two offered amounts: the position, the amounts used and those left over."""

    position: UniswapV3
    base_used: float
    quote_used: float
    base_left: float
    quote_left: float


def _require_offer(base_offered: float, quote_offered: float) -> None:
    require_positive("base_offered", base_offered, unit="base")
    require_positive("quote_offered", quote_offered, unit="quote")
