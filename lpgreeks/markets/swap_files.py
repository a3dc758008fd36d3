"""Every swap of a Uniswap v3 pool, out of the files that people have of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError, require_positive
from lpgreeks.markets.sheets import one_of, sheets, stamps
from lpgreeks.markets.streams import PoolHistory
from lpgreeks.markets.tables import numbers_of, whole_numbers
from lpgreeks.onchain import OnchainPool
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAYOUTS", "read_swaps"]

_GROWTH = ("feeGrowthGlobal0X128", "feeGrowthGlobal1X128")
_SWAPS = frozenset({"SWAP"})

# A swap pays the pool's price but for fee and impact; wrong decimals put it off by powers of ten.
_FAR = 2.0

_Arrays: TypeAlias = dict[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """One way of writing swaps.

    Args:
        title: what the file is.
        time: the column of times.
        block, place: the columns by which the chain orders its events.
        root: the column of sqrtPriceX96 after the swap.
        liquidity: the column of the contract's active liquidity after the swap; "" where the file has none.
        kind: the column that tells swaps from other events, if there are any.
        raw: ``amount0`` and ``amount1`` are the contract's integers, else whole tokens; above 0 is what came in.
    """

    title: str
    time: str
    block: str
    place: str
    root: str = "sqrtPriceX96"
    liquidity: str = ""
    kind: str = ""
    raw: bool = False

    @property
    def needs(self) -> frozenset[str]:
        own = {self.time, self.block, self.place, self.root, self.liquidity, self.kind, "amount0", "amount1"}
        return frozenset(own - {""})

    @property
    def text(self) -> frozenset[str]:
        """The columns of integers that a double may not hold."""
        return frozenset({self.root, self.liquidity, *_GROWTH} | ({"amount0", "amount1"} if self.raw else set()))

    def arrays(self, piece: pd.DataFrame, name: str, pool: OnchainPool) -> _Arrays:
        """What is kept of a piece, in whole tokens but for the counters of fee growth."""
        swaps = piece[piece[self.kind].isin(_SWAPS)] if self.kind else piece

        def whole(column: str) -> list[int]:
            return whole_numbers(swaps[column], column, name)

        def number(column: str) -> FloatArray:
            return numbers_of(swaps[column], column, name).to_numpy()

        own = ("amount0", "amount1")
        amounts = pool.whole_amounts(*map(whole, own)) if self.raw else map(number, own)
        base, quote = pool.base_and_quote(*amounts)
        arrays: _Arrays = {
            "times": stamps(swaps[self.time], name)[0],
            "block": np.array(whole(self.block), dtype=np.int64),
            "place": np.array(whole(self.place), dtype=np.int64),
            "prices": pool.prices_at(whole(self.root)),
            "base": base,
            "quote": quote,
        }
        if self.liquidity:
            arrays["liquidity"] = pool.whole_liquidity(whole(self.liquidity))
        return arrays | {c: np.array(whole(c), dtype=object) for c in _GROWTH if c in swaps}


LAYOUTS = (
    _Layout(
        title="demeter-fetch tick",
        time="block_timestamp",
        block="block_number",
        place="pool_log_index",
        liquidity="total_liquidity",
        kind="tx_type",
        raw=True,
    ),
    _Layout(
        title="demeter-fetch pool tick",
        time="block_timestamp",
        block="block_number",
        place="log_index",
        liquidity="total_liquidity",
        kind="tx_type",
        raw=True,
    ),
    _Layout(
        title="table of swaps",
        time="time",
        block="block",
        place="log_index",
        root="sqrt_price_x96",
        liquidity="liquidity",
    ),
    # A subgraph asked without its transactions has no block: the time stands for it.
    _Layout(title="Uniswap subgraph", time="timestamp", block="timestamp", place="logIndex"),
    _Layout(title="Uniswap subgraph", time="timestamp", block="transaction.blockNumber", place="logIndex"),
)


@recorded
def read_swaps(
    path: str | Path,
    *,
    pool: OnchainPool,
    market: str = "",
    fee: float | None = None,
    liquidity: float | None = None,
    protocol_share: float = 0.0,
) -> PoolHistory:
    """Every swap of a pool; the layout is told by the columns.

    demeter-fetch ``tick`` and ``pool.tick`` (raw integers; of its rows only the swaps count, whose own column says
    what mints and burns have made of the active liquidity), tables with ``sqrt_price_x96`` and ``liquidity``, and
    swaps of the Uniswap subgraph (JSON or CSV, whole tokens, no liquidity). Where a file has
    ``feeGrowthGlobal0X128`` and ``1X128`` after each swap, the fees are theirs alone, and nothing is left of the
    amounts to be shared. Swaps are put in the chain's order, by block and log index, which is noted.

    Args:
        path: CSV (plain or packed), Parquet, JSON, an archive or a folder of days.
        pool: token order, decimals, and which token is the coin: no file says so.
        market: whose price it is; the pool's pair unless said.
        fee: the tier, a decimal; that of the pool's tick spacing unless said.
        liquidity: active all the time, ``sqrt(base * quote)``; for a file that has none, and only for one.
        protocol_share: of the fee, a decimal.

    Raises:
        DataError: no such layout, a swap twice, raw integers written as floats, amounts that do not fit the price.
        InputError: no liquidity in the file and none given, or both.
    """
    parts: list[_Arrays] = []
    others, titles = 0, set()
    for sheet in sheets(path):
        layout = one_of(LAYOUTS, sheet, "swaps")
        titles.add(layout.title)
        for piece in sheet.pieces(layout.needs | set(_GROWTH), text=layout.text):
            parts.append(layout.arrays(piece, sheet.name, pool))
            others += len(piece) - len(parts[-1]["times"])
    name = Path(path).name
    if len(titles) != 1 or len({tuple(part) for part in parts}) != 1:
        raise DataError("swaps of one layout", got=f"{', '.join(sorted(titles))} in {name}")
    swaps = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
    swaps, notes = _in_order(swaps, name)
    if others:
        notes += (f"{others:,} events other than swaps left out",)
    _require_fitting(swaps, name, pool)
    n = len(swaps["times"])
    stated = ""
    if ("liquidity" in swaps) == (liquidity is not None):
        raise InputError(
            "liquidity= for a file that has none, and only for one",
            got=f"{liquidity} for {layout.title} {name}",
            unit="sqrt(base * quote)",
        )
    if liquidity is not None:
        swaps["liquidity"] = np.full(n, require_positive("liquidity", liquidity, unit="sqrt(base * quote)"))
        stated += f", liquidity {liquidity:g} stated"
    growth: tuple[FloatArray | None, FloatArray | None] = (None, None)
    if set(_GROWTH) <= set(swaps):
        growth = pool.base_and_quote(*pool.fee_growth(*(swaps[c].tolist() for c in _GROWTH)))
        # The counters hold the fee of every amount: to share amounts as well would count it twice.
        swaps |= {"base": np.zeros(n), "quote": np.zeros(n)}
        stated += ", fees from the contract's counters"
    rate = pool.tier if fee is None else fee
    return PoolHistory(
        market=market or f"{pool.base}/{pool.quote}",
        fee=rate,
        times=swaps["times"],
        prices=swaps["prices"],
        base_in=np.maximum(swaps["base"], 0.0),
        quote_in=np.maximum(swaps["quote"], 0.0),
        liquidity=swaps["liquidity"],
        growth_base=growth[0],
        growth_quote=growth[1],
        protocol_share=protocol_share,
        source=f"{n:,} swaps of {pool.base}/{pool.quote} at {rate * 100:g} %, real: {layout.title} {name}{stated}",
        notes=notes,
    )


def _in_order(swaps: _Arrays, name: str) -> tuple[_Arrays, tuple[str, ...]]:
    """By block and place in it, each once."""
    order = np.lexsort((swaps["place"], swaps["block"]))
    late = int((np.diff(order) < 0).sum())
    swaps = {column: array[order] for column, array in swaps.items()}
    again = np.flatnonzero((np.diff(swaps["block"]) == 0) & (np.diff(swaps["place"]) == 0))
    if again.size:
        at = again[0]
        raise DataError(
            "each swap once",
            got=f"{again.size:,} again, the first {swaps['place'][at]} of {swaps['block'][at]} in {name}",
            remedy="Pages of an export may overlap: drop the duplicates there",
        )
    return swaps, (f"put in the chain's order: {late:,} swaps stood behind a later one",) if late else ()


def _require_fitting(swaps: _Arrays, name: str, pool: OnchainPool) -> None:
    """Quote per base of the middle swap is the pool's price, or decimals or token order are wrong."""
    traded = (swaps["base"] != 0) & (swaps["quote"] != 0)
    if not traded.any():
        return
    paid = -swaps["quote"][traded] / swaps["base"][traded]
    middle = float(np.median(paid / swaps["prices"][traded]))
    if not 1 / _FAR < middle < _FAR:
        raise DataError(
            "amounts that fit the price",
            got=f"a median of {middle:.3g} times the pool's price in {name}",
            unit=f"{pool.quote} per {pool.base}",
            remedy="Look at the pool's token order and decimals",
        )
