"""Bad input: one clear error that says what was expected, what came, in which unit, and the remedy."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest

import lpgreeks as lp
from lpgreeks.errors import LPGreeksError

TOKENS = {"base": "ETH", "quote": "USDC"}
RANGE = {"price": 1_900, "lower": 1_700, "upper": 2_100, **TOKENS}
POOL = lp.UniswapV3.from_value(100_000, **RANGE)
PERP = lp.LinearPerp(entry=1_900, **TOKENS)
COIN = lp.InversePerp(entry=1_900, **TOKENS)
WEEK = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
USDC = lp.Variance(lp.Value("USDC"))


def hedged(**changes: object) -> lp.HedgePlan:
    arguments = {"exposure": POOL, "legs": [PERP], "over": WEEK, "objective": USDC} | changes
    return lp.hedge(**arguments)


def pool(value: float = 1e5, **changes: object) -> lp.UniswapV3:
    return lp.UniswapV3.from_value(value, **(RANGE | changes))


def onchain(**changes: object) -> lp.OnchainPool:
    arguments = {
        "token0": "USDC",
        "token1": "WETH",
        "decimals0": 6,
        "decimals1": 18,
        "tick_spacing": 10,
        "base": "WETH",
    }
    return lp.OnchainPool(**(arguments | changes))


CASES: list[tuple[str, Callable[[], object], type[LPGreeksError], str]] = [
    # ---- positions
    ("inverted range", lambda: pool(lower=2_100, upper=1_700), lp.InputError, "lower below upper; got lower=2100, upper=1700"),
    ("inverted prices", lambda: pool(lower=1 / 1_700, upper=1 / 2_100), lp.InputError, "1/0.000588235 = 1700"),
    ("empty range", lambda: pool(lower=1_900, upper=1_900), lp.InputError, "lower below upper"),
    ("negative price", lambda: pool(price=-1_900), lp.InputError, "price to be positive and finite; got price=-1900 [USDC per ETH]"),
    ("nan price", lambda: pool(price=math.nan), lp.InputError, "price to be positive"),
    ("negative value", lambda: pool(-1.0), lp.InputError, "value to be positive and finite; got value=-1.0 [USDC]"),
    ("text", lambda: pool(price="1900"), lp.InputError, "price as one positive number; got price='1900'"),
    ("a list", lambda: pool(price=[1_900]), lp.InputError, "price as one positive number"),
    ("infinite liquidity", lambda: lp.UniswapV2(liquidity=math.inf, **TOKENS), lp.InputError, "liquidity to be positive"),
    ("zero entry", lambda: lp.LinearPerp(entry=0, **TOKENS), lp.InputError, "entry to be positive"),
    ("nothing offered", lambda: lp.UniswapV3.from_amounts(base_offered=0, quote_offered=0, **RANGE), lp.InputError, "a positive finite amount"),
    ("negative offer", lambda: lp.UniswapV3.from_amounts(base_offered=-1, quote_offered=1, **RANGE), lp.InputError, "amounts of 0 or more; got -1 ETH"),
    ("nan offer", lambda: lp.UniswapV3.from_amounts(base_offered=math.nan, quote_offered=1, **RANGE), lp.InputError, "ETH offered to be finite"),
    ("wrong side", lambda: lp.UniswapV3.from_amounts(base_offered=0, quote_offered=1, **(RANGE | {"price": 1_600})), lp.InputError, "Below the range it takes only the coin"),
    ("too many dollars", lambda: lp.UniswapV3.lower_that_uses_all(base_offered=1, quote_offered=1e6, price=1_900, upper=2_000), lp.InputError, "few enough quote tokens"),
    ("nan quantity", lambda: math.nan * POOL, lp.InputError, "quantity to be finite"),
    # ---- evaluation
    ("negative in an array", lambda: POOL.value([1_900, -1]), lp.InputError, "positive prices; got -1"),
    ("zero", lambda: POOL.delta(0.0), lp.InputError, "positive prices; got 0"),
    ("a pair as a coin", lambda: lp.Spot(base="ETH/USDC", quote="USDC"), lp.TokenError, "got 'ETH/USDC'. Like \"ETH\" or \"USDC\", without /"),
    ("a market as a quote", lambda: lp.Spot(base="ETH", quote="USDC:perp"), lp.TokenError, "without / and :"),
    ("blanks as a coin", lambda: lp.Spot(base="  ", quote="USDC"), lp.TokenError, "base as a token's name"),
    ("unknown token", lambda: POOL.value(1_900, "BTC"), lp.TokenError, "got BTC. It holds ETH, USDC"),
    ("unknown market", lambda: POOL.value({"BTC/USDC": 1}), lp.MarketError, "a price of ETH/USDC; got BTC/USDC"),
    ("two coins, one price", lambda: (POOL + lp.Spot(base="BTC", quote="USDC")).value(1_900), lp.MarketError, 'Take one part: portfolio.on'),
    ("two quotes", lambda: (POOL + lp.Spot(base="ETH", quote="DAI")).value(1_900), lp.TokenError, "one quote token; got USDC, DAI"),
    ("part that is not there", lambda: POOL.on("BTC/USDC"), lp.MarketError, "It has ETH/USDC"),
    ("pnl from nowhere", lambda: POOL.pnl(1_900, start=-1), lp.InputError, "start to be positive"),
    ("break-evens from nowhere", lambda: POOL.break_evens(start=0), lp.InputError, "start to be positive"),
    ("nan income", lambda: POOL.break_evens(start=1_900, income=math.nan), lp.InputError, "income to be finite"),
    # ---- the chain
    ("fractional tick", lambda: lp.onchain.sqrt_price_x96(1.5), lp.InputError, "a tick as a whole number"),
    ("tick off the scale", lambda: lp.onchain.sqrt_price_x96(887_273), lp.InputError, "at least -887272 and at most 887272"),
    ("root off the scale", lambda: lp.onchain.tick_at_sqrt_price_x96(1), lp.InputError, "sqrtPriceX96 as a whole number, at least 4295128739"),
    ("unusable tick", lambda: onchain().position(tick_lower=5, tick_upper=20, liquidity=1), lp.InputError, "multiples of 10"),
    ("ticks swapped", lambda: onchain().position(tick_lower=20, tick_upper=10, liquidity=1), lp.InputError, "tick_lower below tick_upper"),
    ("fractional liquidity", lambda: onchain().position(tick_lower=10, tick_upper=20, liquidity=1.5), lp.InputError, "raw liquidity as a whole number, at least 1"),
    ("stranger as base", lambda: onchain(base="ETH"), lp.TokenError, "one of the pool's tokens"),
    ("negative decimals", lambda: onchain(decimals0=-1), lp.InputError, "decimals0 as a whole number"),
    ("no spacing", lambda: onchain(tick_spacing=0), lp.InputError, "tick_spacing as a whole number"),
    # ---- the model
    ("no volatility", lambda: lp.Lognormal(price=1_900, volatility=0, years=1), lp.InputError, "volatility to be positive"),
    ("percent", lambda: lp.Lognormal(price=1_900, volatility=65, years=7), lp.InputError, "Volatility is a decimal per year"),
    ("negative barrier", lambda: WEEK.touch_probability(-1), lp.InputError, "barrier to be positive"),
    # ---- the problem
    ("no legs", lambda: hedged(legs=[]), lp.InputError, "at least one leg"),
    ("a leg twice", lambda: hedged(legs=[PERP, PERP]), lp.InputError, "each leg once"),
    ("a sized leg", lambda: hedged(legs=[2 * PERP]), lp.InputError, "Quantities are the answer"),
    ("undeclared quote", lambda: hedged(legs=[lp.LinearPerp(base="ETH", quote="DAI", entry=1_900)]), lp.TokenError, "declares the two tokens equal"),
    ("measure in a stranger", lambda: hedged(objective=lp.Variance(lp.Value("BTC"))), lp.TokenError, "a measure in ETH, USDC; got the value in BTC"),
    ("amount of a stranger", lambda: hedged(objective=lp.Variance(lp.Amount("BTC"))), lp.TokenError, "a measure in ETH, USDC; got the amount of BTC"),
    ("no measure", lambda: lp.Variance(), lp.InputError, "one or more measures"),
    ("a measure's name", lambda: lp.Variance("USDC"), lp.InputError, "one or more measures"),
    ("a measure twice", lambda: lp.Variance(lp.Value("USDC"), lp.Value("USDC")), lp.InputError, "each measure once"),
    ("leg that cannot help", lambda: hedged(objective=lp.Variance(lp.Amount("ETH"))), lp.InputError, "A coin-margined leg moves the coins"),
    ("nothing to hedge", lambda: hedged(exposure=lp.Cash(quote="USDC") + lp.Spot(**TOKENS), objective=lp.Variance(lp.Amount("ETH")), legs=[COIN]), lp.InputError, "never changes"),
    ("one path", lambda: hedged(over=WEEK.sample(paths=1, seed=1)), lp.InputError, "more outcomes than the 1 legs; got 1 outcomes"),
    ("as many paths as legs", lambda: hedged(legs=[PERP, COIN], over=WEEK.sample(paths=2, seed=1)), lp.InputError, "more outcomes than the 2 legs"),
    ("neither model nor paths", lambda: hedged(over=[1_800, 2_000]), lp.InputError, "a model, paths or outcomes"),
    ("a price that is missing", lambda: hedged(over=lp.Outcomes.from_prices({"BTC/USDC": [1.0, 2.0, 3.0]}, start={"BTC/USDC": 2.0})), lp.MarketError, "a price of ETH/USDC"),
    ("two coins under one model", lambda: hedged(exposure=POOL + lp.Spot(base="BTC", quote="USDC")), lp.MarketError, "one coin"),
    ("an unknown exit", lambda: hedged(exit="touched"), lp.InputError, 'exit "held" or "range"'),
    # ---- bounds
    ("bounds swapped", lambda: lp.DeltaBounds(lower=1, upper=0), lp.InputError, "lower <= upper"),
    ("nan bound", lambda: lp.DeltaBounds(lower=math.nan), lp.InputError, "lower to be finite"),
    ("no bound", lambda: lp.DeltaBounds(), lp.InputError, "a lower or an upper bound"),
    ("infinitely short", lambda: lp.QuantityBounds(of=PERP, upper=-math.inf), lp.InputError, "lower <= upper"),
    ("bound on a stranger", lambda: hedged(constraints=[lp.QuantityBounds(of=COIN, lower=0)]), lp.InputError, "bounds on one of the legs"),
    ("delta of a stranger", lambda: hedged(constraints=[lp.DeltaBounds(base="BTC", lower=0)]), lp.MarketError, "one of the coins"),
    ("clash", lambda: hedged(constraints=[lp.QuantityBounds(of=PERP, lower=0), lp.DeltaBounds(upper=0)]), lp.InfeasibleError, "Any one of these is enough"),
    ("gamma out of reach", lambda: hedged(constraints=[lp.GammaBounds(lower=0)]), lp.InfeasibleError, "net gamma at least 0"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "text"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_one_clear_error(call: Callable[[], object], kind: type[LPGreeksError], text: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert text in str(error)
    assert error.expected
    assert error.got
    assert str(error).startswith(f"expected {error.expected}; got {error.got}")


def test_errors_form_one_tree_and_pickle() -> None:
    with pytest.raises(LPGreeksError) as caught:
        pool(lower=2_100, upper=1_700)
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert (str(again), again.unit) == (str(caught.value), "USDC per ETH")
    assert issubclass(lp.InputError, ValueError)
    assert issubclass(lp.TokenError, lp.InputError)


def test_numbers_of_every_kind_are_numbers() -> None:
    expected = POOL.liquidity
    for kind in (int, float, np.float64, np.int64, np.float32):
        made = lp.UniswapV3.from_value(kind(100_000), price=kind(1_900), lower=kind(1_700), upper=kind(2_100), **TOKENS)
        assert made.liquidity == pytest.approx(expected, rel=1e-15)
        assert type(made.lower) is float
