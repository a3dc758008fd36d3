"""Shares of an index on a tape: against plain arithmetic, against programs, and on what must not pass."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

import lpgreeks as lp
from lpgreeks.hedging.legs import pledges

COINS = ("BTC", "ETH")
MINUTES = 2_000


def index(seed: int = 0, **changes: object) -> lp.IndexHistory:
    """A made-up share: its coins move, its state drifts, and traders win or lose at random."""
    rng = np.random.default_rng(seed)
    times = np.datetime64("2024-10-01T00:00", "ns") + np.arange(MINUTES) * np.timedelta64(1, "m")
    moves = rng.normal(0.0, 1e-3, (MINUTES, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    coin_prices = np.array([60_000.0, 2_500.0]) * np.exp(np.cumsum(moves, axis=0))
    deltas = np.array([3e-6, 4e-5]) * np.exp(np.cumsum(rng.normal(0.0, 2e-3, (MINUTES, 2)), axis=0))
    steps = (deltas[:-1] * np.diff(coin_prices, axis=0)).sum(axis=1) + rng.normal(0.0, 1e-6, MINUTES - 1)
    prices = 1.0 + np.concatenate([[0.0], np.cumsum(steps)])
    known: dict[str, object] = {
        "name": "GLP",
        "quote": "USD",
        "coins": COINS,
        "times": times,
        "prices": prices,
        "coin_prices": coin_prices,
        "deltas": deltas,
        "weights": np.full((MINUTES, 2), 0.3),
        "rewards": np.arange(MINUTES) * 1e-7,
        "source": "made up",
    }
    return lp.IndexHistory(**(known | changes))  # type: ignore[arg-type]


def tape(share: lp.IndexHistory, start: str | None = None, **more: object) -> lp.Tape:
    quotes = [lp.Quotes.from_index(share, coin, half_spread=2e-4).between(start) for coin in share.coins]
    return lp.Tape(index=share, quotes=quotes, **more)  # type: ignore[arg-type]


def legs(share: lp.IndexHistory, **terms: object) -> list[lp.Leg]:
    entries = zip(share.coins, share.coin_prices[0], strict=True)
    return [lp.Leg(lp.LinearPerp(base=c, quote="USD", entry=float(p)), **terms) for c, p in entries]  # type: ignore[arg-type]


HELD = lp.IndexHolding(shares=100_000)


def by_hand(share: lp.IndexHistory, wanted: Mapping[str, np.ndarray], band: float, fee: float) -> float:
    """The net of a delta band on each coin, in plain Python."""
    net = HELD.shares * float(share.prices[-1] - share.prices[0] + share.rewards[-1] - share.rewards[0])
    for j, coin in enumerate(share.coins):
        have, cash, first = 0.0, 0.0, 0.0
        for i, price in enumerate(share.coin_prices[:, j].tolist()):
            want = -HELD.shares * float(wanted[coin][i])
            if i == 0 or abs(want - have) > band * first:
                at = price * (1.0002 if want > have else 0.9998)
                cash -= (want - have) * at + fee * abs(want - have) * at
                have = want
            if i == 0:
                first = abs(want)
        net += cash + have * price
    return net


RULES = {
    "state": lp.StateDelta(),
    "weights": lp.PoolWeights(),
    "50-25-25": lp.FixedShares({"BTC": 0.25, "ETH": 0.25}),
}


def wanted(share: lp.IndexHistory, rule: str) -> dict[str, np.ndarray]:
    value = share.prices[:, None] / share.coin_prices
    each = {"state": share.deltas, "weights": 0.3 * value, "50-25-25": 0.25 * value}[rule]
    return dict(zip(share.coins, each.T, strict=True))


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_by_hand(rule: str) -> None:
    share = index()
    policy = lp.DeltaBand(0.03) & lp.Keep(RULES[rule])
    result = lp.replay(HELD, legs(share, fee=lp.Fee(taker=5e-4)), tape(share), policy=policy)
    assert result.net[-1] == pytest.approx(by_hand(share, wanted(share, rule), 0.03, 5e-4), abs=1e-9 * result.capital)
    assert len(result.trades) > 4


def test_parts_add_up_to_the_net() -> None:
    share = index()
    held = lp.IndexHolding(shares=100_000, paid=100_300.0, redeemed=99_000.0)
    every = [*legs(share, fee=lp.Fee(taker=5e-4), funding=lp.Funding(rate=1e-4, hours=8))]
    result = lp.replay(held, every, tape(share), policy=lp.DeltaBand(0.05))
    assert np.abs(result.residual).max() < 1e-9 * result.capital
    parts = result.attribution()
    assert parts["mint"] == pytest.approx(100_000 * share.prices[0] - 100_300.0)
    assert parts["redeem"] == pytest.approx(99_000.0 - 100_000 * share.prices[-1])
    by_coin = 100_000 * (share.deltas[:-1] * np.diff(share.coin_prices, axis=0)).sum(axis=0)
    assert [parts["BTC price"], parts["ETH price"]] == pytest.approx(by_coin.tolist())
    assert parts["rewards"] == pytest.approx(100_000 * 1e-7 * (MINUTES - 1))
    traded = np.abs(result.trades.quantity[:2]) @ result.trades.middle[:2]
    assert result.net[0] == pytest.approx(parts["mint"] + parts["redeem"] - 7e-4 * traded, rel=1e-3)
    assert result.net[-1] == pytest.approx(99_000.0 - 100_300.0 + sum(
        parts[name] for name in ("rewards", "hedge", "funding", "spread", "exchange fees")
    ))  # fmt: skip


def test_the_state_leaves_what_no_price_explains() -> None:
    share = index()
    result = lp.replay(HELD, legs(share), tape(share), policy=lp.DeltaBand(0.0), grid="1min")
    assert result.effectiveness > 0.999
    assert lp.replay(HELD, None, tape(share), grid="1min").effectiveness == 0.0


def test_least_variance_is_the_regression_of_the_window_before() -> None:
    share = index()
    rule = lp.LeastVariance("6h")
    found = rule.coins(share, (0, 1))
    assert np.isnan(found[:360]).all()
    for row in (360, 900, MINUTES - 1):
        moves = np.diff(share.coin_prices[row - 360 : row + 1], axis=0)
        oracle, *_ = np.linalg.lstsq(moves, np.diff(share.prices[row - 360 : row + 1]), rcond=None)
        assert found[row] == pytest.approx(oracle, rel=1e-6)


def test_a_rule_that_knows_nothing_yet_says_from_when() -> None:
    share = index()
    policy = lp.DeltaBand(0.05) & lp.Keep(lp.LeastVariance("6h"))
    with pytest.raises(lp.DataError, match=r"from the first row of the tape on.*from 2024-10-01T06:00"):
        lp.replay(HELD, legs(share), tape(share), policy=policy)
    assert lp.replay(HELD, legs(share), tape(share, "2024-10-01 06:00"), policy=policy).effectiveness > 0.99


def test_rows_and_a_program_trade_the_same() -> None:
    share = index()
    first: dict[str, float] = {}

    def program(now: lp.Now) -> dict[lp.Instrument, float]:
        asked = {}
        for leg, have, coin in zip(perps, now.quantities, COINS, strict=True):
            want = -now.deltas[coin]
            if now.added:
                first[coin] = abs(want)
            if now.added or abs(want - have) > 0.04 * first[coin]:
                asked[leg.instrument] = have + (want - have)
        return asked

    perps = legs(share, fee=lp.Fee(taker=5e-4), funding=lp.Funding(rate=1e-4, hours=8))
    rows = lp.replay(HELD, perps, tape(share), policy=lp.DeltaBand(0.04))
    called = lp.replay(HELD, perps, tape(share), policy=program)
    assert np.array_equal(rows.net, called.net)
    order = np.lexsort((called.trades.leg, called.trades.row))
    again = np.lexsort((rows.trades.leg, rows.trades.row))
    assert np.array_equal(rows.trades.price[again], called.trades.price[order])
    assert np.array_equal(rows.trades.leg[again], called.trades.leg[order])


def test_decisions_see_nothing_of_the_future() -> None:
    share = index()
    cut = 1_200
    later = {
        name: np.concatenate([getattr(share, name)[:cut], getattr(other, name)[cut:]])
        for other in (index(seed=1),)
        for name in ("prices", "coin_prices", "deltas", "weights")
    }
    changed = replace(share, **later)
    for rule in (*RULES.values(), lp.LeastVariance("3h")):
        policy = lp.DeltaBand(0.02) & lp.Keep(rule)
        trades = [lp.replay(HELD, legs(s), tape(s, "2024-10-01 03:00"), policy=policy).trades for s in (share, changed)]
        before = [t.row < cut - 180 for t in trades]
        assert np.array_equal(trades[0].price[before[0]], trades[1].price[before[1]])
        assert before[0].sum() > 2


def test_accounts_of_their_own_are_liquidated_alone() -> None:
    share = index()
    crash = share.coin_prices.copy()
    crash[1_000:, 0] *= 1.4
    wild = replace(share, coin_prices=crash)
    terms = legs(wild, collateral="USD", maintenance=lp.Proportional(rate=0.01))
    posted = dict.fromkeys([p.name for p in pledges(terms)], 5_000.0)
    result = lp.replay(HELD, terms, tape(wild), policy=lp.Keep(), collateral=posted)
    assert result.liquidated[0] is not None
    assert result.liquidated[1] is None
    shared = legs(wild, collateral="USD", account="cross", maintenance=lp.Proportional(rate=0.01))
    with pytest.raises(lp.InputError, match="an account for each coin"):
        lp.replay(HELD, shared, tape(wild), policy=lp.Keep(), collateral=5_000.0)


def test_it_travels_and_tells() -> None:
    share = pickle.loads(pickle.dumps(index()))
    result = lp.replay(HELD, legs(share), tape(share), policy=lp.DeltaBand(0.05))
    assert not share.prices.flags.writeable
    assert "shares of GLP" in result.summary()
    assert set(result.exposures) == set(COINS)
    assert np.abs(result.exposures["BTC"]).max() < 0.06 * np.abs(result.life.coins["BTC"]).max()
    assert result.dollars[-1] == pytest.approx(
        result.equity[-1] - sum(result.exposures[c][-1] * share.coin_prices[-1, j] for j, c in enumerate(COINS))
    )
    assert result.to_dict()["figures"]["shares"] == 100_000
    for draw in (result.plot, result.plot_trades, result.plot_exposure, result.plot_drawdown, result.plot_attribution):
        assert draw().get_ylabel() or draw().get_xlabel()
    for pool_only in (result.plot_fees, result.plot_amounts, result.removals):
        with pytest.raises(lp.InputError, match="a position in a pool"):
            pool_only()


SOL = lp.LinearPerp(base="SOL", quote="USD", entry=100.0)
V2 = lp.UniswapV2.from_value(1e5, base="BTC", quote="USD", price=60_000.0)
SHARE = index()


def ran(*, held=HELD, hedge=None, on=None, keep=None, policy=None) -> lp.Replayed:
    return lp.replay(held, legs(SHARE) if hedge is None else hedge, on or tape(SHARE), policy=policy or lp.Keep(keep))


def test_the_table_of_shares_by_hand() -> None:
    share = index()
    entries = dict(zip(COINS, share.coin_prices[0].tolist(), strict=True))
    coin = lp.Leg(lp.InversePerp(base="BTC", quote="USD", entry=entries["BTC"]), fee=lp.Fee(taker=5e-4))
    result = lp.replay(HELD, [coin], tape(share), policy=lp.Keep())
    table = result.share_table("BTC")
    first, last = share.coin_prices[[0, -1], 0]
    paid = -HELD.shares * share.deltas[0, 0] * first * (1 / first - 1 / last)
    assert table["contracts [BTC]"].iloc[-1] == pytest.approx(paid, rel=1e-9)
    assert table["redeemable [BTC]"].iloc[-1] == pytest.approx(HELD.shares * share.prices[-1] / last)
    assert table["rewards [USD]"].iloc[-1] == pytest.approx(HELD.shares * share.rewards[-1])
    assert table["worth [BTC]"].iloc[-1] == pytest.approx(result.equity[-1] / last)
    in_quote = table.iloc[-1]
    assert in_quote["net [USD]"] == pytest.approx(
        HELD.shares * (share.prices[-1] - share.prices[0])
        + in_quote["rewards [USD]"] + in_quote["contracts [BTC]"] * last - in_quote["costs [USD]"]
    )  # fmt: skip
    with pytest.raises(lp.InputError, match="shares of an index"):
        lp.replay(V2, None, lp.Tape(quotes=tape(share).quotes[0])).share_table("BTC")


def test_side_by_side_is_what_each_says() -> None:
    share = index()
    on = tape(share)
    results = {
        "nothing": lp.replay(HELD, None, on),
        "state": lp.replay(HELD, legs(share, fee=lp.Fee(taker=5e-4)), on, policy=lp.DeltaBand(0.05)),
    }
    table = lp.side_by_side(results)
    assert table.loc["nothing", "removed"] == 0.0
    row, parts = table.loc["state"], results["state"].attribution()
    assert row["costs"] == -(parts["spread"] + parts["exchange fees"])
    assert row["net less rewards"] == pytest.approx(row["net"] - HELD.shares * share.rewards[-1])
    assert row["position"] + row["hedge"] + row["funding"] - row["costs"] == pytest.approx(row["net"])
    steps = np.diff(results["state"].equity)
    assert row["deviation"] == pytest.approx(np.sqrt(((steps - steps.mean()) ** 2).mean()))
    with pytest.raises(lp.InputError, match="one position on one tape"):
        lp.side_by_side({"a": results["nothing"], "b": lp.replay(HELD, None, tape(share, "2024-10-01 06:00"))})
    with pytest.raises(lp.InputError, match="replays by name"):
        lp.side_by_side([results["nothing"]])
    again = {"nothing": results["nothing"], "state": pickle.loads(pickle.dumps(results["state"]))}
    assert lp.side_by_side(again).equals(table)


BAD = {
    "no index": (lambda: ran(on=lp.Tape(quotes=tape(SHARE).quotes)), lp.InputError, "an index on the tape"),
    "no quotes of the coin": (lambda: ran(hedge=[SOL]), lp.MarketError, "price of SOL/USD"),
    "a coin that it has not": (
        lambda: ran(hedge=[SOL], on=lp.Tape(index=SHARE, quotes=replace(tape(SHARE).quotes[0], market="SOL/USD"))),
        lp.MarketError,
        "a coin of GLP",
    ),
    "prices alone": (lambda: ran(on=tape(replace(SHARE, deltas=None))), lp.DataError, "deltas of GLP"),
    "a measure in coins": (lambda: ran(keep=lp.Amount("BTC")), lp.InputError, "the value of an index in USD"),
    "a pool's dislocation": (lambda: ran(policy=lp.Dislocation(theta=1e-3)), lp.InputError, "a position in a pool"),
    "a pool by the index's rule": (
        lambda: ran(held=V2, hedge=legs(SHARE)[:1], keep=lp.StateDelta()), lp.InputError, "a pool's position",
    ),
    "nothing bought": (lambda: lp.IndexHolding(shares=0.0), lp.InputError, "shares"),
    "parts above one": (lambda: lp.FixedShares({"BTC": 0.6, "ETH": 0.6}), lp.InputError, "1 together at most"),
    "no window": (lambda: lp.LeastVariance("0s"), lp.InputError, "a window above 0"),
    "coins twice": (lambda: index(coins=("BTC", "WBTC")), lp.InputError, "each once"),
    "no price": (lambda: index(prices=np.zeros(MINUTES)), lp.DataError, "prices of GLP above 0"),
    "other shape": (lambda: index(deltas=np.zeros(MINUTES)), lp.InputError, "deltas of shape"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_must_not_pass(case: str) -> None:
    act, kind, told = BAD[case]
    with pytest.raises(kind, match=told):
        act()


def test_bought_with_coins_keeps_coins() -> None:
    """Half of a vault of one coin and its price in dollars: the exact example, replayed."""
    price = np.array([30_000.0, 31_000.0, 29_000.0, 30_500.0])
    times = np.datetime64("2024-10-01", "ns") + np.arange(price.size) * np.timedelta64(1, "h")
    share = lp.IndexHistory(
        name="GLP", quote="USD", coins=("BTC",), times=times, prices=(price + 30_000.0) / 60_000.0,
        coin_prices=price[:, None], deltas=np.full((price.size, 1), 1 / 60_000.0), source="by hand",
    )  # fmt: skip
    on = lp.Tape(index=share, quotes=lp.Quotes.from_index(share, "BTC", half_spread=0.0))
    held, coin = lp.IndexHolding(shares=30_000), lp.InversePerp(base="BTC", quote="USD", entry=30_000.0)
    kept = lp.replay(held, [coin], on, policy=lp.Keep(lp.Value("BTC")))
    assert kept.trades.quantity.tolist() == pytest.approx([15_000.0])
    assert kept.equity / price == pytest.approx(np.ones(price.size), abs=1e-12)
    dollars = lp.replay(held, [lp.LinearPerp(base="BTC", quote="USD", entry=30_000.0)], on, policy=lp.Keep())
    assert dollars.trades.quantity.tolist() == pytest.approx([-0.5])
    assert dollars.equity == pytest.approx(np.full(price.size, 30_000.0))
