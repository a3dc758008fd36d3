"""The strip of options that pays a claim: published sums, integrals of the density, and what it leaves."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.integrate import quad
from scipy.special import ndtr

import lpgreeks as lp
from tests.tolerances import PRINTED_7, ROUNDING

TOKENS = {"base": "ETH", "quote": "USDC"}

# ---- 25 March 2022, 14 days: Deribit's quotes of 1 BTC out of the money, in dollars, by strike away from the price

SPOT = 42_955.0
CALLS = [2072, 1841, 1629, 1437, 1263, 1107, 968, 845, 733, 636, 550, 476, 411, 355, 307, 267, 232, 202, 176, 154, 134]
CALLS += [118, 104, 92, 81, 72, 64, 57, 52, 46, 42, 37]
PUTS = [1849, 1623, 1419, 1235, 1072, 928, 798, 684, 584, 499, 427, 367, 318, 275, 236, 202, 174, 151, 131, 114, 100]
PUTS += [88, 77, 68, 60, 53, 47, 42, 37, 33, 29]
STRIKES = 27_500.0 + 500 * np.arange(63)
QUOTES = np.array(PUTS[::-1] + CALLS, dtype=float)


def bitcoin() -> lp.LossClaim:
    """On one coin and its worth in dollars, over the whole range."""
    pool = lp.UniswapV2.from_value(2 * SPOT, base="BTC", quote="USD", price=SPOT)
    return lp.LossClaim(of=pool, start=SPOT)


def test_published_cost_of_a_strip() -> None:
    """Printed: 178.84 dollars, by rectangles. Straight lines between the strikes give 23 cents less, and are exact."""
    strip = lp.strip(bitcoin(), strikes=STRIKES, start=SPOT)
    density = math.sqrt(SPOT) / 2 * STRIKES**-1.5
    rectangles = float(500 * density @ QUOTES)
    assert rectangles == pytest.approx(178.84, abs=5e-3)
    below = STRIKES < SPOT
    trapezes = sum(np.trapezoid((density * QUOTES)[side], STRIKES[side]) for side in (below, ~below))
    assert trapezes == pytest.approx(167.1, abs=0.05)
    # What stands between the two trapezes is the line's part and half of what the strikes beside the price carry.
    assert strip.cost(QUOTES, QUOTES) == pytest.approx(rectangles, rel=2e-3)
    assert strip.cost(QUOTES, QUOTES) == pytest.approx(_cells(strip.of.of.liquidity), rel=1e-10)
    # Printed: 65.90 %, by the leading term of the premium alone.
    leading = math.sqrt(4 * 178.84 / (SPOT * 14 / 365))
    assert leading == pytest.approx(0.6590, abs=1.5e-4)
    volatility = lp.il_implied_volatility(178.84, strip.of.of, start=SPOT, years=14 / 365)
    assert volatility == pytest.approx(leading * (1 + 178.84 / (8 * SPOT)), rel=1e-6)


def _cells(liquidity: float) -> float:
    """Cell integrals: of l/(2 q**1.5) (a0 + a1 q) dq is l (a1 sqrt(q) - a0/sqrt(q)), with prices straight between.

    In the cell that holds the price, the hats of both its strikes belong to the options whole.
    """
    total = 0.0
    for i, (low, high) in enumerate(pairwise(STRIKES)):
        for at, price in ((low, QUOTES[i]), (high, QUOTES[i + 1])):
            other = low + high - at
            a1 = price / (at - other)
            a0 = -a1 * other
            total += liquidity * (a1 * (math.sqrt(high) - math.sqrt(low)) - a0 * (high**-0.5 - low**-0.5))
    return total


def test_published_premium_of_a_full_range() -> None:
    pool = lp.UniswapV2.from_value(200.0, price=1.0, **TOKENS)
    premium = lp.LossClaim(of=pool, start=1.0).marked(volatility=math.log(1.25), years=1.0).value(1.0)
    assert premium == pytest.approx(1.2409602, abs=PRINTED_7)
    assert premium == pytest.approx(-200 * math.expm1(-(math.log(1.25) ** 2) / 8), rel=ROUNDING)


# ---- the density of options that pays a range


@pytest.mark.parametrize("price", [1_900, 2_050, 2_200, 2_399, 2_700])
def test_a_range_above_the_price_is_a_density_of_calls(price: float) -> None:
    """Per unit of liquidity, UIL = -1/2 int K**-1.5 (P - K)+ dK over the range (Deng, Zong and Wang 2023)."""
    pool = lp.UniswapV3(liquidity=1.0, lower=2_000, upper=2_400, **TOKENS)
    mp.dps = 30
    top = min(max(price, 2_000), 2_400)
    density = mp.quad(lambda k: k ** mpf("-1.5") * (price - k), [2_000, top]) / 2
    assert lp.LossClaim(of=pool, start=1_900).value(price) == pytest.approx(float(density), abs=1e-12)


def test_premium_of_a_range_above_the_price() -> None:
    """The closed form of Deng, Zong and Wang (2023), typed from the paper."""
    start, low, high, width = 1_900.0, 2_000.0, 2_400.0, 0.2
    lower, upper = ((math.log(start / k) - width**2 / 2) / width for k in (low, high))
    printed = (
        2 * math.sqrt(start) * math.exp(-(width**2) / 8) * (ndtr(lower + width / 2) - ndtr(upper + width / 2))
        - math.sqrt(low) * ndtr(lower)
        + math.sqrt(high) * ndtr(upper)
        - start * ndtr(lower + width) / math.sqrt(low)
        + start * ndtr(upper + width) / math.sqrt(high)
    )
    pool = lp.UniswapV3(liquidity=1.0, lower=low, upper=high, **TOKENS)
    premium = lp.LossClaim(of=pool, start=start).marked(volatility=width, years=1.0).value(start)
    assert premium == pytest.approx(-printed, abs=1e-13)


# ---- exact where option prices are straight between strikes

POOL = lp.UniswapV3(liquidity=100.0, lower=1_703.0, upper=2_117.0, **TOKENS)
RANDOM = np.random.default_rng(5)


@pytest.mark.parametrize("start", [1_600.0, 1_800.0, 1_911.0, 2_050.0, 2_300.0])
@pytest.mark.parametrize("listed", [np.arange(1_400.0, 2_501, 50), np.sort(RANDOM.uniform(1_300, 2_600, 25))])
def test_cost_is_the_integral_over_straight_option_prices(start: float, listed: np.ndarray) -> None:
    """Calls are any convex curve made of straight lines between the strikes, puts follow by parity."""
    masses = RANDOM.dirichlet(np.ones(listed.size))
    forward = masses @ listed
    calls = np.array([masses @ np.maximum(listed - k, 0) for k in listed])
    puts = calls + listed - forward

    claim = lp.LossClaim(of=POOL, start=start)
    strip = lp.strip(claim, strikes=listed, start=start)
    quotes = np.where(listed <= start, puts, calls)

    def density(q: float) -> float:
        return POOL.liquidity / 2 * q**-1.5 if POOL.lower < q <= POOL.upper else 0.0

    def curve(q: float) -> float:
        return float(np.interp(q, listed, puts if q <= start else calls))

    edges = sorted({POOL.lower, POOL.upper, start, *listed})
    inside = [(a, b) for a, b in pairwise(edges) if a >= listed[0] and b <= listed[-1]]
    integral = math.fsum(quad(lambda q: density(q) * curve(q), a, b, epsabs=1e-13)[0] for a, b in inside)
    paid = strip.cost(quotes, quotes) + strip.line.value(forward)
    assert paid == pytest.approx(integral, abs=1e-9)


def test_a_fine_strip_costs_the_premium() -> None:
    """Straight lines between strikes are dear by the square of the gap."""
    claim = lp.LossClaim(of=POOL, start=1_900.0)
    over = {"volatility": 0.6, "years": 30 / 365}
    premium = claim.marked(**over).value(1_900.0)

    def dear(gap: float) -> float:
        strip = lp.strip(claim, strikes=np.arange(1_600.0, 2_301, gap), start=1_900.0)
        marks = np.array([option.marked(**over).value(1_900.0) for option in strip.options])
        return strip.cost(marks, marks) + strip.line.value(1_900.0) - premium

    coarse, fine = dear(20.0), dear(10.0)
    assert 0 < fine < 2e-4 * premium
    assert coarse / fine == pytest.approx(4.0, rel=0.02)


# ---- what it leaves


@given(st.floats(1_300, 2_700), st.integers(2, 40), st.integers(0, 10_000))
def test_pays_the_same_at_every_strike_and_more_between(start: float, count: int, seed: int) -> None:
    claim = lp.LossClaim(of=POOL, start=start)
    strikes = np.unique(np.random.default_rng(seed).uniform(1_200, 2_900, count).round())
    if strikes.size < 2:
        return
    strip = lp.strip(claim, strikes=strikes, start=start)
    size = claim.of.value(start)
    prices = np.geomspace(500, 6_000, 400)
    left = strip.residual.value(prices)
    inside = (prices >= strikes[0]) & (prices <= strikes[-1])
    assert strip.residual.value(strikes) == pytest.approx(np.zeros(strikes.size), abs=1e-11 * size)
    assert (left[inside] <= 1e-11 * size).all()
    assert (left[~inside] >= -1e-11 * size).all()
    assert (strip.weights >= -1e-12).all()
    assert [isinstance(o, lp.Put) for o in strip.options] == (strikes <= start).tolist()
    total = strip.portfolio + strip.line + strip.residual
    assert total.value(prices) == pytest.approx(claim.value(prices), abs=1e-10 * size)


@pytest.mark.parametrize("ends", [[1_400, 1_800], [1_800, 2_200]])
def test_options_are_their_own_strip(ends: list[float]) -> None:
    for option in (lp.Call(strike=1_800.0, **TOKENS), lp.Put(strike=1_800.0, **TOKENS)):
        strip = lp.strip(option, strikes=ends, start=1_600.0)
        assert strip.weights.tolist() == [float(k == 1_800) for k in ends]
        assert strip.residual.value([500.0, 1_500.0, 1_800.0, 5_000.0]) == pytest.approx(np.zeros(4), abs=1e-12)


def test_a_position_is_its_strip_sold() -> None:
    """The position less its coins and dollars is what the options cost, sold."""
    over = {"strikes": np.arange(1_600.0, 2_301, 50), "start": 1_900.0}
    bought, sold = lp.strip(lp.LossClaim(of=POOL, start=1_900.0), **over), lp.strip(POOL, **over)
    assert sold.weights == pytest.approx(-bought.weights, abs=1e-13)
    bids, asks = np.full(15, 40.0), np.full(15, 44.0)
    assert bought.cost(bids, asks) == pytest.approx(44 * bought.weights.sum(), rel=ROUNDING)
    assert sold.cost(bids, asks) == pytest.approx(-40 * bought.weights.sum(), rel=ROUNDING)


def test_coin_settled_options_pay_the_same_and_cost_coins() -> None:
    over = {"strikes": np.arange(1_600.0, 2_301, 50), "start": 1_900.0}
    claim = lp.LossClaim(of=POOL, start=1_900.0)
    linear = lp.strip(claim, **over)
    coins = lp.strip(claim, **over, put=lp.InversePut, call=lp.InverseCall, years=0.1)
    assert {type(o) for o in coins.options} == {lp.InversePut, lp.InverseCall}
    assert {(o.years, o.premium_token) for o in coins.options} == {(0.1, "ETH")}
    assert coins.weights.tolist() == linear.weights.tolist()
    prices = np.geomspace(1_000, 4_000, 50)
    assert coins.residual.value(prices) == pytest.approx(linear.residual.value(prices), abs=1e-10)
    marks = np.array([o.marked(volatility=0.6, years=0.1).value(1_900.0) for o in linear.options])
    assert coins.cost(marks / 1_900, marks / 1_900) == pytest.approx(linear.cost(marks, marks) / 1_900, rel=ROUNDING)


# ---- quotes, errors, words


def test_missing_quotes_are_named() -> None:
    strip = lp.strip(lp.LossClaim(of=POOL, start=1_900.0), strikes=[1_500, 1_600, 1_800, 1_950, 2_100], start=1_900.0)
    asks = np.array([np.nan, 5.0, np.nan, 50.0, np.nan])
    assert strip.weights[0] == 0  # outside the range: no quote is needed
    with pytest.raises(lp.DataError, match=r"none for put 1,800, call 2,100 \[USDC\]"):
        strip.cost(np.full(5, np.nan), asks)
    full = np.array([np.nan, 5.0, 30.0, 50.0, 20.0])
    assert strip.cost(np.full(5, np.nan), full) == pytest.approx(strip.weights[1:] @ full[1:], rel=ROUNDING)
    with pytest.raises(lp.InputError, match="a bid and an ask for each of the 5 options"):
        strip.cost([1.0, 2.0], asks)


@pytest.mark.parametrize("strikes", [[1_900.0], 1_900.0, [], [1_900, 1_900], [2_000, 1_900], [[1_800, 1_900]]])
def test_strikes_ascend(strikes: list[float]) -> None:
    with pytest.raises(lp.InputError, match="two or more strikes, each above the one before"):
        lp.strip(POOL, strikes=strikes, start=1_900.0)


def test_no_options_replicate_a_jump() -> None:
    class Digital(lp.Call):
        def payoff(self, price: object) -> object:
            return lp.above(price, self.strike)

    with pytest.raises(lp.InputError, match="a payoff without jumps"):
        lp.strip(Digital(strike=1_900.0, **TOKENS), strikes=[1_800, 2_000], start=1_900.0)


def test_a_strip_says_what_to_hold() -> None:
    strip = lp.strip(bitcoin(), strikes=STRIKES, start=SPOT)
    said = (
        "What pays the same at 63 strikes: 31 puts from 27,500 to 42,500 (0.247401 BTC); 32 calls from 43,000 to "
        "58,500 (0.145501 BTC); a line of -0.00239908 BTC worth 0.119738 USD at 42,955."
    )
    assert strip.sentence() == said
    assert repr(strip) == f"<Strip: {said}>"
    assert str(strip).startswith(said)
    assert "58,500   call    0.00183884" in strip.summary()
    assert said in strip._repr_html_()
    table = strip.table()
    assert list(table.columns) == ["strike", "option", "weight [BTC]", "pays [USD]"]
    assert len(table) == 63
    plain = json.loads(json.dumps(strip.to_dict()))
    assert plain["weights"] == strip.weights.tolist()
    assert set(plain["line"]) == {"spot", "cash"}
    with pytest.raises(ValueError, match="read-only"):
        strip.weights[0] = 1.0


def test_calls_alone_and_puts_alone() -> None:
    for start, words in ((1_500.0, "calls from 1,700 to 2,150"), (2_500.0, "puts from 1,700 to 2,150")):
        strip = lp.strip(lp.LossClaim(of=POOL, start=start), strikes=np.arange(1_700.0, 2_151, 50), start=start)
        assert f"10 {words}" in strip.sentence()
        assert strip.sentence().count(";") == 1
        assert strip.line.value([1_000.0, 3_000.0]) == pytest.approx(np.zeros(2), abs=1e-10)
        ax = strip.plot()
        assert [text.get_text() for text in ax.get_legend().get_texts()] == [words.split()[0]]
        plt.close(ax.figure)


def test_what_is_straight_needs_no_options() -> None:
    strip = lp.strip(lp.Spot(**TOKENS), strikes=[1_800, 1_950, 2_000], start=1_900.0)
    assert strip.weights.tolist() == [0, 0, 0]
    assert strip.sentence() == "What pays the same at 3 strikes: a line of 1 ETH worth 1,900 USDC at 1,900."
    assert strip.cost([np.nan] * 3, [np.nan] * 3) == 0


def test_weights_are_drawn_over_their_strikes() -> None:
    strip = lp.strip(bitcoin(), strikes=STRIKES, start=SPOT)
    ax = strip.plot()
    drawn = [(bar.get_x() + bar.get_width() / 2, bar.get_height()) for bar in ax.patches]
    assert np.array(drawn) == pytest.approx(np.column_stack([STRIKES, strip.weights]), rel=ROUNDING)
    assert ax.get_xlabel() == "strike [USD per BTC]"
    assert ax.get_ylabel() == "weight [BTC]"
    plt.close(ax.figure)
