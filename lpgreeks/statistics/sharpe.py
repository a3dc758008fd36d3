"""What a Sharpe ratio is worth: the chance that the true one is above a bar, and the bar that many trials set."""

from __future__ import annotations

import math

from lpgreeks.errors import InputError, require_finite, require_whole

__all__ = ["deflated_sharpe", "expected_best", "probabilistic_sharpe"]

# Euler and Mascheroni's constant.
_EULER = 0.5772156649015329

# Two values alone have a kurtosis of 1 + skewness**2 but for the rounding of fourth powers.
_ROUNDING = 1e-9


def probabilistic_sharpe(
    sharpe: float, *, periods: int, above: float = 0.0, skewness: float = 0.0, kurtosis: float = 3.0
) -> float:
    r"""The chance that the true Sharpe ratio is above a bar, given the one seen over so many periods.

    .. math::
        N\!\left( \frac{(\widehat{SR} - SR^*) \sqrt{n - 1}}
        {\sqrt{1 - \gamma_3 \widehat{SR} + \frac{\gamma_4 - 1}{4} \widehat{SR}^2}} \right)

    Periods count as independent of one another.

    Args:
        sharpe: mean over standard deviation of the returns, per period, not per year.
        periods: how many returns.
        above: the bar, per period.
        skewness: of the returns.
        kurtosis: of the returns, raw: 3 for a normal law.

    Raises:
        InputError: fewer than two periods, or moments that no distribution has: ``kurtosis < 1 + skewness**2``.

    Source: Bailey and López de Prado (2012).
    """
    from scipy.special import ndtr

    seen, bar = require_finite("sharpe", sharpe, unit="per period"), require_finite("above", above, unit="per period")
    count = require_whole("periods", periods, at_least=2)
    third, fourth = require_finite("skewness", skewness, unit=""), require_finite("kurtosis", kurtosis, unit="")
    spread = 1.0 - third * seen + (fourth - 1.0) / 4.0 * seen**2
    if fourth < (1.0 + third**2) * (1.0 - _ROUNDING) or spread <= 0:
        raise InputError(
            "moments that a distribution can have: kurtosis at least 1 + skewness**2",
            got=f"skewness={third:g}, kurtosis={fourth:g}",
            remedy="The kurtosis is raw: 3 for a normal law",
        )
    return float(ndtr((seen - bar) * math.sqrt(count - 1) / math.sqrt(spread)))


def expected_best(trials: int) -> float:
    r"""About the mean of the greatest of so many independent standard normal draws; 0 for one.

    .. math::
        (1 - \gamma)\, N^{-1}\!\left(1 - \tfrac{1}{K}\right) + \gamma\, N^{-1}\!\left(1 - \tfrac{1}{K e}\right)

    Args:
        trials: how many, from 1.

    Source: Bailey and López de Prado (2014).
    """
    from scipy.special import ndtri

    count = require_whole("trials", trials, at_least=1)
    if count == 1:
        return 0.0
    return float((1.0 - _EULER) * -ndtri(1.0 / count) + _EULER * -ndtri(1.0 / (count * math.e)))


def deflated_sharpe(
    sharpe: float, *, periods: int, trials: int, variance: float, skewness: float = 0.0, kurtosis: float = 3.0
) -> float:
    r"""The chance that the true Sharpe ratio is above what the best of so many trials without skill would show.

    :func:`probabilistic_sharpe` above :math:`SR^* = \sqrt{V}\, E[\max_K]`, with :func:`expected_best`.

    Args:
        sharpe: of the trial that was chosen, per period.
        periods: how many returns it rests on.
        trials: every setting that was tried, also those that nobody kept.
        variance: of the Sharpe ratios per period over the trials.
        skewness, kurtosis: of the chosen trial's returns; the kurtosis is raw.

    Raises:
        InputError: as :func:`probabilistic_sharpe`; a negative variance.

    Source: Bailey and López de Prado (2014).
    """
    spread = require_finite("variance", variance, unit="Sharpe ratios per period, squared")
    if spread < 0:
        raise InputError("a variance of 0 or more", got=f"{spread:g}")
    bar = math.sqrt(spread) * expected_best(trials)
    return probabilistic_sharpe(sharpe, periods=periods, above=bar, skewness=skewness, kurtosis=kurtosis)
