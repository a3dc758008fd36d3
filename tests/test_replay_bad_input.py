"""What a replay does with tapes, positions and policies at the edge of what means anything, and beyond it."""

from __future__ import annotations

import math

import numpy as np
import pytest

import lpgreeks as lp
from tests.tapes import lively, pool, quotes, walk

P0 = 2_000.0
FINE = lp.Tape(quotes=quotes(walk(1, 60)))


def perp(**terms):
    return lp.Leg(lp.LinearPerp(base="ETH", quote="USDC", entry=P0), collateral="USDC", **terms)


def coin(**terms):
    return lp.Leg(lp.InversePerp(base="ETH", quote="USDC", entry=P0), collateral="ETH", **terms)


def managed(**more):
    return lp.ManagedRange(**{"base": "ETH", "quote": "USDC", "lower": 0.99, "upper": 1.01, "capital": 100_000} | more)


# ---- edges that mean something


def test_times_of_the_grid_inside_a_gap_show_the_last_row():
    whole = quotes(walk(1, 200))
    kept = np.r_[0:50, 120:200]
    own = lp.Quotes(market=whole.market, times=whole.times[kept], bid=whole.bid[kept], ask=whole.ask[kept], source="x")
    tape = lp.Tape(quotes=own)
    for policy in (lp.Keep() & lp.DeltaBand(0.1), lambda now: -now.delta):
        result = lp.replay(managed(), [perp()], tape, policy=policy, collateral=1e4, grid="10min")
        gap = result.rows == 49
        assert gap.sum() == 7
        assert np.unique(result.of_legs[gap, 0, 0]).size == 1
        assert result.of_legs[-1, 0, 0] == pytest.approx(result.trades.quantity.sum(), rel=1e-12)
        assert np.abs(result.residual).max() <= 1e-9 * result.capital


@pytest.mark.parametrize("after", [[2_000.0], [2_000.0, 2_001.0], [2_000.0, 2_001.0, 2_002.0]])
def test_a_price_that_leaves_within_a_moment_has_left(after):
    """However many swaps of the same block follow the one outside."""
    prices = np.array([2_000.0, 2_001.0, 2_100.0, *after, 2_003.0])
    times = quotes(np.ones(4)).times[[0, 1, *(2 for _ in range(1 + len(after))), 3]]
    result = lp.replay(managed(), None, lp.Tape(pool=pool(prices, times=times)), grid="1min")
    assert result.life.adds.row.size == 2
    assert result.life.adds.price[1] == after[-1]


def test_a_price_on_an_edge_is_in_range():
    out = 1_980.0
    tape = lp.Tape(pool=pool([P0, P0 * 0.99, P0 * 0.99, np.nextafter(P0 * 0.99, 0.0), out], quote_in=1e5))
    result = lp.replay(managed(), None, tape, grid="1min")
    assert result.life.adds.row.tolist() == [0, 3]


def test_time_in_range_is_that_of_the_price_that_was_shown():
    # In range for the first two minutes, and outside for the third; where the last row leads is not seen.
    tape = lp.Tape(pool=pool([P0, P0, 2_100.0, 2_100.0]))
    assert lp.replay(managed(on_exit=False), None, tape, grid="1min").time_in_range == pytest.approx(2 / 3)


def test_the_last_price_stands_to_the_end_of_the_tape():
    """Swaps in the first two minutes, and quotes for ten."""
    still = lp.Tape(
        quotes=quotes(np.full(11, P0)), pool=pool([P0, P0, P0], times=quotes(np.ones(12)).times[[0, 1, 11]])
    )
    assert still.swaps.row.size == 1
    assert lp.replay(managed(), None, still, grid="1min").time_in_range == 1.0
    # Left on the last row that the pool shows, after one minute of ten.
    prices = [P0, 2_100.0, 2_100.0]
    left = lp.Tape(quotes=quotes(np.full(11, P0)), pool=pool(prices, times=quotes(np.ones(12)).times[[0, 1, 11]]))
    assert lp.replay(managed(on_exit=False), None, left, grid="1min").time_in_range == pytest.approx(0.1)
    # Laid again there, it is in range for the rest.
    assert lp.replay(managed(), None, left, grid="1min").time_in_range == 1.0


@pytest.mark.parametrize("reach", [{"lows": 0.98}, {"highs": 1.02}])
def test_a_bar_that_closes_inside_has_left(reach):
    ends = {"lows": np.full(3, P0), "highs": np.full(3, P0)}
    for name, of_price in reach.items():
        ends[name][1] *= of_price
    result = lp.replay(managed(), None, lp.Tape(pool=pool([P0, P0, P0], **ends)), grid="1min")
    assert result.life.adds.row.tolist() == [0, 1]


