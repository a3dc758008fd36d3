"""The data check of every format, and conversions: what was written reads the same as what it was made from."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.markets.typed_columns import ColumnKinds
from tests.running import run
from tests.test_downloads import bars, chain_answer, without

LIQUIDITY = 12_453_647_101_533_358_277
MINUTES = (
    "timestamp,netAmount0,netAmount1,closeTick,openTick,lowestTick,highestTick,inAmount0,inAmount1,currentLiquidity\n"
    f"2024-01-05 00:00:00,1,-2,199045,199045,199045,199045,1919611474,10000000000000000,{LIQUIDITY}\n"
    f"2024-01-05 00:01:00,3,-4,199043,199045,199043,199043,80396587217,3085490361053837,{LIQUIDITY}\n"
    f"2024-01-05 00:03:00,5,-6,199043,199043,199043,199043,2741822408,98444966110124251,{LIQUIDITY}\n"
)
POOL = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=10, base="WETH")
TICKER = {
    "instId": "ETH-USD-SWAP", "bidPx": "1800.1", "askPx": "1800.2", "bidSz": "3", "askSz": "", "ts": "1684195200000",
}  # fmt: skip
BOOK = (
    "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
    "1,1799.9,1,1800.0,1,1684195200001,1684195200004\n3,1800.0,1,1800.1,1,1684195200201,1684195200204\n"
    "2,1800.2,1,1800.3,1,1684195200101,1684195200104\n"
)
MARKS = (
    "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,mark_price,index_price\n"
    "binance-futures,ETHUSDT,1684195200000000,1684195200000100,1684195200000000,0.0001,1800.5,1800.7\n"
    "binance-futures,ETHUSDT,1684195201000000,1684195201000100,1684224000000000,0.0002,1800.6,1800.8\n"
)
STATS = {"data": {"hourlyGlpStats": [
    {"id": f"hourly:{1_633_046_400 + 3_600 * i}", "aumInUsdg": f"{11 + i}" + "0" * 24, "glpSupply": "1" + "0" * 25}
    for i in range(3)
]}}  # fmt: skip
VAULT = {
    "supply": 100.0,
    "tokens": [{"token": "weth", "stable": False, "price": 2_000.0, "pool": 0.03, "reserved": 0.01},
               {"token": "usdc", "stable": True, "price": 1.0, "pool": 40.0}],
}  # fmt: skip
PRICES = "time,low,high,close\n" + "".join(
    f"2023-04-01 {h:02}:00:00,{1_799 + h},{1_801 + h},{1_800 + h}.1\n" for h in (0, 1, 2, 4)
)
FUNDING = "calc_time,funding_interval_hours,last_funding_rate\n1680307200003,8,0.0001\n1680336000001,8,-0.00005\n"

FUTURES = (
    "time,asset,instrument,expiry,snapshot_underlying_mark,futures_price,futures_minute_volume,futures_gap_s,"
    "perp_price,perp_gap_s\n"
    "2026-01-05 04:00:00,ETH,ETH-30JAN26,2026-01-30 08:00:00,2010,2011,1.5,2,2001,3\n"
    "2026-01-05 05:00:00,ETH,ETH-30JAN26,2026-01-30 08:00:00,2012,2013,0,2,2003,3\n"
    "2026-01-05 06:00:00,ETH,ETH-30JAN26,2026-01-30 08:00:00,2014,2015,2.5,200,2005,3\n"
)

SMALL: dict[str, tuple[str, str | bytes, str, int]] = {
    "klines": ("ETHUSDT-1m-2023-04.csv", bars("2023-04", 20), "read_klines", 20),
    "prices": ("prices.csv", PRICES, "read_prices", 4),
    "book": ("book.csv", BOOK, "read_book", 3),
    "marks": ("marks.csv", MARKS, "read_marks", 2),
    "funding": ("ETHUSDT-funding.csv", FUNDING, "read_funding", 2),
    "pool-minutes": ("minutes.csv", MINUTES, "read_pool_minutes", 3),
    "chain": ("chain.json", json.dumps(chain_answer()), "read_chains", 4),
    "tickers": ("tickers.json", json.dumps({"code": "0", "data": [TICKER]}), "read_tickers", 1),
    "futures-marks": ("futures.csv", FUTURES, "read_futures_marks", 6),
    "glp-stats": ("stats.json", json.dumps(STATS), "read_glp_stats", 3),
    "glp-vault": ("vault.json", json.dumps(VAULT), "read_glp_vault", 2),
}
"""Name, content, reader and rows of one small file of a kind; kinds without one are in the real data."""


def saved(folder: Path, kind: str) -> Path:
    name, content, *_ = SMALL[kind]
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# ---- the check


@pytest.mark.parametrize("kind", SMALL)
def test_a_file_is_known_by_its_columns(kind: str, tmp_path: Path) -> None:
    report = lp.check_file(saved(tmp_path, kind))
    _, _, reader, rows = SMALL[kind]
    assert (report.kind.value, report.reader, report.rows, report.usable) == (kind, reader, rows, True), str(report)
    assert callable(getattr(lp, report.reader))
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["rows"] == rows
    assert int(report.table()["rows"].sum()) == rows
    assert "usable" in str(report)


def test_gaps_guesses_moves_and_stand_ins_are_said(tmp_path: Path) -> None:
    prices = str(lp.check_file(saved(tmp_path, "prices")))
    assert "every 3600 s, at most 7200 s" in prices
    assert "gaps before (steps over 3600 s): 1" in prices
    assert "times without a zone read as UTC" in prices
    book = lp.check_file(saved(tmp_path, "book"))
    assert book.taken == ("market, as neither rows nor name tell it",)
    assert "put in the exchange's order: 1 of 3 rows stood behind a later one" in str(book)
    named = lp.check_file(saved(tmp_path, "funding"))
    assert named.taken == ()
    assert "market ETH/USDT from the name ETHUSDT" in str(named)
    minutes = lp.check_file(saved(tmp_path, "pool-minutes"))
    assert minutes.taken == ("a pool of tokens with 6 and 18 decimals, its fee 0.01 %",)
    assert "1 rows missing in 1 gaps, the first at 2024-01-05 00:02:00 UTC" in str(minutes)
    assert lp.check_file(saved(tmp_path, "pool-minutes"), pool=POOL).taken == ()


def test_stale_rows_are_counted(tmp_path: Path) -> None:
    """No trade in one minute, and one minute too far away, of a future; the perpetual traded always."""
    report = lp.check_file(saved(tmp_path, "futures-marks"))
    assert [[f.count for f in part.findings] for part in report.parts] == [[], [2]]
    assert "stale, nobody traded at it: 2 (2026-01-05 05:00:00; 2026-01-05 06:00:00)" in str(report)


def test_spoiled_files_are_not_usable(tmp_path: Path) -> None:
    path = saved(tmp_path, "prices")
    path.write_text(PRICES + PRICES.splitlines()[-1] + "\n")
    report = lp.check_file(path)
    assert not report.usable
    assert report.parts[0].findings[0].what == "duplicate times"
    path = saved(tmp_path, "pool-minutes")
    path.write_text(MINUTES + MINUTES.splitlines()[-1] + "\n")
    report = lp.check_file(path)
    assert not report.usable
    assert "each once; got 4 rows, 1 not so" in report.refused
    assert "NOT usable" in str(report)
    run("data", "check", str(path), code=3)


def test_a_file_that_says_two_things_can_be_told(tmp_path: Path) -> None:
    path = saved(tmp_path, "marks")
    assert lp.check_file(path, kind=lp.FileKind.funding).reader == "read_funding"
    done = run("data", "check", str(path), "--as", "funding", "--json")
    assert json.loads(done.stdout)["kind"] == "funding"
    assert "One of klines, prices" in run("data", "check", str(path), "--as", "nonsense", code=2).stderr


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.csv", b"a,b\n1,2\n", "got 'a', 'b' in x.csv. Known are klines (read_klines), prices (read_prices)"),
        ("x.csv", b"1,1\n2,2\n", "1, 1 in x.csv, which is not a header of distinct columns. Known are"),
        ("x.json", b'{"a": 1}', "got 'a' in x.json. Known are"),
        ("x.json", b"[[1, 2], [3, 4]]", "got no columns in x.json. Known are"),
        ("x.json", b"{", "x.json: Expecting property name"),
        ("x.bin", bytes(range(256)) * 4, "Known are"),
        ("x.csv", b"", "none in x.csv"),
        ("x.parquet", b"PAR1", "x.parquet: "),
        ("x.zip", b"PK", "x.zip: File is not a zip file"),
    ],
)
def test_an_unknown_file_says_what_was_found_and_what_is_known(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    said = run("data", "check", str(tmp_path / name), code=3).stderr
    assert words in said
    assert len(said.splitlines()) == 1
    assert said.rstrip("\n").isprintable()


def test_what_is_not_installed_is_said_as_such(tmp_path: Path) -> None:
    (tmp_path / "prices.parquet").write_bytes(b"PAR1")
    with (
        without("pyarrow"),
        pytest.raises(lp.DataError, match=r"^expected pyarrow, .*not installed\. pip install 'lpgreeks"),
    ):
        lp.check_file(tmp_path / "prices.parquet")


def test_paths_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(lp.DataError, match="an existing file or folder"):
        lp.check_file(tmp_path / "none")
    with pytest.raises(lp.DataError, match="a known layout"):
        lp.check_file(tmp_path)
    with pytest.raises(lp.InputError, match=r"arguments of read_prices; got pool\. For prices it has market, columns"):
        lp.check_file(saved(tmp_path, "prices"), pool=POOL)
    wrong = run("data", "check", str(saved(tmp_path, "pool-minutes")), "--pool-tokens", "USDC,WETH", code=2)
    assert "--pool-tokens, tokens with decimals" in wrong.stderr


CHECKS = {
    "binance-1m-2023-04-05/ETHUSDT-perp-1m.parquet": ("prices", 1, 87_840),
    "binance-1m-2022-06/original-ETHUSDT-spot-1m.tar.xz": ("klines", 1, 43_200),
    "binance-hourly-2017-2022/ETHUSDT-spot-1h.parquet": ("prices", 1, 45_345),
    "binance-funding-2021-2023-05/funding_ETHUSDT.csv.gz": ("funding", 1, 2_643),
    "funding-multivenue-2020-2023-05/funding-multivenue.parquet": ("funding", 14, 60_688),
    "book-l1-binance/BTCUSDT-spot-2023-04-05-bookticker.parquet": ("book", 1, 8_015),
    "quotes-1m-lean/BTCUSDT-bybit-perp-2022-12-13-quote-1m.parquet": ("book", 1, 460),
    "univ3-ethereum-usdc-weth-005-2024-01-05/USDC-WETH-005-ethereum-swaps.parquet": ("swaps", 1, 6_046),
    "univ3-polygon-usdc-weth-005/USDC-WETH-005-polygon-1m-2022-07-08.parquet": ("pool-minutes", 1, 50_390),
    "deribit-options-2026-01/options.parquet": ("chain", 112, 74_454),
    "deribit-futures-perp-2026-01_02/futures-vs-perp.parquet": ("futures-marks", None, None),
    "gmx-v1-glp-avalanche-1m/GLP-avalanche-1m-2024-10-15.parquet": ("glp", 1, 1_440),
    "gmx-v1-glp-arbitrum-daily-2021-2022/glp_daily_digitised.csv": ("glp-prices", 1, 314),
    "gmx-v2-gm-eth-usdc-1m/GM-ETH-USDC-arbitrum-1m-2025-07-01_02.parquet": ("gm", 1, 2_880),
    "lb-avax-usdc-bins-2023-09-18/lb_avax_usdc_1695057880.csv": ("bins", 1, 270),
}
"""Kind, parts and rows of real files, as the sets' pages have them."""


