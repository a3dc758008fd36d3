"""Means under a lognormal price: partial moments, smeared payoffs, Black-76 and coin options."""

from __future__ import annotations

import sympy as sp

import lpgreeks as lp
from derive.proofs import Chapter, Proof, agrees, proved
from lpgreeks.formulas import mean, partial_moment, symbol
from lpgreeks.smears import partial_moment as in_numbers

F, K, V, T, SIGMA = (symbol(name) for name in ("F", "K", "v", "T", "sigma"))
A = sp.Symbol("a", real=True)
MODEL = {F: 1_900, K: 1_800, V: sp.Rational(81, 10_000)}
WIDTH = 0.09


def density(price: sp.Expr) -> sp.Expr:
    """Of a lognormal price with mean ``F`` and log variance ``v``."""
    return sp.exp(-((sp.log(price / F) + V / 2) ** 2) / (2 * V)) / (price * sp.sqrt(2 * sp.pi * V))


def normal(x: sp.Expr) -> sp.Expr:
    return (1 + sp.erf(x / sp.sqrt(2))) / 2


def partial() -> Proof:
    moment = partial_moment(A, K, F, V)
    proved(sp.diff(moment, K), -(K**A) * density(K), "the partial moment's slope in its kink")
    # Far out nothing is left, near 0 everything is: N of minus and of plus infinity.
    argument = (sp.log(F / K) + (A - sp.Rational(1, 2)) * V) / sp.sqrt(V)
    assert sp.limit(argument.subs({A: 1, V: 1, F: 1}), K, sp.oo) == -sp.oo
    agrees(moment, {**MODEL, A: sp.Rational(1, 2)}, float(in_numbers(0.5, 1_800, 1_900, WIDTH)), "a partial moment")
    return Proof(
        title="Partial moments",
        text=r"""
Let $S$ be lognormal with mean $F$ and log variance $v = \sigma^2 T$, so that its density is

$$
f(s) = \frac{1}{s\sqrt{2\pi v}}\,\exp\!\Big(-\frac{(\ln(s/F) + v/2)^2}{2v}\Big)
$$

Every mean on this page is a sum of

$$
M_a(k) = \operatorname{E}[S^a\,1\{S > k\}] = F^a e^{a(a-1)v/2}\,N\!\left(\frac{\ln(F/k) + (a-\frac12)v}{\sqrt v}\right)
$$

The slope of the right side in $k$ is $-k^a f(k)$, that of the integral $\int_k^\infty s^a f(s)\,ds$, and both vanish as
$k$ grows. So they are one function. $k = 0$ gives the full moment $F^a e^{a(a-1)v/2}$.""",
        source="F. Black and M. Scholes, *The pricing of options and corporate liabilities* (1973), is the case "
        "of $a = 0$ and $a = 1$; powers are a change of measure.",
    )


def smeared() -> Proof:
    moment = partial_moment(A, K, F, V)
    proved(F * sp.diff(moment, F), A * moment + K**A * K * density(K), "the derivative of a mean in the logarithm of F")
    heat = sp.diff(moment, V) - F**2 * sp.diff(moment, F, 2) / 2
    proved(heat, 0, "the heat equation of a partial moment")
    range_ = mean(lp.UniswapV3.symbolic().value, F, V)
    proved(sp.diff(range_, V), F**2 * sp.diff(range_, F, 2) / 2, "the heat equation of a range")
    return Proof(
        title="Greeks of a mean",
        text=r"""
With $\theta = F\,\partial_F$ the derivative goes inside: $\theta\,M_a(k) = a\,M_a(k) + k^{a+1} f(k)$, the mean of
$\theta S^a$ and the point mass that the jump at $k$ leaves. So every Greek of every payoff is again a sum of partial
moments and densities. Time and volatility enter through $v$ alone:

$$
\frac{\partial}{\partial v}\operatorname{E}[g(S)] = \frac{F^2}{2}\,\frac{\partial^2}{\partial F^2}\operatorname{E}[g(S)]
$$

checked on $M_a(k)$ for every $a$, and on the whole mean of a range. Hence vega is $\sigma T F^2 \Gamma$ and theta
$-\sigma^2 F^2 \Gamma / 2$. Widths add in squares, because a lognormal price that is smeared again is lognormal.""",
        source="the heat equation of the lognormal law, in J. Hull, *Options, Futures, and Other Derivatives*, "
        "chapter on the Black-Scholes-Merton model.",
    )


