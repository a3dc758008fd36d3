"""Bins on a tape: fees against ranges, against a book and against a slow program; what an add cost; a hedge."""

from __future__ import annotations

import dataclasses
import math
import random

import numpy as np
import pytest

import lpgreeks as lp
from tests.slow_replay import Perp, Policy, merged, run
from tests.tapes import clock, lively, pool, quotes, walk

ROUNDING = 1e-10  # of capital: some thousand sums
STEP = 0.002
TOKENS = {"base": "ETH", "quote": "USDC"}


def spread(price, *, half=25, value=100_000.0, step=STEP):
    weights = dict.fromkeys(range(-half, half + 1), 1)
    return lp.liquidity_book(value, **TOKENS, price=price, step=step, weights=weights)


def one(price, size=1.0, step=STEP):
    return size * lp.Bin(**TOKENS, price=price, step=step)


def counted(quote_tokens, price, step=STEP):
    """A pool's active bin in sqrt(base * quote), by hand: its quote tokens over the difference of two roots."""
    root = math.sqrt(1 + step)
    return quote_tokens / (math.sqrt(price * root) - math.sqrt(price / root))


def perp(price, **more):
    return lp.Leg(lp.LinearPerp(**TOKENS, entry=price), collateral="USDC", **more)


def fees(result):
    state = result.life.states[-1]
    return float(state[8]), float(state[9])


# ---- the share of a bin


def test_the_active_bin_shares_by_its_quote_tokens():
    # Ten in, a thousandth of it fee; 300 of mine beside 900 of theirs.
    tape = lp.Tape(pool=pool([2_000.0] * 3, fee=1e-3, base_in=1.0, quote_in=10.0, liquidity=counted(900, 2_000)))
    for by in (lp.FeesAlongMove(), lp.FeesAtClose()):
        found = fees(lp.replay(one(2_000, 300), None, tape, fees=by))
        assert found == pytest.approx((2 * 1e-3 * 0.25, 2 * 1e-2 * 0.25), rel=1e-12)
        # Another bin earns nothing, however close.
        assert fees(lp.replay(one(2_000 * (1 + STEP), 300), None, tape, fees=by)) == (0.0, 0.0)
    # The mix does not matter to what it earns.
    mixed = lp.Bin(**TOKENS, price=2_000, step=STEP).mixed(base_amount=0.1, quote_amount=100.0)
    assert fees(lp.replay(mixed, None, tape)) == pytest.approx((5e-4, 5e-3), rel=1e-12)


def test_a_move_pays_every_bin_on_its_way():
    prices = 2_000 * (1 + STEP) ** np.array([0, 3])
    mine = one(prices[0], 100) + one(2_000 * (1 + STEP), 300) + one(prices[1], 700)
    # Theirs have 900 in each bin: half of the first, two whole ones and half of the last are gone through.
    row = pool(prices, fee=1e-3, quote_in=30.0, liquidity=counted(900, 2_000 * (1 + STEP)))
    _, found = fees(lp.replay(mine, None, lp.Tape(pool=row)))
    edges = 2_000 * (1 + STEP) ** np.array([0, 0.5, 1.5, 2.5, 3])
    way = np.diff(np.sqrt(edges)) / (math.sqrt(edges[-1]) - math.sqrt(edges[0]))
    own = [counted(size, price) for size, price in ((100, 2_000), (300, 2_004), (0, 2_008), (700, prices[1]))]
    shares = [x / (x + counted(900, 2_004)) for x in own]
    assert found == pytest.approx(30e-3 * float(way @ shares), rel=1e-12)


