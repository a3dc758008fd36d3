"""Each setting of a sweep against the benchmark, and all of them together."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
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

__all__ = ["Judged", "Trial", "judged"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One setting against the benchmark. What cannot be told is None or NaN, and ``reason`` says why.

    Attributes:
        setting: its column.
        mean: of its P&L less the benchmark's, per period.
        difference: the same with its interval, taken alone.
        log_ratio: logarithm of its variance over the benchmark's, with its interval, taken alone.
        steadier_p: of equal variances, two-sided, corrected for every setting (Romano and Wolf).
        sharpe: of the difference, per period.
        deflated: the chance that the true one is above what the best of all trials without skill would show.
        won: the share of random windows in which it makes more than the benchmark.
        beats: it is among those that make more, corrected for every setting (Romano and Wolf).
        steadier: its variance is smaller, corrected for every setting.
        reason: why something cannot be told; "" where all is.
    """

    setting: Hashable
    mean: float
    difference: Estimate | None
    log_ratio: Estimate | None
    steadier_p: float
    sharpe: float
    deflated: float
    won: float
    beats: bool
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
        p_value: that none is better (SPA); NaN where no difference varies.
        block, variance_block: periods that blocks hold, of differences and of squares.
    """

    trials: tuple[Trial, ...]
    p_value: float
    block: int
    variance_block: int


def judged(panel: Panel, rules: Rules, rng: np.random.Generator) -> Judged:
    """The panel, judged."""
    excess, means, ratios = panel.excess, panel.differing, panel.comparable
    block = rules.block or block_length(excess[:, means])
    variance_block = rules.block or block_length(_squares(panel)[:, ratios])
    streams = rng.spawn(4)
    differences, _ = _estimates(MeanDifference, panel, means, block, rules, streams[0])
    log_ratios, corrected = _estimates(LogVarianceRatio, panel, ratios, variance_block, rules, streams[1])
    p_value, better = superior(panel, block=block, rules=rules, rng=streams[2])
    sharpes = np.array([_sharpe(excess[:, j]) if told else math.nan for j, told in enumerate(means)])
    spread = float(np.var(sharpes[means], ddof=1)) if means.sum() > 1 else 0.0
    won = windows_won(excess, window=rules.window, windows=rules.windows, rng=streams[3])
    return Judged(
        trials=tuple(
            Trial(
                setting=setting,
                mean=float(excess[:, j].mean()),
                difference=differences[j],
                log_ratio=ratio,
                steadier_p=float(corrected[j]),
                sharpe=float(sharpes[j]),
                deflated=_deflated(excess[:, j], sharpes[j], rules.trials, spread) if means[j] else math.nan,
                won=float(won[j]) if not panel.agreeing[j] else math.nan,
                beats=j in better,
                steadier=ratio is not None and ratio.value < 0 and bool(corrected[j] <= 1.0 - rules.level),
                reason=_reason(panel, j, differences[j], ratio),
            )
            for j, (setting, ratio) in enumerate(zip(panel.settings, log_ratios, strict=True))
        ),
        p_value=p_value,
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
) -> tuple[list[Estimate | None], FloatArray]:
    """The statistic of every setting that it can be told of, and p-values corrected for one another."""
    starts = block_starts(len(panel), block, rules.draws, rng)
    estimates: list[Estimate | None] = [None] * len(panel.settings)
    corrected = np.full(len(panel.settings), math.nan)
    drawn = []
    for j in np.flatnonzero(told):
        own, other = panel.values[:, j], panel.benchmark
        found = studentised(statistic, own, other, block=block, starts=starts, level=rules.level)
        if found is not None:
            estimates[j], scattered = found
            drawn.append(scattered)
    sizes = np.array([abs(e.value) / e.error for e in estimates if e is not None])
    if drawn:
        corrected[[e is not None for e in estimates]] = stepwise(sizes, np.stack(drawn, axis=1))
    return estimates, corrected


def _squares(panel: Panel) -> FloatArray:
    """What the log-variance ratios are means of: squares over their mean, less the benchmark's."""
    own, other = (x - x.mean(axis=0) for x in (panel.values, panel.benchmark[:, None]))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(own**2 / own.var(axis=0) - other**2 / other.var(axis=0))


def _sharpe(differences: FloatArray) -> float:
    return float(differences.mean() / differences.std(ddof=1))


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
