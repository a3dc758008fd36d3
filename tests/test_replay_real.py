"""Replays of real pools and real prices, against plain programs that share no code with them.

Run with ``-s``, each test prints its figures.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import itertools
from collections.abc import Iterable
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
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
    """Tokens in hand and in a range of 1 %, laid again at the end of a moment on which the price was outside."""

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
    base, quote, out = 0.0, 0.0, False
    for i in range(1, len(raw)):
        before, swap = raw[i - 1], raw[i]
        got = earned(swap, before.root, root_of(hand.lower), root_of(hand.upper), Fraction(hand.scale))
        base, quote = base + float(got.base), quote + float(got.quote)
        prices = float(before.root) ** 2, float(swap.root) ** 2
        out = out or min(prices) < hand.lower or max(prices) > hand.upper
        if i + 1 == len(raw) or raw[i + 1].time != swap.time:
            if out:
                hand.take(prices[1])
                hand.lay(prices[1], swap=float(FEE))
            out = False
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


# ---- minutes of a pool


def test_minutes_bound_what_their_swaps_earned(day: tuple[list[Swap], lp.Tape], real_data: Path) -> None:
    """The same day by minutes: the fees of its swaps lie within the bounds, and off by what a minute hides."""
    folder = real_data / "univ3-ethereum-usdc-weth-005-2024-01-05"
    raw, _ = day
    minutes = lp.Tape(pool=lp.read_pool_minutes(folder / "USDC-WETH-005-ethereum-1m.parquet", pool=POOL))
    # The tape of the minutes starts when the first of them is over.
    first = next(i for i, swap in enumerate(raw) if swap.time >= "2024-01-05 00:01:00")
    price = float(raw[-1].root) ** 2
    for lower, upper, most_off in ((1_800.0, 2_800.0, 0.01), (2_230.0, 2_270.0, 0.1), (2_255.0, 2_262.5, 0.3)):
        position = lp.UniswapV3(base="WETH", quote="USDC", liquidity=200_000.0, lower=lower, upper=upper)
        result = lp.replay(position, None, minutes)
        ends = root_of(lower), root_of(upper)
        each = [earned(s, b.root, *ends, Fraction(200_000)) for b, s in itertools.pairwise(raw[first - 1 :])]
        exact = sum(float(e.base) * price + float(e.quote) for e in each)
        least, most = result.fee_bounds
        got = result.attribution()["fees, base"] + result.attribution()["fees, quote"]
        assert least <= exact <= most
        assert abs(got / exact - 1) < most_off
        print(f"\n{lower:g} to {upper:g}: {exact:,.2f} USDC by swaps, {got:,.2f} by minutes ({got / exact - 1:+.2%}), "
              f"bounds {least / exact - 1:+.2%} to {most / exact - 1:+.2%}")  # fmt: skip


POLYGON = {
    "USDC-WETH-005-polygon-1m-2022-07-08": (35, 10),
    "USDC-WETH-005-polygon-1m-2023-08": (5, 1),
}
"""Days, and minutes that are missing."""


def fees_at_close(table: pd.DataFrame, adds: Iterable[tuple[int, float, float, float]]) -> np.ndarray:
    """Coins and dollars by the rule alone: volume times fee times ``l / (l + L)`` where the close is strictly inside.

    ``adds``: the row of each range, its liquidity and its ends.
    """
    price = table["eth_usd"].to_numpy()
    own, lower, upper = (np.zeros(len(table)) for _ in range(3))
    for row, liquidity, low, high in adds:
        own[row + 1 :], lower[row + 1 :], upper[row + 1 :] = liquidity, low, high
    inside = (lower < price) & (price < upper)
    share = np.where(inside, own / (own + table["liquidity"].astype(float).to_numpy() / 1e12), 0.0) * float(FEE)
    return np.array([(table[f"in_amount{k}"].to_numpy() * share).sum() for k in (1, 0)])


@pytest.mark.parametrize("name", POLYGON)
def test_forty_days_of_minutes(real_data: Path, name: str) -> None:
    """A position alone: by the close its fees are three lines of numpy, along the move they keep to their bounds."""
    days, missing = POLYGON[name]
    path = real_data / "univ3-polygon-usdc-weth-005" / f"{name}.parquet"
    tape, table = lp.Tape(pool=lp.read_pool_minutes(path, pool=POOL)), pd.read_parquet(path)
    start = float(tape.rows.pool[0])
    lines = []
    for width in (0.02, 0.1, 0.3):
        lower, upper = start * (1 - width), start * (1 + width)
        position = lp.UniswapV3.from_value(100_000, base="WETH", quote="USDC", price=start, lower=lower, upper=upper)
        by_close = lp.replay(position, None, tape, fees=lp.FeesAtClose()).life.states[-1]
        exact = fees_at_close(table, [(0, position.liquidity, lower, upper)])
        assert by_close[EARNED] == pytest.approx(exact, rel=ROUNDING)
        result = lp.replay(position, None, tape)
        state = result.life.states[-1]
        for figures in (state[EARNED], exact):
            assert (state[LEAST] <= figures).all()
            assert (figures <= state[MOST]).all()
        pool_fees = np.array([float(FEE) * table[f"in_amount{k}"][1:].sum() for k in (1, 0)])
        assert (state[EARNED] <= pool_fees).all()
        fees, least, most = (state[k] @ [tape.rows.pool[-1], 1.0] for k in (EARNED, LEAST, MOST))
        lines.append(f"  {width:.0%} about {start:,.0f}: fees {fees:,.0f} USDC ({least / fees - 1:+.1%}, "
                     f"{most / fees - 1:+.1%}), at the close {exact @ [tape.rows.pool[-1], 1.0]:,.0f}; "
                     f"in range {result.time_in_range:.0%}; net {result.net[-1]:,.0f}")  # fmt: skip
    assert round(tape.years * 365) == days
    [said] = [note for note in result.tape.notes if "missing" in note]
    assert said.startswith(f"{missing} rows missing")
    print(f"\n{name}: {said}", *lines, sep="\n")


def by_hand(result: lp.Replayed, marks: pd.Series, funding: pd.Series, taker: float) -> dict[str, float]:
    """What a linear perpetual made, from its list of trades and the untouched prices and rates alone."""
    trades = result.trade_table()
    at, quantity = trades.index.tz_convert(None), trades["quantity"].to_numpy()
    start, end = (pd.Timestamp(t) for t in result.tape.times[[0, -1]])
    last = marks[:end].iloc[-1]
    settled = funding[(funding.index > start) & (funding.index <= end)]
    # Who trades on the row of a settlement was not there yet.
    held = [quantity[at < time].sum() for time in settled.index]
    marked = [marks[:time].iloc[-1] for time in settled.index]
    return {
        "hedge": float((quantity * (last - trades["middle"])).sum()),
        "spread": -float((quantity * (trades["price"] - trades["middle"])).sum()),
        "exchange fees": -taker * float((np.abs(quantity) * trades["price"]).sum()),
        "funding": -float((settled.to_numpy() * held * np.array(marked)).sum()),
    }


def closes(path: Path, hours: float) -> pd.Series:
    """Each close at the time at which it was known."""
    table = pd.read_parquet(path)
    known = pd.DatetimeIndex(table["time"]).tz_localize(None) + pd.Timedelta(hours=hours)
    return pd.Series(table["close"].to_numpy(), index=known)


def rates(folder: Path) -> pd.Series:
    table = pd.read_csv(folder / "funding_ETHUSDT.csv.gz")
    stamp = pd.to_datetime(table["funding_time"], utc=True, format="ISO8601").dt.tz_localize(None).dt.round("s")
    return pd.Series(table["funding_rate"].to_numpy(), index=pd.DatetimeIndex(stamp))


PERP = lp.Leg(
    lp.LinearPerp(base="ETH", quote="USDT", entry=1_600.0),
    collateral="USDT",
    fee=lp.Fee(taker=5e-4),
    maintenance=lp.Proportional(rate=0.005),
)


def on_the_hour(now: lp.Now) -> float | None:
    """The pool's coins sold, when a bar has just closed and they are 5 % away."""
    apart = now.delta + now.quantities[0]
    return -now.delta if now.time == now.time.astype("datetime64[h]") and abs(apart) > 0.05 * now.delta else None


