"""A file in another packing: the same rows, which read the same to the last bit."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError
from lpgreeks.markets.formats import FileFormat, FileKind, Reading, format_of, reading
from lpgreeks.markets.klines import kline_bars
from lpgreeks.markets.sheets import Sheet, path_of, sheets
from lpgreeks.markets.table_writers import ENDINGS, writer_of
from lpgreeks.markets.typed_columns import ColumnKinds

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Converted", "convert_file"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Converted(Noun):
    """A file and what it was made from.

    Attributes:
        out: the file that was written.
        rows: of the table in it.
        reader: the function that reads it.
        source: what it was made from.
    """

    out: Path
    rows: int
    reader: str
    source: Path

    def sentence(self) -> str:
        """What was written, and how it is read."""
        return (
            f"{self.out}: {self.rows:,} rows; lp.{self.reader} reads the same of it as of {self.source}, bit for bit."
        )

    def __str__(self) -> str:
        return self.sentence()

    def to_dict(self) -> dict[str, object]:
        """Plain types, for JSON."""
        return {"out": str(self.out), "rows": self.rows, "reader": self.reader, "source": str(self.source)}


def convert_file(path: str | Path, out: str | Path, *, kind: FileKind | None = None, **given: Any) -> Converted:
    """The table of a file as Parquet, CSV, zip or JSON, by the ending of ``out``: every row and every column.

    Integers beyond 64 bits stay text, so that no digit is lost. Klines become a table of prices, with the time at
    which each bar opened. What was written is read, and compared bit for bit with what is read of the input, before it
    has its name.

    Args:
        path: a file, archive or folder that lpgreeks reads.
        out: where to; what is there is replaced, the input never.
        kind: what the file holds; told by its columns unless said.
        given: arguments of its reader, like ``pool=`` or ``scale=``.

    Raises:
        InputError: the input again, or another ending.
        DataError: none of the known formats, a file that its reader refuses, a packing that its reader does not know,
            no room; pyarrow is not installed.
    """
    source, target = path_of(path), path_of(out)
    form = format_of(source, kind)
    writer = writer_of(target)
    _require_apart(source, target)
    before = reading(source, form, given)
    after = format_of_prices() if form.kind is FileKind.klines else form
    with _on_disk(target):
        folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    # In a folder of its own it has its name, by which readers tell packings and markets.
    part = folder / target.name
    try:
        with _on_disk(target):
            rows = writer(part, *_table(source, form))
        _require_same(before, part, after, given)
        with _on_disk(target):
            os.replace(part, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Converted(out=target, rows=rows, reader=after.reader.__name__, source=source)


def format_of_prices() -> FileFormat:
    """What klines become."""
    return format_of(Path(__file__), FileKind.prices)


@contextmanager
def _on_disk(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            "a folder with room that may be written to",
            got=f"{target}: {error.strerror or error}",
            remedy="Name another place; nothing is left there",
        ) from error


def _require_apart(source: Path, target: Path) -> None:
    inside = source.is_dir() and target.resolve().is_relative_to(source.resolve())
    if inside or (target.exists() and target.samefile(source)):
        raise InputError("an output apart from the input", got=str(target), remedy="Name another file")
    if target.is_dir() or not target.parent.is_dir():
        raise InputError("a file in an existing folder", got=str(target))


# ---- the rows


def _table(source: Path, form: FileFormat) -> tuple[tuple[str, ...], Any]:
    """The columns of a file, and a function that begins anew with its rows in pieces, typed."""
    if form.kind is FileKind.klines:
        bars = kline_bars(source)
        return tuple(bars.columns), lambda: iter([bars])
    if form.records is not None and source.name.endswith((".json", ".json.gz")):
        records = form.records(source)[0]
        return tuple(map(str, records.columns)), lambda: iter([records])
    first = next(sheets(source), None)
    if first is None:
        raise DataError("a table", got=f"none in {source.name}")
    columns = first.columns
    if first.typed:
        return columns, lambda: _pieces(source, columns)
    kinds = ColumnKinds(columns)
    kinds.see(_pieces(source, columns))
    return columns, lambda: map(kinds.typed, _pieces(source, columns))


def _pieces(source: Path, columns: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    for sheet in sheets(source):
        if sheet.columns != columns:
            raise DataError(
                "tables with the same columns",
                got=f"{', '.join(sheet.columns)} in {sheet.name}, not {', '.join(columns)}",
            )
        yield from _whole(sheet)


def _whole(sheet: Sheet) -> Iterator[pd.DataFrame]:
    return sheet.pieces(sheet.columns, text=sheet.columns)


# ---- the same


def _require_same(before: Reading, part: Path, form: FileFormat, given: Mapping[str, Any]) -> None:
    try:
        after = reading(part, form, given)
    except DataError as error:
        raise DataError(
            f"a packing that {form.reader.__name__} reads",
            got=f"{part.name}: {error}",
            remedy=f"Of {', '.join(ENDINGS)} another one",
        ) from error
    if not _same(before.results, after.results):
        raise DataError(
            "an output that reads as the input does, bit for bit",
            got=f"another reading of {part.name}",
            remedy="Nothing is left there: say what the file holds, or take another ending",
        )


def _same(one: Any, other: Any) -> bool:
    """Whether two results have the same numbers; where they come from may differ."""
    if isinstance(one, np.ndarray):
        floats = one.dtype.kind in "fc"
        return bool(one.dtype == other.dtype and np.array_equal(one, other, equal_nan=floats))
    if is_dataclass(one):
        return all(_same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple):
        # Words say where things come from, and how many there are to say may differ.
        words = all(isinstance(cell, str) for cell in (*one, *other))
        return words or (len(one) == len(other) and all(map(_same, one, other)))
    if isinstance(one, (int, float)):
        return bool(one == other or (one != one and other != other))
    return type(one) is type(other)
