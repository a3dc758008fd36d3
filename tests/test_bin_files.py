"""The bins of a snapshot: what the file holds, and every way in which it can contradict itself."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp

CENTRE = 2**23
REAL = "lb-avax-usdc-bins-2023-09-18/lb_avax_usdc_1695057880.csv"
TOKENS = {"token_x": "AVAX", "token_y": "USDC"}


def rows(**columns) -> pd.DataFrame:
    """Five bins about the real one's price, by hand."""
    ids = 8_375_889 + np.arange(-2, 3)
    prices = [float(Fraction(10_020, 10_000) ** int(i - CENTRE) * 10**12) for i in ids]
    own = {
        "bin_id": ids,
        "reserveX": [0.0, 0.0, 3.0, 5.0, 7.0],
        "reserveY": [40.0, 50.0, 60.0, 0.0, 0.0],
        "bin_price": prices,
    } | columns
    return pd.DataFrame(own)


def written(folder: Path, table: pd.DataFrame) -> Path:
    path = folder / "bins.csv"
    table.to_csv(path, index=False)
    return path


def read(folder: Path, table: pd.DataFrame, **more) -> lp.BinBook:
    return lp.read_bins(written(folder, table), **(TOKENS | more))


def test_the_real_snapshot(real_data):
    book = lp.read_bins(real_data / REAL, **TOKENS)
    table = pd.read_csv(real_data / REAL)
    assert (len(book), int(book.ids[0]), int(book.ids[-1]), book.active_id) == (270, 8_375_753, 8_376_022, 8_375_889)
    assert (book.bin_step, round(book.price, 4)) == (20, 9.1928)
    # By exact fractions, not by the file or the library.
    exact = [Fraction(10_020, 10_000) ** (i - CENTRE) * 10**12 for i in book.ids.tolist()]
    off = max(abs(Fraction(p) / e - 1) for p, e in zip(book.prices.tolist(), exact, strict=True))
    assert off < 1e-12
    of_pair = lp.BinPair(**TOKENS, decimals_x=18, decimals_y=6, bin_step=20, base="AVAX")
    assert np.abs(of_pair.prices_of_ids(book.ids.tolist()) / table["bin_price"].to_numpy() - 1).max() < 1e-12
    assert of_pair.id_of_price(book.price) == book.active_id
    assert book.base_reserves.sum() == pytest.approx(174_599, abs=1)
    assert book.quote_reserves.sum() == pytest.approx(540_548, abs=1)
    # What the file says that the coins are worth, each at its own bin's price.
    assert book.liquidity.sum() == pytest.approx(table["reserveX_in_Y"].sum() + table["reserveY"].sum(), rel=1e-12)
    assert book.value == pytest.approx(book.base_reserves.sum() * book.price + book.quote_reserves.sum(), rel=1e-14)
    whole = book.position(dict.fromkeys(book.ids.tolist(), 1.0))
    assert whole.value(book.price) == pytest.approx(book.value, rel=1e-12)
    assert "270 bins of AVAX/USDC" in repr(book)


def test_the_real_snapshot_with_the_dollar_as_the_coin(real_data):
    book, other = (lp.read_bins(real_data / REAL, **TOKENS, base=base) for base in ("AVAX", "USDC"))
    assert other.price == pytest.approx(1 / book.price, rel=1e-15)
    assert (other.ids == book.ids[::-1]).all()
    assert (other.base_reserves == book.quote_reserves[::-1]).all()
    assert other.value == pytest.approx(book.value / book.price, rel=1e-12)


def test_a_small_file(tmp_path):
    book = read(tmp_path, rows())
    assert (book.bin_step, book.active_id, book.base, book.quote) == (20, 8_375_889, "AVAX", "USDC")
    assert book.base_reserves.tolist() == [0.0, 0.0, 3.0, 5.0, 7.0]
    # In any order, with the step and the decimals stated, as Parquet or with a column that is only checked.
    shuffled = rows(reserveX_in_Y=rows()["reserveX"] * rows()["bin_price"]).iloc[[3, 0, 4, 2, 1]]
    again = read(tmp_path, shuffled, bin_step=20, decimals_apart=12, active_id=8_375_889)
    assert (again.prices == book.prices).all()
    assert (again.quote_reserves == book.quote_reserves).all()
    # With the other token as the coin, prices and bins are turned over.
    other = read(tmp_path, rows(), base="USDC")
    assert other.ids.tolist() == book.ids[::-1].tolist()
    assert other.prices == pytest.approx(1 / book.prices[::-1], rel=1e-15)
    assert other.base_reserves.tolist() == [0.0, 0.0, 60.0, 50.0, 40.0]
    assert other.quote_reserves.tolist() == [7.0, 5.0, 3.0, 0.0, 0.0]
    # Integers with a point are integers.
    pointed = rows(bin_id=rows()["bin_id"].astype(float))
    assert (read(tmp_path, pointed).ids == book.ids).all()
    # Bins that are missing from the middle are no contradiction.
    assert read(tmp_path, rows().drop(index=1)).bin_step == 20


