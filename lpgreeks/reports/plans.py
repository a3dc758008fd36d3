"""Pages of hedges: one, several along an axis, beside one another, and what one is expected to earn."""

from __future__ import annotations

from collections.abc import Iterator

from lpgreeks.hedging import Comparison, Economics, Frontier, HedgePlan
from lpgreeks.hedging.text import percent
from lpgreeks.margin import Ends
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.recipes import made_by
from lpgreeks.reports.formulas import of_instruments, of_objective
from lpgreeks.reports.pages import held, page
from lpgreeks.reports.parts import Cell, Formula, Origin, Page, Source, Table
from lpgreeks.reports.pictures import pictures
from lpgreeks.reports.tables import of_frame, of_rows

__all__ = ["comparison_page", "economics_page", "frontier_page", "plan_page"]

# Legs that a question names one by one.
_NAMED = 6


@page.register
def plan_page(plan: HedgePlan) -> Page:
    """The page of a hedge."""
    orders = [(o.leg.name, o.contracts, o.quantity, o.leg.instrument.unit_text, o.residual) for o in plan.orders]
    tables = [of_frame("Legs, +1 long", plan.table())]
    if plan.pledges:
        tables.append(_accounts(plan))
    if orders:
        tables.append(of_rows("Orders", ("leg", "contracts", "quantity", "unit", "left out by rounding"), orders))
    tables.append(of_rows("Figures of the hedge", ("", "", "unit"), list(_figures(plan))))
    if plan.economics is not None:
        tables.append(_expected(plan.economics))
    taken = tuple(f"Taken as given: {assumption}" for assumption in plan.assumptions)
    return Page(
        title="Hedge",
        question=_question(plan),
        answer=(plan.sentence(),),
        tables=tuple(tables),
        pictures=pictures(plan.plot, plan.plot_outcomes),
        notes=plan.notes + taken,
        formulas=_formulas(plan),
        sources=(_source(plan),),
        seeds=_seeds(plan),
    )


@page.register
def frontier_page(curve: Frontier) -> Page:
    """The page of hedges along an axis."""
    plans = [point.plan for point in curve.points if point.plan is not None]
    asked = [(what, text) for plan in plans[:1] for what, text in _question(plan) if what not in ("within",)]
    notes = dict.fromkeys(note for plan in plans for note in plan.assumptions)
    return Page(
        title=f"Frontier along the {curve.axis}",
        question=(*asked, ("varied", f"{curve.label}, {len(curve)} points")),
        answer=(curve.sentence(),),
        tables=(of_frame("Points", curve.table()),),
        pictures=pictures(curve.plot),
        notes=tuple(f"Taken as given: {note}" for note in notes),
        formulas=tuple(formula for plan in plans[:1] for formula in _formulas(plan)),
        sources=tuple(dict.fromkeys(map(_source, plans))),
        seeds=tuple(dict.fromkeys(seed for plan in plans for seed in _seeds(plan))),
    )


@page.register
def economics_page(expected: Economics) -> Page:
    """The page of what a hedge is expected to earn."""
    return Page(
        title="Expected P&L",
        answer=(expected.sentence(),),
        tables=(_expected(expected),),
        pictures=pictures(expected.plot),
    )


@page.register
def comparison_page(beside: Comparison) -> Page:
    """The page of hedges beside one another."""
    missing = tuple(f"{rival.name}: {rival.reason}" for rival in beside.rivals if rival.plan is None)
    return Page(
        title="Hedges beside one another",
        answer=(beside.sentence(),),
        tables=(of_frame("Beside one another", beside.table()),),
        pictures=pictures(beside.plot),
        notes=missing,
    )


def _question(plan: HedgePlan) -> tuple[tuple[str, str], ...]:
    offered = [leg.name for leg in plan.legs]
    more = f" and {len(offered) - _NAMED:,} more" if len(offered) > _NAMED else ""
    call = made_by(plan)
    asked = [] if call is None else [repr(constraint) for constraint in call.arguments.get("constraints", ())]
    bounds = asked or dict.fromkeys((*plan.certificate.binding, *plan.certificate.met))
    return (
        ("held", held(plan.exposure)),
        ("offered", ", ".join(offered[:_NAMED]) + more),
        ("over", plan.outcomes.source),
        ("judged by", str(plan.objective)),
        *([("within", "; ".join(bounds))] if bounds else []),
    )


