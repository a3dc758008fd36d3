"""What a hedge costs to trade and to keep. Costs are positive numbers; funding has the sign of the rate."""

from __future__ import annotations

from dataclasses import dataclass

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_finite, require_positive, require_whole

__all__ = ["Fee", "Funding", "Gas", "OptionFee", "Premium", "Slippage"]

_HOURS_PER_YEAR = 365 * 24.0


@dataclass(frozen=True, kw_only=True)
class Fee(Noun):
    """A venue's fee per notional traded.

    Args:
        taker: a decimal (0.0005 is 0.05 %).
        maker: a decimal, negative where the venue pays for resting orders.
    """

    taker: float
    maker: float = 0.0

    def __post_init__(self) -> None:
        for name in ("taker", "maker"):
            object.__setattr__(self, name, _small(f"the {name} fee", getattr(self, name)))
        if self.taker < 0:
            raise InputError("a taker fee of 0 or more", got=f"{self.taker:g}", unit="decimal of notional")

    def of(self, notional: float) -> float:
        """The taker's fee for ``notional``, in its token."""
        return self.taker * abs(notional)


@dataclass(frozen=True, kw_only=True)
class OptionFee(Noun):
    r"""A venue's fee per option: a part of the underlying, but no more than a part of the premium.

    .. math::
        \phi(v) = \min(r\, u,\; c\, v)

    with the premium ``v`` and the underlying ``u`` in the token that the option is settled in. For a coin-settled
    option ``u`` is one coin, for a linear one its index price. Concave, with a kink at the premium ``r u / c``.

    Args:
        rate: of the underlying, a decimal (0.0003 is 0.03 %).
        cap: the most, of the premium, a decimal (0.125 is 12.5 %).
    """

    rate: float
    cap: float

    def __post_init__(self) -> None:
        for name in ("rate", "cap"):
            object.__setattr__(self, name, _small(f"the {name} of an option's fee", getattr(self, name)))
            if getattr(self, name) < 0:
                raise InputError(f"the {name} of an option's fee of 0 or more", got=f"{getattr(self, name):g}")

    def of(self, premium: float, *, quantity: float = 1.0, underlying: float = 1.0) -> float:
        """The fee for ``quantity`` options, bought or sold, at ``premium`` each, in the settlement token.

        Args:
            premium: per option, in the settlement token, 0 or more.
            quantity: in coins; its sign does not matter.
            underlying: in the settlement token: 1 coin, or the index price of a linear option.

        Raises:
            InputError: a premium below 0.
        """
        price = require_finite("premium", premium, unit="settlement token")
        if price < 0:
            raise InputError("a premium of 0 or more", got=f"{price:g}", unit="settlement token")
        base = require_positive("underlying", underlying, unit="settlement token")
        return min(self.rate * base, self.cap * price) * abs(require_finite("quantity", quantity, unit="coins"))


@dataclass(frozen=True, kw_only=True)
class Slippage(Noun):
    """What an order gives away against the mid price, per notional: half the spread and its own impact.

    Args:
        rate: a decimal.
    """

    rate: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", _small("slippage", self.rate))
        if self.rate < 0:
            raise InputError("slippage of 0 or more", got=f"{self.rate:g}", unit="decimal of notional")

    def of(self, notional: float) -> float:
        """What ``notional`` loses, in its token."""
        return self.rate * abs(notional)


@dataclass(frozen=True, kw_only=True)
class Funding(Noun):
    r"""The expected funding of a perpetual: what longs pay shorts per interval, of the position's value.

    Args:
        rate: per interval, a decimal; > 0: longs pay shorts.
        hours: the interval.
    """

    rate: float
    hours: float = 8.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", _small("a funding rate", self.rate))
        object.__setattr__(self, "hours", require_positive("hours", self.hours, unit="hours"))

    @classmethod
    def of_premium(cls, premium: float, *, interest: float = 0.0, band: float, hours: float = 8.0) -> Funding:
        r"""The rate that a venue makes of its premium: the premium, drawn towards the interest by at most ``band``.

        .. math::
            r = p + \min(\max(i - p, -b), b)

        Binance: interest 0.0001 and band 0.0005 per 8 hours. Deribit: interest 0 and band 0.00025.

        Args:
            premium: (mark - index) / index over the interval, a decimal.
            interest: per interval, a decimal.
            band: the greatest pull, a decimal.
            hours: the interval.

        Raises:
            InputError: a band below 0.
        """
        p, i = _small("the premium", premium), _small("the interest", interest)
        b = _small("the band", band)
        if b < 0:
            raise InputError("a band of 0 or more", got=f"{b:g}", unit="decimal")
        return cls(rate=p + min(max(i - p, -b), b), hours=hours)

    @property
    def rate_per_year(self) -> float:
        """The rate times the intervals of a 365-day year, not compounded."""
        return self.rate * _HOURS_PER_YEAR / self.hours

    def received(self, value: float, years: float) -> float:
        """What a position of signed ``value`` (negative: short) receives over ``years``, in the value's token."""
        return -self.rate_per_year * value * years


@dataclass(frozen=True, kw_only=True)
class Premium(Noun):
    """What an option costs to buy and brings when sold, per +1, in the token that it is quoted in.

    Fees that are known belong in it: the ask plus the fee, the bid less the fee.

    Args:
        ask: paid per +1 bought.
        bid: received per -1 sold; 0 where nobody bids.
        out_of: the coin that it is paid out of, where those coins are held otherwise: they are gone, which is exposure.
            Unless said it is paid for in quote at the start.
    """

    ask: float
    bid: float = 0.0
    out_of: str = ""

    def __post_init__(self) -> None:
        for name in ("ask", "bid"):
            price = require_finite(f"the {name}", getattr(self, name), unit="premium token")
            if price < 0:
                raise InputError(f"a premium's {name} of 0 or more", got=f"{price:g}", unit="premium token")
            object.__setattr__(self, name, price)
        if self.bid > self.ask:
            raise InputError(
                "a bid of at most the ask", got=f"bid {self.bid:g}, ask {self.ask:g}", remedy="A crossed quote is none"
            )
        if not isinstance(self.out_of, str):
            raise InputError("the name of a token", got=repr(self.out_of), remedy='out_of="ETH"')


@dataclass(frozen=True, kw_only=True)
class Gas(Noun):
    """What the transactions of a position cost, in quote.

    Args:
        each: of one transaction, in quote.
        transactions: how many; adding and removing are two.
    """

    each: float
    transactions: int = 2

    def __post_init__(self) -> None:
        each = require_finite("gas", self.each, unit="quote")
        if each < 0:
            raise InputError("gas of 0 or more", got=f"{each:g}", unit="quote")
        object.__setattr__(self, "each", each)
        object.__setattr__(self, "transactions", require_whole("transactions", self.transactions, at_least=0))

    @property
    def total(self) -> float:
        """Of all transactions, in quote."""
        return self.each * self.transactions


def _small(name: str, rate: float) -> float:
    number = require_finite(name, rate, unit="decimal")
    if not abs(number) < 1:
        within = "below 1" if number > 0 else "above -1"
        raise InputError(f"{name} {within}", got=f"{number:g}", unit="decimal", remedy="0.05 % is 0.0005")
    return number
