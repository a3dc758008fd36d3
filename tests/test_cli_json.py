"""What --json prints, against its schema: no key goes, none comes unsaid, no type changes."""

from __future__ import annotations

import copy
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import lpgreeks as lp
from lpgreeks.cli.output import as_text
from lpgreeks.cli.records import RECORDS
from lpgreeks.cli.schemas import schema_of
from tests.answers import LINES, made
from tests.running import run
from tests.test_cli_help import COMMANDS

FETCHED = {"data-get-binance", "data-get-deribit-chain"}
"""Commands that need a server to answer: test_downloads.py has one."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return made(tmp_path_factory.mktemp("files"))


def closed(schema: Any) -> Any:
    """The schema that takes no key that it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if "properties" in schema and "required" in schema:
        found.setdefault("additionalProperties", False)
    return found


def validator(name: str) -> Draft202012Validator:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(closed(schema))


def printed(name: str, i: int, files: dict[str, Path]) -> Any:
    return json.loads(run(*shlex.split(LINES[name][i].format(**files)), "--json").stdout)


@pytest.mark.parametrize(("name", "i"), [(name, i) for name, lines in LINES.items() for i in range(len(lines))])
def test_every_record_fits_its_schema(name: str, i: int, files: dict[str, Path]) -> None:
    found = validator(name).iter_errors(printed(name, i, files))
    errors = [f"{error.json_path}: {error.message:.200}" for error in found]
    assert not errors


def test_every_command_with_json_has_a_schema() -> None:
    with_json = {
        "-".join(path) for path, command in COMMANDS.items() if any("--json" in p.opts for p in command.params)
    }
    assert with_json == set(RECORDS) == set(LINES) | FETCHED


@pytest.mark.parametrize("name", sorted(FETCHED))
def test_what_is_fetched_fits_its_schema(name: str) -> None:
    found = lp.Fetched(
        folder=Path("data"), files=(Path("a.zip"),), already=1, missing=("2023-05",), reader="read_klines"
    )
    record = json.loads(as_text(found.to_dict()))
    assert not [*validator(name).iter_errors(record)]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("index", "gmx-v1-glp-avalanche-1m/GLP-avalanche-1m-2024-10-15.parquet"),
        ("index", "gmx-v2-gm-eth-usdc-1m/GM-ETH-USDC-arbitrum-1m-2025-01-08.parquet --protocol gm --base ETH"),
    ],
)
def test_real_records_fit(name: str, path: str, real_data: Path) -> None:
    validator(name).validate(json.loads(run(name, *shlex.split(f"{real_data}/{path}"), "--json").stdout))


def test_the_file_is_the_screen(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    assert run("hedge", "--json", "--out", str(file)).stdout == file.read_text()
    assert list(json.loads(file.read_text()))[:3] == ["lpgreeks", "schema", "sentence"]


def places(schema: Any, record: Any) -> Iterator[tuple[Any, str]]:
    """Every object of a record and each key that must be in it."""
    for part in schema.get("anyOf", [schema]):
        if isinstance(record, dict) and part.get("type") in ("object",):
            for key, inner in part.get("properties", {}).items():
                if key in record:
                    if key in part["required"]:
                        yield record, key
                    yield from places(inner, record[key])
        if isinstance(record, list) and record and part.get("type") in ("array",):
            yield from places(part["items"], record[0])


@pytest.mark.parametrize("name", ["hedge", "range", "payoff", "data-check", "frontier"])
def test_a_key_that_goes_or_changes_is_seen(name: str, files: dict[str, Path]) -> None:
    record, schema, check = printed(name, 0, files), schema_of(name), validator(name)
    assert check.is_valid(record)
    changed = 0
    for owner, key in list(places(schema, record)):
        kept = owner.pop(key)
        assert not check.is_valid(record), key
        owner[key] = {"an": "object of its own"}
        assert not check.is_valid(record), key
        owner[key] = kept
        changed += 1
    assert check.is_valid(record)
    assert changed >= max(4, len(schema["required"]))
    assert not check.is_valid(copy.deepcopy(record) | {"new": 1})


def test_every_number_says_its_unit() -> None:
    def leaves(shape: Any) -> Iterator[str]:
        for part in shape.values() if isinstance(shape, dict) else shape:
            yield from leaves(part) if isinstance(part, (dict, list)) else [part]

    for name, records in RECORDS.items():
        for leaf in leaves(records):
            kind, _, meaning = leaf.partition(": ")
            assert kind.removesuffix("?") in {"number", "whole", "text", "flag", "any"}, f"{name}: {leaf}"
            assert meaning, f"{name}: {leaf}"


def test_the_command_prints_it() -> None:
    assert json.loads(run("schema", "data", "check").stdout) == schema_of("data-check")
    assert "quote per base" in run("schema", "hedge").stdout
    assert "a command with --json; got hegde. Did you mean hedge?" in run("schema", "hegde", code=2).stderr
