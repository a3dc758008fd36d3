"""Jumps: the textbook series, the characteristic function, exact simulation, and the law without jumps."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest

import lpgreeks as lp
from lpgreeks.models import jump_passage
from lpgreeks.powers import Powers, clamp
from tests.tolerances import EIGHT_DIGITS, ROUNDING, SPECTRAL, STANDARD_ERRORS

WEEK = 7 / 365
MONTH = {"price": 1_900.0, "volatility": 0.65, "years": 30 / 365}
FALLS = {"jumps_per_year": 25.0, "jump_mean": -0.05, "jump_volatility": 0.1}
MANY = {"jumps_per_year": 400.0, "jump_mean": 0.01, "jump_volatility": 0.03}
WILD = {"jumps_per_year": 4.0, "jump_mean": 0.15, "jump_volatility": 0.4}
LAWS = {"falls": FALLS, "many": MANY, "wild": WILD}


def law(name: str = "falls", **changes: float) -> lp.Merton:
    return lp.Merton(**(MONTH | LAWS[name] | changes))


def call(strike: float) -> Powers:
    """Worth 0 at the strike and below."""
    return (Powers.price() - strike) * lp.above(Powers.price(), strike)


# ---- the end price


def textbook_call(model: lp.Merton, strike: float) -> float:
    """Merton's series of Black-Scholes prices with rates and volatilities by number of jumps, undiscounted."""
    mp.mp.dps = 30
    s, k, t = mp.mpf(model.price), mp.mpf(strike), mp.mpf(model.years)
    v, lam, m, d = (mp.mpf(x) for x in (model.volatility, model.jumps_per_year, model.jump_mean, model.jump_volatility))
    mu = mp.mpf(model.drift_per_year)
    kappa = mp.exp(m + d * d / 2) - 1
    many = lam * (1 + kappa) * t

    def term(n: mp.mpf) -> mp.mpf:
        width = mp.sqrt(v * v * t + n * d * d)
        rate = mu - lam * kappa + n * mp.log(1 + kappa) / t
        d1 = (mp.log(s / k) + rate * t + width**2 / 2) / width
        price = s * mp.ncdf(d1) - k * mp.exp(-rate * t) * mp.ncdf(d1 - width)
        return mp.exp(-many) * many**n / mp.factorial(n) * price

    return float(mp.exp(mu * t) * mp.fsum(term(mp.mpf(n)) for n in range(160)))


def call_by_characteristic_function(model: lp.Merton, strike: float) -> float:
    """Lewis (2001): one integral over the characteristic function along the line through 1/2."""
    mp.mp.dps = 20
    t, v, lam = mp.mpf(model.years), mp.mpf(model.volatility), mp.mpf(model.jumps_per_year)
    m, d, mu = mp.mpf(model.jump_mean), mp.mpf(model.jump_volatility), mp.mpf(model.drift_per_year)
    kappa = mp.exp(m + d * d / 2) - 1
    forward = mp.mpf(model.price) * mp.exp(mu * t)

    def transform(u: mp.mpc) -> mp.mpc:
        """``E exp(i u ln(S_T / F))``."""
        jumps = lam * (mp.exp(mp.mpc(0, 1) * u * m - u * u * d * d / 2) - 1)
        drift = -lam * kappa - v * v / 2
        return mp.exp(t * (mp.mpc(0, 1) * u * drift - v * v * u * u / 2 + jumps))

    log = mp.log(forward / strike)
    integrand = lambda u: mp.re(mp.exp(mp.mpc(0, 1) * u * log) * transform(u - mp.mpc(0, 0.5))) / (u * u + 0.25)  # noqa: E731
    total = mp.quad(integrand, [0, 5, 10, 20, 40, 80, 160], method="gauss-legendre")
    return float(forward - mp.sqrt(forward * strike) / mp.pi * total)


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("strike", [1_400.0, 1_900.0, 2_600.0])
def test_a_call_by_three_routes(name: str, strike: float) -> None:
    model = law(name, drift_per_year=0.2)
    price = model.mean(call(strike))
    assert price == pytest.approx(textbook_call(model, strike), rel=ROUNDING)
    assert price == pytest.approx(call_by_characteristic_function(model, strike), abs=1e-9 * model.price)


