"""Liquidity Book: prices and fees against exact fractions, bins against options and v3, a book against its integers."""

from __future__ import annotations

import dataclasses
import math
import pickle
import random
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpgreeks as lp
from lpgreeks.onchain import bin_price_q128, composition_fee, fee_inside, fee_on_top
from tests.slow_bins import Pair

CENTRE = 2**23
Q128 = 2**128
# A double, and the integers of a token with six decimals in amounts of some thousands.
INTEGERS = 1e-8

PAIR = {"token_x": "AVAX", "token_y": "USDC", "decimals_x": 18, "decimals_y": 6, "bin_step": 20, "base": "AVAX"}
FEES = {
    "bin_step": 20,
    "base_factor": 8_000,
    "variable_fee_control": 14_460,
    "max_volatility_accumulator": 350_000,
    "filter_period": 30,
    "decay_period": 600,
    "reduction_factor": 5_000,
}


# ---- ids, prices, decimals


@pytest.mark.parametrize("step", [1, 5, 20, 100, 200])
@pytest.mark.parametrize("power", [0, 1, -1, 2, 37, -38, 1_813, -12_719, 20_000, -4_001])
def test_the_price_of_an_id_is_the_power(step, power):
    exact = Fraction(10_000 + step, 10_000) ** power
    size = exact if power <= 0 else 1 / exact
    if size * Q128 < 1:
        with pytest.raises(lp.InputError, match="the contract can hold"):
            bin_price_q128(CENTRE + power, bin_step=step)
        return
    found = Fraction(bin_price_q128(CENTRE + power, bin_step=step), Q128)
    # Each of some forty products loses a last place of the factor below 1.
    assert abs(found / exact - 1) < Fraction(abs(power) + 64, Q128) / size


def test_the_worked_example():
    pair = lp.BinPair(**(PAIR | {"decimals_x": 6}))
    assert pair.id_of_price(37.5) == 8_390_421
    low, high = (float(Fraction(10_020, 10_000) ** (i - CENTRE)) for i in (8_390_421, 8_390_422))
    assert (round(low, 4), round(high, 4)) == (37.4265, 37.5013)
    assert pair.prices_of_ids([8_390_421, 8_390_422]) == pytest.approx([low, high], rel=1e-15)


def test_decimals_scale_prices_and_the_order_of_tokens_turns_them_over():
    by_x, by_y = lp.BinPair(**PAIR), lp.BinPair(**(PAIR | {"base": "USDC"}))
    exact = Fraction(10_020, 10_000) ** (8_375_889 - CENTRE) * 10**12
    assert by_x.price_of_id(8_375_889) == pytest.approx(float(exact), rel=1e-15)
    assert by_y.price_of_id(8_375_889) == pytest.approx(float(1 / exact), rel=1e-15)
    assert (by_x.quote, by_y.quote, by_x.step) == ("USDC", "AVAX", 0.002)
    assert by_x.base_and_quote(1, 2) == (1, 2)
    assert by_y.base_and_quote(1, 2) == (2, 1)
    turned = lp.BinPair(**(PAIR | {"decimals_x": 6, "decimals_y": 18}))
    assert turned.price_of_id(CENTRE) == 1e-12


@given(
    st.integers(-4_000, 4_000), st.sampled_from([1, 10, 25, 100]), st.sampled_from(["AVAX", "USDC"]), st.floats(0, 1)
)
def test_the_active_id_is_the_bin_at_or_below(power, step, base, part):
    pair = lp.BinPair(**(PAIR | {"bin_step": step, "base": base}))
    own = pair.price_of_id(CENTRE + power)
    assert pair.id_of_price(own) == CENTRE + power
    # Anywhere inside the bin, counted in Y per X whichever token is the coin.
    inside = (1 + step / 1e4) ** (1e-6 + (1 - 2e-6) * part)
    assert pair.id_of_price(own * inside if base == "AVAX" else own / inside) == CENTRE + power
    below = 1 - 1e-9
    assert pair.id_of_price(own * below if base == "AVAX" else own / below) == CENTRE + power - 1


# ---- fees in integers


def test_the_worked_fees():
    fees = lp.BinFees(**FEES)
    assert fees.base_fee == 16 * 10**14  # 0.16 %
    exact = Fraction((30_000 * 20) ** 2 * 14_460, 100)
    assert fees.variable_fee(30_000) == exact == 52_056 * 10**9  # 0.0052 %
    assert fees.variable_fee(1) == math.ceil(Fraction(20**2 * 14_460, 100))
    odd = lp.BinFees(bin_step=1, base_factor=0, variable_fee_control=7, max_volatility_accumulator=3)
    assert odd.variable_fee(3) == 1  # 0.63 of a last place, rounded up
    assert fees.rate(lp.BinVolatility(id_reference=CENTRE, accumulator=30_000)) == 0.001652056


