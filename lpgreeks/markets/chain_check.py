"""The check of a chain: says which prices do not fit together, and repairs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lpgreeks._types import FloatArray, IntArray
from lpgreeks.display import Tabled
from lpgreeks.errors import require_positive
from lpgreeks.markets.check import Finding
from lpgreeks.pricing import option_greeks, price_bounds

if TYPE_CHECKING:
    import pandas as pd

    from lpgreeks.markets.chain import Chain

__all__ = ["ChainReport", "check_chain"]

_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class ChainReport(Tabled):
    """What the check found in one chain.

    Args:
        chain: which one, in words.
        rows: its options.
        tolerance: what prices may be off, as a part of the forward.
        findings: one per kind; the places are names of options.
        rejected: rows that the reader left out, by reason.
        notes: what the reader took as given.
    """

    chain: str
    rows: int
    tolerance: float
    findings: tuple[Finding, ...]
    rejected: Mapping[str, int]
    notes: tuple[str, ...]

    def count(self, what: str) -> int:
        """How many places a finding has; 0 where there is none of that name."""
        return sum(f.count for f in self.findings if f.what == what)

    def table(self) -> pd.DataFrame:
        """One row per finding, then one per reason for which rows were left out."""
        import pandas as pd

        rows = [(f.what, f.count, "; ".join(f.where)) for f in self.findings]
        rows += [(f"left out: {reason}", count, "") for reason, count in self.rejected.items()]
        return pd.DataFrame(rows, columns=["finding", "count", "first"])

    def summary(self) -> str:
        """The whole report as text."""
        lines = [f"{self.chain}; prices compared to {self.tolerance:g} of the forward"]
        lines += [f"  given: {note}" for note in self.notes]
        lines += [f"  left out: {reason}: {count:,}" for reason, count in self.rejected.items()]
        lines += [f"  {finding}" for finding in self.findings]
        return "\n".join([*lines, *([] if self.findings else ["  nothing found"])])

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, object]:
        """Plain types, for JSON."""
        return {
            "chain": self.chain,
            "rows": self.rows,
            "tolerance": self.tolerance,
            "notes": list(self.notes),
            "rejected": dict(self.rejected),
            "findings": [{"what": f.what, "count": f.count, "where": list(f.where)} for f in self.findings],
        }


def check_chain(chain: Chain, *, tolerance: float) -> ChainReport:
    r"""Look for prices that admit arbitrage, and for quotes that are missing.

    Every price is taken as a part of its forward, :math:`v = V/F` at :math:`\kappa = K/F`: coins of a coin-settled
    option. Of marks: parity :math:`c - p = 1 - \kappa`, bounds, slopes between -1 and 0 (calls) or 0 and 1 (puts),
    convexity in neighbouring strikes, and a price at equal :math:`\kappa` that does not fall with the expiry. Of
    quotes, before fees: verticals and butterflies of neighbouring strikes that pay to be entered.
    """
    tolerance = require_positive("tolerance", tolerance, unit="part of the forward")
    view = _View(chain)
    found: list[Finding] = []

    def look(what: str, rows: IntArray) -> None:
        if rows.size:
            where = tuple(map(str, chain.names[rows[:_SHOWN]]))
            found.append(Finding(what=what, count=int(rows.size), where=where, fatal=False))

    look("no bid", np.flatnonzero(np.isnan(chain.bids)))
    look("no ask", np.flatnonzero(np.isnan(chain.asks)))
    look("mark outside bid and ask", np.flatnonzero((chain.marks < chain.bids) | (chain.marks > chain.asks)))
    look("stated forward off parity", np.flatnonzero(np.abs(chain.underlyings / view.forward - 1.0) > tolerance))
    low, high = price_bounds(forward=1.0, strike=view.strike, call=chain.calls)
    look("mark outside its bounds", np.flatnonzero((view.mark < low - tolerance) | (view.mark > high + tolerance)))
    look("mark off parity", _joined(_off_parity(view, rows, tolerance) for rows in view.expiries()))
    sides = [(rows, 1.0 if call else -1.0) for call, rows in view.sides()]
    look("mark rises or falls too fast in strike", _joined(_steep(view, rows, s, tolerance) for rows, s in sides))
    look("mark not convex in strike", _joined(_bent(view, rows, view.mark, view.mark, tolerance) for rows, _ in sides))
    look("mark below that of an earlier expiry", _joined(_early(view, tolerance)))
    look("vertical that pays", _joined(_vertical(view, rows, s) for rows, s in sides))
    look("butterfly that pays", _joined(_bent(view, rows, view.bid, view.ask, 0.0) for rows, _ in sides))
    return ChainReport(
        chain=repr(chain)[1:-1],
        rows=len(chain),
        tolerance=tolerance,
        findings=tuple(found),
        rejected=chain.rejections,
        notes=chain.notes,
    )


class _View:
    """A chain counted in forwards."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.forward = chain.row_forwards()
        unit = np.where(chain.coin_settled, 1.0, self.forward)
        self.strike = chain.strikes / self.forward
        self.mark, self.bid, self.ask = (prices / unit for prices in (chain.marks, chain.bids, chain.asks))
        self._groups = [np.flatnonzero(parity.rows_of(chain)) for parity in chain.parity]

    def expiries(self) -> Iterator[IntArray]:
        """The options of each expiry and settlement, by strike; the earlier expiry first."""
        for rows in self._groups:
            if rows.size:
                yield rows[np.argsort(self.chain.strikes[rows], kind="stable")]

    def sides(self) -> Iterator[tuple[bool, IntArray]]:
        """Calls and puts of each expiry, by strike."""
        for rows in self.expiries():
            for call in (True, False):
                yield call, rows[self.chain.calls[rows] == call]


