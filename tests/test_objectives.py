"""Every objective with accounts: its figure from first principles, and never worse than a brute-force grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import lpgreeks as lp
from tests.tolerances import EIGHT_DIGITS, SOLVER, UNPOLISHED

TOKENS = {"base": "ETH", "quote": "USDC"}
START, POOL_VALUE = 1_900.0, 100_000.0
POOL = lp.UniswapV3.from_value(POOL_VALUE, price=START, lower=1_700, upper=2_100, **TOKENS)
LINEAR = lp.LinearPerp(entry=START, **TOKENS)
INVERSE = lp.InversePerp(entry=START, **TOKENS)
WEEK = lp.Lognormal(price=START, volatility=0.65, years=7 / 365)
PATHS = WEEK.sample(paths=600, steps=42, seed=11)
RATE, CAP, BUFFER, BUDGET = 0.005, 5.0, 0.1, 107_000.0
"""Terms under which the budget leaves about two thirds of the free hedge."""

ACCOUNT = [lp.NoLiquidation(buffer=BUFFER), lp.MaxLeverage(CAP), lp.Budget(BUDGET)]
FEE, FUNDING = 0.0005, 0.0002
USD = lp.Value("USDC")


def leg(**terms: object) -> lp.Leg:
    return lp.Leg(LINEAR, collateral="USDC", maintenance=lp.Proportional(rate=RATE), **terms)  # type: ignore[arg-type]


def pool_value(price: np.ndarray) -> np.ndarray:
    """The range's value with nothing but numpy."""
    root, low, high = np.sqrt(np.clip(price, 1_700, 2_100)), np.sqrt(1_700), np.sqrt(2_100)
    return POOL.liquidity * ((1 / root - 1 / high) * price + root - low)


ENDS = PATHS.prices[:, -1, 0]
LOW, HIGH = float(PATHS.prices.min()) * (1 - BUFFER), float(PATHS.prices.max()) * (1 + BUFFER)
MOVED = pool_value(ENDS) - pool_value(np.array(START))


def needed(coins: np.ndarray) -> np.ndarray:
    """Dollars behind ``coins`` of linear perpetual: for the cap, and for both ends of what is survived."""
    survived = [RATE * np.abs(coins) * price - coins * (price - START) for price in (LOW, HIGH)]
    return np.max([np.abs(coins) * START / CAP, *survived], axis=0)


def left(coins: float) -> np.ndarray:
    return MOVED + coins * (ENDS - START)


def semi(about_mean: bool) -> Callable[[np.ndarray], float]:
    return lambda y: float(np.sqrt(np.mean(np.minimum(y - (y.mean() if about_mean else 0.0), 0.0) ** 2)))


def tail(level: float) -> Callable[[np.ndarray], float]:
    def mean_of_worst(y: np.ndarray) -> float:
        count = (1 - level) * len(y)
        worst = np.sort(y)
        whole = int(np.floor(count + 1e-9))
        # The next one counts for the part of it that is still missing.
        part = (count - whole) * worst[whole] if count - whole > 1e-9 else 0.0
        return float(-(worst[:whole].sum() + part) / count)

    return mean_of_worst


