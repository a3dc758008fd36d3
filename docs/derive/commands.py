"""The help of every command, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from lpgreeks.cli.app import app

HEAD = """\
# Command line

Every command and flag, as `--help` shows them. Rates, shares and spreads are decimals.
"""
WIDTH = 96


def commands(command: Any, parent: typer.Context | None, name: str) -> Iterator[tuple[str, str]]:
    """``(path, help)`` of a command and of those below it."""
    context = command.make_context(
        name, [], parent=parent, resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH
    )
    yield context.command_path, command.get_help(context)
    for sub in sorted(getattr(command, "members", {})):
        yield from commands(command.get_command(context, sub), context, sub)


def page() -> str:
    """The whole page, in MyST."""
    parts = [f"\n## {path}\n\n```text\n{text.rstrip()}\n```\n" for path, text in commands(app, None, "lpgreeks")]
    return HEAD + "".join(parts)
