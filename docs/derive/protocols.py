"""Shares of GMX, bins of the Liquidity Book, calendar spreads."""

from __future__ import annotations

import sympy as sp

import lpgreeks as lp
from derive.proofs import Chapter, Proof, agrees, proved
from lpgreeks.formulas import PRICE as P
from lpgreeks.formulas import symbol


def glp() -> Proof:
    asset = lp.GlpAsset.symbolic()
    p, r, size, average = (symbol(name) for name in ("p", "r", "S", "A"))
    proved(asset.delta, p - r + size / average, "the delta of a vault's coin")
    proved(asset.gamma, 0, "a vault is straight")
    return Proof(
        title="The delta of GLP",
        text=r"""
The vault's value is the sum over its coins of $G + (p - r)P + S(P - A)/A$: the dollars guaranteed by long positions,
the coins that no trader has reserved, and what short traders owe. Differentiated,

$$
\frac{\partial}{\partial P} = p - r + \frac SA
$$

coins, and nothing bends until the next trade. A share has the supply's part of it. The weights by which the pool is
described do not enter.""",
        source="GMX v1 contracts, `GlpManager.getAum`; Jiang and Wen, *Target Weight Mechanism doesn't make delta "
        "hedge easier* (2026), on why weights do not.",
    )


def gm() -> Proof:
    a, owed, lent, n_l, o_l, k_l = (symbol(name) for name in ("a", "I", "J", "N_L", "O_L", "k_L"))
    n_s, o_s, b, q, k_s = (symbol(name) for name in ("N_S", "O_S", "b", "q", "k_S"))
    (rise,) = sp.solve(sp.Eq(n_l * P - o_l, k_l * a * P), P)
    proved(rise, o_l / (n_l - k_l * a), "the long traders' cap")
    (fall,) = sp.solve(sp.Eq(o_s - n_s * P, k_s * b * q), P)
    proved(fall, (o_s - k_s * b * q) / n_s, "the short traders' cap")
    # Between the caps.
    value = P * (a - owed + lent - (n_l - o_l / P)) + b * q - (o_s - n_s * P)
    proved(sp.diff(value, P), a - owed + lent - n_l + n_s, "the delta of a GM market")
    return Proof(
        title="The delta and the caps of GM",
        text=r"""
Long traders' profit $N_L P - O_L$ counts up to $k_L$ of the pool's coins at their price, short traders' $O_S - N_S P$
up to $k_S$ of its dollars. The caps begin to bind at

$$
P_L = \frac{O_L}{N_L - k_L a}, \qquad P_S = \frac{O_S - k_S\,b\,q}{N_S}
$$

and between them the delta is $a - I + J - N_L + N_S$ coins.""",
        source="GMX v2 contracts, `MarketUtils.getPoolValueInfo` and `getCappedPnl`.",
    )


def bins() -> Proof:
    liquidity, step = symbol("L"), symbol("s")
    put = liquidity * (sp.sqrt(P * (1 + step)) - sp.sqrt(P))
    middle = P * sp.sqrt(1 + step)
    coins = liquidity * (1 / sp.sqrt(P) - 1 / sp.sqrt(P * (1 + step)))
    proved(put / middle, coins, "a bin in the middle of its stretch holds the range's coins")
    proved(sp.limit(put / (step * P), step, 0), liquidity / (2 * sp.sqrt(P)), "dollars per unit of price")
    return Proof(
        title="A fine ladder of bins is a range",
        text=r"""
A bin with $y_i$ dollars of liquidity at $p_i$ is worth $y_i \min(P/p_i, 1)$, a covered call. A range sells between $p$
and $p(1+s)$ for $L(\sqrt{p(1+s)} - \sqrt p)$ dollars the coins that one bin at the middle $p\sqrt{1+s}$ sells for as
many:

$$
\frac{L\big(\sqrt{p(1+s)} - \sqrt p\big)}{p\sqrt{1+s}} = L\Big(\frac{1}{\sqrt p} - \frac{1}{\sqrt{p(1+s)}}\Big)
$$

So at the edges of bins both agree, and per unit of price $L/(2\sqrt p)$ dollars are liquid in either.""",
        source="LFJ joe-v2 2.2 contracts, `BinHelper` and `PriceHelper`; the comparison is this library's own.",
    )


def spread() -> Proof:
    f0, f1, n0, n1, v_far, v_near, d = (
        sp.Symbol(x, positive=True) for x in ("F_0", "F_1", "N_0", "N_1", "v", "w", "d")
    )
    entry = symbol("E")
    inverse, linear = lp.InversePerp.symbolic().base, lp.LinearPerp.symbolic().quote
    quantity = symbol("q")
    dollars = -quantity * linear.subs({entry: f0, P: f1}) + quantity * linear.subs({entry: n0, P: n1})
    proved(dollars, quantity * ((f0 - n0) - (f1 - n1)), "a linear spread")
    coins = v_far * inverse.subs({entry: f0, P: f0 + d}) - v_near * inverse.subs({entry: n0, P: n0 + d})
    (parallel,) = sp.solve(sp.diff(coins, d).subs(d, 0), v_far)
    proved(parallel, v_near * (f0 / n0) ** 2, "the ratio for parallel moves")
    left = -coins.subs(v_far, parallel)
    printed = v_near * d**2 * (f0 - n0) / (n0**2 * (f0 + d) * (n0 + d))
    proved(left, -printed, "what parallel moves leave of a spread that was sold")
    share = v_far * inverse.subs({entry: f0, P: f0 * (1 + d)}) - v_near * inverse.subs({entry: n0, P: n0 * (1 + d)})
    (proportional,) = sp.solve(share, v_far)
    proved(proportional, v_near * f0 / n0, "the ratio for proportional moves")

    def quoted(name: str, price: float) -> lp.ContractQuotes:
        return lp.ContractQuotes(
            contract=lp.contract_name(name), times="2021-09-01T12:00", bid=price, ask=price, source="by hand"
        )

    sold = lp.Spread(far=quoted("BTC-USD-210924", 52_000), near=quoted("BTC-USD-SWAP", 50_000)).sold(100_000)
    point = {v_near: abs(sold.near.quantity), f0: 52_000, n0: 50_000, d: 1_000}
    agrees(-printed, point, sold.after(lp.ParallelMoves(), 1_000), "a spread after a parallel move", of=2.0)
    return Proof(
        title="Calendar spreads",
        text=r"""
In equal coins of linear contracts a spread that was sold at $X = F_0 - N_0$ and closed at $Y = F_1 - N_1$ earns
$q(X - Y)$, wherever the coin went. Inverse legs pay $V(1/P_0 - 1/P_1)$ coins. Their slopes cancel for a parallel move
at $V_{far}/V_{near} = (F/N)^2$, which after a move $d$ leaves a spread that was sold with

$$
-\frac{V_{near}\,d^2\,(F - N)}{N^2 (F + d)(N + d)}
$$

coins; for a move of both prices by one share they cancel whatever the move at $V_{far}/V_{near} = F/N$.""",
        source="contract rules of Deribit, OKX and Binance; the ratios are this library's own.",
    )


CHAPTER: Chapter = ("Shares, bins, spreads", "Other books that a provider holds.", (glp, gm, bins, spread))
