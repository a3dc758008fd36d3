"""Option chains: every layout of one snapshot reads alike, every defect has its reason, real ones reprice."""

from __future__ import annotations

import gzip
import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import lpgreeks as lp
from tests.tolerances import ROUNDING

AT = datetime(2026, 1, 5, 4, tzinfo=UTC)
NOW = pd.Timestamp(AT).tz_localize(None)
EXPIRIES = {"6JAN26": 2_001.5, "30JAN26": 2_010.0, "27MAR26": 2_040.0}
STRIKES = (1_600, 1_800, 2_000, 2_200, 2_600)


def black(forward: float, strike: float, width: float, call: bool) -> float:
    """A second hand at the formula: two normals."""
    d = np.log(forward / strike) / width + width / 2
    sign = 1 if call else -1
    return float(sign * (forward * norm.cdf(sign * d) - strike * norm.cdf(sign * (d - width))))


def records(base: str = "ETH", *, scale: float = 1.0) -> pd.DataFrame:
    """One snapshot as plain rows; prices in coins, volatilities decimals."""
    rows = []
    for day, forward in EXPIRIES.items():
        expiry = pd.to_datetime(day, format="%d%b%y") + pd.Timedelta(hours=8)
        years = (expiry - NOW) / pd.Timedelta(days=365)
        for strike in STRIKES:
            volatility = 0.6 + 0.1 * abs(np.log(strike / forward))
            for call in (True, False):
                mark = black(forward, strike, volatility * np.sqrt(years), call) / forward
                rows.append(
                    {
                        "name": f"{base}-{day}-{strike * scale:.0f}-{'C' if call else 'P'}",
                        "call": call,
                        "strike": strike * scale,
                        "expiry": expiry,
                        "bid": mark * 0.97 if mark > 1e-3 else np.nan,
                        "ask": mark * 1.03,
                        "mark": mark,
                        "iv": volatility,
                        "forward": forward * scale,
                        "index": 2_000.0 * scale,
                        "interest": 10.0 + len(rows),
                    }
                )
    return pd.DataFrame(rows)


def milliseconds(times: Any) -> Any:
    return (times - pd.Timestamp(0)) // pd.Timedelta(milliseconds=1)


def summaries(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "instrument_name": rows["name"],
            "creation_timestamp": milliseconds(NOW),
            "bid_price": rows["bid"],
            "ask_price": rows["ask"],
            "mark_price": rows["mark"],
            "mark_iv": 100 * rows["iv"],
            "underlying_price": rows["forward"],
            "estimated_delivery_price": rows["index"],
            "open_interest": rows["interest"],
        }
    )


def tickers(rows: pd.DataFrame) -> pd.DataFrame:
    greeks = [{"delta": 0.5, "gamma": 0.001, "vega": 1.5, "theta": -2.0, "rho": 0.1} for _ in range(len(rows))]
    return pd.DataFrame(
        {
            "instrument_name": rows["name"],
            "timestamp": milliseconds(NOW),
            "best_bid_price": rows["bid"].fillna(0.0),  # Deribit writes 0 for none
            "best_ask_price": rows["ask"],
            "best_bid_amount": 3.0,
            "best_ask_amount": 4.0,
            "bid_iv": 98 * rows["iv"],
            "ask_iv": 102 * rows["iv"],
            "mark_iv": 100 * rows["iv"],
            "mark_price": rows["mark"],
            "underlying_price": rows["forward"],
            "index_price": rows["index"],
            "open_interest": rows["interest"],
            "greeks": greeks,
        }
    )


def books(rows: pd.DataFrame) -> pd.DataFrame:
    bids = [json.dumps([[b * 0.9, 1.0], [b, 3.0]] if b > 0 else []) for b in rows["bid"]]
    asks = [json.dumps([[a, 4.0], [a * 1.1, 1.0]]) for a in rows["ask"]]
    table = tickers(rows).drop(columns=[c for c in tickers(rows) if c.startswith("best")] + ["timestamp"])
    return table.assign(time="2026-01-05 04:00:00", bids=bids, asks=asks)


def tardis(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "exchange": "deribit",
            "symbol": rows["name"],
            "timestamp": 1_000 * milliseconds(NOW),
            "local_timestamp": 1_000 * milliseconds(NOW) + 5,
            "type": rows["call"].map({True: "call", False: "put"}),
            "strike_price": rows["strike"],
            "expiration": 1_000 * milliseconds(rows["expiry"]),
            "open_interest": rows["interest"],
            "bid_price": rows["bid"],
            "ask_price": rows["ask"],
            "mark_price": rows["mark"],
            "mark_iv": 100 * rows["iv"],
            "underlying_price": rows["forward"],
        }
    )


