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
        visible = sorted(p for p in path.iterdir() if not p.name.startswith("."))
        if folders := [p.name for p in visible if p.is_dir()]:
            raise DataError(
                "a folder of files", got=f"{path.name} with folders inside: {', '.join(folders)}", remedy="Point at one"
            )
        for inside in (p for p in visible if _is_csv(p.name) or _is_archive(p)):
            yield from csv_members(inside)
        return
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in sorted(n for n in archive.namelist() if _is_csv(n)):
                    yield Path(name).name, io.BytesIO(archive.read(name))
        elif _is_archive(path):
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
    found: list[tuple[str, bytes]] = []
    with tarfile.open(path) as tar:
        found += [
            (member.name, file.read())
            for member in tar
            if member.isfile() and _is_csv(member.name) and (file := tar.extractfile(member)) is not None
        ]
        # tarfile takes a damaged header for the end. The true end is a block of zeros, and reading on to the end
        # of a compressed file checks its sum.
        stream = cast(BinaryIO, tar.fileobj)
        stream.seek(tar.offset)
        rest = stream.read()
    if len(rest) < _TAR_BLOCK or rest[:_TAR_BLOCK].strip(b"\0"):
        raise tarfile.ReadError("a damaged member, or the end is missing")
    for name, content in sorted(found):
        yield Path(name).name, io.BytesIO(content)


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() in (".zip", ".tgz") or ".tar" in (suffix.lower() for suffix in path.suffixes)


def _is_csv(name: str) -> bool:
    inside = Path(name)
    return inside.suffix.lower() == ".csv" and not inside.name.startswith(".") and "__MACOSX" not in inside.parts
