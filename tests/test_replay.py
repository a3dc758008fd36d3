"""A replay against closed forms, against a second program of each policy, and against what must hold on any tape."""

from __future__ import annotations

import math
import pickle
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lpgreeks as lp
from tests.tapes import clock, lively, pool, quotes, walk

P0 = 2_000.0
ROUNDING = 1e-9  # of capital: sums of a few thousand terms
HAIR = 1e-9  # of the price: a gap so near to a bound of a dislocation is on it


def perp(p0=P0, **terms):
    return lp.Leg(lp.LinearPerp(base="ETH", quote="USDC", entry=p0), collateral="USDC", **terms)


def coin(p0=P0, **terms):
    return lp.Leg(lp.InversePerp(base="ETH", quote="USDC", entry=p0), collateral="ETH", **terms)


def ranged(p0=P0, value=100_000.0):
    return lp.UniswapV3.from_value(value, base="ETH", quote="USDC", price=p0, lower=0.9 * p0, upper=1.1 * p0)


def managed(**more):
    return lp.ManagedRange(**{"base": "ETH", "quote": "USDC", "lower": 0.99, "upper": 1.01, "capital": 100_000} | more)


TERMS = {
    "fee": lp.Fee(taker=5e-4, maker=1e-4),
    "slippage": lp.Slippage(rate=1e-4),
    "maintenance": lp.Proportional(rate=0.005),
}


# ---- limits


def test_without_fees_funding_and_hedge_it_is_the_closed_form():
    mid = walk(1, 500)
    tape = lp.Tape(quotes=quotes(mid))
    for position in (ranged(mid[0]), lp.UniswapV2.from_value(1e5, base="ETH", quote="USDC", price=mid[0])):
        result = lp.replay(position, None, tape, grid="1min")
        # The last row of the grid is the last of the tape, however it is reached.
        assert result.equity == pytest.approx(position.value(tape.rows.pool[result.rows]), rel=1e-12)
        assert np.abs(result.residual).max() <= ROUNDING * result.capital


def test_held_it_is_the_static_plan():
    mid = walk(2, 300)
    tape = lp.Tape(quotes=quotes(mid))
    position = ranged(mid[0])
    week = lp.Lognormal(price=mid[0], volatility=0.65, years=7 / 365)
    legs = [
        perp(mid[0], maintenance=lp.Proportional(rate=0.005)),
        coin(mid[0], maintenance=lp.Proportional(rate=0.005)),
    ]
    within = [lp.MaxLeverage(3), lp.NoLiquidation(over=(0.5 * mid[0], 2 * mid[0]))]
    for offered in ([legs[0]], [legs[1]]):
        plan = lp.hedge(position, offered, week, objective=lp.Variance(lp.Value("USDC")), constraints=within)
        result = lp.replay(position, plan, tape)
        exact = plan.total.value(float(mid[-1])) - plan.total.value(float(mid[0]))
        assert result.net[-1] == pytest.approx(exact, abs=ROUNDING * result.capital)
        assert len(result.trades) == 1


def step_law(volatility, years, n):
    """Mean and variance of a discretely hedged constant-product position, of its value. Source: the papers' O8."""
    w = volatility**2 * years / n
    m1, q = 2 - 2 * math.exp(-w / 8), math.exp(-w / 8)
    m2 = math.exp(w) - 4 * math.exp(3 * w / 8) + 6 - 4 * math.exp(-w / 8) + 1
    c = math.exp(3 * w / 8) - 2 + math.exp(-w / 8)
    mean = -0.5 * m1 * (1 - q**n) / (1 - q)
    cross = sum((n - d) * q ** (d - 1) for d in range(1, n))
    return mean, math.sqrt(0.25 * (n * m2 + 2 * c * m1 * cross) - mean**2)


def test_discretely_hedged_constant_product():
    volatility, years, n, paths = 0.8, 30 / 365, 30, 600
    mean, sd = step_law(volatility, years, n)
    # The figures as published.
    assert mean == pytest.approx(-0.0065537722, abs=5e-11)
    assert sd == pytest.approx(1.7617712e-3, abs=5e-11)
    rng = np.random.default_rng(5)
    w = volatility**2 * years / n
    moves = rng.normal(-w / 2, math.sqrt(w), (paths, n))
    ends = []
    for path in P0 * np.exp(np.concatenate([np.zeros((paths, 1)), np.cumsum(moves, axis=1)], axis=1)):
        position = lp.UniswapV2.from_value(1.0, base="ETH", quote="USDC", price=P0)
        tape = lp.Tape(quotes=quotes(path, seconds=86_400))
        result = lp.replay(position, [perp()], tape, policy=lp.DeltaBand(coins=0.0), grid="1D")
        # Each path to the last digits: a step loses L sqrt(S) (sqrt(g) - 1)^2.
        roots = np.sqrt(path)
        lost = position.liquidity * roots[:-1] * (roots[1:] / roots[:-1] - 1) ** 2
        assert result.net[-1] == pytest.approx(-lost.sum(), abs=1e-12)
        ends.append(result.net[-1])
    ends = np.array(ends)
    assert abs(ends.mean() - mean) < 4 * sd / math.sqrt(paths)
    kurtosis = ((ends - ends.mean()) ** 4).mean() / ends.var() ** 2
    assert abs(ends.var(ddof=1) / sd**2 - 1) < 4 * math.sqrt((kurtosis - 1) / paths)


