"""Small wrong changes, each of which the tests must catch. Run: python tests/mutants.py

Each mutant is one replacement in one file and the tests that should fail for it. A mutant whose text is gone is
itself a failure: the list is kept in step with the code.
"""

from __future__ import annotations

import compileall
import gc
import importlib
import multiprocessing
import os
import shutil
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
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
    Mutant("powers.py", "(e - 1.0, e * c)", "(e - 1.0, c)", "test_powers.py::test_derivative"),
    Mutant("powers.py", "while own < len(self.kinks) and self.kinks[own] < upper", "while own < len(self.kinks) and self.kinks[own] <= upper", "test_powers.py::test_ring"),
    Mutant("powers.py", "inside = prices > self.kinks[piece - 1]", "inside = prices >= self.kinks[piece - 1]", "test_powers.py test_laws.py"),
    Mutant("powers.py", "if holed:\n            low, high", "if False:\n            low, high", "test_laws.py::test_prices_of_zero_or_less_are_refused"),
    Mutant("powers.py", "np.expm1(exponent * spent)", "np.exp(exponent * spent)", "test_powers.py::test_change_is_the_difference_of_two_values"),
    Mutant("smears.py", "a * (a - 1.0) * w**2 / 2.0", "a * (a + 1.0) * w**2 / 2.0", "test_powers.py::test_partial_moment_is_the_integral"),
    Mutant("smears.py", "_gap(k, f, w) + (a - 0.5) * w", "_gap(k, f, w) + (a + 0.5) * w", "test_powers.py::test_partial_moment_is_the_integral"),
    Mutant("powers.py", "return base + quote / price", "return base - quote / price", "test_laws.py::test_value_in_coins_is_value_in_quote_over_the_price"),
    Mutant("_sums.py", "roots = [x for x, v in zip(edges, values, strict=True) if v == 0]", "roots = []", "test_powers.py::test_double_roots_are_found"),
    # ---- instruments
    Mutant("instruments/uniswap_v3.py", "1 / root - 1 / sqrt(self.upper)", "1 / root - 1 / sqrt(self.lower)", "test_oracles.py::test_amounts_across_a_range"),
    Mutant("instruments/uniswap_v3.py", "root - sqrt(self.lower)", "root", "test_oracles.py"),
    Mutant("instruments/contracts.py", "1 / self.entry - 1 / price", "1 / price - 1 / self.entry", "test_oracles.py"),
    Mutant("instruments/contracts.py", "0, price - self.entry", "0, self.entry - price", "test_oracles.py"),
    # ---- tapes and the files they are made of
    Mutant("markets/tape.py", "prepend=known[0]", "prepend=-1", "test_tape.py"),
    Mutant("markets/tape.py", "np.maximum(swaps, 1)", "np.minimum(swaps, 1)", "test_tape.py"),
    Mutant("markets/tape.py", "np.flatnonzero(np.diff(self._pool_rows)) + 1", "np.flatnonzero(np.diff(self._pool_rows))", "test_tape.py"),
    Mutant("markets/tape.py", "pool.liquidity[shown - 1]", "pool.liquidity[shown]", "test_tape.py"),
    Mutant("markets/tape.py", "at + np.arange(at.size) - np.searchsorted(at, at)", "at", "test_tape.py"),
    Mutant("markets/tape.py", "inside = (stream.times > self.times[0])", "inside = (stream.times >= self.times[0])", "test_tape.py"),
    Mutant("markets/tape.py", 'stream.times[inside], side="right") - 1', 'stream.times[inside], side="left")', "test_tape.py"),
    Mutant("markets/tape.py", "known = np.searchsorted(self.gas.times, self.times[rows], side=\"right\") - 1", "known = np.searchsorted(self.gas.times, self.times[rows], side=\"left\") - 1", "test_tape.py"),
    Mutant("markets/tape.py", "([] if self.marks is None else [self.marks.times])", "[]", "test_tape.py"),
    Mutant("markets/tape.py", "if len(set(columns)) < len(columns):", "if False:", "test_tape.py"),
    Mutant("markets/tape.py", "lines.extend(note for note in self._stand_ins if note)", "pass", "test_tape.py"),
    Mutant("markets/streams.py", "(moves < 1.0 / _JUMP)", "(moves < 0.0)", "test_tape.py"),
    Mutant("markets/streams.py", "before = np.concatenate([prices[:1], prices[:-1]])", "before = prices", "test_tape.py test_stream_files.py"),
    Mutant("markets/streams.py", "(lows < prices * (2.0 - _JUMP))", "(lows < 0.0)", "test_tape.py::test_bad_streams_are_refused"),
    Mutant("markets/streams.py", "(highs > prices * _JUMP)", "(highs < 0.0)", "test_tape.py::test_bad_streams_are_refused"),
    Mutant("markets/streams.py", "np.flatnonzero(lows > highs)", "np.flatnonzero(lows < 0.0)", "test_tape.py::test_bad_streams_are_refused"),
    Mutant("paths/stamps.py", 'given.dtype.kind in "iufcb" or ', "", "test_tape.py::test_times_are_times_of_a_known_zone"),
    Mutant("paths/stamps.py", " or any(isinstance(x, Number) for x in _objects(given))", "", "test_tape.py::test_times_are_times_of_a_known_zone"),
    Mutant("paths/stamps.py", "if first < _FIRST or last > _LAST:", "if False:", "test_tape.py::test_times_are_times_of_a_known_zone"),
    Mutant("replays/arbitrage.py", "volume * (np.diff(times, prepend=times[0]) / _DAY)", "volume * np.diff(times, prepend=times[0]) / _DAY", "test_arbitrage.py::test_noise_of_any_volume_is_what_was_said"),
    Mutant("markets/sequence.py", "stamps[1:] != stamps[:-1], True", "stamps[1:] == stamps[:-1], True", "test_stream_files.py"),
    Mutant("markets/sequence.py", "np.append(stamps[1:] != stamps[:-1], True)", "np.append(True, stamps[1:] != stamps[:-1])", "test_stream_files.py"),
    Mutant("markets/sequence.py", "np.argsort(sequence, kind=\"stable\")", "np.arange(sequence.size)", "test_stream_files.py"),
    Mutant("markets/books.py", 'sequence="update_id"', 'sequence="transaction_time"', "test_stream_files.py"),
    Mutant("markets/books.py", "np.asarray(times + step, ", "np.asarray(times, ", "test_stream_files.py"),
    Mutant("markets/books.py", "(bid_low + ask_low) / 2.0", "bid_low", "test_stream_files.py"),
    Mutant("markets/sheets.py", "chunksize=ROWS_AT_ONCE", "chunksize=10**9", "test_stream_files.py"),
    Mutant("markets/archives.py", "file.seek(max(size - 1, 0))", "file.seek(0)", "test_stream_files.py test_readers.py"),
    Mutant("markets/funding_files.py", "said[said[self.seen] <= said[self.time]]", "said", "test_stream_files.py"),
    Mutant("markets/funding_files.py", "last[last[self.time] <= last[self.seen].max()] if self.seen else last", "last", "test_stream_files.py"),
    Mutant("markets/funding_files.py", "(numbers + _SECOND // 2) // _SECOND", "(numbers + _SECOND - 1) // _SECOND", "test_stream_files.py"),
    Mutant("markets/swap_files.py", "np.lexsort((swaps[\"place\"], swaps[\"block\"]))", "np.argsort(swaps[\"place\"], kind=\"stable\")", "test_stream_files.py"),
    Mutant("markets/swap_files.py", "base_in=np.maximum(swaps[\"base\"], 0.0)", "base_in=np.abs(swaps[\"base\"])", "test_stream_files.py"),
    Mutant("markets/swap_files.py", 'swaps |= {"base": np.zeros(n), "quote": np.zeros(n)}', "pass", "test_fee_growth.py"),
    Mutant("markets/tape.py", "if age.size and np.median(age) > _STALE:", "if False:", "test_tape.py"),
    Mutant("markets/swap_files.py", "if not 1 / _FAR < middle < _FAR:", "if False:", "test_stream_files.py"),
    Mutant("markets/pool_minutes.py", "times=np.asarray(times + step, ", "times=np.asarray(times, ", "test_stream_files.py"),
    Mutant("markets/pool_minutes.py", "lows=prices.min(axis=0)", "lows=prices[2]", "test_stream_files.py"),
    Mutant("onchain/uniswap.py", "(after - before) % _Q256", "max(after - before, 0)", "test_stream_files.py"),
    Mutant("onchain/uniswap.py", "(self._raw_per_whole / 10.0**decimals)", "self._raw_per_whole", "test_stream_files.py"),
    Mutant("onchain/uniswap.py", "return (of1, of0) if self._base_is_token1 else (of0, of1)", "return (of1, of0)", "test_stream_files.py"),
    Mutant("instruments/base.py", "quantities.get(p.instrument, 0.0) + p.quantity", "p.quantity", "test_laws.py::test_portfolio_algebra"),
    # ---- choosing options, and seeing them
    Mutant("markets/smile.py", "chain.calls == (chain.strikes > forward)", "chain.calls == (chain.strikes <= forward)", "test_beside.py"),
    Mutant("markets/smile.py", "+ float(parts.line.value(self.forward))", "", "test_beside.py"),
    Mutant("markets/smile.py", "last += self.strikes[last] < position.upper", "last += 0", "test_beside.py"),
    Mutant("markets/smile.py", "strikes = out.strikes[order]", "strikes = out.strikes", "test_beside.py"),
    Mutant("markets/smile.py", "np.where(out.coin_settled, forward, 1.0)", "1.0", "test_beside.py"),
    Mutant("markets/smile.py", "np.sqrt(strikes[:-2] * strikes[2:])", "strikes[1:-1]", "test_plots.py::test_a_smile_shows_its_table"),
    Mutant("hedging/choice_map.py", "plan.best.risk < best.best.risk", "plan.best.risk > best.best.risk", "test_beside.py::test_the_best_pair_is_the_one_that_is_chosen"),
    Mutant("hedging/choice_map.py", "return dict(sorted(found.items()))", "return found", "test_beside.py::test_the_best_pair_is_the_one_that_is_chosen"),
    Mutant("hedging/choice_map.py", "best=(call, put)", "best=(put, call)", "test_plots.py::test_a_map_shows_its_table"),
    Mutant("hedging/compare.py", "within = [c for c in kept if _applies(c, offered)]", "within = kept", "test_beside.py::test_a_rival_that_cannot_be_says_why"),
    Mutant("hedging/compare.py", "within = [c for c in kept if _applies(c, offered)]", "within = []", "test_beside.py::test_a_rival_that_cannot_be_says_why"),
    Mutant("hedging/compare.py", 'float("nan") if unknown else plan.premium', "plan.premium", "test_beside.py::test_each_rival_is_its_own_hedge"),
    Mutant("hedging/compare.py", "or other.exposure != plan.exposure", "", "test_beside.py::test_only_like_is_compared"),
    Mutant("hedging/plan_picture.py", "1.05 * strike for strike", "0.0 * strike for strike", "test_plots.py::test_a_plan_with_options_shows_every_strike_and_counts_from_the_premium"),
    Mutant("hedging/plan_picture.py", "return np.union1d(np.linspace(low, high, 501), strikes)", "return np.linspace(low, high, 501)", "test_plots.py::test_a_plan_with_options_shows_every_strike_and_counts_from_the_premium"),
    Mutant("draw.py", "(places[1:] + places[:-1]) / 2", "places[1:]", "test_plots.py::test_a_map_shows_its_table"),
    Mutant("cli/tape.py", "if self.pool_liquidity is not None:\n            require_positive", "if self.pool_liquidity:\n            require_positive", "test_replay_cli.py::test_mistakes_end_in_one_line_and_a_code"),
    Mutant("cli/options.py", "lp.AtMost({quotes.calls}, of=lp.Call)", "lp.AtMost({quotes.puts}, of=lp.Call)", "test_options_cli.py::test_one_side_may_be_left_out"),
    Mutant("cli/options.py", 'yield "lp.WholeLots()"', "yield from ()", "test_options_cli.py::test_lots_are_whole"),
    Mutant("cli/options.py", "round(24 * days)", "round(12 * days)", "test_options_cli.py::test_windows_are_as_long_as_the_options"),
    Mutant("cli/groups.py", 'yield f"lp.VegaBounds(upper={self.vega_at_most!r})"', "yield from ()", "test_options_cli.py::test_a_cap_on_vega_binds"),
    Mutant("cli/app.py", "parity.rows_of(chain).sum()", "parity.pairs", "test_options_cli.py::test_data_chain_says_what_was_read"),
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
    Mutant("pricing/liquidity.py", "moved = np.where((moved >= low) & (moved <= high), moved, (low + high) / 2.0)", "moved = np.clip(np.nan_to_num(moved), 1e-3, 1e3)", "test_liquidity_pricing.py::test_dearer_is_wilder_and_nan_passes"),
    Mutant("pricing/liquidity.py", "np.sqrt(2.0 * blocks)", "np.sqrt(blocks)", "test_liquidity_pricing.py::test_published_chances_of_a_trade"),
    Mutant("pricing/strips.py", "np.nextafter(at[-1], np.inf)", "at[-1]", "test_strips.py::test_options_are_their_own_strip"),
    Mutant("pricing/strips.py", 'np.searchsorted(at, start, side="right")', 'np.searchsorted(at, start, side="left")', "test_strips.py"),
    Mutant("pricing/strips.py", "slope, corner = float(slopes[below]), max(below - 1, 0)", "slope, corner = 0.0, max(below - 1, 0)", "test_strips.py"),
    Mutant("pricing/strips.py", "np.where(self.weights > 0, sides[1], sides[0])", "np.where(self.weights > 0, sides[0], sides[1])", "test_strips.py::test_a_position_is_its_strip_sold"),
    Mutant("pricing/strips.py", "np.isnan(paid) & (self.weights != 0)", "np.isnan(paid)", "test_strips.py::test_missing_quotes_are_named"),
    # ---- the chain
    Mutant("onchain/uniswap.py", "divide = _ceiling if minted else _floor", "divide = _floor if minted else _ceiling", "test_oracles.py"),
    Mutant("onchain/uniswap.py", "return -(-ratio >> 32)", "return ratio >> 32", "test_oracles.py"),
    Mutant("onchain/uniswap.py", "self.decimals0 - self.decimals1", "self.decimals1 - self.decimals0", "test_oracles.py"),
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
    Mutant("markets/check.py", "apart < zero), fatal=True)", "apart < zero), fatal=False)", "test_readers.py::test_defects_are_named_and_refused"),
    Mutant("markets/klines.py", "known_after=report.step", "known_after=report.step * 0", "test_readers.py"),
    Mutant("markets/tables.py", "if columns.low is None else report.step", "if True else report.step", "test_readers.py::test_columns_by_name_index_csv_and_parquet"),
    Mutant("hedging/solve.py", "self.box.holds(x * self.sizes)", "self.box.holds(x)", "test_lock_ins.py::test_bounds_on_tiny_quantities_are_kept_by_the_naive_hedge_too"),
    Mutant("markets/klines.py", 'scale = {"ms": 1000, "us": 1}.get(unit)', 'scale = {"ms": 1000, "us": 1000}.get(unit)', "test_readers.py"),
    # ---- the hedge
    Mutant("hedging/problem.py", "(x - np.tensordot(self.outcomes.weights, x, axes=1) for x in self.changes)", "(x for x in self.changes)", "test_hedge.py"),
    Mutant("hedging/objectives.py", "return 1.0 - float(outcomes.weights @ outcomes.weights) if outcomes.sampled else 1.0", "return 1.0", "test_hedge.py"),
    Mutant("hedging/judged.py", "widened = (n - k - 1) / (worth - k - 1)", "widened = 0.25", "test_lognormal.py::test_standard_error_is_the_spread_of_repetitions"),
    Mutant("hedging/solve.py", "_least_squares(scaled[:, basis], -b)", "_least_squares(scaled[:, basis], b)", "test_hedge.py"),
    Mutant("hedging/solve.py", "if not box.holds(x) or (tied", "if (tied", "test_hedge.py"),
    Mutant("hedging/solve.py", "10.0 ** np.minimum(", "10.0 ** -np.minimum(", "test_hedge.py::test_scale_of_prices_does_not_matter"),
    Mutant("hedging/problem.py", "lower - offset, upper - offset", "lower, upper", "test_hedge.py"),
    Mutant("hedging/words.py", "kernel = np.cumsum(((prices - mean) * weights)[::-1])[::-1][1:]", "kernel = np.cumsum((prices * weights)[::-1])[::-1][1:]", "test_hedge.py"),
    # ---- accounts
    Mutant("hedging/survival.py", "_Slopes(equity - sign * rate, deduction)", "_Slopes(equity, deduction)", "test_collateral.py"),
    Mutant("hedging/survival.py", "high * (1.0 + self.buffer)", "high", "test_survival.py"),
    Mutant("hedging/survival.py", "share = self.probability / problem.wallets", "share = self.probability", "test_survival.py"),
    Mutant("_tails.py", "shares = np.clip(tail - before, 0.0, held)", "shares = np.where(before < tail, held, 0.0)", "test_objectives.py"),
    Mutant("hedging/capital.py", "upper=self.amount, offset=problem.pool_value", "upper=self.amount", "test_collateral.py"),
    Mutant("hedging/optimum.py", "        if not i:\n            if within", "        if not caps:\n            if within", "test_accounts.py::test_the_highest_flat_tier_is_used"),
    Mutant("hedging/tiers.py", "if tier.up_to < schedule.up_to", "if True", "test_accounts.py::test_bounds_on_a_leg_with_flat_terms_and_an_end_of_its_table"),
    Mutant("hedging/sizing.py", "if i or within_lowest_tiers(problem, x):", "if True:", "test_accounts.py::test_the_largest_size_is_the_largest"),
    Mutant("hedging/objectives.py", "return [LeastCost().costs(problem)]", "return []", "test_accounts.py::test_a_random_hedge_is_what_plain_arithmetic_says[8]"),
    Mutant("hedging/capital.py", "itertools.product((-1.0, 1.0), repeat=len(pledge.legs))", "itertools.product((1.0,), repeat=len(pledge.legs))", "test_accounts.py"),
    Mutant("hedging/capital.py", "a budget of {outward(self.amount, up=True)}", "a budget of {outward(self.amount * (1 - 1e-5), up=False)}", "test_accounts.py::test_each_way_out_of_a_random_clash_is_one[38]"),
    Mutant("hedging/survival.py", "_MET = 1e-11", "_MET = 1e-3", "test_accounts.py::test_a_random_hedge_is_what_plain_arithmetic_says[11]"),
    Mutant("hedging/solve.py", " and all(_slack(cone, x) >= -_CONE_TOLERANCE for cone in self.cones)", "", "test_accounts.py::test_a_floor_that_rounding_or_the_naive_hedge_breaks_is_said"),
    # ---- replays
    Mutant("replays/compiled_life.py", "if rules.managed and state[HELD_AT] != 0.0 and state[HELD_BASE] * price + state[HELD_QUOTE] <= gas:", "if False:", "test_replay_bad_input.py"),
    Mutant("replays/compiled_life.py", "left = lows[k] < lower or highs[k] > upper", "left = prices[k] < lower or prices[k] > upper", "test_replay_bad_input.py"),
    Mutant("replays/compiled_life.py", "            k -= 1\n", "            break\n", "test_replay_bad_input.py"),
    Mutant("replays/compiled_life.py", "lows[k] < lower or highs[k] > upper", "lows[k] <= lower or highs[k] > upper", "test_replay_bad_input.py"),
    Mutant("replays/compiled_life.py", "if i + 1 < n and times[i + 1] == times[i]:", "if False:", "test_replay_twice.py"),
    Mutant("replays/compiled_life.py", "state[SCALE] > 0.0 and lower < prices[i - 1] < upper", "state[SCALE] > 0.0 and lower < price < upper", "test_replay_bad_input.py"),
    Mutant("replays/compiled_life.py", "wanted = rules.capital if state[HELD_AT] == 0.0 else min(rules.capital, in_hand)", "wanted = rules.capital if state[HELD_AT] == 0.0 else in_hand", "test_replay_twice.py"),
    Mutant("replays/compiled_life.py", "scale = min(scale, wanted / 2.0 / quote)", "scale = min(scale, wanted / quote)", "test_replay_twice.py"),
    Mutant("replays/compiled_life.py", "dear, cheap = price * (1.0 + rules.swap), price * (1.0 - rules.swap)", "dear, cheap = price * (1.0 + rules.swap), price / (1.0 + rules.swap)", "test_replay_twice.py"),
    Mutant("replays/compiled_life.py", "elif cash < scale * quote or rules.sell_excess:", "elif cash < scale * quote:", "test_replay_twice.py"),
    Mutant("replays/compiled_life.py", "state[HELD_QUOTE] += quote - gas", "state[HELD_QUOTE] += quote", "test_replay_twice.py"),
    Mutant("replays/compiled_life.py", "state[DUE] = time + rules.every", "state[DUE] = state[DUE] + rules.every", "test_replay_twice.py"),
    Mutant("replays/compiled_life.py", "share_base += of_base * own / (own + active)", "share_base += of_base * own / active", "test_replay_twice.py"),
    Mutant("replays/compiled_fold.py", "while _next(grid, int(memory[TAKEN]), n) == i:", "if shown == i:", "test_replay_bad_input.py test_replay.py"),
    Mutant("replays/compiled_step.py", "    # A new target replaces what is on its way; rounding is no order.\n    book.pending[j, 0] = 0.0\n", "", "test_replay_bad_input.py"),
    Mutant("replays/compiled_step.py", "DUST = 1e-12", "DUST = 0.0", "test_replay_bad_input.py test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "math.trunc(lots * (1.0 + DUST))", "math.trunc(lots)", "test_replay_bad_input.py"),
    Mutant("replays/compiled_step.py", "if request(i, j, target, rule, rows, book, legs, trades):", "if request(i, j, target, rule, rows, book, legs, trades) or True:", "test_replay_twice.py test_replay_bad_input.py"),
    Mutant("replays/compiled_step.py", "best = ask if quantity > 0.0 else bid", "best = (bid + ask) / 2.0", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "1.0 + legs.slippage[j] if quantity > 0.0 else 1.0 - legs.slippage[j]", "1.0 + legs.slippage[j]", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "rate = legs.maker[j]", "rate = legs.taker[j]", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "through = rows.ask[m, i] <= limit if quantity > 0.0 else rows.bid[m, i] >= limit", "through = rows.bid[m, i] <= limit if quantity > 0.0 else rows.ask[m, i] >= limit", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "prices = rows.low if side == 0 else rows.high\n        if _equity(", "prices = rows.mark\n        if _equity(", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "<= _maintenance(a, i, prices, 1.0, book, legs, margins):", "<= 0.0:", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "min(book.reserve[a], accounts.target[a] * required - equity)", "min(book.reserve[a], accounts.trigger[a] * required - equity)", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "well = accounts.trigger[a] if book.reserve[a] > 0.0 else 1.0", "well = 1.0", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "book.safe_low[a], book.safe_high[a] = math.inf, -math.inf", "pass", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "book.funding[j] -= settlements.rate[due] * value", "book.funding[j] += settlements.rate[due] * value", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "most = rule.cap * (rows.mark[m, i] if legs.inverse[j] else 1.0)", "most = rule.cap", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "total += book.posted[a] + book.reserve[a]", "total += book.posted[a]", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "book.memory[REFERENCE] = position.price[segment]", "book.memory[REFERENCE] = rows.pool[i] * 1.001", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "if rows.times[i] - memory[SINCE] < rule.dwell or book.pending[j, 0] != 0.0:", "if rows.times[i] - memory[SINCE] <= rule.dwell or book.pending[j, 0] != 0.0:", "test_replay_twice.py"),
    Mutant("replays/compiled_step.py", "bid if sense > 0.0 else ask\n    coins = coins_at", "ask if sense > 0.0 else bid\n    coins = coins_at", "test_replay_twice.py"),
    Mutant("replays/compiled_fold.py", "elif limits.kind != NOTHING and (i + 1 == n or times[i + 1] != times[i]):", "elif limits.kind != NOTHING:", "test_replay_twice.py"),
    Mutant("replays/replay.py", "        while (taken :=", "        if (taken :=", "test_replay_bad_input.py"),
    Mutant("replays/replay.py", " and not isinstance(quantity, bool)", "", "test_replay_bad_input.py"),
    Mutant("replays/life.py", "    read_from(position, tape)\n", "", "test_replay_bad_input.py"),
    Mutant("replays/life.py", "if not capital > 0:", "if False:", "test_replay_bad_input.py"),
    Mutant("replays/life.py", "if not points.gas[0] < capital:", "if False:", "test_replay_bad_input.py"),
    Mutant("replays/life.py", "found, pool = [read_from(self.position, self.tape)], self.tape.pool", "found, pool = [], self.tape.pool", "test_replay_bad_input.py"),
    Mutant("replays/words.py", "(r.trades.leg == j).any()", "True", "test_replay_bad_input.py"),
    Mutant("replays/book.py", "if unknown := [name for name in given if name not in names]:", "if unknown := []:", "test_replay_bad_input.py"),
    Mutant("markets/tape.py", "np.where(fresh, low, mark)", "low", "test_tape.py"),
    Mutant("markets/tape.py", "pool.liquidity[shown],\n", "pool.liquidity[shown - 1],\n", "test_replay_twice.py"),
    Mutant("replays/targets.py", "filled = filled + _at_add(life)", "filled = filled - _at_add(life)", "test_replay.py"),
    Mutant("replays/result.py", '"coins posted": moved,', '"coins posted": 0.0 * moved,', "test_replay.py"),
    # ---- pools made from quotes, and gaps
    Mutant("replays/compiled_life.py", "share_base = share_quote = own / (own + active)", "share_base = share_quote = own / active", "test_replay_bars.py"),
    Mutant("replays/compiled_life.py", "highest = greatest / (greatest + fewest)", "highest = greatest / fewest", "test_replay_bars.py"),
    Mutant("replays/compiled_life.py", "scale = max(scale, 0.0)\n    bought = 0.0", "scale *= 1.001\n    bought = 0.0", "test_replay_bars.py::test_a_range_laid_again_is_worth_what_was_taken_out"),
    Mutant("replays/compiled_fold.py", "band = rule.band * memory[AT_ADD]", "band = rule.band * abs(have)", "test_replay_bars.py::test_a_band_of_five_percent_trades_395_times"),
    Mutant("replays/compiled_life.py", "of_quote * (one * other) / (left * right)", "of_quote", "test_replay.py::test_fees_by_hand"),
    Mutant("replays/compiled_life.py", "grown_base += of_base * own", "grown_base += of_quote * own", "test_fee_growth.py"),
    Mutant("replays/compiled_life.py", "grown_quote += of_quote * own", "grown_quote += own", "test_fee_growth.py"),
    Mutant("replays/compiled_life.py", "growth_base * max(greatest, grown_base)", "growth_base * grown_base", "test_fee_growth.py"),
    Mutant("replays/compiled_life.py", "growth_quote * min(least, grown_quote)", "growth_quote * grown_quote", "test_fee_growth.py"),
    Mutant("replays/compiled_fold.py", "times[i] - limits.since >= limits.dwell", "times[i] - limits.since > 2 * limits.dwell", "test_replay.py"),
    Mutant("replays/compiled_fold.py", "low[of, i] < safe_low[a]", "low[of, i] < 0.5 * safe_low[a]", "test_replay_bars.py"),
    Mutant("replays/compiled_fold.py", "min(due, added, shown, n - 1)", "min(added, shown, n - 1)", "test_replay.py test_replay_bars.py"),
    Mutant("replays/blocks.py", "if bid[known] * kept > price:", "if bid[known] > price:", "test_arbitrage.py"),
    Mutant("replays/blocks.py", "elif ask[known] / kept < price:", "elif bid[known] / kept < price:", "test_arbitrage.py"),
    Mutant("replays/blocks.py", "price = ask[known] / stop", "price = ask[known] * stop", "test_arbitrage.py"),
    Mutant("replays/blocks.py", "(math.sqrt(price) - math.sqrt(before)) * earned", "(price - before) * earned", "test_arbitrage.py::test_the_ledger_of_each_trade"),
    Mutant("replays/blocks.py", "times[known + 1] <= blocks[k] - delay", "times[known + 1] < blocks[k] - delay", "test_arbitrage.py::test_an_arbitrageur_sees_what_is_as_old_as_the_delay"),
    Mutant("replays/blocks.py", "if k > 0 and known >= 0:", "if known >= 0:", "test_arbitrage.py"),
    Mutant("replays/blocks.py", "or k == 0 or k == n - 1", "or k == 0", "test_arbitrage.py"),
    Mutant("replays/arbitrage.py", "fee / (1.0 - fee) * (1.0 - protocol_share)", "fee / (1.0 - fee)", "test_arbitrage.py::test_the_ledger_of_each_trade"),
    Mutant("replays/arbitrage.py", "fee / (1.0 - fee) * (1.0 - protocol_share)", "fee * (1.0 - protocol_share)", "test_arbitrage.py::test_the_ledger_of_each_trade"),
    Mutant("replays/arbitrage.py", "half = _noise(own, volume, seed) / 2.0", "half = _noise(own, volume, seed)", "test_arbitrage.py::test_noise_adds_up_in_both_tokens"),
    Mutant("replays/arbitrage.py", "generator(seed).standard_exponential(times.size)", "generator(seed).random(times.size)", "test_arbitrage.py::test_noise_adds_up_in_both_tokens"),
    Mutant("replays/arbitrage.py", " or times[0] < first or times[-1] > last", "", "test_arbitrage.py::test_what_makes_no_pool"),
    Mutant("replays/crossing.py", "opened[found] = row", "opened[found] = row + 1", "test_dislocations.py"),
    Mutant("replays/crossing.py", "ended[found], by_pool[found] = row, caught", "ended[found], by_pool[found] = row, caught and not back", "test_dislocations.py::test_who_arrives_first_and_what_counts_as_both"),
    Mutant("replays/crossing.py", "if gap[row] < theta:", "if gap[row] <= theta:", "test_dislocations.py::test_a_gap_of_just_theta_opens"),
    Mutant("replays/crossing.py", "quote[row] - part * way", "quote[row] - (1 - part) * way", "test_dislocations.py::test_who_arrives_first_and_what_counts_as_both"),
    Mutant("replays/races.py", "(self.last - self.opened) / _SECOND >= seconds", "self.seconds >= 0", "test_dislocations.py::test_three_gaps_counted_by_hand"),
    Mutant("replays/dislocations.py", "last = np.append(rows.times[1:] != rows.times[:-1], True)", "last = np.full(rows.times.size, True)", "test_dislocations.py::test_the_last_row_of_a_moment_counts"),
    Mutant("replays/dislocations.py", "(1.0 - ask / pool, ask)", "(1.0 - bid / pool, bid)", "test_dislocations.py::test_only_the_side_that_trades_counts"),
    Mutant("replays/dislocations.py", "weights = stood / stood.sum()", "weights = np.full(stood.size, 1.0 / stood.size)", "test_dislocations.py"),
    Mutant("replays/dislocations.py", "-math.log(2.0) / math.log(slope)", "-1.0 / math.log(slope)", "test_dislocations.py::test_the_regression_finds_the_half_life"),
    Mutant("replays/dislocations.py", "math.sqrt((1.0 - slope**2) / now.size)", "math.sqrt(1.0 / now.size)", "test_dislocations.py::test_the_regression_finds_the_half_life"),
    Mutant("replays/dislocations.py", "thetas[thetas <= _band(fee)]", "thetas[thetas < fee]", "test_dislocations.py::test_what_the_tape_cannot_show_is_said"),
    Mutant("replays/dislocations.py", "return None if isinstance(figure, float)", "return figure if isinstance(figure, float)", "test_dislocations.py::test_the_table_is_the_races"),
    Mutant("paths/spans.py", '"ms": 0.001', '"ms": 0.01', "test_arbitrage.py::test_the_compiled_loop_is_its_plain_twin"),
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
    Mutant("draw.py", '"axes.titlesize": "medium"', '"axes.titlesize": 14', "test_plots.py::test_every_word_lies_inside_the_picture"),
    Mutant("cli/groups.py", 'f"-{self.short_at_most!r} / {price}"', 'f"-{self.short_at_most!r}"', "test_cli.py::test_bounds_of_the_flags_are_in_coins_and_in_notional"),
    Mutant("cli/app.py", "{DataError: 3, InfeasibleError: 4,", "{DataError: 2, InfeasibleError: 2,", "test_cli.py::test_mistakes_end_in_one_line_and_a_code"),
    Mutant("instruments/base.py", "line + earned.get(name, 0.0)", "line", "test_plots.py"),
    Mutant("hedging/problem.py", "coin = counted_as(coin_of(market))", "coin = market", "test_lock_ins.py"),
    Mutant("models/lognormal.py", "_LARGEST_POWER = 6.0", "_LARGEST_POWER = 2.0", "test_lock_ins.py::test_variances_of_steep_payoffs_at_great_width"),
    # ---- margin
    Mutant("margin/schedules.py", "found.append(found[-1] + now.floor", "found.append(now.floor", "test_margin.py"),
    Mutant("margin/account.py", "return amount * price if contract.margin_token == contract.base else amount / price", "return amount", "test_margin.py"),
    Mutant("margin/account.py", "self._equity_on(market, at) - self._others(self._maintenance, market, at)", "self._equity_on(market, at)", "test_margin.py"),
    Mutant("margin/account.py", "contract.entry if self.fixed_at_entry else price", "price", "test_margin.py::test_a_margin_fixed_at_entry_is_looked_up_there"),
    Mutant("costs.py", "p + min(max(i - p, -b), b)", "p - min(max(i - p, -b), b)", "test_margin.py"),
    # ---- two markets, and jumps
    Mutant("models/bivariate.py", "((h < 0) != (k < 0)) / 2", "((h < 0) & (k < 0)) / 2", "test_correlated.py::test_the_quadrant_against_an_integral_at_many_digits"),
    Mutant("models/bivariate.py", "a * b * rho * v * w", "a * b * rho", "test_correlated.py::test_joint_moments_against_plain_quadrature"),
    Mutant("models/bivariate.py", "rho = correlation * side * other", "rho = correlation + 0 * side * other", "test_correlated.py::test_covariance_is_that_of_the_joint_moments"),
    Mutant("models/bivariate.py", "correlation = (width / first) * (width / second)", "correlation = width / first", "test_correlated.py::test_smeared_covariance_against_quadrature"),
    Mutant("models/correlated.py", "(np.array(second) - correlation * x[:, None]) / root", "np.array(second) + 0 * x[:, None]", "test_correlated.py::test_nodes_are_the_closed_forms"),
    Mutant("models/correlated.py", "edges = np.concatenate([edges, *steps])", "pass", "test_correlated.py::test_nodes_are_the_closed_forms"),
    Mutant("models/correlated.py", "self._matrix * np.sqrt(long / short)", "self._matrix", "test_correlated.py::test_an_earlier_price_is_a_market_with_fewer_years"),
    Mutant("models/correlated.py", "* (times[1:, None] <= horizons * (1 + _SAME_TIME))", "* np.ones_like(horizons)", "test_correlated.py::test_an_earlier_price_is_a_market_with_fewer_years"),
    Mutant("hedging/plan.py", "return self.over.on(market).touch_probability(price)", "return self.over.on(self.exposure.markets[0]).touch_probability(price)", "test_correlated.py::test_accounts_of_each_coin_are_judged_by_its_own_price"),
    Mutant("hedging/problem.py", "self.over.on(market).barriers(probability)", "self.over.on(self.exposure.markets[0]).barriers(probability)", "test_correlated.py::test_accounts_of_each_coin_are_judged_by_its_own_price"),
    Mutant("hedging/listed.py", "max(0.0, bid - taken)", "bid", "test_listed.py::test_terms_of_the_venue"),
    Mutant("hedging/listed.py", "np.isnan(chain.volatilities), chain.implied(chain.marks)", "np.isnan(chain.volatilities), np.nan", "test_listed.py::test_a_leg_for_each_option_that_is_quoted"),
    Mutant("hedging/strikes.py", "np.exp(self.width * z)", "np.exp(self.width * np.round(z))", "test_listed.py::test_free_strikes_of_the_literature"),
    Mutant("hedging/plan_picture.py", '"total": income - paid', '"total": income', "test_listed.py::test_what_the_picture_shows_is_counted_from_the_premium"),
    Mutant("hedging/words.py", "if not plan.objective.about_mean or not plan.premium:", "if not plan.premium:", "test_listed.py::test_a_premium_that_chose_nothing_is_said"),
    Mutant("hedging/subsets.py", "weights = [g[0] - r * g[1], g[1] - r * g[0]]", "weights = [g[0], g[1]]", "test_out_of_sample.py::test_the_best_put_and_call_are_those_of_brute_force"),
    Mutant("hedging/search.py", "_WHOLE = 1e-7", "_WHOLE = 0.6", "test_out_of_sample.py::test_whole_lots_are_those_of_brute_force"),
    Mutant("hedging/listed.py", "1.0 if chain.coin_settled[i] else chain.index", "chain.index", "test_option_terms.py::test_legs_pay_the_fee_of_their_settlement"),
    Mutant("models/merton.py", "mean_jump = math.expm1(self.jump_mean + self.jump_volatility**2 / 2)", "mean_jump = math.expm1(self.jump_mean)", "test_merton.py::test_a_call_by_three_routes"),
    Mutant("models/merton.py", "np.ceil(np.diff(inner) / (_PANEL * width))", "np.ceil(np.diff(inner) / (8 * width))", "test_merton.py::test_nodes_are_the_closed_forms"),
    Mutant("models/merton.py", "numbers * self.jump_mean + spread", "spread", "test_merton.py::test_samples_agree_with_the_law"),
    Mutant("models/merton.py", "above = -distance if distance < 0 else down + up - distance", "above = abs(distance)", "test_merton.py::test_touching_against_exact_simulation[falls-2000.0]"),
    Mutant("models/merton.py", "np.maximum(logs, tilted) > -_RAREST", "logs > -10", "test_merton.py::test_no_number_of_jumps_is_missing"),
    Mutant("models/jump_passage.py", "stays[1:-1] = expm(model.years * rates[1:-1, 1:-1]).sum(axis=1)", "stays[:] = expm(model.years * rates).sum(axis=1)", "test_merton.py::test_without_jumps_it_is_the_lognormal_law"),
    Mutant("models/jump_passage.py", "(after @ coefficients - np.eye(points + 1))", "(after @ coefficients)", "test_merton.py::test_touching_against_exact_simulation[falls-2000.0]"),
    Mutant("models/jump_passage.py", "(edge - start - model.jump_mean)", "(edge - start)", "test_merton.py::test_touching_against_exact_simulation[wild-1800.0]"),
    # ---- options: what they are worth
    Mutant("smears.py", "ndtr(-distance if below else distance)", "ndtr(distance)", "test_implied.py::test_the_moment_below_is_the_integral_below"),
    Mutant("smears.py", "np.where(w > 0, logs / w,", "np.where(w < 0, logs / w,", "test_implied.py::test_greeks_are_the_derivatives"),
    Mutant("pricing/options.py", "-d2 / w * bulge", "d2 / w * bulge", "test_implied.py::test_greeks_are_the_derivatives"),
    Mutant("pricing/options.py", "(d2 / w + (d2**2", "(-d2 / w + (d2**2", "test_implied.py::test_greeks_are_the_derivatives"),
    Mutant("instruments/greeks.py", "rho=_plain(t * (slope - value))", "rho=_plain(t * slope)", "test_implied.py::test_greeks_are_the_derivatives"),
    Mutant("instruments/greeks.py", "theta=_plain(-(sigma**2)", "theta=_plain((sigma**2)", "test_implied.py::test_greeks_are_the_derivatives"),
    Mutant("pricing/implied.py", "outside = (p < lower) | (p >= upper)", "outside = (p < lower) | (p > upper)", "test_implied.py::test_terms_that_are_none_are_refused"),
    Mutant("pricing/implied.py", "x = -np.log1p(np.abs(f - k) / np.minimum(f, k))", "x = -np.abs(np.log(f / k))", "test_implied.py::test_extremes_against_sixty_digits"),
    Mutant("pricing/implied.py", "close = t < _CLOSE", "close = t < 0", "test_implied.py::test_extremes_against_sixty_digits"),
    Mutant("pricing/implied.py", "derivatives[3] + square / 20.0", "derivatives[3] + square / 2.0", "test_implied.py::test_extremes_against_sixty_digits"),
    Mutant("pricing/implied.py", "np.where(worth == 0, 0.0, np.nan)", "np.full_like(worth, np.nan)", "test_implied.py::test_what_bounds_and_missing_prices_give"),
    Mutant("pricing/implied.py", "1e-4 * s)", "1e-1 * s)", "test_implied.py::test_extremes_against_sixty_digits"),
    # ---- options: chains
    Mutant("markets/option_names.py", "_EXPIRY_HOUR = 8", "_EXPIRY_HOUR = 0", "test_chains.py::test_names"),
    Mutant("markets/option_names.py", '.replace("d", ".")', '.replace("d", "")', "test_chains.py::test_names"),
    Mutant("markets/option_names.py", "(?P<day>[1-9]\\d?)", "(?P<day>\\d\\d?)", "test_chains.py::test_other_names_are_refused"),
    Mutant("markets/parity.py", "np.searchsorted(weight, 0.5 * weight[-1])", "0", "test_chains.py::test_forwards_and_years"),
    Mutant("markets/parity.py", "np.median(strikes + ahead)", "np.median(strikes - ahead)", "test_chains.py::test_the_settlement_is_read_from_the_name"),
    Mutant("markets/chain.py", "self.expiries <= seen", "self.expiries < seen", "test_chains.py::test_chains_that_cannot_be"),
    Mutant("markets/chain.py", "_SECONDS_PER_YEAR = 365 *", "_SECONDS_PER_YEAR = 365.25 *", "test_chains.py::test_forwards_and_years"),
    Mutant("markets/chain.py", "self.parity or parity_forwards(self)", "parity_forwards(self)", "test_chains.py::test_parts"),
    Mutant("markets/chain.py", "found.delta - np.where(self.coin_settled, in_coins, 0.0)", "found.delta - in_coins", "test_chains.py::test_the_settlement_is_read_from_the_name"),
    Mutant("markets/chain.py", "(worth >= lower) & (worth < upper)", "worth >= lower", "test_chains.py::test_greeks_of_a_chain"),
    Mutant("markets/chain_layouts.py", "rows[figure].where(rows[figure] != 0.0)", "rows[figure]", "test_chains.py::test_every_row_left_out_has_a_reason"),
    Mutant("markets/chain_layouts.py", "(0.01 if self.percent else 1.0)", "1.0", "test_chains.py::test_every_layout_of_one_snapshot_reads_alike"),
    Mutant("markets/chain_layouts.py", "middle < _CHEAPEST", "middle < 0", "test_chains.py::test_volatilities_in_the_wrong_unit_are_refused"),
    Mutant("markets/chain_layouts.py", "sign * level[0]", "level[0]", "test_chains.py::test_every_layout_of_one_snapshot_reads_alike"),
    Mutant("markets/chain_layouts.py", 'ZoneInfo("America/New_York")', 'ZoneInfo("UTC")', "test_chains.py::test_new_york_keeps_the_clock_where_there_is_no_unix_time"),
    Mutant("markets/chain_files.py", 'rows["bids"] > rows["asks"]', 'rows["bids"] < 0', "test_chains.py::test_every_row_left_out_has_a_reason"),
    Mutant("markets/chain_files.py", 'keep="last"', 'keep="first"', "test_chains.py::test_of_a_stream_the_last_row_of_each_name_counts"),
    Mutant("markets/chain_files.py", "if len(found) != 1:", "if not found:", "test_chains.py::test_one_coin_and_one_snapshot_are_chosen_by_name"),
    Mutant("markets/chain_files.py", '        "expired": rows["expiries"] <= seen,\n', "", "test_chains.py::test_every_row_left_out_has_a_reason"),
    Mutant("markets/chain_check.py", "line + tolerance]", "line - tolerance]", "test_chains.py::test_marks_are_compared_to_the_tolerance"),
    Mutant("markets/chain_check.py", "left * wings[rows[:-2]]", "(1.0 - left) * wings[rows[:-2]]", "test_chains.py::test_what_the_check_finds test_chains.py::test_a_clean_chain_has_no_arbitrage"),
    Mutant("markets/chain_check.py", "view.ask[cheap] > apart)", "view.ask[cheap] > 2 * apart)", "test_chains.py::test_a_vertical_of_quotes"),
    Mutant("markets/chain_check.py", "view.bid[cheap] > view.ask[dear]", "view.bid[cheap] > 2 * view.ask[dear]", "test_chains.py::test_a_vertical_of_quotes"),
    Mutant("markets/chain_check.py", "yield then[was > view.mark[then] + tolerance]", "yield then[was < view.mark[then] - tolerance]", "test_chains.py::test_a_clean_chain_has_no_arbitrage"),
    # ---- options: venues
    Mutant("costs.py", "min(self.rate * base, self.cap * price)", "max(self.rate * base, self.cap * price)", "test_option_terms.py::test_worked_fees"),
    Mutant("costs.py", "self.rate * base,", "self.rate,", "test_option_terms.py::test_worked_fees"),
    Mutant("margin/short_option.py", "out if call else -out", "out", "test_option_terms.py::test_margins_by_hand"),
    Mutant("margin/short_option.py", "max(self.maintenance, self.maintenance * price)", "self.maintenance", "test_option_terms.py::test_margins_by_hand"),
    Mutant("margin/short_option.py", ", self.initial_floor) + price", ", 0.0) + price", "test_option_terms.py::test_margins_by_hand"),
    Mutant("venues/steps.py", "paid > floor", "paid >= floor", "test_option_terms.py::test_ticks_grow_with_the_premium"),
    # ---- an exchange's rule
    Mutant("hedging/objectives.py", "losses = problem.premium_cost(x) - summed.change(", "losses = -summed.change(", "test_rule.py::test_worst_case_by_plan_and_on_a_grid"),
    Mutant("hedging/objectives.py", "self.risk(moved + moves @ x - problem.premium_cost(x), problem.outcomes)", "self.risk(moved + moves @ x, problem.outcomes)", "test_rule.py::test_tail_by_plan_and_by_draws"),
    Mutant("instruments/options.py", "(1 - above(price, self.strike)) * (self.strike - price)", "(1 - above(price, self.strike)) * self.strike", "test_rule.py::test_the_portfolio_is_the_formula_of_the_note"),
    Mutant("instruments/options.py", "above(price, self.strike) * (price - self.strike)", "above(price, self.strike) * price", "test_rule.py::test_published_hedges_of_least_variance"),
    # ---- options: before expiry, and in hedges
    Mutant("instruments/options.py", "return above(price, self.strike) * (price - self.strike)", "return above(price, self.strike) * price", "test_options.py::test_what_each_pays_and_in_which_token"),
    Mutant("instruments/options.py", "return self.base if self.settled_in_base else self.quote", "return self.quote", "test_options.py::test_what_each_pays_and_in_which_token"),
    Mutant("instruments/marked.py", "return (value / price, 0) if self.of.settled_in_base else (0, value)", "return 0, value", "test_options.py::test_an_inverse_option_is_the_linear_one_in_another_token"),
    Mutant("instruments/marked.py", "if self.volatility > WILDEST:", "if False:", "test_options.py::test_what_cannot_be_is_refused"),
    Mutant("instruments/greeks.py", "delta_net=_plain((slope - value) / f)", "delta_net=_plain(slope / f)", "test_options.py::test_published_rows_of_coin_options"),
    Mutant("instruments/marked.py", "g4 - 2.0 * g3 + g2", "g4 - g3", "test_options.py::test_every_greek_is_the_derivative_of_an_integral"),
    Mutant("instruments/marked.py", "g3 - g2, g4", "g3, g4", "test_options.py::test_against_quantlib"),
    Mutant("instruments/greeks.py", "charm=_plain(-(sigma**2) * third", "charm=_plain(sigma**2 * third", "test_options.py::test_every_greek_is_the_derivative_of_an_integral"),
    Mutant("instruments/greeks.py", "veta=_plain(-sigma * (second +", "veta=_plain(-sigma * (second -", "test_options.py::test_every_greek_is_the_derivative_of_an_integral"),
    Mutant("smears.py", "masses = masses + jump * (-1.0 / width) ** m", "masses = masses + jump * (1.0 / width) ** m", "test_options.py::test_every_greek_is_the_derivative_of_an_integral"),
    Mutant("smears.py", "from_upper = upper + tilt\n    if lower is None:\n        return np.asarray(whole * ndtr(-from_upper))", "from_upper = upper + tilt\n    if lower is None:\n        return np.asarray(whole * (1.0 - ndtr(from_upper)))", "test_options.py::test_far_out_of_the_money_keeps_its_digits"),
    Mutant("smears.py", "crossed = np.flatnonzero(values[:-1] * values[1:] < 0)", "crossed = np.flatnonzero(values[:-1] * values[1:] < 0)[:1]", "test_options.py::test_break_evens_of_a_pool_with_options"),
    Mutant("smears.py", "together = self.exponent, math.hypot(self.width, width)", "together = self.exponent, self.width + width", "test_options.py::test_widths_add_in_squares"),
    Mutant("models/correlated.py", "* (first.width / widths[0]) * (second.width / widths[1])", "* (first.width / widths[0])", "test_options.py::test_covariance_of_unexpired_options_on_two_coins"),
    Mutant("hedging/horizon.py", "return Marked(of=replace(instrument, years=None), volatility=volatility, years=left)\n    if instrument.market", "return Marked(of=replace(instrument, years=None), volatility=volatility, years=instrument.years)\n    # What", "test_option_hedges.py::test_an_option_that_expires_later_is_marked_at_the_horizon"),
    Mutant("hedging/horizon.py", "shares = [math.sqrt(years / over.years)", "shares = [(years / over.years)", "test_option_hedges.py::test_an_option_that_expires_earlier_against_two_dates"),
    Mutant("hedging/horizon.py", "if abs(left) <= _AT_IT * horizon:", "if abs(left) <= 1e-9 * horizon:", "test_option_hedges.py::test_an_expiry_near_the_horizon_is_taken_as_it_and_said"),
    Mutant("hedging/horizon.py", "return replace(instrument, years=instrument.years + horizon)", "return instrument", "test_option_hedges.py::test_bounds_on_greeks_at_the_start_by_hand"),
    Mutant("hedging/problem.py", "(paid + received) / 2 - worth, (paid - received) / 2", "(paid + received) / 2 - worth, 0.0", "test_option_hedges.py::test_bid_and_ask_against_every_choice_of_signs"),
    Mutant("hedging/problem.py", "signed[j], absolute[j] = (paid + received) / 2 - worth", "signed[j], absolute[j] = (paid + received) / 2", "test_option_hedges.py::test_premiums_are_counted"),
    Mutant("hedging/problem.py", "return self.premiums[0], -margins", "return self.premiums[0], 0.0 * margins", "test_option_hedges.py::test_a_budget_counts_premiums_and_margin_by_hand"),
    Mutant("hedging/problem.py", "return leg.premium.ask * price, leg.premium.bid * price", "return leg.premium.ask, leg.premium.bid", "test_option_hedges.py::test_premiums_are_counted"),
    Mutant("hedging/legs.py", "return instrument - coins * Spot(", "return instrument + coins * Spot(", "test_option_hedges.py::test_coins_that_paid_a_premium_are_exposure"),
    Mutant("hedging/capital.py", "paid_in = leg.option.quote if leg.premium is None else leg.premium.out_of or leg.option.quote", "paid_in = leg.option.premium_token", "test_option_hedges.py::test_what_is_in_hand_pays_premiums_by_hand"),
    Mutant("hedging/capital.py", "sold[j] *= find_token(leg.option.premium_token, (token,)) is not None", "sold[j] *= 0", "test_option_hedges.py::test_what_is_in_hand_pays_premiums_by_hand"),
    Mutant("hedging/capital.py", "paid = problem.by_side(*problem.premiums)", "paid = problem.by_side(problem.premiums[0], 0.0 * problem.premiums[1])", "test_option_hedges.py::test_a_cap_on_premiums_by_hand"),
    Mutant("hedging/capital.py", "if free or not options:", "if not options:", "test_option_hedges.py::test_one_clear_error"),
    Mutant("hedging/choice.py", "if not any(leg.step for leg in problem.legs):", "if False:", "test_option_hedges.py::test_one_clear_error"),
    Mutant("hedging/hedge.py", "if any(option_of(p.instrument) is not None for p in held.positions)", "if any(p.instrument is option_of(p.instrument) for p in held.positions)", "test_option_hedges.py::test_one_clear_error"),
    Mutant("hedging/subsets.py", "for size in range(1, subsets.shape[1] + 1):", "for size in range(1, 2):", "test_option_hedges.py::test_the_best_few_of_every_subset"),
    Mutant("hedging/subsets.py", "good &= sides[i] * weight >= 0", "good &= sides[i] * weight <= 0", "test_option_hedges.py::test_the_best_few_of_every_subset"),
    Mutant("hedging/subsets.py", "2.0 * a * b * c - a**2 - b**2 - c**2", "2.0 * a * b * c + a**2 - b**2 - c**2", "test_option_hedges.py::test_the_best_few_of_every_subset"),
    Mutant("hedging/search.py", "halves = [((left, k), (right, cap - k)) for k in range(cap + 1)]", "halves = [((left, k), (right, cap - k)) for k in range(cap)]", "test_option_hedges.py::test_the_best_few_for_a_tail_against_a_program_for_each"),
    Mutant("hedging/search.py", "add((*bounds, QuantityBounds(of=leg, lower=high)))", "pass", "test_option_hedges.py::test_whole_lots_against_the_lattice"),
    Mutant("hedging/economics.py", "amount += quantity * float(end.value(plan.start)) - plan.premium_of(leg, quantity)", "amount -= plan.premium_of(leg, quantity)", "test_option_hedges.py::test_economics_of_an_option_are_its_mean_less_its_premium"),
    # ---- statistics
    Mutant("_tails.py", "1.0 - level + _SAME", "1.0 - level - _SAME", "test_performance.py::test_the_value_at_risk_is_the_least_that_holds"),
    Mutant("_tails.py", "return float(shares @ losses) / tail", "return float(shares @ losses) / shares[shares == held].sum()", "test_performance.py::test_tails_by_the_minimum_over_thresholds"),
    Mutant("statistics/performance.py", "np.max(1.0 - wealth / peak)", "np.max(peak - wealth) / peak[np.argmax(peak - wealth)]", "test_performance.py::test_worked_figures_of_the_literature"),
    Mutant("statistics/performance.py", "below = (wealth < peak)[1:]", "below = (wealth < peak)[:-1]", "test_performance.py::test_time_under_water_by_a_walk"),
    Mutant("statistics/performance.py", "math.sqrt(np.mean(losses**2 / years))", "math.sqrt(np.mean(losses[losses < 0] ** 2 / years[losses < 0]))", "test_performance.py::test_figures_by_pandas"),
    Mutant("statistics/performance.py", "years.sum() * years) / np.sqrt(years)", "years.sum() * years) / np.sqrt(years.mean())", "test_performance.py::test_uneven_steps_lose_nothing"),
    Mutant("statistics/performance.py", "/ (len(returns) - ddof)", "/ len(returns)", "test_performance.py::test_figures_by_pandas"),
    Mutant("statistics/performance.py", "if np.ptp(returns / years) * years.max() <= ROUNDING:", "if False:", "test_performance.py::test_what_is_not_defined_has_a_reason"),
    Mutant("statistics/performance.py", "if growth > _LOG_GREATEST:", "if growth > 1e9:", "test_performance.py::test_what_is_not_defined_has_a_reason"),
    Mutant("statistics/performance.py", "    if not (wealth[:-1] > 0).all():", "    if not (wealth > 0).all():", "test_performance.py::test_ruin_is_a_result"),
    Mutant("statistics/series.py", "utc=True", "utc=False", "test_performance.py::test_times_as_people_have_them"),
    Mutant("statistics/series.py", 'np.timedelta64(365, "D")', 'np.timedelta64(360, "D")', "test_performance.py::test_worked_figures_of_the_literature"),
    Mutant("statistics/regimes.py", "Regime.FLAT if self.spanned < 1", "Regime.FLAT if self.spanned < 1.25", "test_regimes.py::test_the_rule_by_hand"),
    Mutant("statistics/regimes.py", "Regime.RISE if self.move > 0", "Regime.RISE if self.spread > 0", "test_regimes.py::test_the_rule_by_hand"),
    Mutant("statistics/regimes.py", "lambda s: s.spanned - abs(s.moved)", "lambda s: -abs(s.moved)", "test_regimes.py::test_the_clearest_of_each_kind_by_brute_force"),
    Mutant("statistics/regimes.py", "s.end <= c.start or c.end <= s.start", "s.start != c.start", "test_regimes.py::test_the_clearest_of_each_kind_by_brute_force"),
    Mutant("statistics/regimes.py", "(stamps > segment.start) & (stamps <= segment.end)", "(stamps >= segment.start) & (stamps < segment.end)", "test_regimes.py::test_labels_of_periods"),
    Mutant("statistics/regimes.py", "if np.diff(seen).max() > hole:", "if False:", "test_regimes.py::test_holes_and_the_first_midnight"),
    Mutant("statistics/sharpe.py", "(fourth - 1.0) / 4.0", "(fourth - 3.0) / 4.0", "test_sharpe.py::test_published_deflated_ratio"),
    Mutant("statistics/sharpe.py", "math.sqrt(count - 1)", "math.sqrt(count)", "test_sharpe.py::test_published_deflated_ratio"),
    Mutant("statistics/sharpe.py", "1.0 / (count * math.e)", "1.0 / count", "test_sharpe.py::test_published_best_of_many"),
    Mutant("statistics/sharpe.py", "if count == 1:", "if False:", "test_sharpe.py::test_one_trial_has_no_bar"),
    # ---- the verdict
    Mutant("sweeps/blocks.py", "-2 * a / own, 2 * b / other", "2 * a / own, 2 * b / other", "test_verdict.py::test_variance_test_by_the_matrices_of_the_paper"),
    Mutant("sweeps/blocks.py", "1 / own, -1 / other", "1 / own, 1 / other", "test_verdict.py::test_variance_of_a_log_variance_difference"),
    Mutant("sweeps/blocks.py", "drawn - means[:, None], slopes", "drawn, slopes", "test_verdict.py::test_mean_test_by_hand"),
    Mutant("sweeps/blocks.py", "(1 + int((sizes >= abs(value) / error).sum()))", "(0 + int((sizes >= abs(value) / error).sum()))", "test_verdict.py::test_variance_test_by_the_matrices_of_the_paper"),
    Mutant("sweeps/blocks.py", "around = np.concatenate([series, series[: block - 1]])", "around = np.concatenate([series, series[::-1][: block - 1]])", "test_verdict.py::test_long_run_deviation_is_a_sum_of_autocovariances"),
    Mutant("sweeps/blocks.py", "float(linear.var()) / error**2", "count * float(linear.var()) / error**2", "test_verdict.py::test_effective_periods_of_memory"),
    Mutant("sweeps/blocks.py", "len(columns) // FEWEST_BLOCKS", "len(columns) // 2", "test_verdict.py::test_blocks_are_as_long_as_memory"),
    Mutant("sweeps/blocks.py", "math.ceil(asked)", "1", "test_verdict.py::test_blocks_are_as_long_as_memory"),
    Mutant("sweeps/many.py", "np.column_stack([scaled, np.full(len(panel), _HOPELESS)])", "scaled", "test_verdict.py::test_every_setting_found_in_more_than_one_step"),
    Mutant("sweeps/many.py", "excess / long_run_deviation(excess - excess.mean(axis=0), block)", "excess", "test_verdict.py::test_superior_by_brute_force"),
    Mutant("sweeps/many.py", "    test.spa.compute()\n", "", "test_verdict.py::test_a_better_and_a_steadier_setting_are_found"),
    Mutant("sweeps/many.py", "losses = -np", "losses = np", "test_verdict.py::test_a_better_and_a_steadier_setting_are_found"),
    Mutant("sweeps/many.py", "corrected[order] = np.maximum.accumulate(p_values)", "corrected[order] = p_values", "test_verdict.py::test_stepwise_by_brute_force"),
    Mutant("sweeps/many.py", "(len(told) - rank) * p", "len(told) * p", "test_verdict.py::test_holm_by_another_library"),
    Mutant("sweeps/trials.py", "stepwise(sizes, drawn)", "np.minimum(1.0, len(sizes) * np.array([e.p_value for e in estimates if e]))", "test_verdict.py::test_many_settings_can_be_steadier"),
    Mutant("sweeps/trials.py", "kurtosis=float(np.mean(standard**4))", "kurtosis=float(np.mean(standard**4)) + 3.0", "test_verdict.py::test_figures_of_each_setting_by_scipy_and_pandas"),
    Mutant("sweeps/trials.py", "ratio.value < 0 and", "", "test_verdict.py::test_a_better_and_a_steadier_setting_are_found"),
    Mutant("sweeps/trials.py", "return _least(_corrected(estimates, _sizes(estimates), drawn))", "return _least(_corrected(estimates, np.abs(_sizes(estimates)), np.abs(drawn)))", "test_verdict.py::test_the_surest_of_all_by_hand"),
    Mutant("sweeps/trials.py", "beats=bool(better[j] <= 1.0 - rules.level)", "beats=j in in_step", "test_verdict.py::test_the_answer_rests_on_the_stricter_test"),
    Mutant("sweeps/trials.py", "p_value=_least(better)", "p_value=spa", "test_verdict.py::test_the_answer_rests_on_the_stricter_test"),
    Mutant("sweeps/trials.py", "return seen if trials <= sharpes.size else max(seen, 1.0 / (periods - 1))", "return seen", "test_verdict.py::test_what_the_table_lacks_deflates"),
    Mutant("sweeps/verdict.py", "t.difference is None and t.mean > 0 and t.won == 1", "False", "test_verdict.py::test_a_constant_gain_is_named"),
    Mutant("sweeps/verdict.py", "        hash(tuple(labels))\n", "", "test_verdict.py::test_bad_input_is_refused"),
    Mutant("sweeps/panel.py", "if largest and not _SMALLEST < largest < _LARGEST:", "if False:", "test_verdict.py::test_bad_input_is_refused"),
    Mutant("sweeps/walk.py", "best = means[:-1].argmax(axis=1)", "best = means[1:].argmax(axis=1)", "test_verdict.py::test_windows_and_the_walk_by_hand"),
    Mutant("sweeps/walk.py", "total[begins + window] > total[begins]", "total[begins + window] < total[begins]", "test_verdict.py::test_windows_and_the_walk_by_hand"),
    Mutant("sweeps/panel.py", "np.ptp(self.excess, axis=0) > self._rounding", "np.ptp(self.excess, axis=0) > 0", "test_verdict.py::test_what_cannot_be_told_is_said"),
    Mutant("sweeps/panel.py", "if (apart % step != np.timedelta64(0)).any():", "if False:", "test_verdict.py::test_bad_input_is_refused"),
    Mutant("sweeps/verdict.py", "corrected = holm([p for _, p in rows])", "corrected = [p for _, p in rows]", "test_verdict.py::test_regimes_apart"),
    Mutant("sweeps/verdict.py", "part, p_value = panel.within(inside), math.nan", "part, p_value = panel, math.nan", "test_verdict.py::test_regimes_apart"),
    # ---- sweeps
    Mutant("sweeps/trials.py", "advance(2 * len(panel.settings))", "advance(len(panel.settings))", "test_verdict.py::test_a_bar_counts_every_part_once"),
    Mutant("cli/rule.py", "            _require_different(name, given[name])", "            pass", "test_replay_cli.py::test_mistakes_of_a_sweep"),
    Mutant("cli/tape.py", "if rate is not None and rate > _MOST:", "if False:", "test_replay_cli.py::test_mistakes_end_in_one_line_and_a_code"),
    Mutant("markets/clock.py", "row = int(read.isna().to_numpy().argmax())", "row = 0", "test_replay_cli.py::test_files_that_are_nearly_right"),
    Mutant("replays/arbitrage.py", "if (prices != prices[0]).any()", "if True", "test_replay_cli.py::test_a_pool_that_never_moves_is_said"),
    Mutant("sweeps/workers.py", "min(count, len(jobs))", "count", "test_sweeps.py::test_no_more_workers_than_settings"),
    Mutant("paths/spans.py", 'if abs(seconds) > _LONGEST * _SECONDS["d"]:', "if False:", "test_paths.py::test_a_span_has_a_length_that_times_can_bear"),
    Mutant("paths/spans.py", "        return math.nan\n\n\ndef span_text", "        return 0.0\n\n\ndef span_text", "test_paths.py::test_a_span_has_a_length_that_times_can_bear"),
    Mutant("cli/tape.py", 'return None if rate is None else require_finite("--funding", rate, unit="decimal per 8 hours")', "return rate", "test_replay_cli.py::test_mistakes_end_in_one_line_and_a_code"),
    Mutant("sweeps/given.py", "sentence if count == every else", "sentence if count else", "test_sweeps.py::test_what_is_taken_as_given_is_said"),
    Mutant("sweeps/given.py", 'synthetic=bool(getattr(result, "synthetic", ""))', "synthetic=False", "test_sweeps.py::test_what_is_taken_as_given_is_said"),
    Mutant("sweeps/panel.py", 'tuple(panel.attrs.get("assumptions", ()))', "()", "test_sweeps.py::test_what_is_taken_as_given_is_said"),
    Mutant("sweeps/result.py", 'return figure if unit is None else f"{figure} [{unit}]"', "return figure", "test_sweeps.py::test_what_is_taken_as_given_is_said"),
    Mutant("sweeps/result.py", 'told += ["the pool is SYNTHETIC"] if self.synthetic else []', "pass", "test_sweeps.py::test_what_is_taken_as_given_is_said"),
    Mutant("sweeps/result.py", 'told += [f"{_said(fixed, short)} throughout"] if fixed else []', "pass", "test_sweeps.py::test_pictures_of_more_than_two_parameters_ask_which"),
    Mutant("draw.py", "if longest <= room", "if True", "test_sweeps.py::test_numbers_stand_on_tiles_where_they_can_be_read"),
    Mutant("sweeps/grid.py", "for picks in product(*axes.values()):", "for picks in zip(*axes.values()):", "test_sweeps.py::test_a_grid_is_every_combination_of_its_lists"),
    Mutant("sweeps/grid.py", "if contents.setdefault(point.fingerprint, point) is not point:", "if False:", "test_sweeps.py::test_grids_that_are_none_are_refused"),
    Mutant("sweeps/grid.py", "if names.setdefault(tuple(point.parameters.items()), point) is not point:", "if False:", "test_sweeps.py::test_grids_that_are_none_are_refused"),
    Mutant("sweeps/call.py", "for grid in reversed(self.grids):", "for grid in self.grids:", "test_sweeps.py::test_grids_stand_anywhere_and_the_last_is_fastest"),
    Mutant("sweeps/call.py", "head = prints.of((_FORMAT, version, call.verb))", "head = prints.of((_FORMAT, version, 0))", "test_sweeps.py::test_whatever_changes_is_computed_anew"),
    Mutant("sweeps/call.py", "head = prints.of((_FORMAT, version, call.verb))", "head = prints.of((0, version, call.verb))", "test_sweeps.py::test_whatever_changes_is_computed_anew"),
    Mutant("sweeps/call.py", "for part in (name, _joined(node, picked))]", "for part in (name,)]", "test_sweeps.py::test_whatever_changes_is_computed_anew"),
    Mutant("sweeps/call.py", "result=result if self.keep else None", "result=result", "test_sweeps.py::test_whole_results_are_kept_only_where_asked"),
    Mutant("sweeps/call.py", 'return Outcome(error=f"{type(error).__name__}: {error}")', "raise", "test_sweeps.py::test_an_error_of_one_setting_is_its_row"),
    Mutant("sweeps/fingerprint.py", "(getattr(thing, field.name) for field in fields(thing))", "vars(thing).values()", "test_sweeps.py::test_fingerprints_are_of_contents"),
    Mutant("sweeps/fingerprint.py", "{array.dtype.str} {array.shape}", " {array.size}", "test_sweeps.py::test_fingerprints_are_of_contents"),
    Mutant("sweeps/fingerprint.py", "thing.__kwdefaults__, cells]", "thing.__kwdefaults__]", "test_sweeps.py::test_functions_count_by_code_and_by_what_they_close_over"),
    Mutant("sweeps/fingerprint.py", "[*own, self._read(thing)]", "own", "test_sweeps.py::test_functions_count_by_what_they_read"),
    Mutant("sweeps/fingerprint.py", "return own.union(*inside)", "return own", "test_sweeps.py::test_functions_count_by_what_they_read"),
    Mutant("sweeps/fingerprint.py", "known = vars(value).keys() & _attributes(function.__code__)", "known = set()", "test_sweeps.py::test_functions_count_by_what_they_read"),
    Mutant("sweeps/fingerprint.py", "parts += [_name(base), _version(base)]", "pass", "test_sweeps.py::test_installed_things_count_by_their_version"),
    Mutant("sweeps/fingerprint.py", "if id(thing) not in self._known:", "if True:", "test_sweeps.py::test_a_tape_is_read_once_per_sweep"),
    Mutant("sweeps/fingerprint.py", 'joined("set", sorted(self.of(part) for part in thing))', 'joined("set", [self.of(part) for part in thing])', "test_sweeps.py::test_fingerprints_are_the_same_in_another_process"),
    Mutant("sweeps/checkpoint.py", "if len(record) == length and _hash(key, record) == shown:", "if True:", "test_sweeps.py::test_damage_costs_only_the_record_that_it_hits"),
    Mutant("sweeps/checkpoint.py", "            place += 1\n", "            return\n", "test_sweeps.py::test_damage_costs_only_the_record_that_it_hits"),
    Mutant("sweeps/checkpoint.py", "            self._cut()\n            raise", "            raise", "test_sweeps.py::test_a_record_that_failed_leaves_none_of_itself_before_the_next"),
    Mutant("sweeps/checkpoint.py", "rest = rest[os.write(self._file, rest) :]", "rest = rest[: 0 * os.write(self._file, rest)]", "test_sweeps.py::test_a_full_disk_keeps_what_was_finished[10-1]"),
    Mutant("sweeps/checkpoint.py", "secrets.token_hex(8)", "'log'", "test_sweeps.py::test_what_is_there_is_not_computed_again"),
    Mutant("sweeps/record.py", "np.frombuffer(rest, dtype=kind, count=size, offset=place)", "np.frombuffer(rest, dtype=kind, count=size)", "test_sweeps.py::test_records_come_back_to_the_bit"),
    Mutant("sweeps/run.py", "    array.flags.writeable = False\n", "", "test_sweeps.py::test_table_panel_and_best"),
    Mutant("sweeps/sweep.py", "for i in range(len(settings)) if i not in store.outcomes}", "for i in range(len(settings))}", "test_sweeps.py::test_what_is_there_is_not_computed_again"),
    Mutant("sweeps/sweep.py", "with store, one_thread_for_algebra(), progress_bar", "with store, progress_bar", "test_sweeps.py::test_algebra_has_one_thread_so_that_bits_do_not_depend_on_the_machine"),
    Mutant("sweeps/sweep.py", "                self._folder.write(self._keys[i], packed(outcome))\n            self.outcomes", "                pass\n            self.outcomes", "test_sweeps.py::test_killed_again_and_again_it_resumes_to_the_same_bits"),
    Mutant("sweeps/progress.py", "initial=done", "initial=0", "test_sweeps.py::test_one_bar_on_request_or_on_a_terminal"),
    Mutant("sweeps/result.py", "np.nanargmax(numbers) if most else np.nanargmin(numbers)", "np.nanargmin(numbers) if most else np.nanargmax(numbers)", "test_sweeps.py::test_table_panel_and_best"),
    Mutant("sweeps/result.py", "self.settings.values(found.number)", "self.settings.values(self.runs.index(found))", "test_sweeps.py::test_pictures_of_more_than_two_parameters_ask_which"),
    Mutant("sweeps/result.py", "missing = np.full(first[name].size, np.nan)", "missing = np.zeros(first[name].size)", "test_sweeps.py::test_an_error_of_one_setting_is_its_row"),
    Mutant("draw.py", "both = low < 0 < high", "both = False", "test_sweeps.py::test_the_picture_shows_the_table"),
    Mutant("hedging/plan.py", 'for leg, q in zip(self.legs, self.quantities, strict=True)),\n            *((f"posted', 'for leg, q in zip(self.legs, self.quantities[::-1], strict=True)),\n            *((f"posted', "test_sweeps.py::test_figures_of_a_plan_name_every_leg_and_account"),
    Mutant("hedging/plan.py", "return quantity * (paid if quantity > 0 else received)", "return quantity * paid", "test_option_hedges.py::test_a_cap_on_premiums_by_hand"),
    Mutant("hedging/search.py", "heapq.heappush(queue, (-math.inf, solved, intervals, None))", "raise", "test_option_hedges.py::test_a_free_lunch_of_three_quotes_is_none_of_two"),
    # ---- replays from the command line
    Mutant("cli/rule.py", "if self.no_resize else ''}", "if not self.no_resize else ''}", "test_replay_cli.py::test_flags_are_the_policy"),
    Mutant("cli/rule.py", "math.inf if name in _CEILINGS and part == _OFF", "math.inf if part == _OFF", "test_replay_cli.py::test_mistakes_end_in_one_line_and_a_code"),
    Mutant("cli/rule.py", "return study | super().given()", "return super().given() | study", "test_replay_cli.py::test_historic_is_what_the_study_had"),
    Mutant("cli/rule.py", "if len(values) > 1:", "if False:", "test_replay_cli.py::test_mistakes_end_in_one_line_and_a_code"),
    Mutant("cli/hedged.py", "deposits=lp.Deposits.HALF_EACH", "deposits=lp.Deposits.IN_RATIO", "test_replay_cli.py::test_flags_are_the_position"),
    Mutant("cli/hedged.py", "entry=price, market=", "entry=price / 2, market=", "test_replay_cli.py::test_flags_are_the_position"),
    Mutant("cli/tape.py", "rule=lp.JumpToLatent()", "rule=lp.ReflectAtBand()", "test_replay_cli.py::test_flags_are_the_tape"),
    Mutant("cli/tape.py", "pair if self.perp_prices is None else", "pair if self.perp_prices is not None else", "test_replay_cli.py::test_the_perpetual_has_prices_of_its_own"),
    Mutant("cli/tape.py", "not is_book(path)", "True", "test_replay_cli.py::test_bids_and_asks_need_no_spread"),
    Mutant("cli/replayed.py", "lp.Hold()", "lp.Keep()", "test_replay_cli.py::test_a_sweep_is_its_replays"),
    Mutant("cli/replayed.py", "trials=len(runs)", "trials=len(panel.columns)", "test_replay_cli.py::test_a_setting_that_is_refused_stands_in_the_table"),
    Mutant("cli/ranking.py", "reverse=not self.least", "reverse=self.least", "test_replay_cli.py::test_a_sweep_on_a_screen"),
    Mutant("markets/streams.py", "_moment(last), side=\"right\"", "_moment(last), side=\"left\"", "test_replay_cli.py::test_a_stretch_of_quotes_has_both_its_ends"),
    Mutant("markets/streams.py", "said.astimezone(UTC).replace(tzinfo=None)", "said.replace(tzinfo=None)", "test_replay_cli.py::test_a_stretch_of_quotes_has_both_its_ends"),
    Mutant("replays/exposures.py", "np.linalg.pinv(squares[full], hermitian=True)", "np.linalg.pinv(squares[full] + 1.0, hermitian=True)", "test_index_replay.py"),
    Mutant("replays/exposures.py", "return np.asarray(sums - sums[first])", "return np.asarray(sums - sums[np.maximum(first - 1, 0)])", "test_index_replay.py"),
    Mutant("replays/exposures.py", "weights[chosen] * index.prices[:, None]", "weights[chosen]", "test_index_replay.py"),
    Mutant("replays/index_life.py", "index.deltas[:-1] * np.diff", "index.deltas[1:] * np.diff", "test_index_replay.py"),
    Mutant("replays/index_life.py", "np.where(self._at_end, self._redeemed - shares * end, 0.0)", "np.where(self._at_end, shares * end - self._redeemed, 0.0)", "test_index_replay.py"),
    Mutant("replays/index_life.py", "shares * float(index.prices[first]) - self.capital", "self.capital - shares * float(index.prices[first])", "test_index_replay.py"),
    Mutant("replays/targets.py", "-life.position.shares * shares[life.tape.index_rows]", "-life.position.shares * shares[np.minimum(life.tape.index_rows + 1, len(shares) - 1)]", "test_index_replay.py"),
    Mutant("replays/replay.py", "np.asarray(legs, dtype=np.float64)[ran.trades[:, 1].astype(np.int64)]", "float(legs[0]) + 0.0 * ran.trades[:, 1] + (legs[0] == 0)", "test_index_replay.py"),
    Mutant("replays/book.py", "if not set(self.pledges[a].legs) <= set(legs):", "if False:", "test_index_replay.py"),
    Mutant("replays/execution.py", "totals[leg] / counts[leg]", "totals[leg] / counts.sum()", "test_replay.py"),
    Mutant("markets/index_history.py", "price * (1.0 + half_spread)", "price * (1.0 - half_spread)", "test_index_replay.py"),
    Mutant("replays/notice.py", "sys.stderr.isatty() and not", "not", "test_replay_cli.py::test_compiling_is_announced_once_on_a_terminal"),
    Mutant("replays/pictures.py", "ylabel=\"share of time\"", "ylabel=\"share of outcomes\"", "test_replay_cli.py::test_a_picture_of_time_counts_time"),
    Mutant("draw.py", "AutoDateLocator(minticks=3, maxticks=7)", "AutoDateLocator(maxticks=7)", "test_replay_cli.py::test_every_span_of_time_has_dates"),
]  # fmt: skip


