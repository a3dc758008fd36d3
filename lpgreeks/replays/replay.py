"""The verb: a position and its hedge, folded over a tape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError
from lpgreeks.hedging import HedgePlan
from lpgreeks.hedging.legs import Leg
from lpgreeks.instruments import Exposure, Instrument
from lpgreeks.markets.tape import Rows, Settlements, Tape
from lpgreeks.paths import Span
from lpgreeks.recipes import recorded
from lpgreeks.replays.book import Hedge, Reserve, hedge_of, position_of, rule_of, settlements_of
from lpgreeks.replays.columns import Book, Memory, Position, Rule, column, new_book
from lpgreeks.replays.index_life import IndexHolding, IndexLife
from lpgreeks.replays.life import FeesAlongMove, FeesAtClose, Life, ManagedRange, grid_of, live_through
from lpgreeks.replays.notice import announce_compiling
from lpgreeks.replays.options import OptionsAtAdd, bought, purchases_at_adds, purchases_of
from lpgreeks.replays.policies import Hold, Policy
from lpgreeks.replays.result import Replayed, Trades

__all__ = ["Now", "Targets", "replay"]

Targets: TypeAlias = "Mapping[Instrument, float] | float | None"
"""What a callable policy wants held: a quantity by instrument, or of the only leg; None: nothing is done."""

_MOST = 1e150
"""The square of what is worth more is no number."""

_COLUMNS = 6
_LEG_FIGURES, _ACCOUNT_FIGURES = 7, 2


@dataclass(frozen=True, kw_only=True, repr=False)
class Now(Noun):
    """What a callable policy sees: the tape up to this row, and what is held.

    Attributes:
        time: of the row, UTC.
        bid, ask, mark: by leg, of the market that it reads.
        pool: the pool's price; of an index alone, a share's.
        added: whether a range was laid on this row.
        price_at_add: the pool's price when it was laid.
        quantities: by leg, signed.
        held: coins that the hedge adds to the slope of the value.
        pending: whether an order waits to be filled, by leg.
    """

    time: np.datetime64
    bid: tuple[float, ...]
    ask: tuple[float, ...]
    mark: tuple[float, ...]
    pool: float
    added: bool
    price_at_add: float
    quantities: tuple[float, ...]
    held: float
    pending: tuple[bool, ...]
    _life: Life | IndexLife
    _row: int
    _position: Position
    _segment: int

    @property
    def middle(self) -> tuple[float, ...]:
        """By leg: of bid and ask."""
        return tuple((bid + ask) / 2.0 for bid, ask in zip(self.bid, self.ask, strict=True))

    @property
    def deltas(self) -> Mapping[str, float]:
        """The position's, in coins, by coin: of a pool at its price, of an index by the protocol's state."""
        return self._life.deltas_at(self._row)

    @property
    def delta(self) -> float:
        """That of the one coin.

        Raises:
            InputError: there are several.
        """
        if len(found := self.deltas) != 1:
            raise InputError("one coin", got=", ".join(found) or "none", remedy="now.deltas")
        return next(iter(found.values()))

    def coins(self, price: float | None = None) -> float:
        """Coins in the pool, at its price or if its price were another."""
        from lpgreeks.replays.compiled_step import coins_at

        return float(coins_at(self._position, self._segment, self.pool if price is None else price))


@recorded
def replay(
    position: Exposure | ManagedRange | IndexHolding,
    hedge: HedgePlan | Sequence[Leg | Instrument] | None,
    tape: Tape,
    *,
    policy: Policy | Callable[[Now], Targets] = Hold(),  # noqa: B008
    collateral: float | Mapping[str, float] | None = None,
    reserve: Reserve | Mapping[str, Reserve] | None = None,
    fees: FeesAlongMove | FeesAtClose = FeesAlongMove(),  # noqa: B008
    grid: Span = "1h",
) -> Replayed:
    """How a position with its hedge would have fared on a tape.

    The order on each row: prices move and the position earns its fees; funding settles; accounts are checked for
    liquidation on the row's low and high, and topped up; orders that are due are filled; a range that was left is laid
    anew; the policy decides, on the last row of each moment, from what is known up to there. Its order is filled at
    that row's bid or ask with the fee of its leg. At the end contracts are marked, not closed.

    Args:
        position: pools and tokens that are held throughout, a range that is managed, or shares of the tape's index.
        hedge: a plan, whose quantities are traded on the first row, or legs, which a policy trades from nothing.
        tape: what happened.
        policy: when to trade, as data; or a function of :class:`Now` that returns quantities, which is slower.
        collateral: posted behind each account, in its token; a plan says it.
        reserve: kept back to top accounts up.
        fees: how the fees of a row are counted.
        grid: at which distance of time the result's series stand.

    Raises:
        InputError: a leg without quotes or collateral, or a policy that nothing can follow.
        DataError: a policy that returns no number.

    Example:
        >>> import numpy as np
        >>> import lpgreeks as lp
        >>> minutes = np.datetime64("2023-04-01", "ns") + np.arange(3) * np.timedelta64(1, "m")
        >>> bid = np.array([1_900.0, 1_910.0, 1_890.0])
        >>> quotes = lp.Quotes(market="ETH/USDC", times=minutes, bid=bid, ask=bid + 1, source="by hand")
        >>> pool = lp.UniswapV3.from_value(
        ...     100_000, base="ETH", quote="USDC", price=1_900.5, lower=1_700, upper=2_100
        ... )
        >>> tape = lp.Tape(quotes=quotes, pool=lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1e7, delay="0s"))
        >>> result = lp.replay(pool, None, tape, grid="1min")
        >>> result.attribution()["impermanent loss"] < 0
        True
    """
    if not isinstance(tape, Tape):
        raise InputError("a tape", got=f"{tape!r:.60}", remedy="Tape(quotes=..., pool=..., funding=...)")
    from lpgreeks.replays.compiled_fold import fold

    announce_compiling(fold)
    at = grid_of(tape, grid)
    rows = at.rows
    held = hedge_of(hedge, tape, collateral, reserve)
    life: Life | IndexLife
    if isinstance(position, IndexHolding):
        life, purchases = _of_shares(position, held, policy, tape, rows), []
    else:
        life = live_through(position, tape, rows=rows, fees=fees)
        purchases = [*purchases_of(held.options, life)]
        if isinstance(policy, Policy) and isinstance(at_adds := policy.settings.get("options"), OptionsAtAdd):
            purchases += purchases_at_adds(at_adds, life)
    settlements = settlements_of(held, tape)
    if isinstance(policy, Policy):
        run = _by_coin(policy, tape.rows, settlements, life, held, rows)
    elif callable(policy):
        rule, _ = rule_of(Hold(), held, life)
        run = _called(policy, rule, tape, settlements, life, held, rows)
    else:
        raise InputError("a policy, or a function of Now", got=f"{policy!r:.60}", remedy="policy=lp.DeltaBand(0.05)")
    return Replayed(
        position=position,
        tape=tape,
        policy=policy,
        life=life,
        hedge=held,
        grid=at,
        of_legs=run.of_legs,
        of_accounts=run.of_accounts,
        trades=Trades.of(run.trades),
        liquidated=tuple(int(row) if row >= 0 else None for row in run.liquidated),
        options=bought(purchases, tape, rows),
    )


def _of_shares(position: IndexHolding, hedge: Hedge, policy: object, tape: Tape, rows: NDArray[np.int64]) -> IndexLife:
    if hedge.options or (isinstance(policy, Policy) and "options" in policy.settings):
        raise InputError("perpetuals, futures and coins against an index", got="options", remedy="Leave them out")
    if tape.index is None:
        raise InputError("an index on the tape", got=tape.describe(), remedy="Tape(index=..., quotes=...)")
    return IndexLife(position=position, tape=tape, rows=rows)


@dataclass(frozen=True, kw_only=True)
class _Ran:
    """What a fold leaves."""

    trades: FloatArray
    of_legs: FloatArray
    of_accounts: FloatArray
    liquidated: FloatArray


@dataclass(frozen=True, kw_only=True)
class _Run:
    """What a fold writes."""

    book: Book
    trades: FloatArray
    of_legs: FloatArray
    of_accounts: FloatArray

    def ended(self, trades: FloatArray) -> _Ran:
        return _Ran(
            trades=trades[: int(self.book.memory[Memory().written])],
            of_legs=self.of_legs,
            of_accounts=self.of_accounts,
            liquidated=self.book.liquidated,
        )


def _by_coin(
    policy: Policy,
    rows: Rows,
    settlements: Settlements,
    life: Life | IndexLife,
    hedge: Hedge,
    grid: NDArray[np.int64],
) -> _Ran:
    """Fold the policy over each coin's legs: a pool has one coin, and an index a hedge of its own for each."""
    if isinstance(life, Life) or not hedge.legs:
        rule, target = rule_of(policy, hedge, life)
        return _folded(rule, rows, settlements, position_of(life, target), hedge, grid)
    coins: dict[int, list[int]] = {}
    for j, leg in enumerate(hedge.legs):
        coins.setdefault(life.index.column(leg.instrument.base), []).append(j)
    traded = {life.bases[c] for c in coins}
    whole, trades = _new_run(hedge, grid), []
    for legs in coins.values():
        part = hedge.part(legs)
        rule, target = rule_of(policy, part, life, traded)
        ran = _folded(rule, rows, settlements, position_of(life, target), part, grid)
        accounts = [a for a, pledge in enumerate(hedge.pledges) if pledge.legs[0] in legs]
        whole.of_legs[:, legs], whole.of_accounts[:, accounts] = ran.of_legs, ran.of_accounts
        whole.book.liquidated[accounts] = ran.liquidated
        ran.trades[:, 1] = np.asarray(legs, dtype=np.float64)[ran.trades[:, 1].astype(np.int64)]
        trades.append(ran.trades)
    together = np.concatenate(trades)
    return _Ran(
        trades=together[np.argsort(together[:, 0], kind="stable")],
        of_legs=whole.of_legs,
        of_accounts=whole.of_accounts,
        liquidated=whole.book.liquidated,
    )


