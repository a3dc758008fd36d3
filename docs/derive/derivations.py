"""The page of derivations, chapter by chapter."""

from __future__ import annotations

from derive import accounts, hedges, moments, passage, pools, protocols, statistics

CHAPTERS = (
    moments.CHAPTER,
    pools.CHAPTER,
    hedges.CHAPTER,
    accounts.CHAPTER,
    passage.CHAPTER,
    protocols.CHAPTER,
    statistics.CHAPTER,
)

HEAD = """\
# Derivations

The formulas that lpgreeks states, from where they follow and who found them. Each time these pages are built sympy
works out both sides, a number that the library computes is compared with the closed form at one point, and the build
fails where they differ. What is checked is the expression beside the text in `docs/derive`; its LaTeX is set by hand
unless it is long. The amounts that all of it begins with are those of [the instruments](formulas.md); units and signs
are [conventions](../conventions.md).
"""

TAIL = """\

## Stated, and tested instead

These are not derived here. A second route tests each ([claims and routes](../evidence.md)).

| formula | where it stands | source |
|---|---|---|
| chance of leaving a range: images and eigenfunctions | {py:meth}`lpgreeks.Lognormal.exit_probability` | Borodin and Salminen (2002), Brownian motion absorbed at both edges |
| covariance of two payoffs at two times or of two coins | {py:class}`lpgreeks.Correlated` | D. Owen, *Tables for computing bivariate normal probabilities* (1956) |
| first passage with jumps | {py:class}`lpgreeks.Merton` | renewal at each jump; a Volterra equation by collocation |
| standard errors of a sampled hedge | [conventions](../conventions.md#variance-samples-and-errors) | J. MacKinnon and H. White (1985), HC3 |
| margin brackets and their deductions | {py:class}`lpgreeks.Progressive` | the venues' tables |
| funding from a premium | {py:meth}`lpgreeks.Funding.of_premium` | the venues' pages |
| semi-variance, drawdown, blocks, verdicts | [statistics](../statistics.md) | named there |
| fees of a pair of bins | {py:class}`lpgreeks.BinPair` | LFJ joe-v2 2.2 contracts |
| fees of minting and redeeming GLP | {py:class}`lpgreeks.GlpFees` | GMX v1 contracts, `VaultUtils.getFeeBasisPoints` |
"""  # noqa: E501


def page() -> str:
    """The whole page, in MyST; raises where a derivation fails."""
    parts = [HEAD]
    for title, introduction, proofs in CHAPTERS:
        parts.append(f"\n## {title}\n\n{introduction}\n")
        parts += [f"\n{proof().markdown()}" for proof in proofs]
    return "".join(parts) + TAIL
