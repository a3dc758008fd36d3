r"""Ticks, Q96 square roots, token order and decimals: the only module that knows the contract's integers.

On chain a price is token1 per token0 in raw units, :math:`1.0001^{tick} = (\mathrm{sqrtPriceX96}/2^{96})^2`. A
:class:`OnchainPool` knows which token is the coin and how many decimals each has, and turns ticks and raw
integers into the prices, amounts and :class:`~lpgreeks.UniswapV3` positions of the rest of the library.
Source: Uniswap v3 core, ``TickMath``, ``SqrtPriceMath``; periphery, ``LiquidityAmounts``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import cache

from lpgreeks.errors import (
    InputError,
    TokenError,
    require_increasing,
    require_positive,
    require_token,
    require_whole,
)
from lpgreeks.instruments import UniswapV3
from lpgreeks.tokens import counted_as

__all__ = [
    "MAX_TICK",
    "MIN_TICK",
    "TICK_SPACING",
    "OnchainPool",
    "RawAmounts",
    "liquidity_for_amounts",
    "raw_amounts",
    "sqrt_price_x96",
    "tick_at_sqrt_price_x96",
]

MAX_TICK = 887_272
MIN_TICK = -MAX_TICK

TICK_SPACING = {0.0001: 1, 0.0005: 10, 0.003: 60, 0.01: 200}
"""Tick spacing of the four Uniswap v3 fee tiers; the fee is a decimal. Source: v3 factory; 0.01 % since Nov 2021."""

_ON_THE_TICK = 1e-14

_Q96 = 1 << 96
_Q128 = 1 << 128


@cache
def _root_factors() -> tuple[int, ...]:
    """``2**128 * 1.0001**(-2**k / 2)`` to the nearest integer: the contract's twenty constants."""
    with localcontext() as context:
        context.prec = 80
        context.rounding = ROUND_HALF_EVEN
        factor = 1 / Decimal("1.0001").sqrt()
        factors = []
        for _ in range(MAX_TICK.bit_length()):
            factors.append(int((factor * _Q128).to_integral_value()))
            factor *= factor
    return tuple(factors)


def sqrt_price_x96(tick: int) -> int:
    """The contract's ``getSqrtRatioAtTick``, to the last integer digit.

    Raises:
        InputError: the tick is not a whole number between -887272 and 887272.
    """
    tick = _whole_tick(tick)
    ratio = _Q128
    for k, factor in enumerate(_root_factors()):
        if abs(tick) >> k & 1:
            ratio = ratio * factor >> 128
    if tick > 0:
        ratio = ((1 << 256) - 1) // ratio
    return -(-ratio >> 32)


def tick_at_sqrt_price_x96(root: int) -> int:
    """The greatest tick whose square root is at most ``root``: the contract's ``getTickAtSqrtRatio``."""
    root = _root(root)
    tick = max(MIN_TICK, min(MAX_TICK, round(2 * math.log(root / _Q96) / math.log(1.0001))))
    while sqrt_price_x96(tick) > root:
        tick -= 1
    while tick < MAX_TICK and sqrt_price_x96(tick + 1) <= root:
        tick += 1
    return tick


@dataclass(frozen=True, kw_only=True)
class RawAmounts:
    """Integers of token0 and token1, as the contract counts them."""

    amount0: int
    amount1: int

    def __post_init__(self) -> None:
        for name in ("amount0", "amount1"):
            object.__setattr__(self, name, require_whole(name, getattr(self, name), at_least=0))


def raw_amounts(*, liquidity: int, root: int, tick_lower: int, tick_upper: int, minted: bool) -> RawAmounts:
    """What a position of raw ``liquidity`` holds at ``root`` (sqrtPriceX96).

    The contract rounds in the pool's favour: up when ``minted``, down when burned or only looked at.
    """
    liquidity = require_whole("raw liquidity", liquidity, at_least=0)
    low, high, now = _roots(tick_lower, tick_upper, root)
    divide = _ceiling if minted else _floor
    # Two divisions, as the contract does: one would round differently.
    amount0 = divide(divide(liquidity * _Q96 * (high - now), high), now)
    return RawAmounts(amount0=amount0, amount1=divide(liquidity * (now - low), _Q96))


