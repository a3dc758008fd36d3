"""What happened: prices by market on one clock, cut into windows or resampled in blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError, MarketError, require_positive, require_prices, require_whole
from lpgreeks.paths.outcomes import column_of
from lpgreeks.paths.paths import Paths, Seed, generator
from lpgreeks.paths.spans import Span, span_of, span_text
from lpgreeks.paths.stamps import utc_stamps
from lpgreeks.recipes import recorded

__all__ = ["History", "Rescaled", "Shifted", "align"]

_YEAR = np.timedelta64(365, "D")

# 2e8 doubles are 1.6 GB for each of prices, lows and highs.
_MOST_VALUES = 200_000_000


@dataclass(frozen=True)
class Rescaled(Noun):
    """Each window multiplied so that it starts at a stated price: its returns are kept.

    Args:
        start: quote per base; by market where there are several.
    """

    start: float | Mapping[str, float]

    def __call__(self, prices: FloatArray, first: FloatArray, start: FloatArray) -> FloatArray:
        """Prices whose first is ``first``, moved to start at ``start``."""
        return prices / first * start

    def __str__(self) -> str:
        return "each rescaled to start at"


@dataclass(frozen=True)
class Shifted(Noun):
    """Each window shifted so that it starts at a stated price: its increments are kept.

    Args:
        start: quote per base; by market where there are several.
    """

    start: float | Mapping[str, float]

    def __call__(self, prices: FloatArray, first: FloatArray, start: FloatArray) -> FloatArray:
        """Prices whose first is ``first``, moved to start at ``start``."""
        shifted = (prices - first) + start
        if (shifted <= 0).any():
            raise InputError(
                "increments that leave every price positive",
                got=f"{shifted.min():g} in a window shifted to start at {', '.join(f'{s:g}' for s in start)}",
                unit="quote per base",
                remedy="Start higher, or keep returns instead of increments: Rescaled",
            )
        return shifted

    def __str__(self) -> str:
        return "increments added to"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class History(Noun):
    """Prices of one or more markets at the same times.

    Attributes:
        markets: the columns.
        times: ``(n,)``, UTC, ascending: when each price was known (the close of its bar).
        prices, lows, highs: ``(n, markets)``; the extremes are those since the price before.
        step: the regular distance of two times; where it is larger there is a gap.
        notes: what was guessed or dropped on the way here, one sentence each.
    """

    markets: tuple[str, ...]
    times: NDArray[np.datetime64]
    prices: FloatArray
    lows: FloatArray
    highs: FloatArray
    step: np.timedelta64
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        times = utc_stamps(self.times)
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "step", np.timedelta64(self.step, "ns"))
        for name in ("prices", "lows", "highs"):
            array = require_prices(np.array(getattr(self, name)), unit="quote per base", what=name)
            if array.shape != (times.size, len(self.markets)):
                raise InputError(f"{name} of shape {(times.size, len(self.markets))}", got=array.shape)
            object.__setattr__(self, name, array)
        if not (self.lows <= self.prices).all() or not (self.prices <= self.highs).all():
            raise InputError("lows <= prices <= highs", got="rows where they are not")
        if not self.step > np.timedelta64(0):
            raise InputError("a positive step", got=self.step)
        if np.isnat(times).any() or times.size < 2 or (np.diff(times) <= np.timedelta64(0)).any():
            raise DataError("two or more ascending times", got=f"{times.size} times")
        for own in (times, self.prices, self.lows, self.highs):
            own.flags.writeable = False

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<History: {self.describe()}>"

    @property
    def gaps(self) -> int:
        """How many times the clock jumps by more than one step."""
        return int((np.diff(self.times) > self.step).sum())

    def describe(self) -> str:
        """One sentence: what, from when to when, how often, gaps."""
        first, last = (np.datetime_as_string(t, unit="m").replace("T", " ") for t in self.times[[0, -1]])
        gaps = f"{self.gaps} gaps" if self.gaps else "no gap"
        return f"{', '.join(self.markets)} from {first} to {last} UTC every {span_text(self.step)}, {gaps}"

    @recorded
    def windows(
        self,
        length: Span,
        *,
        step: Span | None = None,
        start: float | Mapping[str, float] | Rescaled | Shifted | None = None,
    ) -> Paths:
        """Every stretch of ``length``, one each ``step`` (end to end unless said), as paths.

        Args:
            length: "7D", "12h".
            step: distance between starts; shorter than ``length`` makes windows overlap, and the paths
                then count for fewer independent ones.
            start: a price, or :class:`Rescaled`: each window multiplied to start there. :class:`Shifted`:
                increments added to it. None: the windows as they were, each at its own price.

        A window over a gap is left out and counted in ``source``.

        Raises:
            DataError: no whole window without a gap.
        """
        length_, hop = span_of(length), span_of(step if step is not None else length)
        count = self._steps_in(length_)
        self._steps_in(hop)
        begins = np.arange(self.times[0], self.times[-1] - length_ + np.timedelta64(1, "ns"), hop)
        first = np.searchsorted(self.times, begins)
        ends = np.minimum(first + count, len(self) - 1)
        whole = (self.times[first] == begins) & (self.times[ends] == begins + length_)
        first = first[whole]
        if not first.size:
            raise DataError(
                f"at least one gapless window of {span_text(length_)}",
                got=self.describe(),
                remedy="Ask for shorter windows, or fill the gaps from another source",
            )
        if first.size * (count + 1) * len(self.markets) > _MOST_VALUES:
            raise InputError(
                f"at most {_MOST_VALUES:,} prices in all windows",
                got=f"{first.size:,} windows of {count + 1:,} prices",
                remedy="Step further between windows, or use coarser bars",
            )
        rows = first[:, None] + np.arange(count + 1)
        move = _rule(start)
        text = f"{first.size} windows of {span_text(length_)} stepped {span_text(hop)}, {_start_text(move)}"
        if (dropped := begins.size - first.size) > 0:
            text += f", {dropped} more left out for gaps"
        return self._paths(
            self.prices[rows],
            self.lows[rows],
            self.highs[rows],
            move,
            effective=min(float(first.size), self._independent(first, length_)),
            source="; ".join((text, self.describe(), *self.notes)),
        )

    @recorded
    def bootstrap(
        self,
        length: Span,
        *,
        paths: int,
        start: float | Mapping[str, float],
        seed: Seed,
        block: int | None = None,
    ) -> Paths:
        """Paths of ``length`` from resampled stretches of returns: the stationary bootstrap.

        Stretches have geometric length with mean ``block`` steps (chosen by Politis and White's rule for
        absolute returns unless said) and are drawn for all markets and their lows and highs at once.
        Returns over a gap are left out. Source: Politis and Romano (1994), through ``arch``.

        Raises:
            DataError: fewer returns than a block needs.
        """
        from arch.bootstrap import StationaryBootstrap

        count = self._steps_in(span_of(length))
        paths = require_whole("paths", paths, at_least=1)
        regular = np.diff(self.times) == self.step
        before = self.prices[:-1][regular]
        moves = [np.log(x[1:][regular] / before) for x in (self.prices, self.lows, self.highs)]
        if count > len(before):
            raise DataError(f"at least {count:,} returns", got=f"{len(before):,} returns without a gap")
        if block is None:
            block = max(1, _usual_block(moves[0]))
        block = require_whole("block", block, at_least=1, unit="steps")
        drawer = StationaryBootstrap(block, np.arange(len(before)), seed=generator(seed))
        rows = np.stack([drawer.update_indices()[:count] for _ in range(paths)])
        returns, low_moves, high_moves = (m[rows] for m in moves)
        ends = np.exp(np.cumsum(returns, axis=1))
        previous = np.concatenate([np.ones_like(ends[:, :1]), ends[:, :-1]], axis=1)
        one = np.ones((paths, 1, len(self.markets)))
        return self._paths(
            np.concatenate([one, ends], axis=1),
            np.concatenate([one, previous * np.exp(low_moves)], axis=1),
            np.concatenate([one, previous * np.exp(high_moves)], axis=1),
            Rescaled(start),
            effective=min(float(paths), len(before) / count),
            source=(
                f"{paths:,} stationary-bootstrap paths of {span_text(span_of(length))}, mean block {block} steps, "
                f"resampled from {len(before) / count:.1f} independent lengths; "
                + "; ".join((self.describe(), *self.notes))
            ),
            seed=seed,
        )

    def exits(self, *, market: str, factor: float) -> int:
        """How often a range re-centred at each exit would have been left.

        The range is ``(price / factor, price * factor)`` around the first close; it is left by the first bar whose
        low or high is outside, and set anew around that bar's close. The price after a gap counts like any other.

        Args:
            market: whose prices.
            factor: above 1; 1.05 reaches from 4.8 % below the price to 5 % above.

        Raises:
            InputError: a factor of 1 or less.
        """
        factor = require_positive("factor", factor, unit="")
        if factor <= 1:
            raise InputError("factor above 1", got=f"factor={factor:g}", remedy="1.05 is 5 % above the price")
        column, _ = column_of(market, self.markets)
        lows, highs, closes = (x[:, column].tolist() for x in (self.lows, self.highs, self.prices))
        count, lower, upper = 0, closes[0] / factor, closes[0] * factor
        for low, high, close in zip(lows[1:], highs[1:], closes[1:], strict=True):
            if low < lower or high > upper:
                count, lower, upper = count + 1, close / factor, close * factor
        return count

    def exits_per_week(self, *, market: str, factor: float) -> float:
        """:meth:`exits` per seven days of the clock, which goes on through gaps."""
        weeks = (self.times[-1] - self.times[0]) / np.timedelta64(7, "D")
        return self.exits(market=market, factor=factor) / float(weeks)

    def _paths(
        self,
        prices: FloatArray,
        lows: FloatArray,
        highs: FloatArray,
        move: Rescaled | Shifted | None,
        *,
        effective: float,
        source: str,
        seed: Seed | None = None,
    ) -> Paths:
        # Nothing moved before now: the low and the high of index 0 are its price.
        lows[:, 0] = highs[:, 0] = prices[:, 0]
        if move is not None:
            begin, first = self._starts(move.start), prices[:, :1].copy()
            prices, lows, highs = (move(x, first, begin) for x in (prices, lows, highs))
        for array in (prices, lows, highs):
            array.flags.writeable = False
        years = np.arange(prices.shape[1]) * (self.step / _YEAR)
        return Paths(
            markets=self.markets,
            prices=prices,
            lows=lows,
            highs=highs,
            years=years,
            effective=effective,
            source=source,
            seed=seed,
        )

    def _starts(self, start: float | Mapping[str, float]) -> FloatArray:
        if isinstance(start, Mapping):
            if set(start) != set(self.markets):
                raise MarketError("a start for every market", got=list(start), remedy=f"There are {self.markets}")
            return np.array([require_positive("start", start[m], unit="quote per base") for m in self.markets])
        if len(self.markets) > 1:
            raise MarketError(
                "a start for every market", got=start, remedy=f"Pass a mapping with {', '.join(self.markets)}"
            )
        return np.array([require_positive("start", start, unit="quote per base")])

    def _steps_in(self, span: np.timedelta64) -> int:
        if span <= np.timedelta64(0) or span % self.step:
            raise InputError(
                f"a whole number of steps of {span_text(self.step)}",
                got=span_text(span),
                remedy="Resample, or round the span",
            )
        return int(span // self.step)

    def _independent(self, first: NDArray[np.intp], length: np.timedelta64) -> float:
        """How many windows end to end would cover the same time."""
        gained = np.minimum(np.diff(self.times[first]), length).sum() if first.size > 1 else np.timedelta64(0, "ns")
        return float(1 + gained / length)


@recorded
def align(*histories: History) -> History:
    """One history with every market, at the times that all of them have; what that drops is noted.

    Args:
        histories: of one step, no market in two of them.

    Raises:
        DataError: different steps, a market twice, or fewer than two common times.
    """
    if len({h.step for h in histories}) != 1:
        raise DataError("histories with one step", got=", ".join(span_text(h.step) for h in histories))
    markets = tuple(m for h in histories for m in h.markets)
    if len(set(markets)) < len(markets):
        raise DataError("each market once", got=", ".join(markets), remedy="Name them apart: read_klines(..., market=)")
    common = histories[0].times
    for h in histories[1:]:
        common = np.intersect1d(common, h.times)
    if common.size < 2:
        raise DataError("two or more common times", got=f"{common.size}: " + "; ".join(h.describe() for h in histories))
    rows = [np.searchsorted(h.times, common) for h in histories]
    dropped = [(h, len(h) - common.size) for h in histories if len(h) > common.size]
    columns = {
        name: np.concatenate([getattr(h, name)[r] for h, r in zip(histories, rows, strict=True)], axis=1)
        for name in ("prices", "lows", "highs")
    }
    return History(
        markets=markets,
        times=common,
        step=histories[0].step,
        notes=(
            *(note for h in histories for note in h.notes),
            *(f"{n:,} times of {', '.join(h.markets)} dropped in the alignment" for h, n in dropped),
        ),
        **columns,
    )


def _rule(start: Any) -> Rescaled | Shifted | None:
    return start if start is None or isinstance(start, (Rescaled, Shifted)) else Rescaled(start)


def _start_text(move: Rescaled | Shifted | None) -> str:
    if move is None:
        return "each at its own price"
    if isinstance(move.start, Mapping):
        return f"{move} {', '.join(f'{p:,g} ({m})' for m, p in move.start.items())}"
    return f"{move} {move.start:,g}"


def _usual_block(returns: FloatArray) -> int:
    """Politis and White's mean block for the absolute returns, of all markets the longest."""
    from arch.bootstrap import optimal_block_length

    sizes = np.abs(returns)
    if (sizes.std(axis=0) == 0).any():
        raise DataError("returns that vary", got="a constant price", remedy="Say block=, or use another history")
    # arch is at home with numbers near 1.
    return round(float(np.max(optimal_block_length(sizes / sizes.std(axis=0))["stationary"])))
