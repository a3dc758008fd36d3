r"""Greeks of a value that is the mean of a payoff, from its derivatives in the logarithm of the forward."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Greeks", "greeks_of"]

_DAYS_PER_YEAR = 365.0
_POINTS = 100.0


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Greeks(Noun):
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


def greeks_of(
    value: Any,
    slope: Any,
    curves: tuple[Any, Any, Any],
    *,
    forward: ArrayLike,
    volatility: ArrayLike,
    years: ArrayLike,
) -> Greeks:
    r"""The Greeks of :math:`V`, from :math:`G_n = (F\,\partial_F)^n V`.

    The value of a mean depends on volatility and time through :math:`v = \sigma^2 T` alone, by the heat equation:

    .. math::
        F^2 \Gamma = G_2 - G_1, \qquad V_v = \tfrac12 (G_2 - G_1), \qquad V_{vv} = \tfrac14 (G_4 - 2 G_3 + G_2)

    Args:
        value, slope: :math:`G_0` and :math:`G_1`.
        curves: :math:`G_2 - G_1`, :math:`G_3 - G_2` and :math:`G_4 - 2 G_3 + G_2`: differences, which may be known to
            more digits than their terms.
        forward, volatility, years: of the value; they broadcast.
    """
    second, third, fourth = curves
    f, sigma, t = (np.asarray(x, dtype=np.float64) for x in (forward, volatility, years))
    return Greeks(
        value=_plain(value),
        delta=_plain(slope / f),
        delta_net=_plain((slope - value) / f),
        gamma=_plain(second / f**2),
        vega=_plain(sigma * t * second),
        theta=_plain(-(sigma**2) * second / 2.0),
        rho=_plain(t * (slope - value)),
        vanna=_plain(sigma * t * third / f),
        volga=_plain(t * (second + sigma**2 * t * fourth)),
        charm=_plain(-(sigma**2) * third / (2.0 * f)),
        veta=_plain(-sigma * (second + sigma**2 * t * fourth / 2.0)),
    )


def _plain(figure: Any) -> FloatArray | float:
    return float(figure) if np.ndim(figure) == 0 else np.asarray(figure)
