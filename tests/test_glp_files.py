"""GLP out of files: the contract's integers digit by digit, scales that are stated, and real minutes."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.onchain import gmx
from tests.tolerances import ROUNDING

DECIMALS = {"BTC.B": 8, "WETH": 18, "WBTC": 8, "WAVAX": 18, "MIM": 18, "USDC": 6, "USDC.E": 6}
SCALE = lp.GlpScale(decimals=DECIMALS, reward_token="WAVAX")

# ---- a day of demeter in the small: the shape of its file, in round figures


def raw(minutes: int = 3) -> pd.DataFrame:
    """As text: 1e30 for dollars, the token's decimals for amounts, some integers written with a trailing .0."""
    table = pd.DataFrame(
        [
            {
                "": f"2024-10-15 00:0{k}:00",
                "glp": "23218773871711187101247422",
                "wbtc_price": "66066487000000000000000000000000000",
                "usdc_price": "1000000000000000000000000000000",
                "wbtc_size": "367269954547548030600000000000000",
                "wbtc_average": "62835428361058956847401675134717909",
                "wbtc_guaranteed": "261989905655415190971096082012934149",
                "wbtc_pool": "1064058740.0",
                "wbtc_reserved": "564886920",
                "wbtc_usdg": "585446307336990074410037",
                "usdc_pool": "7052176922713.0",
                "usdc_usdg": "7045868947750884246915173",
                "interval": "789480314626619.0",
                "wbtc_weight": "3000",
                "usdc_weight": "46000",
                "usdg": "21590378240515822066988385",
                "glp_price": "0.329",
            }
            for k in range(minutes)
        ]
    )
    p, a = 66_066_487 * 10**27, 62_835_428_361_058_956_847_401_675_134_717_909
    aum = 261_989_905_655_415_190_971_096_082_012_934_149 + 499_171_820 * p // 10**8
    aum += 367_269_954_547_548_030_600_000_000_000_000 * (p - a) // a + 7_052_176_922_713 * 10**24
    return table.assign(aum=str(aum))


def written(path: Path, table: pd.DataFrame) -> Path:
    path.write_text(table.to_csv(index=False, lineterminator="\n"))
    return path


def test_integers_are_read_digit_by_digit(tmp_path: Path) -> None:
    rows = lp.read_glp(written(tmp_path / "glp.csv", raw()), scale=SCALE)
    assert rows.tokens == ("WBTC", "USDC")
    assert rows.stable.tolist() == [False, True]
    exact = {
        "supply": [Fraction(23_218_773_871_711_187_101_247_422, 10**18)],
        "usdg_supply": [Fraction(21_590_378_240_515_822_066_988_385, 10**18)],
        "reward_per_second": [Fraction(789_480_314_626_619, 10**18)],
        "prices": [Fraction(66_066_487, 1000), 1],
        "pool": [Fraction(1_064_058_740, 10**8), Fraction(7_052_176_922_713, 10**6)],
        "reserved": [Fraction(564_886_920, 10**8), 0],
        "guaranteed": [Fraction(261_989_905_655_415_190_971_096_082_012_934_149, 10**30), 0],
        "short_size": [Fraction(367_269_954_547_548_030_600_000_000_000_000, 10**30), 0],
        "short_average": [Fraction(62_835_428_361_058_956_847_401_675_134_717_909, 10**30), 0],
        "usdg": [
            Fraction(585_446_307_336_990_074_410_037, 10**18),
            Fraction(7_045_868_947_750_884_246_915_173, 10**18),
        ],
        "weights": [3_000, 46_000],
    }
    for name, figures in exact.items():
        # The nearest double of the exact quotient, which two roundings would miss.
        assert np.ravel(getattr(rows, name)[0]).tolist() == [float(x) for x in figures], name
    assert rows.reward_token == "WAVAX"
    assert np.abs(rows.aum / rows.stated_aum - 1).max() <= ROUNDING
    silent = lp.read_glp(tmp_path / "glp.csv", scale=lp.GlpScale(decimals=DECIMALS))
    assert silent.reward_per_second is None
    assert silent.notes[0] == "the reward rate in 'interval' left out: nobody says in which token"
    assert silent.notes[1].startswith("AUM by the columns is ")


def test_a_table_in_whole_units_needs_no_scale(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "time": ["2024-10-01 00:00:00+00:00", "2024-10-01 00:01:00+00:00"],
            "glp_supply": 1_000.0,
            "aum_usd": [950.0, 1_000.0],
            "usdg_supply": np.nan,
            "reward_weth_per_s": 0.001,
            "weth_price": [2_000.0, 2_100.0],
            "weth_pool": 0.5,
            "weth_reserved": 0.1,
            "weth_guaranteed_usd": 60.0,
            "weth_short_size_usd": [100.0, 0.0],
            "weth_short_avg_price": [2_500.0, 0.0],
            "usdc_price": 1.0,
            "usdc_pool": [110.0, 100.0],
        }
    )
    rows = lp.read_glp(written(tmp_path / "glp.csv", table))
    assert rows.aum.tolist() == [0.4 * 2_000 + 60 - 20 + 110, 0.4 * 2_100 + 60 + 100]
    assert rows.deltas.tolist() == [[0.44 / 1_000, 0], [0.4 / 1_000, 0]]
    assert (rows.usdg_supply, rows.usdg, rows.weights) == (None, None, None)  # a column never filled is not known
    assert rows.rewards_per_glp[1] == pytest.approx(60 * 0.001 / 1_000, rel=ROUNDING)
    assert rows.reward_token == "WETH"


