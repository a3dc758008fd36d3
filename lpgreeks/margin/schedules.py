"""Margin as a function of a position's size: proportional, progressive, flat per tier, linear in size."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from numbers import Real
from typing import NamedTuple, Self

from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError, require_finite, require_positive, require_token
from lpgreeks.powers import Powers

__all__ = ["Bracket", "Flat", "Line", "LinearInSize", "Progressive", "Proportional", "Schedule"]

# Two ways of adding up one deduction differ by rounding only.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Bracket(Noun):
    """From which size on which rate holds.

    Args:
        floor: the least size, in the schedule's unit.
        rate: margin per size, a decimal (0.005 is 0.5 %).
    """

    floor: float
    rate: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", _rate(self.rate))
        floor = require_finite("a bracket's floor", self.floor, unit="the schedule's")
        if floor < 0:
            raise InputError("a bracket's floor of 0 or more", got=f"{floor:g}")
        object.__setattr__(self, "floor", floor)


class Line(NamedTuple):
    """``rate * size - deduction``."""

    rate: float
    deduction: float


class Schedule(Noun, ABC):
    """The margin that a position asks for, by its size; size and margin are counted in one token.

    Counted in the token of its margin, a position's size is its value and moves with the price. Counted in
    its other token (coins of a linear contract, dollars of an inverse one) it stands still, and fixes one
    rate of the value.
    """

    unit: str
    """The token that sizes are counted in; "" where every size has the same rate."""
    up_to: float
    """The size at which the known table ends; infinite where it is whole."""

    @property
    @abstractmethod
    def requirement(self) -> Powers:
        """The margin as a function of the size, both in ``unit``."""

    def lines(self, touching: Sequence[float] = ()) -> tuple[Line, ...]:
        """Straight lines in the size whose maximum is the margin, for a margin that is convex in the size.

        A curve is met by its tangents: at 0 and at the sizes ``touching``; in between it lies above them.

        Raises:
            InputError: the margin jumps, and no set of lines has it as their maximum.
        """
        raise InputError("a margin that is convex in the size", got=f"{type(self).__name__}: it jumps between tiers")

    def margin_at(self, size: float) -> float:
        """The margin of a position of ``size``, in ``unit``.

        Raises:
            DataError: the size lies beyond the known table.
        """
        size = require_finite("size", size, unit=self.unit)
        if size < 0:
            raise InputError("a size of 0 or more", got=f"{size:g}", unit=self.unit)
        self.require_known(size)
        return float(self.requirement(size)) if size else 0.0

    def rate_at(self, size: float) -> float:
        """Margin per size at ``size``: a decimal."""
        return self.margin_at(size) / require_positive("size", size, unit=self.unit)

    def require_known(self, size: float) -> None:
        """An error for a size that the table does not reach.

        Raises:
            DataError: beyond the last cap.
        """
        if not size <= self.up_to * (1 + _ROUNDING):
            raise DataError(
                f"a position of at most {self.up_to:,.10g}, where the known margin table ends",
                got=f"{size:,.10g}",
                unit=self.unit,
                remedy="Supply the venue's whole table: "
                f'maintenance=Progressive(brackets=(Bracket(0, 0.005), ...), unit="{self.unit}")',
            )


@dataclass(frozen=True, kw_only=True)
class Proportional(Schedule):
    r"""One rate for every size: :math:`M(v) = r v`.

    Args:
        rate: a decimal of the position's value.
        unit: the token that sizes are counted in; only ``up_to`` needs it.
        up_to: the largest size that it is known for; any unless said.
    """

    rate: float
    unit: str = ""
    up_to: float = math.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", _rate(self.rate))
        _require_end(self.up_to, 0.0, self.unit)

    @cached_property
    def requirement(self) -> Powers:
        return self.rate * Powers.price()

    def lines(self, touching: Sequence[float] = ()) -> tuple[Line, ...]:
        return (Line(self.rate, 0.0),)


@dataclass(frozen=True, kw_only=True, repr=False)
class _Tiered(Schedule):
    """Rates by bracket.

    Args:
        brackets: floors ascending from 0, rates ascending.
        unit: the token that floors are counted in.
        up_to: where the known table ends.
    """

    brackets: tuple[Bracket, ...]
    unit: str
    up_to: float = math.inf

    def __post_init__(self) -> None:
        require_token("a schedule's unit", self.unit)
        if not isinstance(self.brackets, tuple) or not all(isinstance(b, Bracket) for b in self.brackets):
            raise InputError("brackets as a tuple", got=f"{self.brackets!r:.60}", remedy="(Bracket(0, 0.004), ...)")
        if not self.brackets or self.brackets[0].floor:
            raise InputError("a first bracket that starts at 0", got=f"{self.brackets[:1]}", unit=self.unit)
        for low, high in pairwise(self.brackets):
            if not low.floor < high.floor:
                raise InputError("floors that ascend", got=f"{low.floor:g}, then {high.floor:g}", unit=self.unit)
            if not low.rate < high.rate:
                raise InputError("rates that ascend with the size", got=f"{low.rate:g}, then {high.rate:g}")
        _require_end(self.up_to, self.brackets[-1].floor, self.unit)

    @classmethod
    def from_tiers(cls, tiers: Iterable[tuple[float, float, float]], *, unit: str) -> Self:
        """From a venue's table of ``(floor, cap, rate)`` rows, ascending; the last cap ends the table.

        Raises:
            InputError: a gap or an overlap between two rows, or rows that are not three numbers.
        """
        rows = [*map(_tier, tiers)]
        for (_, cap, _), (floor, _, _) in pairwise(rows):
            if cap != floor:
                raise InputError(
                    "each tier to start where the one before ends",
                    got=f"{'a gap' if floor > cap else 'an overlap'}: up to {cap:,.10g}, then from {floor:,.10g}",
                    unit=unit,
                )
        end = rows[-1][1] if rows else math.inf
        return cls(brackets=tuple(Bracket(floor, rate) for floor, _, rate in rows), unit=unit, up_to=end)


class Progressive(_Tiered):
    r"""Each bracket's rate holds for the part of the size inside it, as income tax does: no jumps.

    .. math::
        M(v) = r_n v - d_n, \qquad d_n = d_{n-1} + f_n (r_n - r_{n-1}), \quad d_1 = 0

    The deductions :math:`d_n` (a venue's "maintenance amount" or "cum") are computed, never typed.

    Args:
        brackets: floors ascending from 0, rates ascending.
        unit: the token that floors are counted in.
        up_to: where the known table ends.
    """

    @cached_property
    def deductions(self) -> tuple[float, ...]:
        """One per bracket, in ``unit``."""
        found = [0.0]
        for before, now in pairwise(self.brackets):
            found.append(found[-1] + now.floor * (now.rate - before.rate))
        return tuple(found)

    @cached_property
    def requirement(self) -> Powers:
        v = Powers.price()
        lines = [b.rate * v - d for b, d in zip(self.brackets, self.deductions, strict=True)]
        return Powers(tuple(b.floor for b in self.brackets[1:]), tuple(line.pieces[0] for line in lines))

    def lines(self, touching: Sequence[float] = ()) -> tuple[Line, ...]:
        return tuple(Line(b.rate, d) for b, d in zip(self.brackets, self.deductions, strict=True))


class Flat(_Tiered):
    r"""The tier's rate holds for the whole size: :math:`M(v) = r_n v`, which jumps where tiers meet.

    Args:
        brackets: floors ascending from 0, rates ascending; a size on a floor belongs to the tier below.
        unit: the token that floors are counted in.
        up_to: where the known table ends.
    """

    @cached_property
    def requirement(self) -> Powers:
        return Powers(tuple(b.floor for b in self.brackets[1:]), tuple(((1.0, b.rate),) for b in self.brackets))

    @property
    def tiers(self) -> tuple[Proportional, ...]:
        """Each tier's rate, for sizes up to its end."""
        ends = (*(b.floor for b in self.brackets[1:]), self.up_to)
        return tuple(
            Proportional(rate=b.rate, unit=self.unit, up_to=e) for b, e in zip(self.brackets, ends, strict=True)
        )


@dataclass(frozen=True, kw_only=True)
class LinearInSize(Schedule):
    r"""A rate that grows with the size: :math:`M(v) = (r + s v)\, v`.

    Args:
        rate: the rate of the smallest position, a decimal.
        slope: what one unit of size adds to the rate.
        unit: the token that sizes are counted in.
        up_to: the largest size that it is known for; any unless said.
    """

    rate: float
    slope: float
    unit: str
    up_to: float = math.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", _rate(self.rate))
        object.__setattr__(self, "slope", require_positive("slope", self.slope, unit=f"per {self.unit}"))
        require_token("a schedule's unit", self.unit)
        _require_end(self.up_to, 0.0, self.unit)

    @cached_property
    def requirement(self) -> Powers:
        v = Powers.price()
        return self.rate * v + self.slope * v**2

    def lines(self, touching: Sequence[float] = ()) -> tuple[Line, ...]:
        return tuple(Line(self.rate + 2 * self.slope * x, self.slope * x * x) for x in (0.0, *touching))


def _rate(rate: float) -> float:
    number = require_finite("a margin rate", rate, unit="decimal")
    if not 0 <= number < 1:
        raise InputError(
            "a margin rate from 0 up to 1", got=f"{number:g}", unit="decimal", remedy="0.5 % is 0.005; margin is a cost"
        )
    return number


def _tier(row: Iterable[float]) -> tuple[float, float, float]:
    numbers = tuple(row) if isinstance(row, Iterable) else (row,)
    if len(numbers) != 3 or not all(isinstance(x, Real) for x in numbers):
        raise InputError("tiers as rows of three numbers: floor, cap, rate", got=f"{row!r:.60}")
    floor, cap, rate = numbers
    return floor, cap, rate


def _require_end(up_to: float, floor: float, unit: str) -> None:
    end = up_to if up_to == math.inf else require_positive("up_to", up_to, unit=unit)
    if not end > floor:
        raise InputError(f"a table that ends above {floor:g}", got=f"{end:g}", unit=unit)
