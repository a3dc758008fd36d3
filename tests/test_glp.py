"""GLP: the contract's integers, what a share is exposed to, what entering and leaving cost."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

import lpgreeks as lp
from lpgreeks.onchain import gmx
from tests.tolerances import ROUNDING

E18, E30 = 10**18, 10**30

# ---- the contract's own tests


@pytest.mark.parametrize(
    ("usdg", "target", "change", "expected"),
    [
        (29_700, 29_700, 1_000, 100),
        (29_700, 29_700, 5_000, 104),
        (29_700, 14_850, -1_000, 50),
        (29_700, 37_275, -10_000, 116),
        (89_100, 36_366, -5_000, 28),
    ],
)
def test_fees_of_the_contracts_own_tests(usdg: int, target: int, change: int, expected: int) -> None:
    """test/core/Vault/getFeeBasisPoints.js: base 100, tax 50."""
    fee = gmx.increase_fee if change > 0 else gmx.decrease_fee
    for unit in (1, E18):
        own = {"usdg": usdg * unit, "target": target * unit, "delta": abs(change) * unit}
        assert fee(**own, base=100, tax=50) == expected


@pytest.mark.parametrize(("usdg", "mint", "redeem"), [(33 * 10**6, 31, 19), (27 * 10**6, 19, 31), (30 * 10**6, 25, 25)])
def test_fees_pull_towards_the_target(usdg: int, mint: int, redeem: int) -> None:
    """Base 25, tax 60, target 30 million, 0.1 million in or out."""
    own = {"usdg": usdg, "target": 30 * 10**6, "delta": 10**5, "base": 25, "tax": 60}
    assert (gmx.increase_fee(**own), gmx.decrease_fee(**own)) == (mint, redeem)


def test_fees_at_the_edges() -> None:
    assert gmx.increase_fee(usdg=5, target=0, delta=7, base=25, tax=60) == 25  # no target, no dynamic fee
    assert gmx.decrease_fee(usdg=5, target=100, delta=7, base=25, tax=60) == 25 + 60 * 97 // 100  # never below 0 USDG
    assert gmx.decrease_fee(usdg=300, target=100, delta=50, base=25, tax=60) == 0  # a rebate beyond the base
    assert gmx.increase_fee(usdg=300, target=100, delta=50, base=25, tax=60) == 85  # at most the whole tax


def token(name: str, **own: int | bool) -> gmx.RawGlpToken:
    fields: dict = {"stable": False, "decimals": 18, "pool": 0, "min_price": E30, "max_price": E30, **own}
    return gmx.RawGlpToken(token=name, **fields)


def aums(vault: gmx.RawGlpVault) -> tuple[int, int]:
    return gmx.aum_in_usdg(gmx.aum_at_max(vault)), gmx.aum_in_usdg(gmx.aum_at_min(vault))


def test_the_ledger_of_the_managers_own_test() -> None:
    """test/core/GlpManager.js, 0.3 % without dynamic fee: its every figure, 0.826567122857142856 BNB out among them."""
    bnb = token("BNB", min_price=300 * E30, max_price=400 * E30)
    btc = token("BTC", decimals=8, min_price=60_000 * E30, max_price=60_000 * E30)
    vault = gmx.RawGlpVault(tokens=(token("DAI", stable=True), bnb, btc), supply=0)

    def enter(name: str, amount: int) -> int:
        nonlocal vault
        done = gmx.mint(vault, name, amount, base=30, tax=0)
        vault = done.after
        return done.glp

    def leave(name: str, glp: int) -> int:
        nonlocal vault
        done = gmx.redeem(vault, name, glp, base=30, tax=0)
        vault = done.after
        return done.out

    assert enter("DAI", 100 * E18) == 99_700_000_000_000_000_000
    assert aums(vault) == (99_700_000_000_000_000_000,) * 2
    assert enter("BNB", E18) == 299_100_000_000_000_000_000
    assert aums(vault) == (498_500_000_000_000_000_000, 398_800_000_000_000_000_000)
    risen = dataclasses.replace(vault.of("BNB"), min_price=400 * E30, max_price=500 * E30)
    vault = vault.with_token(risen, supply=vault.supply, usdg_supply=vault.usdg_supply)
    assert aums(vault) == (598_200_000_000_000_000_000, 498_500_000_000_000_000_000)
    assert enter("BTC", 1_000_000) == 398_800_000_000_000_000_000
    assert (vault.usdg_supply, vault.supply) == (997_000_000_000_000_000_000, 797_600_000_000_000_000_000)
    assert aums(vault) == (1_196_400_000_000_000_000_000, 1_096_700_000_000_000_000_000)
    with pytest.raises(lp.InputError, match="no more DAI than the vault has unreserved"):
        leave("DAI", 73 * E18)
    assert leave("DAI", 72 * E18) == 98_703_000_000_000_000_000
    assert leave("BNB", 27_700_000_000_000_000_000) == 75_946_475_000_000_000
    assert vault.supply == 697_900_000_000_000_000_000
    assert aums(vault) == (1_059_312_500_000_000_000_000, 967_230_000_000_000_000_000)
    assert leave("BNB", 299_100_000_000_000_000_000) == 826_567_122_857_142_856
    assert vault.supply == 398_800_000_000_000_000_000
    assert aums(vault) == (644_785_357_142_857_143_000, 635_608_285_714_285_714_400)
    assert [t.pool for t in vault.tokens] == [700_000_000_000_000_000, 91_770_714_285_714_286, 997_000]
    # The supply of USDG falls below what is burned: the manager mints the rest of it first.
    assert leave("BTC", 375 * E18) == 993_137
    assert vault.supply == 23_800_000_000_000_000_000


# ---- mint and redeem by hand

WETH = token(
    "WETH",
    min_price=2_629_059 * 10**27,
    max_price=2_629_999 * 10**27,
    pool=926_032_532_426_752_780_967,
    reserved=42_146_721_781_505_811_846,
    guaranteed=72_526_903_600_961_706_490_633_878_585_653_070,
    short_size=420_680_884_643_992_897_053_976_776_078_343,
    short_average=3_074_682_128_793_599_999_999_999_999_999_891,
    usdg=2_251_390_889_544_051_105_881_610,
    weight=20_000,
)
WBTC = token(
    "WBTC",
    decimals=8,
    min_price=66_066_487 * 10**27,
    max_price=66_166_487 * 10**27,
    pool=1_064_058_740,
    reserved=564_886_920,
    guaranteed=261_989_905_655_415_190_971_096_082_012_934_149,
    short_size=367_269_954_547_548_030_600_000_000_000_000,
    short_average=62_835_428_361_058_956_847_401_675_134_717_909,
    usdg=585_446_307_336_990_074_410_037,
    weight=3_000,
)
USDC = token(
    "USDC", stable=True, decimals=6, pool=7_052_176_922_713, usdg=7_045_868_947_750_884_246_915_173, weight=46_000
)
RAW = gmx.RawGlpVault(
    tokens=(WETH, WBTC, USDC),
    supply=10_218_773_871_711_187_101_247_422,
    usdg_supply=9_890_378_240_515_822_066_988_385,
    aum_addition=5 * E30,
    aum_deduction=7 * E30,
)


def aum_by_hand(prices: tuple[int, int, int]) -> int:
    """The contract's steps, one after the other: WETH shorts win, WBTC shorts lose at these prices."""
    weth, wbtc, usdc = prices
    win = WETH.short_size * (WETH.short_average - weth) // WETH.short_average
    loss = WBTC.short_size * (wbtc - WBTC.short_average) // WBTC.short_average
    aum = 5 * E30 + WETH.guaranteed + (926_032_532_426_752_780_967 - 42_146_721_781_505_811_846) * weth // E18
    aum += loss + WBTC.guaranteed + (1_064_058_740 - 564_886_920) * wbtc // 10**8
    aum += 7_052_176_922_713 * usdc // 10**6
    return aum - win - 7 * E30


