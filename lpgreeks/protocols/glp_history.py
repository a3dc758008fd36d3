"""A GMX v1 vault over time, column by column: AUM, GLP price, deltas and rewards of every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.errors import DataError, InputError, require_finite, require_token
from lpgreeks.instruments import glp_amounts, glp_coins
from lpgreeks.paths.rows import Times, checked_times, frozen, read_only
from lpgreeks.powers import worth_in_quote
from lpgreeks.protocols.columns import Rows, columns_of, positive
from lpgreeks.protocols.glp import GlpVault
from lpgreeks.protocols.glp_checks import require_sense
from lpgreeks.protocols.glp_fees import GlpFees
from lpgreeks.protocols.glp_token import GlpToken
from lpgreeks.protocols.index_history import IndexHistory
from lpgreeks.recipes import recorded
from lpgreeks.tokens import counted_as, one_token_notes

__all__ = ["GlpHistory"]

_MAY_BE_UNKNOWN = ("usdg", "weights", "usdg_supply", "stated_aum", "reward_per_second")
_AMOUNTS = ("pool", "reserved", "guaranteed", "short_size", "short_average")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GlpHistory(Rows):
    """States of one vault, in order of time; ``n`` rows of ``k`` tokens.

    Attributes:
        times: ``(n,)``, UTC, ascending.
        tokens: the columns, in capitals.
        stable: ``(k,)``: which of them are stable tokens.
        prices: ``(n, k)``, quote per token.
        pool, reserved: ``(n, k)``, tokens.
        guaranteed, short_size: ``(n, k)``, quote; 0 of stable tokens.
        short_average: ``(n, k)``, quote per token; 0 where there are no shorts.
        usdg, weights: ``(n, k)``: USDG that minting brought in, target weights; None if unknown.
        supply: ``(n,)``, GLP.
        usdg_supply: ``(n,)``; None if unknown.
        stated_aum: ``(n,)``, quote: what the file says; None if it says nothing.
        reward_per_second: ``(n,)``, what holders of all GLP get, in ``reward_token``; None if unknown. It is the rate
            at which the distributor streams to GLP: the holders' 70 % of the fees already, not to be cut again.
        reward_token: in capitals.
        slack: how far the figures of a row may contradict each other (see :attr:`contradictions`), a decimal of the
            AUM. 0: not at all.
        quote: the dollar.
        source: one sentence on where it comes from.
        notes: what was guessed or stated on the way here.

    Raises:
        DataError: times out of order, prices or supply of 0, figures that contradict each other, a stated AUM that the
            columns do not add up to by more than two hundredths of what depends on coins' prices, and a thousandth of
            the stable tokens: as far as the other side of the price feed may be.
    """

    times: Times
    tokens: tuple[str, ...]
    stable: NDArray[np.bool_]
    prices: FloatArray
    pool: FloatArray
    reserved: FloatArray
    guaranteed: FloatArray
    short_size: FloatArray
    short_average: FloatArray
    supply: FloatArray
    usdg: FloatArray | None = None
    weights: FloatArray | None = None
    usdg_supply: FloatArray | None = None
    stated_aum: FloatArray | None = None
    reward_per_second: FloatArray | None = None
    reward_token: str = ""
    slack: float = 0.0
    quote: str = "USD"
    source: str
    notes: tuple[str, ...] = ()

    not_in_time: ClassVar[frozenset[str]] = frozenset({"stable"})

    def __post_init__(self) -> None:
        times = checked_times(self.times, "the vault", repeats=False, at_least=1)
        frozen(self, "times", times)
        if not isinstance(self.tokens, (tuple, list)):
            raise InputError("tokens as a tuple of names", got=f"{self.tokens!r:.60}")
        object.__setattr__(self, "tokens", tuple(require_token("token", t) for t in self.tokens))
        if len(set(self.tokens)) < len(self.tokens) or not self.tokens:
            raise InputError("tokens of different names", got=", ".join(self.tokens) or "none")
        n, k = len(times), len(self.tokens)
        stable = np.array(self.stable)
        if stable.shape != (k,) or stable.dtype != bool:
            raise InputError(f"stable of shape {(k,)}, True or False", got=f"{self.stable!r:.60}")
        object.__setattr__(self, "stable", read_only(stable))
        for name, shape in {
            **dict.fromkeys(("prices", *_AMOUNTS, "usdg", "weights"), (n, k)),
            **dict.fromkeys(("supply", "usdg_supply", "stated_aum", "reward_per_second"), (n,)),
        }.items():
            if getattr(self, name) is not None or name not in _MAY_BE_UNKNOWN:
                object.__setattr__(self, name, columns_of(getattr(self, name), name, shape))
        positive(self.prices, f"prices in {self.quote}", times)
        positive(self.supply, "supply of GLP", times)
        require_token("quote", self.quote)
        if self.reward_per_second is not None:
            require_token("reward_token", self.reward_token)
        object.__setattr__(self, "slack", require_finite("slack", self.slack, unit="decimal of the AUM"))
        if self.slack < 0:
            raise InputError("a slack of 0 or more", got=self.slack, unit="decimal of the AUM", remedy="0: none at all")
        require_sense(self)

    # ---- what it is worth, and exposed to

    @property
    def _averages(self) -> FloatArray:
        """Average entries, any price where there are no shorts."""
        return np.where(self.short_size == 0, self.prices, self.short_average)

    @cached_property
    def parts(self) -> FloatArray:
        """``(n, k)``: what each token adds to the AUM, in quote."""
        amounts = glp_amounts(
            self.prices,
            pool=self.pool,
            reserved=self.reserved,
            guaranteed=self.guaranteed,
            short_size=self.short_size,
            short_average=self._averages,
        )
        return read_only(np.where(self.stable, self.pool * self.prices, worth_in_quote(*amounts, self.prices)))

    @cached_property
    def aum(self) -> FloatArray:
        """``(n,)``: assets under management by the columns, in quote."""
        return read_only(self.parts.sum(axis=1))

    @cached_property
    def distance(self) -> FloatArray:
        """``(n,)``: how far AUM by the columns and stated AUM are apart, a decimal of the stated one.

        Raises:
            DataError: the file states no AUM.
        """
        if self.stated_aum is None:
            raise DataError("a stated AUM", got=f"none in {self.source}")
        return read_only(np.abs(self.aum / self.stated_aum - 1))

    @cached_property
    def glp_prices(self) -> FloatArray:
        """``(n,)``: AUM over supply, quote per GLP."""
        return read_only(self.aum / self.supply)

    @cached_property
    def deltas(self) -> FloatArray:
        """``(n, k)``: coins of exposure per GLP, ``(pool - reserved + short_size / short_average) / supply``.

        0 of stable tokens.
        """
        own, owed = glp_coins(
            pool=self.pool, reserved=self.reserved, short_size=self.short_size, short_average=self._averages
        )
        return read_only(np.where(self.stable, 0.0, own + owed) / self.supply[:, None])

    @cached_property
    def weights_of_value(self) -> FloatArray:
        """``(n, k)``: each token's share in the value of all pools. No exposure: reserved coins are in it."""
        value = self.pool * self.prices
        positive(value.sum(axis=1), "the value of all pools", self.times)
        return read_only(value / value.sum(axis=1, keepdims=True))

    @cached_property
    def weights_of_aum(self) -> FloatArray:
        """``(n, k)``: each token's share in what makes up the AUM."""
        return read_only(self.parts / self.aum[:, None])

    @cached_property
    def rewards_per_glp(self) -> FloatArray:
        """``(n,)``: ``reward_token`` given to one GLP since the first row, each row's rate holding until the next.

        Raises:
            InputError: the rate is not known.
        """
        if self.reward_per_second is None:
            raise InputError("a rate of rewards", got="none in this history")
        seconds = np.diff(self.times) / np.timedelta64(1, "s")
        given = (self.reward_per_second / self.supply)[:-1] * seconds
        return read_only(np.concatenate([[0.0], np.cumsum(given)]))

    @cached_property
    def contradictions(self) -> FloatArray:
        """``(n,)``: by how much the worst figure of a row cannot be, a decimal of the AUM; 0 where all can.

        A pool, reserve, USDG, size or guarantee below 0, or more reserved than there is, valued at the row's price.
        """
        tokens = [-self.pool, -self.reserved, self.reserved - self.pool]
        dollars = [-self.guaranteed, -self.short_size]
        if self.usdg is not None:
            dollars.append(-self.usdg)
        worst = np.max([*(x * self.prices for x in tokens), *dollars], axis=(0, 2))
        return read_only(np.maximum(worst, 0.0) / self.aum)

    @recorded
    def index(self) -> IndexHistory:
        """What one GLP did: its price, its coins by this state, and its rewards, each at its price when it was earned.

        Tokens that count as one coin are added up, and read the price of the first of them.

        Raises:
            InputError: no coin in the vault, or rewards in a token that is not.
        """
        if self.stable.all():
            raise InputError("a vault with a coin", got=f"stable tokens only: {', '.join(self.tokens)}")
        coins: dict[str, list[int]] = {}
        for column, token in enumerate(self.tokens):
            if not self.stable[column]:
                coins.setdefault(counted_as(token), []).append(column)
        columns = list(coins.values())
        return IndexHistory(
            name="GLP",
            quote=self.quote,
            coins=tuple(coins),
            times=self.times,
            prices=self.glp_prices,
            coin_prices=self.prices[:, [own[0] for own in columns]],
            deltas=np.column_stack([self.deltas[:, own].sum(axis=1) for own in columns]),
            weights=np.column_stack([self.weights_of_value[:, own].sum(axis=1) for own in columns]),
            rewards=self._rewards_in_quote(coins),
            source=self.source,
            notes=(*self.notes, *one_token_notes(t for own in columns for t in (self.tokens[c] for c in own))),
        )

    def _rewards_in_quote(self, coins: Mapping[str, Sequence[int]]) -> FloatArray | None:
        if self.reward_per_second is None:
            return None
        if (own := coins.get(counted_as(self.reward_token))) is None:
            raise InputError("rewards in a coin of the vault", got=self.reward_token, remedy=", ".join(coins))
        earned = np.diff(self.rewards_per_glp) * self.prices[:-1, own[0]]
        return np.concatenate([[0.0], np.cumsum(earned)])

    # ---- one moment

    @recorded
    def at(self, k: int, *, fees: GlpFees | None = None) -> GlpVault:
        """The vault of row ``k``, its two prices equal.

        Args:
            k: the row; -1 is the last.
            fees: of minting and redeeming; the dated settings unless said.

        Raises:
            InputError: no such row.
            DataError: the row's figures contradict each other, within the slack or not.
        """
        k = self.row(k)
        tokens = tuple(
            GlpToken(
                token=token,
                stable=bool(self.stable[i]),
                min_price=float(self.prices[k, i]),
                max_price=float(self.prices[k, i]),
                **{name: float(getattr(self, name)[k, i]) for name in _AMOUNTS},
                usdg=None if self.usdg is None else float(self.usdg[k, i]),
                weight=None if self.weights is None else float(self.weights[k, i]),
            )
            for i, token in enumerate(self.tokens)
        )
        return GlpVault(
            tokens=tokens,
            supply=float(self.supply[k]),
            usdg_supply=None if self.usdg_supply is None else float(self.usdg_supply[k]),
            fees=GlpFees() if fees is None else fees,
            quote=self.quote,
        )
