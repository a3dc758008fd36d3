"""One fact of a venue: its value, where it stands, and from which day on it counts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lpgreeks.costs import Fee, OptionFee
from lpgreeks.display import Noun
from lpgreeks.errors import DataError
from lpgreeks.margin import Flat, LinearInSize, Progressive, Proportional, Schedule, ShortOptionMargin
from lpgreeks.venues.steps import PriceSteps

__all__ = ["NAMES", "OPTION_NAMES", "Figure", "Stated", "choose"]

Stated = float | Fee | OptionFee | PriceSteps | Schedule | ShortOptionMargin

NAMES = ("size", "lot", "tick", "fee", "funding_hours", "maintenance", "initial")
"""What a contract has figures of, in the order of tables."""

OPTION_NAMES = ("size", "lot", "tick", "fee", "maker_fee", "delivery_fee", "margin")
"""What the options of a coin have figures of, in the order of tables."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Figure(Noun):
    """One fact of a venue, as a source states it.

    A figure counts from ``since``, the day on which its source says it came into force. A source that names
    no such day but bears a date of its own counts from that day, ``seen``: a page says what holds when it is
    written, not what held before. A source without either date is *undated*.

    Args:
        what: which figure, one of the attributes of a contract.
        value: a number, a fee, steps of a price or a margin.
        source: address of the page, or of the copy, that states it.
        since: the day from which it holds; None where the source does not say.
        seen: the day that the source bears; None where it bears none.
        confirmed: an exchange's own page states it. False: a third party's copy, or inferred in part.
        note: what a reader should know of it.
    """

    what: str
    value: Stated
    source: str
    since: date | None = None
    seen: date | None = None
    confirmed: bool = True
    note: str = ""

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise DataError(f"a source for {self.what}", got="none", remedy="Name the page that states it")
        if self.since is None and self.seen is None and self.confirmed and not self.note:
            raise DataError(
                f"a date for {self.what}, or a note why there is none",
                got="neither since nor seen",
                remedy="Say since (in force from), seen (the day that the source bears), or a note",
            )

    @property
    def start(self) -> date | None:
        """The first day on which it counts; None for an undated figure."""
        return self.since or self.seen

    def counts_on(self, on: date) -> bool:
        """Its source speaks for the day ``on``."""
        return self.start is not None and self.start <= on

    def flags_on(self, on: date) -> tuple[str, ...]:
        """Why it needs asking for on the day ``on``; empty where it does not."""
        unconfirmed = () if self.confirmed else ("unconfirmed",)
        return unconfirmed if self.counts_on(on) else (*unconfirmed, "undated" if self.since is None else "later")

    @property
    def words(self) -> str:
        """The value in one line."""
        return _words(self.value)

    def __str__(self) -> str:
        dated = f"since {self.since}" if self.since else f"as of {self.seen}" if self.seen else "without a date"
        return f"{self.what} {self.words}, {dated}, {self.source}"


def choose(figures: Iterable[Figure], on: date, *, unconfirmed: bool) -> Figure | None:
    """The figure to use on the day ``on``; None where none may be used.

    The newest that counts. Only confirmed ones unless ``unconfirmed``, which also falls back on the nearest
    figure whose source does not speak for that day. A figure known to have come into force later is never used.
    """
    known = tuple(figures)
    counting = [f for f in known if f.counts_on(on) and (f.confirmed or unconfirmed)]
    if counting:
        return max(counting, key=lambda f: (f.start or date.min, f.confirmed))
    if not unconfirmed:
        return None
    return min((f for f in known if f.since is None), key=lambda f: (f.seen or date.max, not f.confirmed), default=None)


def _words(value: Stated) -> str:
    if isinstance(value, Fee):
        return f"maker {value.maker:.10g}, taker {value.taker:.10g}"
    if isinstance(value, LinearInSize):
        return f"{value.rate:.10g} + {value.slope:.10g} per {value.unit}"
    if isinstance(value, Progressive | Flat):
        first, last = value.brackets[0].rate, value.brackets[-1].rate
        kind = "progressive" if isinstance(value, Progressive) else "flat"
        end = f"up to {value.up_to:,.10g} {value.unit}" if value.up_to < math.inf else f"of {value.unit}, any size"
        return f"{kind}, {first:.10g} to {last:.10g} {end}"
    if isinstance(value, Proportional):
        return f"{value.rate:.10g}"
    if isinstance(value, OptionFee):
        return f"{value.rate:.10g} of the underlying, at most {value.cap:.10g} of the premium"
    if isinstance(value, PriceSteps):
        return ", ".join([f"{value.tick:.10g}", *(f"{tick:.10g} above {price:.10g}" for price, tick in value.above)])
    return f"{value:.10g}" if isinstance(value, float) else str(value)