@given(st.integers(0, 10**30), st.integers(0, 10**17))
def test_fees_are_rounded_as_the_contract_rounds(amount, rate):
    f = Fraction(rate, 10**18)
    assert fee_inside(amount, rate) == math.ceil(amount * f)
    assert fee_on_top(amount, rate) == math.ceil(amount * f / (1 - f))
    assert composition_fee(amount, rate) == math.floor(amount * f * (1 + f))
    # Paid on top, the fee is what is inside the sum, to the last place.
    assert abs(fee_inside(amount + fee_on_top(amount, rate), rate) - fee_on_top(amount, rate)) <= 1


def test_a_greatest_fee_above_ten_percent_is_refused():
    # 1,000,000 * 20 squared, times c / 100, is 4e12 c: with a base fee of 2 % a c of 20,000 makes 10 % exactly.
    settings = FEES | {"base_factor": 40_000 // 4, "max_volatility_accumulator": 1_000_000}
    base = 10_000 * 20 * 10**10
    c = (10**17 - base) * 100 // (1_000_000 * 20) ** 2
    assert lp.BinFees(**(settings | {"variable_fee_control": c})).total_fee(1_000_000) <= 10**17
    with pytest.raises(lp.InputError, match="at most 10 %"):
        lp.BinFees(**(settings | {"variable_fee_control": c + 1}))


def test_volatility_is_counted_kept_and_forgotten():
    fees = lp.BinFees(**FEES)
    memory = lp.BinVolatility(id_reference=100, time=1_000)
    # Within the filter period the reference stays, whichever bin is active.
    quick = memory.at_start(fees, active_id=103, time=1_029).in_bin(fees, 104)
    assert (quick.id_reference, quick.reference, quick.accumulator, quick.time) == (100, 0, 40_000, 1_029)
    # After it half is kept, counted from the active bin.
    later = quick.at_start(fees, active_id=104, time=1_059).in_bin(fees, 102)
    assert (later.id_reference, later.reference, later.accumulator) == (104, 20_000, 40_000)
    # At the end of the decay period nothing is.
    calm = later.at_start(fees, active_id=102, time=1_659).in_bin(fees, 102)
    assert (calm.id_reference, calm.reference, calm.accumulator) == (102, 0, 0)
    assert later.at_start(fees, active_id=102, time=1_658).reference == 20_000
    # It stops at its greatest.
    assert memory.in_bin(fees, 500).accumulator == 350_000
    with pytest.raises(lp.InputError, match="at least 1000"):
        memory.at_start(fees, active_id=100, time=999)


# ---- one bin


ONE = lp.Bin(base="AVAX", quote="USDC", price=9.2, step=0.002)


def test_a_bin_is_a_covered_call_without_a_premium():
    prices = np.array([1.0, 9.0, 9.2, np.nextafter(9.2, 10), 9.3, 50.0])
    call = lp.Call(base="AVAX", quote="USDC", strike=9.2)
    covered = (lp.Spot(base="AVAX", quote="USDC") - call) / 9.2
    assert ONE.value(prices) == pytest.approx(covered.value(prices), rel=1e-15)
    assert ONE.value(prices) == pytest.approx(np.minimum(prices / 9.2, 1.0), rel=1e-15)
    assert ONE.base_amount(prices) == pytest.approx([1 / 9.2] * 3 + [0.0] * 3, rel=1e-15)
    assert ONE.quote_amount(prices).tolist() == [0.0] * 3 + [1.0] * 3
    assert ONE.gamma(prices).tolist() == [0.0] * 6


@pytest.mark.parametrize("one", lp.Bin.samples(), ids=lambda b: f"{b.price:g}")
def test_a_bin_trades_at_its_price(one):
    base, quote = one.amounts
    assert base.kinks == quote.kinks == (one.price,)
    assert one.price * base.jumps[0] + quote.jumps[0] == pytest.approx(0.0, abs=1e-15)
    assert one.worth().jumps == (0.0,)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1e-8, 1e8))
def test_the_active_bin_has_its_mix_at_its_price_alone(coins, dollars, price):
    held = lp.Bin(base="AVAX", quote="USDC", price=price).mixed(base_amount=coins, quote_amount=dollars)
    below, above = math.nextafter(price, 0), math.nextafter(price, math.inf)
    total = coins * price + dollars
    if not total:
        assert not held.positions
        return
    assert (held.base_amount(price), held.quote_amount(price)) == pytest.approx((coins, dollars), rel=1e-14, abs=1e-300)
    assert (held.base_amount(above), held.quote_amount(above)) == pytest.approx((0.0, total), rel=1e-14, abs=1e-300)
    assert (held.base_amount(below), held.quote_amount(below)) == pytest.approx((total / price, 0.0), rel=1e-14)


