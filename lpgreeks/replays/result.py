"""What a replay found: what was held at each time, what was traded, and where the money came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.instruments import Exposure
from lpgreeks.markets.streams import Times
from lpgreeks.markets.tape import Tape
from lpgreeks.replays.book import Hedge
from lpgreeks.replays.life import Life, ManagedRange
from lpgreeks.replays.policies import Policy

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Replayed", "Trades"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Trades:
    """Every fill of the hedge, ``(n,)`` each.

    Attributes:
        row: of the tape.
        leg: which one.
        quantity: signed, in the leg's unit.
        price: paid or received, slippage in it.
        middle: of bid and ask on that row.
        fee: in the leg's margin token.
    """

    row: NDArray[np.int64]
    leg: NDArray[np.int64]
    quantity: FloatArray
    price: FloatArray
    middle: FloatArray
    fee: FloatArray

    @classmethod
    def of(cls, rows: FloatArray) -> Trades:
        """From the rows that the step wrote."""
        row, leg = (rows[:, k].astype(np.int64) for k in range(2))
        quantity, price, middle, fee = (rows[:, k].copy() for k in range(2, 6))
        for array in (row, leg, quantity, price, middle, fee):
            array.flags.writeable = False
        return cls(row=row, leg=leg, quantity=quantity, price=price, middle=middle, fee=fee)

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Replayed:
    """A position and its hedge on a tape.

    Attributes:
        position: what was held or managed.
        tape: what happened.
        policy: when the hedge was traded.
        life: the position by itself.
        hedge: the contracts, and what stood behind them.
        rows: of the tape, at which the series stand.
        of_legs: ``(rows, legs, 7)``: quantity, paid, spread, slippage, fees, funding, turnover.
        of_accounts: ``(rows, accounts, 2)``: posted, kept back.
        trades: every fill.
        liquidated: by account: the row of its liquidation, or None.
    """

    position: Exposure | ManagedRange
    tape: Tape
    policy: Policy | Callable[..., Any]
    life: Life
    hedge: Hedge
    rows: NDArray[np.int64]
    of_legs: FloatArray
    of_accounts: FloatArray
    trades: Trades
    liquidated: tuple[int | None, ...]

    @property
    def times(self) -> Times:
        """``(rows,)``, UTC."""
        return self.tape.times[self.rows]

    @property
    def quote(self) -> str:
        """What money is counted in."""
        return self.position.quote

    # ---- series

    @cached_property
    def _marks(self) -> FloatArray:
        """``(rows, legs)``: what each leg is marked at."""
        return self.tape.rows.mark[self.hedge.columns.market][:, self.rows].T

    @cached_property
    def _in_quote(self) -> FloatArray:
        """``(rows, legs)``: the price of each leg's margin token in quote."""
        return np.where(self.hedge.columns.inverse, self._marks, 1.0)

    @cached_property
    def gained(self) -> FloatArray:
        """``(rows, legs)``: P&L of each leg before costs, marked, in quote."""
        inverse, mark = self.hedge.columns.inverse, self._marks
        quantity, paid, spread, slippage = (self.of_legs[:, :, k] for k in range(4))
        counted = np.where(inverse, -1.0 / mark, mark)
        return (quantity * counted - paid + spread + slippage) * self._in_quote

    def _cost(self, figure: int) -> FloatArray:
        return np.asarray((self.of_legs[:, :, figure] * self._in_quote).sum(axis=1))

    @cached_property
    def _account_tokens(self) -> FloatArray:
        """``(rows, accounts)``: the price of each account's token in quote."""
        first = [pledge.legs[0] for pledge in self.hedge.pledges]
        return np.where(self.hedge.accounts.coins, self._marks[:, first], 1.0)

    @cached_property
    def capital(self) -> float:
        """Everything in hand at the start: position, collateral, reserve; in quote."""
        behind = float((self.of_accounts[0].sum(axis=1) * self._account_tokens[0]).sum())
        return self.life.capital + behind

    @cached_property
    def parts(self) -> Mapping[str, FloatArray]:
        """``(rows,)`` each: where the money came from, since the start, in quote; > 0 is a gain.

        They add up to :attr:`net`, which is counted from what is held.
        """
        behind = self.of_accounts.sum(axis=2)
        moved = (behind * (self._account_tokens - self._account_tokens[0])).sum(axis=1)
        return {
            **self.life.parts,
            "hedge": self.gained.sum(axis=1),
            "funding": self._cost(5),
            "spread": -self._cost(2),
            "exchange fees": -self._cost(4),
            "slippage": -self._cost(3),
            "coins posted": moved,
        }

    @cached_property
    def equity(self) -> FloatArray:
        """``(rows,)``: what everything is worth: tokens, fees, contracts and accounts; in quote."""
        quantity, paid, fees, funding = (self.of_legs[:, :, k] for k in (0, 1, 4, 5))
        inverse, mark = self.hedge.columns.inverse, self._marks
        counted = np.where(inverse, -1.0 / mark, mark)
        contracts = ((quantity * counted - paid - fees + funding) * self._in_quote).sum(axis=1)
        behind = (self.of_accounts.sum(axis=2) * self._account_tokens).sum(axis=1)
        return np.asarray(self.life.worth + contracts + behind)

    @property
    def net(self) -> FloatArray:
        """``(rows,)``: equity less the capital at the start."""
        return self.equity - self.capital

    @property
    def residual(self) -> FloatArray:
        """``(rows,)``: what the parts leave unexplained: rounding."""
        return np.asarray(self.net - np.sum(list(self.parts.values()), axis=0))

    def attribution(self) -> dict[str, float]:
        """Each part at the end, the residual, and their sum, in quote."""
        ends = {name: float(series[-1]) for name, series in self.parts.items()}
        return {**ends, "residual": float(self.residual[-1]), "net": float(self.net[-1])}

    def table(self) -> pd.DataFrame:
        """One row for each time of the grid: equity, net, and the parts."""
        import pandas as pd

        columns = {"equity": self.equity, "net": self.net, **self.parts}
        return pd.DataFrame(columns, index=pd.DatetimeIndex(self.times, name="time", tz="UTC"))
