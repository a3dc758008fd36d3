"""Accounts, margin tables and costs: against exchanges' own pages, and against arithmetic without the library."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import lpgreeks as lp
from lpgreeks.errors import LPGreeksError
from lpgreeks.margin import Ends, Line, margin_of
from tests.tolerances import PRINTED_7, ROUNDING

CENT = 0.005 + 1e-9
"""Half a cent: an oracle printed to the cent."""

fewer = settings(max_examples=60)
"""Each example looks at many prices."""

HALF_PERCENT = lp.Proportional(rate=0.005)


def linear(entry: float, base: str = "BTC", quote: str = "USDT") -> lp.LinearPerp:
    return lp.LinearPerp(base=base, quote=quote, entry=entry)


def inverse(entry: float, base: str = "BTC", quote: str = "USD") -> lp.InversePerp:
    return lp.InversePerp(base=base, quote=quote, entry=entry)


def isolated(positions: lp.Exposure, collateral: float, maintenance: lp.Schedule = HALF_PERCENT, **more) -> lp.Account:
    """An account whose collateral is in the token that its contract is margined in."""
    (position,) = positions.positions
    token = position.instrument.margin_token
    return lp.Account(collateral=collateral, token=token, positions=positions, maintenance=maintenance, **more)


def table(kind: type[lp.Progressive] | type[lp.Flat], unit: str, *brackets: tuple[float, float]) -> lp.Schedule:
    return kind(brackets=tuple(lp.Bracket(floor, rate) for floor, rate in brackets), unit=unit)


# ======== 1. what exchanges print: each number stands on a page

# ---- P&L, in the margin token

PNL = [
    ("deribit, 1,000 USD long", 1_000 * inverse(600), 700, 0.238095, PRINTED_7),
    ("deribit, 1,000 USD short", -1_000 * inverse(600), 700, -0.238095, PRINTED_7),
    ("bybit, 1,000 contracts long", 1_000 * inverse(5_000), 5_500, 0.01818, 5e-6),
    ("short, price falls", -10_000 * inverse(2_000), 1_600, 1.25, ROUNDING),
    ("short, price rises", -10_000 * inverse(2_000), 2_500, -1.0, ROUNDING),
    ("linear short, price falls", -5 * linear(2_000), 1_600, 2_000, ROUNDING),
    ("linear short, price rises", -5 * linear(2_000), 2_500, -2_500, ROUNDING),
]


@pytest.mark.parametrize(("position", "price", "pnl", "digits"), [row[1:] for row in PNL], ids=[row[0] for row in PNL])
def test_pnl_of_the_pages(position: lp.Exposure, price: float, pnl: float, digits: float) -> None:
    token = position.positions[0].instrument.margin_token
    assert position.value(price, token) == pytest.approx(pnl, abs=digits)
    assert isolated(position, 2.5).equity(price) == pytest.approx(2.5 + pnl, abs=digits)


ENTRIES = [
    ("bybit, inverse", 1_000 * inverse(5_000) + 2_000 * inverse(6_000), 3_000, 5_625.0, 0),
    ("bybit, inverse short", -1_000 * inverse(5_000) - 2_000 * inverse(6_000), -3_000, 5_625.0, 0),
    ("okx, coin-margined", 10 * inverse(100_000) + 5 * inverse(80_000), 15, 92_307.69, CENT),
    ("okx, dollar-margined", 10 * linear(100_000) + 5 * linear(160_000), 15, 120_000, 0),
]


@pytest.mark.parametrize(("fills", "size", "entry", "digits"), [r[1:] for r in ENTRIES], ids=[r[0] for r in ENTRIES])
def test_average_entries_of_the_pages(fills: lp.Exposure, size: float, entry: float, digits: float) -> None:
    position = lp.averaged(fills)
    assert position.quantity == size
    assert position.instrument.entry == pytest.approx(entry, rel=ROUNDING, abs=digits)


# ---- margin tables

BTC_COIN = [(0, 0.004), (5, 0.005), (10, 0.01), (20, 0.025), (50, 0.05), (100, 0.1), (200, 0.125)]
BTC_COIN_OLD = [(0, 0.004), (10, 0.005), (20, 0.01), (30, 0.025), (50, 0.05), (100, 0.1), (200, 0.125)]
BTC_USDT = [(0, 0.004), (5e4, 0.005), (25e4, 0.01), (1e6, 0.025), (5e6, 0.05), (2e7, 0.1), (5e7, 0.125), (1e8, 0.15)]
ETH_USDT = [(0, 0.005), (1e4, 0.0065), (1e5, 0.01), (5e5, 0.02), (1e6, 0.05), (2e6, 0.1)]

BTC_TABLE, ETH_TABLE = (table(lp.Progressive, "USDT", *tiers) for tiers in (BTC_USDT, ETH_USDT))

DEDUCTIONS = [
    ("binance, BTCUSD", BTC_COIN, (0, 0.005, 0.055, 0.355, 1.605, 6.605, 11.605)),
    ("binance, BTCUSD before", BTC_COIN_OLD, (0, 0.01, 0.11, 0.56, 1.81, 6.81, 11.81)),
    ("binance, BTCUSDT", BTC_USDT, (0, 50, 1_300, 16_300, 141_300, 1_141_300, 2_391_300, 4_891_300)),
    ("binance, ETHUSDT", ETH_USDT, (0, 15, 365, 5_365, 35_365, 135_365)),
]


@pytest.mark.parametrize(("tiers", "cum"), [row[1:] for row in DEDUCTIONS], ids=[row[0] for row in DEDUCTIONS])
def test_deductions_of_the_pages(tiers: list[tuple[float, float]], cum: tuple[float, ...]) -> None:
    assert table(lp.Progressive, "BTC", *tiers).deductions == pytest.approx(cum, rel=ROUNDING)


XYZ = table(lp.Progressive, "XYZ", (0, 0.01), (10, 0.02), (20, 0.03))
DERIBIT_INITIAL = lp.LinearInSize(rate=0.02, slope=0.00005, unit="BTC")
DERIBIT = lp.LinearInSize(rate=0.01, slope=0.00005, unit="BTC")
USDC_PERP = linear(100_000, quote="USDC")

MARGINS = [
    ("bybit, 25 XYZ", 10_000 * inverse(400, "XYZ"), XYZ, 400, 0.45),
    ("bybit, 25 XYZ short", -10_000 * inverse(400, "XYZ"), XYZ, 400, 0.45),
    ("deribit, initial of 25 BTC", 25 * USDC_PERP, DERIBIT_INITIAL, 100_000, 53_125),
    ("deribit, maintenance of 25 BTC", -25 * USDC_PERP, DERIBIT, 100_000, 28_125),
    ("deribit, initial of 350 BTC", 350 * USDC_PERP, DERIBIT_INITIAL, 100_000, 1_312_500),
    ("deribit, maintenance of 25 BTC in coins", 2.5e6 * inverse(100_000), DERIBIT, 100_000, 0.28125),
    ("okx, 150 contracts of 100 USD", 15_000 * inverse(30_000), lp.Proportional(rate=0.004), 25_000, 0.0024),
    ("okx, 150 contracts of 0.01 BTC", 1.5 * linear(30_000), lp.Proportional(rate=0.004), 25_000, 150.0),
]


@pytest.mark.parametrize(
    ("position", "schedule", "mark", "margin"), [row[1:] for row in MARGINS], ids=[row[0] for row in MARGINS]
)
def test_margins_of_the_pages(position: lp.Exposure, schedule: lp.Schedule, mark: float, margin: float) -> None:
    assert isolated(position, 1.0, schedule).maintenance_margin(mark) == pytest.approx(margin, rel=ROUNDING)


# ---- liquidation and bankruptcy

BYBIT_LONG, BYBIT_SHORT = 60_000 * inverse(50_000), -60_000 * inverse(50_000)
WITH_FEE = lp.Proportional(rate=0.004 + 0.0005)
BYBIT_CROSS = {"closing_fee": 0.00075}

LIQUIDATIONS = [
    ("bybit until 2025, long", isolated(BYBIT_LONG, 0.12, fixed_at_entry=True), 45_662.10, CENT),
    ("bybit until 2025, short", isolated(BYBIT_SHORT, 0.12, fixed_at_entry=True), 55_248.62, CENT),
    ("bybit since, long", isolated(BYBIT_LONG, 0.12), 45_681.82, CENT),
    ("bybit since, short", isolated(BYBIT_SHORT, 0.12), 55_277.78, CENT),
    ("bybit, dollars, at entry", isolated(1 * linear(20_000), 400, fixed_at_entry=True), 19_700, 1e-9),
    ("bybit, dollars", isolated(1 * linear(20_000), 400), 19_698.49, CENT),
    ("bybit, cross", isolated(10_000 * inverse(8_000), 0.5, fixed_at_entry=True, **BYBIT_CROSS), 5_739.08, CENT),
    (
        "bybit, cross, to the tick",
        isolated(10_000 * inverse(8_000), 0.5, fixed_at_entry=True, tick=0.5, **BYBIT_CROSS),
        5_739.5,
        1e-9,
    ),
    ("binance, ETHUSDT", isolated(3_683.979 * linear(1_456.84, "ETH"), 1_535_443.01, ETH_TABLE), 1_114.78, CENT),
    ("binance, BTCUSDT", isolated(109.488 * linear(32_481.98), 1_535_443.01, BTC_TABLE), 18_778.73, CENT),
    # (1 + rate + fee) / (1 / E + M / N): the fee is charged on the value where it is liquidated.
    ("okx, with its fee", isolated(15_000 * inverse(30_000), 0.05, WITH_FEE), 15_000 * 1.0045 / 0.55, 1e-8),
]  # fmt: skip


@pytest.mark.parametrize(
    ("account", "price", "digits"), [row[1:] for row in LIQUIDATIONS], ids=[row[0] for row in LIQUIDATIONS]
)
def test_liquidations_of_the_pages(account: lp.Account, price: float, digits: float) -> None:
    assert account.liquidation_price == pytest.approx(price, abs=digits)
    assert [end for end in account.liquidation_prices() if end is not None] == [account.liquidation_price]


def test_bankruptcy_of_the_page() -> None:
    account = isolated(10_000 * inverse(8_000), 0.5, **BYBIT_CROSS)
    assert account.bankruptcy_price == pytest.approx(5_718.57, abs=CENT)
    assert account.bankruptcy_prices() == Ends(account.bankruptcy_price, None)


@pytest.mark.parametrize(
    ("market", "mark", "alone", "margin_of_other", "pnl_of_other", "price"),
    [
        ("ETH/USDT", 1_335.18, 1_114.78, 71_200.81144, -56_354.57, 1_153.26),
        ("BTC/USDT", 31_967.27, 18_778.73, 356_512.508, -448_192.89, 26_316.89),
    ],
)
def test_binance_cross(
    market: str, mark: float, alone: float, margin_of_other: float, pnl_of_other: float, price: float
) -> None:
    eth, btc = linear(1_456.84, "ETH"), linear(32_481.98)
    tables = {eth: ETH_TABLE, btc: BTC_TABLE}
    book = {"ETH/USDT": 3_683.979 * eth, "BTC/USDT": 109.488 * btc}
    wallet = {"collateral": 1_535_443.01, "token": "USDT", "maintenance": tables}
    cross = lp.Account(positions=sum(book.values(), lp.Portfolio()), **wallet)
    # The page gives the others' margin and P&L; these are the marks behind them.
    marks = {
        "ETH/USDT": 1_456.84 - 448_192.89 / 3_683.979,
        "BTC/USDT": 32_481.98 - 56_354.57 / 109.488,
    }
    assert marks[market] == pytest.approx(mark, abs=CENT)
    other = next(m for m in book if m != market)
    rest = lp.Account(positions=book[other], **wallet)
    assert rest.maintenance_margin(marks) == pytest.approx(margin_of_other, abs=CENT)
    assert rest.equity(marks) - rest.collateral == pytest.approx(pnl_of_other, abs=CENT)
    assert cross.liquidation_prices(marks, market=market) == Ends(pytest.approx(price, abs=CENT), None)
    assert lp.Account(positions=book[market], **wallet).liquidation_price == pytest.approx(alone, abs=CENT)


LEVERED = [
    # leverage, inverse long, linear long, linear short
    (1, 1_005.0, None, 3_980.0995),
    (2, 1_340.0, 1_005.0251, 2_985.0746),
    (5, 1_675.0, 1_608.0402, 2_388.0597),
    (10, 1_827.2727, 1_809.0452, 2_189.0547),
]


@pytest.mark.parametrize(("leverage", "coin_long", "long", "short"), LEVERED)
def test_liquidations_by_leverage(leverage: float, coin_long: float, long: float | None, short: float) -> None:
    accounts = {
        isolated(10_000 * inverse(2_000), 5 / leverage): coin_long,
        isolated(5 * linear(2_000), 10_000 / leverage): long,
        isolated(-5 * linear(2_000), 10_000 / leverage): short,
    }
    for account, price in accounts.items():
        assert account.leverage(2_000) == pytest.approx(leverage, rel=ROUNDING)
        assert account.liquidation_price == (None if price is None else pytest.approx(price, abs=5.1e-5))


@pytest.mark.parametrize("leverage", [1, 1.5, 2, 5, 10, 100])
def test_bankruptcies_by_leverage(leverage: float) -> None:
    """Where the collateral is gone: E l / (l + 1) and E l / (l - 1) in coins, E (1 -+ 1 / l) in dollars."""
    short = None if leverage == 1 else pytest.approx(2_000 * leverage / (leverage - 1), rel=ROUNDING)
    long = None if leverage == 1 else pytest.approx(2_000 * (1 - 1 / leverage), rel=ROUNDING)
    assert isolated(10_000 * inverse(2_000), 5 / leverage).bankruptcy_price == pytest.approx(
        2_000 * leverage / (leverage + 1), rel=ROUNDING
    )
    assert isolated(-10_000 * inverse(2_000), 5 / leverage).bankruptcy_price == short
    assert isolated(5 * linear(2_000), 10_000 / leverage).bankruptcy_price == long
    assert isolated(-5 * linear(2_000), 10_000 / leverage).bankruptcy_price == pytest.approx(
        2_000 * (1 + 1 / leverage), rel=ROUNDING
    )


@given(st.floats(1.01, 100), st.floats(-9, 9), st.floats(-6, 6))
@fewer
def test_coins_behind_a_short_take_one_off_its_leverage(leverage: float, price: float, size: float) -> None:
    """An inverse short at leverage l and its coins are a linear short at leverage l - 1 and its dollars."""
    entry, notional = 10.0**price, 10.0**size
    coins = isolated(-notional * inverse(entry), notional / entry / leverage)
    coins_short = notional / entry * (1 - 1 / leverage)
    dollars = isolated(-coins_short * linear(entry), notional / leverage)
    assert dollars.leverage(entry) == pytest.approx(leverage - 1, rel=1e-9)
    for ratio in (0.01, 0.5, 1.0, 1.1, 3.0, 100.0):
        mark = entry * ratio
        size_of_terms = notional * (1 + ratio)
        assert coins.equity(mark) * mark == pytest.approx(dollars.equity(mark), abs=ROUNDING * size_of_terms)
    # Near leverage 1 the price is a quotient of small differences.
    lost = 1e-13 * leverage / (leverage - 1)
    assert coins.bankruptcy_price == pytest.approx(dollars.bankruptcy_price, rel=max(ROUNDING, lost))


# ---- funding and fees


@pytest.mark.parametrize(
    ("premium", "binance", "deribit"),
    [
        (0.001, 0.0005, 0.00075),
        (0.0006, 0.0001, 0.00035),
        (0.0003, 0.0001, 0.00005),
        (0.00025, 0.0001, 0.0),
        (0.0, 0.0001, 0.0),
        (-0.0001, 0.0001, 0.0),
        (-0.0004, 0.0001, -0.00015),
        (-0.0006, -0.0001, -0.00035),
        (-0.001, -0.0005, -0.00075),
    ],
)
def test_funding_of_a_premium(premium: float, binance: float, deribit: float) -> None:
    assert lp.Funding.of_premium(premium, interest=0.0001, band=0.0005).rate == pytest.approx(binance, abs=1e-18)
    assert lp.Funding.of_premium(premium, band=0.00025).rate == pytest.approx(deribit, abs=1e-18)


@given(st.floats(-0.01, 0.01))
def test_funding_as_deribit_writes_it(premium: float) -> None:
    written = max(0.00025, premium) + min(-0.00025, premium)
    assert lp.Funding.of_premium(premium, band=0.00025).rate == pytest.approx(written, abs=1e-17)


def test_longs_pay_shorts() -> None:
    """0.075 % of 10,000 dollars every 8 hours, for a day; the same in the coins of an inverse contract."""
    funding = lp.Funding.of_premium(0.001, band=0.00025)
    assert funding.rate_per_year == pytest.approx(0.00075 * 3 * 365, rel=ROUNDING)
    assert funding.received(10_000, 1 / 365) == pytest.approx(-22.5, rel=ROUNDING)
    assert funding.received(-10_000, 1 / 365) == pytest.approx(22.5, rel=ROUNDING)
    hourly = lp.Funding(rate=0.0001, hours=1)
    assert hourly.received(-10_000 / 2_000, 1 / 365) == pytest.approx(5 * 0.0024, rel=ROUNDING)


def test_costs_of_an_order() -> None:
    fee = lp.Fee(taker=0.00055, maker=0.0002)
    assert fee.of(10_000 / 8_000) == pytest.approx(0.0006875, rel=ROUNDING)
    assert fee.of(-10_000 / 8_000) == fee.of(10_000 / 8_000)
    assert lp.Fee(taker=0.0005, maker=-0.0001).maker == -0.0001
    assert lp.Slippage(rate=0.0002).of(-50_000) == pytest.approx(10)
    assert lp.Gas(each=4).total == 8
    assert lp.Gas(each=4, transactions=3).total == 12


# ======== 2. laws, against arithmetic that knows nothing of the library


class Book(NamedTuple):
    """One position, and how its margin is asked for: rows of (floor, rate), or (rate, slope)."""

    coins: bool
    """Margined in coins."""
    quantity: float
    entry: float
    terms: str
    rows: tuple[tuple[float, float], ...]
    by_value: bool
    """The table counts the position's value, or its fixed size."""


