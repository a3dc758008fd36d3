"""What the same trades would have cost on other terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.tokens import counted_as

if TYPE_CHECKING:
    from lpgreeks.replays.result import Replayed

__all__ = ["Terms", "execution"]

_CENT, _BASIS_POINT = 0.01, 1e-4


class Terms(NamedTuple):
    """The trades of a replay on one set of terms, in quote."""

    name: str
    half_spread: float
    """The mean given away, a decimal of what was traded; < 0: earned."""
    spread: float
    fees: float
    net: float


def execution(replayed: Replayed) -> tuple[Terms, ...]:
    """The replay's own trades, and the same at one cent, one basis point and each leg's mean spread, and all as maker.

    A cent is left out where several coins are traded.

    The trades stay what they were: none is left out for being dearer. As maker, half the spread that was given away is
    earned instead, at the maker's fee: the best that resting orders could do, were all of them filled.
    """
    trades, legs = replayed.trades, replayed.hedge.legs
    inverse = replayed.hedge.columns.inverse[trades.leg]
    coins = np.abs(trades.quantity) / np.where(inverse, trades.middle, 1.0)
    away = np.abs(trades.price - trades.middle)
    in_quote = np.where(inverse, trades.middle, 1.0)
    paid, fees = float(coins @ away), float(trades.fee @ in_quote)
    maker = np.array([leg.fee.maker if leg.fee else 0.0 for leg in legs])[trades.leg] if legs else np.zeros(0)
    net, traded = float(replayed.net[-1]), float(coins @ trades.middle)

    def at(name: str, half: FloatArray | float, fees_paid: float) -> Terms:
        spread = float(coins @ np.broadcast_to(half, coins.shape))
        part = spread / traded if traded else 0.0
        return Terms(name, part, spread, fees_paid, net + paid - spread + fees - fees_paid)

    mean = _mean_by(trades.leg, away)
    # A cent is one thing on coins of one price, and another on each of several.
    cent = [at("one cent", _CENT, fees)] if len({counted_as(leg.instrument.base) for leg in legs}) <= 1 else []
    return (
        at("as replayed", away, fees),
        *cent,
        at("one basis point", _BASIS_POINT * trades.middle, fees),
        at("the mean spread paid", mean, fees),
        at("everything as maker", -away, float((coins * trades.middle) @ maker)),
    )


def _mean_by(leg: NDArray[np.int64], figures: FloatArray) -> FloatArray:
    """``(n,)``: the mean over the trades of the same leg."""
    totals, counts = np.bincount(leg, figures), np.bincount(leg)
    return np.asarray(totals[leg] / counts[leg])
