"""What a command leaves: text or JSON on the screen, and files that are written whole or not at all."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from typer import Option

from lpgreeks.cli.flags import OUTPUT
from lpgreeks.cli.scripts import Script, run

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    import lpgreeks as lp

__all__ = [
    "SCHEMA",
    "Code",
    "Grid",
    "Json",
    "PictureOutput",
    "Reply",
    "ScriptOutput",
    "TableOutput",
    "as_text",
    "require_writable",
    "written",
]

SCHEMA = 1
"""The number of what ``lpgreeks schema`` prints: it grows when a key goes, or changes its type or its unit."""

_PICTURES = (".png", ".svg", ".pdf")
_TABLES = (".csv", ".json")
_PAGE, _FILE = ".html", ".toml"

Json = Annotated[bool, Option("--json", help="Print JSON: see lpgreeks schema.", rich_help_panel=OUTPUT)]
Grid = Annotated[str, Option(help="How far apart the points of the series stand: 10min, 1h.")]
Code = Annotated[bool, Option("--code", help="Print the Python script that does the same.", rich_help_panel=OUTPUT)]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a command found, in every form that it may be asked for; a form is made when it is asked for.

    Attributes:
        text: for a screen.
        record: plain types, for JSON.
        table: rows.
        plot: a picture.
        results: what a page shows, the first one first.
        scenario: what made them.
    """

    text: Callable[[], str]
    record: Callable[[], dict[str, Any]]
    table: Callable[[], pd.DataFrame] | None = None
    plot: Callable[[], Axes] | None = None
    results: Sequence[Any] = ()
    scenario: Callable[[], lp.Scenario] | None = None

    @classmethod
    def of(cls, result: Any, *, plot: Callable[[], Axes] | None = None) -> Reply:
        """One result, as it tells itself; ``plot`` where it is another picture than its own."""
        import lpgreeks as lp

        return cls(
            text=result.summary, record=result.to_dict, table=result.table, plot=plot or result.plot,
            results=[result], scenario=lambda: lp.scenario_of(result),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TableOutput:
    """Where an answer goes: to the screen, and to the files of a table."""

    HEADING: ClassVar[str] = OUTPUT
    ENDINGS: ClassVar[tuple[str, ...]] = _TABLES

    as_json: Json = False
    out: Annotated[list[Path] | None, Option(help="Write the table (.csv), or all of it (.json); repeat for more.")] = (
        None
    )

    def __post_init__(self) -> None:
        for file in self.out or ():
            require_writable(file, self.ENDINGS)

    def give(self, reply: Reply) -> None:
        """Print it, and write the files."""
        print(as_text(reply.record()) if self.as_json else reply.text())
        for file in self.out or ():
            written(file, partial(_FORMS[file.suffix], reply))


@dataclass(frozen=True, kw_only=True)
class PictureOutput(TableOutput):
    """The same of an answer that has a picture, and a scenario that made it."""

    ENDINGS: ClassVar[tuple[str, ...]] = (*_PICTURES, *_TABLES, _FILE)

    out: Annotated[
        list[Path] | None,
        Option(
            help="Write the picture (.png, .svg, .pdf), the table (.csv), all of it (.json), or the scenario that made "
            "it (.toml); repeat for more."
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ScriptOutput(PictureOutput):
    """The same of an answer that has a page, and that a script makes."""

    ENDINGS: ClassVar[tuple[str, ...]] = (*PictureOutput.ENDINGS, _PAGE)

    out: Annotated[
        list[Path] | None,
        Option(
            help="Write the picture (.png, .svg, .pdf), the table (.csv), all of it (.json), a page (.html), or the "
            "scenario that made it (.toml); repeat for more."
        ),
    ] = None
    code: Code = False

    def answer(self, script: Script, answered: Callable[[dict[str, Any]], Reply]) -> None:
        """The script itself, or the answer that it makes.

        Args:
            script: what was asked.
            answered: the answer, from the names that the script has made.
        """
        if self.code:
            print(script)
        else:
            self.give(answered(run(script.makes)))


def as_text(record: dict[str, Any]) -> str:
    """JSON, as standards have it: no NaN. First who wrote it, and by which number of the schemas."""
    from lpgreeks import __version__

    return json.dumps({"lpgreeks": __version__, "schema": SCHEMA} | record, indent=2, allow_nan=False)


def require_writable(file: Path, endings: Sequence[str], *, flag: str = "--out") -> None:
    """An error, before anything is computed, for a file that cannot be written, or of a form that there is not."""
    from lpgreeks.errors import DataError, InputError

    if file.suffix not in endings:
        raise InputError(f"{flag} as a file ending in {', '.join(sorted(endings))}", got=str(file))
    if file.is_dir() or not file.parent.is_dir():
        raise InputError(f"{flag} as a file in an existing folder", got=str(file))
    if not os.access(file.parent, os.W_OK):
        raise DataError(f"{flag} as a file in a folder that may be written to", got=str(file))


def written(file: Path, make: Callable[[Path], Any]) -> None:
    """A file, whole or not at all; a person is told."""
    from lpgreeks._files import whole

    with whole(file, remedy="Name another place; nothing is left there") as part:
        make(part)
    if sys.stderr.isatty():
        print(f"wrote {file}", file=sys.stderr)


# ---- each form of a file, from a reply that has it


def _draw(reply: Any, part: Path) -> None:
    from lpgreeks.draw import saved

    saved(reply.plot, part)


def _tabulate(reply: Any, part: Path) -> None:
    reply.table().to_csv(part, index=False)


def _record(reply: Any, part: Path) -> None:
    part.write_text(as_text(reply.record()) + "\n", encoding="utf-8")


def _page(reply: Any, part: Path) -> None:
    from lpgreeks.reports import report

    first, *others = reply.results
    report(first, part, beside=others, scenario=reply.scenario().text if reply.scenario else None)


def _scenario(reply: Any, part: Path) -> None:
    reply.scenario().write(part)


_FORMS = dict.fromkeys(_PICTURES, _draw) | {".csv": _tabulate, ".json": _record, ".html": _page, ".toml": _scenario}
