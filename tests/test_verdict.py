"""What a sweep shows: every test by a second route, its size where nothing is there, its power where something is."""

from __future__ import annotations

import json
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.stats import binom

import lpgreeks as lp
from lpgreeks.sweeps.blocks import (
    LogVarianceRatio,
    MeanDifference,
    block_length,
    block_starts,
    long_run_deviation,
    studentised,
)
from lpgreeks.sweeps.many import holm, stepwise, superior
from lpgreeks.sweeps.panel import read_panel
from lpgreeks.sweeps.rules import Rules
from lpgreeks.sweeps.trials import none_better
from tests.tolerances import ROUNDING, STANDARD_ERRORS

RULES = Rules(level=0.95, draws=199, block=None, trials=1, window=20, windows=50)


def hours(count: int) -> pd.DatetimeIndex:
    return pd.date_range("2023-04-01", periods=count, freq="h", tz="UTC")


def dependent(rng: np.random.Generator, count: int, columns: int, memory: float) -> np.ndarray:
    """Autoregressive columns of variance 1 / (1 - memory**2)."""
    noise = rng.standard_normal((count + 50, columns))
    for t in range(1, count + 50):
        noise[t] += memory * noise[t - 1]
    return noise[50:]


def sweep(seed: int = 1, count: int = 600, settings: int = 6, memory: float = 0.2) -> pd.DataFrame:
    """Settings that share a market with the benchmark, none of them better."""
    rng = np.random.default_rng(seed)
    market = dependent(rng, count, 1, memory)
    own = dependent(rng, count, settings, memory)
    table = pd.DataFrame(10 * (0.5 * market + own), index=hours(count), columns=[f"s{i}" for i in range(settings)])
    return table.assign(hold=10 * market[:, 0])


# ---- the studentised bootstrap


@pytest.mark.parametrize("block", [1, 5, 13])
def test_variance_test_by_the_matrices_of_the_paper(block: int) -> None:
    """Ledoit and Wolf's own steps, one resample and one block at a time, on the same blocks."""
    rng = np.random.default_rng(3)
    own, other = dependent(rng, 150, 2, 0.4).T
    own, other = own + 3.0, other - 1.0
    starts = block_starts(150, block, 99, rng)
    found, scattered = studentised(LogVarianceRatio, own, other, block=block, starts=starts, level=0.95)

    def of(y: np.ndarray) -> tuple[float, np.ndarray]:
        a, b, c, d = y.mean(axis=0)
        gradient = np.array([-2 * a / (c - a * a), 2 * b / (d - b * b), 1 / (c - a * a), -1 / (d - b * b)])
        return math.log(c - a * a) - math.log(d - b * b), gradient

    y = np.column_stack([own, other, own**2, other**2])
    delta, gradient = of(y)
    apart = y - y.mean(axis=0)
    psi = apart.T @ apart / 150
    for lag in range(1, block):
        gamma = apart.T @ np.roll(apart, -lag, axis=0) / 150
        psi += (1 - lag / block) * (gamma + gamma.T)
    error = math.sqrt(gradient @ psi @ gradient / 150)
    assert found.value == pytest.approx(delta, rel=1e-10)
    assert found.value == pytest.approx(math.log(own.var() / other.var()), rel=1e-10)
    assert found.error == pytest.approx(error, rel=1e-10)
    sizes = []
    for row in starts:
        blocks = [y[(start + np.arange(block)) % 150] for start in row]
        again, slope = of(np.concatenate(blocks))
        mean = np.concatenate(blocks).mean(axis=0)
        zeta = [np.sum(b - mean, axis=0) / math.sqrt(block) for b in blocks]
        psi_star = sum(np.outer(z, z) for z in zeta) / len(zeta)
        sizes.append((again - delta) / math.sqrt(slope @ psi_star @ slope / (len(row) * block)))
    assert scattered == pytest.approx(sizes, rel=1e-8)
    assert found.p_value == (1 + sum(abs(s) >= abs(delta) / error for s in sizes)) / 100
    assert found.high - found.value == pytest.approx(sorted(map(abs, sizes))[94] * error, rel=1e-8)


