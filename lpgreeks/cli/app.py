"""The commands: lpgreeks hedge, options, frontier, range, payoff, greeks, replay, sweep, spread, and data ..."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lpgreeks.cli.flags import spread
from lpgreeks.cli.groups import Account, Along, Bounds, Costs, Goal, Market, Position
from lpgreeks.cli.index import index_command
from lpgreeks.cli.options import OptionsRequest, QuotedMarket, QuotedPool, Quotes
from lpgreeks.cli.output import Code, Json, Out, as_text, require_no_page, require_table, require_writable, write
from lpgreeks.cli.replay import replay_command, sweep_command
from lpgreeks.cli.request import Request, is_klines
from lpgreeks.cli.spread import spread_command

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["app", "main"]

app = typer.Typer(
    name="lpgreeks",
    help="Exposure and hedges of automated-market-maker positions. Computes; never trades.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
data = typer.Typer(help="Look at price files.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(data, name="data")

app.command("index")(index_command)
app.command("replay")(replay_command)
app.command("sweep")(sweep_command)
app.command("spread")(spread_command)


def _version(asked: bool) -> None:
    if asked:
        import lpgreeks

        print(lpgreeks.__version__)
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


@app.command("hedge")
@spread
def hedge_command(
    position: Position,
    market: Market,
    goal: Goal,
    account: Account,
    costs: Costs,
    bounds: Bounds,
    as_json: Json = False,
    code: Code = False,
    out: Out = None,
) -> None:
    """How much perpetual to trade against a pool position, what to post behind it, and what is left.

    Without flags: 100,000 USDC in ETH/USDC from 1,700 to 2,100 at 1,900, seven days at 65 % volatility.

    Example: lpgreeks hedge --value 50000 --price 1867 --lower 1774 --upper 1960 --prices ETHUSDT-1m.zip

    Example: lpgreeks hedge --max-leverage 5 --liquidation-chance 0.01 --budget 120000 --funding 0.0001 --fee 0.0005
    """
    require_writable(out)
    request = Request(position=position, market=market, goal=goal, account=account, costs=costs, bounds=bounds)
    script = request.script()
    names = request.run(script)
    plan, expected = names["plan"], names.get("expected")
    if code:
        print(script + "print(plan)" + ("\nprint()\nprint(expected)" if expected else ""))
        return
    record = plan.to_dict() | ({"economics": expected.to_dict()} if expected else {})
    text = "\n\n".join(map(str, filter(None, (plan.summary(), expected))))
    print(as_text(record) if as_json else text)
    if out is not None:
        write(out, plan.plot, plan.table, lambda: record, [plan, *([expected] if expected else [])])


@app.command("options")
@spread
def options_command(
    quotes: Quotes,
    position: QuotedPool,
    market: QuotedMarket,
    goal: Goal,
    account: Account,
    costs: Costs,
    bounds: Bounds,
    as_json: Json = False,
    code: Code = False,
    out: Out = None,
) -> None:
    """Which put and which call of a chain to buy beside the perpetual, how many, and what that is worth.

    The horizon is the expiry, the price the chain's index, the volatility that of its marks at the money.

    Example: lpgreeks options --chain chain.json --expiry 2026-01-30 --lower 2900 --upper 3400 --leg linear
    """
    import lpgreeks as lp
    from lpgreeks.errors import InputError

    require_writable(out)
    request = OptionsRequest(
        quotes=quotes, position=position, market=market, goal=goal, account=account, costs=costs, bounds=bounds
    )
    if quotes.chain is None:
        raise lp.InputError("an option chain", got="no --chain", remedy="--chain chain.json")
    if quotes.expiry is None:
        days = lp.read_chain(quotes.chain, base=position.base, at=quotes.at).days
        raise InputError("--expiry, the day of the options", got="none", remedy=f"One of {', '.join(days)}")
    script = request.script()
    names = request.run(script)
    if quotes.lots and quotes.option_venue is not None and names["listed"][0].lot is None:
        raise InputError("a lot of options that somebody confirms", got="none", remedy="--unconfirmed")
    plan, besides, expected = names["plan"], names["besides"], names.get("expected")
    if code:
        print(script + "print(plan)\nprint()\nprint(given)\nprint()\nprint(besides)")
        if expected:
            print("print()\nprint(expected)")
        return
    record = plan.to_dict() | {"given": names["given"], "comparison": besides.to_dict()}
    record |= {"economics": expected.to_dict()} if expected else {}
    print(
        as_text(record) if as_json else "\n\n".join(map(str, filter(None, (plan, names["given"], besides, expected))))
    )
    if out is not None:
        write(out, plan.plot, plan.table, lambda: record, [plan, besides, *([expected] if expected else [])])


@app.command("frontier")
@spread
def frontier_command(
    along: Annotated[Along, typer.Argument(help="What is varied.")],
    low: Annotated[float, typer.Argument(help="From: quote, times, a fraction of the price, or days.")],
    high: Annotated[float, typer.Argument(help="To.")],
    position: Position,
    market: Market,
    goal: Goal,
    account: Account,
    costs: Costs,
    bounds: Bounds,
    points: Annotated[int, typer.Option(help="How many.", min=2)] = 21,
    as_json: Json = False,
    code: Code = False,
    out: Out = None,
) -> None:
    """What is left of the risk along a budget, a leverage cap, the range's half-width or the horizon.

    Example: lpgreeks frontier budget 101000 130000 --max-leverage 5 --survive-range --out frontier.png
    """
    require_writable(out)
    request = Request(position=position, market=market, goal=goal, account=account, costs=costs, bounds=bounds)
    script = request.frontier_script(along, low, high, points)
    curve = request.run(script)["curve"]
    if code:
        print(script + "print(curve)")
        return
    print(as_text(curve.to_dict()) if as_json else curve.summary())
    if out is not None:
        write(out, curve.plot, curve.table, curve.to_dict, [curve])


@app.command("range")
@spread
def range_command(
    exits_per_week: Annotated[float, typer.Argument(help="How often the range may be left, in the long run.")],
    price: Annotated[float, typer.Option(help="Price now, quote per base.")] = 1_900.0,
    volatility: Annotated[float, typer.Option(help="Per year, decimal: 0.65 is 65 %.")] = 0.65,
    days: Annotated[float, typer.Option(help="Horizon of the chances below, in days.")] = 7.0,
    drift: Annotated[float, typer.Option(help="Growth of the mean price per year, decimal.")] = 0.0,
    as_json: Json = False,
) -> None:
    """The range that is left so many times a week when it is re-centred at each exit.

    Example: lpgreeks range 2 --price 1867 --volatility 0.8
    """
    import lpgreeks as lp

    model = lp.Lognormal(price=price, volatility=volatility, years=days / 365, drift_per_year=drift)
    lower, upper = lp.range_for_exits(model, per_week=exits_per_week)
    leaving, inside = model.exit_probability(lower, upper), model.years_inside(lower, upper) * 365 / days
    record = {"lower": lower, "upper": upper, "chance_of_leaving": leaving, "share_of_time_inside": inside}
    if as_json:
        print(as_text(record))
        return
    print(f"{lower:,.2f} to {upper:,.2f} ({lower / price - 1:+.2%} to {upper / price - 1:+.2%}): {model.describe()}.")
    print(f"Within the horizon it is left with a chance of {leaving:.2%}; held through, the price is in it for "
          f"{inside:.2%} of the time.")  # fmt: skip


@app.command("payoff")
@spread
def payoff_command(
    position: Position,
    short: Annotated[float, typer.Option(help="Coins of linear perpetual sold against it.")] = 0.0,
    income: Annotated[float, typer.Option(help="Earned meanwhile, in quote: fees less costs.")] = 0.0,
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
    pool, price = position.instrument(), position.price
    hedge = -short * lp.LinearPerp(base=position.base, quote=position.quote, entry=price)
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
        write(out, lambda: payoffs(parts, start=price, earned={"total": income}), lambda: table, lambda: record)


@app.command("greeks")
@spread
def greeks_command(position: Position, as_json: Json = False, out: Out = None) -> None:
    """Amounts, value, delta and gamma of a position over prices.

    Example: lpgreeks greeks --lower 1800 --upper 2000 --out greeks.png
    """
    require_writable(out)
    require_no_page(out)
    pool, price = position.instrument(), position.price
    table = _greeks_table(pool, price)
    if as_json:
        print(as_text({"rows": table.to_dict("records")}))
    else:
        print(table.to_string(index=False, float_format=lambda x: f"{x:,.6g}"))
    if out is not None:
        write(out, lambda: pool.plot_greeks(start=price)[0], lambda: table, lambda: {"rows": table.to_dict("records")})


@data.command("venues")
def venues_command(
    name: Annotated[str | None, typer.Argument(help="A venue; a list of them unless said.")] = None,
    on: Annotated[str | None, typer.Option(help="The day whose figures count: 2023-05-01.")] = None,
    unconfirmed: Annotated[bool, typer.Option("--unconfirmed", help="Use figures that nobody confirms.")] = False,
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
def check_command(
    file: Annotated[Path, typer.Argument(help="Klines (file, archive or folder), CSV or Parquet.")],
    as_json: Json = False,
) -> None:
    """Gaps, duplicates, disorder, non-positive prices, guessed units. Repairs nothing."""
    import lpgreeks as lp

    report = lp.check_klines(file) if is_klines(file) else lp.check_prices(file)
    print(as_text(report.to_dict()) if as_json else report.summary())
    if not report.usable:
        raise typer.Exit(3)


@data.command("chain")
def chain_command(
    file: Annotated[Path, typer.Argument(help="An option chain: JSON, CSV or Parquet.")],
    base: Annotated[str | None, typer.Option(help="The coin, where the file has several.")] = None,
    at: Annotated[str | None, typer.Option(help="The last snapshot not after that time, UTC.")] = None,
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


def main() -> None:
    """Run the command line. Exit codes: 0 ok, 1 a defect of lpgreeks, 2 usage, 3 data or files, 4 infeasible."""
    from lpgreeks.errors import DataError, InfeasibleError, LPGreeksError

    try:
        app(prog_name="lpgreeks")
    except BrokenPipeError:
        # The reader (head, less) has seen enough; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if os.environ.get("LPGREEKS_DEBUG"):
            raise
        codes = {DataError: 3, InfeasibleError: 4, LPGreeksError: 2, OSError: 3}
        kind = next((code for known, code in codes.items() if isinstance(error, known)), 1)
        text = (
            str(error) if kind > 1 else f"a defect of lpgreeks, {type(error).__name__}: {error}; LPGREEKS_DEBUG=1 tells"
        )
        print(f"lpgreeks: {text}", file=sys.stderr)
        sys.exit(kind)


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
