"""The hedge problem in numbers: the columns that are decided, what each one moves, and the rows that bind them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, MarketError
from lpgreeks.hedging.horizon import knows_options, today, volatility_of
from lpgreeks.hedging.legs import Leg, Pledge, Side
from lpgreeks.instruments import Exposure, Instrument, Margined, option_of, together
from lpgreeks.margin import Schedule
from lpgreeks.measures import Amount, Measure
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.smears import Curve
from lpgreeks.tokens import coin_of, counted_as, find_token

__all__ = [
    "Cone",
    "Model",
    "Problem",
    "Row",
    "Start",
    "by_coin",
    "folded",
    "margin_of",
    "notional_of",
    "premiums_of",
    "price_of_token",
]

# Directions that move a figure by less than this share of the one that moves it most are rounding.
_DEPENDENT = 1e-12

# A row for each choice of sides: 256 of them are still solved in a few milliseconds.
_MOST_EITHER = 8

Start: TypeAlias = Mapping[str, float]
"""The price of each market at the start."""

Greek: TypeAlias = Callable[[Exposure, float], float]
"""A figure of an exposure at a price, such as ``Exposure.delta``."""


class OnTheWay(Protocol):
    """What the law of one market's price says of the time until the horizon."""

    def barriers(self, probability: float) -> tuple[float, float]:
        """The prices below and above that are each touched with ``probability`` before the horizon."""

    def touch_probability(self, barrier: float) -> float:
        """How likely ``barrier`` is touched before the horizon."""

    def exit_probability(self, lower: float, upper: float) -> float:
        """How likely the price leaves a range before the horizon."""

    def years_inside(self, lower: float, upper: float) -> float:
        """How much of the horizon it spends in it."""


@runtime_checkable
class Model(Protocol):
    """What a probability law must offer to be hedged under."""

    @property
    def years(self) -> float:
        """The horizon."""

    def nodes(self, kinks: Mapping[str, Iterable[float]]) -> Outcomes:
        """The law as weighted end prices that break at every kink, by market."""

    def on(self, market: str) -> OnTheWay:
        """The law of the price of one market."""


@dataclass(frozen=True, eq=False)
class Row:
    """One linear row: ``lower <= coefficients @ x <= upper``, with words for each side."""

    name: str
    unit: str
    coefficients: FloatArray
    lower: float
    upper: float
    offset: float = 0.0
    """What the exposure adds to the named figure: the figure is ``coefficients @ x + offset``."""


