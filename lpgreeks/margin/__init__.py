"""What a venue asks for behind a position, and the price at which an account no longer has it."""

from __future__ import annotations

from lpgreeks.margin.account import Account, Ends, counts_value, margin_of
from lpgreeks.margin.schedules import Bracket, Flat, Line, LinearInSize, Progressive, Proportional, Schedule
from lpgreeks.margin.short_option import ShortOptionMargin

__all__ = [
    "Account",
    "Bracket",
    "Ends",
    "Flat",
    "Line",
    "LinearInSize",
    "Progressive",
    "Proportional",
    "Schedule",
    "ShortOptionMargin",
    "counts_value",
    "margin_of",
]
