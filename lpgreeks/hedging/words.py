"""What the numbers of a plan mean, in plain words. Every sentence is earned by a figure of the plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.hedging.objectives import MeanVariance, Variance
from lpgreeks.hedging.plan import HedgePlan
from lpgreeks.hedging.solve import Solution
from lpgreeks.instruments import InversePerp, LinearPerp, UniswapV3
from lpgreeks.measures import Amount, Excess, Value
from lpgreeks.tokens import counted_as, market_pair

__all__ = ["explain"]

# Below this many independent outcomes an in-sample variance is visibly too small (1/30 per fitted leg).
_ENOUGH = 30

# Notionals this close hold each other's value: "equal" to a trader.
_EQUAL_NOTIONAL = 0.01
_NEARLY_EQUAL = 0.1


def explain(plan: HedgePlan, solution: Solution) -> HedgePlan:
    """The plan with its notes written."""
    notes = (
        *plan.notes,
        *_outside(plan),
        *_idle(plan, solution),
        *_exchangeable(plan, solution),
        *_both_amounts(plan),
        *_coin_margined(plan),
        *_basis(plan),
        *_collateral(plan),
        *_constants(plan),
        *_as_good(plan),
        *_premium(plan),
        *_options_alone(plan),
        *_venues(plan),
        *_against_naive(plan),
        *_few(plan),
    )
    return replace(plan, notes=notes)


def _outside(plan: HedgePlan) -> list[str]:
    """Said of a range that the start price is not in."""
    notes = []
    for position in plan.exposure.positions:
        pool = position.instrument
        if isinstance(pool, UniswapV3) and not pool.lower <= plan.start[pool.market] <= pool.upper:
            side = pool.base if plan.start[pool.market] < pool.lower else pool.quote
            notes.append(
                f"At the start, {plan.start[pool.market]:,.6g}, the price is outside the range {pool.lower:,.6g} to "
                f"{pool.upper:,.6g}: the position is all {side}. Check the price and its direction."
            )
    return notes


def _few(plan: HedgePlan) -> list[str]:
    """Said where the sample is worth so little that its own fit flatters it."""
    worth = plan.outcomes.effective
    if not plan.outcomes.sampled or worth >= _ENOUGH:
        return []
    return [
        f"Few independent outcomes ({worth:.1f}): quantities were fitted to the same outcomes that judge them, so the "
        f"risk left is understated and the effectiveness overstated."
    ]


def _idle(plan: HedgePlan, solution: Solution) -> list[str]:
    measures = " nor ".join(map(str, plan.objective.measures))
    does = "moves neither" if len(plan.objective.measures) > 1 else "does not move"
    return [
        f"The {plan.legs[j].name} {does} {measures}: "
        + ("its quantity is what the bounds ask for." if plan.quantities[j] else "it is left at 0.")
        for j in solution.idle
    ]


def _exchangeable(plan: HedgePlan, solution: Solution) -> list[str]:
    notes = []
    for dependence in solution.dependences:
        leg = plan.legs[dependence.leg]
        mix = " plus ".join(
            f"{ratio:,.6g} {plan.legs[i].instrument.unit_text} of the {plan.legs[i].name}"
            for i, ratio in dependence.of.items()
        )
        moved = " and ".join(map(str, plan.objective.measures))
        loaded = [plan.legs[j].name for j in (dependence.leg, *dependence.of) if plan.quantities[j]]
        chosen = (
            f"the tie-break loads the {' and the '.join(loaded)}"
            if plan.pledges
            else "the first leg offered carries it"
        )
        note = (
            f"Exchangeable: 1 {leg.instrument.unit_text} of the {leg.name} moves {moved} exactly as {mix}; any "
            f"split with the same sum is as good, and {chosen}."
        )
        if {type(leg.instrument), *(type(plan.legs[i].instrument) for i in dependence.of)} == {InversePerp, LinearPerp}:
            note += (
                " A coin-margined perpetual pays (1/E - 1/P) coins, which are worth P/E - 1 dollars: a straight line, "
                "like the dollar-margined one. Only collateral, funding and liquidation tell them apart."
            )
        notes.append(note)
    return notes


def _both_amounts(plan: HedgePlan) -> list[str]:
    """Said where a coin-margined long and a dollar-margined short together hold both amounts."""
    amounts = {counted_as(m.token) for m in plan.objective.measures if isinstance(m, Amount)}
    if len(amounts) < 2:
        return []
    sized = [(leg, q * plan.notional(leg)) for leg, q in zip(plan.legs, plan.quantities, strict=True)]
    coin = sum(notional for leg, notional in sized if isinstance(leg.instrument, InversePerp))
    dollar = sum(notional for leg, notional in sized if isinstance(leg.instrument, LinearPerp))
    if not coin > 0 > dollar:
        return []
    quote = plan.exposure.quote
    apart = abs(coin + dollar) / max(coin, -dollar)
    if apart <= _EQUAL_NOTIONAL:
        cancels = (
            "at equal notional their dollar P&L cancels, so both amounts are held but the dollar P&L is what it was "
            "without them, less costs"
        )
    elif apart <= _NEARLY_EQUAL:
        cancels = (
            f"their dollar P&L cancels but for the {apart:.1%} by which they differ: the dollar P&L is nearly what it "
            "was without them, less costs"
        )
    else:
        cancels = f"their dollar P&L cancels only in part: they differ by {apart:.1%}"
    return [
        f"The coin-margined long ({coin:,.0f} {quote}) holds the coin amount and the dollar-margined short "
        f"({-dollar:,.0f} {quote}) the dollar amount; {cancels}."
    ]


def _coin_margined(plan: HedgePlan) -> list[str]:
    """Said of a coin-margined short whose coins take part of its effect back."""
    notes = []
    for pledge, amount in zip(plan.pledges, plan.best.collateral, strict=True):
        if len(pledge.legs) > 1 or not amount:
            continue
        leg, quantity = plan.legs[pledge.legs[0]], plan.quantities[pledge.legs[0]]
        if not isinstance(leg.instrument, InversePerp) or pledge.token != leg.instrument.base or quantity >= 0:
            continue
        price = plan.start[leg.instrument.market]
        leverage = -quantity / (amount * price)
        quote = leg.instrument.quote
        alone = (
            f"a dollar-margined short of {-quantity / price - amount:,.6g} {pledge.token} at {leverage - 1:,.4g} times"
            if leverage > 1
            else "a short smaller than the coins behind it: no price liquidates it"
        )
        notes.append(
            f"The coin-margined short of {-quantity:,.0f} {quote} at {leverage:,.4g} times, with the {amount:,.6g} "
            f"{pledge.token} behind it, is in dollars {alone}, apart from funding and maintenance."
        )
    return notes


def _basis(plan: HedgePlan) -> list[str]:
    """Said of legs whose price is not that of the position: how far the two drift apart over the horizon."""
    notes = []
    for market in plan.exposure.markets:
        own, _ = plan.outcomes.column(market)
        for other in dict.fromkeys(leg.instrument.market for leg in plan.legs):
            column, _ = plan.outcomes.column(other)
            if column == own or market_pair(other) != market_pair(market):
                continue
            apart = plan.outcomes.log_returns[:, column] - plan.outcomes.log_returns[:, own]
            mean = plan.outcomes.weights @ apart
            spread = float(np.sqrt(plan.outcomes.weights @ (apart - mean) ** 2))
            value = abs(plan.total.on(other).delta(plan.start[other])) * plan.start[other] * spread
            notes.append(
                f"Basis: {other} ends apart from {market} with a standard deviation of {spread:.4%} of the price, "
                f"{value:,.2f} {plan.exposure.quote} on the legs: a risk that no quantity of them removes."
            )
    return notes


def _collateral(plan: HedgePlan) -> list[str]:
    """What sets the collateral, and what was taken for granted behind it."""
    notes = []
    traded = [(j, p) for p in plan.pledges for j in p.legs if plan.quantities[j]]
    for pledge, amount in zip(plan.pledges, plan.best.collateral, strict=True):
        if not amount and any(plan.quantities[j] for j in pledge.legs):
            notes.append(
                f"Nothing asks for collateral of {pledge.name}: MaxLeverage, NoLiquidation or a venue's initial "
                "margin would."
            )
    survives = any(name.startswith("survival") for name in (*plan.certificate.binding, *plan.certificate.met))
    bare = [plan.legs[j].name for j, _ in traded if plan.legs[j].maintenance is None]
    if bare and survives:
        notes.append(
            f"No maintenance margin is known for the {' and the '.join(bare)}: taken as 0, so that liquidation is "
            "bankruptcy. Give maintenance= or venue=."
        )
    return notes


def _venues(plan: HedgePlan) -> list[str]:
    """Whose contract each traded leg is, and which of its figures are flagged or missing."""
    notes = []
    for leg, quantity in zip(plan.legs, plan.quantities, strict=True):
        contract = leg.contract
        if contract is None or not quantity:
            continue
        flagged = [f"{what} {' and '.join(flags)}" for what, flags in contract.flags.items()]
        missing = [what for what in ("fee", "lot") if not contract.knows(what)]
        note = f"The {leg.name} is {contract.symbol} of {contract.venue} on {contract.on}, margined in "
        note += f"{contract.margin_token}, by its figures of that day"
        note += f"; flagged: {', '.join(flagged)}" if flagged else ""
        note += f"; not known, and not counted: {' and '.join(missing)}" if missing else ""
        note += (
            "."
            if contract.quote == leg.instrument.quote
            else (f". {leg.instrument.quote} and {contract.quote} counted as one token.")
        )
        notes.append(note)
    return notes


def _constants(plan: HedgePlan) -> list[str]:
    """Said where legs have costs that the objective cannot see."""
    if isinstance(plan.objective, MeanVariance) or not any(leg.fee or leg.funding or leg.slippage for leg in plan.legs):
        return []
    return [
        f"Fees, slippage and expected funding are constants to {plan.objective}: they chose no quantity here. The "
        "expected P&L counts them; MeanVariance weighs them, and LeastCost chooses between equals by them."
    ]


def _as_good(plan: HedgePlan) -> list[str]:
    """Said where other strikes would have done as well: parity makes a put of a call beside a perpetual."""
    if plan.choice is None or not plan.choice.as_good:
        return []
    return [
        f"Exchangeable: {' with '.join(names)} leaves exactly as much; the tie-break chose what takes less capital, "
        "then the options beyond the price."
        for names in plan.choice.as_good
    ]


def _premium(plan: HedgePlan) -> list[str]:
    """Said where options were chosen by an objective to which their premium is nothing."""
    if not plan.objective.about_mean or not plan.premium:
        return []
    what = "paid for" if plan.premium > 0 else "received for"
    return [
        f"The {abs(plan.premium):,.6g} {plan.exposure.quote} {what} options are a constant to {plan.objective}: they "
        "chose no quantity here. CVaR, WorstCase, SemiVariance about zero and MeanVariance count them; PremiumAtMost "
        "caps them."
    ]


def _options_alone(plan: HedgePlan) -> list[str]:
    """Said of options without a contract beside them: the two questions that want opposite signs of calls."""
    if any(leg.option is None for leg in plan.legs) or len(plan.objective.measures) > 1:
        return []
    measure = plan.objective.measures[0]
    if isinstance(measure, Value):
        return [
            f"Options alone hold {measure}: the position is long the coin, so puts are bought and calls sold. Against "
            f'holding it is only short convexity: Excess("{measure.token}") asks about that, and buys both. A '
            "perpetual beside them serves the first question and leaves the second to the options."
        ]
    if isinstance(measure, Excess):
        return [
            f"Options alone hold {measure}: only the position's convexity is bought back, calls and puts alike. The "
            f'coin that it holds stays: Value("{measure.token}") asks about that too, and sells calls.'
        ]
    return []


def _against_naive(plan: HedgePlan) -> list[str]:
    """How far the optimum stands from cancelling the slope at the start, and which side of the price pulls it."""
    measures = plan.objective.measures
    columns = {plan.outcomes.column(m)[0] for m in plan.start}
    straight = all(not end.worth().derivative().moves for end in plan.ends)
    told = len(measures) == 1 and isinstance(measures[0], Value) and len(columns) == 1 and straight
    # Coins posted are exposure too, and the average is that of a least variance.
    told = told and isinstance(plan.objective, Variance) and not plan.collateral.markets
    if plan.naive is None or not told or plan.certificate.binding or len(plan.exposure.markets) != 1:
        return []
    market = plan.exposure.markets[0]
    start = plan.start[market]
    if counted_as(measures[0].token) != counted_as(plan.exposure.quote):
        return []
    held = float(plan.exposure.delta(start))
    bought = float(sum(q * leg.instrument.delta(start) for q, leg in zip(plan.quantities, plan.legs, strict=True)))
    share_below, below, above = _mean_delta(plan, market)
    # Told for a position that holds coins, and more of them the lower the price.
    if not below > held > above >= 0:
        return []
    coin = plan.exposure.bases[0]
    apart = -bought / held - 1.0
    side = f"{abs(apart):.1%} {'below' if apart < 0 else 'above'}" if abs(apart) >= 5e-4 else "level with"
    fewer = (1 - share_below) * abs(above - held) > share_below * abs(below - held)
    upward, downward = (
        f"upward, where the position holds fewer {coin}",
        f"downward, where the position holds more {coin}",
    )
    why = f"{upward}, outweighs {downward}" if fewer else f"{downward}, outweighs {upward}"
    return [
        f"The hedge of {-bought:,.6g} {coin} is {side} the {held:,.6g} {coin} that the position holds at the start. "
        f"It is the position's delta averaged over where the price may go: {below:,.6g} {coin} below the start (weight "
        f"{share_below:.1%}), {above:,.6g} {coin} above it (weight {1 - share_below:.1%}); {why}."
    ]


def _mean_delta(plan: HedgePlan, market: str) -> tuple[float, float, float]:
    r"""``(weight below the start, mean delta below, mean delta above)`` whose weighted mean is the optimum.

    From :math:`\operatorname{Cov}(V, S) = \int V'(x)\, \operatorname{Cov}(1_{S > x}, S)\, dx`, cell by cell between
    the sorted outcomes and the start.
    """
    column, _ = plan.outcomes.column(market)
    start = plan.start[market]
    prices: FloatArray = start * np.exp(plan.outcomes.log_returns[:, column])
    order = np.argsort(prices)
    prices, weights = prices[order], plan.outcomes.weights[order]
    mean = weights @ prices
    # Cov(1{S > x}, S) on the cell that follows each sorted price.
    kernel = np.cumsum(((prices - mean) * weights)[::-1])[::-1][1:]
    share, delta = [], []
    for low, high in ((0.0, start), (start, np.inf)):
        edges = np.clip(prices, low, high)
        weight = kernel * np.diff(edges)
        moved = kernel * np.diff(plan.exposure.value(edges))
        share.append(float(weight.sum()))
        delta.append(float(moved.sum() / weight.sum()) if weight.sum() > 0 else np.nan)
    return share[0] / sum(share), delta[0], delta[1]
