"""The hedge problem: what is offered, over which outcomes, judged by what, within which bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from lpgreeks.tokens import counted_as, one_token_notes

__all__ = ["Model", "hedge"]


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

    Without binding constraints this is the closed-form least-squares optimum; otherwise a quadratic program.
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
    legs = tuple(legs)
    _require_legs(exposure, legs)
    outcomes = _outcomes(exposure, legs, over, exit)
    if outcomes.sampled and len(outcomes) <= len(legs):
        raise InputError(
            f"more outcomes than the {len(legs)} legs",
            got=f"{len(outcomes)} outcomes",
            remedy="A variance needs several paths: more history, a shorter step between windows, or a model",
        )
    everything = sum(legs, start=exposure)
    markets = everything.markets
    assumptions = (
        *one_token_notes(
            t for e in (exposure, *legs) for p in e.positions for t in (p.instrument.base, p.instrument.quote) if t
        ),
        *outcomes.notes(everything),
    )
    begin = outcomes.starts(markets)
    start = {m: float(np.mean(p)) for m, p in begin.items()}

    # Each is (outcomes, measures), in the token of the one measure or in quote.
    weights = _weights(objective, exposure, start)
    moved = _changes(exposure, objective, outcomes, begin) * weights
    leg_moves = np.stack([_changes(leg, objective, outcomes, begin) * weights for leg in legs], axis=-1)
    centred, leg_centred = (x - np.tensordot(outcomes.weights, x, axes=1) for x in (moved, leg_moves))
    root = np.sqrt(outcomes.weights)
    b = (root[:, None] * centred).ravel()
    a = (root[:, None, None] * leg_centred).reshape(b.size, len(legs))
    if not np.linalg.norm(b) > 0:
        raise InputError("an exposure that moves what is measured", got=f"{objective} of it never changes")
    if not np.linalg.norm(a) > 0:
        raise InputError(
            "a leg that moves what is measured",
            got=f"none of {', '.join(leg.label for leg in legs)} moves {' or '.join(map(str, objective.measures))}",
            remedy="A coin-margined leg moves the coins, a dollar-margined one the dollars; both move the value",
        )
    solution = solve(a, b, [c.row(exposure, legs, start) for c in constraints])

    def judged(quantities: FloatArray) -> Hedged:
        risk = _risk(b + a @ quantities, outcomes)
        return Hedged(
            quantities=tuple(float(q) for q in quantities),
            risk=risk,
            effectiveness=1.0 - (risk / _risk(b, outcomes)) ** 2,
        )

    naive = None
    if outcomes.start.ndim == 1:
        naive = judged(_slope_matched(exposure, legs, objective, weights, start, solution))
    plan = HedgePlan(
        exposure=exposure,
        legs=legs,
        best=judged(solution.quantities),
        naive=naive,
        standard_errors=_standard_errors(solution, centred, leg_centred, outcomes),
        risk_unhedged=_risk(b, outcomes),
        token=objective.measures[0].token if len(objective.measures) == 1 else exposure.quote,
        objective=objective,
        outcomes=outcomes,
        start=start,
        certificate=solution.certificate,
        unique=not (solution.dependences or solution.idle),
        notes=(),
        assumptions=assumptions,
    )
    return explain(plan, solution)


def _require_legs(exposure: Exposure, legs: tuple[Instrument, ...]) -> None:
    if not legs:
        raise InputError("at least one leg", got="none", remedy="Offer a LinearPerp or an InversePerp")
    for leg in legs:
        if not isinstance(leg, Instrument):
            raise InputError("legs as instruments, +1 long", got=f"{leg!r:.80}", remedy="Quantities are the answer")
        if counted_as(leg.quote) != counted_as(exposure.quote):
            raise TokenError(
                f"legs quoted in {exposure.quote}, as the exposure is",
                got=f"{leg.label} in {leg.quote}",
                remedy=f"dataclasses.replace(leg, quote={exposure.quote!r}) declares the two tokens equal",
            )
    if len(set(legs)) < len(legs):
        raise InputError("each leg once", got=", ".join(leg.label for leg in legs))


def _outcomes(exposure: Exposure, legs: tuple[Instrument, ...], over: Model | Paths | Outcomes, exit: str) -> Outcomes:
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
        raise InputError("a model, paths or outcomes to hedge over", got=type(over).__name__)
    everything = sum(legs, start=exposure)
    return over.nodes(k for pair in everything.by_market.values() for powers in pair for k in powers.kinks)


def _range(exposure: Exposure) -> UniswapV3:
    """The one position whose range the exposure has."""
    pools = [p.instrument for p in exposure.positions if isinstance(p.instrument, UniswapV3)]
    if len({(p.market, p.lower, p.upper) for p in pools}) != 1:
        raise InputError('one range for exit="range"', got=f"{len(pools)} range positions in the exposure")
    return pools[0]


def _changes(exposure: Exposure, objective: Variance, outcomes: Outcomes, begin: dict[str, FloatArray]) -> FloatArray:
    """The change of each measure per outcome, ``(n, measures)``."""
    return np.stack([outcomes.changes(m(exposure, begin)) for m in objective.measures], axis=1)


def _weights(objective: Variance, exposure: Exposure, start: dict[str, float]) -> FloatArray:
    """What one unit of each measure weighs: its price in quote where there are several, else 1."""
    if len(objective.measures) == 1:
        return np.ones(1)
    return np.array([_price_of_token(m.token, exposure, start) for m in objective.measures])


def _price_of_token(token: str, exposure: Exposure, start: dict[str, float]) -> float:
    if counted_as(token) == counted_as(exposure.quote):
        return 1.0
    for market, price in start.items():
        if counted_as(market.partition("/")[0]) == counted_as(token):
            return price
    raise MarketError(f"a price of {token} at the start", got=", ".join(start))


def _risk(weighted_residual: FloatArray, outcomes: Outcomes) -> float:
    """Standard deviation; on samples the unbiased variance, ``n - 1`` for equal weights."""
    variance = float(weighted_residual @ weighted_residual)
    if outcomes.sampled:
        variance /= 1.0 - float(outcomes.weights @ outcomes.weights)
    return float(np.sqrt(variance))


def _slope_matched(
    exposure: Exposure,
    legs: tuple[Instrument, ...],
    objective: Variance,
    weights: FloatArray,
    start: dict[str, float],
    solution: Solution,
) -> FloatArray:
    """The quantities that cancel the measures' slopes at the start, on the legs that the optimum may use."""

    def slopes(e: Exposure) -> FloatArray:
        tables = [m(e, start) for m in objective.measures]
        markets = list(start)
        return np.array(
            [
                [w * t[m].derivative()(start[m]) * start[m] if m in t else 0.0 for m in markets]
                for w, t in zip(weights, tables, strict=True)
            ]
        ).ravel()

    used = [j for j in range(len(legs)) if j not in solution.idle and all(d.leg != j for d in solution.dependences)]
    matrix = np.stack([slopes(legs[j]) for j in used], axis=1)
    quantities = np.zeros(len(legs))
    scale = np.maximum(np.linalg.norm(matrix, axis=0), np.finfo(float).tiny)
    quantities[used] = np.linalg.lstsq(matrix / scale, -slopes(exposure), rcond=1e-12)[0] / scale
    return quantities


def _standard_errors(
    solution: Solution, centred: FloatArray, leg_centred: FloatArray, outcomes: Outcomes
) -> tuple[float | None, ...]:
    """White's heteroskedastic errors in the free directions, widened by ``sqrt(n / effective n)``."""
    count = len(solution.quantities)
    if not outcomes.sampled:
        return (None,) * count
    free = leg_centred @ solution.free
    residual = centred + leg_centred @ solution.quantities
    w = outcomes.weights
    scores = w[:, None] * (free * residual[:, :, None]).sum(axis=1)
    curvature = np.einsum("n,nmi,nmj->ij", w, free, free)
    n, k = len(w), free.shape[2]
    if k == 0:
        return (None,) * count
    bread = np.linalg.inv(curvature)
    spread = bread @ (scores.T @ scores) @ bread * (n / outcomes.effective) * n / max(n - k, 1)
    errors = np.sqrt(np.einsum("ji,ik,jk->j", solution.free, spread, solution.free))
    return tuple(float(e) if e > 0 else None for e in errors)
