"""What a table of scenarios is taken over: moves, shifts of volatility, days and funding rates, checked."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks.errors import InputError, require_numbers

__all__ = ["ScenarioAxis", "ScenarioCase", "days_axis", "funding_axis", "moves_axis", "prices_axis", "volatility_axis"]

# Beyond these somebody wrote percent: a price times eleven, three hundred points of volatility, 5 % in eight hours.
_GREATEST_MOVE = 10.0
_WIDEST_SHIFT = 3.0
_HIGHEST_RATE = 0.05


class ScenarioAxis(IntEnum):
    """What a table of scenarios is taken over."""

    MOVE = 0
    VOLATILITY = 1
    DAYS = 2
    FUNDING = 3


class ScenarioCase(NamedTuple):
    """Everything of a scenario but the move of the price."""

    volatility: float
    """Added to the implied volatility of every option, a decimal: 0.2 is 20 points."""
    days: float
    """Since the start."""
    funding: float
    """What longs pay shorts per eight hours, a decimal."""


def moves_axis(moves: ArrayLike) -> tuple[float, ...]:
    """Moves of the price, decimals, ascending."""
    remedy = "A fall of 30 % is -0.3"
    axis = _axis("moves", moves, "decimals", remedy)
    if not axis[0] > -1.0:
        raise InputError("moves above -1, which leave a price", got=f"{axis[0]:g}", unit="decimals", remedy=remedy)
    _within("moves", axis, _GREATEST_MOVE, "decimals", remedy)
    return axis


def prices_axis(prices: ArrayLike, start: float) -> tuple[float, ...]:
    """Prices as moves from ``start``."""
    axis = _axis("prices", prices, "quote per base", "Sort them, each once")
    if not axis[0] > 0.0:
        raise InputError("positive prices", got=f"{axis[0]:g}", unit="quote per base")
    return tuple((price - start) / start for price in axis)


def volatility_axis(shifts: ArrayLike) -> tuple[float, ...]:
    """Shifts of implied volatility, decimals, ascending."""
    remedy = "20 points are 0.2"
    axis = _axis("volatilities", shifts, "decimals", remedy)
    _within("volatilities", axis, _WIDEST_SHIFT, "decimals", remedy)
    return axis


def days_axis(days: ArrayLike) -> tuple[float, ...]:
    """Days since the start, ascending."""
    axis = _axis("days", days, "days", "Half a day is 0.5")
    if axis[0] < 0.0:
        raise InputError("days of 0 or more", got=f"{axis[0]:g}", unit="days", remedy="They count from the start")
    return axis


def funding_axis(rates: ArrayLike) -> tuple[float, ...]:
    """Funding rates per eight hours, decimals, ascending."""
    remedy = "0.01 % is 0.0001"
    axis = _axis("funding", rates, "decimal per 8 hours", remedy)
    if max(map(abs, axis)) >= _HIGHEST_RATE:
        wrong = next(rate for rate in axis if abs(rate) >= _HIGHEST_RATE)
        raise InputError(
            f"funding below {_HIGHEST_RATE:g}", got=f"{wrong:g}", unit="decimal per 8 hours", remedy=remedy
        )
    return axis


def _axis(name: str, values: ArrayLike, unit: str, remedy: str) -> tuple[float, ...]:
    array = require_numbers(values, unit=unit, what=name)
    if array.ndim != 1 or not array.size:
        got = "none" if array.ndim else f"{float(array):g}"
        raise InputError(f"{name} as a list of one or more numbers", got=got, unit=unit, remedy=remedy)
    if not np.isfinite(array).all():
        wrong = int(np.flatnonzero(~np.isfinite(array))[0])
        raise InputError(f"{name} to be finite", got=f"{array[wrong]:g} at position {wrong}", unit=unit, remedy=remedy)
    steps = np.diff(array)
    if (steps <= 0).any():
        at = int(np.flatnonzero(steps <= 0)[0])
        raise InputError(
            f"{name} ascending, each once",
            got=f"{array[at]:g}, then {array[at + 1]:g}",
            unit=unit,
            remedy="Sort them and leave out what comes twice",
        )
    return tuple(array.tolist())


def _within(name: str, axis: tuple[float, ...], most: float, unit: str, remedy: str) -> None:
    wrong = next((x for x in axis if abs(x) > most), math.nan)
    if not math.isnan(wrong):
        raise InputError(f"{name} of at most {most:g}", got=f"{wrong:g}", unit=unit, remedy=remedy)
