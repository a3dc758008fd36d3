"""What a fetched archive may be: one file of the expected name, of a size that somebody meant."""

from __future__ import annotations

import zipfile
from pathlib import Path

from lpgreeks.errors import DataError

__all__ = ["require_one_entry"]

# A month of best bids and asks has some ten gigabytes; text of numbers packs to a tenth, sometimes to a fiftieth.
_MOST_BYTES = 64 * 2**30
_MOST_TIMES = 250
_REMEDY = "Nothing was unpacked and nothing kept; ask the server's owner"


def require_one_entry(path: Path, entry: str, name: str) -> None:
    """An error unless the archive holds ``entry`` alone, of a sane size; reads its list, and unpacks nothing.

    Its stated size counts: readers stop there, and the sum of what they have read is then wrong.

    Raises:
        DataError: no archive, another entry, several, a path that leaves the folder, or a size beyond reason.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    except zipfile.BadZipFile as error:
        raise DataError("a zip archive", got=f"{name}: {error}", remedy=_REMEDY) from error
    # As written: Python's own list has slashes for backslashes and stops at a null.
    names = [one.orig_filename for one in found]
    if names != [entry]:
        listed = ", ".join(map(repr, names[:3])) or "none"
        raise DataError(
            f"one file in {name}, {entry}",
            got=f"{len(names):,}: {listed}{', ...' if len(names) > 3 else ''}",
            remedy=_REMEDY,
        )
    size, packed = found[0].file_size, max(path.stat().st_size, 1)
    if size > _MOST_BYTES or size > _MOST_TIMES * packed:
        raise DataError(
            f"{entry} of up to {_MOST_BYTES // 2**30} GiB and {_MOST_TIMES} times its archive",
            got=f"{size:,} bytes in {packed:,} of {name}",
            remedy=_REMEDY,
        )
