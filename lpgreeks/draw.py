"""Arrays to matplotlib axes: curves, marks and histograms. Knows no result; the only module that draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "COLOURS",
    "GREY",
    "band",
    "bars",
    "close_up",
    "columns",
    "crosses",
    "crossings",
    "curves",
    "dashed",
    "dotted",
    "fan",
    "flags",
    "from_zero",
    "heat_map",
    "histograms",
    "intervals",
    "legend",
    "legend_below",
    "levels",
    "marks",
    "new_axes",
    "points",
    "shade_bar",
    "strands",
    "strips",
    "ticks",
    "tiles",
    "timelines",
    "trade_marks",
    "verticals",
]

COLOURS = ("#0072B2", "#D55E00", "#000000", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's palette, told apart by every kind of colour vision."""

GREY = "#666666"

# Black is kept for the sum.
_THIN = (COLOURS[0], COLOURS[1], COLOURS[3], COLOURS[4])

# Of the height of the axes, for each row; and the colours of rows, of which the first curve has none.
_STRIP = 0.05
_STRIPS = (COLOURS[3], COLOURS[5], COLOURS[4], COLOURS[6], COLOURS[2], COLOURS[1])

# Of level lines: the first dashed, the second dotted.
_LEVELS = ((COLOURS[5], "--"), (COLOURS[3], ":"))

# Marks of trades that leave a price to be seen.
_FEW = 200

# Characters of which two columns of a legend fit under a picture.
_HALF = 46

# Of points: asks and bids hang from and stand on their price.
_SHAPES = (
    ("v", COLOURS[1], 6.0),
    ("^", COLOURS[0], 6.0),
    (".", COLOURS[2], 6.0),
    ("D", COLOURS[3], 6.0),
    ("*", COLOURS[4], 13.0),
)
_HOLLOW = "v^D"

# Of tiles, that a number each still fits on; characters that fit side by side under them.
_MOST_NUMBERS = 132
_LINE = 48

# Characters side by side on tiles that can still be read where a picture is shown 600 pixels wide.
_NUMBER_FONTS = {"medium": 40, "small": 64}

