r"""
Is this pool worth it at all?
=============================

Before any hedge: do the fees of a pool pay for what it loses to traders who know the price? For liquidity in range the
answer knows no range. Per unit of liquidity a day of fees pays :math:`f_t / L_t`, and loss versus rebalancing takes
:math:`\sigma_t^2 \sqrt{P_t} / (4 \cdot 365)`. A narrower range multiplies both.

The pool is Uniswap v3 USDC/WETH 0.05 % on Ethereum, 433 days from June 2023 to August 2024. Real: the fees, the price,
the realised volatility of each day. Weak: a day has one figure of liquidity, which single blocks may have set. Stated:
a taker's fee of 5 basis points for the hedge that is moved once a day.

Run ``python examples/is_this_pool_worth_it.py FOLDER``, or set ``LPGREEKS_TEST_DATA``. The folder holds
univ3-daily-fees-usdc-weth-005.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import lpgreeks as lp

FEES = "univ3-daily-fees-usdc-weth-005/ethereum--fee--usdc-eth-005.csv"
MOVES = "univ3-daily-fees-usdc-weth-005/ethereum--sigma--usdc-eth-005.csv"
TAKER = 5e-4
YEAR = 365

# %%
# A day of the pool, per dollar
# -----------------------------
# A full range with liquidity :math:`L` is worth :math:`2 L \sqrt{P}`, which makes shares of both. Liquidity in the
# contract's integers is :math:`10^{12}` times that in whole ETH and USDC.


def days(folder: Path, smoothed: int) -> pd.DataFrame:
    """Fees, loss and cost of hedging per day and per dollar of a full range; liquidity a median over so many days."""
    table = pd.read_csv(folder / FEES, parse_dates=["date"]).set_index("date").tz_localize("UTC")
    moves = pd.read_csv(folder / MOVES, parse_dates=["time"]).set_index("time").tz_localize("UTC")
    liquidity = (table["liquidity"].astype(float) / 1e12).rolling(smoothed, center=True, min_periods=1).median()
    root = np.sqrt(table["price"])
    turned = table["price"] * (1 / root).diff().abs().fillna(0.0)
    return pd.DataFrame(
        {
            "fees": table["fee"] / liquidity / (2 * root),
            "loss": moves["sigma_ln_r"] ** 2 / (8 * YEAR),
            "hedging": TAKER * turned / (2 * root),
            "price": table["price"],
            "volatility": moves["sigma_ln_r"],
        }
    )


# %%
# The verdict
# -----------
# :func:`lpgreeks.verdict` compares the fees with what they must pay for, day by day, and puts an interval on the
# difference by resampling blocks of days: fees and losses remember.


def judged(table: pd.DataFrame) -> lp.Verdict:
    bill = (table["loss"] + table["hedging"]).rename("loss and hedging")
    return lp.verdict(table[["fees"]], against=bill, seed=0, unit="of a full range")


def told(table: pd.DataFrame, found: lp.Verdict) -> tuple[float, float, float]:
    """What is left a year of a full range, with the ends of its interval."""
    (trial,) = found.trials
    left = trial.difference
    a_year = [YEAR * x for x in (left.value, left.low, left.high)]
    fees, loss, hedging = (YEAR * table[name].mean() for name in ("fees", "loss", "hedging"))
    print(f"  a year of a full range: fees {fees:.2%}, loss {loss:.2%}, hedging {hedging:.2%}")
    print(f"  left {a_year[0]:+.2%}, 95% interval {a_year[1]:+.2%} to {a_year[2]:+.2%}")
    return a_year[0], a_year[1], a_year[2]


# %%
# The same by hand
# ----------------
# Another route to each figure: the library's loss of a position at each day's price, and an interval from means of
# blocks that are drawn in a plain loop.


def by_hand(table: pd.DataFrame, block: int) -> tuple[float, float]:
    net = (table["fees"] - table["loss"] - table["hedging"]).to_numpy()
    rng = np.random.default_rng(1)
    means = []
    for _ in range(2_000):
        starts = rng.integers(net.size, size=-(-net.size // block))
        rows = (starts[:, None] + np.arange(block)).ravel()[: net.size] % net.size
        means.append(net[rows].mean())
    low, high = np.quantile(means, [0.025, 0.975])
    return YEAR * low, YEAR * high


def checked(table: pd.DataFrame) -> None:
    for day in (0, 100, 300):
        row = table.iloc[day]
        pool = lp.UniswapV2.from_value(1.0, base="ETH", quote="USDC", price=row["price"])
        assert np.isclose(lp.lvr_rate(pool, row["price"], volatility=row["volatility"]) / YEAR, row["loss"], rtol=1e-12)


# %%
# The picture
# -----------
# What has come in and gone out since the first day.


def drawn(table: pd.DataFrame, title: str) -> None:
    _, ax = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    for name, colour in (("fees", "#0072B2"), ("loss", "#D55E00"), ("hedging", "#009E73")):
        ax.plot(table.index, 100 * table[name].cumsum(), label=name, color=colour)
    left = table["fees"] - table["loss"] - table["hedging"]
    ax.plot(table.index, 100 * left.cumsum(), label="left", color="black", linewidth=2.2)
    ax.set(ylabel="since June 2023 [% of a full range]", title=title)
    ax.axhline(0, color="#888888", linewidth=0.8)
    ax.legend()


# %%
# Yes or no
# ---------
# By the liquidity of each day: yes. A range of 10 % either side is worth :math:`1 / (1 - 1.1^{-1/2}) = 21.5` times less
# for the same liquidity, so while it is in range all of it is 21.5 times as much, a year of capital. But the answer
# leans on a few days. On 5 August 2024 the price moved ten times as much as usual, and an eighth of the usual liquidity
# shared the fees: who stayed lost half a percent and was paid 0.3. Count the liquidity of the month about each day
# instead, and nothing is shown any more. Gas is not in it.


def main(folder: Path) -> None:
    answers = {}
    for smoothed, name in ((1, "liquidity of the day"), (31, "liquidity of the month about it, its median")):
        table = days(folder, smoothed)
        checked(table)
        found = judged(table)
        print(f"{name}:")
        left, low, high = told(table, found)
        answers[smoothed] = (left, low, high)
        print(f"  Worth it: {'yes' if low > 0 else 'no' if high < 0 else 'not shown'}\n")
        drawn(table, name)
        if smoothed == 1:
            plain = by_hand(table, found.block)
            print(f"  by hand {plain[0]:+.2%} to {plain[1]:+.2%}, in blocks of {found.block} days\n")
            # Two bootstraps of one mean: one counts in standard errors of each resample, the other in means.
            assert abs(plain[0] - low) < 0.25 * (high - low)
            assert abs(plain[1] - high) < 0.25 * (high - low)
            assert np.isclose(left, YEAR * (table["fees"] - table["loss"] - table["hedging"]).mean(), rtol=1e-12)
            worst = table["loss"].idxmax()
            print(
                f"  the dearest day, {worst:%d %B %Y}: loss {table['loss'].max():.2%}, fees {table['fees'][worst]:.2%}"
            )
    assert answers[1][1] > 0
    assert answers[31][1] < 0 < answers[31][2]
    narrow = lp.UniswapV3.from_value(1.0, base="ETH", quote="USDC", price=1.0, lower=1 / 1.1, upper=1.1)
    whole = lp.UniswapV2.from_value(1.0, base="ETH", quote="USDC", price=1.0)
    print(f"\nwithin 10 % either side: {narrow.liquidity / whole.liquidity:.1f} times as much, while in range")
    assert np.isclose(narrow.liquidity / whole.liquidity, 1 / (1 - 1.1**-0.5), rtol=1e-12)


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LPGREEKS_TEST_DATA", "")
    if given and (Path(given) / FEES).is_file():
        main(Path(given))
    else:
        print(f"No data: name a folder that holds {FEES}, or set LPGREEKS_TEST_DATA to one.")