@pytest.mark.parametrize("name", LAWS)
def test_nodes_are_the_closed_forms(name: str) -> None:
    model = law(name, drift_per_year=0.2)
    pool = lp.UniswapV3.from_value(1.0, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)
    price = Powers.price()
    functions = [price, 1.0 / price, call(2_000.0), pool.worth()]
    nodes = model.nodes({"ETH/USDC": [2_000.0], "ETH/USDC:pool": [1_700.0, 2_100.0]})
    ends = model.price * np.exp(nodes.log_returns[:, 0])
    for f in functions:
        assert nodes.weights @ f(ends) == pytest.approx(model.mean(f), rel=ROUNDING)
        for g in functions:
            closed = model.mean(f * g) - model.mean(f) * model.mean(g)
            size = math.sqrt(model.mean(f * f) * model.mean(g * g))
            assert model.covariance(f, g) == pytest.approx(closed, abs=ROUNDING * size)
    assert model.mean(price) == pytest.approx(model.forward, rel=ROUNDING)
    assert model.standard_deviation(pool) == pytest.approx(model.covariance(pool, pool) ** 0.5, rel=ROUNDING)
    logs = nodes.log_returns[:, 0]
    assert nodes.weights @ (logs - nodes.weights @ logs) ** 2 == pytest.approx(model.width**2, rel=ROUNDING)


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("years", [1 / 365, 1.0])
def test_no_number_of_jumps_is_missing(name: str, years: float) -> None:
    model = law(name, years=years)
    weights, centres, widths = model._given_jumps
    expected = model.jumps_per_year * years
    mean = model.log_drift * years + expected * model.jump_mean
    assert weights @ centres == pytest.approx(mean, rel=ROUNDING)
    assert weights @ (widths**2 + (centres - mean) ** 2) == pytest.approx(model.width**2, rel=ROUNDING)
    # Squares are tilted towards more jumps.
    square = 2 * model.log_drift + 2 * model.volatility**2
    square += model.jumps_per_year * math.expm1(2 * model.jump_mean + 2 * model.jump_volatility**2)
    assert model.mean(Powers.price() ** 2) == pytest.approx(1_900**2 * math.exp(square * years), rel=ROUNDING)


def test_a_hedge_under_jumps_is_the_closed_form() -> None:
    model = law(years=WEEK)
    pool = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)
    perp = lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
    plan = lp.hedge(pool, [perp], model, objective=lp.Variance(lp.Value("USDC")))
    f, p = pool.worth(), perp.worth()
    covariance = model.mean(f * p) - model.mean(f) * model.mean(p)
    assert plan.quantities[0] == pytest.approx(-covariance / model.mean(p * p), rel=EIGHT_DIGITS)
    assert "25 log jumps a year" in model.describe()
    assert plan.touch_probability("ETH/USDC", 2_300) == model.touch_probability(2_300)
    calm = lp.hedge(pool, [perp], lp.Lognormal(**MONTH | {"years": WEEK}), objective=lp.Variance(lp.Value("USDC")))
    assert plan.best.risk > calm.best.risk


def test_samples_agree_with_the_law() -> None:
    model = law(drift_per_year=0.3)
    paths = model.sample(paths=100_000, steps=3, seed=12)
    ends = paths.prices[:, -1, 0]
    for f in (Powers.price(), clamp(Powers.price(), 1_500, 2_100), call(2_400.0)):
        sample = f(ends)
        assert abs(sample.mean() - model.mean(f)) <= STANDARD_ERRORS * sample.std() / math.sqrt(len(sample))
        spread = (sample - sample.mean()) ** 2
        assert abs(spread.mean() - model.covariance(f, f)) <= STANDARD_ERRORS * spread.std() / math.sqrt(len(sample))
    # The fourth moment is that of jumps: log returns of the first step alone.
    logs = np.log(paths.prices[:, 1, 0] / 1_900)
    count = model.jumps_per_year * model.years / 3
    fourth = count * (3 * 0.1**4 + 6 * 0.05**2 * 0.1**2 + 0.05**4)
    centred = logs - logs.mean()
    excess = centred**4 - 3 * centred.var() ** 2
    assert abs(excess.mean() - fourth) <= STANDARD_ERRORS * excess.std() / math.sqrt(len(logs))
    assert (model.sample(paths=5, seed=2).prices == model.sample(paths=5, seed=2).prices).all()


# ---- on the way


def test_time_inside_of_hundreds_of_jumps() -> None:
    """All of the time between two prices is the time in either half."""
    model = law("many", years=1.0)
    parts = [model.years_inside(*edges) for edges in ((0, 1_500), (1_500, 1_950), (1_950, math.inf))]
    assert math.fsum(parts) == pytest.approx(model.years, rel=1e-10)
    ends = model.sample(paths=4_000, steps=100, seed=8).prices[:, 1:, 0]
    inside = ((ends > 1_500) & (ends < 1_950)).mean(axis=1)
    # One step of the hundred is all that a sum at its ends may miss.
    assert abs(inside.mean() - parts[1]) <= STANDARD_ERRORS * inside.std() / math.sqrt(4_000) + 0.01


