"""What a position's loss costs: published premiums and Greeks, quadratures and closed forms of their own."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

import lpgreeks as lp
from lpgreeks.formulas import PRICE, symbol
from tests.tolerances import PRINTED_10, ROUNDING

TOKENS = {"base": "ETH", "quote": "USDC"}

FULL = lp.UniswapV2.from_value(1.0, price=1.0, **TOKENS)


def centred(wide: float) -> lp.Instrument:
    """Worth 1 at 1, from 1/wide to wide; a full range for infinity."""
    return FULL if wide == math.inf else lp.UniswapV3.from_value(1.0, price=1.0, lower=1 / wide, upper=wide, **TOKENS)


def million() -> lp.UniswapV3:
    return lp.UniswapV3.from_value(1e6, price=2_200, lower=2_000, upper=2_400, **TOKENS)


# ---- published premiums: range, days, at volatilities of 0.4, 0.6, 0.8

PREMIUMS = [
    (1.1, 7, 0.008030452944, 0.01653423959, 0.02622801506),
    (1.1, 14, 0.01496493638, 0.02868102895, 0.04342600748),
    (1.1, 30, 0.02764368898, 0.04933663045, 0.07177859477),
    (1.2, 7, 0.004400801354, 0.00983720944, 0.01704666672),
    (1.2, 14, 0.008763939038, 0.01900170958, 0.03151085027),
    (1.2, 30, 0.01816951192, 0.0367907038, 0.05765073228),
    (math.inf, 7, 0.0003834880935, 0.0008626414094, 0.001533070221),
    (math.inf, 14, 0.0007668291238, 0.001724538669, 0.003063790137),
    (math.inf, 30, 0.001642485259, 0.00369179863, 0.006553772205),
]


@pytest.mark.parametrize(("wide", "days", "calm", "usual", "wild"), PREMIUMS)
def test_published_premiums(wide: float, days: int, calm: float, usual: float, wild: float) -> None:
    pool = centred(wide)
    claim = lp.LossClaim(of=pool, start=1.0)
    for volatility, premium in ((0.4, calm), (0.6, usual), (0.8, wild)):
        over = {"volatility": volatility, "years": days / 365}
        assert claim.marked(**over).value(1.0) == pytest.approx(premium, rel=PRINTED_10)
        assert lp.expected_lvr(pool, price=1.0, **over) == pytest.approx(premium, rel=PRINTED_10)
        assert lp.break_even_fee_rate(pool, price=1.0, **over) == pytest.approx(premium * 365 / days, rel=PRINTED_10)
        found = lp.il_implied_volatility(premium, pool, start=1.0, years=days / 365)
        assert found == pytest.approx(volatility, rel=PRINTED_10)


@pytest.mark.parametrize(("volatility", "premium"), [(0.4, 0.011520491276836), (0.6, 0.022652626048508)])
def test_published_premiums_of_a_range_in_dollars(volatility: float, premium: float) -> None:
    claim = lp.LossClaim(of=million(), start=2_200).marked(volatility=volatility, years=10 / 365)
    assert claim.value(2_200) / 1e6 == pytest.approx(premium, rel=1e-12)


@pytest.mark.parametrize(("volatility", "loss"), [(0.5, 16890.855), (0.8, 34841.495)])
def test_premiums_of_a_range_that_a_peer_computed(volatility: float, loss: float) -> None:
    premium = lp.LossClaim(of=million(), start=2_200).marked(volatility=volatility, years=10 / 365).value(2_200)
    assert premium == pytest.approx(loss, abs=5e-4)
    assert premium == pytest.approx(integrated(volatility * math.sqrt(10 / 365)), rel=1e-11)


def integrated(width: float) -> float:
    """The mean loss of a million in 2,000 to 2,400 from 2,200, from the contract's amounts and a normal density."""
    low, start, high = (math.sqrt(p) for p in (2_000, 2_200, 2_400))
    liquidity = 1e6 / (2 * start - low - start**2 / high)

    def amounts(root: float) -> tuple[float, float]:
        inside = min(max(root, low), high)
        return liquidity * (1 / inside - 1 / high), liquidity * (inside - low)

    held = amounts(start)

    def weighed(z: float) -> float:
        price = 2_200 * math.exp(width * z - width**2 / 2)
        now = amounts(math.sqrt(price))
        loss = (held[0] - now[0]) * price + held[1] - now[1]
        return loss * math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)

    ends = [(math.log(p / 2_200) + width**2 / 2) / width for p in (2_000, 2_400)]
    edges = [-12.0, *ends, 12.0]
    return math.fsum(quad(weighed, a, b, epsabs=0, epsrel=1e-13)[0] for a, b in pairwise(edges))