def test_a_bin_that_is_sold_earns_its_fee_on_all_of_it():
    """Fee growth as an arbitrageur pays it, f / (1 - f) of the quote tokens that buy the bin, and of its coins."""
    f = 0.003
    ends = 2_000 / math.sqrt(1 + STEP), 2_000 * math.sqrt(1 + STEP)
    paid = f / (1 - f)
    up, down = [paid * (g(ends[1]) - g(ends[0])) for g in (math.sqrt, lambda p: -1 / math.sqrt(p))]
    for way, (base, quote) in (((0, 1), (0.0, up)), ((1, 0), (down, 0.0))):
        growth = {"growth_base": [0.0, base], "growth_quote": [0.0, quote]}
        row = pool([ends[k] for k in way], fee=f, **growth)
        found = fees(lp.replay(one(2_000, 500), None, lp.Tape(pool=row)))
        assert found == pytest.approx((paid * 500 / 2_000 * (base > 0), paid * 500 * (quote > 0)), rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("by", [lp.FeesAlongMove(), lp.FeesAtClose()], ids=lambda by: type(by).__name__)
def test_a_fine_ladder_earns_what_the_range_earns(by):
    tape = lively(7, 400)
    start = float(tape.rows.pool[0])
    pooled = lp.UniswapV3(**TOKENS, liquidity=1e5, lower=0.97 * start, upper=1.02 * start)
    exact = np.array(fees(lp.replay(pooled, None, tape, fees=by)))
    off = []
    for n in (50, 200, 800):
        edges = pooled.lower * (pooled.upper / pooled.lower) ** (np.arange(n + 1) / n)
        sizes = pooled.liquidity * np.diff(np.sqrt(edges))
        step = float((pooled.upper / pooled.lower) ** (1 / n) - 1)
        middles = np.sqrt(edges[1:] * edges[:-1])
        bins = sum(one(p, x, step) for p, x in zip(middles.tolist(), sizes.tolist(), strict=True))
        result = lp.replay(bins, None, tape, fees=by, grid="1min")
        # Every price is in a cell of the same liquidity: the fees are the range's, whatever the step.
        assert fees(result) == pytest.approx(exact, rel=1e-9)
        value = np.abs(result.life.worth - lp.replay(pooled, None, tape, fees=by, grid="1min").life.worth).max()
        off.append(value)
    # Fees aside, the staircase comes as close as the square of its step.
    rates = np.log2(np.array(off[:-1]) / np.array(off[1:])) / 2
    assert rates == pytest.approx([2.0, 2.0], abs=0.25), (off, rates)


def test_a_range_and_bins_earn_together():
    price, step = 2_000.0, STEP
    tape = lp.Tape(pool=pool([price] * 2, fee=1e-3, quote_in=10.0, liquidity=1e4))
    pooled = lp.UniswapV3(**TOKENS, liquidity=2e4, lower=1_900, upper=2_100)
    _, found = fees(lp.replay(pooled + one(price, 50), None, tape))
    mine = 2e4 + counted(50, price, step)
    assert found == pytest.approx(1e-2 * mine / (mine + 1e4), rel=1e-12)
    # Beside the bin the range earns alone.
    aside = lp.Tape(pool=pool([1_950.0] * 2, fee=1e-3, quote_in=10.0, liquidity=1e4))
    assert fees(lp.replay(pooled + one(price, 50), None, aside))[1] == pytest.approx(1e-2 * 2 / 3, rel=1e-12)


def test_time_in_range_is_time_in_its_bins():
    prices = 2_000 * (1 + STEP) ** np.array([0, 2, 3, 0, -2, 0])
    held = sum(one(2_000 * (1 + STEP) ** k, 10) for k in (-1, 0, 1, 2))
    result = lp.replay(held, None, lp.Tape(pool=pool(prices)), grid="1min")
    assert result.time_in_range == pytest.approx(3 / 5)


# ---- a book is the second route


def test_the_share_of_a_book_keeps_what_the_replay_earns():
    """Swaps through a book, whose fees stay in its bins, against a replay of the position on the same swaps."""
    rng, n = random.Random(3), 41
    prices = 2_000 * (1 + STEP) ** (np.arange(n) - n // 2)
    ids = np.arange(n) + 2**23 + 3_811
    k, theirs = np.arange(n), 50_000.0
    book = lp.BinBook(
        **TOKENS, bin_step=20, ids=ids, prices=prices, active_id=int(ids[n // 2]),
        base_reserves=np.where(k > n // 2, theirs / prices, np.where(k == n // 2, theirs / 2 / prices, 0.0)),
        quote_reserves=np.where(k < n // 2, theirs, np.where(k == n // 2, theirs / 2, 0.0)),
        fees=lp.BinFees(bin_step=20, base_factor=8_000),
    )  # fmt: skip
    assert book.active_liquidity == pytest.approx(counted(theirs, book.price), rel=1e-12)
    share = 0.1
    held = book.position(dict.fromkeys(ids.tolist(), share))
    rows, gained = [(book.price, 0.0, 0.0)], np.zeros(2)
    for _ in range(400):
        # Traders lean against what the price has done, which keeps it among the bins.
        buying = rng.random() < (0.35 if book.active > n // 2 else 0.65)
        amount = rng.expovariate(1 / 60_000) / (1 if buying else book.price)
        done = book.swap(amount, "USDC" if buying else "ETH")
        gained += np.array([0.0, done.fee]) if buying else np.array([done.fee, 0.0])
        book = done.book
        rows.append((book.price, 0.0, amount) if buying else (book.price, amount, 0.0))
    shown, base_in, quote_in = np.array(rows).T
    tape = lp.Tape(
        pool=pool(
            shown, fee=0.0016, base_in=base_in, quote_in=quote_in,
            # Mine is a tenth of what is there: the others' nine tenths share with it.
            liquidity=np.array([counted(0.9 * theirs, p) for p in shown]),
        )
    )  # fmt: skip
    result = lp.replay(held, None, tape)
    # Exactly a tenth of all, were it not that fees kept in the bins earn as well, which a replay leaves out.
    assert np.array(fees(result)) == pytest.approx(share * gained, rel=0.02)
    assert np.abs(result.residual).max() <= ROUNDING * result.capital
    # Fees in and prices as they are, the share of the book is worth what the replay says.
    assert result.equity[-1] == pytest.approx(share * book.value, rel=2e-3)


# ---- what an add cost


def added(price, *, coins=20.0, step=STEP):
    """Coins alone into an active bin of both, and some in the bins above."""
    k = np.arange(-3, 4)
    book = lp.BinBook(
        **TOKENS, bin_step=round(step * 1e4), ids=2**23 + 3_811 + k, prices=price * (1 + step) ** k,
        active_id=2**23 + 3_811, base_reserves=np.where(k >= 0, 30.0, 0.0),
        quote_reserves=np.where(k <= 0, 60_000.0, 0.0), fees=lp.BinFees(bin_step=20, base_factor=8_000),
    )  # fmt: skip
    return book.add({2**23 + 3_811: (coins, 0.0), 2**23 + 3_812: (coins, 0.0)})


def test_the_composition_fee_is_a_part_of_the_attribution():
    tape = lively(11, 300)
    price = float(tape.rows.pool[0])
    deposit = added(price)
    result = lp.replay(deposit, None, tape, grid="5min")
    # By hand: of 20 coins in the active bin a share of its mix is given back, and the rest pays f (1 + f).
    share = 20 * price / (50 * price + 60_000)
    fee = (20 - share * 50) * 0.0016 * 1.0016 * price
    assert result.attribution()["composition fees"] == pytest.approx(-fee, rel=1e-12)
    assert result.parts["composition fees"].tolist() == [result.attribution()["composition fees"]] * len(result.times)
    # 40 coins were in hand, what is left of them is in the pool: the fee is gone at once, and nothing else.
    assert result.capital == pytest.approx(40 * price, rel=1e-12)
    assert result.net[0] == pytest.approx(-fee, rel=1e-9)
    assert np.abs(result.residual).max() <= ROUNDING * result.capital
    # All else is as without it.
    bare = lp.replay(deposit.position, None, tape, grid="5min")
    assert bare.attribution()["composition fees"] == 0.0
    assert result.net - bare.net == pytest.approx(-fee * np.ones(len(bare.times)), rel=1e-9)
    assert "costs" in result.sentence()
    assert result.figures()["composition fees"] == pytest.approx(-fee, rel=1e-12)


# ---- a slow program


@dataclasses.dataclass
class Staircase:
    """Bins as plain numbers: price, quote tokens, half a step to each side."""

    bins: list
    step: float

    def coins(self, p):
        return sum(size / price for price, size in self.bins if p <= price)

    def dollars(self, p):
        return sum(size for price, size in self.bins if p > price)

    def slope_of_coins(self, p):
        return 0.0

    slope_of_dollars = slope_of_coins


@dataclasses.dataclass
class Stairs:
    """The position of the slow replay: bins that are held throughout, and an add that cost something."""

    at: Staircase
    tier: float
    cost: float = 0.0
    along: bool = True
    fees: list = dataclasses.field(default_factory=lambda: [0.0, 0.0])

    def start(self, e):
        self.price_at_add = e.pool

    def see(self, e, before):
        if e.swap:
            for price, size in self.at.bins:
                low, high = price / math.sqrt(1 + self.at.step), price * math.sqrt(1 + self.at.step)
                mine = size / (math.sqrt(high) - math.sqrt(low))
                # Two bins at one price, but for a float, share as one.
                both = sum(s for p, s in self.at.bins if abs(p / price - 1) < 1e-9) / (math.sqrt(high) - math.sqrt(low))
                for i, power in ((0, -0.5), (1, 0.5)):
                    part = self.part(before, e.pool, low, high, power)
                    self.fees[i] += e.swap[i] * self.tier * part * mine / (both + e.swap[2])
        return False

    def part(self, a, b, low, high, power):
        if not self.along or a == b:
            return float(low < b < high)
        lo, hi = sorted((a, b))
        return (min(max(hi, low), high) ** power - min(max(lo, low), high) ** power) / (hi**power - lo**power)

    def worth(self, p):
        return (self.at.coins(p) + self.fees[0]) * p + self.at.dollars(p) + self.fees[1]


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_slow_program(seed):
    draw = random.Random(seed)
    tape = lively(draw.randrange(10**6), 300)
    price = float(tape.rows.pool[0])
    weights = {k: draw.random() for k in range(-12, 13) if draw.random() < 0.8} | {0: 1.0}
    held = lp.liquidity_book(
        1e5, **TOKENS, price=price, step=STEP, weights=weights, coins_in_active=draw.choice([0.0, 0.3, 1.0])
    )
    stairs = Staircase([(p.instrument.price, p.quantity) for p in held.positions], STEP)
    slow = Stairs(stairs, tier=5e-4, along=draw.random() < 0.5)
    account = Perp(False, 5e4, 0.0, taker=5e-4, slip=1e-4)
    share = draw.choice([0.02, 0.1])
    leg = perp(
        2_000.0, fee=lp.Fee(taker=5e-4), slippage=lp.Slippage(rate=1e-4), maintenance=lp.Proportional(rate=0.005)
    )
    result = lp.replay(
        held,
        [leg],
        tape,
        policy=lp.DeltaBand(share),
        collateral=5e4,
        fees=lp.FeesAlongMove() if slow.along else lp.FeesAtClose(),
        grid="1min",
    )
    events = merged(tape.quotes[0], tape.pool, tape.funding[0])
    equity = np.array(run(events, slow, account, Policy(share=share)))[result.rows]
    assert np.abs(equity - result.equity).max() <= ROUNDING * result.capital
    assert len(result.trades) == len(account.fills) > 3
    assert fees(result) == pytest.approx(tuple(slow.fees), rel=1e-8)
    assert sum(fees(result)) > 0
    parts = result.attribution()
    first, last = events[0].pool, events[-1].pool
    lost = (stairs.coins(last) - stairs.coins(first)) * last + stairs.dollars(last) - stairs.dollars(first)
    assert parts["impermanent loss"] == pytest.approx(lost, rel=1e-9, abs=1e-7)
    assert np.abs(result.residual).max() <= ROUNDING * result.capital
    least, most = result.fee_bounds
    assert least <= parts["fees, base"] + parts["fees, quote"] <= most


def test_a_callable_policy_drives_the_same_bins():
    tape = lively(5, 200)
    held = spread(float(tape.rows.pool[0]), half=10)

    def follow(now):
        apart = -now.delta - now.held
        return now.quantities[0] + apart if now.added or abs(apart) > 2.0 else None

    row, program = (
        lp.replay(held, [perp(2_000.0)], tape, policy=policy, grid="1min")
        for policy in (lp.DeltaBand(coins=2.0), follow)
    )
    assert np.array_equal(row.equity, program.equity)
    assert len(row.trades) > 3


# ---- a day of prices


def test_days_of_an_arbitraged_pool_hedged(real_data):
    """Bins of 5 hundredths of a percent at its fee, and the range that they are steps of, on the same minutes."""
    bars, step, days = real_data / "binance-1m-2023-04-05", 5e-4, ("2023-04-05", "2023-04-08")
    spot, mark = (
        lp.Quotes.from_bars(
            lp.read_prices(bars / f"ETHUSDT-{kind}-1m.parquet", market=market), half_spread=5e-5
        ).between(*days)
        for kind, market in (("spot", "ETH/USDT"), ("perp", "ETH/USDT:perp"))
    )
    pooled = lp.arbitraged_pool(spot, fee=5e-4, liquidity=2e5, block="1min", delay="1s", noise=5e5)
    tape = lp.Tape(quotes=mark, pool=pooled)
    price = float(tape.rows.pool[0])
    sizes = {k: math.sqrt(1 + step) ** k for k in range(-100, 101)}  # of a range's liquidity in each step
    bins = sum(
        size * lp.Bin(base="ETH", quote="USDT", price=price * (1 + step) ** k, step=step) for k, size in sizes.items()
    )
    held = 100_000 / bins.value(price) * bins
    ends = {"lower": price * (1 + step) ** -100.5, "upper": price * (1 + step) ** 100.5}
    ranged = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDT", price=price, **ends)
    leg = lp.Leg(
        lp.LinearPerp(base="ETH", quote="USDT", market="ETH/USDT:perp", entry=price),
        collateral="USDT", fee=lp.Fee(taker=5e-4), funding=lp.Funding(rate=1e-4),
    )  # fmt: skip
    found = []
    for position in (held, ranged):
        result = lp.replay(position, [leg], tape, policy=lp.DeltaBand(0.05), collateral=50_000, grid="15min")
        assert np.abs(result.residual).max() <= 1e-9 * result.capital
        parts = result.attribution()
        earned = parts["fees, base"] + parts["fees, quote"]
        assert parts["impermanent loss"] < 0 < earned
        found.append((earned, parts["impermanent loss"], parts["hedge"], result.effectiveness, len(result.trades)))
        print(f"\n{result.sentence()}\n  {found[-1]}")
        if position is held:
            # Row by row: what arbitrageurs and noise paid to each bin on the way.
            base, quote = by_hand(held, pooled, tape, step)
            assert earned == pytest.approx(base * result.life.prices[-1] + quote, rel=1e-9)
    # The staircase is the range to half a bin of 500 dollars, and so are its fees, its losses and its hedge.
    stairs, smooth = np.array(found)
    assert stairs[0] == pytest.approx(smooth[0], rel=1e-3)
    assert stairs[1] == pytest.approx(smooth[1], abs=1e-5 * 100_000)
    assert stairs[2] == pytest.approx(smooth[2], abs=1e-3 * 100_000)
    assert stairs[3] == pytest.approx(smooth[3], abs=0.02)


def by_hand(held, pooled, tape, step):
    """Fees in coins and dollars of bins of one kind on the rows of a made pool, from the tape's start."""
    root, found = math.sqrt(1 + step), [0.0, 0.0]
    rows = np.flatnonzero(pooled.times > tape.times[0])
    paid_in, grown = (pooled.base_in, pooled.quote_in), (pooled.growth_base, pooled.growth_quote)
    for i in rows:
        a, b = sorted((float(pooled.prices[i - 1]), float(pooled.prices[i])))
        for part in held.positions:
            low, high = part.instrument.price / root, part.instrument.price * root
            if not (max(a, low) < min(b, high) or low < a == b < high):
                continue
            own = part.quantity / (math.sqrt(high) - math.sqrt(low))
            for k, power in ((0, -0.5), (1, 0.5)):
                way = 1.0
                if a < b:
                    way = (min(b, high) ** power - max(a, low) ** power) / (b**power - a**power)
                share = own / (own + float(pooled.liquidity[i]))
                found[k] += way * (float(paid_in[k][i]) * pooled.fee * share + float(grown[k][i]) * own)
    return found


# ---- bad input, and what stays as it was


def test_a_bin_without_its_step_is_refused():
    tape = lp.Tape(quotes=quotes(walk(1, 20)))
    with pytest.raises(lp.InputError, match=r"Bin\(\.\.\., step=0\.002\)"):
        lp.replay(lp.Bin(**TOKENS, price=2_000), None, tape)


def test_bins_without_a_pool_are_the_closed_form():
    mid = walk(1, 300, step=2e-3)
    held = spread(float(mid[0]))
    result = lp.replay(held, None, lp.Tape(quotes=quotes(mid)), grid="1min")
    assert result.equity == pytest.approx(held.value(mid[result.rows]), rel=1e-12)
    assert (result.times[1] - result.times[0]) == clock(2)[1] - clock(2)[0]
    assert np.abs(result.residual).max() <= ROUNDING * result.capital
