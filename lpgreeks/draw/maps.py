"""Numbers as colours: maps, tiles and the bar beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.draw.frame import titled
from lpgreeks.draw.style import COLOURS, DIVERGING, SEQUENTIAL, house

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["crossings", "heat_map", "shade_bar", "shading", "tiles"]

# Of tiles, that a number each still fits on; characters that fit side by side under them.
_MOST_NUMBERS = 132
_LINE = 48

# Characters side by side on tiles that can still be read where a picture is shown 600 pixels wide.
_NUMBER_FONTS = {"medium": 40, "small": 64}


def heat_map(
    ax: Axes, x: FloatArray, y: FloatArray, heights: FloatArray, *, best: tuple[float, float], name: str, xlabel: str,
    ylabel: str, title: str = "",
) -> Axes:  # fmt: skip
    """One cell for each pair of ``x`` and ``y``, ``heights[y, x]``, reaching halfway to the next; blank where NaN.

    ``name`` says what the colours mean; ``best`` is ringed.
    """
    from matplotlib.ticker import StrMethodFormatter

    with house():
        cells = ax.pcolormesh(_edges(x), _edges(y), np.ma.masked_invalid(heights), cmap=SEQUENTIAL)
        ax.grid(visible=False)
        thousands = StrMethodFormatter("{x:,g}")
        ax.get_figure().colorbar(cells, ax=ax, label=name, format=thousands)  # type: ignore[union-attr]
        ax.plot(*best, "o", mfc="none", mec=COLOURS[1], mew=2.0, markersize=11.0, label="best", zorder=5)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        titled(ax, title)
        ax.xaxis.set_major_formatter(thousands)
        ax.yaxis.set_major_formatter(thousands)
    return ax


def tiles(
    ax: Axes, heights: FloatArray, *, across: Sequence[str], upward: Sequence[str], best: tuple[int, int], name: str,
    xlabel: str, ylabel: str, title: str = "",
) -> Axes:  # fmt: skip
    """One tile for each pair of words, ``heights[upward, across]``, its number on it where it can be read.

    Hatched where NaN. Colours part at 0 where numbers lie on both sides of it. ``best``, in places, is framed.
    """
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import StrMethodFormatter

    shown = np.ma.masked_invalid(heights)
    low, high = float(shown.min()), float(shown.max())
    both = low < 0 < high
    reach = max(-low, high)
    with house():
        ax.patch.set(hatch="///", edgecolor="#cccccc")
        colours: dict[str, Any] = {"cmap": DIVERGING, "vmin": -reach, "vmax": reach} if both else {"cmap": SEQUENTIAL}
        cells = ax.imshow(shown, aspect="auto", origin="lower", interpolation="nearest", **colours)
        ax.grid(visible=False)
        thousands = StrMethodFormatter("{x:,g}")
        ax.get_figure().colorbar(cells, ax=ax, label=name, format=thousands)  # type: ignore[union-attr]
        texts = {place: _number(x) for place, x in np.ndenumerate(heights) if np.isfinite(x)}
        longest = heights.shape[1] * max(map(len, texts.values()))
        font = next((font for font, room in _NUMBER_FONTS.items() if longest <= room), None)
        if font is None or heights.size > _MOST_NUMBERS:
            # Without colours only a sign tells losses from gains.
            font, texts = "small", {place: "\N{MINUS SIGN}" for place in texts if both and heights[place] < 0}
        for (i, j), text in texts.items():
            red, green, blue, _ = cells.cmap(cells.norm(np.array(heights[i, j])))
            dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
            ax.text(j, i, text, ha="center", va="center", fontsize=font, color="w" if dark else "k")
        i, j = best
        ax.add_patch(
            Rectangle(
                (j - 0.5, i - 0.5), 1, 1, fill=False, ec=COLOURS[1], lw=2.4, label="best", zorder=5, clip_on=False
            )
        )
        ax.set(xlabel=xlabel, ylabel=ylabel)
        titled(ax, title)
        size = "x-small" if sum(map(len, across)) > _LINE else "medium"
        ax.set_xticks(range(len(across)), across, fontsize=size)
        ax.set_yticks(range(len(upward)), upward)
    return ax


def crossings(ax: Axes, places: Sequence[tuple[float, int]], *, name: str) -> Axes:
    """Upright strokes on :func:`tiles`, ``(across, row)``, from the row's lower edge to its upper one."""
    with house():
        for i, (x, row) in enumerate(places):
            ax.plot(
                [x, x], [row - 0.5, row + 0.5], color=COLOURS[2], linewidth=2.4, label=None if i else name,
                solid_capstyle="butt", zorder=6,
            )  # fmt: skip
    return ax


def _number(x: float) -> str:
    return (f"{x:,.0f}" if abs(x) >= 1e3 else f"{x:.3g}").replace("-", "\N{MINUS SIGN}")


def _edges(places: FloatArray) -> FloatArray:
    """The ends of cells around ascending places."""
    if places.size == 1:
        return np.array([0.99, 1.01]) * float(places[0])
    middles = (places[1:] + places[:-1]) / 2
    return np.concatenate([[2 * places[0] - middles[0]], middles, [2 * places[-1] - middles[-1]]])


def shade_bar(ax: Axes, shades: Sequence[float], *, name: str, labels: Sequence[str] = ()) -> Axes:
    """What the shades of a :func:`fan` mean, beside the axes; ``labels`` are written at the shades in their place."""
    from matplotlib.ticker import StrMethodFormatter

    thousands = StrMethodFormatter("{x:,g}")
    bar = ax.get_figure().colorbar(shading(shades), ax=ax, label=name, format=thousands)  # type: ignore[union-attr]
    bar.outline.set_visible(False)
    if labels:
        bar.set_ticks(list(shades), labels=list(labels))
        bar.ax.tick_params(labelsize="small")
    return ax


def shading(shades: Sequence[float]) -> Any:
    """Numbers to colours; the lightest part of the map would be lost on white."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    visible = ListedColormap(colormaps["viridis_r"](np.linspace(0.3, 1.0, 256)))
    low, high = min(shades), max(shades)
    return ScalarMappable(Normalize(low, high) if high > low else Normalize(low - 1.0, low + 1.0), visible)
