"""Calendar spreads against plain arithmetic: prices, P&L, ratios, break-evens, and a band by a second program."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import lpgreeks as lp
from lpgreeks.formulas import PRICE
from tests.tolerances import DIFFERENCES, ROUNDING

CENT = 0.01
LINEAR, INVERSE = ("BTC-USDT-210924", "BTC-USDT-SWAP"), ("BTC-USD-210924", "BTC-USD-SWAP")
NOON = np.datetime64("2021-09-01T12:00", "ns")
SIX_HOURS = np.timedelta64(6, "h")

PRICES = st.floats(1_000.0, 90_000.0)
SHARES = st.floats(-0.4, 0.4)


def quoted(name: str, bid: Any, ask: Any, times: Any = None, **more: Any) -> lp.ContractQuotes:
    """One contract's best prices: six hours apart unless said."""
    bid = np.atleast_1d(np.asarray(bid, dtype=float))
    if times is None:
        times = NOON + SIX_HOURS * np.arange(bid.size)
    return lp.ContractQuotes(
        contract=lp.contract_name(name), times=times, bid=bid, ask=ask, source="made by hand", **more
    )


def pair(names: tuple[str, str], far: tuple[Any, Any], near: tuple[Any, Any], **more: Any) -> lp.Spread:
    return lp.Spread(far=quoted(names[0], *far, **more), near=quoted(names[1], *near, **more))


# ---- prices, basis, depth


def test_far_less_near_on_the_right_sides() -> None:
    spread = pair(LINEAR, (49_100.0, 49_110.0), (49_000.0, 49_003.0))
    assert spread.sell[0] == 49_100 - 49_003 == 97
    assert spread.buy[0] == 49_110 - 49_000 == 110
    assert spread.mid[0] == 49_105 - 49_001.5
    assert spread.name == "BTC-USDT-210924 - BTC-USDT-SWAP"
    row = spread.table().iloc[0]
    assert (row.far, row.near, row.sell, row.buy) == ("BTC-USDT-210924", "BTC-USDT-SWAP", 97, 110)


def test_the_annual_basis_by_hand() -> None:
    spread = pair(LINEAR, (50_500.0, 50_500.0), (50_000.0, 50_000.0))
    # From noon of 1 September to 08:00 of 24 September.
    days = Fraction(22 * 24 + 20, 24)
    assert spread.days[0] == pytest.approx(float(days), rel=ROUNDING)
    assert spread.basis[0] == pytest.approx(0.01, rel=1e-9)
    assert spread.simple_per_year[0] == pytest.approx(float(Fraction(1, 100) * 365 / days), rel=1e-9)
    assert spread.log_per_year[0] == pytest.approx(math.log(1.01) * 365 / float(days), rel=ROUNDING)
    assert lp.simple_basis_per_year(101.0, 100.0, 36.5) == pytest.approx(0.1, rel=1e-9)
    assert lp.log_basis_per_year(math.e, 1.0, 365.0) == pytest.approx(1.0, rel=ROUNDING)


def test_days_between_two_deliveries() -> None:
    spread = pair(("BTC-USDT-211231", "BTC-USDT-210924"), ([100.0] * 3, [100.0] * 3), ([99.0] * 3, [99.0] * 3))
    assert spread.days.tolist() == [98.0] * 3


def test_depth_is_in_coins_and_the_lesser_of_two() -> None:
    sizes = {"bid_size": [7.0], "ask_size": [9.0]}
    linear = lp.Spread(
        far=quoted(LINEAR[0], 50_000.0, 50_010.0, contract_size=0.01, **sizes),
        near=quoted(LINEAR[1], 49_000.0, 49_010.0, contract_size=0.01, bid_size=[4.0], ask_size=[6.0]),
    )
    assert linear.sell_depth[0] == pytest.approx(0.06, rel=ROUNDING)  # far bid 7, near ask 6
    assert linear.buy_depth[0] == pytest.approx(0.04, rel=ROUNDING)  # far ask 9, near bid 4
    inverse = lp.Spread(
        far=quoted(INVERSE[0], 50_000.0, 50_010.0, contract_size=100.0, **sizes),
        near=quoted(INVERSE[1], 49_000.0, 49_010.0, contract_size=100.0, bid_size=[40.0], ask_size=[60.0]),
    )
    assert inverse.sell_depth[0] == pytest.approx(700 / 50_000, rel=ROUNDING)
    assert inverse.buy_depth[0] == pytest.approx(900 / 50_010, rel=ROUNDING)
    unknown = pair(LINEAR, (2.0, 3.0), (1.0, 2.0), bid_size=[1.0], ask_size=[1.0])
    assert np.isnan(unknown.sell_depth[0])


# ---- P&L


@given(st.tuples(*[PRICES] * 4), st.floats(0.01, 500.0), st.floats(0.0, 50.0))
def test_short_at_x_and_closed_at_y_earns_the_difference(
    prices: tuple[float, ...], quantity: float, half: float
) -> None:
    far0, near0, far1, near1 = prices
    now, later = (
        pair(LINEAR, (far - half, far + half), (near - half, near + half))
        for far, near in ((far0, near0), (far1, near1))
    )
    assert now.sold(quantity).opened_at == now.sell[0]
    exact = Fraction(quantity) * (Fraction(now.sell[0]) - Fraction(later.buy[0]))
    scale = quantity * max(prices)
    assert now.sold(quantity).closed(later) == pytest.approx(float(exact), abs=1e-13 * scale)
    bought = Fraction(quantity) * (Fraction(later.sell[0]) - Fraction(now.buy[0]))
    assert now.bought(quantity).closed(later) == pytest.approx(float(bought), abs=1e-13 * scale)


@given(st.tuples(*[PRICES] * 4), st.floats(100.0, 1e6))
def test_inverse_legs_pay_coins_by_the_closed_form(prices: tuple[float, ...], quantity: float) -> None:
    far0, near0, far1, near1 = prices
    position = pair(INVERSE, (far0, far0), (near0, near0)).sold(quantity)
    v_far, v_near = Fraction(position.far.quantity), Fraction(position.near.quantity)
    exact = v_far * (1 / Fraction(far0) - 1 / Fraction(far1)) + v_near * (1 / Fraction(near0) - 1 / Fraction(near1))
    found = position.closed(pair(INVERSE, (far1, far1), (near1, near1)))
    scale = abs(position.far.quantity / min(far0, far1)) + abs(position.near.quantity / min(near0, near1))
    assert found == pytest.approx(float(exact), abs=1e-14 * scale)
    assert position.token == "BTC"


