"""The verb: what a plan or a portfolio makes in every scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks.errors import InputError, TokenError, require_finite, require_positive
from lpgreeks.hedging import HedgePlan
from lpgreeks.hedging.horizon import knows_options
from lpgreeks.instruments import Exposure, Marked, Option
from lpgreeks.measures import Measure, Value
from lpgreeks.paths.rows import read_only
from lpgreeks.recipes import recorded
from lpgreeks.scenarios.axes import ScenarioCase, days_axis, funding_axis, moves_axis, prices_axis, volatility_axis
from lpgreeks.scenarios.book import Book
from lpgreeks.scenarios.holdings import book_of_exposure, book_of_plan
from lpgreeks.scenarios.profit import Profit
from lpgreeks.scenarios.stress import Stress
from lpgreeks.scenarios.table import ScenarioTable
from lpgreeks.tokens import find_token, market_pair, price_of

__all__ = ["scenario_table"]

_MOVES = (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3)


@recorded
def scenario_table(
    held: HedgePlan | Exposure,
    *,
    start: float | Mapping[str, float] | None = None,
    moves: ArrayLike | Stress | None = None,
    prices: ArrayLike | None = None,
    volatilities: ArrayLike = (0.0,),
    days: ArrayLike = (0.0,),
    funding: ArrayLike | None = None,
    measure: Measure | None = None,
    income_per_day: float = 0.0,
    volatility: float | None = None,
) -> ScenarioTable:
    r"""P&L by component in every combination of a move, a shift of volatility, a number of days and a funding rate.

    In each scenario every price is :math:`P_0 (1 + m)`, and a component makes

    .. math::
        M_{\sigma + s,\; T - d/365}(P_0 (1 + m)) - M_{\sigma,\; T}(P_0)

    with ``M`` the measure of what is held. Components add up to the total. The rules:

    - funding is ``-rate * 3 * days`` of the position value, half of it at the start's price and half at the row's, in
      the margin token; > 0: longs pay shorts;
    - a leg's fee and slippage are paid at the start's price when opened, and at the row's when closed, in its margin
      token; a premium counts what it lies beyond the option's mark;
    - an option past its expiry was settled on the straight line from the start to the row's price, and held in quote;
    - where an account is liquidated on the way, its legs have lost the collateral and nothing else: no funding, no
      cost of closing. Several legs share the loss by their notional at the start.

    Args:
        held: a plan, with its collateral, costs and premiums; or an exposure, whose contracts are held without an
            account. An option that does not know its years is its payoff; one that does is marked.
        start: the price now, or one by market; a plan knows its own.
        moves: of every price, decimals, ascending: -0.3 is a fall of 30 %. Or days of a history: a
            :class:`Stress`, whose lows and highs decide what is liquidated. -30 % to 30 % unless said.
        prices: in place of moves, of the one coin, quote per base.
        volatilities: shifts of every option's implied volatility, decimals: 0.2 is 20 points.
        days: since the start.
        funding: rates per eight hours, decimals; what the legs expect unless said.
        measure: what is counted; the value in quote unless said.
        income_per_day: what is earned meanwhile, in quote: fees less costs.
        volatility: per year, a decimal, at which options of an exposure are marked that know their years.

    Raises:
        InputError: an axis that is empty, not ascending, or in percent; a volatility that a shift leaves at 0 or less;
            days beyond the end of a marked position that is no option.
        TokenError: a measure in a token that is not held.
        MarketError: no start for a market.
    """
    if moves is not None and prices is not None:
        raise InputError("moves or prices", got="both", remedy="A price is a move from the start")
    stress = moves if isinstance(moves, Stress) else None
    if stress is not None:
        axis = tuple(window.move for window in stress.windows)
    elif prices is not None:
        axis = prices_axis(prices, _one_price(held, start))
    else:
        axis = moves_axis(_MOVES if moves is None else moves)  # type: ignore[arg-type]
    row = np.array(axis)
    lows, highs = np.minimum(row, 0.0), np.maximum(row, 0.0)
    if stress is not None:
        lows, highs = (np.array([getattr(w, name) for w in stress.windows]) for name in ("low", "high"))
    income = require_finite("income_per_day", income_per_day, unit="quote per day")
    book = _book(held, start, (float(1.0 + lows.min()), float(1.0 + highs.max())), volatility, income)
    everything = book.everything
    kept = Value(everything.quote) if measure is None else measure
    _require_measure(kept, everything)
    shifts, times = volatility_axis(volatilities), days_axis(days)
    rates = funding_axis((book.own_funding,) if funding is None else funding)
    ended = [account.hit(1.0 + lows, 1.0 + highs) for account in book.accounts]
    profit = Profit(book=book, measure=kept)
    cases = [profit.columns(ScenarioCase(s, d, r), row, ended) for s in shifts for d in times for r in rates]
    # An option that has expired has no cost of closing: its column is there all the same.
    names = dict.fromkeys(name for columns in cases for name in columns)
    made = {name: np.array([columns.get(name, 0.0 * row) for columns in cases]) for name in names}
    shape = (len(shifts), len(times), len(rates), row.size)
    return ScenarioTable(
        moves=read_only(row),
        labels=("",) * row.size if stress is None else tuple(w.label for w in stress.windows),
        volatilities=shifts,
        days=times,
        funding=rates,
        start=book.start,
        measure=kept,
        columns={name: read_only(np.moveaxis(rows.reshape(shape), -1, 0)) for name, rows in made.items()},
        liquidations=book.accounts,
        liquidated=read_only(np.array(ended, dtype=bool).reshape(len(ended), row.size).T),
        notes=(*_rules(book, max(times)), *everything.assumptions, *(stress.notes if stress else ())),
        profit=profit,
    )


def _one_price(held: HedgePlan | Exposure, start: float | Mapping[str, float] | None) -> float:
    exposure, given = (held.exposure, held.start) if isinstance(held, HedgePlan) else (held, start)
    if given is None:
        raise InputError("the price at the start", got="none", remedy="start=1_900")
    if len({market_pair(market) for market in exposure.markets}) != 1:
        raise InputError("moves, unless of one coin", got="prices", remedy="All prices move by the same share")
    first = price_of(exposure.markets[0], given)[0] if isinstance(given, Mapping) else given
    return require_positive("start", first, unit="quote per base")


def _book(
    held: HedgePlan | Exposure,
    start: float | Mapping[str, float] | None,
    reach: tuple[float, float],
    volatility: float | None,
    income_per_day: float,
) -> Book:
    if isinstance(held, HedgePlan):
        for name, given in (("start", start), ("volatility", volatility)):
            if given is not None:
                raise InputError(f"no {name} beside a plan, which knows its own", got=f"{given!r:.40}")
        return book_of_plan(held, reach, income_per_day)
    if not isinstance(held, Exposure):
        raise InputError(
            "a plan or an exposure", got=f"{held!r:.60}", remedy="lp.hedge(...), or a portfolio: pool - 24 * perp"
        )
    if start is None:
        raise InputError("the price at the start", got="none", remedy="start=1_900")
    if volatility is not None:
        require_positive("volatility", volatility, unit="decimal per year", remedy="65 % is 0.65")
    return book_of_exposure(held, start, volatility, income_per_day)


def _require_measure(measure: Measure, everything: Exposure) -> None:
    if not isinstance(measure, Measure):
        raise InputError("a measure", got=f"{measure!r:.40}", remedy='lp.Value("USDC"), lp.Amount("ETH")')
    tokens = (*everything.bases, everything.quote)
    if find_token(measure.token, tokens) is None:
        raise TokenError(f"a measure in {', '.join(tokens)}", got=measure)


def _rules(book: Book, days: float) -> Iterator[str]:
    """What was taken as given, as far as it matters here."""
    held = [p.instrument for p in book.everything.positions]
    if len(book.start) > 1:
        yield f"the prices of {', '.join(book.start)} move by the same share"
    if any(isinstance(i, Option) for i in held):
        yield "options that do not know their years count as their payoff"
    if not knows_options((book.everything,)):
        yield "nothing held depends on implied volatility"
    if any(isinstance(i, Marked) and 365.0 * i.years < days for i in held):
        yield "options that expired before a row's day were settled on the straight line to its price, in quote"
    if book.perpetuals and days:
        yield "funding is counted half at the start's price and half at the row's; it moves no liquidation price"
    if book.accounts:
        yield (
            "where an account is liquidated on the way its legs have lost the collateral: no funding, no closing cost"
        )
    elif book.perpetuals:
        yield "no collateral is stated behind the contracts: nothing is liquidated"
