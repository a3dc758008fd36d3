r"""LaTeX to MathML, which browsers set without a network: as much of it as formulas of this library are written in.

Fractions, roots, sub- and superscripts, cases, upright words, Greek letters and relations. Anything else is refused.
"""

from __future__ import annotations

import re
from html import escape

from lpgreeks.errors import InputError

__all__ = ["mathml"]

_TOKEN = re.compile(r"\\(?:text|operatorname|mathrm|begin|end)\{[^{}]*\}|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S")
_NAMED = re.compile(r"\\(\w+)\{(.*)\}")

_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "Delta": "Δ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "ell": "ℓ", "infty": "∞",
}  # fmt: skip

_SIGNS = {
    "leq": "≤", "geq": "≥", "le": "≤", "ge": "≥", "neq": "≠", "approx": "≈", "cdot": "⋅", "times": "×", "wedge": "∧",
    "sum": "∑", "in": "∈", "mid": "∣", "{": "{", "}": "}",
}  # fmt: skip

_WORDS = {"log", "exp", "min", "max", "ln"}
_SPACES = {",": "0.17em", ":": "0.22em", ";": "0.28em", " ": "0.25em", "quad": "1em"}
_SIZES = {"left", "right", "displaystyle"}
_BRACKETS = "()[]|"
_END = r"\end{cases}"


def mathml(latex: str) -> str:
    """The formula as a MathML element, with its LaTeX inside for whoever copies it.

    Raises:
        InputError: a command that is not known, or braces that do not match.
    """
    row = _Reader(latex).whole()
    note = f'<annotation encoding="application/x-tex">{escape(latex)}</annotation>'
    return f'<math display="block"><semantics>{row}{note}</semantics></math>'


class _Reader:
    """Reads tokens from the front."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.tokens: list[str] = _TOKEN.findall(latex)[::-1]

    def refuse(self, expected: str) -> InputError:
        return InputError(expected, got=f"{self.latex:.80}")

    def next(self) -> str:
        return self.tokens[-1] if self.tokens else ""

    def take(self) -> str:
        if not self.tokens:
            raise self.refuse("LaTeX whose braces match")
        return self.tokens.pop()

    def whole(self) -> str:
        row = self.row()
        if self.tokens:
            raise self.refuse("LaTeX whose braces match")
        return row

    def row(self) -> str:
        """Everything up to what ends a group, a cell, a line or cases, which stays."""
        parts = []
        while self.next() not in ("", "}", "&", r"\\", _END):
            parts.append(self.scripted())
        return f"<mrow>{''.join(parts)}</mrow>"

    def group(self) -> str:
        """``{...}``, or the one thing that comes next."""
        if self.next() not in ("{",):
            return self.one()
        self.take()
        inside = self.row()
        if self.take() not in ("}",):
            raise self.refuse("LaTeX whose braces match")
        return inside

    def scripted(self) -> str:
        """One thing with what hangs below and above it."""
        body, scripts = self.group(), {}
        while self.next() in ("_", "^"):
            mark = self.take()
            scripts[mark] = self.group()
        if len(scripts) > 1:
            return f"<msubsup>{body}{scripts['_']}{scripts['^']}</msubsup>"
        for mark, script in scripts.items():
            name = {"_": "msub", "^": "msup"}[mark]
            return f"<{name}>{body}{script}</{name}>"
        return body

    def one(self) -> str:
        """One thing by itself."""
        token = self.take()
        if found := _NAMED.fullmatch(token):
            return self.named(found[1], found[2])
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{token}</mi>"
        stretch = ' stretchy="true"' if token in _BRACKETS else ""
        return f"<mo{stretch}>{escape({'-': '−', '*': '⋅'}.get(token, token))}</mo>"

    def named(self, name: str, word: str) -> str:
        """Words, and the beginning of cases."""
        if name in ("text",):
            return f"<mtext>{escape(word)}</mtext>"
        if name in ("operatorname", "mathrm"):
            return f"<mi mathvariant='normal'>{escape(word)}</mi>"
        if (name, word) != ("begin", "cases"):
            raise self.refuse("LaTeX that this library writes, with cases and no other environment")
        return self.cases()

    def command(self, name: str) -> str:
        if name in _SIZES:
            return ""
        if name in _SPACES:
            return f'<mspace width="{_SPACES[name]}"></mspace>'
        if name in _LETTERS:
            return f"<mi>{_LETTERS[name]}</mi>"
        if name in _SIGNS:
            return f"<mo>{_SIGNS[name]}</mo>"
        if name in _WORDS:
            return f"<mi>{name}</mi>"
        if name in ("frac",):
            return f"<mfrac>{self.group()}{self.group()}</mfrac>"
        if name in ("sqrt",):
            return f"<msqrt>{self.group()}</msqrt>"
        raise self.refuse(f"LaTeX that this library writes, without \\{name}")

    def cases(self) -> str:
        """Lines of cells; the page draws what stands before them."""
        lines: list[list[str]] = [[]]
        while True:
            lines[-1].append(f"<mtd>{self.row()}</mtd>")
            ended = self.take()
            if ended in (_END,):
                break
            if ended in (r"\\",):
                lines.append([])
        rows = "".join(f"<mtr>{''.join(cells)}</mtr>" for cells in lines)
        return f'<mtable displaystyle="true">{rows}</mtable>'
