"""How many coins a share in an index is taken to stand for: what is short against it is minus that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError, require_finite
from lpgreeks.paths import Span, span_of
from lpgreeks.protocols import IndexHistory

__all__ = ["FixedShares", "LeastVariance", "PoolWeights", "ShareExposure", "StateDelta"]


class ShareExposure(Noun, ABC):
    """A rule for the coins behind one share, from what is known up to each row."""

    @abstractmethod
    def coins(self, index: IndexHistory, traded: Sequence[int]) -> FloatArray:
        """``(n, len(traded))``: coins per share; NaN where nothing is known yet.

        Args:
            index: what the share did.
            traded: the columns of ``index.coins`` that the hedge can trade.

        Raises:
            DataError: the index does not tell what the rule reads.
        """


@dataclass(frozen=True)
class StateDelta(ShareExposure):
    r"""What the state of the protocol says: :math:`\delta_c = \partial s / \partial p_c`.

    For GLP: pool less reserved, plus the shorts' size over their average price, over the supply.
    """

    def coins(self, index: IndexHistory, traded: Sequence[int]) -> FloatArray:
        return _known(index.deltas, "deltas", index)[:, traded]


@dataclass(frozen=True)
class PoolWeights(ShareExposure):
    r"""The weights of the moment: :math:`w_c\, s / p_c` coins, as if the pool were held and nothing were owed on it."""

    def coins(self, index: IndexHistory, traded: Sequence[int]) -> FloatArray:
        weights = _known(index.weights, "weights", index)[:, traded]
        return np.asarray(weights * index.prices[:, None] / index.coin_prices[:, traded])


@dataclass(frozen=True)
class FixedShares(ShareExposure):
    r"""Fixed parts of the value: :math:`w_c\, s / p_c` coins. ``{"BTC": 0.25, "ETH": 0.25}`` is 50-25-25.

    Args:
        shares: by coin, decimals; the rest stands in dollars, and so does a coin that is not named.
    """

    shares: Mapping[str, float]

    def __post_init__(self) -> None:
        if not isinstance(self.shares, Mapping) or not self.shares:
            raise InputError("parts of the value by coin", got=f"{self.shares!r:.60}", remedy='{"BTC": 0.25}')
        shares = {coin: require_finite(f"the part in {coin}", w, unit="decimal") for coin, w in self.shares.items()}
        if min(shares.values()) < 0 or sum(shares.values()) > 1:
            raise InputError("parts of 0 or more, 1 together at most", got=str(shares), unit="decimal")
        object.__setattr__(self, "shares", shares)

    def __hash__(self) -> int:
        return hash(tuple(self.shares.items()))

    def coins(self, index: IndexHistory, traded: Sequence[int]) -> FloatArray:
        weights = np.zeros(len(index.coins))
        for coin, share in self.shares.items():
            weights[index.column(coin)] = share
        chosen = list(traded)
        return np.asarray(weights[chosen] * index.prices[:, None] / index.coin_prices[:, chosen])


@dataclass(frozen=True)
class LeastVariance(ShareExposure):
    r"""What would have left the least variance over the window before: a regression without a constant,

    .. math::
        \delta = \Big(\sum \Delta p\, \Delta p^{\mathsf T}\Big)^{-1} \sum \Delta p\, \Delta s

    of the changes from row to row. The index must be known for a window before the tape starts; coins that did not move
    apart share what they explain together.

    Args:
        window: how far it looks back: "1D".
    """

    window: Span

    def __post_init__(self) -> None:
        if not span_of(self.window) > np.timedelta64(0):
            raise InputError("a window above 0", got=self.window)

    def coins(self, index: IndexHistory, traded: Sequence[int]) -> FloatArray:
        moves, gains = np.diff(index.coin_prices[:, list(traded)], axis=0), np.diff(index.prices)
        first = np.searchsorted(index.times, index.times - span_of(self.window), side="left")
        full = index.times - span_of(self.window) >= index.times[0]
        squares = _since(moves[:, :, None] * moves[:, None, :], first)
        products = _since(moves * gains[:, None], first)
        found = np.full(products.shape, np.nan)
        if full.any():
            found[full] = np.einsum("nij,nj->ni", np.linalg.pinv(squares[full], hermitian=True), products[full])
        return found


def _since(terms: FloatArray, first: np.ndarray) -> FloatArray:
    """On each row, the sum of the changes after row ``first`` of it, up to it."""
    sums = np.concatenate([np.zeros((1, *terms.shape[1:])), np.cumsum(terms, axis=0)])
    return np.asarray(sums - sums[first])


def _known(array: FloatArray | None, what: str, index: IndexHistory) -> FloatArray:
    if array is None:
        raise DataError(
            f"{what} of {index.name}",
            got="prices alone",
            remedy="FixedShares or LeastVariance need prices alone; a file with the protocol's state has the rest",
        )
    return array
