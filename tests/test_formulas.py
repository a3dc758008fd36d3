"""The symbolic reading: derivations, means and the minimum-variance ratio, against numbers."""

from __future__ import annotations

import math

import pytest
import sympy as sp

import lpgreeks as lp
from lpgreeks import formulas
from lpgreeks.formulas import PRICE, mean, minimum_variance_ratio, partial_moment, symbol
from tests.tolerances import ROUNDING

F, v = symbol("F"), symbol("v")


def test_v2_ratio_has_its_closed_form() -> None:
    closed = 2 * (sp.exp(3 * v / 8) - sp.exp(-v / 8)) / (sp.exp(v) - 1)
    assert sp.simplify(minimum_variance_ratio(lp.UniswapV2.symbolic(), F, v) - closed) == 0


@pytest.mark.parametrize("width", [0.05, 0.1, 0.2, 0.5, 1.5])
def test_v2_ratio_equals_the_optimiser(width: float) -> None:
    symbolic = minimum_variance_ratio(lp.UniswapV2.symbolic(), F, v)
    pool = lp.UniswapV2.from_value(1_000, base="ETH", quote="USDC", price=1_900)
    model = lp.Lognormal(price=1_900, volatility=width, years=1)
    perp = lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
    plan = lp.hedge(pool, [perp], model, objective=lp.Variance(lp.Value("USDC")))
    number = float(symbolic.subs(v, sp.Float(width, 40) ** 2))
    assert -plan.quantities[0] / pool.base_amount(1_900) == pytest.approx(number, rel=ROUNDING)


def test_mean_of_a_range_equals_the_numeric_one() -> None:
    pool = lp.UniswapV3(base="ETH", quote="USDC", liquidity=7.0, lower=1_700.0, upper=2_100.0)
    symbolic = mean(pool.symbolic().value, F, v)
    numbers = {symbol("L"): 7, symbol("p_a"): 1_700, symbol("p_b"): 2_100, F: 1_900, v: sp.Rational(1, 100)}
    assert float(symbolic.subs(numbers).evalf(30)) == pytest.approx(lp.smear(pool.worth(), 1_900.0, 0.1), rel=ROUNDING)


def test_partial_moment_equals_the_numeric_one() -> None:
    from lpgreeks.smears import partial_moment as numeric

    for a in (-1.0, 0.5, 2.0):
        symbolic = partial_moment(sp.Rational(a), sp.Integer(2), sp.Integer(3), sp.Rational(1, 4))
        assert float(symbolic.evalf(30)) == pytest.approx(float(numeric(a, 2.0, 3.0, 0.5)), rel=ROUNDING)


def test_an_inverse_perpetual_is_a_straight_line_in_dollars() -> None:
    symbolic = lp.InversePerp.symbolic()
    assert sp.simplify(symbolic.value - (PRICE / symbol("E") - 1)) == 0
    assert symbolic.gamma == 0


def test_a_range_is_short_gamma_inside_and_flat_outside() -> None:
    (below, _), (inside, _), (beyond, _) = lp.UniswapV3.symbolic().gamma.args
    assert (below, beyond) == (0, 0)
    assert sp.simplify(inside + symbol("L") / (2 * PRICE ** sp.Rational(3, 2))) == 0


def test_what_is_no_sum_of_powers_is_refused() -> None:
    with pytest.raises(lp.InputError, match="sum of powers"):
        mean(sp.exp(PRICE), F, v)


def test_the_notebook_shows_mathematics() -> None:
    text = lp.UniswapV3.symbolic()._repr_latex_()
    assert text.startswith("$$\\begin{aligned}")
    assert all(name in text for name in ("x(P)", "y(P)", "V(P)", "V'(P)", "V''(P)"))
    assert formulas.Symbolic("one", sp.Integer(1), sp.Integer(0)).delta == 1


def test_coin_amount_hedge_in_closed_form() -> None:
    """n = L sqrt(P0) / 2 matches the slope of the coin amount: d/dP [L/sqrt(P) + n(1/E - 1/P)] = 0 at P0."""
    liquidity, start = symbol("L"), symbol("P_0")
    n = symbol("n")
    held = lp.UniswapV2.symbolic().base + n * (1 / start - 1 / PRICE)
    slope = sp.diff(held, PRICE).subs(PRICE, start)
    (found,) = sp.solve(slope, n)
    assert sp.simplify(found - liquidity * sp.sqrt(start) / 2) == 0
    assert math.isclose(float(found.subs({liquidity: 2, start: 9})), 3.0)
