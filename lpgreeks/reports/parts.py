"""What a page is made of: plain parts, in the order in which a reader asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, NamedTuple

__all__ = ["Cell", "Formula", "Origin", "Page", "Picture", "Source", "Table"]


class Origin(Enum):
    """Where numbers come from; its value is what a reader is told."""

    RECORDED = "recorded: what happened, as read"
    SYNTHETIC = "SYNTHETIC: made by a rule, not what happened"
    DRAWN = "drawn at random"
    MODEL = "a model, no data"
    STATED = "stated by the user"


class Source(NamedTuple):
    """One origin of numbers, and what is known of it."""

    origin: Origin
    text: str


class Cell(NamedTuple):
    """One place of a table: what is shown, and the number behind it to its last digit, None for words."""

    text: str
    number: float | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of cells under a header.

    Attributes:
        caption: what the rows are.
        header: one name per column, units in brackets.
        rows: as many cells each.
        left_out: how many more rows the result has.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int = 0

    @property
    def columns(self) -> tuple[tuple[str, bool], ...]:
        """Each name, and whether its column holds numbers."""
        numbers = (any(row[i].number is not None for row in self.rows) for i in range(len(self.header)))
        return tuple(zip(self.header, numbers, strict=True))


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture.

    Attributes:
        caption: what is seen, its title.
        svg: the picture, to stand inside a page.
        data: what can be pointed at: for each of its axes the box, the scales and the lines, bars or tiles.
    """

    caption: str
    svg: str
    data: Mapping[str, Any]


class Formula(NamedTuple):
    """What something is, in LaTeX: pairs of a left side and a right side."""

    name: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A result as a page.

    Attributes:
        title: what kind of answer it is.
        question: what was asked, as pairs: what was held, offered, over what, judged by what.
        answer: in one sentence; one for each result on the page.
        tables: the figures.
        pictures: what is drawn.
        notes: what is taken as given, and what the numbers mean.
        formulas: what was computed with.
        sources: where the numbers come from.
        seeds: what was drawn at random, and with which seed.
    """

    title: str
    question: tuple[tuple[str, str], ...] = ()
    answer: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()
    formulas: tuple[Formula, ...] = ()
    sources: tuple[Source, ...] = ()
    seeds: tuple[str, ...] = ()

    def __add__(self, other: Page) -> Page:
        """Both on one page under the first title; what they say twice is said once, a table as the second has it."""
        parts = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)[1:]}
        once = ("question", "answer", "notes", "formulas", "sources", "seeds")
        tables = {table.caption: table for table in parts["tables"]}
        said = {name: tuple(dict.fromkeys(parts[name])) for name in once}
        return Page(title=self.title, **parts | said | {"tables": tuple(tables.values())})

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Each kind of source once, what is synthetic first."""
        found = {source.origin for source in self.sources}
        return tuple(sorted(found, key=lambda origin: (origin is not Origin.SYNTHETIC, origin.name)))
