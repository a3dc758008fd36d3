"""Choosing among legs, in words: how many of a kind, in whole lots, and how the choice was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_whole
from lpgreeks.hedging.constraints import Constraint
from lpgreeks.hedging.problem import Problem, Row
from lpgreeks.instruments import Instrument

__all__ = ["AS_GOOD", "AtMost", "Choice", "WholeLots"]

AS_GOOD = 1e-9
"""Choices whose figures are this near each other are equally good: the tie-break chooses."""


@dataclass(frozen=True)
class AtMost(Constraint):
    """A cap on how many legs of a kind are traded: the best few strikes of a chain.

    Args:
        count: at most so many; for a variance three in all of every AtMost together.
        of: the kind, a class: ``Put``, ``Call``, ``Option``.
    """

    count: int
    of: type[Instrument]

    def __init__(self, count: int, *, of: type[Instrument]) -> None:
        object.__setattr__(self, "count", require_whole("count", count, at_least=0))
        if not (isinstance(of, type) and issubclass(of, Instrument)):
            raise InputError("a kind of instrument", got=f"{of!r:.60}", remedy="AtMost(1, of=Put)")
        object.__setattr__(self, "of", of)

    def rows(self, problem: Problem) -> Sequence[Row]:
        return ()

    def members(self, problem: Problem) -> list[int]:
        """The legs that it counts.

        Raises:
            InputError: no leg of that kind.
        """
        found = [j for j, leg in enumerate(problem.legs) if isinstance(leg.option or leg.instrument, self.of)]
        if not found:
            offered = ", ".join(sorted({leg.instrument.label for leg in problem.legs}))
            raise InputError(f"legs of the kind {self.of.__name__}", got=offered, remedy="Leave AtMost out")
        return found


@dataclass(frozen=True)
class WholeLots(Constraint):
    """Quantities in whole lots, chosen as such and not rounded afterwards: of every leg whose lot is known."""

    def check(self, problem: Problem) -> None:
        if not any(leg.step for leg in problem.legs):
            raise InputError(
                "legs with a lot, for WholeLots",
                got=f"none of {', '.join(leg.name for leg in problem.legs[:3])}" + ", ..." * (len(problem.legs) > 3),
                remedy="Leg(put, lot=0.1), or a venue that says what one is, unconfirmed or not (--unconfirmed)",
            )

    def rows(self, problem: Problem) -> Sequence[Row]:
        return ()


@dataclass(frozen=True, kw_only=True)
class Choice(Noun):
    """How the legs of a plan were chosen among those offered.

    Attributes:
        offered: how many there were to choose from.
        subsets: how many choices there are.
        solved: how many of them were solved.
        bound: no choice has a figure of the objective below it.
        gap: how far the one chosen is above it, as a share; 0 is proven best.
        as_good: other choices of the same figure, by the names of their options.
    """

    offered: int
    subsets: int
    solved: int
    bound: float
    gap: float
    as_good: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        proof = "proven best" if self.gap <= AS_GOOD else f"at most {self.gap:.2%} above what any choice can do"
        return f"{self.subsets:,} choices of {self.offered} options, {self.solved:,} solved; {proof}"
