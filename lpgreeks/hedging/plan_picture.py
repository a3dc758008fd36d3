"""A plan in pictures: P&L against price, and its changes over the outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.draw import COLOURS, flags, histograms, legend, new_axes, verticals
from lpgreeks.instruments import Call, Exposure, Option, Portfolio, Put, payoffs
from lpgreeks.tokens import coin_of, counted_as

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lpgreeks.hedging.plan import HedgePlan

__all__ = ["draw_outcomes", "draw_payoffs"]

# Of a picture of options, in inches.
_HEIGHT = 5.4


def draw_payoffs(plan: HedgePlan, ax: Axes | None, *, prices: FloatArray | None, income: float) -> Axes:
    """P&L against price, as :meth:`~lpgreeks.HedgePlan.plot` says."""
    market = plan.exposure.markets[0]
    coin = counted_as(coin_of(market))

    def part(exposure: Exposure) -> Exposure:
        return sum((p for p in exposure.positions if counted_as(p.instrument.base) == coin), start=Portfolio())

    parts = {"position": part(plan.exposure), "hedge": part(plan.hedge)}
    if (coins := part(plan.collateral)).markets:
        parts["collateral"] = coins
    parts["total"] = part(plan.total)
    # An option's P&L is counted from its premium, not from its payoff at the start.
    paid = sum(
        plan.premium_of(leg, q) - q * float(end.value(plan.start))
        for q, leg, end in zip(plan.quantities, plan.legs, plan.ends, strict=True)
        if leg.premium is not None and counted_as(end.base) == coin
    )
    earned = {"hedge": -paid, "total": income - paid}
    held = [leg.option for q, leg in zip(plan.quantities, plan.legs, strict=True) if q]
    traded = [o for o in held if o is not None and counted_as(o.base) == coin]
    strikes = [(o.strike, f"{_plain(o)} {o.strike:,.6g}") for o in traded]
    if strikes and ax is None:
        # Sentences that name options are longer, and their pictures have words in them.
        ax = new_axes(height=_HEIGHT)[0]
    if prices is None:
        prices = _reaching(plan.start[market], [strike for strike, _ in strikes])
    ax = payoffs(parts, ax, start=plan.start[market], prices=prices, earned=earned, title=plan.sentence())
    low, high = ax.get_xlim()
    ends = (e for account in plan.liquidations() for m, e in account.items() if _same_coin(m, market))
    shown = sorted({p for pair in ends for p in pair if p is not None and low < p < high})
    verticals(ax, shown, name="liquidation", style="-.", colour=COLOURS[4])
    flags(ax, [(strike, text) for strike, text in strikes if low < strike < high])
    return legend(ax)


def draw_outcomes(plan: HedgePlan, ax: Axes | None) -> Axes:
    """The first measure's change over the outcomes, before and after the hedge."""
    ax = new_axes()[0] if ax is None else ax
    before, after = plan.changes()
    measure = plan.objective.measures[0]
    return histograms(
        ax,
        {"unhedged": before, "hedged": after},
        plan.outcomes.weights,
        xlabel=f"change of {measure} [{measure.token}]",
        title=plan.outcomes.source,
    )


def _reaching(start: float, strikes: Sequence[float]) -> FloatArray:
    """Prices about the start and past every strike, each strike among them: a kink between two would be cut off."""
    low = min(0.75 * start, *(0.95 * strike for strike in strikes), start)
    high = max(1.25 * start, *(1.05 * strike for strike in strikes), start)
    return np.union1d(np.linspace(low, high, 501), strikes)


def _plain(option: Option) -> str:
    return Call.label if isinstance(option, Call) else Put.label


def _same_coin(market: str, other: str) -> bool:
    return counted_as(coin_of(market)) == counted_as(coin_of(other))
