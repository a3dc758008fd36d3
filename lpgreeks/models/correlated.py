"""Several markets at once: lognormal prices whose logarithms are jointly normal."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_finite, require_numbers, require_whole
from lpgreeks.instruments import Exposure
from lpgreeks.measures import Measure, Value
from lpgreeks.models.bivariate import cross_covariance
from lpgreeks.models.lognormal import Lognormal
from lpgreeks.models.one_price import Kinks
from lpgreeks.models.quadrature import on_panels
from lpgreeks.paths import Outcomes, Paths, Seed, generator
from lpgreeks.paths.outcomes import column_of, read_only
from lpgreeks.powers import Powers
from lpgreeks.recipes import recorded
from lpgreeks.smears import Curve, Smeared

__all__ = ["Correlated", "Payoff"]

Payoff: TypeAlias = "Exposure | Mapping[str, Curve]"
"""An exposure, or a sum of functions of one market's price each, by market."""

# Correlations written with twelve digits may miss semidefiniteness by as much.
_SEMIDEFINITE = 1e-12

# Times this close, relatively, are one: 3 / 365 is not quite the third of seven steps.
_SAME_TIME = 1e-9

# Gauss-Legendre with 16 points on panels two standard deviations wide leaves 1e-17 of a smooth payoff.
_PANEL = 2.0

# Nine standard deviations leave 1e-19 outside; a variance of cubes shifts its mass by six widths.
_REACH = 9.0
_LARGEST_POWER = 6.0

# A node that adds less than this to the mean square of a price or of its inverse is dropped.
_LIGHTEST = 1e-18

