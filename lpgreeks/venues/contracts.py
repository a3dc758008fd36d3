"""A venue on a day, and its perpetuals: the figures that count, and an error for those that do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from lpgreeks.costs import Fee
from lpgreeks.errors import DataError, InputError
from lpgreeks.margin import Schedule
from lpgreeks.tokens import counted_as, find_token
from lpgreeks.venues.figures import NAMES, Figure, Stated, choose
from lpgreeks.venues.files import read_listed, stored_names, stored_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Contract", "Venue", "venue", "venue_names"]

_HOW = {
    "fee": "fee=Fee(maker=0.0002, taker=0.0005)",
    "maintenance": "maintenance=Proportional(rate=0.005)",
    "initial": "initial=Proportional(rate=0.05)",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class Contract:
    """A perpetual of a venue, with the figures that count on one day.

    A figure that is not known, or known only without confirmation, raises when it is asked for. Any of them
    is replaced by :meth:`supplied`.

    Args:
        venue: the venue's name.
        symbol: the contract's name there.
        on: the day.
        base: the coin.
        quote: what prices are counted in.
        margin_token: what collateral and P&L are paid in.
        inverse: coin-margined.
        figures: everything known of it, used or not.
        unconfirmed: unconfirmed and undated figures are used where nothing better is there.
        own: figures by name that the user supplied; they come first.
    """

    venue: str
    symbol: str
    on: date
    base: str
    quote: str
    margin_token: str
    inverse: bool
    figures: tuple[Figure, ...] = ()
    unconfirmed: bool = False
    own: tuple[tuple[str, Stated], ...] = ()

    def supplied(self, **own: Stated) -> Contract:
        """The same contract with figures of your own: ``contract.supplied(maintenance=..., fee=...)``.

        Raises:
            InputError: a figure that no contract has.
        """
        if strange := sorted(set(own) - set(NAMES)):
            raise InputError(f"figures among {', '.join(NAMES)}", got=", ".join(strange))
        return replace(self, own=tuple({**dict(self.own), **own}.items()))

    # ---- the figures. Each raises DataError where there is none to use.

    @property
    def size(self) -> float:
        """What one contract stands for: quote units of an inverse one, coins of a linear one."""
        return cast("float", self._value("size"))

    @property
    def lot(self) -> float:
        """The least step of an order, in contracts."""
        return cast("float", self._value("lot"))

    @property
    def tick(self) -> float:
        """The least step of a price, quote per base."""
        return cast("float", self._value("tick"))

    @property
    def fee(self) -> Fee:
        """Of an account without discounts, a decimal of the notional."""
        return cast("Fee", self._value("fee"))

    @property
    def funding_hours(self) -> float:
        """The interval that a funding rate is stated for."""
        return cast("float", self._value("funding_hours"))

    @property
    def maintenance(self) -> Schedule:
        """The margin below which the venue closes a position."""
        return cast("Schedule", self._value("maintenance"))

    @property
    def initial(self) -> Schedule:
        """The margin that a new position needs."""
        return cast("Schedule", self._value("initial"))

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
    def step(self) -> float:
        """The least step of an order: quote units of an inverse contract, coins of a linear one."""
        return self.lot * self.size

    @property
    def flags(self) -> dict[str, tuple[str, ...]]:
        """Of the figures used, those that need a word, and why: unconfirmed, undated."""
        used = {name: self._used(name) for name in NAMES}
        return {name: flags for name, f in used.items() if f is not None and (flags := f.flags_on(self.on))}

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the figures used: flags, newer figures that were not used, and those of the user."""
        found = []
        for name in NAMES:
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
        return _framed(self._rows())

    def summary(self) -> str:
        """The figures used, one a line, and the notes."""
        kind = "inverse" if self.inverse else "linear"
        lines = [f"{self.venue} {self.symbol}, {kind} perpetual margined in {self.margin_token}, on {self.on}"]
        for name in NAMES:
            used = self._used(name)
            given = "supplied by the user" if self.knows(name) else "not known, or not confirmed"
            lines.append(f"  {used}" if used else f"  {name}: {given}")
        return "\n".join([*lines, *(f"  - {note}" for note in self.notes)])

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<Contract: {self.venue} {self.symbol} on {self.on}>"

    def _chosen(self, name: str) -> Figure | None:
        return choose((f for f in self.figures if f.what == name), self.on, unconfirmed=self.unconfirmed)

    def _used(self, name: str) -> Figure | None:
        return None if name in dict(self.own) else self._chosen(name)

    def _rows(self) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        for f in self.figures:
            used = self._used(f.what) is f
            flags = ", ".join(f.flags_on(self.on))
            rows.append((self.symbol, f.what, f.words, f.since, f.seen, flags, used, f.source, f.note))
        return rows

    def _missing(self, name: str) -> DataError:
        own = f"supply your own: contract.supplied({_HOW.get(name, f'{name}=...')})"
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


