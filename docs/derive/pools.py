"""Pools: amounts, impermanent loss, its strip of options, loss versus rebalancing, ranges that fit two amounts."""

from __future__ import annotations

import sympy as sp

import lpgreeks as lp
from derive.proofs import Chapter, Proof, agrees, proved
from lpgreeks.formulas import PRICE as P
from lpgreeks.formulas import mean, symbol

L, A, B, START, F, V, K, T, SIGMA = (symbol(name) for name in ("L", "p_a", "p_b", "P_0", "F", "v", "K", "T", "sigma"))
RATIO = symbol("r")


def inside(expression: sp.Expr) -> sp.Expr:
    """The branch of a range in which both tokens are held."""
    return expression.args[1][0] if isinstance(expression, sp.Piecewise) else expression


def amounts() -> Proof:
    range_ = lp.UniswapV3.symbolic()
    low, high = (sp.Symbol(name, positive=True) for name in ("p_a", "p_b"))
    found = {s.name for s in range_.value.free_symbols} - {"P"}
    assert found == {"L", "p_a", "p_b"}, found
    x, y = inside(range_.base), inside(range_.quote)
    proved((x + L / sp.sqrt(high)) * (y + L * sp.sqrt(low)), L**2, "the curve of a range")
    proved(P * sp.diff(x, P) + sp.diff(y, P), 0, "a swap at the pool's price")
    proved(sp.diff(inside(range_.value), P), x, "the delta of a range")
    proved(sp.diff(inside(range_.value), P, 2), -L / (2 * P ** sp.Rational(3, 2)), "the gamma of a range")
    full = lp.UniswapV2.symbolic()
    proved(full.base * full.quote, L**2, "the curve of a full range")
    proved(full.base, inside(range_.base).subs(high, sp.oo), "a full range is the widest range")
    return Proof(
        title="Amounts of a range",
        text=r"""
Inside the range the pool trades along $(x + L/\sqrt{p_b})\,(y + L\sqrt{p_a}) = L^2$, at the price
$P = -dy/dx$. Solved for the two amounts:

$$
x = L\Big(\frac1{\sqrt P} - \frac1{\sqrt{p_b}}\Big), \qquad y = L\,(\sqrt P - \sqrt{p_a}), \qquad P\,x' + y' = 0
$$

Because a swap is made at the pool's price, what moves the value is the price alone: $V' = x + (P x' + y') = x$. The
delta of a pool is the coins in it, and $V'' = x' = -L / (2 P^{3/2})$. With $p_a \to 0$ and $p_b \to \infty$ the curve
is $x\,y = L^2$. Below the range there are only coins, above it only dollars: $P$ is clamped.""",
        source="H. Adams, N. Zinsmeister, M. Salem, R. Keefer and D. Robinson, *Uniswap v3 Core* (2021), section 2; "
        "A. Elsts, *Liquidity Math in Uniswap v3* (2021).",
    )


def fits() -> Proof:
    x, y = symbol("x"), symbol("y")
    from_coins = x / (1 / sp.sqrt(P) - 1 / sp.sqrt(B))
    from_dollars = y / (sp.sqrt(P) - sp.sqrt(A))
    root = sp.sqrt(P) - y / from_coins
    proved(root, y / (sp.sqrt(B) * x) + sp.sqrt(P) - y / (sp.sqrt(P) * x), "the lower end")
    proved(from_dollars.subs(sp.sqrt(A), root), from_coins, "both amounts are used whole")
    found = lp.UniswapV3.lower_that_uses_all(base_offered=2, quote_offered=4_000, price=2_000, upper=3_000)
    agrees(root**2, {x: 2, y: 4_000, P: 2_000, B: 3_000}, found, "lower_that_uses_all")
    return Proof(
        title="The end that uses both amounts",
        text=r"""
A deposit of $x$ coins and $y$ dollars is used whole where both give one liquidity. $L = x/(1/\sqrt P - 1/\sqrt{p_b})$
from the coins, put into $y = L(\sqrt P - \sqrt{p_a})$:

$$
\sqrt{p_a} = \sqrt P - \frac yL = \frac{y}{\sqrt{p_b}\,x} + \sqrt P - \frac{y}{\sqrt P\,x}
$$

The upper end is the same with coins and dollars exchanged, $1/\sqrt{p_b} = 1/\sqrt P - x/L$.""",
        source="A. Elsts, *Liquidity Math in Uniswap v3* (2021), on a range from two amounts.",
    )


