"""When a spread is traded: sold, or bought, step by step as it moves away, and closed when it comes back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_finite, require_positive, require_whole
from lpgreeks.instruments import Instrument, Margined
from lpgreeks.paths.rows import moment
from lpgreeks.replays import Now
from lpgreeks.spreads.checks import require_kind
from lpgreeks.spreads.moves import ParallelMoves, ProportionalMoves, require_moves
from lpgreeks.spreads.position import position_of
from lpgreeks.spreads.spread import Spread

__all__ = ["SpreadBand"]

# A quantity that came out of a sum of steps is a whole number of them but for rounding.
_ROUNDING = 1e-9

# A replay keeps the prices that it trades at: nothing reads what the legs of a policy were entered at.
_UNREAD = 1.0


@dataclass(frozen=True, kw_only=True, repr=False)
class SpreadBand(Noun):
    r"""Entry and exit bands of a spread, as a policy of :func:`~lpgreeks.replay` on two legs, far and then near.

    With an entry above the exit the spread is sold: the first step where it can be sold at the entry or above, one
    more for every ``add`` that it has widened since, up to ``most``; all of it is bought back where it can be bought
    at the exit or below. With an entry below the exit it is bought, the same the other way round. What is held stays
    in between. With :math:`s` the price that opens (bid far less ask near to sell), the steps held are

    .. math::
        n \leftarrow \max\!\Big(n,\ \min\big(m,\ 1 + \lfloor \pm(s - entry) / add \rfloor\big)\Big)
        \quad \text{where } \pm(s - entry) \ge 0

    It reads nothing but the row that it decides on and what is held there.

    Args:
        far, near: the two contracts, +1 long; their markets name the quotes that they read, their entries are not read.
        size: of far, traded at each step: coins of a linear contract, quote units of notional of an inverse one.
        entry: the spread that opens the first step, far less near, quote per base.
        exit: the spread that closes everything.
        add: how much further the spread must go for each further step; None: there is one step.
        most: so many steps at most.
        moves: against which moves of both prices the near leg of each step is sized, at the prices of that step.
        close_from: from then on, UTC, nothing is opened and all is closed: before the delivery, at which a contract
            is gone. A time, or its text.

    Raises:
        InputError: an entry at the exit, further steps without ``add``, contracts of two kinds.
    """

    far: Margined
    near: Margined
    size: float
    entry: float
    exit: float
    add: float | None = None
    most: int = 1
    moves: ParallelMoves | ProportionalMoves = field(default_factory=ParallelMoves)
    close_from: np.datetime64 | None = None

    def __post_init__(self) -> None:
        for leg in (self.far, self.near):
            require_kind("a perpetual or a dated future, +1 long", leg, Margined, remedy="SpreadBand.on(spread, ...)")
        require_moves(self.moves)
        if self.close_from is not None:
            object.__setattr__(self, "close_from", _time(self.close_from))
        unit = f"{self.far.quote} per {self.far.base}"
        for name in ("entry", "exit"):
            object.__setattr__(self, name, require_finite(name, getattr(self, name), unit=unit))
        object.__setattr__(self, "size", require_positive("size", self.size, unit=self.far.unit_text))
        require_whole("most", self.most, at_least=1, unit="steps")
        if self.entry == self.exit:
            raise InputError(
                "an entry above the exit, to sell, or below it, to buy",
                got=f"both {self.entry:g}",
                unit=unit,
                remedy="A band of no width would trade on every row",
            )
        if self.add is not None:
            object.__setattr__(self, "add", require_positive("add", self.add, unit=unit))
        elif self.most > 1:
            raise InputError("add, the distance between steps", got=f"none for {self.most} steps", unit=unit)
        if self.far.margin_token != self.near.margin_token:
            raise InputError(
                "two legs margined in one token", got=f"{self.far.margin_token} and {self.near.margin_token}"
            )

    @classmethod
    def on(
        cls,
        spread: Spread,
        *,
        size: float,
        entry: float,
        exit: float,
        add: float | None = None,
        most: int = 1,
        moves: ParallelMoves | ProportionalMoves = ParallelMoves(),  # noqa: B008
        close_from: np.datetime64 | str | None = None,
    ) -> SpreadBand:
        """A band on the two contracts of a spread."""
        require_kind("a spread", spread, Spread, remedy='curve.spread("BTC-27MAR26", "BTC-PERPETUAL")')
        far, near = (leg.contract.instrument(entry=_UNREAD) for leg in (spread.far, spread.near))
        return cls(
            far=far, near=near, size=size, entry=entry, exit=exit, add=add, most=most, moves=moves,
            close_from=None if close_from is None else _time(close_from),
        )  # fmt: skip

    def __call__(self, now: Now) -> Mapping[Instrument, float] | None:
        """The quantities wanted of both legs on a row; None where nothing is done."""
        if any(now.pending):
            return None
        sign = math.copysign(1.0, self.entry - self.exit)
        # What is sold goes at the bid and what is bought at the ask, on the way in and, turned round, on the way out.
        (far_bid, near_bid), (far_ask, near_ask) = now.bid, now.ask
        sell, buy = far_bid - near_ask, far_ask - near_bid
        opens, closes = (sell, buy) if sign > 0 else (buy, sell)
        held = round(abs(now.quantities[0]) / self.size)
        over = self.close_from is not None and now.time >= self.close_from
        if held and (over or sign * (closes - self.exit) <= 0):
            return {self.far: 0.0, self.near: 0.0}
        beyond = sign * (opens - self.entry)
        if over or beyond < 0:
            return None
        further = 0 if self.add is None else math.floor(beyond / self.add * (1.0 + _ROUNDING))
        more = min(self.most, 1 + further) - held
        if more <= 0:
            return None
        prices = (far_bid, near_ask) if sign > 0 else (far_ask, near_bid)
        far, near = (replace(leg, entry=price) for leg, price in zip((self.far, self.near), prices, strict=True))
        step = position_of(-sign * more * self.size, far, near, self.moves)
        return {
            self.far: now.quantities[0] + step.far.quantity,
            self.near: now.quantities[1] + step.near.quantity,
        }


def _time(given: np.datetime64 | str) -> np.datetime64:
    known = isinstance(given, np.datetime64) and not np.isnat(given)
    return given.astype("datetime64[ns]") if known else moment(given)  # type: ignore[union-attr, arg-type]
