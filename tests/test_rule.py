"""Two puts and one call per pool coin: the note's own figures and formula, and what the rule does to risk."""

from __future__ import annotations

import math
import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.special import ndtr

import lpgreeks as lp
from tests.tolerances import LEAST_SQUARES, ROUNDING, STANDARD_ERRORS, UNPOLISHED

EXAMPLE = Path(__file__).parent.parent / "examples" / "two_puts_one_call.py"
CHARTS = ("holder-and-provider", "impermanent-loss", "short-perpetual", "whole-pool")
CAPITAL, START, COINS, GAS = 10_000.0, 500.0, 10.0, 5.0
STRIKES = [(1.0, 1.0), (0.8, 1.4), (0.8, 1.5)]
DRAWS = 1_000_000

PUBLISHED_QUANTITY, PUBLISHED_RISK = 1e-4, 1e-5
"""What the published optima say of their own accuracy."""

TRAPEZOID = 1e-8
"""Options break between points 1e-4 standard deviations apart: the square of that."""

TOKENS = {"base": "ETH", "quote": "USDT"}


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("charts")


@pytest.fixture(scope="module")
def script(charts: Path) -> Iterator[dict[str, Any]]:
    """What the example defines, run with its charts."""
    import matplotlib.pyplot as plt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", [str(EXAMPLE), str(charts)])
        yield runpy.run_path(str(EXAMPLE))
    plt.close("all")


# ---- the note, typed by hand


def black(call: bool, strike: float, width: float) -> float:
    """An option at a forward of 500."""
    d = math.log(START / strike) / width + width / 2
    sign = 1 if call else -1
    return float(sign * (START * ndtr(sign * d) - strike * ndtr(sign * (d - width))))


def note(price: Any, days: float, puts: float, calls: float, strikes: tuple[float, float], width: float) -> Any:
    """Price change + impermanent loss + fee income - gas + options - premiums, as the note writes it."""
    ratio = price / START
    held = COINS * price + 5_000.0
    put, call = START * strikes[0], START * strikes[1]
    return (
        COINS * (price - START)
        + held * (2 * np.sqrt(ratio) / (1 + ratio) - 1)
        + CAPITAL * 0.003 * days * np.sqrt(ratio)
        - GAS
        + COINS * puts * (np.maximum(put - price, 0.0) - black(False, put, width))
        + COINS * calls * (np.maximum(price - call, 0.0) - black(True, call, width))
    )


@cache
def drawn(width: float, seed: int) -> Any:
    return START * np.exp(width * np.random.default_rng(seed).standard_normal(DRAWS) - width**2 / 2)


def test_the_example_of_the_note(script: dict[str, Any]) -> None:
    pool, held = script["pool"], script["held"]
    assert pool.value(550) == pytest.approx(10_488.09, abs=0.005)
    assert pool.value(450) == pytest.approx(9_486.83, abs=0.005)
    assert (held.value(550), held.value(450)) == (10_500.0, 9_500.0)


@pytest.mark.parametrize("strikes", STRIKES)
@pytest.mark.parametrize(("days", "puts", "calls"), [(7, 2, 1), (30, 1, 1), (0, 0, 0), (70, 2, 0)])
def test_the_portfolio_is_the_formula_of_the_note(
    script: dict[str, Any], days: float, puts: float, calls: float, strikes: tuple[float, float]
) -> None:
    prices = np.concatenate([[1e-6], np.linspace(1.0, 2_000.0, 500), [400.0, 700.0, 750.0]])
    law = lp.Lognormal(price=START, volatility=0.8, years=max(days, 1) / 365)
    ours = (script["provided"](days) + script["bought"](strikes, law, puts=puts, calls=calls)).value(prices)
    typed = note(prices, days, puts, calls, strikes, law.width)
    assert np.abs(ours - typed).max() < 10 * ROUNDING * CAPITAL


@pytest.mark.parametrize(("gas", "near"), [(GAS, 0.4996), (0.0, 0.5056)])
def test_holder_and_provider_part_near_half_as_much_again(script: dict[str, Any], gas: float, near: float) -> None:
    # u = sqrt(P / 500): 1.021 u - gas = (1 + u^2) / 2 in units of the capital.
    half = math.sqrt(1.021**2 - 1 - 2 * gas / CAPITAL)
    by_hand = [START * (1.021 - half) ** 2, START * (1.021 + half) ** 2]
    ahead = 1.021 * script["pool"] - script["held"]
    found = (ahead - gas * script["cash"]).worth().roots()
    assert found == pytest.approx(by_hand, rel=ROUNDING)
    assert found[-1] / START - 1 == pytest.approx(near, abs=5e-5)
    if gas:
        assert script["partings"] == pytest.approx(found, rel=ROUNDING)


