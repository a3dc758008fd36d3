"""What results say of their figures: assumptions, units, and whether the pool was made by a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lpgreeks.hedging.text import WIDTH, wrapped

__all__ = ["SYNTHETIC", "Given", "given", "shared", "taken_as_given"]

SYNTHETIC = "The pool is SYNTHETIC."
"""Said wherever figures of such a pool are."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a result says of its figures.

    Attributes:
        assumptions: what is real, what is stated, and what the figures leave out, one sentence each.
        synthetic: the prices of the pool are made by a rule.
        units: of figures whose names do not say it.
        losses: the figures of which less is better, by name, without a unit in brackets.
    """

    assumptions: tuple[str, ...] = ()
    synthetic: bool = False
    units: Mapping[str, str] = field(default_factory=dict)
    losses: tuple[str, ...] = ()


def given(result: Any) -> Given:
    """What a result says of its figures, by attributes of these names that it may have."""
    units = getattr(result, "units", {})
    return Given(
        assumptions=_words(getattr(result, "assumptions", ())),
        losses=_words(getattr(result, "losses", ())),
        synthetic=bool(getattr(result, "synthetic", "")),
        units={str(name): str(unit) for name, unit in units.items()} if isinstance(units, Mapping) else {},
    )


def _words(said: Any) -> tuple[str, ...]:
    return tuple(map(str, said)) if isinstance(said, (tuple, list)) else ()


def shared(all_given: Sequence[Given]) -> tuple[str, ...]:
    """Every assumption once; how many settings make it, where not all do."""
    counts = Counter(sentence for one in all_given for sentence in dict.fromkeys(one.assumptions))
    every = len(all_given)
    return tuple(
        sentence if count == every else f"{sentence} ({count:,} of {every:,} settings)"
        for sentence, count in counts.items()
    )


def taken_as_given(assumptions: Sequence[str]) -> list[str]:
    """The lines that end a summary."""
    if not assumptions:
        return []
    return ["", "Taken as given", *(wrapped(f"- {sentence}", WIDTH, indent="  ") for sentence in assumptions)]
