"""Accounts that live: chances of liquidation, exits, what is in hand, sizes that give way, whole contracts."""

from __future__ import annotations

import numpy as np
import pytest

import lpgreeks as lp
from tests.tolerances import STANDARD_ERRORS

TOKENS = {"base": "ETH", "quote": "USDC"}
START = 1_900.0
POOL = lp.UniswapV3.from_value(100_000, price=START, lower=1_700, upper=2_100, **TOKENS)
LINEAR = lp.LinearPerp(entry=START, **TOKENS)
INVERSE = lp.InversePerp(entry=START, **TOKENS)
WEEK = lp.Lognormal(price=START, volatility=0.65, years=7 / 365)
HALF = lp.Proportional(rate=0.005)
USD = lp.Variance(lp.Value("USDC"))
BOTH = lp.Variance(lp.Amount("ETH"), lp.Amount("USDC"))
DOLLARS = lp.Leg(LINEAR, collateral="USDC", maintenance=HALF)
COINS = lp.Leg(INVERSE, collateral="ETH", maintenance=HALF)


def lost(plan: lp.HedgePlan, lows: np.ndarray, highs: np.ndarray) -> np.ndarray:
    """Which paths liquidate which account: equity below half a percent of the position at a low or a high."""
    found = []
    for leg, quantity, posted in zip(plan.legs, plan.quantities, plan.best.collateral, strict=True):
        dead = np.zeros(len(lows), dtype=bool)
        for price in (lows, highs):
            if leg.instrument is LINEAR:
                left = posted + quantity * (price - START) - 0.005 * abs(quantity) * price
            else:
                left = posted + quantity * (1 / START - 1 / price) - 0.005 * abs(quantity) / price
            dead |= (left < -1e-9 * posted).any(axis=1)
        found.append(dead)
    return np.array(found)


@pytest.mark.parametrize("buffer", [0.0, 0.1])
def test_every_path_is_lived_through_and_one_beyond_is_not(buffer: float) -> None:
    paths = WEEK.sample(paths=300, steps=84, seed=5)
    prices = paths.prices[:, :, 0]
    plan = lp.hedge(POOL, [DOLLARS, COINS], paths, objective=BOTH, constraints=[lp.NoLiquidation(buffer=buffer)])
    low, high = prices * (1 - buffer), prices * (1 + buffer)
    assert not lost(plan, low, high).any()
    assert lost(plan, low * 0.9999, high).any()
    assert lost(plan, low, high * 1.0001).any()


@pytest.mark.parametrize("probability", [0.01, 0.05, 0.2])
def test_no_more_than_a_share_of_the_paths_is_liquidated(probability: float) -> None:
    paths = WEEK.sample(paths=400, steps=84, seed=6)
    prices = paths.prices[:, :, 0]
    floor = [lp.NoLiquidation(probability=probability)]
    one = lp.hedge(POOL, [DOLLARS], paths, objective=USD, constraints=floor)
    assert lost(one, prices, prices).sum() == round(400 * probability)
    two = lp.hedge(POOL, [DOLLARS, COINS], paths, objective=BOTH, constraints=floor)
    assert 0 < lost(two, prices, prices).any(axis=0).mean() <= probability


def test_a_chance_under_a_model_is_that_of_a_fine_walk() -> None:
    """Bridges between the steps see every touch: no bias of watching now and then."""
    plan = lp.hedge(POOL, [DOLLARS], WEEK, objective=USD, constraints=[lp.NoLiquidation(probability=0.05)])
    (ends,) = plan.liquidations()
    above = ends["ETH/USDC"].above
    assert above is not None
    assert plan.touch_probability("ETH/USDC", above) == pytest.approx(0.05, rel=1e-9)
    draws, steps = 20_000, 32
    each = WEEK.years / steps
    rng = np.random.default_rng(9)
    moves = rng.normal(-(0.65**2) / 2 * each, 0.65 * np.sqrt(each), (draws, steps))
    logs = np.concatenate([np.zeros((draws, 1)), np.cumsum(moves, axis=1)], axis=1)
    apart = np.clip(np.log(above / START) - logs, 0.0, None)
    # A bridge from a to b below the barrier touches it with exp(-2 a b / variance).
    alive = np.prod(1 - np.exp(-2 * apart[:, :-1] * apart[:, 1:] / (0.65**2 * each)), axis=1)
    touched = 1 - alive
    assert abs(touched.mean() - 0.05) < STANDARD_ERRORS * touched.std() / np.sqrt(draws)
    two = lp.hedge(POOL, [DOLLARS, COINS], WEEK, objective=BOTH, constraints=[lp.NoLiquidation(probability=0.05)])
    ends_of = [e["ETH/USDC"] for e in two.liquidations()]
    low, high = ends_of[1].below, ends_of[0].above
    assert low is not None
    assert high is not None
    assert 0.045 < WEEK.exit_probability(low, high) <= 0.05


