"""What the bins of one pair must agree on: one step between prices, and one side for each token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError, MarketError, require_finite, require_numbers, require_whole
from lpgreeks.onchain import BinFees, BinVolatility, bin_prices
from lpgreeks.onchain.bins import GREATEST_ID

if TYPE_CHECKING:
    from lpgreeks.protocols.bin_book import BinBook

__all__ = ["ids_of", "require_kinds", "require_one_step", "require_shares", "require_sides", "reserves_of"]

# Bin prices come out of one formula: what differs by more is another step, another id or a wrong decimal.
_SAME_PRICE = 1e-12


def ids_of(given: ArrayLike) -> NDArray[np.int64]:
    """Bin ids one after the other, as an array of one's own."""
    ids = np.asarray(given, dtype=object)
    if ids.ndim != 1:
        raise InputError("bin ids, one after the other", got=f"{given!r:.60}", remedy="[8_375_888, 8_375_889]")
    return np.array([require_whole("a bin id", i, at_least=0, at_most=GREATEST_ID) for i in ids.tolist()], np.int64)


def require_kinds(book: BinBook) -> None:
    """The terms of the fee, the memory and the market are what they are called."""
    if not isinstance(book.fees, BinFees | None):
        raise InputError(
            "the terms of a fee", got=f"{book.fees!r:.60}", remedy="BinFees(bin_step=20, base_factor=8_000)"
        )
    if not isinstance(book.volatility, BinVolatility | None):
        raise InputError(
            "what a pair remembers of its trades", got=f"{book.volatility!r:.60}", remedy="BinVolatility(id_reference=)"
        )
    if not isinstance(book.market, str):
        raise MarketError("a market's name", got=f"{book.market!r:.60}", remedy='Like "AVAX/USDC"')


def require_shares(shares: Mapping[int, float]) -> dict[int, float]:
    """Parts of bins by id, from 0 to 1."""
    if not isinstance(shares, Mapping):
        raise InputError("shares by bin id", got=f"{shares!r:.60}", remedy="{8_375_889: 0.25}")
    parts = {k: require_finite(f"share of bin {k}", share, unit="of the bin") for k, share in shares.items()}
    for bin_id, part in parts.items():
        if not 0 <= part <= 1:
            raise InputError("shares from 0 to 1", got=f"{part:g} of bin {bin_id}", unit="of the bin")
    return parts


def reserves_of(given: ArrayLike, name: str, token: str) -> FloatArray:
    """Amounts of 0 or more, as an array of one's own."""
    array = require_numbers(given, unit=token, what=name).copy()
    if (wrong := ~((array >= 0) & (array < np.inf))).any():
        raise DataError(f"{name} of 0 or more", got=f"{array[wrong][0]:g}", unit=token)
    return array


def require_one_step(ids: NDArray[np.int64], prices: FloatArray, bin_step: int) -> None:
    """Each bin once, prices ascending, and a power of the step apart by the ids, whichever way these run."""
    found, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        raise DataError("each bin once", got=f"{int((counts > 1).sum())} again, the first {found[counts > 1][0]}")
    if (late := int((np.diff(prices) <= 0).sum())) > 0:
        raise DataError("bins by ascending price", got=f"{late} out of order")
    formula = bin_prices(ids.tolist(), bin_step=bin_step, decimals_apart=0)
    scaled = prices / (formula if formula[-1] >= formula[0] else 1.0 / formula)
    apart = np.abs(scaled / scaled[0] - 1.0)
    if apart.max() > _SAME_PRICE:
        worst = int(apart.argmax())
        raise DataError(
            f"prices that are powers of {1 + bin_step / 1e4:g} apart, to {_SAME_PRICE:g}",
            got=f"{prices[worst]:.17g} at bin {ids[worst]}, {apart[worst]:.3g} off",
            unit="quote per base",
        )


def require_sides(book: BinBook) -> None:
    """The active bin is one of them, below it are quote tokens alone and above it coins alone."""
    if book.active_id not in book.ids:
        raise DataError(
            "the active bin among the bins", got=f"{book.active_id} of {book.ids.min()} to {book.ids.max()}"
        )
    place = np.arange(len(book))
    for side, reserves, token in (
        (place < book.active, book.base_reserves, book.base),
        (place > book.active, book.quote_reserves, book.quote),
    ):
        if (wrong := np.flatnonzero(side & (reserves > 0))).size:
            raise DataError(
                "quote tokens alone below the active bin and coins alone above it",
                got=f"{reserves[wrong[0]]:g} in bin {book.ids[wrong[0]]}, active {book.active_id}",
                unit=token,
            )
