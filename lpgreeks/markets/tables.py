"""Any CSV, Parquet or DataFrame with a time and a price column."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError
from lpgreeks.markets.archives import BROKEN, one_line, require_ended
from lpgreeks.markets.check import DataReport, check_bars, history_of
from lpgreeks.markets.clock import times_of
from lpgreeks.paths import History
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Columns",
    "check_prices",
    "exact_doubles",
    "json_of",
    "no_pyarrow",
    "numbers_of",
    "read_prices",
    "table_of",
    "whole_numbers",
]


@dataclass(frozen=True, kw_only=True)
class Columns(Noun):
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


@recorded
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
    bars, report, known_after = _prices(source, columns)
    return history_of(bars, report, market, known_after=known_after)


def check_prices(source: str | Path | pd.DataFrame, *, columns: Columns | None = None) -> DataReport:
    """The data check of what :func:`read_prices` would read.

    Args:
        source: a file or a table.
        columns: what they are called; guessed unless said.
    """
    return _prices(source, columns)[1]


def _prices(
    source: str | Path | pd.DataFrame, columns: Columns | None
) -> tuple[pd.DataFrame, DataReport, np.timedelta64]:
    """The rows, what the data check says of them, and how long after its time a row's price is known."""
    import pandas as pd

    table, name = table_of(source)
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
    times, guess = times_of(table[columns.time], name)
    bars = pd.DataFrame({"time": times} | {k: numbers_of(table[c], c, name) for k, c in prices.items()})
    report = check_bars(bars, source=name, guesses=(guess,) if guess else ())
    return bars, report, np.timedelta64(0, "ns") if columns.low is None else report.step


def table_of(source: str | Path | pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """A CSV, Parquet or DataFrame as a table, and what to call it; whole or refused."""
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
        if not path.stat().st_size:
            raise DataError("a table", got=f"{path.name}, which is empty")
        require_ended(path)
        return pd.read_csv(path, **exact_doubles()), path.name
    except ImportError as error:
        raise no_pyarrow() from error
    except DataError:
        raise
    except (ValueError, pd.errors.ParserError, *BROKEN) as error:
        raise DataError("a CSV or Parquet table", got=f"{path.name}: {one_line(error)}") from error


def exact_doubles() -> dict[str, Any]:
    """What pandas before 3 must be told to read a CSV's doubles to the last digit, as later ones do."""
    import pandas as pd

    return {"float_precision": "round_trip"} if int(pd.__version__.partition(".")[0]) < 3 else {}


def no_pyarrow() -> DataError:
    """What to say where Parquet cannot be read."""
    return DataError(
        "pyarrow, which reads Parquet", got="it is not installed", remedy="pip install 'lpgreeks[parquet]'"
    )


def numbers_of(column: pd.Series, label: str, name: str) -> pd.Series:
    """A column as floats; an error for text, truth values and dates."""
    if column.dtype.kind in "bcmM":
        raise DataError(f"numbers in column {label!r}", got=f"{column.dtype} in {name}")
    try:
        return column.astype(np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"numbers in column {label!r}", got=f"{_first_word(column) or error} in {name}") from error


def _first_word(column: pd.Series) -> str:
    """The first cell that is no number, and its row; "" where each is one by itself."""
    import pandas as pd

    wrong = (pd.to_numeric(column, errors="coerce").isna() & column.notna()).to_numpy()
    row = int(wrong.argmax())
    return f"{column.iloc[row]!r} in row {row + 1:,}" if wrong.any() else ""


def whole_numbers(column: pd.Series, label: str, name: str) -> list[int]:
    """A column of integers of any length, digit by digit; an error for anything else."""
    try:
        return [int(cell) for cell in column.tolist()]
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(
            f"whole numbers in column {label!r}",
            got=f"{name}: {one_line(error)}",
            remedy="Raw integers pass 2**53: write them as text, not as floats",
        ) from error


def json_of(path: Path) -> Any:
    """The content of a JSON file, plain or packed."""
    if not path.is_file():
        raise DataError("an existing file", got=str(path))
    try:
        raw = path.read_bytes()
        return json.loads(gzip.decompress(raw) if path.suffix.endswith("gz") else raw)
    except (ValueError, *BROKEN) as error:
        raise DataError("JSON, whole", got=f"{path.name}: {one_line(error)}", remedy="Fetch it again") from error
