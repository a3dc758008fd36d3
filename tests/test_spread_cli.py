"""`lpgreeks spread` as a user types it, beside the same by the library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from tests.running import printed, record_of, run
from tests.test_spread_files import ROWS, marks, ticker, written

FAR, NEAR = "BTC-27MAR26", "BTC-PERPETUAL"
BAND = ["--pair", f"{FAR},{NEAR}", "--entry", "900", "--exit", "500", "--size", "10000"]


@pytest.fixture(autouse=True)
def _figures_are_closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two months of marks, six hours apart: a spread against the perpetual that comes in from 1,200 to 300."""
    n = 120
    times = pd.date_range("2026-01-01", periods=n, freq="6h", tz="UTC")
    rng = np.random.default_rng(3)
    perpetual = 90_000 * np.exp(np.cumsum(rng.normal(0.0, 4e-3, n)))
    spread = np.linspace(1_200, 300, n) + rng.normal(0.0, 30.0, n)
    rows = [marks().iloc[[1]].assign(time=t, perp_price=p, snapshot_underlying_mark=p + s, futures_price=p + s)
            for t, p, s in zip(times, perpetual, spread, strict=True)]  # fmt: skip
    found = tmp_path_factory.mktemp("marks") / "marks.parquet"
    pd.concat(rows, ignore_index=True).to_parquet(found)
    return found


def of(file: Path, *more: str) -> list[str]:
    return ["spread", str(file), "--half-spread", "0.0002", *more]


def test_every_pair_is_the_library_s(file: Path) -> None:
    curve = lp.TermStructure(contracts=lp.read_futures_marks(file, half_spread=2e-4))
    assert run(*of(file)).stdout == f"{curve}\n"
    assert run(*of(file, "--at", "2026-01-05")).stdout == f"{curve.summary('2026-01-05')}\n"
    record = record_of(run(*of(file, "--json")).stdout)
    assert record == json.loads(json.dumps(curve.to_dict()))
    (row,) = record["pairs"]
    assert row["sell"] == curve.pairs[0].sell[-1]
    assert row["sell_depth"] is None
    assert run(*of(file, "--pair", f"{FAR},{NEAR}", "--at", "2026-01-05")).stdout == (
        f"{curve.spread(FAR, NEAR).at('2026-01-05')}\n"
    )


def test_a_band_is_the_library_s_with_every_trade(file: Path, tmp_path: Path) -> None:
    more = ["--add", "50", "--most", "3", "--neutral", "proportional", "--fee", "0.0005", "--funding", "0.0001"]
    spread = lp.TermStructure(contracts=lp.read_futures_marks(file, half_spread=2e-4)).spread(FAR, NEAR)
    band = lp.SpreadBand.on(
        spread, size=10_000.0, entry=900.0, exit=500.0, add=50.0, most=3, moves=lp.ProportionalMoves()
    )
    result = lp.replay_spread(spread, band, fee=lp.Fee(taker=5e-4), funding=lp.Funding(rate=1e-4))
    assert run(*of(file, *BAND, *more)).stdout == f"{result}\n"
    record = record_of(run(*of(file, *BAND, *more, "--json")).stdout)
    assert record == json.loads(json.dumps(result.to_dict()))
    assert record["complete"]
    assert len(record["trades"]) == len(result.trades) >= 2
    coins = sum(t["result"] - t["fee"] for t in record["trades"]) + record["parts"]["funding"]
    assert coins * record["price"] == pytest.approx(record["net"], abs=0.005)
    table = tmp_path / "trades.csv"
    run(*of(file, *BAND, *more, "--out", str(table)))
    assert pd.read_csv(table)["spread"].tolist() == pytest.approx(result.trades.spread.tolist())
    without = run(*of(file, *BAND)).stdout
    assert "INCOMPLETE: without the funding" in " ".join(without.split())


@pytest.mark.parametrize(
    "more",
    [[], ["--at", "2026-01-05"], ["--pair", f"{FAR},{NEAR}"], [*BAND, "--cash", "50000"],
     [*BAND, "--funding", "0.0001", "--funding-hours", "1", "--from", "2026-01-03"]],
)  # fmt: skip
def test_the_code_prints_what_the_command_does(file: Path, more: list[str]) -> None:
    code = run(*of(file, *more, "--code")).stdout
    assert "half_spread=0.0002" in code
    assert printed(code) == run(*of(file, *more)).stdout


@pytest.mark.parametrize("more", [[], ["--pair", f"{FAR},{NEAR}"], BAND])
def test_pictures_and_tables_are_written(file: Path, tmp_path: Path, more: list[str]) -> None:
    picture, table, record = (tmp_path / f"spread.{kind}" for kind in ("png", "csv", "json"))
    for out in (picture, table, record):
        run(*of(file, *more, "--out", str(out)))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert json.loads(record.read_text()) == json.loads(run(*of(file, *more, "--json")).stdout)
    rows = pd.read_csv(table)
    assert len(rows) == (2 if more is BAND else 120)


def test_each_picture_is_one_of_its_own(file: Path, tmp_path: Path) -> None:
    drawn = {}
    for name in ("all", "pairs", "basis", "pair", "trades"):
        out = tmp_path / f"{name}.png"
        run(*of(file, *BAND, "--picture", name, "--out", str(out)))
        drawn[name] = out.read_bytes()
    assert len(set(drawn.values())) == len(drawn)
    out = tmp_path / "unsaid.png"
    for name, more in (("all", []), ("pair", BAND[:2]), ("trades", BAND)):
        run(*of(file, *more, "--out", str(out)))
        assert out.read_bytes() == drawn[name]