def test_days_are_joined_and_holes_said(tmp_path: Path) -> None:
    table = raw(7)
    days = tmp_path / "days"
    days.mkdir()
    written(days / "1.csv", table[:3])
    written(days / "2.csv", table[4:])
    rows = lp.read_glp(days, scale=SCALE)
    assert len(rows) == 6
    assert rows.notes[0] == (
        "1 rows missing in 1 gaps, the first at 2024-10-15 00:03:00 UTC: the state there is not known"
    )
    written(days / "3.csv", table.drop(columns=["wbtc_weight"]))
    with pytest.raises(lp.DataError, match="one layout with the same tokens"):
        lp.read_glp(days, scale=SCALE)


@pytest.mark.parametrize(
    ("change", "scale", "message"),
    [
        ({}, None, "State the decimals of each token, and price=0 where prices are dollars"),
        ({}, lp.GlpScale(decimals={"WBTC": 8}), "the decimals of USDC; got those of WBTC"),
        ({"wbtc_price": "66066.487"}, SCALE, "whole numbers in 'wbtc_price', which has 30 decimals; got 66066.487"),
        ({"wbtc_price": "66066"}, SCALE, "make up the stated AUM, but for the other side"),  # dollars among 1e30
        (
            {},
            lp.GlpScale(price=0, decimals=DECIMALS),
            "USDC priced from 0.5 to 2; got 1e.30 .* state the scale",
        ),  # 1e30 among dollars
        ({}, lp.GlpScale(decimals=DECIMALS | {"USDC": 18}), "make up the stated AUM, but for the other side"),
        ({"wbtc_pool": "1e9"}, SCALE, "whole numbers in 'wbtc_pool'"),
        ({"wbtc_pool": "1064058740.5"}, SCALE, "whole numbers in 'wbtc_pool'"),
        ({"wbtc_pool": ""}, SCALE, "'wbtc_pool'"),
        ({"glp": "0"}, SCALE, "supply of GLP above 0"),
        (
            {"wbtc_reserved": "1064058741", "aum": "7314300000000000000000000000000000000"},
            SCALE,
            "reserves within their pools",
        ),
        ({"wbtc_price": "0"}, SCALE, "prices in USD above 0"),
    ],
)
def test_integers_that_are_not_trusted(
    tmp_path: Path, change: dict[str, str], scale: lp.GlpScale | None, message: str
) -> None:
    with pytest.raises(lp.DataError, match=message):
        lp.read_glp(written(tmp_path / "glp.csv", raw().assign(**change)), scale=scale)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("wbtc_price", "a price and a pool of every token.*not both of wbtc"),
        ("usdc_pool", "not both of usdc"),
        ("wbtc_reserved", "a column 'wbtc_reserved'"),
        ("wbtc_average", "a column 'wbtc_average'"),
        ("glp", "the columns of one known layout of a GMX v1 vault"),
    ],
)
def test_a_missing_column_is_named(tmp_path: Path, column: str, message: str) -> None:
    with pytest.raises(lp.DataError, match=message):
        lp.read_glp(written(tmp_path / "glp.csv", raw().drop(columns=column)), scale=SCALE)


def test_a_missing_token_is_seen_in_the_aum(tmp_path: Path) -> None:
    less = raw()[[c for c in raw().columns if not c.startswith("usdc")]]
    with pytest.raises(lp.DataError, match="A token is missing"):
        lp.read_glp(written(tmp_path / "glp.csv", less), scale=SCALE)


def test_prices_in_dollars_among_integers_are_read_when_stated(tmp_path: Path) -> None:
    mixed = raw().assign(wbtc_price="66066.487", usdc_price="1.0")
    rows = lp.read_glp(written(tmp_path / "glp.csv", mixed), scale=lp.GlpScale(price=0, decimals=DECIMALS))
    assert rows.prices[0].tolist() == [66_066.487, 1.0]
    assert np.abs(rows.aum / rows.stated_aum - 1).max() <= ROUNDING


