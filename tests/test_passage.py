"""First passage: simulation that shares no code, published figures, the other series, re-centring, paths and limits."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lpgreeks as lp
from lpgreeks.models import passage
from tests.tolerances import QUADRATURE, ROUNDING, STANDARD_ERRORS

MARKET = "ETH/USDC"
MINUTE = np.timedelta64(1, "m")


def law(volatility: float = 0.8, drift: float = 0.0, years: float = 0.25, price: float = 2_000) -> lp.Lognormal:
    return lp.Lognormal(price=price, volatility=volatility, years=years, drift_per_year=drift)


# ---- (a) simulation: numpy alone; bridges make continuous watching exact between the steps


def simulate(
    model: lp.Lognormal, lower: float, upper: float, *, paths: int = 8_000, steps: int = 250
) -> dict[str, tuple[float, float]]:
    """Mean and standard error of surviving, of the time to the exit and of the time inside."""
    rng = np.random.default_rng(17)
    dt = model.years / steps
    sd = model.volatility * math.sqrt(dt)
    moves = rng.normal((model.drift_per_year - model.volatility**2 / 2) * dt, sd, (paths, steps))
    x = np.concatenate([np.zeros((paths, 1)), np.cumsum(moves, axis=1)], axis=1)
    a, b = math.log(model.price / lower), math.log(upper / model.price)
    alive = np.ones_like(x)
    for k in range(steps):
        # A bridge between two points that are both on this side crosses with exp(-2 d d' / variance).
        down, up = (np.maximum(d, 0) for d in ((x[:, k : k + 2] + a), (b - x[:, k : k + 2])))
        crosses = sum(np.exp(-2 * d[:, 0] * d[:, 1] / sd**2) for d in (down, up))
        alive[:, k + 1] = alive[:, k] * np.maximum(1 - crosses, 0)
    inside = ((x > -a) & (x < b)).astype(float)
    trapezoid = np.full(steps + 1, dt)
    trapezoid[[0, -1]] = dt / 2
    samples = {"leaves": 1 - alive[:, -1], "to exit": alive @ trapezoid, "inside": inside @ trapezoid}
    return {name: (s.mean(), s.std(ddof=1) / math.sqrt(paths)) for name, s in samples.items()}


@pytest.mark.thorough
@pytest.mark.parametrize("drift", [0.0, -1.5, 0.9])
@pytest.mark.parametrize(("lower", "upper"), [(1_500, 2_500), (1_900, 3_000), (0.01, 2_300)])
def test_exits_and_times_against_simulation(drift: float, lower: float, upper: float) -> None:
    model = law(drift=drift)
    found = simulate(model, lower, upper)
    for name, exact in (
        ("leaves", model.exit_probability(lower, upper)),
        ("to exit", model.years_to_exit(lower, upper)),
        ("inside", model.years_inside(lower, upper)),
    ):
        mean, error = found[name]
        assert abs(mean - exact) <= STANDARD_ERRORS * error, name


@pytest.mark.parametrize("drift", [0.0, 6.0, -4.0])
def test_mean_exit_time_against_simulation(drift: float) -> None:
    """Over a horizon that next to nobody survives, the time to the exit is that of waiting for ever."""
    model = law(drift=drift, years=0.12)
    lower, upper = 1_850, 2_080
    assert model.exit_probability(lower, upper) > 1 - 1e-11
    mean, error = simulate(model, lower, upper, paths=4_000, steps=1_000)["to exit"]
    assert abs(mean - model.mean_exit_years(lower, upper)) <= STANDARD_ERRORS * error


def test_barriers_against_simulated_extremes() -> None:
    """Bridges' own lowest and highest points between the steps, drawn exactly."""
    model, paths, steps = law(drift=0.7), 8_000, 60
    rng = np.random.default_rng(5)
    dt = model.years / steps
    sd = model.volatility * math.sqrt(dt)
    moves = rng.normal((model.drift_per_year - model.volatility**2 / 2) * dt, sd, (paths, steps))
    x = np.concatenate([np.zeros((paths, 1)), np.cumsum(moves, axis=1)], axis=1)
    middle = (x[:, 1:] + x[:, :-1]) / 2
    spans = [np.sqrt(moves**2 - 2 * sd**2 * np.log1p(-rng.random(moves.shape))) / 2 for _ in range(2)]
    lows, highs = (middle - spans[0]).min(axis=1), (middle + spans[1]).max(axis=1)
    for probability in (0.02, 0.3, 0.8):
        below, above = np.log(np.array(model.barriers(probability)) / model.price)
        error = math.sqrt(probability * (1 - probability) / paths)
        assert abs((lows < below).mean() - probability) <= STANDARD_ERRORS * error
        assert abs((highs > above).mean() - probability) <= STANDARD_ERRORS * error


