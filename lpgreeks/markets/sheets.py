"""Tables in files of any length: the columns are known first, the rows come in pieces."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

import numpy as np

from lpgreeks.errors import DataError, InputError
from lpgreeks.markets.archives import csv_streams, files_at, one_line, require_ended, whole
from lpgreeks.markets.clock import times_of
from lpgreeks.markets.tables import exact_doubles, json_of, no_pyarrow
from lpgreeks.paths.rows import Times

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ROWS_AT_ONCE",
    "Layout",
    "Sheet",
    "columns_at",
    "first_sheet",
    "fits",
    "one_of",
    "path_of",
    "sheets",
    "stamps",
]

ROWS_AT_ONCE = 250_000
"""Rows that are held as text and numbers at one time; what is kept of them is up to the reader."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table: its name, its columns, its rows in pieces, and whether the file itself says which are numbers."""

    name: str
    columns: tuple[str, ...]
    read: Callable[[list[str], list[str]], Iterator[pd.DataFrame]]
    typed: bool = False

    def pieces(self, wanted: Collection[str], *, text: Collection[str] = ()) -> Iterator[pd.DataFrame]:
        """The wanted columns, a bounded number of rows at once; those in ``text`` as they are written.

        Raises:
            DataError: the file is cut or damaged, or there is no row.
        """
        import pandas as pd

        rows = 0
        try:
            for piece in self.read([c for c in self.columns if c in wanted], [c for c in self.columns if c in text]):
                rows += len(piece)
                yield piece
        except DataError:
            raise
        except (ValueError, pd.errors.ParserError) as error:
            raise DataError("a CSV or Parquet table", got=f"{self.name}: {one_line(error)}") from error
        if not rows:
            raise DataError("a table with rows", got=f"a header and no rows in {self.name}")


class Layout(Protocol):
    """One way of writing a table, told by columns that it must have."""

    @property
    def title(self) -> str:
        """What the file is."""

    @property
    def needs(self) -> frozenset[str]:
        """The columns by which it is told."""


_L = TypeVar("_L", bound=Layout)


def one_of(layouts: Sequence[_L], sheet: Sheet, what: str) -> _L:
    """The layout that a sheet has: of several that fit, the one that asks for most.

    Raises:
        DataError: none fits.
    """
    fitting = [layout for layout in layouts if layout.needs <= set(sheet.columns)]
    if fitting:
        return max(fitting, key=lambda layout: len(layout.needs))
    needs = {layout.title: ", ".join(c or "one without a name" for c in sorted(layout.needs)) for layout in layouts}
    known = "; ".join(f"{title}: {columns}" for title, columns in needs.items())
    raise DataError(
        f"the columns of one known layout of {what}",
        got=f"{', '.join(sheet.columns[:20])} in {sheet.name}",
        remedy=f"Known are {known}",
    )


def fits(layouts: Sequence[Layout], path: str | Path) -> bool:
    """Whether the first table at ``path`` has one of the layouts; False too for what no table can be read from."""
    columns = column_names(path)
    return any(layout.needs <= columns for layout in layouts)


def column_names(path: str | Path) -> frozenset[str]:
    """Of the first table at ``path``; none of what no table can be read from."""
    try:
        return frozenset(first_sheet(path).columns)
    except DataError:
        return frozenset()


def columns_at(path: Path) -> frozenset[str]:
    """The columns of the first table at ``path``, or the keys of the first record of a JSON file; brackets taken off.

    Raises:
        DataError: no file there, or neither a table nor records.
    """
    if not path.name.lower().endswith((".json", ".json.gz")):
        found = next(sheets(path), None)
        names = found.columns if found else ()
        return frozenset(names) | {name.strip("[]") for name in names}
    content = json_of(path)
    while True:
        if isinstance(content, list) and content:
            content = content[0]
        elif isinstance(content, dict) and (inner := _envelope(content)) is not None:
            content = inner
        else:
            break
    return frozenset(content) if isinstance(content, dict) else frozenset()


