"""The normal form: algebra, evaluation, changes, roots, moments."""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lpgreeks as lp
from lpgreeks.powers import Powers, above, clamp, sqrt
from lpgreeks.smears import partial_moment, smear
from tests.tolerances import ROUNDING

P = Powers.price()

exponents = st.sampled_from([-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 0.3])
coefficients = st.floats(-10, 10).map(lambda c: round(c, 3))
pieces = st.dictionaries(exponents, coefficients, max_size=4).map(
    lambda d: tuple(sorted((e, c) for e, c in d.items() if c))
)


@st.composite
def tables(draw: st.DrawFn) -> Powers:
    kinks = sorted(draw(st.sets(st.sampled_from([0.2, 0.5, 0.9, 1.0, 1.7, 3.0, 8.0]), max_size=4)))
    return Powers(tuple(kinks), tuple(draw(pieces) for _ in range(len(kinks) + 1)))


prices = np.array([0.11, 0.2, 0.35, 0.5, 0.77, 0.9, 1.0, 1.3, 1.7, 2.4, 3.0, 5.5, 8.0, 21.0])


def plain(f: Powers, x: float) -> float:
    """The definition, read off the docstring: the piece whose upper kink is the first at or above x."""
    piece = f.pieces[sum(k < x for k in f.kinks)]
    return math.fsum(c * x**e for e, c in piece)


def close(a: np.ndarray, b: np.ndarray, *sizes: Powers) -> None:
    size = sum(np.abs([plain(absolute(s), x) for x in prices]) for s in sizes) + 1.0
    assert (np.abs(a - b) <= ROUNDING * size).all()


def absolute(f: Powers) -> Powers:
    return Powers(f.kinks, tuple(tuple((e, abs(c)) for e, c in piece) for piece in f.pieces))


@given(tables())
def test_evaluation_is_the_definition(f: Powers) -> None:
    close(f(prices), np.array([plain(f, x) for x in prices]), f)
    # One price at a time takes the route of a single piece; shuffled and repeated ones the route of many.
    close(np.array([f(x) for x in prices]), f(prices), f)
    tiled = np.tile(prices, 7)
    assert (f(tiled).reshape(7, -1) == f(prices)).all()


@given(tables(), tables(), st.floats(-5, 5))
def test_ring(f: Powers, g: Powers, scalar: float) -> None:
    close((f + g)(prices), f(prices) + g(prices), f, g)
    close((f - g)(prices), f(prices) - g(prices), f, g)
    close((f * g)(prices), f(prices) * g(prices), absolute(f) * absolute(g))
    close((scalar * f)(prices), scalar * f(prices), 5 * absolute(f))
    close((scalar - f)(prices), scalar - f(prices), f)
    assert not (f - f).moves


@given(tables())
def test_terms_add_up_to_the_function(f: Powers) -> None:
    c, a, k = f.terms()
    rebuilt = np.array([math.fsum(ci * x**ai for ci, ai, ki in zip(c, a, k, strict=True) if x > ki) for x in prices])
    close(rebuilt, f(prices), *[absolute(f)] * 8)


@given(tables())
def test_table_holds_every_coefficient(f: Powers) -> None:
    kinks, exps, coefs = f.table()
    assert kinks.tolist() == list(f.kinks)
    for row, piece in zip(coefs, f.pieces, strict=True):
        assert {e: c for e, c in zip(exps.tolist(), row.tolist(), strict=True) if c} == dict(piece)


@given(tables())
def test_derivative(f: Powers) -> None:
    inside = prices * 1.0137  # no kink within the step
    step = 1e-5 * inside
    slope = (f(inside + step) - f(inside - step)) / (2 * step)
    size = np.array([plain(absolute(f), x) for x in inside]) / inside + 1
    assert (np.abs(f.derivative()(inside) - slope) <= 1e-6 * size).all()


@given(tables(), st.sampled_from([0.35, 0.9, 1.0, 4.0]))
def test_change_is_the_difference_of_two_values(f: Powers, start: float) -> None:
    change = f.change(start, np.log(prices / start))
    # A kink read through exp(log(k)) may fall on either side: jumps are compared beside it.
    safe = ~np.isin(prices, f.kinks)
    size = np.array([plain(absolute(f), x) for x in (*prices, *f.kinks)]).max() + plain(absolute(f), start) + 1
    if start in f.kinks and any(f.jumps):
        return
    assert (np.abs(change - (f(prices) - f(start)))[safe] <= 1e-11 * size).all()


