"""Cold processes against one that imports numpy; how to run these is said in the package's docstring."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.pairs import compare, process

COMMAND = "from lpgreeks.cli import main; main()"

STARTS = {
    "import lpgreeks": (["import lpgreeks; print(lpgreeks.__version__)"], "."),
    "import numpy and all of lpgreeks": (["import numpy; from lpgreeks import *; print(hedge.__name__)"], "hedge"),
    "lpgreeks --help": ([COMMAND, "--help"], "Usage: lpgreeks"),
    "lpgreeks hedge": ([COMMAND, "hedge"], "Short 24.0586 ETH"),
    "lpgreeks hedge, a bound binding": ([COMMAND, "hedge", "--short-at-most", "20000"], "quantity of linear perpetual"),
}
"""What a new process runs, code and arguments, and what it then says."""


@pytest.mark.parametrize("what", STARTS)
def test_cold_process(benchmark: Any, what: str) -> None:
    run, said = STARTS[what]
    ours, _ = compare(benchmark, what, lambda: process(*run), "import numpy", lambda: process("import numpy"), rounds=5)
    assert said in ours