# ---- many bins


def test_a_position_is_worth_what_is_put_in():
    weights = {-3: 1.0, -1: 2.0, 0: 4.0, 1: 2.0, 2: 0.0, 5: 1.0}
    held = lp.liquidity_book(
        1_000, base="AVAX", quote="USDC", price=9.2, step=0.002, weights=weights, coins_in_active=0.25
    )
    assert held.value(9.2) == pytest.approx(1_000, rel=1e-14)
    # Two tenths and one above, and a quarter of the four tenths in the active bin.
    assert held.base_amount(9.2) == pytest.approx((300 + 100) / 9.2, rel=1e-14)
    assert held.quote_amount(9.2) == pytest.approx(300 + 300, rel=1e-14)
    # A purchase of the bin one above leaves its coins at 9.2 * 1.002.
    up = 9.2 * 1.002
    sold = held.base_amount(9.201) - held.base_amount(up * (1 + 1e-12))
    assert sold == pytest.approx(200 / 9.2, rel=1e-12)
    paid = held.quote_amount(up * (1 + 1e-12)) - held.quote_amount(9.201)
    assert paid == pytest.approx(sold * up, rel=1e-12)


def test_hundreds_of_bins_are_one_table():
    uniform = lp.liquidity_book(
        1e5, base="AVAX", quote="USDC", price=9.2, step=0.002, weights=dict.fromkeys(range(-150, 151), 1)
    )
    assert uniform.value(9.2) == pytest.approx(1e5, rel=1e-13)
    assert len(uniform.worth().kinks) == 302  # the active bin has two
    above = [p for p in uniform.positions if p.instrument.price > 9.2]
    coins = [p.quantity / p.instrument.price for p in above]
    assert coins == pytest.approx([1e5 / 301 / 9.2] * 150, rel=1e-12)
    prices = np.geomspace(5, 15, 501)
    apart = np.sum([p.value(prices) for p in uniform.positions], axis=0)
    assert uniform.value(prices) == pytest.approx(apart, rel=1e-12)


def folded(n):
    """A position of bins to either side, and the least time that it and one value of it take of several."""
    weights, spent = {k: 1.0 + abs(k) for k in range(-n, n + 1)}, []
    for _ in range(3):
        begun = time.process_time()
        held = lp.liquidity_book(1e5, base="AVAX", quote="USDC", price=9.2, step=5e-4, weights=weights)
        assert held.value(9.2) == pytest.approx(1e5, rel=1e-15)
        spent.append(time.process_time() - begun)
    return held, min(spent)


def test_thousands_of_bins_are_folded_in_the_time_of_n_log_n_without_losing_digits(capsys):
    """2,001 bins took half a minute while each was added on every piece; differences cumulated lose digits."""
    (_, few), (held, many) = folded(250), folded(1_000)
    # Four times the bins: n log n is 5 times the time, n squared 16 times. A fifth of a second on an idle core.
    assert many < min(9 * few, 1.0)
    worst = 0.0
    for price in (5.0, 8.7, 9.2, 9.4, 20.0):
        exact = Fraction(0)
        for p in held.positions:
            own, size = Fraction(p.instrument.price), Fraction(p.quantity)
            exact += size * min(Fraction(price) / own, 1)
        worst = max(worst, abs(float(Fraction(held.value(price)) / exact - 1)))
    assert worst <= 1e-15
    with capsys.disabled():
        print(f"\n2,001 bins in {many:.2f} s, {many / few:.1f} times 501; {worst:.1e} from exact fractions")


def ladder(pool, step, place):
    """Bins of a range's liquidity; ``place`` 0: at the lower end of each stretch, 0.5: in its geometric middle."""
    n = round(math.log(pool.upper / pool.lower) / math.log1p(step))
    edges = pool.lower * (pool.upper / pool.lower) ** (np.arange(n + 1) / n)
    sizes = pool.liquidity * np.diff(np.sqrt(edges))
    prices = edges[:-1] * (edges[1:] / edges[:-1]) ** place
    return lp.Portfolio(
        tuple(
            lp.Position(size, lp.Bin(base="AVAX", quote="USDC", price=price, step=step))
            for size, price in zip(sizes.tolist(), prices.tolist(), strict=True)
        )
    )


