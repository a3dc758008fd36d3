"""The hedge problem: what is offered, over which outcomes, judged by what, within which bounds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InfeasibleError, InputError, LPGreeksError, TokenError
from lpgreeks.hedging.box import Box
from lpgreeks.hedging.capital import NoDebt, PoolSize
from lpgreeks.hedging.constraints import Constraint, EffectivenessAtLeast, OneSide, QuantityBounds
from lpgreeks.hedging.legs import Leg, pledges
from lpgreeks.hedging.objectives import LeastCapital, LeastCost, Objective, Variance
from lpgreeks.hedging.plan import Hedged, HedgePlan
from lpgreeks.hedging.problem import Model, Problem
from lpgreeks.hedging.program import Program
from lpgreeks.hedging.solve import Solution, behind, sizes_of, solve, with_least_collateral
from lpgreeks.hedging.survival import InitialMargin, NoLiquidation, more_tangents, ranges, the_range
from lpgreeks.hedging.ways_out import Refusal, infeasible
from lpgreeks.hedging.words import explain
from lpgreeks.instruments import Exposure, Instrument, Margined
from lpgreeks.margin import Flat, Proportional, Schedule, counts_value
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.powers import Powers
from lpgreeks.tokens import coin_of, counted_as, find_token

__all__ = ["hedge", "planned"]

# A measure that varies by less than this share of its own change varies by rounding.
_NOISE = 1e-13

# Two legs whose slopes at the start, scaled to 1, differ by less are one leg to the naive hedge.
_SAME_SLOPE = 1e-9

# Rounds of tangents to curved margins; each one halves the distance at least.
_MOST_ROUNDS = 30

# A size stops this short of its tier's end: beyond it, by rounding even, the next tier's margin is asked for.
_SHORT_OF = 3e-10

# The largest size is stepped back by this share from the edge where nothing is left to choose.
_STEP_BACK = 1e-7


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
    sizes = [c for c in constraints if isinstance(c, PoolSize)]
    others = [c for c in constraints if not isinstance(c, PoolSize)]
    if sizes:
        size = _sized(problem, others, sizes[0])
        problem = replace(problem, exposure=size * exposure)
    for constraint in others:
        constraint.check(problem)
    rebuild = partial(_posed, legs=offered, over=over, objective=objective, exit=exit)
    problem, solution = _solved(problem, objective, others, tie_break, rebuild, refuse)
    if any(isinstance(c, NoLiquidation) and c.probability is not None for c in others):
        problem, solution = _shared_by_the_traded(problem, solution, objective, others, tie_break, rebuild, refuse)
    _require_known_margins(problem, solution)
    plan = _plan(problem, solution, objective)
    # Sizes that grow with the price may leave the known table on the way: an error here, not where it is printed.
    if any(s.up_to < np.inf for leg in offered for s in (leg.maintenance, leg.initial) if s is not None):
        plan.liquidations()
    notes = [f"The position's size gave way: {size:.6g} of what was given is the largest that fits."] if sizes else []
    if exit != "range":
        notes += _leaving(exposure, over)
    return explain(replace(plan, notes=tuple(notes)), solution)


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
        pool = the_range(exposure)
        years = over.years_to_exit(market=pool.market, lower=pool.lower, upper=pool.upper)
        over = over.stopped_at_exit(market=pool.market, lower=pool.lower, upper=pool.upper)
    behind = pledges(legs)
    everything = sum((*(leg.instrument for leg in legs), *(p.holding for p in behind)), start=exposure)
    outcomes = _outcomes(everything, over)
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
    tokens = (*sum((leg.instrument for leg in offered), start=exposure).bases, exposure.quote)
    for measure in objective.measures:
        if find_token(measure.token, tokens) is None:
            raise TokenError(f"a measure in {', '.join(tokens)}", got=measure)
    return offered, tuple(constraints)


def _outcomes(everything: Exposure, over: Model | Paths | Outcomes) -> Outcomes:
    if isinstance(over, Paths):
        return over.outcomes()
    if isinstance(over, Outcomes):
        return over
    if not hasattr(over, "nodes"):
        remedy = "Cut a history into paths: history.windows('7D', step='1D', start=...)"
        raise InputError("a model, paths or outcomes to hedge over", got=type(over).__name__, remedy=remedy)
    return over.nodes(k for p in everything.positions for powers in p.instrument.amounts for k in powers.kinks)


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


# ---- the optimum


def _solved(
    problem: Problem,
    objective: Objective,
    constraints: Sequence[Constraint],
    tie_break: LeastCapital | LeastCost,
    rebuild: Callable[..., Problem],
    refuse: Refusal,
) -> tuple[Problem, Solution]:
    """The best over every choice of tiers of flat schedules; one choice where there are none."""
    best: tuple[tuple[float, float], Problem, Solution] | None = None
    for i, (tiers, caps) in enumerate(_tiers(problem)):
        tiered = _with_tiers(problem, tiers)
        every = [*constraints, *caps]
        try:
            met, solution = _met(tiered, objective, every, tie_break)
        except InfeasibleError:
            if not i:
                # The lowest tiers without their caps ask for the least: where they fail, all do.
                break
            continue
        if not i:
            if _within_lowest_tiers(problem, solution.x):
                return met, solution
            continue
        signed, absolute = tie_break.costs(met)
        figures = objective.value(met, solution.x), float(signed @ solution.x + absolute @ np.abs(solution.x))
        if best is None or _better(figures, best[0]):
            best = figures, met, solution
    if best is None:
        # Said for the highest tiers: what is enough for them is enough for all.
        tiers = {(j, name): schedule.tiers[-1] for j, name, schedule in _flat(problem)}
        tiered, every = _with_tiers(problem, tiers), [*constraints]
        raise refuse(tiered, [*every, *_own_terms(tiered)], partial(rebuild, tiers=tiers)) from None
    return best[1:]


def _better(figures: tuple[float, float], best: tuple[float, float]) -> bool:
    """Whether the objective is less, or as good and the tie-break's figure less."""
    for figure, least in zip(figures, best, strict=True):
        if abs(figure - least) > _STEP_BACK * abs(least):
            return figure < least
    return False


