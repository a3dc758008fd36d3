"""Premiums of impermanent loss and the volatilities they imply, against a formula typed by hand and a quadrature."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

import lpgreeks as lp
from tests.benchmarks.pairs import compare

START, YEARS, VOLATILITY = 1_900.0, 30 / 365, 0.65
TIMES = 200
"""Premiums are timed by so many, one after another."""


def plain_premium(pool: lp.UniswapV3, width: float) -> float:
    """The closed form with the moments typed out, for one number."""

    def moment(a: float, k: float) -> float:
        distance = (math.log(START / k) + (a - 0.5) * width**2) / width
        return START**a * math.exp(a * (a - 1) * width**2 / 2) * math.erfc(-distance / math.sqrt(2)) / 2

    low, high = pool.lower, pool.upper
    root = {p: math.sqrt(p) for p in (low, high)}
    value = (1 / root[low] - 1 / root[high]) * (START - moment(1, low))
    value += 2 * (moment(0.5, low) - moment(0.5, high)) - root[low] * (moment(0, low) - moment(0, high))
    value += (root[high] - root[low]) * moment(0, high) - (moment(1, low) - moment(1, high)) / root[high]
    return pool.value(START) - pool.liquidity * value


def integrated_premium(pool: lp.UniswapV3, width: float) -> float:
    """What a user would write: the payoff times a normal density, integrated between the kinks."""

    def weighed(z: float) -> float:
        root = math.sqrt(min(max(price := START * math.exp(width * z - width**2 / 2), pool.lower), pool.upper))
        value = price * (1 / root - 1 / math.sqrt(pool.upper)) + root - math.sqrt(pool.lower)
        return value * math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)

    edges = [-10.0, *((math.log(p / START) + width**2 / 2) / width for p in (pool.lower, pool.upper)), 10.0]
    return pool.value(START) - pool.liquidity * sum(quad(weighed, a, b, epsrel=1e-10)[0] for a, b in pairwise(edges))


def repeated(one: Any) -> Any:
    return lambda: [one() for _ in range(TIMES)][-1]


@pytest.mark.parametrize("peer", [plain_premium, integrated_premium], ids=lambda p: p.__name__)
def test_premium_of_a_claim_that_is_there(benchmark: Any, pool: lp.UniswapV3, peer: Any) -> None:
    marked = lp.LossClaim(of=pool, start=START).marked(volatility=VOLATILITY, years=YEARS)
    width = marked.width
    ours, theirs = compare(
        benchmark,
        f"{TIMES} premiums, built once",
        repeated(lambda: marked.value(START)),
        peer.__name__,
        repeated(lambda: peer(pool, width)),
        rounds=5,
    )
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_premium_built_each_time(benchmark: Any, pool: lp.UniswapV3) -> None:
    claim = lp.LossClaim(of=pool, start=START)
    ours, theirs = compare(
        benchmark,
        f"{TIMES} premiums of a claim marked each time",
        repeated(lambda: claim.marked(volatility=VOLATILITY, years=YEARS).value(START)),
        "claims built each time",
        repeated(lambda: lp.LossClaim(of=pool, start=START).marked(volatility=VOLATILITY, years=YEARS).value(START)),
        rounds=5,
    )
    assert ours == theirs


def test_implied_volatilities(benchmark: Any, pool: lp.UniswapV3) -> None:
    volatilities = np.linspace(0.2, 2.0, 1_000)
    premiums = np.array([plain_premium(pool, v * math.sqrt(YEARS)) for v in volatilities])

    def one(premium: float) -> float:
        width: float = brentq(lambda w: plain_premium(pool, w) - premium, 1e-3, 5.0, xtol=1e-14)
        return width / math.sqrt(YEARS)

    ours, theirs = compare(
        benchmark,
        "1,000 implied volatilities",
        lambda: lp.il_implied_volatility(premiums, pool, start=START, years=YEARS),
        "brentq one by one",
        lambda: np.array([one(p) for p in premiums]),
        rounds=3,
    )
    assert ours == pytest.approx(volatilities, rel=1e-9)
    assert theirs == pytest.approx(volatilities, rel=1e-9)
