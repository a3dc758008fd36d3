r"""Uniswap v3: ticks, Q96 square roots, token order and decimals.

On chain a price is token1 per token0 in raw units, :math:`1.0001^{tick} = (\mathrm{sqrtPriceX96}/2^{96})^2`. A
:class:`OnchainPool` knows which token is the coin and how many decimals each has, and turns ticks and raw
integers into the prices, amounts and :class:`~lpgreeks.UniswapV3` positions of the rest of the library.
Source: Uniswap v3 core, ``TickMath``, ``SqrtPriceMath``; periphery, ``LiquidityAmounts``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import cache
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
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

_T = TypeVar("_T")

_ON_THE_TICK = 1e-14

_Q96 = 1 << 96
_Q128 = 1 << 128
_Q256 = 1 << 256


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
class RawAmounts(Noun):
    """Integers of token0 and token1, as the contract counts them.

    Args:
        amount0, amount1: 0 or more, in the least unit of each token.
    """

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
class OnchainPool(Noun):
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
    def tier(self) -> float:
        """The fee that goes with the tick spacing, a decimal."""
        tiers = [fee for fee, spacing in TICK_SPACING.items() if spacing == self.tick_spacing]
        if not tiers:
            raise InputError(
                f"a tick spacing of {', '.join(map(str, TICK_SPACING.values()))}",
                got=self.tick_spacing,
                remedy="Say the fee: fee=0.0005 is 0.05 %",
            )
        return tiers[0]

    @property
    def _base_is_token1(self) -> bool:
        return self.base == self.token1

    @property
    def _raw_per_whole(self) -> float:
        return math.sqrt(10 ** (self.decimals0 + self.decimals1))

    @property
    def _unit(self) -> str:
        return f"{self.quote} per {self.base}"

    def price_at(self, root: int) -> float:
        """The price, quote per base, at ``root`` (sqrtPriceX96)."""
        return float(self.prices_at([_root(root)])[0])

    def prices_at(self, roots: Sequence[int]) -> FloatArray:
        """The price, quote per base, at each of many ``roots`` (sqrtPriceX96)."""
        if len(roots):
            _root(min(roots)), _root(max(roots))
        # A power of two: the digits that a double keeps of the integer stay what they are.
        raw = (np.array(roots, dtype=np.float64) * 2.0**-96) ** 2
        token1_per_token0: FloatArray = raw * 10.0 ** (self.decimals0 - self.decimals1)
        return 1 / token1_per_token0 if self._base_is_token1 else token1_per_token0

    def price_of_tick(self, tick: int) -> float:
        """The price, quote per base, at a tick."""
        return self.price_at(sqrt_price_x96(tick))

    def prices_of_ticks(self, ticks: NDArray[np.int64]) -> FloatArray:
        """The price, quote per base, at each of many ticks, in their shape."""
        distinct, which = np.unique(ticks, return_inverse=True)
        prices: FloatArray = self.prices_at([sqrt_price_x96(tick) for tick in distinct.tolist()])[which]
        return prices.reshape(ticks.shape)

    def base_and_quote(self, of0: _T, of1: _T) -> tuple[_T, _T]:
        """Something of token0 and of token1, as that of the base and that of the quote."""
        return (of1, of0) if self._base_is_token1 else (of0, of1)

    def whole_amounts(self, raw0: Sequence[int], raw1: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        """Raw integers of token0 and of token1 in whole tokens."""
        pairs = ((raw0, self.decimals0), (raw1, self.decimals1))
        amounts0, amounts1 = (np.array(raw, dtype=np.float64) / 10.0**decimals for raw, decimals in pairs)
        return amounts0, amounts1

    def whole_liquidity(self, raw: Sequence[int]) -> FloatArray:
        """The contract's liquidity in whole tokens, ``sqrt(base * quote)``."""
        # L is sqrt(token0 * token1) in raw units; which token is the coin does not matter to it.
        return np.array(raw, dtype=np.float64) / self._raw_per_whole

    def fee_growth(self, global0: Sequence[int], global1: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        r"""What ``feeGrowthGlobal0X128`` and ``1X128`` grew by since the row before, 0 in the first, in whole tokens.

        Whole tokens of token0 and of token1 per whole unit of liquidity. The counters wrap:

        .. math::
            \frac{(g_i - g_{i-1}) \bmod 2^{256}}{2^{128}}

        Raises:
            InputError: a counter that steps back.
        """
        pairs = ((global0, self.decimals0), (global1, self.decimals1))
        growth0, growth1 = (_increments(g) * (self._raw_per_whole / 10.0**decimals) for g, decimals in pairs)
        return growth0, growth1

    def tick_of_price(self, price: float) -> int:
        """The tick that the chain shows at ``price``: the floor of the logarithm, in the contract's direction.

        Raises:
            InputError: a price beyond the contract's ticks.
        """
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
        whole = float(self.whole_liquidity([liquidity])[0])
        return UniswapV3(base=self.base, quote=self.quote, liquidity=whole, lower=ends[0], upper=ends[1], market=market)

    def raw_liquidity(self, position: UniswapV3) -> int:
        """The position's liquidity as the contract counts it, to the sixteen digits that a double holds.

        Raises:
            TokenError: a position in other tokens.
        """
        if (counted_as(position.base), counted_as(position.quote)) != (counted_as(self.base), counted_as(self.quote)):
            raise TokenError(f"a position in {self.base}/{self.quote}", got=f"{position.base}/{position.quote}")
        return round(position.liquidity * self._raw_per_whole)

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


def _increments(counters: Sequence[int]) -> FloatArray:
    grown = [0, *((after - before) % _Q256 for before, after in pairwise(counters))]
    # A counter takes longer than a chain lives to go half way round: what seems to have is one that stepped back.
    if max(grown, default=0) >= _Q256 // 2:
        row = next(i for i, step in enumerate(grown) if step >= _Q256 // 2)
        raise InputError(
            "fee growth that never steps back", got=f"{counters[row]} after {counters[row - 1]} in row {row + 1}"
        )
    return np.array([step / _Q128 for step in grown])


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
