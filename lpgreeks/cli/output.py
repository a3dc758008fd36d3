"""What a command leaves: JSON on the screen, and files that are written whole or not at all."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from typer import Option

from lpgreeks.cli.frame import OUTPUT

SCHEMA = 1
"""The number of what ``lpgreeks schema`` prints: it grows when a key goes, or changes its type or its unit."""

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "SCHEMA",
    "Code",
    "Grid",
    "Json",
    "Out",
    "as_text",
    "require_no_page",
    "require_table",
    "require_writable",
    "write",
]

Json = Annotated[bool, Option("--json", help="Print JSON: see lpgreeks schema.", rich_help_panel=OUTPUT)]
Code = Annotated[bool, Option("--code", help="Print the Python script that does the same.", rich_help_panel=OUTPUT)]
Out = Annotated[
    Path | None,
    Option(
        help="Write the picture (.png, .svg, .pdf), the table (.csv), all of it (.json), a page (.html), or the "
        "scenario that made it (.toml).",
        rich_help_panel=OUTPUT,
    ),
]
Grid = Annotated[str, Option(help="How far apart the points of the series stand: 10min, 1h.", rich_help_panel=OUTPUT)]


def require_writable(out: Path | None) -> None:
    """An error, before anything is computed, for a file that cannot be written."""
    from lpgreeks.errors import InputError

    endings = {".png", ".svg", ".pdf", ".csv", ".json", ".html", ".toml"}
    if out is None:
        return
    if out.suffix not in endings:
        raise InputError(f"a file ending in {', '.join(sorted(endings))}", got=str(out))
    if out.is_dir() or not out.parent.is_dir():
        raise InputError("a file in an existing folder", got=str(out))


def require_no_page(out: Path | None) -> None:
    """An error, before anything is computed, for a page of what has none."""
    from lpgreeks.errors import InputError

    if out is not None and out.suffix in (".html",):
        endings = ".png, .svg, .pdf, .csv, .json"
        raise InputError(f"a file ending in {endings}", got=str(out), remedy="Only what answers a question has a page")


def require_table(out: Path | None) -> None:
    """The same, for what has no picture."""
    from lpgreeks.errors import InputError

    require_writable(out)
    if out is not None and out.suffix not in (".csv", ".json"):
        raise InputError("a file ending in .csv, .json", got=str(out), remedy="There is no picture of a table")


def as_text(record: dict[str, Any]) -> str:
    """JSON, as standards have it: no NaN. First who wrote it, and by which number of the schemas."""
    from lpgreeks import __version__

    return json.dumps({"lpgreeks": __version__, "schema": SCHEMA} | record, indent=2, allow_nan=False)


def write(
    out: Path,
    plot: Any,
    table: Any,
    record: Any,
    results: Sequence[Any] = (),
    scenario: Callable[[], Any] | None = None,
) -> None:
    """One file by its ending, written whole or not at all.

    A page shows the first of ``results``, and the others below; ``scenario`` makes what made them.
    """
    from lpgreeks._files import whole

    with whole(out, remedy="Name another place with --out; nothing is left there") as part:
        if out.suffix == ".toml" and scenario is not None:
            scenario().write(part)
        elif out.suffix == ".csv":
            table().to_csv(part, index=False)
        elif out.suffix == ".json":
            part.write_text(as_text(record()) + "\n", encoding="utf-8")
        elif out.suffix == ".html":
            from lpgreeks.reports import report

            report(results[0], part, beside=results[1:], scenario=scenario().text if scenario else None)
        else:
            import matplotlib as mpl

            mpl.use("Agg")
            axes: Axes = plot()
            cast("Figure", axes.figure).savefig(part, dpi=150)
    if sys.stderr.isatty():
        print(f"wrote {out}", file=sys.stderr)
