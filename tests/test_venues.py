"""Dated facts: each has a source and a date or a flag, rebuilds what exchanges published, and is refused otherwise."""

from __future__ import annotations

import dataclasses
import pickle
import tomllib
from datetime import date, datetime
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest

import lpgreeks as lp
from lpgreeks.venues.figures import NAMES, choose
from lpgreeks.venues.files import read_listed, stored_text

VENUES = ("binance-coin-m", "binance-usd-m", "bybit", "deribit", "okx")
LATEST = date(2026, 12, 31)


def everything(name: str) -> list[lp.Contract]:
    return list(lp.venue(name, on=LATEST).contracts)


FIGURES = [(name, c.symbol, f) for name in VENUES for c in everything(name) for f in c.figures]


def figure(name: str, symbol: str, what: str, day: str) -> lp.Figure:
    (found,) = (
        f
        for venue, contract, f in FIGURES
        if (venue, contract, f.what) == (name, symbol, what) and f.start == date.fromisoformat(day)
    )
    return found


# ---- the files


def test_the_files_are_part_of_the_package() -> None:
    found = {entry.name for entry in files("lpgreeks.venues").iterdir() if entry.name.endswith(".toml")}
    assert found == {f"{name}.toml" for name in VENUES}
    assert lp.venue_names() == VENUES


@pytest.mark.parametrize("found", [pytest.param(f, id=f"{n}-{s}-{f.what}") for n, s, f in FIGURES])
def test_every_figure_has_a_source_and_a_date_or_a_flag(found: lp.Figure) -> None:
    assert found.source.startswith("https://")
    assert found.start is not None or found.note
    assert found.start is not None or "undated" in found.flags_on(LATEST)
    assert found.confirmed or ("unconfirmed" in found.flags_on(LATEST) and found.note)
    assert found.start is None or date(2018, 1, 1) < found.start < LATEST
    if isinstance(found.value, float):
        assert found.value > 0
    if found.what == "funding_hours":
        assert found.value == 8


@pytest.mark.parametrize("name", VENUES)
def test_every_entry_of_a_file_becomes_a_figure(name: str) -> None:
    content = tomllib.loads(stored_text(name))
    count = sum(len(entries) for entries in content["every"].values()) if "every" in content else 0
    for contract, listed in zip(everything(name), content["contracts"].values(), strict=True):
        own = sum(len(entries) for entries in listed.values() if isinstance(entries, list))
        assert len(contract.figures) == own + count
        # A repeated start would leave the choice to the order of the file.
        starts = [(f.what, f.start, f.confirmed) for f in contract.figures if f.start]
        assert len(starts) == len(set(starts))


@pytest.mark.parametrize("name", VENUES)
@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_both_coins_are_there(name: str, coin: str) -> None:
    perpetuals = [c for c in everything(name) if c.base == coin]
    assert perpetuals
    for c in perpetuals:
        assert c.inverse == (c.margin_token == coin)
        assert c.inverse or c.margin_token == c.quote
        units = {f.value.unit for f in c.figures if f.what in ("maintenance", "initial")}
        assert units <= {c.base, c.margin_token}


# ---- what exchanges published


def deductions(schedule: lp.Progressive) -> list[float]:
    """Tax by slices: at a floor, the deduction is what the tier's rate takes more than the slices below."""
    found, paid = [0.0], 0.0
    for low, high in pairwise(schedule.brackets):
        paid += (high.floor - low.floor) * low.rate
        found.append(high.floor * high.rate - paid)
    return found


