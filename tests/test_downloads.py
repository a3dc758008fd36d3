"""Downloads against a server on this machine, which has Binance's and Deribit's own layouts and every bad manner."""

from __future__ import annotations

import builtins
import errno
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from unittest import mock

import pytest

import lpgreeks as lp
from lpgreeks.cli.get import Section
from lpgreeks.downloads.archive import require_one_entry
from tests.running import printed, run
from tests.servers import Served, published, serving, zipped

MONTHS = ("2023-04", "2023-05")
NAMES = tuple(f"ETHUSDT-1m-{month}" for month in MONTHS)


def bars(month: str, rows: int = 1_500) -> bytes:
    """Klines of one month as spot has them: no header, milliseconds."""
    start = {"2023-04": 1_680_307_200_000, "2023-05": 1_682_899_200_000}[month]
    lines = []
    for i in range(rows):
        opened = start + 60_000 * i
        price = 1_800 + i / 100
        lines.append(
            f"{opened},{price:.2f},{price + 1:.2f},{price - 1:.2f},{price + 0.5:.2f},10.5,"
            f"{opened + 59_999},18000.1,42,5.0,9000.0,0"
        )
    return ("\n".join(lines) + "\n").encode()


def path_of(month: str, part: str = "spot") -> str:
    return f"/data/{part}/monthly/klines/ETHUSDT/1m/ETHUSDT-1m-{month}.zip"


def archives() -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for month in MONTHS:
        files |= published(path_of(month), zipped(f"ETHUSDT-1m-{month}.csv", bars(month)))
    return files


def quick(served: Served, **others: float) -> lp.Connection:
    return lp.Connection(**{"url": served.url, "timeout": 5.0, "backoff": 0.01, **others})  # type: ignore[arg-type]


def get(served: Served, folder: Path, **others: float) -> lp.Fetched:
    return lp.download_klines("ETHUSDT", "1m", *MONTHS, to=folder, connection=quick(served, **others))


