"""What a share in an index did: its price, the coins that it stood for, and what it earned beside its price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError, MarketError, require_token
from lpgreeks.markets.streams import Frozen, Quotes, Times, checked_times, frozen
from lpgreeks.tokens import counted_as

__all__ = ["IndexHistory"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class IndexHistory(Frozen):
    r"""A share in a basket of coins and dollars: a token of a vault or of a market's pool, whatever its protocol.

    Between two rows a share of ``delta`` coins gains

    .. math::
        \Delta s = \sum_c \delta_c\,\Delta p_c + \text{what traders lost, fees kept in the pool, entries and exits}

    Attributes:
        name: what it is a share of: "GLP".
        quote: the token that every price is in.
        coins: those that it depends on, each by one name: "BTC".
        times: ``(n,)``, UTC, ascending.
        prices: ``(n,)``: of one share, in quote.
        coin_prices: ``(n, coins)``, quote per coin: those that the protocol itself reads.
        deltas: ``(n, coins)``: coins by which a share moves, from the state of the protocol; None where it is not
            known.
        weights: ``(n, coins)``: each coin's part of the pool's tokens by value; None where it is not known.
        rewards: ``(n,)``: what a share had earned beside its price since the first row, in quote, each part counted
            when it was earned; None where it is not known.
        source: one sentence on where it comes from.
        notes: what was guessed, dropped or taken as equal on the way here.
    """

    name: str
    quote: str
    coins: tuple[str, ...]
    times: Times
    prices: FloatArray
    coin_prices: FloatArray
    deltas: FloatArray | None = None
    weights: FloatArray | None = None
    rewards: FloatArray | None = None
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        times = checked_times(self.times, self.name, repeats=False)
        require_token("quote", self.quote)
        if not self.coins or len({counted_as(c) for c in self.coins}) < len(self.coins):
            raise InputError("coins of an index, each once", got=", ".join(map(str, self.coins)) or "none")
        frozen(self, "times", times)
        for name, columns in (
            ("prices", ()),
            ("coin_prices", (len(self.coins),)),
            ("deltas", (len(self.coins),)),
            ("weights", (len(self.coins),)),
            ("rewards", ()),
        ):
            given = getattr(self, name)
            if given is None:
                continue
            array = np.array(given, dtype=np.float64)
            if array.shape != (times.size, *columns):
                raise InputError(f"{name} of shape {(times.size, *columns)}", got=f"shape {array.shape}")
            wrong = ~np.isfinite(array) | (array <= 0 if name in ("prices", "coin_prices") else False)
            if wrong.any():
                at = tuple(int(x) for x in np.argwhere(wrong)[0])
                kind = "positive, finite" if name in ("prices", "coin_prices") else "finite"
                raise DataError(f"{kind} {name} of {self.name}", got=f"{array[at]:g} at {times[at[0]]}")
            frozen(self, name, array)

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<IndexHistory: {self.source}>"

    @property
    def market(self) -> str:
        """The name under which its price stands: "GLP/USD"."""
        return f"{self.name}/{self.quote}"

    def column(self, coin: str) -> int:
        """Which column a coin is.

        Raises:
            MarketError: it is none of the index.
        """
        for j, own in enumerate(self.coins):
            if counted_as(own) == counted_as(coin):
                return j
        raise MarketError(f"a coin of {self.name}", got=coin, remedy=f"It has {', '.join(self.coins)}")

    def quotes(self, coin: str, *, half_spread: float) -> Quotes:
        """A coin's price as the protocol reads it, as bid and ask: for where no exchange's quotes are at hand.

        Args:
            coin: whose.
            half_spread: of the price, a decimal: 0.0002 is two basis points on each side.
        """
        if not 0 <= half_spread < 1:
            raise InputError("a half-spread from 0 up to 1", got=f"{half_spread:g}", unit="decimal")
        price = self.coin_prices[:, self.column(coin)]
        return Quotes(
            market=f"{coin}/{self.quote}",
            times=self.times,
            bid=price * (1.0 - half_spread),
            ask=price * (1.0 + half_spread),
            source=f"{coin}/{self.quote} at the price that {self.name} reads, real; "
            f"half-spread {half_spread * 1e4:g} bp, stated",
        )