def test_after_the_exit_nothing_can_be_lost() -> None:
    paths = WEEK.sample(paths=300, steps=84, seed=5)
    constraints = [lp.NoLiquidation(buffer=0.05)]
    held, closed = (
        lp.hedge(POOL, [DOLLARS], paths, objective=USD, constraints=constraints, exit=exit)
        for exit in ("held", "range")
    )
    assert closed.best.collateral[0] / -closed.quantities[0] < held.best.collateral[0] / -held.quantities[0]
    prices = paths.prices[:, :, 0]
    outside = (prices < 1_700) | (prices > 2_100)
    seen = np.cumsum(outside, axis=1) - outside < 1  # up to and with the bar that leaves
    until = np.where(seen, prices, START)
    assert not lost(closed, until * 0.95, until * 1.05).any()
    assert lost(closed, until * 0.95, until * 1.0501).any()


def test_what_is_in_hand_is_all_there_is() -> None:
    coins, dollars = POOL.base_amount(START), POOL.quote_amount(START)
    wallet = lp.Wallet({"WETH": coins + 2.0, "USDC": dollars + 500.0})
    plan = lp.hedge(POOL, [DOLLARS, COINS], WEEK, objective=USD, constraints=[wallet, lp.MaxLeverage(5)])
    assert plan.best.collateral[0] <= 500 * (1 + 1e-9)
    assert plan.best.collateral[1] <= 2 * (1 + 1e-9)
    # The dollars carry 2,500 of notional; the coins the rest, as far as they go.
    assert -plan.quantities[0] * START <= 2_500 * (1 + 1e-9)
    with pytest.raises(lp.InfeasibleError, match="ETH in hand at most"):
        lp.hedge(POOL, [DOLLARS], WEEK, objective=USD, constraints=[lp.Wallet({"USDC": 1e6})])
    with pytest.raises(lp.TokenError, match="tokens that the hedge can use"):
        lp.hedge(POOL, [DOLLARS], WEEK, objective=USD, constraints=[lp.Wallet({"BTC": 1.0})])


@pytest.mark.parametrize("floor", [None, 0.7])
def test_the_largest_position_that_the_money_carries(floor: float | None) -> None:
    terms = [lp.Budget(100_000), lp.MaxLeverage(4), lp.NoLiquidation(over=(1_500, 2_300))]
    terms += [] if floor is None else [lp.EffectivenessAtLeast(floor)]
    plan = lp.hedge(POOL, [DOLLARS], WEEK, objective=USD, constraints=[*terms, lp.PoolSize(upper=1)])
    size = plan.exposure.value(START) / 100_000
    assert 0.8 < size < 1
    assert plan.capital == pytest.approx(100_000, rel=1e-6)
    best = lp.hedge(POOL, [DOLLARS], WEEK, objective=USD).effectiveness
    assert plan.effectiveness == pytest.approx(best if floor is None else floor, abs=1e-6)
    assert any("gave way" in note for note in plan.notes)
    more = [*terms, lp.EffectivenessAtLeast(best - 1e-7)] if floor is None else terms
    with pytest.raises(lp.InfeasibleError):
        lp.hedge((size * 1.0002) * POOL, [DOLLARS], WEEK, objective=USD, constraints=more)
    small = lp.hedge(POOL, [DOLLARS], WEEK, objective=USD, constraints=[lp.Budget(1e6), lp.PoolSize(upper=2)])
    assert small.exposure.value(START) == pytest.approx(200_000, rel=1e-6)


def test_orders_are_whole_contracts_and_say_what_they_leave() -> None:
    venue = lp.venue("binance-coin-m", on="2023-05-01")
    leg = lp.Leg(INVERSE, venue=venue)
    assert leg.collateral == "ETH"
    plan = lp.hedge(POOL, [leg], WEEK, objective=USD, constraints=[lp.NoLiquidation(probability=0.01)])
    (order,) = plan.orders
    assert order.contracts == round(order.contracts)
    assert order.quantity == order.contracts * 10
    assert order.quantity + order.residual == pytest.approx(plan.quantities[0], rel=1e-12)
    assert abs(order.residual) <= 10
    assert plan.rounded is not None
    assert plan.rounded.within_bounds
    assert plan.best.risk <= plan.rounded.risk < plan.best.risk * 1.001
    # The venue's initial margin is asked for where nothing else is.
    bare = lp.hedge(POOL, [leg], WEEK, objective=USD)
    (account,) = bare.accounts
    assert account is not None
    size = -bare.quantities[0] / START
    assert account.collateral == pytest.approx(leg.initial.margin_at(size), rel=1e-9)


def test_a_position_beyond_the_known_table_is_refused() -> None:
    table = lp.Progressive(brackets=(lp.Bracket(0, 0.01),), unit="USDC", up_to=10_000)
    leg = lp.Leg(LINEAR, collateral="USDC", maintenance=table)
    with pytest.raises(lp.DataError, match="Supply the venue's whole table"):
        lp.hedge(POOL, [leg], WEEK, objective=USD, constraints=[lp.MaxLeverage(5)])