def optionsdx(rows: pd.DataFrame, *, unix: bool = True) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "[QUOTE_READTIME]": "2026-01-04 23:00",  # New York is five hours behind in winter
            " [INSTRUMENT NAME]": rows["name"],
            " [UNDERLYING PRICE]": rows["forward"],
            " [STRIKE]": rows["strike"],
            " [BID_PRICE]": rows["bid"],
            " [ASK_PRICE]": rows["ask"],
            " [MARK_IV]": 100 * rows["iv"],
            " [OPEN_INTEREST]": rows["interest"],
        }
    )
    return table.assign(**{" [QUOTE_UNIXTIME]": milliseconds(NOW) // 1_000}) if unix else table


def snapshots(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "snapshot_time": pd.Timestamp(AT),
            "quote_time": pd.Timestamp(AT),
            "instrument": rows["name"],
            "strike": rows["strike"],
            "forward_price": rows["forward"],
            "index_price": rows["index"],
            "bid": rows["bid"],
            "ask": rows["ask"],
            "mark": rows["mark"],
            "mark_iv": rows["iv"],
            "open_interest": rows["interest"],
        }
    )


def futures_price(rows: pd.DataFrame) -> pd.DataFrame:
    table = snapshots(rows).drop(columns="snapshot_time")
    names = {
        "quote_time": "timestamp",
        "instrument": "instrument_name",
        "forward_price": "futures_price",
        "bid": "bid_price",
        "ask": "ask_price",
        "mark": "mark_price",
        "mark_iv": "implied_volatility",
    }
    return table.rename(columns=names)


def clocked(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "instrument_name": rows["name"],
            "T_years": ((rows["expiry"] - NOW) / pd.Timedelta(days=365)).round(5),
            "S0": rows["forward"],
            "market_price_btc": rows["mark"],
            "mark_iv": 100 * rows["iv"],
            "bid_btc": rows["bid"],
            "ask_btc": rows["ask"],
            "open_interest": rows["interest"],
        }
    )


LAYOUTS = (summaries, tickers, books, tardis, optionsdx, snapshots, futures_price, clocked)


@pytest.fixture
def chain() -> lp.Chain:
    return lp.read_chain(snapshots(records()))


# ---- names


@pytest.mark.parametrize(
    ("name", "base", "quote", "expiry", "strike", "call"),
    [
        ("ETH-30JAN26-3000-C", "ETH", "USD", datetime(2026, 1, 30, 8, tzinfo=UTC), 3_000.0, True),
        ("BTC-9JUN20-9875-P", "BTC", "USD", datetime(2020, 6, 9, 8, tzinfo=UTC), 9_875.0, False),
        ("SOL_USDC-30JUN23-20-C", "SOL", "USDC", datetime(2023, 6, 30, 8, tzinfo=UTC), 20.0, True),
        ("XRP_USDC-30JUN23-0d625-P", "XRP", "USDC", datetime(2023, 6, 30, 8, tzinfo=UTC), 0.625, False),
    ],
)
def test_names(name: str, base: str, quote: str, expiry: datetime, strike: float, call: bool) -> None:
    found = lp.option_name(name)
    assert (found.base, found.quote, found.expiry) == (base, quote, expiry)
    assert (found.strike, found.call, found.coin_settled) == (strike, call, quote == "USD")


