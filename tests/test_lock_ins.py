"""Each defect that was found once, with its symptom, so that it does not come back."""

from __future__ import annotations

import io
import math
import tarfile
from pathlib import Path

import mpmath as mp
import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from tests.running import run
from tests.test_readers import bars, csv

TOKENS = {"base": "ETH", "quote": "USDC"}
POOL = lp.UniswapV3.from_value(1e5, price=1_900, lower=1_700, upper=2_100, **TOKENS)
LINEAR = lp.LinearPerp(entry=1_900, **TOKENS)
INVERSE = lp.InversePerp(entry=1_900, **TOKENS)
WEEK = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
USDC = lp.Variance(lp.Value("USDC"))


def test_a_bound_of_exactly_zero_binds() -> None:
    """A long-only leg came out at -8e-6 with a certificate of 1.0, and with a standard error on samples."""
    for legs in ([LINEAR], [LINEAR, INVERSE]):
        bounds = [lp.QuantityBounds(of=leg, lower=0) for leg in legs]
        plan = lp.hedge(POOL, legs, WEEK, objective=USDC, constraints=bounds)
        assert plan.quantities == pytest.approx([0] * len(legs), abs=1e-12)
        assert plan.certificate.binding
        assert plan.certificate.feasibility < 1e-12
        assert plan.certificate.stationarity < 1e-12
    sampled = lp.hedge(
        POOL,
        [LINEAR],
        WEEK.sample(paths=50, seed=1),
        objective=USDC,
        constraints=[lp.QuantityBounds(of=LINEAR, lower=0)],
    )
    assert sampled.standard_errors == (None,)


@pytest.mark.parametrize("seed", range(0, 400, 25))
def test_binding_rows_are_found_among_many(seed: int) -> None:
    """Rows left 1e-6 short of their bound: nothing was said to bind, and pinned legs had standard errors."""
    v2 = lp.UniswapV2.from_value(1e5, price=1_900, **TOKENS)
    wide = lp.UniswapV3.from_value(1e5, price=1_900, lower=1_500, upper=2_000, **TOKENS)
    rng = np.random.default_rng(seed)
    edge = float(rng.uniform(0.01, 0.1))
    bounds = [lp.QuantityBounds(of=v2, lower=-edge, upper=edge), lp.QuantityBounds(of=LINEAR, lower=-30, upper=-5)]
    paths = WEEK.sample(paths=60, seed=seed)
    plan = lp.hedge(POOL, [LINEAR, v2, wide], paths, objective=USDC, constraints=bounds)
    assert plan.certificate.feasibility <= 1e-9
    assert plan.certificate.stationarity <= 1e-9
    assert plan.certificate.gap <= 1e-9
    if abs(abs(plan.quantities[1]) - edge) < 1e-6 * edge:
        assert abs(plan.quantities[1]) == pytest.approx(edge, rel=1e-9)
        assert "quantity of Uniswap v2 position" in plan.certificate.binding
        assert plan.standard_errors[1] is None


def test_an_infeasible_problem_is_called_infeasible() -> None:
    """The solver gave up on a gamma bound that no leg can reach, and the error spoke of the solver."""
    objective = lp.Variance(lp.Amount("ETH"), lp.Amount("USDC"))
    bounds = [lp.QuantityBounds(of=LINEAR, upper=6.3), lp.DeltaBounds(lower=-2.36), lp.GammaBounds(lower=-0.1)]
    with pytest.raises(lp.InfeasibleError, match="net gamma"):
        lp.hedge(POOL, [LINEAR, INVERSE], WEEK.sample(paths=60, seed=1), objective=objective, constraints=bounds)
    with pytest.raises(lp.InfeasibleError, match="net delta"):
        lp.hedge(
            POOL,
            [LINEAR],
            WEEK,
            objective=USDC,
            constraints=[lp.DeltaBounds(lower=1e4), lp.QuantityBounds(of=LINEAR, upper=1)],
        )


