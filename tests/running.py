"""The command line, run in this process as a shell would run it."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any
from unittest import mock

import lpgreeks
from lpgreeks.cli import main
from lpgreeks.cli.output import SCHEMA


@dataclass(frozen=True)
class Done:
    stdout: str
    stderr: str


def ended(*arguments: str) -> tuple[int, Done]:
    """The command in this process: how it ends and what it prints, as a shell would see it."""
    out, err = io.StringIO(), io.StringIO()
    found = 0
    with mock.patch.object(sys, "argv", ["lpgreeks", *arguments]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            found = int(end.code or 0)
    return found, Done(out.getvalue(), err.getvalue())


def run(*arguments: str, code: int = 0) -> Done:
    """What a command prints that ends so."""
    found, done = ended(*arguments)
    assert found == code, done.stderr
    return done


def printed(script: str) -> str:
    """What a script prints that begins with nothing: no name of this process is in its reach."""
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(script, "script", "exec"), {"__name__": "__main__"})
    return out.getvalue()


def record_of(text: str) -> dict[str, Any]:
    """What a command printed as JSON, without what says who wrote it."""
    record: dict[str, Any] = json.loads(text)
    assert record.pop("lpgreeks") == lpgreeks.__version__
    assert record.pop("schema") == SCHEMA
    return record
