"""A result as one HTML file that needs no network: the verb, and how a page is written."""

from __future__ import annotations

import base64
import hashlib
import json
import platform
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpgreeks._files import whole
from lpgreeks.errors import DataError, InputError
from lpgreeks.reports.mathml import mathml
from lpgreeks.reports.pages import page
from lpgreeks.reports.parts import Origin, Page
from lpgreeks.scenario_file import scenario_of

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["html", "report"]

# What the numbers depend on, and what draws them.
_LIBRARIES = ("lpgreeks", "numpy", "scipy", "pandas", "sympy", "clarabel", "numba", "arch", "matplotlib", "jinja2")


def report(result: Any, path: str | Path, *, beside: Sequence[Any] = (), scenario: str | None = None) -> Path:
    """Writes a result as one HTML page: question, answer, tables, plots, assumptions, formulas, sources, versions.

    The page needs no network and no other file; it can be printed, and follows the reader's light or dark theme. The
    same result gives the same bytes under the same versions: no date is in it.

    Args:
        result: a plan, a frontier, a replay, a sweep, a verdict, the replay of a spread, a mapping of replays of one
            position by name, or whatever a function is registered for.
        path: a file ending in .html, in a folder that exists; what stood there is replaced once all is written.
        beside: further results that belong on the same page: a sweep's verdict, a plan's economics.
        scenario: the text of what made it, shown at the end to be copied; that of :func:`scenario_of` unless said,
            where the result has one.

    Returns:
        The path.

    Raises:
        InputError: a result without a page, another ending, no such folder.
        DataError: a file that cannot be written.
    """
    path = Path(path)
    if path.suffix not in (".html",):
        raise InputError("a file ending in .html", got=str(path))
    if path.is_dir() or not path.parent.is_dir():
        raise InputError("a file in an existing folder", got=str(path))
    made = page(result)
    for other in beside:
        made += page(other)
    text = html(made, scenario=_scenario(result) if scenario is None else scenario)
    with whole(path, remedy="Name another place; nothing is left there") as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    return path


def _scenario(result: Any) -> str:
    try:
        return scenario_of(result).text
    except (DataError, InputError):
        # Made by hand: the page says what it can.
        return ""


def html(made: Page, *, scenario: str = "") -> str:
    """A page as HTML."""
    script, style = _asset("page.js"), _asset("page.css")
    return _template().render(
        page=made,
        scenario=scenario,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        style=style,
        versions=_versions(),
        synthetic=Origin.SYNTHETIC in made.origins,
    )


def _versions() -> tuple[tuple[str, str], ...]:
    return (*((name, version(name)) for name in _LIBRARIES), ("Python", platform.python_version()))


@cache
def _template() -> Template:
    from jinja2 import BaseLoader, Environment, StrictUndefined

    environment: Environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=BaseLoader()
    )
    environment.filters |= {"mathml": mathml, "data": _data}
    return environment.from_string(_asset("page.html"))


def _asset(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")


def _data(data: Any) -> str:
    """JSON that no script can end early."""
    return json.dumps(data, allow_nan=False, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