# ---- a second program of each policy


def at_add(policy):
    """Remembers nothing before the first row of a range."""

    class Twin:
        def __init__(self):
            self.time, self.price = -math.inf, math.nan
            self.base = self.reference = self.wanted = 0.0
            self.since = self.sense = 0

        def __call__(self, now):
            return policy(self, now)

    return Twin


def towards(now, apart, inverse):
    return now.quantities[0] + (apart * now.middle[0] if inverse else apart)


def band(share, inverse=False):
    def policy(self, now):
        apart = -now.delta - now.held
        if now.added:
            self.base = abs(now.delta)
        elif not abs(apart) > share * self.base:
            return None
        return towards(now, apart, inverse)

    return at_add(policy)


def every(seconds, inverse=False):
    def policy(self, now):
        time = now.time.astype(np.int64)
        if not now.added and time < self.time + seconds * 1e9:
            return None
        self.time = float(time)
        return towards(now, -now.delta - now.held, inverse)

    return at_add(policy)


def move(share, inverse=False):
    def policy(self, now):
        if not now.added and self.price * (1 - share) < now.middle[0] < self.price * (1 + share):
            return None
        self.price = now.middle[0]
        return towards(now, -now.delta - now.held, inverse)

    return at_add(policy)


def ahead(theta, gap=math.inf, min_gap=0.0, dwell=0.0, inverse=False):
    def policy(self, now):
        if now.added:
            first = self.reference == 0.0
            self.reference, self.sense, self.wanted = now.price_at_add, 0, 0.0
            return None if first else 0.0
        (bid,), (ask,), time = now.bid, now.ask, now.time.astype(np.int64)
        sense = 0
        if bid >= self.reference * (1 + theta):
            # A hair's breadth from a bound is on it.
            if min_gap + HAIR < bid / now.pool - 1 <= gap + HAIR:
                sense = 1
        elif ask <= self.reference * (1 - theta) and min_gap + HAIR < 1 - ask / now.pool <= gap + HAIR:
            sense = -1
        if sense != self.sense and sense:
            self.since = time
        self.sense = sense
        if not sense or time - self.since < dwell * 1e9:
            return None
        self.sense = 0
        to = bid if sense > 0 else ask
        coins = now.coins(self.reference) - now.coins(to)
        if coins == 0.0:
            # Nothing is hedged, and the reference stays where the last hedge was.
            return None
        self.reference = to
        self.wanted += coins * (to if inverse else 1.0)
        return self.wanted

    return at_add(policy)


TWINS = {
    "band": (lp.DeltaBand(0.05), band(0.05), False),
    "band, coin-margined": (lp.DeltaBand(0.05), band(0.05, inverse=True), True),
    "every": (lp.Every("20min"), every(1_200), False),
    "move": (lp.PriceMove(0.01), move(0.01), False),
    "ahead": (lp.Dislocation(theta=2e-3), ahead(2e-3), False),
    "ahead, coin-margined": (lp.Dislocation(theta=2e-3), ahead(2e-3, inverse=True), True),
    "ahead, with a ceiling": (lp.Dislocation(theta=2e-3, gap=4e-3, min_gap=5e-4), ahead(2e-3, 4e-3, 5e-4), False),
    "ahead, after a while": (lp.Dislocation(theta=1e-3, dwell=120), ahead(1e-3, dwell=120), False),
}


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("position", [ranged, managed], ids=["held", "managed"])
def test_a_row_of_numbers_is_its_program(name, position):
    row, program, inverse = TWINS[name]
    traded = 0
    for seed in (3, 4):
        tape = lively(seed)
        held = position() if position is managed else ranged(float(tape.rows.pool[0]))
        leg, posted = (coin(**TERMS), 60.0) if inverse else (perp(**TERMS), 1e5)
        runs = [lp.replay(held, [leg], tape, policy=p, collateral=posted, grid="10min") for p in (row, program())]
        for one, other in zip(*(vars(r.trades).values() for r in runs), strict=True):
            assert np.array_equal(one, other)
        assert np.array_equal(runs[0].equity, runs[1].equity)
        traded += len(runs[0].trades)
    assert traded > 4


