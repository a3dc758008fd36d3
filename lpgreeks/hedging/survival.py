"""Accounts that survive: equity stays above the maintenance margin at the prices that must be lived through."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar, NamedTuple, Self

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_finite, require_price_range, require_probability
from lpgreeks.hedging.capital import require_pledges
from lpgreeks.hedging.constraints import Constraint, outward
from lpgreeks.hedging.legs import Pledge
from lpgreeks.hedging.problem import Problem, Row
from lpgreeks.instruments import Exposure, Margined, UniswapV3
from lpgreeks.margin import Line, LinearInSize, Schedule, counts_value
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.tokens import find_token

__all__ = ["InitialMargin", "NoLiquidation", "RangeEdges", "more_tangents", "ranges", "the_range"]

# Rows of one account at one price: every sign and bracket of each of its legs.
_MOST_ROWS = 20_000


# Tangents to a curved margin are added until what they miss of it is this share of the account: rounding.
_MET = 1e-11


class _Slopes(NamedTuple):
    """One leg's part of an account row: what a unit adds to the equity, less one line of its margin."""

    quantity: float
    constant: float


@dataclass(frozen=True)
class RangeEdges(Noun):
    """The ends of the one range that is hedged, wherever they are."""


@dataclass(frozen=True, kw_only=True)
class NoLiquidation(Constraint):
    r"""No account is liquidated while prices stay within what must be survived.

    On paths: the lowest low and the highest high of all of them, or of all but a share ``probability``.
    Under a model nothing is certain: say ``over`` or ``probability``. One account's equity less its
    maintenance margin, counted in quote, is concave in the price, so that two prices stand for all between
    them. At these prices themselves the margin may be met to the letter; a buffer leaves room.

    Args:
        buffer: how far beyond the extremes, as a fraction of the price (0.1 is 10 %).
        over: the prices ``(low, high)`` to survive, or :class:`RangeEdges`.
        probability: of any account being liquidated before the horizon, at most: by first passage under
            a model, by order statistic on paths; shared equally by the accounts that are used (Bonferroni).
    """

    buffer: float = 0.0
    over: tuple[float, float] | RangeEdges | None = None
    probability: float | None = None

    def __post_init__(self) -> None:
        buffer = require_finite("buffer", self.buffer, unit="fraction of the price")
        if not 0 <= buffer < 1:
            raise InputError("a buffer from 0 up to 1", got=f"{buffer:g}", remedy="10 % is 0.1")
        object.__setattr__(self, "buffer", buffer)
        if self.probability is not None:
            require_probability("probability", self.probability)
            if self.over is not None:
                raise InputError("prices to survive, or a probability", got="both", remedy="Leave one out")
        if self.over is not None and not isinstance(self.over, RangeEdges):
            object.__setattr__(self, "over", require_price_range("over", self.over))

    def rows(self, problem: Problem) -> Sequence[Row]:
        require_pledges(problem, "NoLiquidation")
        return list(self._rows(problem))

    def _rows(self, problem: Problem) -> Iterator[Row]:
        # Accounts of one market and as many legs have the same prices to live through.
        survived = cache(lambda market, legs: self.survived(problem, market, legs=legs))
        for pledge in problem.pledges:
            markets = dict.fromkeys(problem.legs[j].instrument.market for j in pledge.legs)
            ends = {m: survived(m, len(pledge.legs)) for m in markets}
            # Several markets behind one account: every corner of what each of them may do.
            for corner in itertools.product(*ends.values()):
                prices = dict(zip(markets, corner, strict=True))
                yield from _account_rows(problem, pledge, prices, "maintenance", "survival")

    def survived(self, problem: Problem, market: str, *, legs: int = 1) -> tuple[float, float]:
        """The lowest and the highest price of ``market`` that an account of so many legs must live through.

        Raises:
            InputError: a model, and neither ``over`` nor ``probability``; paths that start apart.
        """
        low, high = self._extremes(problem, market, legs)
        start = problem.start[market]
        if not low <= start <= high:
            raise InputError(
                "prices to survive around the start",
                got=f"{low:,.6g} to {high:,.6g}, start {start:,.6g}",
                unit=market,
                remedy="An account is opened at the start: let the prices reach from below it to above it",
            )
        return low * (1.0 - self.buffer), high * (1.0 + self.buffer)

    def _extremes(self, problem: Problem, market: str, legs: int) -> tuple[float, float]:
        if isinstance(self.over, RangeEdges):
            pool = the_range(problem.exposure)
            return pool.lower, pool.upper
        if self.over is not None:
            return self.over
        over = problem.over
        if self.probability is not None and not isinstance(over, Outcomes):
            # One account is liquidated on one side only, unless it holds several legs.
            share = self.probability / problem.wallets / (2 if legs > 1 else 1)
            return problem.barriers(market, share)
        if isinstance(over, Paths):
            return problem.extremes(market)
        raise InputError(
            "prices to survive: a model may go anywhere" if self.probability is None else "a model or paths",
            got=f"NoLiquidation(buffer={self.buffer:g}) over {problem.outcomes.source}",
            remedy="Say over=(low, high), or probability=0.01 for a chance of 1 % before the horizon",
        )

    def easier(self, share: float, problem: Problem) -> Self | None:
        if share >= 1:
            return None
        if self.buffer:
            return replace(self, buffer=self.buffer * (1.0 - share))
        if self.probability is not None:
            return replace(self, probability=min(self.probability + share * (1.0 - self.probability), 1 - 1e-12))
        if not share:
            return self
        # Prices nearer to the start; where there are several markets, rows say which.
        markets = list(dict.fromkeys(problem.legs[j].instrument.market for p in problem.pledges for j in p.legs))
        ends = {self.survived(problem, m) for m in markets}
        if len(ends) > 1:
            return self
        ((low, high),) = ends
        start = problem.start[markets[0]]
        return replace(self, over=(low + share * (start - low), high + share * (start - high)))

    def told(self, problem: Problem) -> str:
        if self.buffer or self.probability is not None:
            return self.way_out(problem)
        markets = dict.fromkeys(problem.legs[j].instrument.market for p in problem.pledges for j in p.legs)
        ends = {m: self.survived(problem, m) for m in markets}
        return "no liquidation from " + " and ".join(f"{a:,.6g} to {b:,.6g} ({m})" for m, (a, b) in ends.items())

    def way_out(self, problem: Problem) -> str:
        if self.buffer:
            return f"a buffer of {outward(self.buffer, up=False)} (NoLiquidation)"
        if self.probability is not None:
            return f"a probability of liquidation of {outward(self.probability, up=True)}"
        market = problem.legs[problem.pledges[0].legs[0]].instrument.market
        low, high = self.survived(problem, market)
        return f"prices to survive from {outward(low, up=True)} to {outward(high, up=False)} (NoLiquidation)"


