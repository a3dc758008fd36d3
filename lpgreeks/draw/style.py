"""One style, told apart by every kind of colour vision: colours, dashes, marks, maps and the frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = [
    "COLOURS",
    "DASHES",
    "DIVERGING",
    "GREY",
    "MARKERS",
    "SEQUENTIAL",
    "ZERO",
    "house",
    "ink",
    "palette",
    "style",
]

COLOURS = ("#0072B2", "#D55E00", "#000000", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's palette (Color Universal Design, 2008), told apart by every kind of colour vision."""

DASHES = ("-", (0, (6, 1.5)), (0, (6, 1.5, 1.2, 1.5)), (0, (1.2, 1.2)))
"""Of curves in turn: without any colour they are still told apart."""

MARKERS = ("o", "s", "D", "P", "X", "*", "p")
"""Of lines over dates in turn, which dashes would tear; triangles are kept for trades."""

GREY, ZERO = "#666666", "#888888"

SEQUENTIAL, DIVERGING = "cividis_r", "PuOr"
"""Darker is more; of the diverging one further from 0."""

_FRAME: dict[Any, Any] = {
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
def style() -> Iterator[None]:
    """The look of the library's pictures for your own: colours, dashes and the frame, inside a ``with`` block.

    Every picture of the library has it already; what you have set in ``matplotlib.rcParams`` goes before it there.
    Here it goes before yours. Nothing outside the block changes.

    Source of the colours: M. Okabe and K. Ito, Color Universal Design, 2008. Under simulated protanopia, deuteranopia
    and tritanopia any two of them stay at least 15 units of CIELAB apart.
    """
    import matplotlib as mpl
    from cycler import cycler

    first = slice(len(DASHES))
    cycle = cycler(color=[c for c in COLOURS if c != COLOURS[2]][first]) + cycler(linestyle=DASHES)
    with mpl.rc_context(_FRAME | {"axes.prop_cycle": cycle, "image.cmap": SEQUENTIAL}):
        yield


@contextmanager
def house() -> Iterator[None]:
    """The frame, as far as the user has left matplotlib's own."""
    import matplotlib as mpl

    untouched = {name: own for name, own in _FRAME.items() if mpl.rcParams[name] == mpl.rcParamsDefault[name]}
    with mpl.rc_context(untouched):
        yield


def ink() -> str:
    """What words are written in: black, unless the user's style is dark."""
    import matplotlib as mpl

    return str(mpl.rcParams["text.color"])


def palette() -> tuple[str, ...]:
    """:data:`COLOURS`, with the user's ink for black."""
    return tuple(ink() if colour == COLOURS[2] else colour for colour in COLOURS)
