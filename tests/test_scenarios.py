"""Tables of scenarios against plain arithmetic, QuantLib, many digits, and the library's other routes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import mpmath as mp
import numpy as np
import pytest

import lpgreeks as lp
from tests.tolerances import ROUNDING

TOKENS = {"base": "ETH", "quote": "USDC"}
MOVES = [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]
START, LOWER, UPPER = 1_900.0, 1_700.0, 2_100.0
POOL = lp.UniswapV3.from_value(100_000, price=START, lower=LOWER, upper=UPPER, **TOKENS)
USDT = lp.LinearPerp(entry=START, **TOKENS)
COIN = lp.InversePerp(entry=START, **TOKENS)
PRICES = START * (1.0 + np.array(MOVES))
CENT = 1e-9 * 100_000
"""1e-9 of the capital: what components may differ from the total."""


@pytest.fixture(autouse=True)
def _figures_are_closed() -> Iterator[None]:
    yield
    plt.close("all")


def range_amounts(p: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Coins and dollars of the pool by the white paper, sharing no code: L from 100,000 at the start."""
    root, low, high = np.sqrt(np.clip(p, LOWER, UPPER)), math.sqrt(LOWER), math.sqrt(UPPER)
    first = math.sqrt(START)
    size = 100_000 / (START * (1 / first - 1 / high) + first - low)
    return size * (1 / root - 1 / high), size * (root - low)


def black(kind: type[lp.Option], forward: float, strike: float, volatility: float, years: float) -> float:
    """Black's formula at 40 digits, undiscounted."""
    with mp.workdps(40):
        width = mp.mpf(volatility) * mp.sqrt(mp.mpf(years))
        d = mp.log(mp.mpf(forward) / strike) / width + width / 2
        call = forward * mp.ncdf(d) - strike * mp.ncdf(d - width)
        return float(call if issubclass(kind, lp.Call) else call - forward + strike)


# ---- components


@pytest.mark.parametrize("token", ["USDC", "ETH"])
def test_every_component_by_plain_arithmetic(token: str) -> None:
    table = lp.scenario_table(
        POOL - 24 * USDT + 9_000 * COIN, start=START, moves=MOVES, days=[0, 3, 7], funding=[0, 1e-4, 5e-4],
        measure=lp.Value(token), income_per_day=130,
    )  # fmt: skip
    assert table.total.shape == (7, 1, 3, 3)
    names = list(table.columns)
    assert names == ["position", "linear perpetual ETH/USDC", "inverse perpetual ETH/USDC", "funding", "income"]
    x0, y0 = range_amounts(START)
    for i, p in enumerate(PRICES):

        def worth(coins: Any, dollars: Any, at: float = p) -> float:
            return float(coins + dollars / at if token == "ETH" else coins * at + dollars)

        x, y = range_amounts(p)
        for j, days in enumerate((0, 3, 7)):
            for k, rate in enumerate((0, 1e-4, 5e-4)):
                linear = 24 * rate * 3 * days * (START + p) / 2
                inverse = -9_000 * rate * 3 * days * (1 / START + 1 / p) / 2
                expected = [
                    worth(x, y) - worth(x0, y0, START),
                    worth(0.0, -24 * (p - START)),
                    worth(9_000 * (1 / START - 1 / p), 0.0),
                    worth(inverse, linear),
                    worth(0.0, 130 * days),
                ]
                found = [table.columns[name][i, 0, j, k] for name in names]
                assert found == pytest.approx(expected, rel=1e-10, abs=1e-9)
                assert table.total[i, 0, j, k] == pytest.approx(math.fsum(found), abs=CENT)


@pytest.mark.parametrize("measure", [lp.Value("USDC"), lp.Value("ETH"), lp.Amount("ETH"), lp.Amount("USDC")])
def test_at_expiry_the_total_is_the_portfolio_s_own_pnl(measure: lp.Measure) -> None:
    options = 20 * lp.Put(strike=1_700, **TOKENS) - 3 * lp.InverseCall(strike=2_000, **TOKENS)
    held = POOL - 24 * USDT + 4_000 * COIN + options
    table = lp.scenario_table(held, start=START, moves=MOVES, measure=measure)
    curve = measure(held, {"ETH/USDC": START})["ETH/USDC"]
    assert table.total[:, 0, 0, 0] == pytest.approx(curve(PRICES) - curve(START), rel=1e-10, abs=1e-9)
    if isinstance(measure, lp.Value):
        assert table.total[:, 0, 0, 0] == pytest.approx(held.pnl(PRICES, start=START, token=measure.token), abs=1e-9)
    assert np.sum([*table.columns.values()], axis=0) == pytest.approx(table.total, abs=CENT)
    assert "options that do not know their years count as their payoff" in table.notes


