"""Two prices at once: the bivariate normal, joint moments, nodes, hedges and samples, each by a second route."""

from __future__ import annotations

import itertools
import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

import lpgreeks as lp
from lpgreeks.models.bivariate import cross_covariance, joint_moment, normal_quadrant, smeared_covariance
from lpgreeks.powers import Powers, clamp
from lpgreeks.smears import partial_moment, smear
from tests.tolerances import EIGHT_DIGITS, FINITE_SUM, ROUNDING, STANDARD_ERRORS

ETH, BTC = "ETH/USDC", "BTC/USDC"
WEEK = 7 / 365


def both(correlation: float = 0.8, **changes: float) -> lp.Correlated:
    eth = lp.Lognormal(**({"price": 1_900, "volatility": 0.65, "years": WEEK} | changes))
    btc = lp.Lognormal(price=30_000, volatility=0.5, years=WEEK, drift_per_year=0.3)
    return lp.Correlated(models={ETH: eth, BTC: btc}, correlation=correlation)


def pools() -> tuple[lp.UniswapV3, lp.UniswapV3]:
    eth = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)
    btc = lp.UniswapV3.from_value(80_000, base="BTC", quote="USDC", price=30_000, lower=29_000, upper=34_000)
    return eth, btc


def perps() -> list[lp.LinearPerp]:
    return [lp.LinearPerp(base=b, quote="USDC", entry=e) for b, e in (("ETH", 1_900), ("BTC", 30_000))]


CORRELATIONS = (-1.0, -0.999, -0.6, 0.0, 0.3, 0.9, 1 - 1e-7, 1.0)
POINTS = (-3.0, -0.4, 0.0, 0.7, 5.0)


# ---- the bivariate normal


@pytest.mark.parametrize("rho", CORRELATIONS[1:-1])
def test_the_quadrant_against_an_integral_at_many_digits(rho: float) -> None:
    mp.mp.dps = 20
    root = mp.sqrt(1 - mp.mpf(rho) ** 2)
    for h in (-0.4, 0.0, 0.7):
        for k in (-0.5, 0.0, 0.7):
            # The inner distribution function steps where rho x = k.
            steps = [k / mp.mpf(rho) + j * root for j in (-8, 0, 8)] if rho else []
            edges = sorted([*(mp.mpf(x) for x in range(-10, math.ceil(h), 2)), *(s for s in steps if -10 < s < h), h])

            def density(x: mp.mpf, k: float = k) -> mp.mpf:
                return mp.npdf(x) * mp.ncdf((k - mp.mpf(rho) * x) / root)

            exact = mp.quad(density, edges, method="gauss-legendre")
            assert float(normal_quadrant(h, k, rho)) == pytest.approx(float(exact), abs=1e-15)


def test_the_quadrant_against_scipy() -> None:
    for rho in (-0.6, 0.3, 0.9):
        cov = [[1, rho], [rho, 1]]
        for h in POINTS:
            found = normal_quadrant(h, POINTS, rho)
            assert found == pytest.approx(
                [stats.multivariate_normal.cdf([h, k], cov=cov) for k in POINTS], abs=EIGHT_DIGITS
            )


@given(st.sampled_from(CORRELATIONS), st.floats(-9, 9), st.floats(-9, 9))
def test_quadrants_add_up(rho: float, h: float, k: float) -> None:
    """The four quadrants around a point are everything; the mirror images of one are one."""
    four = [normal_quadrant(s * h, t * k, s * t * rho) for s in (1, -1) for t in (1, -1)]
    assert sum(four) == pytest.approx(1.0, abs=ROUNDING)
    assert four[0] + four[1] == pytest.approx(stats.norm.cdf(h), abs=ROUNDING)
    assert four[0] == pytest.approx(normal_quadrant(k, h, rho), abs=ROUNDING)


