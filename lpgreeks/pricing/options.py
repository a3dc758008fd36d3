"""Value and Greeks of a European option from two partial moments and one density."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks.instruments import Greeks
from lpgreeks.pricing.terms import positive, truth
from lpgreeks.smears import partial_moment

__all__ = ["option_greeks"]


def option_greeks(
    *, forward: ArrayLike, strike: ArrayLike, years: ArrayLike, volatility: ArrayLike, call: ArrayLike
) -> Greeks:
    r"""Value and Greeks of European options on a forward; arguments broadcast, NaN passes through.

    With :math:`w = \sigma\sqrt T`, :math:`d_2 = \ln(F/K)/w - w/2`, :math:`d_1 = d_2 + w` and the powers
    :math:`G_n = (F\,\partial_F)^n V` of the price's own derivative, :math:`A = G_2 - G_1 = K \varphi(d_2)/w`:

    .. math::
        V = \pm(M_1(K) - K M_0(K)), \quad \Delta = G_1/F = \pm M_1/F, \quad \Gamma = A/F^2, \quad
        \partial_\sigma V = \sigma T A, \quad \Theta = -\tfrac12 \sigma^2 A, \quad \rho = T (G_1 - V)

    .. math::
        \partial_\sigma \Delta = -d_2 \sqrt{T} A / F, \qquad \partial^2_\sigma V = d_1 d_2\, T A, \qquad
        \partial_t \Delta = \frac{\sigma^2 d_2 A}{2 w F}, \qquad
        \partial_t \partial_\sigma V = -\sigma A
            - \tfrac12 \sigma^3 T A \left(\frac{d_2}{w} + \frac{d_2^2 - 1}{w^2}\right)

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
    bend = bulge * (d2 / w + (d2**2 - 1.0) / w**2)
    return Greeks(
        value=worth,
        delta=first / f,
        delta_net=(first - worth) / f,
        gamma=bulge / f**2,
        vega=v * t * bulge,
        theta=-0.5 * v**2 * bulge,
        rho=t * (first - worth),
        vanna=-d2 * root * bulge / f,
        volga=d2 * (d2 + w) * t * bulge,
        charm=v**2 * d2 * bulge / (2.0 * w * f),
        veta=-v * bulge - v**3 * t * bend / 2.0,
    )
