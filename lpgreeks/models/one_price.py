"""What every law of one price does alike, whatever the law."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, require_finite, require_positive
from lpgreeks.instruments import Exposure
from lpgreeks.instruments.marked import WILDEST
from lpgreeks.measures import Measure, Value
from lpgreeks.paths import ANY_MARKET, Outcomes, Paths, Seed
from lpgreeks.powers import Powers
from lpgreeks.smears import Curve, Smeared, total

__all__ = [
    "Kinks",
    "all_kinks",
    "covariance_on",
    "function_of",
    "nodes_at",
    "paths_from",
    "require_law",
    "require_narrow",
]

# Prices that move by e^5 in one standard deviation: days for years.
_WIDEST = 5.0

Kinks: TypeAlias = Iterable[float] | Mapping[str, Iterable[float]]
"""Prices where payoffs break: of one price, or by market."""


def require_law(price: float, volatility: float, years: float, drift_per_year: float) -> dict[str, float]:
    """The four numbers that every law has, checked, by name."""
    checked = {
        "price": require_positive("price", price, unit="quote per base"),
        "volatility": require_positive(
            "volatility",
            volatility,
            unit="decimal per year",
            remedy="Without uncertainty there is nothing to hedge",
        ),
        "years": require_positive("years", years, unit="years", remedy="Seven days are 7 / 365"),
        "drift_per_year": require_finite("drift_per_year", drift_per_year, unit="decimal per year"),
    }
    if abs(checked["drift_per_year"] * checked["years"]) > _WIDEST:
        raise InputError(
            f"drift of at most {_WIDEST:g} over the horizon",
            got=f"{drift_per_year:g} a year over {years:g} years",
            remedy="Drift is a decimal per year (0.05, not 5)",
        )
    return checked


def require_narrow(volatility: float, width: float, years: float) -> None:
    """An error for a law so wild that its volatility or its horizon is in other units."""
    if volatility > WILDEST or width > _WIDEST:
        raise InputError(
            f"volatility of at most {WILDEST:g} a year and at most {_WIDEST:g} over the horizon",
            got=f"{volatility:g} a year, {width:g} over {years:g} years",
            remedy="Volatility is a decimal per year (0.65, not 65); the horizon is in years, not days",
        )


def all_kinks(kinks: Kinks) -> list[float]:
    """Every kink, of whichever market: they all read the one price."""
    if isinstance(kinks, Mapping):
        return [k for some in kinks.values() for k in some]
    return list(kinks)


def function_of(of: Curve | Exposure, measure: Measure | None, price: float) -> Curve:
    """A function of the one price: itself, or a measure of an exposure that starts at ``price``.

    Raises:
        InputError: neither of them.
        MarketError: an exposure to more than one coin.
    """
    if isinstance(of, (Powers, Smeared)):
        return of
    if not isinstance(of, Exposure):
        raise InputError("a function of the price or an exposure", got=f"{of!r:.60}")
    measure = Value(of.quote) if measure is None else measure
    # Raises where there is more than one coin: this is the law of one price.
    _ = of.amounts
    tables = measure(of, dict.fromkeys(of.markets or (ANY_MARKET,), price))
    return total((1.0, powers) for powers in tables.values())


def covariance_on(nodes: Outcomes, first: Curve, second: Curve) -> float:
    """``Cov(f(S), g(S))`` of centred changes, which does not cancel at short horizons."""
    f, g = (nodes.changes({ANY_MARKET: powers}) for powers in (first, second))
    f, g = (x - nodes.weights @ x for x in (f, g))
    return float(nodes.weights @ (f * g))


def nodes_at(price: float, log_returns: FloatArray, weights: FloatArray, *, source: str) -> Outcomes:
    """Nodes of a quadrature as outcomes; those without weight are dropped, the rest sum to 1."""
    used = weights > 0
    return Outcomes(
        markets=(ANY_MARKET,),
        start=np.array([price]),
        log_returns=log_returns[used, None],
        weights=weights[used] / weights.sum(),
        sampled=False,
        effective=math.inf,
        source=source,
    )


def paths_from(price: float, moves: FloatArray, *, years: float, market: str, source: str, seed: Seed) -> Paths:
    """Paths of ``price`` that make the log ``moves``, ``(paths, steps)``, one after the other at equal times."""
    paths, steps = moves.shape
    logs = np.zeros((paths, steps + 1))
    np.cumsum(moves, axis=1, out=logs[:, 1:])
    return Paths(
        markets=(market,),
        prices=(price * np.exp(logs))[:, :, None],
        years=np.linspace(0.0, years, steps + 1),
        effective=float(paths),
        source=f"{paths:,} sampled paths of {steps:,} steps; {source}",
        seed=seed,
    )
