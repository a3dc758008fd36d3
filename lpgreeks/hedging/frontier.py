"""One hedge after another along an axis: what more budget, leverage, width or time buys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Answer, Noun, shortened
from lpgreeks.draw import crosses, curves, dashed, dotted, from_zero, legend, new_axes, strips
from lpgreeks.errors import DataError, InfeasibleError, InputError, LPGreeksError, MarketError, TokenError
from lpgreeks.hedging.capital import Budget, MaxLeverage, PoolSize
from lpgreeks.hedging.constraints import Constraint, EffectivenessAtLeast
from lpgreeks.hedging.hedge import planned
from lpgreeks.hedging.legs import Leg
from lpgreeks.hedging.objectives import LeastCapital, LeastCost, Objective
from lpgreeks.hedging.plan import HedgePlan
from lpgreeks.hedging.problem import Model
from lpgreeks.hedging.survival import NoLiquidation, ranges
from lpgreeks.hedging.text import WIDTH, aligned, percent, rounded, wrapped
from lpgreeks.hedging.ways_out import clash
from lpgreeks.instruments import Exposure, Instrument
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.progress import progress_bar
from lpgreeks.recipes import recorded

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Frontier", "FrontierPoint", "frontier"]

# Risks this close are one, solvers being what they are: the first point that reaches the least risk is named.
_SAME_RISK = 1e-7

# A row of survival names the prices that it is about, which move along an axis: they are no part of what binds.
_PRICES = re.compile(r" at \d[\d,.e+-]*(, \d[\d,.e+-]*)*$")

# A picture with its legend under it; characters that fit above one that is 600 pixels wide.
_HEIGHT = 4.8

Along: TypeAlias = Constraint | Exposure | Model | Paths
"""What may stand along an axis."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FrontierPoint(Noun):
    """One hedge of a frontier, or why there is none.

    Attributes:
        along: what took the place of its like in the problem.
        x: where it stands on the axis, in the unit that the frontier's label names.
        plan: the hedge; None where nothing satisfies the constraints.
        reason: why there is none; "" where there is one.
    """

    along: Along
    x: float
    plan: HedgePlan | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Frontier(Answer):
    """Hedges of one problem in which one thing varies.

    Attributes:
        points: in the order given.
        axis: what varies, in words: "budget".
        unit: what ``x`` is counted in: "USDC", "times", "%", "days".
        objective: what every hedge made small.
        quote: what capital is counted in.
    """

    points: tuple[FrontierPoint, ...]
    axis: str
    unit: str
    objective: Objective
    quote: str

    def __len__(self) -> int:
        return len(self.points)

    @property
    def label(self) -> str:
        """The axis with its unit: "budget [USDC]"."""
        return f"{self.axis} [{self.unit}]"

    @property
    def feasible(self) -> tuple[FrontierPoint, ...]:
        """The points that have a hedge, in the order given."""
        return tuple(p for p in self.points if p.plan is not None)

    @property
    def token(self) -> str:
        """What risk is counted in."""
        measures = self.objective.measures
        return measures[0].token if len(measures) == 1 else self.quote

    # ---- words

    def sentence(self) -> str:
        """Where the least risk is first reached, and how many points have no hedge."""
        text, missing = self._least(), len(self) - len(self.feasible)
        if 0 < missing < len(self):
            text += f" {missing} of the {len(self)} points {'have' if missing > 1 else 'has'} no hedge."
        return text

    def _least(self) -> str:
        found = sorted(((p.x, p.plan) for p in self.points if p.plan is not None), key=lambda pair: pair[0])
        if not found:
            return f"No hedge satisfies the constraints at any of the {len(self)} points along the {self.axis}."
        least = min(plan.best.risk for _, plan in found)
        x, plan = next((x, p) for x, p in found if p.best.risk - least <= _SAME_RISK * abs(p.risk_unhedged))
        text = (
            f"{self.objective} is least at a {self.axis} of {_with_unit(x, self.unit)}: from "
            f"{rounded(plan.risk_unhedged)} to {rounded(plan.best.risk)} {self.token} "
            f"({percent(plan.effectiveness)} of the variance removed)."
        )
        return text[0].upper() + text[1:]

    def table(self) -> pd.DataFrame:
        """One row per point, in the order given: x, risks, effectiveness, capital, leverages, what binds, the reason.

        Effectiveness is a decimal. Leverage is NaN for an account without a position, infinite for one without
        collateral; names of accounts that occur twice are numbered.
        """
        import pandas as pd

        accounts = self._accounts()
        rows = []
        for point in self.points:
            plan = point.plan
            leverages = [np.nan] * len(accounts) if plan is None else _leverages(plan)
            rows.append(
                {
                    self.label: point.x,
                    f"unhedged risk [{self.token}]": np.nan if plan is None else plan.risk_unhedged,
                    f"risk [{self.token}]": np.nan if plan is None else plan.best.risk,
                    "effectiveness": np.nan if plan is None else plan.effectiveness,
                    f"capital [{self.quote}]": np.nan if plan is None else plan.capital,
                    **{f"leverage of {n}": x for n, x in zip(accounts, leverages, strict=True)},
                    "binding": "" if plan is None else "; ".join(plan.certificate.binding),
                    "reason": point.reason,
                }
            )
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """The frontier as text: one line per point, then what the letters stand for and why points have no hedge."""
        letters = {name: _letter(i) for i, name in enumerate(self._binding())}
        accounts = self._accounts()
        risk, capital = f"risk [{self.token}]", f"capital [{self.quote}]"
        header = [self.label, risk, "effectiveness", capital, *(["leverage"] if accounts else []), "binds"]
        rows = [header, *(self._row(point, letters, accounts) for point in self.points)]
        lines = [wrapped(self.sentence(), WIDTH), "", *aligned(rows, words=(len(header) - 1,))]
        keys = [["leverage" if i == 0 else "", name] for i, name in enumerate(accounts)]
        keys += [[letter, name] for name, letter in letters.items()]
        if keys:
            lines += ["", *aligned(keys, words=(0, 1))]
        refused = [f"- {_with_unit(p.x, self.unit)}: {p.reason}" for p in self.points if p.plan is None]
        if refused:
            lines += ["", *(wrapped(text, WIDTH, indent="  ") for text in refused)]
        return "\n".join(lines)

    def _row(self, point: FrontierPoint, letters: Mapping[str, str], accounts: Sequence[str]) -> list[str]:
        plan = point.plan
        if plan is None:
            return [_figure(point.x), "no hedge", "", "", *([""] if accounts else []), ""]
        leverages = " / ".join("-" if np.isnan(x) else f"{x:.4g}" for x in _leverages(plan))
        return [
            _figure(point.x),
            rounded(plan.best.risk),
            percent(plan.effectiveness),
            rounded(plan.capital),
            *([leverages] if accounts else []),
            " ".join(letters[name] for name in _binding(plan)),
        ]

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<Frontier of {len(self)} points: {self.sentence()}>")

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON: each point with its whole plan."""
        return {
            "sentence": self.sentence(),
            "label": self.label,
            "axis": self.axis,
            "unit": self.unit,
            "objective": repr(self.objective),
            "token": self.token,
            "points": [
                {
                    "x": point.x,
                    "along": repr(point.along),
                    "plan": None if point.plan is None else point.plan.to_dict(),
                    "reason": point.reason,
                }
                for point in self.points
            ],
        }

    def _accounts(self) -> list[str]:
        """The accounts' names, those that occur twice with a number."""
        names = [p.name for p in self.feasible[0].plan.pledges] if self.feasible else []  # type: ignore[union-attr]
        return [
            f"{name} ({names[: i + 1].count(name)})" if names.count(name) > 1 else name for i, name in enumerate(names)
        ]

    def _binding(self) -> list[str]:
        """What binds anywhere, in the order met along the axis."""
        plans = [p.plan for p in sorted(self.points, key=lambda p: p.x) if p.plan is not None]
        return list(dict.fromkeys(name for plan in plans for name in _binding(plan)))

    # ---- pictures

    def plot(self, ax: Axes | None = None) -> Axes:
        """What is left of the risk along the axis, and without a hedge; bars show where each constraint binds.

        Points without a hedge are crosses on the lower edge; the curve has a gap there.

        Args:
            ax: where to draw; a new figure unless said.
        """
        ax = new_axes(height=_HEIGHT)[0] if ax is None else ax
        points = sorted(self.points, key=lambda p: p.x)
        x = np.array([p.x for p in points])
        left, unhedged = self._risks(points)
        curves(
            ax,
            x,
            {"hedged": left} if self.feasible else {},
            xlabel=self.label,
            ylabel=f"{self.objective.figure} [{self.token}]",
            title=self._least(),
        )
        dotted(ax, x, left)
        if self.feasible:
            dashed(ax, x, unhedged, name="unhedged")
        from_zero(ax, left)
        crosses(ax, [p.x for p in points if p.plan is None], name="no hedge")
        bound = [() if p.plan is None else _binding(p.plan) for p in points]
        strips(ax, x, {f"{name} binds": np.array([name in names for names in bound]) for name in self._binding()})
        return legend(ax)

    @staticmethod
    def _risks(points: Sequence[FrontierPoint]) -> tuple[FloatArray, FloatArray]:
        """``(points,)`` each: risk left and risk unhedged, NaN where there is no hedge."""
        left = np.array([np.nan if p.plan is None else p.plan.best.risk for p in points])
        unhedged = np.array([np.nan if p.plan is None else p.plan.risk_unhedged for p in points])
        known = unhedged[~np.isnan(unhedged)]
        # One problem under other bounds: what it risks unhedged is known at every point.
        return left, np.full(len(points), known[0]) if known.size and (known == known[0]).all() else unhedged


