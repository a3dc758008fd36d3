"""How every command looks: flags under headings, examples that a shell takes, and the nearest name of a wrong one.

A command is imported when it is called, asked for its help, or completed; the help that lists them all needs none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from lpgreeks.cli.endings import EXIT_CODES
from lpgreeks.cli.flags import FROM_FILE, OUTPUT, RUNNING, as_flags
from lpgreeks.cli.mistakes import nearest

__all__ = ["Command", "Group", "Later", "group"]

_MOST = 1e30
_SAID = "COMMANDLINE"
_WRITTEN = {"out", "trades"}
_SCENARIO, _PICTURE = "scenario", "picture"
_OF_ANSWERS = {*_WRITTEN, _PICTURE, "as_json"}
_PATHS = {"path", "file", "directory"}
_EXAMPLE = "Example: "
_AFTER = "With --debug an error says where it arose. What the exit codes mean: lpgreeks --help."


class Command(TyperCommand):
    """A command whose help has its flags under headings and its examples at the end."""

    def invoke(self, ctx: Any) -> Any:
        """Run it.

        Raises:
            InputError: a number that is none, or that no figure could have; a file that is written and read, or written
                twice; a flag without effect, or that the scenario file beside it would have to say itself.
        """
        for parameter in self.params:
            for number in _several(ctx.params.get(parameter.name)):
                if isinstance(number, float):
                    _require_sensible(_called(parameter), number)
        scenario = ctx.params.get(_SCENARIO) if any(f"--{_SCENARIO}" in p.opts for p in self.params) else None
        if scenario is not None:
            _require_in_file(ctx, self.params)
        _require_effect(ctx, self.params)
        files = {p.name: ctx.params[p.name] for p in self.params if _names_files(p, ctx.params.get(p.name))}
        _require_apart(files, () if scenario is None else _named_in(scenario))
        return super().invoke(ctx)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """The paragraphs of the docstring that are no examples."""
        prose = [text for text in _paragraphs(self.help) if not text.startswith(_EXAMPLE)]
        for text in prose:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(text)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, then flags by the group that they are written in, then what is left, then examples."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                sections.setdefault(_heading(parameter), []).append((_one(record[0]), _plain(record[1])))
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(rows)
        with formatter.section("Examples"):
            for text in _paragraphs(self.help):
                if text.startswith(_EXAMPLE):
                    formatter.write(_pasted(text.removeprefix(_EXAMPLE), formatter.width))

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Where errors are told."""
        formatter.write_paragraph()
        formatter.write_text(_AFTER)


@dataclass(frozen=True)
class Later:
    """A command, or a group of them, that is imported when it is asked for.

    Attributes:
        told: what it is for, in one line.
        at: its module and its name there, with a colon between.
    """

    told: str
    at: str

    def built(self, name: str) -> Command | Group:
        """Itself, under a name."""
        module, _, own = self.at.partition(":")
        found = getattr(import_module(module), own)
        if isinstance(found, Group):
            found.name = name
            return found
        app = _typer()
        app.command(name, cls=Command, short_help=self.told)(as_flags(found))
        made: Command = typer.main.get_command(app)  # type: ignore[assignment]
        return made


