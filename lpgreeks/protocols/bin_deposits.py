r"""Adding to bins and taking out again: shares, and the fee on what a lopsided add exchanges.

An add of ``x`` coins and ``y`` quote tokens to the active bin gets a share of the mix that the bin then has. If that
gives back more of one token than was put in, the rest was exchanged, and pays the composition fee. With the value
:math:`u = p x + y`, the rate ``f`` and what the share would give back, :math:`(\hat x, \hat y)`:

.. math::
    \phi = f (1 + f) \cdot \begin{cases} x - \hat x \text{ coins} & \hat y > y \\
                                         y - \hat y \text{ quote tokens} & \hat x > x \end{cases}

It stays in the bin for those who were there, less the protocol's share, so that what is added is worth
:math:`u - \phi`. Source: LFJ joe-v2 2.2, ``BinHelper.getCompositionFees``, ``LBPair._updateBin``. Version 2.1 left the
fee out of the bin it is divided by, and so gave a part of it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_finite
from lpgreeks.instruments import Exposure, Portfolio, Position
from lpgreeks.protocols.bin_checks import require_shares

if TYPE_CHECKING:
    from lpgreeks.protocols.bin_book import BinBook

__all__ = ["BinDeposit", "BinWithdrawal", "deposited", "withdrawn"]

_PARTS = 10_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BinDeposit(Exposure):
    """A position that was added to a book, and what the add cost; it can be hedged and replayed as it stands.

    Attributes:
        position: the shares as instruments.
        shares: of each bin afterwards, by id, from 0 to 1.
        base_fee, quote_fee: the composition fee, in each token.
        price: of the active bin at the add, quote per base.
        book: the pair afterwards.
    """

    position: Portfolio
    shares: Mapping[int, float]
    base_fee: float
    quote_fee: float
    price: float
    book: BinBook

    def __repr__(self) -> str:
        fee = f"{self.composition_fee:.6g} {self.book.quote} of composition fees"
        return f"<BinDeposit: {self.value(self.price):,.6g} {self.book.quote} in {len(self.shares):,} bins, {fee}>"

    @property
    def positions(self) -> tuple[Position, ...]:
        return self.position.positions

    @property
    def composition_fee(self) -> float:
        """In quote, at the price of the add."""
        return self.base_fee * self.price + self.quote_fee


@dataclass(frozen=True, kw_only=True)
class BinWithdrawal(Noun):
    """What was taken out.

    Attributes:
        base_amount, quote_amount: whole tokens.
        book: the pair afterwards.
    """

    base_amount: float
    quote_amount: float
    book: BinBook


class _Joined(NamedTuple):
    """An add to one bin: the share it gets, its fee in each token, and the part of it that the protocol keeps."""

    share: float
    base_fee: float
    quote_fee: float


def deposited(book: BinBook, amounts: Mapping[int, tuple[float, float]], *, time: int | None) -> BinDeposit:
    """Add coins and quote tokens by bin id."""
    fees, memory = book.terms(time)
    kept = fees.protocol_share / _PARTS
    memory = memory.in_bin(fees, book.active_id)
    coins, dollars = book.base_reserves.copy(), book.quote_reserves.copy()
    shares: dict[int, float] = {}
    base_fee = quote_fee = 0.0
    for bin_id, (x, y) in _required(book, amounts).items():
        k = book.place(bin_id)
        price, has = float(book.prices[k]), (float(coins[k]), float(dollars[k]))
        # Into a bin of one token its share gives back what was put in: there is nothing to charge.
        joined = _joined(has, (x, y), price=price, rate=fees.rate(memory), kept=kept)
        shares[bin_id] = joined.share
        coins[k] += x - kept * joined.base_fee
        dollars[k] += y - kept * joined.quote_fee
        base_fee, quote_fee = base_fee + joined.base_fee, quote_fee + joined.quote_fee
    remembered = memory if base_fee or quote_fee else book.volatility
    after = replace(book, base_reserves=coins, quote_reserves=dollars, volatility=remembered)
    return BinDeposit(
        position=after.position(shares),
        shares=shares,
        base_fee=base_fee,
        quote_fee=quote_fee,
        price=book.price,
        book=after,
    )


def _joined(has: tuple[float, float], put: tuple[float, float], *, price: float, rate: float, kept: float) -> _Joined:
    (bin_x, bin_y), (x, y) = has, put
    own, others = price * x + y, price * bin_x + bin_y
    share = own / (own + others)
    back_x, back_y = share * (bin_x + x), share * (bin_y + y)
    charged = rate * (1.0 + rate)
    base_fee = charged * max(x - back_x, 0.0) if back_y > y else 0.0
    quote_fee = charged * max(y - back_y, 0.0) if back_x > x else 0.0
    fee = price * base_fee + quote_fee
    left = own - fee
    return _Joined(left / (left + others + (1.0 - kept) * fee), base_fee, quote_fee)


def withdrawn(book: BinBook, shares: Mapping[int, float]) -> BinWithdrawal:
    """Take a share of each bin out."""
    coins, dollars = book.base_reserves.copy(), book.quote_reserves.copy()
    base = quote = 0.0
    for bin_id, part in require_shares(shares).items():
        k = book.place(bin_id)
        x, y = part * float(coins[k]), part * float(dollars[k])
        coins[k], dollars[k] = coins[k] - x, dollars[k] - y
        base, quote = base + x, quote + y
    after = replace(book, base_reserves=coins, quote_reserves=dollars)
    return BinWithdrawal(base_amount=base, quote_amount=quote, book=after)


def _required(book: BinBook, amounts: Mapping[int, tuple[float, float]]) -> dict[int, tuple[float, float]]:
    if not isinstance(amounts, Mapping) or not amounts:
        raise InputError("coins and quote tokens by bin id", got=f"{amounts!r:.60}", remedy="{8_375_889: (1.0, 0.0)}")
    required = {}
    for bin_id, pair in amounts.items():
        k = book.place(bin_id)
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise InputError(f"(coins, quote tokens) for bin {bin_id}", got=f"{pair!r:.60}")
        x, y = (require_finite(f"amount of {t}", a, unit=t) for t, a in zip((book.base, book.quote), pair, strict=True))
        wrong = (k < book.active and x > 0) or (k > book.active and y > 0)
        if min(x, y) < 0 or not max(x, y) > 0 or wrong:
            raise InputError(
                "quote tokens alone below the active bin, coins alone above it, and something in each",
                got=f"{x:g} {book.base} and {y:g} {book.quote} for bin {bin_id}",
                remedy=f"The active bin is {book.active_id}",
            )
        required[bin_id] = (x, y)
    return required
