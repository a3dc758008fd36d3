"""One snapshot of the options of one coin, in one normal form whatever file it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError, require_finite, require_range, require_token
from lpgreeks.instruments.marked import WILDEST
from lpgreeks.markets.chain_check import ChainReport, check_chain
from lpgreeks.markets.parity import ParityForward, parity_forwards
from lpgreeks.pricing import implied_volatility, option_greeks, price_bounds
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Chain"]

_SECONDS_PER_YEAR = 365 * 86_400.0


def _absent() -> FloatArray:
    return np.empty(0)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Chain(Noun):
    """The options of one coin at one time: read-only arrays of equal length, one entry an option.

    Prices and sizes are those of the file. A price is in the token that the option is settled in: coins of the base
    where ``coin_settled``, quote tokens elsewhere. NaN is none; an array that is not given is NaN throughout.

    Args:
        base: the coin.
        quote: what strikes and forwards are counted in.
        at: when the snapshot was taken, UTC.
        source: where it came from.
        names: as the venue lists them.
        calls: True for a call, False for a put.
        coin_settled: True for inverse options, False for linear ones.
        strikes: quote per base.
        expiries: UTC.
        quoted: when each row was quoted, UTC; ``at`` unless given.
        bids: best bids; NaN where nobody bids.
        asks: best asks.
        marks: the venue's own prices.
        bid_amounts, ask_amounts: sizes of the best quotes, in coins.
        volatilities: implied by the marks, as the file states them; decimals per year.
        bid_volatilities, ask_volatilities: implied by bids and asks, likewise.
        underlyings: the forward that the file states for each row, quote per base.
        index_prices: quote per base.
        open_interest: in coins.
        deltas, gammas, vegas, thetas, rhos: as the file prints them. Deribit: by the forward, theta per day, vega
            and rho per point; the delta is not less the premium.
        parity: the forwards by put-call parity; found from the marks unless given. Parts of a chain keep the whole's.
        notes: what the reader took as given.
        rejected: a table of the rows left out: row of the file (from 1), name, reason.

    Raises:
        DataError: no option, arrays of unequal length, or options that cannot be: a strike of 0 or less, one that
            has expired, a bid above its ask, a name twice.
    """

    base: str
    quote: str
    at: datetime
    source: str
    names: NDArray[np.str_]
    calls: NDArray[np.bool_]
    coin_settled: NDArray[np.bool_]
    strikes: FloatArray
    expiries: NDArray[np.datetime64]
    quoted: NDArray[np.datetime64] = field(default_factory=_absent)  # type: ignore[arg-type]
    bids: FloatArray = field(default_factory=_absent)
    asks: FloatArray = field(default_factory=_absent)
    marks: FloatArray = field(default_factory=_absent)
    bid_amounts: FloatArray = field(default_factory=_absent)
    ask_amounts: FloatArray = field(default_factory=_absent)
    volatilities: FloatArray = field(default_factory=_absent)
    bid_volatilities: FloatArray = field(default_factory=_absent)
    ask_volatilities: FloatArray = field(default_factory=_absent)
    underlyings: FloatArray = field(default_factory=_absent)
    index_prices: FloatArray = field(default_factory=_absent)
    open_interest: FloatArray = field(default_factory=_absent)
    deltas: FloatArray = field(default_factory=_absent)
    gammas: FloatArray = field(default_factory=_absent)
    vegas: FloatArray = field(default_factory=_absent)
    thetas: FloatArray = field(default_factory=_absent)
    rhos: FloatArray = field(default_factory=_absent)
    parity: tuple[ParityForward, ...] = ()
    notes: tuple[str, ...] = ()
    rejected: pd.DataFrame = field(default_factory=lambda: _no_rows())

    def __post_init__(self) -> None:
        require_token("base", self.base)
        require_token("quote", self.quote)
        if not isinstance(self.at, datetime) or self.at.utcoffset() is None:
            raise InputError("at as a datetime with a zone", got=repr(self.at), remedy="datetime(..., tzinfo=UTC)")
        object.__setattr__(self, "at", self.at.astimezone(UTC))
        size = len(self.names)
        if not size:
            raise DataError("a chain with options", got=f"none in {self.source}")
        now = np.datetime64(self.at.replace(tzinfo=None), "us")
        for name, kind in _ARRAYS.items():
            given = getattr(self, name)
            if not len(given):
                given = np.full(size, now if kind is _TIME else np.nan)
            given = np.array(given, dtype=kind)
            if given.shape != (size,):
                raise DataError(f"{name} of {size:,} options", got=f"shape {given.shape}")
            given.flags.writeable = False
            object.__setattr__(self, name, given)
        self._require_possible(np.maximum(self.quoted, now))
        object.__setattr__(self, "parity", self.parity or parity_forwards(self))

    def _require_possible(self, seen: NDArray[np.datetime64]) -> None:
        names, counts = np.unique(self.names, return_counts=True)
        for wrong, what in (
            (~(self.strikes > 0), "positive strikes"),
            (self.expiries <= seen, "options that have not expired"),
            (self.bids > self.asks, "bids at or below their asks"),
            ((self.asks <= 0) | np.isinf(self.asks), "asks above 0, or NaN where there is none"),
            ((self.bids < 0) | (self.marks < 0) | np.isinf(self.marks), "bids and marks of 0 or more, or NaN"),
            (self.volatilities > WILDEST, "volatilities as decimals per year: 0.65, not 65"),
            (np.isin(self.names, names[counts > 1]), "names that differ"),
        ):
            if wrong.any():
                got = f"{int(wrong.sum()):,} others in {self.source}; first {self.names[wrong][0]}"
                raise DataError(what, got=got, remedy="read_chain() leaves such rows out and says so")

    def __len__(self) -> int:
        return self.names.size

    def __repr__(self) -> str:
        days = len(self.days)
        where = f"{len(self):,} options in {days} {'expiry' if days == 1 else 'expiries'}"
        return f"<Chain: {self.base}/{self.quote}, {where}, {self.at:%Y-%m-%d %H:%M:%S} UTC, {self.source}>"

    # ---- parts of it

    @recorded
    def where(self, rows: ArrayLike) -> Chain:
        """The options for which ``rows`` is True.

        Raises:
            InputError: ``rows`` is no truth value per option.
            DataError: none is left.
        """
        mask = np.asarray(rows)
        if mask.dtype != np.bool_ or mask.shape != (len(self),):
            raise InputError(f"{len(self):,} truth values", got=f"{mask.dtype} of shape {mask.shape}")
        return self._kept(mask, "options for which it is True")

    @recorded
    def expiring(self, day: date | str) -> Chain:
        """The options that expire on a day, in UTC.

        Raises:
            DataError: none does; it names the days there are.
        """
        wanted = day.isoformat()[:10] if isinstance(day, date) else day
        return self._kept(self.expiries.astype("datetime64[D]").astype(str) == wanted, f"options expiring on {wanted}")

    @recorded
    def only_calls(self) -> Chain:
        """The calls."""
        return self._kept(self.calls, "calls")

    @recorded
    def only_puts(self) -> Chain:
        """The puts."""
        return self._kept(~self.calls, "puts")

    @recorded
    def between(self, lower: float, upper: float) -> Chain:
        """The options whose strikes are at least ``lower`` and at most ``upper``."""
        low, high = require_range(lower, upper, unit=f"{self.quote} per {self.base}")
        rows = (self.strikes >= low) & (self.strikes <= high)
        return self._kept(rows, f"strikes from {low:,.10g} to {high:,.10g}")

    @recorded
    def two_sided(self) -> Chain:
        """The options with a bid and an ask."""
        return self._kept(~np.isnan(self.bids) & ~np.isnan(self.asks), "options with a bid and an ask")

    @recorded
    def at_least(self, *, open_interest: float) -> Chain:
        """The options with an open interest of at least that many coins."""
        least = require_finite("open_interest", open_interest, unit=self.base)
        return self._kept(self.open_interest >= least, f"options with an open interest of {least:g} or more")

    def _kept(self, rows: NDArray[np.bool_], what: str) -> Chain:
        if not rows.any():
            there = f"{len(self):,} options, strikes {self.strikes.min():,.10g} to {self.strikes.max():,.10g}"
            raise DataError(what, got=f"none among {there}, expiring on {', '.join(self.days)}")
        return replace(self, **{name: getattr(self, name)[rows] for name in _ARRAYS})

    # ---- what it says

    @property
    def days(self) -> tuple[str, ...]:
        """The days on which its options expire, like "2026-01-30", in UTC."""
        return tuple(np.unique(self.expiries.astype("datetime64[D]")).astype(str).tolist())

    @property
    def index(self) -> float:
        """The median of the index prices, quote per base; NaN where the file has none."""
        known = self.index_prices[~np.isnan(self.index_prices)]
        return float(np.median(known)) if known.size else np.nan

    @property
    def rejections(self) -> Mapping[str, int]:
        """How many rows were left out for which reason."""
        counts = self.rejected["reason"].value_counts()
        return {str(reason): int(count) for reason, count in counts.items()}

    def years(self) -> FloatArray:
        """Time to expiry from each row's own quote, in years of 365 days."""
        return np.asarray((self.expiries - self.quoted) / np.timedelta64(1, "s") / _SECONDS_PER_YEAR)

    def forwards(self) -> pd.DataFrame:
        r"""The forward of each expiry by put-call parity of the marks, beside the one that the file states.

        Columns: ``expiry``, ``coin_settled``, ``forward``, ``pairs`` (strikes with a call and a put), ``residual``
        (the largest distance from parity, in the settlement token) and ``stated`` (the file's own, the median).
        Parity is :math:`c - p = 1 - K/F` in coins and :math:`C - P = F - K` in quote; the forward has the least sum
        of absolute residuals. It is NaN where there is no pair. A part of a chain shows what the whole one gave.
        """
        import pandas as pd

        here = np.unique(self.expiries)
        return pd.DataFrame([vars(p) for p in self.parity if p.moment in here])

    def row_forwards(self) -> FloatArray:
        """Each row's forward: its expiry's by parity, or the one that the file states where there is no pair."""
        found = self.underlyings.copy()
        for parity in self.parity:
            if parity.pairs:
                found[parity.rows_of(self)] = parity.forward
        return found

    def implied(self, prices: ArrayLike, *, forwards: ArrayLike | None = None) -> FloatArray:
        """The volatilities that prices imply, decimals per year: ``chain.implied(chain.bids)``.

        NaN where there is no price, or one outside its arbitrage bounds.

        Args:
            prices: per option, in its settlement token.
            forwards: quote per base; :meth:`row_forwards` unless given.
        """
        forward = self._forwards(forwards)
        worth = np.asarray(prices, dtype=np.float64) * np.where(self.coin_settled, forward, 1.0)
        lower, upper = price_bounds(forward=forward, strike=self.strikes, call=self.calls)
        inside = np.where((worth >= lower) & (worth < upper), worth, np.nan)
        return implied_volatility(inside, forward=forward, strike=self.strikes, years=self.years(), call=self.calls)

    def _forwards(self, given: ArrayLike | None) -> FloatArray:
        return self.row_forwards() if given is None else np.broadcast_to(np.asarray(given, dtype=float), (len(self),))

    def greeks(self, *, forwards: ArrayLike | None = None, volatilities: ArrayLike | None = None) -> pd.DataFrame:
        """Value and Greeks of every option, one row each, indexed by name.

        Columns as in :class:`~lpgreeks.Greeks`, in quote and per year, and besides ``price``, the value
        in the settlement token, and ``delta_net``, the delta less the coins that the premium costs (coin-settled).

        Args:
            forwards: quote per base; :meth:`row_forwards` unless given. ``chain.underlyings`` are the file's own.
            volatilities: decimals per year; the file's, and where it has none those implied by the marks.
        """
        import pandas as pd

        forward = self._forwards(forwards)
        if volatilities is None:
            stated = self.volatilities
            volatilities = np.where(np.isnan(stated), self.implied(self.marks, forwards=forward), stated)
        sigma = np.asarray(volatilities, dtype=float)
        found = option_greeks(
            forward=forward,
            strike=self.strikes,
            years=self.years(),
            volatility=np.where(sigma > 0, sigma, np.nan),
            call=self.calls,
        )
        in_coins = found.value / forward
        table = pd.DataFrame(vars(found), index=pd.Index(self.names, name="name"))
        table.insert(0, "price", np.where(self.coin_settled, in_coins, found.value))
        table["delta_net"] = found.delta - np.where(self.coin_settled, in_coins, 0.0)
        return table

    def check(self, *, tolerance: float = 1e-4) -> ChainReport:
        """What does not fit together in it; reports and repairs nothing.

        Args:
            tolerance: what prices may be off, as a part of the forward: coins of a coin-settled option.
        """
        return check_chain(self, tolerance=tolerance)

    def table(self) -> pd.DataFrame:
        """Every array as a column, one row an option."""
        import pandas as pd

        return pd.DataFrame({name: getattr(self, name) for name in _ARRAYS})


_TIME = np.dtype("datetime64[us]")
_KINDS: Mapping[str, Any] = {
    "names": np.str_,
    "calls": np.bool_,
    "coin_settled": np.bool_,
    "expiries": _TIME,
    "quoted": _TIME,
}
_SCALARS = frozenset({"base", "quote", "at", "source", "notes", "rejected", "parity"})
_ARRAYS: Mapping[str, Any] = {
    entry.name: _KINDS.get(entry.name, np.float64) for entry in fields(Chain) if entry.name not in _SCALARS
}
"""The arrays of a chain, in the order of its table, and their types."""


def _no_rows() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"row": np.empty(0, dtype=np.int64), "name": [], "reason": []})
