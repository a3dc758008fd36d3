"""Insurance of a liquidity position: what pays back its impermanent loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from lpgreeks.errors import InputError
from lpgreeks.instruments.base import Instrument, term
from lpgreeks.instruments.derived import Derived
from lpgreeks.instruments.marked import Marked
from lpgreeks.instruments.uniswap_v2 import UniswapV2
from lpgreeks.instruments.uniswap_v3 import UniswapV3
from lpgreeks.powers import Reading

__all__ = ["LossClaim"]


@dataclass(frozen=True, kw_only=True)
class LossClaim(Derived):
    r"""A claim on the impermanent loss of a position: at its end it pays what turns the position into holding.

    .. math::
        x(P) = x_{\text{of}}(P_0) - x_{\text{of}}(P), \qquad y(P) = y_{\text{of}}(P_0) - y_{\text{of}}(P)

    Its value is that of the tokens of the start less that of the position: -IL, never negative for a pool.
    :meth:`~lpgreeks.Instrument.marked` is what it costs before, and the position's expected loss. Source: Lipton, Lucic
    and Sepp (2025); Risk, Tung and Wang (2026).

    Args:
        of: the position whose loss is paid.
        start: the price at which holding and the position part, quote per base.
    """

    start: float = term("P_0", "{quote} per {base}")

    label: ClassVar[str] = "impermanent-loss claim"
    unit: ClassVar[str] = "position"
    in_hand: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not isinstance(self.of, Instrument) or isinstance(self.of, Marked) or not self.of.in_hand:
            raise InputError(
                "a position in tokens that could be held instead",
                got=f"{self.of!r:.60}",
                remedy="A claim before its end is LossClaim(of=pool, start=...).marked(...)",
            )
        super().__post_init__()

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        (base, quote), (held_base, held_quote) = self.of.formula(price), self.of.formula(self.start)
        return held_base - base, held_quote - quote

    @property
    def name(self) -> str:
        return f"{self.label} on {self.of.name} from {self.start:,.10g}"

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        tokens = {"base": "ETH", "quote": "USDC"}
        full: Any = UniswapV2(**tokens, liquidity=10.0)
        pool: Any = UniswapV3(**tokens, liquidity=10.0, lower=1_700.0, upper=2_100.0)
        starts = [(full, 1_900.0), *((pool, start) for start in (1_500.0, 1_700.0, 1_900.0, 2_300.0))]
        return tuple(cls(of=of, start=start) for of, start in starts)