@pytest.mark.parametrize(
    "name",
    [
        "BTC-PERPETUAL",
        "BTC-27DEC24",
        "BTC-USD-240628-60000-C",  # OKX
        "BTC/USD:BTC-240628-60000-C",  # ccxt
        "BTC-09JUN20-9875-P",  # a leading zero
        "BTC-9JUIN20-9875-P",
        "BTC-9MAI20-9875-P",  # not English
        "BTC-31FEB24-9875-P",
        "BTC-9JUN20-9875-X",
        "BTC-9jun20-9875-P",
        "BTC_EUR-9JUN20-9875-P",
        "BTC-9JUN20-9.5-P",
        "BTC-9JUN20--5-P",
        "",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(lp.DataError, match="an option's name like ETH-30JAN26-3000-C"):
        lp.option_name(name)
    with pytest.raises(lp.DataError, match="Names of other venues"):
        lp.read_chain(summaries(records().assign(name=name)))


# ---- layouts


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_one_snapshot_reads_alike(layout: Any) -> None:
    rows = records()
    table = layout(rows)
    before = table.copy()
    found = lp.read_chain(table)
    pd.testing.assert_frame_equal(table, before)
    assert (found.base, found.quote, len(found), found.rejections) == ("ETH", "USD", len(rows), {})
    # Five decimals of a year are three minutes either way.
    assert abs((found.at - AT).total_seconds()) <= (160 if layout is clocked else 0)
    assert found.names.tolist() == rows["name"].tolist()
    assert (found.calls == rows["call"]).all()
    assert found.coin_settled.all()
    assert found.expiries.tolist() == rows["expiry"].dt.to_pydatetime().tolist()
    for ours, theirs in (
        ("strikes", "strike"),
        ("bids", "bid"),
        ("asks", "ask"),
        ("volatilities", "iv"),
        ("underlyings", "forward"),
        ("open_interest", "interest"),
    ):
        assert getattr(found, ours) == pytest.approx(rows[theirs].to_numpy(), rel=ROUNDING, nan_ok=True), ours
    has_marks = layout is not optionsdx
    assert found.marks == pytest.approx(rows["mark"].to_numpy() if has_marks else np.full(30, np.nan), nan_ok=True)
    if layout in (tickers, books):
        assert (found.deltas == 0.5).all()
        assert (found.rhos == 0.1).all()
        assert found.bid_volatilities == pytest.approx(0.98 * rows["iv"].to_numpy())
        assert found.ask_volatilities == pytest.approx(1.02 * rows["iv"].to_numpy())
        quoted = ~np.isnan(found.bids)
        assert (found.bid_amounts[quoted] == 3.0).all()
        assert (found.ask_amounts == 4.0).all()
    else:
        assert np.isnan(found.deltas).all()
    if layout in (summaries, tickers, books, snapshots, futures_price):
        assert found.index == 2_000.0
    else:
        assert np.isnan(found.index)


def test_files_of_every_kind(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="Parquet needs the extra lpgreeks[parquet]")
    table = tickers(records())
    plain = [{k: None if v != v else v for k, v in row.items()} for row in table.to_dict("records")]
    (tmp_path / "list.json").write_text(json.dumps(plain))
    (tmp_path / "result.json").write_text(json.dumps({"jsonrpc": "2.0", "result": plain}))
    (tmp_path / "answers.json").write_text(json.dumps([{"result": row} for row in plain]))
    (tmp_path / "list.json.gz").write_bytes(gzip.compress(json.dumps(plain).encode()))
    table.to_csv(tmp_path / "printed.csv", index=False)  # Greeks as Python prints them
    table.to_csv(tmp_path / "printed.csv.gz", index=False)
    table.to_parquet(tmp_path / "table.parquet")
    reference = lp.read_chain(table)
    for path in sorted(tmp_path.iterdir()):
        found = lp.read_chain(path)
        assert found.source == path.name
        pd.testing.assert_frame_equal(found.table(), reference.table(), rtol=1e-14)


def test_new_york_keeps_the_clock_where_there_is_no_unix_time() -> None:
    assert lp.read_chain(optionsdx(records(), unix=False)).at == AT
    summer = optionsdx(records(), unix=False).assign(**{"[QUOTE_READTIME]": "2025-07-01 00:00"})
    assert lp.read_chain(summer).at == datetime(2025, 7, 1, 4, tzinfo=UTC)
    twice = summer.assign(**{"[QUOTE_READTIME]": "2025-11-02 01:30"})
    with pytest.raises(lp.DataError, match="New York's clock shows once"):
        lp.read_chain(twice)


def test_the_settlement_is_read_from_the_name() -> None:
    rows = records()
    linear = rows.assign(name=rows["name"].str.replace("ETH", "ETH_USDC"))
    for column in ("bid", "ask", "mark"):
        linear[column] *= linear["forward"]
    found = lp.read_chain(summaries(linear))
    assert (found.base, found.quote) == ("ETH", "USDC")
    assert not found.coin_settled.any()
    both = lp.read_chain(summaries(pd.concat([rows, linear])))
    assert (both.quote, len(both)) == ("USD", 60)
    assert "USD and USDC counted as one token" in both.notes
    # Parity of either gives the forward that the marks were made with.
    table = both.forwards()
    assert table["coin_settled"].tolist() == [True] * 3 + [False] * 3
    assert table["forward"].to_numpy() == pytest.approx(2 * [*EXPIRIES.values()], rel=ROUNDING)
    assert (table["residual"] < 1e-9).all()
    greeks = both.greeks()
    assert greeks["price"].to_numpy() == pytest.approx(both.marks, rel=1e-10)
    assert (greeks["delta_net"] == greeks["delta"])[~both.coin_settled].all()


# ---- one of several


def several() -> pd.DataFrame:
    later = snapshots(records()).assign(
        snapshot_time=pd.Timestamp(AT) + pd.Timedelta(hours=6), quote_time=pd.Timestamp(AT) + pd.Timedelta(hours=6)
    )
    bitcoin = records("BTC", scale=40.0)
    return pd.concat([later, snapshots(records()), snapshots(bitcoin)], ignore_index=True)


def test_one_coin_and_one_snapshot_are_chosen_by_name() -> None:
    table = several()
    with pytest.raises(lp.DataError, match=r"one coin; got BTC, ETH.*base=\"BTC\""):
        lp.read_chain(table)
    with pytest.raises(lp.DataError, match=r"one snapshot; got 2 in the table, 2026-01-05.*read_chains"):
        lp.read_chain(table, base="ETH")
    with pytest.raises(lp.DataError, match="options on SOL; got BTC, ETH"):
        lp.read_chain(table, base="SOL")
    assert lp.read_chain(table, base="WETH", at="2026-01-05 09:59").at == AT
    for at in ("2026-01-05 10:00", "2026-01-05T05:00-05:00", datetime(2026, 2, 1, tzinfo=UTC)):
        assert lp.read_chain(table, base="ETH", at=at).at.hour == 10
    with pytest.raises(lp.DataError, match="quotes by 2026-01-05 03:00"):
        lp.read_chain(table, base="ETH", at="2026-01-05 03:00")
    with pytest.raises(lp.InputError, match="at as a time"):
        lp.read_chain(table, base="ETH", at="noon")
    found = lp.read_chains(table)
    assert [(c.at.hour, c.base, len(c)) for c in found] == [(4, "BTC", 30), (4, "ETH", 30), (10, "ETH", 30)]


def test_of_a_stream_the_last_row_of_each_name_counts() -> None:
    first, second = tardis(records()), tardis(records())
    second["timestamp"] += 60_000_000
    second["mark_price"] *= 1.01
    table = pd.concat([first, second.iloc[:5]])
    found = lp.read_chain(table)
    assert found.rejections == {"a later row has the same name": 5}
    assert len(found) == 30
    assert found.at == datetime(2026, 1, 5, 4, 1, tzinfo=UTC)
    new = np.isin(found.names, second["symbol"].iloc[:5])
    assert (found.quoted[new] == np.datetime64("2026-01-05T04:01")).all()
    assert (found.quoted[~new] == np.datetime64("2026-01-05T04:00")).all()
    assert found.years()[new][0] == pytest.approx((27 * 60 + 59) / (365 * 24 * 60))
    assert found.marks[new] == pytest.approx(1.01 * lp.read_chain(first).marks[:5])
    before = lp.read_chain(table, at="2026-01-05 04:00:30")
    assert before.rejections == {}
    assert before.at == AT


# ---- what is left out


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("instrument", "ETH-PERPETUAL", "no name of an option"),
        ("instrument", "ETH-5JAN26-2000-C", None),  # expires at 08:00 of that day
        ("instrument", "ETH-4JAN26-2000-C", "expired"),
        ("instrument", "ETH-30JAN26-0-C", "strike of 0 or less"),
        ("strike", 2_001.0, "strike other than in the name"),
        ("mark", np.nan, "no mark"),
        ("mark", -0.01, "price below 0 or infinite"),
        ("ask", np.inf, "price below 0 or infinite"),
        ("bid", 0.9, "bid above ask"),
        ("bid", 0.0, None),
        ("ask", 0.0, None),
        ("forward_price", 0.0, "forward of 0 or less, or infinite"),
        ("mark_iv", 0.0, None),
    ],
)
def test_every_row_left_out_has_a_reason(column: str, value: Any, reason: str | None) -> None:
    table = snapshots(records())
    table.loc[12, column] = value
    if column == "instrument":
        table.loc[12, "strike"] = np.nan
    found = lp.read_chain(table)
    if reason is None:
        assert (len(found), found.rejections) == (30, {})
        if column in ("bid", "ask"):
            assert np.isnan(getattr(found, f"{column}s")[12])
        return
    assert (len(found), found.rejections) == (29, {reason: 1})
    assert found.rejected.to_dict("records") == [{"row": 13, "name": table.loc[12, "instrument"], "reason": reason}]
    assert f"left out: {reason}: 1" in str(found.check())


