"""A venue on a day, and its perpetuals: the figures that count, and an error for those that do not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from lpgreeks.costs import Fee
from lpgreeks.display import Tabled
from lpgreeks.errors import DataError, InputError
from lpgreeks.margin import Schedule
from lpgreeks.recipes import recorded
from lpgreeks.tokens import counted_as, find_token
from lpgreeks.venues.figures import NAMES
from lpgreeks.venues.files import read_listed, read_listed_options, stored_names, stored_text
from lpgreeks.venues.options import OptionContract
from lpgreeks.venues.terms import Terms, framed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Contract", "Venue", "venue", "venue_names"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Contract(Terms):
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

    margin_token: str
    inverse: bool

    names: ClassVar = NAMES
    _how: ClassVar = {
        "fee": "fee=Fee(maker=0.0002, taker=0.0005)",
        "maintenance": "maintenance=Proportional(rate=0.005)",
        "initial": "initial=Proportional(rate=0.05)",
    }

    @property
    def kind(self) -> str:
        return f"{'inverse' if self.inverse else 'linear'} perpetual margined in {self.margin_token}"

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

    @property
    def step(self) -> float:
        """The least step of an order: quote units of an inverse contract, coins of a linear one."""
        return self.lot * self.size


@dataclass(frozen=True, kw_only=True)
class Venue(Tabled):
    """A venue's perpetuals and options on one day. Made by :func:`venue`.

    Args:
        name: the venue's name.
        on: the day.
        contracts: its perpetuals.
        options: its options, one entry for all of a coin and settlement.
    """

    name: str
    on: date
    contracts: tuple[Contract, ...]
    options: tuple[OptionContract, ...] = ()

    @recorded
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

    @recorded
    def option(self, name: str) -> OptionContract:
        """The terms of the options of that name: "ETH" for the coin-settled ones, "SOL_USDC" for linear ones.

        Raises:
            InputError: none is known.
        """
        found = next((o for o in self.options if o.symbol == name), None)
        if found is None:
            known = ", ".join(o.symbol for o in self.options) or "none"
            raise InputError(f"options at {self.name}", got=f"{name!r}; it has {known}")
        return found

    def table(self) -> pd.DataFrame:
        """One row per figure of every contract: value, dates, flags on the day, whether it is used, source."""
        return framed([row for terms in (*self.contracts, *self.options) for row in terms.rows()])

    def summary(self) -> str:
        """Every contract's figures as text."""
        return "\n\n".join([f"{self.name} on {self.on}", *(c.summary() for c in (*self.contracts, *self.options))])

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<Venue: {self.name} on {self.on}, {', '.join(c.symbol for c in self.contracts)}>"


def venue_names() -> tuple[str, ...]:
    """The venues that :func:`venue` knows."""
    return stored_names()


@recorded
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
    text, file = stored_text(name), f"{name}.toml"
    listed = read_listed(text, file=file)
    first = min(start for contract in listed for f in contract.figures for start in [f.start] if start is not None)
    if day < first:
        raise DataError(
            f"a day from {first} on for {name}",
            got=day,
            remedy="Its first figure is of that day: ask for that day and judge for yourself, or supply your own",
        )
    asked: dict[str, Any] = {"venue": name, "on": day, "unconfirmed": unconfirmed}
    contracts = tuple(Contract(**asked, **vars(entry)) for entry in listed)
    options = tuple(OptionContract(**asked, **vars(entry)) for entry in read_listed_options(text, file=file))
    return Venue(name=name, on=day, contracts=contracts, options=options)


def _day(on: date | str) -> date:
    if isinstance(on, datetime):
        return on.date()
    if isinstance(on, date):
        return on
    try:
        return date.fromisoformat(on)
    except (TypeError, ValueError) as error:
        raise InputError("a day", got=repr(on), remedy='Like "2023-05-01" or datetime.date(2023, 5, 1)') from error
