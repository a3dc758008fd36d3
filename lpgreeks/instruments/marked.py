"""What an instrument is worth before its end: its payoff smeared by a lognormal price."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

from numpy.typing import ArrayLike

from lpgreeks.errors import InputError, require_numbers
from lpgreeks.instruments.base import Instrument, term
from lpgreeks.instruments.derived import Derived
from lpgreeks.instruments.greeks import Greeks, greeks_of
from lpgreeks.instruments.options import Call, InversePut, Option
from lpgreeks.instruments.uniswap_v3 import UniswapV3
from lpgreeks.powers import Powers, Reading, sqrt, worth_in_quote
from lpgreeks.smears import smear, smeared

__all__ = ["WILDEST", "Marked", "option_of"]

WILDEST = 10.0
"""Volatility of 1,000 % a year: beyond it somebody wrote percent."""


@dataclass(frozen=True, kw_only=True)
class Marked(Derived):
    r"""An instrument that ends later, at its value now: undiscounted, as a function of its forward.

    .. math::
        V(P) = E[V_{\text{end}}(S)], \qquad \ln S \sim N\!\left(\ln P - \tfrac{\sigma^2\tau}{2},\; \sigma^2\tau\right)

    Of an option this is Black-76; of a pool it is the value of a position that is held to its end. What is settled in
    coins is held in coins, :math:`x = V/P`, anything else in the quote.

    Args:
        of: what ends later.
        volatility: per year, a decimal (0.65 is 65 %).
        years: to its end, in 365-day years (seven days are ``7 / 365``).
    """

    volatility: float = term(r"\sigma", "decimal per year")
    years: float = term(r"\tau", "years")

    label: ClassVar[str] = "before its end"
    unit: ClassVar[str] = "position"

    def __post_init__(self) -> None:
        if not isinstance(self.of, Instrument) or isinstance(self.of, Marked):
            raise InputError("an instrument that ends later", got=f"{self.of!r:.60}")
        super().__post_init__()
        if self.volatility > WILDEST:
            raise InputError(
                f"a volatility of at most {WILDEST:g} a year",
                got=f"{self.volatility:g}",
                remedy="Volatility is a decimal per year (0.65, not 65)",
            )

    @property
    def width(self) -> float:
        """Standard deviation of the log price at the end, ``volatility * sqrt(years)``."""
        return self.volatility * math.sqrt(self.years)

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        value = smeared(price, self._end, self.volatility * sqrt(self.years))
        return (value / price, 0) if self.of.settled_in_base else (0, value)

    def _end(self, price: Reading) -> Reading:
        if isinstance(price, Powers):
            # One table for every volatility.
            return self.payoff
        return worth_in_quote(*self.of.formula(price), price)

    @property
    def in_hand(self) -> bool:  # type: ignore[override]
        return self.of.in_hand

    @property
    def name(self) -> str:
        return f"{self.of.name}, marked with {365 * self.years:.4g} days left at {self.volatility:.1%}"

    @cached_property
    def payoff(self) -> Powers:
        """Its value at the end, in quote."""
        return self.of.worth()  # type: ignore[return-value]

    def greeks(self, price: ArrayLike) -> Greeks:
        """Value and all Greeks to second order at ``price``, the forward; mathematical, in the shape of ``price``."""
        prices = require_numbers(price, unit="quote per base")
        # Says what is wrong with a price.
        self.value(prices)
        g0, g1, g2, g3, g4 = (smear(self.payoff, prices, self.width, order=n) for n in range(5))
        curves = (g2 - g1, g3 - g2, g4 - 2.0 * g3 + g2)
        return greeks_of(g0, g1, curves, forward=prices, volatility=self.volatility, years=self.years)

    def _vega(self, price: float) -> float:
        return float(self.greeks(price).vega)

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        option = {"base": "ETH", "quote": "USDC", "strike": 1_900.0}
        pool = UniswapV3(base="ETH", quote="USDC", liquidity=1_000.0, lower=1_700.0, upper=2_100.0)
        ends: tuple[Any, ...] = (Call(**option), InversePut(**option), pool)  # type: ignore[arg-type]
        return tuple(cls(of=end, volatility=0.65, years=years) for end in ends for years in (0.01, 1.0))


def option_of(instrument: Instrument) -> Option | None:
    """The option that an instrument is, marked or not; None where it is something else."""
    contract = instrument.of if isinstance(instrument, Marked) else instrument
    return contract if isinstance(contract, Option) else None
