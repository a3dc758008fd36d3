"""A scenario: what is held, offered and asked, as tables that a file keeps and a script would say."""

from __future__ import annotations

import inspect
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
from lpgreeks.recipes import Call, made_by, names_a_file
from lpgreeks.scenario_file.made import DEEPEST, Maker
from lpgreeks.scenario_file.names import Parameters, nearest, public
from lpgreeks.scenario_file.places import Place
from lpgreeks.scenario_file.shared import SHARED, shared_once
from lpgreeks.scenario_file.written import plain

__all__ = ["Scenario", "read_scenario", "scenario_of", "template"]

# What a hedge takes stands at the top, by the names that people give it; other verbs share it.
_CALLED = {"exposure": "holding", "position": "holding", "held": "holding", "over": "scenarios"}
_SHARED = ("holding", "legs", "scenarios", "objective", "constraints", "tie_break", "exit")

_LISTS = ("legs", "constraints")

_HEDGE, _REPLAY = "hedge", "replay"
_VERBS = (_HEDGE, "compare", "economics", "frontier", _REPLAY, "replay_spread", "scenario_table", "dislocations")
_SWEEP = "sweep"
_SEVERAL = "replays"
_NOUNS = {"Exposure": "holding", "Spread": "spread", "TermStructure": "curve"}
"""What stands for itself, by its class."""

_FIGURES = {
    "payoff": ("price", "short", "income"),
    "greeks": ("price",),
    "range": ("exits_per_week", "price", "volatility", "days", "drift"),
    "verdict": ("seed",),
    "stamp": ("at",),
    "given": ("words",),
}
"""Tables of figures that a command reads, without a verb."""

_TEXT = ("at", "words")

_COMMANDS = {"compare": "options", "economics": "hedge", "replays": "index", "replay_spread": "spread",
             "scenario_table": "scenario", "curve": "spread"}  # fmt: skip
"""The commands that answer what a file asks, where they are called otherwise than its table."""

_GRIDS = ("grid", "each", "Grid.of_rows")

# Of a sweep, how it is computed: the same bits whatever they are.
_HOW = ("checkpoint", "workers", "cluster", "progress", "keep")

