"""Gaps of one size, each a race: does the exchange come back, or does the pool catch up?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.paths.rows import Times

__all__ = ["Races"]

_SECOND = np.timedelta64(1, "s")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Races(Noun):
    """Gaps of a size or more, ``(n,)`` each: who went part of the way first, and when.

    Attributes:
        opened: when each started.
        seconds: until it was closed; infinite where the tape ended first.
        by_pool: the pool caught up; else the exchange came back, or neither did.
        last: the end of the tape.
    """

    opened: Times
    seconds: FloatArray
    by_pool: NDArray[np.bool_]
    last: np.datetime64

    @classmethod
    def run(
        cls, times: Times, gap: FloatArray, quote: FloatArray, pool: FloatArray, *, theta: float, part: float
    ) -> Self:
        """Every race on the moments ``times``: one starts where ``gap`` reaches ``theta`` and none is on.

        It ends where ``quote`` or ``pool`` has gone ``part`` of the way that lay between them at the start.
        """
        from lpgreeks.replays.crossing import race

        opened, ended, by_pool = race(gap, quote, pool, theta, part)
        closed = ended < times.size
        seconds = np.full(opened.size, math.inf)
        seconds[closed] = (times[ended[closed]] - times[opened[closed]]) / _SECOND
        for array in (seconds, by_pool):
            array.flags.writeable = False
        return cls(opened=times[opened], seconds=seconds, by_pool=by_pool, last=times[-1])

    def __len__(self) -> int:
        return self.seconds.size

    def __add__(self, other: Races) -> Races:
        """Both, of one tape."""
        return Races(
            opened=np.concatenate([self.opened, other.opened]),
            seconds=np.concatenate([self.seconds, other.seconds]),
            by_pool=np.concatenate([self.by_pool, other.by_pool]),
            last=self.last,
        )

    @property
    def median(self) -> float:
        """Seconds until half of them were closed; NaN without any, infinite if half of them were still open."""
        return float(np.median(self.seconds)) if len(self) else math.nan

    def within(self, seconds: float) -> tuple[float, float]:
        """The shares that came back and that were caught up in that time, of those that had as long; NaN of none."""
        had = (self.last - self.opened) / _SECOND >= seconds
        closed = had & (self.seconds <= seconds)
        if not had.any():
            return math.nan, math.nan
        back, caught = ((closed & by).sum() / had.sum() for by in (~self.by_pool, self.by_pool))
        return float(back), float(caught)
