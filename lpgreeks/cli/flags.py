"""Flags kept as dataclasses: a command takes groups of them, and each flag is written once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import copy
from dataclasses import fields, is_dataclass
from functools import cache, wraps
from typing import Annotated, Any, get_type_hints

__all__ = ["FROM_FILE", "OUTPUT", "RUNNING", "as_flags", "called", "heading_of"]

OUTPUT = "Output"
"""The heading of the flags that say what comes out, and as what."""

FROM_FILE = "Scenario file"
"""The heading of the flag that names one."""

RUNNING = "Running"
"""The heading of the flags that change how fast an answer comes, and not the answer."""


def as_flags(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameters that are dataclasses are given field by field, as flags under their ``HEADING``."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    parameters = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            kind = groups[name]
            types = _hints(kind)
            parameters += [
                inspect.Parameter(
                    f.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=f.default,
                    annotation=_under(kind.HEADING, types[f.name]),
                )
                for f in fields(kind)
            ]
        else:
            hint = hints[name]
            own = _under(hint.__metadata__[0].rich_help_panel, hint)
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=own))

    @wraps(command)
    def flat(**given: Any) -> None:
        made = {name: kind(**{f.name: given.pop(f.name) for f in fields(kind)}) for name, kind in groups.items()}
        command(**made, **given)

    flat.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    flat.__annotations__ = {p.name: p.annotation for p in parameters}
    return flat


# One group is in many commands, and text becomes types slowly.
@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _under(heading: str | None, hint: Any) -> Any:
    """A flag's type, with the heading that the help has it under."""
    option = copy(hint.__metadata__[0])
    option.rich_help_panel = heading
    # Whoever opens a file says that it may not be read.
    option.readable = False
    return Annotated[hint.__origin__, option]


def called(parameter: Any) -> str:
    """What a person calls a parameter: a flag by its long name, an argument in capitals."""
    return next((str(flag) for flag in parameter.opts if flag.startswith("--")), str(parameter.name).upper())


def heading_of(parameter: Any) -> str:
    """What a parameter stands under in the help."""
    if "--help" in parameter.opts:
        return OUTPUT
    own = "Arguments" if parameter.param_type_name in ("argument",) else "Options"
    return getattr(parameter, "rich_help_panel", None) or own
