r"""The volatility that an option's price implies.

Prices are taken out of the money by parity and counted in :math:`\sqrt{FK}`. With :math:`x = -|\ln(F/K)|`,
:math:`s = \sigma\sqrt T`, :math:`h = x/s`, :math:`t = s/2` and Mills' ratio :math:`m(z) = N(-z)/\varphi(z)`, the price
:math:`M_1(K) - K M_0(K)` and what it lacks of its upper bound :math:`e^{x/2}` are

.. math::
    b = b' \, [m(-h-t) - m(-h+t)], \qquad e^{x/2} - b = b' \, [m(h+t) + m(t-h)], \qquad
    b' = \tfrac{1}{\sqrt{2\pi}} e^{-(h^2+t^2)/2}

so that the logarithm of either, and its derivative :math:`\pm 1/[\ldots]`, neither underflow nor cancel. The smaller of
the two is solved for, by Householder's third-order step inside a bracket. The idea to solve for logarithms of
normalised prices is Jaeckel's ("Let's be rational", 2015); the formulas here are derived from the line above.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, require_numbers
from lpgreeks.pricing.terms import positive, truth

__all__ = ["implied_volatility", "price_bounds"]

_LOG_ROOT_2PI = 0.5 * math.log(2.0 * math.pi)
_HALF_ROOT = math.sqrt(0.5)
_MILLS_0 = math.sqrt(0.5 * math.pi)

# A difference of two ratios this close loses digits to a series in their distance.
_CLOSE = 0.02

_MOST_STEPS = 60

# Some arrays of this size stay in the second-level cache.
_BLOCK = 8_192


def price_bounds(*, forward: ArrayLike, strike: ArrayLike, call: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Between which prices no arbitrage is: the intrinsic value, and the forward of a call or the strike of a put.

    Args:
        forward: of the expiry, quote per base.
        strike: quote per base.
        call: True for a call, False for a put.

    Returns:
        Lower and upper bounds in quote. A price at the lower bound has a volatility of 0, one at the upper has none.
    """
    f, k = positive("forward", forward, "quote per base"), positive("strike", strike, "quote per base")
    f, k, up = np.broadcast_arrays(f, k, truth("call", call))
    return np.maximum(np.where(up, f - k, k - f), 0.0), np.where(up, f, k)