def asked(terms: str, rows: Sequence[tuple[float, float]], size: float) -> float:
    """Margin of a size, in its own token."""
    if terms == "linear":
        rate, slope = rows[0]
        return (rate + slope * size) * size
    if terms == "flat":
        return size * [rate for floor, rate in rows if size > floor or floor == 0][-1]
    caps = [floor for floor, _ in rows[1:]] + [math.inf]
    return sum(rate * max(0.0, min(size, cap) - floor) for (floor, rate), cap in zip(rows, caps, strict=True))


def plain_excess(collateral: float, coins: bool, books: Sequence[Book], price: float) -> tuple[float, float]:
    """Equity less maintenance margin in the account's token, and the size of the terms it is the sum of."""
    total, size = collateral, collateral
    for b in books:
        held = abs(b.quantity)
        value = held / price if b.coins else held * price
        margin = asked(b.terms, b.rows, value) if b.by_value else asked(b.terms, b.rows, held) / held * value
        pnl = b.quantity * (1 / b.entry - 1 / price) if b.coins else b.quantity * (price - b.entry)
        terms = value + (held / b.entry if b.coins else held * b.entry)
        counted = 1.0 if b.coins == coins else price if b.coins else 1 / price
        total += counted * (pnl - margin)
        size += counted * terms
    return total, size


