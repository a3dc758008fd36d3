"""
Scenarios of a hedged range
===========================

What a hedged range makes if the price moves so far, volatility shifts, days pass and funding is paid.

A range of 100,000 USDC, a perpetual behind collateral, and puts that outlive the week:

- the components add up, and the break-evens move apart day by day as the pool earns;
- above a price the account is gone: the leg has lost its collateral, and the total bends down without a hedge;
- the worst days, weeks and months of a history as rows of the same table.

Run: python examples/scenarios.py [FOLDER], or set LPGREEKS_TEST_DATA. FOLDER holds the set binance-1m-2023-04-05;
without it the worst stretches are those of made prices.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

import lpgreeks as lp

MINUTES = "binance-1m-2023-04-05/ETHUSDT-spot-1m.parquet"
START, INCOME = 1_900.0, 130.0
NOTHING = 1e-6


# %%
# The plan: what is held, and the perpetual behind its collateral.


def planned() -> lp.HedgePlan:
    """A short at four times leverage against a range and ten puts that are held already."""
    pool = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=START, lower=1_700, upper=2_100)
    perp = lp.LinearPerp(base="ETH", quote="USDC", entry=START)
    put = lp.Put(base="ETH", quote="USDC", strike=1_700, years=21 / 365)
    leg = lp.Leg(perp, collateral="USDC", maintenance=lp.Proportional(rate=0.01), fee=lp.Fee(taker=0.0005))
    week = lp.Lognormal(price=START, volatility=0.65, years=7 / 365)
    least = lp.Variance(lp.Value("USDC"))
    return lp.hedge(pool + 10 * put, [leg], week, objective=least, constraints=[lp.MaxLeverage(4)])


def history(file: Path | None) -> lp.History:
    """Minutes of Ether, or forty days that are made."""
    if file is not None:
        return lp.read_prices(file, market="ETH/USDC")
    print("SYNTHETIC prices: name a folder that holds binance-1m-2023-04-05, or set LPGREEKS_TEST_DATA.\n")
    times = np.datetime64("2023-04-01", "ns") + np.timedelta64(1, "h") * np.arange(24 * 40)
    closes = START * np.exp(np.cumsum(np.random.default_rng(5).normal(0.0, 6e-3, times.size)))[:, None]
    return lp.History(
        markets=("ETH/USDC",), times=times, prices=closes, lows=closes, highs=closes, step=np.timedelta64(1, "h")
    )


# %%
# The table, its break-evens and the account that ends; then the worst stretches as rows.


def main(folder: Path | None) -> None:
    """Ask, tell, and check what is told."""
    plan = planned()
    table = lp.scenario_table(
        plan, volatilities=[-0.2, 0, 0.2], days=[0, 3, 7], funding=[0, 0.0001, 0.0005], income_per_day=INCOME
    )
    print(table, "\n")
    apart = np.abs(np.sum([*table.columns.values()], axis=0) - table.total).max()
    assert apart < NOTHING

    # The longer the pool earns, the further the price may go.
    evens = [table.break_evens()[table.case(days=days)] for days in (3, 7)]
    assert evens[1][0] < evens[0][0] < START < evens[0][-1] < evens[1][-1]

    # The account ends where 25 % of collateral has met 1 % of margin.
    (account,) = table.liquidations
    assert account.above is not None
    assert abs(account.above - 1.25 / 1.01) < NOTHING
    lost = table.columns["linear perpetual ETH/USDC"][-1]
    assert np.abs(lost + plan.best.collateral[0]).max() < NOTHING

    worst = lp.stress(history(folder))
    print(worst, "\n")
    stressed = lp.scenario_table(plan, moves=worst, days=[7], income_per_day=INCOME)
    print(stressed)
    table.plot()
    table.plot_grid()
    falls = [w for w in worst.windows if w.rule == "largest fall"]
    assert all(w.low <= w.move < 0 for w in falls)
    assert len(stressed.table()) == len(worst.windows)


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LPGREEKS_TEST_DATA", "")
    main(Path(given) / MINUTES if given and (Path(given) / MINUTES).is_file() else None)