def test_inverse_legs_by_a_published_example() -> None:
    # 1,000 USD long from 600 to 700 pay 0.238095 coins; a near leg that stands still pays none.
    position = pair(INVERSE, (600.0, 600.0), (500.0, 500.0)).bought(1_000.0)
    assert position.pnl(far=700.0, near=500.0) == pytest.approx(0.238095, abs=5e-7)


@pytest.mark.parametrize("quantity", [-1.0, 0.0, math.nan, "x", None, True])
def test_what_is_sold_is_positive(quantity: Any) -> None:
    """``sold(-1)`` bought at the bid."""
    spread = pair(LINEAR, (49_100.0, 49_110.0), (49_000.0, 49_003.0))
    for side in (spread.sold, spread.bought):
        with pytest.raises(lp.InputError, match="quantity"):
            side(quantity)


# ---- neutral ratios


def test_the_neutral_ratios_follow_from_the_formulas() -> None:
    far, near = sp.symbols("F N", positive=True)
    p = PRICE
    paid = {"inverse": lp.InversePerp.symbolic().base, "linear": lp.LinearPerp.symbolic().quote}
    ratios = {
        (kind, moves): sp.simplify(sensitivity.subs(p, near) / sensitivity.subs(p, far))
        for kind, worth in paid.items()
        for moves, sensitivity in (("parallel", sp.diff(worth, p)), ("proportional", p * sp.diff(worth, p)))
    }
    assert ratios["inverse", "proportional"] == far / near
    assert ratios["inverse", "parallel"] == (far / near) ** 2
    assert ratios["linear", "parallel"] == 1
    assert ratios["linear", "proportional"] == near / far
    at = {far: 51_000, near: 50_000}
    for (kind, moves), ratio in ratios.items():
        names = INVERSE if kind == "inverse" else LINEAR
        rule = lp.ParallelMoves() if moves == "parallel" else lp.ProportionalMoves()
        position = pair(names, (51_000.0, 51_000.0), (50_000.0, 50_000.0)).sold(1_000.0, rule)
        found = -position.far.quantity / position.near.quantity
        assert found == pytest.approx(float(ratio.subs(at)), rel=ROUNDING)


@given(PRICES, st.floats(-0.1, 0.1), SHARES)
def test_proportional_moves_leave_nothing(near: float, basis: float, share: float) -> None:
    far = near * (1 + basis)
    for names in (LINEAR, INVERSE):
        position = pair(names, (far, far), (near, near)).sold(1_000.0, lp.ProportionalMoves())
        scale = 1_000.0 * (far if names is LINEAR else 1 / far)
        assert position.after(lp.ProportionalMoves(), share) == pytest.approx(0.0, abs=1e-12 * scale)


@given(PRICES, st.floats(-0.1, 0.1), SHARES)
def test_parallel_moves_leave_the_residual_of_the_closed_form(near: float, basis: float, share: float) -> None:
    far, move = near * (1 + basis), share * near
    linear = pair(LINEAR, (far, far), (near, near)).sold(3.0)
    assert linear.after(lp.ParallelMoves(), move) == pytest.approx(0.0, abs=1e-12 * far)
    inverse = pair(INVERSE, (far, far), (near, near)).sold(1_000.0)
    # What is left is of second order: -V_near d^2 (F - N) / (N^2 (F + d)(N + d)) with far sold.
    f, n, d = Fraction(far), Fraction(near), Fraction(move)
    left = -(Fraction(1_000) * n**2 / f**2) * d**2 * (f - n) / (n**2 * (f + d) * (n + d))
    assert inverse.after(lp.ParallelMoves(), move) == pytest.approx(float(left), abs=1e-11 * 1_000 / near)


def test_each_ratio_leaves_the_other_move_open() -> None:
    spread = pair(INVERSE, (52_000.0, 52_000.0), (50_000.0, 50_000.0))
    parallel, proportional = spread.sold(10_000.0), spread.sold(10_000.0, lp.ProportionalMoves())
    assert abs(parallel.after(lp.ProportionalMoves(), 0.1)) > 1e-4
    assert abs(proportional.after(lp.ParallelMoves(), 5_000.0)) > 1e-4
    small = 1e-3
    slope = parallel.after(lp.ParallelMoves(), small) / small
    assert slope == pytest.approx(0.0, abs=DIFFERENCES * 10_000 / 50_000**2)


# ---- break-even


@pytest.mark.parametrize("names", [LINEAR, INVERSE])
@pytest.mark.parametrize("side", ["sold", "bought"])
@pytest.mark.parametrize("rate", [None, 1e-4, -2e-4])
def test_closing_at_the_break_even_leaves_nothing(names: tuple[str, str], side: str, rate: float | None) -> None:
    spread = pair(names, (50_600.0, 50_620.0), (50_000.0, 50_010.0))
    position = getattr(spread, side)(2.0 if names is LINEAR else 100_000.0)
    fee, days = Fraction(5, 10_000), 12
    found = position.break_even(
        spread, days=days, fee=lp.Fee(taker=5e-4), funding=None if rate is None else lp.Funding(rate=rate)
    )
    assert found.closed_at is not None
    short = position.far.quantity < 0
    near1 = Fraction(50_000 if short else 50_010)
    far0, near0 = (Fraction(leg.instrument.entry) for leg in (position.far, position.near))
    far1 = Fraction(found.closed_at) + near1
    q_far, q_near = (Fraction(leg.quantity) for leg in (position.far, position.near))
    linear = names is LINEAR
    gross = (
        q_far * (far1 - far0) + q_near * (near1 - near0)
        if linear
        else q_far * (1 / far0 - 1 / far1) + q_near * (1 / near0 - 1 / near1)
    )

    def value(price: Fraction) -> Fraction:
        return price if linear else 1 / price

    fees = fee * (abs(q_far) * (value(far0) + value(far1)) + abs(q_near) * (value(near0) + value(near1)))
    funding = -Fraction(rate or 0) * 3 * days * q_near * value(near1)
    scale = float(abs(q_far) * value(far0))
    assert float(gross - fees + funding) == pytest.approx(0.0, abs=1e-12 * scale)
    assert found.fees == pytest.approx(float(fees), rel=1e-9)
    assert found.funding == pytest.approx(float(funding), rel=1e-9)
    assert found.half_spreads == 15.0
    # It closes on the other side: the middle has to go one half-spread further than the price.
    assert found.closed_mid == pytest.approx(found.closed_at + (-15 if short else 15), rel=1e-9)


