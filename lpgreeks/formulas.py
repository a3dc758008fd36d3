r"""The same formulas on symbols: derivation, delta, gamma, means and hedge ratios, as LaTeX.

Importing this module teaches the words of :mod:`lpgreeks.powers` and :mod:`lpgreeks.smears` to read sympy
expressions. It is the only module that imports sympy, and nothing imports it until a symbol is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from lpgreeks.errors import InputError
from lpgreeks.powers import above, clamp, sqrt, worth_in_quote
from lpgreeks.smears import smeared

__all__ = ["PRICE", "Symbolic", "mean", "minimum_variance_ratio", "partial_moment", "symbol"]

PRICE: sp.Symbol = sp.Symbol("P", positive=True)
"""The price, quote per base, that every symbolic formula is a function of."""


def symbol(name: str) -> sp.Symbol:
    """A positive symbol, as every number of a contract is; ``name`` is LaTeX."""
    return sp.Symbol(name, positive=True)


@sqrt.register
def _(x: sp.Expr) -> sp.Expr:
    return sp.sqrt(x)


@clamp.register
def _(x: sp.Expr, lower: sp.Expr, upper: sp.Expr) -> sp.Expr:
    return sp.Piecewise((lower, x <= lower), (x, x <= upper), (upper, True))


@above.register
def _(x: sp.Expr, kink: sp.Expr) -> sp.Expr:
    return sp.Piecewise((0, x <= kink), (1, True))


@smeared.register
def _(price: sp.Expr, payoff: Callable[[sp.Expr], sp.Expr], width: sp.Expr) -> sp.Expr:
    return mean(payoff(PRICE), price, width**2)


@dataclass(frozen=True)
class Symbolic:
    """Two token amounts as sympy expressions of :data:`PRICE`, and what follows from them.

    Attributes:
        name: the instrument's name.
        base: coins per +1 long.
        quote: dollars per +1 long.
    """

    name: str
    base: sp.Expr
    quote: sp.Expr

    def __post_init__(self) -> None:
        for amount in ("base", "quote"):
            object.__setattr__(self, amount, _tidy(getattr(self, amount)))

    @cached_property
    def value(self) -> sp.Expr:
        """``base * P + quote``, in quote."""
        return _tidy(worth_in_quote(self.base, self.quote, PRICE))

    @cached_property
    def delta(self) -> sp.Expr:
        """``dV/dP``, in coins."""
        return _tidy(sp.diff(self.value, PRICE))

    @cached_property
    def gamma(self) -> sp.Expr:
        """``d2V/dP2``, in coins per unit of price; point masses at kinks are left out."""
        return _tidy(sp.diff(self.value, PRICE, 2))

    def latex(self) -> dict[str, str]:
        """LaTeX of the two amounts, the value, the delta and the gamma."""
        shown = {
            "base": self.base,
            "quote": self.quote,
            "value": self.value,
            "delta": self.delta,
            "gamma": self.gamma,
        }
        return {what: sp.latex(expression) for what, expression in shown.items()}

    def _repr_latex_(self) -> str:
        names = {"base": "x(P)", "quote": "y(P)", "value": "V(P)", "delta": "V'(P)", "gamma": "V''(P)"}
        rows = r" \\ ".join(f"{names[what]} &= {text}" for what, text in self.latex().items())
        return rf"$$\begin{{aligned}} {rows} \end{{aligned}}$$"


def partial_moment(exponent: sp.Expr, kink: sp.Expr, forward: sp.Expr, variance: sp.Expr) -> sp.Expr:
    r""":math:`M_a(k)` of :func:`lpgreeks.smears.partial_moment`, on symbols; ``variance`` is :math:`w^2`."""
    full = forward**exponent * sp.exp(exponent * (exponent - 1) * variance / 2)
    if kink == 0:
        return full
    distance = (sp.log(forward / kink) + (exponent - sp.Rational(1, 2)) * variance) / sp.sqrt(variance)
    return full * (1 + sp.erf(distance / sp.sqrt(2))) / 2


def mean(expression: sp.Expr, forward: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """``E[f(S)]`` of a piecewise sum of powers of :data:`PRICE`, ``S`` lognormal with mean ``forward``.

    Raises:
        InputError: the expression is not a sum of powers between kinks.
    """
    named, meanings = _constants_named(sp.expand(sp.sympify(expression)))
    if meanings:
        return mean(named, forward, variance).xreplace(meanings)
    expression = named
    if isinstance(expression, sp.Add) and expression.has(sp.Piecewise):
        return sp.Add(*(mean(part, forward, variance) for part in expression.args))
    total = sp.Integer(0)
    for part, lower, upper in _pieces(_tidy(expression)):
        for coefficient, exponent in _terms(part):
            moment = partial_moment(exponent, lower, forward, variance)
            if upper is not None:
                moment -= partial_moment(exponent, upper, forward, variance)
            total += coefficient * moment
    return total


def minimum_variance_ratio(position: Symbolic, forward: sp.Expr, variance: sp.Expr) -> sp.Expr:
    r"""Coins to short against ``position``, over the coins that it holds at the start.

    .. math::
        \frac{h^*}{x(F)} = \frac{\operatorname{Cov}(V(S), S)}{x(F)\,\operatorname{Var}(S)}

    For a full-range position this is :math:`2 (e^{3v/8} - e^{-v/8}) / (e^v - 1)`, below 1 for every variance.
    """
    if position.base.subs(PRICE, forward) == 0:
        raise InputError("a position that holds coins at the start", got=position.name)
    value_mean = mean(position.value, forward, variance)
    joint = mean(_tidy(position.value * PRICE), forward, variance)
    price_variance = mean(PRICE**2, forward, variance) - forward**2
    ratio = (joint - value_mean * forward) / price_variance / position.base.subs(PRICE, forward)
    return sp.simplify(ratio)


def _tidy(expression: sp.Expr) -> sp.Expr:
    """Branches folded outward and each one multiplied out: the form a reader compares with the paper."""
    named, meanings = _constants_named(sp.sympify(expression))
    folded = sp.piecewise_fold(named)
    if isinstance(folded, sp.Piecewise):
        folded = sp.Piecewise(*((sp.expand(part), condition) for part, condition in folded.args))
    else:
        folded = sp.expand(folded)
    return folded.xreplace(meanings)


def _constants_named(expression: sp.Expr) -> tuple[sp.Expr, dict[sp.Dummy, sp.Expr]]:
    """The expression with a name for whatever branches elsewhere than in the price, and what each name means."""
    names = {part: sp.Dummy() for part in expression.atoms(sp.Piecewise) if not part.has(PRICE)}
    return expression.xreplace(names), {name: part for part, name in names.items()}


def _pieces(expression: sp.Expr) -> Iterator[tuple[sp.Expr, Any, Any]]:
    """``(part, lower, upper)`` of an ascending Piecewise; lower 0 and upper None at the ends."""
    lower: Any = sp.Integer(0)
    parts = expression.args if isinstance(expression, sp.Piecewise) else [(expression, sp.true)]
    for part, condition in parts:
        # sympy writes P <= K, and K >= P where the other symbol sorts first.
        if condition != sp.true and not (
            isinstance(condition, (sp.LessThan, sp.GreaterThan)) and condition.lts == PRICE
        ):
            raise InputError(
                "branches split at ascending prices", got=condition, remedy="A mean is linear: take it term by term"
            )
        upper = None if condition == sp.true else condition.gts
        yield part, lower, upper
        lower = upper


def _terms(part: sp.Expr) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """``(coefficient, exponent)`` of each power of the price in one branch."""
    for term in sp.Add.make_args(sp.expand(part)):
        if term == 0:
            continue
        coefficient, power = term.as_independent(PRICE)
        base, exponent = power.as_base_exp()
        if power != 1 and base != PRICE:
            raise InputError("a sum of powers of the price", got=term)
        yield coefficient, exponent if power != 1 else sp.Integer(0)