def left(folder: Path) -> set[str]:
    """Every file but the lock."""
    return {p.name for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def whole(files: dict[str, bytes]) -> set[str]:
    return {path.rsplit("/")[-1] for path in files}


# ---- what should happen


def test_files_are_fetched_verified_and_not_fetched_again(tmp_path: Path) -> None:
    files = archives()
    with serving(files) as served:
        fetched = get(served, tmp_path)
        assert fetched.already == 0
        assert fetched.missing == ()
        assert [f.read_bytes() for f in fetched.files] == [files[path_of(m)] for m in MONTHS]
        assert len(served.asked) == 4
        again = get(served, tmp_path)
        assert again.already == 2
        assert len(served.asked) == 4  # not one request more
        assert left(tmp_path) == whole(files)
        spoiled = fetched.files[1]
        spoiled.write_bytes(b"spoiled")
        assert get(served, tmp_path).already == 1
        assert spoiled.read_bytes() == files[path_of("2023-05")]
    assert fetched.folder == tmp_path / "binance/data/spot/monthly/klines/ETHUSDT/1m"
    history = lp.read_klines(fetched.folder)
    assert history.prices[0, 0] == 1_800.5
    assert len(history.times) == 3_000
    assert fetched.table()["there"].all()
    assert fetched.require_complete() is None


@pytest.mark.parametrize(
    ("call", "paths"),
    [
        (
            lambda c, to: lp.download_klines(
                "ETHUSD_PERP", "1h", "2023-04-30", "2023-05-01", market=lp.BinanceMarket.coin_m, to=to, connection=c
            ),
            [f"/data/futures/cm/daily/klines/ETHUSD_PERP/1h/ETHUSD_PERP-1h-{d}" for d in ("2023-04-30", "2023-05-01")],
        ),
        (
            lambda c, to: lp.download_funding("ETHUSDT", "2022-12", "2023-01", to=to, connection=c),
            [f"/data/futures/um/monthly/fundingRate/ETHUSDT/ETHUSDT-fundingRate-{m}" for m in ("2022-12", "2023-01")],
        ),
        (
            lambda c, to: lp.download_book("BTCUSDT", "2024-02", "2024-02", to=to, connection=c),
            [f"/data/futures/um/daily/bookTicker/BTCUSDT/BTCUSDT-bookTicker-2024-02-{d:02}" for d in range(1, 30)],
        ),
    ],
)
def test_addresses_are_the_archives_own(call: object, paths: list[str], tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for path in paths:
        files |= published(f"{path}.zip", zipped(f"{path.rsplit('/')[-1]}.csv", b"a,b\n1,2\n"))
    with serving(files) as served:
        fetched = call(quick(served), tmp_path)  # type: ignore[operator]
    assert [path for path, _ in served.archives()] == [f"{path}.zip" for path in paths]
    assert len(fetched.files) == len(paths)


def test_what_was_fetched_is_what_its_reader_reads(tmp_path: Path) -> None:
    funding = b"calc_time,funding_interval_hours,last_funding_rate\n1680307200003,8,0.0001\n1680336000001,8,-0.00005\n"
    book = (
        b"update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
        b"1,1799.9,1,1800.0,1,1684195200001,1684195200004\n2,1800.0,1,1800.1,1,1684195200101,1684195200104\n"
    )
    files = published(
        "/data/futures/um/monthly/fundingRate/ETHUSDT/ETHUSDT-fundingRate-2023-04.zip",
        zipped("ETHUSDT-fundingRate-2023-04.csv", funding),
    ) | published(
        "/data/futures/um/daily/bookTicker/ETHUSDT/ETHUSDT-bookTicker-2023-05-16.zip",
        zipped("ETHUSDT-bookTicker-2023-05-16.csv", book),
    )
    with serving(files) as served:
        rates = lp.download_funding("ETHUSDT", "2023-04", "2023-04", to=tmp_path, connection=quick(served))
        ticks = lp.download_book("ETHUSDT", "2023-05-16", "2023-05-16", to=tmp_path, connection=quick(served))
    assert getattr(lp, rates.reader)(rates.folder).rates.tolist() == [0.0001, -0.00005]
    assert getattr(lp, ticks.reader)(ticks.folder).bid.tolist() == [1_799.9, 1_800.0]


def test_a_month_that_is_not_there_is_named_and_the_others_are_fetched(tmp_path: Path) -> None:
    files = {path: content for path, content in archives().items() if "2023-04" not in path}
    with serving(files) as served:
        fetched = get(served, tmp_path)
        assert fetched.missing == (served.url + path_of("2023-04"),)
        assert [f.name for f in fetched.files] == ["ETHUSDT-1m-2023-05.zip"]
        with pytest.raises(lp.DataError, match=r"1 missing: ETHUSDT-1m-2023-04\.zip"):
            fetched.require_complete()
        with pytest.raises(lp.DataError, match="none of 2"):
            lp.download_klines("XYZUSDT", "1m", *MONTHS, to=tmp_path, connection=quick(served))
    assert left(tmp_path) == whole(files)


# ---- checksums and archives


def test_a_wrong_checksum_is_an_error_and_nothing_has_the_name(tmp_path: Path) -> None:
    files = archives()
    right = files[path_of("2023-04")]
    files[path_of("2023-04")] = right[:-1] + b"?"
    with serving(files) as served:
        with pytest.raises(lp.DataError, match=hashlib.sha256(right).hexdigest()):
            get(served, tmp_path)
        assert left(tmp_path) == set()
        files[path_of("2023-04")] = right
        get(served, tmp_path)
    assert left(tmp_path) == whole(files)


@pytest.mark.parametrize("content", [b"", b"0" * 64 + b"  other.zip\n", b"<html>", b"1234  ETHUSDT-1m-2023-04.zip\n"])
def test_a_checksum_that_is_none(content: bytes, tmp_path: Path) -> None:
    with (
        serving(archives() | {f"{path_of('2023-04')}.CHECKSUM": content}) as served,
        pytest.raises(lp.DataError, match=r"the sha256 of ETHUSDT-1m-2023-04\.zip"),
    ):
        get(served, tmp_path)
    assert served.archives() == []
    assert left(tmp_path) == set()


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


CSV = f"{NAMES[0]}.csv"
HARMFUL = {
    "slip": (packed(("../../../../outside.csv", b"x")), "outside"),
    "absolute": (packed(("/etc/outside.csv", b"x")), "outside"),
    "backslash": (packed((f"..\\{CSV}", b"x")), "one file in"),
    "folder": (packed((f"inside/{CSV}", b"x")), "one file in"),
    "other name": (packed(("ETHUSDT-1m-2023-05.csv", b"x")), "one file in"),
    "null": (packed((f"{CSV}#.exe", b"x")).replace(b"#.exe", b"\0.exe"), "one file in"),
    "two": (packed((CSV, b"x"), ("more.csv", b"x")), "2: "),
    "twice": (packed((CSV, b"x"), ("#" * len(CSV), b"x")).replace(b"#" * len(CSV), CSV.encode()), "2: "),
    "none": (packed(), "none"),
    "bomb": (packed((CSV, bytes(40_000_000))), "250 times"),
    "no zip": (b"<html>not found</html>", "a zip archive"),
    "cut": (packed((CSV, b"x"))[:-10], "a zip archive"),
}


@pytest.mark.parametrize("kind", HARMFUL)
def test_an_archive_of_something_else_is_refused_unopened(kind: str, tmp_path: Path) -> None:
    content, words = HARMFUL[kind]
    folder = tmp_path / "deep" / "inside"
    with (
        serving(archives() | published(path_of("2023-04"), content)) as served,
        mock.patch.object(zipfile.ZipFile, "open", side_effect=AssertionError("unpacked")),
        pytest.raises(lp.DataError, match=words),
    ):
        get(served, folder)
    assert left(tmp_path) == set()


def test_a_size_that_is_stated_beyond_reason(tmp_path: Path) -> None:
    """The list states 65 GiB; a sixth of it packed would pass by the ratio, so the list alone is made to say so."""
    path = tmp_path / "a.zip"
    path.write_bytes(packed((CSV, b"x" * 1_000), method=zipfile.ZIP_STORED))
    require_one_entry(path, CSV, "a.zip")
    info = zipfile.ZipInfo(CSV)
    info.file_size = 65 * 2**30
    with (
        mock.patch.object(zipfile.ZipFile, "infolist", return_value=[info]),
        mock.patch.object(Path, "stat", return_value=mock.Mock(st_size=2**34)),
        pytest.raises(lp.DataError, match="64 GiB"),
    ):
        require_one_entry(path, CSV, "a.zip")


# ---- connections


def test_a_cut_connection_is_continued(tmp_path: Path) -> None:
    files = archives()
    content = files[path_of("2023-04")]
    with serving(files, cut_after=[50_000, 30_000]) as served:
        get(served, tmp_path)
    assert served.archives()[:3] == [
        (path_of("2023-04"), ""),
        (path_of("2023-04"), "bytes=50000-"),
        (path_of("2023-04"), "bytes=80000-"),
    ]
    assert served.sent[path_of("2023-04")] == len(content)  # each byte once
    assert left(tmp_path) == whole(files)


def test_a_server_that_goes_on_cutting_is_given_up_and_the_part_is_kept(tmp_path: Path) -> None:
    files = archives()
    content = files[path_of("2023-04")]
    with serving(files, cut_after=[50_000, 0, 0, 0]) as served:
        with pytest.raises(lp.DataError, match="within 3 tries"):
            get(served, tmp_path, tries=3)
        assert len(served.archives()) == 3
        assert {f for f in left(tmp_path) if not f.startswith(".")} == set()
        served.cut_after.clear()
        get(served, tmp_path)
    assert served.sent[path_of("2023-04")] == len(content)
    assert left(tmp_path) == whole(files)


def test_tries_that_bring_something_do_not_count(tmp_path: Path) -> None:
    files = archives()
    with serving(files, cut_after=[20_000] * 5) as served:
        get(served, tmp_path, tries=2)
    assert served.sent[path_of("2023-04")] == len(files[path_of("2023-04")])


@pytest.mark.parametrize("manners", [{"ranges": False}, {"tags": False}])
def test_a_server_without_ranges_or_tags_begins_anew(manners: dict[str, bool], tmp_path: Path) -> None:
    files = archives()
    content = files[path_of("2023-04")]
    with serving(files, cut_after=[50_000], **manners) as served:
        get(served, tmp_path)
    assert served.sent[path_of("2023-04")] == 50_000 + len(content)
    assert left(tmp_path) == whole(files)


def test_it_is_given_up_too_where_no_try_brings_more(tmp_path: Path) -> None:
    with (
        serving(archives(), ranges=False, cut_after=[50_000, 20_000] * 10) as served,
        pytest.raises(lp.DataError, match="within 3 tries"),
    ):
        get(served, tmp_path, tries=3)
    assert len(served.archives()) == 3


def test_a_file_that_changes_between_the_tries_is_begun_anew(tmp_path: Path) -> None:
    files = archives()
    with serving(files, cut_after=[50_000, 0, 0]) as served:
        with pytest.raises(lp.DataError, match="tries"):
            get(served, tmp_path, tries=2)
        # The server now has another month of the same length.
        changed = zipped(CSV, bars("2023-05"))
        assert len(changed) == len(files[path_of("2023-04")])
        files |= published(path_of("2023-04"), changed)
        served.files = files
        served.cut_after.clear()
        fetched = get(served, tmp_path)
    assert fetched.files[0].read_bytes() == changed


def test_a_server_that_continues_another_file_is_not_believed(tmp_path: Path) -> None:
    """One that heeds no If-Range: its tag tells."""
    files = archives()
    with serving(files, cut_after=[50_000, 0], conditions=False) as served:
        with pytest.raises(lp.DataError, match="tries"):
            get(served, tmp_path, tries=2)
        served.files = files | published(path_of("2023-04"), zipped(CSV, bars("2023-05")))
        fetched = get(served, tmp_path)
    assert fetched.files[0].read_bytes() == served.files[path_of("2023-04")]
    assert [one for path, one in served.archives() if path == path_of("2023-04")][2:] == ["bytes=50000-", ""]


def test_a_part_longer_than_the_file_is_forgotten(tmp_path: Path) -> None:
    files = archives()
    with serving(files, cut_after=[50_000, 0]) as served:
        with pytest.raises(lp.DataError, match="tries"):
            get(served, tmp_path, tries=2)
        with next(tmp_path.rglob("*.part")).open("ab") as part:
            part.write(bytes(len(files[path_of("2023-04")])))
        assert get(served, tmp_path).files[0].read_bytes() == files[path_of("2023-04")]


def test_a_slow_server_is_not_waited_for(tmp_path: Path) -> None:
    with serving(archives(), pause=0.6) as served:
        begun = time.monotonic()
        with pytest.raises(lp.DataError, match=r"within 1 tries of 0\.2 s"):
            get(served, tmp_path, timeout=0.2, tries=1)
        assert time.monotonic() - begun < 5
    assert {f for f in left(tmp_path) if not f.startswith(".")} == set()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(status: int, tmp_path: Path) -> None:
    files = archives()
    with serving(files, answers=[(status, {})] * 3) as served:
        get(served, tmp_path)
        assert [path for path, _ in served.archives()].count(path_of("2023-04")) == 4
        assert left(tmp_path) == whole(files)


def test_waits_double_and_are_what_the_server_asks_for(tmp_path: Path) -> None:
    waits: list[float] = []
    answers = [(503, {}), (429, {"Retry-After": "7"}), (503, {}), (429, {"Retry-After": "9999"})]
    with serving(archives(), answers=answers) as served, mock.patch("time.sleep", waits.append):
        get(served, tmp_path, backoff=1.0, longest_wait=60.0)
    assert waits == [1.0, 7.0, 4.0, 60.0]


def test_a_date_to_come_back_at(tmp_path: Path) -> None:
    waits: list[float] = []
    at = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 30))
    with serving(archives(), answers=[(429, {"Retry-After": at})]) as served, mock.patch("time.sleep", waits.append):
        get(served, tmp_path)
    assert 25 < waits[0] <= 30