def test_names_that_come_twice_are_counted() -> None:
    table = snapshots(records())
    found = lp.read_chain(pd.concat([table, table.iloc[:3]]))
    assert (len(found), found.rejections) == (30, {"a later row has the same name": 3})
    assert found.rejected["row"].tolist() == [1, 2, 3]


def test_a_chain_without_a_row_is_refused() -> None:
    table = snapshots(records()).assign(bid=5.0)
    for read in (lp.read_chain, lp.read_chains):
        with pytest.raises(lp.DataError, match=r"options on ETH; got no row left .*bid above ask: 30"):
            read(table)
    for empty in (table.iloc[:0], pd.DataFrame()):
        with pytest.raises(lp.DataError, match="a table with rows"):
            lp.read_chain(empty)


@pytest.mark.parametrize(
    ("layout", "column", "factor", "message"),
    [
        (
            snapshots,
            "mark_iv",
            100,
            r"in decimals in column 'mark_iv'.*looks like percent.*Multiply the column by 0.01",
        ),
        (tickers, "mark_iv", 0.01, r"in percent in column 'mark_iv'.*looks like decimals.*by 100"),
        (tickers, "bid_iv", 0.01, "in percent in column 'bid_iv'"),
        (tardis, "mark_iv", 0.01, "Tardis"),
    ],
)
def test_volatilities_in_the_wrong_unit_are_refused(layout: Any, column: str, factor: float, message: str) -> None:
    table = layout(records())
    with pytest.raises(lp.DataError, match=message):
        lp.read_chain(table.assign(**{column: factor * table[column]}))


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(lp.DataError, match=r"the columns of one known layout.*Tardis options_chain: .*expiration"):
        lp.read_chain(snapshots(records()).drop(columns="forward_price"))
    mixed = summaries(records()).join(tickers(records())[["timestamp", "best_bid_price", "best_ask_price"]])
    with pytest.raises(lp.DataError, match="Deribit book summaries and Deribit tickers"):
        lp.read_chain(mixed)
    for content, message in (
        (b"[{", "JSON, whole"),
        (b"[]", "a list of records"),
        (b"[1, 2]", "a list of records"),
        (b'{"result": []}', "a list of records"),
        (b"\xff\xfe", "JSON, whole"),
    ):
        (tmp_path / "a.json").write_bytes(content)
        with pytest.raises(lp.DataError, match=message):
            lp.read_chain(tmp_path / "a.json")
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b"[" * 50)[:-9])
    for path in (tmp_path / "a.json.gz", tmp_path / "b.json", tmp_path / "b.csv"):
        with pytest.raises(lp.DataError, match=r"JSON, whole|an existing file"):
            lp.read_chain(path)
    with pytest.raises(lp.InputError, match="a path or a DataFrame"):
        lp.read_chain([1])  # type: ignore[arg-type]
    with pytest.raises(lp.DataError, match="numbers in column 'mark_price'"):
        lp.read_chain(summaries(records()).assign(mark_price="dear"))
    with pytest.raises(lp.DataError, match="a record of Greeks"):
        lp.read_chain(tickers(records()).assign(greeks="{delta"))
    with pytest.raises(lp.DataError, match="one time for all years to expiry"):
        lp.read_chain(clocked(records()).assign(T_years=0.5))


