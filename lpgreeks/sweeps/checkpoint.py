"""A folder that remembers what was finished: killed at any moment, it holds whole records only."""

from __future__ import annotations

import os
import secrets
import struct
import time
from collections.abc import Container, Iterator
from hashlib import blake2b
from pathlib import Path

from lpgreeks.errors import DataError, InputError

__all__ = ["Checkpoint"]

_SUFFIX = ".sweep"

# Magic, length of the record, its key, a hash of the two that follow it in the file.
_MAGIC = b"lpgsweep"
_HEAD = struct.Struct("<8sQ16s16s")

# What the system holds back survives the process, not the power: seconds that a failure of that may cost.
_FLUSH = 1.0


class Checkpoint:
    """Records by key in a folder of logs.

    Every writer appends to a log of its own, so that any number of them may share the folder. A record is hashed: one
    that was cut off by a kill, or damaged later, is passed over, and those behind it are still found.

    Args:
        folder: is made where it is missing.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        if not isinstance(folder, (str, os.PathLike)) or not os.fspath(folder):
            raise InputError("the checkpoint as a folder", got=repr(folder), remedy='checkpoint="runs/"')
        self.folder = Path(folder)
        self.notes: list[str] = []
        self._file: int | None = None
        self._path = self.folder / f"{secrets.token_hex(8)}{_SUFFIX}"
        self._end = 0
        self._flushed = time.monotonic()

    def read(self, keys: Container[bytes]) -> dict[bytes, bytes]:
        """The records of ``keys`` that are there.

        Raises:
            DataError: no folder, or one that may not be read.
        """
        found: dict[bytes, bytes] = {}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(self.folder.iterdir()):
                if path.suffix != _SUFFIX or not path.is_file():
                    self.notes.append(f"{path.name} in {self.folder} is no record of a sweep and was left alone.")
                    continue
                log = path.read_bytes()
                passed = len(log)
                for key, record, size in _records(log):
                    passed -= size
                    if key in keys:
                        found[key] = record
                if passed:
                    self.notes.append(
                        f"{passed:,} bytes of {path.name} in {self.folder} are no whole record: cut off or damaged."
                    )
        except OSError as error:
            raise self._refused("that can be read", error) from error
        return found

    def open(self) -> None:
        """Begin a log of its own.

        Raises:
            DataError: a folder that may not be written to.
        """
        try:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        except OSError as error:
            raise self._refused("that can be written to", error) from error

    def write(self, key: bytes, record: bytes) -> None:
        """Append one record, whole or not at all.

        Raises:
            DataError: no room, or another failure of the disk; the record is not there then, all before it are.
        """
        assert self._file is not None
        rest = memoryview(_HEAD.pack(_MAGIC, len(record), key, _hash(key, record)) + record)
        whole = self._end + len(rest)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            self._end = whole
            if time.monotonic() - self._flushed > _FLUSH:
                self._flush()
        except OSError as error:
            self._cut()
            raise self._refused("with room for another record", error) from error

    def close(self) -> None:
        """End the log, which then holds whole records only.

        Raises:
            DataError: the disk does not confirm what was written.
        """
        assert self._file is not None
        try:
            # What a Ctrl-C left half written.
            self._cut()
            self._flush()
        except OSError as failure:
            raise self._refused("that keeps what is written", failure) from failure
        finally:
            os.close(self._file)
            self._file = None
            if not self._end:
                self._path.unlink(missing_ok=True)

    def _cut(self) -> None:
        assert self._file is not None
        os.ftruncate(self._file, self._end)
        os.lseek(self._file, self._end, os.SEEK_SET)

    def _flush(self) -> None:
        assert self._file is not None
        os.fsync(self._file)
        self._flushed = time.monotonic()

    def _refused(self, what: str, error: OSError) -> DataError:
        return DataError(
            f"a folder {what} as checkpoint",
            got=f"{self.folder}: {error.strerror or error}",
            remedy="What was finished before is kept there; the same call resumes once this is mended",
        )


def _hash(key: bytes, record: bytes) -> bytes:
    return blake2b(key + record, digest_size=16).digest()


def _records(log: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Key, record and bytes taken of every whole record of a log."""
    place = log.find(_MAGIC)
    while 0 <= place <= len(log) - _HEAD.size:
        _, length, key, shown = _HEAD.unpack_from(log, place)
        record = log[place + _HEAD.size : place + _HEAD.size + length]
        if len(record) == length and _hash(key, record) == shown:
            yield key, record, _HEAD.size + length
            place += _HEAD.size + length
        else:
            place += 1
        place = log.find(_MAGIC, place)
