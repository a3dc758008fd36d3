r"""Two jointly lognormal prices: moments over the quadrant above two kinks, and covariances of sums of powers.

With ``Z1, Z2`` standard normal of correlation :math:`\rho` every such moment is an exponential tilt times the
bivariate normal distribution function :math:`\Phi_2`,

.. math::
    E\big[e^{p Z_1 + q Z_2}\, 1\{Z_1 > g\}\, 1\{Z_2 > h\}\big]
        = e^{(p^2 + 2\rho p q + q^2)/2}\; \Phi_2(p + \rho q - g,\; q + \rho p - h;\; \rho)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.powers import Powers

__all__ = ["cross_covariance", "joint_moment", "normal_quadrant", "smeared_covariance"]

# Beyond forty standard deviations a distribution function is 0 or 1 in doubles.
_FAR = 40.0

# A zero counts as just above zero, which is the limit that Owen takes; its products are no denormals.
_ABOVE_ZERO = 1e-150


def normal_quadrant(h: ArrayLike, k: ArrayLike, correlation: ArrayLike) -> FloatArray:
    r"""``P(Z1 <= h, Z2 <= k)`` for standard normals of a correlation in [-1, 1]; arguments broadcast, may be infinite.

    .. math::
        \Phi_2 = \tfrac12 \Phi(h) + \tfrac12 \Phi(k) - T(h, a_h) - T(k, a_k) - \tfrac12\, 1\{h < 0 \ne k < 0\},
        \qquad a_h = \frac{k - \rho h}{h \sqrt{1 - \rho^2}}

    To 1e-15, absolute. Source: Owen, Tables for computing bivariate normal probabilities, Ann. Math. Statist. 27
    (1956); T is his function.
    """
    from scipy.special import ndtr, owens_t

    h, k, rho = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (h, k, correlation)))
    h, k = (np.where(x == 0, _ABOVE_ZERO, np.clip(x, -_FAR, _FAR)) for x in (h, k))
    root = np.sqrt((1.0 - rho) * (1.0 + rho))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        tails = owens_t(h, _apart(k, h, rho) / (h * root)) + owens_t(k, _apart(h, k, rho) / (k * root))
    inside = (ndtr(h) + ndtr(k)) / 2 - tails - ((h < 0) != (k < 0)) / 2
    same, opposite = ndtr(np.minimum(h, k)), np.maximum(ndtr(h) - ndtr(-k), 0.0)
    return np.where(root > 0, np.maximum(inside, 0.0), np.where(rho > 0, same, opposite))


def _apart(k: FloatArray, h: FloatArray, rho: FloatArray) -> FloatArray:
    """``k - rho * h`` with all its digits where the correlation is near 1 or -1."""
    return np.where(rho > 0, (k - h) + (1.0 - rho) * h, (k + h) - (1.0 + rho) * h)


def joint_moment(
    a: ArrayLike,
    k: ArrayLike,
    b: ArrayLike,
    l: ArrayLike,  # noqa: E741
    *,
    forwards: tuple[float, float],
    widths: tuple[float, float],
    correlation: float,
) -> FloatArray:
    r"""``E[S1^a S2^b 1{S1 > k} 1{S2 > l}]`` for jointly lognormal prices; the four arguments broadcast.

    .. math::
        F_1^a F_2^b\, e^{a(a-1)w_1^2/2 + b(b-1)w_2^2/2 + ab\rho w_1 w_2}\;
        \Phi_2\Big(\tfrac{\ln(F_1/k)}{w_1} + (a - \tfrac12) w_1 + b \rho w_2,\;
                   \tfrac{\ln(F_2/l)}{w_2} + (b - \tfrac12) w_2 + a \rho w_1;\; \rho\Big)

    Args:
        a, b: exponents.
        k, l: kinks, quote per base; 0 for none.
        forwards: the means of the prices, quote per base.
        widths: the standard deviations of their logarithms, positive.
        correlation: of the logarithms, from -1 to 1.
    """
    a, k, b, l = (np.asarray(x, dtype=np.float64) for x in (a, k, b, l))  # noqa: E741
    (f, g), (v, w), rho = forwards, widths, correlation
    with np.errstate(divide="ignore"):
        first = np.log(f / k) / v + (a - 0.5) * v + b * rho * w
        second = np.log(g / l) / w + (b - 0.5) * w + a * rho * v
    growth = a * (a - 1.0) * v**2 / 2 + b * (b - 1.0) * w**2 / 2 + a * b * rho * v * w
    return np.asarray(f**a * g**b * np.exp(growth) * normal_quadrant(first, second, rho))


def cross_covariance(
    f: Powers, g: Powers, *, forwards: tuple[float, float], widths: tuple[float, float], correlation: float
) -> float:
    r"""``Cov(f(S1), g(S2))`` for jointly lognormal prices, a finite sum over pairs of terms.

    Each function is written around the piece that rules at its forward, with :math:`1\{S > k\}` for kinks above and
    :math:`1\{S \le k\}` for kinks below, so that far kinks cost no digits; each pair contributes

    .. math::
        e^{(p^2 + q^2)/2} \big[(e^{\rho p q} - 1)\, \Phi_2(u + \rho q, v + \rho p; \rho)
            + \Phi_2(u + \rho q, v + \rho p; \rho) - \Phi(u)\, \Phi(v)\big]

    What is left to cancel is a kink about the forward at a short horizon: the terms of one piece, each of the size of
    the value, make up a change of about ``slope * price * width``. The error is 1e-16 of the product of the two
    functions' largest terms.
    """
    from scipy.special import ndtr

    c, p, u, side = _around_the_forward(f, forwards[0], widths[0])
    d, q, v, other = (x[None, :] for x in _around_the_forward(g, forwards[1], widths[1]))
    c, p, u, side = (x[:, None] for x in (c, p, u, side))
    # A term below its kink is one above it in the mirrored normal, which mirrors the correlation.
    rho = correlation * side * other
    joint = normal_quadrant(u + rho * q, v + rho * p, rho)
    excess = np.expm1(rho * p * q) * joint + (joint - ndtr(u) * ndtr(v))
    return float((c * d * np.exp((p**2 + q**2) / 2) * excess).sum())


def _around_the_forward(
    powers: Powers, forward: float, width: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    r"""``(c, p, u, side)`` with ``f(S)`` a sum of :math:`c\, e^{p Y}\, 1\{Y > p - u\}`, ``Y = side * Z`` normal."""
    steps = np.diff(powers.coefficients, axis=0)
    kinks = np.array(powers.kinks)
    below = kinks < forward
    # Where S <= k the piece at the forward gives way to those below: the step with its sign turned.
    rows = np.concatenate([powers.coefficients[[below.sum()]], np.where(below[:, None], -steps, steps)])
    row, column = np.nonzero(rows)
    side = np.concatenate([[1.0], np.where(below, -1.0, 1.0)])[row]
    with np.errstate(divide="ignore"):
        edges = np.concatenate([[-np.inf], np.where(below, -1, 1) * (np.log(kinks / forward) / width + width / 2)])
    exponents = powers.exponents[column]
    tilt = side * exponents * width
    scale = np.exp(exponents * (math.log(forward) - width**2 / 2))
    return rows[row, column] * scale, tilt, tilt - edges[row], side


def smeared_covariance(f: Powers, w_f: float, g: Powers, w_g: float, forward: float, width: float) -> float:
    r"""``Cov(E[f(S X1) | S], E[g(S X2) | S])``: what two payoffs that fall due later are worth at one horizon.

    ``S X1`` and ``S X2`` are jointly lognormal, with variances :math:`w^2 + w_f^2`, :math:`w^2 + w_g^2` and the
    correlation :math:`w^2 / \sqrt{(w^2 + w_f^2)(w^2 + w_g^2)}`, and ``X1``, ``X2`` are independent of each other.

    Args:
        f, g: functions of the price at which each falls due.
        w_f, w_g: standard deviations of the log price from the horizon until then; 0 for what is due at the horizon.
        forward: mean of ``S``, quote per base; ``X1`` and ``X2`` have mean 1.
        width: standard deviation of ``ln S``, positive.
    """
    first, second = math.hypot(width, w_f), math.hypot(width, w_g)
    correlation = (width / first) * (width / second)
    return cross_covariance(f, g, forwards=(forward, forward), widths=(first, second), correlation=correlation)
