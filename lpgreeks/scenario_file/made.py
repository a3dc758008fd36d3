"""Plain tables as nouns: what a file says, made, with the place of whatever is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from lpgreeks.errors import InputError, LPGreeksError
from lpgreeks.recipes import names_a_file
from lpgreeks.scenario_file.names import (
    MARK,
    PREFIX,
    Parameters,
    call_of,
    maker,
    makers,
    nameable,
    nearest,
    parameters_of,
)
from lpgreeks.scenario_file.places import Place, line_of
from lpgreeks.scenario_file.shared import SHARED
from lpgreeks.scenario_file.written import NAMED

__all__ = ["DEEPEST", "Maker"]

DEEPEST = 100
"""Tables and lists within each other: what people write has a tenth of that."""

_WRONG = (TypeError, ValueError, AttributeError, ArithmeticError, LookupError, MemoryError, RecursionError)
"""What Python says of arguments of another kind or size than a call takes."""


class Maker:
    """Makes what one file says; what it says twice is made once.

    Args:
        text: the file, for the numbers of its lines.
        name: how errors call it.
        folder: where files that it names are, unless they say it from the root.
        shared: what it says once for several places, by name.
    """

    def __init__(self, text: str, name: str, folder: Path, shared: Mapping[str, Any]) -> None:
        self._text, self._name, self._folder, self._shared = text, name, folder, shared
        self._made: dict[str, Any] = {}
        self._within: list[str] = []
        self._depth = 0

    def made(self, said: Any, at: Place) -> Any:
        """The noun, list or value that ``said`` stands for."""
        if self._depth >= DEEPEST:
            self.refuse(at, f"at most {DEEPEST} tables within each other", got="more")
        self._depth += 1
        try:
            return self._stands_for(said, at)
        finally:
            self._depth -= 1

    def arguments(self, said: Mapping[str, Any], takes: Parameters, at: Place) -> dict[str, Any]:
        """What a table says of these parameters, made.

        Raises:
            InputError: a key that is none of them.
        """
        self._require_known(said, takes, at)
        made = {name: self.made(part, at / name) for name, part in said.items()}
        # A list in a file is what a tuple is in Python where a tuple is taken.
        return {name: tuple(x) if isinstance(x, list) and _is_tuple(takes, name) else x for name, x in made.items()}

    def refuse(self, at: Place, expected: str, *, got: object, remedy: str = "") -> NoReturn:
        """The error for what stands there."""
        raise InputError(f"{self.where(at)}{expected}", got=got, remedy=remedy)

    def where(self, at: Place) -> str:
        """The file and the line, before a message."""
        line = line_of(self._text, at)
        return f"in {self._name}{'' if line is None else f', line {line}'}{f', {at}' if at.parts else ''}: "

    # ---- one table

    def _stands_for(self, said: Any, at: Place) -> Any:
        if isinstance(said, str) and said.startswith(PREFIX):
            return self._named(said, at)
        if isinstance(said, str) and said.startswith(MARK):
            return self._of_shared(said.removeprefix(MARK), at)
        if isinstance(said, list):
            return [part for i, one in enumerate(said) for part in self._part(one, at / i)]
        if isinstance(said, Mapping) and "kind" in said:
            # Readers are slow, and nouns that are equal should be one: tapes and plans stand in several places.
            key = repr(said)
            if key not in self._made:
                self._made[key] = self._called(said, at)
            return self._made[key]
        if isinstance(said, Mapping):
            return {name: self.made(part, at / name) for name, part in said.items()}
        return said

    def _part(self, said: Any, at: Place) -> list[Any]:
        """One entry of a list; a call that makes several things stands for all of them."""
        made = self.made(said, at)
        named = isinstance(said, str) and said.startswith(MARK)
        several = (named or (isinstance(said, Mapping) and "kind" in said)) and isinstance(made, (list, tuple))
        return list(made) if several else [made]

    def _mapping(self, things: Any, at: Place) -> dict[str, Any]:
        rows: list[Any] = things if isinstance(things, list) else [None]
        for i, row in enumerate(rows):
            if not isinstance(row, Mapping) or set(row) != {"name", "value"} or not isinstance(row["name"], str):
                self.refuse(at / "things" / i, "a name and a value", got=repr(row)[:60])
            if row["name"] in (other["name"] for other in rows[:i]):
                self.refuse(at / "things" / i, "names that can be told apart", got=f"two called {row['name']}")
        return {row["name"]: self.made(row["value"], at / "things" / i) for i, row in enumerate(rows)}

    def _of_shared(self, name: str, at: Place) -> Any:
        if name not in self._shared:
            self.refuse(at, f"a name under [{SHARED}]", got=name, remedy=nearest(name, self._shared))
        place = Place((SHARED, name))
        if name in self._within:
            self.refuse(place, "a table that does not stand for itself", got=f"{MARK}{name} within {MARK}{name}")
        self._within.append(name)
        try:
            return self.made(self._shared[name], place)
        finally:
            self._within.pop()

    def _called(self, said: Mapping[str, Any], at: Place) -> Any:
        kind = said["kind"]
        if kind == NAMED:
            return self._mapping(said.get("things"), at)
        make = maker(kind) if isinstance(kind, str) else None
        if make is None:
            self.refuse(at / "kind", "a kind, as in a script after lp.", got=kind, remedy=nearest(str(kind), makers()))
        takes = parameters_of(kind)
        given = {name: part for name, part in said.items() if name not in ("kind", "item")}
        self._require_known(given, takes, at)
        missing = [name for name in takes.needed if name not in given]
        if missing:
            self.refuse(at, f"{' and '.join(missing)} of {kind}", got="none")
        arguments = self.arguments({name: self._placed(kind, name, part) for name, part in given.items()}, takes, at)
        with self.told(kind, given, at):
            made = call_of(make, takes, arguments)
        return self._one(made, said.get("item"), kind, at)

    @contextmanager
    def told(self, verb: str, given: Collection[str], at: Place) -> Iterator[None]:
        """What a call refuses, with its place in the file."""
        try:
            yield
        except LPGreeksError as error:
            # Errors begin with what they are about, where that is one argument.
            about = error.expected.partition(" ")[0]
            where = self.where(at / about if about in given else at)
            raise type(error)(
                f"{where}{error.expected}", got=error.got, unit=error.unit, remedy=error.remedy
            ) from error
        except _WRONG as error:
            self.refuse(at, f"what {verb} takes", got=" ".join(f"{type(error).__name__}: {error}".split()))

    def _require_known(self, said: Mapping[str, Any], takes: Parameters, at: Place) -> None:
        for name in said:
            if name not in takes.names and not takes.open:
                self.refuse(at / name, f"a key of {at}", got=name, remedy=nearest(name, takes.names))

    def _one(self, made: Any, item: Any, kind: str, at: Place) -> Any:
        if item is None:
            return made
        count = len(made) if isinstance(made, (list, tuple)) else 0
        if not isinstance(item, int) or not 1 <= item <= count:
            self.refuse(at / "item", f"one of the {count} that {kind} makes, from 1", got=item)
        return made[item - 1]

    def _placed(self, kind: str, name: str, said: Any) -> Any:
        return str(self._folder / said) if names_a_file(kind, name) and isinstance(said, str) else said

    def _named(self, said: str, at: Place) -> Any:
        found = nameable(said.removeprefix(PREFIX))
        if found is None:
            self.refuse(at, "a public name", got=said, remedy=nearest(said.removeprefix(PREFIX), makers()))
        return found


def _is_tuple(takes: Parameters, name: str) -> bool:
    return name in takes and "tuple[" in str(takes[name].annotation)