# ---- (b) published figures: linear short, maintenance 0.5 %, 80 % volatility

SAFE_LEVERAGE = {
    1: {0.05: "11.09", 0.01: "8.43", 0.001: "6.56"},
    7: {0.05: "4.126", 0.01: "3.034", 0.001: "2.279"},
    30: {0.05: "1.847", 0.01: "1.294", 0.001: "0.9205"},
}


@pytest.mark.parametrize(("days", "probability"), [(d, p) for d, row in SAFE_LEVERAGE.items() for p in row])
def test_greatest_leverage_for_a_probability_of_liquidation(days: int, probability: float) -> None:
    """The liquidation price E (1 + 1/l) / 1.005 is the barrier above: l follows from the barrier."""
    _, above = law(years=days / 365).barriers(probability)
    leverage = 1 / (1.005 * above / 2_000 - 1)
    printed = SAFE_LEVERAGE[days][probability]
    assert f"{leverage:.{len(printed.split('.')[1])}f}" == printed


@pytest.mark.parametrize(
    ("leverage", "probability"), [(1, 0.001900), (2, 0.065823), (3, 0.188298), (5, 0.400954), (10, 0.661936)]
)
def test_published_liquidations_are_exits_upward(leverage: int, probability: float) -> None:
    liquidation = 2_000 * (1 + 1 / leverage) / 1.005
    assert law(years=30 / 365).exit_probability(0, liquidation) == pytest.approx(probability, abs=5e-7)


# ---- (c) second routes and limits

WIDTHS = (1e-3, 0.03, 0.6, 1.2, 5.0)
RANGES = list(itertools.product(WIDTHS, WIDTHS, (-3.0, 0.0, 0.4)))


def survival_by_modes(a: float, b: float, drift: float) -> tuple[mp.mpf, mp.mpf]:
    """Staying until time 1, and the mean of the exit or 1, as sums over eigenfunctions at 50 digits."""
    mp.mp.dps = 50
    a, b, drift = (mp.mpf(x) for x in (a, b, drift))
    width = a + b
    stays, late = mp.mpf(0), mp.mpf(0)
    for n in range(1, int(5 * width) + 12):
        rate = (n * n * mp.pi**2 / width**2 + drift**2) / 2
        ends = mp.exp(-drift * a) - (-1) ** n * mp.exp(drift * b)
        part = n * mp.pi / width**2 * mp.sin(n * mp.pi * a / width) * ends * mp.exp(-rate) / rate
        stays, late = stays + part, late + part / rate
    return stays, mean_exit(a, b, drift) - late


def mean_exit(a: mp.mpf, b: mp.mpf, drift: mp.mpf) -> mp.mpf:
    """At 60 digits the textbook formula needs no care."""
    mp.mp.dps = 60
    a, b, drift = (mp.mpf(x) for x in (a, b, drift))
    if drift == 0:
        return a * b
    top = (1 - mp.exp(-2 * drift * a)) / (1 - mp.exp(-2 * drift * (a + b)))
    return ((a + b) * top - a) / drift


