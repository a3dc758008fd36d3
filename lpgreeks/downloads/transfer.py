"""One file over a connection that may be cut: into a part that is continued, and that bears the name once whole."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lpgreeks.downloads.connection import Connection, PassingError
from lpgreeks.downloads.folder import on_disk
from lpgreeks.errors import DataError

if TYPE_CHECKING:
    import httpx

__all__ = ["MissingError", "Part", "content_of", "fetch"]

_OK, _PARTIAL, _GONE, _BEYOND = 200, 206, 404, 416
# Checksums and chains of options are small; what is longer is something else.
_LONGEST_CONTENT = 64 * 2**20

_T = TypeVar("_T")


class MissingError(Exception):
    """The server has no such file."""


@dataclass(frozen=True)
class Part:
    """What has come of a file so far, and which file of the server it is a part of.

    Args:
        target: the name that the file will have.
    """

    target: Path

    @property
    def path(self) -> Path:
        """The bytes that have come; hidden, so that no reader of the folder takes it for a file."""
        return self.target.with_name(f".{self.target.name}.part")

    @property
    def _label(self) -> Path:
        return self.target.with_name(f".{self.target.name}.part.json")

    @property
    def size(self) -> int:
        """Bytes that have come."""
        return self.path.stat().st_size if self.path.exists() else 0

    def source(self) -> tuple[str, int] | None:
        """The server's tag of the file and its length; None where nothing tells what the part belongs to."""
        try:
            tag, length = json.loads(self._label.read_bytes())
        except (OSError, ValueError, TypeError):
            return None
        known = isinstance(tag, str) and isinstance(length, int) and 0 < self.size <= length
        return (tag, length) if known else None

    def begin(self, tag: str, length: int | None) -> None:
        """Forget what has come, and note of which file the next bytes are; one without a tag cannot be continued."""
        self._label.unlink(missing_ok=True)
        self.path.write_bytes(b"")
        if tag and length is not None:
            self._label.write_text(json.dumps([tag, length]))

    def drop(self) -> None:
        """Forget it."""
        for path in (self._label, self.path):
            path.unlink(missing_ok=True)

    def become(self) -> None:
        """Bear the name, safely on disk."""
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(self.path, self.target)
        self._label.unlink(missing_ok=True)


def fetch(url: str, part: Part, connection: Connection, client: httpx.Client, seen: Callable[[int, int], None]) -> None:
    """All bytes of ``url`` in the part; those that are there already are not asked for again.

    A part is continued while the server's tag and length are those that it was begun with, else begun anew. ``seen``
    is told how much is there and how much there will be (0 where nobody says).

    Raises:
        MissingError: the server has no such file.
        DataError: no answer after so many tries, one that will not change, or no room.
    """
    _tried(lambda: _once(url, part, connection, client, seen), url, connection, there=lambda: part.size)


def _once(url: str, part: Part, connection: Connection, client: httpx.Client, seen: Callable[[int, int], None]) -> None:
    source = part.source()
    begun = part.size if source else 0
    if source and begun == source[1]:
        seen(begun, begun)
        return
    headers = {"range": f"bytes={begun}-", "if-range": source[0]} if source else {}
    with connection.stream(client, url, headers) as answer:
        if source and answer.status_code == _PARTIAL and _continues(answer, begun, *source):
            length = source[1]
        elif answer.status_code == _OK:
            length = int(answer.headers.get("content-length", 0))
            with on_disk(part.target.parent):
                part.begin(_tag(answer), length or None)
        elif source and answer.status_code in (_PARTIAL, _BEYOND):
            part.drop()
            raise PassingError("the file has changed at the server")
        else:
            raise _refused(url, answer.status_code)
        seen(part.size, length)
        _append(answer, part, length, seen)


def _append(answer: httpx.Response, part: Part, length: int, seen: Callable[[int, int], None]) -> None:
    # Nothing waits in memory: what has come is there, however the process ends.
    with on_disk(part.target.parent), part.path.open("ab", buffering=0) as file:
        for piece in answer.iter_raw():
            file.write(piece)
            seen(file.tell(), length)


def _continues(answer: httpx.Response, begun: int, tag: str, length: int) -> bool:
    """Whether the answer goes on where the part ends, and is of the same file."""
    return answer.headers.get("content-range", "") == f"bytes {begun}-{length - 1}/{length}" and _tag(answer) == tag


def _tag(answer: httpx.Response) -> str:
    """What changes with the file: a strong ETag, else the time of its last change, else nothing."""
    tag: str = answer.headers.get("etag", "")
    return tag if tag.startswith('"') else answer.headers.get("last-modified", "")


def _refused(url: str, status: int) -> Exception:
    if status == _GONE:
        return MissingError(url)
    return DataError(
        "the file", got=f"status {status} from {url}", remedy="Look at the address; a mirror may be told by its own"
    )


def content_of(url: str, connection: Connection, client: httpx.Client) -> bytes:
    """The content of a small file, or an answer of an API.

    Raises:
        MissingError: the server has no such file.
        DataError: no answer after so many tries, one that will not change, or a long one.
    """

    def once() -> bytes:
        content = b""
        with connection.stream(client, url) as answer:
            if answer.status_code != _OK:
                raise _refused(url, answer.status_code)
            for piece in answer.iter_raw():
                content += piece
                if len(content) > _LONGEST_CONTENT:
                    raise DataError(f"an answer of up to {_LONGEST_CONTENT:,} bytes", got=f"more from {url}")
        return content

    return _tried(once, url, connection, there=lambda: 0)


def _tried(once: Callable[[], _T], url: str, connection: Connection, there: Callable[[], int]) -> _T:
    """What ``once`` gives, after as many tries as the connection allows.

    A connection that is cut again and again still gets there, if each try brings more than all before.
    """
    most, tries = there(), 0
    while True:
        try:
            return once()
        except PassingError as error:
            tries = 1 if there() > most else tries + 1
            most = max(most, there())
            if tries >= connection.tries:
                raise connection.given_up(url, error) from error
            time.sleep(connection.wait(tries, error.wait))
