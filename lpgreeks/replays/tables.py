"""Token amounts as tables of numbers, the one form in which the compiled loops know an instrument."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError
from lpgreeks.powers import Powers
from lpgreeks.smears import Curve

__all__ = ["EXPONENTS", "Table", "table_of"]

EXPONENTS = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""The powers of the price that a compiled loop evaluates: those of every pool and contract."""


class Table(NamedTuple):
    """A piecewise sum of powers of the price; a kink belongs to the piece below."""

    kinks: FloatArray
    """``(k,)``, ascending."""
    coefficients: FloatArray
    """``(k + 1, 5)``, one column for each of :data:`EXPONENTS`."""


def table_of(curve: Curve, what: str) -> Table:
    """A curve as a table.

    Raises:
        InputError: it has other powers of the price, or is marked before its end.
    """
    if not isinstance(curve, Powers) or not set(curve.exponents.tolist()) <= set(EXPONENTS):
        raise InputError(
            f"{what} as sums of P^-1, P^-1/2, 1, P^1/2 and P",
            got="an option before its expiry" if not isinstance(curve, Powers) else f"powers {curve.exponents}",
            remedy="A replay holds pools, coins, perpetuals and futures; options are bought at the add",
        )
    coefficients = np.zeros((len(curve.pieces), len(EXPONENTS)))
    for row, piece in enumerate(curve.pieces):
        for exponent, coefficient in piece:
            coefficients[row, EXPONENTS.index(exponent)] = coefficient
    kinks = np.array(curve.kinks, dtype=np.float64)
    for array in (kinks, coefficients):
        array.flags.writeable = False
    return Table(kinks, coefficients)