def survival_by_images(a: float, b: float, drift: float) -> mp.mpf:
    mp.mp.dps = 50
    a, b, drift = (mp.mpf(x) for x in (a, b, drift))
    width = a + b

    def image(at: mp.mpf) -> mp.mpf:
        return mp.exp(drift * at) * (mp.ncdf(b - at - drift) - mp.ncdf(-a - at - drift))

    count = int(8 / width) + 4
    return sum(image(2 * k * width) - image(2 * b + 2 * k * width) for k in range(-count, count + 1))


def exit_from(a: float, b: float, drift: float) -> tuple[float, float]:
    leaves, stays = passage.leaves_and_stays(*(np.full(1, x) for x in (a, b, drift)))
    return float(leaves[0]), float(stays[0])


@pytest.mark.parametrize(("a", "b", "drift"), RANGES)
def test_leaving_and_staying_by_modes(a: float, b: float, drift: float) -> None:
    leaves, stays = exit_from(a, b, drift)
    exact, mean = survival_by_modes(a, b, drift)
    assert leaves == pytest.approx(float(1 - exact), rel=ROUNDING)
    assert stays == pytest.approx(float(exact), abs=ROUNDING)
    assert passage.time_to_exit(a, b, drift) == pytest.approx(float(mean), rel=QUADRATURE)


@pytest.mark.parametrize(("a", "b"), [(0.1, 0.3), (1.24, 1.25), (1.26, 1.25), (0.2, 2.4), (4.0, 3.0)])
@pytest.mark.parametrize("drift", [-0.8, 0.0, 0.5])
def test_the_two_series_agree_where_both_converge(a: float, b: float, drift: float) -> None:
    images = survival_by_images(a, b, drift)
    assert float(abs(images - survival_by_modes(a, b, drift)[0])) < 1e-20
    assert exit_from(a, b, drift)[1] == pytest.approx(float(images), rel=ROUNDING)


def test_a_rare_exit_keeps_its_digits() -> None:
    """Ten standard deviations either way: 3e-23, which one minus staying would have made 0."""
    model = lp.Lognormal(price=1.0, volatility=0.1, years=1.0)
    lower, upper = math.exp(-1.0), math.exp(1.0)
    both = model.touch_probability(lower) + model.touch_probability(upper)
    assert 0 < model.exit_probability(lower, upper) == pytest.approx(both, rel=ROUNDING)


@pytest.mark.parametrize(
    ("a", "b"), [(0.4, 0.7), (0.0, 0.3), (-0.5, 1.0), (2.0, -1.5), (1e-3, 1e-3), (3.0, math.inf), (-0.2, math.inf)]
)
@pytest.mark.parametrize("drift", [-4.0, 0.0, 0.6])
def test_time_inside_by_an_integral(a: float, b: float, drift: float) -> None:
    mp.mp.dps = 20

    def inside(root: mp.mpf) -> mp.mpf:
        return 2 * root * (mp.ncdf((b - drift * root**2) / root) - mp.ncdf((-a - drift * root**2) / root))

    exact = mp.quad(inside, [0, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1])
    assert passage.time_inside(a, b, drift) == pytest.approx(float(exact), rel=QUADRATURE)


def test_a_range_far_above_keeps_its_digits() -> None:
    """Nine standard deviations away the two normal probabilities are both 1 in doubles; mirrored, both are small."""
    far = passage.time_inside(-9.0, 10.0, 0.0)
    assert 0 < far < 1e-19
    assert far == pytest.approx(passage.time_inside(10.0, -9.0, 0.0), rel=ROUNDING)


@pytest.mark.parametrize("pull", [1e-12, 1e-6, 0.1, 0.99, 1.01, 5.0, 600.0, 3_000.0])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1e-6, 1.0), (0.999, 0.001), (0.01, 3.0)])
def test_mean_exit_time_keeps_its_digits(pull: float, sign: int, a: float, b: float) -> None:
    """At every drift, also one so small that the formula is 0 / 0 in doubles."""
    drift = sign * pull / (2 * (a + b))
    assert passage.mean_exit_years(a, b, drift, 1.0) == pytest.approx(float(mean_exit(a, b, drift)), rel=ROUNDING)


