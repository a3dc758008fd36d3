"""Names of contracts, tickers and marks out of files: each layout by hand, each defect by its word."""

from __future__ import annotations

import json
import locale
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.markets.tickers import is_tickers

SEPTEMBER = datetime(2021, 9, 24, 8, tzinfo=UTC)

NAMES = [
    # name, base, quote, settled in, inverse, expiry
    ("BTC-USD-210924", "BTC", "USD", "BTC", True, SEPTEMBER),
    ("BTC-USDT-210924", "BTC", "USDT", "USDT", False, SEPTEMBER),
    ("BTC-USD-SWAP", "BTC", "USD", "BTC", True, None),
    ("BTC-USDT-SWAP", "BTC", "USDT", "USDT", False, None),
    ("BTC-USDC-SWAP", "BTC", "USDC", "USDC", False, None),
    ("BTC-USD_UM-SWAP", "BTC", "USD", "USD", False, None),
    ("BTC-USD_UM-210924", "BTC", "USD", "USD", False, SEPTEMBER),
    ("1INCH-USDT-SWAP", "1INCH", "USDT", "USDT", False, None),
    ("BTCUSD_240927", "BTC", "USD", "BTC", True, datetime(2024, 9, 27, 8, tzinfo=UTC)),
    ("BTCUSDT_240927", "BTC", "USDT", "USDT", False, datetime(2024, 9, 27, 8, tzinfo=UTC)),
    ("BTCUSD_PERP", "BTC", "USD", "BTC", True, None),
    ("BNBUSD_PERP", "BNB", "USD", "BNB", True, None),  # not BN against BUSD
    ("BTC-27DEC24", "BTC", "USD", "BTC", True, datetime(2024, 12, 27, 8, tzinfo=UTC)),
    ("ETH-2JAN26", "ETH", "USD", "ETH", True, datetime(2026, 1, 2, 8, tzinfo=UTC)),
    ("BTC-PERPETUAL", "BTC", "USD", "BTC", True, None),
    ("BTC_USDC-PERPETUAL", "BTC", "USDC", "USDC", False, None),
    ("SOL_USDC-27DEC24", "SOL", "USDC", "USDC", False, datetime(2024, 12, 27, 8, tzinfo=UTC)),
]


@pytest.mark.parametrize(("name", "base", "quote", "settled", "inverse", "expiry"), NAMES)
def test_names_say_what_they_say(
    name: str, base: str, quote: str, settled: str, inverse: bool, expiry: datetime | None
) -> None:
    found = lp.contract_name(name)
    assert (found.base, found.quote, found.settled_in, found.inverse, found.expiry) == (
        base, quote, settled, inverse, expiry,
    )  # fmt: skip
    contract = found.instrument(entry=100.0)
    assert isinstance(contract, lp.InverseFuture | lp.InversePerp) is inverse
    assert isinstance(contract, lp.InversePerp | lp.LinearPerp) is (expiry is None)
    assert contract.market == f"{base}/{quote}:{name}"
    assert contract.margin_token == (base if inverse else quote)


def test_the_settlement_token_decides_and_not_the_prefix() -> None:
    assert not lp.contract_name("BTC-USD-SWAP", settled_in="USDC").inverse
    assert lp.contract_name("BTC-USD_XY-SWAP", settled_in="BTC").inverse
    assert not lp.contract_name("BTC-USD_XY-SWAP", settled_in="USD").inverse
    with pytest.raises(lp.DataError, match="whose name does not say"):
        lp.contract_name("BTC-USD_XY-SWAP")
    with pytest.raises(lp.TokenError, match="settled in BTC or USD"):
        lp.contract_name("BTC-USD-SWAP", settled_in="ETH")


@pytest.mark.parametrize(
    "name",
    ["BTCUSDT", "BTC-USD", "BTC-31FEB26", "BTC-USD-210931", "BTC-27DEZ24", "BTC-27dec24", "BTC-02JAN26", "BTC-EUR-SWAP",
     "BTC-27DEC24-100000-C", "", "BTC-USDT-2109", "btc-usd-swap"],
)  # fmt: skip
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(lp.DataError, match=r"a contract's name|a day of delivery"):
        lp.contract_name(name)


