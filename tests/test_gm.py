"""GM: a GMX v2 pool with its traders' profit, caps and impact pool; at one moment, over time, out of files."""

from __future__ import annotations

import dataclasses
import pickle
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from tests.tolerances import ROUNDING

FIELDS = {
    "long_amount": 9_000.0,
    "short_amount": 32e6,
    "short_price": 0.96875,
    "long_tokens": 14_500.0,
    "long_interest": 52e6,
    "short_tokens": 15_000.0,
    "short_interest": 50e6,
    "impact_pool": 743.0,
    "lent_impact": 74.0,
    "borrowing_fees": 100_000.0,
    "receiver_factor": 0.375,
    "long_cap": 0.5,
    "short_cap": 0.5,
}


def pool(**own: float) -> lp.GmPool:
    return lp.GmPool(base="ETH", quote="USD", **(FIELDS | own))


def by_contract(price: float, **own: float) -> float:
    """MarketUtils.getPoolValueInfo, step by step, in fractions."""
    x = {k: Fraction(v) for k, v in (FIELDS | own).items()}
    p = Fraction(price)
    sides = x["long_amount"] * p, x["short_amount"] * x["short_price"]
    value = sum(sides) + x["borrowing_fees"] * (1 - x["receiver_factor"])
    profits = x["long_tokens"] * p - x["long_interest"], x["short_interest"] - x["short_tokens"] * p
    for profit, side, cap in zip(profits, sides, (x["long_cap"], x["short_cap"]), strict=True):
        # Only a profit is capped.
        value -= min(profit, cap * side) if profit > 0 else profit
    value -= x["impact_pool"] * p
    return float(value + x["lent_impact"] * p)


PRICES = [1.0, 1_000.0, 2_299.0, 2_300.0, 2_301.0, 3_333.0, 3_586.2, 5_199.0, 5_200.0, 5_201.0, 9_000.0, 1e6]


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"long_cap": 0.9, "short_cap": 0.9},
        {"long_cap": 5.0, "short_cap": 5.0},  # never reached
        {"long_cap": 0.0, "short_cap": 0.0},
        {"long_tokens": 0.0, "long_interest": 0.0},
        {"short_tokens": 0.0, "short_interest": 0.0},
        {"long_amount": 0.0},
        {"short_amount": 0.0},
        {"impact_pool": 0.0, "lent_impact": 0.0, "receiver_factor": 1.0},
    ],
)
def test_value_is_the_contracts(own: dict[str, float]) -> None:
    for price in PRICES:
        assert pool(**own).value(price) == pytest.approx(by_contract(price, **own), rel=1e-12, abs=1e-6)


def test_caps_are_kinks_where_they_can_be_reached() -> None:
    """(50m - 0.5 * 31m) / 15,000 = 2,300 and 52m / (14,500 - 4,500) = 5,200."""
    one = pool()
    assert one.cap_prices == (2_300.0, 5_200.0)
    assert one.worth().kinks == (2_300.0, 5_200.0)
    # Between them by hand: 9,000 - 743 + 74 - 14,500 + 15,000 coins. Beyond, one side of traders has stopped to win.
    assert one.delta([2_299, 3_000, 5_201]).tolist() == [8_331 - 14_500, 8_831, 8_331 + 15_000 - 4_500]
    free = pool(long_cap=2.0, short_cap=2.0)
    assert free.cap_prices == (None, None)
    assert free.worth().kinks == ()
    assert free.delta([1.0, 1e6]).tolist() == [8_831, 8_831]


def test_who_pays_in_which_token() -> None:
    """Longs are paid in coins, shorts in dollars: by hand at 4,000 and at 3,000."""
    one = pool()
    fees = 62_500
    assert one.base_amount(4_000) == pytest.approx(8_331 - (14_500 - 52e6 / 4_000), rel=ROUNDING)  # 1,500 won
    assert one.quote_amount(3_000) == pytest.approx(31e6 + fees - (50e6 - 15_000 * 3_000), rel=ROUNDING)  # 5m won
    assert one.base_amount(9_000) == pytest.approx(8_331 - 4_500, rel=ROUNDING)  # half of the coins at most
    assert one.quote_amount(1_000) == pytest.approx(31e6 / 2 + fees, rel=ROUNDING)  # half of the dollars at most


def state(**own: object) -> lp.GmState:
    fields: dict = {"index_token": "ETH", "pool": pool(), "price": 3_000.0, "supply": 40e6, **own}
    return lp.GmState(**fields)


def test_a_share_is_a_share_of_the_pool() -> None:
    one = state()
    assert one.value == by_contract(3_000)
    assert one.gm_price == one.value / 40e6
    assert one.delta == 8_831
    held = one.holding(1_000)
    assert held.value(3_000) == pytest.approx(1_000 * one.gm_price, rel=ROUNDING)
    assert held.delta(3_000) == pytest.approx(1_000 * 8_831 / 40e6, rel=ROUNDING)
    assert state(index_token="WETH").delta == 8_831  # counts as the same coin