@pytest.mark.parametrize("status", [401, 403, 410])
def test_an_answer_that_will_not_change_is_not_asked_for_again(status: int, tmp_path: Path) -> None:
    with (
        serving(archives(), answers=[(status, {})]) as served,
        pytest.raises(lp.DataError, match=f"status {status} from http"),
    ):
        get(served, tmp_path)
    assert len(served.archives()) == 1


def test_nobody_answers(tmp_path: Path) -> None:
    with serving({}) as served:
        pass
    with pytest.raises(lp.DataError, match="within 2 tries"):
        get(served, tmp_path, tries=2)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "nonsense", "https://"])
def test_an_address_that_is_none(url: str, tmp_path: Path) -> None:
    with pytest.raises(lp.DataError, match="an address"):
        lp.download_klines("ETHUSDT", "1m", *MONTHS, to=tmp_path, connection=lp.Connection(url=url))


# ---- processes, disks


FETCH = """
import sys, lpgreeks as lp
url, folder = sys.argv[1:]
lp.download_klines("ETHUSDT", "1m", "2023-04", "2023-05", to=folder, connection=lp.Connection(url=url, backoff=0.01))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_killed_and_resumed(number: int, tmp_path: Path) -> None:
    files = archives()
    path = path_of("2023-04")
    with serving(files, pause=0.02) as served:
        child = subprocess.Popen([sys.executable, "-c", FETCH, served.url, str(tmp_path)], stderr=subprocess.DEVNULL)
        while served.sent.get(path, 0) < 20_000:
            assert child.poll() is None
            time.sleep(0.01)
        child.send_signal(number)
        child.wait(10)
        part = next(tmp_path.rglob("*.part")).stat().st_size
        assert 0 < part < len(files[path])
        assert {f for f in left(tmp_path) if not f.startswith(".")} == set()
        served.pause = 0.0
        get(served, tmp_path)
    again = [one for asked, one in served.archives() if asked == path]
    assert again == ["", f"bytes={part}-"]
    assert left(tmp_path) == whole(files)


def test_two_processes_fetch_each_file_once(tmp_path: Path) -> None:
    files = archives()
    with serving(files, pause=0.002) as served:
        command = [sys.executable, "-c", FETCH, served.url, str(tmp_path)]
        both = [subprocess.Popen(command) for _ in range(2)]
        assert [one.wait(60) for one in both] == [0, 0]
    assert {path: served.sent[path] for path in map(path_of, MONTHS)} == {
        path: len(files[path]) for path in map(path_of, MONTHS)
    }
    assert left(tmp_path) == whole(files)


def test_a_full_disk(tmp_path: Path) -> None:
    """A real one: /dev/full takes no byte."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with serving(archives()) as served:
        folder = tmp_path / "binance/data/spot/monthly/klines/ETHUSDT/1m"
        folder.mkdir(parents=True)
        (folder / f".{NAMES[0]}.zip.part").symlink_to("/dev/full")
        with pytest.raises(lp.DataError, match=f"room that may be written to; got .*{os.strerror(errno.ENOSPC)}"):
            get(served, tmp_path)
    assert {f for f in left(tmp_path) if not f.startswith(".")} == set()


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_fills_up_at_the_end(step: str, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    files = archives()
    with serving(files) as served:
        with mock.patch.object(os, step, full), pytest.raises(lp.DataError, match="No space left on device"):
            get(served, tmp_path)
        assert [f for f in left(tmp_path) if f.endswith(".zip")] == []
        get(served, tmp_path)
    assert served.sent[path_of("2023-04")] == len(files[path_of("2023-04")])
    assert left(tmp_path) == whole(files)


def test_a_folder_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    with serving(archives()) as served:
        monkeypatch.setattr(Path, "mkdir", refuse)
        with pytest.raises(lp.DataError, match=r"Permission denied\. Name another with --to or LPGREEKS_DATA"):
            get(served, tmp_path / "closed")
        monkeypatch.undo()
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(lp.DataError, match="a folder with room"):
            get(served, tmp_path / "file")


def test_a_cache_that_may_only_be_read_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(archives()) as served:
        get(served, tmp_path)
        monkeypatch.setattr(Path, "mkdir", mock.Mock(side_effect=PermissionError(errno.EACCES, "no")))
        assert get(served, tmp_path).already == 2


# ---- where, and without what


def test_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPGREEKS_DATA", str(tmp_path / "named"))
    assert lp.data_folder() == tmp_path / "named"
    assert lp.data_folder(tmp_path) == tmp_path
    monkeypatch.delenv("LPGREEKS_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    if sys.platform.startswith("linux"):
        assert lp.data_folder() == tmp_path / "own" / "lpgreeks"
    with without("platformdirs"), pytest.raises(lp.DataError, match=r"pip install 'lpgreeks\[data\]'"):
        lp.data_folder()


def without(library: str) -> object:
    found = builtins.__import__

    def missing(name: str, *others: object) -> object:
        if name.split(".")[0] == library:
            raise ImportError(name)
        return found(name, *others)  # type: ignore[arg-type]

    return mock.patch.object(builtins, "__import__", missing)


def test_without_the_library_the_remedy_is_said(tmp_path: Path) -> None:
    with without("httpx"), pytest.raises(lp.DataError, match=r"httpx.*not installed\. pip install 'lpgreeks\[data\]'"):
        lp.download_klines("ETHUSDT", "1m", *MONTHS, to=tmp_path)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lp.download_klines("eth/usdt", "1m", *MONTHS), "a symbol"),
        (lambda: lp.download_klines("../../x", "1m", *MONTHS), "a symbol"),
        (lambda: lp.download_klines("ETHUSDT", "1M", *MONTHS), "a bar's length"),
        (lambda: lp.download_klines("ETHUSDT", "1m", "2023-13", "2023-14"), "a month or a day"),
        (lambda: lp.download_klines("ETHUSDT", "1m", "04/2023", "2023-05"), "a month or a day"),
        (lambda: lp.download_klines("ETHUSDT", "1m", "2023-05", "2023-04"), "in order"),
        (lambda: lp.download_klines("ETHUSDT", "1m", "2023-05", "2023-05-04"), "two months or two days"),
        (lambda: lp.download_funding("ETHUSDT", "2023-05-01", "2023-05-02"), "months"),
        (lambda: lp.download_funding("ETHUSDT", *MONTHS, market=lp.BinanceMarket.spot), "futures for funding"),
        (lambda: lp.download_book("ETHUSDT", *MONTHS, market=lp.BinanceMarket.spot), "futures for best"),
        (lambda: lp.Connection(timeout=0), "timeout"),
        (lambda: lp.Connection(tries=0), "tries"),
        (lambda: lp.Connection(backoff=-1), "backoff"),
    ],
)
def test_bad_input_is_refused_before_any_request(call: object, words: str) -> None:
    asked = mock.patch.object(lp.Connection, "client", side_effect=AssertionError("asked"))
    with asked, pytest.raises(lp.InputError, match=words):
        call()  # type: ignore[operator]


