"""A solution as a plan: its risk, its rivals, its standard errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.hedging.objectives import Objective, Variance
from lpgreeks.hedging.plan import Hedged, HedgePlan
from lpgreeks.hedging.problem import Model, Problem
from lpgreeks.hedging.solve import Solution, with_least_collateral
from lpgreeks.hedging.survival import ranges
from lpgreeks.instruments import Exposure
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.smears import Curve
from lpgreeks.tokens import coin_of, counted_as

__all__ = ["leaving", "plan_of"]

# A measure that varies by less than this share of its own change varies by rounding.
_NOISE = 1e-13

# Two legs whose slopes at the start, scaled to 1, differ by less are one leg to the naive hedge.
_SAME_SLOPE = 1e-9

# A leg whose slope at the start is less than this share of its moves starts flat: it can match no slope.
_FLAT = 1e-9


def plan_of(problem: Problem, solution: Solution, objective: Objective) -> HedgePlan:
    """The plan that a solution is."""
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
        moves = np.linalg.norm(a[:, : len(problem.legs)], axis=0)
        matched = _naive(problem, solution, moves)
        noise = np.abs(matched) * moves < _NOISE * np.linalg.norm(b)
        naive = judged(with_least_collateral(problem, solution, np.where(noise, 0.0, matched)))
    exposure, measures = problem.exposure, objective.measures
    return HedgePlan(
        exposure=exposure,
        legs=problem.legs,
        pledges=problem.pledges,
        ends=problem.ends,
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
        today=problem.today,
        premium_beyond=problem.premium_cost(solution.x),
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


def leaving(exposure: Exposure, over: Model | Paths | Outcomes) -> list[str]:
    """How many of the paths leave the exposure's one range and are held all the same."""
    pools = ranges(exposure)
    if not isinstance(over, Paths) or len(pools) != 1:
        return []
    left = over.leaving(market=pools[0].market, lower=pools[0].lower, upper=pools[0].upper)
    return [
        f"{int(left.sum()):,} of {len(over):,} paths leave the range before the end; they are held to it. "
        'exit="range" (--exit range) closes position and hedge where they leave.'
    ]


def _naive(problem: Problem, solution: Solution, moves: FloatArray) -> FloatArray:
    """The quantities that cancel the slopes at the start, of legs that move by ``moves``."""
    tables = problem.tables[: 1 + len(problem.legs)]
    slopes = np.stack([_slopes(t, problem.weights, problem.start) for t in tables], axis=1)
    slopes[:, 1:][np.abs(slopes[:, 1:]) < _FLAT * moves] = 0.0
    return _slope_matched(slopes, solution)


def _slopes(tables: Sequence[Mapping[str, Curve]], weights: FloatArray, start: Mapping[str, float]) -> FloatArray:
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
