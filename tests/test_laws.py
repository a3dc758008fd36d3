"""What every instrument obeys, whoever wrote it. A new one is found by its export and tested here unchanged."""

from __future__ import annotations

import copy
import pickle

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

import lpgreeks as lp
from lpgreeks.formulas import PRICE
from lpgreeks.instruments import Bin, Derived, Instrument, UniswapV2, UniswapV3, every_instrument
from lpgreeks.powers import Powers, worth_in_quote
from tests.tolerances import DIFFERENCES, ROUNDING

SAMPLES = [sample for kind in every_instrument() for sample in kind.samples()]
POOLS = [s for s in SAMPLES if isinstance(s, (Bin, UniswapV2, UniswapV3))]


def named(sample: Instrument) -> str:
    numbers = [f"{v:g}" for v in vars(sample).values() if isinstance(v, float)]
    return "-".join([type(sample).__name__, *numbers])


every = pytest.mark.parametrize("sample", SAMPLES, ids=named)
every_pool = pytest.mark.parametrize("sample", POOLS, ids=named)


def scale_of(sample: Instrument) -> float:
    """A price at home in the instrument: between its kinks, or its entry."""
    if isinstance(sample, Derived):
        return scale_of(sample.of)
    kinks = sample.worth().kinks
    if kinks:
        return float(np.sqrt(kinks[0] * kinks[-1]))
    return float(getattr(sample, "entry", 1_900.0))


def prices_of(sample: Instrument) -> np.ndarray:
    """Prices below, at, just beside and above every kink, and across four decades."""
    kinks = np.array(sample.worth().kinks)
    beside = np.concatenate([kinks * (1 - 1e-9), kinks, kinks * (1 + 1e-9)])
    return np.sort(np.concatenate([scale_of(sample) * np.geomspace(0.01, 100, 41), beside]))


def off_kinks(sample: Instrument) -> np.ndarray:
    prices = prices_of(sample)
    near = [np.abs(prices / k - 1) < 3e-5 for k in sample.worth().kinks]
    return prices[~np.any(near, axis=0)] if near else prices


def size_of(sample: Instrument, prices: np.ndarray) -> np.ndarray:
    """The size of the terms that a value is the sum of: what rounding is relative to."""
    if isinstance(sample, lp.Marked):
        # A mean adds up all pieces.
        ends = sample.of.worth()
        return (np.abs(ends.coefficients).max(axis=0) * prices[:, None] ** ends.exponents).sum(axis=1)
    if isinstance(sample, lp.LossClaim):
        held = np.abs(sample.of.base_amount(sample.start)) * prices + np.abs(sample.of.quote_amount(sample.start))
        return size_of(sample.of, prices) + held
    worth = sample.worth()
    pieces = np.searchsorted(worth.kinks, prices, side="left")
    return (np.abs(worth.coefficients[pieces]) * prices[:, None] ** worth.exponents).sum(axis=1) + 1e-300


@every
def test_table_equals_plain_arrays(sample: Instrument) -> None:
    prices = prices_of(sample)
    size = size_of(sample, prices)
    base, quote = sample.formula(prices)
    assert np.abs(sample.amounts.base(prices) - base).max() <= ROUNDING * (size / prices).max()
    assert np.abs(sample.amounts.quote(prices) - quote).max() <= ROUNDING * size.max()


@every
def test_table_equals_symbols(sample: Instrument) -> None:
    symbolic = sample.symbolic()
    fields = {s: value for part in (sample, *_within(sample)) for s, value in _symbols(part).items()}
    prices = prices_of(sample)
    for expression, figure in (
        (symbolic.value, sample.value),
        (symbolic.delta, sample.delta),
        (symbolic.gamma, sample.gamma),
    ):
        numbers = expression.subs({s: sp.Float(v, 30) for s, v in fields.items()})
        figures = sp.lambdify(PRICE, numbers, "mpmath")
        with mp.workdps(30):
            exact = np.array([float(figures(mp.mpf(float(p)))) for p in prices])
        order = {symbolic.value: 0, symbolic.delta: 1, symbolic.gamma: 2}[expression]
        assert np.abs(figure(prices) - exact) == pytest.approx(
            np.zeros_like(prices), abs=ROUNDING * (size_of(sample, prices) / prices**order).max()
        )


def _within(sample: Instrument) -> tuple[Instrument, ...]:
    return (sample.of, *_within(sample.of)) if isinstance(sample, Derived) else ()