def test_over_holding_a_contract_counts_whole_and_tokens_by_what_they_lose() -> None:
    table = lp.scenario_table(
        POOL - 24 * USDT, start=START, moves=MOVES, days=[7], funding=[1e-4], measure=lp.Excess("USDC"),
        income_per_day=10,
    )  # fmt: skip
    (x0, y0), (x, y) = range_amounts(START), range_amounts(PRICES)
    assert table.columns["position"].ravel() == pytest.approx((x - x0) * PRICES + y - y0, abs=1e-7)
    assert table.columns["linear perpetual ETH/USDC"].ravel() == pytest.approx(-24 * (PRICES - START), abs=1e-9)
    assert table.columns["income"].ravel() == pytest.approx(70.0)
    assert table.columns["funding"].ravel() == pytest.approx(24 * 1e-4 * 21 * (START + PRICES) / 2)


def test_prices_are_those_of_the_first_market() -> None:
    perp = lp.LinearPerp(market="ETH/USDC:perp", entry=1_910.0, **TOKENS)
    start = {"ETH/USDC:perp": 1_910.0, "ETH/USDC": START}
    table = lp.scenario_table(POOL - 10 * perp, start=start, prices=[1_710.0, 2_090.0])
    assert table.prices == pytest.approx([1_710.0, 2_090.0])
    assert table.columns["linear perpetual ETH/USDC:perp"].ravel() == pytest.approx([1_910, -1_910])
    with pytest.raises(lp.InputError, match="moves, unless of one coin"):
        lp.scenario_table(lp.Spot(base="ETH", quote="USD") + lp.Spot(base="BTC", quote="USD"), start=2.0, prices=[3.0])


def test_prices_are_moves() -> None:
    by_price = lp.scenario_table(POOL, start=START, prices=PRICES)
    assert by_price.prices == pytest.approx(PRICES, rel=1e-15)
    assert by_price.total.ravel() == pytest.approx(lp.scenario_table(POOL, start=START, moves=MOVES).total.ravel())


# ---- options


@pytest.mark.parametrize("kind", [lp.Call, lp.Put, lp.InverseCall, lp.InversePut], ids=lambda k: k.__name__)
def test_an_option_before_its_expiry_has_theta_and_vega(kind: type[lp.Option]) -> None:
    ql = pytest.importorskip("QuantLib", reason="QuantLib is not installed")
    held = 12.5 * kind(strike=1_850, years=30 / 365, **TOKENS)
    table = lp.scenario_table(
        held, start=START, moves=MOVES, volatilities=[-0.2, 0, 0.2], days=[0, 3, 7, 29], volatility=0.65
    )
    side = ql.Option.Call if issubclass(kind, lp.Call) else ql.Option.Put
    begun = black(kind, START, 1_850, 0.65, 30 / 365)
    for i, p in enumerate(PRICES):
        for j, shift in enumerate((-0.2, 0, 0.2)):
            for k, days in enumerate((0, 3, 7, 29)):
                years, volatility = (30 - days) / 365, 0.65 + shift
                exact = 12.5 * (black(kind, p, 1_850, volatility, years) - begun)
                theirs = 12.5 * (ql.blackFormula(side, 1_850, p, volatility * math.sqrt(years)) - begun)
                found = table.total[i, j, k, 0]
                assert found == pytest.approx(exact, rel=1e-10, abs=1e-8)
                assert found == pytest.approx(theirs, rel=1e-9, abs=1e-7)
    # Longer and wilder is dearer: a bought option loses by the days and gains by the volatility.
    at_the_money = table.total[3, :, :, 0]
    assert (np.diff(at_the_money, axis=0) > 0).all()
    assert (np.diff(at_the_money, axis=1) < 0).all()