def test_mean_test_by_hand() -> None:
    rng = np.random.default_rng(4)
    own, other = dependent(rng, 120, 2, 0.3).T
    starts = block_starts(120, 7, 199, rng)
    found, scattered = studentised(MeanDifference, own, other, block=7, starts=starts, level=0.9)
    d = own - other
    sizes = []
    for row in starts:
        sums = np.array([d[(start + np.arange(7)) % 120].sum() for start in row])
        mean = sums.sum() / (7 * len(row))
        error = math.sqrt(np.mean((sums - 7 * mean) ** 2) / 7 / (7 * len(row)))
        sizes.append((mean - d.mean()) / error)
    assert scattered == pytest.approx(sizes, rel=1e-9)
    assert found.value == pytest.approx(d.mean(), rel=ROUNDING)
    # The interval and the p-value tell one story at every level.
    assert (found.low <= 0 <= found.high) == (found.p_value > 0.1)


def test_long_run_deviation_is_a_sum_of_autocovariances() -> None:
    x = dependent(np.random.default_rng(5), 200, 2, 0.5)
    x -= x.mean(axis=0)
    for block in (1, 4, 20):
        lags = [np.mean(x * np.roll(x, -k, axis=0), axis=0) for k in range(block)]
        total = lags[0] + sum(2 * (1 - k / block) * lags[k] for k in range(1, block))
        assert long_run_deviation(x, block) == pytest.approx(np.sqrt(total), rel=1e-10)


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_variance_of_a_log_variance_difference(rho: float) -> None:
    """Of independent bivariate normal pairs it is ``4 (1 - rho**2) / n``."""
    rng = np.random.default_rng(6)
    n, values, errors = 400, [], []
    for _ in range(300):
        own, other = rng.standard_normal((2, n))
        other = rho * own + math.sqrt(1 - rho**2) * other
        starts = block_starts(n, 1, 99, rng)
        found, _ = studentised(LogVarianceRatio, own, other, block=1, starts=starts, level=0.95)
        values.append(found.value)
        errors.append(found.error)
    exact = 4 * (1 - rho**2) / n
    # A variance of 300 draws is known to sqrt(2 / 300); the mean squared error stands nearer.
    assert np.var(values) / exact == pytest.approx(1, abs=STANDARD_ERRORS * math.sqrt(2 / 300))
    spread = np.std(np.square(errors)) / exact / math.sqrt(300)
    assert np.mean(np.square(errors)) / exact == pytest.approx(1, abs=STANDARD_ERRORS * spread + 5 / n)


@pytest.mark.thorough
@pytest.mark.parametrize("statistic", [MeanDifference, LogVarianceRatio])
@pytest.mark.parametrize(("memory", "heavy"), [(0.0, False), (0.3, False), (0.0, True)])
def test_size_where_nothing_is_there(statistic: type, memory: float, heavy: bool) -> None:
    rng, runs, rejected = np.random.default_rng(7), 400, 0
    for _ in range(runs):
        own, other = dependent(rng, 400, 2, memory).T
        if heavy:
            own, other = (np.sign(x) * np.abs(x) ** 1.5 for x in (own, other))
        squares = own**2 / own.var() - other**2 / other.var()
        block = block_length((own - other if statistic is MeanDifference else squares)[:, None])
        starts = block_starts(400, block, 199, rng)
        found, _ = studentised(statistic, own, other, block=block, starts=starts, level=0.95)
        rejected += found.p_value <= 0.05
    # Blocks of a finite series forget some of its memory: two points beside the binomial error.
    assert abs(rejected / runs - 0.05) < STANDARD_ERRORS * math.sqrt(0.05 * 0.95 / runs) + (0.02 if memory else 0)


def test_power_where_something_is_there() -> None:
    rng, found = np.random.default_rng(8), {MeanDifference: 0, LogVarianceRatio: 0}
    for _ in range(100):
        own, other = dependent(rng, 400, 2, 0.2).T
        for statistic, changed in ((MeanDifference, own + 0.4), (LogVarianceRatio, 0.7 * own)):
            starts = block_starts(400, 4, 199, rng)
            estimate, _ = studentised(statistic, changed, other, block=4, starts=starts, level=0.95)
            found[statistic] += estimate.p_value <= 0.05
    # 0.4 is 4.5 standard errors of the mean, ln 0.49 is 6.6 of the log ratio.
    assert found[MeanDifference] >= 95
    assert found[LogVarianceRatio] >= 99