@dataclass(frozen=True, eq=False)
class Cone:
    """One second-order row: ``||matrix @ x + offset|| <= bound``."""

    name: str
    matrix: FloatArray
    offset: FloatArray
    bound: float

    def scaled(self, sizes: FloatArray, unit: float) -> tuple[FloatArray, FloatArray]:
        """Matrix and offset of ``||matrix @ x + offset|| <= 1`` for ``x * unit / sizes``: of another measure, too."""
        return self.matrix * (unit / self.bound) / sizes, self.offset / self.bound

    def narrowed(self) -> Cone:
        """The same row without what no ``x`` moves: a bound just above that is a cone too thin for a solver."""
        left, singular, right = np.linalg.svd(self.matrix, full_matrices=False)
        kept = singular > _DEPENDENT * singular.max(initial=0.0)
        offset = left[:, kept].T @ self.offset
        unmoved = float(np.linalg.norm(self.offset - left[:, kept] @ offset))
        if unmoved >= self.bound:
            return self
        bound = math.sqrt((self.bound - unmoved) * (self.bound + unmoved))
        return replace(self, matrix=singular[kept, None] * right[kept], offset=offset, bound=bound)


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """What is decided, ``x``: a quantity of each leg, then an amount of each pledge.

    Attributes:
        exposure: what is hedged.
        legs, pledges: what is decided.
        ends: what each leg is at the horizon.
        over: what prices may do.
        outcomes: the same as weighted end states.
        years: how long it is held, on average; None where nobody says.
        measures: what is judged, added up in quote where there are several.
        touching: by leg, the signed quantities at which a curved margin is met exactly.
        traded: the pledges that chances of liquidation are shared by; all of them unless said.
        tiers: the chosen tier of a flat schedule, by leg and by the schedule's name.
    """

    exposure: Exposure
    legs: tuple[Leg, ...]
    pledges: tuple[Pledge, ...]
    ends: tuple[Instrument, ...]
    over: Model | Paths | Outcomes
    outcomes: Outcomes
    measures: tuple[Measure, ...]
    years: float | None
    touching: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    traded: tuple[int, ...] | None = None
    tiers: Mapping[tuple[int, str], Schedule] = field(default_factory=dict)

    @cached_property
    def columns(self) -> tuple[Exposure, ...]:
        """What +1 of each column leaves."""
        left = (leg.left_of(end) for leg, end in zip(self.legs, self.ends, strict=True))
        return (*left, *(p.holding for p in self.pledges))

    @cached_property
    def everything(self) -> Exposure:
        """Exposure and one of each column: whatever the problem is about."""
        return together((self.exposure, *self.columns))

    @property
    def wallets(self) -> int:
        """How many accounts share a chance of liquidation."""
        return len(self.pledges if self.traded is None else self.traded)

    # ---- prices

    @cached_property
    def starts(self) -> dict[str, FloatArray]:
        """The start price of each market: scalar, or one per outcome."""
        # An option that expires before the horizon ends in the price of its own day, and starts in that of its market.
        offered = (leg.instrument.market for leg in self.legs if leg.instrument.market)
        return self.outcomes.starts([*dict.fromkeys([*self.everything.markets, *offered])])

    @cached_property
    def start(self) -> dict[str, float]:
        """The price of each market at the start; the mean one where windows differ."""
        return {m: float(np.mean(p)) for m, p in self.starts.items()}

    def extremes(self, market: str) -> tuple[float, float]:
        """The lowest low and the highest high of all paths."""
        lows, highs = self._paths().extremes(market)
        return float(lows.min()), float(highs.max())

    def barriers(self, market: str, probability: float) -> tuple[float, float]:
        """The prices below and above that are each passed with at most ``probability``."""
        if isinstance(self.over, Paths):
            return self._paths().barriers(market, probability)
        assert not isinstance(self.over, Outcomes)
        return self.over.on(market).barriers(probability)

    def _paths(self) -> Paths:
        assert isinstance(self.over, Paths)
        if self.over.start.ndim > 1:
            raise InputError(
                "windows that start at one price, where accounts are opened at one entry",
                got=f"{len(self.over)} windows at their own prices",
                remedy="Rescale them: windows(..., start=1_900)",
            )
        return self.over

    @cached_property
    def volatility(self) -> float | None:
        """At which options without a volatility of their own are marked: the model's, or that of the outcomes."""
        return volatility_of(self.over, self.years)

    @cached_property
    def today(self) -> tuple[Exposure, ...]:
        """The exposure and +1 of each column as they stand at the start, options with all of their time."""
        if not knows_options((self.exposure, *self.ends)):
            return (self.exposure, *self.columns)
        own = [leg.volatility for leg in self.legs]
        marks = [self.volatility, *own, *(None for _ in self.pledges)]
        return tuple(
            today(e, self.volatility if v is None else v, self.years)
            for e, v in zip((self.exposure, *self.columns), marks, strict=True)
        )

    # ---- what columns take

    def schedule(self, j: int, name: str) -> Schedule | None:
        """The "maintenance" or "initial" margin of a leg."""
        own: Schedule | None = getattr(self.legs[j], name)
        return self.tiers.get((j, name), own)

    @cached_property
    def pool_value(self) -> float:
        """What the exposure is worth at the start, in quote."""
        return float(self.exposure.value(self.start))

    @cached_property
    def prices(self) -> FloatArray:
        """``(columns,)``: what posting one unit takes, in quote: nothing for a leg, its price for collateral."""
        posted = [price_of_token(p.token, self.exposure, self.start) for p in self.pledges]
        return np.array([*(0.0 for _ in self.legs), *posted])

    @cached_property
    def notionals(self) -> FloatArray:
        """``(legs,)``: the value of +1 of each leg at the start, in quote."""
        return np.array([notional_of(end, self.start) for end in self.ends])

    @cached_property
    def premiums(self) -> tuple[FloatArray, FloatArray]:
        """``(columns,)`` each: what +1 bought costs, and what -1 sold brings, in quote; 0 where there is no premium."""
        paid, received = np.zeros(len(self.columns)), np.zeros(len(self.columns))
        for j, leg in enumerate(self.legs):
            paid[j], received[j] = premiums_of(leg, self.start)
        return paid, received

    @cached_property
    def premium_rates(self) -> tuple[FloatArray, FloatArray]:
        """What premiums cost beyond what the change from the start counts: per unit, per absolute unit of each column.

        In the token of the first measure. An option's change is that of its worth at the horizon's end of time, from
        the payoff at the start price on; its P&L is counted from the premium on.
        """
        signed, absolute = np.zeros(len(self.columns)), np.zeros(len(self.columns))
        token = self.measures[0].token
        unit = price_of_token(token, self.everything, self.start)
        for j, leg in enumerate(self.legs):
            if leg.premium is None or leg.option is None:
                continue
            paid, received = (side[j] / unit for side in self.premiums)
            if isinstance(self.measures[0], Amount) and find_token(token, (leg.option.premium_token,)) is None:
                paid = received = 0.0
            if leg.side is not None:
                paid = received = paid if leg.side is Side.LONG else received
            first = {m: float(np.mean(p)) for m, p in self.starts.items()}
            worth = sum(float(curve(first[m])) for m, curve in self.measures[0](self.ends[j], first).items())
            signed[j], absolute[j] = (paid + received) / 2 - worth, (paid - received) / 2
        return signed, absolute

    @cached_property
    def capital_by_side(self) -> tuple[FloatArray, FloatArray]:
        """``(columns,)`` each, in quote: what +1 bought takes at the start, and less what -1 sold takes in margin."""
        margins = np.zeros(len(self.columns))
        margins[: len(self.legs)] = [margin_of(leg, self.start) for leg in self.legs]
        return self.premiums[0], -margins

    def premium_cost(self, x: FloatArray) -> float:
        """What premiums cost beyond what changes count, in the token of the first measure."""
        signed, absolute = self.premium_rates
        return float(signed @ x + absolute @ np.abs(x))

    def by_side(self, bought: FloatArray, sold: FloatArray) -> Iterator[dict[int, float]]:
        """The entries by column of ``sum of max(bought * x, sold * x)`` for every choice of sides: each is one row."""
        used = [j for j in range(len(self.legs)) if bought[j] or sold[j]]
        either = [j for j in used if self.legs[j].side is None and bought[j] != sold[j]]
        if len(either) > _MOST_EITHER:
            raise InputError(
                f"at most {_MOST_EITHER} options that may be bought or sold",
                got=f"{len(either)} of them",
                remedy="Say which: side=Side.LONG",
            )
        fixed = {j: float(sold[j] if self.legs[j].side is Side.SHORT else bought[j]) for j in used}
        for sides in itertools.product((bought, sold), repeat=len(either)):
            yield fixed | {j: float(side[j]) for j, side in zip(either, sides, strict=True)}

    def row(
        self,
        name: str,
        unit: str,
        entries: Mapping[int, float],
        *,
        lower: float = -np.inf,
        upper: float = np.inf,
        offset: float = 0.0,
    ) -> Row:
        """A row from its entries by column; bounds are those of the figure, the exposure's share included."""
        coefficients = np.zeros(len(self.columns))
        for column, entry in entries.items():
            coefficients[column] = entry
        return Row(name, unit, coefficients, lower - offset, upper - offset, offset)

    # ---- what moves

    @cached_property
    def weights(self) -> FloatArray:
        """``(measures,)``: the price in quote of one unit of each measure where there are several, else 1."""
        if len(self.measures) == 1:
            return np.ones(1)
        return np.array([price_of_token(m.token, self.exposure, self.start) for m in self.measures])

    @cached_property
    def tables(self) -> list[list[dict[str, Curve]]]:
        """By exposure and column, by measure: the measure as functions of each market's price."""
        return [[measure(e, self.starts) for measure in self.measures] for e in (self.exposure, *self.columns)]

    @cached_property
    def changes(self) -> tuple[FloatArray, FloatArray]:
        """``(n, measures)`` and ``(n, measures, columns)``: of the exposure and of each column."""
        moves = [[self.outcomes.changes(t) for t in tables] for tables in self.tables]
        # Columns side by side in memory: a chain has many, and each is written and read as a whole.
        both = np.array(moves) * self.weights[:, None]
        return both[0].T, both[1:].transpose(2, 1, 0)

    def least_squares(self, *measures: Measure) -> tuple[FloatArray, FloatArray]:
        """``(a, b)`` with ``||a x + b||**2`` the variance of the objective's measures, or of others."""
        return replace(self, measures=measures)._squares if measures else self._squares

    @cached_property
    def _squares(self) -> tuple[FloatArray, FloatArray]:
        root = np.sqrt(self.outcomes.weights)
        moved, moves = self.centred
        b = (root[:, None] * moved).ravel()
        return (root[:, None, None] * moves).reshape(b.size, len(self.columns)), b

    @cached_property
    def centred(self) -> tuple[FloatArray, FloatArray]:
        """``changes`` less their means."""
        moved, moves = (x - np.tensordot(self.outcomes.weights, x, axes=1) for x in self.changes)
        return moved, moves


