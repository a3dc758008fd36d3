"""Gaps between an exchange and a pool: tapes whose answers are known by hand, and a gap with a known half-life."""

from __future__ import annotations

import io
import json
import math
from functools import cache
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter
from scipy.stats import norm

import lpgreeks as lp
from tests.test_arbitrage import quoted, seconds, walk
from tests.tolerances import ROUNDING, STANDARD_ERRORS


def pool_of(times: np.ndarray, prices: np.ndarray, *, fee: float = 5e-4, synthetic: str = "") -> lp.PoolHistory:
    none = np.zeros(len(prices))
    return lp.PoolHistory(
        market="ETH/USDC", fee=fee, times=times, prices=prices, base_in=none, quote_in=none, liquidity=none + 1,
        synthetic=synthetic, source="made",
    )  # fmt: skip


def tape_of(bid: dict[float, float], pool: dict[float, float], ask: dict[float, float] | None = None) -> lp.Tape:
    """Prices from their times on, in seconds; no spread unless asks are given."""
    clock = seconds(list(bid))
    quotes = quoted(clock, np.array([*bid.values()]), np.array([*(ask or bid).values()]))
    return lp.Tape(quotes=quotes, pool=pool_of(seconds(list(pool)), np.array([*pool.values()])))


@pytest.fixture
def by_hand() -> lp.Tape:
    """Ten seconds with three gaps of 10 bp: the exchange comes back, the pool catches up, the tape ends."""
    bid = {0: 100.0, 1: 100.21, 3: 100.05, 4: 99.84, 8: 100.01, 10: 100.01}
    return tape_of(bid, {0: 100.0, 6: 99.90, 10: 99.90})


def test_three_gaps_counted_by_hand(by_hand: lp.Tape) -> None:
    found = lp.dislocations(by_hand, thetas=[1e-3, 2e-3], horizons=[0, 1, 2, 3])
    up, down = found.races[0][0], found.races[1][0]
    assert up.seconds.tolist() == [2.0, math.inf]
    assert up.by_pool.tolist() == [False, False]
    assert up.opened.tolist() == seconds([1, 8]).tolist()
    assert (down.seconds.tolist(), down.by_pool.tolist()) == ([2.0], [True])
    # 20 bp were reached once, by the first.
    assert [len(side[1]) for side in found.races] == [1, 0]
    assert found.shares.tolist() == pytest.approx(np.array([[0.4, 0.2], [0.2, 0.0]]), abs=ROUNDING)
    # Of two that opened upwards the second had but two seconds.
    assert [found.odds(0, 0, h) for h in range(4)] == [(0, 0), (0, 0), (0.5, 0), (1, 0)]
    assert [found.odds(1, 0, h) for h in range(4)] == [(0, 0), (0, 0), (0, 1), (0, 1)]
    assert all(math.isnan(x) for x in found.odds(1, 1, 0))
    assert (up.median, down.median) == (math.inf, 2.0)
    assert math.isnan(found.races[1][1].median)
    # 0 for a second, 21, 5, -16, -6 (the pool moved), 11 bp for 1, 2, 1, 2, 2 and 2 seconds.
    assert found.weights.tolist() == pytest.approx([0.1, 0.2, 0.1, 0.2, 0.2, 0.2])
    expected = [0, 21e-4, 5e-4, -16e-4, 99.84 / 99.9 - 1, 100.01 / 99.9 - 1]
    assert found.gaps == pytest.approx(expected, abs=ROUNDING)
    assert found.quantiles[0.5] == pytest.approx(0.0, abs=ROUNDING)
    assert found.quantiles[0.75] == pytest.approx(100.01 / 99.9 - 1, abs=ROUNDING)
    assert found.quantiles[0.95] == pytest.approx(21e-4, abs=ROUNDING)
    assert found.usual == pytest.approx(100.01 / 99.9 - 1, abs=ROUNDING)


def test_only_the_side_that_trades_counts() -> None:
    middle = {0: 100.0, 1: 100.2, 2: 100.2, 3: 99.8, 4: 99.8}
    bid, ask = ({t: x * (1 + sign * 15e-4) for t, x in middle.items()} for sign in (-1, 1))
    wide = lp.dislocations(tape_of(bid, {0: 100.0, 4: 100.0}, ask), thetas=[4e-4, 6e-4])
    assert [[len(r) for r in side] for side in wide.races] == [[1, 0], [1, 0]]
    assert wide.gaps.max() == pytest.approx(2e-3)


