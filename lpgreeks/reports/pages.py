"""The page of a result: one function for each class of results, which any module may add to."""

from __future__ import annotations

from dataclasses import fields
from functools import singledispatch

from lpgreeks.errors import InputError
from lpgreeks.instruments import Exposure, Position
from lpgreeks.reports.parts import Page

__all__ = ["held", "page"]

# Positions that a question names one by one.
_NAMED = 6


@singledispatch
def page(result: object) -> Page:
    """The page of a result.

    A class of results has one once a function is registered for it: ``@page.register``.

    Raises:
        InputError: nothing is registered for its class.
    """
    kinds = sorted(kind.__name__ for kind in page.registry if kind is not object)
    remedy = "Pass what hedge, replay or sweep returned, whole"
    raise InputError(f"a result with a page: {', '.join(kinds)}", got=f"{result!r:.80}", remedy=remedy)


def held(exposure: Exposure) -> str:
    """An exposure in words, with the numbers in it."""
    positions = exposure.positions
    said = "; ".join(map(_said, positions[:_NAMED]))
    return f"{said}; and {len(positions) - _NAMED:,} more" if len(positions) > _NAMED else said


def _said(position: Position) -> str:
    instrument = position.instrument
    terms = [f"{f.name} {getattr(instrument, f.name):,.6g}" for f in fields(instrument) if "unit" in f.metadata]
    name = f"{position.quantity:,.6g} {instrument.unit_text} of {instrument.name}"
    return f"{name} ({', '.join(terms)})" if terms else name
