"""The hedge problem: optimal against brute force, certified, explained, refused when it must be."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lpgreeks as lp
from tests.tolerances import LEAST_SQUARES, ROUNDING, SOLVER

TOKENS = {"base": "ETH", "quote": "USDC"}
LINEAR = lp.LinearPerp(entry=1_900, **TOKENS)
INVERSE = lp.InversePerp(entry=1_900, **TOKENS)
POOL = lp.UniswapV3.from_value(100_000, price=1_900, lower=1_700, upper=2_100, **TOKENS)
WEEK = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
USDC = lp.Variance(lp.Value("USDC"))

measures = [lp.Value("USDC"), lp.Value("ETH"), lp.Amount("ETH"), lp.Amount("USDC"), lp.Excess("USDC"), lp.Excess("ETH")]


def plain_measure(measure: lp.Measure, exposure: lp.Exposure, prices: np.ndarray, start: float) -> np.ndarray:
    """The measure from amounts alone, as a user would write it."""
    base, quote = exposure.base_amount(prices), exposure.quote_amount(prices)
    if isinstance(measure, lp.Amount):
        return base if measure.token == "ETH" else quote
    if isinstance(measure, lp.Excess):
        base, quote = base - exposure.base_amount(start), quote - exposure.quote_amount(start)
    value = base * prices + quote
    return value if measure.token == "USDC" else value / prices


@pytest.mark.parametrize("measure", measures, ids=str)
def test_one_leg_equals_an_independent_least_squares(measure: lp.Measure) -> None:
    prices = WEEK.sample(paths=500, seed=1).prices[:, -1, 0]
    leg = INVERSE if measure == lp.Amount("ETH") else LINEAR
    plan = lp.hedge(
        POOL, [leg], lp.Outcomes.from_prices(prices, start=1_900, sampled=True), objective=lp.Variance(measure)
    )
    y, x = (plain_measure(measure, e, prices, 1_900) for e in (POOL, leg))
    (slope, _), *_ = np.linalg.lstsq(np.column_stack([x, np.ones_like(x)]), -y, rcond=None)
    assert plan.quantities[0] == pytest.approx(slope, rel=LEAST_SQUARES)
    assert plan.risk_unhedged == pytest.approx(y.std(ddof=1), rel=LEAST_SQUARES)
    assert plan.best.risk == pytest.approx((y + slope * x).std(ddof=1), rel=LEAST_SQUARES)
    assert plan.effectiveness == pytest.approx(1 - (y + slope * x).var() / y.var(), rel=LEAST_SQUARES)
    assert plan.token == measure.token


def test_both_amounts_at_once_are_weighted_at_the_start_price() -> None:
    prices = WEEK.sample(paths=500, seed=1).prices[:, -1, 0]
    objective = lp.Variance(lp.Amount("ETH"), lp.Amount("USDC"))
    plan = lp.hedge(
        POOL, [INVERSE, LINEAR], lp.Outcomes.from_prices(prices, start=1_900, sampled=True), objective=objective
    )
    coins, dollars = POOL.base_amount(prices), POOL.quote_amount(prices)
    centred = [1_900 * (coins - coins.mean()), dollars - dollars.mean()]
    n = INVERSE.base_amount(prices) * 1_900
    q = LINEAR.quote_amount(prices)
    expected = (
        -(centred[0] @ (n - n.mean())) / ((n - n.mean()) @ (n - n.mean())),
        -(centred[1] @ (q - q.mean())) / ((q - q.mean()) @ (q - q.mean())),
    )
    assert plan.quantities == pytest.approx(expected, rel=LEAST_SQUARES)
    total = np.hypot(np.std(centred[0], ddof=1), np.std(centred[1], ddof=1))
    assert plan.risk_unhedged == pytest.approx(total, rel=LEAST_SQUARES)
    assert plan.token == "USDC"


def test_closed_form_moments_are_the_second_route() -> None:
    plan = lp.hedge(POOL, [LINEAR], WEEK, objective=USDC)
    value, perp = POOL.worth(), LINEAR.worth()
    cov = WEEK.mean(value * perp) - WEEK.mean(value) * WEEK.mean(perp)
    var = WEEK.mean(perp * perp) - WEEK.mean(perp) ** 2
    assert -plan.quantities[0] == pytest.approx(cov / var, rel=1e-10)
    unhedged = WEEK.mean(value * value) - WEEK.mean(value) ** 2
    assert plan.risk_unhedged**2 == pytest.approx(unhedged, rel=1e-9)
    assert plan.best.risk**2 == pytest.approx(unhedged - cov**2 / var, rel=1e-8)
    assert (plan.unique, plan.certificate.feasibility) == (True, 0.0)
    assert plan.certificate.stationarity < 1e-13


# ---- exchangeable legs


def test_exchangeable_legs_are_named_and_the_first_is_loaded() -> None:
    alone = lp.hedge(POOL, [LINEAR], WEEK, objective=USDC)
    for legs, loaded in (([LINEAR, INVERSE], 0), ([INVERSE, LINEAR], 1)):
        plan = lp.hedge(POOL, legs, WEEK, objective=USDC)
        assert not plan.unique
        assert plan.quantities[1] == 0
        coins = plan.quantities[0] if loaded == 0 else plan.quantities[0] / 1_900
        assert coins == pytest.approx(alone.quantities[0], rel=ROUNDING)
        assert plan.best.risk == pytest.approx(alone.best.risk, rel=ROUNDING)
        (note,) = [n for n in plan.notes if n.startswith("Exchangeable: 1 ")]
        assert "exactly as 0.000526316 ETH" in note or "exactly as 1,900 USDC of notional" in note


def test_legs_are_not_exchangeable_in_coins() -> None:
    plan = lp.hedge(POOL, [LINEAR, INVERSE], WEEK, objective=lp.Variance(lp.Value("ETH")))
    assert plan.unique is False  # 1 - E/P coins and 1/E - 1/P coins: proportional there too
    amounts = lp.hedge(POOL, [LINEAR, INVERSE], WEEK, objective=lp.Variance(lp.Amount("ETH")))
    assert amounts.quantities[0] == 0  # a dollar-margined leg moves no coins
    assert any("does not move the amount of ETH" in note for note in amounts.notes)


def test_holding_both_amounts_leaves_the_dollar_value_as_it_was() -> None:
    objective = lp.Variance(lp.Amount("ETH"), lp.Amount("USDC"))
    plan = lp.hedge(POOL, [INVERSE, LINEAR], WEEK, objective=objective)
    (note,) = [n for n in plan.notes if "coin-margined long" in n]
    assert "dollar P&L cancels" in note
    assert "less costs" in note
    coin, dollar = plan.quantities[0], -plan.quantities[1] * 1_900
    assert coin == pytest.approx(dollar, rel=0.01)
    equal = coin * INVERSE - coin / 1_900 * LINEAR
    assert np.abs(equal.pnl(np.array([1_500.0, 1_900.0, 2_400.0]), start=1_900)).max() < 1e-9 * coin


# ---- where the optimum stands


def test_optimum_stands_below_the_coins_when_centred_and_above_near_the_top() -> None:
    centred = lp.hedge(POOL, [LINEAR], WEEK, objective=USDC)
    assert -centred.quantities[0] < POOL.base_amount(1_900)
    assert "below the 24.9644 ETH" in centred.notes[-1]
    near_top = lp.UniswapV3.from_value(100_000, price=1_900, lower=1_600, upper=1_920, **TOKENS)
    top = lp.hedge(near_top, [LINEAR], WEEK, objective=USDC)
    assert -top.quantities[0] > near_top.base_amount(1_900)
    assert "above the" in top.notes[-1]
    grid = lp.Outcomes.from_prices(np.linspace(1_805, 1_995, 1_001), start=1_900)
    uniform = lp.hedge(
        lp.UniswapV3.from_value(100_000, price=1_900, lower=1_805, upper=1_995, **TOKENS),
        [LINEAR],
        grid,
        objective=USDC,
    )
    assert "above the" in uniform.notes[-1]


def test_the_explanation_adds_up_to_the_optimum() -> None:
    from lpgreeks.hedging.words import _mean_delta

    for pool in (POOL, lp.UniswapV2.from_value(1e5, price=1_900, **TOKENS)):
        plan = lp.hedge(pool, [LINEAR], WEEK, objective=USDC)
        share, below, above = _mean_delta(plan, "ETH/USDC")
        assert share * below + (1 - share) * above == pytest.approx(-plan.quantities[0], rel=1e-3)
        assert below > pool.delta(1_900) > above


def test_the_naive_hedge_sells_the_coins() -> None:
    plan = lp.hedge(POOL, [LINEAR], WEEK, objective=USDC)
    assert plan.naive is not None
    assert plan.naive.quantities[0] == pytest.approx(-POOL.base_amount(1_900), rel=ROUNDING)
    assert plan.naive.risk > plan.best.risk
    coins = plan.naive.quantities[0]
    fixed = [lp.QuantityBounds(of=LINEAR, lower=coins, upper=coins)]
    y = lp.hedge(POOL, [LINEAR], WEEK, objective=USDC, constraints=fixed)
    assert y.best.risk == pytest.approx(plan.naive.risk, rel=1e-9)


# ---- bounds


def brute_force(plan: lp.HedgePlan, feasible: np.ndarray, quantities: np.ndarray) -> float:
    """The least risk on a grid of quantities, from outcome changes alone."""
    starts = plan.outcomes.starts(plan.total.markets)
    measure = plan.objective.measures[0]
    y = plan.outcomes.changes(measure(plan.exposure, starts))
    x = np.stack([plan.outcomes.changes(measure(leg.instrument, starts)) for leg in plan.legs], axis=1)
    left = y[:, None] + x @ quantities[feasible].T
    w = plan.outcomes.weights
    variances = w @ left**2 - (w @ left) ** 2
    return float(np.sqrt(variances.min()))


@settings(max_examples=25)
@given(
    st.floats(-40, 5),
    st.floats(0, 30),
    st.floats(-60_000, 20_000),
    st.floats(0, 60_000),
    st.floats(-5, 20),
    st.floats(0.1, 9),
)
def test_bounded_optimum_beats_every_point_of_a_grid(
    low1: float, wide1: float, low2: float, wide2: float, delta: float, wide3: float
) -> None:
    objective = lp.Variance(lp.Value("USDC"))
    power = lp.UniswapV3(liquidity=1.0, lower=1_800, upper=2_000, **TOKENS)  # a leg with curvature
    bounds = [
        lp.QuantityBounds(of=LINEAR, lower=low1, upper=low1 + wide1),
        lp.QuantityBounds(of=power, lower=low2 / 100, upper=(low2 + wide2) / 100),
        lp.DeltaBounds(lower=delta, upper=delta + wide3),
    ]
    first = np.linspace(low1, low1 + wide1, 61)
    second = np.linspace(low2 / 100, (low2 + wide2) / 100, 61)
    grid = np.array(list(itertools.product(first, second)))
    net = POOL.delta(1_900) + grid @ [1.0, power.delta(1_900)]
    feasible = (net >= delta) & (net <= delta + wide3)
    try:
        plan = lp.hedge(POOL, [LINEAR, power], WEEK, objective=objective, constraints=bounds)
    except lp.InfeasibleError:
        assert not feasible.any()
        return
    assert plan.certificate.feasibility <= SOLVER
    assert plan.certificate.stationarity <= 1e-7
    assert plan.certificate.gap <= 1e-7
    total = plan.net_delta["ETH"]
    assert delta - 1e-6 <= total <= delta + wide3 + 1e-6
    if feasible.any():
        assert plan.best.risk <= brute_force(plan, feasible, grid) * (1 + 1e-9)


def test_one_binding_bound_is_exact() -> None:
    plan = lp.hedge(POOL, [LINEAR], WEEK, objective=USDC, constraints=[lp.QuantityBounds(of=LINEAR, lower=-10)])
    assert plan.quantities[0] == pytest.approx(-10, rel=1e-14)
    assert plan.certificate.binding == ("quantity of linear perpetual",)
    loose = lp.hedge(POOL, [LINEAR], WEEK, objective=USDC, constraints=[lp.QuantityBounds(of=LINEAR, lower=-30)])
    assert loose.certificate.binding == ()
    assert loose.quantities == lp.hedge(POOL, [LINEAR], WEEK, objective=USDC).quantities


def test_exchangeable_legs_spill_over_in_order() -> None:
    free = lp.hedge(POOL, [LINEAR], WEEK, objective=USDC)
    plan = lp.hedge(
        POOL, [LINEAR, INVERSE], WEEK, objective=USDC, constraints=[lp.QuantityBounds(of=LINEAR, lower=-10)]
    )
    assert plan.quantities[0] == pytest.approx(-10, rel=1e-9)
    assert plan.quantities[1] / 1_900 == pytest.approx(free.quantities[0] + 10, rel=1e-7)
    assert plan.best.risk == pytest.approx(free.best.risk, rel=1e-9)


def test_gamma_bounds() -> None:
    long_gamma = lp.UniswapV3(liquidity=1.0, lower=1_800, upper=2_000, **TOKENS)
    bounds = [lp.GammaBounds(lower=-0.05), lp.DeltaBounds(lower=0, upper=0)]
    plan = lp.hedge(POOL, [LINEAR, long_gamma], WEEK, objective=USDC, constraints=bounds)
    assert plan.net_gamma["ETH"] >= -0.05 - 1e-12
    assert plan.net_delta["ETH"] == pytest.approx(0, abs=1e-8)


def test_infeasible_bounds_name_the_clash_and_the_way_out() -> None:
    bounds = [lp.QuantityBounds(of=LINEAR, lower=-10), lp.DeltaBounds(upper=5)]
    with pytest.raises(lp.InfeasibleError) as caught:
        lp.hedge(POOL, [LINEAR], WEEK, objective=USDC, constraints=bounds)
    text = str(caught.value)
    assert "quantity of linear perpetual at least -10 ETH" in text
    assert "net delta at most 5 ETH" in text
    # Pool 24.96441 coins: 19.96441 must be sold for a net 5, or 14.96441 stay with 10 sold; told outwards.
    assert "lower bound of quantity of linear perpetual at -19.9645 ETH" in text
    assert "upper bound of net delta at 14.9645 ETH" in text
    relaxed = [lp.QuantityBounds(of=LINEAR, lower=-19.9645), lp.DeltaBounds(upper=5)]
    assert lp.hedge(POOL, [LINEAR], WEEK, objective=USDC, constraints=relaxed).quantities[0] == pytest.approx(
        -19.9644, abs=1e-3
    )


# ---- several markets


def test_two_coins_hedge_through_two_markets() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(400, 2)) @ np.array([[0.05, 0.03], [0.0, 0.04]])
    prices = {"ETH/USDC": 1_900 * np.exp(z[:, 0]), "BTC/USDC": 27_000 * np.exp(z[:, 1])}
    table = lp.Outcomes.from_prices(prices, start={"ETH/USDC": 1_900, "BTC/USDC": 27_000})
    btc = lp.LinearPerp(base="BTC", quote="USDC", entry=27_000)
    plan = lp.hedge(POOL, [LINEAR, btc], table, objective=USDC)
    x = np.column_stack([prices["ETH/USDC"], prices["BTC/USDC"], np.ones(400)])
    solved, *_ = np.linalg.lstsq(x, -POOL.value(prices["ETH/USDC"]), rcond=None)
    assert plan.quantities == pytest.approx(solved[:2], rel=LEAST_SQUARES)
    assert set(plan.net_delta) == {"ETH", "BTC"}
    cross = lp.hedge(POOL, [btc], table, objective=USDC)
    assert cross.effectiveness < plan.effectiveness
    with pytest.raises(lp.TokenError, match="Measure in the quote"):
        lp.hedge(POOL, [btc], table, objective=lp.Variance(lp.Value("ETH")))
    flat = [lp.DeltaBounds(base="BTC", lower=0, upper=0)]
    bounded = lp.hedge(POOL, [LINEAR, btc], table, objective=USDC, constraints=flat)
    assert bounded.quantities[1] == pytest.approx(0, abs=1e-9)


def test_perpetual_and_pool_on_prices_of_their_own() -> None:
    rng = np.random.default_rng(0)
    spot = 1_900 * np.exp(rng.normal(0, 0.05, 300))
    basis = 1 + rng.normal(0, 1e-3, 300)
    prices = {"ETH/USDC": spot, "ETH/USDC:perp": spot * basis}
    perp = lp.LinearPerp(entry=1_900, market="ETH/USDC:perp", **TOKENS)
    table = lp.Outcomes.from_prices(prices, start={"ETH/USDC": 1_900, "ETH/USDC:perp": 1_900})
    apart = lp.hedge(POOL, [perp], table, objective=USDC)
    assert apart.assumptions == ()
    one = lp.Outcomes.from_prices({"ETH/USDC": spot}, start={"ETH/USDC": 1_900})
    proxied = lp.hedge(POOL, [perp], one, objective=USDC)
    assert proxied.assumptions == ("ETH/USDC:perp reads the price of ETH/USDC: basis taken as zero",)
    assert apart.best.risk > proxied.best.risk


def test_tokens_counted_as_one_are_said() -> None:
    perp = lp.LinearPerp(base="ETH", quote="USDT", entry=1_900)
    plan = lp.hedge(POOL, [perp], WEEK, objective=USDC)
    assert plan.assumptions == (
        "USDC and USDT counted as one token",
        "ETH/USDC and ETH/USDT read one price: basis taken as zero",
    )
    assert plan.quantities == lp.hedge(POOL, [LINEAR], WEEK, objective=USDC).quantities


# ---- absolute windows and exits


def test_windows_at_their_own_prices() -> None:
    rng = np.random.default_rng(0)
    prices = 1_900 * np.exp(np.cumsum(rng.normal(0, 0.02, (80, 12)), axis=1))[:, :, None]
    paths = lp.Paths(markets=("ETH/USDC",), prices=prices, years=np.arange(12.0), effective=80, source="own prices")
    plan = lp.hedge(POOL, [LINEAR], paths, objective=USDC)
    y = POOL.value(prices[:, -1, 0]) - POOL.value(prices[:, 0, 0])
    x = prices[:, -1, 0] - prices[:, 0, 0]
    (slope, _), *_ = np.linalg.lstsq(np.column_stack([x, np.ones(80)]), -y, rcond=None)
    assert plan.quantities[0] == pytest.approx(slope, rel=LEAST_SQUARES)
    assert plan.naive is None
    with pytest.raises(lp.InputError, match="one start price for every outcome"):
        lp.hedge(POOL, [LINEAR], paths, objective=lp.Variance(lp.Excess("USDC")))


def test_exit_closes_pool_and_hedge_together() -> None:
    paths = WEEK.sample(paths=300, steps=50, seed=3)
    held = lp.hedge(POOL, [LINEAR], paths, objective=USDC)
    closed = lp.hedge(POOL, [LINEAR], paths, objective=USDC, exit="range")
    assert closed.risk_unhedged < held.risk_unhedged
    assert "closed at the exit from 1,700 to 2,100" in closed.outcomes.source
    with pytest.raises(lp.InputError, match='paths for exit="range"'):
        lp.hedge(POOL, [LINEAR], WEEK, objective=USDC, exit="range")
    with pytest.raises(lp.InputError, match="one range"):
        lp.hedge(lp.UniswapV2.from_value(1, price=1, **TOKENS), [LINEAR], paths, objective=USDC, exit="range")


# ---- results


def test_a_plan_is_made_of_the_inputs_nouns() -> None:
    plan = lp.hedge(POOL, [LINEAR, INVERSE], WEEK, objective=USDC)
    assert plan.hedge == plan.quantities[0] * LINEAR + plan.quantities[1] * INVERSE
    assert plan.total == POOL + plan.hedge
    assert plan.net_delta["ETH"] == pytest.approx(POOL.delta(1_900) + plan.quantities[0])
    assert plan.sentence() in " ".join(str(plan).split())
    assert plan.sentence().startswith("Short 24.0586 ETH of linear perpetual ETH/USDC")
    assert plan.table()["quantity"].tolist() == list(plan.quantities)
    assert plan.to_dict()["legs"][0]["quantity"] == plan.quantities[0]
    assert "24.0586" in plan._repr_html_()
    assert repr(plan).startswith("<HedgePlan: Short 24.0586 ETH")


def test_same_inputs_same_bits() -> None:
    bounds = [lp.QuantityBounds(of=LINEAR, lower=-10), lp.DeltaBounds(upper=20)]
    first, again = (
        lp.hedge(POOL, [LINEAR, INVERSE], WEEK, objective=USDC, constraints=bounds).to_dict() for _ in range(2)
    )
    assert first == again


def test_scale_of_prices_does_not_matter() -> None:
    for scale in (1e-9, 1e-3, 1e9):
        pool = lp.UniswapV3.from_value(1.0, price=scale, lower=0.9 * scale, upper=1.1 * scale, **TOKENS)
        legs = [lp.LinearPerp(entry=scale, **TOKENS), lp.InversePerp(entry=scale, **TOKENS)]
        model = lp.Lognormal(price=scale, volatility=0.65, years=7 / 365)
        plan = lp.hedge(pool, legs, model, objective=USDC)
        assert plan.quantities[0] * scale == pytest.approx(-0.458, abs=1e-3)
        assert not plan.unique
        bounded = lp.hedge(
            pool, legs, model, objective=USDC, constraints=[lp.QuantityBounds(of=legs[0], lower=-0.1 / scale)]
        )
        assert bounded.quantities[0] * scale == pytest.approx(-0.1, rel=1e-9)
        assert bounded.best.risk == pytest.approx(plan.best.risk, rel=1e-7)
