"""A scenario: what is held, offered and asked, as tables that a file keeps and a script would say."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lpgreeks._files import whole
from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError
from lpgreeks.scenario_file.document import are_same, tables_of
from lpgreeks.scenario_file.made import DEEPEST, Maker
from lpgreeks.scenario_file.names import Parameters, nearest, public
from lpgreeks.scenario_file.places import Place
from lpgreeks.scenario_file.sections import (
    CALLED,
    FIGURES,
    HEDGE,
    HOW,
    LISTS,
    NOUNS,
    REPLAY,
    SEVERAL,
    SWEEP,
    TEXT,
    TOP,
    VERBS,
    parameters,
)
from lpgreeks.scenario_file.shared import SHARED, shared_once
from lpgreeks.scenario_file.text import files_in, placed, toml

__all__ = ["Scenario", "read_scenario", "scenario_of", "template"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Scenario(Noun):
    """What a script would say, as tables.

    At the top stand the arguments of a hedge: ``holding``, ``legs``, ``scenarios``, ``objective``, ``constraints``,
    ``tie_break``, ``exit``. A table of a verb's name (``frontier``, ``economics``, ``replay``, ``sweep``,
    ``scenario_table``, ``replay_spread``) has what that verb takes beside them. A table with ``kind`` is a noun, or a
    verb that makes one, with the names that Python has for its arguments; text after ``lp.`` is a public name.

    Attributes:
        said: the tables, in plain types.
        text: the file; of what was not read from one, what :meth:`write` would write.
        name: what errors call it.
        folder: where the files are that it names.
    """

    said: Mapping[str, Any]
    text: str
    name: str
    folder: Path

    def __post_init__(self) -> None:
        known = (*TOP, *VERBS, SWEEP, SEVERAL, *NOUNS.values(), *FIGURES, SHARED)
        for name in self.said:
            if name not in known:
                self._maker.refuse(Place((name,)), "a key of a scenario", got=name, remedy=nearest(name, known))

    def __contains__(self, verb: object) -> bool:
        """Whether the file asks for a verb: a hedge by its objective, others by a table of their own."""
        return ("objective" if verb == HEDGE else verb) in self.said

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Scenario {self.name}: {', '.join(self.said)}>"

    def run(self, verb: str, **instead: Any) -> Any:
        """The answer of a verb: "hedge" a plan, "replay" what would have happened, "sweep" all of its settings.

        Args:
            verb: "hedge", "economics", "frontier", "replay", "sweep", "scenario_table", "replay_spread";
                "replays": several replays by name.
            instead: arguments that take the place of what the file says.

        Raises:
            InputError: no such verb; an unknown key or kind, with its line and the nearest known one; what the verb
                needs and the file does not say; values that a noun refuses, with their line.
            DataError: files that cannot be read; and whatever the verb itself raises.
        """
        if verb == SWEEP:
            return self._swept(instead)
        if verb == HEDGE and not instead:
            return self._plan
        if verb == SEVERAL:
            table = self._table(SEVERAL)
            if not table:
                raise InputError(
                    f"[{SEVERAL}] in {self.name}", got="none", remedy="A table for each replay, by its name"
                )
            return {name: self._answer(REPLAY, instead, (SEVERAL, name)) for name in table}
        if verb not in VERBS:
            raise InputError("a verb", got=repr(verb), remedy=nearest(str(verb), (*VERBS, SWEEP, SEVERAL)))
        return self._answer(verb, instead)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it names, each once."""
        return tuple(self.folder / name for name in dict.fromkeys(files_in(self.said)))

    def noun(self, name: str) -> Any:
        """What one key of the file stands for: ``scenario.noun("holding")``.

        Raises:
            InputError: nothing said of it, or nothing that means something.
        """
        if name not in self.said:
            raise InputError(f"{name} in {self.name}", got="none", remedy=f"It has {', '.join(self.said)}")
        return self._maker.made(self.said[name], Place((name,)))

    def figures(self, name: str) -> dict[str, Any]:
        """What a table without a verb says: ``payoff``, ``greeks``, ``range``, ``verdict``, ``stamp``."""
        table, known = self._table(name), FIGURES[name]
        for key, value in table.items():
            at = Place((name, key))
            if key not in known:
                self._maker.refuse(at, f"a key of {name}", got=key, remedy=nearest(key, known))
            wanted, kinds = ("text", (str,)) if key in TEXT else ("a number", (int, float))
            if isinstance(value, bool) or not isinstance(value, kinds):
                self._maker.refuse(at, wanted, got=repr(value))
        return dict(table)

    def write(self, path: str | os.PathLike[str]) -> None:
        """The file, whole or not at all; files that it names are said from its own folder.

        Raises:
            DataError: a place that cannot be written to.
        """
        path = Path(path)
        with whole(path, remedy="Name another place; nothing is left there") as part:
            part.write_text(toml(placed(self.said, path.parent.absolute())), encoding="utf-8")

    # ---- from tables to calls

    @cached_property
    def _maker(self) -> Maker:
        shared = self.said.get(SHARED, {})
        return Maker(self.text, self.name, self.folder, shared if isinstance(shared, Mapping) else {})

    def _table(self, *keys: str) -> Mapping[str, Any]:
        table: Any = self.said
        for key in keys:
            table = table.get(key, {})
        if not isinstance(table, Mapping):
            self._maker.refuse(Place(keys), f"a table, [{'.'.join(keys)}]", got=repr(table))
        return table

    def _answer(self, verb: str, instead: Mapping[str, Any], place: tuple[str, ...] = ()) -> Any:
        given = self._given(verb, place) | dict(instead)
        takes = parameters(verb)
        missing = [CALLED.get(name, name) for name in takes.needed if name not in given]
        if missing:
            raise InputError(f"{' and '.join(missing)} in {self.name}, for a {verb}", got="none")
        named = {CALLED.get(name, name) for name in given} - set(instead)
        with self._maker.told(verb, named & set(self.said), Place()):
            return public(verb)(**given)

    def _require_nouns(self) -> None:
        """What stands at the top is a table or a list of them, before a verb asks what it is."""
        for name in (name for name in TOP if name in self.said):
            said = self.said[name]
            stands = (isinstance(said, Mapping) and "kind" in said) or (name in LISTS and isinstance(said, list))
            if not (stands or isinstance(said, str)):
                wanted = {"exit": "text"} | {key: f"tables, [[{key}]]" for key in LISTS}
                expected = wanted.get(name, f"a table with kind, [{name}]")
                self._maker.refuse(Place((name,)), expected, got=repr(said)[:60])

    def _given(self, verb: str, place: tuple[str, ...] = ()) -> dict[str, Any]:
        """The arguments of a verb, made: from its own table, else from the top."""
        self._require_nouns()
        takes = parameters(verb)
        known = Parameters({CALLED.get(name, name): p for name, p in takes.items()})
        own = {} if verb == HEDGE else dict(self._table(verb))
        at = Place((verb,))
        if place:
            own, at = own | dict(self._table(*place)), Place(place)
        made = self._maker.arguments(own, known, at)
        top = {n: self.said[n] for n in TOP if n in known and n in self.said and n not in own}
        made |= {name: self._maker.arguments({name: said}, known, Place())[name] for name, said in top.items()}
        given = {name: made[said] for name in takes if (said := CALLED.get(name, name)) in made}
        if "plan" in takes and "plan" not in given:
            given["plan"] = self._plan
        if "held" in takes and HEDGE in self and "holding" not in own:
            # With what hedges it.
            given["held"] = self._plan
        if "hedge" in takes:
            given["hedge"] = (given.get("hedge") or None) if "hedge" in given else self._hedge
        return given

    @cached_property
    def _plan(self) -> Any:
        return self._answer(HEDGE, {})

    @property
    def _hedge(self) -> Any:
        """What a replay trades: the plan where the file asks for one, else its legs, else nothing."""
        if "hedge" in self:
            return self._plan
        return self.noun("legs") if "legs" in self.said else None

    def _swept(self, instead: Mapping[str, Any]) -> Any:
        table = dict(self._table(SWEEP))
        verb = table.pop("verb", "replay")
        if verb not in VERBS:
            self._maker.refuse(Place((SWEEP, "verb")), "a verb", got=repr(verb), remedy=nearest(str(verb), VERBS))
        takes = parameters(verb)
        known = Parameters({CALLED.get(name, name): p for name, p in takes.items()})
        grids = self._maker.arguments(table, known, Place((SWEEP,)))
        names = {CALLED.get(name, name): name for name in takes}
        lasting = {name: value for name, value in self._given(verb).items() if CALLED.get(name, name) not in grids}
        how = {name: instead[name] for name in instead if name in HOW}
        return public(SWEEP)(public(verb), **lasting, **{names[name]: grid for name, grid in grids.items()}, **how)


