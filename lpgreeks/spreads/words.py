"""What a term structure and the replay of a spread say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpgreeks.hedging.text import WIDTH, aligned, rounded, wrapped

if TYPE_CHECKING:
    from lpgreeks.spreads.replay import SpreadReplay
    from lpgreeks.spreads.term_structure import TermStructure

__all__ = ["notes", "pairs_at", "sentence", "summary"]


def pairs_at(curve: TermStructure, time: str | None) -> str:
    """Every pair at one stamp, and what is taken as given."""
    table = curve.last(time)
    stamp = table["time"].iloc[0].tz_localize(None).to_datetime64() if len(table) else curve.stamp(time)
    coin, quote = curve.contracts[0].contract.base, curve.contracts[0].contract.quote
    columns = ["sell", "buy", "mid", "days", "simple_per_year", "log_per_year", "sell_depth", "buy_depth"]
    rows = [["far", "near", "sell", "buy", "middle", "days", "simple/y", "log/y", "sell depth", "buy depth", ""]]
    for far, near, stale, sell, buy, mid, days, simple, log, *depth in zip(
        *(table[c].tolist() for c in ("far", "near", "stale", *columns)), strict=True
    ):
        deep = ["" if np.isnan(coins) else rounded(coins) for coins in depth]
        rows.append([far, near, f"{sell:,.2f}", f"{buy:,.2f}", f"{mid:,.2f}", f"{days:,.2f}", f"{simple:.2%}",
                     f"{log:.2%}", *deep, "stale" if stale else ""])  # fmt: skip
    kept = [i for i in range(len(rows[0])) if i < len(columns) or any(row[i] for row in rows[1:])]
    lines = [
        wrapped(
            f"{curve.describe()}. At {_minute(stamp)} UTC, far less near in {quote} per {coin}: sold at the far bid "
            "less the near ask, bought at the far ask less the near bid.",
            WIDTH,
        ),
        "",
        *aligned([[row[i] for i in kept] for row in rows], words=(0, 1)),
    ]
    if missing := curve.missing(stamp):
        lines += ["", wrapped(f"Missing at this stamp, and so without a pair: {', '.join(missing)}.", WIDTH)]
    lines += ["", "Taken as given", *(wrapped(f"- {note}", WIDTH, indent="  ") for note in curve.notes)]
    return "\n".join(lines)


def sentence(r: SpreadReplay) -> str:
    """The answer in one sentence."""
    trades = r.trades
    opened = int((np.abs(trades.held) > np.abs(trades.held - trades.far_quantity)).sum())
    what = "sold" if r.band.entry > r.band.exit else "bought"
    warning = "" if r.funded else "; INCOMPLETE: without the funding of the perpetual"
    left = f"; {rounded(abs(r.held))} {r.band.far.unit_text} still open" if r.held else ""
    return (
        f"{r.spread.name}: {what} in {opened} trades and closed in {len(trades) - opened}, it made "
        f"{r.net:,.2f} {r.quote}{left}{warning}."
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
    lines += ["", "Taken as given", *(wrapped(f"- {note}", WIDTH, indent="  ") for note in notes(r))]
    return "\n".join(lines)


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


def _minute(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="m")).replace("T", " ")
