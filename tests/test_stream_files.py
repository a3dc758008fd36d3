"""Books, funding, marks, swaps and minutes as files have them: every layout of the same facts reads alike."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.markets import sheets
from lpgreeks.onchain import sqrt_price_x96, tick_at_sqrt_price_x96
from tests.tolerances import ROUNDING

START = 1_680_307_200_000  # 2023-04-01 00:00 UTC in ms


def write(path: Path, table: pd.DataFrame) -> Path:
    """As the name's ending has it."""
    text = table.to_csv(index=False, lineterminator="\n")
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{path.stem}.csv", text)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


# ---- books


def ticker(n: int = 200, seed: int = 1) -> pd.DataFrame:
    """Binance bookTicker: several rows to a millisecond, in order."""
    rng = np.random.default_rng(seed)
    bid = np.round(1_900 + np.cumsum(rng.normal(size=n)) * 0.01, 2)
    stamp = START + np.sort(rng.integers(0, n, size=n))
    return pd.DataFrame(
        {
            "update_id": 10_000_000_000_000 + 3 * np.arange(n),
            "best_bid_price": bid,
            "best_bid_qty": 1.5,
            "best_ask_price": np.round(bid + 0.01, 2),
            "best_ask_qty": 2.5,
            "transaction_time": stamp,
            "event_time": stamp + 4,
        }
    )


def same(first: lp.Quotes, second: lp.Quotes) -> bool:
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in ("times", "bid", "ask"))


def test_a_book_reads_alike_from_every_file(tmp_path: Path) -> None:
    rows = ticker()
    plain = lp.read_book(write(tmp_path / "ETHUSDT-bookTicker-2023-04-01.csv", rows))
    last = rows.groupby("transaction_time").last()  # the last of each stamp, by another road
    assert plain.market == "ETH/USDT"
    assert (plain.times == last.index.to_numpy().astype("datetime64[ms]")).all()
    assert (plain.bid == last["best_bid_price"].to_numpy()).all()
    assert (plain.ask == last["best_ask_price"].to_numpy()).all()
    assert plain.lows is None
    dropped = len(rows) - len(last)
    assert plain.notes == (
        "market ETH/USDT from the name ETHUSDT",
        f"{dropped} of 200 rows share their stamp with a later one, which holds",
    )
    assert "by the matching engine's transaction time (times in ms since 1970)" in plain.source
    for ending in (".zip", ".csv.gz", ".parquet"):
        assert same(plain, lp.read_book(write(tmp_path / f"ETHUSDT-bookTicker{ending}", rows))), ending
    days = tmp_path / "days"
    days.mkdir()
    write(days / "ETHUSDT-bookTicker-1.csv", rows[:90])
    write(days / "ETHUSDT-bookTicker-2.zip", rows[90:150])
    write(days / "ETHUSDT-bookTicker-3.csv.gz", rows[150:])
    assert same(plain, lp.read_book(days))
    assert lp.read_book(days, market="ETH/USDT:perp").market == "ETH/USDT:perp"


def test_rows_out_of_order_are_put_by_the_exchanges_own_number(tmp_path: Path) -> None:
    rows = ticker()
    plain = lp.read_book(write(tmp_path / "ETHUSDT-bookTicker-1.csv", rows))
    mixed = rows.sample(frac=1, random_state=3)
    read = lp.read_book(write(tmp_path / "ETHUSDT-bookTicker-2.csv", mixed))
    late = int((np.diff(mixed["update_id"]) < 0).sum())
    assert same(plain, read)
    assert f"put in the exchange's order: {late} of 200 rows stood behind a later one" in read.notes


@pytest.mark.parametrize("at_once", [1, 2, 7, 199])
def test_where_a_piece_ends_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    rows = ticker().sample(frac=1, random_state=4)
    paths = [
        write(tmp_path / f"ETHUSDT-bookTicker{ending}", rows) for ending in (".csv", ".csv.gz", ".zip", ".parquet")
    ]
    chain = Chain(60)
    files = [write(tmp_path / f"swaps{ending}", chain.demeter()) for ending in (".csv", ".parquet")]
    whole = [lp.read_book(path) for path in paths]
    swaps = [lp.read_swaps(path, pool=POOL) for path in files]
    paid = write(tmp_path / "ticker.csv.gz", derivative_ticker())
    funding, marks = lp.read_funding(paid), lp.read_marks(paid)
    monkeypatch.setattr(sheets, "ROWS_AT_ONCE", at_once)
    for path, expected in zip(paths, whole, strict=True):
        read = lp.read_book(path)
        assert same(read, expected)
        assert read.notes == expected.notes
    for path, swapped in zip(files, swaps, strict=True):
        assert_same_pool(lp.read_swaps(path, pool=POOL), swapped)
    assert (lp.read_funding(paid).rates == funding.rates).all()
    assert (lp.read_marks(paid).prices == marks.prices).all()


