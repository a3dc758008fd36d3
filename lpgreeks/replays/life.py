"""The life of a position on a tape: what it holds, what it earns, when it is removed and laid again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.costs import Fee
from lpgreeks.display import Noun
from lpgreeks.errors import InputError, MarketError, require_positive
from lpgreeks.instruments import Exposure, Option, UniswapV3
from lpgreeks.markets.tape import Tape
from lpgreeks.models.passage import bisect
from lpgreeks.paths import History, Span, span_of
from lpgreeks.paths.rows import Times
from lpgreeks.protocols import BinDeposit
from lpgreeks.replays.bin_cells import earning_of
from lpgreeks.replays.columns import Living, column
from lpgreeks.replays.tables import EXPONENTS, Table, table_of
from lpgreeks.tokens import price_of

__all__ = ["Deposits", "FeesAlongMove", "FeesAtClose", "Life", "ManagedRange", "live_through", "read_from"]

_NEVER = np.inf
_S = Living()


class Deposits(IntEnum):
    """How a managed range is paid for at each add."""

    IN_RATIO = 0
    """Both tokens in the range's own ratio: the position is worth the whole capital."""
    HALF_EACH = 1
    """At most half of the capital in each token: the position is worth the capital or less, never more."""


@dataclass(frozen=True)
class FeesAlongMove(Noun):
    """Fees of a row are earned over its move, by the share of the way spent in range.

    The way is measured as the pool is paid: in the root of the price for dollars, in its reciprocal for coins. By fee
    growth that is exact for a swap, by amounts for one through even liquidity; a bar has more than one, and its bounds
    say what that may hide.
    """


@dataclass(frozen=True)
class FeesAtClose(Noun):
    """Fees of a row are earned whole where its price is strictly inside the range, and not at all elsewhere."""


@dataclass(frozen=True, kw_only=True)
class ManagedRange(Noun):
    """A Uniswap v3 range that is laid about the price, removed and laid again.

    Acted on at the price of the first row of the pool that shows the price outside, whether or not it has come back, or
    that stands at or after the schedule; rows of one time are one moment, and its last price holds. Fees stay apart:
    they are not put in again. The first gas is owed, every other one is paid from what is in hand; where that no longer
    pays for the next add, the range is over.

    Args:
        base, quote: the coin, and the token that prices are in.
        lower, upper: the ends, as multiples of the price at each add: 0.95 and 1.05.
        capital: the most that is put in, in quote; what is in hand beside it earns nothing.
        deposits: in the range's ratio, or half the capital per side.
        on_exit: removed as soon as the price has left; else it waits for the price to come back.
        every: removed on a schedule, at this distance ("1D"); None: never.
        swap: what trading tokens for the next add costs; the pool's own fee unless said.
        sell_excess: coins that the next range does not take are sold at the removal.
        market: whose price it reads; the pair unless said.
    """

    base: str
    quote: str
    lower: float
    upper: float
    capital: float
    deposits: Deposits = Deposits.IN_RATIO
    on_exit: bool = True
    every: Span | None = None
    swap: Fee | None = None
    sell_excess: bool = False
    market: str = ""

    def __post_init__(self) -> None:
        for name, unit in (("lower", "of the price"), ("upper", "of the price"), ("capital", self.quote)):
            object.__setattr__(self, name, require_positive(name, getattr(self, name), unit=unit))
        if not self.lower < 1.0 < self.upper:
            raise InputError(
                "a range about the price: lower below 1 and upper above",
                got=f"lower={self.lower:g}, upper={self.upper:g}",
                unit="of the price",
                remedy="5 % about the price: lower=0.95, upper=1.05",
            )
        for name, kind in (("deposits", Deposits), ("swap", Fee)):
            given = getattr(self, name)
            if not isinstance(given, kind) and not (given is None and kind is Fee):
                raise InputError(f"{name} as {kind.__name__}", got=f"{given!r:.60}")
        if self.every is not None and not span_of(self.every) > np.timedelta64(0):
            raise InputError("a schedule with a distance above 0", got=self.every)
        object.__setattr__(self, "market", self.one.market)

    @classmethod
    def for_exits(cls, bars: History, *, per_week: float, base: str, quote: str, capital: float, **more: Any) -> Self:
        """The narrowest range, the same factor up and down, that ``bars`` would have left so often a week or less.

        Args:
            bars: of which the pair's market, or its stand-in, is read.
            per_week: exits per seven days, each followed by a new range about the price.
            more: the other fields.

        Raises:
            InputError: as many exits even of a range as wide as the prices.
        """
        wanted = require_positive("per_week", per_week, unit="exits per week")
        name, _ = price_of(more.get("market") or f"{base}/{quote}", {m: m for m in bars.markets})
        widest = 1.001 * float(bars.highs.max() / bars.lows.min())
        factor = bisect(lambda w: bars.exits_per_week(market=name, factor=w) <= wanted, 1.0001, widest)
        return cls(base=base, quote=quote, lower=1.0 / factor, upper=factor, capital=capital, **more)

    @cached_property
    def one(self) -> UniswapV3:
        """The range about a price of 1."""
        return UniswapV3(
            base=self.base, quote=self.quote, liquidity=1.0, lower=self.lower, upper=self.upper, market=self.market
        )

    def at(self, price: float, scale: float) -> UniswapV3:
        """The range about a price."""
        return UniswapV3(
            base=self.base, quote=self.quote, liquidity=scale, lower=self.lower * price, upper=self.upper * price,
            market=self.market,
        )  # fmt: skip


