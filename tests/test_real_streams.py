"""Real books, funding and pools: what was read is what their pages say, and they fit together on one tape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from tests.tolerances import PRINTED_10, ROUNDING

POOL = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=10, base="WETH")

BOOKS = {
    "BTCUSDT-perp-2023-04-04": (6_765, 0.10),
    "BTCUSDT-perp-2023-04-05": (37_440, 0.10),
    "BTCUSDT-spot-2023-04-05": (8_015, 0.01),
    "ETHUSDT-perp-2024-07-18": (9_089, 0.01),
    "ETHUSDT-perp-2024-07-19": (38_239, 0.01),
}
"""Rows and median spread, as the set's page has them."""

BARS = {
    "ETHUSD-coinbase-2017-09": (2_874, 2.7),
    "BTCUSD-coinbase-2017-09": (2_876, None),
    "BTCUSDT-bybit-spot-2022-12-13": (721, 1.1),
    "BTCUSDT-bybit-perp-2022-12-13": (460, 0.29),
}
"""Rows and mean spread in basis points, as the set's page has them."""


@pytest.mark.parametrize("name", BOOKS)
def test_ticks(real_data: Path, name: str) -> None:
    rows, spread = BOOKS[name]
    path = real_data / "book-l1-binance" / f"{name}-bookticker.parquet"
    book = lp.read_book(path)
    table = pd.read_parquet(path)
    assert len(table) == rows
    stamp = "recv_ns" if "spot" in name else "exch_ms"
    last = table.drop_duplicates(stamp, keep="last")
    assert (book.bid == last["bid"].to_numpy()).all()
    assert (book.ask == last["ask"].to_numpy()).all()
    assert round(float(np.median(book.ask - book.bid)), 9) == spread
    clock = "receiver" if "spot" in name else "exchange"
    assert f"by the {clock}'s" in book.source
    tape = lp.Tape(quotes=book)
    assert len(tape) == len(book)
    hole, seconds = (x / np.timedelta64(1, "s") for x in (np.diff(book.times).max(), np.ptp(book.times)))
    assert hole < 3.9
    relative = np.median((book.ask - book.bid) / book.mid) * 1e4
    print(f"\n{name}: {rows:,} rows, {len(book):,} stamps in {seconds:.0f} s, the longest hole {hole:.2f} s")
    print(f"  median spread {spread} USDT, {relative:.4f} bp; {book.source}")


@pytest.mark.parametrize("name", BARS)
def test_quote_bars(real_data: Path, name: str) -> None:
    rows, spread = BARS[name]
    book = lp.read_book(real_data / "quotes-1m-lean" / f"{name}-quote-1m.parquet")
    assert len(book) == rows
    mean = float(np.mean((book.ask - book.bid) / book.ask) * 1e4)
    print(f"\n{name}: {rows:,} bars, mean spread {mean:.3f} bp; {'; '.join(book.notes[1:]) or 'no gap'}")
    if spread is not None:
        assert mean == pytest.approx(spread, rel=0.03)  # printed to two digits
    assert (book.lows <= book.mid).all()
    assert (book.highs >= book.mid).all()
    trades = pd.read_parquet(real_data / "quotes-1m-lean" / f"{name}-trade-1m.parquet")
    closed = trades["time"].to_numpy(dtype="datetime64[ns]") + np.timedelta64(1, "m")
    known = np.searchsorted(book.times, closed, side="right") - 1
    inside = (known >= 0) & (closed <= book.times[-1])
    off = np.abs(book.mid[known[inside]] / trades["close"].to_numpy()[inside] - 1) * 1e4
    print(f"  the last trade of a minute lies {np.median(off):.2f} bp from the middle then, by the median")
    assert np.median(off) < 5


