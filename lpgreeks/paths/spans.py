"""Spans of time as people write them: "7D", "12h", "100ms"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TypeAlias

import numpy as np

from lpgreeks.errors import InputError

__all__ = ["Span", "span_of", "span_text"]

Span: TypeAlias = str | np.timedelta64 | timedelta

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "min": 60, "s": 1, "ms": 0.001}
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*(w|d|h|min|s|ms)", re.IGNORECASE)


def span_of(span: Span) -> np.timedelta64:
    """A span of time: "7D", "12h", "30min", "90s", "100ms", "1W", or a timedelta of Python, numpy or pandas."""
    if isinstance(span, (np.timedelta64, timedelta)):
        return np.timedelta64(np.timedelta64(span), "ns")
    match = _WRITTEN.fullmatch(span.strip()) if isinstance(span, str) else None
    if match is None:
        raise InputError("a span of time with its unit, like 7D, 12h, 30min or 90s", got=repr(span))
    number, unit = float(match[1]), _SECONDS[match[2].lower()]
    return np.timedelta64(round(number * unit * 1e9), "ns")


def span_text(span: np.timedelta64) -> str:
    """In the greatest unit of which it is a whole number: "7 days", "90 seconds"."""
    seconds = float(span / np.timedelta64(1, "s"))
    units = {"day": 86_400, "hour": 3_600, "minute": 60}
    unit, size = next(((u, n) for u, n in units.items() if seconds >= n and seconds % n == 0), ("second", 1))
    return f"{seconds / size:g} {unit}" + ("" if seconds == size else "s")
