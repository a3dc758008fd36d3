"""Axes as pictures of a page: an SVG that is the same bytes every time, and what can be pointed at."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lpgreeks.reports.parts import Picture
from lpgreeks.reports.pointed import named, pointed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["picture", "pictures"]

# Text stays text; names inside the file follow from what is drawn.
_RULES: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "lpgreeks"}

# Of text on tiles: one step away from the black and the white that follow the theme.
_ON_TILES = {"#000000": "#010101", "#ffffff": "#fefefe"}

# What only a file of its own needs: the head, what it says of itself, rules for all elements, sizes in points.
_HEAD = re.compile(r"^.*?(?=<svg )", re.DOTALL)
_SAID = re.compile(r"\s*<metadata>.*?</metadata>|\s*<style .*?</style>", re.DOTALL)
_FRAME = re.compile(r' (?:xmlns(?::xlink)?|version|width|height)="[^"]*"')

_MOVES = re.compile(r'id="moves-(\d+)-(\w+)-(\w+)-(\d+)"')
_NAMES = re.compile(r'(\bid="|url\(#|href="#)')
_COLOUR = re.compile(r"(?<=: )#([0-9a-f]{6})(?=[;\"])")
_IDLE = re.compile(r" font-family: [^;]*;| transform=\"rotate\(-?0 [^)]*\)\"")


def pictures(*plots: Callable[[], Axes]) -> tuple[Picture, ...]:
    """Each plot as it draws itself."""
    return tuple(map(picture, plots))


def picture(plot: Callable[[], Axes]) -> Picture:
    """One plot as it draws itself; its title becomes the caption."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    drawn: Any = plot().figure
    try:
        caption = _title_taken(drawn)
        _keep_text_on_tiles(drawn)
        named(drawn)
        file = io.StringIO()
        with mpl.rc_context(_RULES):
            drawn.savefig(file, format="svg")
        # Where the axes stand is settled by drawing them.
        return Picture(caption=caption, svg=_inline(file.getvalue()), data=pointed(drawn))
    finally:
        plt.close(drawn)


def _title_taken(drawn: Any) -> str:
    """The titles, taken off the axes: a page sets them as text that wraps."""
    titles = []
    for ax in drawn.axes:
        for side in ("left", "center", "right"):
            titles.append(" ".join(ax.get_title(loc=side).split()))
            ax.set_title("", loc=side)
    return "; ".join(filter(None, titles))


def _keep_text_on_tiles(drawn: Any) -> None:
    from matplotlib.colors import to_hex

    for text in (text for ax in drawn.axes if ax.images for text in ax.texts):
        colour = to_hex(text.get_color())
        text.set_color(_ON_TILES.get(colour, colour))


def _inline(svg: str) -> str:
    """The picture to stand inside a page, its colours as variables that the page may change."""
    svg = _SAID.sub("", _HEAD.sub("", svg))
    frame, rest = svg.split(">", 1)
    svg = f'{_FRAME.sub("", frame)} tabindex="0" role="img">{rest}'.replace("xlink:href", "href")
    svg = _IDLE.sub("", svg)
    svg = _COLOUR.sub(r"var(--c\1, #\1)", svg)
    svg = _MOVES.sub(r'class="moves" data-axes="\1" data-along="\2" data-kind="\3" data-n="\4"', svg)
    # Several pictures stand on one page: what they call by name is named after the picture.
    own = hashlib.sha256(svg.encode()).hexdigest()[:8]
    return re.sub(r"\n\s*", "\n", _NAMES.sub(rf"\g<1>f{own}-", svg)).strip()