def test_one_bin_needs_its_step(tmp_path):
    one = rows().iloc[[2]]
    with pytest.raises(lp.DataError, match="bin_step=20"):
        read(tmp_path, one)
    assert read(tmp_path, one, bin_step=20).price == pytest.approx(9.192843, rel=1e-6)


def test_an_active_bin_of_one_token_must_be_named(tmp_path):
    bare = rows(reserveX=[0.0, 0.0, 0.0, 5.0, 7.0])
    with pytest.raises(lp.DataError, match="active_id="):
        read(tmp_path, bare)
    assert read(tmp_path, bare, active_id=8_375_889).active == 2


def moved(column, at, by):
    table = rows()
    table[column] = table[column].astype(float) if column != "bin_id" else table[column]
    table.loc[at, column] = by if column == "bin_id" else table.loc[at, column] * by
    return {column: table[column]}


def swapped(at):
    """One bin with its two reserves the other way round."""
    table = rows()
    x, y = table["reserveX"].tolist(), table["reserveY"].tolist()
    x[at], y[at] = y[at], x[at]
    return {"reserveX": x, "reserveY": y}


CONTRADICTIONS = [
    ("a price beside the formula", moved("bin_price", 3, 1 + 3e-12), {}, "1.002**(id - 8388608) * 1e12"),
    ("an id twice", moved("bin_id", 1, 8_375_887), {}, "each bin once"),
    ("an id that is none", {"bin_id": ["8375887", "8375888", "x", "8375890", "8375891"]}, {}, "whole numbers"),
    ("half an id", {"bin_id": [8_375_887.5, 8_375_888, 8_375_889, 8_375_890, 8_375_891]}, {}, "whole numbers"),
    ("two mixed bins", {"reserveX": [0.0, 1.0, 3.0, 5.0, 7.0]}, {}, "one bin that holds both tokens; got 2"),
    ("a coin below", swapped(0), {}, "quote tokens alone below"),
    ("a dollar above", swapped(4), {}, "coins alone above"),
    ("less than nothing", {"reserveY": [40.0, 50.0, 60.0, 0.0, -1.0]}, {}, "quote_reserves of 0 or more; got -1"),
    ("a hole", {"reserveY": [40.0, None, 60.0, 0.0, 0.0]}, {}, "quote_reserves of 0 or more; got nan"),
    ("text", {"reserveY": ["40", "much", "60", "0", "0"]}, {}, "numbers in column 'reserveY'"),
    ("prices upside down", {"bin_price": 1 / rows()["bin_price"]}, {}, "a bin step of 1 to 200"),
    ("a price of 0", moved("bin_price", 2, 0.0), {}, "positive bin prices; got 0 at bin 8375889"),
    ("another step", {}, {"bin_step": 25}, "a bin step of 25; got prices that rise by 20 from bin to bin"),
    ("other decimals", {}, {"decimals_apart": 10}, "decimals 10 apart; got 12"),
    ("another active bin", {}, {"active_id": 8_375_890}, "bin 8375890 as the active one; got both tokens in 8375889"),
    ("raw integers of X", {"reserveX": [0, 0, 3 * 10**18, 5 * 10**18, 7 * 10**18]}, {},
     "reserves of AVAX in whole tokens; got integers up to 7e+18"),
    ("raw integers of Y", {"reserveY": [40 * 10**6, 50 * 10**6, 60 * 10**6, 0, 0]}, {}, "reserves of USDC in whole"),
    ("a worth that is none", {"reserveX_in_Y": [0.0, 0.0, 28.0, 46.0, 65.0]}, {}, "its product with the price"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "more", "said"), [c[1:] for c in CONTRADICTIONS], ids=[c[0] for c in CONTRADICTIONS]
)
def test_each_contradiction_is_one_clear_error(tmp_path, columns, more, said):
    with pytest.raises(lp.DataError) as caught:
        read(tmp_path, rows(**columns), **more)
    assert said in str(caught.value)


def test_integers_whose_scale_can_be_seen_are_read(tmp_path):
    x = [0.0, 0.0, 3e6, 5e6, 7e6]
    worth = [a * b for a, b in zip(x, rows()["bin_price"], strict=True)]
    assert read(tmp_path, rows(reserveX=x, reserveX_in_Y=worth)).base_reserves.sum() == 15e6
    assert read(tmp_path, rows(reserveX=[0.0, 0.0, 3e6, 5e6, 7e6 + 0.5])).base_reserves.sum() == 15e6 + 0.5
    assert read(tmp_path, rows(reserveX=[0.0, 0.0, 3.0, 5.0, 999_999.0])).base_reserves.max() == 999_999


def test_a_folder_without_tables(tmp_path):
    with pytest.raises(lp.DataError, match="a table of bins; got none in"):
        lp.read_bins(tmp_path, **TOKENS)


def test_a_column_is_missing(tmp_path):
    with pytest.raises(lp.DataError, match="table of bins: bin_id"):
        read(tmp_path, rows().drop(columns="reserveX"))


def test_a_base_that_is_none_of_the_two(tmp_path):
    with pytest.raises(lp.TokenError, match="one of the pair's tokens"):
        read(tmp_path, rows(), base="ETH")