PUBLISHED = [
    ("binance-coin-m", "BTCUSD_PERP", "2021-07-27", [0, 0.005, 0.055, 0.355, 1.605, 6.605, 11.605]),
    ("binance-coin-m", "BTCUSD_PERP", "2020-11-26", [0, 0.01, 0.11, 0.56, 1.81, 6.81, 11.81]),
    ("binance-usd-m", "BTCUSDT", "2021-06-30", [0, 50, 1300, 16300, 141300, 1141300, 2391300, 4891300]),
    (
        "binance-usd-m",
        "BTCUSDT",
        "2022-05-01",
        [0, 50, 1300, 16300, 203800, 2203800, 4703800, 9703800, 49703800, 199703800],
    ),
    (
        "binance-usd-m",
        "BTCUSDT",
        "2022-09-29",
        [0, 50, 1300, 16300, 266300, 1266300, 2516300, 5016300, 25016300, 100016300],
    ),
    (
        "binance-usd-m",
        "BTCUSDT",
        "2023-04-25",
        [0, 50, 1300, 46300, 421300, 1921300, 3921300, 6421300, 26421300, 101421300],
    ),
    (
        "binance-usd-m",
        "BTCUSDT",
        "2024-04-30",
        [0, 50, 2550, 152550, 2152550, 9652550, 17152550, 28402550, 88402550, 288402550],
    ),
    (
        "binance-usd-m",
        "BTCUSDT",
        "2026-09-29",
        [0, 300, 1500, 12e3, 132e3, 482e3, 2982e3, 14482e3, 26482e3, 41482e3, 121482e3, 421482e3],
    ),
    (
        "binance-usd-m",
        "ETHUSDT",
        "2022-05-01",
        [0, 15, 365, 5365, 50365, 250365, 500365, 1000365, 5000365, 42500365],
    ),
    (
        "binance-usd-m",
        "ETHUSDT",
        "2022-09-29",
        [0, 150, 1025, 11025, 161025, 661025, 1161025, 2161025, 10161025, 47661025],
    ),
    (
        "binance-usd-m",
        "ETHUSDT",
        "2023-04-25",
        [0, 150, 1025, 21025, 321025, 1571025, 2821025, 4321025, 12321025, 49821025],
    ),
    (
        "binance-usd-m",
        "ETHUSDT",
        "2024-04-30",
        [0, 50, 800, 4300, 54300, 1554300, 6554300, 10304300, 17804300, 57804300, 182804300],
    ),
    (
        "binance-usd-m",
        "ETHUSDT",
        "2026-09-29",
        [0, 300, 1500, 12e3, 132e3, 382e3, 2007e3, 9507e3, 17507e3, 27507e3, 80507e3, 280507e3],
    ),
]


@pytest.mark.parametrize(("name", "symbol", "day", "published"), PUBLISHED)
def test_tables_rebuild_the_published_deductions(name: str, symbol: str, day: str, published: list[float]) -> None:
    schedule = figure(name, symbol, "maintenance", day).value
    assert isinstance(schedule, lp.Progressive)
    assert deductions(schedule)[: len(published)] == pytest.approx(published, rel=1e-9, abs=1e-12)
    assert list(schedule.deductions)[: len(published)] == pytest.approx(published, rel=1e-9, abs=1e-12)


def test_every_table_is_pinned_or_is_read_from_its_page() -> None:
    # The tables that publish no deductions, against their pages, in percent.
    eth = figure("binance-coin-m", "ETHUSD_PERP", "maintenance", "2020-11-26").value
    assert [b.floor for b in eth.brackets] == [0, 100, 500, 1_000, 2_000, 4_000, 6_000, 8_000, 10_000]
    assert [100 * b.rate for b in eth.brackets] == pytest.approx([0.5, 0.65, 1, 2.5, 5, 10, 12.5, 15, 25])
    initial = figure("binance-coin-m", "ETHUSD_PERP", "initial", "2020-11-26").value
    assert [100 * b.rate for b in initial.brackets] == pytest.approx([1, 1.3, 2, 5, 10, 20, 25, 33, 50], rel=0.03)
    assert [b.floor for b in initial.brackets] == [b.floor for b in eth.brackets]
    pinned = {(name, symbol) for name, symbol, *_ in PUBLISHED} | {("binance-coin-m", "ETHUSD_PERP")}
    tables = {(n, s) for n, s, f in FIGURES if f.what == "maintenance" and isinstance(f.value, lp.Progressive)}
    assert tables - pinned == {("bybit", "BTCUSD"), ("bybit", "BTCUSDT")}


def test_examples_of_binance() -> None:
    coin = lp.venue("binance-coin-m", on="2022-01-01").contract("BTC")
    assert coin.maintenance.margin_at(0.4) == pytest.approx(0.0016)  # 100 contracts of 100 USD at 25,000
    assert coin.maintenance.margin_at(300) == pytest.approx(300 * 0.125 - 11.605)
    assert 100 * coin.size / 25_000 == 0.4
    usd = lp.venue("binance-usd-m", on="2021-06-30").contract("BTC")
    assert usd.maintenance.margin_at(264_000) == pytest.approx(264_000 * 0.01 - 1_300)
    assert usd.maintenance.margin_at(500_000) == pytest.approx(500_000 * 0.01 - 1_300)


