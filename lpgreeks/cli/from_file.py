"""A command that takes everything from a scenario file, as the script that does so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Context, Option

__all__ = ["FromFile", "require_no_flags", "script_of_file"]

FromFile = Annotated[
    Path | None,
    Option(
        "--scenario",
        help="A scenario file, TOML, that says everything; `lpgreeks init` writes one.",
        rich_help_panel="Scenario file",
    ),
]

_SAID = "COMMANDLINE"

# What is left to flags: where the answer goes, and how fast it comes.
_OURS = {"scenario", "as_json", "code", "out", "picture", "trades", "figure", "least", "checkpoint", "workers"}


def script_of_file(context: Context, path: Path, runs: dict[str, str], *, more: str = "") -> str:
    """Python that makes what the file asks for: names, and the verbs that answer them, where it has them.

    Raises:
        InputError: a flag beside the file that it would have to say itself.
    """
    from lpgreeks.scenario_file import read_scenario

    require_no_flags(context)
    scenario = read_scenario(path)
    lines = [f"{name} = scenario.run({verb!r})" for name, verb in runs.items() if verb in scenario]
    if not lines and runs:
        # It says what is missing.
        lines = [f"{name} = scenario.run({verb!r})" for name, verb in [*runs.items()][:1]]
    head = ["import lpgreeks as lp", "", f"scenario = lp.read_scenario({str(path)!r})"]
    return "\n".join([*head, *lines]) + f"\n{more}"


def require_no_flags(context: Context) -> None:
    """An error for a flag beside ``--scenario`` that the file would have to say itself."""
    from lpgreeks.errors import InputError

    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name not in _OURS and source is not None and source.name == _SAID:
            raise InputError("no flag that the file says", got=parameter.opts[0], remedy="Say it in the file")
