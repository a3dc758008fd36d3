"""The tape: a merge by hand says the same, ties fall as stated, nothing is lost, and bad streams are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.errors import LPGreeksError

START = np.datetime64("2023-04-01T00:00:00", "ns")
SECOND = np.timedelta64(1, "s")


def at(seconds: Any) -> Any:
    return START + np.asarray(seconds) * SECOND


def quotes(seconds: Any, bid: Any, *, market: str = "ETH/USDT", spread: float = 1.0, **more: Any) -> lp.Quotes:
    bid = np.asarray(bid, dtype=float)
    return lp.Quotes(market=market, times=at(seconds), bid=bid, ask=bid + spread, source="made", **more)


def pool(seconds: Any, prices: Any, **more: Any) -> lp.PoolHistory:
    n = len(seconds)
    given = {
        "market": "ETH/USDC",
        "fee": 0.0005,
        "base_in": np.arange(1.0, n + 1),
        "quote_in": 10.0 * np.arange(1.0, n + 1),
        "liquidity": 100.0 + np.arange(n),
        "source": "made",
    }
    return lp.PoolHistory(times=at(seconds), prices=np.asarray(prices, dtype=float), **(given | more))


def funding(seconds: Any, *, market: str = "ETH/USDT") -> lp.FundingRates:
    rates = 1e-4 * (1 + np.arange(len(seconds)))
    return lp.FundingRates(market=market, times=at(seconds), rates=rates, source="made")


def marks(seconds: Any, prices: Any, *, width: float = 3.0, market: str = "ETH/USDT") -> lp.History:
    prices = np.asarray(prices, dtype=float)[:, None]
    return lp.History(
        markets=(market,), times=at(seconds), prices=prices, lows=prices - width, highs=prices + width, step=SECOND
    )


# ---- a merge by hand


def merged(
    quoted: list[lp.Quotes], pooled: lp.PoolHistory | None, marked: lp.History | None, paid: list[lp.FundingRates]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows, swaps and settlements by walking through time with plain lists."""
    streams = [*quoted, *([pooled] if pooled else [])]
    first, last = max(s.times[0] for s in streams), min(s.times[-1] for s in streams)
    moments = {t for s in [*streams, *paid, *([marked] if marked else [])] for t in s.times if first <= t <= last}
    rows: list[tuple[Any, ...]] = []
    swaps, due = [], []
    for moment in sorted(moments):
        now = [max(i for i, t in enumerate(q.times) if t <= moment) for q in quoted]
        shown: list[int | None] = [None]
        if pooled:
            here = [i for i, t in enumerate(pooled.times) if t == moment]
            shown = here or [max(i for i, t in enumerate(pooled.times) if t <= moment)]  # type: ignore[assignment]
            # The tape starts from where everything stands after its first moment.
            shown = shown if rows else shown[-1:]
        for turn, own in enumerate(shown):
            cells = []
            for q, i in zip(quoted, now, strict=True):
                prices, lows, highs = q.mid, q.lows if q.lows is not None else q.mid, q.highs
                stamps, known = q.times, i
                highs = q.mid if highs is None else highs
                if marked:
                    stamps, known = marked.times, max(j for j, t in enumerate(marked.times) if t <= moment)
                    prices, lows, highs = marked.prices[:, 0], marked.lows[:, 0], marked.highs[:, 0]
                mark = prices[known]
                new = stamps[known] == moment and turn == 0 and bool(rows)
                low, high = (min(lows[known], mark), max(highs[known], mark)) if new else (mark, mark)
                cells.append((q.bid[i], q.ask[i], mark, low, high))
            price = pooled.prices[own] if pooled and own is not None else (cells[0][0] + cells[0][1]) / 2
            if pooled and own is not None and rows and pooled.times[own] == moment:
                swaps.append((len(rows), own, own - 1))
            rows.append((moment, cells, price))
        if moment > first:
            for f in paid:
                column = [q.market for q in quoted].index(f.market)
                due += [(len(rows) - 1, column, r) for t, r in zip(f.times, f.rates, strict=True) if t == moment]
    return rows, swaps, sorted(due)