def test_examples_of_deribit() -> None:
    linear = lp.venue("deribit", on="2025-01-01", unconfirmed=True).contract("BTC", margin="USDC")
    price = 100_000
    assert price * linear.initial.margin_at(25) == pytest.approx(53_125)
    assert price * linear.maintenance.margin_at(25) == pytest.approx(28_125)
    assert price * linear.initial.margin_at(350) == pytest.approx(1_312_500)
    inverse = lp.venue("deribit", on="2022-01-11").contract("ETH-PERPETUAL")
    assert inverse.maintenance.rate_at(1_000) == pytest.approx(0.01 + 1_000 * 0.0004 / 100)
    assert inverse.initial.rate_at(1_000) == pytest.approx(0.02 + 1_000 * 0.0004 / 100)


def test_examples_of_okx_and_bybit() -> None:
    usdc = lp.venue("okx", on="2023-08-23").contract("ETH", margin="USDC")
    assert isinstance(usdc.maintenance, lp.Flat)
    for contracts, percent in ((25_000, 0.5), (50_000, 0.75), (100_000, 1.0), (200_000, 1.5)):
        assert usdc.maintenance.rate_at(contracts * usdc.size) == pytest.approx(percent / 100)
    bybit = lp.venue("bybit", on="2024-10-16").contract("BTCUSD")
    assert bybit.fee.of(10_000 * bybit.size / 8_000) == pytest.approx(0.0006875)
    assert bybit.fee.maker * 10_000 * bybit.size / 8_000 == pytest.approx(0.00025)


# ---- dates


def dated(value: float, since: str = "", seen: str = "", *, confirmed: bool = True) -> lp.Figure:
    days = {k: date.fromisoformat(v) for k, v in {"since": since, "seen": seen}.items() if v}
    return lp.Figure(what="size", value=value, source="https://x", confirmed=confirmed, note="-", **days)


def chosen(on: str, *figures: lp.Figure, unconfirmed: bool = False) -> float | None:
    found = choose(figures, date.fromisoformat(on), unconfirmed=unconfirmed)
    return None if found is None else found.value


def test_the_newest_figure_that_counts_is_chosen() -> None:
    old, new = dated(1.0, since="2021-01-01"), dated(2.0, seen="2022-01-01")
    for pair in ((old, new), (new, old)):
        assert chosen("2020-12-31", *pair) is None
        assert chosen("2021-01-01", *pair) == 1.0
        assert chosen("2021-12-31", *pair) == 1.0
        assert chosen("2022-01-01", *pair) == 2.0


def test_unconfirmed_figures_are_chosen_on_request() -> None:
    sure, copied = dated(1.0, since="2021-01-01"), dated(2.0, since="2022-01-01", confirmed=False)
    assert chosen("2023-01-01", sure, copied) == 1.0
    assert chosen("2023-01-01", sure, copied, unconfirmed=True) == 2.0
    assert chosen("2023-01-01", copied) is None
    same = dated(3.0, since="2022-01-01")
    assert chosen("2023-01-01", copied, same, unconfirmed=True) == 3.0


def test_undated_figures_stand_in_on_request_and_later_ones_never() -> None:
    page, bare = dated(1.0, seen="2022-01-01"), dated(2.0)
    assert chosen("2021-01-01", page, bare) is None
    assert chosen("2021-01-01", bare, page, unconfirmed=True) == 1.0
    assert chosen("2021-01-01", bare, unconfirmed=True) == 2.0
    assert chosen("2021-01-01", dated(3.0, since="2022-01-01"), unconfirmed=True) is None


def test_flags_say_why() -> None:
    on = date(2021, 6, 1)
    assert dated(1.0, seen="2021-06-01").flags_on(on) == ()
    assert dated(1.0, seen="2021-06-02").flags_on(on) == ("undated",)
    assert dated(1.0).flags_on(on) == ("undated",)
    assert dated(1.0, since="2021-06-02").flags_on(on) == ("later",)
    assert dated(1.0, seen="2021-06-01", confirmed=False).flags_on(on) == ("unconfirmed",)
    assert dated(1.0, confirmed=False).flags_on(on) == ("unconfirmed", "undated")