@pytest.mark.parametrize("name", CHECKS)
def test_real_files_have_the_rows_of_their_pages(real_data: Path, name: str) -> None:
    kind, parts, rows = CHECKS[name]
    report = lp.check_file(real_data / name)
    assert report.usable, str(report)
    assert report.kind.value == kind
    assert parts in (None, len(report.parts))
    left_out = sum(
        int(note.rsplit(": ")[-1].replace(",", "")) for p in report.parts for note in p.notes if "left out: " in note
    )
    assert rows in (None, report.rows + left_out)
    print(f"\n{name}: {kind}, {len(report.parts)} parts, {report.rows:,} rows, read by {report.reader}")


def test_stale_marks_are_counted(real_data: Path) -> None:
    path = real_data / "deribit-futures-perp-2026-01_02/futures-vs-perp.parquet"
    report = lp.check_file(path)
    table = pd.read_parquet(path)
    traded = (table["futures_minute_volume"] > 0) & (table["futures_gap_s"] <= 60)
    perp = table.drop_duplicates(["asset", "time"])
    stale = int((~traded).sum() + (~(perp["perp_gap_s"] <= 60)).sum())
    assert stale > 0
    assert sum(f.count for p in report.parts for f in p.findings if "stale" in f.what) == stale
    assert report.rows == len(table) + len(perp)