def test_a_break_even_without_costs_is_where_it_was_opened() -> None:
    spread = pair(LINEAR, (50_600.0, 50_600.0), (50_000.0, 50_000.0))
    found = spread.sold(1.0).break_even(spread, days=0, fee=lp.Fee(taker=0.0))
    assert (found.opened_at, found.closed_at, found.fees) == (600.0, pytest.approx(600.0), 0.0)


def test_a_dated_near_leg_pays_no_funding() -> None:
    names = ("BTC-USDT-211231", "BTC-USDT-210924")
    spread = pair(names, (101.0, 102.0), (99.0, 100.0))
    found = spread.sold(1.0).break_even(spread, days=20, fee=lp.Fee(taker=0.0), funding=lp.Funding(rate=1e-3))
    assert found.funding == 0.0


def test_a_holding_time_ends_with_the_nearer_delivery() -> None:
    spread = pair(LINEAR, (101.0, 102.0), (99.0, 100.0))
    short = spread.sold(1.0)
    assert short.break_even(spread, days=22.8, fee=lp.Fee(taker=0.0)).days == 22.8
    dated = pair(("BTC-USDT-211231", "BTC-USDT-210924"), (101.0, 102.0), (99.0, 100.0))
    for some in (spread, dated):
        for days in (22.9, 400, -1):
            with pytest.raises(lp.InputError, match=r"from 0 to the 22.8333 days left"):
                some.sold(1.0).break_even(some, days=days, fee=lp.Fee(taker=0.0))


SPREAD = pair(LINEAR, (101.0, 102.0), (99.0, 100.0))
SOLD = SPREAD.sold(1.0)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: lp.Spread(far=None, near=None), "the quotes of a contract; got None"),
        (lambda: SOLD.closed(None), "a spread at one stamp; got None"),
        (lambda: SOLD.break_even(None, days=1, fee=lp.Fee(taker=0.0)), "a spread at one stamp; got None"),
        (lambda: SOLD.break_even(SPREAD, days=1, fee=0.0005), "a fee; got 0.0005"),
        (lambda: SOLD.break_even(SPREAD, days=1, fee=lp.Fee(taker=0.0), funding=1e-4), "stated funding; got 0.0001"),
        (lambda: SPREAD.sold(1.0, "parallel"), "moves of both prices; got 'parallel'"),
        (lambda: SOLD.after("parallel", 1.0), "moves of both prices; got 'parallel'"),
        (lambda: lp.SpreadBand.on(None, size=1.0, entry=9.0, exit=5.0), "a spread; got None"),
        (lambda: lp.SpreadBand.on(SPREAD, size=1.0, entry=9.0, exit=5.0, moves="parallel"), "moves of both prices"),
        (lambda: lp.SpreadBand.on(SPREAD, size=1.0, entry=9.0, exit=5.0, close_from="soon"), "a time, UTC; got 'soon'"),
        (lambda: lp.SpreadBand.on(SPREAD, size=1.0, entry=9.0, exit=5.0, close_from=5), "a time, UTC; got 5"),
        (lambda: lp.SpreadBand(far=None, near=None, size=1.0, entry=9.0, exit=5.0), "a perpetual or a dated future"),
        (lambda: lp.replay_spread(None, None), "a spread; got None"),
        (lambda: lp.replay_spread(SPREAD, None), "a band of BTC/USDT:BTC-USDT-210924"),
        (lambda: lp.replay_spread(SPREAD, None, fee=5e-4), "a fee; got 0.0005"),
        (lambda: lp.replay_spread(SPREAD, None, funding=1e-4), "stated funding, or rates of a file; got 0.0001"),
        (lambda: lp.TermStructure(contracts=None), "contracts of one coin; got None"),
        (lambda: lp.ContractQuotes(contract="BTC-PERPETUAL", times=NOON, bid=1.0, ask=1.0, source="x"),
         "a contract's name taken apart; got 'BTC-PERPETUAL'"),
    ],
)  # fmt: skip
def test_what_is_no_spread_no_band_no_cost_is_one_clear_error(call: Any, said: str) -> None:
    with pytest.raises(lp.InputError, match=said):
        call()


# ---- which pairs, which stamps


def test_what_is_no_spread_is_refused() -> None:
    far, near = quoted(LINEAR[0], 2.0, 3.0), quoted(LINEAR[1], 1.0, 2.0)
    with pytest.raises(lp.InputError, match="far contract that is delivered after the near one"):
        lp.Spread(far=near, near=far)
    with pytest.raises(lp.InputError, match="a perpetual is near"):
        lp.Spread(far=far, near=far)
    with pytest.raises(lp.TokenError, match="one settlement token"):
        lp.Spread(far=quoted(INVERSE[0], 2.0, 3.0), near=near)
    with pytest.raises(lp.TokenError, match="one coin"):
        lp.Spread(far=quoted("ETH-USDT-210924", 2.0, 3.0), near=near)
    # It begins like an inverse contract and settles in dollars.
    with pytest.raises(lp.TokenError, match="BTC-USD_UM-SWAP with USD"):
        lp.Spread(far=quoted(INVERSE[0], 2.0, 3.0), near=quoted("BTC-USD_UM-SWAP", 1.0, 2.0))


