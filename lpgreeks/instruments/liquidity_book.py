"""A bin of the Liquidity Book (Trader Joe, LFJ), and positions of many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from lpgreeks.errors import InputError, require_finite, require_positive, require_whole
from lpgreeks.instruments.base import Exposure, Instrument, Portfolio, Position, term, together
from lpgreeks.powers import Reading, above

__all__ = ["Bin", "liquidity_book"]

# In logarithms, from the active bin: 1e100 times its price.
_FARTHEST = 230.0


@dataclass(frozen=True, kw_only=True)
class Bin(Instrument):
    r"""Liquidity worth one quote token in the bin at :math:`p_i`, which trades at that price and at no other.

    .. math::
        x(P) = \frac{1}{p_i} \;\text{ for } P \le p_i, \qquad y(P) = 1 \;\text{ for } P > p_i, \qquad \text{else } 0

    Its value is :math:`\min(P / p_i, 1)`: a covered call without a premium. Gamma is a point mass at the bin's price,
    where :math:`P\,dx + dy = 0`. Fees are not in the payoff. Source: LFJ joe-v2 2.2, ``BinHelper``.

    Args:
        price: the bin's own, quote per base.
        step: of the pair, from bin to bin, a decimal (20 hundredths of a percent are 0.002). The payoff does not know
            it; a replay does, which asks at which prices of the pool the bin is the active one.
    """

    price: float = term("p_i", "{quote} per {base}")
    step: float | None = None

    label: ClassVar[str] = "Liquidity Book bin"
    kinks_are: ClassVar[str] = "prices of bins"
    unit: ClassVar[str] = "{quote} of liquidity"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.step is not None:
            object.__setattr__(self, "step", require_positive("step", self.step, unit="decimal"))

    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        sold = above(price, self.price)
        return (1 - sold) / self.price, sold

    def mixed(self, *, base_amount: float, quote_amount: float) -> Portfolio:
        """This bin while it is the active one, which may hold both tokens: these amounts at exactly its price.

        How much of a bin is sold is a state that its price does not tell: swaps inside it move the amounts and leave
        the price alone. So the coins are held in the bin itself, which still has them at its price, and the rest in
        one a float below, which has sold. Any price above finds only quote tokens, any below only coins, as it must.
        """
        coins, dollars = _amount(base_amount, self.base), _amount(quote_amount, self.quote)
        sold = replace(self, price=math.nextafter(self.price, 0.0))
        parts = (Position(coins * self.price, self), Position(dollars, sold))
        return Portfolio(tuple(part for part in parts if part.quantity))

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        return tuple(cls(base="ETH", quote="USDC", price=price, step=0.002) for price in (1e-9, 1.0, 1_900.0, 1e9))


def liquidity_book(
    value: float,
    *,
    base: str,
    quote: str,
    price: float,
    step: float,
    weights: Mapping[int, float],
    coins_in_active: float = 0.5,
    market: str = "",
) -> Portfolio:
    r"""A whole position: ``value`` quote tokens spread over bins about the active one.

    Bin ``k`` stands at :math:`p_k = P (1 + s)^k`. Those above the price take coins, those below it quote tokens, and
    each is worth its share of the value at ``price``. Equal weights are what the venue calls the spot shape: the same
    coins in each bin above, the same quote tokens in each below.

    Args:
        value: of both tokens at ``price``, in quote.
        price: of the active bin, quote per base.
        step: from bin to bin, a decimal.
        weights: by bin, counted from the active one: ``dict.fromkeys(range(-50, 51), 1)`` is uniform over 101 bins.
            They are divided by their sum.
        coins_in_active: the share of coins in what the active bin gets. What differs from the mix in it pays a
            composition fee (:meth:`~lpgreeks.BinBook.add`).
        market: whose price it reads; the pair unless said.

    Raises:
        InputError: weights that are no shares, a share of coins outside 0 to 1, or bins beyond any price.
    """
    value = require_positive("value", value, unit=quote)
    price = require_positive("price", price, unit=f"{quote} per {base}")
    step = require_positive("step", step, unit="decimal")
    coins = require_finite("coins_in_active", coins_in_active, unit="decimal")
    if not 0 <= coins <= 1:
        raise InputError("coins_in_active from 0 to 1", got=f"{coins:g}", unit="decimal")
    parts: list[Exposure] = []
    for k, share in _shares(weights).items():
        put, own = value * share, _price_of(k, price, step)
        one = Bin(base=base, quote=quote, price=own, step=step, market=market)
        if k:
            # What is worth this much now is worth the bin's own price once it is sold.
            parts.append(Position(put * max(own / price, 1.0), one))
        else:
            parts.append(one.mixed(base_amount=coins * put / price, quote_amount=(1 - coins) * put))
    return together(parts)


def _price_of(k: int, price: float, step: float) -> float:
    if abs(k) * math.log1p(step) > _FARTHEST:
        raise InputError(
            "bins whose prices a number can hold", got=f"bin {k:,} of {step:g} each from {price:g}",
            remedy="Bins are counted from the active one, not by id",
        )  # fmt: skip
    return price * (1 + step) ** k


def _shares(weights: Mapping[int, float]) -> dict[int, float]:
    if not isinstance(weights, Mapping) or not weights:
        raise InputError(
            "weights by bin, counted from the active one",
            got=f"{weights!r:.60}",
            remedy="dict.fromkeys(range(-50, 51), 1) is uniform over 101 bins",
        )
    named = {
        require_whole("a bin", k, at_least=-(1 << 23)): require_finite(f"weight of bin {k}", w, unit="share")
        for k, w in weights.items()
    }
    whole = math.fsum(named.values())
    if min(named.values()) < 0 or not whole > 0:
        raise InputError(
            "weights of 0 or more, not all of them 0", got=f"{min(named.values()):g} to {max(named.values()):g}"
        )
    return {k: w / whole for k, w in sorted(named.items()) if w}


def _amount(amount: float, token: str) -> float:
    number = require_finite(f"an amount of {token}", amount, unit=token)
    if number < 0:
        raise InputError("amounts of 0 or more", got=f"{number:g} {token}", unit=token)
    return number
