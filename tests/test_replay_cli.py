"""The commands that replay and sweep, as a user types them, beside the same by hand."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.replays.notice import announce_compiling, is_compiled
from tests import tapes
from tests.running import record_of, run
from tests.test_architecture import loaded

RANGE = ["--managed", "--lower", "0.97", "--upper", "1.04"]
LEG = ["--fee", "0.0005"]
POOL = ["--pool-fee", "0.0005"]
DAYS = 3


@pytest.fixture(autouse=True)
def _figures_are_closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Bars of a coin and of its perpetual, funding, a day of bids and asks, and a pool's minutes."""
    folder, rng = tmp_path_factory.mktemp("files"), np.random.default_rng(5)
    minutes = pd.date_range("2023-04-10", periods=1_440 * DAYS, freq="1min", tz="UTC")
    close = 1_900 * np.exp(np.cumsum(rng.normal(0, 8e-4, minutes.size)))
    found = {}
    for name, basis in (("spot", 0.0), ("perp", 4e-4)):
        found[name] = folder / f"{name}.csv"
        pd.DataFrame({"time": minutes, "close": close * (1 - basis)}).to_csv(found[name], index=False)
    found["funding"] = folder / "funding.csv"
    at = pd.date_range("2023-04-10 08:00", periods=3 * DAYS - 1, freq="8h", tz="UTC")
    pd.DataFrame({"time": at, "funding_rate": rng.normal(0, 1e-4, at.size)}).to_csv(found["funding"], index=False)
    found["book"] = folder / "book.csv"
    stamps = np.arange(20_000) * 1_000 + 1_681_084_800_000
    mid = 1_900 * np.exp(np.cumsum(rng.normal(0, 1e-4, stamps.size)))
    columns = {"update_id": np.arange(stamps.size), "best_bid_price": mid - 0.05, "best_ask_price": mid + 0.05}
    pd.DataFrame({**columns, "transaction_time": stamps}).to_csv(found["book"], index=False)
    found["minutes"] = folder / "minutes.csv"
    tick = np.round(np.log(1e12 / close[:1_440]) / np.log(1.0001)).astype(int)
    ticks = {f"{name}_tick": tick for name in ("open", "low", "high", "close")}
    paid = {"in_amount0": 2e5, "in_amount1": 100.0, "liquidity": 10**19}
    pd.DataFrame({"time": minutes[:1_440], **ticks, **paid}).to_csv(found["minutes"], index=False)
    return found


def bars(files: dict[str, Path], *more: str) -> list[str]:
    return ["--prices", str(files["spot"]), "--half-spread", "0.0001", *POOL, *RANGE, *more]


def names_of(*arguments: str) -> dict[str, Any]:
    """What the script of a command makes."""
    names: dict[str, Any] = {}
    with redirect_stdout(io.StringIO()):
        exec(run(*arguments, "--code").stdout, names)
    return names


def by_hand(files: dict[str, Path]) -> tuple[lp.ManagedRange, lp.Leg, lp.Tape]:
    quotes = lp.Quotes.from_bars(lp.read_prices(files["spot"], market="ETH/USDC"), half_spread=1e-4)
    pool = lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1.0, block="12s", delay="1s")
    funding = lp.read_funding(files["funding"], market="ETH/USDC")
    tape = lp.Tape(quotes=quotes, pool=pool, funding=funding, gas=lp.Gas(each=3.0))
    position = lp.ManagedRange(base="ETH", quote="USDC", lower=0.97, upper=1.04, capital=50_000)
    perp = lp.LinearPerp(base="ETH", quote="USDC", entry=float(tape.rows.pool[0]))
    keep = lp.Proportional(rate=0.01)
    return position, lp.Leg(perp, collateral="USDC", maintenance=keep, fee=lp.Fee(taker=5e-4)), tape


ACCOUNT = ["--value", "50000", "--collateral", "20000", "--maintenance", "0.01", "--gas", "3", *LEG]


def test_the_command_is_the_library(files: dict[str, Path]) -> None:
    flags = bars(files, *ACCOUNT, "--funding", str(files["funding"]), "--band", "0.05")
    record = record_of(run("replay", *flags, "--json").stdout)
    position, leg, tape = by_hand(files)
    result = lp.replay(position, [leg], tape, policy=lp.DeltaBand(0.05), collateral=20_000)
    assert record == json.loads(json.dumps(result.to_dict()))
    text = run("replay", *flags).stdout
    assert text == f"{result}\n"
    words = " ".join(text.split())
    assert "SYNTHETIC" in words
    assert "half-spread 1 bp, stated" in words
    assert "quotes 1 second old" in words


