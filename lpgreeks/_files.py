"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lpgreeks.errors import DataError

__all__ = ["whole"]


@contextmanager
def whole(path: Path, *, remedy: str) -> Iterator[Path]:
    """A place beside ``path`` to write to, which takes its name once all is written.

    Raises:
        DataError: it cannot be written; what stood there stays.
    """
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    except OSError as error:
        raise DataError(
            "a folder with room that may be written to", got=f"{path}: {error.strerror or error}", remedy=remedy
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