@pytest.mark.parametrize("seed", range(40))
def test_random_streams_merge_as_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def some(n: int, *, repeats: bool = False) -> Any:
        return np.sort(rng.choice(np.arange(12), size=n, replace=repeats))

    def walk(n: int) -> Any:
        return 1_900 + np.cumsum(rng.normal(size=n))

    quoted = []
    for market in ["ETH/USDT", "BTC/USDT"][: 1 + seed % 2]:
        bid = walk(8)
        extremes = {"lows": bid - 5, "highs": bid + 5} if seed % 3 else {}
        quoted.append(quotes(some(8), bid, market=market, **extremes))
    pooled = pool(some(9, repeats=True), walk(9)) if seed % 5 else None
    whole = np.array([-1, *some(6)]), walk(7)
    marked = marks(*whole) if seed % 4 == 0 and len(quoted) == 1 else None
    first = max(s.times[0] for s in [*quoted, *([pooled] if pooled else [])])
    last = min(s.times[-1] for s in [*quoted, *([pooled] if pooled else [])])
    paid = [
        f for f in (funding(some(5), market=q.market) for q in quoted) if ((f.times > first) & (f.times <= last)).any()
    ]
    if len({t for s in [*quoted, *([pooled] if pooled else [])] for t in s.times if first <= t <= last}) < 2:
        pytest.skip("the streams hardly overlap")
    tape = lp.Tape(quotes=quoted, pool=pooled, marks=marked, funding=paid)
    rows, swaps, due = merged(quoted, pooled, marked, paid)
    assert tape.times.tolist() == np.array([t for t, *_ in rows]).tolist()
    for column, name in enumerate(("bid", "ask", "mark", "low", "high")):
        expected = [[cells[j][column] for _, cells, _ in rows] for j in range(len(quoted))]
        assert np.array_equal(getattr(tape.rows, name), expected), name
    assert tape.rows.pool.tolist() == [price for *_, price in rows]
    assert tape.swaps.row.tolist() == [row for row, *_ in swaps]
    if pooled:
        own, before = [own for _, own, _ in swaps], [before for *_, before in swaps]
        for name in ("base_in", "quote_in", "liquidity"):
            assert getattr(tape.swaps, name).tolist() == getattr(pooled, name)[own].tolist()
        assert tape.swaps.before.tolist() == pooled.liquidity[before].tolist()
        assert tape.swaps.low.tolist() == pooled.lows[own].tolist()
        assert tape.swaps.high.tolist() == pooled.highs[own].tolist()
    assert list(zip(*(x.tolist() for x in tape.settlements), strict=True)) == due


# ---- ties, ends, marks


def test_what_happens_at_one_time_is_one_moment() -> None:
    """Three swaps of one block, a quote and a settlement at the same second."""
    tape = lp.Tape(
        quotes=quotes([0, 5, 9], [1_900, 1_910, 1_905], lows=[1_899, 1_890, 1_904], highs=[1_902, 1_912, 1_906]),
        pool=pool([0, 5, 5, 5, 9], [1_900, 1_903, 1_906, 1_909, 1_905]),
        funding=funding([5]),
    )
    assert tape.times.tolist() == at([0, 5, 5, 5, 9]).tolist()
    assert tape.rows.bid[0].tolist() == [
        1_900,
        1_910,
        1_910,
        1_910,
        1_905,
    ]  # the quote is known on every row of its time
    assert tape.rows.pool.tolist() == [1_900, 1_903, 1_906, 1_909, 1_905]  # swaps in their own order
    assert tape.rows.low[0].tolist() == [1_900.5, 1_890, 1_910.5, 1_910.5, 1_904]  # an extreme counts once
    assert tape.settlements.row.tolist() == [3]  # after all of them
    assert tape.swaps.base_in.tolist() == [2, 3, 4, 5]  # the first row of the pool only says where it stood
    assert tape.swaps.before.tolist() == [100, 101, 102, 103]


def test_a_tape_begins_and_ends_where_all_streams_are_known() -> None:
    tape = lp.Tape(
        quotes=quotes(range(3, 20), [1_900.0] * 17), pool=pool([0, 2, 4, 8, 30], [1_900, 1_901, 1_902, 1_903, 1_904])
    )
    assert tape.times[[0, -1]].tolist() == at([3, 19]).tolist()
    assert tape.rows.pool[0] == 1_901  # as last known before the start
    assert tape.swaps.base_in.tolist() == [3, 4]  # neither the warm-up nor what comes after the quotes
    assert "3 of 5 rows of ETH/USDC lie outside the tape" in tape.notes
    assert tape.years == pytest.approx(16 / (365 * 86_400))
    assert tape.gaps(np.timedelta64(1, "s")) == ()
    holed = lp.Tape(quotes=quotes([0, 1, 2, 60, 61], [1_900.0] * 5))
    assert holed.gaps(np.timedelta64(10, "s")) == ((at(2), at(60)),)


