"""Compiled: the fold of a policy over all rows of the tape. Loaded on the first replay."""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import njit

from lpgreeks.replays.columns import NOTHING, SHED, SLOPE
from lpgreeks.replays.compiled_step import (
    AT_ADD,
    LAST_PRICE,
    LAST_TIME,
    REFERENCE,
    SEGMENT,
    SENSE,
    SETTLED,
    SINCE,
    TAKEN,
    WRITTEN,
    act,
    advance,
    begin,
    held,
    snapshot,
)

__all__ = ["Limits", "fold"]

HAIR = 1e-9
"""Of the price: a gap so near to a bound of the policy stands on it, above and below alike.

An arbitrageur leaves a pool just at the edge of its fee band, where rounding, some 1e-16 of the price, would decide.
No exchange quotes prices so near to each other.
"""


class Limits(NamedTuple):
    """Where the policy acts, as long as nothing is traded: numbers, which cost nothing to hand on."""

    kind: float
    ratio: float
    have: float
    """What the hedge holds of what is wanted."""
    banded: bool
    band: float
    earliest: float
    """Nanoseconds."""
    under: float
    over: float
    up: float
    down: float
    above: float
    """The bid over the pool's price is above this, and at most that."""
    above_most: float
    below: float
    """The ask over the pool's price is below this, and at least that."""
    below_least: float
    standing: float
    """Which way the conditions have held so far; 0: they have not."""
    since: float
    """Nanoseconds."""
    dwell: float


@njit(cache=True, nogil=True)
def _limits(rule, book, legs, accounts):  # type: ignore[no-untyped-def]
    """Where a policy acts next, from what it remembers."""
    memory, banded = book.memory, rule.band < math.inf or rule.band_coins < math.inf
    kind = rule.kind
    if kind == SLOPE and not (banded or rule.every < math.inf or rule.move < math.inf):
        kind = NOTHING
    have = book.quantity[int(rule.leg)] if kind == SLOPE else 0.0
    if kind == SLOPE and rule.coins == 1.0:
        have = held(book, legs, accounts)
    band = 0.0
    if rule.band < math.inf:
        band = rule.band * memory[AT_ADD]
    if rule.band_coins < math.inf:
        band = max(band, rule.band_coins)
    earliest = memory[LAST_TIME] + rule.every if rule.every < math.inf else -math.inf
    under = over = math.nan
    if rule.move < math.inf and not math.isnan(memory[LAST_PRICE]):
        under, over = memory[LAST_PRICE] * (1.0 - rule.move), memory[LAST_PRICE] * (1.0 + rule.move)
    up, down = memory[REFERENCE] * (1.0 + rule.theta_up), memory[REFERENCE] * (1.0 - rule.theta_down)
    return Limits(
        kind, rule.ratio, have, banded, band, earliest, under, over, up, down,
        (1.0 + rule.min_gap) * (1.0 + HAIR), (1.0 + rule.gap) * (1.0 + HAIR),
        (1.0 - rule.min_gap) * (1.0 - HAIR), (1.0 - rule.gap) * (1.0 - HAIR),
        memory[SENSE], memory[SINCE], rule.dwell,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _sense(limits, time, bid, ask, pool, wanted):  # type: ignore[no-untyped-def]
    """Which way the policy acts on a row, if at all."""
    if limits.kind == SHED:
        if bid >= limits.up:
            return 1.0 if pool * limits.above < bid <= pool * limits.above_most else 0.0
        falls = ask <= limits.down and pool * limits.below_least <= ask < pool * limits.below
        return -1.0 if falls else 0.0
    # A move that is off has no edges, and is never inside them.
    if limits.kind == NOTHING or time < limits.earliest or limits.under < (bid + ask) / 2.0 < limits.over:
        return 0.0
    return 1.0 if not limits.banded or abs(limits.ratio * wanted - limits.have) > limits.band else 0.0


@njit(cache=True, nogil=True)
def _quiet(i, stop, m, limits, times, bid, ask, pool, wanted, low, high, watched, safe_low, safe_high):  # type: ignore[no-untyped-def]
    """The first row from ``i`` to ``stop`` that has to be looked at, and whether an account has to be."""
    slope, acts = limits.kind == SLOPE, limits.kind != NOTHING
    while True:
        for a in range(watched.size):
            of = watched[a]
            if of < 0 or low[of, i] < safe_low[a] or high[of, i] > safe_high[a]:
                return i, True
        if i >= stop:
            return i, False
        target = wanted[i] if slope else 0.0
        if acts:
            sense = _sense(limits, times[i], bid[m, i], ask[m, i], pool[i], target)
            if sense != limits.standing or (sense != 0.0 and times[i] - limits.since >= limits.dwell):
                return i, False
        i += 1


@njit(cache=True, nogil=True)
def _next(rows, k, n):  # type: ignore[no-untyped-def]
    return rows[k] if k < rows.size else n


@njit(cache=True, nogil=True)
def fold(first, rule, rows, settlements, position, book, legs, margins, accounts, trades, grid, of_legs, of_accounts):  # type: ignore[no-untyped-def]
    """Step over the rows from ``first`` on; the row before which ``trades`` is full, or the number of rows.

    Most rows do nothing, and are passed over by looking at their prices alone: handing whole tuples to a function on
    every row would cost a hundred times as much.
    """
    n, count = rows.times.size, legs.market.size
    times, bid, ask, low, high, pool = rows.times, rows.bid, rows.ask, rows.low, rows.high, rows.pool
    watched, safe_low, safe_high, memory = accounts.market, book.safe_low, book.safe_high, book.memory
    pending, wanted = book.pending, position.wanted
    m = legs.market[int(rule.leg)] if count > 0 else 0
    limits = _limits(rule, book, legs, accounts)
    # A row fills pending orders and the plan's, and orders one for the policy.
    room = trades.shape[0] - 2 * count - 1
    i = first
    while i < n:
        if memory[WRITTEN] > room:
            return i
        due = _next(settlements.row, int(memory[SETTLED]), n)
        added = _next(position.row, int(memory[SEGMENT]), n)
        shown = _next(grid, int(memory[TAKEN]), n)
        waiting = pending[:, 0].any()
        # Up to there only prices call for anything.
        stop = i if waiting else min(due, added, shown, n - 1)
        i, threatened = _quiet(
            i, stop, m, limits, times, bid, ask, pool, wanted, low, high, watched, safe_low, safe_high
        )
        if due <= i or waiting or threatened:
            advance(i, rows, settlements, book, legs, margins, accounts, trades)
            limits = _limits(rule, book, legs, accounts)
        if added == i:
            begin(i, rule, rows, position, book, legs, accounts, trades)
            limits = _limits(rule, book, legs, accounts)
        elif limits.kind != NOTHING and (i + 1 == n or times[i + 1] != times[i]):
            sense = _sense(limits, times[i], bid[m, i], ask[m, i], pool[i], wanted[i] if rule.kind == SLOPE else 0.0)
            if sense != 0.0:
                act(i, sense, rule, rows, position, book, legs, accounts, trades)
                limits = _limits(rule, book, legs, accounts)
            elif memory[SENSE] != 0.0:
                memory[SENSE] = 0.0
                limits = _limits(rule, book, legs, accounts)
        # Several times of the grid may show one row: a tape has gaps.
        while _next(grid, int(memory[TAKEN]), n) == i:
            snapshot(int(memory[TAKEN]), book, of_legs, of_accounts)
            memory[TAKEN] += 1.0
        i += 1
    return n
