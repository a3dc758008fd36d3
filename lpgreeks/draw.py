"""Arrays to matplotlib axes: curves, marks and histograms. Knows no result; the only module that draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks._types import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLOURS", "bands", "curves", "histograms", "marks", "new_axes"]

COLOURS = ("#0072B2", "#D55E00", "#000000", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's palette, told apart by every kind of colour vision."""

_STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "legend.frameon": False,
    "svg.hashsalt": "lpgreeks",
}


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


def new_axes(rows: int = 1, *, width: float = 7.2, height: float = 4.2) -> list[Axes]:
    """One figure with ``rows`` axes above each other that share their horizontal axis."""
    import matplotlib.pyplot as plt

    with _style():
        _, axes = plt.subplots(
            rows, 1, sharex=True, squeeze=False, figsize=(width, height * (1 + 0.6 * (rows - 1))), layout="constrained"
        )
    return list(axes[:, 0])


def curves(ax: Axes, x: FloatArray, lines: Mapping[str, FloatArray], *, xlabel: str, ylabel: str, title: str = "") -> Axes:
    """One line per entry over ``x``; the last one is drawn heavier, as the sum of the others."""
    from matplotlib.ticker import StrMethodFormatter

    with _style():
        for i, (name, y) in enumerate(lines.items()):
            last = len(lines) > 1 and i == len(lines) - 1
            ax.plot(x, y, label=name, color=COLOURS[2 if last else i % 2], linewidth=2.4 if last else 1.6)
        ax.axhline(0.0, color="#888888", linewidth=0.8)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
        ax.margins(x=0)
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        if len(lines) > 1:
            ax.legend()
    return ax


def bands(ax: Axes, spans: Sequence[tuple[float, float, str]]) -> Axes:
    """Shaded ranges of the horizontal axis, each named in the legend."""
    for low, high, name in spans:
        ax.axvspan(low, high, color="#56B4E9", alpha=0.12, linewidth=0, label=name)
        for edge in (low, high):
            ax.axvline(edge, color="#56B4E9", linewidth=0.8, linestyle="--")
    if spans:
        ax.legend()
    return ax


def marks(ax: Axes, points: Sequence[tuple[float, float]], *, name: str) -> Axes:
    """Ringed points, each with its horizontal position written beside it."""
    if points:
        x, y = zip(*points, strict=True)
        ax.plot(x, y, "o", mfc="white", mec=COLOURS[3], mew=1.6, label=name, zorder=5)
        for at, height in points:
            ax.annotate(
                f"{at:,.6g}", (at, height), xytext=(0, 8), textcoords="offset points", ha="center", color=COLOURS[3]
            )
        ax.legend()
    return ax


def histograms(
    ax: Axes, samples: Mapping[str, FloatArray], weights: FloatArray, *, xlabel: str, title: str = "", bins: int = 60
) -> Axes:
    """Weighted histograms on shared bins, as shares of the weight; the last one filled on top."""
    from matplotlib.ticker import PercentFormatter, StrMethodFormatter

    low, high = _central(list(samples.values()), weights)
    edges = np.linspace(low, high, bins + 1)
    with _style():
        for i, (name, values) in enumerate(samples.items()):
            held = np.clip(values, low, high)
            style: dict[str, Any] = {"alpha": 0.75} if i else {"alpha": 0.45}
            ax.hist(held, edges, weights=weights, label=name, color=COLOURS[1 if i == 0 else 0], **style)
        ax.axvline(0.0, color="#888888", linewidth=0.8)
        ax.set(xlabel=xlabel, ylabel="share of outcomes", title=title)
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        ax.legend()
    return ax


def _central(samples: Sequence[FloatArray], weights: FloatArray) -> tuple[float, float]:
    """The span that holds 99.8 % of every sample; what lies beyond is drawn in the outermost bins."""
    lows, highs = [], []
    for values in samples:
        order = np.argsort(values)
        share = np.cumsum(weights[order])
        lows.append(values[order][min(np.searchsorted(share, 0.001), len(order) - 1)])
        highs.append(values[order][min(np.searchsorted(share, 0.999), len(order) - 1)])
    low, high = float(min(lows)), float(max(highs))
    return (low, high) if high > low else (low - 1.0, high + 1.0)
