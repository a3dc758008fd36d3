"""What a Sharpe ratio is worth: published figures and draws."""

from __future__ import annotations

import math

import numpy as np
import pytest

import lpgreeks as lp
from tests.tolerances import PRINTED_7, STANDARD_ERRORS

# An annual Sharpe ratio of 2.5 over five years of days, whose trials differ with a variance of a half a year.
PUBLISHED = {"sharpe": 2.5 / math.sqrt(250), "periods": 1_250, "variance": 0.5 / 250}


def test_published_deflated_ratio() -> None:
    found = lp.deflated_sharpe(**PUBLISHED, trials=100, skewness=-3, kurtosis=10)
    assert found == pytest.approx(0.9003968, abs=PRINTED_7)
    bar = math.sqrt(PUBLISHED["variance"]) * lp.expected_best(100)
    assert bar == pytest.approx(0.1131720, abs=PRINTED_7)
    assert found == lp.probabilistic_sharpe(PUBLISHED["sharpe"], periods=1_250, above=bar, skewness=-3, kurtosis=10)
    # Printed to four digits: fewer trials, or normal returns with nearly as many.
    assert lp.deflated_sharpe(**PUBLISHED, trials=46, skewness=-3, kurtosis=10) == pytest.approx(0.9505, abs=5e-5)
    assert lp.deflated_sharpe(**PUBLISHED, trials=88) == pytest.approx(0.9505, abs=5e-5)


@pytest.mark.parametrize(("trials", "printed"), [(10, 1.574598), (100, 2.530603), (1_000, 3.255122)])
def test_published_best_of_many(trials: int, printed: float) -> None:
    assert lp.expected_best(trials) == pytest.approx(printed, abs=5e-7)
    # The formula is an approximation, good to 3 %.
    drawn = np.random.default_rng(1).standard_normal((2_000, trials)).max(axis=1)
    assert abs(drawn.mean() / lp.expected_best(trials) - 1) < 0.03 + STANDARD_ERRORS * drawn.std() / math.sqrt(2_000)


def test_one_trial_has_no_bar() -> None:
    assert lp.expected_best(1) == 0
    assert lp.deflated_sharpe(**PUBLISHED, trials=1) == lp.probabilistic_sharpe(PUBLISHED["sharpe"], periods=1_250)


@pytest.mark.parametrize("skewed", [False, True])
def test_the_chance_is_a_chance(skewed: bool) -> None:
    """Where the true ratio stands at the bar, the chance that it is above is evenly spread over samples."""
    rng = np.random.default_rng(2)
    draws = rng.exponential(size=(4_000, 500)) if skewed else rng.standard_normal((4_000, 500)) + 1
    true = 0.1
    returns = draws - 1 + true
    mean, deviation = returns.mean(axis=1), returns.std(axis=1, ddof=1)
    skewness, kurtosis = (2.0, 9.0) if skewed else (0.0, 3.0)
    found = np.array(
        [
            lp.probabilistic_sharpe(s, periods=500, above=true, skewness=skewness, kurtosis=kurtosis)
            for s in mean / deviation
        ]
    )
    for level in (0.05, 0.5, 0.95):
        error = math.sqrt(level * (1 - level) / 4_000)
        # The normal law holds to a term in skewness over the root of 500.
        assert abs((found < level).mean() - level) < STANDARD_ERRORS * error + (0.02 if skewed else 0)


def test_bad_input_is_refused() -> None:
    for wrong in (
        {"kurtosis": 0.5},
        {"skewness": 2, "kurtosis": 3},
        {"periods": 1},
        {"sharpe": math.nan},
        {"variance": -1},
        {"trials": 0},
        {"trials": 1.5},
    ):
        with pytest.raises(lp.InputError):
            lp.deflated_sharpe(**PUBLISHED | {"trials": 10} | wrong)
    # Two values alone: the least kurtosis that there is.
    assert 0 < lp.probabilistic_sharpe(0.1, periods=100, skewness=0.5, kurtosis=1.25) < 1