def test_months_are_english_whatever_the_machine_speaks() -> None:
    before = locale.setlocale(locale.LC_ALL)
    try:
        for wanted in ("de_DE.UTF-8", "fr_FR.UTF-8", "C"):
            try:
                locale.setlocale(locale.LC_ALL, wanted)
            except locale.Error:
                continue
            assert lp.contract_name("BTC-30MAY25").expiry == datetime(2025, 5, 30, 8, tzinfo=UTC)
    finally:
        locale.setlocale(locale.LC_ALL, before)


# ---- tickers


def ticker(name: str, bid: Any, ask: Any, ts: Any = "1630497600000", **more: Any) -> dict[str, Any]:
    return {"instType": "FUTURES", "instId": name, "bidPx": bid, "askPx": ask, "ts": ts, **more}


ROWS = [
    ticker("BTC-USDT-210924", "49100.5", "49110.1", bidSz="120", askSz="80"),
    ticker("BTC-USDT-SWAP", "49000", "49003.3", bidSz="50", askSz="70"),
    ticker("BTC-USD-210924", "49120", "49121", bidSz="10", askSz="20"),
]


def written(folder: Path, content: Any, name: str = "tickers.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize("wrap", [list, lambda rows: {"code": "0", "msg": "", "data": rows}])
def test_tickers_as_a_list_or_in_an_envelope(tmp_path: Path, wrap: Any) -> None:
    file = written(tmp_path, wrap(ROWS))
    assert is_tickers(file)
    swap, inverse, linear = lp.read_tickers(file, contract_size={"BTC": 100.0, "USDT": 0.01})
    assert [q.contract.name for q in (swap, inverse, linear)] == ["BTC-USDT-SWAP", "BTC-USD-210924", "BTC-USDT-210924"]
    assert (linear.bid[0], linear.ask[0]) == (49_100.5, 49_110.1)
    assert linear.times[0] == np.datetime64("2021-09-01T12:00")
    assert (linear.bid_size[0], linear.ask_size[0], linear.contract_size) == (120, 80, 0.01)  # type: ignore[index]
    assert inverse.contract_size == 100.0
    spread = lp.Spread(far=linear, near=swap)
    assert spread.sell[0] == 49_100.5 - 49_003.3
    assert spread.buy[0] == 49_110.1 - 49_000
    assert spread.sell_depth[0] == pytest.approx(0.7)
    table = pd.DataFrame(ROWS)
    table.to_csv(tmp_path / "tickers.csv", index=False)
    assert is_tickers(tmp_path / "tickers.csv")
    again = lp.read_tickers(tmp_path / "tickers.csv")
    assert [q.bid.tolist() for q in again] == [q.bid.tolist() for q in (swap, inverse, linear)]


def test_stamps_are_put_in_order_and_one_sided_rows_counted(tmp_path: Path) -> None:
    hour = 3_600_000
    t = 1_630_497_600_000
    rows = [
        ticker("BTC-USDT-SWAP", "102", "103", str(t + 2 * hour)),
        ticker("BTC-USDT-SWAP", "100", "101", str(t)),
        ticker("BTC-USDT-SWAP", "", "101", str(t + hour)),
        ticker("BTC-USDT-SWAP", "101", "0", str(t + 3 * hour)),
    ]
    (found,) = lp.read_tickers(written(tmp_path, rows))
    assert found.bid.tolist() == [100.0, 102.0]
    assert "2 of 4 rows of BTC-USDT-SWAP without a bid or an ask left out" in found.notes
    assert any("stood behind a later one" in note for note in found.notes)


def test_what_a_record_says_it_settles_in_outweighs_its_name(tmp_path: Path) -> None:
    rows = [ticker("BTC-USD-210924", "10", "11", settleCcy="BTC"), ticker("BTC-USD-SWAP", "10", "11", settleCcy="USDC")]
    swap, future = lp.read_tickers(written(tmp_path, rows))
    assert future.contract.inverse
    assert not swap.contract.inverse
    with pytest.raises(lp.TokenError, match="one settlement token"):
        lp.Spread(far=future, near=swap)


def test_rows_without_a_name_are_counted(tmp_path: Path) -> None:
    rows = [*ROWS, ticker(None, "1", "2"), ticker(None, "1", "2")]  # type: ignore[arg-type]
    found = lp.read_tickers(written(tmp_path, rows))
    assert len(found) == 3
    (note,) = {note for quotes in found for note in quotes.notes if "instId" in note}
    assert note == "2 of 5 rows of tickers.json without instId left out"
    assert lp.TermStructure(contracts=found).notes.count(note) == 1
    with pytest.raises(lp.DataError, match="rows with instId; got none of 1"):
        lp.read_tickers(written(tmp_path, [ticker(None, "1", "2")]))  # type: ignore[arg-type]
    with pytest.raises(lp.DataError, match="text in column 'instId'"):
        lp.read_tickers(written(tmp_path, [ticker(["BTC-USDT-SWAP"], "1", "2")]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sizes", "said"),
    [({"USTD": 0.01, "USDT": 0.01}, "settle in; got USTD"), (0.01, "by settlement token; got 0.01")],
)
def test_sizes_of_what_nothing_settles_in_are_refused(tmp_path: Path, sizes: Any, said: str) -> None:
    with pytest.raises(lp.InputError, match=said):
        lp.read_tickers(written(tmp_path, ROWS), contract_size=sizes)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ticker("BTC-USDT-210924", "11", "10")], "bids at or below asks of BTC-USDT-210924"),
        ([ticker("BTC-USDT-210924", "10", "11", "1632470400000")], "BTC-USDT-210924 before its delivery"),
        ([ticker("BTC-USDT-210924", "", "11")], "a row of BTC-USDT-210924 with a bid and an ask"),
        ([ticker("BTC-USDT-210924", "ten", "11")], "numbers in column 'bidPx'"),
        ([ticker("BTC-USDT-210924", "-1", "11")], "positive and finite"),
        ([*ROWS, ticker("ETH-USDT-SWAP", "10", "11")], "one coin"),
        ([ticker("BTCUSDT", "10", "11")], "a contract's name"),
        ([ticker("BTC-USD-SWAP", "1", "2", settleCcy="BTC"), ticker("BTC-USD-SWAP", "1", "2", settleCcy="USDC")],
         "one settlement token of each contract"),
        ([{"instId": "BTC-USDT-SWAP", "bidPx": "1"}], "ticker records with instId, ts, bidPx, askPx"),
        ([], "ticker records with"),
        ({"code": "51000"}, 'a list of records, or {"data"'),
        ([1, 2], "a list of records"),
    ],
)  # fmt: skip
def test_tickers_that_cannot_be_are_refused(tmp_path: Path, rows: Any, said: str) -> None:
    with pytest.raises((lp.DataError, lp.InputError), match=said.replace("{", r"\{")):
        lp.read_tickers(written(tmp_path, rows))


