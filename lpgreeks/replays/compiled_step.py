"""Compiled: one step of a hedge on one row of the tape. Loaded on the first replay.

The order inside a row: prices move; funding settles; lows and highs of the mark are checked for liquidation; an
account that runs low is topped up; orders that are due are filled. Of one moment only the last row decides: a policy
sees what is known up to there, and its order is filled at that row's bid or ask, or later where latency says so.
"""

from __future__ import annotations

import math

from numba import njit

from lpgreeks.replays.columns import SHED, SLOPE, Memory
from lpgreeks.replays.compiled_tables import at

__all__ = ["act", "advance", "begin", "coins_at", "held", "request", "snapshot"]

_M = Memory()
REFERENCE, SINCE, SENSE, LAST_TIME, LAST_PRICE = _M.reference, _M.since, _M.sense, _M.last_time, _M.last_price
AT_ADD, SEGMENT, SETTLED, WRITTEN, TAKEN, AHEAD = _M.at_add, _M.segment, _M.settled, _M.written, _M.taken, _M.ahead

DUST = 1e-12  # of what is held


@njit(cache=True, nogil=True, inline="always")
def _counts(inverse, price):  # type: ignore[no-untyped-def]
    """What +1 counts for at a price, in its margin token, but for a constant: its P&L is the change of this."""
    return -1.0 / price if inverse else price


@njit(cache=True, nogil=True, inline="always")
def _worth(inverse, price):  # type: ignore[no-untyped-def]
    """The position value of +1, in its margin token."""
    return 1.0 / price if inverse else price


@njit(cache=True, nogil=True)
def coins_at(position, segment, price):  # type: ignore[no-untyped-def]
    """Coins in the pool if its price were ``price``."""
    centre = position.centre[segment]
    return position.scale[segment] * at(position.base, price / centre) / math.sqrt(centre)


@njit(cache=True, nogil=True)
def held(book, legs, accounts):  # type: ignore[no-untyped-def]
    """Coins that the hedge adds to the slope of the value: of contracts, of coins posted and kept behind them."""
    total = 0.0
    for j in range(legs.market.size):
        if legs.inverse[j]:
            # Coins are what its value in quote moves with: all but its notional.
            total += book.funding[j] - book.paid[j] - book.fees[j]
        else:
            total += book.quantity[j]
    for a in range(book.posted.size):
        if accounts.coins[a]:
            total += book.posted[a] + book.reserve[a]
    return total


# ---- accounts


@njit(cache=True, nogil=True)
def _margin(j, quantity, price, legs, margins):  # type: ignore[no-untyped-def]
    size, value = abs(quantity), abs(quantity) * _worth(legs.inverse[j], price)
    if size == 0.0:
        return 0.0
    counted = value if margins.of_value[j] else size
    k = 0
    while k < margins.kinks.shape[1] and counted > margins.kinks[j, k]:
        k += 1
    c = margins.coefficients[j, k]
    margin = c[0] + c[1] * counted + c[2] * counted * counted
    return margin if margins.of_value[j] else margin / size * value


@njit(cache=True, nogil=True)
def _equity(a, i, prices, factor, book, legs):  # type: ignore[no-untyped-def]
    equity = book.posted[a]
    for j in range(legs.market.size):
        if legs.account[j] == a:
            gained = book.quantity[j] * _counts(legs.inverse[j], factor * prices[legs.market[j], i]) - book.paid[j]
            equity += gained - book.fees[j] + book.funding[j]
    return equity


@njit(cache=True, nogil=True)
def _maintenance(a, i, prices, factor, book, legs, margins):  # type: ignore[no-untyped-def]
    total = 0.0
    for j in range(legs.market.size):
        if legs.account[j] == a:
            total += _margin(j, book.quantity[j], factor * prices[legs.market[j], i], legs, margins)
    return total


