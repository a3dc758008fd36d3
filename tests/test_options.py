"""Options at expiry and before, by routes that share no code: integrals at many digits, QuantLib, published rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.stats import norm

import lpgreeks as lp
from lpgreeks.models.bivariate import smeared_covariance
from tests.tolerances import DIFFERENCES, EIGHT_DIGITS, FINITE_SUM, PRINTED_7, PRINTED_10, ROUNDING, STANDARD_ERRORS

TOKENS = {"base": "ETH", "quote": "USDC"}
KINDS = (lp.Call, lp.Put, lp.InverseCall, lp.InversePut)
WEEK = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
POOL = lp.UniswapV3.from_value(100_000, price=1_900, lower=1_700, upper=2_100, **TOKENS)

DIGITS = 15
"""Of each derivative; the integrals behind a second one are then taken to three times as many."""

TERMS = [
    # forward, strike, volatility, years
    (1_900.0, 1_900.0, 0.6, 7 / 365),
    (1_900.0, 2_200.0, 0.8, 30 / 365),
    (0.7, 0.5, 1.5, 1.0),
]


# ---- at expiry

PAID = [
    # price, call, put, of a strike of 2,000: in dollars; the inverse ones pay as much, in coins
    (1_000.0, 0.0, 1_000.0),
    (1_600.0, 0.0, 400.0),
    (2_000.0, 0.0, 0.0),
    (2_500.0, 500.0, 0.0),
    (8_000.0, 6_000.0, 0.0),
]


@pytest.mark.parametrize(("price", "call", "put"), PAID)
def test_what_each_pays_and_in_which_token(price: float, call: float, put: float) -> None:
    for kind, paid in zip(KINDS, (call, put, call, put), strict=True):
        option = kind(strike=2_000.0, **TOKENS)
        coins = paid / price if option.settled_in_base else 0.0
        assert option.base_amount(price) == pytest.approx(coins, abs=1e-15)
        assert option.quote_amount(price) == pytest.approx(0.0 if option.settled_in_base else paid)
        assert option.value(price) == pytest.approx(paid)
        assert option.value(price, "ETH") == pytest.approx(paid / price)
        assert option.premium_token == ("ETH" if option.settled_in_base else "USDC")


def test_deliveries_of_a_venue() -> None:
    """Deribit's examples: a call of 10,000 delivered at 12,500 pays 0.2 coins, a put delivered at 5,000 one coin."""
    terms = {"base": "BTC", "quote": "USD", "strike": 10_000.0}
    assert lp.InverseCall(**terms).base_amount(12_500) == pytest.approx(0.2, rel=ROUNDING)
    assert lp.InversePut(**terms).base_amount(5_000) == pytest.approx(1.0, rel=ROUNDING)


# ---- before expiry: an integral at many digits, differentiated


def integral(call: bool, strike: float) -> Callable[..., Any]:
    """``E[payoff]`` by forward, volatility and time: payoff times lognormal density, on the side where it pays."""

    def value(f: Any, sigma: Any, t: Any) -> Any:
        w = sigma * mp.sqrt(t)
        centre = mp.log(f / strike) - w * w / 2

        def density(y: Any) -> Any:
            """Per coin of the strike; what is the same for every price stands before the integral."""
            return (mp.exp(y) - 1) * mp.exp(-(((y - centre) / w) ** 2) / 2)

        # To 10 widths beyond the peak and the strike, where the density is 1e-22, on one side of the kink.
        reach, sign = abs(centre) + 10 * w, 1 if call else -1
        panels = [sign * reach * i / 4 for i in range(5)]
        return strike / (w * mp.sqrt(2 * mp.pi)) * mp.quad(density, panels, method="gauss-legendre")

    return value


@cache
def derivatives(call: bool, forward: float, strike: float, volatility: float, years: float) -> dict[str, float]:
    """All Greeks as numerical derivatives of the integral."""
    with mp.workdps(DIGITS):
        value = integral(call, mp.mpf(strike))
        at = (mp.mpf(forward), mp.mpf(volatility), mp.mpf(years))

        def d(*orders: int) -> Any:
            return mp.diff(value, at, orders) if any(orders) else value(*at)

        f, _, t = at
        v, delta = d(0, 0, 0), d(1, 0, 0)
        found = {
            "value": v,
            "delta": delta,
            "delta_net": delta - v / f,
            "gamma": d(2, 0, 0),
            "vega": d(0, 1, 0),
            "theta": -d(0, 0, 1),
            "rho": mp.diff(lambda r: mp.exp(-r * t) * value(f * mp.exp(r * t), *at[1:]), 0),
            "vanna": d(1, 1, 0),
            "volga": d(0, 2, 0),
            "charm": -d(1, 0, 1),
            "veta": -d(0, 1, 1),
        }
        return {name: float(figure) for name, figure in found.items()}


