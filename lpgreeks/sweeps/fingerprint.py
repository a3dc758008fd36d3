"""What a thing is, as 16 bytes: equal contents give equal bytes, in every process and on every day."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from typing import Any

import numpy as np

from lpgreeks.errors import InputError

__all__ = ["Fingerprints", "joined"]

_ATOMS = (bool, int, float, complex, str, bytes, type(None), type(...))
_OWN = __name__.partition(".")[0]


class Fingerprints:
    """Fingerprints of things that do not change meanwhile; each is read once, however often it is asked for.

    Nouns count by their fields, not by what they have remembered of their own answers. A function counts by its
    code, its defaults and what it closes over; a class from elsewhere by its name and its methods. What a function
    calls is not looked into.
    """

    def __init__(self) -> None:
        # The things themselves are held: an id is one thing's only while that lives.
        self._known: dict[int, tuple[object, bytes]] = {}

    def of(self, thing: Any) -> bytes:
        """The fingerprint of ``thing``.

        Raises:
            InputError: something that is no data, like an open file.
        """
        if type(thing) in _ATOMS:
            return joined(type(thing).__name__, [repr(thing).encode()])
        if id(thing) not in self._known:
            # A function that calls itself closes over itself.
            self._known[id(thing)] = (thing, b"itself")
            self._known[id(thing)] = (thing, self._content(thing))
        return self._known[id(thing)][1]

    def together(self, kind: str, parts: Iterable[Any]) -> bytes:
        """One fingerprint of several things in their order."""
        return joined(kind, [self.of(part) for part in parts])

    def _content(self, thing: Any) -> bytes:
        kind = _name(type(thing))
        match thing:
            case Enum():
                return self.together(kind, [type(thing), thing.name])
            case np.ndarray() | np.generic():
                array = np.asarray(thing)
                if array.dtype.hasobject:
                    return self.together(f"array {array.shape}", array.ravel().tolist())
                content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
                return joined(f"array {array.dtype.str} {array.shape}", [content])
            case list() | tuple():
                return self.together(kind, thing)
            case set() | frozenset():
                return joined("set", sorted(self.of(part) for part in thing))
            case Mapping():
                return joined("mapping", sorted(self.of(k) + self.of(v) for k, v in thing.items()))
            case type():
                return self._of_class(thing)
            case types.FunctionType():
                cells = [cell.cell_contents for cell in thing.__closure__ or ()]
                return self.together(_name(thing), [thing.__code__, thing.__defaults__, thing.__kwdefaults__, cells])
            case types.CodeType():
                return self.together("code", [thing.co_code, thing.co_names, thing.co_consts])
            case types.MethodType():
                return self.together("method", [thing.__func__, thing.__self__])
            case types.BuiltinFunctionType() | types.ModuleType():
                return joined("name", [_name(thing).encode()])
            case functools.partial():
                return self.together("partial", [thing.func, thing.args, thing.keywords])
        if is_dataclass(thing):
            return self.together(kind, [type(thing), *(getattr(thing, field.name) for field in fields(thing))])
        if isinstance(inner := getattr(thing, "__wrapped__", None), types.FunctionType):
            return self.together(kind, [inner])
        return _pickled(thing)

    def _of_class(self, kind: type) -> bytes:
        parts: list[Any] = []
        for base in kind.__mro__:
            if base.__module__.partition(".")[0] in (_OWN, "builtins"):
                continue
            for name, member in sorted(vars(base).items()):
                function = _function(member)
                if function is not None or (type(member) in _ATOMS and not name.startswith("__")):
                    parts += [name, member if function is None else function]
        return self.together(f"class {_name(kind)}", parts)


def _function(member: Any) -> types.FunctionType | None:
    """The function behind a method, a property or the like; None where there is none."""
    for inner in ("fget", "func", "__func__"):
        member = getattr(member, inner, member)
    return member if isinstance(member, types.FunctionType) else None


def _name(thing: Any) -> str:
    return f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', getattr(thing, '__name__', ''))}"


def joined(kind: str | type, parts: Iterable[bytes | memoryview]) -> bytes:
    """One fingerprint of several in their order."""
    found = blake2b(f"{_name(kind) if isinstance(kind, type) else kind}\0".encode(), digest_size=16)
    for part in parts:
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.digest()


def _pickled(thing: Any) -> bytes:
    import joblib

    try:
        return joined("pickle", [joblib.hash(thing).encode()])
    except Exception as error:
        raise InputError(
            "arguments whose content can be told: numbers, arrays, nouns, functions",
            got=f"{thing!r:.80}",
            remedy="A frozen dataclass is such a noun",
        ) from error
