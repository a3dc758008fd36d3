"""Axes, the words above them and the legend under them: as wide as the picture is."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lpgreeks.draw.style import house

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["legend", "new_axes", "saved", "titled"]

# Widths of letters and of what stands before a name in a legend, in font sizes; what a plain picture keeps free at its
# sides, in inches; how far the legend stands below the axes, in font sizes: under the numbers and their label.
_LETTER, _HANDLE, _SIDES, _BELOW = 0.55, 4.2, 0.9, 3.7

# Names beside the axes up to this many letters take no more room than numbers do.
_SHORT = 10

# So many names side by side are still found at a glance.
_COLUMNS = 3


def new_axes(rows: int = 1, *, width: float = 7.2, height: float = 4.2) -> list[Axes]:
    """One figure with ``rows`` axes above each other that share their horizontal axis."""
    import matplotlib.pyplot as plt

    with house():
        _, axes = plt.subplots(
            rows, 1, sharex=True, squeeze=False, figsize=(width, height * (1 + 0.6 * (rows - 1))), layout="constrained"
        )
    return list(axes[:, 0])


def saved(plot: Callable[[], Axes], file: Path) -> None:
    """A picture as a file, by its ending; drawn without a screen, and closed."""
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    figure = cast("Figure", plot().figure)
    # On a full disk some formats fail in words of their own: the file is written when it is whole.
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=150, format=file.suffix.removeprefix("."))
    plt.close(figure)
    file.write_bytes(drawn.getvalue())


def titled(ax: Axes, title: str, *, beside: int = 0) -> Axes:
    """The title in as many lines as the picture is narrow; names of ``beside`` letters stand to its left."""
    import matplotlib as mpl

    size = _points(mpl.rcParams["axes.titlesize"])
    taken = max(0, beside - _SHORT) * _LETTER * _points("medium") / 72
    wide = max(16, int((_inches(ax) - taken) * 72 / (_LETTER * size)))
    ax.set_title(textwrap.fill(" ".join(title.split()), wide, break_on_hyphens=False))
    return ax


def legend(ax: Axes) -> Axes:
    """The legend of all that was drawn, under the axes, where it covers nothing.

    A figure without a layout has no room there: in one it finds a place inside, on a ground of its own.
    """
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure()
    _, names = ax.get_legend_handles_labels()
    if figure is None or not names:
        return ax
    with house():
        if figure.get_layout_engine() is None:
            ax.legend(frameon=True, framealpha=0.85, edgecolor="none", fontsize="small")
            return ax
        size = _points("small")
        down = ScaledTranslation(0.0, -_BELOW * _points("medium") / 72, figure.dpi_scale_trans)
        ax.legend(
            loc="upper center", bbox_to_anchor=(0.5, 0.0), bbox_transform=ax.transAxes + down, borderaxespad=0.0,
            ncols=_abreast(names, _inches(ax) * 72 / size), fontsize="small", columnspacing=1.4,
        )  # fmt: skip
    return ax


def _abreast(names: Sequence[str], room: float) -> int:
    """In how many columns names fit into a room in font sizes, as many of them full as can be."""
    for columns in range(min(_COLUMNS, len(names)), 1, -1):
        apart = [names[i : i + rows] for rows in [-(-len(names) // columns)] for i in range(0, len(names), rows)]
        if len(apart) == columns and sum(max(map(len, own)) * _LETTER + _HANDLE for own in apart) <= room:
            return columns
    return 1


def _inches(ax: Axes) -> float:
    """From the left end of the axes to the right end of what is theirs."""
    figure = ax.get_figure()
    if figure is None:
        return 6.0
    place = ax.get_position()
    share = min(place.width + 0.07, 1.0)
    return min(share * figure.bbox.width / figure.dpi, figure.bbox.width / figure.dpi - _SIDES)


def _points(size: str | float) -> float:
    """A font's size in points, as the user's settings have it."""
    from matplotlib.font_manager import FontProperties

    return float(FontProperties(size=size).get_size_in_points())
