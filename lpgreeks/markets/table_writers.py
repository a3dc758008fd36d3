"""Tables into files, piece by piece: Parquet, CSV plain, packed or in a zip, JSON."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from lpgreeks.errors import DataError, InputError
from lpgreeks.markets.archives import one_line
from lpgreeks.markets.tables import no_pyarrow

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ENDINGS", "writer_of"]

_Pieces: TypeAlias = "Callable[[], Iterator[pd.DataFrame]]"
_Writer: TypeAlias = Callable[[Path, tuple[str, ...], _Pieces], int]


def writer_of(path: Path) -> _Writer:
    """The function that writes a file of that ending; it takes the path, columns and pieces.

    Raises:
        InputError: another ending.
    """
    for ending, writer in _WRITERS.items():
        if path.name.lower().endswith(ending):
            return writer
    raise InputError(f"a file ending in {', '.join(ENDINGS)}", got=str(path))


def _parquet(path: Path, columns: tuple[str, ...], pieces: _Pieces) -> int:  # noqa: ARG001
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise no_pyarrow() from error
    rows, schema = 0, None
    try:
        with path.open("wb") as file:
            writer = None
            for piece in pieces():
                flat = _flat(piece)
                table = pa.Table.from_pandas(flat, schema=schema, preserve_index=False)
                if writer is None:
                    schema = table.schema
                    writer = pq.ParquetWriter(file, schema)
                writer.write_table(table)
                rows += len(piece)
            if writer is not None:
                writer.close()
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError("columns of one type each", got=one_line(error)) from error
    return rows


def _csv(path: Path, columns: tuple[str, ...], pieces: _Pieces) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        return _csv_rows(file, columns, pieces)


def _csv_gz(path: Path, columns: tuple[str, ...], pieces: _Pieces) -> int:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        return _csv_rows(file, columns, pieces)


def _zip(path: Path, columns: tuple[str, ...], pieces: _Pieces) -> int:
    inside = path.with_suffix(".csv").name
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(inside, "w", force_zip64=True) as raw,
        io.TextIOWrapper(raw, encoding="utf-8", newline="") as file,
    ):
        return _csv_rows(file, columns, pieces)


def _csv_rows(file: TextIO, columns: tuple[str, ...], pieces: _Pieces) -> int:
    import csv

    csv.writer(file, lineterminator="\n").writerow(columns)
    rows = 0
    for piece in pieces():
        _flat(piece).to_csv(file, index=False, header=False, lineterminator="\n")
        rows += len(piece)
    return rows


def _json(path: Path, columns: tuple[str, ...], pieces: _Pieces) -> int:  # noqa: ARG001
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for piece in pieces():
            table = _flat(piece).astype(object)
            for record in table.where(table.notna(), None).to_dict("records"):
                file.write(",\n" if rows else "\n")
                file.write(json.dumps(record, default=str, allow_nan=False))
                rows += 1
        file.write("\n]\n")
    return rows


_WRITERS: dict[str, _Writer] = {
    ".parquet": _parquet, ".csv": _csv, ".csv.gz": _csv_gz, ".zip": _zip, ".json": _json,
}  # fmt: skip

ENDINGS = tuple(_WRITERS)


def _flat(piece: pd.DataFrame) -> pd.DataFrame:
    """With what a record holds inside as JSON, which readers take apart."""

    def text(cell: Any) -> Any:
        return json.dumps(cell) if isinstance(cell, (dict, list)) else cell

    nested = [c for c in piece.columns if piece[c].map(lambda cell: isinstance(cell, (dict, list))).any()]
    return piece.assign(**{c: piece[c].map(text) for c in nested})
