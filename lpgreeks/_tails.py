"""The worst of weighted changes: how bad it is, and how bad it gets from there."""

from __future__ import annotations

import numpy as np

from lpgreeks._types import FloatArray

__all__ = ["loss_not_exceeded", "mean_of_worst"]

# A tail that ends within this of an outcome's weight ends there: 1 - 0.95 is 0.050000000000000044.
_SAME = 1e-12


def mean_of_worst(changes: FloatArray, weights: FloatArray, level: float) -> float:
    r"""The mean loss of the outcomes that hold the worst ``1 - level`` of the weight; a loss is positive.

    .. math::
        \min_t \; t + \frac{1}{1-\alpha} \sum_i w_i \max(-y_i - t, 0)

    The outcome at the tail's edge counts by the share of its weight that lies within.

    Args:
        changes: ``(n,)``, > 0 is a gain.
        weights: ``(n,)``, adding up to 1.
        level: 0.95 is the worst 5 %.

    Source: Rockafellar and Uryasev (2000).
    """
    order = np.argsort(changes)
    losses, held = -changes[order], weights[order]
    tail = 1.0 - level
    before = np.concatenate([[0.0], np.cumsum(held)[:-1]])
    shares = np.clip(tail - before, 0.0, held)
    return float(shares @ losses) / tail


def loss_not_exceeded(changes: FloatArray, weights: FloatArray, level: float) -> float:
    """The least loss that is not exceeded with a weight of ``level`` or more: the value at risk; see above."""
    order = np.argsort(changes)
    worse = np.cumsum(weights[order])
    first = int(np.searchsorted(worse, 1.0 - level + _SAME, side="right"))
    return 0.0 - float(changes[order[min(first, len(order) - 1)]])