@recorded
def frontier(
    exposure: Exposure,
    legs: Sequence[Leg | Instrument],
    over: Model | Paths | Outcomes,
    *,
    objective: Objective,
    along: Sequence[Along],
    constraints: Sequence[Constraint] = (),
    tie_break: LeastCapital | LeastCost = LeastCapital(),  # noqa: B008
    exit: Literal["held", "range"] = "held",
) -> Frontier:
    """The hedge for each of several budgets, leverage caps, buffers, ranges or horizons.

    Each thing in ``along`` takes the place of its like: a constraint that of the one of its class, or it is added;
    an exposure with one range that of ``exposure``; a model or paths that of ``over``. What is stated relative to
    the exposure follows it: ``NoLiquidation(over=RangeEdges())``, ``exit="range"``. Every point is what
    :func:`hedge` answers to the problem so changed.

    Args:
        exposure, legs, over, objective, constraints, tie_break, exit: as in :func:`hedge`.
        along: things of one kind that differ in one figure, in any order: :class:`Budget`, :class:`MaxLeverage`,
            :class:`NoLiquidation`, :class:`EffectivenessAtLeast`, :class:`PoolSize`, exposures, models or paths.

    Returns:
        The points in the order given. A point that nothing satisfies has no plan and says why: it names the clash,
        without the ways out that :func:`hedge` searches for. An InputError or a DataError that some points have and
        others not (a budget below the position's own value) is about those values, and they are such points too.

    Raises:
        InputError: nothing in ``along``, things of several kinds, of a kind that has no axis, that differ in more
            than one figure or in none; and what :func:`hedge` raises at every point.
        TokenError, MarketError: as in :func:`hedge`, at any point.
    """
    axis = _axis(along)
    if not isinstance(exposure, Exposure):
        raise InputError("an exposure: an instrument, a position or a portfolio", got=f"{exposure!r:.60}")
    if not isinstance(constraints, (list, tuple)):
        raise InputError("constraints as a list of bounds", got=f"{constraints!r:.80}")

    def at(value: Along) -> HedgePlan | LPGreeksError:
        varied = _varied(exposure, over, constraints, value)
        try:
            return planned(
                varied.exposure,
                legs,
                varied.over,
                objective=objective,
                constraints=varied.constraints,
                tie_break=tie_break,
                exit=exit,
                refuse=clash,
            )
        except (TokenError, MarketError):
            raise
        except (InfeasibleError, InputError, DataError) as error:
            return error

    found = []
    with progress_bar(len(along), 0, "frontier", unit="point") as bar:
        for value in along:
            found.append(at(value))
            bar.update()
    if all(isinstance(f, (InputError, DataError)) for f in found):
        # What is wrong everywhere is wrong with the problem.
        raise next(f for f in found if isinstance(f, LPGreeksError))
    points = [
        FrontierPoint(along=value, x=x, plan=f, reason="")
        if isinstance(f, HedgePlan)
        else FrontierPoint(along=value, x=x, plan=None, reason=str(f))
        for value, x, f in zip(along, axis.xs, found, strict=True)
    ]
    return Frontier(
        points=tuple(points),
        axis=axis.words,
        unit=axis.unit.format(quote=exposure.quote),
        objective=objective,
        quote=exposure.quote,
    )