def test_floats_that_lost_digits_are_refused(tmp_path: Path) -> None:
    table = raw().rename(columns={"": "time"}).drop(columns=["interval"])
    columns = {"glp": "glp_supply", "aum": "aum_usd", "wbtc_guaranteed": "wbtc_guaranteed_usd"}
    columns |= {"wbtc_size": "wbtc_short_size_usd", "wbtc_average": "wbtc_short_avg_price", "usdg": "usdg_supply"}
    table = table.rename(columns=columns)
    numbers = table.drop(columns="time").astype(float)
    path = tmp_path / "glp.parquet"
    numbers.assign(time=pd.to_datetime(table["time"])).to_parquet(path)
    with pytest.raises(lp.DataError, match="Beyond 2\\*\\*53 a float has lost digits"):
        lp.read_glp(path, scale=SCALE)
    table.assign(time=pd.to_datetime(table["time"])).to_parquet(path)  # the same as text
    assert lp.read_glp(path, scale=lp.GlpScale(decimals=DECIMALS)).prices[0, 0] == 66_066.487


@pytest.mark.parametrize("digits", [79, 400, 5_000])
def test_more_digits_than_the_contract_has(tmp_path: Path, digits: int) -> None:
    long = "9" * digits
    with pytest.raises(lp.DataError, match=f"up to 78 digits in 'wbtc_pool'; got {digits:,} digits"):
        lp.read_glp(written(tmp_path / "glp.csv", raw().assign(wbtc_pool=long)), scale=SCALE)
    stats = pd.DataFrame({"id": ["1633046400"], "aumInUsdg": [long], "glpSupply": ["1"]})
    with pytest.raises(lp.DataError, match="up to 78 digits in 'aumInUsdg'"):
        lp.read_glp_stats(written(tmp_path / "stats.csv", stats))
    if digits > 300:  # beyond a double
        with pytest.raises(lp.DataError, match="a number in 'supply'"):
            lp.read_glp_vault(saved(tmp_path / "vault.json", in_dollars() | {"supply": long}))


WETH_TABLE = pd.DataFrame(
    {
        "time": ["2024-10-01 00:00", "2024-10-01 00:01", "2024-10-01 00:02"],
        "glp_supply": 1_000.0,
        "aum_usd": [0.4 * 2_000 + 60 - 20 + 110, 0.4 * 2_100 + 60 - 16 + 110, 0.4 * 2_200 + 60 - 12 + 110],
        "weth_price": [2_000.0, 2_100.0, 2_200.0],
        "weth_pool": 0.5,
        "weth_reserved": 0.1,
        "weth_guaranteed_usd": 60.0,
        "weth_short_size_usd": 100.0,
        "weth_short_avg_price": 2_500.0,
        "usdc_price": 1.0,
        "usdc_pool": 110.0,
        "usdc_usdg": 110.0,
    }
)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["weth_short_size_usd"], "a column 'weth_short_size_usd'; got only 'weth_short_avg_price'"),
        (["weth_short_avg_price"], "a column 'weth_short_avg_price'; got only 'weth_short_size_usd'"),
        (["weth_short_size_usd", "weth_short_avg_price"], "a stable token WETH priced from 0.5 to 2"),
        (["usdc_price", "usdc_pool"], "a price and a pool for 'usdc_usdg'"),
    ],
)
def test_a_coin_does_not_become_a_stable_token(tmp_path: Path, columns: list[str], message: str) -> None:
    path = written(tmp_path / "glp.csv", WETH_TABLE)
    assert lp.read_glp(path).notes[-1].startswith("AUM by the columns is ")
    with pytest.raises(lp.DataError, match=message):
        lp.read_glp(written(path, WETH_TABLE.drop(columns=columns)))


def test_a_cheap_coin_with_traders_is_not_stable(tmp_path: Path) -> None:
    """At 1.5 a coin passes for a dollar; what is guaranteed to its longs does not."""
    cheap = WETH_TABLE.assign(weth_price=1.5, aum_usd=0.5 * 1.5 + 110)
    cheap = cheap.drop(columns=["weth_short_size_usd", "weth_short_avg_price"])
    with pytest.raises(lp.DataError, match="a stable token WETH that nobody is long or short of; got 60 guaranteed"):
        lp.read_glp(written(tmp_path / "glp.csv", cheap))


def test_the_distance_of_the_aum_is_said(tmp_path: Path) -> None:
    path = tmp_path / "glp.csv"
    off = WETH_TABLE.assign(aum_usd=WETH_TABLE["aum_usd"] / [1.001, 1.002, 1.004])
    note = "AUM by the columns is 0.002 of the stated one away by the median, 0.004 at most"
    assert lp.read_glp(written(path, off)).notes == (note,)
    # Two rows of three to the last bit: the third is a wrong cell, though as small as another side of the feed.
    one = WETH_TABLE.assign(aum_usd=WETH_TABLE["aum_usd"] / [1, 1.001, 1])
    with pytest.raises(lp.DataError, match=r"in every row, as in most; got 1 rows apart, the first by 0\.001"):
        lp.read_glp(written(path, one))