@pytest.mark.parametrize("kind", [lp.Call, lp.Put, lp.InverseCall, lp.InversePut], ids=lambda k: k.__name__)
@pytest.mark.parametrize("strike", [900.0, 1_700.0, 1_900.0, 2_400.0])
@pytest.mark.parametrize("token", ["USDC", "ETH"])
def test_a_settled_option_has_paid_on_the_straight_line(kind: type[lp.Option], strike: float, token: str) -> None:
    held = 10 * kind(strike=strike, years=3 / 365, **TOKENS)
    table = lp.scenario_table(held, start=START, moves=MOVES, days=[3, 7], volatility=0.65, measure=lp.Value(token))
    begun = 10 * black(kind, START, strike, 0.65, 3 / 365)
    for k, days in enumerate((3, 7)):
        then = START + (PRICES - START) * 3 / days
        paid = 10 * np.maximum(then - strike if issubclass(kind, lp.Call) else strike - then, 0.0)
        expected = paid - begun if token == "USDC" else paid / PRICES - begun / START
        assert table.total[:, 0, k, 0] == pytest.approx(expected, rel=1e-10, abs=1e-8)
    assert any("settled on the straight line" in note for note in table.notes)


def test_on_the_day_of_its_expiry_it_is_its_payoff() -> None:
    put = lp.Put(strike=1_800, years=7 / 365, **TOKENS)
    for volatilities in ([0.0], [-0.2, 0.3]):
        table = lp.scenario_table(put, start=START, moves=MOVES, volatilities=volatilities, days=[7], volatility=0.65)
        begun = black(lp.Put, START, 1_800, 0.65, 7 / 365)
        for j in range(len(volatilities)):
            assert table.total[:, j, 0, 0] == pytest.approx(np.maximum(1_800 - PRICES, 0.0) - begun, abs=1e-9)


# ---- plans


def accounted(*, cost: float = 0.0, instrument: lp.Instrument = USDT, collateral: str = "USDC") -> lp.HedgePlan:
    """A plan at four times leverage, liquidated inside the table."""
    terms: dict[str, Any] = {"fee": lp.Fee(taker=cost)} if cost else {}
    leg = lp.Leg(instrument, collateral=collateral, maintenance=lp.Proportional(rate=0.01), **terms)
    week = lp.Lognormal(price=START, volatility=0.65, years=7 / 365)
    return lp.hedge(POOL, [leg], week, objective=lp.Variance(lp.Value("USDC")), constraints=[lp.MaxLeverage(4)])


def test_a_liquidated_leg_has_lost_its_collateral_and_nothing_else() -> None:
    plan = accounted(cost=0.0005)
    (q,), (posted,) = plan.quantities, plan.best.collateral
    # Short: the collateral and the loss meet the maintenance margin.
    ends = (posted + -q * START) / (-q * 1.01)
    moves = [0.0, 0.1, ends / START - 1 - 1e-9, ends / START - 1 + 1e-9, 0.3]
    table = lp.scenario_table(plan, moves=moves, days=[7], funding=[1e-4])
    assert table.liquidated[:, 0].tolist() == [False, False, False, True, True]
    assert table.liquidations[0].above == pytest.approx(ends / START, rel=ROUNDING)
    on = table.on(table.usual)
    prices = START * (1 + np.array(moves))
    alive = prices < ends
    leg = "linear perpetual ETH/USDC"
    assert on[leg] == pytest.approx(np.where(alive, q * (prices - START), -posted), rel=1e-11, abs=1e-8)
    funded = -q * 1e-4 * 21 * (START + prices) / 2
    assert on["funding"] == pytest.approx(np.where(alive, funded, 0.0), rel=1e-12)
    assert on["entry costs"] == pytest.approx(0.0005 * q * START)
    assert on["exit costs"] == pytest.approx(np.where(alive, 0.0005 * q * prices, 0.0), rel=1e-12)
    assert on["collateral"] == pytest.approx(0.0)
    assert np.sum([pnl for name, pnl in on.items() if name != "total"], axis=0) == pytest.approx(on["total"], abs=CENT)
    rows = table.table()
    assert rows["liquidated"].tolist() == ["", "", "", leg, leg]
    # A low or a high on the way liquidates as well: a month that ends where it began.
    assert lp.scenario_table(plan, moves=[-0.1, 0.3], days=[7]).liquidated[:, 0].tolist() == [False, True]