def test_the_quadrant_at_its_edges() -> None:
    assert normal_quadrant(math.inf, 0.3, 0.5) == pytest.approx(stats.norm.cdf(0.3), rel=ROUNDING)
    assert normal_quadrant(-math.inf, 0.3, 0.5) == 0
    assert normal_quadrant(0, 0, 0.5) == pytest.approx(0.25 + math.asin(0.5) / (2 * math.pi), rel=ROUNDING)
    assert normal_quadrant([1.0, 1.0], [0.2, -1.0], [1.0, -1.0]) == pytest.approx([stats.norm.cdf(0.2), 0.0])


# ---- moments


@pytest.mark.parametrize("rho", [-0.7, 0.0, 0.8])
@pytest.mark.parametrize(
    ("a", "k", "b", "l"), [(1, 1.1, 1, 0.9), (0.5, 0, -1, 1.2), (2, 0.8, 0, 1.0), (0, 3.0, 0.5, 0)]
)
def test_joint_moments_against_plain_quadrature(rho: float, a: float, k: float, b: float, l: float) -> None:  # noqa: E741
    forwards, widths = (1.05, 0.95), (0.3, 0.5)

    def point(y: float, x: float) -> float:
        s = [f * math.exp(w * z - w * w / 2) for f, w, z in zip(forwards, widths, (x, y), strict=True)]
        density = math.exp(-(x * x - 2 * rho * x * y + y * y) / (2 * (1 - rho**2)))
        return s[0] ** a * s[1] ** b * density / (2 * math.pi * math.sqrt(1 - rho**2))

    least = [
        max(-10.0, (math.log(e / f) + w * w / 2) / w) if e else -10.0
        for e, f, w in zip((k, l), forwards, widths, strict=True)
    ]
    plain, _ = integrate.dblquad(point, least[0], 10, least[1], 10, epsabs=1e-11, epsrel=1e-11)
    found = joint_moment(a, k, b, l, forwards=forwards, widths=widths, correlation=rho)
    assert float(found) == pytest.approx(plain, abs=1e-10)


def test_joint_moments_at_certain_correlation_are_moments_of_one_price() -> None:
    terms = {"forwards": (2.0, 2.0), "widths": (0.4, 0.4)}
    kinks = np.array([0.0, 1.0, 2.0, 5.0])
    found = joint_moment(0.5, kinks[:, None], 1.5, kinks, correlation=1.0, **terms)
    assert found == pytest.approx(partial_moment(2.0, np.maximum.outer(kinks, kinks), 2.0, 0.4), rel=ROUNDING)
    alone = joint_moment(0.5, kinks, 0.0, 0.0, correlation=-0.3, **terms)
    assert alone == pytest.approx(partial_moment(0.5, kinks, 2.0, 0.4), rel=ROUNDING)
    # The inverse price of correlation -1: S2 = c / S1.
    mirrored = joint_moment(1.0, kinks[1:], 1.0, 0.0, correlation=-1.0, **terms)
    product = 4.0 * math.exp(-0.16)
    assert mirrored == pytest.approx(product * partial_moment(0.0, kinks[1:], 2.0, 0.4), rel=ROUNDING)


@pytest.mark.parametrize("rho", [-1.0, -0.5, 0.0, 0.6, 0.95, 1.0])
@pytest.mark.parametrize("width", [0.02, 0.1, 0.9])
def test_covariance_is_that_of_the_joint_moments(rho: float, width: float) -> None:
    """The sum as the formula has it, uncentred; the digits that it loses are those of the squares."""
    eth, btc = pools()
    f, g = eth.worth(), btc.worth()
    terms = {"forwards": (1_950.0, 29_500.0), "widths": (width, 0.8 * width), "correlation": rho}
    (c, a, k), (d, b, l) = f.terms(), g.terms()  # noqa: E741
    moments = joint_moment(a[:, None], k[:, None], b, l, **terms)
    means = [smear(p, at, w) for p, at, w in zip((f, g), terms["forwards"], terms["widths"], strict=True)]
    size = abs(c[:, None] * d * moments).max()
    assert cross_covariance(f, g, **terms) == pytest.approx(c @ moments @ d - means[0] * means[1], abs=1e-14 * size)


