"""Numbers and sentences as columns of text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

__all__ = ["WIDTH", "aligned", "percent", "rounded", "wrapped"]

# Columns of text that a terminal and a mail show whole.
WIDTH = 110


def percent(share: float) -> str:
    """Two decimals, or as many as it takes not to claim all of it."""
    return f"{share:.8%}" if share < 1 <= round(share, 4) else f"{share:.2%}"


def rounded(number: float) -> str:
    """Six significant digits, thousands set apart."""
    if number == 0:
        return "0"
    size = abs(number)
    if size >= 1e5:
        return f"{number:,.0f}"
    return f"{number:,.{max(0, 5 - int(np.floor(np.log10(size))))}f}" if size >= 1e-4 else f"{number:.5e}"


def aligned(rows: list[list[str]], *, words: Sequence[int]) -> list[str]:
    """The rows in columns: those of ``words`` to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i in words else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def wrapped(text: str, width: int, indent: str = "") -> str:
    """Lines of at most ``width`` characters, all but the first indented."""
    return textwrap.fill(text, width, subsequent_indent=indent, break_on_hyphens=False)