# ---- conversions


def assert_same(one: Any, other: Any, where: str = "") -> None:
    """The same bytes in every array; words may differ."""
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where
        assert one.tobytes() == other.tobytes(), where
    elif is_dataclass(one):
        assert type(one) is type(other)
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, tuple) and not all(isinstance(x, str) for x in one):
        assert len(one) == len(other), where
        for mine, theirs in zip(one, other, strict=True):
            assert_same(mine, theirs, where)
    elif isinstance(one, (int, float)):
        assert one == other or one != one, where


Reader = Callable[[Path], Any]
SCALE = lp.GlpScale(
    decimals={"BTC.B": 8, "WETH": 18, "WBTC": 8, "WAVAX": 18, "MIM": 18, "USDC": 6, "USDC.E": 6}, reward_token="WAVAX"
)


def prices(path: Path) -> lp.History:
    return lp.read_prices(path, market="A/B")


REAL: dict[str, tuple[str, Reader, dict[str, Any]]] = {
    "klines": ("binance-1m-2022-06/original-ETHUSDT-spot-1m.tar.xz", lp.read_klines, {}),
    "prices": ("binance-hourly-2017-2022/ETHUSDT-spot-1h.parquet", prices, {}),
    "trade bars": ("quotes-1m-lean/BTCUSDT-bybit-perp-2022-12-13-trade-1m.parquet", prices, {}),
    "funding": ("binance-funding-2021-2023-05/funding_ETHUSDT.csv.gz", lp.read_funding, {}),
    "funding by venue": (
        "funding-multivenue-2020-2023-05/funding-multivenue.parquet",
        lambda p: lp.read_funding(p, market="A/B", venue="bybit", asset="ETH"),
        {},
    ),
    "funding by time": (
        "binance-1m-perp-2024-12/ETHUSDT-funding-8h.parquet", lambda p: lp.read_funding(p, market="A/B"), {}
    ),
    "ticks": (
        "book-l1-binance/BTCUSDT-spot-2023-04-05-bookticker.parquet", lambda p: lp.read_book(p, market="A/B"), {}
    ),
    "quote bars": (
        "quotes-1m-lean/ETHUSD-coinbase-2017-09-quote-1m.parquet", lambda p: lp.read_book(p, market="A/B"), {}
    ),
    "swaps": (
        "univ3-ethereum-usdc-weth-005-2024-01-05/USDC-WETH-005-ethereum-swaps.parquet",
        lambda p: lp.read_swaps(p, pool=POOL),
        {"pool": POOL},
    ),
    "raw swaps": (
        "univ3-ethereum-usdc-weth-005-2024-01-05/original/"
        "ethereum-0x88e6a0c2ddd26feeb64f039a2c41296fcb3f5640-2024-01-05.pool.tick.csv.gz",
        lambda p: lp.read_swaps(p, pool=POOL),
        {},
    ),
    "minutes": (
        "univ3-polygon-usdc-weth-005/USDC-WETH-005-polygon-1m-2023-08.parquet",
        lambda p: lp.read_pool_minutes(p, pool=POOL),
        {},
    ),
    "raw minutes": (
        "univ3-polygon-usdc-weth-005/original-USDC-WETH-005-polygon-1m-2023-08.tar.xz",
        lambda p: lp.read_pool_minutes(p, pool=POOL),
        {},
    ),
    "chains": ("deribit-options-2026-01/options.parquet", lp.read_chains, {}),
    "tickers of options": ("deribit-options-snapshots-misc/schepal--options_data.csv.gz", lp.read_chain, {}),
    "book summaries": ("deribit-options-snapshots-misc/jiaxiang-cheng--deribit_options.csv.gz", lp.read_chain, {}),
    "years": ("deribit-options-snapshots-misc/GitHubAvailable--deribit_btc_options.csv.gz", lp.read_chain, {}),
    "futures": (
        "deribit-futures-perp-2026-01_02/futures-vs-perp.parquet",
        lambda p: lp.read_futures_marks(p, half_spread=0.0002, base="ETH"),
        {},
    ),
    "vault": ("gmx-v1-glp-avalanche-1m/GLP-avalanche-1m-2024-10-15.parquet", lp.read_glp, {}),
    "raw vault": (
        "gmx-v1-glp-avalanche-1m/original-GLP-avalanche-1m-2024-10-15.tar.xz",
        lambda p: lp.read_glp(p, scale=SCALE),
        {"scale": SCALE},
    ),
    "GLP prices": ("gmx-v1-glp-arbitrum-daily-2021-2022/glp_daily_digitised.csv", lp.read_glp_prices, {}),
    "market": (
        "gmx-v2-gm-eth-usdc-1m/GM-ETH-USDC-arbitrum-1m-2025-01-08.parquet", lambda p: lp.read_gm(p, base="ETH"), {}
    ),
    "raw market": (
        "gmx-v2-gm-eth-usdc-1m/original-GM-ETH-USDC-arbitrum-1m-2025-07-01_02.tar.xz",
        lambda p: lp.read_gm(p, base="ETH"),
        {},
    ),
    "bins": (
        "lb-avax-usdc-bins-2023-09-18/lb_avax_usdc_1695057880.csv",
        lambda p: lp.read_bins(p, token_x="AVAX", token_y="USDC"),
        {},
    ),
}  # fmt: skip
"""A real file of each layout, its reader as a user calls it, and what the conversion is told."""


