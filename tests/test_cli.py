"""The command line as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from tests.running import printed, record_of, run

COMMAND = [sys.executable, "-c", "from lpgreeks.cli import main; main()"]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    hours = pd.date_range("2023-04-01", periods=24 * 40, freq="1h", tz="UTC")
    close = 1_800 * np.exp(np.cumsum(rng.normal(0, 0.006, len(hours))))
    path = tmp_path / "prices.csv"
    pd.DataFrame({"time": hours, "close": close}).to_csv(path, index=False)
    return path


def test_no_arguments_answer_the_question() -> None:
    text = run("hedge").stdout
    assert text.startswith(
        "Short 24.0586 ETH of linear perpetual ETH/USDC: the standard deviation of the value in USDC"
    )
    for word in ("certificate", "naive hedge", "Exchangeable", "3.6% below the 24.9644 ETH", "driftless"):
        assert word in text


def test_json_equals_the_library() -> None:
    flags = ["--value", "50000", "--price", "1867", "--lower", "1774", "--upper", "1960", "--volatility", "0.8"]
    record = record_of(run("hedge", *flags, "--days", "14", "--leg", "inverse", "--keep", "coins", "--json").stdout)
    pool = lp.UniswapV3.from_value(50_000, base="ETH", quote="USDC", price=1_867, lower=1_774, upper=1_960)
    model = lp.Lognormal(price=1_867, volatility=0.8, years=14 / 365)
    leg = lp.InversePerp(base="ETH", quote="USDC", entry=1_867)
    plan = lp.hedge(pool, [leg], model, objective=lp.Variance(lp.Amount("ETH")))
    assert record == json.loads(json.dumps(plan.to_dict()))


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--full-range", "--keep", "coin-value", "--drift", "0.1"],
        ["--keep", "amounts", "--leg", "inverse", "--leg", "linear"],
        ["--delta-at-most", "10", "--delta-at-least", "-1", "--short-at-most", "20000"],
        ["--keep", "excess", "--prices", "FILE", "--window", "5D", "--exit", "range"],
        ["--max-leverage", "5", "--liquidation-chance", "0.01", "--budget", "120000", "--maintenance", "0.005"],
        ["--minimise", "cvar", "--level", "0.9", "--survive", "1500", "2400", "--tie-break", "cost", "--fee", "0.0005"],
        ["--minimise", "worst-case", "--worst-over", "1500", "2300", "--leg", "linear", "--survive-range"],
        [
            "--minimise",
            "mean-variance",
            "--aversion",
            "1e-4",
            "--drift",
            "0.2",
            "--funding",
            "0.0001",
            "--leg",
            "linear",
        ],
        ["--pool-size-at-most", "1", "--budget", "100000", "--max-leverage", "3", "--effectiveness", "0.5"],
        ["--in-hand", "ETH=40", "--in-hand", "USDC=90000", "--max-leverage", "4", "--slippage", "0.0001"],
        [
            "--gas",
            "10",
            "--swap-fee",
            "0.0005",
            "--pool-fee",
            "0.0005",
            "--pool-volume",
            "1e8",
            "--pool-liquidity",
            "5e6",
        ],
        ["--inverse-venue", "binance-coin-m", "--leg", "inverse", "--on", "2023-05-01", "--liquidation-chance", "0.02"],
        [
            "--prices",
            "FILE",
            "--perp-prices",
            "FILE",
            "--buffer",
            "0.1",
            "--max-leverage",
            "5",
            "--minimise",
            "semivariance",
        ],
    ],
    ids=lambda f: " ".join(f) or "default",
)
def test_code_is_the_equivalent_script(flags: list[str], csv: Path) -> None:
    flags = [str(csv) if f == "FILE" else f for f in flags]
    assert printed(run("hedge", *flags, "--code").stdout) == run("hedge", *flags).stdout


def test_code_runs_in_a_new_process() -> None:
    script = run("hedge", "--code").stdout
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True).stdout
    assert out == run("hedge").stdout


def test_bounds_of_the_flags_are_in_coins_and_in_notional() -> None:
    record = record_of(run("hedge", "--short-at-most", "19000", "--leg", "linear", "--json").stdout)
    assert record["legs"][0]["quantity"] == pytest.approx(-10)
    record = record_of(run("hedge", "--short-at-most", "19000", "--leg", "inverse", "--json").stdout)
    assert record["legs"][0]["quantity"] == pytest.approx(-19_000)
    record = record_of(run("hedge", "--delta-at-most", "3", "--delta-at-least", "2", "--json").stdout)
    assert record["net_delta"]["ETH"] == pytest.approx(2)


def test_prices_from_a_file(csv: Path) -> None:
    text = run("hedge", "--prices", str(csv)).stdout
    assert "33 windows of 7 days stepped 1 day, each rescaled to start at 1,900" in text
    assert "n = 33, worth 5.6 independent outcomes" in text
    assert "std error" in text


def test_payoff_and_greeks_tables() -> None:
    text = run("payoff", "--short", "24", "--income", "900").stdout
    assert "break-evens: 1,792.76, 2,025.15" in text
    record = record_of(run("payoff", "--short", "24", "--income", "900", "--json").stdout)
    pool = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)
    total = pool - 24 * lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
    assert record["break_evens"] == total.break_evens(start=1_900, income=900).tolist()
    rows = json.loads(run("greeks", "--json").stdout)["rows"]
    assert rows[10]["delta [ETH]"] == pytest.approx(pool.delta(1_900))
    assert "gamma [ETH per USDC]" in run("greeks").stdout


@pytest.mark.parametrize("command", ["hedge", "payoff", "greeks"])
def test_out_writes_whole_files(command: str, tmp_path: Path) -> None:
    for ending, start in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF"), (".csv", None), (".json", b"{")):
        path = tmp_path / f"out{ending}"
        run(command, "--out", str(path))
        content = path.read_bytes()
        assert len(content) > 60
        assert start is None or content.startswith(start)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"out{e}" for e in (".csv", ".json", ".pdf", ".png", ".svg")]
    assert "a file ending in" in run(command, "--out", str(tmp_path / "out.txt"), code=2).stderr
    assert "a file in an existing folder" in run(command, "--out", str(tmp_path / "no" / "out.png"), code=2).stderr


def test_several_files_of_one_answer(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.csv", "b.json", "c.toml")]
    shown = run("hedge", *(word for file in files for word in ("--out", str(file))))
    assert shown.stdout == run("hedge").stdout
    assert record_of(files[1].read_text()) == record_of(run("hedge", "--json").stdout)
    assert run("hedge", "--scenario", str(files[2])).stdout == shown.stdout
    assert files[0].read_text().count("\n") > 1


def test_data_check(csv: Path, tmp_path: Path) -> None:
    assert "usable" in run("data", "check", str(csv)).stdout
    lines = csv.read_text().splitlines()
    spoiled = tmp_path / "spoiled.csv"
    spoiled.write_text("\n".join([*lines[:50], lines[49], *lines[50:], ""]))
    done = run("data", "check", str(spoiled), code=3)
    assert "duplicate times: 1" in done.stdout
    assert json.loads(run("data", "check", str(spoiled), "--json", code=3).stdout)["usable"] is False
    assert "duplicate times: 1" in run("hedge", "--prices", str(spoiled), code=3).stderr


@pytest.mark.parametrize(
    ("flags", "code", "text"),
    [
        (["--lower", "2200", "--upper", "2100"], 2, "lower below upper; got lower=2200, upper=2100 [USDC per ETH]"),
        (["--price", "-1", "--lower", "1", "--upper", "2"], 2, "price to be positive"),
        (["--price", "-1"], 2, "price to be positive and finite; got price=-1.0 [quote per base]"),
        (["--price", "3000"], 2, "--lower, --upper or --full-range"),
        (["--full-range", "--lower", "5"], 2, "no --lower with --full-range"),
        (["--prices", "x.csv", "--days", "3"], 2, "no --days with --prices"),
        (["--window", "3D"], 2, "no --window with a model"),
        (["--volatility", "0"], 2, "volatility to be positive"),
        (["--volatility", "nan"], 2, "--volatility as a finite number"),
        (["--keep", "coins", "--leg", "linear"], 2, "A coin-margined leg moves the coins"),
        (
            ["--keep", "nonsense"],
            2,
            "expected --keep as one of value, coin-value, coins, dollars, amounts, excess; got",
        ),
        (["--voltility", "1"], 2, "expected a flag of lpgreeks hedge; got --voltility. Did you mean --volatility?"),
        (["--price", "dear"], 2, "expected --price as a number; got dear"),
        (["--prices", "nowhere.csv"], 3, "an existing file"),
        (["--prices", "."], 3, "kline files"),
        (["--delta-at-most", "1", "--short-at-most", "1000"], 4, "Any one of these is enough"),
        (["--exit", "range"], 2, "Draw some: model.sample"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_mistakes_end_in_one_line_and_a_code(
    flags: list[str], code: int, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("hedge", *flags, code=code)
    assert text in done.stderr
    assert done.stdout == ""


def test_truncated_and_foreign_files(tmp_path: Path, csv: Path) -> None:
    for name, content in (
        ("a.zip", b"PK\x03\x04"),
        ("a.tar.xz", b"\xfd7zXZ"),
        ("a.parquet", b"PAR1"),
        ("a.csv", b"\x00\xff\xfe"),
        ("b.csv", b""),
        ("c.csv", csv.read_bytes()[:-8]),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        done = run("hedge", "--prices", str(path), code=3)
        assert done.stderr.startswith("lpgreeks: expected")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("line", ["--debug hedge --lower 3 --upper 2", "hedge --lower 3 --upper 2 --debug"])
def test_debug_shows_the_traceback(line: str) -> None:
    done = run(*line.split(), code=2)
    assert done.stderr.startswith("Traceback")
    assert done.stderr.splitlines()[-1].startswith("lpgreeks: expected lower below upper; got lower=3, upper=2")
    assert done.stdout == ""


def test_version() -> None:
    assert run("--version").stdout.strip() == lp.__version__


def test_code_of_a_mistake_says_so_when_it_runs() -> None:
    wrong = ["hedge", "--lower", "2100", "--upper", "1700"]
    with pytest.raises(lp.InputError) as found:
        printed(run(*wrong, "--code").stdout)
    assert str(found.value) in run(*wrong, code=2).stderr
    # What flags alone can tell is said at once.
    assert run("hedge", "--lower", "nan", "--code", code=2).stdout == ""


def test_a_closed_pipe_is_no_defect() -> None:
    command = f'{sys.executable} -c "from lpgreeks.cli import main; main()" hedge --json | head -n 1'
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == "{\n"
    assert "defect" not in done.stderr


def test_help_shows_an_example() -> None:
    text = run("hedge", "--help").stdout
    assert "Examples:\n  lpgreeks hedge" in text
    assert "decimal: 0.65 is 65 %" in text


# ---- accounts, venues, ranges, frontiers


def test_flags_of_accounts_mean_what_they_say() -> None:
    flags = ["--leg", "linear", "--max-leverage", "4", "--maintenance", "0.005", "--json"]
    record = record_of(run("hedge", *flags).stdout)
    (account,) = record["accounts"]
    short = -record["legs"][0]["quantity"]
    assert account["leverage"] == pytest.approx(4)
    assert account["collateral"] == pytest.approx(short * 1_900 / 4)
    # Collateral and entry pay for the loss and the maintenance at the price where it ends.
    assert account["liquidation"]["ETH/USDC"]["above"] == pytest.approx(1_900 * 1.25 / 1.005)
    assert record["capital"] == pytest.approx(100_000 + account["collateral"])


def test_costs_are_printed_with_the_plan() -> None:
    flags = ["--gas", "10", "--pool-fee", "0.0005", "--pool-volume", "1e8", "--pool-liquidity", "5e6"]
    text = run("hedge", *flags).stdout
    assert "pool fees" in text
    assert "the stated pool pays" in text
    assert json.loads(run("hedge", *flags, "--json").stdout)["economics"]["fees"] > 0


def test_no_way_but_with_more_money() -> None:
    done = run(
        "hedge", "--leg", "linear", "--budget", "101000", "--max-leverage", "5", "--effectiveness", "0.78", code=4
    )
    assert "a budget of" in done.stderr
    assert "a leverage of" in done.stderr
    budget = done.stderr.partition("a budget of ")[2].partition("Any one")[2].partition("a budget of ")[2].split()[0]
    again = ["--leg", "linear", "--budget", budget.replace(",", ""), "--max-leverage", "5", "--effectiveness", "0.78"]
    assert "binding" in run("hedge", *again).stdout


def test_a_range_for_a_number_of_exits() -> None:
    record = record_of(run("range", "2", "--price", "1867", "--volatility", "0.8", "--json").stdout)
    lower, upper = record["lower"], record["upper"]
    assert lower * upper == pytest.approx(1_867**2)
    # Driftless logs would leave ln(w)**2 / sigma**2 years apart; the drift of -sigma**2 / 2 changes little here.
    weeks = np.log(upper / 1_867) ** 2 / 0.8**2 * 365 / 7
    assert weeks == pytest.approx(1 / 2, rel=1e-2)
    assert "it is left with a chance of" in run("range", "2").stdout


def test_venues_are_printed_with_their_flags(tmp_path: Path) -> None:
    assert run("data", "venues").stdout.split() == list(lp.venue_names())
    text = run("data", "venues", "binance-coin-m", "--on", "2023-05-01").stdout
    assert "ETHUSD_PERP" in text
    assert "https://" in text
    run("data", "venues", "binance-coin-m", "--on", "2023-05-01", "--out", str(tmp_path / "figures.csv"))
    assert {"source", "flag", "used"} <= set(pd.read_csv(tmp_path / "figures.csv").columns)
    assert "from" in run("data", "venues", "binance-coin-m", "--on", "2001-01-01", code=3).stderr
    assert "--on" in run("data", "venues", "binance-coin-m", code=2).stderr


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--survive-range", "--liquidation-chance", "0.1"], "one of --survive"),
        (["--buffer", "0.1"], "Say over=(low, high), or probability=0.01"),
        (["--level", "0.9"], "It would have no effect"),
        (["--minimise", "mean-variance"], "--aversion"),
        (["--minimise", "cvar", "--keep", "amounts"], "one thing to keep"),
        (["--linear-venue", "okx"], "--on, the day"),
        (["--on", "2023-05-01"], "no --on with no venue"),
        (["--pool-fee", "0.003"], "Fees need all three"),
        (["--in-hand", "ETH"], "Like --in-hand ETH=30"),
        (["--budget", "90000"], "let the position's size give way"),
        (["--max-leverage", "-1"], "leverage to be positive"),
        (["--liquidation-chance", "1.5"], "probability"),
        (["--perp-prices", "x.csv"], "no --perp-prices with a model"),
    ],
)
def test_flags_that_mean_nothing_are_refused(flags: list[str], told: str) -> None:
    done = run("hedge", *flags, code=2)
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
