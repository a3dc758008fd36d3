"""Price paths by market: drawn from a model, cut from history or resampled from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_prices, require_probability, require_range, require_whole
from lpgreeks.paths.outcomes import ANY_MARKET, Outcomes, column_of, read_only
from lpgreeks.recipes import recorded

__all__ = ["Paths", "Seed", "generator"]

# 0.29 * 100 is 28.999999999999996: a share that means a whole number of paths is one.
_WHOLE = 1e-9

Seed = int | np.random.Generator
"""What randomness enters by."""


def generator(seed: Seed) -> np.random.Generator:
    """A generator from a seed; a generator is used as it is.

    Raises:
        InputError: no seed: what cannot be repeated is not drawn.
    """
    if not isinstance(seed, np.random.Generator):
        seed = require_whole("seed", seed, at_least=0)
    return seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Paths(Noun):
    """Equally likely price paths; index 0 of the time axis is now.

    Attributes:
        markets: the last axis.
        prices: ``(paths, times, markets)``, float64, read-only, quote per base.
        lows, highs: the extremes since the step before, in the same shape; None when only prices are known.
        years: ``(times,)``, from now, 365-day years.
        effective: independent paths that the sample is worth.
        source: one sentence on where they come from.
        seed: what they were drawn with; None for what happened.
    """

    markets: tuple[str, ...]
    prices: FloatArray
    lows: FloatArray | None = None
    highs: FloatArray | None = None
    years: FloatArray
    effective: float
    source: str
    seed: Seed | None = None

    def __post_init__(self) -> None:
        shape = np.shape(self.prices)
        if len(shape) != 3 or shape[2] != len(self.markets) or shape[1] != len(self.years) or shape[1] < 2:
            raise InputError("prices of shape (paths, times >= 2, markets)", got=shape)
        arrays = {"years": np.asarray(self.years, dtype=np.float64)}
        for name in ("prices", "lows", "highs"):
            if (given := getattr(self, name)) is not None:
                arrays[name] = require_prices(given, unit="quote per base", what=name)
                if arrays[name].shape != shape:
                    raise InputError(f"{name} in the shape of prices, {shape}", got=arrays[name].shape)
        if (np.diff(arrays["years"]) <= 0).any() or not np.isfinite(arrays["years"]).all():
            raise InputError("years ascending from now", got=arrays["years"])
        if not 0 < self.effective <= shape[0]:
            raise InputError(f"effective above 0 and at most the {shape[0]} paths", got=self.effective)
        for name, array in arrays.items():
            object.__setattr__(self, name, read_only(array))

    def __len__(self) -> int:
        return len(self.prices)

    def __repr__(self) -> str:
        return f"<Paths: {self.source}; n = {len(self):,}, worth {self.effective:,.1f}>"

    @property
    def start(self) -> FloatArray:
        """``(markets,)`` where every path starts alike, else ``(paths, markets)``."""
        first = self.prices[:, 0]
        return first[0] if (first == first[0]).all() else first

    def outcomes(self, days: Mapping[str, tuple[str, float]] | None = None) -> Outcomes:
        """Where each path ends.

        Args:
            days: further columns by name: the price of a market at the step nearest to so many years from now.
        """
        days = days or {}
        columns = [column_of(market, self.markets)[0] for market, _ in days.values()]
        steps = [int(np.abs(self.years - self.years[0] - years).argmin()) for _, years in days.values()]
        # The one price of every market has a name where others stand beside it.
        own = [market for market, _ in days.values()] if self.markets == (ANY_MARKET,) else []
        names = tuple(own[:1]) or self.markets
        ends = np.concatenate([self.prices[:, -1], self.prices[:, steps, columns]], axis=1)
        begins = np.concatenate([self.prices[:, 0], self.prices[:, 0, columns]], axis=1)
        return Outcomes(
            markets=(*names, *days),
            start=begins[0] if (begins == begins[0]).all() else begins,
            log_returns=np.log(ends / begins),
            weights=np.full(len(self), 1.0 / len(self)),
            sampled=True,
            effective=self.effective,
            source=self.source,
        )

    @recorded
    def stopped_at_exit(self, *, market: str, lower: float, upper: float) -> Paths:
        """The same paths, each standing still from the close of the first step whose low or high leaves the range.

        The close is the first price at which somebody who watches the bars can act.

        Raises:
            InputError: a path starts outside the range.
        """
        column, _ = column_of(market, self.markets)
        first = self.prices[:, 0, column]
        astray = (first < lower) | (first > upper)
        if astray.any():
            raise InputError(
                "paths that start inside the range",
                got=f"start {first[astray][0]:g}, range {lower:g} to {upper:g}",
                remedy="A position that starts outside has no exit to close at",
            )
        steps = self._outside(column, lower, upper)
        left = steps.any(axis=1)
        last = np.where(left, steps.argmax(axis=1), len(self.years) - 1)
        over = np.arange(len(self.years))[None, :] > last[:, None]
        ends = self.prices[np.arange(len(self)), last][:, None, :]
        held = {
            name: None if array is None else np.where(over[:, :, None], ends, array)
            for name, array in (("prices", self.prices), ("lows", self.lows), ("highs", self.highs))
        }
        note = f"{self.source}; {int(left.sum())} of {len(self)} closed at the exit from {lower:,.6g} to {upper:,.6g}"
        return replace(self, **held, source=note)  # type: ignore[arg-type]

    def leaving(self, *, market: str, lower: float, upper: float) -> NDArray[np.bool_]:
        """``(paths,)``: which paths' lows or highs leave the range after the start."""
        return np.asarray(self._outside(column_of(market, self.markets)[0], lower, upper).any(axis=1))

    def extremes(self, market: str) -> tuple[FloatArray, FloatArray]:
        """Lowest low and highest high of each path from now on, ``(paths,)`` each; prices where only they are known."""
        column, _ = column_of(market, self.markets)
        lowest, highest = self._extremes
        return lowest[:, column], highest[:, column]

    @cached_property
    def _extremes(self) -> tuple[FloatArray, FloatArray]:
        """``(paths, markets)`` each; kept, since every hedge over the same paths asks for them."""
        first = self.prices[:, 0]
        lows = self.prices if self.lows is None else self.lows
        highs = self.prices if self.highs is None else self.highs
        # What a low at index 0 saw was before now.
        lowest, highest = np.minimum(first, lows[:, 1:].min(axis=1)), np.maximum(first, highs[:, 1:].max(axis=1))
        lowest.flags.writeable = highest.flags.writeable = False
        return lowest, highest

    def barriers(self, market: str, probability: float) -> tuple[float, float]:
        """The highest price below and the lowest above such that few paths go beyond either.

        Few is ``floor(probability * n)`` of the ``n`` paths: no more than that many have a low strictly below the
        first price, and no more than that many a high strictly above the second. A path that goes just as far as a
        barrier counts as not beyond it. Of paths that reach distinct extremes exactly that many are beyond.

        Raises:
            InputError: a probability that is not inside (0, 1), or paths that start at different prices.
        """
        beyond = int(require_probability("probability", probability) * len(self) + _WHOLE)
        lows, highs = self.extremes(market)
        first = self.prices[:, 0, column_of(market, self.markets)[0]]
        if (first != first[0]).any():
            raise InputError(
                "paths that start at one price",
                got=f"starts from {first.min():g} to {first.max():g}",
                remedy="Cut the windows with start=, which moves each to one price",
            )
        # One path more would be beyond the next order statistic.
        kept = min(beyond, len(self) - 1)
        return float(np.partition(lows, kept)[kept]), float(-np.partition(-highs, kept)[kept])

    def years_inside(self, *, market: str, lower: float, upper: float) -> float:
        """Mean time with the price in the range, held through every exit: steps that close there; in years."""
        lower, upper = require_range(lower, upper, unit="quote per base")
        closes = self.prices[:, 1:, column_of(market, self.markets)[0]]
        inside = (closes >= lower) & (closes <= upper)
        return float((inside @ np.diff(self.years)).mean())

    def years_to_exit(self, *, market: str, lower: float, upper: float) -> float:
        """Mean time of the first step whose low or high leaves the range, the horizon where none does; in years.

        A path that starts outside has left: 0.
        """
        lower, upper = require_range(lower, upper, unit="quote per base")
        column, _ = column_of(market, self.markets)
        steps = self._outside(column, lower, upper)
        first = self.prices[:, 0, column]
        steps[:, 0] = (first < lower) | (first > upper)
        last = np.where(steps.any(axis=1), steps.argmax(axis=1), len(self.years) - 1)
        return float((self.years[last] - self.years[0]).mean())

    def _outside(self, column: int, lower: float, upper: float) -> NDArray[np.bool_]:
        prices = self.prices[:, :, column]
        lows = prices if self.lows is None else self.lows[:, :, column]
        highs = prices if self.highs is None else self.highs[:, :, column]
        outside = np.asarray((lows < lower) | (highs > upper))
        outside[:, 0] = False
        return outside
