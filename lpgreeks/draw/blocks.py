"""Bars, histograms, intervals and points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.draw.frame import legend, titled
from lpgreeks.draw.style import COLOURS, ZERO, house, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["bars", "columns", "histograms", "intervals", "points"]

# Of points: asks and bids hang from and stand on their price.
_SHAPES = (
    ("v", COLOURS[1], 6.0),
    ("^", COLOURS[0], 6.0),
    (".", COLOURS[2], 6.0),
    ("D", COLOURS[3], 6.0),
    ("*", COLOURS[4], 13.0),
)
_HOLLOW = "v^D"


def histograms(
    ax: Axes, samples: Mapping[str, FloatArray], weights: FloatArray, *, xlabel: str,
    ylabel: str = "share of outcomes", title: str = "", bins: int = 60,
) -> Axes:  # fmt: skip
    """Weighted histograms on shared bins, of one or two samples, as shares of the weight; the last one on top."""
    from matplotlib.ticker import PercentFormatter, StrMethodFormatter

    low, high = _central(list(samples.values()), weights)
    edges = np.linspace(low, high, bins + 1)
    with house():
        looks = ((COLOURS[1], 0.45), (COLOURS[0], 0.75))[-len(samples) :]
        for (name, values), (colour, alpha) in zip(samples.items(), looks, strict=True):
            held = np.clip(values, low, high)
            ax.hist(held, edges.tolist(), weights=weights, label=name, color=colour, alpha=alpha)
        ax.axvline(0.0, color=ZERO, linewidth=0.8)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        titled(ax, title)
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    return legend(ax)


def bars(ax: Axes, amounts: Mapping[str, float], *, xlabel: str, title: str = "") -> Axes:
    """One horizontal bar per entry, from the top down, its number beside it; the last one is their sum."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    names, sizes = [*amounts], np.array([*amounts.values()])
    colours = [*(COLOURS[0] if size >= 0 else COLOURS[1] for size in sizes[:-1]), ink()]
    with house():
        drawn = ax.barh(range(len(names)), sizes, color=colours)
        ax.bar_label(drawn, labels=[f"{size:,.0f}".replace("-", "\N{MINUS SIGN}") for size in sizes], padding=3)
        ax.set(xlabel=xlabel)
        titled(ax, title, beside=max(map(len, names), default=0))
        ax.set_yticks(range(len(names)), names)
        ax.invert_yaxis()
        ax.axvline(0.0, color=ZERO, linewidth=0.8)
        ax.grid(visible=False, axis="y")
        ax.margins(x=0.3)
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    return ax


def intervals(
    ax: Axes, rows: Mapping[str, tuple[float, float, float]], marked: Sequence[str], *, name: str, xlabel: str,
    title: str = "",
) -> Axes:  # fmt: skip
    """One ``(low, middle, high)`` per entry, from the top down, against 0; those ``marked`` in the other colour."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    with house():
        for colour, inside in ((COLOURS[0], False), (COLOURS[1], True)):
            chosen = [(y, *row) for y, (label, row) in enumerate(rows.items()) if (label in marked) is inside]
            if chosen:
                y, low, middle, high = np.array(chosen).T
                reach = np.stack([middle - low, high - middle])
                label = name if inside else None
                ax.errorbar(middle, y, xerr=reach, fmt="o", markersize=4.0, color=colour, elinewidth=1.4, label=label)
        ax.axvline(0.0, color=ZERO, linewidth=0.8)
        ax.set(xlabel=xlabel)
        titled(ax, title, beside=max(map(len, rows), default=0))
        ax.set_yticks(range(len(rows)), [*rows])
        ax.invert_yaxis()
        ax.grid(visible=False, axis="y")
        ax.xaxis.set_major_locator(MaxNLocator(6))
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    return legend(ax) if marked else ax


def columns(
    ax: Axes, groups: Mapping[str, tuple[FloatArray, FloatArray]], *, xlabel: str, ylabel: str, title: str = ""
) -> Axes:
    """Upright bars at positions on a scale, ``(x, heights)`` for each group; as wide as their places are close."""
    from matplotlib.ticker import StrMethodFormatter

    places = np.sort(np.concatenate([x for x, _ in groups.values()]))
    width = 0.7 * np.diff(places).min()
    with house():
        for i, (name, (x, heights)) in enumerate(groups.items()):
            ax.bar(x, heights, width, label=name, color=COLOURS[i])
        ax.axhline(0.0, color=ZERO, linewidth=0.8)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        titled(ax, title)
        ax.grid(visible=False, axis="x")
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    return legend(ax)


def points(
    ax: Axes, groups: Mapping[str, tuple[FloatArray, FloatArray]], *, xlabel: str, ylabel: str, title: str = ""
) -> Axes:
    """Points ``(x, shares)`` for each group, told apart by shape and colour; shares are shown in percent."""
    from matplotlib.ticker import PercentFormatter, StrMethodFormatter

    with house():
        for (name, (x, y)), (shape, colour, size) in zip(groups.items(), _SHAPES, strict=False):
            inside = "none" if shape in _HOLLOW else colour
            ax.plot(x, y, shape, color=colour, mfc=inside, markersize=size, label=name)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        titled(ax, title)
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    return ax


def _central(samples: Sequence[FloatArray], weights: FloatArray) -> tuple[float, float]:
    """The span that holds 99.8 % of every sample; what lies beyond is drawn in the outermost bins."""
    ends = [np.quantile(v, [0.001, 0.999], weights=weights, method="inverted_cdf") for v in samples]
    low, high = float(min(e[0] for e in ends)), float(max(e[1] for e in ends))
    return (low, high) if high > low else (low - 1.0, high + 1.0)
