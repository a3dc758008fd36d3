"""P&L per period of many settings beside a benchmark's: read, checked, as arrays."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lpgreeks._sums import ROUNDING
from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError
from lpgreeks.statistics.series import stamp, utc_times, years_between

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FEWEST", "Panel", "named", "read_panel"]

FEWEST = 30
"""Periods below which no interval is worth its name."""

# Two years of hours; autocovariances at every lag take the square of it.
_MOST = 20_000

# Fourth powers of what lies between are numbers too.
_SMALLEST, _LARGEST = 1e-70, 1e70


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """P&L per period.

    Attributes:
        settings: the columns, as they were labelled.
        against: the benchmark's name.
        values: ``(periods, settings)``.
        benchmark: ``(periods,)``.
        times: ``(periods,)``, UTC: the end of each period.
        step: the length of a period.
        gaps: how often the clock jumps by more than one step.
        assumptions: what the settings take as given.
        synthetic: the pool is made by a rule.
    """

    settings: tuple[Hashable, ...]
    against: str
    values: FloatArray
    benchmark: FloatArray
    times: NDArray[np.datetime64]
    step: np.timedelta64
    gaps: int
    assumptions: tuple[str, ...] = ()
    synthetic: bool = False

    def __len__(self) -> int:
        return len(self.times)

    @property
    def excess(self) -> FloatArray:
        """``(periods, settings)``: what each setting makes more than the benchmark."""
        return self.values - self.benchmark[:, None]

    @property
    def differing(self) -> NDArray[np.bool_]:
        """``(settings,)``: whose difference from the benchmark varies, by more than rounding."""
        return np.asarray(np.ptp(self.excess, axis=0) > self._rounding)

    @property
    def agreeing(self) -> NDArray[np.bool_]:
        """``(settings,)``: which are the benchmark but for rounding."""
        return np.asarray(np.abs(self.excess).max(axis=0) <= self._rounding)

    @property
    def comparable(self) -> NDArray[np.bool_]:
        """``(settings,)``: whose variance can be compared with the benchmark's: both vary, and not as one."""
        varies = np.ptp(self.values, axis=0) > self._rounding
        return np.asarray(varies & self.differing & (np.ptp(self.benchmark) > self._rounding))

    @property
    def _rounding(self) -> FloatArray:
        return np.asarray(ROUNDING * np.maximum(np.abs(self.values).max(axis=0), np.abs(self.benchmark).max()))

    def within(self, periods: NDArray[np.bool_]) -> Panel:
        """The periods where it holds, put together."""
        return replace(self, values=self.values[periods], benchmark=self.benchmark[periods], times=self.times[periods])

    @property
    def per_year(self) -> float:
        """Periods in a year of 365 days."""
        return 1.0 / float(years_between(self.times[0], self.times[0] + self.step))


def named(label: Hashable) -> str:
    """A column's label as text: "(5, off)"."""
    return f"({', '.join(map(str, label))})" if isinstance(label, tuple) else str(label)


def read_panel(panel: pd.DataFrame, against: Hashable | pd.Series) -> Panel:
    """The table as arrays.

    Raises:
        InputError: no table; labels that repeat; a benchmark that is not there; no setting beside it.
        DataError: times that are not evenly spaced but for gaps, values that are not finite, too few or too many rows.
    """
    import pandas as pd

    if not isinstance(panel, pd.DataFrame) or not isinstance(panel.index, pd.DatetimeIndex):
        raise InputError("a DataFrame of P&L by time (a DatetimeIndex, UTC) and setting", got=type(panel).__name__)
    labels: list[Hashable] = [*panel.columns]
    if not panel.columns.is_unique:
        raise InputError("each setting once", got=", ".join(map(named, panel.columns[panel.columns.duplicated()])))
    if not FEWEST <= len(panel) <= _MOST:
        raise DataError(
            f"from {FEWEST} to {_MOST:,} periods",
            got=f"{len(panel):,}",
            remedy="Add up P&L over longer periods, or replay a longer history",
        )
    times = utc_times(panel.index)
    apart = np.diff(times)
    step = apart.min()
    if (apart % step != np.timedelta64(0)).any():
        raise DataError("periods of one length, but for gaps", got=f"steps from {step} to {apart.max()}")
    benchmark, name = _benchmark(panel, against, labels)
    settings = tuple(label for label in labels if isinstance(against, pd.Series) or label != against)
    if not settings:
        raise InputError("a setting beside the benchmark", got=f"{name} alone")
    values = np.stack([_column(panel.iloc[:, labels.index(label)], named(label)) for label in settings], axis=1)
    largest = max(float(np.abs(values).max()), float(np.abs(benchmark).max()))
    if largest and not _SMALLEST < largest < _LARGEST:
        raise DataError(
            f"P&L of {_SMALLEST:g} to {_LARGEST:g} at the most",
            got=f"{largest:g}",
            remedy="Count it in another unit: fourth powers of it are taken",
        )
    return Panel(
        settings=settings,
        against=name,
        values=values,
        benchmark=benchmark,
        times=times,
        step=step,
        gaps=int((apart > step).sum()),
        assumptions=tuple(panel.attrs.get("assumptions", ())),
        synthetic=bool(panel.attrs.get("synthetic", False)),
    )


def _benchmark(panel: pd.DataFrame, against: Hashable | pd.Series, labels: list[Hashable]) -> tuple[FloatArray, str]:
    import pandas as pd

    if isinstance(against, pd.Series):
        name = named(against.name) if against.name is not None else "the benchmark"
        if not isinstance(against.index, pd.DatetimeIndex) or not against.index.equals(panel.index):
            raise DataError("a benchmark at the times of the table", got=f"other times of {name}")
        return _column(against, name), name
    if against not in labels:
        raise InputError(
            "a benchmark among the columns, or a Series",
            got=repr(against),
            remedy=f"There are {', '.join(map(named, labels[:8]))}" + (", ..." if len(labels) > 8 else ""),
        )
    return _column(panel.iloc[:, labels.index(against)], named(against)), named(against)


def _column(column: pd.Series, name: str) -> FloatArray:
    if column.dtype.kind not in "iuf":
        raise DataError(f"numbers in {name}", got=str(column.dtype))
    values = column.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        first = int(np.flatnonzero(~np.isfinite(values))[0])
        time = stamp(np.datetime64(column.index[first].to_datetime64()))
        raise DataError(
            f"finite P&L in {name}",
            got=f"{values[first]} at {time}",
            remedy="A run that ended has P&L 0 from there on; say so, or leave it out",
        )
    return values