def test_milliseconds_are_exact():
    """Nanoseconds since 1970 are not: floats have 256 of them between two neighbours."""
    n = 400
    for shift in range(1, 40, 3):
        times = np.datetime64("2024-03-01", "ns") + (np.arange(n) * 13 + shift).astype("timedelta64[ms]")
        mid = np.full(n, P0)
        own = lp.Quotes(market="ETH/USDC", times=times, bid=mid, ask=mid, source="made by hand")
        late = lp.Latency(np.timedelta64(13 * 7, "ms"))
        held = lp.Spot(base="ETH", quote="USDC") * 3.0
        trades = lp.replay(held, [perp()], lp.Tape(quotes=own), policy=lp.Keep() & late, grid=np.timedelta64(1, "s"))
        assert trades.trades.row.tolist() == [7]


def test_rounding_is_no_order():
    tape = lp.Tape(quotes=quotes(walk(5, 500)))
    result = lp.replay(managed(), [perp()], tape, policy=lp.DeltaBand(0.0), collateral=1e5, grid="1min")
    assert np.abs(result.trades.quantity).min() > 1e-9


def test_whole_lots_are_ordered_whole():
    held = lp.Spot(base="ETH", quote="USDC") * 0.3
    result = lp.replay(held, [perp(lot=0.1)], FINE, policy=lp.Keep())
    assert result.trades.quantity.tolist() == [pytest.approx(-0.3, rel=1e-12)]


def test_moves_below_a_lot_add_up_to_one():
    """What was too little to hedge is not forgotten: the reference stays at the last hedge."""
    rise = np.linspace(2_000.0, 2_015.0, 200)
    tape = lp.Tape(quotes=quotes(rise), pool=pool(np.concatenate([[2_000.0], rise[:-1]])))
    policy, position = lp.Dislocation(theta=0.0), managed()
    fine = lp.replay(position, [perp()], tape, policy=policy, grid="1min")
    whole = lp.replay(position, [perp(lot=1.0)], tape, policy=policy, grid="1min")
    assert fine.trades.quantity.max() < 1.0
    assert len(whole.trades) > 3
    assert 0 <= fine.of_legs[-1, 0, 0] - whole.of_legs[-1, 0, 0] < 1.0 + len(whole.trades) * fine.trades.quantity.max()


def test_a_lot_larger_than_any_order_is_said():
    result = lp.replay(managed(), [perp(lot=1e6)], FINE, policy=lp.DeltaBand(0.05))
    assert len(result.trades) == 0
    assert "lot" in result.summary()


def test_an_order_for_a_new_range_replaces_the_one_on_its_way():
    mid = np.array([2_000.0] * 3 + [2_030.0] * 2 + [2_061.0] * 8)
    tape = lp.Tape(quotes=quotes(mid))
    result = lp.replay(managed(), [perp()], tape, policy=lp.Keep() & lp.Latency("5min"), grid="1min")
    # Asked for on rows 0, 3 and 5; only the last one was not overtaken.
    assert result.life.adds.row.tolist() == [0, 3, 5]
    assert result.trades.row.tolist() == [10]
    assert result.of_legs[-1, 0, 0] == pytest.approx(-result.life.in_pool[0][-1], rel=1e-9)


def test_an_order_that_a_new_range_has_no_use_for_is_dropped():
    mid = np.array([2_000.0, 2_010.0, *[2_030.0] * 9])
    tape = lp.Tape(quotes=quotes(mid), pool=pool([2_000.0, 2_000.0, *[2_030.0] * 9]))
    policy = lp.Dislocation(theta=1e-3) & lp.Latency("5min")
    assert len(lp.replay(managed(), [perp()], tape, policy=policy, grid="1min").trades) == 0


def test_gas_that_eats_the_capital_ends_the_range():
    saw = np.where(np.arange(200) % 2, 2_050.0, 2_000.0)
    tape = lp.Tape(quotes=quotes(saw), gas=lp.Gas(each=3_000.0))
    result = lp.replay(managed(), [perp()], tape, policy=lp.Keep(), collateral=1e5, grid="1min")
    assert result.life.adds.scale[-1] == 0.0
    # Paid for by what was there, but for the removal that found too little; and nothing after the end.
    assert result.life.worth.min() > -3_000.0
    assert result.of_legs[-1, 0, 0] == 0.0
    assert "no longer paid" in result.summary()
    assert np.abs(result.residual).max() <= 1e-9 * result.capital