def test_aum_by_hand() -> None:
    assert gmx.aum_at_min(RAW) == aum_by_hand((WETH.min_price, WBTC.min_price, E30))
    assert gmx.aum_at_max(RAW) == aum_by_hand((WETH.max_price, WBTC.max_price, E30))
    broke = dataclasses.replace(RAW, aum_deduction=10**40)
    assert gmx.aum_at_max(broke) == 0


def test_a_mint_by_hand() -> None:
    """Half a WBTC: in at the lower price, the fee in basis points, GLP at the higher AUM; every step rounds down."""
    paid = 50_000_000
    offered = paid * WBTC.min_price // E30 * E18 // 10**8
    target = 3_000 * RAW.usdg_supply // 69_000
    before, after = abs(WBTC.usdg - target), abs(WBTC.usdg + offered - target)
    assert after > before  # WBTC is over its target
    fee = 25 + 60 * ((before + after) // 2) // target
    kept = paid * (10_000 - fee) // 10_000
    usdg = kept * WBTC.min_price // E30 * E18 // 10**8
    glp = usdg * RAW.supply // (aum_by_hand((WETH.max_price, WBTC.max_price, E30)) * E18 // E30)
    done = gmx.mint(RAW, "WBTC", paid, base=25, tax=60)
    assert (done.fee, done.usdg, done.glp) == (fee, usdg, glp)
    assert fee == 48
    assert done.after.of("WBTC").pool == WBTC.pool + kept
    assert done.after.of("WBTC").usdg == WBTC.usdg + usdg
    assert (done.after.supply, done.after.usdg_supply) == (RAW.supply + glp, RAW.usdg_supply + usdg)


def test_a_redemption_by_hand() -> None:
    """10,000 GLP into WETH: at the lower AUM, out at the higher price; the fee is asked after the USDG is burned."""
    glp = 10_000 * E18
    usdg = glp * (aum_by_hand((WETH.min_price, WBTC.min_price, E30)) * E18 // E30) // RAW.supply
    redeemed = usdg * E30 // WETH.max_price
    burned, supply = WETH.usdg - usdg, RAW.usdg_supply - usdg
    target = 20_000 * supply // 69_000
    assert burned < target  # already under its target, and further with as much again
    fee = 25 + 60 * ((target - burned + target - (burned - usdg)) // 2) // target
    out = redeemed * (10_000 - fee) // 10_000
    done = gmx.redeem(RAW, "WETH", glp, base=25, tax=60)
    assert (done.fee, done.usdg, done.redeemed, done.out) == (fee, usdg, redeemed, out)
    assert (done.after.supply, done.after.usdg_supply) == (RAW.supply - glp, supply)
    assert done.after.of("WETH").pool == WETH.pool - redeemed
    with pytest.raises(lp.InputError, match="unreserved"):
        gmx.redeem(RAW, "WBTC", 400_000 * E18, base=25, tax=60)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: token("X", pool=1.5), "whole number"),
        (lambda: token("X", pool=-1), "whole number"),
        (lambda: token("X", pool=1, reserved=2), "reserved within the pool"),
        (lambda: token("X", min_price=2, max_price=1), "min_price up to max_price"),
        (lambda: token("X", short_size=1), "short_average"),
        (lambda: gmx.RawGlpVault(tokens=(USDC, USDC), supply=1), "different names"),
        (lambda: RAW.of("DOGE"), "a token of the vault"),
        (lambda: gmx.mint(RAW, "WBTC", 0, base=25, tax=60), "amount"),
        (lambda: gmx.redeem(RAW, "USDC", RAW.supply + 1, base=25, tax=60), "at most"),
    ],
)
def test_integers_that_are_none(wrong: object, message: str) -> None:
    with pytest.raises(lp.InputError, match=message):
        wrong()  # type: ignore[operator]


