"""The hedge problem: what is offered, over which outcomes, judged by what, within which bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, MarketError, TokenError
from lpgreeks.hedging.constraints import Constraint
from lpgreeks.hedging.objectives import Variance
from lpgreeks.hedging.plan import Hedged, HedgePlan
from lpgreeks.hedging.solve import Solution, solve
from lpgreeks.hedging.words import explain
from lpgreeks.instruments import Exposure, Instrument, UniswapV3
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.powers import Powers
from lpgreeks.tokens import coin_of, counted_as, find_token

__all__ = ["Model", "hedge"]

# A measure that varies by less than this share of its own change varies by rounding.
_NOISE = 1e-13

# Two legs whose slopes at the start, scaled to 1, differ by less are one leg to the naive hedge.
_SAME_SLOPE = 1e-9


class Model(Protocol):
    """What a probability law must offer to be hedged under."""

    def nodes(self, kinks: Iterable[float] = ...) -> Outcomes:
        """The law as weighted end prices that break at every kink."""


def hedge(
    exposure: Exposure,
    legs: Sequence[Instrument],
    over: Model | Paths | Outcomes,
    *,
    objective: Variance,
    constraints: Sequence[Constraint] = (),
    exit: Literal["held", "range"] = "held",
) -> HedgePlan:
    r"""The quantities of ``legs`` that make ``objective`` least for ``exposure`` and legs together.

    .. math::
        \min_q \sum_m w_m^2 \operatorname{Var}
            \Big(\Delta M_m(\text{exposure}) + \sum_j q_j\, \Delta M_m(\text{leg}_j)\Big)

    Without binding constraints this is the least-squares optimum; otherwise a quadratic program.
    Where several quantities are equally good, legs are loaded in the order given.

    Args:
        exposure: what is hedged: an instrument, a position or a portfolio.
        legs: the instruments offered, +1 long; quantities come out signed, negative is short.
        over: a model (exact nodes), paths (their ends, each 1/n), or a table of outcomes.
        objective: :class:`~lpgreeks.Variance` of one or more measures.
        constraints: bounds on quantities, net delta, net gamma.
        exit: "held": every path runs to its end. "range": it ends at the close of the first step that
            leaves the exposure's range, hedge and position closed together. Paths only.

    Returns:
        The plan: quantities, risk before and after, proof, words, plots.

    Raises:
        InputError: no legs, a leg twice, no leg that moves the measure, fewer outcomes than legs.
        TokenError: a quote or a measure's token that the problem does not have.
        MarketError: a market whose price ``over`` does not have.
        InfeasibleError: bounds that no quantities satisfy; names them and the nearest way out.
    """
    legs, constraints = _checked(exposure, legs, objective, constraints)
    everything = sum(legs, start=exposure)
    outcomes = _outcomes(exposure, everything, over, exit)
    if outcomes.sampled and len(outcomes) <= len(legs):
        raise InputError(
            f"more outcomes than the {len(legs)} legs",
            got=f"{len(outcomes)} outcomes",
            remedy="A variance needs several paths: more history, a shorter step between windows, or a model",
        )
    markets = everything.markets
    assumptions = (*everything.assumptions, *outcomes.notes(everything))
    begin = outcomes.starts(markets)
    start = {m: float(np.mean(p)) for m, p in begin.items()}

    weights = _weights(objective, exposure, start)
    # What is measured of the exposure and of each leg, as functions of each market's price.
    measured = [[measure(e, begin) for measure in objective.measures] for e in (exposure, *legs)]
    # (outcomes, measures[, legs]), in the token of the one measure or in quote.
    moves = np.stack([[outcomes.changes(t) for t in tables] for tables in measured], axis=-1) * weights[:, None, None]
    moved, leg_moves = moves[..., 0].T, moves[..., 1:].swapaxes(0, 1)
    centred, leg_centred = (x - np.tensordot(outcomes.weights, x, axes=1) for x in (moved, leg_moves))
    root = np.sqrt(outcomes.weights)
    b = (root[:, None] * centred).ravel()
    a = (root[:, None, None] * leg_centred).reshape(b.size, len(legs))
    if not np.linalg.norm(b) > _NOISE * np.linalg.norm(root[:, None] * moved):
        raise InputError(
            "an exposure whose measure varies over the outcomes",
            got=f"{' and '.join(map(str, objective.measures))} of it never changes",
            remedy="There is nothing to hedge; check the token, the range and the outcomes",
        )
    if any((moved[:, [i]] == moved[:, i + 1 :]).all(axis=0).any() for i in range(len(weights) - 1)):
        raise InputError("measures that differ", got=objective, remedy="Two names of one token are one measure")
    if not np.linalg.norm(a) > 0:
        raise InputError(
            "a leg that moves what is measured",
            got=f"none of {', '.join(leg.label for leg in legs)} moves {' or '.join(map(str, objective.measures))}",
            remedy="A coin-margined leg moves the coins, a dollar-margined one the dollars; both move the value",
        )
    solution = solve(a, b, [c.row(exposure, legs, start) for c in constraints])

    unhedged = _risk(b, outcomes)

    def judged(quantities: FloatArray) -> Hedged:
        risk = _risk(b + a @ quantities, outcomes)
        return Hedged(
            quantities=tuple(float(q) for q in quantities),
            risk=risk,
            effectiveness=1.0 - (risk / unhedged) ** 2,
            within_bounds=solution.allows(quantities),
        )

    naive = None
    if outcomes.start.ndim == 1:
        slopes = np.stack([_slopes(tables, weights, start) for tables in measured], axis=1)
        matched = _slope_matched(slopes, solution)
        noise = np.abs(matched) * np.linalg.norm(a, axis=0) < _NOISE * np.linalg.norm(b)
        naive = judged(np.where(noise, 0.0, matched))
    plan = HedgePlan(
        exposure=exposure,
        legs=legs,
        best=judged(solution.quantities),
        naive=naive,
        standard_errors=_standard_errors(solution, centred, leg_centred, outcomes),
        risk_unhedged=unhedged,
        token=objective.measures[0].token if len(objective.measures) == 1 else exposure.quote,
        objective=objective,
        outcomes=outcomes,
        start=start,
        certificate=solution.certificate,
        unique=not (solution.dependences or solution.idle),
        notes=() if exit == "range" else _leaving(exposure, over),
        assumptions=assumptions,
    )
    return explain(plan, solution)


def _checked(
    exposure: Exposure, legs: Sequence[Instrument], objective: Variance, constraints: Sequence[Constraint]
) -> tuple[tuple[Instrument, ...], tuple[Constraint, ...]]:
    """The legs and the constraints as tuples, or an error at the first argument that is no part of a problem."""
    if not isinstance(exposure, Exposure):
        raise InputError("an exposure: an instrument, a position or a portfolio", got=f"{exposure!r:.60}")
    if not isinstance(objective, Variance):
        raise InputError("an objective", got=f"{objective!r:.60}", remedy='Variance(Value("USDC"))')
    if not isinstance(legs, (list, tuple)) or not all(isinstance(leg, Instrument) for leg in legs):
        raise InputError(
            "legs as a list of instruments, +1 long", got=f"{legs!r:.80}", remedy="Quantities are the answer"
        )
    if not isinstance(constraints, (list, tuple)) or not all(isinstance(c, Constraint) for c in constraints):
        raise InputError("constraints as a list of bounds", got=f"{constraints!r:.80}")
    if not legs:
        raise InputError("at least one leg", got="none", remedy="Offer a LinearPerp or an InversePerp")
    if len(set(legs)) < len(legs):
        raise InputError("each leg once", got=", ".join(leg.label for leg in legs))
    for leg in legs:
        if counted_as(leg.quote) != counted_as(exposure.quote):
            raise TokenError(
                f"legs quoted in {exposure.quote}, as the exposure is",
                got=f"{leg.label} in {leg.quote}",
                remedy=f"dataclasses.replace(leg, quote={exposure.quote!r}) declares the two tokens equal",
            )
    tokens = (*sum(legs, start=exposure).bases, exposure.quote)
    for measure in objective.measures:
        if find_token(measure.token, tokens) is None:
            raise TokenError(f"a measure in {', '.join(tokens)}", got=measure)
    return tuple(legs), tuple(constraints)


def _outcomes(exposure: Exposure, everything: Exposure, over: Model | Paths | Outcomes, exit: str) -> Outcomes:
    if exit not in ("held", "range"):
        raise InputError('exit "held" or "range"', got=repr(exit))
    if exit == "range":
        if not isinstance(over, Paths):
            raise InputError('paths for exit="range"', got=type(over).__name__, remedy="Draw some: model.sample(...)")
        pool = _range(exposure)
        return over.outcomes_at_exit(market=pool.market, lower=pool.lower, upper=pool.upper)
    if isinstance(over, Paths):
        return over.outcomes()
    if isinstance(over, Outcomes):
        return over
    if not hasattr(over, "nodes"):
        remedy = "Cut a history into paths: history.windows('7D', step='1D', start=...)"
        raise InputError("a model, paths or outcomes to hedge over", got=type(over).__name__, remedy=remedy)
    return over.nodes(k for p in everything.positions for powers in p.instrument.amounts for k in powers.kinks)


def _leaving(exposure: Exposure, over: Model | Paths | Outcomes) -> tuple[str, ...]:
    """How many of the paths leave the exposure's one range and are held all the same."""
    pools = [p.instrument for p in exposure.positions if isinstance(p.instrument, UniswapV3)]
    if not isinstance(over, Paths) or len(pools) != 1:
        return ()
    left = over.leaving(market=pools[0].market, lower=pools[0].lower, upper=pools[0].upper)
    return (
        f"{int(left.sum()):,} of {len(over):,} paths leave the range before the end; they are held to it. "
        'exit="range" (--exit range) closes position and hedge where they leave.',
    )


