"""What one GLP was worth over time, where nothing is known of the vault behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError, require_token
from lpgreeks.paths import History
from lpgreeks.paths.rows import Times, checked_times, frozen
from lpgreeks.protocols.columns import Rows, columns_of, positive, share_prices
from lpgreeks.protocols.index_history import IndexHistory
from lpgreeks.recipes import recorded
from lpgreeks.tokens import coin_of

__all__ = ["GlpPrices"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GlpPrices(Rows):
    """Prices of GLP. No deltas: those need the vault's state (:class:`~lpgreeks.GlpHistory`).

    Attributes:
        times: ``(n,)``, UTC, ascending.
        prices: ``(n,)``, quote per GLP.
        with_fees: ``(n,)``, the price and all rewards since the first row; None if unknown.
        aum, supply: ``(n,)``, quote and GLP; None if unknown.
        quote: the dollar.
        source: one sentence on where they come from.
        notes: what was guessed or left out on the way here.
    """

    times: Times
    prices: FloatArray
    with_fees: FloatArray | None = None
    aum: FloatArray | None = None
    supply: FloatArray | None = None
    quote: str = "USD"
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        times = checked_times(self.times, "GLP", repeats=False, at_least=1)
        frozen(self, "times", times)
        known = [name for name in ("with_fees", "aum", "supply") if getattr(self, name) is not None]
        for name in ("prices", *known):
            column = columns_of(getattr(self, name), name, times.shape)
            object.__setattr__(self, name, positive(column, f"{name} of GLP", times))
        require_token("quote", self.quote)
        share_prices(self.prices, "GLP", times)

    @property
    def market(self) -> str:
        """The name of the price: "GLP/USD"."""
        return f"GLP/{self.quote}"

    @recorded
    def index(self, coins: History) -> IndexHistory:
        """What one GLP did beside coins whose prices are known apart; its coins by a state are not.

        Args:
            coins: prices of them, each market in this quote; read at the times of GLP's, or the last before.

        Raises:
            DataError: they begin after GLP's prices.
        """
        if not isinstance(coins, History):
            raise InputError(
                "prices of coins as lp.History", got=f"{coins!r:.60}", remedy="Like those of lp.read_prices"
            )
        known = np.searchsorted(coins.times, self.times, side="right") - 1
        if known[0] < 0:
            raise DataError("coin prices from the first of GLP's on", got=f"from {coins.times[0]}, not {self.times[0]}")
        return IndexHistory(
            name="GLP",
            quote=self.quote,
            coins=tuple(coin_of(market) for market in coins.markets),
            times=self.times,
            prices=self.prices,
            coin_prices=coins.prices[known],
            rewards=None if self.with_fees is None else self.with_fees - self.prices,
            source=self.source,
            notes=(*self.notes, *coins.notes),
        )

    def history(self) -> History:
        """The prices as a :class:`~lpgreeks.History`, to align with those of coins; known at their own times.

        Raises:
            DataError: fewer than two rows.
        """
        if len(self) < 2:
            raise DataError("two or more prices", got=len(self))
        prices = self.prices[:, None]
        steps, counts = np.unique(np.diff(self.times), return_counts=True)
        return History(
            markets=(self.market,),
            times=self.times,
            prices=prices,
            lows=prices,
            highs=prices,
            step=steps[counts.argmax()],
            notes=self.notes,
        )