FEE = 5e-4
BAND = FEE / (1 - FEE)
WITHIN, NEAR = HAIR / 2, 2 * HAIR


@pytest.mark.parametrize(("way", "edge"), [(1, BAND), (-1, FEE)], ids=["rises", "falls"])
@pytest.mark.parametrize(
    ("bound", "acts"),
    [
        ({"gap": 0.0}, True),
        ({"gap": -WITHIN}, True),
        ({"gap": -NEAR}, False),
        ({"gap": NEAR}, True),
        ({"min_gap": 0.0}, False),
        ({"min_gap": -WITHIN}, False),
        ({"min_gap": -NEAR}, True),
        ({"min_gap": NEAR}, False),
    ],
    ids=str,
)
def test_a_gap_on_a_bound_is_a_tie_on_both_sides(way, edge, bound, acts):
    """A pool that arbitrageurs have left at the edge of its fee band on every row; every row moves on."""
    price = P0 * np.exp(way * np.cumsum(np.random.default_rng(6).uniform(1e-6, 1e-4, 1_000)))
    tape = lp.Tape(quotes=quotes(price), pool=pool(price * (1 - FEE) if way > 0 else price / (1 - FEE)))
    said = {name: edge + off for name, off in bound.items()}
    for policy in (lp.Dislocation(theta=0.0, **said), ahead(0.0, **said)()):
        result = lp.replay(ranged(), [perp()], tape, policy=policy, grid="1min")
        # The first row lays the range.
        assert len(result.trades) == (999 if acts else 0)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"gap": BAND}, ["only inside the fee's band, up to 0.00050025, where no arbitrageur could", "no arbitrage"]),
        ({"gap": BAND + 1e-9}, ["there is no arbitrage"]),
        ({"min_gap": FEE}, ["more than 0.0005 is acted on; up to 0.00050025"]),
        ({"min_gap": BAND}, []),
    ],
    ids=str,
)
def test_what_no_arbitrageur_would_do_is_said(said, told):
    policy = lp.Dislocation(theta=1e-3, **said)
    notes = lp.replay(managed(), [perp()], lively(3), policy=policy).to_dict()["assumptions"]
    spoken = [note for note in notes if "arbitrage" in note]
    assert len(spoken) == len(told)
    for note, words in zip(spoken, told, strict=True):
        assert words in note


def coins_in(position, price):
    price = np.clip(price, position.lower, position.upper)
    return position.liquidity * (1 / np.sqrt(price) - 1 / np.sqrt(position.upper))


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("capped", [False, True])
def test_coins_hedged_ahead_are_never_a_lot_away_from_what_the_pool_shed(inverse, capped):
    """By the formula of a range alone, after hundreds of orders in whole lots, partly within a cap."""
    mid, lot, cap = walk(51, 6_000, step=1e-3), 0.1, 6.0 if capped else math.inf
    position, unit = ranged(mid[0]), P0 if inverse else 1.0
    leg = coin(lot=lot * unit) if inverse else perp(lot=lot)
    policy = lp.Dislocation(theta=1e-3) & lp.ExposureCap(cap) if capped else lp.Dislocation(theta=1e-3)
    pooled = pool(np.concatenate([mid[:1], mid[:-1]]))
    trades = lp.replay(position, [leg], lp.Tape(quotes=quotes(mid), pool=pooled), policy=policy, grid="1h").trades
    at = mid[trades.row]
    shed = -np.diff(coins_in(position, np.concatenate([mid[:1], at])))
    # A coin-margined leg is traded in dollars, at the price of each order.
    wanted = np.cumsum(shed * (at if inverse else 1.0))
    most = cap * (at if inverse else 1.0)
    apart = np.cumsum(trades.quantity) - np.clip(wanted, -most, most)
    assert len(trades) > 200
    assert np.abs(apart).max() < lot * unit
    if capped:
        assert (np.abs(wanted) > most).sum() > 20
    # Whole lots alone.
    assert np.round(trades.quantity / (lot * unit)) * lot * unit == pytest.approx(trades.quantity, rel=1e-9)


def test_a_plan_is_what_coins_are_hedged_ahead_from():
    mid = walk(53, 2_000, step=1e-3)
    tape = lp.Tape(quotes=quotes(mid), pool=pool(np.concatenate([mid[:1], mid[:-1]])))
    position, week = ranged(mid[0]), lp.Lognormal(price=mid[0], volatility=0.65, years=7 / 365)
    plan = lp.hedge(position, [perp(mid[0])], week, objective=lp.Variance(lp.Value("USDC")))
    trades = lp.replay(position, plan, tape, policy=lp.Dislocation(theta=1e-3)).trades
    shed = coins_in(position, mid[0]) - coins_in(position, mid[trades.row])
    assert len(trades) > 100
    assert np.cumsum(trades.quantity) == pytest.approx(plan.quantities[0] + shed, abs=1e-9)