def test_funding_on_the_last_row_is_paid_and_on_the_first_is_not():
    own = quotes(np.full(10, P0))
    held = lp.Spot(base="ETH", quote="USDC") * 1.0
    for row, paid in ((9, 20.0), (0, None)):
        rates = lp.FundingRates(market="ETH/USDC", times=own.times[[row]], rates=np.array([0.01]), source="x")
        if paid is None:
            with pytest.raises(lp.DataError, match="inside the tape"):
                lp.Tape(quotes=own, funding=rates)
            continue
        result = lp.replay(held, [perp()], lp.Tape(quotes=own, funding=rates), policy=lp.Keep())
        assert result.attribution()["funding"] == pytest.approx(paid, rel=1e-12)


def test_liquidated_on_the_first_row_that_can_be():
    mid = np.array([2_000.0, 2_400.0, 2_400.0])
    leg = perp(maintenance=lp.Proportional(rate=0.01))
    held = lp.Spot(base="ETH", quote="USDC") * 10.0
    result = lp.replay(held, [leg], lp.Tape(quotes=quotes(mid)), policy=lp.Keep(), collateral=100.0, grid="1min")
    assert result.liquidated == (1,)
    assert result.net[-1] == pytest.approx(10 * 400.0 - 100.0, rel=1e-12)


def test_legs_of_one_account_share_it():
    own = (quotes(np.linspace(2_000, 2_400, 50)), quotes(np.linspace(2_000, 2_400, 50), market="ETH/USDC:perp"))
    near = lp.LinearPerp(base="ETH", quote="USDC", entry=P0)
    far = lp.LinearPerp(base="ETH", quote="USDC", entry=P0, market="ETH/USDC:perp")
    legs = [lp.Leg(x, collateral="USDC", account="one", maintenance=lp.Proportional(rate=0.01)) for x in (near, far)]
    held = lp.Spot(base="ETH", quote="USDC")

    def flat(now):
        return {near: 10.0, far: -10.0} if now.added else None

    result = lp.replay(held, legs, lp.Tape(quotes=own), policy=flat, collateral={"one": 500.0}, grid="1min")
    assert result.liquidated == (None,)
    assert result.attribution()["hedge"] == pytest.approx(0.0, abs=1e-9)


# ---- what means nothing


def no_number(said):
    return lambda _: said


OTHER = lp.LinearPerp(base="ETH", quote="USDC", entry=P0, market="ETH/USDC:other")

SAID = [
    math.nan,
    math.inf,
    "1.0",
    b"1",
    True,
    [1.0],
    (),
    {"ETH": 1.0},
    {OTHER: 1.0},
    {perp().instrument: "1"},
    1e308,
    -1e308,
    1e160,
    {perp().instrument: None},
    np.array([1.0, 2.0]),
    object(),
    1 + 1j,
]


@pytest.mark.parametrize("said", SAID, ids=repr)
def test_policies_that_say_nonsense(said):
    with pytest.raises(lp.LPGreeksError) as told:
        lp.replay(managed(), [perp()], FINE, policy=no_number(said), collateral=1e4)
    assert told.value.expected
    assert told.value.got


BAD = [math.nan, math.inf, -math.inf, -1.0, 0.0, "1", None, True, [1.0], object()]