def size_of(name: str, forward: float, volatility: float, years: float) -> float:
    """What a Greek is of the order of: the forward's, per what it is a derivative in."""
    per = {"delta": forward, "delta_net": forward, "gamma": forward**2, "vega": volatility, "theta": years}
    per |= {"rho": 1 / years, "vanna": forward * volatility, "volga": volatility**2}
    per |= {"charm": forward * years, "veta": volatility * years}
    return forward * volatility * math.sqrt(years) / per.get(name, 1.0)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("terms", TERMS)
def test_every_greek_is_the_derivative_of_an_integral(kind: type[lp.Option], terms: tuple[float, ...]) -> None:
    forward, strike, volatility, years = terms
    marked = kind(strike=strike, **TOKENS).marked(volatility=volatility, years=years)
    expected = derivatives(issubclass(kind, lp.Call), *terms)
    found = marked.greeks(forward).to_dict()
    assert set(found) == set(expected)
    for name, figure in expected.items():
        assert found[name] == pytest.approx(figure, rel=1e-11, abs=ROUNDING * size_of(name, forward, volatility, years))
    assert marked.value(forward) == pytest.approx(expected["value"], rel=ROUNDING)
    assert marked.value(forward, "ETH") == pytest.approx(expected["value"] / forward, rel=ROUNDING)
    assert marked.delta(forward) == pytest.approx(expected["delta"], rel=1e-11)
    assert marked.gamma(forward) == pytest.approx(expected["gamma"], rel=1e-11)
    assert marked.vega(forward) == pytest.approx(expected["vega"], rel=1e-11)
    coins = expected["value"] / forward if kind.settled_in_base else 0.0
    assert marked.base_amount(forward) == pytest.approx(coins, rel=ROUNDING)


# ---- QuantLib


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("strike", [1_300.0, 1_850.0, 1_900.0, 2_400.0])
@pytest.mark.parametrize(("days", "volatility"), [(1, 0.4), (30, 0.65), (365, 1.1)])
def test_against_quantlib(kind: type[lp.Option], strike: float, days: int, volatility: float) -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is not installed")
    forward, years = 1_900.0, days / 365
    call = issubclass(kind, lp.Call)
    today = ql.Date(1, 1, 2025)
    ql.Settings.instance().evaluationDate = today
    count = ql.Actual365Fixed()
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, strike)

    def option(f: float, sigma: float) -> Any:
        flat = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, count))
        smile = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), sigma, count))
        process = ql.BlackScholesProcess(ql.QuoteHandle(ql.SimpleQuote(f)), flat, smile)
        made = ql.VanillaOption(payoff, ql.EuropeanExercise(today + days))
        made.setPricingEngine(ql.AnalyticEuropeanEngine(process))
        return made

    marked = kind(strike=strike, **TOKENS).marked(volatility=volatility, years=years)
    found, theirs = marked.greeks(forward), option(forward, volatility)
    plain = {"value": theirs.NPV(), "delta": theirs.delta(), "gamma": theirs.gamma(), "vega": theirs.vega()}
    plain |= {"theta": theirs.theta(), "rho": theirs.rho(), "delta_net": theirs.delta() - theirs.NPV() / forward}
    for name, figure in plain.items():
        scale = size_of(name, forward, volatility, years)
        assert getattr(found, name) == pytest.approx(figure, rel=1e-10, abs=1e-11 * scale), name
    # What it does not say of itself, as differences of what it says.
    up, down = (option(forward, volatility * (1 + h)) for h in (1e-4, -1e-4))
    step = 2e-4 * volatility
    slopes = {"vanna": (up.delta() - down.delta()) / step, "volga": (up.vega() - down.vega()) / step}
    slopes["veta"] = -(found.vega / years + volatility * slopes["volga"] / years) / 2
    slopes["charm"] = -volatility * slopes["vanna"] / (2 * years)
    for name, figure in slopes.items():
        scale = size_of(name, forward, volatility, years)
        assert getattr(found, name) == pytest.approx(figure, rel=DIFFERENCES, abs=DIFFERENCES * scale), name