def test_funding(real_data: Path) -> None:
    """Two copies of one history by two collectors, and hourly settlements of a third venue."""
    own = real_data / "binance-funding-2021-2023-05"
    many = real_data / "funding-multivenue-2020-2023-05" / "funding-multivenue.parquet"
    for asset in ("ETH", "BTC"):
        one = lp.read_funding(own / f"funding_{asset}USDT.csv.gz")
        other = lp.read_funding(many, market=f"{asset}/USDT", venue="binance", asset=asset)
        assert one.market == f"{asset}/USDT"
        _, mine, theirs = np.intersect1d(one.times, other.times, return_indices=True)
        assert mine.size == len(one) == 2_643
        assert np.abs(one.rates[mine] - other.rates[theirs]).max() <= 5e-9  # printed to eight decimals
        assert (np.diff(one.times) == np.timedelta64(8, "h")).all()
        print(f"\n{one}: {len(one):,}, {one.rates.min():.5f} to {one.rates.max():.5f}; {one.notes[1]}")
    assert (one.times[0], one.times[-1]) == (np.datetime64("2021-01-01"), np.datetime64("2023-05-31T16:00"))
    eth = lp.read_funding(own / "funding_ETHUSDT.csv.gz")
    assert (round(eth.rates.min(), 4), round(eth.rates.max(), 6)) == (-0.0036, 0.00375)
    hourly = lp.read_funding(many, market="ETH/USD", venue="dydx", asset="ETH")
    assert (np.diff(hourly.times) == np.timedelta64(1, "h")).all()
    gate = lp.read_funding(many, market="ETH/USDT", venue="gate", asset="ETH")
    assert gate.notes[0].startswith("93 rows missing")
    print(f"{hourly}: {len(hourly):,} hours; {gate}: {gate.notes[0]}")
    late = lp.read_funding(real_data / "binance-1m-perp-2024-12" / "ETHUSDT-funding-8h.parquet")
    assert len(late) == 89
    with pytest.raises(lp.DataError, match="got none of binance, bybit, dydx, gate, htx, kucoin, mexc"):
        lp.read_funding(many)


@pytest.fixture(scope="module")
def day(real_data: Path) -> tuple[Path, lp.PoolHistory]:
    folder = real_data / "univ3-ethereum-usdc-weth-005-2024-01-05"
    return folder, lp.read_swaps(folder / "USDC-WETH-005-ethereum-swaps.parquet", pool=POOL)


def test_every_swap_of_a_day(day: tuple[Path, lp.PoolHistory]) -> None:
    folder, swaps = day
    assert len(swaps) == 6_046
    table = pd.read_parquet(folder / "USDC-WETH-005-ethereum-swaps.parquet")
    volume = float(swaps.quote_in.sum() - table["amount0"].clip(upper=0).sum())  # USDC in and out
    assert round(volume / 1e6, 1) == 247.0
    assert (swaps.quote_in + swaps.base_in * swaps.prices).sum() == pytest.approx(volume, rel=swaps.fee)
    assert np.allclose(swaps.prices, table["eth_usd"], rtol=PRINTED_10, atol=0)
    assert np.allclose(swaps.base_in - swaps.quote_in, table["amount1"].clip(lower=0) - table["amount0"].clip(lower=0))
    [ticks] = (folder / "original").glob("*.pool.tick.csv.gz")
    raw = lp.read_swaps(ticks, pool=POOL)
    assert raw.notes == ("188 events other than swaps left out",)
    for name in ("prices", "base_in", "quote_in", "liquidity"):
        assert np.allclose(getattr(raw, name), getattr(swaps, name), rtol=ROUNDING, atol=1e-12), name
    assert (raw.times == swaps.times).all()
    fees = 0.0005 * volume
    print(f"\n{swaps}: {volume / 1e6:.2f} M USDC, fees {fees:,.0f} USDC, {len(np.unique(swaps.times)):,} blocks")


def test_a_swap_pays_the_price_and_the_fee(day: tuple[Path, lp.PoolHistory]) -> None:
    """Within one range a swap trades at the geometric mean of the prices before and after, less the fee."""
    folder, swaps = day
    table = pd.read_parquet(folder / "USDC-WETH-005-ethereum-swaps.parquet")
    large = (table["amount0"].abs() > 1_000).to_numpy()[1:]
    paid = -(table["amount0"] / table["amount1"]).to_numpy()[1:]
    mean = np.sqrt(swaps.prices[1:] * swaps.prices[:-1])
    bought = swaps.quote_in[1:] > 0
    fair = np.where(bought, mean / (1 - swaps.fee), mean * (1 - swaps.fee))
    off = np.abs(paid / fair - 1)[large]
    inside = np.quantile(off, [0.5, 0.99])
    print(f"\n{large.sum():,} swaps over 1,000 USDC: off by {inside[0]:.1e} (median), {inside[1]:.1e} (99 %); fee 5e-4")
    assert inside[0] < 1e-8
    assert inside[1] < 5e-5  # the rest cross into other liquidity
    # The same says what unit the liquidity is in.
    both = bought & large
    net = (swaps.quote_in[1:] * (1 - swaps.fee))[both] / np.diff(np.sqrt(swaps.prices))[both]
    ratio = net / swaps.liquidity[1:][both]
    print(f"liquidity by the move of the price over that of the file: {np.median(ratio):.9f} (median)")
    assert np.median(ratio) == pytest.approx(1.0, abs=1e-6)