def test_all_dollars_in_another_unit(tmp_path: Path) -> None:
    path = tmp_path / "glp.csv"
    dollars = [c for c in WETH_TABLE if c.endswith(("_usd", "_price"))]
    scaled = WETH_TABLE.assign(**{c: WETH_TABLE[c] * 1e30 for c in dollars})
    with pytest.raises(lp.DataError, match=r"a stable token USDC priced from 0\.5 to 2"):
        lp.read_glp(written(path, scaled))
    coins = scaled[[c for c in scaled if not c.startswith("usdc")]]
    with pytest.raises(lp.DataError, match=r"a price of GLP between 0\.0001 and 10,000 in every row; got 8\.4e\+29 at"):
        lp.read_glp(written(path, coins.assign(aum_usd=(WETH_TABLE["aum_usd"] - 110) * 1e30)))
    days = pd.DataFrame({"date": ["2021-08-31"], "glp_price": [1.19e30]})
    with pytest.raises(lp.DataError, match=r"a price of GLP between 0\.0001 and 10,000 in every row; got 1\.19e\+30"):
        lp.read_glp_prices(written(path, days))


def test_what_is_no_argument(tmp_path: Path) -> None:
    path = written(tmp_path / "glp.csv", raw())
    (tmp_path / "empty").mkdir()
    for read in (lp.read_glp, lp.read_glp_stats, lp.read_glp_prices, lp.read_glp_vault):
        for none in (None, 5):
            with pytest.raises(lp.InputError, match="a path; got"):
                read(none)
    for read in (lp.read_glp, lp.read_glp_stats, lp.read_glp_prices):
        with pytest.raises(lp.DataError, match=r"(tables of .*; got none|got 0 kinds) in empty"):
            read(tmp_path / "empty")
    header = written(
        tmp_path / "header.csv", pd.DataFrame(columns=["date", "glp_price", "id", "aumInUsdg", "glpSupply"])
    )
    for read in (lp.read_glp_stats, lp.read_glp_prices):
        with pytest.raises(lp.DataError, match="a header and no rows"):
            read(header)
    for own, message in (
        ({"scale": 18}, r"scale as lp\.GlpScale; got 18"),
        ({"scale": SCALE, "slack": -1.0}, "a slack of 0 or more; got -1.0"),
    ):
        with pytest.raises(lp.InputError, match=message):
            lp.read_glp(path, **own)  # type: ignore[arg-type]
    for wrong in ({"decimals": None}, {"decimals": {"X": 10**9}}, {"price": 78}, {"reward_token": 5}):
        with pytest.raises(lp.InputError):
            lp.GlpScale(**wrong)
    with pytest.raises(lp.DataError, match="demeter minutes of GMX v1: one without a name, aum, glp;"):
        lp.read_glp(header)


# ---- one state out of JSON


def state() -> dict:
    return {
        "supply": "23218773871711187101247422",
        "usdg_supply": 21590378240515822066988385,
        "aum_addition": 0,
        "tokens": [
            {
                "token": "wbtc",
                "stable": False,
                "decimals": 8,
                "min_price": "66066487000000000000000000000000000",
                "max_price": 66166487000000000000000000000000000,
                "pool": "1064058740.0",
                "reserved": 564886920,
                "guaranteed": "261989905655415190971096082012934149",
                "short_size": "367269954547548030600000000000000",
                "short_average": "62835428361058956847401675134717909",
                "usdg": "585446307336990074410037",
                "weight": 3000,
            },
            {
                "token": "usdc",
                "stable": True,
                "decimals": 6,
                "price": 10**30,
                "pool": 7052176922713,
                "usdg": "0",
                "weight": 46000,
            },
        ],
    }


def in_dollars() -> dict:
    return {"supply": 100.0, "tokens": [{"token": "weth", "stable": False, "price": 2_000.5, "pool": 1.5}]}


