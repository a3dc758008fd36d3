"""Replays of real pools and real prices, against plain programs that share no code with them.

Run with ``-s``, each test prints its figures.
"""

from __future__ import annotations

import csv
import gzip
import itertools
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import lpgreeks as lp
from tests.tolerances import ROUNDING

getcontext().prec = 60

POOL = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=10, base="WETH")
FEE = Fraction(5, 10_000)

RELAID = 1e-9
"""A scale that follows from the prices of some twenty adds, by bisection here and in closed form there."""

# Where a state keeps what was earned, per token: coins, dollars.
EARNED, LEAST, MOST = slice(8, 10), slice(10, 12), slice(12, 14)


# ---- every swap of a day, in the contract's own integers


class Swap(NamedTuple):
    """One line of the raw file: the root of the price in quote per base, what was paid in, what shared it."""

    time: str
    root: Fraction
    base_in: Fraction
    quote_in: Fraction
    liquidity: int


class Earned(NamedTuple):
    """Fees in whole tokens."""

    base: Fraction
    quote: Fraction


def raw_swaps(folder: Path) -> list[Swap]:
    """The untouched file of all events, read by hand: USDC is token 0 and WETH, the coin, token 1."""
    [path] = (folder / "original").glob("*.pool.tick.csv.gz")
    with gzip.open(path, "rt", newline="") as lines:
        rows = [r for r in csv.DictReader(lines) if r["tx_type"] == "SWAP"]
    rows.sort(key=lambda r: (int(r["block_number"]), int(r["log_index"])))
    return [
        Swap(
            r["block_timestamp"],
            Fraction(10**6 << 96, int(r["sqrtPriceX96"])),
            Fraction(max(int(r["amount1"]), 0), 10**18),
            Fraction(max(int(r["amount0"]), 0), 10**6),
            int(r["total_liquidity"]),
        )
        for r in rows
    ]


def root_of(price: float) -> Fraction:
    return Fraction(Decimal(price).sqrt())


def share_of_way(start: Fraction, end: Fraction, lower: Fraction, upper: Fraction) -> Fraction:
    """How much of a move lay between two bounds."""
    if start == end:
        return Fraction(lower < end < upper)
    low, high = sorted((start, end))
    return max(min(high, upper) - max(low, lower), Fraction(0)) / (high - low)


def earned(swap: Swap, before: Fraction, lower: Fraction, upper: Fraction, own: Fraction) -> Earned:
    """What one swap brought a position: dollars are paid in by the root of the price, coins by its reciprocal."""
    share = own / (own + Fraction(swap.liquidity, 10**12)) * FEE
    dollars = share_of_way(before, swap.root, lower, upper)
    coins = share_of_way(1 / before, 1 / swap.root, 1 / upper, 1 / lower)
    return Earned(swap.base_in * coins * share, swap.quote_in * dollars * share)


@pytest.fixture(scope="module")
def day(real_data: Path) -> tuple[list[Swap], lp.Tape]:
    folder = real_data / "univ3-ethereum-usdc-weth-005-2024-01-05"
    swaps = lp.read_swaps(folder / "USDC-WETH-005-ethereum-swaps.parquet", pool=POOL)
    raw = raw_swaps(folder)
    # A tape starts after its first moment: of the swaps of the first time, only where the last one left the price.
    first = sum(swap.time == raw[0].time for swap in raw) - 1
    return raw[first:], lp.Tape(pool=swaps)


