"""Each setting of a sweep against the benchmark, and all of them together."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.statistics.sharpe import deflated_sharpe
from lpgreeks.sweeps.blocks import (
    Estimate,
    LogVarianceRatio,
    MeanDifference,
    Statistic,
    block_length,
    block_starts,
    studentised,
)
from lpgreeks.sweeps.many import stepwise, superior
from lpgreeks.sweeps.panel import Panel
from lpgreeks.sweeps.rules import Rules
from lpgreeks.sweeps.walk import windows_won

__all__ = ["Judged", "Trial", "judged", "none_better"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Trial(Noun):
    """One setting against the benchmark. What cannot be told is None or NaN, and ``reason`` says why.

    Attributes:
        setting: its column.
        mean: of its P&L less the benchmark's, per period.
        difference: the same with its interval, taken alone.
        better_p: of no larger mean, one-sided, corrected for every setting: by the greatest studentised difference of
            each resample, step by step (Romano and Wolf).
        log_ratio: logarithm of its variance over the benchmark's, with its interval, taken alone.
        steadier_p: of equal variances, two-sided, corrected for every setting (Romano and Wolf).
        sharpe: of the difference, per period.
        deflated: the chance that the true one is above what the best of all trials without skill would show.
        won: the share of random windows in which it makes more than the benchmark.
        beats: it makes more, corrected for every setting: ``better_p`` is at most ``1 - level``.
        in_step: it is among those that StepM finds, which finds too many: nothing rests on it.
        steadier: its variance is smaller, corrected for every setting.
        reason: why something cannot be told; "" where all is.
    """

    setting: Hashable
    mean: float
    difference: Estimate | None
    better_p: float
    log_ratio: Estimate | None
    steadier_p: float
    sharpe: float
    deflated: float
    won: float
    beats: bool
    in_step: bool
    steadier: bool
    reason: str

    @property
    def variance_ratio(self) -> float:
        """Its variance over the benchmark's; NaN where one of them never varies."""
        return math.nan if self.log_ratio is None else math.exp(self.log_ratio.value)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Every trial of a panel, and what can be said of all of them together.

    Attributes:
        trials: in the order of the columns.
        p_value: that none is better, by the greatest studentised difference; NaN where no difference varies.
        spa: the same by SPA.
        block, variance_block: periods that blocks hold, of differences and of squares.
    """

    trials: tuple[Trial, ...]
    p_value: float
    spa: float
    block: int
    variance_block: int


def judged(
    panel: Panel, rules: Rules, rng: np.random.Generator, advance: Callable[[int], object] = lambda _: None
) -> Judged:
    """The panel, judged; ``advance`` is told of work done, four parts for each setting in all."""
    excess, means, ratios = panel.excess, panel.differing, panel.comparable
    block = rules.block or block_length(excess[:, means])
    variance_block = rules.block or block_length(_squares(panel)[:, ratios])
    streams = rng.spawn(4)
    differences, drawn = _estimates(MeanDifference, panel, means, block, rules, streams[0], advance)
    better = _corrected(differences, _sizes(differences), drawn)
    log_ratios, drawn = _estimates(LogVarianceRatio, panel, ratios, variance_block, rules, streams[1], advance)
    steadier = _corrected(log_ratios, np.abs(_sizes(log_ratios)), np.abs(drawn))
    spa, in_step = superior(panel, block=block, rules=rules, rng=streams[2])
    advance(2 * len(panel.settings))
    sharpes = np.array([_sharpe(excess[:, j]) if told else math.nan for j, told in enumerate(means)])
    spread = _trial_variance(sharpes[means], rules.trials, len(panel))
    won = windows_won(excess, window=rules.window, windows=rules.windows, rng=streams[3])
    return Judged(
        trials=tuple(
            Trial(
                setting=setting,
                mean=float(excess[:, j].mean()),
                difference=differences[j],
                better_p=float(better[j]),
                log_ratio=ratio,
                steadier_p=float(steadier[j]),
                sharpe=float(sharpes[j]),
                deflated=_deflated(excess[:, j], sharpes[j], rules.trials, spread) if means[j] else math.nan,
                won=float(won[j]) if not panel.agreeing[j] else math.nan,
                beats=bool(better[j] <= 1.0 - rules.level),
                in_step=j in in_step,
                steadier=ratio is not None and ratio.value < 0 and bool(steadier[j] <= 1.0 - rules.level),
                reason=_reason(panel, j, differences[j], ratio),
            )
            for j, (setting, ratio) in enumerate(zip(panel.settings, log_ratios, strict=True))
        ),
        p_value=_least(better),
        spa=spa,
        block=block,
        variance_block=variance_block,
    )


def _estimates(
    statistic: type[Statistic],
    panel: Panel,
    told: NDArray[np.bool_],
    block: int,
    rules: Rules,
    rng: np.random.Generator,
    advance: Callable[[int], object] = lambda _: None,
) -> tuple[list[Estimate | None], FloatArray]:
    """The statistic of every setting that it can be told of, and ``(draws, told)`` t-values of resamples about it."""
    starts = block_starts(len(panel), block, rules.draws, rng)
    estimates: list[Estimate | None] = [None] * len(panel.settings)
    drawn = []
    for j in range(len(panel.settings)):
        advance(1)
        if not told[j]:
            continue
        own, other = panel.values[:, j], panel.benchmark
        found = studentised(statistic, own, other, block=block, starts=starts, level=rules.level)
        if found is not None:
            estimates[j], scattered = found
            drawn.append(scattered)
    return estimates, np.stack(drawn, axis=1) if drawn else np.zeros((rules.draws, 0))


def _sizes(estimates: list[Estimate | None]) -> FloatArray:
    """t-values of those that there are."""
    return np.array([e.value / e.error for e in estimates if e is not None])


def _corrected(estimates: list[Estimate | None], sizes: FloatArray, drawn: FloatArray) -> FloatArray:
    """``(settings,)`` p-values corrected for one another; NaN where there is no estimate."""
    corrected = np.full(len(estimates), math.nan)
    corrected[[e is not None for e in estimates]] = stepwise(sizes, drawn)
    return corrected


def _least(p_values: FloatArray) -> float:
    told = p_values[~np.isnan(p_values)]
    return float(told.min()) if told.size else math.nan


def none_better(panel: Panel, *, block: int, rules: Rules, rng: np.random.Generator) -> float:
    """The chance of so sure a best setting if none were better than the benchmark; NaN where no difference varies."""
    estimates, drawn = _estimates(MeanDifference, panel, panel.differing, block, rules, rng)
    return _least(_corrected(estimates, _sizes(estimates), drawn))


def _squares(panel: Panel) -> FloatArray:
    """What the log-variance ratios are means of: squares over their mean, less the benchmark's."""
    own, other = (x - x.mean(axis=0) for x in (panel.values, panel.benchmark[:, None]))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(own**2 / own.var(axis=0) - other**2 / other.var(axis=0))


def _sharpe(differences: FloatArray) -> float:
    return float(differences.mean() / differences.std(ddof=1))


def _trial_variance(sharpes: FloatArray, trials: int, periods: int) -> float:
    """Of Sharpe ratios over the trials; where the table lacks some, at least that of luck alone, 1 / (n - 1)."""
    seen = float(np.var(sharpes, ddof=1)) if sharpes.size > 1 else 0.0
    return seen if trials <= sharpes.size else max(seen, 1.0 / (periods - 1))


def _deflated(differences: FloatArray, sharpe: float, trials: int, variance: float) -> float:
    standard = (differences - differences.mean()) / differences.std()
    return deflated_sharpe(
        sharpe,
        periods=len(differences),
        trials=trials,
        variance=variance,
        skewness=float(np.mean(standard**3)),
        kurtosis=float(np.mean(standard**4)),
    )


def _reason(panel: Panel, j: int, difference: Estimate | None, ratio: Estimate | None) -> str:
    if difference is None:
        same = panel.agreeing[j]
        return f"the same as {panel.against}" if same else f"its difference from {panel.against} never varies"
    return f"it or {panel.against} never varies, or both alike" if ratio is None else ""