# ---- published rows


def test_published_rows_of_coin_options() -> None:
    """At the money for a week at 60 %, of a forward of 1; then a strike of 50,000 at 65,000."""
    call, put = (kind(base="BTC", quote="USD", strike=1.0).marked(volatility=0.6, years=7 / 365)
                 for kind in (lp.InverseCall, lp.InversePut))  # fmt: skip
    assert call.greeks(1.0).delta == pytest.approx(0.5165694842, abs=PRINTED_10)
    assert call.value(1.0, "BTC") == pytest.approx(0.0331389684, abs=PRINTED_10)
    assert call.greeks(1.0).delta_net == pytest.approx(0.4834305158, abs=PRINTED_10)
    assert put.greeks(1.0).delta == pytest.approx(-0.4834305158, abs=PRINTED_10)
    assert put.greeks(1.0).delta_net == pytest.approx(-0.5165694842, abs=PRINTED_10)
    deep = lp.InverseCall(base="BTC", quote="USD", strike=50_000.0).marked(volatility=0.6, years=7 / 365)
    assert deep.greeks(65_000.0).delta_net == pytest.approx(0.7685257, abs=PRINTED_7)


SNAPSHOT = [
    # of 2023-09-01, forward 1,651.94, 21 days and 2 hours: strike, volatility, mark, delta, gamma, vega, theta, rho
    (1_600, 0.3128, 0.0479, 0.67817, 0.00289, 1.42317, -1.05567, 0.60142),
    (1_650, 0.2935, 0.0287, 0.52071, 0.00342, 1.58174, -1.10083, 0.46945),
    (1_700, 0.2913, 0.0161, 0.35396, 0.00322, 1.47652, -1.01999, 0.32235),
]


@pytest.mark.parametrize(("strike", "volatility", "mark", "delta", "gamma", "vega", "theta", "rho"), SNAPSHOT)
def test_a_venues_own_greeks(
    strike: float, volatility: float, mark: float, delta: float, gamma: float, vega: float, theta: float, rho: float
) -> None:
    """Per day and point, as the venue prints them; the volatility has two decimals of a percent."""
    years = (21 + 2 / 24) / 365
    marked = lp.InverseCall(strike=strike, **TOKENS).marked(volatility=volatility, years=years)
    found = marked.greeks(1_651.94).per_day_and_point()
    assert marked.value(1_651.94, "ETH") == pytest.approx(mark, abs=5e-5)
    for name, figure in {"delta": delta, "vega": vega, "theta": theta, "rho": rho}.items():
        assert getattr(found, name) == pytest.approx(figure, abs=1.6e-4), name
    assert found.gamma == pytest.approx(gamma, abs=5.1e-6)


# ---- parity


@pytest.mark.parametrize("strike", [900.0, 1_900.0, 3_300.0])
def test_parity_in_dollars_and_in_coins(strike: float) -> None:
    """C - P = F - K and c - p = 1 - K/F, and all their derivatives: those of a forward, 0 but for the delta and rho."""
    prices, years = np.array([700.0, 1_500.0, 1_900.0, 2_600.0, 9_000.0]), 0.1
    for call, put in ((lp.Call, lp.Put), (lp.InverseCall, lp.InversePut)):
        c, p = (kind(strike=strike, **TOKENS).marked(volatility=0.7, years=years) for kind in (call, put))
        ours, theirs = c.greeks(prices).to_dict(), p.greeks(prices).to_dict()
        forward = {"value": prices - strike, "delta": 1.0, "delta_net": strike / prices, "rho": years * strike}
        for name in ours:
            scale = size_of(name, 9_000.0, 0.7, years)
            gap = ours[name] - theirs[name]
            assert gap == pytest.approx(np.broadcast_to(forward.get(name, 0.0), 5), rel=ROUNDING, abs=ROUNDING * scale)
        coins = c.value(prices, "ETH") - p.value(prices, "ETH")
        assert coins == pytest.approx(1 - strike / prices, abs=1e-13)
    straight = lp.Call(strike=strike, **TOKENS) - lp.Put(strike=strike, **TOKENS)
    assert straight.value(prices) == pytest.approx(prices - strike, abs=1e-10)
    inverse = lp.InverseCall(strike=strike, **TOKENS) - lp.InversePut(strike=strike, **TOKENS)
    assert inverse.base_amount(prices) == pytest.approx(1 - strike / prices, rel=ROUNDING)


