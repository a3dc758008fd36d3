"""In which line of a TOML text something is said."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

__all__ = ["Place", "line_of"]

_LIST = "[["
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]#]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*[^=]*?)?\s*=""")

_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^."'\s]+))\s*(?:\.|$)""")


@dataclass(frozen=True)
class Place:
    """Where something stands: the keys that lead to it, and numbers within lists."""

    parts: tuple[str | int, ...] = ()

    def __truediv__(self, part: str | int) -> Place:
        return Place((*self.parts, part))

    def __str__(self) -> str:
        text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in self.parts)
        return text.removeprefix(".") or "the file"


def line_of(text: str, place: Place) -> int | None:
    """The line, from 1, of the deepest part of a place that has one: inline tables and lists count as their key."""
    best: tuple[int, int] | None = None
    for number, at in _said(text):
        if at == place.parts[: len(at)] and (best is None or len(at) > best[0]):
            best = len(at), number
    return None if best is None else best[1]


def _said(text: str) -> list[tuple[int, tuple[str | int, ...]]]:
    """Every line that begins a table or a key, with what it begins."""
    found: list[tuple[int, tuple[str | int, ...]]] = []
    table: tuple[str | int, ...] = ()
    counts: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(text.split("\n"), start=1):
        if (header := _HEADER.match(line)) is not None and "=" not in header[2]:
            names = tuple("".join(part.groups("")) for part in _PART.finditer(header[2]))
            if header[1] == _LIST:
                counts[names] += 1
            table = _numbered(names, counts)
            found.append((number, table))
        elif (key := _KEY.match(line)) is not None:
            found.append((number, (*table, key[1].strip("\"'"))))
    return found


def _numbered(names: tuple[str, ...], counts: Counter[tuple[str, ...]]) -> tuple[str | int, ...]:
    """The path of a header, with the number of each list on the way."""
    path: list[str | int] = []
    for i, name in enumerate(names, start=1):
        path.append(name)
        if counts[names[:i]]:
            path.append(counts[names[:i]] - 1)
    return tuple(path)
