"""Files fetched from where exchanges publish them: resumed, verified, cached, whole or not there."""

from __future__ import annotations

from lpgreeks.downloads.binance import BinanceMarket, download_book, download_funding, download_klines
from lpgreeks.downloads.connection import Connection
from lpgreeks.downloads.deribit import download_chain
from lpgreeks.downloads.fetched import Fetched
from lpgreeks.downloads.folder import data_folder

__all__ = [
    "BinanceMarket",
    "Connection",
    "Fetched",
    "data_folder",
    "download_book",
    "download_chain",
    "download_funding",
    "download_klines",
]
