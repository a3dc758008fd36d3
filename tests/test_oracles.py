"""Numbers that others computed: papers, contracts, real transactions. None of them came from this code."""

from __future__ import annotations

import math

import numpy as np
import pytest

import lpgreeks as lp
from lpgreeks.onchain import RawAmounts, liquidity_for_amounts, raw_amounts, sqrt_price_x96, tick_at_sqrt_price_x96
from tests.tolerances import PRINTED_7, PRINTED_10, ROUNDING

TOKENS = {"base": "ETH", "quote": "USDC"}


# ---- impermanent loss of a full-range position, against holding and against the initial value, and its P&L

FULL_RANGE = [
    (0.25, -0.2, -0.125, -0.5),
    (0.5, -0.0571909584179, -0.0428932188135, -0.292893218813),
    (0.75, -0.0102566813892, -0.00897459621556, -0.133974596216),
    (1.25, -0.00619201000009, -0.00696601125011, 0.118033988750),
    (1.5, -0.0202041028867, -0.0252551286084, 0.224744871392),
    (2.0, -0.0571909584179, -0.0857864376269, 0.414213562373),
    (3.0, -0.133974596216, -0.267949192431, 0.732050807569),
    (4.0, -0.2, -0.5, 1.0),
    (5.0, -0.2546440075, -0.7639320225, 1.2360679775),
]


@pytest.mark.parametrize(("ratio", "over_hold", "over_value", "pnl"), FULL_RANGE)
def test_full_range_losses(ratio: float, over_hold: float, over_value: float, pnl: float) -> None:
    pool = lp.UniswapV2.from_value(1.0, price=1_000.0, **TOKENS)
    price = 1_000.0 * ratio
    loss = lp.Excess("USDC")(pool, {"ETH/USDC": 1_000.0})["ETH/USDC"](price)
    held = pool.value(price) - loss
    assert loss == pytest.approx(over_value, abs=1e-12)
    assert loss / held == pytest.approx(over_hold, abs=1e-12)
    assert pool.pnl(price, start=1_000.0) == pytest.approx(pnl, abs=1e-12)


# ---- one range, 2,000 to 2,400 at 2,200: value, impermanent loss, delta

RANGE = [
    (1_500, 0.699197848106, -0.148789199367, -0.175461641555),
    (1_800, 0.839037417727, -0.0740980379714, -0.0811468194658),
    (2_000, 0.932263797475, -0.0243039303746, -0.0254074329156),
    (2_100, 0.972351747313, -0.00593211661144, -0.00606379889335),
    (2_300, 1.01604773573, -0.00566840034621, -0.00554792094014),
    (2_400, 1.02124382284, -0.022188449306, -0.0212648677813),
    (3_000, 1.02124382284, -0.152485265758, -0.129915214029),
]


@pytest.fixture
def million() -> lp.UniswapV3:
    return lp.UniswapV3.from_value(1e6, price=2_200, lower=2_000, upper=2_400, **TOKENS)


def test_range_holds_what_the_paper_says(million: lp.UniswapV3) -> None:
    assert million.liquidity == pytest.approx(239254.8439210549, rel=1e-14)
    assert 1e6 / million.liquidity == pytest.approx(4.179643695447865, rel=1e-14)
    assert million.base_amount(2_200) == pytest.approx(217.161360753, abs=5e-10)
    assert million.quote_amount(2_200) == pytest.approx(522245.006342, abs=5e-7)


@pytest.mark.parametrize(("price", "value", "over_value", "over_hold"), RANGE)
def test_range_losses(million: lp.UniswapV3, price: float, value: float, over_value: float, over_hold: float) -> None:
    loss = lp.Excess("USDC")(million, {"ETH/USDC": 2_200.0})["ETH/USDC"](price)
    assert million.value(price) / 1e6 == pytest.approx(value, abs=1e-10)
    assert loss / 1e6 == pytest.approx(over_value, abs=1e-10)
    assert loss / (million.value(price) - loss) == pytest.approx(over_hold, abs=1e-10)


DELTAS = [(1_500, 1.02549017722), (2_000, 1.02549017722), (2_100, 0.741839287466), (2_200, 0.477754993658)]
DELTAS += [(2_300, 0.231086478157), (2_400, 0.0), (3_000, 0.0)]


