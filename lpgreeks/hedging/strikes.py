r"""The best strikes there could be: how good any listed choice can get.

Quantities of given strikes are a least-squares problem; what is left of it is a smooth function of the strikes alone,
made least from several starts.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, require_whole
from lpgreeks.hedging.hedge import hedge
from lpgreeks.hedging.legs import Leg
from lpgreeks.hedging.objectives import Variance
from lpgreeks.hedging.plan import HedgePlan
from lpgreeks.hedging.problem import Model
from lpgreeks.instruments import Call, Exposure, Instrument, Margined, Option, Put, together
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.recipes import recorded

__all__ = ["strikes"]

_MOST = 4

# Where the search begins: places in standard deviations, of which the best few are made better.
_PLACES = (-3.0, -1.5, -0.5, 0.0, 0.5, 1.5, 3.0)
# Without a straight line beside them, options deep in the money are one.
_LINES = (-6.0, 4.5, 6.0)
_STARTS = 4

# Strikes this far from the start in standard deviations pay nothing, or a straight line.
_FAR = 6.0


@recorded
def strikes(
    exposure: Exposure,
    legs: Sequence[Leg | Instrument],
    over: Model,
    *,
    objective: Variance,
    puts: int = 0,
    calls: int = 0,
) -> HedgePlan:
    """The least variance with options at strikes of one's own choosing, which expire with the horizon.

    The reference for a chain: how little as many options can leave, and what to ask for over the counter. The least of
    several is searched for from a grid, not proven. Beside a perpetual a put and a call of one strike are one.

    Args:
        exposure: what is hedged, on one coin.
        legs: what is traded besides.
        over: a model; on paths the best strikes would be those of the sample.
        objective: a variance.
        puts, calls: how many; one to four in all.

    Returns:
        The plan of the best strikes; its options are its last legs.

    Raises:
        InputError: paths or outcomes instead of a model, another objective, no options or too many.
    """
    if isinstance(over, (Paths, Outcomes)) or not hasattr(over, "nodes"):
        raise InputError("a model", got=type(over).__name__, remedy="Lognormal(...) or Merton(...)")
    if not isinstance(objective, Variance):
        raise InputError("a variance", got=f"{objective!r:.60}", remedy='Variance(Value("USDC"))')
    kinds: list[type[Option]] = [Put] * require_whole("puts", puts, at_least=0)
    kinds += [Call] * require_whole("calls", calls, at_least=0)
    if not 1 <= len(kinds) <= _MOST:
        raise InputError(f"one to {_MOST} options", got=f"{puts} puts and {calls} calls")
    besides = [leg.instrument if isinstance(leg, Leg) else leg for leg in legs]
    search = _Search(exposure, besides, over, objective, kinds)
    return hedge(exposure, [*legs, *search.options(search.best())], over, objective=objective)


class _Search:
    """What is left of the variance, as a function of strikes in standard deviations of the log price."""

    def __init__(
        self,
        exposure: Exposure,
        besides: Sequence[Instrument],
        over: Model,
        objective: Variance,
        kinds: Sequence[type[Option]],
    ) -> None:
        self.exposure, self.besides, self.over = exposure, besides, over
        self.objective, self.kinds = objective, kinds
        if len(exposure.bases) != 1:
            raise InputError("an exposure to one coin", got=", ".join(exposure.bases))
        nodes = over.nodes({exposure.markets[0]: ()})
        column, _ = nodes.column(exposure.markets[0])
        moves = nodes.log_returns[:, column]
        mean = float(nodes.weights @ moves)
        self.start = float(nodes.start[column])
        self.middle = self.start * float(np.exp(mean))
        self.width = float(np.sqrt(nodes.weights @ (moves - mean) ** 2))

    def options(self, z: FloatArray) -> list[Option]:
        """The options whose strikes stand ``z`` standard deviations from the middle."""
        where = self.exposure.markets[0]
        prices = self.middle * np.exp(self.width * z)
        return [
            kind(base=self.exposure.bases[0], quote=self.exposure.quote, market=where, strike=float(k))
            for kind, k in zip(self.kinds, prices, strict=True)
        ]

    def left(self, z: FloatArray) -> float:
        """The share of the variance that is left at the best quantities."""
        columns = [*self.besides, *self.options(np.clip(z, -_FAR, _FAR))]
        kinks: dict[str, list[float]] = {}
        for p in together((self.exposure, *columns)).positions:
            kinks.setdefault(p.instrument.market, []).extend(k for curve in p.instrument.amounts for k in curve.kinks)
        outcomes = self.over.nodes(kinks)
        starts = outcomes.starts([m for m in kinks if m])
        moved = np.array(
            [[outcomes.changes(m(e, starts)) for m in self.objective.measures] for e in (self.exposure, *columns)]
        )
        moved = (moved - (moved @ outcomes.weights)[..., None]) * np.sqrt(outcomes.weights)
        b, a = moved[0].ravel(), moved[1:].reshape(len(columns), -1).T
        scale = np.linalg.norm(a, axis=0)
        a = a[:, scale > 0] / scale[scale > 0]
        rest = b - a @ np.linalg.lstsq(a, b, rcond=None)[0]
        return float(rest @ rest) / float(b @ b)

    def best(self) -> FloatArray:
        """The strikes of the least: the best of a coarse grid, made better."""
        straight = any(isinstance(i, Margined) for i in self.besides)
        orders = set(itertools.product(_PLACES if straight else _PLACES + _LINES, repeat=len(self.kinds)))
        # Options of one kind trade places.
        starts = sorted(orders & {self._sorted(z) for z in orders}, key=lambda z: self.left(np.array(z)))
        tried = [self._polished(z, 1e-3) for z in starts[:_STARTS]]
        return np.clip(self._polished(min(tried, key=self.left), 1e-8), -_FAR, _FAR)

    def _sorted(self, z: tuple[float, ...]) -> tuple[float, ...]:
        puts = self.kinds.count(Put)
        return (*sorted(z[:puts]), *sorted(z[puts:]))

    def _polished(self, start: Any, fine: float) -> FloatArray:
        from scipy.optimize import minimize

        found: Any = minimize(self._log, start, method="Nelder-Mead", options={"xatol": fine, "fatol": fine**1.5})
        return np.asarray(found.x)

    def _log(self, z: FloatArray) -> float:
        return float(np.log(max(self.left(z), 1e-300)))
