"""One instance of every public class: what laws about all of them run on."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import lpgreeks as lp
from lpgreeks import _api
from tests import samples, tapes, test_bins, test_glp, test_gm

CLASSES = [kind for name in _api.__all__ if inspect.isclass(kind := getattr(lp, name))]

VALUE = lp.Value("USDC")
EXPIRY = datetime(2026, 2, 4, 8, tzinfo=UTC)
BRACKETS = (lp.Bracket(0.0, 0.005), lp.Bracket(100_000.0, 0.01))


def _hedging() -> Iterator[Any]:
    legs = lp.Leg(samples.LINEAR), lp.Leg(samples.INVERSE)
    yield lp.hedge(samples.POOL, list(legs), samples.WEEK, objective=samples.USDC)
    yield from (lp.CVaR(VALUE), lp.MeanVariance(VALUE, aversion=1e-4), lp.SemiVariance(VALUE), lp.WorstCase(VALUE))
    yield from (lp.Amount("ETH"), lp.Excess("USDC"), lp.LeastCapital(), lp.LeastCost(), lp.WholeLots())
    yield from (lp.DeltaBounds(lower=-1), lp.GammaBounds(upper=1), lp.VegaBounds(lower=0), lp.PremiumAtMost(500.0))
    yield from (lp.EffectivenessAtLeast(0.5), lp.PoolSize(), lp.Wallet({"USDC": 1e5}), lp.MaxLeverage(5))
    yield from (lp.NoLiquidation(), lp.RangeEdges(), lp.AtMost(1, of=lp.Put))
    yield lp.QuantityBounds(of=samples.LINEAR, lower=-1.0)
    yield lp.Order(leg=legs[0], contracts=-2.0, quantity=-2.0, residual=0.1)
    yield lp.Choice(offered=40, subsets=1_600, solved=12, bound=170.0, gap=0.0)
    yield lp.PoolFees(fee=5e-4, volume_per_day=1e8, liquidity=1e7)


def _terms() -> Iterator[Any]:
    yield lp.Account(collateral=1e4, token="USDC", positions=-5.0 * samples.LINEAR, maintenance=samples.HALF_PERCENT)
    yield from (lp.Progressive(brackets=BRACKETS, unit="USDC"), lp.Flat(brackets=BRACKETS, unit="USDC"))
    yield lp.LinearInSize(rate=0.01, slope=5e-5, unit="BTC")
    yield lp.ShortOptionMargin(initial=0.15, initial_floor=0.1, maintenance=0.075)
    yield from (lp.Gas(each=15.0), lp.Slippage(rate=1e-4), lp.OptionFee(rate=3e-4, cap=0.125))
    yield from (lp.venue(name, on="2024-10-16") for name in lp.venue_names())
    yield lp.Figure(what="taker fee", value=5e-4, source="a page", since=date(2024, 1, 1))
    yield lp.PriceSteps(tick=5e-4, above=((0.005, 1e-3),))


def _markets() -> Iterator[Any]:
    chain = samples._chain()
    yield from (chain, chain.check(), lp.option_name("ETH-4FEB26-2000-C"), lp.Columns())
    yield lp.ParityForward(expiry=EXPIRY, coin_settled=True, forward=2e3, pairs=12, residual=1e-4, stated=2e3)
    prices = tapes.walk(1, 100)[:, None]
    yield lp.History(
        markets=("ETH/USDC",), times=tapes.clock(100), prices=prices, lows=prices, highs=prices,
        step=np.timedelta64(60, "s"),
    )  # fmt: skip
    yield lp.Finding(what="a gap", count=2, where=("row 5",), fatal=True)
    yield lp.Connection(timeout=5.0)
    yield lp.Fetched(folder=Path("data"), files=(), already=0, missing=("a/b.zip",), reader="read_klines")
    yield lp.Converted(out=Path("b.parquet"), rows=12, reader="read_prices", source=Path("a.csv"))
    part = lp.FilePart(what="ETH/USDC", rows=0)
    yield lp.FileReport(file="a.csv", kind=lp.FileKind.prices, reader="read_prices", parts=(part,))
    yield from (lp.BinanceMarket.spot, lp.FileKind.prices)
    yield lp.DataReport(
        source="bars.csv", rows=9, first="2023-01-01", last="2023-01-02", step=np.timedelta64(60, "s"), findings=(),
        longest=np.timedelta64(60, "s"), guesses=(),
    )  # fmt: skip
    yield lp.GasPrices(times=tapes.clock(9), each=np.full(9, 15.0), source="made up")
    yield from (samples.WEEK.sample(paths=50, steps=10, seed=1), lp.Rescaled(1_900.0), lp.Shifted(1_900.0))
    yield lp.Merton(price=1_900, volatility=0.5, years=0.1, jumps_per_year=5, jump_mean=-0.05, jump_volatility=0.1)
    yield lp.Correlated(models={"ETH/USDC": samples.WEEK, "BTC/USDC": samples.WEEK}, correlation=[[1, 0.8], [0.8, 1]])
    yield lp.Estimate(value=1.0, error=0.1, low=0.8, high=1.2, p_value=0.01, effective=99.0)
    yield lp.option_greeks(forward=1_900.0, strike=2_000.0, volatility=0.6, years=0.1, call=True)


def _protocols() -> Iterator[Any]:
    book = test_bins.book()
    grown = book.add({book.active_id: (1.0, 20.0)})
    yield from (book, grown, grown.book.remove(dict.fromkeys(grown.shares, 1e-6)), book.swap(10.0, "USDC"))
    yield from (lp.BinPair(**test_bins.PAIR), lp.BinVolatility(id_reference=2**23))
    vault = test_glp.whole()
    coin = next(t.token for t in vault.tokens if not t.stable)
    yield from (vault, vault.mint(coin, 0.1), vault.redeem(coin, 0.1), vault.round_trip(coin, 0.1), test_glp.history())
    yield lp.GlpPrices(times=tapes.clock(3), prices=np.array([1.0, 1.01, 1.02]), source="made up")
    yield from (lp.GlpScale(), lp.GlpFees(), lp.GmCaps(), test_gm.state(), test_gm.pool())
    none = np.ones(4)
    names = ("prices", "short_prices", "long_amount", "short_amount", "long_tokens", "short_tokens", "long_interest")
    yield lp.GmHistory(
        base="ETH", index_token="ETH", times=tapes.clock(4), source="made up", supply=1e3 * none,
        impact_pool=0.0 * none, short_interest=none, **dict.fromkeys(names, none),
    )  # fmt: skip
    pool = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=10, base="WETH")
    yield from (pool, lp.RawAmounts(amount0=1, amount1=2))
    yield lp.UniswapV3.from_amounts(
        base_offered=10, quote_offered=1e4, **samples.TOKENS, price=1_900, lower=1_700, upper=2_100
    )


def _replays() -> Iterator[Any]:
    tape = tapes.Tape(quotes=tapes.quotes(tapes.walk(3, 50)), pool=tapes.pool(tapes.walk(3, 50)))
    seen: list[lp.Now] = []
    lp.replay(samples.POOL, [lp.Leg(samples.LINEAR)], tape, policy=seen.append)
    yield from seen[:1]
    yield lp.ManagedRange(base="ETH", quote="USDC", lower=0.9, upper=1.1, capital=1e5, every="1D")
    yield lp.ManagedRange(base="ETH", quote="USDC", lower=0.9, upper=1.1, capital=1e5)
    yield from (lp.Every("1h"), lp.ExposureCap(10.0), lp.Hold(), lp.Maker("1min"), lp.PriceMove(0.01), lp.Keep(VALUE))
    yield from (lp.Through(samples.LINEAR), lp.OptionsAtAdd(lp.Put(**samples.TOKENS, strike=0.9, years=7 / 365), 0.6))
    yield from (lp.FixedShares({"BTC": 0.5}), lp.PoolWeights(), lp.LeastVariance("1D"), lp.StateDelta())
    yield from (lp.FeesAtClose(), lp.FeesAlongMove(), lp.JumpToLatent(), lp.ReflectAtBand(), lp.Reserve(amount=1e3))
    yield from (lp.Every("1h") & lp.PriceMove(0.01), lp.ScenarioAxis.DAYS, lp.ScenarioCase(0.0, 3.0, 1e-4))
    yield from (lp.ParallelMoves(), lp.ProportionalMoves(), lp.Processes(2), lp.Deposits.IN_RATIO)
    spread = samples.spread().at("2021-07-05")
    yield spread.sold(1.0).break_even(spread, days=5, fee=lp.Fee(taker=5e-4))


def _errors() -> Iterator[Any]:
    yield from (lp.InputError("a price", got="-1"), lp.DataError("rows", got="none"), lp.MarketError("a", got="b"))
    yield from (lp.TokenError("a token", got="none"), lp.LPGreeksError("a", got="b"), lp.InfeasibleError("a", got="b"))


def _every() -> Iterator[Any]:
    yield from samples.every()
    for some in (_hedging, _terms, _markets, _protocols, _replays, _errors):
        yield from some()
    yield samples.POOL.worth()
    yield from (sample for kind in lp.every_instrument() for sample in kind.samples())


def _parts(thing: Any) -> Iterator[Any]:
    """What an object is made of, as far as it is a record, a list or a mapping."""
    if isinstance(thing, Mapping):
        yield from thing.values()
    elif isinstance(thing, (tuple, list)):
        yield from thing
    elif is_dataclass(thing) and not isinstance(thing, type):
        yield from (getattr(thing, f.name) for f in fields(thing))


@cache
def found() -> dict[type, list[Any]]:
    """A few instances of each class among the samples and all that they are made of."""
    some: dict[type, list[Any]] = {kind: [] for kind in CLASSES}
    waiting, seen = list(_every()), set()
    for thing in waiting:
        if id(thing) in seen or (isinstance(thing, (str, float, int, bytes, np.ndarray)) and type(thing) not in some):
            continue
        seen.add(id(thing))
        if len(some.get(type(thing), [0] * 3)) < 3:
            some[type(thing)].append(thing)
        waiting.extend(_parts(thing))
    return some
