"""What no history of a GMX v1 vault can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError
from lpgreeks.protocols.columns import positive, share_prices
from lpgreeks.protocols.glp_token import require_stable

if TYPE_CHECKING:
    from lpgreeks.protocols.glp_history import GlpHistory

__all__ = ["require_sense"]

# The other side of the price feed: of what depends on coins' prices, and of stable tokens. Feeds of GMX v1 were up to
# 1.1 % apart in the minutes that are known; a wrong unit, or a token that is left out, is off by more.
_SIDE_OF_COINS, _SIDE_OF_STABLE = 0.02, 0.001


def require_sense(history: GlpHistory) -> None:
    """Errors for what no vault can be, and for columns that do not make up the AUM that is stated."""
    entries = np.where(history.short_size == 0, 1.0, history.short_average)
    positive(entries, "average entries of open shorts", history.times)
    for own in np.flatnonzero(history.stable):
        ends = history.prices[:, own].min(), history.prices[:, own].max()
        require_stable(history.tokens[own], *ends, history.guaranteed[:, own].max(), history.short_size[:, own].max())
    positive(history.aum, "an AUM", history.times)
    if history.stated_aum is not None:
        positive(history.stated_aum, "stated AUM", history.times)
        if (far := np.flatnonzero(history.distance > _sides(history) / history.stated_aum)).size:
            at = far[0]
            raise DataError(
                "tokens whose prices and amounts make up the stated AUM, but for the other side of the price feed",
                got=f"{history.aum[at]:.6g} of {history.stated_aum[at]:.6g} {history.quote} at {history.times[at]}, "
                f"{far.size:,} such rows",
                remedy="A token is missing, or prices and dollars are of two units (1e30 and 1): state the scale",
            )
    share_prices(history.glp_prices, "GLP", history.times)
    wrong = np.flatnonzero(history.contradictions > history.slack)
    if wrong.size:
        worst = float(history.contradictions.max())
        raise DataError(
            "pools, reserves and sizes of 0 or more, reserves within their pools",
            got=f"{wrong.size:,} rows not so, the first at {history.times[wrong[0]]}, by up to {worst:.2g} of the AUM",
            remedy=f"Use other data, or keep those rows as they stand: slack={worst * 1.1:.2g}",
        )


def _sides(history: GlpHistory) -> FloatArray:
    """``(n,)``: by how much an AUM at the other side of the price feed may differ, in quote."""
    coins = np.abs(history.deltas * history.prices).sum(axis=1) * history.supply
    dollars = np.abs(history.parts[:, history.stable]).sum(axis=1)
    return np.asarray(_SIDE_OF_COINS * coins + _SIDE_OF_STABLE * dollars)
