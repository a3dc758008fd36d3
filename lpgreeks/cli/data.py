"""The commands lpgreeks data ...: what files hold, and what venues say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from lpgreeks.cli.flags import spread
from lpgreeks.cli.frame import Commands
from lpgreeks.cli.get import get
from lpgreeks.cli.output import Json, Out, as_text, require_table, write
from lpgreeks.cli.told import Told

__all__ = ["data"]

data = Commands(help="Fetch data, look at it, pack it otherwise; what venues say.")
data.add_typer(get, name="get")


@data.command("venues")
def venues_command(
    name: Annotated[str | None, typer.Argument(help="A venue; a list of them unless said.")] = None,
    on: Annotated[str | None, typer.Option(help="The day of the venues' figures: 2023-05-01.")] = None,
    unconfirmed: Annotated[bool, typer.Option("--unconfirmed", help="Use venue figures that nobody confirms.")] = False,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """A venue's contract sizes, steps, fees and margin tables on one day, with their flags.

    Example: lpgreeks data venues binance-coin-m --on 2023-05-01 --out figures.csv
    """
    import lpgreeks as lp
    from lpgreeks.errors import InputError

    if name is None:
        print(as_text({"venues": lp.venue_names()}) if as_json else "\n".join(lp.venue_names()))
        return
    if on is None:
        raise InputError("--on, the day of the figures", got="none", remedy="Like --on 2023-05-01")
    require_table(out)
    venue = lp.venue(name, on=on, unconfirmed=unconfirmed)
    table = venue.table()
    rows = json.loads(table.to_json(orient="records", date_format="iso"))
    print(as_text({"venue": name, "on": on, "rows": rows}) if as_json else venue.summary())
    if out is not None:
        write(out, None, lambda: table, lambda: {"venue": name, "on": on, "rows": rows})


@data.command("check")
@spread
def check_command(
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


@data.command("convert")
@spread
def convert_command(
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


@data.command("chain")
def chain_command(
    file: Annotated[Path, typer.Argument(help="An option chain: JSON, CSV or Parquet.")],
    base: Annotated[str | None, typer.Option(help="The coin, where the file has several.")] = None,
    at: Annotated[
        str | None, typer.Option(help="The last snapshot not after that time, UTC: 2026-01-05 12:00.")
    ] = None,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """What is quoted: rows read and left out, forwards by parity beside the file's own, prices that do not fit.

    Example: lpgreeks data chain options.parquet --base ETH --at "2026-01-05 12:00"
    """
    import lpgreeks as lp

    require_table(out)
    chain = lp.read_chain(file, base=base, at=at)
    report, forwards = chain.check(), chain.forwards()
    forwards.insert(1, "options", [int(parity.rows_of(chain).sum()) for parity in chain.parity])
    rows = json.loads(forwards.to_json(orient="records", date_format="iso", double_precision=15))
    record = {"read": len(chain), "left_out": dict(chain.rejections), "index": chain.index, "forwards": rows}
    record = {k: v if v == v else None for k, v in record.items()} | {"check": report.to_dict()}
    if as_json:
        print(as_text(record))
    else:
        left_out = sum(chain.rejections.values())
        index = "no index" if record["index"] is None else f"index {chain.index:,.2f} {chain.quote}"
        print(f"{len(chain):,} rows read, {left_out:,} left out; {index}")
        print(report.summary())
        shown = forwards.assign(expiry=forwards["expiry"].dt.strftime("%Y-%m-%d %H:%M"))
        print("\nforwards by put-call parity of the marks, beside the file's own")
        print(shown.to_string(index=False, na_rep="", float_format=lambda x: f"{x:,.8g}"))
    if out is not None:
        write(out, None, lambda: forwards, lambda: record)
