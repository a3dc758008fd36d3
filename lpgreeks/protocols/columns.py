"""Columns on one clock: what the histories of all protocols share, and how their arrays are checked."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError, require_numbers, require_whole
from lpgreeks.paths.rows import Frozen, Times, moment, read_only
from lpgreeks.recipes import recorded

__all__ = ["SHARE_PRICES", "Rows", "columns_of", "positive", "share_prices"]

SHARE_PRICES = (1e-4, 1e4)
"""A share is issued at 1 dollar; ten thousand times less or more is another unit."""


class Rows(Frozen):
    """A frozen dataclass of arrays whose first axis is ``times``; they stay read-only in another process."""

    times: Times
    source: str

    not_in_time: ClassVar[frozenset[str]] = frozenset()
    """Arrays whose first axis is another."""

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.describe()}>"

    def describe(self) -> str:
        """One sentence: how many rows, from when to when, of what."""
        first, last = (np.datetime_as_string(t, unit="m").replace("T", " ") for t in self.times[[0, -1]])
        return f"{len(self):,} rows from {first} to {last} UTC: {self.source}"

    def row(self, k: int) -> int:
        """``k`` itself, or an error where there is no such row; -1 is the last.

        Raises:
            InputError: no whole number, or beyond the rows.
        """
        return require_whole("row", k, at_least=-len(self), at_most=len(self) - 1)

    @recorded
    def between(self, first: str | None = None, last: str | None = None) -> Self:
        """The rows of a stretch of time, UTC, both ends in it: "2024-10-02", "2024-10-02 12:00". A day is its start.

        Raises:
            InputError: no such time.
            DataError: no row there.
        """
        begin = 0 if first is None else int(np.searchsorted(self.times, moment(first), side="left"))
        end = len(self) if last is None else int(np.searchsorted(self.times, moment(last), side="right"))
        if end <= begin:
            raise DataError(
                f"rows from {first or 'the start'} to {last or 'the end'}", got="none", remedy=f"There are {self!r}"
            )
        names = {f.name for f in fields(self)} - self.not_in_time  # type: ignore[arg-type]
        arrays = {name: x for name in names if isinstance(x := getattr(self, name), np.ndarray)}
        per_row = {name: x[begin:end] for name, x in arrays.items()}
        return replace(self, **per_row)  # type: ignore[type-var]


def columns_of(given: ArrayLike, what: str, shape: tuple[int, ...]) -> FloatArray:
    """Finite numbers of this shape, read-only."""
    if given is None:
        raise InputError(f"{what} of shape {shape}", got="None")
    array = np.array(require_numbers(given, unit="", what=what))
    if array.shape != shape:
        raise InputError(f"{what} of shape {shape}", got=array.shape)
    if not np.isfinite(array).all():
        raise DataError(f"{what} in every row", got=f"{int((~np.isfinite(array)).sum()):,} missing or infinite")
    return read_only(array)


def positive(array: FloatArray, what: str, times: Times) -> FloatArray:
    """The same, or an error at the first row in which it is 0 or less."""
    rows = np.flatnonzero((array <= 0).reshape(len(times), -1).any(axis=1))
    if rows.size:
        raise DataError(f"{what} above 0 in every row", got=f"{rows.size:,} rows not so, the first at {times[rows[0]]}")
    return array


def share_prices(prices: FloatArray, name: str, times: Times) -> FloatArray:
    """The same, or an error at the first one that no share of a vault has: figures of two units."""
    least, most = SHARE_PRICES
    far = np.flatnonzero(~((prices > least) & (prices < most)))
    if far.size:
        raise DataError(
            f"a price of {name} between {least:g} and {most:,.0f} in every row",
            got=f"{prices[far[0]]:.4g} at {np.datetime_as_string(times[far[0]], unit='s')}, {far.size:,} such rows",
            remedy="Value and supply are of two units (1e30 and 1, 1e18 and 1), or neither is in whole ones",
        )
    return prices
