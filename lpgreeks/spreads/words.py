"""What a term structure and the replay of a spread say of themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks.hedging.text import WIDTH, aligned, rounded, wrapped

if TYPE_CHECKING:
    import pandas as pd

    from lpgreeks.spreads.replay import SpreadReplay
    from lpgreeks.spreads.spread import Spread
    from lpgreeks.spreads.term_structure import TermStructure

__all__ = ["notes", "pairs_at", "records", "sentence", "spread_text", "summary"]

_FIGURES: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("sell", "sell", "{:,.2f}".format),
    ("buy", "buy", "{:,.2f}".format),
    ("mid", "middle", "{:,.2f}".format),
    ("days", "days", "{:,.2f}".format),
    ("simple_per_year", "simple/year", "{:.2%}".format),
    ("log_per_year", "log/year", "{:.2%}".format),
    ("sell_depth", "sell depth", rounded),
    ("buy_depth", "buy depth", rounded),
)
"""Of a spread's table: the column, its heading, and how a figure of it is written."""


def pairs_at(curve: TermStructure, time: str | None) -> str:
    """Every pair at one stamp, and what is taken as given."""
    stamp, unit = curve.stamp(time), curve.contracts[0].contract
    head = (
        f"{curve.describe()}. At {_minute(stamp)} UTC, far less near in {unit.quote} per {unit.base}: sold at the far "
        "bid less the near ask, bought at the far ask less the near bid."
    )
    lines = [wrapped(head, WIDTH), "", *_rows(curve.last(time), ("far", "near"))]
    if missing := curve.missing(stamp):
        lines += ["", wrapped(f"Missing at this stamp, and so without a pair: {', '.join(missing)}.", WIDTH)]
    return "\n".join([*lines, *_given(curve.notes)])


def spread_text(spread: Spread) -> str:
    """One pair at each of its stamps, and what is taken as given."""
    unit = spread.far.contract
    head = f"{spread.name} in {unit.quote} per {unit.base}, {len(spread):,} stamps."
    return "\n".join([head, "", *_rows(spread.table(), ("time",)), *_given(spread.notes)])


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table in plain types, for JSON: times as text, what is not known as None."""
    table = table.assign(time=table["time"].dt.strftime("%Y-%m-%d %H:%M:%S"))
    return list(table.astype(object).where(table.notna(), None).to_dict("records"))  # type: ignore[arg-type]


def _rows(table: pd.DataFrame, names: tuple[str, ...]) -> list[str]:
    """The figures of a spread's table in columns; those that nothing is known of are left out."""
    shown: dict[str, list[str]] = {}
    for name in names:
        cells = table[name].dt.strftime("%Y-%m-%d %H:%M") if table[name].dtype.kind in "M" else table[name]
        shown[name] = cells.tolist()
    for name, label, form in _FIGURES:
        shown[label] = ["" if np.isnan(x) else form(x) for x in table[name].tolist()]
    shown["stale"] = ["stale" if x else "" for x in table["stale"].tolist()]
    kept = {label: cells for label, cells in shown.items() if any(cells) or label in names}
    header = ["" if label in ("stale",) else label for label in kept]
    return aligned([header, *map(list, zip(*kept.values(), strict=True))], words=range(len(names)))


def _given(notes: tuple[str, ...]) -> list[str]:
    return ["", "Taken as given", *(wrapped(f"- {note}", WIDTH, indent="  ") for note in notes)]


def sentence(r: SpreadReplay) -> str:
    """The answer in one sentence."""
    trades = r.trades
    opened = int((np.abs(trades.held) > np.abs(trades.held - trades.far_quantity)).sum())
    what = "sold" if r.band.entry > r.band.exit else "bought"
    hours = f"{r.unfunded_hours:,.6g} hours that it was held"
    warning = "" if r.funded else f"; INCOMPLETE: without the funding of the perpetual for {hours}"
    left = f"; {rounded(abs(r.held))} {r.band.far.unit_text} still open" if r.held else ""
    return (
        f"{r.spread.name}: {what} {_times(opened)}, closed {_times(len(trades) - opened)}, it made {r.net:,.2f} "
        f"{r.quote}{left}{warning}."
    )


def summary(r: SpreadReplay) -> str:
    """The sentence, the parts, every trade, and what is taken as given."""
    parts = {name: amount for name, amount in r.parts.items() if amount}
    rows = [["part", f"[{r.token}]", f"[{r.quote}]"]]
    rows += [[name, rounded(amount), f"{amount * r.price:,.2f}"] for name, amount in parts.items()]
    rows.append(["net", rounded(sum(r.parts.values())), f"{r.net:,.2f}"])
    rows.append(["net, trade by trade", rounded(r.net_of_trades / r.price), f"{r.net_of_trades:,.2f}"])
    if r.token == r.quote:
        rows = [[name, quoted] for name, _, quoted in rows]
    lines = [wrapped(sentence(r), WIDTH), "", *aligned(rows, words=(0,))]
    if len(r.trades):
        table = [["time, UTC", "", "spread", "far", "at", "near", "at", f"fee [{r.token}]"]]
        t = r.trades
        for i, spread in enumerate(t.spread):
            side = "sold" if t.far_quantity[i] < 0 else "bought"
            table.append([_minute(t.times[i]), side, f"{spread:,.2f}", rounded(t.far_quantity[i]),
                          f"{t.far_price[i]:,.2f}", rounded(t.near_quantity[i]), f"{t.near_price[i]:,.2f}",
                          rounded(t.fees[i])])  # fmt: skip
        lines += ["", *aligned(table, words=(0, 1))]
    return "\n".join([*lines, *_given(notes(r))])


def notes(r: SpreadReplay) -> tuple[str, ...]:
    """What is real, what is stated, and what the numbers leave out."""
    lines = [*r.spread.notes, *r.replayed.hedge.notes]
    if r.band.close_from is not None:
        lines.append(f"from {_minute(r.band.close_from)} UTC on all is closed, before the delivery")
    if r.held:
        lines.append("what is open at the end is marked at the middle, not closed")
    if r.band.far.settled_in_base:
        lines.append(f"a coin counts as {r.price:,.2f} {r.quote}, the near leg's last mark")
    if np.isnan(r.spread.sell_depth).all():
        lines.append("depth not known: every trade is taken as filled whole at the best price")
    elif r.beyond_depth:
        lines.append(f"{r.beyond_depth:,} of {len(r.trades):,} trades are larger than the best prices took")
    lines.append("no margin is counted: nothing is liquidated")
    return tuple(dict.fromkeys(lines))


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _minute(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="m")).replace("T", " ")
