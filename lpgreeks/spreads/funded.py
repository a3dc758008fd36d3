"""For how long a perpetual leg was held without a known funding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpgreeks.costs import Funding
from lpgreeks.markets.check import commonest_step
from lpgreeks.markets.streams import FundingRates
from lpgreeks.paths.rows import Times

if TYPE_CHECKING:
    from lpgreeks.spreads.trades import SpreadTrades

__all__ = ["unfunded_hours"]

_HOUR = np.timedelta64(1, "h")

# One settlement alone does not say when the next is due: 8 hours are usual.
_USUAL = np.timedelta64(8, "h")

# A quantity that came out of a sum of trades is 0 but for rounding.
_ROUNDING = 1e-9


def unfunded_hours(trades: SpreadTrades, last: np.datetime64, funding: Funding | FundingRates | None) -> float:
    """Hours up to ``last`` in which the near leg, a perpetual, was held and nobody says what it paid.

    Of settlements from a file each one that is missing counts as long as one is usually apart from the next: those
    due before the first and after the last that are known, and those in between.
    """
    if isinstance(funding, Funding) or not len(trades):
        return 0.0
    near = trades.near_quantity
    held = np.abs(np.cumsum(near)) > _ROUNDING * np.abs(near).max()
    begins, ends = trades.times[held], np.append(trades.times[1:], last)[held]
    if funding is None:
        return float((ends - begins).sum() / _HOUR)
    step = commonest_step(np.diff(funding.times)) if len(funding) > 1 else _USUAL
    due = _missing(funding.times, step, trades.times[0], last)
    # A settlement pays on what was held before it: trades of its own moment come after it.
    paid = (begins[:, None] < due) & (due <= ends[:, None])
    return float(paid.sum() * (step / _HOUR))


def _missing(known: Times, step: np.timedelta64, first: np.datetime64, last: np.datetime64) -> Times:
    """The times after ``first`` and up to ``last`` at which a settlement was due and none is known."""
    before = np.arange(known[0] - step, first, -step)
    after = np.arange(known[-1] + step, last + np.timedelta64(1, "ns"), step)
    skipped = np.rint(np.diff(known) / step).astype(int) - 1
    inside = [known[i] + step * np.arange(1, skipped[i] + 1) for i in np.flatnonzero(skipped > 0)]
    return np.concatenate([before, *inside, after])
