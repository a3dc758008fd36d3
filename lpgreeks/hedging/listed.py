"""The options of a chain as legs: at their quotes, with what the venue asks for."""

from __future__ import annotations

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.costs import Premium
from lpgreeks.errors import DataError, InputError
from lpgreeks.hedging.legs import Leg, Side
from lpgreeks.instruments import Call, InverseCall, InversePut, Option, Put
from lpgreeks.markets import Chain
from lpgreeks.pricing import option_greeks
from lpgreeks.recipes import recorded
from lpgreeks.venues import OptionContract

__all__ = ["legs"]

_SECONDS_PER_YEAR = 365 * 86_400.0

# Which class an option is, by (call, settled in coins).
_KINDS: dict[tuple[bool, bool], type[Option]] = {
    (True, True): InverseCall,
    (True, False): Call,
    (False, True): InversePut,
    (False, False): Put,
}


@recorded
def legs(chain: Chain, *, side: Side | None = Side.LONG, terms: OptionContract | None = None) -> list[Leg]:
    """One leg for each option of a chain that somebody quotes.

    Bought at the ask, sold at the bid; a side that nobody quotes is closed. Options are marked at the volatility of
    the chain, that of the file or else the one that its mark implies.

    Args:
        chain: what is quoted, one snapshot.
        side: what may be done with them; None for both. Nothing is sold unless said: what a sold option asks for
            on the way to its expiry is not modelled.
        terms: of the venue, for fees (added to the ask, taken from the bid), lots, and the margin of what is sold:
            ``venue("deribit", on=...).option("ETH")``. Figures that it does not know are left out.

    Raises:
        DataError: nothing is quoted on that side.
        InputError: terms of options on another coin or in another settlement.
    """
    if not isinstance(chain, Chain):
        raise InputError("a chain", got=f"{chain!r:.60}", remedy="read_chain(path).expiring(day)")
    if terms is not None and (terms.base != chain.base or not (chain.coin_settled == terms.coin_settled).all()):
        raise InputError(
            f"terms of the options of the chain, on {chain.base}", got=f"{terms.symbol}, settled in {terms.settled_in}"
        )
    volatilities = np.where(np.isnan(chain.volatilities), chain.implied(chain.marks), chain.volatilities)
    now = np.datetime64(chain.at.replace(tzinfo=None), "us")
    years = (chain.expiries - now) / np.timedelta64(1, "s") / _SECONDS_PER_YEAR
    margins = np.zeros(len(chain)) if side is Side.LONG else _margins(chain, volatilities, terms)
    found = []
    for i in range(len(chain)):
        sides = [s for s, quotes in ((Side.LONG, chain.asks), (Side.SHORT, chain.bids)) if not np.isnan(quotes[i])]
        open_sides = [s for s in sides if side in (None, s)]
        if not open_sides:
            continue
        option = _KINDS[bool(chain.calls[i]), bool(chain.coin_settled[i])](
            base=chain.base, quote=chain.quote, strike=float(chain.strikes[i]), years=float(years[i])
        )
        ask, bid = float(chain.asks[i]), float(chain.bids[i])
        # Of a side that is closed the price plays no part.
        ask, bid = (bid if np.isnan(ask) else ask), (0.0 if np.isnan(bid) else bid)
        found.append(
            Leg(
                option,
                side=None if len(open_sides) > 1 else open_sides[0],
                premium=_with_fee(ask, bid, 1.0 if chain.coin_settled[i] else chain.index, terms),
                volatility=float(volatilities[i]) if volatilities[i] > 0 else None,
                margin_short=float(margins[i]) if Side.SHORT in open_sides else 0.0,
                lot=terms.lot * terms.size
                if terms is not None and terms.knows("lot") and terms.knows("size")
                else None,
            )
        )
    if not found:
        what = "quotes" if side is None else {Side.LONG: "asks", Side.SHORT: "bids"}[side]
        raise DataError(f"options with {what}", got=f"none of {len(chain):,} in {chain.source}")
    return found


def _with_fee(ask: float, bid: float, underlying: float, terms: OptionContract | None) -> Premium:
    if terms is None or not terms.knows("fee"):
        return Premium(ask=ask, bid=bid)
    paid, taken = (terms.fee.of(price, underlying=underlying) for price in (ask, bid))
    return Premium(ask=ask + paid, bid=max(0.0, bid - taken))


def _margins(chain: Chain, volatilities: FloatArray, terms: OptionContract | None) -> FloatArray:
    """Of -1 of each option at the start, in its premium token; 0 where the venue's rule is not known.

    An option without a mark counts at its volatility, a chain without an index at its forwards.

    Raises:
        DataError: an option of which neither is known.
    """
    if terms is None or not terms.knows("margin"):
        return np.zeros(len(chain))
    forwards = chain.row_forwards()
    worth = option_greeks(
        forward=forwards, strike=chain.strikes, years=chain.years(), volatility=volatilities, call=chain.calls
    ).value
    marks = np.where(np.isnan(chain.marks), np.where(chain.coin_settled, worth / forwards, worth), chain.marks)
    spots = forwards if np.isnan(chain.index) else np.full(len(chain), chain.index)
    if np.isnan(marks).any() or np.isnan(spots).any():
        raise DataError(
            "a mark or a volatility of every option that may be sold, and an index or forwards",
            got=f"none of {chain.names[np.isnan(marks) | np.isnan(spots)][0]}",
            remedy="Sell nothing (side=Side.LONG), or leave terms out and give Leg(margin_short=...)",
        )
    terms_of = zip(marks.tolist(), spots.tolist(), chain.strikes.tolist(), chain.calls.tolist(), strict=True)
    margin = terms.margin
    return np.array([margin.initial_margin(mark=m, index=s, strike=k, call=c) for m, s, k, c in terms_of])
