"""The answer: quantities, what is left, the proof, and what it looks like."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.draw import histograms, new_axes
from lpgreeks.hedging.constraints import by_coin
from lpgreeks.hedging.objectives import Variance
from lpgreeks.hedging.proof import Certificate
from lpgreeks.instruments import Exposure, Instrument, Portfolio, payoffs
from lpgreeks.paths import Outcomes
from lpgreeks.tokens import coin_of, counted_as

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["HedgePlan", "Hedged"]


# Columns of text that a terminal and a mail show whole; characters that fit above a picture.
_WIDTH = 110
_TITLE = 90


@dataclass(frozen=True, kw_only=True)
class Hedged:
    """One choice of quantities and the risk it leaves.

    Attributes:
        quantities: one per leg, signed, in the leg's unit.
        risk: standard deviation of what is left, in the plan's token.
        effectiveness: share of the variance removed, ``1 - (risk / unhedged)**2``.
        within_bounds: whether every constraint holds.
    """

    quantities: tuple[float, ...]
    risk: float
    effectiveness: float
    within_bounds: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class HedgePlan:
    """What to trade against an exposure, and what is then left.

    Attributes:
        exposure: what is hedged.
        legs: the instruments offered, +1 long.
        best: the optimum.
        naive: the legs that cancel the slope at the start (short the pool's coins); None where the outcomes
            start at different prices.
        standard_errors: of each quantity, on samples; None under a model, or where a bound pins it.
        risk_unhedged: standard deviation of the measure without a hedge, in ``token``.
        token: what risk is counted in.
        objective: what was made small.
        outcomes: over which end states.
        start: the price of each market at the start (the mean one where windows differ).
        certificate: proof of the optimum.
        unique: no other quantities are as good.
        notes: what the numbers mean, in words.
        assumptions: what was taken as equal, or as zero.
    """

    exposure: Exposure
    legs: tuple[Instrument, ...]
    best: Hedged
    naive: Hedged | None
    standard_errors: tuple[float | None, ...]
    risk_unhedged: float
    token: str
    objective: Variance
    outcomes: Outcomes
    start: dict[str, float]
    certificate: Certificate
    unique: bool
    notes: tuple[str, ...]
    assumptions: tuple[str, ...]

    @property
    def quantities(self) -> tuple[float, ...]:
        """One per leg, signed, in the leg's unit."""
        return self.best.quantities

    @property
    def effectiveness(self) -> float:
        """Share of the variance that the hedge removes."""
        return self.best.effectiveness

    @property
    def hedge(self) -> Portfolio:
        """The legs in their quantities."""
        return sum((q * leg for q, leg in zip(self.quantities, self.legs, strict=True)), Portfolio())

    @property
    def total(self) -> Portfolio:
        """Exposure and hedge together."""
        return self.exposure + self.hedge

    @property
    def net_delta(self) -> dict[str, float]:
        """Delta of the total at the start by coin, in coins; every market of a coin added up."""
        return by_coin(Exposure.delta, self.total, self.start)

    @property
    def net_gamma(self) -> dict[str, float]:
        """Gamma of the total at the start by coin, in coins per unit of price."""
        return by_coin(Exposure.gamma, self.total, self.start)

    def notional(self, leg: Instrument) -> float:
        """What one unit of a leg moves: ``|delta| * price`` at the start, in quote."""
        price = self.start.get(leg.market, 1.0)
        return abs(float(leg.delta(price))) * price

    def changes(self) -> tuple[FloatArray, FloatArray]:
        """The measure's change per outcome, before and after the hedge, in ``token``; first measure only."""
        starts = self.outcomes.starts(self.total.markets)
        measure = self.objective.measures[0]
        return tuple(self.outcomes.changes(measure(e, starts)) for e in (self.exposure, self.total))  # type: ignore[return-value]

    # ---- words

    def sentence(self) -> str:
        """The answer in one sentence."""
        trades = [self._trade(leg, q) for leg, q in zip(self.legs, self.quantities, strict=True) if q]
        do = " and ".join(trades) if trades else "trade nothing"
        measured = " and ".join(str(m) for m in self.objective.measures)
        left = f"{_round(self.risk_unhedged)} to {_round(self.best.risk)} {self.token}"
        return (
            f"{do[0].upper()}{do[1:]}: the standard deviation of {measured} goes from {left} "
            f"({_percent(self.effectiveness)} of the variance removed)."
        )

    def _trade(self, leg: Instrument, quantity: float) -> str:
        return (
            f"{'short' if quantity < 0 else 'long'} {_round(abs(quantity))} {leg.unit_text} of {leg.label} {leg.market}"
        )

    def table(self) -> pd.DataFrame:
        """One row per leg: quantity, its unit, standard error, notional in quote, the naive quantity."""
        import pandas as pd

        rows = [
            {
                "leg": f"{leg.label} {leg.market}",
                "quantity": quantity,
                "unit": leg.unit_text,
                "standard error": np.nan if error is None else error,
                f"notional [{leg.quote}]": abs(quantity) * self.notional(leg),
                "naive quantity": np.nan if self.naive is None else self.naive.quantities[i],
            }
            for i, (leg, quantity, error) in enumerate(
                zip(self.legs, self.quantities, self.standard_errors, strict=True)
            )
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """The whole plan as text."""
        lines = [_wrapped(self.sentence(), _WIDTH), ""]
        lines += _aligned(self._leg_rows())
        lines += ["", *_aligned(self._figure_rows())]
        if self.notes:
            lines += ["", *(_wrapped(f"- {note}", _WIDTH, indent="  ") for note in self.notes)]
        if self.assumptions:
            lines += ["", _wrapped(f"Taken as given: {'; '.join(self.assumptions)}.", _WIDTH)]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<HedgePlan: {self.sentence()}>"

    def _repr_html_(self) -> str:
        return f"<p><b>{html.escape(self.sentence())}</b></p>{self.table().to_html(index=False)}"

    def _leg_rows(self) -> list[list[str]]:
        rows = [["leg", "quantity", "unit", "std error", f"notional [{self.exposure.quote}]", "naive"]]
        for i, leg in enumerate(self.legs):
            error = self.standard_errors[i]
            rows.append(
                [
                    f"{leg.label} {leg.market}",
                    _round(self.quantities[i]),
                    leg.unit_text,
                    "" if error is None else _round(error),
                    _round(abs(self.quantities[i]) * self.notional(leg)),
                    "" if self.naive is None else _round(self.naive.quantities[i]),
                ]
            )
        return rows

    def _figure_rows(self) -> list[list[str]]:
        first, *others = self.outcomes.source.split("; ")
        rows = [["outcomes", first], *(["", other] for other in others)]
        if self.outcomes.sampled:
            count = len(self.outcomes)
            rows.append(["", f"n = {count:,}, worth {self.outcomes.effective:.1f} independent outcomes"])
        rows.append(["risk", f"{_round(self.risk_unhedged)} -> {_round(self.best.risk)} {self.token}"])
        rows.append(["effectiveness", f"{self.effectiveness:.4%} of the variance"])
        if self.naive is not None:
            breaks = "" if self.naive.within_bounds else ", but breaks a bound"
            left = f"{_round(self.naive.risk)} {self.token} ({self.naive.effectiveness:.4%})"
            rows.append(["naive hedge", f"leaves {left}{breaks}"])
        for coin, figure in self.net_delta.items():
            rows.append(["net delta", f"{_round(figure)} {coin}"])
        for coin, figure in self.net_gamma.items():
            rows.append(["net gamma", f"{_round(figure)} {coin} per {self.exposure.quote}"])
        proof = self.certificate
        binding = f"; binding: {', '.join(proof.binding)}" if proof.binding else ""
        rows.append(
            [
                "certificate",
                f"feasible to {proof.feasibility:.0e}, stationary to {proof.stationarity:.0e}, "
                f"gap {proof.gap:.0e}{binding}",
            ]
        )
        rows.append(["unique", "yes" if self.unique else "no, see below"])
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON: the same figures as the text."""
        return {
            "sentence": self.sentence(),
            "token": self.token,
            "objective": repr(self.objective),
            "start": dict(self.start),
            "legs": [
                {
                    "instrument": type(leg).__name__,
                    "market": leg.market,
                    "unit": leg.unit_text,
                    "quantity": self.quantities[i],
                    "standard_error": self.standard_errors[i],
                    "notional": abs(self.quantities[i]) * self.notional(leg),
                    "naive_quantity": None if self.naive is None else self.naive.quantities[i],
                }
                for i, leg in enumerate(self.legs)
            ],
            "risk_unhedged": self.risk_unhedged,
            "risk": self.best.risk,
            "effectiveness": self.effectiveness,
            "naive": None
            if self.naive is None
            else {
                "risk": self.naive.risk,
                "effectiveness": self.naive.effectiveness,
                "within_bounds": self.naive.within_bounds,
            },
            "net_delta": self.net_delta,
            "net_gamma": self.net_gamma,
            "outcomes": {
                "source": self.outcomes.source,
                "n": len(self.outcomes),
                "effective_n": self.outcomes.effective if self.outcomes.sampled else None,
            },
            "certificate": {
                "feasibility": self.certificate.feasibility,
                "stationarity": self.certificate.stationarity,
                "gap": self.certificate.gap,
                "binding": list(self.certificate.binding),
            },
            "unique": self.unique,
            "notes": list(self.notes),
            "assumptions": list(self.assumptions),
        }

    # ---- pictures

    def plot(self, ax: Axes | None = None, *, prices: FloatArray | None = None, income: float = 0.0) -> Axes:
        """P&L against price: what is hedged, the hedge, the total; start, kinks and break-evens marked.

        With several coins, that part of all three which reads the exposure's first market.

        Args:
            ax: where to draw; a new figure unless said.
            prices: the horizontal axis; 25 % about the start unless said.
            income: earned meanwhile, in quote; added to the total.
        """
        market = self.exposure.markets[0]
        coin = counted_as(coin_of(market))

        def part(exposure: Exposure) -> Exposure:
            return sum((p for p in exposure.positions if counted_as(p.instrument.base) == coin), start=Portfolio())

        parts = {"position": part(self.exposure), "hedge": part(self.hedge), "total": part(self.total)}
        title = _wrapped(self.sentence(), _TITLE)
        return payoffs(parts, ax, start=self.start[market], prices=prices, income=income, title=title)

    def plot_outcomes(self, ax: Axes | None = None) -> Axes:
        """The first measure's change over the outcomes, before and after the hedge."""
        ax = new_axes()[0] if ax is None else ax
        before, after = self.changes()
        measure = self.objective.measures[0]
        return histograms(
            ax,
            {"unhedged": before, "hedged": after},
            self.outcomes.weights,
            xlabel=f"change of {measure} [{measure.token}]",
            title=_wrapped(self.outcomes.source, _TITLE),
        )


def _percent(share: float) -> str:
    """Two decimals, or as many as it takes not to claim all of it."""
    return f"{share:.2%}" if round(share, 4) < 1 else f"{share:.8%}"


def _round(number: float) -> str:
    """Six significant digits, thousands set apart."""
    if number == 0:
        return "0"
    size = abs(number)
    if size >= 1e5:
        return f"{number:,.0f}"
    return f"{number:,.{max(0, 5 - int(np.floor(np.log10(size))))}f}" if size >= 1e-4 else f"{number:.5e}"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    numeric = len(rows[0]) > 2
    return [
        "  ".join(
            cell.rjust(width) if numeric and i not in (0, 2) else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _wrapped(text: str, width: int, indent: str = "") -> str:
    return textwrap.fill(text, width, subsequent_indent=indent, break_on_hyphens=False)