def test_memory_is_that_of_the_numbers_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    n = 200_000
    rows = ticker(n)
    rows["transaction_time"] = START + np.arange(n)
    path = write(tmp_path / "ETHUSDT-bookTicker-1.csv.gz", rows)
    lp.read_book(write(tmp_path / "ETHUSDT-bookTicker-0.csv", ticker()))  # what loads once
    peaks = []
    for at_once in (2_000, n):
        monkeypatch.setattr(sheets, "ROWS_AT_ONCE", at_once)
        tracemalloc.start()
        lp.read_book(path)
        peaks.append(tracemalloc.get_traced_memory()[1] / (8 * n))
        tracemalloc.stop()
    print(f"\npeak memory in numbers a row: {peaks[0]:.1f} in pieces of 2,000 rows, {peaks[1]:.1f} in one")
    # Four columns read, their order and the stamps in it, three prices and times twice: as ordered and as kept.
    assert peaks[0] < 15
    assert peaks[0] < peaks[1]


def test_tardis_quotes_and_snapshots_are_one_book(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    n = 100
    bid = np.round(1_900 + np.cumsum(rng.normal(size=n)) * 0.1, 1)
    quotes = pd.DataFrame(
        {
            "exchange": "binance-futures",
            "symbol": "ETHUSDT",
            "timestamp": START * 1_000 + 7 * np.arange(n),
            "local_timestamp": START * 1_000 + 7 * np.arange(n) + 5_000,
            "ask_amount": 1.0,
            "ask_price": bid + 0.1,
            "bid_price": bid,
            "bid_amount": 1.0,
        }
    )
    quotes.loc[10, "bid_price"] = None
    quotes.loc[[20, 30], "ask_price"] = None
    swapped = quotes.iloc[[*range(50), 51, 50, *range(52, n)]]
    book = lp.read_book(write(tmp_path / "binance-futures_quotes_2023-04-01_ETHUSDT.csv.gz", swapped))
    kept = quotes.dropna()
    assert (book.times == kept["timestamp"].to_numpy().astype("datetime64[us]")).all()
    assert (book.bid == kept["bid_price"].to_numpy()).all()
    assert book.notes == (
        "market ETH/USDT from the name ETHUSDT",
        "3 of 100 rows without a bid or an ask left out",
        "put in the exchange's order: 1 of 97 rows stood behind a later one",
    )
    snapshot = quotes.rename(columns={"ask_price": "asks[0].price", "bid_price": "bids[0].price"})
    for level in range(1, 25):
        snapshot = snapshot.assign(**{f"asks[{level}].price": bid + 0.1 + level, f"bids[{level}].price": bid - level})
    assert same(book, lp.read_book(write(tmp_path / "snapshots.csv.gz", snapshot)))


def test_a_recorded_feed_says_whose_clock_it_goes_by(tmp_path: Path) -> None:
    received = START * 1_000_000 + 1_000_000 * np.arange(6)
    rows = pd.DataFrame(
        {"recv_ns": received, "exch_ms": 0, "bid": 1_900.0 + np.arange(6), "ask": 1_900.5 + np.arange(6)}
    )
    spot = lp.read_book(write(tmp_path / "ETHUSDT-spot-bookticker.parquet", rows))
    assert (spot.times == received.astype("datetime64[ns]")).all()
    assert "by the receiver's clock, for the exchange stamped nothing (times in ns since 1970)" in spot.source
    stamped = rows.assign(exch_ms=START + np.array([1, 1, 2, 3, 3, 3]))
    perp = lp.read_book(write(tmp_path / "ETHUSDT-perp-bookticker.parquet", stamped))
    assert perp.bid.tolist() == [1_901, 1_902, 1_905]  # as received: the last of each stamp
    assert "by the exchange's time stamps (times in ms since 1970)" in perp.source
    both = tmp_path / "both"
    both.mkdir()
    write(both / "ETHUSDT-a.csv", rows)
    write(both / "ETHUSDT-b.csv", stamped)
    with pytest.raises(
        lp.DataError, match=r"on one clock; got recorded bookTicker feed; the exchange's .*, the receiver's"
    ):
        lp.read_book(both)
    with pytest.raises(lp.DataError, match="all in one unit"):
        lp.read_book(write(tmp_path / "ETHUSDT-holed.csv", stamped.assign(exch_ms=[0, *stamped["exch_ms"][1:]])))


def test_a_quote_bar_is_known_when_it_closes(tmp_path: Path) -> None:
    times = pd.to_datetime(["2023-04-01 00:00", "2023-04-01 00:01", "2023-04-01 00:02", "2023-04-01 00:05"], utc=True)
    bid = np.array([1_900.0, 1_901.0, 1_902.0, 1_903.0])
    rows = pd.DataFrame({"time": times})
    for side, close in (("bid", bid), ("ask", bid + 1)):
        for name, shift in (("open", 0.0), ("high", 4.0), ("low", -6.0), ("close", 0.0)):
            rows[f"{side}_{name}"] = close + shift
    book = lp.read_book(write(tmp_path / "ETHUSD-venue-quote-1m.parquet", rows))
    assert book.times[0] == np.datetime64("2023-04-01T00:01")
    assert book.lows.tolist() == (bid + 0.5 - 6).tolist()
    assert book.highs.tolist() == (bid + 0.5 + 4).tolist()
    assert book.notes[1:] == (
        "2 rows missing in 1 gaps, the first at 2023-04-01 00:03:00 UTC: the quote before them holds",
    )


def test_books_that_are_none(tmp_path: Path) -> None:
    rows = ticker()
    crossed = rows.assign(best_ask_price=rows["best_ask_price"].where(rows.index % 50 != 49, 1.0))
    one = write(tmp_path / "ETHUSDT-bookTicker.csv", rows)
    cases: list[tuple[Callable[[], Path], str]] = [
        (lambda: write(tmp_path / "ETHUSDT-crossed.csv", crossed), r"bids at or below asks in ETH/USDT; got \d crossed"),
        (lambda: write(tmp_path / "ETHUSDT-klines.csv", rows.rename(columns={"update_id": "id"})), "Known are Binance bookTicker: "),
        (lambda: write(tmp_path / "ETHUSDT-empty.csv", rows[:0]), "a header and no rows"),
        (lambda: _cut(write(tmp_path / "ETHUSDT-cut.csv", rows), 3), "may be cut short"),
        (lambda: _cut(write(tmp_path / "ETHUSDT-cut.csv.gz", rows), 30), "a whole archive; got ETHUSDT-cut.csv.gz"),
        (lambda: _cut(write(tmp_path / "ETHUSDT-cut.zip", rows), 30), "a whole archive; got ETHUSDT-cut.zip"),
        (lambda: _cut(write(tmp_path / "ETHUSDT-cut.parquet", rows), 30), "a Parquet table; got ETHUSDT-cut.parquet"),
        (lambda: _text(tmp_path / "ETHUSDT-text.csv", one.read_text().replace("1.5", "much", 1).replace(",1900.", ",x.", 1)), "numbers in column"),
        (lambda: _text(tmp_path / "ETHUSDT-none.csv", ""), "a header of distinct columns; got none"),
        (lambda: tmp_path / "absent.csv", "an existing file or folder"),
        (lambda: write(tmp_path / "book.csv", rows), "Say market='ETH/USDT'"),
        (lambda: write(tmp_path / "ETHUSDT-back.csv", rows.assign(transaction_time=rows["transaction_time"][::-1].to_numpy())), "in order, each once"),
    ]  # fmt: skip
    for make, words in cases:
        with pytest.raises(lp.DataError, match=words):
            lp.read_book(make())
    folder = tmp_path / "two"
    folder.mkdir()
    write(folder / "ETHUSDT-1.csv", rows)
    write(folder / "BTCUSDT-1.csv", rows)
    with pytest.raises(lp.DataError, match="one symbol; got BTCUSDT, ETHUSDT in two"):
        lp.read_book(folder)
    (folder / "BTCUSDT-1.csv").unlink()
    write(
        folder / "ETHUSDT-2.csv",
        ticker()
        .rename(columns={"transaction_time": "exch_ms", "best_bid_price": "bid", "best_ask_price": "ask"})
        .assign(recv_ns=START * 1_000_000),
    )
    with pytest.raises(lp.DataError, match="of one layout"):
        lp.read_book(folder)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(lp.DataError, match="best bids and asks of one layout"):
        lp.read_book(empty)


def _cut(path: Path, by: int) -> Path:
    path.write_bytes(path.read_bytes()[:-by])
    return path


def _text(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


# ---- funding and marks


def derivative_ticker() -> pd.DataFrame:
    """Ten minutes around 08:00: the rate of the next settlement moves until it is paid; some cells are empty."""
    n = 60
    stamp = (START + 8 * 3_600_000) * 1_000 + 10_000_000 * (np.arange(n) - 30) + 137
    before = np.arange(n) <= 30  # the last of these comes late
    rows = pd.DataFrame(
        {
            "exchange": "binance-futures",
            "symbol": "ETHUSDT",
            "timestamp": stamp,
            "local_timestamp": stamp + 3_000,
            "funding_timestamp": np.where(before, START + 8 * 3_600_000, START + 16 * 3_600_000) * 1_000.0,
            "funding_rate": 1e-6 * np.arange(n),
            "predicted_funding_rate": np.nan,
            "open_interest": 1.0,
            "last_price": 1_900.0,
            "index_price": 1_899.0 + 0.1 * np.arange(n),
            "mark_price": 1_900.0 + 0.1 * np.arange(n),
        }
    )
    rows.loc[29, "funding_rate"] = np.nan
    rows.loc[[3, 40], "mark_price"] = np.nan
    rows.loc[5, "index_price"] = np.nan
    return rows


def test_funding_reads_alike_from_every_file(tmp_path: Path) -> None:
    hours = START + 8 * 3_600_000 * np.arange(6)
    rates = np.array([1e-4, -2e-4, 3e-5, 1e-4, 0.0, 5e-4])
    late = np.array([0, 6, 47, 0, 1, 3])
    vision = pd.DataFrame({"calc_time": hours + late, "funding_interval_hours": 8, "last_funding_rate": rates})
    read = lp.read_funding(write(tmp_path / "ETHUSDT-fundingRate-2023-04.zip", vision))
    assert (read.times == hours.astype("datetime64[ms]")).all()
    assert read.rates.tolist() == rates.tolist()
    assert read.notes == (
        "market ETH/USDT from the name ETHUSDT",
        "4 of 6 times rounded to the second, up to 47 ms",
    )
    named = pd.DataFrame(
        {"symbol": "ETHUSDT", "funding_time": pd.to_datetime(hours + late, unit="ms", utc=True), "funding_rate": rates}
    )
    plain = pd.DataFrame({"time": pd.to_datetime(hours, unit="ms", utc=True), "funding_rate": rates})
    venues = pd.concat([plain.assign(venue="a", asset="ETH"), plain.assign(venue="b", asset="ETH", funding_rate=0.5)])
    others = [
        lp.read_funding(write(tmp_path / "funding_ETHUSDT.csv.gz", named)),
        lp.read_funding(write(tmp_path / "ETHUSDT-funding-8h.parquet", plain)),
        lp.read_funding(write(tmp_path / "venues.parquet", venues), market="ETH/USDT", venue="a", asset="ETH"),
    ]
    for other in others:
        assert (other.times == read.times).all()
        assert (other.rates == read.rates).all()
        assert other.market == "ETH/USDT"
    for given, words in (
        ({}, "one venue; got none of a, b in venues.parquet"),
        ({"venue": "c"}, "got c of a, b"),
        ({"venue": "b"}, "one asset; got none of ETH"),
        ({"venue": "b", "asset": "ETH"}, "a market's name"),
    ):
        with pytest.raises(lp.DataError, match=words):
            lp.read_funding(tmp_path / "venues.parquet", **given)
    with pytest.raises(lp.InputError, match=r"no venue and no asset; got a\."):
        lp.read_funding(tmp_path / "funding_ETHUSDT.csv.gz", venue="a")
    holed = lp.read_funding(write(tmp_path / "ETHUSDT-holed.csv", vision.drop(index=3)))
    assert holed.notes[-1] == (
        "1 rows missing in 1 gaps, the first at 2023-04-02 00:00:00 UTC: no settlement there, 8 hours being usual"
    )
    with pytest.raises(lp.DataError, match="in order, each once"):
        lp.read_funding(write(tmp_path / "ETHUSDT-mixed.csv", vision[::-1]))


def test_the_rate_that_stood_at_the_settlement_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "ticker.csv.gz", derivative_ticker())
    read = lp.read_funding(path)
    # The last row before 08:00 has no rate, the one before has 28e-6, one comes late. The file ends before 16:00.
    assert (
        read.times.tolist()
        == np.array([START + 8 * 3_600_000]).astype("datetime64[ms]").astype("datetime64[ns]").tolist()
    )
    assert read.rates.tolist() == [28 * 1e-6]
    short = derivative_ticker()[:20]
    with pytest.raises(lp.DataError, match=r"funding settlements; got none that early.csv.gz reaches"):
        lp.read_funding(write(tmp_path / "early.csv.gz", short))


def test_marks_and_index_of_a_ticker(tmp_path: Path) -> None:
    rows = derivative_ticker()
    path = write(tmp_path / "ticker.csv.gz", pd.concat([rows, rows[-1:].assign(mark_price=1_950.0)]))
    marks = lp.read_marks(path)
    assert marks.markets == ("ETH/USDT",)
    assert len(marks) == 58
    assert marks.prices[-1, 0] == 1_950.0
    assert (marks.lows == marks.prices).all()
    assert marks.notes == (
        "market ETH/USDT from the name ETHUSDT",
        "2 of 61 rows without mark_price left out",
        "1 of 59 rows share their stamp with a later one, which holds",
    )
    both = lp.read_marks(path, market="ETH/USDT:perp", index="ETH/USD:index")
    assert both.markets == ("ETH/USDT:perp", "ETH/USD:index")
    assert len(both) == 57
    assert both.prices[0].tolist() == [1_900.0, 1_899.0]
    with pytest.raises(lp.DataError, match="two or more marks"):
        lp.read_marks(write(tmp_path / "one.csv.gz", rows[:1]))
    with pytest.raises(lp.DataError, match="one known layout of marks"):
        lp.read_marks(write(tmp_path / "ETHUSDT-book.csv", ticker()))


def test_mark_klines_are_klines(tmp_path: Path) -> None:
    opened = START + 60_000 * np.arange(5)
    close = 1_900.0 + np.arange(5)
    rows = pd.DataFrame({"open_time": opened, "open": close, "high": close + 2, "low": close - 3, "close": close})
    for name, value in (("volume", 0), ("close_time", opened + 59_999), ("quote_volume", 0), ("count", 60)):
        rows[name] = value
    rows = rows.assign(taker_buy_volume=0, taker_buy_quote_volume=0, ignore=0)
    marks = lp.read_klines(write(tmp_path / "ETHUSDT-1m-2023-04-01.zip", rows), market="ETH/USDT:perp")
    quoted = lp.Quotes(market="ETH/USDT:perp", times=marks.times, bid=close, ask=close + 0.1, source="made")
    tape = lp.Tape(quotes=quoted, marks=marks)
    assert tape.rows.low[0, 1:].tolist() == (close - 3)[1:].tolist()
    assert tape.rows.high[0, 1:].tolist() == (close + 2)[1:].tolist()


# ---- pools

POOL = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=10, base="WETH")
MIRROR = lp.OnchainPool(token0="WETH", token1="USDC", decimals0=18, decimals1=6, tick_spacing=10, base="WETH")