# ---- an option chain


def chain_answer() -> dict[str, object]:
    rows = [
        {
            "instrument_name": f"ETH-30JAN26-{strike}-{side}",
            "creation_timestamp": 1_767_585_600_000 + i,
            "bid_price": None if i == 3 else 0.05,
            "ask_price": 0.07,
            "mark_price": 0.06,
            "mark_iv": 61.5,
            "underlying_price": 2_010.0,
            "estimated_delivery_price": 2_005.0,
            "open_interest": 3.0,
        }
        for i, (strike, side) in enumerate([(2_000, "C"), (2_000, "P"), (2_200, "C"), (2_200, "P")])
    ]
    return {"jsonrpc": "2.0", "result": rows, "usIn": 1, "usOut": 2, "usDiff": 1, "testnet": False}


CHAIN = "/api/v2/public/get_book_summary_by_currency?currency=ETH&kind=option"


def test_a_chain_is_kept_as_it_came_and_read(tmp_path: Path) -> None:
    content = json.dumps(chain_answer()).encode()
    with serving({CHAIN: content}, answers=[(429, {"Retry-After": "0"})]) as served:
        fetched = lp.download_chain("eth", to=tmp_path, connection=quick(served))
    assert fetched.files[0] == tmp_path / "deribit/chains/ETH-options-20260105T040000Z.json"
    assert fetched.files[0].read_bytes() == content
    chain = getattr(lp, fetched.reader)(fetched.files[0])
    assert (chain.base, len(chain), chain.index) == ("ETH", 4, 2_005.0)
    assert chain.volatilities.tolist() == [0.615] * 4


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"result": []}', b'{"error": {"code": -32602}}', b'{"result": [{"x": 1}]}', b"<html>"]
)
def test_an_answer_that_is_no_chain(content: bytes, tmp_path: Path) -> None:
    with serving({CHAIN: content}) as served, pytest.raises(lp.DataError, match="the options on ETH"):
        lp.download_chain("ETH", to=tmp_path, connection=quick(served))
    assert left(tmp_path) == set()


