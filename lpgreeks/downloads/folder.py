"""Where fetched files are kept, and how one comes into being there: whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lpgreeks.errors import DataError

__all__ = ["FOLDER_VARIABLE", "alone_in", "data_folder", "on_disk", "without_extra", "write_whole"]

FOLDER_VARIABLE = "LPGREEKS_DATA"


def data_folder(folder: str | Path | None = None) -> Path:
    """Where fetched files are kept: ``folder``, else that of the variable ``LPGREEKS_DATA``, else the user's own.

    The user's own is the platform's folder of application data, like ``~/.local/share/lpgreeks``.

    Raises:
        DataError: platformdirs, which knows it, is not installed.
    """
    if folder is not None:
        return Path(folder)
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    try:
        import platformdirs
    except ImportError as error:
        raise without_extra("platformdirs, which knows the user's data folder") from error
    return Path(platformdirs.user_data_path("lpgreeks", appauthor=False))


def without_extra(what: str) -> DataError:
    """What to say where a library of the extra is missing."""
    return DataError(what, got="it is not installed", remedy="pip install 'lpgreeks[data]'")


@contextmanager
def on_disk(folder: Path) -> Iterator[None]:
    """One clear line where the disk is full or the folder may not be written to."""
    try:
        yield
    except OSError as error:
        raise DataError(
            "a folder with room that may be written to",
            got=f"{folder}: {error.strerror or error}",
            remedy=f"Name another with --to or {FOLDER_VARIABLE}; what is whole there stays",
        ) from error


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """One process at a time in a folder; the others wait. The system lets go of it when a process dies."""
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("ab")
    with lock:
        try:
            import fcntl
        except ImportError:  # a system without such locks: the checksum still finds what two processes mix up
            yield
            return
        with on_disk(folder):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_whole(path: Path, content: bytes) -> None:
    """A small file under its name at once, or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with on_disk(path.parent):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            os.replace(part, path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
