"""A series in time as arrays: UTC stamps and finite values."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError, require_numbers
from lpgreeks.paths.stamps import Times, utc_stamps

__all__ = ["Times", "finite", "stamp", "utc_times", "years_between"]

_Times: TypeAlias = np.datetime64 | NDArray[np.datetime64]


def utc_times(times: Times) -> NDArray[np.datetime64]:
    """``times`` as ascending UTC stamps without a zone, read-only, to the nanosecond.

    Raises:
        InputError: what is no time; numbers, whose unit nobody knows.
        DataError: times that are missing, repeated, out of order, or of years that nanoseconds do not reach.
    """
    found = utc_stamps(times)
    if np.isnat(found).any() or (np.diff(found) <= np.timedelta64(0)).any():
        raise DataError("ascending times, each once", got="missing, repeated or earlier ones", remedy="Sort and clean")
    found.flags.writeable = False
    return found


def finite(values: ArrayLike, count: int, *, what: str, unit: str) -> FloatArray:
    """``values`` as ``count`` finite floats, or an error."""
    array = require_numbers(values, unit=unit, what=what)
    if array.shape != (count,):
        raise InputError(f"{what}, one for each of the {count} times", got=f"shape {array.shape}", unit=unit)
    if not np.isfinite(array).all():
        first = int(np.flatnonzero(~np.isfinite(array))[0])
        raise DataError(f"finite {what}", got=f"{array[first]} at position {first}", unit=unit)
    return array


def years_between(start: _Times, end: _Times) -> FloatArray:
    """Years of 365 days from one to the other."""
    return np.asarray((end - start) / np.timedelta64(365, "D"), dtype=np.float64)


def stamp(time: np.datetime64) -> str:
    """ "2023-04-10 00:00"."""
    return str(np.datetime_as_string(time, unit="m")).replace("T", " ")
