"""Funding settlements out of files: of Binance, of several venues in one table, and of Tardis' ticker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lpgreeks.errors import DataError, InputError
from lpgreeks.markets.check import commonest_step
from lpgreeks.markets.sequence import gap_notes
from lpgreeks.markets.sheets import one_of, sheets, stamps
from lpgreeks.markets.streams import FundingRates
from lpgreeks.markets.symbols import market_of, symbols_of
from lpgreeks.markets.tables import numbers_of
from lpgreeks.paths.rows import Times
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAYOUTS", "read_funding"]

_SECOND = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """One way of writing settlements.

    Args:
        title: what the file is.
        time, rate: the columns of when and how much.
        seen: the column of when a row was written, where each row announces the settlement to come.
        chosen_by: the columns of which one value each counts.
    """

    title: str
    time: str
    rate: str
    seen: str = ""
    chosen_by: tuple[str, ...] = ()

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.time, self.rate, self.seen, *self.chosen_by} - {""})

    def kept(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows that may count: all, or the last announcement of each settlement before it."""
        if not self.seen:
            return rows
        said = rows.dropna(subset=[self.time, self.rate])
        return said[said[self.seen] <= said[self.time]].groupby(self.time).tail(1)

    def settled(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The settlements that the file has seen."""
        last = self.kept(rows)
        return last[last[self.time] <= last[self.seen].max()] if self.seen else last


LAYOUTS = (
    _Layout(title="Binance fundingRate", time="calc_time", rate="last_funding_rate"),
    _Layout(title="funding by funding_time", time="funding_time", rate="funding_rate"),
    _Layout(title="funding by time", time="time", rate="funding_rate"),
    _Layout(title="funding by venue and asset", time="time", rate="funding_rate", chosen_by=("venue", "asset")),
    _Layout(title="Tardis derivative_ticker", time="funding_timestamp", rate="funding_rate", seen="timestamp"),
)


@recorded
def read_funding(path: str | Path, *, market: str = "", venue: str = "", asset: str = "") -> FundingRates:
    """What longs paid shorts at each settlement; the layout is told by the columns.

    Binance ``fundingRate``; tables with ``funding_time`` or ``time`` and ``funding_rate``; tables of several venues
    and assets, of which one is chosen; and Tardis ``derivative_ticker``, where the last rate that was announced for a
    settlement by its time counts, and one that the file does not reach is left out. Exchanges stamp settlements some
    ms late: times are rounded to the second, which is noted.

    Args:
        path: CSV (plain or packed), Parquet, an archive or a folder.
        market: the perpetual's; read off the symbol in the rows or at the front of the name unless said.
        venue, asset: which ones of a table that has several.

    Raises:
        DataError: no such layout, several symbols, none of that venue and asset, a damaged file, disorder.
    """
    import pandas as pd

    parts, symbols, layouts = [], set(), set()
    for sheet in sheets(path):
        layout = one_of(LAYOUTS, sheet, "funding")
        layouts.add(layout)
        for piece in sheet.pieces(layout.needs | {"symbol"}):
            parts.append(layout.kept(piece))
            symbols |= symbols_of(piece, sheet.name)
    name = Path(path).name
    if len(layouts) != 1:
        raise DataError("funding of one layout", got=f"{', '.join(sorted(x.title for x in layouts))} in {name}")
    if (venue or asset) and not layout.chosen_by:
        raise InputError("no venue and no asset", got=f"{venue} {asset}".strip(), remedy=f"{name} does not tell them")
    rows = pd.concat(parts, ignore_index=True)
    for column, value in zip(layout.chosen_by, (venue, asset), strict=False):
        rows = _chosen(rows, column, value, name)
    settled = layout.settled(rows)
    if settled.empty:
        raise DataError("funding settlements", got=f"none that {name} reaches")
    market, guess = market_of(symbols, market, name)
    times, late = _whole_seconds(stamps(settled[layout.time], name)[0])
    notes = (*guess, *late)
    if times.size > 1:
        step = commonest_step(np.diff(times))
        notes += gap_notes(times, step, f"no settlement there, {step / np.timedelta64(1, 'h'):g} hours being usual")
    of_which = f" {venue} {asset}" if layout.chosen_by else ""
    return FundingRates(
        market=market,
        times=times,
        rates=numbers_of(settled[layout.rate], layout.rate, name).to_numpy(),
        source=f"funding of {market}, real: {layout.title} {name}{of_which}",
        notes=notes,
    )


def _chosen(rows: pd.DataFrame, column: str, value: str, name: str) -> pd.DataFrame:
    known = sorted(map(str, rows[column].unique()))
    if value not in known:
        raise DataError(
            f"one {column}",
            got=f"{value or 'none'} of {', '.join(known)} in {name}",
            remedy="Say which",
        )
    return rows[rows[column].astype(str) == value]


def _whole_seconds(times: Times) -> tuple[Times, tuple[str, ...]]:
    numbers = times.view(np.int64)
    rounded = (numbers + _SECOND // 2) // _SECOND * _SECOND
    off = np.abs(numbers - rounded)
    if not off.any():
        return times, ()
    note = f"{int((off > 0).sum()):,} of {off.size:,} times rounded to the second, up to {off.max() / 1e6:g} ms"
    return rounded.view("datetime64[ns]"), (note,)