# ---- the chain itself


def test_arrays_are_read_only_and_chains_are_values(chain: lp.Chain) -> None:
    for name in ("marks", "names", "calls", "expiries", "rhos"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(chain, name)[0] = getattr(chain, name)[1]
    again = pickle.loads(pickle.dumps(chain))
    pd.testing.assert_frame_equal(again.table(), chain.table())
    assert repr(chain) == "<Chain: ETH/USD, 30 options in 3 expiries, 2026-01-05 04:00:00 UTC, the table>"
    assert list(chain.table()["strikes"]) == list(chain.strikes)


def test_parts(chain: lp.Chain) -> None:
    month = chain.expiring("2026-01-30")
    assert (month.days, len(month)) == (("2026-01-30",), 10)
    assert len(chain.expiring(datetime(2026, 1, 30))) == len(chain.expiring(datetime(2026, 1, 30).date())) == 10
    assert month.only_calls().calls.all()
    assert not month.only_puts().calls.any()
    assert sorted(set(chain.between(1_800, 2_200).strikes)) == [1_800, 2_000, 2_200]
    assert not np.isnan(chain.two_sided().bids).any()
    assert len(chain.two_sided()) == int((~np.isnan(chain.bids)).sum()) < 30
    assert chain.at_least(open_interest=30).open_interest.tolist() == list(range(30, 40))
    assert chain.where(chain.strikes == 2_000).names.tolist() == chain.names[chain.strikes == 2_000].tolist()
    # Calls alone have no pair, and keep the forward of the whole.
    calls = month.only_calls()
    assert calls.row_forwards() == pytest.approx(np.full(5, 2_010.0), rel=ROUNDING)
    assert calls.forwards()["pairs"].tolist() == [5]
    for empty, message in (
        (
            lambda: chain.expiring("2026-01-31"),
            r"expiring on 2026-01-31; got none .* 2026-01-06, 2026-01-30, 2026-03-27",
        ),
        (lambda: chain.between(3_000, 4_000), "strikes from 3,000 to 4,000; got none among 30 options, strikes 1,600"),
        (lambda: chain.only_calls().only_puts(), "puts; got none"),
        (lambda: chain.at_least(open_interest=1e9), "open interest of 1e"),
    ):
        with pytest.raises(lp.DataError, match=message):
            empty()
    with pytest.raises(lp.InputError, match="30 truth values"):
        chain.where([True])
    with pytest.raises(lp.InputError, match="lower below upper"):
        chain.between(2_000, 1_000)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"names": np.array([], dtype=str)}, lp.DataError, "a chain with options"),
        ({"strikes": [0.0, 1.0]}, lp.DataError, "positive strikes; got 1 others"),
        ({"expiries": np.array(["2026-01-05T04", "2027-01-01"], "datetime64[us]")}, lp.DataError, "have not expired"),
        ({"bids": [0.2, 0.2], "asks": [0.1, 0.3]}, lp.DataError, "bids at or below their asks"),
        ({"names": np.array(["A", "A"])}, lp.DataError, "names that differ; got 2"),
        ({"marks": [0.1]}, lp.DataError, "marks of 2 options; got shape"),
        ({"at": datetime(2026, 1, 5)}, lp.InputError, "a datetime with a zone"),
        ({"base": ""}, lp.TokenError, "base"),
    ],
)
def test_chains_that_cannot_be(change: dict[str, Any], error: type[Exception], message: str) -> None:
    terms: dict[str, Any] = {
        "base": "ETH",
        "quote": "USD",
        "at": AT,
        "source": "by hand",
        "names": np.array(["A", "B"]),
        "calls": [True, False],
        "coin_settled": [True, True],
        "strikes": [1.0, 1.0],
        "expiries": np.array(["2027-01-01", "2027-01-01"], "datetime64[us]"),
    }
    assert np.isnan(lp.Chain(**terms).marks).all()
    with pytest.raises(error, match=message):
        lp.Chain(**terms | change)


