"""What a replay found: what was held at each time, what was traded, and where the money came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Answer, Noun, shortened
from lpgreeks.errors import DataError, InputError
from lpgreeks.instruments import Exposure
from lpgreeks.markets.tape import Tape
from lpgreeks.paths.rows import Times, moment
from lpgreeks.replays import pictures
from lpgreeks.replays.book import Hedge
from lpgreeks.replays.execution import execution
from lpgreeks.replays.index_life import IndexHolding, IndexLife
from lpgreeks.replays.life import Grid, Life, ManagedRange
from lpgreeks.replays.options import Bought
from lpgreeks.replays.policies import Policy
from lpgreeks.replays.words import notes, removal_table, sentence, share_table, summary
from lpgreeks.statistics import Performance, Regimes, performance
from lpgreeks.tokens import counted_as, find_token

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Replayed", "Trades"]

_FIGURES = (
    "total_return", "return_per_year", "volatility", "sharpe", "sortino", "drawdown", "under_water", "value_at_risk",
    "cvar",
)  # fmt: skip
"""Of the performance, those that stand in a row."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Trades(Noun):
    """Every fill of the hedge, ``(n,)`` each.

    Attributes:
        row: of the tape.
        leg: which one.
        quantity: signed, in the leg's unit.
        price: paid or received, slippage in it.
        middle: of bid and ask on that row.
        fee: in the leg's margin token.
    """

    row: NDArray[np.int64]
    leg: NDArray[np.int64]
    quantity: FloatArray
    price: FloatArray
    middle: FloatArray
    fee: FloatArray

    @classmethod
    def of(cls, rows: FloatArray) -> Trades:
        """From the rows that the step wrote."""
        row, leg = (rows[:, k].astype(np.int64) for k in range(2))
        quantity, price, middle, fee = (rows[:, k].copy() for k in range(2, 6))
        for array in (row, leg, quantity, price, middle, fee):
            array.flags.writeable = False
        return cls(row=row, leg=leg, quantity=quantity, price=price, middle=middle, fee=fee)

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Replayed(Answer):
    """A position and its hedge on a tape.

    Attributes:
        position: what was held or managed.
        tape: what happened.
        policy: when the hedge was traded.
        life: the position by itself.
        hedge: the contracts, and what stood behind them.
        grid: the times at which the series stand, and the rows of the tape that they show.
        of_legs: ``(rows, legs, 7)``: quantity, paid, spread, slippage, fees, funding, turnover.
        of_accounts: ``(rows, accounts, 2)``: posted, kept back.
        trades: every fill.
        liquidated: by account: the row of its liquidation, or None.
        options: what options bought at the add brought.
    """

    position: Exposure | ManagedRange | IndexHolding
    tape: Tape
    policy: Policy | Callable[..., Any]
    life: Life | IndexLife
    hedge: Hedge
    grid: Grid
    of_legs: FloatArray
    of_accounts: FloatArray
    trades: Trades
    liquidated: tuple[int | None, ...]
    options: Bought

    losses: ClassVar[tuple[str, ...]] = (
        "volatility", "drawdown", "under_water", "value_at_risk", "cvar", "hedges", "turnover", "liquidations",
    )  # fmt: skip
    """Of its figures, those of which less is better."""

    @property
    def times(self) -> Times:
        """``(rows,)``, UTC."""
        return self.grid.times

    @property
    def rows(self) -> NDArray[np.int64]:
        """Of the tape, at which the series stand."""
        return self.grid.rows

    @property
    def quote(self) -> str:
        """What money is counted in."""
        return self.life.quote

    # ---- series

    @cached_property
    def _marks(self) -> FloatArray:
        """``(rows, legs)``: what each leg is marked at."""
        return np.asarray(self.tape.rows.mark[np.ix_(self.hedge.columns.market, self.rows)].T)

    @cached_property
    def _in_quote(self) -> FloatArray:
        """``(rows, legs)``: the price of each leg's margin token in quote; a coin has one, whatever pays it."""
        first: dict[str, int] = {}
        for j, leg in enumerate(self.hedge.legs):
            if self.hedge.columns.inverse[j]:
                first.setdefault(counted_as(leg.instrument.base), j)
        of = [first.get(counted_as(leg.instrument.base), j) for j, leg in enumerate(self.hedge.legs)]
        return np.where(self.hedge.columns.inverse, self._marks[:, of], 1.0)

    @cached_property
    def _counted(self) -> FloatArray:
        """``(rows, legs)``: what each leg counts for at its mark, in its margin token, but for a constant."""
        inverse, mark = self.hedge.columns.inverse, self._marks
        return self.of_legs[:, :, 0] * np.where(inverse, -1.0 / mark, mark)

    @cached_property
    def gained_in_token(self) -> FloatArray:
        """``(rows, legs)``: P&L of each leg before costs, marked, in the token that it is margined in."""
        paid, spread, slippage = (self.of_legs[:, :, k] for k in (1, 2, 3))
        return np.asarray(self._counted - paid + spread + slippage)

    @cached_property
    def gained(self) -> FloatArray:
        """``(rows, legs)``: the same in quote."""
        return self.gained_in_token * self._in_quote

    def _cost(self, figure: int) -> FloatArray:
        return np.asarray((self.of_legs[:, :, figure] * self._in_quote).sum(axis=1))

    @cached_property
    def _account_tokens(self) -> FloatArray:
        """``(rows, accounts)``: the price of each account's token in quote."""
        first = [pledge.legs[0] for pledge in self.hedge.pledges]
        return np.where(self.hedge.accounts.coins, self._in_quote[:, first], 1.0)

    @cached_property
    def capital(self) -> float:
        """Everything in hand at the start: position, collateral, reserve; in quote."""
        behind = float((self.of_accounts[0].sum(axis=1) * self._account_tokens[0]).sum())
        return self.life.capital + behind

    @cached_property
    def parts(self) -> Mapping[str, FloatArray]:
        """``(rows,)`` each: where the money came from, since the start, in quote; > 0 is a gain.

        They add up to :attr:`net`, which is counted from what is held.
        """
        behind = self.of_accounts.sum(axis=2)
        moved = (behind * (self._account_tokens - self._account_tokens[0])).sum(axis=1)
        return {
            **self.life.parts,
            "hedge": self.gained.sum(axis=1),
            "funding": self._cost(5),
            "spread": -self._cost(2),
            "exchange fees": -self._cost(4),
            "slippage": -self._cost(3),
            "coins posted": moved,
            "options": self.options.gained,
            "option costs": -(self.options.spread + self.options.fees),
        }

    @cached_property
    def equity(self) -> FloatArray:
        """``(rows,)``: what everything is worth: tokens, fees, contracts and accounts; in quote."""
        paid, fees, funding = (self.of_legs[:, :, k] for k in (1, 4, 5))
        contracts = ((self._counted - paid - fees + funding) * self._in_quote).sum(axis=1)
        behind = (self.of_accounts.sum(axis=2) * self._account_tokens).sum(axis=1)
        options = self.options.gained - self.options.spread - self.options.fees
        return np.asarray(self.life.worth + contracts + behind + options)

    @property
    def net(self) -> FloatArray:
        """``(rows,)``: equity less the capital at the start."""
        return self.equity - self.capital

    @property
    def residual(self) -> FloatArray:
        """``(rows,)``: what the parts leave unexplained: rounding."""
        return np.asarray(self.net - np.sum(list(self.parts.values()), axis=0))

    @cached_property
    def unhedged(self) -> FloatArray:
        """``(rows,)``: equity if everything but the position had been left as it was posted."""
        return np.asarray(self.life.worth + (self.capital - self.life.capital))

    @cached_property
    def excess(self) -> FloatArray:
        """``(rows,)``: net less what holding the tokens would have made: what a hedge of the changes can steady."""
        return np.asarray(self.net - self.life.holding - self.parts["coins posted"])

    @cached_property
    def excess_unhedged(self) -> FloatArray:
        """``(rows,)``: the same of the position by itself: fees, impermanent loss and what acting on it cost."""
        return np.asarray(self.life.worth - self.life.capital - self.life.holding)

    @cached_property
    def exposures(self) -> Mapping[str, FloatArray]:
        """``(rows,)`` by coin: the slope of the equity: coins of the position, of contracts and accounts."""
        inverse = self.hedge.columns.inverse
        quantity, paid, fees, funding = (self.of_legs[:, :, k] for k in (0, 1, 4, 5))
        of_legs = np.where(inverse, funding - paid - fees, quantity)
        behind = self.of_accounts.sum(axis=2) * self.hedge.accounts.coins
        first = [pledge.legs[0] for pledge in self.hedge.pledges]
        coins = {coin: series.copy() for coin, series in self.life.coins.items()}
        if coins:
            coins[next(iter(coins))] += self.options.delta
        for j, leg in enumerate(self.hedge.legs):
            coin = find_token(leg.instrument.base, coins) or leg.instrument.base
            posted = sum((behind[:, a] for a, of in enumerate(first) if of == j), np.zeros(len(self.rows)))
            coins[coin] = coins.get(coin, 0.0) + of_legs[:, j] + posted
        return coins

    @property
    def coins(self) -> FloatArray:
        """``(rows,)``: that of the one coin.

        Raises:
            InputError: there are several.
        """
        if len(self.exposures) != 1:
            raise InputError("one coin", got=", ".join(self.exposures) or "none", remedy="result.exposures")
        return next(iter(self.exposures.values()))

    def _coin_prices(self, coin: str) -> FloatArray:
        if find_token(coin, self.life.bases):
            return self.life.coin_prices(coin)
        return self._marks[:, next(j for j, leg in enumerate(self.hedge.legs) if leg.instrument.base == coin)]

    @cached_property
    def dollars(self) -> FloatArray:
        """``(rows,)``: the rest of the equity, in quote."""
        return np.asarray(self.equity - sum(x * self._coin_prices(coin) for coin, x in self.exposures.items()))

    # ---- figures

    def attribution(self) -> dict[str, float]:
        """Each part at the end, the residual, and their sum, in quote."""
        ends = {name: float(series[-1]) for name, series in self.parts.items()}
        return {**ends, "residual": float(self.residual[-1]), "net": float(self.net[-1])}

    @cached_property
    def performance(self) -> Performance:
        """Return and risk of the equity over the grid, against the unhedged position.

        The drawdown is that of the times of the grid: between two of them the equity may have fallen further.
        """
        return performance(self.equity, self.times, benchmark=self.unhedged)

    @cached_property
    def effectiveness(self) -> float:
        """The share of the variance of the unhedged changes over the grid that is gone; NaN where nothing moved."""
        return _removed(self.unhedged, self.equity)

    @cached_property
    def excess_effectiveness(self) -> float:
        """The same of the value less holding: of a hedge that keeps the tokens of the add, not their value."""
        return _removed(self.excess_unhedged, self.excess)

    @property
    def turnover(self) -> float:
        """What was traded in contracts, in quote."""
        return float(self.of_legs[-1, :, 6].sum())

    @property
    def time_in_range(self) -> float:
        """The share of the time with the price in the range."""
        return self.pool_life.time_in_range

    @property
    def fee_bounds(self) -> tuple[float, float]:
        """The least and the most that the position's fees can have been, at the last price, in quote."""
        return self.pool_life.fee_bounds

    def figures(self) -> dict[str, float]:
        """Everything about it as one row of numbers; volatility, drawdown and tails are those of the grid."""
        figures = self.performance.figures
        return {
            "net": float(self.net[-1]),
            **{name: figures[name] for name in _FIGURES},
            "effectiveness": self.effectiveness,
            "excess_effectiveness": self.excess_effectiveness,
            "hedges": float(len(self.trades)),
            "turnover": self.turnover,
            "liquidations": float(sum(row is not None for row in self.liquidated)),
            **self.life.figures,
            **{name: float(series[-1]) for name, series in self.parts.items()},
        }

    @property
    def units(self) -> dict[str, str]:
        """Of the figures that are amounts of money."""
        return dict.fromkeys(("net", "turnover", "least_fees", "most_fees", *self.parts), self.quote)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is real, what is stated, and what the numbers leave out."""
        return notes(self)

    @property
    def synthetic(self) -> str:
        """The rule that made the pool; "" for one that was."""
        return self.tape.synthetic

    def series(self) -> dict[str, NDArray[Any]]:
        """What a sweep keeps, by whole steps of the grid: when each ended, its P&L, and that less holding, in quote."""
        steps = np.diff(self.times)
        whole = steps.size - (steps.size > 1 and bool(steps[-1] != steps[0]))
        kept = {"pnl": self.equity, "excess": self.excess}
        return {"times": self.times[1:][:whole], **{name: np.diff(x)[:whole] for name, x in kept.items()}}

    def steps(self) -> pd.DataFrame:
        """:meth:`series` as a table by time: a column of it is what :func:`~lpgreeks.verdict` takes as a benchmark."""
        import pandas as pd

        series = self.series()
        return pd.DataFrame(series, index=pd.DatetimeIndex(series.pop("times"), tz="UTC", name="time"))

    def between(
        self, first: str | np.datetime64 | None = None, last: str | np.datetime64 | None = None
    ) -> dict[str, float]:
        """Net, parts and drawdown of a stretch of the grid, in quote and as a share.

        Args:
            first, last: UTC, both in it, like those of :meth:`Quotes.between <lpgreeks.Quotes.between>`:
                "2023-04-10", "2023-04-10 12:00" or a ``datetime64``; the start and the end of the replay unless said.

        Raises:
            InputError: no such time.
            DataError: fewer than two times of the grid in it.
        """
        begin = self.times[0] if first is None else _moment(first)
        end = self.times[-1] if last is None else _moment(last)
        inside = np.flatnonzero((self.times >= begin) & (self.times <= end))
        if inside.size < 2:
            raise DataError(
                f"two or more times of the grid from {begin} to {end}",
                got=f"{inside.size}",
                remedy=f"It goes from {self.times[0]} to {self.times[-1]} UTC; grid= makes it finer",
            )
        a, b = inside[0], inside[-1]
        found = performance(self.equity[a : b + 1], self.times[a : b + 1]).figures
        parts = {name: float(series[b] - series[a]) for name, series in self.parts.items()}
        return {"net": float(self.net[b] - self.net[a]), "drawdown": found["drawdown"], **parts}

    def by(self, regimes: Regimes) -> pd.DataFrame:
        """One row for each segment: its regime, and :meth:`between` its ends."""
        import pandas as pd

        rows = [
            {"regime": str(s.regime), "start": s.start, "end": s.end} | self.between(s.start, s.end) for s in regimes
        ]
        return pd.DataFrame(rows)

    def correlations(self) -> pd.DataFrame:
        """Of the changes over the grid: equity, position, hedge, pool or share, and the price of each market."""
        import pandas as pd

        moves = {
            "equity": np.diff(self.equity),
            "position": np.diff(self.unhedged),
            "hedge": np.diff(self.gained.sum(axis=1)),
            "share" if isinstance(self.life, IndexLife) else "pool": np.diff(np.log(self.life.prices)),
        }
        marks = self.tape.rows.mark[:, self.rows]
        moves |= {market: np.diff(np.log(marks[j])) for j, market in enumerate(self.tape.markets)}
        # Of what never moves nothing can be said.
        return pd.DataFrame({name: x if x.any() else np.full(x.size, np.nan) for name, x in moves.items()}).corr()

    def exposure(self, shares: Sequence[float] = (0.0, 0.05, 0.5, 0.95, 1.0)) -> pd.DataFrame:
        """Quantiles of the coins and the dollars that the equity stands in."""
        import pandas as pd

        columns = {f"slope [{coin}]": x for coin, x in self.exposures.items()} | {f"rest [{self.quote}]": self.dollars}
        return pd.DataFrame({n: np.quantile(x, shares) for n, x in columns.items()}, index=list(shares))

    def execution(self) -> pd.DataFrame:
        """What the same trades would have cost on other terms: see :func:`~lpgreeks.replays.execution.execution`."""
        import pandas as pd

        return pd.DataFrame(execution(self)).set_index("name")

    @property
    def pool_life(self) -> Life:
        """The position's life in a pool: its adds and removals, what it held, its fees and their bounds.

        Raises:
            InputError: it was an index.
        """
        if isinstance(self.life, IndexLife):
            raise InputError("a position in a pool", got=f"shares of {self.life.index.name}")
        return self.life

    # ---- words and pictures

    def table(self) -> pd.DataFrame:
        """One row for each time of the grid: equity, net, and the parts."""
        import pandas as pd

        columns = {"equity": self.equity, "net": self.net, **self.parts}
        return pd.DataFrame(columns, index=pd.DatetimeIndex(self.times, name="time", tz="UTC"))

    def trade_table(self) -> pd.DataFrame:
        """One row for each fill of the hedge."""
        import pandas as pd

        names = [leg.name for leg in self.hedge.legs]
        columns = {"leg": [names[j] for j in self.trades.leg], "quantity": self.trades.quantity,
                   "price": self.trades.price, "middle": self.trades.middle, "fee": self.trades.fee}  # fmt: skip
        return pd.DataFrame(columns, index=pd.DatetimeIndex(self.tape.times[self.trades.row], name="time", tz="UTC"))

    def removals(self) -> pd.DataFrame:
        """One row for each removal: how both amounts had changed since the add, and the prices of pool and exchange."""
        return removal_table(self, self.pool_life)

    def share_table(self, coin: str) -> pd.DataFrame:
        """One row for each time of the grid, of shares in an index beside one of its coins.

        Shares held, their price, the coin's, the coins that the shares bring, less what redeeming them costs where that
        is known, P&L of that coin's contracts in what they pay, rewards, all costs, and what everything made in quote
        and is worth in that coin.

        Raises:
            InputError: it was a pool.
        """
        if not isinstance(self.life, IndexLife):
            raise InputError("shares of an index", got="a position in a pool", remedy="result.table()")
        return share_table(self, self.life, coin)

    def sentence(self) -> str:
        """The answer in one sentence."""
        return sentence(self)

    def summary(self) -> str:
        """The answer, where the money came from, what it risked, and what is taken as given."""
        return summary(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return {
            "sentence": self.sentence(),
            "quote": self.quote,
            "capital": self.capital,
            "figures": {name: None if np.isnan(x) else x for name, x in self.figures().items()},
            "attribution": self.attribution(),
            "execution": [terms._asdict() for terms in execution(self)],
            "assumptions": list(self.assumptions),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Fees, position, hedge and everything since the start."""
        return pictures.total_value(self, ax)

    def plot_trades(self, ax: Axes | None = None) -> Axes:
        """The price with every trade of the hedge on it."""
        return pictures.trades(self, ax)

    def plot_fees(self, ax: Axes | None = None) -> Axes:
        """Fees in the band of their bounds, against impermanent loss."""
        return pictures.fees_against_loss(self, self.pool_life, ax)

    def plot_amounts(self, ax: Axes | None = None) -> Axes:
        """How the coins of the pool, of the hedge, and both have changed since the add."""
        return pictures.amounts(self, self.pool_life, ax)

    def plot_coins(self, ax: Axes | None = None) -> Axes:
        """How the coins behind the position changed, by coin."""
        return pictures.coins_since(self, ax)

    def plot_exposure(self, ax: Axes | None = None) -> Axes:
        """What the position moves with, by coin, and what is left with the hedge, in quote."""
        return pictures.exposure(self, ax)

    def plot_drawdown(self, ax: Axes | None = None) -> Axes:
        """How far the equity stands below its peak, at each time of the grid."""
        return pictures.drawdown(self, ax)

    def plot_attribution(self, ax: Axes | None = None) -> Axes:
        """Where the money came from."""
        return pictures.attribution(self, ax)

    def plot_gap(self, ax: Axes | None = None) -> Axes:
        """How far exchange and pool stood apart."""
        return pictures.gap(self, ax)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<Replayed: {self.sentence()}>")

    def _cell(self) -> pd.DataFrame:
        import pandas as pd

        rows = {name: amount for name, amount in self.attribution().items() if amount}
        return pd.DataFrame({"part": rows.keys(), f"[{self.quote}]": rows.values()})


def _moment(given: str | np.datetime64) -> np.datetime64:
    return given if isinstance(given, np.datetime64) and not np.isnat(given) else moment(given)  # type: ignore[arg-type]


def _removed(before: FloatArray, after: FloatArray) -> float:
    """The share of the variance of the changes that is gone."""
    variance = float(np.var(np.diff(before)))
    return 1.0 - float(np.var(np.diff(after))) / variance if variance else float("nan")
