"""The strip of listed options that pays what a claim pays, at every strike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.display import Answer, shortened
from lpgreeks.draw import columns, new_axes
from lpgreeks.errors import DataError, InputError, require_numbers, require_positive, require_prices
from lpgreeks.instruments import Call, Cash, Exposure, Option, Portfolio, Position, Put, Spot

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Strip", "strip"]

# Missing quotes that an error names.
_SHOWN = 5

# Of the size of its terms: what is left of a figure that is 0.
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Strip(Answer):
    """Options that replicate a payoff, what they leave, and what they cost.

    Attributes:
        of: what is replicated.
        start: puts stand at and below this price, calls above.
        options: one for each strike, ascending.
        weights: how many of each, in coins; negative is sold.
        line: the coins and the cash that the options leave to be held beside them.
    """

    of: Exposure
    start: float
    options: tuple[Option, ...]
    weights: FloatArray
    line: Portfolio

    @cached_property
    def portfolio(self) -> Portfolio:
        """The options alone."""
        return Portfolio(tuple(map(Position, self.weights.tolist(), self.options)))

    @cached_property
    def residual(self) -> Portfolio:
        """What is left: the payoff less the options and the line. 0 at every strike.

        Of a convex payoff it is at most 0 between the strikes and at least 0 beyond them.
        """
        return self.of - self.portfolio - self.line

    @property
    def strikes(self) -> FloatArray:
        """Ascending, quote per base."""
        return np.array([option.strike for option in self.options])

    def cost(self, bids: ArrayLike, asks: ArrayLike) -> float:
        """What the options cost: those with a weight above 0 are bought at the ask, the others sold at the bid.

        The line comes on top, at the forward: ``strip.line.value(forward)``, in quote.

        Args:
            bids, asks: of one coin's worth of each option, by strike, in the token that the options are quoted in
                (:attr:`~lpgreeks.Option.premium_token`); the same array twice for a mark. NaN is no quote.

        Returns:
            In the same token. Positive is paid.

        Raises:
            DataError: a quote that is needed is not there.
        """
        token = self.options[0].premium_token
        sides = [require_numbers(side, unit=token, what="quotes") for side in (bids, asks)]
        if any(side.shape != self.weights.shape for side in sides):
            raise InputError(
                f"a bid and an ask for each of the {len(self.options)} options",
                got=" and ".join(str(side.shape) for side in sides),
                unit=token,
                remedy=f"Puts up to {self.start:,.10g}, calls above it, in the order of the strikes",
            )
        paid = np.where(self.weights > 0, sides[1], sides[0])
        empty = np.isnan(paid) & (self.weights != 0)
        if empty.any():
            missing = [
                f"{option.label} {option.strike:,.10g}" for option, no in zip(self.options, empty, strict=True) if no
            ]
            raise DataError(
                "a quote for every option of the strip",
                got="none for " + ", ".join(missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else ""),
                unit=token,
                remedy="Leave these strikes out of the strip: their neighbours then carry the weight",
            )
        return float(self.weights @ np.where(self.weights != 0, paid, 0.0))

    # ---- words and pictures

    def sentence(self) -> str:
        """What to hold, in one sentence."""
        coin, quote = self.of.bases[0], self.of.quote
        groups = [_group(kind, self.options, self.weights) for kind in (Put, Call)]
        coins = self.line.delta(self.start)
        (worth,) = _without_rounding(np.array([self.line.value(self.start)]), abs(coins) * self.start)
        line = f"a line of {coins:,.6g} {coin} worth {worth:,.6g} {quote} at {self.start:,.10g}"
        return f"What pays the same at {len(self.options)} strikes: {'; '.join([*filter(None, groups), line])}."

    def table(self) -> pd.DataFrame:
        """One row per option: its weight, and what the strip is to pay at its strike."""
        import pandas as pd

        rows = [(o.strike, o.label, w, v) for o, w, v in zip(self.options, self.weights, self._paid, strict=True)]
        names = ["strike", "option", f"weight [{self.of.bases[0]}]", f"pays [{self.of.quote}]"]
        return pd.DataFrame(rows, columns=names)

    def summary(self) -> str:
        """The sentence and the table."""
        return f"{self.sentence()}\n\n{self.table().to_string(index=False, float_format='{:,.6g}'.format)}"

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return {
            "sentence": self.sentence(),
            "start": self.start,
            "strikes": self.strikes.tolist(),
            "options": [option.label for option in self.options],
            "weights": self.weights.tolist(),
            "line": {position.instrument.label: position.quantity for position in self.line.positions},
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The weights over the strikes, puts and calls apart."""
        ax = new_axes()[0] if ax is None else ax
        below = self.strikes <= self.start
        coin, quote = self.of.bases[0], self.of.quote
        bars = {
            self.options[i].label + "s": (self.strikes[side], self.weights[side])
            for side in (below, ~below)
            for i in np.flatnonzero(side)[:1]
        }
        return columns(
            ax, bars, xlabel=f"strike [{quote} per {coin}]", ylabel=f"weight [{coin}]", title=self.sentence()
        )

    @property
    def _paid(self) -> FloatArray:
        paid = np.asarray(self.of.value(self.strikes))
        return _without_rounding(paid, np.abs(paid).max())

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<Strip: {self.sentence()}>")


