r"""Liquidity Book: bin ids, steps, token order and decimals.

On chain a bin's price is token Y per token X in raw units, :math:`(1 + s)^{id - 2^{23}}` with ``s`` the bin step, kept
as an integer of 128 binary places. A :class:`BinPair` knows which token is the coin and how many decimals each has, and
turns ids into the prices of the rest of the library. Source: LFJ joe-v2 2.2, ``PriceHelper``, ``Uint128x128Math``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import InputError, TokenError, require_positive, require_token, require_whole

__all__ = ["CENTRE_ID", "GREATEST_ID", "GREATEST_STEP", "BinPair", "bin_price_q128", "bin_prices"]

CENTRE_ID = 1 << 23
"""The bin whose raw price is 1."""

GREATEST_ID = (1 << 24) - 1
"""Ids have 24 binary places."""

GREATEST_STEP = 200
"""Of bins, in hundredths of a percent. Source: ``LBFactory``."""

_T = TypeVar("_T")

# A power of thousands of steps in doubles is good to 1e-13: this close below a bin's price is that price, rounded.
_ON_THE_BIN = 1e-12

_STEPS_IN_ONE = 10_000
_Q128 = 1 << 128
_LARGEST = (1 << 256) - 1

# Powers are taken in twenty squarings.
_GREATEST_POWER = (1 << 20) - 1


def bin_price_q128(bin_id: int, *, bin_step: int) -> int:
    """The contract's ``getPriceFromId``, to the last integer digit: token Y per token X, times ``2**128``.

    Args:
        bin_id: from 0 to ``2**24 - 1``.
        bin_step: in hundredths of a percent: 20 is 0.2 % from bin to bin.

    Raises:
        InputError: no such id or step, or a price that the contract cannot hold.
    """
    bin_id = require_whole("a bin id", bin_id, at_least=0, at_most=GREATEST_ID)
    bin_step = require_whole("bin_step", bin_step, at_least=1, at_most=GREATEST_STEP, unit="hundredths of a percent")
    power = bin_id - CENTRE_ID
    # The contract multiplies factors below 1 and turns the product over where it needs one above.
    factor = _LARGEST // (_Q128 + (bin_step << 128) // _STEPS_IN_ONE)
    price = _Q128
    if abs(power) <= _GREATEST_POWER:
        for k in range(_GREATEST_POWER.bit_length()):
            if abs(power) >> k & 1:
                price = price * factor >> 128
            factor = factor * factor >> 128
    if not price or abs(power) > _GREATEST_POWER:
        raise InputError("an id whose price the contract can hold", got=f"{bin_id} at a bin step of {bin_step}")
    return _LARGEST // price if power > 0 else price


def bin_prices(ids: Iterable[int], *, bin_step: int, decimals_apart: int) -> FloatArray:
    """Whole tokens Y per whole token X at each id; ``decimals_apart``: those of X less those of Y."""
    raw = np.array([bin_price_q128(i, bin_step=bin_step) / _Q128 for i in ids], dtype=np.float64)
    # Dividing by a power of ten is exact where multiplying by its reciprocal is not.
    scale = 10.0 ** abs(decimals_apart)
    return np.asarray(raw * scale if decimals_apart >= 0 else raw / scale)


@dataclass(frozen=True, kw_only=True)
class BinPair(Noun):
    """A Liquidity Book pair as the chain keeps it: token order, decimals, bin step, and which of the two is the coin.

    Args:
        token_x, token_y: symbols in the contract's order.
        decimals_x, decimals_y: decimals of each token (18 for WAVAX, 6 for USDC).
        bin_step: in hundredths of a percent: 20 is 0.2 % from bin to bin.
        base: which of the two is the coin; the other is the quote.
    """

    token_x: str
    token_y: str
    decimals_x: int
    decimals_y: int
    bin_step: int
    base: str

    def __post_init__(self) -> None:
        if self.base not in (self.token_x, self.token_y):
            raise TokenError(
                "base to be one of the pair's tokens", got=self.base, remedy=f"{self.token_x}, {self.token_y}"
            )
        if require_token("token_x", self.token_x) == require_token("token_y", self.token_y):
            raise TokenError("two different tokens", got=self.token_x)
        limits = {"decimals_x": (0, 77), "decimals_y": (0, 77), "bin_step": (1, GREATEST_STEP)}
        for name, (least, most) in limits.items():
            number = require_whole(name, getattr(self, name), at_least=least, at_most=most)
            object.__setattr__(self, name, number)

    @property
    def quote(self) -> str:
        """The token that prices are in."""
        return self.token_x if self._base_is_y else self.token_y

    @property
    def step(self) -> float:
        """From bin to bin, a decimal."""
        return self.bin_step / _STEPS_IN_ONE

    @property
    def _base_is_y(self) -> bool:
        return self.base == self.token_y

    def base_and_quote(self, of_x: _T, of_y: _T) -> tuple[_T, _T]:
        """Something of token X and of token Y, as that of the base and that of the quote."""
        return (of_y, of_x) if self._base_is_y else (of_x, of_y)

    def price_of_id(self, bin_id: int) -> float:
        """The price of a bin, quote per base."""
        return float(self.prices_of_ids([bin_id])[0])

    def prices_of_ids(self, ids: Iterable[int]) -> FloatArray:
        """The price of each bin, quote per base; it falls as ids rise where the coin is token Y."""
        y_per_x = bin_prices(ids, bin_step=self.bin_step, decimals_apart=self.decimals_x - self.decimals_y)
        return 1.0 / y_per_x if self._base_is_y else y_per_x

    def id_of_price(self, price: float) -> int:
        """The bin that is active at ``price``: the greatest id whose Y per X is at most that of the price.

        Raises:
            InputError: a price beyond the contract's bins.
        """
        price = require_positive("price", price, unit=f"{self.quote} per {self.base}")
        y_per_x = 1.0 / price if self._base_is_y else price
        raw = y_per_x * 10.0 ** (self.decimals_y - self.decimals_x)
        power = math.floor(math.log(raw) / math.log1p(self.step))
        if abs(power) >= _GREATEST_POWER:
            raise InputError(
                "a price that the contract's bins reach", got=f"{price:g}", unit=f"{self.quote}/{self.base}"
            )
        # The logarithm is good to a part of a bin: the integers decide which side it is.
        reached = raw * (1.0 + _ON_THE_BIN) * _Q128
        found = CENTRE_ID + power + 1
        while bin_price_q128(found, bin_step=self.bin_step) > reached:
            found -= 1
        return found
