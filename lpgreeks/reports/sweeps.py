"""Pages of sweeps and of what may be said of them."""

from __future__ import annotations

import math

import numpy as np

from lpgreeks.reports.figures import figure, figures
from lpgreeks.reports.pages import page
from lpgreeks.reports.parts import Figure, Origin, Page, Source
from lpgreeks.reports.tables import of_frame
from lpgreeks.sweeps import Sweep, Verdict

__all__: list[str] = []

# Settings of a table that is about the best.
_BEST = 20


@page.register
def _(sweep: Sweep) -> Page:
    table = sweep.table()
    if not table["error"].any():
        table = table.drop(columns="error")
    ranked = _first_number(sweep)
    tables = [of_frame("Every setting", table)]
    if ranked is not None:
        order = np.argsort(-sweep.numbers(ranked), kind="stable")[:_BEST]
        tables.insert(0, of_frame(f"The settings with the most {ranked}", table.iloc[order]))
    kind = Origin.SYNTHETIC if sweep.synthetic else Origin.STATED
    said = "the pool" if sweep.synthetic else "see what is taken as given"
    varied = "; ".join(f"{name}: {_values(sweep, name)}" for name in sweep.parameters)
    return Page(
        title="Sweep",
        question=(("asked", f"{sweep.call.name}, {len(sweep):,} times"), ("varied", varied)),
        answer=(sweep.sentence(),),
        tables=tuple(tables),
        figures=_heat(sweep, ranked),
        notes=(*sweep.notes, *sweep.assumptions),
        sources=(Source(kind, said),),
    )


@page.register
def _(verdict: Verdict) -> Page:
    made = (Source(Origin.SYNTHETIC, "the pool of the settings"),) if verdict.synthetic else ()
    seed = verdict.seed if isinstance(verdict.seed, int) else "a generator of the caller"
    return Page(
        title="Verdict",
        question=(("against", verdict.against), ("tried", f"{verdict.rules.trials:,} settings")),
        answer=(verdict.sentence(),),
        tables=(of_frame(f"Against {verdict.against}", verdict.table().rename_axis(index="setting")),),
        figures=figures(verdict.plot),
        notes=verdict.assumptions,
        sources=made,
        seeds=(f"resamples and windows of the verdict: {seed}",),
    )


def _first_number(sweep: Sweep) -> str | None:
    return next((name for name in sweep.figures if not np.isnan(sweep.numbers(name)).all()), None)


def _values(sweep: Sweep, name: str) -> str:
    found = dict.fromkeys(run.parameters.get(name) for run in sweep.runs)
    return ", ".join("off" if x == math.inf else "-" if x is None else str(x) for x in found)


def _heat(sweep: Sweep, ranked: str | None) -> tuple[Figure, ...]:
    """The figure over the two parameters with most values, the others as in the best setting."""
    if ranked is None:
        return ()
    best = sweep.best(ranked).parameters
    varied = sorted(best, key=lambda name: -len({run.parameters.get(name) for run in sweep.runs}))
    return (figure(sweep.only({name: best[name] for name in varied[2:]}).plot),)