def test_the_last_row_of_a_moment_counts() -> None:
    """Swaps of one block that pass through a far price are one moment."""
    clock = seconds([0, 5, 5, 5, 10])
    pool = pool_of(clock, np.array([100.0, 99.0, 98.0, 100.0, 100.0]))
    tape = lp.Tape(quotes=quoted(seconds([0, 10]), np.array([100.0, 100.0])), pool=pool)
    found = lp.dislocations(tape)
    assert not any(len(r) for side in found.races for r in side)
    assert found.gaps.tolist() == [0.0, 0.0]
    assert "never opened" in found.sentence()
    assert math.isnan(found.half_life)
    assert "no half-life" in found.summary()


def test_who_arrives_first_and_what_counts_as_both() -> None:
    # The exchange runs on, the pool reaches the middle of the way: it caught up, and a wider gap opens at once.
    ran_on = lp.dislocations(tape_of({0: 100.0, 1: 100.2, 2: 101.0, 4: 101.0}, {0: 100.0, 3: 100.1, 4: 100.1}))
    first = ran_on.races[0][1]
    assert first.by_pool.tolist() == [True, False]
    assert first.seconds.tolist() == [2.0, math.inf]
    assert first.opened.tolist() == seconds([1, 3]).tolist()
    # Just short of it: nobody did.
    short = lp.dislocations(tape_of({0: 100.0, 1: 100.2, 2: 101.0, 4: 101.0}, {0: 100.0, 3: 100.0999, 4: 100.0999}))
    assert short.races[0][1].seconds.tolist() == [math.inf]
    # On one moment: coins were shed.
    both = lp.dislocations(tape_of({0: 100.0, 1: 99.8, 2: 100.0, 3: 100.0}, {0: 100.0, 2: 99.8, 3: 99.8}))
    assert both.races[1][1].by_pool.tolist()[0] is True
    # All of the way instead of half.
    tape = tape_of({0: 100.0, 1: 100.2, 2: 100.08, 5: 99.99, 6: 99.99}, {0: 100.0, 6: 100.0})
    times = [lp.dislocations(tape, part=part).races[0][1].seconds.tolist() for part in (0.5, 1.0)]
    assert times == [[1.0], [4.0]]


def test_a_gap_of_just_theta_opens() -> None:
    # 2 to the power of -9 over 128: exact in binary.
    found = lp.dislocations(tape_of({0: 128.0, 1: 128.25, 3: 128.25}, {0: 128.0, 3: 128.0}), thetas=[2.0**-9])
    assert len(found.races[0][0]) == 1
    assert found.shares[0, 0] == pytest.approx(2 / 3)


@pytest.mark.parametrize("half_life", [3.0, 7.0])
def test_a_gap_that_decays_without_noise(half_life: float) -> None:
    times = np.arange(0, 2_000, 0.1)
    since, which = times % 100, times // 100
    gap = np.where(which % 2, -1, 1) * 60e-4 * 0.5 ** (since / half_life)
    tape = lp.Tape(
        quotes=quoted(seconds(times), 100 * (1 + gap)), pool=pool_of(seconds(times[[0, -1]]), np.array([100.0, 100.0]))
    )
    found = lp.dislocations(tape, thetas=[50e-4])
    for side in found.races:
        assert len(side[0]) == 10
        assert side[0].median == pytest.approx(half_life, abs=0.1 + 1e-9)
        assert not side[0].by_pool.any()


# ---- Ornstein and Uhlenbeck

SD, HALF_LIFE, EVERY, LONG, RUNS = 10e-4, 20.0, 0.05, 10_000.0, 16