def strip(
    of: Exposure,
    *,
    strikes: ArrayLike,
    start: float,
    put: type[Put] = Put,
    call: type[Call] = Call,
    years: float | None = None,
) -> Strip:
    r"""The options that pay what ``of`` pays at every strike, and a straight line between two.

    With :math:`f` the payoff and :math:`s_i` the slope of its chord from strike :math:`K_i` to the next, of its tangent
    outside the outermost,

    .. math::
        w_i = s_i - s_{i-1} = \int f''(q)\, h_i(q)\, dq

    where the hat :math:`h_i` is 1 at :math:`K_i` and 0 at its neighbours. So the strip costs what a continuum of
    options would, if prices were straight lines between strikes: the dearest that prices without arbitrage can be.
    Source: Carr and Madan (1998); Risk, Tung and Wang (2026), whose cell integrals these are, added up.

    Args:
        of: a payoff at expiry without jumps, such as a :class:`~lpgreeks.LossClaim`.
        strikes: ascending, two or more, quote per base.
        start: the price at which puts give way to calls.
        put, call: what is listed: :class:`~lpgreeks.InversePut` and :class:`~lpgreeks.InverseCall` for coin-settled.
        years: from now to expiry, if the options are to know it.

    Raises:
        InputError: strikes that do not ascend, or a payoff that jumps.
    """
    start = require_positive("start", start, unit="quote per base")
    at = require_prices(strikes, unit="quote per base", what="strikes")
    if at.ndim != 1 or at.size < 2 or (np.diff(at) <= 0).any():
        raise InputError("two or more strikes, each above the one before", got=f"{at.tolist()!r:.60}")
    if any(of.worth().jumps):
        raise InputError("a payoff without jumps", got=f"{of!r:.60}", remedy="No options replicate a jump")
    values = np.asarray(of.value(at))
    # A kink belongs to the piece below: a kink at the last strike is in reach of its option.
    outside = of.delta(np.array([at[0], np.nextafter(at[-1], np.inf)]))
    slopes = np.concatenate([outside[:1], np.diff(values) / np.diff(at), outside[1:]])
    weights = _without_rounding(np.diff(slopes), np.abs(slopes).max())
    weights.flags.writeable = False
    pair: Any = {"base": of.bases[0], "quote": of.quote}
    below = int(np.searchsorted(at, start, side="right"))
    options = [(put if i < below else call)(**pair, strike=float(k), years=years) for i, k in enumerate(at)]
    slope, corner = float(slopes[below]), max(below - 1, 0)
    line = slope * Spot(**pair) + float(values[corner] - slope * at[corner]) * Cash(quote=of.quote)
    return Strip(of=of, start=start, options=tuple(options), weights=weights, line=line)


def _without_rounding(numbers: FloatArray, size: float) -> FloatArray:
    return np.where(np.abs(numbers) <= _ROUNDING * size, 0.0, numbers)


def _group(kind: type[Option], options: tuple[Option, ...], weights: FloatArray) -> str:
    """How many of one kind, and where: "31 puts from 27,500 to 42,500"."""
    held = [(o, w) for o, w in zip(options, weights.tolist(), strict=True) if isinstance(o, kind) and w]
    if not held:
        return ""
    (first, _), (last, _) = held[0], held[-1]
    total = sum(w for _, w in held)
    return f"{len(held)} {first.label}s from {first.strike:,.10g} to {last.strike:,.10g} ({total:,.6g} {first.base})"
