"""What of a drawn figure can be pointed at, moved and magnified: read off its axes, knowing no result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks.reports.areas import areas
from lpgreeks.reports.scales import hexed, numbers, scale

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["named", "pointed"]

# Fewer points are no curve.
_FEWEST = 3

# Digits of places along an axis, and of what a line shows there.
_PLACE, _HEIGHT = 10, 7


def named(drawn: Figure) -> None:
    """Names every artist that moves with an axis: which axes, along which axis, what it is, and its number."""
    for k, ax in enumerate(_axes(drawn)):
        for n, kind, artist in _artists(ax):
            if along := _along(ax, artist):
                artist.set_gid(f"moves-{k}-{along}-{kind}-{n}")


def pointed(drawn: Figure) -> dict[str, Any]:
    """Of a figure that was saved, by axes: box in points, scales, lines, texts, and bars and tiles. Plain types."""
    width, height = (72.0 * side for side in drawn.get_size_inches())
    return {"axes": [_read(ax, width, height) for ax in _axes(drawn)]}


def _axes(drawn: Figure) -> list[Axes]:
    """Those with data: not the bars that explain colours."""
    return [ax for ax in drawn.axes if ax.get_label() not in ("<colorbar>",)]


def _artists(ax: Axes) -> Iterator[tuple[int, str, Artist]]:
    kinds = {"line": ax.lines, "shape": (*ax.patches, *ax.collections, *ax.images), "text": ax.texts}
    every = [(kind, artist) for kind, artists in kinds.items() for artist in artists]
    yield from ((n, kind, artist) for n, (kind, artist) in enumerate(every))


def _along(ax: Axes, artist: Any) -> str:
    """ "x", "y" or "xy" where the artist moves with these, "" where it stays."""
    # An annotation hangs from a point in coordinates of its own.
    given = getattr(artist, "xycoords", None)
    if isinstance(given, str):
        return "xy" if given in ("data",) else ""
    transform = given or artist.get_transform()
    across, up = map(bool, transform.contains_branch_seperately(ax.transData))
    return "x" * across + "y" * up


def _read(ax: Axes, width: float, height: float) -> dict[str, Any]:
    stands = ax.get_position()
    box = stands.x0 * width, (1.0 - stands.y1) * height, stands.width * width, stands.height * height
    found: dict[str, Any] = {
        "number": ax.figure.axes.index(ax) + 1,
        "box": numbers(box, 6),
        "x": scale(ax.xaxis, ax.get_xlim()),
        "y": scale(ax.yaxis, ax.get_ylim()),
        "areas": list(areas(ax)),
        "texts": {},
        "lines": [],
        "xs": [],
    }
    for n, kind, artist in _artists(ax):
        along: Any = _along(ax, artist)
        drawn: Any = artist
        if kind in ("text",) and along:
            found["texts"][n] = numbers(getattr(drawn, "xy", None) or drawn.get_position(), _PLACE)
        elif kind in ("line",) and (line := _line(drawn, along)):
            # Lines over the same points share them.
            if line["x"] not in found["xs"]:
                found["xs"].append(line["x"])
            found["lines"].append(line | {"n": n, "x": found["xs"].index(line["x"])})
    return found


def _line(line: Any, along: str) -> dict[str, Any] | None:
    """A curve, marks without a line, or a level that goes all the way across; None for what has no name."""
    name = str(line.get_label())
    x, y = (np.asarray(side, dtype=np.float64) for side in line.get_data(orig=False))
    if name.startswith("_") or along not in ("xy", "y"):
        return None
    if along in ("y",):
        return {"kind": "level", "name": name, "colour": hexed(line.get_color()), "x": [], "y": numbers(y[:1], _HEIGHT)}
    marks = line.get_linestyle() in ("None",) or x.size < _FEWEST
    colour = line.get_markeredgecolor() if marks else line.get_color()
    found = {"kind": "mark" if marks else "curve", "name": name, "colour": hexed(colour)}
    return found | {"x": numbers(x, _PLACE), "y": numbers(y, _HEIGHT)}
