"""Tables as TOML, and where the files are that they name."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from lpgreeks.recipes import names_a_file
from lpgreeks.scenario_file.sections import COMMANDS, FIGURES, SEVERAL, SWEEP, VERBS

__all__ = ["placed", "toml"]

_HEAD = """\
# lpgreeks {version}: the same bits with the same versions ({others}).
# lpgreeks {command} --scenario FILE
"""


def toml(said: Mapping[str, Any]) -> str:
    """The text of tables, after the versions that made them and the command that answers them."""
    import tomli_w

    others = ", ".join(f"{name} {_version(name)}" for name in ("numpy", "scipy", "clarabel", "numba", "pandas"))
    tables = (SWEEP, SEVERAL, *VERBS[1:], "spread", "curve", *FIGURES)
    verb = next((name for name in tables if name in said), "hedge")
    command = COMMANDS.get(verb, verb)
    head = _HEAD.format(version=_version(__name__.partition(".")[0]), command=command, others=others)
    return f"{head}\n{tomli_w.dumps(said)}"


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def placed(said: Any, folder: Path | None) -> Any:
    """The same tables, with the places of files from ``folder``, or from the root."""
    return _with_files(said, partial(_from, folder))


def files_in(said: Any) -> list[str]:
    """The files that some tables name."""
    found: list[str] = []

    def kept(file: str) -> str:
        found.append(file)
        return file

    _with_files(said, kept)
    return found


def _with_files(said: Any, changed: Callable[[str], str]) -> Any:
    """The same tables with every file in them changed."""
    if isinstance(said, list):
        return [_with_files(part, changed) for part in said]
    if not isinstance(said, Mapping):
        return said
    kind = said.get("kind")
    return {
        name: changed(part) if isinstance(part, str) and names_a_file(kind, name) else _with_files(part, changed)
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
