"""What was quoted: readers of the files that people have, and the data check."""

from __future__ import annotations

from lpgreeks.markets.check import DataReport, Finding
from lpgreeks.markets.readers import (
    Columns,
    check_klines,
    check_prices,
    market_of_name,
    read_klines,
    read_prices,
)

__all__ = [
    "Columns",
    "DataReport",
    "Finding",
    "check_klines",
    "check_prices",
    "market_of_name",
    "read_klines",
    "read_prices",
]