@njit(cache=True, nogil=True)
def _liquidate(a, i, prices, book, legs):  # type: ignore[no-untyped-def]
    """The venue closes the account's contracts where nothing is left of what was posted."""
    left = _equity(a, i, prices, 1.0, book, legs)
    first = -1
    for j in range(legs.market.size):
        if legs.account[j] == a:
            book.paid[j] -= book.quantity[j] * _counts(legs.inverse[j], prices[legs.market[j], i])
            book.quantity[j] = 0.0
            book.pending[j, 0] = 0.0
            first = j if first < 0 else first
    book.paid[first] += left
    book.liquidated[a] = i


@njit(cache=True, nogil=True)
def _watch(a, i, rows, book, legs, margins, accounts):  # type: ignore[no-untyped-def]
    """Liquidate on the row's low and high, top up at its mark, and remember between which prices all is well."""
    open_ = False
    for j in range(legs.market.size):
        if legs.account[j] == a and book.quantity[j] != 0.0:
            open_ = True
    if not open_:
        book.safe_low[a], book.safe_high[a] = 0.0, math.inf
        return
    for side in range(2):
        prices = rows.low if side == 0 else rows.high
        if _equity(a, i, prices, 1.0, book, legs) <= _maintenance(a, i, prices, 1.0, book, legs, margins):
            _liquidate(a, i, prices, book, legs)
            return
    if book.reserve[a] > 0.0:
        required = _maintenance(a, i, rows.mark, 1.0, book, legs, margins)
        equity = _equity(a, i, rows.mark, 1.0, book, legs)
        if equity < accounts.trigger[a] * required:
            moved = min(book.reserve[a], accounts.target[a] * required - equity)
            book.reserve[a] -= moved
            book.posted[a] += moved
    m = accounts.market[a]
    if not accounts.convex[a] or m < 0:
        return
    well = accounts.trigger[a] if book.reserve[a] > 0.0 else 1.0
    for side in range(2):
        prices = rows.low if side == 0 else rows.high
        # What holds far away holds on the way there.
        for far in (0.1, 0.02, 0.0):
            factor = 1.0 - far if side == 0 else 1.0 + far
            required = _maintenance(a, i, prices, factor, book, legs, margins)
            if _equity(a, i, prices, factor, book, legs) > well * required:
                book.safe_low[a] = min(book.safe_low[a], factor * prices[m, i])
                book.safe_high[a] = max(book.safe_high[a], factor * prices[m, i])
                break


@njit(cache=True, nogil=True, inline="always")
def _unsure(a, book):  # type: ignore[no-untyped-def]
    """What was known to be safe holds for another position."""
    book.safe_low[a], book.safe_high[a] = math.inf, -math.inf


# ---- trading


@njit(cache=True, nogil=True)
def _fill(i, j, quantity, limit, rows, book, legs, trades):  # type: ignore[no-untyped-def]
    """Trade at the row's bid or ask, or at the limit of a resting order (NaN: none)."""
    m, inverse = legs.market[j], legs.inverse[j]
    bid, ask = rows.bid[m, i], rows.ask[m, i]
    best = ask if quantity > 0.0 else bid
    rate, price = legs.taker[j], best * (1.0 + legs.slippage[j] if quantity > 0.0 else 1.0 - legs.slippage[j])
    if not math.isnan(limit):
        best = price = limit
        rate = legs.maker[j]
    middle, counted = _counts(inverse, (bid + ask) / 2.0), _counts(inverse, price)
    book.quantity[j] += quantity
    book.paid[j] += quantity * counted
    book.spread[j] += quantity * (_counts(inverse, best) - middle)
    book.slippage[j] += quantity * (counted - _counts(inverse, best))
    fee = rate * abs(quantity) * _worth(inverse, price)
    book.fees[j] += fee
    book.turnover[j] += abs(quantity) * (1.0 if inverse else price)
    if legs.account[j] >= 0:
        _unsure(legs.account[j], book)
    written = int(book.memory[WRITTEN])
    trades[written, 0], trades[written, 1], trades[written, 2] = i, j, quantity
    trades[written, 3], trades[written, 4], trades[written, 5] = price, (bid + ask) / 2.0, fee
    book.memory[WRITTEN] = written + 1