_HEAD = """\
# lpgreeks {version}: the same bits with the same versions ({others}).
# lpgreeks {command} --scenario FILE
"""


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
        known = (*_SHARED, *_VERBS, _SWEEP, _SEVERAL, *_NOUNS.values(), *_FIGURES, SHARED)
        for name in self.said:
            if name not in known:
                self._maker.refuse(Place((name,)), "a key of a scenario", got=name, remedy=nearest(name, known))

    def __contains__(self, verb: object) -> bool:
        """Whether the file asks for a verb: a hedge by its objective, others by a table of their own."""
        return ("objective" if verb == _HEDGE else verb) in self.said

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
        if verb == _SWEEP:
            return self._swept(instead)
        if verb == _HEDGE and not instead:
            return self._plan
        if verb == _SEVERAL:
            table = self._table(_SEVERAL)
            return {name: self._answer(_REPLAY, instead, (_SEVERAL, name)) for name in table}
        if verb not in _VERBS:
            raise InputError("a verb", got=repr(verb), remedy=nearest(str(verb), (*_VERBS, _SWEEP, _SEVERAL)))
        return self._answer(verb, instead)

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
        table, known = self._table(name), _FIGURES[name]
        for key, value in table.items():
            at = Place((name, key))
            if key not in known:
                self._maker.refuse(at, f"a key of {name}", got=key, remedy=nearest(key, known))
            wanted, kinds = ("text", (str,)) if key in _TEXT else ("a number", (int, float))
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
            part.write_text(_toml(_placed(self.said, path.parent.absolute())), encoding="utf-8")

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
        takes = _parameters(verb)
        missing = [_CALLED.get(name, name) for name in takes.needed if name not in given]
        if missing:
            raise InputError(f"{' and '.join(missing)} in {self.name}, for a {verb}", got="none")
        named = {_CALLED.get(name, name) for name in given} - set(instead)
        with self._maker.told(verb, named & set(self.said), Place()):
            return public(verb)(**given)

    def _require_nouns(self) -> None:
        """What stands at the top is a table or a list of them, before a verb asks what it is."""
        for name in (name for name in _SHARED if name in self.said):
            said = self.said[name]
            stands = (isinstance(said, Mapping) and "kind" in said) or (name in _LISTS and isinstance(said, list))
            if not (stands or isinstance(said, str)):
                wanted = {"exit": "text"} | {key: f"tables, [[{key}]]" for key in _LISTS}
                expected = wanted.get(name, f"a table with kind, [{name}]")
                self._maker.refuse(Place((name,)), expected, got=repr(said)[:60])

    def _given(self, verb: str, place: tuple[str, ...] = ()) -> dict[str, Any]:
        """The arguments of a verb, made: from its own table, else from the top."""
        self._require_nouns()
        takes = _parameters(verb)
        known = Parameters({_CALLED.get(name, name): p for name, p in takes.items()})
        own = {} if verb == _HEDGE else dict(self._table(verb))
        at = Place((verb,))
        if place:
            own, at = own | dict(self._table(*place)), Place(place)
        made = self._maker.arguments(own, known, at)
        top = {n: self.said[n] for n in _SHARED if n in known and n in self.said and n not in own}
        made |= {name: self._maker.arguments({name: said}, known, Place())[name] for name, said in top.items()}
        given = {name: made[said] for name in takes if (said := _CALLED.get(name, name)) in made}
        if "plan" in takes and "plan" not in given:
            given["plan"] = self._plan
        if "held" in takes and _HEDGE in self and "holding" not in own:
            # With what hedges it.
            given["held"] = self._plan
        if "hedge" in takes:
            given["hedge"] = (given.get("hedge") or None) if "hedge" in given else self._hedge
        return given

    @cached_property
    def _plan(self) -> Any:
        return self._answer(_HEDGE, {})

    @property
    def _hedge(self) -> Any:
        """What a replay trades: the plan where the file asks for one, else its legs, else nothing."""
        if "hedge" in self:
            return self._plan
        return self.noun("legs") if "legs" in self.said else None

    def _swept(self, instead: Mapping[str, Any]) -> Any:
        table = dict(self._table(_SWEEP))
        verb = table.pop("verb", "replay")
        if verb not in _VERBS:
            self._maker.refuse(Place((_SWEEP, "verb")), "a verb", got=repr(verb), remedy=nearest(str(verb), _VERBS))
        takes = _parameters(verb)
        known = Parameters({_CALLED.get(name, name): p for name, p in takes.items()})
        grids = self._maker.arguments(table, known, Place((_SWEEP,)))
        names = {_CALLED.get(name, name): name for name in takes}
        lasting = {name: value for name, value in self._given(verb).items() if _CALLED.get(name, name) not in grids}
        how = {name: instead[name] for name in instead if name in _HOW}
        return public(_SWEEP)(public(verb), **lasting, **{names[name]: grid for name, grid in grids.items()}, **how)


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
        for name, table in _tables(result).items():
            if not _are_same(said.setdefault(name, table), table):
                raise InputError("results about the same", got=f"two of {name}", remedy="Write a file for each")
    said = shared_once(_placed(said | {name: dict(table) for name, table in figures.items()}, None))
    return Scenario(said=said, text=_toml(said), name="the scenario", folder=Path.cwd())


def _tables(result: Any) -> dict[str, Any]:
    if isinstance(result, Mapping):
        return _several({name: _call_of(one) for name, one in result.items()})
    for kind in type(result).__mro__:
        if kind.__name__ in _NOUNS:
            return {_NOUNS[kind.__name__]: plain(result)}
    return _document(_call_of(result))


def _call_of(result: Any) -> Call:
    call = made_by(result)
    if call is None or call.name not in (*_VERBS, _SWEEP):
        raise DataError(
            f"the answer of one of {', '.join((*_VERBS, _SWEEP))}",
            got=f"{result!r:.80}",
            remedy="What was changed or put together by hand stays in the script that did it",
        )
    return call


# ---- from calls to tables


def _document(call: Call, *, apart: bool = False) -> dict[str, Any]:
    """The tables of a call: what verbs share at the top, the rest under the verb's name.

    Args:
        call: it.
        apart: whether its hedge stands under the verb's name too, since another verb of the file has another.
    """
    if call.name == _SWEEP:
        return _sweep(call)
    top: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for value in call.arguments.values():
        if _is_plan(value) and not apart:
            top |= _document(value)
    for name in (name for name in _parameters(call.name) if name in call.arguments):
        value = call.arguments[name]
        if value is None or (_is_plan(value) and not apart):
            continue
        said, key = plain(value), "legs" if name == _HEDGE and not apart else _CALLED.get(name, name)
        if key in _SHARED and _are_same(top.get(key, said), said):
            top[key] = said
        else:
            own["hedge" if name == _HEDGE else key] = said
    top = {name: top[name] for name in _SHARED if name in top} | {n: t for n, t in top.items() if n not in _SHARED}
    return top if call.name == _HEDGE else top | {call.name: own}