@dataclass(frozen=True)
class InitialMargin(Constraint):
    """What each venue asks for to open the legs. Every hedge with such terms has it; it gives no way."""

    terms: ClassVar[str] = "initial"

    def easier(self, share: float, problem: Problem) -> Self:
        return self

    def way_out(self, problem: Problem) -> str:
        return "the venues' initial margin"

    def rows(self, problem: Problem) -> Sequence[Row]:
        return [
            row
            for pledge in problem.pledges
            if any(problem.legs[j].initial for j in pledge.legs)
            for row in _account_rows(problem, pledge, problem.start, self.terms, "initial margin")
        ]


def _account_rows(
    problem: Problem, pledge: Pledge, prices: Mapping[str, float], terms: str, name: str
) -> Iterator[Row]:
    """Equity at ``prices`` is at least the margin: one row for every sign and bracket of each leg."""
    choices = [_slopes(problem, j, pledge, prices, terms) for j in pledge.legs]
    count = 1
    for lines in choices:
        count *= len(lines)
    if count > _MOST_ROWS:
        raise InputError(
            f"at most {_MOST_ROWS:,} combinations of brackets in one account",
            got=f"{count:,}: {len(choices)} legs",
            remedy="Give the legs accounts of their own",
        )
    at = ", ".join(
        f"{price:,.6g}" for price in dict.fromkeys(prices[problem.legs[j].instrument.market] for j in pledge.legs)
    )
    column = len(problem.legs) + problem.pledges.index(pledge)
    for chosen in itertools.product(*choices):
        entries = {j: slope.quantity for j, slope in zip(pledge.legs, chosen, strict=True)}
        constant = sum(slope.constant for slope in chosen)
        yield problem.row(f"{name} of {pledge.name} at {at}", pledge.token, {**entries, column: 1.0}, lower=-constant)