def schedule_of(book: Book) -> lp.Schedule:
    unit = "ETH" if book.coins == book.by_value else "USDC"
    if book.terms == "linear":
        ((rate, slope),) = book.rows
        return lp.LinearInSize(rate=rate, slope=slope, unit=unit)
    if book.terms == "proportional":
        return lp.Proportional(rate=book.rows[0][1])
    return table(lp.Flat if book.terms == "flat" else lp.Progressive, unit, *book.rows)


def contract_of(book: Book) -> lp.Margined:
    kind = lp.InversePerp if book.coins else lp.LinearPerp
    return kind(base="ETH", quote="USDC", entry=book.entry)


def account_of(collateral: float, coins: bool, books: Sequence[Book]) -> lp.Account:
    contracts = [contract_of(b) for b in books]
    return lp.Account(
        collateral=collateral,
        token="ETH" if coins else "USDC",
        positions=sum((b.quantity * c for b, c in zip(books, contracts, strict=True)), lp.Portfolio()),
        maintenance={c: schedule_of(b) for b, c in zip(books, contracts, strict=True)},
    )


@st.composite
def rows_of(draw: st.DrawFn, terms: str, size: float) -> tuple[tuple[float, float], ...]:
    """Brackets about a position of ``size``."""
    if terms == "linear":
        return ((draw(st.floats(0, 0.05)), draw(st.floats(1e-4, 0.1)) / size),)
    count = 1 if terms == "proportional" else draw(st.integers(1, 5))
    steps = draw(st.lists(st.floats(0.05, 1.0), min_size=count, max_size=count))
    rises = draw(st.lists(st.floats(0.001, 0.05), min_size=count, max_size=count))
    # Off round numbers: exactly on a floor a margin that jumps has two values.
    floors = [0.0, *(0.98765 * size * sum(steps[: k + 1]) for k in range(count - 1))]
    return tuple(zip(floors, [sum(rises[: k + 1]) for k in range(count)], strict=True))


@st.composite
def books(draw: st.DrawFn, mark: float, dollars: float, coins: bool, side: int) -> Book:
    terms = draw(st.sampled_from(["proportional", "progressive", "flat", "linear"]))
    by_value = draw(st.booleans())
    held = dollars * draw(st.floats(0.2, 1.0)) * (1 if coins else 1 / mark)
    size = (held / mark if coins else held * mark) if by_value else held
    rows = draw(rows_of(terms, size))
    return Book(coins, side * held, mark * draw(st.floats(0.8, 1.25)), terms, rows, by_value)


@st.composite
def accounts(draw: st.DrawFn, count: int) -> tuple[float, float, bool, list[Book]]:
    """A mark, collateral, whether that is coins, and positions; prices and sizes over 18 decades."""
    mark, dollars = 10.0 ** draw(st.floats(-9, 9)), 10.0 ** draw(st.floats(-6, 9))
    coins = draw(st.booleans())
    collateral = dollars / draw(st.floats(0.3, 15)) / (mark if coins else 1)
    # Of each kind and side one, so that none share brackets.
    kinds = draw(st.permutations([(True, 1), (True, -1), (False, 1), (False, -1)]))[:count]
    drawn = [draw(books(mark, dollars, *kind)) for kind in kinds]
    # A long and a short from one price are no two positions.
    assume(len({(b.coins, b.entry) for b in drawn}) == count)
    return mark, collateral, coins, drawn


def check_ends(ends: Ends, mark: float, excess: Callable[[float], tuple[float, float]]) -> None:
    """Above the margin between the mark and both ends, at it there, below it just beyond."""
    now, size = excess(mark)
    assume(abs(now) > 1e-9 * size)
    if now < 0:
        assert ends == (mark, mark)
        return
    for end, way in zip(ends, (-1, 1), strict=True):
        reach = mark * 1e6**way if end is None else end
        for k in range(40):
            left, size = excess(mark * (reach / mark) ** (k / 40))
            assert left >= -ROUNDING * size
        if end is None:
            continue
        assert (end - mark) * way >= 0
        near, beyond = excess(end * (1 - 1e-7 * way)), excess(end * (1 + 1e-7 * way))
        assert near[0] >= -ROUNDING * near[1]
        assert beyond[0] <= ROUNDING * beyond[1]
        at, size = excess(end)
        jumps = near[0] - beyond[0] > 1e-5 * size
        assert jumps or abs(at) <= ROUNDING * size