class Group(TyperGroup):
    """Commands listed with a line each. Alone it shows its help, and a wrong name has a near one."""

    members: Mapping[str, Later]

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order that they are told in."""
        return [*self.members]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; None where there is none."""
        if cmd_name in self.members and cmd_name not in self.commands:
            self.commands[cmd_name] = self.members[cmd_name].built(cmd_name)
        return self.commands.get(cmd_name)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Nothing at all asks for help, and that is no mistake."""
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of a name.

        Raises:
            InputError: there is none.
        """
        from lpgreeks.errors import InputError

        if not args[0].startswith("-") and args[0] not in self.members:
            known = self.list_commands(ctx)
            raise InputError(
                f"a command of {ctx.command_path}", got=args[0], remedy=nearest(args[0], known) or ", ".join(known)
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each with its line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, member.told) for name, member in self.members.items()])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Of all commands, how they end."""
        if ctx.parent is None:
            with formatter.section("Exit codes"):
                formatter.write_dl([(str(code), f"{meaning}.") for code, meaning in EXIT_CODES.items()])


def group(
    told: str,
    members: Mapping[str, Later],
    *,
    flags: Callable[..., None] | None = None,
    name: str | None = None,
    completion: bool = False,
) -> Group:
    """Commands under one name.

    Args:
        told: what they are for, a sentence or more.
        members: the commands by name, in the order of the list.
        flags: a function whose parameters are flags of the group itself.
        name: of the group.
        completion: whether it has the flags that install a shell's completion.
    """
    app = _typer(name=name, cls=Group, help=told, add_completion=completion)
    app.callback()(flags or (lambda: None))
    made: Group = typer.main.get_command(app)  # type: ignore[assignment]
    made.members = members
    return made


def _typer(**said: Any) -> typer.Typer:
    plain = {"rich_markup_mode": None, "pretty_exceptions_enable": False, "add_completion": False}
    return typer.Typer(**plain | said)


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


def _require_in_file(ctx: Any, parameters: list[Any]) -> None:
    """An error for a flag beside a scenario file that is about the answer, and not about where it goes."""
    from lpgreeks.errors import InputError

    for parameter in parameters:
        if _is_said(ctx, parameter) and _heading(parameter) not in (FROM_FILE, OUTPUT, RUNNING):
            raise InputError("no flag that the file says", got=_called(parameter), remedy="Say it in the file")


def _require_effect(ctx: Any, parameters: list[Any]) -> None:
    """An error for a flag about an answer that is not given: a picture that nobody writes, files of a script."""
    from lpgreeks.cli.groups import require_unused

    said = {p.name: (_called(p), ctx.params[p.name]) for p in parameters if _is_said(ctx, p)}
    if _PICTURE in said and not ctx.params.get("out"):
        flag, picture = said[_PICTURE]
        require_unused({flag: getattr(picture, "value", picture)}, "no --out")
    if ctx.params.get("code"):
        require_unused({flag: "" for name, (flag, _) in said.items() if name in _OF_ANSWERS}, "--code")


def _is_said(ctx: Any, parameter: Any) -> bool:
    """Whether it stands on the command line."""
    source = ctx.get_parameter_source(parameter.name)
    return source is not None and source.name == _SAID


def _called(parameter: Any) -> str:
    """A flag by its long name, an argument in capitals."""
    return next((str(flag) for flag in parameter.opts if flag.startswith("--")), str(parameter.name).upper())


def _names_files(parameter: Any, given: Any) -> bool:
    """Whether a flag names files, and does: older versions of typer have text until the command itself is called."""
    return any(isinstance(part, Path) for part in _several(given)) or (
        given is not None and getattr(getattr(parameter, "type", None), "name", "") in _PATHS
    )


def _heading(parameter: Any) -> str:
    if "--help" in parameter.opts:
        return OUTPUT
    own = "Arguments" if parameter.param_type_name in ("argument",) else "Options"
    return getattr(parameter, "rich_help_panel", None) or own


def _one(flag: str) -> str:
    """A flag that may be repeated, with what it takes each time."""
    return flag.replace("<list[Path]>", "<path>").replace("<list[", "<").replace("]>", ">")


def _plain(told: str) -> str:
    """A default without the signs that typer puts about it: brackets, and in older versions what rich wants."""
    return re.sub(r"\[default: \(([^()]*)\)", r"[default: \1", told.replace("\\[", "["))


def _paragraphs(text: str | None) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in (text or "").split("\n\n")]


def _pasted(line: str, width: int) -> str:
    """A command over several lines, each ended as a shell wants it, so that it runs as it is copied."""
    lines = ["  "]
    parts = [
        part for flag in re.split(r" (?=--)", line) for part in (flag.split(" ") if len(flag) > width - 8 else [flag])
    ]
    for flag in parts:
        if len(lines[-1]) + len(flag) + len("  \\") > width:
            lines.append("      ")
        lines[-1] += flag if lines[-1].isspace() else f" {flag}"
    return " \\\n".join(lines) + "\n"