@pytest.mark.parametrize(("inverse", "linear"), [(lp.InverseCall, lp.Call), (lp.InversePut, lp.Put)])
def test_an_inverse_option_is_the_linear_one_in_another_token(
    inverse: type[lp.Option], linear: type[lp.Option]
) -> None:
    prices = np.geomspace(600, 6_000, 31)
    for strike in (1_000.0, 1_900.0, 4_000.0):
        coin, dollar = (kind(strike=strike, **TOKENS) for kind in (inverse, linear))
        assert coin.value(prices) == pytest.approx(dollar.value(prices), abs=1e-9)
        ours, theirs = (o.marked(volatility=0.8, years=0.2) for o in (coin, dollar))
        for f in fields(lp.Greeks):
            assert getattr(ours.greeks(prices), f.name) == pytest.approx(getattr(theirs.greeks(prices), f.name))
        assert ours.quote_amount(prices) == pytest.approx(0.0)
        assert theirs.base_amount(prices) == pytest.approx(0.0)
        # A holder of a coin option who paid it out of coins has the delta less the coins.
        net = dollar.marked(volatility=0.8, years=0.2).delta(prices) - ours.base_amount(prices)
        assert ours.greeks(prices).delta_net == pytest.approx(net, abs=ROUNDING)


# ---- time


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_widths_add_in_squares(kind: type[lp.Option]) -> None:
    """The mean, at a horizon, of what is then marked with the rest of its time is what it is marked at now."""
    option = kind(strike=2_000.0, **TOKENS)
    rest, whole = (option.marked(volatility=0.65, years=days / 365) for days in (23, 30))
    prices = np.array([1_200.0, 1_900.0, 2_000.0, 3_100.0])
    meant = lp.smear(rest.worth(), prices, 0.65 * math.sqrt(7 / 365))
    assert meant == pytest.approx(whole.value(prices), rel=1e-12)
    assert WEEK.mean(rest) == pytest.approx(whole.value(1_900.0), rel=1e-12)
    other = option.marked(volatility=0.9, years=23 / 365)
    years = 7 / 365 + (0.9 / 0.65) ** 2 * 23 / 365
    assert WEEK.mean(other) == pytest.approx(option.marked(volatility=0.65, years=years).value(1_900.0), rel=1e-12)
    nodes = WEEK.nodes()
    ends = 1_900.0 * np.exp(nodes.log_returns[:, 0])
    assert nodes.weights @ rest.value(ends) == pytest.approx(whole.value(1_900.0), rel=1e-12)


def test_an_option_knows_its_own_time() -> None:
    option = lp.Put(strike=1_800.0, years=30 / 365, **TOKENS)
    assert option.marked(volatility=0.6) == option.marked(volatility=0.6, years=30 / 365)
    assert option.name == "put 1,800 ETH/USDC, 30 days"
    assert lp.Put(strike=1_800.0, **TOKENS).value(1_700.0) == option.value(1_700.0)


def test_a_sample_agrees() -> None:
    """Half a million end prices of numpy's generator: the value, and the delta by moving all of them."""
    rng = np.random.default_rng(7)
    w = 0.65 * math.sqrt(30 / 365)
    growth = np.exp(w * rng.standard_normal(500_000) - w * w / 2)
    for kind, strike in ((lp.Call, 2_000.0), (lp.InversePut, 1_700.0)):
        marked = kind(strike=strike, **TOKENS).marked(volatility=0.65, years=30 / 365)
        side = 1.0 if kind is lp.Call else -1.0
        paid = np.maximum(side * (1_900 * growth - strike), 0)
        slope = side * growth * (paid > 0)
        for figure, sampled in ((marked.value(1_900.0), paid), (marked.delta(1_900.0), slope)):
            assert abs(figure - sampled.mean()) < STANDARD_ERRORS * sampled.std() / math.sqrt(growth.size)


# ---- several options at one horizon