@pytest.mark.parametrize("side", list(lp.Side))
@pytest.mark.parametrize("policy", [lp.Dislocation(theta=1e-3), lp.Keep() & lp.DeltaBand(0.05), lambda now: -now.delta])
def test_a_leg_of_one_side_is_never_on_the_other(side, policy):
    mid = walk(52, 3_000, step=1e-3)
    tape = lp.Tape(quotes=quotes(mid), pool=pool(np.concatenate([mid[:1], mid[:-1]])))
    position = ranged(mid[0])
    result = lp.replay(position, [perp(side=side)], tape, policy=policy, grid="1min")
    held = result.of_legs[:, 0, 0]
    assert (side * held >= 0.0).all()
    if isinstance(policy, lp.Dislocation):
        # What was not allowed is netted: after each order it is what was shed, as far as it has the side.
        trades = result.trades
        shed = coins_in(position, mid[0]) - coins_in(position, mid[trades.row])
        assert len(trades) > 100
        assert np.cumsum(trades.quantity) == pytest.approx(side * np.maximum(side * shed, 0.0), abs=1e-9)
    else:
        assert held.any() == (side is lp.Side.SHORT)


def assumed(result):
    return result.to_dict()["assumptions"]


def test_coins_and_money_on_credit_are_said():
    mid = np.array([2_000.0, 2_100.0, 1_900.0, 2_000.0])
    tape = lp.Tape(quotes=quotes(mid))
    leg = lp.Leg(lp.Spot(base="ETH", quote="USDC"), fee=lp.Fee(taker=1e-3))
    held = dict(zip(tape.times, [3.0, -4.0, 6.0, 1.0], strict=True))

    def run(position):
        return lp.replay(position, [leg], tape, policy=lambda now: held[now.time], grid="1min")

    # Bought 3, sold 7, bought 10, sold 5; the fee is a thousandth.
    spent = 3 * 2_000 * 1.001 - 7 * 2_100 * 0.999 + 10 * 1_900 * 1.001
    notes = assumed(run(ranged()))
    assert "up to 4 ETH were sold without owning them, borrowed at no cost" in notes
    assert f"up to {spent:,.6g} USDC were spent on coins without having them, borrowed at no cost" in notes
    # What stands beside the pool is the inventory.
    coins, cash = lp.Spot(base="ETH", quote="USDC"), lp.Cash(quote="USDC")
    notes = assumed(run(ranged() + 3.0 * coins + 10_000.0 * cash))
    assert "up to 1 ETH were sold without owning them, borrowed at no cost" in notes
    assert f"up to {spent - 10_000:,.6g} USDC were spent on coins without having them, borrowed at no cost" in notes
    assert not any("borrowed" in note for note in assumed(run(ranged() + 4.0 * coins + 11_000.0 * cash)))
    assert not any("borrowed" in note for note in assumed(lp.replay(ranged(), [perp()], tape, policy=lp.Keep())))


def test_margins_that_are_not_checked_are_said():
    tape = lp.Tape(quotes=quotes(walk(1, 50)))
    bare = assumed(lp.replay(ranged(), [perp()], tape, policy=lp.Keep(), collateral=1.0))
    assert "nothing is liquidated: no maintenance margin is stated for linear perpetual ETH/USDC" in bare
    terms = TERMS | {"initial": lp.Proportional(rate=0.1)}
    said = assumed(lp.replay(ranged(), [perp(**terms)], tape, policy=lp.Keep(), collateral=1e5))
    assert "the margin that opening asks for is not checked: initial of linear perpetual ETH/USDC" in said
    assert not any("liquidated" in note for note in said)
    said = assumed(lp.replay(ranged(), [perp(**TERMS)], tape, policy=lp.Keep(), collateral=1e5))
    assert not any("margin" in note for note in said)


# ---- what must hold on any tape