@pytest.mark.parametrize(("price", "delta"), DELTAS)
def test_range_deltas(million: lp.UniswapV3, price: float, delta: float) -> None:
    assert million.delta(price) * 2_200 / 1e6 == pytest.approx(delta, abs=1e-10)


# ---- premium of the impermanent-loss claim and Greeks under a lognormal, range [1/1.1, 1.1]

PREMIUMS = [
    (1.1, 7, 0.4, 0.008030452944),
    (1.1, 7, 0.6, 0.01653423959),
    (1.1, 14, 0.6, 0.02868102895),
    (1.1, 30, 0.8, 0.07177859477),
    (1.2, 7, 0.8, 0.01704666672),
    (1.2, 14, 0.4, 0.008763939038),
    (1.2, 30, 0.6, 0.0367907038),
]


@pytest.mark.parametrize(("wide", "days", "volatility", "premium"), PREMIUMS)
def test_expected_impermanent_loss(wide: float, days: float, volatility: float, premium: float) -> None:
    pool = lp.UniswapV3.from_value(1.0, price=1.0, lower=1 / wide, upper=wide, **TOKENS)
    model = lp.Lognormal(price=1.0, volatility=volatility, years=days / 365)
    loss = lp.Excess("USDC")(pool, {"ETH/USDC": 1.0})["ETH/USDC"]
    assert -model.mean(loss) == pytest.approx(premium, rel=PRINTED_10)


def test_lognormal_mean_of_a_range() -> None:
    pool = lp.UniswapV3.from_value(1.0, price=1.0, lower=1 / 1.1, upper=1.1, **TOKENS)
    model = lp.Lognormal(price=1.0, volatility=0.6, years=14 / 365)
    assert model.mean(pool.worth()) == pytest.approx(0.97131897105401, abs=1e-13)
    step = 1e-5
    slope = (lp.smear(pool.worth(), 1 + step, model.width) - lp.smear(pool.worth(), 1 - step, model.width)) / (2 * step)
    assert slope == pytest.approx(0.485659485527, abs=1e-9)


# ---- static hedge of a full-range position by a perpetual

STATIC = [
    (0.05, 0.9990627442, 0.9996874024, 0.00044194),
    (0.1, 0.9962539092, 0.9987484401, 0.00176776),
    (0.2, 0.9850626861, 0.9949751677, 0.00707092),
    (0.5, 0.9087349107, 0.9678156511, 0.04415825),
]


@pytest.mark.parametrize(("width", "ratio", "effectiveness", "left"), STATIC)
def test_static_hedge_of_a_full_range(width: float, ratio: float, effectiveness: float, left: float) -> None:
    pool = lp.UniswapV2.from_value(1.0, price=1.0, **TOKENS)
    perp = lp.LinearPerp(entry=1.0, **TOKENS)
    model = lp.Lognormal(price=1.0, volatility=width, years=1.0)
    plan = lp.hedge(pool, [perp], model, objective=lp.Variance(lp.Value("USDC")))
    assert -plan.quantities[0] / pool.base_amount(1.0) == pytest.approx(ratio, abs=1e-10)
    assert plan.effectiveness == pytest.approx(effectiveness, abs=1e-10)
    assert plan.best.risk == pytest.approx(left, abs=1e-8)
    assert plan.risk_unhedged == pytest.approx(math.sqrt(1 - math.exp(-(width**2) / 4)), rel=1e-12)


STATIC_RANGES = [
    (1.2, 0.1, 0.479622, 0.8653),
    (1.2, 0.2, 0.440265, 0.7377),
    (1.2, 0.3, 0.399746, 0.6695),
    (2.0, 0.1, 0.493605, 0.9853),
    (2.0, 0.2, 0.474510, 0.9404),
    (2.0, 0.3, 0.443842, 0.8679),
]