@lru_cache(maxsize=1)
def walked(model: lp.Merton, paths: int, steps: int) -> list[tuple[np.ndarray, ...]]:
    """By stretch between jumps and fixed steps: its years, the log price before and after it, and after its jump."""
    rng = np.random.default_rng(31)
    counts = rng.poisson(model.jumps_per_year * model.years, paths)
    most = int(counts.max(initial=0))
    jumps = np.where(np.arange(most) < counts[:, None], rng.random((paths, most)) * model.years, model.years)
    grid = np.broadcast_to(np.linspace(0, model.years, steps + 1)[1:], (paths, steps))
    times = np.concatenate([grid, jumps], axis=1)
    order = np.argsort(times, axis=1, kind="stable")
    sizes = np.concatenate(
        [np.zeros((paths, steps)), rng.normal(model.jump_mean, model.jump_volatility, jumps.shape)], 1
    )
    sizes[:, steps:] *= np.arange(most) < counts[:, None]
    times, sizes = np.take_along_axis(times, order, 1), np.take_along_axis(sizes, order, 1)
    spans = np.diff(times, axis=1, prepend=0.0)
    kappa = math.exp(model.jump_mean + model.jump_volatility**2 / 2) - 1
    drift = model.drift_per_year - model.jumps_per_year * kappa - model.volatility**2 / 2
    x, found = np.zeros(paths), []
    for span, size in zip(spans.T, sizes.T, strict=True):
        after = x + drift * span + model.volatility * np.sqrt(span) * rng.standard_normal(paths)
        found.append((span, x, after, after + size))
        x = after + size
    return found


def simulated(model: lp.Merton, lower: float, upper: float, *, paths: int, steps: int) -> tuple[float, float, float]:
    """Leaving the range, its standard error, and the mean time inside; numpy alone.

    Jump times are drawn, and sit between the fixed steps; a bridge between two neighbours crosses an edge with
    exp(-2 d d' / variance). Both edges at once are added up, which short steps make exact.
    """
    low, high = (math.log(x / model.price) if 0 < x < math.inf else math.copysign(1e9, x - 1) for x in (lower, upper))
    alive, inside = np.ones(paths), np.zeros(paths)
    for span, before, x, jumped in walked(model, paths, steps):
        variance = model.volatility**2 * span
        for near, far in ((before - low, x - low), (high - before, high - x)):
            near, far = np.maximum(near, 0), np.maximum(far, 0)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                crosses = np.where(
                    variance > 0, np.exp(-2 * near * far / np.where(variance > 0, variance, 1)), far <= 0
                )
            alive = alive * (1 - crosses)
        inside += span * (((before > low) & (before < high)) * 0.5 + ((x > low) & (x < high)) * 0.5)
        alive = alive * ((jumped > low) & (jumped < high))
    return 1 - alive.mean(), alive.std() / math.sqrt(paths), inside.mean()


@pytest.mark.thorough
@pytest.mark.parametrize("barrier", [1_500.0, 1_800.0, 2_000.0, 2_600.0])
@pytest.mark.parametrize("name", LAWS)
def test_touching_against_exact_simulation(name: str, barrier: float) -> None:
    """One edge needs no short steps: between jumps the bridge is exact."""
    model = law(name, drift_per_year=0.4)
    edges = (barrier, math.inf) if barrier < model.price else (0.0, barrier)
    touched, error, _ = simulated(model, *edges, paths=60_000, steps=1)
    assert abs(touched - model.touch_probability(barrier)) <= STANDARD_ERRORS * error
    assert model.exit_probability(*edges) == pytest.approx(model.touch_probability(barrier), abs=SPECTRAL)


@pytest.mark.thorough
@pytest.mark.parametrize(("lower", "upper"), [(1_700.0, 2_100.0), (1_850.0, 2_600.0)])
@pytest.mark.parametrize("name", LAWS)
def test_exits_and_times_against_simulation(name: str, lower: float, upper: float) -> None:
    model = law(name)
    left, error, inside = simulated(model, lower, upper, paths=20_000, steps=100)
    assert abs(left - model.exit_probability(lower, upper)) <= STANDARD_ERRORS * error
    # A share of the time between 0 and 1 has a standard error of at most half over the root of the paths.
    assert abs(inside - model.years_inside(lower, upper)) <= STANDARD_ERRORS * model.years / 2 / math.sqrt(20_000)