def _formulas(plan: HedgePlan) -> tuple[Formula, ...]:
    instruments = [p.instrument for p in plan.exposure.positions] + [leg.option or leg.instrument for leg in plan.legs]
    return (*of_instruments(instruments), of_objective(plan.objective, plan.exposure.quote))


def _source(plan: HedgePlan) -> Source:
    if isinstance(plan.over, Outcomes):
        return Source(Origin.STATED, plan.outcomes.source)
    if isinstance(plan.over, Paths):
        return Source(Origin.RECORDED if plan.over.seed is None else Origin.DRAWN, plan.over.source)
    return Source(Origin.MODEL, plan.outcomes.source)


def _seeds(plan: HedgePlan) -> tuple[str, ...]:
    seed = plan.over.seed if isinstance(plan.over, Paths) else None
    return () if seed is None else (f"paths: {seed if isinstance(seed, int) else 'a generator of the caller'}",)


def _accounts(plan: HedgePlan) -> Table:
    rows = []
    for k, (pledge, account) in enumerate(zip(plan.pledges, plan.accounts, strict=True)):
        posted, ends = plan.best.collateral[k], plan.liquidations()[k]
        leverage = account.leverage(plan.start) if account and account.collateral else None
        for market, (below, above) in (ends or {"": Ends(None, None)}).items():
            chance = plan.liquidation_chance(market, Ends(below, above)) if market else None
            shown = None if chance is None else Cell(percent(chance), chance)
            rows.append((pledge.name, posted, pledge.token, leverage, market, below, above, shown))
    header = ("account", "collateral", "token", "leverage", "market", "liquidated below", "above", "chance")
    return of_rows("Accounts", header, rows)


def _figures(plan: HedgePlan) -> Iterator[tuple[str, object, str]]:
    """What a plan says of itself: what, how much, in which unit."""
    quote, token = plan.exposure.quote, plan.token
    yield "risk without a hedge", plan.risk_unhedged, token
    yield "risk left", plan.best.risk, token
    yield "effectiveness", Cell(percent(plan.effectiveness), plan.effectiveness), "of the variance"
    for name, rival in (("the naive hedge leaves", plan.naive), ("whole contracts leave", plan.rounded)):
        if rival is not None:
            yield name, rival.risk, token if rival.within_bounds else f"{token}, but breaks a bound"
    yield "capital", plan.capital, quote
    for use, amount in plan.capital_by_use.items():
        if amount:
            yield f"of it in the {use}", amount, quote
    if plan.premium:
        yield "premium, paid less received", plan.premium, quote
    if plan.economics is not None:
        rate = plan.economics.break_even_rate_per_year
        yield "break-even fee rate, before gas and swaps", Cell(percent(rate), rate), "a year of the position"
    for coin, figure in plan.net_delta.items():
        yield "net delta", figure, coin
    for coin, figure in plan.net_gamma.items():
        yield "net gamma", figure, f"{coin} per {quote}"
    for coin, figure in plan.net_vega.items():
        if figure:
            yield "net vega", figure, f"{quote} per 1.00 of {coin}'s volatility"
    if plan.outcomes.sampled:
        yield "independent outcomes", plan.outcomes.effective, f"of {len(plan.outcomes):,}"
    for name in ("feasibility", "stationarity", "gap"):
        yield f"certificate: {name}", getattr(plan.certificate, name), "relative"
    yield "unique", plan.unique, ""


def _expected(expected: Economics) -> Table:
    parts = [(part.name, part.amount, part.why) for part in expected.parts]
    days = expected.years * 365
    header = ("part", f"expected over {days:.4g} days [{expected.quote}]", "why")
    return of_rows("Expected P&L", header, [*parts, ("total", expected.total, "")])