def test_a_day_picks_the_table_of_its_time() -> None:
    def floors(on: Any) -> list[float]:
        return [b.floor for b in lp.venue("binance-coin-m", on=on).contract("BTC").maintenance.brackets[:3]]

    assert floors("2021-07-26") == [0, 10, 20]
    assert floors("2021-07-27") == [0, 5, 10]
    assert floors(date(2021, 7, 26)) == floors(datetime(2021, 7, 26, 23, 59)) == [0, 10, 20]


# ---- contracts


def test_a_contract_is_found_by_coin_and_by_symbol() -> None:
    venue = lp.venue("binance-coin-m", on="2023-05-01")
    assert venue.contract("WETH") == venue.contract("ETH") == venue.contract("ETHUSD_PERP")
    assert venue.contract("WBTC").symbol == "BTCUSD_PERP"
    okx = lp.venue("okx", on="2024-01-01")
    assert okx.contract("ETH", margin="USDC").symbol == "ETH-USDC-SWAP"
    assert okx.contract("ETH", margin="USDT").symbol == "ETH-USDT-SWAP"
    assert okx.contract("WETH", margin="ETH").symbol == "ETH-USD-SWAP"
    assert lp.venue("deribit", on="2024-01-01").contract("BTC", margin="USDT").symbol == "BTC_USDC-PERPETUAL"
    with pytest.raises(lp.InputError, match=r"several: BTC-USD-SWAP \(margin BTC\), BTC-USDT-SWAP .*margin="):
        okx.contract("BTC")
    with pytest.raises(lp.InputError, match=r"DOGE at okx; got none; it has BTC-USD-SWAP"):
        okx.contract("DOGE")
    with pytest.raises(lp.InputError, match=r"ETH margined in BTC"):
        okx.contract("ETH", margin="BTC")


def test_the_step_of_an_order() -> None:
    okx = lp.venue("okx", on="2024-01-01", unconfirmed=True)
    assert okx.contract("BTC-USDT-SWAP").step == pytest.approx(0.001)
    assert okx.contract("BTC-USD-SWAP").step == 100


def test_a_figure_that_is_not_confirmed_raises_and_names_both_ways_out() -> None:
    contract = lp.venue("binance-usd-m", on="2023-05-01").contract("ETH")
    with pytest.raises(lp.DataError) as caught:
        _ = contract.maintenance
    for part in ("maintenance of ETHUSDT", "unconfirmed", "freqtrade", "as of 2023-04-25"):
        assert part in str(caught.value)
    assert 'venue("binance-usd-m", on="2023-05-01", unconfirmed=True)' in caught.value.remedy
    assert "contract.supplied(maintenance=" in caught.value.remedy
    asked = lp.venue("binance-usd-m", on="2023-05-01", unconfirmed=True).contract("ETH")
    assert asked.maintenance.rate_at(50_000) == 0.005
    assert any("maintenance" in note and "unconfirmed" in note for note in asked.notes)


def test_a_figure_that_is_undated_raises_too() -> None:
    with pytest.raises(lp.DataError, match=r"confirmed fee of ETH-PERPETUAL.*only undated: fee maker 0, taker 0.0005"):
        _ = lp.venue("deribit", on="2023-05-01").contract("ETH-PERPETUAL").fee
    with pytest.raises(lp.DataError, match=r"only undated: size 1, as of 2024-10-16"):
        _ = lp.venue("bybit", on="2023-05-01").contract("BTCUSD").size


def test_a_figure_that_is_not_known_raises() -> None:
    contract = lp.venue("bybit", on="2024-12-01", unconfirmed=True).contract("ETHUSD")
    with pytest.raises(lp.DataError, match=r"maintenance of ETHUSD .* got not known\. Supply your own"):
        _ = contract.maintenance
    usdc = lp.venue("okx", on="2023-08-22", unconfirmed=True).contract("ETH", margin="USDC")
    with pytest.raises(lp.DataError, match=r"got known from 2023-08-23 on"):
        _ = usdc.maintenance
    with pytest.raises(AttributeError):
        _ = contract.nonsense


