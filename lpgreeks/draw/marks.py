"""What is marked on a picture: prices, levels, trades, spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.draw.style import COLOURS, GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "close_up", "crosses", "dashed", "dotted", "flags", "from_zero", "levels", "marks", "strips", "ticks",
    "trade_marks", "verticals",
]  # fmt: skip

# Of the height of the axes, for each row; and the colours of rows, of which the first curve has none.
_STRIP = 0.05
_STRIPS = (COLOURS[3], COLOURS[5], COLOURS[4], COLOURS[6], COLOURS[2], COLOURS[1])

# Of level lines: the first dashed, the second dotted.
_LEVELS = ((COLOURS[5], "--"), (COLOURS[3], ":"))

# Of points, that a legend has room for.
_TOLD = 3

# Marks of trades that leave a price to be seen.
_FEW = 200


def trade_marks(ax: Axes, times: NDArray[np.datetime64], prices: FloatArray, bought: NDArray[np.bool_]) -> Axes:
    """Trades on a price: buys point up, sales down; the more there are, the less each hides of it."""
    few = min(1.0, _FEW / max(1, prices.size))
    style: dict[str, Any] = {
        "markersize": 6.5 * max(few**0.5, 0.42),
        # An edge tells a mark from a line of its colour.
        "markeredgecolor": ax.get_facecolor(),
        "markeredgewidth": 0.8 * max(few, 0.3),
        "alpha": max(few, 0.5),
        "zorder": 3,
        "clip_on": False,
    }
    for name, marker, colour, which in (("bought", "^", COLOURS[3], bought), ("sold", "v", COLOURS[1], ~bought)):
        if which.any():
            label = f"{name} ({int(which.sum()):,})"
            ax.plot(times[which], prices[which], marker, color=colour, label=label, linestyle="none", **style)
    return ax


def verticals(ax: Axes, positions: Sequence[float], *, name: str, style: str = "--", colour: str = COLOURS[6]) -> Axes:
    """Lines across the axes, named once in the legend."""
    for i, x in enumerate(positions):
        ax.axvline(x, color=colour, linewidth=1.0, linestyle=style, label=None if i else name)
    return ax


def ticks(ax: Axes, positions: Sequence[float], *, name: str) -> Axes:
    """Short strokes on the lower edge of the axes, for more positions than lines across them can show."""
    ax.plot(
        positions, [0.0] * len(positions), "|", color=COLOURS[6], markersize=14.0, mew=0.8, label=name,
        transform=ax.get_xaxis_transform(), zorder=4,
    )  # fmt: skip
    return ax


def marks(ax: Axes, points: Sequence[tuple[float, float]], *, name: str) -> Axes:
    """Rings; a few have their horizontal positions in the legend, where no curve runs through the words."""
    if points:
        told = " and ".join(f"{x:,.6g}" for x, _ in points) if len(points) <= _TOLD else f"({len(points)})"
        x, y = zip(*points, strict=True)
        ax.plot(x, y, "o", mfc=ax.get_facecolor(), mec=COLOURS[3], mew=1.6, label=f"{name} {told}", zorder=5)
    return ax


def dotted(ax: Axes, x: FloatArray, y: FloatArray) -> Axes:
    """A dot on every point of the first curve, with room for the outermost and between the axis's figures."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.plot(x, y, "o", color=COLOURS[0], markersize=4.0, zorder=4)
    ax.margins(x=0.02)
    return ax


def dashed(ax: Axes, x: FloatArray, y: FloatArray, *, name: str) -> Axes:
    """A dashed line to compare with; a level one goes all the way across."""
    style: dict[str, Any] = {"linestyle": "--", "color": GREY, "linewidth": 1.4, "label": name}
    if (y == y[0]).all():
        ax.axhline(y[0], **style)
    else:
        ax.plot(x, y, **style)
    return ax


def levels(ax: Axes, heights: Mapping[str, float]) -> Axes:
    """Lines all the way across, told apart by colour and dash."""
    for (name, height), (colour, dash) in zip(heights.items(), _LEVELS, strict=False):
        ax.axhline(height, linestyle=dash, color=colour, linewidth=1.4, label=name)
    return ax


def from_zero(ax: Axes, y: FloatArray) -> Axes:
    """The vertical axis from 0 up, unless some of ``y`` is below; without figures where ``y`` has none."""
    if np.isnan(y).all():
        ax.set_yticks([])
    elif np.nanmin(y) >= 0:
        ax.set_ylim(bottom=0.0)
    return ax


def close_up(ax: Axes, y: FloatArray) -> Axes:
    """The vertical axis over the middle 98 % of ``y``, and a little more; what lies beyond is counted above it."""
    low, high = np.nanquantile(y, [0.01, 0.99])
    room = 0.1 * (high - low) or 1.0
    low, high = ax.set_ylim(low - room, high + room)
    if beyond := int(((y < low) | (y > high)).sum()):
        ax.annotate(
            f"{beyond:,} of {int(np.isfinite(y).sum()):,} points lie beyond the axis", (1.0, 1.0),
            xycoords="axes fraction", xytext=(0, 4), textcoords="offset points", ha="right", fontsize="small",
            color=GREY,
        )  # fmt: skip
    return ax


def crosses(ax: Axes, positions: Sequence[float], *, name: str) -> Axes:
    """A cross on the lower edge of the axes at each position, named once in the legend."""
    if positions:
        at = ax.get_xaxis_transform()
        ax.plot(
            positions, [0.0] * len(positions), "x", color=COLOURS[1], mew=1.6, markersize=6.0, label=name,
            clip_on=False, transform=at, zorder=5,
        )  # fmt: skip
    return ax


def strips(ax: Axes, x: FloatArray, rows: Mapping[str, NDArray[np.bool_]]) -> Axes:
    """Bars along the upper edge, one row per name, over the points where it holds; halfway to where it does not.

    The room for them is added above what is drawn.
    """
    low, high = ax.get_ylim()
    share = _STRIP * len(rows)
    ax.set_ylim(low, low + (high - low) / (1.0 - share))
    left, right = ax.set_xlim(ax.get_xlim())
    # A point alone is as wide as a hundredth of the axis.
    middles = (x[1:] + x[:-1]) / 2
    begins, ends = np.concatenate([x[:1], middles]), np.concatenate([middles, x[-1:]])
    alone = (right - left) / 200 * (begins == ends)
    for i, (name, holds) in enumerate(rows.items()):
        turns = np.flatnonzero(np.diff(holds, prepend=False, append=False)).reshape(-1, 2)
        spans = [((begins - alone)[a], (ends + alone)[b - 1] - (begins - alone)[a]) for a, b in turns]
        top = 1.0 - _STRIP * i
        ax.broken_barh(
            spans, (top - 0.7 * _STRIP, 0.6 * _STRIP), transform=ax.get_xaxis_transform(), label=name,
            facecolors=_STRIPS[i % len(_STRIPS)], linewidth=0, zorder=3,
        )  # fmt: skip
    return ax


def flags(ax: Axes, places: Sequence[tuple[float, str]]) -> Axes:
    """Words along the verticals at some places, read from below; two that stand close keep to different ends."""
    at = ax.get_xaxis_transform()
    for i, (x, text) in enumerate(sorted(places)):
        high = i % 2 == 0
        ax.annotate(
            text, (x, 0.98 if high else 0.02), xycoords=at, xytext=(-2, 0), textcoords="offset points", rotation=90,
            ha="right", va="top" if high else "bottom", fontsize="small", color=GREY,
        )  # fmt: skip
    return ax
