"""Tables of a page from frames and from pairs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks.hedging.text import rounded
from lpgreeks.reports.parts import Cell, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cell", "of_figures", "of_frame", "of_rows"]

# Rows of a table on a page.
_ROWS = 200


def cell(value: Any) -> Cell:
    """Anything that stands in a table: six digits of a number, yes or no, times to the second, nothing for none."""
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
        return Cell(rounded(number) if math.isfinite(number) else "off" if number > 0 else "-off", number)
    if hasattr(value, "strftime"):
        return Cell(f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00"))
    return Cell(str(value))


def of_rows(caption: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table of rows, as far as a page holds it."""
    shown = tuple(tuple(map(cell, row)) for row in rows[:_ROWS])
    return Table(caption=caption, header=tuple(header), rows=shown, left_out=max(0, len(rows) - _ROWS))


def of_frame(caption: str, frame: pd.DataFrame) -> Table:
    """A table of a frame; an index with a name is its first columns."""
    frame = frame if frame.index.names == [None] else frame.reset_index()
    columns = [frame.iloc[:_ROWS, i].tolist() for i in range(frame.shape[1])]
    rows = tuple(tuple(map(cell, row)) for row in zip(*columns, strict=True))
    left_out = max(0, len(frame) - _ROWS)
    return Table(caption=caption, header=tuple(map(str, frame.columns)), rows=rows, left_out=left_out)


def of_figures(caption: str, figures: Mapping[str, Any], *, header: tuple[str, str] = ("", "")) -> Table:
    """A table of pairs."""
    return of_rows(caption, header, list(figures.items()))
