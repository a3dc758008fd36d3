"""How the pages are built. Nothing here needs a network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from derive import gallery, pages  # noqa: E402

import lpgreeks as lp  # noqa: E402

project = "lpgreeks"
author = "the lpgreeks authors"
release = version = lp.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx-mathjax-offline",
    "sphinx_gallery.gen_gallery",
]
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
sphinx_gallery_conf = gallery.CONF

html_theme = "furo"
html_title = f"lpgreeks {release}"
html_copy_source = False
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["pages.css"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
# As lists of names, like "Args": names that share a line stay together, and no annotation is parsed as text.
napoleon_custom_sections = [("Attributes", "params_style")]


def setup(app: Any) -> None:
    """Derive what is derived before Sphinx looks for pages."""
    app.connect("builder-inited", pages.write)
