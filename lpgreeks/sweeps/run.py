"""One setting of a sweep, and what is kept of its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks.display import Noun, shortened
from lpgreeks.errors import InputError
from lpgreeks.sweeps.given import Given
from lpgreeks.sweeps.grid import Plain

__all__ = ["Outcome", "Run", "Series", "kept"]

Series = NDArray[Any]
"""``(steps,)``: float64, or datetime64[ns] where it says when."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What one run left.

    Attributes:
        figures: one row of a table.
        series: by name, ``(steps,)``.
        given: what it says of them.
        error: why there are none; "" where there are.
        result: the whole result, where it was asked for.
    """

    figures: Mapping[str, Plain] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    given: Given = field(default_factory=Given)
    error: str = ""
    result: Any = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Run(Noun):
    """One setting of a sweep and what is kept of its result.

    Attributes:
        number: its place in the order of the grids, from 0.
        name: unlike that of every other run: "over.volatility=0.4, over.years=0.0191781".
        parameters: what tells it from the others, by name.
        figures: the result's row; empty where there is an error.
        series: the result's series by name, read-only; all runs of a sweep have them on one grid.
        given: what the result says of them: assumptions, units, whether the pool is synthetic.
        error: why there is no result; "" where there is one.
    """

    number: int
    name: str
    parameters: Mapping[str, Plain]
    figures: Mapping[str, Plain]
    series: Mapping[str, Series]
    given: Given
    error: str

    def __repr__(self) -> str:
        return shortened(f"<Run {self.name}: {self.error or ', '.join(f'{k} {v}' for k, v in self.figures.items())}>")


def kept(result: Any, name: str) -> tuple[dict[str, Plain], dict[str, Series]]:
    """Figures and series of a result.

    A result has ``figures() -> {name: number, text, truth value or None}``, and may have ``series() -> {name: array}``,
    float64, of which one called "times" (datetime64[ns], UTC) says when. A mapping is its own figures; a number
    is the one figure ``name``.

    Raises:
        InputError: a result that is none of these, or figures and series of other types.
    """
    if hasattr(result, "figures"):
        row = result.figures()
    elif isinstance(result, Mapping):
        row = result
    else:
        row = {name: result}
    figures = {str(key): _plain(key, value) for key, value in row.items()}
    given = result.series() if hasattr(result, "series") else {}
    return figures, {str(key): _steps(key, values) for key, values in given.items()}


def _plain(name: object, value: Any) -> Plain:
    if isinstance(value, np.generic):
        value = value.item()
    # Subclasses, like the members of an enumeration, would not come back as what they are.
    if value is None or type(value) in (bool, int, float, str):
        plain: Plain = value
        return plain
    raise InputError(
        f"{name} as a number, text, a truth value or None",
        got=f"{value!r:.60}",
        remedy="A result has figures() that returns a dict of them",
    )


def _steps(name: object, values: Any) -> Series:
    array = np.array(values)
    if array.ndim != 1 or array.dtype.str not in ("<f8", "<M8[ns]"):
        raise InputError(
            f"the series {name} as float64 of one dimension, or times as datetime64[ns]",
            got=f"{array.dtype}, shape {array.shape}",
        )
    array.flags.writeable = False
    return array