def _with_tiers(problem: Problem, tiers: dict[tuple[int, str], Schedule]) -> Problem:
    """The problem on chosen tiers; itself without any, with all that was computed for it."""
    return replace(problem, tiers=tiers) if tiers else problem


def _shared_by_the_traded(
    problem: Problem,
    solution: Solution,
    objective: Objective,
    constraints: Sequence[Constraint],
    tie_break: LeastCapital | LeastCost,
    rebuild: Callable[..., Problem],
    refuse: Refusal,
) -> tuple[Problem, Solution]:
    """The optimum again where some accounts stayed empty: a chance is shared by those that are used."""
    used = tuple(k for k, p in enumerate(problem.pledges) if any(solution.x[j] for j in p.legs))
    if not 0 < len(used) < len(problem.pledges):
        return problem, solution
    idle = [j for k, p in enumerate(problem.pledges) if k not in used for j in p.legs]
    closed = [QuantityBounds(of=problem.legs[j], lower=0.0, upper=0.0) for j in idle]
    again = replace(problem, traded=used, tiers={})
    return _solved(again, objective, [*constraints, *closed], tie_break, rebuild, refuse)


def _flat(problem: Problem) -> list[tuple[int, str, Flat]]:
    """Which leg has which terms in flat tiers."""
    return [
        (j, name, schedule)
        for j, leg in enumerate(problem.legs)
        for name in ("maintenance", "initial")
        if isinstance(schedule := getattr(leg, name), Flat)
    ]


def _tiers(problem: Problem) -> Iterator[tuple[dict[tuple[int, str], Schedule], list[Constraint]]]:
    """The lowest tier of every flat schedule for any size; then each choice of tiers, with the caps they come with."""
    flat = _flat(problem)
    yield {(j, name): schedule.tiers[0] for j, name, schedule in flat}, []
    for chosen in itertools.product(*(schedule.tiers for _, _, schedule in flat)) if flat else ():
        tiers = [(j, name, tier) for (j, name, _), tier in zip(flat, chosen, strict=True)]
        # The last tier has no cap: a size beyond the known table is an error, not a bound.
        caps = [
            (problem.legs[j], _most(problem, j, name, tier) * (1.0 - _SHORT_OF))
            for (j, name, tier), (_, _, schedule) in zip(tiers, flat, strict=True)
            if tier.up_to < schedule.up_to
        ]
        yield (
            {(j, name): tier for j, name, tier in tiers},
            [QuantityBounds(of=leg, lower=-most, upper=most) for leg, most in caps if np.isfinite(most)],
        )