def folded(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``(r, s)`` of a few rows with ``||r x + s|| = ||a x + b||`` for every ``x``."""
    triangle: FloatArray = np.asarray(np.linalg.qr(np.column_stack([a, b]), mode="r"))
    return triangle[:, :-1], triangle[:, -1]


def notional_of(instrument: Instrument, start: Start) -> float:
    """The value of +1 at the start, in quote."""
    if not instrument.market:
        return 0.0
    price = start[instrument.market]
    if isinstance(instrument, Margined):
        value = float(instrument.position_value(price))
        return value if instrument.margin_token == instrument.quote else value * price
    if option_of(instrument) is not None:
        return price
    return abs(float(instrument.delta(price))) * price


def premiums_of(leg: Leg, start: Start) -> tuple[float, float]:
    """What +1 bought costs at the start, and what -1 sold brings, in quote; 0 where there is no premium."""
    if leg.premium is None or leg.option is None:
        return 0.0, 0.0
    price = price_of_token(leg.option.premium_token, leg.option, start)
    return leg.premium.ask * price, leg.premium.bid * price


def margin_of(leg: Leg, start: Start) -> float:
    """What -1 of an option takes in margin at the start, in quote."""
    if not leg.margin_short or leg.option is None:
        return 0.0
    return leg.margin_short * price_of_token(leg.option.premium_token, leg.option, start)


def by_coin(greek: Greek, exposure: Exposure, start: Start) -> dict[str, float]:
    """A Greek at the start by coin, every market of one coin added up."""
    total: dict[str, float] = {}
    for market in exposure.markets:
        coin = counted_as(coin_of(market))
        total[coin] = total.get(coin, 0.0) + float(greek(exposure.on(market), start[market]))
    return total


def price_of_token(token: str, exposure: Exposure, start: Start) -> float:
    """The price of a token at the start, in quote."""
    if find_token(token, (exposure.quote, *exposure.bases)) == exposure.quote:
        return 1.0
    coin = find_token(token, map(coin_of, start))
    for market, price in start.items():
        if coin_of(market) == coin:
            return price
    raise MarketError(f"a price of {token} at the start", got=", ".join(start))
