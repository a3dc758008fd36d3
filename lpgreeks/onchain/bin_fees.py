r"""Liquidity Book: the fee of a bin, in the contract's integers, and the volatility that it follows.

A rate counts :math:`10^{18}` as the whole. With the bin step ``s`` in hundredths of a percent and the volatility
accumulator ``v``, which counts 10,000 for each bin crossed:

.. math::
    f = 10^{10}\, b\, s + \left\lceil \frac{c\, (v s)^2}{100} \right\rceil

Source: LFJ joe-v2 2.2, ``PairParameterHelper``, ``FeeHelper``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_whole
from lpgreeks.onchain.bins import GREATEST_STEP

__all__ = ["WHOLE", "BinFees", "BinVolatility", "composition_fee", "fee_inside", "fee_on_top"]

WHOLE = 10**18
"""What a rate of 1 is in the contract's integers."""

_PER_BIN = 10_000
_PARTS = 10_000
_GREATEST_FEE = WHOLE // 10
_GREATEST_PROTOCOL_SHARE = 2_500


@dataclass(frozen=True, kw_only=True)
class BinFees(Noun):
    """What a pair's fee is made of, as its owner has set it; integers as ``getStaticFeeParameters`` gives them.

    Args:
        bin_step: in hundredths of a percent.
        base_factor: ``b``: 8,000 at a bin step of 20 is 0.16 %.
        variable_fee_control: ``c``; 0: the fee is the base fee.
        max_volatility_accumulator: where the accumulator stops.
        filter_period: seconds within which trades count as one move.
        decay_period: seconds after which what was counted is forgotten.
        reduction_factor: what is kept of the accumulator between the two, in ten-thousandths.
        protocol_share: of the fee, in ten-thousandths; at most a quarter.

    Raises:
        InputError: a fee that could pass 10 %, or a setting that the contract refuses.
    """

    bin_step: int
    base_factor: int
    variable_fee_control: int = 0
    max_volatility_accumulator: int = 0
    filter_period: int = 0
    decay_period: int = 0
    reduction_factor: int = 0
    protocol_share: int = 0

    def __post_init__(self) -> None:
        limits = {
            "bin_step": (1, GREATEST_STEP),
            "base_factor": (0, (1 << 16) - 1),
            "variable_fee_control": (0, (1 << 24) - 1),
            "max_volatility_accumulator": (0, (1 << 20) - 1),
            "decay_period": (0, (1 << 12) - 1),
            "reduction_factor": (0, _PARTS),
            "protocol_share": (0, _GREATEST_PROTOCOL_SHARE),
        }
        for name, (least, most) in limits.items():
            object.__setattr__(self, name, require_whole(name, getattr(self, name), at_least=least, at_most=most))
        period = require_whole("filter_period", self.filter_period, at_least=0, at_most=self.decay_period, unit="s")
        object.__setattr__(self, "filter_period", period)
        greatest = self.total_fee(self.max_volatility_accumulator)
        if greatest > _GREATEST_FEE:
            raise InputError(
                "settings whose greatest fee is at most 10 %",
                got=f"{greatest / WHOLE:.4%} at an accumulator of {self.max_volatility_accumulator}",
                remedy="The contract refuses them when they are set",
            )

    @property
    def base_fee(self) -> int:
        """The part that does not move, of :data:`WHOLE`."""
        return self.base_factor * self.bin_step * 10**10

    def variable_fee(self, accumulator: int) -> int:
        """The part that follows the accumulator, rounded up, of :data:`WHOLE`."""
        moved = accumulator * self.bin_step
        return -(-moved * moved * self.variable_fee_control // 100)

    def total_fee(self, accumulator: int) -> int:
        """Of what is paid in, of :data:`WHOLE`."""
        return self.base_fee + self.variable_fee(accumulator)

    def rate(self, memory: BinVolatility) -> float:
        """The same as a decimal, in the bin that the memory has come to."""
        return self.total_fee(memory.accumulator) / WHOLE


@dataclass(frozen=True, kw_only=True)
class BinVolatility(Noun):
    """What a pair remembers of its trades.

    Args:
        id_reference: the bin that moves are counted from.
        accumulator: 10,000 for each bin between, and what is kept of earlier moves.
        reference: what is kept of earlier moves.
        time: of the last trade, in seconds since 1970.
    """

    id_reference: int
    accumulator: int = 0
    reference: int = 0
    time: int = 0

    def __post_init__(self) -> None:
        for name in ("id_reference", "accumulator", "reference", "time"):
            object.__setattr__(self, name, require_whole(name, getattr(self, name), at_least=0))

    def at_start(self, fees: BinFees, *, active_id: int, time: int) -> Self:
        """As a trade or an add at ``time`` begins: the contract's ``updateReferences``.

        Raises:
            InputError: a time before the last trade.
        """
        apart = require_whole("time", time, at_least=self.time, unit="s") - self.time
        if apart < fees.filter_period:
            return replace(self, time=time)
        kept = self.accumulator * fees.reduction_factor // _PARTS if apart < fees.decay_period else 0
        return replace(self, id_reference=active_id, reference=kept, time=time)

    def in_bin(self, fees: BinFees, bin_id: int) -> Self:
        """In a bin that the trade has come to: the contract's ``updateVolatilityAccumulator``."""
        moved = self.reference + _PER_BIN * abs(bin_id - self.id_reference)
        return replace(self, accumulator=min(moved, fees.max_volatility_accumulator))


def fee_inside(amount: int, rate: int) -> int:
    r"""The fee in an amount that includes it, :math:`\lceil a f \rceil`: ``getFeeAmountFrom``."""
    return -(-amount * rate // WHOLE)


def fee_on_top(amount: int, rate: int) -> int:
    r"""The fee to be added to an amount without it, :math:`\lceil a f / (1 - f) \rceil`: ``getFeeAmount``."""
    return -(-amount * rate // (WHOLE - rate))


def composition_fee(amount: int, rate: int) -> int:
    r"""What an add pays on what it exchanges by being lopsided, :math:`\lfloor a f (1 + f) \rfloor`."""
    return amount * rate * (rate + WHOLE) // WHOLE**2
