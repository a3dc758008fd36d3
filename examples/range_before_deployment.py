"""
A range before it is deployed
=============================

Four ranges for the same 100,000 USDC, compared before any of it is put in. For each width: the hedge of least
variance, the risk that it leaves, the expected loss against holding, the chance that the price touches an end, and the
break-evens for an income that is assumed.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

import lpgreeks as lp

PRICE = 1_900.0
VALUE = 100_000.0
WIDTHS = (0.05, 0.10, 0.20, 0.40)
INCOME = 900.0  # USDC in the week, assumed: fees less costs. A narrower range earns more of them while it is active.

week = lp.Lognormal(price=PRICE, volatility=0.65, years=7 / 365)
perp = lp.LinearPerp(base="ETH", quote="USDC", entry=PRICE)
objective = lp.Variance(lp.Value("USDC"))

# %%
# Width by width
# --------------


def expected_loss(pool: lp.Exposure) -> float:
    """Of the unhedged position against holding its amounts of the start, in USDC."""
    return -week.mean(lp.Excess("USDC")(pool, {"ETH/USDC": PRICE})["ETH/USDC"])


print(f"{week.describe()}; {VALUE:,.0f} USDC, income {INCOME:,.0f} USDC\n")
print("width  range           short ETH  risk before  risk after  expected loss  touch low / high  break-evens")
plans = {}
for width in WIDTHS:
    lower, upper = PRICE / (1 + width), PRICE * (1 + width)
    pool = lp.UniswapV3.from_value(VALUE, base="ETH", quote="USDC", price=PRICE, lower=lower, upper=upper)
    plan = plans[width] = lp.hedge(pool, [perp], week, objective=objective)
    low, high = plan.total.break_evens(start=PRICE, income=INCOME)
    print(
        f"{width:5.0%}  {lower:,.0f} to {upper:,.0f}  {-plan.quantities[0]:9.3f}  {plan.risk_unhedged:11,.0f}  "
        f"{plan.best.risk:10,.0f}  {expected_loss(pool):13,.0f}  "
        f"{week.touch_probability(lower):7.0%} / {week.touch_probability(upper):.0%}      {low:,.0f} to {high:,.0f}"
    )

full = lp.UniswapV2.from_value(VALUE, base="ETH", quote="USDC", price=PRICE)
whole = lp.hedge(full, [perp], week, objective=objective)
print(f" full  0 to infinity   {-whole.quantities[0]:9.3f}  {whole.risk_unhedged:11,.0f}  {whole.best.risk:10,.0f}")

# %%
# What is left after the hedge
# ----------------------------
# The income lifts every curve alike; where one crosses zero, the week has made nothing.

prices = np.linspace(1_500.0, 2_400.0, 451)
_, ax = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
for (width, plan), colour in zip(plans.items(), ("#0072B2", "#D55E00", "#009E73", "#CC79A7"), strict=True):
    ax.plot(prices, plan.total.pnl(prices, start=PRICE) + INCOME, label=f"{width:.0%} either side", color=colour)
ax.axhline(0, color="#888888", linewidth=0.8)
ax.set(xlabel="end price [USDC per ETH]", ylabel="hedged P&L with income [USDC]")
ax.legend()

# %%
# The same by hand
# ----------------
# A normal law on a fine grid, the payoff of a range typed out, sums: no formula of the library is used.

draws = np.linspace(-9, 9, 200_001)
weights = np.exp(-(draws**2) / 2)
weights /= weights.sum()
ends = PRICE * np.exp(0.65 * np.sqrt(7 / 365) * draws - 0.65**2 * (7 / 365) / 2)
for width, plan in plans.items():
    low, root, high = np.sqrt([PRICE / (1 + width), PRICE, PRICE * (1 + width)])
    liquidity = VALUE / (2 * root - PRICE / high - low)
    inside = np.sqrt(np.clip(ends, low**2, high**2))
    values = liquidity * (ends * (1 / inside - 1 / high) + inside - low)
    moved = ends - weights @ ends
    short = (weights @ (values * moved)) / (weights @ moved**2)
    held = liquidity * (ends * (1 / root - 1 / high) + root - low)
    left = values - short * ends
    assert abs(short / -plan.quantities[0] - 1) < 1e-7
    assert abs(np.sqrt(weights @ (left - weights @ left) ** 2) / plan.best.risk - 1) < 1e-7
    assert abs(weights @ (held - values) / expected_loss(plan.exposure) - 1) < 1e-7

# The hedge hardly depends on the width; what it leaves does.
shorts = [-plan.quantities[0] for plan in plans.values()]
assert max(shorts) / min(shorts) < 1.10
left_over = [plan.best.risk for plan in plans.values()]
assert left_over == sorted(left_over, reverse=True)
assert whole.best.risk < 0.25 * left_over[-1]

# A wider range loses less against holding and gives the price more room.
losses = [expected_loss(plan.exposure) for plan in plans.values()]
assert losses == sorted(losses, reverse=True)
room = [high - low for low, high in (p.total.break_evens(start=PRICE, income=INCOME) for p in plans.values())]
assert room == sorted(room)

# At each break-even the hedged position has lost just the income.
for plan in plans.values():
    for price in plan.total.break_evens(start=PRICE, income=INCOME):
        assert abs(plan.total.pnl(price, start=PRICE) + INCOME) < 1e-6
    assert plan.certificate.stationarity < 1e-9