def _symbols(sample: Instrument) -> dict:
    return {sp.Symbol(f.metadata["symbol"], positive=True): getattr(sample, f.name) for f in _terms(sample)}


def _terms(sample: Instrument) -> list:
    import dataclasses

    return [f for f in dataclasses.fields(sample) if "symbol" in f.metadata]


@every
def test_value_is_base_at_the_price_plus_quote(sample: Instrument) -> None:
    prices = prices_of(sample)
    expected = worth_in_quote(sample.base_amount(prices), sample.quote_amount(prices), prices)
    assert sample.value(prices) == pytest.approx(expected, rel=ROUNDING, abs=ROUNDING * size_of(sample, prices).max())


@every
def test_value_in_coins_is_value_in_quote_over_the_price(sample: Instrument) -> None:
    if not sample.base:
        pytest.skip("reads no coin")
    prices = prices_of(sample)
    in_coins = sample.value(prices, sample.base) * prices
    assert np.abs(in_coins - sample.value(prices)).max() <= ROUNDING * size_of(sample, prices).max()


@every
def test_delta_and_gamma_are_the_slopes(sample: Instrument) -> None:
    prices = off_kinks(sample)
    step = 1e-5 * prices
    slope = (sample.value(prices + step) - sample.value(prices - step)) / (2 * step)
    bend = (sample.delta(prices + step) - sample.delta(prices - step)) / (2 * step)
    size = size_of(sample, prices) / prices
    assert (np.abs(sample.delta(prices) - slope) <= DIFFERENCES * size).all()
    assert (np.abs(sample.gamma(prices) - bend) <= DIFFERENCES * size / prices).all()


@every
def test_change_is_the_difference_of_two_values(sample: Instrument) -> None:
    start = scale_of(sample)
    prices = prices_of(sample)
    difference = sample.value(prices) - sample.value(start)
    size = size_of(sample, np.append(prices, start)).max()
    assert np.abs(sample.pnl(prices, start=start) - difference).max() <= ROUNDING * size


@every
def test_flipping_the_pair_flips_the_amounts(sample: Instrument) -> None:
    """In the other token's eyes the price is 1/P, base and quote trade places, and V_flipped(1/P) = V(P)/P."""
    prices = prices_of(sample)
    base, quote = sample.amounts
    flipped = worth_in_quote(quote(prices), base(prices), 1 / prices)
    assert np.abs(flipped - sample.value(prices) / prices).max() <= ROUNDING * (size_of(sample, prices) / prices).max()


@every_pool
def test_pools_trade_at_the_price(sample: Instrument) -> None:
    """P base' + quote' = 0: what leaves in one token comes in at the marginal price in the other."""
    prices = off_kinks(sample)
    paid = prices * sample.amounts.base.derivative()(prices) + sample.amounts.quote.derivative()(prices)
    size = prices * np.abs(sample.amounts.base.derivative()(prices))
    assert (np.abs(paid) <= ROUNDING * (size + 1e-300)).all()


@every_pool
def test_pools_lose_against_holding(sample: Instrument) -> None:
    start = scale_of(sample)
    prices = prices_of(sample)
    held = sample.base_amount(start) * prices + sample.quote_amount(start)
    assert (sample.value(prices) <= held + ROUNDING * size_of(sample, prices)).all()


@every_pool
def test_pools_have_delta_equal_to_their_coins(sample: Instrument) -> None:
    prices = prices_of(sample)
    coins = sample.base_amount(prices)
    assert sample.delta(prices) == pytest.approx(
        coins, rel=1e-9, abs=ROUNDING * (size_of(sample, prices) / prices).max()
    )


@every
def test_units_are_homogeneous(sample: Instrument) -> None:
    """Prices in cents instead of dollars: quote amounts scale alike, coins stay."""
    cents = 100.0
    scaled = _in_cents(sample, cents)
    prices = prices_of(sample)
    size = size_of(sample, prices)
    quote = sample.quote_amount(prices)
    assert np.abs(scaled.quote_amount(prices * cents) / cents - quote).max() <= ROUNDING * size.max()
    if isinstance(sample, (lp.InversePerp, lp.InverseFuture)):
        # +1 is one quote unit of notional, so a cent moves a hundredth of the coins.
        assert cents * scaled.base_amount(prices * cents) == pytest.approx(sample.base_amount(prices), rel=1e-12)
    else:
        apart = np.abs(scaled.base_amount(prices * cents) - sample.base_amount(prices))
        assert apart.max() <= ROUNDING * (size / prices).max()


