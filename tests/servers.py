"""A server of files on this machine, which counts what it sends and fails as it is told to."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """What the server has, how it misbehaves, and what it was asked for."""

    files: dict[str, bytes]
    ranges: bool = True
    tags: bool = True
    """Whether files have an ETag."""
    conditions: bool = True
    """Whether If-Range is heeded."""
    cut_after: list[int] = field(default_factory=list)
    """Bytes of an archive after which the connection is cut, one entry a request."""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Status and headers that are given instead, one entry a request of an archive."""
    pause: float = 0.0
    """Seconds between pieces of an archive."""
    before: Callable[[str], None] | None = None
    """Called with the path before each answer."""
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and range of each request."""
    sent: dict[str, int] = field(default_factory=dict)
    """Bytes of content by path."""

    def archives(self) -> list[tuple[str, str]]:
        """The requests of anything but checksums."""
        return [one for one in self.asked if not one[0].endswith(".CHECKSUM")]


@contextmanager
def serving(files: dict[str, bytes], **manners: object) -> Iterator[Served]:
    served = Served(files, **manners)  # type: ignore[arg-type]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                self.answer()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def answer(self) -> None:
            served.asked.append((self.path, self.headers.get("Range", "")))
            if served.before is not None:
                served.before(self.path)
            content = served.files.get(self.path)
            if content is None:
                self.plain(404, {})
                return
            data = not self.path.endswith(".CHECKSUM")
            if data and served.answers:
                self.plain(*served.answers.pop(0))
                return
            tag = f'"{hashlib.md5(content).hexdigest()}"'
            begun = 0
            found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            same = not served.conditions or self.headers.get("If-Range") == tag
            if served.ranges and found and same:
                begun = int(found[1])
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {begun}-{len(content) - 1}/{len(content)}")
            else:
                self.send_response(200)
            if served.tags:
                self.send_header("ETag", tag)
            rest = content[begun:]
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            end = served.cut_after.pop(0) if data and served.cut_after else len(rest)
            for at in range(0, min(end, len(rest)), 1024):
                piece = rest[at : min(at + 1024, end)]
                self.wfile.write(piece)
                self.wfile.flush()
                served.sent[self.path] = served.sent.get(self.path, 0) + len(piece)
                if data and served.pause:
                    time.sleep(served.pause)
            if end < len(rest):
                self.close_connection = True

        def plain(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def zipped(name: str, text: bytes) -> bytes:
    """An archive of one file, stored as it is: its length is that of the text and a little."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def published(path: str, archive: bytes) -> dict[str, bytes]:
    """An archive and the checksum beside it, as Binance publishes them."""
    name = path.rsplit("/")[-1]
    return {path: archive, f"{path}.CHECKSUM": f"{hashlib.sha256(archive).hexdigest()}  {name}\n".encode()}