def saved(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_a_state_out_of_json(tmp_path: Path) -> None:
    vault = lp.read_glp_vault(saved(tmp_path / "vault.json", state()))
    btc, usdc = vault.tokens
    assert (btc.token, btc.min_price, btc.max_price, btc.pool) == ("WBTC", 66_066.487, 66_166.487, 10.6405874)
    assert btc.guaranteed == float(Fraction(261_989_905_655_415_190_971_096_082_012_934_149, 10**30))
    assert (usdc.min_price, usdc.max_price, usdc.pool) == (1, 1, 7_052_176.922713)
    assert vault.supply == float(Fraction(23_218_773_871_711_187_101_247_422, 10**18))
    assert vault.mint("USDC", 100).fee == 0  # far under its target
    dollars = in_dollars() | {"usdg_supply": 90, "aum": 3_000.75}
    assert lp.read_glp_vault(saved(tmp_path / "vault.json", dollars)).aum_at_min == 3_000.75


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s["tokens"][0].pop("decimals"), "decimals of every token, or of none"),
        (lambda s: s["tokens"][0].pop("pool"), "a key 'pool'"),
        (lambda s: s["tokens"][0].pop("max_price"), "a key 'max_price'"),
        (lambda s: s.pop("supply"), "a key 'supply'"),
        (lambda s: s.update(supply=0), "supply to be positive"),
        (lambda s: s["tokens"][0].update(reserved="1064058741"), "reserved WBTC within the pool"),
        (lambda s: s["tokens"][0].update(min_price=6.6e34), "Beyond 2\\*\\*53"),
        (lambda s: s["tokens"][0].update(pool="many"), "whole numbers in 'pool'"),
        (lambda s: s["tokens"][0].update(pool=None), "a number in 'pool'"),
        (lambda s: s.update(tokens=[]), "an object with a list of tokens"),
        (lambda s: s.update(tokens=[5]), "an object for each token; got 5"),
        (lambda s: s["tokens"].append("x"), "an object for each token; got 'x'"),
        (lambda s: s.update(suply=1), "known keys; got 'suply' .* 'supply' is known"),
        (lambda s: s["tokens"][0].update(short_sise=1), "known keys; got 'short_sise' .* 'short_size' is known"),
        (lambda s: s["tokens"][0].update(stable="no"), "true or false in 'stable'; got 'no'"),
        (lambda s: s["tokens"][0].update(stable=0), "true or false in 'stable'; got 0"),
        (lambda s: s["tokens"][0].update(price=1), "'price', or 'min_price' and 'max_price'"),
        (lambda s: s["tokens"][0].update(token=None), "a name in 'token'"),
        (lambda s: s["tokens"][0].update(token=""), "a name in 'token'"),
        (lambda s: s["tokens"][0].update(decimals=10**9), "a whole number from 0 to 77 in 'decimals'"),
        (lambda s: s["tokens"][0].update(decimals=float("nan")), "a whole number from 0 to 77 in 'decimals'"),
        (lambda s: s["tokens"][0].update(decimals=float("inf")), "a whole number from 0 to 77 in 'decimals'"),
        (lambda s: s["tokens"][0].update(decimals=8.5), "a whole number from 0 to 77 in 'decimals'"),
        (lambda s: s["tokens"][0].update(min_price=66_066, max_price=66_166), "a price of WBTC in dollars"),
        (lambda s: s.update(supply=23_218_773), "a GLP price from 0.0001 to 10000"),
        (lambda s: s.update(aum=7 * 10**36), "tokens that make up the stated AUM, at their lower or upper prices"),
        (lambda s: s.update(in_dollars(), supply="1_000", usdg_supply=1), "a number in 'supply'; got '1_000'"),
        (lambda s: s.update(in_dollars(), supply="\u0661", usdg_supply=1), "a number in 'supply'"),
        (lambda s: s["tokens"][0].update(pool="1_000"), "whole numbers in 'pool'"),
        (lambda s: s.update(tokens=[{**in_dollars()["tokens"][0], "price": 2e33}]), "a price of WETH in dollars"),
    ],
)
def test_a_state_that_is_not_trusted(tmp_path: Path, change: object, message: str) -> None:
    content = state()
    change(content)  # type: ignore[operator]
    with pytest.raises(lp.LPGreeksError, match=message):
        lp.read_glp_vault(saved(tmp_path / "vault.json", content))


# ---- prices alone


def test_the_stats_export(tmp_path: Path) -> None:
    rows = [
        {"id": "hourly:1633046400", "aumInUsdg": "225750563341064742783260", "glpSupply": "241736836115619526441395"},
        {"id": "1633050000", "aumInUsdg": "225850563341064742783260.0", "glpSupply": "241736836115619526441395"},
        {"id": "total", "aumInUsdg": "1", "glpSupply": "1"},
    ]
    path = saved(tmp_path / "stats.json", {"data": {"hourlyGlpStats": rows}})
    stats = lp.read_glp_stats(path)
    assert stats.times.tolist() == np.array(["2021-10-01T00", "2021-10-01T01"], dtype="datetime64[ns]").tolist()
    assert stats.aum[0] == float(Fraction(225_750_563_341_064_742_783_260, 10**18))
    assert stats.prices[0] == pytest.approx(225_750.563341064742783260 / 241_736.836115619526441395, rel=ROUNDING)
    assert stats.notes == ("1 rows without a time in their id left out",)
    assert stats.history().markets == ("GLP/USD",)
    table = written(tmp_path / "stats.csv", pd.DataFrame(rows))
    assert lp.read_glp_stats(table).prices.tolist() == stats.prices.tolist()
    for wrong, message in (
        (
            {"aumInUsdg": "225850563341064742783260" + "0" * 9},
            r"in every row; got 9\.343e.08 at 2021-10-01T00:00:00, 1",
        ),
        ({"aumInUsdg": "225750"}, "a price of GLP between 0.0001 and 10,000"),
        ({"glpSupply": "0"}, "a supply of GLP above 0"),
        ({"aumInUsdg": "2.5e23"}, "whole numbers in 'aumInUsdg'"),
        ({"id": "hourly:1633060000"}, "in order, each once"),
    ):
        with pytest.raises(lp.DataError, match=message):
            lp.read_glp_stats(written(table, pd.DataFrame([rows[0] | wrong, rows[1]])))
    milliseconds = pd.DataFrame([rows[0] | {"id": "1633046400000"}])
    with pytest.raises(lp.DataError, match=r"a time in seconds .* 1 rows without .* '1633046400000'\. .*milliseconds"):
        lp.read_glp_stats(written(table, milliseconds))


