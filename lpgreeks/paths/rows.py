"""What every stream of rows is made of: times in order, arrays that nobody writes to."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError
from lpgreeks.paths.stamps import Times as GivenTimes
from lpgreeks.paths.stamps import utc_stamps

__all__ = ["Frozen", "Times", "checked_times", "frozen", "moment", "read_only"]

Times: TypeAlias = "NDArray[np.datetime64]"

_A = TypeVar("_A", bound="NDArray[Any]")


class Frozen(Noun):
    """Arrays that stay read-only when they travel to another process, and nothing that was computed from them does."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), {f.name: getattr(self, f.name) for f in fields(self)})  # type: ignore[arg-type]


def checked_times(given: GivenTimes, what: str, *, repeats: bool, at_least: int = 2) -> Times:
    """Times as UTC stamps in order, each once unless they may repeat; anything else is refused."""
    times = utc_stamps(given, f"times of {what}")
    if times.ndim != 1 or times.size < at_least or np.isnat(times).any():
        raise DataError(
            f"{at_least} or more times of {what}", got=f"{times.shape}, {int(np.isnat(times).sum())} missing"
        )
    steps = np.diff(times)
    wrong = np.flatnonzero(steps < np.timedelta64(0) if repeats else steps <= np.timedelta64(0))
    if wrong.size:
        at = wrong[0]
        raise DataError(
            f"times of {what} in order" + ("" if repeats else ", each once"),
            got=f"{wrong.size:,} that are not, the first {times[at + 1]} after {times[at]}",
            remedy="Sort them, and say which of equal ones holds: nothing is repaired silently",
        )
    return times


def moment(text: str) -> np.datetime64:
    """A time as people write it, UTC unless it says: "2023-04-10", "2023-04-10 12:00". A day is its start."""
    try:
        said = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise InputError("a time, UTC", got=f"{text!r:.40}", remedy="Like 2023-04-10 or 2023-04-10 12:00") from error
    return np.datetime64(said.astimezone(UTC).replace(tzinfo=None) if said.tzinfo else said, "ns")


def read_only(array: _A) -> _A:
    """The array itself, which nobody may write to from here on."""
    array.flags.writeable = False
    return array


def frozen(noun: Any, name: str, array: NDArray[Any]) -> None:
    """Put a read-only array into a frozen noun."""
    object.__setattr__(noun, name, read_only(array))


def _rebuilt(kind: type[Any], values: dict[str, Any]) -> Any:
    return kind(**values)