def test_change_keeps_its_digits_where_subtraction_loses_them() -> None:
    pool = lp.UniswapV3(base="ETH", quote="USDC", liquidity=1e4, lower=1_899.99, upper=1_905.0)
    moves = np.array([1e-9, -1e-9, 3e-7, 1e-5, -1e-5])
    mp.mp.dps = 50
    low, high, start = mp.mpf("1899.99"), mp.mpf(1905), mp.mpf(1900)

    def value(p: mp.mpf) -> mp.mpf:
        q = min(max(p, mp.mpf(1_899.99)), high)
        return mp.mpf(10_000) * ((1 / mp.sqrt(q) - 1 / mp.sqrt(high)) * p + mp.sqrt(q) - mp.sqrt(mp.mpf(1_899.99)))

    exact = [float(value(start * mp.exp(mp.mpf(float(m)))) - value(start)) for m in moves]
    assert pool.worth().change(1_900.0, moves) == pytest.approx(exact, rel=1e-9)
    assert low < start
    subtracted = pool.value(1_900 * np.exp(moves)) - pool.value(1_900)
    assert not np.allclose(subtracted, exact, rtol=1e-6, atol=0)  # what the method is for


def test_words_read_alike_on_tables_numbers_and_arrays() -> None:
    for x in (0.5, 1.0, 1.4, 2.0, 7.0):
        assert sqrt(P)(x) == pytest.approx(math.sqrt(x))
        assert clamp(P, 1.0, 2.0)(x) == min(max(x, 1.0), 2.0) == clamp(x, 1.0, 2.0)
        assert above(P, 1.4)(x) == float(x > 1.4) == above(np.array([x]), 1.4)[0]
    assert np.isnan(above(np.array([np.nan]), 1.0))[0]


def test_words_refuse_what_they_cannot_read() -> None:
    with pytest.raises(lp.InputError, match="clamp of the price itself"):
        clamp(2 * P, 1.0, 2.0)
    with pytest.raises(lp.InputError, match="above of the price itself"):
        above(P * P, 1.0)
    with pytest.raises(lp.InputError, match="single power"):
        1 / (P + 1)
    with pytest.raises(lp.InputError, match="positive term under a root"):
        sqrt(-1.0 * P)
    with pytest.raises(lp.InputError, match="other than 0 to divide"):
        1 / above(P, 1.0)


def test_a_kink_belongs_to_the_piece_below() -> None:
    step = above(P, 2.0)
    assert (step(2.0), step(np.nextafter(2.0, 3.0))) == (0.0, 1.0)
    assert step.jumps == (1.0,)
    assert clamp(P, 1.0, 2.0).jumps == (0.0, 0.0)


# ---- folds of many


def exactly(parts: list[tuple[float, Powers]], x: float) -> tuple[dict[float, Fraction], dict[float, Fraction]]:
    """Every coefficient of a sum at one price by exact fractions, and the size of what is added there."""
    total: dict[float, Fraction] = defaultdict(Fraction)
    size: dict[float, Fraction] = defaultdict(Fraction)
    for weight, part in parts:
        for e, c in part.pieces[sum(k < x for k in part.kinks)]:
            total[e] += Fraction(weight) * Fraction(c)
            size[e] += abs(Fraction(weight) * Fraction(c))
    return total, size