def test_daily_prices(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"date": ["2021-08-31", "2021-09-01"], "glp_price": [1.19, 1.29], "interpolated": [False, True]}
    )
    days = lp.read_glp_prices(written(tmp_path / "days.csv", table))
    assert days.prices.tolist() == [1.19, 1.29]
    assert [str(t)[:16] for t in days.times] == ["2021-09-01T00:00", "2021-09-02T00:00"]
    assert days.with_fees is None
    assert days.notes == ("1 days are marked as interpolated",)
    with pytest.raises(lp.DataError, match="prices of GLP above 0"):
        lp.read_glp_prices(written(tmp_path / "days.csv", table.assign(glp_price=[1.0, 0.0])))
    with pytest.raises(lp.DataError, match="two or more prices"):
        days.between("2021-09-02").history()
    with pytest.raises(lp.InputError, match=r"prices of coins as lp\.History"):
        days.index(None)  # type: ignore[arg-type]


# ---- real minutes

FOLDER = "gmx-v1-glp-avalanche-1m"
DAY = "GLP-avalanche-1m-2024-10-15"
EARLY = "GLP-avalanche-1m-2024-10-01_03"


def test_aum_and_price_of_every_minute(real_data: Path) -> None:
    rows = lp.read_glp(real_data / FOLDER / f"{DAY}.parquet")
    stated = pd.read_parquet(real_data / FOLDER / f"{DAY}.parquet")["glp_price"].to_numpy()
    aum, price = np.abs(rows.aum / rows.stated_aum - 1).max(), np.abs(rows.glp_prices / stated - 1).max()
    print(f"\n{len(rows):,} rows of 2024-10-15: AUM within {aum:.1e}, GLP price within {price:.1e}")
    assert len(rows) == 1_440
    assert max(aum, price) <= ROUNDING
    # From the contract's integers, through text.
    exact = lp.read_glp(real_data / FOLDER / f"original-{DAY}.tar.xz", scale=SCALE)
    order = [exact.tokens.index(t) for t in rows.tokens]
    for name in ("prices", "pool", "reserved", "guaranteed", "short_size", "short_average", "usdg", "weights"):
        assert getattr(exact, name)[:, order] == pytest.approx(getattr(rows, name), rel=ROUNDING), name
    assert exact.rewards_per_glp == pytest.approx(rows.rewards_per_glp, rel=ROUNDING)


def integers(path: Path) -> list[dict[str, str]]:
    with tarfile.open(path) as tar:
        (member,) = (m for m in tar if m.name.endswith(".csv"))
        file = tar.extractfile(member)
        assert file is not None
        return list(csv.DictReader(io.TextIOWrapper(file)))


def raw_vault(row: dict[str, str]) -> gmx.RawGlpVault:
    """A row as the contract has it, with no double on the way."""

    def of(name: str) -> int:
        return int(row.get(name, "0").removesuffix(".0"))

    tokens = tuple(
        gmx.RawGlpToken(
            token=token,
            stable=f"{token.lower()}_size" not in row,
            decimals=decimals,
            min_price=of(f"{token.lower()}_price"),
            max_price=of(f"{token.lower()}_price"),
            pool=of(f"{token.lower()}_pool"),
            reserved=of(f"{token.lower()}_reserved"),
            guaranteed=of(f"{token.lower()}_guaranteed"),
            short_size=of(f"{token.lower()}_size"),
            short_average=of(f"{token.lower()}_average"),
            usdg=of(f"{token.lower()}_usdg"),
            weight=of(f"{token.lower()}_weight"),
        )
        for token, decimals in DECIMALS.items()
    )
    return gmx.RawGlpVault(tokens=tokens, supply=of("glp"), usdg_supply=of("usdg"))


def test_aum_of_every_minute_in_integers(real_data: Path) -> None:
    """The file's AUM has 28 digits, as a decimal context leaves them."""
    rows = integers(real_data / FOLDER / f"original-{DAY}.tar.xz")
    apart = []
    for row in rows:
        stated = int(row["aum"])
        apart.append(abs(Fraction(gmx.aum_at_max(raw_vault(row)) - stated, stated)))
    print(f"\n{len(rows):,} rows in integers: AUM within {float(max(apart)):.1e}")
    assert max(apart) < Fraction(2, 10**27)


GOLDEN = {
    "BTC.B": "303.32997 303.32918 180.51 42380.02 66066.487 10082480.51 0.00506 334",
    "WETH": "926.03253 42.14672 420.68 3074.68 2629.059 72526.90 884.0226 2324148",
    "WBTC": "10.64059 5.64887 367.27 62835.43 66066.487 261989.91 4.99756 330171",
    "WAVAX": "60890.65 22140.69 87448.44 29.0086 29.07 473292.51 41764.52 1214095",
}
"""The first minute of 2024-10-15: pool, reserved, short size and average, price, guaranteed, delta in coins and USD."""