def test_a_stamp_with_one_leg_is_left_out_counted_and_refused_when_asked_for() -> None:
    stamps = NOON + SIX_HOURS * np.arange(4)
    far = quoted(LINEAR[0], [101.0, 103.0, 104.0], [101.0, 103.0, 104.0], stamps[[0, 2, 3]])
    near = quoted(LINEAR[1], [100.0, 101.0, 102.0], [100.0, 101.0, 102.0], stamps[:3])
    spread = lp.Spread(far=far, near=near)
    assert spread.times.tolist() == stamps[[0, 2]].tolist()
    assert spread.mid.tolist() == [1.0, 1.0]
    assert "1 stamps of BTC-USDT-210924 without BTC-USDT-SWAP left out" in spread.notes
    assert spread.at("2021-09-02 01:00").mid.tolist() == [1.0]
    with pytest.raises(lp.DataError, match="BTC-USDT-210924 is missing there"):
        spread.at("2021-09-01 20:00")
    with pytest.raises(lp.DataError, match="BTC-USDT-SWAP is missing there"):
        spread.at("2021-09-03")
    with pytest.raises(lp.DataError, match="none before"):
        spread.at("2021-08-31")
    with pytest.raises(lp.DataError, match="none in common"):
        lp.Spread(far=far.rows(np.array([2])), near=near)
    curve = lp.TermStructure(contracts=(far, near))
    assert curve.missing(stamps[1]) == ("BTC-USDT-210924",)
    assert "Missing at this stamp, and so without a pair: BTC-USDT-210924" in curve.summary("2021-09-01 18:00")
    assert curve.to_dict("2021-09-01 18:00")["pairs"] == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"bid": 102.0, "ask": 101.0}, "1 crossed, the first at 2021-09-01"),
        ({"times": "2021-09-24T08:00"}, "before its delivery"),
        ({"bid": 0.0}, "positive and finite"),
        ({"bid": math.nan}, "positive and finite"),
        ({"bid_size": [-1.0]}, "bid_size of 0 or more"),
        ({"contract_size": 0.0}, "contract_size to be positive"),
        ({"times": "NaT"}, "in order"),
        ({"times": [NOON, NOON], "bid": [1.0, 1.0], "ask": [1.0, 1.0]}, "each once"),
        ({"bid": [100.0, 100.0]}, "for each of 1 times"),
    ],
)
def test_quotes_that_cannot_be_are_refused(more: dict[str, Any], said: str) -> None:
    given_ = {"bid": 100.0, "ask": 101.0, "times": NOON} | more
    with pytest.raises((lp.DataError, lp.InputError), match=said):
        lp.ContractQuotes(contract=lp.contract_name(LINEAR[0]), source="by hand", **given_)


def test_nouns_travel_and_stay_read_only() -> None:
    spread = pair(LINEAR, ([101.0, 102.0], [101.5, 102.5]), ([100.0, 100.0], [100.5, 100.5]))
    again = pickle.loads(pickle.dumps(spread))
    assert again.sell.tolist() == spread.sell.tolist()
    for array in (spread.far.bid, again.far.bid, again.far.times):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


# ---- the term structure


def curve_of_four() -> lp.TermStructure:
    stamps = NOON + SIX_HOURS * np.arange(3)
    quotes = [
        quoted(name, mid + np.arange(3.0) - 1, mid + np.arange(3.0) + 1, stamps)
        for name, mid in (("BTC-USD-211231", 51_000), ("BTC-USD-SWAP", 50_000), ("BTC-USD-210924", 50_500))
    ]
    return lp.TermStructure(contracts=(*quotes, quoted("BTC-USDT-210924", [50_400.0] * 3, [50_402.0] * 3, stamps)))


def test_every_pair_of_a_kind_at_every_stamp() -> None:
    curve = curve_of_four()
    table = curve.table()
    # Three inverse contracts make three pairs; the linear one has none of its kind.
    assert [p.name for p in curve.pairs] == [
        "BTC-USD-210924 - BTC-USD-SWAP",
        "BTC-USD-211231 - BTC-USD-SWAP",
        "BTC-USD-211231 - BTC-USD-210924",
    ]
    assert len(table) == 9
    for row in table.itertuples():
        mids = {"BTC-USD-211231": 51_000, "BTC-USD-SWAP": 50_000, "BTC-USD-210924": 50_500}
        k = (row.time.tz_localize(None).to_datetime64() - NOON) / SIX_HOURS
        assert row.sell == mids[row.far] - mids[row.near] - 2
        assert row.buy == mids[row.far] - mids[row.near] + 2
        perpetual = 50_000 + k
        assert row.far_basis == pytest.approx((mids[row.far] + k) / perpetual - 1, rel=1e-9)
        assert row.near_basis == pytest.approx((mids[row.near] + k) / perpetual - 1, rel=1e-9)
    assert len(curve.last()) == 3
    assert (curve.last("2021-09-01 12:00").time == pd.Timestamp(NOON, tz="UTC")).all()
    assert curve.spread("BTC-USD-211231", "BTC-USD-210924").mid.tolist() == [500.0] * 3
    with pytest.raises(lp.InputError, match="a contract that is quoted"):
        curve.spread("BTC-USD-211231", "BTC-PERPETUAL")
    with pytest.raises(lp.InputError, match="two or more contracts on one coin"):
        lp.TermStructure(contracts=curve.contracts[:1])
    with pytest.raises(lp.DataError, match="settle in one token"):
        lp.TermStructure(contracts=(quoted(INVERSE[1], 1.0, 1.0), quoted(LINEAR[0], 1.0, 1.0))).table()


def test_each_basis_is_over_the_perpetual_of_its_own_settlement() -> None:
    """Of two perpetuals in dollars the last stood for both."""

    def curve(*names: str) -> lp.TermStructure:
        return lp.TermStructure(contracts=[quoted(n, 100.0 + k, 100.0 + k) for k, n in enumerate(names)])

    names = ("BTC-USDT-SWAP", "BTC-USDC-SWAP", "BTC-USDT-210924", "BTC-USDC-211231")
    table = curve(*names).table().set_index(["far", "near"])
    assert table.loc[("BTC-USDT-210924", "BTC-USDC-SWAP"), "far_basis"] == pytest.approx(102 / 100 - 1)
    assert table.loc[("BTC-USDC-211231", "BTC-USDT-SWAP"), "far_basis"] == pytest.approx(103 / 101 - 1)
    assert table.loc[("BTC-USDC-211231", "BTC-USDT-210924"), "near_basis"] == pytest.approx(102 / 100 - 1)
    # A dollar token that has no perpetual of its own takes the only one, as tokens are counted.
    (alone,) = curve("BTC-USDT-SWAP", "BTC-USDC-211231").table()["far_basis"]
    assert alone == pytest.approx(101 / 100 - 1)
    with pytest.raises(lp.DataError, match="a perpetual that settles in USD, as BTC-USD_UM-210924 does; got those of"):
        curve("BTC-USDT-SWAP", "BTC-USDC-SWAP", "BTC-USD_UM-210924").table()
    with pytest.raises(lp.DataError, match="one perpetual that settles in USDT; got BTC-USDT-SWAP and BTCUSDT_PERP"):
        curve("BTC-USDT-SWAP", "BTCUSDT_PERP", "BTC-USDT-210924").table()


