"""The commands that replay a position with its hedge: once, and for every setting of a grid."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from lpgreeks.cli.flags import spread
from lpgreeks.cli.frame import OUTPUT
from lpgreeks.cli.from_file import FromFile, script_of_file
from lpgreeks.cli.hedged import Hedging, ReplayedPool
from lpgreeks.cli.output import Code, Grid, Json, as_text, require_writable, write
from lpgreeks.cli.ranking import Ranking
from lpgreeks.cli.replayed import ReplayRequest, SweepRequest
from lpgreeks.cli.request import run
from lpgreeks.cli.rule import Swept, Triggers
from lpgreeks.cli.tape import Happened

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["replay_command", "sweep_command"]

_SWEPT = """\
hold = scenario.run('replay', policy=lp.Hold())
runs = scenario.run('sweep'{how})
"""

_JUDGED = """\
panel = runs.panel("pnl").dropna(axis=1, how="all")
panel.columns = [name.replace("policy.", "").replace("=inf", "=off") for name in panel.columns]
benchmark = hold.steps()["pnl"].rename("holding")
verdict = lp.verdict(panel, against=benchmark, seed={seed!r}, unit=hold.quote, trials=len(runs))
"""

Files = Annotated[
    list[Path] | None,
    Option(
        "--out",
        help="Write the picture (.png, .svg, .pdf), the table (.csv), all of it (.json), a page (.html), or the "
        "scenario that made it (.toml); repeat for more.",
        rich_help_panel=OUTPUT,
    ),
]


class Picture(str, Enum):
    """A picture of a replay, by the name that the command line gives it."""

    value = "value"
    trades = "trades"
    fees = "fees"
    coins = "coins"
    drawdown = "drawdown"
    attribution = "attribution"
    gap = "gap"


class SweepPicture(str, Enum):
    """A picture of a sweep, by the name that the command line gives it."""

    heat = "heat"
    verdict = "verdict"


Chosen = Option(help="Which picture --out writes.", rich_help_panel=OUTPUT)
Trades = Annotated[Path | None, Option(help="Write every trade of the hedge (.csv).", rich_help_panel=OUTPUT)]
AtClose = Annotated[
    bool,
    Option("--fees-at-close", help="Fees of a row are earned whole where its close is in the range, or not at all."),
]


@spread
def replay_command(
    context: typer.Context,
    position: ReplayedPool,
    happened: Happened,
    hedging: Hedging,
    triggers: Triggers,
    fees_at_close: AtClose = False,
    grid: Grid = "1h",
    scenario: FromFile = None,
    as_json: Json = False,
    code: Code = False,
    out: Files = None,
    picture: Annotated[Picture, Chosen] = Picture.value,
    trades: Annotated[
        Path | None, Option(help="Write every trade of the hedge (.csv).", rich_help_panel=OUTPUT)
    ] = None,
) -> None:
    """How a position with its hedge would have fared on prices that were.

    Rates, shares and spreads are decimals: 0.0005 is 0.05 %, or 5 basis points.

    Example: lpgreeks replay --prices ETHUSDT-perp-1m.parquet --half-spread 0.00005 --pool-fee 0.0005 --managed
    --lower 0.95 --upper 1.05 --fee 0.0005 --band 0.05

    Example: lpgreeks replay --pool swaps.parquet --pool-tokens USDC:6,WETH:18 --pool-fee 0.0005 --lower 2100
    --upper 2400 --hold
    """
    import lpgreeks as lp

    _require_files(out, trades)
    if scenario is not None:
        script = script_of_file(context, scenario, {"result": "replay"})
    else:
        request = ReplayRequest(
            position=position,
            happened=happened,
            hedging=hedging,
            triggers=triggers,
            fees_at_close=fees_at_close,
            grid=grid,
        )
        script = request.script()
    if code:
        print(script + "print(result)")
        return
    result: lp.Replayed = run(script)["result"]
    record = result.to_dict()
    print(as_text(record) if as_json else result)
    plots = {
        Picture.value: result.plot,
        Picture.trades: result.plot_trades,
        Picture.fees: result.plot_fees,
        Picture.coins: result.plot_amounts,
        Picture.drawdown: result.plot_drawdown,
        Picture.attribution: result.plot_attribution,
        Picture.gap: result.plot_gap,
    }
    for file in out or ():
        write(
            file,
            plots[picture],
            lambda: result.table().reset_index(),
            lambda: record,
            [result],
            lambda: lp.scenario_of(result),
        )
    if trades is not None:
        write(trades, None, lambda: result.trade_table().reset_index(), None)


@spread
def sweep_command(
    context: typer.Context,
    position: ReplayedPool,
    happened: Happened,
    hedging: Hedging,
    triggers: Swept,
    figure: Annotated[str, Option(help="What the table is sorted by and the heat map shows.")] = "net",
    least: Annotated[bool, Option("--least", help="The least of --figure is best.")] = False,
    checkpoint: Annotated[
        str | None, Option(help="A folder that keeps every finished setting; the same command resumes there.")
    ] = None,
    workers: Annotated[int | None, Option(help="How many threads.", show_default="all cores")] = None,
    seed: Annotated[int, Option(help="Seed of the verdict's resamples: any whole number.")] = 0,
    fees_at_close: AtClose = False,
    grid: Grid = "1h",
    scenario: FromFile = None,
    as_json: Json = False,
    code: Code = False,
    out: Files = None,
    picture: Annotated[SweepPicture, Chosen] = SweepPicture.heat,
) -> None:
    """Replay every combination of some settings, and say whether any of them beats holding the position unhedged.

    --band, --every, --move, --theta, --gap, --min-gap and --dwell take lists: 0.0005,0.001.

    Example: lpgreeks sweep --prices ETHUSDT-perp-1m.parquet --half-spread 0.00005 --pool-fee 0.0005 --managed
    --lower 0.95 --upper 1.05 --fee 0.0005 --theta 0.0005,0.001,0.002 --gap 0.001,off
    """
    import lpgreeks as lp
    from lpgreeks.errors import InputError

    _require_files(out, None)
    if scenario is not None:
        how = {"checkpoint": checkpoint, "workers": workers}
        said = "".join(f", {name}={value!r}" for name, value in how.items() if value is not None)
        script = script_of_file(context, scenario, {}, more=_SWEPT.format(how=said))
        seed = int(lp.read_scenario(scenario).figures("verdict").get("seed", 0))
    else:
        request = SweepRequest(
            position=position, happened=happened, hedging=hedging, triggers=triggers, fees_at_close=fees_at_close,
            grid=grid, checkpoint=checkpoint, workers=workers,
        )  # fmt: skip
        script = request.script()
    if code:
        print(f"{script}print(runs)\n\n{_JUDGED.format(seed=seed)}print(verdict)")
        return
    try:
        names = run(script)
    except KeyboardInterrupt as stopped:
        # Before the sweep itself nothing was begun, and nobody says anything.
        print(f"lpgreeks: stopped: {str(stopped) or 'nothing was computed yet'}", file=sys.stderr)
        raise typer.Exit(130) from None
    runs: lp.Sweep = names["runs"]
    if len(runs.errors) == len(runs):
        raise InputError("a setting that can be replayed", got=f"{len(runs)} that cannot; {runs.errors[0].error}")
    ranking = ranked(names, seed=seed, figure=figure, least=least)
    record = ranking.to_dict()
    print(as_text(record) if as_json else ranking)
    for file in out or ():
        plots = {SweepPicture.heat: ranking.plot, SweepPicture.verdict: ranking.plot_verdict}
        write(
            file, plots[picture], ranking.runs.table, lambda: record, ranking.results,
            lambda: lp.scenario_of(runs, verdict={"seed": seed}),
        )  # fmt: skip


def ranked(names: dict[str, Any], *, seed: int, figure: str = "net", least: bool = False) -> Ranking:
    """The sweep ``runs`` against ``hold``, judged.

    Args:
        names: what a script of a sweep made: ``lp``, ``runs``, ``hold``.
        seed: of the verdict's resamples.
        figure: what it is ranked by.
        least: whether the least is best.
    """
    from lpgreeks.errors import DataError

    verdict: lp.Verdict | DataError
    try:
        verdict = run(_JUDGED.format(seed=seed), names)["verdict"]
    except DataError as error:
        # Of too short a time nothing can be said; what was replayed stands.
        verdict = error
    return Ranking(runs=names["runs"], hold=names["hold"], figure=figure, least=least, verdict=verdict)


def _require_files(out: list[Path] | None, trades: Path | None) -> None:
    """Errors, before anything is computed, for files that cannot be written."""
    from lpgreeks.errors import InputError

    for file in (*(out or ()), trades):
        require_writable(file)
    if trades is not None and trades.suffix not in {".csv"}:
        raise InputError("--trades as a file ending in .csv", got=str(trades))
