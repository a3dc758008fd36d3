"""Best bids and asks of many contracts at once: the tickers of an exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lpgreeks.errors import DataError, InputError
from lpgreeks.markets.clock import times_of
from lpgreeks.markets.contract_names import ContractName, contract_name
from lpgreeks.markets.contract_quotes import ContractQuotes
from lpgreeks.markets.sequence import in_sequence
from lpgreeks.markets.sheets import first_sheet
from lpgreeks.markets.tables import json_of, numbers_of, table_of
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NEEDED", "is_tickers", "of_one_coin", "read_tickers", "ticker_records", "with_names"]

_PRICES, _SIZES = ("bidPx", "askPx"), ("bidSz", "askSz")
NEEDED = ("instId", "ts", *_PRICES)


@recorded
def read_tickers(
    source: str | Path | pd.DataFrame, *, base: str | None = None, contract_size: Mapping[str, float] | None = None
) -> tuple[ContractQuotes, ...]:
    """The best bids and asks of perpetuals and dated futures, by contract.

    OKX's ticker records as JSON, ``[...]`` or ``{"data": [...]}``, or the same columns as CSV, Parquet or a table:
    ``instId``, ``bidPx``, ``askPx``, ``ts``, and ``bidSz``, ``askSz`` and ``settleCcy`` where they are there. Numbers
    may be decimal strings. What a contract is follows from its name (see :func:`contract_name`), and from
    ``settleCcy`` before its name. A row without a name, a bid or an ask is left out; of several with one stamp the last
    holds; all are counted in the notes.

    Args:
        source: a path ending in .json, .csv or .parquet (or .json.gz, .csv.gz), or a table.
        base: the coin; needed where there are several.
        contract_size: by the token that contracts settle in, what a size of 1 stands for: quote units of inverse
            ones, coins of linear ones: ``{"BTC": 100, "USDT": 0.01}``. Without it there is no depth in coins.

    Raises:
        InputError: sizes of a token that nothing settles in.
        DataError: no such columns, several coins and none chosen, a crossed book, a contract quoted at or after its
            delivery, a name that does not say what it is.
    """
    sizes = _sizes(contract_size)
    table, name = ticker_records(source)
    missing = [column for column in NEEDED if column not in table.columns]
    if missing or table.empty:
        raise DataError(
            f"ticker records with {', '.join(NEEDED)}",
            got=f"{', '.join(map(str, table.columns)) or 'none'} in {name}, {len(table):,} rows",
        )
    table, left_out = with_names(table, ("instId",), name)
    table = table.assign(settled=table["settleCcy"].fillna("") if "settleCcy" in table.columns else "")
    found = tuple(
        _read(contract_name(str(instrument), settled_in=str(settled)), rows, name, sizes, left_out)
        for (instrument, settled), rows in table.groupby(["instId", "settled"], sort=False)
    )
    settled_in = list(dict.fromkeys(quotes.contract.settled_in for quotes in found))
    if unknown := [token for token in sizes if token not in settled_in]:
        raise InputError(
            "contract_size by tokens that contracts settle in", got=", ".join(map(str, unknown)),
            remedy=f"Those of {name} settle in {', '.join(settled_in)}",
        )  # fmt: skip
    return of_one_coin(found, base, name)


def with_names(table: pd.DataFrame, columns: Sequence[str], name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rows that say in some columns what they are, and a note on the others.

    Raises:
        DataError: what is said is no text, or no row says it.
    """
    said = table[list(columns)].notna().all(axis=1)
    for column in columns:
        other = [cell for cell in table.loc[said, column] if not isinstance(cell, str)]
        if other:
            raise DataError(f"text in column {column!r}", got=f"{other[0]!r:.60} in {name}")
    if not said.any():
        raise DataError(f"rows with {' and '.join(columns)}", got=f"none of {said.size:,} in {name}")
    nameless = int((~said).sum())
    note = f"{nameless:,} of {said.size:,} rows of {name} without {' or '.join(columns)} left out"
    return table[said], (note,) if nameless else ()


