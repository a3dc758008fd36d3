"""How two prices of one coin may move together, and what that asks of the sizes of two legs."""

from __future__ import annotations

from dataclasses import dataclass

from lpgreeks.display import Noun
from lpgreeks.instruments import Margined
from lpgreeks.powers import Powers
from lpgreeks.spreads.checks import require_kind

__all__ = ["ParallelMoves", "ProportionalMoves", "require_moves"]


@dataclass(frozen=True)
class ParallelMoves(Noun):
    r"""Both prices move by the same amount: the spread stands still.

    .. math::
        \frac{q_{far}}{q_{near}} = 1 \;\text{(linear)}, \qquad
        \frac{V_{far}}{V_{near}} = \Big(\frac{far}{near}\Big)^2 \;\text{(inverse)}
    """

    def moved(self, price: float, by: float) -> float:
        """``price + by``, quote per base."""
        return price + by

    def sensitivity(self, contract: Margined, price: float) -> float:
        """What +1 gains per unit of price, in the token that it is margined in."""
        return float(_worth(contract).derivative()(price))


@dataclass(frozen=True)
class ProportionalMoves(Noun):
    r"""Both prices move by the same share: the basis stands still.

    .. math::
        \frac{q_{far}}{q_{near}} = \frac{near}{far} \;\text{(linear)}, \qquad
        \frac{V_{far}}{V_{near}} = \frac{far}{near} \;\text{(inverse)}
    """

    def moved(self, price: float, by: float) -> float:
        """``price * (1 + by)``; ``by`` is a decimal."""
        return price * (1.0 + by)

    def sensitivity(self, contract: Margined, price: float) -> float:
        """What +1 gains per unit of log price, in the token that it is margined in."""
        return float(_worth(contract).log_derivative()(price))


def require_moves(moves: object) -> None:
    """An error unless they are moves."""
    kinds, remedy = ParallelMoves | ProportionalMoves, "ParallelMoves() or ProportionalMoves()"
    require_kind("moves of both prices", moves, kinds, remedy=remedy)


def _worth(contract: Margined) -> Powers:
    worth = contract.worth(contract.margin_token)
    assert isinstance(worth, Powers)
    return worth
