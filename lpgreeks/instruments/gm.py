"""What a share of GMX v2, GM, is made of: a market whose index token is its long token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from lpgreeks.errors import InputError
from lpgreeks.instruments.base import Instrument, term
from lpgreeks.powers import Reading, above

__all__ = ["GmPool", "gm_amounts", "gm_cap_rooms"]


def gm_cap_rooms(
    *,
    long_amount: Reading,
    short_amount: Reading,
    short_price: Reading,
    long_tokens: Reading,
    short_interest: Reading,
    long_cap: Reading,
    short_cap: Reading,
) -> tuple[Reading, Reading]:
    """``(longs, shorts)``: coins by which long traders' profit outgrows its cap as the price rises, and quote by which
    short traders' does as it falls to 0. The cap is never reached where it is 0 or less."""
    return long_tokens - long_cap * long_amount, short_interest - short_cap * short_amount * short_price


def gm_amounts(
    *,
    longs_at: Reading,
    shorts_at: Reading,
    long_amount: Reading,
    short_amount: Reading,
    short_price: Reading,
    long_tokens: Reading,
    long_interest: Reading,
    short_tokens: Reading,
    short_interest: Reading,
    impact_pool: Reading,
    lent_impact: Reading,
    borrowing_fees: Reading,
) -> tuple[Reading, Reading]:
    """``(base, quote)`` of a market, as of :class:`GmPool`: of numbers, of symbols, of whole columns.

    ``longs_at`` is the price or that of the long traders' cap, whichever is less; ``shorts_at`` the price or that of
    the short traders' cap, whichever is more. ``borrowing_fees`` are the pool's part.
    """
    for_longs = long_tokens - long_interest / longs_at
    for_shorts = short_interest - short_tokens * shorts_at
    return long_amount - impact_pool + lent_impact - for_longs, short_amount * short_price + borrowing_fees - for_shorts