def black(forward: np.ndarray, strike: float, width: float, *, call: bool) -> np.ndarray:
    d = np.log(forward / strike) / width + width / 2
    side = 1.0 if call else -1.0
    return side * (forward * norm.cdf(side * d) - strike * norm.cdf(side * (d - width)))


def normal_nodes(count: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Hermite for a standard normal: exact for what is smooth at the horizon."""
    z, weights = np.polynomial.hermite_e.hermegauss(count)
    return z, weights / weights.sum()


def test_covariance_of_two_unexpired_options_under_one_price() -> None:
    """The model's quadrature, the finite sum over joint moments, and Gauss-Hermite over Black's formula."""
    put = lp.InversePut(strike=1_800.0, **TOKENS)
    call = lp.Call(strike=2_050.0, **TOKENS)
    near, far = put.marked(volatility=0.65, years=20 / 365), call.marked(volatility=0.8, years=50 / 365)
    found = WEEK.covariance(near, far)
    summed = smeared_covariance(put.worth(), near.width, call.worth(), far.width, 1_900.0, WEEK.width)
    assert found == pytest.approx(summed, rel=FINITE_SUM)
    z, weights = normal_nodes()
    ends = 1_900.0 * np.exp(WEEK.width * z - WEEK.variance / 2)
    first = black(ends, 1_800.0, 0.65 * math.sqrt(20 / 365), call=False)
    second = black(ends, 2_050.0, 0.8 * math.sqrt(50 / 365), call=True)
    plain = weights @ (first * second) - (weights @ first) * (weights @ second)
    assert found == pytest.approx(plain, rel=EIGHT_DIGITS)
    with_pool = WEEK.covariance(POOL, far)
    summed = smeared_covariance(POOL.worth(), 0.0, call.worth(), far.width, 1_900.0, WEEK.width)
    assert with_pool == pytest.approx(summed, rel=FINITE_SUM)


@pytest.mark.parametrize("rho", [-0.7, 0.0, 0.85, 1.0])
def test_covariance_of_unexpired_options_on_two_coins(rho: float) -> None:
    """The sum over joint moments against a product of two Gauss-Hermite rules over Black's formula."""
    markets = {"ETH/USDC": lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)}
    markets["BTC/USDC"] = lp.Lognormal(price=30_000, volatility=0.5, years=7 / 365)
    both = lp.Correlated(models=markets, correlation=rho)
    put = lp.Put(strike=1_800.0, **TOKENS).marked(volatility=0.7, years=30 / 365)
    call = lp.InverseCall(base="BTC", quote="USDC", strike=31_000.0).marked(volatility=0.55, years=60 / 365)
    z, weights = normal_nodes()
    x, y = z[:, None], rho * z[:, None] + math.sqrt(1 - rho * rho) * z
    w, v = (m.width for m in markets.values())
    first = black(1_900 * np.exp(w * x - w * w / 2), 1_800.0, 0.7 * math.sqrt(30 / 365), call=False)
    second = black(30_000 * np.exp(v * y - v * v / 2), 31_000.0, 0.55 * math.sqrt(60 / 365), call=True)
    joint = weights[:, None] * weights
    means = weights @ first[:, 0], (joint * second).sum()
    plain = (joint * (first - means[0]) * (second - means[1])).sum()
    spread = [math.sqrt((joint * (f - m) ** 2).sum()) for f, m in zip((first, second), means, strict=True)]
    scale = spread[0] * spread[1]
    assert both.covariance(put, call) == pytest.approx(plain, rel=FINITE_SUM, abs=FINITE_SUM * scale)
    total = spread[0] ** 2 + spread[1] ** 2 + 2 * plain
    assert both.standard_deviation(put + call) == pytest.approx(math.sqrt(total), rel=FINITE_SUM)
    # One expires with the horizon: only the other is a mean of what comes later.
    due = lp.Put(strike=1_800.0, **TOKENS)
    edge = (math.log(1_800 / 1_900) + w * w / 2) / w
    u, shares = np.polynomial.legendre.leggauss(80)
    s = (edge - 12) / 2 + (edge + 12) / 2 * u
    paid = 1_800 - 1_900 * np.exp(w * s - w * w / 2)
    given = rho * s[:, None] + math.sqrt(1 - rho * rho) * z
    worth = black(30_000 * np.exp(v * given - v * v / 2), 31_000.0, 0.55 * math.sqrt(60 / 365), call=True) @ weights
    plain = (edge + 12) / 2 * shares @ (norm.pdf(s) * paid * (worth - means[1]))
    assert both.covariance(due, call) == pytest.approx(plain, rel=FINITE_SUM, abs=FINITE_SUM * scale)