def test_a_newer_unconfirmed_figure_is_noted_and_not_used() -> None:
    contract = lp.venue("binance-usd-m", on="2025-01-01").contract("BTC")
    assert contract.maintenance == figure("binance-usd-m", "BTCUSDT", "maintenance", "2023-04-25").value
    (note,) = [n for n in contract.notes if n.startswith("maintenance")]
    assert "newer" in note
    assert "2024-04-30" in note
    assert note in contract.summary()


def test_a_table_ends_where_it_is_known() -> None:
    contract = lp.venue("bybit", on="2023-05-01").contract("BTCUSD")
    assert contract.maintenance.margin_at(150) == pytest.approx(0.75)
    with pytest.raises(lp.DataError, match="Supply the venue's whole table"):
        contract.maintenance.margin_at(151)


def test_figures_can_be_replaced() -> None:
    # A contract with figures that raise: replacing one must not ask for the others.
    contract = lp.venue("deribit", on="2023-05-01").contract("ETH", margin="USDC")
    own = lp.Progressive(brackets=(lp.Bracket(0, 0.005),), unit="ETH")
    mine = contract.supplied(maintenance=own)
    assert mine.maintenance is own
    assert mine.notes == ("maintenance: supplied by the user",)
    again = mine.supplied(fee=lp.Fee(taker=0.0005), size=1.0)
    assert (again.maintenance, again.fee.taker, again.size) == (own, 0.0005, 1.0)
    with pytest.raises(lp.DataError, match="initial"):
        _ = again.initial
    assert mine != contract
    assert all(isinstance(getattr(lp.Contract, name), property) for name in NAMES)
    with pytest.raises(lp.InputError, match="figures among size"):
        contract.supplied(sise=1.0)


def test_a_replaced_figure_is_no_longer_the_one_of_the_venue() -> None:
    contract = lp.venue("deribit", on="2023-05-01").contract("BTC-PERPETUAL")
    mine = contract.supplied(maintenance=lp.Proportional(rate=0.02))
    for c, used in ((contract, True), (mine, False)):
        table = c.table()
        assert table.used[table.figure == "maintenance"].tolist() == [used]
    assert "maintenance: supplied by the user" in mine.summary()


def test_contracts_are_values() -> None:
    contract = lp.venue("binance-coin-m", on="2023-05-01").contract("ETH")
    again = pickle.loads(pickle.dumps(contract))
    assert again == contract
    assert hash(again) == hash(contract)
    assert again.maintenance.margin_at(100) == contract.maintenance.margin_at(100)
    assert contract != "ETHUSD_PERP"
    with pytest.raises(dataclasses.FrozenInstanceError):
        contract.size = 1.0  # type: ignore[misc]


# ---- what a user sees


def test_the_table_shows_every_figure_flagged() -> None:
    venue = lp.venue("binance-usd-m", on="2023-05-01")
    table = venue.table()
    assert len(table) == sum(len(c.figures) for c in venue.contracts)
    rows = table[(table.contract == "BTCUSDT") & (table.figure == "maintenance")].set_index("seen")
    assert rows.used.tolist() == [False, False, False, True, False, False]
    assert rows.flag.tolist() == ["", "", "", "", "unconfirmed, undated", "unconfirmed, undated"]
    assert (table.source.str.len() > 0).all()
    assert table.used.groupby([table.contract, table.figure]).sum().max() == 1
    contract = venue.contract("BTC")
    assert len(contract.table()) == len(contract.figures)


def test_texts() -> None:
    venue = lp.venue("deribit", on="2023-05-01")
    assert "BTC-PERPETUAL, inverse perpetual margined in BTC" in str(venue)
    assert "0.01 + 5e-05 per BTC" in str(venue)
    assert "fee: not known, or not confirmed" in str(venue)
    assert "BTC_USDC-PERPETUAL" in repr(venue)
    assert repr(venue.contracts[0]) == "<Contract: deribit BTC-PERPETUAL on 2023-05-01>"
    assert "any size" in str(lp.venue("binance-coin-m", on="2023-05-01").contract("ETH"))
    assert dataclasses.replace(dated(1.0), value=lp.Proportional(rate=0.01)).words == "0.01"


# ---- refusals


