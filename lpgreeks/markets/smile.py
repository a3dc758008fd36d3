"""The volatilities that the options of one expiry imply, and those that ranges of liquidity would cost there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Answer
from lpgreeks.draw import GREY, legend, new_axes, points, verticals
from lpgreeks.errors import DataError
from lpgreeks.instruments import LossClaim, UniswapV3
from lpgreeks.markets.chain import Chain
from lpgreeks.pricing import il_implied_volatility, strip

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Smile", "smile"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Smile(Answer):
    """Implied volatilities over the strikes of one expiry, decimals per year: puts up to the forward, calls above.

    Attributes:
        base, quote: the coin, and what its strikes are counted in.
        at: when it was quoted, UTC.
        day: of the expiry, like "2026-01-30".
        years: to the expiry.
        forward: of the expiry, quote per base.
        strikes: ascending, quote per base.
        prices: the marks, in quote.
        bids, marks, asks: what their prices imply; NaN where there is none, or one outside its bounds.
        position: a range that is looked at beside them.
    """

    base: str
    quote: str
    at: datetime
    day: str
    years: float
    forward: float
    strikes: FloatArray
    prices: FloatArray
    bids: FloatArray
    marks: FloatArray
    asks: FloatArray
    position: UniswapV3 | None = None

    @property
    def at_the_money(self) -> float:
        """What the marks imply at the forward, on a straight line between the strikes beside it."""
        known = ~np.isnan(self.marks)
        if not known.any() or not self.strikes[known][0] <= self.forward <= self.strikes[known][-1]:
            raise DataError("marks on both sides of the forward", got=f"{self!r}", remedy="Say the volatility")
        return float(np.interp(self.forward, self.strikes[known], self.marks[known]))

    @cached_property
    def ranges(self) -> FloatArray:
        """Of a range from the strike below to the one above, at each strike: what its impermanent loss implies.

        The loss from the forward on to the expiry is bought as a strip at the marks; the one volatility at which the
        range would lose as much on average. From above, by what straight lines between strikes add. NaN at the first
        and the last strike, and where a mark is missing.
        """
        ends = zip(self.strikes[:-2], self.strikes[2:], strict=True)
        found = np.full(self.strikes.size, np.nan)
        found[1:-1] = [self._of(self._range(float(low), float(high))) for low, high in ends]
        return found

    @cached_property
    def of_position(self) -> float | None:
        """The same of the position; NaN where a mark is missing."""
        return None if self.position is None else self._of(self.position)

    def _range(self, low: float, high: float) -> UniswapV3:
        return UniswapV3(base=self.base, quote=self.quote, liquidity=1.0, lower=low, upper=high)

    def _of(self, position: UniswapV3) -> float:
        first, last = np.searchsorted(self.strikes, [position.lower, position.upper], side="right") - 1
        last += self.strikes[last] < position.upper
        used = slice(first, last + 1)
        parts = strip(LossClaim(of=position, start=self.forward), strikes=self.strikes[used], start=self.forward)
        if np.isnan(self.prices[used]).any():
            return np.nan
        premium = float(parts.weights @ self.prices[used]) + float(parts.line.value(self.forward))
        return float(il_implied_volatility(premium, position, start=self.forward, years=self.years))

    # ---- words and pictures

    def table(self) -> pd.DataFrame:
        """One row a strike; volatilities are decimals per year."""
        import pandas as pd

        return pd.DataFrame(
            {
                "strike": self.strikes,
                "option": np.where(self.strikes > self.forward, "call", "put"),
                "bid": self.bids,
                "mark": self.marks,
                "ask": self.asks,
                "range": self.ranges,
            }
        )

    def sentence(self) -> str:
        """What it is at the money, and of the position, in one sentence."""
        where = f"{self.base} options of {self.day}, forward {self.forward:,.2f}"
        said = f"{where}: {self.at_the_money:.2%} a year at the money"
        if self.position is None or self.of_position is None:
            return f"{said}."
        ends = f"{self.position.lower:,.6g} to {self.position.upper:,.6g}"
        return f"{said}; the loss of the range from {ends} costs {self.of_position:.2%}."

    def summary(self) -> str:
        """The sentence and the table, in percent."""
        table = self.table()
        table[["bid", "mark", "ask", "range"]] = (100 * table[["bid", "mark", "ask", "range"]]).round(2)
        return f"{self.sentence()}\n\n{table.to_string(index=False, na_rep='')}\n(percent a year)"

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON; None where there is no figure."""
        rows = self.table().astype(object)
        return {
            "sentence": self.sentence(),
            "forward": self.forward,
            "years": self.years,
            "at_the_money": self.at_the_money,
            "position": self.of_position,
            "rows": rows.where(rows.notna(), None).to_dict("records"),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Bids, marks and asks over the strikes, and the ranges at their middles (geometric)."""
        ax = new_axes(height=4.8)[0] if ax is None else ax
        strikes = self.strikes
        centres = np.full(strikes.size, np.nan)
        centres[1:-1] = np.sqrt(strikes[:-2] * strikes[2:])
        shown = {
            "ask": (strikes, self.asks),
            "bid": (strikes, self.bids),
            "mark": (strikes, self.marks),
            "loss of a range between the strikes beside": (centres, self.ranges),
        }
        if self.position is not None and self.of_position is not None:
            middle = np.sqrt(self.position.lower * self.position.upper)
            shown["loss of the position"] = (np.array([middle]), np.array([self.of_position]))
        points(
            ax, shown, xlabel=f"strike, or middle of a range [{self.quote} per {self.base}]",
            ylabel="implied volatility a year", title=f"{self.base} of {self.day}, at {self.at:%Y-%m-%d %H:%M} UTC",
        )  # fmt: skip
        verticals(ax, [self.forward], name=f"forward, {self.forward:,.6g}", style=":", colour=GREY)
        return legend(ax)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        span = f"{len(self.strikes)} strikes from {self.strikes[0]:,.6g} to {self.strikes[-1]:,.6g}"
        return f"<Smile: {self.base} of {self.day}, {span}, forward {self.forward:,.2f}>"


def smile(chain: Chain, position: UniswapV3 | None = None) -> Smile:
    """What the options of one expiry imply, and what the impermanent loss of ranges, or of a position, implies there.

    The loss of a range is a strip of the same options, so it has a price at their marks, and that price a volatility:
    beside the smile it says whether the fees of a range are dear or cheap.

    Args:
        chain: one expiry, options settled in one token.
        position: a range within the strikes.

    Raises:
        DataError: several expiries, options settled in coins and others, no forward, strikes short of the position.
    """
    moments = np.unique(chain.expiries)
    if len(moments) > 1 or chain.coin_settled.any() != chain.coin_settled.all():
        raise DataError(
            "options of one expiry, all settled in coins or none",
            got=f"{len(chain):,} of {', '.join(chain.days)}, {int(chain.coin_settled.sum()):,} of them in coins",
            remedy="chain.expiring(day); chain.where(chain.coin_settled)",
        )
    forward = float(chain.row_forwards()[0])
    if not forward > 0:
        raise DataError(
            "a forward", got=f"none stated and no pair in {chain.source}", remedy="It needs a call and a put"
        )
    out = chain.where(chain.calls == (chain.strikes > forward))
    order = np.argsort(out.strikes)
    strikes = out.strikes[order]
    if position is not None and not strikes[0] <= position.lower < position.upper <= strikes[-1]:
        raise DataError(
            f"strikes from {position.lower:,.6g} to {position.upper:,.6g}",
            got=f"{strikes[0]:,.6g} to {strikes[-1]:,.6g}, expiring on {chain.days[0]}",
            remedy="Another expiry may have them",
        )
    bids, marks, asks = (out.implied(quotes)[order] for quotes in (out.bids, out.marks, out.asks))
    return Smile(
        base=chain.base,
        quote=chain.quote,
        at=chain.at,
        day=chain.days[0],
        years=float(out.years().mean()),
        forward=forward,
        strikes=strikes,
        prices=(out.marks * np.where(out.coin_settled, forward, 1.0))[order],
        bids=bids,
        marks=marks,
        asks=asks,
        position=position,
    )
