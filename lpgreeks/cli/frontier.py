"""The command that says what is left of the risk along one figure of the question."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.groups import Account, Along, Bounds, Costs, Goal, Market, Position
from lpgreeks.cli.output import Reply, ScriptOutput
from lpgreeks.cli.request import Request

__all__ = ["frontier"]


def frontier(
    *,
    along: Annotated[Along | None, Argument(help="What is varied.")] = None,
    low: Annotated[
        float | None,
        Argument(help="From, in the unit of what is varied: quote, times, a decimal of the price, or days."),
    ] = None,
    high: Annotated[float | None, Argument(help="To, in the unit of LOW.")] = None,
    points: Annotated[int, Option(help="How many points.", min=2)] = 21,
    position: Position,
    market: Market,
    goal: Goal,
    account: Account,
    costs: Costs,
    bounds: Bounds,
    scenario: FromFile,
    output: ScriptOutput,
) -> None:
    """What is left of the risk along a budget, a leverage cap, the range's half-width or the horizon.

    Example: lpgreeks frontier budget 101000 130000 --max-leverage 5 --survive-range --out frontier.png
    """
    from lpgreeks.errors import InputError

    if scenario.given:
        asked = scenario.script({"curve": "frontier"})
    elif along is None or low is None or high is None:
        raise InputError("what is varied, from and to", got="less", remedy="Like frontier budget 101000 130000")
    else:
        request = Request(position=position, market=market, goal=goal, account=account, costs=costs, bounds=bounds)
        asked = request.frontier_script(along, low, high, points)
    output.answer(asked, lambda names: Reply.of(names["curve"]))
