"""The worst stretches of a history, by stated rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Answer, Noun, shortened
from lpgreeks.errors import DataError, InputError
from lpgreeks.paths import History
from lpgreeks.paths.outcomes import column_of
from lpgreeks.paths.spans import Span, span_of, span_text
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Stress", "StressWindow", "stress"]

_YEAR = np.timedelta64(365, "D")


@dataclass(frozen=True, kw_only=True, repr=False)
class StressWindow(Noun):
    """One stretch of a history, close to close.

    Attributes:
        rule: what it is the extreme of: "largest fall", over windows of one length.
        span: that length, in words.
        start, end: UTC, of the closes it lies between.
        move: of the price, a decimal.
        low, high: how far the price went on the way, as moves from its start; 0 at least on either side.
        volatility: realised, of the history's own steps, per year, a decimal.
    """

    rule: str
    span: str
    start: np.datetime64
    end: np.datetime64
    move: float
    low: float
    high: float
    volatility: float

    @property
    def label(self) -> str:
        """What it is and when it ended: "largest fall in 1 day to 2023-04-21 14:12"."""
        return f"{self.rule} in {self.span} to {_minute(self.end)}"


@dataclass(frozen=True, kw_only=True)
class Stress(Answer):
    """The worst stretches of one market.

    Attributes:
        market: whose.
        windows: by length, then by rule.
        source: the history, in one sentence.
        notes: what was left out, by length.
    """

    market: str
    windows: tuple[StressWindow, ...]
    source: str
    notes: tuple[str, ...]

    def table(self) -> pd.DataFrame:
        """One row per window."""
        import pandas as pd

        return pd.DataFrame([asdict(window) for window in self.windows])

    def sentence(self) -> str:
        """The largest fall and the largest rise of the shortest windows, and of the longest."""
        ends = [w for w in self.windows if w.rule in (_FALL, _RISE)] or list(self.windows)
        shown = dict.fromkeys((*ends[:2], *ends[-2:]))
        return f"{self.market}: {', '.join(f'{w.move:+.1%} in {w.span} to {_minute(w.end)}' for w in shown)}."

    def summary(self) -> str:
        """Every window in a line, and what was left out."""
        from lpgreeks.scenarios.words import stress_text

        return stress_text(self)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<Stress: {self.sentence()}>")

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        rows = [asdict(w) | {"start": _minute(w.start), "end": _minute(w.end)} for w in self.windows]
        return {"market": self.market, "windows": rows, "source": self.source, "notes": list(self.notes)}


_FALL, _RISE = "largest fall", "largest rise"


@recorded
def stress(history: History, *, market: str = "", spans: Sequence[Span] = ("1D", "7D", "30D")) -> Stress:
    r"""The largest fall, rise, range and realised volatility over windows of some lengths.

    Windows overlap: one from every close to the close a length later, gaps left out. With closes :math:`c_i` and the
    lows and highs between them,

    .. math::
        \text{move} = \frac{c_{i+n}}{c_i} - 1, \qquad
        \text{range} = \frac{\max h - \min l}{c_i}, \qquad
        \text{volatility}^2 = \frac{1}{T} \sum_{k=i+1}^{i+n} \ln^2 \frac{c_k}{c_{k-1}}

    with ``T`` the length in 365-day years. Of equal windows the first counts. A length in which no window fell (or
    rose) has no largest fall (or rise).

    Args:
        history: prices of the user's own.
        market: which of its columns; the only one unless said.
        spans: the lengths, whole numbers of the history's steps.

    Raises:
        DataError: no window of any length without a gap.
        InputError: a length that is no whole number of steps.
        MarketError: a market that is not there.
    """
    if not isinstance(history, History):
        raise InputError("a history of prices", got=f"{history!r:.60}", remedy='lp.read_klines("ETHUSDT-1m.zip")')
    if not isinstance(spans, Sequence) or isinstance(spans, str) or not spans:
        raise InputError("spans as a list of one or more", got=f"{spans!r:.60}", remedy='["1D", "7D"]')
    if not market and len(history.markets) > 1:
        raise InputError("one market", got=", ".join(history.markets), remedy="stress(history, market=...)")
    column, _ = column_of(market or history.markets[0], history.markets)
    found: list[StressWindow] = []
    notes: list[str] = []
    for length in dict.fromkeys(span_of(span) for span in spans):
        if length <= np.timedelta64(0) or length % history.step:
            raise InputError(f"a whole number of steps of {span_text(history.step)}", got=span_text(length))
        first, left_out = _whole(history, length)
        if left_out:
            notes.append(left_out)
        if first.size:
            found += _extremes(history, column, first, length)
    if not found:
        raise DataError(
            "a gapless window of one of the lengths", got=history.describe(), remedy="Ask for shorter ones: spans="
        )
    return Stress(
        market=history.markets[column], windows=tuple(found), source=history.describe(),
        notes=(*history.notes, *notes),
    )  # fmt: skip


def _whole(history: History, length: np.timedelta64) -> tuple[NDArray[np.intp], str]:
    """The first row of every window without a gap, and what is left out."""
    times, count = history.times, int(length // history.step)
    begins = np.arange(max(0, len(history) - count))
    whole = times[begins + count] - times[begins] == length if begins.size else np.zeros(0, dtype=bool)
    # Those that begin where the end of the data is nearer than a length.
    short = int((times + length > times[-1]).sum()) - 1
    gapped = len(history) - 1 - short - int(whole.sum())
    said = [f"{gapped:,} over a gap"] if gapped else []
    if not whole.any():
        said.append("none is whole")
    return begins[whole], f"windows of {span_text(length)} left out: {', '.join(said)}" if said else ""


def _extremes(history: History, column: int, first: NDArray[np.intp], length: np.timedelta64) -> Iterator[StressWindow]:
    import pandas as pd

    count = int(length // history.step)
    closes = history.prices[:, column]
    last = first + count
    moves = closes[last] / closes[first] - 1.0
    # The extremes of a window are those of the bars after its first close, and that close.
    lowest = pd.Series(history.lows[:, column]).rolling(count).min().to_numpy()[last]
    highest = pd.Series(history.highs[:, column]).rolling(count).max().to_numpy()[last]
    lows = np.minimum(lowest / closes[first] - 1.0, 0.0)
    highs = np.maximum(highest / closes[first] - 1.0, 0.0)
    squares = np.concatenate([[0.0], np.cumsum(np.diff(np.log(closes)) ** 2)])
    volatilities = np.sqrt((squares[last] - squares[first]) / (length / _YEAR))
    for rule, size in _rules(moves, lows, highs, volatilities):
        i = int(np.argmax(size))
        if size[i] > 0.0:
            yield StressWindow(
                rule=rule, span=span_text(length), start=history.times[first[i]], end=history.times[last[i]],
                move=float(moves[i]), low=float(lows[i]), high=float(highs[i]), volatility=float(volatilities[i]),
            )  # fmt: skip


def _rules(
    moves: FloatArray, lows: FloatArray, highs: FloatArray, volatilities: FloatArray
) -> tuple[tuple[str, FloatArray], ...]:
    """What each rule makes greatest."""
    return (
        (_FALL, -moves), (_RISE, moves), ("largest range", highs - lows), ("largest volatility", volatilities),
    )  # fmt: skip


def _minute(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="m")).replace("T", " ")
