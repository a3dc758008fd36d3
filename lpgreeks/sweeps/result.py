"""What a sweep found: one row of figures for each setting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Answer, shortened
from lpgreeks.draw import legend, new_axes, tiles
from lpgreeks.errors import InputError
from lpgreeks.hedging.text import WIDTH, aligned, rounded, wrapped
from lpgreeks.sweeps.call import Call, Settings
from lpgreeks.sweeps.given import SYNTHETIC, shared, taken_as_given
from lpgreeks.sweeps.grid import Plain
from lpgreeks.sweeps.run import Run
from lpgreeks.sweeps.workers import one_thread_for_algebra

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Sweep"]

# Rows that a screen holds.
_ROWS = 24

# The series that says when, where a result has it.
_TIMES = "times"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Sweep(Answer):
    """The runs of a sweep, in the order of the grids.

    Attributes:
        call: what every run has in common.
        settings: what varied.
        runs: what was kept, one per setting.
        results: whole results by the run's number, where they were asked for.
        resumed: how many settings were found in the checkpoint.
        notes: what in the checkpoint was left alone.
    """

    call: Call
    settings: Settings
    runs: tuple[Run, ...]
    results: Mapping[int, Any]
    resumed: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.runs)

    # ---- what was kept

    @property
    def parameters(self) -> tuple[str, ...]:
        """What varied, by name, in the order of the grids."""
        return tuple(dict.fromkeys(name for run in self.runs for name in run.parameters))

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that any run has."""
        return tuple(dict.fromkeys(name for run in self.runs for name in run.figures))

    @property
    def errors(self) -> tuple[Run, ...]:
        """The runs without a result."""
        return tuple(run for run in self.runs if run.error)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the results take as given, each sentence once, with the number of settings where not all say it."""
        return shared([run.given for run in self.runs if not run.error])

    @property
    def synthetic(self) -> bool:
        """Whether the pool of any setting is made by a rule."""
        return any(run.given.synthetic for run in self.runs)

    def table(self) -> pd.DataFrame:
        """One row per setting: its parameters, its figures, its error ("" where there is none).

        A parameter or a figure that a setting does not have is missing there. A figure called like a parameter is
        "name (result)". ``.attrs`` holds the assumptions, and whether the pool is synthetic.
        """
        import pandas as pd

        parameters = self.parameters
        columns = {name: [run.parameters.get(name) for run in self.runs] for name in parameters}
        for name in self.figures:
            column = f"{name} (result)" if name in parameters else name
            columns[column] = [run.figures.get(name) for run in self.runs]
        return self._labelled(pd.DataFrame({**columns, "error": [run.error for run in self.runs]}))

    def panel(self, name: str) -> pd.DataFrame:
        """One series of every run side by side: ``(steps, settings)``, NaN for a run without a result.

        Rows are times, UTC, where results have a series "times", else steps from 0; columns are the runs' names.
        ``.attrs`` holds the assumptions, and whether the pool is synthetic: :func:`verdict` says them.

        Raises:
            InputError: no such series, or series that are not on one grid.
        """
        import pandas as pd

        have = [run for run in self.runs if not run.error]
        if not have or not all(name in run.series for run in have):
            known = dict.fromkeys(n for run in self.runs for n in run.series)
            raise InputError(
                "a series that every result has", got=name, remedy=f"There are: {', '.join(known) or 'none'}"
            )
        first = have[0].series
        for run in have:
            same = np.array_equal(run.series.get(_TIMES, ()), first.get(_TIMES, ()))
            if run.series[name].size != first[name].size or not same:
                raise InputError(f"{name} on one grid in every run", got=f"{have[0].name} and {run.name} on two")
        missing = np.full(first[name].size, np.nan)
        index = pd.DatetimeIndex(first[_TIMES], tz="UTC", name=_TIMES) if _TIMES in first else None
        columns = {run.name: run.series.get(name, missing) for run in self.runs}
        panel = self._labelled(pd.DataFrame(columns, index=index))
        return panel if index is not None else panel.rename_axis(index="step")

    def _labelled(self, frame: pd.DataFrame) -> pd.DataFrame:
        frame.attrs |= {"assumptions": self.assumptions, "synthetic": self.synthetic}
        return frame

    def numbers(self, figure: str) -> FloatArray:
        """``(runs,)``: one figure of every run; NaN where it has none, or one that is no number.

        Args:
            figure: its name, with or without the unit in brackets behind it.

        Raises:
            InputError: no run has it.
        """
        name = self._figure(figure)
        found = [run.figures.get(name) for run in self.runs]
        return np.array([math.nan if x is None or isinstance(x, str) else float(x) for x in found])

    def _figure(self, figure: str) -> str:
        found = [name for name in self.figures if figure in (name, name.partition(" [")[0])]
        if len(found) != 1:
            remedy = f"There are: {', '.join(found or self.figures) or 'none, every setting has an error'}"
            raise InputError("one figure of the results", got=repr(figure), remedy=remedy)
        return found[0]

    def is_loss(self, figure: str) -> bool:
        """Whether less of a figure is better, as the results say: of a risk, a drawdown, a turnover."""
        name = self._figure(figure).partition(" [")[0]
        return any(name in run.given.losses for run in self.runs)

    def best(self, figure: str, *, most: bool | None = None) -> Run:
        """The run with the most of a figure, of a loss with the least, unless ``most`` says which; the first of equals.

        Raises:
            InputError: no run has it as a number.
        """
        numbers = self.numbers(figure)
        if np.isnan(numbers).all():
            raise InputError(f"{figure} as a number in some run", got="none")
        most = not self.is_loss(figure) if most is None else most
        return self.runs[int(np.nanargmax(numbers) if most else np.nanargmin(numbers))]

    def only(self, parameters: Mapping[str, Plain]) -> Sweep:
        """The runs in which parameters have these values.

        Raises:
            InputError: there are none.
        """
        runs = tuple(run for run in self.runs if parameters.items() <= run.parameters.items())
        if not runs:
            raise InputError(
                "values that some setting has", got=dict(parameters), remedy=f"Parameters: {', '.join(self.parameters)}"
            )
        return replace(self, runs=runs)

    def result(self, run: Run | str) -> Any:
        """The whole result of a run: the one that was kept, or computed again, which gives the same bits.

        Args:
            run: itself, or its name.

        Raises:
            InputError: no run of that name.
            LPGreeksError: the error of a run that has one.
        """
        found = next((r for r in self.runs if run in (r, r.name)), None)
        if found is None:
            raise InputError(
                "a run of this sweep or its name", got=f"{run!r:.80}", remedy=f"Like {self.runs[0].name!r}"
            )
        if found.number in self.results:
            return self.results[found.number]
        with one_thread_for_algebra():
            return self.call.result(self.settings.values(found.number))

    # ---- words

    def sentence(self) -> str:
        """What was swept over what, and what has no result."""
        counts = [f"{len(self._values(name))} of {name}" for name in self.parameters]
        plural = "s" if len(self) != 1 else ""
        text = f"{len(self):,} setting{plural} of {self.call.name}: {', '.join(counts)}."
        if self.errors:
            first = self.errors[0]
            text += f" {len(self.errors):,} without a result, the first at {first.name}: {first.error}"
        return f"{text} {SYNTHETIC}" if self.synthetic else text

    def _values(self, parameter: str) -> list[Plain]:
        return list(dict.fromkeys(run.parameters.get(parameter) for run in self.runs))

    def summary(self) -> str:
        """The sentence, and the table as far as a screen holds it."""
        shown = self.runs[:_ROWS]
        columns = [[name, *(_setting(run.parameters.get(name)) for run in shown)] for name in self.parameters]
        columns += [[name, *(_cell(run.figures.get(name)) for run in shown)] for name in self.figures]
        widths = np.cumsum([2 + max(map(len, column)) for column in columns])
        fits = max(len(self.parameters) + 1, int((widths <= WIDTH).sum()))
        rows = [list(row) for row in zip(*columns[:fits], strict=True)]
        lines = [wrapped(self.sentence(), WIDTH), "", *aligned(rows, words=())]
        more = [f"{len(self) - _ROWS:,} more settings"] if len(self) > _ROWS else []
        more += [f"{len(columns) - fits} more figures"] if len(columns) > fits else []
        lines += [f"... {' and '.join(more)} in table()"] if more else []
        notes = [f"{self.resumed:,} settings were found in the checkpoint."] if self.resumed else []
        notes += self.notes
        lines += [*([""] if notes else []), *(wrapped(f"- {n}", WIDTH, indent="  ") for n in notes)]
        return "\n".join([*lines, *taken_as_given(self.assumptions)])

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<Sweep of {self.sentence()}>")

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON: parameters and figures of every run, None for what is not finite; no series."""
        return {
            "sentence": self.sentence(),
            "verb": self.call.name,
            "runs": [
                {
                    "name": run.name,
                    "parameters": _finite(run.parameters),
                    "figures": _finite(run.figures),
                    "error": run.error or None,
                }
                for run in self.runs
            ],
            "synthetic": self.synthetic,
            "assumptions": list(self.assumptions),
            "notes": list(self.notes),
        }

    # ---- pictures

    def plot(
        self,
        ax: Axes | None = None,
        *,
        figure: str | None = None,
        columns: str | None = None,
        rows: str | None = None,
        most: bool | None = None,
    ) -> Axes:
        """One figure over two parameters: a tile for each pair of values, the best framed, hatched without a result.

        Args:
            ax: where to draw; a new figure unless said.
            figure: which; the first that is a number unless said.
            columns, rows: parameters, across and upward; the first ones that vary unless said.
            most: whether the best is the most of it, or the least; of a loss the least, unless said.

        Raises:
            InputError: a figure or a parameter that is not there, or several runs for one tile.
        """
        figure = self._first_number() if figure is None else self._figure(figure)
        most = not self.is_loss(figure) if most is None else most
        numbers, best = self.numbers(figure), self.best(figure, most=most)
        across, upward = self._axes(columns, rows)
        xs, ys = self._values(across), self._values(upward)
        places = [(ys.index(r.parameters.get(upward)), xs.index(r.parameters.get(across))) for r in self.runs]
        if len(set(places)) < len(places):
            others = ", ".join(p for p in self.parameters if p not in (across, upward))
            raise InputError(
                f"one run for each pair of {across} and {upward}",
                got=f"{len(places)} runs for {len(set(places))} pairs",
                remedy=f"Choose among the others ({others}): sweep.only({{parameter: value}}).plot()",
            )
        heights = np.full((len(ys), len(xs)), np.nan)
        for place, number in zip(places, numbers, strict=True):
            heights[place] = number
        ax = new_axes(height=4.8)[0] if ax is None else ax
        short = self._short()
        fixed = {name: best.parameters.get(name) for name in self.parameters if name not in (across, upward)}
        free = {name: x for name, x in best.parameters.items() if name not in fixed}
        told = [f"{figure} of {self.call.name}: {'most' if most else 'least'} at {_said(free, short)}"]
        told += [f"{_said(fixed, short)} throughout"] if fixed else []
        told += ["the pool is SYNTHETIC"] if self.synthetic else []
        tiles(
            ax, heights, across=[_setting(x) for x in xs], upward=[_setting(y) for y in ys] if upward else [],
            best=places[self.runs.index(best)], name=self._with_unit(figure), xlabel=short.get(across, ""),
            ylabel=short.get(upward, ""), title="; ".join(told),
        )  # fmt: skip
        return legend(ax)

    def _short(self) -> dict[str, str]:
        """Parameters by their last word, "theta" for "policy.theta", where no two share it."""
        last = {name: name.rpartition(".")[2] or name for name in self.parameters}
        words = list(last.values())
        return {name: word if words.count(word) == 1 else name for name, word in last.items()}

    def _with_unit(self, figure: str) -> str:
        units = {run.given.units.get(figure) for run in self.runs if not run.error}
        unit = units.pop() if len(units) == 1 else None
        return figure if unit is None else f"{figure} [{unit}]"

    def _first_number(self) -> str:
        for name in self.figures:
            if not np.isnan(self.numbers(name)).all():
                return name
        raise InputError("a figure that is a number", got="none", remedy="Every setting has an error: see table()")

    def _axes(self, columns: str | None, rows: str | None) -> tuple[str, str]:
        for name in (columns, rows):
            if name is not None and name not in self.parameters:
                raise InputError(
                    "a parameter of the sweep", got=name, remedy=f"There are: {', '.join(self.parameters)}"
                )
        free = [p for p in self.parameters if p not in (columns, rows)]
        free.sort(key=lambda p: len(self._values(p)) == 1)
        across = columns or (free.pop(0) if free else "")
        return across, rows or (free.pop(0) if free else "")


def _setting(value: Plain) -> str:
    if value is None:
        return "-"
    if value == math.inf:
        return "off"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def _said(parameters: Mapping[str, Plain], short: Mapping[str, str]) -> str:
    """ "theta 0.001, gap off"."""
    return ", ".join(f"{short[name]} {_setting(value)}" for name, value in parameters.items())


def _cell(value: Plain) -> str:
    if value is None:
        return "-"
    return (rounded(value) if math.isfinite(value) else str(value)) if isinstance(value, float) else str(value)


def _finite(row: Mapping[str, Plain]) -> dict[str, Plain]:
    return {name: None if isinstance(x, float) and not math.isfinite(x) else x for name, x in row.items()}
