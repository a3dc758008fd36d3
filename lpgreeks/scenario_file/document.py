"""Results as the tables of a file: each by the call that made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lpgreeks.errors import DataError
from lpgreeks.recipes import Call, made_by
from lpgreeks.scenario_file.names import public
from lpgreeks.scenario_file.sections import (
    CALLED,
    GRIDS,
    HEDGE,
    HOW,
    NOUNS,
    REPLAY,
    SEVERAL,
    SWEEP,
    TOP,
    VERBS,
    parameters,
)
from lpgreeks.scenario_file.written import plain

__all__ = ["are_same", "tables_of"]


def tables_of(result: Any) -> dict[str, Any]:
    """The tables of one result, of several replays by name, or of what is held.

    Raises:
        DataError: a result of no verb that a file can ask for, or with arguments that no file can say.
    """
    if isinstance(result, Mapping):
        return _several({name: _call_of(one) for name, one in result.items()})
    for kind in type(result).__mro__:
        if kind.__name__ in NOUNS:
            return {NOUNS[kind.__name__]: plain(result)}
    return _document(_call_of(result))


def _call_of(result: Any) -> Call:
    call = made_by(result)
    if call is None or call.name not in (*VERBS, SWEEP):
        raise DataError(
            f"the answer of one of {', '.join((*VERBS, SWEEP))}",
            got=f"{result!r:.80}",
            remedy="What was changed or put together by hand stays in the script that did it",
        )
    return call


def _document(call: Call, *, apart: bool = False) -> dict[str, Any]:
    """The tables of a call: what verbs share at the top, the rest under the verb's name.

    Args:
        call: it.
        apart: whether its hedge stands under the verb's name too, since another verb of the file has another.
    """
    if call.name == SWEEP:
        return _sweep(call)
    top: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for value in call.arguments.values():
        if _is_plan(value) and not apart:
            top |= _document(value)
    for name in (name for name in parameters(call.name) if name in call.arguments):
        value = call.arguments[name]
        if value is None or (_is_plan(value) and not apart):
            continue
        said, key = plain(value), "legs" if name == HEDGE and not apart else CALLED.get(name, name)
        if key in TOP and are_same(top.get(key, said), said):
            top[key] = said
        else:
            own["hedge" if name == HEDGE else key] = said
    top = {name: top[name] for name in TOP if name in top} | {n: t for n, t in top.items() if n not in TOP}
    return top if call.name == HEDGE else top | {call.name: own}


def _several(calls: Mapping[str, Call]) -> dict[str, Any]:
    """Replays by name: what all have in common once, the rest under each name."""
    if not calls or any(call.name != REPLAY for call in calls.values()):
        raise DataError("replays by name", got=", ".join(sorted({call.name for call in calls.values()})) or "none")
    if any(not isinstance(name, str) for name in calls):
        raise DataError("replays whose names are text", got=", ".join(map(repr, calls)))
    hedges = [plain(hedge) for call in calls.values() if (hedge := call.arguments.get(HEDGE)) is not None]
    apart = any(not are_same(hedge, hedges[0]) for hedge in hedges)
    documents = {name: _document(call, apart=apart) for name, call in calls.items()}
    tables = {name: document.pop(REPLAY) for name, document in documents.items()}
    top: dict[str, Any] = {}
    # A plan is about what stands at the top.
    for document in sorted(documents.values(), key=lambda document: "objective" not in document):
        top = document | top
    first = next(iter(tables.values()))
    common = {k: v for k, v in first.items() if all(k in t and are_same(t[k], v) for t in tables.values())}
    each: dict[str, Any] = {}
    for name, document in documents.items():
        own = {key: said for key, said in tables[name].items() if key not in common}
        own |= {key: said for key, said in document.items() if not are_same(top[key], said)}
        own |= {"hedge": []} if "legs" in top and "legs" not in document else {}
        each[name] = own
    return top | {"replay": common, SEVERAL: each}


def _sweep(call: Call) -> dict[str, Any]:
    given = {name: value for name, value in call.arguments.items() if name not in HOW}
    verb, positional = given.pop("verb"), given.pop("arguments", ())
    name = getattr(verb, "__name__", "")
    if name not in VERBS or public(name) is not verb:
        raise DataError("a sweep of lpgreeks' own verbs", got=f"{verb!r:.80}", remedy="It stays in the script")
    arguments = dict(zip(parameters(name), positional, strict=False)) | given
    grids = {key: value for key, value in arguments.items() if _varies(value)}
    document = _document(Call(name, {key: value for key, value in arguments.items() if key not in grids}))
    return document | {SWEEP: {"verb": name} | {CALLED.get(k, k): plain(grid) for k, grid in grids.items()}}


def _is_plan(value: Any) -> bool:
    return isinstance(value, Call) and value.name == HEDGE


def are_same(one: Any, other: Any) -> bool:
    """Equal, kinds and signs of numbers included: 1 is not 1.0."""
    return repr(one) == repr(other)


def _varies(value: Any) -> bool:
    if isinstance(value, Call):
        return value.name in GRIDS
    return isinstance(value, (list, tuple)) and any(map(_varies, value))
