"""The command that replays every setting of a grid, and judges them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.hedged import Hedging, ReplayedPool
from lpgreeks.cli.output import Reply, ScriptOutput
from lpgreeks.cli.ranking import ranked, verdict_code
from lpgreeks.cli.replayed import Judged, Running, SweepRequest
from lpgreeks.cli.rule import Swept
from lpgreeks.cli.scripts import Script
from lpgreeks.cli.tape import Happened

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["sweep"]

_SWEPT = """\
hold = scenario.run('replay', policy=lp.Hold())
runs = scenario.run('sweep'{how})
"""


class Picture(str, Enum):
    """A picture of a sweep, by the name that the command line gives it."""

    heat = "heat"
    verdict = "verdict"


@dataclass(frozen=True, kw_only=True)
class Pictured(ScriptOutput):
    """Where an answer goes that is ranked, and has several pictures."""

    picture: Annotated[Picture, Option(help="Which picture --out writes.")] = Picture.heat
    figure: Annotated[str, Option(help="What the table is sorted by and the heat map shows.")] = "net"
    least: Annotated[bool, Option("--least", help="The least of --figure is best, also where it is no loss.")] = False

    def reply_of(self, names: dict[str, Any], *, seed: int) -> Reply:
        """The ranking, and the picture of it that is asked for."""
        import lpgreeks as lp
        from lpgreeks.errors import InputError

        runs: lp.Sweep = names["runs"]
        if len(runs.errors) == len(runs):
            raise InputError("a setting that can be replayed", got=f"{len(runs)} that cannot; {runs.errors[0].error}")
        ranking = ranked(names, seed=seed, figure=self.figure, least=self.least)
        plots = {Picture.heat: ranking.plot, Picture.verdict: ranking.plot_verdict}
        return Reply(
            text=lambda: str(ranking),
            record=ranking.to_dict,
            table=runs.table,
            plot=plots[self.picture],
            results=ranking.results,
            scenario=lambda: lp.scenario_of(runs, verdict={"seed": seed}),
        )


def sweep(
    position: ReplayedPool,
    happened: Happened,
    hedging: Hedging,
    triggers: Swept,
    judged: Judged,
    running: Running,
    scenario: FromFile,
    output: Pictured,
) -> None:
    """Replay every combination of some settings, and say whether any of them beats holding the position unhedged.

    --band, --every, --move, --theta, --gap, --min-gap and --dwell take lists: 0.0005,0.001.

    Example: lpgreeks sweep --prices ETHUSDT-perp-1m.parquet --half-spread 0.00005 --pool-fee 0.0005 --managed
    --lower 0.95 --upper 1.05 --fee 0.0005 --theta 0.0005,0.001,0.002 --gap 0.001,off
    """
    seed = judged.seed
    if scenario.given:
        seed = int(scenario.read().figures("verdict").get("seed", 0))
        asked = scenario.script({}, more=_SWEPT.format(how=running.code()))
    else:
        asked = SweepRequest(
            position=position, happened=happened, hedging=hedging, triggers=triggers, counted=judged, running=running
        ).script()
    prints = f"print(runs)\n\n{verdict_code(seed)}print(verdict)"
    output.answer(Script(makes=asked.makes, prints=prints), lambda names: output.reply_of(names, seed=seed))
