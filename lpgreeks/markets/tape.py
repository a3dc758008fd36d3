"""One clock for everything that a replay sees: quotes, marks, the pool, funding and gas, merged in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.costs import Gas
from lpgreeks.errors import DataError, InputError, MarketError
from lpgreeks.markets.streams import FundingRates, GasPrices, PoolHistory, Quotes
from lpgreeks.paths import History, Span, span_of
from lpgreeks.paths.rows import Frozen, Times
from lpgreeks.protocols import IndexHistory
from lpgreeks.tokens import price_of

__all__ = ["Rows", "Settlements", "Swaps", "Tape"]

# An exchange does not stand still for longer.
_STALE = np.timedelta64(1, "m")


class Rows(NamedTuple):
    """The merged clock: one row per event, every price as it was last known there."""

    times: NDArray[np.int64]
    """``(n,)``, nanoseconds since the first row, which a float holds; rows of one time belong to one moment."""
    bid: FloatArray
    """``(markets, n)``, quote per base."""
    ask: FloatArray
    mark: FloatArray
    """What accounts are marked at."""
    low: FloatArray
    """The lowest mark since the row before."""
    high: FloatArray
    pool: FloatArray
    """``(n,)``: the pool's price; of an index alone, a share's."""


class Swaps(NamedTuple):
    """What the pool's rows brought, ``(m,)`` each."""

    row: NDArray[np.int64]
    """On which row of the clock."""
    base_in: FloatArray
    quote_in: FloatArray
    growth_base: FloatArray
    growth_quote: FloatArray
    liquidity: FloatArray
    before: FloatArray
    """The liquidity before the row."""
    low: FloatArray
    high: FloatArray


