"""Deribit's option chain of one moment. Source: docs.deribit.com, public/get_book_summary_by_currency."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from lpgreeks.downloads.connection import Connection
from lpgreeks.downloads.fetched import Fetched
from lpgreeks.downloads.folder import data_folder, write_whole
from lpgreeks.downloads.transfer import MissingError, content_of
from lpgreeks.errors import DataError, require_token

__all__ = ["download_chain"]

_URL, _VARIABLE = "https://www.deribit.com", "LPGREEKS_DERIBIT_URL"
_METHOD = "api/v2/public/get_book_summary_by_currency"


def download_chain(base: str, *, to: str | Path | None = None, connection: Connection | None = None) -> Fetched:
    """Every option on a coin as it is quoted now, for :func:`~lpgreeks.read_chain`: the exchange's answer as it came.

    The file is named after the latest quote in it: ``ETH-options-20260105T040000Z.json``.

    Args:
        base: the coin: "ETH", "BTC"; "USDC" has the options that settle in it.
        to: the folder; that of :func:`~lpgreeks.data_folder` unless said.
        connection: address, time-outs, tries.

    Raises:
        DataError: no options on it, an answer that is none, no answer, no room; httpx or platformdirs is not installed.
    """
    coin = require_token("base", base).upper()
    connection = connection or Connection()
    root = (connection.url or os.environ.get(_VARIABLE) or _URL).rstrip("/")
    folder = data_folder(to) / "deribit" / "chains"
    asked = {"currency": coin, "kind": "option"}
    with connection.client() as client:
        try:
            content = content_of(f"{root}/{_METHOD}?{urlencode(asked)}", connection, client)
        except MissingError as error:
            raise DataError("an option chain", got=f"status 404 from {error}") from error
    target = folder / f"{coin}-options-{_moment(content, coin):%Y%m%dT%H%M%SZ}.json"
    already = int(target.exists())
    write_whole(target, content)
    return Fetched(folder=folder, files=(target,), already=already, missing=(), reader="read_chain")


def _moment(content: bytes, coin: str) -> datetime:
    """The latest time at which the exchange made a quote of the chain."""
    try:
        answer = json.loads(content)
        stamps = [row["creation_timestamp"] for row in answer["result"]]
        return datetime.fromtimestamp(max(stamps) / 1000, tz=UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError) as error:
        raise DataError(
            f"the options on {coin}", got=f"{content[:120]!r}", remedy="Deribit has BTC, ETH, and USDC for others"
        ) from error
