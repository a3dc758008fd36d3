r"""What a payoff is worth before it is paid: its mean under a lognormal price, and every derivative of that mean.

With :math:`\theta = F\, \partial_F`, the derivative in the logarithm of the forward, a mean commutes with it:
:math:`\theta^n E[f(S)] = E[(\theta^n f)(S)]`. So all Greeks of all instruments are means of piecewise sums of powers,
and of the point masses that their jumps leave.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, singledispatch
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._sums import distinct
from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, require_numbers
from lpgreeks.powers import Powers, Reading

__all__ = ["Curve", "Smeared", "partial_moment", "smear", "smeared", "total"]

_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)

# Roots are looked for this many widths and this much in log price beyond the outermost kinks, on so fine a grid.
_WIDTHS_BEYOND, _BEYOND, _GRID = 8.0, 3.0, 4_001
_HALVINGS = 60


def partial_moment(
    exponent: ArrayLike, kink: ArrayLike, forward: ArrayLike, width: ArrayLike, *, below: bool = False
) -> FloatArray:
    r"""``M_a(k) = E[S^a 1{S > k}]`` for ``S`` lognormal with mean ``forward`` and log standard deviation ``width``.

    .. math::
        M_a(k) = F^a\, e^{a(a-1)w^2/2}\, N\!\left(\frac{\ln(F/k) + (a - \tfrac12) w^2}{w}\right)

    ``kink = 0`` gives the full moment; ``width = 0`` gives ``F^a 1{F > k}``. Arguments broadcast.

    Args:
        exponent: ``a``, any real number.
        kink: ``k``, quote per base.
        forward: ``F``, quote per base.
        width: ``w``, the log standard deviation over the whole horizon.
        below: the moment on the other side instead, ``E[S^a 1{S <= k}]``, to its own last digit.
    """
    from scipy.special import ndtr

    a, k, f, w = (np.asarray(x, dtype=np.float64) for x in (exponent, kink, forward, width))
    growth = f**a * np.exp(a * (a - 1.0) * w**2 / 2.0)
    distance = _distance(a, k, f, w)
    return np.asarray(growth * ndtr(-distance if below else distance))


def _distance(a: FloatArray, k: FloatArray, f: FloatArray, w: FloatArray) -> FloatArray:
    """``(ln(f / k) + (a - 1/2) w**2) / w``."""
    return np.asarray(_gap(k, f, w) + (a - 0.5) * w)


def _gap(k: FloatArray | float, f: FloatArray, w: FloatArray | float) -> FloatArray:
    """``ln(f / k) / w``; without width infinite, the kink itself below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(f / k)
        return np.where(w > 0, logs / w, np.where(logs > 0, np.inf, -np.inf))


def smear(curve: Curve, forward: ArrayLike, width: float, *, order: int = 0) -> Any:
    r"""``E[f(S)]`` for ``S`` lognormal with mean ``forward`` and log standard deviation ``width``.

    The mean of a payoff under a model, and its undiscounted price before expiry, are one sum of partial moments. Of
    ``order`` n it is :math:`\theta^n E[f(S)]`; every jump :math:`J_j(k)` of :math:`\theta^j f` leaves a point mass:

    .. math::
        E[(\theta^n f)(S)] + \sum_k \sum_{j<n} J_j(k) \left(-\frac1w\right)^{m} \mathrm{He}_m(d)\, \frac{\varphi(d)}{w},
        \qquad m = n - 1 - j, \quad d = \frac{\ln(F/k)}{w} - \frac w2

    What is smeared already is smeared on: widths add in squares.

    Args:
        curve: the payoff ``f``, a function of the price.
        forward: prices, quote per base, of any shape.
        width: 0 gives ``f`` itself, and its derivative between kinks.
        order: how many times the derivative in the logarithm of the forward is taken.

    Returns:
        The shape of ``forward``. Relative digits are kept far out of the money: each piece is summed in its own tail.
    """
    f = np.asarray(forward, dtype=np.float64)
    if isinstance(curve, Powers):
        mean = _mean(curve, f, width, order)
    else:
        mean = _mean(curve.plain, f, width, order) + sum(t.smeared(f, width, order) for t in curve.terms)
    return float(mean) if f.ndim == 0 else mean


def _mean(powers: Powers, forward: FloatArray, width: float, order: int) -> FloatArray:
    gaps = (None, *(_gap(k, forward, width) for k in powers.kinks), None)
    mean = np.zeros(forward.shape)
    for piece, (lower, upper) in zip(powers.pieces, pairwise(gaps), strict=True):
        for exponent, coefficient in piece:
            if exponent or not order:
                mean = mean + coefficient * exponent**order * _moment_between(exponent, lower, upper, forward, width)
    return mean + _point_masses(powers, forward, width, order) if order and width > 0 else mean