class Settlements(NamedTuple):
    """Funding, ``(m,)`` each, in order of time."""

    row: NDArray[np.int64]
    market: NDArray[np.int64]
    rate: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Tape(Frozen):
    """What happened, as a replay sees it.

    The clock has a row for every time of every stream, from the first one at which all quotes and the pool are known.
    A row shows each price as it was last known. Rows of one time are one moment: all of them move prices and bring
    fees before anything is decided. Of one time, swaps come in their own order, then quotes, then funding. The first
    row is where everything stands after its moment.

    Without a pool's history a pool's position is priced at the middle of the quotes, and earns no fees.

    Args:
        quotes: of one market or of several; none where only the pool is known.
        pool: what the pool did.
        index: what a share in an index did.
        marks: what accounts are marked at and liquidated on, by market; the middle of the quotes unless given.
        funding: of one perpetual or of several.
        gas: of one transaction: the same always, or by time.
    """

    quotes: Quotes | Sequence[Quotes] = ()
    pool: PoolHistory | None = None
    index: IndexHistory | None = None
    marks: History | None = None
    funding: FundingRates | Sequence[FundingRates] = ()
    gas: Gas | GasPrices | None = None

    def __post_init__(self) -> None:
        for name, kind in (("quotes", Quotes), ("funding", FundingRates)):
            given = getattr(self, name)
            streams = tuple(given) if isinstance(given, Iterable) else (given,)
            if not all(isinstance(s, kind) for s in streams):
                raise InputError(f"{name} as {kind.__name__}", got=f"{given!r:.60}")
            if len({s.market for s in streams}) < len(streams):
                raise MarketError(f"{name} of each market once", got=", ".join(s.market for s in streams))
            object.__setattr__(self, name, streams)
        for name, kinds in (
            ("pool", PoolHistory), ("index", IndexHistory), ("marks", History), ("gas", (Gas, GasPrices))
        ):  # fmt: skip
            if getattr(self, name) is not None and not isinstance(getattr(self, name), kinds):
                raise InputError(f"{name} of another kind", got=f"{getattr(self, name)!r:.60}")
        if not self._streams:
            raise InputError("quotes, a pool or an index", got="none of them")
        # What cannot be merged is refused at once.
        self.rows  # noqa: B018

    @property
    def _quotes(self) -> tuple[Quotes, ...]:
        return self.quotes  # type: ignore[return-value]

    @property
    def _funding(self) -> tuple[FundingRates, ...]:
        return self.funding  # type: ignore[return-value]

    @property
    def _streams(self) -> tuple[Quotes | PoolHistory | IndexHistory, ...]:
        """What has a price: the clock goes from where all of them are known to where the first one ends."""
        return (*self._quotes, *(s for s in (self.pool, self.index) if s is not None))

    def __len__(self) -> int:
        return len(self.rows.times)

    def __repr__(self) -> str:
        return f"<Tape: {self.describe()}>"

    # ---- what is on it

    @cached_property
    def markets(self) -> tuple[str, ...]:
        """Those with quotes: the first axis of bids, asks and marks."""
        return tuple(q.market for q in self._quotes)

    @cached_property
    def times(self) -> Times:
        """``(n,)``, UTC."""
        return self._clock

    @property
    def years(self) -> float:
        """From the first row to the last, in 365-day years."""
        return float((self.times[-1] - self.times[0]) / np.timedelta64(365, "D"))

    @cached_property
    def synthetic(self) -> str:
        """What on the tape was made by a rule, in words; "" where all of it happened."""
        if self.pool is not None:
            return self.pool.synthetic
        return "" if self.index is not None else "no pool data: its price is the middle of the quotes, without fees"

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What is real and what is stated, and what was left out, one sentence each."""
        first, last = self.times[0], self.times[-1]
        lines = [q.source for q in self._quotes] + [f.source for f in self._funding]
        lines += [s.source for s in (self.pool, self.index) if s is not None]
        if self.synthetic:
            lines.append(f"SYNTHETIC: {self.synthetic}")
        for stream in (*self._streams, *self._funding):
            outside = int(((stream.times < first) | (stream.times > last)).sum())
            if outside:
                lines.append(f"{outside:,} of {len(stream):,} rows of {stream.market} lie outside the tape")
            lines.extend(stream.notes)
        if self._quotes and self.marks is None:
            lines.append("accounts are marked at the middle of the quotes")
        if self.marks is None and any(q.lows is not None for q in self._quotes):
            lines.append("the lows and highs beside the quotes stand for those of the mark")
        if self.marks is not None:
            lines += [f"accounts are marked at {self.marks.describe()}", *self.marks.notes]
        lines.extend(note for note in self._stand_ins if note)
        lines.extend(self._stale)
        return tuple(dict.fromkeys(lines))

    def describe(self) -> str:
        """One sentence: from when to when, and how many rows of what."""
        first, last = (np.datetime_as_string(t, unit="s").replace("T", " ") for t in self.times[[0, -1]])
        parts = [f"{len(q):,} quotes of {q.market}" for q in self._quotes]
        if self.pool is not None:
            parts.append(f"{len(self.pool):,} {'synthetic ' if self.pool.synthetic else ''}pool rows")
        if self.index is not None:
            parts.append(f"{len(self.index):,} rows of {self.index.name}")
        parts += [f"{len(f):,} settlements of {f.market}" for f in self._funding]
        return f"{first} to {last} UTC, {len(self):,} rows of {', '.join(parts)}"

    def gaps(self, longer_than: Span) -> tuple[tuple[np.datetime64, np.datetime64], ...]:
        """Every stretch without a row that is longer than that: its two ends."""
        long = np.flatnonzero(np.diff(self.times) > span_of(longer_than))
        return tuple((self.times[i], self.times[i + 1]) for i in long)

    def column(self, market: str) -> tuple[int, str]:
        """Which row of bids and asks a market reads, and the note that a stand-in calls for ("" if none)."""
        return price_of(market, {m: i for i, m in enumerate(self.markets)})

    # ---- merged

    @cached_property
    def rows(self) -> Rows:
        """Everything on one clock."""
        times = self._clock
        k, n = len(self._quotes), times.size
        bid, ask, mark, low, high = (np.empty((k, n)) for _ in range(5))
        for j, quotes in enumerate(self._quotes):
            known = _last_known(quotes.times, times)
            bid[j], ask[j] = quotes.bid[known], quotes.ask[known]
            mark[j], low[j], high[j] = self._mark(quotes, known, times)
        if self.pool is not None:
            pool = self.pool.prices[self._pool_rows]
        else:
            pool = (bid[0] + ask[0]) / 2.0 if k else self.index.prices[self.index_rows]  # type: ignore[union-attr]
        since = (times - times[0]).astype(np.int64)
        rows = Rows(since, bid, ask, mark, low, high, pool)
        for array in rows:
            array.flags.writeable = False
        return rows

    @cached_property
    def swaps(self) -> Swaps:
        """What each row of the pool brought. The first one only tells where the pool stood."""
        pool = self.pool
        if pool is None:
            return Swaps(np.empty(0, dtype=np.int64), *(np.empty(0) for _ in range(8)))
        # The row of the clock that shows pool row m, for those inside the tape but the one that it starts from.
        at = np.flatnonzero(np.diff(self._pool_rows)) + 1
        shown = self._pool_rows[at]
        none = np.zeros(shown.size)
        return Swaps(
            at.astype(np.int64),
            pool.base_in[shown],
            pool.quote_in[shown],
            none if pool.growth_base is None else pool.growth_base[shown],
            none if pool.growth_quote is None else pool.growth_quote[shown],
            pool.liquidity[shown],
            pool.liquidity[shown - 1],
            pool.lows[shown],  # type: ignore[index]
            pool.highs[shown],  # type: ignore[index]
        )

    @cached_property
    def settlements(self) -> Settlements:
        """Every funding inside the tape, on the row at which it is due."""
        clock = self._clock
        due = []
        for stream in self._funding:
            column, _ = self.column(stream.market)
            inside = (stream.times > self.times[0]) & (stream.times <= self.times[-1])
            at = np.searchsorted(clock, stream.times[inside], side="right") - 1
            due += [(int(i), column, rate) for i, rate in zip(at, stream.rates[inside].tolist(), strict=True)]
        due.sort()
        row, market, rate = zip(*due, strict=True) if due else ((), (), ())
        return Settlements(np.array(row, dtype=np.int64), np.array(market, dtype=np.int64), np.array(rate, dtype=float))

    def gas_at(self, rows: NDArray[np.int64]) -> FloatArray:
        """What one transaction costs on each row, in quote.

        Raises:
            DataError: a row before the first gas price.
        """
        if self.gas is None:
            return np.zeros(rows.shape)
        if isinstance(self.gas, Gas):
            return np.full(rows.shape, self.gas.each)
        known = np.searchsorted(self.gas.times, self.times[rows], side="right") - 1
        if rows.size and known.min() < 0:
            raise DataError("gas prices from the first transaction on", got=f"none before {self.gas.times[0]}")
        return self.gas.each[known]

    @property
    def _stand_ins(self) -> tuple[str, ...]:
        """Of each mark and each funding that reads another market's price, the note ("" where it has its own)."""
        marked = () if self.marks is None else tuple(_bars_of(q.market, self.marks)[1] for q in self._quotes)
        return marked + tuple(self.column(f.market)[1] for f in self._funding)

    @property
    def _stale(self) -> tuple[str, ...]:
        """Of each market whose quotes are mostly older than a minute where the pool moves, how old."""
        if self.pool is None:
            return ()
        times, found = self.times[self.swaps.row], []
        for quotes in self._quotes:
            age = times - quotes.times[_last_known(quotes.times, times)]
            if age.size and np.median(age) > _STALE:
                found.append(
                    f"quotes of {quotes.market} are up to {age.max() / _STALE:.0f} minutes old where the pool moves: "
                    "who trades between them knows more than they did, and gains what nobody would have"
                )
        return tuple(found)

    @cached_property
    def _clock(self) -> Times:
        streams = self._streams
        first = max(s.times[0] for s in streams)
        last = min(s.times[-1] for s in streams)
        if first >= last:
            spans = "; ".join(f"{s.market} {s.times[0]} to {s.times[-1]}" for s in streams)
            raise DataError("streams that overlap in time", got=spans)
        columns = [self.column(stream.market)[0] for stream in self._funding]
        if len(set(columns)) < len(columns):
            raise MarketError(
                "quotes of its own for every perpetual that pays funding",
                got=f"funding of {', '.join(f.market for f in self._funding)} on quotes of {', '.join(self.markets)}",
                remedy="Give the quotes again under the other name if the basis is to be zero",
            )
        for stream in self._funding:
            if not ((stream.times > first) & (stream.times <= last)).any():
                raise DataError(
                    "funding settlements inside the tape",
                    got=f"{len(stream):,} of {stream.market}, {stream.times[0]} to {stream.times[-1]}",
                    remedy=f"The tape goes from {first} to {last}",
                )
        others = [s.times for s in self._funding] + ([] if self.marks is None else [self.marks.times])
        # Sorting runs that are in order is faster than np.unique, which hashes.
        clock = np.sort(np.concatenate([s.times for s in streams] + others), kind="stable")
        clock = clock[np.append(True, clock[1:] != clock[:-1])]
        clock = clock[(clock >= first) & (clock <= last)]
        if self.pool is not None:
            # The first row is where everything stands after its moment.
            swaps = np.bincount(_on(clock, self.pool.times)[1], minlength=clock.size)
            clock = np.repeat(clock, np.maximum(swaps, 1))
        return clock

    @cached_property
    def _pool_rows(self) -> NDArray[np.int64]:
        """The pool's row that each row of the clock shows: of one time, one after the other."""
        assert self.pool is not None
        first, at = _on(self._clock, self.pool.times)
        # Of one time, each stands on a row of its own.
        return _counted(first, at + np.arange(at.size) - np.searchsorted(at, at), len(self._clock))

    @cached_property
    def index_rows(self) -> NDArray[np.int64]:
        """The index's row that each row of the clock shows.

        Raises:
            DataError: there is no index on the tape.
        """
        if self.index is None:
            raise DataError("an index on the tape", got=self.describe(), remedy="Tape(index=..., quotes=...)")
        return _last_known(self.index.times, self._clock)

    def _mark(
        self, quotes: Quotes, known: NDArray[np.int64], times: Times
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """A market's mark on each row of the clock, and its extremes since the row before."""
        if self.marks is not None:
            bars, _ = _bars_of(quotes.market, self.marks)
            own, price = self.marks.times, self.marks.prices[:, bars]
            lows, highs = self.marks.lows[:, bars], self.marks.highs[:, bars]
            if own[0] > times[0]:
                raise DataError("marks from the first row on", got=f"from {own[0]}, and the tape from {times[0]}")
            known = _last_known(own, times)
        else:
            price = quotes.mid
            if quotes.lows is None or quotes.highs is None:
                mark = price[known]
                return mark, mark, mark
            lows, highs = quotes.lows, quotes.highs
        # What happened before the first row is not the tape's: its extremes are its price.
        mark, fresh = price[known], np.diff(known, prepend=known[0]) > 0
        low, high = np.minimum(lows[known], mark), np.maximum(highs[known], mark)
        return mark, np.where(fresh, low, mark), np.where(fresh, high, mark)


def _bars_of(market: str, marks: History) -> tuple[int, str]:
    return price_of(market, {m: i for i, m in enumerate(marks.markets)})


def _on(clock: Times, own: Times) -> tuple[int, NDArray[np.int64]]:
    """How many of a stream's times lie at or before the first row, and on which row each later one stands.

    All of them that lie inside stand on the clock: looking them up there is faster than looking up its rows in them.
    """
    first, last = np.searchsorted(own, clock[[0, -1]], side="right")
    return int(first), np.searchsorted(clock, own[first:last])


def _counted(first: int, at: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """On each row, the last of a stream that is known there."""
    steps = np.bincount(at, minlength=n)
    steps[0] = first - 1
    return np.cumsum(steps)


def _last_known(own: Times, clock: Times) -> NDArray[np.int64]:
    return _counted(*_on(clock, own), len(clock))