# ---- one coin of a vault


def asset(**own: float) -> lp.GlpAsset:
    fields = {"pool": 10.0, "reserved": 4.0, "guaranteed": 9_000.0, "short_size": 6_000.0, "short_average": 2_000.0}
    return lp.GlpAsset(base="WETH", quote="USD", **(fields | own))


def test_a_coin_is_straight_in_its_price() -> None:
    """(10 - 4) P + 9,000 + 6,000 (P / 2,000 - 1): by hand 15,000 at 2,000, 9 coins of slope."""
    one = asset()
    assert one.value(2_000) == (10 - 4) * 2_000 + 9_000
    assert one.value(2_500) == 6 * 2_500 + 9_000 + 1_500
    assert one.base_amount(1_234) == 6
    assert one.delta([1.0, 2_000.0, 1e6]).tolist() == [9.0, 9.0, 9.0]
    assert one.gamma(2_000) == 0
    assert str(lp.GlpAsset.symbolic().delta) == "p - r + S/A"


def test_zeros_are_natural_and_the_rest_is_refused() -> None:
    assert asset(pool=0, reserved=0, guaranteed=0, short_size=0).value(2_000) == 0
    assert asset(reserved=10).base_amount(2_000) == 0
    for wrong, message in (
        ({"pool": -1.0}, "pool of 0 or more"),
        ({"guaranteed": float("nan")}, "guaranteed to be finite"),
        ({"reserved": 10.1}, "reserved coins within the pool"),
        ({"short_average": 0.0}, "short_average to be positive"),
    ):
        with pytest.raises(lp.InputError, match=message):
            asset(**wrong)


# ---- a vault in whole units