def _joined(parts: Iterator[IntArray]) -> IntArray:
    return np.concatenate([np.empty(0, dtype=np.intp), *parts])


def _known(rows: IntArray, *prices: FloatArray) -> IntArray:
    """The rows that have one of the prices at least."""
    return rows[~np.isnan([p[rows] for p in prices]).all(axis=0)]


def _off_parity(view: _View, rows: IntArray, tolerance: float) -> IntArray:
    rows = _known(rows, view.mark)
    calls, puts = (rows[view.chain.calls[rows] == call] for call in (True, False))
    strikes, c, p = np.intersect1d(view.strike[calls], view.strike[puts], return_indices=True)
    paired = calls[c]
    off = view.mark[paired] - view.mark[puts[p]] - 1.0 + strikes
    return np.asarray(paired[np.abs(off) > tolerance])


def _steep(view: _View, rows: IntArray, side: float, tolerance: float) -> IntArray:
    """The upper of two neighbours where the price falls (calls) or rises (puts) by less than 0 or more than 1 to 1."""
    rows = _known(rows, view.mark)
    change = -side * np.diff(view.mark[rows])
    return rows[1:][(change < -tolerance) | (change > np.diff(view.strike[rows]) + tolerance)]


def _bent(view: _View, rows: IntArray, middle: FloatArray, wings: FloatArray, tolerance: float) -> IntArray:
    """The middle of three neighbours that is above the line through its wings."""
    rows = _known(rows, middle, wings)
    k = view.strike[rows]
    left = (k[2:] - k[1:-1]) / (k[2:] - k[:-2])
    line = left * wings[rows[:-2]] + (1.0 - left) * wings[rows[2:]]
    return rows[1:-1][middle[rows[1:-1]] > line + tolerance]


def _vertical(view: _View, rows: IntArray, side: float) -> IntArray:
    """The dearer of two neighbours: bought below what the other fetches, or sold above it by more than can be lost."""
    rows = _known(rows, view.bid, view.ask)[:: int(side)]
    dear, cheap = rows[:-1], rows[1:]
    apart = np.abs(view.strike[cheap] - view.strike[dear])
    return dear[(view.bid[cheap] > view.ask[dear]) | (view.bid[dear] - view.ask[cheap] > apart)]


def _early(view: _View, tolerance: float) -> Iterator[IntArray]:
    """Options out of the money that are worth less than at the expiry before; variance is linear in between."""
    chain = view.chain
    width = chain.implied(chain.marks, forwards=view.forward) * np.sqrt(chain.years())
    out = (width > 0) & (chain.calls == (view.strike >= 1.0))
    for earlier, later in pairwise(view.expiries()):
        if chain.coin_settled[earlier[0]] != chain.coin_settled[later[0]]:
            continue
        first, then = earlier[out[earlier]], later[out[later]]
        if first.size:
            logs = np.log(view.strike[first])
            before = np.sqrt(np.interp(np.log(view.strike[then]), logs, width[first] ** 2, left=np.nan, right=np.nan))
            was = option_greeks(
                forward=1.0, strike=view.strike[then], years=1.0, volatility=before, call=chain.calls[then]
            ).value
            yield then[was > view.mark[then] + tolerance]
