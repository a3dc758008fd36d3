"""The one quadrature rule of the models: Gauss-Legendre, 16 points on each panel."""

from __future__ import annotations

from functools import cache

import numpy as np

from lpgreeks._types import FloatArray

__all__ = ["gauss_legendre", "on_panels"]

_POINTS = 16


@cache
def gauss_legendre() -> tuple[FloatArray, FloatArray]:
    """Points and weights on (-1, 1); exact for polynomials of degree 31."""
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    return points, weights


def on_panels(edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Points and weights of the integral from the first edge to the last, panel by panel, along the last axis."""
    half = np.diff(edges)[..., None] / 2
    points, shares = gauss_legendre()
    shape = (*edges.shape[:-1], -1)
    return (half * points + edges[..., :-1, None] + half).reshape(shape), (half * shares).reshape(shape)