@pytest.mark.thorough
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_equity_is_the_margin_where_it_is_liquidated(count: int) -> None:
    """Isolated and cross; long and short in one market; coins behind linear and dollars behind inverse contracts."""

    @given(accounts(count))
    @fewer
    def holds(drawn: tuple[float, float, bool, list[Book]]) -> None:
        mark, collateral, coins, positions = drawn
        account = account_of(collateral, coins, positions)

        def excess(price: float) -> tuple[float, float]:
            return plain_excess(collateral, coins, positions, price)

        for price in (mark, 0.7 * mark, 1.3 * mark):
            left, size = excess(price)
            found = account.equity(price) - account.maintenance_margin(price)
            assert found == pytest.approx(left, abs=ROUNDING * size)
        check_ends(account.liquidation_prices(mark), mark, excess)

    holds()


@given(accounts(2), st.floats(-9, 9), st.floats(0.9, 1.1))
@fewer
def test_one_market_moves_while_the_others_stay(
    drawn: tuple[float, float, bool, list[Book]], price: float, moved: float
) -> None:
    """Cross over three markets: ETH and its basis in two of them, and BTC, all behind dollars."""
    mark, collateral, coins, (first, second) = drawn
    collateral *= mark if coins else 1.0
    btc_mark = 10.0**price
    btc = Book(False, -0.2 * collateral / btc_mark, btc_mark * moved, "proportional", ((0.0, 0.02),), True)
    contracts = [
        contract_of(first),
        type(contract_of(second))(base="ETH", quote="USDC", entry=second.entry, market="ETH/USDC:other"),
        lp.LinearPerp(base="BTC", quote="USDC", entry=btc.entry),
    ]
    parts = dict(zip(("ETH/USDC", "ETH/USDC:other", "BTC/USDC"), (first, second, btc), strict=True))
    account = lp.Account(
        collateral=collateral,
        token="USDC",
        positions=sum((b.quantity * c for b, c in zip(parts.values(), contracts, strict=True)), lp.Portfolio()),
        maintenance={c: schedule_of(b) for b, c in zip(parts.values(), contracts, strict=True)},
    )
    marks = {"ETH/USDC": mark, "ETH/USDC:other": mark * 1.001, "BTC/USDC": btc_mark}
    for market in marks:

        def excess(at: float, market: str = market) -> tuple[float, float]:
            prices = marks | {market: at}
            alone = [plain_excess(0.0, False, [b], prices[m]) for m, b in parts.items()]
            return collateral + sum(x for x, _ in alone), collateral + sum(s for _, s in alone)

        check_ends(account.liquidation_prices(marks, market=market), marks[market], excess)


@given(accounts(1), st.floats(-9, 9), st.floats(-9, 9))
@fewer
def test_liquidation_scales_with_price_and_size(
    drawn: tuple[float, float, bool, list[Book]], price: float, size: float
) -> None:
    """No price or size is special: in other units the same account ends at the same price."""
    mark, collateral, coins, (book,) = drawn
    p, q = 10.0**price / mark, 10.0**size
    in_coins = book.coins == book.by_value
    # Dollars grow by q, prices by p, coins by q / p.
    floors = q / p if in_coins else q
    rows = tuple((f * floors, r) if book.terms != "linear" else (f, r / floors) for f, r in book.rows)
    scaled = book._replace(quantity=book.quantity * (q if book.coins else q / p), entry=book.entry * p, rows=rows)
    ends = account_of(collateral, coins, [book]).liquidation_prices(mark)
    again = account_of(collateral * (q / p if coins else q), coins, [scaled]).liquidation_prices(mark * p)
    for one, other in zip(ends, again, strict=True):
        # Beyond 1e9 times the mark a price hangs on the last digits of what cancels.
        if one is not None and 1e-6 < one / mark < 1e6:
            assert other == pytest.approx(one * p, rel=1e-9)


# ---- one position, solved by hand


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("leverage", [1.5, 3.0, 20.0])
@pytest.mark.parametrize(("rate", "slope"), [(0.01, 0.00005), (0.0, 0.001), (0.02, 0.0004)])
def test_a_rate_that_grows_with_the_size_solves_its_quadratic(
    side: int, leverage: float, rate: float, slope: float
) -> None:
    """W + s N (1/E - x) = (r + k N x) N x, with x = 1 / P; and the same in dollars for a linear contract.

    Where its value grows, an account ends in profit as well: where the rate outgrows it.
    """
    notional, entry = 2.5e6, 100_000.0
    coins = notional / entry
    posted = coins / leverage
    a, b, c = slope * notional**2, notional * (rate + side), -(posted + side * coins)
    low, high = sorted((-b + sign * math.sqrt(b * b - 4 * a * c)) / (2 * a) for sign in (-1, 1))
    account = isolated(side * notional * inverse(entry), posted, lp.LinearInSize(rate=rate, slope=slope, unit="BTC"))
    expected = (1 / high, None) if side > 0 else (1 / high, 1 / low)
    assert_ends(account.liquidation_prices(), expected)
    assert_ends((account.liquidation_price,), (expected[0 if side > 0 else 1],))

    slope /= entry
    a, b, c = slope * coins**2, coins * (rate - side), -(posted * entry - side * notional)
    low, high = sorted((-b + sign * math.sqrt(b * b - 4 * a * c)) / (2 * a) for sign in (-1, 1))
    account = isolated(
        side * coins * linear(entry), posted * entry, lp.LinearInSize(rate=rate, slope=slope, unit="USDT")
    )
    assert_ends(account.liquidation_prices(), (low, high) if side > 0 else (None, high))


def assert_ends(found: Sequence[float | None], expected: Sequence[float | None], rel: float = 1e-11) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one == (None if other is None else pytest.approx(other, rel=rel))


@pytest.mark.parametrize(
    ("quantity", "posted", "bracket"),
    [(1e6, 6.0, 1), (1e6, 3.0, 0), (-1e6, 16.0, 0), (-1e6, 0.5, 0), (3e6, 45.0, 2)],
)
def test_a_bracket_that_changes_on_the_way(quantity: float, posted: float, bracket: int) -> None:
    """Each bracket's own formula; the one that counts is the one whose bracket holds the value at its price."""
    brackets, cum = [(0.0, 0.01), (25.0, 0.02), (100.0, 0.05)], (0.0, 0.25, 3.25)
    entry, side, notional = 50_000.0, math.copysign(1, quantity), abs(quantity)
    prices = [
        notional * (side + rate) / (posted + deduction + side * notional / entry)
        for (_, rate), deduction in zip(brackets, cum, strict=True)
    ]
    caps = (25.0, 100.0, math.inf)
    held = [k for k, price in enumerate(prices) if brackets[k][0] < notional / price <= caps[k]]
    assert held == [bracket]
    account = isolated(quantity * inverse(entry), posted, table(lp.Progressive, "BTC", *brackets))
    assert account.liquidation_price == pytest.approx(prices[bracket], rel=ROUNDING)


def test_a_short_is_liquidated_where_its_tier_jumps() -> None:
    """10 coins short from 1,000: at 1,200 equity is 300, the margin goes from 120 to 600."""
    tiers = table(lp.Flat, "USDT", (0, 0.01), (12_000, 0.05))
    account = isolated(-10 * linear(1_000), 2_300, tiers)
    assert account.liquidation_prices() == Ends(None, pytest.approx(1_200, rel=ROUNDING))
    assert account.maintenance_margin(1_200) == pytest.approx(120)
    assert account.maintenance_margin(1_200.01) == pytest.approx(600.005)


def test_a_tier_that_jumps_can_end_a_long_from_above() -> None:
    account = isolated(10 * linear(1_000), 100, table(lp.Flat, "USDT", (0, 0.005), (10_100, 0.05)))
    below = (10 * 1_000 - 100) / (10 * 0.995)
    assert account.liquidation_prices() == Ends(pytest.approx(below), pytest.approx(1_010))
    assert account.liquidation_price == account.liquidation_prices().below


