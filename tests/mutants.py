"""Small wrong changes, each of which the tests must catch. Run: python tests/mutants.py

Each mutant is one replacement in one file and the tests that should fail for it. A mutant whose text is gone is
itself a failure: the list is kept in step with the code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent


class Mutant(NamedTuple):
    """One wrong change: in which file, what becomes what, and who should notice."""

    file: str
    right: str
    wrong: str
    tests: str


MUTANTS = [
    # ---- the normal form
    Mutant("powers.py", "(e - 1.0, e * c)", "(e - 1.0, c)", "test_powers.py"),
    Mutant("powers.py", "while own < len(self.kinks) and self.kinks[own] < upper", "while own < len(self.kinks) and self.kinks[own] <= upper", "test_powers.py"),
    Mutant("powers.py", "inside = prices > self.kinks[piece - 1]", "inside = prices >= self.kinks[piece - 1]", "test_powers.py test_laws.py"),
    Mutant("powers.py", "if holed:\n            low, high", "if False:\n            low, high", "test_laws.py"),
    Mutant("powers.py", "np.expm1(exponent * spent)", "np.exp(exponent * spent)", "test_powers.py"),
    Mutant("smears.py", "a * (a - 1.0) * w**2 / 2.0", "a * (a + 1.0) * w**2 / 2.0", "test_powers.py::test_partial_moment_is_the_integral"),
    Mutant("smears.py", "_gap(k, f, w) + (a - 0.5) * w", "_gap(k, f, w) + (a + 0.5) * w", "test_powers.py::test_partial_moment_is_the_integral"),
    Mutant("powers.py", "return base + quote / price", "return base - quote / price", "test_laws.py"),
    Mutant("_sums.py", "roots = [x for x, v in zip(edges, values, strict=True) if v == 0]", "roots = []", "test_powers.py::test_double_roots_are_found"),
    # ---- instruments
    Mutant("instruments/uniswap_v3.py", "1 / root - 1 / sqrt(self.upper)", "1 / root - 1 / sqrt(self.lower)", "test_laws.py test_oracles.py"),
    Mutant("instruments/uniswap_v3.py", "root - sqrt(self.lower)", "root", "test_oracles.py"),
    Mutant("instruments/perpetuals.py", "1 / self.entry - 1 / price", "1 / price - 1 / self.entry", "test_oracles.py"),
    Mutant("instruments/perpetuals.py", "0, price - self.entry", "0, self.entry - price", "test_oracles.py"),
    Mutant("instruments/base.py", "quantities.get(p.instrument, 0.0) + p.quantity", "p.quantity", "test_laws.py"),
    # ---- liquidity and strips
    Mutant("instruments/loss_claim.py", "held_base - base, held_quote - quote", "base - held_base, quote - held_quote", "test_liquidity_pricing.py"),
    Mutant("instruments/loss_claim.py", "in_hand: ClassVar[bool] = False", "in_hand: ClassVar[bool] = True", "test_liquidity_pricing.py::test_a_claim_holds_no_tokens"),
    Mutant("hedging/judged.py", "_FLAT = 1e-9", "_FLAT = 0.0", "test_liquidity_pricing.py::test_the_naive_hedge_has_no_use_for_a_claim"),
    Mutant("instruments/derived.py", 'template, "of", self.of._on_symbols()', 'template, "of", self.of', "test_liquidity_pricing.py::test_the_premium_on_symbols_is_the_premium"),
    Mutant("formulas.py", "if not part.has(PRICE)}", "if False}", "test_liquidity_pricing.py::test_the_premium_on_symbols_is_the_premium"),
    Mutant("smears.py", "tilt = (exponent - 0.5) * width", "tilt = (exponent + 0.5) * width", "test_liquidity_pricing.py::test_published_premiums"),
    Mutant("pricing/liquidity.py", "0.0 - sigma**2 / 2.0 * prices**2", "0.0 - sigma**2 / 2.0 * prices", "test_liquidity_pricing.py::test_lvr_rate_of_a_full_range_and_of_a_range"),
    Mutant("pricing/liquidity.py", "loss / (position.value(price) * years)", "loss / position.value(price)", "test_liquidity_pricing.py::test_break_even_rate_of_a_full_range"),
    Mutant("pricing/liquidity.py", "(asked >= most)", "(asked > 2 * most)", "test_liquidity_pricing.py::test_premiums_that_no_volatility_explains"),
    Mutant("pricing/liquidity.py", "* mean / (width * vega)", "* mean / vega", "test_liquidity_pricing.py::test_implied_volatility_settles_in_few_steps"),
    Mutant("pricing/liquidity.py", "moved = np.where((moved >= low) & (moved <= high), moved, (low + high) / 2.0)", "moved = np.clip(np.nan_to_num(moved), 1e-3, 1e3)", "test_liquidity_pricing.py"),
    Mutant("pricing/liquidity.py", "np.sqrt(2.0 * blocks)", "np.sqrt(blocks)", "test_liquidity_pricing.py::test_published_chances_of_a_trade"),
    Mutant("pricing/strips.py", "np.nextafter(at[-1], np.inf)", "at[-1]", "test_strips.py::test_options_are_their_own_strip"),
    Mutant("pricing/strips.py", 'np.searchsorted(at, start, side="right")', 'np.searchsorted(at, start, side="left")', "test_strips.py"),
    Mutant("pricing/strips.py", "slope, corner = float(slopes[below]), max(below - 1, 0)", "slope, corner = 0.0, max(below - 1, 0)", "test_strips.py"),
    Mutant("pricing/strips.py", "np.where(self.weights > 0, sides[1], sides[0])", "np.where(self.weights > 0, sides[0], sides[1])", "test_strips.py::test_a_position_is_its_strip_sold"),
    Mutant("pricing/strips.py", "np.isnan(paid) & (self.weights != 0)", "np.isnan(paid)", "test_strips.py::test_missing_quotes_are_named"),
    # ---- the chain
    Mutant("onchain.py", "divide = _ceiling if minted else _floor", "divide = _floor if minted else _ceiling", "test_oracles.py"),
    Mutant("onchain.py", "return -(-ratio >> 32)", "return ratio >> 32", "test_oracles.py"),
    Mutant("onchain.py", "self.decimals0 - self.decimals1", "self.decimals1 - self.decimals0", "test_oracles.py"),
    # ---- measures, paths, model
    Mutant("measures.py", "return self._worth(part) - self._worth(held)", "return self._worth(part)", "test_oracles.py"),
    Mutant("paths/history.py", "return prices / first * start", "return prices * start / first + 1", "test_paths.py"),
    Mutant("paths/history.py", "whole = (self.times[first] == begins) & (self.times[ends] == begins + length_)", "whole = self.times[first] == begins", "test_paths.py"),
    Mutant("paths/history.py", "effective=min(float(first.size), self._independent(first, length_))", "effective=float(first.size)", "test_paths.py"),
    Mutant("paths/paths.py", "np.asarray((lows < lower) | (highs > upper))", "np.asarray((prices < lower) | (prices > upper))", "test_paths.py"),
    Mutant("models/lognormal.py", "drift = self.drift_per_year * self.years - self.variance / 2", "drift = self.drift_per_year * self.years", "test_oracles.py"),
    Mutant("models/lognormal.py", "*(z for z in inner if abs(z) < reach)", "", "test_lognormal.py::test_quadrature_equals_the_closed_form"),
    Mutant("models/lognormal.py", "float(erfcx(back / math.sqrt(2))) / 2", "float(erfcx(back / math.sqrt(2)))", "test_lognormal.py::test_touch_probability_of_published_liquidations"),
    # ---- readers
    Mutant("markets/check.py", "apart < zero), fatal=True)", "apart < zero), fatal=False)", "test_readers.py"),
    Mutant("markets/klines.py", "known_after=report.step", "known_after=report.step * 0", "test_readers.py"),
    Mutant("markets/tables.py", "if columns.low is None else report.step", "if True else report.step", "test_readers.py"),
    Mutant("hedging/solve.py", "self.box.holds(x * self.sizes)", "self.box.holds(x)", "test_lock_ins.py"),
    Mutant("markets/klines.py", 'scale = {"ms": 1000, "us": 1}.get(unit)', 'scale = {"ms": 1000, "us": 1000}.get(unit)', "test_readers.py"),
    # ---- the hedge
    Mutant("hedging/problem.py", "(x - np.tensordot(self.outcomes.weights, x, axes=1) for x in self.changes)", "(x for x in self.changes)", "test_hedge.py"),
    Mutant("hedging/objectives.py", "return 1.0 - float(outcomes.weights @ outcomes.weights) if outcomes.sampled else 1.0", "return 1.0", "test_hedge.py"),
    Mutant("hedging/judged.py", "widened = (n - k - 1) / (worth - k - 1)", "widened = 0.25", "test_lognormal.py::test_standard_error_is_the_spread_of_repetitions"),
    Mutant("hedging/solve.py", "_least_squares(scaled[:, basis], -b)", "_least_squares(scaled[:, basis], b)", "test_hedge.py"),
    Mutant("hedging/solve.py", "if not box.holds(x) or (tied", "if (tied", "test_hedge.py"),
    Mutant("hedging/solve.py", "10.0 ** np.minimum(", "10.0 ** -np.minimum(", "test_hedge.py"),
    Mutant("hedging/problem.py", "lower - offset, upper - offset", "lower, upper", "test_hedge.py"),
    Mutant("hedging/words.py", "kernel = np.cumsum(((prices - mean) * weights)[::-1])[::-1][1:]", "kernel = np.cumsum((prices * weights)[::-1])[::-1][1:]", "test_hedge.py"),
    # ---- accounts
    Mutant("hedging/survival.py", "_Slopes(equity - sign * rate, deduction)", "_Slopes(equity, deduction)", "test_collateral.py"),
    Mutant("hedging/survival.py", "high * (1.0 + self.buffer)", "high", "test_survival.py"),
    Mutant("hedging/survival.py", "share = self.probability / problem.wallets", "share = self.probability", "test_survival.py"),
    Mutant("hedging/objectives.py", "shares = np.clip(tail - before, 0.0, weights)", "shares = np.where(before < tail, weights, 0.0)", "test_objectives.py"),
    Mutant("hedging/capital.py", "upper=self.amount, offset=problem.pool_value", "upper=self.amount", "test_collateral.py"),
    Mutant("hedging/optimum.py", "        if not i:\n            if within", "        if not caps:\n            if within", "test_accounts.py::test_the_highest_flat_tier_is_used"),
    Mutant("hedging/tiers.py", "if tier.up_to < schedule.up_to", "if True", "test_accounts.py::test_bounds_on_a_leg_with_flat_terms_and_an_end_of_its_table"),
    Mutant("hedging/sizing.py", "if i or within_lowest_tiers(problem, x):", "if True:", "test_accounts.py::test_the_largest_size_is_the_largest"),
    Mutant("hedging/objectives.py", "return [cost_rates(problem)]", "return []", "test_accounts.py"),
    Mutant("hedging/capital.py", "itertools.product((-1.0, 1.0), repeat=len(pledge.legs))", "itertools.product((1.0,), repeat=len(pledge.legs))", "test_accounts.py"),
    Mutant("hedging/capital.py", "outward(self.amount, up=True)", "outward(self.amount * (1 - 1e-5), up=False)", "test_accounts.py"),
    Mutant("hedging/survival.py", "_MET = 1e-11", "_MET = 1e-3", "test_accounts.py"),
    Mutant("hedging/solve.py", " and all(_slack(cone, x) >= -_CONE_TOLERANCE for cone in self.cones)", "", "test_accounts.py::test_a_floor_that_rounding_or_the_naive_hedge_breaks_is_said"),
    # ---- first passage
    Mutant("models/passage.py", "_reached_first(a, b, -t)", "_reached_first(a, b, t)", "test_passage.py::test_leaving_and_staying_by_modes test_passage.py::test_published_liquidations_are_exits_upward"),
    Mutant("models/passage.py", "plus.sum(axis=0) - minus.sum(axis=0)", "plus.sum(axis=0)", "test_passage.py::test_the_two_series_agree_where_both_converge"),
    Mutant("models/lognormal.py", "self._drift * self.width / self.years, self.volatility**2", "self._drift, self.volatility**2", "test_passage.py::test_mean_exit_time_against_simulation"),
    Mutant("paths/paths.py", "kept = min(beyond, len(self) - 1)", "kept = min(beyond + 1, len(self) - 1)", "test_passage.py::test_no_more_paths_are_strictly_beyond"),
    Mutant("paths/history.py", "count + 1, close / factor, close * factor", "count + 1, lower, upper", "test_passage.py::test_exits_by_hand"),
    # ---- venues
    Mutant("venues/figures.py", "self.start <= on", "self.start < on", "test_venues.py::test_the_newest_figure_that_counts_is_chosen"),
    Mutant("venues/figures.py", "f.counts_on(on) and (f.confirmed or unconfirmed)", "f.counts_on(on)", "test_venues.py::test_unconfirmed_figures_are_chosen_on_request"),
    # ---- economics
    Mutant("hedging/economics.py", "amount=-2 * leg.fee.of(notional)", "amount=-leg.fee.of(notional)", "test_economics.py"),
    Mutant("hedging/economics.py", "share = liquidity / (liquidity + self.liquidity)", "share = liquidity / self.liquidity", "test_economics.py"),
    Mutant("hedging/economics.py", "-self.before_fees / (self.position * self.years)", "-self.total / (self.position * self.years)", "test_economics.py"),
    Mutant("costs.py", "return -self.rate_per_year * value * years", "return self.rate_per_year * value * years", "test_economics.py"),
    # ---- frontiers
    Mutant("hedging/frontier.py", "return [value if c in like else c for c in constraints] if like else [*constraints, value]", "return [*constraints, value]", "test_frontier.py::test_a_constraint_takes_the_place_of_its_like"),
    Mutant("hedging/frontier.py", "return 100.0 * (high - low) / (high + low)", "return 100.0 * (high - low) / low", "test_frontier.py::test_axes_have_words_units_and_places"),
    Mutant("hedging/frontier.py", "points = sorted(self.points, key=lambda p: p.x)", "points = self.points", "test_frontier.py::test_the_curve_ascends_and_is_the_risk"),
    Mutant("hedging/ways_out.py", "    return _refused(problem, _clashing(problem, constraints) or _telling(constraints))", "    return infeasible(problem, constraints, _rebuild)", "test_frontier.py::test_points_that_nothing_satisfies_say_why_without_searching_ways_out"),
    Mutant("draw.py", "middles = (x[1:] + x[:-1]) / 2", "middles = x[1:]", "test_frontier.py::test_bars_stand_where_a_constraint_binds"),
    # ---- what a user sees
    Mutant("draw.py", '"axes.titlesize": "medium"', '"axes.titlesize": 14', "test_plots.py"),
    Mutant("cli/request.py", 'f"-{self.short_at_most!r} / {price!r}"', 'f"-{self.short_at_most!r}"', "test_cli.py::test_bounds_of_the_flags_are_in_coins_and_in_notional"),
    Mutant("cli/app.py", "{DataError: 3, InfeasibleError: 4,", "{DataError: 2, InfeasibleError: 2,", "test_cli.py"),
    Mutant("instruments/base.py", "lines[[*parts][-1]] = lines[[*parts][-1]] + income", "pass", "test_plots.py"),
    Mutant("hedging/problem.py", "coin = counted_as(coin_of(market))", "coin = market", "test_lock_ins.py"),
    Mutant("models/lognormal.py", "_LARGEST_POWER = 6.0", "_LARGEST_POWER = 2.0", "test_lock_ins.py"),
    # ---- margin
    Mutant("margin/schedules.py", "found.append(found[-1] + now.floor", "found.append(now.floor", "test_margin.py"),
    Mutant("margin/account.py", "return amount * price if contract.margin_token == contract.base else amount / price", "return amount", "test_margin.py"),
    Mutant("margin/account.py", "self._equity_on(market, at) - self._others(self._maintenance, market, at)", "self._equity_on(market, at)", "test_margin.py"),
    Mutant("margin/account.py", "contract.entry if self.fixed_at_entry else price", "price", "test_margin.py"),
    Mutant("costs.py", "p + min(max(i - p, -b), b)", "p - min(max(i - p, -b), b)", "test_margin.py"),
]  # fmt: skip


def caught(mutant: Mutant) -> str:
    """ "" when the tests fail for it, else what went wrong."""
    text = (ROOT / "lpgreeks" / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.right) != 1:
        return f"stands {text.count(mutant.right)} times in the file, expected once"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("lpgreeks", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        (copy / "lpgreeks" / mutant.file).write_text(text.replace(mutant.right, mutant.wrong), encoding="utf-8")
        tests = [f"tests/{name}" for name in mutant.tests.split()]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
            cwd=copy,
            # Real prices are slow, and no mutant needs them.
            env={
                **os.environ,
                "LPGREEKS_TEST_DATA": "",
                "PYTHONPATH": str(copy),
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    # 1: tests failed. Anything else (no tests, a broken import) proves nothing.
    return "" if done.returncode == 1 else f"survives: pytest ended with {done.returncode}"


def main() -> int:
    """Try every mutant; 0 when all are caught."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        verdicts = list(pool.map(caught, MUTANTS))
    for mutant, verdict in zip(MUTANTS, verdicts, strict=True):
        if verdict:
            print(f"{mutant.file}: {mutant.right!r} -> {mutant.wrong!r} {verdict}")
    missed = sum(map(bool, verdicts))
    print(f"{len(MUTANTS) - missed} of {len(MUTANTS)} mutants caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
