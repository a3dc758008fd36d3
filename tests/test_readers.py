"""Files as people have them: every layout of the same bars reads alike, and every defect is named."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.markets.klines import KLINE_COLUMNS

START = 1_680_307_200_000  # 2023-04-01 00:00 UTC in ms


def bars(day: int = 0, n: int = 60, *, unit: int = 1) -> pd.DataFrame:
    """Minutes of one day as Binance writes them; ``unit`` 1000 for microseconds."""
    rng = np.random.default_rng(day)
    close = 1_800 + np.cumsum(rng.normal(size=n))
    opened = (START + 86_400_000 * day + 60_000 * np.arange(n)) * unit
    rows = {
        "open_time": opened,
        "open": close,
        "high": close + 1,
        "low": close - 1,
        "close": close,
        "volume": 1.0,
        "close_time": opened + 60_000 * unit - 1,
        "quote_volume": 1.0,
        "count": 3,
        "taker_buy_volume": 1.0,
        "taker_buy_quote_volume": 1.0,
        "ignore": 0,
    }
    return pd.DataFrame(rows)[list(KLINE_COLUMNS)]


def csv(frame: pd.DataFrame, *, header: bool) -> str:
    return frame.to_csv(index=False, header=header)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "ETHUSDT-1m-2023-04-01.csv"
    path.write_text(csv(bars(), header=False))
    return path


def test_header_and_units_are_told_by_looking(tmp_path: Path, plain: Path) -> None:
    reference = lp.read_klines(plain)
    assert reference.markets == ("ETH/USDT",)
    assert reference.times[0] == np.datetime64("2023-04-01T00:01")  # known at the close of the first bar
    assert reference.step == np.timedelta64(1, "m")
    assert reference.notes == ("times in ms, no header", "market ETH/USDT from the name ETHUSDT")
    with_header = tmp_path / "ETHUSDT-1m-header.csv"
    with_header.write_text(csv(bars(), header=True))
    micro = tmp_path / "ETHUSDT-1m-micro.csv"
    micro.write_text(csv(bars(unit=1_000), header=False))
    for path, note in ((with_header, "times in ms, a header"), (micro, "times in us, no header")):
        again = lp.read_klines(path)
        assert (again.prices == reference.prices).all()
        assert (again.times == reference.times).all()
        assert again.notes[0] == note


def test_archives_and_folders_of_days(tmp_path: Path) -> None:
    names = [f"ETHUSDT-1m-2023-04-0{d + 1}.csv" for d in range(3)]
    texts = [csv(bars(d, n=1_440), header=d == 1) for d in range(3)]
    folder = tmp_path / "days"
    folder.mkdir()
    for name, text in zip(names, texts, strict=True):
        (folder / name).write_text(text)
    (folder / "README.md").write_text("not prices")
    zipped = tmp_path / "zips"
    zipped.mkdir()
    for name, text in zip(names, texts, strict=True):
        with zipfile.ZipFile(zipped / name.replace(".csv", ".zip"), "w") as archive:
            archive.writestr(name, text)
    one_zip = tmp_path / "all.zip"
    with zipfile.ZipFile(one_zip, "w") as archive:
        for name, text in zip(names, texts, strict=True):
            archive.writestr(name, text)
    tars = []
    for suffix, mode in ((".tar", "w"), (".tar.gz", "w:gz"), (".tar.xz", "w:xz")):
        tars.append(tmp_path / f"all{suffix}")
        with tarfile.open(tars[-1], mode) as tar:
            for name, text in zip(reversed(names), reversed(texts), strict=True):
                info = tarfile.TarInfo(name)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
    reference = lp.read_klines(folder)
    assert len(reference) == 3 * 1_440
    assert reference.gaps == 0
    for path in (zipped, one_zip, *tars):
        again = lp.read_klines(path)
        assert (again.prices == reference.prices).all()
        assert (again.times == reference.times).all()


def test_futures_symbols_and_a_stated_market(tmp_path: Path) -> None:
    for name, market in (("BTCUSD_PERP", "BTC/USD"), ("SOLUSDC", "SOL/USDC"), ("ETHBTC", "ETH/BTC")):
        path = tmp_path / f"{name}-1m-2023-04.csv"
        path.write_text(csv(bars(), header=True))
        assert lp.read_klines(path).markets == (market,)
        assert lp.read_klines(path, market="ETH/USDC:perp").markets == ("ETH/USDC:perp",)
    odd = tmp_path / "mine.csv"
    odd.write_text(csv(bars(), header=True))
    with pytest.raises(lp.DataError, match="Say market='ETH/USDT'"):
        lp.read_klines(odd)


def _duplicate(f: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([f.iloc[:10], f.iloc[9:]])


def _swap(f: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([f.iloc[:10], f.iloc[11:12], f.iloc[10:11], f.iloc[12:]])


def _set(column: str, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(f: pd.DataFrame) -> pd.DataFrame:
        f = f.astype({column: object})
        f.loc[20, column] = value
        return f

    return change


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (_duplicate, "duplicate times: 1 (row 11, 2023-04-01 00:09:00)"),
        (_swap, "times out of order: 1 (row 12, 2023-04-01 00:10:00)"),
        (_set("close", 0.0), "prices of 0 or less: 1 (row 21"),
        (_set("close", -1.0), "prices of 0 or less: 1 (row 21"),
        (_set("close", np.nan), "missing prices: 1 (row 21"),
        (_set("close", np.inf), "infinite prices: 1 (row 21"),
        (_set("low", 1e6), "close outside low to high: 1 (row 21"),
        (_set("open_time", START + 20 * 60_000 - 30_000), "steps shorter than the bars"),
    ],
)
def test_defects_are_named_and_refused(
    tmp_path: Path, spoil: Callable[[pd.DataFrame], pd.DataFrame], finding: str
) -> None:
    path = tmp_path / "ETHUSDT-1m-bad.csv"
    path.write_text(csv(spoil(bars()), header=True))
    report = lp.check_klines(path)
    assert not report.usable
    assert finding in report.summary()
    assert "NOT usable" in str(report)
    assert report.table()["fatal"].any()
    with pytest.raises(lp.DataError, match="Nothing is repaired silently"):
        lp.read_klines(path)


def test_gaps_are_reported_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "ETHUSDT-1m-gap.csv"
    path.write_text(csv(bars().drop(index=[7, 8, 30]), header=True))
    report = lp.check_klines(path)
    assert report.usable
    assert [(f.what, f.count) for f in report.findings] == [("gaps before (steps over 60 s)", 2)]
    assert report.to_dict()["usable"] is True
    assert lp.read_klines(path).gaps == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ETHUSDT-1m.zip", b"PK\x03\x04 cut short", "truncated, encrypted or not an archive"),
        ("ETHUSDT-1m.tar.xz", b"\xfd7zXZ\x00 cut", "truncated, encrypted or not an archive"),
        ("ETHUSDT-1m.csv", b"", "an empty file"),
        ("ETHUSDT-1m.csv", b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "Binance klines"),
        ("ETHUSDT-1m.csv", b"time,price\n1,2\n", "2 columns"),
        ("ETHUSDT-1m.csv", b"<html><body>404</body></html>", "1 columns"),
        ("ETHUSDT-1m.csv", b"1,2,3,4,5,6,7,8,9,10,11,12\n", "times since 1970"),
    ],
)
def test_what_is_no_kline_file_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(lp.DataError, match=message):
        lp.read_klines(path)


def test_truncated_files_are_refused(tmp_path: Path, plain: Path) -> None:
    text = plain.read_text()
    for cut in (len(text) - 30, len(text) - 3):
        path = tmp_path / f"ETHUSDT-1m-cut{cut}.csv"
        path.write_text(text[:cut])
        with pytest.raises(lp.DataError):
            lp.read_klines(path)
    archive = tmp_path / "ETHUSDT-1m.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(plain.name, text)
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(lp.DataError, match="truncated, encrypted or not an archive"):
        lp.read_klines(archive)
    with pytest.raises(lp.DataError, match="existing file or folder"):
        lp.read_klines(tmp_path / "nowhere.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(lp.DataError, match="kline files"):
        lp.read_klines(tmp_path / "empty")


def test_two_symbols_in_one_folder_are_refused(tmp_path: Path) -> None:
    for symbol in ("ETHUSDT", "BTCUSDT"):
        (tmp_path / f"{symbol}-1m-2023-04-01.csv").write_text(csv(bars(), header=False))
    with pytest.raises(lp.DataError, match="one symbol"):
        lp.read_klines(tmp_path)


# ---- any table


@pytest.mark.parametrize(
    ("times", "note"),
    [
        (lambda t: t, "times without a zone read as UTC"),
        (lambda t: t.dt.tz_localize("UTC"), None),
        (lambda t: t.dt.tz_localize("UTC").dt.tz_convert("America/New_York"), None),
        (lambda t: t.dt.strftime("%Y-%m-%d %H:%M:%S"), "times without a zone read as UTC"),
        (lambda t: t.dt.strftime("%Y-%m-%dT%H:%M:%SZ"), None),
        (lambda t: t.dt.strftime("%Y-%m-%d %H:%M:%S UTC"), None),
        (lambda t: t.astype("datetime64[ns]").astype("int64") // 10**9, "times in s since 1970"),
        (lambda t: t.astype("datetime64[ns]").astype("int64") // 10**6, "times in ms since 1970"),
        (lambda t: t.astype("datetime64[ns]").astype("int64") // 10**3, "times in us since 1970"),
    ],
)
def test_times_of_any_kind(times: Callable[[pd.Series], pd.Series], note: str | None) -> None:
    stamps = pd.Series(pd.date_range("2023-04-01", periods=50, freq="1h"))
    frame = pd.DataFrame({"time": times(stamps), "close": np.linspace(1_800, 1_900, 50)})
    past = lp.read_prices(frame, market="ETH/USDC")
    assert past.times[0] == np.datetime64("2023-04-01T00:00")  # a price, not a bar: known at its own time
    assert past.step == np.timedelta64(1, "h")
    assert past.notes == ((note,) if note else ())


def test_columns_by_name_index_csv_and_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="Parquet needs the extra lpgreeks[parquet]")
    stamps = pd.date_range("2023-04-01", periods=30, freq="1h", tz="UTC")
    close = np.linspace(1_800, 1_900, 30)
    frame = pd.DataFrame({"when": stamps, "last": close, "min": close - 1, "max": close + 1})
    columns = lp.Columns(time="when", price="last", low="min", high="max")
    reference = lp.read_prices(frame, market="ETH/USDC", columns=columns)
    assert reference.times[0] == np.datetime64("2023-04-01T01:00")  # a bar: known when it closed
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    with gzip.open(tmp_path / "a.csv.gz", "wt") as file:
        file.write(frame.to_csv(index=False))
    for name in ("a.csv", "a.parquet", "a.csv.gz"):
        again = lp.read_prices(tmp_path / name, market="ETH/USDC", columns=columns)
        # pandas 2 reads some decimals of a CSV one unit in the last place off.
        assert again.prices == pytest.approx(reference.prices, rel=1e-15)
        assert again.lows == pytest.approx(reference.lows, rel=1e-15)
        assert (again.times == reference.times).all()
    indexed = frame.rename(columns={"last": "close"}).set_index("when")[["close"]]
    assert len(lp.read_prices(indexed, market="ETH/USDC")) == 30
    frame_before = frame.copy()
    lp.read_prices(frame, market="ETH/USDC", columns=columns)
    pd.testing.assert_frame_equal(frame, frame_before)


def test_tables_that_are_none(tmp_path: Path) -> None:
    frame = pd.DataFrame({"time": pd.date_range("2023-04-01", periods=5, freq="1h"), "close": 1_800.0})
    with pytest.raises(lp.DataError, match="a column 'price'"):
        lp.read_prices(frame, market="ETH/USDC", columns=lp.Columns(price="price"))
    with pytest.raises(lp.InputError, match="both of low and high"):
        lp.read_prices(frame, market="ETH/USDC", columns=lp.Columns(low="close"))
    with pytest.raises(lp.DataError, match="two or more rows"):
        lp.read_prices(frame.iloc[:1], market="ETH/USDC")
    with pytest.raises(lp.DataError, match="numbers in column 'close'"):
        lp.read_prices(frame.assign(close="dear"), market="ETH/USDC")
    with pytest.raises(lp.DataError, match="expected ISO times"):
        lp.read_prices(frame.assign(time="never"), market="ETH/USDC")
    with pytest.raises(lp.DataError, match="2023-04-01 00:00:00"):
        lp.read_prices(frame.assign(time="01/04/2023"), market="ETH/USDC")  # day or month first?
    with pytest.raises(lp.DataError, match="times out of order"):
        lp.read_prices(frame.iloc[::-1], market="ETH/USDC")
    for name, content in (("a.csv", b""), ("a.parquet", b"PAR1 no"), ("b.csv", b"\xff\xfe\x00")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(lp.DataError):
            lp.read_prices(tmp_path / name, market="ETH/USDC")
    report = lp.check_prices(frame)
    assert report.usable
    assert "times without a zone read as UTC" in report.summary()