@pytest.mark.parametrize(
    "flags",
    [
        ["--band", "0.05", "--every", "1h", "--latency", "2min", "--keep", "excess"],
        ["--theta", "0.001", "--gap", "0.004", "--dwell", "60", "--no-resize", "--cap", "30", "--jump"],
        ["--keep", "coins", "--leg", "inverse", "--collateral", "40", "--maintenance", "0.01", "--reserve", "5"],
        ["--move", "0.01", "--maker", "5min", "--maker-fee", "-0.0001", "--slippage", "0.0001", "--funding", "0.0001"],
    ],
    ids=" ".join,
)
def test_code_is_the_equivalent_script(flags: list[str], files: dict[str, Path]) -> None:
    flags = bars(files, *LEG, *flags)
    script, printed = run("replay", *flags, "--code").stdout, io.StringIO()
    with redirect_stdout(printed):
        exec(script, {})
    assert printed.getvalue() == run("replay", *flags).stdout


def test_a_script_runs_by_itself(files: dict[str, Path]) -> None:
    flags = bars(files, *LEG, "--theta", "0.001,0.002", "--gap", "0.002,off")
    script = run("sweep", *flags, "--code").stdout
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True)
    assert "No setting beats holding" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("flags", "policy"),
    [
        (["--keep", "value"], lp.Keep(lp.Value("USDC"))),
        (["--keep", "dollars", "--no-resize"], lp.Keep(lp.Amount("USDC"), resize=False)),
        (["--band", "0.05"], lp.DeltaBand(0.05)),
        (["--band", "0.05", "--every", "1h"], lp.DeltaBand(0.05) & lp.Every("1h")),
        (["--move", "0.01", "--no-resize"], lp.PriceMove(0.01) & lp.Keep(lp.Value("USDC"), resize=False)),
        (["--theta", "0.001"], lp.Dislocation(theta=0.001)),
        (["--theta", "0.001", "--gap", "off"], lp.Dislocation(theta=0.001)),
        (
            ["--theta", "0.001", "--gap", "0.003", "--min-gap", "0.0005", "--dwell", "3", "--no-resize"],
            lp.Dislocation(theta=0.001, gap=0.003, min_gap=0.0005, dwell=3, resize=False),
        ),
        (["--theta", "0.001", "--cap", "20", "--latency", "200ms"],
         lp.Dislocation(theta=0.001) & lp.ExposureCap(20) & lp.Latency("200ms")),
        (["--band", "0.1", "--maker", "30s"], lp.DeltaBand(0.1) & lp.Maker("30s")),
    ],
)  # fmt: skip
def test_flags_are_the_policy(flags: list[str], policy: lp.Policy, files: dict[str, Path]) -> None:
    assert names_of("replay", *bars(files, *LEG, *flags))["policy"].settings == policy.settings


def test_flags_are_the_position(files: dict[str, Path]) -> None:
    given = bars(files, *LEG, "--band", "0.1", "--value", "7000")
    more = ["--half-each", "--wait", "--lay-every", "1D", "--swap-fee", "0.001", "--sell-excess"]
    assert names_of("replay", *given, *more)["position"] == lp.ManagedRange(
        base="ETH", quote="USDC", lower=0.97, upper=1.04, capital=7_000, deposits=lp.Deposits.HALF_EACH,
        on_exit=False, every="1D", swap=lp.Fee(taker=0.001), sell_excess=True,
    )  # fmt: skip
    static = [f for f in given if f != "--managed"]
    static[static.index("0.97")], static[static.index("1.04")] = "1700", "2100"
    made = names_of("replay", *static)
    price = float(made["tape"].rows.pool[0])
    tokens = {"base": "ETH", "quote": "USDC"}
    assert made["position"] == lp.UniswapV3.from_value(7_000, **tokens, price=price, lower=1_700, upper=2_100)
    assert made["leg"].instrument.entry == price


def test_flags_are_the_tape(files: dict[str, Path]) -> None:
    said = ["--noise", "1e6", "--pool-liquidity", "5e5", "--block", "2min", "--delay", "30s", "--jump"]
    cut = ["--from", "2023-04-10 06:00", "--to", "2023-04-11"]
    tape = names_of("replay", *bars(files, *LEG, *said, *cut, "--band", "0.1"))["tape"]
    assert [str(t) for t in tape.times[[0, -1]]] == ["2023-04-10T06:00:00.000000000", "2023-04-11T00:00:00.000000000"]
    # To the last digit, which older versions of pandas do not read unless told.
    close = np.array([float(x) for x in pd.read_csv(files["spot"], dtype=str)["close"]])[360:1_441]
    quotes = lp.Quotes(
        market="ETH/USDC", times=tape.quotes[0].times, bid=close * (1 - 1e-4), ask=close * (1 + 1e-4), source="by hand"
    )
    pool = lp.arbitraged_pool(
        quotes, fee=5e-4, liquidity=5e5, block="2min", delay="30s", rule=lp.JumpToLatent(), noise=1e6
    )
    np.testing.assert_array_equal(tape.pool.prices, pool.prices)
    np.testing.assert_array_equal(tape.pool.quote_in, pool.quote_in)
    np.testing.assert_array_equal(tape.pool.growth_base, pool.growth_base)