@pytest.mark.parametrize(
    ("lower", "upper"),
    [(1_800.0, 2_800.0), (2_230.0, 2_270.0), (2_255.0, 2_262.5), (2_300.0, 2_400.0)],
    ids=["never left", "left and entered", "narrow", "above all"],
)
def test_fees_of_every_swap(day: tuple[list[Swap], lp.Tape], lower: float, upper: float) -> None:
    """Per token, a position's fees are those of a loop in fractions over the untouched file."""
    raw, tape = day
    position = lp.UniswapV3(base="WETH", quote="USDC", liquidity=200_000.0, lower=lower, upper=upper)
    result = lp.replay(position, None, tape)
    ends, own = (root_of(lower), root_of(upper)), Fraction(200_000)
    each = [earned(s, before.root, *ends, own) for before, s in itertools.pairwise(raw)]
    exact = np.array([float(sum(e.base for e in each)), float(sum(e.quote for e in each))])
    state = result.life.states[-1]
    assert state[EARNED] == pytest.approx(exact, rel=ROUNDING, abs=0)
    assert (state[LEAST] <= state[EARNED]).all()
    assert (state[EARNED] <= state[MOST]).all()
    pool_fees = np.array([float(FEE * sum(column)) for column in zip(*(s[2:4] for s in raw[1:]), strict=True)])
    assert (state[MOST] <= pool_fees).all()
    inside = sum(ends[0] < s.root < ends[1] for s in raw)
    crossings = sum((a.root > end) != (b.root > end) for a, b in itertools.pairwise(raw) for end in ends)
    off = np.abs(state[EARNED] / np.where(exact, exact, 1.0) - (exact > 0)).max()
    print(f"\n{lower:g} to {upper:g}: {inside:,} of {len(raw):,} swaps end inside, {crossings} crossings; "
          f"fees {state[8]:.6f} WETH and {state[9]:.2f} USDC, off by {off:.1e}; "
          f"bounds {result.fee_bounds[0]:.2f} to {result.fee_bounds[1]:.2f} USDC")  # fmt: skip


class Hand:
    """Tokens in hand and in a range of 1 %, laid again where a moment ends with a swap that was outside."""

    def __init__(self, capital: float, price: float, width: float) -> None:
        self.capital, self.width, self.adds = capital, width, 0
        self.coins, self.cash = 0.0, capital
        self.lay(price, swap=0.0)

    def lay(self, price: float, swap: float) -> None:
        """As much as the capital allows, after the trade that the ratio asks for; the scale by bisection."""
        self.lower, self.upper = price * (1 - self.width), price * (1 + self.width)
        coins, cash = price**-0.5 - self.upper**-0.5, price**0.5 - self.lower**0.5

        def left(scale: float) -> tuple[float, float]:
            """Tokens in hand after a trade of no more than is needed, and the add."""
            more_coins, more_cash = scale * coins - self.coins, scale * cash - self.cash
            if more_coins > 0:
                return 0.0, -more_cash - more_coins * price * (1 + swap)
            if more_cash > 0:
                return -more_coins - more_cash / (price * (1 - swap)), 0.0
            return -more_coins, -more_cash

        low, high = 0.0, min(self.capital, self.coins * price + self.cash) / (coins * price + cash)
        if min(left(high)) < 0:
            for _ in range(200):
                middle = (low + high) / 2
                low, high = (middle, high) if min(left(middle)) >= 0 else (low, middle)
            high = low
        self.scale, (self.coins, self.cash) = high, left(high)
        self.adds += 1

    def take(self, price: float) -> None:
        """Everything out of the range."""
        at = min(max(price, self.lower), self.upper)
        self.coins += self.scale * (at**-0.5 - self.upper**-0.5)
        self.cash += self.scale * (at**0.5 - self.lower**0.5)