def _new_run(hedge: Hedge, rows: NDArray[np.int64]) -> _Run:
    legs, accounts = len(hedge.legs), len(hedge.pledges)
    return _Run(
        book=new_book(legs, hedge.posted, hedge.reserve, hedge.quantities),
        trades=np.empty((1_024 + 3 * legs, _COLUMNS)),
        of_legs=np.empty((rows.size, legs, _LEG_FIGURES)),
        of_accounts=np.empty((rows.size, accounts, _ACCOUNT_FIGURES)),
    )


def _folded(
    rule: Rule, rows: Rows, settlements: Settlements, position: Position, hedge: Hedge, grid: NDArray[np.int64]
) -> _Ran:
    from lpgreeks.replays.compiled_fold import fold

    run = _new_run(hedge, grid)
    trades, at = run.trades, 0
    while True:
        at = fold(
            at, rule, rows, settlements, position, run.book, hedge.columns, hedge.margins, hedge.accounts,
            trades, grid, run.of_legs, run.of_accounts,
        )  # fmt: skip
        if at == rows.times.size:
            return run.ended(trades)
        trades = np.concatenate([trades, np.empty_like(trades)])


def _called(
    policy: Callable[[Now], Targets],
    rule: Rule,
    tape: Tape,
    settlements: Settlements,
    life: Life | IndexLife,
    hedge: Hedge,
    grid: NDArray[np.int64],
) -> _Ran:
    from lpgreeks.replays.compiled_step import advance, begin, held, request, snapshot

    run, m, rows = _new_run(hedge, grid), Memory(), tape.rows
    book, trades, legs, accounts = run.book, run.trades, hedge.columns, hedge.accounts
    columns = [int(c) for c in legs.market]
    position = position_of(life, column(()))
    for i in range(rows.times.size):
        if book.memory[m.written] > len(trades) - 3 * len(hedge.legs) - 1:
            trades = np.concatenate([trades, np.empty_like(trades)])
        advance(i, rows, settlements, book, legs, hedge.margins, accounts, trades)
        segment = int(book.memory[m.segment])
        added = segment < position.row.size and position.row[segment] == i
        if added:
            begin(i, rule, rows, position, book, legs, accounts, trades)
        if i + 1 == rows.times.size or rows.times[i + 1] != rows.times[i]:
            segment = int(book.memory[m.segment]) - 1
            now = Now(
                time=tape.times[i],
                bid=tuple(float(rows.bid[c, i]) for c in columns),
                ask=tuple(float(rows.ask[c, i]) for c in columns),
                mark=tuple(float(rows.mark[c, i]) for c in columns),
                pool=float(rows.pool[i]),
                added=added,
                price_at_add=float(position.price[segment]),
                quantities=tuple(book.quantity.tolist()),
                held=float(held(book, legs, accounts)),
                pending=tuple(bool(x) for x in book.pending[:, 0]),
                _life=life,
                _row=i,
                _position=position,
                _segment=segment,
            )
            for j, quantity in _asked(policy(now), hedge, now.mark, now.time):
                request(i, j, quantity, rule, rows, book, legs, trades)
        while (taken := int(book.memory[m.taken])) < grid.size and grid[taken] == i:
            snapshot(taken, book, run.of_legs, run.of_accounts)
            book.memory[m.taken] = taken + 1
    return run.ended(trades)