def _most(problem: Problem, j: int, name: str, tier: Proportional) -> float:
    """The greatest quantity of a leg inside a tier."""
    contract = problem.legs[j].instrument
    assert isinstance(contract, Margined)
    if not counts_value(tier, contract):
        return tier.up_to
    if name != InitialMargin.terms:
        raise InputError(
            f"flat maintenance tiers counted in {contract.size_token}, in which a size stands still",
            got=f"in {tier.unit}, in which it moves with the price",
            remedy="Convert the tiers' edges at the start price",
        )
    return tier.up_to / float(contract.position_value(problem.start[contract.market]))


def _within_lowest_tiers(problem: Problem, x: FloatArray) -> bool:
    return all(abs(x[j]) <= _most(problem, j, name, flat.tiers[0]) for j, name, flat in _flat(problem))


def _met(
    problem: Problem, objective: Objective, constraints: Sequence[Constraint], tie_break: LeastCapital | LeastCost
) -> tuple[Problem, Solution]:
    """The optimum with every curved margin met by a tangent where it stands."""
    every = [*constraints, *_own_terms(problem)]
    for _ in range(_MOST_ROUNDS):
        rows = [row for c in every for row in c.rows(problem)]
        cones = [cone for c in every for cone in c.cones(problem)]
        solution = solve(problem, objective, rows, cones, tie_break)
        curved = more_tangents(problem, solution.x)
        if curved is None:
            return problem, solution
        problem = curved
    # Among equally good quantities the solver may go on and on: these, with all the collateral that they need.
    topped = behind(problem, objective, solution, [row for c in every for row in c.rows(problem)])
    if topped is None:
        raise LPGreeksError(
            "tangents that meet the margins",
            got=f"none after {_MOST_ROUNDS} rounds",
            remedy="Give margins in brackets: Progressive(...)",
        )
    return problem, topped


def _own_terms(problem: Problem) -> list[Constraint]:
    """What the legs themselves ask for."""
    sides = [OneSide(j) for j, leg in enumerate(problem.legs) if leg.side is not None]
    initial: list[Constraint] = [InitialMargin()] if any(leg.initial for leg in problem.legs) else []
    return [*([NoDebt()] if problem.pledges else []), *sides, *initial]


def _require_known_margins(problem: Problem, solution: Solution) -> None:
    """An error where a leg is larger than the part of its venue's table that is known."""
    for leg, quantity in zip(problem.legs, solution.x, strict=False):
        contract = leg.instrument
        for schedule in filter(None, (leg.maintenance, leg.initial)):
            assert isinstance(contract, Margined)
            start = problem.start[contract.market]
            size = abs(float(quantity)) * (contract.position_value(start) if counts_value(schedule, contract) else 1.0)
            schedule.require_known(size)


# ---- the size of what is hedged


def _sized(problem: Problem, constraints: Sequence[Constraint], size: PoolSize) -> float:
    """The largest multiple of the exposure whose hedge meets the constraints and does what it must."""
    if not any(isinstance(c, EffectivenessAtLeast) for c in constraints):
        constraints = [*constraints, EffectivenessAtLeast(max(0.0, _best_effectiveness(problem) - _STEP_BACK))]
    found = []
    for i, (tiers, caps) in enumerate(_tiers(problem)):
        tiered = replace(problem, tiers=tiers)
        for _ in range(_MOST_ROUNDS):
            every = [*constraints, *caps, *_own_terms(tiered)]
            optimum = _largest(tiered, every, size)
            if optimum is None:
                break
            x, multiple = optimum
            curved = more_tangents(tiered, x)
            if curved is None:
                if i or _within_lowest_tiers(problem, x):
                    found.append(multiple)
                break
            tiered = curved
    if not found or max(found) < size.lower:
        raise InfeasibleError(
            f"a size of at least {size.lower:g} times the exposure that the constraints allow",
            got=f"{max(found, default=0.0):.6g} times at most",
            remedy="Raise the budget or the leverage cap, or lower the effectiveness asked for",
        )
    return max(found) * (1.0 - _STEP_BACK)