class Chain:
    """Swaps of a pool as its contract computes them, one range, in integers: some minutes have none."""

    def __init__(self, swaps: int, *, seed: int = 2, counters: tuple[int, int] = ((1 << 256) - (1 << 95), 5)) -> None:
        rng = np.random.default_rng(seed)
        self.liquidity = 12_453_647_101_533_358_277
        root, growth, rows = sqrt_price_x96(199_045), list(counters), []
        for k in range(swaps):
            paid0 = bool(rng.integers(2))
            gross = int(rng.integers(1, 10**12)) if paid0 else int(rng.integers(1, 10**9)) * 10**12
            fee = -(-gross * 500 // 1_000_000)
            if paid0:
                after = -(-self.liquidity * root * (1 << 96) // (self.liquidity * (1 << 96) + (gross - fee) * root))
                amounts = gross, -(self.liquidity * (root - after) >> 96)
            else:
                after = root + ((gross - fee) << 96) // self.liquidity
                amounts = -(self.liquidity * (after - root) * (1 << 96) // after // root), gross
            growth[not paid0] = (growth[not paid0] + (fee << 128) // self.liquidity) % (1 << 256)
            root = after
            rows.append((k // 3, 7 + k % 3, *amounts, root, *growth))
        self.rows = rows
        self.seconds = np.array([START // 1_000 + 12 * (block + 10 * (block > 8)) for block, *_ in rows])

    def demeter(self) -> pd.DataFrame:
        """The tick file, with mints between the swaps and the counters of fee growth after each."""
        block, place, amount0, amount1, root, growth0, growth1 = zip(*self.rows, strict=True)
        swaps = pd.DataFrame(
            {
                "block_number": np.array(block) + 18_937_382,
                "block_timestamp": pd.to_datetime(self.seconds, unit="s").strftime("%Y-%m-%d %H:%M:%S"),
                "tx_type": "SWAP",
                "log_index": place,
                "amount0": list(map(str, amount0)),
                "amount1": list(map(str, amount1)),
                "total_liquidity": str(self.liquidity),
                "sqrtPriceX96": list(map(str, root)),
                "feeGrowthGlobal0X128": list(map(str, growth0)),
                "feeGrowthGlobal1X128": list(map(str, growth1)),
            }
        )
        mint = swaps[:1].assign(tx_type="MINT", log_index=1, sqrtPriceX96=None, feeGrowthGlobal0X128=None)
        return pd.concat([mint, swaps], ignore_index=True)

    def subgraph(self) -> list[dict[str, Any]]:
        return [
            {
                "id": f"0x{k:x}",
                "timestamp": str(second),
                "transaction": {"blockNumber": str(block)},
                "amount0": str(amount0 / 10**6),
                "amount1": str(amount1 / 10**18),
                "sqrtPriceX96": str(root),
                "tick": str(tick_at_sqrt_price_x96(root)),
                "logIndex": str(place),
            }
            for k, ((block, place, amount0, amount1, root, *_), second) in enumerate(
                zip(self.rows, self.seconds, strict=True)
            )
        ]

    def mirrored(self) -> pd.DataFrame:
        """The same pool with the tokens the other way round."""
        rows = self.demeter().rename(
            columns={
                f"{a}{i}{b}": f"{a}{1 - i}{b}" for i in (0, 1) for a, b in (("amount", ""), ("feeGrowthGlobal", "X128"))
            }
        )
        rows = rows[rows["tx_type"] == "SWAP"]
        return rows.assign(sqrtPriceX96=[str((1 << 192) // int(root)) for root in rows["sqrtPriceX96"]])

    def minutes(self) -> pd.DataFrame:
        """Sums of each minute, by a loop; minutes without swaps repeat the last tick."""
        first = int(self.seconds[0]) // 60
        tick, out = None, []
        for minute in range(first, int(self.seconds[-1]) // 60 + 1):
            own = [row for row, second in zip(self.rows, self.seconds, strict=True) if second // 60 == minute]
            ticks = [tick_at_sqrt_price_x96(row[4]) for row in own] or [tick]
            tick = ticks[-1]
            out.append(
                {
                    "timestamp": str(pd.Timestamp(minute * 60, unit="s")),
                    "netAmount0": sum(row[2] for row in own),
                    "netAmount1": sum(row[3] for row in own),
                    "closeTick": f"{tick}.0",
                    "openTick": f"{ticks[0]}.0",
                    "lowestTick": f"{min(ticks)}.0",
                    "highestTick": f"{max(ticks)}.0",
                    "inAmount0": str(sum(max(row[2], 0) for row in own)),
                    "inAmount1": str(sum(max(row[3], 0) for row in own)),
                    "currentLiquidity": str(self.liquidity),
                }
            )
        return pd.DataFrame(out)


def assert_same_pool(first: lp.PoolHistory, second: lp.PoolHistory, *, but: frozenset[str] = frozenset()) -> None:
    assert (first.times == second.times).all()
    for name in {"prices", "base_in", "quote_in", "liquidity", "growth_base", "growth_quote", "lows", "highs"} - but:
        a, b = getattr(first, name), getattr(second, name)
        assert np.allclose(a, b, rtol=ROUNDING, atol=0), name


def test_swaps_are_the_contracts(tmp_path: Path) -> None:
    chain = Chain(60)
    read = lp.read_swaps(write(tmp_path / "pool.tick.csv.gz", chain.demeter()), pool=POOL)
    assert len(read) == 60
    assert (read.market, read.fee) == ("WETH/USDC", 0.0005)
    assert read.notes == ("1 events other than swaps left out",)
    for k, (_, _, amount0, amount1, root, *_) in enumerate(chain.rows):
        assert read.prices[k] == pytest.approx(1e12 * float((1 << 192) / root**2), rel=ROUNDING)
        assert read.quote_in[k] == pytest.approx(max(amount0, 0) / 1e6, rel=ROUNDING)
        assert read.base_in[k] == pytest.approx(max(amount1, 0) / 1e18, rel=ROUNDING)
    # Between two roots the contract's liquidity moves sqrt(price) by the net amount over it.
    root = np.sqrt(read.prices)
    paid = read.quote_in[1:] > 0
    moved = np.diff(root)[paid] * read.liquidity[1:][paid]
    assert np.allclose(moved, (read.quote_in[1:] * (1 - 0.0005))[paid], rtol=1e-9, atol=1e-6)
    assert read.liquidity[0] == pytest.approx(12_453_647.101533358, rel=ROUNDING)
    assert len(set(read.times.tolist())) == 20  # three to a block


def test_fee_growth_is_the_fee_over_the_liquidity_though_the_counter_wraps(tmp_path: Path) -> None:
    chain = Chain(60)
    assert any(after[5] < before[5] for before, after in zip(chain.rows, chain.rows[1:], strict=False))
    read = lp.read_swaps(write(tmp_path / "ticks.csv", chain.demeter()), pool=POOL)
    assert "fees from the contract's counters" in read.source
    for growth, paid in ((read.growth_base, read.base_in), (read.growth_quote, read.quote_in)):
        # Rounded up to a raw unit of the token, down to 2**-128: parts of 1e-9 for a millionth of a dollar.
        assert np.allclose((growth * read.liquidity)[1:], (paid * 0.0005)[1:], rtol=1e-9, atol=1e-6)
        assert growth[0] == 0.0
    assert (read.growth_quote[1:] > 0).sum() == (read.quote_in[1:] > 0).sum()
    backwards = chain.demeter()
    backwards.loc[20, "feeGrowthGlobal1X128"] = "4"
    with pytest.raises(lp.InputError, match="fee growth that never steps back; got 4 after"):
        lp.read_swaps(write(tmp_path / "back.csv", backwards), pool=POOL)


def test_swaps_read_alike_from_every_file(tmp_path: Path) -> None:
    chain = Chain(60)
    read = lp.read_swaps(write(tmp_path / "pool.tick.csv", chain.demeter()), pool=POOL)
    older = chain.demeter().rename(columns={"log_index": "pool_log_index"}).assign(position_id=None)
    assert_same_pool(read, lp.read_swaps(write(tmp_path / "tick.parquet", older), pool=POOL))
    turned = lp.read_swaps(write(tmp_path / "turned.csv", chain.mirrored()), pool=MIRROR)
    assert_same_pool(read, turned)
    growth = frozenset({"growth_base", "growth_quote"})
    table = pd.DataFrame(
        {
            "time": pd.to_datetime(chain.seconds, unit="s", utc=True),
            "block": [row[0] for row in chain.rows],
            "log_index": [row[1] for row in chain.rows],
            "amount0": [row[2] / 1e6 for row in chain.rows],
            "amount1": [row[3] / 1e18 for row in chain.rows],
            "sqrt_price_x96": [str(row[4]) for row in chain.rows],
            "liquidity": str(chain.liquidity),
        }
    )
    whole = lp.read_swaps(write(tmp_path / "swaps.parquet", table), pool=POOL, market="ETH/USDC", fee=0.003)
    assert_same_pool(read, whole, but=growth)
    assert (whole.market, whole.fee, whole.growth_base) == ("ETH/USDC", 0.003, None)
    shuffled = [chain.subgraph()[i] for i in np.random.default_rng(0).permutation(60)]
    pages = tmp_path / "swaps.json"
    pages.write_text(json.dumps({"data": {"swaps": shuffled}}))
    stated = chain.liquidity / 1e12
    graph = lp.read_swaps(pages, pool=POOL, liquidity=stated)
    assert_same_pool(read, graph, but=growth)
    assert "liquidity 1.24536e+07 stated" in graph.source
    assert "put in the chain's order" in graph.notes[0]
    flat = pd.json_normalize(shuffled).drop(columns="transaction.blockNumber")
    assert_same_pool(graph, lp.read_swaps(write(tmp_path / "swaps.csv", flat), pool=POOL, liquidity=stated), but=growth)


def test_swaps_that_are_none(tmp_path: Path) -> None:
    chain = Chain(20)
    rows = chain.demeter()
    good = write(tmp_path / "good.csv", rows)
    pages = tmp_path / "swaps.json"
    pages.write_text(json.dumps(chain.subgraph()))
    wide = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=7, base="WETH")
    swapped = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=18, decimals1=18, tick_spacing=10, base="WETH")
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: lp.read_swaps(write(tmp_path / "twice.csv", pd.concat([rows, rows[5:8]])), pool=POOL), "each swap once; got 3 again"),
        (lambda: lp.read_swaps(write(tmp_path / "floats.csv", rows.assign(total_liquidity=1.5e19)), pool=POOL), "whole numbers in column 'total_liquidity'"),
        (lambda: lp.read_swaps(write(tmp_path / "dry.csv", rows.assign(total_liquidity="0")), pool=POOL), "above 0 in every row"),
        (lambda: lp.read_swaps(good, pool=POOL, liquidity=1.0), "for a file that has none, and only for one; got 1.0"),
        (lambda: lp.read_swaps(pages, pool=POOL), "for a file that has none, and only for one; got None"),
        (lambda: lp.read_swaps(pages, pool=POOL, liquidity=-1.0), "liquidity to be positive"),
        (lambda: lp.read_swaps(pages, pool=swapped, liquidity=1.0), "amounts that fit the price; got a median of"),
        (lambda: lp.read_swaps(good, pool=wide), r"a tick spacing of 1, 10, 60, 200; got 7\. Say the fee"),
        (lambda: lp.read_swaps(write(tmp_path / "zero.csv", rows.assign(sqrtPriceX96="5")), pool=POOL), "sqrtPriceX96 as a whole number"),
        (lambda: lp.read_swaps(_text(tmp_path / "bad.json", "{}"), pool=POOL), "a list of records"),
        (lambda: lp.read_swaps(_text(tmp_path / "cut.json", "[{"), pool=POOL), "JSON, whole"),
        (lambda: lp.read_swaps(write(tmp_path / "minutes.csv", chain.minutes()), pool=POOL), "one known layout of swaps"),
    ]  # fmt: skip
    for make, words in cases:
        with pytest.raises((lp.DataError, lp.InputError), match=words):
            make()
    assert lp.read_swaps(good, pool=wide, fee=0.0005).fee == 0.0005


def test_minutes_are_the_sums_of_their_swaps(tmp_path: Path) -> None:
    chain = Chain(60)
    minutes = lp.read_pool_minutes(write(tmp_path / "pool.minute.csv", chain.minutes()), pool=POOL)
    swaps = lp.read_swaps(write(tmp_path / "pool.tick.csv", chain.demeter()), pool=POOL)
    assert (minutes.times - np.timedelta64(1, "m"))[0] == np.datetime64("2023-04-01T00:00")
    of = np.searchsorted(minutes.times, swaps.times, side="right")  # a minute is known when it is over
    for name in ("base_in", "quote_in"):
        summed = np.bincount(of, weights=getattr(swaps, name), minlength=len(minutes))
        assert np.allclose(getattr(minutes, name), summed, rtol=ROUNDING, atol=1e-12)
    quiet = np.setdiff1d(np.arange(len(minutes)), of)
    assert quiet.size
    assert (minutes.quote_in[quiet] == 0).all()
    last = [np.flatnonzero(of == m)[-1] for m in np.unique(of)]
    ratio = swaps.prices[last] / minutes.prices[np.unique(of)]
    assert ((ratio > 1 / 1.0001 - ROUNDING) & (ratio <= 1 + ROUNDING)).all()  # whole ticks, the contract's floor
    assert (minutes.lows <= minutes.prices).all()
    assert minutes.lows.min() == pytest.approx(
        POOL.price_of_tick(max(tick_at_sqrt_price_x96(r[4]) for r in chain.rows))
    )
    table = chain.minutes().drop(columns=["netAmount0", "netAmount1"])
    table = table.rename(columns={"timestamp": "time", "currentLiquidity": "liquidity"})
    table = table.rename(
        columns={
            f"{a}Tick": f"{b}_tick"
            for a, b in (("open", "open"), ("lowest", "low"), ("highest", "high"), ("close", "close"))
        }
    )
    table["in_amount0"] = table["inAmount0"].astype(float) / 1e6
    table["in_amount1"] = table["inAmount1"].astype(float) / 1e18
    table = table.astype({f"{name}_tick": float for name in ("open", "low", "high", "close")})
    again = lp.read_pool_minutes(write(tmp_path / "minutes.parquet", table), pool=POOL)
    assert_same_pool(minutes, again, but=frozenset({"growth_base", "growth_quote"}))
    turned = table.rename(
        columns={
            "in_amount0": "in_amount1",
            "in_amount1": "in_amount0",
            "low_tick": "high_tick",
            "high_tick": "low_tick",
        }
    )
    turned = turned.assign(**{f"{name}_tick": -turned[f"{name}_tick"] for name in ("open", "low", "high", "close")})
    mirrored = lp.read_pool_minutes(write(tmp_path / "turned.parquet", turned), pool=MIRROR)
    assert_same_pool(minutes, mirrored, but=frozenset({"growth_base", "growth_quote"}))
    days = tmp_path / "days"
    days.mkdir()
    write(days / "a.minute.csv", chain.minutes()[:2])
    write(days / "b.minute.csv", chain.minutes()[2:])
    assert (lp.read_pool_minutes(days, pool=POOL).prices == minutes.prices).all()


def test_missing_minutes_stay_missing(tmp_path: Path) -> None:
    rows = Chain(60).minutes()
    read = lp.read_pool_minutes(write(tmp_path / "holed.csv", rows.drop(index=[2, 3])), pool=POOL, fee=0.003)
    assert len(read) == len(rows) - 2
    assert read.fee == 0.003
    assert read.notes == (
        "2 rows missing in 1 gaps, the first at 2023-04-01 00:02:00 UTC: what happened there is not known",
    )
    tape = lp.Tape(pool=read)
    assert tape.gaps(np.timedelta64(1, "m")) == (
        (np.datetime64("2023-04-01T00:02"), np.datetime64("2023-04-01T00:05")),
    )
    wide = lp.read_pool_minutes(write(tmp_path / "wide.csv", rows.assign(closeTick="199999")), pool=POOL)
    assert wide.notes == (
        f"{len(rows)} minutes open or close outside their lowest to highest tick: the extremes take them in",
    )
    assert (wide.lows[1:] <= POOL.price_of_tick(199_999)).all()
    for spoiled, words in (
        (rows[::-1], "two or more minutes in order"),
        (pd.concat([rows, rows[-1:]]), "1 not so"),
        (rows.assign(closeTick="199045.5"), "whole ticks in column 'closeTick'"),
        (rows.assign(currentLiquidity="1e19"), "whole numbers in column 'currentLiquidity'"),
        (rows.assign(inAmount0="-1"), "quote_in of 0 or more"),
        (rows[:1], "two or more minutes"),
    ):
        with pytest.raises(lp.DataError, match=words):
            lp.read_pool_minutes(write(tmp_path / "spoiled.csv", spoiled), pool=POOL)


def test_many_prices_are_each_ones() -> None:
    ticks = np.array([[199_045, -887_272], [887_272, 199_045]])
    for pool in (POOL, MIRROR):
        assert pool.prices_of_ticks(ticks).tolist() == [[pool.price_of_tick(int(t)) for t in row] for row in ticks]
        assert pool.prices_at([]).size == 0
        position = pool.position(tick_lower=-10, tick_upper=10, liquidity=12_453_647_101_533_358_277)
        assert position.liquidity == pool.whole_liquidity([12_453_647_101_533_358_277])[0]
    assert POOL.tier == 0.0005
