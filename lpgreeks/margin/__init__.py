"""What a venue asks for behind a position, and the price at which an account no longer has it."""

from __future__ import annotations

from lpgreeks.margin.account import Account
from lpgreeks.margin.schedules import Bracket, Flat, LinearInSize, Progressive, Proportional, Schedule

__all__ = ["Account", "Bracket", "Flat", "LinearInSize", "Progressive", "Proportional", "Schedule"]
