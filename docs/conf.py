"""How the pages are built. Nothing here needs a network."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import lpgreeks as lp  # noqa: E402

project = "lpgreeks"
author = "the lpgreeks authors"
release = version = lp.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx-mathjax-offline"]
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"lpgreeks {release}"
html_copy_source = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
# As lists of names, like "Args": names that share a line stay together, and no annotation is parsed as text.
napoleon_custom_sections = [("Attributes", "params_style")]

GENERATED = HERE / "generated" / "formulas.md"

HEAD = """\
# Formulas

Every instrument is two token amounts as functions of one price $P$, quote per base: $x(P)$ coins and $y(P)$ quote
tokens, for +1 long. Its value in quote is $V(P) = P\\,x(P) + y(P)$. Delta and gamma are its derivatives between kinks.
This page is derived by the library itself from the formula that each class states, when the pages are built.
"""

NAMES = {"base": "x(P)", "quote": "y(P)", "value": "V(P)", "delta": "V'(P)", "gamma": "V''(P)"}


def _instrument(kind: type[lp.Instrument]) -> str:
    samples = kind.samples()
    latex = samples[0].symbolic().latex()
    rows = " \\\\[6pt]\n".join(f"{NAMES[what]} &= {text}" for what, text in latex.items())
    listed = "\n".join(map(repr, samples))
    return f"""
## {kind.__name__}

{kind.label[0].upper()}{kind.label[1:]}. +1 is 1 {samples[0].unit_text}.

```{{math}}
:nowrap:

\\begin{{align*}}
{rows}
\\end{{align*}}
```

Samples on which every law is tested:

```python
{listed}
```
"""


def _hedges() -> str:
    """The two closed-form hedges of a full-range position, derived and compared with their printed forms."""
    import sympy as sp

    from lpgreeks.formulas import PRICE, minimum_variance_ratio, symbol

    forward, variance = symbol("F"), symbol("v")
    pool = lp.UniswapV2.symbolic()
    derived = minimum_variance_ratio(pool, forward, variance)
    closed = 2 * (sp.exp(3 * variance / 8) - sp.exp(-variance / 8)) / (sp.exp(variance) - 1)
    if sp.simplify(derived - closed) != 0:
        raise RuntimeError("the derived minimum-variance ratio differs from its closed form")

    notional, start = symbol("n"), symbol("P_0")
    coins = pool.base + notional * lp.InversePerp.symbolic().base.subs(symbol("E"), start)
    (matched,) = sp.solve(sp.diff(coins, PRICE).subs(PRICE, start), notional)
    if sp.simplify(matched - symbol("L") * sp.sqrt(start) / 2) != 0:
        raise RuntimeError("the derived coin hedge differs from its closed form")
    return f"""
## Two hedges of a Uniswap v2 position

**Least variance of the value.** The end price is lognormal with mean $F$ and log variance $v = \\sigma^2 T$. The
coins to short, over the coins held at $F$, as derived from $\\operatorname{{Cov}}(V(S), S) / \\operatorname{{Var}}(S)$:

```{{math}}
\\frac{{h^*}}{{x(F)}} = {sp.latex(derived)}
```

The closed form that it equals, below 1 for every $v > 0$:

```{{math}}
\\frac{{h^*}}{{x(F)}} = \\frac{{2\\left(e^{{3v/8}} - e^{{-v/8}}\\right)}}{{e^{{v}} - 1}}
```

**Coin amount held, to first order.** A long inverse perpetual of notional $n$ in quote, entered at $P_0$, cancels the
slope of the coin amount at $P_0$ when

```{{math}}
n = {sp.latex(matched)}
```

The same holds for a Uniswap v3 position while $P_0$ is inside its range. The build fails if either derivation
differs from its closed form.
"""


def write_formulas(_app: Any = None) -> None:
    """The page of formulas, written whole or not at all."""
    text = HEAD + "".join(map(_instrument, lp.every_instrument())) + _hedges()
    if GENERATED.exists() and GENERATED.read_text(encoding="utf-8") == text:
        return
    GENERATED.parent.mkdir(exist_ok=True)
    part = GENERATED.with_suffix(".part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, GENERATED)
    finally:
        part.unlink(missing_ok=True)


def setup(app: Any) -> None:
    """Derive the formulas before Sphinx looks for pages."""
    app.connect("builder-inited", write_formulas)