def test_an_unknown_venue_names_the_nearest() -> None:
    with pytest.raises(lp.InputError, match=r"Did you mean binance-coin-m") as caught:
        lp.venue("binance-coinm", on="2023-05-01")
    assert "okx" in str(caught.value)
    with pytest.raises(lp.InputError, match="a venue among"):
        lp.venue("@@@@", on="2023-05-01")


def test_a_day_before_the_first_figure_is_refused() -> None:
    with pytest.raises(lp.DataError, match=r"a day from 2020-06-11 on for binance-coin-m; got 2020-06-10"):
        lp.venue("binance-coin-m", on="2020-06-10", unconfirmed=True)
    assert lp.venue("binance-coin-m", on="2020-06-11").contract("BTC").size == 100


@pytest.mark.parametrize("on", ["2023-13-01", "yesterday", 20230501, None])
def test_what_is_no_day_is_refused(on: Any) -> None:
    with pytest.raises(lp.InputError, match="a day"):
        lp.venue("okx", on=on)


HEAD = '[contracts.X]\nbase = "BTC"\nquote = "USD"\nmargin_token = "BTC"\ninverse = true\n'
SOURCE = 'source = "https://x"\nsince = 2023-01-01\n'
TABLE = '[[contracts.X.maintenance]]\nunit = "BTC"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [", "my.toml as TOML"),
        ("[contracts.X]\nbase = 'BTC'\n", "quote of X in my.toml"),
        (HEAD + "[[contracts.X.size]]\nvalue = 1\nsince = 2023-01-01\n", "a source for size of X in my.toml"),
        (HEAD + '[[contracts.X.size]]\nvalue = 1\nsource = " "\nsince = 2023-01-01\n', "size of X in my.toml"),
        (HEAD + '[[contracts.X.size]]\nvalue = 1\nsource = "https://x"\n', "a date for size.*size of X in my.toml"),
        (HEAD + '[[contracts.X.size]]\nvalue = 1\nsource = "https://x"\nsince = "May"\n', "since of size .* as a date"),
        (HEAD + "[[contracts.X.size]]\n" + SOURCE, "the value of size of X in my.toml"),
        (HEAD + "[[contracts.X.colour]]\nvalue = 1\n" + SOURCE, "got colour"),
        (HEAD + "[[every.colour]]\nvalue = 1\n" + SOURCE, "got colour"),
        (HEAD + "[[contracts.X.fee]]\nmaker = 0.1\n" + SOURCE, "the value of fee"),
        (HEAD + "[[contracts.X.fee]]\nmaker = 0.0\ntaker = 5\n" + SOURCE, "fee of X in my.toml"),
        (
            HEAD + TABLE + "progressive = [[0, 5, 0.004], [6, 10, 0.005]]\n" + SOURCE,
            "maintenance of X .*a gap: up to 5",
        ),
        (HEAD + TABLE + "flat = [[0, 5, 0.004], [4, 10, 0.005]]\n" + SOURCE, "maintenance of X .*an overlap: up to 5"),
        (HEAD + TABLE + "leverages = [[0, 5, 50], [5, 10, 100]]\n" + SOURCE, "rates that ascend"),
        (HEAD + TABLE + "progressive = [[0, 5, 0.004], [5, 10]]\n" + SOURCE, "maintenance of X in my.toml"),
    ],
)
def test_a_malformed_file_is_refused_with_file_and_figure(text: str, message: str) -> None:
    with pytest.raises(lp.DataError, match=message):
        read_listed(text, file="my.toml")


def test_a_file_of_every_kind_of_value() -> None:
    entries = (
        "[[every.fee]]\nmaker = -0.0001\ntaker = 0.0005\n" + SOURCE,
        HEAD,
        "[[contracts.X.initial]]\nrate = 0.02\n" + SOURCE,
        TABLE + "leverages = [[0, 5, 100], [5, 10, 50]]\n" + SOURCE,
    )
    (listed,) = read_listed("".join(entries), file="my.toml")
    values = {f.what: f.value for f in listed.figures}
    assert values["fee"] == lp.Fee(maker=-0.0001, taker=0.0005)
    assert values["initial"] == lp.Proportional(rate=0.02)
    assert values["maintenance"] == lp.Flat(brackets=(lp.Bracket(0, 0.01), lp.Bracket(5, 0.02)), unit="BTC", up_to=10)
