"""Options bought when a range is laid, and settled at their expiry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.costs import OptionFee
from lpgreeks.errors import InputError, require_finite, require_positive
from lpgreeks.hedging.legs import Leg
from lpgreeks.instruments import Call, Exposure, Greeks, Option, Put
from lpgreeks.markets.tape import Tape
from lpgreeks.pricing import implied_volatility, option_greeks
from lpgreeks.replays.life import Life
from lpgreeks.replays.policies import Policy
from lpgreeks.tokens import price_of

__all__ = ["Bought", "OptionsAtAdd", "Purchase", "bought", "purchases_at_adds", "purchases_of"]

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


class Purchase(NamedTuple):
    """Options bought, or sold, on one row and kept to their expiry."""

    row: int
    option: Option
    quantity: float
    paid: float
    """Per +1, in quote."""
    fee: float
    """Of the whole, in quote."""
    volatility: float
    """At which they are marked from there on."""


def purchases_at_adds(policy: OptionsAtAdd, life: Life) -> Iterator[Purchase]:
    """The options of every add that finds none alive."""
    # Options of another coin are refused as a position of it is.
    for market in policy.options.markets:
        price_of(market, {life.one.markets[0]: 0})
    times, pool, until = life.tape.rows.times, life.tape.rows.pool, -np.inf
    for row, coins in zip(life.adds.row.tolist(), life.adds.base.tolist(), strict=True):
        if times[row] < until:
            continue
        start = float(pool[row])
        for p in policy.options.positions:
            assert isinstance(p.instrument, Option)
            option, quantity = replace(p.instrument, strike=p.instrument.strike * start), p.quantity * coins
            assert option.years is not None
            until = max(until, times[row] + option.years * _YEAR)
            side = policy.half_spread if quantity > 0 else -policy.half_spread
            paid = float(_at(option, policy.volatility + side, start, option.years).value)
            fee = 0.0
            if policy.fee is not None:
                token = start if option.settled_in_base else 1.0
                fee = token * policy.fee.of(paid / token, quantity=quantity, underlying=start / token)
            yield Purchase(row, option, quantity, paid, fee, policy.volatility)


def purchases_of(legs: Iterable[tuple[Leg, float]], life: Life) -> Iterator[Purchase]:
    """The options of a plan, at its premiums; marked at the volatility of the leg, or the one that its premium implies.

    Raises:
        InputError: an option without an expiry, or without both a premium and a volatility.
    """
    start = float(life.tape.rows.pool[0])
    for leg, quantity in legs:
        option = leg.option
        assert option is not None
        premium, years = leg.premium, option.years
        if not quantity:
            continue
        if premium is None or years is None:
            raise InputError(
                "an expiry and a premium of each option", got=leg.name, remedy="lp.legs(chain) reads both off a chain"
            )
        token = start if option.settled_in_base else 1.0
        volatility = leg.volatility
        if volatility is None:
            middle = (premium.ask + premium.bid) / 2.0 * token
            call = isinstance(option, Call)
            volatility = float(implied_volatility(middle, forward=start, strike=option.strike, years=years, call=call))
        yield Purchase(0, option, quantity, (premium.ask if quantity > 0 else premium.bid) * token, 0.0, volatility)


def bought(purchases: Iterable[Purchase], tape: Tape, grid: NDArray[np.int64]) -> Bought:
    """What purchases brought, on each row of the grid."""
    parts = Bought(*(np.zeros(grid.size) for _ in Bought._fields))
    times, pool = tape.rows.times, tape.rows.pool
    for row, option, quantity, paid, fee, volatility in purchases:
        assert option.years is not None
        since = grid >= row
        rows, expiry = grid[since], times[row] + option.years * _YEAR
        left = np.maximum(expiry - times[rows], 0.0) / _YEAR
        value, delta = _marked(option, volatility, pool[rows], left)
        settled = int(np.searchsorted(times, expiry))
        if settled < times.size:
            value[rows >= settled] = float(replace(option, years=None).value(pool[settled]))
            delta[rows >= settled] = 0.0
        entry = float(_at(option, volatility, float(pool[row]), option.years).value)
        parts.gained[since] += quantity * (value - entry)
        parts.delta[since] += quantity * delta
        parts.spread[since] += quantity * (paid - entry)
        parts.fees[since] += fee
    return parts


def _at(option: Option, volatility: float, price: FloatArray | float, years: FloatArray | float) -> Greeks:
    return option_greeks(
        forward=price, strike=option.strike, years=years, volatility=volatility, call=isinstance(option, Call)
    )


def _marked(option: Option, volatility: float, prices: FloatArray, left: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Value and delta on each row that is still before the expiry."""
    value, delta = np.zeros(prices.size), np.zeros(prices.size)
    alive = left > 0
    if alive.any():
        greeks = _at(option, volatility, prices[alive], left[alive])
        value[alive], delta[alive] = np.asarray(greeks.value), np.asarray(greeks.delta)
    return value, delta
