"""The command that answers a scenario file as one page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["report"]

# In the order in which a page tells them. What several replays share is none by itself.
_ASKED = ("hedge", "compare", "economics", "frontier", "scenario_table", "replay", "replays", "sweep", "replay_spread")
_REPLAY, _SWEEP = "replay", "sweep"
_SHARING = {_REPLAY: ("replays", _SWEEP)}


def report(
    scenario: Annotated[Path, Argument(help="A scenario file, TOML; `lpgreeks init` writes one.")],
    out: Annotated[Path, Argument(help="The page to write, ending in .html.")],
) -> None:
    """The answers that a scenario file asks for, as one page: questions, tables, plots, formulas, sources.

    Hedge, costs, frontier, scenarios, replays, and of a sweep its verdict and its best setting. The page needs no
    network; it can be printed, hovered and zoomed, and has the scenario that made it at its end.
    A page of one answer: --out page.html of the command that gives it.

    Example: lpgreeks report week.toml week.html
    """
    import lpgreeks as lp

    if out.suffix not in {".html"}:
        raise lp.InputError("a file ending in .html", got=str(out))
    said = lp.read_scenario(scenario)
    asked = [verb for verb in _ASKED if verb in said and not any(other in said for other in _SHARING.get(verb, ()))]
    if not asked:
        raise lp.InputError("a hedge, a replay or a table in the file", got="none", remedy="Its [objective], [replay]")
    results: list[Any] = [result for verb in asked for result in _answers(said, verb)]
    lp.report(results[0], out, beside=results[1:], scenario=said.text)
    if sys.stderr.isatty():
        print(f"wrote {out}", file=sys.stderr)


def _answers(said: lp.Scenario, verb: str) -> list[Any]:
    """What the file asks of a verb; of a sweep of replays the verdict and the best setting too, as `sweep` does."""
    import lpgreeks as lp
    from lpgreeks.cli.ranking import ranked

    result = said.run(verb)
    if verb != _SWEEP or said.said[verb].get("verb", _REPLAY) != _REPLAY or len(result.errors) == len(result):
        return [result]
    names = {"lp": lp, "runs": result, "hold": said.run(_REPLAY, policy=lp.Hold())}
    return ranked(names, seed=int(said.figures("verdict").get("seed", 0))).results