def test_pictures_show_what_they_say() -> None:
    curve = curve_of_four()
    ax = curve.plot()
    assert len([line for line in ax.lines if len(line.get_xdata()) == 3]) == 3
    assert ax.lines[0].get_ydata().tolist() == [500.0] * 3
    below = curve.plot_basis()
    days = float(curve.contracts[1].days[0])
    expected = 100 * math.log(50_500 / 50_000) * 365 / days
    assert below.lines[0].get_ydata()[0] == pytest.approx(expected, rel=1e-9)
    single = pair(LINEAR, ([101.0, 102.0], [101.5, 102.5]), ([100.0, 100.0], [100.5, 100.5])).plot()
    assert single.lines[0].get_ydata().tolist() == [0.5, 1.5]
    with pytest.raises(lp.InputError, match="two or more stamps to draw"):
        pair(LINEAR, (101.0, 102.0), (100.0, 100.5)).plot()
    plt.close("all")


def test_a_basis_beyond_the_axis_is_counted_on_the_picture() -> None:
    stamps = NOON + np.timedelta64(1, "h") * np.arange(300)
    near = np.full(300, 50_000.0)
    far = 50_500.0 + np.linspace(0.0, 50.0, 300)

    def said(mids: np.ndarray) -> list[str]:
        curve = lp.TermStructure(
            contracts=(quoted("BTC-USDT-SWAP", near, near, stamps), quoted("BTC-USDT-210924", mids, mids, stamps))
        )
        return [text.get_text() for text in curve.plot_basis().texts]

    # Both ends of a steady rise lie within the room that is left about its middle.
    assert said(far) == []
    spikes = far.copy()
    spikes[[5, 100]] = 60_000.0, 40_000.0
    assert said(spikes) == ["2 of 300 points lie beyond the axis"]
    plt.close("all")


# ---- bands


class Traded(NamedTuple):
    """One trade of the plain program: row, far, near, prices."""

    row: int
    far: float
    near: float
    far_price: float
    near_price: float


