"""How far an exchange and a pool stand apart, for how long, and which of the two closes the gap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.display import Answer, shortened
from lpgreeks.draw import histograms, legend, new_axes, verticals
from lpgreeks.errors import InputError, require_finite, require_numbers
from lpgreeks.hedging.text import aligned, rounded
from lpgreeks.markets import Tape
from lpgreeks.paths.rows import Times
from lpgreeks.paths.spans import Span, span_of, span_text
from lpgreeks.recipes import recorded
from lpgreeks.replays.races import Races

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["DWELLS", "THETAS", "Dislocations", "dislocations", "fee_band"]

THETAS = (0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02)
"""Gaps at which market makers acted in practice, decimals."""

DWELLS = (0.0, 3.0, 12.0, 15.0, 30.0)
"""How long they let a gap stand before they acted, in seconds."""

_SIDES = ("up", "down")
_LEVELS = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
_SECOND = np.timedelta64(1, "s")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Dislocations(Answer):
    r"""Gaps between an exchange and a pool on a tape.

    The gap is :math:`m/p - 1` of the middle of the quotes over the pool's price; its sides, at which one can trade, are
    :math:`b/p - 1` of the bid (up: the pool is about to shed coins) and :math:`1 - a/p` of the ask (down).

    A race starts when a side reaches theta. It ends when the exchange's price has come back ``part`` of the way to
    where the pool stood (nobody needed to hedge) or the pool's price has gone ``part`` of the way to where the
    exchange stood (it shed or took the coins). Then the next may start.

    Attributes:
        market: the exchange's.
        pool: the pool's market.
        fee: the pool's: within it a gap is no arbitrage.
        times: ``(2,)``: the first and the last moment.
        gaps: ``(n,)``, of the middle, at each moment but the last, decimals.
        weights: ``(n,)``: the share of the time that each stood.
        thetas: ``(k,)``, decimals.
        shares: ``(2, k)``: of the time, how much each side was at theta or beyond; up first.
        races: for each side, up first, one for each theta.
        horizons: in seconds.
        part: of the way, at which a gap counts as closed.
        half_life: of the gap by regression, in seconds; see :func:`dislocations`.
        half_life_error: its standard error.
        step: of the regression.
        synthetic: the rule that made the pool; "" for one that was.
        notes: what is real, what is stated, what was left out.
    """

    market: str
    pool: str
    fee: float
    times: Times
    gaps: FloatArray
    weights: FloatArray
    thetas: FloatArray
    shares: FloatArray
    races: tuple[tuple[Races, ...], tuple[Races, ...]]
    horizons: FloatArray
    part: float
    half_life: float
    half_life_error: float
    step: np.timedelta64
    synthetic: str
    notes: tuple[str, ...]

    @cached_property
    def quantiles(self) -> dict[float, float]:
        """The gap that was not exceeded for each share of the time."""
        found = np.quantile(self.gaps, _LEVELS, weights=self.weights, method="inverted_cdf")
        return dict(zip(_LEVELS, found.tolist(), strict=True))

    @cached_property
    def usual(self) -> float:
        """The size of the gap that was not exceeded for half of the time."""
        return float(np.quantile(np.abs(self.gaps), 0.5, weights=self.weights, method="inverted_cdf"))

    def odds(self, side: int, theta: int, horizon: int) -> tuple[float, float]:
        """The shares of a race (by positions) that came back and that the pool caught up within a horizon."""
        return self.races[side][theta].within(float(self.horizons[horizon]))

    def table(self) -> pd.DataFrame:
        """One row for each theta and side; what is missing to 1 was still open."""
        import pandas as pd

        rows = []
        for (k, theta), (s, side) in ((k, s) for k in enumerate(self.thetas) for s in enumerate(_SIDES)):
            races = self.races[s][k]
            row = {"theta": theta, "side": side, "share of time": self.shares[s, k], "gaps": len(races)}
            row["median [s]"] = races.median
            for h, seconds in enumerate(self.horizons):
                back, caught = self.odds(s, k, h)
                row |= {f"came back in {seconds:g} s": back, f"caught up in {seconds:g} s": caught}
            rows.append(row)
        return pd.DataFrame(rows)

    def sentence(self) -> str:
        """The answer in one sentence, about the first theta that lies beyond the pool's fees."""
        above = np.flatnonzero(self.thetas > fee_band(self.fee))
        k = int(above[0]) if above.size else self.thetas.size - 1
        races = self.races[0][k] + self.races[1][k]
        size, long = f"{self.thetas[k] * 1e4:g} bp", float(self.horizons[-1])
        back, caught = races.within(long)
        happened = f"{len(races):,} gaps of {size} opened" if len(races) else f"a gap of {size} never opened"
        if math.isfinite(back):
            happened += (
                f", of which the exchange took back {back:.0%} within {long:g} seconds and the pool caught up with "
                f"{caught:.0%}"
            )
        kind = "the synthetic pool" if self.synthetic else "the pool"
        return (
            f"Half of the time {self.market} stood within {self.usual * 1e4:.2g} bp of {kind} {self.pool}; {happened}."
        )

    def summary(self) -> str:
        """The sentence, the distribution, the table, and what it rests on."""
        shown = [self._shown(row) for row in self.table().to_dict("records")]
        heads = ["theta [bp]", "side", "of time", "gaps", "median [s]"]
        heads += [f"{word} {h:g} s" for h in self.horizons for word in ("back", "pool")]
        spread = ", ".join(f"{x * 1e4:.3g} bp at {level:.0%}" for level, x in self.quantiles.items())
        lines = [self.sentence(), "", f"Gap of the middle, by share of time: {spread}.", self._regression(), ""]
        lines += [*aligned([heads, *shown], words=(1,)), ""]
        lines.append(
            f"back: the exchange came {self.part:.0%} of the way to where the pool stood; pool: the pool came as far "
            "to where the exchange stood; the rest was open."
        )
        return "\n".join([*lines, *self.notes])

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON; None where there is no figure."""
        rows = self.table().to_dict("records")
        return {
            "sentence": self.sentence(),
            "market": self.market,
            "pool": self.pool,
            "fee": self.fee,
            "from": str(self.times[0]),
            "to": str(self.times[1]),
            "quantiles": [{"share": level, "gap": gap} for level, gap in self.quantiles.items()],
            "half_life_seconds": _plain(self.half_life),
            "half_life_error_seconds": _plain(self.half_life_error),
            "part": self.part,
            "rows": [{str(name): _plain(x) for name, x in row.items()} for row in rows],
            "synthetic": self.synthetic,
            "notes": list(self.notes),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The gap of the middle as shares of time, with the pool's fee band."""
        ax = new_axes()[0] if ax is None else ax
        kind = "synthetic pool" if self.synthetic else "pool"
        histograms(
            ax, {f"{self.market} over the {kind} {self.pool}": self.gaps * 1e4}, self.weights, xlabel="gap [bp]",
            ylabel="share of time", title=self.sentence(),
        )  # fmt: skip
        return legend(verticals(ax, [-self.fee * 1e4, fee_band(self.fee) * 1e4], name="the pool's fees"))

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<Dislocations: {self.sentence()}>")

    def _regression(self) -> str:
        every = f"by regression every {span_text(self.step)}"
        if math.isnan(self.half_life):
            return f"It has no half-life {every}."
        return f"Half-life {every}: {rounded(self.half_life)} s, standard error {rounded(self.half_life_error)} s."

    @staticmethod
    def _shown(row: dict[Any, Any]) -> list[str]:
        theta, side, share, gaps, median, *odds = row.values()
        cells = [f"{x:.1%}" if math.isfinite(x) else "" for x in (share, *odds)]
        seconds = f"{median:.3g}" if math.isfinite(median) else ""
        return [f"{theta * 1e4:g}", side, cells[0], f"{gaps:,}", seconds, *cells[1:]]


