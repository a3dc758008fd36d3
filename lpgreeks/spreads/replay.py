"""A band of a spread replayed on what was quoted: every trade, and where the money came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.costs import Fee, Funding
from lpgreeks.display import Tabled
from lpgreeks.errors import InputError, MarketError
from lpgreeks.hedging.legs import Leg
from lpgreeks.hedging.text import rounded
from lpgreeks.instruments import Cash
from lpgreeks.markets.contract_quotes import ContractQuotes
from lpgreeks.markets.streams import FundingRates
from lpgreeks.markets.tape import Tape
from lpgreeks.recipes import recorded
from lpgreeks.replays import Replayed, replay
from lpgreeks.spreads import pictures
from lpgreeks.spreads.band import SpreadBand
from lpgreeks.spreads.checks import require_kind
from lpgreeks.spreads.funded import unfunded_hours
from lpgreeks.spreads.spread import Spread
from lpgreeks.spreads.trades import SpreadTrades, trades_of
from lpgreeks.spreads.words import notes, records, summary
from lpgreeks.tokens import coin_of, counted_as

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["SpreadReplay", "replay_spread"]

_DAY = np.timedelta64(1, "D")


class _LegFigures(NamedTuple):
    """The columns of :attr:`Replayed.of_legs`, ``(legs,)`` each."""

    quantity: FloatArray
    paid: FloatArray
    spread: FloatArray
    slippage: FloatArray
    fees: FloatArray
    funding: FloatArray
    turnover: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SpreadReplay(Tabled):
    """What a band did on a spread.

    Both legs settle in one token: coins or dollars. Amounts are in that token; :attr:`price` says what one of it is
    worth in quote at the end, and everything in quote is counted at that one price.

    Attributes:
        spread: what was quoted.
        band: when it was traded.
        replayed: the replay of both legs.
        trades: far and near of every trade together.
        unfunded_hours: for which a perpetual leg was held and its funding is neither stated nor known.
    """

    spread: Spread
    band: SpreadBand
    replayed: Replayed
    trades: SpreadTrades
    unfunded_hours: float

    @property
    def funded(self) -> bool:
        """Whether the P&L is complete: nothing was held whose funding is not known."""
        return self.unfunded_hours == 0

    @property
    def token(self) -> str:
        """What both legs settle in."""
        return self.band.far.margin_token

    @property
    def quote(self) -> str:
        """What prices are counted in."""
        return self.band.far.quote

    @cached_property
    def price(self) -> float:
        """One settlement token in quote at the end: 1 of linear legs, the near leg's last mark of inverse ones."""
        return float(self.replayed.tape.rows.mark[1, -1]) if self.band.far.settled_in_base else 1.0

    @cached_property
    def parts(self) -> Mapping[str, float]:
        """Where the P&L came from, in the settlement token; > 0 is a gain. From the replay's own book of each leg."""
        last = _LegFigures(*self.replayed.of_legs[-1].T)
        return {
            "spread, middle to middle": float(self.replayed.gained_in_token[-1].sum()),
            "half-spreads": -float(last.spread.sum()),
            "slippage": -float(last.slippage.sum()),
            "exchange fees": -float(last.fees.sum()),
            "funding": float(last.funding.sum()),
        }

    @property
    def net(self) -> float:
        """P&L in quote: the parts of the replay's book at :attr:`price`."""
        return sum(self.parts.values()) * self.price

    @property
    def net_of_trades(self) -> float:
        """The same P&L by another route, in quote: every trade to the end, less its fee, and the funding."""
        trades = float(self.trades.results.sum() - self.trades.fees.sum())
        return (trades + self.parts["funding"]) * self.price

    @property
    def held(self) -> float:
        """Of far at the end, signed; 0 where everything was closed."""
        return float(_LegFigures(*self.replayed.of_legs[-1].T).quantity[0])

    @property
    def beyond_depth(self) -> int:
        """Trades larger than the best bid and ask took; those of unknown depth are not among them."""
        at = np.searchsorted(self.spread.times, self.trades.times, side="right") - 1
        quantity = self.trades.far_quantity
        depth = np.where(quantity < 0, self.spread.sell_depth[at], self.spread.buy_depth[at])
        coins = np.abs(quantity) / (self.trades.far_price if self.band.far.settled_in_base else 1.0)
        return int((coins > depth).sum())

    # ---- words and pictures

    def table(self) -> pd.DataFrame:
        """Every trade, one row each; amounts in the settlement token."""
        return self.trades.table()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is real, what is stated, and what the numbers leave out."""
        return notes(self)

    def summary(self) -> str:
        """The answer, its parts, its trades, and what is taken as given."""
        return summary(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return {
            "spread": self.spread.name,
            "token": self.token,
            "price": self.price,
            "quote": self.quote,
            "net": self.net,
            "net_of_trades": self.net_of_trades,
            "complete": self.funded,
            "unfunded_hours": self.unfunded_hours,
            "held": self.held,
            "parts": dict(self.parts),
            "trades": records(self.table().reset_index()),
            "notes": list(self.notes),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The spread with entry, exit and every trade."""
        return pictures.band(self, ax)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        state = "" if self.funded else ", INCOMPLETE without funding"
        return f"<SpreadReplay: {self.spread.name}, net {rounded(self.net)} {self.quote}{state}>"