# ---- what varies


class _Scale(NamedTuple):
    """An axis: in words, its unit, and what is read off a figure."""

    words: str
    unit: str
    read: Callable[[Any], float]


class _Axis(NamedTuple):
    words: str
    unit: str
    xs: tuple[float, ...]


class _Varied(NamedTuple):
    """The parts of a problem that an axis may change."""

    exposure: Exposure
    over: Model | Paths | Outcomes
    constraints: Sequence[Constraint]


def _in_percent(share: float) -> float:
    return 100.0 * share


def _half_width(edges: tuple[float, float]) -> float:
    """Half of the way between two prices, in percent of their middle: 5 for 5 % below to 5 % above it."""
    low, high = edges
    return 100.0 * (high - low) / (high + low)


def _range_half_width(exposure: Exposure) -> float:
    found = ranges(exposure)
    if len(found) != 1:
        raise InputError(
            "exposures with one range each along an axis",
            got=f"{exposure!r:.60} with {len(found)}",
            remedy="Their width is the axis. For another axis take a constraint or a horizon",
        )
    return _half_width((found[0].lower, found[0].upper))


def _days(over: Model | Paths) -> float:
    return 365.0 * (float(over.years[-1]) if isinstance(over, Paths) else over.years)


# By class the fields that may vary, and the axis of each.
_BOUNDS: dict[type[Constraint], dict[str, _Scale]] = {
    Budget: {"amount": _Scale("budget", "{quote}", float)},
    MaxLeverage: {"leverage": _Scale("leverage cap", "times", float)},
    NoLiquidation: {
        "buffer": _Scale("buffer", "%", _in_percent),
        "probability": _Scale("chance of liquidation", "%", _in_percent),
        "over": _Scale("half-width survived", "%", _half_width),
    },
    EffectivenessAtLeast: {"share": _Scale("least effectiveness", "%", _in_percent)},
    PoolSize: {"upper": _Scale("largest size", "times the position", float)},
}