def test_a_share_can_be_hedged() -> None:
    held = state().holding(40e6 / 8_831)
    perp = lp.LinearPerp(base="ETH", quote="USD", entry=3_000)
    days = lp.Lognormal(price=3_000, volatility=0.5, years=1 / 365)
    plan = lp.hedge(held, [perp], days, objective=lp.Variance(lp.Value("USD")))
    # One coin's worth of GM. The caps are eight deviations of a day away.
    assert plan.quantities[0] == pytest.approx(-1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: state(index_token="DOGE"), "index token is its long token; got index DOGE, long ETH"),
        (lambda: state(supply=0), "supply to be positive"),
        (lambda: state(index_token=None), "index_token as a token's name"),
        (lambda: state(pool=None), r"pool as lp\.GmPool"),
        (lambda: state(stated_value="x"), "stated_value as one positive number"),
        (lambda: state().holding(41e6), "a share of at most all of it"),
        (lambda: pool(long_interest=0.0), "long open interest in both coins and USD, or none"),
        (lambda: pool(short_tokens=0.0), "short open interest in both"),
        (lambda: pool(receiver_factor=1.5), "receiver_factor from 0 to 1"),
        (lambda: pool(long_amount=-1.0), "long_amount of 0 or more"),
        (lambda: lp.GmCaps(long=-0.1), "a long cap from 0 to 1"),
        (lambda: lp.GmCaps(long=5), "a long cap from 0 to 1"),
    ],
)
def test_what_no_market_can_be(wrong: object, message: str) -> None:
    with pytest.raises(lp.InputError, match=message):
        wrong()  # type: ignore[operator]


# ---- over time, and out of files


def minutes(n: int = 4) -> pd.DataFrame:
    """demeter-fetch's columns; the price rises into the long traders' cap of half."""
    price = np.array([2_000.0, 3_000.0, 4_000.0, 6_000.0])[:n]
    return pd.DataFrame(
        {
            "timestamp": pd.date_range("2025-01-08", periods=n, freq="1min").strftime("%Y-%m-%d %H:%M:%S"),
            "marketTokensSupply": 40e6,
            "poolValue": [by_contract(p, borrowing_fees=0.0, lent_impact=0.0) * 1.002 for p in price],
            "longAmount": FIELDS["long_amount"],
            "shortAmount": FIELDS["short_amount"],
            "pendingPnl": 14_500.0 * price - 52e6 + 50e6 - 15_000.0 * price,
            "impactPoolAmount": FIELDS["impact_pool"],
            "longPrice": price,
            "shortPrice": FIELDS["short_price"],
            "indexPrice": price,
            "openInterestLong": FIELDS["long_interest"],
            "openInterestShort": FIELDS["short_interest"],
            "openInterestInTokensLong": FIELDS["long_tokens"],
            "openInterestInTokensShort": FIELDS["short_tokens"],
        }
    )


def written(path: Path, table: pd.DataFrame) -> Path:
    path.write_text(table.to_csv(index=False, lineterminator="\n"))
    return path


HALF = lp.GmCaps(long=0.5, short=0.5)


