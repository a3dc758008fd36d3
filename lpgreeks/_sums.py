"""One sum of powers, ``sum c P**a``: its terms, its value, all of its roots."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from lpgreeks._types import FloatArray

__all__ = ["ROUNDING", "Piece", "Run", "collected", "distinct", "roots_of", "stacked", "value_at"]

# A jump or an extremum this small beside its own terms is rounding: 64 units in the last place.
ROUNDING = 64 * np.finfo(np.float64).eps

# Roots this close, relatively, are one root seen from the two sides of a kink.
_SAME = 1e-9

# exp(700) is 1e304: a root beyond it is no price.
_LOG_GREATEST = 700.0

Piece: TypeAlias = tuple[tuple[float, float], ...]
"""One sum of powers: ``(exponent, coefficient)`` pairs, exponents ascending, no coefficient 0."""

Run: TypeAlias = tuple[int, int, Iterable[tuple[float, float]]]
"""Terms that rule on the pieces from the first number up to, and not with, the second."""


def collected(terms: Iterable[tuple[float, float]]) -> Piece:
    """Terms of equal exponent added up; those that cancel dropped."""
    total: dict[float, float] = {}
    for exponent, coefficient in terms:
        total[exponent] = total.get(exponent, 0.0) + coefficient
    return tuple(sorted((e, c) for e, c in total.items() if c))


def stacked(runs: Iterable[Run], count: int) -> tuple[Piece, ...]:
    """The sum on each of ``count`` pieces of all runs over it, in the time of n log n.

    A tree of blocks of pieces: each run is the union of a few blocks, and a piece lies in one block of each size. Only
    what rules on a piece is added there, exactly rounded in each block and over the blocks: differences of neighbours
    cumulated would be as fast and lose the digits that cancel.
    """
    blocks: list[list[tuple[float, float]]] = [[] for _ in range(2 * count)]
    for first, end, terms in runs:
        low, high = first + count, end + count
        while low < high:
            if low & 1:
                blocks[low] += terms
                low += 1
            if high & 1:
                high -= 1
                blocks[high] += terms
            low, high = low >> 1, high >> 1
    over: list[Piece] = [()] * (2 * count)
    for block, terms in enumerate(blocks):
        # Block k lies in block k // 2.
        over[block] = over[block >> 1] + _exactly(terms)
    return tuple(map(_exactly, over[count:]))


def _exactly(terms: Iterable[tuple[float, float]]) -> Piece:
    """As :func:`collected`, each sum rounded once."""
    parts: dict[float, list[float]] = defaultdict(list)
    for exponent, coefficient in terms:
        parts[exponent].append(coefficient)
    total = ((exponent, math.fsum(coefficients)) for exponent, coefficients in parts.items())
    return tuple(sorted((e, c) for e, c in total if c))


def value_at(piece: Piece, price: float) -> float:
    """The sum at one price."""
    return math.fsum(c * price**e for e, c in piece)


def roots_of(piece: Piece, lower: float, upper: float) -> list[float]:
    """Every root of ``sum c P**a`` in ``(lower, upper]``, by Rolle's theorem on the logarithm of the price."""
    left = math.log(lower) if lower > 0 else -math.inf
    right = math.log(upper) if upper < math.inf else math.inf
    prices = (math.exp(x) for x in _log_roots(list(piece), left, right) if abs(x) < _LOG_GREATEST)
    return [price for price in prices if lower * (1 - _SAME) < price <= upper * (1 + _SAME)]


def _log_roots(terms: list[tuple[float, float]], left: float, right: float) -> list[float]:
    """Roots in ``x = ln P`` of ``sum c exp(a x)``; between the turning points each is found by bisection."""
    if len(terms) < 2:
        return []
    lowest = terms[0][0]
    left, right = max(left, _below_all_roots(terms)), min(right, -_below_all_roots([(-a, c) for a, c in terms[::-1]]))
    if not left <= right:
        return []
    turning = _log_roots([(a - lowest, c * (a - lowest)) for a, c in terms[1:]], left, right)

    def value(x: float) -> float:
        # Relative to the largest term, which keeps the sum from overflowing wherever the roots lie.
        logs = [math.log(abs(c)) + a * x for a, c in terms]
        sizes = [math.copysign(math.exp(size - max(logs)), c) for size, (_, c) in zip(logs, terms, strict=True)]
        total = math.fsum(sizes)
        return 0.0 if abs(total) <= ROUNDING * sum(map(abs, sizes)) else total

    edges = [left, *turning, right]
    values = [value(x) for x in edges]
    roots = [x for x, v in zip(edges, values, strict=True) if v == 0]
    for (a, va), (b, vb) in pairwise(zip(edges, values, strict=True)):
        if va * vb < 0:
            roots.append(_bisected(value, a, b, va))
    return sorted(roots)


def _below_all_roots(terms: list[tuple[float, float]]) -> float:
    """Below this ``x`` the term of the lowest exponent outweighs all others together."""
    (lowest, lead), *others = terms
    ratios = ((math.log(abs(lead)) - math.log(abs(c) * len(others))) / (a - lowest) for a, c in others)
    return min(ratios) - 1.0


def _bisected(value: Callable[[float], float], a: float, b: float, value_a: float) -> float:
    while True:
        middle = 0.5 * (a + b)
        if not a < middle < b:
            return middle
        at_middle = value(middle)
        if at_middle == 0:
            return middle
        if (at_middle > 0) == (value_a > 0):
            a = middle
        else:
            b = middle


def distinct(prices: list[float]) -> FloatArray:
    """Ascending prices with those that are the same but for rounding given once."""
    kept: list[float] = []
    for price in prices:
        if not kept or price > kept[-1] * (1 + _SAME):
            kept.append(price)
    return np.array(kept)
