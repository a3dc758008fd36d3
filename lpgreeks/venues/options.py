"""The terms of a venue's options on one coin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, cast

from lpgreeks.costs import OptionFee
from lpgreeks.margin import ShortOptionMargin
from lpgreeks.venues.figures import OPTION_NAMES
from lpgreeks.venues.steps import PriceSteps
from lpgreeks.venues.terms import Terms

__all__ = ["OptionContract"]


@dataclass(frozen=True, kw_only=True, repr=False)
class OptionContract(Terms):
    """The options of a venue on one coin in one settlement, with the figures that count on one day.

    A figure that is not known, or known only without confirmation, raises when it is asked for. Any of them
    is replaced by :meth:`supplied`.

    Args:
        venue: the venue's name.
        symbol: what names of options begin with there.
        on: the day.
        base: the coin.
        quote: what strikes are counted in.
        coin_settled: premium and payoff in coins, else in quote.
        figures: everything known of it, used or not.
        unconfirmed: unconfirmed and undated figures are used where nothing better is there.
        own: figures by name that the user supplied; they come first.
    """

    coin_settled: bool

    names: ClassVar = OPTION_NAMES
    _how: ClassVar = {
        "fee": "fee=OptionFee(rate=0.0003, cap=0.125)",
        "margin": "margin=ShortOptionMargin(initial=0.15, initial_floor=0.1, maintenance=0.075)",
        "tick": "tick=PriceSteps(tick=0.0001)",
    }

    @property
    def kind(self) -> str:
        return f"options settled in {self.settled_in}"

    @property
    def settled_in(self) -> str:
        """The token of premium and payoff."""
        return self.base if self.coin_settled else self.quote

    @property
    def size(self) -> float:
        """Coins of the underlying per contract."""
        return cast("float", self._value("size"))

    @property
    def lot(self) -> float:
        """The least order and its step, in contracts."""
        return cast("float", self._value("lot"))

    @property
    def tick(self) -> PriceSteps:
        """The steps of a premium, in the settlement token."""
        return cast("PriceSteps", self._value("tick"))

    @property
    def fee(self) -> OptionFee:
        """Of an order that takes a quote."""
        return cast("OptionFee", self._value("fee"))

    @property
    def maker_fee(self) -> OptionFee:
        """Of an order that rests until it is taken."""
        return cast("OptionFee", self._value("maker_fee"))

    @property
    def delivery_fee(self) -> OptionFee:
        """At expiry, of the payoff."""
        return cast("OptionFee", self._value("delivery_fee"))

    @property
    def margin(self) -> ShortOptionMargin:
        """Behind a short option on its own."""
        return cast("ShortOptionMargin", self._value("margin"))
