"""The pages and the examples, run: what a reader copies works, and what it claims holds."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
import types
import warnings
from pathlib import Path

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
    names = {"coin_or_value.py", "options_out_of_sample.py", "range_before_deployment.py"}
    assert names <= {example.name for example in EXAMPLES}


def test_doctest_of_the_package() -> None:
    found = doctest.testmod(lp)
    assert found.attempted > 0
    assert found.failed == 0


def test_the_reference_names_every_public_name() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\.\. auto\w+:: lpgreeks\.(\w+)$", text, re.MULTILINE))
    assert set(dir(lp)) - {"__version__"} <= shown
