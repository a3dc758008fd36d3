"""The command that says what ``--json`` prints: a JSON Schema of each command's record."""

from __future__ import annotations

import json
from typing import Annotated, Any

from typer import Argument

from lpgreeks.cli.output import SCHEMA

__all__ = ["schema", "schema_of"]

_TYPES = {"number": "number", "whole": "integer", "text": "string", "flag": "boolean"}


def _names(incomplete: str) -> list[str]:
    from lpgreeks.cli.records import RECORDS

    return [name for name in RECORDS if name.startswith(incomplete)]


def schema(
    command: Annotated[list[str], Argument(help="Whose: hedge, or data check.", autocompletion=_names)],
) -> None:
    """The JSON Schema of what a command prints with --json: each key, its type, and its unit.

    Example: lpgreeks schema hedge

    Example: lpgreeks schema data check
    """
    from lpgreeks.cli.mistakes import nearest
    from lpgreeks.cli.records import RECORDS
    from lpgreeks.errors import InputError

    name = "-".join(command)
    if name not in RECORDS:
        raise InputError(
            "a command with --json", got=" ".join(command), remedy=nearest(name, RECORDS) or ", ".join(RECORDS)
        )
    print(json.dumps(schema_of(name), indent=2))


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a command's record; keys that it does not name may come with a later version."""
    from lpgreeks.cli.records import RECORDS

    head = {"lpgreeks": "text: the version that wrote it", "schema": "whole: grows when a key goes or changes"}
    shapes = [_object(head | record) for record in RECORDS[name]]
    told = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"lpgreeks {name.replace('-', ' ')} --json, schema {SCHEMA}",
    }
    return told | (shapes[0] if len(shapes) == 1 else {"anyOf": shapes})


def _schema(shape: Any) -> dict[str, Any]:
    if isinstance(shape, dict):
        return _object(shape)
    if isinstance(shape, list):
        return {"type": "array", "items": _schema(shape[0])}
    kind, _, meaning = shape.partition(": ")
    told = {"description": meaning}
    if (word := kind.removesuffix("?")) not in _TYPES:
        return told
    return {"type": [_TYPES[word], "null"] if kind.endswith("?") else _TYPES[word], **told}


def _object(shape: dict[str, Any]) -> dict[str, Any]:
    keys = {key: _schema(value) for key, value in shape.items() if key not in ("*",)}
    found: dict[str, Any] = {"type": "object"}
    if keys:
        found["properties"] = {
            key.removesuffix("?"): {"anyOf": [schema, {"type": "null"}]} if key.endswith("?") else schema
            for key, schema in keys.items()
        }
        found["required"] = [key for key in keys if not key.endswith("?")]
    if "*" in shape:
        found["additionalProperties"] = _schema(shape["*"])
    return found