@cache
def reverting() -> list[lp.Dislocations]:
    """Runs whose gap is sampled exactly from the stationary law."""
    n, keep = round(LONG / EVERY), 0.5 ** (EVERY / HALF_LIFE)
    rng = np.random.default_rng(1)
    found = []
    for _ in range(RUNS):
        first = SD * rng.standard_normal()
        gap, _ = lfilter([1], [1, -keep], SD * math.sqrt(1 - keep**2) * rng.standard_normal(n), zi=[keep * first])
        clock = seconds(np.arange(n) * EVERY)
        pool = pool_of(clock[[0, -1]], np.array([100.0, 100.0]))
        tape = lp.Tape(quotes=quoted(clock, 100 * (1 + gap)), pool=pool)
        found.append(lp.dislocations(tape, thetas=[5e-4, 10e-4, 20e-4], horizons=[3, 12, 60], part=1.0))
    return found


def errors(sample: list[float], exact: float) -> float:
    return abs(np.mean(sample) - exact) / (np.std(sample, ddof=1) / math.sqrt(len(sample)))


def test_the_regression_finds_the_half_life() -> None:
    runs = reverting()
    assert errors([r.half_life for r in runs], HALF_LIFE) < STANDARD_ERRORS
    # The stated error is the spread of the runs, as far as 16 of them tell.
    spread = np.std([r.half_life for r in runs], ddof=1)
    assert abs(np.mean([r.half_life_error for r in runs]) / spread - 1) < STANDARD_ERRORS / math.sqrt(2 * (RUNS - 1))
    assert all(r.step == np.timedelta64(1, "s") for r in runs)


def test_the_distribution_is_normal() -> None:
    runs = reverting()
    for level in (0.05, 0.25, 0.5, 0.95):
        assert errors([r.quantiles[level] for r in runs], SD * norm.ppf(level)) < STANDARD_ERRORS
    assert errors([r.usual for r in runs], SD * norm.ppf(0.75)) < STANDARD_ERRORS
    for side in (0, 1):
        for k, theta in enumerate((5e-4, 10e-4, 20e-4)):
            assert errors([r.shares[side, k] for r in runs], norm.sf(theta / SD)) < STANDARD_ERRORS


def test_the_time_until_a_gap_is_gone_is_that_of_first_passage() -> None:
    """From x the gap reaches 0 within t with chance 2 N(-x e^(-kt) / sd_t): reflection at the mean."""
    rate = math.log(2) / HALF_LIFE
    # A walk seen at steps stops beyond its goal by 0.5826 of a step on average (Chernoff; Siegmund).
    beyond = 0.5826 * SD * math.sqrt(2 * rate * EVERY)
    for k in range(3):
        expected, variance, closed, judged = np.zeros(3), np.zeros(3), np.zeros(3), 0
        for run in reverting():
            for s, sign in enumerate((1, -1)):
                races = run.races[s][k]
                row = np.round((races.opened - run.times[0]) / np.timedelta64(1, "ns") / 1e9 / EVERY).astype(int)
                gap = sign * run.gaps[row] + beyond
                for h, t in enumerate(run.horizons):
                    had = races.opened + np.timedelta64(int(t), "s") <= run.times[1]
                    sd = SD * math.sqrt(1 - math.exp(-2 * rate * t))
                    chance = 2 * norm.sf(gap[had] * math.exp(-rate * t) / sd)
                    expected[h] += chance.sum()
                    variance[h] += (chance * (1 - chance)).sum()
                    closed[h] += run.odds(s, k, h)[0] * had.sum()
                judged += len(races)
        assert judged > 500
        assert (np.abs(closed - expected) < STANDARD_ERRORS * np.sqrt(variance)).all()


# ---- against a plain recount


def recounted(tape: lp.Tape, theta: float, side: int) -> list[tuple[int, float, bool]]:
    """When each race opened, how long it took and whether the pool ended it, in plain Python."""
    moments: dict[int, tuple[float, float]] = {}
    rows = tape.rows
    price = rows.bid[0] if side == 0 else rows.ask[0]
    for t, quote, pool in zip(tape.times.astype(np.int64).tolist(), price.tolist(), rows.pool.tolist(), strict=True):
        moments[t] = (quote, pool)
    found: list[tuple[int, float, bool]] = []
    on: tuple[int, float, float] | None = None
    for t, (quote, pool) in moments.items():
        if on is not None:
            opened, from_pool, from_quote = on
            middle = from_pool + 0.5 * (from_quote - from_pool), from_quote - 0.5 * (from_quote - from_pool)
            by_pool = pool >= middle[0] if side == 0 else pool <= middle[0]
            if by_pool or (quote <= middle[1] if side == 0 else quote >= middle[1]):
                found.append((opened, (t - opened) / 1e9, by_pool))
                on = None
        gap = quote / pool - 1 if side == 0 else 1 - quote / pool
        if on is None and gap >= theta:
            on = (t, pool, quote)
    return found + ([(on[0], math.inf, False)] if on else [])


