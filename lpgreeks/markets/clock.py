"""Times as files write them: numbers since 1970 in some unit, or dates with or without a zone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["times_of", "unit_of"]

_UNITS: dict[Literal["s", "ms", "us", "ns"], int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_EARLIEST, _LATEST = 978_307_200, 1_988_150_400  # 2001-01-01 and 2033-01-01


def unit_of(stamps: FloatArray, name: str) -> Literal["s", "ms", "us", "ns"]:
    """The one unit in which every stamp lies between 2001 and 2033.

    The span is kept short so that 2023040100, a date written as a number, is no second of the year 2034.
    """
    for unit, size in _UNITS.items():
        if ((stamps >= _EARLIEST * size) & (stamps < _LATEST * size)).all():
            return unit
    raise DataError(
        "times since 1970 in s, ms, us or ns, all in one unit and from 2001 to 2032",
        got=f"{float(stamps.min()):.0f} to {float(stamps.max()):.0f} in {name}",
        remedy="Split the file where the unit changes",
    )


def times_of(column: pd.Series, name: str) -> tuple[pd.Series, str]:
    """A column as UTC times without a zone, and what had to be guessed ("" if nothing)."""
    import pandas as pd

    if column.isna().any():
        raise DataError("a time in every row", got=f"{int(column.isna().sum())} without in {name}")
    if column.dtype.kind == "b":
        raise DataError("times", got=f"truth values in {name}")
    dated = column.dtype.kind in "M"
    if column.dtype.kind in "iuf" or (not dated and column.astype(str).str.fullmatch(r"-?\d{9,}").all()):
        numbers = column.to_numpy(dtype=np.float64)
        unit = unit_of(numbers, name)
        return pd.Series(pd.to_datetime(column.astype(np.int64).to_numpy(), unit=unit)), f"times in {unit} since 1970"
    stamps = column if dated else column.astype(str).str.removesuffix(" UTC")
    try:
        times = pd.to_datetime(stamps, utc=True, format="ISO8601")
    except (ValueError, TypeError) as error:
        raise DataError(
            "ISO times like 2023-04-01 00:00:00, or numbers since 1970",
            got=f"{_unread(stamps)} in {name}",
            remedy="01/04/2023 may be January or April; say which by rewriting it",
        ) from error
    years = times.dt.year
    if not years.between(2001, 2099).all():
        raise DataError("times from 2001 to 2099", got=f"{years.min()} to {years.max()} in {name}")
    aware = getattr(column.dtype, "tz", None) is not None or _has_zone(str(column.iloc[0]))
    return times.dt.tz_localize(None), "" if aware else "times without a zone read as UTC"


def _unread(stamps: pd.Series) -> str:
    """The first time that cannot be read, and its row."""
    import pandas as pd

    read = pd.to_datetime(stamps, utc=True, format="ISO8601", errors="coerce")
    row = int(read.isna().to_numpy().argmax())
    return f"{stamps.iloc[row]!r} in row {row + 1:,}"


def _has_zone(stamp: str) -> bool:
    return bool(re.search(r"(Z|UTC|[+-]\d\d:?\d\d)$", stamp.strip()))
