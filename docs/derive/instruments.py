"""Every instrument: its two amounts, value, delta and gamma, as the library itself derives them."""

from __future__ import annotations

import lpgreeks as lp

HEAD = """\
# Instruments on symbols

Every instrument is two token amounts as functions of one price $P$, quote per base: $x(P)$ coins and $y(P)$ quote
tokens, for +1 long. Its value in quote is $V(P) = P\\,x(P) + y(P)$. Delta and gamma are its derivatives between kinks.
This page is derived by the library itself from the formula that each class states, when the pages are built. What
follows from them is on [a page of its own](derivations.md).
"""

NAMES = {"base": "x(P)", "quote": "y(P)", "value": "V(P)", "delta": "V'(P)", "gamma": "V''(P)"}


def section(kind: type[lp.Instrument]) -> str:
    samples = kind.samples()
    rows = " \\\\[6pt]\n".join(f"{NAMES[what]} &= {text}" for what, text in samples[0].symbolic().latex().items())
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


def page() -> str:
    """The whole page, in MyST."""
    return HEAD + "".join(map(section, lp.every_instrument()))