def implied_volatility(
    price: ArrayLike, *, forward: ArrayLike, strike: ArrayLike, years: ArrayLike, call: ArrayLike
) -> FloatArray:
    """The volatility at which an option on a forward is worth ``price``; arguments broadcast, NaN passes through.

    To a relative 1e-12 where the price carries it: a price in the money holds its time value in its last digits
    only. A coin price is multiplied by the forward first.

    Args:
        price: undiscounted, in quote.
        forward: of the expiry, quote per base.
        strike: quote per base.
        years: to expiry, of 365 days.
        call: True for a call, False for a put.

    Returns:
        A decimal per year; 0 for a price at its intrinsic value.

    Raises:
        InputError: a price outside its :func:`price_bounds`, a forward, strike or time of 0 or less.
    """
    prices = require_numbers(price, unit="quote", what="price")
    lower, upper = price_bounds(forward=forward, strike=strike, call=call)
    t = positive("years", years, "years")
    f, k = np.asarray(forward, dtype=np.float64), np.asarray(strike, dtype=np.float64)
    p, f, k, t, lower, upper = np.broadcast_arrays(prices, f, k, t, lower, upper)
    outside = (p < lower) | (p >= upper)
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        raise InputError(
            "prices between the intrinsic value and the forward (call) or the strike (put)",
            got=f"{int(outside.sum()):,} outside; the first, at position {first}: {p.flat[first]:.10g}, "
            f"not from {lower.flat[first]:.10g} to below {upper.flat[first]:.10g}",
            unit="quote",
            remedy="Coin prices times the forward are quote prices; price_bounds() tells which rows to leave out",
        )
    unit = np.sqrt(f * k)
    # The logarithm of a ratio near 1 would lose the digits of their distance.
    x = -np.log1p(np.abs(f - k) / np.minimum(f, k))
    worth, lacking = (p - lower) / unit, (upper - p) / unit
    widths = np.empty(p.size)
    flat = [array.reshape(-1) for array in (x, worth, lacking)]
    # A step that overflows lands outside its bracket, and is replaced.
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for start in range(0, p.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            widths[block] = _widths(*(array[block] for array in flat))
    return np.asarray(widths.reshape(p.shape) / np.sqrt(t))


def _widths(x: FloatArray, worth: FloatArray, lacking: FloatArray) -> FloatArray:
    """The ``s`` of normalised prices: 0 for none, NaN for NaN."""
    widths = np.where(worth == 0, 0.0, np.nan)
    low = (worth > 0) & (worth <= lacking)
    widths[low] = _solved(x[low], np.log(worth[low]), _first_of_low(x[low], worth[low]), upper=False)
    high = worth > lacking
    widths[high] = _solved(x[high], np.log(lacking[high]), _first_of_high(x[high], lacking[high]), upper=True)
    return widths


def _first_of_low(x: FloatArray, worth: FloatArray) -> FloatArray:
    """From ``b < s / sqrt(2 pi)`` and ``b < exp(-h^2/2)``: both from below, and one is near."""
    return np.maximum(math.sqrt(2.0 * math.pi) * worth, -x / np.sqrt(np.maximum(-2.0 * np.log(worth), 1e-2)))


def _first_of_high(x: FloatArray, lacking: FloatArray) -> FloatArray:
    """Exact at the money."""
    from scipy.special import ndtri

    return np.maximum(-2.0 * ndtri(0.5 * np.minimum(lacking * np.exp(-0.5 * x), 0.9)), np.sqrt(-2.0 * x))


def _solved(x: FloatArray, target: FloatArray, first: FloatArray, *, upper: bool) -> FloatArray:
    """``s`` where the logarithm of the price, or of what it lacks of its bound, is ``target``."""
    found = first.copy()
    left = np.arange(x.size)
    s = first
    low, high = np.zeros_like(x), np.full_like(x, np.inf)
    for _ in range(_MOST_STEPS):
        if not left.size:
            break
        h, t = x / s, 0.5 * s
        ratio = _sum_of_mills(h, t) if upper else _difference_of_mills(h, t)
        error = np.log(ratio) - 0.5 * (h * h + t * t) - _LOG_ROOT_2PI - target
        slope = -1.0 / ratio if upper else 1.0 / ratio
        below = (error < 0) != upper
        low, high = np.where(below, s, low), np.where(below, high, s)
        # The derivatives of ln b' and of the slope give those of the logarithm.
        bend = h * h / s - 0.5 * t
        second = bend - slope
        third = second * second - 3.0 * (h / s) ** 2 - 0.25 - slope * second
        step = -error / slope
        step *= (1.0 + 0.5 * second * step) / (1.0 + step * (second + third * step / 6.0))
        new = s + step
        inside = (new >= low) & (new <= high)
        new = np.where(inside, new, np.where(np.isinf(high), 2.0 * s, 0.5 * (low + high)))
        found[left] = new
        # The third-order step leaves the fourth power of a relative change.
        open_ = ~(np.abs(new - s) <= 1e-4 * s)
        left, x, target, s = left[open_], x[open_], target[open_], new[open_]
        low, high = low[open_], high[open_]
    return found


def _mills(z: FloatArray) -> FloatArray:
    from scipy.special import erfcx

    return np.asarray(_MILLS_0 * erfcx(_HALF_ROOT * z))


def _sum_of_mills(h: FloatArray, t: FloatArray) -> FloatArray:
    return _mills(h + t) + _mills(t - h)


def _difference_of_mills(h: FloatArray, t: FloatArray) -> FloatArray:
    """``m(-h-t) - m(-h+t)``; of a small ``t`` by the odd derivatives of ``m``, of which ``m' = z m - 1``."""
    found = _mills(-h - t) - _mills(-h + t)
    close = t < _CLOSE
    if close.any():
        z, d = -h[close], t[close]
        derivatives = [_mills(z), z * _mills(z) - 1.0]
        for n in range(1, 7):
            derivatives.append(n * derivatives[n - 1] + z * derivatives[n])
        square = d * d
        odd = derivatives[5] + derivatives[7] * square / 42.0
        found[close] = -2.0 * d * (derivatives[1] + square / 6.0 * (derivatives[3] + square / 20.0 * odd))
    return found
