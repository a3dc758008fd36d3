"""The hedge problem: what is offered, over which outcomes, judged by what, within which bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np

from lpgreeks.errors import InfeasibleError, InputError, TokenError
from lpgreeks.hedging.capital import PoolSize
from lpgreeks.hedging.choice import AtMost, WholeLots
from lpgreeks.hedging.constraints import Constraint, QuantityBounds
from lpgreeks.hedging.horizon import expiry_notes, from_the_horizon, on_days
from lpgreeks.hedging.judged import leaving, plan_of
from lpgreeks.hedging.legs import Leg, pledges
from lpgreeks.hedging.objectives import LeastCapital, LeastCost, Objective
from lpgreeks.hedging.optimum import require_known_margins, shared_by_the_traded, solved
from lpgreeks.hedging.plan import HedgePlan
from lpgreeks.hedging.problem import Model, Problem
from lpgreeks.hedging.search import chosen
from lpgreeks.hedging.sizing import best_effectiveness, sized
from lpgreeks.hedging.solve import Solution
from lpgreeks.hedging.survival import NoLiquidation, the_range
from lpgreeks.hedging.ways_out import Refusal, clash, infeasible
from lpgreeks.hedging.words import explain
from lpgreeks.instruments import Call, Exposure, Instrument, option_of, together
from lpgreeks.margin import Schedule
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.recipes import recorded
from lpgreeks.tokens import counted_as, find_token

__all__ = ["hedge", "planned"]

# A measure that varies by less than this share of its own change varies by rounding.
_NOISE = 1e-13

# A premium below the payoff at the start by more than this share of the price was quoted at another price.
_OFF = 0.05


@recorded
def hedge(
    exposure: Exposure,
    legs: Sequence[Leg | Instrument],
    over: Model | Paths | Outcomes,
    *,
    objective: Objective,
    constraints: Sequence[Constraint] = (),
    tie_break: LeastCapital | LeastCost = LeastCapital(),  # noqa: B008
    exit: Literal["held", "range"] = "held",
) -> HedgePlan:
    r"""The quantities of ``legs``, and the collateral behind them, that make ``objective`` least.

    .. math::
        \min_{q,\, c} \; R\Big(\Delta M(\text{exposure}) + \sum_j q_j\, \Delta M(\text{leg}_j)
            + \sum_k c_k\, \Delta M(\text{collateral}_k)\Big)

    Collateral in coins is exposure and counts. Without binding constraints a variance is solved in closed form;
    otherwise by a convex program. Where several hedges are equally good the tie-break chooses, and what it
    leaves open goes to the legs in the order given.

    Args:
        exposure: what is hedged: an instrument, a position or a portfolio.
        legs: what is offered, +1 long: instruments, or :class:`Leg` with collateral, costs and margin.
            Quantities come out signed, negative is short.
        over: a model (exact nodes), paths (their ends, each 1/n), or a table of outcomes.
        objective: :class:`Variance`, :class:`SemiVariance`, :class:`CVaR`, :class:`WorstCase`,
            :class:`MeanVariance` of a measure.
        constraints: what must hold: bounds, leverage, budget, no liquidation.
        tie_break: which of equally good hedges.
        exit: "held": every path runs to its end. "range": it ends at the close of the first step that
            leaves the exposure's range, hedge and position closed together. Paths only.

    Returns:
        The plan: quantities, collateral, risk before and after, proof, words, plots.

    Raises:
        InputError: no legs, a leg twice, no leg that moves the measure, fewer outcomes than legs.
        TokenError: a quote or a measure's token that the problem does not have.
        MarketError: a market whose price ``over`` does not have.
        DataError: a position beyond the part of a margin table that is known.
        InfeasibleError: constraints that nothing satisfies; names them and the nearest way out.

    Example:
        >>> import lpgreeks as lp
        >>> pool = lp.UniswapV2.from_value(100_000, base="ETH", quote="USDC", price=1_900)
        >>> perp = lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)
        >>> week = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
        >>> plan = lp.hedge(pool, [perp], week, objective=lp.Variance(lp.Value("USDC")))
        >>> round(plan.quantities[0], 3), f"{plan.effectiveness:.2%}"
        (-26.236, '99.90%')
    """
    return planned(
        exposure,
        legs,
        over,
        objective=objective,
        constraints=constraints,
        tie_break=tie_break,
        exit=exit,
        refuse=infeasible,
    )


def planned(
    exposure: Exposure,
    legs: Sequence[Leg | Instrument],
    over: Model | Paths | Outcomes,
    *,
    objective: Objective,
    constraints: Sequence[Constraint],
    tie_break: LeastCapital | LeastCost,
    exit: str,
    refuse: Refusal,
) -> HedgePlan:
    """What :func:`hedge` answers; ``refuse`` says what is wrong where nothing satisfies the constraints."""
    offered, constraints = _checked(exposure, legs, objective, constraints, tie_break)
    problem = _posed(exposure, legs=offered, over=over, objective=objective, exit=exit)
    _require_something_to_do(problem, objective)
    _require_premiums(problem, objective)
    sizes = [c for c in constraints if isinstance(c, PoolSize)]
    others = [c for c in constraints if not isinstance(c, PoolSize)]
    if len(sizes) > 1:
        raise InputError("one PoolSize", got=f"{len(sizes)} of them", remedy="Give the narrower bounds in one")
    if sizes:
        size = sized(problem, others, sizes[0])
        problem = replace(problem, exposure=size * exposure)
    for constraint in others:
        constraint.check(problem)
        if isinstance(constraint, QuantityBounds):
            # A leg that is none is refused before any is chosen.
            constraint.rows(problem)

    def solve(part: Problem, within: Sequence[Constraint], refuse: Refusal = clash) -> tuple[Problem, Solution]:
        rebuild = partial(_posed, legs=part.legs, over=over, objective=objective, exit=exit)
        within = _on_legs(within, part)
        part, solution = solved(part, objective, within, tie_break, rebuild, refuse)
        if any(isinstance(c, NoLiquidation) and c.probability is not None for c in within):
            part, solution = shared_by_the_traded(part, solution, objective, within, tie_break, rebuild, refuse)
        return part, solution

    choice = None
    if any(isinstance(c, (AtMost, WholeLots)) for c in others):
        problem, solution, choice = chosen(problem, objective, others, tie_break, solve)
    else:
        problem, solution = solve(problem, others, refuse)
    require_known_margins(problem, solution)
    plan = replace(plan_of(problem, solution, objective), choice=choice)
    plan = replace(plan, unique=plan.unique and not (choice is not None and choice.as_good))
    held = [*(p.instrument for p in exposure.positions), *(leg.instrument for leg in offered)]
    plan = replace(plan, assumptions=(*plan.assumptions, *expiry_notes(held, problem.years)))
    # Sizes that grow with the price may leave the known table on the way: an error here, not where it is printed.
    if any(s.up_to < np.inf for leg in offered for s in (leg.maintenance, leg.initial) if s is not None):
        plan.liquidations()
    notes = [f"The position's size gave way: {size:.6g} of what was given is the largest that fits."] if sizes else []
    if exit != "range":
        notes += leaving(exposure, over)
    if plan.certificate.binding and (best := best_effectiveness(problem)) > plan.effectiveness + 1e-4:
        names = " and ".join(plan.certificate.binding)
        notes.append(
            f"What binds holds the hedge back: {names}. Without that up to {best:.2%} of the variance would go."
        )
    return explain(replace(plan, notes=tuple(notes)), solution)


def _on_legs(constraints: Sequence[Constraint], part: Problem) -> list[Constraint]:
    """The constraints without bounds on legs that were not chosen, whose quantity is 0."""
    instruments = {leg.instrument for leg in part.legs}
    kept = []
    for constraint in constraints:
        if not isinstance(constraint, QuantityBounds) or constraint.of in part.legs or constraint.of in instruments:
            kept.append(constraint)
        elif not constraint.lower <= 0 <= constraint.upper:
            raise InfeasibleError("a choice with every leg that a bound asks for", got=f"none of {constraint.of.name}")
    return kept


def _posed(
    exposure: Exposure,
    *,
    legs: tuple[Leg, ...],
    over: Model | Paths | Outcomes,
    objective: Objective,
    exit: str,
    tiers: Mapping[tuple[int, str], Schedule] | None = None,
) -> Problem:
    if exit not in ("held", "range"):
        raise InputError('exit "held" or "range"', got=repr(exit))
    years = _horizon(over)
    if exit == "range":
        if not isinstance(over, Paths):
            raise InputError('paths for exit="range"', got=type(over).__name__, remedy="Draw some: model.sample(...)")
        held = together((exposure, *(leg.instrument for leg in legs)))
        if any(option_of(p.instrument) is not None for p in held.positions):
            raise InputError(
                "no options where position and hedge are closed at an exit",
                got="options",
                remedy='exit="held": what an option is worth at an exit is no payoff',
            )
        pool = the_range(exposure)
        years = over.years_to_exit(market=pool.market, lower=pool.lower, upper=pool.upper)
        over = over.stopped_at_exit(market=pool.market, lower=pool.lower, upper=pool.upper)
    behind = pledges(legs)
    exposure, ends, days = from_the_horizon(exposure, legs, over, years)
    everything = together((exposure, *ends, *(p.holding for p in behind)))
    outcomes = _outcomes(everything, over, days)
    if outcomes.sampled and len(outcomes) <= len(legs):
        raise InputError(
            f"more outcomes than the {len(legs)} legs",
            got=f"{len(outcomes)} outcomes",
            remedy="A variance needs several paths: more history, a shorter step between windows, or a model",
        )
    return Problem(
        exposure=exposure,
        legs=legs,
        pledges=behind,
        ends=ends,
        over=over,
        outcomes=outcomes,
        measures=objective.measures,
        years=years,
        tiers=tiers or {},
    )


def _horizon(over: Model | Paths | Outcomes) -> float | None:
    if isinstance(over, Paths):
        return float(over.years[-1])
    return getattr(over, "years", None)


def _checked(
    exposure: Exposure,
    legs: Sequence[Leg | Instrument],
    objective: Objective,
    constraints: Sequence[Constraint],
    tie_break: LeastCapital | LeastCost,
) -> tuple[tuple[Leg, ...], tuple[Constraint, ...]]:
    """The legs and the constraints as tuples, or an error at the first argument that is no part of a problem."""
    if not isinstance(exposure, Exposure):
        raise InputError("an exposure: an instrument, a position or a portfolio", got=f"{exposure!r:.60}")
    if not isinstance(objective, Objective):
        raise InputError("an objective", got=f"{objective!r:.60}", remedy='Variance(Value("USDC"))')
    if not isinstance(tie_break, (LeastCapital, LeastCost)):
        raise InputError(
            "a tie-break: LeastCapital() or LeastCost()", got=f"{tie_break!r:.60}", remedy="tie_break=LeastCost()"
        )
    if not isinstance(legs, (list, tuple)) or not all(isinstance(leg, (Leg, Instrument)) for leg in legs):
        raise InputError(
            "legs as a list of instruments, +1 long", got=f"{legs!r:.80}", remedy="Quantities are the answer"
        )
    if not isinstance(constraints, (list, tuple)) or not all(isinstance(c, Constraint) for c in constraints):
        raise InputError("constraints as a list of bounds", got=f"{constraints!r:.80}", remedy="[MaxLeverage(5)]")
    if not legs:
        raise InputError("at least one leg", got="none", remedy="Offer a LinearPerp or an InversePerp")
    offered = tuple(leg if isinstance(leg, Leg) else Leg(leg) for leg in legs)
    if len(set(offered)) < len(offered):
        raise InputError("each leg once", got=", ".join(leg.name for leg in offered))
    for leg in offered:
        if counted_as(leg.instrument.quote) != counted_as(exposure.quote):
            raise TokenError(
                f"legs quoted in {exposure.quote}, as the exposure is",
                got=f"{leg.instrument.label} in {leg.instrument.quote}",
                remedy=f"dataclasses.replace(leg, quote={exposure.quote!r}) declares the two tokens equal",
            )
    tokens = (*together((exposure, *(leg.instrument for leg in offered))).bases, exposure.quote)
    for measure in objective.measures:
        if find_token(measure.token, tokens) is None:
            raise TokenError(f"a measure in {', '.join(tokens)}", got=measure)
    return offered, tuple(constraints)


def _outcomes(everything: Exposure, over: Model | Paths | Outcomes, days: Mapping[str, tuple[str, float]]) -> Outcomes:
    """End prices, and those of the days on which options expire before the end, as markets of their own."""
    if isinstance(over, Paths):
        return over.outcomes(days)
    if isinstance(over, Outcomes):
        return over
    if not hasattr(over, "nodes"):
        remedy = "Cut a history into paths: history.windows('7D', step='1D', start=...)"
        raise InputError("a model, paths or outcomes to hedge over", got=type(over).__name__, remedy=remedy)
    kinks: dict[str, set[float]] = {market: set() for market in everything.markets}
    for position in everything.positions:
        if position.instrument.market:
            kinks[position.instrument.market].update(*(curve.kinks for curve in position.instrument.amounts))
    return (on_days(over, days) if days else over).nodes(kinks)


def _require_premiums(problem: Problem, objective: Objective) -> None:
    """An error where an option is quoted at another price than the problem starts at, or would be had for nothing."""
    paid, received = problem.premiums
    for j, (leg, end) in enumerate(zip(problem.legs, problem.ends, strict=True)):
        if leg.option is None or leg.premium is None:
            continue
        start = problem.start[end.market]
        least, most = float(leg.option.payoff(start)), start if isinstance(leg.option, Call) else leg.option.strike
        if paid[j] < least - _OFF * start or received[j] > most + _OFF * start:
            quote = problem.exposure.quote
            raise InputError(
                f"premiums of options where {end.market} stands at {start:,.6g}",
                got=f"{leg.name} from {received[j]:,.6g} to {paid[j]:,.6g} {quote}, paying {least:,.6g} there",
                remedy="Start at the price that the chain was quoted at: its index",
            )
    free = [leg.name for leg in problem.legs if leg.option is not None and leg.premium is None]
    if free and not objective.about_mean:
        raise InputError(
            f"a premium of every option, which {objective} counts",
            got=f"none of {free[0]}" + (f" and {len(free) - 1:,} others" if len(free) > 1 else ""),
            remedy="Premium(ask=..., bid=...); a fair one is option.marked(volatility=0.6, years=...).value(price)",
        )


def _require_something_to_do(problem: Problem, objective: Objective) -> None:
    """An error for an exposure that never moves, for measures that are one, and for legs that move nothing."""
    a, b = problem.least_squares()
    moved, _ = problem.changes
    root = np.sqrt(problem.outcomes.weights)
    if not np.linalg.norm(b) > _NOISE * np.linalg.norm(root[:, None] * moved):
        raise InputError(
            "an exposure whose measure varies over the outcomes",
            got=f"{' and '.join(map(str, objective.measures))} of it never changes",
            remedy="There is nothing to hedge; check the token, the range and the outcomes",
        )
    count = moved.shape[1]
    if any((moved[:, [i]] == moved[:, i + 1 :]).all(axis=0).any() for i in range(count - 1)):
        raise InputError("measures that differ", got=objective, remedy="Two names of one token are one measure")
    if not np.linalg.norm(a[:, : len(problem.legs)]) > 0:
        labels = ", ".join(leg.instrument.label for leg in problem.legs)
        raise InputError(
            "a leg that moves what is measured",
            got=f"none of {labels} moves {' or '.join(map(str, objective.measures))}",
            remedy="A coin-margined leg moves the coins, a dollar-margined one the dollars; both move the value",
        )
