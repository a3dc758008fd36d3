"""When and how far a hedge is traded, as data: conditions, a target, limits and execution, combined with ``&``."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lpgreeks.display import Noun, shortened
from lpgreeks.errors import InputError, require_finite, require_positive
from lpgreeks.instruments import Instrument
from lpgreeks.measures import Measure
from lpgreeks.paths import Span, span_of
from lpgreeks.replays.exposures import ShareExposure

__all__ = [
    "Combined",
    "DeltaBand",
    "Dislocation",
    "Every",
    "ExposureCap",
    "Hold",
    "Keep",
    "Latency",
    "Maker",
    "Policy",
    "PriceMove",
    "Through",
]


class Policy(Noun, ABC):
    """When to trade, towards what, within which limits and how: one row of numbers.

    ``a & b`` is both: a trade needs every condition of the two, and what only one of them says holds.
    """

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, object]:
        """What it says, by the name of the number in the row."""

    def __and__(self, other: Policy) -> Policy:
        if not isinstance(other, Policy):
            return NotImplemented
        return Combined((*_parts(self), *_parts(other)))


@dataclass(frozen=True)
class Combined(Policy):
    """Policies that hold at once, as ``a & b`` makes them.

    Args:
        parts: two or more, none of them combined itself.

    Raises:
        InputError: two that say different things of one number.
    """

    parts: tuple[Policy, ...]

    def __post_init__(self) -> None:
        said: dict[str, object] = {}
        for part in self.parts:
            for name, value in part.settings.items():
                if name in said and said[name] != value:
                    raise InputError(
                        f"one {name} in a policy", got=f"{said[name]} and {value}", remedy="Leave one of them out"
                    )
                said[name] = value

    @property
    def settings(self) -> Mapping[str, object]:
        return {name: value for part in self.parts for name, value in part.settings.items()}

    def __repr__(self) -> str:
        return shortened(" & ".join(map(repr, self.parts)))


@dataclass(frozen=True)
class Hold(Policy):
    """The plan's quantities from the first row to the last."""

    @property
    def settings(self) -> Mapping[str, object]:
        return {}


@dataclass(frozen=True)
class Keep(Policy):
    r"""What the hedge holds constant against a small move; alone, it is sized at each add and then left.

    The quantity of a leg is minus the slope of the pool's measure over the slope of the leg's own:

    .. math::
        q = -\,\frac{m_\text{pool}'(P)}{m_\text{leg}'(P)}: \qquad
        \text{coins, inverse: } \tfrac12 L \sqrt P, \quad
        \text{dollars, linear: } -\frac{L}{2\sqrt P}, \quad
        \text{value: the pool's coins, sold}

    The value in quote moves with every leg, and with coins that are posted or kept back: ``q`` is then what is missing
    to cancel the pool's slope with all of them counted. Of an index each coin has a leg of its own, sized by a rule
    for the coins behind a share.

    Args:
        what: ``Value("USDC")``, ``Amount("ETH")`` or ``Amount("USDC")``; the value in quote unless said. Of an index
            its value in quote or in one of its coins, or a rule for the coins behind it: ``StateDelta()`` unless said,
            ``PoolWeights()``, ``FixedShares(...)`` or ``LeastVariance(...)``.
        ratio: of that quantity; 1 unless said.
        resize: whether a range that is laid again is hedged anew.
    """

    what: Measure | ShareExposure | None = None
    ratio: float = 1.0
    resize: bool = True

    def __post_init__(self) -> None:
        if self.what is not None and not isinstance(self.what, (Measure, ShareExposure)):
            raise InputError("a measure to keep", got=f"{self.what!r:.60}", remedy='Value("USDC") or Amount("ETH")')
        object.__setattr__(self, "ratio", require_finite("ratio", self.ratio, unit=""))

    @property
    def settings(self) -> Mapping[str, object]:
        return {"keep": self.what, "ratio": self.ratio, "resize": float(self.resize)}


@dataclass(frozen=True)
class DeltaBand(Policy):
    """Traded to what :class:`Keep` wants as soon as it is further away than a band.

    Args:
        share: of what was wanted at the add: 0.05 is 5 %.
        coins: in the target's unit instead: coins of a value.
    """

    share: float | None = None
    coins: float | None = None

    def __post_init__(self) -> None:
        if (self.share is None) == (self.coins is None):
            raise InputError("a band as a share, or in coins", got=f"share={self.share}, coins={self.coins}")
        name, width = ("share", self.share) if self.coins is None else ("coins", self.coins)
        number = require_finite(f"a band's {name}", width, unit="" if self.coins is None else "coins")  # type: ignore[arg-type]
        if number < 0:
            raise InputError("a band of 0 or more", got=f"{number:g}")
        object.__setattr__(self, name, number)

    @property
    def settings(self) -> Mapping[str, object]:
        return {"band": self.share} if self.coins is None else {"band_coins": self.coins}


@dataclass(frozen=True)
class Every(Policy):
    """Traded at most once in so much time: ``Every("1h")``.

    Args:
        span: since the last trade.
    """

    span: Span

    def __post_init__(self) -> None:
        if not span_of(self.span) > np.timedelta64(0):
            raise InputError("a span of time above 0", got=self.span)

    @property
    def settings(self) -> Mapping[str, object]:
        return {"every": _nanoseconds(self.span)}


@dataclass(frozen=True)
class PriceMove(Policy):
    """Traded when the price has moved so far from the last trade.

    Args:
        share: 0.01 is 1 %.
    """

    share: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "share", require_positive("a price move", self.share, unit="decimal"))

    @property
    def settings(self) -> Mapping[str, object]:
        return {"move": self.share}


