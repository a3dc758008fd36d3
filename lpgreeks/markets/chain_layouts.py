"""The layouts of option chains that people have, each told by its columns, and the one table they are read into."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from lpgreeks.errors import DataError
from lpgreeks.markets.archives import one_line
from lpgreeks.markets.clock import times_of
from lpgreeks.markets.tables import numbers_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FIGURES", "LAYOUTS", "Layout", "layout_of"]

FIGURES = (
    "bids", "asks", "marks", "bid_amounts", "ask_amounts", "volatilities", "bid_volatilities", "ask_volatilities",
    "underlyings", "index_prices", "open_interest", "deltas", "gammas", "vegas", "thetas", "rhos",
)  # fmt: skip
"""The numbers of a row, by the names that a chain has for them."""

_VOLATILITIES = ("volatilities", "bid_volatilities", "ask_volatilities")

# A median volatility of 500 % was never seen on a venue, nor one of 5 %.
_DEAREST, _CHEAPEST = 5.0, 0.05

# Two years to expiry printed to five decimals differ by a unit of the last at most, which is 5.3 minutes.
_YEARS_PRINTED = np.timedelta64(316, "s")

_EASTERN = ZoneInfo("America/New_York")


def _as_it_is(table: pd.DataFrame, name: str) -> pd.DataFrame:  # noqa: ARG001
    return table


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One way of writing a chain as a table.

    Args:
        title: what the file is.
        needs: the columns by which it is told.
        columns: what a chain calls it, and which column has it; ``names``, ``quoted`` and any of :data:`FIGURES`.
        percent: volatilities are in percent, else decimals.
        snapshot: the column that says which snapshot a row belongs to; "" where the rows follow one another, and the
            last of each name counts.
        prepare: makes the columns that are written in another way.
    """

    title: str
    needs: frozenset[str]
    columns: Mapping[str, str]
    percent: bool
    snapshot: str = ""
    prepare: Callable[[pd.DataFrame, str], pd.DataFrame] = field(default=_as_it_is)

    def normal(self, table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """The rows under the names of a chain, and what was taken as given.

        Columns ``names``, ``quoted``, ``snapshot`` (no time where rows follow one another), ``strikes`` (NaN unless
        the file has them beside the name) and :data:`FIGURES`; volatilities are decimals, a bid or ask of 0 is none.
        """
        import pandas as pd

        table = self.prepare(table, name)
        quoted, guess = times_of(table[self.columns["quoted"]], name)
        rows = pd.DataFrame({"names": table[self.columns["names"]].astype(str).to_numpy(), "quoted": quoted.to_numpy()})
        rows["snapshot"] = times_of(table[self.snapshot], name)[0].to_numpy() if self.snapshot else pd.NaT
        rows["snapshot"] = rows["snapshot"].astype(rows["quoted"].dtype)
        for figure in ("strikes", *FIGURES):
            column = self.columns.get(figure, "")
            rows[figure] = numbers_of(table[column], column, name).to_numpy() if column in table.columns else np.nan
        for figure in ("bids", "asks"):
            rows[figure] = rows[figure].where(rows[figure] != 0.0)
        for figure in _VOLATILITIES:
            rows[figure] = self._decimals(rows[figure], self.columns.get(figure, ""), name)
        written = "percent" if self.percent else "decimals"
        stated = (
            f"{self.title}, volatilities in {written}"
            if rows[list(_VOLATILITIES)].notna().any(axis=None)
            else self.title
        )
        return rows, tuple(note for note in (stated, guess) if note)

    def _decimals(self, column: pd.Series, label: str, name: str) -> pd.Series:
        """Decimals per year, 0 as none; an error where the numbers look like the other unit."""
        decimals = column.where(column > 0.0) * (0.01 if self.percent else 1.0)
        middle = float(decimals.median()) if decimals.notna().any() else np.nan
        if middle > _DEAREST or middle < _CHEAPEST:
            unit, other = ("percent", "decimals") if self.percent else ("decimals", "percent")
            factor = 100 if self.percent else 0.01
            raise DataError(
                f"volatilities in {unit} in column {label!r}, as in {self.title}",
                got=f"a median of {column.median():g} in {name}, which looks like {other}",
                remedy=f"Multiply the column by {factor:g} and pass the table",
            )
        return decimals


def layout_of(table: pd.DataFrame, name: str) -> Layout:
    """The one layout that has the columns of a table.

    Raises:
        DataError: none has, or several have.
    """
    found = [layout for layout in LAYOUTS if layout.needs <= set(map(str, table.columns))]
    if len(found) == 1:
        return found[0]
    known = "; ".join(f"{layout.title}: {', '.join(sorted(layout.needs))}" for layout in LAYOUTS)
    columns = ", ".join(map(str, table.columns[:30]))
    raise DataError(
        "the columns of one known layout of option chains",
        got=f"{' and '.join(layout.title for layout in found) or 'none'} in {name}, columns {columns}",
        remedy=f"Rename the columns to those of one layout. {known}",
    )


# ---- what is written in another way


def _nested(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Greeks out of their own record, and best quotes out of the book where they have no columns."""
    import pandas as pd

    table = table.rename(columns=lambda column: str(column).removeprefix("greeks."))
    if "greeks" in table.columns:
        greeks = [_record(cell, name) for cell in table["greeks"]]
        table = table.join(pd.DataFrame.from_records([g or {} for g in greeks], index=table.index))
    if "best_bid_price" in table.columns:
        return table
    best = {}
    for side, column, sign in (("bid", "bids", 1.0), ("ask", "asks", -1.0)):
        books = [_record(cell, name) or [(np.nan, np.nan)] for cell in table[column]]
        levels = [max(book, key=lambda level: sign * level[0]) for book in books]
        best[f"best_{side}_price"], best[f"best_{side}_amount"] = zip(*levels, strict=True)
    return table.assign(**best)


def _record(cell: Any, name: str) -> Any:
    """A nested record: as it is, or out of its text as JSON or as Python prints it; None for nothing."""
    if not isinstance(cell, str):
        return cell if isinstance(cell, (dict, list)) else None
    try:
        return json.loads(cell.replace("'", '"').replace("None", "null"))
    except json.JSONDecodeError as error:
        raise DataError(
            "a record of Greeks or a book as JSON", got=f"{cell:.60} in {name}: {one_line(error)}"
        ) from error


def _eastern(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Without a Unix time, the readable one, of which New York keeps the clock."""
    import pandas as pd

    if "QUOTE_UNIXTIME" in table.columns:
        return table
    printed = table["QUOTE_READTIME"].astype(str).str.strip()
    local = pd.to_datetime(printed, format="%Y-%m-%d %H:%M", errors="coerce")
    # An hour that a clock skips or shows twice is no time.
    times = local.dt.tz_localize(_EASTERN, ambiguous="NaT", nonexistent="NaT")
    if times.isna().any():
        raise DataError(
            "times like 2021-06-01 00:00 in QUOTE_READTIME that New York's clock shows once",
            got=f"{name}: {printed[times.isna()].iloc[0]:.40}",
            remedy="Keep the column QUOTE_UNIXTIME",
        )
    return table.assign(QUOTE_UNIXTIME=times)


def _from_years(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The time of a snapshot that only says how long its options still have, printed to five decimals of a year."""
    import pandas as pd

    from lpgreeks.markets.option_names import known_option_names

    known = known_option_names(table["instrument_name"].astype(str))
    expiries = table["instrument_name"].map({key: found.expiry for key, found in known.items()})
    left = pd.to_timedelta(numbers_of(table["T_years"], "T_years", name) * 365, unit="D")
    times = pd.to_datetime(expiries, utc=True) - left
    first, last = times.min(), times.max()
    if last - first > _YEARS_PRINTED:
        raise DataError("one time for all years to expiry in T_years", got=f"{first} to {last} in {name}")
    # Rounding spreads the times around the true one.
    return table.assign(quoted=(first + (last - first) / 2).round("s"))


# ---- the layouts

_GREEKS = {"deltas": "delta", "gammas": "gamma", "vegas": "vega", "thetas": "theta", "rhos": "rho"}
_DERIBIT = {
    "names": "instrument_name",
    "marks": "mark_price",
    "volatilities": "mark_iv",
    "bid_volatilities": "bid_iv",
    "ask_volatilities": "ask_iv",
    "underlyings": "underlying_price",
    "index_prices": "index_price",
    "open_interest": "open_interest",
    **_GREEKS,
}
_BEST = {
    "bids": "best_bid_price",
    "asks": "best_ask_price",
    "bid_amounts": "best_bid_amount",
    "ask_amounts": "best_ask_amount",
}
_QUOTES = {"bids": "bid_price", "asks": "ask_price", "bid_amounts": "bid_amount", "ask_amounts": "ask_amount"}

LAYOUTS = (
    Layout(
        title="Deribit book summaries",
        needs=frozenset(
            {"instrument_name", "creation_timestamp", "bid_price", "ask_price", "mark_price", "underlying_price"}
        ),
        # Until half an hour before an expiry, the estimated delivery price is the index.
        columns={
            **_DERIBIT,
            **_QUOTES,
            "quoted": "creation_timestamp",
            "strikes": "strike_price",
            "index_prices": "estimated_delivery_price",
        },
        percent=True,
    ),
    Layout(
        title="Deribit tickers",
        needs=frozenset(
            {"instrument_name", "timestamp", "best_bid_price", "best_ask_price", "mark_price", "underlying_price"}
        ),
        columns={**_DERIBIT, **_BEST, "quoted": "timestamp", "strikes": "strike"},
        percent=True,
        prepare=_nested,
    ),
    Layout(
        title="hourly Deribit books",
        needs=frozenset({"instrument_name", "time", "bids", "asks", "mark_price", "underlying_price"}),
        columns={**_DERIBIT, **_BEST, "quoted": "time", "strikes": "strike_price"},
        percent=True,
        snapshot="time",
        prepare=_nested,
    ),
    Layout(
        title="Tardis options_chain",
        needs=frozenset(
            {"exchange", "symbol", "timestamp", "local_timestamp", "expiration", "mark_price", "underlying_price"}
        ),
        columns={**_DERIBIT, **_QUOTES, "names": "symbol", "quoted": "timestamp", "strikes": "strike_price"},
        percent=True,
    ),
    Layout(
        title="OptionsDX",
        needs=frozenset({"INSTRUMENT NAME", "UNDERLYING PRICE", "BID_PRICE", "ASK_PRICE", "MARK_IV"}),
        columns={
            "names": "INSTRUMENT NAME",
            "quoted": "QUOTE_UNIXTIME",
            "strikes": "STRIKE",
            "bids": "BID_PRICE",
            "asks": "ASK_PRICE",
            "bid_amounts": "BID_SIZE",
            "ask_amounts": "ASK_SIZE",
            "volatilities": "MARK_IV",
            "underlyings": "UNDERLYING PRICE",
            "open_interest": "OPEN_INTEREST",
            **{ours: theirs.upper() for ours, theirs in _GREEKS.items()},
        },
        percent=True,
        snapshot="QUOTE_UNIXTIME",
        prepare=_eastern,
    ),
    Layout(
        title="snapshots with forward_price",
        needs=frozenset({"snapshot_time", "quote_time", "instrument", "forward_price", "bid", "ask", "mark"}),
        columns={
            "names": "instrument",
            "quoted": "quote_time",
            "strikes": "strike",
            "bids": "bid",
            "asks": "ask",
            "marks": "mark",
            "volatilities": "mark_iv",
            "underlyings": "forward_price",
            "index_prices": "index_price",
            "open_interest": "open_interest",
            **_GREEKS,
        },
        percent=False,
        snapshot="snapshot_time",
    ),
    Layout(
        title="snapshots with futures_price",
        needs=frozenset(
            {"timestamp", "instrument_name", "futures_price", "bid_price", "ask_price", "implied_volatility"}
        ),
        columns={
            **_DERIBIT,
            **_QUOTES,
            "quoted": "timestamp",
            "strikes": "strike",
            "volatilities": "implied_volatility",
            "underlyings": "futures_price",
        },
        percent=False,
    ),
    Layout(
        title="a snapshot with T_years",
        needs=frozenset({"instrument_name", "T_years", "S0", "market_price_btc", "bid_btc", "ask_btc"}),
        columns={
            "names": "instrument_name",
            "quoted": "quoted",
            "strikes": "strike",
            "bids": "bid_btc",
            "asks": "ask_btc",
            "marks": "market_price_btc",
            "volatilities": "mark_iv",
            "underlyings": "S0",
            "open_interest": "open_interest",
        },
        percent=True,
        prepare=_from_years,
    ),
)
