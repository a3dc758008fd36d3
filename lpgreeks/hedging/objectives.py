"""What a hedge makes small: a spread, a tail, the worst case, or what risk and cost weigh together."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from lpgreeks._tails import mean_of_worst
from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import InputError, MarketError, require_positive, require_price_range, require_probability
from lpgreeks.hedging.problem import Problem, folded, price_of_token
from lpgreeks.hedging.program import Program
from lpgreeks.measures import Measure
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.smears import total
from lpgreeks.tokens import market_pair

__all__ = [
    "CVaR",
    "LeastCapital",
    "LeastCost",
    "MeanVariance",
    "Objective",
    "SemiVariance",
    "Variance",
    "WorstCase",
    "cost_rates",
    "expected_cost",
    "unbiased",
]

# Prices that a worst case is first stated on; the worst one left out is then added until there is none.
_FIRST_PRICES = 65
_SAME_LOSS = 1e-10


class Objective(Noun, ABC):
    """A figure of the change of one or more measures over the outcomes, made as small as can be.

    As a program it decides ``decision = x * scale / unit`` and counts in units of ``unit``.
    """

    measures: tuple[Measure, ...]

    figure: ClassVar[str]
    """What it is called: "standard deviation"."""
    about_mean: bool = False
    """Whether what is certain, such as a premium, is nothing to it."""

    @abstractmethod
    def risk(self, changes: FloatArray, outcomes: Outcomes) -> float:
        """The figure of changes of shape ``(n, measures)``, in their token; less is better."""

    def value(self, problem: Problem, x: FloatArray) -> float:
        """The figure of what a choice of columns leaves."""
        moved, moves = problem.changes
        return self.risk(moved + moves @ x - problem.premium_cost(x), problem.outcomes)

    def __str__(self) -> str:
        return f"the {self.figure} of {' and '.join(map(str, self.measures))}"

    # ---- as a convex program over the outcomes

    def posed(self, problem: Problem) -> Problem:
        """The problem over the outcomes that the program is stated on."""
        return problem

    @abstractmethod
    def state(self, program: Program, problem: Problem, scale: FloatArray, unit: float) -> None:
        """States it."""

    def refined(self, problem: Problem, x: FloatArray) -> Problem | None:
        """The problem with outcomes added that ``x`` is worse on than on those stated; None where there are none."""
        return None

    def bound(self, least: float, problem: Problem, unit: float) -> float:
        """The figure that a program's least value of ``least`` stands for."""
        return least * unit

    def costs(self, problem: Problem) -> list[tuple[FloatArray, FloatArray]]:
        """What it counts beside the measures' changes, per unit and per absolute unit of each column."""
        return []


@dataclass(frozen=True, init=False, repr=False)
class Variance(Objective):
    """The variance, over the outcomes, of the change of one measure or of several at once.

    Several are added up in the quote: a measure in coins weighs the price of the start. One alone stays
    in its own token. Constants (premium, expected funding, fees) do not move a variance.

    Args:
        *measures: :class:`~lpgreeks.Value`, :class:`~lpgreeks.Amount`, :class:`~lpgreeks.Excess`.
    """

    measures: tuple[Measure, ...]

    figure: ClassVar[str] = "standard deviation"
    about_mean = True

    def __init__(self, *measures: Measure) -> None:
        if not measures or not all(isinstance(m, Measure) for m in measures):
            raise InputError(
                "one or more measures", got=measures, remedy='Variance(Value("USDC")), Variance(Amount("ETH"))'
            )
        if len(set(measures)) < len(measures):
            raise InputError("each measure once", got=", ".join(map(str, measures)))
        object.__setattr__(self, "measures", measures)

    def __repr__(self) -> str:
        return f"Variance({', '.join(map(repr, self.measures))})"

    def risk(self, changes: FloatArray, outcomes: Outcomes) -> float:
        """Standard deviation; on samples the unbiased variance, ``n - 1`` for equal weights."""
        centred = changes - outcomes.weights @ changes
        return math.sqrt(float(outcomes.weights @ (centred**2).sum(axis=1)) / unbiased(outcomes))

    def state(self, program: Program, problem: Problem, scale: FloatArray, unit: float) -> None:
        left = _residual(program, problem, scale, unit)
        program.square(left, np.full(left.stop - left.start, 1.0 / unbiased(problem.outcomes)))

    def bound(self, least: float, problem: Problem, unit: float) -> float:
        return math.sqrt(max(least, 0.0)) * unit


