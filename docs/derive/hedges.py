"""Hedges: least variance, coins and dollars, exchangeable perpetuals, carry, the tail."""

from __future__ import annotations

import sympy as sp

import lpgreeks as lp
from derive.proofs import Chapter, Proof, agrees, proved
from lpgreeks.formulas import PRICE as P
from lpgreeks.formulas import mean, minimum_variance_ratio, symbol

F, V, L, N, E, START = (symbol(name) for name in ("F", "v", "L", "N", "E", "P_0"))


def least_variance() -> Proof:
    pool = lp.UniswapV2.symbolic()
    derived = minimum_variance_ratio(pool, F, V)
    closed = 2 * (sp.exp(3 * V / 8) - sp.exp(-V / 8)) / (sp.exp(V) - 1)
    proved(derived, closed, "the minimum-variance ratio")
    first = mean(pool.value, F, V)
    variance = mean(sp.expand(pool.value**2), F, V) - first**2
    price_variance = mean(P**2, F, V) - F**2
    joint = mean(sp.expand(pool.value * P), F, V) - first * F
    proved(variance / (4 * L**2 * F), 1 - sp.exp(-V / 4), "the variance of a full range")
    removed = (sp.exp(3 * V / 8) - sp.exp(-V / 8)) ** 2 / ((sp.exp(V) - 1) * (1 - sp.exp(-V / 4)))
    proved(joint**2 / (variance * price_variance), removed, "hedge effectiveness")
    model = lp.Lognormal(price=1_900, volatility=0.2, years=1)
    position = lp.UniswapV2.from_value(1_000, base="ETH", quote="USDC", price=1_900)
    perp = lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
    plan = lp.hedge(position, [perp], model, objective=lp.Variance(lp.Value("USDC")))
    agrees(closed, {V: sp.Rational(4, 100)}, -plan.quantities[0] / position.base_amount(1_900), "the optimiser's ratio")
    agrees(removed, {V: sp.Rational(4, 100)}, plan.effectiveness, "the optimiser's effectiveness")
    return Proof(
        title="Least variance of the value",
        text=r"""
Of all quantities $h$ short, $\operatorname{Var}(V - hS)$ is least at $h^* = \operatorname{Cov}(V, S) /
\operatorname{Var}(S)$, and leaves $1 - \rho^2$ of the variance. Of several legs, $h^* = \Sigma^{-1} c$. For a full
range the moments of order $\frac12$, 1, $\frac32$ and 2 give, in coins held at $F$,

$$
\frac{h^*}{x(F)} = DERIVED = \frac{2\left(e^{3v/8} - e^{-v/8}\right)}{e^{v} - 1} < 1, \qquad
\rho^2 = \frac{\left(e^{3v/8} - e^{-v/8}\right)^2}{(e^v - 1)(1 - e^{-v/4})}
$$

with a standard deviation of $\sqrt{1 - e^{-v/4}}$ of the value before. The optimiser finds both to twelve digits. A
range has the same sums with partial moments; being more curved, it wants less still.""".replace(
            "DERIVED", sp.latex(derived)
        ),
        source="L. Ederington, *The hedging performance of the new futures markets* (1979), ratio and effectiveness; "
        "the closed form of a pool is this library's own.",
    )


def amounts() -> Proof:
    coins = lp.UniswapV2.symbolic().base + N * lp.InversePerp.symbolic().base.subs(E, START)
    (matched,) = sp.solve(sp.diff(coins, P).subs(P, START), N)
    proved(matched, L * sp.sqrt(START) / 2, "the coin hedge")
    quantity = symbol("q")
    dollars = lp.UniswapV2.symbolic().quote - quantity * lp.LinearPerp.symbolic().quote.subs(E, START)
    (sold,) = sp.solve(sp.diff(dollars, P).subs(P, START), quantity)
    proved(sold, L / (2 * sp.sqrt(START)), "the dollar hedge")
    proved(matched - sold * START, 0, "both hedges have one notional")
    left = sp.simplify(sp.diff(coins.subs(N, matched), P, 2).subs(P, START))
    proved(left, -L / (4 * START ** sp.Rational(5, 2)), "what is left of the coins")
    return Proof(
        title="Coins held, dollars held",
        text=rf"""
A long inverse perpetual pays coins as the pool sells them, a short linear one pays dollars as the pool spends them. To
first order at $P_0$ the amounts stand still for

$$
N = {sp.latex(matched)} \text{{ dollars long, inverse}}, \qquad q = {sp.latex(sold)} \text{{ coins short, linear}}
$$

whatever the range, as long as $P_0$ is inside. Both have the notional $L\sqrt{{P_0}}/2$, so held together they cancel
in value: both amounts are kept, and the P&L in dollars is what it was. Of the coins
$-L (P - P_0)^2 / (8 P_0^{{5/2}})$ is left to second order.""",
        source="this library's own; for inverse contracts Deng, Pan, Zhang and Zou, *Minimum-variance "
        "hedging of Bitcoin inverse futures* (2020).",
    )


