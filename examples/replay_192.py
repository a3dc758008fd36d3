"""
192 settings and their verdict
==============================

Which dislocations are worth hedging: 192 replays, 48 settings in four markets, and what may be said of the best.

April and May 2023, minutes of the ETH perpetual with its real funding. Four weeks, one of each kind by a stated rule
(rise, fall, flat, mixed); in each a range of 5 % about the price, laid again when the price leaves it, hedged by
trading with the perpetual what an arbitrageur is about to trade with the pool: whenever its price has moved by theta,
and stands away from the pool by no more than the gap. Six thetas, eight gaps. Such a hedge keeps the tokens of the add,
not their value: what it can steady is the P&L over holding them.

Run: python examples/replay_192.py FOLDER, or set LPGREEKS_TEST_DATA. FOLDER holds the sets binance-1m-2023-04-05 and
binance-funding-2021-2023-05.

Real: closes, lows and highs of the perpetual, funding. Stated: half a spread of 0.5 bp, the taker's fee, the pool's
liquidity and noise volume. Synthetic: the pool's price, which arbitrageurs move to the edge of its fee band at each
block, a second after they have seen a quote; minutes show no dislocation that lasts less.

The least ceiling, 5 bp, stands on the edge of the pool's fee of 5 bp. Arbitrageurs leave the pool 5 bp above the ask,
which is just within it, or 5 / (1 - 0.0005) bp below the bid, which is beyond: that setting acts inside the band, on
falls up to its edge and on rises short of it, and never where an arbitrageur could still trade.
"""

from __future__ import annotations

import math
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import lpgreeks as lp

PRICES = "binance-1m-2023-04-05/ETHUSDT-perp-1m.parquet"
FUNDING = "binance-funding-2021-2023-05/funding_ETHUSDT.csv.gz"

CAPITAL, COLLATERAL = 100_000.0, 50_000.0
THETAS = [x * 1e-4 for x in (5, 10, 20, 30, 50, 100)]
POOL_FEE = 5e-4
GAPS = [*(x * 1e-4 for x in (5, 10, 15, 20, 25, 30, 50)), math.inf]

# %%
# One week
# --------


def tape_of(quotes: lp.Quotes, funding: lp.FundingRates, week: lp.Segment) -> lp.Tape:
    """One week: its quotes, the pool that arbitrageurs make of them, and the funding inside."""
    inside = (quotes.times >= week.start) & (quotes.times <= week.end)
    assert quotes.lows is not None
    assert quotes.highs is not None
    own = lp.Quotes(
        market=quotes.market, times=quotes.times[inside], bid=quotes.bid[inside], ask=quotes.ask[inside],
        lows=quotes.lows[inside], highs=quotes.highs[inside], source=quotes.source,
    )  # fmt: skip
    pool = lp.arbitraged_pool(own, fee=POOL_FEE, liquidity=1.2e7, delay="1s", noise=100e6)
    return lp.Tape(quotes=own, pool=pool, funding=funding)


# %%
# Four weeks, 48 settings, one verdict
# ------------------------------------


def main(folder: Path) -> None:
    """Replay, tell, and check what is told."""
    bars = lp.read_prices(folder / PRICES, market="ETH/USDT")
    quotes = lp.Quotes.from_bars(bars, half_spread=5e-5)
    funding = lp.read_funding(folder / FUNDING, market="ETH/USDT")
    weeks = lp.regimes(bars.times, bars.prices[:, 0], length="7D").one_of_each()
    print(weeks.summary(), "\n")
    first = tape_of(quotes, funding, next(iter(weeks)))
    print(f"Quotes: {quotes.source}. {funding.source}. The pool is SYNTHETIC: {first.synthetic}.\n")
    print(
        f"A ceiling of {min(GAPS) * 1e4:g} bp stands on the edge of the pool's fee band, which ends "
        f"{POOL_FEE * 1e4:g} bp above the ask and {POOL_FEE / (1 - POOL_FEE) * 1e4:.6g} bp below the bid: it acts "
        "inside the band, on falls up to its edge and on rises short of it, never where an arbitrageur could.\n"
    )

    position = lp.ManagedRange(base="ETH", quote="USDT", lower=0.95, upper=1.05, capital=CAPITAL)
    perp = lp.Leg(
        lp.LinearPerp(base="ETH", quote="USDT", entry=float(bars.prices[0, 0])),
        collateral="USDT",
        fee=lp.Fee(taker=5e-4, maker=2e-4),
        maintenance=lp.Proportional(rate=0.005),
    )
    policies = lp.grid(lp.Dislocation, theta=THETAS, gap=GAPS)

    began = time.perf_counter()
    panels, benchmarks, kinds, totals = [], [], [], []
    for week in weeks:
        tape = tape_of(quotes, funding, week)
        held = lp.replay(position, [perp], tape, collateral=COLLATERAL)
        grid = lp.sweep(lp.replay, position, [perp], tape, policy=policies, collateral=COLLATERAL)
        assert not grid.errors
        panels.append(grid.panel("excess"))
        benchmarks.append(held.steps()["excess"])
        kinds += [str(week.regime)] * len(panels[-1])
        totals.append(grid.table().assign(regime=str(week.regime), more=lambda t, h=held: t["net"] - h.net[-1]))
    seconds = time.perf_counter() - began
    table = pd.concat(totals, ignore_index=True)
    print(f"{len(table)} replays and 4 of holding in {seconds:.1f} s\n")

    shown = table.pivot_table(index="policy.theta", columns="policy.gap", values="more", aggfunc="sum")
    print("Made more than holding, in USDT over the four weeks, by theta (down) and gap (across):")
    print(shown.round(0).to_string(), "\n")
    print("Hedges over the four weeks:")
    print(
        table.pivot_table(index="policy.theta", columns="policy.gap", values="hedges", aggfunc="sum").to_string(), "\n"
    )
    print("By market, mean over the settings:")
    columns = [
        "net", "tokens held", "fees, quote", "impermanent loss", "hedge", "funding", "spread", "exchange fees",
        "excess_effectiveness",
    ]  # fmt: skip
    print(table.groupby("regime", sort=False)[columns].mean().round(2).to_string(), "\n")

    panel, benchmark = pd.concat(panels), pd.concat(benchmarks).rename("holding")
    verdict = lp.verdict(panel, against=benchmark, seed=0, unit="USDT", trials=len(panel.columns), regimes=kinds)
    print(verdict)
    verdict.plot()

    assert len(table) == 192
    assert len(panel.columns) == 48
    # The parts of every replay add up to its net.
    parts = ["fees, base", "fees, quote", "impermanent loss", "tokens held", "swaps", "gas", "hedge", "funding",
             "spread", "exchange fees", "slippage"]  # fmt: skip
    assert np.abs(table[parts].sum(axis=1) - table["net"]).max() < 1e-9 * (CAPITAL + COLLATERAL)
    # A wider ceiling lets more dislocations through, a greater theta fewer.
    hedges = table.pivot_table(index="policy.theta", columns="policy.gap", values="hedges", aggfunc="sum").to_numpy()
    assert (np.diff(hedges, axis=0) <= 0).all()
    # What was hedged was hedged: over holding the tokens, every setting leaves less variance than no hedge.
    assert (panel.var() < benchmark.var()).all()


if __name__ == "__main__":
    found = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LPGREEKS_TEST_DATA", "")
    if (Path(found) / PRICES).is_file():
        main(Path(found))
    else:
        print(f"No data: name a folder that holds {PRICES} and {FUNDING}, or set LPGREEKS_TEST_DATA to one.")
