"""A narrow range worked through: what a full hedge posts, what a budget leaves of it, and what helps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lpgreeks as lp
from tests.tolerances import PRINTED_7

TOKENS = {"base": "ETH", "quote": "USDT"}
START = 1_867.0
COINS = 25.0
HALF = lp.Proportional(rate=0.005)
BOTH = lp.Variance(lp.Amount("ETH"), lp.Amount("USDT"))
INVERSE = lp.InversePerp(entry=START, **TOKENS)
LINEAR = lp.LinearPerp(entry=START, **TOKENS)


def pool_of(width: float) -> lp.UniswapV3:
    """The range of a half-width that holds 25 coins at the start."""
    ends = {"lower": START * (1 - width), "upper": START * (1 + width)}
    found = lp.UniswapV3.from_amounts(base_offered=COINS, quote_offered=np.inf, price=START, **ends, **TOKENS)
    return found.position


def legs_of(schedule: lp.Schedule | None = None) -> list[lp.Leg]:
    return [
        lp.Leg(INVERSE, collateral="ETH", maintenance=schedule),
        lp.Leg(LINEAR, collateral="USDT", maintenance=schedule),
    ]


def inside(pool: lp.UniswapV3) -> lp.Outcomes:
    """Every price of the range alike: the two amounts move only there."""
    return lp.Outcomes.from_prices(np.linspace(pool.lower, pool.upper, 401), start=START)


def matched(pool: lp.UniswapV3) -> float:
    """The notional whose first-order change of both amounts is the pool's, L * sqrt(P) / 2."""
    return pool.liquidity * START**0.5 / 2


def fixed(notional: float) -> list[lp.QuantityBounds]:
    return [
        lp.QuantityBounds(of=INVERSE, lower=notional, upper=notional),
        lp.QuantityBounds(of=LINEAR, lower=-notional / START, upper=-notional / START),
    ]


def posted(width: float, *constraints: Any) -> tuple[float, float, float]:
    """Coins and dollars behind the delta-matched hedge, and their worth as multiples of the position."""
    pool = pool_of(width)
    plan = lp.hedge(
        pool, legs_of(HALF), inside(pool), objective=BOTH, constraints=[*fixed(matched(pool)), *constraints]
    )
    coins, dollars = plan.best.collateral
    return coins, dollars, (plan.capital - pool.value(START)) / pool.value(START)


POOL = pool_of(0.03)


def test_the_narrow_range() -> None:
    assert POOL.liquidity == pytest.approx(73_630.998, rel=PRINTED_7)
    assert POOL.value(START) == pytest.approx(94_761, abs=0.5)
    assert matched(POOL) == pytest.approx(1_590_753.36, abs=0.005)
    assert matched(POOL) / POOL.value(START) == pytest.approx(16.79, abs=0.005)
    plan = lp.hedge(POOL, [INVERSE, LINEAR], inside(POOL), objective=BOTH)
    assert plan.naive is not None
    inverse, linear = plan.naive.quantities
    assert inverse == pytest.approx(matched(POOL), rel=1e-9)
    assert -linear * START == pytest.approx(matched(POOL), rel=1e-9)
    assert plan.effectiveness > 0.999


def test_what_the_full_hedge_posts() -> None:
    coins, dollars, _ = posted(0.03, lp.MaxLeverage(20))
    assert dollars == pytest.approx(79_537.67, abs=0.005)
    assert coins * START == pytest.approx(79_537.67, abs=0.005)
    coins, dollars, multiple = posted(0.03, lp.NoLiquidation(over=lp.RangeEdges()))
    assert coins == pytest.approx(30.7436, abs=5e-5)
    assert dollars == pytest.approx(55_914.98, abs=0.005)
    assert multiple == pytest.approx(1.1958, abs=5e-5)
    # By hand: loss and maintenance at the end that hurts each leg.
    notional = matched(POOL)
    assert dollars == pytest.approx(notional / START * (POOL.upper - START) + 0.005 * notional / START * POOL.upper)
    assert coins == pytest.approx(notional * (1 / POOL.lower - 1 / START) + 0.005 * notional / POOL.lower)


