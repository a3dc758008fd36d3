"""
Dislocations: how long to wait
==============================

How long a dislocation should last before it is hedged: waiting helps where gaps revert, and hurts where they do not.

A range on a pool, hedged on an exchange by trading ahead what an arbitrageur is about to trade with the pool. Dwell is
the time for which the exchange must stand away from the pool before the hedge follows. Three kinds of ticks:

- reverting: the price is a random walk; on top of it the exchange swings and comes back with a half-life of a second.
  Blocks are 12 seconds apart, so that most swings never reach the pool. Who follows at once buys at the top of a swing
  and sells at its bottom; who waits lets it pass.
- trending: the price climbs steadily. Every coin that the pool is about to shed will be shed, and costs more later. A
  hedge makes good all that was shed while it waited, half of the dwell ago on the mean: waiting costs half of what the
  price climbs in the dwell, on every coin.
- real: minutes of best bids and asks of two perpetuals. They are too short to judge by; the table says what happened.

Run: python examples/dwell_on_ticks.py [FOLDER], or set LPGREEKS_TEST_DATA. FOLDER holds the set book-l1-binance;
without it the made ticks stand alone. Real: the ticks of the set. Made: the others, with a seed, and every pool, which
arbitrageurs move to the edge of its fee band. Stated: the taker's fee, the pool's liquidity.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import lpgreeks as lp

DWELLS = lp.Dislocation.DWELLS
TICK, BLOCK = 0.1, "12s"
HOURS, RUNS = 2, 8
HALF_SPREAD = 2e-6
BOOKS = {
    "ETH": "book-l1-binance/ETHUSDT-perp-2024-07-19-bookticker.parquet",
    "BTC": "book-l1-binance/BTCUSDT-perp-2023-04-05-bookticker.parquet",
}

DRIFT = 0.01 / 3_600
"""Of the trend, a second."""


# %%
# Ticks that revert, and ticks that do not
# ----------------------------------------


def made(kind: str, seed: int) -> lp.Quotes:
    """Two hours of ticks."""
    rng = np.random.default_rng(seed)
    n = round(HOURS * 3_600 / TICK)
    if kind == "reverting":
        kept = 0.5**TICK
        shocks = rng.normal(0.0, 8e-4 * np.sqrt(1 - kept**2), n)
        swing = np.empty(n)
        swing[0] = 0.0
        for i in range(1, n):
            swing[i] = kept * swing[i - 1] + shocks[i]
        logs = np.cumsum(rng.normal(0.0, 0.5 * np.sqrt(TICK / 31_536_000), n)) + swing
    else:
        logs = DRIFT * TICK * np.arange(n) + np.cumsum(rng.normal(0.0, 0.02 * np.sqrt(TICK / 31_536_000), n))
    middle = 2_000.0 * np.exp(logs)
    times = np.datetime64("2024-01-01", "ns") + np.round(np.arange(n) * TICK * 1e9).astype("timedelta64[ns]")
    return lp.Quotes(
        market="ETH/USDT", times=times, bid=middle * (1 - HALF_SPREAD), ask=middle * (1 + HALF_SPREAD),
        source=f"{kind} ticks, made with seed {seed}",
    )  # fmt: skip


def pooled(quotes: lp.Quotes, *, fee: float, block: str = BLOCK) -> lp.Tape:
    """The ticks, and the pool that arbitrageurs make of them."""
    return lp.Tape(quotes=quotes, pool=lp.arbitraged_pool(quotes, fee=fee, liquidity=1.2e7, block=block))


# %%
# One replay for each dwell
# -------------------------


def dwelled(tape: lp.Tape, coin: str, *, theta: float) -> pd.DataFrame:
    """One row for each dwell."""
    quotes = tape.quotes[0]
    position = lp.ManagedRange(base=coin, quote="USDT", lower=0.95, upper=1.05, capital=100_000.0)
    perp = lp.Leg(
        lp.LinearPerp(base=coin, quote="USDT", entry=float(quotes.mid[0])), collateral="USDT", fee=lp.Fee(taker=2e-4)
    )
    rows = {}
    for dwell in DWELLS:
        result = lp.replay(
            position, [perp], tape, policy=lp.Dislocation(theta=theta, dwell=dwell), collateral=50_000.0, grid="10s"
        )
        parts = result.attribution()
        assert abs(parts["residual"]) < 1e-9 * result.capital
        rows[dwell] = {
            "hedges": len(result.trades),
            "net": parts["net"],
            "over holding": float(result.excess[-1]),
            "hedge": parts["hedge"],
            "spread": -parts["spread"],
            "exchange fees": -parts["exchange fees"],
            "bought": float(result.trades.quantity.sum()),
        }
    return pd.DataFrame(rows).T.rename_axis("dwell [s]")


def study(kind: str) -> list[pd.DataFrame]:
    """The same for several seeds, told by its means."""
    tapes = [pooled(made(kind, seed), fee=5e-4) for seed in range(RUNS)]
    runs = [dwelled(tape, "ETH", theta=1e-3) for tape in tapes]
    print(f"Quotes: {tapes[0].quotes[0].source}, and so on. The pool is SYNTHETIC: {tapes[0].synthetic}.")
    print(f"{kind}, mean of {RUNS} runs of {HOURS} hours, theta 10 bp, in USDT:")
    print((sum(runs) / RUNS).round(2).to_string(), "\n")
    return runs


# %%
# What waiting made
# -----------------
# On the same ticks, so that most of what differs between seeds drops out. On the trend the second route is one line:
# the coins bought, times half of what the price climbs in the dwell.


def more(runs: list[pd.DataFrame], dwell: float) -> tuple[float, float]:
    """What waiting made more than acting at once, and its standard error, over the same ticks."""
    apart = np.array([run.loc[dwell, "net"] - run.loc[0.0, "net"] for run in runs])
    return float(apart.mean()), float(apart.std(ddof=1) / np.sqrt(apart.size))


def drawn(kinds: dict[str, list[pd.DataFrame]]) -> None:
    """What waiting made in each market, with two standard errors."""
    _, axes = plt.subplots(1, len(kinds), figsize=(7.2, 3.6), layout="constrained")
    for ax, (kind, runs) in zip(axes, kinds.items(), strict=True):
        made_more = np.array([more(runs, dwell) for dwell in DWELLS[1:]])
        ax.errorbar(DWELLS[1:], made_more[:, 0], yerr=2 * made_more[:, 1], fmt="o-", color="#0072B2", capsize=3)
        ax.axhline(0, color="#888888", linewidth=0.8)
        ax.set(xscale="log", xlabel="dwell [s]", ylabel="more than at once [USDT]", title=kind)
        ax.set_xticks(DWELLS[1:], [f"{dwell:g}" for dwell in DWELLS[1:]])
        ax.minorticks_off()


# %%
# The answer
# ----------


def main(folder: Path | None) -> None:
    """Replay, tell, and check what is told."""
    reverting, trending = study("reverting"), study("trending")
    drawn({"gaps revert": reverting, "trend": trending})
    for dwell in DWELLS[1:]:
        (helped, error), (hurt, its_error) = more(reverting, dwell), more(trending, dwell)
        coins = float(np.mean([run.loc[0.0, "bought"] for run in trending]))
        expected = -coins * 2_000.0 * DRIFT * dwell / 2
        print(f"{dwell:g} s made {helped:+.2f} ({error:.2f}) where gaps revert, {hurt:+.3f} ({its_error:.3f}) in a "
              f"trend; coins times half of the climb in the dwell: {expected:+.3f}")  # fmt: skip
        # Standard errors in brackets.
        assert helped > 4 * error
        assert abs(hurt - expected) < 4 * its_error
    assert more(trending, DWELLS[-1])[0] < -4 * more(trending, DWELLS[-1])[1]
    for runs in (reverting, trending):
        # Of a longer dwell no more is left to hedge.
        assert (np.diff(sum(run["hedges"] for run in runs)) <= 0).all()

    if folder is None:
        print("\nNo real ticks: name a folder that holds book-l1-binance, or set LPGREEKS_TEST_DATA to one.")
        return
    for coin, name in BOOKS.items():
        book = lp.read_book(folder / name, market=f"{coin}/USDT")
        minutes = (book.times[-1] - book.times[0]) / np.timedelta64(60, "s")
        for block in ("12s", "1s"):
            tape = pooled(book, fee=1e-4, block=block)
            table = dwelled(tape, coin, theta=2e-4)
            print(f"\nQuotes: {book.source}. The pool is SYNTHETIC: {tape.synthetic}.")
            print(f"{coin} perpetual, {len(book):,} real ticks in {minutes:.1f} minutes, blocks {block} apart, "
                  f"theta 2 bp, pool fee 1 bp, in USDT:")  # fmt: skip
            print(table.drop(columns="bought").round(3).to_string())
            assert table.loc[30.0, "hedges"] < table.loc[0.0, "hedges"]
            assert table.loc[30.0, "spread"] < table.loc[0.0, "spread"]


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LPGREEKS_TEST_DATA", "")
    main(Path(given) if given and all((Path(given) / name).is_file() for name in BOOKS.values()) else None)
