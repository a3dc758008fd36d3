"""The data check: says what is wrong with a table of prices and repairs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lpgreeks.display import Noun, Tabled
from lpgreeks.errors import DataError, InputError
from lpgreeks.paths import History

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DataReport", "Finding", "check_bars", "commonest_step", "history_of"]

_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Finding(Noun):
    """One kind of defect.

    Attributes:
        what: in a few words.
        count: of rows.
        where: the first places.
        fatal: the table is not usable with it.
    """

    what: str
    count: int
    where: tuple[str, ...]
    fatal: bool

    def __str__(self) -> str:
        more = ", ..." if self.count > len(self.where) else ""
        return f"{self.what}: {self.count:,} ({'; '.join(self.where)}{more})"


@dataclass(frozen=True, kw_only=True)
class DataReport(Tabled):
    """What the data check found in one table of bars.

    Attributes:
        source: the file, or "a table".
        rows: how many.
        first, last: their times, UTC.
        step: from row to row, the commonest.
        longest: from row to row, at most.
        findings: one for each kind of defect.
        guesses: what was taken for granted, one sentence each.
    """

    source: str
    rows: int
    first: str
    last: str
    step: np.timedelta64
    longest: np.timedelta64
    findings: tuple[Finding, ...]
    guesses: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """No defect that would make a number wrong. Gaps are no such defect: windows leave them out."""
        return not any(f.fatal for f in self.findings)

    def require_usable(self) -> None:
        """Nothing, where the table is usable.

        Raises:
            DataError: at the first fatal finding.
        """
        for finding in self.findings:
            if finding.fatal:
                raise DataError(
                    f"clean prices in {self.source}",
                    got=str(finding),
                    remedy="Nothing is repaired silently: load it with pandas, mend it there and pass the table",
                )

    def table(self) -> pd.DataFrame:
        """One row per finding."""
        import pandas as pd

        rows = [(f.what, f.count, "; ".join(f.where), f.fatal) for f in self.findings]
        return pd.DataFrame(rows, columns=["finding", "count", "first", "fatal"])

    def summary(self) -> str:
        """The whole report as text."""
        step = self.step / np.timedelta64(1, "s")
        lines = [f"{self.source}: {self.rows:,} rows, {self.first} to {self.last} UTC, every {step:g} s"]
        lines += [f"  guessed: {guess}" for guess in self.guesses]
        lines += [f"  {'wrong' if f.fatal else 'note'}: {f}" for f in self.findings]
        verdict = "usable" if self.usable else "NOT usable: lpgreeks refuses it"
        return "\n".join([*lines, f"  {verdict}{'' if self.findings else ', no gap, no duplicate, in order'}"])

    def _headline(self) -> str:
        return f"{self.source}: {self.rows:,} rows, {'' if self.usable else 'NOT '}usable"

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, object]:
        """Plain types, for JSON."""
        return {
            "source": self.source,
            "rows": self.rows,
            "first": self.first,
            "last": self.last,
            "step_seconds": float(self.step / np.timedelta64(1, "s")),
            "usable": self.usable,
            "guesses": list(self.guesses),
            "findings": [
                {"what": f.what, "count": f.count, "where": list(f.where), "fatal": f.fatal} for f in self.findings
            ],
        }


def check_bars(
    bars: pd.DataFrame, *, source: str, guesses: tuple[str, ...] = (), step: np.timedelta64 | None = None
) -> DataReport:
    """Look for gaps, duplicates, disorder, missing and non-positive prices, lows above highs.

    Args:
        bars: columns ``time`` (UTC, when the bar opened or the price was known), ``low``, ``high``, ``close``.
        source: what to call the table.
        guesses: what the reader had to guess.
        step: the bars' length; the commonest distance of two times unless said.
    """
    times = bars["time"].to_numpy(dtype="datetime64[ns]")
    if times.size < 2:
        raise DataError("two or more rows of prices", got=f"{times.size} rows", remedy=f"Look into {source}")
    apart = np.diff(times)
    step = commonest_step(apart) if step is None else step
    names = [np.datetime_as_string(t, unit="s").replace("T", " ") for t in times[[0, -1]]]
    zero = np.timedelta64(0, "ns")
    findings: list[Finding] = []

    def look(what: str, rows: NDArray[np.bool_] | np.bool_, *, fatal: bool) -> None:
        if rows.any():
            at = np.flatnonzero(rows)
            where = tuple(f"row {i + 1}, {_stamp(times[i])}" for i in at[:_SHOWN])
            findings.append(Finding(what=what, count=int(at.size), where=where, fatal=fatal))

    look("times out of order", np.append(False, apart < zero), fatal=True)
    look("duplicate times", np.append(False, apart == zero), fatal=True)
    look("missing times", np.isnat(times), fatal=True)
    look(f"gaps before (steps over {step / np.timedelta64(1, 's'):g} s)", np.append(False, apart > step), fatal=False)
    look("steps shorter than the bars", np.append(False, (apart > zero) & (apart < step)), fatal=True)
    low, high, close = (bars[name].to_numpy(dtype=np.float64) for name in ("low", "high", "close"))
    prices = np.stack([low, high, close])
    look("missing prices", np.isnan(prices).any(axis=0), fatal=True)
    look("prices of 0 or less", (prices <= 0).any(axis=0), fatal=True)
    look("infinite prices", np.isinf(prices).any(axis=0), fatal=True)
    look("close outside low to high", (close < low) | (close > high), fatal=True)
    return DataReport(
        source=source,
        rows=times.size,
        first=names[0],
        last=names[1],
        step=step,
        longest=apart.max(),
        findings=tuple(findings),
        guesses=guesses,
    )


def history_of(bars: pd.DataFrame, report: DataReport, market: str, *, known_after: np.timedelta64) -> History:
    """Checked rows as a history; a row's price is known ``known_after`` its time: when a bar closes, or at once."""
    report.require_usable()
    if not isinstance(market, str) or not market:
        raise InputError("a market's name", got=repr(market), remedy='Like "ETH/USDC"')
    known_at = np.asarray(bars["time"].to_numpy(dtype="datetime64[ns]") + known_after, dtype="datetime64[ns]")
    return History(
        markets=(market,),
        times=known_at,
        prices=bars[["close"]].to_numpy(),
        lows=bars[["low"]].to_numpy(),
        highs=bars[["high"]].to_numpy(),
        step=report.step,
        notes=report.guesses,
    )


def commonest_step(apart: NDArray[np.timedelta64]) -> np.timedelta64:
    """The distance of two times that is found most often."""
    values, counts = np.unique(np.abs(apart[apart != np.timedelta64(0, "ns")]), return_counts=True)
    if not values.size:
        raise DataError("times that differ", got="one time only")
    commonest: np.timedelta64 = values[counts.argmax()]
    return commonest


def _stamp(time: np.datetime64) -> str:
    return "no time" if np.isnat(time) else str(np.datetime_as_string(time, unit="s")).replace("T", " ")
