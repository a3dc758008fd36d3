"""What a venue says of one of its contracts: dated figures, those used on one day, and an error for the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from lpgreeks.display import Tabled
from lpgreeks.errors import DataError, InputError
from lpgreeks.venues.figures import Figure, Stated, choose

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Terms", "framed"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Terms(Tabled, ABC):
    """A contract of a venue, with the figures that count on one day.

    A figure that is not known, or known only without confirmation, raises when it is asked for. Any of them
    is replaced by :meth:`supplied`.

    Args:
        venue: the venue's name.
        symbol: the contract's name there.
        on: the day.
        base: the coin.
        quote: what prices are counted in.
        figures: everything known of it, used or not.
        unconfirmed: unconfirmed and undated figures are used where nothing better is there.
        own: figures by name that the user supplied; they come first.
    """

    venue: str
    symbol: str
    on: date
    base: str
    quote: str
    figures: tuple[Figure, ...] = ()
    unconfirmed: bool = False
    own: tuple[tuple[str, Stated], ...] = ()

    names: ClassVar[tuple[str, ...]]
    """What such a contract has figures of, in the order of tables."""
    _how: ClassVar[Mapping[str, str]]

    @property
    @abstractmethod
    def kind(self) -> str:
        """What it is, in words."""

    def supplied(self, **own: Stated) -> Self:
        """The same contract with figures of your own: ``contract.supplied(maintenance=..., fee=...)``.

        Raises:
            InputError: a figure that no contract has.
        """
        if strange := sorted(set(own) - set(self.names)):
            raise InputError(f"figures among {', '.join(self.names)}", got=", ".join(strange))
        return replace(self, own=tuple({**dict(self.own), **own}.items()))

    def knows(self, name: str) -> bool:
        """Whether a figure is there to be used, by its name."""
        return name in dict(self.own) or self._chosen(name) is not None

    def _value(self, name: str) -> Stated:
        own = dict(self.own)
        if name in own:
            return own[name]
        figure = self._chosen(name)
        if figure is None:
            raise self._missing(name)
        return figure.value

    @property
    def flags(self) -> dict[str, tuple[str, ...]]:
        """Of the figures used, those that need a word, and why: unconfirmed, undated."""
        used = {name: self._used(name) for name in self.names}
        return {name: flags for name, f in used.items() if f is not None and (flags := f.flags_on(self.on))}

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the figures used: flags, newer figures that were not used, and those of the user."""
        found = []
        for name in self.names:
            used, known = self._used(name), [f for f in self.figures if f.what == name]
            if used is None:
                found += [f"{name}: supplied by the user"] if self.knows(name) else []
                continue
            found += [f"{used}: {', '.join(flags)}" for flags in [used.flags_on(self.on)] if flags]
            newer = [f for f in known if f.counts_on(self.on) and (f.start or self.on) > (used.start or self.on)]
            found += [f"{name}: not used, newer, unconfirmed: {figure}" for figure in newer]
        return tuple(found)

    def table(self) -> pd.DataFrame:
        """One row per figure: its value, dates, flags on the contract's day, whether it is used, its source."""
        return framed(self.rows())

    def summary(self) -> str:
        """The figures used, one a line, and the notes."""
        lines = [f"{self.venue} {self.symbol}, {self.kind}, on {self.on}"]
        for name in self.names:
            used = self._used(name)
            given = "supplied by the user" if self.knows(name) else "not known, or not confirmed"
            lines.append(f"  {used}" if used else f"  {name}: {given}")
        return "\n".join([*lines, *(f"  - {note}" for note in self.notes)])

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.venue} {self.symbol} on {self.on}>"

    def _chosen(self, name: str) -> Figure | None:
        return choose((f for f in self.figures if f.what == name), self.on, unconfirmed=self.unconfirmed)

    def _used(self, name: str) -> Figure | None:
        return None if name in dict(self.own) else self._chosen(name)

    def rows(self) -> list[tuple[object, ...]]:
        """One row per figure, in the order of :meth:`table`."""
        rows: list[tuple[object, ...]] = []
        for f in self.figures:
            used = self._used(f.what) is f
            flags = ", ".join(f.flags_on(self.on))
            rows.append((self.symbol, f.what, f.words, f.since, f.seen, flags, used, f.source, f.note))
        return rows

    def _missing(self, name: str) -> DataError:
        own = f"supply your own: contract.supplied({self._how.get(name, f'{name}=...')})"
        place = f"{name} of {self.symbol} at {self.venue} on {self.on}"
        # Asked again as if unconfirmed figures were allowed, to say what that would give.
        other = choose((f for f in self.figures if f.what == name), self.on, unconfirmed=True)
        if other is None:
            later = [f.since for f in self.figures if f.what == name and f.since is not None]
            got = f"known from {min(later)} on" if later else "not known"
            return DataError(place, got=got, remedy=own[0].upper() + own[1:])
        return DataError(
            f"a confirmed {place}",
            got=f"only {' and '.join(other.flags_on(self.on))}: {other}",
            remedy=f'Use it by venue("{self.venue}", on="{self.on}", unconfirmed=True), or {own}',
        )


def framed(rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    """Rows of figures as a table."""
    import pandas as pd

    columns = ["contract", "figure", "value", "since", "seen", "flag", "used", "source", "note"]
    return pd.DataFrame(list(rows), columns=columns)
