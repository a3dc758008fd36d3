"""In which order examples are shown, and what sphinx-gallery is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx_gallery.sorting import FileNameSortKey

ORDER = (
    "range_before_deployment",
    "is_this_pool_worth_it",
    "coin_or_value",
    "scenarios",
    "two_puts_one_call",
    "options_out_of_sample",
    "glp_week",
    "calendar_spread",
    "dwell_on_ticks",
    "replay_192",
    "fee_yield_by_width",
)


class Order(FileNameSortKey):
    """From what a newcomer asks to what a researcher asks; a script that has no place yet is an error."""

    def __call__(self, filename: str) -> int:
        return ORDER.index(Path(filename).stem)


CONF: dict[str, Any] = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "derive.gallery.Order",
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "notebook_extensions": set(),
    "capture_repr": (),
    "min_reported_time": 10_000,
    "inspect_global_variables": False,
}
