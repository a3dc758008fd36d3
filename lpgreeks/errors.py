"""One exception tree. Every error says what was expected, what came, in which unit, and the remedy."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from lpgreeks._types import FloatArray

__all__ = [
    "DataError",
    "InfeasibleError",
    "InputError",
    "LPGreeksError",
    "MarketError",
    "TokenError",
    "require_finite",
    "require_increasing",
    "require_numbers",
    "require_positive",
    "require_price_range",
    "require_prices",
    "require_probability",
    "require_range",
    "require_token",
    "require_whole",
]


class LPGreeksError(Exception):
    """The root of every error that lpgreeks raises on purpose.

    The four parts stay readable on the exception: ``expected``, ``got``, ``unit`` and ``remedy``.
    """

    def __init__(self, expected: str, *, got: object, unit: str = "", remedy: str = "") -> None:
        self.expected = expected
        self.got = str(got)
        self.unit = unit
        self.remedy = remedy
        message = f"expected {expected}; got {self.got}"
        if unit:
            message += f" [{unit}]"
        if remedy:
            message += f". {remedy}"
        super().__init__(message)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.expected, self.got, self.unit, self.remedy)


def _rebuild(kind: type[LPGreeksError], expected: str, got: str, unit: str, remedy: str) -> LPGreeksError:
    return kind(expected, got=got, unit=unit, remedy=remedy)


class InputError(LPGreeksError, ValueError):
    """An argument that means nothing, or means something other than the caller thinks."""


class TokenError(InputError):
    """A token that the portfolio does not hold, or two tokens that nobody declared to be one."""


class MarketError(InputError):
    """A market whose price was asked for and is not there."""


class DataError(LPGreeksError, ValueError):
    """A file or a table that cannot be trusted as it stands."""


class InfeasibleError(LPGreeksError):
    """No quantity satisfies every constraint. ``remedy`` holds the nearest way out."""


def require_finite(name: str, value: float, *, unit: str) -> float:
    """``value`` as a float, or an error when it is not one finite real number."""
    number = _as_float(name, value, "one finite number", unit)
    if not math.isfinite(number):
        raise InputError(f"{name} to be finite", got=f"{name}={value}", unit=unit)
    return number


def require_positive(name: str, value: float, *, unit: str, remedy: str = "") -> float:
    """``value`` as a float, or an error when it is not one positive finite real number."""
    number = _as_float(name, value, "one positive number", unit)
    if not (math.isfinite(number) and number > 0):
        raise InputError(f"{name} to be positive and finite", got=f"{name}={value}", unit=unit, remedy=remedy)
    return number


def require_whole(name: str, value: int, *, at_least: int, at_most: int | None = None, unit: str = "") -> int:
    """``value`` as an int, or an error when it is no whole number within the limits."""
    expected = f"{name} as a whole number, at least {at_least}"
    expected += "" if at_most is None else f" and at most {at_most}"
    if type(value).__name__ in ("bool", "bool_"):
        raise InputError(expected, got=repr(value), unit=unit)
    try:
        number = operator.index(value)
    except TypeError as error:
        raise InputError(expected, got=f"{value!r:.60}", unit=unit) from error
    if number < at_least or (at_most is not None and number > at_most):
        raise InputError(expected, got=number, unit=unit)
    return number


def require_token(name: str, token: str) -> str:
    """``token`` itself, or an error when it is no name: signs that part a market's name stand in none."""
    if not isinstance(token, str) or not token.strip() or set("/:") & set(token):
        raise TokenError(f"{name} as a token's name", got=repr(token), remedy='Like "ETH" or "USDC", without / and :')
    return token


def require_increasing(low_name: str, low: float, high_name: str, high: float, *, unit: str) -> None:
    """An error unless ``low < high``; the remedy shows what the numbers are when read upside down."""
    if not low < high:
        raise InputError(
            f"{low_name} below {high_name}",
            got=f"{low_name}={low:g}, {high_name}={high:g}",
            unit=unit,
            remedy=f"Swap them, or check the direction of the price: 1/{low:g} = {1 / low:g}" if low else "Swap them",
        )


def require_range(lower: float, upper: float, *, unit: str) -> tuple[float, float]:
    """The two edges as floats; an error unless ``0 <= lower < upper``. 0 and infinity are no edge."""
    low = _as_float("lower", lower, "one price, 0 for none", unit)
    high = _as_float("upper", upper, "one price, infinity for none", unit)
    if low < 0:
        raise InputError("lower to be 0 or more", got=f"lower={low:g}", unit=unit)
    require_increasing("lower", low, "upper", high, unit=unit)
    return low, high


def require_probability(name: str, value: float) -> float:
    """``value`` as a float, or an error unless it is between 0 and 1, neither of them."""
    number = _as_float(name, value, "one number", "")
    if not 0 < number < 1:
        raise InputError(f"{name} inside (0, 1)", got=f"{name}={value}", remedy="A decimal: 0.01 is 1 %")
    return number


def require_price_range(name: str, pair: tuple[float, float]) -> tuple[float, float]:
    """Two prices, low and high, or an error."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise InputError(f"{name} as (low, high)", got=f"{pair!r:.60}", unit="quote per base")
    low, high = (require_positive(name, price, unit="quote per base") for price in pair)
    require_increasing("low", low, "high", high, unit="quote per base")
    return low, high


def require_numbers(numbers: ArrayLike, *, unit: str, what: str = "prices") -> FloatArray:
    """``numbers`` as a float array, masked ones as NaN; an error for text, truth values and dates."""
    import numpy as np

    try:
        array = np.asarray(numbers.filled(np.nan) if isinstance(numbers, np.ma.MaskedArray) else numbers)
        if array.dtype.kind in "fiuO" and not any(x is None for x in array.ravel()[:1]):
            return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{what} as numbers", got=f"{numbers!r:.60}", unit=unit) from error
    raise InputError(f"{what} as numbers", got=f"{numbers!r:.60}", unit=unit)


def require_prices(prices: ArrayLike, *, unit: str, what: str = "prices") -> FloatArray:
    """``prices`` as a float array, or an error at the first one that is not positive and finite."""
    import numpy as np

    array = require_numbers(prices, unit=unit, what=what)
    wrong = ~((array > 0) & (array < np.inf))
    if wrong.any():
        raise InputError(
            f"{what} to be positive and finite",
            got=f"{array[wrong].flat[0]:g} at position {int(np.flatnonzero(wrong.ravel())[0])}",
            unit=unit,
            remedy="Remove the rows that hold no price; nothing is repaired silently",
        )
    return array


def _as_float(name: str, value: Any, expected: str, unit: str) -> float:
    # numpy's booleans bear the name of Python's and are no subclass of them.
    if isinstance(value, (str, bytes)) or type(value).__name__ in ("bool", "bool_"):
        raise InputError(f"{name} as {expected}", got=f"{name}={value!r}", unit=unit)
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} as {expected}", got=f"{name}={value!r:.60}", unit=unit) from error
