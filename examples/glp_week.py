"""
A GLP week, and its minutes
===========================

A share of GLP, hedged by what it is said to hold, by what it stands for, and by what its past says. Nobody stored a
week of minutes of a vault: the week is one of daily prices, the minutes are those of single days.

Four stretches: minutes of Avalanche's vault on 15 October 2024 (with mint and redeem at the contract's fees) and on 1
to 3 October, minutes of a GM market in July 2025, and daily prices of Arbitrum's GLP. Real: the vault, the market, the
prices. Stated: half-spread 2 bp and fee 5 bp of the perpetuals, no funding, hedges traded at the prices that the
protocol reads.

The folder with the data is the first argument, or what LPGREEKS_TEST_DATA says.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.dates import ConciseDateFormatter

import lpgreeks as lp

CAPITAL, BAND = 100_000.0, 0.05
NAIVE = {"50-25-25": lp.FixedShares({"BTC": 0.25, "ETH": 0.25})}
STATE = {"weights": lp.PoolWeights(), "state": lp.StateDelta()}

# %%
# Rules side by side
# ------------------


def hedged(
    index: lp.IndexHistory,
    rules: dict[str, lp.ShareExposure],
    *,
    start: str,
    grid: str,
    held: lp.IndexHolding | None = None,
) -> pd.DataFrame:
    """Each rule side by side, from ``start`` on."""
    quotes = [lp.Quotes.from_index(index, coin, half_spread=0.0002).between(start) for coin in index.coins]
    tape = lp.Tape(index=index, quotes=quotes)
    first = tape.index_rows[0]
    held = held or lp.IndexHolding(shares=CAPITAL / float(index.prices[first]))
    legs = [
        lp.Leg(lp.LinearPerp(base=coin, quote=index.quote, entry=float(price)), fee=lp.Fee(taker=0.0005))
        for coin, price in zip(index.coins, index.coin_prices[first], strict=True)
    ]
    results = {"nothing": lp.replay(held, None, tape, grid=grid)}
    for name, rule in rules.items():
        policy = lp.DeltaBand(BAND) & lp.Keep(rule)
        results[name] = lp.replay(held, legs, tape, policy=policy, grid=grid)
    return lp.side_by_side(results)


def show(title: str, table: pd.DataFrame) -> None:
    """One table, with how much of the variance each hedge removed."""
    columns = ["removed", "deviation", "hedge", "costs", "position", "net", "net less rewards", "trades"]
    print(f"\n{title}\n{table[columns].round(4).to_string()}")


# %%
# Bought and redeemed at the contract's fees
# ------------------------------------------


def minted(vault: lp.GlpHistory, start: str) -> lp.IndexHolding:
    """Bought with USDC at ``start`` and redeemed into it at the end, at the contract's fees."""
    first, last = vault.between(start).at(0), vault.at(-1)
    assert first.fees.redeemable_from(vault.between(start).times[0]) < vault.times[-1]
    entry = first.mint("USDC", CAPITAL / first.of("USDC").middle)
    out = last.redeem("USDC", entry.glp)
    print(f"minted {entry.glp:,.2f} GLP at a fee of {entry.fee:.2%}, redeemed at {out.fee:.2%}")
    return lp.IndexHolding(shares=entry.glp, paid=CAPITAL, redeemed=out.received * last.of("USDC").middle)


# %%
# The weeks
# ---------
# Each week by itself: 100,000 dollars of the share, and a quarter of them sold in each of BTC and ETH at its start. No
# state of the vault is known here, so this is the naive hedge; in these months the coins were not reserved to the last,
# and it served. The same in plain returns is the second route.


def weeks_of(index: lp.IndexHistory) -> pd.DataFrame:
    """P&L of each week with its hedge and without, in dollars."""
    starts = np.arange(0, len(index.times) - 7, 7)
    rows = {}
    for first, last in zip(starts, starts + 7, strict=True):
        entries = index.coin_prices[first]
        share = CAPITAL / index.prices[first]
        hedge = sum(
            -0.25 * CAPITAL / entry * lp.LinearPerp(base=coin, quote=index.quote, entry=float(entry))
            for coin, entry in zip(index.coins, entries, strict=True)
        )
        at = {f"{coin}/{index.quote}": float(p) for coin, p in zip(index.coins, index.coin_prices[last], strict=True)}
        alone = float(share * (index.prices[last] - index.prices[first]))
        rows[index.times[first]] = {"share": alone, "hedge": float(hedge.value(at)), "both": alone + hedge.value(at)}
    return pd.DataFrame(rows).T


