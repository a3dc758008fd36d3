"""A spread that was sold or bought: two legs at the prices that they were traded at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from lpgreeks.costs import Fee, Funding
from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_finite, require_positive
from lpgreeks.instruments import InversePerp, LinearPerp, Margined, Portfolio, Position
from lpgreeks.powers import Powers
from lpgreeks.spreads.checks import require_kind
from lpgreeks.spreads.moves import ParallelMoves, ProportionalMoves, require_moves

if TYPE_CHECKING:
    from lpgreeks.spreads.spread import Spread

__all__ = ["BreakEven", "SpreadPosition", "position_of"]

_YEAR = 365.0


@dataclass(frozen=True, kw_only=True)
class BreakEven(Noun):
    """Where closing a spread pays for what it cost to open, to hold and to close.

    Prices are far less near, quote per base; amounts are in the token that both legs settle in.

    Attributes:
        opened_at: what it was sold or bought at.
        closed_at: what it must be closed at, on the other side, the near leg at its price now; None if no price does.
        mid: the middle of the spread now.
        closed_mid: the middle of the spread when it closes so, the half-spreads as they are now.
        half_spreads: of both legs together, one way.
        fees: of opening both legs, and of closing both at those prices.
        funding: received over the holding time; negative is paid.
        days: the holding time.
    """

    opened_at: float
    closed_at: float | None
    mid: float
    closed_mid: float | None
    half_spreads: float
    fees: float
    funding: float
    days: float


@dataclass(frozen=True, kw_only=True, repr=False)
class SpreadPosition(Noun):
    r"""Far and near held against each other, each opened at its own price.

    For linear legs in equal coins, sold at :math:`X = A_1 - B_1` and closed at :math:`Y = A_2 - B_2`, the P&L per coin
    is :math:`X - Y` before fees. For inverse legs it is in coins,

    .. math::
        V_{far}\Big(\frac{1}{F_0} - \frac{1}{F_1}\Big) + V_{near}\Big(\frac{1}{N_0} - \frac{1}{N_1}\Big),

    the quantities signed. Either is the payoff of the portfolio of both legs.

    Args:
        far, near: signed quantities of contracts opened at the prices traded at.
    """

    far: Position
    near: Position

    @property
    def portfolio(self) -> Portfolio:
        """Both legs."""
        return self.far + self.near

    @property
    def token(self) -> str:
        """What its P&L is paid in."""
        return _contract(self.far).margin_token

    @property
    def opened_at(self) -> float:
        """Far less near at the prices traded at: what it was sold or bought at, quote per base."""
        return _contract(self.far).entry - _contract(self.near).entry

    def pnl(self, *, far: float, near: float) -> float:
        """Of both legs at two prices, before costs, in :attr:`token`."""
        prices = {self.far.instrument.market: far, self.near.instrument.market: near}
        return float(self.portfolio.value(prices, self.token))

    def closed(self, spread: Spread) -> float:
        """P&L when both legs are closed on the other side of a spread at one stamp, before fees, in :attr:`token`."""
        return self.pnl(**dict(zip(("far", "near"), _closing(self, spread), strict=True)))

    def after(self, moves: ParallelMoves | ProportionalMoves, by: float) -> float:
        """P&L after both opening prices moved together: what the sizes leave open, in :attr:`token`.

        Args:
            moves: how they move.
            by: in quote per base (parallel) or as a decimal (proportional).
        """
        require_moves(moves)
        far, near = (moves.moved(_contract(leg).entry, by) for leg in (self.far, self.near))
        return self.pnl(far=far, near=near)

    def break_even(self, spread: Spread, *, days: float, fee: Fee, funding: Funding | None = None) -> BreakEven:
        r"""The price of the spread at which closing it after some days leaves nothing.

        The near leg is closed at its price now, the far leg at the root of

        .. math::
            q_{far}\,w_{far}(F) + q_{near}\,w_{near}(N) - \phi\sum_{legs}|q|\,(v(\text{opened}) + v(\text{closed})) + f

        with ``w`` the payoff, ``v`` the position value that fees are counted on and ``f`` the funding received on the
        near leg where it is a perpetual, all in the settlement token.

        Args:
            spread: at one stamp: now.
            days: for which it is held.
            fee: the taker's, of each of the four trades.
            funding: expected of a perpetual near leg; None counts none.

        Raises:
            InputError: a holding time that ends after a delivery; several stamps, or another pair; no fee, no funding.
        """
        require_kind("a fee", fee, Fee, remedy="lp.Fee(taker=0.0005)")
        require_kind("stated funding", funding, Funding | None, remedy="lp.Funding(rate=0.0001)")
        _, near_now = _closing(self, spread)
        held = _days_held(days, spread)
        legs, price = (self.far, self.near), Powers.price()
        near = _contract(self.near)
        value = self.near.quantity * near.position_value(near_now)
        perpetual = isinstance(near, (LinearPerp, InversePerp))
        received = funding.received(value, held / _YEAR) if funding is not None and perpetual else 0.0
        paid = sum(fee.of(leg.quantity * _contract(leg).position_value(_contract(leg).entry)) for leg in legs)
        paid += fee.of(value)
        far = _contract(self.far)
        worth = self.far.quantity * cast("Powers", far.worth(self.token))
        closing_fee = fee.taker * abs(self.far.quantity) * far.position_value(price)
        near_worth = self.near.quantity * cast("Powers", near.worth(self.token))(near_now)
        roots = (worth - closing_fee + (near_worth + received - paid)).roots()
        mids = [leg.mid[0] for leg in spread.legs]
        half = sum((leg.ask[0] - leg.bid[0]) / 2.0 for leg in spread.legs)
        at = float(min(roots, key=lambda root: abs(root - mids[0]))) if roots.size else None
        toward = 1.0 if self.far.quantity < 0 else -1.0
        return BreakEven(
            opened_at=self.opened_at,
            closed_at=None if at is None else at - near_now,
            mid=float(mids[0] - mids[1]),
            closed_mid=None if at is None else float(at - near_now - toward * half),
            half_spreads=float(half),
            fees=float(paid + (0.0 if at is None else closing_fee(at))),
            funding=received,
            days=held,
        )


def position_of(
    quantity: float, far: Margined, near: Margined, moves: ParallelMoves | ProportionalMoves
) -> SpreadPosition:
    """``quantity`` of far, signed, and of near what stands against it under some moves of both prices."""
    require_moves(moves)
    number = require_finite("quantity", quantity, unit=far.unit_text)
    require_positive("the size of a spread", abs(number), unit=far.unit_text)
    ratio = moves.sensitivity(far, far.entry) / moves.sensitivity(near, near.entry)
    return SpreadPosition(far=Position(number, far), near=Position(-number * ratio, near))


def _contract(leg: Position) -> Margined:
    return cast("Margined", leg.instrument)


def _days_held(days: float, spread: Spread) -> float:
    held = require_finite("days", days, unit="days")
    left = min(leg.days[0] for leg in spread.legs if leg.contract.expiry is not None)
    if not 0 <= held <= left:
        raise InputError(
            f"a holding time from 0 to the {left:g} days left to the delivery", got=f"{held:g}", unit="days",
            remedy="A contract is gone at its delivery",
        )  # fmt: skip
    return held


def _closing(position: SpreadPosition, spread: Spread) -> tuple[float, float]:
    """Far and near on the other side of what was done: what was sold is bought."""
    from lpgreeks.spreads.spread import Spread

    require_kind("a spread at one stamp", spread, Spread, remedy='curve.spread(far, near).at("2026-01-05")')
    named = tuple(leg.instrument.market for leg in (position.far, position.near))
    found = tuple(leg.contract.market for leg in spread.legs)
    if len(spread) != 1 or named != found:
        raise InputError(
            f"one stamp of {named[0]} and {named[1]}", got=f"{len(spread):,} of {' and '.join(found)}",
            remedy='spread.at("2026-01-05")',
        )  # fmt: skip
    far, near = spread.legs
    short = position.far.quantity < 0
    return float((far.ask if short else far.bid)[0]), float((near.bid if short else near.ask)[0])