def test_the_perpetual_has_prices_of_its_own(files: dict[str, Path]) -> None:
    flags = [*bars(files, *LEG), "--perp-prices", str(files["perp"]), "--funding", str(files["funding"])]
    made = names_of("replay", *flags, "--band", "0.1")
    assert made["tape"].markets == ("ETH/USDC", "ETH/USDC:perp")
    assert [f.market for f in made["tape"].funding] == ["ETH/USDC:perp"]
    middle = made["result"].trades.middle
    spot, perp = (made["tape"].rows.bid[j, made["result"].trades.row] / (1 - 1e-4) for j in range(2))
    np.testing.assert_allclose(middle, perp, rtol=1e-12)
    np.testing.assert_allclose(perp / spot, 1 - 4e-4, rtol=1e-12)
    assert "basis taken as zero" not in str(made["result"])


def test_bids_and_asks_need_no_spread(files: dict[str, Path]) -> None:
    flags = ["--prices", str(files["book"]), "--quote", "USDT", *POOL, *RANGE, *LEG, "--band", "0.1", "--grid", "1min"]
    # Its columns name no market.
    assert "a market's name" in run("replay", *flags, code=3).stderr
    named = files["book"].with_name("ETHUSDT-bookTicker-2023-04-10.csv")
    named.write_bytes(files["book"].read_bytes())
    flags[1] = str(named)
    tape = names_of("replay", *flags)["tape"]
    np.testing.assert_allclose(tape.quotes[0].ask - tape.quotes[0].bid, 0.1)
    assert "no --half-spread with bids and asks" in run("replay", *flags, "--half-spread", "0.001", code=2).stderr


def test_a_pool_that_was_and_no_exchange(files: dict[str, Path]) -> None:
    held = ["--lower", "1800", "--upper", "2000", "--hold"]
    flags = ["--pool", str(files["minutes"]), "--pool-tokens", "USDC:6,WETH:18", *POOL, *held]
    text = run("replay", *flags).stdout
    assert "SYNTHETIC" not in text
    assert "1,440 minutes of WETH/USDC" in text
    made = names_of("replay", *flags, "--fees-at-close")
    on_chain = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=10, base="WETH")
    tape = lp.Tape(pool=lp.read_pool_minutes(files["minutes"], pool=on_chain, market="ETH/USDC"))
    price = float(tape.rows.pool[0])
    position = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=price, lower=1_800, upper=2_000)
    result = lp.replay(position, None, tape, fees=lp.FeesAtClose())
    assert made["result"].to_dict() == result.to_dict()
    assert result.attribution()["fees, quote"] > 0
    assert "--prices, where the hedge is traded" in run("replay", *flags[:-1], "--band", "0.1", code=2).stderr


@pytest.mark.parametrize("name", ["value", "trades", "fees", "coins", "drawdown", "attribution", "gap"])
def test_pictures(name: str, files: dict[str, Path], tmp_path: Path) -> None:
    out = [f for end in (".png", ".csv", ".json") for f in ("--out", str(tmp_path / f"out{end}"))]
    trades = tmp_path / "trades.csv"
    run("replay", *bars(files, *LEG, "--band", "0.1"), *out, "--picture", name, "--trades", str(trades))
    result = names_of("replay", *bars(files, *LEG, "--band", "0.1"))["result"]
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    np.testing.assert_allclose(pd.read_csv(tmp_path / "out.csv")["equity"], result.equity)
    np.testing.assert_allclose(pd.read_csv(trades)["price"], result.trades.price)
    assert json.loads((tmp_path / "out.json").read_text())["capital"] == result.capital


def test_a_picture_of_time_counts_time(files: dict[str, Path]) -> None:
    result = names_of("replay", *bars(files, *LEG, "--band", "0.1"))["result"]
    assert result.plot_gap().get_ylabel() == "share of time"


def lines_of(ax: Any) -> dict[str, Any]:
    return {line.get_label(): line for line in ax.get_lines()}