def whole(**own: object) -> lp.GlpVault:
    """The integers above as doubles, without what the manager adds."""
    tokens = tuple(
        lp.GlpToken(
            token=t.token,
            stable=t.stable,
            min_price=t.min_price / E30,
            max_price=t.max_price / E30,
            pool=t.pool / 10**t.decimals,
            reserved=t.reserved / 10**t.decimals,
            guaranteed=t.guaranteed / E30,
            short_size=t.short_size / E30,
            short_average=t.short_average / E30,
            usdg=t.usdg / E18,
            weight=float(t.weight),
        )
        for t in RAW.tokens
    )
    fields: dict = {"tokens": tokens, "supply": RAW.supply / E18, "usdg_supply": RAW.usdg_supply / E18, **own}
    return lp.GlpVault(**fields)


def test_a_vault_is_worth_what_its_integers_are() -> None:
    vault = whole(aum_addition=5.0, aum_deduction=7.0)
    for ours, exact in ((vault.aum_at_max, gmx.aum_at_max(RAW)), (vault.aum_at_min, gmx.aum_at_min(RAW))):
        assert ours == pytest.approx(float(Fraction(exact, E30)), rel=ROUNDING)
    assert vault.price_at_max == pytest.approx(
        float(Fraction(gmx.aum_at_max(RAW), E30) / Fraction(RAW.supply, E18)), rel=ROUNDING
    )
    assert vault.price_at_min < vault.price_at_max


def test_deltas_are_slopes_of_the_aum() -> None:
    vault = whole()
    by_hand = {
        "WETH": Fraction(WETH.pool - WETH.reserved, E18) + Fraction(WETH.short_size, WETH.short_average),
        "WBTC": Fraction(WBTC.pool - WBTC.reserved, 10**8) + Fraction(WBTC.short_size, WBTC.short_average),
    }
    assert vault.deltas == {k: pytest.approx(float(v), rel=ROUNDING) for k, v in by_hand.items()}
    assert vault.deltas_by_coin == {"ETH": vault.deltas["WETH"], "BTC": vault.deltas["WBTC"]}
    raised = [dataclasses.replace(t, max_price=t.max_price + 1) if t.token == "WETH" else t for t in vault.tokens]
    slope = whole(tokens=tuple(raised)).aum_at_max - vault.aum_at_max
    assert slope == pytest.approx(vault.deltas["WETH"], rel=1e-8)  # a dollar of 8 million in doubles


def test_weights_are_three_things() -> None:
    vault = whole()
    pools = {t.token: t.pool * (t.min_price + t.max_price) / 2 for t in vault.tokens}
    assert vault.weights_of_value == {k: pytest.approx(v / sum(pools.values())) for k, v in pools.items()}
    assert sum(vault.weights_of_aum.values()) == pytest.approx(1.0)
    aum = (vault.aum_at_max + vault.aum_at_min) / 2
    assert vault.weights_of_aum["USDC"] == pytest.approx(pools["USDC"] / aum)
    assert vault.target_weights == {"WETH": 20 / 69, "WBTC": 3 / 69, "USDC": 46 / 69}


def test_a_holding_is_a_share_of_everything() -> None:
    vault = whole(aum_addition=5.0, aum_deduction=7.0)
    held = vault.holding(1_000)
    prices = {f"{t.token}/USD": (t.min_price + t.max_price) / 2 for t in vault.tokens if not t.stable}
    assert held.value(prices) == pytest.approx(500 * (vault.price_at_max + vault.price_at_min), rel=ROUNDING)
    assert held.on("WETH/USD").delta(2_629) == pytest.approx(1_000 * vault.deltas["WETH"] / vault.supply, rel=ROUNDING)
    assert held.assumptions == ("USD and USDC counted as one token",)


def test_the_depositors_of_the_issue() -> None:
    """30,000 USD and 1 BTC at 30,000 behind 60,000 GLP; 30,000 of them are half of both."""
    vault = lp.GlpVault(
        tokens=(
            lp.GlpToken(token="WBTC", stable=False, min_price=30_000, max_price=30_000, pool=1),
            lp.GlpToken(token="USDC", stable=True, min_price=1, max_price=1, pool=30_000),
        ),
        supply=60_000,
    )
    held = vault.holding(30_000)
    assert vault.price_at_max == 1
    assert (held.value(31_000), held.value(29_000)) == (30_500, 29_500)
    assert held.value(31_000, "BTC") == pytest.approx(0.983870967741935, abs=5e-16)
    assert held.value(29_000, "BTC") == pytest.approx(1.017241379310345, abs=5e-16)