@pytest.mark.parametrize("drift", [-2.0, 0.0, 0.7])
def test_without_jumps_it_is_the_lognormal_law(drift: float) -> None:
    plain = lp.Lognormal(**MONTH, drift_per_year=drift)
    for rate in (0.0, 1e-12):
        model = law(jumps_per_year=rate, drift_per_year=drift)
        for barrier in (1_000, 1_700, 1_899.5, 1_900, 1_900.5, 2_300, 4_000):
            assert model.touch_probability(barrier) == pytest.approx(plain.touch_probability(barrier), abs=SPECTRAL)
        for edges in ((1_700, 2_100), (1_899, 1_901), (1_860, 1_930), (0, 2_500), (1_500, math.inf), (1_950, 2_000)):
            assert model.exit_probability(*edges) == pytest.approx(plain.exit_probability(*edges), abs=SPECTRAL)
            assert model.years_inside(*edges) == pytest.approx(plain.years_inside(*edges), abs=1e-10 * plain.years)
        for found, exact in zip(model.barriers(0.03), plain.barriers(0.03), strict=True):
            assert found == pytest.approx(exact, rel=1e-7)
        f = call(2_000.0)
        assert model.mean(f) == pytest.approx(plain.mean(f), rel=ROUNDING)
        assert model.covariance(f, f) == pytest.approx(plain.covariance(f, f), rel=1e-10)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["falls", "wild"])
def test_years_inside_by_mpmath(name: str) -> None:
    """The time integral of the mixture at each moment, adaptively."""
    model = law(name, drift_per_year=0.3)
    mp.mp.dps = 20
    lower, upper = 1_800.0, 2_300.0
    low, high = (mp.log(mp.mpf(x) / 1_900) for x in (lower, upper))

    def chance(t: mp.mpf) -> mp.mpf:
        total, many = mp.mpf(0), model.jumps_per_year * t
        for n in range(25):
            width = mp.sqrt(model.volatility**2 * t + n * mp.mpf(model.jump_volatility) ** 2)
            centre = model.log_drift * t + n * mp.mpf(model.jump_mean)
            weight = mp.exp(-many) * many**n / mp.factorial(n)
            total += weight * (mp.ncdf((high - centre) / width) - mp.ncdf((low - centre) / width))
            if n > many and weight < 1e-24:
                # More jumps are less likely still.
                break
        return total

    cuts = [mp.mpf(0), *(model.years * mp.mpf(10) ** -k for k in (4, 3, 2, 1)), mp.mpf(model.years)]
    plain = float(sum(mp.quad(chance, [a, b], maxdegree=4) for a, b in pairwise(cuts)))
    assert model.years_inside(lower, upper) == pytest.approx(plain, abs=1e-9 * model.years)


@pytest.mark.parametrize("probability", [0.001, 0.05, 0.6])
def test_barriers_are_touched_with_their_probability(probability: float) -> None:
    model = law()
    below, above = model.barriers(probability)
    assert below < model.price < above
    for barrier in (below, above):
        assert model.touch_probability(barrier) == pytest.approx(probability, abs=SPECTRAL)
    # Doob's bound holds.
    down, up = jump_passage.farthest(model)
    for distance in (0.7, 0.9):
        assert model.touch_probability(1_900 * math.exp(-distance * down)) < 1e-7
        assert model.touch_probability(1_900 * math.exp(distance * up)) < 1e-7


def test_on_the_way_at_the_edges() -> None:
    model = law()
    assert model.touch_probability(1_900) == 1.0
    assert model.exit_probability(1_900, 2_000) == model.exit_probability(2_000, 2_100) == 1.0
    assert model.exit_probability(0, math.inf) == pytest.approx(0.0, abs=SPECTRAL)
    assert model.exit_probability(1_899, 1_901) == 1.0
    assert model.touch_probability(1e9) == 0.0
    assert model.years_inside(0, math.inf) == pytest.approx(model.years, rel=EIGHT_DIGITS)
    assert model.on("ETH/USDC") is model
    needle = law(jump_volatility=1e-4)
    with pytest.raises(lp.InputError, match="more spread"):
        needle.touch_probability(1_500)


def test_a_model_refuses_what_it_cannot_mean() -> None:
    for wrong, text in (
        ({"volatility": 65}, "Volatility is a decimal per year"),
        ({"jumps_per_year": -1}, "0 or more jumps"),
        ({"jumps_per_year": math.nan}, "jumps_per_year to be finite"),
        ({"jump_mean": -10}, "about -0.1"),
        ({"jump_volatility": 10}, "about -0.1"),
        ({"jump_volatility": 0}, "small spread"),
        ({"jumps_per_year": 1e6}, "in years, not days"),
        ({"drift_per_year": 1e6}, "Drift is a decimal"),
    ):
        with pytest.raises(lp.InputError, match=text):
            law(**wrong)
