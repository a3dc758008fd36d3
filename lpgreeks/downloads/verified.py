"""Files whose sha256 is published beside them: under their name once it is right."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lpgreeks.downloads.archive import require_one_entry
from lpgreeks.downloads.bar import bar_over
from lpgreeks.downloads.connection import Connection
from lpgreeks.downloads.fetched import Fetched
from lpgreeks.downloads.folder import alone_in, on_disk, write_whole
from lpgreeks.downloads.transfer import MissingError, Part, content_of, fetch
from lpgreeks.errors import DataError

if TYPE_CHECKING:
    import httpx

    from lpgreeks.downloads.bar import Bar

__all__ = ["fetch_verified"]

# As sha256sum writes it: the sum, and the name of the file.
_SUM = re.compile(r"([0-9a-fA-F]{64})\s+\*?(\S+)\s*")


def fetch_verified(targets: Mapping[str, Path], connection: Connection, reader: str) -> Fetched:
    """Zip archives by address, each with one CSV of its own name and a ``.CHECKSUM`` beside it.

    Raises:
        DataError: none of them is there, a wrong sum, an archive of something else, no answer, no room.
    """
    files: list[Path] = []
    missing: list[str] = []
    already = 0
    with connection.client() as client, bar_over(len(targets), connection.progress) as bar:
        for url, target in targets.items():
            bar.begin(target.name)
            try:
                already += _made_sure(url, target, connection, client, bar)
                files.append(target)
            except MissingError:
                missing.append(url)
    if not files:
        raise DataError(
            "files at the server",
            got=f"none of {len(targets):,}, the first {missing[0]}",
            remedy="Look at the symbol, the market (--market) and the time",
        )
    return Fetched(folder=files[0].parent, files=tuple(files), already=already, missing=tuple(missing), reader=reader)


def _made_sure(url: str, target: Path, connection: Connection, client: httpx.Client, bar: Bar) -> bool:
    """The file is there and right; whether it was so before."""
    if _verified(target):
        return True
    with alone_in(target.parent):
        # Another process may have fetched it meanwhile.
        if _verified(target):
            return True
        _fetch(url, target, connection, client, bar)
        return False


def _beside(target: Path) -> Path:
    return target.with_name(f"{target.name}.CHECKSUM")


def _verified(target: Path) -> bool:
    """Whether the file is there, with the sum that stands beside it."""
    if not (target.is_file() and _beside(target).is_file()):
        return False
    with on_disk(target.parent):
        found = _SUM.fullmatch(_beside(target).read_text(encoding="utf-8", errors="replace"))
        return found is not None and found[1].lower() == _sha256(target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(url: str, target: Path, connection: Connection, client: httpx.Client, bar: Bar) -> None:
    content = content_of(f"{url}.CHECKSUM", connection, client)
    stated = _SUM.fullmatch(content.decode(errors="replace"))
    if stated is None or stated[2] != target.name:
        raise DataError(f"the sha256 of {target.name}", got=f"{content[:80]!r} in {url}.CHECKSUM")
    part = Part(target)
    fetch(url, part, connection, client, bar.seen)
    with on_disk(target.parent):
        try:
            _require_sum(part, stated[1].lower())
            require_one_entry(part.path, target.with_suffix(".csv").name, target.name)
        except DataError:
            part.drop()
            raise
        write_whole(_beside(target), content)
        part.become()


def _require_sum(part: Part, stated: str) -> None:
    found = _sha256(part.path)
    if found != stated:
        raise DataError(
            f"{part.target.name} with the sha256 {stated}",
            got=found,
            remedy="Nothing of it is kept: fetch it again, and if it stays so tell the server's owner",
        )
