"""A GMX v2 market over time, column by column: pool value, GM price and delta of every row."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, require_token
from lpgreeks.instruments import GmPool, gm_amounts, gm_cap_rooms
from lpgreeks.paths.rows import Times, checked_times, frozen, read_only
from lpgreeks.powers import worth_in_quote
from lpgreeks.protocols.columns import Rows, columns_of, positive, share_prices
from lpgreeks.protocols.gm import GmCaps, GmState, require_caps, require_one_coin
from lpgreeks.protocols.index_history import IndexHistory
from lpgreeks.recipes import recorded
from lpgreeks.tokens import counted_as

__all__ = ["GmHistory"]

# What no column says (pending borrowing fees above all) is tenths of a percent; another unit is off by more.
_VALUE_APART = 0.05


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GmHistory(Rows):
    """States of one market whose index token is its long token, in order of time.

    Attributes:
        base, index_token: the long token and the one that traders bet on; they must count as one.
        quote: the dollar.
        times: ``(n,)``, UTC, ascending.
        prices: ``(n,)``, of the long token, quote per base.
        short_prices: ``(n,)``, of the short token, in quote.
        long_amount, short_amount: ``(n,)``, tokens in the pool.
        long_tokens, short_tokens: ``(n,)``, open interest in coins.
        long_interest, short_interest: ``(n,)``, open interest at its entries, in quote.
        impact_pool: ``(n,)``, coins owed for price impact.
        supply: ``(n,)``, GM.
        stated_value: ``(n,)``, the pool's value that the file states, in quote; None if it does not.
        lent_impact: ``(n,)``, coins; None if unknown, taken as 0.
        borrowing_fees: ``(n,)``, pending, the pool's part, in quote; None if unknown, taken as 0.
        caps: traders' profit at most.
        source: one sentence on where it comes from.
        notes: what was stated or taken as 0 on the way here.

    Raises:
        TokenError: the index token is not the long token.
        DataError: times out of order, prices or supply of 0, amounts below 0, open interest of coins without quote or
            the other way round, a stated value that the columns do not add up to within a twentieth.
    """

    base: str
    index_token: str
    quote: str = "USD"
    times: Times
    prices: FloatArray
    short_prices: FloatArray
    long_amount: FloatArray
    short_amount: FloatArray
    long_tokens: FloatArray
    short_tokens: FloatArray
    long_interest: FloatArray
    short_interest: FloatArray
    impact_pool: FloatArray
    supply: FloatArray
    stated_value: FloatArray | None = None
    lent_impact: FloatArray | None = None
    borrowing_fees: FloatArray | None = None
    caps: GmCaps = field(default_factory=GmCaps)
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_one_coin(self.index_token, self.base)
        require_token("quote", self.quote)
        require_caps(self.caps)
        times = checked_times(self.times, "the market", repeats=False, at_least=1)
        frozen(self, "times", times)
        above_0 = ("prices", "short_prices", "supply", "stated_value")
        amounts = (*_OF_POOL, "lent_impact", "borrowing_fees")
        for name in (*above_0, *amounts):
            if (given := getattr(self, name)) is None and name in _MAY_BE_UNKNOWN:
                continue
            column = columns_of(given, name, times.shape)
            object.__setattr__(self, name, positive(column, name, times) if name in above_0 else column)
            if (wrong := np.flatnonzero(column < 0)).size:
                raise DataError(
                    f"{name} of 0 or more in every row", got=f"{wrong.size:,} others, the first at {times[wrong[0]]}"
                )
        self._require_sense()

    def _require_sense(self) -> None:
        """Errors for what no market can be, and for columns that do not make up the value that is stated."""
        for side, tokens, interest in (
            ("long", self.long_tokens, self.long_interest),
            ("short", self.short_tokens, self.short_interest),
        ):
            if (wrong := np.flatnonzero((tokens == 0) != (interest == 0))).size:
                raise DataError(
                    f"{side} open interest in both coins and {self.quote}, or none",
                    got=f"{wrong.size:,} rows not so, the first at {self.times[wrong[0]]}",
                )
        positive(self.recomputed, "a pool value by the columns", self.times)
        if self.stated_value is not None and (far := np.flatnonzero(np.abs(self.distance) > _VALUE_APART)).size:
            at = far[0]
            raise DataError(
                "amounts and prices that make up the stated pool value to a twentieth",
                got=f"{self.recomputed[at]:.6g} of {self.stated_value[at]:.6g} {self.quote} at {self.times[at]}, "
                f"{far.size:,} such rows",
                remedy="A column is in another unit, or traders' profit is capped elsewhere: state it with caps",
            )
        share_prices(self.gm_prices, "GM", self.times)

    @cached_property
    def pnl(self) -> FloatArray:
        """``(n,)``: what all traders would win if they closed, before caps, in quote; what they win the pool loses."""
        won = (self.long_tokens - self.short_tokens) * self.prices
        return read_only(won - self.long_interest + self.short_interest)

    @cached_property
    def _capped(self) -> tuple[FloatArray, FloatArray]:
        """``(n,)`` each: the prices at which long and short traders' profit counts: the row's, or that of the cap."""
        rising, falling = gm_cap_rooms(
            long_amount=self.long_amount,
            short_amount=self.short_amount,
            short_price=self.short_prices,
            long_tokens=self.long_tokens,
            short_interest=self.short_interest,
            long_cap=self.caps.long,
            short_cap=self.caps.short,
        )
        never = np.full(len(self), np.inf), np.zeros(len(self))
        most = np.divide(self.long_interest, rising, out=never[0], where=rising > 0)
        least = np.divide(falling, self.short_tokens, out=never[1], where=falling > 0)
        return np.minimum(self.prices, most), np.maximum(self.prices, least)

    @cached_property
    def _amounts(self) -> tuple[FloatArray, FloatArray]:
        """``(n,)`` each: coins and quote of the pool at the row's price."""
        longs_at, shorts_at = self._capped
        return gm_amounts(
            longs_at=longs_at,
            shorts_at=shorts_at,
            short_price=self.short_prices,
            lent_impact=0.0 if self.lent_impact is None else self.lent_impact,
            borrowing_fees=0.0 if self.borrowing_fees is None else self.borrowing_fees,
            **{name: getattr(self, name) for name in _OF_POOL},
        )

    @cached_property
    def recomputed(self) -> FloatArray:
        """``(n,)``: the pool's value as far as the columns say, in quote: the contract's sum, at one price.

        Tokens, less traders' capped profit, less the impact pool, plus what of it was lent and pending borrowing fees.
        """
        return read_only(np.asarray(worth_in_quote(*self._amounts, self.prices)))

    @cached_property
    def deltas(self) -> FloatArray:
        """``(n,)``: coins of exposure per GM. Of traders below their cap the slope of what they are owed counts."""
        longs_at, shorts_at = self._capped
        of_longs = np.where(longs_at < self.prices, 0.0, self.long_interest / self.prices)
        of_shorts = np.where(shorts_at > self.prices, 0.0, self.short_tokens)
        return read_only((self._amounts[0] - of_longs + of_shorts) / self.supply)

    @cached_property
    def distance(self) -> FloatArray:
        """``(n,)``: stated over recomputed value, less 1: what the columns leave out, pending borrowing fees above all.

        Raises:
            DataError: the file states no value.
        """
        if self.stated_value is None:
            raise DataError("a stated pool value", got=f"none in {self.source}")
        return read_only(self.stated_value / self.recomputed - 1)

    @cached_property
    def gm_prices(self) -> FloatArray:
        """``(n,)``: quote per GM: the stated value over supply, or the recomputed one where none is stated."""
        value = self.recomputed if self.stated_value is None else self.stated_value
        return read_only(value / self.supply)

    @recorded
    def index(self) -> IndexHistory:
        """What one GM did: its price, and its coins by this state; fees and borrowing stay in the pool's value."""
        return IndexHistory(
            name="GM",
            quote=self.quote,
            coins=(counted_as(self.base),),
            times=self.times,
            prices=self.gm_prices,
            coin_prices=self.prices[:, None],
            deltas=self.deltas[:, None],
            weights=(self.long_amount * self.prices / self._tokens)[:, None],
            source=self.source,
            notes=self.notes,
        )

    @property
    def _tokens(self) -> FloatArray:
        """``(n,)``: the pool's tokens, in quote."""
        return np.asarray(self.long_amount * self.prices + self.short_amount * self.short_prices)

    @recorded
    def at(self, k: int) -> GmState:
        """The market of row ``k``; -1 is the last. ``at(k).pool`` is the instrument, ``at(k).holding(gm)`` a share.

        Raises:
            InputError: no such row.
        """
        k = self.row(k)
        known: dict[str, Any] = {name: float(getattr(self, name)[k]) for name in _OF_POOL}
        return GmState(
            index_token=self.index_token,
            pool=GmPool(
                base=self.base,
                quote=self.quote,
                short_price=float(self.short_prices[k]),
                lent_impact=0.0 if self.lent_impact is None else float(self.lent_impact[k]),
                borrowing_fees=0.0 if self.borrowing_fees is None else float(self.borrowing_fees[k]),
                receiver_factor=0.0,
                long_cap=self.caps.long,
                short_cap=self.caps.short,
                **known,
            ),
            price=float(self.prices[k]),
            supply=float(self.supply[k]),
            stated_value=None if self.stated_value is None else float(self.stated_value[k]),
        )


_MAY_BE_UNKNOWN = ("stated_value", "lent_impact", "borrowing_fees")

_OF_POOL = (
    "long_amount",
    "short_amount",
    "long_tokens",
    "short_tokens",
    "long_interest",
    "short_interest",
    "impact_pool",
)
"""What the columns share with the instrument, name for name."""
