"""One bar for work that takes a while, with the time that is left: on a terminal and in a notebook, nowhere else."""

from __future__ import annotations

import sys
import warnings
from typing import Any

__all__ = ["progress_bar"]

# What is over before anybody wonders needs no bar.
_PATIENCE = 1.0


def progress_bar(total: int, done: int, name: str, shown: bool | None = None, *, unit: str = "part") -> Any:
    """A bar on stderr, of which ``done`` of ``total`` are there from the start.

    Args:
        total: how many settings, or other parts of the work.
        done: how many were found in a checkpoint; they do not count towards the speed.
        name: what is done.
        unit: what one of them is.
        shown: always, never, or, by None, on a terminal or in a notebook where it takes more than a second.
    """
    with warnings.catch_warnings():
        # A notebook without widgets gets the bar of a terminal: nothing to be warned of.
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

    unseen = False if _in_a_notebook() else None
    return tqdm(
        total=total,
        initial=done,
        desc=name,
        unit=unit,
        file=sys.stderr,
        dynamic_ncols=True,
        disable=unseen if shown is None else not shown,
        delay=_PATIENCE if shown is None else 0.0,
    )


def _in_a_notebook() -> bool:
    """Whether a kernel of a notebook runs this: its stderr is no terminal, and is looked at all the same."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    return running is not None and hasattr(running, "kernel")
