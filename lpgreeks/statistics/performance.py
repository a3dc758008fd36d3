"""How an equity series fared: return, risk and drawdown, each stated or said to be undefined."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._sums import ROUNDING
from lpgreeks._tails import loss_not_exceeded, mean_of_worst
from lpgreeks._types import FloatArray
from lpgreeks.display import Answer, shortened
from lpgreeks.errors import InputError, require_probability, require_whole
from lpgreeks.hedging.text import WIDTH, aligned, percent, rounded, wrapped
from lpgreeks.statistics.series import Times, finite, stamp, utc_times, years_between

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Performance", "performance"]

# exp(700) is 1e304: a growth beyond it is no figure.
_LOG_GREATEST = 700.0

# From here on a share is said as a multiple.
_MANYFOLD = 100.0

# Steps that differ by less than this share of the usual one are one length.
_SAME_STEP = 1e-6

_MEANINGS = {
    "total_return": "last over first, less 1",
    "return_per_year": "compound, 365 days",
    "volatility": "standard deviation per square root of a year",
    "sharpe": "mean return per year over volatility, no interest taken off",
    "sortino": "mean return per year over the semi-deviation about 0",
    "drawdown": "the greatest fall from the running peak, of that peak",
    "under_water": "share of time in steps that end below the peak",
    "longest_under_water": "the longest stretch of them, in days",
    "value_at_risk": "loss of a step that is not exceeded, at the level",
    "cvar": "mean loss of the worst steps, beyond the level",
    "excess_return_per_year": "return per year less the benchmark's",
    "tracking_error": "volatility of the difference from the benchmark's returns",
    "information_ratio": "mean difference per year over tracking error",
    "beta": "slope of returns on the benchmark's",
    "correlation": "of returns with the benchmark's",
}

_PLAIN = ("sharpe", "sortino", "longest_under_water", "information_ratio", "beta", "correlation")
"""Figures that are no share."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Performance(Answer):
    """Figures of an equity series. One that is not defined is NaN, and ``reasons`` says why.

    Attributes:
        figures: by name: ``total_return``, ``return_per_year``, ``volatility``, ``sharpe``, ``sortino``,
            ``drawdown``, ``under_water``, ``longest_under_water`` (days), ``value_at_risk`` and ``cvar`` (of returns
            per step; a loss is positive); with a benchmark also ``excess_return_per_year``, ``tracking_error``,
            ``information_ratio``, ``beta``, ``correlation``. Decimals of the equity. Each is an attribute too.
        reasons: why a figure is NaN, by its name.
        start: first time, UTC.
        end: last time.
        steps: how many returns there are.
        irregular: the steps differ in length.
        level: of the value at risk: 0.95 leaves the worst 5 % beyond.
        ddof: what the number of returns is lessened by in variances.
    """

    figures: Mapping[str, float]
    reasons: Mapping[str, str]
    start: np.datetime64
    end: np.datetime64
    steps: int
    irregular: bool
    level: float
    ddof: int

    def __getattr__(self, name: str) -> float:
        # Only what is no field comes here; a copy that is being made has no fields yet.
        if name in _MEANINGS and name in self.__dict__.get("figures", {}):
            return float(self.figures[name])
        raise AttributeError(f"a performance has no {name!r}")

    @property
    def years(self) -> float:
        """From the first time to the last, in years of 365 days."""
        return float(years_between(self.start, self.end))

    def table(self) -> pd.DataFrame:
        """One row per figure: how large, what it is, and why it is NaN where it is."""
        import pandas as pd

        rows = [(name, x, _MEANINGS[name], self.reasons.get(name, "")) for name, x in self.figures.items()]
        return pd.DataFrame(rows, columns=["figure", "value", "meaning", "reason"]).set_index("figure")

    def sentence(self) -> str:
        """The answer in one sentence."""
        total, yearly, volatility, drawdown = map(
            self._shown, ("total_return", "return_per_year", "volatility", "drawdown")
        )
        return (
            f"In {self.years * 365:.4g} days from {stamp(self.start)} UTC the equity made {total} ({yearly} a year), "
            f"with a volatility of {volatility} a year and a greatest drawdown of {drawdown}."
        )

    def summary(self) -> str:
        """The figures as text."""
        rows = [[name.replace("_", " "), self._shown(name), _MEANINGS[name]] for name in self.figures]
        lines = [wrapped(self.sentence(), WIDTH), "", *aligned(rows, words=(0, 2))]
        notes = [
            f"no {', '.join(n.replace('_', ' ') for n, why in self.reasons.items() if why == reason)}: {reason}"
            for reason in dict.fromkeys(self.reasons.values())
        ]
        if self.irregular:
            notes.append("steps differ in length: each return is weighed by its own, value at risk takes them as equal")
        if self.years < 1:
            notes.append(f"figures per year stretch {self.years * 365:.4g} days to 365")
        return "\n".join([*lines, *([""] if notes else []), *(wrapped(f"- {n}", WIDTH, indent="  ") for n in notes)])

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<Performance: {self.sentence()}>")

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON; None where a figure is not defined."""
        return {
            "sentence": self.sentence(),
            "start": stamp(self.start),
            "end": stamp(self.end),
            "years": self.years,
            "steps": self.steps,
            "irregular": self.irregular,
            "level": self.level,
            "ddof": self.ddof,
            "figures": {name: None if math.isnan(x) else x for name, x in self.figures.items()},
            "reasons": dict(self.reasons),
        }

    def _shown(self, name: str) -> str:
        x = self.figures[name]
        if math.isnan(x):
            return "undefined"
        if name in _PLAIN:
            return rounded(x)
        return percent(x) if abs(x) < _MANYFOLD else f"{x:.3g}-fold"


def performance(
    equity: ArrayLike, times: Times, *, benchmark: ArrayLike | None = None, level: float = 0.95, ddof: int = 1
) -> Performance:
    r"""The figures of an equity series; with returns :math:`r_i` over steps of :math:`\Delta_i` years,

    .. math::
        \mu = \frac{\sum r_i}{\sum \Delta_i}, \qquad
        \sigma^2 = \frac{1}{n - \text{ddof}} \sum \frac{(r_i - \mu \Delta_i)^2}{\Delta_i}, \qquad
        \sigma_-^2 = \frac{1}{n} \sum \frac{\min(r_i, 0)^2}{\Delta_i}

    are the mean return, the variance and the semi-variance about 0, per year: on equal steps the sample mean and
    variance times the number of steps a year. Sharpe is :math:`\mu / \sigma`, Sortino :math:`\mu / \sigma_-`. Drawdown
    is relative: the greatest :math:`1 - E_t / \max_{s \le t} E_s`. Value at risk and CVaR are those of the empirical
    distribution of the :math:`r_i`, each as likely, with a fractional tail.

    Args:
        equity: ``(n,)`` capital in quote, the first above 0. One that falls to 0 or below is ruin: it has drawdowns
            and a total return, and no returns from there on.
        times: ``(n,)`` ascending, UTC unless they have a zone; equally apart or not.
        benchmark: ``(n,)`` equity of what it is measured against, at the same times.
        level: of value at risk and CVaR.
        ddof: 1 is the sample variance, 0 the population's.

    Raises:
        InputError, DataError: fewer than two times, what is not finite, a first value that is not above 0.

    Source: Sharpe (1994), Sortino and van der Meer (1991), Rockafellar and Uryasev (2000).
    """
    stamps = utc_times(times)
    if len(stamps) < 2:
        raise InputError("two or more times", got=f"{len(stamps)}", remedy="A single value has no return")
    level, ddof = require_probability("level", level), require_whole("ddof", ddof, at_least=0)
    wealth = _equity(equity, len(stamps), "equity")
    years = years_between(stamps[:-1], stamps[1:])
    found = _Figures()
    _growth(found, wealth, float(years.sum()))
    _risk(found, wealth, years, level=level, ddof=ddof)
    _under_water(found, wealth, years)
    if benchmark is not None:
        _against(found, wealth, _equity(benchmark, len(stamps), "benchmark"), years, ddof=ddof)
    return Performance(
        figures={name: found.figures[name] for name in _MEANINGS if name in found.figures},
        reasons=found.reasons,
        start=stamps[0],
        end=stamps[-1],
        steps=len(years),
        irregular=bool(np.ptp(years) > _SAME_STEP * np.median(years)),
        level=level,
        ddof=ddof,
    )


class _Figures:
    """Figures as they are found; one that cannot be is NaN with a reason."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}
        self.reasons: dict[str, str] = {}

    def add(self, name: str, value: float) -> None:
        self.figures[name] = float(value)

    def ratio(self, name: str, value: float, by: float, reason: str) -> None:
        """``value / by``, or the reason where ``by`` is 0 or not defined."""
        if by > 0:
            self.add(name, value / by)
        else:
            self.lacks((name,), reason)

    def lacks(self, names: tuple[str, ...], reason: str) -> None:
        self.figures |= dict.fromkeys(names, math.nan)
        self.reasons |= dict.fromkeys(names, reason)


