"""What a share in an index did: its price, the coins that it stood for, and what it earned beside its price."""

from __future__ import annotations

from dataclasses import dataclass

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, MarketError, require_token
from lpgreeks.paths.rows import Times, checked_times
from lpgreeks.protocols.columns import Rows, columns_of, positive
from lpgreeks.tokens import counted_as

__all__ = ["IndexHistory"]

_ALWAYS = ("prices", "coin_prices")
_OF_SHARE = ("prices", "rewards")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class IndexHistory(Rows):
    r"""A share in a basket of coins and dollars: a token of a vault or of a market's pool, whatever its protocol.

    Between two rows a share of ``delta`` coins gains

    .. math::
        \Delta s = \sum_c \delta_c\,\Delta p_c + \text{what traders lost, fees kept in the pool, entries and exits}

    Attributes:
        name: what it is a share of: "GLP".
        quote: the token that every price is in.
        coins: those that it depends on, each by one name: "BTC".
        times: ``(n,)``, UTC, ascending.
        prices: ``(n,)``: of one share, in quote.
        coin_prices: ``(n, coins)``, quote per coin: those that the protocol itself reads.
        deltas: ``(n, coins)``: coins by which a share moves, from the state of the protocol; None where it is not
            known.
        weights: ``(n, coins)``: each coin's part of the pool's tokens by value; None where it is not known.
        rewards: ``(n,)``: what a share had earned beside its price since the first row, in quote, each part counted
            when it was earned; None where it is not known.
        source: one sentence on where it comes from.
        notes: what was guessed, dropped or taken as equal on the way here.
    """

    name: str
    quote: str
    coins: tuple[str, ...]
    times: Times
    prices: FloatArray
    coin_prices: FloatArray
    deltas: FloatArray | None = None
    weights: FloatArray | None = None
    rewards: FloatArray | None = None
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        times = checked_times(self.times, self.name, repeats=False, at_least=1)
        require_token("quote", self.quote)
        if not isinstance(self.coins, (tuple, list)):
            raise InputError("coins as a tuple of names", got=f"{self.coins!r:.60}")
        object.__setattr__(self, "coins", tuple(require_token("coin", coin) for coin in self.coins))
        if not self.coins or len({counted_as(c) for c in self.coins}) < len(self.coins):
            raise InputError("coins of an index, each once", got=", ".join(self.coins) or "none")
        object.__setattr__(self, "times", times)
        by_coin = (len(times), len(self.coins))
        for name in ("prices", "coin_prices", "deltas", "weights", "rewards"):
            if (given := getattr(self, name)) is not None or name in _ALWAYS:
                shape = times.shape if name in _OF_SHARE else by_coin
                object.__setattr__(self, name, columns_of(given, name, shape))
        positive(self.prices, f"prices of {self.name}", times)
        positive(self.coin_prices, "prices of its coins", times)

    @property
    def market(self) -> str:
        """The name under which its price stands: "GLP/USD"."""
        return f"{self.name}/{self.quote}"

    def column(self, coin: str) -> int:
        """Which column a coin is.

        Raises:
            MarketError: it is none of the index.
        """
        for j, own in enumerate(self.coins):
            if counted_as(own) == counted_as(coin):
                return j
        raise MarketError(f"a coin of {self.name}", got=coin, remedy=f"It has {', '.join(self.coins)}")