POLICIES = [p for p, _, inverse in TWINS.values() if not inverse] + [
    lp.Hold(),
    lp.Keep(),
    lp.Keep(resize=False, ratio=0.6),
    lp.Keep(lp.Amount("USDC")),
    lp.Keep(lp.Excess("USDC")) & lp.DeltaBand(coins=0.5),
    lp.DeltaBand(0.02) & lp.Every("5min") & lp.ExposureCap(8.0),
    lp.DeltaBand(0.02) & lp.Latency("90s"),
    lp.Dislocation(theta=1e-3) & lp.Maker("3min"),
]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    policy=st.sampled_from(POLICIES),
    inverse=st.booleans(),
    moved=st.booleans(),
    posted=st.sampled_from([0.02, 0.2, 3.0]),
    reserve=st.booleans(),
)
def test_the_parts_add_up_to_what_is_held(seed, policy, inverse, moved, posted, reserve):
    tape = lively(seed, 200)
    if inverse and policy.settings.get("keep") == lp.Amount("USDC"):
        policy = lp.Keep(lp.Amount("ETH"))
    position = managed(every="30min", sell_excess=True) if moved else ranged(float(tape.rows.pool[0]))
    leg, price = (coin(**TERMS), 2_000.0) if inverse else (perp(**TERMS), 1.0)
    kept = lp.Reserve(amount=posted * 2e4 / price) if reserve else None
    result = lp.replay(position, [leg], tape, policy=policy, collateral=posted * 1e5 / price, reserve=kept, grid="7min")
    assert np.abs(result.residual).max() <= ROUNDING * result.capital
    assert result.net[0] == pytest.approx(0.0, abs=0.03 * result.capital)
    # Nothing is lost that was not posted.
    behind = result.of_accounts.sum(axis=2)
    assert behind == pytest.approx(np.broadcast_to(behind[:1], behind.shape), rel=1e-12)
    assert not result.trades.row.size or (np.diff(result.trades.row) >= 0).all()


@pytest.mark.parametrize("policy", POLICIES, ids=repr)
def test_the_future_does_not_decide(policy):
    """Whatever comes after a row, what was done up to it stays."""
    mid = walk(11, 400, step=3e-3)
    other = np.concatenate([mid[:200], mid[199] * walk(12, 200, start=1.0, step=6e-3)])
    runs = []
    for path in (mid, other):
        own = quotes(path, spread=0.4, wide=2e-3)
        behind = np.concatenate([path[:1], path[:-1]])
        tape = lp.Tape(quotes=own, pool=pool(behind, quote_in=5e4))
        result = lp.replay(managed(), [perp(**TERMS)], tape, policy=policy, collateral=1e5, grid="1min")
        upto = result.trades.row < 200
        runs.append(([x[upto] for x in vars(result.trades).values()], result.equity[:200]))
    for one, two in zip(runs[0][0], runs[1][0], strict=True):
        assert np.array_equal(one, two)
    assert np.array_equal(runs[0][1], runs[1][1])


def test_rehedged_at_its_own_price_a_new_range_makes_no_money():
    tape = lp.Tape(quotes=quotes(walk(21, 2_000, step=2e-3)))
    free = lp.replay(managed(), None, tape, grid="1min")
    assert free.life.removals.row.size > 10
    # A range that is laid anew is worth what was in hand, and no more.
    for add in free.life.adds.row[1:]:
        at = int(np.searchsorted(free.rows, add))
        made = free.life.parts["impermanent loss"][at] + free.life.parts["tokens held"][at]
        assert free.life.worth[at] == pytest.approx(free.capital + made, rel=1e-12)
    dear = lp.replay(managed(swap=lp.Fee(taker=1e-3)), None, tape, grid="1min")
    assert dear.life.parts["swaps"][-1] < 0
    assert dear.equity[-1] < free.equity[-1]


def test_a_range_for_so_many_exits():
    mid = walk(31, 5_000, step=1e-3)
    times = clock(mid.size)
    bars = lp.History(
        markets=("ETH/USDT",), times=times, prices=mid[:, None], lows=mid[:, None], highs=mid[:, None],
        step=times[1] - times[0],
    )  # fmt: skip
    found = lp.ManagedRange.for_exits(bars, per_week=20.0, base="ETH", quote="USDC", capital=1e5)
    result = lp.replay(found, None, lp.Tape(quotes=quotes(mid)))
    weeks = 4_999 / (7 * 1_440)
    assert result.life.removals.row.size / weeks <= 20.0
    assert bars.exits_per_week(market="ETH/USDT", factor=found.upper * (1 - 1e-12)) > 20.0


