"""CSV files inside archives and folders, whole or refused."""

from __future__ import annotations

import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from lpgreeks.errors import DataError

__all__ = ["BROKEN", "csv_members", "csv_streams", "files_at", "one_line", "require_ended", "whole"]

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
    for file in files_at(path):
        for name, stream in csv_streams(file):
            with whole(file):
                content = stream.read()
            yield name, io.BytesIO(content)


def files_at(path: Path) -> list[Path]:
    """The file itself, or the CSV files and archives of a folder by name."""
    if not path.exists():
        raise DataError("an existing file or folder", got=str(path))
    if not path.is_dir():
        return [path]
    visible = sorted(p for p in path.iterdir() if not p.name.startswith("."))
    if folders := [p.name for p in visible if p.is_dir()]:
        raise DataError(
            "a folder of files", got=f"{path.name} with folders inside: {', '.join(folders)}", remedy="Point at one"
        )
    return [p for p in visible if _is_csv(p.name) or _is_archive(p) or _is_packed(p)]


def csv_streams(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Every CSV of one file, open until the next one is asked for; read it inside :func:`whole`."""
    with whole(path):
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in sorted(n for n in archive.namelist() if _is_csv(n)):
                    with archive.open(name) as member:
                        yield Path(name).name, cast(BinaryIO, member)
        elif _is_archive(path):
            yield from _tar_members(path)
        elif _is_packed(path):
            with gzip.open(path) as packed:
                yield path.stem, cast(BinaryIO, packed)
        else:
            with path.open("rb") as file:
                yield path.name, file


@contextmanager
def whole(path: Path) -> Iterator[None]:
    """A DataError where what is read inside turns out to be cut or damaged."""
    try:
        yield
    except BROKEN as error:
        raise DataError(
            "a whole archive",
            got=f"{path.name}: {one_line(error)}",
            remedy="It is truncated, encrypted or not an archive; fetch it again",
        ) from error


def require_ended(path: Path) -> None:
    """An error for a plain CSV whose last row may be cut short; archives carry sums that tell."""
    if path.suffix.lower() != ".csv":
        return
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(size - 1, 0))
        if size and file.read() != b"\n":
            raise DataError(
                "a table that ends with a line break",
                got=f"{path.name}, whose last row may be cut short",
                remedy="If that row is whole, end it with a line break",
            )


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


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz" and _is_csv(path.stem)


def _is_csv(name: str) -> bool:
    inside = Path(name)
    return inside.suffix.lower() == ".csv" and not inside.name.startswith(".") and "__MACOSX" not in inside.parts
