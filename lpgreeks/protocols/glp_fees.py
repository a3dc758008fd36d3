"""What minting and redeeming GLP cost at a time, as dated data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_finite

__all__ = ["GlpFees"]

_BASIS_POINTS = 10_000


@dataclass(frozen=True, kw_only=True)
class GlpFees(Noun):
    """Settings of a vault's fee, as decimals that are whole basis points: the contract counts in those and rounds down.

    Args:
        base: of every mint and redeem.
        tax: what distance from the target weight adds at most, or nearness takes off. 0: no dynamic fee.
        cooldown: seconds from an account's last mint to its first redeem.
        as_of: when the settings held.
        source: where they are from.
    """

    base: float = 0.0025
    tax: float = 0.0060
    cooldown: float = 900.0
    as_of: str = "2024-10"
    source: str = (
        "base and tax: gmx-contracts, scripts/core/setSwapFees.js; "
        "cooldown: code-423n4/2022-11-redactedcartel-findings, issue 161"
    )

    def __post_init__(self) -> None:
        for name in ("base", "tax"):
            rate = require_finite(name, getattr(self, name), unit="decimal")
            if not 0 <= rate < 1 or abs(rate * _BASIS_POINTS - round(rate * _BASIS_POINTS)) > 1e-9:
                raise InputError(f"{name} in whole basis points", got=rate, unit="decimal", remedy="25 are 0.0025")
            object.__setattr__(self, name, rate)
        if require_finite("cooldown", self.cooldown, unit="seconds") < 0:
            raise InputError("a cooldown of 0 or more", got=self.cooldown, unit="seconds")

    @property
    def basis_points(self) -> dict[str, int]:
        """Base and tax as the contract has them."""
        return {"base": round(self.base * _BASIS_POINTS), "tax": round(self.tax * _BASIS_POINTS)}

    def redeemable_from(self, minted: np.datetime64) -> np.datetime64:
        """The earliest time at which an account that last minted at ``minted`` may redeem; each mint starts it anew.

        Raises:
            InputError: a time that is none.
        """
        if not isinstance(minted, np.datetime64) or np.isnat(minted):
            raise InputError(
                "a time as numpy.datetime64", got=f"{minted!r:.40}", remedy='Like np.datetime64("2024-10-15")'
            )
        earliest: np.datetime64 = minted + np.timedelta64(round(self.cooldown * 1e9), "ns")
        return earliest