@njit(cache=True, nogil=True)
def request(i, j, target, rule, rows, book, legs, trades):  # type: ignore[no-untyped-def]
    """Order what makes a leg's quantity the target, at once or when due: within cap and side, in lots; whether any."""
    if legs.account[j] >= 0 and book.liquidated[legs.account[j]] >= 0.0:
        return False
    m = legs.market[j]
    if rule.cap < math.inf:
        most = rule.cap * (rows.mark[m, i] if legs.inverse[j] else 1.0)
        target = min(max(target, -most), most)
    if legs.side[j] * target < 0.0:
        target = 0.0
    quantity = target - book.quantity[j]
    if legs.lot[j] > 0.0:
        lots = quantity / legs.lot[j]
        # A whole number of lots may have come out a hair below it.
        quantity = math.trunc(lots * (1.0 + DUST)) * legs.lot[j]
    # A new target replaces what is on its way; rounding is no order.
    book.pending[j, 0] = 0.0
    if abs(quantity) <= DUST * abs(book.quantity[j]):
        return False
    if rule.latency == 0.0 and rule.patience == math.inf:
        _fill(i, j, quantity, math.nan, rows, book, legs, trades)
        return True
    book.pending[j, 0] = quantity
    book.pending[j, 1] = rows.times[i] + rule.latency
    book.pending[j, 2] = math.nan if rule.patience == math.inf else (rows.bid[m, i] if quantity > 0 else rows.ask[m, i])
    book.pending[j, 3] = rows.times[i] + rule.latency + rule.patience
    return True


@njit(cache=True, nogil=True)
def _fill_pending(i, j, rows, book, legs, trades):  # type: ignore[no-untyped-def]
    quantity, due, limit, deadline = book.pending[j]
    if rows.times[i] < due:
        return
    if not math.isnan(limit):
        m = legs.market[j]
        through = rows.ask[m, i] <= limit if quantity > 0.0 else rows.bid[m, i] >= limit
        if not through and rows.times[i] < deadline:
            return
        if not through:
            limit = math.nan
    book.pending[j, 0] = 0.0
    _fill(i, j, quantity, limit, rows, book, legs, trades)


# ---- one row


@njit(cache=True, nogil=True)
def advance(i, rows, settlements, book, legs, margins, accounts, trades):  # type: ignore[no-untyped-def]
    """Everything that a row does by itself."""
    due = int(book.memory[SETTLED])
    while due < settlements.row.size and settlements.row[due] <= i:
        for j in range(legs.market.size):
            if legs.funding[j] == settlements.market[due] and book.quantity[j] != 0.0:
                value = book.quantity[j] * _worth(legs.inverse[j], rows.mark[legs.market[j], i])
                book.funding[j] -= settlements.rate[due] * value
                if legs.account[j] >= 0:
                    _unsure(legs.account[j], book)
        due += 1
    book.memory[SETTLED] = due
    for a in range(book.posted.size):
        m = accounts.market[a]
        if m < 0 or rows.low[m, i] < book.safe_low[a] or rows.high[m, i] > book.safe_high[a]:
            _watch(a, i, rows, book, legs, margins, accounts)
    for j in range(legs.market.size):
        if book.pending[j, 0] != 0.0:
            _fill_pending(i, j, rows, book, legs, trades)


