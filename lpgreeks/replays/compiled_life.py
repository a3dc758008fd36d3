"""Compiled: the life of a position, folded over the rows at which its pool moved. Loaded on the first replay."""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import njit

from lpgreeks.replays.columns import Living
from lpgreeks.replays.compiled_tables import at, piece_at

__all__ = ["ADD", "FIGURES", "REMOVE", "live"]

_S = Living()
SCALE, CENTRE, PRICE, BASE, QUOTE = _S.scale, _S.centre, _S.price, _S.base, _S.quote
HELD_BASE, HELD_QUOTE, HELD_AT = _S.held_base, _S.held_quote, _S.held_at
FEE_BASE, FEE_QUOTE, LEAST_BASE, LEAST_QUOTE = _S.fee_base, _S.fee_quote, _S.least_base, _S.least_quote
MOST_BASE, MOST_QUOTE, LOSS, HOLDING = _S.most_base, _S.most_quote, _S.loss, _S.holding
SWAPPED, GAS, INSIDE, DUE, FIGURES = _S.swapped, _S.gas, _S.inside, _S.due, _S.figures

ADD, REMOVE = 1.0, 0.0


class _Point(NamedTuple):
    """What one row brought: numbers, which cost nothing to hand on."""

    price: float
    before: float
    """The price of the row before."""
    low: float
    high: float
    fee_base: float
    fee_quote: float
    growth_base: float
    growth_quote: float
    liquidity: float
    liquidity_before: float


@njit(cache=True, nogil=True)
def live(first, points, end, shape, rules, state, events, snapshots, snapshot_rows, progress):  # type: ignore[no-untyped-def]
    """Fold the rows from ``first`` on; the row at which ``events`` is full, or the number of rows.

    ``end`` is when the tape ends: up to there the last price stands. ``progress`` holds how many events and snapshots
    were written.
    """
    written, taken = progress[0], progress[1]
    # Reaching into a tuple of arrays on every row would cost more than all the rest.
    rows, times, prices, lows, highs, gas = points.row, points.time, points.price, points.low, points.high, points.gas
    fee_base, fee_quote = points.fee_base, points.fee_quote
    growth_base, growth_quote = points.growth_base, points.growth_quote
    liquidity, liquidity_before = points.liquidity, points.liquidity_before
    kinks, own = shape.earning.kinks, shape.earning.coefficients
    n = rows.size
    for i in range(first, n):
        if written + 2 > events.shape[0]:
            progress[0], progress[1] = written, taken
            return i
        # Snapshots show the state after everything on rows up to theirs.
        while taken < snapshot_rows.size and snapshot_rows[taken] < rows[i]:
            _copy(state, snapshots[taken])
            taken += 1
        price = prices[i]
        if i == 0:
            _add(price, times[i], shape, rules, state, gas[i])
            _write(events[written], rows[i], ADD, state)
            written += 1
            continue
        earns = fee_base[i] != 0.0 or fee_quote[i] != 0.0 or growth_base[i] != 0.0 or growth_quote[i] != 0.0
        if earns and state[SCALE] != 0.0:
            point = _Point(
                price, prices[i - 1], lows[i], highs[i], fee_base[i], fee_quote[i], growth_base[i], growth_quote[i],
                liquidity[i], liquidity_before[i],
            )  # fmt: skip
            _earn(point, rules.along, kinks, own, state)
        lower, upper = state[CENTRE] * shape.lower, state[CENTRE] * shape.upper
        # Up to this row the price was what the row before showed.
        if state[SCALE] > 0.0 and lower < prices[i - 1] < upper:
            state[INSIDE] += times[i] - times[i - 1]
        # Rows of one time are one moment, and the position is acted on at its end.
        if i + 1 < n and times[i + 1] == times[i]:
            continue
        # A close inside is no return: whoever watches has seen the price leave, on any row of the moment.
        left, k = False, i
        while rules.on_exit and not left and times[k] == times[i]:
            left = lows[k] < lower or highs[k] > upper
            k -= 1
        if state[SCALE] > 0.0 and (left or times[i] >= state[DUE]):
            _remove(price, shape, state, gas[i])
            _write(events[written], rows[i], REMOVE, state)
            _add(price, times[i], shape, rules, state, gas[i])
            _write(events[written + 1], rows[i], ADD, state)
            written += 2
    lower, upper = state[CENTRE] * shape.lower, state[CENTRE] * shape.upper
    if state[SCALE] > 0.0 and lower < prices[n - 1] < upper:
        state[INSIDE] += end - times[n - 1]
    while taken < snapshot_rows.size:
        _copy(state, snapshots[taken])
        taken += 1
    progress[0], progress[1] = written, taken
    return n