def test_a_mint_in_whole_units_is_the_integers() -> None:
    vault = whole(aum_addition=5.0, aum_deduction=7.0)
    exact = gmx.mint(RAW, "WBTC", 50_000_000, base=25, tax=60)
    done = vault.mint("WBTC", 0.5)
    assert done.fee == exact.fee / 10_000
    assert done.glp == pytest.approx(exact.glp / E18, rel=ROUNDING)
    assert done.after.supply == pytest.approx(exact.after.supply / E18, rel=ROUNDING)
    # What was paid at the middle, less the GLP at the middle of its two prices.
    glp_price = (vault.price_at_max + vault.price_at_min) / 2
    assert done.cost == pytest.approx(0.5 * 66_116.487 - done.glp * glp_price, rel=1e-9)
    assert done.fee_cost == pytest.approx(0.5 * 66_066.487 * 0.0048, rel=ROUNDING)
    assert done.spread_cost > 0.5 * 50 * (1 - 0.0048)  # half the spread of the coin, and GLP's


def test_a_redemption_in_whole_units_is_the_integers() -> None:
    vault = whole(aum_addition=5.0, aum_deduction=7.0)
    exact = gmx.redeem(RAW, "WETH", 10_000 * E18, base=25, tax=60)
    done = vault.redeem("WETH", 10_000)
    assert done.fee == exact.fee / 10_000
    assert done.received == pytest.approx(exact.out / E18, rel=ROUNDING)
    glp_price = (vault.price_at_max + vault.price_at_min) / 2
    assert done.cost == pytest.approx(10_000 * glp_price - done.received * 2_629.529, rel=1e-9)
    assert done.spread_cost > 0
    with pytest.raises(lp.InputError, match="unreserved"):
        vault.redeem("WBTC", 400_000)


def test_a_round_trip_pays_both_fees_and_the_spread() -> None:
    vault = whole()
    trip = vault.round_trip("USDC", 100_000)
    kept = (1 - trip.minted.fee) * (1 - trip.redeemed.fee) * vault.aum_at_min / vault.aum_at_max
    # The mint itself changes AUM and supply by a hundredth: not their ratio, but for the fee that stays outside.
    assert trip.redeemed.received == pytest.approx(100_000 * kept, rel=1e-5)
    plain = dataclasses.replace(RAW, aum_addition=0, aum_deduction=0)
    first = gmx.mint(plain, "USDC", 100_000 * 10**6, base=25, tax=60)
    exact = gmx.redeem(first.after, "USDC", first.glp, base=25, tax=60)
    assert trip.redeemed.received == pytest.approx(exact.out / 10**6, rel=1e-10)  # six decimals of a dollar
    assert trip.lost == 100_000 - trip.redeemed.received
    assert trip.cost_share == trip.lost / 100_000
    flat = tuple(dataclasses.replace(t, min_price=t.max_price) for t in vault.tokens)
    still = whole(tokens=flat).round_trip("USDC", 100_000)
    assert still.minted.spread_cost == pytest.approx(0, abs=1e-6)
    assert still.redeemed.spread_cost == pytest.approx(0, abs=1e-6)
    assert still.lost == pytest.approx(still.minted.fee_cost + still.redeemed.fee_cost, rel=1e-9)


def test_a_token_has_its_name_in_any_case() -> None:
    vault = whole()
    assert vault.of("usdc") is vault.of("USDC")
    assert vault.mint("usdc", 10) == vault.mint("USDC", 10)
    assert vault.redeem("weth", 10).after == vault.redeem("WETH", 10).after
    with pytest.raises(lp.TokenError, match="a token's name"):
        vault.of(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda v: v.holding(v.supply * 1.1), "a share of at most all of it"),
        (lambda v: v.mint("USDC", 1e40), "at most a million times the vault"),
        (lambda v: v.mint("USDC", 1e-20), "an amount of USDC of 1e-18 or more"),
        (lambda v: v.mint("USDC", 1e-18), "an amount that is worth some GLP"),
        (lambda v: v.redeem("USDC", 1e-20), "an amount of GLP of 1e-18 or more"),
        (lambda v: v.redeem("WBTC", 1e-18), "GLP that is worth some WBTC"),
        (lambda v: v.redeem("USDC", v.supply), "less than all GLP to redeem.*leave some"),
        (lambda v: v.redeem("USDC", 2 * v.supply), "less than all GLP to redeem"),
    ],
)
def test_amounts_that_no_vault_takes(ask: Callable[[lp.GlpVault], object], message: str) -> None:
    with pytest.raises(lp.InputError, match=message):
        ask(whole())