def test_minutes_by_the_contract(tmp_path: Path) -> None:
    rows = lp.read_gm(written(tmp_path / "gm.csv", minutes()), base="ETH", caps=HALF)
    exact = [by_contract(p, borrowing_fees=0.0, lent_impact=0.0) for p in rows.prices]
    assert rows.recomputed == pytest.approx(exact, rel=ROUNDING)
    assert rows.distance == pytest.approx([0.002] * 4, rel=1e-9)
    assert rows.gm_prices == pytest.approx(np.array(exact) * 1.002 / 40e6, rel=ROUNDING)
    for k in (0, 1, 2, 3, -1):
        one = rows.at(k)
        assert one.value == pytest.approx(rows.recomputed[k], rel=ROUNDING)
        assert one.stated_value == rows.stated_value[k]
    assert rows.at(3).delta == 9_000 - 743 + 15_000 - 4_500
    assert rows.notes == (
        "pending borrowing fees and the lent part of the impact pool are in no column: taken as 0",
        "traders' profit capped at 0.5 and 0.5 of the pool's sides: stated",
    )
    # The instrument's own slope: the shorts capped, neither twice, the longs.
    slopes = [rows.at(k).delta / 40e6 for k in range(4)]
    assert rows.deltas == pytest.approx(slopes, rel=ROUNDING)
    assert rows.index().deltas[:, 0].tolist() == rows.deltas.tolist()
    told = dataclasses.replace(rows, borrowing_fees=np.full(4, 62_500.0), lent_impact=np.full(4, 74.0))
    assert told.recomputed == pytest.approx([by_contract(p) for p in rows.prices], rel=ROUNDING)
    assert told.at(1).value == by_contract(3_000)
    again = pickle.loads(pickle.dumps(rows.between("2025-01-08 00:01", "2025-01-08 00:02")))
    assert again.recomputed.tolist() == rows.recomputed[1:3].tolist()
    assert not again.prices.flags.writeable
    with pytest.raises(lp.DataError, match="a stated pool value"):
        _ = dataclasses.replace(rows, stated_value=None).distance


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("indexPrice", 64_000.0, "index token is its long token; got 4 rows"),
        ("pendingPnl", 1e6, "traders' P&L of their open interest"),
        ("marketTokensSupply", 0.0, "supply above 0"),
        ("longAmount", -1.0, "long_amount of 0 or more"),
        ("longAmount", np.nan, "long_amount in every row"),
        ("longAmount", "many", "numbers in column 'longAmount'"),
        ("poolValue", 30e24, "make up the stated pool value to a twentieth"),
        ("longAmount", 9_000e18, "make up the stated pool value to a twentieth"),
        ("marketTokensSupply", 40e24, "a price of GM between 0.0001 and 10,000"),
    ],
)
def test_minutes_that_no_market_has(tmp_path: Path, column: str, value: object, message: str) -> None:
    with pytest.raises(lp.DataError, match=message):
        lp.read_gm(written(tmp_path / "gm.csv", minutes().assign(**{column: value})), base="ETH", caps=HALF)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(lp.DataError, match=r"Known are demeter-fetch minutes of GMX v2: .*impactPoolAmount"):
        lp.read_gm(written(tmp_path / "gm.csv", minutes().drop(columns="impactPoolAmount")), base="ETH")
    for own, message in (
        ({"base": ""}, "base as a token's name"),
        ({"base": None}, "base as a token's name"),
        ({"base": "ETH", "quote": 5}, "quote as a token's name"),
        ({"base": "ETH", "caps": 0.9}, r"caps as lp\.GmCaps; got 0.9"),
    ):
        with pytest.raises(lp.InputError, match=message):
            lp.read_gm(written(tmp_path / "gm.csv", minutes()), **({"caps": HALF} | own))  # type: ignore[arg-type]
    with pytest.raises(lp.InputError, match="a path; got None"):
        lp.read_gm(None, base="ETH")  # type: ignore[arg-type]
    rows = lp.read_gm(written(tmp_path / "gm.csv", minutes()), base="ETH", caps=HALF)
    for k in (4, "a", 1.5, True):
        with pytest.raises(lp.InputError, match="row as a whole number"):
            rows.at(k)  # type: ignore[arg-type]
    with pytest.raises(lp.DataError, match="long open interest in both coins and USD, or none; got 4 rows"):
        dataclasses.replace(rows, long_tokens=np.zeros(4))
    with pytest.raises(lp.DataError, match="in order, each once"):
        lp.read_gm(written(tmp_path / "gm.csv", minutes()[::-1]), base="ETH")


# ---- real minutes

LAST_DIGITS = 4e-15
"""Of a sum whose terms are a few times as large, each read to a unit in its last digit."""

DISTANCES = {"2025-01-08": (0.00204, 0.00216, 0.00226), "2025-07-01_02": (0.00156, 0.00162, 0.00170)}
"""Least, median and largest: what is stated lies above the columns by pending borrowing fees, which are in none."""


@pytest.mark.parametrize("day", DISTANCES)
def test_pool_value_of_real_minutes(real_data: Path, day: str) -> None:
    folder = real_data / "gmx-v2-gm-eth-usdc-1m"
    rows = lp.read_gm(folder / f"GM-ETH-USDC-arbitrum-1m-{day}.parquet", base="ETH")
    found = np.quantile(rows.distance, [0, 0.5, 1])
    print(f"\n{day}: {len(rows):,} rows, stated over recomputed less 1: {found}")
    assert found == pytest.approx(DISTANCES[day], abs=5e-6)
    original = lp.read_gm(folder / f"original-GM-ETH-USDC-arbitrum-1m-{day}.tar.xz", base="ETH")
    # Some versions read the last digit of a decimal otherwise than others.
    assert original.recomputed == pytest.approx(rows.recomputed, rel=LAST_DIGITS)
    # The caps of 0.9 are far: longs are owed 13 % of their side at most, shorts 5 %.
    free = dataclasses.replace(rows, caps=lp.GmCaps(long=1.0, short=1.0))
    assert (free.recomputed == rows.recomputed).all()
    one = rows.at(0)
    coins = rows.long_amount[0] - rows.impact_pool[0] - rows.long_tokens[0] + rows.short_tokens[0]
    assert one.delta == pytest.approx(coins, rel=ROUNDING)
