"""Pictures of spreads. Each takes axes or makes its own, and returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.draw import close_up, fan, legend, levels, new_axes, shade_bar, strands, trade_marks
from lpgreeks.errors import DataError, InputError
from lpgreeks.paths.rows import Times
from lpgreeks.spreads.basis import log_basis_per_year

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lpgreeks.spreads.replay import SpreadReplay
    from lpgreeks.spreads.spread import Spread
    from lpgreeks.spreads.term_structure import TermStructure

__all__ = ["all_of", "band", "basis", "every_pair", "one_pair"]

# Days before a delivery: an annual figure of a shorter time is the noise of two prices taken seconds apart.
_SHORTEST = 7.0


def every_pair(curve: TermStructure, ax: Axes | None = None) -> Axes:
    """The middle of every pair over time, the longer the time between its deliveries the darker."""
    _require_line(curve.times)
    ax = new_axes()[0] if ax is None else ax
    pairs = curve.pairs
    lines = {pair.name: _on(curve.times, pair.times, pair.mid) for pair in pairs}
    contract = curve.contracts[0].contract
    fan(
        ax, curve.times, lines, [float(pair.days[0]) for pair in pairs],
        ylabel=f"far less near [{contract.quote} per {contract.base}]",
        title=f"Middle of {len(pairs)} calendar spreads on {contract.base}",
    )  # fmt: skip
    return shade_bar(ax, [float(pair.days[0]) for pair in pairs], name="days from near to far, at first")


def all_of(curve: TermStructure) -> Axes:
    """Every pair, and below it the basis of each delivery."""
    above, below = new_axes(2)
    every_pair(curve, above)
    basis(curve, below)
    return below


def basis(curve: TermStructure, ax: Axes | None = None) -> Axes:
    """The continuously compounded annual basis of each delivery over the perpetual, until a week before it.

    The axis holds the middle 98 % of them: two prices that were taken seconds apart make the rest, which is counted.
    """
    _require_line(curve.times)
    ax = new_axes()[0] if ax is None else ax
    lines: dict[str, FloatArray] = {}
    shades: list[float] = []
    for quotes in curve.contracts:
        if quotes.contract.expiry is None:
            continue
        annual = 100.0 * log_basis_per_year(quotes.mid, curve.reference(quotes), quotes.days)
        annual = np.where(quotes.days >= _SHORTEST, annual, np.nan)
        if np.isfinite(annual).any():
            lines[f"{quotes.contract.expiry:%d %b %Y}"] = _on(curve.times, quotes.times, annual)
            shades.append(float(len(shades)))
    if not lines:
        raise DataError("a delivery a week away and a perpetual beside it", got=curve.describe())
    fan(
        ax, curve.times, lines, shades, ylabel="basis over the perpetual, log [% a year]",
        title=f"Basis per delivery, {curve.contracts[0].contract.base}",
    )  # fmt: skip
    close_up(ax, np.concatenate([*lines.values()]))
    return shade_bar(ax, shades, name="delivery", labels=list(lines))


def one_pair(spread: Spread, ax: Axes | None = None) -> Axes:
    """What one spread could be sold and bought at, over time."""
    _require_line(spread.times)
    ax = new_axes()[0] if ax is None else ax
    contract = spread.far.contract
    lines = {"sold at: far bid less near ask": spread.sell, "bought at: far ask less near bid": spread.buy}
    label = f"far less near [{contract.quote} per {contract.base}]"
    strands(ax, spread.times, lines, ylabel=label, title=spread.name)
    return legend(ax)


def band(result: SpreadReplay, ax: Axes | None = None) -> Axes:
    """The spread with its entry, its exit and every trade."""
    ax = new_axes()[0] if ax is None else ax
    spread, rule, trades = result.spread, result.band, result.trades
    contract = spread.far.contract
    label = f"far less near [{contract.quote} per {contract.base}]"
    strands(ax, spread.times, {"middle": spread.mid}, ylabel=label, title=spread.name)
    levels(ax, {f"entry, {rule.entry:,g}": rule.entry, f"exit, {rule.exit:,g}": rule.exit})
    trade_marks(ax, trades.times, trades.spread, trades.far_quantity > 0)
    return legend(ax)


def _require_line(times: Times) -> None:
    if times.size < 2:
        raise InputError("two or more stamps to draw a line through", got=f"{times.size:,}", remedy="Read the table")


def _on(times: Times, own: Times, values: FloatArray) -> FloatArray:
    """Values at some of the times, NaN at the others: a line breaks where its contract is not quoted."""
    found = np.full(times.size, np.nan)
    found[np.searchsorted(times, own)] = values
    return found