@njit(cache=True, nogil=True)
def _copy(state, into):  # type: ignore[no-untyped-def]
    """Figure by figure: for a whole slice the compiler would build its error messages too, for seconds."""
    for k in range(FIGURES):
        into[k] = state[k]


@njit(cache=True, nogil=True)
def _write(event, row, kind, state):  # type: ignore[no-untyped-def]
    event[0], event[1] = row, kind
    _copy(state, event[2:])


@njit(cache=True, nogil=True)
def _add(price, time, shape, rules, state, gas):  # type: ignore[no-untyped-def]
    """Lay the range about the price with what is in hand; what is missing of one token is bought with the other."""
    if rules.managed and state[HELD_AT] != 0.0 and state[HELD_BASE] * price + state[HELD_QUOTE] <= gas:
        # What is left pays for no transaction: the range is over.
        state[SCALE], state[CENTRE], state[PRICE], state[BASE], state[QUOTE] = 0.0, price, price, 0.0, 0.0
        return
    state[HELD_QUOTE] -= gas
    state[GAS] += gas
    if not rules.managed:
        centre, scale = 1.0, 1.0
    else:
        centre = price
        # What one unit of scale takes at this price.
        base, quote = at(shape.base, 1.0) / math.sqrt(price), at(shape.quote, 1.0) * math.sqrt(price)
        in_hand = state[HELD_BASE] * price + state[HELD_QUOTE]
        wanted = rules.capital if state[HELD_AT] == 0.0 else min(rules.capital, in_hand)
        if rules.half_each:
            scale = math.inf
            if base > 0.0:
                scale = min(scale, wanted / 2.0 / price / base)
            if quote > 0.0:
                scale = min(scale, wanted / 2.0 / quote)
        else:
            scale = wanted / (base * price + quote)
        scale = max(scale, 0.0)
        if state[HELD_AT] == 0.0:
            # What the first range takes is there in its two tokens; what else the capital holds is in quote.
            state[HELD_BASE] = scale * base
            state[HELD_QUOTE] += rules.capital - scale * base * price
            state[HELD_AT] = price
        else:
            scale = _swap(price, base, quote, scale, rules, state)
    state[SCALE], state[CENTRE], state[PRICE] = scale, centre, price
    state[BASE] = scale * at(shape.base, price / centre) / math.sqrt(centre)
    state[QUOTE] = scale * at(shape.quote, price / centre) * math.sqrt(centre)
    if rules.managed:
        state[HELD_BASE] -= state[BASE]
        state[HELD_QUOTE] -= state[QUOTE]
    else:
        state[HELD_AT] = price
    state[DUE] = time + rules.every


@njit(cache=True, nogil=True)
def _swap(price, base, quote, scale, rules, state):  # type: ignore[no-untyped-def]
    """Trade tokens in hand for the ratio of the range; the scale that is left to pay for."""
    coins, cash = state[HELD_BASE], state[HELD_QUOTE]
    dear, cheap = price * (1.0 + rules.swap), price * (1.0 - rules.swap)
    short_of_coins, short_of_cash = coins < scale * base, cash < scale * quote
    if short_of_coins and (not short_of_cash or coins * quote < cash * base):
        scale = min(scale, (cash + coins * dear) / (quote + base * dear))
    elif short_of_cash:
        scale = min(scale, (cash + coins * cheap) / (quote + base * cheap))
    scale = max(scale, 0.0)
    bought = 0.0
    if coins < scale * base:
        bought = scale * base - coins
    elif cash < scale * quote or rules.sell_excess:
        bought = scale * base - coins
        if not rules.sell_excess:
            bought = max(bought, -(scale * quote - cash) / cheap)
    paid = bought * (dear if bought > 0.0 else cheap)
    # Coins in hand so far are counted up to here, those that stay from here on.
    state[HOLDING] += coins * (price - state[HELD_AT])
    state[HELD_AT] = price
    state[HELD_BASE], state[HELD_QUOTE] = coins + bought, cash - paid
    state[SWAPPED] += abs(bought) * price * rules.swap
    return scale