@recorded
def dislocations(
    tape: Tape,
    *,
    thetas: Sequence[float] = THETAS,
    horizons: Sequence[float] = DWELLS[1:],
    market: str = "",
    part: float = 0.5,
    step: Span | None = None,
) -> Dislocations:
    r"""Gaps between an exchange and a pool: the numbers behind a hedge's theta and dwell.

    Rows of one time are one moment, and the last of them counts. Shares are of time: each moment weighs as long as it
    stood. Two half-lives are told: the median time of the races (see :class:`Dislocations`), for each theta, and that
    of an autoregression on a regular grid,

    .. math::
        g_{k+1} = c + \varphi\, g_k + e_k, \qquad t_{1/2} = -\frac{\ln 2}{\ln \varphi}\,\text{step}

    with standard error :math:`t_{1/2} \sqrt{(1 - \varphi^2)/n} / (\varphi\, |\ln\varphi|)`: that of a gap that follows
    Ornstein and Uhlenbeck. One that is held inside a fee band does not; there the races are what to go by.

    Args:
        tape: with quotes and a pool.
        thetas: gaps to count from, ascending, decimals (0.0005 is 5 bp).
        horizons: within how many seconds a gap is closed, ascending.
        market: whose quotes, where the tape has several.
        part: of the way, at which a gap counts as closed.
        step: of the regression; a second unless said, or what usually lies between two quotes if that is longer.

    Raises:
        InputError: a tape without quotes or without a pool; thetas, horizons, a part or a step that are none.
    """
    levels = _ascending("thetas", thetas, unit="decimal", least=np.nextafter(0.0, 1.0), below=1.0)
    ahead = _ascending("horizons", horizons, unit="seconds", least=0.0, below=math.inf)
    way = require_finite("part", part, unit="share of the way")
    if not 0 < way <= 1:
        raise InputError("a part of the way above 0 and up to 1", got=f"{way:g}")
    if tape.pool is None or not tape.markets:
        raise InputError("a tape with quotes and a pool", got=tape.describe(), remedy="arbitraged_pool makes a pool")
    column, note = tape.column(market or tape.markets[0])
    if not market and len(tape.markets) > 1:
        raise InputError("one market of the tape", got="none named", remedy=", ".join(tape.markets))
    rows = tape.rows
    last = np.append(rows.times[1:] != rows.times[:-1], True)
    times, pool = tape.times[last], rows.pool[last]
    bid, ask = rows.bid[column, last], rows.ask[column, last]
    stood = np.diff(times) / _SECOND
    weights = stood / stood.sum()
    gaps = (bid + ask) / 2.0 / pool - 1.0
    shares, races = np.empty((2, levels.size)), []
    for s, (side, quote) in enumerate(((bid / pool - 1.0, bid), (1.0 - ask / pool, ask))):
        reached = np.searchsorted(levels, side[:-1], side="right")  # how many of the thetas
        shares[s] = np.bincount(reached, weights, minlength=levels.size + 1)[:0:-1].cumsum()[::-1]
        races.append(tuple(Races.run(times, side, quote, pool, theta=theta, part=way) for theta in levels))
    usual = np.median(np.diff(tape.quotes[column].times))  # type: ignore[index]
    apart = max(np.timedelta64(_SECOND, "ns"), usual) if step is None else span_of(step)
    half_life, error = _half_life(times, gaps, apart)
    for array in (gaps, weights, shares):
        array.flags.writeable = False
    return Dislocations(
        market=tape.markets[column],
        pool=tape.pool.market,
        fee=tape.pool.fee,
        times=times[[0, -1]],
        gaps=gaps[:-1],
        weights=weights,
        thetas=levels,
        shares=shares,
        races=(races[0], races[1]),
        horizons=ahead,
        part=way,
        half_life=half_life,
        half_life_error=error,
        step=apart,
        synthetic=tape.synthetic,
        notes=tuple(_caveats(levels, ahead, tape.pool.fee, usual)) + ((note,) if note else ()) + tape.notes,
    )