def test_forwards_and_years(chain: lp.Chain) -> None:
    table = chain.forwards()
    assert table["forward"].to_numpy() == pytest.approx([*EXPIRIES.values()], rel=ROUNDING)
    assert table["stated"].tolist() == [*EXPIRIES.values()]
    assert table["pairs"].tolist() == [5, 5, 5]
    assert chain.years()[0] == pytest.approx(28 / 24 / 365)
    # Two marks off parity of five do not move the forward: their residual stands beside it.
    marks = chain.marks.copy()
    marks[[10, 13]] += 0.01
    spoilt = lp.Chain(**{**{f: getattr(chain, f) for f in chain.table()}, "marks": marks}, **HEAD)
    assert spoilt.forwards()["forward"].to_numpy() == pytest.approx([*EXPIRIES.values()], rel=ROUNDING)
    assert spoilt.forwards()["residual"].to_numpy() == pytest.approx([0, 0.01, 0], abs=1e-12)
    # Without a pair, the file's own.
    alone = lp.read_chain(snapshots(records()[lambda r: r["call"]]))
    assert np.isnan(alone.forwards()["forward"]).all()
    assert (alone.row_forwards() == alone.underlyings).all()


HEAD: dict[str, Any] = {"base": "ETH", "quote": "USD", "at": AT, "source": "by hand"}


def test_greeks_of_a_chain(chain: lp.Chain) -> None:
    greeks = chain.greeks()
    assert greeks.index.tolist() == chain.names.tolist()
    assert greeks["price"].to_numpy() == pytest.approx(chain.marks, rel=1e-9, abs=1e-15)
    coins = greeks["delta"] - greeks["delta_net"]
    assert coins.to_numpy() == pytest.approx(chain.marks, rel=1e-9, abs=1e-15)
    # The net delta is what the coin value times the forward moves by: F times d(V/F)/dF.
    f, k = EXPIRIES["30JAN26"], 2_000.0
    w = float(chain.volatilities[14] * np.sqrt(chain.years()[14]))
    assert chain.names[14] == "ETH-30JAN26-2000-C"
    step = 0.5
    slope = f * (black(f + step, k, w, True) / (f + step) - black(f - step, k, w, True) / (f - step)) / (2 * step)
    assert greeks["delta_net"].iloc[14] == pytest.approx(slope, rel=1e-6)  # central differences of 0.5 in 2,010
    # Without stated volatilities the marks imply them.
    silent = lp.read_chain(snapshots(records()).assign(mark_iv=np.nan))
    out = chain.calls == (chain.strikes > chain.underlyings)  # in the money, marks hold few digits of it
    assert silent.greeks()["vega"][out].to_numpy() == pytest.approx(greeks["vega"][out].to_numpy(), rel=1e-9)
    assert silent.implied(silent.asks)[14] > silent.implied(silent.marks)[14] > silent.implied(silent.bids)[14]
    beyond = np.full(30, 2.0)
    assert np.isnan(chain.implied(beyond)[chain.calls]).all()
    other = chain.greeks(forwards=2_500.0, volatilities=0.5)
    assert other["delta"].iloc[14] > greeks["delta"].iloc[14]


# ---- the check


def test_a_clean_chain_has_no_arbitrage(chain: lp.Chain) -> None:
    report = chain.check()
    assert [f.what for f in report.findings] == ["no bid"]
    assert report.count("no bid") == int(np.isnan(chain.bids).sum())
    assert "prices compared to 0.0001 of the forward" in str(report)
    assert report.table()["finding"].tolist() == ["no bid"]
    assert report.to_dict()["rows"] == 30
    assert json.dumps(report.to_dict())