def test_blocks_are_as_long_as_memory() -> None:
    rng = np.random.default_rng(9)
    short, long = (block_length(dependent(rng, 2_000, 3, memory)) for memory in (0.0, 0.9))
    assert short <= 6
    assert long > 40
    assert block_length(np.cumsum(rng.standard_normal((80, 1)), axis=0)) == 10  # an eighth, however long it asks


def test_effective_periods_of_memory() -> None:
    """An autoregression is worth ``(1 - memory) / (1 + memory)`` of its periods to a mean."""
    rng, worth = np.random.default_rng(10), []
    for _ in range(50):
        own = dependent(rng, 4_000, 1, 0.5)[:, 0]
        starts = block_starts(4_000, 60, 99, rng)
        found, _ = studentised(MeanDifference, own, np.zeros(4_000), block=60, starts=starts, level=0.95)
        worth.append(found.effective / 4_000)
    # Triangular weights keep 1 - 2 m / ((1 - m**2) 60) of the sum.
    bias = 1 / (1 - 2 * 0.5 / ((1 - 0.5**2) * 60))
    assert np.mean(worth) == pytest.approx(bias / 3, abs=STANDARD_ERRORS * np.std(worth) / math.sqrt(50) + 0.01)


# ---- many settings


def test_superior_by_brute_force() -> None:
    """Hansen's p-value from resamples drawn here, studentised, recentred unless hopeless."""
    table = sweep(settings=5, memory=0.3)
    table["s0"] += 1.2
    table["s4"] -= 20
    table["s1"] += 9 * (table["s1"] - table["hold"])  # a mean that scatters most is not the best one
    panel = read_panel(table, "hold")
    rng, n, block, draws = np.random.default_rng(11), 600, 6, 2_000
    d = table.drop(columns="hold").to_numpy() - table[["hold"]].to_numpy()
    deviation = long_run_deviation(d - d.mean(axis=0), block)
    scaled = d / deviation
    mean = scaled.mean(axis=0)
    centre = np.where(mean >= -math.sqrt(2 * math.log(math.log(n)) / n), mean, 0.0)
    assert centre[4] == 0
    greatest = []
    for _ in range(draws):
        rows = (rng.integers(0, n, size=n // block)[:, None] + np.arange(block)).ravel() % n
        greatest.append((scaled[rows].mean(axis=0) - centre).max())
    by_hand = np.mean(np.array(greatest) > mean.max())
    rules = Rules(level=0.95, draws=draws, block=None, trials=5, window=1, windows=1)
    found, _ = superior(panel, block=block, rules=rules, rng=rng)
    assert 0.02 < by_hand < 0.9
    assert abs(found - by_hand) < STANDARD_ERRORS * math.sqrt(2 * by_hand * (1 - by_hand) / draws)


@pytest.mark.thorough
def test_size_and_power_of_the_search() -> None:
    rng, runs, chosen, beaten = np.random.default_rng(12), 200, 0, 0
    for seed in range(runs):
        table = sweep(seed=1_000 + seed, count=200, settings=6, memory=0.0)
        _, found = superior(read_panel(table, "hold"), block=2, rules=RULES, rng=rng)
        chosen += bool(found)
        if seed < 40:
            table["s3"] += 4.5  # 5.6 standard errors
            _, found = superior(read_panel(table, "hold"), block=2, rules=RULES, rng=rng)
            beaten += 3 in found
    assert abs(chosen / runs - 0.05) < STANDARD_ERRORS * math.sqrt(0.05 * 0.95 / runs)
    assert beaten >= 38


def test_the_surest_of_all_by_hand() -> None:
    """The greatest one-sided t-value of each resample, with the resample's own deviation, by plain loops."""
    table = sweep(seed=5, count=90, settings=4, memory=0.3)
    table["s2"] += 1
    panel = read_panel(table, "hold")
    d = table.drop(columns="hold").to_numpy() - table[["hold"]].to_numpy()
    block, rules = 3, Rules(level=0.95, draws=299, block=None, trials=4, window=1, windows=1)

    def t_values(about: np.ndarray, blocks: list[np.ndarray]) -> np.ndarray:
        sums = np.array([b.sum(axis=0) for b in blocks])
        mean = sums.sum(axis=0) / (len(blocks) * block)
        error = np.sqrt(((sums - block * mean) ** 2).mean(axis=0) / block / (len(blocks) * block))
        return (mean - about) / error

    every = [d[(np.arange(block) + i) % 90] for i in range(90)]
    deviation = np.sqrt(np.mean([((b - d.mean(axis=0)).sum(axis=0)) ** 2 for b in every], axis=0) / block / 90)
    surest = (d.mean(axis=0) / deviation).max()
    greatest = [
        t_values(d.mean(axis=0), [every[start] for start in row]).max()
        for row in block_starts(90, block, 299, np.random.default_rng(8))
    ]
    found = none_better(panel, block=block, rules=rules, rng=np.random.default_rng(8))
    assert found == (1 + sum(g >= surest for g in greatest)) / 300
    assert 0.01 < found < 0.9
    # It is one-sided: settings that only lose are no find, however surely they lose.
    worse = read_panel(table.sub([60, 60, 60, 60, 0]), "hold")
    assert none_better(worse, block=block, rules=rules, rng=np.random.default_rng(8)) > 0.5


@pytest.mark.thorough
def test_size_with_memory_and_the_settings_of_a_study() -> None:
    """A week of hours, 48 settings alike but for luck, blocks as the data ask for: binomial bounds of 5 %."""
    rng, runs, found = np.random.default_rng(15), 60, []
    rules = Rules(level=0.95, draws=99, block=None, trials=48, window=1, windows=1)
    for seed in range(runs):
        panel = read_panel(sweep(seed=3_000 + seed, count=168, settings=48, memory=0.5), "hold")
        found.append(none_better(panel, block=block_length(panel.excess), rules=rules, rng=rng))
    # At most 7 of 60: so it is 99 of 100 times where the chance is 5 %, 47 of 100 at 13 %, never at SPA's 36 %.
    assert sum(p <= 0.05 for p in found) <= binom.ppf(0.985, runs, 0.05)


def test_the_answer_rests_on_the_stricter_test() -> None:
    """Forty hours of settings that are alike: SPA and StepM find one, and it is printed; the answer is none."""
    found = lp.verdict(sweep(seed=10, count=40, settings=8, memory=0.0), against="hold", seed=1, draws=199)
    assert found.spa < 0.01
    assert sum(t.in_step for t in found.trials) == 1
    assert found.p_value > 0.05
    assert found.beats == ()
    assert found.p_value == min(t.better_p for t in found.trials)
    assert found.sentence().startswith(f"No setting beats hold (p = {found.p_value:.2g}, corrected for 8 settings)")
    said = " ".join(str(found).split())
    assert (
        f"(p = {found.p_value:.2g}): SPA has p = {found.spa:.2g}, StepM finds 1; corrected too, they find too much"
        in said
    )
    record = found.to_dict()
    assert (record["p_value"], record["spa"]) == (found.p_value, found.spa)
    assert found.table()["better p"].min() == found.p_value


def test_what_the_table_lacks_deflates() -> None:
    """The one that was kept of 48 is deflated as by luck; with the others in the table, by how they vary."""
    table = sweep(seed=6, count=300, settings=1)
    table["s0"] += 1.5
    d = (table["s0"] - table["hold"]).to_numpy()
    alone, kept = (lp.verdict(table, against="hold", seed=1, trials=n).trials[0].deflated for n in (None, 48))
    ratio, skewness, kurtosis = d.mean() / d.std(ddof=1), stats.skew(d), stats.kurtosis(d, fisher=False)
    for seen, trials in ((alone, 1), (kept, 48)):
        # The mean of the greatest of so many normal draws, by quadrature of its distribution.
        x = np.linspace(-9, 9, 20_001)
        greatest = np.trapezoid(x * trials * stats.norm.pdf(x) * stats.norm.cdf(x) ** (trials - 1), x)
        bar = greatest / math.sqrt(299)
        spread = 1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2
        assert seen == pytest.approx(stats.norm.cdf((ratio - bar) * math.sqrt(299 / spread)), abs=0.02)
    assert kept < alone - 0.2
    said = str(lp.verdict(table, against="hold", seed=1, trials=48))
    assert "deflated for 48 trials; of those that the table lacks, Sharpe ratios are taken to vary" in said
    assert "lacks" not in str(lp.verdict(table, against="hold", seed=1))
    # More trials than columns never deflate less than the columns do.
    wide = sweep(seed=7, settings=5)
    few, many = (lp.verdict(wide, against="hold", seed=1, trials=n).trials for n in (5, 6))
    assert all(b.deflated < a.deflated for a, b in zip(few, many, strict=True))


def test_a_constant_gain_is_named() -> None:
    table = sweep(settings=2).assign(surer=lambda t: t["hold"] + 0.1, sure=lambda t: t["hold"] + 0.2)
    found = lp.verdict(table, against="hold", seed=1, unit="USDC")
    assert found.sentence().startswith(
        "2 settings make a constant more than hold in every period, sure most with 1,752.00 USDC a year: there is "
        "nothing to test. No other setting beats hold (p = "
    )
    one = lp.verdict(table[["s0", "surer", "hold"]], against="hold", seed=1, unit="USDC")
    assert one.sentence().startswith(
        "surer makes a constant more than hold in every period, 876.000 USDC a year: there is nothing to test. No other"
    )
    assert [t.setting for t in one.constant] == ["surer"]
    only = lp.verdict(table[["surer", "hold"]], against="hold", seed=1, unit="USDC")
    assert only.sentence().endswith("there is nothing to test. There is no other setting.")
    lost = table.assign(dearer=table["hold"] - 0.1)[["dearer", "hold"]]
    assert lp.verdict(lost, against="hold", seed=1).constant == ()


def test_every_setting_found_in_more_than_one_step() -> None:
    """All are better, the last of them only once the others are out of the way."""
    d = np.random.default_rng(0).standard_normal((300, 3))
    d += np.array([0.5, 0.5, 0.11]) - d.mean(axis=0)
    table = pd.DataFrame(d, index=hours(300), columns=list("abc")).assign(hold=0.0)
    rules = Rules(level=0.95, draws=499, block=None, trials=3, window=1, windows=1)
    _, found = superior(read_panel(table, "hold"), block=1, rules=rules, rng=np.random.default_rng(1))
    assert found >= {0, 1}


def test_stepwise_by_brute_force() -> None:
    rng = np.random.default_rng(13)
    scattered, sizes = np.abs(rng.standard_normal((500, 6))), np.array([0.5, 3.1, 2.2, 0.1, 2.6, 4.0])
    scattered[:, 5] *= 3  # the surest by its size is the least sure by its chance
    left, last, expected = list(range(6)), 0.0, {}
    while left:
        surest = max(left, key=lambda j: sizes[j])
        count = sum(max(row[j] for j in left) >= sizes[surest] for row in scattered)
        last = max(last, (1 + count) / 501)
        expected[surest] = last
        left.remove(surest)
    assert stepwise(sizes, scattered) == pytest.approx([expected[j] for j in range(6)], rel=ROUNDING)


def test_holm_by_another_library() -> None:
    from statsmodels.stats.multitest import multipletests

    p_values = [0.04, 0.01, 0.2, 0.012, 0.9, 0.012]
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], rel=ROUNDING)
    corrected = holm([0.04, math.nan, 0.01])
    assert corrected[::2] == [0.04, 0.02]
    assert math.isnan(corrected[1])