def _range(exposure: Exposure) -> UniswapV3:
    """The one position whose range the exposure has."""
    pools = [p.instrument for p in exposure.positions if isinstance(p.instrument, UniswapV3)]
    if len({(p.market, p.lower, p.upper) for p in pools}) != 1:
        raise InputError('one range for exit="range"', got=f"{len(pools)} range positions in the exposure")
    return pools[0]


def _weights(objective: Variance, exposure: Exposure, start: dict[str, float]) -> FloatArray:
    """What one unit of each measure weighs: its price in quote where there are several, else 1."""
    if len(objective.measures) == 1:
        return np.ones(1)
    return np.array([_price_of_token(m.token, exposure, start) for m in objective.measures])


def _price_of_token(token: str, exposure: Exposure, start: dict[str, float]) -> float:
    if find_token(token, (exposure.quote, *exposure.bases)) == exposure.quote:
        return 1.0
    coin = find_token(token, map(coin_of, start))
    for market, price in start.items():
        if coin_of(market) == coin:
            return price
    raise MarketError(f"a price of {token} at the start", got=", ".join(start))


def _risk(weighted_residual: FloatArray, outcomes: Outcomes) -> float:
    """Standard deviation; on samples the unbiased variance, ``n - 1`` for equal weights."""
    variance = float(weighted_residual @ weighted_residual)
    if outcomes.sampled:
        variance /= 1.0 - float(outcomes.weights @ outcomes.weights)
    return float(np.sqrt(variance))