@njit(cache=True, nogil=True)
def _remove(price, shape, state, gas):  # type: ignore[no-untyped-def]
    """Take everything out: the two amounts of the pool now, and the fees, which stay apart."""
    base = state[SCALE] * at(shape.base, price / state[CENTRE]) / math.sqrt(state[CENTRE])
    quote = state[SCALE] * at(shape.quote, price / state[CENTRE]) * math.sqrt(state[CENTRE])
    state[LOSS] += (base - state[BASE]) * price + (quote - state[QUOTE])
    state[HOLDING] += state[BASE] * (price - state[PRICE]) + state[HELD_BASE] * (price - state[HELD_AT])
    state[HELD_BASE] += base
    state[HELD_QUOTE] += quote - gas
    state[HELD_AT] = price
    state[GAS] += gas
    state[SCALE] = 0.0


@njit(cache=True, nogil=True)
def _earn(point, along, kinks, liquidity, state):  # type: ignore[no-untyped-def]
    """The fees of one row, and their bounds: what a row hides of its path and of the liquidity on it."""
    scale, centre = state[SCALE], state[CENTRE]
    x, before = point.price / centre, point.before / centre
    low, high = point.low / centre, point.high / centre
    active = point.liquidity
    fewest, most = min(active, point.liquidity_before), max(active, point.liquidity_before)
    # The row was nowhere else: of hundreds of bins it saw a few.
    lowest_piece, highest_piece = piece_at(kinks, low), piece_at(kinks, high)
    share_base, share_quote, grown_base, grown_quote = 0.0, 0.0, 0.0, 0.0
    root, root_before = math.sqrt(x), math.sqrt(before)
    length = abs(root - root_before) if along else 0.0
    if length > 0.0:
        one, other = min(root, root_before), max(root, root_before)
        for j in range(lowest_piece, highest_piece + 1):
            left = max(one, 0.0 if j == 0 else math.sqrt(kinks[j - 1]))
            right = min(other, math.inf if j == kinks.size else math.sqrt(kinks[j]))
            own = scale * liquidity[j, 1]
            if right > left and own > 0.0:
                # Dollars are paid in by the root of the price, coins by its reciprocal.
                of_quote = (right - left) / length
                of_base = of_quote * (one * other) / (left * right)
                share_base += of_base * own / (own + active)
                share_quote += of_quote * own / (own + active)
                grown_base += of_base * own
                grown_quote += of_quote * own
    else:
        j = piece_at(kinks, x)
        own = scale * liquidity[j, 1]
        if j < kinks.size and x == kinks[j]:
            # On an edge the price is in neither.
            own = min(own, scale * liquidity[j + 1, 1])
        if own > 0.0:
            share_base = share_quote = own / (own + active)
            grown_base = grown_quote = own
    least, greatest = math.inf, 0.0
    for j in range(lowest_piece, highest_piece + 1):
        least, greatest = min(least, scale * liquidity[j, 1]), max(greatest, scale * liquidity[j, 1])
    least, greatest = max(least, 0.0), max(greatest, 0.0)
    state[FEE_BASE] += point.fee_base * share_base + point.growth_base * grown_base
    state[FEE_QUOTE] += point.fee_quote * share_quote + point.growth_quote * grown_quote
    lowest = least / (least + most) if least > 0.0 else 0.0
    highest = greatest / (greatest + fewest) if greatest > 0.0 else 0.0
    state[LEAST_BASE] += point.fee_base * min(lowest, share_base) + point.growth_base * min(least, grown_base)
    state[LEAST_QUOTE] += point.fee_quote * min(lowest, share_quote) + point.growth_quote * min(least, grown_quote)
    state[MOST_BASE] += point.fee_base * max(highest, share_base) + point.growth_base * max(greatest, grown_base)
    state[MOST_QUOTE] += point.fee_quote * max(highest, share_quote) + point.growth_quote * max(greatest, grown_quote)
