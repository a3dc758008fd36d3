"""A bar for the file that is being fetched, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Bar", "bar_over"]


class Bar:
    """How much of the present file is there, how fast it comes, and which file of how many it is."""

    def __init__(self, tqdm: Any, files: int) -> None:
        self._tqdm, self._files, self._at = tqdm, files, 0

    def begin(self, name: str) -> None:
        """The next file."""
        self._at += 1
        self._tqdm.reset()
        self._tqdm.set_description(f"{name} ({self._at}/{self._files})")

    def seen(self, there: int, whole: int) -> None:
        """Bytes that are there, and that there will be, 0 where nobody says."""
        self._tqdm.total = whole or None
        self._tqdm.update(there - self._tqdm.n)


@contextmanager
def bar_over(files: int, shown: bool | None) -> Iterator[Bar]:
    """A bar on stderr: always, never, or, by None, on a terminal."""
    from tqdm import tqdm

    disabled = None if shown is None else not shown
    with tqdm(unit="B", unit_scale=True, file=sys.stderr, dynamic_ncols=True, disable=disabled, leave=False) as bar:
        yield Bar(bar, files)
