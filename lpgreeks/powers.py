r"""Piecewise sums of powers of one price: the normal form that every instrument shares.

.. math::
    f(P) = \sum_m c_{jm}\, P^{a_m} \qquad k_{j-1} < P \le k_j

A formula is written once, with ordinary arithmetic and three words: :func:`sqrt`, :func:`clamp` and
:func:`above`. Read on :class:`Powers` it becomes this table; read on numpy arrays it is evaluated as it
stands; read on symbols (see :mod:`lpgreeks.formulas`) it is derived and printed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, singledispatch
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lpgreeks._sums import ROUNDING, Piece, Run, collected, distinct, roots_of, stacked, value_at
from lpgreeks._types import FloatArray, IntArray
from lpgreeks._workspace import Workspace
from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_increasing, require_numbers, require_positive

__all__ = ["Powers", "Reading", "above", "clamp", "sqrt", "worth_in_base", "worth_in_quote"]

Reading: TypeAlias = Any
"""What a formula can be read on: :class:`Powers`, a numpy array, a float or a sympy expression."""

# 32,768 doubles are 256 KiB: a block and its few temporaries stay in the second-level cache.
_BLOCK = 32_768

# Up to this many pieces, evaluating each on the whole block beats looking up every price's coefficients.
_FEW_PIECES = 4

# Up to this many kinks, counting those below each price beats a search, which shuffled prices mislead.
_FEW_KINKS = 32

# Up to this many parts or kinks, adding all parts on every piece beats a tree of blocks.
_FEW_PARTS = 24

# Beyond these a power of the price overflows; no price lies there.
_LEAST, _GREATEST = 1e-100, 1e100


_NOTHING: Piece = ((0.0, 0.0),)


@dataclass(frozen=True)
class Powers(Noun):
    """A piecewise sum of powers of one price.

    Args:
        kinks: ascending, the prices where one piece hands over to the next. A kink belongs to the piece below.
        pieces: one more than kinks, each a sum of powers as ``(exponent, coefficient)`` pairs.
    """

    kinks: tuple[float, ...]
    pieces: tuple[Piece, ...]

    # numpy scalars defer to the operators below instead of wrapping a Powers in an object array.
    __array_ufunc__ = None

    def __post_init__(self) -> None:
        if len(self.pieces) != len(self.kinks) + 1:
            raise InputError("one piece more than kinks", got=f"{len(self.pieces)} pieces, {len(self.kinks)} kinks")
        if not all(low < high for low, high in pairwise((0.0, *self.kinks, math.inf))):
            raise InputError("kinks positive, finite and ascending", got=self.kinks)

    # ---- the two seeds of every formula

    @classmethod
    def price(cls) -> Powers:
        """The price itself, ``f(P) = P``."""
        return cls((), (((1.0, 1.0),),))

    @classmethod
    def constant(cls, value: float) -> Powers:
        """``f(P) = value``."""
        return cls((), (_constant(value),))

    # ---- algebra

    def __add__(self, other: Powers | float) -> Powers:
        if not _can_be_powers(other):
            return NotImplemented
        if not isinstance(other, Powers):
            return self._plus(float(other))
        return Powers.total([(1.0, self), (1.0, other)])

    def __sub__(self, other: Powers | float) -> Powers:
        if not _can_be_powers(other):
            return NotImplemented
        if not isinstance(other, Powers):
            return self._plus(-float(other))
        return Powers.total([(1.0, self), (-1.0, other)])

    def __rsub__(self, other: float) -> Powers:
        return (-self)._plus(float(other))

    def __neg__(self) -> Powers:
        return -1.0 * self

    def __mul__(self, other: Powers | float) -> Powers:
        if not _can_be_powers(other):
            return NotImplemented
        if not isinstance(other, Powers):
            return self._times(float(other))
        kinks = _merged(self, other)
        pairs = zip(self._refined(kinks), other._refined(kinks), strict=True)
        return Powers(
            kinks, tuple(collected((e + g, c * d) for e, c in left for g, d in right) for left, right in pairs)
        )

    __radd__ = __add__
    __rmul__ = __mul__

    def _plus(self, number: float) -> Powers:
        return Powers(self.kinks, tuple(collected((*piece, (0.0, number))) for piece in self.pieces))

    def _times(self, number: float) -> Powers:
        return Powers(self.kinks, tuple(tuple((e, d) for e, c in p if (d := c * number)) for p in self.pieces))

    def __truediv__(self, other: Powers | float) -> Powers:
        if isinstance(other, Powers) or not other:
            return self * _powers(other) ** -1.0
        return self._times(float(other) ** -1.0)

    def __rtruediv__(self, other: float) -> Powers:
        return _powers(other) * self**-1.0

    def __pow__(self, exponent: float) -> Powers:
        """Each piece raised to a power: any for a single term, a whole number for a sum."""
        if any(len(piece) > 1 for piece in self.pieces):
            if exponent == int(exponent) and exponent >= 0:
                return math.prod([self] * int(exponent), start=Powers.constant(1.0))
            raise InputError(
                "a single power of the price on every piece",
                got=f"{max(map(len, self.pieces))} terms raised to {exponent:g}",
                remedy="A sum can be multiplied; only one term can be divided by, or put under a root",
            )
        return Powers(self.kinks, tuple(_raised(piece, exponent) for piece in self.pieces))

    @staticmethod
    def total(weighted: Iterable[tuple[float, Powers]]) -> Powers:
        """The sum of ``weight * powers``, folded into one table."""
        parts = list(weighted)
        kinks = _merged(*(part for _, part in parts))
        if min(len(parts), len(kinks)) > _FEW_PARTS:
            return Powers(kinks, stacked(_runs(parts, kinks), len(kinks) + 1))
        columns = [[(weight, piece) for piece in part._refined(kinks)] for weight, part in parts]
        summed = zip(*columns, strict=True) if columns else [()]
        return Powers(kinks, tuple(collected((e, w * c) for w, piece in rows for e, c in piece) for rows in summed))

    def of_power(self, coefficient: float, exponent: float) -> Powers:
        """``f(coefficient * P**exponent)`` as a function of ``P``: a change of what the price is counted in."""
        kinks = tuple((k / coefficient) ** (1.0 / exponent) for k in self.kinks)
        pieces = tuple(tuple(sorted((e * exponent, c * coefficient**e) for e, c in p)) for p in self.pieces)
        return Powers(kinks, pieces) if exponent > 0 else Powers(kinks[::-1], pieces[::-1])

    def _refined(self, kinks: tuple[float, ...]) -> Iterator[Piece]:
        """The piece that rules on each interval of a finer set of kinks."""
        own = 0
        for upper in (*kinks, math.inf):
            while own < len(self.kinks) and self.kinks[own] < upper:
                own += 1
            yield self.pieces[own]

    # ---- as arrays

    @cached_property
    def exponents(self) -> FloatArray:
        """Every exponent in use, ascending, shape ``(m,)``; at least 0."""
        used = sorted({e for piece in self.pieces for e, _ in piece}) or [0.0]
        return _frozen(np.array(used))

    @cached_property
    def coefficients(self) -> FloatArray:
        """Shape ``(pieces, m)``: the coefficient of each exponent on each piece."""
        rows = [dict(piece) for piece in self.pieces]
        return _frozen(np.array([[row.get(e, 0.0) for e in self.exponents.tolist()] for row in rows]))

    # ---- readings

    def __call__(self, price: ArrayLike) -> Any:
        """The value at each price, in the shape of ``price``; NaN stays NaN, a price <= 0 is an error."""
        prices = require_numbers(price, unit="quote per base")
        flat = prices.reshape(-1)
        values = np.empty(flat.size)
        space = Workspace(min(flat.size, _BLOCK))
        for start in range(0, flat.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            space.load(flat[block])
            self._evaluate(space, values[block])
        return float(values[0]) if prices.ndim == 0 else values.reshape(prices.shape)

    def _evaluate(self, space: Workspace, values: FloatArray) -> None:
        prices = space.prices
        low, high = prices.min(), prices.max()
        holed = math.isnan(low)
        if holed:
            low, high = np.fmin.reduce(prices), np.fmax.reduce(prices)
        if low < _LEAST or high > _GREATEST:
            wrong = prices[(prices < _LEAST) | (prices > _GREATEST)][0]
            what = "positive prices" if wrong <= 0 else f"prices from {_LEAST:g} to {_GREATEST:g}"
            raise InputError(what, got=f"{wrong:g}", unit="quote per base")
        first, last = bisect_left(self.kinks, low), bisect_left(self.kinks, high)
        if first == last:
            self._sum_of_piece(first, space, values)
        elif last - first <= _FEW_PIECES:
            self._sum_on_piece(first, space, values)
            for piece in range(first + 1, last + 1):
                if self.pieces[piece]:
                    on_piece = space.scratch("piece")
                    self._sum_on_piece(piece, space, on_piece)
                    values += on_piece
        else:
            pieces = self._pieces_at(prices, first, last)
            values.fill(0.0)
            term = space.scratch("term")
            for exponent, column in zip(self.exponents.tolist(), self._columns, strict=True):
                np.take(column, pieces, out=term, mode="clip")
                if exponent:
                    term *= space.power(exponent)
                values += term
        if holed:
            values[np.isnan(prices)] = np.nan

    def _sum_of_piece(self, piece: int, space: Workspace, values: FloatArray) -> None:
        (exponent, coefficient), *others = self.pieces[piece] or _NOTHING
        if exponent:
            np.multiply(space.power(exponent), coefficient, out=values)
        else:
            values.fill(coefficient)
        term = space.scratch("term")
        for exponent, coefficient in others:
            if exponent:
                values += np.multiply(space.power(exponent), coefficient, out=term)
            else:
                values += coefficient

    def _sum_on_piece(self, piece: int, space: Workspace, values: FloatArray) -> None:
        """The sum of one piece where it rules, 0 elsewhere."""
        self._sum_of_piece(piece, space, values)
        if self.pieces[piece]:
            # Multiplying by the truth of "on this piece" costs a fifth of a masked copy.
            values *= self._on_piece(piece, space.prices)

    def _on_piece(self, piece: int, prices: FloatArray) -> NDArray[np.bool_]:
        if piece == 0:
            return prices <= self.kinks[0]
        inside = prices > self.kinks[piece - 1]
        if piece < len(self.kinks):
            inside &= prices <= self.kinks[piece]
        return inside

    def _pieces_at(self, prices: FloatArray, first: int, last: int) -> IntArray:
        """The piece of each price, from ``first`` to ``last``."""
        if last - first > _FEW_KINKS:
            return np.searchsorted(self.kinks, prices, side="left")
        passed = (prices > self.kinks[first]).view(np.int8)
        for kink in self.kinks[first + 1 : last]:
            passed += prices > kink
        return np.add(passed, first, dtype=np.intp)

    @cached_property
    def _columns(self) -> FloatArray:
        return np.ascontiguousarray(self.coefficients.T)

    def change(self, start: ArrayLike, log_return: ArrayLike) -> FloatArray:
        r"""``f(start * exp(log_return)) - f(start)`` without the cancellation of subtracting two values.

        Each piece contributes :math:`\sum_m c_m K^{a_m}\,\mathrm{expm1}(a_m x)`, with ``K`` the price where the
        move enters the piece and ``x`` the log return spent in it, so that a change of 1e-9 of the value
        keeps its digits.
        """
        start = np.asarray(start, dtype=np.float64)
        moves = np.asarray(log_return, dtype=np.float64)
        total = np.zeros(np.broadcast_shapes(start.shape, moves.shape))
        edges = [np.full_like(start, -np.inf), *(np.log(k / start) for k in self.kinks), np.full_like(start, np.inf)]
        for piece, (lower, upper) in zip(self.pieces, pairwise(edges), strict=True):
            entered = np.clip(0.0, lower, upper)
            spent = np.clip(moves, lower, upper) - entered if self.kinks else moves
            for exponent, coefficient in piece:
                if exponent:
                    total += coefficient * (start * np.exp(entered)) ** exponent * np.expm1(exponent * spent)
        for jump, edge in zip(self.jumps, edges[1:-1], strict=True):
            if jump:
                total += jump * ((moves > edge).astype(float) - (edge < 0))
        return total

    def log_derivative(self) -> Powers:
        """``P f'(P)`` away from the kinks: each power times its exponent."""
        return Powers(self.kinks, tuple(tuple((e, e * c) for e, c in piece if e) for piece in self.pieces))

    def derivative(self) -> Powers:
        """``f'(P)`` away from the kinks; a jump of ``f`` is not a density (see :attr:`jumps`)."""
        return Powers(self.kinks, tuple(tuple((e - 1.0, e * c) for e, c in piece if e) for piece in self.pieces))

    @property
    def moves(self) -> bool:
        """Whether ``f`` depends on the price at all."""
        return any(e for piece in self.pieces for e, _ in piece) or len(set(self.pieces)) > 1

    @cached_property
    def jumps(self) -> tuple[float, ...]:
        """``f(k+) - f(k)`` at each kink, exactly 0 where the pieces meet up to rounding."""
        jumps = []
        for kink, (below, above_) in zip(self.kinks, pairwise(self.pieces), strict=True):
            steps = [c * kink**e for e, c in above_] + [-c * kink**e for e, c in below]
            jump = math.fsum(steps)
            jumps.append(0.0 if abs(jump) <= ROUNDING * sum(map(abs, steps)) else jump)
        return tuple(jumps)

    def table(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """``(kinks, exponents, coefficients)``, as a compiled loop wants them."""
        return np.array(self.kinks), self.exponents, self.coefficients

    def terms(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """``(c, a, k)`` with ``f(P) = sum c * P**a * 1{P > k}``; ``k = 0`` for the lowest piece."""
        steps = np.diff(self.coefficients, axis=0, prepend=0.0)
        row, column = np.nonzero(steps)
        return steps[row, column], self.exponents[column], np.append(0.0, self.kinks)[row]

    def roots(self) -> FloatArray:
        """The prices where ``f`` is 0 or jumps across 0, ascending.

        A piece that is 0 throughout has no isolated root and adds none. Complete: on each piece a sum of
        ``m`` powers has at most ``m - 1`` roots, found between those of the sum of ``m - 1`` powers that
        its derivative is.
        """
        found: list[float] = []
        for piece, (lower, upper) in zip(self.pieces, pairwise((0.0, *self.kinks, math.inf)), strict=True):
            found += roots_of(piece, lower, upper)
        for kink, jump, below in zip(self.kinks, self.jumps, self.pieces, strict=False):
            left = value_at(below, kink)
            if jump and left * (left + jump) < 0:
                found.append(kink)
        return distinct(sorted(found))


def _can_be_powers(value: object) -> bool:
    return isinstance(value, (Powers, int, float, np.number))


def _powers(value: Powers | float) -> Powers:
    return value if isinstance(value, Powers) else Powers.constant(value)


def _constant(value: float) -> Piece:
    return ((0.0, float(value)),) if value else ()


def _merged(*parts: Powers) -> tuple[float, ...]:
    return tuple(sorted({kink for part in parts for kink in part.kinks}))


def _runs(parts: Iterable[tuple[float, Powers]], kinks: tuple[float, ...]) -> Iterator[Run]:
    """Every piece of every part, over the pieces of the merged kinks on which it rules."""
    after = {kink: place for place, kink in enumerate(kinks, start=1)}
    for weight, part in parts:
        edges = (0, *(after[kink] for kink in part.kinks), len(kinks) + 1)
        for (first, end), piece in zip(pairwise(edges), part.pieces, strict=True):
            yield first, end, [(e, weight * c) for e, c in piece]


def _raised(piece: Piece, exponent: float) -> Piece:
    if not piece:
        if exponent <= 0:
            raise InputError("a term other than 0 to divide by", got="a piece that is 0")
        return piece
    ((own, coefficient),) = piece
    if coefficient < 0 and exponent != int(exponent):
        raise InputError("a positive term under a root", got=f"coefficient {coefficient:g}")
    return ((own * exponent, coefficient**exponent),)


def _frozen(array: FloatArray) -> FloatArray:
    array.flags.writeable = False
    return array


# ---- the three words. Each works on Powers, floats and arrays here; `formulas` registers symbols.


@singledispatch
def sqrt(x: Reading) -> Reading:
    """The square root of a price or of a positive number, ``x``: a table, symbols, an array."""
    return np.sqrt(x)


@singledispatch
def clamp(x: Reading, lower: Any, upper: Any) -> Reading:
    """``x`` held between ``lower`` and ``upper``: ``min(max(x, lower), upper)``."""
    return np.clip(x, lower, upper)


@singledispatch
def above(x: Reading, kink: Any) -> Reading:
    """1 where ``x > kink``, else 0. The kink itself belongs to the piece below; NaN stays NaN."""
    x = np.asarray(x)
    return np.where(np.isnan(x), np.nan, x > kink)


@sqrt.register
def _(x: Powers) -> Powers:
    return x**0.5


@clamp.register
def _(x: Powers, lower: float, upper: float) -> Powers:
    _require_price(x, "clamp")
    require_increasing("lower", lower, "upper", upper, unit="quote per base")
    return Powers((float(lower), float(upper)), (_constant(lower), ((1.0, 1.0),), _constant(upper)))


@above.register
def _(x: Powers, kink: float) -> Powers:
    _require_price(x, "above")
    return Powers((require_positive("kink", kink, unit="quote per base"),), ((), _constant(1.0)))


def _require_price(x: Powers, word: str) -> None:
    if x != Powers.price():
        raise InputError(
            f"{word} of the price itself",
            got=f"{word} of {x}",
            remedy="Move the condition to the price: sqrt(P) > 40 is P > 1600",
        )


# ---- a pair of token amounts, in either token


def worth_in_quote(base: Reading, quote: Reading, price: Reading) -> Reading:
    """What ``base`` coins and ``quote`` dollars are worth in dollars: ``base * P + quote``."""
    return base * price + quote


def worth_in_base(base: Reading, quote: Reading, price: Reading) -> Reading:
    """What ``base`` coins and ``quote`` dollars are worth in coins: ``base + quote / P``."""
    return base + quote / price