@pytest.mark.parametrize(("wide", "width", "short", "effectiveness"), STATIC_RANGES)
def test_static_hedge_of_a_range(wide: float, width: float, short: float, effectiveness: float) -> None:
    pool = lp.UniswapV3.from_value(1.0, price=1.0, lower=1 / wide, upper=wide, **TOKENS)
    model = lp.Lognormal(price=1.0, volatility=width, years=1.0)
    plan = lp.hedge(pool, [lp.LinearPerp(entry=1.0, **TOKENS)], model, objective=lp.Variance(lp.Value("USDC")))
    assert -plan.quantities[0] == pytest.approx(short, abs=5.1e-7)
    assert plan.effectiveness == pytest.approx(effectiveness, abs=5.1e-5)
    assert pool.base_amount(1.0) == pytest.approx(0.5)


# ---- coins, dollars or value: 50 ETH and 50,000 USDT offered at 1,867, range of 5 % either side


@pytest.fixture
def offered() -> lp.Deposit:
    return lp.UniswapV3.from_amounts(
        base_offered=50, quote_offered=50_000, base="ETH", quote="USDT", price=1_867, lower=1_773.65, upper=1_960.35
    )


def test_what_an_offer_uses(offered: lp.Deposit) -> None:
    assert offered.position.liquidity == pytest.approx(45700.867523793, abs=5e-10)
    assert offered.base_used == pytest.approx(25.489893048, abs=5e-10)
    assert (offered.quote_used, offered.quote_left) == (50_000, 0)
    assert offered.base_left == pytest.approx(50 - 25.489893048, abs=5e-10)


def test_coins_dollars_and_value_want_different_hedges(offered: lp.Deposit) -> None:
    grid = lp.Outcomes.from_prices(np.linspace(1_773.65, 1_960.35, 1_000), start=1_867, sampled=True)
    coin = lp.InversePerp(base="ETH", quote="USDT", entry=1_867)
    dollar = lp.LinearPerp(base="ETH", quote="USDT", entry=1_867)

    def plan(leg: lp.Instrument, measure: lp.Measure) -> lp.HedgePlan:
        return lp.hedge(offered.position, [leg], grid, objective=lp.Variance(measure))

    coins = plan(coin, lp.Amount("ETH"))
    assert coins.quantities[0] == pytest.approx(986617.651471, abs=5e-7)
    assert coins.risk_unhedged == pytest.approx(15.306408, abs=PRINTED_7)
    assert coins.best.risk == pytest.approx(0.098990, abs=PRINTED_7)
    assert coins.naive is not None
    assert coins.naive.quantities[0] == pytest.approx(987339.717240, abs=5e-7)
    assert coins.naive.quantities[0] == pytest.approx(offered.position.liquidity * math.sqrt(1_867) / 2, rel=ROUNDING)

    dollars = plan(dollar, lp.Amount("USDT"))
    assert -dollars.quantities[0] * 1_867 == pytest.approx(987525.359189, abs=5e-7)
    assert dollars.risk_unhedged == pytest.approx(28550.7986, abs=5e-5)
    assert dollars.best.risk == pytest.approx(184.5790, abs=5e-5)

    value = plan(dollar, lp.Value("USDT"))
    assert -value.quantities[0] == pytest.approx(25.688759624, abs=5e-10)
    assert value.risk_unhedged == pytest.approx(1434.891, abs=5e-4)
    assert value.best.risk == pytest.approx(369.158, abs=5e-4)


def test_moves_of_both_amounts(offered: lp.Deposit) -> None:
    wide = lp.UniswapV2(base="ETH", quote="USDT", liquidity=offered.position.liquidity)
    assert wide.base_amount(2_050) - wide.base_amount(2_000) == pytest.approx(-12.539155419765537, rel=1e-12)
    assert wide.quote_amount(2_050) - wide.quote_amount(2_000) == pytest.approx(25389.85459643781, rel=1e-12)


# ---- the contract's integers


def test_tick_to_the_last_digit() -> None:
    pool = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=10, base="WETH")
    assert sqrt_price_x96(196_147) == 1438615122195042638686831659635746
    assert pool.price_of_tick(196_147) == pytest.approx(3032.98264480672938, rel=1e-14)
    assert pool.price_of_tick(206_600) == pytest.approx(1066.41096, abs=5e-6)
    assert sqrt_price_x96(-887_272) == 4295128739
    assert sqrt_price_x96(887_272) == 1461446703485210103287273052203988822378723970342


