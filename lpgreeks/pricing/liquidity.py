r"""What liquidity loses to informed traders, the fees that pay for it, and the volatility that a price of it implies.

Loss versus rebalancing (LVR) is what a position loses against a portfolio that holds its coins at every moment. Its
mean is that of the impermanent loss: the two differ by a hedge that costs nothing on average.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, require_numbers, require_positive, require_prices
from lpgreeks.instruments import Exposure, Instrument, LossClaim
from lpgreeks.models import Lognormal
from lpgreeks.powers import Powers
from lpgreeks.smears import partial_moment, smear

__all__ = ["arbitrage_share", "break_even_fee_rate", "expected_lvr", "il_implied_volatility", "lvr_rate"]

# Log standard deviations at which a position is worth nothing on average, to the last digit of its value.
_WIDEST = 40.0

# Newton's steps double the digits: after one so small nothing is left. Where they leave the bracket it is halved.
_SMALL = 1e-9
_STEPS = 80


def lvr_rate(position: Exposure, price: ArrayLike, *, volatility: float) -> Any:
    r"""Loss versus rebalancing per year, in quote, while the price is ``price``.

    .. math::
        \ell(P) = -\frac{\sigma^2 P^2}{2}\, V''(P)

    Of a full range :math:`\sigma^2 V / 8`; of a range the same at its liquidity inside, 0 outside. At an end it is that
    of the branch below, as gamma is. Negative for what gains by moves, such as a claim on the loss. Source: Milionis,
    Moallemi, Roughgarden and Zhang (2022).

    Args:
        position: a pool position, or any other exposure whose delta does not jump.
        price: of any shape.
        volatility: per year, a decimal (0.65 is 65 %).

    Returns:
        The shape of ``price``.
    """
    sigma = require_positive("volatility", volatility, unit="decimal per year")
    prices = require_numbers(price, unit="quote per base")
    # 0 carries no minus.
    return 0.0 - sigma**2 / 2.0 * prices**2 * position.gamma(prices)


def expected_lvr(position: Exposure, *, price: ArrayLike, volatility: float, years: float) -> Any:
    r"""Mean loss versus rebalancing over a horizon, in quote: also the mean impermanent loss, and its claim's premium.

    .. math::
        E\!\int_0^T \ell(P_t)\,dt = V(P_0) - E[V(P_T)]

    under a driftless lognormal price. Of a full range :math:`V_0 (1 - e^{-\sigma^2 T / 8})`.

    Args:
        position: a pool position, or any other exposure.
        price: at the start, of any shape.
        volatility: per year, a decimal (0.65 is 65 %).
        years: the horizon in 365-day years (seven days are ``7 / 365``).

    Returns:
        The shape of ``price``. A difference of two values: 1e-16 of the value is its last digit.
    """
    model = Lognormal(price=1.0, volatility=volatility, years=years)
    return position.value(price) - smear(position.worth(), price, model.width)


def break_even_fee_rate(position: Exposure, *, price: ArrayLike, volatility: float, years: float) -> Any:
    r"""Fees per year that pay for the expected loss, as a share of the position's value at the start: a decimal.

    .. math::
        \varphi = \frac{V(P_0) - E[V(P_T)]}{V(P_0)\, T}

    Of a full range :math:`(1 - e^{-\sigma^2 T / 8}) / T`, close to :math:`\sigma^2 / 8`. It is an average over the
    whole horizon, outside the range included, where no fees are earned.

    Args:
        position, price, volatility, years: as in :func:`expected_lvr`.

    Returns:
        The shape of ``price``. What a whole plan must earn, with its costs, is said by :func:`lpgreeks.economics`.
    """
    loss = expected_lvr(position, price=price, volatility=volatility, years=years)
    return loss / (position.value(price) * years)


def il_implied_volatility(premium: ArrayLike, position: Instrument, *, start: float, years: float) -> Any:
    r"""The one volatility at which a claim on the impermanent loss costs ``premium``.

    .. math::
        V(P_0) - E_\sigma[V(P_T)] = \text{premium}

    With the fees that a position is expected to earn as the premium, it is the volatility at which they just pay for
    the loss. Source: Risk, Tung and Wang (2026), IL-implied volatility.

    Args:
        premium: in quote, of any shape; between 0 and the position's value, both excluded. NaN passes through.
        position: whose loss is paid, +1 of it.
        start: the price now and of holding, quote per base.
        years: to the end, in 365-day years (seven days are ``7 / 365``).

    Returns:
        Per year, a decimal, in the shape of ``premium``.

    Raises:
        InputError: a premium that no volatility explains, or a position that loses nothing.
    """
    time = require_positive("years", years, unit="years", remedy="Seven days are 7 / 365")
    claim = LossClaim(of=position, start=start)
    payoff: Powers = claim.worth()  # type: ignore[assignment]
    if not payoff.moves:
        raise InputError("a position that loses against holding", got=position.name)
    asked = require_numbers(premium, unit=claim.quote, what="premiums")
    most = float(_mean_at(payoff, claim.start, np.array(_WIDEST)))
    wrong = (asked <= 0) | (asked >= most)
    if wrong.any():
        raise InputError(
            f"premiums between 0 and {most:,.10g}, what the position is worth",
            got=f"{asked[wrong].flat[0]:,.10g}",
            unit=claim.quote,
            remedy="The loss is worth more the more prices move, and never as much as all of the position",
        )
    width = np.full(asked.shape, np.nan)
    known = ~np.isnan(asked)
    # The closed form of a full range is the first guess.
    guess = np.sqrt(-8.0 * np.log1p(-asked[known] / most))
    width[known] = _width_of(payoff, claim.start, asked[known], guess)
    volatility = width / math.sqrt(time)
    return float(volatility) if asked.ndim == 0 else volatility


def _width_of(payoff: Powers, forward: float, means: FloatArray, width: FloatArray) -> FloatArray:
    """The log standard deviations at which a convex ``payoff`` has these means: Newton's method within brackets.

    Its steps are taken between logarithms, where the mean of a convex payoff is nearly a line.
    """
    bent = payoff.derivative().derivative() * Powers.price() ** 2.0
    low, high = np.zeros_like(means), np.full_like(means, _WIDEST)
    for _ in range(_STEPS):
        mean = _mean_at(payoff, forward, width)
        low, high = np.where(mean < means, width, low), np.where(mean < means, high, width)
        # The heat equation: dE/dw = w E[S^2 f''(S)].
        vega = width * _mean_at(bent, forward, width)
        with np.errstate(all="ignore"):
            moved = width * np.exp(-np.log(mean / means) * mean / (width * vega))
        moved = np.where((moved >= low) & (moved <= high), moved, (low + high) / 2.0)
        settled = np.abs(moved - width) <= _SMALL * width
        width = moved
        if settled.all():
            break
    return width


def _mean_at(powers: Powers, forward: float, width: FloatArray) -> FloatArray:
    coefficients, exponents, kinks = powers.terms()
    return partial_moment(exponents, kinks, forward, width[..., None]) @ coefficients


def arbitrage_share(*, volatility: ArrayLike, fee: ArrayLike, blocks_per_year: ArrayLike) -> Any:
    r"""The share of a pool's LVR that arbitrageurs keep; the rest they pay to the pool as fees.

    .. math::
        \frac{1}{1 + \sqrt{2\lambda}\,\gamma/\sigma}, \qquad \gamma = \ln(1 + \text{fee})

    the chance that a block holds a trade that pays, with blocks at random times, :math:`\lambda` a year. Exact up to
    relative terms of the size of the fee and of a block's variance. Source: Milionis, Moallemi and Roughgarden (2023).

    Args:
        volatility: per year, a decimal; with the others of any shapes that broadcast.
        fee: of a trade, a decimal (0.003 is 30 basis points).
        blocks_per_year: 12-second blocks are ``365 * 24 * 3600 / 12``.
    """
    sigma = require_prices(volatility, unit="decimal per year", what="volatilities")
    gamma = np.log1p(require_prices(fee, unit="decimal", what="fees"))
    blocks = require_prices(blocks_per_year, unit="1 / year", what="blocks")
    share = 1.0 / (1.0 + np.sqrt(2.0 * blocks) * gamma / sigma)
    return float(share) if share.ndim == 0 else share
