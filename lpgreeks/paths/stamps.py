"""Times as people give them, as UTC stamps without a zone."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lpgreeks.errors import DataError, InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Times", "utc_stamps"]

Times: TypeAlias = "NDArray[np.datetime64] | Sequence[object] | pd.DatetimeIndex | pd.Series"
"""Times with a zone, or without one as UTC: an array, a list, an index or a column."""

# The whole years that nanoseconds since 1970 reach in 64 bits; beyond them they begin again on the other side.
_FIRST, _LAST = np.datetime64("1678", "Y"), np.datetime64("2261", "Y")


def utc_stamps(times: Times, what: str = "times") -> NDArray[np.datetime64]:
    """``times`` as UTC stamps without a zone, to the nanosecond, in an array of their own; a missing one is NaT.

    Raises:
        InputError: what is no time; numbers, whose unit nobody knows.
        DataError: years that nanoseconds do not reach: before 1678 or after 2261.
    """
    given = np.asarray(times)
    if given.size and (given.dtype.kind in "iufcb" or any(isinstance(x, Number) for x in _objects(given))):
        raise InputError(what, got="numbers", remedy="pd.to_datetime(numbers, unit=...) says what they count")
    stamps = given if given.dtype.kind in "M" else _parsed(given, what)
    known = stamps[~np.isnat(stamps)]
    if known.size:
        first, last = (time.astype("datetime64[Y]") for time in (known.min(), known.max()))
        if first < _FIRST or last > _LAST:
            raise _out_of_reach(what, first, last)
    return stamps.astype("datetime64[ns]")


def _out_of_reach(what: str, first: object, last: object) -> DataError:
    return DataError(f"{what} from {_FIRST} to {_LAST}", got=f"years from {first} to {last}")


def _objects(given: NDArray[Any]) -> list[object]:
    return given.ravel().tolist() if given.dtype.hasobject else []


def _parsed(given: NDArray[Any], what: str) -> NDArray[np.datetime64]:
    import pandas as pd

    try:
        aware = pd.to_datetime(given.ravel(), utc=True, format="ISO8601")
    except pd.errors.OutOfBoundsDatetime as error:
        # Some versions read years only as far as nanoseconds do.
        years = sorted(str(x)[:4] for x in given.ravel().tolist())
        raise _out_of_reach(what, years[0], years[-1]) from error
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{what} that can be read", got=f"{given.ravel()[:1].tolist()!r:.60}", remedy="Like 2023-04-10 12:00, UTC"
        ) from error
    return pd.DatetimeIndex(aware).tz_localize(None).to_numpy().reshape(given.shape)