MADE = {
    "capital": lambda x: managed(capital=x),
    "lower": lambda x: managed(lower=x),
    "upper": lambda x: managed(upper=x),
    "every": lambda x: managed(every=x if x is not None else "0h"),
    "deposits": lambda x: managed(deposits=x if x != 0.0 and x is not True else 7),
    "swap": lambda x: managed(swap=x if x is not None else 1.0),
    "band": lambda x: lp.DeltaBand(x if x != 0.0 else -0.1),
    "band in coins": lambda x: lp.DeltaBand(coins=x if x != 0.0 else -0.1),
    "schedule": lambda x: lp.Every(x),
    "move": lambda x: lp.PriceMove(x),
    "cap": lambda x: lp.ExposureCap(x),
    "latency": lambda x: lp.Latency(x if x != 0.0 else "-1s"),
    "maker": lambda x: lp.Maker(x if x != 0.0 else "-1s"),
    "theta": lambda x: lp.Dislocation(theta=x if x != 0.0 else -0.1),
    "theta_down": lambda x: lp.Dislocation(theta=1e-3, theta_down=x if x != 0.0 and x is not None else -0.1),
    "gap": lambda x: lp.Dislocation(theta=1e-3, gap=x if x != math.inf else 0.0),
    "min_gap": lambda x: lp.Dislocation(theta=1e-3, min_gap=x if x != 0.0 else -0.1),
    "dwell": lambda x: lp.Dislocation(theta=1e-3, dwell=x if x != 0.0 else -0.1),
    "ratio": lambda x: lp.Keep(ratio=x if x not in (0.0, -1.0) else math.nan),
    "what": lambda x: lp.Keep(x if x is not None else 1),
    "reserve": lambda x: lp.Reserve(amount=x),
    "trigger": lambda x: lp.Reserve(amount=1.0, trigger=x),
    "through": lambda x: lp.replay(managed(), [perp()], FINE, policy=lp.Keep() & lp.Through(x if x is not None else 1)),
    "position": lambda x: lp.replay(x, None, FINE),
    "hedge": lambda x: lp.replay(managed(), x if x is not None else 1, FINE),
    "legs": lambda x: lp.replay(managed(), [x], FINE),
    "tape": lambda x: lp.replay(managed(), None, x),
    "policy": lambda x: lp.replay(managed(), None, FINE, policy=x),
    "collateral": lambda x: lp.replay(
        managed(), [perp()], FINE, collateral=x if x != 0.0 and x is not None else "much", policy=lp.Keep()
    ),
    "reserves": lambda x: lp.replay(
        managed(), [perp()], FINE, collateral=1e4, reserve=x if x is not None else 1.0, policy=lp.Keep()
    ),
    "fees": lambda x: lp.replay(managed(), None, FINE, fees=x),
    "grid": lambda x: lp.replay(managed(), None, FINE, grid=x),
    "quotes": lambda x: lp.Tape(quotes=x),
    "pool": lambda x: lp.Tape(quotes=FINE.quotes, pool=x if x is not None else 1),
    "marks": lambda x: lp.Tape(quotes=FINE.quotes, marks=x if x is not None else 1),
    "funding": lambda x: lp.Tape(quotes=FINE.quotes, funding=x),
    "gas": lambda x: lp.Tape(quotes=FINE.quotes, gas=x if x is not None else 1),
    "gaps": lambda x: FINE.gaps(x),
}


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_what_is_no_such_thing(made, bad):
    with pytest.raises(lp.LPGreeksError) as told:
        MADE[made](bad)
    assert told.value.expected
    assert told.value.got


def test_tapes_and_plans_that_cannot_be():
    held = lp.UniswapV3.from_value(1e5, base="ETH", quote="USDC", price=P0, lower=1_800, upper=2_200)
    option = lp.Put(base="ETH", quote="USDC", strike=P0, years=7 / 365)
    other = lp.Put(base="BTC", quote="USDC", strike=1.0, years=7 / 365)
    lame = lp.Tape(quotes=quotes([P0, P0]), gas=lp.Gas(each=2e5))
    far = lp.Leg(lp.LinearPerp(base="BTC", quote="USDC", entry=3e4), collateral="USDC")
    cases = [
        (lambda: quotes([]), "quotes|rows|times"),
        (lambda: lp.Tape(quotes=quotes([P0])), "2 or more"),
        (lambda: lp.replay(managed(), [perp(lot=-1.0)], FINE), "lot"),
        (lambda: lp.replay(managed(), [perp()], FINE, reserve={"other": lp.Reserve(amount=1.0)}), "reserve"),
        (lambda: lp.replay(managed(), [perp()], FINE, collateral={"other": 1.0}), "collateral"),
        (lambda: lp.Latency(np.timedelta64(-1, "s")), "latency"),
        (lambda: lp.Maker(np.timedelta64("NaT")), "a span of time"),
        (lambda: lp.Every(np.timedelta64("NaT")), "span"),
        (lambda: managed(every=np.timedelta64(-1, "s")), "schedule"),
        (lambda: quotes([P0, math.nan]), "expected"),
        (lambda: quotes([P0, -1.0]), "expected"),
        (lambda: pool([P0, 0.0]), "expected"),
        (lambda: pool([P0, P0], liquidity=-1.0), "expected"),
        (lambda: pool([P0, P0], base_in=math.nan), "expected"),
        (lambda: lp.replay(managed(), None, lame), "gas"),
        (lambda: lp.replay(managed(), [option], FINE), "how many options"),
        (lambda: lp.replay(managed(), [far], FINE), "expected"),
        (lambda: lp.replay(managed(base="BTC"), None, FINE), "BTC/USDC"),
        (lambda: lp.replay(managed(base="BTC"), None, lp.Tape(pool=pool([P0, P0]))), "BTC/USDC"),
        (lambda: lp.replay(held + option, None, FINE), "without options"),
        (lambda: lp.OptionsAtAdd(option, 0.6, fee=3.0), "OptionFee"),
        (lambda: lp.replay(held, None, FINE, policy=lp.OptionsAtAdd(other, 0.6)), "BTC/USDC"),
        (lambda: lp.replay(held * -1.0, None, FINE), "worth something"),
        (lambda: lp.replay(managed(), None, FINE, grid="0s"), "grid"),
        (lambda: lp.replay(managed(), None, FINE, grid=np.timedelta64("NaT")), "a span of time"),
        (lambda: lp.replay(managed(), [perp(), coin()], FINE, collateral=1e4, policy=lp.Keep()), "account"),
        (lambda: lp.replay(managed(), None, FINE, grid="1s"), "grid"),
        (lambda: lp.replay(managed(), [lp.Leg(perp().instrument, collateral="ETH")], FINE, collateral=1.0), "token"),
    ]
    for act, word in cases:
        with pytest.raises(lp.LPGreeksError, match=word) as told:
            act()
        assert told.value.expected
        assert told.value.got


