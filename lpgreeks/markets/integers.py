"""The contracts' integers out of files: digit by digit, however many there are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError

__all__ = ["scaled", "scaled_column"]

_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_EXACT = 2**53


def scaled(cell: Any, decimals: int, label: str, name: str) -> float:
    """A number as a file has it, in units of ``10**decimals``: the nearest double of the exact quotient.

    With decimals it must be whole; "123.0" is. A float beyond 2**53 has lost digits already and is refused. Without,
    any number will do.

    Raises:
        DataError: neither.
    """
    if isinstance(cell, bool) or cell is None:
        raise DataError(f"a number in {label!r}", got=f"{cell!r} in {name}")
    if not decimals:
        try:
            return float(cell)
        except (TypeError, ValueError) as error:
            raise DataError(f"a number in {label!r}", got=f"{cell!r:.60} in {name}") from error
    if isinstance(cell, (float, np.floating)) and abs(float(cell)) > _EXACT:
        raise DataError(
            f"the integers of {label!r} digit by digit",
            got=f"the float {cell!r} in {name}",
            remedy="Beyond 2**53 a float has lost digits: write them as text or as integers",
        )
    text = str(cell).strip()
    if not _WHOLE.fullmatch(text):
        raise DataError(
            f"whole numbers in {label!r}, which has {decimals} decimals",
            got=f"{text:.60} in {name}",
            remedy="State the scale of whole units as 0 decimals",
        )
    whole: int = 10**decimals
    return int(text.partition(".")[0]) / whole


def scaled_column(cells: Iterable[Any], decimals: int, label: str, name: str) -> FloatArray:
    """:func:`scaled`, cell by cell."""
    return np.array([scaled(cell, decimals, label, name) for cell in cells])