def test_a_vault_that_owes_more_than_it_has_has_no_price() -> None:
    broke = whole(aum_deduction=1e9)
    assert broke.aum_at_max == broke.aum_at_min == 0
    for ask in (
        lambda: broke.price_at_max,
        lambda: broke.price_at_min,
        lambda: broke.holding(1),
        lambda: broke.mint("USDC", 1),
        lambda: broke.redeem("USDC", 1),
    ):
        with pytest.raises(lp.DataError, match="an AUM above 0 USD; got more owed than the vault has"):
            ask()
    empty = tuple(dataclasses.replace(t, pool=0, reserved=0, guaranteed=0, short_size=0) for t in whole().tokens)
    for name in ("weights_of_value", "weights_of_aum"):
        with pytest.raises(lp.DataError, match="shares of a sum above 0"):
            getattr(whole(tokens=empty), name)


def test_settings_are_dated_data() -> None:
    fees = lp.GlpFees()
    assert (fees.base, fees.tax, fees.basis_points) == (0.0025, 0.006, {"base": 25, "tax": 60})
    assert fees.redeemable_from(np.datetime64("2024-10-15T12:00")) == np.datetime64("2024-10-15T12:15")
    free = whole(fees=lp.GlpFees(base=0.0, tax=0.0, source="none"))
    assert free.mint("USDC", 100).fee == 0
    for never in ("2024-10-15", np.datetime64("NaT"), None):
        with pytest.raises(lp.InputError, match=r"a time as numpy\.datetime64"):
            fees.redeemable_from(never)  # type: ignore[arg-type]
    for wrong in ({"base": 0.00255}, {"tax": 25}, {"base": -0.001}, {"cooldown": -1.0}):
        with pytest.raises(lp.InputError):
            lp.GlpFees(**wrong)


def test_what_a_vault_cannot_be() -> None:
    vault = whole()
    with pytest.raises(lp.TokenError, match="a token of the vault; got DOGE"):
        vault.mint("DOGE", 1)
    with pytest.raises(lp.InputError, match="supply to be positive"):
        whole(supply=0)
    with pytest.raises(lp.InputError, match="different names"):
        whole(tokens=(vault.of("USDC"), vault.of("USDC")))
    with pytest.raises(lp.InputError, match="aum_deduction of 0 or more"):
        whole(aum_deduction=-1)
    unweighed = whole(tokens=tuple(dataclasses.replace(t, weight=None) for t in vault.tokens))
    assert unweighed.deltas == vault.deltas
    for ask in (lambda: unweighed.mint("USDC", 1), lambda: whole(usdg_supply=None).redeem("USDC", 1)):
        with pytest.raises(lp.InputError, match="the fee depends on them"):
            ask()
    with pytest.raises(lp.InputError, match="target weights"):
        _ = unweighed.target_weights
    weth = vault.of("WETH")
    for wrong, message in (
        ({"reserved": 1_000.0}, "reserved WETH within the pool"),
        ({"pool": -1.0}, "pool of WETH of 0 or more"),
        ({"short_average": 0.0}, "an average entry"),
        ({"min_price": 3_000.0}, "min_price of WETH up to max_price"),
        ({"stable": True}, "a stable token WETH priced from 0.5 to 2"),
        ({"stable": "no"}, "stable of WETH as True or False; got 'no'"),
        ({"pool": "x"}, r"pool of WETH as one finite number.*\[tokens\]"),
        ({"guaranteed": None}, r"guaranteed of WETH as one finite number.*\[quote\]"),
    ):
        with pytest.raises(lp.LPGreeksError, match=message):
            dataclasses.replace(weth, **wrong)
    for wrong in ({"guaranteed": 1.0}, {"short_size": 1.0, "short_average": 1.0}):
        with pytest.raises(lp.DataError, match="a stable token USDC that nobody is long or short of"):
            dataclasses.replace(vault.of("USDC"), **wrong)
    for wrong, message in (
        ({"usdg_supply": np.nan}, "usdg_supply to be finite"),
        ({"usdg_supply": "x"}, "usdg_supply as one finite number"),
        ({"usdg_supply": -1.0}, "usdg_supply of 0 or more"),
        ({"fees": 5}, r"fees as lp\.GlpFees"),
        ({"tokens": (5,)}, r"tokens as a tuple of lp\.GlpToken"),
        ({"tokens": "abc"}, r"tokens as a tuple of lp\.GlpToken"),
        ({"tokens": None}, r"tokens as a tuple of lp\.GlpToken"),
    ):
        with pytest.raises(lp.InputError, match=message):
            whole(**wrong)


# ---- a vault over time


