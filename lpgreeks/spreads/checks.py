"""What the functions of spreads are given, or an error."""

from __future__ import annotations

from typing import Any

from lpgreeks.errors import InputError

__all__ = ["require_kind"]


def require_kind(expected: str, given: object, kinds: Any, *, remedy: str = "") -> None:
    """An error unless it is one of the kinds."""
    if not isinstance(given, kinds):
        raise InputError(expected, got=f"{given!r:.60}", remedy=remedy)