def _sizes(given: Mapping[str, float] | None) -> dict[str, float]:
    if not isinstance(given, Mapping | None):
        raise InputError(
            "contract_size by settlement token", got=f"{given!r:.60}", remedy='Like {"BTC": 100, "USDT": 0.01}'
        )
    return dict(given or {})


def is_tickers(path: str | Path) -> bool:
    """Whether a file holds what :func:`read_tickers` reads: JSON, or a table with its columns."""
    return _is_json(path) or set(NEEDED) <= set(first_sheet(path).columns)


def _is_json(path: str | Path) -> bool:
    return ".json" in Path(path).suffixes


def of_one_coin(found: tuple[ContractQuotes, ...], base: str | None, name: str) -> tuple[ContractQuotes, ...]:
    """The contracts on one coin, the perpetuals first and then by delivery.

    Raises:
        DataError: none is on it; none is chosen of several; one contract twice.
    """
    coins = list(dict.fromkeys(quotes.contract.base for quotes in found))
    chosen = [quotes for quotes in found if base in (None, quotes.contract.base)]
    if not chosen or (base is None and len(coins) > 1):
        raise DataError(
            "one coin" if base is None else f"contracts on {base}",
            got=f"{', '.join(coins)} in {name}",
            remedy=f'Say which: base="{coins[0]}"',
        )
    names = [quotes.contract.name for quotes in chosen]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise DataError("one settlement token of each contract", got=f"several of {twice} in {name}")
    return tuple(sorted(chosen, key=_by_delivery))


def _by_delivery(quotes: ContractQuotes) -> tuple[float, str]:
    expiry = quotes.contract.expiry
    return (0.0 if expiry is None else expiry.timestamp(), quotes.contract.name)


def ticker_records(source: str | Path | pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Records of JSON as a table; anything else as :func:`table_of` has it."""
    import pandas as pd

    if not isinstance(source, (str, Path)) or not _is_json(source):
        return table_of(source)
    path = Path(source)
    content = json_of(path)
    if isinstance(content, dict):
        content = content.get("data")
    if not isinstance(content, list) or not all(isinstance(record, dict) for record in content):
        raise DataError('a list of records, or {"data": [...]}', got=f"{path.name}: {content!r:.60}")
    return pd.DataFrame(content), path.name


def _read(
    contract: ContractName, rows: pd.DataFrame, name: str, sizes: Mapping[str, float], left_out: tuple[str, ...]
) -> ContractQuotes:
    # An empty side is an empty string or a 0 at the venue.
    columns = [c for c in (*_PRICES, *_SIZES) if c in rows.columns]
    numbers = {c: numbers_of(rows[c].replace("", np.nan), c, name).to_numpy() for c in columns}
    times, guess = times_of(rows["ts"], name)
    bid, ask = (np.where(numbers[c] == 0.0, np.nan, numbers[c]) for c in _PRICES)
    both = ~np.isnan(bid) & ~np.isnan(ask)
    notes = [*left_out, *([guess] if guess else [])]
    if one_sided := int((~both).sum()):
        notes.append(f"{one_sided:,} of {both.size:,} rows of {contract.name} without a bid or an ask left out")
    stamps = times.to_numpy(dtype="datetime64[ns]")[both]
    if not stamps.size:
        raise DataError(f"a row of {contract.name} with a bid and an ask", got=f"none of {both.size:,} in {name}")
    kept, moved = in_sequence(stamps, stamps.astype(np.int64).astype(np.float64))
    known = {c: numbers[c][both][kept] for c in _SIZES if c in numbers}
    return ContractQuotes(
        contract=contract,
        times=stamps[kept],
        bid=bid[both][kept],
        ask=ask[both][kept],
        bid_size=known.get("bidSz"),
        ask_size=known.get("askSz"),
        contract_size=sizes.get(contract.settled_in),
        source=f"best bids and asks in {name}, real",
        notes=(*notes, *moved),
    )