@pytest.mark.parametrize("inverse", [False, True])
def test_coins_are_drawn_since_the_add_on_both_sides(inverse: bool) -> None:
    """A value hedge stands still where the pool has done nothing since, not at minus all of its coins."""
    tape, kind = tapes.lively(3), lp.InversePerp if inverse else lp.LinearPerp
    leg = lp.Leg(kind(base="ETH", quote="USDC", entry=2_000.0), collateral="ETH" if inverse else "USDC")
    position = lp.ManagedRange(base="ETH", quote="USDC", lower=0.99, upper=1.01, capital=100_000)
    result = lp.replay(position, [leg], tape, policy=lp.Keep() & lp.DeltaBand(0.0), grid="1min")
    ax = result.plot_amounts()
    assert ax.get_ylabel() == "since the add [ETH]"
    drawn = {name: np.asarray(line.get_ydata(), dtype=float) for name, line in lines_of(ax).items()}
    np.testing.assert_allclose(drawn["both"], drawn["pool"] + drawn["hedge"], atol=1e-9)
    laid = np.searchsorted(result.rows, result.life.adds.row)
    assert laid.size > 5
    assert np.abs(drawn["hedge"]).max() > 5.0
    np.testing.assert_allclose(drawn["pool"][laid], 0.0, atol=1e-9)
    np.testing.assert_allclose(drawn["hedge"][laid], 0.0, atol=1e-9)
    if not inverse:
        # Rehedged on every row, to what the pool then holds.
        np.testing.assert_allclose(drawn["both"], 0.0, atol=1e-6)


def test_a_liquidated_hedge_is_drawn_as_gone() -> None:
    tape = lp.Tape(quotes=tapes.quotes(np.linspace(2_000.0, 2_400.0, 101)))
    perp = lp.LinearPerp(base="ETH", quote="USDC", entry=2_000.0)
    leg = lp.Leg(perp, collateral="USDC", maintenance=lp.Proportional(rate=0.01))
    position = lp.ManagedRange(base="ETH", quote="USDC", lower=0.9, upper=1.1, capital=100_000)
    result = lp.replay(position, [leg], tape, policy=lp.Keep(), collateral=1_000.0, grid="1min")
    (row,) = result.liquidated
    assert row is not None
    assert result.life.adds.row[1] > row
    hedge = np.asarray(lines_of(result.plot_amounts())["hedge"].get_ydata(), dtype=float)
    sold = float(result.trades.quantity[0])
    assert set(np.round(hedge - 0.0, 9)) == {0.0, round(-sold, 9)}
    assert hedge[row] == pytest.approx(-sold, rel=1e-12)
    assert (hedge[result.life.adds.row[1] :] == 0.0).all()


def test_fees_are_drawn_in_the_band_of_their_bounds() -> None:
    result = lp.replay(
        lp.ManagedRange(base="ETH", quote="USDC", lower=0.98, upper=1.02, capital=100_000), None, tapes.lively(3)
    )
    ax = result.plot_fees()
    (shaded,) = ax.collections
    heights = shaded.get_paths()[0].vertices[:, 1]
    least, most = result.fee_bounds
    assert 0.0 < least < most
    assert heights.max() == pytest.approx(most)
    assert np.isclose(heights, least).any()
    # However narrow the band is on the page, its ends are read.
    *_, from_, _, to, _, _, _ = shaded.get_label().split()
    assert (float(from_), float(to)) == pytest.approx((least, most), rel=1e-4)
    assert set(lines_of(ax)) >= {"fees", "impermanent loss"}


def test_many_trades_leave_the_price_to_be_seen() -> None:
    from lpgreeks.draw import new_axes, trade_marks

    def drawn(n: int) -> Any:
        times = np.datetime64("2023-01-01", "ns") + np.arange(n).astype("timedelta64[m]")
        (line,) = trade_marks(new_axes()[0], times, np.ones(n), np.ones(n, dtype=bool)).get_lines()
        return line

    few, many, most = (drawn(n) for n in (20, 1_247, 100_000))
    assert (few.get_markersize(), few.get_alpha()) == (6.5, 1.0)
    assert many.get_markersize() < 3.0
    assert many.get_alpha() == 0.5
    assert most.get_markersize() > 2.0
    assert most.get_alpha() == 0.5


# ---- sweeps


def test_a_sweep_is_its_replays(files: dict[str, Path]) -> None:
    flags = bars(files, *ACCOUNT, "--funding", str(files["funding"]))
    record = record_of(run("sweep", *flags, "--theta", "0.001,0.003", "--gap", "0.002,off", "--json").stdout)
    position, leg, tape = by_hand(files)
    nets, panel = {}, {}
    for theta in (0.001, 0.003):
        for gap in (0.002, float("inf")):
            policy = lp.Dislocation(theta=theta, gap=gap)
            result = lp.replay(position, [leg], tape, policy=policy, collateral=20_000)
            nets[theta, gap] = float(result.net[-1])
            panel[f"theta={theta}, gap={'off' if gap > 1 else gap}"] = result.steps()["pnl"]
    assert [r["figures"]["net"] for r in record["sweep"]["runs"]] == [*nets.values()]
    theta, gap = max(nets, key=lambda key: nets[key])
    assert record["best"] == f"policy.theta={theta}, policy.gap={gap}"
    hold = lp.replay(position, [leg], tape, policy=lp.Hold(), collateral=20_000)
    against = hold.steps()["pnl"].rename("holding")
    table = pd.DataFrame(panel)
    table.attrs = {"assumptions": record["sweep"]["assumptions"], "synthetic": bool(hold.tape.synthetic)}
    verdict = lp.verdict(table, against=against, seed=0, unit="USDC")
    assert record["verdict"] == json.loads(json.dumps(verdict.to_dict()))
    assert record["holding"]["net"] == pytest.approx(float(hold.net[-1]), rel=1e-12)
    assert record["verdict"]["sentence"].startswith("No setting beats holding")