def plain(
    spread: lp.Spread, *, inverse: bool, entry: float, exit: float, size: float, add: float | None, most: int, last: int
) -> list[Traded]:
    """The band as a loop over raw prices that shares no code with it; near is sized against parallel moves."""
    far, near = spread.legs
    held, near_held, trades = 0, 0.0, []
    for i in range(len(spread)):
        sell, buy = far.bid[i] - near.ask[i], far.ask[i] - near.bid[i]
        short = entry > exit
        done = held and (i >= last or (buy <= exit if short else sell >= exit))
        if done:
            prices = (far.ask[i], near.bid[i]) if short else (far.bid[i], near.ask[i])
            trades.append(Traded(i, held * size * (1 if short else -1), -near_held, *prices))
            held, near_held = 0, 0.0
            continue
        beyond = sell - entry if short else entry - buy
        if i >= last or beyond < 0:
            continue
        wanted = min(most, 1 + (0 if add is None else int(beyond // add)))
        if wanted > held:
            prices = (far.bid[i], near.ask[i]) if short else (far.ask[i], near.bid[i])
            quantity = (wanted - held) * size
            against = quantity * ((prices[1] / prices[0]) ** 2 if inverse else 1.0)
            trades.append(Traded(i, -quantity if short else quantity, against if short else -against, *prices))
            near_held += trades[-1].near
            held = wanted
    return trades


def result_of(
    trades: Sequence[Traded], spread: lp.Spread, *, inverse: bool, fee: float, rate: float, hours: int
) -> tuple[Fraction, Fraction]:
    """P&L less fees, and funding, in the settlement token, exact; what is open is marked at the middle."""
    far, near = spread.legs
    legs = [(t.far, t.far_price, far.mid[-1]) for t in trades] + [(t.near, t.near_price, near.mid[-1]) for t in trades]
    total = Fraction(0)
    for quantity, price, end in legs:
        q, p, e = Fraction(quantity), Fraction(price), Fraction(end)
        total += q * (1 / p - 1 / e) if inverse else q * (e - p)
        total -= Fraction(fee) * abs(q) * (1 / p if inverse else p)
    funding = Fraction(0)
    step = np.timedelta64(hours, "h")
    epoch = np.datetime64("1970-01-01", "ns")
    due = epoch + step * ((spread.times[0] - epoch) // step + 1)
    while due <= spread.times[-1]:
        row = int(np.searchsorted(spread.times, due))
        held = sum(Fraction(t.near) for t in trades if t.row < row)
        mark = Fraction(near.mid[row])
        funding -= Fraction(rate) * held * (1 / mark if inverse else mark)
        due += step
    return total, funding


def walked(names: tuple[str, str], seed: int, n: int = 80) -> lp.Spread:
    """A coin that walks, and a far price whose distance from it swings."""
    rng = np.random.default_rng(seed)
    near = 50_000 * np.exp(np.cumsum(rng.normal(0.0, 5e-3, n)))
    far = near + 600 + 400 * np.sin(np.arange(n) / 6.0) + rng.normal(0.0, 40.0, n)
    return pair(names, (far - 3, far + 3), (near - 2, near + 2))


BANDS = [
    {"entry": 800.0, "exit": 500.0, "add": 60.0, "most": 4},
    {"entry": 800.0, "exit": 500.0, "add": None, "most": 1},
    {"entry": 400.0, "exit": 700.0, "add": 50.0, "most": 3},
]


@pytest.mark.parametrize("names", [LINEAR, INVERSE], ids=["linear", "inverse"])
@pytest.mark.parametrize("terms", BANDS, ids=["sold in steps", "sold", "bought in steps"])
@pytest.mark.parametrize("seed", range(3))
def test_a_band_is_the_plain_program(names: tuple[str, str], terms: dict[str, Any], seed: int) -> None:
    spread, inverse = walked(names, seed), names is INVERSE
    size, fee, rate = (20_000.0, 3e-4, 1e-4) if inverse else (0.5, 3e-4, 1e-4)
    band = lp.SpreadBand.on(spread, size=size, **terms)
    found = lp.replay_spread(spread, band, fee=lp.Fee(taker=fee), funding=lp.Funding(rate=rate))
    last = int(np.searchsorted(spread.times, np.datetime64("2021-09-23T08:00")))
    expected = plain(spread, inverse=inverse, size=size, last=last, **terms)
    trades = found.trades
    assert len(trades) == len(expected) > 3
    assert spread.times[[t.row for t in expected]].tolist() == trades.times.tolist()
    for name in ("far", "near"):
        for what in ("quantity", "price"):
            ours = getattr(trades, f"{name}_{what}")
            theirs = [getattr(t, name if what == "quantity" else f"{name}_price") for t in expected]
            assert ours == pytest.approx(theirs, rel=ROUNDING)
    pnl, funding = result_of(expected, spread, inverse=inverse, fee=fee, rate=rate, hours=8)
    price = float(spread.near.mid[-1]) if inverse else 1.0
    assert found.price == pytest.approx(price, rel=ROUNDING)
    assert found.net == pytest.approx(float(pnl + funding) * price, abs=CENT / 100)
    assert found.net_of_trades == pytest.approx(found.net, abs=CENT / 100)
    assert found.parts["funding"] == pytest.approx(float(funding), rel=1e-9)
    if not inverse:
        assert float(found.replayed.net[-1]) == pytest.approx(found.net, abs=CENT / 100)
    assert found.funded


def test_entry_and_exit_are_told_apart_on_the_picture() -> None:
    spread = walked(LINEAR, 1)
    result = lp.replay_spread(spread, lp.SpreadBand.on(spread, size=1.0, entry=800.0, exit=500.0))
    shown = {line.get_label(): line for line in result.plot().get_lines()}
    entry, exit_ = shown["entry, 800"], shown["exit, 500"]
    assert (entry.get_ydata()[0], exit_.get_ydata()[0]) == (800.0, 500.0)
    assert entry.get_color() != exit_.get_color()
    assert entry.get_linestyle() != exit_.get_linestyle()
    plt.close("all")


def test_a_ladder_by_hand() -> None:
    """Sold at 10, one more at 12 and one at 14 (in one jump), bought back at 5: 5 + 7 + 7 a coin, less fees."""
    mids = np.array([8.0, 10.0, 11.9, 9.0, 14.5, 13.0, 5.0, 4.0, 10.0])
    near = np.full(mids.size, 1_000.0)
    spread = pair(LINEAR, (near + mids, near + mids), (near, near))
    band = lp.SpreadBand.on(spread, size=2.0, entry=10.0, exit=5.0, add=2.0, most=3)
    found = lp.replay_spread(spread, band, fee=lp.Fee(taker=0.001), funding=lp.Funding(rate=0.0))
    trades = found.trades
    assert trades.far_quantity.tolist() == [-2.0, -4.0, 6.0, -2.0]
    assert trades.held.tolist() == [-2.0, -6.0, 0.0, -2.0]
    assert trades.near_quantity.tolist() == [2.0, 4.0, -6.0, 2.0]
    assert trades.spread == pytest.approx([10.0, 14.5, 5.0, 10.0])
    gross = 2 * (10 - 5) + 4 * (14.5 - 5)
    fees = 0.001 * (2 * 2_010 + 4 * 2_014.5 + 6 * 2_005 + 2 * 2_010)
    assert found.net == pytest.approx(gross - fees, abs=1e-9)
    assert found.held == -2.0
    assert "sold 3 times, closed once" in found.summary().replace("\n", " ")
    assert "2.00000 BTC still open" in found.summary()
    assert "INCOMPLETE" not in found.summary()


def test_pnl_without_funding_is_marked_incomplete() -> None:
    spread = walked(LINEAR, 1)
    band = lp.SpreadBand.on(spread, size=1.0, entry=800.0, exit=500.0)
    found = lp.replay_spread(spread, band)
    assert not found.funded
    assert "INCOMPLETE: without the funding of the perpetual" in found.summary()
    assert found.to_dict()["complete"] is False
    assert "INCOMPLETE" in repr(found)
    assert any("its P&L is incomplete" in note for note in found.notes)
    dated = walked(("BTC-USDT-211231", "BTC-USDT-210924"), 1)
    assert lp.replay_spread(dated, lp.SpreadBand.on(dated, size=1.0, entry=800.0, exit=500.0)).funded


def test_funding_from_a_file_is_that_of_the_near_leg() -> None:
    spread = walked(LINEAR, 2)
    band = lp.SpreadBand.on(spread, size=1.0, entry=800.0, exit=500.0)
    stated = lp.replay_spread(spread, band, funding=lp.Funding(rate=3e-4, hours=6))
    times = spread.times[1:]
    # Under the pair's plain name the far leg would come first.
    rates = lp.FundingRates(market="BTC/USDT", times=times, rates=np.full(times.size, 3e-4), source="by hand")
    assert lp.replay_spread(spread, band, funding=rates).net == pytest.approx(stated.net, abs=1e-9)
    assert stated.parts["funding"] < 0  # long of the near leg, which pays


def held_twice() -> tuple[lp.Spread, lp.SpreadBand]:
    """Sold at 6 h and closed at 30 h, sold again at 42 h and closed at 54 h; rows six hours apart from midnight."""
    mids = np.array([8.0, 12.0, 9.0, 9.0, 9.0, 4.0, 8.0, 12.0, 9.0, 4.0, 8.0, 8.0])
    stamps = np.datetime64("2021-09-01", "ns") + SIX_HOURS * np.arange(mids.size)
    near = np.full(mids.size, 1_000.0)
    spread = pair(LINEAR, (near + mids, near + mids), (near, near), times=stamps)
    return spread, lp.SpreadBand.on(spread, size=1.0, entry=10.0, exit=5.0)


def settled(hours: Sequence[float], market: str = "BTC/USDT:perp") -> lp.FundingRates:
    times = np.datetime64("2021-09-01", "ns") + (np.array(hours) * 3.6e12).astype("timedelta64[ns]")
    return lp.FundingRates(market=market, times=times, rates=np.full(times.size, 1e-4), source="by hand")


@pytest.mark.parametrize(
    ("hours", "missing"),
    [
        # Due while it was held: 8, 16, 24 of the first time, 48 of the second.
        (range(0, 72, 8), 0.0),
        ([8, 16, 24, 32, 40, 48], 0.0),
        ([8, 16, 24, 48], 0.0),  # nothing was held at 32 and 40
        ([8, 24, 32, 40, 48], 8.0),
        ([8, 16, 24, 32, 40], 8.0),  # it ends before 48
        ([16, 24, 32, 40, 48], 8.0),  # it begins after 8
        ([40.001, 48.001], 24.0),
        ([48], 24.0),
        ([6, 12, 18, 24, 30, 36, 42, 48, 54], 0.0),  # one at the opening is none of its own, one at the closing is
        ([6, 12, 18, 24, 36, 42, 48], 12.0),
    ],
)
def test_settlements_that_are_missing_while_it_was_held_are_counted(hours: Sequence[float], missing: float) -> None:
    spread, band = held_twice()
    found = lp.replay_spread(spread, band, funding=settled(hours))
    assert found.trades.times.tolist() == (spread.times[[1, 5, 7, 9]]).tolist()
    assert found.unfunded_hours == pytest.approx(missing, abs=1e-9)
    assert found.funded is (missing == 0)
    assert found.to_dict()["unfunded_hours"] == found.unfunded_hours
    warned = f"INCOMPLETE: without the funding of the perpetual for {missing:g} hours that it was held"
    assert (warned in " ".join(found.summary().split())) is bool(missing)


def test_without_any_funding_every_hour_held_is_missing() -> None:
    spread, band = held_twice()
    assert lp.replay_spread(spread, band).unfunded_hours == 24 + 12
    open_end = lp.SpreadBand.on(spread, size=1.0, entry=10.0, exit=-5.0)
    assert lp.replay_spread(spread, open_end).unfunded_hours == 60
    never = lp.SpreadBand.on(spread, size=1.0, entry=100.0, exit=5.0)
    assert lp.replay_spread(spread, never).funded


def test_funding_of_another_coin_or_of_no_perpetual_is_refused() -> None:
    spread, band = held_twice()
    with pytest.raises(lp.MarketError, match="a perpetual on BTC; got that of ETH/USDT"):
        lp.replay_spread(spread, band, funding=settled(range(0, 72, 8), market="ETH/USDT"))
    assert lp.replay_spread(spread, band, funding=settled(range(0, 72, 8), market="WBTC/USD")).funded
    dated = walked(("BTC-USDT-211231", "BTC-USDT-210924"), 1)
    band = lp.SpreadBand.on(dated, size=1.0, entry=800.0, exit=500.0)
    with pytest.raises(lp.InputError, match="no funding with two dated contracts"):
        lp.replay_spread(dated, band, funding=lp.Funding(rate=1e-4))


def test_a_band_closes_before_the_delivery() -> None:
    stamps = np.datetime64("2021-09-20T12:00", "ns") + SIX_HOURS * np.arange(15)
    near = np.full(stamps.size, 1_000.0)
    far = near + 12.0
    spread = lp.Spread(far=quoted(LINEAR[0], far, far, stamps), near=quoted(LINEAR[1], near, near, stamps))
    band = lp.SpreadBand.on(spread, size=1.0, entry=10.0, exit=5.0)
    found = lp.replay_spread(spread, band)
    assert found.trades.far_quantity.tolist() == [-1.0, 1.0]
    # The first stamp a day or less before 08:00 of the 24th.
    assert found.trades.times[1] == np.datetime64("2021-09-23T12:00")
    assert found.held == 0.0
    own = lp.SpreadBand.on(spread, size=1.0, entry=10.0, exit=5.0, close_from=np.datetime64("2021-09-22"))
    assert lp.replay_spread(spread, own).trades.times[1] == np.datetime64("2021-09-22T00:00")
    text = lp.SpreadBand.on(spread, size=1.0, entry=10.0, exit=5.0, close_from="2021-09-22")
    assert text == own
    late = lp.SpreadBand.on(spread, size=1.0, entry=10.0, exit=5.0, close_from=np.datetime64("2021-09-24T08:00"))
    with pytest.raises(lp.InputError, match="closes before the delivery"):
        lp.replay_spread(spread, late)


def test_what_the_legs_of_a_band_were_entered_at_is_read_by_nothing() -> None:
    spread = walked(INVERSE, 2)
    band = lp.SpreadBand.on(spread, size=20_000.0, entry=800.0, exit=500.0, add=60.0, most=4)
    far, near = (dataclasses.replace(leg, entry=price) for leg, price in ((band.far, 7.0), (band.near, 90_000.0)))
    other = dataclasses.replace(band, far=far, near=near)
    first, second = (
        lp.replay_spread(spread, b, fee=lp.Fee(taker=5e-4), funding=lp.Funding(rate=1e-4)) for b in (band, other)
    )
    assert first.to_dict() == second.to_dict()
    assert len(first.trades) > 3


def test_trades_beyond_the_depth_are_counted() -> None:
    mids = np.array([10.0, 5.0])
    far = quoted(LINEAR[0], 1_000 + mids, 1_000 + mids, contract_size=0.5, bid_size=[3.0, 9.0], ask_size=[9.0, 4.0])
    near = quoted(LINEAR[1], [1_000.0] * 2, [1_000.0] * 2, contract_size=0.5, bid_size=[9.0] * 2, ask_size=[9.0] * 2)
    spread = lp.Spread(far=far, near=near)
    for size, beyond in ((1.5, 0), (1.9, 1), (2.1, 2)):
        found = lp.replay_spread(spread, lp.SpreadBand.on(spread, size=size, entry=9.0, exit=6.0))
        assert found.beyond_depth == beyond


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"entry": 5.0, "exit": 5.0}, "would trade on every row"),
        ({"entry": 5.0, "exit": 4.0, "most": 2}, "add, the distance between steps"),
        ({"entry": 5.0, "exit": 4.0, "add": 0.0}, "add to be positive"),
        ({"entry": math.nan, "exit": 4.0}, "entry to be finite"),
        ({"entry": 5.0, "exit": 4.0, "size": -1.0}, "size to be positive"),
        ({"entry": 5.0, "exit": 4.0, "most": 0, "add": 1.0}, "most as a whole number"),
    ],
)
def test_bands_that_mean_nothing_are_refused(terms: dict[str, Any], said: str) -> None:
    spread = walked(LINEAR, 1, 4)
    with pytest.raises(lp.InputError, match=said):
        lp.SpreadBand.on(spread, **({"size": 1.0} | terms))


