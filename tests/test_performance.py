"""How an equity fared: each figure by a second route, and what cannot be said is said to be so."""

from __future__ import annotations

import json
import math
import pickle
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpgreeks as lp
from tests.tolerances import ROUNDING, STANDARD_ERRORS

HOURS = pd.date_range("2023-04-01", periods=2_001, freq="h", tz="UTC")
WALK = 100_000 * np.exp(np.cumsum(np.random.default_rng(5).standard_normal(2_001) * 0.004))
OTHER = 70_000 * (WALK / WALK[0]) ** 0.6 * np.exp(np.cumsum(np.random.default_rng(6).standard_normal(2_001) * 0.002))


def days(count: int) -> pd.DatetimeIndex:
    return pd.date_range("2023-01-01", periods=count)


def test_worked_figures_of_the_literature() -> None:
    half = lp.performance([100, 110], ["2023-01-01T00:00", "2023-07-02T12:00"])  # 182.5 days
    assert half.return_per_year == pytest.approx(0.21, rel=ROUNDING)
    assert lp.performance([3, 1, 8, 5, 6, 2, 9, 4, 5], days(9)).drawdown == 0.75
    # The greatest fall in quote is the last one; the greatest of its peak is the first.
    assert lp.performance([10, 1, 1_000, 900], days(4)).drawdown == 0.9


def test_a_printed_sharpe_from_its_parts() -> None:
    """A peer's figure takes a compound return over nine days, the deviation of five daily steps, and 5 %."""
    equity = [1, 1.01, 0.96, 1, 1.02, 1.01]
    over_nine = [np.datetime64("2023-01-01") + np.timedelta64(int(1.8 * 24 * i * 60), "m") for i in range(6)]
    daily = lp.performance(equity, days(6))
    assert (lp.performance(equity, over_nine).return_per_year - 0.05) / daily.volatility == pytest.approx(
        0.6789644166270484, rel=ROUNDING
    )


def test_figures_by_pandas() -> None:
    found = lp.performance(WALK, HOURS, benchmark=OTHER)
    equity, other = pd.Series(WALK, index=HOURS), pd.Series(OTHER, index=HOURS)
    r, b = equity.pct_change().dropna(), other.pct_change().dropna()
    year = 24 * 365
    assert found.total_return == pytest.approx(equity.iloc[-1] / equity.iloc[0] - 1, rel=ROUNDING)
    assert found.return_per_year == pytest.approx((1 + found.total_return) ** (year / 2_000) - 1, rel=1e-10)
    assert found.volatility == pytest.approx(r.std() * math.sqrt(year), rel=1e-10)
    assert found.sharpe == pytest.approx(r.mean() / r.std() * math.sqrt(year), rel=1e-10)
    down = math.sqrt((r.clip(upper=0) ** 2).mean())
    assert found.sortino == pytest.approx(r.mean() / down * math.sqrt(year), rel=1e-10)
    assert found.drawdown == pytest.approx(-(equity / equity.cummax() - 1).min(), rel=1e-10)
    gap = r - b
    theirs = (other.iloc[-1] / other.iloc[0]) ** (year / 2_000) - 1
    assert found.excess_return_per_year == pytest.approx(found.return_per_year - theirs, rel=1e-9)
    assert found.tracking_error == pytest.approx(gap.std() * math.sqrt(year), rel=1e-10)
    assert found.information_ratio == pytest.approx(gap.mean() / gap.std() * math.sqrt(year), rel=1e-9)
    assert found.beta == pytest.approx(np.polyfit(b, r, 1)[0], rel=1e-9)
    assert found.correlation == pytest.approx(r.corr(b), rel=1e-9)
    assert lp.performance(WALK, HOURS, ddof=0).volatility == pytest.approx(r.std(ddof=0) * math.sqrt(year), rel=1e-10)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.973, 0.999])
def test_tails_by_the_minimum_over_thresholds(level: float) -> None:
    found = lp.performance(WALK, HOURS, level=level)
    losses = -np.diff(WALK) / WALK[:-1]
    # Rockafellar and Uryasev's function is convex with corners at the losses: its least corner is the minimum.
    heights = [t + np.maximum(losses - t, 0).mean() / (1 - level) for t in losses]
    assert found.cvar == pytest.approx(min(heights), rel=ROUNDING)
    assert found.value_at_risk == pytest.approx(np.quantile(losses, level, method="inverted_cdf"), rel=ROUNDING)