def test_a_summer_hedged(real_data: Path) -> None:
    """Pool minutes on Polygon, hourly closes of Binance as quotes, real funding: each part by hand."""
    hourly = real_data / "binance-hourly-2017-2022" / "ETHUSDT-spot-1h.parquet"
    path = real_data / "univ3-polygon-usdc-weth-005" / "USDC-WETH-005-polygon-1m-2022-07-08.parquet"
    settled = real_data / "binance-funding-2021-2023-05"
    tape = lp.Tape(
        quotes=lp.Quotes.from_bars(lp.read_prices(hourly, market="ETH/USDT"), half_spread=5e-5),
        pool=lp.read_pool_minutes(path, pool=POOL),
        funding=lp.read_funding(settled / "funding_ETHUSDT.csv.gz"),
    )
    position = lp.ManagedRange(base="WETH", quote="USDC", lower=0.9, upper=1.1, capital=100_000)
    result = lp.replay(position, [PERP], tape, policy=on_the_hour, collateral=50_000.0, fees=lp.FeesAtClose())
    parts = result.attribution()
    hand = by_hand(result, closes(hourly, 1), rates(settled), 5e-4)
    for name, amount in hand.items():
        assert parts[name] == pytest.approx(amount, rel=RELAID), name
    adds = result.life.adds
    ranges = [(r, s, 0.9 * c, 1.1 * c) for r, s, c in zip(adds.row, adds.scale, adds.centre, strict=True)]
    exact = fees_at_close(pd.read_parquet(path), ranges)
    assert result.life.states[-1, EARNED] == pytest.approx(exact, rel=RELAID)
    assert abs(parts["residual"]) <= ROUNDING * result.capital
    assert result.net[-1] == pytest.approx(sum(v for k, v in parts.items() if k != "net"), abs=1e-9 * result.capital)
    assert result.effectiveness > 0.9
    assert result.liquidated == (None,)
    print(f"\n{result}")
    # Between the hours the pool knows more than the quotes: a hedge that trades then would gain what nobody could.
    fast = lp.replay(position, [PERP], tape, policy=lp.DeltaBand(0.05), collateral=50_000.0)
    [said] = [note for note in tape.notes if "old where the pool moves" in note]
    print(f"\non the hour: {len(result.trades)} trades, hedge {parts['hedge']:,.0f}, net {result.net[-1]:,.0f}; "
          f"every minute at stale quotes: {len(fast.trades):,} trades, hedge {fast.attribution()['hedge']:,.0f}, "
          f"net {fast.net[-1]:,.0f}; the tape says: {said}")  # fmt: skip
    assert fast.attribution()["hedge"] > parts["hedge"]


