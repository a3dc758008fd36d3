"""A concentrated-liquidity position in one range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_finite, require_increasing, require_positive
from lpgreeks.instruments.base import Instrument, term
from lpgreeks.powers import Reading, clamp, sqrt

__all__ = ["Deposit", "UniswapV3"]

# A hundredth of a tick. Doubles keep ten digits of a position this narrow, and fewer of narrower ones.
_NARROWEST = 1e-6


@dataclass(frozen=True, kw_only=True)
class UniswapV3(Instrument):
    r"""A position of liquidity :math:`L` between two prices, with :math:`p = \min(\max(P, p_a), p_b)`.

    .. math::
        x(P) = L\left(\frac{1}{\sqrt{p}} - \frac{1}{\sqrt{p_b}}\right), \qquad
        y(P) = L\left(\sqrt{p} - \sqrt{p_a}\right)

    All coins below the range, all dollars above it. Fees are not in the payoff. Source: Uniswap v3 core
    whitepaper, section 6.

    Args:
        liquidity: ``L`` in units of whole tokens, not of the contract's integers (see :mod:`lpgreeks.onchain.uniswap`).
        lower: lower end of the range, quote per base.
        upper: upper end of the range, quote per base.

    Example:
        >>> import lpgreeks as lp
        >>> pool = lp.UniswapV3.from_value(
        ...     100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100
        ... )
        >>> round(pool.base_amount(1_900), 4), round(pool.quote_amount(1_900), 2)
        (24.9644, 52567.63)
        >>> pool.base_amount([1_600, 2_200]).round(4).tolist()
        [54.2138, 0.0]
    """

    liquidity: float = term("L", "sqrt({base} * {quote})")
    lower: float = term("p_a", "{quote} per {base}")
    upper: float = term("p_b", "{quote} per {base}")

    label: ClassVar[str] = "Uniswap v3 position"
    unit: ClassVar[str] = "position"

    def __post_init__(self) -> None:
        super().__post_init__()
        unit = f"{self.quote} per {self.base}"
        require_increasing("lower", self.lower, "upper", self.upper, unit=unit)
        if self.upper / self.lower < 1 + _NARROWEST:
            raise InputError(
                f"a range at least {_NARROWEST:g} wide, relative to its price",
                got=f"lower={self.lower!r}, upper={self.upper!r}",
                unit=unit,
                remedy="The narrowest range on chain is one tick, 1e-4",
            )

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

        Args:
            base_offered, quote_offered: tokens, 0 or more; ``math.inf`` asks how much of it the other one needs.

        Raises:
            InputError: nothing offered of what the range takes at this price.
        """
        price = require_positive("price", price, unit=f"{quote} per {base}")
        one = cls(base=base, quote=quote, liquidity=1.0, lower=lower, upper=upper, market=market)
        needed = {base: one.base_amount(price), quote: one.quote_amount(price)}
        offered = {base: _offer(base_offered, base), quote: _offer(quote_offered, quote)}
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
            base_left=offered[base] - used[base],
            quote_left=offered[quote] - used[quote],
        )

    @staticmethod
    def lower_that_uses_all(*, base_offered: float, quote_offered: float, price: float, upper: float) -> float:
        r"""The lower end at which a range up to ``upper`` takes both offered amounts whole.

        .. math::
            \sqrt{p_a} = \sqrt{P} - \frac{y}{L}, \qquad L = \frac{x}{1/\sqrt{P} - 1/\sqrt{p_b}}

        Args:
            base_offered, quote_offered: tokens, ``x`` and ``y``, positive.

        Raises:
            InputError: so many quote tokens that no lower end takes them.
        """
        base_offered, quote_offered, price, upper = _offer_at(base_offered, quote_offered, price, "upper", upper)
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

        Args:
            base_offered, quote_offered: tokens, ``x`` and ``y``, positive.

        Raises:
            InputError: so many coins that no upper end takes them.
        """
        base_offered, quote_offered, price, lower = _offer_at(base_offered, quote_offered, price, "lower", lower)
        require_increasing("lower", lower, "price", price, unit="quote per base")
        liquidity = quote_offered / (math.sqrt(price) - math.sqrt(lower))
        reciprocal = 1 / math.sqrt(price) - base_offered / liquidity
        if reciprocal <= 0:
            raise InputError(
                "few enough coins for a finite upper end",
                got=f"{base_offered:g} against {quote_offered:g} quote tokens",
                remedy=f"A range from {lower:g} takes less than {liquidity / math.sqrt(price):g} coins",
            )
        return 1 / reciprocal**2

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        tick = 1.0001
        ranges = [(1_700.0, 2_100.0), (1e-9, 2e-9), (1.0, tick), (1_900.0, 1_900.0 * tick), (1e9, 3e9), (1e-3, 1e6)]
        return tuple(cls(base="ETH", quote="USDC", liquidity=10.0, lower=a, upper=b) for a, b in ranges)


@dataclass(frozen=True, kw_only=True, repr=False)
class Deposit(Noun):
    """What a range takes of two offered amounts.

    Attributes:
        position: the largest that both pay for.
        base_used, quote_used: what it takes.
        base_left, quote_left: what is left over.
    """

    position: UniswapV3
    base_used: float
    quote_used: float
    base_left: float
    quote_left: float


def _offer(amount: float, token: str) -> float:
    """An amount offered: 0 or more; infinite for "as much as it takes"."""
    if amount == math.inf:
        return amount
    number = require_finite(f"{token} offered", amount, unit=token)
    if number < 0:
        raise InputError("amounts of 0 or more", got=f"{amount} {token}", unit=token)
    return number


def _offer_at(base: float, quote: float, price: float, end: str, at: float) -> tuple[float, float, float, float]:
    return (
        require_positive("base_offered", base, unit="base"),
        require_positive("quote_offered", quote, unit="quote"),
        require_positive("price", price, unit="quote per base"),
        require_positive(end, at, unit="quote per base"),
    )
