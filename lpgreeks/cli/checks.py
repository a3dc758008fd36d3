"""What no command accepts, whichever it is: senseless numbers, files that spoil each other, flags without effect."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lpgreeks.cli.flags import FROM_FILE, OUTPUT, RUNNING, called, heading_of

__all__ = ["require_sound"]

_MOST = 1e30
_SAID = "COMMANDLINE"
_WRITTEN = {"out", "trades"}
_SCENARIO, _PICTURE = "scenario", "picture"
_OF_ANSWERS = {*_WRITTEN, _PICTURE, "as_json"}
_PATHS = {"path", "file", "directory"}


def require_sound(ctx: Any, parameters: Sequence[Any]) -> None:
    """An error for what the flags of a command line say together, before the command begins.

    Raises:
        InputError: a number that is none, or that no figure could have; a file that is written and read, or written
            twice; a flag without effect, or that the scenario file beside it would have to say itself.
    """
    for parameter in parameters:
        for number in _several(ctx.params.get(parameter.name)):
            if isinstance(number, float):
                _require_sensible(called(parameter), number)
    scenario = ctx.params.get(_SCENARIO) if any(f"--{_SCENARIO}" in p.opts for p in parameters) else None
    if scenario is not None:
        _require_in_file(ctx, parameters)
    _require_effect(ctx, parameters)
    files = {p.name: ctx.params[p.name] for p in parameters if _names_files(p, ctx.params.get(p.name))}
    _require_apart(files, () if scenario is None else _named_in(scenario))


def _require_sensible(name: str, number: float) -> None:
    from lpgreeks.errors import InputError

    if not math.isfinite(number):
        raise InputError(f"{name} as a finite number", got=number)
    # A square of it must still be a number.
    if number and not 1 / _MOST <= abs(number) <= _MOST:
        raise InputError(f"{name} of 0, or from {1 / _MOST:g} to {_MOST:g} in size", got=f"{number:g}")


def _require_apart(given: dict[str, Any], others: Iterable[Path]) -> None:
    """An error where a file is to be written over one that is read, or over another that is written."""
    from lpgreeks.errors import InputError

    paths = [(name in _WRITTEN, Path(path)) for name, found in given.items() for path in _several(found)]
    read = {path.resolve() for path in (*others, *(path for written, path in paths if not written))}
    seen: set[Path] = set()
    for path in (path for written, path in paths if written):
        if path.resolve() in read:
            raise InputError("another file than what is read", got=str(path), remedy="It would be written over")
        if path.resolve() in seen:
            raise InputError("a file for each answer", got=f"{path}, twice")
        seen.add(path.resolve())


def _named_in(scenario: str | Path) -> tuple[Path, ...]:
    """The files that a scenario file reads."""
    from lpgreeks.scenario_file import read_scenario

    return read_scenario(scenario).files


def _several(given: Any) -> Sequence[Any]:
    """What a flag was given, however often it may be."""
    return given if isinstance(given, (tuple, list)) else [] if given is None else [given]


def _require_in_file(ctx: Any, parameters: Sequence[Any]) -> None:
    """An error for a flag beside a scenario file that is about the answer, and not about where it goes."""
    from lpgreeks.errors import InputError

    for parameter in parameters:
        if _is_said(ctx, parameter) and heading_of(parameter) not in (FROM_FILE, OUTPUT, RUNNING):
            raise InputError("no flag that the file says", got=called(parameter), remedy="Say it in the file")


def _require_effect(ctx: Any, parameters: Sequence[Any]) -> None:
    """An error for a flag about an answer that is not given: a picture that nobody writes, files of a script."""
    from lpgreeks.cli.groups import require_unused

    said = {p.name: (called(p), ctx.params[p.name]) for p in parameters if _is_said(ctx, p)}
    if _PICTURE in said and not ctx.params.get("out"):
        require_unused(dict([said[_PICTURE]]), "no --out")
    if ctx.params.get("code"):
        require_unused({flag: True for name, (flag, _) in said.items() if name in _OF_ANSWERS}, "--code")


def _is_said(ctx: Any, parameter: Any) -> bool:
    """Whether it stands on the command line."""
    source = ctx.get_parameter_source(parameter.name)
    return source is not None and source.name == _SAID


def _names_files(parameter: Any, given: Any) -> bool:
    """Whether a flag names files, and does: older versions of typer have text until the command itself is called."""
    return any(isinstance(part, Path) for part in _several(given)) or (
        given is not None and getattr(getattr(parameter, "type", None), "name", "") in _PATHS
    )