@dataclass(frozen=True, kw_only=True)
class Venue:
    """A venue's perpetuals on one day. Made by :func:`venue`.

    Args:
        name: the venue's name.
        on: the day.
        contracts: its perpetuals.
    """

    name: str
    on: date
    contracts: tuple[Contract, ...]

    def contract(self, name: str, *, margin: str | None = None) -> Contract:
        """The perpetual of a coin, or of that symbol.

        Args:
            name: a coin (wrapped ones count as the coin) or the venue's own symbol.
            margin: the token it is margined in, where a coin has several perpetuals.

        Raises:
            InputError: no such contract, or several.
        """
        found = [c for c in self.contracts if c.symbol == name]
        found = found or [c for c in self.contracts if counted_as(c.base) == counted_as(name)]
        if margin is not None:
            token = find_token(margin, [c.margin_token for c in found])
            found = [c for c in found if c.margin_token == token]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(f"{c.symbol} (margin {c.margin_token})" for c in found or self.contracts)
        of = name if margin is None else f"{name} margined in {margin}"
        raise InputError(
            f"one perpetual of {of} at {self.name}",
            got=f"several: {listed}" if found else f"none; it has {listed}",
            remedy="Say its symbol, or margin=" if found else "Say a coin or a symbol that is there",
        )

    def table(self) -> pd.DataFrame:
        """One row per figure of every contract: value, dates, flags on the day, whether it is used, source."""
        return _framed([row for contract in self.contracts for row in contract._rows()])

    def summary(self) -> str:
        """Every contract's figures as text."""
        return "\n\n".join([f"{self.name} on {self.on}", *(c.summary() for c in self.contracts)])

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<Venue: {self.name} on {self.on}, {', '.join(c.symbol for c in self.contracts)}>"


def venue_names() -> tuple[str, ...]:
    """The venues that :func:`venue` knows."""
    return stored_names()


def venue(name: str, *, on: date | str, unconfirmed: bool = False) -> Venue:
    """A venue's contract sizes, steps, fees, funding intervals and margin tables on one day.

    Each figure has a source and a date. The newest figure that counts on the day is used; see
    :class:`Figure` for when one counts. Figures that no exchange page confirms, and figures whose source does
    not speak for the day (*undated*), are used on request only.

    Args:
        name: one of :func:`venue_names`.
        on: the day, as a date or as text like "2023-05-01".
        unconfirmed: use unconfirmed and undated figures too. They stay flagged.

    Raises:
        InputError: a venue that is not known, or no date.
        DataError: a day before the first figure of the venue.
    """
    if name not in stored_names():
        from difflib import get_close_matches

        near = get_close_matches(str(name), stored_names(), n=3, cutoff=0.3)
        raise InputError(
            f"a venue among {', '.join(stored_names())}",
            got=repr(name),
            remedy=f"Did you mean {' or '.join(near)}?" if near else "",
        )
    day = _day(on)
    listed = read_listed(stored_text(name), file=f"{name}.toml")
    first = min(start for contract in listed for f in contract.figures for start in [f.start] if start is not None)
    if day < first:
        raise DataError(
            f"a day from {first} on for {name}",
            got=day,
            remedy="Its first figure is of that day: ask for that day and judge for yourself, or supply your own",
        )
    contracts = tuple(Contract(venue=name, on=day, unconfirmed=unconfirmed, **vars(entry)) for entry in listed)
    return Venue(name=name, on=day, contracts=contracts)


def _day(on: date | str) -> date:
    if isinstance(on, datetime):
        return on.date()
    if isinstance(on, date):
        return on
    try:
        return date.fromisoformat(on)
    except (TypeError, ValueError) as error:
        raise InputError("a day", got=repr(on), remedy='Like "2023-05-01" or datetime.date(2023, 5, 1)') from error


def _framed(rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    import pandas as pd

    columns = ["contract", "figure", "value", "since", "seen", "flag", "used", "source", "note"]
    return pd.DataFrame(list(rows), columns=columns)
