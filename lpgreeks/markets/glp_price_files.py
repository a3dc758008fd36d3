"""What one GLP was worth: hourly exports of the stats subgraph, and daily tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks.errors import DataError
from lpgreeks.markets.integers import scaled_column
from lpgreeks.markets.sheets import one_of, sheets, stamps
from lpgreeks.markets.tables import numbers_of
from lpgreeks.protocols import GlpPrices
from lpgreeks.recipes import recorded

__all__ = ["DAYS", "STATS", "read_glp_prices", "read_glp_stats"]

_SHARE_DECIMALS = 18
# "hourly:1633046400" or "1633046400"; a total has no time.
_ID = re.compile(r"(?:\w+:)?(\d{9,10})")
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """One way of writing prices: what it is, and the columns by which it is told."""

    title: str
    needs: frozenset[str]


STATS = _Layout(title="GMX stats", needs=frozenset({"id", "aumInUsdg", "glpSupply"}))
DAYS = _Layout(title="daily GLP prices", needs=frozenset({"date", "glp_price"}))
_WITH_FEES = "glp_price_plus_fees"


@recorded
def read_glp_stats(path: str | Path) -> GlpPrices:
    """AUM and supply out of an export of the GMX stats subgraph: JSON or CSV with ``id``, ``aumInUsdg``, ``glpSupply``.

    Both are integers with 18 decimals, read digit by digit. The id is ``<period>:<seconds since 1970>`` or the seconds
    alone. Rows whose id has no time (totals) are left out and counted.

    Args:
        path: the file.

    Raises:
        DataError: not such an export, rows out of order, a price that is no GLP's: figures of two units.
    """
    parts, left_out, ids = [], 0, ""
    for sheet in sheets(path):
        layout = one_of((STATS,), sheet, "GMX stats")
        for piece in sheet.pieces(layout.needs, text=layout.needs):
            found = [_ID.fullmatch(str(cell)) for cell in piece["id"]]
            kept = np.array([match is not None for match in found], dtype=bool)
            ids = ids or next(map(str, piece["id"]), "")
            left_out += int((~kept).sum())
            seconds = [int(match[1]) for match in found if match is not None]
            aum, supply = (
                scaled_column(piece.loc[kept, column], _SHARE_DECIMALS, column, sheet.name)
                for column in ("aumInUsdg", "glpSupply")
            )
            parts.append((np.array(seconds, dtype="datetime64[s]"), aum, supply))
    name = Path(path).name
    if not parts:
        raise DataError(f"tables of {STATS.title}", got=f"none in {name}")
    times, aum, supply = (np.concatenate(column) for column in zip(*parts, strict=True))
    if not times.size:
        raise DataError(
            "rows whose id has a time in seconds since 1970",
            got=f"{left_out:,} rows without in {name}, the first {ids!r:.40}",
            remedy='Like "hourly:1633046400": milliseconds are another clock, and totals have no time',
        )
    if (wrong := np.flatnonzero(supply <= 0)).size:
        raise DataError(
            "a supply of GLP above 0 in every row",
            got=f"{wrong.size:,} without in {name}, the first at {times[wrong[0]]}",
        )
    notes = (f"{left_out:,} rows without a time in their id left out",) if left_out else ()
    return GlpPrices(
        times=times,
        prices=aum / supply,
        aum=aum,
        supply=supply,
        source=f"AUM and supply of GLP, real: {STATS.title} {name}",
        notes=notes,
    )


@recorded
def read_glp_prices(path: str | Path) -> GlpPrices:
    """A daily table: ``date``, ``glp_price`` in dollars, and ``glp_price_plus_fees`` where there is one.

    The second is the price with all rewards added since the first day. A day's price is that of its end, and is known
    from there on: the next day's start. Days marked in a column ``interpolated`` are kept and counted.

    Args:
        path: the file.

    Raises:
        DataError: not such a table, days out of order, prices of 0 or less or that are no GLP's.
    """
    parts: list[dict[str, NDArray[Any]]] = []
    filled = 0
    for sheet in sheets(path):
        layout = one_of((DAYS,), sheet, "daily GLP prices")
        for piece in sheet.pieces({*layout.needs, _WITH_FEES, "interpolated"}, text={"date", "interpolated"}):
            filled += int((piece.get("interpolated", np.zeros(0)) == str(True)).sum())
            columns = {"prices": "glp_price", "with_fees": _WITH_FEES}
            own = {k: numbers_of(piece[c], c, sheet.name).to_numpy() for k, c in columns.items() if c in piece}
            # A reader that put the end of a day at its start would let a replay know a day ahead.
            parts.append({"times": stamps(piece["date"], sheet.name)[0] + _DAY} | own)
    name = Path(path).name
    if not parts:
        raise DataError(f"tables of {DAYS.title}", got=f"none in {name}")
    joined: dict[str, Any] = {k: np.concatenate([part[k] for part in parts]) for k in parts[0]}
    return GlpPrices(
        source=f"prices of GLP, real: {DAYS.title} {name}",
        notes=(f"{filled:,} days are marked as interpolated",) if filled else (),
        **joined,
    )
