"""Names of options as Deribit writes them, taken apart: ``ETH-30JAN26-3000-C``, ``XRP_USDC-30JUN23-0d625-P``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from lpgreeks.display import Noun
from lpgreeks.errors import DataError

__all__ = ["OptionName", "expiry_on", "known_option_names", "month_of", "option_name"]

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_PATTERN = re.compile(
    r"(?P<base>[A-Z0-9]+)(?P<linear>_USDC)?-(?P<day>[1-9]\d?)(?P<month>[A-Z]{3})(?P<year>\d\d)"
    r"-(?P<strike>\d+(?:d\d+)?)-(?P<right>[CP])"
)
_EXPIRY_HOUR = 8


@dataclass(frozen=True, kw_only=True)
class OptionName(Noun):
    """What an option's name says.

    Args:
        base: the coin.
        quote: what the strike is counted in.
        expiry: 08:00 UTC of the day.
        strike: quote per base.
        call: a call, else a put.
        coin_settled: premium and payoff in coins (inverse), else in quote (linear).
    """

    base: str
    quote: str
    expiry: datetime
    strike: float
    call: bool
    coin_settled: bool


def option_name(name: str) -> OptionName:
    """A name ``BASE-DMMMYY-STRIKE-C|P`` taken apart; ``BASE_USDC`` is linear, ``d`` is the decimal point.

    Source: Deribit's naming table (docs.deribit.com). The day has no leading zero, the month is English.

    Raises:
        DataError: another form of name.
    """
    found = _parsed(name)
    if found is None:
        raise DataError(
            "an option's name like ETH-30JAN26-3000-C or SOL_USDC-30JUN23-20-C",
            got=repr(name),
            remedy="Names of other venues (BTC-USD-240628-60000-C, BTC/USD:BTC-240628-60000-C) are rewritten first",
        )
    return found


def known_option_names(names: Iterable[str]) -> dict[str, OptionName]:
    """The names that are options' names; each is taken apart once."""
    parsed = ((name, _parsed(name)) for name in dict.fromkeys(names))
    return {name: found for name, found in parsed if found is not None}


def month_of(letters: str) -> int:
    """1 to 12 of three English letters, whatever the machine's language; 0 for others."""
    return _MONTHS.index(letters) + 1 if letters in _MONTHS else 0


def expiry_on(year: int, month: int, day: int) -> datetime | None:
    """08:00 UTC of a day of the years 2000 to 2099, the year in two digits; None where there is no such day."""
    try:
        return datetime(2000 + year, month, day, _EXPIRY_HOUR, tzinfo=UTC)
    except ValueError:
        return None


def _parsed(name: str) -> OptionName | None:
    match = _PATTERN.fullmatch(name)
    expiry = expiry_on(int(match["year"]), month_of(match["month"]), int(match["day"])) if match else None
    if match is None or expiry is None:
        return None
    linear = match["linear"] is not None
    return OptionName(
        base=match["base"],
        quote="USDC" if linear else "USD",
        expiry=expiry,
        strike=float(match["strike"].replace("d", ".")),
        call=name.endswith("C"),
        coin_settled=not linear,
    )
