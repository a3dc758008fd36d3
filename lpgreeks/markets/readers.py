"""Files that people have, as one history: Binance klines, any CSV or Parquet, a DataFrame.

A reader parses, checks and refuses; it never fills, drops or sorts. What it guesses (a header, a unit of
time, a market from a file's name) it says in the history's notes and in the data check.
"""

from __future__ import annotations

import codecs
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError
from lpgreeks.markets.check import DataReport, check_bars
from lpgreeks.paths import History

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Columns", "check_klines", "check_prices", "market_of_name", "read_klines", "read_prices"]

KLINE_COLUMNS = (
    "open_time", "open", "high", "low", "close", "volume",
    "close_time", "quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume", "ignore",
)  # fmt: skip
"""The twelve columns of a Binance kline file. Source: binance-public-data, README."""

_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "BTC", "ETH", "EUR")

_UNITS: dict[Literal["s", "ms", "us", "ns"], int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_EARLIEST, _LATEST = 978_307_200, 1_988_150_400  # 2001-01-01 and 2033-01-01

_TAR_BLOCK = 512

BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
)
"""What Python raises for an archive that is cut, damaged, encrypted or packed by an unknown method."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Which column of a table is what.

    Args:
        time: when the price was known, or when the bar opened if ``bars`` have a low and a high.
        price: the price, or the close of the bar.
        low, high: the extremes of the bar; both or neither.
    """

    time: str = "time"
    price: str = "close"
    low: str | None = None
    high: str | None = None


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
    bars, report, market, step = _klines(Path(path), market)
    return _history(bars, report, market, step)


def check_klines(path: str | Path) -> DataReport:
    """The data check of what :func:`read_klines` would read; reports and refuses nothing that it can parse."""
    return _klines(Path(path), "?/?")[1]


def read_prices(source: str | Path | pd.DataFrame, *, market: str, columns: Columns | None = None) -> History:
    """Any CSV, Parquet or DataFrame with a time and a price column as a history.

    Times may be dates with or without zone (UTC if without) or numbers since 1970, whose unit is told by
    magnitude. A DataFrame's index serves as the time when no column bears its name.

    Args:
        source: a path ending in .csv, .csv.gz or .parquet, or a table.
        market: whose prices they are, like "ETH/USDC".
        columns: which column is what; ``time``, ``close``, and ``low`` and ``high`` where present unless said.

    Raises:
        DataError: not a table, no such column, or a fatal finding of the data check.
    """
    bars, report = _prices(source, columns)
    return _history(bars, report, market, report.step)


def check_prices(source: str | Path | pd.DataFrame, *, columns: Columns | None = None) -> DataReport:
    """The data check of what :func:`read_prices` would read."""
    return _prices(source, columns)[1]


def market_of_name(path: Path) -> str | None:
    """The pair in the front of a file's name ("ETHUSDT-1m-2023-05.parquet"), if there is one."""
    try:
        return _pair_of_symbol(path.name.split("-")[0]) if "-" in path.name else None
    except DataError:
        return None


def _history(bars: pd.DataFrame, report: DataReport, market: str, step: np.timedelta64) -> History:
    report.require_usable()
    if not isinstance(market, str) or not market:
        raise InputError("a market's name", got=repr(market), remedy='Like "ETH/USDC"')
    known_at = bars["time"].to_numpy(dtype="datetime64[ns]")
    if bars.attrs["bars"]:
        known_at = np.asarray(known_at + step, dtype="datetime64[ns]")
    return History(
        markets=(market,),
        times=known_at,
        prices=bars[["close"]].to_numpy(),
        lows=bars[["low"]].to_numpy(),
        highs=bars[["high"]].to_numpy(),
        step=step,
        notes=report.guesses,
    )


# ---- Binance klines


def _klines(path: Path, market: str) -> tuple[pd.DataFrame, DataReport, str, np.timedelta64]:
    import pandas as pd

    parts, names, guesses, lengths = [], [], [], set()
    for name, file in _members(path):
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
    bars.attrs["bars"] = True
    step = np.timedelta64(lengths.pop(), "s").astype("timedelta64[ns]")
    if not market:
        market = _pair_of_symbol(next(iter(symbols)))
        guesses.append(f"market {market} from the name {next(iter(symbols))}")
    report = check_bars(bars, source=path.name, guesses=tuple(dict.fromkeys(guesses)), step=step)
    return bars, report, market, step