def history(**own: object) -> lp.GlpHistory:
    """Three minutes of two coins and a dollar; the second coin has no shorts, and its average is 0."""
    n = 3
    fields: dict = {
        "times": np.datetime64("2024-10-15") + np.array([0, 60, 180]).astype("timedelta64[s]"),
        "tokens": ("WETH", "WAVAX", "USDC"),
        "stable": [False, False, True],
        "prices": [[2_000.0, 30.0, 1.0], [2_100.0, 30.0, 1.0], [1_900.0, 33.0, 0.999]],
        "pool": np.tile([10.0, 100.0, 50_000.0], (n, 1)),
        "reserved": np.tile([4.0, 0.0, 60.0], (n, 1)),
        "guaranteed": np.tile([9_000.0, 0.0, 0.0], (n, 1)),
        "short_size": np.tile([6_000.0, 0.0, 0.0], (n, 1)),
        "short_average": np.tile([2_000.0, 0.0, 0.0], (n, 1)),
        "supply": np.array([80_000.0, 80_000.0, 40_000.0]),
        "reward_per_second": np.array([0.008, 0.016, 0.1]),
        "reward_token": "WAVAX",
        "source": "by hand",
    }
    return lp.GlpHistory(**(fields | own))


def test_columns_by_hand() -> None:
    rows = history()
    aum = [21_000 + 3_000 + 50_000, 6 * 2_100 + 9_300 + 3_000 + 50_000, 6 * 1_900 + 8_700 + 3_300 + 49_950]
    assert rows.aum == pytest.approx(aum, rel=ROUNDING)
    assert rows.glp_prices == pytest.approx(np.array(aum) / [80_000, 80_000, 40_000], rel=ROUNDING)
    assert rows.deltas == pytest.approx(np.array([[9, 100, 0]] * 3) / [[80_000], [80_000], [40_000]], rel=ROUNDING)
    assert rows.weights_of_value[0] == pytest.approx(np.array([20_000, 3_000, 50_000]) / 73_000)
    assert rows.weights_of_aum[0] == pytest.approx(np.array([21_000, 3_000, 50_000]) / 74_000)
    # Its rate holds from a row to the next: a minute at 0.008, two at 0.016, of which 1 / 80,000 each.
    assert rows.rewards_per_glp == pytest.approx([0, 60e-7, 60e-7 + 120 * 2e-7], rel=ROUNDING)


def test_a_row_is_a_vault() -> None:
    rows = history()
    for k in (0, 1, 2, -1):
        vault = rows.at(k)
        assert vault.aum_at_max == vault.aum_at_min == pytest.approx(rows.aum[k], rel=ROUNDING)
        per_glp = [vault.deltas.get(t, 0) / vault.supply for t in rows.tokens]
        assert rows.deltas[k] == pytest.approx(per_glp, rel=ROUNDING)
        assert list(vault.weights_of_value.values()) == pytest.approx(rows.weights_of_value[k], rel=ROUNDING)
        assert vault.holding(7).value({"WETH/USD": rows.prices[k, 0], "WAVAX/USD": rows.prices[k, 1]}) == pytest.approx(
            7 * rows.glp_prices[k], rel=ROUNDING
        )
    assert rows.at(0, fees=lp.GlpFees(base=0.001)).fees.base == 0.001