@pytest.mark.parametrize("rho", [-1.0, -0.5, 0.0, 0.8, 0.93, 0.999, 1 - 1e-12, 1.0])
@pytest.mark.parametrize("years", [1 / 365, 0.25, 2.0])
def test_nodes_are_the_closed_forms(rho: float, years: float) -> None:
    model = both(rho, years=years)
    portfolio = sum(pools(), start=lp.Portfolio())
    tables = [{ETH: pools()[0].worth()}, {BTC: pools()[1].worth()}]
    nodes = model.nodes({m: f.kinks for table in tables for m, f in table.items()})
    assert len(nodes) < 60_000
    moved = [nodes.changes(t) for t in tables]
    centred = [x - nodes.weights @ x for x in moved]
    spread = [math.sqrt(nodes.weights @ x**2) for x in centred]
    for table, x, s, market in zip(tables, moved, spread, model.markets, strict=True):
        law = model.on(market)
        assert nodes.weights @ x == pytest.approx(model.mean(table) - table[market](law.price), abs=EIGHT_DIGITS * s)
        assert s == pytest.approx(law.standard_deviation(table[market]), rel=ROUNDING)
    across = model.covariance(*tables)
    assert across == pytest.approx(nodes.weights @ (centred[0] * centred[1]), abs=FINITE_SUM * spread[0] * spread[1])
    total = model.standard_deviation(portfolio) ** 2
    assert total == pytest.approx(spread[0] ** 2 + spread[1] ** 2 + 2 * across, rel=FINITE_SUM)
    assert model.mean(portfolio) == pytest.approx(sum(model.mean(t) for t in tables), rel=ROUNDING)


@pytest.mark.parametrize("rho", [-0.9, 0.4, 0.97])
def test_covariance_of_kinked_payoffs_by_scipy(rho: float) -> None:
    """Nested adaptive quadrature over one price of the mean over the other, which Black's formula gives."""
    model = both(rho, years=0.3)
    first, second = model.models.values()
    strikes = 2_000.0, 31_000.0
    calls = [clamp(Powers.price(), k, 1e9) - k for k in strikes]
    left = second.width * math.sqrt(1 - rho**2)

    def given_the_first(z: float) -> float:
        s = first.forward * math.exp(first.width * z - first.variance / 2)
        forward = second.forward * math.exp(rho * second.width * z - (rho * second.width) ** 2 / 2)
        d = math.log(forward / strikes[1]) / left + left / 2
        black = forward * stats.norm.cdf(d) - strikes[1] * stats.norm.cdf(d - left)
        return (max(s - strikes[0], 0) - model.mean({ETH: calls[0]})) * black * stats.norm.pdf(z)

    edge = (math.log(strikes[0] / first.forward) + first.variance / 2) / first.width
    plain = sum(integrate.quad(given_the_first, a, b, epsrel=1e-11)[0] for a, b in ((-10, edge), (edge, 10)))
    assert model.covariance({ETH: calls[0]}, {BTC: calls[1]}) == pytest.approx(plain, rel=EIGHT_DIGITS)


# ---- hedging


def test_a_hedge_of_two_coins_is_the_closed_form() -> None:
    """Least variance is ``-Sigma_HH^-1 sigma_HV``, here from sums of joint moments."""
    model, legs, portfolio = both(), perps(), sum(pools(), start=lp.Portfolio())
    plan = lp.hedge(portfolio, legs, model, objective=lp.Variance(lp.Value("USDC")))
    sigma = np.array([[model.covariance(a, b) for a in legs] for b in legs])
    with_v = np.array([model.covariance(leg, portfolio) for leg in legs])
    best = -np.linalg.solve(sigma, with_v)
    assert list(plan.quantities) == pytest.approx(best, rel=FINITE_SUM)
    left = model.standard_deviation(portfolio + best[0] * legs[0] + best[1] * legs[1])
    assert plan.best.risk == pytest.approx(left, rel=FINITE_SUM)
    # One coin's pool alone wants none of the other's perpetual only where the two are unrelated.
    alone = lp.hedge(pools()[0], legs, both(0.0), objective=lp.Variance(lp.Value("USDC")))
    assert alone.quantities[1] == pytest.approx(0.0, abs=1e-9)
    assert lp.hedge(pools()[0], legs, model, objective=lp.Variance(lp.Value("USDC"))).quantities[1] != 0