def test_cash_moves_when_counted_in_coins() -> None:
    """200,000 dollars beside the pool were left out of its value in coins."""
    prices = 1_900 * np.exp(0.1 * np.random.default_rng(0).standard_normal(4_000))
    table = lp.Outcomes.from_prices(prices, start=1_900, sampled=True)
    held = POOL + 200_000 * lp.Cash(quote="USDC")
    plan = lp.hedge(held, [LINEAR], table, objective=lp.Variance(lp.Value("ETH")))
    y = (POOL.value(prices) + 200_000) / prices
    assert plan.risk_unhedged == pytest.approx(y.std(ddof=1), rel=1e-10)
    (slope, _), *_ = np.linalg.lstsq(np.column_stack([1 - 1_900 / prices, np.ones(4_000)]), -y, rcond=None)
    assert plan.quantities[0] == pytest.approx(slope, rel=1e-8)
    alone = lp.hedge(200_000 * lp.Cash(quote="USDC"), [LINEAR], table, objective=lp.Variance(lp.Value("ETH")))
    assert alone.risk_unhedged == pytest.approx((200_000 / prices).std(ddof=1), rel=1e-10)


def test_a_pool_of_two_dollars_keeps_them_apart() -> None:
    """USDC and USDT count as one, but not inside the pool that trades them against each other."""
    pool = lp.UniswapV3.from_value(1e5, base="USDC", quote="USDT", price=1.0, lower=0.99, upper=1.01)
    assert pool.value(0.995, "USDC") == pytest.approx(pool.base_amount(0.995) + pool.quote_amount(0.995) / 0.995)
    assert lp.Amount("USDC")(pool, {"USDC/USDT": 1.0})["USDC/USDT"](0.995) == pool.base_amount(0.995)
    assert lp.Amount("USDT")(pool, {"USDC/USDT": 1.0})["USDC/USDT"](0.995) == pool.quote_amount(0.995)


@pytest.mark.parametrize(
    "wrong", [{"base": ""}, {"base": "USDC"}, {"quote": ""}, {"quote": None}, {"base": 5}, {"market": 7}]
)
def test_tokens_are_names(wrong: dict[str, object]) -> None:
    """An instrument without a coin was dropped from the problem without a word."""
    with pytest.raises(lp.InputError):
        lp.LinearPerp(entry=1_900, **(TOKENS | wrong))


def test_every_tick_is_the_tick_of_its_price() -> None:
    """Half of all ticks came back one too low: the price of a tick is a rounded double."""
    for base in ("USDC", "WETH"):
        pool = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=10, base=base)
        ticks = range(-887_000, 887_000, 2_953)
        assert [pool.tick_of_price(pool.price_of_tick(t)) for t in ticks] == list(ticks)


def test_identical_outcomes_are_refused() -> None:
    """The rounding of a mean was hedged, or divided by zero."""
    for prices in ([2_000.0] * 3, [2_000.0] * 7, [2_000.0] * 49, [2_000.0, 2_000.0, 2_000 * (1 + 1e-15)]):
        with pytest.raises(lp.InputError, match="never changes"):
            lp.hedge(POOL, [LINEAR], lp.Outcomes.from_prices(prices, start=1_900), objective=USDC)


def test_one_measure_under_two_names_is_refused() -> None:
    """Value in USDC and in USDT were added up as if they were two."""
    with pytest.raises(lp.InputError, match="Two names of one token"):
        lp.hedge(POOL, [LINEAR], WEEK, objective=lp.Variance(lp.Value("USDC"), lp.Value("USDT")))


def test_percent_for_a_decimal_is_refused() -> None:
    """--volatility 65 answered with a hedge of 3e-34 coins."""
    assert "decimal per year (0.65, not 65)" in run("hedge", "--volatility", "65", code=2).stderr