@dataclass(frozen=True, init=False)
class _OfOne(Objective):
    """A figure of the change of one measure.

    Args:
        measure: of what.
    """

    measures: tuple[Measure, ...]

    def __init__(self, measure: Measure) -> None:
        if not isinstance(measure, Measure):
            raise InputError("one measure", got=f"{measure!r:.60}", remedy=f'{type(self).__name__}(Value("USDC"))')
        object.__setattr__(self, "measures", (measure,))

    @property
    def measure(self) -> Measure:
        """The one measure."""
        return self.measures[0]


@dataclass(frozen=True, init=False)
class SemiVariance(_OfOne):
    r"""The mean squared shortfall below a level: what falls above it is no risk.

    .. math::
        \sum_i w_i \min(y_i - c, 0)^2, \qquad c = 0 \;\text{or}\; \bar y

    Args:
        measure: of what ``y`` is the change.
        about_mean: the level is the mean change; zero unless said.
    """

    about_mean: bool

    figure: ClassVar[str] = "semi-deviation"

    def __init__(self, measure: Measure, *, about_mean: bool = False) -> None:
        super().__init__(measure)
        object.__setattr__(self, "about_mean", about_mean)

    def __str__(self) -> str:
        level = "the mean" if self.about_mean else "zero"
        return f"the semi-deviation below {level} of {self.measures[0]}"

    def risk(self, changes: FloatArray, outcomes: Outcomes) -> float:
        y = changes[:, 0]
        short = np.minimum(y - (outcomes.weights @ y if self.about_mean else 0.0), 0.0)
        return math.sqrt(float(outcomes.weights @ short**2))

    def state(self, program: Program, problem: Problem, scale: FloatArray, unit: float) -> None:
        moved, moves = problem.centred if self.about_mean else problem.changes
        count = len(moved)
        short = program.variables(count)
        weights = problem.outcomes.weights
        most = weights.max()
        program.square(short, np.full(count, most))
        paid = [] if self.about_mean else _premiums(program, problem, scale)
        _at_least_losses(program, [short], np.sqrt(weights / most), moved, moves, scale, unit, paid)

    def bound(self, least: float, problem: Problem, unit: float) -> float:
        return math.sqrt(max(least, 0.0)) * unit


@dataclass(frozen=True, init=False)
class CVaR(_OfOne):
    r"""The mean loss of the worst outcomes: those that hold ``1 - level`` of the weight.

    .. math::
        \min_t \; t + \frac{1}{1-\alpha} \sum_i w_i \max(-y_i - t, 0)

    Args:
        measure: of what ``y`` is the change.
        level: 0.95 is the worst 5 %.

    Source: Rockafellar and Uryasev (2000).
    """

    level: float

    figure: ClassVar[str] = "CVaR"

    def __init__(self, measure: Measure, *, level: float = 0.95) -> None:
        super().__init__(measure)
        object.__setattr__(self, "level", require_probability("level", level))

    def __str__(self) -> str:
        return f"the mean loss in the worst {100 * (1 - self.level):.4g}% of outcomes (CVaR) of {self.measures[0]}"

    def risk(self, changes: FloatArray, outcomes: Outcomes) -> float:
        return mean_of_worst(changes[:, 0], outcomes.weights, self.level)

    def state(self, program: Program, problem: Problem, scale: FloatArray, unit: float) -> None:
        moved, moves = problem.changes
        level, beyond = program.variables(1), program.variables(len(moved))
        program.slope(level, np.ones(1))
        weights = problem.outcomes.weights
        most = weights.max()
        program.slope(beyond, np.full(len(moved), most / (1.0 - self.level)))
        paid = _premiums(program, problem, scale)
        _at_least_losses(program, [beyond, level], weights / most, moved, moves, scale, unit, paid)