def test_liquidated_where_the_account_says():
    rise = np.linspace(2_000.0, 3_000.0, 1_003)
    tape = lp.Tape(quotes=quotes(rise))
    for leg, posted, per_unit in (
        (perp(maintenance=lp.Proportional(rate=0.01)), 2_000.0, 1.0),
        (coin(maintenance=lp.Proportional(rate=0.01)), 1.0, 1 / P0),
    ):
        contract = leg.instrument
        quantity = -10.0 / per_unit
        account = lp.Account(
            collateral=posted, token=leg.collateral, positions=quantity * contract, maintenance=leg.maintenance
        )
        result = lp.replay(
            ranged(), [leg], tape, policy=lambda now, q=quantity: q if now.added else None, collateral=posted
        )
        (row,) = result.liquidated
        assert rise[row - 1] < account.liquidation_price <= rise[row]
        # What was posted is gone, and no more.
        lost = result.gained[-1].sum() + result.parts["coins posted"][-1]
        assert lost == pytest.approx(-posted * (P0 if leg is not None and leg.collateral == "ETH" else 1.0), rel=1e-9)
        assert len(result.trades) == 1


def test_orders_wait_for_latency_and_rest_as_stated():
    mid = P0 + np.array([0.0, 0.0, 0.0, -1.0, -2.0, -2.0, 5.0, 5.0])
    tape = lp.Tape(quotes=quotes(mid, spread=1.0))
    leg = perp(fee=lp.Fee(taker=1e-3, maker=1e-4))

    def asked(extra):
        # Sold on the first row, of a position that never moves its delta.
        held = lp.Spot(base="ETH", quote="USDC") * 3.0
        return lp.replay(held, [leg], tape, policy=lp.Keep() & extra, collateral=1e4, grid="1min").trades

    late = asked(lp.Latency("2min"))
    assert (late.row.tolist(), late.price.tolist(), late.fee.tolist()) == ([2], [1_999.5], [pytest.approx(3 * 1.9995)])
    # A sale rests at the ask of 2,000.5 and is lifted when the bid has come to 2,004.5.
    rests = asked(lp.Maker("10min"))
    assert (rests.row.tolist(), rests.price.tolist()) == ([6], [2_000.5])
    assert rests.fee[0] == pytest.approx(3 * 2_000.5e-4)
    # Out of patience on the fourth minute it takes the bid.
    taken = asked(lp.Maker("4min"))
    assert (taken.row.tolist(), taken.price.tolist()) == ([4], [1_997.5])


@pytest.mark.parametrize(
    ("measure", "inverse", "exact"),
    [
        (lp.Amount("ETH"), True, lambda liquidity, p: liquidity * math.sqrt(p) / 2),
        (lp.Amount("USDC"), False, lambda liquidity, p: -liquidity / (2 * math.sqrt(p))),
        (lp.Value("USDC"), False, lambda liquidity, p: -liquidity * (1 / math.sqrt(p) - 1 / math.sqrt(1.1 * P0))),
    ],
)
def test_what_keeps_a_measure_is_its_closed_form(measure, inverse, exact):
    tape = lp.Tape(quotes=quotes(np.full(10, P0)))
    position = ranged()
    leg = coin() if inverse else perp()
    result = lp.replay(position, [leg], tape, policy=lp.Keep(measure))
    assert result.trades.quantity.tolist() == [pytest.approx(exact(position.liquidity, P0), rel=1e-12)]


def test_an_excess_is_kept_by_what_left_the_pool():
    position = ranged()
    tape = lp.Tape(quotes=quotes([P0, 1.02 * P0, 0.97 * P0]))
    policy = lp.Keep(lp.Excess("USDC")) & lp.DeltaBand(coins=0.0)
    result = lp.replay(position, [perp()], tape, policy=policy, grid="1min")
    left = position.base_amount(P0) - position.base_amount([P0, 1.02 * P0, 0.97 * P0])
    assert result.of_legs[:, 0, 0] == pytest.approx(left, abs=1e-9)


def test_fees_by_hand():
    prices = [2_000.0, 2_050.0, 2_300.0, 2_150.0]
    position = lp.UniswapV3(base="ETH", quote="USDC", liquidity=500.0, lower=1_900.0, upper=2_200.0)
    tape = lp.Tape(
        pool=pool(prices, quote_in=[7.0, 100.0, 100.0, 0.0], base_in=[1.0, 0.0, 0.0, 1.0], liquidity=9_500.0)
    )
    share = 0.05 * 5e-4
    whole = lp.replay(position, None, tape, fees=lp.FeesAtClose()).life.states[-1]
    assert whole[9] == pytest.approx(100 * share)
    assert whole[8] == pytest.approx(1 * share)
    along = lp.replay(position, None, tape).life.states[-1]
    out = (math.sqrt(2_200) - math.sqrt(2_050)) / (math.sqrt(2_300) - math.sqrt(2_050))
    # Coins are paid in by the reciprocal of the root.
    back = (2_150**-0.5 - 2_200**-0.5) / (2_150**-0.5 - 2_300**-0.5)
    assert along[9] == pytest.approx(100 * share * (1 + out))
    assert along[8] == pytest.approx(share * back)
    # Between nothing of the rows that cross an edge, and all of them.
    assert along[[11, 13]] == pytest.approx([100 * share, 200 * share])
    assert along[[10, 12]] == pytest.approx([0.0, share])


