"""The commands of lpgreeks: their names, what each is for, and where it is."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from lpgreeks.cli.endings import ended
from lpgreeks.cli.frame import Later, group

__all__ = ["app", "main"]

NAME = "lpgreeks"

DEBUG = "--debug"

COMMANDS = {
    "hedge": Later("Size perpetuals against a pool position.", "lpgreeks.cli.hedge:hedge"),
    "options": Later("Choose puts and calls of a chain beside the perpetual.", "lpgreeks.cli.options:options"),
    "frontier": Later("Draw risk against a budget, leverage, width or horizon.", "lpgreeks.cli.frontier:frontier"),
    "range": Later("Find the range that is left so many times a week.", "lpgreeks.cli.range:range_of_exits"),
    "payoff": Later("P&L of a position and a short against the end price.", "lpgreeks.cli.payoff:payoff"),
    "greeks": Later("Amounts, value, delta and gamma over prices.", "lpgreeks.cli.greeks:greeks"),
    "scenario": Later("P&L by component over moves, volatility, days and funding.", "lpgreeks.cli.scenario:scenario"),
    "replay": Later("Replay a position with its hedge on prices that were.", "lpgreeks.cli.replay:replay"),
    "sweep": Later("Replay many settings, and judge them against holding.", "lpgreeks.cli.sweep:sweep"),
    "index": Later("What GLP or GM stands for, and hedges of it side by side.", "lpgreeks.cli.index:index"),
    "spread": Later("Calendar spreads of a coin, and a band traded on one.", "lpgreeks.cli.spread:spread"),
    "report": Later("Answer a scenario file as one page.", "lpgreeks.cli.report:report"),
    "init": Later("Write a scenario file with comments to begin with.", "lpgreeks.cli.init:init"),
    "data": Later("Fetch data, look at it, pack it otherwise; venues.", "lpgreeks.cli.data:data"),
    "schema": Later("The JSON Schema of what a command prints.", "lpgreeks.cli.schemas:schema"),
}


def _version(asked: bool) -> None:
    if asked:
        import lpgreeks

        print(lpgreeks.__version__)
        raise typer.Exit


def _flags(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option(DEBUG, help="Anywhere on the line: the traceback of an error, before its one line.")
    ] = False,
) -> None:
    pass


app = group(
    "Exposure and hedges of automated-market-maker positions. Computes; never trades.",
    COMMANDS,
    flags=_flags,
    name=NAME,
    completion=True,
)


def main() -> None:
    """Run the command line, and end with a code of :data:`~lpgreeks.cli.endings.EXIT_CODES`."""
    if f"_{NAME.upper()}_COMPLETE" in os.environ:
        app(prog_name=NAME)
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)
    flags, words = given[:end], given[end:]
    arguments = [flag for flag in flags if flag not in (DEBUG,)] + words
    code = ended(lambda: _run(arguments), debug=DEBUG in flags)
    if code:
        sys.exit(code)


def _run(arguments: list[str]) -> int:
    """What a command prints, and how it ends."""
    try:
        with app.make_context(NAME, arguments) as context:
            app.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except SystemExit as end:
        return int(end.code or 0)
    return 0
