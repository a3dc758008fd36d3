"""Weighted end states: all that a hedge problem sees of a model, of sampled paths or of history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import InputError, MarketError, require_positive, require_prices
from lpgreeks.instruments import Exposure
from lpgreeks.smears import Curve
from lpgreeks.tokens import market_pair, price_of

__all__ = ["ANY_MARKET", "Outcomes", "column_of", "read_only"]

ANY_MARKET = ""
"""The name of the one price of a model or table that does not say whose price it is."""


def read_only(array: FloatArray) -> FloatArray:
    """The array itself if nobody can write to it, else a copy that nobody can write to."""
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array


def column_of(market: str, markets: Sequence[str]) -> tuple[int, str]:
    """The column that ``market`` reads, and the note that a stand-in calls for ("" if none)."""
    if tuple(markets) == (ANY_MARKET,):
        return 0, ""
    return price_of(market, {name: i for i, name in enumerate(markets)})


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Outcomes(Noun):
    """Where prices may end: log returns from a start, and how much each one weighs.

    Attributes:
        markets: the columns; ``("",)`` for one price that every market of one coin reads.
        start: ``(markets,)``, or ``(n, markets)`` where each outcome has its own; quote per base.
        log_returns: ``(n, markets)``, ``ln(P_end / P_start)``.
        weights: ``(n,)``, positive, sum 1.
        sampled: draws or windows, whose figures carry a standard error; else nodes of a quadrature.
        effective: independent outcomes that the sample is worth; at most ``n``.
        source: one sentence on where they come from.
    """

    markets: tuple[str, ...]
    start: FloatArray
    log_returns: FloatArray
    weights: FloatArray
    sampled: bool
    effective: float
    source: str

    def __post_init__(self) -> None:
        count, width = np.shape(self.weights)[0] if np.ndim(self.weights) == 1 else 0, len(self.markets)
        if not count or np.shape(self.log_returns) != (count, width):
            raise InputError(
                "one weight per outcome, and one log return per outcome and market",
                got=f"weights {np.shape(self.weights)}, log returns {np.shape(self.log_returns)}, {width} markets",
            )
        if np.shape(self.start) not in ((width,), (count, width)):
            raise InputError("one start per market, or per outcome and market", got=f"shape {np.shape(self.start)}")
        require_prices(self.start, unit="quote per base", what="starts")
        shares = np.asarray(self.weights, dtype=np.float64)
        if not (shares > 0).all() or not abs(shares.sum() - 1) < 1e-9:
            raise InputError("positive weights that sum to 1", got=f"least {shares.min():g}, sum {shares.sum():g}")
        if not np.isfinite(self.log_returns).all():
            raise InputError("finite log returns", got=f"{(~np.isfinite(self.log_returns)).sum()} that are not")
        if self.sampled and not 0 < self.effective <= count * (1 + 1e-9):
            raise InputError(f"effective above 0 and at most the {count} outcomes", got=self.effective)
        for name in ("start", "log_returns", "weights"):
            object.__setattr__(self, name, read_only(np.asarray(getattr(self, name), dtype=np.float64)))

    @classmethod
    def from_prices(
        cls,
        prices: ArrayLike | Mapping[str, ArrayLike],
        *,
        start: float | Mapping[str, float],
        weights: ArrayLike | None = None,
        sampled: bool = False,
        source: str = "",
    ) -> Outcomes:
        """A table of end prices, equally weighted unless said: a grid, or a user's own scenarios.

        Args:
            prices: ``(n,)``, or one such array by market; quote per base.
            start: the price now, or one by market.
            weights: ``(n,)``, positive, of any sum.
            sampled: the prices are draws from a law: variances then divide by ``n - 1`` and quantities carry
                a standard error.
            source: one sentence on where they come from.

        Raises:
            MarketError: prices and starts of different markets.
            InputError: prices or weights of different lengths.
        """
        table = prices if isinstance(prices, Mapping) else {ANY_MARKET: prices}
        starts = start if isinstance(start, Mapping) else {ANY_MARKET: start}
        if set(table) != set(starts):
            raise MarketError("a start for every market", got=f"prices of {list(table)}, starts of {list(starts)}")
        begin = np.array([require_positive("start", starts[m], unit="quote per base") for m in table])
        columns = [require_prices(np.atleast_1d(np.asarray(table[m])), unit="quote per base") for m in table]
        if not columns or len({c.shape for c in columns}) > 1 or columns[0].ndim != 1:
            raise InputError("one price per outcome and market", got=[c.shape for c in columns] or "no market")
        count = columns[0].size
        shares = np.ones(count) if weights is None else require_prices(weights, unit="any", what="weights")
        if shares.shape != (count,):
            raise InputError("one weight per outcome", got=f"{shares.shape} for {count} outcomes")
        shares = shares / shares.sum()
        return cls(
            markets=tuple(table),
            start=begin,
            log_returns=np.log(np.stack(columns, axis=1) / begin),
            weights=shares,
            sampled=sampled,
            # Kish's effective sample size: the count itself for equal weights.
            effective=float(1 / (shares @ shares)),
            source=source or f"a table of {count:,} end prices",
        )

    def __len__(self) -> int:
        return len(self.weights)

    def __repr__(self) -> str:
        return f"<Outcomes: {self.source}; n = {len(self):,}>"

    def column(self, market: str) -> tuple[int, str]:
        """The column that ``market`` reads, and the note that a stand-in calls for ("" if none)."""
        return column_of(market, self.markets)

    def starts(self, markets: Sequence[str]) -> dict[str, FloatArray]:
        """The start price of each market, scalar or one per outcome."""
        return {m: self.start[..., self.column(m)[0]] for m in markets}

    def changes(self, tables: Mapping[str, Curve]) -> FloatArray:
        """The change, start to end, of a sum of functions of one market's price each; shape ``(n,)``."""
        total = np.zeros(len(self))
        for market, powers in tables.items():
            if powers.moves:
                i, _ = self.column(market)
                total += powers.change(self.start[..., i], self.log_returns[:, i])
        return total

    def notes(self, exposure: Exposure) -> tuple[str, ...]:
        """What reading these prices takes as equal: one sentence per stand-in.

        Raises:
            MarketError: one nameless price, and an exposure to more than one coin.
        """
        if self.markets != (ANY_MARKET,):
            return tuple(note for m in exposure.markets if (note := self.column(m)[1]))
        pairs = {market_pair(m) for m in exposure.markets}
        if len(pairs) > 1:
            raise MarketError(
                "one coin, since the prices are those of one market",
                got=", ".join(exposure.markets),
                remedy="Give prices by market: a mapping, or a history with a column for each",
            )
        if len(exposure.markets) > 1:
            return (f"{' and '.join(exposure.markets)} read one price: basis taken as zero",)
        return ()
