"""History, its windows and resamples, and the outcomes that a hedge sees of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

import lpgreeks as lp
from lpgreeks.paths.spans import span_of

HOUR = np.timedelta64(1, "h")
T0 = np.datetime64("2023-04-01T00:00", "ns")


def history(n: int = 24 * 10, seed: int = 0, market: str = "ETH/USDC", drop: tuple[int, ...] = ()) -> lp.History:
    rng = np.random.default_rng(seed)
    close = 1_800 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    spread = np.abs(rng.normal(0, 0.004, (2, n)))
    previous = np.concatenate([[1_800], close[:-1]])
    low, high = np.minimum(close, previous) * (1 - spread[0]), np.maximum(close, previous) * (1 + spread[1])
    keep = ~np.isin(np.arange(n), drop)
    return lp.History(
        markets=(market,),
        times=(T0 + np.arange(n) * HOUR)[keep],
        prices=close[keep, None],
        lows=low[keep, None],
        highs=high[keep, None],
        step=HOUR,
    )


def test_windows_are_the_returns_of_history() -> None:
    past = history()
    paths = past.windows("1D", step="6h", start=1_900)
    assert paths.prices.shape == (36, 25, 1)
    assert (paths.prices[:, 0] == 1_900).all()
    assert paths.start.tolist() == [1_900]
    i = 6 * 5
    expected = 1_900 * past.prices[i : i + 25] / past.prices[i]
    assert paths.prices[5] == pytest.approx(expected, rel=1e-15)
    assert paths.lows is not None
    assert paths.highs is not None
    assert paths.lows[5, 1:] == pytest.approx(1_900 * past.lows[i + 1 : i + 25] / past.prices[i], rel=1e-15)
    assert (paths.lows[:, 0] == 1_900).all()
    assert (paths.highs[:, 0] == 1_900).all()
    assert (paths.lows <= paths.prices).all()
    assert (paths.prices <= paths.highs).all()
    assert paths.years[-1] == pytest.approx(1 / 365)
    assert "36 windows of 1 day stepped 6 hours, each rescaled to start at 1,900" in paths.source


def test_increments_and_absolute_windows_are_said() -> None:
    past = history()
    shifted = past.windows("1D", start=lp.Shifted(1_900))
    assert np.diff(shifted.prices[2, :, 0]) == pytest.approx(np.diff(past.prices[48:73, 0]), rel=1e-9)
    assert (shifted.prices[:, 0] == 1_900).all()
    assert "increments added to 1,900" in shifted.source
    absolute = past.windows("1D")
    assert (absolute.prices[2] == past.prices[48:73]).all()
    assert absolute.start.shape == (9, 1)
    assert "each at its own price" in absolute.source
    rescaled = past.windows("1D", start=lp.Rescaled(1_900))
    assert (rescaled.prices == past.windows("1D", start=1_900).prices).all()


def test_effective_number_counts_the_time_covered() -> None:
    past = history()
    assert past.windows("1D", start=1).effective == 9  # end to end: each is independent
    overlapping = past.windows("1D", step="1h", start=1)
    assert (len(overlapping), overlapping.effective) == (216, pytest.approx(1 + 215 / 24))
    apart = past.windows("1D", step="2D", start=1)
    assert (len(apart), apart.effective) == (5, 5)  # more time between them adds nothing


def test_windows_over_a_gap_are_left_out_and_counted() -> None:
    holed = history(drop=(30, 31, 100))
    assert holed.gaps == 2
    paths = holed.windows("1D", start=1_900)
    assert len(paths) == 7
    assert "2 more left out for gaps" in paths.source
    full = history().windows("1D", start=1_900)
    kept = [i for i in range(9) if i not in (1, 4)]
    assert (paths.prices == full.prices[kept]).all()
    with pytest.raises(lp.DataError, match="at least one gapless window"):
        history(n=30, drop=(15,)).windows("1D", start=1_900)


@pytest.mark.parametrize(
    "make",
    [
        span_of, lp.Every, lp.Maker, lp.Latency, history(48).windows,
        lambda span: lp.ManagedRange(base="ETH", quote="USDC", lower=0.9, upper=1.1, capital=1.0, every=span),
    ],
)  # fmt: skip
def test_a_span_has_a_length_that_times_can_bear(make: Callable[[object], object]) -> None:
    for span in ("1000000D", "9" * 400 + "D", timedelta.max, timedelta.min, np.timedelta64(10**6, "D"), "36500.1D"):
        with pytest.raises(lp.InputError, match="a span of at most 36,500 days"):
            make(span)
    for span in ("soon", np.timedelta64("NaT"), np.timedelta64(1, "M"), np.timedelta64(1, "Y"), None, 5):
        with pytest.raises(lp.InputError, match="a span of time with its unit"):
            span_of(span)  # type: ignore[arg-type]
    for span in ("2h", timedelta(hours=2), np.timedelta64(120, "m"), "120min"):
        assert span_of(span) == np.timedelta64(2 * 3_600 * 10**9, "ns")
    assert np.datetime64("2030-01-01", "ns") + span_of("36500D") > np.datetime64("2129", "Y")


def test_spans_must_be_whole_steps() -> None:
    past = history()
    for span in ("90min", "0D", "-1D", "40D", "a week"):
        with pytest.raises((lp.InputError, lp.DataError)):
            past.windows(span, start=1_900)
    with pytest.raises(lp.InputError, match="at most 200,000,000"):
        history(n=24 * 1_300).windows("800D", step="1h", start=1)


def test_bootstrap_resamples_the_past_and_repeats_by_seed() -> None:
    past = history()
    paths = past.bootstrap("2D", paths=50, start=1_900, seed=3, block=12)
    again = past.bootstrap("2D", paths=50, start=1_900, seed=3, block=12)
    assert (paths.prices == again.prices).all()
    assert paths.prices.shape == (50, 49, 1)
    assert (paths.prices[:, 0] == 1_900).all()
    known = np.diff(np.log(past.prices[:, 0]))
    drawn = np.diff(np.log(paths.prices[:, :, 0]), axis=1).ravel()
    assert np.abs(drawn[:, None] - known[None, :]).min(axis=1).max() < 1e-9  # every return happened
    follows = np.isclose(drawn[:-1, None], known[None, :-1], atol=1e-12) & np.isclose(
        drawn[1:, None], known[None, 1:], atol=1e-12
    )
    assert 0.8 < follows.any(axis=1).mean() < 0.98  # blocks of 12: eleven of twelve pairs are neighbours
    assert paths.lows is not None
    assert (paths.lows <= paths.prices * (1 + 1e-12)).all()
    assert "mean block 12 steps" in paths.source
    assert "block" in past.bootstrap("1D", paths=2, start=1_900, seed=1).source  # the rule's own block


def test_several_markets_share_one_clock() -> None:
    eth, btc = history(seed=1, drop=(5,)), history(seed=2, market="BTC/USDC", drop=(9, 10))
    both = lp.align(eth, btc)
    assert both.markets == ("ETH/USDC", "BTC/USDC")
    assert len(both) == 237
    assert both.notes == (
        "2 times of ETH/USDC dropped in the alignment",
        "1 times of BTC/USDC dropped in the alignment",
    )
    row = np.searchsorted(eth.times, both.times)
    assert (both.prices[:, 0] == eth.prices[row, 0]).all()
    paths = both.windows("1D", start={"ETH/USDC": 1_900, "BTC/USDC": 27_000})
    assert paths.start.tolist() == [1_900, 27_000]
    resampled = both.bootstrap("1D", paths=5, start={"ETH/USDC": 1_900, "BTC/USDC": 27_000}, seed=0)
    assert resampled.prices.shape == (5, 25, 2)
    with pytest.raises(lp.MarketError, match="a start for every market"):
        both.windows("1D", start=1_900)
    with pytest.raises(lp.DataError, match="each market once"):
        lp.align(eth, eth)


def test_outcomes_are_the_ends() -> None:
    paths = history().windows("1D", start=1_900)
    outcomes = paths.outcomes()
    assert np.exp(outcomes.log_returns[:, 0]) * 1_900 == pytest.approx(paths.prices[:, -1, 0])
    assert outcomes.weights == pytest.approx(np.full(9, 1 / 9))
    assert outcomes.sampled


def test_closing_at_the_exit() -> None:
    """The first bar whose low or high leaves the range ends the path at that bar's close."""
    prices = np.array([[100, 101, 103, 99], [100, 106, 100, 100], [100, 100, 101, 100.0]])[:, :, None]
    lows, highs = prices - 1, prices + 1
    paths = lp.Paths(
        markets=("ETH/USDC",), prices=prices, lows=lows, highs=highs, years=np.arange(4.0), effective=3, source="three"
    )
    outcomes = paths.stopped_at_exit(market="ETH/USDC", lower=95, upper=104.5).outcomes()
    assert np.exp(outcomes.log_returns[:, 0]) * 100 == pytest.approx([99, 106, 100])
    assert "1 of 3 closed at the exit" in outcomes.source
    touched = paths.stopped_at_exit(market="ETH/USDC", lower=95, upper=103.5).outcomes()  # a high alone is an exit
    assert np.exp(touched.log_returns[:, 0]) * 100 == pytest.approx([103, 106, 100])
    unseen = lp.Paths(markets=("ETH/USDC",), prices=prices, years=np.arange(4.0), effective=3, source="no extremes")
    assert "1 of 3" in unseen.stopped_at_exit(market="ETH/USDC", lower=95, upper=103.5).outcomes().source
    with pytest.raises(lp.InputError, match="start inside the range"):
        paths.stopped_at_exit(market="ETH/USDC", lower=101, upper=110).outcomes()


