"""Lines over prices and over dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.draw.frame import titled
from lpgreeks.draw.maps import shading
from lpgreeks.draw.style import COLOURS, DASHES, MARKERS, ZERO, house, ink, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["band", "curves", "fan", "strands", "timelines"]

# Black is kept for the sum.
_THIN = (COLOURS[0], COLOURS[1], COLOURS[3], COLOURS[4])

# Of a line over dates: so many marks, if it has no fewer points.
_MARKED = 9


def curves(
    ax: Axes, x: FloatArray, lines: Mapping[str, FloatArray], *, xlabel: str, ylabel: str, title: str = ""
) -> Axes:
    """One line per entry over ``x``; the last one is drawn heavier, as the sum of the others."""
    from matplotlib.ticker import StrMethodFormatter

    with house():
        for i, (name, y) in enumerate(lines.items()):
            last = len(lines) > 1 and i == len(lines) - 1
            ax.plot(
                x,
                y,
                label=name,
                color=ink() if last else _THIN[i % len(_THIN)],
                linestyle="-" if last else DASHES[i % len(DASHES)],
                linewidth=2.4 if last else 1.6,
            )
        _framed(ax, ylabel=ylabel, title=title)
        ax.set(xlabel=xlabel)
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    return ax


def _framed(ax: Axes, *, ylabel: str, title: str) -> None:
    """What lines share: a line at 0 where they cross it, thousands apart, no room at the sides."""
    from matplotlib.ticker import StrMethodFormatter

    low, high = ax.get_ylim()
    if low < 0 < high:
        ax.axhline(0.0, color=ZERO, linewidth=0.8)
    ax.set(ylabel=ylabel)
    titled(ax, title)
    ax.margins(x=0)
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))


def timelines(
    ax: Axes, times: NDArray[np.datetime64], lines: Mapping[str, FloatArray], *, ylabel: str, title: str = ""
) -> Axes:
    """:func:`curves` over dates."""
    kept = _shown(times)
    curves(ax, times[kept], {name: y[kept] for name, y in lines.items()}, xlabel="", ylabel=ylabel, title=title)  # type: ignore[arg-type]
    return _dates(ax)


def strands(
    ax: Axes,
    times: NDArray[np.datetime64],
    lines: Mapping[str, FloatArray],
    *,
    ylabel: str,
    title: str = "",
    dashed: Mapping[str, FloatArray] | None = None,
) -> Axes:
    """One line per entry over dates, none of them a sum; a ``dashed`` one has the colour of the entry in its place."""
    kept = _shown(times)
    with house():
        colours, at, several = palette(), times[kept], len(lines) > 1
        for style, group in (("-", lines), ("--", dashed or {})):
            for i, (name, y) in enumerate(group.items()):
                ax.plot(
                    at, y[kept], style, label=name, color=colours[i % len(colours)], linewidth=1.4,
                    marker=MARKERS[i % len(MARKERS)] if several else "", markersize=4.5,
                    markevery=_every(at.size, i),
                )  # fmt: skip
        _framed(ax, ylabel=ylabel, title=title)
    return _dates(ax)


def fan(
    ax: Axes, times: NDArray[np.datetime64], lines: Mapping[str, FloatArray], shades: Sequence[float], *, ylabel: str,
    title: str = "",
) -> Axes:  # fmt: skip
    """One line per entry over dates, the greater its shade the darker; a line breaks where it is NaN."""
    colour = shading(shades)
    with house():
        for (name, y), shade in zip(lines.items(), shades, strict=True):
            ax.plot(times, y, label=name, color=colour.to_rgba(shade), linewidth=1.1)
        _framed(ax, ylabel=ylabel, title=title)
    return _dates(ax)


def band(ax: Axes, times: NDArray[np.datetime64], low: FloatArray, high: FloatArray, *, name: str) -> Axes:
    """What lies between two series over dates, shaded."""
    kept = _shown(times)
    ax.fill_between(times[kept], low[kept], high[kept], color=COLOURS[5], alpha=0.35, linewidth=0.8, label=name)
    return ax


def _every(points: int, i: int) -> tuple[int, int]:
    """A few marks along a line, of each line in places of its own."""
    apart = max(1, points // _MARKED)
    return (i * apart // 3) % apart, apart


def _dates(ax: Axes) -> Axes:
    """Dates along the horizontal axis."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    # Between these two every span of time has a step.
    locator = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.set(xlabel="time, UTC")
    return ax


def _shown(times: NDArray[np.datetime64]) -> slice:
    """A few thousand points are more than a picture shows."""
    return slice(None, None, max(1, times.size // 4_000))
