"""What a book makes: every column over the moves of one case, and the whole as one function of the move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.instruments import Exposure
from lpgreeks.measures import Measure
from lpgreeks.powers import Powers
from lpgreeks.scenarios.axes import ScenarioCase
from lpgreeks.scenarios.book import Book, Item
from lpgreeks.smears import Curve, Smeared, Term, total

__all__ = ["Profit"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Profit:
    """The P&L of a book in one measure.

    Attributes:
        book: what is held.
        measure: what is counted, in its token.
    """

    book: Book
    measure: Measure

    @cached_property
    def _curves(self) -> dict[Exposure, dict[str, Curve]]:
        return {}

    def columns(self, case: ScenarioCase, moves: FloatArray, hit: Iterable[NDArray[np.bool_]]) -> dict[str, FloatArray]:
        """The P&L of every column at each move; accounts are gone where ``hit``, one array for each."""
        ended = tuple(hit)
        found: dict[str, FloatArray] = {}
        for item in self.book.items(case):
            made = self._change(item.before, item.after, moves)
            if item.account is not None:
                made = np.where(ended[item.account], self._change(item.before, item.lost, moves), made)
            found[item.column] = found.get(item.column, 0.0) + made
        return found

    def whole(self, case: ScenarioCase) -> Curve:
        """The P&L of everything as a function of the factor by which all prices have moved, along the straight way."""
        return total((1.0, part) for item in self.book.items(case) for part in self._parts(item))

    def _parts(self, item: Item) -> list[Curve | float]:
        before = -self._at_start(item.before)
        after = self._over_factor(item.after)
        if item.account is None:
            return [before, after]
        alive = self.book.accounts[item.account].alive
        # A contract with an account is a sum of powers, which can be cut off; what is marked has none.
        assert isinstance(after, Powers)
        lost = self._over_factor(item.lost)
        assert isinstance(lost, Powers)
        return [before, after * alive, lost * (1.0 - alive)]

    def _change(self, before: Exposure, after: Exposure, moves: FloatArray) -> FloatArray:
        start = self.book.start
        # Counted from one curve the digits of a small move are kept.
        moved = sum((c.change(start[m], np.log1p(moves)) for m, c in self._of(after).items()), np.zeros_like(moves))
        return moved + (self._at_start(after) - self._at_start(before) if before != after else 0.0)

    def _at_start(self, exposure: Exposure) -> float:
        return float(sum(curve(self.book.start[m]) for m, curve in self._of(exposure).items()))

    def _over_factor(self, exposure: Exposure) -> Curve:
        return total((1.0, _over_factor(curve, self.book.start[m])) for m, curve in self._of(exposure).items())

    def _of(self, exposure: Exposure) -> dict[str, Curve]:
        if exposure not in self._curves:
            self._curves[exposure] = self.measure(exposure, self.book.start) if exposure.positions else {}
        return self._curves[exposure]


def _over_factor(curve: Curve, start: float) -> Curve:
    """A function of the price as one of the price over ``start``: a mean moves with the price that it is a mean of."""
    if isinstance(curve, Powers):
        return curve.of_power(start, 1.0)
    terms = (Term(t.weight * start**t.exponent, t.exponent, t.order, t.payoff.of_power(start, 1.0), t.width)
             for t in curve.terms)  # fmt: skip
    return Smeared(curve.plain.of_power(start, 1.0), tuple(terms))
