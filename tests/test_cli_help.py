"""The help of every command, read as a stranger would: one form, units, defaults, examples that run, one meaning."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lpgreeks.cli.app import app
from tests.running import run


def commands(node: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command by its names."""
    node = app if node is None else node
    if hasattr(node, "members"):
        for name in node.members:
            yield from commands(node.get_command(None, name), (*path, name))
    else:
        yield path, node


COMMANDS = dict(commands())
GROUPS: list[tuple[str, ...]] = [(), ("data",), ("data", "get")]

UNITS = re.compile(
    r"quote per base|in quote|coins?\b|Coins|[Dd]ollars|decimal|\d %|in days|in hours|seconds|times|so many|So many"
    r"|How many|a week|token|in sqrt|in the unit of|whole number"
)
"""What a number is in, or that it is a number of things."""

NUMBERS_IN_TEXT = {"--band", "--move", "--theta", "--gap", "--min-gap", "--dwell"}
"""Numbers that may be lists of them, which only a sweep reads."""

DIFFERENT = {
    "--days": "a horizon, and the days of a table",
    "--expiry": "a day of a chain, and days from now",
    "--pool-tokens": "of --pool of a replay, and of the file that is checked",
    "--short": "a table of scenarios has --leg in its place",
    "--to": "a moment, and a folder",
    "--band": "an index has a band of each coin, a replay of the leg",
    "--base": "a pool has one coin; a file may have several, and a GM market is told which",
    "--exit": "of a window of a hedge, and the other side of a band of spreads",
    "--funding": "a replay reads files too, and a spread says its interval",
    "--gas": "a hedge counts two transactions, a replay those that there are",
    "--keep": "a policy that only keeps trades at each add",
    "--leg": "a hedge chooses among legs, a replay has one",
    "--lower": "a managed range is a multiple of the price",
    "--upper": "a managed range is a multiple of the price",
    "--out": "not everything has a table, a picture, a page",
    "--perp-prices": "a hedge runs over windows of it, a replay trades on it",
    "--picture": "an index has several replays to draw",
    "--prices": "a hedge runs over windows of it, a replay through it once",
    "--swap-fee": "a hedge swaps twice, a managed range at each exit",
    "--window": "of a history, and of the look back of the least variance",
}
"""Flags that do not say the same in each command, and why."""


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda wide: monkeypatch.setenv("COLUMNS", str(wide))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_command_says_what_it_is_for_and_how_it_is_called(path: tuple[str, ...]) -> None:
    first, *others = (" ".join(text.split()) for text in COMMANDS[path].help.split("\n\n"))
    assert first[0].isupper()
    assert first.endswith(".")
    examples = [text.removeprefix("Example: ") for text in others if text.startswith("Example: ")]
    assert examples
    for example in examples:
        words = shlex.split(example)
        assert words[: 1 + len(path)] == ["lpgreeks", *path]
        # Every flag is there and takes its value; nothing is run.
        context = COMMANDS[path].make_context(" ".join(path), words[1 + len(path) :])
        assert context.params


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_flag_says_what_it_is_in_which_unit_and_what_it_is_else(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    with command.make_context("x", [], resilient_parsing=True) as context:
        for parameter in command.params:
            name, told = parameter.opts[0], " ".join(parameter.get_help_record(context)[1].split())
            assert parameter.help, name
            assert re.fullmatch(r"[A-Z].*\.", parameter.help), f"{name}: {parameter.help}"
            default = parameter.default() if callable(parameter.default) else parameter.default
            if default not in (None, False, [], ()):
                assert "[default: " in told, name
            record = parameter.get_help_record(context)[0].lower()
            if re.search(r"\b(float|int|integer)\b", record) or name in NUMBERS_IN_TEXT:
                assert UNITS.search(parameter.help), f"{name} in which unit? {parameter.help}"


def test_a_flag_means_the_same_in_every_command() -> None:
    told: dict[str, set[str]] = {}
    for command in COMMANDS.values():
        for parameter in command.params:
            if parameter.opts[0].startswith("--"):
                told.setdefault(parameter.opts[0], set()).add(parameter.help)
    different = {name for name, texts in told.items() if len(texts) > 1}
    assert different == set(DIFFERENT)


@pytest.mark.parametrize("wide", [60, 80, 200])
@pytest.mark.parametrize("path", [*GROUPS, *COMMANDS], ids=lambda path: " ".join(path) or "lpgreeks")
def test_help_fits(path: tuple[str, ...], wide: int, columns: Callable[[int], None]) -> None:
    columns(wide)
    text = run(*path, "--help").stdout
    for line in text.splitlines():
        # A word has no end to be wrapped at: the names of many choices on a narrow screen.
        assert len(line) <= min(wide, 80) or len(line.split()) == 2, line
    assert "\x1b" not in text
    assert "\\[" not in text
    assert "[default: (" not in text


def test_flags_of_a_hedge_stand_under_headings() -> None:
    text = run("hedge", "--help").stdout
    headings = re.findall(r"^(\w.*):$", text, re.MULTILINE)
    assert headings == [
        "The position", "What prices may do", "The hedge", "Collateral and margin", "Costs and fees",
        "Bounds of the hedge", "Scenario file", "Output", "Examples",
    ]  # fmt: skip
    under = dict(zip(headings, re.split(r"^\w.*:$", text, flags=re.MULTILINE)[1:], strict=True))
    for heading, flag in {"The position": "--lower", "Costs and fees": "--gas", "Output": "--json"}.items():
        assert flag in under[heading]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_an_example_may_be_pasted(path: tuple[str, ...]) -> None:
    shown = run(*path, "--help").stdout.partition("\nExamples:\n")[2].partition("\n\n")[0]
    pasted = [shlex.split(line) for line in shown.replace("\\\n", " ").splitlines()]
    told = [text for text in COMMANDS[path].help.split("\n\n") if text.strip().startswith("Example: ")]
    assert pasted == [shlex.split(text.strip().removeprefix("Example: ")) for text in told]


@pytest.mark.parametrize("path", GROUPS, ids=lambda path: " ".join(path) or "lpgreeks")
def test_nothing_asks_for_help(path: tuple[str, ...]) -> None:
    assert run(*path).stdout == run(*path, "--help").stdout


def test_exit_codes_are_in_the_help() -> None:
    from lpgreeks.cli.endings import EXIT_CODES

    shown = run("--help").stdout.partition("\nExit codes:\n")[2]
    assert [line.split()[0] for line in shown.splitlines()] == [str(code) for code in EXIT_CODES]
