"""Small files of every kind that a command reads, and lines that answer: what tests of all commands run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.test_chains import records, summaries
from tests.test_spread_files import marks

__all__ = ["LINES", "made"]

DAYS = 3

_POOL = "--half-spread 0.0001 --pool-fee 0.0005 --fee 0.0005"
_BARS = f"--prices {{spot}} {_POOL} --managed --lower 0.97 --upper 1.04"
_CHAIN = "options --chain {chain} --expiry 2026-01-30 --lower 1800 --upper 2250 --leg linear"
_MARKS = "spread {marks} --half-spread 0.0002"
_BAND = "--pair BTC-27MAR26,BTC-PERPETUAL --entry 900 --exit 500 --size 10000 --fee 0.0005"

LINES = {
    "hedge": [
        "hedge",
        "hedge --full-range --leg inverse --keep coins",
        "hedge --gas 10 --swap-fee 0.0005 --pool-fee 0.0005 --pool-volume 1e8 --pool-liquidity 5e6 --max-leverage 5 "
        "--liquidation-chance 0.01 --in-hand ETH=40 --in-hand USDC=90000 --funding 0.0001",
        "hedge --prices {spot} --window 12h --step 6h --minimise cvar --survive-range --max-leverage 4 --fee 0.0005",
        "hedge --leg linear --linear-venue binance-usd-m --on 2023-05-01 --budget 130000 --max-leverage 3 "
        "--delta-at-most 2 --pool-size-at-most 1 --unconfirmed",
    ],
    "options": [
        _CHAIN,
        f"{_CHAIN} --days 20 --fee 0.0005 --gas 5",
        f"{_CHAIN} --days 20 --no-perp --premium-at-most 900",
    ],
    "frontier": [
        "frontier budget 101000 130000 --points 3 --max-leverage 5 --survive-range",
        "frontier half-width 0.02 0.2 --points 3",
        "frontier days 1 14 --points 3 --leg linear",
    ],
    "range": ["range 2", "range 0.5 --price 1867 --volatility 0.8 --drift 0.1"],
    "payoff": ["payoff", "payoff --short 24 --income 900"],
    "greeks": ["greeks", "greeks --full-range"],
    "index": ["index {glp} --capital 90 --grid 1min --hedge state --funding 0.0001"],
    "spread": [
        _MARKS,
        f"{_MARKS} --pair BTC-27MAR26,BTC-PERPETUAL",
        f"{_MARKS} {_BAND} --add 50 --most 3 --funding 0.0001",
    ],
    "scenario": [
        "scenario",
        "scenario --short 24 --put 1700=20 --days 0,3 --moves=-0.2,0,0.2",
        "scenario --max-leverage 5 --maintenance 0.005 --stress {spot}",
    ],
    "replay": [
        f"replay {_BARS} --band 0.05",
        f"replay {_BARS} --hold --pool-fee 0.0005".replace(" --fee 0.0005", ""),
        f"replay {_BARS} --band 0.05 --collateral 20000 --maintenance 0.005 --funding 0.0001 --gas 3 --reserve 1000",
    ],
    "sweep": [
        f"sweep {_BARS} --band 0.05,0.1 --grid 30min",
        f"sweep {_BARS} --theta 0.0005,0.001 --gap 0.01,off --grid 12h",
    ],
    "data-venues": ["data venues", "data venues binance-coin-m --on 2023-05-01"],
    "data-check": ["data check {spot}", "data check {minutes}"],
    "data-convert": ["data convert {spot} {folder}/spot.csv.gz"],
    "data-chain": ["data chain {chain}"],
}
"""Lines by the name of their schema; files by name, in braces."""


def made(folder: Path) -> dict[str, Path]:
    """The files, by name."""
    rng = np.random.default_rng(5)
    minutes = pd.date_range("2023-04-10", periods=1_440 * DAYS, freq="1min", tz="UTC")
    close = 1_900 * np.exp(np.cumsum(rng.normal(0, 8e-4, minutes.size)))
    found = {name: folder / f"{name}.csv" for name in ("spot", "minutes", "chain", "marks", "glp")}
    pd.DataFrame({"time": minutes, "close": close}).to_csv(found["spot"], index=False)
    pd.DataFrame({"time": minutes[:60], "close": close[:60]}).to_csv(found["minutes"], index=False)
    summaries(records()).to_csv(found["chain"], index=False)
    price = 2_000 + 10 * np.sin(np.arange(30.0))
    coin = {"price": price, "pool": 0.5, "reserved": 0.1, "guaranteed_usd": 60.0, "short_size_usd": 0.0}
    vault = {f"weth_{name}": value for name, value in coin.items()} | {"weth_short_avg_price": 0.0}
    vault |= {"usdc_price": 1.0, "usdc_pool": 100.0, "glp_supply": 1_000.0, "aum_usd": 0.4 * price + 160}
    pd.DataFrame({"time": minutes[:30], **vault}).to_csv(found["glp"], index=False)
    times = pd.date_range("2026-01-01", periods=80, freq="6h", tz="UTC")
    perpetual = 90_000 * np.exp(np.cumsum(rng.normal(0.0, 4e-3, times.size)))
    spread = np.linspace(1_200, 300, times.size) + rng.normal(0.0, 30.0, times.size)
    rows = [
        marks().iloc[[1]].assign(time=time, perp_price=p, snapshot_underlying_mark=p + s, futures_price=p + s)
        for time, p, s in zip(times, perpetual, spread, strict=True)
    ]
    pd.concat(rows, ignore_index=True).to_csv(found["marks"], index=False)
    return found | {"folder": folder}
