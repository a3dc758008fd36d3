"""The contracts' integers out of files: digit by digit, however many there are."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError

__all__ = ["scaled", "scaled_column"]

_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_EXACT = 2**53
# What a word of the contract can hold; Python itself reads no integer of more than some thousand digits.
_DIGITS = len(str(2**256))


def scaled(cell: Any, decimals: int, label: str, name: str) -> float:
    """A number as a file has it, in units of ``10**decimals``: the nearest double of the exact quotient.

    With decimals it must be whole; "123.0" is. A float beyond 2**53 has lost digits already and is refused. Without,
    any number will do. A missing cell of a table is NaN.

    Raises:
        DataError: neither, or more digits than the contract has.
    """
    if isinstance(cell, bool) or cell is None:
        raise DataError(f"a number in {label!r}", got=f"{cell!r} in {name}")
    if not decimals:
        try:
            # Python takes "1_000" and the digits of every script for numbers; no file means them.
            if isinstance(cell, str) and not _NUMBER.fullmatch(cell.strip()):
                raise ValueError(cell)
            number = float(cell)
            if isinstance(cell, str) and math.isinf(number):
                raise OverflowError(cell)
            return number
        except (TypeError, ValueError, OverflowError) as error:
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
    digits = text.partition(".")[0].lstrip("+-")
    if len(digits) > _DIGITS:
        raise DataError(f"integers of up to {_DIGITS} digits in {label!r}", got=f"{len(digits):,} digits in {name}")
    whole: int = 10**decimals
    return int(text.partition(".")[0]) / whole


def scaled_column(cells: Iterable[Any], decimals: int, label: str, name: str) -> FloatArray:
    """:func:`scaled`, cell by cell."""
    return np.array([scaled(cell, decimals, label, name) for cell in cells])