OBJECTIVES = {
    "variance": (lp.Variance(USD), lambda y: float(np.std(y, ddof=1))),
    "semi-variance about zero": (lp.SemiVariance(USD), semi(about_mean=False)),
    "semi-variance about the mean": (lp.SemiVariance(USD, about_mean=True), semi(about_mean=True)),
    "CVaR 90": (lp.CVaR(USD, level=0.9), tail(0.9)),
    "CVaR 95.1": (lp.CVaR(USD, level=0.951), tail(0.951)),
    "CVaR 99": (lp.CVaR(USD, level=0.99), tail(0.99)),
    "worst path": (lp.WorstCase(USD), lambda y: float(-y.min())),
    "mean-variance": (lp.MeanVariance(USD, aversion=2e-4), lambda y: float(1e-4 * np.var(y, ddof=1) - y.mean())),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("bound", [True, False], ids=["with an account", "free"])
def test_never_worse_than_a_grid(name: str, bound: bool) -> None:
    objective, figure = OBJECTIVES[name]
    plan = lp.hedge(POOL, [leg()], PATHS, objective=objective, constraints=ACCOUNT if bound else [])
    (coins,) = plan.quantities
    assert plan.best.risk == pytest.approx(figure(left(coins)), rel=1e-9)
    assert plan.risk_unhedged == pytest.approx(figure(left(0.0)), rel=1e-9)
    grid = np.linspace(-60, 60, 24_001)
    allowed = grid[needed(grid) <= BUDGET - POOL_VALUE] if bound else grid
    best = min(figure(left(q)) for q in allowed)
    assert plan.best.risk <= best + UNPOLISHED * abs(figure(left(0.0)))
    proof = plan.certificate
    assert proof.feasibility <= SOLVER
    assert proof.gap <= 10 * UNPOLISHED
    if bound:
        assert plan.best.collateral[0] >= needed(np.array(coins)) * (1 - SOLVER)
        assert plan.capital <= BUDGET * (1 + SOLVER)
        assert "budget" in proof.binding
        assert plan.best.within_bounds


def test_a_worst_case_over_prices_is_that_of_every_price() -> None:
    objective = lp.WorstCase(USD, over=(1_500, 2_300))
    plan = lp.hedge(POOL, [LINEAR], WEEK, objective=objective)
    prices = np.linspace(1_500, 2_300, 200_001)
    loss = -(pool_value(prices) - pool_value(np.array(START)))

    def worst(coins: float) -> float:
        return float((loss - coins * (prices - START)).max())

    assert plan.best.risk == pytest.approx(worst(plan.quantities[0]), rel=EIGHT_DIGITS)
    assert plan.best.risk <= min(worst(q) for q in np.linspace(-40, 0, 1_001)) + EIGHT_DIGITS
    with pytest.raises(lp.InputError, match="a model may go anywhere"):
        lp.hedge(POOL, [LINEAR], WEEK, objective=lp.WorstCase(USD))


def test_mean_variance_weighs_drift_costs_and_carry() -> None:
    """Closed form: the marginal variance equals what one more coin short makes, less what trading it costs."""
    drifting = lp.Lognormal(price=START, volatility=0.65, years=7 / 365, drift_per_year=-0.4)
    costly = lp.Leg(LINEAR, fee=lp.Fee(taker=FEE), funding=lp.Funding(rate=FUNDING), slippage=lp.Slippage(rate=0.0001))
    aversion = 1e-4
    plan = lp.hedge(POOL, [costly], drifting, objective=lp.MeanVariance(USD, aversion=aversion))
    perp_mean = drifting.forward - START
    received = FUNDING * 21 * START
    cost = 2 * (FEE + 0.0001) * START
    # A short of q coins: -q (mean) + q (received) - q (cost), against aversion * Cov.
    reward = -perp_mean + received - cost
    spread = drifting.covariance(LINEAR, LINEAR)
    coins = (reward / aversion + drifting.covariance(POOL, LINEAR)) / spread
    assert -plan.quantities[0] == pytest.approx(coins, rel=1e-6)
    # Where trading costs more than it brings, nothing is traded.
    dear = lp.Leg(LINEAR, fee=lp.Fee(taker=0.5))
    assert lp.hedge(POOL, [dear], drifting, objective=lp.MeanVariance(USD, aversion=1e-9)).quantities == (0.0,)


@pytest.mark.thorough
def test_two_legs_and_their_collateral_against_a_grid() -> None:
    """Both amounts with a coin-margined and a dollar-margined leg: 151 x 151 choices with the least collateral."""
    coin = lp.Leg(INVERSE, collateral="ETH", maintenance=lp.Proportional(rate=RATE))
    both = lp.Variance(lp.Amount("ETH"), lp.Amount("USDC"))
    budget = 160_000.0
    plan = lp.hedge(POOL, [coin, leg()], PATHS, objective=both, constraints=[*ACCOUNT[:2], lp.Budget(budget)])
    notional, coins = plan.quantities
    root, high = np.sqrt(np.clip(ENDS, 1_700, 2_100)), np.sqrt(2_100)
    held = POOL.liquidity * (1 / root - 1 / np.sqrt(START))
    dollars = POOL.liquidity * (root - np.sqrt(START))
    assert high > root.max() * 0.99

    def risk(n: float, q: float) -> float:
        eth, usd = held + n * (1 / START - 1 / ENDS), dollars + q * (ENDS - START)
        return float(np.sqrt(START**2 * np.var(eth, ddof=1) + np.var(usd, ddof=1)))

    def posted(n: float, q: float) -> float:
        survived = [RATE * abs(n) / p - n * (1 / START - 1 / p) for p in (LOW, HIGH)]
        return START * max(abs(n) / START / CAP, *survived) + float(needed(np.array(q)))

    assert plan.best.risk == pytest.approx(risk(notional, coins), rel=1e-9)
    assert posted(notional, coins) <= (budget - POOL_VALUE) * (1 + SOLVER)
    choices = [
        risk(n, q)
        for n in np.linspace(0, 2 * notional, 151)
        for q in np.linspace(2 * coins, 0, 151)
        if posted(n, q) <= budget - POOL_VALUE
    ]
    assert plan.best.risk <= min(choices) * (1 + SOLVER)
    assert plan.certificate.gap <= SOLVER


@pytest.mark.parametrize(
    ("schedule", "margin"),
    [
        (
            lp.Progressive(
                brackets=(lp.Bracket(0, 0.01), lp.Bracket(20_000, 0.03), lp.Bracket(40_000, 0.2)), unit="USDC"
            ),
            lambda q, p: max(0.01 * q * p, 0.03 * q * p - 400, 0.2 * q * p - 7_200),
        ),
        (
            lp.Progressive(brackets=(lp.Bracket(0, 0.01), lp.Bracket(10, 0.1)), unit="ETH"),
            lambda q, p: p * max(0.01 * q, 0.1 * q - 0.9),
        ),
        (lp.LinearInSize(rate=0.01, slope=0.004, unit="ETH"), lambda q, p: p * q * (0.01 + 0.004 * q)),
        (lp.LinearInSize(rate=0.01, slope=2e-6, unit="USDC"), lambda q, p: p * q * (0.01 + 2e-6 * q * p)),
        (
            lp.Flat(brackets=(lp.Bracket(0, 0.01), lp.Bracket(8, 0.02), lp.Bracket(16, 0.3)), unit="ETH"),
            lambda q, p: p * q * (0.01 if q <= 8 else 0.02 if q <= 16 else 0.3),
        ),
    ],
    ids=["progressive in value", "progressive in size", "linear in size", "linear in value", "flat"],
)
def test_every_kind_of_margin_against_a_grid(schedule: lp.Schedule, margin: Callable[[float, float], float]) -> None:
    offered = lp.Leg(LINEAR, collateral="USDC", maintenance=schedule)
    constraints = [lp.NoLiquidation(over=(1_500, 2_300)), lp.Budget(POOL_VALUE + 8_000)]
    plan = lp.hedge(POOL, [offered], PATHS, objective=lp.Variance(USD), constraints=constraints)

    def posted(short: float) -> float:
        """A short is hurt at the upper end; at the lower one it only has its margin to keep."""
        return max(short * (2_300 - START) + margin(short, 2_300), margin(short, 1_500) - short * (START - 1_500))

    short = -plan.quantities[0]
    assert plan.best.collateral[0] == pytest.approx(max(0.0, posted(short)), rel=1e-8)
    grid = np.linspace(0, 40, 8_001)
    best = min(float(np.std(left(-q), ddof=1)) for q in grid if posted(q) <= 8_000)
    assert plan.best.risk <= best * (1 + SOLVER)
    assert plan.capital <= (POOL_VALUE + 8_000) * (1 + SOLVER)


def test_effectiveness_for_another_measure_is_kept() -> None:
    """The dollars are hedged as far as the coins' value allows."""
    coin_value = lp.Value("ETH")
    free = lp.hedge(POOL, [LINEAR], WEEK, objective=lp.Variance(USD))
    own = lp.hedge(POOL, [LINEAR], WEEK, objective=lp.Variance(coin_value))
    assert free.quantities[0] < 0 < own.quantities[0]
    floor = lp.EffectivenessAtLeast(0.3, (coin_value,))
    plan = lp.hedge(POOL, [LINEAR], WEEK, objective=lp.Variance(USD), constraints=[floor])
    bare, kept = (WEEK.standard_deviation(e, coin_value) for e in (POOL, POOL + plan.hedge))
    assert 1 - (kept / bare) ** 2 == pytest.approx(0.3, abs=1e-6)
    assert plan.certificate.binding == ("effectiveness for the value in ETH",)


def test_cross_margin_is_one_account() -> None:
    """A short and a long of one market behind one collateral: what one loses the other gains."""
    near, far = lp.LinearPerp(entry=START, **TOKENS), lp.LinearPerp(entry=START - 20, **TOKENS)
    rate = lp.Proportional(rate=0.02)
    legs = [lp.Leg(p, collateral="USDC", account="one", maintenance=rate) for p in (near, far)]
    sizes = [lp.QuantityBounds(of=near, lower=-30, upper=-30), lp.QuantityBounds(of=far, lower=10, upper=10)]
    survive = lp.NoLiquidation(over=(1_500, 2_300))
    plan = lp.hedge(POOL, legs, WEEK, objective=lp.Variance(USD), constraints=[*sizes, survive])
    assert plan.quantities == pytest.approx((-30, 10), rel=1e-9)
    (posted,) = plan.best.collateral
    at = {p: 30 * (p - START) - 10 * (p - START + 20) + 0.02 * 40 * p for p in (1_500, 2_300)}
    assert posted == pytest.approx(max(at.values()), rel=1e-9)
    (account,) = plan.accounts
    assert account is not None
    assert account.liquidation_prices(START).above == pytest.approx(2_300, rel=1e-9)