@pytest.mark.parametrize(
    ("row", "column", "value", "findings"),
    [
        # ETH-30JAN26-2000-C: forward 2,010, mark 0.065; neighbours 1,800 at 0.127, 2,200 at 0.030.
        (14, "mark", 0.085, {"mark off parity", "mark not convex in strike", "mark outside bid and ask"}),
        (14, "mark", 0.130, {"mark rises or falls too fast in strike", "mark off parity"}),
        (14, "ask", 0.010, {"vertical that pays", "butterfly that pays"}),
        (14, "bid", 0.066, {"mark outside bid and ask"}),
        (18, "mark", -1.0, None),
        (10, "mark", 0.15, {"mark outside its bounds", "mark off parity"}),
        (25, "mark", 0.04, {"mark below that of an earlier expiry", "mark off parity"}),
        (14, "forward", 2_011.0, {"stated forward off parity"}),
    ],
)
def test_what_the_check_finds(row: int, column: str, value: float, findings: set[str] | None) -> None:
    rows = records()
    rows.loc[row, column] = value
    if column == "ask":
        rows.loc[row, "bid"] = np.nan
    if findings is None:
        assert lp.read_chain(snapshots(rows)).rejections == {"price below 0 or infinite": 1}
        return
    report = lp.read_chain(snapshots(rows)).check()
    assert findings <= {f.what for f in report.findings}


def test_a_butterfly_of_quotes() -> None:
    """Three calls by hand: 10 for the wings' mean, 11 for the middle."""
    rows = records().iloc[[12, 14, 16]].reset_index(drop=True)  # calls of 1,800, 2,000 and 2,200
    rows["ask"], rows["bid"] = [0.12, 0.08, 0.03], [0.11, 0.0751, 0.02]
    assert lp.read_chain(snapshots(rows)).check().count("butterfly that pays") == 1
    rows.loc[1, "bid"] = 0.0749
    assert lp.read_chain(snapshots(rows)).check().count("butterfly that pays") == 0


def test_marks_are_compared_to_the_tolerance() -> None:
    rows = records().iloc[[12, 14, 16]].reset_index(drop=True).assign(bid=np.nan, ask=np.nan)
    for middle, count in ((0.07495, 0), (0.07505, 0), (0.07515, 1)):
        chain = lp.read_chain(snapshots(rows.assign(mark=[0.12, middle, 0.03])))
        assert chain.check().count("mark not convex in strike") == count
    assert chain.check(tolerance=2e-4).count("mark not convex in strike") == 0
    with pytest.raises(lp.InputError, match="tolerance"):
        chain.check(tolerance=0.0)


def test_a_vertical_of_quotes() -> None:
    rows = records().iloc[[14, 16]].reset_index(drop=True)  # calls of 2,000 and 2,200, 200/2,010 apart
    rows["bid"], rows["ask"] = [0.06, 0.0501], [0.05, 0.06]
    rows.loc[0, "bid"] = 0.04
    assert lp.read_chain(snapshots(rows)).check().count("vertical that pays") == 1
    rows.loc[1, "bid"] = 0.0499
    assert lp.read_chain(snapshots(rows)).check().count("vertical that pays") == 0
    rows["bid"], rows["ask"] = [0.2, 0.05], [0.21, 0.2 - 200 / 2_010 - 1e-6]
    assert lp.read_chain(snapshots(rows)).check().count("vertical that pays") == 1
    rows["ask"] = [0.21, 0.2 - 200 / 2_010 + 1e-6]
    assert lp.read_chain(snapshots(rows)).check().count("vertical that pays") == 0


# ---- real chains

COIN = 1e-4
"""A tick of a Deribit option, in coins."""


@pytest.mark.thorough
def test_two_weeks_of_two_coins_reprice(real_data: Path) -> None:
    chains = lp.read_chains(real_data / "deribit-options-2026-01" / "options.parquet")
    assert len(chains) == 112
    assert sum(map(len, chains)) == 74_454
    assert all(chain.rejections == {} for chain in chains)
    off = {name: np.concatenate(parts) for name, parts in _off(chains).items()}
    assert (off["parity"] <= COIN).mean() >= 0.99
    # The file's own forwards are of another moment than its marks.
    assert 0.94 < (off["stated"] <= COIN).mean() < (off["parity"] <= COIN).mean()
    assert np.median(off["parity"]) < 1e-5
    print(f"within 1e-4 coin: parity {(off['parity'] <= COIN).mean():.4%}, stated {(off['stated'] <= COIN).mean():.4%}")
    # The file's Greeks are of its own moment, as its forwards are: the middle of them agrees, the edges do not.
    greeks = [(c, c.greeks()) for c in chains]
    delta = np.concatenate([np.abs(g["delta"].to_numpy() - c.deltas) for c, g in greeks])
    vega = np.concatenate([np.abs(g["vega"].to_numpy() / 100 - c.vegas) / np.maximum(c.vegas, 1) for c, g in greeks])
    assert np.isfinite(delta).all()
    assert np.median(delta) < 5e-4
    assert np.quantile(delta, 0.99) < 0.01
    assert np.median(vega) < 2e-3
    eth = next(chain for chain in chains if chain.base == "ETH")
    assert len(eth.expiring("2026-01-30").two_sided()) > 20
    assert eth.check().count("butterfly that pays") == 0