# ---- two months of minutes: a pool made from spot, hedged by the perpetual


def test_a_pool_from_spot_is_hedged_by_the_perpetual(real_data: Path) -> None:
    """Two quotes on one tape: arbitrageurs move the pool by spot, the policy trades the perpetual."""
    bars, settled = real_data / "binance-1m-2023-04-05", real_data / "binance-funding-2021-2023-05"
    spot, perp = (
        lp.Quotes.from_bars(lp.read_prices(bars / f"ETHUSDT-{kind}-1m.parquet", market=market), half_spread=5e-5)
        for kind, market in (("spot", "ETH/USDT"), ("perp", "ETH/USDT:perp"))
    )
    pool = lp.arbitraged_pool(spot, fee=5e-4, liquidity=1.2e7, block="1min", noise=100e6)
    funding = lp.read_funding(settled / "funding_ETHUSDT.csv.gz", market="ETH/USDT:perp")
    tape = lp.Tape(quotes=[spot, perp], pool=pool, funding=funding)
    leg = lp.Leg(
        lp.LinearPerp(base="ETH", quote="USDT", entry=1_822.0, market="ETH/USDT:perp"),
        collateral="USDT", fee=lp.Fee(taker=5e-4), maintenance=lp.Proportional(rate=0.005),
    )  # fmt: skip
    position = lp.ManagedRange(base="ETH", quote="USDT", lower=0.95, upper=1.05, capital=100_000)
    # Arbitrageurs leave the pool no further from spot than fee and half a spread.
    apart = np.abs(np.log(tape.rows.pool / ((tape.rows.bid[0] + tape.rows.ask[0]) / 2)))
    assert apart.max() < 5.6e-4
    marks = closes(bars / "ETHUSDT-perp-1m.parquet", 1 / 60)
    print(f"\n{tape}")
    for policy in (lp.Hold(), lp.DeltaBand(0.05), lp.Dislocation(theta=2e-3)):
        result = lp.replay(position, [leg], tape, policy=policy, collateral=50_000.0)
        parts = result.attribution()
        for name, amount in by_hand(result, marks, rates(settled), 5e-4).items():
            assert parts[name] == pytest.approx(amount, rel=RELAID, abs=1e-9), (policy, name)
        # Every fill is the perpetual's own close and half a spread, never spot's.
        own = marks[tape.times[result.trades.row]].to_numpy()
        assert result.trades.price == pytest.approx(own * (1 + 5e-5 * np.sign(result.trades.quantity)), rel=ROUNDING)
        assert abs(parts["residual"]) <= 1e-9 * result.capital
        assert result.net[-1] == pytest.approx(
            sum(v for k, v in parts.items() if k != "net"), abs=1e-9 * result.capital
        )
        assert "SYNTHETIC" in result.sentence()
        shown = {name: round(amount) for name, amount in parts.items() if name != "residual" and amount}
        removed = f"{result.effectiveness:.1%} of value, {result.excess_effectiveness:.1%} over holding"
        print(f"{policy}: {len(result.trades):,} trades, variance removed: {removed}\n  {shown}")