def test_coins_posted_are_exposure_and_are_lost_as_coins() -> None:
    # Short dollars behind coins: liquidated below where the account in coins is used up.
    leg = lp.Leg(COIN, collateral="ETH", maintenance=lp.Proportional(rate=0.01))
    week = lp.Lognormal(price=START, volatility=0.65, years=7 / 365)
    plan = lp.hedge(POOL, [leg], week, objective=lp.Variance(lp.Amount("ETH")), constraints=[lp.MaxLeverage(4)])
    (n,), (posted,) = plan.quantities, plan.best.collateral
    assert n > 0
    # Long n dollars: posted + n/E - n/L = 0.01 n/L.
    ends = 1.01 * n / (posted + n / START)
    for token in ("USDC", "ETH"):
        table = lp.scenario_table(plan, moves=MOVES, measure=lp.Value(token))
        alive = ends < PRICES
        assert table.liquidated[:, 0].tolist() == (~alive).tolist()
        coins = np.where(alive, n * (1 / START - 1 / PRICES), -posted)
        own = posted * (PRICES - START) if token == "USDC" else 0.0 * PRICES
        on = table.on(table.usual)
        scale = PRICES if token == "USDC" else 1.0
        assert on["inverse perpetual ETH/USDC"] == pytest.approx(coins * scale, rel=1e-11)
        assert on["collateral"] == pytest.approx(own, rel=1e-11, abs=1e-9)
    assert not alive.all()
    # Of the account nothing is left: together they have lost what was posted at the start's price.
    both = lp.scenario_table(plan, moves=[-0.3]).on(table.usual)
    assert both["inverse perpetual ETH/USDC"] + both["collateral"] == pytest.approx(-posted * START, rel=1e-11)


def test_a_shared_account_ends_where_all_prices_move_together() -> None:
    starts = {"ETH": 1_900.0, "BTC": 30_000.0}
    perps = [lp.LinearPerp(base=coin, quote="USDC", entry=price) for coin, price in starts.items()]
    rate = lp.Proportional(rate=0.01)
    legs = [lp.Leg(perp, collateral="USDC", account="cross", maintenance=rate) for perp in perps]
    held = 20 * lp.Spot(base="ETH", quote="USDC") + lp.Spot(base="BTC", quote="USDC")
    model = lp.Correlated(
        models={"ETH/USDC": lp.Lognormal(price=1_900, volatility=0.7, years=7 / 365),
                "BTC/USDC": lp.Lognormal(price=30_000, volatility=0.5, years=7 / 365)},
        correlation=0.8,
    )  # fmt: skip
    plan = lp.hedge(held, legs, model, objective=lp.Variance(lp.Value("USDC")), constraints=[lp.MaxLeverage(4)])
    eth, btc = plan.quantities
    posted = plan.best.collateral[0]
    size = -eth * 1_900 - btc * 30_000
    ends = (posted + size) / (1.01 * size)
    table = lp.scenario_table(plan, moves=MOVES)
    assert table.liquidations[0].above == pytest.approx(ends, rel=ROUNDING)
    assert table.liquidations[0].below is None
    on = table.on(table.usual)
    assert list(on) == ["position, ETH", "position, BTC", "linear perpetual ETH/USDC", "linear perpetual BTC/USDC",
                        "collateral", "funding", "total"]  # fmt: skip
    lost = on["linear perpetual ETH/USDC"][-1] + on["linear perpetual BTC/USDC"][-1]
    assert lost == pytest.approx(-posted, rel=ROUNDING)
    assert on["linear perpetual ETH/USDC"][-1] == pytest.approx(-posted * -eth * 1_900 / size, rel=1e-9)


@pytest.mark.parametrize("instrument", [USDT, COIN], ids=["linear", "inverse"])
def test_its_mean_over_a_model_is_what_the_economics_say(instrument: lp.Instrument) -> None:
    option = lp.Put(strike=1_750, **TOKENS)
    leg = lp.Leg(instrument, fee=lp.Fee(taker=0.0005), slippage=lp.Slippage(rate=0.0002), funding=lp.Funding(rate=1e-4))
    bought = lp.Leg(option, premium=lp.Premium(ask=31.0, bid=29.0))
    week = lp.Lognormal(price=START, volatility=0.65, years=7 / 365)
    plan = lp.hedge(POOL, [leg, bought], week, objective=lp.Variance(lp.Value("USDC")))
    nodes, weights = plan.outcomes.log_returns[:, 0], plan.outcomes.weights
    order = np.argsort(nodes)
    table = lp.scenario_table(plan, prices=START * np.exp(nodes[order]), days=[7])
    assert table.funding == (1e-4,)
    expected = lp.economics(plan)
    # Quadrature of the driftless price is the start to its own rounding.
    assert weights[order] @ table.total[:, 0, 0, 0] == pytest.approx(expected.total, abs=1e-6)
    costs = {p.name.partition(",")[0]: p.amount for p in expected.parts}
    funding = weights[order] @ table.columns["funding"][:, 0, 0, 0]
    assert funding == pytest.approx(costs["funding"], rel=1e-9)