@pytest.mark.parametrize("many", [3, 24, 25, 26, 61, 300])
def test_a_fold_of_many_is_the_exact_sum_to_the_last_digit(many: int) -> None:
    rng = np.random.default_rng(many)
    parts = []
    for i in range(many):
        low, width, weight = rng.uniform(1.0, 2.0), rng.uniform(0.01, 1.0), rng.normal() * 10.0 ** rng.uniform(-6, 6)
        part = clamp(P, low, low + width) if i % 3 else above(P, low) * (P**0.5 - 1 / P)
        parts.append((weight, part))
    # What stands against itself leaves no more than the rounding of what is beside it.
    parts += [(-weight, part) for weight, part in parts[: many // 2]]
    folded = Powers.total(parts)
    assert folded.kinks == tuple(sorted({k for _, part in parts for k in part.kinks}))
    worst = 0.0
    for piece, x in zip(folded.pieces, (*folded.kinks, 9.0), strict=True):
        total, size = exactly(parts, x)
        found = dict(piece)
        assert list(found) == sorted(found)
        assert found.keys() <= total.keys()
        worst = max(worst, *(float(abs(Fraction(found.get(e, 0.0)) - total[e]) / size[e]) for e in total), 0.0)
    assert worst <= (1e-15 if many > 24 else ROUNDING)


def test_what_cancels_in_a_fold_of_many_is_gone() -> None:
    ranges = [(1.0 + i, clamp(P, 1.0 + i, 2.5 + i)) for i in range(40)]
    assert not Powers.total([*ranges, *((-w, part) for w, part in ranges)]).moves


# ---- roots


@given(st.lists(st.sampled_from([0.3, 0.8, 1.5, 2.2, 6.0]), min_size=1, max_size=4, unique=True))
def test_roots_of_a_product_are_its_factors(chosen: list[float]) -> None:
    f = math.prod((P - r for r in chosen), start=Powers.constant(1.0))
    assert f.roots() == pytest.approx(sorted(chosen), rel=1e-9)


@given(st.lists(st.sampled_from([0.3, 0.8, 1.5, 2.2]), min_size=1, max_size=2, unique=True))
def test_double_roots_are_found(chosen: list[float]) -> None:
    f = math.prod(((P - r) * (P - r) for r in chosen), start=Powers.constant(1.0))
    assert f.roots() == pytest.approx(sorted(chosen), rel=1e-6)  # half the digits: the curve is flat there


@given(tables())
def test_every_sign_change_on_a_fine_grid_has_a_root(f: Powers) -> None:
    grid = np.geomspace(0.01, 100, 801)
    values = f(grid)
    noise = ROUNDING * np.array([plain(absolute(f), x) for x in grid])
    sign = np.where(np.abs(values) <= noise, 0, np.sign(values))
    crossed = np.flatnonzero(sign[:-1] * sign[1:] < 0)
    roots = f.roots()
    for i in crossed:
        assert ((roots >= grid[i] * (1 - 1e-9)) & (roots <= grid[i + 1] * (1 + 1e-9))).any()


def test_root_on_a_kink_is_found_once() -> None:
    call_less_put = (P - 2.0) * above(P, 2.0) - (2.0 - P) * (1 - above(P, 2.0))
    assert call_less_put.roots() == pytest.approx([2.0])
    assert (above(P, 2.0) - 0.5).roots().tolist() == [2.0]  # a jump across 0
    assert above(P, 2.0).roots().tolist() == []  # 0 throughout below, no isolated root


# ---- moments


@settings(max_examples=40)  # each one is an mpmath quadrature
@given(
    st.sampled_from([-1.5, -1.0, 0.0, 0.5, 1.0, 2.0]),
    st.sampled_from([0.0, 0.4, 1.0, 2.5]),
    st.sampled_from([0.05, 0.3, 1.2]),
)
def test_partial_moment_is_the_integral(a: float, kink: float, width: float) -> None:
    mp.mp.dps = 25
    lower = -mp.inf if kink == 0 else (mp.log(kink / mp.mpf("1.1")) + mp.mpf(width) ** 2 / 2) / width

    def integrand(z: mp.mpf) -> mp.mpf:
        return (mp.mpf("1.1") * mp.exp(width * z - mp.mpf(width) ** 2 / 2)) ** a * mp.npdf(z)

    edges = [max(lower, -15), max(lower, a * width), max(lower, 15) + 1]
    exact = mp.quad(integrand, edges, method="gauss-legendre")
    assert float(partial_moment(a, kink, 1.1, width)) == pytest.approx(float(exact), rel=1e-11, abs=1e-15)


def test_no_width_is_the_payoff_itself() -> None:
    f = clamp(P, 1.0, 2.0) + above(P, 1.5)
    for x in (0.5, 1.2, 1.7, 3.0):
        assert smear(f, x, 0.0) == pytest.approx(f(x))
    assert smear(f, np.array([0.5, 3.0]), 0.3).shape == (2,)


def test_malformed_tables_are_refused() -> None:
    with pytest.raises(lp.InputError, match="one piece more than kinks"):
        Powers((1.0,), ((),))
    for kinks in ((2.0, 1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, math.nan)):
        with pytest.raises(lp.InputError, match="ascending"):
            Powers(kinks, ((), (), ()))
