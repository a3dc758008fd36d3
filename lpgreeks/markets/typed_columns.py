"""Columns of text as numbers, where nothing is lost by it: for files that keep a column's type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ColumnKind", "ColumnKinds"]

_WHOLE = r"-?(?:0|[1-9]\d{0,17})"
"""Up to 18 digits, as a signed integer of 64 bits has them; a leading zero or a plus would not come back."""
_LONG = r"[+-]?\d{16,}(?:\.0*)?"
"""Digits that a double may not hold: integers of the contract, which are read one by one."""


class ColumnKind(IntEnum):
    """What a column may be kept as; the greater holds all that the lesser holds."""

    whole = 0
    double = 1
    text = 2


@dataclass
class ColumnKinds:
    """What the columns of a table may be kept as, seen in pieces."""

    columns: tuple[str, ...]
    _seen: dict[str, ColumnKind] = field(default_factory=dict)
    _long: set[str] = field(default_factory=set)
    _holed: set[str] = field(default_factory=set)

    def see(self, pieces: Iterable[pd.DataFrame]) -> int:
        """Look at every cell; how many rows there are."""
        rows = 0
        for piece in pieces:
            rows += len(piece)
            for column in self.columns:
                self._look(column, piece[column])
        return rows

    def _look(self, column: str, cells: pd.Series) -> None:
        import pandas as pd

        known = cells.dropna()
        if len(known) < len(cells):
            self._holed.add(column)
        if known.empty or self._seen.get(column) is ColumnKind.text:
            return
        found = ColumnKind.text
        if pd.api.types.is_object_dtype(known) or pd.api.types.is_string_dtype(known):
            text = known.astype(str).str
            if text.fullmatch(_LONG).any():
                self._long.add(column)
            if text.fullmatch(_WHOLE).all():
                found = ColumnKind.whole
            elif pd.to_numeric(known, errors="coerce").notna().all():
                found = ColumnKind.double
        self._seen[column] = max(found, self._seen.get(column, ColumnKind.whole))

    def of(self, column: str) -> ColumnKind:
        """What it may be kept as. Whole numbers with holes become doubles where they are read: long ones stay text."""
        kind = self._seen.get(column, ColumnKind.text)
        lost = column in self._long and (kind is ColumnKind.double or column in self._holed)
        return ColumnKind.text if lost else kind

    def typed(self, piece: pd.DataFrame) -> pd.DataFrame:
        """The piece with its columns kept so."""
        import pandas as pd

        own: dict[str, Any] = {}
        for column in self.columns:
            kind, cells = self.of(column), piece[column]
            if kind is ColumnKind.whole:
                own[column] = pd.array(cells.map(int, na_action="ignore").tolist(), dtype="Int64")
            elif kind is ColumnKind.double:
                own[column] = cells.astype(np.float64)
        return piece.assign(**own)