@dataclass(frozen=True, init=False)
class WorstCase(_OfOne):
    """The greatest loss over every price of a range, or over the paths.

    Args:
        measure: of what the loss is.
        over: every price ``(low, high)`` of the one coin; the outcomes themselves unless said, which is meant for
            paths: the far nodes of a model carry next to no weight, and a maximum does not ask for it.
    """

    over: tuple[float, float] | None

    figure: ClassVar[str] = "worst loss"

    def __init__(self, measure: Measure, *, over: tuple[float, float] | None = None) -> None:
        super().__init__(measure)
        object.__setattr__(self, "over", None if over is None else require_price_range("over", over))

    def __str__(self) -> str:
        where = "" if self.over is None else f" between {self.over[0]:,.6g} and {self.over[1]:,.6g}"
        return f"the worst loss{where} of {self.measures[0]}"

    def risk(self, changes: FloatArray, outcomes: Outcomes) -> float:
        return float(-changes[:, 0].min())

    def value(self, problem: Problem, x: FloatArray) -> float:
        return super().value(problem, x) if self.over is None else self._worst(problem, x)[0]

    def posed(self, problem: Problem) -> Problem:
        if self.over is None:
            if not isinstance(problem.over, (Paths, Outcomes)):
                raise InputError(
                    "prices of a worst case: a model may go anywhere",
                    got=f"WorstCase({self.measures[0]!r})",
                    remedy="Say over=(low, high)",
                )
            return problem
        low, high = self.over
        kinks = (k for tables in problem.tables for t in tables[0].values() for k in t.kinks if low < k < high)
        return _on_prices(problem, {*np.geomspace(low, high, _FIRST_PRICES), *kinks})

    def refined(self, problem: Problem, x: FloatArray) -> Problem | None:
        if self.over is None:
            return None
        loss, price = self._worst(problem, x)
        stated = super().value(problem, x)
        if loss <= stated + _SAME_LOSS * max(abs(loss), abs(stated)):
            return None
        start = float(problem.outcomes.start[0])
        return _on_prices(problem, {*(start * np.exp(problem.outcomes.log_returns[:, 0])), price})

    def _worst(self, problem: Problem, x: FloatArray) -> tuple[float, float]:
        """The greatest loss in the range, and where: at an end, at a kink, or where the slope is 0."""
        assert self.over is not None
        low, high = self.over
        start = next(iter(problem.start.values()))
        sums = zip((1.0, *x), (tables[0] for tables in problem.tables), strict=True)
        summed = total((weight, powers) for weight, tables in sums for powers in tables.values())
        turning = [p for p in (*summed.kinks, *summed.derivative().roots()) if low < p < high]
        prices = np.array([low, high, *turning])
        losses = problem.premium_cost(x) - summed.change(start, np.log(prices / start))
        return float(losses.max()), float(prices[losses.argmax()])

    def state(self, program: Program, problem: Problem, scale: FloatArray, unit: float) -> None:
        worst = program.variables(1)
        program.slope(worst, np.ones(1))
        moved, moves = problem.changes
        ones = np.ones((len(moved), 1))
        paid = [(v, ones * rate) for v, rate in _premiums(program, problem, scale)]
        program.at_most([(program.decision, -moves[:, 0] / scale), (worst, -ones), *paid], moved[:, 0] / unit)


@dataclass(frozen=True, init=False)
class MeanVariance(_OfOne):
    r"""Risk against reward: half the variance, weighed by an aversion, less the mean change, carry and costs.

    .. math::
        \frac{\lambda}{2} \operatorname{Var}(y) - \operatorname{E}(y) + \text{costs}(q) - \text{carry}(q)

    Costs are two trades at the legs' fees and slippage; carry is their expected funding over the horizon.
    The mean change is that of the outcomes: a model's drift, or what a history happened to do.

    Args:
        measure: of what ``y`` is the change; the value in quote where legs have costs or funding.
        aversion: per unit of the measure's token: a certain 1 is worth a variance of ``2 / aversion``.
    """

    aversion: float

    figure: ClassVar[str] = "mean-variance loss"

    def __init__(self, measure: Measure, *, aversion: float) -> None:
        super().__init__(measure)
        object.__setattr__(self, "aversion", require_positive("aversion", aversion, unit=f"1 / {measure.token}"))

    def risk(self, changes: FloatArray, outcomes: Outcomes) -> float:
        spread = Variance(*self.measures).risk(changes, outcomes)
        return self.aversion / 2 * spread**2 - float(outcomes.weights @ changes[:, 0])

    def value(self, problem: Problem, x: FloatArray) -> float:
        return super().value(problem, x) + expected_cost(problem, x) / self._price(problem)

    def _price(self, problem: Problem) -> float:
        return price_of_token(self.measures[0].token, problem.exposure, problem.start)

    def state(self, program: Program, problem: Problem, scale: FloatArray, unit: float) -> None:
        left = _residual(program, problem, scale, unit)
        share = self.aversion * unit / 2 / unbiased(problem.outcomes)
        program.square(left, np.full(left.stop - left.start, share))
        weights = problem.outcomes.weights
        _, moves = problem.changes
        signed, absolute = (x / self._price(problem) for x in cost_rates(problem))
        program.slope(program.decision, (signed - weights @ moves[:, 0]) / scale)
        for variables, rate in _premiums(program, problem, scale):
            program.slope(variables, rate)
        size = program.variables(len(absolute))
        program.slope(size, absolute / scale)
        one = np.eye(len(absolute))
        for sign in (1.0, -1.0):
            program.at_most([(program.decision, sign * one), (size, -one)], np.zeros(len(absolute)))

    def costs(self, problem: Problem) -> list[tuple[FloatArray, FloatArray]]:
        return [LeastCost().costs(problem)]

    def bound(self, least: float, problem: Problem, unit: float) -> float:
        # The mean of the exposure itself is a constant, which the program leaves out.
        moved, _ = problem.changes
        return least * unit - float(problem.outcomes.weights @ moved[:, 0])


