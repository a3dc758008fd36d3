"""Implied volatility and Greeks: against arithmetic of 60 digits, a root finder, and their own inverse."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpgreeks as lp
from lpgreeks.smears import partial_moment
from tests.tolerances import ROUNDING

PRINTED_VOLATILITY = 2e-4
"""Half a unit of a volatility printed as 29.35 % moves a theta of -1.10 by 1.10 / 29.35 * 0.005 = 1.9e-4."""

TERMS = {"forward": 1_651.94, "strike": 1_700.0, "years": 0.058, "volatility": 0.65}


@pytest.fixture(autouse=True)
def digits() -> Any:
    with mp.workdps(60):
        yield


def exact_price(forward: Any, strike: Any, width: Any, call: bool) -> Any:
    """Black's formula, undiscounted, on numbers of 60 digits."""
    f, k, w = mp.mpf(forward), mp.mpf(strike), mp.mpf(width)
    d = mp.log(f / k) / w + w / 2
    sign = 1 if call else -1
    normal = [mp.erfc(-sign * x / mp.sqrt(2)) / 2 for x in (d, d - w)]
    return sign * (f * normal[0] - k * normal[1])


# ---- the moment below a kink


@pytest.mark.parametrize("a", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("kink", [0.3, 1.1, 4.0])
def test_the_moment_below_is_the_integral_below(a: float, kink: float) -> None:
    f, w = mp.mpf("1.1"), mp.mpf("0.4")
    top = (mp.log(kink / f) + w**2 / 2) / w
    integral = mp.quad(lambda z: (f * mp.exp(w * z - w**2 / 2)) ** a * mp.npdf(z), [-12, top - 2, top])
    assert float(partial_moment(a, kink, 1.1, 0.4, below=True)) == pytest.approx(float(integral), rel=1e-12)


def test_both_sides_add_up_and_widths_broadcast() -> None:
    widths = np.array([0.0, 0.1, 1.0])
    above, below = (partial_moment(1.5, 1.2, 1.1, widths, below=side) for side in (False, True))
    assert above + below == pytest.approx(1.1**1.5 * np.exp(0.375 * widths**2), rel=ROUNDING)
    assert (above[0], below[0]) == (0.0, 1.1**1.5)
    for i, width in enumerate(widths):
        assert partial_moment(1.5, 1.2, 1.1, width) == above[i]
    # At the kink itself a price without width is below: a kink belongs to the piece below.
    assert partial_moment(0.0, 1.1, 1.1, 0.0) == 0.0
    assert partial_moment(0.0, 1.1, 1.1, 0.0, below=True) == 1.0
    assert partial_moment(1.0, 0.0, 1.1, 0.2, below=True) == 0.0


# ---- implied volatility


@pytest.mark.parametrize("strike", [100.0, 100.00001, 100.001, 101.0, 130.0, 200.0, 1_000.0, 1e5, 99.9, 70.0, 10.0])
@pytest.mark.parametrize("width", [1e-7, 1e-5, 1e-4, 1e-3, 0.0199, 0.0201, 0.05, 0.1, 0.3, 1.0, 2.0, 3.0, 5.0])
def test_extremes_against_sixty_digits(strike: float, width: float) -> None:
    """Prices from 1e-280 of the forward to 0.999 of their bound."""
    call = strike >= 100.0
    exact = exact_price(100, strike, width, call)
    if exact < 1e-280 or exact > 0.999 * min(100.0, strike):
        return
    price = float(exact)
    # The price as a float lies beside the exact one; so does the width that it implies, by the derivative.
    d = mp.log(mp.mpf(100) / strike) / width + mp.mpf(width) / 2
    implied = width + (mp.mpf(price) - exact) / (100 * mp.npdf(d))
    found = lp.implied_volatility(price, forward=100.0, strike=strike, years=0.25, call=call)
    assert float(found) == pytest.approx(float(2 * implied), rel=1e-12, abs=0)


@pytest.mark.parametrize("strike", [60.0, 97.0, 100.0, 104.0, 180.0])
@pytest.mark.parametrize("call", [True, False])
def test_a_root_finder_finds_the_same(strike: float, call: bool) -> None:
    from scipy.optimize import brentq
    from scipy.stats import norm

    def price(volatility: float) -> float:
        w = volatility * 0.5
        d = np.log(100 / strike) / w + w / 2
        return float(100 * norm.cdf(d) - strike * norm.cdf(d - w)) - (0.0 if call else 100 - strike)

    target = price(0.8)
    root = brentq(lambda v: price(v) - target * (1 + 1e-6), 0.01, 5.0, xtol=1e-14, rtol=1e-14)
    found = lp.implied_volatility(target * (1 + 1e-6), forward=100, strike=strike, years=0.25, call=call)
    assert float(found) == pytest.approx(root, rel=1e-9)  # what a difference of two normals leaves brentq


@given(
    moneyness=st.floats(-3.0, 3.0),
    width=st.floats(1e-3, 3.0),
    forward=st.floats(1e-6, 1e6),
    years=st.floats(1e-3, 5.0),
)
def test_the_price_of_a_volatility_implies_it(moneyness: float, width: float, forward: float, years: float) -> None:
    strike, volatility = forward * np.exp(moneyness), width / np.sqrt(years)
    terms: dict[str, Any] = {"forward": forward, "strike": strike, "years": years}
    for call in (True, False):
        value = lp.option_greeks(**terms, volatility=volatility, call=call).value
        if call != (moneyness >= 0) or not 1e-250 < value / min(forward, strike) < 0.9:
            continue  # in the money the time value stands in the last digits only
        found = lp.implied_volatility(value, **terms, call=call)
        assert float(found) == pytest.approx(volatility, rel=2e-12)


@given(share=st.floats(1e-12, 1 - 1e-12), moneyness=st.floats(-5.0, 5.0), call=st.booleans())
def test_every_price_within_its_bounds_has_a_volatility(share: float, moneyness: float, call: bool) -> None:
    strike = 100 * np.exp(moneyness)
    low, high = lp.price_bounds(forward=100.0, strike=strike, call=call)
    price = low + share * (high - low)
    if not low < price < high:
        return
    found = lp.implied_volatility(price, forward=100.0, strike=strike, years=1.0, call=call)
    again = exact_price(100, strike, float(found), call)
    assert abs(float(again) - float(price)) <= 1e-12 * float(high)


def test_what_bounds_and_missing_prices_give() -> None:
    terms: dict[str, Any] = {
        "forward": 100.0,
        "strike": [90.0, 110.0, 110.0],
        "years": 0.25,
        "call": [True, True, False],
    }
    assert lp.implied_volatility([10.0, 0.0, 10.0], **terms).tolist() == [0.0, 0.0, 0.0]
    holed = lp.implied_volatility([np.nan, 1.0, 12.0], **terms)
    assert np.isnan(holed).tolist() == [True, False, False]
    low, high = lp.price_bounds(forward=100.0, strike=[90.0, 110.0, 110.0], call=[True, True, False])
    assert (low.tolist(), high.tolist()) == ([10.0, 0.0, 10.0], [100.0, 100.0, 110.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price": 9.9}, r"1 outside; the first, at position 0: 9.9, not from 10 to below 100 \[quote\]"),
        ({"price": 100.0}, "outside"),
        ({"price": [11.0, 9.0, 101.0]}, "2 outside; the first, at position 1: 9,"),
        ({"price": 110.0, "strike": 110.0, "call": False}, "not from 10 to below 110"),
        ({"price": -1.0, "strike": 110.0}, "not from 0 to below 100"),
        ({"forward": 0.0}, "forward positive and finite; got 0 at position 0"),
        ({"strike": -90.0}, "strike positive"),
        ({"years": [0.1, 0.0]}, "years positive and finite; got 0 at position 1"),
        ({"call": 1}, "call as True or False"),
        ({"call": "C"}, "call as True or False"),
        ({"price": "12"}, "price as numbers"),
    ],
)
def test_terms_that_are_none_are_refused(change: dict[str, Any], message: str) -> None:
    terms: dict[str, Any] = {"price": 12.0, "forward": 100.0, "strike": 90.0, "years": 0.25, "call": True}
    terms.update(change)
    with pytest.raises(lp.InputError, match=message):
        lp.implied_volatility(terms.pop("price"), **terms)


def test_options_without_volatility_are_refused() -> None:
    with pytest.raises(lp.InputError, match="volatility positive"):
        lp.option_greeks(**TERMS | {"volatility": 0.0}, call=True)


# ---- Greeks


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize("strike", [1_200.0, 1_650.0, 1_700.0, 2_600.0])
def test_greeks_are_the_derivatives(strike: float, call: bool) -> None:
    f, t, v = mp.mpf(TERMS["forward"]), mp.mpf(TERMS["years"]), mp.mpf(TERMS["volatility"])

    def value(f: Any = f, v: Any = v, t: Any = t) -> Any:
        return exact_price(f, strike, v * mp.sqrt(t), call)

    found = lp.option_greeks(**TERMS | {"strike": strike}, call=call)
    spot = f  # at a rate of 0; the forward of a fixed spot is spot * exp(r t), the price is discounted
    exact = {
        "value": value(),
        "delta": mp.diff(lambda x: value(f=x), f),
        "gamma": mp.diff(lambda x: value(f=x), f, 2),
        "vega": mp.diff(lambda x: value(v=x), v),
        "theta": -mp.diff(lambda x: value(t=x), t),
        "rho": mp.diff(lambda r: mp.exp(-r * t) * value(f=spot * mp.exp(r * t)), 0),
        "vanna": mp.diff(lambda x, y: value(f=x, v=y), (f, v), (1, 1)),
        "volga": mp.diff(lambda x: value(v=x), v, 2),
    }
    for name, number in exact.items():
        assert float(getattr(found, name)) == pytest.approx(float(number), rel=1e-11), name


def test_parity_of_greeks_and_shapes() -> None:
    strikes = np.array([1_500.0, 1_652.0, 1_800.0])
    call, put = (lp.option_greeks(**TERMS | {"strike": strikes}, call=side) for side in (True, False))
    assert call.value - put.value == pytest.approx(TERMS["forward"] - strikes, rel=ROUNDING)
    assert call.delta - put.delta == pytest.approx(np.ones(3), rel=ROUNDING)
    for name in ("gamma", "vega", "theta", "vanna", "volga"):
        assert (getattr(call, name) == getattr(put, name)).all()
    both = lp.option_greeks(**TERMS | {"strike": strikes}, call=[[True], [False]])
    assert both.value.shape == (2, 3)
    assert (both.rho == np.stack([call.rho, put.rho])).all()
    holed = lp.option_greeks(**TERMS | {"volatility": [0.5, np.nan]}, call=True)
    assert np.isnan(holed.delta).tolist() == [False, True]


@pytest.mark.parametrize(
    ("strike", "volatility", "price", "delta", "gamma", "vega", "theta", "rho"),
    [
        (1_600, 0.3128, 0.0479, 0.67817, 0.00289, 1.42317, -1.05567, 0.60142),
        (1_650, 0.2935, 0.0287, 0.52071, 0.00342, 1.58174, -1.10083, 0.46945),
        (1_700, 0.2913, 0.0161, 0.35396, 0.00322, 1.47652, -1.01999, 0.32235),
    ],
)
def test_three_calls_of_an_exchange(
    strike: float, volatility: float, price: float, delta: float, gamma: float, vega: float, theta: float, rho: float
) -> None:
    """Deribit, 2023-09-01 06:00 UTC, calls of 2023-09-22: printed per day and per point."""
    found = lp.option_greeks(
        forward=1_651.94, strike=strike, years=(21 + 2 / 24) / 365, volatility=volatility, call=True
    )
    printed = (found.delta, found.gamma, found.vega / 100, found.theta / 365, found.rho / 100)
    assert [float(x) for x in printed] == pytest.approx([delta, gamma, vega, theta, rho], abs=PRINTED_VOLATILITY)
    assert float(found.value) / 1_651.94 == pytest.approx(price, abs=5e-5)  # printed to four decimals


def test_a_put_of_an_exchange() -> None:
    """The sample row of Tardis' documentation: BTC-9JUN20-9875-P."""
    found = lp.option_greeks(
        forward=9_756.36, strike=9_875, years=115_200.587 / 86_400 / 365, volatility=0.6289, call=False
    )
    assert float(found.value) / 9_756.36 == pytest.approx(0.02210436, abs=5e-6)
    printed = (found.delta, found.gamma, found.vega / 100, found.theta / 365, found.rho / 100)
    exchange = (-0.61752, 0.00103, 2.24964, -53.05655, -0.22796)
    assert [float(x) for x in printed] == pytest.approx(list(exchange), rel=4e-4, abs=5e-6)
