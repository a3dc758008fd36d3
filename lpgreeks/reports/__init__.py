"""A result as one HTML page that needs no network."""

from __future__ import annotations

from lpgreeks.reports import plans, replays, scenarios, spreads, sweeps
from lpgreeks.reports.pages import page
from lpgreeks.reports.parts import Cell, Formula, Origin, Page, Picture, Source, Table
from lpgreeks.reports.report import report

__all__ = [
    "Cell",
    "Formula",
    "Origin",
    "Page",
    "Picture",
    "Source",
    "Table",
    "page",
    "plans",
    "replays",
    "report",
    "scenarios",
    "spreads",
    "sweeps",
]