def test_the_nearest_of_several_ends_counts() -> None:
    """Above a jump the margin is too high, right beyond it the account would live on, and end again later."""
    long = isolated(10 * linear(1_000), 700, table(lp.Flat, "USDT", (0, 0.005), (9_500, 0.05)))
    assert_ends(long.liquidation_prices(), (9_300 / 9.5, None))
    assert_ends(long.liquidation_prices(949), (9_300 / 9.95, 950))
    short = isolated(-10_000 * inverse(1_000), 0.7, table(lp.Flat, "BTC", (0, 0.005), (9.5, 0.05)))
    assert_ends(short.liquidation_prices(), (None, 9_500 / 9.3))
    assert_ends(short.liquidation_prices(1_054), (10_000 / 9.5, 9_950 / 9.3))


@pytest.mark.parametrize("free", [lp.Proportional(rate=0), table(lp.Flat, "BTC", (0, 0.0), (1e6, 0.1))])
@pytest.mark.parametrize("fixed", [False, True])
def test_no_margin_ends_where_the_collateral_does(free: lp.Schedule, fixed: bool) -> None:
    account = isolated(10_000 * inverse(2_000), 0.5, free, fixed_at_entry=fixed)
    assert account.maintenance_margin(1_900) == 0
    assert account.liquidation_price == account.bankruptcy_price == pytest.approx(2_000 * 10 / 11, rel=ROUNDING)


NEVER = [
    ("a short that its coins cover", -60_000 * inverse(50_000), 1.2, "BTC"),
    ("a short that more coins cover", -60_000 * inverse(50_000), 1.5, "BTC"),
    ("a linear short that coins cover", -1.2 * linear(50_000), 1.3, "BTC"),
    ("a long without leverage", 1.2 * linear(50_000), 60_000, "USDT"),
    ("a long and more cash", 1.2 * linear(50_000), 70_000, "USDT"),
]


@pytest.mark.parametrize(("positions", "collateral", "token"), [r[1:] for r in NEVER], ids=[r[0] for r in NEVER])
def test_never(positions: lp.Exposure, collateral: float, token: str) -> None:
    account = lp.Account(collateral=collateral, token=token, positions=positions, maintenance=HALF_PERCENT)
    assert account.liquidation_prices() == Ends(None, None)
    assert account.bankruptcy_prices() == Ends(None, None)
    assert account.liquidation_price is account.bankruptcy_price is None


@given(st.floats(0.01, 1e5), st.floats(1e-3, 1e4))
@fewer
def test_rounding_makes_no_liquidation_price(entry: float, size: float) -> None:
    """N / E and N * (1 / E) differ in the last digit; the short is covered all the same."""
    assert isolated(-size * inverse(entry), size / entry).liquidation_price is None
    assert isolated(size * linear(entry), size * entry).liquidation_price is None


def test_both_sides_of_a_book() -> None:
    """Long 10 from 1,900 and short 10 from 2,100: 2,000 locked in, less 0.5 % of both values."""
    long, short = linear(1_900, "ETH"), linear(2_100, "ETH")
    account = lp.Account(collateral=0, token="USDT", positions=10 * long - 10 * short, maintenance=HALF_PERCENT)
    assert account.equity(123) == account.equity(4_567) == 2_000
    assert account.notional(2_000) == 40_000
    assert account.leverage(2_000) == math.inf
    assert account.liquidation_prices(2_000) == Ends(None, pytest.approx(2_000 / (20 * 0.005), rel=ROUNDING))
    assert account.bankruptcy_prices(2_000) == Ends(None, None)


def test_a_book_that_ends_on_both_sides() -> None:
    """Long 10 and short 1 from 1,000 with 100 behind them; the long's margin jumps at 1,010. No entry to look from."""
    tiers = table(lp.Flat, "USDT", (0, 0.005), (10_100, 0.05))
    positions = 10 * linear(1_000) - 1 * linear(1_000.5)
    account = lp.Account(collateral=100, token="USDT", positions=positions, maintenance=tiers)
    below = (10_000 - 1_000.5 - 100) / (9 - 11 * 0.005)
    assert account.liquidation_prices(1_000) == Ends(pytest.approx(below), pytest.approx(1_010))
    assert_ends(account.bankruptcy_prices(1_000), ((10_000 - 1_000.5 - 100) / 9, None))
    with pytest.raises(lp.InputError, match="fills in one direction; got buys and sells"):
        _ = account.liquidation_price


def test_an_account_below_its_margin_ends_where_it_stands() -> None:
    for tick in (None, 7.0):
        account = isolated(1 * linear(2_000.3), 5, tick=tick)
        assert account.liquidation_prices(2_000.3) == Ends(2_000.3, 2_000.3)
        assert account.bankruptcy_prices(1_990) == Ends(1_990, 1_990)
    assert isolated(1 * linear(2_000.3), 5, tick=7.0).liquidation_price == pytest.approx(2_000.3, rel=ROUNDING)


@given(accounts(1), st.floats(-4, -1))
@fewer
def test_ticks_are_against_the_holder(drawn: tuple[float, float, bool, list[Book]], share: float) -> None:
    mark, collateral, coins, (book,) = drawn
    exact = account_of(collateral, coins, [book])
    tick = mark * 10.0**share
    rounded = lp.Account(**{k: getattr(exact, k) for k in exact.__dataclass_fields__} | {"tick": tick})
    for way, one, other in zip((-1, 1), exact.liquidation_prices(mark), rounded.liquidation_prices(mark), strict=True):
        if one is None or other in (None, mark):
            assert one is None or abs(one - mark) <= tick * (1 + 1e-9)
            continue
        assert -2e-9 * tick <= (one - other) * way < tick
        assert other / tick == pytest.approx(round(other / tick), abs=1e-6)


# ---- an account as a whole


def test_posted_collateral_is_exposure() -> None:
    coins = isolated(-10_000 * inverse(2_000, "ETH"), 5)
    dollars = isolated(-5 * linear(2_000, "ETH"), 10_000)
    assert coins.posted.quantity == 5
    assert coins.posted.delta(2_000) == 5
    assert (coins.posted + coins.positions).delta(2_000) == pytest.approx(0, abs=1e-14)
    assert (dollars.posted.value(2_000), dollars.posted.delta(2_000)) == (10_000, 0)


def test_fills_of_one_contract_share_its_brackets() -> None:
    """As one position: 3,000 contracts from 5,625, in the second bracket together, in the first one by one."""
    first, second = inverse(5_000), inverse(6_000)
    terms = {"collateral": 0.1, "token": "BTC", "maintenance": table(lp.Progressive, "BTC", (0, 0.01), (0.4, 0.1))}
    apart = lp.Account(positions=1_000 * first + 2_000 * second, **terms)
    together = lp.Account(positions=3_000 * inverse(5_625), **terms)
    assert apart.maintenance_margin(5_000) == pytest.approx(0.6 * 0.1 - 0.4 * 0.09, rel=ROUNDING)
    for figure in (lp.Account.equity, lp.Account.maintenance_margin, lp.Account.notional):
        assert figure(apart, 5_000) == pytest.approx(figure(together, 5_000), rel=ROUNDING)
    assert apart.liquidation_price == pytest.approx(together.liquidation_price, rel=ROUNDING)
    # A long and a short are two positions, each in its own brackets.
    hedged = lp.Account(positions=1_500 * first - 1_500 * second, **terms)
    assert hedged.maintenance_margin(5_000) == pytest.approx(2 * 0.3 * 0.01, rel=ROUNDING)
    # A schedule of the contract is its own whatever the entry.
    named = lp.Account(positions=apart.positions, **(terms | {"maintenance": {first: terms["maintenance"]}}))
    assert named.maintenance_margin(5_000) == apart.maintenance_margin(5_000)


