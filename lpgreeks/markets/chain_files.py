"""Option chains out of files: one snapshot of one coin, or all that a file holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpgreeks.errors import DataError, InputError
from lpgreeks.instruments.marked import WILDEST
from lpgreeks.markets.chain import Chain
from lpgreeks.markets.chain_layouts import FIGURES, layout_of
from lpgreeks.markets.option_names import known_option_names, option_name
from lpgreeks.markets.tables import json_of, table_of
from lpgreeks.recipes import recorded
from lpgreeks.tokens import counted_as, one_token_notes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["chain_records", "read_chain", "read_chains"]


@recorded
def read_chain(
    source: str | Path | pd.DataFrame, *, base: str | None = None, at: datetime | str | None = None
) -> Chain:
    """One snapshot of one coin's options.

    The layout is told by the columns, never by the file's name: Deribit's book summaries, tickers and order books
    (JSON, CSV, Parquet or a table), Tardis' options_chain, OptionsDX, and tables of snapshots. What an option is
    follows from its name: ``ETH-30JAN26-3000-C`` is settled in coins, ``SOL_USDC-30JUN23-20-C`` in USDC, and both
    expire at 08:00 UTC. Rows that cannot be options of that time are left out, each with its reason.

    Args:
        source: a path ending in .json, .csv or .parquet (or .json.gz, .csv.gz), or a table.
        base: the coin; needed where the file has several.
        at: the last snapshot not after that time, UTC unless it says; of a stream, the last row of each name by then.

    Raises:
        DataError: no such layout, several coins or snapshots and none chosen, another coin, no row left, or
            volatilities in the wrong unit.
    """
    read = _read(source, at)
    coins = sorted({*read.kept["base"], *read.left_out["base"]} - {""})
    found = coins if base is None else [coin for coin in coins if counted_as(coin) == counted_as(base)]
    if len(found) != 1:
        raise DataError(
            "one coin" if base is None else f"options on {base}",
            got=f"{', '.join(coins)} in {read.name}",
            remedy=f'Say which: read_chain(..., base="{coins[0]}") (--base {coins[0]}), or take all: read_chains(...)',
        )
    rows = read.kept[read.kept["base"] == found[0]]
    times = rows["snapshot"].unique()
    if len(times) > 1:
        raise DataError(
            "one snapshot",
            got=f"{len(times)} in {read.name}, {min(times)} to {max(times)} UTC",
            remedy=f'Choose the last one by a time: read_chain(..., at="{max(times)}"), or take all: read_chains(...)',
        )
    if rows.empty:
        raise _nothing_left(read, found[0])
    return _chain(rows, read)


@recorded
def read_chains(source: str | Path | pd.DataFrame) -> tuple[Chain, ...]:
    """Every chain of a file, by snapshot and then by coin; see :func:`read_chain`.

    Args:
        source: a file or a table.

    Raises:
        DataError: as there; also a coin without a row left in some snapshot.
    """
    read = _read(source, None)
    chains = tuple(_chain(rows, read) for _, rows in read.kept.groupby(["snapshot", "base"]))
    kept = set(zip(read.kept["snapshot"], read.kept["base"], strict=True))
    for at, base in zip(read.left_out["snapshot"], read.left_out["base"], strict=True):
        if base and (at, base) not in kept:
            raise _nothing_left(read, base)
    return chains


class _Read(NamedTuple):
    """The rows of a file: those kept, and those left out with their ``reason``."""

    kept: pd.DataFrame
    left_out: pd.DataFrame
    notes: tuple[str, ...]
    name: str


def _read(source: str | Path | pd.DataFrame, at: datetime | str | None) -> _Read:
    table, name = chain_records(source)
    # OptionsDX puts its names in brackets.
    table = table.rename(columns=lambda column: str(column).strip().strip("[]"))
    if table.columns.has_duplicates or table.empty:
        raise DataError("a table with rows and distinct columns", got=f"{table.shape} in {name}: {list(table.columns)}")
    rows, notes = layout_of(table, name).normal(table, name)
    rows.insert(0, "row", np.arange(1, len(rows) + 1))
    if at is not None:
        rows = _not_after(rows, _moment(at), name)
    # Rows that follow one another are one snapshot: the state after the last of them.
    rows["snapshot"] = rows["snapshot"].fillna(rows["quoted"].max())
    rows = _named(rows)
    reason = _reasons(rows)
    bad = reason != ""
    return _Read(rows[~bad], rows[bad].assign(reason=reason[bad]), notes, name)


def _moment(at: datetime | str) -> pd.Timestamp:
    import pandas as pd

    try:
        moment = pd.Timestamp(at)
    except (ValueError, TypeError) as error:
        raise InputError(
            "at as a time", got=f"{at!r:.60}", remedy='Like "2026-01-05 12:00", UTC unless it says'
        ) from error
    return moment if moment.tzinfo is None else moment.tz_convert(None)


def _not_after(rows: pd.DataFrame, at: pd.Timestamp, name: str) -> pd.DataFrame:
    """The rows of the last snapshot by then; of a stream, those that had come by then."""
    known = rows["snapshot"].fillna(rows["quoted"])
    if not (known <= at).any():
        raise DataError(f"quotes by {at} UTC", got=f"the first at {known.min()} in {name}")
    stream = rows["snapshot"].isna()
    last: pd.DataFrame = rows[(known <= at) & (stream | (known == known[known <= at].max()))]
    return last


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """With what the names say: ``base``, ``quote``, ``calls``, ``coin_settled``, ``expiries``, ``listed_strikes``."""
    import pandas as pd

    rows["names"] = rows["names"].fillna("").astype(str)
    known = known_option_names(rows["names"])
    if not known:
        option_name(rows["names"].iloc[0])
    nameless = ("", "", False, False, None, np.nan)
    terms = [
        (n.base, n.quote, n.call, n.coin_settled, n.expiry.replace(tzinfo=None), n.strike) if n else nameless
        for n in map(known.get, rows["names"].unique())
    ]
    columns = ["base", "quote", "calls", "coin_settled", "expiries", "listed_strikes"]
    meant = pd.DataFrame(terms, index=rows["names"].unique(), columns=columns).loc[rows["names"]]
    return rows.assign(**{column: meant[column].to_numpy() for column in columns})


def _reasons(rows: pd.DataFrame) -> pd.Series:
    """Why each row is left out, "" where it is not; the first reason counts."""
    import pandas as pd

    seen = rows[["quoted", "snapshot"]].max(axis=1)
    prices = rows[["bids", "asks", "marks"]]
    # Where no row has a mark, the layout has none.
    unmarked = rows["marks"].isna() if rows["marks"].notna().any() else False
    wrong = {
        "no name of an option": rows["base"] == "",
        "strike of 0 or less": rows["listed_strikes"] <= 0,
        "strike other than in the name": rows["strikes"].notna() & (rows["strikes"] != rows["listed_strikes"]),
        "expired": rows["expiries"] <= seen,
        "no mark": unmarked,
        "price below 0 or infinite": ((prices < 0) | np.isinf(prices)).any(axis=1),
        "bid above ask": rows["bids"] > rows["asks"],
        "volatility above 1,000 % a year": (rows["volatilities"] > WILDEST),
        "forward of 0 or less, or infinite": (rows["underlyings"] <= 0) | np.isinf(rows["underlyings"]),
    }
    reasons = pd.Series("", index=rows.index, dtype=object)
    for reason, mask in wrong.items():
        reasons[mask & (reasons == "")] = reason
    kept = rows[reasons == ""].sort_values("quoted", kind="stable")
    again = kept.duplicated(["snapshot", "names"], keep="last")
    reasons[again[again].index] = "a later row has the same name"
    return reasons


def _nothing_left(read: _Read, base: str) -> DataError:
    counts = read.left_out["reason"][read.left_out["base"].isin(["", base])].value_counts()
    reasons = ", ".join(f"{reason}: {count:,}" for reason, count in counts.items())
    return DataError(f"options on {base}", got=f"no row left of a snapshot in {read.name}; {reasons}")


def _chain(kept: pd.DataFrame, read: _Read) -> Chain:
    """The chain of one coin's rows of one snapshot."""
    base, at = kept["base"].iloc[0], kept["snapshot"].iloc[0]
    out = read.left_out
    out = out[out["base"].isin(["", base]) & (out["snapshot"] == at)]
    quotes = kept["quote"].unique().tolist()
    columns = ("calls", "coin_settled", "expiries", "quoted", *FIGURES)
    arrays: dict[str, Any] = {name: kept[name].to_numpy() for name in columns}
    return Chain(
        base=base,
        quote=quotes[0] if len(quotes) == 1 else counted_as(quotes[0]),
        at=at.to_pydatetime().replace(tzinfo=UTC),
        source=read.name,
        names=kept["names"].to_numpy(dtype=str),
        strikes=kept["listed_strikes"].to_numpy(),
        **arrays,
        notes=(*read.notes, *one_token_notes(quotes)),
        rejected=out[["row", "names", "reason"]].rename(columns={"names": "name"}).reset_index(drop=True),
    )


def chain_records(source: str | Path | pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """JSON as a table of its records; anything else as :func:`table_of` has it."""
    import pandas as pd

    if not isinstance(source, (str, Path)) or not str(source).endswith((".json", ".json.gz")):
        return table_of(source)
    path = Path(source)
    content = json_of(path)
    records = [_result(record) for record in _records(content)]
    if not records or not all(isinstance(record, dict) for record in records):
        raise DataError("a list of records, or one under result", got=f"{path.name}: {str(content)[:60]}")
    return pd.DataFrame.from_records(records), path.name


def _records(content: Any) -> list[Any]:
    found = _result(content)
    return found if isinstance(found, list) else [found]


def _result(content: Any) -> Any:
    """What an answer of the exchange holds, out of its envelope."""
    return content["result"] if isinstance(content, dict) and "result" in content else content
