"""P&L by component over moves of the price, implied volatility, days and funding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Answer, shortened
from lpgreeks.errors import InputError
from lpgreeks.measures import Measure
from lpgreeks.scenarios.axes import ScenarioAxis, ScenarioCase
from lpgreeks.scenarios.liquidation import Liquidation
from lpgreeks.scenarios.profit import Profit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["ScenarioTable"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ScenarioTable(Answer):
    """P&L by component in every scenario, in one measure.

    Attributes:
        moves: ``(m,)``: of every price from its start, decimals.
        labels: what each move is called; "" for one that is only a number.
        volatilities: added to the implied volatility of every option, decimals.
        days: since the start.
        funding: what longs pay shorts per eight hours, decimals.
        start: the price of each market at the start.
        measure: what is counted.
        columns: by component, ``(m, volatilities, days, funding)``, in the measure's token; > 0 is a gain.
        liquidations: where each account ends, as factors of the prices at the start.
        liquidated: ``(m, accounts)``: which of them have ended on the way to each move.
        notes: the rules that were followed, one sentence each.
        profit: what the table was made of.
    """

    moves: FloatArray
    labels: tuple[str, ...]
    volatilities: tuple[float, ...]
    days: tuple[float, ...]
    funding: tuple[float, ...]
    start: Mapping[str, float]
    measure: Measure
    columns: Mapping[str, FloatArray]
    liquidations: tuple[Liquidation, ...]
    liquidated: NDArray[np.bool_]
    notes: tuple[str, ...]
    profit: Profit

    @property
    def token(self) -> str:
        """What P&L is counted in."""
        return self.measure.token

    @property
    def market(self) -> str:
        """The first market, whose prices are shown; the others move with it."""
        return next(iter(self.start))

    @cached_property
    def prices(self) -> FloatArray:
        """``(m,)``: of the first market, quote per base."""
        return self.start[self.market] * (1.0 + self.moves)

    @cached_property
    def total(self) -> FloatArray:
        """All components together, ``(m, volatilities, days, funding)``."""
        return np.asarray(sum(self.columns.values()))

    @property
    def cases(self) -> tuple[ScenarioCase, ...]:
        """Every combination of the axes but the move."""
        return tuple(ScenarioCase(*point) for point in product(self.volatilities, self.days, self.funding))

    @property
    def usual(self) -> ScenarioCase:
        """The case that is shown unless another is asked for: volatility least shifted, last day, first rate."""
        return ScenarioCase(min(self.volatilities, key=abs), self.days[-1], self.funding[0])

    def case(
        self, *, volatility: float | None = None, days: float | None = None, funding: float | None = None
    ) -> ScenarioCase:
        """One of :attr:`cases`: that of :attr:`usual` in what is not said.

        Raises:
            InputError: a figure that is not on its axis.
        """
        said = (volatility, days, funding)
        axes = {"volatilities": self.volatilities, "days": self.days, "funding": self.funding}
        for (name, axis), given in zip(axes.items(), said, strict=True):
            if given is not None and given not in axis:
                raise InputError(f"one of the table's {name}", got=given, remedy=", ".join(f"{x:g}" for x in axis))
        return ScenarioCase(*(own if given is None else given for own, given in zip(self.usual, said, strict=True)))

    def on(self, case: ScenarioCase) -> dict[str, FloatArray]:
        """The P&L of each component over the moves in one case, ``(m,)``, and the total."""
        at = (self.volatilities.index(case.volatility), self.days.index(case.days), self.funding.index(case.funding))
        return {name: pnl[:, *at] for name, pnl in {**self.columns, "total": self.total}.items()}

    @cached_property
    def break_even_moves(self) -> dict[ScenarioCase, FloatArray]:
        """By case, the moves between the table's first and last at which the total is 0 or crosses it in a jump."""
        low, high = 1.0 + self.moves.min(), 1.0 + self.moves.max()
        roots = {case: self.profit.whole(case).roots() for case in self.cases}
        return {case: found[(found >= low) & (found <= high)] - 1.0 for case, found in roots.items()}

    def break_evens(self) -> dict[ScenarioCase, FloatArray]:
        """By case, the prices of the first market where the total is 0, ascending; empty where there is none.

        They are roots of the same sums that the table is made of, on the straight way from the start; between the
        least and the greatest move of the table. A liquidation that jumps across 0 counts as one.
        """
        first = self.start[self.market]
        return {case: first * (1.0 + moves) for case, moves in self.break_even_moves.items()}

    # ---- shown

    def table(self) -> pd.DataFrame:
        """One row per scenario: move, price, volatility, days, funding, each component, total, who was liquidated."""
        import pandas as pd

        shape = self.total.shape
        grid = np.meshgrid(np.arange(shape[0]), self.volatilities, self.days, self.funding, indexing="ij")
        row, *others = (axis.ravel() for axis in grid)
        frame = pd.DataFrame({"move": self.moves[row], f"price, {self.market}": self.prices[row]})
        if any(self.labels):
            frame.insert(0, "stress", [self.labels[i] for i in row])
        for name, axis in zip(("volatility", "days", "funding rate"), others, strict=True):
            frame[name] = axis
        for name, pnl in {**self.columns, "total": self.total}.items():
            frame[f"{name} [{self.token}]"] = pnl.ravel()
        frame["liquidated"] = [self._ended(i) for i in row]
        return frame

    def _ended(self, row: int) -> str:
        pairs = zip(self.liquidations, self.liquidated[row], strict=True)
        return "; ".join(liquidation.account for liquidation, ended in pairs if ended)

    def sentence(self) -> str:
        """The worst and the best scenario, and where the usual case breaks even."""
        from lpgreeks.scenarios.words import sentence

        return sentence(self)

    def summary(self) -> str:
        """The sentence, the components of the usual case, every other case in a line, and the rules."""
        from lpgreeks.scenarios.words import summary

        return summary(self)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<ScenarioTable: {self.sentence()}>")

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        from lpgreeks.scenarios.words import record

        return record(self)

    # ---- pictures

    def plot(self, ax: Axes | None = None, *, case: ScenarioCase | None = None) -> Axes:
        """P&L by component over the price in one case (the usual one unless said), with its break-evens."""
        from lpgreeks.scenarios.pictures import draw_components

        return draw_components(self, ax, self.usual if case is None else case)

    def plot_grid(
        self,
        ax: Axes | None = None,
        *,
        across: ScenarioAxis = ScenarioAxis.MOVE,
        upward: ScenarioAxis = ScenarioAxis.DAYS,
        case: ScenarioCase | None = None,
    ) -> Axes:
        """The total over two axes, the others as in ``case``; over moves with the line where it is 0.

        Args:
            ax: where to draw; a new figure unless said.
            across, upward: two different axes. Where neither is the move, it is the one nearest to 0.
            case: what the other axes are; the usual one unless said.
        """
        from lpgreeks.scenarios.pictures import draw_grid

        return draw_grid(self, ax, across, upward, self.usual if case is None else case)
