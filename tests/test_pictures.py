"""Every public picture measured where it is shown 600 pixels wide: words inside and apart, units, legend, manners."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

import lpgreeks as lp
from lpgreeks import _api
from tests.pictures import PICTURES, SEVERAL

WITHOUT_LEGEND = {
    "Verdict.plot": "names stand beside the axes; the one colour that is named is in a legend",
    "TermStructure.plot": "a bar says what each shade is",
    "TermStructure.plot_basis": "a bar says what each shade is",
    "TermStructure.plot_all": "bars say what each shade is",
    "UniswapV3.plot_greeks": "one curve, named by its axis",
}
WITHOUT_TITLE = {"UniswapV3.plot_greeks": "its caller knows of what; labels say the rest"}
WITHOUT_LABEL = {
    ("Economics.plot", "y"): "names",
    ("Comparison.plot", "y"): "names",
    ("Replayed.plot_attribution", "y"): "names",
    ("Verdict.plot", "y"): "names of settings",
    ("Sweep.plot, one parameter", "y"): "one row",
}
WITHOUT_UNIT = {
    "time, UTC", "share of outcomes", "share of time", "implied volatility a year", "theta", "gap", "share",
}  # fmt: skip
"""Labels of what has no unit, and of settings, whose unit is their parameter's."""

OVER_AXES = {"UniswapV3.plot_greeks": ("x",), "TermStructure.plot_all": ("x",)}
"""Of several axes above each other: labelled on the lowest alone."""


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def narrow(layout: str | None = "constrained") -> tuple[Figure, Axes]:
    """Axes in a figure 600 pixels wide."""
    return plt.subplots(figsize=(6, 4), dpi=100, layout=layout)


def words(figure: Figure) -> list[tuple[str, Any]]:
    """Every visible text of a figure with its box in pixels."""
    figure.canvas.draw()
    texts: list[Text] = []
    for ax in figure.axes:
        texts += [ax.title, ax._left_title, ax._right_title, *ax.texts]
        texts += ax.get_legend().get_texts() if ax.get_legend() else []
        for axis in (ax.xaxis, ax.yaxis):
            texts += [axis.label, axis.offsetText, *_numbers(axis)]
    return [(t.get_text().strip(), t.get_window_extent()) for t in texts if t.get_text().strip() and t.get_visible()]


def _numbers(axis: Any) -> Iterator[Text]:
    """What is written along an axis: a number beyond its ends is never drawn."""
    low, high = sorted(axis.get_view_interval())
    room = 1e-9 * (high - low)
    for tick in axis.get_major_ticks():
        if tick.get_visible() and low - room <= tick.get_loc() <= high + room:
            yield from (label for label in (tick.label1, tick.label2) if label.get_visible())


def measured(figure: Figure) -> None:
    """All words inside the picture, no two on each other."""
    width, height = figure.canvas.get_width_height()
    found = words(figure)
    for said, box in found:
        assert -1 <= box.x0 <= box.x1 <= width + 1, f"{said!r} leaves the picture sideways"
        assert -1 <= box.y0 <= box.y1 <= height + 1, f"{said!r} leaves the picture"
    for (one, own), (other, its) in combinations(found, 2):
        aside = own.x1 <= its.x0 + 1 or its.x1 <= own.x0 + 1
        apart = own.y1 <= its.y0 + 1 or its.y1 <= own.y0 + 1
        assert aside or apart, f"{one!r} stands on {other!r}"


def test_every_public_picture_is_in_the_table() -> None:
    plots = {
        f"{getattr(lp, name).__name__}.{method}"
        for name in _api.__all__
        if inspect.isclass(kind := getattr(lp, name)) and not issubclass(kind, lp.Exposure)
        for method in dir(kind)
        if method.startswith("plot")
    } | {f"UniswapV3.{method}" for method in dir(lp.Exposure) if method.startswith("plot")}
    assert plots == {name.split(",")[0] for name in [*PICTURES, *SEVERAL]} - {"Portfolio.plot"}


