"""A formula with its derivation and its source, and what makes the build fail where the two differ."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

LAST_DIGITS = 1e-12
"""Relative: a closed form and the library's number at one point share all digits but the last few."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One section of the page of derivations.

    Attributes:
        title: what is derived.
        text: the derivation, in MyST, with the formulas that it was checked with.
        source: who found it first: title and section.
    """

    title: str
    text: str
    source: str

    def markdown(self) -> str:
        return f"### {self.title}\n\n{self.text.strip()}\n\nSource: {self.source}\n"


Chapter = tuple[str, str, tuple[Callable[[], Proof], ...]]
"""Title, introduction and proofs, each made when the page is."""


class UnprovedError(RuntimeError):
    """A derivation that no longer equals its closed form."""


def proved(derived: Any, closed: Any, what: str) -> Any:
    """The closed form, where sympy finds no difference to what was derived."""
    difference = sp.sympify(derived) - sp.sympify(closed)
    for simpler in (sp.expand, sp.simplify, lambda e: sp.simplify(sp.expand(e.rewrite(sp.exp), power_exp=True))):
        if simpler(difference) == 0:
            return closed
    raise UnprovedError(f"{what}: derived {derived}, printed {closed}")


def agrees(closed: Any, at: dict[Any, Any], number: float, what: str, *, of: float = 0.0) -> None:
    """The closed form at one point is the library's number there, which may be a difference of two of size ``of``."""
    expected = float(sp.N(closed.subs(at), 30))
    if not math.isclose(expected, number, rel_tol=LAST_DIGITS, abs_tol=LAST_DIGITS * of):
        raise UnprovedError(f"{what}: the formula says {expected!r}, the library {number!r}")
