"""A pool made from quotes: the closed forms of arbitrage with fees, each trade's ledger, and a plain twin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

import lpgreeks as lp
from tests.tolerances import ROUNDING, STANDARD_ERRORS

DAY = 86_400.0
VOLATILITY = 0.05  # a day
LVR = VOLATILITY**2 / 8  # a day, of the value of a full range
START = np.datetime64("2024-01-01", "ns")
REFLECT = lp.ReflectAtBand()


def seconds(times: np.ndarray) -> np.ndarray:
    return START + np.round(np.asarray(times) * 1e9).astype("timedelta64[ns]")


def quoted(times: np.ndarray, bid: np.ndarray, ask: np.ndarray | None = None) -> lp.Quotes:
    return lp.Quotes(market="ETH/USDT:perp", times=times, bid=bid, ask=bid if ask is None else ask, source="made")


def walk(seed: int, n: int = 4_000, *, every: float = 0.1) -> lp.Quotes:
    """Quotes with a spread of up to 4 bp, moving by 1 bp."""
    rng = np.random.default_rng(seed)
    mid = 1_900 * np.exp(np.cumsum(rng.normal(0, 1e-4, n)))
    half = mid * rng.uniform(0, 2e-4, n)
    return quoted(seconds(np.arange(n) * every), mid - half, mid + half)


# ---- closed forms of Milionis, Moallemi and Roughgarden (2023)


@dataclass(frozen=True)
class Rates:
    """Means over blocks, of independent runs."""

    trades: np.ndarray
    arbitrage: np.ndarray
    fees: np.ndarray

    def judged(self, runs: np.ndarray, exact: float) -> float:
        """How many standard errors the mean of the runs is from the exact figure."""
        return abs(runs.mean() - exact) / (runs.std(ddof=1) / math.sqrt(runs.size))


def simulate(
    fee: float,
    apart: float,
    *,
    rule: lp.ReflectAtBand | lp.JumpToLatent = REFLECT,
    blocks: int = 20_000,
    runs: int = 40,
    poisson: bool = True,
    seed: int = 1,
) -> Rates:
    """Runs of a driftless log price at the blocks, without a spread; per-day rates of a full range, by hand.

    Each run starts as far from the quote as the stationary law of the reflected pool says.
    """
    rng = np.random.default_rng(seed)
    gamma, tail = -math.log1p(-fee), VOLATILITY * math.sqrt(apart / DAY / 2)
    found = np.empty((3, runs))
    for run in range(runs):
        waits = rng.exponential(apart, blocks) if poisson else np.full(blocks, apart)
        times = np.cumsum(waits)
        log_price = np.cumsum(rng.normal(0, VOLATILITY * np.sqrt(waits / DAY)))
        price = 1_900 * np.exp(log_price)
        off = rng.uniform(-gamma, gamma)
        if rng.random() < tail / (tail + gamma):
            off = rng.choice([-1, 1]) * (gamma + rng.exponential(tail))
        clock = seconds(times)
        pool = lp.arbitraged_pool(
            quoted(clock, price), fee=fee, liquidity=1.0, block=clock, rule=rule, start=price[0] * math.exp(off)
        )
        # Amounts of a full range of liquidity 1, from the pool's prices alone.
        at = np.searchsorted(clock, pool.times)[1:]
        root = np.sqrt(pool.prices)
        gained, fees = np.zeros(at.size), np.zeros(at.size)
        coins, dollars = 1 / root[:-1] - 1 / root[1:], root[1:] - root[:-1]  # what leaves, what comes
        up = coins > 0
        fees[up] = dollars[up] * fee / (1 - fee)
        gained[up] = coins[up] * price[at][up] - dollars[up] / (1 - fee)
        down = coins < 0
        fees[down] = -coins[down] * fee / (1 - fee) * price[at][down]
        gained[down] = -dollars[down] + coins[down] / (1 - fee) * price[at][down]
        worth = 2 * np.sqrt(price[at])
        found[:, run] = (up | down).sum(), (gained / worth).sum() * DAY / apart, (fees / worth).sum() * DAY / apart
    return Rates(*found / (blocks - 1))


PUBLISHED = {
    600.0: (96.7, 85.5, 74.7, 49.6, 22.8),
    120.0: (92.9, 72.5, 56.9, 30.5, 11.6),
    12.0: (80.7, 45.6, 29.5, 12.3, 4.0),
    2.0: (63.0, 25.4, 14.5, 5.4, 1.7),
    0.05: (21.2, 5.1, 2.6, 0.9, 0.3),
}
"""Percent of blocks with a trade at 1, 5, 10, 30 and 100 bp; the table rounds up by as much as 0.15."""


@pytest.mark.thorough
@pytest.mark.parametrize("apart", PUBLISHED)
def test_how_often_arbitrageurs_trade(apart: float) -> None:
    for fee, percent in zip((1e-4, 5e-4, 1e-3, 3e-3, 1e-2), PUBLISHED[apart], strict=True):
        found = simulate(fee, apart, seed=round(1e6 * fee))
        eta = math.sqrt(2 * DAY / apart) * -math.log1p(-fee) / VOLATILITY
        assert found.judged(found.trades, 1 / (1 + eta)) < STANDARD_ERRORS
        error = found.trades.std(ddof=1) / math.sqrt(found.trades.size)
        assert abs(100 * found.trades.mean() - percent) < 0.15 + STANDARD_ERRORS * 100 * error


PRINTED = [
    (12.0, 30e-4, 0.121951, 3.816697e-5, 2.743332e-4),
    (12.0, 5e-4, 0.454545, 1.420810e-4, 1.704190e-4),
    (2.0, 5e-4, 0.253847, 7.934688e-5, 2.331531e-4),
    (600.0, 30e-4, 0.495483, 1.550711e-4, 1.574298e-4),
]
"""Seconds between blocks, log fee, and per day: trades a block, arbitrage and fees of the value, by integration."""


@pytest.mark.parametrize(("apart", "gamma", "trades", "arbitrage", "fees"), PRINTED)
def test_arbitrage_and_fees_are_the_closed_forms(
    apart: float, gamma: float, trades: float, arbitrage: float, fees: float
) -> None:
    blocks, tail = DAY / apart, VOLATILITY * math.sqrt(apart / DAY / 2)
    exact = LVR / (1 + gamma / tail) * math.exp(gamma / 2) / (1 - VOLATILITY**2 / (8 * blocks))
    paid = LVR * 2 * math.sinh(gamma / 2) / gamma / ((1 + tail / gamma) * (1 + tail / 2))
    assert (exact, paid) == pytest.approx((arbitrage, fees), rel=1e-6)
    found = simulate(-math.expm1(-gamma), apart, blocks=50_000, seed=round(1e5 * gamma + apart))
    for sample, figure in ((found.trades, trades), (found.arbitrage, exact), (found.fees, paid)):
        assert found.judged(sample, figure) < STANDARD_ERRORS
    assert found.judged(found.arbitrage + found.fees, LVR) < STANDARD_ERRORS


def jumping(gamma: float, apart: float) -> tuple[float, float]:
    """Trades a block and fees a day when each trade ends at the quote: the log gap is a walk that starts over.

    Over a block at a random time it moves by a two-sided exponential law of scale ``tail``. It leaves the band by as
    much again, whatever came before, so that a trade is made from ``gamma`` plus an exponential; and the mean wait is
    the mean square of that over the variance of a step.
    """
    tail = VOLATILITY * math.sqrt(apart / DAY / 2)
    eta = gamma / tail
    trades = 1 / (1 + eta + eta**2 / 2)
    mean = math.expm1(gamma) * (1 - math.exp(-gamma / 2) / (1 + tail / 2)) / 2
    return trades, trades * mean * DAY / apart


@pytest.mark.parametrize(("apart", "gamma"), [(2.0, 30e-4), (12.0, 5e-4), (2.0, 100e-4)])
def test_jumps_to_the_quote_earn_what_renewal_theory_says(apart: float, gamma: float) -> None:
    trades, fees = jumping(gamma, apart)
    found = simulate(-math.expm1(-gamma), apart, rule=lp.JumpToLatent(), blocks=50_000, seed=4)
    assert found.judged(found.trades, trades) < STANDARD_ERRORS
    assert found.judged(found.fees, fees) < STANDARD_ERRORS
    # What traders gain and what they pay is still what the pool loses: on average LVR, and the last coins lose.
    assert found.judged(found.arbitrage + found.fees, LVR) < STANDARD_ERRORS
    assert found.arbitrage.mean() < 0 or gamma < 1e-3


def test_the_two_conventions_differ_by_a_factor_of_two() -> None:
    fees = {
        rule: simulate(30e-4, 2.0, rule=rule, blocks=100_000, poisson=False, seed=5).fees / LVR
        for rule in (lp.ReflectAtBand(), lp.JumpToLatent())
    }
    for rule, printed in ((lp.ReflectAtBand(), 0.95), (lp.JumpToLatent(), 1.92)):
        runs = fees[rule]
        assert abs(runs.mean() - printed) < 0.005 + STANDARD_ERRORS * runs.std(ddof=1) / math.sqrt(runs.size)
    limits = [jumping(1e-2, apart)[1] / LVR for apart in (2.0, 0.05, 1e-4)]
    assert limits == sorted(limits)
    assert limits[-1] == pytest.approx(2.0, abs=0.01)


# ---- each trade


def received(paid_into: float, taken_from: float, paid: float | np.ndarray, fee: float) -> float | np.ndarray:
    """What a constant product gives for ``paid``, of which the fee is kept first."""
    return taken_from - paid_into * taken_from / (paid_into + paid * (1 - fee))


@pytest.mark.parametrize("share", [0.0, 0.25])
@pytest.mark.parametrize("rule", [lp.ReflectAtBand(), lp.JumpToLatent()])
def test_the_ledger_of_each_trade(rule: lp.ReflectAtBand | lp.JumpToLatent, share: float) -> None:
    fee, liquidity = 5e-4, 1e5
    quotes = walk(6)
    made = lp.arbitraged_pool(quotes, fee=fee, liquidity=liquidity, block="1s", rule=rule, protocol_share=share)
    assert made.growth_base is not None
    assert made.growth_quote is not None
    trades = {True: 0, False: 0}
    for row in range(1, len(made)):
        before, after = made.prices[row - 1], made.prices[row]
        earned = {True: made.growth_quote[row] * liquidity, False: made.growth_base[row] * liquidity}
        if before == after:
            assert earned == {True: 0, False: 0}
            continue
        known = np.flatnonzero(quotes.times <= made.times[row])[-1]
        x, y = liquidity / math.sqrt(before), liquidity * math.sqrt(before)
        bought = bool(after > before)
        # Tokens in and out, and what each is worth to who trades on the exchange.
        if bought:
            into, out, net = y, x, liquidity * math.sqrt(after) - y
            worth_in, worth_out = 1.0, float(quotes.bid[known])
        else:
            into, out, net = x, y, liquidity / math.sqrt(after) - x
            worth_in, worth_out = float(quotes.ask[known]), 1.0
        paid = net / (1 - fee)
        taken = received(into, out, paid, fee)
        assert earned[bought] == pytest.approx(paid * fee * (1 - share), rel=1e-9)
        assert earned[not bought] == 0
        # Arbitrageur, liquidity and fees: nothing is lost, nothing is made.
        arbitrageur = taken * worth_out - paid * worth_in
        reserves = net * worth_in - taken * worth_out
        assert arbitrageur + reserves + earned[bought] / (1 - share) * worth_in == pytest.approx(0, abs=1e-9 * y)
        # Of all that could be paid in, the edge of the band gains most; going on to the quote loses some of it.
        amounts = paid * np.linspace(0, 2, 2_001)
        best = (received(into, out, amounts, fee) * worth_out - amounts * worth_in).max()
        if rule == lp.ReflectAtBand():
            assert arbitrageur == pytest.approx(best, rel=1e-5, abs=1e-9)
            assert arbitrageur > 0
        else:
            assert arbitrageur < best
        trades[bought] += 1
    assert min(trades.values()) > 10


@pytest.mark.parametrize("rule", [lp.ReflectAtBand(), lp.JumpToLatent()])
def test_the_pool_is_never_left_beyond_the_band(rule: lp.ReflectAtBand | lp.JumpToLatent) -> None:
    quotes, fee = walk(7), 3e-4
    made = lp.arbitraged_pool(quotes, fee=fee, liquidity=1.0, block="700ms", rule=rule, noise=1.0)
    known = np.searchsorted(quotes.times, made.times, side="right") - 1
    low, high = quotes.bid[known] * (1 - fee), quotes.ask[known] / (1 - fee)
    assert ((made.prices >= low) & (made.prices <= high)).all()
    # Inside the band nobody trades.
    before = np.concatenate([made.prices[:1], made.prices[:-1]])
    inside = (before >= low) & (before <= high)
    assert (made.prices == before)[inside].all()
    moved = made.prices[~inside]
    edge = (low, high) if rule == lp.ReflectAtBand() else (quotes.bid[known], quotes.ask[known])
    assert (moved == np.where(before < low, *edge)[~inside]).all()
    assert 20 < moved.size < len(made) - 20


def test_no_move_no_trade() -> None:
    still = quoted(seconds(np.arange(100)), np.full(100, 1_900.0), np.full(100, 1_901.0))
    made = lp.arbitraged_pool(still, fee=0.0, liquidity=1.0, block="1s")
    assert len(made) == 2
    assert (made.prices == 1_900.5).all()
    assert made.growth_base is not None
    assert made.growth_quote is not None
    assert not made.growth_base.any()
    assert not made.growth_quote.any()
    # The middle may move by almost the spread and the fees: the quotes' sides are what counts.
    quiet = quoted(seconds([0, 1, 2]), np.array([1_900.0, 1_901.2, 1_899.0]), np.array([1_901.0, 1_902.2, 1_900.0]))
    made = lp.arbitraged_pool(quiet, fee=4e-4, liquidity=1.0, block="1s")
    assert made.prices.tolist() == [1_900.5, 1_900.5]


def twin(
    quotes: lp.Quotes, fee: float, seconds_apart: float, stop: float, delay: float, share: float
) -> list[tuple[np.datetime64, float, float, float]]:
    """The rule in plain Python: time, price and fee growth of base and quote after every block."""
    clock = [int(t) for t in quotes.times.astype(np.int64)]
    block, price = clock[0], (float(quotes.bid[0]) + float(quotes.ask[0])) / 2
    rows = [(quotes.times[0], price, 0.0, 0.0)]
    while (block := block + round(seconds_apart * 1e9)) <= clock[-1]:
        seen = [i for i, t in enumerate(clock) if t <= block - round(delay * 1e9)]
        base = quote = 0.0
        if seen:
            bid, ask = float(quotes.bid[seen[-1]]), float(quotes.ask[seen[-1]])
            kept = fee / (1 - fee) * (1 - share)
            if price < bid * (1 - fee):
                quote = (math.sqrt(bid * stop) - math.sqrt(price)) * kept
                price = bid * stop
            elif price > ask / (1 - fee):
                base = (1 / math.sqrt(ask / stop) - 1 / math.sqrt(price)) * kept
                price = ask / stop
        rows.append((np.datetime64(block, "ns"), price, base, quote))
    return rows


@pytest.mark.parametrize("delay", [0.0, 0.35])
@pytest.mark.parametrize(("rule", "fee", "stop"), [(lp.ReflectAtBand(), 5e-4, 1 - 5e-4), (lp.JumpToLatent(), 3e-4, 1)])
def test_the_compiled_loop_is_its_plain_twin(
    rule: lp.ReflectAtBand | lp.JumpToLatent, fee: float, stop: float, delay: float
) -> None:
    quotes = walk(8, 1_500)
    plain = twin(quotes, fee, 0.7, stop, delay, 0.1)
    with_noise, without = (
        lp.arbitraged_pool(
            quotes, fee=fee, liquidity=1.0, block="700ms", delay=f"{delay}s", rule=rule, protocol_share=0.1, noise=noise
        )
        for noise in (1.0, 0.0)
    )
    happened = [i for i, row in enumerate(plain) if i in (0, len(plain) - 1) or row[1] != plain[i - 1][1]]
    assert 20 < len(happened) < len(plain)
    for made, expected in ((with_noise, plain), (without, [plain[i] for i in happened])):
        assert made.growth_base is not None
        assert made.growth_quote is not None
        found = list(zip(made.times, made.prices, made.growth_base, made.growth_quote, strict=True))
        assert found == expected


def test_price_and_growth_know_nothing_of_liquidity_or_noise() -> None:
    quotes = walk(9)
    thin = lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1.0, block="1s", noise=1e6, seed=1)
    thick = lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1e9, block="1s", noise=2e6)
    for name in ("times", "prices", "growth_base", "growth_quote"):
        assert (getattr(thin, name) == getattr(thick, name)).all()
    assert (thick.liquidity == 1e9).all()


def test_the_first_block_only_says_where_the_pool_stands() -> None:
    still = quoted(seconds(np.arange(3)), np.full(3, 1_900.0))
    made = lp.arbitraged_pool(still, fee=5e-4, liquidity=1.0, block="1s", start=2_000.0)
    assert made.prices.tolist() == [2_000.0, 1_900.0 / (1 - 5e-4), 1_900.0 / (1 - 5e-4)]


# ---- noise, delay, labels


def test_noise_adds_up_in_both_tokens() -> None:
    quotes = walk(10, 8_641, every=10.0)  # a day
    even = lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1.0, noise=1e6)
    assert even.quote_in.sum() == pytest.approx(5e5, rel=ROUNDING)
    assert (even.base_in * even.prices).sum() == pytest.approx(5e5, rel=ROUNDING)
    assert even.quote_in[0] == even.base_in[0] == 0
    assert len(set(even.quote_in[1:].round(9))) == 1
    drawn, again, other = (
        lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1.0, noise=1e6, seed=seed).quote_in for seed in (3, 3, 4)
    )
    assert (drawn == again).all()
    assert (drawn != other).any()
    blocks = drawn.size - 1
    assert abs(drawn.sum() / 5e5 - 1) < STANDARD_ERRORS / math.sqrt(blocks)
    # Of an exponential law the standard deviation is the mean; that of its estimate sqrt(2 / n).
    assert abs(drawn[1:].std() / drawn[1:].mean() - 1) < STANDARD_ERRORS * math.sqrt(2 / blocks)


@pytest.mark.parametrize("volume", [1e6, 1.07e14, 1e18])
def test_noise_of_any_volume_is_what_was_said(volume: float) -> None:
    """A number times a span of numpy is a span of whole nanoseconds, which 64 bits end."""
    quotes = walk(10, 145, every=600.0)  # a day, ten minutes apart
    made = lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1.0, noise=volume, block="10min")
    assert made.quote_in[1:].tolist() == pytest.approx([volume / 2 / 144] * 144, rel=ROUNDING)


def test_an_arbitrageur_sees_what_is_as_old_as_the_delay() -> None:
    step = quoted(seconds([0, 60, 120]), np.array([1_900.0, 1_910.0, 1_910.0]))
    moved = {
        delay: lp.arbitraged_pool(step, fee=5e-4, liquidity=1.0, delay=delay).times[1] - START
        for delay in ("0s", "1s", "12s", "13s")
    }
    assert [int(t / np.timedelta64(1, "s")) for t in moved.values()] == [60, 72, 72, 84]
    # Before the first quote has arrived nobody knows a price.
    early = lp.arbitraged_pool(step, fee=5e-4, liquidity=1.0, delay="30s", start=2_000.0)
    assert early.prices[1] == 1_900.0 / (1 - 5e-4)
    assert early.times[1] == START + np.timedelta64(36, "s")


def test_it_says_that_it_is_synthetic() -> None:
    quotes = walk(11)
    made = lp.arbitraged_pool(
        quotes, fee=5e-4, liquidity=2e6, block="1s", delay="100ms", noise=1e6, seed=7, rule=lp.JumpToLatent()
    )
    assert made.market == "ETH/USDT"
    assert "all the way to the quote at ETH/USDT:perp's bid or ask" in made.synthetic
    for stated in ("1 second apart", "0.1 seconds old", "5 bp", "2,000,000", "1,000,000 a day, drawn with seed 7"):
        assert stated in made.synthetic
    assert "synthetic" in repr(made)
    tape = lp.Tape(quotes=quotes, pool=made)
    assert tape.synthetic == made.synthetic
    assert any(note.startswith("SYNTHETIC") for note in tape.notes)
    assert tape.times[-1] == made.times[-1]
    assert lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1.0, market="WETH/USDC").market == "WETH/USDC"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"fee": 1.0}, "fee from 0 up to 1"),
        ({"fee": -1e-4}, "fee from 0 up to 1"),
        ({"protocol_share": 1.0}, "protocol_share from 0 up to 1"),
        ({"liquidity": 0.0}, "liquidity"),
        ({"noise": -1.0}, "noise of 0 or more"),
        ({"block": "0s"}, "blocks some time apart"),
        ({"block": "soon"}, "a span of time"),
        ({"block": "1D"}, "two or more blocks"),
        ({"block": seconds([1, 1, 2])}, "two or more blocks in order"),
        ({"block": seconds([-1, 1])}, "within the quotes"),
        ({"block": np.array([0, 60])}, "blocks; got numbers"),
        ({"block": seconds([1, 1e6])}, "within the quotes"),
        ({"delay": np.timedelta64(-1, "s")}, "later quotes"),
        ({"start": 0.0}, "start"),
        ({"noise": 1.0, "seed": -1}, "seed"),
    ],
)
def test_what_makes_no_pool(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(lp.LPGreeksError, match=says):
        lp.arbitraged_pool(walk(12), **({"fee": 5e-4, "liquidity": 1.0} | wrong))  # type: ignore[arg-type]
