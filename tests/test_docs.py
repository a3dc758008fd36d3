"""The pages and the examples, run: what a reader copies works, and what it claims holds."""

from __future__ import annotations

import ast
import doctest
import importlib
import os
import re
import subprocess
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

import lpgreeks as lp

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

WITHOUT_CODE = {"api.md", "glossary.md", "limits.md", "options-out-of-sample.md"}
"""Pages that show none."""


def blocks(page: Path) -> list[tuple[int, str]]:
    """``(line, code)`` of every Python block of a page."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, found.start(1)), found.group(1)) for found in BLOCK.finditer(text)]


PAGES = [page for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))] if blocks(page)]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_code_on_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib.pyplot as plt

    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    # A module of its own: dataclasses look up the module that a class was made in.
    module = types.ModuleType(f"page_{page.stem.replace('-', '_')}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for line, code in blocks(page):
                # Empty lines first, so that a traceback names the line of the page.
                exec(compile("\n" * line + code, str(page), "exec"), vars(module))
    finally:
        plt.close("all")
    assert list(tmp_path.iterdir()) == []  # a page cleans up after itself


def test_every_other_page_shows_code() -> None:
    pages = {page.name for page in (ROOT / "docs").glob("*.md")}
    assert pages - {page.name for page in PAGES} == WITHOUT_CODE


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.name)
def test_an_example_runs_and_holds(example: Path, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    # Warnings are errors, but for those that this run was told to pass over.
    passed_over = [flag for rule in pytestconfig.getoption("pythonwarnings") or [] for flag in ("-W", rule)]
    text = example.read_text(encoding="utf-8")
    assert re.search(r"^ *assert ", text, re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-W", "error", *passed_over, str(example)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert done.stderr == ""
    # A pool that is made is said to be, in what is printed.
    assert "arbitraged_pool(" not in text or re.search("SYNTHETIC|No data", done.stdout)


def test_there_are_examples() -> None:
    assert {example.stem for example in EXAMPLES} == set(placed_examples())


def placed_examples() -> list[str]:
    """The gallery's order, as its file states it: sphinx-gallery need not be there."""
    text = (ROOT / "docs" / "derive" / "gallery.py").read_text(encoding="utf-8")
    found = re.search(r"^ORDER = \((.*?)^\)", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return re.findall(r'"(\w+)"', found.group(1))


def test_an_example_is_a_page_of_the_gallery() -> None:
    for example in EXAMPLES:
        text = ast.get_docstring(ast.parse(example.read_text(encoding="utf-8"))) or ""
        title, underline, *_ = text.strip().split("\n")
        assert underline == "=" * len(title), example.name
        assert "# %%" in example.read_text(encoding="utf-8"), example.name


def modules_with_examples() -> list[str]:
    """Every module of the package whose text has one."""
    files = sorted((ROOT / "lpgreeks").rglob("*.py"))
    names = [".".join(f.relative_to(ROOT).with_suffix("").parts) for f in files if ">>> " in f.read_text("utf-8")]
    return [name.removesuffix(".__init__") for name in names]


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings_run(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


def test_newcomers_find_an_example() -> None:
    for thing in (lp, lp.UniswapV3, lp.LinearPerp, lp.InversePerp, lp.hedge, lp.replay):
        assert ">>> " in (thing.__doc__ or ""), thing


def test_the_reference_names_every_public_name() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\.\. auto\w+:: lpgreeks\.(\w+)$", text, re.MULTILINE))
    assert set(dir(lp)) - {"__version__"} <= shown


# ---- what the pages derive


@pytest.fixture
def derive(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "derive"]:
        del sys.modules[name]


CHAPTERS = ("moments", "pools", "hedges", "accounts", "passage", "protocols", "statistics")


@pytest.mark.thorough
@pytest.mark.usefixtures("derive")
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_of_derivations_holds_and_names_its_sources(chapter: str) -> None:
    _, _, proofs = importlib.import_module(f"derive.{chapter}").CHAPTER
    made = [proof() for proof in proofs]
    assert made
    for proof in made:
        assert proof.source
        assert "$" in proof.text or "{math}" in proof.text
        assert "  " not in proof.markdown().split("\n")[0]


@pytest.mark.usefixtures("derive")
def test_every_chapter_is_on_the_page() -> None:
    derivations = importlib.import_module("derive.derivations")
    assert tuple(importlib.import_module(f"derive.{name}").CHAPTER for name in CHAPTERS) == derivations.CHAPTERS


@pytest.mark.usefixtures("derive")
def test_a_wrong_formula_stops_the_build() -> None:
    import sympy as sp

    proofs = importlib.import_module("derive.proofs")
    x = sp.Symbol("x", positive=True)
    assert proofs.proved(sp.sqrt(x) ** 2 + sp.exp(x) * sp.exp(-x), x + 1, "a sum") == x + 1
    with pytest.raises(proofs.UnprovedError, match="a sum: derived"):
        proofs.proved(x + 1, x + 2, "a sum")
    proofs.agrees(x**2, {x: 3}, 9.0, "a square")
    with pytest.raises(proofs.UnprovedError, match=r"a square: the formula says 9\.0"):
        proofs.agrees(x**2, {x: 3}, 9.0 + 1e-10, "a square")


@pytest.mark.thorough
@pytest.mark.usefixtures("derive")
def test_a_formula_that_changes_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's formula, not a copy of it, is what is derived from."""

    def twice(self: lp.UniswapV2, price: Any) -> tuple[Any, Any]:
        return 2 * self.liquidity / lp.sqrt(price), self.liquidity * lp.sqrt(price)

    chapter = importlib.import_module("derive.pools")
    chapter.loss()
    monkeypatch.setattr(lp.UniswapV2, "formula", twice)
    with pytest.raises(importlib.import_module("derive.proofs").UnprovedError):
        chapter.amounts()


@pytest.mark.usefixtures("derive")
def test_the_figures_of_venues_are_those_of_the_files() -> None:
    venues = importlib.import_module("derive.venues")
    page = venues.page()
    for name in lp.venue_names():
        text = (ROOT / "lpgreeks" / "venues" / f"{name}.toml").read_text(encoding="utf-8")
        sources = set(re.findall(r'^source = "(.*)"$', text, re.MULTILINE))
        assert sources
        assert all(source in page for source in sources)
        assert f"## {name}" in page


@pytest.mark.usefixtures("derive")
def test_every_command_is_on_the_page() -> None:
    page = importlib.import_module("derive.commands").page()
    for command in ("hedge", "options", "frontier", "range", "payoff", "greeks", "replay", "sweep", "spread", "index"):
        assert f"## lpgreeks {command}\n" in page
    assert "## lpgreeks data check\n" in page
    assert "--volatility" in page


def test_every_word_of_the_glossary_stands_once() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^(\S.*)\n  \S", text, re.MULTILINE)
    assert len(words) > 60
    assert len(set(words)) == len(words)
