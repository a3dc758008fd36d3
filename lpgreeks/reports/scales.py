"""An axis of a picture: its name and unit, its ends, and how places on it are written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lpgreeks.hedging.text import rounded

if TYPE_CHECKING:
    from matplotlib.axis import Axis

__all__ = ["hexed", "numbers", "place", "scale", "shown", "title"]

_NAMED = re.compile(r"(?s)(.*?)\s*(?:\[([^\]]*)\])?")

# Digits of an end of an axis, of a place on it, and of a tick.
_END, _TICK = 12, 6


def scale(axis: Axis, ends: tuple[float, float]) -> dict[str, Any]:
    """What a page needs of an axis, in plain types; ``kind`` is number, date, share or words."""
    from matplotlib.dates import DateLocator
    from matplotlib.ticker import PercentFormatter

    found: dict[str, Any] = {"title": title(axis), "unit": _unit(axis), "ends": numbers(ends, _END), "kind": "number"}
    if isinstance(axis.get_major_locator(), DateLocator):
        return found | {"kind": "date", "title": found["title"] or "UTC"}
    if isinstance(axis.get_major_formatter(), PercentFormatter):
        return found | {"kind": "share"}
    words = _words(axis)
    return found | ({"kind": "words", "words": list(words.items())} if words else {})


def title(axis: Axis) -> str:
    """What stands beside it, without the unit."""
    return _NAMED.fullmatch(axis.get_label_text()).group(1)  # type: ignore[union-attr]


def place(axis: Axis, low: float, high: float) -> str:
    """A stretch of an axis: the word there, or from where to where."""
    found = [word for at, word in _words(axis).items() if low <= at <= high]
    return found[0] if found else f"{rounded(low)} to {shown(axis, high)}"


def shown(axis: Axis, number: float) -> str:
    """A number of an axis with its unit."""
    from matplotlib.ticker import PercentFormatter

    if isinstance(axis.get_major_formatter(), PercentFormatter):
        return f"{number:.2%}"
    return f"{rounded(number)} {_unit(axis)}".strip()


def numbers(values: Iterable[float], digits: int) -> list[float | None]:
    """To so many digits, None for what is not finite: JSON has no NaN."""
    return [float(f"{x:.{digits}g}") if math.isfinite(x) else None for x in map(float, values)]


def hexed(colour: Any) -> str:
    """A colour as ``#rrggbb``."""
    from matplotlib.colors import to_hex

    return to_hex(colour)


def _unit(axis: Axis) -> str:
    return _NAMED.fullmatch(axis.get_label_text()).group(2) or ""  # type: ignore[union-attr]


def _words(axis: Axis) -> dict[float, str]:
    """What stands at ticks that were set one by one."""
    from matplotlib.ticker import FixedFormatter, FuncFormatter

    if not isinstance(axis.get_major_formatter(), (FixedFormatter, FuncFormatter)):
        return {}
    return {float(at): label.get_text() for at, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)}
