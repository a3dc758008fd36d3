"""How every command looks: flags under headings, examples that a shell takes, and the nearest name of a wrong one.

A command is imported when it is called, asked for its help, or completed; the help that lists them all needs none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from lpgreeks.cli.checks import require_sound
from lpgreeks.cli.endings import EXIT_CODES
from lpgreeks.cli.flags import as_flags, heading_of
from lpgreeks.cli.mistakes import nearest

__all__ = ["Command", "Group", "Later", "group"]

_EXAMPLE = "Example: "
_AFTER = "With --debug an error says where it arose. What the exit codes mean: lpgreeks --help."


class Command(TyperCommand):
    """A command whose help has its flags under headings and its examples at the end."""

    def invoke(self, ctx: Any) -> Any:
        """Run it.

        Raises:
            InputError: what :func:`~lpgreeks.cli.checks.require_sound` refuses.
        """
        require_sound(ctx, self.params)
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
                sections.setdefault(heading_of(parameter), []).append((_one(record[0]), _plain(record[1])))
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
