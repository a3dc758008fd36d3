"""What a download brought: which files are there, and which the server does not have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lpgreeks.display import Answer
from lpgreeks.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Fetched"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Fetched(Answer):
    """What a download brought.

    Attributes:
        folder: where the files are.
        files: those that are there, whole and verified, in order of time.
        already: how many of them were there before.
        missing: the addresses that the server does not have.
        reader: the function that reads them.
    """

    folder: Path
    files: tuple[Path, ...]
    already: int
    missing: tuple[str, ...]
    reader: str

    def require_complete(self) -> None:
        """Nothing, where every file is there.

        Raises:
            DataError: a file is missing.
        """
        if self.missing:
            raise DataError(
                "every file that was asked for",
                got=f"{len(self.missing):,} missing: {', '.join(url.rsplit('/')[-1] for url in self.missing[:12])}",
                remedy="Published later, under another name, or never; the others are there",
            )

    def table(self) -> pd.DataFrame:
        """One row per file: its name, whether it is there, its size in bytes, and its path or the address tried."""
        import pandas as pd

        there = [(file.name, True, file.stat().st_size, str(file)) for file in self.files]
        gone = [(url.rsplit("/")[-1], False, 0, url) for url in self.missing]
        return pd.DataFrame(there + gone, columns=["file", "there", "bytes", "where"])

    def sentence(self) -> str:
        """How many, where, and who reads them."""
        n = len(self.files)
        files = "1 file" if n == 1 else f"{n:,} files"
        before = f", {self.already:,} of them from before" if self.already else ""
        return f"{files} in {self.folder}{before}: lp.{self.reader}(...) reads them."

    def summary(self) -> str:
        """The sentence, and a line for each missing file."""
        return "\n".join([self.sentence(), *(f"missing: {url}" for url in self.missing)])

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, object]:
        """Plain types, for JSON."""
        return {
            "folder": str(self.folder),
            "files": [str(file) for file in self.files],
            "already": self.already,
            "missing": list(self.missing),
            "reader": self.reader,
        }