def _equity(values: ArrayLike, count: int, what: str) -> FloatArray:
    array = finite(values, count, what=what, unit="quote")
    if not array[0] > 0:
        raise InputError(f"{what} that starts above 0", got=f"{array[0]:g}", unit="quote")
    return array


def _growth(found: _Figures, wealth: FloatArray, years: float) -> None:
    found.add("total_return", wealth[-1] / wealth[0] - 1.0)
    if not (wealth > 0).all():
        return found.lacks(("return_per_year",), _ruin(wealth))
    growth = math.log(wealth[-1] / wealth[0]) / years
    if growth > _LOG_GREATEST:
        return found.lacks(("return_per_year",), "compounded over a year it is beyond any number")
    return found.add("return_per_year", math.expm1(growth))


def _risk(found: _Figures, wealth: FloatArray, years: FloatArray, *, level: float, ddof: int) -> None:
    if not (wealth[:-1] > 0).all():
        return found.lacks(("volatility", "sharpe", "sortino", "value_at_risk", "cvar"), _ruin(wealth))
    returns = wealth[1:] / wealth[:-1] - 1.0
    equal = np.full(len(returns), 1.0 / len(returns))
    found.add("value_at_risk", loss_not_exceeded(returns, equal, level))
    found.add("cvar", mean_of_worst(returns, equal, level))
    mean = returns.sum() / years.sum()
    losses = np.minimum(returns, 0.0)
    found.ratio("sortino", mean, math.sqrt(np.mean(losses**2 / years)), "no step lost")
    if len(returns) <= ddof:
        return found.lacks(("volatility", "sharpe"), _too_few(returns, ddof))
    found.add("volatility", _spread(returns, years, ddof))
    return found.ratio("sharpe", mean, found.figures["volatility"], "returns that never vary")


