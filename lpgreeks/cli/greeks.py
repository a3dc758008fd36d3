"""The command that lays amounts, value, delta and gamma of a position over prices."""

from __future__ import annotations

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.groups import Position
from lpgreeks.cli.held import held, prices_about
from lpgreeks.cli.output import PictureOutput, Reply

__all__ = ["greeks"]


def greeks(position: Position, scenario: FromFile, output: PictureOutput) -> None:
    """Amounts, value, delta and gamma of a position over prices.

    Example: lpgreeks greeks --lower 1800 --upper 2000 --out greeks.png
    """
    import pandas as pd

    import lpgreeks as lp

    pool, given = held(position, scenario, "greeks", {})
    price = given["price"]
    x = prices_about(price)
    coin, quote = pool.bases[0], pool.quote
    table = pd.DataFrame(
        {
            "price": x,
            coin: pool.base_amount(x),
            quote: pool.quote_amount(x),
            f"value [{quote}]": pool.value(x),
            f"delta [{coin}]": pool.delta(x),
            f"gamma [{coin} per {quote}]": pool.gamma(x),
        }
    )
    output.give(
        Reply(
            text=lambda: table.to_string(index=False, float_format=lambda x: f"{x:,.6g}"),
            record=lambda: {"rows": table.to_dict("records")},
            table=lambda: table,
            plot=lambda: pool.plot_greeks(start=price)[0],
            scenario=lambda: lp.scenario_of(pool, greeks=given),
        )
    )
