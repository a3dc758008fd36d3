"""What the bins of one pair must agree on: one step between prices, and one side for each token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, require_numbers
from lpgreeks.onchain import bin_prices

if TYPE_CHECKING:
    from lpgreeks.protocols.bin_book import BinBook

__all__ = ["require_one_step", "require_sides", "reserves_of"]

# Bin prices come out of one formula: what differs by more is another step, another id or a wrong decimal.
_SAME_PRICE = 1e-12


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