def test_the_value_at_risk_is_the_least_that_holds() -> None:
    """Of 100 equally likely losses 1, ..., 100 %: 95 are at most 0.95, and the worst five have a mean of 0.98."""
    losses = np.arange(1, 101) / 200
    found = lp.performance(np.concatenate([[1.0], np.cumprod(1 - losses)]), days(101))
    assert found.value_at_risk == pytest.approx(0.95 / 2, rel=1e-10)
    assert found.cvar == pytest.approx(0.98 / 2, rel=1e-10)


def test_time_under_water_by_a_walk() -> None:
    found = lp.performance(WALK, HOURS)
    peak, under, run, longest = WALK[0], 0, 0, 0
    for value in WALK[1:]:
        peak = max(peak, value)
        run = run + 1 if value < peak else 0
        under, longest = under + (value < peak), max(longest, run)
    assert found.under_water == pytest.approx(under / 2_000, rel=ROUNDING)
    assert found.longest_under_water == pytest.approx(longest / 24, rel=ROUNDING)
    # By hand, on uneven steps: down for 2 of 1 + 2 + 4 days, then at the old peak.
    uneven = ["2023-01-01", "2023-01-02", "2023-01-04", "2023-01-08"]
    by_hand = lp.performance([5, 6, 4, 6], uneven)
    assert by_hand.under_water == pytest.approx(2 / 7, rel=ROUNDING)
    assert by_hand.longest_under_water == pytest.approx(2, rel=ROUNDING)
    assert by_hand.irregular


def test_uneven_steps_lose_nothing() -> None:
    """A random walk looked at at random times has the volatility it has."""
    rng = np.random.default_rng(8)
    found = []
    for _ in range(200):
        gaps = rng.integers(1, 20_000, size=400)
        seconds = np.concatenate([[0], np.cumsum(gaps)])
        steps = rng.standard_normal(400) * 0.5 * np.sqrt(gaps / (365 * 86_400))
        equity = np.exp(np.concatenate([[0], np.cumsum(steps)]))
        found.append(lp.performance(equity, np.datetime64("2023-01-01", "s") + seconds).volatility)
    error = np.std(found) / math.sqrt(200)
    assert abs(np.mean(found) - 0.5) < STANDARD_ERRORS * error
    # Known to 1 / sqrt(2 * 400) each, as on even steps.
    assert np.std(found) == pytest.approx(0.5 / math.sqrt(800), rel=STANDARD_ERRORS / math.sqrt(2 * 200))


@given(
    st.lists(st.floats(0.5, 2.0), min_size=3, max_size=30),
    st.sampled_from([2.0**-20, 0.25, 2.0**30]),
    st.integers(1, 1_000),
)
def test_units_and_the_date_do_not_matter(steps: list[float], scale: float, days_later: int) -> None:
    equity = np.cumprod([100.0, *steps])
    times = days(len(equity))
    here = lp.performance(equity, times).figures
    there = lp.performance(equity * scale, times + pd.Timedelta(days_later, "D")).figures
    assert np.array_equal([*here.values()], [*there.values()], equal_nan=True)
    assert 0 <= here["drawdown"] < 1
    assert here["cvar"] >= here["value_at_risk"] - ROUNDING


def test_what_is_not_defined_has_a_reason() -> None:
    constant = lp.performance([7.0, 7.0, 7.0], days(3))
    assert constant.volatility == 0
    assert constant.drawdown == 0
    assert set(constant.reasons) == {"sharpe", "sortino"}
    assert math.isnan(constant.sharpe)
    # The same return each day varies by rounding, which is no risk.
    steady = lp.performance(1_000 * 1.0001 ** np.arange(50), days(50))
    assert steady.volatility == 0
    assert "never vary" in steady.reasons["sharpe"]
    one = lp.performance([1.0, 0.9], days(2))
    assert one.reasons == dict.fromkeys(("volatility", "sharpe"), "1 return, less 1")
    assert one.cvar == pytest.approx(0.1)
    burst = lp.performance([1.0, 50.0], ["2023-01-01T00:00", "2023-01-01T00:01"])
    assert "beyond any number" in burst.reasons["return_per_year"]
    for figures in (constant, steady, one, burst):
        assert not any(math.isinf(x) for x in figures.figures.values())
        assert {n for n, x in figures.figures.items() if math.isnan(x)} == set(figures.reasons)