@pytest.mark.usefixtures("script")
def test_charts_are_written_when_asked_for(charts: Path) -> None:
    assert sorted(path.stem for path in charts.iterdir()) == sorted(CHARTS)
    # Each is drawn at full size: an empty picture would be a tenth of it.
    assert all(path.stat().st_size > 10_000 for path in charts.iterdir())


# ---- variance


def moment(power: float, above: float, width: float) -> float:
    """E[S^a 1{S > k}] of a lognormal S of mean 1."""
    distance = math.inf if above == 0 else -math.log(above) / width
    return float(math.exp(power * (power - 1) * width**2 / 2) * ndtr(distance + (power - 0.5) * width))


def covariances(put: float, call: float, width: float) -> tuple[Any, Any]:
    """Of sqrt(S), the put and the call at their ends: every moment typed out, S of mean 1."""

    def m(a: float, k: float) -> float:
        return moment(a, k, width)

    def below(a: float, k: float) -> float:
        return m(a, 0.0) - m(a, k)

    means = np.array([m(0.5, 0), put * below(0, put) - below(1, put), m(1, call) - call * m(0, call)])
    mixed = np.empty((3, 3))
    mixed[0] = 1.0, put * below(0.5, put) - below(1.5, put), m(1.5, call) - call * m(0.5, call)
    # They overlap nowhere: the put is at or below the call.
    mixed[1] = mixed[0, 1], put**2 * below(0, put) - 2 * put * below(1, put) + below(2, put), 0.0
    mixed[2] = mixed[0, 2], 0.0, m(2, call) - 2 * call * m(1, call) + call**2 * m(0, call)
    return means, mixed - np.outer(means, means)


def spread(weights: Any, put: float, call: float, width: float) -> float:
    """Standard deviation per unit of capital."""
    _, matrix = covariances(put, call, width)
    return math.sqrt(np.array(weights) @ matrix @ weights)


RULE, BARE = (1.0, 1.0, 0.5), (1.0, 0.0, 0.0)
"""Per unit of capital half a coin is in the pool."""


@pytest.mark.parametrize("width", [0.1, 0.2, 0.35, 0.5, 0.8])
@pytest.mark.parametrize("strikes", STRIKES)
def test_standard_deviation_by_plan_by_moments_and_by_draws(
    script: dict[str, Any], strikes: tuple[float, float], width: float
) -> None:
    rule, best = script["plans"]["standard deviation", width, strikes]
    assert rule.best.risk == pytest.approx(CAPITAL * spread(RULE, *strikes, width), rel=ROUNDING)
    assert rule.risk_unhedged == pytest.approx(CAPITAL * spread(BARE, *strikes, width), rel=ROUNDING)

    _, matrix = covariances(*strikes, width)
    by_hand = np.linalg.solve(matrix[1:, 1:], -matrix[1:, 0])
    assert best.quantities == pytest.approx(2 * COINS * by_hand, rel=LEAST_SQUARES)
    assert best.best.risk <= rule.best.risk

    for plan in (rule, best):
        puts, calls = (q / COINS for q in plan.quantities)
        values = note(drawn(width, seed=1), 0, puts, calls, strikes, width)
        centred = values - values.mean()
        variance = (centred**2).mean()
        error = math.sqrt(((centred**4).mean() - variance**2) / DRAWS) / (2 * math.sqrt(variance))
        assert abs(math.sqrt(variance) - plan.best.risk) < STANDARD_ERRORS * error


def one_dollar(width: float) -> tuple[lp.UniswapV2, lp.LinearPerp, lp.Lognormal]:
    """A capital of 1 at a price of 1, half of it a coin; a perpetual; a year."""
    pool = lp.UniswapV2.from_value(1.0, price=1.0, **TOKENS)
    return pool, lp.LinearPerp(entry=1.0, **TOKENS), lp.Lognormal(price=1.0, volatility=width, years=1.0)


