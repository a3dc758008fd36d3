"""What a command computes, as Python: it runs the very script that ``--code`` prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Script", "printing", "run"]


@dataclass(frozen=True, kw_only=True)
class Script:
    """Python that makes an answer, and Python that prints it.

    Attributes:
        makes: whole lines, from the import on.
        prints: the last ones.
    """

    makes: str
    prints: str

    def __str__(self) -> str:
        return self.makes + self.prints


def printing(*names: str) -> str:
    """Lines that print what has these names, with an empty line between."""
    return "\nprint()\n".join(f"print({name})" for name in names)


def run(script: str, names: dict[str, Any] | None = None) -> dict[str, Any]:
    """The names that a script makes, and those that it was given."""
    names = {} if names is None else names
    exec(compile(script, "lpgreeks --code", "exec"), names)
    return names
