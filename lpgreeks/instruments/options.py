"""European options: dollar-settled (linear) and coin-settled (inverse), and what they are worth before they expire."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

from lpgreeks.errors import require_positive
from lpgreeks.instruments.base import Instrument, term
from lpgreeks.powers import Reading, above

__all__ = ["Call", "InverseCall", "InversePut", "Option", "Put"]


@dataclass(frozen=True, kw_only=True)
class Option(Instrument):
    """The right to a payoff at expiry, on one coin.

    Its formula is that payoff; :meth:`~lpgreeks.Instrument.marked` is what it is worth before.

    Args:
        strike: quote per base.
        years: from now to expiry, in 365-day years; with the horizon of whatever it is looked at over unless said.
    """

    strike: float = term("K", "{quote} per {base}")
    years: float | None = None

    kinks_are: ClassVar[str] = "strikes"
    unit: ClassVar[str] = "{base}"
    in_hand: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.years is not None:
            years = require_positive("years", self.years, unit="years", remedy="Seven days are 7 / 365")
            object.__setattr__(self, "years", years)

    @abstractmethod
    def payoff(self, price: Reading) -> Reading:
        """What +1 pays, in quote."""

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        paid = self.payoff(price)
        return (paid / price, 0) if self.settled_in_base else (0, paid)

    @property
    def name(self) -> str:
        days = "" if self.years is None else f", {365 * self.years:.4g} days"
        return f"{self.label} {self.strike:,.10g} {self.market}{days}"

    @property
    def premium_token(self) -> str:
        """The token that it is quoted, paid and settled in."""
        return self.base if self.settled_in_base else self.quote

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        return tuple(cls(base="ETH", quote="USDC", strike=strike) for strike in (1e-9, 1.0, 1_900.0, 1e9))


@dataclass(frozen=True, kw_only=True)
class Call(Option):
    r"""A call on one coin, settled in the quote.

    .. math::
        x(P) = 0, \qquad y(P) = \max(P - K, 0)

    Args:
        strike: quote per base.
    """

    label: ClassVar[str] = "call"

    def payoff(self, price: Reading) -> Reading:
        return above(price, self.strike) * (price - self.strike)


@dataclass(frozen=True, kw_only=True)
class Put(Option):
    r"""A put on one coin, settled in the quote.

    .. math::
        x(P) = 0, \qquad y(P) = \max(K - P, 0)

    Args:
        strike: quote per base.
    """

    label: ClassVar[str] = "put"

    def payoff(self, price: Reading) -> Reading:
        return (1 - above(price, self.strike)) * (self.strike - price)


@dataclass(frozen=True, kw_only=True)
class InverseCall(Call):
    r"""A call on one coin, quoted and settled in the coin.

    .. math::
        x(P) = \max(1 - K/P, 0), \qquad y(P) = 0

    Its value in quote is that of a :class:`Call`.

    Args:
        strike: quote per base.
    """

    label: ClassVar[str] = "inverse call"
    settled_in_base: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class InversePut(Put):
    r"""A put on one coin, quoted and settled in the coin.

    .. math::
        x(P) = \max(K/P - 1, 0), \qquad y(P) = 0

    Its value in quote is that of a :class:`Put`.

    Args:
        strike: quote per base.
    """

    label: ClassVar[str] = "inverse put"
    settled_in_base: ClassVar[bool] = True
