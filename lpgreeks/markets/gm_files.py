"""Minutes of a GMX v2 market, as demeter-fetch writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks.errors import DataError, require_token
from lpgreeks.markets.sequence import missing_notes
from lpgreeks.markets.sheets import one_of, sheets, stamps
from lpgreeks.markets.tables import numbers_of
from lpgreeks.protocols import GmCaps, GmHistory
from lpgreeks.protocols.gm import require_caps
from lpgreeks.recipes import recorded

__all__ = ["LAYOUTS", "read_gm"]

_COLUMNS = {
    "supply": "marketTokensSupply",
    "stated_value": "poolValue",
    "long_amount": "longAmount",
    "short_amount": "shortAmount",
    "impact_pool": "impactPoolAmount",
    "prices": "longPrice",
    "short_prices": "shortPrice",
    "long_interest": "openInterestLong",
    "short_interest": "openInterestShort",
    "long_tokens": "openInterestInTokensLong",
    "short_tokens": "openInterestInTokensShort",
}
_INDEX_PRICE, _PNL = "indexPrice", "pendingPnl"

# Of the pool: another sign, or dollars for coins, is off by more.
_PNL_APART = 1e-6


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """One way of writing minutes: what it is, and the column of the time."""

    title: str
    time: str

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.time, _INDEX_PRICE, _PNL, *_COLUMNS.values()})


LAYOUTS = (
    _Layout(title="demeter-fetch minutes of GMX v2", time="timestamp"),
    _Layout(title="table of a GMX v2 market", time="time"),
)


@recorded
def read_gm(path: str | Path, *, base: str, quote: str = "USD", caps: GmCaps | None = None) -> GmHistory:
    """Minutes of a GMX v2 market in whole units, as demeter-fetch and tables made of it have them.

    Pending borrowing fees and the lent part of the impact pool are in no column: they are taken as 0, and
    :attr:`~lpgreeks.GmHistory.distance` shows what that leaves out. The traders' P&L of the file must be that of its
    open interest.

    Args:
        path: CSV (plain or packed), Parquet, an archive or a folder of days.
        base: the long token, which no file names: "ETH".
        quote: the dollar.
        caps: traders' profit at most, which no file has; the dated settings unless said.

    Raises:
        DataError: no such layout, an index price other than the long token's, figures that no market can have.
    """
    require_token("base", base)
    own_caps = require_caps(GmCaps() if caps is None else caps)
    parts: list[dict[str, NDArray[Any]]] = []
    titles = set()
    for sheet in sheets(path):
        layout = one_of(LAYOUTS, sheet, "a GMX v2 market")
        titles.add(layout.title)
        for piece in sheet.pieces(layout.needs):
            columns = _COLUMNS | {"index": _INDEX_PRICE, "pnl": _PNL}
            own = {k: numbers_of(piece[c], c, sheet.name).to_numpy() for k, c in columns.items()}
            parts.append({"times": stamps(piece[layout.time], sheet.name)[0]} | own)
    name = Path(path).name
    if len(titles) != 1:
        raise DataError("minutes of one layout", got=f"{', '.join(sorted(titles)) or 'none'} in {name}")
    joined = {k: np.concatenate([part[k] for part in parts]) for k in parts[0]}
    times, index, pnl = (joined[k] for k in ("times", "index", "pnl"))
    if (other := np.flatnonzero(index != joined["prices"])).size:
        raise DataError(
            "a market whose index token is its long token",
            got=f"{other.size:,} rows in which {_INDEX_PRICE} is not longPrice, the first at {times[other[0]]}: {name}",
            remedy="Where they differ the pool's value depends on two prices, which no formula of one price says",
        )
    history = GmHistory(
        base=base,
        index_token=base,
        quote=quote,
        caps=own_caps,
        source=f"states of a GMX v2 market, real: {titles.pop()} {name}",
        notes=(
            "pending borrowing fees and the lent part of the impact pool are in no column: taken as 0",
            f"traders' profit capped at {own_caps.long:g} and {own_caps.short:g} of the pool's sides: stated",
            *missing_notes(times),
        ),
        times=times,
        **{k: joined[k] for k in _COLUMNS},
    )
    apart = np.abs(history.pnl - pnl) / joined["stated_value"]
    if (far := np.flatnonzero(~(apart <= _PNL_APART))).size:
        raise DataError(
            f"traders' P&L of their open interest in {_PNL!r}",
            got=f"{pnl[far[0]]:,.2f} for {history.pnl[far[0]]:,.2f} {quote} at {times[far[0]]}, {far.size:,} such rows",
            remedy="Before demeter-fetch 1.3.4 its sign was the pool's; or a column is in another unit",
        )
    return history