# What else may vary, which is read as a whole.
_WHOLES: dict[type, _Scale] = {
    Exposure: _Scale("range half-width", "%", _range_half_width),
    Paths: _Scale("horizon", "days", _days),
    Model: _Scale("horizon", "days", _days),
}

_KINDS: tuple[type, ...] = (*_BOUNDS, *_WHOLES)


def _axis(along: Sequence[Along]) -> _Axis:
    """Where the things stand on which axis; an error where they have none."""
    if not isinstance(along, (list, tuple)):
        raise InputError(
            "a list of things to vary", got=f"{along!r:.60}", remedy="along=[Budget(b) for b in (110_000, 120_000)]"
        )
    if not along:
        raise InputError("at least one point along the axis", got="none", remedy="along=[Budget(110_000)]")
    kinds = [_kind(value) for value in along]
    if len(set(kinds)) > 1:
        names = " and ".join(dict.fromkeys(type(value).__name__ for value in along))
        raise InputError("things of one kind along the axis", got=names, remedy="One frontier for each kind")
    scale, figures = _figures(kinds[0], along)
    xs = tuple(scale.read(figure) for figure in figures)
    if len(set(xs)) < len(xs):
        twice = next(x for i, x in enumerate(xs) if x in xs[:i])
        raise InputError(f"each {scale.words} once", got=f"{twice:,.6g} twice", unit=scale.unit.format(quote="quote"))
    return _Axis(scale.words, scale.unit, xs)


