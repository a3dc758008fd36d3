"""What kind of market it was: segments of a price series told apart by a stated rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks.display import Answer, Noun, shortened
from lpgreeks.errors import DataError, InputError, require_positive, require_prices
from lpgreeks.hedging.text import aligned
from lpgreeks.statistics.series import Times, finite, stamp, utc_times, years_between

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Regime", "Regimes", "Segment", "regimes"]

# A segment may lack prices for this share of its length, or for one and a half steps, and still count as whole.
_HOLE = 0.01
_STEPS = 1.5


class Regime(Enum):
    """What a price did over a segment, against the move that its volatility would let one expect."""

    RISE = "rise"
    FALL = "fall"
    FLAT = "flat"
    MIXED = "mixed"

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, kw_only=True, repr=False)
class Segment(Noun):
    """A stretch of a price series, measured in expected moves ``volatility * sqrt(years)``.

    Attributes:
        start: UTC.
        end: UTC; its price is the last.
        move: the logarithm of last over first.
        spread: the logarithm of highest over lowest.
        expected: the move that one standard deviation is.
    """

    start: np.datetime64
    end: np.datetime64
    move: float
    spread: float
    expected: float

    @property
    def moved(self) -> float:
        """How many expected moves it went from first to last."""
        return self.move / self.expected

    @property
    def spanned(self) -> float:
        """How many expected moves lie between its lowest and highest price."""
        return self.spread / self.expected

    @property
    def regime(self) -> Regime:
        """The rule: a rise or a fall by more than one expected move; flat within one from low to high; else mixed."""
        if abs(self.moved) > 1:
            return Regime.RISE if self.move > 0 else Regime.FALL
        return Regime.FLAT if self.spanned < 1 else Regime.MIXED


@dataclass(frozen=True, kw_only=True, repr=False)
class Regimes(Answer):
    """Segments of a price series by time, each with its regime.

    Attributes:
        segments: by their start.
        volatility: a decimal per year, that every segment is measured by.
        source: the rule and where it was applied, in a sentence.
    """

    segments: tuple[Segment, ...]
    volatility: float
    source: str

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    def __len__(self) -> int:
        return len(self.segments)

    def one_of_each(self) -> Regimes:
        """The clearest segment of each kind, none overlapping another; fewer where a kind is missing.

        Chosen in this order, each among those that overlap none before, the earliest of equals: the greatest rise, the
        greatest fall, the flat one of least range, the mixed one whose range exceeds its net move by most.
        """
        chosen: list[Segment] = []
        for regime, clarity in _CLARITY.items():
            free = [s for s in self if s.regime is regime and all(s.end <= c.start or c.end <= s.start for c in chosen)]
            chosen += [max(free, key=clarity)] if free else []
        chosen.sort(key=lambda s: s.start)
        return Regimes(
            segments=tuple(chosen), volatility=self.volatility, source=f"the clearest of each kind; {self.source}"
        )

    def labels(self, times: Times) -> tuple[Regime | None, ...]:
        """The regime of the segment that each time falls into, its end included; None outside of all.

        Raises:
            InputError: segments that overlap.
        """
        if any(b.start < a.end for a, b in pairwise(self)):
            raise InputError("segments end to end", got="some that overlap", remedy="step=length, or one_of_each()")
        stamps = utc_times(times)
        found = np.full(len(stamps), None, dtype=object)
        for segment in self:
            found[(stamps > segment.start) & (stamps <= segment.end)] = segment.regime
        return tuple(found)

    def table(self) -> pd.DataFrame:
        """One row per segment: regime, start, end, net move and range, each also in expected moves."""
        import pandas as pd

        rows = [
            (str(s.regime), s.start, s.end, math.expm1(s.move), math.expm1(s.spread), s.moved, s.spanned) for s in self
        ]
        names = ["regime", "start", "end", "move", "range", "move / expected", "range / expected"]
        return pd.DataFrame(rows, columns=names)

    def sentence(self) -> str:
        """How many there are of each kind."""
        counts = [(sum(s.regime is regime for s in self), regime) for regime in Regime]
        return f"{', '.join(f'{n} {regime}' for n, regime in counts)}: {self.source}."

    def summary(self) -> str:
        """The segments as text."""
        rows = [["regime", "start", "end", "move", "range", "in expected moves", ""]]
        rows += [
            [str(s.regime), stamp(s.start), stamp(s.end), f"{math.expm1(s.move):+.2%}", f"{math.expm1(s.spread):.2%}",
             f"{s.moved:+.2f}", f"{s.spanned:.2f}"]
            for s in self
        ]  # fmt: skip
        return "\n".join([self.sentence(), "", *aligned(rows, words=(0, 1, 2))])

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<Regimes: {self.sentence()}>")

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return {
            "source": self.source,
            "volatility": self.volatility,
            "segments": [
                {
                    "regime": str(s.regime),
                    "start": stamp(s.start),
                    "end": stamp(s.end),
                    "move": s.move,
                    "spread": s.spread,
                    "expected": s.expected,
                }
                for s in self
            ],
        }


# The greatest of a kind is its clearest case.
_CLARITY: dict[Regime, Callable[[Segment], float]] = {
    Regime.RISE: lambda s: s.moved,
    Regime.FALL: lambda s: -s.moved,
    Regime.FLAT: lambda s: -s.spanned,
    Regime.MIXED: lambda s: s.spanned - abs(s.moved),
}


def regimes(
    times: Times,
    prices: ArrayLike,
    *,
    length: str | timedelta | np.timedelta64 = "7D",
    step: str | timedelta | np.timedelta64 = "1D",
    volatility: float | None = None,
) -> Regimes:
    r"""Every segment of ``length``, one each ``step`` from the first midnight (UTC) on, told apart by one rule.

    With the expected move :math:`e = \sigma \sqrt{T}`: a *rise* if :math:`\ln(P_T/P_0) > e`, a *fall* if it is below
    :math:`-e`, *flat* if :math:`\ln(\max P / \min P) < e`, *mixed* else: a market that went far and came back.
    Of random walks with that volatility 32 % rise or fall, 6 % are flat and 62 % mixed.

    The volatility is by default that of the whole series, so the rule looks back on a history that it knows whole. It
    describes; it does not forecast.

    Args:
        times: ``(n,)`` ascending, UTC unless they have a zone.
        prices: ``(n,)`` quote per base.
        length, step: "7D", "12h".
        volatility: a decimal per year; of the prices as they stand unless said.

    A segment with a hole of more than a hundredth of its length is left out, and counted in ``source``.

    Raises:
        InputError: prices that are not positive, a length or step that is no span of time.
        DataError: no whole segment, or prices that never move.
    """
    stamps = utc_times(times)
    unit = "quote per base"
    logs = np.log(require_prices(finite(prices, len(stamps), what="prices", unit=unit), unit=unit))
    span, hop = _span("length", length), _span("step", step)
    if len(stamps) < 2:
        raise DataError("two or more prices", got=len(stamps))
    if volatility is None:
        moved = float(np.sum(np.diff(logs) ** 2))
        if not moved:
            raise DataError("prices that move", got="a constant price", remedy="Say volatility=")
        volatility = math.sqrt(moved / float(years_between(stamps[0], stamps[-1])))
    sigma = require_positive("volatility", volatility, unit="decimal per year")
    expected = sigma * math.sqrt(float(years_between(stamps[0], stamps[0] + span)))
    usual = np.median(np.diff(stamps))
    hole = max(span * _HOLE, usual * _STEPS)
    midnight = stamps[0].astype("datetime64[D]").astype("datetime64[ns]")
    # A bar that closes a step after midnight opened at it.
    first = midnight if stamps[0] - midnight <= usual * _STEPS else midnight + np.timedelta64(1, "D")
    segments, left_out = [], 0
    for start in np.arange(first, stamps[-1] - span + hole, hop):
        inside = slice(np.searchsorted(stamps, start), np.searchsorted(stamps, start + span, side="right"))
        seen = np.concatenate([[start], stamps[inside], [start + span]])
        if np.diff(seen).max() > hole:
            left_out += 1
            continue
        walk = logs[inside]
        segments.append(
            Segment(
                start=start,
                end=start + span,
                move=float(walk[-1] - walk[0]),
                spread=float(np.ptp(walk)),
                expected=expected,
            )
        )
    if not segments:
        reach = f"{stamp(stamps[0])} to {stamp(stamps[-1])}"
        raise DataError("a whole segment", got=reach, remedy="Ask for shorter ones, or fill the holes")
    days, hops = (float(x / np.timedelta64(1, "D")) for x in (span, hop))
    source = (
        f"segments of {days:g} days stepped {hops:g}, expected move {math.expm1(expected):.2%} "
        f"(volatility {sigma:.1%} a year)" + (f", {left_out} more left out for holes" if left_out else "")
    )
    return Regimes(segments=tuple(segments), volatility=sigma, source=source)


def _span(name: str, span: str | timedelta | np.timedelta64) -> np.timedelta64:
    import pandas as pd

    try:
        found = np.timedelta64(pd.Timedelta(span).value, "ns")
    except (ValueError, TypeError) as error:
        raise InputError(f"{name} as a span of time with its unit, like 7D or 12h", got=repr(span)) from error
    if not found > np.timedelta64(0):
        raise InputError(f"a positive {name}", got=span)
    return found
