"""The command that lays a position and a short perpetual over end prices."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.groups import Position
from lpgreeks.cli.held import held, prices_about
from lpgreeks.cli.output import PictureOutput, Reply

__all__ = ["payoff"]


def payoff(
    *,
    position: Position,
    short: Annotated[float, Option(help="Coins of linear perpetual sold against it.")] = 0.0,
    income: Annotated[float, Option(help="Earned meanwhile, in quote: fees less costs.")] = 0.0,
    scenario: FromFile,
    output: PictureOutput,
) -> None:
    """P&L of a position, a short perpetual and both, against the end price; break-evens.

    Example: lpgreeks payoff --short 24 --income 900 --out payoff.png
    """
    import pandas as pd

    import lpgreeks as lp
    from lpgreeks.errors import TokenError
    from lpgreeks.instruments import payoffs

    pool, given = held(position, scenario, "payoff", {"short": short, "income": income})
    if len(pool.bases) != 1:
        raise TokenError("a holding of one coin", got=", ".join(pool.bases) or "none")
    price, income = given["price"], given["income"]
    hedge = -given["short"] * lp.LinearPerp(base=pool.bases[0], quote=pool.quote, entry=price)
    total = pool + hedge
    x = prices_about(price)
    alone, both = (e.pnl(x, start=price) for e in (pool, total))
    columns = {"price": x, "position": alone, "hedge": both - alone, "income": income, "total": both + income}
    table = pd.DataFrame(columns)
    evens = [float(p) for p in total.break_evens(start=price, income=income)]
    shown = f"{table.to_string(index=False, float_format=lambda x: f'{x:,.2f}')}\nbreak-evens: "
    parts = {"position": pool, "hedge": hedge, "total": total}
    output.give(
        Reply(
            text=lambda: shown + (", ".join(f"{p:,.2f}" for p in evens) or "none"),
            record=lambda: {"break_evens": evens, "rows": table.to_dict("records")},
            table=lambda: table,
            plot=lambda: payoffs(parts, start=price, earned={"total": income}),
            scenario=lambda: lp.scenario_of(pool, payoff=given),
        )
    )