@pytest.mark.parametrize("name", REAL)
def test_real_files_read_the_same_in_every_packing(real_data: Path, tmp_path: Path, name: str) -> None:
    file, reader, given = REAL[name]
    source = real_data / file
    if name == "chains":
        # The first three snapshots: the others are alike, and every chain is read six times here.
        table = pd.read_parquet(source)
        source = tmp_path.parent / f"{tmp_path.name}-cut.parquet"
        table[table["snapshot_time"].isin(sorted(table["snapshot_time"].unique())[:3])].to_parquet(source)
    before = reader(source)
    # Of klines a table of prices is made.
    reader = prices if name == "klines" else reader
    packed = tmp_path / "packed.parquet"
    lp.convert_file(source, packed, **given)
    assert_same(before, reader(packed))
    # And back, out of the Parquet, and once more into it.
    plain = tmp_path / "plain.csv"
    lp.convert_file(packed, plain, **given)
    assert_same(before, reader(plain))
    again = tmp_path / "again.parquet"
    lp.convert_file(plain, again, **given)
    assert_same(before, reader(again))
    done = lp.convert_file(packed, tmp_path / "packed.csv.gz", **given)
    assert_same(before, reader(done.out))
    print(f"\n{file}: {done.rows:,} rows, {packed.stat().st_size:,} bytes as Parquet, {plain.stat().st_size:,} as CSV")
    assert {p.name for p in tmp_path.iterdir()} == {"packed.parquet", "plain.csv", "again.parquet", "packed.csv.gz"}


