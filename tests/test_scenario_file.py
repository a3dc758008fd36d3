"""Scenario files: what a result writes makes it again, bit for bit; what is wrong is said with its line."""

from __future__ import annotations

import html
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.recipes import Call, is_recorded, made_by, recorded
from lpgreeks.scenario_file.made import Maker
from lpgreeks.scenario_file.names import maker, makers, nearest, public
from lpgreeks.scenario_file.places import Place, line_of
from lpgreeks.scenario_file.scenario import template
from lpgreeks.scenario_file.written import plain
from tests.running import printed, run

DEFAULT = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)
LINEAR = lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
LEG = lp.Leg(LINEAR, fee=lp.Fee(taker=0.0005))
COIN = lp.InversePerp(base="ETH", quote="USDC", entry=1_900)
VARIANCE = lp.Variance(lp.Value("USDC"))


@pytest.fixture(autouse=True)
def _figures_are_closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of hours."""
    times = pd.date_range("2023-04-01", periods=240, freq="h", tz="UTC")
    walk = np.exp(np.cumsum(np.random.default_rng(5).normal(0.0, 6e-3, len(times))))
    found = tmp_path_factory.mktemp("prices") / "prices.csv"
    pd.DataFrame({"time": times, "close": 1_900 * walk}).to_csv(found, index=False)
    return found


def again(thing: Any) -> Any:
    """A thing, through the text of a file."""
    import tomli_w

    text = tomli_w.dumps({"thing": plain(thing)})
    return Maker(text, "a file", Path(), {}).made(tomllib.loads(text)["thing"], Place(("thing",)))


def tape_of(file: Path) -> lp.Tape:
    quotes = lp.Quotes.from_bars(lp.read_prices(file, market="ETH/USDC"), half_spread=5e-5).between("2023-04-02")
    return lp.Tape(quotes=quotes, pool=lp.arbitraged_pool(quotes, fee=0.0005, liquidity=1.2e7, delay="1s"))


# ---- nouns


NOUNS = [
    *(sample for kind in lp.every_instrument() for sample in kind.samples()),
    lp.Position(-2.5, LINEAR),
    DEFAULT - 12.5 * LINEAR,
    LEG,
    lp.Leg(LINEAR, collateral="USDC", maintenance=lp.Progressive.at([0, 1e5], [0.004, 0.005]), side=lp.Side.SHORT)
    if hasattr(lp.Progressive, "at")
    else LEG,
    lp.Leg(LINEAR, collateral="USDC", slippage=lp.Slippage(rate=1e-4), funding=lp.Funding(rate=1e-4, hours=1.0)),
    lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365, drift_per_year=0.1),
    lp.Merton(price=1_900, volatility=0.5, years=7 / 365, jumps_per_year=12, jump_mean=-0.05, jump_volatility=0.1),
    lp.Variance(lp.Value("USDC")),
    lp.Variance(lp.Amount("ETH"), lp.Amount("USDC")),
    lp.CVaR(lp.Value("ETH"), level=0.99),
    lp.SemiVariance(lp.Value("USDC"), about_mean=True),
    lp.WorstCase(lp.Value("USDC"), over=(1_500.0, 2_500.0)),
    lp.MeanVariance(lp.Value("USDC"), aversion=1e-4),
    lp.NoLiquidation(over=(1_500.0, 2_500.0), buffer=0.1),
    lp.NoLiquidation(over=lp.RangeEdges()),
    lp.AtMost(1, of=lp.Put),
    lp.Budget(120_000),
    lp.Wallet({"ETH": 30.0}),
    lp.QuantityBounds(of=LINEAR, lower=-10.0),
    lp.DeltaBand(0.05),
    lp.DeltaBand(coins=2.0) & lp.Keep(lp.Amount("ETH")) & lp.Latency("200ms"),
    lp.Dislocation(theta=1e-3, gap=float("inf")),
    lp.Dislocation(theta=1e-3, theta_down=2e-3, dwell=3.0),
    lp.ManagedRange(base="ETH", quote="USDC", lower=0.95, upper=1.05, capital=1e5, deposits=lp.Deposits.HALF_EACH),
    lp.Gas(each=15),
    lp.LeastCost(),
]


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: type(noun).__name__)
def test_a_noun_is_the_same_after_a_file(noun: Any) -> None:
    found = again(noun)
    assert type(found) is type(noun)
    assert found == noun
    assert repr(found) == repr(noun)


def test_what_a_noun_fills_in_by_itself_is_not_said() -> None:
    assert plain(lp.Dislocation(theta=1e-3)) == {"kind": "Dislocation", "theta": 1e-3}
    venue = lp.venue("binance-usd-m", on="2023-05-01", unconfirmed=True)
    said = plain(lp.Leg(lp.LinearPerp(base="ETH", quote="USDT", entry=1_900), venue=venue))
    assert set(said) == {"kind", "instrument", "venue"}
    assert said["venue"] == {"kind": "venue", "name": "binance-usd-m", "on": "2023-05-01", "unconfirmed": True}
    assert again(lp.Leg(lp.LinearPerp(base="ETH", quote="USDT", entry=1_900), venue=venue)).maintenance is not None


def test_spans_keep_every_nanosecond() -> None:
    for nanoseconds in (1, 1_500_000, 86_400_000_000_000, 123_456_789):
        policy = again(lp.Latency(np.timedelta64(nanoseconds, "ns")))
        assert policy.settings == lp.Latency(np.timedelta64(nanoseconds, "ns")).settings


def test_things_by_name_keep_their_order() -> None:
    things = {"b": [LEG], "a": lp.Hold(), "c": lp.DeltaBand(0.05), "0": [LINEAR]}
    assert list(again(things).items()) == list(things.items())
    with pytest.raises(lp.InputError, match="a name and a value; got 3"):
        Maker("", "a file", Path(), {}).made({"kind": "named", "things": [3]}, Place(("x",)))


def test_two_things_of_one_name_are_refused() -> None:
    said = {"kind": "named", "things": [{"name": "a", "value": 1}, {"name": "a", "value": 2}]}
    with pytest.raises(lp.InputError, match="names that can be told apart; got two called a"):
        Maker("", "a file", Path(), {}).made(said, Place(("x",)))


def test_what_a_file_says_twice_is_made_once(prices: Path) -> None:
    tape = tape_of(prices)
    found = again(tape)
    np.testing.assert_array_equal(found.rows.pool, tape.rows.pool)
    twice = again([LEG, LEG])
    assert twice[0] is twice[1]


def test_only_what_is_public_and_keeps_its_recipe_can_be_said() -> None:
    assert {"UniswapV3", "UniswapV3.from_value", "read_klines", "History.windows", "Quotes.from_bars", "grid"} <= set(
        makers()
    )
    for name in ("os.system", "Exposure", "InputError", "__builtins__", "Side", "plot", "onchain", "UniswapV3.value"):
        assert maker(name) is None
    assert public("__builtins__") is None
    assert public("Side.LONG") is lp.Side.LONG
    assert is_recorded(lp.read_klines)
    assert not is_recorded(lp.performance)


REACHES = [
    'kind = "grid"\nof = "lp.recipes.inspect.os.system"\ncommand = ["touch PLACE"]',
    'kind = "Grid.of_rows"\nof = "lp.scenario_file.made.Path"\nrows = []',
    'kind = "grid"\nof = "lp.Scenario.write"\npath = ["PLACE"]',
    'kind = "grid"\nof = "lp.report"\npath = ["PLACE"]',
    'kind = "grid"\nof = "lp.InputError.mro"\nx = [1]',
    'kind = "grid"\nof = "lp.UniswapV3.__init_subclass__"\nx = [1]',
    'kind = "sweep"\nverb = "lp.hedge"\ncheckpoint = "PLACE"',
]


@pytest.mark.parametrize("said", REACHES)
def test_a_file_reaches_nothing_but_what_makes_nouns(said: str, tmp_path: Path) -> None:
    file, place = tmp_path / "x.toml", tmp_path / "made"
    file.write_text(f"[holding]\n{said}\n".replace("PLACE", str(place)))
    with pytest.raises(lp.InputError, match=r"in x.toml, line [23], holding\.(of|kind): a (public name|kind)"):
        lp.read_scenario(file).noun("holding")
    assert not place.exists()


# ---- results


def hedges(file: Path) -> dict[str, lp.HedgePlan]:
    week = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
    weeks = lp.read_prices(file, market="ETH/USDC").windows("3D", step="12h", start=1_900)
    usdc = lp.Variance(lp.Value("USDC"))
    short = lp.Leg(LINEAR, collateral="USDC", maintenance=lp.Proportional(rate=0.005))
    coin = lp.InversePerp(base="ETH", quote="USDC", entry=1_900)
    return {
        "model": lp.hedge(DEFAULT, [LINEAR, coin], week, objective=usdc),
        "survival": lp.hedge(
            DEFAULT, [short], week, objective=usdc, constraints=[lp.NoLiquidation(probability=0.01), lp.Budget(120_000)]
        ),
        "windows": lp.hedge(DEFAULT, [LINEAR], weeks, objective=lp.CVaR(lp.Value("USDC"), level=0.8), exit="range"),
        "drawn": lp.hedge(
            DEFAULT, [coin], week.sample(paths=50, steps=4, seed=7), objective=lp.Variance(lp.Amount("ETH"))
        ),
    }


def test_a_hedge_is_made_again_bit_for_bit(prices: Path, tmp_path: Path) -> None:
    for name, plan in hedges(prices).items():
        lp.scenario_of(plan).write(tmp_path / f"{name}.toml")
        found = lp.read_scenario(tmp_path / f"{name}.toml").run("hedge")
        assert found.quantities == plan.quantities, name
        assert found.to_dict() == plan.to_dict()
        assert str(found) == str(plan)


def test_a_replay_of_a_plan_is_made_again_bit_for_bit(prices: Path, tmp_path: Path) -> None:
    plan, tape = hedges(prices)["model"], tape_of(prices)
    result = lp.replay(DEFAULT, plan, tape, policy=lp.DeltaBand(0.05) & lp.Latency("1min"), grid="2h")
    lp.scenario_of(result).write(tmp_path / "replay.toml")
    scenario = lp.read_scenario(tmp_path / "replay.toml")
    found = scenario.run("replay")
    np.testing.assert_array_equal(found.equity, result.equity)
    assert found.to_dict() == result.to_dict()
    # The plan is in it too.
    assert scenario.run("hedge").quantities == plan.quantities
    # And something else in one place of it.
    held = scenario.run("replay", policy=lp.Hold())
    np.testing.assert_array_equal(held.equity, lp.replay(DEFAULT, plan, tape, grid="2h").equity)


def test_a_sweep_is_made_again_bit_for_bit(prices: Path, tmp_path: Path) -> None:
    tape = tape_of(prices)

    def own(band: float, move: float) -> lp.Policy:
        return lp.DeltaBand(band) & lp.PriceMove(move)

    grids = {
        "class": lp.grid(lp.Dislocation, theta=[1e-3, 2e-3], gap=[5e-4, float("inf")]),
        "refused": lp.grid(lp.Dislocation, theta=[1e-3], gap=[5e-4, 2e-3], min_gap=1e-3),
        "function": lp.grid(own, band=[0.02, 0.05], move=[0.01, -1.0]),
        "each": lp.each([lp.Hold(), lp.DeltaBand(0.05)]),
    }
    for name, policies in grids.items():
        runs = lp.sweep(lp.replay, DEFAULT, [LEG], tape, policy=policies, progress=False)
        lp.scenario_of(runs).write(tmp_path / f"{name}.toml")
        found = lp.read_scenario(tmp_path / f"{name}.toml").run("sweep", progress=False)
        assert found.to_dict() == runs.to_dict(), name
        pd.testing.assert_frame_equal(found.table(), runs.table())


def test_a_sweep_of_hedges_over_models(tmp_path: Path) -> None:
    models = lp.grid(lp.Lognormal, price=1_900, volatility=[0.4, 0.6], years=[7 / 365, 30 / 365])
    runs = lp.sweep(lp.hedge, DEFAULT, [LINEAR], models, objective=lp.Variance(lp.Value("USDC")), progress=False)
    lp.scenario_of(runs).write(tmp_path / "x.toml")
    found = lp.read_scenario(tmp_path / "x.toml").run("sweep", progress=False)
    assert found.to_dict() == runs.to_dict()
    assert found.parameters == ("over.volatility", "over.years")


def test_replays_by_name_share_what_they_have_in_common(prices: Path, tmp_path: Path) -> None:
    tape = tape_of(prices)
    results = {
        "nothing": lp.replay(DEFAULT, None, tape),
        "band": lp.replay(DEFAULT, [LEG], tape, policy=lp.DeltaBand(0.05)),
    }
    lp.scenario_of(results).write(tmp_path / "x.toml")
    scenario = lp.read_scenario(tmp_path / "x.toml")
    assert scenario.text.count("[replay.tape]") == 1
    found = scenario.run("replays")
    assert list(found) == list(results)
    for name, result in results.items():
        assert found[name].to_dict() == result.to_dict()


def test_replays_by_name_each_keep_their_own_hedge(prices: Path, tmp_path: Path) -> None:
    tape, plan = tape_of(prices), hedges(prices)["model"]
    other = lp.hedge(DEFAULT * 2, [LEG], lp.Lognormal(price=1_900, volatility=0.5, years=0.02), objective=VARIANCE)
    band = lp.DeltaBand(0.05)
    cases = {
        "plan": lp.replay(DEFAULT, plan, tape),
        "its legs": lp.replay(DEFAULT, [LINEAR, COIN], tape, policy=band),
        "leg": lp.replay(DEFAULT, [LEG], tape, policy=band),
        "other plan": lp.replay(DEFAULT * 2, other, tape),
        "none": lp.replay(DEFAULT, None, tape),
    }
    for names in (["plan", "its legs"], ["its legs", "plan"], ["leg", "its legs"], [*cases], ["none", "other plan"]):
        results = {name: cases[name] for name in names}
        lp.scenario_of(results).write(tmp_path / "x.toml")
        found = lp.read_scenario(tmp_path / "x.toml").run("replays")
        for name, result in results.items():
            assert found[name].to_dict() == result.to_dict(), (names, name)


def test_replays_that_have_no_names_are_refused(prices: Path) -> None:
    with pytest.raises(lp.DataError, match="replays by name; got none"):
        lp.scenario_of({})
    with pytest.raises(lp.DataError, match="replays whose names are text; got 1"):
        lp.scenario_of({1: lp.replay(DEFAULT, None, tape_of(prices))})


def test_several_answers_about_one_holding_share_a_file(tmp_path: Path) -> None:
    plan = lp.hedge(
        DEFAULT,
        [LINEAR],
        lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365),
        objective=lp.Variance(lp.Value("USDC")),
    )
    beside = lp.compare(plan, {"nothing else": [lp.InversePerp(base="ETH", quote="USDC", entry=1_900)]})
    costs = lp.economics(plan, gas=lp.Gas(each=15))
    lp.scenario_of(beside, costs).write(tmp_path / "x.toml")
    scenario = lp.read_scenario(tmp_path / "x.toml")
    assert scenario.run("economics").to_dict() == costs.to_dict()
    assert scenario.run("compare").to_dict() == beside.to_dict()
    with pytest.raises(lp.InputError, match="about the same; got two of economics"):
        lp.scenario_of(costs, lp.economics(plan, gas=lp.Gas(each=16)))


def test_data_that_stand_in_several_places_are_said_once(prices: Path, tmp_path: Path) -> None:
    tape = tape_of(prices)
    plan = lp.hedge(
        DEFAULT,
        [LINEAR],
        lp.read_prices(prices, market="ETH/USDC").windows("3D", step="12h", start=1_900),
        objective=lp.Variance(lp.Value("USDC")),
    )
    result = lp.replay(DEFAULT, plan, tape)
    lp.scenario_of(result).write(tmp_path / "x.toml")
    scenario = lp.read_scenario(tmp_path / "x.toml")
    assert scenario.text.count("read_prices") == 1
    assert set(scenario.said["shared"]) == {"quotes", "prices"}
    assert scenario.said["replay"]["tape"]["quotes"] == ["@quotes"]
    assert scenario.run("replay").to_dict() == result.to_dict()
    (tmp_path / "y.toml").write_text(scenario.text.replace("@quotes", "@quote", 1))
    with pytest.raises(lp.InputError, match=r"a name under \[shared\]; got quote. Did you mean quotes\?"):
        lp.read_scenario(tmp_path / "y.toml").run("replay")
    assert "shared" not in lp.scenario_of(hedges(prices)["windows"]).said


def test_files_are_named_from_the_scenarios_own_folder(
    prices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(prices.parent)
    plan = hedges(Path("prices.csv"))["windows"]
    kept = prices.parent / "kept"
    kept.mkdir()
    lp.scenario_of(plan).write(kept / "x.toml")
    assert 'source = "../prices.csv"' in (kept / "x.toml").read_text()
    monkeypatch.chdir(tmp_path)
    assert lp.read_scenario(kept / "x.toml").run("hedge").quantities == plan.quantities


def test_a_file_is_where_it_was_when_it_was_read(prices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marked = tmp_path / "lp.prices.csv"
    marked.write_bytes(prices.read_bytes())
    monkeypatch.chdir(tmp_path)
    plan = hedges(Path(marked.name))["windows"]
    monkeypatch.chdir(prices.parent)
    lp.scenario_of(plan).write(tmp_path / "x.toml")
    monkeypatch.chdir(tmp_path)
    scenario = lp.read_scenario("x.toml")
    monkeypatch.chdir(prices.parent)
    assert scenario.run("hedge").quantities == plan.quantities


def test_what_changes_after_a_call_does_not_change_its_recipe() -> None:
    moves, legs = np.array([-0.1, 0.1]), [LEG]
    table = lp.scenario_table(DEFAULT, start=1_900, moves=moves)
    plan = lp.hedge(DEFAULT, legs, lp.Lognormal(price=1_900, volatility=0.65, years=0.02), objective=VARIANCE)
    moves *= 2
    legs.append(lp.Leg(COIN))
    assert lp.scenario_of(table).said["scenario_table"]["moves"] == [-0.1, 0.1]
    assert len(lp.scenario_of(plan).said["legs"]) == 1


def test_numbers_keep_their_kind_and_sign() -> None:
    assert plain(np.float32(0.1)) == float(np.float32(0.1))
    assert repr(again(lp.Fee(taker=-0.0))) == repr(lp.Fee(taker=-0.0))
    for number in (np.longdouble(1), np.complex128(1j)):
        with pytest.raises(lp.DataError, match="nouns, numbers and text, which a file can say"):
            plain(number)


def test_text_and_times_stay_what_they_are() -> None:
    for text in ("lp.Put", "@quotes"):
        with pytest.raises(lp.DataError, match=r"text that does not begin with lp\. or @"):
            plain(text)
    assert again({"kind": 1.0, "ETH": 2.0}) == {"kind": 1.0, "ETH": 2.0}
    assert plain(pd.Timedelta(1_000_001, "ns")) == "1.000001ms"
    assert plain(pd.Timestamp("2023-01-01 00:00:00.123456789Z")) == "2023-01-01T00:00:00.123456789+00:00"
    for span in (np.timedelta64(5, "M"), np.timedelta64("NaT")):
        with pytest.raises(lp.DataError, match="spans of one length"):
            plain(span)


def test_what_cannot_be_said_is_refused(prices: Path) -> None:
    week = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
    with pytest.raises(lp.DataError, match="the answer of one of hedge"):
        lp.scenario_of(week)
    tape = tape_of(prices)
    called = lp.replay(DEFAULT, [LEG], tape, policy=lambda _: None)
    with pytest.raises(lp.DataError, match="public names of lpgreeks"):
        lp.scenario_of(called)
    bars = lp.read_prices(prices, market="ETH/USDC")
    made = lp.Quotes(market="ETH/USDC", times=bars.times, bid=bars.prices[:, 0], ask=bars.prices[:, 0], source="mine")
    long = lp.Quotes(
        market="ETH/USDC",
        times=np.arange(2_000).astype("datetime64[m]"),
        bid=np.ones(2_000),
        ask=np.ones(2_000),
        source="mine",
    )
    assert len(plain(made)["bid"]) == 240
    with pytest.raises(lp.DataError, match="2,000 numbers made in memory"):
        plain(long)


def test_a_recipe_holds_no_data_that_a_file_gives(prices: Path) -> None:
    windows = lp.read_prices(prices, market="ETH/USDC").windows("3D", step="12h", start=1_900)
    call = made_by(windows)
    assert call is not None
    assert call.name == "History.windows"
    assert call.arguments["length"] == "3D"
    inner = call.arguments["of"]
    assert isinstance(inner, Call)
    assert inner.name == "read_prices"
    assert inner.arguments == {"source": prices, "market": "ETH/USDC"}


def test_what_a_verb_makes_several_of_is_one_call() -> None:
    class Made:
        __module__ = "lpgreeks.made_here"

    @recorded
    def several(count: int) -> list[Made]:
        return [Made() for _ in range(count)]

    three = several(3)
    assert plain(three) == [{"kind": "several", "count": 3}]
    assert plain([*three[:2]]) == [
        {"kind": "several", "count": 3, "item": 1},
        {"kind": "several", "count": 3, "item": 2},
    ]
    assert plain([three[1]]) == [{"kind": "several", "count": 3, "item": 2}]


# ---- what is wrong


START = template()

WRONG = [
    ("lower = 1_700", "lowr = 1_700", r"line {line}, holding.lowr: a key of holding; got lowr. Did you mean lower\?"),
    ("lower = 1_700", 'lower = "x"', r"line {line}, holding.lower: lower as one positive number; got lower='x'"),
    ("lower = 1_700", "lower = 2_400", r"line {line}, holding.lower: lower below upper"),
    ("lower = 1_700", "lower = ", r"TOML; got .*Invalid value \(at line {line}"),
    ("volatility = 0.65", "volatility = 65", r"line {line}, scenarios.volatility: volatility of at most 10 a year"),
    ("volatility = 0.65", "volatilty = 0.65", r"line {line}, scenarios.volatilty: .*Did you mean volatility\?"),
    ("volatility = 0.65\n", "", r"scenarios: volatility of Lognormal; got none"),
    ("[objective]", "[objectiv]", r"objectiv: a key of a scenario; got objectiv. Did you mean objective\?"),
    ('kind = "Lognormal"', 'kind = "LogNormal"', r"scenarios.kind: a kind, .* got LogNormal. Did you mean Lognormal\?"),
    ('kind = "Lognormal"', 'kind = "os.system"', r"scenarios.kind: a kind, as in a script after lp.; got os.system"),
    ('kind = "Lognormal"', "kind = 3", r"scenarios.kind: a kind, as in a script after lp.; got 3"),
    ('kind = "Budget"', 'kind = "Budgt"', r"constraints\[2\].kind: a kind, .* got Budgt. Did you mean Budget\?"),
    ("taker = 0.0005", "takr = 0.0005", r"legs\[1\].fee.takr: a key of legs\[1\].fee; got takr. Did you mean taker\?"),
    ("taker = 0.0005", 'taker = "5 bp"', r"line {line}, legs\[1\].fee: the taker fee as one finite"),
    ('token = "USDC"', 'token = "USDK"', r"USDK"),
    ("probability = 0.01", 'probability = "lp.Nothing"', r"constraints\[1\].probability: a public name; got lp.No"),
]  # fmt: skip


@pytest.mark.parametrize(("was", "now", "message"), WRONG, ids=[now[:30] for _, now, _ in WRONG])
def test_what_is_wrong_is_said_with_its_line(was: str, now: str, message: str, tmp_path: Path) -> None:
    text = re.sub(rf"{re.escape(was)}(?=\s)", now, START, count=1) if was[-1].isalnum() else START.replace(was, now, 1)
    assert text != START
    file = tmp_path / "x.toml"
    file.write_text(text)
    line = START[: START.index(was)].count("\n") + 1
    with pytest.raises(lp.LPGreeksError, match=message.replace("{line}", str(line))):
        lp.read_scenario(file).run("hedge")


WHOLE = [
    ('holding = "@a"\n[shared]\na = "@b"\nb = "@a"', r"line 3, shared.a: a table that does not stand for itself"),
    ("holding = 3", r"line 1, holding: a table with kind, \[holding\]; got 3"),
    ("objective = []", r"line 1, objective: a table with kind, \[objective\]; got \[\]"),
    ("legs = 3", r"line 1, legs: tables, \[\[legs\]\]; got 3"),
    ("legs = [1]", r"line 1, legs: legs as a list of instruments, \+1 long; got \[1\]"),
    ("exit = true", r"line 1, exit: text; got True"),
    ('exit = "x"', r"line 1, exit: exit .held. or .range.; got 'x'"),
    ('scenarios = "lp.Lognormal"', r"in x.toml: what hedge takes; got AttributeError"),
    ('holding = {kind = "UniswapV3."}', r"line 1, holding.kind: a kind, .* Did you mean UniswapV3\?"),
    ('holding = {kind = "named", things = [{name = [1], value = 2}]}', r"line 1, holding.things\[1\]: a name and"),
    ("x = " + "[" * 5_000 + "]" * 5_000, "a scenario in TOML; got .*recursion"),
    ("x = " + "[" * 150 + "]" * 150, "at most 100 tables within each other; got more in .*x.toml"),
    (".".join("a" * 5_000) + " = 1", "at most 100 tables within each other; got more in .*x.toml"),
    ("x = 1" + "0" * 5_000, "a scenario in TOML; got .*4300 digits"),
    ("x = 1\nx = 2", r"Cannot overwrite a value \(at line 2"),
]


@pytest.mark.parametrize(("said", "message"), WHOLE, ids=[said[:30] for said, _ in WHOLE])
def test_a_file_that_is_wrong_as_a_whole(said: str, message: str, tmp_path: Path) -> None:
    found = tomllib.loads(START)
    for name in ("holding", "objective", "legs", "exit", "scenarios"):
        if said.startswith(name):
            found.pop(name, None)
    import tomli_w

    file = tmp_path / "x.toml"
    file.write_text(f"{said}\n" + re.sub(r"^# .*", "", tomli_w.dumps(found), flags=re.MULTILINE))
    with pytest.raises(lp.LPGreeksError, match=message):
        lp.read_scenario(file).run("hedge")


def test_a_chain_of_names_has_an_end(tmp_path: Path) -> None:
    chain = "".join(f'a{i} = "@a{i + 1}"\n' for i in range(2_000))
    (tmp_path / "x.toml").write_text(f'holding = "@a0"\n[shared]\n{chain}a2000 = 1\n')
    with pytest.raises(lp.InputError, match="at most 100 tables within each other"):
        lp.read_scenario(tmp_path / "x.toml").noun("holding")


def test_files_that_are_none(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path, "Is a directory"),
        (tmp_path / "nothing.toml", "No such file"),
    ):
        with pytest.raises(lp.DataError, match=message):
            lp.read_scenario(path)
    binary = tmp_path / "b.toml"
    binary.write_bytes(bytes(range(256)))
    with pytest.raises(lp.DataError, match="no text in UTF-8"):
        lp.read_scenario(binary)
    empty = tmp_path / "e.toml"
    empty.write_text("")
    with pytest.raises(lp.InputError, match=r"holding and legs and scenarios and objective in e\.toml, for a hedge"):
        lp.read_scenario(empty).run("hedge")
    with pytest.raises(lp.InputError, match=r"a verb; got 'hedg'. Did you mean hedge\?"):
        lp.read_scenario(empty).run("hedg")


def test_a_place_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    plan = lp.scenario_of(DEFAULT, greeks={"price": 1_900.0})
    with pytest.raises(lp.DataError, match=r"may be written to; got .*nowhere"):
        plan.write(tmp_path / "nowhere" / "x.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(lp.DataError, match="may be written to"):
        plan.write(tmp_path / "folder.toml")
    assert [p.name for p in tmp_path.iterdir()] == ["folder.toml"]


def test_lines() -> None:
    text = 'a = 1\n[b]\nc = 2\n\n[[d]]\ne = 1\n[[d]]\ne = 2\n[d.f]\ng = 3\n"h i" = [\n  1,\n]\n'
    expected = {("a",): 1, ("b",): 2, ("b", "c"): 3, ("d", 0, "e"): 6, ("d", 1, "e"): 8, ("d", 1, "f", "g"): 10}
    for parts, line in expected.items():
        assert line_of(text, Place(parts)) == line
    assert line_of(text, Place(("d", 1, "f", "h i", 0))) == 11
    assert line_of(text, Place(("b", "nothing"))) == 2
    assert line_of(text, Place(("nothing",))) is None
    assert line_of('# a\u2028b\r\n[replays."a.b"]\r\nx = 1\n', Place(("replays", "a.b", "x"))) == 3
    assert str(Place(("legs", 0, "fee"))) == "legs[1].fee"


def test_the_nearest_name() -> None:
    assert nearest("lowr", ["lower", "upper"]) == "Did you mean lower?"
    assert nearest("qq", ["lower", "upper"]) == "One of lower, upper"


# ---- commands


def test_the_file_that_init_writes_runs_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "week.toml"
    done = run("init", str(file))
    assert (done.stdout, done.stderr) == ("", "")
    assert run("hedge", "--scenario", str(file)).stdout.startswith("Short 24.0586 ETH")
    for command in ("frontier", "payoff", "greeks", "scenario"):
        assert run(command, "--scenario", str(file)).stdout
    assert "a new file; got " in run("init", str(file), code=3).stderr
    assert "ending in .toml" in run("init", str(tmp_path / "x.txt"), code=2).stderr


def test_a_file_is_reported_whole(tmp_path: Path) -> None:
    file, page = tmp_path / "week.toml", tmp_path / "week.html"
    run("init", str(file))
    run("report", str(file), str(page))
    text = page.read_text()
    for title in ("Legs, +1 long", "Points", "P&amp;L by component [USDC]", "The scenario that made it"):
        assert title in text, title
    assert "[scenario_table]" in text
    first = page.read_bytes()
    run("report", str(file), str(page))
    assert page.read_bytes() == first
    assert "ending in .html" in run("report", str(file), str(tmp_path / "x.png"), code=2).stderr
    file.write_text('[holding]\nkind = "Cash"\n')
    assert "a hedge, a replay or a table in the file" in run("report", str(file), str(page), code=2).stderr


def test_what_init_leaves_in_comments_runs_too(prices: Path) -> None:
    at = START.index("# [replay]")
    rest = re.sub(r"^# ?", "", START[at:], flags=re.MULTILINE)
    file = prices.parent / "whole.toml"
    file.write_text(START[:at] + rest)
    scenario = lp.read_scenario(file)
    assert scenario.run("replay").figures()["hedges"] > 0
    assert len(scenario.run("sweep", progress=False)) == 4


def test_a_report_judges_the_sweep_as_its_command_does(prices: Path) -> None:
    file, page = prices.parent / "judged.toml", prices.parent / "judged.html"
    at = START.index("# [replay]")
    file.write_text(START[:at] + re.sub(r"^# ?", "", START[at:], flags=re.MULTILINE))
    run("report", str(file), str(page))
    record = json.loads(run("sweep", "--scenario", str(file), "--json").stdout)
    text = html.unescape(page.read_text())
    assert record["verdict"]["sentence"] in text
    assert "fees, base" in text  # the parts of the best setting


TAPE = "--prices PRICES --half-spread 0.00005 --pool-fee 0.0005"
COMMANDS = [
    "hedge",
    "hedge --leg linear --fee 0.0005 --gas 15 --max-leverage 5 --liquidation-chance 0.01",
    "hedge --prices PRICES --window 3D --step 12h --minimise cvar",
    "hedge --delta-at-most 5 --short-at-most 30000",
    "hedge --leg linear --max-leverage 5 --budget 100000 --pool-size-at-most 1",
    "frontier budget 101000 130000 --leg linear --max-leverage 5 --survive-range --points 3",
    "frontier half-width 0.05 0.2 --points 3",
    "frontier days 2 20 --points 3",
    "payoff --short 24 --income 900",
    "scenario --max-leverage 5 --maintenance 0.005 --funding 0,0.0001 --days 0,3",
    "scenario --short 24 --put 1700=20 --moves=-0.2,0,0.2 --days 0,3",
    "scenario --short 24 --stress PRICES",
    "greeks --full-range",
    "range 2 --price 1867 --volatility 0.8",
    f"replay {TAPE} --lower 1700 --upper 2100 --hold",
    f"replay {TAPE} --managed --lower 0.95 --upper 1.05 --fee 0.0005 --band 0.05 --funding 0.0001",
    f"sweep {TAPE} --lower 1700 --upper 2100 --fee 0.0005 --band 0.05,0.1 --keep value --seed 4",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_answered_again_from_the_file_that_it_wrote(command: str, prices: Path, tmp_path: Path) -> None:
    file, beside = tmp_path / "x.toml", tmp_path / "y.toml"
    said = [str(prices) if part == "PRICES" else part for part in command.split()]
    first = run(*said, "--json", "--out", str(file)).stdout
    second = run(said[0], "--scenario", str(file), "--json", "--out", str(beside)).stdout
    assert second == first
    assert beside.read_text() == file.read_text()
    if said[0] in ("hedge", "frontier", "replay"):
        text = run(said[0], "--scenario", str(file)).stdout
        assert printed(run(said[0], "--scenario", str(file), "--code").stdout).startswith(text.splitlines()[0])


@pytest.mark.parametrize("ending", [".html", ".png", ".csv"])
def test_a_range_for_exits_has_neither_page_nor_picture(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"x{ending}"
    done = run("range", "2", "--price", "1867", "--volatility", "0.8", "--out", str(file), code=2)
    assert f"a file ending in .json, .toml; got {file}" in done.stderr
    assert not any(tmp_path.iterdir())


def test_flags_beside_a_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    run("init", str(file))
    error = run("hedge", "--scenario", str(file), "--value", "5", code=2).stderr
    assert error == "lpgreeks: expected no flag that the file says; got --value. Say it in the file\n"
    assert "tape in x.toml, for a replay" in run("replay", "--scenario", str(file), code=2).stderr


REAL = {
    "index": ["index", "gmx-v1-glp-avalanche-1m/GLP-avalanche-1m-2024-10-15.parquet", "--from", "2024-10-15 06:00",
              "--token", "USDC", "--funding", "0.0001"],
    "spreads": ["spread", "deribit-futures-perp-2026-01_02/futures-vs-perp.parquet", "--base", "BTC", "--half-spread",
                "0.0001", "--at", "2026-01-20"],
    "pair": ["spread", "deribit-futures-perp-2026-01_02/futures-vs-perp.parquet", "--base", "BTC", "--half-spread",
             "0.0001", "--pair", "BTC-27MAR26,BTC-PERPETUAL"],
    "band": ["spread", "deribit-futures-perp-2026-01_02/futures-vs-perp.parquet", "--base", "BTC", "--half-spread",
             "0.0001", "--pair", "BTC-27MAR26,BTC-PERPETUAL", "--entry", "900", "--exit", "300", "--size", "10000"],
    "options": ["options", "--chain", "deribit-options-2026-01/options.parquet", "--at", "2026-01-05 12:00", "--expiry",
                "2026-01-09", "--lower", "2900", "--upper", "3400", "--leg", "linear"],
}  # fmt: skip


@pytest.mark.parametrize("command", REAL.values(), ids=REAL)
def test_a_command_on_real_files_is_answered_again(command: list[str], real_data: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    said = [str(real_data / part) if part.endswith(".parquet") else part for part in command]
    first = run(*said, "--json", "--out", str(file)).stdout
    assert run(said[0], "--scenario", str(file), "--json").stdout == first