def test_a_stretch_is_named_as_one_of_quotes_is():
    result = lp.replay(managed(), [perp()], FINE, policy=lp.DeltaBand(0.05), grid="1min")
    whole = result.between()
    assert whole["net"] == pytest.approx(float(result.net[-1]), rel=1e-12)
    assert result.between("2023-01-01", "2023-01-02") == whole == result.between(result.times[0], result.times[-1])
    part = result.between("2023-01-01 00:10", "2023-01-01T01:20:00+01:00")
    assert part["net"] == float(result.net[20] - result.net[10])
    assert part == result.between(result.times[10], result.times[20])
    for first, last in ((5, None), (None, 5.0), ("soon", None), (np.datetime64("NaT"), None), (b"2023", None)):
        with pytest.raises(lp.InputError, match="a time, UTC"):
            result.between(first, last)
    for first, last in (("2024-01-01", None), ("2023-01-01 00:10", "2023-01-01 00:10"), ("2023-01-02", "2023-01-01")):
        with pytest.raises(lp.DataError, match="two or more times"):
            result.between(first, last)


def test_every_time_of_a_removal_is_utc():
    table = lp.replay(managed(), None, lp.Tape(pool=pool([P0, 2_100.0, 2_000.0])), grid="1min").removals()
    assert len(table) == 2
    assert str(table["added"].dt.tz) == str(table.index.tz) == "UTC"
    assert ((table.index - table["added"]) == np.timedelta64(60, "s")).all()


def test_what_did_not_move_has_no_share_removed():
    still = lp.replay(lp.Spot(base="ETH", quote="USDC") * 1.0, None, lp.Tape(quotes=quotes([P0] * 9)), grid="1min")
    text = " ".join(still.summary().split())
    assert "undefined of the value undefined of the value over holding" in text
    assert "nan%" not in text
    assert "% on the grid" in text


def test_the_price_of_another_dollar_is_named():
    assert "USDC counted as USDT" in lp.replay(managed(quote="USDT"), None, FINE).summary()


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("capital", [1e-6, 1e12])
def test_huge_and_tiny_numbers_stay_numbers(scale, capital):
    tape = lively(3, 150)
    own, swaps = tape.quotes[0], tape.pool
    tape = lp.Tape(
        quotes=lp.Quotes(market="ETH/USDC", times=own.times, bid=own.bid * scale, ask=own.ask * scale, source="x"),
        pool=pool(swaps.prices * scale, times=swaps.times, quote_in=1e3 * scale),
    )
    leg = perp(fee=lp.Fee(taker=5e-4), maintenance=lp.Proportional(rate=0.01))
    for policy in (lp.DeltaBand(0.02), lp.Dislocation(theta=1e-3)):
        result = lp.replay(managed(capital=capital), [leg], tape, policy=policy, collateral=capital, grid="1min")
        assert len(result.trades) > 3
        assert np.isfinite(result.equity).all()
        assert np.abs(result.residual).max() <= 1e-9 * result.capital
        assert result.summary()
