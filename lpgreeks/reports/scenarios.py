"""The page of a table of scenarios, and of the worst stretches of a history."""

from __future__ import annotations

from lpgreeks.reports.formulas import of_instruments
from lpgreeks.reports.pages import held, page
from lpgreeks.reports.parts import Origin, Page, Source
from lpgreeks.reports.pictures import pictures
from lpgreeks.reports.tables import of_frame, of_rows
from lpgreeks.scenarios import ScenarioTable, Stress

__all__ = ["scenario_page", "stress_page"]


@page.register
def scenario_page(result: ScenarioTable) -> Page:
    """The page of a table of scenarios."""
    everything = result.profit.book.everything
    evens = [
        (case.volatility, case.days, case.funding, ", ".join(f"{price:,.6g}" for price in prices) or "none")
        for case, prices in result.break_evens().items()
    ]
    head = ("shift of volatility", "days", "funding per 8 hours", f"break-even [{everything.quote} per coin]")
    return Page(
        title="Scenarios",
        question=(("held", held(everything)), ("counted", str(result.measure)), ("over", _axes(result))),
        answer=(result.sentence(),),
        tables=(of_rows("Break-evens", head, evens), of_frame(f"P&L by component [{result.token}]", result.table())),
        pictures=pictures(result.plot, result.plot_grid) if len(set(result.moves.tolist())) > 1 else (),
        notes=result.notes,
        formulas=of_instruments([position.instrument for position in everything.positions]),
        sources=(Source(Origin.STATED, "moves, shifts, days and funding that were asked about, not what happened"),),
    )


@page.register
def stress_page(result: Stress) -> Page:
    """The page of the worst stretches of a history."""
    return Page(
        title="Stress windows",
        question=(("of", result.market),),
        answer=(result.sentence(),),
        tables=(of_frame("Windows, times UTC", result.table()),),
        notes=result.notes,
        sources=(Source(Origin.RECORDED, result.source),),
    )


def _axes(result: ScenarioTable) -> str:
    days, rates = (", ".join(f"{x:g}" for x in axis) for axis in (result.days, result.funding))
    shifts = ", ".join(f"{x:g}" for x in result.volatilities)
    low, high = result.moves.min(), result.moves.max()
    count = len(result.moves)
    return f"{count} moves from {low:+.0%} to {high:+.0%}; shifts {shifts}; {days} days; funding {rates} per 8 hours"