class Shape(NamedTuple):
    """A position as the compiled life knows it, about a price of 1 where it is managed."""

    base: Table
    quote: Table
    earning: Table
    """Liquidity by price, in the column of P^-1/2: what shares the fees."""
    lower: float
    upper: float


class Rules(NamedTuple):
    """How the position is managed, in numbers; ``inf`` is off."""

    managed: bool
    half_each: bool
    on_exit: bool
    every: float
    capital: float
    swap: float
    sell_excess: bool
    along: bool


class Points(NamedTuple):
    """The rows of the clock at which the pool moved, and what they brought; ``(m,)`` each."""

    row: NDArray[np.int64]
    time: NDArray[np.int64]
    price: FloatArray
    low: FloatArray
    high: FloatArray
    fee_base: FloatArray
    fee_quote: FloatArray
    growth_base: FloatArray
    growth_quote: FloatArray
    liquidity: FloatArray
    liquidity_before: FloatArray
    gas: FloatArray


class Events(NamedTuple):
    """Adds or removals, ``(m,)`` each."""

    row: NDArray[np.int64]
    price: FloatArray
    """Of the pool at the add."""
    scale: FloatArray
    centre: FloatArray
    base: FloatArray
    """Coins put in."""
    quote: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Life(Noun):
    """What a position did on a tape, without any hedge.

    Attributes:
        position: what was held or managed.
        tape: what happened.
        fees: how the fees of a row were counted.
        shape: the position as a table.
        events: one row for each add and removal: row of the clock, 1 for an add, then the state after it.
        rows: the rows of the clock at which ``states`` stand.
        states: ``(rows, figures)``.
    """

    position: Exposure | ManagedRange
    tape: Tape
    fees: FeesAlongMove | FeesAtClose
    shape: Shape
    events: FloatArray
    rows: NDArray[np.int64]
    states: FloatArray

    @cached_property
    def prices(self) -> FloatArray:
        """Of the pool, on each of ``rows``."""
        return self.tape.rows.pool[self.rows]

    @cached_property
    def adds(self) -> Events:
        """Every time that the range was laid, the first included."""
        return _events(self.events, added=True)

    @cached_property
    def removals(self) -> Events:
        """Every time that it was removed; the last range stands to the end."""
        return _events(self.events, added=False)

    def segments(self) -> Iterator[tuple[int, int, float, float]]:
        """First row, row after the last, scale and centre of each range that was laid."""
        adds = self.adds
        ends = np.append(adds.row[1:], len(self.tape))
        yield from zip(adds.row.tolist(), ends.tolist(), adds.scale.tolist(), adds.centre.tolist(), strict=True)

    @property
    def one(self) -> Exposure:
        """The position, about a price of 1 where it is managed."""
        return self.position.one if isinstance(self.position, ManagedRange) else self.position

    @property
    def quote(self) -> str:
        """What money is counted in."""
        return self.position.quote

    @property
    def bases(self) -> tuple[str, ...]:
        """The one coin that it depends on; none of cash alone."""
        return self.one.bases

    def coin_prices(self, coin: str) -> FloatArray:
        """``(rows,)``: of the one coin, in the pool."""
        return self.prices

    @cached_property
    def capital(self) -> float:
        """What is in hand at the start, in quote."""
        return _capital(self.position, float(self.tape.rows.pool[0]))

    @cached_property
    def in_pool(self) -> tuple[FloatArray, FloatArray]:
        """``(rows,)`` each: coins and dollars in the pool."""
        scale, centre = self.states[:, _S.scale], self.states[:, _S.centre]
        x, root = self.prices / centre, np.sqrt(centre)
        return scale * self.one.base_amount(x) / root, scale * self.one.quote_amount(x) * root

    @cached_property
    def worth(self) -> FloatArray:
        """``(rows,)``: tokens in the pool and in hand, and fees, in quote."""
        base, quote = self.in_pool
        coins = base + self.states[:, _S.held_base] + self.states[:, _S.fee_base]
        return coins * self.prices + quote + self.states[:, _S.held_quote] + self.states[:, _S.fee_quote]

    @cached_property
    def coins(self) -> Mapping[str, FloatArray]:
        """``(rows,)`` by coin: those in the pool, in hand and earned."""
        s, (base, _) = self.states.T, self.in_pool
        return dict.fromkeys(self.bases, base + s[_S.held_base] + s[_S.fee_base])

    @cached_property
    def _slope(self) -> Table:
        return table_of(self.one.worth(self.quote).derivative(), "a slope")

    def deltas_at(self, row: int) -> Mapping[str, float]:
        """Coins by which the value in quote moves, on a row of the clock."""
        from lpgreeks.replays.compiled_tables import fill

        laid = int(np.searchsorted(self.adds.row, row, side="right")) - 1
        out, centre = np.empty(1), float(self.adds.centre[laid])
        fill(out, self.tape.rows.pool[[row]], 0, 1, float(self.adds.scale[laid]) * centre**-0.5, centre, self._slope)
        return dict.fromkeys(self.bases, float(out[0]))

    @property
    def holding(self) -> FloatArray:
        """``(rows,)``: what holding the tokens that were put in made, in quote."""
        return self.parts["tokens held"]

    @property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The parts by what a reader asks for."""
        return {
            "fees": ("fees, base", "fees, quote"),
            "impermanent loss": ("impermanent loss",),
            "tokens held": ("tokens held",),
        }

    @property
    def costs(self) -> tuple[str, ...]:
        """The parts that are what acting on it cost."""
        return ("swaps", "composition fees", "gas")

    @cached_property
    def fee_bounds(self) -> tuple[float, float]:
        """The least and the most that its fees can have been, at the last price, in quote."""
        s, price = self.states[-1], float(self.prices[-1])
        return float(s[_S.least_base] * price + s[_S.least_quote]), float(s[_S.most_base] * price + s[_S.most_quote])

    @property
    def time_in_range(self) -> float:
        """The share of the time with the price in the range."""
        clock = self.tape.rows.times
        return float(self.states[-1, _S.inside] / (clock[-1] - clock[0]))

    @property
    def figures(self) -> Mapping[str, float]:
        """What a row of numbers says of it."""
        least, most = self.fee_bounds
        return {
            "time_in_range": self.time_in_range,
            "adds": float(self.adds.row.size),
            "least_fees": least,
            "most_fees": most,
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What is taken as given."""
        found, pool = [read_from(self.position, self.tape)], self.tape.pool
        if pool is not None:
            route = "fee growth" if pool.growth_base is not None else "its share of the active liquidity"
            found.append(f"fees by {route}; the bounds are what a row hides of its path and of the liquidity on it")
        over = self.adds.row[self.adds.scale == 0.0]
        if over.size:
            found.append(
                f"what was left no longer paid for gas: nothing in the pool from {self.tape.times[over[0]]} on"
            )
        return tuple(note for note in found if note)

    @cached_property
    def parts(self) -> Mapping[str, FloatArray]:
        """``(rows,)`` each: where the position's money came from, since the start, in quote; > 0 is a gain."""
        s, p = self.states.T, self.prices
        base, quote = self.in_pool
        return {
            "fees, base": s[_S.fee_base] * p,
            "fees, quote": s[_S.fee_quote],
            "impermanent loss": s[_S.loss] + (base - s[_S.base]) * p + (quote - s[_S.quote]),
            "tokens held": s[_S.holding] + s[_S.base] * (p - s[_S.price]) + s[_S.held_base] * (p - s[_S.held_at]),
            "swaps": -s[_S.swapped],
            "composition fees": np.full(p.size, 0.0 - _composition(self.position, float(self.tape.rows.pool[0]))),
            "gas": -s[_S.gas],
        }