def black() -> Proof:
    call = mean(lp.Call.symbolic().value, F, V)
    put = mean(lp.Put.symbolic().value, F, V)
    d1 = (sp.log(F / K) + V / 2) / sp.sqrt(V)
    d2 = d1 - sp.sqrt(V)
    closed = F * normal(d1) - K * normal(d2)
    proved(call, closed, "Black-76")
    proved(call - put, F - K, "put-call parity")
    proved(sp.diff(closed, F), normal(d1), "the delta of a call")
    bell = sp.exp(-(d1**2) / 2) / sp.sqrt(2 * sp.pi)
    proved(sp.diff(closed, F, 2), bell / (F * sp.sqrt(V)), "the gamma of a call")
    vega = sp.diff(closed.subs(V, SIGMA**2 * T), SIGMA)
    proved(vega, (F * bell * sp.sqrt(T)).subs(V, SIGMA**2 * T), "the vega of a call")
    option = lp.Call(base="ETH", quote="USDC", strike=1_800).marked(volatility=WIDTH, years=1.0)
    agrees(closed, MODEL, float(option.value(1_900)), "Black-76")
    return Proof(
        title="Black-76",
        text=r"""
Nobody typed it. The payoff of a call is $S\,1\{S > K\} - K\,1\{S > K\}$, so its mean is $M_1(K) - K M_0(K)$:

$$
C = F\,N(d_1) - K\,N(d_2), \qquad d_{1,2} = \frac{\ln(F/K) \pm v/2}{\sqrt v}, \qquad C - P = F - K
$$

Differentiated: $\Delta = N(d_1)$, $\Gamma = \varphi(d_1) / (F\sqrt v)$, vega $= F\,\varphi(d_1)\sqrt T$.""",
        source="F. Black, *The pricing of commodity contracts* (1976).",
    )


def coins() -> Proof:
    call = mean(lp.Call.symbolic().value, F, V)
    inverse = lp.InverseCall.symbolic()
    proved(sp.simplify(inverse.value - lp.Call.symbolic().value), 0, "an inverse call in dollars")
    net = F * sp.diff(call / F, F)
    proved(net, sp.diff(call, F) - call / F, "the net delta")
    biased = mean(inverse.base, F, V)
    gap = float((biased - call / F).subs(MODEL))
    assert gap < 0, "the mean of the coin payoff was thought to be less than the coin price"
    return Proof(
        title="Coin-settled options",
        text=r"""
An inverse call pays $\max(1 - K/P, 0)$ coins, which are worth $\max(P - K, 0)$ dollars: the same payoff. Its price in
coins is the dollar price over the forward, $c = C / F$. The coins that are made by a move are

$$
F\,\frac{\partial c}{\partial F} = \Delta - \frac CF
$$

which is `delta_net`: the delta less the premium in coins. The mean of the coin payoff is another number (less by
GAP coins for a strike of 1,800, a forward of 1,900 and $\sqrt v = 0.09$) and is no price.""".replace(
            "GAP", f"{abs(gap):.6f}"
        ),
        source="V. Lucic and A. Sepp, *Valuation and hedging of cryptocurrency inverse options*, Quantitative Finance "
        "24 (2024), on net delta.",
    )


def merton() -> Proof:
    n = sp.Symbol("n", integer=True, nonnegative=True)
    rate, m, s = symbol("Lambda"), sp.Symbol("m", real=True), symbol("s")
    # Jumps of log size m and variance s^2; the drift between them keeps the mean at F.
    kappa = sp.exp(m + s**2 / 2) - 1
    given = (F * sp.exp(-rate * kappa + n * (m + s**2 / 2))) ** A * sp.exp(A * (A - 1) * (V + n * s**2) / 2)
    weight = sp.exp(-rate) * rate**n / sp.factorial(n)
    tilted, x = rate * (1 + kappa), symbol("x")
    proved((weight * given).subs(A, 1), F * sp.exp(-tilted) * tilted**n / sp.factorial(n), "Merton's price, n jumps")
    proved(sp.summation(sp.exp(-x) * x**n / sp.factorial(n), (n, 0, sp.oo)), 1, "chances of a Poisson law")
    model = lp.Merton(
        price=1_900, volatility=0.5, years=0.25, jumps_per_year=8.0, jump_mean=-0.02, jump_volatility=0.05
    )
    moment = sum(
        (weight * given).subs({n: i, A: sp.Rational(1, 2), rate: 2, m: sp.Rational(-2, 100), s: sp.Rational(5, 100),
                               F: 1_900, V: sp.Rational(1, 16)})
        for i in range(40)
    )  # fmt: skip
    agrees(sp.sympify(moment), {}, model.mean(lp.sqrt(lp.Powers.price())), "the mean root of Merton's price")
    return Proof(
        title="Jumps",
        text=r"""
Given $n$ jumps the price is lognormal. With $\Lambda = \lambda T$ jumps expected, of mean log size $m$ and variance
$s^2$, its forward is $F_n = F e^{-\Lambda\kappa + n(m + s^2/2)}$ and its variance $v + n s^2$, where
$\kappa = e^{m + s^2/2} - 1$. Every mean is the Poisson mixture $\sum_n e^{-\Lambda}\frac{\Lambda^n}{n!}
\operatorname{E}_n[g(S)]$. For $g(S) = S$ its
terms are $F$ times the chances of a Poisson law with mean $\Lambda(1 + \kappa)$, and add up to $F$.""",
        source="R. Merton, *Option pricing when underlying stock returns are discontinuous* (1976), "
        "on lognormal jumps.",
    )


CHAPTER: Chapter = (
    "Means",
    "What a payoff is worth on average, and before it is paid.",
    (partial, smeared, black, coins, merton),
)