def _bar_seconds(table: pd.DataFrame) -> int:
    """The bars' length: a close time is one unit before the next open, 59.999 s or 59.999999 s."""
    apart = (table["close_time"] - table["open_time"]).to_numpy()
    return round((float(np.median(apart)) + 1) / 1e6)


def _members(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Every CSV at ``path``, inside archives and folders, by name; other files in a folder are left alone."""
    if not path.exists():
        raise DataError("an existing file or folder", got=str(path))
    if path.is_dir():
        for inside in sorted(p for p in path.iterdir() if p.suffix.lower() in (".csv", ".zip") and p.is_file()):
            yield from _members(inside)
        return
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in sorted(n for n in archive.namelist() if _is_csv(n)):
                    yield Path(name).name, io.BytesIO(archive.read(name))
        elif ".tar" in path.suffixes or path.suffix.lower() == ".tgz":
            yield from _tar_members(path)
        else:
            yield path.name, io.BytesIO(path.read_bytes())
    except BROKEN_ARCHIVE as error:
        raise DataError(
            "a whole archive",
            got=f"{path.name}: {_one_line(error)}",
            remedy="It is truncated, encrypted or not an archive; fetch it again",
        ) from error


def _tar_members(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    found = {}
    with tarfile.open(path) as tar:
        for member in tar:
            if member.isfile() and _is_csv(member.name) and (file := tar.extractfile(member)) is not None:
                found[Path(member.name).name] = io.BytesIO(file.read())
        # tarfile takes a damaged header for the end. The true end is a block of zeros, and reading on to the end
        # of a compressed file checks its sum.
        stream = cast(BinaryIO, tar.fileobj)
        stream.seek(tar.offset)
        rest = stream.read()
    if len(rest) < _TAR_BLOCK or rest[:_TAR_BLOCK].strip(b"\0"):
        raise tarfile.ReadError("a damaged member, or the end is missing")
    yield from sorted(found.items())


def _is_csv(name: str) -> bool:
    inside = Path(name)
    return inside.suffix.lower() == ".csv" and not inside.name.startswith(".") and "__MACOSX" not in inside.parts


def _one_line(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error))[:120]


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
    unit = _unit_of(numbers["open_time"].to_numpy(), name)
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


def _pair_of_symbol(symbol: str) -> str:
    symbol = symbol.split("_")[0].upper()
    for quote in _QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return f"{symbol.removesuffix(quote)}/{quote}"
    raise DataError("a symbol like ETHUSDT at the front of the file's name", got=symbol, remedy="Say market='ETH/USDT'")


def _unit_of(stamps: FloatArray, name: str) -> Literal["s", "ms", "us", "ns"]:
    """The one unit in which every stamp lies between 2001 and 2033.

    The span is kept short so that 2023040100, a date written as a number, is no second of the year 2034.
    """
    for unit, size in _UNITS.items():
        if ((stamps >= _EARLIEST * size) & (stamps < _LATEST * size)).all():
            return unit
    raise DataError(
        "times since 1970 in s, ms, us or ns, all in one unit and from 2001 to 2032",
        got=f"{float(stamps.min()):.0f} to {float(stamps.max()):.0f} in {name}",
        remedy="Split the file where the unit changes",
    )


# ---- any table


def _prices(source: str | Path | pd.DataFrame, columns: Columns | None) -> tuple[pd.DataFrame, DataReport]:
    import pandas as pd

    table, name = _table(source)
    if not (columns is None or isinstance(columns, Columns)):
        raise InputError("columns as lp.Columns", got=f"{columns!r:.60}")
    if table.columns.has_duplicates or table.empty:
        raise DataError("a table with rows and distinct columns", got=f"{table.shape} in {name}: {list(table.columns)}")
    if columns is None:
        extremes = {c: c for c in ("low", "high") if c in table.columns}
        columns = Columns(**extremes) if len(extremes) == 2 else Columns()
    if (columns.low is None) != (columns.high is None):
        raise InputError("both of low and high, or neither", got=columns)
    if columns.time not in table.columns and table.index.name == columns.time:
        table = table.reset_index()
    elif columns.time not in table.columns and isinstance(table.index, pd.DatetimeIndex):
        table = table.assign(**{columns.time: table.index})
    prices = {
        "close": columns.price,
        "low": columns.low or columns.price,
        "high": columns.high or columns.price,
    }
    for column in (columns.time, *prices.values()):
        if column not in table.columns:
            raise DataError(
                f"a column {column!r}",
                got=", ".join(map(str, table.columns)),
                remedy="Say which is which: columns=lp.Columns(time=..., price=..., low=..., high=...)",
            )
    times, guess = _times(table[columns.time], name)
    bars = pd.DataFrame({"time": times} | {k: _numbers(table[c], c, name) for k, c in prices.items()})
    bars.attrs["bars"] = columns.low is not None
    return bars, check_bars(bars, source=name, guesses=(guess,) if guess else ())


def _table(source: str | Path | pd.DataFrame) -> tuple[pd.DataFrame, str]:
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return source, "the table"
    if not isinstance(source, (str, Path)):
        raise InputError("a path or a DataFrame", got=type(source).__name__)
    path = Path(source)
    if not path.is_file():
        raise DataError("an existing file", got=str(path))
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            return pd.read_parquet(path), path.name
        if path.suffix == ".csv" and not path.read_bytes()[-1:] == b"\n":
            raise DataError(
                "a table that ends with a line break",
                got=f"{path.name}, whose last row may be cut short",
                remedy="If that row is whole, end it with a line break",
            )
        return pd.read_csv(path), path.name
    except ImportError as error:
        raise DataError(
            "pyarrow, which reads Parquet", got="it is not installed", remedy="pip install 'lpgreeks[parquet]'"
        ) from error
    except DataError:
        raise
    except (ValueError, pd.errors.ParserError, *BROKEN_ARCHIVE) as error:
        raise DataError("a CSV or Parquet table", got=f"{path.name}: {_one_line(error)}") from error


def _times(column: pd.Series, name: str) -> tuple[pd.Series, str]:
    import pandas as pd

    if column.isna().any():
        raise DataError("a time in every row", got=f"{int(column.isna().sum())} without in {name}")
    if column.dtype.kind == "b":
        raise DataError("times", got=f"truth values in {name}")
    if column.dtype.kind in "iuf" or column.astype(str).str.fullmatch(r"-?\d{9,}").all():
        numbers = column.to_numpy(dtype=np.float64)
        unit = _unit_of(numbers, name)
        return pd.Series(pd.to_datetime(column.astype(np.int64).to_numpy(), unit=unit)), f"times in {unit} since 1970"
    stamps = column if hasattr(column, "dt") else column.astype(str).str.removesuffix(" UTC")
    try:
        times = pd.to_datetime(stamps, utc=True, format="ISO8601")
    except (ValueError, TypeError) as error:
        raise DataError(
            "ISO times like 2023-04-01 00:00:00, or numbers since 1970",
            got=f"{column.iloc[0]!r} in {name}",
            remedy="01/04/2023 may be January or April; say which by rewriting it",
        ) from error
    years = times.dt.year
    if not years.between(2001, 2099).all():
        raise DataError("times from 2001 to 2099", got=f"{years.min()} to {years.max()} in {name}")
    aware = getattr(column.dtype, "tz", None) is not None or _has_zone(str(column.iloc[0]))
    return times.dt.tz_localize(None), "" if aware else "times without a zone read as UTC"


def _has_zone(stamp: str) -> bool:
    return bool(re.search(r"(Z|UTC|[+-]\d\d:?\d\d)$", stamp.strip()))


def _numbers(column: pd.Series, label: str, name: str) -> pd.Series:
    if column.dtype.kind in "bcmM":
        raise DataError(f"numbers in column {label!r}", got=f"{column.dtype} in {name}")
    try:
        return column.astype(np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"numbers in column {label!r}", got=f"{name}: {error}") from error