def _best_effectiveness(problem: Problem) -> float:
    a, b = problem.least_squares()
    a = a[:, : len(problem.legs)]
    scale = np.linalg.norm(a, axis=0)
    scaled = a[:, scale > 0] / scale[scale > 0]
    left = b - scaled @ np.linalg.lstsq(scaled, b, rcond=None)[0]
    return 1.0 - float(left @ left) / float(b @ b)


def _largest(problem: Problem, constraints: Sequence[Constraint], size: PoolSize) -> tuple[FloatArray, float] | None:
    """The columns and the largest size: every row and cone is linear in both. None where there is no size."""
    a, b = problem.least_squares()
    unit = float(np.linalg.norm(b))
    scale = sizes_of(problem, a, unit)[0]
    rows = [row for c in constraints for row in c.rows(problem)]
    box = Box.of(rows, scale, unit)
    # What the exposure itself adds to each figure grows with it.
    offsets = np.array([row.offset for row in rows]) / box.sizes / unit
    program = Program(len(scale))
    multiple = program.variables(1)
    program.slope(multiple, -np.ones(1))
    program.at_most([(multiple, np.array([[1.0], [-1.0]]))], np.array([size.upper, 0.0]))
    g, h, owner = box.one_sided()
    sign = np.concatenate([np.ones(np.isfinite(box.upper).sum()), -np.ones(np.isfinite(box.lower).sum())])
    share = sign * offsets[owner]
    program.at_most([(program.decision, g), (multiple, share[:, None])], h + share)
    for cone in (cone for c in constraints for cone in c.cones(problem)):
        inside = [(program.decision, cone.matrix / scale), (multiple, cone.offset[:, None] / unit)]
        program.norm_at_most(inside, [(multiple, np.array([-cone.bound / unit]))])
    optimum = program.minimise()
    if not optimum.solved or not optimum.values[multiple][0] > 0:
        return None
    return optimum.values[program.decision] * unit / scale, float(optimum.values[multiple][0])


# ---- what is made of it


def _plan(problem: Problem, solution: Solution, objective: Objective) -> HedgePlan:
    a, b = problem.least_squares()
    unhedged = objective.value(problem, np.zeros(len(problem.columns)))

    def judged(x: FloatArray) -> Hedged:
        left = b + a @ x
        return Hedged(
            quantities=tuple(float(q) for q in x[: len(problem.legs)]),
            collateral=tuple(float(c) for c in x[len(problem.legs) :]),
            risk=objective.value(problem, x),
            effectiveness=1.0 - float(left @ left) / float(b @ b),
            within_bounds=solution.allows(x),
        )

    naive = None
    if problem.outcomes.start.ndim == 1:
        matched = _naive(problem, solution)
        noise = np.abs(matched) * np.linalg.norm(a[:, : len(matched)], axis=0) < _NOISE * np.linalg.norm(b)
        naive = judged(with_least_collateral(problem, solution, np.where(noise, 0.0, matched)))
    exposure, measures = problem.exposure, objective.measures
    return HedgePlan(
        exposure=exposure,
        legs=problem.legs,
        pledges=problem.pledges,
        best=judged(solution.x),
        naive=naive,
        rounded=_rounded(problem, solution, judged),
        standard_errors=_standard_errors(problem, solution, objective),
        risk_unhedged=unhedged,
        token=measures[0].token if len(measures) == 1 else exposure.quote,
        objective=objective,
        outcomes=problem.outcomes,
        over=problem.over,
        years=problem.years,
        start=problem.start,
        certificate=solution.certificate,
        unique=solution.unique,
        notes=(),
        assumptions=(*problem.everything.assumptions, *problem.outcomes.notes(problem.everything)),
    )


def _rounded(problem: Problem, solution: Solution, judged: Callable[[FloatArray], Hedged]) -> Hedged | None:
    """The optimum in the venues' whole steps: the nearest, or towards zero where the nearest breaks a row."""
    steps = [leg.step for leg in problem.legs]
    if not any(steps):
        return None
    for nearest in (np.round, np.trunc):
        x = solution.x.copy()
        for j, step in enumerate(steps):
            if step:
                x[j] = step * nearest(x[j] / step)
        found = judged(x)
        if found.within_bounds:
            break
    return found


