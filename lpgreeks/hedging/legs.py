"""What is offered: an instrument, what it is margined with and by whose rules, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from lpgreeks.costs import Fee, Funding, Premium, Slippage
from lpgreeks.display import Noun
from lpgreeks.errors import InputError, TokenError, require_finite, require_positive
from lpgreeks.instruments import Cash, Exposure, Instrument, Margined, Option, Spot, option_of
from lpgreeks.margin import Schedule
from lpgreeks.tokens import find_token
from lpgreeks.venues import Contract, Venue

__all__ = ["Leg", "Pledge", "Side", "pledges"]


class Side(IntEnum):
    """The only direction in which a leg may be traded."""

    SHORT = -1
    LONG = 1


_TERMS: Mapping[str, tuple[type, str]] = {
    "collateral": (str, '"USDC"'),
    "account": (str, '"cross"'),
    "maintenance": (Schedule, "Proportional(rate=0.005)"),
    "initial": (Schedule, "Proportional(rate=0.05)"),
    "fee": (Fee, "Fee(taker=0.0005)"),
    "slippage": (Slippage, "Slippage(rate=0.0002)"),
    "funding": (Funding, "Funding(rate=0.0001)"),
    "premium": (Premium, "Premium(ask=0.031, bid=0.030)"),
    "venue": (Venue, 'venue("bybit", on="2023-05-01")'),
}
"""What each term of a leg is, and how one is written."""


@dataclass(frozen=True, repr=False)
class Leg(Noun):
    """An instrument offered to a hedge, and the terms on which it can be traded.

    Args:
        instrument: +1 long; its quantity is the answer.
        collateral: the token posted behind it: its base or its quote. Without one no account is kept for it.
        side: the only direction allowed; both unless said.
        account: legs that name one account share its collateral (cross margin); unnamed, a leg is isolated.
        maintenance: the margin that must stay.
        initial: the margin that opening asks for.
        fee: of trading it.
        slippage: what its orders give away.
        funding: what it is expected to pay.
        premium: of an option, per +1.
        volatility: at which an option is marked, per year, a decimal; that of the outcomes unless said.
        margin_short: margin that -1 of an option asks for at the start, in its premium token.
        lot: the least step of its quantity; the venue's unless said.
        venue: whose margin, fee and order size hold where none of these is given; collateral is then the
            contract's margin token unless said.
    """

    instrument: Instrument
    collateral: str = ""
    side: Side | None = None
    account: str = ""
    maintenance: Schedule | None = None
    initial: Schedule | None = None
    fee: Fee | None = None
    slippage: Slippage | None = None
    funding: Funding | None = None
    premium: Premium | None = None
    volatility: float | None = None
    margin_short: float = 0.0
    lot: float | None = None
    venue: Venue | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.instrument, Instrument):
            raise InputError(
                "a leg of one instrument, +1 long", got=f"{self.instrument!r:.60}", remedy="Quantities are the answer"
            )
        for name, (kind, example) in _TERMS.items():
            if getattr(self, name) is not None and not isinstance(getattr(self, name), kind):
                raise InputError(
                    f"{name} as a {kind.__name__}", got=f"{getattr(self, name)!r:.60}", remedy=f"{name}={example}"
                )
        if self.venue is not None:
            self._take_terms()
        tokens = (self.instrument.base, self.instrument.quote)
        if self.collateral and not isinstance(self.instrument, Margined):
            raise InputError(
                "collateral behind a perpetual",
                got=f"{self.collateral} behind {self.instrument.label}",
                remedy="What is bought and held needs none",
            )
        if self.collateral and find_token(self.collateral, tokens) is None:
            raise TokenError(
                f"collateral in {' or '.join(tokens)}",
                got=self.collateral,
                remedy="Another token's price would be a third risk: convert it, or hedge that token apart",
            )
        for name in ("account", "maintenance", "initial"):
            if getattr(self, name) and not self.collateral:
                raise InputError(
                    f"collateral for a leg with {name}",
                    got="no collateral token",
                    remedy=f"Say what is posted: collateral={self.instrument.quote!r}",
                )
        self._check_option()
        if self.side is not None and self.side not in tuple(Side):
            raise InputError("a side", got=repr(self.side), remedy="Side.SHORT or Side.LONG; both unless said")
        if self.side is not None:
            object.__setattr__(self, "side", Side(self.side))

    def _check_option(self) -> None:
        option = self.option
        if option is None and (self.premium is not None or self.volatility is not None or self.margin_short):
            raise InputError(
                "premium, volatility and margin_short of an option",
                got=self.instrument.label,
                remedy="A perpetual has fee=, funding= and margin schedules",
            )
        out_of = self.premium.out_of if self.premium is not None else ""
        if option is not None and out_of and find_token(out_of, (option.base,)) != option.premium_token:
            raise TokenError(
                f"a premium in coins, out of {option.base}",
                got=f"{out_of}, of a premium in {option.premium_token}",
                remedy="Leave out_of out: it is then paid for in quote at the start",
            )
        for name, unit in (("volatility", "decimal per year"), ("lot", "the leg's unit")):
            if (given := getattr(self, name)) is not None:
                object.__setattr__(self, name, require_positive(name, given, unit=unit))
        margin = require_finite("margin_short", self.margin_short, unit="premium token")
        if margin < 0:
            raise InputError("a margin of 0 or more", got=f"{margin:g}", unit="premium token")
        object.__setattr__(self, "margin_short", margin)

    @property
    def option(self) -> Option | None:
        """The option that it is, marked or not."""
        return option_of(self.instrument)

    def left_of(self, instrument: Instrument) -> Exposure:
        """``instrument``, what it is at the horizon, less coins that its premium was paid out of.

        They are those of the side that it may take; of the middle of bid and ask where it may take both.
        """
        premium, option = self.premium, self.option
        if premium is None or option is None or not premium.out_of:
            return instrument
        coins = {Side.LONG: premium.ask, Side.SHORT: premium.bid, None: (premium.ask + premium.bid) / 2}[self.side]
        return instrument - coins * Spot(base=option.base, quote=option.quote, market=option.market)

    def _take_terms(self) -> None:
        contract = self.contract
        assert contract is not None
        for name in ("maintenance", "initial"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, getattr(contract, name))
        if self.fee is None and contract.knows("fee"):
            object.__setattr__(self, "fee", contract.fee)
        if not self.collateral:
            object.__setattr__(self, "collateral", self.instrument.margin_token)  # type: ignore[attr-defined]

    @property
    def contract(self) -> Contract | None:
        """The venue's contract that the instrument is, if a venue is given."""
        if self.venue is None:
            return None
        if not isinstance(self.instrument, Margined):
            raise InputError("a venue for a perpetual", got=self.instrument.label)
        return self.venue.contract(self.instrument.base, margin=self.instrument.margin_token)

    @property
    def step(self) -> float | None:
        """The least step of its quantity: its lot, or whole contracts of the venue; None where it is not known."""
        if self.lot is not None:
            return self.lot
        contract = self.contract
        if contract is None or not contract.knows("size"):
            return None
        if contract.knows("lot"):
            return contract.step
        # A contract of a stated amount of dollars is traded whole; one of coins has parts that must be known.
        return contract.size if contract.inverse else None

    @property
    def name(self) -> str:
        """What it is and whose price it reads: "linear perpetual ETH/USDC"."""
        return self.instrument.name

    def cost_rate(self) -> float:
        """What a trade costs per notional: the taker fee and the slippage."""
        return (self.fee.taker if self.fee else 0.0) + (self.slippage.rate if self.slippage else 0.0)


