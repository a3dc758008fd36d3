"""One bar for a whole sweep, with the time that is left."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["progress_bar"]

# A sweep that is over before anybody wonders needs no bar.
_PATIENCE = 1.0


def progress_bar(total: int, done: int, name: str, shown: bool | None, *, unit: str = "part") -> Any:
    """A bar on stderr, of which ``done`` of ``total`` are there from the start.

    Args:
        total: how many settings, or other parts of the work.
        done: how many were found in a checkpoint; they do not count towards the speed.
        name: what is swept.
        unit: what one of them is.
        shown: always, never, or, by None, on a terminal where it takes more than a second.
    """
    from tqdm import tqdm

    return tqdm(
        total=total,
        initial=done,
        desc=name,
        unit=unit,
        file=sys.stderr,
        dynamic_ncols=True,
        disable=None if shown is None else not shown,
        delay=_PATIENCE if shown is None else 0.0,
    )