def test_bootstrap_paths_are_worth_their_history() -> None:
    """The standard error shrank with the number of draws: 2,000 of them claimed 2,000 independent outcomes."""
    rng = np.random.default_rng(0)
    close = 1_800 * np.exp(np.cumsum(rng.normal(0, 0.006, 24 * 60)))
    hours = pd.date_range("2023-04-01", periods=len(close), freq="1h")
    past = lp.read_prices(pd.DataFrame({"time": hours, "close": close}), market="ETH/USDC")
    few, many = (past.bootstrap("7D", paths=n, start=1_900, seed=1, block=24) for n in (200, 800))
    assert few.effective == many.effective == pytest.approx((24 * 60 - 1) / (24 * 7))
    errors = [lp.hedge(POOL, [LINEAR], p, objective=USDC).standard_errors[0] for p in (few, many)]
    assert errors[1] == pytest.approx(errors[0], rel=0.35)


def test_few_independent_windows_are_said_to_flatter() -> None:
    """Three independent windows printed a quarter of the true variance without a word."""
    paths = WEEK.sample(paths=20, seed=3)
    assert any("Few independent outcomes (20.0)" in n for n in lp.hedge(POOL, [LINEAR], paths, objective=USDC).notes)
    table = lp.Paths(
        markets=("ETH/USDC",), prices=paths.prices, years=paths.years, effective=2.0, source="twenty worth two"
    )
    assert lp.hedge(POOL, [LINEAR], table, objective=USDC).standard_errors == (None,)


@pytest.mark.thorough
def test_small_samples_have_honest_errors() -> None:
    """At ten paths the stated error was 0.6 of the spread of repetitions; HC3 errs on the other side."""
    rng = np.random.default_rng(5)
    plans = [lp.hedge(POOL, [LINEAR], WEEK.sample(paths=12, seed=rng), objective=USDC) for _ in range(400)]
    spread = np.std([p.quantities[0] for p in plans], ddof=1)
    stated = math.sqrt(np.mean([p.standard_errors[0] ** 2 for p in plans]))
    assert 0.95 < stated / spread < 1.5


def test_a_ranges_narrower_than_digits_is_refused() -> None:
    """5 % of the liquidity was lost to cancellation in a range 1e-14 wide."""
    with pytest.raises(lp.InputError, match="one tick, 1e-4"):
        lp.UniswapV3.from_value(1e5, price=1_900, lower=1_900, upper=1_900 * (1 + 1e-10), **TOKENS)


# ---- files


def days(tmp_path: Path, suffix: str = ".tar", mode: str = "w") -> tuple[Path, bytes]:
    path = tmp_path / f"days{suffix}"
    with tarfile.open(path, mode) as tar:
        for day in range(3):
            text = csv(bars(day, n=1_440), header=False).encode()
            info = tarfile.TarInfo(f"ETHUSDT-1m-2023-04-0{day + 1}.csv")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
    return path, path.read_bytes()


def test_a_damaged_tar_does_not_lose_days(tmp_path: Path) -> None:
    """One flipped bit in the second member's name, and only the first day was read: "no gap"."""
    path, content = days(tmp_path)
    at = content.index(b"2023-04-02.csv")
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    with pytest.raises(lp.DataError, match="damaged member"):
        lp.read_klines(path)
    path.write_bytes(content[: content.index(b"2023-04-03.csv") - 20])
    with pytest.raises(lp.DataError):
        lp.read_klines(path)


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.xz"])
def test_damaged_bytes_never_shorten_a_history(tmp_path: Path, suffix: str) -> None:
    path, content = days(tmp_path, suffix, f"w:{suffix[-2:]}")
    whole = lp.read_klines(path)
    rng = np.random.default_rng(0)
    for at in rng.integers(0, len(content), 40):
        path.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        try:
            again = lp.read_klines(path)
        except lp.DataError:
            continue
        assert (again.prices == whole.prices).all()