def read_from(position: Exposure | ManagedRange, tape: Tape) -> str:
    """The note that the price which a position reads on a tape calls for; "" if none.

    Raises:
        InputError: no position, or one with options, which have no premium on a tape.
        MarketError: the tape's pool, or without one the first of its quotes, is of another pair.
    """
    if not isinstance(position, (Exposure, ManagedRange)):
        raise InputError(
            "a position held throughout, or a ManagedRange", got=f"{position!r:.60}", remedy="UniswapV3.from_value(...)"
        )
    if isinstance(position, ManagedRange):
        markets: tuple[str, ...] = (position.market,)
    else:
        markets = tuple(position.markets)
        if any(isinstance(p.instrument, Option) for p in position.positions):
            raise InputError("a position without options", got=repr(position), remedy="policy & OptionsAtAdd(...)")
    if len(markets) > 1:
        raise MarketError("a position on one market", got=", ".join(markets))
    shown = tape.markets[0] if tape.pool is None else tape.pool.market
    return next((price_of(market, {shown: 0})[1] for market in markets), "")


def _capital(position: Exposure | ManagedRange, price: float) -> float:
    if isinstance(position, ManagedRange):
        return position.capital
    return float(position.value(price)) + _composition(position, price)


def _composition(position: Exposure | ManagedRange, price: float) -> float:
    """What a deposit paid at its add beside what it left in the pool, in quote."""
    return position.base_fee * price + position.quote_fee if isinstance(position, BinDeposit) else 0.0