def test_arrays_are_read_only() -> None:
    past = history()
    paths = past.windows("1D", start=1_900)
    for array in (past.prices, past.times, paths.prices, paths.lows, paths.years, paths.outcomes().weights):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def test_tables_of_outcomes() -> None:
    table = lp.Outcomes.from_prices({"ETH/USDC": [1_800, 2_000]}, start={"ETH/USDC": 1_900}, weights=[1, 3])
    assert table.weights.tolist() == [0.25, 0.75]
    for wrong in (
        {"prices": [1_800, -1], "start": 1_900},
        {"prices": [1_800, np.nan], "start": 1_900},
        {"prices": [1_800, 2_000], "start": 0},
        {"prices": [1_800, 2_000], "start": 1_900, "weights": [1, 0]},
        {"prices": [1_800, 2_000], "start": 1_900, "weights": [1, 2, 3]},
        {"prices": {"ETH/USDC": [1, 2]}, "start": {"BTC/USDC": 1}},
        {"prices": [[1_800, 2_000]], "start": 1_900},
    ):
        with pytest.raises(lp.InputError):
            lp.Outcomes.from_prices(**wrong)


def test_history_refuses_disorder() -> None:
    good = history()
    wrong_times = (good.times[::-1], np.repeat(good.times[:1], len(good)))
    for times in wrong_times:
        with pytest.raises(lp.DataError, match="ascending times"):
            lp.History(
                markets=good.markets, times=times, prices=good.prices, lows=good.lows, highs=good.highs, step=HOUR
            )
    holed = good.prices.copy()
    holed[3] = np.nan
    with pytest.raises(lp.InputError, match="prices to be positive and finite; got nan at position 3"):
        lp.History(markets=good.markets, times=good.times, prices=holed, lows=good.lows, highs=good.highs, step=HOUR)
