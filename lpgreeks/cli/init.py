"""The command that begins a scenario file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from typer import Argument

__all__ = ["init"]


def init(
    file: Annotated[Path, Argument(help="The file to write; one that is there is left alone.")] = Path("scenario.toml"),
) -> None:
    """Write a scenario file with comments: a hedge that runs as it stands, and what else it may say.

    Example: lpgreeks init week.toml
    """
    from lpgreeks.cli.output import written
    from lpgreeks.errors import DataError, InputError
    from lpgreeks.scenario_file import template

    if file.suffix != ".toml":
        raise InputError("a file ending in .toml", got=str(file))
    # What somebody wrote is not written over.
    if file.exists():
        raise DataError("a new file", got=f"{file}, which exists", remedy="Name another one")
    written(file, lambda part: part.write_text(template(), encoding="utf-8"))
    if sys.stderr.isatty():
        print(f"next: lpgreeks hedge --scenario {file}", file=sys.stderr)
