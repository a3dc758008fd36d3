"""`lpgreeks scenario` as a user types it, beside the same by the library."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import lpgreeks as lp
from tests.running import printed, record_of, run

ASKED = ["scenario", "--short", "24", "--put", "1700=20", "--call", "2100=-5", "--moves=-0.3,-0.1,0,0.1,0.3",
         "--volatilities=-0.2,0,0.2", "--days", "0,3,10", "--funding", "0,0.0001,0.0005",
         "--income-per-day", "130"]  # fmt: skip


@pytest.fixture(autouse=True)
def _figures_are_closed() -> Iterator[None]:
    yield
    plt.close("all")


def by_library() -> lp.ScenarioTable:
    tokens = {"base": "ETH", "quote": "USDC"}
    pool = lp.UniswapV3.from_value(100_000, price=1_900, lower=1_700, upper=2_100, **tokens)
    put, call = lp.Put(strike=1_700, years=14 / 365, **tokens), lp.Call(strike=2_100, years=14 / 365, **tokens)
    return lp.scenario_table(
        pool - 24 * lp.LinearPerp(entry=1_900, **tokens) + 20 * put - 5 * call, start=1_900,
        moves=[-0.3, -0.1, 0, 0.1, 0.3], volatilities=[-0.2, 0, 0.2], days=[0, 3, 10], funding=[0, 1e-4, 5e-4],
        income_per_day=130, volatility=0.65,
    )  # fmt: skip


def test_text_record_script_and_files_are_one(tmp_path: Path) -> None:
    made = by_library()
    done = run(*ASKED)
    assert done.stdout == f"{made}\n"
    assert max(map(len, done.stdout.splitlines())) <= 100
    record = record_of(run(*ASKED, "--json").stdout)
    assert record == json.loads(json.dumps(made.to_dict()))
    assert printed(run(*ASKED, "--code").stdout) == done.stdout
    for name in ("table.csv", "table.json", "picture.png", "picture.svg"):
        run(*ASKED, "--out", str(tmp_path / name))
    assert record_of((tmp_path / "table.json").read_text()) == record
    with (tmp_path / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(r["total [USDC]"]) for r in rows] == pytest.approx(made.total.ravel().tolist(), rel=1e-14)
    for picture in ("days", "volatility", "funding"):
        run(*ASKED, "--out", str(tmp_path / f"{picture}.png"), "--picture", picture)
        assert (tmp_path / f"{picture}.png").stat().st_size > 10_000


def test_without_flags_it_is_the_hedge_of_hedge() -> None:
    record = json.loads(run("scenario", "--json").stdout)
    plan = json.loads(run("hedge", "--leg", "linear", "--json").stdout)
    quantity = plan["legs"][0]["quantity"]
    assert record["axes"]["days"] == [0, 3, 7]
    (row,) = [r for r in record["rows"] if (r["move"], r["days"], r["funding rate"]) == (0.3, 0, 0)]
    assert row["linear perpetual ETH/USDC [USDC]"] == pytest.approx(quantity * 570)
    script = run("scenario", "--code").stdout
    assert "lp.scenario_table(\n    plan,\n" in script
    assert printed(script) == run("scenario").stdout


@pytest.mark.parametrize(("measure", "token", "leg"), [("coins", "ETH", "inverse"), ("dollars", "USDC", "linear")])
def test_in_coins_or_in_dollars(measure: str, token: str, leg: str) -> None:
    record = json.loads(run("scenario", "--measure", measure, "--leg", leg, "--json").stdout)
    assert record["token"] == token
    assert record["measure"] == f"the amount of {token}"


def test_accounts_and_costs_are_those_of_a_plan() -> None:
    flags = ["--max-leverage", "4", "--maintenance", "0.01", "--fee", "0.0005", "--days", "7", "--funding", "0"]
    record = json.loads(run("scenario", *flags, "--json").stdout)
    assert record["components"][-3:] == ["funding", "entry costs", "exit costs"]
    assert record["liquidations"][0]["above"] == pytest.approx(1_900 * 1.25 / 1.01)
    assert [r["liquidated"] != "" for r in record["rows"]] == [False] * 6 + [True]


def test_stress_windows_are_rows(tmp_path: Path) -> None:
    times = np.datetime64("2023-04-01", "s") + np.timedelta64(3_600, "s") * np.arange(24 * 40)
    rng = np.random.default_rng(5)
    closes = 1_900 * np.exp(np.cumsum(rng.normal(0.0, 6e-3, times.size)))
    file = tmp_path / "hours.csv"
    lines = [f"{t},{p!r}" for t, p in zip(times, closes.tolist(), strict=True)]
    file.write_text("\n".join(["time,close", *lines]) + "\n")
    done = run("scenario", "--stress", str(file), "--days", "7")
    worst = lp.stress(lp.read_prices(file, market="ETH/USDC"))
    assert all(label in done.stdout for label in (w.label for w in worst.windows))
    assert printed(run("scenario", "--stress", str(file), "--days", "7", "--code").stdout) == done.stdout


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--moves=-30,30"], "A fall of 30 % is -0.3"),
        (["--moves="], "--moves as numbers"),
        (["--days", "a"], "--days as numbers"),
        (["--days=-1"], "0 or more"),
        (["--funding", "0.05"], "0.01 % is 0.0001"),
        (["--measure", "amounts"], "one thing to count"),
        (["--put", "1700=20"], "no --put"),
        (["--short", "24", "--put", "1700"], "Like --put 1800=20"),
        (["--short", "24", "--leg", "linear"], "no --leg with --short"),
        (["--short", "24", "--max-leverage", "5"], "no --max-leverage with --short"),
        (["--short", "24", "--fee", "0.0005"], "no --fee with --short"),
        (["--short", "24", "--volatility", "0.5"], "no --volatility"),
        (["--short", "24", "--expiry", "5"], "no --expiry"),
        (["--short", "nan"], "finite"),
        (["--stress", "x.csv", "--moves=0.1"], "no --moves with --stress"),
        (["--out", "table.txt"], "a file ending in"),
    ],
)
def test_a_flag_that_means_nothing_is_refused_in_one_line(flags: list[str], says: str) -> None:
    done = run("scenario", *flags, code=2)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def test_a_file_that_is_not_there_is_named() -> None:
    assert "nothing.csv" in run("scenario", "--stress", "nothing.csv", code=3).stderr
