r"""Greeks of a value that is the mean of a payoff, from its derivatives in the logarithm of the forward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Greeks", "greeks_of"]

_DAYS_PER_YEAR = 365.0
_POINTS = 100.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Greeks:
    r"""A value in quote and its derivatives, each of the shape of the prices; mathematical, unscaled.

    Attributes:
        value: :math:`V`, in quote.
        delta: :math:`\partial V/\partial F`, in coins.
        delta_net: delta less the value in coins, :math:`\Delta - V/F`: what is left of it for a holder who paid the
            value out of coins that were held.
        gamma: :math:`\partial^2 V/\partial F^2`, in coins per unit of price.
        vega: :math:`\partial V/\partial\sigma`, in quote per 1.00 of volatility.
        theta: :math:`\partial V/\partial t`, in quote per year, the forward unmoved; negative for a holder of options.
        rho: :math:`\partial V/\partial r`, in quote per 1.00 of rate: the forward grows and the value is discounted.
        vanna: :math:`\partial^2 V/\partial F \partial\sigma`, in coins per 1.00 of volatility.
        volga: :math:`\partial^2 V/\partial\sigma^2`, in quote per 1.00 of volatility squared.
        charm: :math:`\partial^2 V/\partial F \partial t`, in coins per year.
        veta: :math:`\partial^2 V/\partial\sigma \partial t`, in quote per 1.00 of volatility and year.
    """

    value: Any
    delta: Any
    delta_net: Any
    gamma: Any
    vega: Any
    theta: Any
    rho: Any
    vanna: Any
    volga: Any
    charm: Any
    veta: Any

    def per_day_and_point(self) -> Greeks:
        """Traders' units: theta, charm and veta per day; vega, rho, vanna, veta per point (0.01), volga per its square.

        A day is 1/365 of a year. Value, delta and gamma stay.
        """
        return replace(
            self,
            vega=self.vega / _POINTS,
            theta=self.theta / _DAYS_PER_YEAR,
            rho=self.rho / _POINTS,
            vanna=self.vanna / _POINTS,
            volga=self.volga / _POINTS**2,
            charm=self.charm / _DAYS_PER_YEAR,
            veta=self.veta / _POINTS / _DAYS_PER_YEAR,
        )

    def to_dict(self) -> dict[str, Any]:
        """By name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def table(self) -> pd.DataFrame:
        """One row per price."""
        import pandas as pd

        return pd.DataFrame({name: np.atleast_1d(figure) for name, figure in self.to_dict().items()})


def greeks_of(logs: Sequence[Any], forward: ArrayLike, volatility: ArrayLike, years: ArrayLike) -> Greeks:
    r"""The Greeks of :math:`V`, from :math:`G_n = (F\,\partial_F)^n V`.

    The value of a mean depends on volatility and time through :math:`v = \sigma^2 T` alone, by the heat equation:

    .. math::
        F^2 \Gamma = G_2 - G_1, \qquad V_v = \tfrac12 (G_2 - G_1), \qquad V_{vv} = \tfrac14 (G_4 - 2 G_3 + G_2)

    Args:
        logs: :math:`G_0` to :math:`G_4`.
        forward, volatility, years: of the value; they broadcast.
    """
    g0, g1, g2, g3, g4 = logs
    f, sigma, t = (np.asarray(x, dtype=np.float64) for x in (forward, volatility, years))
    by_variance, by_variance_twice = (g2 - g1) / 2.0, (g4 - 2.0 * g3 + g2) / 4.0
    slope_by_variance = (g3 - g2) / (2.0 * f)
    return Greeks(
        value=_plain(g0),
        delta=_plain(g1 / f),
        delta_net=_plain((g1 - g0) / f),
        gamma=_plain(2.0 * by_variance / f**2),
        vega=_plain(2.0 * sigma * t * by_variance),
        theta=_plain(-(sigma**2) * by_variance),
        rho=_plain(t * (g1 - g0)),
        vanna=_plain(2.0 * sigma * t * slope_by_variance),
        volga=_plain(2.0 * t * by_variance + 4.0 * (sigma * t) ** 2 * by_variance_twice),
        charm=_plain(-(sigma**2) * slope_by_variance),
        veta=_plain(-2.0 * sigma * by_variance - 2.0 * sigma**3 * t * by_variance_twice),
    )


def _plain(figure: Any) -> FloatArray | float:
    return float(figure) if np.ndim(figure) == 0 else np.asarray(figure)