# ---- published Greeks


def test_published_greeks_of_a_range() -> None:
    over = {"volatility": 0.6, "years": 14 / 365}
    pool = centred(1.1)
    greeks = pool.marked(**over).greeks(1.0)
    assert greeks.value == pytest.approx(0.97131897105401, abs=5e-15)
    assert greeks.delta == pytest.approx(0.485659485527, abs=5e-13)
    assert greeks.gamma == pytest.approx(-3.12481207582, abs=5e-12)
    assert greeks.vega == pytest.approx(-0.0719134833887, abs=5e-14)
    assert -greeks.theta == pytest.approx(-0.562466173648, abs=5e-13)  # the oracle's is by time to the end
    claim = lp.LossClaim(of=pool, start=1.0).marked(**over).greeks(1.0)
    assert claim.gamma == pytest.approx(3.12481207582, abs=5e-12)
    assert claim.vega == pytest.approx(0.0719134833887, abs=5e-14)


def test_published_greeks_with_a_rate_and_fees() -> None:
    """Bardoscia and Nodari discount at 3 % and pay 10 % a year in fees at the end, half a year after the start."""
    rate, left, price = 0.03, 0.25, 1_000.0
    pool = lp.UniswapV2.from_value(1e4, price=price, **TOKENS)
    forward, discount = price * math.exp(rate * left), math.exp(-rate * left)
    fees = discount * 0.1 * 0.5 * 1e4
    greeks = pool.marked(volatility=0.7, years=left).greeks(forward)
    assert discount * greeks.value + fees == pytest.approx(10307.4444319, abs=5e-8)
    assert greeks.delta == pytest.approx(4.90559020224, abs=5e-12)
    assert greeks.gamma / discount == pytest.approx(-0.00245279510112, abs=5e-15)
    assert discount * greeks.vega == pytest.approx(-429.239142696, abs=5e-10)
    assert discount * greeks.rho - left * fees == pytest.approx(-1350.46355741, abs=5e-9)
    theta = discount * (greeks.theta + rate * (greeks.value - forward * greeks.delta)) + rate * fees
    assert theta == pytest.approx(762.990426665, abs=5e-10)


def test_published_impermanent_gain() -> None:
    rate, left, price = 0.03, 7 / 365, 1_000.0
    pool = lp.UniswapV2.from_value(1e4, price=price, **TOKENS)
    claim = lp.LossClaim(of=pool, start=price)
    forward, discount = price * math.exp(rate * left), math.exp(-rate * left)
    greeks = claim.marked(volatility=0.7, years=left).greeks(forward)
    # Printed as 11.7367158939: the closed form, at any precision, confirms nine digits of it.
    closed = 1e4 * ((1 + discount) / 2 - math.exp(-(rate / 2 + 0.7**2 / 8) * left))
    assert discount * greeks.value == pytest.approx(closed, rel=PRINTED_10)
    assert discount * greeks.value == pytest.approx(11.7367159, abs=5e-8)
    assert greeks.gamma / discount == pytest.approx(0.00249634684979, abs=5e-15)
    assert discount * greeks.vega / 100 == pytest.approx(0.335126015451, abs=5e-13)
    assert greeks.delta + pool.marked(volatility=0.7, years=left).delta(forward) == pytest.approx(5.0, rel=ROUNDING)


