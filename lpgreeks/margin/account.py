"""Collateral behind positions, and the prices at which it is no longer enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeAlias, cast

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, MarketError, TokenError, require_finite, require_positive, require_token
from lpgreeks.instruments import Cash, Exposure, Margined, Portfolio, Position, Spot, averaged
from lpgreeks.margin.schedules import Schedule
from lpgreeks.powers import Powers
from lpgreeks.tokens import find_token, market_pair, price_of

__all__ = ["Account", "Ends", "Marks", "counts_value", "margin_of"]

# A root this many times the mark away is there by rounding only: a short that its coins cover has none.
_FARTHEST = 1e12

Marks: TypeAlias = "float | Mapping[str, float]"
"""The price now: one number for one coin, or one by market."""

_Figure: TypeAlias = "Callable[[str], Powers]"
"""A figure of the part of an account that reads one market, as a function of that market's price."""


class Ends(NamedTuple):
    """The nearest prices below and above the mark at which something ends; None where there is none."""

    below: float | None
    above: float | None


def counts_value(schedule: Schedule, contract: Margined) -> bool:
    """Whether the schedule counts a position by its value, which moves with the price, or by its fixed size.

    Raises:
        TokenError: it counts in a token that the contract does not have.
    """
    if not schedule.unit:
        return True
    token = find_token(schedule.unit, (contract.margin_token, contract.size_token))
    if token is None:
        raise TokenError(
            f"a schedule in {contract.margin_token} or {contract.size_token}, the tokens of {contract.label}",
            got=schedule.unit,
        )
    return token == contract.margin_token


def margin_of(schedule: Schedule, contract: Margined, quantity: float) -> Powers:
    """The margin of a position as a function of the price, in the contract's margin token."""
    size = abs(quantity)
    if not size:
        return Powers.constant(0.0)
    value = size * contract.position_value(Powers.price())
    if not counts_value(schedule, contract):
        margin: Powers = schedule.rate_at(size) * value
        return margin
    (((exponent, coefficient),),) = value.pieces
    return schedule.requirement.of_power(coefficient, exponent)


