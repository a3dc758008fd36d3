"""Value and Greeks of a European option from two partial moments and one density."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks.instruments import Greeks, greeks_of
from lpgreeks.pricing.terms import positive, truth
from lpgreeks.smears import partial_moment

__all__ = ["option_greeks"]


def option_greeks(
    *, forward: ArrayLike, strike: ArrayLike, years: ArrayLike, volatility: ArrayLike, call: ArrayLike
) -> Greeks:
    r"""Value and Greeks of European options on a forward; arguments broadcast, NaN passes through.

    With :math:`w = \sigma\sqrt T`, :math:`d_2 = \ln(F/K)/w - w/2` and :math:`G_n = (F\,\partial_F)^n V`:

    .. math::
        V = \pm(M_1(K) - K M_0(K)), \qquad G_1 = \pm M_1(K), \qquad A = G_2 - G_1 = K \varphi(d_2)/w,

    .. math::
        G_3 - G_2 = -\frac{d_2}{w} A, \qquad
        G_4 - 2 G_3 + G_2 = \left(\frac{d_2}{w} + \frac{d_2^2 - 1}{w^2}\right) A

    of which :func:`~lpgreeks.instruments.greeks_of` makes every Greek.

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
    w = v * np.sqrt(t)
    first = np.where(up, partial_moment(1.0, k, f, w), -partial_moment(1.0, k, f, w, below=True))
    paid = k * np.where(up, partial_moment(0.0, k, f, w), -partial_moment(0.0, k, f, w, below=True))
    worth = first - paid
    d2 = np.log(f / k) / w - w / 2.0
    bulge = k * np.exp(-0.5 * d2**2) / (w * math.sqrt(2.0 * math.pi))
    curves = (bulge, -d2 / w * bulge, (d2 / w + (d2**2 - 1.0) / w**2) * bulge)
    return greeks_of(worth, first, curves, forward=f, volatility=v, years=t)
