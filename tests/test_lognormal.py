"""The model against mpmath integrals, against its own samples, and at its edges."""

from __future__ import annotations

import math
from functools import cache

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lpgreeks as lp
from lpgreeks.powers import Powers
from tests.tolerances import EIGHT_DIGITS, ROUNDING, STANDARD_ERRORS

TOKENS = {"base": "ETH", "quote": "USDC"}


def exact_hedged_variance(lower: str, upper: str, price: str, width: str, *, digits: int = 30) -> tuple[float, float]:
    """Least-squares ratio and hedged variance of a range of unit liquidity, by quadrature at many digits."""
    mp.mp.dps = digits
    low, high, start, w = (mp.mpf(x) for x in (lower, upper, price, width))

    def value(p: mp.mpf) -> mp.mpf:
        q = min(max(p, low), high)
        return (1 / mp.sqrt(q) - 1 / mp.sqrt(high)) * p + mp.sqrt(q) - mp.sqrt(low)

    # The three integrals are over the same nodes.
    @cache
    def at(z: mp.mpf) -> mp.mpf:
        return start * mp.exp(w * z - w * w / 2)

    @cache
    def worth(z: mp.mpf) -> mp.mpf:
        return value(at(z))

    @cache
    def density(z: mp.mpf) -> mp.mpf:
        return mp.npdf(z)

    kinks = [(mp.log(k / start) + w * w / 2) / w for k in (low, high)]
    edges = sorted([*(mp.mpf(x) for x in range(-14, 15, 2)), *(k for k in kinks if abs(k) < 14)])

    def expect(f: object) -> mp.mpf:
        return mp.quad(lambda z: f(z) * density(z), edges, method="gauss-legendre")

    mean_v, mean_s = expect(worth), start
    cov = expect(lambda z: (worth(z) - mean_v) * (at(z) - mean_s))
    var_s = start**2 * mp.expm1(w * w)
    ratio = cov / var_s
    left = expect(lambda z: (worth(z) - mean_v - ratio * (at(z) - mean_s)) ** 2)
    return float(ratio), float(left)


@pytest.mark.parametrize("width", ["0.001", "0.003", "0.02", "0.09", "0.4", "1.5"])
@pytest.mark.parametrize("price", ["1900", "1700", "2099.9"])
def test_hedged_variance_keeps_eight_digits(width: str, price: str) -> None:
    pool = lp.UniswapV3(liquidity=1.0, lower=1_700.0, upper=2_100.0, **TOKENS)
    perp = lp.LinearPerp(entry=float(price), **TOKENS)
    model = lp.Lognormal(price=float(price), volatility=float(width), years=1.0)
    plan = lp.hedge(pool, [perp], model, objective=lp.Variance(lp.Value("USDC")))
    ratio, left = exact_hedged_variance("1700", "2100", price, width)
    assert -plan.quantities[0] == pytest.approx(ratio, rel=1e-10)
    assert plan.best.risk**2 == pytest.approx(left, rel=EIGHT_DIGITS)


@given(st.sampled_from([0.02, 0.1, 0.4, 1.0]), st.sampled_from([-0.5, 0.0, 0.3]))
@settings(max_examples=12)
def test_quadrature_equals_the_closed_form(width: float, drift: float) -> None:
    model = lp.Lognormal(price=1.3, volatility=width, years=1.0, drift_per_year=drift)
    f = lp.UniswapV3(liquidity=2.0, lower=1.0, upper=1.5, **TOKENS).worth()
    g = lp.InversePerp(entry=1.2, **TOKENS).worth("ETH")
    for a, b in ((f, f), (f, g), (g, g), (f, Powers.price())):
        closed = model.mean(a * b) - model.mean(a) * model.mean(b)
        size = model.mean(a * a) ** 0.5 * model.mean(b * b) ** 0.5
        assert model.covariance(a, b) == pytest.approx(closed, abs=ROUNDING * size)
    nodes = model.nodes(f.kinks)
    assert nodes.weights.sum() == pytest.approx(1.0, rel=ROUNDING)
    assert nodes.weights @ f(1.3 * np.exp(nodes.log_returns[:, 0])) == pytest.approx(model.mean(f), rel=ROUNDING)


def test_samples_agree_with_the_law() -> None:
    model = lp.Lognormal(price=1_900, volatility=0.8, years=0.25, drift_per_year=0.1)
    paths = model.sample(paths=40_000, steps=4, seed=11)
    ends = paths.prices[:, -1, 0]
    pool = lp.UniswapV3(liquidity=100.0, lower=1_700, upper=2_100, **TOKENS)
    for f in (Powers.price(), pool.worth(), pool.amounts.base, pool.worth("ETH")):
        sample = f(ends)
        error = sample.std(ddof=1) / math.sqrt(len(sample))
        assert abs(sample.mean() - model.mean(f)) <= STANDARD_ERRORS * error
        spread = (sample - sample.mean()) ** 2
        assert abs(spread.mean() - model.covariance(f, f)) <= STANDARD_ERRORS * spread.std() / math.sqrt(len(sample))
    assert model.standard_deviation(pool.worth()) == pytest.approx(model.covariance(pool.worth(), pool.worth()) ** 0.5)
    assert paths.years.tolist() == [0.0, 0.0625, 0.125, 0.1875, 0.25]


