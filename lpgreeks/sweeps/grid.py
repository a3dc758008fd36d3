"""Several things to try in one place of a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import product
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, LPGreeksError
from lpgreeks.recipes import recorded
from lpgreeks.sweeps.fingerprint import Fingerprints

__all__ = ["Grid", "Plain", "Point", "each", "grid"]

Plain: TypeAlias = "float | int | str | bool | None"
"""What fits into one cell of a table."""

# A noun that takes more characters is better named.
_WORDS = 72


@dataclass(frozen=True, kw_only=True, eq=False)
class Point:
    """One thing to try.

    Attributes:
        value: the thing; or the error that making it raised, which is then the outcome of every run with it.
        parameters: what tells it from the others: ``""`` is the thing itself, ``".theta"`` a field of it.
        fingerprint: of the value.
    """

    value: Any
    parameters: Mapping[str, Plain]
    fingerprint: bytes

    def __str__(self) -> str:
        return ", ".join(f"{name[1:]}={value!r}" if name else f"{value}" for name, value in self.parameters.items())


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Grid(Noun):
    """Things to try, one after the other, where a call in a :func:`sweep` takes one.

    :func:`grid` and :func:`each` make it.

    Attributes:
        kind: what they are called together.
        points: in order, all different.

    Raises:
        InputError: nothing to try; a thing twice, or two things of one name: duplicates are not merged silently.
    """

    kind: str
    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        if not self.points:
            raise InputError("at least one thing to try", got=f"no {self.kind}")
        names: dict[object, Point] = {}
        contents: dict[bytes, Point] = {}
        for point in self.points:
            if contents.setdefault(point.fingerprint, point) is not point:
                first = contents[point.fingerprint]
                both = str(point) if str(point) == str(first) else f"{first} and {point}, which are one"
                raise InputError("each thing to try once", got=f"{self.kind} {both}", remedy="Leave one out")
            if names.setdefault(tuple(point.parameters.items()), point) is not point:
                raise InputError(
                    "things to try that can be told apart",
                    got=f"two called {point}",
                    remedy='Name them: each({"calm": ..., "wild": ...})',
                )

    @classmethod
    @recorded
    def of_rows(cls, kind: str, rows: Sequence[Mapping[str, Any]]) -> Self:
        """Things that were made elsewhere, one a row: ``value``, and the figures that tell it from the others.

        Args:
            kind: what they are called together.
            rows: a mapping each. Where there is no ``value``, ``refused`` has the parts of the error that making it
                raised.

        Raises:
            InputError: a row with neither.
        """
        prints = Fingerprints()
        points = []
        for row in rows:
            if ("value" in row) == ("refused" in row):
                raise InputError("a value, or why it was refused, in each row", got=", ".join(row))
            value = row["value"] if "value" in row else InputError(**row["refused"])
            told = {f".{name}": x for name, x in row.items() if name not in ("value", "refused")}
            content = (kind, told) if isinstance(value, LPGreeksError) else value
            points.append(Point(value=value, parameters=told, fingerprint=prints.of(content)))
        return cls(kind=kind, points=tuple(points))

    def rows(self) -> list[dict[str, Any]]:
        """The same things as :meth:`of_rows` takes them."""
        found = []
        for point in self.points:
            error = point.value if isinstance(point.value, LPGreeksError) else None
            own = {name.removeprefix("."): value for name, value in point.parameters.items()}
            refused = {} if error is None else {n: getattr(error, n) for n in ("expected", "got", "unit", "remedy")}
            found.append(own | ({"value": point.value} if error is None else {"refused": refused}))
        return found

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        shown = "; ".join(map(str, self.points[:3])) + ("; ..." if len(self) > 3 else "")
        return f"<Grid of {len(self)} {self.kind}: {shown}>"


@recorded
def grid(kind: Callable[..., Any], /, **fields: Any) -> Grid:
    """Every combination of the fields that are given as lists.

    ``grid(Lognormal, price=1_900, volatility=[0.4, 0.6], years=[7 / 365, 30 / 365])`` are four models; the last field
    varies fastest. A field may itself be a grid. Where it stands for the argument ``over``, the parameters are
    ``over.volatility`` and ``over.years``. A combination that ``kind`` refuses stays in the grid: its runs have that
    error.

    Args:
        kind: a noun's class, or a function that makes one.
        fields: lists, ranges, arrays of one dimension and grids vary; everything else is fixed, tuples too. A field
            that is a list by nature is given as a list of lists.

    Raises:
        InputError: an empty list, a value twice, two combinations that make the same noun.
    """
    prints = Fingerprints()
    axes = {name: _axis(name, value) for name, value in fields.items()}
    points = []
    for picks in product(*axes.values()):
        given = {name: pick.value for name, pick in zip(axes, picks, strict=True)}
        parameters = {
            f".{name}{field}": value
            for name, pick in zip(axes, picks, strict=True)
            for field, value in pick.parameters.items()
        }
        made = _made(kind, given)
        shown = prints.of(made) if not isinstance(made, LPGreeksError) else prints.together("refused", [kind, given])
        points.append(Point(value=made, parameters=parameters, fingerprint=shown))
    return Grid(kind=getattr(kind, "__name__", type(kind).__name__), points=tuple(points))


@recorded
def each(things: Sequence[Any] | Mapping[str, Any] | NDArray[Any], /) -> Grid:
    """Each of some things that are ready made.

    ``each([Hold(), grid(Dislocation, theta=[...])])`` are the one and all of the others: a grid among the things is
    taken apart. Things are called by their repr, or by the names of a mapping.

    Raises:
        InputError: nothing, a thing twice, or two that are called alike.
    """
    prints = Fingerprints()
    named = things if isinstance(things, Mapping) else None
    points: list[Point] = []
    for name, thing in things.items() if isinstance(things, Mapping) else enumerate(_listed(things)):
        if isinstance(thing, Grid):
            called = {"": thing.kind if named is None else str(name)}
            points += [replace(p, parameters={**called, **p.parameters}) for p in thing.points]
        else:
            called = {"": _word(thing) if named is None else str(name)}
            points.append(Point(value=thing, parameters=called, fingerprint=prints.of(thing)))
    kinds = dict.fromkeys(type(p.value).__name__ for p in points)
    return Grid(kind=" or ".join(kinds) or "things", points=tuple(points))


def _listed(things: Any) -> list[Any]:
    if isinstance(things, np.ndarray) and things.ndim == 1:
        return list(things.tolist())
    if not isinstance(things, (list, tuple, range)):
        raise InputError("a list of things to try, or a mapping of names to them", got=f"{things!r:.60}")
    return list(things)


def _axis(name: str, value: Any) -> tuple[Point, ...]:
    if isinstance(value, Grid):
        return value.points
    if isinstance(value, (list, range)) or (isinstance(value, np.ndarray) and value.ndim == 1):
        if not len(value):
            raise InputError(f"values of {name} to try", got="an empty list")
        return each(value).points
    return (Point(value=value, parameters={}, fingerprint=b""),)


def _made(kind: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    refused = next((value for value in given.values() if isinstance(value, LPGreeksError)), None)
    if refused is not None:
        return refused
    try:
        return kind(**given)
    except LPGreeksError as error:
        return error


def _word(thing: Any) -> Any:
    """What stands for ``thing`` in a cell of a table."""
    if isinstance(thing, Enum):
        return thing.name
    if isinstance(thing, np.generic):
        thing = thing.item()
    if thing is None or isinstance(thing, (bool, int, float, str)):
        return thing
    if callable(thing) and hasattr(thing, "__name__"):
        return thing.__name__
    text = " ".join(repr(thing).split())
    if " at 0x" in text:
        raise InputError(
            "things to try that say what they are",
            got=text,
            remedy='Name them: each({"first": ..., "second": ...})',
        )
    return text if len(text) <= _WORDS else f"{text[: _WORDS - 4]} ..."
