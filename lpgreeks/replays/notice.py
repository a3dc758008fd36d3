"""One line on a terminal before the first compilation ever, which looks like a program that hangs."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

__all__ = ["announce_compiling", "is_compiled"]

_ONE_AT_A_TIME = Lock()


def announce_compiling(function: Any) -> None:
    """Say on a terminal, once, that what is about to be called is compiled first; elsewhere say nothing."""
    with _ONE_AT_A_TIME:
        _announce(function)


@cache
def _announce(function: Any) -> None:
    if sys.stderr.isatty() and not is_compiled(function):
        print("lpgreeks: compiling the replay step, once; this may take a minute", file=sys.stderr)


def is_compiled(function: Any) -> bool:
    """Whether numba keeps machine code of a function, of this source or of one before it."""
    source = Path(function.py_func.__code__.co_filename)
    return any(Path(function.stats.cache_path).glob(f"{source.stem}.{function.__name__}-*.nbi"))
