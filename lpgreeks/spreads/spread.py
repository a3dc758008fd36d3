"""Far less near: what the difference of two contracts on one coin can be sold and bought at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Tabled
from lpgreeks.errors import DataError, InputError, TokenError, require_positive
from lpgreeks.markets.contract_quotes import ContractQuotes
from lpgreeks.paths.rows import Frozen, Times, moment
from lpgreeks.recipes import recorded
from lpgreeks.spreads import pictures
from lpgreeks.spreads.basis import log_basis_per_year, simple_basis_per_year
from lpgreeks.spreads.checks import require_kind
from lpgreeks.spreads.moves import ParallelMoves, ProportionalMoves
from lpgreeks.spreads.position import SpreadPosition, position_of
from lpgreeks.spreads.words import records, spread_text
from lpgreeks.tokens import counted_as

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Spread"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Spread(Frozen, Tabled):
    """Far less near, always, at the stamps at which both are quoted.

    Its arrays are ``(n,)``, over :attr:`times`. Stamps that only one leg has are left out and counted in the notes.

    Args:
        far: the later delivery.
        near: the earlier one, or the perpetual. Both are on one coin and settle in one token.

    Raises:
        InputError: a far leg that is not delivered after the near one.
        TokenError: contracts on two coins, or an inverse one against a linear one.
        DataError: no stamp in common.
    """

    far: ContractQuotes
    near: ContractQuotes

    def __post_init__(self) -> None:
        for leg in (self.far, self.near):
            require_kind("the quotes of a contract", leg, ContractQuotes, remedy="read_tickers(...) reads them")
        far, near = self.far.contract, self.near.contract
        for what, one, other in (("coin", far.base, near.base), ("settlement token", far.settled_in, near.settled_in)):
            if counted_as(one) != counted_as(other):
                raise TokenError(
                    f"a spread of contracts with one {what}",
                    got=f"{far.name} with {one}, {near.name} with {other}",
                    remedy="What pays coins and what pays dollars have no common P&L: take two of a kind",
                )
        if far.expiry is None or (near.expiry is not None and far.expiry <= near.expiry):
            raise InputError(
                "a far contract that is delivered after the near one",
                got=f"far {far.name}, near {near.name}",
                remedy="A spread is far less near, and a perpetual is near",
            )
        if not np.isin(self.far.times, self.near.times).any():
            raise DataError(
                f"a stamp at which both {far.name} and {near.name} are quoted",
                got=f"{len(self.far):,} and {len(self.near):,} stamps, none in common",
            )

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<Spread: {self.name}, {len(self):,} stamps>"

    # ---- which stamps

    @cached_property
    def legs(self) -> tuple[ContractQuotes, ContractQuotes]:
        """Far and near at the stamps that both have."""
        _, far, near = np.intersect1d(self.far.times, self.near.times, assume_unique=True, return_indices=True)
        return self.far.rows(far), self.near.rows(near)

    @cached_property
    def times(self) -> Times:
        """``(n,)``, UTC."""
        return self.legs[0].times

    @recorded
    def at(self, time: str) -> Spread:
        """The one stamp that is the last of either leg not after that time, UTC.

        Raises:
            DataError: no stamp by then, or one leg is missing at it.
        """
        until = moment(time)
        stamps = [t for leg in (self.far, self.near) for t in leg.times[leg.times <= until][-1:]]
        if not stamps:
            raise DataError(f"a stamp of {self.name} by {time}", got=f"none before {self.times[0]}")
        last = max(stamps)
        kept = [np.flatnonzero(leg.times == last) for leg in (self.far, self.near)]
        for leg, found in zip((self.far, self.near), kept, strict=True):
            if not found.size:
                raise DataError(
                    f"both legs of {self.name} at {last}",
                    got=f"{leg.contract.name} is missing there",
                    remedy="A price of another time is no leg of this spread: ask for a time at which both are quoted",
                )
        return Spread(far=self.far.rows(kept[0]), near=self.near.rows(kept[1]))

    @recorded
    def between(self, first: str | None = None, last: str | None = None) -> Spread:
        """The stamps of a stretch of time, UTC, both ends in it.

        Raises:
            DataError: no stamp in it.
        """
        legs = []
        for leg in (self.far, self.near):
            begin = 0 if first is None else int(np.searchsorted(leg.times, moment(first), side="left"))
            end = len(leg) if last is None else int(np.searchsorted(leg.times, moment(last), side="right"))
            if begin >= end:
                raise DataError(f"stamps of {leg.contract.name} from {first} to {last}", got="none")
            legs.append(leg.rows(np.arange(begin, end)))
        return Spread(far=legs[0], near=legs[1])

    # ---- prices, quote per base

    @property
    def sell(self) -> FloatArray:
        """What it is sold at: far at its bid, near at its ask."""
        far, near = self.legs
        return far.bid - near.ask

    @property
    def buy(self) -> FloatArray:
        """What it is bought at: far at its ask, near at its bid. Never below :attr:`sell`."""
        far, near = self.legs
        return far.ask - near.bid

    @property
    def mid(self) -> FloatArray:
        """The middle of the two: of far less of near."""
        far, near = self.legs
        return far.mid - near.mid

    # ---- basis and time

    @property
    def days(self) -> FloatArray:
        """Between the deliveries; to the far one where the near leg is a perpetual, which is always now."""
        far, near = self.legs
        if self.near.contract.expiry is None:
            return far.days
        return far.days - near.days

    @property
    def basis(self) -> FloatArray:
        """Far over near less 1, of the middles; a decimal, not annual."""
        far, near = self.legs
        return far.mid / near.mid - 1.0

    @property
    def simple_per_year(self) -> FloatArray:
        """:func:`simple_basis_per_year` of far over near."""
        far, near = self.legs
        return simple_basis_per_year(far.mid, near.mid, self.days)

    @property
    def log_per_year(self) -> FloatArray:
        """:func:`log_basis_per_year` of far over near."""
        far, near = self.legs
        return log_basis_per_year(far.mid, near.mid, self.days)

    # ---- size

    @property
    def sell_depth(self) -> FloatArray:
        """Coins that the best far bid and the best near ask take, the lesser of the two; NaN where not known."""
        far, near = self.legs
        return np.minimum(far.coins(far.bid_size, far.bid), near.coins(near.ask_size, near.ask))

    @property
    def buy_depth(self) -> FloatArray:
        """Coins that the best far ask and the best near bid take, the lesser of the two; NaN where not known."""
        far, near = self.legs
        return np.minimum(far.coins(far.ask_size, far.ask), near.coins(near.bid_size, near.bid))

    def sold(self, quantity: float, moves: ParallelMoves | ProportionalMoves = ParallelMoves()) -> SpreadPosition:  # noqa: B008
        """``quantity`` of far sold at its bid, and of near what stands against it bought at its ask, at one stamp.

        Args:
            quantity: of the far leg, positive: coins of a linear one, quote units of notional of an inverse one.
            moves: against which moves of both prices the near leg is sized.

        Raises:
            InputError: no quantity above 0, or more stamps than one.
        """
        far, near = self._one_stamp()
        return position_of(-self._size(quantity), far.contract.instrument(entry=far.bid[0]),
                           near.contract.instrument(entry=near.ask[0]), moves)  # fmt: skip

    def bought(self, quantity: float, moves: ParallelMoves | ProportionalMoves = ParallelMoves()) -> SpreadPosition:  # noqa: B008
        """``quantity`` of far bought at its ask, and near sold against it at its bid; as :meth:`sold`."""
        far, near = self._one_stamp()
        return position_of(self._size(quantity), far.contract.instrument(entry=far.ask[0]),
                           near.contract.instrument(entry=near.bid[0]), moves)  # fmt: skip

    def _size(self, quantity: float) -> float:
        remedy = "What is sold is sold(...), what is bought bought(...)"
        return require_positive("quantity", quantity, unit=self.far.contract.unit, remedy=remedy)

    def _one_stamp(self) -> tuple[ContractQuotes, ContractQuotes]:
        if len(self) != 1:
            raise InputError("a spread at one stamp", got=f"{len(self):,} stamps", remedy='spread.at("2026-01-05")')
        return self.legs

    # ---- words

    @property
    def name(self) -> str:
        """ "BTC-27MAR26 - BTC-PERPETUAL": far less near."""
        return f"{self.far.contract.name} - {self.near.contract.name}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Where both legs come from, and how many stamps only one of them has."""
        lines = [f"{leg.contract.name}: {leg.source}" for leg in (self.far, self.near)]
        lines += [*self.far.notes, *self.near.notes]
        for leg, other in ((self.far, self.near), (self.near, self.far)):
            if leg.stale_rows:
                lines.append(f"{leg.stale_rows:,} of {len(leg):,} rows of {leg.contract.name} are stale: not traded at")
            if alone := len(leg) - len(self):
                lines.append(f"{alone:,} stamps of {leg.contract.name} without {other.contract.name} left out")
        return tuple(lines)

    def summary(self) -> str:
        """Every stamp, and what is taken as given."""
        return spread_text(self)

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return {"spread": self.name, "rows": records(self.table()), "notes": list(self.notes)}

    def plot(self, ax: Axes | None = None) -> Axes:
        """What it could be sold and bought at, over time."""
        return pictures.one_pair(self, ax)

    def table(self) -> pd.DataFrame:
        """One row for each stamp: both prices of the spread, its middle, its basis, its depth in coins."""
        import pandas as pd

        far, near = self.legs
        stale = [np.zeros(len(self), dtype=bool) if leg.stale is None else leg.stale for leg in (far, near)]
        return pd.DataFrame(
            {
                "time": pd.DatetimeIndex(self.times, tz="UTC"),
                "pair": self.name,
                "far": self.far.contract.name,
                "near": self.near.contract.name,
                "sell": self.sell,
                "buy": self.buy,
                "mid": self.mid,
                "days": self.days,
                "basis": self.basis,
                "simple_per_year": self.simple_per_year,
                "log_per_year": self.log_per_year,
                "sell_depth": self.sell_depth,
                "buy_depth": self.buy_depth,
                "stale": stale[0] | stale[1],
            }
        )
