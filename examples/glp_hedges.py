"""A share of GLP, hedged by what it is said to hold, by what it stands for, and by what its past says.

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

import pandas as pd

import lpgreeks as lp

CAPITAL, BAND = 100_000.0, 0.05
NAIVE = {"50-25-25": lp.FixedShares({"BTC": 0.25, "ETH": 0.25})}
STATE = {"weights": lp.PoolWeights(), "state": lp.StateDelta()}


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


def minted(vault: lp.GlpHistory, start: str) -> lp.IndexHolding:
    """Bought with USDC at ``start`` and redeemed into it at the end, at the contract's fees."""
    first, last = vault.between(start).at(0), vault.at(-1)
    assert first.fees.redeemable_from(vault.between(start).times[0]) < vault.times[-1]
    entry = first.mint("USDC", CAPITAL / first.of("USDC").middle)
    out = last.redeem("USDC", entry.glp)
    print(f"minted {entry.glp:,.2f} GLP at a fee of {entry.fee:.2%}, redeemed at {out.fee:.2%}")
    return lp.IndexHolding(shares=entry.glp, paid=CAPITAL, redeemed=out.received * last.of("USDC").middle)


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
    long = hedged(daily.index(lp.align(*coins)), rules, start="2021-10-31", grid="1D")
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