def _leaving(exposure: Exposure, over: Model | Paths | Outcomes) -> list[str]:
    """How many of the paths leave the exposure's one range and are held all the same."""
    pools = ranges(exposure)
    if not isinstance(over, Paths) or len(pools) != 1:
        return []
    left = over.leaving(market=pools[0].market, lower=pools[0].lower, upper=pools[0].upper)
    return [
        f"{int(left.sum()):,} of {len(over):,} paths leave the range before the end; they are held to it. "
        'exit="range" (--exit range) closes position and hedge where they leave.'
    ]


def _naive(problem: Problem, solution: Solution) -> FloatArray:
    """The quantities that cancel the slopes at the start."""
    tables = problem.tables[: 1 + len(problem.legs)]
    slopes = np.stack([_slopes(t, problem.weights, problem.start) for t in tables], axis=1)
    return _slope_matched(slopes, solution)


def _slopes(tables: Sequence[Mapping[str, Powers]], weights: FloatArray, start: Mapping[str, float]) -> FloatArray:
    """Change of each measure per relative move of each coin: markets of one coin move together."""
    coins = list(dict.fromkeys(counted_as(coin_of(m)) for m in start))
    found = np.zeros((len(weights), len(coins)))
    for i, (table, weight) in enumerate(zip(tables, weights, strict=True)):
        for market, powers in table.items():
            j = coins.index(counted_as(coin_of(market)))
            found[i, j] += weight * powers.derivative()(start[market]) * start[market]
    return found.ravel()


def _slope_matched(slopes: FloatArray, solution: Solution) -> FloatArray:
    """The quantities that cancel the slopes at the start, on the legs that the optimum may use, in their order.

    Args:
        slopes: one column for the exposure, then one per leg.
        solution: says which legs are idle, or made up of others.
    """
    scale = np.maximum(np.linalg.norm(slopes[:, 1:], axis=0), np.finfo(float).tiny)
    matrix = slopes[:, 1:] / scale
    used: list[int] = []
    # The legs that the optimum trades come first: the naive hedge is its rival with the same instruments.
    for j in sorted(range(len(scale)), key=lambda j: not solution.x[j]):
        if j not in solution.idle and np.linalg.matrix_rank(matrix[:, [*used, j]], tol=_SAME_SLOPE) > len(used):
            used.append(j)
    quantities = np.zeros(len(scale))
    quantities[used] = np.linalg.lstsq(matrix[:, used], -slopes[:, 0], rcond=None)[0] / scale[used]
    return quantities


def _standard_errors(problem: Problem, solution: Solution, objective: Objective) -> tuple[float | None, ...]:
    r"""Heteroskedastic errors (HC3) of a variance's quantities in the free directions, for the outcomes' worth.

    .. math::
        H^{-1} \Big(\sum_i w_i^2 F_i^\top \tilde u_i \tilde u_i^\top F_i\Big) H^{-1}, \qquad
        H = \sum_i w_i F_i^\top F_i, \quad \tilde u_i = (1 - \text{leverage}_i)^{-1} u_i

    widened from ``n`` outcomes to the ``e`` that they are worth by ``(n/e) * (e/(e-k-1)) / (n/(n-k-1))``. None on
    nodes, for other objectives, for a quantity that a bound pins, and where ``e`` is too small to tell.
    Source: MacKinnon and White (1985).
    """
    outcomes, count = problem.outcomes, len(problem.legs)
    centred, moves_centred = problem.centred
    free = moves_centred @ solution.free
    n, k = len(outcomes), free.shape[2]
    worth = outcomes.effective
    if not isinstance(objective, Variance) or not outcomes.sampled or k == 0 or worth <= k + 1:
        return (None,) * count
    w = outcomes.weights
    residual = centred + moves_centred @ solution.x
    bread = np.linalg.inv(np.einsum("n,nmi,nmj->ij", w, free, free))
    # Leverage of an outcome's own measures, the fitted mean's share included.
    hat = np.einsum("n,nmi,ij,nlj->nml", w, free, bread, free) + w[:, None, None] * np.eye(free.shape[1])
    residual = np.linalg.solve(np.eye(free.shape[1]) - hat, residual[:, :, None])[:, :, 0]
    scores = w[:, None] * (free * residual[:, :, None]).sum(axis=1)
    widened = (n - k - 1) / (worth - k - 1)
    spread = bread @ (scores.T @ scores) @ bread * widened
    variances = np.einsum("ji,ik,jk->j", solution.free, spread, solution.free)[:count]
    return tuple(float(np.sqrt(v)) if v > 0 else None for v in variances)