def test_what_widening_helps_and_what_it_does_not() -> None:
    """A cap on leverage eases with the width; survival to the ends does not."""
    capped = {w: posted(w, lp.MaxLeverage(5))[2] for w in (0.03, 0.2)}
    assert capped[0.03] == pytest.approx(6.71, abs=0.01)
    assert capped[0.2] == pytest.approx(1.04, abs=0.005)
    survived = {w: posted(w, lp.NoLiquidation(over=lp.RangeEdges()))[2] for w in (0.03, 0.3)}
    assert survived[0.3] == pytest.approx(1.30, abs=0.005)
    assert survived[0.3] > survived[0.03]


def ways(error: lp.InfeasibleError, words: str) -> float:
    """The number that a way out names."""
    found = re.search(rf"{words} ([\d.,]*\d)", error.remedy)
    assert found, error.remedy
    return float(found[1].replace(",", ""))


CAP, SHARE = 20.0, 0.95
MONEY = POOL.value(START) + 20_000


def asked(
    budget: float = MONEY, cap: float = CAP, share: float | None = SHARE, pool: lp.UniswapV3 = POOL
) -> lp.HedgePlan:
    floor = [] if share is None else [lp.EffectivenessAtLeast(share)]
    constraints = [lp.Budget(budget), lp.MaxLeverage(cap), *floor]
    return lp.hedge(pool, legs_of(), inside(pool), objective=BOTH, constraints=constraints)


def test_too_little_money_names_the_ways_out_and_each_does() -> None:
    with pytest.raises(lp.InfeasibleError) as caught:
        asked()
    error = caught.value
    budget, cap = ways(error, "a budget of"), ways(error, "a leverage of")
    share = ways(error, "an effectiveness of at least") / 100
    lower, upper = ways(error, "a range of"), ways(error, r"a range of [\d.,]+ to")
    # The whole hedge at 20 times takes 159,075 for all of the variance; 95 % needs less.
    assert 200_000 < budget < POOL.value(START) + 2 * 79_537.67
    assert 60 < cap < 160
    assert 0.2 < share < 0.25
    assert lower < POOL.lower < POOL.upper < upper
    # What is printed is rounded to the side on which it does; a little less does not.
    wide = lp.UniswapV3.from_value(POOL.value(START), price=START, lower=lower, upper=upper, **TOKENS)
    narrower = lp.UniswapV3.from_value(
        POOL.value(START),
        price=START,
        lower=lower + 0.01 * (START - lower),
        upper=upper - 0.01 * (upper - START),
        **TOKENS,
    )
    asked(budget=budget)
    asked(cap=cap)
    asked(share=share)
    asked(pool=wide)
    for fails in ({"budget": 0.999 * budget}, {"cap": 0.99 * cap}, {"share": 1.001 * share}, {"pool": narrower}):
        with pytest.raises(lp.InfeasibleError):
            asked(**fails)


def test_where_a_wider_range_does_not_help_it_says_so() -> None:
    """Survival to the ends of the range takes more of the position the wider it is."""
    pool, notional = POOL, 0.2 * matched(POOL)
    floor = [lp.QuantityBounds(of=LINEAR, upper=-notional / START), lp.NoLiquidation(over=lp.RangeEdges())]
    with pytest.raises(lp.InfeasibleError, match="A wider range does not help") as caught:
        lp.hedge(
            pool,
            legs_of(HALF),
            inside(pool),
            objective=BOTH,
            constraints=[*floor, lp.Budget(pool.value(START) + 5_000)],
        )
    assert "a range of" not in caught.value.remedy
    assert ways(caught.value, "a budget of") > pool.value(START) + 5_000


def test_without_the_floor_the_hedge_shrinks_to_the_money() -> None:
    plan = asked(share=None)
    assert plan.capital == pytest.approx(MONEY, rel=1e-9)
    # 20,000 at 20 times carries 400,000 of notional: 12.6 % of the hedge, and 1 - (1 - 0.126)**2 of the variance.
    notional = plan.quantities[0] - plan.quantities[1] * START
    assert notional == pytest.approx(400_000, rel=1e-9)
    part = 200_000 / matched(POOL)
    assert plan.effectiveness == pytest.approx(1 - (1 - part) ** 2, abs=2e-3)
    assert "budget" in plan.certificate.binding
    assert f"({plan.effectiveness:.2%} of the variance removed)" in plan.sentence()


# ---- a coin-margined short with its coins