def test_a_plan_with_options_that_expire_inside_the_table() -> None:
    week = lp.Lognormal(price=START, volatility=0.65, years=7 / 365)
    early = lp.Leg(lp.Put(strike=1_800, years=3 / 365, **TOKENS), premium=lp.Premium(ask=40.0, bid=38.0))
    late = lp.Leg(lp.Call(strike=2_000, years=20 / 365, **TOKENS), premium=lp.Premium(ask=60.0, bid=58.0))
    plan = lp.hedge(POOL, [USDT, early, late], week, objective=lp.Variance(lp.Value("USDC")))
    table = lp.scenario_table(plan, moves=MOVES, volatilities=[-0.1, 0, 0.1], days=[0, 3, 7, 25])
    q = plan.quantities
    names = [name for name in table.columns if name.startswith(("put", "call"))]
    assert table.start == {"ETH/USDC": START}
    assert len(table.notes) == 3
    begun = black(lp.Put, START, 1_800, 0.65, 3 / 365), black(lp.Call, START, 2_000, 0.65, 20 / 365)
    then = START + (PRICES - START) * 3 / 7
    put, call = (table.columns[name] for name in names)
    assert put[:, 1, 2, 0] == pytest.approx(q[1] * (np.maximum(1_800 - then, 0) - begun[0]), rel=1e-9)
    marked = np.array([black(lp.Call, p, 2_000, 0.75, 13 / 365) for p in PRICES])
    assert call[:, 2, 2, 0] == pytest.approx(q[2] * (marked - begun[1]), rel=1e-9)
    then = START + (PRICES - START) * 20 / 25
    assert call[:, 0, 3, 0] == pytest.approx(q[2] * (np.maximum(then - 2_000, 0) - begun[1]), rel=1e-9)
    paid = sum(plan.premium_of(leg, n) for leg, n in zip(plan.legs, q, strict=True))
    assert table.columns["entry costs"] == pytest.approx(q[1] * begun[0] + q[2] * begun[1] - paid)


# ---- other books


def test_shares_of_vaults_and_pools_and_bins() -> None:
    glp = lp.GlpAsset.samples()[0]
    gm = lp.GmPool.samples()[0]
    bins = lp.liquidity_book(
        50_000, base="ETH", quote="USDC", price=START, step=0.01, weights=dict.fromkeys(range(-20, 21), 1.0)
    )
    for held, start in ((glp, 1_900.0), (gm, 3_500.0), (bins, START)):
        table = lp.scenario_table(held, start=start, moves=MOVES)
        expected = held.pnl(start * (1.0 + np.array(MOVES)), start=start)
        assert table.total.ravel() == pytest.approx(expected, rel=1e-9, abs=1e-9)
        (evens,) = table.break_evens().values()
        for price in evens:
            assert held.pnl(price, start=start) == pytest.approx(0.0, abs=1e-9 * abs(float(held.value(start))) + 1e-6)


def test_a_glp_share_over_two_coins_and_dollars() -> None:
    vault = lp.GlpVault(
        tokens=(
            lp.GlpToken(token="WETH", stable=False, min_price=2_000, max_price=2_000, pool=100, reserved=40,
                        guaranteed=50_000, short_size=30_000, short_average=2_500),
            lp.GlpToken(token="WBTC", stable=False, min_price=30_000, max_price=30_000, pool=2),
            lp.GlpToken(token="USDC", stable=True, min_price=1, max_price=1, pool=140_000),
        ),
        supply=300_000,
    )  # fmt: skip
    perp = lp.LinearPerp(base="WETH", quote="USD", entry=2_000)
    held = vault.holding(30_000) - 5 * perp
    table = lp.scenario_table(held, start={"WETH/USD": 2_000.0, "WBTC/USD": 30_000.0}, moves=MOVES, days=[7],
                              funding=[1e-4], income_per_day=20)  # fmt: skip
    on = table.on(table.usual)
    moves = np.array(MOVES)
    # A tenth of the vault: its own coins, and those that shorts owe it, 30,000 / 2,500.
    assert on["position, ETH"] == pytest.approx(0.1 * (100 - 40 + 12) * 2_000 * moves, abs=1e-9)
    assert on["position, BTC"] == pytest.approx(0.1 * 2 * 30_000 * moves, abs=1e-9)
    assert on["linear perpetual WETH/USD"] == pytest.approx(-5 * 2_000 * moves, abs=1e-9)
    # Straight lines meet 0 once: 10,400 of net exposure against income and funding of a week.
    funded = 5 * 2_000 * 1e-4 * 21
    (evens,) = table.break_even_moves.values()
    assert evens == pytest.approx([-(140 + funded) / (14_400 + 6_000 - 10_000 + funded / 2)])


