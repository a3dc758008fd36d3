"""Rows in the order in which the exchange made them, each stamp once; and the holes between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.markets.check import commonest_step
from lpgreeks.paths.rows import Times

__all__ = ["gap_notes", "in_sequence", "missing_notes"]


def in_sequence(times: Times, sequence: FloatArray) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Which rows hold, in order of ``sequence``: the last of each stamp. And what that moved and left out."""
    notes = []
    order = np.argsort(sequence, kind="stable")
    if late := int((np.diff(sequence) < 0).sum()):
        notes.append(f"put in the exchange's order: {late:,} of {times.size:,} rows stood behind a later one")
    stamps = times[order]
    last = np.append(stamps[1:] != stamps[:-1], True)
    if again := int((~last).sum()):
        notes.append(f"{again:,} of {times.size:,} rows share their stamp with a later one, which holds")
    return order[last], tuple(notes)


def gap_notes(times: Times, step: np.timedelta64, meaning: str) -> tuple[str, ...]:
    """How many steps are missing between regular times, where the first is, and what that means."""
    apart = np.diff(times)
    gaps = np.flatnonzero(apart > step)
    if not gaps.size:
        return ()
    missing = int((apart[gaps] / step).sum()) - gaps.size
    first = np.datetime_as_string(times[gaps[0]] + step, unit="s").replace("T", " ")
    return (f"{missing:,} rows missing in {gaps.size:,} gaps, the first at {first} UTC: {meaning}",)


def missing_notes(times: Times) -> tuple[str, ...]:
    """:func:`gap_notes` of states at their commonest distance."""
    apart = np.diff(times)
    return gap_notes(times, commonest_step(apart), "the state there is not known") if apart.any() else ()