def _events(events: FloatArray, *, added: bool) -> Events:
    of_kind = events[(events[:, 1] == 1.0) == added]
    # The state follows the row and the kind: scale, centre, price, base, quote.
    scale, centre, price, base, quote = of_kind[:, 2:7].T
    return Events(column(of_kind[:, 0], np.int64), *map(column, (price, scale, centre, base, quote)))


class Grid(NamedTuple):
    """The times at which the series of a replay stand."""

    times: Times
    """``(m,)``: regular from the first row on, and the last row."""
    rows: NDArray[np.int64]
    """``(m,)``: the last row of the clock at or before each."""


def grid_of(tape: Tape, step: Span) -> Grid:
    """Every ``step`` of the tape, and its end."""
    if not span_of(step) > np.timedelta64(0):
        raise InputError("a grid with a distance above 0", got=step)
    times = np.arange(tape.times[0], tape.times[-1], span_of(step))
    if times.size > len(tape):
        raise InputError("a grid no finer than the tape", got=f"{times.size:,} times for {len(tape):,} rows")
    times = np.append(times, tape.times[-1])
    return Grid(times, (np.searchsorted(tape.times, times, side="right") - 1).astype(np.int64))


def live_through(
    position: Exposure | ManagedRange,
    tape: Tape,
    *,
    rows: NDArray[np.int64],
    fees: FeesAlongMove | FeesAtClose,
) -> Life:
    """Fold a position over the tape.

    Args:
        position: pools and tokens held throughout, or a range that is managed.
        tape: what happens.
        rows: of the clock, ascending, at which the state is kept.
        fees: how the fees of a row are counted.
    """
    from lpgreeks.replays.compiled_life import FIGURES, live

    if not isinstance(fees, (FeesAlongMove, FeesAtClose)):
        raise InputError("fees along the move, or at the close", got=f"{fees!r:.60}", remedy="fees=FeesAlongMove()")
    read_from(position, tape)
    shape, rules, points = _shape(position), _rules(position, tape, fees), _points(tape)
    capital = _capital(position, float(points.price[0]))
    if not capital > 0:
        raise InputError("a position that is worth something at the start", got=f"{capital:g}", unit=position.quote)
    if not points.gas[0] < capital:
        raise InputError("gas below what is put in", got=f"{points.gas[0]:g} for {capital:g}", unit=position.quote)
    state = np.zeros(FIGURES)
    states, progress = np.empty((rows.size, FIGURES)), np.zeros(2, dtype=np.int64)
    events = np.empty((1_024, FIGURES + 2))
    end = int(tape.rows.times[-1])
    at = live(0, points, end, shape, rules, state, events, states, rows, progress)
    while at < points.row.size:
        events = np.concatenate([events, np.empty_like(events)])
        at = live(at, points, end, shape, rules, state, events, states, rows, progress)
    for array in (events := events[: progress[0]].copy(), states):
        array.flags.writeable = False
    return Life(position=position, tape=tape, fees=fees, shape=shape, events=events, rows=rows, states=states)