def loss() -> Proof:
    value = inside(lp.UniswapV3.symbolic().value)
    x, y = (inside(a).subs(P, START) for a in (lp.UniswapV3.symbolic().base, lp.UniswapV3.symbolic().quote))
    closed = -L / sp.sqrt(START) * (sp.sqrt(P) - sp.sqrt(START)) ** 2
    proved(value - (x * P + y), closed, "impermanent loss in range")
    whole = 2 * L * sp.sqrt(START)
    proved((closed / whole).subs(P, RATIO * START), -((sp.sqrt(RATIO) - 1) ** 2) / 2, "loss over the start value")
    held = L / sp.sqrt(START) * P + L * sp.sqrt(START)
    over_held = (closed / held).subs(P, RATIO * START)
    proved(over_held, 2 * sp.sqrt(RATIO) / (1 + RATIO) - 1, "loss over holding")
    claim = lp.LossClaim(of=lp.UniswapV2(base="ETH", quote="USDC", liquidity=10), start=1_900)
    agrees(-closed, {L: 10, START: 1_900, P: 2_500}, float(claim.value(2_500)), "the loss claim")
    return Proof(
        title="Impermanent loss",
        text=r"""
The value less that of holding the amounts of the start, $V(P) - x(P_0) P - y(P_0)$. In range, whatever its ends:

$$
\mathrm{IL} = -\frac{L}{\sqrt{P_0}}\,\big(\sqrt P - \sqrt{P_0}\big)^2
$$

never positive. Of a full range with $r = P/P_0$ it is $-\frac12(\sqrt r - 1)^2$ of the value at the start and
$2\sqrt r/(1 + r) - 1$ of holding. `LossClaim` pays its negative; position and claim together are holding.""",
        source="G. Angeris and others, *An analysis of Uniswap markets* (2019), full range; A. Lipton, "
        "V. Lucic and A. Sepp, *Unified approach for hedging impermanent loss of liquidity provision* (2025), ranges.",
    )


def strip() -> Proof:
    weight = L / (2 * K ** sp.Rational(3, 2))
    claim = L / sp.sqrt(START) * (sp.sqrt(P) - sp.sqrt(START)) ** 2
    puts = sp.integrate(sp.expand(weight * (K - P)), (K, P, START))
    calls = sp.integrate(sp.expand(weight * (P - K)), (K, START, P))
    proved(puts, claim, "the strip of puts below the start")
    proved(calls, claim, "the strip of calls above the start")
    return Proof(
        title="The strip of options",
        text=r"""
Any payoff with a slope is, about $P_0$, a line and options at every strike, as many as its curvature there:

$$
g(P) = g(P_0) + g'(P_0)(P - P_0) + \int_0^{P_0} g''(K)\,(K - P)^+ dK + \int_{P_0}^{\infty} g''(K)\,(P - K)^+ dK
$$

For the loss claim of a range the line is 0 and $g''(K) = -V''(K) = L/(2K^{3/2})$ inside the range and 0 outside. The
puts integrate to the claim below the start and the calls above it. That is why a position is short options at every
price of its range. `strip` takes listed strikes only: the change of the claim's chord at each is its number of
options.""",
        source="P. Carr and D. Madan, *Towards a theory of volatility trading* (1998); M. Fukasawa, B. Maire and "
        "M. Wunsch, *Weighted variance swaps hedge against impermanent loss* (2023), for pools.",
    )


def price_of_loss() -> Proof:
    full = lp.UniswapV2.symbolic()
    premium = (full.base.subs(P, F) * F + full.quote.subs(P, F)) - mean(full.value, F, V)
    closed = 2 * L * sp.sqrt(F) * (1 - sp.exp(-V / 8))
    proved(premium, closed, "the price of the loss of a full range")
    range_ = mean(lp.UniswapV3.symbolic().value, F, V)
    at = {L: 10, A: 1_700, B: 2_100, F: 1_900, V: sp.Rational(81, 10_000)}
    pool = lp.UniswapV3(base="ETH", quote="USDC", liquidity=10, lower=1_700, upper=2_100)
    value = inside(lp.UniswapV3.symbolic().value).subs(P, F)
    number = lp.expected_lvr(pool, price=1_900, volatility=0.09, years=1.0)
    agrees(value - range_, at, number, "expected_lvr", of=pool.value(1_900))
    return Proof(
        title="The price of the loss",
        text=r"""
The claim's price is what holding is worth less the mean of the position, $V(F) - \operatorname{E}[V(S)]$ from a start
at the forward. Of a full range, by two moments of order one half,

$$
\Pi = V_0\,\big(1 - e^{-v/8}\big)
$$

Of a range it is the sum of the partial moments of its three branches, compared at one point with the library's number.
Per year and per dollar it is the break-even fee rate $\Pi / (V_0 T)$, and the volatility at which it equals given fees
is the IL-implied volatility.""",
        source="M. Fukasawa, B. Maire and M. Wunsch (2023), full range; Risk, Tung and Wang, "
        "*Pricing and hedging for liquidity provision in CFMM* (2026), ranges and implied volatility.",
    )