def test_ruin_is_a_result() -> None:
    ruined = lp.performance([100, 120, -6, 30], days(4), benchmark=[1, 2, 3, 4])
    assert ruined.drawdown == pytest.approx(1.05, rel=ROUNDING)
    assert ruined.total_return == pytest.approx(-0.7, rel=ROUNDING)
    assert ruined.under_water == pytest.approx(2 / 3, rel=ROUNDING)
    assert math.isnan(ruined.volatility)
    assert math.isnan(ruined.beta)
    assert ruined.reasons["sharpe"] == "ruin: the equity is -6.00000 after 2 steps"
    # All lost in the last step: there is a return of -100 %, and no rate per year.
    gone = lp.performance([100, 120, 0], days(3))
    assert gone.value_at_risk == 1
    assert math.isnan(gone.return_per_year)
    assert gone.total_return == -1


def test_beside_itself() -> None:
    same = lp.performance(WALK, HOURS, benchmark=2 * WALK)
    assert same.excess_return_per_year == pytest.approx(0, abs=1e-10)
    assert same.tracking_error == 0
    assert math.isnan(same.information_ratio)
    assert same.beta == pytest.approx(1, rel=1e-10)
    assert same.correlation == pytest.approx(1, rel=1e-10)
    flat = lp.performance(WALK, HOURS, benchmark=np.ones_like(WALK))
    assert "never varies" in flat.reasons["beta"]
    assert "never varies" in flat.reasons["correlation"]


def test_times_as_people_have_them() -> None:
    expected = lp.performance([1, 2, 3], days(3)).to_dict()
    for times in (
        ["2023-01-01", "2023-01-02", "2023-01-03"],
        [datetime(2023, 1, d, tzinfo=UTC) for d in (1, 2, 3)],
        [datetime(2023, 1, d, 2, tzinfo=timezone(timedelta(hours=2))) for d in (1, 2, 3)],
        pd.Series(days(3)),
        days(3).tz_localize("UTC").tz_convert("Asia/Tokyo"),
        days(3).to_numpy().astype("datetime64[s]"),
    ):
        assert lp.performance([1, 2, 3], times).to_dict() == expected


@pytest.mark.parametrize(
    ("equity", "times", "words"),
    [
        ([1.0], days(1), "two or more times"),
        ([0.0, 1.0], days(2), "starts above 0"),
        ([1.0, math.nan], days(2), "nan at position 1"),
        ([1.0, math.inf], days(2), "inf at position 1"),
        ([1.0, 2.0, 3.0], days(2), "one for each of the 2 times"),
        (["a", "b"], days(2), "as numbers"),
        ([1.0, 2.0], [1, 2], "numbers"),
        ([1.0, 2.0], ["no", "time"], "times"),
        ([1.0, 2.0], days(2)[::-1], "ascending"),
        ([1.0, 2.0], [pd.Timestamp("2023"), pd.NaT], "missing"),
    ],
)
def test_bad_input_is_refused(equity: object, times: object, words: str) -> None:
    with pytest.raises((lp.InputError, lp.DataError), match=words):
        lp.performance(equity, times)


def test_bad_options_are_refused() -> None:
    for wrong in ({"level": 95}, {"level": 1}, {"ddof": -1}, {"ddof": 0.5}, {"benchmark": [0, 1]}, {"benchmark": [1]}):
        with pytest.raises(lp.InputError):
            lp.performance([1, 2], days(2), **wrong)


def test_words_table_and_copies() -> None:
    found = lp.performance(WALK, HOURS, benchmark=OTHER)
    assert found.sentence() in str(found).replace("\n", " ")
    assert "Figures per year".lower() in str(found)
    assert found.table().loc["sharpe", "value"] == found.sharpe
    assert json.loads(json.dumps(found.to_dict()))["figures"]["cvar"] == found.cvar
    assert pickle.loads(pickle.dumps(found)) == found
    assert "<p>" in found._repr_html_()
    assert "undefined" in str(lp.performance([7, 7], days(2)))
    assert json.loads(json.dumps(lp.performance([7, 7], days(2)).to_dict()))["figures"]["sharpe"] is None
    assert lp.performance([1, 1e9, 1e9], days(3)).summary().count("-fold") >= 2
    with pytest.raises(AttributeError, match="no 'beta'"):
        _ = lp.performance([1, 2], days(2)).beta