@pytest.mark.parametrize("quantity", [-10.0, 10.0], ids=["short, on a high", "long, on a low"])
def test_an_extreme_within_a_minute_liquidates(real_data: Path, quantity: float) -> None:
    """The account's end lies beyond every close of the day and short of one minute's extreme."""
    path = real_data / "binance-1m-2023-04-05" / "ETHUSDT-perp-1m.parquet"
    bars = pd.read_parquet(path)
    side = "high" if quantity < 0 else "low"
    day = 1_440
    if quantity < 0:
        beyond = bars["high"] / bars["close"].rolling(day, center=True).max()
    else:
        beyond = bars["close"].rolling(day, center=True).min() / bars["low"]
    worst = int(beyond.argmax())
    window = bars.iloc[worst - day // 2 : worst + day // 2]
    extreme, entry = float(bars[side].iloc[worst]), float(window["close"].iloc[0])
    furthest = float(window["close"].max() if quantity < 0 else window["close"].min())
    liquidation = (extreme + furthest) / 2
    rate = 0.005
    posted = rate * abs(quantity) * liquidation - quantity * (liquidation - entry)
    leg = lp.Leg(
        lp.LinearPerp(base="ETH", quote="USDT", entry=entry), collateral="USDT",
        maintenance=lp.Proportional(rate=rate),
    )  # fmt: skip
    known = window["time"].dt.tz_localize(None).to_numpy("datetime64[ns]") + np.timedelta64(1, "m")
    close = window["close"].to_numpy()
    position = lp.UniswapV3.from_value(
        100_000, base="ETH", quote="USDT", price=entry, lower=0.8 * entry, upper=1.25 * entry
    )

    def ends(**extremes: np.ndarray) -> lp.Replayed:
        quotes = lp.Quotes(market="ETH/USDT", times=known, bid=close, ask=close, source="closes", **extremes)
        return lp.replay(position, [leg], lp.Tape(quotes=quotes), collateral=posted,
                         policy=lambda now: quantity if now.added else None)  # fmt: skip

    by_close = ends()
    result = ends(lows=window["low"].to_numpy(), highs=window["high"].to_numpy())
    assert by_close.liquidated == (None,)
    (row,) = result.liquidated
    extremes = window[side].to_numpy()
    first = int(np.argmax(extremes >= liquidation if quantity < 0 else extremes <= liquidation))
    assert result.tape.times[row] == known[first]
    # What was posted is gone, and no more: the rest of the day moves the position alone.
    assert result.gained[-1].sum() == pytest.approx(-posted, rel=RELAID)
    print(f"\n{quantity:+g} ETH from {entry:,.2f} with {posted:,.2f} USDT ends at {liquidation:,.2f}: the furthest "
          f"close of the day is {furthest:,.2f}, the {side} of {known[first]} {extremes[first]:,.2f}; "
          f"{result.sentence()} By closes alone: {by_close.net[-1]:,.0f}")  # fmt: skip


# ---- ticks


class Tick(NamedTuple):
    """What is known at one time: milliseconds, best bid and ask, the pool's price."""

    time: int
    bid: float
    ask: float
    pool: float


def ticks_with_pool(path: Path, fee: float, block: int) -> list[Tick]:
    """The last quote of each of the exchange's stamps, and a pool that arbitrageurs move every ``block`` ms."""
    last: dict[int, tuple[float, float]] = {}
    for row in pd.read_parquet(path).itertuples():
        last[row.exch_ms] = row.bid, row.ask
    stamps = list(last)
    start = stamps[0]
    bid, ask = last[start]
    pool, made, due = (bid + ask) / 2, [], start + block
    for stamp in stamps:
        # Blocks before this quote have seen the one before.
        while due < stamp:
            moved = max(pool, bid * (1 - fee)) if pool < bid * (1 - fee) else min(pool, ask / (1 - fee))
            if moved != pool:
                pool = moved
                made.append(Tick(due, bid, ask, pool))
            due += block
        bid, ask = last[stamp]
        if due == stamp:
            pool = max(pool, bid * (1 - fee)) if pool < bid * (1 - fee) else min(pool, ask / (1 - fee))
            due += block
        made.append(Tick(stamp, bid, ask, pool))
    return made


def dislocations_by_hand(
    ticks: list[Tick], position: lp.UniswapV3, theta: float, dwell: float
) -> list[tuple[int, float, float]]:
    """Time, quantity and price of every hedge."""

    def coins(price: float) -> float:
        at = min(max(price, position.lower), position.upper)
        return position.liquidity * (at**-0.5 - position.upper**-0.5)

    reference, since, side, found = ticks[0].pool, 0, 0, []
    for tick in ticks[1:]:
        now = 0
        if tick.bid >= reference * (1 + theta) and tick.bid > tick.pool:
            now = 1
        elif tick.ask <= reference * (1 - theta) and tick.ask < tick.pool:
            now = -1
        if now != side:
            side, since = now, tick.time
        if side and tick.time - since >= 1_000 * dwell:
            to, paid = (tick.bid, tick.ask) if side > 0 else (tick.ask, tick.bid)
            found.append((tick.time, coins(reference) - coins(to), paid))
            reference, side = to, 0
    return found


@pytest.mark.parametrize("block", [12, 1], ids=["12 s", "1 s"])
@pytest.mark.parametrize(
    ("coin", "name"), [("ETH", "ETHUSDT-perp-2024-07-19"), ("BTC", "BTCUSDT-perp-2023-04-05")], ids=["ETH", "BTC"]
)
def test_dislocations_on_real_ticks(real_data: Path, coin: str, name: str, block: int) -> None:
    """Every hedge of a few minutes of ticks, dwell by dwell, is that of a plain loop over the file."""
    path, fee, theta = real_data / "book-l1-binance" / f"{name}-bookticker.parquet", 1e-4, 2e-4
    book = lp.read_book(path, market=f"{coin}/USDT")
    tape = lp.Tape(quotes=book, pool=lp.arbitraged_pool(book, fee=fee, liquidity=1.2e7, block=f"{block}s"))
    ticks = [t for t in ticks_with_pool(path, fee, 1_000 * block) if np.datetime64(t.time, "ms") <= tape.times[-1]]
    start = float(tape.rows.pool[0])
    position = lp.UniswapV3.from_value(
        100_000, base=coin, quote="USDT", price=start, lower=0.95 * start, upper=1.05 * start
    )
    leg = lp.Leg(lp.LinearPerp(base=coin, quote="USDT", entry=start), collateral="USDT", fee=lp.Fee(taker=2e-4))
    print(f"\n{coin}, {len(book):,} stamps, blocks of {block} s, theta 2 bp, pool fee 1 bp\n"
          f"  dwell  hedges         net  over holding    hedge   spread")  # fmt: skip
    for dwell in lp.Dislocation.DWELLS:
        policy = lp.Dislocation(theta=theta, dwell=dwell)
        result = lp.replay(position, [leg], tape, policy=policy, collateral=50_000.0, grid="10s")
        trades, hand = result.trades, dislocations_by_hand(ticks, position, theta, dwell)
        assert tape.times[trades.row].astype("datetime64[ms]").astype(int).tolist() == [time for time, _, _ in hand]
        assert trades.quantity == pytest.approx([quantity for _, quantity, _ in hand], rel=1e-7)
        assert trades.price.tolist() == [price for _, _, price in hand]
        parts = result.attribution()
        paid = sum(
            abs(q) * (t.ask - t.bid) / 2 for (time, q, _) in hand for t in [next(x for x in ticks if x.time == time)]
        )
        assert parts["spread"] == pytest.approx(-paid, rel=1e-6)
        print(f"  {dwell:5g}  {len(trades):6}  {parts['net']:10.3f}  {result.excess[-1]:12.3f}  {parts['hedge']:7.3f}  "
              f"{-parts['spread']:7.4f}")  # fmt: skip
        assert abs(parts["residual"]) < 1e-9 * result.capital


def test_positions_that_were_never_in_range_are_counted_aloud(
    real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of real positions by the width of their range: what has no yield in range is not dropped in silence."""
    path = Path(__file__).parent.parent / "examples" / "fee_yield_by_width.py"
    spec = importlib.util.spec_from_file_location("fee_yield_by_width", path)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    if not (real_data / example.POSITIONS).is_file():
        pytest.skip(f"needs {example.POSITIONS}")
    example.main(real_data)
    told = capsys.readouterr().out
    days = pd.read_csv(real_data / example.FEES, parse_dates=["date"]).set_index("date")
    table, _ = example.closed_positions(real_data, days.index[0], days.index[-1] + pd.Timedelta(days=1))
    never = [
        row.fees_value
        for row in table.itertuples()
        if not any(row.price_lower < p < row.price_upper for p in days["price"][row.opened : row.closed])
    ]
    said = f"In range on no day: {len(never)} of {len(table)} positions, with no yield in range; they earned "
    assert f"{said}{sum(never):,.0f} USD in fees" in told
    print(told)