def rebalancing() -> Proof:
    rate = -(SIGMA**2) * P**2 * inside(lp.UniswapV3.symbolic().gamma) / 2
    proved(rate, L * SIGMA**2 * sp.sqrt(P) / 4, "LVR of a range")
    full = lp.UniswapV2.symbolic()
    proved(-(SIGMA**2) * P**2 * full.gamma / 2 / full.value, SIGMA**2 / 8, "LVR of a full range")
    # d E[V] / dT is minus the mean rate: by the heat equation, term by term of a range.
    value = mean(lp.UniswapV2.symbolic().value, F, SIGMA**2 * T)
    proved(-sp.diff(value, T), mean(sp.sqrt(P), F, SIGMA**2 * T) * L * SIGMA**2 / 4, "the mean of LVR")
    pool = lp.UniswapV3(base="ETH", quote="USDC", liquidity=10, lower=1_700, upper=2_100)
    agrees(rate, {L: 10, SIGMA: sp.Rational(65, 100), P: 1_900}, lp.lvr_rate(pool, 1_900, volatility=0.65), "lvr_rate")
    return Proof(
        title="Loss versus rebalancing",
        text=r"""
Against a portfolio that holds the pool's coins at every moment, the position loses by curvature alone (Itô):

$$
\ell(P) = -\frac{\sigma^2 P^2}{2}\,V''(P) = \frac{L\,\sigma^2 \sqrt P}{4} \text{ inside}, \quad 0 \text{ outside}
$$

$\sigma^2/8$ of the value of a full range. By the heat equation $\partial_T \operatorname{E}[V] =
-\operatorname{E}[\ell]$, so its mean over a horizon is the price of the loss: the two differ by the coins held, which
cost nothing on average.""",
        source="J. Milionis, C. Moallemi, T. Roughgarden and A. Zhang, *Automated Market Making and "
        "Loss-Versus-Rebalancing* (2022), theorem 1 and the example of constant product.",
    )


def arbitrage() -> Proof:
    x, blocks, gamma = (symbol(name) for name in ("x", "lambda", "gamma"))
    steep = sp.sqrt(2 * blocks) / SIGMA
    tail = sp.exp(-steep * (x - gamma))
    proved(SIGMA**2 / 2 * sp.diff(tail, x, 2), blocks * tail, "the tail's balance")
    beyond = 2 * sp.integrate(sp.exp(-steep * x), (x, 0, sp.oo))
    share = beyond / (beyond + 2 * gamma)
    closed = 1 / (1 + sp.sqrt(2 * blocks) * gamma / SIGMA)
    proved(share, closed, "the share of arbitrage")
    number = lp.arbitrage_share(volatility=0.65, fee=0.0005, blocks_per_year=2_628_000)
    point = {SIGMA: sp.Rational(65, 100), blocks: 2_628_000, gamma: sp.log(sp.Rational(10_005, 10_000))}
    agrees(closed, point, number, "arbitrage_share")
    return Proof(
        title="What arbitrageurs keep of it",
        text=r"""
Let $z$ be the log distance of the market from the pool. Between blocks it spreads with variance $\sigma^2$ a year; at
each of $\lambda$ blocks a year, at random times, what lies beyond the fee $\pm\gamma$ is brought back to the fee. In
the steady state the density is flat inside the band and beyond it solves $\frac{\sigma^2}{2} p'' = \lambda p$, so
$p \propto e^{-\sqrt{2\lambda}\,(|z| - \gamma)/\sigma}$. The chance that a block finds a trade is the mass beyond:

$$
P_{\text{trade}} = \frac{1}{1 + \sqrt{2\lambda}\,\gamma/\sigma}
$$

To first order in the fee that share of LVR is the arbitrageurs' profit, and the rest is paid to the pool as fees.""",
        source="J. Milionis, C. Moallemi and T. Roughgarden, *Automated Market Making and Arbitrage Profits in the "
        "Presence of Fees* (2023), on the probability of a trade.",
    )


CHAPTER: Chapter = (
    "Pools",
    "What a range holds, loses and is paid for. $L$ is its liquidity in whole tokens, $p_a$ and $p_b$ its ends.",
    (amounts, fits, loss, strip, price_of_loss, rebalancing, arbitrage),
)
