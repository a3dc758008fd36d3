"""The commands lpgreeks data get ...: files out of public archives, into a folder of the user's."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpgreeks.cli.frame import Later, group
from lpgreeks.cli.output import Code, Json, as_text
from lpgreeks.cli.scripts import run

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["binance", "deribit_chain", "get"]

get = group(
    "Fetch public data: resumed, verified, kept.",
    {
        "binance": Later("Klines, funding, best bids and asks of Binance.", "lpgreeks.cli.get:binance"),
        "deribit-chain": Later("Every option on a coin as Deribit quotes it now.", "lpgreeks.cli.get:deribit_chain"),
    },
)

To = Annotated[
    Path | None, typer.Option(help="The folder to keep it in.", show_default="LPGREEKS_DATA, or the user's data folder")
]


class Section(str, Enum):
    """A part of the exchange, by the name that the command line gives it."""

    spot = "spot"
    usd_m = "usd-m"
    coin_m = "coin-m"


_SERIES = {"fundingRate": "download_funding", "bookTicker": "download_book"}
"""What is no bar, as the archive names it, and who fetches it."""


def binance(
    symbol: Annotated[str, typer.Argument(help="ETHUSDT; of coin-m ETHUSD_PERP.")],
    series: Annotated[str, typer.Argument(help="A bar's length (1m, 1h, 1d, ...), fundingRate or bookTicker.")],
    first: Annotated[str, typer.Argument(help="A month, 2023-04, or a day, 2023-04-01.")],
    last: Annotated[str | None, typer.Argument(help="The last one, in it; the first unless said.")] = None,
    market: Annotated[Section, typer.Option(help="Part of the exchange.")] = Section.spot,
    to: To = None,
    as_json: Json = False,
    code: Code = False,
) -> None:
    """Klines, funding or best bids and asks of data.binance.vision; LPGREEKS_BINANCE_URL names a mirror.

    Cut off, it goes on where it stopped; what is there and verified is not fetched again. Ends with code 3 where
    the archive does not have a file, after all others.

    Example: lpgreeks data get binance ETHUSDT 1m 2023-04 2023-05

    Example: lpgreeks data get binance ETHUSDT fundingRate 2023-04 2023-05 --market usd-m
    """
    given = [repr(symbol), *([] if series in _SERIES else [repr(series)]), repr(first), repr(last or first)]
    given += [f"market=lp.BinanceMarket.{market.name}"]
    _fetch(_SERIES.get(series, "download_klines"), given, to, as_json=as_json, code=code)


def deribit_chain(
    base: Annotated[str, typer.Argument(help="The coin: ETH, BTC; USDC for options that settle in it.")],
    to: To = None,
    as_json: Json = False,
    code: Code = False,
) -> None:
    """Every option on a coin as Deribit quotes it now; LPGREEKS_DERIBIT_URL names another address.

    Example: lpgreeks data get deribit-chain ETH
    """
    _fetch("download_chain", [repr(base)], to, as_json=as_json, code=code)


def _fetch(function: str, given: list[str], to: Path | None, *, as_json: bool, code: bool) -> None:
    given = given if to is None else [*given, f"to={str(to)!r}"]
    script = f"import lpgreeks as lp\n\nfetched = lp.{function}({', '.join(given)})\n"
    if code:
        print(script + "print(fetched)")
        return
    fetched: lp.Fetched = run(script)["fetched"]
    if as_json:
        print(as_text(fetched.to_dict()))
    else:
        print("\n".join(map(str, fetched.files)))
    print(f"lpgreeks: {fetched.sentence()}", file=sys.stderr)
    for url in fetched.missing:
        print(f"lpgreeks: missing: the server has no {url}", file=sys.stderr)
    if fetched.missing:
        raise typer.Exit(3)