def test_a_hedge_over_samples_stands_near_the_one_over_nodes() -> None:
    model, legs, portfolio = both(), perps(), sum(pools(), start=lp.Portfolio())
    value = lp.Variance(lp.Value("USDC"))
    exact = lp.hedge(portfolio, legs, model, objective=value)
    sampled = lp.hedge(portfolio, legs, model.sample(paths=1_000_000, seed=3), objective=value)
    for q, p, error in zip(exact.quantities, sampled.quantities, sampled.standard_errors, strict=True):
        assert error is not None
        assert abs(q - p) <= STANDARD_ERRORS * error
    assert sampled.best.risk == pytest.approx(exact.best.risk, rel=STANDARD_ERRORS * 0.002)


def test_accounts_of_each_coin_are_judged_by_its_own_price() -> None:
    model = both()
    legs = [lp.Leg(perp, collateral="USDC") for perp in perps()]
    plan = lp.hedge(
        sum(pools(), start=lp.Portfolio()),
        legs,
        model,
        objective=lp.Variance(lp.Value("USDC")),
        constraints=[lp.NoLiquidation(probability=0.02)],
    )
    for ends, (market, law) in zip(plan.liquidations(), model.models.items(), strict=True):
        assert ends[market].above is not None
        assert law.touch_probability(ends[market].above) == pytest.approx(0.01, rel=1e-6)
        assert plan.touch_probability(market, ends[market].above) == law.touch_probability(ends[market].above)


def test_a_stand_in_reads_its_pair_and_a_stranger_is_refused() -> None:
    model = both()
    mark = lp.LinearPerp(base="ETH", quote="USDC", entry=1_900, market="ETH/USDC:perp")
    assert model.on("ETH/USDC:perp") is model.models[ETH]
    plan = lp.hedge(pools()[0], [mark], model, objective=lp.Variance(lp.Value("USDC")))
    assert any("basis taken as zero" in note for note in plan.assumptions)
    assert model.covariance(mark, mark) == pytest.approx(model.models[ETH].covariance(mark, mark), rel=ROUNDING)
    with pytest.raises(lp.MarketError, match="a price of SOL/USDC"):
        model.nodes({"SOL/USDC": [100.0]})


# ---- horizons, samples and the time on the way


def test_an_earlier_price_is_a_market_with_fewer_years() -> None:
    """Three and seven days of one coin: the samples are one path, watched twice."""
    law = {"price": 1_900, "volatility": 0.65}
    models = {"ETH/USDC:early": lp.Lognormal(**law, years=3 / 365), ETH: lp.Lognormal(**law, years=WEEK)}
    model = lp.Correlated(models=models, correlation=math.sqrt(3 / 7))
    assert model.years == WEEK
    paths = model.sample(paths=4_000, steps=7, seed=9)
    assert paths.prices[:, :4, 0] == pytest.approx(paths.prices[:, :4, 1], rel=ROUNDING)
    assert (paths.prices[:, 3:, 0] == paths.prices[:, 3:4, 0]).all()
    assert (paths.prices[:, 4:, 1] != paths.prices[:, 3:4, 1]).all()
    # Given the early price the later one is a martingale: the covariance is the variance of the early one.
    price = Powers.price()
    early = models["ETH/USDC:early"].covariance(price, price)
    assert model.covariance({"ETH/USDC:early": price}, {ETH: price}) == pytest.approx(early, rel=EIGHT_DIGITS)
    with pytest.raises(lp.InputError, match="at most sqrt"):
        lp.Correlated(models=models, correlation=0.9).sample(paths=2, seed=1)