def liquidity_for_amounts(*, amounts: RawAmounts, root: int, tick_lower: int, tick_upper: int) -> int:
    """The raw liquidity that two offered amounts mint at ``root``: the periphery's ``getLiquidityForAmounts``."""
    low, high, now = _roots(tick_lower, tick_upper, root)
    offers = []
    if now < high:
        offers.append(amounts.amount0 * (now * high // _Q96) // (high - now))
    if now > low:
        offers.append(amounts.amount1 * _Q96 // (now - low))
    return min(offers)


@dataclass(frozen=True, kw_only=True)
class OnchainPool:
    """A pool as the chain keeps it: token order, decimals, tick spacing, and which of the two is the coin.

    Args:
        token0, token1: symbols in the contract's order.
        decimals0, decimals1: decimals of each token (6 for USDC, 18 for WETH).
        tick_spacing: ticks between usable range ends; see :data:`TICK_SPACING`.
        base: which of the two is the coin; the other is the quote.
    """

    token0: str
    token1: str
    decimals0: int
    decimals1: int
    tick_spacing: int
    base: str

    def __post_init__(self) -> None:
        if self.base not in (self.token0, self.token1):
            raise TokenError(
                "base to be one of the pool's tokens", got=self.base, remedy=f"{self.token0}, {self.token1}"
            )
        if require_token("token0", self.token0) == require_token("token1", self.token1):
            raise TokenError("two different tokens", got=self.token0)
        limits = {"decimals0": (0, 77), "decimals1": (0, 77), "tick_spacing": (1, 32_767)}
        for name, (least, most) in limits.items():
            number = require_whole(name, getattr(self, name), at_least=least, at_most=most)
            object.__setattr__(self, name, number)

    @property
    def quote(self) -> str:
        """The token that prices are in."""
        return self.token0 if self._base_is_token1 else self.token1

    @property
    def _base_is_token1(self) -> bool:
        return self.base == self.token1

    @property
    def _unit(self) -> str:
        return f"{self.quote} per {self.base}"

    def price_at(self, root: int) -> float:
        """The price, quote per base, at ``root`` (sqrtPriceX96)."""
        raw = math.ldexp(_root(root), -96) ** 2
        token1_per_token0 = raw * 10.0 ** (self.decimals0 - self.decimals1)
        return 1 / token1_per_token0 if self._base_is_token1 else token1_per_token0

    def price_of_tick(self, tick: int) -> float:
        """The price, quote per base, at a tick."""
        return self.price_at(sqrt_price_x96(tick))

    def tick_of_price(self, price: float) -> int:
        """The tick that the chain shows at ``price``: the floor of the logarithm, in the contract's direction."""
        price = require_positive("price", price, unit=self._unit)
        token1_per_token0 = 1 / price if self._base_is_token1 else price
        root = math.ldexp(math.sqrt(token1_per_token0 * 10.0 ** (self.decimals1 - self.decimals0)), 96)
        if not sqrt_price_x96(MIN_TICK) <= root <= sqrt_price_x96(MAX_TICK):
            raise InputError("a price that the contract's ticks reach", got=f"{price:g}", unit=self._unit)
        # A double knows a price to 1e-16: one this close below a tick is the tick's own price, rounded.
        return tick_at_sqrt_price_x96(min(int(root * (1 + _ON_THE_TICK)), sqrt_price_x96(MAX_TICK)))

    def usable_ticks(self, *, lower: float, upper: float) -> tuple[int, int]:
        """The nearest ``(tick_lower, tick_upper)`` that the pool's spacing allows around two prices.

        Ticks are in the contract's order: with the coin as token1 the upper price is the lower tick.
        """
        require_increasing("lower", lower, "upper", upper, unit=self._unit)
        low, high = sorted((self._nearest_usable(lower), self._nearest_usable(upper)))
        if low == high:
            # The range is narrower than one spacing: the narrowest usable one, kept on the scale.
            high = min(low + self.tick_spacing, MAX_TICK // self.tick_spacing * self.tick_spacing)
            low = high - self.tick_spacing
        return low, high

    def position(self, *, tick_lower: int, tick_upper: int, liquidity: int, market: str = "") -> UniswapV3:
        """The position between two ticks with the contract's raw ``liquidity``; it reads ``market``, else its pair."""
        self._require_usable(tick_lower, tick_upper)
        liquidity = require_whole("raw liquidity", liquidity, at_least=1, at_most=_Q128 - 1)
        ends = sorted((self.price_of_tick(tick_lower), self.price_of_tick(tick_upper)))
        # L is sqrt(token0 * token1) in raw units; which token is the coin does not matter to it.
        whole = liquidity / math.sqrt(10 ** (self.decimals0 + self.decimals1))
        return UniswapV3(base=self.base, quote=self.quote, liquidity=whole, lower=ends[0], upper=ends[1], market=market)

    def raw_liquidity(self, position: UniswapV3) -> int:
        """The position's liquidity as the contract counts it, to the sixteen digits that a double holds."""
        if (counted_as(position.base), counted_as(position.quote)) != (counted_as(self.base), counted_as(self.quote)):
            raise TokenError(f"a position in {self.base}/{self.quote}", got=f"{position.base}/{position.quote}")
        return round(position.liquidity * math.sqrt(10 ** (self.decimals0 + self.decimals1)))

    def _nearest_usable(self, price: float) -> int:
        price = require_positive("price", price, unit=self._unit)
        nearest = self.tick_spacing * round(self.tick_of_price(price) / self.tick_spacing)
        last = MAX_TICK // self.tick_spacing * self.tick_spacing
        return max(-last, min(last, nearest))

    def _require_usable(self, tick_lower: int, tick_upper: int) -> None:
        for tick in (tick_lower, tick_upper):
            if _whole_tick(tick) % self.tick_spacing:
                raise InputError(
                    f"ticks that are multiples of {self.tick_spacing}", got=tick, remedy="usable_ticks() gives them"
                )
        if not tick_lower < tick_upper:
            raise InputError("tick_lower below tick_upper", got=f"{tick_lower}, {tick_upper}")


def _whole_tick(tick: int) -> int:
    return require_whole("a tick", tick, at_least=MIN_TICK, at_most=MAX_TICK)


def _root(root: int) -> int:
    lowest, highest = sqrt_price_x96(MIN_TICK), sqrt_price_x96(MAX_TICK)
    return require_whole("sqrtPriceX96", root, at_least=lowest, at_most=highest)


def _roots(tick_lower: int, tick_upper: int, root: int) -> tuple[int, int, int]:
    """The roots of the two ends, and the present one held between them."""
    low, high = sqrt_price_x96(tick_lower), sqrt_price_x96(tick_upper)
    if not low < high:
        raise InputError("tick_lower below tick_upper", got=f"{tick_lower}, {tick_upper}")
    return low, high, max(low, min(high, _root(root)))


def _floor(numerator: int, denominator: int) -> int:
    return numerator // denominator


def _ceiling(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
