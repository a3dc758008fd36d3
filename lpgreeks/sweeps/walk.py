"""Choosing on the past and holding in the future: what the choice promised and what it made."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.sweeps.blocks import FEWEST_BLOCKS, Estimate, MeanDifference, block_starts, studentised
from lpgreeks.sweeps.panel import FEWEST, Panel, named
from lpgreeks.sweeps.rules import Rules

__all__ = ["WalkForward", "walk_forward", "windows_won"]


@dataclass(frozen=True, kw_only=True, repr=False)
class WalkForward(Noun):
    """In each window the setting that made most in the window before, stitched together.

    Attributes:
        window: periods of each.
        choices: the setting held in each window after the first.
        promised: mean excess over the benchmark per period of each choice in the window that it was chosen on.
        made: the same in the window that it was held in: mean, interval and p-value; None where it never varies.
        mean: of what was made, per period.
    """

    window: int
    choices: tuple[Hashable, ...]
    promised: float
    mean: float
    made: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return {
            "window": self.window,
            "choices": [named(c) for c in self.choices],
            "promised": self.promised,
            "mean": self.mean,
            "low": None if self.made is None else self.made.low,
            "high": None if self.made is None else self.made.high,
            "p_value": None if self.made is None else self.made.p_value,
        }


def walk_forward(panel: Panel, rules: Rules, *, block: int, rng: np.random.Generator) -> WalkForward | None:
    """The best of each window held in the next, windows end to end; None where fewer than two fit."""
    window = rules.window
    excess, count = panel.excess, len(panel) // window
    # The last windows are whole; what is left over is at the start.
    first = len(panel) - count * window
    if count < 2:
        return None
    means = excess[first:].reshape(count, window, -1).mean(axis=1)
    best = means[:-1].argmax(axis=1)
    made = np.concatenate([excess[first + (i + 1) * window :][:window, j] for i, j in enumerate(best)])
    estimate = None
    if len(made) >= FEWEST:
        block = min(block, len(made) // FEWEST_BLOCKS)
        starts = block_starts(len(made), block, rules.draws, rng)
        found = studentised(MeanDifference, made, np.zeros_like(made), block=block, starts=starts, level=rules.level)
        estimate = None if found is None else found[0]
    return WalkForward(
        window=window,
        choices=tuple(panel.settings[j] for j in best),
        promised=float(means[np.arange(count - 1), best].mean()),
        mean=float(made.mean()),
        made=estimate,
    )


def windows_won(excess: FloatArray, *, window: int, windows: int, rng: np.random.Generator) -> FloatArray:
    """``(settings,)``: in what share of random windows each makes more than the benchmark; the same for all."""
    total = np.concatenate([np.zeros((1, excess.shape[1])), np.cumsum(excess, axis=0)])
    begins = rng.integers(0, len(excess) - window + 1, size=windows)
    return np.asarray((total[begins + window] > total[begins]).mean(axis=0))