def test_two_dollars_that_count_as_one_keep_their_price() -> None:
    """A market between two dollar tokens: collateral in the base is not collateral in the quote."""
    account = lp.Account(
        collateral=1, token="USDC", positions=-1 * linear(0.9, "USDC", "USDT"), maintenance=HALF_PERCENT
    )
    assert account.equity(0.8) == pytest.approx(1 + 0.1 / 0.8)
    assert account.maintenance_margin(0.8) == pytest.approx(0.005)
    assert account.notional(0.8) == pytest.approx(1)


def test_a_margin_fixed_at_entry_is_looked_up_there() -> None:
    tiers = lp.Progressive.from_tiers([(0, 1_000, 0.01), (1_000, 3_000, 0.05)], unit="USDT")
    short = isolated(-1 * linear(2_000), 5_000, tiers, fixed_at_entry=True)
    assert short.liquidation_price == pytest.approx(7_000 - 60, rel=ROUNDING)  # its value there is beyond the table
    with pytest.raises(lp.DataError, match="at most 3,000"):
        isolated(-1 * linear(2_000), 5_000, tiers).liquidation_prices()
    with pytest.raises(lp.DataError, match=r"at most 3,000.*got 20,000"):
        isolated(10 * linear(2_000), 19_900, tiers, fixed_at_entry=True).liquidation_prices()


def test_a_position_beyond_the_table_at_the_mark() -> None:
    """Its liquidation price lies inside the table; whether it is above its margin today is not known."""
    tiers = lp.Progressive.from_tiers([(0, 1_000, 0.01), (1_000, 3_000, 0.05)], unit="USDT")
    account = isolated(10 * linear(2_000), 19_500, tiers)
    for ask in (account.maintenance_margin, account.liquidation_prices):
        with pytest.raises(lp.DataError, match="at most 3,000, where the known margin table ends; got 20,000"):
            ask(2_000)
    assert account.liquidation_prices(300).below == pytest.approx(500 / 9.9)


@pytest.mark.parametrize("token", ["ETH", "USDC"])
@pytest.mark.parametrize(("coins", "dollars"), [(30_000, -12), (20_000, -12), (-20_000, 8), (10_000, 3), (-10_000, -3)])
def test_closing_at_bankruptcy_is_set_aside(token: str, coins: float, dollars: float) -> None:
    """Inverse and linear from 2,000 in one book: at its end it can pay the margin and its own closing."""
    positions = coins * inverse(2_000, "ETH", "USDC") + dollars * linear(2_000, "ETH", "USDC")
    posted = 1.0 if token == "ETH" else 2_000.0
    account = lp.Account(
        collateral=posted, token=token, positions=positions, maintenance=HALF_PERCENT, closing_fee=0.001
    )

    def counted(dollars_: float, price: float) -> float:
        return dollars_ / price if token == "ETH" else dollars_

    def equity(price: float) -> float:
        return posted + counted((coins / 2_000 + dollars) * (price - 2_000), price)

    def value(price: float) -> float:
        return counted(abs(coins) + abs(dollars) * price, price)

    (broke,) = (p for p in account.bankruptcy_prices(2_000) if p is not None)
    (end,) = (p for p in account.liquidation_prices(2_000) if p is not None)
    size = posted + value(2_000) + value(broke) + value(end)
    assert equity(broke) == pytest.approx(0.001 * value(broke), abs=ROUNDING * size)
    assert equity(end) == pytest.approx(0.005 * value(end) + 0.001 * value(broke), abs=ROUNDING * size)
    assert abs(math.log(end / 2_000)) < abs(math.log(broke / 2_000))


# ---- schedules

TABLE = st.sampled_from(["progressive", "flat", "linear"]).flatmap(
    lambda terms: st.tuples(st.just(terms), rows_of(terms, 1.0))
)


@given(TABLE, st.floats(-9, 9), st.floats(1e-6, 5.0))
@fewer
def test_margin_is_what_the_rows_say(
    drawn: tuple[str, tuple[tuple[float, float], ...]], scale: float, at: float
) -> None:
    terms, rows = drawn
    unit = 10.0**scale
    rows = tuple((f * unit, r) if terms != "linear" else (f, r / unit) for f, r in rows)
    schedule = schedule_of(Book(False, 1.0, 1.0, terms, rows, True))
    for size in (at * unit, *(f for f, _ in rows if f and terms != "linear")):
        assert schedule.margin_at(size) == pytest.approx(asked(terms, rows, size), rel=ROUNDING)
        assert schedule.rate_at(size) * size == pytest.approx(asked(terms, rows, size), rel=ROUNDING)
    assert schedule.margin_at(0) == 0


@given(rows_of("progressive", 1.0), st.floats(0.01, 3.0), st.floats(0.01, 3.0), st.floats(0, 1))
@fewer
def test_progressive_margin_has_no_jumps_and_is_convex(
    rows: tuple[tuple[float, float], ...], one: float, other: float, share: float
) -> None:
    schedule = table(lp.Progressive, "USDC", *rows)
    assert set(schedule.requirement.jumps) <= {0.0}
    for floor, _ in rows[1:]:
        step = schedule.margin_at(floor * (1 + 1e-9)) - schedule.margin_at(floor)
        assert 0 <= step <= 2e-9 * floor
    between = schedule.margin_at(share * one + (1 - share) * other)
    assert between <= share * schedule.margin_at(one) + (1 - share) * schedule.margin_at(other) + ROUNDING
    # What no recursion knows: the deduction is what the lower rates saved below each floor.
    for (floor, rate), deduction in zip(rows, schedule.deductions, strict=True):
        caps = [f for f, _ in rows[1:]] + [math.inf]
        saved = sum((rate - r) * (min(cap, floor) - f) for (f, r), cap in zip(rows, caps, strict=True) if f < floor)
        assert deduction == pytest.approx(saved, rel=1e-11, abs=1e-15)


def test_flat_margin_jumps_by_the_step_of_its_rate() -> None:
    schedule = table(lp.Flat, "BTC", (0, 0.004), (100, 0.005), (250, 0.01))
    assert schedule.requirement.jumps == pytest.approx((0.1, 1.25))
    assert [schedule.margin_at(v) for v in (100, 250)] == pytest.approx([0.4, 1.25])
    assert [schedule.margin_at(v) for v in (100.001, 250.001)] == pytest.approx([0.500005, 2.50001])
    assert schedule.tiers == (
        lp.Proportional(rate=0.004, unit="BTC", up_to=100),
        lp.Proportional(rate=0.005, unit="BTC", up_to=250),
        lp.Proportional(rate=0.01, unit="BTC"),
    )
    with pytest.raises(lp.InputError, match="it jumps between tiers"):
        schedule.lines()


@given(rows_of("progressive", 1.0), st.floats(0, 0.1), st.floats(1e-4, 0.1), st.floats(1e-6, 4.0))
@fewer
def test_the_highest_line_is_the_margin(
    rows: tuple[tuple[float, float], ...], rate: float, slope: float, size: float
) -> None:
    def highest(lines: Sequence[Line], at: float) -> float:
        return max(line.rate * at - line.deduction for line in lines)

    schedule = table(lp.Progressive, "ETH", *rows)
    for at in (size, *(f for f, _ in rows[1:])):
        assert highest(schedule.lines(), at) == pytest.approx(asked("progressive", rows, at), rel=1e-11)
    assert highest(lp.Proportional(rate=rate).lines(), size) == rate * size
    curve = lp.LinearInSize(rate=rate, slope=slope, unit="ETH")
    touching = (0.5, 1.0, size)
    for at in (0.0, *touching):
        assert highest(curve.lines(touching), at) == pytest.approx((rate + slope * at) * at, abs=1e-15)
    for at in (0.2, 0.8, 3.0, 5.0):
        assert highest(curve.lines(touching), at) <= (rate + slope * at) * at + 1e-15


