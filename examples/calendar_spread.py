"""
A calendar spread in steps
==========================

What a band on far less near earns, and why, on made and on real prices.

The spread is sold when it is wide, more of it as it widens, and bought back when it narrows. What it earns is the
spread sold at less the spread bought at, per coin, wherever the coin itself goes; fees, half-spreads and the funding of
the perpetual come off.

- made: a coin that walks, and a delivery whose distance from it swings.
- real: Deribit's marks of two months. Inverse contracts, six hours apart, no bids and asks: the half-spread and the
  funding are stated. Two bands on Bitcoin: a delivery against the perpetual, and two deliveries against each other.

Run: python examples/calendar_spread.py [FOLDER], or set LPGREEKS_TEST_DATA. FOLDER holds the set
deribit-futures-perp-2026-01_02; without it the made prices stand alone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

import lpgreeks as lp

MARKS = "deribit-futures-perp-2026-01_02/futures-vs-perp.parquet"
HALF_SPREAD, FEE, FUNDING = 1e-4, 5e-4, 5e-5
CENT = 0.01

# %%
# Made prices
# -----------
# In equal coins every coin earns the spread sold at less the spread bought at, whether the coin rose or fell.


def made() -> lp.Spread:
    """Three weeks of six-hourly quotes."""
    rng = np.random.default_rng(2)
    n = 90
    times = np.datetime64("2021-09-01T12:00", "ns") + np.timedelta64(6, "h") * np.arange(n)
    coin = 50_000 * np.exp(np.cumsum(rng.normal(0.0, 8e-3, n)))
    far = coin + 600 + 400 * np.sin(np.arange(n) / 6.0)
    legs = [
        lp.ContractQuotes(
            contract=lp.contract_name(name), times=times, bid=mid - 2, ask=mid + 2, source="made, with seed 2"
        )
        for name, mid in (("BTC-USDT-210924", far), ("BTC-USDT-SWAP", coin))
    ]
    return lp.Spread(far=legs[0], near=legs[1])


def told(result: lp.SpreadReplay) -> None:
    """Print it, and check that its P&L is the sum of its trades to the cent."""
    print(result, "\n")
    result.plot()
    assert abs(result.net - result.net_of_trades) < CENT / 2
    assert result.held == 0.0


def on_made_prices() -> None:
    """In equal coins every coin earns the spread sold at less the spread bought at."""
    spread = made()
    band = lp.SpreadBand.on(spread, size=0.5, entry=800.0, exit=400.0, add=60.0, most=4)
    result = lp.replay_spread(spread, band, fee=lp.Fee(taker=FEE), funding=lp.Funding(rate=FUNDING))
    told(result)
    trades = result.trades
    # Sold at X and bought at Y: the same for a coin that rose and for one that fell.
    earned = -float(trades.far_quantity @ trades.spread)
    assert abs(earned - (result.net + trades.fees.sum() - result.parts["funding"])) < CENT / 2
    assert earned > 0


# %%
# Real marks
# ----------
# P&L in coins, counted in dollars at one price. Two routes agree to the cent in every band: the book of each leg, and
# trade by trade.


def on_real_marks(file: Path) -> None:
    """Two bands on inverse contracts: P&L in coins, counted in dollars at one price."""
    curve = lp.TermStructure(contracts=lp.read_futures_marks(file, half_spread=HALF_SPREAD, base="BTC"))
    table = curve.table()
    stale = sum(quotes.stale_rows for quotes in curve.contracts)
    print(f"{curve.describe()}: {len(curve.pairs)} pairs, {len(table):,} rows, {stale:,} stale marks\n")
    assert (table["sell"] < table["buy"]).all()
    perpetual = curve.spread("BTC-27MAR26", "BTC-PERPETUAL")
    band = lp.SpreadBand.on(perpetual, size=10_000.0, entry=950.0, exit=300.0, add=40.0, most=4)
    funded = lp.replay_spread(perpetual, band, fee=lp.Fee(taker=FEE), funding=lp.Funding(rate=FUNDING))
    told(funded)
    incomplete = lp.replay_spread(perpetual, band, fee=lp.Fee(taker=FEE))
    assert funded.funded
    assert not incomplete.funded
    # Long of the perpetual at a stated rate above 0: it pays.
    assert incomplete.net > funded.net
    print(f"without funding {incomplete.net:,.2f} USD, which is incomplete\n")
    deliveries = curve.spread("BTC-26JUN26", "BTC-27MAR26")
    dated = lp.SpreadBand.on(deliveries, size=10_000.0, entry=1_150.0, exit=900.0, add=40.0, most=4)
    told(lp.replay_spread(deliveries, dated, fee=lp.Fee(taker=FEE)))


# %%
# What came of it
# ---------------


def main(folder: Path | None) -> None:
    """Replay, tell, and check what is told."""
    on_made_prices()
    if folder is None:
        print("No real marks: name a folder that holds deribit-futures-perp-2026-01_02, or set LPGREEKS_TEST_DATA.")
        return
    on_real_marks(folder / MARKS)


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LPGREEKS_TEST_DATA", "")
    main(Path(given) if given and (Path(given) / MARKS).is_file() else None)
