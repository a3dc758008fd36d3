"""`lpgreeks index` on real minutes, beside the library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lpgreeks as lp
from tests.answers import made
from tests.running import ended, run

SINCE = ["--from", "2024-10-15 06:00"]


@pytest.fixture(scope="module")
def vault(real_data: Path) -> Path:
    return real_data / "gmx-v1-glp-avalanche-1m" / "GLP-avalanche-1m-2024-10-15.parquet"


@pytest.fixture(scope="module")
def market(real_data: Path) -> Path:
    return real_data / "gmx-v2-gm-eth-usdc-1m" / "GM-ETH-USDC-arbitrum-1m-2025-07-01_02.parquet"


def called(*flags: object) -> str:
    return run("index", *map(str, flags)).stdout


def test_the_state_hedges_what_naive_parts_make_worse(vault: Path) -> None:
    record = json.loads(called(vault, *SINCE, "--token", "USDC", "--funding", "0.0001", "--json"))
    removed = {row["name"]: row["removed"] for row in record["hedges"]}
    assert removed["nothing"] == 0.0
    assert removed["state"] > 0.999
    assert removed["least-variance"] > 0.99
    assert removed["naive"] < -1.0
    assert removed["weights"] < -5.0
    parts = record["attribution"]["state"]
    assert parts["net"] == pytest.approx(sum(x for name, x in parts.items() if name != "net"))
    # The fee of a mint is 8 basis points here, and that of the redemption 45.
    assert parts["mint"] == pytest.approx(-80.0, abs=0.01)
    assert parts["redeem"] == pytest.approx(-0.0045 * 100_000, rel=2e-3)


def test_what_stands_behind_it_is_the_state(vault: Path) -> None:
    record = json.loads(called(vault, "--hedge", "state", "--json"))
    first = lp.read_glp(vault).at(0)
    share = record["shares"] / first.supply
    by_coin = {row["coin"]: row["coins"] for row in record["behind"]}
    assert by_coin == pytest.approx({coin: share * delta for coin, delta in first.deltas_by_coin.items()})
    assert sum(row["share of the value"] for row in record["behind"]) == pytest.approx(0.1765, abs=5e-5)


def test_a_market_of_version_two(market: Path) -> None:
    told = called(market, "--protocol", "gm", "--base", "ETH", "--hedge", "state")
    assert "GM worth" in told
    assert "traders' profit capped" in told


def test_code_prints_what_ran(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = called(vault, *SINCE, "--hedge", "state", "--code")
    exec(compile(script, "code", "exec"), {})
    assert "state" in capsys.readouterr().out


def test_a_picture_says_whose_it_is(tmp_path: Path) -> None:
    minutes, asked, drawn = made(tmp_path)["glp"], tmp_path / "asked.toml", tmp_path / "drawn.svg"
    called(minutes, "--capital", "90", "--grid", "1min", "--hedge", "weights", "--out", asked)
    run("index", "--scenario", str(asked), "--out", str(drawn))
    assert "hedged by weights" in " ".join(drawn.read_text().split())


@pytest.mark.parametrize("picture", ["value", "trades", "exposure", "coins", "drawdown", "attribution"])
def test_every_picture_is_written(vault: Path, tmp_path: Path, picture: str) -> None:
    file = tmp_path / "picture.png"
    called(vault, "--hedge", "state", "--out", file, "--picture", picture)
    assert file.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--protocol", "gm"], "--base, the market's coin"),
        (["--base", "ETH"], "--base"),
        (["--naive", "BTC"], "--naive as coin:part"),
        (["--naive", "BTC:nan"], "--naive as coin:part"),
        (["--naive", "BTC:0.5,BTC:0.25"], "each coin once"),
        (["--hedge", "state", "--naive", "BTC:0.5"], "no --naive with no --hedge naive"),
        (["--window", "6h"], "no --window with no --hedge least-variance"),
        (["--capital", "1e12"], "at most all of GLP"),
        (
            ["--token", "USDC", "--from", "2024-10-15 23:50"],
            "the cooldown of a mint, which ends at 2024-10-16T00:05:00",
        ),
        (["--token", "SOL"], "a token of the vault"),
        (["--hedge", "least-variance"], "from the first row of the tape on"),
        (["--from", "2025-01-01"], "two or more rows"),
        (["--capital", "nan"], "--capital as a finite number"),
        (["--out", "picture.gif"], "a file ending in"),
    ],
)
def test_one_line_of_error(vault: Path, flags: list[str], told: str) -> None:
    code, done = ended("index", str(vault), *flags)
    assert code != 0
    assert told in done.stderr
