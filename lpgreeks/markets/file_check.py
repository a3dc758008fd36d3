"""The data check of any file: what it holds, what was read of it, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks.display import Noun, Tabled
from lpgreeks.errors import DataError
from lpgreeks.markets.chain import Chain
from lpgreeks.markets.check import DataReport, Finding, commonest_step
from lpgreeks.markets.contract_quotes import ContractQuotes
from lpgreeks.markets.formats import FileFormat, FileKind, format_of, reading, require_known
from lpgreeks.markets.klines import check_klines
from lpgreeks.markets.tables import check_prices

if TYPE_CHECKING:
    import pandas as pd

    from lpgreeks.paths.rows import Times

__all__ = ["FilePart", "FileReport", "check_file"]

_SECOND = np.timedelta64(1, "s")


@dataclass(frozen=True, kw_only=True, repr=False)
class FilePart(Noun):
    """What was read of one market, contract or snapshot of a file.

    Attributes:
        what: which, in a sentence.
        rows: how many there are.
        first, last: times in UTC; "" where a state bears none.
        step: seconds from row to row, the commonest; 0 where there is one row.
        longest: seconds from row to row, at most.
        findings: what does not fit; and whether it makes the file unusable.
        notes: what was guessed, moved or left out on the way.
    """

    what: str
    rows: int
    first: str = ""
    last: str = ""
    step: float = 0.0
    longest: float = 0.0
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """It as text."""
        span = f", {self.first} to {self.last} UTC" if self.first else ""
        steps = f", every {self.step:g} s, at most {self.longest:g} s" if self.step else ""
        yield f"{self.what}: {self.rows:,} rows{span}{steps}"
        yield from (f"  note: {note}" for note in self.notes)
        yield from (f"  {'wrong' if found.fatal else 'note'}: {found}" for found in self.findings)


@dataclass(frozen=True, kw_only=True, repr=False)
class FileReport(Tabled):
    """What the data check found in a file.

    Attributes:
        file: its name.
        kind: what it holds.
        reader: the function that reads it.
        parts: what was read; nothing of a file that its reader refuses.
        taken: what the check took for what no file says: the reader has to be told.
        refused: why its reader refuses it; "" where it does not.
    """

    file: str
    kind: FileKind
    reader: str
    parts: tuple[FilePart, ...] = ()
    taken: tuple[str, ...] = ()
    refused: str = ""

    @property
    def usable(self) -> bool:
        """Whether the reader takes it, and nothing in it would make a number wrong."""
        return not self.refused and not any(found.fatal for part in self.parts for found in part.findings)

    @property
    def rows(self) -> int:
        """Of all parts."""
        return sum(part.rows for part in self.parts)

    def table(self) -> pd.DataFrame:
        """One row per part."""
        import pandas as pd

        columns = ["what", "rows", "first", "last", "step", "longest"]
        rows = [[*(getattr(part, c) for c in columns), len(part.findings), len(part.notes)] for part in self.parts]
        return pd.DataFrame(rows, columns=[*columns, "findings", "notes"])

    def summary(self) -> str:
        """The whole report as text."""
        lines = [f"{self.file}: {self.kind.value}, read by lp.{self.reader}"]
        lines += [f"  {line}" for part in self.parts for line in part.lines()]
        lines += [f"  taken, for the file does not say: {words}" for words in self.taken]
        lines += [f"  wrong: {self.refused}"] if self.refused else []
        clean = not any(part.findings for part in self.parts)
        verdict = f"usable{', nothing found' if clean else ''}" if self.usable else "NOT usable: lpgreeks refuses it"
        return "\n".join([*lines, f"  {verdict}"])

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, object]:
        """Plain types, for JSON."""
        return {
            "file": self.file,
            "kind": self.kind.value,
            "reader": self.reader,
            "usable": self.usable,
            "rows": self.rows,
            "refused": self.refused,
            "taken": list(self.taken),
            "parts": [
                {
                    "what": part.what,
                    "rows": part.rows,
                    "first": part.first,
                    "last": part.last,
                    "step_seconds": part.step,
                    "longest_step_seconds": part.longest,
                    "notes": list(part.notes),
                    "findings": [
                        {"what": f.what, "count": f.count, "where": list(f.where), "fatal": f.fatal}
                        for f in part.findings
                    ],
                }
                for part in self.parts
            ],
        }


def check_file(path: str | Path, *, kind: FileKind | None = None, **given: Any) -> FileReport:
    """What a file holds and whether lpgreeks reads it: rows, span, gaps, duplicates, disorder, stale rows, guesses.

    The file is read by its own reader, so that what is said here is what happens there. What a reader has to be told
    and no file says (a pool's decimals, a half-spread) is taken as stated in the report unless given.

    Args:
        path: any file that lpgreeks reads.
        kind: what it holds; told by its columns unless said.
        given: arguments of its reader, like ``pool=`` or ``scale=``.

    Raises:
        InputError: an argument that its reader does not have.
        DataError: no file there, or none of the known formats. What a reader refuses is no error: it is reported.
    """
    form = format_of(path, kind)
    require_known(form, given)
    name = form.reader.__name__
    try:
        parts, taken = _parts(Path(path), form, given)
    except DataError as error:
        return FileReport(file=Path(path).name, kind=form.kind, reader=name, refused=str(error))
    return FileReport(file=Path(path).name, kind=form.kind, reader=name, parts=parts, taken=taken)


def _parts(path: Path, form: FileFormat, given: dict[str, Any]) -> tuple[tuple[FilePart, ...], tuple[str, ...]]:
    # These two say more of a file that they refuse than their readers do.
    checks: dict[FileKind, Callable[[], DataReport]] = {
        FileKind.klines: lambda: check_klines(path),
        FileKind.prices: lambda: check_prices(path, columns=given.get("columns")),
    }
    if form.kind in checks:
        return (_of_report(checks[form.kind]()),), ()
    found = reading(path, form, given)
    return tuple(map(_of_result, found.results)), found.taken


def _of_report(report: DataReport) -> FilePart:
    step = float(report.step / _SECOND)
    return FilePart(
        what=report.source,
        rows=report.rows,
        first=report.first,
        last=report.last,
        step=step,
        longest=float(report.longest / _SECOND),
        findings=report.findings,
        notes=tuple(f"guessed: {guess}" for guess in report.guesses),
    )


def _of_result(result: Any) -> FilePart:
    what = repr(result).strip("<>")
    if isinstance(result, Chain):
        report = result.check()
        left_out = tuple(f"left out: {reason}: {count:,}" for reason, count in report.rejected.items())
        at = f"{result.at:%Y-%m-%d %H:%M:%S}"
        return FilePart(
            what=what, rows=len(result), first=at, last=at, findings=report.findings, notes=(*result.notes, *left_out)
        )
    times = getattr(result, "times", None)
    if times is None:
        return FilePart(what=_state(result), rows=_rows(result), notes=tuple(getattr(result, "notes", ())))
    first, last = (np.datetime_as_string(t, unit="s").replace("T", " ") for t in times[[0, -1]])
    step, longest = _steps(times)
    return FilePart(
        what=what,
        rows=times.size,
        first=first,
        last=last,
        step=step,
        longest=longest,
        findings=_stale(result),
        notes=result.notes,
    )


def _steps(times: Times) -> tuple[float, float]:
    apart = np.diff(times)
    if not apart.any():
        return 0.0, 0.0
    return float(commonest_step(apart) / _SECOND), float(apart.max() / _SECOND)


def _stale(result: Any) -> tuple[Finding, ...]:
    if not isinstance(result, ContractQuotes) or result.stale is None or not result.stale_rows:
        return ()
    at = np.flatnonzero(result.stale)
    where = tuple(str(np.datetime_as_string(t, unit="s")).replace("T", " ") for t in result.times[at[:3]])
    return (Finding(what="stale, nobody traded at it", count=int(at.size), where=where, fatal=False),)


def _state(result: Any) -> str:
    return str(getattr(result, "source", "") or type(result).__name__)


def _rows(result: Any) -> int:
    return len(result.ids) if hasattr(result, "ids") else len(result.tokens)
