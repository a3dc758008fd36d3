"""The moves, shared by all prices, at which an account is liquidated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.margin import Account
from lpgreeks.powers import Powers, above

__all__ = ["Liquidation", "liquidation_of"]

_HALVINGS = 100


@dataclass(frozen=True, kw_only=True, repr=False)
class Liquidation(Noun):
    """Where an account ends, as factors of the prices at the start.

    Attributes:
        account: its name.
        below, above: at or beyond these factors it is liquidated; None where it never is.
    """

    account: str
    below: float | None
    above: float | None

    def hit(self, low: FloatArray, high: FloatArray) -> NDArray[np.bool_]:
        """Whether a way from 1 that reaches from ``low`` to ``high`` meets it."""
        below, beyond = 0.0 if self.below is None else self.below, math.inf if self.above is None else self.above
        return np.asarray((low <= below) | (high >= beyond))

    @property
    def alive(self) -> Powers:
        """1 where the account lives and 0 where it does not, over the factor."""
        if self.below is not None and self.above is not None and self.below >= self.above:
            return Powers.constant(0.0)
        factor = Powers.price()
        lives = Powers.constant(1.0)
        if self.below is not None:
            lives = lives * above(factor, self.below)
        return lives if self.above is None else lives * (1.0 - above(factor, self.above))


def liquidation_of(account: Account, name: str, start: Mapping[str, float], reach: tuple[float, float]) -> Liquidation:
    """Exact on one market; on several, halved on the way to the ends of ``reach``, beyond which nothing is asked."""
    if len(account.markets) == 1:
        (market,) = account.markets
        ends = account.liquidation_prices(start, market=market)
        below, beyond = (None if price is None else price / start[market] for price in ends)
        return Liquidation(account=name, below=below, above=beyond)
    if _excess(account, start, 1.0) <= 0.0:
        return Liquidation(account=name, below=1.0, above=1.0)
    below, beyond = (_halved(account, start, end) for end in reach)
    return Liquidation(account=name, below=below, above=beyond)


def _excess(account: Account, start: Mapping[str, float], factor: float) -> float:
    marks = {market: factor * start[market] for market in account.markets}
    return account.equity(marks) - account.maintenance_margin(marks)


def _halved(account: Account, start: Mapping[str, float], far: float) -> float | None:
    # Equity less maintenance is concave in the factor (or in its inverse): one crossing at most on each side.
    if _excess(account, start, far) > 0.0:
        return None
    good, bad = 1.0, far
    for _ in range(_HALVINGS):
        middle = (good + bad) / 2.0
        good, bad = (middle, bad) if _excess(account, start, middle) > 0.0 else (good, middle)
    return bad