def _shape(position: Exposure | ManagedRange) -> Shape:
    if isinstance(position, ManagedRange):
        one = position.one
        base, quote = (table_of(amount, "a range") for amount in one.amounts)
        return Shape(base, quote, base, one.lower, one.upper)
    base, quote = (table_of(amount, "a position") for amount in position.amounts)
    earning = earning_of(position, base)
    active = np.flatnonzero(earning.coefficients[:, EXPONENTS.index(-0.5)] > 0)
    edges = np.concatenate([[0.0], earning.kinks, [np.inf]])
    lower, upper = (edges[active[0]], edges[active[-1] + 1]) if active.size else (0.0, np.inf)
    return Shape(base, quote, earning, float(lower), float(upper))


def _rules(position: Exposure | ManagedRange, tape: Tape, fees: FeesAlongMove | FeesAtClose) -> Rules:
    along = isinstance(fees, FeesAlongMove)
    if not isinstance(position, ManagedRange):
        return Rules(False, False, False, _NEVER, 0.0, 0.0, False, along)
    every = _NEVER if position.every is None else float(span_of(position.every).astype(np.int64))
    own = 0.0 if tape.pool is None else tape.pool.fee
    return Rules(
        managed=True,
        half_each=position.deposits is Deposits.HALF_EACH,
        on_exit=position.on_exit,
        every=every,
        capital=position.capital,
        swap=own if position.swap is None else position.swap.taker,
        sell_excess=position.sell_excess,
        along=along,
    )


def _points(tape: Tape) -> Points:
    rows, swaps, pool = tape.rows, tape.swaps, tape.pool
    if pool is None:
        every = column(np.arange(rows.times.size), np.int64)
        before = np.concatenate([rows.pool[:1], rows.pool[:-1]])
        low, high = column(np.minimum(before, rows.pool)), column(np.maximum(before, rows.pool))
        none, one = column(np.zeros(every.size)), column(np.ones(every.size))
        gas = column(tape.gas_at(every))
        return Points(every, rows.times, rows.pool, low, high, none, none, none, none, one, one, gas)
    row = column(np.concatenate([[0], swaps.row]), np.int64)
    kept = pool.fee * (1.0 - pool.protocol_share)
    price = column(rows.pool[row])

    def led(array: FloatArray, first: float = 0.0) -> FloatArray:
        """With what stands on the row that the tape starts from."""
        return column(np.concatenate([[first], array]))

    return Points(
        row=row,
        time=column(rows.times[row], np.int64),
        price=price,
        low=led(swaps.low, price[0]),
        high=led(swaps.high, price[0]),
        fee_base=led(kept * swaps.base_in),
        fee_quote=led(kept * swaps.quote_in),
        growth_base=led(swaps.growth_base),
        growth_quote=led(swaps.growth_quote),
        liquidity=led(swaps.liquidity, 1.0),
        liquidity_before=led(swaps.before, 1.0),
        gas=column(tape.gas_at(row)),
    )