def test_units_may_change_between_files_and_not_within(tmp_path: Path) -> None:
    """A folder with one month in ms and the next in us was refused; both in one file wrapped to 2027."""
    folder = tmp_path / "months"
    folder.mkdir()
    (folder / "ETHUSDT-1m-2023-04-01.csv").write_text(csv(bars(0, n=1_440), header=False))
    (folder / "ETHUSDT-1m-2023-04-02.csv").write_text(csv(bars(1, n=1_440, unit=1_000), header=False))
    past = lp.read_klines(folder)
    assert (len(past), past.gaps) == (2_880, 0)
    mixed = tmp_path / "ETHUSDT-1m-mixed.csv"
    mixed.write_text(csv(bars(0, n=1_440), header=False) + csv(bars(1, n=1_440, unit=1_000), header=False))
    with pytest.raises(lp.DataError, match="all in one unit"):
        lp.read_klines(mixed)


@pytest.mark.parametrize(
    "times",
    [
        [2023010100 + i for i in range(50)],
        [1_680_307_200 + 3_600 * i for i in range(25)] + [1_680_400_000_000 + 3_600_000 * i for i in range(25)],
        [-1_680_307_200 + 3_600 * i for i in range(50)],
        [f"{i // 4:02d}:{15 * (i % 4):02d}" for i in range(50)],
        [f"05/{i + 1:02d}/2023" for i in range(12)] * 4 + ["13/05/2023"] * 2,
        pd.Series(pd.date_range("1500-01-01", periods=50, freq="D", unit="s")),
        [True] * 50,
    ],
    ids=["YYYYMMDDHH", "s then ms", "negative", "times of day", "day or month", "year 1500", "truth"],
)
def test_numbers_and_words_that_are_no_times(times: list[object]) -> None:
    """Each of these was read as some other time."""
    frame = pd.DataFrame({"time": times, "close": np.linspace(1_800, 1_900, 50)})
    with pytest.raises(lp.DataError):
        lp.read_prices(frame, market="ETH/USDC")


def test_whole_numbers_of_an_object_column_are_stamps() -> None:
    stamps = pd.Series([1_680_307_200_000 + 3_600_000 * i for i in range(20)], dtype=object)
    past = lp.read_prices(pd.DataFrame({"time": stamps, "close": 1_800.0 + np.arange(20)}), market="ETH/USDC")
    assert past.times[0] == np.datetime64("2023-04-01T00:00")


def test_truth_values_are_no_prices() -> None:
    """A column of booleans was a constant price of 1."""
    frame = pd.DataFrame({"time": pd.date_range("2023-04-01", periods=5, freq="1h"), "close": [True] * 5})
    with pytest.raises(lp.DataError, match="numbers in column"):
        lp.read_prices(frame, market="ETH/USDC")


def test_prices_of_another_coin_are_not_taken(tmp_path: Path) -> None:
    """`--prices BTCUSDT-....parquet` hedged an ETH pool with bitcoin's prices."""
    pytest.importorskip("pyarrow", reason="Parquet needs the extra lpgreeks[parquet]")
    hours = pd.date_range("2023-04-01", periods=24 * 30, freq="1h", tz="UTC")
    path = tmp_path / "BTCUSDT-spot-1h.parquet"
    pd.DataFrame({"time": hours, "close": 27_000 + np.arange(len(hours)) % 50}).to_parquet(path)
    assert "a price of ETH/USDC; got BTC/USDT" in run("hedge", "--prices", str(path), code=2).stderr


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--short-at-most", "-5000"], 2),
        (["--value", "1e308"], None),
        (["--volatility", "1e-160"], None),
        (["--drift", "1e6"], 2),
        (["--quote", "ETH"], 2),
        (["--base", ""], 2),
        (["--delta-at-least", "1e300"], None),
        (["--window", ""], None),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_no_flag_ends_in_a_traceback(flags: list[str], code: int | None) -> None:
    codes = (0, 1, 2, 3, 4) if code is None else (code,)
    for allowed in codes:
        try:
            done = run("hedge", *flags, code=allowed)
        except AssertionError:
            continue
        assert "Traceback" not in done.stderr
        return
    pytest.fail(f"{flags} ended otherwise")


# ---- functions