# ---- far from the money


@pytest.mark.parametrize("distance", [3.0, 8.0, 20.0, 36.0])
def test_far_out_of_the_money_keeps_its_digits(distance: float) -> None:
    """So many widths away a premium is 1e-290 of the price, and still has its leading digits."""
    w = 0.6 * math.sqrt(7 / 365)
    for call, kind in ((True, lp.InverseCall), (False, lp.Put)):
        strike = 1_900.0 * math.exp((1 if call else -1) * distance * w)
        found = kind(strike=strike, **TOKENS).marked(volatility=0.6, years=7 / 365)
        with mp.workdps(40):
            width = mp.mpf(0.6) * mp.sqrt(mp.mpf(7 / 365))
            d = mp.log(mp.mpf(1_900) / mp.mpf(strike)) / width + width / 2
            side = 1 if call else -1
            price = side * (1_900 * mp.ncdf(side * d) - strike * mp.ncdf(side * (d - width)))
            delta = side * mp.ncdf(side * d)
        # The last bit of d is one of distance**2 in its tail; two tails then differ by their width / distance.
        tail = max(ROUNDING, 2.2e-16 * distance**2)
        assert found.value(1_900.0) == pytest.approx(float(price), rel=tail * max(1.0, distance / w), abs=0)
        assert found.greeks(1_900.0).delta == pytest.approx(float(delta), rel=tail / w, abs=0)


def test_deep_in_the_money_is_the_forward() -> None:
    for kind, strike, side in ((lp.Call, 190.0, 1), (lp.InversePut, 19_000.0, -1)):
        marked = kind(strike=strike, **TOKENS).marked(volatility=0.6, years=7 / 365)
        greeks = marked.greeks(1_900.0)
        assert greeks.value == pytest.approx(side * (1_900.0 - strike), rel=1e-15)
        assert greeks.delta == pytest.approx(side, rel=1e-15)
        assert abs(greeks.gamma * 1_900) < 1e-100
        assert abs(greeks.vega) < 1e-100


# ---- with a pool


@pytest.mark.parametrize(("puts", "calls", "count"), [(50, 40, 1), (-20, -10, 2)], ids=["bought", "sold"])
def test_break_evens_of_a_pool_with_options(puts: float, calls: float, count: int) -> None:
    """Every sign change of a dense scan with scipy's Black is found, and nothing else."""
    put = lp.Put(strike=1_800.0, **TOKENS).marked(volatility=0.65, years=30 / 365)
    call = lp.InverseCall(strike=2_000.0, **TOKENS).marked(volatility=0.65, years=60 / 365)
    book = POOL + puts * put + calls * call
    wide = 0.65 * np.sqrt(np.array([30, 60]) / 365)

    def value(price: np.ndarray) -> np.ndarray:
        root, low, high = np.sqrt(np.clip(price, 1_700, 2_100)), math.sqrt(1_700), math.sqrt(2_100)
        pool = POOL.liquidity * ((1 / root - 1 / high) * price + root - low)
        return (
            pool + puts * black(price, 1_800.0, wide[0], call=False) + calls * black(price, 2_000.0, wide[1], call=True)
        )

    prices = np.geomspace(20, 100_000, 400_001)
    for income in (0.0, 400.0):
        gap = value(prices) - value(np.array(1_900.0)) + income
        crossed = np.flatnonzero(gap[:-1] * gap[1:] < 0)
        found = book.break_evens(start=1_900.0, income=income)
        assert len(found) == count
        bounds = zip(found, prices[crossed] * (1 - 1e-9), prices[crossed + 1] * (1 + 1e-9), strict=True)
        assert all(low <= root <= high for root, low, high in bounds)
        assert value(found) == pytest.approx(value(np.array(1_900.0)) - income, abs=1e-7)
    assert book.gamma(1_900.0) == pytest.approx(
        POOL.gamma(1_900.0) + puts * put.greeks(1_900.0).gamma + calls * call.greeks(1_900.0).gamma, rel=ROUNDING
    )
    assert book.vega(1_900.0) == pytest.approx(puts * put.vega(1_900.0) + calls * call.vega(1_900.0), rel=ROUNDING)


