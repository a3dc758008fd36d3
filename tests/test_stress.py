"""The worst stretches of a history: by hand, and against a slow loop on real minutes."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

import lpgreeks as lp
from tests.tolerances import ROUNDING

# Eight days of one close each; the lows and highs of a day lie about its close.
CLOSES = [100.0, 110.0, 99.0, 99.0, 120.0, 90.0, 100.0, 100.0]
LOWS = [100.0, 98.0, 90.0, 95.0, 99.0, 88.0, 70.0, 99.0]
HIGHS = [100.0, 112.0, 111.0, 140.0, 121.0, 120.0, 101.0, 101.0]


def history(rows: list[int] | None = None) -> lp.History:
    days = np.datetime64("2023-04-01", "ns") + np.timedelta64(1, "D") * np.arange(len(CLOSES))
    kept = list(range(len(CLOSES))) if rows is None else rows
    columns = {
        name: np.array(values)[kept][:, None] for name, values in (("prices", CLOSES), ("lows", LOWS), ("highs", HIGHS))
    }
    return lp.History(markets=("ETH/USDC",), times=days[kept], step=np.timedelta64(1, "D"), **columns)


def test_by_hand() -> None:
    found = lp.stress(history(), spans=["1D", "2D"])
    rows = {(w.span, w.rule): w for w in found.windows}
    assert len(rows) == 8
    fall = rows["1 day", "largest fall"]
    # 120 to 90 on the sixth day; it went as low as 88 and no higher than where it began.
    assert (fall.move, str(fall.start)[:10], str(fall.end)[:10]) == (-0.25, "2023-04-05", "2023-04-06")
    assert (fall.low, fall.high) == (pytest.approx(88 / 120 - 1), 0.0)
    assert fall.volatility == pytest.approx(math.log(0.75) * -math.sqrt(365))
    assert fall.label == "largest fall in 1 day to 2023-04-06 00:00"
    rise = rows["1 day", "largest rise"]
    assert rise.move == pytest.approx(120 / 99 - 1)
    # 95 to 140 on a close of 99.
    widest = rows["1 day", "largest range"]
    assert (widest.low, widest.high) == (pytest.approx(95 / 99 - 1), pytest.approx(140 / 99 - 1))
    assert rows["1 day", "largest volatility"].end == fall.end
    # Two days: 99 to 90 is -9 %, 120 to 100 is -17 %, and the rise of 99 to 120 began a day earlier.
    assert rows["2 days", "largest fall"].move == pytest.approx(100 / 120 - 1)
    assert str(rows["2 days", "largest rise"].start)[:10] == "2023-04-03"
    wild = rows["2 days", "largest volatility"]
    squares = math.log(120 / 99) ** 2 + math.log(90 / 120) ** 2
    assert wild.volatility == pytest.approx(math.sqrt(squares * 365 / 2))
    assert found.notes == ()


def test_of_equal_windows_the_first_counts() -> None:
    days = np.datetime64("2023-04-01", "ns") + np.timedelta64(1, "D") * np.arange(5)
    closes = np.array([[100.0], [50.0], [100.0], [50.0], [100.0]])
    twice = lp.History(
        markets=("ETH/USDC",), times=days, prices=closes, lows=closes, highs=closes, step=np.timedelta64(1, "D")
    )
    starts = {w.rule: str(w.start)[:10] for w in lp.stress(twice, spans=["1D"]).windows}
    assert starts["largest fall"] == "2023-04-01"
    assert starts["largest rise"] == "2023-04-02"


def test_gaps_and_lengths_that_do_not_fit_are_named_and_left_out() -> None:
    holed = history([0, 1, 2, 4, 5, 6, 7])
    found = lp.stress(holed, spans=["1D", "2D", "30D"])
    assert {w.span for w in found.windows} == {"1 day", "2 days"}
    # The rise of 99 to 120 took two days now, over the gap.
    assert max(w.move for w in found.windows if w.span == "1 day") == pytest.approx(10 / 90)
    assert found.notes == (
        "windows of 1 day left out: 1 over a gap",
        "windows of 2 days left out: 2 over a gap",
        "windows of 30 days left out: none is whole",
    )
    with pytest.raises(lp.DataError, match="a gapless window"):
        lp.stress(holed, spans=["30D"])


def test_what_only_rises_has_no_largest_fall() -> None:
    days = np.datetime64("2023-04-01", "ns") + np.timedelta64(1, "D") * np.arange(4)
    closes = np.array([[1.0], [2.0], [3.0], [4.0]])
    risen = lp.History(
        markets=("ETH/USDC",), times=days, prices=closes, lows=closes, highs=closes, step=np.timedelta64(1, "D")
    )
    assert [w.rule for w in lp.stress(risen, spans=["1D"]).windows] == [
        "largest rise", "largest range", "largest volatility",
    ]  # fmt: skip


def test_rows_of_a_table_bear_their_dates_and_their_lows_liquidate() -> None:
    pool = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)
    perp = lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
    leg = lp.Leg(perp, collateral="USDC", maintenance=lp.Proportional(rate=0.01))
    week = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
    plan = lp.hedge(pool, [leg], week, objective=lp.Variance(lp.Value("USDC")), constraints=[lp.MaxLeverage(4)])
    worst = lp.stress(history(), spans=["1D"])
    table = lp.scenario_table(plan, moves=worst, days=[1])
    assert table.labels == tuple(w.label for w in worst.windows)
    assert table.moves.tolist() == [w.move for w in worst.windows]
    # A short is liquidated about +24 %. The widest day closes 21 % up and was 41 % up: only its high says so.
    assert table.liquidated[:, 0].tolist() == [False, False, True, False]
    assert 1.24 > table.liquidations[0].above > 1 + worst.windows[2].move
    plain = lp.scenario_table(plan, moves=sorted({w.move for w in worst.windows}), days=[1])
    assert not plain.liquidated.any()
    assert list(table.table()["stress"]) == list(table.labels)
    assert table.labels[0] in table.summary()
    assert max(map(len, table.summary().splitlines())) <= 100
    assert len(table.plot_grid().images[0].get_array()[0]) == 4


def test_words_and_records() -> None:
    found = lp.stress(history(), spans=["1D", "7D"])
    text = str(found)
    assert max(map(len, text.splitlines())) <= 100
    assert "-25.0% in 1 day to 2023-04-06 00:00" in found.sentence()
    assert len(found.table()) == len(found.windows) == len(found.to_dict()["windows"])
    assert found.to_dict()["windows"][0]["end"] == "2023-04-06 00:00"
    assert found._repr_html_().startswith("<p><b>ETH/USDC: ")


def test_what_means_nothing_is_refused() -> None:
    with pytest.raises(lp.InputError, match="a history of prices"):
        lp.stress([1.0, 2.0])  # type: ignore[arg-type]
    with pytest.raises(lp.InputError, match="a whole number of steps"):
        lp.stress(history(), spans=["12h"])
    for spans in ("1D", [], np.timedelta64(1, "D")):
        with pytest.raises(lp.InputError, match="a list of one or more"):
            lp.stress(history(), spans=spans)  # type: ignore[arg-type]
    with pytest.raises(lp.MarketError):
        lp.stress(history(), market="BTC/USDC")
    both = lp.align(history(), lp.History(**{**vars(history()), "markets": ("BTC/USDC",)}))
    with pytest.raises(lp.InputError, match="one market"):
        lp.stress(both)
    assert lp.stress(both, market="BTC/USDC").market == "BTC/USDC"


def slow(rows: list[tuple[int, float, float, float]], length: int) -> dict[str, tuple[int, float]]:
    """By rule, the minute at which the first extreme window begins, and how large it is: one bar at a time."""
    best: dict[str, tuple[int, float]] = {}
    place = {minute: i for i, (minute, *_) in enumerate(rows)}
    for i, (minute, _, _, close) in enumerate(rows):
        j = place.get(minute + length)
        if j is None or j - i != length:
            continue
        move = rows[j][3] / close - 1
        for rule, size in (("largest fall", -move), ("largest rise", move)):
            if size > best.get(rule, (0, 0.0))[1]:
                best[rule] = (minute, size)
    return best


def slow_range(rows: list[tuple[int, float, float, float]], first: int, length: int) -> tuple[float, float, float]:
    """Low, high and realised volatility of one window, one bar at a time."""
    close, low, high, squares = rows[first][3], math.inf, -math.inf, 0.0
    for k in range(first + 1, first + length + 1):
        low, high = min(low, rows[k][1]), max(high, rows[k][2])
        squares += math.log(rows[k][3] / rows[k - 1][3]) ** 2
    return min(low / close - 1, 0.0), max(high / close - 1, 0.0), math.sqrt(squares * 365 * 1_440 / length)


def test_against_a_slow_loop_on_real_minutes(real_data: Path, tmp_path: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    file = real_data / "binance-1m-2023-04-05" / "ETHUSDT-spot-1m.parquet"
    pyarrow.csv.write_csv(pyarrow.parquet.read_table(file), tmp_path / "minutes.csv")
    with (tmp_path / "minutes.csv").open() as lines:
        read = list(csv.DictReader(lines))
    clock = "open_time" if "open_time" in read[0] else next(iter(read[0]))
    stamps = [np.datetime64(r[clock].rstrip("Z").replace(" ", "T"), "m") for r in read]
    rows = [
        (int((t - stamps[0]) / np.timedelta64(1, "m")), *(float(r[name]) for name in ("low", "high", "close")))
        for t, r in zip(stamps, read, strict=True)
    ]
    found = lp.stress(lp.read_prices(file, market="ETH/USDT"))
    original = lp.stress(lp.read_klines(file.with_name("original-ETHUSDT-spot-1m.tar.xz")))
    assert original.windows == found.windows
    begun = {minute: i for i, (minute, *_) in enumerate(rows)}
    windows = {(w.span, w.rule): w for w in found.windows}
    assert len(windows) == 12
    for span, days in (("1 day", 1), ("7 days", 7), ("30 days", 30)):
        for rule, (minute, size) in slow(rows, days * 1_440).items():  # type: ignore[arg-type]
            window = windows[span, rule]
            assert abs(window.move) == pytest.approx(size, rel=ROUNDING)
            # A close is known when its minute ends.
            assert window.start == stamps[0] + np.timedelta64(minute + 1, "m")
            low, high, volatility = slow_range(rows, begun[minute], days * 1_440)  # type: ignore[arg-type]
            assert (window.low, window.high) == (pytest.approx(low, rel=ROUNDING), pytest.approx(high, rel=ROUNDING))
            assert window.volatility == pytest.approx(volatility, rel=1e-9)
    # The widest and the wildest, among every 97th window.
    for span, days in (("1 day", 1), ("7 days", 7)):
        widest, wildest = windows[span, "largest range"], windows[span, "largest volatility"]
        for i in range(0, len(rows) - days * 1_440, 97 * days * days):
            if rows[i + days * 1_440][0] - rows[i][0] == days * 1_440:
                low, high, volatility = slow_range(rows, i, days * 1_440)  # type: ignore[arg-type]
                assert high - low <= widest.high - widest.low + 1e-12
                assert volatility <= wildest.volatility + 1e-9
