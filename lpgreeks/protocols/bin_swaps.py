"""A swap through bins: at one price inside each, with a fee that follows the bins crossed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lpgreeks.display import Noun
from lpgreeks.errors import InputError

if TYPE_CHECKING:
    from lpgreeks.protocols.bin_book import BinBook

__all__ = ["BinSwap", "swapped"]

_PARTS = 10_000

# Of what is paid: what is left of an amount that takes a whole side, when every bin has rounded once.
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class BinSwap(Noun):
    """What a swap did.

    Attributes:
        token: what was paid in.
        paid: of it, fee included.
        received: of the other token.
        fee: in the token paid in; of it ``protocol_fee`` left the bins, the rest stays in them.
        protocol_fee: in the token paid in.
        ids: the bins that traded, in order.
        book: the pair afterwards.
    """

    token: str
    paid: float
    received: float
    fee: float
    protocol_fee: float
    ids: tuple[int, ...]
    book: BinBook


def swapped(book: BinBook, paid: float, *, buying: bool, time: int | None) -> BinSwap:
    """Pay quote tokens for coins where ``buying``, else coins for quote tokens."""
    fees, memory = book.terms(time)
    coins, dollars = book.base_reserves.copy(), book.quote_reserves.copy()
    into, out = (dollars, coins) if buying else (coins, dollars)
    share, k = fees.protocol_share / _PARTS, book.active
    left, received, fee, protocol = paid, 0.0, 0.0, 0.0
    ids: list[int] = []
    while left > 0:
        if not 0 <= k < len(book):
            if left <= _ROUNDING * paid:
                k = book.place(ids[-1])
                break
            raise InputError(
                "an amount that the bins can take",
                got=f"{paid:g}, of which {left:g} found no bin",
                unit=book.quote if buying else book.base,
                remedy="The book may be a part of the pair: read more of its bins",
            )
        if out[k] > 0:
            memory = memory.in_bin(fees, int(book.ids[k]))
            rate, price = fees.rate(memory), float(book.prices[k])
            per_paid = 1.0 / price if buying else price
            whole = float(out[k]) / per_paid / (1.0 - rate)
            taken_in = min(left, whole)
            # A bin that is emptied is empty to the last digit.
            taken_out = float(out[k]) if left >= whole else taken_in * (1.0 - rate) * per_paid
            own = taken_in * rate
            into[k] += taken_in - own * share
            out[k] -= taken_out
            left, received = left - taken_in, received + taken_out
            fee, protocol = fee + own, protocol + own * share
            ids.append(int(book.ids[k]))
        if left > 0:
            k += 1 if buying else -1
    after = replace(
        book, base_reserves=coins, quote_reserves=dollars, active_id=int(book.ids[k]), volatility=memory
    )  # fmt: skip
    return BinSwap(
        token=book.quote if buying else book.base,
        paid=paid,
        received=received,
        fee=fee,
        protocol_fee=protocol,
        ids=tuple(ids),
        book=after,
    )