# What the tests load besides lpgreeks itself: loaded once, before the processes that try the mutants part ways.
LOADED = [
    "_hypothesis_pytestplugin",
    "arch.bootstrap",
    "clarabel",
    "joblib",
    "hypothesis.strategies",
    "matplotlib.pyplot",
    "mpmath",
    "numba",
    "numpy",
    "pandas",
    "pytest",
    "scipy.integrate",
    "scipy.optimize",
    "scipy.signal",
    "scipy.special",
    "scipy.stats",
    "sympy",
    "threadpoolctl",
    "tqdm",
    "typer.testing",
]

# The first test that fails is enough: nobody reads why, nor the smallest example of it.
PYTEST = ["-x", "-q", "--assert=plain", "--tb=no", "--hypothesis-profile=unshrunk", "-p", "no:cacheprovider"]

# Python steps through these as it stands: what a compiled caller keeps of them would hide a change.
UNCOMPILED = (
    "replays/columns.py",
    "replays/compiled_fold.py",
    "replays/compiled_life.py",
    "replays/compiled_step.py",
    "replays/compiled_tables.py",
)


def caught(whole: Path, mutant: Mutant) -> str:
    """ "" when the tests fail for it, else what went wrong. Spends the process that it runs in."""
    text = (whole / "lpgreeks" / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.right) != 1:
        return f"stands {text.count(mutant.right)} times in the file, expected once"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        # With what is compiled: times are kept, so that only the changed file is compiled anew.
        shutil.copytree(whole, copy, dirs_exist_ok=True)
        (copy / "lpgreeks" / mutant.file).write_text(text.replace(mutant.right, mutant.wrong), encoding="utf-8")
        os.chdir(copy)
        sys.path.insert(0, str(copy))
        os.environ["PYTHONPATH"] = str(copy)
        importlib.import_module("numba").config.DISABLE_JIT = mutant.file in UNCOMPILED
        tests = [f"tests/{name}" for name in mutant.tests.split()]
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            ended = int(importlib.import_module("pytest").main([*PYTEST, *tests]))
        os.chdir(ROOT)
    # 1: tests failed. Anything else (no tests, a broken import) proves nothing.
    return "" if ended == 1 else f"survives: pytest ended with {ended}"


def main() -> int:
    """Try every mutant; 0 when all are caught."""
    # Real prices are slow, and no mutant needs them.
    os.environ |= {"LPGREEKS_TEST_DATA": "", "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for name in LOADED:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder)
        for part in ("lpgreeks", "tests", "examples"):
            # With what numba has compiled, which is good as long as the source keeps its time.
            shutil.copytree(ROOT / part, whole / part, ignore=shutil.ignore_patterns("*.pyc"))
        shutil.copy(ROOT / "pyproject.toml", whole)
        compileall.compile_dir(whole, quiet=1)
        # What is loaded stays: pytest collects garbage more than once, and would look through all of it.
        gc.freeze()
        with multiprocessing.get_context("fork").Pool(os.cpu_count(), maxtasksperchild=1) as pool:
            verdicts = pool.map(partial(caught, whole), MUTANTS, chunksize=1)
    for mutant, verdict in zip(MUTANTS, verdicts, strict=True):
        if verdict:
            print(f"{mutant.file}: {mutant.right!r} -> {mutant.wrong!r} {verdict}")
    missed = sum(map(bool, verdicts))
    print(f"{len(MUTANTS) - missed} of {len(MUTANTS)} mutants caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
