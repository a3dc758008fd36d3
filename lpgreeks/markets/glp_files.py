"""Minutes of a GMX v1 vault: the contract's integers as demeter keeps them, or a table in whole units."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError
from lpgreeks.markets.glp_layouts import LAYOUTS, Cell, GlpScale, VaultColumns
from lpgreeks.markets.integers import scaled_column
from lpgreeks.markets.sequence import missing_notes
from lpgreeks.markets.sheets import one_of, sheets, stamps
from lpgreeks.protocols import GlpHistory
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_glp"]

# A file whose AUM is of the same side of the price feed as its prices is out by the last bits of a double alone.
_SAME_SIDE = 1e-6


@recorded
def read_glp(path: str | Path, *, scale: GlpScale | None = None, slack: float = 0.0) -> GlpHistory:
    """Minutes of a GMX v1 vault with its full composition; the layout is told by the columns.

    demeter's minutes (``glp``, ``weth_price``, ``weth_pool``, ... in the contract's integers, of up to 38 digits) and
    tables in whole units (``glp_supply``, ``weth_guaranteed_usd``, ...). Tokens are named in capitals. One without
    columns of short positions is a stable token. The AUM that the file states is compared with what its columns add
    up to, and how far they are apart is among the notes. Where it is theirs in most rows it must be in all. A
    file's reward rate is what is streamed to GLP: the holders' 70 % already.

    Args:
        path: CSV (plain or packed), Parquet, an archive or a folder of days.
        scale: decimals of the integers. Only a table whose columns say dollars and tokens needs none: of demeter's
            minutes some have prices with 30 decimals and some in dollars, and none says a token's decimals.
        slack: how far a row's figures may contradict each other, a decimal of the AUM.

    Raises:
        DataError: no such layout, a scale that has to be stated or does not fit, and whatever
            :class:`~lpgreeks.GlpHistory` refuses.
    """
    if not (scale is None or isinstance(scale, GlpScale)):
        raise InputError("scale as lp.GlpScale", got=f"{scale!r:.60}", remedy='lp.GlpScale(decimals={"WETH": 18, ...})')
    parts: list[dict[str, NDArray[Any]]] = []
    kinds: dict[VaultColumns, str] = {}
    for sheet in sheets(path):
        layout = one_of(LAYOUTS, sheet, "a GMX v1 vault")
        vault = layout.columns(sheet.columns, sheet.name, scale)
        kinds[vault] = layout.title
        wanted = vault.names | {layout.time}
        parts += [
            {"times": stamps(piece[layout.time], sheet.name)[0]} | _columns(piece, vault, sheet.name)
            for piece in sheet.pieces(wanted, text=wanted)
        ]
    name = Path(path).name
    if len(kinds) != 1:
        raise DataError("files of one layout with the same tokens", got=f"{len(kinds)} kinds in {name}")
    ((vault, title),) = kinds.items()
    joined = {k: np.concatenate([part[k] for part in parts]) for k in parts[0]}
    # A column that is there and never filled is not known.
    known: dict[str, Any] = {k: column for k, column in joined.items() if (column == column).any()}
    history = GlpHistory(
        tokens=vault.tokens,
        stable=np.array(vault.stable),
        reward_token=vault.reward_token,
        slack=slack,
        source=f"states of a GMX v1 vault, real: {title} {name}",
        notes=vault.notes + missing_notes(joined["times"]),
        **known,
    )
    return replace(history, notes=(*history.notes, *_of_the_aum(history), *_doubts(history)))


def _columns(piece: pd.DataFrame, vault: VaultColumns, name: str) -> dict[str, FloatArray]:
    """The history's columns of some rows."""

    def of(cell: Cell) -> FloatArray:
        if cell.column not in piece:
            return np.zeros(len(piece))
        return scaled_column(piece[cell.column], cell.decimals, cell.column, name)

    return {k: of(cell) for k, cell in vault.of_row} | {
        k: np.stack([of(cell) for cell in cells], axis=1) for k, cells in vault.of_token
    }


def _of_the_aum(history: GlpHistory) -> tuple[str, ...]:
    """How far the columns are from the stated AUM.

    Raises:
        DataError: they make it up in most rows, and not in all.
    """
    if history.stated_aum is None:
        return ()
    apart, middle = history.distance, float(np.median(history.distance))
    if middle < _SAME_SIDE and (far := np.flatnonzero(apart > _SAME_SIDE)).size:
        raise DataError(
            "the stated AUM in every row, as in most",
            got=f"{far.size:,} rows apart, the first by {apart[far[0]]:.2g} of it at {history.times[far[0]]}",
            remedy="A cell of theirs is wrong",
        )
    return (f"AUM by the columns is {middle:.2g} of the stated one away by the median, {apart.max():.2g} at most",)


def _doubts(history: GlpHistory) -> tuple[str, ...]:
    """On the rows that contradict themselves within the slack."""
    if not (count := int((history.contradictions > 0).sum())):
        return ()
    return (
        f"{count:,} rows kept though a pool or reserve is below 0 or more reserved than there is, by up to "
        f"{history.contradictions.max():.2%} of the AUM: within the slack that was stated",
    )
