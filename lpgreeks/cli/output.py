"""What a command leaves: JSON on the screen, and files that are written whole or not at all."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from typer import Option

from lpgreeks.cli.frame import OUTPUT

SCHEMA = 1
"""The number of what ``lpgreeks schema`` prints: it grows when a key goes, or changes its type or its unit."""

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["SCHEMA", "Code", "Grid", "Json", "Out", "as_text", "require_table", "require_writable", "write"]

Json = Annotated[bool, Option("--json", help="Print JSON: see lpgreeks schema.", rich_help_panel=OUTPUT)]
Code = Annotated[bool, Option("--code", help="Print the Python script that does the same.", rich_help_panel=OUTPUT)]
Out = Annotated[
    Path | None,
    Option(
        help="Write the picture (.png, .svg, .pdf), the table (.csv), all of it (.json), or the scenario that made it "
        "(.toml).",
        rich_help_panel=OUTPUT,
    ),
]
Grid = Annotated[str, Option(help="How far apart the points of the series stand: 10min, 1h.", rich_help_panel=OUTPUT)]


def require_writable(out: Path | None) -> None:
    """An error, before anything is computed, for a file that cannot be written."""
    from lpgreeks.errors import InputError

    endings = {".png", ".svg", ".pdf", ".csv", ".json", ".toml"}
    if out is None:
        return
    if out.suffix not in endings:
        raise InputError(f"a file ending in {', '.join(sorted(endings))}", got=str(out))
    if out.is_dir() or not out.parent.is_dir():
        raise InputError("a file in an existing folder", got=str(out))


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


def write(out: Path, plot: Any, table: Any, record: Any, scenario: Any = None) -> None:
    """One file by its ending, written whole or not at all."""
    from lpgreeks.errors import DataError

    if out.suffix == ".toml":
        scenario().write(out)
        print(f"wrote {out}", file=sys.stderr)
        return
    part = out.with_name(f".{out.stem}.part{out.suffix}")
    try:
        if out.suffix == ".csv":
            table().to_csv(part, index=False)
        elif out.suffix == ".json":
            part.write_text(as_text(record()) + "\n", encoding="utf-8")
        else:
            import matplotlib as mpl

            mpl.use("Agg")
            axes: Axes = plot()
            cast("Figure", axes.figure).savefig(part, dpi=150)
        os.replace(part, out)
    except OSError as error:
        raise DataError(
            "a folder with room that may be written to",
            got=f"{out}: {error.strerror or error}",
            remedy="Name another place with --out; nothing is left there",
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    if sys.stderr.isatty():
        print(f"wrote {out}", file=sys.stderr)
