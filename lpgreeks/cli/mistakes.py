"""A command line that cannot be read, in one line: what was expected, what came, and the nearest that is right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import typer

from lpgreeks.cli.flags import called

__all__ = ["UsageError", "nearest", "usage_line"]

UsageError: Any = typer.BadParameter.__base__
"""What typer raises; it keeps the class in one module or another, by its version."""

_KINDS = {"integer": "a whole number", "number": "a number", "float": "a number"}
"""What typer calls a value, and what a reader does."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A remedy with the names that are nearest to a wrong one; empty where none is near."""
    found = get_close_matches(name, list(known))
    return f"Did you mean {' or '.join(found)}?" if found else ""


def usage_line(error: Any) -> str:
    """What is wrong with a command line."""
    message = " ".join(error.format_message().split()).rstrip(".")
    if error.ctx is None:
        # A flag that is there, without its value or with one that it does not take.
        return f"expected {error.option_name} as its help has it; got this: {message}"
    command = error.ctx.command_path
    told = f"`{command} --help` lists them"
    flags = [flag for parameter in error.ctx.command.params for flag in parameter.opts if flag.startswith("--")]
    if (wrong := getattr(error, "option_name", None)) and wrong not in flags:
        return f"expected a flag of {command}; got {wrong}. {nearest(wrong, flags) or told}"
    parameter = getattr(error, "param", None)
    if parameter is None:
        return f"expected what `{command} --help` says; got this: {message}"
    name = called(parameter)
    if message.startswith("Missing"):
        return f"expected {name}, which is needed; got none. `{command} --help` says what it is"
    return f"expected {_expected(name, message)}; got {_given(error, message)}"


def _expected(name: str, message: str) -> str:
    if choices := re.search(r"is not one of (.*)", message):
        return f"{name} as one of {choices[1].replace(chr(39), '')}"
    kind = next((said for word, said in _KINDS.items() if f"valid {word}" in message), None)
    return f"{name} as {kind}" if kind else f"a {name} that fits ({message.partition(': ')[2]})"


def _given(error: Any, message: str) -> str:
    """The value, as it came."""
    if hasattr(error.__cause__, "errors"):
        return str(error.__cause__.errors()[0]["input"])
    found = re.search(r"'?([^' ]*)'? is not", message)
    return found[1] if found else "another"