def test_mint_to_the_last_digit() -> None:
    where = {"root": 1288911018771896468642711393513864, "tick_lower": 193_890, "tick_upper": 194_040}
    minted = raw_amounts(liquidity=60134336564964532, **where, minted=True)
    assert minted == RawAmounts(amount0=16738133293, amount1=2892535954003525198)
    burned = raw_amounts(liquidity=60134336564964532, **where, minted=False)
    assert burned == RawAmounts(amount0=16738133292, amount1=2892535954003525197)


MINTS = [
    (
        1989968727,
        733658189325188910,
        193_420,
        193_460,
        1257384995536224536278388621443072,
        521459929,
        27273497828438404,
    ),
    (379902946, 427294215400772450, 202_960, 204_070, 2095880080440004692038636567265280, 342361229, 461087602302446),
]


@pytest.mark.parametrize(("offer0", "offer1", "lower", "upper", "root", "used0", "liquidity"), MINTS)
def test_mints_of_real_transactions(
    offer0: int, offer1: int, lower: int, upper: int, root: int, used0: int, liquidity: int
) -> None:
    offers = RawAmounts(amount0=offer0, amount1=offer1)
    found = liquidity_for_amounts(amounts=offers, root=root, tick_lower=lower, tick_upper=upper)
    assert found == pytest.approx(liquidity, rel=1e-13)
    used = raw_amounts(liquidity=found, root=root, tick_lower=lower, tick_upper=upper, minted=True)
    assert used.amount0 == used0
    assert used.amount1 == pytest.approx(offer1, rel=1e-12)
    # The same mint in prices and whole tokens.
    pool = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=10, base="WETH")
    position = pool.position(tick_lower=lower, tick_upper=upper, liquidity=found)
    deposit = lp.UniswapV3.from_amounts(
        base_offered=offer1 / 1e18,
        quote_offered=offer0 / 1e6,
        base="WETH",
        quote="USDC",
        price=pool.price_at(root),
        lower=position.lower,
        upper=position.upper,
    )
    assert deposit.position.liquidity == pytest.approx(position.liquidity, rel=1e-11)
    assert deposit.quote_used == pytest.approx(used0 / 1e6, rel=1e-8)


def test_ticks_and_roots_go_round() -> None:
    for tick in (-887_272, -887_271, -196_147, -1, 0, 1, 7, 193_890, 500_000, 887_271):
        root = sqrt_price_x96(tick)
        assert tick_at_sqrt_price_x96(root) == tick
        assert tick_at_sqrt_price_x96(root + 1) == tick
        if tick > -887_272:
            assert tick_at_sqrt_price_x96(root - 1) == tick - 1


# ---- worked positions of the literature

ONE_TOKEN = [
    ({"base_offered": 1, "quote_offered": 2, "price": 15}, 2.814104402550319),
    ({"base_offered": 1, "quote_offered": 20, "price": 15}, 13.223192267466496),
    ({"base_offered": 0, "quote_offered": 2, "price": 30}, 0.8639503235220041),
    ({"base_offered": 1, "quote_offered": 0, "price": 10}, 7.482029277778401),
]


@pytest.mark.parametrize(("offer", "liquidity"), ONE_TOKEN)
def test_aligned_offers(offer: dict[str, float], liquidity: float) -> None:
    deposit = lp.UniswapV3.from_amounts(**offer, lower=10, upper=30, **TOKENS)
    assert deposit.position.liquidity == pytest.approx(liquidity, rel=1e-14)


def test_amounts_across_a_range() -> None:
    pool = lp.UniswapV3(liquidity=10, lower=10, upper=30, **TOKENS)
    assert pool.base_amount(9) == pytest.approx(1.3365358018178255, rel=1e-14)
    assert (pool.base_amount(20), pool.quote_amount(20)) == pytest.approx((0.4103261191492359, 13.098582948312))
    assert pool.quote_amount(30) == pytest.approx(23.149479148832818, rel=1e-14)


