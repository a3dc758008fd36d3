"""The commands: lpgreeks hedge, payoff, greeks, data check."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from lpgreeks.cli.request import Exit, Keep, Leg, Request

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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

_PRICE = 1_900.0

Value = Annotated[float, typer.Option(help="Value of the position, in quote.")]
Price = Annotated[float, typer.Option(help="Price now, quote per base; legs are entered at it.")]
Lower = Annotated[float | None, typer.Option(help="Lower end of the range.", show_default="1700")]
Upper = Annotated[float | None, typer.Option(help="Upper end of the range.", show_default="2100")]
FullRange = Annotated[bool, typer.Option("--full-range", help="A Uniswap v2 position instead of a range.")]
Base = Annotated[str, typer.Option(help="The coin.")]
Quote = Annotated[str, typer.Option(help="The token that prices are in.")]
Legs = Annotated[list[Leg], typer.Option("--leg", help="A leg to offer; repeat for more. The first is loaded first.")]
KeepOption = Annotated[Keep, typer.Option(help="What to hold steady.")]
Volatility = Annotated[float | None, typer.Option(help="Per year, decimal: 0.65 is 65 %.", show_default="0.65")]
Days = Annotated[float | None, typer.Option(help="Horizon under the model, in days.", show_default="7")]
Drift = Annotated[float | None, typer.Option(help="Growth of the mean price per year, decimal.", show_default="0")]
Prices = Annotated[
    Path | None, typer.Option(help="Hedge over windows of this price file instead of a model: klines, CSV, Parquet.")
]
Window = Annotated[str | None, typer.Option(help="Length of a window of --prices: 7D, 12h.", show_default="7D")]
Step = Annotated[str | None, typer.Option(help="Distance between window starts.", show_default="1D")]
ExitOption = Annotated[Exit, typer.Option("--exit", help="Windows that leave the range: held, or closed there.")]
DeltaAtLeast = Annotated[float | None, typer.Option(help="Least net delta at the start, in coins.")]
DeltaAtMost = Annotated[float | None, typer.Option(help="Greatest net delta at the start, in coins.")]
GammaAtLeast = Annotated[float | None, typer.Option(help="Least net gamma at the start.")]
ShortAtMost = Annotated[float | None, typer.Option(help="Greatest short notional of each leg, in quote.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Code = Annotated[bool, typer.Option("--code", help="Print the Python script that does the same.")]
Out = Annotated[
    Path | None, typer.Option(help="Write the picture (.png, .svg, .pdf), the table (.csv) or all of it (.json).")
]


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
def hedge_command(
    value: Value = 100_000.0,
    price: Price = _PRICE,
    lower: Lower = None,
    upper: Upper = None,
    full_range: FullRange = False,
    base: Base = "ETH",
    quote: Quote = "USDC",
    legs: Legs = [Leg.linear, Leg.inverse],  # noqa: B006
    keep: KeepOption = Keep.value,
    volatility: Volatility = None,
    days: Days = None,
    drift: Drift = None,
    prices: Prices = None,
    window: Window = None,
    step: Step = None,
    exit: ExitOption = Exit.held,
    delta_at_least: DeltaAtLeast = None,
    delta_at_most: DeltaAtMost = None,
    gamma_at_least: GammaAtLeast = None,
    short_at_most: ShortAtMost = None,
    as_json: Json = False,
    code: Code = False,
    out: Out = None,
) -> None:
    """How much perpetual to trade against a pool position, and what is left.

    Without flags: 100,000 USDC in ETH/USDC from 1,700 to 2,100 at 1,900, seven days at 65 % volatility.

    Example: lpgreeks hedge --value 50000 --price 1867 --lower 1774 --upper 1960 --prices ETHUSDT-1m.zip
    """
    _require_writable(out)
    model = {"--volatility": volatility, "--days": days, "--drift": drift}
    history = {"--window": window, "--step": step}
    _require_unused(model, "--prices", given=prices is not None)
    _require_unused(history, "a model: say --prices", given=prices is None)
    lower, upper = _range(price, lower, upper, full_range)
    request = Request(
        value=value,
        price=price,
        lower=lower,
        upper=upper,
        base=base,
        quote=quote,
        legs=tuple(legs),
        keep=keep,
        volatility=0.65 if volatility is None else volatility,
        days=7.0 if days is None else days,
        drift=0.0 if drift is None else drift,
        prices=prices,
        window="7D" if window is None else window,
        step="1D" if step is None else step,
        exit=exit,
        delta_at_least=delta_at_least,
        delta_at_most=delta_at_most,
        gamma_at_least=gamma_at_least,
        short_at_most=short_at_most,
    )
    plan = request.plan()
    if code:
        print(request.script() + "print(plan)")
        return
    print(_json(plan.to_dict()) if as_json else plan.summary())
    if out is not None:
        _write(out, plan.plot, plan.table, plan.to_dict)


@app.command("payoff")
def payoff_command(
    value: Value = 100_000.0,
    price: Price = _PRICE,
    lower: Lower = None,
    upper: Upper = None,
    full_range: FullRange = False,
    base: Base = "ETH",
    quote: Quote = "USDC",
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

    _require_writable(out)
    pool = _position(value, price, lower, upper, full_range, base, quote)
    hedge = -short * lp.LinearPerp(base=base, quote=quote, entry=price)
    total = pool + hedge
    table = _payoff_table(pool, total, price, income)
    evens = [float(p) for p in total.break_evens(start=price, income=income)]
    record = {"break_evens": evens, "rows": table.to_dict("records")}
    if as_json:
        print(_json(record))
    else:
        print(table.to_string(index=False, float_format=lambda x: f"{x:,.2f}"))
        print("break-evens:", ", ".join(f"{p:,.2f}" for p in evens) or "none")
    if out is not None:
        parts = {"position": pool, "hedge": hedge, "total": total}
        _write(out, lambda: payoffs(parts, start=price, income=income), lambda: table, lambda: record)


@app.command("greeks")
def greeks_command(
    value: Value = 100_000.0,
    price: Price = _PRICE,
    lower: Lower = None,
    upper: Upper = None,
    full_range: FullRange = False,
    base: Base = "ETH",
    quote: Quote = "USDC",
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Amounts, value, delta and gamma of a position over prices.

    Example: lpgreeks greeks --lower 1800 --upper 2000 --out greeks.png
    """
    _require_writable(out)
    pool = _position(value, price, lower, upper, full_range, base, quote)
    table = _greeks_table(pool, price)
    if as_json:
        print(_json({"rows": table.to_dict("records")}))
    else:
        print(table.to_string(index=False, float_format=lambda x: f"{x:,.6g}"))
    if out is not None:
        _write(out, lambda: pool.plot_greeks(start=price)[0], lambda: table, lambda: {"rows": table.to_dict("records")})