@dataclass(frozen=True, kw_only=True)
class Pledge:
    """Collateral in one token behind the legs of one account: an amount that a hedge decides."""

    holding: Instrument
    """One unit of it: a coin or a quote token."""
    token: str
    legs: tuple[int, ...]
    """Positions of its legs among those offered."""
    name: str


def pledges(legs: Sequence[Leg]) -> tuple[Pledge, ...]:
    """One pledge for each account that the legs need, in their order.

    Raises:
        InputError: legs of one account with different collateral.
    """
    groups: dict[str, list[int]] = {}
    for i, leg in enumerate(legs):
        if leg.collateral:
            groups.setdefault(leg.account or f"\0{i}", []).append(i)
    return tuple(_pledge(legs, members) for members in groups.values())


def _pledge(legs: Sequence[Leg], members: Sequence[int]) -> Pledge:
    first = legs[members[0]]
    tokens = {legs[i].collateral for i in members}
    if len(tokens) > 1:
        raise InputError(
            f"one collateral token in account {first.account}",
            got=", ".join(sorted(tokens)),
            remedy="Give the legs accounts of their own, or post one token behind both",
        )
    contract = first.instrument
    in_quote = find_token(first.collateral, (contract.quote, contract.base)) == contract.quote
    coins = {legs[i].instrument.base for i in members}
    if len(coins) > 1 and not in_quote:
        raise TokenError(
            f"collateral of account {first.account} in {contract.quote}", got=f"{first.collateral}, over several coins"
        )
    token = contract.quote if in_quote else contract.base
    return Pledge(
        holding=Cash(quote=contract.quote)
        if in_quote
        else Spot(base=contract.base, quote=contract.quote, market=contract.market),
        token=token,
        legs=tuple(members),
        name=first.account or first.name,
    )
