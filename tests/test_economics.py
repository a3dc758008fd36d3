"""What a plan is expected to earn and cost: each part by a second route, and all of them together."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import lpgreeks as lp
from tests.tolerances import QUADRATURE, ROUNDING

TOKENS = {"base": "ETH", "quote": "USDC"}
POOL = lp.UniswapV3.from_value(100_000, price=1_900, lower=1_700, upper=2_100, **TOKENS)
LINEAR = lp.LinearPerp(entry=1_900, **TOKENS)
INVERSE = lp.InversePerp(entry=1_900, **TOKENS)
WEEK = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
USDC = lp.Variance(lp.Value("USDC"))
COSTLY = lp.Leg(
    LINEAR,
    collateral="USDC",
    fee=lp.Fee(taker=0.0005),
    slippage=lp.Slippage(rate=0.0002),
    funding=lp.Funding(rate=0.0001),
)


def parts(expected: lp.Economics) -> dict[str, float]:
    return {part.name: part.amount for part in expected.parts}


def test_impermanent_loss_is_the_closed_form() -> None:
    expected = lp.economics(lp.hedge(POOL, [LINEAR], WEEK, objective=USDC))
    assert parts(expected) == {
        "impermanent loss": pytest.approx(WEEK.mean(POOL, lp.Excess("USDC")), rel=1e-9),
    }
    # Driftless: holding makes nothing on average, and neither does the perpetual.
    assert expected.total == pytest.approx(WEEK.mean(POOL) - 100_000, rel=1e-9)


def test_drift_moves_tokens_legs_and_collateral() -> None:
    drifting = replace(WEEK, drift_per_year=0.5)
    leg = lp.Leg(INVERSE, collateral="ETH")
    plan = lp.hedge(POOL, [leg], drifting, objective=USDC, constraints=[lp.MaxLeverage(4)])
    found = parts(lp.economics(plan))
    grown = drifting.forward - 1_900
    coins, posted = POOL.base_amount(1_900), plan.best.collateral[0]
    assert found["tokens of the start"] == pytest.approx(coins * grown, rel=QUADRATURE * 1e3)
    assert found["coin collateral"] == pytest.approx(posted * grown, rel=QUADRATURE * 1e3)
    # A coin-margined perpetual is a straight line in dollars: notional * (P / E - 1).
    assert found[leg.name] == pytest.approx(plan.quantities[0] * (drifting.forward / 1_900 - 1), rel=QUADRATURE * 1e3)
    assert sum(found.values()) == pytest.approx(drifting.mean(plan.total) - plan.total.value(1_900), rel=1e-8)


def test_costs_of_a_leg_by_hand() -> None:
    plan = lp.hedge(POOL, [COSTLY], WEEK, objective=USDC, constraints=[lp.MaxLeverage(5)])
    found = parts(lp.economics(plan))
    notional = -plan.quantities[0] * 1_900
    assert notional > 0
    assert found[f"fees, {COSTLY.name}"] == pytest.approx(-2 * 0.0005 * notional, rel=ROUNDING)
    assert found[f"slippage, {COSTLY.name}"] == pytest.approx(-2 * 0.0002 * notional, rel=ROUNDING)
    # A short receives what longs pay: three intervals a day for a week.
    assert found[f"funding, {COSTLY.name}"] == pytest.approx(21 * 0.0001 * notional, rel=1e-9)


def test_swaps_into_the_ratio_and_back() -> None:
    leg = lp.Leg(INVERSE, collateral="ETH")
    plan = lp.hedge(POOL, [leg], WEEK, objective=USDC, constraints=[lp.MaxLeverage(4)])
    coins = POOL.base_amount(1_900) + plan.best.collateral[0]
    fee = lp.Fee(taker=0.001)
    found = parts(lp.economics(plan, swap=fee))
    assert found["swap in"] == pytest.approx(-0.001 * coins * 1_900, rel=1e-9)
    assert found["swap back"] == found["swap in"]
    some = parts(lp.economics(plan, swap=fee, wallet=lp.Wallet({"WETH": 10.0, "USDC": 200_000.0})))
    assert some["swap in"] == pytest.approx(-0.001 * (coins - 10) * 1_900, rel=1e-9)
    # Coins alone: the dollars of the position are raised by selling some of them.
    sold = parts(lp.economics(plan, swap=fee, wallet=lp.Wallet({"ETH": 1e3})))
    assert sold["swap in"] == pytest.approx(-0.001 * POOL.quote_amount(1_900), rel=1e-9)
    enough = parts(lp.economics(plan, swap=fee, wallet=lp.Wallet({"ETH": 1e3, "USDC": 1e6})))
    assert "swap in" not in enough


def test_the_parts_add_up_and_break_even_breaks_even() -> None:
    plan = lp.hedge(POOL, [COSTLY], WEEK, objective=USDC, constraints=[lp.MaxLeverage(5)])
    expected = lp.economics(plan, gas=lp.Gas(each=12.5), swap=lp.Fee(taker=0.0005))
    assert expected.total == pytest.approx(sum(parts(expected).values()), rel=ROUNDING)
    assert parts(expected)["gas"] == -25
    assert expected.before_fees == expected.total
    income = expected.break_even_rate_per_year * 100_000 * 7 / 365
    assert expected.total + income == pytest.approx(0, abs=1e-8)
    # Fees that exceed the rate by a tenth leave a tenth of it.
    share = 1.1 * income
    liquidity = POOL.liquidity * 99
    volume = share / (0.0005 * 7 * expected.inside * 0.01)
    paid = lp.economics(
        plan,
        gas=lp.Gas(each=12.5),
        swap=lp.Fee(taker=0.0005),
        pool=lp.PoolFees(fee=0.0005, volume_per_day=volume, liquidity=liquidity),
    )
    assert paid.fees == pytest.approx(share, rel=1e-9)
    assert paid.total == pytest.approx(0.1 * income, rel=1e-8)
    assert paid.break_even_rate_per_year == pytest.approx(expected.break_even_rate_per_year, rel=1e-9)


def test_fees_by_a_walk_through_the_week() -> None:
    """Volume spread evenly, each hour paid where the price stands: the mean over draws is the closed form."""
    stated = lp.PoolFees(fee=0.003, volume_per_day=1e7, liquidity=1e6, protocol_share=0.25)
    plan = lp.hedge(POOL, [LINEAR], WEEK, objective=USDC)
    rng = np.random.default_rng(7)
    hours, draws = 7 * 24, 20_000
    # Random times, one in each hour, so that the sum over hours is no approximation of the integral.
    times = (np.arange(hours) + rng.random((draws, hours))) / hours * WEEK.years
    gaps = np.diff(times, axis=1, prepend=0.0)
    logs = np.cumsum(0.65 * np.sqrt(gaps) * rng.standard_normal(gaps.shape) - 0.65**2 / 2 * gaps, axis=1)
    inside = ((logs > np.log(1_700 / 1_900)) & (logs < np.log(2_100 / 1_900))).mean(axis=1)
    share = POOL.liquidity / (POOL.liquidity + 1e6)
    earned = 0.003 * 0.75 * 1e7 * 7 * share * inside
    fees = lp.economics(plan, pool=stated).fees
    assert abs(fees - earned.mean()) < 4 * earned.std() / np.sqrt(draws)


def test_on_paths_the_same_sums() -> None:
    paths = WEEK.sample(paths=400, steps=84, seed=3)
    plan = lp.hedge(POOL, [COSTLY], paths, objective=USDC, constraints=[lp.MaxLeverage(5)])
    expected = lp.economics(plan, pool=lp.PoolFees(fee=0.0005, volume_per_day=1e8, liquidity=1e6))
    prices = paths.prices[:, :, 0]
    end = prices[:, -1]
    held = POOL.base_amount(1_900) * end + POOL.quote_amount(1_900)
    found = parts(expected)
    assert found["impermanent loss"] == pytest.approx(np.mean(POOL.value(end) - held), rel=1e-9)
    assert found["tokens of the start"] == pytest.approx(np.mean(held) - 100_000, rel=1e-7)
    assert found[COSTLY.name] == pytest.approx(plan.quantities[0] * np.mean(end - 1_900), rel=1e-7)
    outside = ((prices[:, 1:] < 1_700) | (prices[:, 1:] > 2_100)).any(axis=1)
    assert expected.leaving == outside.mean()
    assert 0 < expected.inside < 1


def test_closed_at_the_exit_costs_and_funding_end_there() -> None:
    paths = WEEK.sample(paths=400, steps=84, seed=3)
    constraints = [lp.MaxLeverage(5)]
    held, closed = (
        lp.hedge(POOL, [COSTLY], paths, objective=USDC, constraints=constraints, exit=exit)
        for exit in ("held", "range")
    )
    assert closed.years < held.years
    rate = COSTLY.funding.rate_per_year
    received = parts(lp.economics(closed))[f"funding, {COSTLY.name}"]
    assert received == pytest.approx(-closed.quantities[0] * 1_900 * rate * closed.years, rel=1e-9)


def test_what_cannot_be_said_is_refused() -> None:
    table = lp.Outcomes.from_prices([1_700, 1_900, 2_200], start=1_900)
    plan = lp.hedge(POOL, [LINEAR], table, objective=USDC)
    assert plan.economics is None
    with pytest.raises(lp.InputError, match="a plan with a horizon"):
        lp.economics(plan)
    spot = lp.hedge(10 * lp.Spot(**TOKENS), [LINEAR], WEEK, objective=USDC)
    with pytest.raises(lp.InputError, match="one pool position"):
        lp.economics(spot, pool=lp.PoolFees(fee=0.0005, volume_per_day=1e8, liquidity=1e6))
    for wrong in ({"fee": -0.1}, {"volume_per_day": 0}, {"liquidity": -1}, {"protocol_share": 1}, {"fee": 5}):
        with pytest.raises(lp.InputError):
            lp.PoolFees(**{"fee": 0.0005, "volume_per_day": 1e8, "liquidity": 1e6} | wrong)


def test_words_table_and_picture() -> None:
    plan = lp.hedge(POOL, [COSTLY], WEEK, objective=USDC, constraints=[lp.MaxLeverage(5)])
    expected = lp.economics(plan, gas=lp.Gas(each=10))
    assert expected.sentence() in str(expected)
    assert "it pays if the pool's fees are above" in expected.sentence()
    assert expected.table()["part"].tolist()[-1] == "total"
    assert json.loads(json.dumps(expected.to_dict()))["total"] == expected.total
    ax = expected.plot()
    assert ax.get_xlabel() == "expected over 7 days [USDC]"
    assert [t.get_text() for t in ax.get_yticklabels()] == [*parts(expected), "total"]
    assert "impermanent loss" in expected._repr_html_()