def as_printed(figures: str) -> list[object]:
    """Each within half a unit of its last digit."""
    return [pytest.approx(float(f), abs=0.5 * 10 ** -len(f.partition(".")[2])) for f in figures.split()]


def test_the_golden_row(real_data: Path) -> None:
    vault = lp.read_glp(real_data / FOLDER / f"{DAY}.parquet").at(0)
    for token, figures in GOLDEN.items():
        one = vault.of(token)
        state = [one.pool, one.reserved, one.short_size, one.short_average, one.min_price, one.guaranteed]
        assert [*state, one.delta, one.delta * one.min_price] == as_printed(figures), token
    assert vault.aum_at_max == pytest.approx(21_919_427.7093, abs=5e-5)
    assert vault.supply == pytest.approx(23_218_773.87, abs=5e-3)
    assert vault.price_at_max == pytest.approx(0.94403898, abs=5e-9)
    total = sum(vault.deltas[t] * vault.of(t).min_price for t in GOLDEN)
    print(f"\nsum of deltas {total:,.0f} USD = {total / vault.aum_at_max:.4%} of AUM")
    print(
        f"BTC.B: {vault.weights_of_aum['BTC.B']:.2%} of AUM, {vault.weights_of_value['BTC.B']:.2%} of all pools' value"
    )
    assert total == pytest.approx(3_868_748, abs=0.5)
    assert total / vault.aum_at_max == pytest.approx(0.1765, abs=5e-5)
    assert vault.weights_of_aum["BTC.B"] == pytest.approx(0.46, abs=5e-3)
    assert vault.of("BTC.B").pool * 66_066.487 / vault.aum_at_max == pytest.approx(0.91, abs=5e-3)
    assert vault.target_weights["BTC.B"] == pytest.approx(0.2, abs=5e-5)
    winning = vault.of("WETH").short_size * (1 - 2_629.059 / vault.of("WETH").short_average)
    assert winning == pytest.approx(60.97, abs=5e-3)
    assert vault.deltas_by_coin["BTC"] == pytest.approx(0.00506 + 4.99756, abs=1e-5)
    held = vault.holding(1_000)
    prices = {f"{t.token}/USD": t.min_price for t in vault.tokens}
    assert held.value(prices) == pytest.approx(944.03898, abs=5e-6)
    assert held.assumptions == (
        "BTC.B and WBTC counted as one token",
        "USD and MIM and USDC and USDC.E counted as one token",
    )


def test_mint_and_redeem_of_a_real_minute(real_data: Path) -> None:
    """Through doubles and through the file's integers."""
    vault = lp.read_glp(real_data / FOLDER / f"{DAY}.parquet").at(0)
    exact = raw_vault(integers(real_data / FOLDER / f"original-{DAY}.tar.xz")[0])
    minted, paid = vault.mint("USDC", 100_000), gmx.mint(exact, "USDC", 100_000 * 10**6, base=25, tax=60)
    assert (minted.fee, minted.glp) == (paid.fee / 10_000, pytest.approx(paid.glp / 10**18, rel=ROUNDING))
    got, out = vault.redeem("WETH", 10_000), gmx.redeem(exact, "WETH", 10_000 * 10**18, base=25, tax=60)
    assert (got.fee, got.received) == (out.fee / 10_000, pytest.approx(out.out / 10**18, rel=ROUNDING))
    trip = vault.round_trip("USDC", 100_000)
    print(f"\nUSDC in {minted.fee:.4f}, WETH out {got.fee:.4f}, USDC in and out {trip.cost_share:.4%}")
    assert (minted.fee, got.fee) == (0.0008, 0.0053)
    assert trip.cost_share == pytest.approx(1 - (1 - 0.0008) * (1 - 0.0042), rel=1e-4)
    with pytest.raises(lp.InputError, match=r"no more BTC\.B than the vault has unreserved"):
        vault.redeem("BTC.B", 1_000)


def test_the_hedge_of_a_state_is_its_deltas(real_data: Path) -> None:
    """Least squares over the hours of the day finds what the vault's columns say."""
    rows = lp.read_glp(real_data / FOLDER / f"{DAY}.parquet")
    vault = rows.at(0)
    coins = [t for t in vault.tokens if not t.stable]
    prices = rows.prices[:, ~rows.stable]
    markets = tuple(f"{t.token}/USD" for t in coins)
    step = np.timedelta64(1, "m")
    day = lp.History(markets=markets, times=rows.times, prices=prices, lows=prices, highs=prices, step=step)
    hours = day.windows("1h", start={f"{t.token}/USD": t.middle for t in coins})
    legs = [
        lp.LinearPerp(base=coin, quote="USD", entry=vault.of(token).middle, market=f"{token}/USD")
        for coin, token in (("BTC", "WBTC"), ("ETH", "WETH"), ("AVAX", "WAVAX"))
    ]
    plan = lp.hedge(vault.holding(100_000), legs, hours, objective=lp.Variance(lp.Value("USD")))
    sold = [-vault.deltas_by_coin[leg.base] * 100_000 / vault.supply for leg in legs]
    assert plan.quantities == pytest.approx(sold, rel=1e-9)
    assert plan.best.risk < 1e-9