# ---- the claim


@pytest.mark.parametrize("claim", lp.LossClaim.samples(), ids=lambda c: c.name)
def test_position_and_claim_are_what_was_held(claim: lp.LossClaim) -> None:
    prices = np.geomspace(500, 8_000, 60)
    coins, dollars = claim.of.base_amount(claim.start), claim.of.quote_amount(claim.start)
    both = claim.of + claim
    assert both.base_amount(prices) == pytest.approx(np.full(60, coins), abs=1e-14)
    assert both.quote_amount(prices) == pytest.approx(np.full(60, dollars), abs=1e-11)
    assert both.value(prices) == pytest.approx(coins * prices + dollars, rel=ROUNDING)
    over = {"volatility": 0.8, "years": 0.1}
    ours, theirs = (part.marked(**over).greeks(prices).to_dict() for part in (claim.of, claim))
    held = {"value": coins * prices + dollars, "delta": np.full(60, coins), "delta_net": -dollars / prices}
    held["rho"] = -0.1 * np.full(60, dollars)
    for name, figure in ours.items():
        size = np.abs(figure).max() + np.abs(held["value"]).max() * (np.abs(figure) / ours["value"]).max()
        assert figure + theirs[name] == pytest.approx(held.get(name, np.zeros(60)), abs=ROUNDING * size)


@pytest.mark.parametrize("claim", lp.LossClaim.samples(), ids=lambda c: c.name)
def test_a_claim_never_costs_the_holder(claim: lp.LossClaim) -> None:
    prices = np.geomspace(1, 1e6, 2_001)
    held = claim.of.base_amount(claim.start) * prices + claim.of.quote_amount(claim.start)
    assert (claim.value(prices) >= -ROUNDING * held).all()
    assert claim.value(prices) == pytest.approx(
        -lp.Excess("USDC")(claim.of, {"ETH/USDC": claim.start})["ETH/USDC"](prices),
        rel=ROUNDING,
        abs=ROUNDING * held.max(),
    )
    assert (claim.gamma(prices) >= 0).all()
    assert (claim.value(claim.start), claim.delta(claim.start)) == (
        pytest.approx(0, abs=1e-11),
        pytest.approx(0, abs=1e-14),
    )


def test_the_claim_hedges_everything_in_every_measure(pool: lp.UniswapV3, week: lp.Lognormal) -> None:
    claim = lp.LossClaim(of=pool, start=1_900)
    plan = lp.hedge(pool, [claim], week, objective=lp.Variance(lp.Excess("USDC")))
    assert plan.quantities[0] == pytest.approx(1.0, rel=1e-9)
    assert plan.best.risk < 1e-6 * plan.risk_unhedged
    for measure in (lp.Amount("ETH"), lp.Amount("USDC")):
        plan = lp.hedge(pool, [claim], week, objective=lp.Variance(measure))
        assert plan.quantities[0] == pytest.approx(1.0, rel=1e-9)


def test_the_naive_hedge_has_no_use_for_a_claim(
    pool: lp.UniswapV3, linear: lp.LinearPerp, week: lp.Lognormal, usdc: lp.Variance
) -> None:
    """A claim starts flat: the rounding of its delta is no slope to match the pool's coins with."""
    plan = lp.hedge(pool, [lp.LossClaim(of=pool, start=1_900), linear], week, objective=usdc)
    assert plan.quantities == pytest.approx([1.0, -pool.base_amount(1_900)], rel=1e-9)
    assert plan.naive is not None
    assert plan.naive.quantities == pytest.approx([0.0, -pool.base_amount(1_900)], rel=ROUNDING)


def test_a_claim_holds_no_tokens(pool: lp.UniswapV3) -> None:
    """What it will pay counts in full, from whatever price holding is measured."""
    claim, prices = lp.LossClaim(of=pool, start=1_900), np.array([1_600.0, 1_900.0, 2_200.0])
    excess = lp.Excess("USDC")(claim, {"ETH/USDC": 2_000.0})["ETH/USDC"]
    assert excess(prices) == pytest.approx(claim.value(prices), rel=ROUNDING, abs=1e-9)