def _in_cents(sample: Instrument, cents: float) -> Instrument:
    import dataclasses

    if isinstance(sample, lp.Cash):
        return 1.0 * cents * sample  # one dollar is a hundred cents
    if isinstance(sample, lp.Bin):
        return cents * dataclasses.replace(sample, price=cents * sample.price)  # as is one dollar of liquidity
    numbers: dict = {"of": _in_cents(sample.of, cents)} if isinstance(sample, Derived) else {}
    for f in _terms(sample):
        numbers[f.name] = getattr(sample, f.name) * cents ** _power_of_quote(f.metadata["unit"])
    return dataclasses.replace(sample, **numbers)


def _power_of_quote(unit: str) -> float:
    """As which power of the quote a number of this unit scales: a liquidity as its root, coins not at all."""
    return 0.5 if unit.startswith("sqrt") else float(unit.startswith("{quote}"))


@every
def test_shapes_are_kept_and_nan_passes(sample: Instrument) -> None:
    price = scale_of(sample)
    for figure in (sample.value, sample.delta, sample.gamma, sample.base_amount, sample.quote_amount):
        assert isinstance(figure(price), float)
        assert figure(np.full((2, 3, 1), price)).shape == (2, 3, 1)
        assert figure(np.empty((0, 4))).shape == (0, 4)
        holed = figure(np.array([price, np.nan, 2 * price, price / 2]))
        assert np.isnan(holed).tolist() == [False, True, False, False]
        assert holed[0] == figure(price)


@every
def test_prices_of_zero_or_less_are_refused(sample: Instrument) -> None:
    for wrong in (0.0, -1.0, [1.0, -2.0], [np.nan, -1.0]):
        with pytest.raises(lp.InputError, match="positive prices"):
            sample.value(wrong)


@every
def test_equality_hash_pickle_and_repr(sample: Instrument) -> None:
    sample.value(scale_of(sample))
    again = pickle.loads(pickle.dumps(sample))
    assert again == sample == copy.deepcopy(sample)
    assert hash(again) == hash(sample)
    assert again.value(scale_of(sample)) == sample.value(scale_of(sample))
    assert eval(repr(sample), {kind.__name__: kind for kind in every_instrument()}) == sample
    with pytest.raises(AttributeError):
        sample.base = "BTC"


@every
def test_latex_prints(sample: Instrument) -> None:
    latex = sample.symbolic().latex()
    assert set(latex) == {"base", "quote", "value", "delta", "gamma"}
    assert all(text and "Piecewise" not in text for text in latex.values())


@every
def test_words_for_people(sample: Instrument) -> None:
    assert sample.label
    assert sample.label.split()[-1] in sample.name or sample.label in ("before its end", "cash")
    assert "{" not in sample.unit_text


@every
def test_portfolio_algebra(sample: Instrument) -> None:
    price = scale_of(sample)
    value = sample.value(price)
    rounding = ROUNDING * size_of(sample, np.array([price]))[0]
    assert (sample + sample) == 2.0 * sample
    assert (sample - sample).value(price) == 0.0
    assert (-sample).value(price) == -value
    assert sum([sample, sample, sample]).value(price) == pytest.approx(3 * value, abs=3 * rounding)
    assert (np.float64(2.5) * sample).value(price) == pytest.approx(2.5 * value, abs=3 * rounding)


def test_folding_many_legs_equals_adding_their_values() -> None:
    rng = np.random.default_rng(3)
    ends = np.sort(rng.uniform(500, 5_000, (100, 2)), axis=1)
    legs = [
        q * lp.UniswapV3(base="ETH", quote="USDC", liquidity=10, lower=a, upper=b)
        for q, (a, b) in zip(rng.normal(size=100), ends, strict=True)
    ]
    prices = rng.uniform(400, 6_000, 1_000)
    folded = sum(legs).value(prices)
    assert len(sum(legs).worth().pieces) == 201
    apart = np.abs(folded - np.sum([leg.value(prices) for leg in legs], axis=0))
    assert apart.max() <= 1e-10 * np.abs(folded).max()


def test_every_law_covers_every_export() -> None:
    exported = {type(s) for s in SAMPLES}
    assert exported == set(every_instrument())
    assert all(isinstance(p, Powers) for s in SAMPLES if not isinstance(s, lp.Marked) for p in s.amounts)
