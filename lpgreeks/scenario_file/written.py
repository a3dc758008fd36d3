"""Nouns and recipes as plain tables: what a file says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from lpgreeks.errors import DataError, LPGreeksError
from lpgreeks.recipes import MOST_NUMBERS, Call, made_by
from lpgreeks.scenario_file.names import MARK, PREFIX, call_of, maker, parameters_of, public, public_name, said_as

__all__ = ["NAMED", "plain"]

NAMED = "named"
"""The kind of a mapping of things by name."""

_GRID = "grid"


def plain(thing: Any) -> Any:
    """``thing`` in types that TOML has: a noun or a recipe is a table with ``kind`` and what it takes.

    Raises:
        DataError: what was written in Python and has no public name, or data that no file gives again.
    """
    call = thing if isinstance(thing, Call) else made_by(thing)
    if call is not None:
        return _called(call)
    match thing:
        case Enum():
            return _noun(thing)
        case np.datetime64():
            return np.datetime_as_string(thing)
        case np.timedelta64() | timedelta():
            return _span(thing)
        case np.generic():
            # Of those that Python has no type for, the item is the thing itself.
            own = thing.item()
            return _noun(thing) if isinstance(own, np.generic) else plain(own)
        case str():
            return _text(thing)
        case datetime() if getattr(thing, "nanosecond", 0):
            return thing.isoformat()
        case bool() | int() | float() | datetime() | date():
            return thing
        case np.ndarray():
            return _listed(thing)
        case Path():
            return thing.as_posix()
        case list() | tuple():
            return _several(thing)
        case Mapping():
            return _mapping({str(name): plain(part) for name, part in thing.items() if part is not None})
        case _:
            return _noun(thing)


def _mapping(parts: dict[str, Any]) -> dict[str, Any]:
    """A table; one of tables and lists is a list itself, since TOML keeps the order of no such table."""
    if "kind" not in parts and not any(isinstance(part, (dict, list)) for part in parts.values()):
        return parts
    return {"kind": NAMED, "things": [{"name": name, "value": part} for name, part in parts.items()]}


def _noun(thing: Any) -> Any:
    kind = type(thing).__name__
    if is_dataclass(thing) and maker(kind) is not None and public_name(type(thing)) == kind:
        return {"kind": kind} | {name: plain(x) for name, x in _said(thing).items()}
    if isinstance(thing, Enum) or callable(thing):
        return f"{PREFIX}{_named(thing)}"
    raise DataError(
        "nouns, numbers and text, which a file can say",
        got=f"{thing!r:.80}",
        remedy="What was made by hand stays in the script that made it",
    )


def _called(call: Call) -> dict[str, Any]:
    if call.name == _GRID and public_name(call.arguments["kind"]) is None:
        # Made by a function of the script's own: a file has what it made.
        grid = _grid_again(call)
        return {"kind": "Grid.of_rows", "of": grid.kind, "rows": plain(grid.rows())}
    said = {said_as(name): plain(value) for name, value in call.arguments.items() if value is not None}
    return {"kind": call.name} | said | ({} if call.item is None else {"item": call.item + 1})


def _grid_again(call: Call) -> Any:
    """The grid again, of a function that stands in no file."""
    fields = dict(call.arguments)
    kind = fields.pop("kind")
    if any(isinstance(part, Call) for part in fields.values()):
        raise DataError("lists and nouns in a grid of a function", got=", ".join(fields), remedy="Name its class")
    return public(_GRID)(kind, **fields)


def _several(things: list[Any] | tuple[Any, ...]) -> list[Any]:
    """A list; things that one call made, all of them in order, are that call."""
    found: list[Any] = []
    for whole, group in groupby(things, _whole):
        parts = list(group)
        calls = [part if isinstance(part, Call) else made_by(part) for part in parts]
        first = calls[0]
        if first is not None and whole is not None and [c.item for c in calls if c] == [*range(first.items or 0)]:
            found.append(plain(Call(first.name, first.arguments)))
        else:
            found += map(plain, parts)
    return found


def _whole(thing: Any) -> int | None:
    """Which call a thing is one of several results of."""
    call = thing if isinstance(thing, Call) else made_by(thing)
    return None if call is None or call.item is None else id(call.arguments)


def _said(noun: Any) -> dict[str, Any]:
    """What must be said of a noun: what its class takes, and would not fill in by itself."""
    takes = parameters_of(type(noun).__name__)
    given = {name: getattr(noun, name) for name in takes.names}
    kept = {name: x for name, x in given.items() if x is not None and not _is(takes[name].default, x)}
    for name in [
        name for name in kept if name not in takes.needed and takes[name].kind is not takes[name].VAR_POSITIONAL
    ]:
        others = {other: x for other, x in kept.items() if other != name}
        try:
            filled = call_of(type(noun), takes, others)
        except (LPGreeksError, TypeError):
            continue
        if _are_same(filled, noun):
            kept = others
    return kept


def _is(default: Any, value: Any) -> bool:
    return type(default) is type(value) and not isinstance(value, np.ndarray) and _are_same(default, value)


def _are_same(one: Any, other: Any) -> bool:
    """Equal, and with the same signs of zeros."""
    return bool(one == other) and repr(one) == repr(other)


def _text(text: str) -> str:
    if text.startswith((PREFIX, MARK)):
        raise DataError(
            f"text that does not begin with {PREFIX} or {MARK}, which stand for names in a file",
            got=repr(text),
            remedy="Call it otherwise",
        )
    return text


def _span(span: Any) -> str:
    # A pandas span has nanoseconds, which its base class in the standard library has not.
    exact = span.to_timedelta64() if hasattr(span, "to_timedelta64") else np.timedelta64(span)
    if np.isnat(exact) or np.datetime_data(exact.dtype)[0] in {"M", "Y"}:
        raise DataError("spans of one length: days, hours, seconds", got=repr(span), remedy="30 days, for a month")
    whole, rest = divmod(int(exact.astype("timedelta64[ns]").astype(np.int64)), 1_000_000)
    return f"{whole}.{rest:06d}ms" if rest else f"{whole}ms"


def _listed(array: np.ndarray[Any, Any]) -> list[Any]:
    if array.size > MOST_NUMBERS:
        raise DataError(
            f"data that a file gives, or at most {MOST_NUMBERS:,} numbers",
            got=f"{array.size:,} numbers made in memory",
            remedy="Write them to a file once, and read it: read_prices, read_book, ...",
        )
    if np.issubdtype(array.dtype, np.datetime64):
        return list(np.datetime_as_string(array).tolist())
    return list(array.tolist())


def _named(thing: Any) -> str:
    name = public_name(thing)
    if name is None:
        raise DataError(
            "public names of lpgreeks, which a file can say",
            got=f"{getattr(thing, '__qualname__', thing)!r:.80}",
            remedy="A function of one's own stays in the script that has it",
        )
    return name