# Near certain correlation the second market's kinks are steps of the first, this many of their widths from end to end.
_STEP = np.array([-8.0, -4.0, 0.0, 4.0, 8.0])
_STEEP = 0.5


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Correlated(Noun):
    r"""End prices of several markets, each lognormal, their logarithms jointly normal.

    .. math::
        \mathrm{Cov}\big(\ln S^i_{T_i}, \ln S^j_{T_j}\big) = \rho_{ij}\, w_i w_j, \qquad w_i = \sigma_i \sqrt{T_i}

    The horizons may differ: a price at an earlier date is a market with fewer years, and its correlation with the
    later price is :math:`\sqrt{T_1/T_2}`.

    Args:
        models: the law of each market's end price.
        correlation: of the logarithms of the end prices, in the order of ``models``: one number for two markets,
            else a matrix, symmetric, with ones on the diagonal and positive semidefinite.
    """

    models: Mapping[str, Lognormal]
    correlation: ArrayLike

    def __post_init__(self) -> None:
        remedy = 'Correlated(models={"ETH/USDC": Lognormal(...), "BTC/USDC": Lognormal(...)}, correlation=0.8)'
        good = isinstance(self.models, Mapping) and all(
            isinstance(market, str) and market and isinstance(model, Lognormal) for market, model in self.models.items()
        )
        if not good or len(self.models) < 2:
            raise InputError(
                "lognormal models of two or more markets, by market", got=f"{self.models!r:.80}", remedy=remedy
            )
        object.__setattr__(self, "models", dict(self.models))
        object.__setattr__(self, "correlation", read_only(_correlations(self.correlation, len(self.models))))

    @property
    def markets(self) -> tuple[str, ...]:
        """The columns, in the order of ``models``."""
        return tuple(self.models)

    @property
    def years(self) -> float:
        """The longest horizon of its markets."""
        return max(model.years for model in self.models.values())

    @property
    def _matrix(self) -> FloatArray:
        return np.asarray(self.correlation)

    def describe(self) -> str:
        """One sentence: each market's law, and the correlations."""
        laws = "; ".join(f"{market} {model.describe()}" for market, model in self.models.items())
        rows, columns = np.triu_indices(len(self.models), 1)
        pairs = ", ".join(f"{c:g}" for c in self._matrix[rows, columns])
        return f"{laws}; correlation {pairs}"

    # ---- moments

    def mean(self, of: Payoff, measure: Measure | None = None) -> float:
        """``E[sum f_m(S_m)]``, the closed form.

        Args:
            of: functions by market; or an exposure, by a measure of it.
            measure: which: its value in quote unless said.
        """
        return math.fsum(self._laws[i].mean(f) for i, f in self._functions(of, measure))

    def covariance(self, first: Payoff, second: Payoff, measure: Measure | None = None) -> float:
        """The covariance of two sums of functions of one market's price each.

        Across markets a finite sum of moments of two lognormal prices, within one a quadrature that does not cancel.
        The finite sum loses digits where a kink is about the forward and the horizon short:
        :func:`~lpgreeks.models.bivariate.cross_covariance` says how many.
        """
        pairs = ((f, g) for f in self._functions(first, measure) for g in self._functions(second, measure))
        return math.fsum(self._covariance(i, f, j, g) for (i, f), (j, g) in pairs)

    def standard_deviation(self, of: Payoff, measure: Measure | None = None) -> float:
        """Standard deviation of a sum of functions of one market's price each."""
        return math.sqrt(self.covariance(of, of, measure))

    def _covariance(self, i: int, f: Curve, j: int, g: Curve) -> float:
        if i == j:
            return self._laws[i].covariance(f, g)
        pairs = itertools.product(_payoffs(f), _payoffs(g))
        return math.fsum(self._across(i, *one, j, *other) for one, other in pairs)

    def _across(self, i: int, f: Powers, w_f: float, j: int, g: Powers, w_g: float) -> float:
        """Of payoffs that fall due after the horizon: the markets go on apart from there, so that widths add up."""
        first, second = self._laws[i], self._laws[j]
        widths = math.hypot(first.width, w_f), math.hypot(second.width, w_g)
        shared = float(self._matrix[i, j]) * (first.width / widths[0]) * (second.width / widths[1])
        return cross_covariance(f, g, forwards=(first.forward, second.forward), widths=widths, correlation=shared)

    def _functions(self, of: Payoff, measure: Measure | None) -> Iterator[tuple[int, Curve]]:
        """Column and function of each market."""
        if isinstance(of, Exposure):
            measure = Value(of.quote) if measure is None else measure
            of = measure(of, {market: self.on(market).price for market in of.markets or self.markets})
        if not (isinstance(of, Mapping) and all(isinstance(f, (Powers, Smeared)) for f in of.values())):
            raise InputError("an exposure, or functions of the price by market", got=f"{of!r:.60}")
        for market, powers in of.items():
            yield column_of(market, self.markets)[0], powers

    @cached_property
    def _laws(self) -> tuple[Lognormal, ...]:
        return tuple(self.models.values())

    # ---- nodes

    def nodes(self, kinks: Kinks = ()) -> Outcomes:
        """The law of two markets as weighted end prices: panels of the second market within panels of the first.

        Both break at every kink, the second's wherever the first stands. About 170 nodes a market for a range on
        each; every further kink adds 16 to its market's, and a correlation near 1 or -1 some to the first's.

        Args:
            kinks: by market; a plain list breaks both.

        Raises:
            InputError: three or more markets.
        """
        if len(self.models) > 2:
            raise InputError(
                "two markets for nodes, whose number is multiplied by each market",
                got=", ".join(self.models),
                remedy="Draw them: model.sample(paths=20_000, seed=1)",
            )
        correlation = float(self._matrix[0, 1])
        root = math.sqrt((1 - correlation) * (1 + correlation))
        first, second = (self._standard(i, kinks) for i in (0, 1))
        x, outer = on_panels(_outer_edges(first, second, self._reach(0), correlation, root))
        if root:
            reach, grid = self._reach(1), _panels(self._reach(1))
            breaks = np.clip((np.array(second) - correlation * x[:, None]) / root, -reach, reach)
            edges = np.concatenate([np.broadcast_to(grid, (x.size, grid.size)), breaks], axis=1)
            y, inner = on_panels(np.sort(edges, axis=1))
        else:
            y, inner = np.zeros((x.size, 1)), np.ones((x.size, 1))
        weights = (outer * np.exp(-x * x / 2))[:, None] * inner * np.exp(-y * y / 2)
        z = np.stack(np.broadcast_arrays(x[:, None], correlation * x[:, None] + root * y), axis=-1)
        moves = z * [law.width for law in self._laws]
        weights /= weights.sum()
        used = weights * np.exp(2 * np.abs(moves).max(axis=-1)) > _LIGHTEST
        drifts = [law.drift_per_year * law.years - law.variance / 2 for law in self._laws]
        return Outcomes(
            markets=self.markets,
            start=np.array([law.price for law in self._laws]),
            log_returns=moves[used] + drifts,
            weights=weights[used] / weights[used].sum(),
            sampled=False,
            effective=math.inf,
            source=self.describe(),
        )

    def _reach(self, i: int) -> float:
        return _REACH + _LARGEST_POWER * self._laws[i].width

    def _standard(self, i: int, kinks: Kinks) -> list[float]:
        """The kinks that column ``i`` reads, in standard deviations of its log price."""
        law = self._laws[i]
        if isinstance(kinks, Mapping):
            own = {k for market, some in kinks.items() if column_of(market, self.markets)[0] == i for k in some}
        else:
            own = set(kinks)
        return sorted((math.log(k / law.forward) + law.variance / 2) / law.width for k in own)

    # ---- on the way

    def on(self, market: str) -> Lognormal:
        """The law of one market's price; a market of the same pair stands in for one that is missing."""
        return self._laws[column_of(market, self.markets)[0]]

    def touch_probability(self, barrier: float, *, market: str) -> float:
        """Probability that the price of ``market`` touches ``barrier`` before the market's horizon."""
        return self.on(market).touch_probability(barrier)

    def barriers(self, probability: float, *, market: str) -> tuple[float, float]:
        """The prices of ``market`` below and above that are each touched with this probability."""
        return self.on(market).barriers(probability)

    def exit_probability(self, lower: float, upper: float, *, market: str) -> float:
        """Probability that the price of ``market`` leaves ``(lower, upper)`` before the market's horizon."""
        return self.on(market).exit_probability(lower, upper)

    def years_inside(self, lower: float, upper: float, *, market: str) -> float:
        """Expected time of the price of ``market`` between ``lower`` and ``upper``, in years."""
        return self.on(market).years_inside(lower, upper)

    @recorded
    def sample(self, *, paths: int, steps: int = 1, seed: Seed) -> Paths:
        r"""Exact draws at ``steps`` equal times after now; shape ``(paths, steps + 1, markets)``.

        A market with fewer years stands still from its horizon on. Correlated ends are those of Brownian motions with
        the correlation :math:`\rho_{ij} \sqrt{\max(T_i, T_j) / \min(T_i, T_j)}` while both move.

        Raises:
            InputError: horizons so far apart that no such motions have the ends' correlations.
        """
        paths = require_whole("paths", paths, at_least=1)
        steps = require_whole("steps", steps, at_least=1)
        horizons = np.array([law.years for law in self._laws])
        asked = np.linspace(0.0, self.years, steps + 1)
        times = np.unique([*asked, *(h for h in horizons if np.abs(asked - h).min() > _SAME_TIME * h)])
        root = _square_root(self._on_the_way(horizons))
        noise = generator(seed).standard_normal((paths, times.size - 1, len(self.models))) @ root.T
        spans = np.diff(times)[:, None] * (times[1:, None] <= horizons * (1 + _SAME_TIME))
        volatilities = np.array([law.volatility for law in self._laws])
        drifts = np.array([law.drift_per_year for law in self._laws]) - volatilities**2 / 2
        logs = np.zeros((paths, times.size, len(self.models)))
        np.cumsum(drifts * spans + volatilities * np.sqrt(spans) * noise, axis=1, out=logs[:, 1:])
        prices = np.array([law.price for law in self._laws]) * np.exp(logs[:, np.searchsorted(times, asked)])
        return Paths(
            markets=self.markets,
            prices=prices,
            years=asked,
            effective=float(paths),
            source=f"{paths:,} sampled paths of {steps:,} steps; {self.describe()}",
            seed=seed,
        )

    def _on_the_way(self, horizons: FloatArray) -> FloatArray:
        """The correlation of the moves while both markets move."""
        short, long = np.minimum.outer(horizons, horizons), np.maximum.outer(horizons, horizons)
        moving = self._matrix * np.sqrt(long / short)
        if np.linalg.eigvalsh(moving)[0] < -_SEMIDEFINITE * len(horizons):
            raise InputError(
                "correlations that prices moving at once can have at these horizons",
                got=f"{self.describe()}",
                remedy="Ends at T1 < T2 correlate by at most sqrt(T1 / T2)",
            )
        return moving


