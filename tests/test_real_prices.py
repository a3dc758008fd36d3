"""The question on real prices: ETH minutes of April and May 2023, against numpy alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from tests.running import run
from tests.tolerances import LEAST_SQUARES


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return real_data / "binance-1m-2023-04-05"


def independent(folder: Path, instrument: str) -> tuple[float, float]:
    """Quantity and effectiveness by numpy and pandas, sharing no code: windows, payoff and regression by hand."""
    close = pd.read_parquet(folder / f"ETHUSDT-{instrument}-1m.parquet")["close"].to_numpy(dtype=float)
    week, day = 7 * 1_440, 1_440
    first = np.arange(0, len(close) - week, day)
    ends = 1_900 * close[first + week] / close[first]
    lower, upper = 1_700.0, 2_100.0

    def value_per_liquidity(p: np.ndarray) -> np.ndarray:
        inside = 2 * np.sqrt(p) - p / np.sqrt(upper) - np.sqrt(lower)
        below = p * (1 / np.sqrt(lower) - 1 / np.sqrt(upper))
        return np.where(p < lower, below, np.where(p > upper, np.sqrt(upper) - np.sqrt(lower), inside))

    liquidity = 100_000 / value_per_liquidity(np.array([1_900.0]))[0]
    y, x = liquidity * value_per_liquidity(ends), ends - 1_900
    design = np.column_stack([x, np.ones_like(x)])
    (slope, intercept), *_ = np.linalg.lstsq(design, y, rcond=None)
    left = y - slope * x - intercept
    return -slope, 1 - left.var() / y.var()


@pytest.mark.parametrize("instrument", ["perp", "spot"])
def test_command_library_and_numpy_agree(folder: Path, instrument: str) -> None:
    quantity, effectiveness = independent(folder, instrument)
    for file in (f"ETHUSDT-{instrument}-1m.parquet", f"original-ETHUSDT-{instrument}-1m.tar.xz"):
        record = json.loads(run("hedge", "--prices", str(folder / file), "--json").stdout)
        assert record["legs"][0]["quantity"] == pytest.approx(quantity, rel=LEAST_SQUARES)
        assert record["effectiveness"] == pytest.approx(effectiveness, rel=LEAST_SQUARES)
        assert record["outcomes"]["n"] == 54
        assert record["outcomes"]["effective_n"] == pytest.approx(60 / 7)  # 60 days covered
    pool = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)
    perp = lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
    coin = lp.InversePerp(base="ETH", quote="USDC", entry=1_900)
    weeks = lp.read_klines(folder / f"original-ETHUSDT-{instrument}-1m.tar.xz").windows("7D", step="1D", start=1_900)
    plan = lp.hedge(pool, [perp, coin], weeks, objective=lp.Variance(lp.Value("USDC")))
    assert [leg["quantity"] for leg in record["legs"]] == list(plan.quantities)
    assert record["legs"][0]["standard_error"] == plan.standard_errors[0]


def test_the_text_says_how_much_data_it_rests_on(folder: Path) -> None:
    text = run("hedge", "--prices", str(folder / "ETHUSDT-perp-1m.parquet")).stdout
    assert "54 windows of 7 days stepped 1 day, each rescaled to start at 1,900" in text
    assert "n = 54, worth 8.6 independent outcomes" in text
    assert "std error" in text
    assert "no gap" in text


def test_lows_and_highs_widen_the_exit(folder: Path) -> None:
    past = lp.read_prices(folder / "ETHUSDT-perp-1m.parquet", market="ETH/USDC")
    bare = lp.History(
        markets=past.markets, times=past.times, prices=past.prices, lows=past.prices, highs=past.prices, step=past.step
    )
    seen, unseen = (
        h.windows("7D", step="1h", start=1_900).stopped_at_exit(market="ETH/USDC", lower=1_800, upper=2_000).outcomes()
        for h in (past, bare)
    )
    count = [int(o.source.split(";")[-1].split()[0]) for o in (seen, unseen)]
    assert count[0] > count[1] > 0


def test_data_check_of_every_minute_file(real_data: Path) -> None:
    files = sorted(real_data.glob("binance-1m-*/*1m.parquet"))
    assert len(files) >= 4
    for path in files:
        report = lp.check_prices(path)
        assert report.usable, str(report)
        assert report.step == np.timedelta64(1, "m")


def test_bootstrap_of_real_minutes(folder: Path) -> None:
    past = lp.read_prices(folder / "ETHUSDT-perp-1m.parquet", market="ETH/USDC")
    paths = past.bootstrap("1D", paths=100, start=1_900, seed=1)
    day = np.log(paths.prices[:, -1, 0] / 1_900).std() * np.sqrt(365)
    assert 0.3 < day < 0.65  # the file's own volatility is 44.5 % a year
