"""Every contract on one coin side by side: all pairs at all times, and the basis of each delivery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Tabled
from lpgreeks.errors import DataError, InputError
from lpgreeks.markets.contract_quotes import ContractQuotes
from lpgreeks.paths.rows import Frozen, Times, moment
from lpgreeks.recipes import recorded
from lpgreeks.spreads import pictures
from lpgreeks.spreads.checks import require_kind
from lpgreeks.spreads.spread import Spread
from lpgreeks.spreads.words import pairs_at, records
from lpgreeks.tokens import counted_as

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["TermStructure"]

_READERS = "read_tickers(...) or read_futures_marks(...)"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TermStructure(Frozen, Tabled):
    """The perpetual and the dated futures on one coin.

    Args:
        contracts: on one coin, each once; put in order of delivery, perpetuals first.
    """

    contracts: tuple[ContractQuotes, ...]

    def __post_init__(self) -> None:
        require_kind("contracts of one coin", self.contracts, Iterable, remedy=_READERS)
        given = tuple(self.contracts)
        names = [quotes.contract.name for quotes in given if isinstance(quotes, ContractQuotes)]
        coins = {counted_as(quotes.contract.base) for quotes in given if isinstance(quotes, ContractQuotes)}
        if len(names) < max(2, len(given)) or len(set(names)) < len(names) or len(coins) != 1:
            raise InputError(
                "two or more contracts on one coin, each once", got=", ".join(names) or f"{given!r:.60}",
                remedy=_READERS,
            )  # fmt: skip
        key = {q.contract.name: (q.contract.expiry is not None, q.delivery, q.contract.name) for q in given}
        object.__setattr__(self, "contracts", tuple(sorted(given, key=lambda q: key[q.contract.name])))

    def __repr__(self) -> str:
        return f"<TermStructure: {self.describe()}>"

    @cached_property
    def pairs(self) -> tuple[Spread, ...]:
        """Every pair that settles in one token and has a stamp in common, nearest first."""
        found = []
        for near, far in combinations(self.contracts, 2):
            settled = {counted_as(quotes.contract.settled_in) for quotes in (near, far)}
            apart = far.contract.expiry is not None and far.contract.expiry != near.contract.expiry
            if len(settled) == 1 and apart and np.isin(far.times, near.times).any():
                found.append(Spread(far=far, near=near))
        return tuple(found)

    @recorded
    def spread(self, far: str, near: str) -> Spread:
        """The pair of two contracts by name.

        Raises:
            InputError: no such contract, or a pair that is no spread.
        """
        by_name = {quotes.contract.name: quotes for quotes in self.contracts}
        if missing := [name for name in (far, near) if name not in by_name]:
            raise InputError("a contract that is quoted", got=missing[0], remedy=f"One of {', '.join(by_name)}")
        return Spread(far=by_name[far], near=by_name[near])

    @cached_property
    def times(self) -> Times:
        """Every stamp of any contract, UTC."""
        return np.unique(np.concatenate([quotes.times for quotes in self.contracts]))

    @cached_property
    def perpetuals(self) -> Mapping[str, ContractQuotes]:
        """By the token that they settle in: what stands for the coin itself in the basis of each contract.

        Raises:
            DataError: two that settle in one token.
        """
        found: dict[str, ContractQuotes] = {}
        for quotes in self.contracts:
            name = quotes.contract
            if name.expiry is None and found.setdefault(name.settled_in, quotes) is not quotes:
                raise DataError(
                    f"one perpetual that settles in {name.settled_in}",
                    got=f"{found[name.settled_in].contract.name} and {name.name}",
                    remedy="The basis is over one of them: leave the other out",
                )
        return found

    def perpetual(self, quotes: ContractQuotes) -> ContractQuotes | None:
        """The perpetual that a contract's basis is over: its own settlement's, else the one that counts as the same.

        None where there is none.

        Raises:
            DataError: several count as the same, and none is its own settlement's.
        """
        token, known = quotes.contract.settled_in, self.perpetuals
        if token in known:
            return known[token]
        alike = [own for own in known if counted_as(own) == counted_as(token)]
        if len(alike) > 1:
            raise DataError(
                f"a perpetual that settles in {token}, as {quotes.contract.name} does",
                got=f"those of {' and '.join(alike)}",
                remedy="Both count as the same token: leave one of them out",
            )
        return known[alike[0]] if alike else None

    def reference(self, quotes: ContractQuotes) -> FloatArray:
        """The perpetual's middle at each stamp of a contract that settles as it does; NaN where it is not quoted."""
        found = np.full(len(quotes), np.nan)
        perpetual = self.perpetual(quotes)
        if perpetual is not None:
            _, ours, theirs = np.intersect1d(quotes.times, perpetual.times, assume_unique=True, return_indices=True)
            found[ours] = perpetual.mid[theirs]
        return found

    # ---- tables

    def table(self) -> pd.DataFrame:
        """One row for each pair and stamp: :meth:`Spread.table`, and each leg's own basis over the perpetual.

        ``far_basis`` and ``near_basis`` are the middle over that of the perpetual less 1, decimals, not annual; NaN
        where no perpetual is quoted that settles in the same token.

        Raises:
            DataError: no two contracts with a stamp in common.
        """
        import pandas as pd

        if not self.pairs:
            raise DataError("two contracts that settle in one token and share a stamp", got=self.describe())
        frames = []
        for pair in self.pairs:
            frame = pair.table()
            for name, leg in zip(("far_basis", "near_basis"), pair.legs, strict=True):
                frame[name] = leg.mid / self.reference(leg) - 1.0
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def last(self, time: str | None = None) -> pd.DataFrame:
        """The rows of :meth:`table` at the last stamp of any contract, or the last one not after ``time``, UTC.

        A pair of which a leg is missing at that stamp has no row.
        """
        table, stamp = self.table(), self.stamp(time)
        found: pd.DataFrame = table.loc[table["time"].to_numpy(dtype="datetime64[ns]") == stamp]
        return found.reset_index(drop=True)

    def stamp(self, time: str | None = None) -> np.datetime64:
        """The last stamp of any contract, or the last one not after ``time``, UTC.

        Raises:
            DataError: nothing was quoted by then.
        """
        known = self.times if time is None else self.times[self.times <= moment(time)]
        if not known.size:
            raise DataError(f"a stamp by {time}", got=f"none before {self.times[0]}")
        return np.datetime64(known[-1])

    def missing(self, stamp: np.datetime64) -> tuple[str, ...]:
        """The contracts that are quoted before and after a stamp and not at it."""
        inside = [q for q in self.contracts if q.times[0] < stamp < q.times[-1]]
        return tuple(q.contract.name for q in inside if not (q.times == stamp).any())

    # ---- words and pictures

    @property
    def notes(self) -> tuple[str, ...]:
        """What is real, what is stated, what was left out, and what is taken as equal."""
        lines = [quotes.source for quotes in self.contracts]
        lines += [note for quotes in self.contracts for note in quotes.notes]
        if stale := sum(quotes.stale_rows for quotes in self.contracts):
            told = sum(len(quotes) for quotes in self.contracts if quotes.stale is not None)
            lines.append(f"{stale:,} of {told:,} rows are stale: nobody traded at their marks")
        if self.perpetuals:
            lines.append("the basis of each contract is over the perpetual, whose own basis is taken as zero")
        if all(np.isnan(pair.sell_depth).all() for pair in self.pairs):
            lines.append("no depth: sizes, or what a size of 1 stands for, are not known")
        return tuple(dict.fromkeys(lines))

    def describe(self) -> str:
        """One sentence: how many contracts on which coin, from when to when."""
        first, last = (np.datetime_as_string(t, unit="s").replace("T", " ") for t in self.times[[0, -1]])
        coin = self.contracts[0].contract.base
        return f"{len(self.contracts)} contracts on {coin}, {self.times.size:,} stamps, {first} to {last} UTC"

    def summary(self, time: str | None = None) -> str:
        """Every pair at the last stamp not after ``time``, UTC, and what is taken as given."""
        return pairs_at(self, time)

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self, time: str | None = None) -> dict[str, Any]:
        """Plain types, for JSON: the pairs at one stamp, and the notes."""
        missing = self.missing(self.stamp(time))
        return {
            "describe": self.describe(),
            "pairs": records(self.last(time)),
            "missing": list(missing),
            "notes": list(self.notes),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The middle of every pair over time."""
        return pictures.every_pair(self, ax)

    def plot_all(self) -> Axes:
        """Both pictures above each other."""
        return pictures.all_of(self)

    def plot_basis(self, ax: Axes | None = None) -> Axes:
        """The annual basis of every delivery over the perpetual, over time."""
        return pictures.basis(self, ax)