@pytest.mark.parametrize("kind", [kind for kind in SMALL if kind != "glp-vault"])
@pytest.mark.parametrize("ending", [".parquet", ".csv", ".csv.gz", ".zip", ".json"])
def test_small_files_in_every_packing_that_their_reader_knows(kind: str, ending: str, tmp_path: Path) -> None:
    source = saved(tmp_path, kind)
    readers = {
        "klines": prices,
        "prices": prices,
        "book": lambda p: lp.read_book(p, market="A/B"),
        "marks": lp.read_marks,
        "funding": lambda p: lp.read_funding(p, market="A/B"),
        "pool-minutes": lambda p: lp.read_pool_minutes(p, pool=POOL),
        "chain": lp.read_chain,
        "tickers": lp.read_tickers,
        "futures-marks": lambda p: lp.read_futures_marks(p, half_spread=0.0),
        "glp-stats": lp.read_glp_stats,
    }
    out = tmp_path / f"out{ending}"
    if ending == ".json" and kind in ("klines", "prices", "futures-marks"):
        with pytest.raises(lp.DataError, match=r"a packing that read_\w+ reads"):
            lp.convert_file(source, out)
        assert not out.exists()
        return
    done = run("data", "convert", str(source), str(out))
    rows = 3 if kind == "futures-marks" else SMALL[kind][3]  # the perpetual stands beside each future
    assert f"{rows:,} rows" in done.stdout
    before = lp.read_klines(source) if kind == "klines" else readers[kind](source)  # type: ignore[operator]
    assert_same(before, readers[kind](out))  # type: ignore[operator]
    assert {p.name for p in tmp_path.iterdir()} == {source.name, out.name}


