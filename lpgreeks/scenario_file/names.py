"""What a file may name: public nouns, their class methods, and verbs whose results remember how they were made."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any

from lpgreeks.recipes import is_recorded

__all__ = [
    "MARK",
    "PREFIX",
    "Parameters",
    "call_of",
    "maker",
    "makers",
    "nameable",
    "nearest",
    "parameters_of",
    "public",
    "public_name",
    "said_as",
]

PREFIX = "lp."
"""Before a public name that stands for itself: a class, a member of an enumeration, a verb."""
MARK = "@"
"""Before the name of something under ``[shared]``."""

# A sweep keeps a checkpoint where it is told to; in a file it is a table of its own, which says no such place.
_WRITES = ("sweep",)


class Parameters(dict[str, inspect.Parameter]):
    """What a maker takes, by name."""

    @property
    def open(self) -> bool:
        """Whether it takes names of the caller's own."""
        return any(p.kind is inspect.Parameter.VAR_KEYWORD for p in self.values())

    @property
    def names(self) -> tuple[str, ...]:
        """Those that a file may say."""
        return tuple(name for name, p in self.items() if p.kind is not inspect.Parameter.VAR_KEYWORD)

    @property
    def needed(self) -> tuple[str, ...]:
        """Those without a default."""
        kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        return tuple(n for n, p in self.items() if p.default is inspect.Parameter.empty and p.kind not in kinds)


def public(name: str) -> Any:
    """What ``lp.name`` is; None where there is no such thing.

    Names are those of the public list, and of a class what is its own: a member, a class method, a recorded verb.
    Nothing is reached through them: modules have whole other modules within.
    """
    owner, dot, own = name.partition(".")
    # The root is loaded wherever this is, and imports it: no import at the head.
    root = import_module(__name__.partition(".")[0])
    found = getattr(root, owner) if owner in dir(root) else None
    if not dot or found is None:
        return found
    if not inspect.isclass(found) or own.startswith("_"):
        return None
    if issubclass(found, Enum):
        return found.__members__.get(own)
    is_verb = isinstance(inspect.getattr_static(found, own, None), classmethod) or is_recorded(
        getattr(found, own, None)
    )
    return getattr(found, own) if is_verb else None


def nameable(name: str) -> Any:
    """What ``"lp.name"`` stands for in a file: a class, a member of an enumeration, or what may be a ``kind``."""
    found = public(name)
    return found if inspect.isclass(found) or isinstance(found, Enum) or maker(name) is not None else None


def public_name(thing: Any) -> str | None:
    """The name of a class, a verb or a member of an enumeration, if a file may name it."""
    name = f"{type(thing).__name__}.{thing.name}" if isinstance(thing, Enum) else getattr(thing, "__name__", "")
    return name if name and nameable(name) is thing else None


@cache
def makers() -> tuple[str, ...]:
    """Every name that may stand for ``kind``."""
    root = import_module(__name__.partition(".")[0])
    found = [name for name in dir(root) if maker(name) is not None]
    for name in [name for name in found if inspect.isclass(public(name))]:
        found += [f"{name}.{part}" for part in vars(public(name)) if maker(f"{name}.{part}") is not None]
    return tuple(found)


def maker(kind: str) -> Callable[..., Any] | None:
    """What a table of this ``kind`` calls; None where a file may not say it."""
    owner, _, own = kind.partition(".")
    found = public(kind)
    if kind in _WRITES:
        return None
    if own:
        is_own = inspect.isclass(public(owner)) and isinstance(
            inspect.getattr_static(public(owner), own, None), classmethod
        )
        return found if is_recorded(found) or (is_own and is_dataclass(public(owner))) else None
    if inspect.isclass(found):
        noun = is_dataclass(found) and not inspect.isabstract(found)
        return found if noun and not issubclass(found, (Enum, Exception)) else None
    return found if is_recorded(found) else None


def parameters_of(kind: str) -> Parameters:
    """What a table of this kind may say."""
    found = inspect.signature(maker(kind)).parameters  # type: ignore[arg-type]
    return Parameters({said_as(name): p for name, p in found.items()})


def said_as(parameter: str) -> str:
    """How a file calls a parameter: ``of`` is a method's own noun, and what a grid is of."""
    return "of" if parameter in ("self", "kind") else parameter


def call_of(make: Callable[..., Any], takes: Parameters, given: Mapping[str, Any]) -> Any:
    """What ``make`` answers to these arguments by name; what has no keyword is put in its place."""
    parts: list[Any] = []
    named = dict(given)
    for name, parameter in takes.items():
        if name not in named:
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            several = named.pop(name)
            parts += several if isinstance(several, (list, tuple)) else [several]
        elif parameter.kind is parameter.POSITIONAL_ONLY or parameter.name != name:
            parts.append(named.pop(name))
    return make(*parts, **named)


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence that helps: the known name that is nearest, else all of them."""
    names = sorted(known)
    folded = {known_name.casefold(): known_name for known_name in reversed(names)}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {folded[close[0]]}?"
    return f"One of {', '.join(names)}" if len(names) <= 20 else "lp's public names, as in a script"
