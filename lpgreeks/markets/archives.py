"""CSV files inside archives and folders, whole or refused."""

from __future__ import annotations

import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from lpgreeks.errors import DataError

__all__ = ["BROKEN", "csv_members", "one_line"]

_TAR_BLOCK = 512

BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
)
"""What Python raises for an archive that is cut, damaged, encrypted or packed by an unknown method."""


def csv_members(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Every CSV at ``path``, inside archives and folders, by name; other files in a folder are left alone."""
    if not path.exists():
        raise DataError("an existing file or folder", got=str(path))
    if path.is_dir():
        for inside in sorted(p for p in path.iterdir() if p.suffix.lower() in (".csv", ".zip") and p.is_file()):
            yield from csv_members(inside)
        return
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in sorted(n for n in archive.namelist() if _is_csv(n)):
                    yield Path(name).name, io.BytesIO(archive.read(name))
        elif ".tar" in path.suffixes or path.suffix.lower() == ".tgz":
            yield from _tar_members(path)
        else:
            yield path.name, io.BytesIO(path.read_bytes())
    except BROKEN as error:
        raise DataError(
            "a whole archive",
            got=f"{path.name}: {one_line(error)}",
            remedy="It is truncated, encrypted or not an archive; fetch it again",
        ) from error


def one_line(error: Exception) -> str:
    """What an exception says, on one line of bounded length."""
    return re.sub(r"\s+", " ", str(error))[:120]


def _tar_members(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    found = {}
    with tarfile.open(path) as tar:
        for member in tar:
            if member.isfile() and _is_csv(member.name) and (file := tar.extractfile(member)) is not None:
                found[Path(member.name).name] = io.BytesIO(file.read())
        # tarfile takes a damaged header for the end. The true end is a block of zeros, and reading on to the end
        # of a compressed file checks its sum.
        stream = cast(BinaryIO, tar.fileobj)
        stream.seek(tar.offset)
        rest = stream.read()
    if len(rest) < _TAR_BLOCK or rest[:_TAR_BLOCK].strip(b"\0"):
        raise tarfile.ReadError("a damaged member, or the end is missing")
    yield from sorted(found.items())


def _is_csv(name: str) -> bool:
    inside = Path(name)
    return inside.suffix.lower() == ".csv" and not inside.name.startswith(".") and "__MACOSX" not in inside.parts
