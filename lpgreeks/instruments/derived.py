"""Instruments that are made of another one: of a position, what it loses; of anything, what it is worth before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from lpgreeks.instruments.base import Instrument

if TYPE_CHECKING:
    from lpgreeks.formulas import Symbolic

__all__ = ["Derived"]


@dataclass(frozen=True, kw_only=True)
class Derived(Instrument):
    """An instrument about another, whose tokens and market it shares.

    Args:
        of: the other one.
    """

    base: str = ""
    quote: str = ""
    of: Instrument

    def __post_init__(self) -> None:
        for name in ("base", "quote", "market"):
            object.__setattr__(self, name, getattr(self.of, name))
        super().__post_init__()

    def symbolic(self) -> Symbolic:  # type: ignore[override]
        """The formula on symbols: those of the other one, and its own."""
        from lpgreeks.formulas import PRICE, Symbolic

        return Symbolic(f"{type(self).__name__} of {type(self.of).__name__}", *self._on_symbols().formula(PRICE))

    def _on_symbols(self) -> Self:
        template = self._template()
        object.__setattr__(template, "of", self.of._on_symbols())
        return template

    @property
    def unit_text(self) -> str:
        return self.of.unit_text