def _kind(value: object) -> type:
    for kind in _KINDS:
        if isinstance(value, kind):
            return kind
    names = ", ".join(kind.__name__ for kind in _BOUNDS)
    raise InputError(
        f"along an axis one of {names}, exposures with one range, models or paths",
        got=f"{value!r:.60}",
        remedy="Call hedge in a loop for what has no axis",
    )


def _figures(kind: type, along: Sequence[Along]) -> tuple[_Scale, list[Any]]:
    """The scale on which things of one kind are told apart, and what is read off each of them."""
    if kind in _WHOLES:
        return _WHOLES[kind], list(along)
    scales = _BOUNDS[kind]
    first = along[0]
    differ = [f.name for f in fields(kind) if any(getattr(v, f.name) != getattr(first, f.name) for v in along)]
    if len(along) == 1:
        # Alone it stands on the axis of what was said.
        differ = [f.name for f in fields(kind) if f.name in scales and getattr(first, f.name) != f.default][:1]
    name = differ[0] if differ else next(iter(scales))
    figures = [getattr(v, name) for v in along]
    numbers = all(isinstance(figure, (int, float, tuple)) for figure in figures)
    if len(differ) > 1 or name not in scales or not numbers:
        raise InputError(
            f"{kind.__name__} that differ in one figure: {' or '.join(scales)}",
            got=f"different {' and '.join(differ)}: {along[0]!r:.40}, {along[-1]!r:.40}",
            remedy="Keep everything else equal",
        )
    return scales[name], figures


def _varied(
    exposure: Exposure, over: Model | Paths | Outcomes, constraints: Sequence[Constraint], value: Along
) -> _Varied:
    """The problem with ``value`` in the place of its like."""
    if isinstance(value, Constraint):
        return _Varied(exposure, over, _with(constraints, value))
    if isinstance(value, Exposure):
        return _Varied(value, over, constraints)
    return _Varied(exposure, value, constraints)


def _with(constraints: Sequence[Constraint], value: Constraint) -> list[Constraint]:
    """The constraints with ``value`` where the one of its class was, or after them."""
    kind = _kind(value)
    like = [c for c in constraints if isinstance(c, kind)]
    if len(like) > 1:
        raise InputError(
            f"at most one {kind.__name__} beside those along the axis",
            got=f"{len(like)}: {', '.join(map(repr, like)):.80}",
            remedy="It would not be clear which of them gives way",
        )
    return [value if c in like else c for c in constraints] if like else [*constraints, value]


# ---- what a plan says in a row


def _leverages(plan: HedgePlan) -> list[float]:
    """Of each account at the start: NaN without a position, infinite without collateral."""
    return [
        np.nan if account is None else account.leverage(plan.start) if account.collateral else np.inf
        for account in plan.accounts
    ]


def _binding(plan: HedgePlan) -> tuple[str, ...]:
    """What binds, by name, the prices of survival left out."""
    return tuple(dict.fromkeys(_PRICES.sub("", name) for name in plan.certificate.binding))


def _letter(i: int) -> str:
    """a to z, then a1, b1."""
    turn, place = divmod(i, 26)
    return f"{chr(ord('a') + place)}{turn or ''}"


def _figure(x: float) -> str:
    """Six digits of a figure that somebody chose: 5, not 5.00000."""
    text = rounded(x)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _with_unit(x: float, unit: str) -> str:
    return f"{_figure(x)} {unit}"
