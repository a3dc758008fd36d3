"""Answers to look at: every kind of result of the library on made-up markets. The pages of pictures draw them too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import lpgreeks as lp
from tests.tapes import clock, walk

TOKENS = {"base": "ETH", "quote": "USDC"}
POOL = lp.UniswapV3.from_value(100_000, **TOKENS, price=1_900, lower=1_700, upper=2_100)
LINEAR = lp.LinearPerp(**TOKENS, entry=1_900)
INVERSE = lp.InversePerp(**TOKENS, entry=1_900)
WEEK = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
USDC = lp.Variance(lp.Value("USDC"))
HALF_PERCENT = lp.Proportional(rate=0.005)


# ---- hedges


@cache
def plan() -> lp.HedgePlan:
    return lp.hedge(POOL, [LINEAR], WEEK, objective=USDC)


@cache
def plan_with_accounts() -> lp.HedgePlan:
    leg = lp.Leg(
        INVERSE, collateral="ETH", maintenance=HALF_PERCENT, fee=lp.Fee(taker=5e-4), funding=lp.Funding(rate=1e-4)
    )
    return lp.hedge(POOL, [leg], WEEK, objective=USDC, constraints=[lp.MaxLeverage(5)])


@cache
def plan_with_options() -> lp.HedgePlan:
    put, call = lp.Put(**TOKENS, strike=1_800.0), lp.InverseCall(**TOKENS, strike=2_300.0)
    legs = [
        LINEAR,
        lp.Leg(put, premium=lp.Premium(ask=30.0, bid=28.0)),
        lp.Leg(call, premium=lp.Premium(ask=0.001, bid=0.0005), side=lp.Side.LONG),
    ]
    bounds = [lp.QuantityBounds(of=call, lower=5.0)]
    return lp.hedge(POOL, legs, WEEK, objective=USDC, constraints=bounds)


@cache
def plan_with_many_options() -> lp.HedgePlan:
    kinds = [*((lp.Put, strike) for strike in (1_500.0, 1_600.0, 1_700.0, 1_800.0)),
             *((lp.Call, strike) for strike in (2_000.0, 2_100.0, 2_200.0))]  # fmt: skip
    legs = [LINEAR, *(kind(**TOKENS, strike=strike) for kind, strike in kinds)]
    return lp.hedge(POOL, legs, WEEK, objective=USDC)


@cache
def economics() -> lp.Economics:
    short = lp.Leg(
        LINEAR, collateral="USDC", maintenance=HALF_PERCENT, fee=lp.Fee(taker=5e-4), funding=lp.Funding(rate=1e-4)
    )
    bounds = [lp.NoLiquidation(probability=0.01), lp.Budget(120_000)]
    hedged = lp.hedge(POOL, [short], WEEK, objective=USDC, constraints=bounds)
    return lp.economics(hedged, pool=lp.PoolFees(fee=5e-4, volume_per_day=1e8, liquidity=1.2e7), gas=lp.Gas(each=15))


@cache
def frontier() -> lp.Frontier:
    leg = lp.Leg(LINEAR, collateral="USDC", maintenance=HALF_PERCENT)
    budgets = [lp.Budget(float(x)) for x in np.linspace(95_000, 130_000, 15)]
    safe = [lp.NoLiquidation(over=lp.RangeEdges(), buffer=0.1), lp.MaxLeverage(5)]
    return lp.frontier(POOL, [leg], WEEK, objective=USDC, constraints=safe, along=budgets)


@cache
def choice_map() -> lp.ChoiceMap:
    puts = [lp.Put(**TOKENS, strike=float(k)) for k in range(1_500, 1_900, 50)]
    calls = [lp.Call(**TOKENS, strike=float(k)) for k in range(1_950, 2_350, 50)]
    return lp.choice_map(POOL, [LINEAR], WEEK, puts=puts, calls=calls, objective=USDC)


@cache
def comparison() -> lp.Comparison:
    found = choice_map()
    return lp.compare(found.best, {"perpetual": [LINEAR]})


# ---- options


def _chain() -> lp.Chain:
    """One expiry in 30 days, a smile around 60 %; bids and asks 2 % off."""
    strikes = np.repeat(np.arange(1_500.0, 2_601.0, 100.0), 2)
    calls = np.tile([True, False], strikes.size // 2)
    forward, years = 2_000.0, 30 / 365
    smiling = 0.6 + 0.5 * np.log(strikes / forward) ** 2 - 0.1 * np.log(strikes / forward)
    marks = np.array(
        [
            float((lp.InverseCall if c else lp.InversePut)(base="ETH", quote="USD", strike=k)
                  .marked(volatility=v, years=years).base_amount(forward))
            for k, c, v in zip(strikes, calls, smiling, strict=True)
        ]
    )  # fmt: skip
    return lp.Chain(
        base="ETH",
        quote="USD",
        at=datetime(2026, 1, 5, 8, tzinfo=UTC),
        source="made up",
        names=np.array([f"ETH-4FEB26-{k:.0f}-{'C' if c else 'P'}" for k, c in zip(strikes, calls, strict=True)]),
        calls=calls,
        coin_settled=np.full(strikes.size, True),
        strikes=strikes,
        expiries=np.full(strikes.size, np.datetime64("2026-02-04T08:00:00", "us")),
        bids=0.98 * marks,
        asks=1.02 * marks,
        marks=marks,
        index_prices=np.full(strikes.size, forward),
    )


@cache
def smile() -> lp.Smile:
    return lp.smile(_chain(), lp.UniswapV3(base="ETH", quote="USD", liquidity=1.0, lower=1_800.0, upper=2_200.0))


@cache
def strip() -> lp.Strip:
    claim = lp.LossClaim(of=POOL, start=1_900.0)
    return lp.strip(claim, strikes=np.arange(1_500.0, 2_301.0, 50.0), start=1_900.0)


# ---- replays


@cache
def tape() -> lp.Tape:
    """Four days of minutes: an exchange, a pool that follows it, funding; made up, and said to be."""
    mid = walk(7, 5_760, start=1_900.0, step=9e-4)
    times = clock(mid.size)
    quotes = lp.Quotes(
        market="ETH/USDC", times=times, bid=mid - 0.1, ask=mid + 0.1, lows=mid * 0.9995, highs=mid * 1.0005,
        source="made up",
    )  # fmt: skip
    settled = times[::480] + np.timedelta64(1, "s")
    rates = np.random.default_rng(3).normal(1e-4, 1e-4, settled.size)
    funding = lp.FundingRates(market="ETH/USDC", times=settled, rates=rates, source="made up")
    pool = lp.arbitraged_pool(quotes, fee=5e-4, liquidity=1.2e6, delay="2min", noise=2e-4, seed=1)
    return lp.Tape(quotes=quotes, pool=pool, funding=funding)


@cache
def replayed() -> lp.Replayed:
    leg = lp.Leg(LINEAR, collateral="USDC", maintenance=HALF_PERCENT, fee=lp.Fee(taker=5e-4))
    bounds = [lp.MaxLeverage(3)]
    hedged = lp.hedge(POOL, [leg], WEEK, objective=USDC, constraints=bounds)
    policy = lp.DeltaBand(0.25) & lp.Latency("1min")
    return lp.replay(POOL, hedged, tape(), policy=policy)


@cache
def index() -> lp.IndexHistory:
    rng = np.random.default_rng(0)
    times = clock(2_000)
    moves = rng.normal(0.0, 1e-3, (times.size, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    coin_prices = np.array([60_000.0, 2_500.0]) * np.exp(np.cumsum(moves, axis=0))
    deltas = np.array([3e-6, 4e-5]) * np.exp(np.cumsum(rng.normal(0.0, 2e-3, moves.shape), axis=0))
    steps = (deltas[:-1] * np.diff(coin_prices, axis=0)).sum(axis=1) + rng.normal(0.0, 1e-6, times.size - 1)
    return lp.IndexHistory(
        name="GLP",
        quote="USD",
        coins=("BTC", "ETH"),
        times=times,
        prices=1.0 + np.concatenate([[0.0], np.cumsum(steps)]),
        coin_prices=coin_prices,
        deltas=deltas,
        weights=np.full(moves.shape, 0.3),
        rewards=np.arange(times.size) * 1e-7,
        source="made up",
    )


@cache
def index_replayed() -> lp.Replayed:
    share = index()
    quotes = [lp.Quotes.from_index(share, coin, half_spread=2e-4) for coin in share.coins]
    legs = [
        lp.Leg(lp.LinearPerp(base=c, quote="USD", entry=float(p)), fee=lp.Fee(taker=5e-4))
        for c, p in zip(share.coins, share.coin_prices[0], strict=True)
    ]
    held = lp.IndexHolding(shares=100_000, paid=100_300.0, redeemed=99_900.0)
    rule = lp.DeltaBand(0.05) & lp.Keep(lp.StateDelta())
    return lp.replay(held, legs, lp.Tape(index=share, quotes=quotes), policy=rule)


@cache
def dislocations() -> lp.Dislocations:
    return lp.dislocations(tape(), thetas=[1e-3, 2e-3], horizons=[300.0, 1_800.0])


# ---- sweeps


@cache
def sweep() -> lp.Sweep:
    """Thirty settings, two of which fail."""
    policies = lp.grid(lp.Dislocation, theta=[1e-3, 2e-3, 4e-3, 6e-3, 8e-3], gap=[1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2])
    return lp.sweep(lp.replay, POOL, [lp.Leg(LINEAR)], tape(), policy=policies, workers=1)


@cache
def sweep_of_one() -> lp.Sweep:
    policies = lp.grid(lp.DeltaBand, share=[0.02, 0.05, 0.1, 0.2, 0.4])
    return lp.sweep(lp.replay, POOL, [lp.Leg(LINEAR)], tape(), policy=policies, workers=1)


@cache
def verdict() -> lp.Verdict:
    rng = np.random.default_rng(1)
    hours = pd.date_range("2023-04-01", periods=600, freq="h", tz="UTC")
    market = 5 * rng.standard_normal((600, 1))
    own = 10 * rng.standard_normal((600, 8)) * 0.4 + market
    own[:, 2] += 1.2
    names = [f"theta {t:g}, gap {g:g}" for t in (0.001, 0.002) for g in (0.002, 0.004, 0.008, 0.016)]
    panel = pd.DataFrame(own, index=hours, columns=names).assign(hold=market[:, 0])
    found = lp.regimes(hours, 1_900 * np.exp(np.cumsum(rng.normal(0, 0.006, 600))), length="2D", step="2D")
    kinds = [found.segments[min(i // 48, len(found) - 1)].regime for i in range(600)]
    return lp.verdict(panel, against="hold", seed=3, unit="USDC", window=24, windows=100, draws=199, regimes=kinds)


@cache
def regimes() -> lp.Regimes:
    return lp.regimes(tape().times, tape().rows.pool, length="1D", step="12h")


@cache
def performance() -> lp.Performance:
    result = replayed()
    return lp.performance(result.equity, result.times, benchmark=result.unhedged)


# ---- calendar spreads


@cache
def term_structure() -> lp.TermStructure:
    rng = np.random.default_rng(2)
    times = np.datetime64("2021-07-01T00:00", "ns") + np.arange(400) * np.timedelta64(4, "h")
    spot = 40_000 * np.exp(np.cumsum(rng.normal(0, 8e-3, times.size)))
    names = {"BTC-USDT-SWAP": None, "BTC-USDT-210924": "2021-09-24T08:00", "BTC-USDT-211231": "2021-12-31T08:00"}
    contracts = []
    for name, expiry in names.items():
        years = 0.0 if expiry is None else (np.datetime64(expiry, "ns") - times) / np.timedelta64(365, "D")
        basis = 0.08 + np.cumsum(rng.normal(0, 2e-3, times.size))
        mid = spot * np.exp(np.maximum(basis, 0.01) * years) * np.exp(rng.normal(0, 1e-4, times.size))
        contracts.append(
            lp.ContractQuotes(
                contract=lp.contract_name(name), times=times, bid=mid - 5, ask=mid + 5, contract_size=0.01,
                source="made up",
            )
        )  # fmt: skip
    return lp.TermStructure(contracts=tuple(contracts))


@cache
def spread() -> lp.Spread:
    return term_structure().spread("BTC-USDT-211231", "BTC-USDT-210924")


@cache
def spread_replay() -> lp.SpreadReplay:
    high, low = np.quantile(spread().mid, [0.8, 0.4])
    band = lp.SpreadBand.on(spread(), size=1.0, entry=round(float(high)), exit=round(float(low)))
    return lp.replay_spread(spread(), band, fee=lp.Fee(taker=5e-4))


@cache
def scenario_table() -> lp.ScenarioTable:
    return lp.scenario_table(
        plan_with_accounts(), moves=[-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3], days=[0, 3, 7], funding=[0.0, 1e-4],
        income_per_day=120.0,
    )  # fmt: skip


@cache
def stress() -> lp.Stress:
    prices = 1_900 * np.exp(np.cumsum(np.random.default_rng(8).normal(0.0, 6e-3, 3_000)))[:, None]
    times = np.datetime64("2023-01-01", "s") + np.arange(3_000) * np.timedelta64(3_600, "s")
    hours = lp.History(
        markets=("ETH/USDC",), times=times, prices=prices, lows=prices, highs=prices, step=np.timedelta64(3_600, "s"),
    )  # fmt: skip
    return lp.stress(hours)


def every() -> Iterator[Any]:
    """All of them."""
    yield from (
        POOL, POOL - 24 * LINEAR, plan(), plan_with_accounts(), plan_with_options(), economics(), frontier(),
        choice_map(), comparison(), smile(), strip(), tape(), replayed(), index_replayed(), dislocations(), sweep(),
        verdict(), regimes(), performance(), term_structure(), spread(), spread_replay(), scenario_table(), stress(),
        lp.scenario_of(plan()),
    )  # fmt: skip