def read_scenario(path: str | os.PathLike[str]) -> Scenario:
    """A scenario file, TOML.

    Args:
        path: the file. Files that it names are looked for from its own folder.

    Raises:
        DataError: no such file, a folder, no text, no TOML (with the line).
        InputError: a key that no scenario has, with its line and the nearest known one.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        said = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text in UTF-8"
        raise DataError("a scenario file", got=f"{path}: {reason}", remedy="`lpgreeks init` writes one") from error
    except (ValueError, RecursionError) as error:
        # Beside its own, Python's errors of numbers with thousands of digits and of endless brackets.
        raise DataError("a scenario in TOML", got=f"{path}: {error}", remedy="`lpgreeks init` writes one") from error
    if _is_deep(said):
        raise DataError(f"at most {DEEPEST} tables within each other", got=f"more in {path}")
    return Scenario(said=said, text=text, name=path.name, folder=path.parent.absolute())


def _is_deep(said: Mapping[str, Any]) -> bool:
    level: list[Any] = [said]
    for _ in range(DEEPEST):
        parts = (part for whole in level for part in (whole.values() if isinstance(whole, Mapping) else whole))
        level = [part for part in parts if isinstance(part, (Mapping, list))]
    return bool(level)


def template() -> str:
    """A scenario with comments, to begin from."""
    from importlib.resources import files

    return files(__package__).joinpath("template.toml").read_text(encoding="utf-8")


def scenario_of(*results: Any, **figures: Mapping[str, Any]) -> Scenario:
    """The full scenario that made some results; running it gives the same bits with the same versions.

    Args:
        results: what :func:`hedge`, :func:`compare`, :func:`economics`, :func:`frontier`, :func:`replay`,
            :func:`sweep`, :func:`scenario_table`, :func:`replay_spread` answered about one holding; several replays by
            name; or what is held itself.
        figures: what a command reads beside: ``payoff={"price": 1_900}``.

    Raises:
        DataError: a result of no such call, or of one whose arguments were made by hand: functions, arrays in memory.
        InputError: results that are not about the same.
    """
    said: dict[str, Any] = {}
    for result in results:
        for name, table in tables_of(result).items():
            if not are_same(said.setdefault(name, table), table):
                raise InputError("results about the same", got=f"two of {name}", remedy="Write a file for each")
    said = shared_once(placed(said | {name: dict(table) for name, table in figures.items()}, None))
    return Scenario(said=said, text=toml(said), name="the scenario", folder=Path.cwd())