@dataclass(frozen=True, kw_only=True)
class GmPool(Instrument):
    r"""A GMX v2 market whose index token is its long token: +1 is the whole pool.

    .. math::
        x(P) &= a - I + J - \left(N_L - \frac{O_L}{\min(P, P_L)}\right) \\
        y(P) &= b\,q + B (1 - f) - \left(O_S - N_S \max(P, P_S)\right)

    Long traders are paid in coins, short traders in dollars. Their losses are the pool's in full; a profit counts up to
    a share of the pool's own side: above :math:`P_L = O_L / (N_L - k_L a)` and below
    :math:`P_S = (O_S - k_S\,b\,q) / N_S` it stands still, where these are positive. On symbols both caps are shown.
    With neither cap reached the delta is :math:`a - I + J - N_L + N_S`. Source: GMX v2 contracts,
    ``MarketUtils.getPoolValueInfo``.

    Args:
        long_amount: ``a``, coins in the pool.
        short_amount: ``b``, short tokens in the pool.
        short_price: ``q``, what a short token is worth in quote; it does not move with the coin.
        long_tokens, long_interest: ``N_L`` and ``O_L``, open long positions in coins and at their entries in quote.
        short_tokens, short_interest: ``N_S`` and ``O_S``, the same of short positions.
        impact_pool: ``I``, coins owed for price impact.
        lent_impact: ``J``, coins of it that were lent to traders.
        borrowing_fees: ``B``, pending from traders, in quote.
        receiver_factor: ``f``, the share of them that is not the pool's, a decimal.
        long_cap, short_cap: ``k_L`` and ``k_S``, traders' profit at most, of the pool's side; decimals.
    """

    long_amount: float = term("a", "{base}", at_least=0)
    short_amount: float = term("b", "short tokens", at_least=0)
    short_price: float = term("q", "{quote} per short token")
    long_tokens: float = term("N_L", "{base}", at_least=0)
    long_interest: float = term("O_L", "{quote}", at_least=0)
    short_tokens: float = term("N_S", "{base}", at_least=0)
    short_interest: float = term("O_S", "{quote}", at_least=0)
    impact_pool: float = term("I", "{base}", at_least=0)
    lent_impact: float = term("J", "{base}", at_least=0)
    borrowing_fees: float = term("B", "{quote}", at_least=0)
    receiver_factor: float = term("f", "decimal", at_least=0)
    long_cap: float = term("k_L", "decimal", at_least=0)
    short_cap: float = term("k_S", "decimal", at_least=0)

    label: ClassVar[str] = "GM pool"
    kinks_are: ClassVar[str] = "caps of traders' profit"
    unit: ClassVar[str] = "pool"

    def __post_init__(self) -> None:
        super().__post_init__()
        for side, tokens, interest in (
            ("long", self.long_tokens, self.long_interest),
            ("short", self.short_tokens, self.short_interest),
        ):
            if (tokens == 0) != (interest == 0):
                raise InputError(
                    f"{side} open interest in both coins and {self.quote}, or none",
                    got=f"{tokens:g} {self.base} and {interest:g} {self.quote}",
                )
        if self.receiver_factor > 1:
            raise InputError("receiver_factor from 0 to 1", got=f"{self.receiver_factor:g}", unit="decimal")

    @property
    def cap_prices(self) -> tuple[Reading | None, Reading | None]:
        """Below the first, short traders' profit is capped; above the second, long traders'. None: never reached."""
        rising, falling = gm_cap_rooms(
            long_amount=self.long_amount,
            short_amount=self.short_amount,
            short_price=self.short_price,
            long_tokens=self.long_tokens,
            short_interest=self.short_interest,
            long_cap=self.long_cap,
            short_cap=self.short_cap,
        )
        return (
            None if _never(falling) else falling / self.short_tokens,
            None if _never(rising) else self.long_interest / rising,
        )

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        least, most = self.cap_prices
        return gm_amounts(
            longs_at=_at_most(price, most),
            shorts_at=_at_least(price, least),
            long_amount=self.long_amount,
            short_amount=self.short_amount,
            short_price=self.short_price,
            long_tokens=self.long_tokens,
            long_interest=self.long_interest,
            short_tokens=self.short_tokens,
            short_interest=self.short_interest,
            impact_pool=self.impact_pool,
            lent_impact=self.lent_impact,
            borrowing_fees=self.borrowing_fees * (1 - self.receiver_factor),
        )

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        # Coins and dollars in the pool, longs, shorts, impact pool, caps. Caps meet at round prices, so that every
        # reading splits there to the last bit. Both caps; the pool gets all profit; tiny.
        states = [
            (9_000.0, 32e6, 14_500.0, 52e6, 15_000.0, 50e6, 743.0, 0.5, 0.5),
            (10_000.0, 20e6, 9_500.0, 19e6, 9_000.0, 18e6, 0.0, 0.0, 0.0),
            (1.0, 32.0, 2.0, 1_500.0, 0.5, 1_016.0, 0.0, 0.5, 0.5),
        ]
        return tuple(
            cls(
                base="ETH",
                quote="USD",
                long_amount=a,
                short_amount=b,
                short_price=0.96875,
                long_tokens=n_long,
                long_interest=o_long,
                short_tokens=n_short,
                short_interest=o_short,
                impact_pool=impact,
                lent_impact=impact / 10,
                borrowing_fees=100_000.0,
                receiver_factor=0.37,
                long_cap=k_long,
                short_cap=k_short,
            )
            for a, b, n_long, o_long, n_short, o_short, impact, k_long, k_short in states
        )


def _never(room: Reading) -> bool:
    """Whether a profit that outgrows its cap by ``room`` never does; of symbols nobody knows."""
    return isinstance(room, float) and room <= 0


def _at_most(price: Reading, most: Reading | None) -> Reading:
    if most is None:
        return price
    over = above(price, most)
    return price * (1 - over) + most * over


def _at_least(price: Reading, least: Reading | None) -> Reading:
    if least is None:
        return price
    over = above(price, least)
    return price * over + least * (1 - over)