def test_published_figures_at_the_money() -> None:
    """The rule to four digits, the least variance in amounts per pool coin to five decimals."""
    assert spread(BARE, 1, 1, 0.2) == pytest.approx(0.0997505, abs=5e-8)
    assert spread(BARE, 1, 1, 0.8) == pytest.approx(0.3845, abs=5e-5)
    put, call = lp.Put(strike=1.0, **TOKENS), lp.Call(strike=1.0, **TOKENS)
    for width, risk in ((0.2, 0.1109), (0.8, 0.5975)):
        pool, _, law = one_dollar(width)
        assert law.standard_deviation(pool + put + 0.5 * call) == pytest.approx(risk, abs=5e-5)
    for width, puts, calls, left in ((0.1, 1.05557, -0.94569, 0.000624), (0.2, 1.11271, -0.89240, 0.002512)):
        pool, _, law = one_dollar(width)
        plan = lp.hedge(pool, [put, call], law, objective=lp.Variance(lp.Value("USDT")))
        assert plan.quantities == pytest.approx([puts / 2, calls / 2], abs=5e-6)
        assert plan.best.risk == pytest.approx(left, abs=5e-7)


PUBLISHED = [
    (-0.492531, {}, {}, 0.0070709),
    (None, {1.0: 0.556353}, {1.0: -0.446200}, 0.0025119),
    (None, {0.9: 0.867955}, {1.1: -0.624069}, 0.0305420),
    (-0.503577, {0.9: 0.066435}, {1.1: 0.067896}, 0.0017046),
    (-0.500121, {0.8: 0.056551, 0.9: 0.040909}, {1.1: 0.023992, 1.2: 0.054835}, 0.0010316),
]


@pytest.mark.parametrize(("short", "puts", "calls", "left"), PUBLISHED)
def test_published_hedges_of_least_variance(
    short: float | None, puts: dict[float, float], calls: dict[float, float], left: float
) -> None:
    """At a width of 0.2, per capital; and by least squares on a trapezoid of its own, which agrees to more digits."""
    pool, perp, law = one_dollar(0.2)
    legs: list[lp.Instrument] = [] if short is None else [perp]
    legs += [lp.Put(strike=k, **TOKENS) for k in puts] + [lp.Call(strike=k, **TOKENS) for k in calls]
    plan = lp.hedge(pool, legs, law, objective=lp.Variance(lp.Value("USDT")))
    published = [*([] if short is None else [short]), *puts.values(), *calls.values()]
    assert plan.quantities == pytest.approx(published, abs=PUBLISHED_QUANTITY)
    assert plan.best.risk == pytest.approx(left, abs=PUBLISHED_RISK)

    z = np.linspace(-9.0, 9.0, 200_001)
    weights = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    price = np.exp(0.2 * z - 0.02)
    columns = [] if short is None else [price]
    columns += [np.maximum(k - price, 0.0) for k in puts] + [np.maximum(price - k, 0.0) for k in calls]
    system = np.column_stack([np.sqrt(price), *columns])
    system = (system - weights @ system) * np.sqrt(weights)[:, None]
    fitted, *_ = np.linalg.lstsq(system[:, 1:], -system[:, 0], rcond=None)
    assert plan.quantities == pytest.approx(fitted, abs=TRAPEZOID)
    assert plan.best.risk == pytest.approx(np.linalg.norm(system @ [1.0, *fitted]), abs=TRAPEZOID)


FREE = [((1.0199,), 0.0024901), ((0.8705, 1.1964), 0.0012853), ((0.7911, 1.0215, 1.3183), 0.0007874)]


@pytest.mark.parametrize(("strikes", "left"), FREE)
def test_published_strikes_are_the_best(strikes: tuple[float, ...], left: float) -> None:
    """Calls beside a perpetual, at a width of 0.2: moving any strike by a hundredth leaves more."""
    pool, perp, law = one_dollar(0.2)

    def risk(at: tuple[float, ...]) -> float:
        legs = [perp, *(lp.Call(strike=k, **TOKENS) for k in at)]
        return lp.hedge(pool, legs, law, objective=lp.Variance(lp.Value("USDT"))).best.risk

    assert risk(strikes) == pytest.approx(left, abs=PUBLISHED_RISK)
    for i, strike in enumerate(strikes):
        for step in (-0.01, 0.01):
            assert risk((*strikes[:i], strike + step, *strikes[i + 1 :])) > risk(strikes)


def bisected(change: Any, low: float, high: float) -> float:
    assert change(low) < 0 < change(high)
    while high - low > 1e-13:
        middle = (low + high) / 2
        low, high = (middle, high) if change(middle) < 0 else (low, middle)
    return (low + high) / 2


