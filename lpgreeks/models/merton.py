"""Geometric Brownian motion with lognormal jumps at random times, of one price over one horizon."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import (
    InputError,
    require_finite,
    require_positive,
    require_probability,
    require_range,
    require_whole,
)
from lpgreeks.instruments import Exposure
from lpgreeks.measures import Measure
from lpgreeks.models import jump_passage, passage
from lpgreeks.models.one_price import (
    Kinks,
    all_kinks,
    covariance_on,
    function_of,
    nodes_at,
    paths_from,
    require_law,
    require_narrow,
)
from lpgreeks.models.quadrature import on_panels
from lpgreeks.paths import ANY_MARKET, Outcomes, Paths, Seed, generator
from lpgreeks.recipes import recorded
from lpgreeks.smears import Curve, smear

__all__ = ["Merton"]

# A jump that multiplies the price by e in one standard deviation: percent for decimals.
_LARGEST_JUMP = 1.0

# A number of jumps that adds less than e^-46 = 1e-20 to the mean of a square of the price, or of its inverse.
_RAREST = 46.0
_LARGEST_POWER = 2.0

# Panels two standard deviations wide of the narrowest law that reaches them, ten standard deviations to each side;
# a variance of cubes shifts the mass by six widths.
_PANEL = 2.0
_REACH = 10.0
_SHIFT = 6.0

# Of the time before this share of the horizon nothing is counted.
_INSTANT = 1e-14


@dataclass(frozen=True, kw_only=True)
class Merton(Noun):
    r"""The end price of a compensated jump diffusion: a Poisson mixture of lognormals.

    .. math::
        \ln\frac{S_T}{P_0} = \big(\mu - \lambda\kappa - \tfrac12\sigma^2\big) T + \sigma W_T + \sum_{i=1}^{N_T} J_i,
        \qquad N_T \sim \text{Poisson}(\lambda T),\quad J_i \sim N(m, \delta^2),\quad \kappa = e^{m + \delta^2/2} - 1

    The compensator :math:`\lambda\kappa` keeps the forward at :math:`P_0 e^{\mu T}`. Given ``n`` jumps the end price is
    lognormal with forward :math:`P_0 e^{(\mu - \lambda\kappa) T} (1 + \kappa)^n` and variance
    :math:`\sigma^2 T + n \delta^2`.

    Source: Merton, Option pricing when underlying stock returns are discontinuous, J. Financial Economics 3 (1976).

    Args:
        price: the price now, quote per base.
        volatility: between the jumps, per year, a decimal.
        years: the horizon in 365-day years.
        jumps_per_year: how many are expected; 0 for none.
        jump_mean: mean of the log jump, a decimal: -0.1 is about 10 % down.
        jump_volatility: standard deviation of the log jump, a decimal, positive.
        drift_per_year: growth rate of the mean; 0, a martingale, unless said.
    """

    price: float
    volatility: float
    years: float
    jumps_per_year: float
    jump_mean: float
    jump_volatility: float
    drift_per_year: float = 0.0

    def __post_init__(self) -> None:
        checked = require_law(self.price, self.volatility, self.years, self.drift_per_year) | {
            "jumps_per_year": require_finite("jumps_per_year", self.jumps_per_year, unit="jumps per year"),
            "jump_mean": require_finite("jump_mean", self.jump_mean, unit="decimal, of the log price"),
            "jump_volatility": require_positive(
                "jump_volatility",
                self.jump_volatility,
                unit="decimal, of the log price",
                remedy="Jumps of one size are jumps with a small spread, such as 0.02",
            ),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.jumps_per_year < 0:
            raise InputError("0 or more jumps", got=f"{self.jumps_per_year:g}", unit="jumps per year")
        if max(abs(self.jump_mean), self.jump_volatility) > _LARGEST_JUMP:
            raise InputError(
                f"log jumps with a mean within {_LARGEST_JUMP:g} of 0 and a volatility of at most {_LARGEST_JUMP:g}",
                got=f"jump_mean={self.jump_mean:g}, jump_volatility={self.jump_volatility:g}",
                unit="decimal, of the log price",
                remedy="A jump of 10 % down is about -0.1",
            )
        require_narrow(self.volatility, self.width, self.years)

    @property
    def width(self) -> float:
        """Standard deviation of the log price at the horizon, jumps included."""
        jumps = self.jumps_per_year * (self.jump_mean**2 + self.jump_volatility**2)
        return math.sqrt((self.volatility**2 + jumps) * self.years)

    @property
    def forward(self) -> float:
        """Mean of the end price, ``price * exp(drift_per_year * years)``."""
        return self.price * math.exp(self.drift_per_year * self.years)

    @property
    def log_drift(self) -> float:
        """Drift of the log price between the jumps, per year."""
        mean_jump = math.expm1(self.jump_mean + self.jump_volatility**2 / 2)
        return self.drift_per_year - self.jumps_per_year * mean_jump - self.volatility**2 / 2

    def describe(self) -> str:
        """One sentence: start, volatility, jumps, horizon, drift."""
        drift = f"drift {self.drift_per_year:.1%} a year" if self.drift_per_year else "driftless"
        jumps = f"{self.jumps_per_year:g} log jumps a year of {self.jump_mean:.1%} +- {self.jump_volatility:.1%}"
        days = f"{self.years * 365:g} days"
        return f"Merton from {self.price:,g}, volatility {self.volatility:.1%} a year, {jumps}, {days}, {drift}"

    # ---- moments

    def mean(self, of: Curve | Exposure, measure: Measure | None = None) -> float:
        """``E[f(S_T)]``, the closed form: a Poisson mixture of finite sums of partial moments.

        Args:
            of: a function of the price; or an exposure, by a measure of it.
            measure: which: its value in quote unless said.
        """
        powers = function_of(of, measure, self.price)
        weights, centres, widths = self._given_jumps
        forwards = self.price * np.exp(centres + widths**2 / 2)
        return math.fsum(
            w * float(smear(powers, f, v)) for w, f, v in zip(weights, forwards, widths.tolist(), strict=True)
        )

    def covariance(self, first: Curve | Exposure, second: Curve | Exposure, measure: Measure | None = None) -> float:
        """``Cov(f(S_T), g(S_T))`` by quadrature of centred changes, which does not cancel at short horizons.

        The closed form ``E[f g] - E[f] E[g]`` agrees to rounding at long ones.
        """
        f, g = (function_of(of, measure, self.price) for of in (first, second))
        return covariance_on(self.nodes((*f.kinks, *g.kinks)), f, g)

    def standard_deviation(self, of: Curve | Exposure, measure: Measure | None = None) -> float:
        """Standard deviation of ``f(S_T)``."""
        return math.sqrt(self.covariance(of, of, measure))

    def nodes(self, kinks: Kinks = ()) -> Outcomes:
        """The law as weighted prices: Gauss-Legendre panels that break at every kink, weighted by the density.

        A panel is two standard deviations wide of the narrowest of the mixed laws that reaches it.
        """
        weights, centres, widths = self._given_jumps
        edges = np.unique([math.log(k / self.price) for k in all_kinks(kinks)])
        reach = (_REACH + _SHIFT * widths) * widths
        lowest, highest = (centres - reach).min(), (centres + reach).max()
        edges = edges[(edges > lowest) & (edges < highest)]
        for centre, width, far in zip(centres, widths, reach, strict=True):
            ends = (centre - far, centre + far)
            inner = np.unique([*ends, *edges[(edges > ends[0]) & (edges < ends[1])]])
            parts = np.ceil(np.diff(inner) / (_PANEL * width)).astype(int)
            wide = np.flatnonzero(parts > 1)
            cuts = [np.linspace(inner[i], inner[i + 1], parts[i] + 1) for i in wide]
            edges = np.unique(np.concatenate([edges, ends, *cuts]))
        x, shares = on_panels(edges)
        z = (x[:, None] - centres) / widths
        return nodes_at(self.price, x, shares * (np.exp(-z * z / 2) @ (weights / widths)), source=self.describe())

    @cached_property
    def _numbers(self) -> FloatArray:
        """The numbers of jumps that come to anything, from 0 on: those of a law tilted by squares of the price too."""
        heavy = self.jumps_per_year * self.years * math.exp(self._tilt)
        return np.arange(1.0 + (math.ceil(heavy + 12 * math.sqrt(heavy) + _RAREST) if heavy else 0))

    @property
    def _tilt(self) -> float:
        """How much one jump adds to the logarithm of the mean of a square of the price, or of its inverse, at most."""
        return _LARGEST_POWER * abs(self.jump_mean) + (_LARGEST_POWER * self.jump_volatility) ** 2 / 2

    @cached_property
    def _given_jumps(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """By number of jumps: its probability, mean and standard deviation of the log return."""
        count = self.jumps_per_year * self.years
        logs = _poisson_logs(self._numbers, count)
        tilted = _poisson_logs(self._numbers, count * math.exp(self._tilt))
        kept = np.maximum(logs, tilted) > -_RAREST
        numbers, weights = self._numbers[kept], np.exp(logs[kept])
        centres = self.log_drift * self.years + numbers * self.jump_mean
        widths = np.sqrt(self.volatility**2 * self.years + numbers * self.jump_volatility**2)
        # Hundreds of jumps have logarithms that are rounded at 1e-13.
        return weights / weights.sum(), centres, widths

    # ---- on the way

    def on(self, market: str) -> Merton:
        """The law of the price of ``market``: this one, whichever it is."""
        return self

    def touch_probability(self, barrier: float) -> float:
        """Probability that the price reaches ``barrier`` or jumps beyond before the horizon, watched continuously.

        To 1e-8, absolute: see :func:`~lpgreeks.models.jump_passage.staying`.
        """
        barrier = require_positive("barrier", barrier, unit="quote per base")
        return self._touch(math.log(barrier / self.price))

    def _touch(self, distance: float) -> float:
        """Of a barrier at this log distance, negative below."""
        down, up = jump_passage.farthest(self)
        if not -down < distance < up:
            return 0.0
        # The lower edge, or the upper one, is the barrier, and nobody gets to the other.
        above = -distance if distance < 0 else down + up - distance
        return _left(self._staying(above)) if distance else 1.0

    @cached_property
    def _staying(self) -> Chebyshev:
        """The chance to stay in a range so wide that from near one edge nobody gets to the other."""
        return jump_passage.staying(self, sum(jump_passage.farthest(self)))

    def barriers(self, probability: float) -> tuple[float, float]:
        """The price below and the price above that are each touched with this probability before the horizon.

        The inverse of :meth:`touch_probability`. Either of the two is touched with up to twice the probability.

        Raises:
            InputError: a probability that is not inside (0, 1).
        """
        probability = require_probability("probability", probability)
        down, up = jump_passage.farthest(self)
        below = passage.bisect(lambda x: self._touch(-x) <= probability, 0.0, down)
        above = passage.bisect(lambda x: self._touch(x) <= probability, 0.0, up)
        return self.price * math.exp(-below), self.price * math.exp(above)

    def exit_probability(self, lower: float, upper: float) -> float:
        """Probability that the price leaves ``(lower, upper)`` before the horizon, watched continuously.

        Args:
            lower: quote per base; 0 for no edge below.
            upper: quote per base; infinity for no edge above.

        To 1e-8, absolute. A start on an edge or outside has left: 1.
        """
        below, above = self._distances(lower, upper)
        if min(below, above) <= 0:
            return 1.0
        down, up = jump_passage.farthest(self)
        below, above = min(below, down), min(above, up)
        return _left(jump_passage.staying(self, below + above)(below))

    def years_inside(self, lower: float, upper: float) -> float:
        r"""Expected time between ``lower`` and ``upper`` before the horizon, held through every exit; in years.

        .. math::
            \int_0^T P(\text{lower} < S_t < \text{upper})\, dt

        To 1e-10 of the horizon, by quadrature over the logarithm of time. The start may be outside.
        """
        from scipy.special import ndtr

        below, above = self._distances(lower, upper)
        logs, shares = on_panels(np.linspace(math.log(_INSTANT), 0.0, 33))
        times = (self.years * np.exp(logs))[:, None]
        numbers = self._numbers
        chances = np.exp(_poisson_logs(numbers, self.jumps_per_year * times))
        centres = self.log_drift * times + numbers * self.jump_mean
        widths = np.sqrt(self.volatility**2 * times + numbers * self.jump_volatility**2)
        inside = (chances * (ndtr((above - centres) / widths) - ndtr((-below - centres) / widths))).sum(axis=1)
        return float(shares @ (times[:, 0] * inside))

    def _distances(self, lower: float, upper: float) -> tuple[float, float]:
        """Log distances down to the lower and up to the upper price; negative where the start is beyond."""
        lower, upper = require_range(lower, upper, unit="quote per base")
        down = math.log(self.price / lower) if lower > 0 else math.inf
        return down, math.log(upper / self.price)

    @recorded
    def sample(self, *, paths: int, steps: int = 1, seed: Seed, market: str = ANY_MARKET) -> Paths:
        """Exact draws at ``steps`` equal times after now; shape ``(paths, steps + 1, 1)``."""
        paths = require_whole("paths", paths, at_least=1)
        steps = require_whole("steps", steps, at_least=1)
        random, each = generator(seed), self.years / steps
        numbers = random.poisson(self.jumps_per_year * each, (paths, steps))
        spread = np.sqrt(self.volatility**2 * each + numbers * self.jump_volatility**2)
        moves = self.log_drift * each + numbers * self.jump_mean + spread * random.standard_normal((paths, steps))
        return paths_from(self.price, moves, years=self.years, market=market, source=self.describe(), seed=seed)


def _left(stays: ArrayLike) -> float:
    """One minus a probability that a polynomial may miss by rounding."""
    return min(1.0, max(0.0, 1.0 - float(np.asarray(stays))))


def _poisson_logs(numbers: ArrayLike, mean: ArrayLike) -> FloatArray:
    """Logarithms of the probabilities of these numbers of jumps."""
    from scipy.special import gammaln, xlogy

    n, expected = np.asarray(numbers, dtype=np.float64), np.asarray(mean)
    return np.asarray(xlogy(n, expected) - expected - gammaln(n + 1.0))
