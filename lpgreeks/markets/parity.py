"""The forward of each expiry, from calls and puts of equal strikes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun

if TYPE_CHECKING:
    from lpgreeks.markets.chain import Chain

__all__ = ["ParityForward", "parity_forwards"]


@dataclass(frozen=True, kw_only=True)
class ParityForward(Noun):
    """The forward of one expiry and settlement.

    Args:
        expiry: UTC.
        coin_settled: inverse options, else linear ones.
        forward: by parity of marks, quote per base; NaN where no strike has a call and a put.
        pairs: strikes with both.
        residual: the largest distance of a strike from parity, in the token that premiums are paid in.
        stated: the median of the forwards that the file states; NaN where it states none.
    """

    expiry: datetime
    coin_settled: bool
    forward: float
    pairs: int
    residual: float
    stated: float

    @property
    def moment(self) -> np.datetime64:
        """The expiry as arrays hold it."""
        return np.datetime64(self.expiry.replace(tzinfo=None), "us")

    def rows_of(self, chain: Chain) -> NDArray[np.bool_]:
        """The options of its expiry and settlement."""
        return np.asarray((chain.expiries == self.moment) & (chain.coin_settled == self.coin_settled))


def parity_forwards(chain: Chain) -> tuple[ParityForward, ...]:
    r"""One forward per expiry and settlement, by least absolute residuals of put-call parity over the strikes.

    Of coin-settled options :math:`\sum_K |c - p - 1 + K/F|`, of linear ones :math:`\sum_K |C - P - F + K|` is least.
    The first is least at a weighted median of :math:`(1 - c + p)/K`, the second at the median of :math:`K + C - P`.
    A few marks off parity do not move it.
    """
    found = []
    for coin in (True, False):
        settled = chain.coin_settled == coin
        for expiry in np.unique(chain.expiries[settled]):
            rows = settled & (chain.expiries == expiry)
            strikes, ahead = _pairs(chain, rows)
            forward = _forward(strikes, ahead, coin_settled=coin)
            off = ahead - (1.0 - strikes / forward if coin else forward - strikes)
            stated = chain.underlyings[rows & ~np.isnan(chain.underlyings)]
            found.append(
                ParityForward(
                    expiry=expiry.item().replace(tzinfo=UTC),
                    coin_settled=coin,
                    forward=forward,
                    pairs=strikes.size,
                    residual=float(np.abs(off).max()) if strikes.size else np.nan,
                    stated=float(np.median(stated)) if stated.size else np.nan,
                )
            )
    return tuple(found)


def _pairs(chain: Chain, rows: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Strikes with a call and a put, and what the call's mark is ahead of the put's."""
    marked = rows & ~np.isnan(chain.marks)
    calls, puts = (np.flatnonzero(marked & side) for side in (chain.calls, ~chain.calls))
    strikes, call, put = np.intersect1d(chain.strikes[calls], chain.strikes[puts], return_indices=True)
    return strikes, chain.marks[calls[call]] - chain.marks[puts[put]]


def _forward(strikes: FloatArray, ahead: FloatArray, *, coin_settled: bool) -> float:
    if not strikes.size:
        return np.nan
    if not coin_settled:
        return float(np.median(strikes + ahead))
    inverse = (1.0 - ahead) / strikes
    order = np.argsort(inverse)
    weight = np.cumsum(strikes[order])
    return float(1.0 / inverse[order][np.searchsorted(weight, 0.5 * weight[-1])])
