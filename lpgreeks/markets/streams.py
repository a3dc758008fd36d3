"""What a tape is made of: quotes, a pool's swaps, funding and gas, each in its own order of time."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError, require_finite, require_numbers, require_prices
from lpgreeks.paths import History
from lpgreeks.paths.rows import Frozen, Times, checked_times, frozen, moment
from lpgreeks.protocols import IndexHistory
from lpgreeks.recipes import recorded

__all__ = ["FundingRates", "GasPrices", "PoolHistory", "Quotes"]

# No coin that a pool is quoted in has moved by half from one quote to the next; a wrong unit or a bad row has.
_JUMP = 1.5


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Quotes(Frozen):
    """Best bid and ask of one market, in the order in which they were known.

    Attributes:
        market: whose they are, like "ETH/USDC:perp".
        times: ``(n,)``, UTC, ascending.
        bid, ask: ``(n,)``, quote per base.
        lows, highs: ``(n,)``: the extremes of the price since the quote before; None where only quotes are known.
        source: one sentence on where they come from, and what of it is stated rather than quoted.
        notes: what was guessed or dropped on the way here.
    """

    market: str
    times: Times
    bid: FloatArray
    ask: FloatArray
    lows: FloatArray | None = None
    highs: FloatArray | None = None
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        times = checked_times(self.times, self.market, repeats=False)
        bid, ask = (_prices(x, name, times) for x, name in ((self.bid, "bid"), (self.ask, "ask")))
        crossed = np.flatnonzero(bid > ask)
        if crossed.size:
            at = crossed[0]
            raise DataError(
                f"bids at or below asks in {self.market}",
                got=f"{crossed.size:,} crossed, the first at {times[at]}: bid {bid[at]:g}, ask {ask[at]:g}",
                unit="quote per base",
                remedy="Drop them in a table of your own: nothing is repaired silently",
            )
        _require_no_jump((bid + ask) / 2, times, self.market)
        if (self.lows is None) != (self.highs is None):
            raise InputError("both of lows and highs, or neither", got="one of them")
        for name, array in (("times", times), ("bid", bid), ("ask", ask)):
            frozen(self, name, array)
        if self.lows is not None and self.highs is not None:
            low, high = (_prices(x, name, times) for x, name in ((self.lows, "lows"), (self.highs, "highs")))
            _require_extremes(low, high, (bid + ask) / 2, times, self.market)
            frozen(self, "lows", low)
            frozen(self, "highs", high)

    @classmethod
    @recorded
    def from_bars(cls, bars: History, *, half_spread: float, market: str = "") -> Self:
        """Quotes at the closes of bars: the close less and plus a stated half-spread, a decimal of the price.

        Args:
            bars: of one market, or of several of which ``market`` is one.
            half_spread: 0.00005 is half a basis point on each side.

        Raises:
            InputError: bars of several markets, and none of them named.
        """
        half = _half_spread(half_spread)
        name = market or bars.markets[0]
        if name not in bars.markets or (not market and len(bars.markets) > 1):
            raise InputError("one market of the bars", got=market or "none named", remedy=", ".join(bars.markets))
        column = bars.markets.index(name)
        close = bars.prices[:, column]
        return cls(
            market=name,
            times=bars.times,
            bid=close * (1.0 - half),
            ask=close * (1.0 + half),
            lows=bars.lows[:, column],
            highs=bars.highs[:, column],
            source=f"{bars.describe()}, real; half-spread {half * 1e4:g} bp, stated",
            notes=bars.notes,
        )

    @classmethod
    @recorded
    def from_index(cls, index: IndexHistory, coin: str, *, half_spread: float) -> Self:
        """A coin's price as an index reads it, as bid and ask: for where no exchange's quotes are at hand.

        Args:
            index: whose price feed.
            coin: one of its coins.
            half_spread: of the price, a decimal: 0.0002 is two basis points on each side.
        """
        half = _half_spread(half_spread)
        price = index.coin_prices[:, index.column(coin)]
        return cls(
            market=f"{coin}/{index.quote}",
            times=index.times,
            bid=price * (1.0 - half),
            ask=price * (1.0 + half),
            source=f"{coin}/{index.quote} at the price that {index.name} reads, real; "
            f"half-spread {half * 1e4:g} bp, stated",
        )

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<Quotes: {self.source}>"

    @recorded
    def between(self, first: str | None = None, last: str | None = None) -> Quotes:
        """The rows of a stretch of time, UTC, both ends in it: "2023-04-10", "2023-04-10 12:00". A day is its start.

        Raises:
            InputError: no such time.
            DataError: fewer than two rows there.
        """
        return _stretch(self, first, last)

    @property
    def mid(self) -> FloatArray:
        """``(n,)``: the middle of bid and ask."""
        return (self.bid + self.ask) / 2.0


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PoolHistory(Frozen):
    r"""What a pool did: its price after each row, what traders paid in, and the liquidity that shared the fees.

    A row is a swap, or everything that happened in one bar. Its fees come by two routes, which are added up: what the
    contract's fee growth, where it is known, brought to each unit of liquidity in range; and of what was paid in
    beside that, the share of a position of liquidity ``l``:

    .. math::
        \phi = l\,\Delta g + a_{\text{in}}\, f\, (1 - s)\, \frac{l}{l + L}

    Fee growth is that of a pool in which the position already was; what is paid in was shared without it.

    Attributes:
        market: whose price it is, like "ETH/USDC".
        fee: the tier ``f``, a decimal of what is paid in.
        times: ``(n,)``, UTC, in order; swaps of one block share a time.
        prices: ``(n,)``, quote per base, after the row.
        base_in, quote_in: ``(n,)``, paid in by traders in each token, fee included, beyond what fee growth counts.
        liquidity: ``(n,)``, active after the row, without the position, in ``sqrt(base * quote)``.
        growth_base, growth_quote: ``(n,)``: fees per unit of liquidity that the row brought, protocol share taken off;
            None where the contract's fee growth is not known.
        lows, highs: ``(n,)``: the extremes since the row before; the two prices unless said.
        protocol_share: ``s``, of the fee.
        synthetic: the rule that made it; "" for what happened.
        source: one sentence on where it comes from.
        notes: what was guessed or dropped on the way here.
    """

    market: str
    fee: float
    times: Times
    prices: FloatArray
    base_in: FloatArray
    quote_in: FloatArray
    liquidity: FloatArray
    growth_base: FloatArray | None = None
    growth_quote: FloatArray | None = None
    lows: FloatArray | None = None
    highs: FloatArray | None = None
    protocol_share: float = 0.0
    synthetic: str = ""
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        times = checked_times(self.times, self.market, repeats=True)
        prices = _prices(self.prices, "pool prices", times)
        _require_no_jump(prices, times, self.market)
        for name, ceiling in (("fee", 1.0), ("protocol_share", 1.0)):
            rate = require_finite(name, getattr(self, name), unit="decimal")
            if not 0 <= rate < ceiling:
                raise InputError(f"{name} from 0 up to 1", got=f"{rate:g}", unit="decimal", remedy="0.05 % is 0.0005")
            object.__setattr__(self, name, rate)
        frozen(self, "times", times)
        frozen(self, "prices", prices)
        for name in ("base_in", "quote_in"):
            frozen(self, name, _amounts(getattr(self, name), name, times))
        liquidity = _amounts(self.liquidity, "liquidity", times)
        if (empty := np.flatnonzero(liquidity <= 0)).size:
            raise DataError(
                "active liquidity above 0 in every row",
                got=f"{empty.size:,} rows with none, the first at {times[empty[0]]}",
                unit="sqrt(base * quote)",
                remedy="A pool without liquidity has no price there: leave those rows out",
            )
        frozen(self, "liquidity", liquidity)
        if (self.growth_base is None) != (self.growth_quote is None):
            raise InputError("fee growth of both tokens, or of neither", got="one of them")
        for name in ("growth_base", "growth_quote"):
            if (growth := getattr(self, name)) is not None:
                frozen(self, name, _amounts(growth, name, times))
        given = ((self.lows, "lows"), (self.highs, "highs"))
        low, high = (prices if x is None else _prices(x, what, times) for x, what in given)
        _require_extremes(low, high, prices, times, self.market)
        # The price of the row before is where the row started.
        before = np.concatenate([prices[:1], prices[:-1]])
        frozen(self, "lows", np.minimum(np.minimum(before, prices), low))
        frozen(self, "highs", np.maximum(np.maximum(before, prices), high))

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<PoolHistory: {self.source}>"

    @recorded
    def between(self, first: str | None = None, last: str | None = None) -> PoolHistory:
        """The rows of a stretch of time, as of :meth:`Quotes.between`."""
        return _stretch(self, first, last)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FundingRates(Frozen):
    """What longs of a perpetual paid shorts at each settlement, as a decimal of the position's value.

    Attributes:
        market: the perpetual's.
        times: ``(n,)``, UTC, ascending: the settlements.
        rates: ``(n,)``; > 0: longs pay shorts.
        source: one sentence on where they come from.
        notes: what was guessed or dropped on the way here.
    """

    market: str
    times: Times
    rates: FloatArray
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        times = checked_times(self.times, self.market, repeats=False, at_least=1)
        rates = require_numbers(np.array(self.rates), unit="decimal per interval", what="funding rates")
        rates = _shaped(rates, "funding rates", times)
        if (wrong := np.flatnonzero(~(np.abs(rates) < 1))).size:
            raise DataError(
                "finite funding rates below 1",
                got=f"{wrong.size:,} others, the first {rates[wrong[0]]:g} at {times[wrong[0]]}",
                unit="decimal per interval",
                remedy="0.01 % is 0.0001",
            )
        frozen(self, "times", times)
        frozen(self, "rates", rates)

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<FundingRates: {self.source}>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GasPrices(Frozen):
    """What one transaction of the position cost at each time, in quote.

    Attributes:
        times: ``(n,)``, UTC, ascending.
        each: ``(n,)``, quote per transaction.
        source: one sentence on where they come from.
        notes: what was guessed or dropped on the way here.
    """

    times: Times
    each: FloatArray
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        times = checked_times(self.times, "gas", repeats=False, at_least=1)
        frozen(self, "times", times)
        frozen(self, "each", _amounts(self.each, "gas", times))

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<GasPrices: {self.source}>"


_Stream = TypeVar("_Stream", Quotes, PoolHistory)


def _stretch(stream: _Stream, first: str | None, last: str | None) -> _Stream:
    times = stream.times
    begin = 0 if first is None else int(np.searchsorted(times, moment(first), side="left"))
    end = times.size if last is None else int(np.searchsorted(times, moment(last), side="right"))
    if end - begin < 2:
        raise DataError(
            f"two or more rows of {stream.market} from {first or 'the start'} to {last or 'the end'}",
            got=f"{max(0, end - begin)}",
            remedy=f"They go from {times[0]} to {times[-1]} UTC",
        )
    own = {f.name: getattr(stream, f.name) for f in fields(stream)}
    cut = {name: x[begin:end] for name, x in own.items() if isinstance(x, np.ndarray)}
    ends = (np.datetime_as_string(t, unit="s").replace("T", " ") for t in times[[begin, end - 1]])
    said = f"{stream.source}; cut to {end - begin:,} rows, {' to '.join(ends)}"
    return replace(stream, **cut, source=said)  # type: ignore[arg-type]


def _half_spread(given: float) -> float:
    half = require_finite("half_spread", given, unit="decimal of the price")
    if not 0 <= half < 1:
        raise InputError(
            "a half-spread from 0 up to 1", got=f"{half:g}", unit="decimal", remedy="Half a basis point is 0.00005"
        )
    return half


def _prices(given: ArrayLike, what: str, times: Times) -> FloatArray:
    return _shaped(require_prices(np.array(given), unit="quote per base", what=what), what, times)


def _amounts(given: ArrayLike, what: str, times: Times) -> FloatArray:
    array = _shaped(require_numbers(np.array(given), unit="tokens", what=what), what, times)
    if not (np.isfinite(array).all() and (array >= 0).all()):
        at = int(np.flatnonzero(~(np.isfinite(array) & (array >= 0)))[0])
        raise DataError(f"{what} of 0 or more in every row", got=f"{array[at]:g} at {times[at]}")
    return array


def _shaped(array: FloatArray, what: str, times: Times) -> FloatArray:
    if array.shape != times.shape:
        raise InputError(f"{what} for each of {times.size:,} times", got=f"shape {array.shape}")
    return array


def _require_no_jump(prices: FloatArray, times: Times, what: str) -> None:
    moves = prices[1:] / prices[:-1]
    wild = np.flatnonzero((moves > _JUMP) | (moves < 1.0 / _JUMP))
    if wild.size:
        at = wild[0]
        raise DataError(
            f"prices of {what} that move by less than a half from one row to the next",
            got=f"{wild.size:,} jumps, the first from {prices[at]:g} to {prices[at + 1]:g} at {times[at + 1]}",
            unit="quote per base",
            remedy="Look at those rows; if the jump is real, replay the time before and after it apart",
        )


def _require_extremes(lows: FloatArray, highs: FloatArray, prices: FloatArray, times: Times, what: str) -> None:
    """One wrong extreme liquidates, so it is held against the price of its own row."""
    if (upside_down := np.flatnonzero(lows > highs)).size:
        raise DataError(
            f"lows of {what} at or below highs",
            got=f"{upside_down.size:,} rows where they are not, the first at {times[upside_down[0]]}",
        )
    wild = np.flatnonzero((lows < prices * (2.0 - _JUMP)) | (highs > prices * _JUMP))
    if wild.size:
        at = wild[0]
        raise DataError(
            f"lows and highs of {what} within a half of the price of their row",
            got=f"{wild.size:,} rows, the first at {times[at]}: {lows[at]:g} and {highs[at]:g} about {prices[at]:g}",
            unit="quote per base",
            remedy="Look at those rows; if the move is real, take shorter bars there",
        )