def test_a_sweep_on_a_screen(files: dict[str, Path]) -> None:
    flags = [*bars(files, *LEG), "--theta", "0.001,0.003", "--gap", "0.002,off", "--dwell", "0,120"]
    record, text = (run("sweep", *flags, *more).stdout for more in (["--json"], []))
    head, *rows = text.split("\n\n")[1].splitlines()
    assert head.split() == [
        "theta", "gap", "dwell", "net", "sharpe", "drawdown", "effectiveness", "hedges", "turnover"
    ]  # fmt: skip
    nets = sorted((r["figures"]["net"] for r in json.loads(record)["sweep"]["runs"]), reverse=True)
    assert [row.split()[3] for row in rows[:-1]] == [f"{net:,.0f}" for net in nets]
    assert rows[-1].split()[0] == "holding"
    assert max(map(len, text.splitlines())) <= 112
    for words in ("The most net: Over", "No setting beats holding", "SYNTHETIC", "there is no arbitrage"):
        assert words in " ".join(text.split())


def test_less_is_better_of_a_loss(files: dict[str, Path]) -> None:
    def ranked(*figure: str) -> list[float]:
        rows = run("sweep", *bars(files, *LEG), "--theta", "0.001,0.002,0.003", *figure).stdout.split("\n\n")[1]
        return [float(row.split()[1].replace(",", "").rstrip("%")) for row in rows.splitlines()[1:-1]]

    for figure in ("hedges", "drawdown", "turnover"):
        assert ranked("--figure", figure) == sorted(ranked("--figure", figure)) == ranked("--figure", figure, "--least")
    assert ranked("--figure", "net") == sorted(ranked("--figure", "net"), reverse=True)
    assert ranked("--figure", "net", "--least") == ranked("--figure", "net")[::-1]


def test_lists_combine_and_one_value_is_fixed(files: dict[str, Path]) -> None:
    flags = bars(files, *LEG, "--band", "0.02,0.1", "--every", "1h,6h", "--move", "0.001", "--cap", "40")
    made = names_of("sweep", *flags)
    assert [run.name for run in made["runs"].runs] == [
        f"policy.band={band}, policy.every={every}" for band in (0.02, 0.1) for every in ("1h", "6h")
    ]
    by_hand = lp.DeltaBand(0.1) & lp.Every("6h") & lp.PriceMove(0.001) & lp.ExposureCap(40)
    assert made["policies"].points[-1].value.settings == by_hand.settings


def test_historic_is_what_the_study_had(files: dict[str, Path]) -> None:
    lines = run("sweep", *bars(files, *LEG), "--historic", "--dwell", "0,3", "--code").stdout.splitlines()
    made: dict[str, Any] = {}
    exec("\n".join(["import lpgreeks as lp", *lines[lines.index("def policy(theta, gap, dwell):") :][:5]]), made)
    thetas = [5, 10, 15, 20, 25, 30, 50, 75, 100, 150, 200]
    gaps = [2, 5, 10, 15, 20, 25, 30, 40, 50, 75, np.inf]
    tried = [point.value for point in made["policies"].points]
    wanted = [(t, g, d) for t in thetas for g in gaps for d in (0, 3)]
    np.testing.assert_allclose([(p.theta * 1e4, p.gap * 1e4, p.dwell) for p in tried], wanted)


def test_too_short_a_time_has_a_table_and_no_verdict(files: dict[str, Path]) -> None:
    flags = [*bars(files, *LEG), "--theta", "0.001,0.003", "--to", "2023-04-10 12:00"]
    text = run("sweep", *flags).stdout
    assert "No verdict: expected" in text
    assert "holding" in text
    assert json.loads(run("sweep", *flags, "--json").stdout)["verdict"] is None
    refused = [*flags, "--picture", "verdict", "--out", "v.png"]
    assert "periods" in run("sweep", *refused, code=3).stderr


