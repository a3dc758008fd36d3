"""Formulas of what a result was computed with: instruments on their own symbols, objectives of a change Y."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from lpgreeks.hedging import CVaR, MeanVariance, SemiVariance, Variance, WorstCase
from lpgreeks.hedging.objectives import Objective
from lpgreeks.instruments import Instrument
from lpgreeks.measures import Amount, Excess, Measure, Value
from lpgreeks.reports.parts import Formula
from lpgreeks.tokens import counted_as

__all__ = ["of_instruments", "of_objective"]

_SIDES = {"base": "x(P)", "quote": "y(P)", "value": "V(P)", "delta": "V'(P)"}

# An option before its end fills pages; its payoff says what it is.
_LONGEST = 1_500


def of_instruments(instruments: Iterable[Instrument]) -> tuple[Formula, ...]:
    """Both token amounts, the value and the delta of +1 long, once for each kind."""
    return tuple(map(_of_instrument, {type(one): one for one in instruments}.values()))


def _of_instrument(instrument: Instrument) -> Formula:
    latex = instrument.symbolic().latex()
    rows = tuple((left, latex[side]) for side, left in _SIDES.items() if len(latex[side]) <= _LONGEST)
    return Formula(f"{instrument.label}, +1 long: coins x, {instrument.quote} y, value V, delta V′", rows)


def of_objective(objective: Objective, quote: str) -> Formula:
    """What was made small, as a figure of the change of its measures; ``quote`` is the token of y."""
    changes = tuple(_change(measure, quote) for measure in objective.measures)
    several = len(changes) > 1
    rows = tuple((f"Y_{{{k}}}" if several else "Y", right) for k, right in enumerate(changes, start=1))
    name = f"What was made small, {objective}: of the change Y from the start price P₀ to the end price P₁"
    return Formula(f"{name}, w weights of outcomes i", (*rows, _figure(objective)))


def _change(measure: Measure, quote: str) -> str:
    in_quote = counted_as(measure.token) == counted_as(quote)
    if isinstance(measure, Amount):
        return r"y(P_{1}) - y(P_{0})" if in_quote else r"x(P_{1}) - x(P_{0})"
    value = "V(P_{1})" if in_quote else r"\frac{V(P_{1})}{P_{1}}"
    if isinstance(measure, Excess):
        held = r"x(P_{0}) P_{1} + y(P_{0})" if in_quote else r"x(P_{0}) + \frac{y(P_{0})}{P_{1}}"
        return rf"{value} - \left({held}\right)"
    assert isinstance(measure, Value)
    return f"{value} - {value.replace('1', '0')}"


@singledispatch
def _figure(objective: Objective) -> tuple[str, str]:
    """The figure's name and what it is."""
    return r"\text{risk}", rf"\text{{{objective.figure}}}"


@_figure.register
def _(objective: Variance) -> tuple[str, str]:
    if len(objective.measures) > 1:
        return r"\sigma", r"\sqrt{\sum_{k} \sum_{i} w_{i} \left(Y_{k i} - \operatorname{E}[Y_{k}]\right)^{2}}"
    return r"\sigma", r"\sqrt{\sum_{i} w_{i} \left(Y_{i} - \operatorname{E}[Y]\right)^{2}}"


@_figure.register
def _(objective: SemiVariance) -> tuple[str, str]:
    level = r"\operatorname{E}[Y]" if objective.about_mean else "0"
    return r"\sigma_{-}", rf"\sqrt{{\sum_{{i}} w_{{i}} \min \left(Y_{{i}} - {level}, 0\right)^{{2}}}}"


@_figure.register
def _(objective: CVaR) -> tuple[str, str]:
    tail = rf"\frac{{1}}{{1 - {objective.level:g}}}"
    return r"\operatorname{CVaR}", rf"\min_{{t}} \; t + {tail} \sum_{{i}} w_{{i}} \max \left(-Y_{{i}} - t, 0\right)"


@_figure.register
def _(objective: WorstCase) -> tuple[str, str]:
    if objective.over is None:
        return r"\text{worst}", r"\max_{i} \left(-Y_{i}\right)"
    low, high = objective.over
    return r"\text{worst}", rf"\max_{{{low:g} \leq P_{{1}} \leq {high:g}}} \left(-Y\right)"


@_figure.register
def _(objective: MeanVariance) -> tuple[str, str]:
    risk = rf"\frac{{{objective.aversion:g}}}{{2}} \operatorname{{Var}}[Y] - \operatorname{{E}}[Y]"
    return r"\text{loss}", rf"{risk} + \text{{costs}} - \text{{carry}}"