def test_worked_positions_of_the_liquidity_note() -> None:
    """Liquidity Math in Uniswap v3, sections on one-sided and two-sided deposits."""
    one = lp.UniswapV3.from_amounts(
        base_offered=2, quote_offered=math.inf, price=2_000, lower=1_500, upper=2_500, **TOKENS
    )
    assert one.position.liquidity == pytest.approx(847.2135955, abs=5e-8)
    assert one.quote_used == pytest.approx(5076.102359, abs=5e-7)
    lower = lp.UniswapV3.lower_that_uses_all(base_offered=2, quote_offered=4_000, price=2_000, upper=3_000)
    assert lower == pytest.approx(1333.3333, abs=5e-5)
    both = lp.UniswapV3.from_amounts(
        base_offered=2, quote_offered=4_000, price=2_000, lower=lower, upper=3_000, **TOKENS
    )
    assert both.position.liquidity == pytest.approx(487.4171803, abs=5e-8)
    assert (both.base_left, both.quote_left) == pytest.approx((0, 0), abs=1e-9)
    moved = both.position
    assert moved.base_amount(2_500) == pytest.approx(0.8493641205, abs=5e-11)
    assert moved.quote_amount(2_500) == pytest.approx(6572.900044, abs=5e-7)
    # 2 - 0.8493641205: the note prints -1.1506358796, one off in its last digit.
    assert moved.base_amount(2_500) - 2 == pytest.approx(-1.1506358795, abs=5e-11)
    assert moved.quote_amount(2_500) - 4_000 == pytest.approx(2572.900044, abs=5e-7)
    assert lp.UniswapV3.upper_that_uses_all(
        base_offered=2, quote_offered=4_000, price=2_000, lower=lower
    ) == pytest.approx(3_000)


def test_interface_positions_round_trip() -> None:
    """Two deposits shown by the public interface, whose figures are rounded to about three digits."""
    for price, lower, upper, x, y in ((20, 19.027, 25.993, 1, 4), (3227.02, 1626.3, 4846.3, 1, 5096.06)):
        deposit = lp.UniswapV3.from_amounts(
            base_offered=x, quote_offered=math.inf, price=price, lower=lower, upper=upper, **TOKENS
        )
        assert deposit.quote_used == pytest.approx(y, rel=3e-3)


def test_wbtc_position_of_a_real_transaction() -> None:
    pool = lp.OnchainPool(token0="WBTC", token1="USDC", decimals0=8, decimals1=6, tick_spacing=60, base="WBTC")
    lower, upper = pool.price_of_tick(51_960), pool.price_of_tick(59_940)
    assert (lower, upper) == pytest.approx((18050.170385, 40089.530963), abs=5e-7)
    deposit = lp.UniswapV3.from_amounts(
        base_offered=19.94, quote_offered=265_132.51, base="WBTC", quote="USDC", price=23_776, lower=lower, upper=upper
    )
    assert deposit.position.liquidity == pytest.approx(13361.00, abs=5e-3)  # the amounts are rounded: y binds
    one_sided = lp.UniswapV3.from_amounts(
        base_offered=19.94, quote_offered=math.inf, base="WBTC", quote="USDC", price=23_776, lower=lower, upper=upper
    )
    assert one_sided.position.liquidity == pytest.approx(13374.52, abs=5e-3)


def test_ten_percent_linear_range() -> None:
    pool = lp.UniswapV3.from_value(1.0, price=1.0, lower=0.9, upper=1.1, **TOKENS)
    loss = lp.Excess("USDC")(pool, {"ETH/USDC": 1.0})["ETH/USDC"]
    assert (loss(0.9), loss(1.1)) == pytest.approx((-0.0269115, -0.0243455), abs=5e-8)


# ---- perpetuals: the exchange's own examples


def test_perpetual_examples() -> None:
    inverse = lp.InversePerp(base="BTC", quote="USD", entry=600)
    assert (1_000 * inverse).base_amount(700) == pytest.approx(0.238095, abs=5e-7)
    inverse = lp.InversePerp(base="BTC", quote="USD", entry=5_000)
    assert (1_000 * inverse).base_amount(5_500) == pytest.approx(0.01818, abs=5e-6)
    short = -10_000 * lp.InversePerp(base="ETH", quote="USD", entry=2_000)
    assert (short.base_amount(1_600), short.value(1_600)) == pytest.approx((1.25, 2_000))
    assert (short.base_amount(2_500), short.value(2_500)) == pytest.approx((-1.0, -2_500))
    assert (-5 * lp.LinearPerp(base="ETH", quote="USD", entry=2_000)).value([1_600, 2_500]).tolist() == [2_000, -2_500]