ENDS = {symbol("p_a"), symbol("p_b")}


@pytest.mark.parametrize("claim", lp.LossClaim.samples(), ids=lambda c: c.name)
def test_the_premium_on_symbols_is_the_premium(claim: lp.LossClaim) -> None:
    marked = claim.marked(volatility=0.65, years=0.25)
    numbers = {symbol("L"): 10, symbol("p_a"): 1_700, symbol("p_b"): 2_100, symbol("P_0"): sp.Integer(int(claim.start))}
    numbers |= {symbol(r"\sigma"): sp.Rational(65, 100), symbol(r"\tau"): sp.Rational(1, 4), PRICE: 1_850}
    symbolic = marked.symbolic()
    assert symbolic.gamma.free_symbols == set(numbers) - {symbol("P_0")} - (set() if claim.of.worth().kinks else ENDS)
    greeks = marked.greeks(1_850)
    held = claim.of.value(claim.start)
    assert float(symbolic.value.subs(numbers).evalf(30)) == pytest.approx(greeks.value, abs=ROUNDING * held)
    assert float(symbolic.delta.subs(numbers).evalf(30)) == pytest.approx(greeks.delta, abs=ROUNDING * held)
    assert float(symbolic.gamma.subs(numbers).evalf(30)) == pytest.approx(greeks.gamma, abs=ROUNDING * held)


def test_what_cannot_be_lost_is_not_insured(pool: lp.UniswapV3, linear: lp.LinearPerp) -> None:
    for wrong in (linear, pool.marked(volatility=0.6, years=0.1), 2 * pool, "pool"):
        with pytest.raises(lp.InputError, match="a position in tokens that could be held instead"):
            lp.LossClaim(of=wrong, start=1_900)
    with pytest.raises(lp.InputError, match=r"start.*USDC per ETH"):
        lp.LossClaim(of=pool, start=-1)


def test_a_claim_reads_the_market_of_its_position(pool: lp.UniswapV3) -> None:
    there = replace(pool, market="ETH/USDC:pool")
    claim = lp.LossClaim(of=there, start=1_900)
    assert (claim.base, claim.quote, claim.markets) == ("ETH", "USDC", ("ETH/USDC:pool",))
    assert claim.name == "impermanent-loss claim on Uniswap v3 position ETH/USDC:pool from 1,900"


# ---- loss versus rebalancing


def test_lvr_rate_of_a_full_range_and_of_a_range() -> None:
    prices = np.array([[0.5, 1.0], [2.0, 5.0]])
    assert lp.lvr_rate(FULL, prices, volatility=0.6) == pytest.approx(0.6**2 / 8 * FULL.value(prices), rel=ROUNDING)
    for wide, multiple in ((1.1, 21.48808848), (2.0, 3.414213562)):
        assert lp.lvr_rate(centred(wide), 1.0, volatility=0.6) == pytest.approx(0.6**2 / 8 * multiple, rel=PRINTED_10)
    pool = million()
    inside = pool.liquidity * 0.6**2 * np.sqrt(np.array([2_001.0, 2_200.0, 2_400.0])) / 4
    found = lp.lvr_rate(pool, [1_000, 2_000, 2_001, 2_200, 2_400, 2_401, np.nan], volatility=0.6)
    assert found[2:5] == pytest.approx(inside, rel=ROUNDING)
    assert found[[0, 1, 5]].tolist() == [0, 0, 0]
    assert np.isnan(found[6])
    assert lp.lvr_rate(lp.LossClaim(of=pool, start=2_200), 2_100.0, volatility=0.6) < 0