@dataclass(frozen=True, kw_only=True, repr=False)
class Account(Noun):
    r"""Collateral in one token behind one position (isolated) or several (cross).

    It is liquidated where its equity falls to the maintenance margin, and bankrupt where it falls to 0:

    .. math::
        W + \sum_i q_i \, \mathrm{pnl}_i(P) = \sum_i M_i(|q_i| v_i(P))

    With one position in one bracket (:math:`s` its sign, :math:`m` the rate, :math:`d` the deduction):

    .. math::
        L = \frac{W + d - s Q E}{Q (m - s)} \;\text{(linear)}, \qquad
        L = \frac{N (s + m)}{W + d + s N / E} \;\text{(inverse)}

    The bracket is the one that holds the position's value at ``L``. Source: the venues' own pages, all of
    which this one equation contains.

    Args:
        collateral: what was posted, in ``token``; 0 or more.
        token: the base or the quote of the positions; the quote where there are several coins.
        positions: perpetuals, signed; fills of one contract in one direction share its brackets.
        maintenance: of every position, or by instrument, whatever its entry.
        fixed_at_entry: maintenance stays what it was at the entry price (Bybit until 2025).
        closing_fee: rate of the position's value at bankruptcy that is set aside to close it there.
        tick: these prices are rounded to it, against the holder.
    """

    collateral: float
    token: str
    positions: Exposure
    maintenance: Schedule | Mapping[Margined, Schedule]
    fixed_at_entry: bool = False
    closing_fee: float = 0.0
    tick: float | None = None

    def __post_init__(self) -> None:
        collateral = require_finite("collateral", self.collateral, unit=require_token("token", self.token))
        if collateral < 0:
            raise InputError("collateral of 0 or more", got=f"{collateral:g}", unit=self.token)
        fee = require_finite("closing_fee", self.closing_fee, unit="decimal")
        if not 0 <= fee < 1:
            raise InputError(
                "a closing_fee from 0 up to 1", got=f"{fee:g}", unit="decimal", remedy="0.075 % is 0.00075"
            )
        object.__setattr__(self, "collateral", collateral)
        object.__setattr__(self, "closing_fee", fee)
        if self.tick is not None:
            object.__setattr__(self, "tick", require_positive("tick", self.tick, unit="quote per base"))
        if not isinstance(self.positions, Exposure):
            raise InputError(
                "perpetuals in an account", got=f"{self.positions!r:.60}", remedy="A quantity of one: -12.5 * perp"
            )
        positions = tuple(p for p in self.positions.positions if p.quantity)
        if not positions or not all(isinstance(p.instrument, Margined) for p in positions):
            raise InputError(
                "perpetuals in an account", got=", ".join(p.instrument.label for p in positions) or "no position"
            )
        tokens = (self.positions.quote, *(self.positions.bases if len(self.positions.bases) == 1 else ()))
        if find_token(self.token, tokens) is None:
            raise TokenError(
                f"collateral in {' or '.join(tokens)}",
                got=self.token,
                remedy="The price of another token is not among those of the positions",
            )
        for market in self.markets:
            self._maintenance(market)

    @cached_property
    def posted(self) -> Position:
        """The collateral as a holding: coins are exposure."""
        first = self.positions.positions[0].instrument
        if find_token(self.token, (first.quote, first.base)) == first.quote:
            return Position(self.collateral, Cash(quote=first.quote))
        return Position(self.collateral, Spot(base=first.base, quote=first.quote, market=first.market))

    @property
    def markets(self) -> tuple[str, ...]:
        """The markets whose marks it is judged by."""
        return self.positions.markets

    # ---- at given prices, in `token`

    def equity(self, marks: Marks) -> float:
        """Collateral and unrealised P&L, in ``token``."""
        return self.collateral + self._total(self._pnl, marks)

    def maintenance_margin(self, marks: Marks) -> float:
        """What must be left, in ``token``.

        Raises:
            DataError: a position's value lies beyond its margin table.
        """
        for market, price in self._prices(marks).items():
            self._require_known(market, price)
        return self._total(self._maintenance, marks)

    def notional(self, marks: Marks) -> float:
        """The positions' values, long and short added up, in ``token``."""
        return self._total(self._value, marks)

    def leverage(self, marks: Marks) -> float:
        """``notional / collateral``; infinite without collateral."""
        return self.notional(marks) / self.collateral if self.collateral else math.inf

    # ---- the prices at which it ends

    def liquidation_prices(self, marks: Marks | None = None, *, market: str = "") -> Ends:
        """The nearest prices below and above the mark at which equity falls to the maintenance margin.

        Args:
            marks: the price now, or one by market; the average entry of one contract unless said.
            market: whose price moves while the others stay; needed where there are several.

        Both are the mark itself where equity is below the maintenance margin already.

        Raises:
            DataError: a position's value at the marks, or there, lies beyond its margin table.
        """
        market, at = self._marked(marks, market)
        for other, mark in at.items():
            self._require_known(other, mark)
        excess = self._equity_on(market, at) - self._others(self._maintenance, market, at)
        excess -= self._maintenance(market)
        if self.closing_fee:
            excess -= self._closing_reserve(market, at)
        ends = _ends(excess, at[market])
        for price in ends:
            if price is not None:
                self._require_known(market, price)
        return self._rounded(ends, at[market])

    def bankruptcy_prices(self, marks: Marks | None = None, *, market: str = "") -> Ends:
        """The nearest prices below and above the mark at which closing leaves nothing."""
        market, at = self._marked(marks, market)
        return self._rounded(_ends(self._left_after_closing(market, at), at[market]), at[market])

    @property
    def liquidation_price(self) -> float | None:
        """Where one position is liquidated: below the entry if long, above it if short, or never (None).

        A margin that outgrows the profit can end it on the other side too: see :meth:`liquidation_prices`.
        """
        return self._own_side(self.liquidation_prices())

    @property
    def bankruptcy_price(self) -> float | None:
        """Where one position's collateral is used up, or None."""
        return self._own_side(self.bankruptcy_prices())

    # ---- figures of one market's part

    def _on(self, market: str) -> tuple[tuple[Position, Margined], ...]:
        return tuple(
            (p, p.instrument)
            for p in self.positions.positions
            if isinstance(p.instrument, Margined) and p.instrument.market == market and p.quantity
        )

    def _pnl(self, market: str) -> Powers:
        token = self.token
        # A contract is a sum of powers.
        return Powers.total((1.0, cast(Powers, Portfolio((p,)).worth(token))) for p, _ in self._on(market))

    def _maintenance(self, market: str) -> Powers:
        return Powers.total((1.0, self._margin(p)) for p, _ in self._sides(market))

    def _sides(self, market: str) -> tuple[tuple[Position, Margined], ...]:
        """As the venue counts them: fills of one contract in one direction are one position in its table."""
        fills: dict[tuple[Margined, bool], list[tuple[Position, Margined]]] = {}
        for p, contract in self._on(market):
            fills.setdefault((replace(contract, entry=1.0), p.quantity > 0), []).append((p, contract))
        return tuple(same[0] if len(same) == 1 else _as_one(p for p, _ in same) for same in fills.values())

    def _value(self, market: str) -> Powers:
        price = Powers.price()
        return Powers.total((abs(p.quantity), self._counted(c.position_value(price), c)) for p, c in self._on(market))

    def _margin(self, position: Position) -> Powers:
        contract = position.instrument
        assert isinstance(contract, Margined)
        margin = margin_of(self._schedule(contract), contract, position.quantity)
        if self.fixed_at_entry:
            margin = Powers.constant(margin(contract.entry))
        return self._counted(margin, contract)

    def _schedule(self, contract: Margined) -> Schedule:
        terms = self.maintenance
        if isinstance(terms, Mapping):
            # A schedule belongs to the contract, whatever its entry.
            same = (
                s
                for c, s in terms.items()
                if type(c) is type(contract) and replace(c, entry=contract.entry) == contract
            )
            found = terms.get(contract) or next(same, None)
        else:
            found = terms
        if not isinstance(found, Schedule):
            raise InputError(
                f"a maintenance schedule of {contract}",
                got=f"{found!r:.60}",
                remedy="One of all positions, or one by instrument: {perp: Proportional(rate=0.005)}",
            )
        return found

    def _counted(self, amount: Powers, contract: Margined) -> Powers:
        """An amount of the contract's margin token, in the account's."""
        if find_token(self.token, (contract.margin_token, contract.size_token)) == contract.margin_token:
            return amount
        price = Powers.price()
        return amount * price if contract.margin_token == contract.base else amount / price

    # ---- the whole account

    def _total(self, figure: _Figure, marks: Marks) -> float:
        at = self._prices(marks)
        return float(sum(figure(m)(price) for m, price in at.items()))

    def _others(self, figure: _Figure, market: str, at: Mapping[str, float]) -> float:
        return float(sum(figure(m)(price) for m, price in at.items() if m != market))

    def _equity_on(self, market: str, at: Mapping[str, float]) -> Powers:
        return self._pnl(market) + (self.collateral + self._others(self._pnl, market, at))

    def _left_after_closing(self, market: str, at: Mapping[str, float]) -> Powers:
        return self._equity_on(market, at) - self.closing_fee * self._value(market)

    def _closing_reserve(self, market: str, at: Mapping[str, float]) -> float:
        ends = _ends(self._left_after_closing(market, at), at[market])
        # One at most: equity less a rate of the value is a line in the price or in its inverse.
        broke = ends.above if ends.below is None else ends.below
        return 0.0 if broke is None else self.closing_fee * float(self._value(market)(broke))

    def _require_known(self, market: str, price: float) -> None:
        for p, contract in self._sides(market):
            schedule = self._schedule(contract)
            counted_at = contract.entry if self.fixed_at_entry else price
            per_unit = contract.position_value(counted_at) if counts_value(schedule, contract) else 1.0
            schedule.require_known(abs(p.quantity) * per_unit)

    def _own_side(self, ends: Ends) -> float | None:
        """The one end there is; of two, the lower one of longs and the upper one of shorts."""
        if ends.below is None or ends.above is None or ends.below == ends.above:
            return ends.above if ends.below is None else ends.below
        # Where there are longs and shorts there is no entry to look from: liquidation_prices() asks for the mark.
        return ends.below if any(p.quantity > 0 for p in self.positions.positions) else ends.above

    def _prices(self, marks: Marks) -> dict[str, float]:
        if not isinstance(marks, Mapping):
            if len({market_pair(m) for m in self.markets}) > 1:
                raise MarketError(
                    "a mark by market", got=f"{marks!r:.60}", remedy=f"One each of {', '.join(self.markets)}"
                )
            marks = dict.fromkeys(self.markets, marks)
        found = {m: price_of(m, marks)[0] for m in self.markets}
        return {m: require_positive("mark", price, unit="quote per base") for m, price in found.items()}

    def _marked(self, marks: Marks | None, market: str) -> tuple[str, dict[str, float]]:
        markets = self.markets
        if not market and len(markets) == 1:
            (market,) = markets
        if market not in markets:
            raise MarketError("one of the account's markets", got=market or "none", remedy=", ".join(markets))
        return market, self._prices(averaged(self.positions).instrument.entry if marks is None else marks)  # type: ignore[attr-defined]

    def _rounded(self, ends: Ends, mark: float) -> Ends:
        if self.tick is None:
            return ends
        # Against the holder: towards the mark, not past it. A price on the grid but for rounding is on it.
        below, above = (None if price is None else price / self.tick for price in ends)
        return Ends(
            None if below is None else min(mark, self.tick * math.ceil(below - 1e-9)),
            None if above is None else max(mark, self.tick * math.floor(above + 1e-9)),
        )


def _ends(excess: Powers, mark: float) -> Ends:
    """The roots nearest to the mark on its two sides."""
    if excess(mark) < 0:
        return Ends(mark, mark)
    roots = [float(r) for r in excess.roots() if mark * _FARTHEST > r > mark / _FARTHEST]
    return Ends(max((r for r in roots if r <= mark), default=None), min((r for r in roots if r > mark), default=None))


def _as_one(fills: Iterable[Position]) -> tuple[Position, Margined]:
    position = averaged(Portfolio(tuple(fills)))
    assert isinstance(position.instrument, Margined)
    return position, position.instrument
