"""The margin of a short option on its own, as option venues ask for it."""

from __future__ import annotations

from dataclasses import dataclass

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_finite, require_positive

__all__ = ["ShortOptionMargin"]


@dataclass(frozen=True, kw_only=True)
class ShortOptionMargin(Noun):
    r"""What a venue asks for behind one short coin-settled option, in coins; a long one is paid for and needs none.

    .. math::
        o = \frac{\max(K - S, 0)}{S} \text{ (call)}, \quad \frac{\max(S - K, 0)}{S} \text{ (put)}, \qquad
        I = \max(a - o,\, b) + m

    .. math::
        M = c + m \text{ (call)}, \qquad M = \max(c,\, c\,m) + m \text{ and } \max(I, M) \text{ for } I \text{ (put)}

    with the mark ``m`` in coins and the index price ``S``.

    Args:
        initial: ``a``, coins per option.
        initial_floor: ``b``, the least of it far out of the money.
        maintenance: ``c``.
    """

    initial: float
    initial_floor: float
    maintenance: float

    def __post_init__(self) -> None:
        for name in ("initial", "initial_floor", "maintenance"):
            rate = require_finite(name, getattr(self, name), unit="coins per option")
            if not 0 <= rate < 1:
                raise InputError(f"{name} from 0 up to 1", got=f"{rate:g}", unit="coins per option")
            object.__setattr__(self, name, rate)
        if self.initial_floor > self.initial:
            raise InputError(
                "an initial_floor of at most initial",
                got=f"{self.initial_floor:g} above {self.initial:g}",
                unit="coins per option",
            )

    def maintenance_margin(self, *, mark: float, call: bool) -> float:
        """Coins per short option below which it is closed.

        Args:
            mark: the option's mark price, in coins.
            call: a call, else a put.
        """
        price = _mark(mark)
        return (self.maintenance if call else max(self.maintenance, self.maintenance * price)) + price

    def initial_margin(self, *, mark: float, index: float, strike: float, call: bool) -> float:
        """Coins per short option that opening asks for.

        Args:
            mark: the option's mark price, in coins.
            index: quote per base.
            strike: quote per base.
            call: a call, else a put.
        """
        price = _mark(mark)
        spot = require_positive("index", index, unit="quote per base")
        out = require_positive("strike", strike, unit="quote per base") - spot
        asked = max(self.initial - max(out if call else -out, 0.0) / spot, self.initial_floor) + price
        return asked if call else max(asked, self.maintenance_margin(mark=price, call=False))


def _mark(mark: float) -> float:
    price = require_finite("mark", mark, unit="coins")
    if price < 0:
        raise InputError("a mark of 0 or more", got=f"{price:g}", unit="coins")
    return price
