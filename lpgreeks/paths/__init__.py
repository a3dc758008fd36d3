"""What happened or was drawn: history, paths and weighted outcomes, as arrays by market."""

from __future__ import annotations

from lpgreeks.paths.history import History, Rescaled, Shifted, align
from lpgreeks.paths.outcomes import ANY_MARKET, Outcomes
from lpgreeks.paths.paths import Paths, Seed, generator
from lpgreeks.paths.spans import Span, span_of, span_text

__all__ = [
    "ANY_MARKET",
    "History",
    "Outcomes",
    "Paths",
    "Rescaled",
    "Seed",
    "Shifted",
    "Span",
    "align",
    "generator",
    "span_of",
    "span_text",
]