@recorded
def replay_spread(
    spread: Spread,
    band: SpreadBand,
    *,
    fee: Fee | None = None,
    funding: Funding | FundingRates | None = None,
    cash: float = 100_000.0,
) -> SpreadReplay:
    """A band on a spread, folded over the stamps at which both legs are quoted, each trade at bid and ask.

    Both legs are traded on the row on which the band decides. No leg outlives its delivery: unless the band says from
    when on it closes, it does so a day before the earlier delivery.

    Args:
        spread: both legs' quotes.
        band: when it is traded; its legs are those of the spread.
        fee: the taker's, of both legs.
        funding: of a perpetual near leg: what its longs pay per interval, stated or from a file. Where the leg was
            held over a settlement that nobody states, the P&L is marked incomplete, with the hours.
        cash: in hand at the start, in quote; the capital of the replay.

    Raises:
        InputError: a band of other contracts, or one that closes after the delivery; no funding, or no fee.
        MarketError: funding of another coin.
    """
    _require_terms(spread, fee, funding)
    named = (spread.far.contract.market, spread.near.contract.market)
    if not isinstance(band, SpreadBand) or (band.far.market, band.near.market) != named:
        raise InputError(f"a band of {named[0]} and {named[1]}", got=f"{band!r:.80}")
    delivery = _first_delivery(spread)
    band = band if band.close_from is not None else replace(band, close_from=delivery - _DAY)
    if not band.close_from < delivery:  # type: ignore[operator]
        raise InputError("a band that closes before the delivery", got=f"close_from={band.close_from} of {delivery}")
    far, near = spread.legs
    rates = () if not isinstance(funding, FundingRates) else (replace(funding, market=named[1]),)
    tape = Tape(quotes=(far.quotes(), near.quotes()), funding=rates)
    stated = funding if isinstance(funding, Funding) else None
    legs = [Leg(band.far, fee=fee), Leg(band.near, fee=fee, funding=stated)]
    # The series of a replay stand no closer than the rows of its tape.
    apart = (tape.times[-1] - tape.times[0]) / (len(tape) - 1) + np.timedelta64(1, "ns")
    found = replay(cash * Cash(quote=band.far.quote), legs, tape, policy=band, grid=apart)
    trades = trades_of(found, band.far, band.near)
    return SpreadReplay(
        spread=spread,
        band=band,
        replayed=found,
        trades=trades,
        unfunded_hours=0.0 if near.contract.expiry is not None else unfunded_hours(trades, spread.times[-1], funding),
    )


def _require_terms(spread: Spread, fee: Fee | None, funding: Funding | FundingRates | None) -> None:
    require_kind("a spread", spread, Spread, remedy='curve.spread("BTC-27MAR26", "BTC-PERPETUAL")')
    require_kind("a fee", fee, Fee | None, remedy="lp.Fee(taker=0.0005)")
    kinds = Funding | FundingRates | None
    require_kind("stated funding, or rates of a file", funding, kinds, remedy="lp.Funding(rate=0.0001)")
    near = spread.near.contract
    if funding is not None and near.expiry is not None:
        raise InputError(
            "no funding with two dated contracts", got=f"{funding!r:.60}",
            remedy="It would have no effect: only a perpetual pays it",
        )  # fmt: skip
    if isinstance(funding, FundingRates) and counted_as(coin_of(funding.market)) != counted_as(near.base):
        raise MarketError(
            f"funding of a perpetual on {near.base}",
            got=f"that of {funding.market}",
            remedy="What another coin pays says nothing of this one: name the market if the file's name is wrong",
        )


def _first_delivery(spread: Spread) -> np.datetime64:
    dated: list[ContractQuotes] = [leg for leg in (spread.near, spread.far) if leg.contract.expiry is not None]
    return dated[0].delivery
