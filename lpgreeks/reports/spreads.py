"""The page of a calendar spread's replay."""

from __future__ import annotations

from typing import Any

from lpgreeks.reports.formulas import of_instruments
from lpgreeks.reports.pages import page
from lpgreeks.reports.parts import Page
from lpgreeks.reports.pictures import pictures
from lpgreeks.reports.replays import sources_of
from lpgreeks.reports.tables import of_frame, of_rows
from lpgreeks.spreads import SpreadReplay
from lpgreeks.spreads.words import sentence

__all__ = ["spread_page"]


@page.register
def spread_page(result: SpreadReplay) -> Page:
    """The page of a calendar spread's replay."""
    moved = {name: amount for name, amount in result.parts.items() if amount}
    parts: list[tuple[Any, ...]] = [(name, amount, amount * result.price) for name, amount in moved.items()]
    parts.append(("net", sum(result.parts.values()), result.net))
    parts.append(("net, trade by trade", result.net_of_trades / result.price, result.net_of_trades))
    # What settles in the quote has one column.
    shown = slice(None, None, 2 if result.token == result.quote else 1)
    header = ("part", f"[{result.token}]", f"[{result.quote}]")[shown]
    tables = [of_rows("Where it came from", header, [row[shown] for row in parts])]
    if len(result.trades):
        tables.append(of_frame(f"Trades, amounts in {result.token}, times UTC", result.table()))
    band = result.band
    return Page(
        title="Calendar spread",
        question=(
            ("traded", result.spread.name),
            ("by", f"entry {band.entry:,.6g}, exit {band.exit:,.6g}"),
            ("over", result.replayed.tape.describe()),
        ),
        answer=(sentence(result),),
        tables=tuple(tables),
        pictures=pictures(result.plot),
        notes=result.notes,
        formulas=of_instruments([band.far, band.near]),
        sources=tuple(s for s in sources_of(result.replayed.tape) if s.text != result.replayed.tape.synthetic),
    )
