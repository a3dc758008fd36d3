"""The basis of one price over another, per year of 365 days."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray

__all__ = ["log_basis_per_year", "simple_basis_per_year"]


def simple_basis_per_year(price: ArrayLike, reference: ArrayLike, days: ArrayLike) -> FloatArray:
    r"""The simple annual basis, a decimal.

    .. math::
        \Big(\frac{F}{S} - 1\Big)\,\frac{365}{d}

    Args:
        price: ``F``, quote per base.
        reference: ``S``, quote per base: the coin itself, a perpetual, or a nearer delivery.
        days: from the reference's date to that of the price; NaN gives NaN.
    """
    return np.asarray((np.asarray(price) / np.asarray(reference) - 1.0) * 365.0 / np.asarray(days))


def log_basis_per_year(price: ArrayLike, reference: ArrayLike, days: ArrayLike) -> FloatArray:
    r"""The continuously compounded annual basis, a decimal: ``ln(F / S) * 365 / d``.

    Args:
        price, reference, days: as of :func:`simple_basis_per_year`.
    """
    return np.asarray(np.log(np.asarray(price) / np.asarray(reference)) * 365.0 / np.asarray(days))
