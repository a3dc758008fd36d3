"""The settings of a sweep of replays, the best first, and what may be said of them, as a screen shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lpgreeks.cli.scripts import run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    import lpgreeks as lp

__all__ = ["Ranking", "ranked", "verdict_code"]

_JUDGED = """\
panel = runs.panel("pnl").dropna(axis=1, how="all")
panel.columns = [name.replace("policy.", "").replace("=inf", "=off") for name in panel.columns]
benchmark = hold.steps()["pnl"].rename("holding")
verdict = lp.verdict(panel, against=benchmark, seed={seed!r}, unit=hold.quote, trials=len(runs))
"""

_ROWS = 20

_FIGURES = ("net", "sharpe", "drawdown", "effectiveness", "hedges", "turnover")
"""What stands beside the settings, where it is not what they are ranked by."""

_SHARES = {"drawdown", "effectiveness", "total_return", "return_per_year", "volatility", "time_in_range"}

_FIELD = "policy."

# From here on no decimals.
_WHOLE = 100.0


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """A sweep by one of its figures.

    Attributes:
        runs: the sweep.
        hold: the position by itself, on the same capital.
        figure: what it is ranked by.
        asked_least: whether the least of it is best although it is no loss.
        verdict: against holding; or why there is none.
    """

    runs: lp.Sweep
    hold: lp.Replayed
    figure: str
    asked_least: bool
    verdict: lp.Verdict | lp.DataError

    @property
    def least(self) -> bool:
        """Whether the least of the figure is best."""
        return self.asked_least or self.runs.is_loss(self.figure)

    @property
    def best(self) -> lp.Run:
        """The first of the table."""
        return self.runs.best(self.figure, most=not self.least)

    @property
    def results(self) -> list[Any]:
        """What a page shows: the sweep, its verdict where there is one, the best setting."""
        return [self.runs, *([self.verdict] if self._judged else []), self.runs.result(self.best)]

    def __str__(self) -> str:
        from lpgreeks.hedging.text import WIDTH, wrapped
        from lpgreeks.sweeps.given import taken_as_given

        best: lp.Replayed = self.runs.result(self.best)
        notes = [] if self._judged else taken_as_given(self.runs.assumptions)
        return "\n".join(
            [
                *self._table(),
                "",
                wrapped(f"The {'least' if self.least else 'most'} {self.figure}: {best.sentence()}", WIDTH),
                "",
                str(self.verdict) if self._judged else f"No verdict: {self.verdict}",
                *notes,
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON; the verdict is None where it cannot be told."""
        return {
            "sweep": self.runs.to_dict(),
            "ranked_by": self.figure,
            "best": self.best.name,
            "holding": _finite(self.hold.figures()),
            "verdict": self.verdict.to_dict() if self._judged else None,  # type: ignore[union-attr]
            "assumptions": list(self.runs.assumptions),
        }

    def plot(self) -> Axes:
        """The figure over the two parameters that have most values, the others as in the best setting."""
        best = self.best.parameters
        varied = sorted(best, key=lambda name: -len({run.parameters[name] for run in self.runs.runs}))
        return self.runs.only({name: best[name] for name in varied[2:]}).plot(figure=self.figure, most=not self.least)

    def plot_verdict(self) -> Axes:
        """What the settings make more than holding, with intervals."""
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict.plot()

    # ---- the table

    @property
    def _judged(self) -> bool:
        return not isinstance(self.verdict, Exception)

    def _table(self) -> list[str]:
        from lpgreeks.hedging.text import WIDTH, aligned, wrapped

        runs, figures = self.runs, [self.figure, *(name for name in _FIGURES if name != self.figure)]
        numbers = runs.numbers(self.figure)
        order = sorted(
            (i for i in range(len(runs)) if not math.isnan(numbers[i])),
            key=lambda i: numbers[i],
            reverse=not self.least,
        )
        shown = [runs.runs[i] for i in order[:_ROWS]]
        rows = [[*(name.removeprefix(_FIELD) for name in runs.parameters), *figures]]
        rows += [[*map(_setting, r.parameters.values()), *(_cell(f, r.figures[f]) for f in figures)] for r in shown]
        own = self.hold.figures()
        rows.append(
            [*("holding" if i == 0 else "" for i in range(len(runs.parameters))), *(_cell(f, own[f]) for f in figures)]
        )
        lines = [wrapped(runs.sentence().replace(_FIELD, ""), WIDTH), "", *aligned(rows, words=())]
        if len(order) > _ROWS:
            lines.insert(-1, f"... {len(order) - _ROWS:,} more: --out table.csv")
        if runs.resumed:
            lines += ["", f"{runs.resumed:,} settings were found in the checkpoint."]
        return lines + list(runs.notes)


def ranked(names: dict[str, Any], *, seed: int, figure: str = "net", least: bool = False) -> Ranking:
    """The sweep ``runs`` against ``hold``, judged.

    Args:
        names: what a script of a sweep made: ``lp``, ``runs``, ``hold``.
        seed: of the verdict's resamples.
        figure: what it is ranked by.
        least: whether the least of it is best although it is no loss.
    """
    from lpgreeks.errors import DataError

    verdict: lp.Verdict | DataError
    try:
        verdict = run(verdict_code(seed), names)["verdict"]
    except DataError as error:
        # Of too short a time nothing can be said; what was replayed stands.
        verdict = error
    return Ranking(runs=names["runs"], hold=names["hold"], figure=figure, asked_least=least, verdict=verdict)


def verdict_code(seed: int) -> str:
    """The lines that judge ``runs`` against ``hold``, and end with ``verdict``."""
    return _JUDGED.format(seed=seed)


def _setting(value: object) -> str:
    if isinstance(value, float):
        return "off" if math.isinf(value) else f"{value:g}"
    return str(value)


def _cell(name: str, value: Any) -> str:
    from lpgreeks.hedging.text import percent

    if not isinstance(value, float) or not math.isfinite(value):
        return "-"
    if name in _SHARES:
        return percent(value)
    return f"{value:,.0f}" if value == round(value) or abs(value) >= _WHOLE else f"{value:.3g}"


def _finite(row: Mapping[str, float]) -> dict[str, float | None]:
    return {name: x if math.isfinite(x) else None for name, x in row.items()}