# ---- the verdict


def test_figures_of_each_setting_by_scipy_and_pandas() -> None:
    from scipy import stats

    table = sweep(settings=4)
    table["s2"] += 1.5
    found = lp.verdict(table, against="hold", seed=1, trials=40)
    excess = table.drop(columns="hold").sub(table["hold"], axis=0)
    sharpes = excess.mean() / excess.std()
    assert [t.mean for t in found.trials] == pytest.approx(excess.mean().tolist(), rel=ROUNDING)
    assert [t.sharpe for t in found.trials] == pytest.approx(sharpes.tolist(), rel=1e-10)
    for t in found.trials:
        d = excess[t.setting]
        expected = lp.deflated_sharpe(
            sharpes[t.setting],
            periods=600,
            trials=40,
            variance=sharpes.var(),
            skewness=stats.skew(d),
            kurtosis=stats.kurtosis(d, fisher=False),
        )
        assert t.deflated == pytest.approx(expected, rel=1e-9)
        assert t.variance_ratio == pytest.approx(table[t.setting].var() / table["hold"].var(), rel=1e-10)
    row = found.table().loc["s2"]
    assert row["more [quote a year]"] == pytest.approx(8_760 * excess["s2"].mean(), rel=1e-10)
    assert row["low"] < row["more [quote a year]"] < row["high"]
    assert row["ratio low"] < row["variance ratio"] < row["ratio high"]