def _asked(targets: Targets, hedge: Hedge, prices: Sequence[float], time: np.datetime64) -> list[tuple[int, float]]:
    if targets is None:
        return []
    if not isinstance(targets, Mapping):
        if len(hedge.legs) != 1:
            raise InputError(f"quantities by instrument for {len(hedge.legs)} legs", got=f"{targets!r:.60}")
        targets = {hedge.legs[0].instrument: targets}
    asked = []
    for instrument, quantity in targets.items():
        j = next((j for j, leg in enumerate(hedge.legs) if instrument in (leg, leg.instrument)), None)
        if j is None or not _is_number(quantity):
            raise DataError(
                "a finite quantity of a leg of the hedge from the policy, or None",
                got=f"{quantity!r:.40} of {instrument!r:.60} at {time}",
                remedy="Return None where nothing is to be done",
            )
        worth = abs(float(quantity)) / prices[j] if hedge.columns.inverse[j] else abs(float(quantity)) * prices[j]
        if not worth <= _MOST:
            raise DataError(
                f"a quantity worth up to {_MOST:g} of the margin token from the policy",
                got=f"{quantity!r:.40} of {hedge.legs[j].name} at {time}",
                remedy="Variances are sums of squares, and greater ones are no numbers",
            )
        asked.append((j, float(quantity)))
    return asked


def _is_number(quantity: object) -> bool:
    real = isinstance(quantity, (int, float, np.integer, np.floating)) and not isinstance(quantity, bool)
    return real and bool(np.isfinite(quantity))  # type: ignore[call-overload]