def _slopes(tables: Sequence[Mapping[str, Powers]], weights: FloatArray, start: dict[str, float]) -> FloatArray:
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
    idle = {*solution.idle, *(d.leg for d in solution.dependences)}
    scale = np.maximum(np.linalg.norm(slopes[:, 1:], axis=0), np.finfo(float).tiny)
    matrix = slopes[:, 1:] / scale
    used: list[int] = []
    for j in range(len(scale)):
        if j not in idle and np.linalg.matrix_rank(matrix[:, [*used, j]], tol=_SAME_SLOPE) > len(used):
            used.append(j)
    quantities = np.zeros(len(scale))
    quantities[used] = np.linalg.lstsq(matrix[:, used], -slopes[:, 0], rcond=None)[0] / scale[used]
    return quantities


def _standard_errors(
    solution: Solution, centred: FloatArray, leg_centred: FloatArray, outcomes: Outcomes
) -> tuple[float | None, ...]:
    r"""Heteroskedastic errors (HC3) in the free directions, for as many outcomes as are independent.

    .. math::
        H^{-1} \Big(\sum_i w_i^2 F_i^\top \tilde u_i \tilde u_i^\top F_i\Big) H^{-1}, \qquad
        H = \sum_i w_i F_i^\top F_i, \quad \tilde u_i = (1 - \text{leverage}_i)^{-1} u_i

    widened from ``n`` outcomes to the ``e`` that they are worth by ``(n/e) * (e/(e-k-1)) / (n/(n-k-1))``. None on
    nodes, for a quantity that a bound pins, and where ``e`` is too small to tell. Source: MacKinnon and White (1985).
    """
    count = len(solution.quantities)
    free = leg_centred @ solution.free
    n, k = len(outcomes), free.shape[2]
    worth = outcomes.effective
    if not outcomes.sampled or k == 0 or worth <= k + 1:
        return (None,) * count
    w = outcomes.weights
    residual = centred + leg_centred @ solution.quantities
    bread = np.linalg.inv(np.einsum("n,nmi,nmj->ij", w, free, free))
    # Leverage of an outcome's own measures, the fitted mean's share included.
    hat = np.einsum("n,nmi,ij,nlj->nml", w, free, bread, free) + w[:, None, None] * np.eye(free.shape[1])
    residual = np.linalg.solve(np.eye(free.shape[1]) - hat, residual[:, :, None])[:, :, 0]
    scores = w[:, None] * (free * residual[:, :, None]).sum(axis=1)
    widened = (n - k - 1) / (worth - k - 1)
    spread = bread @ (scores.T @ scores) @ bread * widened
    variances = np.einsum("ji,ik,jk->j", solution.free, spread, solution.free)
    return tuple(float(np.sqrt(v)) if v > 0 else None for v in variances)