def test_a_side_and_a_cost_decide_between_equal_legs() -> None:
    cheap = lp.Leg(LINEAR, collateral="USDC", maintenance=HALF, fee=lp.Fee(taker=0.0002))
    paid = lp.Leg(INVERSE, collateral="ETH", maintenance=HALF, fee=lp.Fee(taker=0.001))
    constraints = [lp.MaxLeverage(5), lp.Budget(150_000)]
    least_cost = lp.hedge(POOL, [paid, cheap], WEEK, objective=USD, constraints=constraints, tie_break=lp.LeastCost())
    assert least_cost.quantities[0] == 0
    assert least_cost.quantities[1] < 0
    rich = lp.Funding(rate=0.001)  # shorts of the coin-margined contract are paid for it
    carried = lp.Leg(INVERSE, collateral="ETH", maintenance=HALF, funding=rich)
    plan = lp.hedge(POOL, [cheap, carried], WEEK, objective=USD, constraints=constraints, tie_break=lp.LeastCost())
    assert plan.quantities[1] < 0
    assert plan.best.risk == pytest.approx(least_cost.best.risk, rel=1e-7)
    long = lp.Leg(LINEAR, collateral="USDC", side=lp.Side.LONG)
    assert lp.hedge(POOL, [long], WEEK, objective=USD, constraints=[lp.MaxLeverage(5)]).quantities == (0.0,)


NEVER = lp.NoLiquidation(over=(1_500, 2_300))
BARE = [LINEAR]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: lp.Leg(LINEAR, collateral="BTC"), "collateral in ETH or USDC"),
        (lambda: lp.Leg(lp.Spot(**TOKENS), collateral="ETH"), "collateral behind a perpetual"),
        (lambda: lp.Leg(LINEAR, maintenance=HALF), "collateral for a leg with maintenance"),
        (lambda: lp.Leg(POOL - LINEAR), "a leg of one instrument"),
        (lambda: lp.MaxLeverage(0), "leverage"),
        (lambda: lp.MaxLeverage(-5), "leverage"),
        (lambda: lp.Budget(float("nan")), "a budget"),
        (lambda: lp.Wallet({"ETH": -1.0}), "amounts of 0 or more"),
        (lambda: lp.NoLiquidation(buffer=1.0), "a buffer from 0 up to 1"),
        (lambda: lp.NoLiquidation(probability=1.0), "probability"),
        (lambda: lp.NoLiquidation(probability=0.0), "probability"),
        (lambda: lp.NoLiquidation(over=(2_000, 1_000)), "low"),
        (lambda: lp.NoLiquidation(over=(1_500, 2_300), probability=0.1), "prices to survive, or a probability"),
        (lambda: lp.EffectivenessAtLeast(1.0), "from 0 up to 1"),
        (lambda: lp.PoolSize(lower=2, upper=1), "lower <= upper"),
        (lambda: lp.CVaR(lp.Value("USDC"), level=95), "level"),
        (
            lambda: lp.hedge(POOL, [DOLLARS], WEEK, objective=USD, constraints=[lp.NoLiquidation(buffer=0.1)]),
            "Say over=",
        ),
        (
            lambda: lp.hedge(POOL, BARE, WEEK, objective=USD, constraints=[NEVER]),
            "legs with collateral for NoLiquidation",
        ),
        (lambda: lp.hedge(POOL, BARE, WEEK, objective=USD, constraints=[lp.MaxLeverage(5)]), "legs with collateral"),
        (
            lambda: lp.hedge(POOL, [DOLLARS], WEEK, objective=USD, constraints=[lp.Budget(90_000)]),
            "a budget of at least the",
        ),
        (
            lambda: lp.hedge(POOL, [DOLLARS], WEEK, objective=USD, constraints=[lp.NoLiquidation(over=(2_000, 2_300))]),
            "around the start",
        ),
    ],
)
def test_terms_that_mean_nothing_are_refused(make: object, told: str) -> None:
    with pytest.raises(lp.LPGreeksError, match=told) as caught:
        make()  # type: ignore[operator]
    assert caught.value.expected
    assert caught.value.got


def test_windows_at_their_own_prices_have_no_account() -> None:
    prices = np.array(
        [[[1_900.0], [1_950.0], [2_000.0]], [[2_000.0], [1_950.0], [1_900.0]], [[1_800.0], [1_850.0], [1_700.0]]]
    )
    paths = lp.Paths(markets=("ETH/USDC",), prices=prices, years=np.arange(3) / 365, effective=3, source="by hand")
    with pytest.raises(lp.InputError, match="windows that start at one price"):
        lp.hedge(POOL, [DOLLARS], paths, objective=USD, constraints=[lp.NoLiquidation()])