@given(TABLE, st.floats(-6, 6), st.sampled_from([-2.0, -1.0, 0.5, 1.0, 3.0]), st.floats(-6, 6))
@fewer
def test_a_margin_of_a_power_of_the_price(
    drawn: tuple[str, tuple[tuple[float, float], ...]], coefficient: float, exponent: float, at: float
) -> None:
    """The requirement of c * P**a, and the same again undone."""
    terms, rows = drawn
    requirement = schedule_of(Book(False, 1.0, 1.0, terms, rows, True)).requirement
    c, price = 10.0**coefficient, 10.0**at
    size = c * price**exponent
    floors = [f for f, _ in rows if terms != "linear"]
    assume(all(abs(size - f) > 1e-9 * f for f in floors if f))
    composed = requirement.of_power(c, exponent)
    assert composed(price) == pytest.approx(asked(terms, rows, size), rel=1e-11)
    undone = composed.of_power(c ** (-1 / exponent), 1 / exponent)
    assert undone.kinks == pytest.approx(requirement.kinks, rel=1e-10)
    assert undone(size) == pytest.approx(asked(terms, rows, size), rel=1e-10)


def test_margin_as_a_function_of_the_price() -> None:
    """25 XYZ at 400: the brackets of 10 and 20 XYZ lie at 1,000 and 500, and hand over downwards."""
    margin = margin_of(XYZ, inverse(400, "XYZ"), -10_000)
    assert margin.kinks == pytest.approx((500, 1_000))
    assert [margin(p) for p in (2_000, 1_000, 800, 500, 400)] == pytest.approx([0.05, 0.1, 0.15, 0.3, 0.45])
    assert margin_of(XYZ, inverse(400, "XYZ"), 0.0)(400) == 0
    # Counted in dollars the same size never leaves its bracket.
    fixed = margin_of(table(lp.Progressive, "USD", (0, 0.01), (5_000, 0.02)), inverse(400, "XYZ"), -10_000)
    assert [fixed(p) for p in (200, 400)] == pytest.approx([50 * 0.015, 25 * 0.015])


def test_tiers_of_a_venue() -> None:
    rows = [(0, 50_000, 0.004), (50_000, 250_000, 0.005), (250_000, 1_000_000, 0.01)]
    for kind in (lp.Progressive, lp.Flat):
        read = kind.from_tiers(rows, unit="USDT")
        assert read == kind(brackets=tuple(lp.Bracket(f, r) for f, _, r in rows), unit="USDT", up_to=1_000_000)
        assert read.margin_at(1_000_000) > 0
        with pytest.raises(lp.DataError, match=r"at most 1,000,000.*got 1,000,001 \[USDT\]\. Supply the venue's"):
            read.margin_at(1_000_001)
    endless = lp.Progressive.from_tiers([*rows, (1_000_000, math.inf, 0.025)], unit="USDT")
    assert endless.margin_at(1e7) == pytest.approx(1e7 * 0.025 - 16_300)


# ---- fills


@given(
    st.booleans(),
    st.sampled_from([-1, 1]),
    st.floats(-9, 9),
    st.lists(st.tuples(st.floats(0.01, 100), st.floats(0.1, 10)), min_size=1, max_size=6),
    st.floats(0.05, 20),
)
@fewer
def test_fills_make_one_position(
    coins: bool, side: int, scale: float, fills: list[tuple[float, float]], at: float
) -> None:
    kind, price = (inverse if coins else linear), 10.0**scale
    made = sum((side * q * kind(price * e) for q, e in fills), lp.Portfolio())
    position = lp.averaged(made)
    total = sum(q for q, _ in fills)
    harmonic, mean = total / sum(q / e for q, e in fills), sum(q * e for q, e in fills) / total
    assert position.quantity == pytest.approx(side * total, rel=ROUNDING)
    assert position.instrument.entry == pytest.approx(price * (harmonic if coins else mean), rel=ROUNDING)
    mark = price * at
    assert position.value(mark) == pytest.approx(made.value(mark), abs=ROUNDING * total * (1 if coins else price) * 40)


# ======== 3. bad input: one clear error

PERP = linear(2_000, "ETH", "USDC")
COIN = inverse(2_000, "ETH", "USDC")
OTHER = linear(30_000, "BTC", "USDC")
SPOT = lp.Spot(base="ETH", quote="USDC")
MARKS = {"ETH/USDC": 2_000.0, "BTC/USDC": 30_000.0}


def account(**changes: object) -> lp.Account:
    arguments = {"collateral": 1e4, "token": "USDC", "positions": 2 * PERP, "maintenance": HALF_PERCENT}
    return lp.Account(**(arguments | changes))


def tiers(*rows: object) -> lp.Progressive:
    return lp.Progressive.from_tiers(rows, unit="USDC")


def progressive(*rows: tuple[float, float]) -> lp.Progressive:
    return table(lp.Progressive, "USDC", *rows)


def two(**changes: object) -> lp.Account:
    return account(positions=PERP + OTHER, **changes)


THIRD = table(lp.Progressive, "BTC", (0, 0.01))
ENDS_AT_3000 = lp.Progressive.from_tiers([(0, 3_000, 0.01)], unit="USDC")
IN_COINS = lp.Progressive.from_tiers([(0, 1, 0.01)], unit="ETH")
RATE, BAND, GAS = "a margin rate from 0 up to 1", "the band below 1", "gas of 0 or more"

