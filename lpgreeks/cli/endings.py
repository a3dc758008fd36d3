"""How a command ends: its answer on stdout, or one line on stderr; and an exit code."""

from __future__ import annotations

import io
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from lpgreeks.cli.mistakes import UsageError, usage_line

__all__ = ["EXIT_CODES", "ended"]

EXIT_CODES = {
    0: "done",
    1: "a defect of lpgreeks",
    2: "a command, a flag or a value that does not fit",
    3: "data or files",
    4: "no hedge satisfies every constraint",
    130: "stopped by Ctrl-C",
}
"""What a shell is told."""

_DEFECT, _USAGE, _DATA, _INFEASIBLE, _STOPPED = (code for code in EXIT_CODES if code)


def ended(work: Callable[[], int], *, debug: bool) -> int:
    """The exit code of some work. What it prints comes out when it has ended well, and else nothing does."""
    answer = io.StringIO()
    try:
        with _warnings_in_a_line(), redirect_stdout(answer):
            code = work()
        _print_out(answer.getvalue())
        return code
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        return 0
    except KeyboardInterrupt as stopped:
        code, line = _STOPPED, f"stopped: {str(stopped) or 'nothing was computed yet'}"
    except Exception as error:
        if debug:
            traceback.print_exc()
        code, line = _told(error)
    _say(line)
    return code


def _told(error: Exception) -> tuple[int, str]:
    """The exit code of an error, and what is said of it."""
    from lpgreeks.errors import DataError, InfeasibleError, LPGreeksError

    if isinstance(error, UsageError):
        return _USAGE, usage_line(error)
    if isinstance(error, LPGreeksError):
        codes = {DataError: _DATA, InfeasibleError: _INFEASIBLE}
        return next((code for kind, code in codes.items() if isinstance(error, kind)), _USAGE), str(error)
    if isinstance(error, OSError):
        at = "" if error.filename is None else f"{error.filename}: "
        return _DATA, f"expected a file that can be read or written; got {at}{error.strerror or error}"
    if isinstance(error, MemoryError):
        return _USAGE, f"expected a question that fits into memory; got {error or 'one that does not'}"
    if isinstance(error, OverflowError):
        return _USAGE, f"expected figures of a size that can be counted with; got {error}"
    if isinstance(error, UnicodeError):
        return _DATA, f"expected text in UTF-8; got {getattr(error, 'object', error)!r:.60}"
    return _DEFECT, f"a defect of lpgreeks, {type(error).__name__}: {error}; --debug says where"


def _say(line: str) -> None:
    """One line on stderr, whatever is in it."""
    if sys.stderr is not None:
        _with_escapes(sys.stderr)
        print(f"lpgreeks: {' '.join(line.split())}", file=sys.stderr)


def _print_out(text: str) -> None:
    if sys.stdout is None or not text:
        return
    _with_escapes(sys.stdout)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        # What is left in the buffer would be tried again, and complained of, when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _with_escapes(stream: Any) -> None:
    """A locale without a sign shows its number, which Python reads as the sign."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


@contextmanager
def _warnings_in_a_line() -> Iterator[None]:
    before = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"lpgreeks: warning: {' '.join(str(message).split())}\n"
    try:
        yield
    finally:
        warnings.formatwarning = before
