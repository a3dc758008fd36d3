"""At which prices of a pool a bin is the active one, and what liquidity that is in a pool's own unit."""

from __future__ import annotations

import math

import numpy as np

from lpgreeks._sums import distinct
from lpgreeks.errors import InputError
from lpgreeks.instruments import Bin, Exposure
from lpgreeks.replays.tables import EXPONENTS, Table

__all__ = ["earning_of"]

_ACTIVE = EXPONENTS.index(-0.5)


def earning_of(position: Exposure, base: Table) -> Table:
    r"""What liquidity a position has at each price of the pool, in the column of :math:`P^{-1/2}`; the rest is 0.

    Of a range that is what its coins show, and ``base`` itself is returned. A bin of ``l`` quote tokens is active from
    :math:`a = p_i / \sqrt{1 + s}` to :math:`b = p_i \sqrt{1 + s}`, half a step to either side, and counts there as

    .. math::
        \frac{l}{\sqrt{b} - \sqrt{a}}

    in ``sqrt(base * quote)``: a range from ``a`` to ``b`` that turns over the same ``l`` quote tokens for the same
    :math:`l / p_i` coins. A pool's active bin counts by the same divisor, so that the share of a bin is
    :math:`l_i / (l_i + L_i)` in quote tokens.

    Raises:
        InputError: a bin that does not say its step.
    """
    held = [(p.quantity, p.instrument) for p in position.positions if isinstance(p.instrument, Bin)]
    if not held:
        return base
    cells = np.array([(quantity, *_ends(one)) for quantity, one in held])
    lower, upper = cells[:, 1], cells[:, 2]
    density = cells[:, 0] / (np.sqrt(upper) - np.sqrt(lower))
    ranged = base.coefficients[:, _ACTIVE]
    ends_of_ranges = base.kinks[np.diff(ranged) != 0]
    # The end of one cell and the start of the next are one price, written with two roundings.
    kinks = distinct(sorted([*lower.tolist(), *upper.tolist(), *ends_of_ranges.tolist()]))
    inside = np.sqrt(kinks[:-1] * kinks[1:])
    within = (lower[:, None] < inside) & (inside < upper[:, None])
    coefficients = np.zeros((kinks.size + 1, len(EXPONENTS)))
    coefficients[:, _ACTIVE] = [
        ranged[0], *(density @ within + ranged[np.searchsorted(base.kinks, inside)]), ranged[-1]
    ]  # fmt: skip
    for array in (kinks, coefficients):
        array.flags.writeable = False
    return Table(kinks, coefficients)


def _ends(one: Bin) -> tuple[float, float]:
    if one.step is None:
        raise InputError(
            "bins that say their step, which tells at which prices they are active",
            got=one.name,
            remedy="Bin(..., step=0.002) is 20 hundredths of a percent",
        )
    half = math.sqrt(1.0 + one.step)
    return one.price / half, one.price * half
