"""Protocols as they stand at one moment: what a pool or a vault holds, what trades and adds do to it."""

from lpgreeks.protocols.bin_book import BinBook, Depth
from lpgreeks.protocols.bin_deposits import BinDeposit, BinWithdrawal
from lpgreeks.protocols.bin_swaps import BinSwap

__all__ = ["BinBook", "BinDeposit", "BinSwap", "BinWithdrawal", "Depth"]