def not_a_number(now):
    return math.nan * now.pool


def test_bad_input():
    tape, alone, position = lp.Tape(quotes=quotes(walk(1, 50))), lp.Tape(pool=pool([2e3, 2e3])), ranged()

    def run(*, legs=(), on=tape, **more):
        return lp.replay(position, list(legs) or None, on, **more)

    both = lp.Every("1h") & lp.Dislocation(theta=1e-3)
    cases = [
        (lambda: run(legs=[perp(**TERMS)]), lp.InputError, "collateral"),
        (lambda: run(policy=lp.DeltaBand(0.1)), lp.InputError, "a leg"),
        (lambda: run(legs=[perp()], on=alone, collateral=1.0), lp.MarketError, "quotes"),
        (lambda: run(legs=[perp()], policy=not_a_number, collateral=1.0), lp.DataError, "policy"),
        (lambda: run(legs=[perp()], policy=both, collateral=1.0), lp.InputError, "dislocation"),
        (lambda: run(legs=[perp()], policy=lp.Keep(lp.Amount("ETH")), collateral=1.0), lp.InputError, "measure"),
        (lambda: lp.Every("1h") & lp.Every("2h"), lp.InputError, "every"),
        (lambda: lp.replay("pool", None, tape), lp.InputError, "position"),
        (lambda: lp.replay(position, None, "tape"), lp.InputError, "tape"),
        (lambda: managed(lower=1.1), lp.InputError, "range"),
        (lambda: lp.DeltaBand(), lp.InputError, "band"),
        (lambda: lp.Dislocation(theta=math.nan), lp.InputError, "theta"),
        (lambda: lp.Dislocation(theta=1e-3, gap=1e-4, min_gap=1e-3), lp.InputError, "gap"),
    ]
    for act, kind, word in cases:
        with pytest.raises(kind, match=word):
            act()


def test_a_tape_travels_and_gives_the_same_bits():
    tape = lively(3)
    there = pickle.loads(pickle.dumps(tape))
    assert not there.rows.bid.flags.writeable
    one, other = (
        lp.replay(managed(), [perp(**TERMS)], t, policy=lp.DeltaBand(0.05), collateral=1e5) for t in (tape, there)
    )
    assert np.array_equal(one.equity, other.equity)


def test_settings_of_a_sweep_are_their_own_replays(tmp_path):
    tape, leg = lively(5), perp(**TERMS)
    policies = lp.grid(lp.Dislocation, theta=[1e-3, 3e-3], gap=[3e-3, math.inf])
    grid = lp.sweep(lp.replay, managed(), [leg], tape, policy=policies, collateral=1e5, checkpoint=tmp_path)
    assert len(grid.runs) == 4
    for run, (theta, gap) in zip(
        grid.runs, [(1e-3, 3e-3), (1e-3, math.inf), (3e-3, 3e-3), (3e-3, math.inf)], strict=True
    ):
        alone = lp.replay(managed(), [leg], tape, policy=lp.Dislocation(theta=theta, gap=gap), collateral=1e5)
        assert run.figures["net"] == alone.net[-1]
        assert np.array_equal(run.series["pnl"], alone.series()["pnl"])
    again = lp.sweep(lp.replay, managed(), [leg], lively(5), policy=policies, collateral=1e5, checkpoint=tmp_path)
    assert again.resumed == 4


def option_of(kind, strike, years):
    return kind(base="ETH", quote="USDC", strike=strike, years=years)


def test_options_at_the_add_are_bought_marked_and_settled_as_black_says():
    mid, years = walk(41, 3 * 1_440 + 1, step=8e-4), 2 / 365
    per_coin = 2 * option_of(lp.Put, 1.0, years) - 1 * option_of(lp.InverseCall, 1.05, years)
    fee = lp.OptionFee(rate=3e-4, cap=0.125)
    policy = lp.OptionsAtAdd(per_coin, 0.7, 0.02, fee)
    position = ranged(mid[0])
    result = lp.replay(position, None, lp.Tape(quotes=quotes(mid)), policy=policy, grid="6h")
    coins, start = position.base_amount(mid[0]), mid[0]

    def black(kind, strike, price, left, volatility):
        if left <= 0:
            return option_of(kind, strike, None).value(price)
        return option_of(kind, strike, left).marked(volatility=volatility, years=left).value(price)

    at = {0: 0, 4: 1_440, 8: 2 * 1_440, 12: 3 * 1_440}
    for k, row in at.items():
        left, price = years - row / (365 * 1_440), float(mid[min(row, 2 * 1_440)])
        value = 2 * black(lp.Put, start, price, left, 0.7) - black(lp.InverseCall, 1.05 * start, price, left, 0.7)
        entry = 2 * black(lp.Put, start, start, years, 0.72) - black(lp.InverseCall, 1.05 * start, start, years, 0.68)
        fees = sum(
            n * start * min(3e-4, 0.125 * black(kind, strike, start, years, v) / start)
            for n, kind, strike, v in ((2, lp.Put, start, 0.72), (1, lp.InverseCall, 1.05 * start, 0.68))
        )
        found = result.parts["options"][k] + result.parts["option costs"][k]
        assert found == pytest.approx(coins * (value - entry - fees), rel=1e-9)
    assert np.abs(result.residual).max() <= ROUNDING * result.capital


