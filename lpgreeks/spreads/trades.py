"""What was traded of a spread: both legs of every step, on one row each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.instruments import Margined, Position
from lpgreeks.paths.rows import Times
from lpgreeks.replays import Replayed
from lpgreeks.spreads.position import SpreadPosition

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SpreadTrades", "trades_of"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SpreadTrades(Noun):
    """Every trade of a spread, ``(n,)`` each: far and near at once.

    Attributes:
        positions: what each trade opened, its legs at the prices traded at.
        times: UTC.
        fees: of both legs, in the token that they settle in; positive.
        results: P&L of each trade from then to the end, at the last marks and before fees and funding, in that token.
            A trade that closes undoes what the ones before it gained after it, so that the sum is the P&L.
    """

    positions: tuple[SpreadPosition, ...]
    times: Times
    fees: FloatArray
    results: FloatArray

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def far_quantity(self) -> FloatArray:
        """Signed: > 0 is bought."""
        return np.array([p.far.quantity for p in self.positions], dtype=np.float64)

    @cached_property
    def near_quantity(self) -> FloatArray:
        """Signed: > 0 is bought."""
        return np.array([p.near.quantity for p in self.positions], dtype=np.float64)

    @cached_property
    def far_price(self) -> FloatArray:
        """Quote per base, slippage in it."""
        return np.array([_entry(p.far) for p in self.positions], dtype=np.float64)

    @cached_property
    def near_price(self) -> FloatArray:
        """Quote per base, slippage in it."""
        return np.array([_entry(p.near) for p in self.positions], dtype=np.float64)

    @property
    def spread(self) -> FloatArray:
        """Far less near at the prices traded at: what the spread was sold or bought at."""
        return self.far_price - self.near_price

    @property
    def held(self) -> FloatArray:
        """Of far after each trade, signed."""
        return np.cumsum(self.far_quantity)

    def table(self) -> pd.DataFrame:
        """One row for each trade."""
        import pandas as pd

        return pd.DataFrame(
            {
                "side": np.where(self.far_quantity < 0, "sold", "bought"),
                "spread": self.spread,
                "far_quantity": self.far_quantity,
                "far_price": self.far_price,
                "near_quantity": self.near_quantity,
                "near_price": self.near_price,
                "far_held": self.held,
                "fee": self.fees,
                "result": self.results,
            },
            index=pd.DatetimeIndex(self.times, name="time", tz="UTC"),
        )


def trades_of(replayed: Replayed, far: Margined, near: Margined) -> SpreadTrades:
    """The fills of a replay on two legs, far and then near, put together row by row."""
    from dataclasses import replace

    fills, last = replayed.trades, replayed.tape.rows.mark[:, -1]
    marks = [float(last[column]) for column in replayed.hedge.columns.market]
    rows = np.unique(fills.row)
    positions, fees = [], np.zeros(rows.size)
    for k, row in enumerate(rows):
        at = np.flatnonzero(fills.row == row)
        legs = [Position(0.0, far), Position(0.0, near)]
        for i in at:
            j = int(fills.leg[i])
            legs[j] = Position(float(fills.quantity[i]), replace((far, near)[j], entry=float(fills.price[i])))
        positions.append(SpreadPosition(far=legs[0], near=legs[1]))
        fees[k] = fills.fee[at].sum()
    results = np.array([p.pnl(far=marks[0], near=marks[1]) for p in positions], dtype=np.float64)
    return SpreadTrades(positions=tuple(positions), times=replayed.tape.times[rows], fees=fees, results=results)


def _entry(leg: Position) -> float:
    assert isinstance(leg.instrument, Margined)
    return leg.instrument.entry
