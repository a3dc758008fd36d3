"""Choosing options against the loop a user would write, prices and Greeks against scalar formulas."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

import lpgreeks as lp
from tests.benchmarks.pairs import compare

STRIKES = np.linspace(1_300, 2_700, 40)
WEEK = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
VALUE = lp.Variance(lp.Value("USDC"))
POOL = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)


@pytest.fixture(scope="module")
def offered() -> list[lp.Instrument]:
    options = [kind(base="ETH", quote="USDC", strike=float(k)) for kind in (lp.Put, lp.Call) for k in STRIKES]
    return [lp.LinearPerp(base="ETH", quote="USDC", entry=1_900), *options]


@pytest.fixture(scope="module")
def paths() -> lp.Paths:
    return WEEK.sample(paths=20_000, seed=1)


def by_loop(legs: list[lp.Instrument], paths: lp.Paths, subsets: list[tuple[int, ...]]) -> float:
    """Least squares for every choice, one by one."""
    ends, start = paths.prices[:, -1, 0], 1_900.0
    centred = [x - x.mean() for x in (e.value(ends) - e.value(start) for e in (POOL, *legs))]
    moved, moves = centred[0], np.column_stack(centred[1:])
    left = [
        float(np.linalg.norm(moved + a @ np.linalg.lstsq(a, -moved, rcond=None)[0]))
        for subset in subsets
        for a in [moves[:, [0, *subset]]]
    ]
    return min(left) / math.sqrt(len(ends) - 1)


def test_best_put_and_call_of_forty_each(benchmark: Any, offered: list[lp.Instrument], paths: lp.Paths) -> None:
    caps = [lp.AtMost(1, of=lp.Put), lp.AtMost(1, of=lp.Call)]
    few = list(itertools.product(range(1, 41, 4), range(41, 81, 4)))
    plan, least = compare(
        benchmark,
        "best put and call of 40 x 40, 20,000 outcomes, with a perpetual",
        lambda: lp.hedge(POOL, offered, paths, objective=VALUE, constraints=caps),
        "a loop of lstsq over 100 of the 1,600 pairs",
        lambda: by_loop(offered, paths, few),
        rounds=3,
    )
    assert plan.best.risk <= least * (1 + 1e-9)
    assert plan.choice is not None
    assert plan.choice.gap == 0


def test_best_three_of_eighty(benchmark: Any, offered: list[lp.Instrument], paths: lp.Paths) -> None:
    rng = np.random.default_rng(1)
    some = [tuple(sorted(rng.choice(np.arange(1, 81), 3, replace=False).tolist())) for _ in range(100)]
    plan, least = compare(
        benchmark,
        "best three of 80, 20,000 outcomes, with a perpetual",
        lambda: lp.hedge(POOL, offered, paths, objective=VALUE, constraints=[lp.AtMost(3, of=lp.Option)]),
        "a loop of lstsq over 100 of the 82,160 triples",
        lambda: by_loop(offered, paths, some),
        rounds=3,
    )
    assert plan.best.risk <= least * (1 + 1e-9)
    assert plan.choice is not None
    assert plan.choice.gap == 0


def test_a_million_implied_volatilities(benchmark: Any) -> None:
    rng = np.random.default_rng(2)
    forward, years = 1_900.0, 30 / 365
    strike, volatility = forward * np.exp(rng.normal(0, 0.3, 1_000_000)), rng.uniform(0.2, 1.5, 1_000_000)
    terms = {"forward": forward, "strike": strike, "years": years, "call": strike > forward}
    price = lp.option_greeks(**terms, volatility=volatility).value
    price = np.where(price > 1e-9 * forward, price, np.nan)

    def black(k: float, sigma: float, call: bool) -> float:
        width = sigma * math.sqrt(years)
        d = math.log(forward / k) / width + width / 2
        sign = 1 if call else -1
        return float(sign * (forward * norm.cdf(sign * d) - k * norm.cdf(sign * (d - width))))

    def by_brentq() -> list[float]:
        good = np.flatnonzero(~np.isnan(price))[:100]
        return [brentq(lambda s, i=i: black(strike[i], s, bool(terms["call"][i])) - price[i], 1e-3, 5) for i in good]

    found, roots = compare(
        benchmark,
        "1,000,000 implied volatilities",
        lambda: lp.implied_volatility(price, **terms),
        "100 by brentq on a scalar formula",
        by_brentq,
        rounds=3,
    )
    good = ~np.isnan(price)
    assert np.abs(found[good] / volatility[good] - 1).max() < 1e-6
    assert np.abs(np.array(roots) / volatility[np.flatnonzero(good)[:100]] - 1).max() < 1e-6


def test_a_thousand_quotes_with_all_greeks(benchmark: Any) -> None:
    strike = np.linspace(500, 5_000, 1_000)
    terms = {"forward": 1_900.0, "strike": strike, "years": 30 / 365, "volatility": 0.65}

    def prices_alone() -> np.ndarray:
        width = 0.65 * math.sqrt(30 / 365)
        d = np.log(1_900.0 / strike) / width + width / 2
        return np.asarray(1_900.0 * norm.cdf(d) - strike * norm.cdf(d - width))

    greeks, plain = compare(
        benchmark,
        "1,000 quotes with all Greeks",
        lambda: lp.option_greeks(**terms, call=True),
        "their prices alone by scipy.stats",
        prices_alone,
        rounds=20,
    )
    assert np.abs(greeks.value - plain).max() < 1e-9