def test_a_strong_drift_is_a_clock() -> None:
    """With almost no volatility the mean path alone decides; the crossing is an instant of the horizon."""
    gale = lp.Lognormal(price=1.0, volatility=1e-6, years=1.0, drift_per_year=4.0)
    e = math.exp
    assert gale.years_inside(e(1), e(3)) == pytest.approx(0.5, rel=1e-9)
    assert gale.years_inside(e(-1), e(3)) == pytest.approx(0.75, rel=1e-9)
    assert gale.years_to_exit(e(-1), e(3)) == pytest.approx(0.75, rel=1e-9)
    assert gale.mean_exit_years(e(-1), e(3)) == pytest.approx(0.75, rel=1e-9)
    assert gale.exit_probability(e(-1), e(4)) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("drift", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("edge", [1_000, 1_999.9, 2_000.1, 3_500])
def test_one_edge_is_touching(edge: float, drift: float) -> None:
    model = law(drift=drift)
    lower, upper = (edge, math.inf) if edge < 2_000 else (0.0, edge)
    assert model.exit_probability(lower, upper) == pytest.approx(model.touch_probability(edge), rel=ROUNDING)
    finite = (edge, 1e30) if edge < 2_000 else (1e-30, edge)
    assert model.years_to_exit(lower, upper) == pytest.approx(model.years_to_exit(*finite), rel=ROUNDING)
    assert model.years_inside(lower, upper) == pytest.approx(model.years_inside(*finite), rel=ROUNDING)
    # The walk to one edge at the speed of the drift, if it is the way the drift goes.
    speed = drift - 0.32
    away = math.log(edge / 2_000)
    assert model.mean_exit_years(lower, upper) == pytest.approx(away / speed if away * speed > 0 else math.inf)


def test_no_edge_is_never_left() -> None:
    model, everything = law(), (0.0, math.inf)
    assert model.exit_probability(*everything) == 0.0
    assert model.years_inside(*everything) == model.years
    assert model.years_to_exit(*everything) == model.years
    assert model.mean_exit_years(*everything) == math.inf


@pytest.mark.parametrize(("lower", "upper"), [(2_000, 2_100), (1_900, 2_000), (2_050, 2_100), (0, 1_000)])
def test_a_start_outside_has_left(lower: float, upper: float) -> None:
    model = law()
    assert model.exit_probability(lower, upper) == 1.0
    assert model.mean_exit_years(lower, upper) == 0.0
    assert model.years_to_exit(lower, upper) == 0.0
    assert 0 < model.years_inside(lower, upper) < model.years


# ---- (e) properties

NARROWER = st.floats(0.01, 2.0)
DRIFT = st.floats(-1.0, 1.0)


@given(NARROWER, NARROWER, st.floats(1.05, 3.0), DRIFT)
@settings(max_examples=50)
def test_a_wider_range_is_left_later(down: float, up: float, wider: float, drift: float) -> None:
    model = law(drift=drift)
    edges = [(2_000 * math.exp(-down * w), 2_000 * math.exp(up * w)) for w in (1.0, wider)]
    narrow, wide = ([m(*e) for m in (model.exit_probability, model.years_to_exit, model.years_inside)] for e in edges)
    assert narrow[0] >= wide[0]
    assert narrow[1] <= wide[1] * (1 + ROUNDING)
    assert narrow[2] <= wide[2] * (1 + ROUNDING)
    assert model.mean_exit_years(*edges[0]) < model.mean_exit_years(*edges[1])
    # Who has not left is inside; the horizon ends every wait.
    assert narrow[1] <= narrow[2] * (1 + ROUNDING)
    assert narrow[1] <= min(model.years, model.mean_exit_years(*edges[0])) * (1 + ROUNDING)
    touches = [model.touch_probability(e) for e in edges[0]]
    assert max(touches) * (1 - ROUNDING) <= narrow[0] <= sum(touches) * (1 + ROUNDING)


@given(NARROWER, NARROWER, DRIFT)
@settings(max_examples=40)
def test_upside_down_is_the_mirror(down: float, up: float, drift: float) -> None:
    """1 / S is lognormal with drift sigma^2 - mu: what is below becomes above."""
    model = law(price=1.0, drift=drift)
    flipped = law(price=1.0, drift=model.volatility**2 - drift)
    lower, upper = math.exp(-down), math.exp(up)
    for name in ("exit_probability", "mean_exit_years", "years_inside", "years_to_exit"):
        there, back = getattr(model, name)(lower, upper), getattr(flipped, name)(1 / upper, 1 / lower)
        assert there == pytest.approx(back, rel=1e-9), name
    below, above = model.barriers(0.1)
    assert flipped.barriers(0.1) == pytest.approx((1 / above, 1 / below), rel=ROUNDING)


@given(st.floats(1e-9, 0.999), DRIFT)
@settings(max_examples=60)
def test_barriers_invert_the_touch(probability: float, drift: float) -> None:
    model = law(drift=drift)
    below, above = model.barriers(probability)
    assert below < 2_000 < above
    for edge in (below, above):
        assert model.touch_probability(edge) == pytest.approx(probability, rel=1e-10)
    assert probability <= model.exit_probability(below, above) * (1 + 1e-9) <= 2 * probability * (1 + 1e-8)


def test_barriers_of_extreme_probabilities() -> None:
    model = law()
    assert [model.touch_probability(b) for b in model.barriers(1e-300)] == pytest.approx([1e-300] * 2, rel=1e-9)
    assert model.barriers(1 - 1e-15) == pytest.approx((2_000, 2_000), rel=ROUNDING)


# ---- paths


def drawn(paths: int = 3_000, steps: int = 250) -> lp.Paths:
    return law().sample(paths=paths, steps=steps, seed=3, market=MARKET)


def by_hand() -> lp.Paths:
    prices = np.array([[100, 101, 103, 99], [100, 106, 100, 100], [100, 100, 101, 97.0]])[:, :, None]
    lows, highs = prices - 1, prices + 1
    lows[:, 0], highs[:, 0] = 50, 150  # before now
    years = np.array([0.0, 1.0, 2.0, 4.0])
    return lp.Paths(
        markets=(MARKET,), prices=prices, lows=lows, highs=highs, years=years, effective=3, source="by hand"
    )


def test_extremes_of_paths() -> None:
    lows, highs = by_hand().extremes(MARKET)
    assert lows.tolist() == [98, 99, 96]
    assert highs.tolist() == [104, 107, 102]
    bare = drawn()
    lows, highs = bare.extremes(MARKET)
    assert (lows == bare.prices[:, :, 0].min(axis=1)).all()
    assert (highs == bare.prices[:, :, 0].max(axis=1)).all()
    falling = lp.Paths(markets=(MARKET,), prices=[[[3.0], [2.0]]], years=[0.0, 1.0], effective=1, source="falls")
    assert [float(x[0]) for x in falling.extremes(MARKET)] == [2.0, 3.0]  # now counts
    with pytest.raises(lp.MarketError):
        bare.extremes("BTC/USDC")


def test_years_of_paths() -> None:
    paths = by_hand()
    # Three closes each, after 1, 1 and 2 years: 103 is out, then 106, then 97.
    assert paths.years_inside(market=MARKET, lower=98.5, upper=102) == pytest.approx((3 + 3 + 2) / 3)
    assert paths.years_inside(market=MARKET, lower=99, upper=101) == pytest.approx((3 + 3 + 2) / 3)  # edges are inside
    assert paths.years_inside(market=MARKET, lower=0, upper=np.inf) == 4.0
    assert paths.years_to_exit(market=MARKET, lower=96.5, upper=103.5) == pytest.approx((2 + 1 + 4) / 3)
    assert paths.years_to_exit(market=MARKET, lower=0, upper=106) == pytest.approx((4 + 1 + 4) / 3)
    assert paths.years_to_exit(market=MARKET, lower=101, upper=110) == 0.0
    assert paths.years_to_exit(market=MARKET, lower=0, upper=np.inf) == 4.0


def test_sampled_paths_agree_with_the_model() -> None:
    model, paths = law(), drawn(paths=20_000)
    for lower, upper in ((1_500, 2_600), (2_100, 2_500)):
        sampled = paths.years_inside(market=MARKET, lower=lower, upper=upper)
        assert sampled == pytest.approx(model.years_inside(lower, upper), rel=0.02)
    # Prices at steps see fewer exits than continuous watching: widen the range by 0.5826 sigma sqrt(dt).
    shift = math.exp(0.5826 * 0.8 * math.sqrt(0.25 / 250))
    seen = paths.years_to_exit(market=MARKET, lower=1_600, upper=2_500)
    assert seen == pytest.approx(model.years_to_exit(1_600 / shift, 2_500 * shift), rel=0.015)
    for probability in (0.05, 0.4):
        below, above = model.barriers(probability)
        expected = (below * shift, above / shift)
        assert paths.barriers(MARKET, probability) == pytest.approx(expected, rel=0.01)


@given(st.integers(1, 60), st.floats(0.001, 0.999), st.integers(0, 10_000))
def test_no_more_paths_are_strictly_beyond(count: int, probability: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Few distinct prices: ties count as not beyond.
    prices = np.concatenate([np.full((count, 1), 5.0), rng.integers(1, 10, (count, 6))], axis=1)[:, :, None]
    paths = lp.Paths(markets=(MARKET,), prices=prices, years=np.arange(7.0), effective=count, source="ties")
    below, above = paths.barriers(MARKET, probability)
    lows, highs = paths.extremes(MARKET)
    allowed = math.floor(probability * count)
    assert (lows < below).sum() <= allowed
    assert (highs > above).sum() <= allowed
    # Any nearer barrier has more beyond it.
    assert (lows < np.nextafter(below, np.inf)).sum() > allowed
    assert (highs > np.nextafter(above, 0)).sum() > allowed


def test_a_share_of_paths_is_a_whole_number() -> None:
    """0.29 * 100 is 28.999999999999996 in doubles, and means 29 paths."""
    paths = drawn(paths=100)
    below, above = paths.barriers(MARKET, 0.29)
    lows, highs = paths.extremes(MARKET)
    assert (lows < below).sum() == 29
    assert (highs > above).sum() == 29
    assert paths.barriers(MARKET, 1e-6) == (lows.min(), highs.max())


# ---- (d) the range for a number of exits


def minutes(volatility: float, days: int, seed: int) -> lp.History:
    """Minute bars of Brownian motion with the bridges' own lows and highs."""
    rng = np.random.default_rng(seed)
    n, sd = days * 1_440, volatility * math.sqrt(1 / (365 * 1_440))
    moves = rng.normal(-(sd**2) / 2, sd, n)
    x = np.concatenate([[0.0], np.cumsum(moves)])
    middle = (x[1:] + x[:-1]) / 2
    low, high = (middle + s * np.sqrt(moves**2 - 2 * sd**2 * np.log1p(-rng.random(n))) / 2 for s in (-1, 1))
    close, lows, highs = (1_900 * np.exp(np.concatenate([[0.0], y])) for y in (x[1:], low, high))
    times = np.datetime64("2023-04-01", "ns") + np.arange(n + 1) * MINUTE
    return lp.History(
        markets=(MARKET,),
        times=times,
        prices=close[:, None],
        lows=lows[:, None],
        highs=highs[:, None],
        step=MINUTE,
    )


def recentred(past: lp.History, factor: float) -> int:
    """The rule again, by searching for each next exit."""
    lows, highs, closes = past.lows[:, 0], past.highs[:, 0], past.prices[:, 0]
    at, count = 0, 0
    while (
        left := np.flatnonzero((lows[at + 1 :] < closes[at] / factor) | (highs[at + 1 :] > closes[at] * factor))
    ).size:
        at, count = at + 1 + left[0], count + 1
    return count


@pytest.mark.parametrize("drift", [0.0, 0.32, 12.0, -30.0])
@pytest.mark.parametrize("per_week", [0.02, 1.0, 40.0])
def test_the_range_is_left_as_often_as_asked(drift: float, per_week: float) -> None:
    model = lp.Lognormal(price=1_900, volatility=0.8, years=0.1, drift_per_year=drift)
    lower, upper = lp.range_for_exits(model, per_week=per_week)
    assert lower * upper == pytest.approx(1_900**2, rel=ROUNDING)
    assert model.mean_exit_years(lower, upper) == pytest.approx(7 / 365 / per_week, rel=ROUNDING)
    # The textbook form of the symmetric case; 0.32 is sigma^2 / 2, no drift of the log price at all.
    speed, half = mp.mpf(drift) - mp.mpf(0.8) ** 2 / 2, mp.log(upper / mp.mpf(1_900))
    exact = half / speed * mp.tanh(speed * half / mp.mpf(0.8) ** 2) if drift != 0.32 else (half / mp.mpf(0.8)) ** 2
    assert float(exact) == pytest.approx(7 / 365 / per_week, rel=1e-10)


@pytest.mark.parametrize("drift", [0.0, 20.0])
def test_the_rate_against_simulated_recentring(drift: float) -> None:
    """Many walks, each re-centred at the edge it reaches; exits are counted once the start is forgotten."""
    model = lp.Lognormal(price=1.0, volatility=0.8, years=0.1, drift_per_year=drift)
    half = math.log(lp.range_for_exits(model, per_week=7.0)[1])
    rng = np.random.default_rng(9)
    walks, steps, dt = 2_000, 2_500, 10 / 365 / 2_500
    sd = 0.8 * math.sqrt(dt)
    x, centre, count = np.zeros(walks), np.zeros(walks), np.zeros(walks)
    for k in range(steps):
        move = rng.normal((drift - 0.32) * dt, sd, walks)
        low, high = (
            x + move / 2 + s * np.sqrt(move**2 - 2 * sd**2 * np.log1p(-rng.random(walks))) / 2 for s in (-1, 1)
        )
        x = x + move
        down, up = low < centre - half, high > centre + half
        centre = np.where(down, centre - half, np.where(up, centre + half, centre))
        count += (down | up) * (k >= steps // 2)
    rate, error = count.mean() / (5 / 7), count.std(ddof=1) / math.sqrt(walks) / (5 / 7)
    assert abs(rate - 7.0) <= STANDARD_ERRORS * error


@pytest.mark.parametrize("per_week", [30.0, 120.0])
def test_the_rate_against_history(per_week: float) -> None:
    past = minutes(0.8, days=120, seed=4)
    model = lp.Lognormal(price=1_900, volatility=0.8, years=7 / 365)
    factor = lp.range_for_exits(model, per_week=per_week)[1] / 1_900
    found = past.exits_per_week(market=MARKET, factor=factor)
    # The clock of a cycle runs on to the close of its bar. Var(exit time) = 2/3 of its mean squared.
    expected = 1 / (1 / per_week + 0.5 / 10_080)
    error = expected * math.sqrt(2 / 3 / (expected * 120 / 7))
    assert abs(found - expected) <= STANDARD_ERRORS * error
    assert past.exits(market=MARKET, factor=factor) == recentred(past, factor)


def test_exits_by_hand() -> None:
    close = np.array([100, 104, 106, 105, 99, 120.0])[:, None]
    lows, highs = close - 0.5, close + 0.5
    highs[3] = 111.5
    lows[0] = 10
    times = np.datetime64("2023-04-01", "ns") + np.array([0, 1, 2, 3, 4, 7 * 1_440]) * MINUTE
    past = lp.History(markets=(MARKET,), times=times, prices=close, lows=lows, highs=highs, step=MINUTE)
    # Left at 106 (above 105), by the high of 111.5 (above 111.3), at 99 (below 100) and after the gap at 120.
    assert past.exits(market=MARKET, factor=1.05) == 4
    assert past.exits_per_week(market=MARKET, factor=1.05) == 4.0
    assert past.exits(market=MARKET, factor=1.5) == 0
    edge = lp.History(
        markets=(MARKET,),
        times=times[:2],
        prices=[[100.0], [104]],
        lows=[[80.0], [80]],
        highs=[[100.0], [125]],
        step=MINUTE,
    )
    assert edge.exits(market=MARKET, factor=1.25) == 0  # reaching an edge is not leaving


def test_exits_of_real_minutes(real_data: Path) -> None:
    past = lp.read_prices(real_data / "binance-1m-2023-04-05" / "ETHUSDT-perp-1m.parquet", market=MARKET)
    volatility = float(np.diff(np.log(past.prices[:, 0])).std()) * math.sqrt(365 * 1_440)
    model = lp.Lognormal(price=1_900, volatility=volatility, years=7 / 365)
    rates = []
    for per_week in (2.0, 12.0):
        factor = lp.range_for_exits(model, per_week=per_week)[1] / 1_900
        assert past.exits(market=MARKET, factor=factor) == recentred(past, factor)
        rates.append(past.exits_per_week(market=MARKET, factor=factor) / per_week)
    # Moves of real minutes cluster and partly revert: the right order, below the model's rate.
    assert all(0.4 < rate < 1.3 for rate in rates), rates


# ---- bad input

WEEK = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)


@pytest.mark.parametrize("wrong", [0, 1, -0.1, 1.5, math.nan, math.inf, "0.01", True, None])
def test_a_probability_is_inside_0_and_1(wrong: object) -> None:
    for ask in (WEEK.barriers, lambda p: drawn(paths=2).barriers(MARKET, p)):
        with pytest.raises(lp.InputError, match=r"probability (inside \(0, 1\)|as one number)"):
            ask(wrong)


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        (2_100, 1_700, "lower below upper"),
        (1_900, 1_900, "lower below upper"),
        (-1, 2_000, "lower to be 0 or more"),
        (math.nan, 2_000, "lower below upper"),
        (1_000, math.nan, "lower below upper"),
        (0, 0, "lower below upper"),
        ("1700", 2_000, "lower as one price"),
        (1_700, None, "upper as one price"),
    ],
)
def test_a_range_has_a_lower_and_an_upper_edge(lower: object, upper: object, text: str) -> None:
    for name in ("exit_probability", "mean_exit_years", "years_inside", "years_to_exit"):
        with pytest.raises(lp.InputError, match=text):
            getattr(WEEK, name)(lower, upper)
    paths = by_hand()
    for ask in (paths.years_inside, paths.years_to_exit):
        with pytest.raises(lp.InputError, match=text):
            ask(market=MARKET, lower=lower, upper=upper)


def test_what_makes_no_range_is_refused() -> None:
    past = minutes(0.8, days=1, seed=1)
    for wrong in (0, -1, math.nan, math.inf, "1.05"):
        with pytest.raises(lp.InputError, match="per_week"):
            lp.range_for_exits(WEEK, per_week=wrong)
    for wrong in (1, 0.95, 0, math.inf):
        with pytest.raises(lp.InputError, match="factor"):
            past.exits(market=MARKET, factor=wrong)
    with pytest.raises(lp.MarketError):
        past.exits(market="BTC/USDC", factor=1.05)
    with pytest.raises(lp.InputError, match="a lognormal model"):
        lp.range_for_exits(past, per_week=1)
    with pytest.raises(lp.InputError, match="Ask for more exits"):
        lp.range_for_exits(WEEK, per_week=1e-7)
    with pytest.raises(lp.InputError, match="paths that start at one price"):
        past.windows("1h").barriers(MARKET, 0.1)
