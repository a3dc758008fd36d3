"""What a thing is, as 16 bytes: equal contents give equal bytes, in every process and on every day."""

from __future__ import annotations

import dis
import functools
import sys
import sysconfig
import types
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from lpgreeks.errors import InputError

__all__ = ["Fingerprints", "joined"]

_ATOMS = (bool, int, float, complex, str, bytes, type(None), type(...))
# How a function comes by what stands in its module.
_READS = {dis.opmap[name] for name in ("LOAD_GLOBAL", "LOAD_NAME")}

# Where this library, Python and what is installed stand: their contents change with their versions.
_INSTALLED = (
    str(Path(__file__).parents[1]),
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)


class Fingerprints:
    """Fingerprints of things that do not change meanwhile; each is read once, however often it is asked for.

    Nouns count by their fields, not by what they have remembered of their own answers. A function counts by its
    code, its defaults, what it closes over, and everything that it reads of its module, functions and classes that it
    calls among that; a class by its name and its methods. Python, installed libraries and this one count by name and
    version. What is read from files, or looked up by a name that is made at run time, is not seen.
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
                own = [thing.__code__, thing.__defaults__, thing.__kwdefaults__, cells]
                return self.together(_name(thing), [*own, self._read(thing)])
            case types.CodeType():
                return self.together("code", [thing.co_code, thing.co_names, thing.co_consts])
            case types.MethodType():
                return self.together("method", [thing.__func__, thing.__self__])
            case types.BuiltinFunctionType() | types.ModuleType():
                return joined("name", [_name(thing).encode(), _version(thing)])
            case functools.partial():
                return self.together("partial", [thing.func, thing.args, thing.keywords])
        if is_dataclass(thing):
            return self.together(kind, [type(thing), *(getattr(thing, field.name) for field in fields(thing))])
        if isinstance(inner := getattr(thing, "__wrapped__", None), types.FunctionType):
            return self.together(kind, [inner])
        return self.together("pickle", [type(thing), _pickled(thing)])

    def _read(self, function: types.FunctionType) -> bytes:
        """What a function reads of its module, by name, and of the modules that it names."""
        if _installed(function):
            return _version(function)
        parts: list[bytes] = []
        for name in sorted(_names_read(function.__code__) & function.__globals__.keys()):
            value = function.__globals__[name]
            try:
                parts += [name.encode(), self.of(value)]
                if isinstance(value, types.ModuleType) and not _installed(value):
                    known = vars(value).keys() & _attributes(function.__code__)
                    parts += [x for part in sorted(known) for x in (part.encode(), self.of(vars(value)[part]))]
            except InputError as error:
                raise InputError(
                    f"{function.__qualname__} to read only what can be told: numbers, arrays, nouns, functions",
                    got=f"{name}: {error.got}",
                    remedy="Make it inside the function",
                ) from error
        return joined("read", parts)

    def _of_class(self, kind: type) -> bytes:
        parts: list[Any] = []
        for base in kind.__mro__:
            if _installed(base):
                parts += [_name(base), _version(base)]
                continue
            for name, member in sorted(vars(base).items()):
                function = _function(member)
                if function is not None or (type(member) in _ATOMS and not name.startswith("__")):
                    parts += [name, member if function is None else function]
        return self.together(f"class {_name(kind)}", parts)


def _names_read(code: types.CodeType) -> set[str]:
    """Names that code, and code inside it, looks up in its module."""
    inside = (_names_read(part) for part in code.co_consts if isinstance(part, types.CodeType))
    own = {step.argval for step in dis.get_instructions(code) if step.opcode in _READS}
    return own.union(*inside)


def _attributes(code: types.CodeType) -> set[str]:
    """Every name that code, and code inside it, uses: attributes among them."""
    inside = (_attributes(part) for part in code.co_consts if isinstance(part, types.CodeType))
    return set(code.co_names).union(*inside)


def _root(thing: Any) -> types.ModuleType | None:
    """The package that a thing comes from; None for what was made at the prompt."""
    name = thing.__name__ if isinstance(thing, types.ModuleType) else getattr(thing, "__module__", None)
    return sys.modules.get(str(name).partition(".")[0])


def _installed(thing: Any) -> bool:
    """Whether a thing belongs to Python, to an installed library or to this one."""
    if isinstance(thing, types.FunctionType):
        # What was made by exec may say that it is of any module, or of none.
        return thing.__code__.co_filename.startswith((*_INSTALLED, "<frozen "))
    root = _root(thing)
    file = getattr(root, "__file__", None)
    return root is not None and (file.startswith(_INSTALLED) if file else root.__name__ in sys.builtin_module_names)


def _version(thing: Any) -> bytes:
    return str(getattr(_root(thing), "__version__", sys.version)).encode()


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


def _pickled(thing: Any) -> str:
    import joblib

    try:
        return str(joblib.hash(thing))
    except Exception as error:
        raise InputError(
            "arguments whose content can be told: numbers, arrays, nouns, functions",
            got=f"{thing!r:.80}",
            remedy="A frozen dataclass is such a noun",
        ) from error
