r"""Which subsets of many legs may be chosen, and the least variance that each could leave.

For a variance and no other constraint the residual of every subset follows from one table of inner products of what the
legs that are always there leave over:

.. math::
    R(S) = \lVert b \rVert^2 - g_S^\top G_S^{-1} g_S, \qquad G = Z^\top Z, \quad g = Z^\top b

With other constraints that residual bounds each subset from below.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpgreeks._types import FloatArray, IntArray
from lpgreeks.errors import InputError
from lpgreeks.hedging.choice import AtMost
from lpgreeks.hedging.objectives import unbiased
from lpgreeks.hedging.problem import Problem

__all__ = ["Limited", "least_variances"]

# More than three at once are no longer an enumeration.
_MOST_AT_ONCE = 3

# Residuals found by inner products lose digits: so much of the whole is no difference, as a standard deviation.
_NEAR = 1e-6

# Combinations of legs this near to one another are one: parity makes a call of a put.
_DEPENDENT = 1e-10

# What is left of a leg beside those that are always there, as a share of itself, below which it is one of them.
_ALIVE = 1e-7


@dataclass(frozen=True, kw_only=True)
class Limited:
    """The legs that are counted, and by which caps."""

    always: tuple[int, ...]
    counted: tuple[int, ...]
    groups: tuple[tuple[frozenset[int], int], ...]
    """Members of each cap, and how many of them there may be."""

    @classmethod
    def of(cls, problem: Problem, caps: Sequence[AtMost]) -> Limited:
        groups = tuple((frozenset(cap.members(problem)), cap.count) for cap in caps)
        counted = tuple(sorted(frozenset().union(*(members for members, _ in groups))))
        always = tuple(j for j in range(len(problem.legs)) if j not in counted)
        return cls(always=always, counted=counted, groups=groups)

    @property
    def most(self) -> int:
        """How many there may be in all."""
        return min(len(self.counted), sum(min(count, len(members)) for members, count in self.groups))

    def subsets(self) -> IntArray:
        """``(subsets, most)``: every allowed choice that no larger one contains; -1 where a place stays empty."""
        size = self.most
        if size > _MOST_AT_ONCE:
            raise InputError(
                f"at most {_MOST_AT_ONCE} legs to choose at once",
                got=f"{size}: {' and '.join(f'{c} of {len(m)}' for m, c in self.groups)}",
                remedy="Choose fewer: AtMost(3, of=Option); or offer a few strikes without AtMost",
            )
        found = [np.full((1, size), -1)]
        for k in range(1, size + 1):
            rows = np.array(list(itertools.combinations(self.counted, k)), dtype=np.intp).reshape(-1, k)
            kept = np.ones(len(rows), dtype=bool)
            for members, count in self.groups:
                inside = np.isin(rows, list(members))
                kept &= inside.sum(axis=1) <= count
            rows = rows[kept]
            if k == size:
                return rows if len(rows) else np.concatenate(found)
            found.append(np.column_stack([rows, np.full((len(rows), size - k), -1)]))
        return np.concatenate(found)


def least_variances(problem: Problem, limited: Limited, subsets: IntArray) -> FloatArray:
    """``(subsets,)``: what the variance of each subset cannot be below, the legs that are always there as they like.

    A leg that may take one side only is left out where it would take the other: the least over a cone of one-sided legs
    is that of some of them whose signs are right.
    """
    a, b = problem.least_squares()
    spread = float(b @ b)
    columns = [*limited.always, *range(len(problem.legs), a.shape[1])]
    base = _basis(a[:, columns])
    z = a[:, limited.counted]
    own = np.sqrt(np.einsum("ij,ij->j", z, z))
    z -= base @ (base.T @ z)
    # Twice: one pass leaves rounding along what it removed.
    for _ in range(2):
        b = b - base @ (base.T @ b)
    gram = z.T @ z
    norms = np.sqrt(np.diag(gram))
    alive = norms > _ALIVE * np.where(own > 0, own, 1.0)
    scale = np.where(alive, 1.0 / np.where(alive, norms, 1.0), 0.0)
    sides = np.array([float(problem.legs[j].side or 0) for j in limited.counted] + [0.0])
    # The last column is the empty place.
    gram = np.pad(gram * scale * scale[:, None], (0, 1))
    pull = np.append(-(z.T @ b) * scale, 0.0)
    at = np.full(len(problem.legs) + 1, len(limited.counted))
    at[list(limited.counted)] = np.arange(len(limited.counted))
    places = at[subsets]
    reduction = np.zeros(len(subsets))
    for size in range(1, subsets.shape[1] + 1):
        for chosen_places in itertools.combinations(range(subsets.shape[1]), size):
            found = _reduction([places[:, k] for k in chosen_places], gram, pull, sides)
            reduction = np.maximum(reduction, found)
    return (float(b @ b) - reduction - _NEAR * _NEAR * spread) / unbiased(problem.outcomes)


def _reduction(places: Sequence[IntArray], gram: FloatArray, pull: FloatArray, sides: FloatArray) -> FloatArray:
    """How much of the squares a few legs of norm 1 take away; 0 where they are dependent or a sign is wrong."""
    g = [pull[i] for i in places]
    if len(places) == 1:
        weights, det = [g[0]], np.ones_like(g[0])
    elif len(places) == 2:
        r = gram[places[0], places[1]]
        det = 1.0 - r**2
        weights = [g[0] - r * g[1], g[1] - r * g[0]]
    else:
        a, b, c = (gram[places[i], places[j]] for i, j in ((0, 1), (0, 2), (1, 2)))
        det = 1.0 + 2.0 * a * b * c - a**2 - b**2 - c**2
        weights = [
            (1 - c**2) * g[0] + (b * c - a) * g[1] + (a * c - b) * g[2],
            (b * c - a) * g[0] + (1 - b**2) * g[1] + (a * b - c) * g[2],
            (a * c - b) * g[0] + (a * b - c) * g[1] + (1 - a**2) * g[2],
        ]
    good = det > _DEPENDENT
    for i, weight in zip(places, weights, strict=True):
        good &= sides[i] * weight >= 0
    taken = sum(w * h for w, h in zip(weights, g, strict=True))
    return np.where(good, taken / np.where(good, det, 1.0), 0.0)


def _basis(a: FloatArray) -> FloatArray:
    """An orthonormal basis of what some columns reach."""
    scale = np.linalg.norm(a, axis=0)
    scaled = a[:, scale > 0] / scale[scale > 0]
    if not scaled.size:
        return np.zeros((len(a), 0))
    left, sizes, _ = np.linalg.svd(scaled, full_matrices=False)
    return np.asarray(left[:, sizes > _DEPENDENT * sizes.max()])