@njit(cache=True, nogil=True)
def begin(i, rule, rows, position, book, legs, accounts, trades):  # type: ignore[no-untyped-def]
    """What is done on the row on which a range is laid: the plan's quantities first, then what the policy sizes."""
    segment = int(book.memory[SEGMENT])
    first = segment == 0
    book.memory[SEGMENT] = segment + 1
    book.memory[REFERENCE] = position.price[segment]
    book.memory[SINCE], book.memory[SENSE] = -1.0, 0.0
    planned = False
    if first:
        for j in range(legs.market.size):
            if book.base_quantity[j] != 0.0:
                _fill(i, j, book.base_quantity[j], math.nan, rows, book, legs, trades)
                planned = planned or j == int(rule.leg)
    j = int(rule.leg)
    if planned:
        book.memory[LAST_TIME] = rows.times[i]
        book.memory[LAST_PRICE] = (rows.bid[legs.market[j], i] + rows.ask[legs.market[j], i]) / 2.0
    if rule.kind == SLOPE:
        book.memory[AT_ADD] = abs(rule.ratio * position.wanted[i])
        if (first and not planned) or (not first and rule.resize == 1.0):
            _towards(i, j, rule, rows, position, book, legs, accounts, trades)
    if rule.kind == SHED and (first or rule.resize == 1.0):
        book.memory[AHEAD] = book.base_quantity[j]
        if not first:
            request(i, j, book.base_quantity[j], rule, rows, book, legs, trades)


@njit(cache=True, nogil=True)
def _towards(i, j, rule, rows, position, book, legs, accounts, trades):  # type: ignore[no-untyped-def]
    have = held(book, legs, accounts) if rule.coins == 1.0 else book.quantity[j]
    apart = rule.ratio * position.wanted[i] - have
    m = legs.market[j]
    middle = (rows.bid[m, i] + rows.ask[m, i]) / 2.0
    if rule.coins == 1.0 and legs.inverse[j]:
        apart *= middle
    book.memory[LAST_TIME], book.memory[LAST_PRICE] = rows.times[i], middle
    request(i, j, book.quantity[j] + apart, rule, rows, book, legs, trades)


@njit(cache=True, nogil=True)
def act(i, sense, rule, rows, position, book, legs, accounts, trades):  # type: ignore[no-untyped-def]
    """Every condition holds: trade once they have held for long enough and nothing else is on its way."""
    j, memory = int(rule.leg), book.memory
    if sense != memory[SENSE]:
        memory[SENSE], memory[SINCE] = sense, rows.times[i]
    if rows.times[i] - memory[SINCE] < rule.dwell or book.pending[j, 0] != 0.0:
        return
    memory[SENSE] = 0.0
    if rule.kind == SLOPE:
        _towards(i, j, rule, rows, position, book, legs, accounts, trades)
        return
    bid, ask = rows.bid[legs.market[j], i], rows.ask[legs.market[j], i]
    segment, to = int(memory[SEGMENT]) - 1, bid if sense > 0.0 else ask
    coins = coins_at(position, segment, memory[REFERENCE]) - coins_at(position, segment, to)
    # From what is held, the rest of each lot would be lost: the reference moves all the way.
    target = memory[AHEAD] + coins * (to if legs.inverse[j] else 1.0)
    # The reference is the price of the last hedge: what is below a lot or above the cap is none.
    if request(i, j, target, rule, rows, book, legs, trades):
        memory[AHEAD] = target
        memory[REFERENCE], memory[LAST_TIME], memory[LAST_PRICE] = to, rows.times[i], (bid + ask) / 2.0


@njit(cache=True, nogil=True)
def snapshot(taken, book, of_legs, of_accounts):  # type: ignore[no-untyped-def]
    """Keep the hedge as it stands."""
    for j in range(book.quantity.size):
        of_legs[taken, j, 0], of_legs[taken, j, 1], of_legs[taken, j, 2] = (
            book.quantity[j],
            book.paid[j],
            book.spread[j],
        )
        of_legs[taken, j, 3], of_legs[taken, j, 4] = book.slippage[j], book.fees[j]
        of_legs[taken, j, 5], of_legs[taken, j, 6] = book.funding[j], book.turnover[j]
    for a in range(book.posted.size):
        of_accounts[taken, a, 0], of_accounts[taken, a, 1] = book.posted[a], book.reserve[a]
