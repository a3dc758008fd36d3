"""Perpetuals and dated futures: dollar-margined (linear) and coin-margined (inverse). Funding is a cost, no payoff."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from lpgreeks.errors import InputError
from lpgreeks.instruments.base import Exposure, Instrument, Position, term
from lpgreeks.powers import Reading

__all__ = ["InverseFuture", "InversePerp", "LinearFuture", "LinearPerp", "Margined", "averaged"]


@dataclass(frozen=True, kw_only=True)
class Margined(Instrument):
    """A contract that is opened at a price and kept by margin in one token.

    Args:
        entry: price at which it was opened, quote per base.
    """

    entry: float = term("E", "{quote} per {base}")

    in_hand: ClassVar[bool] = False

    @property
    @abstractmethod
    def margin_token(self) -> str:
        """The token that it is margined and settled in."""

    @abstractmethod
    def position_value(self, price: Reading) -> Reading:
        """What +1 is worth at ``price``, in the margin token: what margin, fees and funding are counted on."""

    @property
    @abstractmethod
    def size_token(self) -> str:
        """The other token, in which the size of +1 stands still at 1."""


@dataclass(frozen=True, kw_only=True)
class Linear(Margined):
    """Margined and settled in the quote: +1 is one coin."""

    unit: ClassVar[str] = "{base}"

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        return 0, price - self.entry

    @property
    def margin_token(self) -> str:
        return self.quote

    @property
    def size_token(self) -> str:
        return self.base

    def position_value(self, price: Reading) -> Reading:
        return price

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        return tuple(cls(base="ETH", quote="USDC", entry=entry) for entry in (1e-9, 1.0, 1_900.0, 1e9))


@dataclass(frozen=True, kw_only=True)
class Inverse(Margined):
    """Margined and settled in the coin: +1 is one quote unit of notional."""

    unit: ClassVar[str] = "{quote} of notional"
    settled_in_base: ClassVar[bool] = True

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        return 1 / self.entry - 1 / price, 0

    @property
    def margin_token(self) -> str:
        return self.base

    @property
    def size_token(self) -> str:
        return self.quote

    def position_value(self, price: Reading) -> Reading:
        return 1 / price

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        return tuple(cls(base="ETH", quote="USDC", entry=entry) for entry in (1e-9, 1.0, 1_900.0, 1e9))


@dataclass(frozen=True, kw_only=True)
class LinearPerp(Linear):
    r"""A perpetual on one coin, margined and settled in the quote (USDT- or USDC-margined).

    .. math::
        x(P) = 0, \qquad y(P) = P - E

    Args:
        entry: price at which it was opened, quote per base.

    Example:
        >>> import lpgreeks as lp
        >>> short = -10 * lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
        >>> short.value(2_000), short.delta(2_000)
        (-1000.0, -10.0)
    """

    label: ClassVar[str] = "linear perpetual"


@dataclass(frozen=True, kw_only=True)
class InversePerp(Inverse):
    r"""A perpetual on one quote unit of notional, margined and settled in the coin (coin-margined).

    .. math::
        x(P) = \frac{1}{E} - \frac{1}{P}, \qquad y(P) = 0

    Its value in quote is :math:`P/E - 1`: the same line as a linear perpetual on ``1 / E`` coins. Only
    what it pays in, its collateral and its liquidation differ.

    Args:
        entry: price at which it was opened, quote per base.

    Example:
        >>> import lpgreeks as lp
        >>> long = 19_000 * lp.InversePerp(base="ETH", quote="USDC", entry=1_900)
        >>> round(long.base_amount(2_000), 12), round(long.value(2_000), 9)
        (0.5, 1000.0)
    """

    label: ClassVar[str] = "inverse perpetual"


@dataclass(frozen=True, kw_only=True)
class LinearFuture(Linear):
    r"""A dated future on one coin, margined and settled in the quote.

    .. math::
        x(P) = 0, \qquad y(P) = P - E

    with :math:`P` the price of the future itself: name its ``market``, or the basis is taken as zero.

    Args:
        entry: price at which it was opened, quote per base.
    """

    label: ClassVar[str] = "linear future"


@dataclass(frozen=True, kw_only=True)
class InverseFuture(Inverse):
    r"""A dated future on one quote unit of notional, margined and settled in the coin.

    .. math::
        x(P) = \frac{1}{E} - \frac{1}{P}, \qquad y(P) = 0

    with :math:`P` the price of the future itself: name its ``market``, or the basis is taken as zero.

    Args:
        entry: price at which it was opened, quote per base.
    """

    label: ClassVar[str] = "inverse future"


def averaged(fills: Exposure) -> Position:
    r"""The one position that fills of one contract at several prices make: their sizes added, at the average entry.

    .. math::
        \bar E = \frac{\sum_k q_k E_k}{\sum_k q_k} \;\text{(linear)}, \qquad
        \bar E = \frac{\sum_k q_k}{\sum_k q_k / E_k} \;\text{(inverse)}

    Args:
        fills: quantities of one kind of perpetual, all long or all short: ``1_000 * first + 2_000 * second``.

    Raises:
        InputError: fills of different contracts or directions.
    """
    if not isinstance(fills, Exposure):
        raise InputError(
            "fills of one perpetual", got=f"{fills!r:.60}", remedy="Add them: 1_000 * first + 2_000 * second"
        )
    parts = [(p.quantity, p.instrument) for p in fills.positions if p.quantity]
    first = parts[0][1] if parts else None
    if not isinstance(first, Margined) or any(
        not isinstance(i, Margined) or replace(i, entry=first.entry) != first for _, i in parts
    ):
        raise InputError("fills of one perpetual", got=", ".join(sorted({i.label for _, i in parts})) or "none")
    if min(q for q, _ in parts) < 0 < max(q for q, _ in parts):
        raise InputError("fills in one direction", got="buys and sells", remedy="A reduction realises P&L instead")
    # Where the P&L of all of them is 0.
    (entry,) = fills.worth(first.margin_token).roots()
    return Position(sum(q for q, _ in parts), replace(first, entry=float(entry)))
