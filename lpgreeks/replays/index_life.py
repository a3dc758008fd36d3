"""What a holding of an index did on a tape, without any hedge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import require_positive
from lpgreeks.markets.tape import Tape
from lpgreeks.protocols import IndexHistory
from lpgreeks.replays.exposures import StateDelta

__all__ = ["IndexHolding", "IndexLife"]


@dataclass(frozen=True, kw_only=True)
class IndexHolding(Noun):
    """Shares of the tape's index, bought on the first row and held to the last.

    Args:
        shares: how many.
        paid: for all of them, in quote; their price unless said. A vault's :meth:`~lpgreeks.GlpVault.mint` tells it.
        redeemed: what they bring after the last row, in quote; their price unless said. What that costs is owed from
            the first row on: leaving is no move of the market's.
    """

    shares: float
    paid: float | None = None
    redeemed: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shares", require_positive("shares", self.shares, unit="shares of the index"))
        for name in ("paid", "redeemed"):
            if (amount := getattr(self, name)) is not None:
                object.__setattr__(self, name, require_positive(name, amount, unit="quote"))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class IndexLife(Noun):
    """Shares of an index on a tape.

    Attributes:
        position: what was held.
        tape: what happened.
        rows: the rows of the clock at which its series stand.
    """

    position: IndexHolding
    tape: Tape
    rows: NDArray[np.int64]

    @property
    def index(self) -> IndexHistory:
        """What a share did."""
        assert self.tape.index is not None
        return self.tape.index

    @property
    def quote(self) -> str:
        """What money is counted in."""
        return self.index.quote

    @property
    def bases(self) -> tuple[str, ...]:
        """The coins that it depends on."""
        return self.index.coins

    @cached_property
    def _shown(self) -> NDArray[np.int64]:
        """``(rows,)``: the index's row behind each of ``rows``."""
        return self.tape.index_rows[self.rows]

    @cached_property
    def prices(self) -> FloatArray:
        """``(rows,)``: of one share, in quote."""
        return np.asarray(self.index.prices[self._shown])

    def coin_prices(self, coin: str) -> FloatArray:
        """``(rows,)``: as the protocol reads them."""
        return np.asarray(self.index.coin_prices[self._shown, self.index.column(coin)])

    @cached_property
    def capital(self) -> float:
        """What was paid, in quote."""
        at_price = self.position.shares * float(self.index.prices[self._first])
        return at_price if self.position.paid is None else self.position.paid

    @property
    def _first(self) -> int:
        return int(self.tape.index_rows[0])

    @property
    def _last(self) -> int:
        return int(self.tape.index_rows[-1])

    @cached_property
    def worth(self) -> FloatArray:
        """``(rows,)``: shares and what they earned, less what redeeming them will cost; in quote."""
        index, shares = self.index, self.position.shares
        earned = 0.0 if index.rewards is None else shares * (index.rewards - index.rewards[self._first])[self._shown]
        return np.asarray(shares * self.prices + earned - self._leaving)

    @cached_property
    def _leaving(self) -> float:
        """What redeeming costs against the price of the last row, in quote."""
        given = self.position.redeemed
        return 0.0 if given is None else self.position.shares * float(self.index.prices[self._last]) - given

    @cached_property
    def coins(self) -> Mapping[str, FloatArray]:
        """``(rows,)`` by coin: what the shares stand for by the protocol's state; zeros where that is not known."""
        deltas = self.index.deltas
        none = np.zeros(self.rows.size)
        return {
            coin: none if deltas is None else self.position.shares * deltas[self._shown, j]
            for j, coin in enumerate(self.bases)
        }

    @cached_property
    def parts(self) -> Mapping[str, FloatArray]:
        """``(rows,)`` each: where the money came from, since the start, in quote; > 0 is a gain.

        A coin's price counts what the state before each row stood for; what is left of the share's change is what
        traders lost, fees that the pool kept, and who came and went.
        """
        index, shares, first = self.index, self.position.shares, self._first
        gained = index.prices - index.prices[first]
        parts: dict[str, FloatArray] = {}
        if index.deltas is not None:
            moved = np.zeros(index.coin_prices.shape)
            moved[1:] = np.cumsum(index.deltas[:-1] * np.diff(index.coin_prices, axis=0), axis=0)
            moved -= moved[first]
            parts |= {f"{coin} price": moved[:, j] for j, coin in enumerate(self.bases)}
            parts["traders and flows"] = gained - moved.sum(axis=1)
        else:
            parts["price of the share"] = gained
        if index.rewards is not None:
            parts["rewards"] = index.rewards - index.rewards[first]
        return {
            **{name: shares * series[self._shown] for name, series in parts.items()},
            "mint": np.full(self.rows.size, shares * float(index.prices[first]) - self.capital),
            "redeem": np.full(self.rows.size, -self._leaving),
        }

    @property
    def holding(self) -> FloatArray:
        """``(rows,)``: what holding the tokens of the start would have made, in quote: dollars were paid."""
        return np.zeros(self.rows.size)

    @property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The parts by what a reader asks for."""
        prices = tuple(f"{coin} price" for coin in self.bases if f"{coin} price" in self.parts)
        rest = [name for name in self.parts if name not in (*self.costs, *prices)]
        return {"coin prices": prices, **{name: (name,) for name in rest}}

    @property
    def costs(self) -> tuple[str, ...]:
        """The parts that are what entering and leaving cost."""
        return ("mint", "redeem")

    @property
    def figures(self) -> Mapping[str, float]:
        """What a row of numbers says of it."""
        return {"shares": self.position.shares}

    @property
    def notes(self) -> tuple[str, ...]:
        """What is taken as given."""
        told = [f"{self.index.name} is marked at its price, which is not what it can be redeemed for"]
        if self.position.redeemed is not None:
            told = []
        if self.index.rewards is not None:
            told.append("rewards are counted in dollars when they are earned, and lie idle")
        if self.position.paid is None:
            told.append("nothing is paid to enter")
        return tuple(told)

    def deltas_at(self, row: int) -> Mapping[str, float]:
        """Coins that it stands for on a row of the clock.

        Raises:
            DataError: the index tells prices alone.
        """
        found = StateDelta().coins(self.index, range(len(self.bases)))[self.tape.index_rows[row]]
        return {coin: self.position.shares * float(x) for coin, x in zip(self.bases, found, strict=True)}
