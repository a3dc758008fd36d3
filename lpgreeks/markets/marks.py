"""Marks and indices out of Tardis' derivative_ticker; Binance's mark klines are read as klines."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from lpgreeks.errors import DataError
from lpgreeks.markets.check import commonest_step
from lpgreeks.markets.sequence import in_sequence
from lpgreeks.markets.sheets import one_of, sheets, stamps
from lpgreeks.markets.symbols import market_of, symbols_of
from lpgreeks.markets.tables import numbers_of
from lpgreeks.paths import History
from lpgreeks.recipes import recorded

__all__ = ["TICKER", "read_marks"]


class _Layout(NamedTuple):
    title: str
    needs: frozenset[str]


TICKER = _Layout("Tardis derivative_ticker", frozenset({"timestamp", "symbol", "mark_price", "index_price"}))


@recorded
def read_marks(path: str | Path, *, market: str = "", index: str = "") -> History:
    """What accounts are marked at, from Tardis ``derivative_ticker``: ``mark_price`` at each time stamp.

    Rows are read in pieces and put in the order of the exchange's time stamps. Of several with one stamp the last
    holds; a row without a price is left out. Each is counted in the notes. Lows and highs are the prices themselves:
    between two rows nothing is known. :func:`read_klines` reads Binance's ``markPriceKlines``, which have both.

    Args:
        path: CSV (plain or packed), an archive or a folder of days.
        market: the perpetual's; read off the symbol in the rows unless said.
        index: a name for the index, like "ETH/USD:index", which then is a second market.

    Raises:
        DataError: no derivative_ticker, several symbols, a damaged file.
    """
    prices = ("mark_price", "index_price") if index else ("mark_price",)
    parts, symbols = [], set()
    for sheet in sheets(path):
        one_of((TICKER,), sheet, "marks")
        for piece in sheet.pieces({"timestamp", "symbol", *prices}):
            stamp, _ = stamps(piece["timestamp"], sheet.name)
            parts.append((stamp, np.stack([numbers_of(piece[c], c, sheet.name).to_numpy() for c in prices], axis=1)))
            symbols |= symbols_of(piece, sheet.name)
    name = Path(path).name
    market, notes = market_of(symbols, market, name)
    times, table = (np.concatenate(column) for column in zip(*parts, strict=True))
    known = ~np.isnan(table).any(axis=1)
    if missing := int((~known).sum()):
        notes += (f"{missing:,} of {times.size:,} rows without {' or '.join(prices)} left out",)
    rows, moved = in_sequence(times[known], times[known].view(np.int64).astype(np.float64))
    times, table = times[known][rows], table[known][rows]
    if times.size < 2:
        raise DataError("two or more marks", got=f"{times.size} in {name}")
    return History(
        markets=(market, index) if index else (market,),
        times=times,
        prices=table,
        lows=table,
        highs=table,
        step=commonest_step(np.diff(times)),
        notes=notes + moved,
    )
