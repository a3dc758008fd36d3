"""The commands lpgreeks data ...: what files hold, and what venues say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from lpgreeks.cli.frame import Later, group
from lpgreeks.cli.groups import require_unused
from lpgreeks.cli.output import Json, Reply, TableOutput, as_text
from lpgreeks.cli.told import Told

__all__ = ["chain", "check", "convert", "data", "venues"]

data = group(
    "Fetch data, look at it, pack it otherwise; what venues say.",
    {
        "get": Later("Fetch public data: resumed, verified, kept.", "lpgreeks.cli.get:get"),
        "check": Later("What a file holds, and whether it is usable.", "lpgreeks.cli.data:check"),
        "convert": Later("The same rows in another packing.", "lpgreeks.cli.data:convert"),
        "chain": Later("What an option chain quotes.", "lpgreeks.cli.data:chain"),
        "venues": Later("A venue's contract sizes, fees and margins on a day.", "lpgreeks.cli.data:venues"),
    },
)


def venues(
    *,
    name: Annotated[str | None, typer.Argument(help="A venue; a list of them unless said.")] = None,
    on: Annotated[str | None, typer.Option(help="The day of the venues' figures: 2023-05-01.")] = None,
    unconfirmed: Annotated[bool, typer.Option("--unconfirmed", help="Use venue figures that nobody confirms.")] = False,
    output: TableOutput,
) -> None:
    """A venue's contract sizes, steps, fees and margin tables on one day, with their flags.

    Example: lpgreeks data venues binance-coin-m --on 2023-05-01 --out figures.csv
    """
    import lpgreeks as lp
    from lpgreeks.errors import InputError

    if name is None:
        require_unused({"--on": on, "--out": output.out}, "no venue")
        print(as_text({"venues": lp.venue_names()}) if output.as_json else "\n".join(lp.venue_names()))
        return
    if on is None:
        raise InputError("--on, the day of the figures", got="none", remedy="Like --on 2023-05-01")
    venue = lp.venue(name, on=on, unconfirmed=unconfirmed)
    table = venue.table()
    rows = json.loads(table.to_json(orient="records", date_format="iso"))
    record = {"venue": name, "on": on, "rows": rows}
    output.give(Reply(text=venue.summary, record=lambda: record, table=lambda: table))


def check(
    file: Annotated[Path, typer.Argument(help="Any file that lpgreeks reads; an archive; a folder of them.")],
    told: Told,
    as_json: Json = False,
) -> None:
    """What a file holds, and whether it is usable: rows, span, gaps, duplicates, disorder, guesses. Repairs nothing.

    Ends with code 3 where it is not.

    Example: lpgreeks data check ETHUSDT-1m-2023-05.zip
    """
    import lpgreeks as lp

    report = lp.check_file(file, **told.arguments())
    print(as_text(report.to_dict()) if as_json else report.summary())
    if not report.usable:
        raise typer.Exit(3)


def convert(
    file: Annotated[Path, typer.Argument(help="Any file that lpgreeks reads; an archive; a folder of them.")],
    out: Annotated[Path, typer.Argument(help="Ending in .parquet, .csv, .csv.gz, .zip or .json.")],
    told: Told,
    as_json: Json = False,
) -> None:
    """The same rows in another packing, which read the same bit for bit; written whole or not at all.

    Klines become a table of prices. The input is never replaced.

    Example: lpgreeks data convert ETHUSDT-1m-2023-05.zip ETHUSDT-1m-2023-05.parquet
    """
    import lpgreeks as lp

    converted = lp.convert_file(file, out, **told.arguments())
    print(as_text(converted.to_dict()) if as_json else converted)


def chain(
    *,
    file: Annotated[Path, typer.Argument(help="An option chain: JSON, CSV or Parquet.")],
    base: Annotated[str | None, typer.Option(help="The coin, where the file has several.")] = None,
    at: Annotated[
        str | None, typer.Option(help="The last snapshot not after that time, UTC: 2026-01-05 12:00.")
    ] = None,
    output: TableOutput,
) -> None:
    """What is quoted: rows read and left out, forwards by parity beside the file's own, prices that do not fit.

    Example: lpgreeks data chain options.parquet --base ETH --at "2026-01-05 12:00"
    """
    import lpgreeks as lp

    quoted = lp.read_chain(file, base=base, at=at)
    report, forwards = quoted.check(), quoted.forwards()
    forwards.insert(1, "options", [int(parity.rows_of(quoted).sum()) for parity in quoted.parity])
    rows = json.loads(forwards.to_json(orient="records", date_format="iso", double_precision=15))
    record = {"read": len(quoted), "left_out": dict(quoted.rejections), "index": quoted.index, "forwards": rows}
    record = {k: v if v == v else None for k, v in record.items()} | {"check": report.to_dict()}
    index = "no index" if record["index"] is None else f"index {quoted.index:,.2f} {quoted.quote}"
    shown = forwards.assign(expiry=forwards["expiry"].dt.strftime("%Y-%m-%d %H:%M"))
    text = [
        f"{len(quoted):,} rows read, {sum(quoted.rejections.values()):,} left out; {index}",
        report.summary(),
        "\nforwards by put-call parity of the marks, beside the file's own",
        shown.to_string(index=False, na_rep="", float_format=lambda x: f"{x:,.8g}"),
    ]
    output.give(Reply(text=lambda: "\n".join(text), record=lambda: record, table=lambda: forwards))
