"""Bars, intervals and tiles of a picture, each with what it says when pointed at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks.hedging.text import rounded
from lpgreeks.reports.scales import hexed, numbers, place, shown, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["areas"]

_DIGITS = 10


def areas(ax: Axes) -> Iterator[dict[str, Any]]:
    """From where to where each reaches, along one axis or both; its colour, its name and its number in words."""
    from matplotlib.collections import QuadMesh
    from matplotlib.container import BarContainer, ErrorbarContainer

    for group in ax.containers:
        if isinstance(group, BarContainer):
            yield from _bars(ax, group)
        elif isinstance(group, ErrorbarContainer):
            yield from _intervals(ax, group)
    for image in ax.images:
        left, right, bottom, top = image.get_extent()
        drawn: Any = image.get_array()
        height, width = drawn.shape
        yield from _tiles(ax, image, np.linspace(left, right, width + 1), np.linspace(bottom, top, height + 1))
    for mesh in (drawn for drawn in ax.collections if isinstance(drawn, QuadMesh)):
        corners = np.asarray(mesh.get_coordinates())
        yield from _tiles(ax, mesh, corners[0, :, 0], corners[:, 0, 1])


def _bars(ax: Axes, group: Any) -> Iterator[dict[str, Any]]:
    # A histogram's name stands on its first bar; one that begins like this was given by nobody.
    names = (str(one.get_label()) for one in (group, *group.patches[:1]))
    name = next((given for given in names if not given.startswith("_")), "")
    upright = group.orientation in ("vertical",)
    across, along = (ax.xaxis, ax.yaxis) if upright else (ax.yaxis, ax.xaxis)
    for bar in group.patches:
        sides = (bar.get_x(), bar.get_width(), bar.get_height()), (bar.get_y(), bar.get_height(), bar.get_width())
        start, wide, long = sides[0] if upright else sides[1]
        where = place(across, start, start + wide)
        yield {
            "x" if upright else "y": numbers((start, start + wide), _DIGITS),
            "colour": hexed(bar.get_facecolor()),
            "name": ", ".join(filter(None, (where, name))),
            "value": shown(along, long),
        }


def _intervals(ax: Axes, group: Any) -> Iterator[dict[str, Any]]:
    middle, _, (reach,) = group.lines
    for x, y, segment in zip(*middle.get_data(orig=False), reach.get_segments(), strict=True):
        low, high = map(rounded, segment[:, 0].tolist())
        yield {
            "y": numbers((y - 0.5, y + 0.5), _DIGITS),
            "colour": hexed(middle.get_color()),
            "name": place(ax.yaxis, y - 0.5, y + 0.5),
            "value": f"{shown(ax.xaxis, float(x))} ({low} to {high})",
        }


def _tiles(ax: Axes, drawn: Any, x: Any, y: Any) -> Iterator[dict[str, Any]]:
    masked: Any = np.ma.asarray(drawn.get_array(), dtype=np.float64)
    heights = masked.filled(np.nan).reshape(y.size - 1, x.size - 1)
    name = "" if drawn.colorbar is None else drawn.colorbar.ax.get_ylabel()
    for (j, i), height in np.ndenumerate(heights):
        across = f"{title(ax.xaxis)} {place(ax.xaxis, x[i], x[i + 1])}"
        up = f"{title(ax.yaxis)} {place(ax.yaxis, y[j], y[j + 1])}"
        yield {
            "x": numbers(x[i : i + 2], _DIGITS),
            "y": numbers(y[j : j + 2], _DIGITS),
            "colour": "",
            "name": ", ".join(filter(None, (across.strip(), up.strip(), name))),
            "value": rounded(float(height)) if math.isfinite(height) else "none",
        }
