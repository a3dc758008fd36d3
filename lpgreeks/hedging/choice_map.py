"""How good every pair of a put and a call is: a map on which the best one, and how flat it lies, can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Answer, shortened
from lpgreeks.draw import heat_map, legend, new_axes
from lpgreeks.errors import InfeasibleError, InputError
from lpgreeks.hedging.constraints import Constraint
from lpgreeks.hedging.hedge import hedge
from lpgreeks.hedging.legs import Leg
from lpgreeks.hedging.objectives import LeastCapital, LeastCost, Objective
from lpgreeks.hedging.plan import HedgePlan
from lpgreeks.hedging.problem import Model
from lpgreeks.hedging.text import rounded
from lpgreeks.instruments import Call, Exposure, Instrument, Option, Put
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.progress import progress_bar

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["ChoiceMap", "choice_map"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ChoiceMap(Answer):
    """The best quantities with each put and each call.

    Attributes:
        puts, calls: their strikes, ascending, quote per base.
        risks: ``(puts, calls)``, what is left of the objective's figure, in ``best.token``; NaN where nothing
            satisfies the constraints.
        effectiveness: ``(puts, calls)``, share of the variance removed.
        best: the plan of the pair that leaves least.
    """

    puts: FloatArray
    calls: FloatArray
    risks: FloatArray
    effectiveness: FloatArray
    best: HedgePlan

    @property
    def at(self) -> tuple[float, float]:
        """The strikes of the best put and call."""
        i, j = np.unravel_index(np.nanargmin(self.risks), self.risks.shape)
        return float(self.puts[i]), float(self.calls[j])

    def table(self) -> pd.DataFrame:
        """One row a pair."""
        import pandas as pd

        puts, calls = np.meshgrid(self.puts, self.calls, indexing="ij")
        return pd.DataFrame(
            {
                "put": puts.ravel(),
                "call": calls.ravel(),
                f"risk [{self.best.token}]": self.risks.ravel(),
                "effectiveness": self.effectiveness.ravel(),
            }
        )

    def sentence(self) -> str:
        """The best pair, and what it and the worst leave."""
        put, call = self.at
        low, high = (rounded(float(end(self.risks))) for end in (np.nanmin, np.nanmax))
        return (
            f"Best with a put at {put:,.6g} and a call at {call:,.6g}: {self.best.objective} is {low} "
            f"{self.best.token}, up to {high} with others of the {self.risks.size:,} pairs."
        )

    def summary(self) -> str:
        """The sentence."""
        return self.sentence()

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON; None where nothing satisfies the constraints."""
        figures = {"risks": self.risks, "effectiveness": self.effectiveness}
        return {
            "sentence": self.sentence(),
            "token": self.best.token,
            "puts": self.puts.tolist(),
            "calls": self.calls.tolist(),
            **{n: [[None if np.isnan(x) else x for x in row] for row in f.tolist()] for n, f in figures.items()},
            "best": self.best.to_dict(),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """What each pair leaves, put strikes upward; dark is more, blank is not possible."""
        ax = new_axes(height=4.8)[0] if ax is None else ax
        put, call = self.at
        exposure = self.best.exposure
        unit = f"{exposure.quote} per {exposure.bases[0]}"
        heat_map(
            ax, self.calls, self.puts, self.risks, best=(call, put), name=f"risk left [{self.best.token}]",
            xlabel=f"strike of the call [{unit}]", ylabel=f"strike of the put [{unit}]",
            title=self.sentence(),
        )  # fmt: skip
        return legend(ax)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<ChoiceMap: {self.sentence()}>")


def choice_map(
    exposure: Exposure,
    legs: Sequence[Leg | Instrument],
    over: Model | Paths | Outcomes,
    *,
    puts: Sequence[Leg | Instrument],
    calls: Sequence[Leg | Instrument],
    objective: Objective,
    constraints: Sequence[Constraint] = (),
    tie_break: LeastCapital | LeastCost = LeastCapital(),  # noqa: B008
) -> ChoiceMap:
    """The best hedge with each put and each call, one hedge a pair.

    Args:
        exposure: what is hedged.
        legs: what is traded with every pair.
        over: a model, paths, or outcomes.
        puts, calls: the options to pair, one a strike: of ``lp.legs(chain)``.
        objective: what to make small.
        constraints: what every hedge keeps to.
        tie_break: which of equally good hedges.

    Raises:
        InputError: no put or no call, a leg that is none, a strike twice.
        InfeasibleError: no pair satisfies the constraints; says why of the first.
    """
    sides = [_by_strike(puts, Put), _by_strike(calls, Call)]
    risks = np.full([len(side) for side in sides], np.nan)
    shares = risks.copy()
    best: HedgePlan | None = None
    refused: InfeasibleError | None = None
    pairs = product(enumerate(sides[0].values()), enumerate(sides[1].values()))
    with progress_bar(risks.size, 0, "choice map", unit="pair") as bar:
        for (i, put), (j, call) in pairs:
            bar.update()
            try:
                plan = hedge(
                    exposure, [*legs, put, call], over, objective=objective, constraints=constraints,
                    tie_break=tie_break,
                )  # fmt: skip
            except InfeasibleError as error:
                refused = refused or error
                continue
            risks[i, j], shares[i, j] = plan.best.risk, plan.effectiveness
            best = plan if best is None or plan.best.risk < best.best.risk else best
    if best is None:
        assert refused is not None
        raise refused
    strikes = [np.array([*side]) for side in sides]
    for array in (*strikes, risks, shares):
        array.flags.writeable = False
    return ChoiceMap(puts=strikes[0], calls=strikes[1], risks=risks, effectiveness=shares, best=best)


def _by_strike(legs: Sequence[Leg | Instrument], kind: type[Option]) -> dict[float, Leg]:
    """The legs by their strikes, ascending."""
    offered = [leg if isinstance(leg, Leg) else Leg(leg) for leg in legs]
    found = {leg.option.strike: leg for leg in offered if isinstance(leg.option, kind)}
    if not offered or len(found) < len(offered):
        got = ", ".join(leg.name for leg in offered) or "none"
        raise InputError(f"{kind.label}s, one a strike", got=f"{got:.80}", remedy="Of lp.legs(chain)")
    return dict(sorted(found.items()))