def test_the_early_days_and_their_distance(real_data: Path) -> None:
    """Their AUM was taken at another side of the prices; and some rows cannot be, which is said."""
    path = real_data / FOLDER / f"{EARLY}.parquet"
    with pytest.raises(lp.DataError, match="1,653 rows not so"):
        lp.read_glp(path)
    rows = lp.read_glp(path, slack=0.01)
    apart = rows.aum / rows.stated_aum - 1
    found = [apart.min(), np.median(apart), apart.max()]
    print(f"\n{len(rows):,} rows of 1-3 October: AUM above the stated one by {found}")
    assert len(rows) == 4_320
    assert "AUM by the columns is 0.001 of the stated one away by the median, 0.0025 at most" in rows.notes
    assert found == pytest.approx([5.5e-6, 1.0225e-3, 2.4768e-3], rel=0.01)
    assert rows.usdg_supply is None
    assert rows.weights is None
    assert rows.reward_token == "WAVAX"
    assert int((rows.pool < 0).any(axis=1).sum()) == 61
    assert int((rows.reserved > rows.pool)[:, rows.tokens.index("BTC.B")].sum()) == 477
    original = real_data / FOLDER / f"original-{EARLY}.tar.xz"
    with pytest.raises(lp.DataError, match=r"whole numbers in 'btc\.b_price', which has 30 decimals; got 63316\.398"):
        lp.read_glp(original, scale=SCALE, slack=0.01)
    same = lp.read_glp(original, scale=lp.GlpScale(price=0, decimals=DECIMALS), slack=0.01)
    assert same.aum == pytest.approx(rows.aum, rel=ROUNDING)


@pytest.mark.parametrize(("day", "slack"), [(DAY, 0.0), (EARLY, 0.01)])
def test_a_token_left_out_of_real_minutes(real_data: Path, tmp_path: Path, day: str, slack: float) -> None:
    """All but MIM, of which the vault has less than the side of the feed moves."""
    table = pd.read_parquet(real_data / FOLDER / f"{day}.parquet")
    for token in DECIMALS.keys() - {"MIM"}:
        left = table.drop(columns=[c for c in table if c.startswith(f"{token.lower()}_")])
        left.to_parquet(tmp_path / "glp.parquet")
        with pytest.raises(lp.DataError, match="A token is missing"):
            lp.read_glp(tmp_path / "glp.parquet", slack=slack)
    for column in ("weth_short_size_usd", "wavax_short_avg_price"):
        table.drop(columns=column).to_parquet(tmp_path / "glp.parquet")
        with pytest.raises(lp.DataError, match="A stable token has neither, every other both"):
            lp.read_glp(tmp_path / "glp.parquet", slack=slack)


def test_the_long_view(real_data: Path) -> None:
    days = lp.read_glp_prices(real_data / "gmx-v1-glp-arbitrum-daily-2021-2022" / "glp_daily_digitised.csv")
    assert len(days) == 314
    assert (days.prices[0], days.prices[-1], days.with_fees[-1]) == (1.193552, 0.803900, 1.110000)
    assert days.notes == ("3 days are marked as interpolated",)
    assert days.history().gaps == 0
    # That a day's price is that of its end is seen beside the closes of an exchange: a day off, nothing is left of it.
    columns = lp.Columns(time="open_time", price="close", low="low", high="high")
    ether = lp.read_prices(
        real_data / "binance-daily-2021-2022" / "spot_ETHUSDT_1d.csv.gz", market="ETH/USD", columns=columns
    )
    index = days.index(ether)
    moves = [np.diff(np.log(x)) for x in (index.prices, index.coin_prices[:, 0])]
    assert np.corrcoef(*moves)[0, 1] > 0.92
    assert abs(np.corrcoef(moves[0][1:], moves[1][:-1])[0, 1]) < 0.1


def test_where_no_amount_changes_the_deltas_explain_every_move(real_data: Path) -> None:
    """Of 1 to 3 October: what no price explains stands in the minutes in which somebody traded."""
    rows = lp.read_glp(real_data / FOLDER / f"{EARLY}.parquet", slack=0.01)
    amounts = [rows.pool, rows.reserved, rows.guaranteed, rows.short_size, rows.short_average, rows.supply[:, None]]
    still = np.all([(np.diff(x, axis=0) == 0).all(axis=1) for x in amounts], axis=0)
    stable = (rows.pool * rows.prices * rows.stable).sum(axis=1) / rows.supply
    moved = np.diff(rows.glp_prices) - np.diff(stable)
    told = (rows.deltas[:-1] * np.diff(rows.prices, axis=0)).sum(axis=1)
    assert np.abs(moved - told)[still].max() < 1e-12
    print(f"no amount changed in {int(still.sum()):,} of {still.size:,} minutes")
    assert 0.75 < still.mean() < 0.85
