"""What a share of GMX is made of: one coin of a v1 vault (GLP), and a v2 market (GM)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from lpgreeks.errors import InputError
from lpgreeks.instruments.base import Instrument, term
from lpgreeks.powers import Reading, above

__all__ = ["GlpAsset", "GmPool", "glp_amounts"]


def glp_amounts(
    price: Reading,
    *,
    pool: Reading,
    reserved: Reading,
    guaranteed: Reading,
    short_size: Reading,
    short_average: Reading,
) -> tuple[Reading, Reading]:
    """``(base, quote)`` of a vault's coin, as of :class:`GlpAsset`: of numbers, of symbols, of whole columns."""
    return pool - reserved, guaranteed + short_size * (price / short_average - 1)


@dataclass(frozen=True, kw_only=True)
class GlpAsset(Instrument):
    r"""One coin of a GMX v1 vault: +1 is all that the vault has of it.

    .. math::
        x(P) = p - r, \qquad y(P) = G + S \left(\frac{P}{A} - 1\right)

    Long traders own the price of the coins reserved for them: of those the vault keeps the dollars ``G`` that the
    positions are worth less their collateral. Short traders lose ``S (P/A - 1)`` to it. So between two trades the
    vault is straight in the price, with a delta of :math:`p - r + S/A` coins; long traders' profit is capped at what
    is reserved. Source: GMX v1 contracts, ``GlpManager.getAum``.

    Args:
        pool: coins in the vault, long traders' collateral among them; may be 0.
        reserved: coins set aside to pay long traders, at most ``pool``; may be 0.
        guaranteed: long positions' size less collateral, in quote; may be 0.
        short_size: short positions at their entries, in quote; may be 0.
        short_average: their average entry, quote per base; any price where there are none.
    """

    pool: float = term("p", "{base}", at_least=0)
    reserved: float = term("r", "{base}", at_least=0)
    guaranteed: float = term("G", "{quote}", at_least=0)
    short_size: float = term("S", "{quote}", at_least=0)
    short_average: float = term("A", "{quote} per {base}")

    label: ClassVar[str] = "GLP vault asset"
    unit: ClassVar[str] = "vault"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reserved > self.pool:
            raise InputError(
                "reserved coins within the pool",
                got=f"{self.reserved:,.10g} reserved of {self.pool:,.10g}",
                unit=self.base,
                remedy="The contract refuses such a state: one of the two is of another moment or another unit",
            )

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        return glp_amounts(
            price,
            pool=self.pool,
            reserved=self.reserved,
            guaranteed=self.guaranteed,
            short_size=self.short_size,
            short_average=self.short_average,
        )

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        # pool, reserved, guaranteed, short size, average short: an ordinary coin; all reserved; shorts alone; none.
        states = [
            (926.0, 42.0, 72_527.0, 421.0, 3_075.0),
            (303.0, 303.0, 10_082_481.0, 181.0, 42_380.0),
            (0.0, 0.0, 0.0, 87_448.0, 29.0),
            (60_891.0, 0.0, 0.0, 0.0, 1.0),
            (1e-9, 0.0, 1e-6, 1e-6, 1e9),
        ]
        return tuple(
            cls(base="ETH", quote="USD", pool=p, reserved=r, guaranteed=g, short_size=s, short_average=a)
            for p, r, g, s, a in states
        )


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
        falling = self.short_interest - self.short_cap * self.short_amount * self.short_price
        rising = self.long_tokens - self.long_cap * self.long_amount
        return (
            None if _never(falling) else falling / self.short_tokens,
            None if _never(rising) else self.long_interest / rising,
        )

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        least, most = self.cap_prices
        for_longs = self.long_tokens - self.long_interest / _at_most(price, most)
        for_shorts = self.short_interest - self.short_tokens * _at_least(price, least)
        fees = self.borrowing_fees * (1 - self.receiver_factor)
        return (
            self.long_amount - self.impact_pool + self.lent_impact - for_longs,
            self.short_amount * self.short_price + fees - for_shorts,
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
