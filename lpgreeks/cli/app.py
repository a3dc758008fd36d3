"""The commands: hedge, options, frontier, range, payoff, greeks, replay, sweep, spread, scenario, and data ..."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lpgreeks.cli.data import data
from lpgreeks.cli.endings import ended
from lpgreeks.cli.flags import spread
from lpgreeks.cli.frame import Commands
from lpgreeks.cli.from_file import FromFile, require_no_flags, script_of_file
from lpgreeks.cli.groups import Account, Along, Bounds, Costs, Goal, Market, Position
from lpgreeks.cli.index import index_command
from lpgreeks.cli.init import init_command
from lpgreeks.cli.options import OptionsRequest, QuotedMarket, QuotedPool, Quotes
from lpgreeks.cli.output import Code, Json, Out, as_text, require_no_page, require_writable, write
from lpgreeks.cli.replay import replay_command, sweep_command
from lpgreeks.cli.report import report_command
from lpgreeks.cli.request import Request, run
from lpgreeks.cli.scenario import scenario_command
from lpgreeks.cli.schemas import schema_command
from lpgreeks.cli.spread import spread_command

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["app", "main"]

DEBUG = "--debug"

NAME = "lpgreeks"

_GIVEN = "given = scenario.figures('given').get('words', '')\n"

_OPTIONS = ("plan", "given", "besides", "expected")
"""What the answer to a chain consists of, in order."""

app = Commands(
    name=NAME,
    help="Exposure and hedges of automated-market-maker positions. Computes; never trades.",
)


def _version(asked: bool) -> None:
    if asked:
        import lpgreeks

        print(lpgreeks.__version__)
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option(DEBUG, help="Anywhere on the line: the traceback of an error, before its one line.")
    ] = False,
) -> None:
    pass


@app.command("hedge")
@spread
def hedge_command(
    context: typer.Context,
    position: Position,
    market: Market,
    goal: Goal,
    account: Account,
    costs: Costs,
    bounds: Bounds,
    scenario: FromFile = None,
    as_json: Json = False,
    code: Code = False,
    out: Out = None,
) -> None:
    """How much perpetual to trade against a pool position, what to post behind it, and what is left.

    Without flags: 100,000 USDC in ETH/USDC from 1,700 to 2,100 at 1,900, seven days at 65 % volatility.

    Example: lpgreeks hedge --value 50000 --price 1867 --lower 1774 --upper 1960 --prices ETHUSDT-1m.zip

    Example: lpgreeks hedge --max-leverage 5 --liquidation-chance 0.01 --budget 120000 --funding 0.0001 --fee 0.0005
    """
    import lpgreeks as lp

    require_writable(out)
    if scenario is not None:
        script = script_of_file(context, scenario, {"plan": "hedge", "expected": "economics"})
    else:
        request = Request(position=position, market=market, goal=goal, account=account, costs=costs, bounds=bounds)
        script = request.script()
    names = run(script)
    plan, expected = names["plan"], names.get("expected")
    if code:
        print(script + "print(plan)" + ("\nprint()\nprint(expected)" if expected else ""))
        return
    record = plan.to_dict() | ({"economics": expected.to_dict()} if expected else {})
    text = "\n\n".join(map(str, filter(None, (plan.summary(), expected))))
    print(as_text(record) if as_json else text)
    if out is not None:
        answers = [plan, *([expected] if expected else [])]
        write(out, plan.plot, plan.table, lambda: record, answers, lambda: lp.scenario_of(answers[-1]))


@app.command("options")
@spread
def options_command(
    context: typer.Context,
    quotes: Quotes,
    position: QuotedPool,
    market: QuotedMarket,
    goal: Goal,
    account: Account,
    costs: Costs,
    bounds: Bounds,
    scenario: FromFile = None,
    as_json: Json = False,
    code: Code = False,
    out: Out = None,
) -> None:
    """Which put and which call of a chain to buy beside the perpetual, how many, and what that is worth.

    The horizon is the expiry, the price the chain's index, the volatility that of its marks at the money.

    Example: lpgreeks options --chain chain.json --expiry 2026-01-30 --lower 2900 --upper 3400 --leg linear
    """
    import lpgreeks as lp

    require_writable(out)
    if scenario is not None:
        runs = {"plan": "hedge", "besides": "compare", "expected": "economics"}
        script = script_of_file(context, scenario, runs, more=_GIVEN)
    else:
        request = OptionsRequest(
            quotes=quotes, position=position, market=market, goal=goal, account=account, costs=costs, bounds=bounds
        )
        request.require_chain()
        script = request.script()
    names = run(script)
    if scenario is None:
        request.require_met(names)
    plan, besides, expected = names["plan"], names.get("besides"), names.get("expected")
    if code:
        print(script + "\nprint()\n".join(f"print({name})" for name in _OPTIONS if name in names))
        return
    record = plan.to_dict() | {"given": names["given"]}
    record |= {"comparison": besides.to_dict()} if besides else {}
    record |= {"economics": expected.to_dict()} if expected else {}
    text = "\n\n".join(str(names[name]) for name in _OPTIONS if names.get(name))
    print(as_text(record) if as_json else text)
    if out is not None:
        answers = [found for found in (plan, besides, expected) if found]
        write(
            out,
            plan.plot,
            plan.table,
            lambda: record,
            answers,
            lambda: lp.scenario_of(*(answers[1:] or answers), given={"words": names["given"]}),
        )


@app.command("frontier")
@spread
def frontier_command(
    context: typer.Context,
    position: Position,
    market: Market,
    goal: Goal,
    account: Account,
    costs: Costs,
    bounds: Bounds,
    along: Annotated[Along | None, typer.Argument(help="What is varied.")] = None,
    low: Annotated[
        float | None,
        typer.Argument(help="From, in the unit of what is varied: quote, times, a decimal of the price, or days."),
    ] = None,
    high: Annotated[float | None, typer.Argument(help="To, in the unit of LOW.")] = None,
    points: Annotated[int, typer.Option(help="How many points.", min=2)] = 21,
    scenario: FromFile = None,
    as_json: Json = False,
    code: Code = False,
    out: Out = None,
) -> None:
    """What is left of the risk along a budget, a leverage cap, the range's half-width or the horizon.

    Example: lpgreeks frontier budget 101000 130000 --max-leverage 5 --survive-range --out frontier.png
    """
    import lpgreeks as lp

    require_writable(out)
    if scenario is not None:
        script = script_of_file(context, scenario, {"curve": "frontier"})
    elif along is None or low is None or high is None:
        raise lp.InputError("what is varied, from and to", got="less", remedy="Like frontier budget 101000 130000")
    else:
        request = Request(position=position, market=market, goal=goal, account=account, costs=costs, bounds=bounds)
        script = request.frontier_script(along, low, high, points)
    curve = run(script)["curve"]
    if code:
        print(script + "print(curve)")
        return
    print(as_text(curve.to_dict()) if as_json else curve.summary())
    if out is not None:
        write(out, curve.plot, curve.table, curve.to_dict, [curve], lambda: lp.scenario_of(curve))


@app.command("range")
@spread
def range_command(
    context: typer.Context,
    exits_per_week: Annotated[
        float | None, typer.Argument(help="How often a week the range may be left, in the long run.")
    ] = None,
    price: Annotated[float, typer.Option(help="Price now, quote per base.")] = 1_900.0,
    volatility: Annotated[float, typer.Option(help="Volatility per year, decimal: 0.65 is 65 %.")] = 0.65,
    days: Annotated[float, typer.Option(help="Horizon under the model, in days.")] = 7.0,
    drift: Annotated[float, typer.Option(help="Growth of the mean price per year, decimal: 0.1 is 10 %.")] = 0.0,
    scenario: FromFile = None,
    as_json: Json = False,
    out: Annotated[
        Path | None, typer.Option(help="Write the answer (.json), or the scenario that made it (.toml).")
    ] = None,
) -> None:
    """The range that is left so many times a week when it is re-centred at each exit.

    Example: lpgreeks range 2 --price 1867 --volatility 0.8
    """
    import lpgreeks as lp

    require_writable(out)
    if out is not None and out.suffix not in (".json", ".toml"):
        raise lp.InputError("a file ending in .json, .toml", got=str(out), remedy="There is no picture of a range")
    given: dict[str, float] = {"price": price, "volatility": volatility, "days": days, "drift": drift}
    given |= {} if exits_per_week is None else {"exits_per_week": exits_per_week}
    if scenario is not None:
        require_no_flags(context)
        given |= lp.read_scenario(scenario).figures("range")
    if "exits_per_week" not in given:
        raise lp.InputError("how often the range may be left", got="nothing", remedy="Like `lpgreeks range 2`")
    price, days = given["price"], given["days"]
    model = lp.Lognormal(price=price, volatility=given["volatility"], years=days / 365, drift_per_year=given["drift"])
    lower, upper = lp.range_for_exits(model, per_week=given["exits_per_week"])
    leaving, inside = model.exit_probability(lower, upper), model.years_inside(lower, upper) * 365 / days
    record = {"lower": lower, "upper": upper, "chance_of_leaving": leaving, "share_of_time_inside": inside}
    if out is not None:
        write(out, None, None, lambda: record, scenario=lambda: lp.scenario_of(range=given))
    if as_json:
        print(as_text(record))
        return
    print(f"{lower:,.2f} to {upper:,.2f} ({lower / price - 1:+.2%} to {upper / price - 1:+.2%}): {model.describe()}.")
    print(f"Within the horizon it is left with a chance of {leaving:.2%}; held through, the price is in it for "
          f"{inside:.2%} of the time.")  # fmt: skip


@app.command("payoff")
@spread
def payoff_command(
    context: typer.Context,
    position: Position,
    short: Annotated[float, typer.Option(help="Coins of linear perpetual sold against it.")] = 0.0,
    income: Annotated[float, typer.Option(help="Earned meanwhile, in quote: fees less costs.")] = 0.0,
    scenario: FromFile = None,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """P&L of a position, a short perpetual and both, against the end price; break-evens.

    Example: lpgreeks payoff --short 24 --income 900 --out payoff.png
    """
    import lpgreeks as lp
    from lpgreeks.instruments import payoffs

    require_writable(out)
    require_no_page(out)
    pool, given = _held(context, position, scenario, "payoff", {"short": short, "income": income})
    price, short, income = given["price"], given["short"], given["income"]
    hedge = -short * lp.LinearPerp(base=_coin(pool), quote=pool.quote, entry=price)
    total = pool + hedge
    table = _payoff_table(pool, total, price, income)
    evens = [float(p) for p in total.break_evens(start=price, income=income)]
    record = {"break_evens": evens, "rows": table.to_dict("records")}
    if as_json:
        print(as_text(record))
    else:
        print(table.to_string(index=False, float_format=lambda x: f"{x:,.2f}"))
        print("break-evens:", ", ".join(f"{p:,.2f}" for p in evens) or "none")
    if out is not None:
        parts = {"position": pool, "hedge": hedge, "total": total}
        write(
            out,
            lambda: payoffs(parts, start=price, earned={"total": income}),
            lambda: table,
            lambda: record,
            scenario=lambda: lp.scenario_of(pool, payoff=given),
        )


@app.command("greeks")
@spread
def greeks_command(
    context: typer.Context, position: Position, scenario: FromFile = None, as_json: Json = False, out: Out = None
) -> None:
    """Amounts, value, delta and gamma of a position over prices.

    Example: lpgreeks greeks --lower 1800 --upper 2000 --out greeks.png
    """
    import lpgreeks as lp

    require_writable(out)
    require_no_page(out)
    pool, given = _held(context, position, scenario, "greeks", {})
    price = given["price"]
    table = _greeks_table(pool, price)
    if as_json:
        print(as_text({"rows": table.to_dict("records")}))
    else:
        print(table.to_string(index=False, float_format=lambda x: f"{x:,.6g}"))
    if out is not None:
        write(
            out,
            lambda: pool.plot_greeks(start=price)[0],
            lambda: table,
            lambda: {"rows": table.to_dict("records")},
            scenario=lambda: lp.scenario_of(pool, greeks=given),
        )


app.command("index")(index_command)
app.command("spread")(spread_command)
app.command("scenario")(scenario_command)
app.command("replay")(replay_command)
app.command("sweep")(sweep_command)
app.command("report")(report_command)
app.command("init")(init_command)
app.command("schema")(schema_command)
app.add_typer(data, name="data")


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
    command = typer.main.get_command(app)
    try:
        with command.make_context(NAME, arguments) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _held(
    context: typer.Context, position: Position, scenario: Path | None, command: str, flags: dict[str, float]
) -> tuple[lp.Exposure, dict[str, float]]:
    """What is held, and the numbers of a command about it: from flags, or from a file."""
    import lpgreeks as lp

    if scenario is None:
        return position.instrument(), {"price": position.price} | flags
    require_no_flags(context)
    said = lp.read_scenario(scenario)
    given = said.figures(command)
    if "price" not in given:
        raise lp.InputError(f"price in [{command}] of {said.name}", got="none", remedy="The price now, quote per base")
    return said.noun("holding"), {"price": given["price"]} | flags | given


def _coin(held: lp.Exposure) -> str:
    from lpgreeks.errors import TokenError

    if len(held.bases) != 1:
        raise TokenError("a holding of one coin", got=", ".join(held.bases) or "none")
    return held.bases[0]


def _grid(price: float) -> Any:
    import numpy as np

    return price * np.linspace(0.75, 1.25, 21)


def _payoff_table(pool: lp.Exposure, total: lp.Exposure, price: float, income: float) -> Any:
    import pandas as pd

    x = _grid(price)
    position, both = (e.pnl(x, start=price) for e in (pool, total))
    return pd.DataFrame(
        {"price": x, "position": position, "hedge": both - position, "income": income, "total": both + income}
    )


def _greeks_table(pool: lp.Exposure, price: float) -> Any:
    import pandas as pd

    x = _grid(price)
    coin, quote = pool.bases[0], pool.quote
    return pd.DataFrame(
        {
            "price": x,
            coin: pool.base_amount(x),
            quote: pool.quote_amount(x),
            f"value [{quote}]": pool.value(x),
            f"delta [{coin}]": pool.delta(x),
            f"gamma [{coin} per {quote}]": pool.gamma(x),
        }
    )
