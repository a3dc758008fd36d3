"""The bins of a Liquidity Book pair at one moment, out of the files that people have of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, TokenError
from lpgreeks.markets.sheets import one_of, sheets
from lpgreeks.markets.tables import numbers_of, whole_numbers
from lpgreeks.onchain import BinFees, BinVolatility, bin_prices
from lpgreeks.onchain.bins import CENTRE_ID, GREATEST_STEP
from lpgreeks.protocols import BinBook
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAYOUTS", "read_bins"]

# The worst of the sixteen digits that a file of doubles keeps of a price.
_SAME_PRICE = 1e-12
# What one token is worth in the other is a product of two of its columns.
_SAME_WORTH = 1e-9
# Whole tokens have decimals: so large a number without any is a raw integer.
_RAW = 1e6


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """One way of writing bins; ``worth`` is the reserve of X in Y, which is only checked."""

    title: str
    bin_id: str
    reserve_x: str
    reserve_y: str
    price: str
    worth: str

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.bin_id, self.reserve_x, self.reserve_y, self.price})


LAYOUTS = (
    _Layout(
        title="table of bins",
        bin_id="bin_id",
        reserve_x="reserveX",
        reserve_y="reserveY",
        price="bin_price",
        worth="reserveX_in_Y",
    ),
)


@recorded
def read_bins(
    path: str | Path,
    *,
    token_x: str,
    token_y: str,
    base: str = "",
    bin_step: int | None = None,
    decimals_apart: int | None = None,
    active_id: int | None = None,
    fees: BinFees | None = None,
    volatility: BinVolatility | None = None,
    market: str = "",
) -> BinBook:
    """Every bin of a snapshot: ``bin_id``, ``reserveX``, ``reserveY``, ``bin_price`` (Y per X), in whole tokens.

    The bin step is found from two prices, the decimals from the first, and every price is then held against the
    formula to 1e-12. Bins may stand in any order, each once. The active bin is the only one that holds both tokens.

    Args:
        path: CSV (plain or packed), Parquet or JSON.
        token_x, token_y: the pair's, in its order: no file says so.
        base: which of the two is the coin; token X unless said.
        bin_step: in hundredths of a percent; found unless said, and needed for a single bin.
        decimals_apart: the decimals of X less those of Y (12 for WAVAX and USDC); found unless said.
        active_id: the active bin; needed where none holds both tokens.
        fees: the terms of the pair's fee, which no file says; only swaps and adds ask for them.
        volatility: what the pair remembers of its trades.
        market: whose price it is; the pair unless said.

    Raises:
        DataError: no such columns, a bin twice, prices that are not of one step, a token on the wrong side, reserves
            that look like raw integers where no ``reserveX_in_Y`` tells their scale.
    """
    if base not in ("", token_x, token_y):
        raise TokenError("base to be one of the pair's tokens", got=base, remedy=f"{token_x}, {token_y}")
    name = Path(path).name
    table = _table(path, name)
    ids, prices = np.array(table["id"].tolist()), table["price"].to_numpy()
    if (wrong := ~(np.isfinite(prices) & (prices > 0))).any():
        raise DataError("positive bin prices", got=f"{prices[wrong][0]:g} at bin {ids[wrong][0]} in {name}")
    step = _step(ids, prices, bin_step, name)
    apart = _decimals(ids[0], prices[0], step, decimals_apart, name)
    _require_formula(ids, prices, step, apart, name)
    x, y = table["x"].to_numpy(), table["y"].to_numpy()
    _require_worth(table, ids, x * prices, name)
    if "worth" not in table:
        _require_whole_tokens({token_x: x, token_y: y}, name)
    active = _active(ids, x, y, active_id, name)
    coin_is_y = base == token_y
    order = np.argsort(-ids if coin_is_y else ids)
    return BinBook(
        base=token_y if coin_is_y else token_x,
        quote=token_x if coin_is_y else token_y,
        bin_step=step,
        ids=ids[order],
        prices=(1.0 / prices if coin_is_y else prices)[order],
        base_reserves=(y if coin_is_y else x)[order],
        quote_reserves=(x if coin_is_y else y)[order],
        active_id=active,
        fees=fees,
        volatility=volatility,
        market=market,
        source=f"{ids.size:,} bins of {token_x}/{token_y} at {step} hundredths of a percent, real: {name}",
    )


def _table(path: str | Path, name: str) -> pd.DataFrame:
    """Ids and numbers of all pieces, each bin once."""
    import pandas as pd

    parts = []
    for sheet in sheets(path):
        layout = one_of(LAYOUTS, sheet, "bins")
        for piece in sheet.pieces(layout.needs | {layout.worth}, text=(layout.bin_id,)):
            own = {"x": layout.reserve_x, "y": layout.reserve_y, "price": layout.price, "worth": layout.worth}
            numbers = {k: numbers_of(piece[c], c, sheet.name) for k, c in own.items() if c in piece}
            # Tables that once had an empty cell write their integers with a point.
            written = piece[layout.bin_id].astype(str).str.removesuffix(".0")
            ids = whole_numbers(written, layout.bin_id, sheet.name)
            parts.append(pd.DataFrame({"id": ids, **numbers}))
    if not parts:
        raise DataError("a table of bins", got=f"none in {path}")
    table = pd.concat(parts, ignore_index=True)
    again = table["id"][table["id"].duplicated()]
    if not again.empty:
        raise DataError("each bin once", got=f"{again.size} again, the first {again.iloc[0]} in {name}")
    return table


def _step(ids: FloatArray, prices: FloatArray, stated: int | None, name: str) -> int:
    if ids.size < 2:
        if stated is None:
            raise DataError("two bins, whose prices tell the step", got=f"one in {name}", remedy="bin_step=20")
        return stated
    each = math.log(prices[-1] / prices[0]) / float(ids[-1] - ids[0])
    found = 10_000 * math.expm1(each)
    step = round(found)
    if not 1 <= step <= GREATEST_STEP or (stated is not None and step != stated):
        raise DataError(
            f"a bin step of {stated or f'1 to {GREATEST_STEP}'}",
            got=f"prices that rise by {found:.6g} from bin to bin in {name}",
            unit="hundredths of a percent",
            remedy="Prices are token Y per token X: turn them over, or look at the ids",
        )
    return step


def _decimals(bin_id: int, price: float, step: int, stated: int | None, name: str) -> int:
    raw = float(bin_prices([int(bin_id)], bin_step=step, decimals_apart=0)[0])
    found = round(math.log10(price / raw))
    if stated is not None and found != stated:
        raise DataError(f"decimals {stated} apart", got=f"{found} by the price of bin {bin_id} in {name}")
    return found


def _require_formula(ids: FloatArray, prices: FloatArray, step: int, apart: int, name: str) -> None:
    exact = bin_prices(ids.tolist(), bin_step=step, decimals_apart=apart)
    off = np.abs(prices / exact - 1.0)
    worst = int(off.argmax())
    if off[worst] > _SAME_PRICE:
        raise DataError(
            f"prices of {1 + step / 1e4:g}**(id - {CENTRE_ID}) * 1e{apart}, to {_SAME_PRICE:g}",
            got=f"{prices[worst]:.17g} at bin {ids[worst]}, {off[worst]:.3g} off, in {name}",
        )


def _require_worth(table: pd.DataFrame, ids: FloatArray, expected: FloatArray, name: str) -> None:
    if "worth" not in table:
        return
    off = np.abs(table["worth"].to_numpy() - expected)
    wrong = np.flatnonzero(~(off <= _SAME_WORTH * expected))
    if wrong.size:
        at = wrong[0]
        raise DataError(
            "the reserve of X in Y as its product with the price",
            got=f"{table['worth'][at]:.10g} for {expected[at]:.10g} at bin {ids[at]} in {name}",
        )


def _require_whole_tokens(reserves: dict[str, FloatArray], name: str) -> None:
    for token, amounts in reserves.items():
        known = amounts[np.isfinite(amounts)]
        if known.size and known.max() >= _RAW and (known == np.rint(known)).all():
            raise DataError(
                f"reserves of {token} in whole tokens", got=f"integers up to {known.max():.6g} in {name}", unit=token,
                remedy="Divide raw integers by 10**decimals, or add reserveX_in_Y, in which their scale can be seen",
            )  # fmt: skip


def _active(ids: FloatArray, x: FloatArray, y: FloatArray, stated: int | None, name: str) -> int:
    both = ids[(x > 0) & (y > 0)]
    if both.size > 1:
        raise DataError("one bin that holds both tokens", got=f"{both.size}, from {both[0]} to {both[-1]}, in {name}")
    found = int(both[0]) if both.size else stated
    if found is None:
        raise DataError("a bin that holds both tokens", got=f"none in {name}", remedy="Say which is active: active_id=")
    if stated is not None and stated != found:
        raise DataError(f"bin {stated} as the active one", got=f"both tokens in {found} in {name}")
    return found