@pytest.mark.parametrize("leverage", [1.5, 2.0, 5.0, 20.0])
def test_inverse_at_a_leverage_is_linear_at_one_less(leverage: float) -> None:
    week = lp.Lognormal(price=START, volatility=0.65, years=7 / 365)
    pool = lp.UniswapV3.from_value(100_000, price=START, lower=1_700, upper=2_050, **TOKENS)
    usd = lp.Variance(lp.Value("USDT"))
    coin, dollar = (
        lp.hedge(pool, [lp.Leg(perp, collateral=token)], week, objective=usd, constraints=[lp.MaxLeverage(cap)])
        for perp, token, cap in ((INVERSE, "ETH", leverage), (LINEAR, "USDT", leverage - 1))
    )
    assert coin.capital == pytest.approx(dollar.capital, rel=1e-9)
    assert coin.best.risk == pytest.approx(dollar.best.risk, rel=1e-9)
    assert coin.net_delta["ETH"] == pytest.approx(dollar.net_delta["ETH"], rel=1e-9)
    prices = np.array([1_000.0, 1_500.0, START, 2_200.0, 5_000.0])
    assert coin.total.pnl(prices, start=START) == pytest.approx(dollar.total.pnl(prices, start=START), rel=1e-9)
    # Without maintenance both end at one price.
    (ends,), (others,) = coin.liquidations(), dollar.liquidations()
    assert ends["ETH/USDT"].above == pytest.approx(others["ETH/USDT"].above, rel=1e-9)
    words = " ".join(coin.notes)
    assert f"a dollar-margined short of {-dollar.quantities[0]:,.6g} ETH at {leverage - 1:,.4g} times" in words


# ---- prices that happened


def test_two_months_of_minutes_leave_every_account_alive(real_data: Path) -> None:
    """The plan of April and May 2023, bar by bar: every account keeps its margin, and just beyond one does not."""
    folder = real_data / "binance-1m-2023-04-05"
    tokens = {"base": "ETH", "quote": "USDC"}
    spot = lp.read_prices(folder / "ETHUSDT-spot-1m.parquet", market="ETH/USDC")
    perp = lp.read_prices(folder / "ETHUSDT-perp-1m.parquet", market="ETH/USDC:perp")
    weeks = lp.align(spot, perp).windows("7D", step="1D", start={"ETH/USDC": 1_900.0, "ETH/USDC:perp": 1_900.0})
    pool = lp.UniswapV3.from_value(100_000, price=1_900, lower=1_700, upper=2_100, **tokens)
    terms = {"entry": 1_900.0, "market": "ETH/USDC:perp", **tokens}
    legs = [
        lp.Leg(lp.LinearPerp(**terms), collateral="USDC", maintenance=HALF),
        lp.Leg(lp.InversePerp(**terms), collateral="ETH", maintenance=HALF),
    ]
    plan = lp.hedge(
        pool,
        legs,
        weeks,
        objective=lp.Variance(lp.Amount("ETH"), lp.Amount("USDC")),
        constraints=[lp.NoLiquidation(buffer=0.1), lp.MaxLeverage(5), lp.Budget(160_000)],
    )
    assert plan.capital == pytest.approx(160_000, rel=1e-9)
    assert any(note.startswith("Basis: ETH/USDC:perp ends apart") for note in plan.notes)
    (short, long), (dollars, coins) = plan.quantities, plan.best.collateral
    assert short < 0 < long
    assert weeks.lows is not None
    assert weeks.highs is not None
    lows, highs = weeks.lows[:, :, 1] * 0.9, weeks.highs[:, :, 1] * 1.1

    def margins_left(price: np.ndarray) -> tuple[float, float]:
        """Equity less half a percent of each account, in its own token: the least of all bars."""
        linear = dollars + short * (price - 1_900) - 0.005 * -short * price
        inverse = coins + long * (1 / 1_900 - 1 / price) - 0.005 * long / price
        return float(linear.min()), float(inverse.min())

    for price in (lows, highs):
        left = margins_left(price)
        assert left[0] > -1e-6 * dollars
        assert left[1] > -1e-6 * coins
    assert margins_left(highs * 1.001)[0] < 0
    assert margins_left(lows * 0.999)[1] < 0
    assert abs(short) * 1_900 / dollars <= 5
    assert long / (coins * 1_900) <= 5
