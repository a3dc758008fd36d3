"""A plan or a portfolio as the columns of a table of scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lpgreeks.errors import InputError, MarketError, require_positive
from lpgreeks.hedging import HedgePlan
from lpgreeks.hedging.horizon import today
from lpgreeks.instruments import Cash, Exposure, Instrument, Marked, Option, Portfolio, Position, option_of, together
from lpgreeks.scenarios.book import NOTHING, Book, Holding
from lpgreeks.scenarios.flow import Flow, flow_of, flow_on
from lpgreeks.scenarios.liquidation import Liquidation, liquidation_of
from lpgreeks.tokens import coin_of, counted_as, find_token, market_pair, price_of

__all__ = ["book_of_exposure", "book_of_plan"]

_YEAR = 365.0


def book_of_exposure(
    held: Exposure, start: float | Mapping[str, float], volatility: float | None, income_per_day: float
) -> Book:
    """A portfolio: what is held in tokens by coin, and each contract in a column of its own."""
    now = today(held, volatility, None)
    _require_marked(now)
    if not now.markets:
        raise InputError("an exposure to a price", got="cash alone")
    start = _start(start, now)
    return Book(holdings=_named(_columns(now)), accounts=(), start=start, income_per_day=income_per_day)


def book_of_plan(plan: HedgePlan, reach: tuple[float, float], income_per_day: float) -> Book:
    """A plan: what is hedged, each leg that is traded, what is posted, and what opening the legs cost."""
    exposure, *columns = map(_on_its_market, plan.today)
    start = _start(plan.start, together((exposure, *columns, *(leg.instrument for leg in plan.legs))))
    accounts: list[Liquidation] = []
    lost: dict[int, tuple[int, Exposure]] = {}
    for pledge, account, posted in zip(plan.pledges, plan.accounts, plan.best.collateral, strict=True):
        if account is None:
            continue
        accounts.append(liquidation_of(account, pledge.name, plan.start, reach))
        sizes = {j: abs(plan.quantities[j]) * plan.notional(plan.legs[j]) for j in pledge.legs}
        for j, size in sizes.items():
            lost[j] = len(accounts) - 1, _gone(plan, pledge.token, j, posted * size / sum(sizes.values()))
    traded = []
    for j, (leg, q, now) in enumerate(zip(plan.legs, plan.quantities, columns, strict=False)):
        if q:
            account_of, gone = lost.get(j, (None, NOTHING))
            traded.append(Holding(column=leg.name, now=q * now, account=account_of, lost=gone, leg=leg, quantity=q))
    holdings = [*_columns(exposure), *traded]
    if plan.collateral.positions and any(plan.best.collateral):
        holdings.append(Holding(column="collateral", now=plan.collateral))
    for h in holdings:
        _require_marked(h.now)
    entry = (_entry(plan, h, start) for h in traded)
    return Book(
        holdings=_named(holdings), accounts=tuple(accounts), start=start,
        entry=tuple(flow for flows in entry for flow in flows), income_per_day=income_per_day,
    )  # fmt: skip


def _on_its_market(exposure: Exposure) -> Portfolio:
    """Options that a plan settles on an earlier day read the price of that day there, and the market itself here."""
    return together(p.quantity * _reading_now(p.instrument) for p in exposure.positions)


def _reading_now(instrument: Instrument) -> Instrument:
    option = instrument.of if isinstance(instrument, Marked) else None
    if not isinstance(instrument, Marked) or not isinstance(option, Option):
        return instrument
    # As such a market is named: after the days to the expiry.
    market = option.market.removesuffix(f"{_YEAR * instrument.years:.10g}d")
    return instrument if market == option.market else replace(instrument, of=replace(option, market=market[:-1]))


def _gone(plan: HedgePlan, token: str, j: int, amount: float) -> Flow:
    contract = plan.legs[j].instrument
    if find_token(token, (contract.quote, contract.base)) == contract.quote:
        return flow_on(contract, dollars=-amount)
    return flow_on(contract, coins=-amount)


def _entry(plan: HedgePlan, h: Holding, start: Mapping[str, float]) -> Iterator[Flow]:
    """What opening a leg cost: a premium beyond its mark, fees and slippage."""
    leg = h.leg
    assert leg is not None
    contract = leg.instrument
    at = start[contract.market]
    if leg.premium is not None:
        marks = [p.quantity * float(p.instrument.value(at)) for p in h.now.positions if option_of(p.instrument)]
        dollars = sum(marks) - plan.premium_of(leg, h.quantity)
        yield flow_on(contract, dollars=dollars)
    if leg.cost_rate():
        yield flow_of(contract, -leg.cost_rate() * abs(h.quantity), start=at, moving=0.0)


def _start(start: float | Mapping[str, float], held: Exposure) -> dict[str, float]:
    """The price of every market, stand-ins for those of the same pair that are not named."""
    named = start if isinstance(start, Mapping) else dict.fromkeys(held.markets, start)
    if not isinstance(start, Mapping) and len({market_pair(m) for m in held.markets}) > 1:
        raise MarketError(
            "a start for every market", got=f"{start!r:.40}", remedy=f"A mapping with {', '.join(held.markets)}"
        )
    return {m: require_positive("start", price_of(m, named)[0], unit="quote per base") for m in held.markets}


def _columns(exposure: Exposure) -> list[Holding]:
    """Tokens by coin, cash with the first of them; contracts one by one."""
    coins: dict[str, list[Position]] = {}
    cash = [p for p in exposure.positions if isinstance(p.instrument, Cash)]
    tokens = [p for p in exposure.positions if p.instrument.in_hand and not isinstance(p.instrument, Cash)]
    for p in tokens:
        coins.setdefault(counted_as(coin_of(p.instrument.market)), []).append(p)
    groups = [Portfolio(tuple(group)) for group in coins.values()]
    if cash:
        groups = [(groups[0] if groups else Portfolio()) + Portfolio(tuple(cash)), *groups[1:]]
    names = ["position"] if len(groups) == 1 else [f"position, {coin}" for coin in coins]
    held = [Holding(column=name, now=group) for name, group in zip(names, groups, strict=True)]
    contracts = [p for p in exposure.positions if not p.instrument.in_hand]
    return [*held, *(Holding(column=_name(p), now=p) for p in contracts)]


def _name(p: Position) -> str:
    option = option_of(p.instrument)
    return p.instrument.name if option is None else option.name


def _named(holdings: list[Holding]) -> tuple[Holding, ...]:
    """Each column once: what bears the name of another is numbered."""
    seen: dict[str, int] = {}
    named = []
    for h in holdings:
        seen[h.column] = seen.get(h.column, 0) + 1
        named.append(h if seen[h.column] == 1 else replace(h, column=f"{h.column} ({seen[h.column]})"))
    return tuple(named)


def _require_marked(exposure: Exposure) -> None:
    for p in exposure.positions:
        if isinstance(p.instrument, Option) and p.instrument.years is not None:
            raise InputError(
                f"a volatility to mark {p.instrument.name} at",
                got="none",
                unit="decimal per year",
                remedy="scenario_table(..., volatility=0.65), or option.marked(volatility=0.65)",
            )