def test_windows_and_the_walk_by_hand() -> None:
    table = sweep(count=610, settings=3)
    found = lp.verdict(table, against="hold", seed=5, window=60, windows=4_000)
    excess = table.drop(columns="hold").sub(table["hold"], axis=0).to_numpy()
    every = np.array([excess[i : i + 60].sum(axis=0) > 0 for i in range(551)]).mean(axis=0)
    for trial, share in zip(found.trials, every, strict=True):
        assert abs(trial.won - share) < STANDARD_ERRORS * math.sqrt(share * (1 - share) / 4_000)
    made, promised, choices = [], [], []
    for start in range(10, 550, 60):  # ten windows, the odd ten hours before them left out
        past, ahead = excess[start : start + 60], excess[start + 60 : start + 120]
        best = int(past.sum(axis=0).argmax())
        choices.append(f"s{best}")
        promised.append(past[:, best].mean())
        made.extend(ahead[:, best])
    assert found.walk.choices == tuple(choices)
    assert found.walk.promised == pytest.approx(np.mean(promised), rel=1e-10)
    assert found.walk.mean == pytest.approx(np.mean(made), rel=1e-10)
    assert found.walk.made.value == pytest.approx(np.mean(made), rel=1e-10)
    # What was best among settings of equal worth promises more than it keeps.
    assert found.walk.promised > found.walk.mean