def test_several_coins_move_by_the_same_share() -> None:
    held = 3 * lp.Spot(base="ETH", quote="USD") + lp.Spot(base="BTC", quote="USD") + 5_000 * lp.Cash(quote="USD")
    perp = lp.InversePerp(base="BTC", quote="USD", entry=31_000)
    start = {"ETH/USD": 2_000.0, "BTC/USD": 30_000.0}
    table = lp.scenario_table(held - 10_000 * perp, start=start, moves=[-0.2, 0.1])
    on = table.on(table.usual)
    assert on["position, ETH"] == pytest.approx([-1_200, 600])
    assert on["position, BTC"] == pytest.approx([-6_000, 3_000])
    # In quote an inverse contract is a line.
    assert on["inverse perpetual BTC/USD"] == pytest.approx([10_000 * 6 / 31, -10_000 * 3 / 31])
    assert "move by the same share" in table.notes[0]


# ---- break-evens


def test_break_evens_are_the_portfolio_s_and_roots_at_many_digits() -> None:
    held = POOL - 24 * USDT
    table = lp.scenario_table(held, start=START, moves=MOVES, days=[1, 7], income_per_day=130)
    for case, evens in table.break_evens().items():
        assert evens == pytest.approx(held.break_evens(start=START, income=130 * case.days), rel=1e-11)
        assert len(evens) == 2
    hedged = held + 20 * lp.Put(strike=1_700, years=14 / 365, **TOKENS)
    table = lp.scenario_table(
        hedged, start=START, moves=MOVES, volatilities=[-0.2, 0.2], days=[3, 10], funding=[2e-4], income_per_day=200,
        volatility=0.65,
    )  # fmt: skip
    begun = black(lp.Put, START, 1_700, 0.65, 14 / 365)
    for case, evens in table.break_evens().items():
        assert len(evens) == 2
        for price in evens:
            x, y = range_amounts(price)
            option = black(lp.Put, price, 1_700, 0.65 + case.volatility, (14 - case.days) / 365)
            funded = 24 * 2e-4 * 3 * case.days * (START + price) / 2
            total = x * price + y - 100_000 - 24 * (price - START) + 20 * (option - begun) + funded + 200 * case.days
            assert total == pytest.approx(0.0, abs=1e-6)


def test_break_evens_in_coins_are_roots_too() -> None:
    call = lp.InverseCall(strike=1_950, years=14 / 365, **TOKENS)
    table = lp.scenario_table(
        POOL + 9_000 * COIN - 4 * call, start=START, moves=MOVES, days=[4], measure=lp.Value("ETH"), volatility=0.65,
        income_per_day=40,
    )  # fmt: skip
    x0, y0 = range_amounts(START)
    begun = black(lp.Call, START, 1_950, 0.65, 14 / 365)
    (evens,) = table.break_evens().values()
    assert evens.size
    for price in evens:
        x, y = range_amounts(price)
        option = black(lp.Call, price, 1_950, 0.65, 10 / 365) / price - begun / START
        perp = 9_000 * (1 / START - 1 / price)
        total = x + y / price - x0 - y0 / START + perp - 4 * option + 160 / price
        assert total == pytest.approx(0.0, abs=1e-9)


def test_a_rate_of_another_interval_is_counted_per_eight_hours() -> None:
    leg = lp.Leg(USDT, funding=lp.Funding(rate=2e-5, hours=1.0))
    week = lp.Lognormal(price=START, volatility=0.65, years=7 / 365)
    plan = lp.hedge(POOL, [leg], week, objective=lp.Variance(lp.Value("USDC")))
    table = lp.scenario_table(plan, moves=[0.0], days=[1])
    assert table.funding == pytest.approx((1.6e-4,))
    assert table.columns["funding"].item() == pytest.approx(-plan.quantities[0] * START * 24 * 2e-5)