def test_a_coin_is_chosen(tmp_path: Path) -> None:
    file = written(tmp_path, [*ROWS, ticker("ETH-USDT-SWAP", "10", "11")])
    (found,) = lp.read_tickers(file, base="ETH", contract_size={"USDT": 0.1})
    assert found.contract.base == "ETH"
    # Its record has no sizes, where others of the file have.
    assert np.isnan(found.coins(found.bid_size, found.bid)).all()
    with pytest.raises(lp.DataError, match="contracts on SOL"):
        lp.read_tickers(file, base="SOL")


# ---- marks


def marks(**changed: Any) -> pd.DataFrame:
    """Two futures and the perpetual at two stamps."""
    rows = [
        {"time": time, "asset": "BTC", "instrument": name, "expiry": expiry, "snapshot_underlying_mark": mark,
         "futures_price": mark * 1.0005, "futures_minute_volume": volume, "futures_gap_s": 12.0,
         "perp_price": perpetual, "perp_gap_s": 12.0}
        for time, perpetual in (("2026-01-05 04:00:00+00:00", 90_000.0), ("2026-01-05 10:00:00+00:00", 91_000.0))
        for name, expiry, mark, volume in (
            ("BTC-30JAN26", "2026-01-30 08:00:00+00:00", perpetual + 300, 0.5),
            ("BTC-27MAR26", "2026-03-27 08:00:00+00:00", perpetual + 900, 0.0),
        )
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**changed)


