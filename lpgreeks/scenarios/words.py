"""What a table of scenarios, and the worst stretches of a history, say of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.hedging.text import aligned, rounded, wrapped
from lpgreeks.scenarios.axes import ScenarioAxis, ScenarioCase

if TYPE_CHECKING:
    from lpgreeks.scenarios.stress import Stress
    from lpgreeks.scenarios.table import ScenarioTable

__all__ = ["case_text", "record", "said", "sentence", "stress_text", "summary"]

# Columns that a terminal of a hundred shows whole.
_WIDTH = 100

# From this size on an amount is told in whole tokens.
_WHOLE = 1_000.0

_CASE = (ScenarioAxis.VOLATILITY, ScenarioAxis.DAYS, ScenarioAxis.FUNDING)

_STRESS_HEAD = ("windows", "", "from", "to, UTC", "move", "low", "high", "volatility")


def sentence(t: ScenarioTable) -> str:
    """The worst and the best scenario, and where the usual case breaks even."""
    worst, best = (_corner(t, np.unravel_index(find(t.total), t.total.shape)) for find in (np.argmin, np.argmax))
    evens = t.break_evens()[t.usual]
    prices = " and ".join(f"{price:,.6g}" for price in evens) if evens.size else "no price of the table"
    return (
        f"Of {t.total.size:,} scenarios the worst is {worst}, the best {best}; {case_text(t, t.usual)} the total is 0 "
        f"at {prices}."
    )


def _corner(t: ScenarioTable, at: Sequence[np.intp]) -> str:
    case = ScenarioCase(t.volatilities[at[1]], t.days[at[2]], t.funding[at[3]])
    return f"{_signed(t.total[tuple(at)])} {t.token} ({', '.join([_move(t, int(at[0])), *said(t, case, _CASE)])})"


def case_text(t: ScenarioTable, case: ScenarioCase) -> str:
    """The figures of a case on axes that have more than one: "after 3 days, funding 0.01 %"."""
    return ", ".join(said(t, case, _CASE)) or "at once"


def said(t: ScenarioTable, case: ScenarioCase, axes: Sequence[ScenarioAxis]) -> list[str]:
    """What a case is on each of some axes, but for those that stand at 0 alone."""
    words = {
        ScenarioAxis.VOLATILITY: (t.volatilities, case.volatility, f"volatility {_points(case)} points"),
        ScenarioAxis.DAYS: (t.days, case.days, f"after {case.days:g} days"),
        ScenarioAxis.FUNDING: (t.funding, case.funding, f"funding {100 * case.funding:g} %"),
    }
    return [text for axis in axes for values, own, text in [words[axis]] if len(values) > 1 or own]


def _points(case: ScenarioCase) -> str:
    return f"{100 * case.volatility:+g}" if case.volatility else "0"


def _move(t: ScenarioTable, row: int) -> str:
    return t.labels[row] or f"price {t.moves[row]:+.1%}"


def _signed(amount: float) -> str:
    return ("+" if amount > 0 else "") + rounded(float(amount))


def summary(t: ScenarioTable) -> str:
    """The sentence, the components of the usual case, every case in a line, and the rules."""
    lines = [wrapped(sentence(t), _WIDTH), "", f"P&L [{t.token}] {case_text(t, t.usual)}, by component", ""]
    lines += _components(t)
    if len(t.cases) > 1:
        lines += ["", f"Total [{t.token}] in every case", "", *_cases(t)]
    if t.liquidations:
        first = t.start[t.market]
        ends = (f"{x.account} below {_end(x.below, first)}, above {_end(x.above, first)}" for x in t.liquidations)
        lines += ["", *(wrapped(f"Liquidated: {text}", _WIDTH, indent="  ") for text in ends)]
    if t.notes:
        lines += ["", "Taken as given", *(wrapped(f"- {note}", _WIDTH, indent="  ") for note in t.notes)]
    return "\n".join(lines)


def _end(factor: float | None, first: float) -> str:
    return "no price" if factor is None else f"{first * factor:,.6g}"


def _components(t: ScenarioTable) -> list[str]:
    """A row for each move; names of components on as many lines as they have words."""
    *components, total = t.on(t.usual).items()
    shown = dict([*((name, pnl) for name, pnl in components if pnl.any()), total])
    whole = max(float(np.abs(pnl).max()) for pnl in shown.values()) >= _WHOLE
    heads = [["move"], ["price"], *(_words(name) for name in shown)]
    rows = [
        [f"{move:+.1%}", f"{price:,.6g}", *(_amount(pnl[i], whole) for pnl in shown.values())]
        for i, (move, price) in enumerate(zip(t.moves, t.prices, strict=True))
    ]
    if t.liquidated.any():
        heads.append(["liquidated"])
        rows = [[*row, "yes" if any(ended) else ""] for row, ended in zip(rows, t.liquidated.tolist(), strict=True)]
    depth = max(map(len, heads))
    top = [[""] * (depth - len(head)) + head for head in heads]
    lines = aligned([*map(list, zip(*top, strict=True)), *rows], words=())
    if any(t.labels):
        lines = [*lines, "", *(f"{f'{m:+.1%}':>7}  {label}" for m, label in zip(t.moves, t.labels, strict=True))]
    return lines


def _words(name: str) -> list[str]:
    """A component's name, one word a line; of a pair the coin says enough."""
    return [word.partition("/")[0] if "/" in word else word for word in name.split()]