def agree(tape: lp.Tape, thetas: list[float]) -> lp.Dislocations:
    found = lp.dislocations(tape, thetas=thetas)
    for side in (0, 1):
        for k, theta in enumerate(thetas):
            races = found.races[side][k]
            plain = recounted(tape, theta, side)
            assert list(zip(races.opened.astype(np.int64), races.seconds, races.by_pool, strict=True)) == plain
    return found


@pytest.mark.parametrize("rule", [lp.ReflectAtBand(), lp.JumpToLatent()])
def test_a_made_pool_catches_up_at_its_blocks(rule: lp.ReflectAtBand | lp.JumpToLatent) -> None:
    quotes = walk(21, 20_000)
    tape = lp.Tape(quotes=quotes, pool=lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1.0, rule=rule))
    found = agree(tape, [4e-4, 6e-4, 10e-4])
    assert min(len(found.races[s][1]) for s in (0, 1)) > 20
    assert "the synthetic pool ETH/USDT" in found.sentence()
    # Blocks come 12 seconds apart: what is open for longer was not worth a trade when one came.
    caught = found.races[0][2].seconds[found.races[0][2].by_pool]
    assert caught.max() < 60
    if rule == lp.JumpToLatent():
        assert caught.max() <= 12
    # Nobody trades on less than the fee, so that the pool is about as often on either side.
    assert abs(found.quantiles[0.5]) < 5e-4


def test_real_ticks_with_a_made_pool(real_data: Path) -> None:
    ticks = pd.read_parquet(real_data / "book-l1-binance" / "BTCUSDT-perp-2023-04-05-bookticker.parquet")
    ticks = ticks.drop_duplicates("recv_ns", keep="last")
    clock = ticks["recv_ns"].to_numpy().astype("datetime64[ns]")
    quotes = lp.Quotes(
        market="BTC/USDT:perp", times=clock, bid=ticks["bid"].to_numpy(float), ask=ticks["ask"].to_numpy(float),
        source="ticks",
    )  # fmt: skip
    made = lp.arbitraged_pool(quotes, fee=1e-4, liquidity=1e6)
    found = agree(lp.Tape(quotes=quotes, pool=made), [0.5e-4, 1e-4, 2e-4, 3e-4])
    assert sum(len(found.races[s][1]) for s in (0, 1)) > 10
    assert found.shares[:, 1].sum() < 0.5
    assert found.synthetic


def test_real_minutes_with_a_made_pool(real_data: Path) -> None:
    past = lp.read_prices(real_data / "binance-1m-2023-04-05" / "ETHUSDT-spot-1m.parquet", market="ETH/USDT")
    quotes = lp.Quotes.from_bars(past, half_spread=0.5e-4)
    # A trade that is sent before a minute ends arrives in its next block.
    made = lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1e6, delay="1s")
    found = agree(lp.Tape(quotes=quotes, pool=made), [5e-4, 10e-4, 20e-4, 50e-4])
    assert all(len(found.races[s][1]) > 1_000 for s in (0, 1))
    assert [found.odds(s, 1, 1)[1] > 0.9 for s in (0, 1)] == [True, True]
    # Without a delay the block at the close knows the close: no gap is ever seen beyond the fee.
    instant = lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1e6)
    at_once = lp.dislocations(lp.Tape(quotes=quotes, pool=instant), thetas=[5.1e-4])
    assert not any(len(side[0]) for side in at_once.races)


# ---- the record