def test_a_band_is_of_the_spread_it_is_replayed_on() -> None:
    spread, other = walked(LINEAR, 1, 4), walked(INVERSE, 1, 4)
    band = lp.SpreadBand.on(other, size=1.0, entry=9.0, exit=5.0)
    with pytest.raises(lp.InputError, match="a band of BTC/USDT:BTC-USDT-210924"):
        lp.replay_spread(spread, band)
    with pytest.raises(lp.InputError, match="margined in one token"):
        lp.SpreadBand(far=band.far, near=lp.SpreadBand.on(spread, size=1.0, entry=9.0, exit=5.0).near,
                      size=1.0, entry=9.0, exit=5.0)  # fmt: skip
    with pytest.raises(lp.InputError, match="a spread at one stamp"):
        spread.sold(1.0)


# ---- the real set


@pytest.fixture(scope="module")
def marks(real_data: Path) -> Path:
    file = real_data / "deribit-futures-perp-2026-01_02" / "futures-vs-perp.parquet"
    if not file.is_file():
        pytest.skip("no deribit-futures-perp-2026-01_02")
    return file


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_every_pair_and_time_of_the_real_set(marks: Path, coin: str, capsys: pytest.CaptureFixture[str]) -> None:
    half = 1e-4
    curve = lp.TermStructure(contracts=lp.read_futures_marks(marks, half_spread=half, base=coin))
    raw = pd.read_parquet(marks)
    raw = raw[raw["asset"] == coin]
    counted = sum(math.comb(n + 1, 2) for n in raw.groupby("time").size())
    table = curve.table()
    assert len(table) == counted
    mark = {(t, i): p for t, i, p in zip(raw["time"], raw["instrument"], raw["snapshot_underlying_mark"], strict=True)}
    mark |= {(t, f"{coin}-PERPETUAL"): p for t, p in zip(raw["time"], raw["perp_price"], strict=True)}
    worst = 0.0
    for row in table.itertuples():
        far, near = mark[row.time, row.far], mark[row.time, row.near]
        worst = max(worst, abs(row.sell - (far * (1 - half) - near * (1 + half))))
        worst = max(worst, abs(row.buy - (far * (1 + half) - near * (1 - half))))
    assert worst < 1e-9 * raw["perp_price"].max()
    # The file's own basis over the perpetual, per year.
    against = table[table["near"] == f"{coin}-PERPETUAL"].merge(
        raw[["time", "instrument", "tte_days"]], left_on=["time", "far"], right_on=["time", "instrument"]
    )
    assert len(against) == len(raw)
    assert against["days"].to_numpy() == pytest.approx(against["tte_days"].to_numpy(), rel=1e-9)
    stale = int((raw["futures_minute_volume"] == 0).sum())
    assert sum(quotes.stale_rows for quotes in curve.contracts) == stale
    with capsys.disabled():
        print(f"\n{coin}: {len(curve.pairs)} pairs, {len(table):,} rows, largest difference {worst:.1e} USD; "
              f"{stale:,} of {len(raw):,} rows stale")  # fmt: skip