def test_the_picture_shows_what_was_computed() -> None:
    book = POOL - 20 * lp.Put(strike=1_800.0, **TOKENS).marked(volatility=0.65, years=30 / 365)
    prices = np.linspace(1_500, 2_300, 81)
    ax = book.plot(start=1_900.0, prices=prices, income=300.0)
    lines: Mapping[str, Any] = {str(line.get_label()): line for line in ax.get_lines()}
    assert lines["P&L"].get_ydata() == pytest.approx(book.pnl(prices, start=1_900.0) + 300.0)
    evens = [p for p in book.break_evens(start=1_900.0, income=300.0) if 1_500 < p < 2_300]
    assert evens
    (shown,) = (line for name, line in lines.items() if name.startswith("break-even"))
    assert shown.get_xdata() == pytest.approx(evens)
    assert all(f"{p:,.6g}" in str(shown.get_label()) for p in evens)
    axes = book.plot_greeks(start=1_900.0, prices=prices)
    for ax, figure in zip(axes, (book.value, book.delta, book.gamma), strict=True):
        assert ax.get_lines()[0].get_ydata() == pytest.approx(figure(prices))


# ---- what is refused

CALL = lp.Call(strike=1_900.0, **TOKENS)

REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: lp.Call(strike=-1.0, **TOKENS), "strike to be positive"),
    (lambda: lp.Put(strike=math.nan, **TOKENS), "strike to be positive"),
    (lambda: lp.Put(strike="1900", **TOKENS), "strike as one positive number"),
    (lambda: lp.Put(strike=1_900.0, years=0.0, **TOKENS), "Seven days are 7 / 365"),
    (lambda: lp.Put(strike=1_900.0, years=-1.0, **TOKENS), "years to be positive"),
    (lambda: lp.Put(strike=1_900.0, years=math.inf, **TOKENS), "years to be positive and finite"),
    (lambda: CALL.marked(volatility=0.6), "years to the end"),
    (lambda: CALL.marked(volatility=0.6, years=0.0), "years to be positive"),
    (lambda: CALL.marked(volatility=0.0, years=1.0), "volatility to be positive"),
    (lambda: CALL.marked(volatility=math.nan, years=1.0), "volatility to be positive"),
    (lambda: CALL.marked(volatility=65.0, years=1.0), "Volatility is a decimal per year (0.65, not 65)"),
    (lambda: lp.Marked(of=2 * CALL, volatility=0.6, years=1.0), "an instrument that ends later"),
    (lambda: CALL.marked(volatility=0.6, years=1.0).marked(volatility=0.6, years=1.0), "an instrument that ends later"),
    (lambda: CALL.marked(volatility=0.6, years=1.0).greeks(-1.0), "positive prices"),
    (lambda: CALL.marked(volatility=0.6, years=1.0).greeks([1.0, 0.0]), "positive prices"),
    (lambda: CALL.marked(volatility=0.6, years=1.0).value("1900"), "prices as numbers"),
    (lambda: CALL.value(0.0), "positive prices"),
]


@pytest.mark.parametrize(("call", "text"), REFUSED, ids=[f"{i}" for i in range(len(REFUSED))])
def test_what_cannot_be_is_refused(call: Callable[[], object], text: str) -> None:
    with pytest.raises(lp.InputError) as caught:
        call()
    assert text in str(caught.value)


def test_missing_prices_pass_through() -> None:
    greeks = CALL.marked(volatility=0.6, years=0.1).greeks([math.nan, 1_900.0])
    for name, figure in greeks.to_dict().items():
        assert np.isnan(figure).tolist() == [True, False], name


@pytest.mark.parametrize(
    ("strike", "volatility", "net"), [(1_600, 0.3128, 0.63029), (1_650, 0.2935, 0.492), (1_700, 0.2913, 0.33785)]
)
def test_net_deltas_of_a_snapshot(strike: float, volatility: float, net: float) -> None:
    """ETH on 2023-09-01, 21 days and 2 hours before the expiry: N(d1) less the coin price, to the printed digit."""
    years = (21 + 2 / 24) / 365
    call = lp.InverseCall(base="ETH", quote="USD", strike=strike).marked(volatility=volatility, years=years)
    assert call.greeks(1_651.94).delta_net == pytest.approx(net, abs=1.5e-5)
