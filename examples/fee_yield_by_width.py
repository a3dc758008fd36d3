"""
Fees by the width of a range
============================

What real positions earned by the width of their range, beside what the daily fees of another pool would have paid.

Realised: fees over the deposit over time, of positions in Uniswap v3 WETH/USDT 0.3 % on Ethereum, as a portfolio
service counted them. Expected: the daily fees of USDC/WETH 0.05 %, another pool with its own fee and volume, shared by
``l / (l + L)`` on the days with the price in the position's own range, for the same dollars. Levels differ, since the
pools do; what is compared is how yields fall as ranges widen.

What the data cannot say:

- every other position by its number, and of those only the ones with one deposit that were closed inside the fifteen
  months of the daily fees: who still holds is not here, and who closes may have been lucky or unlucky;
- positions whose range held the price of no day have no yield in range: they are missing from the medians of it, and
  from its rank correlations, though many earned something within a day; how many they are and what they earned is told;
- a day has one price and one liquidity, which single blocks of great liquidity may have set;
- fees count at the price of the service, the deposit at that of its own time.

Run: python examples/fee_yield_by_width.py [FOLDER], or set LPGREEKS_TEST_DATA. FOLDER holds the sets
univ3-lp-positions-eth-usdt-03 and univ3-daily-fees-usdc-weth-005.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import lpgreeks as lp

POSITIONS = "univ3-lp-positions-eth-usdt-03/df_uni_positions.csv.gz"
EVENTS = "univ3-lp-positions-eth-usdt-03/df_uni_logs.csv.gz"
FEES = "univ3-daily-fees-usdc-weth-005/ethereum--fee--usdc-eth-005.csv"

WIDTHS = [0.0, 0.05, 0.1, 0.2, 0.4, np.inf]
"""Half a range, as a share: the root of upper over lower, less 1."""
LEAST_DEPOSIT, LEAST_DAYS = 100.0, 2.0
WIDEST = 10.0
FAR = 1e6
"""A price that no range needs to reach beyond."""

# %%
# Which positions count
# ---------------------


def closed_positions(folder: Path, first: pd.Timestamp, last: pd.Timestamp) -> tuple[pd.DataFrame, dict[str, int]]:
    """Those of one deposit, closed between two times; how many were left out, and why."""
    table = pd.read_csv(folder / POSITIONS)
    events = pd.read_csv(folder / EVENTS, parse_dates=["_time"]).rename(columns={"_time": "time"})
    left = {"ids that come again": int(table["id"].duplicated().sum())}
    table = table.drop_duplicates("id").set_index("id")
    of = events.groupby(["position_id", "type"])["time"].agg(["count", "min", "max"]).unstack()
    table = table.join(
        pd.DataFrame(
            {
                "deposits": of[("count", "deposits")],
                "opened": of[("min", "deposits")],
                "closed": of[("max", "withdrawals")],
            }
        )
    )
    first_deposit = events[events["type"] == "deposits"].groupby("position_id")["price"].first()
    table["price"] = first_deposit.reindex(table.index)
    for why, kept in (
        ("a deposit of 0", lambda t: t["deposits_value"] > 0),
        (f"a deposit below {LEAST_DEPOSIT:g} USD", lambda t: t["deposits_value"] >= LEAST_DEPOSIT),
        ("more than one deposit, or none in the events", lambda t: t["deposits"] == 1),
        ("not closed", lambda t: ~t["is_active"] & t["closed"].notna()),
        ("outside the months of the daily fees", lambda t: (t["opened"] >= first) & (t["closed"] <= last)),
        (f"shorter than {LEAST_DAYS:g} days", lambda t: t["closed"] - t["opened"] >= pd.Timedelta(days=LEAST_DAYS)),
    ):
        inside = kept(table)
        left[why] = int((~inside).sum())
        table = table[inside]
    return table, left


# %%
# What the other pool would have paid
# -----------------------------------


def expected(row: pd.Series, daily: pd.DataFrame) -> tuple[float, float]:
    """Fees of the other pool over the deposit, and days in range, from the day after the deposit to the close."""
    lower, upper = max(row["price_lower"], 1 / FAR), min(row["price_upper"], FAR)
    position = lp.UniswapV3.from_value(
        row["deposits_value"], base="ETH", quote="USD", price=row["price"], lower=lower, upper=upper
    )
    days = daily[(daily.index > row["opened"]) & (daily.index <= row["closed"])]
    inside = (days["price"] > lower) & (days["price"] < upper)
    share = position.liquidity / (position.liquidity + days["liquidity"])
    return float((days["fee"] * share * inside).sum() / row["deposits_value"]), float(inside.mean())


def drawn(table: pd.DataFrame) -> None:
    """Each position that was in range, in both pools; those that are wide as a full range are left out."""
    seen = table[(table["realised, in range"] > 0) & (table["width"] < WIDEST)]
    _, ax = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    for name, shape, colour in (("realised", "o", "#0072B2"), ("other pool", "x", "#D55E00")):
        shown = seen[f"{name}, in range"].clip(lower=1e-3)
        ax.plot(seen["width"], shown, shape, label=name, color=colour, alpha=0.6, markersize=4)
    ax.set(
        xscale="log", yscale="log", xlabel="half-width of the range, share of the price",
        ylabel="fees a year while in range, share of the deposit",
    )  # fmt: skip
    ax.legend()


# %%
# Narrower ranges earned more while in range
# ------------------------------------------


def main(folder: Path) -> None:
    """Read, count, tell, and check what is told."""
    daily = pd.read_csv(folder / FEES, parse_dates=["date"]).set_index("date")
    daily["liquidity"] = daily["liquidity"].astype(float) / 1e12
    table, left = closed_positions(folder, daily.index[0], daily.index[-1] + pd.Timedelta(days=1))
    counted = len(pd.read_csv(folder / POSITIONS, usecols=["id"]))
    print("Left out:", "; ".join(f"{count:,} {why}" for why, count in left.items()))
    years = (table["closed"] - table["opened"]) / pd.Timedelta(days=365)
    table["width"] = np.sqrt(table["price_upper"] / table["price_lower"]) - 1
    earned, inside = zip(*(expected(row, daily) for _, row in table.iterrows()), strict=True)
    table["in range"] = inside
    table["realised"] = table["fees_value"] / table["deposits_value"] / years
    table["other pool"] = np.array(earned) / years
    table["bucket"] = pd.cut(table["width"], WIDTHS)
    for name in ("realised", "other pool"):
        table[f"{name}, in range"] = (table[name] / table["in range"]).where(table["in range"] > 0)
    never = table[table["in range"] == 0]
    earned_never = float(never["fees_value"].sum())
    print(f"In range on no day: {len(never):,} of {len(table):,} positions, with no yield in range; they earned "
          f"{earned_never:,.0f} USD in fees, {earned_never / float(table['fees_value'].sum()):.2%} of all, "
          f"{int((never['fees_value'] > 0).sum()):,} of them something")  # fmt: skip
    shown = table.groupby("bucket", observed=True).agg(
        positions=("width", "size"),
        width=("width", "median"),
        years=("closed", lambda c: float(years[c.index].median())),
        **{name: (name, "median") for name in ("in range", "realised", "other pool")},
        **{name: (name, "median") for name in ("realised, in range", "other pool, in range")},
    )
    print(f"\n{len(table):,} positions, medians by half-width; yields are a year, decimals:")
    print(shown.round(3).to_string())
    ranked = table[["width", "realised", "other pool", "realised, in range", "other pool, in range"]].corr("spearman")
    print("\nRank correlations:")
    print(ranked.round(2).to_string())

    drawn(table)

    # While in range, narrower ranges earned more: in every step of the table, in both pools.
    for name in ("realised", "realised, in range", "other pool, in range"):
        assert (np.diff(shown[name]) < 0).all(), name
    assert ranked.loc["width", "realised, in range"] < -0.7
    # And they were in range for less of the time.
    assert (np.diff(shown["in range"]) >= 0).all()
    # The other pool says who earns more, and by the median how much.
    assert ranked.loc["realised, in range", "other pool, in range"] > 0.8
    ratio = shown["realised, in range"] / shown["other pool, in range"]
    assert ratio.between(0.5, 2).all()
    assert sum(left.values()) + len(table) == counted
    assert len(never) + int(table["realised, in range"].notna().sum()) == len(table)


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LPGREEKS_TEST_DATA", "")
    if given and all((Path(given) / name).is_file() for name in (POSITIONS, EVENTS, FEES)):
        main(Path(given))
    else:
        print(f"No data: name a folder that holds {POSITIONS} and {FEES}, or set LPGREEKS_TEST_DATA to one.")
