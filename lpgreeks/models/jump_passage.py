r"""First passage of a jump diffusion: the chance that it stays between two edges, by a spectral method.

From a log distance ``x`` above the lower edge the chance :math:`u(x, t)` to stay inside for the time ``t`` solves

.. math::
    \partial_t u = \tfrac12 \sigma^2 u'' + \nu u' + \lambda \Big(\int_0^L u(y)\, n(y - x; m, \delta)\, dy - u\Big),
    \qquad u(0, t) = u(L, t) = 0, \quad u(x, 0) = 1

with ``n`` the density of the log jump: jumps beyond an edge, like touching it, end the stay.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import Chebyshev

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError

if TYPE_CHECKING:
    from lpgreeks.models.merton import Merton

__all__ = ["farthest", "staying"]

# Beyond exp(-32) = 1e-14 nobody goes.
_NEVER = 32.0

# In a range narrower than a tenth of a standard deviation of the diffusion exp(-490) stay.
_NARROWEST = 0.1

# Points are doubled until two solutions agree to this; the error falls faster than any power of their number.
_AGREE = 1e-8
_FEWEST, _MOST = 32, 256

# Nine standard deviations leave 1e-19 of a jump's density outside.
_REACH = 9.0

# Gauss-Legendre points beyond those of the polynomial: they resolve the density of a jump.
_FOR_THE_DENSITY = 48


def farthest(model: Merton) -> tuple[float, float]:
    r"""Log distances down and up beyond which the price goes before the horizon with a probability below 1e-13.

    Doob's inequality for :math:`e^{\theta X_t - t \psi(\theta)}`, with :math:`\psi` the cumulant rate of the log price:
    the highest point exceeds ``x`` with at most :math:`e^{-\theta x + T \max(\psi(\theta), 0)}`, for every
    :math:`\theta > 0`.
    """
    thetas = np.geomspace(1e-3, 1e5, 400)

    def reach(side: float) -> float:
        theta = side * thetas
        with np.errstate(over="ignore"):
            jumps = np.expm1(theta * model.jump_mean + (theta * model.jump_volatility) ** 2 / 2)
            rate = theta * model.log_drift + (theta * model.volatility) ** 2 / 2
            rate = rate + (model.jumps_per_year * jumps if model.jumps_per_year else 0.0)
        return float(((_NEVER + model.years * np.maximum(rate, 0.0)) / thetas).min())

    return reach(-1.0), reach(1.0)


def staying(model: Merton, length: float) -> Chebyshev:
    """The chance to stay in a range of this log length until the horizon, by the log distance above its lower edge.

    Chebyshev collocation in space, the exponential of the matrix in time. To 1e-8: the points are doubled until two
    solutions agree to that, and the finer one, which is closer by far, is given.

    Raises:
        InputError: jumps with so little spread, in so wide a range, that 256 points do not resolve them.
    """
    if length < _NARROWEST * model.volatility * math.sqrt(model.years):
        return Chebyshev([0.0], domain=[0.0, length])
    points, found = _FEWEST, _solved(model, length, _FEWEST)
    at = length * (1 - np.cos(np.linspace(0.0, math.pi, 4 * _MOST))) / 2
    while points < _MOST:
        points, coarse = 2 * points, found
        found = _solved(model, length, points)
        if np.abs(found(at) - coarse(at)).max() < _AGREE:
            return found
    raise InputError(
        "jumps spread enough to be resolved",
        got=f"jump_volatility={model.jump_volatility:g} in a range of {length:.3g}",
        unit="of the log price",
        remedy="Give them more spread, or count the touches of model.sample(...)",
    )


def _solved(model: Merton, length: float, points: int) -> Chebyshev:
    from scipy.linalg import expm

    x, coefficients, slope = _collocation(points)
    half = length / 2
    rates = model.log_drift / half * slope + model.volatility**2 / 2 / half**2 * (slope @ slope)
    if model.jumps_per_year:
        values = half * (1.0 + x)
        after = np.stack([_after_a_jump(model, start, length, points) for start in values])
        rates += model.jumps_per_year * (after @ coefficients - np.eye(points + 1))
    stays = np.zeros(points + 1)
    # Both edges absorb.
    stays[1:-1] = expm(model.years * rates[1:-1, 1:-1]).sum(axis=1)
    return Chebyshev(coefficients @ stays, domain=[0.0, length])


def _after_a_jump(model: Merton, start: float, length: float, points: int) -> FloatArray:
    """Mean of each Chebyshev polynomial after one jump from ``start``, 0 outside the range."""
    z, weights = _gauss(points + _FOR_THE_DENSITY)
    low, high = (
        min(max((edge - start - model.jump_mean) / model.jump_volatility, -_REACH), _REACH) for edge in (0.0, length)
    )
    z = (low + high) / 2 + (high - low) / 2 * z
    density = (high - low) / 2 * weights * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    ends = start + model.jump_mean + model.jump_volatility * z
    angles = np.arccos(np.clip(2 * ends / length - 1.0, -1.0, 1.0))
    return np.asarray(density @ np.cos(angles[:, None] * np.arange(points + 1)))


@cache
def _gauss(points: int) -> tuple[FloatArray, FloatArray]:
    z, weights = np.polynomial.legendre.leggauss(points)
    return z, weights


@cache
def _collocation(points: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Chebyshev points on [-1, 1], the matrix from values to coefficients, and that from values to slopes.

    Source: Trefethen, Spectral methods in Matlab (2000), chapters 6 and 8.
    """
    k = np.arange(points + 1)
    x = np.cos(np.pi * k / points)
    ends = np.where((k == 0) | (k == points), 2.0, 1.0)
    coefficients = 2 / (points * np.outer(ends, ends)) * np.cos(np.pi * np.outer(k, k) / points)
    signs = (-1.0) ** k * ends
    slope = np.outer(signs, 1 / signs) / (x[:, None] - x + np.eye(points + 1))
    slope -= np.diag(slope.sum(axis=1))
    return x, coefficients, slope