@pytest.mark.parametrize(
    ("names", "terms"),
    [
        (("BTC-27MAR26", "BTC-PERPETUAL"), {"entry": 950.0, "exit": 300.0, "add": 40.0, "most": 4}),
        (("BTC-26JUN26", "BTC-27MAR26"), {"entry": 1_150.0, "exit": 900.0, "add": 40.0, "most": 4}),
        (("ETH-26JUN26", "ETH-PERPETUAL"), {"entry": 50.0, "exit": 42.0, "add": 4.0, "most": 4}),
    ],
)
def test_a_real_band_is_the_sum_of_its_trades(
    marks: Path, names: tuple[str, str], terms: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    coin = names[0][:3]
    curve = lp.TermStructure(contracts=lp.read_futures_marks(marks, half_spread=1e-4, base=coin))
    spread = curve.spread(*names)
    fee, rate = 5e-4, 5e-5
    band = lp.SpreadBand.on(spread, size=10_000.0, **terms)
    perpetual = spread.near.contract.expiry is None
    stated = lp.Funding(rate=rate) if perpetual else None
    found = lp.replay_spread(spread, band, fee=lp.Fee(taker=fee), funding=stated)
    first = spread.far if perpetual else spread.near
    last = int(np.searchsorted(spread.times, first.delivery - np.timedelta64(1, "D")))
    expected = plain(spread, inverse=True, size=10_000.0, last=last, **terms)
    assert found.trades.times.tolist() == spread.times[[t.row for t in expected]].tolist()
    assert len(expected) >= 2
    pnl, funding = result_of(expected, spread, inverse=True, fee=fee, rate=rate if perpetual else 0.0, hours=8)
    assert found.net == pytest.approx(float(pnl + funding) * found.price, abs=CENT / 2)
    assert found.net_of_trades == pytest.approx(found.net, abs=CENT / 2)
    with capsys.disabled():
        print(f"\n{found.trades.table().shape[0]} trades: {found!r}, trade by trade {found.net_of_trades:,.2f}, "
              f"by hand {float(pnl + funding) * found.price:,.2f}")  # fmt: skip
