"""Minutes of a Uniswap v3 pool: ticks, what was paid in, and the liquidity at the end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError
from lpgreeks.markets.check import commonest_step
from lpgreeks.markets.sequence import gap_notes
from lpgreeks.markets.sheets import fits, one_of, sheets, stamps
from lpgreeks.markets.streams import PoolHistory
from lpgreeks.markets.tables import numbers_of, whole_numbers
from lpgreeks.onchain import OnchainPool
from lpgreeks.paths.rows import Times
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAYOUTS", "is_pool_minutes", "read_pool_minutes"]


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """One way of writing minutes.

    Args:
        title: what the file is.
        time: the column of when the minute began.
        ticks: open, lowest, highest and close.
        received: what traders paid in of token0 and token1, fee included; ``raw`` as the contract's integers.
        liquidity: the contract's active liquidity at the end.
    """

    title: str
    time: str
    ticks: tuple[str, str, str, str]
    received: tuple[str, str]
    liquidity: str
    raw: bool

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.time, *self.ticks, *self.received, self.liquidity})

    @property
    def text(self) -> frozenset[str]:
        """The columns of integers that a double may not hold."""
        return frozenset({self.liquidity, *(self.received if self.raw else ())})

    def arrays(self, piece: pd.DataFrame, name: str, pool: OnchainPool) -> tuple[NDArray[Any], ...]:
        """Times, open, lowest, highest and close tick, base and quote received, liquidity."""

        def whole(column: str) -> list[int]:
            return whole_numbers(piece[column], column, name)

        def number(column: str) -> FloatArray:
            return numbers_of(piece[column], column, name).to_numpy()

        received = pool.whole_amounts(*map(whole, self.received)) if self.raw else map(number, self.received)
        return (
            stamps(piece[self.time], name)[0],
            *(_ticks(piece[c], c, name) for c in self.ticks),
            *pool.base_and_quote(*received),
            pool.whole_liquidity(whole(self.liquidity)),
        )


LAYOUTS = (
    _Layout(
        title="demeter-fetch minute",
        time="timestamp",
        ticks=("openTick", "lowestTick", "highestTick", "closeTick"),
        received=("inAmount0", "inAmount1"),
        liquidity="currentLiquidity",
        raw=True,
    ),
    _Layout(
        title="table of minutes",
        time="time",
        ticks=("open_tick", "low_tick", "high_tick", "close_tick"),
        received=("in_amount0", "in_amount1"),
        liquidity="liquidity",
        raw=False,
    ),
)


def is_pool_minutes(path: str | Path) -> bool:
    """Whether :func:`read_pool_minutes` knows the columns."""
    return fits(LAYOUTS, path)


@recorded
def read_pool_minutes(
    path: str | Path,
    *,
    pool: OnchainPool,
    market: str = "",
    fee: float | None = None,
    protocol_share: float = 0.0,
) -> PoolHistory:
    """Minutes of a pool; the layout is told by the columns.

    demeter-fetch ``minute`` (raw integers) and tables with ``open_tick`` and ``in_amount0`` (whole tokens). A minute is
    known when it is over. Prices are those of whole ticks: off by up to a basis point, always to the side of the lower
    tick, half a point by the mean. Lows and highs are the extremes of the four ticks. Liquidity is that of the
    minute's end. A minute without swaps has a row and nothing paid in; one that is missing stays so, and is counted in
    the notes.

    Args:
        path: CSV (plain or packed), Parquet, an archive or a folder of days.
        pool: token order, decimals, and which token is the coin: no file says so.
        market: whose price it is; the pool's pair unless said.
        fee: the tier, a decimal; that of the pool's tick spacing unless said.
        protocol_share: of the fee, a decimal.

    Raises:
        DataError: no such layout, minutes out of order or twice, raw integers or ticks that are none.
    """
    parts, titles = [], set()
    for sheet in sheets(path):
        layout = one_of(LAYOUTS, sheet, "pool minutes")
        titles.add(layout.title)
        parts += [layout.arrays(p, sheet.name, pool) for p in sheet.pieces(layout.needs, text=layout.text)]
    name = Path(path).name
    if len(titles) != 1:
        raise DataError("minutes of one layout", got=f"{', '.join(sorted(titles))} in {name}")
    times, *ticks, base, quote, liquidity = (np.concatenate(column) for column in zip(*parts, strict=True))
    step = _step(times, name)
    prices = pool.prices_of_ticks(np.stack(ticks))
    rate = pool.tier if fee is None else fee
    return PoolHistory(
        market=market or f"{pool.base}/{pool.quote}",
        fee=rate,
        times=np.asarray(times + step, dtype="datetime64[ns]"),
        prices=prices[-1],
        base_in=base,
        quote_in=quote,
        liquidity=liquidity,
        lows=prices.min(axis=0),
        highs=prices.max(axis=0),
        protocol_share=protocol_share,
        source=f"{times.size:,} minutes of {pool.base}/{pool.quote} at {rate * 100:g} %, real but for prices at whole "
        f"ticks: {layout.title} {name}",
        notes=(*_outside(ticks), *gap_notes(times, step, "what happened there is not known")),
    )


def _step(times: Times, name: str) -> np.timedelta64:
    apart = np.diff(times)
    if times.size < 2 or (apart <= np.timedelta64(0)).any():
        wrong = int((apart <= np.timedelta64(0)).sum())
        raise DataError(
            "two or more minutes in order, each once", got=f"{times.size:,} rows, {wrong:,} not so in {name}"
        )
    return commonest_step(apart)


def _ticks(column: pd.Series, label: str, name: str) -> NDArray[np.int64]:
    numbers: FloatArray = numbers_of(column, label, name).to_numpy()
    if not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any():
        raise DataError(f"whole ticks in column {label!r}", got=f"others in {name}")
    return numbers.astype(np.int64)


def _outside(ticks: list[NDArray[np.int64]]) -> tuple[str, ...]:
    opened, low, high, close = ticks
    count = int(((np.minimum(opened, close) < low) | (np.maximum(opened, close) > high)).sum())
    if not count:
        return ()
    return (f"{count:,} minutes open or close outside their lowest to highest tick: the extremes take them in",)
