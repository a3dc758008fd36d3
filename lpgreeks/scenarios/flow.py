"""Tokens that came or went: fees, funding, income, lost collateral. No payoff of anything that is still held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from lpgreeks.instruments import Instrument, Margined
from lpgreeks.powers import Reading

__all__ = ["Flow", "flow_of", "flow_on"]


@dataclass(frozen=True, kw_only=True)
class Flow(Instrument):
    r"""Tokens received, or paid where negative: some stand still, some go by the price.

    .. math::
        x(P) = a + \frac{b}{P}, \qquad y(P) = c + d\,P

    Args:
        coins, coins_over_price: ``a`` and ``b``.
        dollars, dollars_times_price: ``c`` and ``d``.
    """

    coins: float = 0.0
    coins_over_price: float = 0.0
    dollars: float = 0.0
    dollars_times_price: float = 0.0

    label: ClassVar[str] = "tokens received"
    unit: ClassVar[str] = "flow"
    # A fee is no token that could have been held instead: over holding all of it counts.
    in_hand: ClassVar[bool] = False

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        return self.coins + self.coins_over_price / price, self.dollars + self.dollars_times_price * price

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        return (cls(base="ETH", quote="USDC", coins=1.0, coins_over_price=2.0, dollars=3.0, dollars_times_price=4.0),)


def flow_on(instrument: Instrument, **amounts: float) -> Flow:
    """A flow in the tokens of an instrument, which reads its market."""
    return Flow(base=instrument.base, quote=instrument.quote, market=instrument.market, **amounts)


def flow_of(instrument: Instrument, size: float, *, start: float, moving: float) -> Flow:
    """``size`` times what +1 of an instrument is counted on: of a contract its position value, in its margin token.

    Anything else is counted on the coin's price, in quote.

    Args:
        instrument: whose value.
        size: positive is received.
        start: the price of the part that stands still.
        moving: the share of the value that goes by the price: 1 is all of it, 0 is all at the start's.
    """
    value = instrument.position_value(start) if isinstance(instrument, Margined) else start
    still, moved = size * float(value) * (1.0 - moving), size * moving
    if isinstance(instrument, Margined) and instrument.margin_token == instrument.base:
        return flow_on(instrument, coins=still, coins_over_price=moved)
    return flow_on(instrument, dollars=still, dollars_times_price=moved)