def test_the_table_is_the_races(by_hand: lp.Tape) -> None:
    found = lp.dislocations(by_hand)
    table = found.table()
    assert table["theta"].tolist() == pytest.approx(np.repeat([5, 10, 15, 20, 25, 30, 50, 75, 100, 150, 200], 2) / 1e4)
    assert table["side"].tolist() == ["up", "down"] * 11
    assert [c for c in table if "came back" in c] == [f"came back in {h} s" for h in (3, 12, 15, 30)]
    row = table[(table["theta"] == 1e-3) & (table["side"] == "down")].iloc[0]
    assert (row["gaps"], row["median [s]"], row["caught up in 3 s"]) == (1, 2.0, 1.0)
    assert row["share of time"] == pytest.approx(0.2)
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["rows"][3]["caught up in 3 s"] == 1.0
    assert record["rows"][2]["median [s]"] is None
    assert record["sentence"] == found.sentence() in repr(found)
    assert "synthetic" not in found.sentence()
    text = str(found)
    assert "theta [bp]" in text
    assert "back: the exchange came 50% of the way" in text
    assert found.sentence() in found._repr_html_()


def test_what_the_tape_cannot_show_is_said(by_hand: lp.Tape) -> None:
    minutes = tape_of(dict.fromkeys((0, 60, 120, 180, 240), 100.0), {0: 100.0, 240: 100.0})
    notes = lp.dislocations(minutes, thetas=[2e-4, 5e-4, 6e-4]).notes
    assert "a gap of 2, 5 bp is within the pool's fees: no arbitrage" in notes  # 5.0025 bp is where a sale pays
    assert (
        "quotes usually lie 1 minute apart: what the exchange did within 3, 12, 15, 30 seconds is not on the tape"
        in notes
    )
    assert not [n for n in lp.dislocations(by_hand, thetas=[6e-4]).notes if "apart" in n or "within" in n]
    # On minutes the regression goes by minutes.
    assert lp.dislocations(minutes).step == np.timedelta64(60, "s")
    assert lp.dislocations(by_hand, step="500ms").step == np.timedelta64(500, "ms")
    assert math.isnan(lp.dislocations(by_hand, step="4s").half_life)


def test_the_picture_shows_shares_of_time(by_hand: lp.Tape) -> None:
    found = lp.dislocations(by_hand)
    ax = found.plot()
    assert sum(p.get_height() for p in ax.containers[0]) == pytest.approx(1.0)
    assert ax.get_ylabel() == "share of time"
    assert ax.get_xlabel() == "gap [bp]"
    lines = [line.get_xdata()[0] for line in ax.get_lines()]
    assert {-5.0, 5e-4 / (1 - 5e-4) * 1e4} <= set(lines)
    ax.get_figure().savefig(io.BytesIO())
    plt.close("all")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"thetas": [5]}, "5 bp is 0.0005"),
        ({"thetas": [0.0]}, "thetas ascending"),
        ({"thetas": [2e-3, 1e-3]}, "thetas ascending"),
        ({"thetas": []}, "thetas"),
        ({"horizons": [-1.0]}, "horizons ascending"),
        ({"horizons": [math.nan]}, "horizons ascending"),
        ({"part": 0.0}, "a part of the way"),
        ({"part": 1.5}, "a part of the way"),
        ({"step": "0s"}, "a step of the regression"),
        ({"market": "BTC/USDT"}, "a price of BTC/USDT"),
    ],
)
def test_what_cannot_be_counted(by_hand: lp.Tape, wrong: dict[str, object], says: str) -> None:
    with pytest.raises(lp.LPGreeksError, match=says):
        lp.dislocations(by_hand, **wrong)  # type: ignore[arg-type]


def test_both_prices_must_be_there(by_hand: lp.Tape) -> None:
    assert by_hand.pool is not None
    for tape in (lp.Tape(quotes=by_hand.quotes), lp.Tape(pool=by_hand.pool)):
        with pytest.raises(lp.InputError, match="quotes and a pool"):
            lp.dislocations(tape)
    (own,) = by_hand.quotes  # type: ignore[misc]
    other = lp.Quotes(market="ETH/USDT", times=own.times, bid=own.bid + 1, ask=own.ask + 1, source="made")
    two = lp.Tape(quotes=[own, other], pool=by_hand.pool)
    with pytest.raises(lp.InputError, match="one market of the tape"):
        lp.dislocations(two)
    found = lp.dislocations(two, market="ETH/USDT")
    assert found.market == "ETH/USDT"
    assert found.gaps[0] == pytest.approx(0.01)