def test_marks_become_quotes_with_the_stated_half_spread(tmp_path: Path) -> None:
    table = marks()
    perpetual, january, march = lp.read_futures_marks(table, half_spread=2e-4)
    assert perpetual.contract.name == "BTC-PERPETUAL"
    assert perpetual.bid.tolist() == [90_000 * (1 - 2e-4), 91_000 * (1 - 2e-4)]
    assert march.ask.tolist() == [90_900 * (1 + 2e-4), 91_900 * (1 + 2e-4)]
    assert january.times.tolist() == perpetual.times.tolist()
    assert (january.stale_rows, march.stale_rows, perpetual.stale_rows) == (0, 2, 0)
    assert "half-spread 2 bp, stated" in march.source
    assert "5 bp from their marks in the middle, 5 bp at most" in perpetual.notes[0]
    table.to_csv(tmp_path / "marks.csv", index=False)
    table.to_parquet(tmp_path / "marks.parquet")
    for name in ("marks.csv", "marks.parquet"):
        assert not is_tickers(tmp_path / name)
        again = lp.read_futures_marks(tmp_path / name, half_spread=2e-4, base="BTC")
        assert [q.bid.tolist() for q in again] == [q.bid.tolist() for q in (perpetual, january, march)]


def test_a_minute_too_far_away_is_stale() -> None:
    found = lp.read_futures_marks(marks(futures_gap_s=[60.0, 60.0, 61.0, 60.0], perp_gap_s=90.0), half_spread=0.0)
    # The second future saw no trade at all.
    assert [q.stale_rows for q in found] == [2, 1, 2]


def test_what_is_not_known_of_a_trade_is_no_trade() -> None:
    blank = marks(futures_minute_volume=[np.nan, 0.5, 0.5, 0.5], futures_gap_s=[1.0, 1.0, 1.0, np.nan], perp_gap_s=1.0)
    perpetual, january, march = lp.read_futures_marks(blank, half_spread=0.0)
    assert (perpetual.stale_rows, january.stale_rows, march.stale_rows) == (0, 1, 1)
    assert lp.read_futures_marks(marks(perp_gap_s=np.nan), half_spread=0.0)[0].stale_rows == 2
    untold = lp.read_futures_marks(marks(futures_price=np.nan), half_spread=0.0)[0]
    assert not untold.notes


def test_marks_without_a_name_are_counted() -> None:
    table = marks()
    nameless = pd.concat([table, table.assign(instrument=None), table.iloc[:1].assign(asset=None)], ignore_index=True)
    found = lp.read_futures_marks(nameless, half_spread=0.0)
    assert [q.contract.name for q in found] == ["BTC-PERPETUAL", "BTC-30JAN26", "BTC-27MAR26"]
    notes = lp.TermStructure(contracts=found).notes
    assert notes.count("5 of 9 rows of the table without asset or instrument left out") == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"expiry": "2026-01-30 12:00:00+00:00"}, "delivered at 2026-01-30"),
        ({"perp_price": [1.0, 2.0, 3.0, 3.0]}, "one price of BTC-PERPETUAL at each time"),
        ({"time": "2026-01-05 04:00:00+00:00", "perp_price": 1.0}, "each once"),
        ({"time": "2026-01-30 08:00:00+00:00", "perp_price": 1.0}, "each once|before its delivery"),
        ({"snapshot_underlying_mark": -1.0}, "positive and finite"),
        ({"instrument": "BTC-X"}, "a contract's name"),
        ({"asset": ["BTC", "BTC", "ETH", "ETH"]}, "one coin"),
    ],
)
def test_marks_that_cannot_be_are_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises((lp.DataError, lp.InputError), match=said):
        lp.read_futures_marks(marks(**changed), half_spread=1e-4)


def test_marks_need_their_columns_and_a_half_spread() -> None:
    with pytest.raises(lp.DataError, match="marks of futures with time"):
        lp.read_futures_marks(marks().drop(columns="perp_price"), half_spread=1e-4)
    with pytest.raises(lp.InputError, match="a half-spread from 0 up to 1"):
        lp.read_futures_marks(marks(), half_spread=2.0)
    with pytest.raises(lp.DataError, match="contracts on SOL"):
        lp.read_futures_marks(marks(), half_spread=1e-4, base="SOL")