def test_no_break_even_is_said_as_none() -> None:
    table = lp.scenario_table(POOL, start=START, moves=[0.05, 0.1, 0.2])
    (evens,) = table.break_evens().values()
    assert evens.size == 0
    assert "no price of the table" in table.sentence()
    assert table.to_dict()["break_evens"][0]["prices"] == []
    assert lp.scenario_table(POOL, start=START, days=[0, 1], moves=[0.05, 0.1]).summary().count("none") == 2


def test_a_liquidation_that_jumps_across_0_is_a_break_even() -> None:
    plan = accounted()
    table = lp.scenario_table(plan, moves=np.linspace(-0.3, 0.3, 241), income_per_day=2_000, days=[5])
    ((case, evens),) = table.break_evens().items()
    total = table.on(case)["total"]
    crossed = np.flatnonzero(np.sign(total[1:]) != np.sign(total[:-1]))
    assert len(evens) == len(crossed)
    # The function whose roots they are is the table, beyond the liquidation as well.
    assert table.liquidated.any()
    assert table.profit.whole(case)(1.0 + table.moves) == pytest.approx(total, rel=1e-9, abs=1e-7)
    for price, i in zip(evens, crossed, strict=True):
        assert table.prices[i] <= price <= table.prices[i + 1]


# ---- shown


def shown() -> lp.ScenarioTable:
    held = POOL - 24 * USDT + 20 * lp.Put(strike=1_700, years=7 / 365, **TOKENS)
    return lp.scenario_table(
        held, start=START, volatilities=[-0.2, 0, 0.2], days=[0, 3, 10], funding=[0, 1e-4], income_per_day=130,
        volatility=0.65,
    )  # fmt: skip


def test_the_table_is_long_and_says_every_axis() -> None:
    made = shown()
    frame = made.table()
    assert len(frame) == made.total.size == 7 * 3 * 3 * 2
    assert list(frame.columns[:5]) == ["move", "price, ETH/USDC", "volatility", "days", "funding rate"]
    one = frame.query("move == 0.1 and volatility == 0.2 and days == 3 and `funding rate` == 1e-4")
    assert one["total [USDC]"].item() == made.total[4, 2, 1, 1]
    components = [name for name in frame.columns if name.endswith("[USDC]") and not name.startswith("total")]
    assert np.abs(frame[components].sum(axis=1) - frame["total [USDC]"]).max() < CENT
    assert not made.columns["position"].flags.writeable


def test_words_name_the_corners_and_fit_a_terminal() -> None:
    made = shown()
    text = made.summary()
    assert max(map(len, text.splitlines())) <= 100
    assert f"{made.total.size} scenarios" in made.sentence()
    worst = np.unravel_index(made.total.argmin(), made.total.shape)
    assert f"price {made.moves[worst[0]]:+.1%}" in made.sentence()
    assert made._repr_html_().startswith("<p><b>Of ")
    record = made.to_dict()
    assert record["components"] == list(made.columns)
    assert len(record["rows"]) == made.total.size
    assert record["axes"]["days"] == [0.0, 3.0, 10.0]


def test_a_start_that_nothing_was_earned_at_is_no_break_even() -> None:
    free = lp.scenario_table(POOL - 24 * USDT, start=START, days=[0], funding=[0])
    evens = free.break_evens()[free.usual]
    (rings,) = (line for line in free.plot().get_lines() if line.get_marker() == "o")
    assert evens[0] == pytest.approx(START, rel=1e-11)
    assert rings.get_xdata() == pytest.approx(evens[1:])


def test_pictures_hold_the_lines_and_the_numbers() -> None:
    made = shown()
    ax = made.plot()
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert {"position", "total"} <= set(lines)
    x, y = lines["total"].get_data()
    assert np.interp(made.prices, x, y) == pytest.approx(made.on(made.usual)["total"], abs=20)
    assert ax.get_xlabel() == "price of ETH/USDC [USDC per ETH]"
    assert ax.get_ylabel() == "P&L [USDC]"
    (rings,) = (line for line in ax.get_lines() if line.get_marker() == "o")
    evens = made.break_evens()[made.usual].tolist()
    assert rings.get_xdata() == pytest.approx(evens)
    assert all(f"{p:,.6g}" in rings.get_label() for p in evens)
    for upward in (lp.ScenarioAxis.VOLATILITY, lp.ScenarioAxis.DAYS, lp.ScenarioAxis.FUNDING):
        ax = made.plot_grid(upward=upward)
        image = ax.images[0].get_array()
        assert image.shape[1] == 7
    case = made.case(days=3)
    ax = made.plot_grid(across=lp.ScenarioAxis.VOLATILITY, upward=lp.ScenarioAxis.DAYS, case=case)
    assert np.asarray(ax.images[0].get_array()) == pytest.approx(made.total[3, :, :, 0].T)


