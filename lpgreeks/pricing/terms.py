"""The terms of options as arrays, checked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, require_numbers

__all__ = ["positive", "truth"]


def positive(name: str, numbers: ArrayLike, unit: str) -> FloatArray:
    """``numbers`` as an array, NaN as it stands; an error at the first one that is 0 or less, or infinite."""
    array = require_numbers(numbers, unit=unit, what=name)
    wrong = (array <= 0) | np.isinf(array)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise InputError(f"{name} positive and finite", got=f"{array.flat[first]:g} at position {first}", unit=unit)
    return array


def truth(name: str, values: ArrayLike) -> NDArray[np.bool_]:
    """``values`` as an array of truth values; an error for anything else."""
    array = np.asarray(values)
    if array.dtype != np.bool_:
        raise InputError(f"{name} as True or False", got=f"{values!r:.60}")
    return array