@pytest.mark.parametrize("start", [1_900.0, 2_200.0, 2_390.0, 2_600.0])
def test_expected_loss_is_the_rate_added_up(start: float) -> None:
    """E[-IL] = E[LVR]: the rate, weighed by the price's density at each time, by quadrature over both."""
    pool, volatility, years = million(), 0.6, 10 / 365

    def rate_at(root_time: float) -> float:
        width = volatility * root_time
        ends = [(math.log(p / start) + width**2 / 2) / width for p in (2_000, 2_400)]
        a, b = (min(max(z, -12.0), 12.0) for z in ends)

        points, weights = np.polynomial.legendre.leggauss(80)
        z = (b - a) / 2 * points + (a + b) / 2
        inside = np.clip(start * np.exp(width * z - width**2 / 2), 2_000 * (1 + 1e-12), 2_400)
        rates = lp.lvr_rate(pool, inside, volatility=volatility) * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
        return float((b - a) / 2 * weights @ rates)

    points, weights = np.polynomial.legendre.leggauss(60)
    roots = math.sqrt(years) / 2 * (points + 1)
    total = math.sqrt(years) / 2 * weights @ [2 * r * rate_at(r) for r in roots]
    expected = lp.expected_lvr(pool, price=start, volatility=volatility, years=years)
    assert expected == pytest.approx(total, rel=1e-8)
    assert expected == pytest.approx(
        lp.LossClaim(of=pool, start=start).marked(volatility=volatility, years=years).value(start), rel=1e-9
    )


def test_several_ranges_lose_what_each_loses() -> None:
    ranges = [lp.UniswapV3(liquidity=5.0, lower=a, upper=b, **TOKENS) for a, b in ((1_500, 2_000), (1_900, 2_600))]
    both, prices = 2 * ranges[0] + ranges[1], np.array([1_800.0, 1_950.0, 2_300.0])
    over = {"volatility": 0.7, "years": 0.05}
    apart = [lp.expected_lvr(r, price=prices, **over) for r in ranges]
    assert lp.expected_lvr(both, price=prices, **over) == pytest.approx(2 * apart[0] + apart[1], rel=1e-11)
    rates = [lp.lvr_rate(r, prices, volatility=0.7) for r in ranges]
    assert lp.lvr_rate(both, prices, volatility=0.7) == pytest.approx(2 * rates[0] + rates[1], rel=ROUNDING)


def test_break_even_rate_of_a_full_range() -> None:
    for volatility, years in ((0.4, 7 / 365), (0.9, 0.5)):
        closed = -math.expm1(-(volatility**2) * years / 8) / years
        found = lp.break_even_fee_rate(FULL, price=1.7, volatility=volatility, years=years)
        assert found == pytest.approx(closed, rel=1e-11)


def test_percent_for_decimals_is_refused(pool: lp.UniswapV3) -> None:
    with pytest.raises(lp.InputError, match="Volatility is a decimal per year"):
        lp.expected_lvr(pool, price=1_900, volatility=65, years=7 / 365)
    with pytest.raises(lp.InputError, match="volatility"):
        lp.lvr_rate(pool, 1_900, volatility=0.0)


# ---- the volatility in a price of the loss


def test_implied_volatility_of_a_full_range_is_a_logarithm() -> None:
    premiums = np.array([[1e-6, 1e-4, 0.01], [0.3, 0.9, 0.999]])
    found = lp.il_implied_volatility(premiums, FULL, start=1.0, years=0.25)
    assert found == pytest.approx(np.sqrt(-8 * np.log1p(-premiums) / 0.25), rel=1e-9)


@given(
    st.floats(0.05, 3.0),
    st.floats(0.8, 1.25),
    st.sampled_from([1.02, 1.1, 1.5, 4.0]),
    st.sampled_from([1 / 365, 30 / 365, 1.0]),
)
def test_implied_volatility_goes_round(volatility: float, start: float, wide: float, years: float) -> None:
    pool = centred(wide)
    premium = lp.LossClaim(of=pool, start=start).marked(volatility=volatility, years=years).value(start)
    if not 1e-6 < premium / pool.value(start) < 1 - 1e-6:
        return  # the premium's own digits are gone
    assert lp.il_implied_volatility(premium, pool, start=start, years=years) == pytest.approx(volatility, rel=1e-8)


