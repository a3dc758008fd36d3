"""Best bids and asks out of files: ticks of Binance and Tardis, recorded feeds, quote bars."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lpgreeks.errors import DataError
from lpgreeks.markets.check import commonest_step
from lpgreeks.markets.sequence import gap_notes, in_sequence
from lpgreeks.markets.sheets import fits, one_of, sheets, stamps
from lpgreeks.markets.streams import Quotes
from lpgreeks.markets.symbols import market_of, symbols_of
from lpgreeks.markets.tables import numbers_of
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAYOUTS", "is_book", "read_book"]

_Columns: TypeAlias = tuple[NDArray[Any], ...]


@dataclass(frozen=True, kw_only=True)
class _Ticks:
    """Best bids and asks as they changed.

    Args:
        title: what the file is.
        time, clock: the column of times, and whose clock it is.
        stand_in, its_clock: what is read instead where ``time`` is 0.
        sequence: the column by which the exchange orders its rows.
        bid, ask: the two prices.
        told_by: further columns by which the layout is told.
    """

    title: str
    time: str
    clock: str
    stand_in: str = ""
    its_clock: str = ""
    sequence: str
    bid: str
    ask: str
    told_by: frozenset[str] = frozenset()

    @property
    def needs(self) -> frozenset[str]:
        return self.told_by | frozenset({self.time, self.sequence, self.bid, self.ask, self.stand_in} - {""})

    def columns(self, piece: pd.DataFrame, name: str) -> tuple[_Columns, str]:
        """What is kept of a piece, and whose clock its times are of."""
        stands_in = bool(self.stand_in) and not piece[self.time].any()
        time, clock = (self.stand_in, self.its_clock) if stands_in else (self.time, self.clock)
        times, unit = stamps(piece[time], name)
        numbers = (numbers_of(piece[c], c, name).to_numpy() for c in (self.sequence, self.bid, self.ask))
        return (times, *numbers), f"{clock} ({unit})"

    def quotes(self, columns: _Columns, *, market: str, source: str, notes: tuple[str, ...]) -> Quotes:
        """The last row of each stamp, of those that have both sides."""
        times, sequence, bid, ask = columns
        both = ~np.isnan(bid) & ~np.isnan(ask)
        if one_sided := int((~both).sum()):
            notes += (f"{one_sided:,} of {times.size:,} rows without a bid or an ask left out",)
            times, sequence, bid, ask = (column[both] for column in columns)
        rows, moved = in_sequence(times, sequence)
        return Quotes(
            market=market, times=times[rows], bid=bid[rows], ask=ask[rows], source=source, notes=notes + moved
        )


@dataclass(frozen=True, kw_only=True)
class _Bars:
    """Best bids and asks of stretches of equal length, stamped when they open."""

    title: str
    time: str
    bids: tuple[str, str, str]
    """Lowest, highest, last."""
    asks: tuple[str, str, str]

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.time, *self.bids, *self.asks})

    def columns(self, piece: pd.DataFrame, name: str) -> tuple[_Columns, str]:
        """What is kept of a piece, and when a row is known."""
        times, _ = stamps(piece[self.time], name)
        return (
            times,
            *(numbers_of(piece[c], c, name).to_numpy() for c in (*self.bids, *self.asks)),
        ), "the close of each bar"

    def quotes(self, columns: _Columns, *, market: str, source: str, notes: tuple[str, ...]) -> Quotes:
        """The last bid and ask of each bar, known when it closes."""
        times, bid_low, bid_high, bid, ask_low, ask_high, ask = columns
        step = commonest_step(np.diff(times))
        return Quotes(
            market=market,
            times=np.asarray(times + step, dtype="datetime64[ns]"),
            bid=bid,
            ask=ask,
            lows=(bid_low + ask_low) / 2.0,
            highs=(bid_high + ask_high) / 2.0,
            source=source,
            notes=notes + gap_notes(times, step, "the quote before them holds"),
        )


LAYOUTS: tuple[_Ticks | _Bars, ...] = (
    _Ticks(
        title="Binance bookTicker",
        time="transaction_time",
        clock="the matching engine's transaction time",
        sequence="update_id",
        bid="best_bid_price",
        ask="best_ask_price",
    ),
    _Ticks(
        title="Tardis quotes",
        time="timestamp",
        clock="the exchange's time stamps",
        sequence="timestamp",
        bid="bid_price",
        ask="ask_price",
        told_by=frozenset({"symbol", "local_timestamp"}),
    ),
    _Ticks(
        title="Tardis book_snapshot",
        time="timestamp",
        clock="the exchange's time stamps",
        sequence="timestamp",
        bid="bids[0].price",
        ask="asks[0].price",
        told_by=frozenset({"symbol", "local_timestamp"}),
    ),
    _Ticks(
        title="recorded bookTicker feed",
        time="exch_ms",
        clock="the exchange's time stamps",
        stand_in="recv_ns",
        its_clock="the receiver's clock, for the exchange stamped nothing",
        sequence="recv_ns",
        bid="bid",
        ask="ask",
    ),
    _Bars(
        title="quote bars",
        time="time",
        bids=("bid_low", "bid_high", "bid_close"),
        asks=("ask_low", "ask_high", "ask_close"),
    ),
)


def is_book(path: str | Path) -> bool:
    """Whether :func:`read_book` knows the columns."""
    return fits(LAYOUTS, path)


@recorded
def read_book(path: str | Path, *, market: str = "") -> Quotes:
    r"""Best bids and asks as quotes; the layout is told by the columns.

    Binance bookTicker, Tardis ``quotes`` and ``book_snapshot_5`` and ``_25`` (CSV, plain or packed, archives, folders
    of days), recorded feeds with ``recv_ns`` and ``exch_ms``, and quote bars. Files are read in pieces: what is held
    at once is a piece of the text and the numbers that are kept.

    Ticks are put in the exchange's own order: by ``update_id``, by its time stamps, or as they arrived where they
    were recorded. Of several with one stamp the last holds. A row without a bid or an ask is left out. Each is
    counted in the notes, and whose clock the times are of is said in the source.

    A bar is known when it closes. Its middle stayed within

    .. math::
        \tfrac12 (bid_{low} + ask_{low}) \;\text{ to }\; \tfrac12 (bid_{high} + ask_{high}),

    and reached both where the sides had their extremes at once. A bar that is absent had no change.

    Args:
        path: the file or the folder.
        market: whose quotes they are; read off the symbol in the rows or at the front of the name unless said.

    Raises:
        DataError: no such layout, several symbols, a damaged file, times that step back, a crossed book.
    """
    parts, clocks, symbols, layouts = [], set(), set(), set()
    for sheet in sheets(path):
        layout = one_of(LAYOUTS, sheet, "best bids and asks")
        layouts.add(layout)
        for piece in sheet.pieces(layout.needs | {"symbol"}):
            part, clock = layout.columns(piece, sheet.name)
            parts.append(part)
            clocks.add(clock)
            symbols |= symbols_of(piece, sheet.name)
    name = Path(path).name
    if len(layouts) != 1 or len(clocks) != 1:
        raise DataError(
            "best bids and asks of one layout, on one clock",
            got=f"{', '.join(sorted(x.title for x in layouts))}; {', '.join(sorted(clocks))} in {name}",
            remedy="Point at one file, or at a folder of one kind",
        )
    market, guess = market_of(symbols, market, name)
    columns = tuple(np.concatenate(column) for column in zip(*parts, strict=True))
    del parts
    source = f"best bid and ask of {market}, real: {layout.title} {name}, by {clock}"
    return layout.quotes(columns, market=market, source=source, notes=guess)