def test_break_evens_of_cheap_coins() -> None:
    """Above the last kink the sum overflowed: a false root at 1e304, and the true one lost."""
    pool = lp.UniswapV2.from_value(1e6, base="DOGE", quote="USDC", price=0.15)
    total = pool - pool.delta(0.15) * lp.LinearPerp(base="DOGE", quote="USDC", entry=0.15)
    mp.mp.dps = 30
    start, size = mp.mpf("0.15"), mp.mpf(1e6) / 2
    exact = [
        float(mp.findroot(lambda p: size * (2 * mp.sqrt(p / start) - 1 - p / start) + 1000, g)) for g in (0.13, 0.17)
    ]
    # V(P) - V(P0) - x0 (P - P0) = (V0/2)(2 sqrt(r) - r - 1)
    assert total.break_evens(start=0.15, income=1_000.0) == pytest.approx(exact, rel=1e-9)


def test_excess_counts_contracts_whole() -> None:
    """An inverse perpetual opened elsewhere counted its unrealised coins as tokens held."""
    leg = lp.InversePerp(entry=1_500, **TOKENS)
    month = lp.Lognormal(price=1_900, volatility=0.65, years=30 / 365)
    pool = lp.UniswapV3(liquidity=5_000, lower=1_900, upper=2_300, **TOKENS)
    plans = [lp.hedge(pool, [x], month, objective=lp.Variance(lp.Excess("USDC"))) for x in (leg, LINEAR)]
    assert plans[0].quantities[0] / 1_500 == pytest.approx(plans[1].quantities[0], rel=1e-9)
    assert plans[0].best.risk == pytest.approx(plans[1].best.risk, rel=1e-9)


def test_tiny_moves_keep_their_digits() -> None:
    """pnl() took the logarithm of a ratio near 1 and lost ten digits of a move of 1e-12."""
    for move in (1e-3, 1e-6, 1e-9, 1e-12):
        price = 1_900 * (1 + move)
        assert LINEAR.pnl(price, start=1_900) == pytest.approx(price - 1_900, rel=1e-12)


def test_touching_against_a_gale() -> None:
    """With almost no volatility and a drift that just reaches the barrier the answer was 1 instead of 0.1587."""
    gale = lp.Lognormal(price=1.0, volatility=1e-8, years=1.0, drift_per_year=4.99999999)
    assert gale.touch_probability(math.exp(5)) == pytest.approx(0.15866, abs=1e-4)


def test_the_explanation_is_given_only_where_it_is_true() -> None:
    """With curved legs the note named an average that was not the hedge."""
    curved = lp.UniswapV3.from_value(1e5, price=1_900, lower=1_500, upper=2_500, **TOKENS)
    for exposure, legs in ((POOL, [curved]), (POOL, [LINEAR, curved]), (-1.0 * POOL, [LINEAR])):
        plan = lp.hedge(exposure, legs, WEEK, objective=USDC)
        assert not any("averaged over" in note for note in plan.notes)


def test_a_price_outside_the_range_is_said() -> None:
    """An inverted price gave a hedge of 190 million coins without a word."""
    text = " ".join(run("hedge", "--price", "0.000526", "--lower", "1700", "--upper", "2100").stdout.split())
    assert "the price is outside the range 1,700 to 2,100: the position is all ETH" in text


def test_symbolic_means_of_flat_branches_and_sums() -> None:
    """mean() refused every branch that is 0, and any multiple of a range."""
    from lpgreeks.formulas import mean, symbol

    forward, v = symbol("F"), symbol("v")
    symbolic = lp.UniswapV3.symbolic()
    numbers = {symbol("L"): 7, symbol("p_a"): 1_700, symbol("p_b"): 2_100, forward: 1_900, v: 0.01}
    pool = lp.UniswapV3(liquidity=7, lower=1_700, upper=2_100, **TOKENS)
    for expression, powers in ((symbolic.base, pool.amounts.base), (symbolic.quote, pool.amounts.quote)):
        exact = lp.smear(powers, 1_900.0, 0.1)
        assert float(mean(expression, forward, v).subs(numbers)) == pytest.approx(exact, rel=1e-9)
    twice = mean(2 * symbolic.value - symbolic.base, forward, v)
    exact = lp.smear(2 * pool.worth() - pool.amounts.base, 1_900.0, 0.1)
    assert float(twice.subs(numbers)) == pytest.approx(exact, rel=1e-9)


