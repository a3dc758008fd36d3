"""Names of perpetuals and dated futures, taken apart: OKX, Binance and Deribit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from lpgreeks.display import Noun
from lpgreeks.errors import DataError, TokenError
from lpgreeks.instruments import InverseFuture, InversePerp, LinearFuture, LinearPerp, Margined
from lpgreeks.markets.option_names import expiry_on, month_of
from lpgreeks.tokens import counted_as

__all__ = ["ContractName", "contract_name"]

_DIGITS = r"(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d)"
_LETTERS = r"(?P<day>[1-9]\d?)(?P<month>[A-Z]{3})(?P<year>\d\d)"
_COIN = r"(?P<base>[A-Z0-9]+)"
# Deribit's pattern comes last: in its inverse names nothing is said of a quote.
_PATTERNS = (
    re.compile(rf"{_COIN}-(?P<quote>USDT|USDC|USD)(?P<family>_[A-Z]+)?-(?:{_DIGITS}|SWAP)"),
    re.compile(rf"(?P<base>[A-Z0-9]+?)(?P<quote>USDT|USDC|USD)_(?:{_DIGITS}|PERP)"),
    re.compile(rf"{_COIN}(?:_(?P<quote>USDT|USDC))?-(?:{_LETTERS}|PERPETUAL)"),
)

_SETTLED_IN_DOLLARS = "_UM"
"""OKX's family whose names begin like inverse ones and which settles in dollars."""


@dataclass(frozen=True, kw_only=True)
class ContractName(Noun):
    """What the name of a perpetual or a dated future says.

    Args:
        name: as the venue writes it.
        base: the coin.
        quote: what prices are counted in.
        settled_in: the token that margin and P&L are paid in: it alone tells inverse from linear.
        expiry: 08:00 UTC of the day of delivery; None of a perpetual.
    """

    name: str
    base: str
    quote: str
    settled_in: str
    expiry: datetime | None

    @property
    def inverse(self) -> bool:
        """Whether it is margined and settled in its coin."""
        return counted_as(self.settled_in) == counted_as(self.base)

    @property
    def market(self) -> str:
        """Whose price it is: "BTC/USD:BTC-27MAR26"."""
        return f"{self.base}/{self.quote}:{self.name}"

    @property
    def unit(self) -> str:
        """What a quantity of +1 is: coins of a linear contract, quote units of notional of an inverse one."""
        return f"{self.quote} of notional" if self.inverse else self.base

    def instrument(self, *, entry: float) -> Margined:
        """+1 long, opened at ``entry``, quote per base; it reads the contract's own market."""
        inverse, linear = (
            (InversePerp, LinearPerp) if self.expiry is None else (InverseFuture, LinearFuture)
        )  # a perpetual pays funding, a dated future does not
        kind: type[Margined] = inverse if self.inverse else linear
        return kind(base=self.base, quote=self.quote, entry=entry, market=self.market)


def contract_name(name: str, *, settled_in: str = "") -> ContractName:
    """The name of a perpetual or a dated future taken apart.

    OKX: ``BTC-USD-210924`` and ``BTC-USD-SWAP`` (inverse), ``BTC-USDT-210924`` (linear), ``BTC-USD_UM-SWAP`` (linear,
    settled in dollars). Binance: ``BTCUSD_240927`` and ``BTCUSD_PERP`` (inverse), ``BTCUSDT_240927`` (linear).
    Deribit: ``BTC-27DEC24`` and ``BTC-PERPETUAL`` (inverse), ``BTC_USDC-PERPETUAL`` (linear). Months are English.
    Source: the venues' instrument lists.

    Args:
        name: as the venue writes it.
        settled_in: the token that the venue's record says it settles in, which outweighs the name.

    Raises:
        DataError: another form of name, no such day, or a family of which only the record says what it settles in.
        TokenError: it settles in neither its coin nor dollars.
    """
    found = next((match for pattern in _PATTERNS if (match := pattern.fullmatch(str(name)))), None)
    if found is None:
        raise DataError(
            "a contract's name like BTC-USD-210924, BTCUSD_240927, BTC-27DEC24 or BTC-PERPETUAL",
            got=repr(name),
            remedy="BTCUSDT alone may be the coin itself: the perpetual is BTCUSDT_PERP here",
        )
    said = found.groupdict()
    expiry = None
    if said["day"] is not None:
        month = said["month"]
        expiry = expiry_on(int(said["year"]), int(month) if month.isdecimal() else month_of(month), int(said["day"]))
        if expiry is None:
            raise DataError("a day of delivery", got=repr(name))
    base, quote = said["base"], said["quote"] or "USD"
    return ContractName(
        name=name, base=base, quote=quote, settled_in=_settlement(said, settled_in, base, quote, name), expiry=expiry
    )


def _settlement(said: dict[str, str | None], settled_in: str, base: str, quote: str, name: str) -> str:
    """The token that a contract settles in: what its record says, else what its name does."""
    family = said.get("family")
    if settled_in:
        if counted_as(settled_in) not in (counted_as(base), counted_as(quote)):
            raise TokenError(
                f"{name} settled in {base} or {quote}",
                got=settled_in,
                remedy="What a third token pays is neither a linear nor an inverse contract",
            )
        return settled_in
    if family is None:
        return base if counted_as(quote) == quote else quote
    if family in (_SETTLED_IN_DOLLARS,):
        return quote
    raise DataError(
        f"the token that {name} settles in",
        got=f"a family {quote}{family} whose name does not say",
        remedy=f'The record\'s settleCcy, or contract_name({name!r}, settled_in="{quote}")',
    )
