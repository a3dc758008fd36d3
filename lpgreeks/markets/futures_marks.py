"""Marks of dated futures beside the perpetual, with a stated half-spread in the place of bids and asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError, require_finite
from lpgreeks.markets.clock import times_of
from lpgreeks.markets.contract_names import contract_name
from lpgreeks.markets.contract_quotes import ContractQuotes
from lpgreeks.markets.tables import numbers_of, table_of
from lpgreeks.markets.tickers import of_one_coin, with_names
from lpgreeks.paths.rows import Times
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NEEDED", "read_futures_marks"]

_MARK, _PERPETUAL, _VOLUME = "snapshot_underlying_mark", "perp_price", "futures_minute_volume"
_TRADED, _GAP, _PERPETUAL_GAP = "futures_price", "futures_gap_s", "perp_gap_s"
NEEDED = ("time", "asset", "instrument", "expiry", _MARK, _TRADED, _VOLUME, _GAP, _PERPETUAL, _PERPETUAL_GAP)

# Seconds between a time and the minute whose trades speak for it: beyond one minute they are another minute's.
_LONGEST_GAP = 60.0


@recorded
def read_futures_marks(
    source: str | Path | pd.DataFrame, *, half_spread: float, base: str | None = None
) -> tuple[ContractQuotes, ...]:
    """Dated futures at their marks and the perpetual at its price, each less and plus a stated half-spread.

    A table with ``time``, ``asset``, ``instrument``, ``expiry``, ``snapshot_underlying_mark``, ``futures_price``,
    ``futures_minute_volume``, ``futures_gap_s``, ``perp_price`` and ``perp_gap_s``: one row for each future at each
    time, the perpetual's price beside it. Nothing in it is a bid or an ask.

    The marks are of one moment. The perpetual's price is that of a trade in the minute about it, as is
    ``futures_price``, which is read for nothing but to say how far such a trade stands from its mark: so far a spread
    against the perpetual may be off. Two dated futures have no such doubt.

    A row is *stale* where its minute saw no trade of it (volume 0, or none known), or where that minute is more than
    60 seconds away. Its mark is kept: nobody traded at it, which is counted in the notes and shown in tables. A row
    without an asset or an instrument is left out, which is counted too.

    Args:
        source: a path ending in .csv or .parquet (or .csv.gz), or a table.
        half_spread: of every contract, a decimal of its price: 0.0002 is 2 basis points on each side.
        base: the coin; needed where there are several.

    Raises:
        InputError: a half-spread that is none.
        DataError: no such columns, several coins and none chosen, an expiry that is not the name's, two prices of the
            perpetual at one time, a mark at or after the delivery.
    """
    half = require_finite("half_spread", half_spread, unit="decimal of the price")
    if not 0 <= half < 1:
        raise InputError(
            "a half-spread from 0 up to 1", got=f"{half:g}", unit="decimal", remedy="2 basis points are 0.0002"
        )
    table, name = table_of(source)
    missing = [column for column in NEEDED if column not in table.columns]
    if missing or table.empty:
        raise DataError(
            f"marks of futures with {', '.join(NEEDED)}",
            got=f"{', '.join(map(str, table.columns)) or 'none'} in {name}, {len(table):,} rows",
        )
    table, left_out = with_names(table, ("asset", "instrument"), name)
    coins = [coin for coin in table["asset"].unique() if base in (None, coin)]
    found: list[ContractQuotes] = []
    for coin in coins:
        rows = table[table["asset"] == coin]
        found += [_future(one, half, name) for _, one in rows.groupby("instrument", sort=False)]
        found.append(_perpetual(f"{coin}-PERPETUAL", rows, half, name))
    if not found:
        raise DataError(f"contracts on {base}", got=f"{', '.join(table['asset'].unique())} in {name}")
    noted = (replace(quotes, notes=(*left_out, *quotes.notes)) for quotes in found)
    return of_one_coin(tuple(noted), base, name)


def _future(rows: pd.DataFrame, half: float, name: str) -> ContractQuotes:
    contract = contract_name(str(rows["instrument"].iloc[0]))
    stated = times_of(rows["expiry"], name)[0].to_numpy(dtype="datetime64[ns]")
    times = times_of(rows["time"], name)[0].to_numpy(dtype="datetime64[ns]")
    volume, gap = (numbers_of(rows[c], c, name).to_numpy() for c in (_VOLUME, _GAP))
    # What is not known is no trade.
    stale = ~((volume > 0.0) & (gap <= _LONGEST_GAP))
    quotes = _about(contract.name, times, numbers_of(rows[_MARK], _MARK, name).to_numpy(), half, stale, name)
    if (stated != quotes.delivery).any():
        raise DataError(
            f"{contract.name} delivered at {quotes.delivery}", got=f"{stated[stated != quotes.delivery][0]} in {name}"
        )
    return quotes


def _perpetual(perpetual: str, rows: pd.DataFrame, half: float, name: str) -> ContractQuotes:
    once = rows.drop_duplicates(["time", _PERPETUAL])
    if (twice := once["time"].duplicated()).any():
        raise DataError(f"one price of {perpetual} at each time", got=f"two at {once['time'][twice].iloc[0]} in {name}")
    times = times_of(once["time"], name)[0].to_numpy(dtype="datetime64[ns]")
    price, gap = (numbers_of(once[c], c, name).to_numpy() for c in (_PERPETUAL, _PERPETUAL_GAP))
    return _about(perpetual, times, price, half, ~(gap <= _LONGEST_GAP), name, _apart(rows, perpetual, name))


def _apart(rows: pd.DataFrame, perpetual: str, name: str) -> str:
    """How far trades of the minute stand from marks, in words; "" where nothing was traded."""
    traded, mark, volume = (numbers_of(rows[c], c, name).to_numpy() for c in (_TRADED, _MARK, _VOLUME))
    off = np.abs(traded / mark - 1.0)[(volume > 0.0) & np.isfinite(traded)] * 1e4
    if not off.size:
        return ""
    return (
        f"{perpetual} is a trade in the minute about each mark, not of its moment: such trades of futures stand "
        f"{np.median(off):.2g} bp from their marks in the middle, {off.max():.3g} bp at most, and so may spreads "
        "against it"
    )


def _about(
    contract: str, times: Times, price: FloatArray, half: float, stale: NDArray[np.bool_], name: str, note: str = ""
) -> ContractQuotes:
    order = np.argsort(times, kind="stable")
    times, price, stale = times[order], price[order], stale[order]
    return ContractQuotes(
        contract=contract_name(contract),
        times=times,
        bid=price * (1.0 - half),
        ask=price * (1.0 + half),
        stale=stale,
        source=f"marks in {name}, real; half-spread {half * 1e4:g} bp, stated",
        notes=(note,) if note else (),
    )