def exchangeable() -> Proof:
    inverse, linear = lp.InversePerp.symbolic().value, lp.LinearPerp.symbolic().value
    proved(inverse, linear / E, "an inverse perpetual in dollars")
    leverage = symbol("ell")
    own = N / (E * leverage) * P - N * inverse
    short = N / E * (1 - 1 / leverage)
    proved(own, N / leverage + short * (E - P), "inverse at ell is linear at ell - 1")
    proved(short * E / (N / leverage), leverage - 1, "its leverage")
    return Proof(
        title="Linear and inverse",
        text=r"""
A dollar of an inverse perpetual pays $1/E - 1/P$ coins, worth $P/E - 1$ dollars: $1/E$ of a linear one. In value the
two are exchangeable. With $W = N/(E\ell)$ coins behind a short of $N$ dollars at leverage $\ell$, its equity in
dollars is

$$
P W + N\Big(1 - \frac PE\Big) = \frac N\ell + \frac NE\Big(1 - \frac1\ell\Big)(E - P)
$$

which is a linear short of $(N/E)(1 - 1/\ell)$ coins on $N/\ell$ dollars: leverage $\ell - 1$. At $\ell = 1$ it is a
synthetic dollar.""",
        source="contract rules of [Binance](https://www.binance.com/en/support/faq/ceccfcfb4e3a45e3b48b0b1bb1a8ae46) "
        "and Deribit; the equivalence is this library's own.",
    )


def carry() -> Proof:
    q, cov, var, c, lam = sp.symbols("q C S c lambda", real=True)
    goal = q**2 * var / 2 * lam + q * cov * lam + q * c
    (best,) = sp.solve(sp.diff(goal, q), q)
    proved(best, -cov / var - c / (lam * var), "the mean-variance quantity")
    return Proof(
        title="Mean against variance",
        text=r"""
`MeanVariance` makes $\frac\lambda2\operatorname{Var} - \operatorname{E}$ small. A leg short earns the carry $c$ a coin
(funding, less two fees), so with quantity $q < 0$ the mean is $-qc$ and

$$
q = -\frac{\operatorname{Cov}(V, S)}{\operatorname{Var}(S)} - \frac{c}{\lambda \operatorname{Var}(S)}
$$

The first term is the hedge of least variance, the second a trade on the carry.""",
        source="H. Markowitz, *Portfolio selection* (1952); the split is in R. Anderson and J.-P. Danthine, "
        "*Cross hedging* (1981).",
    )


def tail() -> Proof:
    z, level, rate, loss = symbol("z"), symbol("alpha"), symbol("k"), symbol("y")
    law = rate * sp.exp(-rate * loss)
    goal = z + sp.integrate((loss - z) * law, (loss, z, sp.oo)) / (1 - level)
    proved(sp.diff(goal, z), 1 - sp.exp(-rate * z) / (1 - level), "the slope of the program")
    at_risk = -sp.log(1 - level) / rate
    proved(sp.diff(goal, z).subs(z, at_risk), 0, "the minimum is the value at risk")
    proved(goal.subs(z, at_risk), at_risk + 1 / rate, "its height is the mean of the tail")
    return Proof(
        title="CVaR as a convex program",
        text=r"""
The mean of the worst $1 - \alpha$ of the losses $Y$ is a minimum over one more number:

$$
\mathrm{CVaR}_\alpha = \min_z\; z + \frac{\operatorname{E}[(Y - z)^+]}{1 - \alpha}
$$

The slope is $1 - P(Y > z)/(1 - \alpha)$: it vanishes at the value at risk, where the right side is the mean beyond it.
Worked out here for exponential losses, whose tail mean is the value at risk plus $1/k$. Over $n$ outcomes with weights
$w_i$ and losses linear in the quantities it is a linear program with $u_i \ge y_i(q) - z$, $u_i \ge 0$; the outcome at
the tail's edge counts by the share of its weight that lies within.""",
        source="R. T. Rockafellar and S. Uryasev, *Optimization of conditional value-at-risk* (2000), theorem 1; and "
        "*Conditional value-at-risk for general loss distributions* (2002), for the share at the edge.",
    )


CHAPTER: Chapter = ("Hedges", "Quantities, and what they leave.", (least_variance, amounts, exchangeable, carry, tail))