def _several(calls: Mapping[str, Call]) -> dict[str, Any]:
    """Replays by name: what all have in common once, the rest under each name."""
    if not calls or any(call.name != _REPLAY for call in calls.values()):
        raise DataError("replays by name", got=", ".join(sorted({call.name for call in calls.values()})) or "none")
    if any(not isinstance(name, str) for name in calls):
        raise DataError("replays whose names are text", got=", ".join(map(repr, calls)))
    hedges = [plain(hedge) for call in calls.values() if (hedge := call.arguments.get(_HEDGE)) is not None]
    apart = any(not _are_same(hedge, hedges[0]) for hedge in hedges)
    documents = {name: _document(call, apart=apart) for name, call in calls.items()}
    tables = {name: document.pop(_REPLAY) for name, document in documents.items()}
    top: dict[str, Any] = {}
    # A plan is about what stands at the top.
    for document in sorted(documents.values(), key=lambda document: "objective" not in document):
        top = document | top
    first = next(iter(tables.values()))
    common = {k: v for k, v in first.items() if all(k in t and _are_same(t[k], v) for t in tables.values())}
    each: dict[str, Any] = {}
    for name, document in documents.items():
        own = {key: said for key, said in tables[name].items() if key not in common}
        own |= {key: said for key, said in document.items() if not _are_same(top[key], said)}
        own |= {"hedge": []} if "legs" in top and "legs" not in document else {}
        each[name] = own
    return top | {"replay": common, _SEVERAL: each}


def _sweep(call: Call) -> dict[str, Any]:
    given = {name: value for name, value in call.arguments.items() if name not in _HOW}
    verb, positional = given.pop("verb"), given.pop("arguments", ())
    name = getattr(verb, "__name__", "")
    if name not in _VERBS or public(name) is not verb:
        raise DataError("a sweep of lpgreeks' own verbs", got=f"{verb!r:.80}", remedy="It stays in the script")
    arguments = dict(zip(_parameters(name), positional, strict=False)) | given
    grids = {key: value for key, value in arguments.items() if _varies(value)}
    document = _document(Call(name, {key: value for key, value in arguments.items() if key not in grids}))
    return document | {_SWEEP: {"verb": name} | {_CALLED.get(k, k): plain(grid) for k, grid in grids.items()}}


def _is_plan(value: Any) -> bool:
    return isinstance(value, Call) and value.name == _HEDGE


def _are_same(one: Any, other: Any) -> bool:
    """Equal, kinds and signs of numbers included: 1 is not 1.0."""
    return repr(one) == repr(other)


def _varies(value: Any) -> bool:
    if isinstance(value, Call):
        return value.name in _GRIDS
    return isinstance(value, (list, tuple)) and any(map(_varies, value))


def _parameters(verb: str) -> Parameters:
    return Parameters(inspect.signature(public(verb)).parameters)


# ---- text


def _toml(said: Mapping[str, Any]) -> str:
    import tomli_w

    others = ", ".join(f"{name} {_version(name)}" for name in ("numpy", "scipy", "clarabel", "numba", "pandas"))
    tables = (_SWEEP, _SEVERAL, *_VERBS[1:], "spread", "curve", *_FIGURES)
    verb = next((name for name in tables if name in said), "hedge")
    command = _COMMANDS.get(verb, verb)
    head = _HEAD.format(version=_version(__name__.partition(".")[0]), command=command, others=others)
    return f"{head}\n{tomli_w.dumps(said)}"


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _placed(said: Any, folder: Path | None) -> Any:
    """The same tables, with the places of files from ``folder``, or from the root."""
    if isinstance(said, list):
        return [_placed(part, folder) for part in said]
    if not isinstance(said, Mapping):
        return said
    kind = said.get("kind")
    return {
        name: _from(folder, part) if isinstance(part, str) and names_a_file(kind, name) else _placed(part, folder)
        for name, part in said.items()
    }


def _from(folder: Path | None, file: str) -> str:
    path = Path(file).absolute()
    if folder is None:
        return path.as_posix()
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        # Another drive has no way from here.
        return path.as_posix()
