"""What a notebook shows of a noun and of an answer: the one place that writes HTML for a cell."""

from __future__ import annotations

import inspect
import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, fields, is_dataclass
from enum import Enum
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answer", "Noun", "Tabled", "shortened", "table_html", "told"]

# Characters of a cell and of a line, entries of a list and rows of a table that are still read, not scrolled.
_CELL, _LINE, _FEW, _ROWS = 120, 199, 6, 60

_SECTIONS = ("Args:", "Attributes:")


class Noun:
    """A record: printed as one line, in a notebook a table of each field, its value and what its class says of it."""

    __slots__ = ()

    def __repr__(self) -> str:
        given = {f.name: own for f in _shown(self) if _set(f, own := getattr(self, f.name))}
        words = (f"{name}={own!r}" if isinstance(own, str) else f"{name}={told(own)}" for name, own in given.items())
        return shortened(f"{type(self).__name__}({', '.join(words)})")

    def _repr_html_(self) -> str:
        kind = type(self)
        meanings = _meanings(kind)
        rows = [(f.name, told(getattr(self, f.name)), meanings.get(f.name, "")) for f in _shown(self)]
        first = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")
        head = f"<p><b>{escape(kind.__name__)}</b>. {escape(_plain(first))}</p>"
        return head + (table_html(("field", "value", "what it is"), rows) if rows else f"<p>{escape(repr(self))}</p>")


def _shown(noun: Noun) -> list[Field[Any]]:
    """The fields of a record that are for reading."""
    return [f for f in fields(noun) if f.repr and not f.name.startswith("_")] if is_dataclass(noun) else []


def _set(own: Field[Any], value: Any) -> bool:
    """Whether a field holds something other than its default."""
    plain = isinstance(own.default, (str, int, float)) and isinstance(value, (str, int, float))
    return value is not own.default and not (plain and value == own.default)


class Tabled(Noun):
    """What a notebook shows as a line of text and a table."""

    __slots__ = ()

    @abstractmethod
    def table(self) -> pd.DataFrame:
        """Its rows."""

    @abstractmethod
    def summary(self) -> str:
        """Its text."""

    def _headline(self) -> str:
        return self.summary().splitlines()[0]

    def _cell(self) -> pd.DataFrame:
        """The table of a cell."""
        return self.table()

    def _repr_html_(self) -> str:
        import pandas as pd

        table = self._cell()
        numbered = isinstance(table.index, pd.RangeIndex)
        return f"<p><b>{escape(self._headline())}</b></p>{table.to_html(index=not numbered, max_rows=_ROWS)}"


class Answer(Tabled):
    """What a notebook shows as one sentence with its table under it."""

    __slots__ = ()

    @abstractmethod
    def sentence(self) -> str:
        """The answer in one sentence."""

    def _headline(self) -> str:
        return self.sentence()


def table_html(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of words, every one escaped."""

    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f'<{tag} style="text-align: left">{escape(c)}</{tag}>' for c in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f"<table><thead>{line(head, 'th')}</thead><tbody>{body}</tbody></table>"


def told(value: Any) -> str:
    """One cell: numbers with thousands apart, arrays by their size and ends, the rest by a short line."""
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, float):
        return f"{value:,.10g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, str):
        return shortened(value, _CELL)
    if value is None:
        return "none"
    return shortened(_listed(value), _CELL)


def _listed(value: Any) -> str:
    """Several things by their first ones; one by its own short line."""
    if isinstance(value, Mapping):
        entries = [f"{told(name)}: {told(own)}" for name, own in [*value.items()][:_FEW]]
    elif isinstance(value, (tuple, list, frozenset)):
        entries = [told(own) for own in [*value][:_FEW]]
    else:
        return getattr(value, "__name__", None) or repr(value)
    more = len(value) - len(entries)
    return "; ".join(entries) + (f"; and {more:,} more" if more else "") or "none"


def _array(value: np.ndarray[Any, Any]) -> str:
    shape = f"{value.size:,}" if value.ndim == 1 else " x ".join(map(str, value.shape))
    if not value.size or value.dtype.kind not in "fiuMm":
        return f"{shape} values"
    known = value[~np.isnat(value)] if value.dtype.kind in "Mm" else value[~np.isnan(value)]
    if not known.size:
        return f"{shape} values, none known"
    low, high = known.min(), known.max()
    if value.dtype.kind in "Mm":
        return f"{shape} times, {_moment(low)} to {_moment(high)}"
    return f"{shape} numbers, {low:,.6g} to {high:,.6g}"


def _moment(time: Any) -> str:
    return str(time.astype("M8[s]")).replace("T", " ") if isinstance(time, np.datetime64) else str(time)


def shortened(text: str, most: int = _LINE) -> str:
    """One line of at most ``most`` characters; what is left out is an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _plain(doc: str) -> str:
    """Words of a docstring without its marks; formulas in dollars, which a notebook sets."""
    formulas = re.sub(r":math:`([^`]*)`", r"$\1$", doc)
    return re.sub(r":\w+:`~?(?:lpgreeks\.)?([^`]*)`", r"\1", formulas).replace("`", "")


def _meanings(kind: type) -> Mapping[str, str]:
    """What the docstrings of a class and of its bases say of each field, in one line."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        name, inside = "", False
        for line in inspect.cleandoc(base.__doc__ or "").splitlines():
            depth = len(line) - len(line.lstrip())
            if depth == 0:
                inside, name = (line in _SECTIONS) if line else inside, ""
            elif inside and depth == 4 and ":" in line:
                names, text = line.strip().split(":", 1)
                name = names
                found |= {own.strip(): _plain(text.strip()) for own in names.split(",")}
            elif inside and name:
                found |= {own.strip(): f"{found[own.strip()]} {_plain(line.strip())}" for own in name.split(",")}
    return found
