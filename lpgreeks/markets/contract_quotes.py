"""Best bids and asks of one perpetual or dated future, with what it is and when it is delivered."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError, require_numbers, require_positive, require_prices
from lpgreeks.markets.contract_names import ContractName
from lpgreeks.markets.streams import Quotes
from lpgreeks.paths.rows import Frozen, Times

__all__ = ["ContractQuotes"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ContractQuotes(Frozen):
    """Best bid and ask of one contract at each of its stamps; a single stamp is enough.

    Attributes:
        contract: what it is, in what it settles and when it is delivered.
        times: ``(n,)``, UTC, ascending, all before the delivery.
        bid, ask: ``(n,)``, quote per base.
        bid_size, ask_size: ``(n,)``, as the venue counts them, of which one is ``contract_size``; NaN or None if not
            known.
        contract_size: what a size of 1 stands for: quote units of an inverse contract, coins of a linear one; None
            where nobody says, and then there is no depth in coins.
        stale: ``(n,)``: rows whose price nobody traded at; None where nothing is known of that.
        source: one sentence on where they come from, and what of it is stated rather than quoted.
        notes: what was guessed or left out on the way here.
    """

    contract: ContractName
    times: Times
    bid: FloatArray
    ask: FloatArray
    bid_size: FloatArray | None = None
    ask_size: FloatArray | None = None
    contract_size: float | None = None
    stale: NDArray[np.bool_] | None = None
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.contract, ContractName):
            raise InputError(
                "a contract's name taken apart", got=f"{self.contract!r:.60}", remedy='contract_name("BTC-PERPETUAL")'
            )
        name = self.contract.name
        times = np.atleast_1d(np.array(self.times, dtype="datetime64[ns]"))
        if not times.size or np.isnat(times).any() or (np.diff(times) <= np.timedelta64(0)).any():
            raise DataError(f"one or more times of {name} in order, each once", got=f"{times.size:,}")
        columns: dict[str, NDArray[Any]] = {"times": times}
        for side in ("bid", "ask"):
            columns[side] = require_prices(np.array(getattr(self, side)), unit=self._unit, what=f"{side}s of {name}")
        for side in ("bid_size", "ask_size"):
            if getattr(self, side) is not None:
                columns[side] = require_numbers(
                    np.array(getattr(self, side)), unit="contracts", what=f"{side} of {name}"
                )
                if (columns[side] < 0).any():
                    raise DataError(f"a {side} of 0 or more in every row of {name}", got=f"{columns[side].min():g}")
        if self.stale is not None:
            columns["stale"] = np.array(self.stale, dtype=np.bool_)
        for what, array in columns.items():
            array = np.atleast_1d(array)
            if array.shape != times.shape:
                raise InputError(f"{what} for each of {times.size:,} times of {name}", got=f"shape {array.shape}")
            array.flags.writeable = False
            object.__setattr__(self, what, array)
        if self.contract_size is not None:
            object.__setattr__(
                self, "contract_size", require_positive("contract_size", self.contract_size, unit=self.contract.unit)
            )
        self._require_uncrossed()
        self._require_alive()

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<ContractQuotes: {self.contract.name}, {len(self):,} stamps, {self.source}>"

    @property
    def _unit(self) -> str:
        return f"{self.contract.quote} per {self.contract.base}"

    def _require_uncrossed(self) -> None:
        crossed = np.flatnonzero(self.bid > self.ask)
        if crossed.size:
            at = crossed[0]
            raise DataError(
                f"bids at or below asks of {self.contract.name}",
                got=f"{crossed.size:,} crossed, the first at {self.times[at]}: bid {self.bid[at]:g}, "
                f"ask {self.ask[at]:g}",
                unit=self._unit,
                remedy="A crossed book is no price to trade at: leave those rows out in a table of your own",
            )

    def _require_alive(self) -> None:
        dead = np.flatnonzero(self.days <= 0)
        if dead.size:
            raise DataError(
                f"quotes of {self.contract.name} before its delivery",
                got=f"{dead.size:,} at or after it, the first at {self.times[dead[0]]}",
                remedy=f"It is delivered at {self.contract.expiry:%Y-%m-%d %H:%M} UTC: leave those rows out",
            )

    # ---- what follows from them

    @property
    def mid(self) -> FloatArray:
        """``(n,)``: the middle of bid and ask, quote per base."""
        return np.asarray((self.bid + self.ask) / 2.0)

    @property
    def stale_rows(self) -> int:
        """How many rows nobody traded at; 0 where nothing is known of that."""
        return 0 if self.stale is None else int(self.stale.sum())

    @property
    def delivery(self) -> np.datetime64:
        """When it is delivered, UTC; no time (NaT) of a perpetual."""
        expiry = self.contract.expiry
        return np.datetime64("NaT", "ns") if expiry is None else np.datetime64(expiry.replace(tzinfo=None), "ns")

    @property
    def days(self) -> FloatArray:
        """``(n,)``: to the delivery; NaN of a perpetual."""
        return np.asarray((self.delivery - self.times) / np.timedelta64(1, "D"))

    def coins(self, size: FloatArray | None, price: FloatArray) -> FloatArray:
        """``(n,)``: a size in coins at a price: a linear one times the contract's, an inverse one over the price too.

        NaN where the size, or what one contract stands for, is not known.
        """
        if size is None or self.contract_size is None:
            return np.full(len(self), np.nan)
        worth = size * self.contract_size
        return np.asarray(worth / price if self.contract.inverse else worth)

    def rows(self, kept: NDArray[Any]) -> ContractQuotes:
        """The rows at those places."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{name: x[kept] for name, x in own.items() if isinstance(x, np.ndarray)})

    def quotes(self) -> Quotes:
        """The same as quotes of the contract's own market, for a tape."""
        own = self.contract
        return Quotes(
            market=own.market, times=self.times, bid=self.bid, ask=self.ask, source=f"{own.name}: {self.source}",
            notes=self.notes,
        )  # fmt: skip