def test_sampled_hedge_stands_near_the_exact_one(
    pool: lp.UniswapV3, linear: lp.LinearPerp, week: lp.Lognormal, usdc: lp.Variance
) -> None:
    exact = lp.hedge(pool, [linear], week, objective=usdc)
    sampled = lp.hedge(pool, [linear], week.sample(paths=20_000, seed=5), objective=usdc)
    (error,) = sampled.standard_errors
    assert error is not None
    assert abs(sampled.quantities[0] - exact.quantities[0]) <= STANDARD_ERRORS * error
    assert sampled.best.risk == pytest.approx(exact.best.risk, rel=0.03)
    assert exact.standard_errors == (None,)


def test_standard_error_is_the_spread_of_repetitions(
    pool: lp.UniswapV3, linear: lp.LinearPerp, week: lp.Lognormal, usdc: lp.Variance
) -> None:
    rng = np.random.default_rng(8)
    plans = [lp.hedge(pool, [linear], week.sample(paths=400, seed=rng), objective=usdc) for _ in range(200)]
    spread = np.std([p.quantities[0] for p in plans], ddof=1)
    stated = np.mean([p.standard_errors[0] for p in plans])
    # The spread of 200 repetitions is itself known to 5 %.
    assert stated == pytest.approx(spread, rel=STANDARD_ERRORS * 0.05)


def test_same_seed_same_bits(week: lp.Lognormal) -> None:
    first, again = (week.sample(paths=10, steps=3, seed=4) for _ in range(2))
    assert (first.prices == again.prices).all()
    other = week.sample(paths=10, steps=3, seed=5)
    assert (first.prices != other.prices).any()
    generator = np.random.default_rng(4)
    assert (week.sample(paths=10, steps=3, seed=generator).prices == first.prices).all()
    assert first.seed == 4


# ---- touching a barrier

TOUCH = [(1.0, 0.001900), (2.0, 0.065823), (3.0, 0.188298), (5.0, 0.400954), (10.0, 0.661936)]


@pytest.mark.parametrize(("leverage", "probability"), TOUCH)
def test_touch_probability_of_published_liquidations(leverage: float, probability: float) -> None:
    """Linear short, maintenance 0.5 %, 80 % volatility, 30 days: the liquidation price is E (1 + 1/l) / 1.005."""
    model = lp.Lognormal(price=2_000, volatility=0.8, years=30 / 365)
    barrier = 2_000 * (1 + 1 / leverage) / 1.005
    assert model.touch_probability(barrier) == pytest.approx(probability, abs=5e-7)


@pytest.mark.parametrize("barrier", [0.6, 0.9, 1.0, 1.15, 1.9])
@pytest.mark.parametrize("drift", [-0.6, 0.0, 0.4])
def test_touch_probability_against_a_bridge(barrier: float, drift: float) -> None:
    """Simulated ends, and the probability that the Brownian bridge between touches: a second route without steps."""
    model = lp.Lognormal(price=1.0, volatility=0.5, years=1.0, drift_per_year=drift)
    ends = np.log(model.sample(paths=40_000, seed=2).prices[:, -1, 0])
    b = math.log(barrier)
    beyond = (ends >= b) if b > 0 else (ends <= b)
    touched = np.where(beyond, 1.0, np.exp(-2 * b * (b - ends) / 0.25))
    error = touched.std() / math.sqrt(len(ends))
    assert abs(touched.mean() - model.touch_probability(barrier)) <= STANDARD_ERRORS * error + 1e-15


def test_touch_probability_at_the_edges() -> None:
    model = lp.Lognormal(price=1.0, volatility=0.01, years=1 / 365, drift_per_year=-3.0)
    assert model.touch_probability(1.0) == 1.0
    assert 0.0 <= model.touch_probability(5.0) < 1e-300
    assert model.touch_probability(0.9999) > 0.99
    wild = lp.Lognormal(price=1.0, volatility=5.0, years=1.0)
    assert 0.0 < wild.touch_probability(1e8) < wild.touch_probability(2.0) <= 1.0


def test_a_model_refuses_what_it_cannot_mean() -> None:
    good = {"price": 1_900, "volatility": 0.65, "years": 7 / 365}
    for wrong, text in (
        ({"volatility": 0}, "volatility to be positive"),
        ({"volatility": -0.5}, "volatility to be positive"),
        ({"volatility": 65}, "Volatility is a decimal per year"),
        ({"volatility": 2, "years": 7}, "in years, not days"),
        ({"drift_per_year": 1e6}, "Drift is a decimal"),
        ({"years": 0}, "Seven days are 7 / 365"),
        ({"price": math.nan}, "price to be positive"),
        ({"drift_per_year": math.inf}, "drift_per_year to be finite"),
        ({"price": "1900"}, "price as one positive number"),
    ):
        with pytest.raises(lp.InputError, match=text):
            lp.Lognormal(**(good | wrong))
    with pytest.raises(lp.InputError, match="paths as a whole number, at least 1"):
        lp.Lognormal(**good).sample(paths=0, seed=1)
