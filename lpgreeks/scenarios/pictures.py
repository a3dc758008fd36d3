"""A table of scenarios in pictures: components over the price, and the total over two axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.draw import COLOURS, GREY, crossings, curves, legend, new_axes, tiles, verticals
from lpgreeks.errors import InputError
from lpgreeks.instruments import mark_break_evens
from lpgreeks.scenarios.axes import ScenarioAxis, ScenarioCase
from lpgreeks.scenarios.words import case_text, said
from lpgreeks.tokens import coin_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lpgreeks.scenarios.table import ScenarioTable

__all__ = ["draw_components", "draw_grid"]

_POINTS = 501

# Lines that have a colour each, but for the total's.
_MOST = 4

_NAMES = ("price move [%]", "shift of volatility [points]", "time since the start [days]", "funding per 8 hours [%]")
_CARRY = ("funding", "income", "entry costs", "exit costs")


def draw_components(t: ScenarioTable, ax: Axes | None, case: ScenarioCase) -> Axes:
    """P&L by component over the price in one case, exact at every point, with its break-evens."""
    ax = new_axes()[0] if ax is None else ax
    first = t.start[t.market]
    low, high = t.moves.min(), t.moves.max()
    if not low < high:
        raise InputError("two or more moves for a picture over the price", got=f"{low:g} alone")
    moves = np.linspace(low, high, _POINTS)
    ended = [account.hit(1.0 + np.minimum(moves, 0.0), 1.0 + np.maximum(moves, 0.0)) for account in t.liquidations]
    columns = t.profit.columns(case, moves, ended)
    lines = _lines(columns)
    lines["total"] = np.asarray(sum(columns.values()))
    x = first * (1.0 + moves)
    xlabel = f"price of {t.market} [{t.profit.book.everything.quote} per {coin_of(t.market)}]"
    title = f"P&L by component, {case_text(t, case)}"
    curves(ax, x, lines, xlabel=xlabel, ylabel=f"P&L [{t.token}]", title=title)
    if x[0] < first < x[-1]:
        verticals(ax, [first], name=f"start, {first:,.6g}", style=":", colour=GREY)
    ends = sorted({first * f for account in t.liquidations for f in (account.below, account.above) if f is not None})
    verticals(ax, [p for p in ends if x[0] < p < x[-1]], name="liquidation", style="-.", colour=COLOURS[4])
    mark_break_evens(ax, t.break_evens()[case], start=first)
    return legend(ax)


def _lines(columns: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """As many lines as there are colours: what moves little together first, then the legs."""
    shown = {name: pnl for name, pnl in columns.items() if np.any(pnl)}
    carry = [name for name in shown if name in _CARRY]
    if len(carry) > 1:
        shown = _merged(shown, carry, "funding, income and costs")
    kept = {"collateral", "funding, income and costs", *carry}
    legs = [name for name in shown if name not in kept and not name.startswith("position")]
    if len(shown) > _MOST and len(legs) > 1:
        shown = _merged(shown, legs, "hedge")
    tokens = [name for name in shown if name.startswith("position")]
    return _merged(shown, tokens, "position") if len(shown) > _MOST and len(tokens) > 1 else shown


def _merged(lines: dict[str, FloatArray], names: list[str], name: str) -> dict[str, FloatArray]:
    first = next(iter(names))
    together = np.asarray(sum(lines[n] for n in names))
    return {
        name if n == first else n: together if n == first else y
        for n, y in lines.items()
        if n == first or n not in names
    }


def draw_grid(
    t: ScenarioTable, ax: Axes | None, across: ScenarioAxis, upward: ScenarioAxis, case: ScenarioCase
) -> Axes:
    """The total over two axes as tiles; where one of them is the move, a stroke where it is 0."""
    across, upward = ScenarioAxis(across), ScenarioAxis(upward)
    if across is upward or upward is ScenarioAxis.MOVE:
        raise InputError("two different axes, the move across", got=f"{across.name} and {upward.name}")
    ax = new_axes()[0] if ax is None else ax
    at = [int(np.abs(t.moves).argmin()), t.volatilities.index(case.volatility), t.days.index(case.days),
          t.funding.index(case.funding)]  # fmt: skip
    order = np.argsort(t.moves, kind="stable") if across is ScenarioAxis.MOVE else slice(None)
    where = tuple(slice(None) if i in (across, upward) else place for i, place in enumerate(at))
    heights = t.total[where]
    # The lower axis comes first in the array.
    heights = heights.T if across < upward else heights
    heights = heights[:, order]
    best = np.unravel_index(int(heights.argmax()), heights.shape)
    rows: list[tuple[float, int]] = []
    if across is ScenarioAxis.MOVE:
        moves = t.moves[order]
        fixed = list(case)
        for i, height in enumerate((t.volatilities, t.days, t.funding)[upward - 1]):
            fixed[upward - 1] = height
            rows += [(x, i) for x in np.interp(t.break_even_moves[ScenarioCase(*fixed)], moves, np.arange(moves.size))]
    tiles(
        ax, heights, across=_ticks(t, across), upward=_ticks(t, upward), best=(int(best[0]), int(best[1])),
        name=f"total [{t.token}]", xlabel=_NAMES[across], ylabel=_NAMES[upward],
        title=_title(t, across, upward, case, stroked=bool(rows)),
    )  # fmt: skip
    crossings(ax, rows, name="break-even")
    return legend(ax)


def _ticks(t: ScenarioTable, axis: ScenarioAxis) -> list[str]:
    if axis is ScenarioAxis.MOVE:
        return [f"{100 * move:+.1f}".removesuffix(".0") for move in np.sort(t.moves)]
    if axis is ScenarioAxis.DAYS:
        return [f"{day:g}" for day in t.days]
    rates = t.volatilities if axis is ScenarioAxis.VOLATILITY else t.funding
    return [f"{100 * rate:g}" for rate in rates]


def _title(t: ScenarioTable, across: ScenarioAxis, upward: ScenarioAxis, case: ScenarioCase, *, stroked: bool) -> str:
    others = [axis for axis in (ScenarioAxis.VOLATILITY, ScenarioAxis.DAYS, ScenarioAxis.FUNDING)
              if axis not in (across, upward)]  # fmt: skip
    strokes = "; black: where it is 0" if stroked else ""
    return ", ".join(["Total", *said(t, case, others)]) + strokes