def _slopes(problem: Problem, j: int, pledge: Pledge, prices: Mapping[str, float], terms: str) -> list[_Slopes]:
    leg = problem.legs[j]
    contract = leg.instrument
    assert isinstance(contract, Margined)
    price = prices[contract.market]
    equity = float(contract.value(price, pledge.token))
    schedule = problem.schedule(j, terms)
    found = []
    for sign in (-1.0, 1.0):
        touching = [abs(q) for q in problem.touching.get(j, ()) if q * sign > 0]
        for line in _margin_lines(schedule, contract, price, touching):
            # The margin, counted in the pledge's token.
            rate, deduction = (x * _exchange(contract, pledge, price) for x in line)
            found.append(_Slopes(equity - sign * rate, deduction))
    return found


def _margin_lines(
    schedule: Schedule | None, contract: Margined, price: float, touching: Sequence[float]
) -> tuple[Line, ...]:
    """The margin of ``|quantity|`` at one price as lines, in the margin token."""
    if schedule is None:
        return (Line(0.0, 0.0),)
    value = float(contract.position_value(price))
    if counts_value(schedule, contract):
        return tuple(Line(rate * value, d) for rate, d in schedule.lines([q * value for q in touching]))
    return tuple(Line(rate * value, d * value) for rate, d in schedule.lines(touching))


def more_tangents(problem: Problem, x: FloatArray) -> Problem | None:
    """The problem with tangents where curved margins still miss them at ``x``; None where all are met."""
    more = {}
    posted = problem.prices * np.abs(x)
    for k, pledge in enumerate(problem.pledges, start=len(problem.legs)):
        for j in pledge.legs:
            quantity, known = float(x[j]), problem.touching.get(j, ())
            curvature = max(_curvature(problem, j, name) for name in ("maintenance", "initial"))
            least = min([abs(quantity), *(abs(quantity - t) for t in known)])
            if curvature * least**2 > _MET * max(posted[k], curvature * quantity**2):
                more[j] = (*known, quantity)
    return replace(problem, touching={**problem.touching, **more}) if more else None


def _curvature(problem: Problem, j: int, name: str) -> float:
    """What the square of a leg's quantity adds to its margin at the start, in quote."""
    schedule, contract = problem.schedule(j, name), problem.legs[j].instrument
    if not isinstance(schedule, LinearInSize):
        return 0.0
    assert isinstance(contract, Margined)
    value = float(contract.position_value(problem.start[contract.market]))
    return schedule.slope * float(problem.notionals[j]) * (value if counts_value(schedule, contract) else 1.0)


def _exchange(contract: Margined, pledge: Pledge, price: float) -> float:
    """What one unit of the margin token is in the pledge's token."""
    if find_token(pledge.token, (contract.margin_token,)):
        return 1.0
    return price if contract.margin_token == contract.base else 1.0 / price


def ranges(exposure: Exposure) -> list[UniswapV3]:
    """The different ranges of an exposure."""
    pools = [p.instrument for p in exposure.positions if isinstance(p.instrument, UniswapV3)]
    return list({(p.market, p.lower, p.upper): p for p in pools}.values())


def the_range(exposure: Exposure) -> UniswapV3:
    """The one range that the exposure has."""
    found = ranges(exposure)
    if len(found) != 1:
        raise InputError("one range in the exposure", got=f"{len(found)} ranges", remedy="Say over=(low, high)")
    return found[0]
