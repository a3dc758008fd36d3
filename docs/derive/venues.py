"""Every figure of every venue that is stored: value, dates, source, and whether an exchange's page states it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlparse

from lpgreeks.venues.figures import Figure
from lpgreeks.venues.files import read_listed, read_listed_options, stored_names, stored_text

HEAD = """\
# Figures of venues

All that lpgreeks knows of exchanges, as it is stored; made from the data when these pages are built. What the columns
mean, which figure counts on which day, and how to supply your own: [venues](../venues.md). *Since* is the day on which
the source says it came into force, *seen* the day that the source bears. An unconfirmed figure is used on request only.
"""


def figures(venue: str) -> Iterator[tuple[str, Figure]]:
    """``(symbol, figure)`` in the order of the file."""
    text, file = stored_text(venue), f"{venue}.toml"
    for listed in (*read_listed(text, file=file), *read_listed_options(text, file=file)):
        for figure in listed.figures:
            yield listed.symbol, figure


def linked(source: str) -> str:
    host = urlparse(source).netloc
    return f"[{host.removeprefix('www.')}]({source})" if host else source


def row(symbols: list[str], figure: Figure) -> str:
    dates = (str(day) if day else "" for day in (figure.since, figure.seen))
    told = "yes" if figure.confirmed else "no"
    note = f"{told}: {figure.note}" if figure.note else told
    cells = (", ".join(symbols), figure.what, figure.words, *dates, note.replace("|", "/"), linked(figure.source))
    return f"| {' | '.join(cells)} |"


def section(venue: str) -> str:
    told: dict[Figure, list[str]] = {}
    for symbol, figure in figures(venue):
        told.setdefault(figure, []).append(symbol)
    rows = "\n".join(row(symbols, figure) for figure, symbols in told.items())
    head = "| contract | figure | value | since | seen | confirmed | source |\n|---|---|---|---|---|---|---|"
    return f"\n## {venue}\n\n{head}\n{rows}\n"


def page() -> str:
    """The whole page, in MyST."""
    return HEAD + "".join(map(section, stored_names()))
