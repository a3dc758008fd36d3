"""What a share of GMX v1, GLP, is made of: one coin of its vault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from lpgreeks.errors import InputError
from lpgreeks.instruments.base import Instrument, term
from lpgreeks.powers import Reading

__all__ = ["GlpAsset", "glp_amounts", "glp_coins"]


def glp_coins(
    *, pool: Reading, reserved: Reading, short_size: Reading, short_average: Reading
) -> tuple[Reading, Reading]:
    """Coins of a vault that are its own, and those that its shorts owe it: their sum is its delta."""
    return pool - reserved, short_size / short_average


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
    own, owed = glp_coins(pool=pool, reserved=reserved, short_size=short_size, short_average=short_average)
    return own, guaranteed + owed * price - short_size


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