def test_no_extreme_of_a_mark_is_lost() -> None:
    """Marks finer than the quotes and coarser: every low after the start is on the clock, once."""
    rng = np.random.default_rng(7)
    coarse = quotes(range(0, 101, 10), [1_900.0] * 11)
    fine = quotes(range(101), [1_900.0] * 101)
    for quoted, every in ((coarse, 1), (fine, 10)):
        times = np.arange(-5, 105, every)
        marked = marks(times, 1_900 + np.cumsum(rng.normal(size=times.size)), width=2.0)
        tape = lp.Tape(quotes=quoted, marks=marked)
        inside = (times > 0) & (times <= 100)
        low, mark = tape.rows.low[0], tape.rows.mark[0]
        assert low[low < mark].tolist() == marked.lows[inside, 0].tolist()
        assert tape.rows.high[0][low < mark].tolist() == marked.highs[inside, 0].tolist()
        assert low[0] == mark[0]
    assert tape.notes[-1].startswith("accounts are marked at ETH/USDT from 2023-03-31")


def test_bars_as_quotes_keep_their_extremes() -> None:
    bars = marks([60, 120, 180], [1_900, 1_910, 1_905], width=4.0)
    made = lp.Quotes.from_bars(bars, half_spread=0.0001)
    assert np.allclose(made.ask / made.mid - 1, 0.0001)
    tape = lp.Tape(quotes=made)
    assert tape.rows.low[0, 1:].tolist() == [1_906, 1_901]
    assert tape.rows.high[0, 1:].tolist() == [1_914, 1_909]
    assert tape.synthetic == "no pool data: its price is the middle of the quotes, without fees"
    assert tape.swaps.row.size == tape.settlements.row.size == 0
    assert "the lows and highs beside the quotes stand for those of the mark" in tape.notes
    assert any("half-spread 1 bp, stated" in note for note in tape.notes)


def test_every_swap_inside_is_counted() -> None:
    rng = np.random.default_rng(3)
    seconds = np.sort(rng.integers(0, 500, size=2_000))
    pooled = pool(seconds, 1_900 * np.exp(np.cumsum(rng.normal(size=2_000) * 1e-4)))
    tape = lp.Tape(quotes=quotes(range(100, 401), [1_900.0] * 301), pool=pooled)
    inside = (pooled.times >= at(100)) & (pooled.times <= at(400))
    start = pooled.times == at(100)  # the block at the start is where the pool stood
    assert start.sum() > 1
    assert tape.swaps.base_in.sum() == pooled.base_in[inside].sum() - pooled.base_in[start].sum()
    assert tape.swaps.row.tolist() == sorted(set(tape.swaps.row.tolist()))
    assert (tape.rows.pool[tape.swaps.row] == pooled.prices[inside & ~start]).all()
    assert tape.swaps.growth_base.tolist() == [0.0] * tape.swaps.row.size


def test_a_row_of_a_pool_starts_where_the_one_before_ended() -> None:
    moved = pool([0, 1, 2], [1_900, 1_910, 1_905])
    assert moved.lows.tolist() == [1_900, 1_900, 1_905]
    assert moved.highs.tolist() == [1_900, 1_910, 1_910]
    bars = pool([0, 1, 2], [1_900, 1_910, 1_905], lows=[1_890, 1_905, 1_901], highs=[1_901, 1_912, 1_906])
    assert bars.lows.tolist() == [1_890, 1_900, 1_901]
    assert bars.highs.tolist() == [1_901, 1_912, 1_910]


def test_fee_growth_goes_with_its_swap() -> None:
    pooled = pool([0, 1, 2], [1_900, 1_901, 1_902], growth_base=[0, 1e-9, 2e-9], growth_quote=[0, 3e-6, 4e-6])
    tape = lp.Tape(pool=pooled)
    assert tape.swaps.growth_base.tolist() == [1e-9, 2e-9]
    assert tape.swaps.growth_quote.tolist() == [3e-6, 4e-6]


# ---- funding, gas, stand-ins