def test_a_plan_with_options_is_replayed_to_their_expiry():
    mid, years = walk(42, 1_441, step=8e-4), 0.5 / 365
    put = lp.Leg(option_of(lp.Put, 1_950.0, years), premium=lp.Premium(ask=9.0, bid=8.0))
    call = lp.Leg(option_of(lp.InverseCall, 2_050.0, years), premium=lp.Premium(ask=0.0045, bid=0.004))
    position, over = ranged(mid[0]), lp.Lognormal(price=mid[0], volatility=0.8, years=years)
    legs = [put, call, lp.LinearPerp(base="ETH", quote="USDC", entry=mid[0])]
    plan = lp.hedge(position, legs, over, objective=lp.Variance(lp.Value("USDC")))
    result = lp.replay(position, plan, lp.Tape(quotes=quotes(mid)), grid="6h")
    end, paid = float(mid[720]), 0.0
    made = 0.0
    for leg, quantity in zip(plan.legs[:2], plan.quantities[:2], strict=True):
        token = mid[0] if leg is call else 1.0
        paid += quantity * (leg.premium.ask if quantity > 0 else leg.premium.bid) * token
        made += quantity * option_of(type(leg.instrument), leg.instrument.strike, None).value(end)
    for k in (2, 3, 4):
        found = result.parts["options"][k] + result.parts["option costs"][k]
        assert found == pytest.approx(made - paid, rel=1e-9)
    assert result.trades.quantity.tolist() == [plan.quantities[2]]
    with pytest.raises(lp.InputError, match="how many options"):
        lp.replay(position, [put], lp.Tape(quotes=quotes(mid)))


def test_the_sentence_adds_up():
    result = lp.replay(managed(), [coin(**TERMS)], lively(7), policy=lp.DeltaBand(0.05), collateral=60.0)
    told, _, _ = result.sentence().partition("; unhedged")
    said = [float(x.replace(",", "")) for x in re.findall(r" (-?[\d,]+\.?\d*)(?:,|$)", told.partition("%): ")[2])]
    assert len(said) == 5
    assert sum(said) == pytest.approx(result.net[-1], abs=1e-4 * np.abs(said).max())


def test_a_cluster_replays_to_the_bits_of_this_machine():
    distributed = pytest.importorskip("distributed", reason="needs the extra cluster")
    policies = lp.grid(lp.Dislocation, theta=[1e-3, 3e-3], gap=[3e-3, math.inf])
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        near, far = (
            lp.sweep(lp.replay, managed(), [perp(**TERMS)], lively(5), policy=policies, collateral=1e5, **how)
            for how in ({}, {"cluster": client})
        )
    assert not near.errors
    for one, other in zip(near.runs, far.runs, strict=True):
        assert one.figures == other.figures
        assert all(np.array_equal(one.series[name], other.series[name]) for name in one.series)


def test_coins_that_two_contracts_pay_have_one_price():
    """A far and a near contract pay the same coin: what they paid together is counted once, at the first one's mark."""
    far_price, near_price = np.array([2_100.0, 2_150.0, 2_060.0]), np.array([2_000.0, 2_040.0, 2_010.0])
    far = lp.InverseFuture(base="ETH", quote="USDC", entry=2_100.0, market="ETH/USDC:far")
    near = lp.InversePerp(base="ETH", quote="USDC", entry=2_000.0, market="ETH/USDC:near")
    tape = lp.Tape(quotes=[quotes(far_price, market=far.market), quotes(near_price, market=near.market)])
    held = {far: -21_000.0, near: 20_000.0}
    result = lp.replay(10_000 * lp.Cash(quote="USDC"), [far, near], tape, policy=lambda _: held, grid="1min")
    paid = -21_000 * (1 / 2_100 - 1 / far_price) + 20_000 * (1 / 2_000 - 1 / near_price)
    assert result.net == pytest.approx(paid * far_price, abs=1e-9)
