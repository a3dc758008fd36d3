"""What is held at the start, column by column, and what each column is in a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lpgreeks.costs import Funding
from lpgreeks.errors import InputError
from lpgreeks.hedging import Leg
from lpgreeks.instruments import Exposure, InversePerp, LinearPerp, Marked, Portfolio, Position, together
from lpgreeks.scenarios.axes import ScenarioCase
from lpgreeks.scenarios.expiries import later
from lpgreeks.scenarios.flow import Flow, flow_of
from lpgreeks.scenarios.liquidation import Liquidation

__all__ = ["NOTHING", "Book", "Holding", "Item"]

_YEAR, _HOURS = 365.0, 8.0

NOTHING = Portfolio()
"""No position at all."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A part of a column in one case: what it was at the start and what it is then.

    Attributes:
        column: under which it is counted.
        before, after: at the start and in the case.
        account: which one it ends with; None for none.
        lost: what it is once that account is liquidated.
    """

    column: str
    before: Exposure
    after: Exposure
    account: int | None = None
    lost: Exposure = NOTHING


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What is held at the start under one column; options marked with all of their time.

    Attributes:
        column: its name.
        now: as it stands at the start.
        account: which one it is margined in; None for none.
        lost: what it has paid once that account is liquidated.
        leg, quantity: the terms it is traded on and how much of it; None for what is not traded.
    """

    column: str
    now: Exposure
    account: int | None = None
    lost: Exposure = NOTHING
    leg: Leg | None = None
    quantity: float = 0.0

    def open_after(self, days: float) -> bool:
        """Whether there is still something to close: an option that has expired is settled."""
        return all(
            not isinstance(p.instrument, Marked) or p.instrument.years * _YEAR > days for p in self.now.positions
        )


@dataclass(frozen=True, kw_only=True)
class Book:
    """Everything held at the start.

    Attributes:
        holdings: in the order of their columns.
        accounts: where each is liquidated.
        start: the price of each market.
        entry: what opening it cost beyond its marks, as tokens that went.
        income_per_day: in quote.
    """

    holdings: tuple[Holding, ...]
    accounts: tuple[Liquidation, ...]
    start: Mapping[str, float]
    entry: tuple[Flow, ...] = ()
    income_per_day: float = 0.0

    @property
    def everything(self) -> Portfolio:
        """All that is held."""
        return together(h.now for h in self.holdings)

    @property
    def perpetuals(self) -> tuple[tuple[Position, Holding], ...]:
        """What is funded."""
        return tuple(
            (p, h)
            for h in self.holdings
            for p in h.now.positions
            if isinstance(p.instrument, (LinearPerp, InversePerp))
        )

    @property
    def own_funding(self) -> float:
        """What the legs themselves expect, per eight hours.

        Raises:
            InputError: they expect different rates.
        """
        stated = [h.leg.funding for _, h in self.perpetuals if h.leg and h.leg.funding]
        rates = {funding.rate * _HOURS / funding.hours for funding in stated}
        if len(rates) > 1:
            raise InputError(
                "legs that expect one funding rate",
                got=", ".join(f"{rate:g}" for rate in sorted(rates)),
                unit="decimal per 8 hours",
                remedy="Say the rates of the table: funding=[0, 0.0001]",
            )
        return next(iter(rates), 0.0)

    def items(self, case: ScenarioCase) -> Iterator[Item]:
        """Every part of every column in a case."""
        for h in self.holdings:
            yield Item(
                column=h.column, before=h.now, after=later(h.now, case, self.start), account=h.account, lost=h.lost
            )
        for p, h in self.perpetuals:
            yield Item(column="funding", before=NOTHING, after=self._funded(p, case), account=h.account)
        if self.income_per_day:
            earned = self._flow(dollars=self.income_per_day * case.days)
            yield Item(column="income", before=NOTHING, after=earned)
        for flow in self.entry:
            yield Item(column="entry costs", before=NOTHING, after=flow)
        for h in self.holdings:
            if h.leg is not None and h.leg.cost_rate() and h.open_after(case.days):
                size = -h.leg.cost_rate() * abs(h.quantity)
                closed = flow_of(h.leg.instrument, size, start=self.start[h.leg.instrument.market], moving=1.0)
                yield Item(column="exit costs", before=NOTHING, after=closed, account=h.account)

    def _funded(self, p: Position, case: ScenarioCase) -> Flow:
        years = case.days / _YEAR
        size = Funding(rate=case.funding, hours=_HOURS).received(p.quantity, years)
        return flow_of(p.instrument, size, start=self.start[p.instrument.market], moving=0.5)

    def _flow(self, *, dollars: float) -> Flow:
        everything = self.everything
        return Flow(base=everything.bases[0], quote=everything.quote, market=everything.markets[0], dollars=dollars)