BAD: list[tuple[str, Callable[[], object], type[LPGreeksError], str]] = [
    # ---- accounts
    ("negative collateral", lambda: account(collateral=-1), lp.InputError, "collateral of 0 or more; got -1 [USDC]"),
    ("nan collateral", lambda: account(collateral=math.nan), lp.InputError, "collateral to be finite"),
    ("endless collateral", lambda: account(collateral=math.inf), lp.InputError, "collateral to be finite"),
    ("text", lambda: account(collateral="1e4"), lp.InputError, "collateral as one finite number"),
    ("third token", lambda: account(token="BTC"), lp.TokenError, "collateral in USDC or ETH; got BTC. The price of"),
    ("no token", lambda: account(token=None), lp.TokenError, "token as a token's name; got None"),
    ("a list of tokens", lambda: account(token=["ETH"]), lp.TokenError, "token as a token's name; got ['ETH']"),
    ("coins of several", lambda: two(token="ETH"), lp.TokenError, "collateral in USDC; got ETH"),
    ("two quotes", lambda: account(positions=PERP + linear(1, "ETH", "EUR")), lp.TokenError, "one quote token"),
    ("spot", lambda: account(positions=SPOT), lp.InputError, "perpetuals in an account; got spot"),
    ("spot beside", lambda: account(positions=PERP + SPOT), lp.InputError, "got linear perpetual, spot"),
    ("no position", lambda: account(positions=lp.Portfolio()), lp.InputError, "got no position"),
    ("nothing of it", lambda: account(positions=0 * PERP), lp.InputError, "got no position"),
    ("a list", lambda: account(positions=[PERP]), lp.InputError, "A quantity of one: -12.5 * perp"),
    ("a number as schedule", lambda: account(maintenance=0.005), lp.InputError, "a maintenance schedule of LinearPerp"),
    ("a number by perp", lambda: account(maintenance={PERP: 0.005}), lp.InputError, "got 0.005. One of all positions"),
    ("no schedule", lambda: account(maintenance=None), lp.InputError, "a maintenance schedule of LinearPerp"),
    ("another's", lambda: account(maintenance={COIN: HALF_PERCENT}), lp.InputError, "a maintenance schedule of Linear"),
    ("third unit", lambda: account(maintenance=THIRD), lp.TokenError, "a schedule in USDC or ETH, the tokens of"),
    ("too large", lambda: account(maintenance=IN_COINS), lp.DataError, "a position of at most 1, where the known"),
    ("too large now", lambda: account(maintenance=ENDS_AT_3000).maintenance_margin(2_000), lp.DataError, "got 4,000"),
    ("fee of one", lambda: account(closing_fee=1), lp.InputError, "a closing_fee from 0 up to 1; got 1 [decimal]"),
    ("negative fee", lambda: account(closing_fee=-0.001), lp.InputError, "a closing_fee from 0 up to 1; got -0.001"),
    ("nan fee", lambda: account(closing_fee=math.nan), lp.InputError, "closing_fee to be finite"),
    ("no tick", lambda: account(tick=0), lp.InputError, "tick to be positive and finite; got tick=0 [quote per base]"),
    # ---- marks
    ("negative mark", lambda: account().equity(-1), lp.InputError, "mark to be positive and finite; got mark=-1"),
    ("nan mark", lambda: account().equity(math.nan), lp.InputError, "mark to be positive"),
    ("marks as text", lambda: account().notional("2000"), lp.InputError, "mark as one positive number"),
    ("marks as a list", lambda: account().leverage([2_000, 2_100]), lp.InputError, "mark as one positive number"),
    ("another's mark", lambda: account().equity({"BTC/USDC": 1}), lp.MarketError, "a price of ETH/USDC; got BTC/USDC"),
    ("one mark of two", lambda: two().equity(2_000), lp.MarketError, "a mark by market; got 2000. One each of ETH"),
    ("which market", lambda: two().liquidation_prices(MARKS), lp.MarketError, "one of the account's markets; got none"),
    ("other market", lambda: account().bankruptcy_prices(market="X"), lp.MarketError, "markets; got X. ETH/USDC"),
    ("no mark", lambda: two().liquidation_prices(market="ETH/USDC"), lp.InputError, "fills of one perpetual"),
    # ---- schedules
    ("rate of one", lambda: lp.Proportional(rate=1), lp.InputError, f"{RATE}; got 1 [decimal]. 0.5 % is 0.005"),
    ("percent", lambda: lp.Bracket(0, 2.5), lp.InputError, f"{RATE}; got 2.5"),
    ("negative rate", lambda: lp.Proportional(rate=-0.01), lp.InputError, f"{RATE}; got -0.01"),
    ("nan rate", lambda: lp.LinearInSize(rate=math.nan, slope=1, unit="ETH"), lp.InputError, "rate to be finite"),
    ("no slope", lambda: lp.LinearInSize(rate=0.1, slope=0, unit="ETH"), lp.InputError, "slope to be positive"),
    ("negative floor", lambda: lp.Bracket(-1, 0.01), lp.InputError, "a bracket's floor of 0 or more; got -1"),
    ("endless floor", lambda: lp.Bracket(math.inf, 0.01), lp.InputError, "a bracket's floor to be finite"),
    ("floors down", lambda: progressive((0, 0.01), (9, 0.02), (5, 0.03)), lp.InputError, "ascend; got 9, then 5"),
    ("rates down", lambda: progressive((0, 0.02), (9, 0.01)), lp.InputError, "rates that ascend with the size"),
    ("a late start", lambda: progressive((1, 0.01)), lp.InputError, "a first bracket that starts at 0"),
    ("no bracket", lambda: progressive(), lp.InputError, "a first bracket that starts at 0; got ()"),
    ("a list", lambda: lp.Flat(brackets=[lp.Bracket(0, 0.1)], unit="ETH"), lp.InputError, "brackets as a tuple"),
    ("no unit", lambda: table(lp.Flat, "", (0, 0.1)), lp.TokenError, "a schedule's unit as a token's name"),
    ("no end", lambda: lp.Proportional(rate=0.1, up_to=math.nan), lp.InputError, "up_to to be positive"),
    ("end as text", lambda: lp.Proportional(rate=0.1, up_to="9"), lp.InputError, "up_to as one positive number"),
    ("an early end", lambda: tiers((0, 5, 0.1), (5, 5, 0.2)), lp.InputError, "a table that ends above 5; got 5 [USDC]"),
    ("a gap", lambda: tiers((0, 5, 0.1), (6, 9, 0.2)), lp.InputError, "a gap: up to 5, then from 6 [USDC]"),
    ("an overlap", lambda: tiers((0, 5, 0.1), (4, 9, 0.2)), lp.InputError, "an overlap: up to 5, then from 4 [USDC]"),
    ("no rows", lambda: tiers(), lp.InputError, "a first bracket that starts at 0"),
    ("short rows", lambda: tiers((0, 0.1), (5, 0.2)), lp.InputError, "rows of three numbers: floor, cap, rate"),
    ("rows of text", lambda: tiers(("0", "5", "0.1")), lp.InputError, "rows of three numbers: floor, cap, rate"),
    ("a row without cap", lambda: tiers((0, None, 0.1), (5, 9, 0.2)), lp.InputError, "rows of three numbers"),
    ("one row", lambda: tiers(0, 5, 0.1), lp.InputError, "rows of three numbers: floor, cap, rate; got 0"),
    ("negative size", lambda: HALF_PERCENT.margin_at(-1), lp.InputError, "a size of 0 or more; got -1"),
    ("nan size", lambda: HALF_PERCENT.margin_at(math.nan), lp.InputError, "size to be finite"),
    ("size as text", lambda: HALF_PERCENT.margin_at("1"), lp.InputError, "size as one finite number"),
    ("rate of nothing", lambda: HALF_PERCENT.rate_at(0), lp.InputError, "size to be positive"),
    ("size beyond", lambda: ENDS_AT_3000.margin_at(3_001), lp.DataError, "the known margin table ends; got 3,001"),
    # ---- fills
    ("buys and sells", lambda: lp.averaged(PERP - linear(1, "ETH", "USDC")), lp.InputError, "A reduction realises P&L"),
    ("two kinds", lambda: lp.averaged(PERP + COIN), lp.InputError, "got inverse perpetual, linear perpetual"),
    ("two markets", lambda: lp.averaged(PERP + OTHER), lp.InputError, "fills of one perpetual"),
    ("coins", lambda: lp.averaged(SPOT), lp.InputError, "fills of one perpetual; got spot"),
    ("no fills", lambda: lp.averaged(lp.Portfolio()), lp.InputError, "fills of one perpetual; got none"),
    ("fills in a list", lambda: lp.averaged([PERP, PERP]), lp.InputError, "Add them: 1_000 * first + 2_000 * second"),
    # ---- costs
    ("fee in percent", lambda: lp.Fee(taker=5), lp.InputError, "the taker fee below 1; got 5 [decimal]. 0.05 %"),
    ("maker in percent", lambda: lp.Fee(taker=0.0005, maker=-2), lp.InputError, "the maker fee above -1; got -2"),
    ("negative taker", lambda: lp.Fee(taker=-0.0001), lp.InputError, "a taker fee of 0 or more; got -0.0001"),
    ("nan taker", lambda: lp.Fee(taker=math.nan), lp.InputError, "the taker fee to be finite"),
    ("slippage in percent", lambda: lp.Slippage(rate=1), lp.InputError, "slippage below 1; got 1 [decimal]"),
    ("negative slippage", lambda: lp.Slippage(rate=-0.001), lp.InputError, "slippage of 0 or more; got -0.001"),
    ("funding in percent", lambda: lp.Funding(rate=-1.5), lp.InputError, "a funding rate above -1; got -1.5"),
    ("funding never", lambda: lp.Funding(rate=0.0001, hours=0), lp.InputError, "hours to be positive"),
    ("premium in percent", lambda: lp.Funding.of_premium(2, band=0.1), lp.InputError, "the premium below 1; got 2"),
    ("band in percent", lambda: lp.Funding.of_premium(0.001, band=5), lp.InputError, f"{BAND}; got 5"),
    ("band upside down", lambda: lp.Funding.of_premium(0.001, band=-0.1), lp.InputError, "a band of 0 or more"),
    ("nan band", lambda: lp.Funding.of_premium(0.001, band=math.nan), lp.InputError, "the band to be finite"),
    ("negative gas", lambda: lp.Gas(each=-1), lp.InputError, f"{GAS}; got -1 [quote]"),
    ("nan gas", lambda: lp.Gas(each=math.nan), lp.InputError, "gas to be finite"),
    ("half a transaction", lambda: lp.Gas(each=1, transactions=1.5), lp.InputError, "transactions as a whole number"),
    ("fewer than none", lambda: lp.Gas(each=1, transactions=-1), lp.InputError, "transactions as a whole number"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "text"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_one_clear_error(call: Callable[[], object], kind: type[LPGreeksError], text: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert text in str(error)
    assert error.expected
    assert error.got
    assert str(error).startswith(f"expected {error.expected}; got {error.got}")
    assert error.remedy in str(error)