def _under_water(found: _Figures, wealth: FloatArray, years: FloatArray) -> None:
    peak = np.maximum.accumulate(wealth)
    found.add("drawdown", np.max(1.0 - wealth / peak))
    below = (wealth < peak)[1:]
    found.add("under_water", years[below].sum() / years.sum())
    # Stretches have the number of the peak that they hang from.
    stretches = np.bincount(np.cumsum(~below), weights=np.where(below, years, 0.0))
    found.add("longest_under_water", stretches.max() * 365)


def _against(found: _Figures, wealth: FloatArray, other: FloatArray, years: FloatArray, *, ddof: int) -> None:
    names = ("excess_return_per_year", "tracking_error", "information_ratio", "beta", "correlation")
    for each in (wealth, other):
        if not (each > 0).all():
            return found.lacks(names, _ruin(each))
    returns, theirs = wealth[1:] / wealth[:-1] - 1.0, other[1:] / other[:-1] - 1.0
    if len(returns) <= ddof:
        return found.lacks(names, _too_few(returns, ddof))
    beside = _Figures()
    _growth(beside, other, float(years.sum()))
    reason = found.reasons.get("return_per_year") or beside.reasons.get("return_per_year")
    if reason:
        found.lacks(names[:1], reason)
    else:
        found.add(names[0], found.figures["return_per_year"] - beside.figures["return_per_year"])
    gap = returns - theirs
    found.add("tracking_error", _spread(gap, years, ddof))
    found.ratio(
        "information_ratio", gap.sum() / years.sum(), found.figures["tracking_error"], "a difference that never varies"
    )
    own, its = (_standardised(r, years) for r in (returns, theirs))
    spreads = _spread(returns, years, ddof), _spread(theirs, years, ddof)
    found.ratio("beta", float(own @ its), float(its @ its) * (spreads[1] > 0), "a benchmark that never varies")
    size = math.sqrt(float(own @ own) * float(its @ its))
    return found.ratio("correlation", float(own @ its), size * (min(spreads) > 0), "one of the two never varies")


def _standardised(returns: FloatArray, years: FloatArray) -> FloatArray:
    """Returns about their mean per year, each per square root of its own step."""
    return np.asarray((returns - returns.sum() / years.sum() * years) / np.sqrt(years))


def _spread(returns: FloatArray, years: FloatArray, ddof: int) -> float:
    """Standard deviation per square root of a year; 0 where the returns vary by no more than rounding."""
    # A return is a ratio near 1 less 1: its rounding is that of 1.
    if np.ptp(returns / years) * years.max() <= ROUNDING:
        return 0.0
    apart = _standardised(returns, years)
    return math.sqrt(float(apart @ apart) / (len(returns) - ddof))


def _ruin(wealth: FloatArray) -> str:
    return f"ruin: the equity is {rounded(float(wealth[wealth <= 0][0]))} after {int((wealth <= 0).argmax())} steps"


def _too_few(returns: FloatArray, ddof: int) -> str:
    return f"{len(returns)} return{'s' if len(returns) > 1 else ''}, less {ddof}"