_STYLE: dict[Any, Any] = {
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


def curves(
    ax: Axes, x: FloatArray, lines: Mapping[str, FloatArray], *, xlabel: str, ylabel: str, title: str = ""
) -> Axes:
    """One line per entry over ``x``; the last one is drawn heavier, as the sum of the others."""
    from matplotlib.ticker import StrMethodFormatter

    with _style():
        for i, (name, y) in enumerate(lines.items()):
            last = len(lines) > 1 and i == len(lines) - 1
            ax.plot(
                x, y, label=name, color=COLOURS[2] if last else _THIN[i % len(_THIN)], linewidth=2.4 if last else 1.6
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
        ax.axhline(0.0, color="#888888", linewidth=0.8)
    ax.set(ylabel=ylabel, title=title)
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
    with _style():
        for style, group in (("-", lines), ("--", dashed or {})):
            for i, (name, y) in enumerate(group.items()):
                ax.plot(times[kept], y[kept], style, label=name, color=COLOURS[i % len(COLOURS)], linewidth=1.6)
        _framed(ax, ylabel=ylabel, title=title)
    return _dates(ax)


def fan(
    ax: Axes, times: NDArray[np.datetime64], lines: Mapping[str, FloatArray], shades: Sequence[float], *, ylabel: str,
    title: str = "",
) -> Axes:  # fmt: skip
    """One line per entry over dates, the greater its shade the darker; a line breaks where it is NaN."""
    colour = _shading(shades)
    with _style():
        for (name, y), shade in zip(lines.items(), shades, strict=True):
            ax.plot(times, y, label=name, color=colour.to_rgba(shade), linewidth=1.1)
        _framed(ax, ylabel=ylabel, title=title)
    return _dates(ax)


def shade_bar(ax: Axes, shades: Sequence[float], *, name: str, labels: Sequence[str] = ()) -> Axes:
    """What the shades of a :func:`fan` mean, beside the axes; ``labels`` are written at the shades in their place."""
    from matplotlib.ticker import StrMethodFormatter

    thousands = StrMethodFormatter("{x:,g}")
    bar = ax.get_figure().colorbar(_shading(shades), ax=ax, label=name, format=thousands)  # type: ignore[union-attr]
    bar.outline.set_visible(False)
    if labels:
        bar.set_ticks(list(shades), labels=list(labels))
        bar.ax.tick_params(labelsize="small")
    return ax


def _shading(shades: Sequence[float]) -> Any:
    """Numbers to colours; the lightest fifth of the map would be lost on white."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    visible = ListedColormap(colormaps["viridis_r"](np.linspace(0.15, 1.0, 256)))
    low, high = min(shades), max(shades)
    return ScalarMappable(Normalize(low, high) if high > low else Normalize(low - 1.0, low + 1.0), visible)


def _dates(ax: Axes) -> Axes:
    """Dates along the horizontal axis."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    # Between these two every span of time has a step.
    locator = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    return ax


def band(ax: Axes, times: NDArray[np.datetime64], low: FloatArray, high: FloatArray, *, name: str) -> Axes:
    """What lies between two series over dates, shaded."""
    kept = _shown(times)
    ax.fill_between(times[kept], low[kept], high[kept], color=COLOURS[5], alpha=0.35, linewidth=0.8, label=name)
    return ax


def _shown(times: NDArray[np.datetime64]) -> slice:
    """A few thousand points are more than a picture shows."""
    return slice(None, None, max(1, times.size // 4_000))


def trade_marks(ax: Axes, times: NDArray[np.datetime64], prices: FloatArray, bought: NDArray[np.bool_]) -> Axes:
    """Trades on a price: buys point up, sales down; the more there are, the less each hides of it."""
    few = min(1.0, _FEW / max(1, prices.size))
    style: dict[str, Any] = {
        "markersize": 4.5 * max(few**0.5, 0.6),
        "alpha": max(few, 0.5),
        "zorder": 3,
        "clip_on": False,
    }
    for name, marker, colour, which in (("bought", "^", COLOURS[0], bought), ("sold", "v", COLOURS[1], ~bought)):
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
    """Ringed points, each with its horizontal position written beside it, in turn above and below."""
    for i, (x, y) in enumerate(points):
        ax.plot(x, y, "o", mfc="white", mec=COLOURS[3], mew=1.6, label=None if i else name, zorder=5)
        ax.annotate(
            f"{x:,.6g}", (x, y), xytext=(0, -16 if i % 2 else 9), textcoords="offset points", ha="center",
            color=COLOURS[3],
        )  # fmt: skip
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


def legend(ax: Axes) -> Axes:
    """The legend of all that was drawn, on a ground of its own: lines that run under it stay out of its words."""
    with _style():
        ax.legend(frameon=True, framealpha=0.85, edgecolor="none")
    return ax


def legend_below(ax: Axes) -> Axes:
    """The legend of all that was drawn, under the axes: it covers nothing."""
    _, names = ax.get_legend_handles_labels()
    with _style():
        ax.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2 if max(map(len, names)) <= _HALF else 1,
            fontsize="small",
        )  # fmt: skip
    return ax


def histograms(
    ax: Axes, samples: Mapping[str, FloatArray], weights: FloatArray, *, xlabel: str,
    ylabel: str = "share of outcomes", title: str = "", bins: int = 60,
) -> Axes:  # fmt: skip
    """Weighted histograms on shared bins, as shares of the weight; the last one filled on top."""
    from matplotlib.ticker import PercentFormatter, StrMethodFormatter

    low, high = _central(list(samples.values()), weights)
    edges = np.linspace(low, high, bins + 1)
    with _style():
        for i, (name, values) in enumerate(samples.items()):
            held = np.clip(values, low, high)
            style: dict[str, Any] = {"alpha": 0.75} if i else {"alpha": 0.45}
            ax.hist(held, edges.tolist(), weights=weights, label=name, color=COLOURS[1 if i == 0 else 0], **style)
        ax.axvline(0.0, color="#888888", linewidth=0.8)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    return legend(ax)


def bars(ax: Axes, amounts: Mapping[str, float], *, xlabel: str, title: str = "") -> Axes:
    """One horizontal bar per entry, from the top down, its number beside it; the last one is their sum."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    names, sizes = [*amounts], np.array([*amounts.values()])
    colours = [*(COLOURS[0] if size >= 0 else COLOURS[1] for size in sizes[:-1]), COLOURS[2]]
    with _style():
        drawn = ax.barh(range(len(names)), sizes, color=colours)
        ax.bar_label(drawn, labels=[f"{size:,.0f}" for size in sizes], padding=3)
        ax.set(xlabel=xlabel, title=title)
        ax.set_yticks(range(len(names)), names)
        ax.invert_yaxis()
        ax.axvline(0.0, color="#888888", linewidth=0.8)
        ax.grid(visible=False, axis="y")
        ax.margins(x=0.25)
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    return ax


def intervals(
    ax: Axes, rows: Mapping[str, tuple[float, float, float]], marked: Sequence[str], *, name: str, xlabel: str,
    title: str = "",
) -> Axes:  # fmt: skip
    """One ``(low, middle, high)`` per entry, from the top down, against 0; those ``marked`` in the other colour."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    with _style():
        for colour, inside in ((COLOURS[0], False), (COLOURS[1], True)):
            chosen = [(y, *row) for y, (label, row) in enumerate(rows.items()) if (label in marked) is inside]
            if chosen:
                y, low, middle, high = np.array(chosen).T
                reach = np.stack([middle - low, high - middle])
                label = name if inside else None
                ax.errorbar(middle, y, xerr=reach, fmt="o", markersize=4.0, color=colour, elinewidth=1.4, label=label)
        ax.axvline(0.0, color="#888888", linewidth=0.8)
        ax.set(xlabel=xlabel, title=title)
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
    with _style():
        for i, (name, (x, heights)) in enumerate(groups.items()):
            ax.bar(x, heights, width, label=name, color=COLOURS[i])
        ax.axhline(0.0, color="#888888", linewidth=0.8)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
        ax.grid(visible=False, axis="x")
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    return legend(ax)


def points(
    ax: Axes, groups: Mapping[str, tuple[FloatArray, FloatArray]], *, xlabel: str, ylabel: str, title: str = ""
) -> Axes:
    """Points ``(x, shares)`` for each group, told apart by shape and colour; shares are shown in percent."""
    from matplotlib.ticker import PercentFormatter, StrMethodFormatter

    with _style():
        for (name, (x, y)), (shape, colour, size) in zip(groups.items(), _SHAPES, strict=False):
            inside = "none" if shape in _HOLLOW else colour
            ax.plot(x, y, shape, color=colour, mfc=inside, markersize=size, label=name)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    return ax


def heat_map(
    ax: Axes, x: FloatArray, y: FloatArray, heights: FloatArray, *, best: tuple[float, float], name: str, xlabel: str,
    ylabel: str, title: str = "",
) -> Axes:  # fmt: skip
    """One cell for each pair of ``x`` and ``y``, ``heights[y, x]``, reaching halfway to the next; blank where NaN.

    ``name`` says what the colours mean; ``best`` is ringed.
    """
    from matplotlib.ticker import StrMethodFormatter

    with _style():
        cells = ax.pcolormesh(_edges(x), _edges(y), np.ma.masked_invalid(heights), cmap="cividis_r")
        ax.grid(visible=False)
        thousands = StrMethodFormatter("{x:,g}")
        ax.get_figure().colorbar(cells, ax=ax, label=name, format=thousands)  # type: ignore[union-attr]
        ax.plot(*best, "o", mfc="none", mec=COLOURS[1], mew=2.0, markersize=11.0, label="best", zorder=5)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
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
    with _style():
        ax.patch.set(hatch="///", edgecolor="#cccccc")
        colours: dict[str, Any] = {"cmap": "PuOr", "vmin": -reach, "vmax": reach} if both else {"cmap": "cividis_r"}
        cells = ax.imshow(shown, aspect="auto", origin="lower", interpolation="nearest", **colours)
        ax.grid(visible=False)
        thousands = StrMethodFormatter("{x:,g}")
        ax.get_figure().colorbar(cells, ax=ax, label=name, format=thousands)  # type: ignore[union-attr]
        texts = {place: _number(x) for place, x in np.ndenumerate(heights) if np.isfinite(x)}
        longest = heights.shape[1] * max(map(len, texts.values()))
        font = next((font for font, room in _NUMBER_FONTS.items() if longest <= room), None)
        if font is not None and heights.size <= _MOST_NUMBERS:
            for (i, j), height in np.ndenumerate(heights):
                if np.isfinite(height):
                    red, green, blue, _ = cells.cmap(cells.norm(np.array(height)))
                    dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
                    colour = "w" if dark else "k"
                    ax.text(j, i, texts[i, j], ha="center", va="center", fontsize=font, color=colour)
        i, j = best
        ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, ec=COLOURS[1], lw=2.4, label="best", zorder=5))
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
        size = "x-small" if sum(map(len, across)) > _LINE else "medium"
        ax.set_xticks(range(len(across)), across, fontsize=size)
        ax.set_yticks(range(len(upward)), upward)
    return ax


def crossings(ax: Axes, places: Sequence[tuple[float, int]], *, name: str) -> Axes:
    """Upright strokes on :func:`tiles`, ``(across, row)``, from the row's lower edge to its upper one."""
    with _style():
        for i, (x, row) in enumerate(places):
            ax.plot(
                [x, x], [row - 0.5, row + 0.5], color=COLOURS[2], linewidth=2.4, label=None if i else name,
                solid_capstyle="butt", zorder=6,
            )  # fmt: skip
    return ax


def _number(x: float) -> str:
    return f"{x:,.0f}" if abs(x) >= 1e3 else f"{x:.3g}"


def _edges(places: FloatArray) -> FloatArray:
    """The ends of cells around ascending places."""
    if places.size == 1:
        return np.array([0.99, 1.01]) * float(places[0])
    middles = (places[1:] + places[:-1]) / 2
    return np.concatenate([[2 * places[0] - middles[0]], middles, [2 * places[-1] - middles[-1]]])


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


def _central(samples: Sequence[FloatArray], weights: FloatArray) -> tuple[float, float]:
    """The span that holds 99.8 % of every sample; what lies beyond is drawn in the outermost bins."""
    ends = [np.quantile(v, [0.001, 0.999], weights=weights, method="inverted_cdf") for v in samples]
    low, high = float(min(e[0] for e in ends)), float(max(e[1] for e in ends))
    return (low, high) if high > low else (low - 1.0, high + 1.0)
