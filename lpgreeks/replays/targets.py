"""What a policy's leg must hold, on every row, for a measure of the position to stand still."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError
from lpgreeks.instruments import Instrument
from lpgreeks.measures import Amount, Excess, Measure, Value
from lpgreeks.powers import Powers
from lpgreeks.replays.columns import column
from lpgreeks.replays.exposures import ShareExposure, StateDelta
from lpgreeks.replays.index_life import IndexLife
from lpgreeks.replays.life import Life
from lpgreeks.replays.tables import Table, table_of
from lpgreeks.tokens import find_token

__all__ = ["wanted"]

_HALF = 0.5


def wanted(
    life: Life | IndexLife, leg: Instrument, keep: Measure | ShareExposure | None, traded: Collection[str]
) -> tuple[FloatArray, bool]:
    """``(n,)``: what cancels the slope of the measure on every row, and whether it is counted in coins of the value.

    Coins are what every leg's slope adds to; a quantity is the leg's own.

    Args:
        life: whose slope it is.
        leg: what is traded.
        keep: what is held steady; the value in quote unless said.
        traded: the coins of all legs.

    Raises:
        InputError: the leg does not move the measure, or by an amount that depends on its entry.
    """
    if isinstance(life, IndexLife):
        return _against_shares(life, leg, keep, traded), True
    measure = Value(life.quote) if keep is None else keep
    if not isinstance(measure, Measure):
        raise InputError("a measure of a pool's position", got=repr(keep), remedy='Value("USDC") or Amount("ETH")')
    ratio, degree, coins = _ratio(life, leg, measure)
    filled = _on_rows(life, ratio, degree)
    if isinstance(measure, Excess):
        filled = filled + _at_add(life)
    filled.flags.writeable = False
    return filled, coins


def _against_shares(
    life: IndexLife, leg: Instrument, keep: Measure | ShareExposure | None, traded: Collection[str]
) -> FloatArray:
    in_coin = isinstance(keep, Value) and find_token(keep.token, life.bases)
    rule = StateDelta() if keep is None or in_coin or keep == Value(life.quote) else keep
    if not isinstance(rule, ShareExposure):
        raise InputError(
            f"the value of an index in {life.quote} or in one of its coins, or a rule for the coins behind it",
            got=str(keep),
            remedy="Keep(StateDelta()), Keep(PoolWeights()), Keep(FixedShares(...)), Keep(LeastVariance(...))",
        )
    columns = sorted({life.index.column(coin) for coin in traded})
    own = columns.index(life.index.column(leg.base))
    shares = rule.coins(life.index, columns)[:, own]
    if np.isnan(shares[life.tape.index_rows[0]]):
        known = np.flatnonzero(np.isfinite(shares))
        raise DataError(
            f"coins behind a share by {rule} from the first row of the tape on, {life.tape.times[0]}",
            got=f"from {life.index.times[known[0]]} on" if known.size else "none",
            remedy="Let the index begin earlier than the quotes: quotes.between(...)",
        )
    worth = np.zeros(len(life.tape))
    if in_coin and life.index.column(in_coin) == life.index.column(leg.base):
        # What is always worth so many coins moves as they do.
        worth = (life.index.prices / life.index.coin_prices[:, life.index.column(leg.base)])[life.tape.index_rows]
    return column(life.position.shares * (worth - shares[life.tape.index_rows]))


def _ratio(life: Life, leg: Instrument, measure: Measure) -> tuple[Table, float, bool]:
    """Minus the position's slope over the leg's, about a price of 1, and the power of the centre that scales it."""
    one = life.one
    token = find_token(measure.token, (one.quote, *one.bases))
    in_quote = token == one.quote
    if isinstance(measure, (Value, Excess)) and in_quote:
        slope = one.worth(one.quote).derivative()
        return table_of(-1.0 * slope, "a slope"), -_HALF, True
    if isinstance(measure, Amount) and token is not None:
        own = one.amounts.quote if in_quote else one.amounts.base
        others = leg.amounts.quote if in_quote else leg.amounts.base
        slope, per_leg = own.derivative(), others.derivative()
        if (
            isinstance(per_leg, Powers)
            and isinstance(slope, Powers)
            and len(per_leg.pieces) == 1 == len(per_leg.pieces[0])
        ):
            return table_of(-1.0 * slope / per_leg, "a hedge ratio"), -_HALF if in_quote else _HALF, False
    raise InputError(
        f"a measure that {leg.label} moves, by the same whatever its entry",
        got=str(measure),
        remedy=f"The value in {one.quote} through any leg, the amount of {one.quote} through a linear one, "
        f"or of {one.bases[0]} through an inverse one",
    )


def _on_rows(life: Life, table: Table, degree: float) -> FloatArray:
    from lpgreeks.replays.compiled_tables import fill

    prices = life.tape.rows.pool
    filled = np.empty(prices.size)
    for begin, stop, scale, centre in life.segments():
        fill(filled, prices, begin, stop, scale * centre**degree, centre, table)
    return filled


def _at_add(life: Life) -> FloatArray:
    filled = np.empty(len(life.tape))
    for (begin, stop, _, _), base in zip(life.segments(), life.adds.base, strict=True):
        filled[begin:stop] = base
    return filled
