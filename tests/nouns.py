"""One instance of every public class: what laws about all of them run on."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np

import lpgreeks as lp
from lpgreeks import _api
from tests import samples

CLASSES = [kind for name in _api.__all__ if inspect.isclass(kind := getattr(lp, name))]


def _parts(thing: Any) -> Iterator[Any]:
    """What an object is made of, as far as it is a record, a list or a mapping."""
    if isinstance(thing, Mapping):
        yield from thing.values()
    elif isinstance(thing, (tuple, list)):
        yield from thing
    elif is_dataclass(thing) and not isinstance(thing, type):
        yield from (getattr(thing, f.name) for f in fields(thing))


@cache
def found() -> dict[type, Any]:
    """The first instance of each class among the samples and all that they are made of."""
    first: dict[type, Any] = {}
    waiting, seen = list(samples.every()), set()
    while waiting:
        thing = waiting.pop(0)
        if id(thing) in seen or (
            isinstance(thing, (str, float, int, bytes, np.ndarray)) and type(thing) not in CLASSES
        ):
            continue
        seen.add(id(thing))
        first.setdefault(type(thing), thing)
        waiting.extend(_parts(thing))
    return {kind: thing for kind, thing in first.items() if kind in CLASSES}
