"""
Coin amount against value
=========================

Two fears, two hedges of one position.

50 ETH and 50,000 USDT are offered at 1,867 to a range of 5 % either side. Whoever wants to keep the coin amount
buys a coin-margined perpetual; whoever wants to keep the value in dollars sells a dollar-margined one. Every end
price inside the range counts alike.
"""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import numpy as np

import lpgreeks as lp

PRICE, LOWER, UPPER = 1_867.0, 1_773.65, 1_960.35

# %%
# What the range takes
# --------------------

deposit = lp.UniswapV3.from_amounts(
    base_offered=50, quote_offered=50_000, base="ETH", quote="USDT", price=PRICE, lower=LOWER, upper=UPPER
)
pool = deposit.position
print(f"used {deposit.base_used:.4f} ETH and {deposit.quote_used:,.0f} USDT; {deposit.base_left:.4f} ETH left over")

# %%
# One hedge for each fear
# -----------------------

inverse = lp.InversePerp(base="ETH", quote="USDT", entry=PRICE)
linear = lp.LinearPerp(base="ETH", quote="USDT", entry=PRICE)
ends = lp.Outcomes.from_prices(np.linspace(LOWER, UPPER, 1_000), start=PRICE, source="1,000 prices across the range")

coins = lp.hedge(pool, [inverse], ends, objective=lp.Variance(lp.Amount("ETH")))
value = lp.hedge(pool, [linear], ends, objective=lp.Variance(lp.Value("USDT")))
print(coins.sentence())
print(value.sentence())

print("\nend price      coins: pool  with long    P&L: pool  with short   with long")
for price in (LOWER, 1_820.0, PRICE, 1_915.0, UPPER):
    print(
        f"{price:9,.2f}  {pool.base_amount(price):14.4f}  {coins.total.base_amount(price):9.4f}  "
        f"{pool.pnl(price, start=PRICE):11,.0f}  {value.total.pnl(price, start=PRICE):10,.0f}  "
        f"{coins.total.pnl(price, start=PRICE):10,.0f}"
    )

# %%
# Each hedge keeps its own figure and lets the other go
# -----------------------------------------------------

prices = np.linspace(LOWER, UPPER, 201)
_, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(7.2, 6.4), layout="constrained")
for name, exposure, colour, style in (
    ("pool", pool, "#0072B2", "-"),
    ("with the long for the coins", coins.total, "#D55E00", "-"),
    ("with the short for the value", value.total, "#000000", "--"),
):
    above.plot(prices, exposure.base_amount(prices), label=name, color=colour, linestyle=style)
    below.plot(prices, exposure.pnl(prices, start=PRICE), label=name, color=colour, linestyle=style)
above.set(ylabel="coins [ETH]")
below.set(xlabel="end price [USDT per ETH]", ylabel="P&L [USDT]")
above.legend()

# %%
# What must hold
# --------------

# The dollars bind; half of the coins stay outside.
assert deposit.quote_left == 0
assert round(deposit.base_used, 6) == 25.489893

# Both quantities again, by least squares in numpy on amounts that are typed out.
root = np.sqrt(np.linspace(LOWER, UPPER, 1_000))
liquidity = 50_000 / (math.sqrt(PRICE) - math.sqrt(LOWER))
x, y = liquidity * (1 / root - 1 / math.sqrt(UPPER)), liquidity * (root - math.sqrt(LOWER))
assert math.isclose(coins.quantities[0], np.polyfit(1 / root**2, x, 1)[0], rel_tol=1e-8)
assert math.isclose(-value.quantities[0], np.polyfit(root**2, x * root**2 + y, 1)[0], rel_tol=1e-8)

# Long for the coin amount, about twenty times the notional of the short for the value.
assert round(coins.quantities[0], 3) == 986_617.651
assert round(value.quantities[0], 6) == -25.688760
assert coins.quantities[0] > 20 * abs(value.quantities[0]) * PRICE
assert coins.effectiveness > 0.9999
assert 0.93 < value.effectiveness < 0.94

# To first order the coin hedge is L sqrt(P0) / 2, which the naive hedge is.
slope_matched = pool.liquidity * math.sqrt(PRICE) / 2
assert coins.naive is not None
assert math.isclose(coins.naive.quantities[0], slope_matched, rel_tol=1e-12)
assert abs(coins.quantities[0] / slope_matched - 1) < 1e-3

# Each hedge serves its own fear only: the coins are held at the price of dollars.
held = coins.total.base_amount(np.array([LOWER, UPPER])) - pool.base_amount(PRICE)
assert np.abs(held).max() < 0.4
assert coins.total.pnl(LOWER, start=PRICE) < 10 * pool.pnl(LOWER, start=PRICE) < 0
assert abs(value.total.pnl(LOWER, start=PRICE)) < 0.5 * abs(pool.pnl(LOWER, start=PRICE))
