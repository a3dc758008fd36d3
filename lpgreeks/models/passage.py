r"""First passage of Brownian motion: when it leaves a range, how long it stays, which range to choose.

The log price moves by :math:`\nu t + \sigma W_t` with :math:`\nu = \mu - \sigma^2/2`. Most functions here count in
standard deviations of the whole horizon, whose length is then 1: ``below`` and ``above`` are the distances down to
the lower and up to the upper edge, :math:`a, b = |\ln(\text{edge}/P_0)| / \sigma\sqrt T`, and
``drift`` is :math:`\theta = \nu\sqrt T / \sigma`. No edge is at infinity.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, require_positive
from lpgreeks.models.quadrature import on_panels

if TYPE_CHECKING:
    from lpgreeks.models.lognormal import Lognormal

__all__ = [
    "NEVER",
    "bisect",
    "leaves_and_stays",
    "mean_exit_years",
    "range_for_exits",
    "time_inside",
    "time_to_exit",
]

# Where the two series meet each needs few terms: the first one left out is below exp(-50).
_NARROW = 2.5
_MODES = np.arange(1.0, 9.0)[:, None]
_IMAGES = np.arange(1.0, 4.0)[:, None]

NEVER = 40.0
"""Standard deviations beyond the drift that are never covered: exp(-800) is no double."""

# Stands for infinity in sums over edges.
_INFINITE = 60.0

# Of the time before this share of the horizon a range as narrow as 1e-5 standard deviations loses 1e-11.
_INSTANT = 1e-20

# In standard deviations of the moment at which the mean path crosses an edge.
_CROSSING = np.linspace(-12.0, 12.0, 25)

# Below this pull across the range the ends of the closed form cancel, and 16 points integrate it to rounding.
_GENTLE = 1.0

# exp(300) is 1e130: a range that wide is none.
_LOG_WIDEST = 300.0

_WEEKS_PER_YEAR = 365 / 7


def leaves_and_stays(below: FloatArray, above: FloatArray, drift: FloatArray) -> tuple[FloatArray, FloatArray]:
    r"""Probabilities of an exit before time 1 and of none, each to rounding where it is the small one.

    In a wide range, :math:`L = a + b > 2.5`, the exit is a sum over images (:func:`_reached_first`); in a narrow one
    staying is a sum over eigenfunctions,

    .. math::
        \sum_{n \ge 1} \frac{n\pi}{L^2 \lambda_n} \sin\frac{n \pi a}{L}
            \left(e^{-\theta a} - (-1)^n e^{\theta b}\right) e^{-\lambda_n},
        \qquad \lambda_n = \frac{n^2\pi^2}{2 L^2} + \frac{\theta^2}{2}

    Source: the heat equation absorbed at both edges, tilted by the drift (Borodin and Salminen, Handbook of Brownian
    Motion, 2002).
    """
    below, above = (np.minimum(x, np.abs(drift) + _INFINITE) for x in (below, above))
    leaves, stays = np.empty_like(below), np.empty_like(below)
    narrow = below + above <= _NARROW
    wide = ~narrow
    a, b, t = below[wide], above[wide], drift[wide]
    leaves[wide] = np.clip(_reached_first(a, b, -t) + _reached_first(b, a, t), 0.0, 1.0)
    stays[wide] = 1 - leaves[wide]
    stays[narrow] = np.clip(_eigenfunctions(below[narrow], above[narrow], drift[narrow]), 0.0, 1.0)
    leaves[narrow] = 1 - stays[narrow]
    return leaves, stays


def _eigenfunctions(below: FloatArray, above: FloatArray, drift: FloatArray) -> FloatArray:
    width = below + above
    waves = _MODES * np.pi / width
    rates = (waves**2 + drift**2) / 2
    ends = np.exp(-drift * below - rates) - (-1) ** _MODES * np.exp(drift * above - rates)
    return np.asarray((waves / (width * rates) * np.sin(waves * below) * ends).sum(axis=0))


def _reached_first(near: FloatArray, far: FloatArray, drift: FloatArray) -> FloatArray:
    r"""Probability that the edge ``near`` away is reached before time 1 and before the other one.

    With :math:`d` the distance to the edge and to its images, :math:`2kL \pm a`, those with the minus subtracted, each
    contributes :math:`e^{\theta (a - d)} N(\theta - d) + e^{\theta (a + d)} N(-\theta - d)`.
    """
    width = near + far
    added = np.concatenate([near[None], 2 * _IMAGES * width + near])
    taken = 2 * _IMAGES * width - near
    plus, minus = (_tail(near, d, drift, 1.0) + _tail(near, d, drift, -1.0) for d in (added, taken))
    return np.asarray(plus.sum(axis=0) - minus.sum(axis=0))


def _tail(near: FloatArray, distance: FloatArray, drift: FloatArray, toward: float) -> FloatArray:
    """``exp(drift * (near - toward * distance)) N(toward * drift - distance)``; neither factor overflows."""
    from scipy.special import erfcx, ndtr

    reach = toward * drift - distance
    weight = np.exp(-((drift - near) ** 2) / 2 - (distance - near) * (distance + near) / 2)
    folded = weight * erfcx(np.maximum(-reach, 0.0) / math.sqrt(2)) / 2
    plain = np.exp(np.minimum(drift * (near - toward * distance), 0.0)) * ndtr(reach)
    return np.where(reach > 0, plain, folded)


def time_to_exit(below: float, above: float, drift: float) -> float:
    """Mean of the first exit or 1, whichever comes first: the integral of staying over time."""

    def stays(root: FloatArray) -> FloatArray:
        return leaves_and_stays(below / root, above / root, drift * root)[1]

    return _over_time(stays, below, above, drift)


def time_inside(below: float, above: float, drift: float) -> float:
    """Mean share of the time spent between the edges, whether or not they were crossed before.

    The integral of ``P(-below < drift * t + W_t < above)`` over time. A start outside has a negative distance.
    """
    from scipy.special import ndtr

    def inside(root: FloatArray) -> FloatArray:
        low, high = -below / root - drift * root, above / root - drift * root
        # In the lower tail the difference keeps its digits.
        low, high = np.where(high > -low, (-high, -low), (low, high))
        return np.asarray(ndtr(high) - ndtr(low))

    return _over_time(inside, below, above, drift)


def _over_time(chance: Callable[[FloatArray], FloatArray], below: float, above: float, drift: float) -> float:
    """The integral over ``t`` from 0 to 1 of ``chance(sqrt(t))``, by quadrature over the logarithm of time.

    Before the nearer edge comes within forty standard deviations nothing happens; panels break around the moments
    when the mean path crosses an edge, which under a strong drift is all at once.
    """
    near = min(abs(below), abs(above))
    if near == math.inf:
        return float(chance(np.ones(1))[0])
    begin = min(1.0, max(_INSTANT, (near / (NEVER + math.sqrt(abs(drift) * near))) ** 2))
    panels = 1 + math.ceil(-math.log(begin))
    edges = [np.geomspace(begin, 1.0, panels + 1)]
    for distance in (-below, above):
        if distance * drift > 0 and abs(distance) < math.inf:
            crossing = distance / drift
            edges.append(crossing + _CROSSING * math.sqrt(crossing) / abs(drift))
    times = np.concatenate(edges)
    logs, weights = on_panels(np.log(np.unique(times[(times >= begin) & (times <= 1)])))
    middle = float(weights @ (np.exp(logs) * chance(np.exp(logs / 2))))
    return begin * float(chance(np.full(1, math.sqrt(begin)))[0]) + middle


def mean_exit_years(below: float, above: float, drift: float, variance: float) -> float:
    r"""Mean time to the first exit, however long it takes; distances in log price, the rest per year.

    With :math:`\kappa = 2\nu/\sigma^2` and :math:`p` the probability of leaving at the top,

    .. math::
        \frac{(a + b)\, p - a}{\nu}, \qquad p = \frac{1 - e^{-\kappa a}}{1 - e^{-\kappa (a + b)}};
        \qquad \frac{ab}{\sigma^2} \text{ without drift}

    Source: optional stopping of the process and of its exponential martingale.
    """
    if above < below:
        below, above, drift = above, below, -drift
    if above == math.inf:
        return below / -drift if drift < 0 and below < math.inf else math.inf
    pull, width = 2 * drift / variance, below + above
    if abs(pull) * width < _GENTLE:
        # The same as an integral of exponentials, in which nothing cancels: ends' difference over the pull.
        shares, weights = on_panels(np.array([0.0, 1.0]))
        rise = weights @ (np.exp(-pull * below * shares) * _mean_decay(pull * above * shares) * shares)
        return 2 * below * above / variance * float(rise) / float(_mean_decay(np.array(pull * width)))
    if pull > 0:
        top = math.expm1(-pull * below) / math.expm1(-pull * width)
    else:
        top = math.exp(pull * above) * math.expm1(pull * below) / math.expm1(pull * width)
    return (width * top - below) / drift


def _mean_decay(x: FloatArray) -> FloatArray:
    """``(1 - exp(-x)) / x``, the mean of ``exp(-x s)`` for s from 0 to 1."""
    from scipy.special import exprel

    return np.asarray(exprel(-x))


def bisect(reached: Callable[[float], bool], low: float, high: float) -> float:
    """The number between ``low`` and ``high`` from which on ``reached`` is true, to the last digit."""
    while low < (middle := low + (high - low) / 2) < high:
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def range_for_exits(model: Lognormal, *, per_week: float) -> tuple[float, float]:
    r"""The range around the model's price that, re-centred at each exit, is left ``per_week`` times a week.

    The range is ``(price / w, price * w)``; one exit comes per mean exit time :math:`t` in the long run (the renewal
    theorem). The model's horizon plays no part. With :math:`h = \ln w`,

    .. math::
        t = \frac{h}{\nu} \tanh\frac{\nu h}{\sigma^2}, \qquad h = \sigma \sqrt t \text{ without drift}

    Args:
        model: its price, volatility and drift.
        per_week: exits per seven days; 0.5 is one in two weeks.

    Returns:
        Lower and upper price, quote per base.

    Raises:
        InputError: so few exits that no range is wide enough to be a price.
    """
    from lpgreeks.models.lognormal import Lognormal

    if not isinstance(model, Lognormal):
        raise InputError("a lognormal model", got=f"{model!r:.60}", remedy="lp.Lognormal(price=..., ...)")
    per_week = require_positive("per_week", per_week, unit="exits per week")
    target = 1 / (per_week * _WEEKS_PER_YEAR)
    drift, variance = model.drift_per_year - model.volatility**2 / 2, model.volatility**2
    # From tanh x <= min(x, 1) and tanh x >= x / (1 + x); without drift the two ends are one.
    least = max(math.sqrt(variance * target), abs(drift) * target)
    most = (abs(drift) * target + math.sqrt((drift * target) ** 2 + 4 * variance * target)) / 2
    half = bisect(lambda h: mean_exit_years(h, h, drift, variance) >= target, least, max(least, most))
    if half > _LOG_WIDEST:
        raise InputError(
            f"a rate that a range of at most exp({_LOG_WIDEST:g}) times the price has",
            got=f"per_week={per_week:g}",
            unit="exits per week",
            remedy="Ask for more exits",
        )
    return model.price * math.exp(-half), model.price * math.exp(half)
