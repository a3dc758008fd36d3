"""Whose prices a file holds: the symbol in its rows, or at the front of its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lpgreeks.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["market_of", "market_of_name", "pair_of_symbol", "symbols_of"]

_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "BTC", "ETH", "EUR")


def market_of_name(path: Path) -> str | None:
    """The pair in the front of a file's name ("ETHUSDT-1m-2023-05.parquet"), if there is one."""
    try:
        return pair_of_symbol(path.name.split("-")[0]) if "-" in path.name else None
    except DataError:
        return None


def symbols_of(piece: pd.DataFrame, name: str) -> set[str]:
    """The symbols in a table's rows, else the one at the front of its name, if there is one."""
    if "symbol" in piece:
        return set(map(str, piece["symbol"].unique()))
    return {name.split("-")[0]} if market_of_name(Path(name)) else set()


def market_of(symbols: set[str], market: str, name: str) -> tuple[str, tuple[str, ...]]:
    """The market as the user names it, else as the one symbol does; and what was guessed.

    Raises:
        DataError: several symbols; none, and no market named.
    """
    if len(symbols) > 1:
        raise DataError(
            "one symbol",
            got=f"{', '.join(sorted(symbols)[:5])} in {name}",
            remedy="Keep each in a file or a folder of its own",
        )
    if market:
        return market, ()
    if not symbols:
        raise DataError("a market's name", got=f"none in {name}", remedy="Say market='ETH/USDT'")
    symbol = next(iter(symbols))
    pair = pair_of_symbol(symbol)
    return pair, (f"market {pair} from the name {symbol}",)


def pair_of_symbol(symbol: str) -> str:
    """The pair of a symbol like ETHUSDT or ETHUSDT_230630: "ETH/USDT"."""
    symbol = symbol.split("_")[0].upper()
    for quote in _QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return f"{symbol.removesuffix(quote)}/{quote}"
    raise DataError("a symbol like ETHUSDT at the front of the file's name", got=symbol, remedy="Say market='ETH/USDT'")