@data.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(help="Klines (file, archive or folder), CSV or Parquet.")],
    as_json: Json = False,
) -> None:
    """Gaps, duplicates, disorder, non-positive prices, guessed units. Repairs nothing."""
    import lpgreeks as lp
    from lpgreeks.cli.request import is_klines

    report = lp.check_klines(file) if is_klines(file) else lp.check_prices(file)
    print(_json(report.to_dict()) if as_json else report.summary())
    if not report.usable:
        raise typer.Exit(3)


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


def _require_writable(out: Path | None) -> None:
    """An error, before anything is computed, for a file that cannot be written."""
    from lpgreeks.errors import InputError

    endings = {".png", ".svg", ".pdf", ".csv", ".json"}
    if out is None:
        return
    if out.suffix not in endings:
        raise InputError(f"a file ending in {', '.join(sorted(endings))}", got=str(out))
    if out.is_dir() or not out.parent.is_dir():
        raise InputError("a file in an existing folder", got=str(out))


def _require_unused(flags: Mapping[str, object], beside: str, *, given: bool) -> None:
    from lpgreeks.errors import InputError

    for flag, value in flags.items():
        if given and value is not None:
            raise InputError(f"no {flag} with {beside}", got=f"{flag} {value}", remedy="It would have no effect")


def _range(
    price: float, lower: float | None, upper: float | None, full_range: bool
) -> tuple[float | None, float | None]:
    """The ends of the range; those of the built-in scenario only at its own price."""
    from lpgreeks.errors import InputError, require_positive

    require_positive("price", price, unit="quote per base")
    if full_range:
        _require_unused({"--lower": lower, "--upper": upper}, "--full-range", given=True)
        return None, None
    if price != _PRICE and (lower is None or upper is None):
        raise InputError("both ends of the range", got=f"--price {price:g}", remedy="--lower, --upper or --full-range")
    return (1_700.0 if lower is None else lower), (2_100.0 if upper is None else upper)


def _position(
    value: float, price: float, lower: float | None, upper: float | None, full_range: bool, base: str, quote: str
) -> lp.Instrument:
    import lpgreeks as lp

    low, high = _range(price, lower, upper, full_range)
    if low is None or high is None:
        return lp.UniswapV2.from_value(value, base=base, quote=quote, price=price)
    return lp.UniswapV3.from_value(value, base=base, quote=quote, price=price, lower=low, upper=high)


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


def _json(record: dict[str, Any]) -> str:
    return json.dumps(record, indent=2, allow_nan=False)


def _write(out: Path, plot: Any, table: Any, record: Any) -> None:
    """One file by its ending, written whole or not at all."""
    part = out.with_name(f".{out.stem}.part{out.suffix}")
    try:
        if out.suffix == ".csv":
            table().to_csv(part, index=False)
        elif out.suffix == ".json":
            part.write_text(_json(record()) + "\n", encoding="utf-8")
        else:
            import matplotlib as mpl

            mpl.use("Agg")
            axes: Axes = plot()
            cast("Figure", axes.figure).savefig(part, dpi=150)
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    print(f"wrote {out}", file=sys.stderr)