def test_rows_stay_as_they_are() -> None:
    rows = pickle.loads(pickle.dumps(history()))
    for name in ("prices", "aum", "deltas", "times", "supply"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(rows, name)[0] = getattr(rows, name)[0]
    later = rows.between("2024-10-15 00:01")
    assert (len(rows), len(later), len(later.tokens)) == (3, 2, 3)
    assert later.aum.tolist() == rows.aum[1:].tolist()
    assert later.stable.tolist() == [False, False, True]
    assert repr(later) == "<GlpHistory: 2 rows from 2024-10-15 00:01 to 2024-10-15 00:03 UTC: by hand>"
    with pytest.raises(lp.DataError, match="rows from 2025-01-01"):
        rows.between("2025-01-01")
    with pytest.raises(lp.InputError, match="a time, UTC"):
        rows.between("noon")


def test_an_aum_at_the_other_side_of_the_feed() -> None:
    """Coins of exposure may be 2 % off, stable tokens a thousandth: by hand 0.02 x (9 x 2,000 + 100 x 30) + 50."""
    aum = history().aum
    allowed = 0.02 * np.array([21_000, 9 * 2_100 + 3_000, 9 * 1_900 + 3_300]) + 0.001 * np.array([5e4, 5e4, 49_950])
    rows = history(stated_aum=aum + 0.999 * allowed)
    assert rows.distance == pytest.approx(0.999 * allowed / rows.stated_aum, rel=1e-9)
    assert history(stated_aum=aum - 0.999 * allowed).distance.max() > 0
    for sign in (1, -1):
        beyond = aum.copy()
        beyond[1] += sign * 1.001 * allowed[1]
        with pytest.raises(lp.DataError, match=r"but for the other side .* at 2024-10-15T00:01.* 1 such rows"):
            history(stated_aum=beyond)
    with pytest.raises(lp.DataError, match="a stated AUM; got none"):
        _ = history().distance


@pytest.mark.parametrize("k", [3, -4, 5_000, "a", 1.5, True, None])
def test_rows_that_are_not_there(k: object) -> None:
    with pytest.raises(lp.InputError, match="row as a whole number, at least -3 and at most 2"):
        history().at(k)  # type: ignore[arg-type]


def test_an_index_has_coins() -> None:
    n = 3
    only = {k: getattr(history(), k)[:, 2:] for k in ("prices", "pool", "reserved", "guaranteed", "short_size")}
    dollars = history(
        tokens=("USDC",), stable=[True], **only, short_average=np.zeros((n, 1)), reward_per_second=None, reward_token=""
    )
    with pytest.raises(lp.InputError, match="a vault with a coin; got stable tokens only: USDC"):
        dollars.index()
    for wrong in (None, "abc", (5,), ()):
        with pytest.raises(lp.InputError, match="coin"):
            dataclasses.replace(history().index(), coins=wrong)
    with pytest.raises(lp.InputError, match="coin_prices of shape"):
        dataclasses.replace(history().index(), coin_prices=None)


def changed(name: str, k: int, i: int, value: float) -> dict[str, object]:
    column = getattr(history(), name).copy()
    column[k, i] = value
    return {name: column}


@pytest.mark.parametrize(
    ("name", "k", "i", "value", "message"),
    [
        ("prices", 1, 0, 0.0, "prices in USD above 0"),
        ("prices", 1, 0, np.nan, "prices in every row"),
        ("reserved", 2, 0, 10.5, "reserves within their pools; got 1 rows .* slack="),
        ("pool", 2, 1, -1.0, "pools, reserves and sizes of 0 or more"),
        ("guaranteed", 0, 1, -0.01, "pools, reserves and sizes of 0 or more"),
        ("short_average", 0, 0, 0.0, "average entries of open shorts above 0"),
    ],
)
def test_cells_that_no_vault_can_have(name: str, k: int, i: int, value: float, message: str) -> None:
    with pytest.raises(lp.DataError, match=message):
        history(**changed(name, k, i, value))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"times": np.array(["2024-10-15", "2024-10-14", "2024-10-16"], dtype="datetime64[s]")}, "in order, each once"),
        ({"supply": np.array([1.0, 0.0, 1.0])}, "supply of GLP above 0 in every row; got 1 rows"),
        ({"stated_aum": np.array([74_000.0, 74_900.0, 90_000.0])}, "make up the stated AUM, .* state the scale"),
        ({"prices": np.ones((3, 2))}, "prices of shape"),
        ({"tokens": ("WETH", "WETH", "USDC")}, "different names"),
        ({"stable": [True]}, "stable of shape"),
        ({"stable": ["no", "no", "yes"]}, "stable of shape .* True or False"),
        ({"stable": [True, False, True]}, "a stable token WETH priced from 0.5 to 2; got 1900 to 2100"),
        ({"guaranteed": np.ones((3, 3))}, "a stable token USDC that nobody is long or short of"),
        (
            {"supply": np.full(3, 80_000e18)},
            "a price of GLP between 0.0001 and 10,000 in every row; got 9.25e-19 at 2024",
        ),
        ({"slack": -1.0}, "a slack of 0 or more; got -1.0"),
        ({"tokens": (5, "WAVAX", "USDC")}, "token as a token's name"),
        ({"tokens": "abc"}, "tokens as a tuple of names"),
        ({"tokens": None}, "tokens as a tuple of names"),
        ({"prices": None}, "prices of shape"),
        ({"supply": None}, "supply of shape"),
        ({"times": ["x", "y", "z"]}, "times of the vault that can be read"),
        ({"times": None}, "1 or more times of the vault"),
        ({"reward_token": ""}, "reward_token"),
    ],
)
def test_rows_that_no_vault_can_have(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(lp.LPGreeksError, match=message):
        history(**wrong)


def test_slack_is_stated_and_measured() -> None:
    wrong = changed("reserved", 2, 0, 10.5)
    rows = history(**wrong, slack=0.02)
    assert rows.contradictions == pytest.approx([0, 0, 0.5 * 1_900 / rows.aum[2]], rel=ROUNDING)
    assert rows.at(1).deltas["WETH"] == 9
    with pytest.raises(lp.DataError, match="reserved WETH within the pool"):
        rows.at(2)
    with pytest.raises(lp.InputError, match="a rate of rewards"):
        _ = history(reward_per_second=None).rewards_per_glp
