"""Spans of time as people write them: "7D", "12h", "100ms"."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import TypeAlias

import numpy as np

from lpgreeks.errors import InputError

__all__ = ["Span", "span_of", "span_text"]

Span: TypeAlias = str | np.timedelta64 | timedelta

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "min": 60, "s": 1, "ms": 0.001}
_LONGEST = 36_500
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*(w|d|h|min|s|ms)", re.IGNORECASE)


def span_of(span: Span) -> np.timedelta64:
    """A span of time: "7D", "12h", "30min", "90s", "100ms", "1W", or a timedelta of Python, numpy or pandas.

    Raises:
        InputError: what is none; more than 36,500 days, either way: with a time of our days it would not fit 64 bits.
    """
    given = np.timedelta64(span) if isinstance(span, (np.timedelta64, timedelta)) else None
    seconds = _seconds(span) if given is None else _length(given)
    if math.isnan(seconds):
        raise InputError("a span of time with its unit, like 7D, 12h, 30min or 90s", got=repr(span))
    if abs(seconds) > _LONGEST * _SECONDS["d"]:
        raise InputError(f"a span of at most {_LONGEST:,} days", got=f"{span!s:.40}")
    return np.timedelta64(round(seconds * 1e9), "ns") if given is None else np.timedelta64(given, "ns")


def _seconds(span: object) -> float:
    """Of what is written with its unit; NaN for anything else."""
    match = _WRITTEN.fullmatch(span.strip()) if isinstance(span, str) else None
    return float(match[1]) * _SECONDS[match[2].lower()] if match else math.nan


def _length(span: np.timedelta64) -> float:
    try:
        return float(span / np.timedelta64(1, "s"))
    except TypeError:
        # Months and years have no length of their own.
        return math.nan


def span_text(span: np.timedelta64) -> str:
    """In the greatest unit of which it is a whole number: "7 days", "90 seconds"."""
    seconds = float(span / np.timedelta64(1, "s"))
    units = {"day": 86_400, "hour": 3_600, "minute": 60}
    unit, size = next(((u, n) for u, n in units.items() if seconds >= n and seconds % n == 0), ("second", 1))
    return f"{seconds / size:g} {unit}" + ("" if seconds == size else "s")
