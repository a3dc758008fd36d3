"""Options bought when a range is laid, and settled at their expiry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.costs import OptionFee
from lpgreeks.errors import InputError, require_finite, require_positive
from lpgreeks.instruments import Call, Exposure, Greeks, Option, Put
from lpgreeks.pricing import option_greeks
from lpgreeks.replays.life import Life
from lpgreeks.replays.policies import Policy
from lpgreeks.tokens import price_of

__all__ = ["Bought", "OptionsAtAdd", "bought"]

_YEAR = 365 * 86_400 * 1e9


@dataclass(frozen=True)
class OptionsAtAdd(Policy):
    r"""Options bought when a range is laid, by the coins in it, and kept to their expiry.

    A range that is laid while earlier ones live buys none: they would double. They are bought and marked at one stated
    volatility, on the pool's price as the forward: no chain is on the tape.

    Args:
        options: per coin in the range, about a price of 1, each with its ``years``:
            ``2 * Put(base="ETH", quote="USDC", strike=1.0, years=7 / 365) + ...``.
        volatility: at which they are marked, a decimal per year.
        half_spread: in volatility: bought at so much more, sold at so much less.
        fee: of each option.
    """

    options: Exposure
    volatility: float
    half_spread: float = 0.0
    fee: OptionFee | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.options, Exposure):
            raise InputError("options about a price of 1", got=f"{self.options!r:.60}", remedy="2 * put + 1 * call")
        for p in self.options.positions:
            if not isinstance(p.instrument, (Call, Put)) or p.instrument.years is None:
                raise InputError(
                    "options with years to their expiry", got=p.instrument.name, remedy="Put(strike=1.0, years=7 / 365)"
                )
        if self.fee is not None and not isinstance(self.fee, OptionFee):
            raise InputError("the fee of each option as OptionFee", got=f"{self.fee!r:.60}")
        object.__setattr__(self, "volatility", require_positive("volatility", self.volatility, unit="decimal per year"))
        half = require_finite("half_spread", self.half_spread, unit="volatility")
        if not 0 <= half < self.volatility:
            raise InputError("a half_spread from 0 up to the volatility", got=f"{half:g}", unit="volatility")

    @property
    def settings(self) -> Mapping[str, object]:
        return {"options": self}


class Bought(NamedTuple):
    """What options brought, ``(rows,)`` each, since the start, in quote."""

    gained: FloatArray
    """At the marks, before costs."""
    spread: FloatArray
    """Given away against the mark; > 0 is a cost."""
    fees: FloatArray
    delta: FloatArray
    """Coins that they add to the slope of the value."""


def bought(policy: OptionsAtAdd | None, life: Life) -> Bought:
    """The options of every add, valued on each row of the life's grid."""
    parts = Bought(*(np.zeros(life.rows.size) for _ in Bought._fields))
    if policy is None:
        return parts
    # Options of another coin are refused as a position of it is.
    for market in policy.options.markets:
        price_of(market, {life.one.markets[0]: 0})
    times, pool = life.tape.rows.times, life.tape.rows.pool
    until = -np.inf
    for row, coins in zip(life.adds.row.tolist(), life.adds.base.tolist(), strict=True):
        if times[row] < until:
            continue
        until = times[row] + max(p.instrument.years for p in policy.options.positions) * _YEAR  # type: ignore[attr-defined]
        start, since = float(pool[row]), life.rows >= row
        for p in policy.options.positions:
            option, quantity = p.instrument, p.quantity * coins
            assert isinstance(option, Option)
            assert option.years is not None
            expiry = times[row] + option.years * _YEAR
            settled = min(int(np.searchsorted(times, expiry)), times.size - 1)
            left = np.maximum(expiry - times[life.rows[since]], 0.0) / _YEAR
            value, delta = _marked(option, policy.volatility, pool[life.rows[since]], start, left)
            if times[settled] >= expiry:
                over = life.rows[since] >= settled
                value[over] = start * float(replace(option, years=None).value(pool[settled] / start))
                delta[over] = 0.0
            entry = float(_at(option, policy.volatility, 1.0, option.years).value) * start
            side = policy.half_spread if quantity > 0 else -policy.half_spread
            paid = float(_at(option, policy.volatility + side, 1.0, option.years).value) * start
            parts.gained[since] += quantity * (value - entry)
            parts.delta[since] += quantity * delta
            parts.spread[since] += quantity * (paid - entry)
            if policy.fee is not None:
                coins_paid = 1.0 if option.settled_in_base else start
                fee = policy.fee.of(paid / start * coins_paid, quantity=quantity, underlying=coins_paid)
                parts.fees[since] += fee * start / coins_paid
    return parts


def _at(option: Option, volatility: float, price: FloatArray | float, years: FloatArray | float) -> Greeks:
    return option_greeks(
        forward=price, strike=option.strike, years=years, volatility=volatility, call=isinstance(option, Call)
    )


def _marked(
    option: Option, volatility: float, prices: FloatArray, start: float, left: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Value and delta about the start, on each row that is still before the expiry."""
    value, delta = np.zeros(prices.size), np.zeros(prices.size)
    alive = left > 0
    if alive.any():
        greeks = _at(option, volatility, prices[alive] / start, left[alive])
        value[alive], delta[alive] = start * np.asarray(greeks.value), np.asarray(greeks.delta)
    return value, delta
