"""The data files: one TOML file per venue, every figure with its source and date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from lpgreeks.costs import Fee, OptionFee
from lpgreeks.errors import DataError, LPGreeksError
from lpgreeks.margin import Flat, LinearInSize, Progressive, Proportional, Schedule, ShortOptionMargin
from lpgreeks.venues.figures import NAMES, OPTION_NAMES, Figure, Stated
from lpgreeks.venues.steps import PriceSteps

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["Listed", "ListedOptions", "read_listed", "read_listed_options", "stored_names", "stored_text"]

_ABOUT = frozenset({"source", "since", "seen", "confirmed", "note"})
_SHAPE = "A figure has value (or maker and taker, or a schedule), source, and since or seen; see docs/venues.md"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One contract of a file, with every figure that the file has of it."""

    symbol: str
    base: str
    quote: str
    margin_token: str
    inverse: bool
    figures: tuple[Figure, ...]


@dataclass(frozen=True, kw_only=True)
class ListedOptions:
    """The options of a coin in a file, with every figure that the file has of them."""

    symbol: str
    base: str
    quote: str
    coin_settled: bool
    figures: tuple[Figure, ...]


def stored_names() -> tuple[str, ...]:
    """The venues that the package has a file of."""
    found = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


@cache
def stored_text(name: str) -> str:
    """The file of one venue."""
    return _folder().joinpath(f"{name}.toml").read_text(encoding="utf-8")


def _folder() -> Traversable:
    from importlib.resources import files  # slow to load, and seldom needed

    return files("lpgreeks.venues")


@cache
def read_listed(text: str, *, file: str) -> tuple[Listed, ...]:
    """The contracts of a venue's file.

    Args:
        text: what the file holds.
        file: its name, for messages.

    Raises:
        DataError: the file is no TOML, or an entry has no source, no date and no reason why, or no value.
    """
    content = _content(text, file)
    every = content.get("every", {})
    about = ("base", "quote", "margin_token", "inverse")
    tables = content.get("contracts", {}).items()
    return tuple(Listed(**_listed(symbol, table, every, file, about, NAMES)) for symbol, table in tables)


@cache
def read_listed_options(text: str, *, file: str) -> tuple[ListedOptions, ...]:
    """The options of a venue's file; arguments and errors as of :func:`read_listed`."""
    about = ("base", "quote", "coin_settled")
    tables = _content(text, file).get("options", {}).items()
    return tuple(ListedOptions(**_listed(symbol, table, {}, file, about, OPTION_NAMES)) for symbol, table in tables)


def _content(text: str, file: str) -> dict[str, Any]:
    import tomllib  # slow to load, and seldom needed

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{file} as TOML", got=str(error)) from error


def _listed(
    symbol: str,
    table: Mapping[str, Any],
    every: Mapping[str, Any],
    file: str,
    about: tuple[str, ...],
    names: tuple[str, ...],
) -> dict[str, Any]:
    try:
        told = {name: table[name] for name in about}
    except KeyError as error:
        raise DataError(f"{error.args[0]} of {symbol} in {file}", got=", ".join(table) or "nothing") from error
    strange = sorted((set(table) | set(every)) - set(told) - set(names))
    if strange:
        raise DataError(f"figures among {', '.join(names)} of {symbol} in {file}", got=", ".join(strange))
    figures = tuple(
        _figure(what, entry, f"{symbol} in {file}")
        for what in names
        for entry in (*table.get(what, ()), *every.get(what, ()))
    )
    return {"symbol": symbol, "figures": figures, **told}


def _figure(what: str, entry: Mapping[str, Any], place: str) -> Figure:
    if "source" not in entry:
        raise DataError(f"a source for {what} of {place}", got=", ".join(entry) or "nothing", remedy=_SHAPE)
    stated = {name: value for name, value in entry.items() if name not in _ABOUT}
    about = {name: value for name, value in entry.items() if name in _ABOUT}
    for name in ("since", "seen"):
        day = about.get(name)
        if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
            raise DataError(f"{name} of {what} of {place} as a date", got=repr(day), remedy="Like 2023-05-01")
    reader = next((read for names, read in _READERS if set(stated) == names), None)
    if reader is None:
        raise DataError(f"the value of {what} of {place}", got=", ".join(stated) or "none", remedy=_SHAPE)
    try:
        return Figure(what=what, value=reader(stated), **about)
    except LPGreeksError as error:
        raise DataError(
            f"{error.expected}, in {what} of {place}", got=error.got, unit=error.unit, remedy=error.remedy
        ) from error
    except (TypeError, ValueError) as error:
        raise DataError(f"the value of {what} of {place}", got=str(error), remedy=_SHAPE) from error


def _tiered(stated: Mapping[str, Any], kind: type[Progressive | Flat], key: str) -> Schedule:
    return kind.from_tiers([(low, high, rate) for low, high, rate in stated[key]], unit=stated["unit"])


def _leverages(stated: Mapping[str, Any]) -> Schedule:
    # A venue states the greatest leverage of a tier; what it asks for is its inverse.
    return Flat.from_tiers([(low, high, 1 / most) for low, high, most in stated["leverages"]], unit=stated["unit"])


_READERS: tuple[tuple[set[str], Callable[[Mapping[str, Any]], Stated]], ...] = (
    ({"value"}, lambda stated: float(stated["value"])),
    ({"maker", "taker"}, lambda stated: Fee(**stated)),
    ({"rate", "cap"}, lambda stated: OptionFee(**stated)),
    ({"tick", "above"}, lambda stated: PriceSteps(**stated)),
    ({"initial", "initial_floor", "maintenance"}, lambda stated: ShortOptionMargin(**stated)),
    ({"rate"}, lambda stated: Proportional(**stated)),
    ({"rate", "slope", "unit"}, lambda stated: LinearInSize(**stated)),
    ({"progressive", "unit"}, lambda stated: _tiered(stated, Progressive, "progressive")),
    ({"flat", "unit"}, lambda stated: _tiered(stated, Flat, "flat")),
    ({"leverages", "unit"}, _leverages),
)
