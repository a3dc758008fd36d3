"""What a file would say twice of the same data stands once, under ``[shared]``, and is named where it is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from lpgreeks.scenario_file.names import MARK

__all__ = ["SHARED", "shared_once"]

SHARED = "shared"

_READER = "'kind': 'read_"
_OWN = "of"


def shared_once(said: dict[str, Any]) -> dict[str, Any]:
    """The same tables; of those that read data, each that stands in several places is said once."""
    kept: dict[str, Any] = {}
    while (found := _repeated(said | {SHARED: kept})) is not None:
        key, table = found
        name = next(n for i in range(len(kept) + 1) if (n := key if i == 0 else f"{key}_{i + 1}") not in kept)
        kept[name] = table
        said = _named(said, table, f"{MARK}{name}")
        kept = {n: t if n == name else _named(t, table, f"{MARK}{name}") for n, t in kept.items()}
    return said | ({SHARED: kept} if kept else {})


def _repeated(said: Any) -> tuple[str, dict[str, Any]] | None:
    """The largest table of data that stands there more than once, with the key of its first place."""
    tables = list(_data(said, ""))
    counts = Counter(repr(table) for _, table in tables)
    several = [(key, table) for key, table in tables if counts[repr(table)] > 1]
    return max(several, key=lambda found: len(repr(found[1])), default=None)


def _data(said: Any, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(said, Mapping):
        if "kind" in said and _READER in repr(said):
            # A method's own noun is best called by what reads it.
            yield (key if key != _OWN else str(said["kind"]).rpartition("_")[2].lower()), dict(said)
        for name, part in said.items():
            yield from _data(part, name)
    elif isinstance(said, list):
        for part in said:
            yield from _data(part, key)


def _named(said: Any, table: dict[str, Any], name: str) -> Any:
    if isinstance(said, Mapping):
        return name if repr(said) == repr(table) else {key: _named(part, table, name) for key, part in said.items()}
    return [_named(part, table, name) for part in said] if isinstance(said, list) else said
