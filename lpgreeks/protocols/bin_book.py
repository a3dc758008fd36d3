"""A Liquidity Book pair at one moment: the reserves of each bin, the active one, and the terms of its fee."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import (
    DataError,
    InputError,
    TokenError,
    require_positive,
    require_prices,
    require_token,
)
from lpgreeks.instruments import Bin, Exposure, Portfolio, together
from lpgreeks.onchain import BinFees, BinVolatility
from lpgreeks.protocols.bin_checks import (
    ids_of,
    require_kinds,
    require_one_step,
    require_shares,
    require_sides,
    reserves_of,
)
from lpgreeks.protocols.bin_deposits import BinDeposit, BinWithdrawal, deposited, withdrawn
from lpgreeks.protocols.bin_swaps import BinSwap, swapped
from lpgreeks.tokens import find_token

__all__ = ["BinBook", "Depth"]


class Depth(NamedTuple):
    """What trades up to a price move, before fees."""

    base: float
    """Coins bought, or sold if the price is below."""
    quote: float
    """Quote tokens paid for them, or received."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BinBook(Noun):
    r"""The bins of a pair by ascending price, each a constant sum at its own price, :math:`L_i = p_i x_i + y_i`.

    Bins below the active one hold quote tokens, those above it coins; only the active one may hold both. Amounts are
    whole tokens in doubles: good to 1e-15 of a reserve, where the contract rounds to its last integer. Fees of swaps
    stay in the bins, less the protocol's share (versions 2.1 and 2.2). Source: LFJ joe-v2 2.2, ``LBPair``.

    Attributes:
        base, quote: the coin, and the token that prices are in.
        bin_step: from bin to bin, in hundredths of a percent.
        ids: ``(n,)``, in the order of prices: descending where the coin is the pair's token Y.
        prices: ``(n,)``, quote per base, ascending.
        base_reserves, quote_reserves: ``(n,)``, whole tokens.
        active_id: where swaps begin.
        fees: the terms; without them nothing can be swapped or added.
        volatility: what the pair remembers of its trades; nothing unless given.
        market: whose price it is; the pair unless said.
        source: one sentence on where it comes from.
    """

    base: str
    quote: str
    bin_step: int
    ids: NDArray[np.int64]
    prices: FloatArray
    base_reserves: FloatArray
    quote_reserves: FloatArray
    active_id: int
    fees: BinFees | None = None
    volatility: BinVolatility | None = None
    market: str = ""
    source: str = "stated"

    def __post_init__(self) -> None:
        if require_token("base", self.base) == require_token("quote", self.quote):
            raise TokenError("two different tokens", got=self.base)
        require_kinds(self)
        ids = ids_of(self.ids)
        columns = {
            "prices": require_prices(self.prices, unit=f"{self.quote} per {self.base}", what="bin prices").copy()
        }
        for name, token in (("base_reserves", self.base), ("quote_reserves", self.quote)):
            columns[name] = reserves_of(getattr(self, name), name, token)
        if not ids.size or any(column.shape != ids.shape for column in columns.values()):
            raise DataError(
                "one or more bins, with a price and two reserves each",
                got=", ".join(f"{column.size} {name}" for name, column in {"ids": ids, **columns}.items()),
            )
        for name, column in {"ids": ids, **columns}.items():
            column.flags.writeable = False
            object.__setattr__(self, name, column)
        require_one_step(self.ids, self.prices, self.bin_step)
        require_sides(self)
        if self.fees is not None and self.fees.bin_step != self.bin_step:
            raise InputError("fees of the pair's bin step", got=f"{self.fees.bin_step} for {self.bin_step}")
        if self.volatility is None:
            object.__setattr__(self, "volatility", BinVolatility(id_reference=self.active_id))
        object.__setattr__(self, "market", self.market or f"{self.base}/{self.quote}")

    def __len__(self) -> int:
        return self.ids.size

    def __repr__(self) -> str:
        active = f"active {self.active_id} at {self.price:.6g}"
        return f"<BinBook: {len(self):,} bins of {self.market}, {active}; {self.source}>"

    # ---- what it is

    @property
    def step(self) -> float:
        """From bin to bin, a decimal."""
        return self.bin_step / 10_000

    @property
    def active(self) -> int:
        """Where the active bin stands among the bins."""
        return self.place(self.active_id)

    @property
    def price(self) -> float:
        """Of the active bin, quote per base: the only one at which a small trade is made."""
        return float(self.prices[self.active])

    @property
    def liquidity(self) -> FloatArray:
        """``(n,)``: of each bin at its own price, in quote tokens."""
        return np.asarray(self.prices * self.base_reserves + self.quote_reserves)

    @property
    def active_liquidity(self) -> float:
        r"""Of the active bin, in ``sqrt(base * quote)``, as :class:`~lpgreeks.PoolHistory` counts it.

        .. math::
            \frac{L_i}{\sqrt{p_i} \left( (1 + s)^{1/4} - (1 + s)^{-1/4} \right)}

        A v3 range around the bin's price as wide as a step that turns over the same tokens.
        """
        quarter = (1.0 + self.step) ** 0.25
        return float(self.liquidity[self.active] / (math.sqrt(self.price) * (quarter - 1.0 / quarter)))

    @property
    def value(self) -> float:
        """Of everything in the bins at the active price, in quote."""
        return float((self.price * self.base_reserves + self.quote_reserves).sum())

    @property
    def fee(self) -> float:
        """What the active bin takes of what is paid in, as the pair remembers its trades; a decimal."""
        terms, memory = self.terms(None)
        return terms.rate(memory.in_bin(terms, self.active_id))

    def depth(self, price: float) -> Depth:
        """What moves the active bin to the last one before ``price``, or at it, and empties it on that side."""
        price = require_positive("price", price, unit=f"{self.quote} per {self.base}")
        if price >= self.price:
            reached = (self.prices >= self.price) & (self.prices <= price)
            coins = self.base_reserves[reached]
            return Depth(float(coins.sum()), float((coins * self.prices[reached]).sum()))
        reached = (self.prices <= self.price) & (self.prices >= price)
        paid = self.quote_reserves[reached]
        return Depth(float((paid / self.prices[reached]).sum()), float(paid.sum()))

    def place(self, bin_id: int) -> int:
        """Where a bin stands among the bins.

        Raises:
            InputError: it is none of them.
        """
        found = np.flatnonzero(self.ids == bin_id)
        if not found.size:
            raise InputError(
                "a bin of the book",
                got=bin_id,
                remedy=f"From {self.ids.min()} to {self.ids.max()}; empty ones may be in it",
            )
        return int(found[0])

    def terms(self, time: int | None) -> tuple[BinFees, BinVolatility]:
        """The terms of the fee, and the memory of trades as one at ``time`` begins (None: the last one's).

        Raises:
            InputError: a pair whose fee is not known.
        """
        if self.fees is None:
            raise InputError(
                "the terms of the pair's fee",
                got="none",
                remedy="fees=BinFees(bin_step=20, base_factor=8_000) is a flat 0.16 %",
            )
        assert self.volatility is not None
        now = self.volatility.time if time is None else time
        return self.fees, self.volatility.at_start(self.fees, active_id=self.active_id, time=now)

    # ---- what can be done with it

    def swap(self, amount: float, token: str, *, time: int | None = None) -> BinSwap:
        """Pay ``amount`` of ``token`` in, fee included, and take the other one out, bin by bin.

        Args:
            amount: in whole tokens.
            token: which of the two is paid in.
            time: in seconds since 1970, from which the volatility fee follows; None: that of the last trade.

        Raises:
            InputError: more than the bins can take.
        """
        paid = require_positive("amount", amount, unit=token)
        found = find_token(token, (self.base, self.quote))
        if found is None:
            raise TokenError("a token of the pair", got=token, remedy=f"{self.base}, {self.quote}")
        return swapped(self, paid, buying=found == self.quote, time=time)

    def add(self, amounts: Mapping[int, tuple[float, float]], *, time: int | None = None) -> BinDeposit:
        """Put tokens into bins; a lopsided add to the active one pays a composition fee.

        Args:
            amounts: coins and quote tokens by bin id; quote tokens alone below the active bin, coins alone above it.
            time: in seconds since 1970; None: that of the last trade.

        Raises:
            InputError: a token that a bin does not take, or a bin that is not in the book.
        """
        return deposited(self, amounts, time=time)

    def remove(self, shares: Mapping[int, float]) -> BinWithdrawal:
        """Take a share of each bin out, in the tokens that it holds; there is no fee.

        Args:
            shares: of each bin, by id, from 0 to 1: a deposit's :attr:`~lpgreeks.BinDeposit.shares`.
        """
        return withdrawn(self, shares)

    def position(self, shares: Mapping[int, float]) -> Portfolio:
        """What a share of each bin, from 0 to 1, is as instruments; the active bin with its mix."""
        return together(self._part(bin_id, share) for bin_id, share in require_shares(shares).items())

    def _part(self, bin_id: int, share: float) -> Exposure:
        k = self.place(bin_id)
        price, coins, dollars = (float(x[k]) for x in (self.prices, self.base_reserves, self.quote_reserves))
        own = Bin(base=self.base, quote=self.quote, price=price, step=self.step, market=self.market)
        if k == self.active:
            return own.mixed(base_amount=share * coins, quote_amount=share * dollars)
        return share * (coins * price + dollars) * own