@dataclass(frozen=True, kw_only=True)
class Dislocation(Policy):
    r"""Hedges ahead what an arbitrageur is about to trade with the pool, and acts only where one could.

    With the reference ``r`` (the pool's price at the add, then the exchange's at the last hedge) and the pool's
    price ``p``:

    .. math::
        \text{up:} \quad & b \ge r (1 + \theta_\uparrow), \quad g_0 < b / p - 1 \le g
            && \text{buy } x(r) - x(b) \text{ at the ask} \\
        \text{down:} \quad & a \le r (1 - \theta_\downarrow), \quad g_0 < 1 - a / p \le g
            && \text{sell } x(a) - x(r) \text{ at the bid}

    A gap within 1e-9 of the price of a bound stands on it: on ``g`` it is acted on, on ``g_0`` it is not. A pool that
    arbitrageurs have left at the edge of its fee band is ``f / (1 - f)`` below the bid or ``f`` above the ask.

    Coins hedged ahead are netted when the pool catches up: they are counted from ``r``, not from ``p``, and kept to
    the last digit. What is ordered is what is missing to them, in whole lots towards zero, within the cap and the
    leg's side; what comes to no order is no hedge, and the reference stays.

    Args:
        theta: how far the exchange must have moved, a decimal: 0.001 is 10 basis points.
        theta_down: the same for falls; as for rises unless said.
        gap: the most that exchange and pool may be apart: a ceiling that skips spikes. Infinity: none.
        min_gap: the least; below ``f / (1 - f)`` of the pool's fee there is no arbitrage, up to it none on either side.
        dwell: seconds for which the condition must hold, to skip moves that revert.
        resize: whether what was hedged ahead is closed when the range is laid again.
    """

    theta: float
    theta_down: float | None = None
    gap: float = math.inf
    min_gap: float = 0.0
    dwell: float = 0.0
    resize: bool = True

    THETAS: ClassVar[tuple[float, ...]] = tuple(x * 1e-4 for x in (5, 10, 15, 20, 25, 30, 50, 75, 100, 150, 200))
    """Of a desk's own study, 2023."""
    GAPS: ClassVar[tuple[float, ...]] = (*(x * 1e-4 for x in (2, 5, 10, 15, 20, 25, 30, 40, 50, 75)), math.inf)
    DWELLS: ClassVar[tuple[float, ...]] = (0.0, 3.0, 12.0, 15.0, 30.0)

    def __post_init__(self) -> None:
        if self.theta_down is None:
            object.__setattr__(self, "theta_down", self.theta)
        for name, unit in (
            ("theta", "decimal"),
            ("theta_down", "decimal"),
            ("min_gap", "decimal"),
            ("dwell", "seconds"),
        ):
            number = require_finite(name, getattr(self, name), unit=unit)
            if number < 0:
                raise InputError(f"{name} of 0 or more", got=f"{number:g}", unit=unit)
            object.__setattr__(self, name, number)
        if self.gap != math.inf:
            object.__setattr__(self, "gap", require_positive("gap", self.gap, unit="decimal"))
        if not self.min_gap < self.gap:
            raise InputError("min_gap below gap", got=f"min_gap={self.min_gap:g}, gap={self.gap:g}", unit="decimal")

    @property
    def settings(self) -> Mapping[str, object]:
        return {
            "theta_up": self.theta,
            "theta_down": self.theta_down,
            "gap": self.gap,
            "min_gap": self.min_gap,
            "dwell": self.dwell * 1e9,
            "resize": float(self.resize),
        }


@dataclass(frozen=True)
class ExposureCap(Policy):
    """The leg's position is never more than so many coins, long or short.

    Args:
        coins: of an inverse leg, its notional over the price.
    """

    coins: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "coins", require_positive("a cap", self.coins, unit="coins"))

    @property
    def settings(self) -> Mapping[str, object]:
        return {"cap": self.coins}


@dataclass(frozen=True)
class Latency(Policy):
    """An order is filled at the first row so long after it was decided; until then nothing else is ordered.

    Only what a new range asks for replaces it.

    Args:
        span: "200ms" is ``timedelta(milliseconds=200)``.
    """

    span: Span

    def __post_init__(self) -> None:
        if not span_of(self.span) >= np.timedelta64(0):
            raise InputError("a latency of 0 or more", got=self.span)

    @property
    def settings(self) -> Mapping[str, object]:
        return {"latency": _nanoseconds(self.span)}


@dataclass(frozen=True)
class Maker(Policy):
    """An order rests at the best price of its own side, and is filled there, at the maker's fee, once the other side
    has come to it: a stated rule, without a queue. What is not filled in time is taken at the market.

    Args:
        patience: for how long it rests.
    """

    patience: Span

    def __post_init__(self) -> None:
        if not span_of(self.patience) > np.timedelta64(0):
            raise InputError("a patience above 0", got=self.patience)

    @property
    def settings(self) -> Mapping[str, object]:
        return {"patience": _nanoseconds(self.patience)}


@dataclass(frozen=True)
class Through(Policy):
    """Which leg is traded; the first one that can be unless said.

    Args:
        leg: a leg's instrument.
    """

    leg: Instrument

    @property
    def settings(self) -> Mapping[str, object]:
        return {"leg": self.leg}


def _parts(policy: Policy) -> tuple[Policy, ...]:
    return policy.parts if isinstance(policy, Combined) else (policy,)


def _nanoseconds(span: Span) -> float:
    return float(span_of(span).astype(np.int64))