def _correlations(given: ArrayLike, count: int) -> FloatArray:
    if np.ndim(given) == 0:
        if count > 2:
            raise InputError(f"a matrix of correlations, {count} by {count}", got=f"{given!r}")
        number = require_finite("correlation", given, unit="decimal")  # type: ignore[arg-type]
        if abs(number) > 1:
            raise InputError("a correlation from -1 to 1", got=f"{number:g}", remedy="A decimal: 0.8 is 80 %")
        return np.array([[1.0, number], [number, 1.0]])
    matrix = require_numbers(given, unit="decimal", what="correlations")
    if matrix.shape != (count, count):
        raise InputError(f"correlations of shape ({count}, {count})", got=f"shape {matrix.shape}")
    if not (np.isfinite(matrix).all() and (matrix == matrix.T).all() and (np.diagonal(matrix) == 1).all()):
        raise InputError("a symmetric matrix with ones on its diagonal", got=matrix.tolist())
    least = float(np.linalg.eigvalsh(matrix)[0])
    if least < -_SEMIDEFINITE * count:
        raise InputError(
            "correlations that some prices can have: a positive semidefinite matrix",
            got=f"a smallest eigenvalue of {least:.3g}",
            remedy="Estimate all of them from one history",
        )
    return matrix


def _square_root(matrix: FloatArray) -> FloatArray:
    """``r`` with ``r @ r.T`` the matrix, which may be singular: eigenvalues of 0 up to rounding are 0."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray(vectors * np.sqrt(np.where(values > _SEMIDEFINITE, values, 0.0)))


def _panels(reach: float) -> FloatArray:
    return np.linspace(-reach, reach, math.ceil(2 * reach / _PANEL) + 1)


def _outer_edges(first: list[float], second: list[float], reach: float, correlation: float, root: float) -> FloatArray:
    """Panels of the first market, finer where the second's kinks, averaged over the rest, are steps of the first."""
    edges = np.concatenate([_panels(reach), first])
    if root < _STEEP * abs(correlation):
        steps = [k / correlation + _STEP * root / abs(correlation) for k in second]
        for near in steps:
            edges = edges[(edges <= near[0]) | (edges >= near[-1]) | np.isin(edges, first)]
        edges = np.concatenate([edges, *steps])
    return np.unique([-reach, *edges[np.abs(edges) <= reach], reach])


def _payoffs(curve: Curve) -> Iterable[tuple[Powers, float]]:
    return curve.payoffs() if isinstance(curve, Smeared) else [(curve, 0.0)]
