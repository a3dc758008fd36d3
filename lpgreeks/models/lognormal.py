"""Geometric Brownian motion of one price over one horizon."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lpgreeks.display import Noun
from lpgreeks.errors import (
    require_positive,
    require_probability,
    require_range,
    require_whole,
)
from lpgreeks.instruments import Exposure
from lpgreeks.measures import Measure
from lpgreeks.models import passage
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

__all__ = ["Lognormal"]

# Gauss-Legendre on panels half a standard deviation wide: 1e-15 of any smooth payoff.
_PANEL = 0.5

# Ten standard deviations leave 1e-23 of the weight outside; a variance of cubes shifts its mass by six widths.
_REACH = 10.0
_LARGEST_POWER = 6.0


@dataclass(frozen=True, kw_only=True)
class Lognormal(Noun):
    r"""The end price after ``years``, lognormal around the forward.

    .. math::
        \ln\frac{S_T}{F} \sim N\!\left(-\tfrac{v}{2},\; v\right), \qquad v = \sigma^2 T, \qquad F = P_0 e^{\mu T}

    Args:
        price: the price now, quote per base.
        volatility: per year, a decimal (0.65 is 65 %).
        years: the horizon in 365-day years (seven days are ``7 / 365``).
        drift_per_year: growth rate of the mean; 0, a martingale, unless said.
    """

    price: float
    volatility: float
    years: float
    drift_per_year: float = 0.0

    def __post_init__(self) -> None:
        for name, value in require_law(self.price, self.volatility, self.years, self.drift_per_year).items():
            object.__setattr__(self, name, value)
        require_narrow(self.volatility, self.width, self.years)

    @property
    def width(self) -> float:
        """Standard deviation of the log price at the horizon, ``volatility * sqrt(years)``."""
        return self.volatility * math.sqrt(self.years)

    @property
    def variance(self) -> float:
        """``volatility**2 * years``."""
        return self.width**2

    @property
    def forward(self) -> float:
        """Mean of the end price, ``price * exp(drift_per_year * years)``."""
        return self.price * math.exp(self.drift_per_year * self.years)

    def describe(self) -> str:
        """One sentence: start, volatility, horizon, drift."""
        drift = f"drift {self.drift_per_year:.1%} a year" if self.drift_per_year else "driftless"
        days = f"{self.years * 365:g} days"
        return f"lognormal from {self.price:,g}, volatility {self.volatility:.1%} a year, {days}, {drift}"

    # ---- moments

    def mean(self, of: Curve | Exposure, measure: Measure | None = None) -> float:
        """``E[f(S_T)]``, the closed form: a finite sum of partial moments.

        Args:
            of: a function of the price; or an exposure, by a measure of it.
            measure: which: its value in quote unless said.
        """
        return float(smear(function_of(of, measure, self.price), self.forward, self.width))

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
        """The law as weighted prices: Gauss-Legendre panels that break at every kink, of whichever market."""
        reach = _REACH + _LARGEST_POWER * self.width
        panels = 2 * math.ceil(reach / _PANEL)
        inner = [(math.log(k / self.forward) + self.variance / 2) / self.width for k in all_kinks(kinks)]
        edges = np.unique([*np.linspace(-reach, reach, panels + 1), *(z for z in inner if abs(z) < reach)])
        z, shares = on_panels(edges)
        drift = self.drift_per_year * self.years - self.variance / 2
        return nodes_at(self.price, self.width * z + drift, shares * np.exp(-z * z / 2), source=self.describe())

    # ---- on the way

    def on(self, market: str) -> Lognormal:
        """The law of the price of ``market``: this one, whichever it is."""
        return self

    def touch_probability(self, barrier: float) -> float:
        r"""Probability that the price touches ``barrier`` before the horizon, watched continuously.

        With :math:`a = |\ln(B/P_0)|` and :math:`\nu = \pm(\mu - \sigma^2/2)`, plus for a barrier above,

        .. math::
            N\!\left(\frac{\nu T - a}{\sigma\sqrt T}\right)
            + e^{2 \nu a / \sigma^2}\, N\!\left(\frac{-a - \nu T}{\sigma\sqrt T}\right)
        """
        from scipy.special import erfcx, ndtr

        barrier = require_positive("barrier", barrier, unit="quote per base")
        distance = abs(math.log(barrier / self.price))
        if distance == 0:
            return 1.0
        toward = math.copysign(1.0, barrier - self.price)
        drift = toward * (self.drift_per_year - self.volatility**2 / 2) * self.years
        away = (distance - drift) / self.width
        back = (distance + drift) / self.width
        if back < 0:
            # So strong a drift away from the barrier that the two terms are one tail: N(-back) is near 1.
            reflected = math.exp(2 * drift * distance / self.variance) * float(ndtr(-back))
        else:
            # exp(2 d a / v) N(-back) with both exponents in one: neither overflows nor cancels.
            reflected = math.exp(-(away**2) / 2) * float(erfcx(back / math.sqrt(2))) / 2
        return min(1.0, float(ndtr(-away)) + reflected)

    def barriers(self, probability: float) -> tuple[float, float]:
        """The price below and the price above that are each touched with this probability before the horizon.

        The inverse of :meth:`touch_probability`. Either of the two is touched with up to twice the probability.

        Raises:
            InputError: a probability that is not inside (0, 1).
        """
        probability = require_probability("probability", probability)
        # Nobody gets this far, whichever way the drift blows.
        far = passage.NEVER * self.width + abs(self.drift_per_year) * self.years + self.variance / 2

        def below(distance: float) -> float:
            return self.price * math.exp(-distance)

        def above(distance: float) -> float:
            return self.price * math.exp(distance)

        down = passage.bisect(lambda x: self.touch_probability(below(x)) <= probability, 0.0, far)
        up = passage.bisect(lambda x: self.touch_probability(above(x)) <= probability, 0.0, far)
        return below(down), above(up)

    def exit_probability(self, lower: float, upper: float) -> float:
        r"""Probability that the price leaves ``(lower, upper)`` before the horizon, watched continuously.

        One minus the integral over the range of the density that is absorbed at both edges: images of the start at
        short horizons, eigenfunctions of the range at long ones, either to rounding.

        Args:
            lower: quote per base; 0 for no edge below.
            upper: quote per base; infinity for no edge above.

        A start on an edge or outside has left: 1.
        """
        below, above = self._distances(lower, upper)
        if min(below, above) <= 0:
            return 1.0
        scaled = (np.full(1, x) for x in (below / self.width, above / self.width, self._drift))
        return float(passage.leaves_and_stays(*scaled)[0][0])

    def mean_exit_years(self, lower: float, upper: float) -> float:
        r"""Mean time to the first exit from ``(lower, upper)``, in years, however far beyond the horizon.

        With :math:`a = \ln(P_0/\text{lower})`, :math:`b = \ln(\text{upper}/P_0)` and
        :math:`\nu = \mu - \sigma^2/2`, whose limit :math:`\nu \to 0` is :math:`ab/\sigma^2`,

        .. math::
            \frac{1}{\nu} \left((a + b) \frac{1 - e^{-2\nu a/\sigma^2}}{1 - e^{-2\nu (a + b)/\sigma^2}} - a\right)

        Infinite where the only edge may never be reached; 0 for a start on an edge or outside.
        """
        below, above = self._distances(lower, upper)
        if min(below, above) <= 0:
            return 0.0
        return passage.mean_exit_years(below, above, self._drift * self.width / self.years, self.volatility**2)

    def years_inside(self, lower: float, upper: float) -> float:
        r"""Expected time between ``lower`` and ``upper`` before the horizon, held through every exit; in years.

        .. math::
            \int_0^T P(\text{lower} < S_t < \text{upper})\, dt

        To 1e-10 of itself while the range is wider than 1e-5 standard deviations. The start may be outside.
        """
        below, above = self._distances(lower, upper)
        return self.years * passage.time_inside(below / self.width, above / self.width, self._drift)

    def years_to_exit(self, lower: float, upper: float) -> float:
        r"""Expected time until the first exit from ``(lower, upper)`` or the horizon, whichever is first; in years.

        .. math::
            E[\min(\tau, T)] = \int_0^T P(\tau > t)\, dt

        To 1e-10 of itself while each edge is more than 1e-5 standard deviations away. 0 for a start outside.
        """
        below, above = self._distances(lower, upper)
        if min(below, above) <= 0:
            return 0.0
        return self.years * passage.time_to_exit(below / self.width, above / self.width, self._drift)

    @property
    def _drift(self) -> float:
        """Drift of the log price over the horizon, in its standard deviations."""
        return (self.drift_per_year * self.years - self.variance / 2) / self.width

    def _distances(self, lower: float, upper: float) -> tuple[float, float]:
        """Log distances down to the lower and up to the upper price; negative where the start is beyond."""
        lower, upper = require_range(lower, upper, unit="quote per base")
        down = math.log1p((self.price - lower) / lower) if lower > 0 else math.inf
        # An edge nearby loses no digits to a ratio near 1.
        return down, math.log1p((upper - self.price) / self.price)

    @recorded
    def sample(self, *, paths: int, steps: int = 1, seed: Seed, market: str = ANY_MARKET) -> Paths:
        """Exact draws at ``steps`` equal times after now; shape ``(paths, steps + 1, 1)``."""
        paths = require_whole("paths", paths, at_least=1)
        steps = require_whole("steps", steps, at_least=1)
        noise = generator(seed).standard_normal((paths, steps))
        each = self.years / steps
        moves = (self.drift_per_year - self.volatility**2 / 2) * each + self.volatility * math.sqrt(each) * noise
        return paths_from(self.price, moves, years=self.years, market=market, source=self.describe(), seed=seed)