@pytest.mark.parametrize("name", PICTURES)
def test_words_are_inside_and_apart_600_pixels_wide(name: str) -> None:
    figure, ax = narrow()
    assert PICTURES[name](ax) is ax
    measured(figure)
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("name", [*PICTURES, *SEVERAL])
def test_the_picture_that_it_makes_itself(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("a picture showed itself"))
    before = dict(mpl.rcParams)
    drawn = PICTURES[name](None) if name in PICTURES else SEVERAL[name]()
    figure = (drawn if isinstance(drawn, Axes) else drawn[0]).get_figure()
    figure.set_dpi(600 / figure.get_figwidth())
    measured(figure)
    assert plt.get_fignums() == [figure.number]
    assert dict(mpl.rcParams) == before
    own = [a for a in figure.axes if a.get_label() != "<colorbar>"]
    for ax in own:
        names = ax.get_legend_handles_labels()[1]
        assert ax.get_legend() is not None or len(names) < 2 or name in WITHOUT_LEGEND, f"no legend for {names}"
        assert ax.get_title("left") or name in WITHOUT_TITLE
        for side, label in (("x", ax.get_xlabel()), ("y", ax.get_ylabel())):
            if (name, side) in WITHOUT_LABEL or (side in OVER_AXES.get(name, ()) and ax is not own[-1]):
                continue
            assert label, f"no {side} label"
            assert "[" in label or label in WITHOUT_UNIT, f"{label} has no unit"


def test_what_measures_words_sees_what_is_wrong() -> None:
    figure, ax = narrow()
    ax.text(0.5, 0.5, "one")
    ax.text(0.51, 0.5, "two")
    with pytest.raises(AssertionError, match="'one' stands on 'two'"):
        measured(figure)
    figure, ax = narrow()
    ax.text(0.9, 0.5, "a long way out").set_in_layout(False)
    with pytest.raises(AssertionError, match="leaves the picture sideways"):
        measured(figure)


def test_a_title_keeps_to_its_own_axes() -> None:
    figure, axes = plt.subplots(1, 2, figsize=(12, 4), dpi=100, layout="constrained")
    for ax in axes:
        PICTURES["HedgePlan.plot"](ax)
    measured(figure)


def test_axes_without_a_layout_keep_the_legend_inside() -> None:
    figure, ax = narrow(layout=None)
    PICTURES["Replayed.plot"](ax)
    figure.canvas.draw()
    box, room = ax.get_legend().get_window_extent(), ax.get_window_extent()
    assert room.x0 <= box.x0
    assert box.y0 >= room.y0
    assert ax.get_legend().get_frame_on()


def test_what_the_user_has_set_is_kept() -> None:
    with mpl.rc_context({"axes.spines.top": True, "grid.color": "#123456", "font.size": 13.0, "text.color": "#eeeeee"}):
        ax = PICTURES["HedgePlan.plot"](None)
        assert ax.get_xgridlines()[0].get_color() == "#123456"
        assert ax.xaxis.label.get_fontsize() == 13.0
        # The sum is drawn in the ink of the style: black would be lost on a dark ground.
        (total,) = (line for line in ax.get_lines() if line.get_label() == "total")
        assert total.get_color() == "#eeeeee"
        figure = ax.get_figure()
        figure.set_dpi(600 / figure.get_figwidth())
        measured(figure)
    ax = PICTURES["HedgePlan.plot"](None)
    assert ax.get_xgridlines()[0].get_color() == "#dddddd"
    assert not ax.spines["top"].get_visible()


def test_the_style_can_be_borrowed_and_is_given_back() -> None:
    before = dict(mpl.rcParams)
    with lp.style():
        _, ax = plt.subplots()
        lines = ax.plot(np.eye(4))
        assert len({line.get_color() for line in lines}) == 4
        assert len({str(line.get_linestyle()) + str(line._unscaled_dash_pattern) for line in lines}) == 4
    assert dict(mpl.rcParams) == before
    with pytest.raises(ZeroDivisionError), lp.style():
        _ = 1 / 0
    assert dict(mpl.rcParams) == before