def _amount(amount: float, whole: bool) -> str:
    # Adding 0 takes the sign off what is rounded to it.
    return f"{round(amount) + 0:,.0f}" if whole else f"{round(amount, 4) + 0.0:,.4f}"


def _cases(t: ScenarioTable) -> list[str]:
    whole = float(np.abs(t.total).max()) >= _WHOLE
    rows = [["volatility", "days", "funding", "worst", "at", "best", "at", "break-evens"]]
    for case, evens in t.break_evens().items():
        if not case.days and case.funding != t.funding[0]:
            # Before a day has passed nothing is paid: every rate says the same.
            continue
        pnl = t.on(case)["total"]
        low, high = int(pnl.argmin()), int(pnl.argmax())
        rows.append(
            [f"{_points(case)} pt", f"{case.days:g}", f"{100 * case.funding:g} %",
             _amount(pnl[low], whole), f"{t.moves[low]:+.1%}", _amount(pnl[high], whole), f"{t.moves[high]:+.1%}",
             _prices(evens)]
        )  # fmt: skip
    return aligned(rows, words=(7,))


def _prices(evens: FloatArray) -> str:
    return ", ".join(f"{price:,.6g}" for price in evens) or "none"


def record(t: ScenarioTable) -> dict[str, Any]:
    """Plain types, for JSON."""
    first = t.start[t.market]
    return {
        "sentence": sentence(t),
        "measure": str(t.measure),
        "token": t.token,
        "start": dict(t.start),
        "axes": {
            "moves": t.moves.tolist(),
            "labels": list(t.labels),
            "volatilities": list(t.volatilities),
            "days": list(t.days),
            "funding": list(t.funding),
        },
        "components": [*t.columns],
        "rows": t.table().to_dict("records"),
        "break_evens": [case._asdict() | {"prices": evens.tolist()} for case, evens in t.break_evens().items()],
        "liquidations": [
            {"account": x.account, "below": None if x.below is None else first * x.below,
             "above": None if x.above is None else first * x.above}
            for x in t.liquidations
        ],
        "notes": list(t.notes),
    }  # fmt: skip


def stress_text(s: Stress) -> str:
    """Every window in a line, and what was left out."""
    table = s.to_dict()["windows"]
    rows = [
        [w["span"], w["rule"], w["start"], w["end"], *(f"{w[name]:+.1%}" for name in ("move", "low", "high")),
         f"{w['volatility']:.1%}"]
        for w in table
    ]  # fmt: skip
    lines = [wrapped(s.sentence(), _WIDTH), "", *aligned([[*_STRESS_HEAD], *rows], words=(0, 1, 2, 3)), ""]
    return "\n".join([*lines, *(wrapped(f"- {note}", _WIDTH, indent="  ") for note in (s.source, *s.notes))])