def test_minutes_are_sums_of_the_swaps(day: tuple[Path, lp.PoolHistory]) -> None:
    folder, swaps = day
    minutes = lp.read_pool_minutes(folder / "USDC-WETH-005-ethereum-1m.parquet", pool=POOL)
    raw = lp.read_pool_minutes(folder / "original-USDC-WETH-005-ethereum-1m.tar.xz", pool=POOL)
    assert len(minutes) == 1_440
    of = np.searchsorted(minutes.times, swaps.times, side="right")
    assert len(np.unique(of)) == 1_408
    for name in ("base_in", "quote_in"):
        summed = np.bincount(of, weights=getattr(swaps, name), minlength=1_440)
        assert np.abs(getattr(minutes, name) - summed).max() < 1e-8
        assert np.allclose(getattr(raw, name), getattr(minutes, name), rtol=ROUNDING, atol=1e-12)
    last = np.array([np.flatnonzero(of == m)[-1] for m in np.unique(of)])
    known = np.unique(of)
    assert (minutes.liquidity[known] == swaps.liquidity[last]).all()
    ratio = swaps.prices[last] / minutes.prices[known]
    assert ((ratio > 1 / 1.0001 - ROUNDING) & (ratio < 1 + ROUNDING)).all()
    off = (1 - ratio).mean() * 1e4
    print(
        f"\n1,408 of 1,440 minutes with swaps; sums agree; the price at a whole tick is {off:.2f} bp above, by the mean"
    )


def test_forty_days_of_minutes(real_data: Path) -> None:
    folder = real_data / "univ3-polygon-usdc-weth-005"
    for name, rows, missing, levels in (
        ("USDC-WETH-005-polygon-1m-2022-07-08", 50_390, 10, (1_358, 2_026)),
        ("USDC-WETH-005-polygon-1m-2023-08", 7_199, 1, (1_595, 1_859)),
    ):
        minutes = lp.read_pool_minutes(folder / f"{name}.parquet", pool=POOL)
        table = pd.read_parquet(folder / f"{name}.parquet")
        raw = lp.read_pool_minutes(folder / f"original-{name}.tar.xz", pool=POOL)
        assert len(minutes) == len(raw) == rows
        assert np.allclose(minutes.prices, table["eth_usd"], rtol=1e-9, atol=0)
        for column in ("prices", "base_in", "quote_in", "liquidity", "lows", "highs"):
            assert np.allclose(getattr(minutes, column), getattr(raw, column), rtol=1e-9, atol=1e-9), column
        assert minutes.notes[-1].startswith(f"{missing} rows missing in ")
        assert (round(minutes.prices.min()), round(minutes.prices.max())) == levels
        gaps = lp.Tape(pool=minutes).gaps(np.timedelta64(1, "m"))
        assert sum((end - start) / np.timedelta64(1, "m") - 1 for start, end in gaps) == missing
        print(f"\n{minutes}\n  {'; '.join(minutes.notes)}; {minutes.quote_in.sum() / 1e6:.1f} M USDC paid in")


def test_a_tape_of_all_that_overlaps(real_data: Path) -> None:
    """Pool minutes on Polygon, hourly spot bars and funding of summer 2022 on one clock."""
    polygon = real_data / "univ3-polygon-usdc-weth-005" / "USDC-WETH-005-polygon-1m-2022-07-08.parquet"
    minutes = lp.read_pool_minutes(polygon, pool=POOL)
    hours = lp.read_prices(real_data / "binance-hourly-2017-2022" / "ETHUSDT-spot-1h.parquet", market="ETH/USDT")
    funding = lp.read_funding(real_data / "binance-funding-2021-2023-05" / "funding_ETHUSDT.csv.gz")
    tape = lp.Tape(quotes=lp.Quotes.from_bars(hours, half_spread=5e-5), pool=minutes, funding=funding)
    inside = (funding.times > tape.times[0]) & (funding.times <= tape.times[-1])
    assert tape.settlements.rate.tolist() == funding.rates[inside].tolist()
    taken = (minutes.times > tape.times[0]) & (minutes.times <= tape.times[-1])
    assert tape.swaps.quote_in.sum() == minutes.quote_in[taken].sum()
    hourly = tape.times == tape.times.astype("datetime64[h]")
    basis = np.log(tape.rows.pool / ((tape.rows.bid[0] + tape.rows.ask[0]) / 2))[hourly]
    print(f"\n{tape}\n  the pool is {np.median(np.abs(basis)) * 1e4:.1f} bp from the exchange on the hour (median), "
          f"{np.abs(basis).max() * 1e4:.0f} at most\n  " + "\n  ".join(tape.notes))  # fmt: skip
    assert np.median(np.abs(basis)) < 1e-3
    assert tape.gaps(np.timedelta64(1, "m"))
