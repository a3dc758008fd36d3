"""Bad input to every command: one clear line, the right exit code, no traceback, no hang, no half file."""

from __future__ import annotations

import errno
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lpgreeks.cli.endings import EXIT_CODES
from tests.answers import LINES, made
from tests.running import ended, run
from tests.test_cli_help import COMMANDS

NUMBERS = ["nan", "inf", "-inf", "-0.0", "0", "1e308", "-1e308", "1e-308", "-1", "65", "5%", "1,5", "", "٣", "1e999"]
TEXTS = ["", "Ξ", "a b", "'", '"', "\\", "{}", "%s", "a\nb", "x" * 5_000, "/", "\udcff", "ETH=nan", "ETH=-5", "USDC:-6"]
TIMES = ["2023-13-45", "9999-12-31", "0001-01-01", "tomorrow", "NaT", "2023-04-11 00:00+02:00", "-1h", "1e9D", "0s"]
FILES = [
    "empty.csv", "binary.csv", "binary.parquet", "binary.zip", "folder.csv", "half.json", "dates.csv", "none.csv", ".",
    "/dev/null", "a\nb.csv",
]  # fmt: skip
OUTS = ["no/such/x.csv", ".", "x.txt", "", "/dev/full", "folder.csv", "x"]

QUICK = [
    "hedge",
    "frontier",
    "range",
    "payoff",
    "greeks",
    "spread",
    "data-venues",
    "data-check",
    "data-chain",
    "replay",
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    folder = tmp_path_factory.mktemp("files")
    found = made(folder)
    (folder / "empty.csv").touch()
    (folder / "binary.csv").write_bytes(bytes(range(256)) * 8)
    (folder / "binary.parquet").write_bytes(b"PAR1" + bytes(99))
    (folder / "binary.zip").write_bytes(b"PK\3\4" + bytes(99))
    (folder / "folder.csv").mkdir()
    (folder / "half.json").write_text('{"a": [1,')
    (folder / "dates.csv").write_text("time,close\n9999-01-01,1\n0001-01-01,2\n")
    before = Path.cwd()
    os.chdir(folder)
    yield found
    os.chdir(before)


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    def late(_: int, __: FrameType | None) -> None:
        pytest.fail(f"hangs for {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def values(parameter: Any, context: Any) -> list[str]:
    """What an adversary gives a flag, by its type."""
    kind = parameter.get_help_record(context)[0].lower()
    if parameter.opts[0] in ("--out", "--trades"):
        return OUTS
    if "path" in kind or parameter.opts[0] in ("file",):
        return FILES
    if "float" in kind or "int" in kind:
        return NUMBERS
    return [*TEXTS, *TIMES, *NUMBERS]


@st.composite
def lines(draw: st.DrawFn, name: str) -> list[str]:
    """A line that answers, with one or two of its flags said anew."""
    path = tuple(name.split("-")) if name.startswith("data") else (name,)
    command = COMMANDS[path]
    words = shlex.split(LINES[name][-1 if name == "data-venues" else 0])
    with command.make_context("x", [], resilient_parsing=True) as context:
        flags = [p for p in command.params if p.opts[0].startswith("--") and p.nargs == 1 and "--help" not in p.opts]
        for flag in draw(st.lists(st.sampled_from(flags), min_size=1, max_size=2, unique_by=lambda p: p.opts[0])):
            takes = " " in flag.get_help_record(context)[0]
            value = f"={draw(st.sampled_from(values(flag, context)))}" if takes else ""
            words.append(f"{flag.opts[0]}{value}")
    return words


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", QUICK)
@settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_whatever_comes_is_answered_or_refused(name: str, files: dict[str, Path], data: st.DataObject) -> None:
    words = [files[word[1:-1]].name if word[1:-1] in files else word for word in data.draw(lines(name))]
    before = {path for path in Path.cwd().iterdir() if ".part" in path.name}
    if name == "replay":
        # What is compiled once on a machine is no hang.
        ended(*shlex.split(LINES[name][0].format(**files)))
    with at_most(20):
        code, done = ended(*words)
    assert code in EXIT_CODES
    if code and not (name == "data-check" and done.stdout):
        assert done.stdout == ""
        assert done.stderr.startswith("lpgreeks: ")
        assert done.stderr.count("\n") == 1
        assert "Traceback" not in done.stderr
    assert {path for path in Path.cwd().iterdir() if ".part" in path.name} == before


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("hedge --value 1e308", 2, "--value of 0, or from 1e-30 to 1e+30 in size; got 1e+308"),
        ("payoff --value nan", 2, "--value as a finite number; got nan"),
        ("frontier budget nan 2", 2, "LOW as a finite number; got nan"),
        ("hedge --survive nan 1", 2, "--survive as a finite number; got nan"),
        ("hedge --in-hand ETH=nan", 2, "--in-hand to be finite"),
        ("hedge --base \udcff --out x.csv --full-range", 3, "text in UTF-8"),
        ("spread folder.csv --half-spread 0.0002", 3, "a folder with tables in it; got folder.csv with none"),
    ],
)  # fmt: skip
def test_what_an_adversary_found(line: str, code: int, told: str, files: dict[str, Path]) -> None:
    done = run(*line.format(**files).split(" "), code=code)
    assert told in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "line", ["hedge", "payoff", "greeks", "frontier budget 101000 130000 --points 2 --max-leverage 5"]
)
@pytest.mark.parametrize("ending", [".csv", ".json", ".png"])
def test_no_room_leaves_nothing_and_spoils_nothing(line: str, ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"kept{ending}"
    file.write_text("what was there")
    full = OSError(errno.ENOSPC, "No space left on device")
    with mock.patch("os.replace", side_effect=full):
        done = run(*line.split(), "--out", str(file), code=3)
    assert "No space left on device" in done.stderr
    assert done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert file.read_text() == "what was there"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_locked_folder_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "may be written to" in run("greeks", "--out", str(tmp_path / "x.csv"), code=3).stderr


@pytest.mark.parametrize("flag", ["--prices", "--perp-prices"])
def test_what_is_read_is_not_written_over(flag: str, files: dict[str, Path]) -> None:
    before = files["spot"].read_bytes()
    more = [] if flag == "--prices" else ["--prices", str(files["minutes"])]
    done = run("hedge", *more, flag, str(files["spot"]), "--window", "12h", "--out", str(files["spot"]), code=2)
    assert "another file than what is read" in done.stderr
    assert files["spot"].read_bytes() == before


def test_what_a_scenario_file_reads_is_not_written_over(files: dict[str, Path], tmp_path: Path) -> None:
    prices, asked = tmp_path / "ETHUSDT.csv", tmp_path / "week.toml"
    prices.write_bytes(files["spot"].read_bytes())
    run("hedge", "--prices", str(prices), "--window", "12h", "--out", str(asked))
    before = prices.read_bytes()
    done = run("hedge", "--scenario", str(asked), "--out", str(prices), code=2)
    assert "another file than what is read" in done.stderr
    assert prices.read_bytes() == before


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("greeks --out a.csv --out b/../a.csv", "a file for each answer; got b/../a.csv, twice"),
        ("scenario --short 1 --picture days", "no --picture with no --out; got --picture days"),
        ("hedge --code --out a.csv", "no --out with --code; got --out. It"),
        (
            "hedge --leg linear --inverse-venue nobody",
            "no --inverse-venue with no --leg inverse",
        ),
        ("frontier budget 101000 130000 --budget 5", "no --budget with a frontier along budget, which varies it"),
        ("frontier days 1 14 --days 3", "no --days with a frontier along days"),
        ("frontier half-width 0.05 0.2 --lower 1500", "no --lower with a frontier along half-width"),
        ("frontier leverage 2 20 --max-leverage 3", "no --max-leverage with a frontier along leverage"),
        ("hedge --days -1", "--days to be positive and finite; got --days=-1"),
        ("scenario --put 1700=20", "no --put with no --short; got --put 1700=20. It"),
        ("hedge --code --json", "no --json with --code"),
        ("data venues --out a.csv", "no --out with no venue"),
        ("data venues --on 2023-05-01", "no --on with no venue"),
        ("scenario --moves nan", "--moves to be finite; got --moves=nan"),
        ("frontier budget 1 2 --scenario a.toml", "no flag that the file says; got ALONG"),
    ],
)
def test_flags_without_effect_are_refused(
    line: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b").mkdir()
    run("init", "a.toml")
    assert told in run(*line.split(), code=2).stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.toml", "b"]


def test_a_locked_folder_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    with mock.patch("os.access", side_effect=lambda path, _: path != locked):
        done = run("greeks", "--out", str(tmp_path / "a.csv"), "--out", str(locked / "b.csv"), code=3)
    assert "--out as a file in a folder that may be written to" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["locked"]


def test_a_file_without_replays_says_so(tmp_path: Path) -> None:
    run("init", str(tmp_path / "a.toml"))
    told = run("index", "--scenario", str(tmp_path / "a.toml"), code=2).stderr
    assert told == "lpgreeks: expected [replays] in a.toml; got none. A table for each replay, by its name\n"


@pytest.mark.parametrize("command", ["hedge", "init"])
@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf", ".csv", ".json", ".html", ".toml"])
def test_a_disk_that_fills_up_leaves_nothing(command: str, ending: str, tmp_path: Path) -> None:
    """Beyond a few bytes no file can grow."""
    file = tmp_path / f"x{ending}"
    line = ["hedge", "--out", str(file)] if command == "hedge" else ["init", str(tmp_path / "x.toml")]
    script = (
        "import resource, signal, sys\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))\nsys.argv = ['lpgreeks', *{line!r}]\n"
        "from lpgreeks.cli import main\nmain()"
    )
    quiet = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=quiet)
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_a_locked_file_is_one_line(files: dict[str, Path], tmp_path: Path) -> None:
    locked = tmp_path / "ETHUSDT.csv"
    locked.write_bytes(files["spot"].read_bytes())
    locked.chmod(0o000)
    assert "Permission denied" in run("hedge", "--prices", str(locked), code=3).stderr