def test_fees_of_a_managed_range(day: tuple[list[Swap], lp.Tape]) -> None:
    """Laid again whenever the price has left, its fees and its adds are those of a loop by hand."""
    raw, tape = day
    capital, width = 1_000_000.0, 0.003
    position = lp.ManagedRange(base="WETH", quote="USDC", lower=1 - width, upper=1 + width, capital=capital)
    result = lp.replay(position, None, tape)
    hand = Hand(capital, float(raw[0].root) ** 2, width)
    base = quote = 0.0
    for i in range(1, len(raw)):
        before, swap = raw[i - 1], raw[i]
        got = earned(swap, before.root, root_of(hand.lower), root_of(hand.upper), Fraction(hand.scale))
        base, quote = base + float(got.base), quote + float(got.quote)
        prices = float(before.root) ** 2, float(swap.root) ** 2
        ends_moment = i + 1 == len(raw) or raw[i + 1].time != swap.time
        if ends_moment and (min(prices) < hand.lower or max(prices) > hand.upper):
            hand.take(prices[1])
            hand.lay(prices[1], swap=float(FEE))
    state = result.life.states[-1]
    assert result.life.adds.row.size == hand.adds
    assert state[EARNED] == pytest.approx([base, quote], rel=RELAID, abs=0)
    assert state[0] == pytest.approx(hand.scale, rel=RELAID)
    assert (state[LEAST] <= state[EARNED]).all()
    assert (state[EARNED] <= state[MOST]).all()
    assert result.life.adds.scale[-1] < result.life.adds.scale[0]
    worth = (result.equity - result.parts["fees, base"] - result.parts["fees, quote"])[-1]
    hand.take(float(raw[-1].root) ** 2)
    assert worth == pytest.approx(hand.coins * float(raw[-1].root) ** 2 + hand.cash, rel=RELAID)
    assert np.abs(result.residual).max() <= ROUNDING * capital * len(raw)
    print(f"\n{capital:,.0f} USDC in {width:.1%} about the price, laid {hand.adds} times: fees {base:.6f} WETH and "
          f"{quote:.2f} USDC, off by {np.abs(state[EARNED] / [base, quote] - 1).max():.1e}; "
          f"bounds {result.fee_bounds[0]:,.2f} to {result.fee_bounds[1]:,.2f} USDC")  # fmt: skip
    print(f"  {result.sentence()}")


def test_liquidity_of_single_blocks_takes_its_share(day: tuple[list[Swap], lp.Tape]) -> None:
    """Where liquidity comes for one block, a position gets next to nothing of it; without a look it would get all."""
    raw, tape = day
    position = lp.UniswapV3(base="WETH", quote="USDC", liquidity=200_000.0, lower=1_800.0, upper=2_800.0)
    life = lp.replay(position, None, tape, grid="1min").life
    own, usual = 200_000.0, float(np.median([s.liquidity for s in raw])) / 1e12
    jumped = [s for s in raw[1:] if s.liquidity > 1e20]
    fees = [float((s.base_in * s.root**2 + s.quote_in) * FEE) for s in jumped]
    got = sum(fee * own / (own + s.liquidity / 1e12) for fee, s in zip(fees, jumped, strict=True))
    unseen = sum(fees) * own / (own + usual)
    total = float(life.states[-1, 8] * life.prices[-1] + life.states[-1, 9])
    assert len(jumped) == 28
    assert got < 0.05 * unseen
    # The bounds know both sides of the jump.
    least, most = (life.states[-1, k] @ [life.prices[-1], 1.0] for k in (LEAST, MOST))
    assert total + unseen - got < most
    assert least <= total
    print(f"\n{len(jumped)} swaps in blocks of a liquidity above 1e20 paid {sum(fees):,.0f} USDC of fees; the position "
          f"earned {got:.2f} of them, {unseen:.2f} at the usual liquidity; in all {total:,.2f}, "
          f"bounds {least:,.2f} to {most:,.2f}")  # fmt: skip


def test_a_hedge_needs_an_exchange(day: tuple[list[Swap], lp.Tape]) -> None:
    """The day has no prices of an exchange: a position is replayed alone."""
    _, tape = day
    position = lp.UniswapV3(base="WETH", quote="USDC", liquidity=1.0, lower=1_800.0, upper=2_800.0)
    leg = lp.Leg(lp.LinearPerp(base="ETH", quote="USDC", entry=2_270.0), collateral="USDC")
    with pytest.raises(lp.MarketError, match=r"quotes of ETH/USDC.*a tape of a pool alone"):
        lp.replay(position, [leg], tape, policy=lp.DeltaBand(0.05), collateral=1e5)