def test_digits_beyond_a_double_are_kept(tmp_path: Path) -> None:
    path = saved(tmp_path, "pool-minutes")
    lp.convert_file(path, tmp_path / "minutes.parquet")
    table = pd.read_parquet(tmp_path / "minutes.parquet")
    assert table["currentLiquidity"].tolist() == [str(LIQUIDITY)] * 3
    assert table["inAmount0"].tolist() == [1_919_611_474, 80_396_587_217, 2_741_822_408]
    assert table["closeTick"].dtype.kind == "i"


def test_what_a_column_may_be_kept_as() -> None:
    columns = {
        "whole": ["1", "-20", "0"], "mixed": ["1", "2.5", "3"], "long": ["1", "12345678901234567890", "3"],
        "holed": ["1", None, "3"], "long and holed": ["1234567890123456", None, "3"], "zeros": ["007", "1", "2"],
        "words": ["1", "x", "2"], "none": [None, None, None], "long and mixed": ["1234567890123456", "2.5", "1"],
    }  # fmt: skip
    table = pd.DataFrame(columns, dtype=object)
    kinds = ColumnKinds(tuple(columns))
    # In pieces: what the first allows the next may not.
    assert kinds.see(iter([table.iloc[:1], table.iloc[1:]])) == 3
    assert {c: kinds.of(c).name for c in columns} == {
        "whole": "whole", "mixed": "double", "long": "text", "holed": "whole", "long and holed": "text",
        "zeros": "double", "words": "text", "none": "text", "long and mixed": "text",
    }  # fmt: skip
    typed = kinds.typed(table)
    assert typed["whole"].tolist() == [1, -20, 0]
    assert typed["mixed"].tolist() == [1.0, 2.5, 3.0]
    assert typed["holed"].isna().tolist() == [False, True, False]