def _half_life(times: Times, gaps: FloatArray, step: np.timedelta64) -> tuple[float, float]:
    """In seconds, with its standard error; NaN where the gap does not return, or does so within one step."""
    if step <= np.timedelta64(0):
        raise InputError("a step of the regression", got=span_text(step))
    grid = np.arange(times[0], times[-1] + np.timedelta64(1, "ns"), step)
    known = gaps[np.searchsorted(times, grid, side="right") - 1]
    now, then = known[:-1] - known[:-1].mean(), known[1:]
    # A constant gap has no slope, and through two points goes every line.
    slope = float(now @ then / (now @ now)) if now.size > 2 and now.any() else math.nan
    if not 0 < slope < 1:
        return math.nan, math.nan
    half_life = -math.log(2.0) / math.log(slope) * float(step / _SECOND)
    error = math.sqrt((1.0 - slope**2) / now.size)
    return half_life, half_life * error / (slope * -math.log(slope))


def _caveats(thetas: FloatArray, horizons: FloatArray, fee: float, usual: np.timedelta64) -> list[str]:
    lines = []
    if (inside := thetas[thetas <= fee_band(fee)]).size:
        lines.append(f"a gap of {', '.join(f'{x * 1e4:g}' for x in inside)} bp is within the pool's fees: no arbitrage")
    if (short := horizons[(horizons > 0) & (horizons < usual / _SECOND)]).size:
        lines.append(
            f"quotes usually lie {span_text(usual)} apart: what the exchange did within "
            f"{', '.join(f'{x:g}' for x in short)} seconds is not on the tape"
        )
    return lines


def fee_band(fee: float) -> float:
    """The greatest gap at which a trade does not pay: of the bid; that of the ask is the fee itself, a little less."""
    return fee / (1.0 - fee)


def _ascending(name: str, given: ArrayLike, *, unit: str, least: float, below: float) -> FloatArray:
    array = np.array(require_numbers(given, unit=unit, what=name))
    if (
        array.ndim != 1
        or not array.size
        or not ((array >= least) & (array < below)).all()
        or (np.diff(array) <= 0).any()
    ):
        raise InputError(
            f"{name} ascending, from {least:.3g} up to {below:g}", got=f"{given!r:.60}", unit=unit,
            remedy="5 bp is 0.0005",
        )  # fmt: skip
    array.flags.writeable = False
    return array


def _plain(figure: Any) -> Any:
    return None if isinstance(figure, float) and not math.isfinite(figure) else figure
