"""What the compiled step reads and writes: arrays by name, one noun for each owner."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lpgreeks._types import FloatArray
from lpgreeks.replays.tables import Table

__all__ = [
    "NOTHING",
    "SHED",
    "SLOPE",
    "Accounts",
    "Book",
    "Legs",
    "Living",
    "Margins",
    "Memory",
    "Position",
    "Rule",
    "column",
    "new_book",
]


def column(values: ArrayLike, kind: type = np.float64) -> NDArray[Any]:
    """An array as every compiled function takes it: contiguous and read-only, so that each is compiled once."""
    array: NDArray[Any] = np.array(values, dtype=kind)
    array.flags.writeable = False
    return array


class Position(NamedTuple):
    """What the pool holds on every row: the range that was laid last, and what is wanted against it."""

    row: NDArray[np.int64]
    """``(adds,)``: on which row each range was laid."""
    price: FloatArray
    scale: FloatArray
    centre: FloatArray
    base: Table
    """Coins of scale 1 about a price of 1."""
    wanted: FloatArray
    """``(n,)``: what cancels the slope of what is held constant; empty where no policy asks for it."""


class Legs(NamedTuple):
    """The contracts of the hedge, ``(legs,)`` each."""

    market: NDArray[np.int64]
    inverse: NDArray[np.bool_]
    account: NDArray[np.int64]
    """-1 where none is kept."""
    funding: NDArray[np.int64]
    """Which settlements it takes part in; -1 for none."""
    lot: FloatArray
    side: FloatArray
    """The only sign of its quantity: 1 or -1; 0 where both are allowed."""
    taker: FloatArray
    maker: FloatArray
    slippage: FloatArray


class Margins(NamedTuple):
    """The maintenance margin of each leg: a constant, a line and a square of its size, by bracket."""

    kinks: FloatArray
    """``(legs, brackets - 1)``, padded with infinity."""
    coefficients: FloatArray
    """``(legs, brackets, 3)``."""
    of_value: NDArray[np.bool_]
    """Whether the size is its value; else what stands still of it, which fixes one rate of the value."""


class Accounts(NamedTuple):
    """Collateral behind legs, ``(accounts,)`` each, in the margin token."""

    market: NDArray[np.int64]
    """The one market that it reads, or -1 for several."""
    coins: NDArray[np.bool_]
    """Whether it is kept in coins."""
    trigger: FloatArray
    """Topped up where equity falls below this many times the maintenance margin."""
    target: FloatArray
    """Up to this many times."""
    convex: NDArray[np.bool_]
    """Whether what is safe at two prices is safe between them."""


NOTHING, SLOPE, SHED = 0.0, 1.0, 2.0
"""What a policy does: nothing; trade towards what is wanted; trade what the pool is about to shed or to take."""


class Living(NamedTuple):
    """Where in a state of a position's life stands what; fees and tokens in their own units, money in quote."""

    scale: int = 0
    """Of the range as it was added; 0: nothing is in the pool."""
    centre: int = 1
    price: int = 2
    """At the add, as are the two amounts put in."""
    base: int = 3
    quote: int = 4
    held_base: int = 5
    """Tokens in hand beside the range, and the price they were last counted at."""
    held_quote: int = 6
    held_at: int = 7
    fee_base: int = 8
    """Earned, in tokens, and the two bounds of it."""
    fee_quote: int = 9
    least_base: int = 10
    least_quote: int = 11
    most_base: int = 12
    most_quote: int = 13
    loss: int = 14
    """Impermanent loss, and what holding made, of the ranges that are over."""
    holding: int = 15
    swapped: int = 16
    """Paid to swap tokens, and for transactions."""
    gas: int = 17
    inside: int = 18
    """Nanoseconds in range."""
    due: int = 19
    """When the schedule removes it next."""
    figures: int = 20


class Rule(NamedTuple):
    """A policy as one row of numbers; infinity is off."""

    leg: float
    kind: float
    """One of the three above."""
    coins: float
    """1 where what is wanted is a slope in coins, which every leg adds to; 0 where it is the leg's own quantity."""
    ratio: float
    resize: float
    """1 where a new range is hedged anew."""
    band: float
    """Of what was wanted at the add."""
    band_coins: float
    every: float
    """Nanoseconds."""
    move: float
    theta_up: float
    theta_down: float
    min_gap: float
    gap: float
    dwell: float
    """Nanoseconds."""
    cap: float
    """Coins."""
    latency: float
    """Nanoseconds."""
    patience: float
    """Nanoseconds that a resting order waits; infinity: it is none."""


class Memory(NamedTuple):
    """Where in ``Book.memory`` stands what a policy remembers."""

    reference: int = 0
    since: int = 1
    sense: int = 2
    last_time: int = 3
    last_price: int = 4
    at_add: int = 5
    """What was wanted at the add."""
    segment: int = 6
    """How many ranges have been laid."""
    settled: int = 7
    """How many settlements have been paid."""
    written: int = 8
    """How many trades are written."""
    taken: int = 9
    """How many snapshots are taken."""
    ahead: int = 10
    """What the policy's leg would hold of everything hedged ahead, without lots, cap and side."""
    size: int = 11


class Book(NamedTuple):
    """The hedge as it stands; every array is written by the step."""

    quantity: FloatArray
    paid: FloatArray
    """The sum of quantity times what +1 counted for when it was traded, in the margin token."""
    spread: FloatArray
    """Given away between the middle and the best price, in the margin token; > 0 is a cost."""
    slippage: FloatArray
    fees: FloatArray
    funding: FloatArray
    """Received, in the margin token."""
    turnover: FloatArray
    """In quote."""
    base_quantity: FloatArray
    """What a policy leaves standing: the plan's."""
    posted: FloatArray
    """``(accounts,)``, as are the rest."""
    reserve: FloatArray
    liquidated: FloatArray
    """The row of the first liquidation, or -1."""
    safe_low: FloatArray
    safe_high: FloatArray
    pending: FloatArray
    """``(legs, 4)``: quantity, due, limit, deadline."""
    memory: FloatArray


def new_book(legs: int, posted: FloatArray, reserve: FloatArray, base_quantity: FloatArray) -> Book:
    """Nothing traded yet."""
    per_leg = ("quantity", "paid", "spread", "slippage", "fees", "funding", "turnover")
    memory = np.zeros(Memory().size)
    memory[Memory().since], memory[Memory().last_time], memory[Memory().last_price] = -1.0, -np.inf, np.nan
    return Book(
        **{name: np.zeros(legs) for name in per_leg},
        base_quantity=base_quantity.copy(),
        posted=posted.copy(),
        reserve=reserve.copy(),
        liquidated=np.full(posted.size, -1.0),
        safe_low=np.full(posted.size, np.inf),
        safe_high=np.full(posted.size, -np.inf),
        pending=np.zeros((legs, 4)),
        memory=memory,
    )