def test_an_output_that_reads_differently_gets_no_name(tmp_path: Path) -> None:
    source, out = saved(tmp_path, "prices"), tmp_path / "out.parquet"
    wrong = mock.patch.object(
        ColumnKinds, "typed", lambda _, piece: piece.assign(close=piece["close"].astype(float) + 1e-9)
    )
    with wrong, pytest.raises(lp.DataError, match="reads as the input does, bit for bit"):
        lp.convert_file(source, out)
    assert {p.name for p in tmp_path.iterdir()} == {source.name}


@pytest.mark.parametrize("name", ["prices.csv", "./prices.csv", "linked.csv"])
def test_the_input_is_never_replaced(name: str, tmp_path: Path) -> None:
    source = saved(tmp_path, "prices")
    (tmp_path / "linked.csv").symlink_to(source)
    before = source.read_bytes()
    with pytest.raises(lp.InputError, match="an output apart from the input"):
        lp.convert_file(source, f"{tmp_path}/{name}")
    assert source.read_bytes() == before
    folder = tmp_path / "days"
    folder.mkdir()
    (folder / "ETHUSDT-1m-a.csv").write_bytes(bars("2023-04", 20))
    with pytest.raises(lp.InputError, match="apart from the input"):
        lp.convert_file(folder, folder / "all.csv")


def test_outputs_that_are_none(tmp_path: Path) -> None:
    source = saved(tmp_path, "prices")
    with pytest.raises(lp.InputError, match=r"a file ending in \.parquet, \.csv"):
        lp.convert_file(source, tmp_path / "out.xls")
    with pytest.raises(lp.InputError, match="an existing folder"):
        lp.convert_file(source, tmp_path / "none" / "out.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(lp.InputError, match="an existing folder"):
        lp.convert_file(source, tmp_path / "folder.csv")
    with pytest.raises(lp.DataError, match="a list of records"):
        lp.convert_file(saved(tmp_path, "glp-vault"), tmp_path / "out.csv")


@pytest.mark.parametrize("step", ["replace", "mkdtemp"])
def test_a_full_disk_leaves_nothing(step: str, tmp_path: Path) -> None:
    source, out = saved(tmp_path, "prices"), tmp_path / "out.parquet"
    out.write_bytes(b"of before")
    full = mock.Mock(side_effect=OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    home = {"replace": "os.replace", "mkdtemp": "tempfile.mkdtemp"}[step]
    with mock.patch(home, full), pytest.raises(lp.DataError, match="No space left on device"):
        lp.convert_file(source, out)
    assert out.read_bytes() == b"of before"
    assert {p.name for p in tmp_path.iterdir()} == {source.name, out.name}


def test_without_pyarrow_the_remedy_is_said(tmp_path: Path) -> None:
    with without("pyarrow"), pytest.raises(lp.DataError, match=r"pip install 'lpgreeks\[parquet\]'"):  # type: ignore[attr-defined]
        lp.convert_file(saved(tmp_path, "prices"), tmp_path / "out.parquet")


def test_archives_and_folders_are_one_table(tmp_path: Path) -> None:
    first, second = bars("2023-04", 500), bars("2023-05", 20)
    folder = tmp_path / "days"
    folder.mkdir()
    with zipfile.ZipFile(folder / "ETHUSDT-1m-2023-04.zip", "w") as archive:
        archive.writestr("ETHUSDT-1m-2023-04.csv", first)
    (folder / "ETHUSDT-1m-2023-05.csv.gz").write_bytes(gzip.compress(second))
    tar = tmp_path / "all.tar.gz"
    with tarfile.open(tar, "w:gz") as archive:
        for name, content in (("ETHUSDT-1m-2023-04.csv", first), ("ETHUSDT-1m-2023-05.csv", second)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    for source in (folder, tar):
        assert lp.check_file(source).rows == 520
        assert lp.convert_file(source, tmp_path / "all.csv").rows == 520
        assert_same(lp.read_klines(source), prices(tmp_path / "all.csv"))
