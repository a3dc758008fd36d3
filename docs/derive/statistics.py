"""What a Sharpe ratio is worth, and how variances are compared."""

from __future__ import annotations

import sympy as sp

import lpgreeks as lp
from derive.proofs import Chapter, Proof, agrees, proved
from lpgreeks.formulas import symbol

N = symbol("n")


def sharpe() -> Proof:
    mu, sd = sp.Symbol("mu", real=True), symbol("s")
    third, fourth = sp.Symbol("gamma_3", real=True), symbol("gamma_4")
    m1, m2 = sp.symbols("m_1 m_2", real=True)
    ratio = m1 / sp.sqrt(m2 - m1**2)
    raw = {
        1: mu,
        2: mu**2 + sd**2,
        3: mu**3 + 3 * mu * sd**2 + third * sd**3,
        4: mu**4 + 6 * mu**2 * sd**2 + 4 * mu * third * sd**3 + fourth * sd**4,
    }
    slopes = sp.Matrix([sp.diff(ratio, m) for m in (m1, m2)]).subs({m1: raw[1], m2: raw[2]})
    covariance = sp.Matrix(2, 2, lambda i, j: raw[i + j + 2] - raw[i + 1] * raw[j + 1])
    variance = (slopes.T * covariance * slopes)[0]
    seen = sp.Symbol("R", real=True)
    closed = 1 - third * seen + (fourth - 1) / 4 * seen**2
    proved(variance.subs(mu, seen * sd), closed, "the variance of a Sharpe ratio")
    r, bar = sp.Rational(1, 10), sp.Rational(1, 20)
    z = (r - bar) * sp.sqrt(N - 1) / sp.sqrt(closed.subs(seen, r))
    point = {N: 500, third: -1, fourth: 6}
    number = lp.probabilistic_sharpe(0.1, periods=500, above=0.05, skewness=-1, kurtosis=6)
    agrees((1 + sp.erf(z / sp.sqrt(2))) / 2, point, number, "probabilistic_sharpe")
    return Proof(
        title="The probabilistic Sharpe ratio",
        text=r"""
A ratio seen over $n$ periods is a function of the first two moments of the sample, whose covariances are known from the
first four. By the delta method, in moments of any law,

$$
n \operatorname{Var}\big(\widehat{SR}\big) \to 1 - \gamma_3\,SR + \frac{\gamma_4 - 1}{4}\,SR^2
$$

with the skewness $\gamma_3$ and the raw kurtosis $\gamma_4$. The chance that the true ratio is above a bar is the
normal law's at the distance to the bar in these errors, with $n - 1$ for $n$.""",
        source="D. Bailey and M. López de Prado, *The Sharpe ratio efficient frontier* (2012), section on the "
        "probabilistic ratio; the variance is E. Mertens (2002).",
    )


def best() -> Proof:
    from scipy.integrate import quad
    from scipy.special import ndtr

    errors = []
    for trials in (10, 100, 1_000):
        # E[max] of independent normals: above 0 the chance to exceed x, below 0 that of staying under it.
        mean = quad(lambda x, k=trials: 1 - ndtr(x) ** k, 0, 12)[0] - quad(lambda x, k=trials: ndtr(x) ** k, -12, 0)[0]
        errors.append(lp.expected_best(trials) / mean - 1)
    assert errors == sorted(errors, key=abs, reverse=True), errors
    assert max(map(abs, errors)) < 0.03, errors
    return Proof(
        title="The deflated Sharpe ratio",
        text=r"""
The best of $K$ ratios without skill, spread by $V$, is about
$\sqrt V\,[(1 - \gamma) N^{-1}(1 - \frac1K) + \gamma N^{-1}(1 - \frac1{Ke})]$: the greatest of $K$ normal draws is
nearly a Gumbel law's, whose mean is its place plus $\gamma$ (Euler's constant) times its scale. An approximation:
against the integral of the greatest of independent draws it is off by ERRORS % for 10, 100 and 1,000. The deflated
ratio is the probabilistic one above that bar.""".replace("ERRORS", ", ".join(f"{100 * e:+.2f}" for e in errors)),
        source="D. Bailey and M. López de Prado, *The deflated Sharpe ratio* (2014), on the expected maximum.",
    )


def variances() -> Proof:
    rho = sp.Symbol("rho", real=True)
    # Of standard normal pairs E[x^2 y^2] = 1 + 2 rho^2, and E[x^4] = 3.
    matrix = sp.Matrix([[2, 2 * rho**2], [2 * rho**2, 2]])
    slopes = sp.Matrix([1, -1])
    proved((slopes.T * matrix * slopes)[0], 4 * (1 - rho**2), "the variance of a log ratio of variances")
    return Proof(
        title="Comparing two variances",
        text=r"""
The logarithm of a sample variance has the slope $1/v$ in it. For normal pairs with correlation $\rho$ the squares have
variances $2v^2$ and a covariance of $2\rho^2 v_1 v_2$, so

$$
n \operatorname{Var}(\ln v_1 - \ln v_2) \to 2 + 2 - 4\rho^2 = 4(1 - \rho^2)
$$

A hedge that goes with its benchmark can be told from it by few periods. For other laws and with memory the same slopes
are put on blocks of the data.""",
        source="O. Ledoit and M. Wolf, *Robust performance hypothesis testing with the variance* (2011).",
    )


CHAPTER: Chapter = ("Statistics", "How sure a figure is.", (sharpe, best, variances))