def _off(chains: tuple[lp.Chain, ...]) -> dict[str, list[np.ndarray]]:
    return {
        "parity": [np.abs(c.greeks()["price"].to_numpy() - c.marks) for c in chains],
        "stated": [np.abs(c.greeks(forwards=c.underlyings)["price"].to_numpy() - c.marks) for c in chains],
    }


def test_a_chain_with_greeks_of_the_exchange(real_data: Path) -> None:
    """BTC, 2020-09-12: rows quoted over three minutes, each with its own forward."""
    chain = lp.read_chain(real_data / "deribit-options-snapshots-misc" / "schepal--options_data.csv.gz")
    assert (len(chain), chain.rejections, chain.at.date().isoformat()) == (358, {}, "2020-09-12")
    ours = chain.greeks(forwards=chain.underlyings)
    assert np.abs(ours["price"].to_numpy() - chain.marks).max() <= COIN
    # Volatilities are printed to 0.01 points, Greeks to five decimals, gammas to 1e-5.
    per_point = (ours["vega"] / 100).to_numpy()
    assert np.abs(ours["delta"].to_numpy() - chain.deltas).max() <= 1.5e-4
    assert np.abs(ours["gamma"].to_numpy() - chain.gammas).max() <= 1e-5
    assert np.abs(per_point - chain.vegas).max() <= 2e-3
    assert np.abs((ours["rho"] / 100).to_numpy() - chain.rhos).max() <= 1e-3
    # Printed is a day of theta, or of what is left of the life, but no more than the premium.
    days = np.minimum(1.0, 365 * chain.years())
    corners = []
    # Volatilities are rounded to 0.01 points; marks show the forward to be off by as much as a tick of them.
    for points in (-5e-5, 5e-5):
        for part in (-COIN, COIN):
            forwards, volatilities = chain.underlyings * (1 + part), chain.volatilities + points
            table = chain.greeks(forwards=forwards, volatilities=volatilities)
            corners.append(-np.minimum(-table["theta"] / 365 * days, table["value"]).to_numpy())
    printed = 1e-5
    assert (chain.thetas >= np.min(corners, axis=0) - printed).all()
    assert (chain.thetas <= np.max(corners, axis=0) + printed).all()
    assert chain.index == pytest.approx(10_433.6, abs=5.0)


def test_a_chain_without_volatilities_is_inverted(real_data: Path) -> None:
    """ETH, 2024-01-08: marks only."""
    chain = lp.read_chain(real_data / "deribit-options-snapshots-misc" / "jiaxiang-cheng--deribit_options.csv.gz")
    assert (len(chain), chain.rejections, chain.index) == (684, {}, 2_222.19)
    assert np.isnan(chain.volatilities).all()
    # One mark is 0; by the file's own forwards another lies below its intrinsic value, by parity none does.
    implied, stated = chain.implied(chain.marks), chain.implied(chain.marks, forwards=chain.underlyings)
    assert chain.names[~(implied > 0)].tolist() == ["ETH-9JAN24-2900-C"]
    assert chain.names[np.isnan(stated)].tolist() == ["ETH-12JAN24-1200-C"]
    assert chain.marks[implied == 0].tolist() == [0.0]
    # Put and call of one strike imply one volatility, where six decimals of a coin carry it.
    vega = chain.greeks()["vega"].to_numpy() / chain.row_forwards()
    for i in np.flatnonzero(chain.calls & (vega > 0.05)):
        twin = np.flatnonzero(chain.names == chain.names[i][:-1] + "P")
        assert abs(implied[i] - implied[twin[0]]) <= 3e-6 / vega[i]


def test_a_chain_that_tells_the_time_by_its_years(real_data: Path) -> None:
    """BTC, 2025-12-05: an own clock, no index."""
    chain = lp.read_chain(real_data / "deribit-options-snapshots-misc" / "GitHubAvailable--deribit_btc_options.csv.gz")
    assert (len(chain), chain.rejections) == (676, {})
    assert chain.at.isoformat()[:15] == "2025-12-05T01:1"
    assert np.abs(chain.greeks()["price"].to_numpy() - chain.marks).max() <= COIN
    assert np.abs(chain.row_forwards() / chain.underlyings - 1).max() < 1e-5


def test_a_row_without_a_name_is_counted() -> None:
    rows = summaries(records())
    rows.loc[rows.index[3], "instrument_name"] = None
    found = lp.read_chain(rows)
    assert found.rejections == {"no name of an option": 1}
