"""The command line among shells: completion, pipes, signals, terminals, locales, full disks."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from lpgreeks.cli import app as frame
from lpgreeks.cli.endings import EXIT_CODES
from tests.running import run

COMMAND = [sys.executable, "-c", "from lpgreeks.cli import main; main()"]


def shell(*arguments: str, stdout: int = subprocess.PIPE, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments], stdout=stdout, stderr=subprocess.PIPE, check=False, timeout=120,
        env={**os.environ, **environment},
    )  # fmt: skip


# ---- completion


def completed(line: str, how: str) -> list[str]:
    """What a shell is offered at the end of a line."""
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)} if how == "bash" else {}
    fish = {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = shell(_LPGREEKS_COMPLETE=f"complete_{how}", _TYPER_COMPLETE_ARGS=line, **words, **fish)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    if how == "zsh":
        return re.findall(r'^(?:_arguments \'\*: :\(\()?"([^"]*)"', text, re.MULTILINE)
    return [row.split("\t")[0] for row in text.splitlines() if row]


@pytest.mark.parametrize(
    ("line", "offered", "how"),
    [
        ("lpgreeks fro", ["frontier"], "bash"),
        ("lpgreeks data ch", ["check", "chain"], "bash"),
        ("lpgreeks hedge --max", ["--max-leverage"], "bash"),
        ("lpgreeks hedge --keep co", ["coin-value", "coins"], "bash"),
        ("lpgreeks frontier half", ["half-width"], "bash"),
        ("lpgreeks schema fr", ["frontier"], "bash"),
        ("lpgreeks data ch", ["check", "chain"], "zsh"),
        ("lpgreeks hedge --keep co", ["coin-value", "coins"], "zsh"),
        ("lpgreeks data ch", ["check", "chain"], "fish"),
        ("lpgreeks hedge --keep co", ["coin-value", "coins"], "fish"),
    ],
)
def test_a_shell_completes_commands_flags_and_values(line: str, offered: list[str], how: str) -> None:
    assert completed(line, how) == offered


def test_a_file_is_left_to_the_shell(tmp_path: Path) -> None:
    # Nothing offered is files in bash (complete -o default) and zsh (_files).
    assert completed("lpgreeks hedge --prices ET", "bash") == []
    assert b"_files" in shell(_LPGREEKS_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="lpgreeks data check E").stdout
    (tmp_path / "ETHUSDT.csv").touch()
    script = shell("--show-completion", _LPGREEKS_COMPLETE="source_bash").stdout.decode()
    assert "complete -o default -F _lpgreeks_completion lpgreeks" in script


# ---- how it ends


def test_ctrl_c_is_one_line_and_130() -> None:
    slow = "import time\nfrom lpgreeks.cli import app\napp._run = lambda _: time.sleep(60)\nprint(1, flush=True)\n"
    command = [sys.executable, "-c", slow + "app.main()"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert (out, err) == (b"", b"lpgreeks: stopped: nothing was computed yet\n")


def test_a_closed_pipe_is_no_defect() -> None:
    read, write = os.pipe()
    os.close(read)
    done = shell("greeks", "--json", stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "wb") as full:
        done = shell("greeks", stdout=full.fileno())
    assert done.returncode == 3
    assert done.stderr == b"lpgreeks: expected a file that can be read or written; got No space left on device\n"


def test_no_stdout_at_all() -> None:
    line = " ".join(f"'{word}'" for word in [*COMMAND, "greeks"])
    done = subprocess.run(["bash", "-c", f"{line} >&-"], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (RuntimeError("two\nlines"), 1, "lpgreeks: a defect of lpgreeks, RuntimeError: two lines; --debug says where"),
        (MemoryError("8 GB"), 2, "lpgreeks: expected a question that fits into memory; got 8 GB"),
        (PermissionError(13, "Permission denied", "C:\\a b.csv"), 3,
         "lpgreeks: expected a file that can be read or written; got C:\\a b.csv: Permission denied"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("debug", [False, True])
def test_what_nobody_expected_is_one_line_too(
    error: Exception, code: int, told: str, debug: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: list[str]) -> int:
        print("half an answer")
        raise error

    monkeypatch.setattr(frame, "_run", fail)
    done = run("hedge", *(["--debug"] if debug else []), code=code)
    assert code in EXIT_CODES
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == told
    assert done.stderr.startswith("Traceback") == debug


def test_debug_after_two_dashes_is_a_word() -> None:
    assert "Traceback" not in run("data", "check", "--", "--debug", code=3).stderr
    assert "Traceback" in run("data", "check", "--debug", "--", "--debug", code=3).stderr


def test_warnings_are_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(_: list[str]) -> int:
        warnings.simplefilter("always")
        warnings.warn("look\n  out", stacklevel=1)
        return 0

    monkeypatch.setattr(frame, "_run", warn)
    shown: list[str] = []
    before = warnings.formatwarning
    with warnings.catch_warnings():
        monkeypatch.setattr(warnings, "_showwarnmsg_impl", lambda m: shown.append(
            warnings.formatwarning(m.message, m.category, m.filename, m.lineno)))  # fmt: skip
        run("hedge")
    assert shown == ["lpgreeks: warning: look out\n"]
    assert warnings.formatwarning is before


# ---- what it is printed on


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a person sees, both streams."""
    mine, its = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=its, stdout=its, stderr=its,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
    )  # fmt: skip
    os.close(its)
    seen = b""
    try:
        while chunk := os.read(mine, 4096):
            seen += chunk
    except OSError:
        pass  # The other end is closed.
    os.close(mine)
    process.wait(timeout=60)
    return seen.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("line", ["--help", "hedge --help", "hedge", "hegde"])
def test_a_terminal_and_a_pipe_show_the_same_and_no_colour(line: str) -> None:
    piped = shell(*line.split(), COLUMNS="80")
    seen = on_a_terminal(*line.split())
    assert seen == (piped.stdout + piped.stderr).decode()
    assert "\x1b" not in seen
    assert on_a_terminal(*line.split(), NO_COLOR="1") == seen


def test_a_note_of_what_was_written_is_for_people(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    done = shell("greeks", "--out", str(file))
    assert done.stderr == b""
    assert f"wrote {file}" in on_a_terminal("greeks", "--out", str(file))
    week = tmp_path / "week.toml"
    assert f"next: lpgreeks hedge --scenario {week}" in on_a_terminal("init", str(week), COLUMNS="300")


@pytest.mark.parametrize("locale", [{"PYTHONIOENCODING": "ascii"}, {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_a_poor_locale_prints_all_the_same(locale: dict[str, str]) -> None:
    done = shell("hedge", "--base", "Ξ", "--leg", "linear", **locale)
    assert done.returncode == 0
    assert done.stderr == b""
    assert b"Short 24.0586" in done.stdout
    done = shell("hedge", "--base", "Ξ", "--keep", "ünsinn", **locale)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1


def test_a_script_is_the_same_without_the_signs_of_its_locale() -> None:
    script = shell("hedge", "--base", "Ξ", "--leg", "linear", "--code", PYTHONIOENCODING="ascii").stdout
    assert script.isascii()
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60).stdout.decode()
    assert out == run("hedge", "--base", "Ξ", "--leg", "linear").stdout