def test_a_callers_array_is_not_ours() -> None:
    """Paths kept the caller's array: changing it changed the hedge."""
    prices = np.array([[1_900, 1_800.0], [1_900, 1_950.0], [1_900, 2_000.0]])[:, :, None]
    paths = lp.Paths(markets=("ETH/USDC",), prices=prices, years=np.arange(2.0), effective=3, source="three")
    prices[0, 1, 0] = 5_000
    assert paths.prices[0, 1, 0] == 1_800


def test_nan_leaves_its_neighbours_alone() -> None:
    """One NaN in a block sent every price of it to the last piece."""
    assert POOL.value([1_500.0, np.nan, 1_900.0])[[0, 2]].tolist() == POOL.value([1_500.0, 1_900.0]).tolist()


def test_exchangeable_legs_under_a_binding_delta() -> None:
    """Where only the exchangeable direction was left free, rounding was polished as if it were data."""
    bounds = [
        lp.QuantityBounds(of=LINEAR, lower=-39.191708395634976, upper=-17.378356076177432),
        lp.DeltaBounds(lower=3.7892520103625795, upper=8.278544674334821),
    ]
    plan = lp.hedge(POOL, [LINEAR, INVERSE], WEEK, objective=USDC, constraints=bounds)
    assert plan.certificate.binding == ("net delta",)
    assert max(plan.certificate.feasibility, plan.certificate.stationarity, plan.certificate.gap) < 1e-12


def test_two_coins_may_start_at_one_number() -> None:
    """Two markets that both start at 1.0 were taken for one coin by the explanation."""
    rng = np.random.default_rng(0)
    prices = {m: np.exp(rng.normal(0, 0.05, 50)) for m in ("ETH/USDC", "BTC/USDC")}
    table = lp.Outcomes.from_prices(prices, start=dict.fromkeys(prices, 1.0))
    pool = lp.UniswapV3.from_value(1.0, price=1.0, lower=0.9, upper=1.1, **TOKENS)
    legs = [lp.LinearPerp(entry=1.0, **TOKENS), lp.LinearPerp(base="BTC", quote="USDC", entry=1.0)]
    assert not any("averaged over" in n for n in lp.hedge(pool, legs, table, objective=USDC).notes)


@pytest.mark.parametrize("price", [1e-250, 1e250, math.inf])
def test_prices_whose_powers_overflow_are_refused(price: float) -> None:
    """A power that overflowed on a piece that does not rule there was multiplied by 0: NaN."""
    with pytest.raises(lp.InputError, match="prices from 1e-100 to"):
        POOL.gamma([price, 1_900.0])


def test_markets_of_one_coin_are_one_delta() -> None:
    """A pool in USDC and a perpetual in USDT printed two deltas of 24.96 and -24.06, and a naive hedge of 0."""
    perp = lp.LinearPerp(base="ETH", quote="USDT", entry=1_900)
    plan = lp.hedge(POOL, [perp], WEEK, objective=USDC)
    assert plan.net_delta == {"ETH": pytest.approx(POOL.delta(1_900) + plan.quantities[0])}
    assert plan.naive is not None
    assert plan.naive.quantities[0] == pytest.approx(-POOL.base_amount(1_900))
    flat = lp.hedge(POOL, [perp], WEEK, objective=USDC, constraints=[lp.DeltaBounds(lower=0, upper=0)])
    assert flat.net_delta["ETH"] == pytest.approx(0, abs=1e-9)


def test_the_naive_hedge_says_when_it_breaks_a_bound() -> None:
    plan = lp.hedge(POOL, [LINEAR], WEEK, objective=USDC, constraints=[lp.QuantityBounds(of=LINEAR, lower=-20)])
    assert plan.naive is not None
    assert not plan.naive.within_bounds
    assert plan.best.within_bounds
    assert "but breaks a bound" in plan.summary()