def test_a_setting_that_is_refused_stands_in_the_table(files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    flags = [*bars(files, *LEG), "--theta", "0.001,0.003", "--gap", "0.0004,off", "--min-gap", "0.0005"]
    text = run("sweep", *flags, "--out", str(out)).stdout
    assert "2 without a result" in text
    assert "corrected for 2 settings" in text
    assert "deflated for 4 trials" in text
    assert pd.read_csv(out)["error"].notna().sum() == 2


def test_a_checkpoint_resumes(files: dict[str, Path], tmp_path: Path) -> None:
    flags = [*bars(files, *LEG), "--band", "0.02,0.05,0.1", "--checkpoint", str(tmp_path / "kept"), "--workers", "1"]
    first, second = (run("sweep", *flags).stdout for _ in range(2))
    assert second.replace("\n\n3 settings were found in the checkpoint.", "") == first


def test_an_interrupt_says_how_to_go_on(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt("1 of 2 settings are kept")

    monkeypatch.setattr(lp, "sweep", stopped)
    done = run("sweep", *bars(files, *LEG), "--band", "0.02,0.1", code=130)
    assert done.stderr == "lpgreeks: stopped: 1 of 2 settings are kept\n"


def test_pictures_of_a_sweep(files: dict[str, Path], tmp_path: Path) -> None:
    flags = [*bars(files, *LEG), "--theta", "0.001,0.003", "--gap", "0.002,0.004,off", "--dwell", "0,60"]
    for picture in ("heat", "verdict"):
        path = tmp_path / f"{picture}.png"
        run("sweep", *flags, "--picture", picture, "--out", str(path))
        assert path.read_bytes().startswith(b"\x89PNG")


# ---- mistakes


@pytest.mark.parametrize(
    ("flags", "code", "told"),
    [
        ([], 2, "when to trade: --keep, --band, --every, --move or --theta"),
        (["--latency", "1s"], 2, "when to trade"),
        (["--hold", "--band", "0.1"], 2, "no --band with --hold"),
        (["--hold", "--theta", "0.1"], 2, "no --theta with --hold"),
        (["--hold", "--collateral", "5"], 2, "no --fee with --hold"),
        (["--band", "wide"], 2, "--band as a number; got wide"),
        (["--band", "off"], 2, "--band as a number"),
        (["--band", "nan"], 2, "--band as a number"),
        (["--band", "0.1,"], 2, "--band as a number; got nothing"),
        (["--band", "0.1,0.2"], 2, "`lpgreeks sweep` tries several"),
        (["--gap", "0.1"], 2, "no --gap with no --theta"),
        (["--theta", "0.001", "--band", "0.1"], 2, "no --band with --theta"),
        (["--theta", "0.001", "--gap", "0.1", "--min-gap", "0.2"], 2, "min_gap below gap"),
        (["--keep", "amounts"], 2, "one thing to keep"),
        (["--every", "soon"], 2, "a span of time"),
        (["--band", "0.1", "--maintenance", "0.01"], 2, "--collateral, for a leg with a maintenance margin"),
        (["--band", "0.1", "--reserve", "5"], 2, "no --reserve with no --collateral"),
        (["--band", "0.1", "--linear-venue", "bybit"], 2, "--on, the day"),
        (["--band", "0.1", "--inverse-venue", "bybit"], 2, "no --inverse-venue with --leg linear"),
        (["--band", "0.1", "--noise", "1e6"], 2, "--pool-liquidity, which shares"),
        (["--band", "0.1", "--pool-liquidity", "1e6"], 2, "no --pool-liquidity with no --noise"),
        (["--band", "0.1", "--pool-tokens", "A:1,B:2"], 2, "no --pool-tokens with a synthetic pool"),
        (["--band", "0.1", "--to", "tomorrow"], 2, "a time, UTC; got 'tomorrow'"),
        (["--band", "0.1", "--from", "2024-01-01"], 3, "two or more rows of ETH/USDC from 2024-01-01 to the end"),
        (["--band", "0.1", "--funding", "nowhere.csv"], 3, "an existing file"),
        (["--band", "0.1", "--noise", "1e6", "--pool-liquidity", "0"], 2, "--pool-liquidity to be positive"),
        (["--band", "0.1", "--funding", "nan"], 2, "--funding to be finite"),
        (["--band", "0.1", "--funding", "inf"], 2, "--funding to be finite"),
        (["--band", "0.1", "--every", "1000000D"], 2, "a span of at most 36,500 days; got 1000000D"),
        (["--band", "0.1", "--grid", "1000000D"], 2, "a span of at most 36,500 days; got 1000000D"),
        (["--band", "0.1", "--block", "1000000D"], 2, "a span of at most 36,500 days; got 1000000D"),
        (["--band", "0.1", "--delay", "1000000D"], 2, "a span of at most 36,500 days; got 1000000D"),
        (["--band", "0.1", "--latency", "1000000D"], 2, "a span of at most 36,500 days; got 1000000D"),
        (["--band", "0.1", "--maker", "1000000D"], 2, "a span of at most 36,500 days; got 1000000D"),
        (["--band", "0.1", "--lay-every", "1000000D"], 2, "a span of at most 36,500 days; got 1000000D"),
        (
            ["--band", "0.1", "--half-spread", "0.9"],
            2,
            "--half-spread of at most 0.1; got 0.9 [decimal]. 0.00005 is half",
        ),
        (["--band", "0.1", "--pool-fee", "0.9"], 2, "--pool-fee of at most 0.1; got 0.9 [decimal]. 0.0005 is 5"),
        (["--band", "0.1", "--slippage", "-1"], 2, "above -1; got -1"),
        (["--band", "0.1", "--value", "inf"], 2, "--value as a finite number"),
        (["--band", "0.1", "--lower", "1.01"], 2, "a range about the price"),
        (["--band", "0.1", "--full-range"], 2, "no --lower with --full-range"),
        (["--band", "0.1", "--grid", "1ms"], 2, "a grid no finer than the tape"),
        (["--band", "0.1", "--out", "x.txt"], 2, "a file ending in"),
        (["--band", "0.1", "--trades", "x.png"], 2, "--trades as a file ending in .csv"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_mistakes_end_in_one_line_and_a_code(flags: list[str], code: int, told: str, files: dict[str, Path]) -> None:
    done = run("replay", *bars(files, *LEG), *flags, code=code)
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_what_is_not_said(files: dict[str, Path]) -> None:
    said = bars(files, *LEG, "--band", "0.1")

    def without(flag: str, values: int = 1) -> str:
        at = said.index(flag)
        return run("replay", *said[:at], *said[at + 1 + values :], code=2).stderr

    assert "--half-spread, half of the spread of bars" in without("--half-spread")
    assert "--pool-fee, the pool's fee tier" in without("--pool-fee")
    assert "--fee, the taker fee of the leg" in without("--fee")
    assert "no --half-spread with no --prices" in without("--prices")
    assert "--half-each" in run("replay", *[f for f in said if f != "--managed"], "--half-each", code=2).stderr


def test_mistakes_of_a_pool(files: dict[str, Path]) -> None:
    flags = ["--pool", str(files["minutes"]), "--lower", "1800", "--upper", "2000", "--hold"]
    for more, told in (
        (POOL, "--pool-tokens, two of them with decimals"),
        ([*POOL, "--pool-tokens", "USDC,WETH"], "Like USDC:6,WETH:18"),
        (["--pool-fee", "0.0007", "--pool-tokens", "USDC:6,WETH:18"], "--pool-fee as one of 0.0001, 0.0005"),
        ([*POOL, "--pool-tokens", "USDC:6,WBTC:8"], "ETH among --pool-tokens"),
        ([*POOL, "--pool-tokens", "USDC:6,WETH:18", "--noise", "5"], "no --noise with --pool"),
        ([*POOL, "--pool-tokens", "USDC:6,WETH:18", "--pool-liquidity", "5"], "minutes, which have it"),
    ):
        assert told in run("replay", *flags, *more, code=2).stderr


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--hold"], "a policy to sweep"),
        (["--band", "0.1"], "lists to try"),
        (["--band", "0.1,0.1"], "each thing to try once"),
        (["--band", "-2,-1"], "a setting that can be replayed; got 2 that cannot; InputError: expected a band of 0"),
        (["--band", "0.1,0.2", "--workers", "0"], "the number of workers"),
        (["--band", "0.1,0.2", "--checkpoint", ""], "--checkpoint as a folder; got an empty name"),
        (["--every", "1h,2h,60min"], "each span of --every once; got 1h and 60min"),
        (["--band", "0.1,0.2", "--figure", "luck"], "one figure of the results"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_mistakes_of_a_sweep(flags: list[str], told: str, files: dict[str, Path]) -> None:
    done = run("sweep", *bars(files, *LEG), *flags, code=2)
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_files_that_are_nearly_right(files: dict[str, Path], tmp_path: Path) -> None:
    """The row of what is wrong is named, and so is what would be right."""
    good = pd.read_csv(files["spot"]).head(50)
    times, close = good["time"].tolist(), good["close"].astype(str).tolist()
    sides = {"bid": good["close"] - 1, "ask": good["close"] + 1}
    for change, told in (
        ({"time": [*times[:7], "soon", *times[8:]]}, "got 'soon' in row 8 in near.csv"),
        ({"close": [*close[:9], "n/k", *close[10:]]}, "got 'n/k' in row 10 in near.csv"),
        (sides, "near.csv with ask, bid, close, time. Quote bars have time"),
    ):
        file = tmp_path / "near.csv"
        good.assign(**change).to_csv(file, index=False)
        done = run("replay", *bars({"spot": file}, *LEG, "--band", "0.1"), code=2 if "bid" in change else 3)
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_full_disk_and_a_locked_folder_have_a_remedy(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    done = run("replay", *bars(files, *LEG, "--band", "0.1"), "--out", str(tmp_path / "x.csv"), code=3)
    assert "got " + str(tmp_path / "x.csv") + ": No space left on device. Name another place" in done.stderr
    assert not any(tmp_path.iterdir())


def test_a_pool_that_never_moves_is_said(files: dict[str, Path]) -> None:
    flags = bars(files, *LEG, "--band", "0.1")
    still, lively = (" ".join(run("replay", *flags, "--delay", delay).stdout.split()) for delay in ("5D", "1s"))
    assert "the pool of ETH/USDC NEVER MOVES: no quote that is 5 days old leaves its fee band" in still
    assert "NEVER MOVES" not in lively


def test_an_interrupt_before_the_sweep_is_one_line(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lpgreeks.markets.tables.table_of", stopped)
    done = run("sweep", *bars(files, *LEG), "--band", "0.1,0.2", code=130)
    assert done.stderr == "lpgreeks: stopped: nothing was computed yet\n"


# ---- what the commands stand on


@pytest.mark.parametrize("command", [["--help"], ["replay", "--help"], ["sweep", "--help"]])
def test_help_loads_nothing_heavy(command: list[str]) -> None:
    script = f"import sys; sys.argv = ['lpgreeks', *{command!r}]\nfrom lpgreeks.cli import main\n"
    script += "try:\n    main()\nexcept SystemExit:\n    pass\n"
    assert loaded(script) & {"numpy", "numba", "pandas", "scipy", "matplotlib", "tqdm", "joblib", "sympy"} == set()


def test_a_stretch_of_quotes_has_both_its_ends() -> None:
    quotes = tapes.quotes(np.arange(100.0, 110.0), spread=0.2)
    cut = quotes.between("2023-01-01 00:02", "2023-01-01T01:05:00+01:00")
    np.testing.assert_array_equal(cut.mid, quotes.mid[2:6])
    assert "cut to 4 rows, 2023-01-01 00:02:00 to 2023-01-01 00:05:00" in cut.source
    np.testing.assert_array_equal(quotes.between(None, "2023-01-01 00:03").mid, quotes.mid[:4])
    pool = tapes.pool(np.arange(100.0, 110.0), growth_base=np.arange(10.0), growth_quote=np.arange(10.0))
    stretch = pool.between("2023-01-01 00:02")
    np.testing.assert_array_equal(stretch.growth_base, np.arange(2.0, 10.0))
    np.testing.assert_array_equal(stretch.prices, np.arange(102.0, 110.0))
    with pytest.raises(lp.DataError, match="two or more rows"):
        quotes.between("2023-01-01 00:09")


def compiled(folder: Path, *, kept: float | None) -> Any:
    """A function as numba would hand it out, its code kept so many seconds after its source was written."""
    source = folder / "step.py"
    source.write_text("def fold(): ...\n")
    os.utime(source, (1_000, 1_000))
    names: dict[str, Any] = {}
    exec(compile(source.read_text(), str(source), "exec"), names)
    if kept is not None:
        index = folder / "step.fold-1.py311.nbi"
        index.touch()
        os.utime(index, (1_000 + kept, 1_000 + kept))
    return SimpleNamespace(py_func=names["fold"], stats=SimpleNamespace(cache_path=folder), __name__="fold")


class Screen(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(("kept", "known"), [(None, False), (9.0, True)])
def test_compiling_is_announced_once_on_a_terminal(
    kept: float | None, known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Function(SimpleNamespace):
        __hash__ = object.__hash__

    for terminal in (True, False):
        function = Function(**vars(compiled(tmp_path, kept=kept)))
        assert is_compiled(function) is known
        screen = Screen(terminal=terminal)
        monkeypatch.setattr(sys, "stderr", screen)
        announce_compiling(function)
        announce_compiling(function)
        told = "lpgreeks: compiling the replay step, once; this may take a minute\n"
        assert screen.getvalue() == (told if terminal and not known else "")


def test_numba_keeps_its_code_where_it_is_looked_for(files: dict[str, Path]) -> None:
    from lpgreeks.replays.compiled_fold import fold

    run("replay", *bars(files, *LEG, "--band", "0.1"))
    assert is_compiled(fold)


@pytest.mark.parametrize("hours", [0.5, 2.9, 30, 70, 73, 96, 119, 200, 900, 1_500, 9_000, 30_000])
def test_every_span_of_time_has_dates(hours: float) -> None:
    from lpgreeks.draw import new_axes, timelines

    times = np.datetime64("2023-04-10", "ns") + (np.linspace(0, hours * 3.6e12, 50)).astype("timedelta64[ns]")
    ax = new_axes()[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        timelines(ax, times, {"price": np.arange(50.0)}, ylabel="", title="")
        ax.figure.canvas.draw()
    assert 2 <= len(ax.get_xticks()) <= 9