# ---- the command


def test_the_command_fetches_and_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {path: content for path, content in archives().items() if "2023-05" not in path}
    with serving(files) as served:
        monkeypatch.setenv("LPGREEKS_BINANCE_URL", served.url + "/")
        monkeypatch.setenv("LPGREEKS_DATA", str(tmp_path))
        command = ("data", "get", "binance", "ETHUSDT", "1m", "2023-04", "2023-05")
        done = run(*command, code=3)
        assert [Path(line).name for line in done.stdout.splitlines()] == ["ETHUSDT-1m-2023-04.zip"]
        first, second = done.stderr.splitlines()  # no bar: this is no terminal
        assert first.startswith("lpgreeks: 1 file in ")
        assert second == f"lpgreeks: missing: the server has no {served.url}{path_of('2023-05')}"
        record = json.loads(run(*command, "--json", code=3).stdout)
        assert record["already"] == 1
        assert record["missing"] == [served.url + path_of("2023-05")]
        one = run(*command[:-1])
        assert "1 of them from before: lp.read_klines(...) reads them." in one.stderr
        script = run(*command[:-1], "--code").stdout
        assert printed(script).startswith("1 file in ")
        assert len(served.archives()) == 1
        bad = run("data", "get", "binance", "ETHUSDT", "fundingRate", "2023-04", code=2)
        assert "--market usd-m" in bad.stderr


def test_the_command_of_a_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({CHAIN: json.dumps(chain_answer()).encode()}) as served:
        monkeypatch.setenv("LPGREEKS_DERIBIT_URL", served.url)
        done = run("data", "get", "deribit-chain", "ETH", "--to", str(tmp_path))
    assert run("data", "chain", done.stdout.strip()).stdout.startswith("4 rows read, 0 left out; index 2,005.00")


def test_the_flag_has_the_librarys_values() -> None:
    assert {one.name: one.value for one in Section} == {one.name: one.value for one in lp.BinanceMarket}


def test_a_bar_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(archives()) as served:
        connection = lp.Connection(url=served.url, progress=True)
        lp.download_klines("ETHUSDT", "1m", *MONTHS, to=tmp_path, connection=connection)
    assert "ETHUSDT-1m-2023-05.zip (2/2)" in capsys.readouterr().err
