"""Hedges against the loop a user would write; how to run these is said in the package's docstring."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import lsq_linear, minimize

import lpgreeks as lp
from tests.benchmarks.bench_greeks import plain_value
from tests.benchmarks.pairs import compare
from tests.tolerances import LEAST_SQUARES

SAMPLED = 0.01
"""What 20,000 draws leave open of a hedge: the standard error is 0.1 % of it."""

SHORT_AT_MOST = 10.0
"""Coins of linear perpetual, fewer than the free optimum sells: the bound binds and the other leg takes the rest."""


def changes(pool: lp.UniswapV3, week: lp.Lognormal, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Centred changes of the pool's value, and of both perpetuals on one coin, over draws of the end price."""
    width = week.volatility * np.sqrt(week.years)
    end = week.price * np.exp(width * np.random.default_rng(0).standard_normal(count) - width**2 / 2)
    value = plain_value(pool, end)
    linear, inverse = end - week.price, week.price * (1 / week.price - 1 / end) * end
    legs = np.column_stack([linear, inverse])
    return value - value.mean(), legs - legs.mean(axis=0)


def by_minimize(pool: lp.UniswapV3, week: lp.Lognormal, least: float) -> np.ndarray:
    """Quasi-Newton steps on the variance over 100,000 draws."""
    value, legs = changes(pool, week, 100_000)
    bounds = [(least, None), (None, None)]
    return minimize(lambda q: np.var(value + legs @ q), np.zeros(2), bounds=bounds, method="SLSQP").x


def by_least_squares(pool: lp.UniswapV3, week: lp.Lognormal, least: float) -> np.ndarray:
    """Least squares over 20,000 draws; bounded ones where there is a bound."""
    value, legs = changes(pool, week, 20_000)
    if least == -np.inf:
        return np.linalg.lstsq(legs, -value, rcond=None)[0]
    return lsq_linear(legs, -value, bounds=([least, -np.inf], [np.inf, np.inf]), method="bvls").x


PEERS = {"scipy minimize, 100,000 draws": by_minimize, "least squares, 20,000 draws": by_least_squares}


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("least", [-np.inf, -SHORT_AT_MOST], ids=["free", "binding"])
def test_model(
    benchmark: Any,
    pool: lp.UniswapV3,
    linear: lp.LinearPerp,
    inverse: lp.InversePerp,
    week: lp.Lognormal,
    usdc: lp.Variance,
    least: float,
    peer: str,
) -> None:
    bounds = [lp.QuantityBounds(of=linear, lower=least)] if np.isfinite(least) else []
    plan, quantities = compare(
        benchmark,
        f"hedge under a model, 2 perpetuals, {'one bound binding' if bounds else 'free'}",
        lambda: lp.hedge(pool, [linear, inverse], week, objective=usdc, constraints=bounds),
        peer,
        lambda: PEERS[peer](pool, week, least),
        rounds=15,
    )
    coins = plan.quantities[0] + plan.quantities[1] / week.price
    assert coins == pytest.approx(quantities.sum(), rel=SAMPLED)
    assert plan.quantities[0] >= least * (1 + LEAST_SQUARES)
    # The other leg takes the rest: the bound is met, and costs nothing.
    assert bool(plan.certificate.met) == bool(bounds)


def test_paths(
    benchmark: Any, pool: lp.UniswapV3, linear: lp.LinearPerp, week: lp.Lognormal, usdc: lp.Variance
) -> None:
    paths = week.sample(paths=5_000, steps=720, seed=0)

    def plain() -> np.ndarray:
        end = paths.prices[:, -1, 0]
        columns = np.column_stack([end - week.price, np.ones_like(end)])
        return np.linalg.lstsq(columns, -plain_value(pool, end), rcond=None)[0]

    plan, (slope, _) = compare(
        benchmark,
        "hedge on 5,000 paths x 720 steps, free",
        lambda: lp.hedge(pool, [linear], paths, objective=usdc),
        "numpy lstsq on the same ends",
        plain,
        rounds=15,
    )
    assert plan.quantities[0] == pytest.approx(slope, rel=LEAST_SQUARES)
