"""Perpetual swaps: dollar-margined (linear) and coin-margined (inverse). Funding is a cost, not a payoff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from lpgreeks.instruments.base import Instrument, term
from lpgreeks.powers import Reading

__all__ = ["InversePerp", "LinearPerp"]


@dataclass(frozen=True, kw_only=True)
class LinearPerp(Instrument):
    r"""A perpetual on one coin, margined and settled in the quote (USDT- or USDC-margined).

    .. math::
        x(P) = 0, \qquad y(P) = P - E

    Args:
        entry: price at which it was opened, quote per base.
    """

    entry: float = term("E", "{quote} per {base}")

    label: ClassVar[str] = "linear perpetual"
    unit: ClassVar[str] = "{base}"
    in_hand: ClassVar[bool] = False

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        return 0, price - self.entry

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        return tuple(cls(base="ETH", quote="USDC", entry=entry) for entry in (1e-9, 1.0, 1_900.0, 1e9))


@dataclass(frozen=True, kw_only=True)
class InversePerp(Instrument):
    r"""A perpetual on one quote unit of notional, margined and settled in the coin (coin-margined).

    .. math::
        x(P) = \frac{1}{E} - \frac{1}{P}, \qquad y(P) = 0

    Its value in quote is :math:`P/E - 1`: the same line as a linear perpetual on ``1 / E`` coins. Only
    what it pays in, its collateral and its liquidation differ.

    Args:
        entry: price at which it was opened, quote per base.
    """

    entry: float = term("E", "{quote} per {base}")

    label: ClassVar[str] = "inverse perpetual"
    unit: ClassVar[str] = "{quote} of notional"
    in_hand: ClassVar[bool] = False

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        return 1 / self.entry - 1 / price, 0

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        return tuple(cls(base="ETH", quote="USDC", entry=entry) for entry in (1e-9, 1.0, 1_900.0, 1e9))
