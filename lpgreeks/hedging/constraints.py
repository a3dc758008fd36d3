"""What a hedge must respect. Each constraint is a few rows ``lower <= coefficients @ x <= upper`` of the problem."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar, Self

import numpy as np

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, MarketError, require_finite
from lpgreeks.hedging.legs import Leg
from lpgreeks.hedging.problem import Cone, Problem, Row, by_coin, folded
from lpgreeks.instruments import Exposure, Instrument
from lpgreeks.measures import Measure
from lpgreeks.tokens import counted_as

__all__ = [
    "Constraint",
    "DeltaBounds",
    "EffectivenessAtLeast",
    "GammaBounds",
    "OneSide",
    "QuantityBounds",
    "VegaBounds",
    "outward",
]


# The share of variance that a floor which gives way leaves to spare.
_SHARE_TO_SPARE = 3e-7

# A floor below this is none.
_LEAST_SHARE = 1e-6


def outward(figure: float, *, up: bool) -> str:
    """Six significant digits, rounded to the side on which a figure still does."""
    if not figure:
        return "0"
    whole, size = (math.ceil if up else math.floor), math.floor(math.log10(abs(figure))) - 5
    # Digits and a decimal exponent, so that no power of ten is rounded.
    digits = whole(figure / 10.0**size) if size >= 0 else whole(figure * 10.0**-size)
    text = f"{Decimal(digits).scaleb(size).normalize():,f}"
    return text if abs(size) < 12 else f"{digits}e{size}"


class Constraint(Noun, ABC):
    """Something that every hedge must satisfy."""

    @abstractmethod
    def rows(self, problem: Problem) -> Sequence[Row]:
        """The linear rows that it is, for this problem."""

    def cones(self, problem: Problem) -> Sequence[Cone]:
        """The second-order rows that it is."""
        return ()

    def check(self, problem: Problem) -> None:
        """An error where it makes no sense for this problem; most always do."""

    def easier(self, share: float, problem: Problem) -> Self | None:
        """The same, given way by a share from 0 (itself) to 1 (no constraint); None where rows say more."""
        return None

    def way_out(self, problem: Problem) -> str:
        """Itself as advice: "a budget of 160,000 USDC"."""
        return repr(self)

    def told(self, problem: Problem) -> str:
        """Itself in words where it clashes; "" where each of its rows is named instead."""
        return self.way_out(problem) if self.easier(0.0, problem) is not None else ""


@dataclass(frozen=True, kw_only=True)
class PlainBounds(Constraint):
    """Bounds on one figure of the hedged whole.

    Args:
        lower: the least it may be; no bound unless said.
        upper: the most it may be; no bound unless said.
    """

    lower: float = -math.inf
    upper: float = math.inf

    def __post_init__(self) -> None:
        for side in ("lower", "upper"):
            bound = getattr(self, side)
            if not (isinstance(bound, float) and math.isinf(bound)):
                object.__setattr__(self, side, require_finite(side, bound, unit="the bounded figure's"))
        if not self.lower <= self.upper or self.lower == math.inf or self.upper == -math.inf:
            raise InputError("lower <= upper", got=f"{self!r}", remedy="Leave a side out where there is no bound")
        if self.lower == -math.inf and self.upper == math.inf:
            raise InputError("a lower or an upper bound", got=repr(self))


@dataclass(frozen=True, kw_only=True)
class QuantityBounds(PlainBounds):
    """Bounds on the quantity of one leg, in its unit; negative is short.

    Args:
        of: the leg, or its instrument.
    """

    of: Leg | Instrument

    def rows(self, problem: Problem) -> Sequence[Row]:
        entries = {j: 1.0 for j, leg in enumerate(problem.legs) if self.of in (leg, leg.instrument)}
        if not entries:
            raise InputError("bounds on one of the legs", got=self.of, remedy="Pass the same instrument to both")
        instrument = problem.legs[next(iter(entries))].instrument
        name = f"quantity of {instrument.label}"
        return [problem.row(name, instrument.unit_text, entries, lower=self.lower, upper=self.upper)]


@dataclass(frozen=True, kw_only=True)
class _NetBounds(PlainBounds):
    """Bounds on one Greek at the start, of exposure, legs and collateral together."""

    base: str = ""

    name: ClassVar[str]
    unit: ClassVar[str]

    @abstractmethod
    def greek(self, part: Exposure, price: float) -> float:
        """The bounded figure of one part at one price."""

    def rows(self, problem: Problem) -> Sequence[Row]:
        exposure, start = problem.exposure, problem.start
        coins = dict.fromkeys(map(counted_as, problem.everything.bases))
        coin = counted_as(self.base) if self.base else next(iter(coins))
        if coin not in coins or (len(coins) > 1 and not self.base):
            raise MarketError("bounds on one of the coins", got=self.base or "none named", remedy=", ".join(coins))
        held, *moved = (by_coin(self.greek, e, start).get(coin, 0.0) for e in problem.today)
        entries = dict(enumerate(moved))
        unit = self.unit.format(base=coin, quote=exposure.quote)
        return [problem.row(self.name, unit, entries, lower=self.lower, upper=self.upper, offset=held)]


@dataclass(frozen=True, kw_only=True)
class DeltaBounds(_NetBounds):
    """Bounds on the net delta at the start, in coins, of exposure, legs and coin collateral together.

    Args:
        base: the coin, needed where there is more than one.
    """

    name: ClassVar[str] = "net delta"
    unit: ClassVar[str] = "{base}"

    def greek(self, part: Exposure, price: float) -> float:
        return float(part.delta(price))


@dataclass(frozen=True, kw_only=True)
class GammaBounds(_NetBounds):
    """Bounds on the net gamma at the start, in coins per unit of price, of exposure and legs together.

    Args:
        base: the coin, needed where there is more than one.
    """

    name: ClassVar[str] = "net gamma"
    unit: ClassVar[str] = "{base} per {quote}"

    def greek(self, part: Exposure, price: float) -> float:
        return float(part.gamma(price))


@dataclass(frozen=True, kw_only=True)
class VegaBounds(_NetBounds):
    """Bounds on the net vega at the start, in quote per 1.00 of volatility; one point is a hundredth of it.

    Args:
        base: the coin, needed where there is more than one.
    """

    name: ClassVar[str] = "net vega"
    unit: ClassVar[str] = "{quote} per 1.00 of volatility"

    def greek(self, part: Exposure, price: float) -> float:
        return part.vega(price)


@dataclass(frozen=True)
class EffectivenessAtLeast(Constraint):
    r"""A floor on the share of variance removed, :math:`1 - \operatorname{Var}(\text{left}) / \operatorname{Var}`.

    Args:
        share: a decimal below 1 (0.95 is 95 %).
        measures: of each of them; those of the objective, taken together, unless said.
    """

    share: float
    measures: tuple[Measure, ...] = ()

    def __post_init__(self) -> None:
        share = require_finite("the least effectiveness", self.share, unit="decimal")
        if not 0 <= share < 1:
            raise InputError(
                "a least effectiveness from 0 up to 1",
                got=f"{share:g}",
                unit="decimal",
                remedy="95 % is 0.95; the best hedge without a floor says how much there is",
            )
        object.__setattr__(self, "share", share)
        if not isinstance(self.measures, (tuple, list)) or not all(isinstance(m, Measure) for m in self.measures):
            raise InputError(
                "measures as a tuple", got=f"{self.measures!r:.60}", remedy='measures=(Value("ETH"), Amount("USDC"))'
            )
        object.__setattr__(self, "measures", tuple(self.measures))

    def rows(self, problem: Problem) -> Sequence[Row]:
        return ()

    def cones(self, problem: Problem) -> Sequence[Cone]:
        parts = [problem.least_squares(m) for m in self.measures] or [problem.least_squares()]
        names = ["effectiveness"] if not self.measures else [f"effectiveness for {m}" for m in self.measures]
        return [
            Cone(name, *folded(a, b), math.sqrt(1.0 - self.share) * float(np.linalg.norm(b)))
            for name, (a, b) in zip(names, parts, strict=True)
        ]

    def easier(self, share: float, problem: Problem) -> Self:
        # Said with more to spare than cones are met to.
        if not share:
            return self
        return replace(self, share=max(_LEAST_SHARE, self.share * (1.0 - share) - _SHARE_TO_SPARE))

    def way_out(self, problem: Problem) -> str:
        return f"an effectiveness of at least {outward(100 * self.share, up=False)} %"


@dataclass(frozen=True)
class OneSide(Constraint):
    """The only side that a leg may take."""

    j: int
    given_up: bool = False

    def rows(self, problem: Problem) -> Sequence[Row]:
        leg = problem.legs[self.j]
        if leg.side is None or self.given_up:
            return []
        name = f"{leg.side.name.lower()} side of {leg.name}"
        return [problem.row(name, leg.instrument.unit_text, {self.j: float(leg.side)}, lower=0.0)]

    def easier(self, share: float, problem: Problem) -> Self:
        return replace(self, given_up=share >= 0.5)

    def way_out(self, problem: Problem) -> str:
        leg = problem.legs[self.j]
        assert leg.side is not None
        return f"{'both sides' if self.given_up else f'the {leg.side.name.lower()} side'} of the {leg.name}"
