"""Klines, funding and best bids and asks of Binance's archive. Source: github.com/binance/binance-public-data."""

from __future__ import annotations

import calendar
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from enum import Enum
from pathlib import Path

from lpgreeks.downloads.connection import Connection
from lpgreeks.downloads.fetched import Fetched
from lpgreeks.downloads.folder import data_folder
from lpgreeks.downloads.verified import fetch_verified
from lpgreeks.errors import InputError

__all__ = ["INTERVALS", "BinanceMarket", "download_book", "download_funding", "download_klines"]

INTERVALS = (
    "1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1mo",
)  # fmt: skip
"""Lengths of bars, as the archive names them."""

_URL, _VARIABLE = "https://data.binance.vision", "LPGREEKS_BINANCE_URL"
_SYMBOL = re.compile(r"[A-Z0-9]{2,30}(_[A-Z0-9]{1,12})?")


class BinanceMarket(str, Enum):
    """A part of the exchange: spot, futures margined in dollars, futures margined in coins."""

    spot = "spot"
    usd_m = "usd-m"
    coin_m = "coin-m"


_FOLDERS = {BinanceMarket.spot: "spot", BinanceMarket.usd_m: "futures/um", BinanceMarket.coin_m: "futures/cm"}


def download_klines(
    symbol: str,
    interval: str,
    first: str,
    last: str,
    *,
    market: BinanceMarket = BinanceMarket.spot,
    to: str | Path | None = None,
    connection: Connection | None = None,
) -> Fetched:
    """Bars, for :func:`~lpgreeks.read_klines`: a file a month, or a file a day where ``first`` and ``last`` are days.

    A file bears its name once its sha256 is the published one. One that is there and verified is not asked for again.

    Args:
        symbol: as the exchange writes it: "ETHUSDT"; "ETHUSD_PERP" of futures margined in coins.
        interval: of a bar: "1m", "1h", "1d".
        first, last: both ends in it: "2023-04" and "2023-05", or "2023-04-01" and "2023-04-07", UTC.
        market: which part of the exchange.
        to: the folder; that of :func:`~lpgreeks.data_folder` unless said. Files are kept in the archive's own layout.
        connection: address, time-outs, tries.

    Raises:
        InputError: no such symbol, interval or time.
        DataError: none of the files is there, a wrong checksum, an archive of something else, no answer, no room;
            httpx or platformdirs is not installed.
    """
    if interval not in INTERVALS:
        raise InputError("a bar's length of the archive", got=repr(interval), remedy=f"One of {', '.join(INTERVALS)}")
    names = [(_parts(stamp), f"{_symbol(symbol)}-{interval}-{stamp}") for stamp in _stamps(first, last)]
    inside = f"klines/{symbol}/{interval}"
    return _download([f"{part}/{inside}/{name}" for part, name in names], market, "read_klines", to, connection)


def download_funding(
    symbol: str,
    first: str,
    last: str,
    *,
    market: BinanceMarket = BinanceMarket.usd_m,
    to: str | Path | None = None,
    connection: Connection | None = None,
) -> Fetched:
    """Funding settlements of a perpetual, for :func:`~lpgreeks.read_funding`: a file a month; there are none a day.

    Args:
        symbol: "ETHUSDT"; "ETHUSD_PERP" of futures margined in coins.
        first, last: months, both in it: "2023-04" and "2023-05".
        market: which futures.
        to, connection: as of :func:`download_klines`.

    Raises:
        InputError: spot, which has no funding; days; no such symbol or time.
        DataError: as of :func:`download_klines`.
    """
    _require_futures(market, "funding")
    stamps = list(_stamps(first, last))
    if len(stamps[0]) > len("2023-04"):
        raise InputError("months", got=f"{first} to {last}", remedy="Funding is published by the month: 2023-04")
    inside = f"monthly/fundingRate/{_symbol(symbol)}/{symbol}-fundingRate"
    return _download([f"{inside}-{stamp}" for stamp in stamps], market, "read_funding", to, connection)


def download_book(
    symbol: str,
    first: str,
    last: str,
    *,
    market: BinanceMarket = BinanceMarket.usd_m,
    to: str | Path | None = None,
    connection: Connection | None = None,
) -> Fetched:
    """Best bids and asks as they changed, for :func:`~lpgreeks.read_book`: a file a day, of months each of their days.

    Published for futures from 2023-05 to 2024-03, with gaps.

    Args:
        symbol: "ETHUSDT"; "ETHUSD_PERP" of futures margined in coins.
        first, last: both ends in it: days, or months.
        market: which futures.
        to, connection: as of :func:`download_klines`.

    Raises:
        InputError: spot, which has none; no such symbol or time.
        DataError: as of :func:`download_klines`.
    """
    _require_futures(market, "best bids and asks")
    inside = f"daily/bookTicker/{_symbol(symbol)}/{symbol}-bookTicker"
    days = [day for stamp in _stamps(first, last) for day in _days_of(stamp)]
    return _download([f"{inside}-{day}" for day in days], market, "read_book", to, connection)


def _require_futures(market: BinanceMarket, what: str) -> None:
    if BinanceMarket(market) is BinanceMarket.spot:
        raise InputError(
            f"futures for {what}", got="spot", remedy="usd-m or coin-m: market=lp.BinanceMarket.usd_m, --market usd-m"
        )


def _symbol(symbol: str) -> str:
    if not isinstance(symbol, str) or not _SYMBOL.fullmatch(symbol):
        raise InputError("a symbol", got=f"{symbol!r:.60}", remedy='Like "ETHUSDT", or "ETHUSD_PERP" of coin-m')
    return symbol


def _stamps(first: str, last: str) -> Iterator[str]:
    """The months, or the days, from one to the other."""
    begin, end = _day(first), _day(last)
    if len(first) != len(last) or end < begin:
        raise InputError("two months or two days in order", got=f"{first} to {last}", remedy="2023-04 2023-05")
    while begin <= end:
        yield begin.isoformat()[: len(first)]
        whole = len(first) == len("2023-04")
        begin += timedelta(days=calendar.monthrange(begin.year, begin.month)[1] if whole else 1)


def _day(stamp: str) -> date:
    """The first day of a month, or the day."""
    if isinstance(stamp, str) and re.fullmatch(r"20\d\d-\d\d(-\d\d)?", stamp):
        with suppress(ValueError):
            return date.fromisoformat(stamp if len(stamp) > len("2023-04") else f"{stamp}-01")
    raise InputError("a month or a day, UTC", got=f"{stamp!r:.60}", remedy="Like 2023-04 or 2023-04-01")


def _days_of(stamp: str) -> list[str]:
    if len(stamp) > len("2023-04"):
        return [stamp]
    year, month = map(int, stamp.split("-"))
    return [f"{stamp}-{day:02}" for day in range(1, calendar.monthrange(year, month)[1] + 1)]


def _parts(stamp: str) -> str:
    return "daily" if len(stamp) > len("2023-04") else "monthly"


def _download(
    names: list[str], market: BinanceMarket, reader: str, to: str | Path | None, connection: Connection | None
) -> Fetched:
    connection = connection or Connection()
    base = (connection.url or os.environ.get(_VARIABLE) or _URL).rstrip("/")
    inside = [f"data/{_FOLDERS[BinanceMarket(market)]}/{name}.zip" for name in names]
    root = data_folder(to) / "binance"
    return fetch_verified({f"{base}/{place}": root / place for place in inside}, connection, reader)
