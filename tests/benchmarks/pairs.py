"""Two ways to do one thing, timed in turn; and new processes."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import lpgreeks

__all__ = ["compare", "process", "shown"]

ROOT = Path(lpgreeks.__file__).parents[1]

A = TypeVar("A")
B = TypeVar("B")


def compare(
    benchmark: Any, what: str, ours: Callable[[], A], peer: str, theirs: Callable[[], B], *, rounds: int
) -> tuple[A, B]:
    """Print ``what: ratio x peer (seconds)`` and return what both sides computed.

    Args:
        benchmark: the fixture of pytest-benchmark; it counts the rounds and keeps the ratio.
        what: the work, in words.
        ours: lpgreeks.
        peer: what the other side is called.
        theirs: the other side.
        rounds: how often each side runs, after one round that warms up.
    """
    spent: tuple[list[float], list[float]] = ([], [])

    def round_() -> tuple[A, B]:
        return _timed(ours, spent[0]), _timed(theirs, spent[1])

    found: tuple[A, B] = benchmark.pedantic(round_, rounds=rounds, iterations=1, warmup_rounds=1)
    own, other = (median(seconds[-rounds:]) for seconds in spent)
    benchmark.extra_info[f"{what} / {peer}"] = own / other
    shown(f"{what}: {own / other:.2g} x {peer} ({_readable(own)})")
    return found


def shown(line: str) -> None:
    """Print a line of its own, beside pytest's dots."""
    print(f"\n{line}", end=" ")


def process(*arguments: str) -> str:
    """The output of a new interpreter that finds this lpgreeks first."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    line = [sys.executable, "-c", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=True, env=environment).stdout


def _timed(work: Callable[[], A], spent: list[float]) -> A:
    # Garbage of the other side is not this side's time.
    gc.collect()
    start = time.perf_counter()
    found = work()
    spent.append(time.perf_counter() - start)
    return found


def _readable(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1e3:.2g} ms"