def _moment_between(
    exponent: float, lower: FloatArray | None, upper: FloatArray | None, forward: FloatArray, width: float
) -> FloatArray:
    """``E[S^a 1{lower < S <= upper}]``, the bounds as gaps to the forward; None for 0 and infinity."""
    from scipy.special import ndtr

    growth = math.exp(exponent * (exponent - 1.0) * width**2 / 2.0)
    whole: FloatArray | float = forward**exponent * growth if exponent else 1.0
    tilt = (exponent - 0.5) * width
    if upper is None:
        return np.where(np.isnan(forward), np.nan, whole) if lower is None else np.asarray(whole * ndtr(lower + tilt))
    from_upper = upper + tilt
    if lower is None:
        return np.asarray(whole * ndtr(-from_upper))
    # In the lower tail the difference of two chances keeps its digits.
    side = np.where(from_upper > 0, -1.0, 1.0)
    return np.asarray(side * whole * (ndtr(side * (lower + tilt)) - ndtr(side * from_upper)))


def _point_masses(powers: Powers, forward: FloatArray, width: float, order: int) -> FloatArray:
    masses = np.zeros(forward.shape)
    steps = powers
    for j in range(order):
        m = order - 1 - j
        for kink, jump in zip(steps.kinks, steps.jumps, strict=True):
            if jump:
                d = np.log(forward / kink) / width - width / 2.0
                density = np.exp(-(d**2) / 2.0) / (_ROOT_TWO_PI * width)
                masses = masses + jump * (-1.0 / width) ** m * _hermite(m, d) * density
        steps = steps.log_derivative()
    return masses


def _hermite(m: int, d: FloatArray) -> FloatArray:
    """``He_m(d)``, of which the m-th derivative of a normal density is made."""
    before, now = np.zeros_like(d), np.ones_like(d)
    for i in range(m):
        before, now = now, d * now - i * before
    return now


@dataclass(frozen=True)
class Term:
    r"""``weight * P**exponent * (theta**order E[f])(P)``, a mean whose forward is the price."""

    weight: float
    exponent: float
    order: int
    payoff: Powers
    width: float

    def __call__(self, price: FloatArray) -> FloatArray:
        scale = self.weight * price**self.exponent if self.exponent else self.weight
        return np.asarray(scale * _mean(self.payoff, price, self.width, self.order))

    def smeared(self, forward: FloatArray, width: float, order: int) -> FloatArray:
        r"""Its own mean, ``theta**order`` of it: a power of the price tilts the forward by :math:`e^{b w^2}`.

        .. math::
            \theta^n E[P^b g(P)] = \sum_i \binom{n}{i} b^{n-i}\, E[P^b]\, (\theta^i G)(F e^{b w^2})
        """
        b, together = self.exponent, math.hypot(self.width, width)
        tilted = forward * math.exp(b * width**2)
        tops = [
            math.comb(order, i) * b ** (order - i) * _mean(self.payoff, tilted, together, self.order + i)
            for i in range(order + 1)
        ]
        return np.asarray(self.weight * forward**b * math.exp(b * (b - 1.0) * width**2 / 2.0) * sum(tops))

    def slopes(self) -> tuple[Term, ...]:
        """Its derivative in the price."""
        grown = Term(self.weight, self.exponent - 1.0, self.order + 1, self.payoff, self.width)
        if not self.exponent:
            return (grown,)
        return grown, Term(self.weight * self.exponent, self.exponent - 1.0, self.order, self.payoff, self.width)


