"""Prices that are touched, ranges that are left."""

from __future__ import annotations

import sympy as sp

import lpgreeks as lp
from derive.proofs import Chapter, Proof, agrees, proved
from lpgreeks.formulas import symbol

SIGMA, T, A, B = (symbol(name) for name in ("sigma", "T", "a", "b"))
NU = sp.Symbol("nu", real=True)
RATIONAL = sp.Rational(65, 100)


def touch() -> Proof:
    def normal(x: sp.Expr) -> sp.Expr:
        return (1 + sp.erf(x / sp.sqrt(2))) / 2

    root = SIGMA * sp.sqrt(T)
    closed = normal((NU * T - A) / root) + sp.exp(2 * NU * A / SIGMA**2) * normal((-A - NU * T) / root)
    # The distance shrinks as the price rises towards the barrier: its own drift is -nu.
    backward = sp.diff(closed, T) + NU * sp.diff(closed, A) - SIGMA**2 / 2 * sp.diff(closed, A, 2)
    proved(backward, 0, "the backward equation of a touch")
    proved(closed.subs(A, 0), 1, "a touch at the barrier")
    model = lp.Lognormal(price=1_900, volatility=0.65, years=0.25)
    point = {SIGMA: RATIONAL, T: sp.Rational(1, 4), NU: -(RATIONAL**2) / 2, A: sp.log(sp.Rational(22, 19))}
    agrees(closed, point, model.touch_probability(2_200), "touch_probability")
    return Proof(
        title="Touching a price",
        text=r"""
The log price drifts by $\nu = \mu - \sigma^2/2$. The chance $p(a, T)$ that it covers the distance $a$ within $T$ solves
$\partial_T p = -\nu\,\partial_a p + \frac{\sigma^2}{2}\partial_a^2 p$ with $p = 1$ at $a = 0$ and $p \to 0$ as $T \to
0$ elsewhere. This does:

$$
p = N\!\Big(\frac{\nu T - a}{\sigma\sqrt T}\Big) + e^{2\nu a/\sigma^2}\,N\!\Big(\frac{-a - \nu T}{\sigma\sqrt T}\Big)
$$

For a price below, $\nu$ changes its sign. A chance of liquidation is this, at the liquidation price; for several
accounts the chances are added (Bonferroni), which is never too little.""",
        source="A. Borodin and P. Salminen, *Handbook of Brownian Motion* (2002), part II, chapter 2.",
    )


def exits() -> Proof:
    x = sp.Symbol("x", real=True)
    k = 2 * NU / SIGMA**2
    above = (1 - sp.exp(-k * x)) / (1 - sp.exp(-k * (A + B)))
    closed = ((A + B) * above - x) / NU
    proved(SIGMA**2 / 2 * sp.diff(closed, x, 2) + NU * sp.diff(closed, x), -1, "the equation of the mean exit time")
    proved(closed.subs(x, 0), 0, "an exit at the lower edge")
    proved(closed.subs(x, A + B), 0, "an exit at the upper edge")
    mean = closed.subs(x, A)
    middle = mean.subs(B, A)
    proved(middle.rewrite(sp.exp), (A / NU * sp.tanh(NU * A / SIGMA**2)).rewrite(sp.exp), "the middle of a range")
    proved(sp.limit(A / NU * sp.tanh(NU * A / SIGMA**2), NU, 0), A**2 / SIGMA**2, "without drift")
    model = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
    point = {SIGMA: RATIONAL, NU: -(RATIONAL**2) / 2, A: sp.log(sp.Rational(19, 17)), B: sp.log(sp.Rational(21, 19))}
    agrees(mean, point, model.mean_exit_years(1_700, 2_100), "mean_exit_years")
    return Proof(
        title="Leaving a range",
        text=r"""
The mean time $u$ until the log price has left $(-a, b)$ solves $\frac{\sigma^2}{2}u'' + \nu u' = -1$ with $u = 0$ at
both edges. At the start

$$
u = \frac1\nu\left((a + b)\,\frac{1 - e^{-2\nu a/\sigma^2}}{1 - e^{-2\nu(a+b)/\sigma^2}} - a\right), \qquad
u = \frac h\nu \tanh\frac{\nu h}{\sigma^2} \text{ for } a = b = h, \qquad u = \frac{ab}{\sigma^2} \text{ for } \nu \to 0
$$

A range that is centred anew at each exit is left once in that time in the long run, which `range_for_exits` turns
round: four times the exits is half the width.""",
        source="S. Karlin and H. Taylor, *A Second Course in Stochastic Processes* (1981), chapter 15; W. Feller, "
        "*An Introduction to Probability Theory and Its Applications*, vol. II (1971), chapter XI, for renewals.",
    )


CHAPTER: Chapter = (
    "On the way",
    "What happens before the end, to a price that is watched at every moment.",
    (touch, exits),
)
