"""Binance klines as people have them: CSV, zip, tar or folder of days, spot or futures."""

from __future__ import annotations

import codecs
import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from lpgreeks.errors import DataError
from lpgreeks.markets.archives import csv_members, csv_streams, files_at, whole
from lpgreeks.markets.check import DataReport, check_bars, history_of
from lpgreeks.markets.clock import unit_of
from lpgreeks.markets.symbols import pair_of_symbol
from lpgreeks.paths import History
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KLINE_COLUMNS", "check_klines", "is_klines", "kline_bars", "read_klines"]

KLINE_COLUMNS = (
    "open_time", "open", "high", "low", "close", "volume",
    "close_time", "quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume", "ignore",
)  # fmt: skip
"""The twelve columns of a Binance kline file. Source: binance-public-data, README."""


@recorded
def read_klines(path: str | Path, *, market: str = "") -> History:
    """Binance klines as a history: a CSV, a zip, a tar, or a folder of them, spot or futures.

    With and without header; milliseconds and microseconds, told apart by magnitude in each file. Days and
    months are joined in the order of their names. A price counts as known at the close of its bar.

    Args:
        path: the file or the folder.
        market: whose prices they are; read off the file's name ("ETHUSDT-1m-...") unless said.

    Raises:
        DataError: no klines there, a broken archive, or a fatal finding of the data check.
    """
    bars, report, market = _klines(Path(path), market)
    return history_of(bars, report, market, known_after=report.step)


def check_klines(path: str | Path) -> DataReport:
    """The data check of what :func:`read_klines` would read; reports and refuses nothing that it can parse.

    Args:
        path: the file or the folder.
    """
    return _klines(Path(path), "?/?")[1]


def is_klines(path: str | Path) -> bool:
    """Whether the first CSV at ``path`` begins as klines do; False too for what no CSV can be read from."""
    try:
        streams = csv_streams(files_at(Path(path))[0])
        name, file = next(streams)
        with whole(Path(path)):
            _kline_table(name, io.BytesIO(file.readline() + file.readline()))
    except (DataError, StopIteration, IndexError):
        return False
    return True


def kline_bars(path: str | Path) -> pd.DataFrame:
    """The bars of klines as a table that :func:`read_prices` reads: when each opened, and its four prices."""
    bars = _klines(Path(path), "?/?")[0]
    return bars.assign(time=bars["time"].dt.tz_localize("UTC"))[["time", "open", "high", "low", "close"]]


def _klines(path: Path, market: str) -> tuple[pd.DataFrame, DataReport, str]:
    import pandas as pd

    parts, names, guesses, lengths = [], [], [], set()
    for name, file in csv_members(path):
        table, guess = _kline_table(name, file)
        names.append(name)
        parts.append(table)
        guesses.append(guess)
        lengths.add(_bar_seconds(table))
    if not parts:
        raise DataError("kline files (.csv or .zip)", got=f"none in {path}", remedy="Point at the file or its folder")
    symbols = dict.fromkeys(name.split("-")[0] for name in names)
    if len(symbols) > 1 or len(lengths) > 1:
        raise DataError(
            "klines of one symbol and one bar length",
            got=f"{', '.join(symbols)} in {path}",
            remedy="Keep each in a folder of its own, or point at one file",
        )
    bars = pd.concat(parts, ignore_index=True)
    bars["time"] = pd.to_datetime(bars["open_time"], unit="us")
    step = np.timedelta64(lengths.pop(), "s").astype("timedelta64[ns]")
    if not market:
        market = pair_of_symbol(next(iter(symbols)))
        guesses.append(f"market {market} from the name {next(iter(symbols))}")
    report = check_bars(bars, source=path.name, guesses=tuple(dict.fromkeys(guesses)), step=step)
    return bars, report, market


def _bar_seconds(table: pd.DataFrame) -> int:
    """The bars' length: a close time is one unit before the next open, 59.999 s or 59.999999 s."""
    apart = (table["close_time"] - table["open_time"]).to_numpy()
    return round((float(np.median(apart)) + 1) / 1e6)


def _kline_table(name: str, file: BinaryIO) -> tuple[pd.DataFrame, str]:
    import pandas as pd

    text = file.read().removeprefix(codecs.BOM_UTF8)
    if not text.strip():
        raise DataError("klines", got=f"an empty file {name}")
    has_header = not text[:200].split(b",")[0].strip().strip(b'"').replace(b".", b"").isdigit()
    try:
        table = pd.read_csv(io.BytesIO(text), header=0 if has_header else None, dtype=str, encoding_errors="strict")
    except (pd.errors.ParserError, UnicodeDecodeError, pd.errors.EmptyDataError) as error:
        raise _not_klines(name, str(error).strip()) from error
    if table.shape[1] != len(KLINE_COLUMNS):
        raise _not_klines(name, f"{table.shape[1]} columns")
    if has_header and [str(c).strip().lower() for c in table.columns[:7]] != list(KLINE_COLUMNS[:7]):
        raise _not_klines(name, f"a header {', '.join(map(str, table.columns[:7]))}")
    if table.empty:
        raise DataError("klines", got=f"a header and no rows in {name}")
    table.columns = pd.Index(KLINE_COLUMNS)
    if table["ignore"].isna().any() or table["close_time"].isna().any():
        row = int(np.flatnonzero(table["ignore"].isna() | table["close_time"].isna())[0])
        raise _not_klines(name, f"row {row + 1} cut short: the file is truncated")
    wanted = table[["open_time", "open", "high", "low", "close", "close_time"]]
    try:
        numbers = wanted.astype(
            {c: np.int64 if c.endswith("time") else np.float64 for c in KLINE_COLUMNS if c in wanted}
        )
    except ValueError as error:
        raise _not_klines(name, str(error)) from error
    unit = unit_of(numbers["open_time"].to_numpy(), name)
    scale = {"ms": 1000, "us": 1}.get(unit)
    if scale is None:
        raise _not_klines(name, f"times in {unit}")
    for column in ("open_time", "close_time"):
        numbers[column] *= scale
    return numbers, f"times in {unit}, {'a' if has_header else 'no'} header"


def _not_klines(name: str, got: str) -> DataError:
    return DataError(
        "Binance klines: twelve columns, open_time first",
        got=f"{name}: {got}",
        remedy="Other tables: read_prices(path, market=..., columns=lp.Columns(time=..., price=...))",
    )
