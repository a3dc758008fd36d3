"""Rises, falls, flat and mixed stretches: the rule by hand, by random walks, and on real prices."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from tests.tolerances import ROUNDING, STANDARD_ERRORS

RISE, FALL, FLAT, MIXED = lp.Regime
HOURS = pd.date_range("2023-04-01", periods=24 * 28 + 1, freq="h", tz="UTC")


def week(end: float, out: float) -> np.ndarray:
    """The logarithm of a price over a week of hours: out to one level, then to the other."""
    return np.concatenate([np.linspace(0, out, 85), np.linspace(out, end, 85)[1:]])


# Per week, with an expected move of 0.1: up by 0.15, back down, within 0.08, and out to 0.12 and back to 0.05.
LEGS = [week(0.15, 0.05), week(-0.15, 0.02), week(0.01, 0.08), week(0.05, 0.12)]
LOGS = np.concatenate([[0.0], *(leg[1:] + sum(x[-1] for x in LEGS[:i]) for i, leg in enumerate(LEGS))])
PRICES = 1_800 * np.exp(LOGS)
EXPECTED = 0.1 / math.sqrt(7 / 365)


def test_the_rule_by_hand() -> None:
    found = lp.regimes(HOURS, PRICES, length="7D", step="7D", volatility=EXPECTED)
    assert [s.regime for s in found] == [RISE, FALL, FLAT, MIXED]
    assert [s.move for s in found] == pytest.approx([0.15, -0.15, 0.01, 0.05], abs=ROUNDING)
    assert [s.spread for s in found] == pytest.approx([0.15, 0.17, 0.08, 0.12], abs=ROUNDING)
    assert [s.moved for s in found] == pytest.approx([1.5, -1.5, 0.1, 0.5], rel=1e-10)
    assert [s.spanned for s in found] == pytest.approx([1.5, 1.7, 0.8, 1.2], rel=1e-10)
    assert found.one_of_each().segments == found.segments


def test_the_volatility_is_that_of_the_series() -> None:
    found = lp.regimes(HOURS, PRICES)
    assert found.volatility == pytest.approx(math.sqrt(np.sum(np.diff(LOGS) ** 2) / (28 / 365)), rel=1e-10)
    assert len(found) == 22


def test_a_price_turned_over_turns_rises_into_falls() -> None:
    there = lp.regimes(HOURS, PRICES, length="3D")
    back = lp.regimes(HOURS, 1 / PRICES, length="3D")
    swapped = {RISE: FALL, FALL: RISE}
    assert [swapped.get(s.regime, s.regime) for s in there] == [s.regime for s in back]
    scaled = lp.regimes(HOURS, 1e6 * PRICES, length="3D")
    assert [s.regime for s in scaled] == [s.regime for s in there]


@pytest.mark.thorough
def test_shares_of_random_walks() -> None:
    """How often a Brownian motion ends beyond one deviation, and how often its range stays within one."""
    steps, walks = 2_000, 4_000
    moves = np.random.default_rng(4).standard_normal((walks, steps)) / math.sqrt(steps)
    logs = np.concatenate([np.zeros((walks, 1)), np.cumsum(moves, axis=1)], axis=1)
    day = np.datetime64("2023-01-01", "s") + np.round(np.linspace(0, 86_400, steps + 1)).astype("timedelta64[s]")
    kinds = [next(iter(lp.regimes(day, np.exp(x), length="1D", volatility=math.sqrt(365)))).regime for x in logs]
    # A walk of so many steps misses its extremes by 0.5826 deviations of a step each (Chernoff).
    shares = {RISE: 0.158655, FALL: 0.158655, FLAT: range_below(1 + 2 * 0.5826 / math.sqrt(steps))}
    for kind, share in shares.items():
        error = math.sqrt(share * (1 - share) / walks)
        assert abs(kinds.count(kind) / walks - share) < STANDARD_ERRORS * error
    assert range_below(1) == pytest.approx(0.063, abs=5e-4)


def range_below(width: float) -> float:
    """The chance that the range of a Brownian motion over a unit of time is below a width.

    The slope of the chance to survive between two walls so far apart, integrated over the start: Feller (1951).
    """

    def survival(r: float) -> float:
        n = np.arange(1, 200, 2) * math.pi
        return float(np.sum(8 * r / n**2 * np.exp(-(n**2) / (2 * r * r))))

    return (survival(width + 1e-6) - survival(width - 1e-6)) / 2e-6


@pytest.mark.parametrize("seed", range(6))
def test_the_clearest_of_each_kind_by_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    logs = np.concatenate([[0.0], np.cumsum(rng.standard_normal(24 * 90) * 0.006)])
    times = pd.date_range("2023-01-01", periods=len(logs), freq="h")
    found = lp.regimes(times, np.exp(logs), length="5D")
    every = []
    for day in range(86):
        walk = logs[24 * day : 24 * (day + 5) + 1]
        e = found.volatility * math.sqrt(5 / 365)
        z, w = (walk[-1] - walk[0]) / e, (walk.max() - walk.min()) / e
        kind = "rise" if z > 1 else "fall" if z < -1 else "flat" if w < 1 else "mixed"
        every.append((kind, day, z, w))
    assert [(str(s.regime), (s.start - found.segments[0].start) // np.timedelta64(1, "D")) for s in found] == [
        (kind, day) for kind, day, *_ in every
    ]
    taken: dict[str, int] = {}
    for kind, key in (
        ("rise", lambda z, _: -z),
        ("fall", lambda z, _: z),
        ("flat", lambda _, w: w),
        ("mixed", lambda z, w: abs(z) - w),
    ):
        free = [(key(z, w), d) for k, d, z, w in every if k == kind and all(abs(d - t) >= 5 for t in taken.values())]
        if free:
            taken[kind] = min(free)[1]
    chosen = {str(s.regime): (s.start - found.segments[0].start) // np.timedelta64(1, "D") for s in found.one_of_each()}
    assert chosen == taken


def test_labels_of_periods() -> None:
    found = lp.regimes(HOURS, PRICES, length="7D", step="7D", volatility=EXPECTED)
    labels = found.labels(HOURS)
    # A period belongs to where it ends: the first hour ends before anything began.
    assert labels[0] is None
    assert labels[1:] == (RISE,) * 168 + (FALL,) * 168 + (FLAT,) * 168 + (MIXED,) * 168
    assert found.labels(["2023-03-01", "2023-04-03", "2024-01-01"]) == (None, RISE, None)
    with pytest.raises(lp.InputError, match="overlap"):
        lp.regimes(HOURS, PRICES).labels(HOURS)


def test_holes_and_the_first_midnight() -> None:
    whole = lp.regimes(HOURS, PRICES, length="2D", step="2D")
    kept = np.ones(len(HOURS), dtype=bool)
    kept[60:70] = False
    holed = lp.regimes(HOURS[kept], PRICES[kept], length="2D", step="2D", volatility=whole.volatility)
    assert len(holed) == len(whole) - 1
    assert "1 more left out for holes" in holed.source
    assert [s.start for s in holed] == [s.start for i, s in enumerate(whole) if i != 1]
    # Bars that close an hour after midnight opened at it; a history that begins at noon begins the day after.
    assert lp.regimes(HOURS[1:], PRICES[1:], length="7D").segments[0].start == np.datetime64("2023-04-01")
    assert lp.regimes(HOURS[12:], PRICES[12:], length="7D").segments[0].start == np.datetime64("2023-04-02")
    # A day's bars: the last begins a day before the end.
    assert len(lp.regimes(HOURS[:-1:24], PRICES[:-1:24], length="7D", step="7D")) == 4


def test_a_kind_that_never_came_is_left_out() -> None:
    quiet = lp.regimes(HOURS, PRICES, volatility=20).one_of_each()
    assert [s.regime for s in quiet] == [FLAT]


def test_four_kinds_in_two_real_months(real_data: Path) -> None:
    bars = pd.read_parquet(real_data / "binance-1m-2023-04-05" / "ETHUSDT-spot-1m.parquet")
    found = lp.regimes(bars["time"], bars["close"], length="7D")
    assert [sum(s.regime is r for s in found) for r in lp.Regime] == [6, 6, 13, 30]
    chosen = found.one_of_each()
    assert [(str(s.regime), str(s.start.astype("datetime64[D]"))) for s in chosen] == [
        ("rise", "2023-04-10"),
        ("fall", "2023-04-17"),
        ("mixed", "2023-05-01"),
        ("flat", "2023-05-16"),
    ]
    daily = bars.set_index("time")["close"].resample("1D").first()
    for s in chosen:
        # The opening minute's close of two midnights, by pandas.
        first, last = daily.loc[pd.Timestamp(s.start, tz="UTC")], daily.loc[pd.Timestamp(s.end, tz="UTC")]
        assert s.move == pytest.approx(math.log(last / first), rel=1e-12)
    perp = pd.read_parquet(real_data / "binance-1m-2023-04-05" / "ETHUSDT-perp-1m.parquet")
    beside = lp.regimes(perp["time"], perp["close"], length="7D").one_of_each()
    assert [(s.regime, s.start) for s in beside] == [(s.regime, s.start) for s in chosen]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"prices": -PRICES}, "positive"),
        ({"prices": PRICES[:5]}, "one for each"),
        ({"prices": np.full(len(HOURS), 3.0)}, "prices that move"),
        ({"length": "nonsense"}, "span of time"),
        ({"length": "-1D"}, "positive length"),
        ({"step": "0h"}, "positive step"),
        ({"length": "90D"}, "a whole segment"),
        ({"volatility": 0}, "volatility"),
    ],
)
def test_bad_input_is_refused(changed: dict[str, object], words: str) -> None:
    with pytest.raises((lp.InputError, lp.DataError), match=words):
        lp.regimes(**{"times": HOURS, "prices": PRICES} | changed)


def test_words_and_table() -> None:
    found = lp.regimes(HOURS, PRICES, length="7D", step="7D", volatility=EXPECTED)
    assert found.sentence().startswith("1 rise, 1 fall, 1 flat, 1 mixed: segments of 7 days stepped 7")
    assert found.table()["regime"].tolist() == ["rise", "fall", "flat", "mixed"]
    assert found.table()["move"][0] == pytest.approx(math.expm1(0.15))
    assert json.loads(json.dumps(found.to_dict()))["segments"][1]["regime"] == "fall"
    assert "+1.50" in str(found)
    assert "Regimes" in repr(found)
    assert "<p>" in found._repr_html_()
