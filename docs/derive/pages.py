"""Write the derived pages, each whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from derive import commands, derivations, instruments, venues

FOLDER = Path(__file__).parent.parent / "generated"
PAGES = {
    "formulas": instruments.page,
    "derivations": derivations.page,
    "venue-figures": venues.page,
    "commands": commands.page,
}


def write(_app: Any = None) -> None:
    """Every page that has changed, under its final name only when it is complete."""
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        text, final = page(), FOLDER / f"{name}.md"
        if final.exists() and final.read_text(encoding="utf-8") == text:
            continue
        part = final.with_suffix(".part")
        try:
            part.write_text(text, encoding="utf-8")
            os.replace(part, final)
        finally:
            part.unlink(missing_ok=True)
