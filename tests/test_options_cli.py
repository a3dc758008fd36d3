"""The command that chooses options, as a user types it, on a made-up chain and on a real one."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from tests.running import printed, record_of, run
from tests.test_chains import records, summaries

DAY = "2026-01-30"
RANGE = ["--lower", "1800", "--upper", "2250"]

SOON = ["--days", "20"]
"""Before the expiry the best strikes of all are not known, and not searched for: most of what the command takes."""


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    path = tmp_path / "chain.csv"
    summaries(records()).to_csv(path, index=False)
    return path


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    hours = pd.date_range("2023-04-01", periods=24 * 200, freq="1h", tz="UTC")
    close = 1_800 * np.exp(np.cumsum(rng.normal(0, 0.006, len(hours))))
    path = tmp_path / "prices.csv"
    pd.DataFrame({"time": hours, "close": close}).to_csv(path, index=False)
    return path


def asked(path: Path, *flags: str, code: int = 0) -> str:
    done = run("options", "--chain", str(path), "--expiry", DAY, *RANGE, *flags, code=code)
    return done.stderr if code else done.stdout


def problem(path: Path) -> tuple[lp.Chain, lp.UniswapV3, lp.LinearPerp, lp.Lognormal]:
    """The same by hand; the volatility is that of the marks on a line between the strikes next to the forward."""
    chain = lp.read_chain(path).expiring(DAY)
    pool = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=2_000, lower=1_800, upper=2_250)
    perp = lp.LinearPerp(base="ETH", quote="USDC", entry=2_000)
    forward, (low, high) = 2_010.0, (0.6 + 0.1 * abs(np.log(np.array([2_000, 2_200]) / 2_010)))
    volatility = low + (high - low) * (forward - 2_000) / 200
    years = (datetime(2026, 1, 30, 8, tzinfo=UTC) - chain.at).total_seconds() / (365 * 86_400)
    return chain, pool, perp, lp.Lognormal(price=2_000, volatility=volatility, years=years)


def test_the_command_is_the_library(chain: Path) -> None:
    record = json.loads(asked(chain, "--leg", "linear", "--json"))
    quotes, pool, perp, law = problem(chain)
    usdc = lp.Variance(lp.Value("USDC"))
    one_each = [lp.AtMost(1, of=lp.Put), lp.AtMost(1, of=lp.Call)]
    plan = lp.hedge(pool, [perp, *lp.legs(quotes)], law, objective=usdc, constraints=one_each)
    assert record["risk"] == pytest.approx(plan.best.risk, rel=1e-6)
    assert [leg["quantity"] for leg in record["legs"]] == pytest.approx(plan.quantities, rel=1e-5)
    rivals = {row["hedge"]: row for row in record["comparison"]["rivals"]}
    assert [*rivals] == ["the plan", "perpetuals alone", "options alone", "any strikes, no bounds"]
    alone = lp.hedge(pool, [perp], law, objective=usdc)
    assert rivals["perpetuals alone"]["risk"] == pytest.approx(alone.best.risk, rel=1e-6)
    # Strikes of one's own choosing leave no more, and nothing leaves all.
    left = [rivals[name]["risk"] for name in ("any strikes, no bounds", "the plan", "perpetuals alone")]
    assert left == sorted(left)
    assert left[-1] < record["comparison"]["risk_unhedged"] == pytest.approx(plan.risk_unhedged, rel=1e-6)


def test_what_was_taken_from_the_chain_is_said(chain: Path) -> None:
    text = asked(chain, "--leg", "linear")
    assert "price 2,000.00 (its index); volatility 60.09% a year (at the money); 25.17 days to the expiry" in text
    for word in ("proven best", "perpetuals alone", "options alone", "any strikes", "nothing", "premium [USDC]"):
        assert word in text
    given = asked(chain, "--leg", "linear", "--price", "2100", "--volatility", "0.7")
    assert "price 2,100.00; volatility 70.00% a year; 25.17 days" in given


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--no-perp", "--puts", "2", "--calls", "0"],
        [*SOON, "--leg", "linear", "--premium-at-most", "500", "--vega-at-most", "20000"],
        [*SOON, "--leg", "linear", "--lots", "--option-venue", "deribit", "--unconfirmed"],
        ["--minimise", "cvar", "--calls", "0", "--leg", "linear", "--fee", "0.0005", "--tie-break", "cost"],
        ["--prices", "FILE", "--leg", "linear"],
        ["--days", "10", "--leg", "linear", "--volatility", "0.6", "--gas", "10"],
        [*SOON, "--leg", "linear", "--max-leverage", "5", "--budget", "140000", "--maintenance", "0.005"],
    ],
    ids=lambda f: " ".join(f) or "default",
)
def test_code_is_the_equivalent_script(flags: list[str], chain: Path, prices: Path) -> None:
    flags = [str(prices) if f == "FILE" else f for f in flags]
    assert printed(asked(chain, *flags, "--code")) == asked(chain, *flags)


def test_a_file_of_a_chain_prints_what_its_flags_print(chain: Path, tmp_path: Path) -> None:
    file = tmp_path / "chain.toml"
    text = asked(chain, *SOON, "--leg", "linear", "--fee", "0.0005", "--out", str(file))
    assert "at the money" in text
    assert run("options", "--scenario", str(file)).stdout == text
    assert printed(run("options", "--scenario", str(file), "--code").stdout) == text


def test_a_horizon_beyond_the_expiry_is_hedged_with_what_the_options_pay_on_their_day(chain: Path) -> None:
    flags = ["--days", "40", "--leg", "linear", "--puts", "1", "--calls", "0"]
    text = asked(chain, *flags)
    assert "options with 25.17 days left expire before the horizon" in " ".join(text.split())
    record = json.loads(asked(chain, *flags, "--json"))
    put = next(leg for leg in record["legs"] if "Put" in leg["instrument"] and leg["quantity"])
    assert put["notional"] == pytest.approx(abs(put["quantity"]) * 2_000.0)
    assert printed(asked(chain, *flags, "--code")) == text


def test_code_runs_in_a_new_process(chain: Path) -> None:
    flags = [*SOON, "--leg", "linear"]
    script = asked(chain, *flags, "--code")
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True).stdout
    assert out == asked(chain, *flags)


def test_windows_are_as_long_as_the_options(chain: Path, prices: Path) -> None:
    text = asked(chain, "--prices", str(prices), "--leg", "linear")
    assert "25.1667 days" in text or "604 hours" in text


def hedged(chain: Path, *flags: str) -> dict[str, Any]:
    return json.loads(asked(chain, *SOON, "--leg", "linear", *flags, "--json"))


def test_a_cap_on_premiums_binds(chain: Path) -> None:
    record = hedged(chain, "--premium-at-most", "400")
    assert record["premium"] <= 400 * (1 + 1e-9)
    assert "premium" in record["certificate"]["binding"][0]


def test_a_cap_on_vega_binds(chain: Path) -> None:
    assert hedged(chain, "--vega-at-most", "1000")["net_vega"]["ETH"] == pytest.approx(1_000)
    assert "vega" in run("hedge", "--vega-at-least", "1", code=4).stderr  # no perpetual has any


def test_lots_are_whole(chain: Path) -> None:
    record = hedged(chain, "--lots", "--option-venue", "deribit", "--unconfirmed")
    options = [leg["quantity"] for leg in record["legs"] if "Inverse" in leg["instrument"]]
    assert options == pytest.approx(np.round(options), abs=1e-9)
    assert len(options) == 2


def test_one_side_may_be_left_out(chain: Path) -> None:
    record = hedged(chain, "--puts", "1", "--calls", "0")
    assert [leg["instrument"] for leg in record["legs"]] == ["LinearPerp", "InversePut"]


def test_a_rival_that_cannot_be_says_why(chain: Path) -> None:
    text = asked(chain, *SOON, "--leg", "linear", "--effectiveness", "0.95")
    assert "- perpetuals alone: " in text
    assert "effectiveness" in text.split("- perpetuals alone: ")[1]


def test_out_writes_whole_files(chain: Path, tmp_path: Path) -> None:
    for ending, start in ((".png", b"\x89PNG"), (".csv", b"leg,"), (".json", b"{")):
        path = tmp_path / f"out{ending}"
        asked(chain, *SOON, "--leg", "linear", "--out", str(path))
        assert path.read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("flags", "code", "text"),
    [
        (["--expiry", "2026-02-01"], 3, "options expiring on 2026-02-01; got none among 30 options"),
        (["--base", "BTC"], 3, "options on BTC; got ETH in chain.csv"),
        (["--at", "2020-01-01"], 3, "quotes by 2020-01-01"),
        (["--at", "noon"], 2, "at as a time"),
        (["--puts", "0", "--calls", "0"], 2, "at least one option"),
        (["--puts", "2", "--calls", "2"], 2, "at most 3 legs to choose at once"),
        (["--lots"], 2, "--option-venue deribit"),
        (["--lots", "--option-venue", "deribit"], 2, "--unconfirmed"),
        (["--option-venue", "nowhere"], 2, "nowhere"),
        (["--volatility", "nan"], 2, "--volatility as a finite number"),
        (["--premium-at-most", "-5"], 2, "a premium of 0 or more"),
        (["--price", "-3"], 2, "price to be positive"),
        (["--exit", "range"], 2, "options held to the end"),
        (["--on", "2026-01-05"], 2, "no --on with no venue"),
        (["--upper", "1700"], 2, "lower below upper"),
        (["--out", "x.txt"], 2, "a file ending in"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_mistakes_end_in_one_line_and_a_code(flags: list[str], code: int, text: str, chain: Path) -> None:
    said = asked(chain, *flags, code=code)
    assert text in said
    assert len(said.strip().splitlines()) == 1


def test_what_is_missing_is_asked_for(chain: Path, tmp_path: Path) -> None:
    said = run("options", "--chain", str(chain), *RANGE, code=2).stderr
    assert "One of 2026-01-06, 2026-01-30, 2026-03-27" in said
    said = run("options", "--chain", str(chain), "--expiry", DAY, "--lower", "1800", code=2).stderr
    assert "both ends of the range; got no --upper" in said
    assert "existing file" in run("data", "chain", str(tmp_path / "none.csv"), code=3).stderr
    table = summaries(records())
    table["mark_iv"] /= 100
    table.to_csv(tmp_path / "decimals.csv", index=False)
    said = run("data", "chain", str(tmp_path / "decimals.csv"), code=3).stderr
    assert "volatilities in percent in column 'mark_iv'" in said
    late = summaries(records()).assign(creation_timestamp=1_900_000_000_000)
    late.to_csv(tmp_path / "late.csv", index=False)
    assert "expired: 30" in run("data", "chain", str(tmp_path / "late.csv"), code=3).stderr
    indexless = summaries(records()).drop(columns="estimated_delivery_price")
    indexless.to_csv(tmp_path / "indexless.csv", index=False)
    assert "price" in asked(tmp_path / "indexless.csv", code=2)


def test_data_chain_says_what_was_read(chain: Path, tmp_path: Path) -> None:
    table = summaries(records())
    crossed = table.assign(bid_price=np.where(table.index == 4, 0.9, table["bid_price"]))
    crossed.to_csv(chain, index=False)
    text = run("data", "chain", str(chain)).stdout
    assert text.startswith("29 rows read, 1 left out; index 2,000.00 USD")
    assert "left out: bid above ask: 1" in text
    record = record_of(run("data", "chain", str(chain), "--json").stdout)
    assert record["left_out"] == {"bid above ask": 1}
    assert [row["options"] for row in record["forwards"]] == [9, 10, 10]
    for row, forward in zip(record["forwards"], (2_001.5, 2_010.0, 2_040.0), strict=True):
        assert row["forward"] == pytest.approx(forward, rel=1e-6)
        assert row["stated"] == forward
    assert record["check"]["rows"] == 29
    out = tmp_path / "forwards.csv"
    run("data", "chain", str(chain), "--out", str(out))
    assert len(pd.read_csv(out)) == 3


def test_a_real_chain(real_data: Path) -> None:
    path = real_data / "deribit-options-2026-01" / "options.parquet"
    if not path.is_file():
        pytest.skip(f"no {path}")
    flags = ["--at", "2026-01-05 12:00", "--lower", "2900", "--upper", "3400", "--leg", "linear", "--json"]
    record = record_of(run("options", "--chain", str(path), "--expiry", "2026-01-09", *flags).stdout)
    rivals = {row["hedge"]: row for row in record["comparison"]["rivals"]}
    left = [rivals[n]["risk"] for n in ("any strikes, no bounds", "the plan", "options alone", "perpetuals alone")]
    assert left == sorted(left)
    assert record["choice"]["gap"] == 0
    assert record["effectiveness"] > 0.99
    # Puts and calls at the money cost what their quotes say: a second reading of the file.
    rows = pd.read_parquet(path)
    rows = rows[rows["snapshot_time"] == rows["snapshot_time"][rows["snapshot_time"] <= "2026-01-05 12:00"].max()]
    asks = rows.set_index("instrument")["ask"]
    names = {"InversePut": "P", "InverseCall": "C"}
    paid = 0.0
    for leg, held in zip(record["legs"][1:], rivals["the plan"]["options"].split(", ", 1), strict=False):
        strike = held.rsplit(" ", 1)[1].replace(",", "")
        paid += leg["quantity"] * asks[f"ETH-9JAN26-{strike}-{names[leg['instrument']]}"]
    index = rows.loc[rows["instrument"].str.startswith("ETH-9JAN26-"), "index_price"].median()
    assert record["premium"] == pytest.approx(paid * index, rel=1e-9)


def test_a_chain_must_be_given() -> None:
    assert "an option chain; got no --chain" in run("options", code=2).stderr
    assert "MISSING" not in run("options", "--help").stdout
