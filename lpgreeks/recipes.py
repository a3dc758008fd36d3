"""How a thing was made: the call and its arguments, remembered, so that a scenario file can say them again."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

__all__ = ["MOST_NUMBERS", "Call", "is_recorded", "made_by", "names_a_file", "recorded"]

MOST_NUMBERS = 1_000
"""More numbers than these are data: they belong into a file of their own."""

_P = ParamSpec("_P")
_R = TypeVar("_R")

_OWN = __name__.partition(".")[0]
_MEMORY = "_made_by"
_MARK = "_recorded"
_SELF, _CLASS = "self", "cls"


@dataclass(frozen=True, eq=False)
class Call:
    """A verb by name, and what it was given.

    Attributes:
        name: "read_klines"; of a method "History.windows", of a class method "Quotes.from_bars".
        arguments: by parameter, without those left at their defaults; a method's own noun stands under ``of``. What
            was itself made by a recorded call is that call: recipes hold no data that files can give again.
        item: which one, of a verb that makes several things, from 0.
        items: how many it made.
    """

    name: str
    arguments: Mapping[str, Any]
    item: int | None = None
    items: int | None = None


def recorded(verb: Callable[_P, _R]) -> Callable[_P, _R]:
    """A verb whose results remember how they were made.

    The memory is no field: nouns stay equal with and without it. Copies and pickles keep it; what
    :func:`dataclasses.replace` changes does not.
    """

    @wraps(verb)
    def made(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        result = verb(*args, **kwargs)
        _remember(result, _call(verb.__name__, _signature(verb).bind(*args, **kwargs)))
        return result

    made.__dict__[_MARK] = True
    return made


def is_recorded(verb: object) -> bool:
    """Whether the results of a verb remember how they were made: only such verbs can be said in a file."""
    return getattr(verb, _MARK, False) is True


def made_by(thing: object) -> Call | None:
    """The call that made a thing; None of what was made by hand."""
    return getattr(thing, _MEMORY, None)


def names_a_file(kind: object, argument: str) -> bool:
    """Whether an argument of a call is the place of a file."""
    return str(kind).startswith("read_") and argument in ("path", "source")


@cache
def _signature(verb: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(verb)


def _call(name: str, bound: inspect.BoundArguments) -> Call:
    given: dict[str, Any] = {}
    for parameter, value in bound.arguments.items():
        if bound.signature.parameters[parameter].kind is inspect.Parameter.VAR_KEYWORD:
            given |= {key: _lean(part) for key, part in value.items()}
        elif parameter == _SELF:
            name = f"{type(value).__name__}.{name}"
            given["of"] = _lean(value)
        elif parameter == _CLASS:
            name = f"{value.__name__}.{name}"
        else:
            given[parameter] = _whole_path(value) if names_a_file(name, parameter) else _lean(value)
    return Call(name, given)


def _whole_path(value: Any) -> Any:
    """A place that stays the same when the working folder does not."""
    return Path(value).absolute() if isinstance(value, (str, os.PathLike)) else value


def _lean(value: Any) -> Any:
    """A value as it is now, with the recipe of it in place of what can be made again."""
    if (call := made_by(value)) is not None:
        return call
    if type(value) in (list, tuple):
        return type(value)(map(_lean, value))
    if isinstance(value, Mapping):
        return {name: _lean(part) for name, part in value.items()}
    if isinstance(value, np.ndarray) and value.size <= MOST_NUMBERS:
        return value.copy()
    return value


def _remember(result: object, call: Call) -> None:
    if isinstance(result, (list, tuple)) and type(result) in (list, tuple):
        for number, part in enumerate(result):
            _remember(part, Call(call.name, call.arguments, number, len(result)))
    elif type(result).__module__.startswith(f"{_OWN}."):
        object.__setattr__(result, _MEMORY, call)
