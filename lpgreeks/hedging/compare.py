"""Plans beside one another: what a hedge is worth against simpler ones, against none, and against one out of reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks.display import Answer, Noun, shortened
from lpgreeks.draw import bars, new_axes
from lpgreeks.errors import InfeasibleError, InputError
from lpgreeks.hedging.capital import MaxLeverage, PoolSize, PremiumAtMost
from lpgreeks.hedging.choice import AtMost, WholeLots
from lpgreeks.hedging.constraints import Constraint, QuantityBounds
from lpgreeks.hedging.hedge import hedge
from lpgreeks.hedging.legs import Leg
from lpgreeks.hedging.objectives import LeastCapital, LeastCost
from lpgreeks.hedging.plan import HedgePlan
from lpgreeks.hedging.survival import NoLiquidation
from lpgreeks.hedging.text import WIDTH, aligned, percent, rounded, wrapped
from lpgreeks.instruments import Instrument
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Comparison", "Rival", "compare"]

_NAMES = ("risk", "effectiveness", "premium")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rival(Noun):
    """One hedge among others.

    Attributes:
        name: what it is called in the table.
        plan: the hedge; None where nothing satisfies the constraints.
        reason: why there is none; "" where there is one.
    """

    name: str
    plan: HedgePlan | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Comparison(Answer):
    """Hedges of one exposure beside one another.

    Attributes:
        plan: the one that the others stand beside.
        rivals: that plan first.
    """

    plan: HedgePlan
    rivals: tuple[Rival, ...]

    def table(self) -> pd.DataFrame:
        """One row a hedge, then none: what is left, the share removed, what options cost, which are held.

        NaN where nothing satisfies the constraints, and of premiums that nobody quotes.
        """
        import pandas as pd

        plan = self.plan
        rows = [(r.name, *_figures(r.plan), _held(r)) for r in self.rivals]
        rows.append(("nothing", plan.risk_unhedged, 0.0, 0.0, ""))
        names = ["hedge", f"risk [{plan.token}]", "effectiveness", f"premium [{plan.exposure.quote}]", "options"]
        return pd.DataFrame(rows, columns=names)

    def sentence(self) -> str:
        """What the plan leaves, and what the nearest other leaves."""
        left = [(r.plan.best.risk, r.name) for r in self.rivals[1:] if r.plan is not None]
        beside = [f"{name} {rounded(risk)}" for risk, name in [*left, (self.plan.risk_unhedged, "nothing")]]
        return f"The plan leaves {rounded(self.plan.best.risk)} {self.plan.token}; {', '.join(beside)}."

    def summary(self) -> str:
        """The table as text, and why a hedge is not in it."""
        rows = [["hedge", f"risk [{self.plan.token}]", "removed", f"premium [{self.plan.exposure.quote}]", "options"]]
        for name, risk, removed, premium, held in self.table().itertuples(index=False):
            paid = "" if np.isnan(premium) else rounded(premium)
            figures = ["none", ""] if np.isnan(risk) else [rounded(risk), percent(removed)]
            rows.append([name, *figures, paid, held])
        lines = aligned(rows, words=(0, 4))
        refused = [wrapped(f"- {r.name}: {r.reason}", WIDTH, indent="  ") for r in self.rivals if r.plan is None]
        return "\n".join([*lines, *([""] if refused else []), *refused])

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return {
            "sentence": self.sentence(),
            "token": self.plan.token,
            "rivals": [
                {"hedge": r.name, "reason": r.reason}
                if r.plan is None
                else {"hedge": r.name}
                | {n: None if np.isnan(x) else x for n, x in zip(_NAMES, _figures(r.plan), strict=True)}
                | {"options": _held(r)}
                for r in self.rivals
            ],
            "risk_unhedged": self.plan.risk_unhedged,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """What each leaves, and what no hedge leaves."""
        ax = new_axes()[0] if ax is None else ax
        left = {r.name: r.plan.best.risk for r in self.rivals if r.plan is not None}
        what = f"{self.plan.objective} [{self.plan.token}]"
        return bars(ax, left | {"nothing": self.plan.risk_unhedged}, xlabel=what, title=self.sentence())

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<Comparison: {self.sentence()}>")


@recorded
def compare(
    plan: HedgePlan,
    others: Mapping[str, HedgePlan | Sequence[Leg | Instrument]],
    *,
    constraints: Sequence[Constraint] = (),
    tie_break: LeastCapital | LeastCost = LeastCapital(),  # noqa: B008
) -> Comparison:
    """A plan beside others of the same exposure, over the same outcomes, judged by the same objective.

    Args:
        plan: the first row, "the plan".
        others: by name, the legs of another hedge, or a plan that is there already.
        constraints: what hedges that are given as legs keep to. Those on what is not offered are left out: of a choice
            among options and of their premium, of accounts, and bounds on another leg's quantity.
        tie_break: which of equally good hedges.

    Raises:
        InputError: a plan with another objective, or whose exposure risks something else.
    """
    kept = [c for c in constraints if not isinstance(c, PoolSize)]
    rivals = [Rival(name="the plan", plan=plan)]
    for name, other in others.items():
        if isinstance(other, HedgePlan):
            if other.objective != plan.objective or other.exposure != plan.exposure:
                raise InputError("plans for one exposure and one objective", got=f"another for {name}")
            rivals.append(Rival(name=name, plan=other))
            continue
        offered = [leg if isinstance(leg, Leg) else Leg(leg) for leg in other]
        within = [c for c in kept if _applies(c, offered)]
        try:
            found = hedge(
                plan.exposure, offered, plan.over, objective=plan.objective, constraints=within, tie_break=tie_break
            )
        except InfeasibleError as error:
            rivals.append(Rival(name=name, plan=None, reason=str(error)))
        else:
            rivals.append(Rival(name=name, plan=found))
    return Comparison(plan=plan, rivals=tuple(rivals))


def _applies(constraint: Constraint, legs: Sequence[Leg]) -> bool:
    if isinstance(constraint, AtMost):
        return any(isinstance(leg.option or leg.instrument, constraint.of) for leg in legs)
    if isinstance(constraint, WholeLots):
        return any(leg.step for leg in legs)
    if isinstance(constraint, PremiumAtMost):
        return any(leg.premium is not None for leg in legs)
    if isinstance(constraint, (MaxLeverage, NoLiquidation)):
        return any(leg.collateral for leg in legs)
    if isinstance(constraint, QuantityBounds):
        return any(constraint.of in (leg, leg.instrument) for leg in legs)
    return True


def _figures(plan: HedgePlan | None) -> tuple[float, float, float]:
    """Risk, share removed and premium; NaN where there is none, or where an option's price is not known."""
    if plan is None:
        return (float("nan"),) * 3
    unknown = any(q and leg.option and leg.premium is None for q, leg in zip(plan.quantities, plan.legs, strict=True))
    return plan.best.risk, plan.effectiveness, float("nan") if unknown else plan.premium


def _held(rival: Rival) -> str:
    """The options held: "14.3709 put 3,050"."""
    if rival.plan is None:
        return ""
    held = [(q, leg.option) for q, leg in zip(rival.plan.quantities, rival.plan.legs, strict=True) if q]
    return ", ".join(f"{rounded(q)} {o.label} {o.strike:,.6g}" for q, o in held if o is not None)
