"""The command line."""

from __future__ import annotations

from lpgreeks.cli.app import main

__all__ = ["main"]
