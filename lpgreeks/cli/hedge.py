"""The command that sizes perpetuals against a position."""

from __future__ import annotations

from typing import Any

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.groups import Account, Bounds, Costs, Goal, Market, Position
from lpgreeks.cli.output import Reply, ScriptOutput
from lpgreeks.cli.request import Request

__all__ = ["hedge"]


def hedge(
    position: Position,
    market: Market,
    goal: Goal,
    account: Account,
    costs: Costs,
    bounds: Bounds,
    scenario: FromFile,
    output: ScriptOutput,
) -> None:
    """How much perpetual to trade against a pool position, what to post behind it, and what is left.

    Without flags: 100,000 USDC in ETH/USDC from 1,700 to 2,100 at 1,900, seven days at 65 % volatility.

    Example: lpgreeks hedge --value 50000 --price 1867 --lower 1774 --upper 1960 --prices ETHUSDT-1m.zip

    Example: lpgreeks hedge --max-leverage 5 --liquidation-chance 0.01 --budget 120000 --funding 0.0001 --fee 0.0005
    """
    if scenario.given:
        asked = scenario.script({"plan": "hedge", "expected": "economics"})
    else:
        request = Request(position=position, market=market, goal=goal, account=account, costs=costs, bounds=bounds)
        asked = request.script()
    output.answer(asked, _reply)


def _reply(names: dict[str, Any]) -> Reply:
    import lpgreeks as lp

    plan, expected = names["plan"], names.get("expected")
    found = [plan, *([expected] if expected else [])]
    return Reply(
        text=lambda: "\n\n".join(map(str, (plan.summary(), *found[1:]))),
        record=lambda: plan.to_dict() | ({"economics": expected.to_dict()} if expected else {}),
        table=plan.table,
        plot=plan.plot,
        results=found,
        scenario=lambda: lp.scenario_of(found[-1]),
    )
