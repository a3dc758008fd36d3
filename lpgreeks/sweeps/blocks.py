"""The studentised bootstrap of circular blocks, for smooth functions of means of series that depend on their past."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lpgreeks._sums import ROUNDING
from lpgreeks._types import FloatArray, IntArray
from lpgreeks.display import Noun

__all__ = [
    "FEWEST_BLOCKS",
    "Estimate",
    "LogVarianceRatio",
    "MeanDifference",
    "Statistic",
    "block_length",
    "block_starts",
    "long_run_deviation",
    "studentised",
]

FEWEST_BLOCKS = 8
"""Fewer tell nothing about a spread between blocks."""

# Sums of blocks that are held at once: 32 MB.
_MOST_VALUES = 4_000_000


class Statistic(ABC):
    """A smooth function of the means of ``q`` series."""

    @staticmethod
    @abstractmethod
    def series(own: FloatArray, other: FloatArray) -> FloatArray:
        """``(n, q)`` from two ``(n,)`` columns."""

    @staticmethod
    @abstractmethod
    def value(means: FloatArray) -> FloatArray:
        """``(..., q)`` means to ``(...)`` values; NaN where there is none."""

    @staticmethod
    @abstractmethod
    def slope(means: FloatArray) -> FloatArray:
        """The gradient, ``(..., q)``."""


class MeanDifference(Statistic):
    """The mean of one column less that of another."""

    @staticmethod
    def series(own: FloatArray, other: FloatArray) -> FloatArray:
        return (own - other)[:, None]

    @staticmethod
    def value(means: FloatArray) -> FloatArray:
        return means[..., 0]

    @staticmethod
    def slope(means: FloatArray) -> FloatArray:
        return np.ones_like(means)


class LogVarianceRatio(Statistic):
    r"""``ln(var(own) / var(other))``, of which Ledoit and Wolf (2011) test whether it is 0."""

    @staticmethod
    def series(own: FloatArray, other: FloatArray) -> FloatArray:
        # A variance is that of deviations: squares of the series themselves would cancel.
        own, other = own - own.mean(), other - other.mean()
        return np.stack([own, other, own**2, other**2], axis=1)

    @staticmethod
    def value(means: FloatArray) -> FloatArray:
        own, other = LogVarianceRatio._variances(means)
        return np.asarray(np.log(own / other))

    @staticmethod
    def slope(means: FloatArray) -> FloatArray:
        own, other = LogVarianceRatio._variances(means)
        a, b = means[..., 0], means[..., 1]
        return np.stack([-2 * a / own, 2 * b / other, 1 / own, -1 / other], axis=-1)

    @staticmethod
    def _variances(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        a, b, aa, bb = np.moveaxis(means, -1, 0)
        # Blocks of one value have no variance.
        found = (np.where(v > 0, v, np.nan) for v in (aa - a**2, bb - b**2))
        own, other = found
        return own, other


@dataclass(frozen=True, kw_only=True)
class Estimate(Noun):
    """A statistic of a sample and how far resampled blocks scatter about it.

    Attributes:
        value: of the sample.
        error: its standard error.
        low, high: the interval that holds the truth with the level's confidence, for itself.
        p_value: of a true value of 0, two-sided, never 0.
        effective: independent periods that the sample is worth for this statistic.
    """

    value: float
    error: float
    low: float
    high: float
    p_value: float
    effective: float


def block_length(columns: FloatArray) -> int:
    """Politis and White's length of circular blocks for ``(n, k)`` columns, of all the longest; at most ``n / 8``.

    Columns that never vary have none; 1 where there is no other.

    Source: Politis and White (2004), corrected by Patton, Politis and White (2009), through ``arch``.
    """
    from arch.bootstrap import optimal_block_length

    apart = columns - columns.mean(axis=0)
    varying = apart[:, np.ptp(columns, axis=0) > ROUNDING * np.abs(columns).max(axis=0)]
    if not varying.size:
        return 1
    # arch is at home with numbers near 1.
    asked = float(np.max(optimal_block_length(varying / varying.std(axis=0))["circular"]))
    return int(min(max(1, math.ceil(asked)), len(columns) // FEWEST_BLOCKS))


def block_starts(count: int, block: int, draws: int, rng: np.random.Generator) -> IntArray:
    """Where the blocks of each resample begin: ``(draws, count // block)``."""
    return rng.integers(0, count, size=(draws, count // block))


def studentised(
    statistic: type[Statistic], own: FloatArray, other: FloatArray, *, block: int, starts: IntArray, level: float
) -> tuple[Estimate, FloatArray] | None:
    r"""The statistic with a symmetric bootstrap-t interval, and the p-value that belongs to it.

    With :math:`z_j` the sum over a block of ``block`` values of the linearised statistic about its mean, the standard
    error of the sample is :math:`s^2 = \operatorname{mean}(z^2) / (b\,n)` over every circular block, that of a
    resample of :math:`l` blocks the same over its own, about its own mean. The interval is
    :math:`\hat\theta \pm q\, s` with :math:`q` the quantile of :math:`|\theta^* - \hat\theta| / s^*`, and

    .. math::
        p = \frac{1 + \#\{ |\theta^* - \hat\theta| / s^* \ge |\hat\theta| / s \}}{1 + \text{draws}}.

    With it come the ``(draws,)`` values of :math:`(\theta^* - \hat\theta) / s^*`, infinite where a resample has none.
    None where the linearised statistic never varies.

    Source: Götze and Künsch (1996); Ledoit and Wolf (2008, 2011).
    """
    series = statistic.series(own, other)
    count, centre = len(series), series.mean(axis=0)
    value, slope = float(statistic.value(centre)), statistic.slope(centre)
    linear = (series - centre) @ slope
    if not linear.std() > ROUNDING * np.abs(series @ np.abs(slope)).max():
        return None
    sums = _circular_sums(series - centre, block)
    error = float(long_run_deviation(linear, block)) / math.sqrt(count)
    values, errors = (np.concatenate(x) for x in zip(*_resampled(statistic, sums, centre, block, starts), strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        scattered = (values - value) / errors
    # A resample whose blocks are all alike says that anything may be.
    scattered = np.where(np.isfinite(scattered), scattered, np.inf)
    sizes = np.abs(scattered)
    reach = float(np.quantile(sizes, level, method="higher")) * error
    estimate = Estimate(
        value=value,
        error=error,
        low=value - reach,
        high=value + reach,
        p_value=(1 + int((sizes >= abs(value) / error).sum())) / (1 + len(starts)),
        effective=min(float(count), float(linear.var()) / error**2),
    )
    return estimate, scattered


def _resampled(
    statistic: type[Statistic], sums: FloatArray, centre: FloatArray, block: int, starts: IntArray
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Values and standard errors of resamples, so many at a time as fit the memory."""
    length = starts.shape[1]
    for some in np.array_split(starts, math.ceil(starts.size * sums.shape[1] / _MOST_VALUES)):
        drawn = sums[some]
        means = drawn.mean(axis=1)
        slopes = statistic.slope(centre + means / block)
        apart = np.einsum("dlq,dq->dl", drawn - means[:, None], slopes)
        yield statistic.value(centre + means / block), np.sqrt(np.mean(apart**2, axis=1) / (block**2 * length))


def long_run_deviation(centred: FloatArray, block: int) -> FloatArray:
    """``(...)`` of ``(n, ...)`` about their means: the deviation of a sum over a block, per square root of its length.

    The square root of the autocovariances' sum with triangular (Bartlett) weights up to ``block``.
    """
    return np.asarray(np.sqrt(np.mean(_circular_sums(centred, block) ** 2, axis=0) / block))


def _circular_sums(series: FloatArray, block: int) -> FloatArray:
    """Sums over the ``block`` values from each one on, around the end, in the shape of the series."""
    around = np.concatenate([series, series[: block - 1]])
    total = np.concatenate([np.zeros_like(series[:1]), np.cumsum(around, axis=0)])
    return np.asarray(total[block:] - total[:-block])
