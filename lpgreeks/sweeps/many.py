"""Many settings against one benchmark: which are better when all that were looked at are counted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.sweeps.blocks import long_run_deviation
from lpgreeks.sweeps.panel import Panel
from lpgreeks.sweeps.rules import Rules

__all__ = ["holm", "stepwise", "superior"]

# Of the setting that keeps the stepwise test from running dry, in standard errors: never the best of any resample.
_HOPELESS = -1e6


def superior(panel: Panel, *, block: int, rules: Rules, rng: np.random.Generator) -> tuple[float, frozenset[int]]:
    """The chance of so good a best setting if none were better, and the settings that are better all the same.

    Hansen's test of superior predictive ability (the consistent p-value, never 0) and Romano and Wolf's stepwise one,
    both on one set of circular-block resamples of differences over their long-run standard deviations. A resample
    keeps the deviation of the sample, so that in short samples and long memory both find more than ``1 - level`` where
    nothing is there: they are figures to print, and nothing rests on them. NaN and none where no difference varies.

    Source: Hansen (2005), Romano and Wolf (2005), through ``arch``.
    """
    from arch.bootstrap import StepM

    columns = np.flatnonzero(panel.differing)
    if not columns.size:
        return math.nan, frozenset()
    excess = panel.excess[:, columns]
    # arch compares plain means, whatever it is told to studentise by.
    scaled = excess / long_run_deviation(excess - excess.mean(axis=0), block)
    # Where every setting is found, but not all in one step, it looks for the best of none.
    losses = -np.column_stack([scaled, np.full(len(panel), _HOPELESS)])
    benchmark, size = np.zeros(len(panel)), 1.0 - rules.level
    test = StepM(benchmark, losses, size=size, block_size=block, reps=rules.draws, bootstrap="circular", seed=rng)
    test.compute()
    found = columns[np.asarray(test.superior_models, dtype=np.intp)]
    # The steps leave the p-value of the last one; the resamples are kept, so this asks again for all.
    test.spa.compute()
    p_value = (1 + rules.draws * float(test.spa.pvalues["consistent"])) / (1 + rules.draws)
    return p_value, frozenset(found.tolist() if p_value <= size else ())


def stepwise(sizes: FloatArray, scattered: FloatArray) -> FloatArray:
    """``(k,)`` p-values, corrected for one another by the greatest of each resample, the surest hypothesis first.

    Unlike sums over single p-values they have no floor that grows with ``k``, and they know that settings are alike.

    Args:
        sizes: ``(k,)`` t-values of the sample: absolute ones two-sided, signed ones for the upper side.
        scattered: ``(draws, k)`` those of the resamples about the sample; all columns of one resample belong together.

    Source: Romano and Wolf (2005, 2016).
    """
    order = np.argsort(-sizes)
    # The greatest among those that are no surer than this one.
    greatest = np.maximum.accumulate(scattered[:, order[::-1]], axis=1)[:, ::-1]
    p_values = (1 + (greatest >= sizes[order]).sum(axis=0)) / (1 + len(scattered))
    corrected = np.empty(len(sizes))
    corrected[order] = np.maximum.accumulate(p_values)
    return corrected


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for one another; NaN ones stay and are not counted.

    Source: Holm (1979).
    """
    told = sorted((p, i) for i, p in enumerate(p_values) if not math.isnan(p))
    corrected, so_far = [math.nan] * len(p_values), 0.0
    for rank, (p, i) in enumerate(told):
        so_far = max(so_far, min(1.0, (len(told) - rank) * p))
        corrected[i] = so_far
    return corrected