def test_funding_outside_the_tape_is_refused_and_partly_outside_is_said() -> None:
    quoted = quotes(range(10), [1_900.0] * 10)
    with pytest.raises(lp.DataError, match=r"funding settlements inside the tape; got 2 of ETH/USDT, .*from .* to "):
        lp.Tape(quotes=quoted, funding=funding([100, 200]))
    with pytest.raises(lp.DataError, match="inside the tape"):
        lp.Tape(quotes=quoted, funding=funding([-5, 0]))  # who opens at a settlement does not pay it
    tape = lp.Tape(quotes=quoted, funding=funding([-5, 4, 9, 100]))
    assert tape.times[tape.settlements.row].tolist() == at([4, 9]).tolist()
    assert tape.settlements.rate.tolist() == [2 * 1e-4, 3 * 1e-4]
    assert "2 of 4 rows of ETH/USDT lie outside the tape" in tape.notes


def test_a_missing_market_reads_its_pair_and_says_so() -> None:
    quoted = quotes(range(10), [1_900.0] * 10)
    tape = lp.Tape(
        quotes=quoted,
        funding=funding([4], market="ETH/USDC:perp"),
        marks=marks(range(-1, 10), [1_900.0] * 11, market="WETH/USD:mark"),
    )
    assert tape.column("ETH/USDT") == (0, "")
    assert tape.settlements.market.tolist() == [0]
    said = [note for note in tape.notes if "basis taken as zero" in note]
    assert said == [
        "ETH/USDT reads the price of WETH/USD:mark: basis taken as zero, USD counted as USDT",
        "ETH/USDC:perp reads the price of ETH/USDT: basis taken as zero, USDT counted as USDC",
    ]
    with pytest.raises(lp.MarketError, match="a price of BTC/USDT"):
        tape.column("BTC/USDT")
    with pytest.raises(lp.MarketError, match="a price of BTC/USDT"):
        lp.Tape(quotes=quoted, funding=funding([4], market="BTC/USDT"))
    with pytest.raises(lp.MarketError, match="a price of ETH/USDT"):
        lp.Tape(quotes=quoted, marks=marks(range(10), [1_900.0] * 10, market="BTC/USDT"))


def test_two_perpetuals_do_not_pay_on_one_quote() -> None:
    paid = [funding([4], market="ETH/USDT:perp"), funding([4], market="ETH/USD:coin-perp")]
    with pytest.raises(lp.MarketError, match="quotes of its own for every perpetual"):
        lp.Tape(quotes=quotes(range(10), [1_900.0] * 10), funding=paid)
    both = [quotes(range(10), [1_900.0] * 10, market=f.market) for f in paid]
    assert lp.Tape(quotes=both, funding=paid).settlements.market.tolist() == [0, 1]


def test_gas_is_the_last_one_known() -> None:
    quoted = quotes(range(10), [1_900.0] * 10)
    gas = lp.GasPrices(times=at([-3, 4]), each=[5.0, 7.0], source="made")
    rows = np.array([0, 3, 4, 9])
    assert lp.Tape(quotes=quoted, gas=gas).gas_at(rows).tolist() == [5, 5, 7, 7]
    assert lp.Tape(quotes=quoted, gas=lp.Gas(each=3.0)).gas_at(rows).tolist() == [3, 3, 3, 3]
    assert lp.Tape(quotes=quoted).gas_at(rows).tolist() == [0, 0, 0, 0]
    late = lp.Tape(quotes=quoted, gas=lp.GasPrices(times=at([4]), each=[5.0], source="made"))
    with pytest.raises(lp.DataError, match="gas prices from the first transaction on"):
        late.gas_at(rows)


def test_a_tape_speaks() -> None:
    tape = lp.Tape(quotes=quotes([0, 5], [1_900, 1_901]), pool=pool([0, 5], [1_900, 1_901], synthetic="drawn"))
    assert repr(tape) == (
        "<Tape: 2023-04-01 00:00:00 to 2023-04-01 00:00:05 UTC, 2 rows of 2 quotes of ETH/USDT, 2 synthetic pool rows>"
    )
    assert "SYNTHETIC: drawn" in tape.notes
    assert not any(array.flags.writeable for array in tape.rows)


# ---- bad input

GOOD = quotes(range(10), [1_900.0] * 10)