@pytest.mark.parametrize(("strikes", "near"), [((0.8, 1.4), 0.2875), ((0.8, 1.5), 0.3545)])
def test_beyond_a_third_the_rule_raises_the_variance(
    script: dict[str, Any], strikes: tuple[float, float], near: float
) -> None:
    def change(width: float) -> float:
        return spread(RULE, *strikes, width) - spread(BARE, *strikes, width)

    by_moments, by_quadrature = bisected(change, 0.1, 1.0), script["turns"][strikes]
    assert by_quadrature == pytest.approx(by_moments, abs=10 * ROUNDING)
    assert by_moments == pytest.approx(near, abs=5e-5)
    # The only turn: below it lowers the variance, above it raises it.
    widths = np.linspace(0.05, 2.0, 391)
    assert all((change(w) < 0) == (w < by_moments) for w in widths)


def test_at_the_money_the_rule_always_raises_the_variance() -> None:
    for width in np.geomspace(0.001, 2.0, 60):
        assert spread(RULE, 1.0, 1.0, width) > spread(BARE, 1.0, 1.0, width)


def test_the_call_is_what_raises_it() -> None:
    for width in np.linspace(0.05, 2.0, 40):
        assert spread((1.0, 1.0, 0.0), 0.8, 1.5, width) <= spread(BARE, 0.8, 1.5, width)
        assert spread((1.0, 0.0, 0.5), 0.8, 1.5, width) >= spread(BARE, 0.8, 1.5, width)


# ---- tail and worst case


@pytest.mark.parametrize("width", [0.2, 0.8])
@pytest.mark.parametrize("strikes", STRIKES)
def test_tail_by_plan_and_by_draws(script: dict[str, Any], strikes: tuple[float, float], width: float) -> None:
    rule, best = script["plans"]["CVaR, the mean of the worst 5 %", width, strikes]
    assert best.best.risk <= rule.best.risk * (1 + UNPOLISHED)
    for plan in (rule, best):
        puts, calls = (q / COINS for q in plan.quantities)
        losses = -GAS - note(drawn(width, seed=2), 0, puts, calls, strikes, width)
        level = np.quantile(losses, 0.95)
        beyond = np.maximum(losses - level, 0.0) / 0.05
        error = beyond.std() / math.sqrt(DRAWS)
        assert abs(level + beyond.mean() - plan.best.risk) < STANDARD_ERRORS * error


@pytest.mark.parametrize("strikes", STRIKES)
def test_worst_case_by_plan_and_on_a_grid(script: dict[str, Any], strikes: tuple[float, float]) -> None:
    width = 0.2
    rule, best = script["plans"]["worst loss, -80 % to +200 %", width, strikes]
    prices = np.unique([*np.linspace(100, 1_500, 20_001), *(START * k for k in strikes)])
    moved = note(prices, 0, 0, 0, strikes, width) + GAS
    each = [note(prices, 0, *n, strikes, width) + GAS - moved for n in ((1, 0), (0, 1))]
    assert rule.best.risk == pytest.approx(-(moved + 2 * each[0] + each[1]).min(), rel=1e-6)

    found = linprog(
        [0.0, 0.0, 1.0],
        A_ub=-np.column_stack([*each, np.ones_like(prices)]),
        b_ub=moved,
        bounds=[(None, None)] * 3,
    )
    assert best.best.risk == pytest.approx(found.x[2], rel=1e-5)
    assert best.quantities == pytest.approx(COINS * found.x[:2], rel=1e-3)


def test_the_floor(script: dict[str, Any]) -> None:
    """At the strike of the puts and at nothing; one put per coin is no floor for the whole pool."""
    law = script["lasting"](0.2)
    unhedged = script["unhedged"]
    strikes = (0.8, 1.5)
    two, one = (unhedged + script["bought"](strikes, law, puts=n) for n in (2, 1))
    premiums = [n * black(False, 400, 0.2) + black(True, 750, 0.2) for n in (2, 1)]
    assert two.value(400) == pytest.approx(-CAPITAL * (1 - math.sqrt(0.8)) - COINS * premiums[0], rel=ROUNDING)
    # Falls of up to 98.88 % lose no more than at the strike: 0.2 + r - sqrt(r) is symmetric about sqrt(r) = 1/2.
    edge = START * (1 - math.sqrt(0.8)) ** 2
    assert edge / START == pytest.approx(0.01115, abs=5e-6)
    assert two.value(edge) == pytest.approx(two.value(400), rel=ROUNDING * 100)
    assert (two.value(np.linspace(edge, 2_000, 4_001)) >= two.value(400) * (1 + ROUNDING)).all()
    for exposure, share, paid in ((two, 0.2, premiums[0]), (one, 0.6, premiums[1])):
        assert exposure.value(1e-12) == pytest.approx(-share * CAPITAL - COINS * paid, abs=0.01)
