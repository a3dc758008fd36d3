"""Tables of a page from frames and from pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks.hedging.text import rounded
from lpgreeks.reports.parts import Cell, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cell", "of_frame", "of_rows"]

# Rows of a table on a page.
_ROWS = 200


def cell(value: Any) -> Cell:
    """Anything that stands in a table: a number to six digits or all it has, yes or no, a time, nothing for none."""
    if isinstance(value, Cell):
        return value
    if value is None or value != value:
        return Cell("")
    if isinstance(value, (bool, np.bool_)):
        return Cell("yes" if value else "no")
    if isinstance(value, (int, np.integer)):
        return Cell(f"{value:,}", int(value))
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if not math.isfinite(number):
            return Cell("unlimited" if number > 0 else "-unlimited", number)
        return Cell(min(f"{number:,}".removesuffix(".0"), rounded(number), key=len), number)
    if hasattr(value, "strftime"):
        return Cell(f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00"))
    return Cell(str(value))


def of_rows(caption: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table of rows, as far as a page holds it."""
    shown = tuple(tuple(map(cell, row)) for row in rows[:_ROWS])
    return Table(caption=caption, header=tuple(header), rows=shown, left_out=max(0, len(rows) - _ROWS))


_FIELD = "policy."


def of_frame(caption: str, frame: pd.DataFrame) -> Table:
    """A table of a frame; an index with a name is its first columns."""
    frame = frame if frame.index.names == [None] else frame.reset_index()
    columns = [frame.iloc[:_ROWS, i].tolist() for i in range(frame.shape[1])]
    rows = tuple(tuple(map(cell, row)) for row in zip(*columns, strict=True))
    left_out = max(0, len(frame) - _ROWS)
    return Table(
        caption=caption,
        header=tuple(str(name).removeprefix(_FIELD).replace("_", " ") for name in frame.columns),
        rows=rows,
        left_out=left_out,
    )