BAD: list[tuple[str, Callable[[], object], str]] = [
    ("quotes out of order", lambda: quotes([0, 2, 1], [1_900.0] * 3), r"in order, each once; got 1 that are not, the first"),
    ("quotes twice at a time", lambda: quotes([0, 1, 1], [1_900.0] * 3), r"in order, each once.*which of equal ones holds"),
    ("a crossed book", lambda: quotes([0, 1], [1_900.0] * 2, spread=-0.5), r"2 crossed, the first at .*bid 1900, ask 1899.5"),
    ("a quote that is not a number", lambda: quotes([0, 1], [1_900.0, np.nan]), "bid to be positive and finite; got nan"),
    ("a jump by half", lambda: quotes([0, 1], [1_900.0, 3_000.0]), r"less than a half.*1 jumps, the first from 1900.5 to 3000.5"),
    ("a fall by half", lambda: quotes([0, 1], [1_900.0, 900.0]), "less than a half"),
    ("bids of another length", lambda: lp.Quotes(market="a", times=at([0, 1]), bid=[1.0], ask=[1.0], source=""), "for each of 2 times"),
    ("one of lows and highs", lambda: quotes([0, 1], [1_900.0] * 2, lows=[1, 1]), "both of lows and highs"),
    ("lows over highs", lambda: quotes([0, 1], [1_900.0] * 2, lows=[9, 9], highs=[8, 8]), "lows of ETH/USDT at or below highs; got 2 rows"),
    ("a wild high", lambda: quotes([0, 1], [1_900.0] * 2, lows=[1_900] * 2, highs=[1_900, 19_000]), r"1 rows, the first at 2023-04-01T00:00:01.0*: 1900 and 19000 about 1900"),
    ("a wild low", lambda: quotes([0, 1], [1_900.0] * 2, lows=[190, 1_900], highs=[1_900] * 2), "within a half of the price of their row"),
    ("a pool's lows over its highs", lambda: pool([0, 1], [1_900.0] * 2, lows=[1_901, 1_900], highs=[1_900] * 2), "lows of ETH/USDC at or below highs; got 1 rows"),
    ("a pool's wild high", lambda: pool([0, 1], [1_900.0] * 2, highs=[1_900, 2_851]), "within a half of the price of their row"),
    ("a pool's wild low", lambda: pool([0, 1], [1_900.0] * 2, lows=[949, 1_900]), "within a half of the price of their row"),
    ("a missing time", lambda: lp.GasPrices(times=["NaT"], each=[1], source=""), "1 missing"),
    ("swaps out of order", lambda: pool([0, 2, 1], [1_900.0] * 3), r"times of ETH/USDC in order; got"),
    ("no liquidity", lambda: pool([0, 1], [1_900.0] * 2, liquidity=[1, 0]), r"above 0 in every row; got 1 rows with none, the first at"),
    ("a pool that jumps", lambda: pool([0, 1], [1_900.0, 100.0]), "move by less than a half"),
    ("negative amounts", lambda: pool([0, 1], [1_900.0] * 2, base_in=[1, -1]), r"base_in of 0 or more in every row; got -1 at"),
    ("amounts of another shape", lambda: pool([0, 1], [1_900.0] * 2, quote_in=[1, 2, 3]), r"quote_in for each of 2 times; got shape \(3,\)"),
    ("fee in percent", lambda: pool([0, 1], [1_900.0] * 2, fee=5.0), r"0.05 % is 0.0005"),
    ("growth of one token", lambda: pool([0, 1], [1_900.0] * 2, growth_base=[0, 1]), "fee growth of both tokens"),
    ("funding of another shape", lambda: lp.FundingRates(market="a", times=at([0]), rates=[], source=""), r"funding rates for each of 1 times"),
    ("funding in percent", lambda: lp.FundingRates(market="a", times=at([0]), rates=[1.5], source=""), "0.01 % is 0.0001"),
    ("funding that is not a number", lambda: lp.FundingRates(market="a", times=at([0]), rates=[np.nan], source=""), "finite funding rates"),
    ("negative gas", lambda: lp.GasPrices(times=at([0]), each=[-1.0], source=""), "gas of 0 or more"),
    ("nothing", lambda: lp.Tape(), "quotes, a pool or an index; got none of them"),
    ("a market twice", lambda: lp.Tape(quotes=[GOOD, GOOD]), "quotes of each market once"),
    ("another kind", lambda: lp.Tape(quotes=GOOD, pool=GOOD), "pool of another kind"),
    ("another kind of quotes", lambda: lp.Tape(quotes=[pool([0, 1], [1.0, 1.0])]), "quotes as Quotes"),
    ("no overlap", lambda: lp.Tape(quotes=GOOD, pool=pool([20, 30], [1_900.0] * 2), funding=funding([5])), "streams that overlap in time"),
    ("late marks", lambda: lp.Tape(quotes=GOOD, marks=marks([5, 6], [1_900.0] * 2)), "marks from the first row on"),
    ("bars of no market", lambda: lp.Quotes.from_bars(marks([0, 1], [1.0, 1.0], width=0.5), half_spread=0, market="X"), "one market of the bars"),
    ("a spread in basis points", lambda: lp.Quotes.from_bars(marks([0, 1], [1.0, 1.0], width=0.5), half_spread=5), "Half a basis point is 0.00005"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_streams_are_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises(LPGreeksError, match=words):
        make()


def test_an_hour_that_halves_the_price_is_one_that_was() -> None:
    """The wildest hour of a coin on record: 22 August 2017, 05:00, a low of 144.21 and a close of 287."""
    made = quotes([0, 1], [287.0] * 2, spread=0.0, lows=[144.21, 287], highs=[309.03, 287])
    assert made.lows is not None
    assert made.lows[0] == 144.21


STREAMS: dict[str, Callable[[object], np.ndarray]] = {
    "quotes": lambda times: lp.Quotes(market="a", times=times, bid=[1.0] * 2, ask=[1.0] * 2, source="").times,
    "pool": lambda times: lp.PoolHistory(
        market="a", fee=0.0, times=times, prices=[1.0] * 2, base_in=[0] * 2, quote_in=[0] * 2, liquidity=[1] * 2, source=""
    ).times,
    "funding": lambda times: lp.FundingRates(market="a", times=times, rates=[0.0] * 2, source="").times,
    "gas": lambda times: lp.GasPrices(times=times, each=[1.0] * 2, source="").times,
    "index": lambda times: lp.IndexHistory(
        name="GLP", quote="USD", coins=("ETH",), times=times, prices=[1.0] * 2, coin_prices=[[1.0]] * 2, source=""
    ).times,
    "history": lambda times: lp.History(
        markets=("a",), times=times, prices=[[1.0]] * 2, lows=[[1.0]] * 2, highs=[[1.0]] * 2, step=SECOND
    ).times,
}  # fmt: skip


@pytest.mark.parametrize("kind", STREAMS)
def test_times_are_times_of_a_known_zone(kind: str) -> None:
    made = STREAMS[kind]
    second = 1_680_307_200
    for numbers in (
        [second, second + 1],
        [second * 1e3, second * 1e3 + 1],
        np.array([second, second + 1], dtype=object),
    ):
        with pytest.raises(lp.InputError, match=r"got numbers. pd.to_datetime\(numbers, unit=...\)"):
            made(numbers)
    with pytest.raises(lp.InputError, match=r"that can be read; got .'soon'"):
        made(["soon", "later"])
    early = np.array(["1500-01-01", "2023-01-01"])
    for written in (early, early.astype("datetime64[s]"), early.astype("datetime64[D]"), early.tolist()):
        with pytest.raises(lp.DataError, match="from 1678 to 2261; got years from 1500 to 2023"):
            made(written)
    zoned = pd.DatetimeIndex(["2023-04-01 02:00", "2023-04-01 03:00"], tz="Europe/Berlin")
    utc = np.array(["2023-04-01T00:00", "2023-04-01T01:00"], dtype="datetime64[ns]")
    for given in (
        zoned,
        pd.Series(zoned),
        list(zoned),
        ["2023-04-01T02:00+02:00", "2023-04-01T01:00Z"],
        utc,
        utc.astype("M8[s]"),
    ):
        assert (made(given) == utc).all()
    assert made(utc) is not utc
    assert utc.flags.writeable


def test_only_swaps_share_a_time() -> None:
    twice = np.array(["2023-04-01"] * 2, dtype="datetime64[ns]")
    assert (STREAMS["pool"](twice) == twice).all()
    for kind in ("quotes", "funding", "gas"):
        with pytest.raises(lp.DataError, match="in order, each once"):
            STREAMS[kind](twice)


def test_quotes_that_are_older_than_the_pool_are_named() -> None:
    """Hourly quotes beside a pool's minutes: who trades between them would know more than they did."""
    minutes = np.arange(0.0, 7_201.0, 60.0)
    pooled = pool(minutes, np.full(minutes.size, 1_900.0))
    hourly = lp.Tape(quotes=quotes([0, 3_600, 7_200], [1_900, 1_901, 1_902]), pool=pooled)
    [said] = [note for note in hourly.notes if "old where the pool moves" in note]
    assert said.startswith("quotes of ETH/USDT are up to 59 minutes old")
    fresh = lp.Tape(quotes=quotes(minutes, np.full(minutes.size, 1_900)), pool=pooled)
    assert not [note for note in fresh.notes if "old where the pool moves" in note]
