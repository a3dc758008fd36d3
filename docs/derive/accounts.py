"""Accounts: where they are liquidated, what coins behind them do; and what fees a pool divides."""

from __future__ import annotations

import sympy as sp

import lpgreeks as lp
from derive.proofs import Chapter, Proof, agrees, proved
from lpgreeks.formulas import PRICE as P
from lpgreeks.formulas import symbol

E, Q, N, W, D, M, ELL = (symbol(name) for name in ("E", "Q", "N", "W", "d", "m", "ell"))
S = sp.Symbol("s", real=True)


def liquidation() -> Proof:
    linear, inverse = lp.LinearPerp.symbolic().quote, lp.InversePerp.symbolic().base
    (of_linear,) = sp.solve(sp.Eq(W + S * Q * linear, M * Q * P - D), P)
    (of_inverse,) = sp.solve(sp.Eq(W + S * N * inverse, M * N / P - D), P)
    printed_linear = (W + D - S * Q * E) / (Q * (M - S))
    printed_inverse = N * (S + M) / (W + D + S * N / E)
    proved(of_linear, printed_linear, "a linear liquidation price")
    proved(of_inverse, printed_inverse, "an inverse liquidation price")
    levered = {D: 0, W: Q * E / ELL}
    coins = {D: 0, W: N / E / ELL}
    for sign, by_dollars, by_coins in (
        (1, E * (1 - 1 / ELL) / (1 - M), E * (1 + M) / (1 + 1 / ELL)),
        (-1, E * (1 + 1 / ELL) / (1 + M), E * (1 - M) / (1 - 1 / ELL)),
    ):
        proved(printed_linear.subs(levered).subs(S, sign), by_dollars, "a linear one at a leverage")
        proved(printed_inverse.subs(coins).subs(S, sign), by_coins, "an inverse one at a leverage")
    perp = lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
    account = lp.Account(collateral=3_800, token="USDC", positions=-10 * perp, maintenance=lp.Proportional(rate=0.005))
    point = {W: 3_800, D: 0, S: -1, Q: 10, E: 1_900, M: sp.Rational(5, 1_000)}
    agrees(printed_linear, point, float(account.liquidation_price or 0), "Account.liquidation_price")
    return Proof(
        title="Liquidation prices",
        text=rf"""
An account ends where its equity falls to the maintenance margin: $W + sQ(P - E) = mQP - d$ with $Q$ coins of a linear
contract and dollars behind it, $W + sN(1/E - 1/P) = mN/P - d$ with $N$ dollars of an inverse one and coins behind it;
$s = \pm1$ is the side, $m$ the rate and $d$ the deduction of the bracket. Solved for the price:

$$
{sp.latex(printed_linear)} \text{{ (linear)}}, \qquad {sp.latex(printed_inverse)} \text{{ (inverse)}}
$$

With $W$ the notional over the leverage $\ell$ and $d = 0$: $E(1 - 1/\ell)/(1 - m)$ and $E(1 + 1/\ell)/(1 + m)$ for a
linear long and short, $E(1 + m)/(1 + 1/\ell)$ and $E(1 - m)/(1 - 1/\ell)$ for inverse ones, the last never for
$\ell \le 1$. The bankruptcy price is the same with $m = d = 0$.""",
        source="the venues' own pages, quoted in [collateral that survives](../account.md).",
    )


def survival() -> Proof:
    linear, inverse = lp.LinearPerp.symbolic().quote, lp.InversePerp.symbolic().base
    for equity, sign in ((W + S * Q * linear - M * Q * P, 1), (W + S * Q * linear - M * Q * P, -1)):
        proved(sp.diff(equity.subs(S, sign), P, 2), 0, "the equity of a linear account is straight")
    in_coins = W + S * N * inverse - M * N / P
    proved(in_coins * P, (W + S * N / E) * P - (S + M) * N, "the equity of an inverse account in dollars")
    return Proof(
        title="Two rows say never",
        text=r"""
Equity less maintenance is straight in the price for a linear account, and for an inverse one once it is counted in
dollars: $P\,(W + sN(1/E - 1/P)) - mN = (W + sN/E)P - (s + m)N$. A straight line that is not below 0 at the lowest and
at the highest price of a path is nowhere below 0 between them. So "never liquidated on this path" is two linear rows
in quantity and collateral, however many steps the path has; brackets that rise with the size only bend the line
downward, and two rows still do.""",
        source="this library's own; a line on an interval is least at one of its ends.",
    )


def pool_fees() -> Proof:
    own, others, fee = (symbol(name) for name in ("l", "L", "phi"))
    root0, root1 = symbol("r_0"), symbol("r_1")
    through = (own + others) * (root1 - root0)
    # What reaches the curve is what was paid less the fee.
    gross = through / (1 - fee)
    growth = fee * gross / (own + others)
    proved(own * growth, fee * gross * own / (own + others), "a share of the fees")
    proved(growth, fee / (1 - fee) * (root1 - root0), "fee growth of a move")
    return Proof(
        title="Fees of a move",
        text=r"""
Of what a trader pays in, $a$, the share $\phi$ is the fee and the rest moves the price along the curve. All liquidity
in range is paid alike, so a position with $l$ beside $L$ gets

$$
\phi\,a\,\frac{l}{l + L}, \qquad \text{per unit of liquidity } \frac{\phi}{1 - \phi}\,\big(\sqrt{P_1} - \sqrt{P_0}\big)
\text{ dollars for a rise}
$$

whatever the liquidity. That is why the root of the price (for coins its reciprocal) is the way along which
`FeesAlongMove` counts. A protocol's share $s$ leaves $1 - s$ of it.""",
        source="H. Adams and others, *Uniswap v3 Core* (2021), on fee growth.",
    )


CHAPTER: Chapter = ("Accounts and fees", "Collateral, and what a pool pays.", (liquidation, survival, pool_fees))
