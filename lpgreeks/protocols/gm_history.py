"""A GMX v2 market over time, column by column: pool value, GM price and delta of every row."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError
from lpgreeks.instruments import GmPool
from lpgreeks.paths.rows import Times, checked_times, frozen, read_only
from lpgreeks.protocols.columns import Rows, columns_of, positive
from lpgreeks.protocols.gm import GmCaps, GmState, require_one_coin
from lpgreeks.protocols.index_history import IndexHistory
from lpgreeks.tokens import counted_as

__all__ = ["GmHistory"]


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
        times = checked_times(self.times, "the market", repeats=False, at_least=1)
        frozen(self, "times", times)
        above_0 = ("prices", "short_prices", "supply", "stated_value")
        amounts = (*_OF_POOL, "lent_impact", "borrowing_fees")
        for name in (*above_0, *amounts):
            if (given := getattr(self, name)) is None:
                continue
            column = columns_of(given, name, times.shape)
            object.__setattr__(self, name, positive(column, name, times) if name in above_0 else column)
            if (wrong := np.flatnonzero(column < 0)).size:
                raise DataError(
                    f"{name} of 0 or more in every row", got=f"{wrong.size:,} others, the first at {times[wrong[0]]}"
                )

    @cached_property
    def pnl(self) -> FloatArray:
        """``(n,)``: what all traders would win if they closed, before caps, in quote; what they win the pool loses."""
        long, short = self._pnl
        return read_only(long + short)

    @property
    def _pnl(self) -> tuple[FloatArray, FloatArray]:
        return (
            self.long_tokens * self.prices - self.long_interest,
            self.short_interest - self.short_tokens * self.prices,
        )

    @cached_property
    def recomputed(self) -> FloatArray:
        """``(n,)``: the pool's value as far as the columns say, in quote: the contract's sum, at one price.

        Tokens, less traders' capped profit, less the impact pool, plus what of it was lent and pending borrowing fees.
        """
        sides = (self.long_amount * self.prices, self.short_amount * self.short_prices)
        caps = (self.caps.long, self.caps.short)
        owed = sum(np.minimum(pnl, cap * side) for pnl, cap, side in zip(self._pnl, caps, sides, strict=True))
        lent = 0.0 if self.lent_impact is None else self.lent_impact
        fees = 0.0 if self.borrowing_fees is None else self.borrowing_fees
        return read_only(sides[0] + sides[1] - owed - (self.impact_pool - lent) * self.prices + fees)

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

    def index(self) -> IndexHistory:
        """What one GM did: its price, and its coins by this state; fees and borrowing stay in the pool's value."""
        return IndexHistory(
            name="GM",
            quote=self.quote,
            coins=(counted_as(self.base),),
            times=self.times,
            prices=self.gm_prices,
            coin_prices=self.prices[:, None],
            deltas=np.array([[self.at(k).delta] for k in range(len(self))]) / self.supply[:, None],
            weights=(self.long_amount * self.prices / self._tokens)[:, None],
            source=self.source,
            notes=self.notes,
        )

    @property
    def _tokens(self) -> FloatArray:
        """``(n,)``: the pool's tokens, in quote."""
        return np.asarray(self.long_amount * self.prices + self.short_amount * self.short_prices)

    def at(self, k: int) -> GmState:
        """The market of row ``k``; -1 is the last. ``at(k).pool`` is the instrument, ``at(k).holding(gm)`` a share."""
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
