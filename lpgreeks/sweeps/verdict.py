"""Which settings of a sweep beat a benchmark, after all that were tried is counted. The answer may be none."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks.display import Answer, Noun, shortened
from lpgreeks.draw import intervals, new_axes
from lpgreeks.errors import InputError, require_probability, require_whole
from lpgreeks.hedging.text import WIDTH, aligned, percent, rounded, wrapped
from lpgreeks.paths import Seed, generator
from lpgreeks.progress import progress_bar
from lpgreeks.statistics.series import stamp
from lpgreeks.sweeps.blocks import FEWEST_BLOCKS, Estimate
from lpgreeks.sweeps.given import SYNTHETIC, taken_as_given
from lpgreeks.sweeps.many import holm
from lpgreeks.sweeps.panel import FEWEST, Panel, named, read_panel
from lpgreeks.sweeps.rules import Rules
from lpgreeks.sweeps.trials import Trial, judged, none_better
from lpgreeks.sweeps.walk import WalkForward, walk_forward

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["RegimeVerdict", "Verdict", "verdict"]


# Rows of a summary, and of a picture.
_SHOWN = 10
_DRAWN = 30


@dataclass(frozen=True, kw_only=True)
class RegimeVerdict(Noun):
    """The settings against the benchmark in the periods of one regime.

    Attributes:
        regime: its label.
        periods: how many there are.
        best: the setting that made most.
        mean: what it made more than the benchmark, per period.
        p_value: that no setting is better, corrected for every setting and every regime (Holm); NaN where it cannot
            be told.
    """

    regime: Hashable
    periods: int
    best: Hashable
    mean: float
    p_value: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Verdict(Answer):
    """What a sweep shows against a benchmark.

    Attributes:
        against: the benchmark.
        unit: of the P&L.
        trials: one for each setting, in the order of the columns.
        p_value: that no setting is better than the benchmark, corrected for every setting by the greatest studentised
            difference of each resample; NaN where it cannot be told.
        spa: the same by Hansen's SPA, which finds too much in short samples: beside it, nothing rests on it.
        periods: how many there are.
        step: how long each is.
        gaps: how often the clock jumps by more than one.
        start: the end of the first period, UTC.
        end: the end of the last.
        per_year: periods in 365 days.
        block: periods that a block holds.
        variance_block: periods that a block of squares holds.
        walk: choosing on the past; None where two windows do not fit.
        regimes: by label, where labels were given.
        rules: confidence, resamples, number of trials, random windows. ``1 - rules.level`` is the chance of one or more
            false finds among all settings.
        seed: of the resamples and the windows.
        assumptions: what the settings take as given, from the sweep that the table came of.
        synthetic: their pool is made by a rule.
    """

    against: str
    unit: str
    trials: tuple[Trial, ...]
    p_value: float
    spa: float
    periods: int
    step: np.timedelta64
    gaps: int
    start: np.datetime64
    end: np.datetime64
    per_year: float
    block: int
    variance_block: int
    walk: WalkForward | None
    regimes: tuple[RegimeVerdict, ...]
    rules: Rules
    seed: Seed
    assumptions: tuple[str, ...] = ()
    synthetic: bool = False

    @property
    def best(self) -> Trial:
        """The setting that made most, whether or not that means anything; one that can be tested, where any can."""
        return max([t for t in self.trials if t.difference] or self.trials, key=lambda t: t.mean)

    @property
    def beats(self) -> tuple[Trial, ...]:
        """The settings that make more than the benchmark, corrected for all that are in the table."""
        return tuple(t for t in self.trials if t.beats)

    @property
    def constant(self) -> tuple[Trial, ...]:
        """The settings that make more in every period by one and the same amount, of which there is nothing to test."""
        return tuple(t for t in self.trials if t.difference is None and t.mean > 0 and t.won == 1)

    @property
    def steadier(self) -> tuple[Trial, ...]:
        """The settings whose P&L varies less than the benchmark's, corrected for all that are in the table."""
        return tuple(t for t in self.trials if t.steadier)

    @property
    def effective(self) -> float:
        """Independent periods that the differences are worth: the fewest of any setting; NaN where none varies."""
        return min((t.difference.effective for t in self.trials if t.difference), default=math.nan)

    def table(self) -> pd.DataFrame:
        """One row a setting, by its columns' names: what it makes more per period and year, its variance, its chances.

        Intervals are of each setting alone; ``beats`` and ``steadier`` are corrected for all of them.
        """
        import pandas as pd

        nan = Estimate(**dict.fromkeys(("value", "error", "low", "high", "p_value", "effective"), math.nan))
        rows = []
        for t in self.trials:
            d, v = t.difference or nan, t.log_ratio or nan
            rows.append(
                (t.mean, *(x * self.per_year for x in (t.mean, d.low, d.high)), t.better_p, t.beats, t.deflated, t.won,
                 *map(math.exp, (v.value, v.low, v.high)), t.steadier_p, t.steadier, d.effective, t.reason)
            )  # fmt: skip
        per = f"[{self.unit}"
        names = [
            f"more {per} a period]", f"more {per} a year]", "low", "high", "better p", "beats", "deflated Sharpe",
            "windows won", "variance ratio", "ratio low", "ratio high", "steadier p", "steadier",
            "effective periods", "reason",
        ]  # fmt: skip
        return pd.DataFrame(
            rows, columns=names, index=pd.Index([named(t.setting) for t in self.trials], name="setting")
        )

    def sentence(self) -> str:
        """The answer in plain words: what beats the benchmark, and what is merely steadier."""
        return f"{self._constant_words()}{self._better_words()}{f' {SYNTHETIC}' if self.synthetic else ''}"

    def _constant_words(self) -> str:
        if not self.constant:
            return ""
        most, alone = max(self.constant, key=lambda t: t.mean), len(self.constant) == 1
        who = f"{named(most.setting)} makes" if alone else f"{len(self.constant)} settings make"
        gain = f"{rounded(most.mean * self.per_year)} {self.unit} a year"
        gain = gain if alone else f"{named(most.setting)} most with {gain}"
        return f"{who} a constant more than {self.against} in every period, {gain}: there is nothing to test. "

    def _better_words(self) -> str:
        tried = f"{len(self.trials)} setting{'s' if len(self.trials) > 1 else ''}"
        other = " other" if self.constant else ""
        if math.isnan(self.p_value):
            rest = [t for t in self.trials if t not in self.constant]
            if not rest:
                return "There is no other setting."
            which = max(rest, key=lambda t: t.mean)
            return f"It cannot be told whether any{other or f' of {tried}'} beats {self.against}: {which.reason}."
        one, alone = self.best, self.best.difference
        reach = ""
        if alone is not None:
            low, high = (rounded(x * self.per_year) for x in (alone.low, alone.high))
            reach = f", {100 * self.rules.level:g}% interval {low} to {high} for it alone"
        did = f"{named(one.setting)} made {self._more(one.mean)}{reach}"
        corrected = f"p = {_p(self.p_value)}, corrected for {tried}"
        if self.beats:
            count = f"{len(self.beats)} of {tried} beat{'s' if len(self.beats) == 1 else ''}"
            answer = f"{count} {self.against} ({corrected}): the best, {did}"
        else:
            answer = f"No{other} setting beats {self.against} ({corrected}): the best of them, {did}"
        return f"{answer}. {self._steadier_words()}"

    def _steadier_words(self) -> str:
        if not self.steadier:
            return f"None is shown to vary less than {self.against}{'' if self.beats else ' either'}."
        least = min(self.steadier, key=lambda t: t.variance_ratio)
        return (
            f"{len(self.steadier)} of them var{'ies' if len(self.steadier) == 1 else 'y'} less, also corrected: "
            f"{named(least.setting)} least, with {percent(least.variance_ratio)} of the variance of {self.against} "
            f"(p = {_p(least.steadier_p)})."
        )

    def summary(self) -> str:
        """The answer, what it rests on, and the settings that made most."""
        shown = sorted(self.trials, key=lambda t: -t.mean)[:_SHOWN]
        rows = [["setting", f"more [{self.unit} a year]", "low", "high", "beats", "deflated", "windows", "variance"]]
        for t in shown:
            d = t.difference
            reach = ["", ""] if d is None else [rounded(d.low * self.per_year), rounded(d.high * self.per_year)]
            shares = ["" if math.isnan(x) else f"{x:.1%}" for x in (t.deflated, t.won, t.variance_ratio)]
            yes = "yes" if t.beats else "no"
            rows.append([named(t.setting), rounded(t.mean * self.per_year), *reach, yes, *shares])
        lines = [*wrapped(self.sentence(), WIDTH).splitlines(), "", *aligned(rows, words=(0,))]
        if len(shown) < len(self.trials):
            lines.append(f"and {len(self.trials) - len(shown)} more in .table()")
        lines += ["", *(wrapped(f"- {note}", WIDTH, indent="  ") for note in self._notes())]
        return "\n".join([*lines, *taken_as_given(self.assumptions)])

    def _notes(self) -> list[str]:
        hours = float(self.step / np.timedelta64(1, "h"))
        worth = (
            "none that vary" if math.isnan(self.effective) else f"{self.effective:,.0f} independent ones at the least"
        )
        gaps = f", with {self.gaps} gaps that blocks run across" if self.gaps > 1 else ""
        gaps = ", with a gap that blocks run across" if self.gaps == 1 else gaps
        rules, when = self.rules, f"from {stamp(self.start)} to {stamp(self.end)} UTC"
        blocks = f"blocks of {self.block} periods, {self.variance_block} for variances"
        lacking = rules.trials > sum(t.difference is not None for t in self.trials)
        luck = "; of those that the table lacks, Sharpe ratios are taken to vary as by luck, at the least"
        notes = [
            f"{self.periods:,} periods of {hours:g} h {when}{gaps}, worth {worth}",
            f"{rules.draws:,} resamples of {blocks}",
            *self._beside(),
            f"deflated for {rules.trials} trial{'s' if rules.trials > 1 else ''}{luck if lacking else ''}",
            f"won of {rules.windows:,} random windows of {rules.window} periods, "
            f"{self.periods / rules.window:.3g} of which fit end to end",
        ]
        if self.walk is not None:
            notes.append(self._walk_words(self.walk))
        for r in self.regimes:
            told = "cannot be told" if math.isnan(r.p_value) else f"p = {_p(r.p_value)}"
            what = f"{named(r.regime)}, {r.periods:,} periods: {named(r.best)} made {self._more(r.mean)}"
            notes.append(f"{what} ({told}, corrected for settings and regimes)")
        reasons = dict.fromkeys(t.reason for t in self.trials if t.reason)
        notes += [f"{sum(t.reason == why for t in self.trials)} cannot be told in full: {why}" for why in reasons]
        return notes

    def _beside(self) -> list[str]:
        """What SPA and StepM say."""
        if math.isnan(self.spa):
            return []
        found = sum(t.in_step for t in self.trials)
        return [
            f"beside the answer, which rests on the greatest studentised difference (p = {_p(self.p_value)}): SPA has "
            f"p = {_p(self.spa)}, StepM finds {found or 'none'}; corrected too, they find too much in short samples"
        ]

    def _more(self, mean: float) -> str:
        """ "12.3 USDC a year more": of a mean per period."""
        return f"{rounded(abs(mean) * self.per_year)} {self.unit} a year {'less' if mean < 0 else 'more'}"

    def _walk_words(self, walk: WalkForward) -> str:
        made = walk.made
        reach = ""
        if made is not None:
            low, high = (rounded(x * self.per_year) for x in (made.low, made.high))
            reach = f" ({100 * self.rules.level:g}% interval {low} to {high})"
        promised = f"promised {self._more(walk.promised)} than {self.against}"
        times = f"the best of each window, held in the next, {len(walk.choices)} times"
        return f"{times}: {promised}, made {self._more(walk.mean)}{reach}"

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON; None where something cannot be told."""
        told = {
            "sentence": self.sentence(),
            "against": self.against,
            "unit": self.unit,
            "p_value": self.p_value,
            "spa": self.spa,
            "start": stamp(self.start),
            "end": stamp(self.end),
            "periods": self.periods,
            "periods_per_year": self.per_year,
            "gaps": self.gaps,
            "effective": self.effective,
            "block": self.block,
            "variance_block": self.variance_block,
            "level": self.rules.level,
            "draws": self.rules.draws,
            "tried": self.rules.trials,
            "window": self.rules.window,
            "windows": self.rules.windows,
            "seed": self.seed if isinstance(self.seed, int) else None,
            "synthetic": self.synthetic,
            "assumptions": list(self.assumptions),
        }
        return {name: _plain(x) for name, x in told.items()} | {
            "settings": [
                {"setting": named(t.setting), "mean": t.mean, "beats": t.beats, "in_step": t.in_step}
                | {"steadier": t.steadier}
                | {
                    n: _plain(getattr(t, n))
                    for n in ("better_p", "steadier_p", "sharpe", "deflated", "won", "variance_ratio")
                }
                | {n: None if e is None else vars(e) for n, e in _estimates(t)}
                | {"reason": t.reason}
                for t in self.trials
            ],
            "walk": None if self.walk is None else self.walk.to_dict(),
            "regimes": [
                {"regime": named(r.regime), "periods": r.periods, "best": named(r.best), "mean": r.mean}
                | {"p_value": _plain(r.p_value)}
                for r in self.regimes
            ],
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """What the settings that made most make more than the benchmark, each with its own interval."""
        shown = [t for t in sorted(self.trials, key=lambda t: -t.mean) if t.difference][:_DRAWN]
        rows = {
            named(t.setting): (d.low * self.per_year, d.value * self.per_year, d.high * self.per_year)
            for t in shown
            if (d := t.difference)
        }
        ax = new_axes(height=max(2.4, 1.2 + 0.24 * len(rows)))[0] if ax is None else ax
        what = f"more than {self.against} [{self.unit} a year], {100 * self.rules.level:g}% intervals of each alone"
        what += f"\nand {len(self.trials) - len(shown)} more settings" if len(shown) < len(self.trials) else ""
        marked = [named(t.setting) for t in shown if t.beats]
        name = f"beats {self.against}, all counted"
        return intervals(ax, rows, marked, name=name, xlabel=what, title=self.sentence())

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<Verdict: {self.sentence()}>")


def verdict(
    panel: pd.DataFrame,
    *,
    against: Hashable | pd.Series,
    seed: Seed,
    unit: str = "quote",
    trials: int | None = None,
    window: int | None = None,
    windows: int = 1_000,
    regimes: Sequence[Hashable] | None = None,
    block: int | None = None,
    level: float = 0.95,
    draws: int = 999,
    progress: bool | None = None,
) -> Verdict:
    """Whether any setting of a sweep beats a benchmark, after all of them are counted.

    Of each setting: its mean difference from the benchmark with a studentised circular-block interval; the ratio of
    variances with Ledoit and Wolf's test; the deflated Sharpe ratio of the difference; how often it wins in random
    windows. Of all together: Romano and Wolf's correction of both tests, by the greatest studentised statistic of each
    resample, on which the answer rests; Hansen's SPA and Romano and Wolf's StepM beside it; what choosing on the past
    would have made; and the answer within each regime.

    Args:
        panel: P&L of each period, one column a setting, in quote on equal capital or as returns; the index is the end
            of each period, UTC, evenly spaced but for gaps. What :meth:`Sweep.panel` says in its ``attrs`` is said
            again.
        against: the column to beat, or a Series at the same times.
        seed: of the resamples and the windows.
        unit: what the P&L is counted in; only said.
        trials: how many settings were ever tried; those in the table unless more are said. Of those that the table
            lacks, Sharpe ratios are taken to vary by at least ``1 / (n - 1)``, as by luck alone.
        window: periods of a random window and of a step of the walk forward; a tenth of all unless said.
        windows: how many are drawn.
        regimes: a label for each period; None or NaN leaves it out.
        block: periods that hold together in a resample; by Politis and White's rule, the longest that any setting asks
            for, unless said; at most an eighth of them.
        level: of confidence; ``1 - level`` is the chance of one or more false finds.
        draws: resamples.
        progress: a bar on stderr: always, never, or (None) on a terminal where it takes more than a second.

    Raises:
        InputError: no table, labels that repeat, an unknown benchmark, a window that does not fit.
        DataError: fewer than 30 periods or more than 20,000, uneven times, values that are not finite.

    Source: Hansen (2005), Romano and Wolf (2005), Ledoit and Wolf (2011), Bailey and López de Prado (2014).
    """
    read = read_panel(panel, against)
    count = len(read)
    window = max(1, count // 10) if window is None else window
    level, longest = require_probability("level", level), count // FEWEST_BLOCKS
    rules = Rules(
        level=level,
        # Fewer could never show a chance as small as is asked for.
        draws=require_whole("draws", draws, at_least=max(99, math.ceil(1.0 / (1.0 - level)))),
        block=None if block is None else require_whole("block", block, at_least=1, at_most=longest, unit="periods"),
        trials=require_whole("trials", len(read.settings) if trials is None else trials, at_least=len(read.settings)),
        window=require_whole("window", window, at_least=1, at_most=count, unit="periods"),
        windows=require_whole("windows", windows, at_least=1),
    )
    whole, walked, *parts = generator(seed).spawn(2 + len(labels := _labels(regimes, count)))
    with progress_bar(4 * len(read.settings), 0, "verdict", progress) as bar:
        found = judged(read, rules, whole, bar.update)
    return Verdict(
        against=read.against,
        unit=unit,
        trials=found.trials,
        p_value=found.p_value,
        spa=found.spa,
        periods=count,
        step=read.step,
        gaps=read.gaps,
        start=read.times[0],
        end=read.times[-1],
        per_year=read.per_year,
        block=found.block,
        variance_block=found.variance_block,
        walk=walk_forward(read, rules, block=found.block, rng=walked),
        regimes=_by_regime(read, labels, found.block, rules, parts),
        rules=rules,
        seed=seed,
        assumptions=read.assumptions,
        synthetic=read.synthetic,
    )


def _labels(regimes: Sequence[Hashable] | None, count: int) -> dict[Hashable, NDArray[np.bool_]]:
    """The periods of each regime, in the order in which they first come."""
    if regimes is None:
        return {}
    try:
        labels = list(regimes)
        hash(tuple(labels))
    except TypeError as error:
        raise InputError(
            f"a label for each of the {count} periods: words, numbers, None",
            got=f"{regimes!r:.60}",
            remedy="regimes(...).labels(times) are such labels",
        ) from error
    if len(labels) != count:
        raise InputError(f"a regime for each of the {count} periods", got=f"{len(labels)} labels")
    # NaN is what tables write for nothing; it is not itself.
    kinds = [label for label in dict.fromkeys(labels) if label is not None and label == label]
    return {kind: np.array([label == kind for label in labels]) for kind in kinds}


def _by_regime(
    panel: Panel,
    labels: dict[Hashable, NDArray[np.bool_]],
    block: int,
    rules: Rules,
    streams: Sequence[np.random.Generator],
) -> tuple[RegimeVerdict, ...]:
    rows = []
    for inside, rng in zip(labels.values(), streams, strict=True):
        part, p_value = panel.within(inside), math.nan
        if len(part) >= FEWEST:
            p_value = none_better(part, block=min(block, len(part) // FEWEST_BLOCKS), rules=rules, rng=rng)
        rows.append((part.excess.mean(axis=0), p_value))
    corrected = holm([p for _, p in rows])
    return tuple(
        RegimeVerdict(
            regime=regime,
            periods=int(inside.sum()),
            best=panel.settings[int(means.argmax())],
            mean=float(means.max()),
            p_value=p,
        )
        for (regime, inside), (means, _), p in zip(labels.items(), rows, corrected, strict=True)
    )


def _estimates(trial: Trial) -> list[tuple[str, Estimate | None]]:
    return [("difference", trial.difference), ("log_ratio", trial.log_ratio)]


def _p(p_value: float) -> str:
    return f"{p_value:.2g}"


def _plain(x: Any) -> Any:
    return None if isinstance(x, float) and math.isnan(x) else x