@pytest.mark.parametrize(("place", "rate"), [(0.0, 1.0), (0.5, 2.0)])
def test_a_fine_ladder_is_a_range(place, rate):
    pool = lp.UniswapV3(base="AVAX", quote="USDC", liquidity=1_000.0, lower=8.0, upper=10.0)
    prices = np.random.default_rng(1).uniform(7.5, 10.5, 4_001)
    off = []
    for step in (0.008, 0.004, 0.002, 0.001):
        bins = ladder(pool, step, place)
        coins = np.abs(bins.base_amount(prices) - pool.base_amount(prices)).max()
        dollars = np.abs(bins.quote_amount(prices) - pool.quote_amount(prices)).max()
        value = np.abs(bins.value(prices) - pool.value(prices)).max()
        # No more than one bin is out of place, and the coins of all are a half step too many at most.
        one = pool.liquidity * math.sqrt(10.0) * step
        assert coins <= one / 8.0
        assert dollars <= one
        off.append((step, coins, dollars, value))
    steps, *errors = np.log(off).T
    rates = [np.polyfit(steps, error, 1)[0] for error in errors]
    # Amounts are off by a bin, whatever is done; values by its square where bins stand in the middle.
    assert rates == pytest.approx([1.0, 1.0, rate], abs=0.06), rates


# ---- a book


def book(n=7, active=3, *, seed=0, fees=None, **more):
    """Bins about id 2**23 + 50, drawn; token X is the coin and both have six decimals."""
    rng = random.Random(seed)
    first = CENTRE + 50
    pair = lp.BinPair(**(PAIR | {"decimals_x": 6}))
    ids = list(range(first, first + n))
    return lp.BinBook(
        base="AVAX",
        quote="USDC",
        bin_step=20,
        ids=ids,
        prices=pair.prices_of_ids(ids),
        base_reserves=[rng.randrange(10**8, 10**10) / 1e6 if i >= active else 0.0 for i in range(n)],
        quote_reserves=[rng.randrange(10**8, 10**10) / 1e6 if i <= active else 0.0 for i in range(n)],
        active_id=first + active,
        fees=lp.BinFees(**(FEES if fees is None else fees)),
        **more,
    )


def twin(b):
    """The same in integers."""
    names = {
        "base_factor": "base_factor", "control": "variable_fee_control", "filter_period": "filter_period",
        "decay_period": "decay_period", "reduction": "reduction_factor", "protocol": "protocol_share",
        "most": "max_volatility_accumulator",
    }  # fmt: skip
    reserves = zip(b.base_reserves.tolist(), b.quote_reserves.tolist(), strict=True)
    return Pair(
        step=b.bin_step,
        bins={i: [round(x * 1e6), round(y * 1e6)] for i, (x, y) in zip(b.ids.tolist(), reserves, strict=True)},
        active=b.active_id,
        id_reference=b.volatility.id_reference,
        accumulator=b.volatility.accumulator,
        reference=b.volatility.reference,
        time=b.volatility.time,
        **{own: getattr(b.fees, name) for own, name in names.items()},
    )