def _envelope(content: dict[str, Any]) -> Any:
    """What an answer holds: under the name that servers give it, or all that there is; None where it is a record."""
    named = next((content[name] for name in ("result", "data") if isinstance(content.get(name), (list, dict))), None)
    only = next(iter(content.values())) if len(content) == 1 else None
    return named if named is not None else only if isinstance(only, (list, dict)) else None


def path_of(path: str | Path) -> Path:
    """``path`` itself as one, or an error when it is none."""
    if not isinstance(path, (str, Path)):
        raise InputError("a path", got=f"{path!r:.60}")
    return Path(path)


def sheets(path: str | Path) -> Iterator[Sheet]:
    """Every table at ``path``: Parquet, JSON, CSV, or the CSV files of an archive or a folder, by name.

    A sheet is read before the next one is asked for.
    """
    for file in files_at(path_of(path)):
        if file.suffix.lower() in (".parquet", ".pq"):
            yield from _parquet(file)
            continue
        if file.name.lower().endswith((".json", ".json.gz")):
            yield _json(file)
            continue
        require_ended(file)
        for name, stream in csv_streams(file):
            with whole(file):
                header = stream.readline().removeprefix(codecs.BOM_UTF8)
            try:
                columns = [c.strip() for c in next(csv.reader([header.decode(errors="replace")]), [])]
            except csv.Error as error:
                raise DataError("a table of text", got=f"{name}: {one_line(error)}") from error
            if not columns or len(set(columns)) < len(columns):
                raise DataError("a header of distinct columns", got=f"{', '.join(columns) or 'none'} in {name}")
            yield Sheet(name=name, columns=tuple(columns), read=partial(_csv_rows, file, stream, columns))


def first_sheet(path: str | Path) -> Sheet:
    """The first table at ``path``.

    Raises:
        DataError: a folder without any.
    """
    found = next(sheets(path), None)
    if found is None:
        raise DataError("a folder with tables in it", got=f"{path} with none")
    return found


def stamps(column: pd.Series, name: str) -> tuple[Times, str]:
    """A column as UTC times, and what had to be guessed ("" if nothing)."""
    times, guess = times_of(column, name)
    return np.asarray(times.to_numpy(dtype="datetime64[ns]")), guess


def _csv_rows(
    file: Path, stream: BinaryIO, columns: list[str], wanted: list[str], text: list[str]
) -> Iterator[pd.DataFrame]:
    import pandas as pd

    with whole(file):
        pieces = pd.read_csv(
            stream,
            header=None,
            names=columns,
            usecols=wanted,
            dtype=dict.fromkeys(text, str),
            chunksize=ROWS_AT_ONCE,
            **exact_doubles(),
        )
        try:
            for piece in pieces:  # noqa: UP028  # what is left unread may be closed after its stream
                yield piece
        finally:
            with suppress(ValueError):
                pieces.close()


def _json(file: Path) -> Sheet:
    """The records of a JSON file, out of their envelopes; what a record holds inside is named with a dot."""
    import pandas as pd

    content = json_of(file)
    while isinstance(content, dict) and len(content) == 1:
        content = next(iter(content.values()))
    if not isinstance(content, list) or not content or not all(isinstance(record, dict) for record in content):
        raise DataError("a list of records", got=f"{file.name}: {str(content)[:60]}")
    table = pd.json_normalize(content)

    def rows(wanted: list[str], text: list[str]) -> Iterator[pd.DataFrame]:  # noqa: ARG001
        yield table[wanted]

    return Sheet(name=file.name, columns=tuple(table.columns), read=rows, typed=True)


def _parquet(file: Path) -> Iterator[Sheet]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise no_pyarrow() from error
    with whole(file):
        try:
            table = pyarrow.parquet.ParquetFile(file)
        except pyarrow.ArrowInvalid as error:
            raise DataError("a Parquet table", got=f"{file.name}: {one_line(error)}") from error
        with table:
            columns = tuple(table.schema_arrow.names)

            def rows(wanted: list[str], text: list[str]) -> Iterator[pd.DataFrame]:  # noqa: ARG001
                with whole(file):
                    for batch in table.iter_batches(batch_size=ROWS_AT_ONCE, columns=wanted):
                        yield batch.to_pandas()

            yield Sheet(name=file.name, columns=columns, read=rows, typed=True)