def test_dearer_is_wilder_and_nan_passes() -> None:
    premiums = np.append(np.geomspace(1e-3, 9.99e5, 400), np.nan)
    found = lp.il_implied_volatility(premiums, million(), start=2_200, years=10 / 365)
    assert (np.diff(found[:-1]) > 0).all()
    assert np.isnan(found[-1])
    assert isinstance(lp.il_implied_volatility(1_000.0, million(), start=2_200, years=10 / 365), float)


def test_implied_volatility_settles_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newton's steps, not the bracket's: a dozen for premiums of 0.1 % to 99 % of the position."""
    monkeypatch.setattr("lpgreeks.pricing.liquidity._STEPS", 12)
    pool = million()
    volatilities = np.array([0.1, 0.3, 0.6, 1.2, 5.0])
    premiums = [lp.expected_lvr(pool, price=2_200, volatility=v, years=10 / 365) for v in volatilities]
    found = lp.il_implied_volatility(premiums, pool, start=2_200, years=10 / 365)
    assert found == pytest.approx(volatilities, rel=1e-10)


@pytest.mark.parametrize("premium", [0.0, -5.0, 1e6, np.inf])
def test_premiums_that_no_volatility_explains(premium: float) -> None:
    with pytest.raises(lp.InputError, match=r"premiums between 0 and 1,?000,?000, what the position is worth"):
        lp.il_implied_volatility([100.0, premium], million(), start=2_200, years=10 / 365)


def test_holding_has_no_implied_volatility() -> None:
    with pytest.raises(lp.InputError, match="a position that loses against holding"):
        lp.il_implied_volatility(1.0, lp.Spot(**TOKENS), start=2_200, years=0.1)


# ---- arbitrage in blocks

SECONDS = 365 * 24 * 3600
DAILY = 0.05 * math.sqrt(365)

# Seconds between blocks; percent of blocks with a trade at 1, 5, 10, 30, 100 basis points.
TRADES = [
    (600, 96.7, 85.5, 74.7, 49.6, 22.8),
    (120, 92.9, 72.5, 56.9, 30.5, 11.6),
    (12, 80.7, 45.6, 29.5, 12.3, 4.0),
    (2, 63.0, 25.4, 14.5, 5.4, 1.7),
    (0.05, 21.2, 5.1, 2.6, 0.9, 0.3),
]


@pytest.mark.parametrize("row", TRADES, ids=lambda row: f"{row[0]:g}s")
def test_published_chances_of_a_trade(row: tuple[float, ...]) -> None:
    fees = np.array([1, 5, 10, 30, 100]) * 1e-4
    share = lp.arbitrage_share(volatility=DAILY, fee=fees, blocks_per_year=SECONDS / row[0])
    assert 100 * share == pytest.approx(np.array(row[1:]), abs=0.15)


ARBITRAGE = [
    (12, 0.003, 3.816697e-5, 2.743332e-4),
    (12, 0.0005, 1.420810e-4, 1.704190e-4),
    (2, 0.0005, 7.934688e-5, 2.331531e-4),
    (600, 0.003, 1.550711e-4, 1.574298e-4),
]


@pytest.mark.parametrize(("seconds", "fee", "profit", "fees"), ARBITRAGE)
def test_published_profits_and_fees_of_arbitrage(seconds: float, fee: float, profit: float, fees: float) -> None:
    """Per day and value of a full range, exact in the paper: ours is their first order in the fee."""
    lost = lp.lvr_rate(FULL, 1.0, volatility=DAILY) / 365
    share = lp.arbitrage_share(volatility=DAILY, fee=fee, blocks_per_year=SECONDS / seconds)
    assert isinstance(share, float)
    assert share * lost == pytest.approx(profit, rel=fee)
    assert (1 - share) * lost == pytest.approx(fees, rel=fee)


def test_fees_of_nothing_are_refused() -> None:
    with pytest.raises(lp.InputError, match="fees to be positive"):
        lp.arbitrage_share(volatility=0.9, fee=0.0, blocks_per_year=1e6)