def same(b, pair):
    raw = np.array([pair.bins[i] for i in b.ids.tolist()]) / 1e6
    assert b.base_reserves == pytest.approx(raw[:, 0], rel=INTEGERS, abs=1e-4)
    assert b.quote_reserves == pytest.approx(raw[:, 1], rel=INTEGERS, abs=1e-4)
    assert b.active_id == pair.active
    memory = b.volatility
    assert (memory.accumulator, memory.reference, memory.id_reference) == (
        pair.accumulator, pair.reference, pair.id_reference,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_a_book_lives_as_the_contract_does(seed):
    """Swaps, adds and removals in a row, against integers: reserves, amounts, fees, memory, after each."""
    rng = random.Random(seed)
    fees = FEES | {"protocol_share": rng.choice([0, 500, 2_500])}
    b = book(15, 7, seed=seed, fees=fees, volatility=lp.BinVolatility(id_reference=CENTRE + 57, time=1_000))
    pair, time, crossed, charged = twin(b), 1_000, 0, 0
    for _ in range(25):
        time += rng.choice([0, 5, 40, 300, 900])
        what = rng.random()
        if what < 0.6:
            side = rng.randrange(2)
            left = b.depth(float(b.prices[-1 if side else 0]))
            amount = round(rng.choice([0.001, 0.05, 0.3]) * (left.quote if side else left.base) * 1e6)
            if amount < 1_000:
                continue
            done = b.swap(amount / 1e6, ("AVAX", "USDC")[side], time=time)
            received, fee = pair.swap(amount, side, time)
            assert (done.received, done.fee) == pytest.approx((received / 1e6, fee / 1e6), rel=1e-6, abs=1e-4)
            crossed += len(done.ids) > 1
            b = done.book
        else:
            k = rng.randrange(len(b))
            x = rng.randrange(1, 10**9) if k >= b.active else 0
            y = rng.randrange(1, 10**9) if k <= b.active else 0
            if k == b.active and rng.random() < 0.5:
                x, y = rng.choice([(x, 0), (0, y)])
            bin_id = int(b.ids[k])
            if not pair.liquidity(bin_id):
                continue
            added = b.add({bin_id: (x / 1e6, y / 1e6)}, time=time)
            shares, (fee_x, fee_y) = pair.mint(bin_id, x, y, time)
            assert added.shares[bin_id] == pytest.approx(shares / pair.supply[bin_id], rel=1e-6)
            assert (added.base_fee, added.quote_fee) == pytest.approx((fee_x / 1e6, fee_y / 1e6), rel=1e-6, abs=2e-6)
            charged += fee_x > 0 or fee_y > 0
            b = added.book
            same(b, pair)
            if rng.random() < 0.5:
                out = b.remove(added.shares)
                x, y = pair.burn(bin_id, shares)
                assert (out.base_amount, out.quote_amount) == pytest.approx((x / 1e6, y / 1e6), rel=1e-6, abs=1e-5)
                b = out.book
        same(b, pair)
    assert crossed or charged


def test_the_worked_composition_fee():
    b = lp.BinBook(
        base="X",
        quote="Y",
        bin_step=20,
        ids=[CENTRE],
        prices=[20.0],
        base_reserves=[50.0],
        quote_reserves=[1_000.0],
        active_id=CENTRE,
        fees=lp.BinFees(bin_step=20, base_factor=8_000),
    )
    added = b.add({CENTRE: (1.0, 0.0)})
    f = Fraction(16, 10_000)
    share = Fraction(20, 2_020)  # of the bin afterwards, before the fee
    back_x, back_y = share * 51, share * 1_000
    assert (round(float(back_x), 5), round(float(back_y), 3)) == (0.50495, 9.901)
    fee = (1 - back_x) * f * (1 + f)
    assert round(float(fee), 6) == 0.000793
    assert (added.base_fee, added.quote_fee) == pytest.approx((float(fee), 0.0), rel=1e-14)
    # The fee is those others' who were there, and what was added is worth the rest.
    assert added.value(20.0) == pytest.approx(float(20 - 20 * fee), rel=1e-14)
    assert added.composition_fee == pytest.approx(float(20 * fee), rel=1e-14)
    mine = (20 - 20 * fee) / 2_020
    held = (added.base_amount(20.0), added.quote_amount(20.0))
    assert held == pytest.approx((float(mine * 51), float(mine * 1_000)), rel=1e-14)
    assert added.shares == {CENTRE: pytest.approx(float(mine), rel=1e-14)}
    # The other way round: quote tokens pay.
    other = b.add({CENTRE: (0.0, 20.0)})
    assert (other.base_fee, other.quote_fee) == pytest.approx((0.0, float(20 * fee)), rel=1e-14)
    # A quarter of it may be the protocol's; what was added is worth the same.
    shared = dataclasses.replace(b, fees=lp.BinFees(bin_step=20, base_factor=8_000, protocol_share=2_500))
    for amounts, x, y in (((1.0, 0.0), fee, 0), ((0.0, 20.0), 0, 20 * fee)):
        taxed = shared.add({CENTRE: amounts})
        left = (50 + amounts[0] - float(x) / 4, 1_000 + amounts[1] - float(y) / 4)
        assert (taxed.book.base_reserves[0], taxed.book.quote_reserves[0]) == pytest.approx(left, rel=1e-14)
        assert taxed.value(20.0) == pytest.approx(float(20 - 20 * fee), rel=1e-14)
    # In the bin's own ratio, or into an empty bin, nothing is exchanged.
    fair = b.add({CENTRE: (1.0, 20.0)})
    assert fair.composition_fee == pytest.approx(0.0, abs=1e-15)
    alone = dataclasses.replace(b, base_reserves=[0.0], quote_reserves=[0.0]).add({CENTRE: (1.0, 0.0)})
    assert (alone.composition_fee, alone.shares[CENTRE]) == (0.0, 1.0)


def test_an_add_and_a_removal_hide_no_cheaper_swap():
    """Coins in, both tokens out: what was exchanged on the way cost at least the fee of a swap."""
    b = book(fees=FEES)
    added = b.add({b.active_id: (10.0, 0.0)})
    out = added.book.remove(added.shares)
    sold = 10.0 - out.base_amount - added.base_fee
    assert added.base_fee / (sold + added.base_fee) >= b.fee
    assert out.quote_amount == pytest.approx(sold * b.price, rel=1e-9)


def test_swaps_conserve_tokens_and_fees_stay():
    b = book(9, 4, fees=FEES | {"protocol_share": 1_000})
    amount = b.depth(float(b.prices[6])).quote
    done = b.swap(amount, "USDC")
    assert len(done.ids) >= 2
    assert done.protocol_fee == pytest.approx(0.1 * done.fee, rel=1e-14)
    grown = done.book.quote_reserves.sum() - b.quote_reserves.sum()
    assert grown == pytest.approx(done.paid - done.protocol_fee, rel=1e-12)
    assert b.base_reserves.sum() - done.book.base_reserves.sum() == pytest.approx(done.received, rel=1e-12)
    # Each bin at its own price has gained its fee and nothing else.
    gained = done.book.liquidity.sum() - b.liquidity.sum()
    assert gained == pytest.approx(done.fee - done.protocol_fee, rel=1e-9)
    # Cut in two, the later part starts where the first has left off.
    first = b.swap(0.3 * amount, "USDC")
    second = first.book.swap(0.7 * amount, "USDC")
    assert first.received + second.received == pytest.approx(done.received, rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("factor", [0, 8_000])
def test_a_whole_side_can_be_swapped_and_no_more(seed, factor):
    """What every bin rounds by found no bin: 1.3e-10 of some hundred thousand."""
    fees = {"bin_step": 20, "base_factor": factor}
    b = book(15, 7, seed=seed, fees=fees)
    rate = b.fee
    for token, price in (("USDC", b.prices[-1]), ("AVAX", b.prices[0])):
        whole = getattr(b.depth(float(price)), "quote" if token == "USDC" else "base") / (1 - rate)
        done = b.swap(whole * (1 + 1e-14), token)
        side = done.book.base_reserves if token == "USDC" else done.book.quote_reserves
        assert side[b.active :].sum() == 0 if token == "USDC" else side[: b.active + 1].sum() == 0
        assert done.book.active_id == done.ids[-1] == (b.ids[-1] if token == "USDC" else b.ids[0])
        with pytest.raises(lp.InputError, match="that the bins can take"):
            b.swap(whole * (1 + 1e-11), token)


def test_depth_is_what_a_swap_without_a_fee_takes():
    flat = {"bin_step": 20, "base_factor": 0}
    b = book(9, 4, fees=flat)
    up = b.depth(float(b.prices[6]))
    done = b.swap(up.quote, "USDC")
    assert done.received == pytest.approx(up.base, rel=1e-12)
    assert done.book.active_id in (b.ids[6], b.ids[7])
    down = b.depth(float(b.prices[2]))
    assert b.swap(down.base, "AVAX").received == pytest.approx(down.quote, rel=1e-12)
    here = b.depth(b.price)
    assert (here.base, here.quote) == pytest.approx((b.base_reserves[4], b.base_reserves[4] * b.price), rel=1e-14)


def test_a_position_is_its_share_of_the_book():
    b = book()
    quarter = b.position(dict.fromkeys(b.ids.tolist(), 0.25))
    assert quarter.base_amount(b.price) == pytest.approx(b.base_reserves.sum() / 4, rel=1e-13)
    assert quarter.quote_amount(b.price) == pytest.approx(b.quote_reserves.sum() / 4, rel=1e-13)
    assert quarter.value(b.price) == pytest.approx(b.value / 4, rel=1e-13)
    # After a swap without a fee it holds a quarter again, by its formula alone, away from the new active bin's mix.
    flat = dataclasses.replace(b, fees=lp.BinFees(bin_step=20, base_factor=0))
    target = float(b.prices[5])
    moved = flat.swap(flat.depth(target).quote * (1 + 1e-12), "USDC").book
    after = float(np.sqrt(b.prices[5] * b.prices[6]))
    assert quarter.quote_amount(after) == pytest.approx(moved.quote_reserves.sum() / 4, rel=1e-9)
    assert quarter.base_amount(after) == pytest.approx(moved.base_reserves.sum() / 4, rel=1e-9)


def test_the_other_token_as_the_coin():
    """The same pair seen from the other side: values, swaps and adds agree."""
    b = book(fees=FEES | {"protocol_share": 300})
    other = lp.BinBook(
        base="USDC",
        quote="AVAX",
        bin_step=20,
        ids=b.ids[::-1],
        prices=1 / b.prices[::-1],
        base_reserves=b.quote_reserves[::-1],
        quote_reserves=b.base_reserves[::-1],
        active_id=b.active_id,
        fees=b.fees,
    )
    assert other.value * b.price == pytest.approx(b.value, rel=1e-13)
    one, two = b.swap(3_000.0, "USDC"), other.swap(3_000.0, "USDC")
    assert (two.received, two.fee, two.ids) == (pytest.approx(one.received), pytest.approx(one.fee), one.ids)
    mine, theirs = b.add({b.active_id: (5.0, 0.0)}), other.add({b.active_id: (0.0, 5.0)})
    assert theirs.quote_fee == pytest.approx(mine.base_fee, rel=1e-12)
    assert theirs.value(other.price) * b.price == pytest.approx(mine.value(b.price), rel=1e-12)


def test_a_deposit_is_a_position_like_any_other():
    b = book()
    added = b.add({int(b.ids[2]): (0.0, 100.0), b.active_id: (5.0, 0.0), int(b.ids[5]): (10.0, 0.0)})
    assert added.value(b.price) + added.composition_fee == pytest.approx(100 + 15 * b.price, abs=2e-3)
    perp = lp.LinearPerp(base="AVAX", quote="USDC", entry=b.price)
    week = lp.Lognormal(price=b.price, volatility=0.65, years=7 / 365)
    value = lp.Variance(lp.Value("USDC"))
    plan = lp.hedge(added, [perp], week, objective=value)
    assert plan.quantities == lp.hedge(added.position, [perp], week, objective=value).quantities
    assert plan.quantities[0] < 0
    assert "composition fees" in repr(added)
    again = pickle.loads(pickle.dumps(added))
    assert again.position == added.position


# ---- bad input


def bins(**changes):
    arguments = {
        "base": "X", "quote": "Y", "bin_step": 20, "ids": [CENTRE - 1, CENTRE, CENTRE + 1],
        "prices": [1 / 1.002, 1.0, 1.002], "base_reserves": [0, 5, 5], "quote_reserves": [5, 5, 0], "active_id": CENTRE,
    }  # fmt: skip
    return lp.BinBook(**(arguments | changes))


WITH_FEES = {"fees": lp.BinFees(bin_step=20, base_factor=8_000)}
CASES = [
    (lambda: bin_price_q128(CENTRE, bin_step=0), lp.InputError, "at least 1"),
    (lambda: bin_price_q128(-1, bin_step=20), lp.InputError, "a bin id"),
    (lambda: bin_price_q128(CENTRE + 2**20, bin_step=20), lp.InputError, "the contract can hold"),
    (lambda: bin_price_q128(CENTRE - 500_000, bin_step=200), lp.InputError, "the contract can hold"),
    (lambda: bin_price_q128(8.4e6, bin_step=20), lp.InputError, "whole number"),
    (lambda: lp.BinPair(**(PAIR | {"base": "ETH"})), lp.TokenError, "one of the pair's tokens"),
    (lambda: lp.BinPair(**(PAIR | {"token_y": "AVAX"})), lp.TokenError, "two different tokens"),
    (lambda: lp.BinPair(**(PAIR | {"decimals_x": -1})), lp.InputError, "decimals_x"),
    (lambda: lp.BinPair(**(PAIR | {"bin_step": 0.002})), lp.InputError, "bin_step as a whole number"),
    (lambda: lp.BinPair(**PAIR).id_of_price(-1.0), lp.InputError, "price to be positive"),
    (lambda: lp.BinPair(**(PAIR | {"bin_step": 1})).id_of_price(1e90), lp.InputError, "bins reach"),
    (lambda: lp.BinFees(**(FEES | {"filter_period": 601})), lp.InputError, "at most 600"),
    (lambda: lp.BinFees(**(FEES | {"protocol_share": 2_501})), lp.InputError, "at most 2500"),
    (lambda: lp.BinFees(**(FEES | {"base_factor": 0.16})), lp.InputError, "whole number"),
    (lambda: lp.Bin(base="X", quote="Y", price=0.0), lp.InputError, "price to be positive"),
    (lambda: lp.Bin(base="X", quote="Y", price=1.0, step=-0.1), lp.InputError, "step to be positive"),
    (lambda: ONE.mixed(base_amount=-1, quote_amount=0), lp.InputError, "amounts of 0 or more"),
    (lambda: spread(weights={}), lp.InputError, "weights by bin"),
    (lambda: spread(weights={0: -1, 1: 2}), lp.InputError, "weights of 0 or more"),
    (lambda: spread(weights={0.5: 1}), lp.InputError, "a bin as a whole number"),
    (lambda: spread(weights={0: 1}, coins_in_active=1.5), lp.InputError, "from 0 to 1"),
    (lambda: bins(quote="X"), lp.TokenError, "two different tokens"),
    (lambda: bins(ids=[CENTRE - 1, CENTRE, CENTRE]), lp.DataError, "each bin once"),
    (lambda: bins(prices=[1.0, 1 / 1.002, 1.002]), lp.DataError, "ascending price"),
    (lambda: bins(prices=[1 / 1.002, 1.0, 1.0021]), lp.DataError, "powers of 1.002 apart"),
    (lambda: bins(prices=[1 / 1.002, 1.0, 1.002 * (1 + 2e-12)]), lp.DataError, "powers of 1.002 apart"),
    (lambda: bins(ids=[CENTRE - 1, CENTRE]), lp.DataError, "two reserves each"),
    (lambda: bins(base_reserves=[1, 5, 5]), lp.DataError, "quote tokens alone below"),
    (lambda: bins(quote_reserves=[5, 5, 1]), lp.DataError, "coins alone above"),
    (lambda: bins(base_reserves=[0, -5, 5]), lp.DataError, "0 or more"),
    (lambda: bins(base_reserves=[0, math.nan, 5]), lp.DataError, "0 or more"),
    (lambda: bins(active_id=CENTRE + 2), lp.DataError, "the active bin among"),
    (lambda: bins(fees=lp.BinFees(bin_step=10, base_factor=1)), lp.InputError, "of the pair's bin step"),
    (lambda: bins().swap(1.0, "Y"), lp.InputError, "base_factor=8_000"),
    (lambda: bins(**WITH_FEES).swap(1.0, "Z"), lp.TokenError, "a token of the pair"),
    (lambda: bins(**WITH_FEES).swap(-1.0, "Y"), lp.InputError, "amount to be positive"),
    (lambda: bins(**WITH_FEES).swap(100.0, "Y"), lp.InputError, "that the bins can take"),
    (lambda: bins(**WITH_FEES).add({CENTRE - 1: (1.0, 0.0)}), lp.InputError, "quote tokens alone below"),
    (lambda: bins(**WITH_FEES).add({CENTRE + 1: (1.0, 1.0)}), lp.InputError, "coins alone above"),
    (lambda: bins(**WITH_FEES).add({CENTRE: (0.0, 0.0)}), lp.InputError, "something in each"),
    (lambda: bins(**WITH_FEES).add({CENTRE + 5: (1.0, 0.0)}), lp.InputError, "a bin of the book"),
    (lambda: bins(**WITH_FEES).add({CENTRE: 1.0}), lp.InputError, "(coins, quote tokens)"),
    (lambda: bins(**WITH_FEES).add({}), lp.InputError, "by bin id"),
    (lambda: bins().remove({CENTRE: 1.1}), lp.InputError, "shares from 0 to 1"),
    (lambda: bins().position({CENTRE: 2}), lp.InputError, "shares from 0 to 1; got 2 of bin 8388608"),
    (lambda: bins().position({CENTRE: -0.1}), lp.InputError, "shares from 0 to 1; got -0.1"),
    (lambda: bins().position({CENTRE: "x"}), lp.InputError, "share of bin 8388608 as one finite number"),
    (lambda: bins().position({"x": 1.0}), lp.InputError, "a bin of the book; got x"),
    (lambda: bins().position(None), lp.InputError, "shares by bin id; got None"),
    (lambda: bins().remove(None), lp.InputError, "shares by bin id; got None"),
    (lambda: bins().remove([CENTRE]), lp.InputError, "shares by bin id; got [8388608]"),
    (lambda: bins(fees=5), lp.InputError, "the terms of a fee; got 5"),
    (lambda: bins(volatility=3), lp.InputError, "remembers of its trades; got 3"),
    (lambda: bins(market=3), lp.MarketError, "a market's name; got 3"),
    (lambda: bins(ids=None), lp.InputError, "bin ids, one after the other; got None"),
    (lambda: bins(ids=CENTRE), lp.InputError, "bin ids, one after the other; got 8388608"),
    (lambda: bins(ids=[2**70]), lp.InputError, "at most 16777215; got 1180591620717411303424"),
    (lambda: spread(weights={400_000: 1}), lp.InputError, "bin 400,000 of 0.002 each from 9"),
    (lambda: spread(weights={-400_000: 1}), lp.InputError, "prices a number can hold; got bin -400,000"),
]  # fmt: skip


def spread(**changes):
    return lp.liquidity_book(1e3, **({"base": "X", "quote": "Y", "price": 9.0, "step": 0.002} | changes))


@pytest.mark.parametrize(("call", "kind", "said"), CASES, ids=[said for _, _, said in CASES])
def test_bad_input_says_what_was_expected(call, kind, said):
    with pytest.raises(kind) as caught:
        call()
    assert said in str(caught.value)
