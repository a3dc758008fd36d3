"""What a hedge makes small."""

from __future__ import annotations

from dataclasses import dataclass

from lpgreeks.errors import InputError
from lpgreeks.measures import Measure

__all__ = ["Variance"]


@dataclass(frozen=True, init=False, repr=False)
class Variance:
    """The variance, over the outcomes, of the change of one measure or of several at once.

    Several are added up in the quote: a measure in coins weighs the price of the start. One alone stays
    in its own token. Constants (premium, expected funding, fees) do not move a variance.

    Args:
        *measures: :class:`~lpgreeks.Value`, :class:`~lpgreeks.Amount`, :class:`~lpgreeks.Excess`.
    """

    measures: tuple[Measure, ...]

    def __init__(self, *measures: Measure) -> None:
        if not measures or not all(isinstance(m, Measure) for m in measures):
            raise InputError(
                "one or more measures", got=measures, remedy='Variance(Value("USDC")), Variance(Amount("ETH"))'
            )
        if len(set(measures)) < len(measures):
            raise InputError("each measure once", got=", ".join(map(str, measures)))
        object.__setattr__(self, "measures", measures)

    def __repr__(self) -> str:
        return f"Variance({', '.join(map(repr, self.measures))})"