def checked(weeks: pd.DataFrame, index: lp.IndexHistory) -> None:
    """From returns of the prices alone."""
    rows = np.arange(0, len(index.times) - 7, 7)
    moved = index.prices[rows + 7] / index.prices[rows] - 1
    coins = index.coin_prices[rows + 7] / index.coin_prices[rows] - 1
    assert np.allclose(weeks["both"], CAPITAL * (moved - 0.25 * coins.sum(axis=1)), rtol=0, atol=1e-6)


def drawn(weeks: pd.DataFrame) -> None:
    _, ax = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    for shift, name, colour in ((-1, "share", "#0072B2"), (1, "both", "#D55E00")):
        label = "share" if name == "share" else "share and hedge"
        ax.bar(weeks.index + pd.Timedelta(days=shift), weeks[name], width=2.2, color=colour, label=label)
    ax.axhline(0, color="#888888", linewidth=0.8)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
    ax.set(xlabel="week from", ylabel=f"P&L of {CAPITAL:,.0f} dollars")
    ax.legend()


# %%
# Minutes, and months
# -------------------


def main(data: Path) -> None:
    vaults = data / "gmx-v1-glp-avalanche-1m"
    day = lp.read_glp(vaults / "GLP-avalanche-1m-2024-10-15.parquet")
    start = "2024-10-15 06:00"
    rules = NAIVE | STATE | {"least variance": lp.LeastVariance("6h")}
    october = hedged(day.index(), rules, start=start, grid="10min", held=minted(day, start))
    show("GLP on Avalanche, 15 October 2024, 10 minutes", october)
    assert october.loc["state", "removed"] > 0.999
    assert october.loc["least variance", "removed"] > 0.99
    assert october.loc["weights", "removed"] < october.loc["50-25-25", "removed"] < 0.0

    early = lp.read_glp(vaults / "GLP-avalanche-1m-2024-10-01_03.parquet", slack=0.01)
    rules = NAIVE | STATE | {"least variance": lp.LeastVariance("12h")}
    noisy = hedged(early.index(), rules, start="2024-10-01 12:00", grid="10min")
    show("GLP on Avalanche, 1 to 3 October 2024, 10 minutes: columns of different moments", noisy)
    assert noisy["removed"].idxmax() == "state"

    market = lp.read_gm(
        data / "gmx-v2-gm-eth-usdc-1m" / "GM-ETH-USDC-arbitrum-1m-2025-07-01_02.parquet", base="ETH"
    ).index()
    rules = STATE | {"least variance": lp.LeastVariance("6h")}
    july = hedged(market, rules, start="2025-07-01 06:00", grid="10min")
    show("GM ETH/USDC on Arbitrum, 1 and 2 July 2025, 10 minutes", july)
    assert july.loc["state", "removed"] > 0.998

    columns = lp.Columns(time="open_time", price="close", low="low", high="high")
    coins = [
        lp.read_prices(data / "binance-daily-2021-2022" / f"spot_{coin}USDT_1d.csv.gz", market=f"{coin}/USD",
                       columns=columns)
        for coin in ("BTC", "ETH")
    ]  # fmt: skip
    daily = lp.read_glp_prices(data / "gmx-v1-glp-arbitrum-daily-2021-2022" / "glp_daily_digitised.csv")
    rules = NAIVE | {"least variance": lp.LeastVariance("60D")}
    index = daily.index(lp.align(*coins))
    weeks = weeks_of(index)
    checked(weeks, index)
    drawn(weeks)
    removed = 1 - weeks["both"].var() / weeks["share"].var()
    print(f"\n{len(weeks)} weeks of GLP on Arbitrum: {removed:.1%} of the variance removed by a quarter each")
    print(weeks.loc[[weeks["share"].idxmin(), weeks["share"].idxmax()]].round(0).to_string())
    assert removed > 0.8
    long = hedged(index, rules, start="2021-10-31", grid="1D")
    show("GLP on Arbitrum, November 2021 to July 2022, daily", long)
    assert long["removed"].drop("nothing").min() > 0.8
    print("\nReal: vaults, market and prices. Stated: half-spread 2 bp, fee 5 bp, no funding.")
    print("A share stands for the delta of its state. By the weights of the pool a hedge was worse than none.")


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LPGREEKS_TEST_DATA", "")
    if given and (Path(given) / "gmx-v1-glp-avalanche-1m").is_dir():
        main(Path(given))
    else:
        print("No data: name a folder with gmx-v1-glp-avalanche-1m and its like, or set LPGREEKS_TEST_DATA to one.")
