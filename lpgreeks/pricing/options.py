"""Value and Greeks of a European option from two partial moments and one density."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.powers import partial_moment
from lpgreeks.pricing.terms import positive, truth

__all__ = ["OptionGreeks", "option_greeks"]


@dataclass(frozen=True, kw_only=True, eq=False)
class OptionGreeks:
    """Mathematical derivatives of an option's undiscounted value ``V`` in quote; all of one shape.

    Args:
        value: ``V``, in quote.
        delta: by the forward, in coins.
        gamma: twice by the forward, in coins per quote.
        vega: by the volatility, in quote per 1.00 of volatility.
        theta: by the calendar time, in quote per year; negative for what is long.
        rho: by the interest rate at a fixed spot, in quote per 1.00 a year.
        vanna: delta by the volatility, in coins per 1.00.
        volga: vega by the volatility, in quote per 1.00 squared.
    """

    value: FloatArray
    delta: FloatArray
    gamma: FloatArray
    vega: FloatArray
    theta: FloatArray
    rho: FloatArray
    vanna: FloatArray
    volga: FloatArray


def option_greeks(
    *, forward: ArrayLike, strike: ArrayLike, years: ArrayLike, volatility: ArrayLike, call: ArrayLike
) -> OptionGreeks:
    r"""Value and Greeks of European options on a forward; arguments broadcast, NaN passes through.

    With :math:`w = \sigma\sqrt T`, :math:`d_2 = \ln(F/K)/w - w/2`, :math:`d_1 = d_2 + w` and the powers
    :math:`G_n = (F\,\partial_F)^n V` of the price's own derivative, :math:`A = G_2 - G_1 = K \varphi(d_2)/w`:

    .. math::
        V = \pm(M_1(K) - K M_0(K)), \quad \Delta = G_1/F = \pm M_1/F, \quad \Gamma = A/F^2, \quad
        \partial_\sigma V = \sigma T A, \quad \Theta = -\tfrac12 \sigma^2 A, \quad \rho = T (G_1 - V)

    .. math::
        \partial_\sigma \Delta = -d_2 \sqrt{T} A / F, \qquad \partial^2_\sigma V = d_1 d_2\, T A

    Args:
        forward: of the expiry, quote per base.
        strike: quote per base.
        years: to expiry, of 365 days.
        volatility: a decimal per year.
        call: True for a call, False for a put.

    Raises:
        InputError: a forward, strike, time or volatility of 0 or less, or ``call`` that is no truth value.
    """
    f, k = positive("forward", forward, "quote per base"), positive("strike", strike, "quote per base")
    t, v = positive("years", years, "years"), positive("volatility", volatility, "decimal per year")
    f, k, t, v, up = np.broadcast_arrays(f, k, t, v, truth("call", call))
    root = np.sqrt(t)
    w = v * root
    first = np.where(up, partial_moment(1.0, k, f, w), -partial_moment(1.0, k, f, w, below=True))
    paid = k * np.where(up, partial_moment(0.0, k, f, w), -partial_moment(0.0, k, f, w, below=True))
    worth = first - paid
    d2 = np.log(f / k) / w - w / 2.0
    bulge = k * np.exp(-0.5 * d2**2) / (w * math.sqrt(2.0 * math.pi))
    return OptionGreeks(
        value=worth,
        delta=first / f,
        gamma=bulge / f**2,
        vega=v * t * bulge,
        theta=-0.5 * v**2 * bulge,
        rho=t * (first - worth),
        vanna=-d2 * root * bulge / f,
        volga=d2 * (d2 + w) * t * bulge,
    )