@dataclass(frozen=True)
class Smeared:
    """A sum of powers, and of means of payoffs that are paid later: a function of one price.

    It answers as :class:`~lpgreeks.Powers` does: values, changes, derivatives, roots, sums, products with a power.

    Args:
        plain: what is paid now.
        terms: what is paid later.
    """

    plain: Powers
    terms: tuple[Term, ...]

    __array_ufunc__ = None

    @classmethod
    def of(cls, payoff: Powers, width: float) -> Smeared:
        """The mean of one payoff, as a function of its forward."""
        return cls(Powers.constant(0.0), (Term(1.0, 0.0, 0, payoff, float(width)),))

    # ---- algebra

    def __add__(self, other: Curve | float) -> Smeared:
        return total([(1.0, self), (1.0, other)])  # type: ignore[return-value]

    def __sub__(self, other: Curve | float) -> Smeared:
        return total([(1.0, self), (-1.0, other)])  # type: ignore[return-value]

    def __rsub__(self, other: Curve | float) -> Smeared:
        return total([(-1.0, self), (1.0, other)])  # type: ignore[return-value]

    def __neg__(self) -> Smeared:
        return -1.0 * self

    def __mul__(self, other: Powers | float) -> Smeared:
        """Times a number or one power of the price."""
        power = other if isinstance(other, Powers) else Powers.constant(other)
        if power.kinks or len(power.pieces[0]) > 1:
            return NotImplemented
        ((exponent, weight),) = power.pieces[0] or ((0.0, 0.0),)
        terms = tuple(Term(t.weight * weight, t.exponent + exponent, t.order, t.payoff, t.width) for t in self.terms)
        return Smeared(self.plain * power, terms if weight else ())

    __radd__ = __add__
    __rmul__ = __mul__

    def __truediv__(self, other: Powers | float) -> Smeared:
        return self * (other**-1.0)

    def payoffs(self) -> Iterator[tuple[Powers, float]]:
        """What it is the mean of, and by which width: a sum of payoffs that fall due at different times.

        Raises:
            InputError: a derivative, or a value in coins: no mean of a payoff.
        """
        yield self.plain, 0.0
        for term in self.terms:
            if term.exponent or term.order:
                raise InputError("a sum of means of payoffs", got=term, remedy="Measure the value in quote")
            yield term.weight * term.payoff, term.width

    # ---- readings

    def __call__(self, price: ArrayLike) -> Any:
        """The value at each price, in the shape of ``price``; NaN stays NaN, a price <= 0 is an error."""
        prices = require_numbers(price, unit="quote per base")
        # Says what is wrong with a price.
        values = np.asarray(self.plain(prices))
        for term in self.terms:
            values = values + term(prices)
        return float(values) if prices.ndim == 0 else values

    def change(self, start: ArrayLike, log_return: ArrayLike) -> FloatArray:
        """``f(start * exp(log_return)) - f(start)``."""
        first = np.asarray(start, dtype=np.float64)
        moved = self.plain.change(first, log_return)
        for term in self.terms:
            moved = moved + term(first * np.exp(log_return)) - term(first)
        return np.asarray(moved)

    def derivative(self) -> Smeared:
        """``f'(P)``, away from the kinks of what is paid now."""
        return Smeared(self.plain.derivative(), tuple(slope for term in self.terms for slope in term.slopes()))

    @property
    def kinks(self) -> tuple[float, ...]:
        """Where what is paid now hands over from piece to piece; what is paid later has none."""
        return self.plain.kinks

    @property
    def jumps(self) -> tuple[float, ...]:
        """``f(k+) - f(k)`` at each kink."""
        return self.plain.jumps

    @property
    def moves(self) -> bool:
        """Whether ``f`` depends on the price at all."""
        return bool(self.terms) or self.plain.moves

    @cached_property
    def _grid(self) -> FloatArray:
        """Prices on which ``f`` has no more than one root between neighbours, unless it touches 0."""
        at = [k for term in self.terms for k in term.payoff.kinks] + [*self.kinks] or [1.0]
        beyond = _BEYOND + _WIDTHS_BEYOND * max((term.width for term in self.terms), default=0.0)
        fine = np.linspace(math.log(min(at)) - beyond, math.log(max(at)) + beyond, _GRID)
        return np.unique(np.concatenate([np.exp(fine), at]))

    def roots(self) -> FloatArray:
        """The prices where ``f`` changes sign, ascending: on a grid far beyond every kink, then halved."""
        prices = self._grid
        values = self(prices)
        crossed = np.flatnonzero(values[:-1] * values[1:] < 0)
        low, high, below = prices[crossed], prices[crossed + 1], values[crossed]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            same = self(middle) * below > 0 if len(middle) else np.zeros(0, dtype=bool)
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        return distinct(sorted([*((low + high) / 2), *prices[values == 0]]))


Curve: TypeAlias = Powers | Smeared
"""A function of one price."""


def total(weighted: Iterable[tuple[float, Curve | float]]) -> Curve:
    """The sum of ``weight * curve``, folded into one."""
    plain: list[tuple[float, Powers]] = []
    terms: dict[tuple[float, int, Powers, float], float] = {}
    for weight, part in weighted:
        if isinstance(part, Smeared):
            plain.append((weight, part.plain))
            for t in part.terms:
                key = (t.exponent, t.order, t.payoff, t.width)
                terms[key] = terms.get(key, 0.0) + weight * t.weight
        else:
            plain.append((weight, part if isinstance(part, Powers) else Powers.constant(part)))
    powers = Powers.total(plain)
    left = tuple(Term(weight, *key) for key, weight in terms.items() if weight)
    return Smeared(powers, left) if left else powers


# ---- the fourth word of formulas


@singledispatch
def smeared(price: Reading, payoff: Callable[[Reading], Reading], width: Any) -> Reading:
    """``E[payoff(S)]`` for ``S`` lognormal with mean ``price`` and log standard deviation ``width``.

    On arrays it is integrated between the payoff's kinks, by none of the closed forms.
    """
    prices = np.asarray(price, dtype=np.float64)
    points, weights = np.polynomial.legendre.leggauss(32)
    kinks = payoff(Powers.price()).kinks
    panels = np.linspace(-12.0, 12.0, 25)
    values = np.full(prices.shape, np.nan)
    for i in np.ndindex(prices.shape):
        if prices[i] > 0:
            inner = [(math.log(k / prices[i]) + width**2 / 2.0) / width for k in kinks]
            edges = np.unique([*panels, *(z for z in inner if abs(z) < panels[-1])])
            half = np.diff(edges)[:, None] / 2.0
            z = half * points + edges[:-1, None] + half
            density = np.exp(-(z**2) / 2.0) / _ROOT_TWO_PI
            values[i] = (half * weights * density * payoff(prices[i] * np.exp(width * z - width**2 / 2.0))).sum()
    return values


@smeared.register
def _(price: Powers, payoff: Callable[[Reading], Reading], width: float) -> Smeared:
    return Smeared.of(payoff(price), width)