# ---- what is refused

OPTION = lp.Put(strike=1_800, years=7 / 365, **TOKENS)
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("no moves", {"moves": []}, "one or more numbers"),
    ("one move", {"moves": 0.1}, "a list of one or more"),
    ("a missing move", {"moves": [0.0, float("nan")]}, "finite"),
    ("a price of 0", {"moves": [-1.0, 0.0]}, "above -1"),
    ("percent", {"moves": [-30, 0, 30]}, "A fall of 30 % is -0.3"),
    ("percent up", {"moves": [0, 30]}, "A fall of 30 % is -0.3"),
    ("unsorted moves", {"moves": [0.1, -0.1]}, "ascending"),
    ("a move twice", {"moves": [0.1, 0.1]}, "ascending, each once"),
    ("text", {"moves": ["a"]}, "numbers"),
    ("both", {"moves": [0.1], "prices": [2_000]}, "moves or prices"),
    ("prices below 0", {"prices": [-5.0, 100.0]}, "positive prices"),
    ("points in percent", {"volatilities": [-20, 0, 20]}, "20 points are 0.2"),
    ("no volatilities", {"volatilities": []}, "volatilities as a list"),
    ("days before the start", {"days": [-1, 0]}, "0 or more"),
    ("infinite days", {"days": [float("inf")]}, "finite"),
    ("funding in percent", {"funding": [0.05]}, "0.01 % is 0.0001"),
    ("funding twice", {"funding": [1e-4, 1e-4]}, "each once"),
    ("another token", {"measure": lp.Value("BTC")}, "ETH, USDC"),
    ("an amount of another token", {"measure": lp.Amount("BTC")}, "ETH, USDC"),
    ("no measure", {"measure": "USDC"}, "a measure"),
    ("no start", {"start": None}, "the price at the start"),
    ("a start below 0", {"start": -1.0}, "positive"),
    ("an infinite income", {"income_per_day": float("inf")}, "finite"),
    ("a volatility in percent", {"held": OPTION, "volatility": 65.0}, "decimal"),
    ("no volatility", {"held": OPTION}, "volatility to mark"),
    ("a shift below 0", {"held": OPTION, "volatility": 0.3, "volatilities": [-0.3]}, "Shift it by less"),
    ("a pool past its end", {"held": POOL.marked(volatility=0.6, years=3 / 365), "days": [7]}, "up to the end"),
    ("cash", {"held": lp.Cash(quote="USDC")}, "an exposure to a price"),
    ("nothing", {"held": 5}, "a plan or an exposure"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "says"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_what_means_nothing_is_refused(given: dict[str, Any], says: str) -> None:
    arguments: dict[str, Any] = {"held": POOL, "start": START} | given
    with pytest.raises(lp.InputError, match=says):
        lp.scenario_table(arguments.pop("held"), **arguments)


def test_a_plan_knows_its_own_start_and_a_case_its_axes() -> None:
    with pytest.raises(lp.InputError, match="no start beside a plan"):
        lp.scenario_table(accounted(), start=1_900)
    with pytest.raises(lp.InputError, match="one of the table's days"):
        shown().case(days=4)
    with pytest.raises(lp.InputError, match="two different axes"):
        shown().plot_grid(across=lp.ScenarioAxis.DAYS, upward=lp.ScenarioAxis.DAYS)
    two = lp.Spot(base="ETH", quote="USD") + lp.Spot(base="BTC", quote="USD")
    with pytest.raises(lp.MarketError, match="a start for every market"):
        lp.scenario_table(two, start=1_900)
    legs = [lp.Leg(USDT, funding=lp.Funding(rate=1e-4)), lp.Leg(COIN, funding=lp.Funding(rate=2e-4))]
    week = lp.Lognormal(price=START, volatility=0.65, years=7 / 365)
    plan = lp.hedge(POOL, legs, week, objective=lp.Variance(lp.Amount("ETH"), lp.Amount("USDC")))
    with pytest.raises(lp.InputError, match="one funding rate"):
        lp.scenario_table(plan)
    assert lp.scenario_table(plan, funding=[1e-4]).funding == (1e-4,)