@dataclass(frozen=True)
class LeastCapital(Noun):
    """Of equally good hedges, the one that takes the least capital: collateral, premiums, margin of sold options."""

    def costs(self, problem: Problem) -> tuple[FloatArray, FloatArray]:
        """Per unit, and per absolute unit, of each column."""
        bought, sold = problem.capital_by_side
        return problem.prices + (bought + sold) / 2.0, (bought - sold) / 2.0


@dataclass(frozen=True)
class LeastCost(Noun):
    """Of equally good hedges, the one that is cheapest to trade and to keep: fees, slippage, funding, premiums."""

    def costs(self, problem: Problem) -> tuple[FloatArray, FloatArray]:
        """Per unit, and per absolute unit, of each column."""
        price = price_of_token(problem.measures[0].token, problem.everything, problem.start)
        signed, absolute = cost_rates(problem)
        more_signed, more_absolute = problem.premium_rates
        return signed + price * more_signed, absolute + price * more_absolute


def cost_rates(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """Expected cost of each column over the horizon, in quote: per signed unit (funding), per absolute (trading)."""
    signed, absolute = np.zeros(len(problem.columns)), np.zeros(len(problem.columns))
    for j, (leg, notional) in enumerate(zip(problem.legs, problem.notionals, strict=True)):
        absolute[j] = 2.0 * leg.cost_rate() * notional
        if leg.funding is not None and problem.years is not None:
            signed[j] = -leg.funding.received(notional, problem.years)
    return signed, absolute


def expected_cost(problem: Problem, x: FloatArray) -> float:
    """What a choice of columns is expected to cost over the horizon, in quote; negative where funding pays it."""
    signed, absolute = cost_rates(problem)
    return float(signed @ x + absolute @ np.abs(x))


def unbiased(outcomes: Outcomes) -> float:
    """What a sum of weighted squares is divided by: 1 on nodes, ``(n - 1) / n`` on equally likely samples."""
    return 1.0 - float(outcomes.weights @ outcomes.weights) if outcomes.sampled else 1.0


def _residual(program: Program, problem: Problem, scale: FloatArray, unit: float) -> slice:
    """Variables equal to what is left of the least-squares problem, folded to a triangle."""
    a, b = problem.least_squares()
    # A variable of its own: squaring `a` would square its condition.
    moves, moved = folded(a / scale, b / unit)
    left = program.variables(len(moved))
    program.equal([(program.decision, moves), (left, -np.eye(len(moved)))], -moved)
    return left


def _premiums(program: Program, problem: Problem, scale: FloatArray) -> list[tuple[slice, FloatArray]]:
    """What premiums take from every outcome: variables, and the row that multiplies them."""
    signed, absolute = problem.premium_rates
    if not signed.any() and not absolute.any():
        return []
    size = program.variables(len(absolute))
    one = np.eye(len(absolute))
    for sign in (1.0, -1.0):
        program.at_most([(program.decision, sign * one), (size, -one)], np.zeros(len(absolute)))
    return [(program.decision, signed / scale), (size, absolute / scale)]


def _at_least_losses(
    program: Program,
    covers: list[slice],
    shares: FloatArray,
    moved: FloatArray,
    moves: FloatArray,
    scale: FloatArray,
    unit: float,
    paid: Sequence[tuple[slice, FloatArray]],
) -> None:
    """The first cover, one per outcome, is at least 0 and at least the outcome's share of the loss beyond the others.

    Counted by its share, an outcome that hardly weighs has a variable that hardly matters: one that cost next to
    nothing would run away.
    """
    from scipy.sparse import eye

    first, *others = covers
    count = len(moved)
    program.at_most([(first, -eye(count))], np.zeros(count))
    left = [(v, -shares[:, None]) for v in others] + [(v, shares[:, None] * rate) for v, rate in paid]
    losses = -shares[:, None] * moves[:, 0] / scale
    program.at_most([(program.decision, losses), (first, -eye(count)), *left], shares * moved[:, 0] / unit)


def _on_prices(problem: Problem, prices: set[float]) -> Problem:
    """The problem over stated end prices of its one coin."""
    if len({market_pair(m) for m in problem.start}) > 1:
        raise MarketError("one coin for a worst case over prices", got=", ".join(problem.start))
    start = next(iter(problem.start.values()))
    return replace(problem, outcomes=Outcomes.from_prices(np.array(sorted(prices)), start=start))