def test_samples_of_three_markets_agree_with_the_closed_forms() -> None:
    matrix = [[1.0, 0.8, -0.3], [0.8, 1.0, 0.1], [-0.3, 0.1, 1.0]]
    sol = lp.Lognormal(price=100, volatility=1.1, years=WEEK)
    model = lp.Correlated(models={**both().models, "SOL/USDC": sol}, correlation=matrix)
    ends = model.sample(paths=200_000, steps=2, seed=4).prices[:, -1]
    spot = {market: clamp(Powers.price(), 0.95 * law.price, 1e9) for market, law in model.models.items()}
    for i, (a, f) in enumerate(spot.items()):
        for j, (b, g) in enumerate(spot.items()):
            x, y = f(ends[:, i]), g(ends[:, j])
            products = (x - x.mean()) * (y - y.mean())
            error = products.std() / math.sqrt(len(products))
            assert abs(products.mean() - model.covariance({a: f}, {b: g})) <= STANDARD_ERRORS * error
    with pytest.raises(lp.InputError, match=r"model.sample\("):
        model.nodes()
    again = model.sample(paths=200_000, steps=2, seed=4)
    assert (again.prices[:, -1] == ends).all()


def test_each_market_has_its_own_time_on_the_way() -> None:
    model = both()
    eth, btc = model.models.values()
    assert model.touch_probability(2_100, market=ETH) == eth.touch_probability(2_100)
    assert model.exit_probability(29_000, 32_000, market=BTC) == btc.exit_probability(29_000, 32_000)
    assert model.years_inside(29_000, 32_000, market=BTC) == btc.years_inside(29_000, 32_000)
    assert model.barriers(0.05, market=BTC) == btc.barriers(0.05)
    assert "correlation 0.8" in model.describe()
    assert "BTC/USDC lognormal from 30,000" in model.describe()


def test_what_no_prices_can_do_is_refused() -> None:
    models = both().models
    sol = lp.Lognormal(price=100, volatility=1.1, years=WEEK)
    three = {**models, "SOL/USDC": sol}
    for law, correlation, text in (
        (models, 1.01, "correlation from -1 to 1"),
        (models, math.nan, "correlation to be finite"),
        (models, [[1, 0.5], [0.4, 1]], "symmetric"),
        (models, [[1, 0.5], [0.5, 0.9]], "ones on its diagonal"),
        (models, [1, 0.5], "shape"),
        (three, 0.5, "3 by 3"),
        (three, [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], "positive semidefinite"),
        ({ETH: models[ETH]}, 0.5, "two or more markets"),
        ({ETH: models[ETH], BTC: 3}, 0.5, "lognormal models"),
    ):
        with pytest.raises(lp.InputError, match=text):
            lp.Correlated(models=law, correlation=correlation)
    with pytest.raises(lp.InputError, match="by market"):
        both().mean(Powers.price())  # type: ignore[arg-type]


# ---- payoffs that fall due later


@pytest.mark.parametrize(("w_f", "w_g"), [(0.1, 0.25), (0.0, 0.2), (0.0, 0.0)])
def test_smeared_covariance_against_quadrature(w_f: float, w_g: float) -> None:
    price = Powers.price()
    f, g = clamp(price, 1.0, 1.4) - 1.0, pools()[0].worth().of_power(1_900.0, 1.0)
    forward, width = 1.05, 0.2

    def at(p: Powers, w: float, z: float) -> float:
        s = forward * math.exp(width * z - width**2 / 2)
        return float(smear(p, s, w))

    # Where nothing smears them the kinks are the payoffs' own.
    kinks = sorted((math.log(k / forward) + width**2 / 2) / width for k in (*f.kinks, *g.kinks))
    edges = [-9.0, *kinks, 9.0]

    def mean(of: object) -> float:
        pairs = itertools.pairwise(edges)
        return sum(integrate.quad(lambda z: of(z) * stats.norm.pdf(z), a, b, epsrel=1e-12)[0] for a, b in pairs)  # type: ignore[operator]

    middle = mean(lambda z: at(f, w_f, z)), mean(lambda z: at(g, w_g, z))
    plain = mean(lambda z: (at(f, w_f, z) - middle[0]) * (at(g, w_g, z) - middle[1]))
    assert smeared_covariance(f, w_f, g, w_g, forward, width) == pytest.approx(plain, rel=EIGHT_DIGITS)
