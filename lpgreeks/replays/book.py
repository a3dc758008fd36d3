"""From the nouns of a hedge to the columns of the compiled step."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import InputError, MarketError, require_finite, require_positive
from lpgreeks.hedging import HedgePlan
from lpgreeks.hedging.legs import Leg, Pledge, pledges
from lpgreeks.instruments import Instrument, InversePerp, LinearPerp, Margined, Spot
from lpgreeks.margin import Flat, counts_value
from lpgreeks.markets.tape import Settlements, Tape
from lpgreeks.powers import Powers
from lpgreeks.replays.columns import NOTHING, SHED, SLOPE, Accounts, Legs, Margins, Position, Rule, column
from lpgreeks.replays.index_life import IndexLife
from lpgreeks.replays.life import Life
from lpgreeks.replays.policies import Policy
from lpgreeks.replays.tables import table_of
from lpgreeks.replays.targets import wanted

__all__ = ["Hedge", "Reserve", "hedge_of", "position_of", "rule_of", "settlements_of"]

_OFF = np.inf


@dataclass(frozen=True, kw_only=True)
class Reserve(Noun):
    """What is kept back to top up an account.

    Args:
        amount: in the account's token.
        trigger: topped up where equity falls below so many times the maintenance margin.
        target: up to so many times, as far as the reserve goes.
    """

    amount: float
    trigger: float = 1.5
    target: float = 3.0

    def __post_init__(self) -> None:
        for name in ("amount", "trigger", "target"):
            object.__setattr__(self, name, require_positive(name, getattr(self, name), unit="account's token"))
        if not 1.0 < self.trigger < self.target:
            raise InputError(
                "a trigger above 1 and below the target", got=f"trigger={self.trigger:g}, target={self.target:g}"
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Hedge:
    """The contracts of a replay, and what stands behind them.

    Attributes:
        legs: what can be traded.
        quantities: what is traded on the first row.
        pledges: the accounts.
        posted, reserve: in each account's token.
        columns, margins, accounts: the same as the step reads them.
        options: of the plan, bought on the first row and kept to their expiry.
        notes: what was taken as equal, or stated.
    """

    legs: tuple[Leg, ...]
    quantities: FloatArray
    pledges: tuple[Pledge, ...]
    posted: FloatArray
    reserve: FloatArray
    columns: Legs
    margins: Margins
    accounts: Accounts
    options: tuple[tuple[Leg, float], ...]
    notes: tuple[str, ...]

    def part(self, legs: Sequence[int]) -> Hedge:
        """Some of the legs, with the accounts that are theirs alone.

        Raises:
            InputError: an account of theirs that other legs share.
        """
        own = [a for a, pledge in enumerate(self.pledges) if set(pledge.legs) & set(legs)]
        for a in own:
            if not set(self.pledges[a].legs) <= set(legs):
                raise InputError(
                    "an account for each coin of an index",
                    got=f"{self.pledges[a].name} behind {', '.join(self.legs[j].name for j in self.pledges[a].legs)}",
                    remedy="Leave account= out: each leg then has its own",
                )
        kept, renumbered = list(legs), {a: k for k, a in enumerate(own)}
        account = [renumbered.get(a, -1) for a in self.columns.account[kept].tolist()]
        columns = Legs._make(_some(x, kept) for x in self.columns)
        return replace(
            self,
            legs=tuple(self.legs[j] for j in legs),
            quantities=self.quantities[kept],
            pledges=tuple(replace(self.pledges[a], legs=tuple(map(kept.index, self.pledges[a].legs))) for a in own),
            posted=self.posted[own],
            reserve=self.reserve[own],
            columns=columns._replace(account=column(account, np.int64)),
            margins=Margins._make(_some(x, kept) for x in self.margins),
            accounts=Accounts._make(_some(x, own) for x in self.accounts),
        )


def hedge_of(
    hedge: HedgePlan | Sequence[Leg | Instrument] | None,
    tape: Tape,
    collateral: float | Mapping[str, float] | None,
    reserve: Reserve | Mapping[str, Reserve] | None,
) -> Hedge:
    """Read a plan or bare legs against a tape.

    Raises:
        InputError: a leg that a replay cannot hold; collateral that is not said.
        MarketError: a leg whose market has no quotes.
    """
    every, amounts = _legs(hedge)
    kept = [j for j, leg in enumerate(every) if leg.option is None]
    legs, quantities = tuple(every[j] for j in kept), amounts[kept]
    options = tuple((leg, float(q)) for leg, q in zip(every, amounts, strict=True) if leg.option is not None)
    if options and not isinstance(hedge, HedgePlan):
        raise InputError("a plan, which says how many options", got=options[0][0].name, remedy="lp.hedge(...)")
    for leg in legs:
        if not isinstance(leg.instrument, (Margined, Spot)):
            raise InputError(
                "perpetuals, futures and coins as legs of a replay",
                got=leg.name,
                remedy="Options are bought at the add: policy & OptionsAtAdd(...)",
            )
    accounts = pledges(legs)
    known = None
    if isinstance(hedge, HedgePlan):
        known = dict(zip((p.name for p in accounts), hedge.best.collateral, strict=True))
    posted = _posted(accounts, collateral if collateral is not None else known, legs)
    reserves = _reserves(accounts, reserve)
    columns, notes = _columns(legs, accounts, tape)
    return Hedge(
        legs=legs,
        quantities=quantities,
        pledges=accounts,
        posted=posted,
        reserve=np.array([0.0 if r is None else r.amount for r in reserves]),
        columns=columns,
        margins=_margins(legs),
        accounts=_accounts(legs, accounts, columns, reserves),
        options=options,
        notes=notes,
    )


def position_of(life: Life | IndexLife, target: FloatArray) -> Position:
    """The position of a life as the step reads it."""
    if isinstance(life, IndexLife):
        # Laid once, and nothing in it that a pool's price moves.
        one = column(np.ones(1))
        return Position(column(np.zeros(1), np.int64), one, one, one, table_of(Powers.constant(0.0), "nothing"), target)
    adds = life.adds
    return Position(adds.row, adds.price, adds.scale, adds.centre, life.shape.base, target)


def rule_of(
    policy: Policy, hedge: Hedge, life: Life | IndexLife, traded: Collection[str] = ()
) -> tuple[Rule, FloatArray]:
    """A policy as one row of numbers, and what it wants on every row.

    Args:
        policy: as data.
        hedge: the legs of one coin.
        life: what is hedged.
        traded: the coins of all legs, where there are several.

    Raises:
        InputError: conditions without a leg to trade, or of two kinds at once.
    """
    said = dict(policy.settings)
    said.pop("options", None)
    nothing = column(())
    leg = _leg_of(said.pop("leg", None), hedge)
    shed = "theta_up" in said
    slope = bool({"keep", "band", "band_coins", "every", "move"} & set(said))
    if shed and slope:
        raise InputError(
            "a dislocation by itself, or conditions on a slope", got=repr(policy), remedy="Leave one of the two out"
        )
    keep = said.pop("keep", None)
    coins = False
    target = nothing
    if shed and isinstance(life, IndexLife):
        raise InputError(
            "a position in a pool, which a dislocation hedges ahead",
            got=f"shares of {life.index.name}",
            remedy="DeltaBand, Every or PriceMove",
        )
    if (shed or slope) and leg < 0:
        raise InputError("a leg that the policy can trade", got="none", remedy="Offer a perpetual, a future or a coin")
    if slope:
        instrument = hedge.legs[leg].instrument
        target, coins = wanted(life, instrument, keep, traded or (instrument.base,))  # type: ignore[arg-type]
    off = dict.fromkeys(Rule._fields, _OFF) | {
        "min_gap": 0.0,
        "dwell": 0.0,
        "latency": 0.0,
        "ratio": 1.0,
        "resize": 1.0,
    }
    kind = SHED if shed else SLOPE if slope else NOTHING
    row = off | {name: float(value) for name, value in said.items()}  # type: ignore[arg-type]
    row |= {"leg": float(max(leg, 0)), "kind": kind, "coins": float(coins)}
    return Rule(**row), target


def settlements_of(hedge: Hedge, tape: Tape) -> Settlements:
    """Funding of the tape, and the stated funding of legs whose market has none there."""
    real, times = tape.settlements, tape.times.astype(np.int64)
    due = list(zip(real.row.tolist(), real.market.tolist(), real.rate.tolist(), strict=True))
    for j, leg in enumerate(hedge.legs):
        if leg.funding is not None and hedge.columns.funding[j] >= len(tape.markets):
            step = int(leg.funding.hours * 3.6e12)
            at = np.arange((times[0] // step + 1) * step, times[-1] + 1, step)
            rows = np.searchsorted(times, at, side="left")
            due += [(int(i), len(tape.markets) + j, leg.funding.rate) for i in rows]
    due.sort()
    row, market, rate = zip(*due, strict=True) if due else ((), (), ())
    return Settlements(column(row, np.int64), column(market, np.int64), column(rate))


def _some(array: NDArray[Any], chosen: Sequence[int]) -> NDArray[Any]:
    return column(array[list(chosen)], array.dtype.type)


# ---- legs


def _legs(hedge: HedgePlan | Sequence[Leg | Instrument] | None) -> tuple[tuple[Leg, ...], FloatArray]:
    if hedge is None:
        return (), np.zeros(0)
    if isinstance(hedge, HedgePlan):
        return hedge.legs, np.array(hedge.quantities, dtype=np.float64)
    if not isinstance(hedge, Sequence) or not all(isinstance(x, (Leg, Instrument)) for x in hedge):
        raise InputError("a plan, or a list of legs", got=f"{hedge!r:.60}", remedy="[lp.Leg(perp, collateral=...)]")
    return tuple(x if isinstance(x, Leg) else Leg(x) for x in hedge), np.zeros(len(hedge))


def _columns(legs: Sequence[Leg], accounts: Sequence[Pledge], tape: Tape) -> tuple[Legs, tuple[str, ...]]:
    notes, market, funding = [], [], []
    settled = {tape.column(f.market)[0] for f in tape.funding}  # type: ignore[union-attr]
    for j, leg in enumerate(legs):
        if not tape.markets:
            raise MarketError(
                f"quotes of {leg.instrument.market}", got="a tape of a pool alone", remedy="Tape(quotes=...)"
            )
        read, note = tape.column(leg.instrument.market)
        notes += [note] if note else []
        market.append(read)
        perpetual = isinstance(leg.instrument, (LinearPerp, InversePerp))
        funding.append(-1 if not perpetual else read if read in settled else len(tape.markets) + j)
        if perpetual and read not in settled:
            notes.append(
                f"funding of {leg.name} as stated, {leg.funding.rate:g} every {leg.funding.hours:g} h"
                if leg.funding is not None
                else f"no funding of {leg.name} on the tape: its P&L is incomplete"
            )
        if leg.initial is not None:
            notes.append(f"the margin that opening asks for is not checked: initial of {leg.name}")
    # Without a maintenance margin nobody liquidates: what is posted is only counted.
    maintained = [_maintained(p, legs) for p in accounts]
    behind = {j: a for a, p in enumerate(accounts) if maintained[a] for j in p.legs}
    notes += [
        f"nothing is liquidated: no maintenance margin is stated for {p.name}"
        for p, kept in zip(accounts, maintained, strict=True)
        if not kept
    ]
    columns = Legs(
        market=column(market, np.int64),
        inverse=column([leg.instrument.settled_in_base for leg in legs], np.bool_),
        account=column([behind.get(j, -1) for j in range(len(legs))], np.int64),
        funding=column(funding, np.int64),
        lot=column([leg.step or 0.0 for leg in legs]),
        side=column([float(leg.side or 0.0) for leg in legs]),
        taker=column([leg.fee.taker if leg.fee else 0.0 for leg in legs]),
        maker=column([leg.fee.maker if leg.fee else 0.0 for leg in legs]),
        slippage=column([leg.slippage.rate if leg.slippage else 0.0 for leg in legs]),
    )
    return columns, tuple(dict.fromkeys(notes))


def _maintained(pledge: Pledge, legs: Sequence[Leg]) -> bool:
    kept = [legs[j].maintenance is not None for j in pledge.legs]
    if any(kept) and not all(kept):
        raise InputError(f"a maintenance margin of every leg of account {pledge.name}", got="of some of them")
    return any(kept)


def _margins(legs: Sequence[Leg]) -> Margins:
    tables = [None if leg.maintenance is None else leg.maintenance.requirement for leg in legs]
    widest = max((len(t.kinks) for t in tables if t is not None), default=0)
    kinks = np.full((len(legs), widest), np.inf)
    coefficients = np.zeros((len(legs), widest + 1, 3))
    of_value = np.ones(len(legs), dtype=np.bool_)
    for j, (leg, table) in enumerate(zip(legs, tables, strict=True)):
        if table is None:
            continue
        assert isinstance(leg.instrument, Margined)
        assert leg.maintenance is not None
        kinks[j, : len(table.kinks)] = table.kinks
        of_value[j] = counts_value(leg.maintenance, leg.instrument)
        for k, piece in enumerate(table.pieces):
            for exponent, coefficient in piece:
                coefficients[j, k, int(exponent)] = coefficient
        coefficients[j, len(table.pieces) :] = coefficients[j, len(table.pieces) - 1]
    return Margins(column(kinks), column(coefficients), column(of_value, np.bool_))


def _accounts(
    legs: Sequence[Leg], accounts: Sequence[Pledge], columns: Legs, reserves: Sequence[Reserve | None]
) -> Accounts:
    market, coins, convex = [], [], []
    for pledge in accounts:
        inside = [legs[j] for j in pledge.legs]
        wrong = [leg.name for leg in inside if leg.instrument.margin_token != pledge.token]  # type: ignore[attr-defined]
        if wrong:
            raise InputError(
                "collateral in the token that a contract is margined in",
                got=f"{pledge.token} behind {', '.join(wrong)}",
                remedy="A replay keeps each account in one token: convert it at the start",
            )
        read = {int(columns.market[j]) for j in pledge.legs}
        market.append(read.pop() if len(read) == 1 else -1)
        coins.append(pledge.token != inside[0].instrument.quote)
        convex.append(not any(isinstance(leg.maintenance, Flat) for leg in inside))
    return Accounts(
        market=column(market, np.int64),
        coins=column(coins, np.bool_),
        trigger=column([1.0 if r is None else r.trigger for r in reserves]),
        target=column([1.0 if r is None else r.target for r in reserves]),
        convex=column(convex, np.bool_),
    )


def _posted(accounts: Sequence[Pledge], given: float | Mapping[str, float] | None, legs: Sequence[Leg]) -> FloatArray:
    if given is None:
        kept = [p.name for p in accounts if _maintained(p, legs)]
        if kept:
            raise InputError(
                "collateral behind legs with a maintenance margin",
                got=f"none behind {', '.join(kept)}",
                remedy="collateral=50_000, or a plan, which says how much",
            )
        return np.zeros(len(accounts))
    if not isinstance(given, Mapping):
        if len(accounts) != 1:
            raise InputError(
                "collateral by account",
                got=f"one amount for {len(accounts)} accounts",
                remedy=f"A mapping of {', '.join(p.name for p in accounts) or 'legs with collateral='}",
            )
        given = {accounts[0].name: given}
    missing = {p.name for p in accounts} ^ set(given)
    if missing:
        raise InputError("collateral of each account", got=f"{sorted(missing)} on one side only")
    amounts = [require_finite("collateral", given[p.name], unit=p.token) for p in accounts]
    if min(amounts, default=0.0) < 0:
        raise InputError("collateral of 0 or more", got=f"{min(amounts):g}")
    return np.array(amounts)


def _reserves(accounts: Sequence[Pledge], given: Reserve | Mapping[str, Reserve] | None) -> list[Reserve | None]:
    if given is None:
        return [None] * len(accounts)
    if isinstance(given, Reserve):
        if len(accounts) != 1:
            raise InputError("a reserve by account", got=f"one for {len(accounts)} accounts")
        return [given]
    if not isinstance(given, Mapping) or not all(isinstance(r, Reserve) for r in given.values()):
        raise InputError("a reserve, or one by account", got=f"{given!r:.60}", remedy="reserve=Reserve(amount=10_000)")
    names = [p.name for p in accounts]
    if unknown := [name for name in given if name not in names]:
        raise InputError("reserves of accounts", got=f"{unknown[0]!r:.60}", remedy=", ".join(names) or "none is kept")
    return [given.get(name) for name in names]


def _leg_of(named: object, hedge: Hedge) -> int:
    if named is None:
        return 0 if hedge.legs else -1
    for j, leg in enumerate(hedge.legs):
        if named in (leg, leg.instrument):
            return j
    raise InputError("a leg of the hedge", got=f"{named!r:.60}", remedy=", ".join(x.name for x in hedge.legs) or "none")
