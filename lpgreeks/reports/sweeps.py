"""Pages of sweeps and of what may be said of them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from lpgreeks.hedging.problem import Model
from lpgreeks.instruments import Exposure
from lpgreeks.markets.tape import Tape
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.replays import IndexHolding, ManagedRange
from lpgreeks.reports.pages import page
from lpgreeks.reports.parts import Origin, Page, Picture, Source, Table
from lpgreeks.reports.pictures import picture, pictures
from lpgreeks.reports.replays import position_held, sources_of
from lpgreeks.reports.tables import of_frame
from lpgreeks.sweeps import Sweep, Verdict

__all__ = ["sweep_page", "verdict_page"]

# Settings of a table that is about the best.
_BEST = 20


@page.register
def sweep_page(sweep: Sweep) -> Page:
    """The page of a sweep."""
    ranked = next((name for name in sweep.figures if not np.isnan(sweep.numbers(name)).all()), None)
    return Page(
        title="Sweep",
        question=tuple(_question(sweep)),
        answer=(sweep.sentence(),),
        tables=tuple(_tables(sweep, ranked)),
        pictures=() if ranked is None else (_heat(sweep, ranked),),
        notes=(*sweep.notes, *sweep.assumptions),
        sources=tuple(_sources(sweep)),
    )


@page.register
def verdict_page(verdict: Verdict) -> Page:
    """The page of a verdict."""
    made = (Source(Origin.SYNTHETIC, "the pool of the settings"),) if verdict.synthetic else ()
    seed = verdict.seed if isinstance(verdict.seed, int) else "a generator of the caller"
    return Page(
        title="Verdict",
        question=(("against", verdict.against), ("tried", f"{verdict.rules.trials:,} settings")),
        answer=(verdict.sentence(),),
        tables=(of_frame(f"Against {verdict.against}", verdict.table().rename_axis(index="setting")),),
        pictures=pictures(verdict.plot),
        notes=verdict.assumptions,
        sources=made,
        seeds=(f"resamples and windows of the verdict: {seed}",),
    )


def _given(sweep: Sweep) -> tuple[object, ...]:
    """What every setting has in common."""
    return (*sweep.call.arguments, *sweep.call.keywords.values())


def _question(sweep: Sweep) -> Iterator[tuple[str, str]]:
    yield "asked", f"{sweep.call.name}, {len(sweep):,} times"
    for given in _given(sweep):
        if isinstance(given, (Exposure, ManagedRange, IndexHolding)):
            yield "held", position_held(given)
        elif isinstance(given, Tape):
            yield "over", given.describe()
        elif isinstance(given, (Paths, Outcomes)):
            yield "over", given.source
        elif isinstance(given, Model):
            yield "over", given.nodes({}).source
    for name in sweep.parameters:
        found = dict.fromkeys(run.parameters.get(name) for run in sweep.runs)
        yield f"varied: {name}", ", ".join("off" if x == math.inf else "-" if x is None else str(x) for x in found)


def _sources(sweep: Sweep) -> Iterator[Source]:
    varied = [grid.points[0].value for grid in sweep.settings.grids]
    if any(isinstance(value, Model) for value in varied):
        yield Source(Origin.MODEL, "a model of each setting")
    for given in _given(sweep):
        if isinstance(given, Tape):
            yield from sources_of(given)
        elif isinstance(given, Model):
            yield Source(Origin.MODEL, given.nodes({}).source)
        elif isinstance(given, Paths):
            yield Source(Origin.RECORDED if given.seed is None else Origin.DRAWN, given.source)
    if sweep.synthetic and not any(isinstance(given, Tape) and given.synthetic for given in _given(sweep)):
        yield Source(Origin.SYNTHETIC, "the pool of some settings")


def _tables(sweep: Sweep, ranked: str | None) -> Iterator[Table]:
    table = sweep.table()
    if not table["error"].any():
        table = table.drop(columns="error")
    if ranked is not None:
        loss = sweep.is_loss(ranked)
        order = np.argsort(sweep.numbers(ranked) * (1.0 if loss else -1.0), kind="stable")
        yield of_frame(f"The settings with the {'least' if loss else 'most'} {ranked}", table.iloc[order[:_BEST]])
    if ranked is None or len(sweep) > _BEST:
        yield of_frame("Every setting", table)


def _heat(sweep: Sweep, ranked: str) -> Picture:
    """The figure over the two parameters with most values, the others as in the best setting."""
    best = sweep.best(ranked).parameters
    varied = sorted(best, key=lambda name: -len({run.parameters.get(name) for run in sweep.runs}))
    return picture(sweep.only({name: best[name] for name in varied[2:]}).plot)
