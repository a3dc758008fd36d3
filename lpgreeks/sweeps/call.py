"""A call with grids among its arguments, and the settings that it stands for."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

from lpgreeks.errors import InputError, LPGreeksError
from lpgreeks.sweeps.fingerprint import Fingerprints, joined
from lpgreeks.sweeps.given import given
from lpgreeks.sweeps.grid import Grid, Plain, Point
from lpgreeks.sweeps.run import Outcome, kept

__all__ = ["Call", "Settings", "posed"]

# Of the records in a checkpoint; a record of another one is not read.
_FORMAT = 2


class _Slot(NamedTuple):
    """The place of one grid."""

    place: int


class _Holder(NamedTuple):
    """A list or a tuple with a grid somewhere inside."""

    make: type
    parts: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Call:
    """What every run has in common: a verb and its arguments, with slots where grids stood.

    Attributes:
        verb: what is called.
        arguments: those without a keyword.
        keywords: those with one.
        keep: whether whole results are wanted, not only their figures and series.
    """

    verb: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    keep: bool

    @property
    def name(self) -> str:
        """What the verb is called."""
        return str(getattr(self.verb, "__name__", type(self.verb).__name__))

    def result(self, values: Sequence[Any]) -> Any:
        """What the verb returns with ``values`` in the slots; a value that is an error is raised."""
        refused = next((value for value in values if isinstance(value, LPGreeksError)), None)
        if refused is not None:
            raise refused
        arguments = [_filled(part, values) for part in self.arguments]
        return self.verb(*arguments, **{name: _filled(part, values) for name, part in self.keywords.items()})

    def outcome(self, name: str, values: Sequence[Any]) -> Outcome:
        """What is kept of one run. An error that lpgreeks raises on purpose is an outcome too.

        Raises:
            RuntimeError: whatever else the verb raised, after the name of the setting.
        """
        try:
            result = self.result(values)
            figures, series = kept(result, self.name)
        except LPGreeksError as error:
            return Outcome(error=f"{type(error).__name__}: {error}")
        except Exception as error:
            raise RuntimeError(f"{name}: {type(error).__name__}: {error}") from error
        return Outcome(figures=figures, series=series, given=given(result), result=result if self.keep else None)


@dataclass(frozen=True, kw_only=True, eq=False)
class Settings:
    """The product of some grids, the last one fastest.

    Attributes:
        paths: where each grid stands in the call: "over", "legs[1]".
        grids: one per path.
    """

    paths: tuple[str, ...]
    grids: tuple[Grid, ...]

    def __len__(self) -> int:
        return math.prod(map(len, self.grids))

    def points(self, i: int) -> list[Point]:
        """The point of each grid in setting ``i``."""
        found = []
        for grid in reversed(self.grids):
            i, place = divmod(i, len(grid))
            found.append(grid.points[place])
        return found[::-1]

    def values(self, i: int) -> list[Any]:
        """What fills the slots in setting ``i``."""
        return [point.value for point in self.points(i)]

    def parameters(self, i: int) -> dict[str, Plain]:
        """What tells setting ``i`` from the others, by path."""
        return {
            f"{path}{name}": value
            for path, point in zip(self.paths, self.points(i), strict=True)
            for name, value in point.parameters.items()
        }

    def names(self) -> list[str]:
        """One for each setting, all different: "over.volatility=0.4, over.years=0.0191781"."""
        rows = [self.parameters(i) for i in range(len(self))]
        brief = [_text(row, short=True) for row in rows]
        return brief if len(set(brief)) == len(brief) else [_text(row, short=False) for row in rows]

    def keys(self, call: Call) -> list[bytes]:
        """What each setting is, by the whole call: format of records, version of the library, verb and arguments.

        Raises:
            InputError: an argument whose content cannot be told.
        """
        prints = Fingerprints()
        # The root is loaded wherever this is, and imports it: no import at the head.
        version = import_module(__name__.partition(".")[0]).__version__
        nodes = dict(zip(_names(call.verb, len(call.arguments)), call.arguments, strict=True)) | dict(call.keywords)
        shown = [(name.encode(), _printed(nodes[name], prints)) for name in sorted(nodes)]
        head = prints.of((_FORMAT, version, call.verb))

        def key(i: int) -> bytes:
            picked = [point.fingerprint for point in self.points(i)]
            parts = [part for name, node in shown for part in (name, _joined(node, picked))]
            return joined("setting", [head, *parts])

        return [key(i) for i in range(len(self))]


def posed(
    verb: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any], *, keep: bool
) -> tuple[Call, Settings]:
    """The call without its grids, and the settings that they make.

    Raises:
        InputError: no grid, or nothing that can be called.
        TypeError: arguments that the verb does not take.
    """
    if not callable(verb):
        raise InputError("a verb to call: hedge, replay, a function", got=f"{verb!r:.60}")
    grids: list[tuple[str, Grid]] = []
    names = _names(verb, len(arguments))
    call = Call(
        verb=verb,
        arguments=tuple(_lifted(name, x, grids) for name, x in zip(names, arguments, strict=True)),
        keywords={name: _lifted(name, x, grids) for name, x in keywords.items()},
        keep=keep,
    )
    if not grids:
        raise InputError(
            "a grid among the arguments", got="none", remedy="over=grid(Lognormal, price=1_900, volatility=[0.4, 0.6])"
        )
    # An argument that is missing or too much is known before anything is computed.
    if (signature := _signature(verb)) is not None:
        signature.bind(*arguments, **keywords)
    return call, Settings(paths=tuple(path for path, _ in grids), grids=tuple(found for _, found in grids))


def _signature(verb: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(verb)
    except ValueError:
        return None


def _names(verb: Callable[..., Any], count: int) -> list[str]:
    """What the first ``count`` arguments are called."""
    signature = _signature(verb)
    parameters = [] if signature is None else list(signature.parameters.values())
    own = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [own[i] if i < len(own) else f"argument {i + 1}" for i in range(count)]


def _lifted(path: str, node: Any, grids: list[tuple[str, Grid]]) -> Any:
    """``node`` with a slot in the place of each grid, which goes to ``grids``."""
    if isinstance(node, Grid):
        grids.append((path, node))
        return _Slot(len(grids) - 1)
    if type(node) in (list, tuple):
        before = len(grids)
        parts = tuple(_lifted(f"{path}[{i}]", part, grids) for i, part in enumerate(node))
        return node if len(grids) == before else _Holder(type(node), parts)
    return node


def _filled(node: Any, values: Sequence[Any]) -> Any:
    """``node`` with ``values`` in its slots."""
    if isinstance(node, _Slot):
        return values[node.place]
    if isinstance(node, _Holder):
        return node.make([_filled(part, values) for part in node.parts])
    return node


def _printed(node: Any, prints: Fingerprints) -> Any:
    """``node`` with fingerprints in the place of all that is fixed."""
    if isinstance(node, _Slot):
        return node
    if isinstance(node, _Holder):
        return _Holder(node.make, tuple(_printed(part, prints) for part in node.parts))
    return prints.of(node)


def _joined(node: Any, picked: Sequence[bytes]) -> bytes:
    """The fingerprint of what was printed, with those picked in its slots."""
    if isinstance(node, _Slot):
        return picked[node.place]
    if isinstance(node, _Holder):
        return joined(node.make, [_joined(part, picked) for part in node.parts])
    found: bytes = node
    return found


def _text(parameters: Mapping[str, Plain], *, short: bool) -> str:
    return ", ".join(f"{name}={f'{x:.6g}' if short and type(x) is float else x}" for name, x in parameters.items())