def test_nothing_beats_holding() -> None:
    found = lp.verdict(sweep(), against="hold", seed=1, unit="USDC")
    assert found.beats == ()
    assert found.p_value > 0.05
    assert found.sentence().startswith(f"No setting beats hold (p = {found.p_value:.2g}, corrected for 6 settings)")
    assert "interval" in found.sentence()
    assert found.best.mean == max(t.mean for t in found.trials)


def test_a_better_and_a_steadier_setting_are_found() -> None:
    table = sweep()
    table["s1"] += 5
    table["s4"] *= 0.5
    table["s2"] *= 3
    found = lp.verdict(table, against="hold", seed=1, unit="USDC")
    assert [t.setting for t in found.beats] == ["s1"]
    # Of all settings, not of those that are left once the steps have found the best.
    assert found.spa < 0.01
    assert "s4" in [t.setting for t in found.steadier]
    # Another variance, and not a smaller one.
    assert found.trials[2].steadier_p <= 0.05
    assert not found.trials[2].steadier
    assert found.sentence().startswith("1 of 6 settings beats hold (p = 0.001, corrected for 6 settings): the best, s1")
    assert "s4 least, with" in found.sentence()


def test_many_settings_can_be_steadier() -> None:
    """A correction by sums would need more resamples than settings: sixty halves are all found."""
    rng = np.random.default_rng(14)
    market = rng.standard_normal(300)
    table = pd.DataFrame(
        {i: 0.5 * market + 0.05 * rng.standard_normal(300) for i in range(60)} | {"hold": market}, index=hours(300)
    )
    assert len(lp.verdict(table, against="hold", seed=1).steadier) == 60


def test_the_word_is_never_said_without_correction() -> None:
    table = sweep(settings=3)
    table["s0"] += 9
    for found in (lp.verdict(table, against="hold", seed=1), lp.verdict(sweep(), against="hold", seed=1)):
        text = f"{found}{found.to_dict()}{found.table().to_string()}".lower()
        assert "significant" not in text
        for p in found.sentence().split("p = ")[1:2]:
            assert "corrected" in p


def test_permuting_scaling_and_the_same_seed() -> None:
    table = sweep()
    table["s1"] += 3
    for scale in (1e60, 1e-60):
        assert (
            lp.verdict(scale * table, against="hold", seed=7).p_value
            == lp.verdict(table, against="hold", seed=7).p_value
        )
    first, again = (lp.verdict(table, against="hold", seed=7).to_dict() for _ in range(2))
    assert first == again
    assert lp.verdict(table, against="hold", seed=np.random.default_rng(7)).to_dict() == first | {"seed": None}
    turned = lp.verdict(table[["s3", "hold", "s5", "s1", "s0", "s2", "s4"]], against="hold", seed=7).to_dict()
    by_name = {s["setting"]: s for s in turned["settings"]}
    for s in first["settings"]:
        for key in ("steadier_p", "won", "beats", "steadier"):
            assert by_name[s["setting"]][key] == s[key]
        assert by_name[s["setting"]]["difference"] == s["difference"]
        assert by_name[s["setting"]]["deflated"] == pytest.approx(s["deflated"], rel=1e-9)
    assert turned["p_value"] == first["p_value"]
    # A power of two changes no digit; P&L in cents is the same sweep.
    cents = lp.verdict(128 * table, against="hold", seed=7).to_dict()
    assert cents["p_value"] == first["p_value"]
    for s, t in zip(first["settings"], cents["settings"], strict=True):
        assert t["difference"]["low"] == 128 * s["difference"]["low"]
        assert (t["steadier_p"], t["won"], t["deflated"]) == (s["steadier_p"], s["won"], s["deflated"])
    # A gain that settings and benchmark share is no difference.
    shared = lp.verdict(table.add(np.arange(600) % 24, axis=0), against="hold", seed=7)
    assert shared.p_value == first["p_value"]


