"""What is held, some days later: options with less time, or settled on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lpgreeks.errors import InputError
from lpgreeks.instruments import (
    Call,
    Exposure,
    Instrument,
    LinearPerp,
    Marked,
    Option,
    Portfolio,
    Position,
    Put,
    together,
)
from lpgreeks.scenarios.axes import ScenarioCase

__all__ = ["later", "settled"]

_YEAR = 365.0

# A time left of less than this share of the whole is none: days over 365 are not exact.
_AT_IT = 1e-9


def later(exposure: Exposure, case: ScenarioCase, start: Mapping[str, float]) -> Exposure:
    """``exposure`` after ``case.days``, what is marked at its volatility and the case's shift."""
    if not any(isinstance(p.instrument, Marked) for p in exposure.positions):
        return exposure
    return together(p.quantity * _later(p.instrument, case, start) for p in exposure.positions)


def _later(instrument: Instrument, case: ScenarioCase, start: Mapping[str, float]) -> Exposure:
    if not isinstance(instrument, Marked):
        return instrument
    volatility = instrument.volatility + case.volatility
    if not volatility > 0.0:
        raise InputError(
            f"a volatility above 0 of {instrument.of.name}",
            got=f"{instrument.volatility:g} shifted by {case.volatility:g}",
            unit="decimal per year",
            remedy="Shift it by less",
        )
    left = instrument.years - case.days / _YEAR
    if left > _AT_IT * instrument.years:
        return replace(instrument, volatility=volatility, years=left)
    if left >= -_AT_IT * instrument.years:
        return instrument.of
    if not isinstance(instrument.of, Option):
        raise InputError(
            f"days up to the end of {instrument.of.name}",
            got=f"{case.days:g} of {_YEAR * instrument.years:.6g}",
            unit="days",
            remedy="What becomes of a position after its end is not known; of an option it is",
        )
    return settled(instrument.of, start[instrument.market], _YEAR * instrument.years / case.days)


def settled(option: Option, start: float, share: float) -> Portfolio:
    r"""What an option has paid when the price has gone in a straight line from ``start``, and paid after ``share``.

    At its expiry the price was :math:`P_0 + s (P - P_0)`, so a call has paid

    .. math::
        \max(P_0 + s (P - P_0) - K, 0) = s \max(P - K', 0), \qquad K' = P_0 + (K - P_0) / s

    which is held in quote since: what is settled in coins is sold on the day.
    """
    base, quote, market = option.base, option.quote, option.market
    strike = start + (option.strike - start) / share
    if strike > 0.0:
        kind = Call if isinstance(option, Call) else Put
        return Portfolio((Position(share, kind(base=base, quote=quote, market=market, strike=strike)),))
    if isinstance(option, Put):
        return Portfolio()
    # In the money at every price: a line through -share * strike, out of two that begin at prices.
    bend = strike / start - 1.0
    first, second = (LinearPerp(base=base, quote=quote, market=market, entry=entry) for entry in (start, 2.0 * start))
    return share * ((1.0 - bend) * first + bend * second)