@pytest.mark.parametrize("power", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("width", [2.0, 3.0])
def test_variances_of_steep_payoffs_at_great_width(power: float, width: float) -> None:
    """The variance of a cube lost 16 % at a width of 3: its mass lies six widths up."""
    model = lp.Lognormal(price=1.0, volatility=width, years=1.0)
    f = lp.Powers.price() ** power
    closed = model.mean(f * f) - model.mean(f) ** 2
    assert model.covariance(f, f) == pytest.approx(closed, rel=1e-10)


def test_moments_of_an_exposure_by_measure() -> None:
    assert WEEK.mean(POOL) == WEEK.mean(POOL.worth())
    assert WEEK.mean(POOL, lp.Amount("ETH")) == WEEK.mean(POOL.amounts.base)
    assert WEEK.standard_deviation(POOL, lp.Value("ETH")) == WEEK.standard_deviation(POOL.worth("ETH"))
    loss = lp.Excess("USDC")(POOL, {"ETH/USDC": 1_900.0})["ETH/USDC"]
    assert WEEK.mean(POOL, lp.Excess("USDC")) == WEEK.mean(loss) < 0
    with pytest.raises(lp.InputError, match="a function of the price or an exposure"):
        WEEK.mean(3.0)  # type: ignore[arg-type]


def test_one_name_twice_in_a_tar_is_not_dropped(tmp_path: Path) -> None:
    """spot/ and um/ of one archive bear the same names: the first was overwritten without a word."""
    path = tmp_path / "both.tar"
    with tarfile.open(path, "w") as tar:
        for folder in ("spot", "um"):
            text = csv(bars(0), header=False).encode()
            info = tarfile.TarInfo(f"{folder}/ETHUSDT-1m-2023-04-01.csv")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
    with pytest.raises(lp.DataError, match="times"):
        lp.read_klines(path)


def test_a_folder_is_read_whole_or_refused(tmp_path: Path) -> None:
    """Archives and folders inside a folder were left out: "usable, no gap"."""
    (tmp_path / "ETHUSDT-1m-2023-04-01.csv").write_text(csv(bars(0, n=1_440), header=False))
    with tarfile.open(tmp_path / "ETHUSDT-1m-2023-04-02.tar.gz", "w:gz") as tar:
        text = csv(bars(1, n=1_440), header=False).encode()
        info = tarfile.TarInfo("ETHUSDT-1m-2023-04-02.csv")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    assert len(lp.read_klines(tmp_path)) == 2_880
    (tmp_path / "later").mkdir()
    with pytest.raises(lp.DataError, match="folders inside: later"):
        lp.read_klines(tmp_path)


def test_what_was_guessed_reaches_the_plan() -> None:
    """The notes of a history ended at windows()."""
    hours = pd.date_range("2023-04-01", periods=24 * 30, freq="1h")
    close = 1_800 + 60 * np.sin(np.arange(len(hours)) / 9)
    past = lp.read_prices(pd.DataFrame({"time": hours, "close": close}), market="ETH/USDC")
    for paths in (past.windows("1D", start=1_900), past.bootstrap("1D", paths=30, start=1_900, seed=1, block=5)):
        assert "times without a zone read as UTC" in lp.hedge(POOL, [LINEAR], paths, objective=USDC).summary()


def test_windows_that_leave_the_range_are_counted() -> None:
    paths = WEEK.sample(paths=200, steps=40, seed=2)
    left = ((paths.prices < 1_700) | (paths.prices > 2_100)).any(axis=(1, 2)).sum()
    notes = lp.hedge(POOL, [LINEAR], paths, objective=USDC).notes
    assert notes[0].startswith(f"{left} of 200 paths leave the range before the end; they are held to it.")


def test_usable_ticks_and_raw_liquidity() -> None:
    pool = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=60, base="WETH")
    low, high = pool.usable_ticks(lower=1_700, upper=2_100)
    assert low % 60 == high % 60 == 0
    ends = sorted(pool.price_of_tick(t) for t in (low, high))
    assert ends == pytest.approx([1_700, 2_100], rel=0.0031)  # half a spacing of 60 ticks
    narrow = pool.usable_ticks(lower=1_900, upper=1_901)
    assert narrow[1] - narrow[0] == 60
    edge = pool.price_of_tick(887_220)
    at_edge = pool.usable_ticks(lower=edge * 0.9999, upper=edge * 1.0001)
    assert at_edge == (887_160, 887_220)
    position = pool.position(tick_lower=low, tick_upper=high, liquidity=123_456_789_012_345)
    assert pool.raw_liquidity(position) == 123_456_789_012_345
    named = lp.UniswapV3(base="ETH", quote="USDC", liquidity=position.liquidity, lower=1_700, upper=2_100)
    assert pool.raw_liquidity(named) == 123_456_789_012_345
    with pytest.raises(lp.TokenError):
        pool.raw_liquidity(lp.UniswapV3(base="BTC", quote="USDC", liquidity=1, lower=1, upper=2))