def test_a_series_is_a_benchmark_like_a_column() -> None:
    table = sweep(settings=2)
    beside = lp.verdict(table.drop(columns="hold"), against=table["hold"], seed=3)
    assert beside.to_dict() == lp.verdict(table, against="hold", seed=3).to_dict()
    labels = pd.MultiIndex.from_tuples([(5e-4, 1e-3), (5e-4, math.inf)], names=["theta", "gap"])
    named = lp.verdict(table.drop(columns="hold").set_axis(labels, axis=1), against=table["hold"], seed=3)
    assert named.table().index.tolist() == ["(0.0005, 0.001)", "(0.0005, inf)"]


def test_regimes_apart() -> None:
    table = sweep(count=800, settings=4)
    table.iloc[200:400, 2] += 6.0
    labels = [None] * 50 + [math.nan] * 50 + ["calm"] * 100 + ["rise"] * 200 + ["calm"] * 380 + ["short"] * 20
    found = lp.verdict(table, against="hold", seed=2, regimes=labels)
    calm, rise, short = found.regimes
    assert [r.periods for r in found.regimes] == [480, 200, 20]
    assert rise.best == "s2"
    assert rise.mean == pytest.approx((table["s2"] - table["hold"])[200:400].mean(), rel=1e-10)
    assert rise.p_value == pytest.approx(0.002)  # the least that 999 resamples can show, in two regimes
    assert calm.p_value > 0.05
    assert math.isnan(short.p_value)
    assert "rise, 200 periods: s2 made" in str(found)
    assert "short, 20 periods" in str(found)


def test_what_cannot_be_told_is_said() -> None:
    table = sweep(settings=2)
    table["same"], table["dearer"], table["cash"] = table["hold"], table["hold"] - 0.1, 0.0
    found = {t.setting: t for t in lp.verdict(table, against="hold", seed=1).trials}
    assert found["same"].reason == "the same as hold"
    assert found["dearer"].reason == "its difference from hold never varies"
    assert found["dearer"].mean == pytest.approx(-0.1)
    assert found["dearer"].difference is None
    assert found["dearer"].won == 0
    assert "never varies" in found["cash"].reason
    assert found["cash"].difference is not None
    assert not any(t.beats or t.steadier for t in (found["same"], found["dearer"], found["cash"]))
    # A constant gain differs by rounding alone: no test of scatter may take it for a sure one.
    surer = lp.verdict(table.assign(surer=table["hold"] + 0.1), against="hold", seed=1)
    assert not {t.setting: t for t in surer.trials}["surer"].in_step
    none = lp.verdict(table[["same", "dearer", "hold"]], against="hold", seed=1)
    assert none.sentence() == ("It cannot be told whether any of 2 settings beats hold: the same as hold.")
    assert math.isnan(none.p_value)
    assert json.loads(json.dumps(none.to_dict()))["p_value"] is None
    assert "none that vary" in str(none)
    still = lp.verdict(table[["s0", "s1", "cash"]], against="cash", seed=1)
    assert all(t.log_ratio is None for t in still.trials)
    mirror = lp.verdict(pd.DataFrame({"a": -table["hold"], "hold": table["hold"]}), against="hold", seed=1)
    assert mirror.trials[0].log_ratio is None


def test_a_bar_counts_every_part_once(capsys: pytest.CaptureFixture[str]) -> None:
    table = sweep(settings=3, count=60).assign(same=lambda t: t["hold"])
    lp.verdict(table, against="hold", seed=1, draws=99)
    assert capsys.readouterr() == ("", "")
    lp.verdict(table, against="hold", seed=1, draws=99, progress=True)
    out, shown = capsys.readouterr()
    assert out == ""
    assert "verdict: 100%" in shown
    assert "16/16" in shown


