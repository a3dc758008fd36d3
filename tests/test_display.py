"""What a console and a notebook show of every public class: one short line, one table, nothing that runs."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.display import Answer, Noun, Tabled, shortened, told
from tests import samples
from tests.nouns import CLASSES, found

LENGTH = 200
LONGER = {
    lp.GmPool: "a line that makes it again: thirteen numbers of a pool",
    lp.GlpAsset: "a line that makes it again: five numbers of a vault",
    lp.Marked: "a line that makes it again: an instrument inside another",
    lp.LossClaim: "a line that makes it again: an instrument inside another",
}
"""Instruments are printed as what makes them again, and these have many numbers."""

NOT_SHOWN = {
    kind: "a word of a list, or an error: its line says all"
    for kind in CLASSES
    if issubclass(kind, (Enum, BaseException))
} | {lp.ScenarioCase: "a tuple: Python shows it whole"}


class Tree(HTMLParser):
    """Which tags a page has; every one closed in its order, none but those of a table."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        assert {name for name, _ in attrs} <= {"style", "class", "border"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


def test_there_is_one_of_each() -> None:
    missing = {kind for kind, some in found().items() if not some and not inspect.isabstract(kind)}
    assert missing == set()


@pytest.mark.parametrize("kind", CLASSES, ids=lambda k: k.__name__)
def test_a_line_for_the_console(kind: type) -> None:
    for thing in found()[kind]:
        line = repr(thing)
        assert "\n" not in line
        assert "array(" not in line
        assert "0x" not in line  # an address says nothing
        assert len(line) < LENGTH or kind in LONGER
        # What a & b makes is printed as it was written.
        assert kind.__name__ in line or kind is lp.Combined


@pytest.mark.parametrize("kind", CLASSES, ids=lambda k: k.__name__)
def test_a_table_for_a_notebook(kind: type) -> None:
    if kind in NOT_SHOWN:
        assert not hasattr(kind, "_repr_html_")
        return
    for thing in found()[kind]:
        tree = Tree(thing._repr_html_())
        assert set(tree.tags) <= {"p", "b", "table", "thead", "tbody", "tr", "th", "td", "div", "style"}
        if isinstance(thing, Answer):
            assert " ".join(thing.sentence().split()) in {" ".join(w.split()) for w in tree.words}
        if isinstance(thing, Tabled):
            assert "table" in tree.tags
        elif is_dataclass(thing) and not isinstance(thing, (lp.Position, lp.Portfolio)):
            for f in fields(thing):
                assert f.name in tree.words or not f.repr or f.name.startswith("_")


def test_a_cell_says_what_each_field_is_with_its_unit() -> None:
    words = Tree(samples.POOL._repr_html_()).words
    assert words[words.index("lower") + 1 :][:2] == ["1,700", "lower end of the range, quote per base."]
    assert words[words.index("liquidity") + 1] == f"{samples.POOL.liquidity:,.10g}"
    portfolio = Tree((samples.POOL - 24 * samples.LINEAR)._repr_html_()).words
    assert portfolio[portfolio.index("-24") + 1] == "ETH"


HOSTILE = "<img src=x onerror=alert(1)> & 'co'"


@pytest.mark.parametrize(
    "thing",
    [
        replace(samples.LINEAR, market=HOSTILE),
        replace(samples.LINEAR, market=HOSTILE) - samples.POOL,
        lp.Leg(samples.LINEAR, collateral="USDC", account=HOSTILE),
        lp.DataReport(
            source=HOSTILE, rows=1, first=HOSTILE, last="", step=np.timedelta64(1, "s"), longest=np.timedelta64(1, "s"),
            guesses=(HOSTILE,), findings=(lp.Finding(what=HOSTILE, count=1, where=(HOSTILE,), fatal=True),),
        ),
        lp.Figure(what=HOSTILE, value=1.0, source=HOSTILE, note=HOSTILE),
    ],
    ids=lambda thing: type(thing).__name__,
)  # fmt: skip
def test_a_hostile_name_stays_words(thing: Noun) -> None:
    page = thing._repr_html_()
    assert "<img" not in page
    assert "&lt;img" in page
    assert "img" not in Tree(page).tags


def test_a_hostile_setting_stays_words() -> None:
    hours = pd.date_range("2023-04-01", periods=300, freq="h", tz="UTC")
    draws = np.random.default_rng(0).standard_normal((300, 2))
    found = lp.verdict(pd.DataFrame(draws, index=hours, columns=[HOSTILE, "hold"]), against="hold", seed=1, draws=99)
    assert "<img" not in found._repr_html_()
    assert "&lt;img" in found._repr_html_()


def test_cells() -> None:
    assert told(1234567.891) == "1,234,567.891"
    assert told(np.arange(3.0)) == "3 numbers, 0 to 2"
    assert told(np.array([np.nan, 5.0, 1.0])) == "3 numbers, 1 to 5"
    assert told(np.full((2, 3), np.nan)) == "2 x 3 values, none known"
    assert (
        told(np.array(["2023-01-01", "2023-01-03"], "M8[ns]")) == "2 times, 2023-01-01 00:00:00 to 2023-01-03 00:00:00"
    )
    assert told(()) == "none"
    assert told(tuple(range(9))) == "0; 1; 2; 3; 4; 5; and 3 more"
    assert told({"ETH": 1.5}) == "ETH: 1.5"
    assert told(lp.Side.SHORT) == "short"
    assert told(True) == "True"
    assert shortened("a\n b", 9) == "a b"
    assert shortened("abcdefgh", 5) == "abcd…"


def test_a_line_tells_what_was_set_and_leaves_defaults_out() -> None:
    # A number made anew is the default all the same.
    leg = lp.Leg(samples.LINEAR, collateral="USDC", fee=lp.Fee(taker=5e-4), margin_short=float("0"))
    instrument = "LinearPerp(base='ETH', quote='USDC', market='ETH/USDC', entry=1900.0)"
    assert repr(leg) == f"Leg(instrument={instrument}, collateral='USDC', fee=Fee(taker=0.0005, maker=0.0))"


def test_symbols_print_as_latex() -> None:
    for kind in lp.every_instrument():
        text = kind.samples()[0].symbolic()._repr_latex_()
        assert text.startswith("$$")
        assert text.endswith("$$")
    assert "sqrt" in lp.UniswapV3.symbolic().delta._repr_latex_()