def test_a_plan_of_two_coins_can_be_drawn() -> None:
    rng = np.random.default_rng(0)
    prices = {"ETH/USDC": 1_900 * np.exp(rng.normal(0, 0.05, 50)), "BTC/USDC": 27_000 * np.exp(rng.normal(0, 0.05, 50))}
    table = lp.Outcomes.from_prices(prices, start={"ETH/USDC": 1_900, "BTC/USDC": 27_000})
    btc = lp.LinearPerp(base="BTC", quote="USDC", entry=27_000)
    ax = lp.hedge(POOL, [LINEAR, btc], table, objective=USDC).plot()
    assert ax.get_xlabel() == "price [USDC per ETH]"


def test_cash_and_pool_by_market() -> None:
    """Prices by market and a value in coins: cash was priced at 1."""
    held = POOL + 1_000 * lp.Cash(quote="USDC")
    assert held.value({"ETH/USDC": 1_900.0}, "ETH") == pytest.approx(held.value(1_900, "ETH"))
    assert (POOL / 2).value(1_900) == pytest.approx(50_000)


def test_an_idle_leg_that_a_bound_moves_is_not_said_to_be_left() -> None:
    """With --delta-at-most 5 the text said "it is left at 0" of a leg that it shorted 212 coins of."""
    objective = lp.Variance(lp.Amount("ETH"))
    bounds = [lp.DeltaBounds(upper=5)]
    plan = lp.hedge(POOL, [LINEAR, INVERSE], WEEK, objective=objective, constraints=bounds)
    (note,) = [n for n in plan.notes if "linear perpetual ETH/USDC does not move" in n]
    assert plan.quantities[0] < 0
    assert note.endswith("its quantity is what the bounds ask for.")


def test_klines_of_any_name_on_the_command_line(tmp_path: Path) -> None:
    """A kline CSV without a symbol in its name ended in a remedy that no flag could follow."""
    path = tmp_path / "mine.csv"
    path.write_text(csv(bars(0, n=1_440 * 3), header=True))
    assert "windows of 1 day" in run("hedge", "--prices", str(path), "--window", "1D", "--step", "1h").stdout


def test_bounds_on_tiny_quantities_are_kept_by_the_naive_hedge_too() -> None:
    """Whether the naive hedge keeps a bound was judged in units of 1: quantities of 1e-11 broke nothing."""
    tokens = {"base": "BTC", "quote": "IDR"}
    pool = lp.UniswapV3.from_value(1.0, price=1.6e9, lower=1.4e9, upper=1.8e9, **tokens)
    leg = lp.LinearPerp(entry=1.6e9, **tokens)
    model = lp.Lognormal(price=1.6e9, volatility=0.65, years=7 / 365)
    bounds = [lp.QuantityBounds(of=leg, lower=-1e-11)]
    plan = lp.hedge(pool, [leg], model, objective=lp.Variance(lp.Value("IDR")), constraints=bounds)
    assert plan.naive is not None
    assert plan.naive.quantities[0] < -1e-10
    assert (plan.best.within_bounds, plan.naive.within_bounds) == (True, False)