def test_gaps_are_counted() -> None:
    table = sweep(count=300, settings=2)
    kept = table.drop(table.index[100:150])
    found = lp.verdict(kept, against="hold", seed=1)
    assert found.gaps == 1
    assert found.per_year == pytest.approx(8_760, rel=ROUNDING)
    assert "a gap that blocks run across" in str(found)


GOOD = sweep(count=100, settings=2)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"panel": GOOD.to_numpy()}, "a DataFrame"),
        ({"panel": GOOD.reset_index(drop=True)}, "a DataFrame"),
        ({"panel": GOOD[["s0", "s1", "s0", "hold"]]}, "each setting once; got s0"),
        ({"panel": GOOD.iloc[:29]}, "from 30 to 20,000 periods; got 29"),
        ({"panel": GOOD.iloc[::-1]}, "ascending"),
        ({"panel": GOOD.set_axis(hours(99).insert(99, hours(102)[101] + pd.Timedelta("7min")))}, "one length"),
        (
            {"panel": GOOD.assign(s0=GOOD["s0"].where(GOOD.index != GOOD.index[7]))},
            "finite P&L in s0; got nan at 2023-04-01 07:00",
        ),
        ({"panel": GOOD.astype(str)}, "numbers in"),
        ({"panel": GOOD[["hold"]]}, "a setting beside the benchmark"),
        ({"against": "nobody"}, "a benchmark among the columns, or a Series; got 'nobody'. There are s0, s1, hold"),
        ({"against": GOOD["hold"].iloc[1:]}, "at the times of the table"),
        ({"seed": None}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"window": 101}, "window"),
        ({"windows": 0}, "windows"),
        ({"block": 13}, "block"),
        ({"level": 95}, "level"),
        ({"draws": 10}, "draws"),
        ({"draws": 500, "level": 0.999}, "draws as a whole number, at least 1000"),
        ({"trials": 1}, "trials as a whole number, at least 2"),
        ({"regimes": ["a"]}, "a regime for each of the 100 periods"),
        ({"regimes": 5}, "a label for each of the 100 periods: words, numbers, None; got 5"),
        ({"regimes": [[1]] * 100}, "a label for each of the 100 periods"),
        ({"panel": 1e160 * GOOD}, r"P&L of 1e-70 to 1e\+70 at the most; got .*e\+161"),
        ({"panel": GOOD.assign(hold=1e300)}, r"P&L of 1e-70 to 1e\+70 at the most; got 1e\+300"),
        ({"panel": 1e-90 * GOOD}, "in another unit"),
    ],
)
def test_bad_input_is_refused(changed: dict[str, object], words: str) -> None:
    with pytest.raises((lp.InputError, lp.DataError), match=words):
        lp.verdict(**{"panel": GOOD, "against": "hold", "seed": 1} | changed)


def test_words_table_and_picture() -> None:
    table = sweep(settings=12)
    table["s1"] += 5
    found = lp.verdict(table, against="hold", seed=1, unit="USDC", trials=100)
    text = str(found)
    assert "and 2 more in .table()" in text
    assert "deflated for 100 trials" in text
    assert f"blocks of {found.block} periods" in text
    assert f"{found.effective:,.0f} independent ones" in text
    assert len(found.table()) == 12
    record = json.loads(json.dumps(found.to_dict()))
    assert record["seed"] == 1
    assert record["settings"][1]["beats"] is True
    assert record["block"] == found.block
    assert "Verdict" in repr(found)
    assert "<p>" in found._repr_html_()
    ax = found.plot()
    assert ax.get_yticklabels()[0].get_text() == "s1"
    assert ax.get_xlabel().startswith("more than hold [USDC a year]")
    middles = [line.get_xdata()[0] for line in ax.get_lines() if line.get_marker() == "o"]
    assert any(x == pytest.approx(8_760 * found.best.mean) for x in middles)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["beats hold, all counted"]
    assert "more settings" not in ax.get_xlabel()
    many = lp.verdict(sweep(settings=33, count=60), against="hold", seed=1).plot()
    assert many.get_xlabel().endswith("\nand 3 more settings")
    plt.close("all")
    one = lp.verdict(table[["s0", "hold"]], against="hold", seed=1)
    assert "corrected for 1 setting)" in one.sentence()
    assert one.plot().get_legend() is None
    plt.close("all")