def test_names_of_a_pair_may_have_spaces_and_an_interval_is_what_was_said(file: Path) -> None:
    spaced = ["--pair", f"{FAR}, {NEAR}", *BAND[2:]]
    assert run(*of(file, *spaced)).stdout == run(*of(file, *BAND)).stdout
    said = ["--funding", "0.0001", "--funding-hours"]
    assert "hours to be positive and finite; got hours=0.0" in run(*of(file, *BAND, *said, "0"), code=2).stderr
    assert "hours=1.0" in run(*of(file, *BAND, *said, "1", "--code")).stdout


def test_funding_between_two_deliveries_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "marks.parquet"
    marks().to_parquet(file)
    pair = ["--pair", "BTC-27MAR26,BTC-30JAN26", "--entry", "500", "--exit", "100", "--size", "100"]
    assert "it made" in run(*of(file, *pair)).stdout
    refused = run(*of(file, *pair, "--funding", "0.0001"), code=2).stderr
    assert "no funding with two dated contracts" in refused
    assert "It would have no effect" in refused


def test_tickers_show_depth_in_coins(tmp_path: Path) -> None:
    file = written(tmp_path, ROWS)
    out = run("spread", str(file), "--contract-size", "BTC:100,USDT:0.01").stdout
    curve = lp.TermStructure(contracts=lp.read_tickers(file, contract_size={"BTC": 100.0, "USDT": 0.01}))
    assert out == f"{curve}\n"
    line = next(line for line in out.splitlines() if line.startswith("BTC-USDT-210924"))
    assert line.split() == ["BTC-USDT-210924", "BTC-USDT-SWAP", "97.20", "110.10", "103.65", "22.83", "3.38%", "3.38%",
                            "0.700000", "0.500000"]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ([], 2, "--half-spread, half of the spread of marks, up to 0.01"),
        (["--half-spread", "2"], 2, "got 2 [decimal of the price]"),
        (["--half-spread", "nan"], 2, "--half-spread as a finite number"),
        (["--half-spread", "0.0002", "--contract-size", "BTC:1"], 2, "no --contract-size with marks"),
        (["--half-spread", "0.0002", "--exit", "3"], 2, "no --exit with no --entry"),
        (["--half-spread", "0.0002", "--entry", "3"], 2, "--exit beside --entry"),
        (["--half-spread", "0.0002", "--entry", "3", "--exit", "1", "--size", "1"], 2, "--pair, far and near by name"),
        (["--half-spread", "0.0002", "--pair", "X,Y"], 2, "a contract that is quoted"),
        (["--half-spread", "0.0002", *BAND, "--at", "2026-01-05"], 2, "no --at with --entry"),
        (["--half-spread", "0.0002", *BAND, "--funding-hours", "1"], 2, "no --funding-hours with no --funding"),
        (["--half-spread", "0.0002", "--out", "x.txt"], 2, "a file ending in .csv, .html, .json"),
        (["--half-spread", "0.0002", "--picture", "all"], 2, "no --picture with no --out"),
        (["--half-spread", "0.0002", "--picture", "pair", "--out", "x.png"], 2, "one of all, pairs, basis; got pair"),
        (["--half-spread", "0.0002", "--picture", "trades", "--out", "x.png"], 2, "got trades. pair is of --pair"),
        (["--half-spread", "0.0002", "--pair", "X,"], 2, "--pair, far and near by name"),
        (["--half-spread", "0.0002", "--at", "2020-01-01"], 3, "none before"),
        (["--half-spread", "0.0002", "--pair", f"{FAR},{NEAR}", "--at", "2026-01-05", "--out", "x.png"], 2,
         "two or more stamps to draw"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(file: Path, more: list[str], code: int, said: str) -> None:
    assert said in run("spread", str(file), *more, code=code).stderr


def test_other_files_are_refused(tmp_path: Path) -> None:
    assert "expected a file of contracts, or --scenario; got neither" in run("spread", code=2).stderr
    crossed = written(tmp_path, [ticker("BTC-USDT-210924", "11", "10"), ticker("BTC-USDT-SWAP", "9", "10")])
    assert "1 crossed" in run("spread", str(crossed), code=3).stderr
    assert "no --half-spread with tickers" in run("spread", str(crossed), "--half-spread", "0.0001", code=2).stderr
    assert "--contract-size by" in run("spread", str(crossed), "--contract-size", "x", code=2).stderr


@pytest.mark.parametrize(
    ("more", "offered"),
    [
        (["--at", "2026-01-20"], ["all", "pairs", "basis"]),
        (["--pair", f"{FAR},{NEAR}"], ["pair"]),
        ([*BAND, "--fee", "0.0005"], ["trades"]),
    ],
    ids=["all", "pair", "band"],
)
def test_a_file_gives_the_pictures_that_it_has(more: list[str], offered: list[str], file: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked.toml"
    text = run(*of(file, *more, "--out", str(asked))).stdout
    assert run("spread", "--scenario", str(asked)).stdout == text
    assert printed(run("spread", "--scenario", str(asked), "--code").stdout) == text
    for picture in ("all", "pairs", "basis", "pair", "trades"):
        out = tmp_path / f"{picture}.png"
        flags = ["spread", "--scenario", str(asked), "--picture", picture, "--out", str(out)]
        if picture in offered:
            run(*flags)
        else:
            assert f"--picture as one of {', '.join(offered)}; got {picture}" in run(*flags, code=2).stderr
        assert out.exists() == (picture in offered)
    page = run(
        "spread", "--scenario", str(asked), "--out", str(tmp_path / "x.html"), code=0 if "trades" in offered else 2
    )
    assert ("--out as a file ending in" in page.stderr) == ("trades" not in offered)
