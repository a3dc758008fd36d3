"""Hedges with options against published rows, brute force over every subset and every lot, and sums by hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from scipy import optimize
from scipy.stats import norm

import lpgreeks as lp
from lpgreeks.hedging import search
from tests.tolerances import EIGHT_DIGITS, LEAST_SQUARES, ROUNDING, SOLVER, STANDARD_ERRORS, UNPOLISHED

TOKENS = {"base": "ETH", "quote": "USDC"}
START, POOL_VALUE = 1_900.0, 100_000.0
POOL = lp.UniswapV3.from_value(POOL_VALUE, price=START, lower=1_700, upper=2_100, **TOKENS)
PERP = lp.LinearPerp(entry=START, **TOKENS)
VOLATILITY, YEARS = 0.65, 7 / 365
WIDTH = VOLATILITY * math.sqrt(YEARS)
WEEK = lp.Lognormal(price=START, volatility=VOLATILITY, years=YEARS)
PATHS = WEEK.sample(paths=400, steps=7, seed=5)
USD = lp.Value("USDC")
PUTS, CALLS = (1_500.0, 1_620.0, 1_700.0, 1_770.0, 1_840.0, 1_890.0), (1_910.0, 1_950.0, 2_020.0, 2_110.0, 2_260.0)


def pool_value(price: np.ndarray) -> np.ndarray:
    """The range's value with nothing but numpy."""
    root, low, high = np.sqrt(np.clip(price, 1_700, 2_100)), math.sqrt(1_700), math.sqrt(2_100)
    return np.asarray(POOL.liquidity * ((1 / root - 1 / high) * price + root - low))


MOVED_FROM = float(pool_value(np.array(START)))


def black(forward: float, strike: float, width: float, *, call: bool) -> float:
    d, side = math.log(forward / strike) / width + width / 2, 1 if call else -1
    return float(side * (forward * norm.cdf(side * d) - strike * norm.cdf(side * (d - width))))


def paid(strike: float, price: np.ndarray) -> np.ndarray:
    """What the strike's option pays: puts below the start, calls above it."""
    return np.maximum(price - strike, 0) if strike > START else np.maximum(strike - price, 0)


def kind(strike: float) -> lp.Option:
    return (lp.Call if strike > START else lp.Put)(strike=strike, **TOKENS)


def quoted(strike: float, *, spread: float = 0.0, **terms: object) -> lp.Leg:
    """An option at its fair price, half the spread to either side of it."""
    fair = black(START, strike, WIDTH, call=strike > START)
    premium = lp.Premium(ask=fair * (1 + spread / 2), bid=fair * (1 - spread / 2))
    return lp.Leg(kind(strike), premium=premium, **terms)  # type: ignore[arg-type]


def nodes() -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre between every kink of the pool and of the strikes: prices and weights."""
    points, weights = np.polynomial.legendre.leggauss(20)
    inner = [(math.log(k / START) + WIDTH**2 / 2) / WIDTH for k in (1_700.0, 2_100.0, *PUTS, *CALLS)]
    edges = np.unique([*np.arange(-10.0, 11.0), *inner])
    half = np.diff(edges)[:, None] / 2
    z = (half * points + edges[:-1, None] + half).ravel()
    return START * np.exp(WIDTH * z - WIDTH**2 / 2), (half * weights).ravel() * norm.pdf(z)


# ---- published rows of a full-range position of value 1 at a price of 1, width 0.2

PUBLISHED = [
    # perpetual, puts, calls, standard deviation, effectiveness and its last digit
    (-0.492531, {}, {}, 0.0070709, 0.99497, 1e-5),
    (None, {1.0: 0.556353}, {1.0: -0.446200}, 0.0025119, 0.99937, 1e-5),
    (None, {0.9: 0.867955}, {1.1: -0.624069}, 0.0305420, 0.906, 5e-4),
    (-0.503577, {0.9: 0.066435}, {1.1: 0.067896}, 0.0017046, 0.99971, 1e-5),
    (-0.500121, {0.8: 0.056551, 0.9: 0.040909}, {1.1: 0.023992, 1.2: 0.054835}, 0.0010316, 0.99989, 1e-5),
]


@pytest.mark.parametrize(("perp", "puts", "calls", "spread", "share", "digit"), PUBLISHED)
@pytest.mark.parametrize("years", [None, 1.0], ids=["with the horizon", "in as many years"])
def test_published_hedges_of_a_full_range(
    perp: float | None,
    puts: dict[float, float],
    calls: dict[float, float],
    spread: float,
    share: float,
    digit: float,
    years: float | None,
) -> None:
    pool = lp.UniswapV2.from_value(1.0, price=1.0, **TOKENS)
    legs: list[lp.Instrument] = [] if perp is None else [lp.LinearPerp(entry=1.0, **TOKENS)]
    legs += [lp.Put(strike=k, years=years, **TOKENS) for k in puts]
    legs += [lp.InverseCall(strike=k, years=years, **TOKENS) for k in calls]
    model = lp.Lognormal(price=1.0, volatility=0.2, years=1.0)
    plan = lp.hedge(pool, legs, model, objective=lp.Variance(USD))
    expected = [*([] if perp is None else [perp]), *puts.values(), *calls.values()]
    assert plan.quantities == pytest.approx(expected, abs=1e-4)
    assert plan.best.risk == pytest.approx(spread, abs=1e-5)
    assert plan.risk_unhedged == pytest.approx(0.0997505, abs=5e-8)
    assert plan.effectiveness == pytest.approx(share, abs=digit)


@pytest.mark.parametrize(
    ("width", "put", "call", "spread"), [(0.1, 1.05557, -0.94569, 0.000624), (0.2, 1.11271, -0.89240, 0.002512)]
)
def test_published_ratios_at_the_money(width: float, put: float, call: float, spread: float) -> None:
    """Per coin in the pool: half of its value."""
    pool = lp.UniswapV2.from_value(1.0, price=1.0, **TOKENS)
    legs = [lp.Put(strike=1.0, **TOKENS), lp.Call(strike=1.0, **TOKENS)]
    plan = lp.hedge(pool, legs, lp.Lognormal(price=1.0, volatility=width, years=1.0), objective=lp.Variance(USD))
    assert plan.quantities == pytest.approx([0.5 * put, 0.5 * call], abs=5e-6)
    assert plan.best.risk == pytest.approx(spread, abs=5e-7)


@pytest.mark.parametrize(("width", "before", "after"), [(0.2, 0.0998, 0.1109), (0.8, 0.3845, 0.5975)])
def test_two_puts_and_a_call_per_coin_are_worse(width: float, before: float, after: float) -> None:
    pool = lp.UniswapV2.from_value(1.0, price=1.0, **TOKENS)
    rule = lp.Put(strike=1.0, **TOKENS) + 0.5 * lp.Call(strike=1.0, **TOKENS)
    model = lp.Lognormal(price=1.0, volatility=width, years=1.0)
    assert model.standard_deviation(pool) == pytest.approx(before, abs=5e-5)
    assert model.standard_deviation(pool + rule) == pytest.approx(after, abs=5e-5)


def test_options_alone_are_short_calls_for_the_value_and_long_for_the_loss_against_holding() -> None:
    """Both by least squares over plain numbers, too."""
    pool = lp.UniswapV2.from_value(1.0, price=1.0, **TOKENS)
    legs = [lp.Put(strike=1.0, **TOKENS), lp.Call(strike=1.0, **TOKENS)]
    model = lp.Lognormal(price=1.0, volatility=0.2, years=1.0)
    points, shares = np.polynomial.legendre.leggauss(200)
    # The strike is at z = 0.1.
    z = np.concatenate([0.1 - 5 + 5 * points, 0.1 + 5 + 5 * points])
    s, w = np.exp(0.2 * z - 0.02), np.concatenate([shares, shares]) * 5 * norm.pdf(z)
    put, call = np.maximum(1 - s, 0), np.maximum(s - 1, 0)
    held = {lp.Value("USDC"): 0.0, lp.Excess("USDC"): 0.5 * (s - 1)}
    for measure, coins in held.items():
        plan = lp.hedge(pool, legs, model, objective=lp.Variance(measure))
        table = np.column_stack([put, call, np.ones_like(s)]) * np.sqrt(w)[:, None]
        expected = np.linalg.lstsq(table, -(np.sqrt(s) - 1 - coins) * np.sqrt(w), rcond=None)[0][:2]
        assert plan.quantities == pytest.approx(expected, rel=LEAST_SQUARES)
        assert plan.quantities[0] > 0
        assert (plan.quantities[1] < 0) == (measure == lp.Value("USDC"))


# ---- few of many, every subset tried

CHOICES = [
    ((lp.AtMost(1, of=lp.Put), lp.AtMost(1, of=lp.Call)), lambda p, c: p <= 1 and c <= 1),
    ((lp.AtMost(2, of=lp.Option),), lambda p, c: p + c <= 2),
    ((lp.AtMost(3, of=lp.Option),), lambda p, c: p + c <= 3),
    ((lp.AtMost(2, of=lp.Put), lp.AtMost(0, of=lp.Call)), lambda p, c: p <= 2 and c == 0),
]


def subsets(allowed: Callable[[int, int], bool], most: int = 3) -> Iterator[tuple[float, ...]]:
    strikes = (*PUTS, *CALLS)
    for size in range(most + 1):
        for chosen in itertools.combinations(strikes, size):
            puts = sum(k < START for k in chosen)
            if allowed(puts, size - puts):
                yield chosen


def least(b: np.ndarray, free: np.ndarray, columns: np.ndarray, side: int) -> tuple[np.ndarray, float]:
    """Quantities of the columns and what is left of ``b``; those of one side by scipy's nnls, the rest projected."""
    if side:
        base = np.linalg.qr(free)[0]
        columns, b = (x - base @ (base.T @ x) for x in (columns, b))
        found, left = optimize.nnls(side * columns, -b) if columns.shape[1] else (np.zeros(0), float(np.linalg.norm(b)))
        return side * found, float(left)
    table = np.column_stack([columns, free])
    found = np.linalg.lstsq(table, -b, rcond=None)[0]
    return found[: columns.shape[1]], float(np.linalg.norm(b + table @ found))


@pytest.mark.thorough
@pytest.mark.parametrize("with_perp", [True, False], ids=["with perpetual", "options alone"])
@pytest.mark.parametrize("side", [0, 1, -1], ids=["both sides", "long", "short"])
@pytest.mark.parametrize("sampled", [True, False], ids=["paths", "model"])
@pytest.mark.parametrize(("caps", "allowed"), CHOICES, ids=["1 put 1 call", "2", "3", "2 puts"])
def test_the_best_few_of_every_subset(
    caps: Sequence[lp.AtMost], allowed: Callable[[int, int], bool], sampled: bool, side: int, with_perp: bool
) -> None:
    prices, weights = (PATHS.prices[:, -1, 0], np.full(len(PATHS), 1 / len(PATHS))) if sampled else nodes()
    root = np.sqrt(weights / (1 - 1 / len(PATHS) if sampled else 1))
    b = root * (pool_value(prices) - MOVED_FROM)
    free = [np.ones_like(prices), prices - START] if with_perp else [np.ones_like(prices)]
    always = np.column_stack(free) * root[:, None]
    best: tuple[float, tuple[float, ...], np.ndarray] = (math.inf, (), np.zeros(0))
    for chosen in subsets(allowed):
        columns = np.reshape([root * paid(k, prices) for k in chosen], (len(chosen), root.size)).T
        found, left = least(b, always, columns, side)
        if left < best[0] * (1 - 1e-9):
            best = (left, chosen, found)
    legs = [lp.Leg(kind(k), side=lp.Side(side) if side else None) for k in (*PUTS, *CALLS)]
    offered = [*([PERP] if with_perp else []), *legs]
    over = PATHS if sampled else WEEK
    plan = lp.hedge(POOL, offered, over, objective=lp.Variance(USD), constraints=[*caps])
    traded = {leg.option.strike: q for leg, q in zip(plan.legs, plan.quantities, strict=True) if leg.option and q}
    figure, chosen, quantities = best
    assert plan.best.risk == pytest.approx(figure, rel=1e-7)
    assert traded == pytest.approx({k: q for k, q in zip(chosen, quantities, strict=True) if q}, rel=1e-6)
    assert plan.choice.gap == 0
    assert plan.choice.bound == plan.best.risk
    assert plan.choice.offered == (len(PUTS) + len(CALLS))


# ---- whole lots, within a budget and a cap on premiums

LOT, MARGIN = 5.0, 200.0
LATTICE = (1_620.0, 1_840.0, 2_020.0)


def lattice() -> np.ndarray:
    """``(points, 3)``: every choice of lots of three options, in coins: no budget has margin for ten lots sold."""
    steps = LOT * np.arange(-10, 51)
    return np.array(list(itertools.product(steps, repeat=len(LATTICE))))


def spent(quantities: np.ndarray, legs: Sequence[lp.Leg]) -> tuple[np.ndarray, np.ndarray]:
    """Net premium, and capital: what is bought, and margin of what is sold."""
    asks, bids = (np.array([getattr(leg.premium, side) for leg in legs]) for side in ("ask", "bid"))
    long, short = np.maximum(quantities, 0), np.maximum(-quantities, 0)
    return long @ asks - short @ bids, long @ asks + short.sum(axis=1) * MARGIN


@pytest.mark.parametrize("aversion", [None, 1e-4], ids=["variance", "mean-variance"])
@pytest.mark.parametrize(
    ("premium", "budget", "leverage"), [(None, 104_000.0, 5.0), (400.0, 110_000.0, 10.0), (0.0, 106_000.0, 3.0)]
)
def test_whole_lots_against_the_lattice(
    premium: float | None, budget: float, leverage: float, aversion: float | None
) -> None:
    """Every choice of lots, with the best continuous perpetual that the budget leaves collateral for."""
    legs = [quoted(k, spread=0.1, lot=LOT, margin_short=MARGIN) for k in LATTICE]
    short_of = [] if premium is None else [lp.PremiumAtMost(premium)]
    objective = lp.Variance(USD) if aversion is None else lp.MeanVariance(USD, aversion=aversion)
    plan = lp.hedge(
        POOL,
        [lp.Leg(PERP, collateral="USDC"), *legs],
        PATHS,
        objective=objective,
        constraints=[lp.WholeLots(), lp.Budget(budget), lp.MaxLeverage(leverage), *short_of],
    )
    prices = PATHS.prices[:, -1, 0]
    x = lattice()
    net, capital = spent(x, legs)
    room = budget - POOL_VALUE - capital
    fits = (room >= 0) & (net <= (math.inf if premium is None else premium + 1e-9))
    x, net, room = x[fits], net[fits], room[fits]
    table = np.column_stack([pool_value(prices) - MOVED_FROM, prices - START, *(paid(k, prices) for k in LATTICE)])
    mean, spread = table.mean(axis=0), np.cov(table, rowvar=False)
    weight = 1.0 if aversion is None else aversion
    reward = np.zeros_like(mean) if aversion is None else mean
    fixed = np.column_stack([np.ones(len(x)), np.zeros(len(x)), x])
    perp = (reward[1] / weight - fixed @ spread[1]) / spread[1, 1]
    most = room * leverage / START
    fixed[:, 1] = np.clip(perp, -most, most)
    variance = np.einsum("ij,jk,ik->i", fixed, spread, fixed)
    figures = np.sqrt(variance) if aversion is None else aversion / 2 * variance - fixed @ mean + net
    at = figures.argmin()
    assert x[at].max() < 50 * LOT
    assert plan.best.risk == pytest.approx(figures[at], rel=1e-7)
    assert plan.quantities[1:] == pytest.approx(x[at], abs=1e-6)
    assert plan.quantities[0] == pytest.approx(fixed[at, 1], rel=1e-5)
    assert plan.premium == pytest.approx(net[at], abs=1e-5)


# ---- bid and ask


def test_bid_and_ask_against_every_choice_of_signs() -> None:
    """Mean-variance of at most two options and a perpetual: each sign has its price, and must come out as assumed."""
    legs = [quoted(k, spread=0.04) for k in (*PUTS, *CALLS)]
    aversion = 3e-4
    plan = lp.hedge(
        POOL,
        [PERP, *legs],
        PATHS,
        objective=lp.MeanVariance(USD, aversion=aversion),
        constraints=[lp.AtMost(2, of=lp.Option)],
    )
    prices = PATHS.prices[:, -1, 0]
    moved = pool_value(prices) - MOVED_FROM
    prices_of = {leg.option.strike: leg.premium for leg in legs}
    best = math.inf, (), np.zeros(0)
    for chosen in subsets(lambda p, c: p + c <= 2, most=2):
        table = np.column_stack([prices - START, *(paid(k, prices) for k in chosen)])
        spread = np.atleast_2d(np.cov(table, rowvar=False))
        pull = ((table - table.mean(axis=0)) * (moved - moved.mean())[:, None]).sum(axis=0) / (len(prices) - 1)
        for signs in itertools.product((1, -1), repeat=len(chosen)):
            cost = [prices_of[k].ask if s > 0 else prices_of[k].bid for k, s in zip(chosen, signs, strict=True)]
            reward = table.mean(axis=0) - np.array([0.0, *cost])
            x = np.linalg.solve(spread, reward / aversion - pull)
            if (x[1:] * signs >= 0).all():
                y = moved + table @ x
                figure = aversion / 2 * np.var(y, ddof=1) - y.mean() + x[1:] @ np.array(cost)
                best = min(best, (figure, chosen, x), key=lambda found: found[0])
    figure, chosen, x = best
    assert plan.best.risk == pytest.approx(figure, rel=UNPOLISHED)
    traded = {leg.option.strike: q for leg, q in zip(plan.legs, plan.quantities, strict=True) if leg.option and q}
    assert sorted(traded) == sorted(chosen)
    assert plan.quantities == pytest.approx(x, rel=1e-4)
    assert plan.choice.bound <= figure * (1 + UNPOLISHED)


def test_a_long_choice_is_counted_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []

    class Bar:
        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self) -> None:
            counted.append(1)

    monkeypatch.setattr(search, "progress_bar", lambda *_, **__: Bar())
    legs, cap = [quoted(k, spread=0.04) for k in PUTS], lp.AtMost(1, of=lp.Put)
    plan = lp.hedge(POOL, [PERP, *legs], PATHS, objective=lp.CVaR(USD, level=0.9), constraints=[cap])
    assert len(counted) == plan.choice.solved > 1


@pytest.mark.parametrize("objective", [lp.CVaR(USD, level=0.9), lp.WorstCase(USD)], ids=["CVaR", "worst path"])
def test_the_best_few_for_a_tail_against_a_program_for_each(objective: lp.Objective) -> None:
    """Every put with every call by scipy's linprog, longs at the ask and shorts at the bid."""
    paths = WEEK.sample(paths=150, steps=1, seed=3)
    prices, n = paths.prices[:, -1, 0], 150
    legs = {k: quoted(k, spread=0.06) for k in (*PUTS, *CALLS)}
    moved = pool_value(prices) - MOVED_FROM

    def optimum(chosen: Sequence[float]) -> float:
        """Variables: perpetual, longs, shorts, a level, and the shortfall of each path below it."""
        gains = [prices - START]
        gains += [paid(k, prices) - legs[k].premium.ask for k in chosen]
        gains += [legs[k].premium.bid - paid(k, prices) for k in chosen]
        table = np.column_stack(gains)
        count = table.shape[1]
        bounds = [(None, None), *[(0, None)] * (count - 1), (None, None)]
        if isinstance(objective, lp.CVaR):
            cost = np.r_[np.zeros(count), 1.0, np.full(n, 1 / (n * (1 - objective.level)))]
            above = np.hstack([-table, -np.ones((n, 1)), -np.eye(n)])
            bounds += [(0, None)] * n
        else:
            cost = np.r_[np.zeros(count), 1.0]
            above = np.hstack([-table, -np.ones((n, 1))])
        return float(optimize.linprog(cost, A_ub=above, b_ub=moved, bounds=bounds).fun)

    plan = lp.hedge(
        POOL,
        [PERP, *legs.values()],
        paths,
        objective=objective,
        constraints=[lp.AtMost(1, of=lp.Put), lp.AtMost(1, of=lp.Call)],
    )
    every = {pair: optimum(pair) for pair in itertools.product(PUTS, CALLS)}
    best = min(every.values())
    size = UNPOLISHED * plan.risk_unhedged
    traded = [leg.option.strike for leg, q in zip(plan.legs, plan.quantities, strict=True) if leg.option and q]
    assert sum(k < START for k in traded) <= 1
    assert sum(k > START for k in traded) <= 1
    assert plan.best.risk == pytest.approx(optimum(traded), abs=size)
    assert plan.choice.bound - size <= best <= plan.best.risk + size
    assert plan.choice.gap == pytest.approx((plan.best.risk - plan.choice.bound) / plan.best.risk, abs=1e-9)
    # So few are searched to the end.
    assert plan.choice.gap == 0
    assert plan.best.risk <= best + size


@pytest.mark.parametrize("objective", [lp.CVaR(USD, level=0.9), lp.WorstCase(USD)], ids=["CVaR", "worst path"])
def test_a_free_lunch_of_three_quotes_is_none_of_two(objective: lp.Objective) -> None:
    """A bid above the butterfly about it: without a cap there is no end of it, with one each pair has its optimum."""
    fair = {k: black(START, k, WIDTH, call=False) + (0.1 if k == 1_800 else 0.0) for k in (1_795.0, 1_800.0, 1_805.0)}
    legs = [lp.Leg(kind(k), premium=lp.Premium(ask=f + 0.02, bid=f - 0.02)) for k, f in fair.items()]
    paths = WEEK.sample(paths=200, steps=1, seed=3)
    with pytest.raises(lp.InputError, match="an objective with an end"):
        lp.hedge(POOL, [PERP, *legs], paths, objective=objective)
    cap = lp.AtMost(2, of=lp.Put)
    plan = lp.hedge(POOL, [PERP, *legs], paths, objective=objective, constraints=[cap])
    pairs = [lp.hedge(POOL, [PERP, *two], paths, objective=objective) for two in itertools.combinations(legs, 2)]
    assert plan.best.risk == pytest.approx(min(pair.best.risk for pair in pairs), rel=UNPOLISHED)
    assert plan.choice.gap == 0


# ---- premiums by hand, on three outcomes

THREE = (1_500.0, 1_900.0, 2_400.0)
ASK, BID = 60.0, 54.0

FIGURES: list[tuple[str, lp.Objective, Callable[[np.ndarray], float]]] = [
    # The worst third counts for two thirds of the worse half.
    ("CVaR", lp.CVaR(USD, level=0.5), lambda y: float(-(np.sort(y) @ [1 / 3, 1 / 6, 0]) / 0.5)),
    ("worst", lp.WorstCase(USD), lambda y: float(-y.min())),
    ("semi", lp.SemiVariance(USD), lambda y: float(np.sqrt((np.minimum(y, 0) ** 2).mean()))),
    ("mean-variance", lp.MeanVariance(USD, aversion=1e-4), lambda y: float(0.5e-4 * np.var(y) - y.mean())),
    ("variance", lp.Variance(USD), lambda y: float(np.std(y))),
]


@pytest.mark.parametrize(("objective", "figure"), [f[1:] for f in FIGURES], ids=[f[0] for f in FIGURES])
@pytest.mark.parametrize("quantity", [3.0, -3.0])
@pytest.mark.parametrize(
    ("inverse", "out_of"), [(False, ""), (True, ""), (True, "ETH")], ids=["dollars", "coins bought", "coins held"]
)
def test_premiums_are_counted(
    objective: lp.Objective, figure: Callable[[np.ndarray], float], quantity: float, inverse: bool, out_of: str
) -> None:
    """Long at the ask, short at the bid; in coins at the start's price, or at the end's where they were held."""
    price = 1 / START if inverse else 1.0
    option = (lp.InversePut if inverse else lp.Put)(strike=1_950.0, **TOKENS)
    premium = lp.Premium(ask=ASK * price, bid=BID * price, out_of=out_of)
    leg = lp.Leg(option, premium=premium, side=lp.Side.LONG if quantity > 0 else lp.Side.SHORT, margin_short=0.1)
    pinned = lp.QuantityBounds(of=option, lower=quantity, upper=quantity)
    table = lp.Outcomes.from_prices(THREE, start=START)
    plan = lp.hedge(POOL, [leg], table, objective=objective, constraints=[pinned])
    ends = np.array(THREE)
    each = ASK if quantity > 0 else BID
    cost = each * (ends / START if out_of else 1.0)
    y = pool_value(ends) - MOVED_FROM + quantity * (np.maximum(1_950 - ends, 0) - cost)
    assert plan.quantities == pytest.approx((quantity,), rel=UNPOLISHED)
    assert plan.best.risk == pytest.approx(figure(y), rel=1e-7)
    assert plan.premium == pytest.approx(quantity * each, rel=1e-8)
    assert plan.capital == pytest.approx(POOL_VALUE + (3 * ASK if quantity > 0 else 3 * 0.1 / price), rel=UNPOLISHED)
    before, after = plan.changes()
    assert before == pytest.approx(pool_value(ends) - MOVED_FROM, abs=1e-8)
    assert after == pytest.approx(y, abs=1e-5)


def test_coins_that_paid_a_premium_are_exposure() -> None:
    """A put that was paid out of coins has its delta less its premium, v: by scipy's Black at the start."""
    put = lp.InversePut(strike=1_800.0, **TOKENS)
    d = math.log(START / 1_800) / WIDTH + WIDTH / 2
    v = black(START, 1_800.0, WIDTH, call=False) / START
    pinned = lp.QuantityBounds(of=put, lower=10, upper=10)
    for out_of, coins in (("", 0.0), ("ETH", v)):
        leg = lp.Leg(put, premium=lp.Premium(ask=v, bid=v / 2, out_of=out_of), side=lp.Side.LONG)
        plan = lp.hedge(POOL, [leg], WEEK, objective=lp.Variance(USD), constraints=[pinned])
        expected = POOL.delta(START) + 10 * (norm.cdf(d) - 1 - coins)
        assert plan.net_delta["ETH"] == pytest.approx(expected, rel=1e-9)


# ---- rows by hand


def risk_of(put: float, call: float, perp: float = 0.0) -> float:
    prices, weights = nodes()
    y = pool_value(prices) + put * paid(1_840.0, prices) + call * paid(2_020.0, prices) + perp * prices
    return math.sqrt(float(weights @ (y - weights @ y) ** 2))


def test_a_cap_on_premiums_by_hand() -> None:
    put, call = quoted(1_840.0, spread=0.1), quoted(2_020.0, spread=0.1)
    alone = lp.hedge(POOL, [put], WEEK, objective=lp.Variance(USD), constraints=[lp.PremiumAtMost(500)])
    assert alone.quantities == pytest.approx((500 / put.premium.ask,), rel=SOLVER)
    assert alone.certificate.binding == ("premium",)
    # What a sold call brings buys more puts: on the line of 500 of premium, the least risk of a fine scan.
    both = lp.hedge(POOL, [put, call], WEEK, objective=lp.Variance(USD), constraints=[lp.PremiumAtMost(500)])
    bought, sold = both.quantities
    assert bought > 0 > sold
    assert bought * put.premium.ask + sold * call.premium.bid == pytest.approx(500, rel=SOLVER)
    assert both.premium == pytest.approx(500, rel=SOLVER)
    scan = [risk_of((500 - s * call.premium.bid) / put.premium.ask, s) for s in np.linspace(2 * sold, 0, 401)]
    assert both.best.risk == pytest.approx(risk_of(bought, sold), rel=EIGHT_DIGITS)
    assert both.best.risk <= min(scan) * (1 + SOLVER)
    free = lp.hedge(POOL, [put], WEEK, objective=lp.Variance(USD), constraints=[lp.PremiumAtMost(0)])
    assert free.quantities == pytest.approx((0.0,), abs=1e-9)


def test_a_budget_counts_premiums_and_margin_by_hand() -> None:
    """A bought option takes its ask, a sold one its margin; what it brings is not counted."""
    put = quoted(1_840.0, spread=0.1)
    call = quoted(2_020.0, spread=0.1, margin_short=150.0)
    bought = lp.hedge(POOL, [put], WEEK, objective=lp.Variance(USD), constraints=[lp.Budget(100_400)])
    assert bought.quantities == pytest.approx((400 / put.premium.ask,), rel=SOLVER)
    assert bought.capital == pytest.approx(100_400, rel=ROUNDING * 10)
    sold = lp.hedge(POOL, [call], WEEK, objective=lp.Variance(USD), constraints=[lp.Budget(100_300)])
    assert sold.quantities == pytest.approx((-2.0,), rel=SOLVER)
    assert sold.premium == pytest.approx(-2 * call.premium.bid, rel=SOLVER)
    assert sold.capital == pytest.approx(100_300, rel=SOLVER)
    coin = lp.Leg(lp.InverseCall(strike=2_020.0, **TOKENS), premium=lp.Premium(ask=0.03, bid=0.02), margin_short=0.1)
    inverse = lp.hedge(POOL, [coin], WEEK, objective=lp.Variance(USD), constraints=[lp.Budget(100_380)])
    assert inverse.quantities == pytest.approx((-2.0,), rel=SOLVER)
    assert inverse.capital == pytest.approx(POOL_VALUE + 2 * 0.1 * START, rel=SOLVER)


def test_what_is_in_hand_pays_premiums_by_hand() -> None:
    held, dollars = POOL.base_amount(START), POOL.quote_amount(START)
    hand = lp.Wallet({"ETH": held + 0.2, "USDC": dollars + 300})
    put = quoted(1_840.0, spread=0.1, side=lp.Side.LONG)
    plan = lp.hedge(POOL, [put], WEEK, objective=lp.Variance(USD), constraints=[hand])
    assert plan.quantities == pytest.approx((300 / put.premium.ask,), rel=EIGHT_DIGITS)
    coins = lp.InversePut(strike=1_840.0, **TOKENS)
    for out_of, size in (("ETH", 0.2 / 0.025), ("", 300 / (0.025 * START))):
        leg = lp.Leg(coins, premium=lp.Premium(ask=0.025, bid=0.02, out_of=out_of), side=lp.Side.LONG)
        plan = lp.hedge(POOL, [leg], WEEK, objective=lp.Variance(USD), constraints=[hand])
        assert plan.quantities == pytest.approx((size,), rel=EIGHT_DIGITS)
    sold = lp.Leg(
        lp.InverseCall(strike=2_020.0, **TOKENS),
        premium=lp.Premium(ask=0.03, bid=0.02),
        margin_short=0.1,
        side=lp.Side.SHORT,
    )
    plan = lp.hedge(POOL, [sold], WEEK, objective=lp.Variance(USD), constraints=[hand])
    assert plan.quantities == pytest.approx((-2.0,), rel=EIGHT_DIGITS)


def test_economics_of_an_option_are_its_mean_less_its_premium() -> None:
    """Under a drift, by Black's formula at the forward; long at the ask, short at the bid."""
    drifting = lp.Lognormal(price=START, volatility=VOLATILITY, years=YEARS, drift_per_year=0.8)
    fair, call = black(START, 1_950.0, WIDTH, call=False), quoted(2_020.0, spread=0.2)
    # In the money: it is worth something at the start already.
    put = lp.Leg(lp.Put(strike=1_950.0, **TOKENS), premium=lp.Premium(ask=1.1 * fair, bid=0.9 * fair))
    plan = lp.hedge(POOL, [put, call], drifting, objective=lp.Variance(USD))
    bought, sold = plan.quantities
    assert bought > 0 > sold
    found = {part.name: part.amount for part in lp.economics(plan).parts}
    forward = START * math.exp(0.8 * YEARS)
    gains = {
        put.name: bought * (black(forward, 1_950.0, WIDTH, call=False) - put.premium.ask),
        call.name: sold * (black(forward, 2_020.0, WIDTH, call=True) - call.premium.bid),
    }
    for name, gain in gains.items():
        assert found[name] == pytest.approx(gain, rel=1e-8)


# ---- expiries that are not the horizon's


@pytest.mark.parametrize("objective", [lp.Variance(USD), lp.Variance(lp.Value("ETH")), lp.CVaR(USD, level=0.9)])
@pytest.mark.parametrize("sampled", [False, True], ids=["model", "paths"])
def test_an_option_that_expires_later_is_marked_at_the_horizon(objective: lp.Objective, sampled: bool) -> None:
    premium = lp.Premium(ask=84.0, bid=82.0)
    option = lp.Put(strike=1_800.0, years=30 / 365, **TOKENS)
    by_hand = lp.Put(strike=1_800.0, **TOKENS).marked(volatility=0.7, years=23 / 365)
    over = PATHS if sampled else WEEK
    # So cheap that a tail has no end of it.
    capped = [lp.PremiumAtMost(1_000)] if isinstance(objective, lp.CVaR) else []
    plans = [
        lp.hedge(POOL, [PERP, leg], over, objective=objective, constraints=capped)
        for leg in (lp.Leg(option, volatility=0.7, premium=premium), lp.Leg(by_hand, premium=premium))
    ]
    assert plans[0].quantities == pytest.approx(plans[1].quantities, rel=1e-9)
    assert plans[0].best.risk == pytest.approx(plans[1].best.risk, rel=ROUNDING)
    assert any("30 days left expire after the horizon" in said for said in plans[0].assumptions)
    if objective == lp.Variance(USD):
        # Gauss-Hermite over scipy's Black: smooth but for the pool, whose kinks are nodes of their own.
        prices, weights = (PATHS.prices[:, -1, 0], None) if sampled else nodes()
        marks = np.array([black(p, 1_800.0, 0.7 * math.sqrt(23 / 365), call=False) for p in prices])
        table = np.cov([pool_value(prices), prices, marks], aweights=weights, ddof=1 if sampled else 0)
        expected = -np.linalg.solve(table[1:, 1:], table[1:, 0])
        assert plans[0].quantities == pytest.approx(expected, rel=1e-7)


def test_an_option_that_expires_earlier_against_two_dates() -> None:
    """A million draws of the price on both dates; and the model's own paths."""
    early = lp.Put(strike=1_850.0, years=3 / 365, **TOKENS)
    plan = lp.hedge(POOL, [PERP, early], WEEK, objective=lp.Variance(USD))
    rng = np.random.default_rng(11)
    n = 1_000_000
    first, second = (VOLATILITY * math.sqrt(days / 365) for days in (3, 4))
    on_the_day = START * np.exp(first * rng.standard_normal(n) - first**2 / 2)
    ends = on_the_day * np.exp(second * rng.standard_normal(n) - second**2 / 2)
    moves = np.column_stack([ends - START, np.maximum(1_850 - on_the_day, 0)])
    moves -= moves.mean(axis=0)
    moved = pool_value(ends)
    moved -= moved.mean()
    inverse = np.linalg.inv(moves.T @ moves)
    sampled = -inverse @ (moves.T @ moved)
    left = moved + moves @ sampled
    noise = np.sqrt(np.diag(inverse @ ((moves * left[:, None] ** 2).T @ moves) @ inverse))
    assert (np.abs(np.array(plan.quantities) - sampled) < STANDARD_ERRORS * noise).all()
    y = moved + moves @ np.array(plan.quantities)
    variance = float((y**2).mean())
    spread = math.sqrt(float((y**4).mean()) - variance**2) / math.sqrt(n)
    assert abs(plan.best.risk**2 - variance) < STANDARD_ERRORS * spread
    assert any("expire before the horizon" in said for said in plan.assumptions)
    paths = WEEK.sample(paths=20_000, steps=7, seed=2)
    on_paths = lp.hedge(POOL, [PERP, early], paths, objective=lp.Variance(USD))
    for exact, found, error in zip(plan.quantities, on_paths.quantities, on_paths.standard_errors, strict=True):
        assert abs(exact - found) < STANDARD_ERRORS * error
    days = paths.prices[:, 3, 0]
    table = np.cov([pool_value(paths.prices[:, -1, 0]), paths.prices[:, -1, 0], np.maximum(1_850 - days, 0)])
    expected = -np.linalg.solve(table[1:, 1:], table[1:, 0])
    assert on_paths.quantities == pytest.approx(expected, rel=LEAST_SQUARES)


@pytest.mark.parametrize("share", [0.99, 1.0, 1.01])
def test_an_expiry_near_the_horizon_is_taken_as_it_and_said(share: float) -> None:
    near = lp.Put(strike=1_800.0, years=share * YEARS, **TOKENS)
    plan = lp.hedge(POOL, [PERP, near], WEEK, objective=lp.Variance(USD))
    due = lp.hedge(POOL, [PERP, lp.Put(strike=1_800.0, **TOKENS)], WEEK, objective=lp.Variance(USD))
    assert plan.quantities == due.quantities
    assert any("are taken to expire with the horizon" in said for said in plan.assumptions) == (share != 1)


def test_options_that_are_held_already_are_hedged() -> None:
    """By least squares: a put that is due, and a call that is then marked."""
    later = lp.InverseCall(strike=2_000.0, years=30 / 365, **TOKENS)
    book = POOL + 12 * lp.Put(strike=1_840.0, **TOKENS) - 20 * later
    plan = lp.hedge(book, [PERP, kind(2_020.0)], WEEK, objective=lp.Variance(USD))
    prices, weights = nodes()
    marks = np.array([black(p, 2_000.0, VOLATILITY * math.sqrt(23 / 365), call=True) for p in prices])
    held = pool_value(prices) + 12 * paid(1_840.0, prices) - 20 * marks
    table = np.cov([held, prices, paid(2_020.0, prices)], aweights=weights, ddof=0)
    expected = -np.linalg.solve(table[1:, 1:], table[1:, 0])
    assert plan.quantities == pytest.approx(expected, rel=1e-7)
    assert plan.risk_unhedged == pytest.approx(math.sqrt(table[0, 0]), rel=1e-8)


@pytest.mark.parametrize(
    ("bounds", "name"), [(lp.DeltaBounds, "delta"), (lp.GammaBounds, "gamma"), (lp.VegaBounds, "vega")]
)
def test_bounds_on_greeks_at_the_start_by_hand(bounds: type, name: str) -> None:
    """Black's Greeks with all of the time that is left at the start: 7 days, and 30 for the later one."""
    puts = (1_840.0, YEARS, None), (1_800.0, 30 / 365, 0.7)
    legs = [lp.Leg(lp.Put(strike=k, years=None if v is None else t, **TOKENS), volatility=v) for k, t, v in puts]
    held = {"delta": POOL.delta(START), "gamma": POOL.gamma(START), "vega": 0.0}[name]
    each = []
    for strike, years, own in puts:
        sigma = own or VOLATILITY
        w = sigma * math.sqrt(years)
        d = math.log(START / strike) / w + w / 2
        greeks = {"delta": norm.cdf(d) - 1, "gamma": norm.pdf(d) / (START * w)}
        greeks["vega"] = START * norm.pdf(d) * math.sqrt(years)
        each.append(greeks[name])
    perp = 1.0 if name == "delta" else 0.0
    free = lp.hedge(POOL, [PERP, *legs], WEEK, objective=lp.Variance(USD))
    figure = getattr(free, f"net_{name}")["ETH"]
    assert figure == pytest.approx(held + np.array(free.quantities) @ [perp, *each], rel=1e-9)
    wanted = 0.5 * figure if figure else 1.0
    bound = bounds(lower=wanted, upper=wanted)
    plan = lp.hedge(POOL, [PERP, *legs], WEEK, objective=lp.Variance(USD), constraints=[bound])
    assert held + np.array(plan.quantities) @ [perp, *each] == pytest.approx(wanted, rel=1e-7)
    assert plan.certificate.binding == (f"net {name}",)
    assert plan.best.risk > free.best.risk


# ---- what is refused

PUT = lp.Put(strike=1_800.0, **TOKENS)
DEAR = lp.Leg(PUT, premium=lp.Premium(ask=50, bid=40), side=lp.Side.LONG, lot=1.0)
TWELVE = [lp.Leg(lp.Put(strike=1_700.0 + 10 * i, **TOKENS), premium=lp.Premium(ask=50, bid=40)) for i in range(12)]
THREE_LONG = lp.QuantityBounds(of=PUT, lower=3)


def hedged(*legs: lp.Leg | lp.Instrument, **changes: object) -> lp.HedgePlan:
    arguments = {"exposure": POOL, "over": WEEK, "objective": lp.Variance(USD), "constraints": []} | changes
    return lp.hedge(legs=[PERP, *legs], **arguments)


REFUSED: list[tuple[str, Callable[[], object], type[lp.LPGreeksError], str]] = [
    ("crossed", lambda: lp.Premium(ask=1, bid=2), lp.InputError, "A crossed quote is none"),
    ("negative ask", lambda: lp.Premium(ask=-1), lp.InputError, "ask of 0 or more"),
    ("negative bid", lambda: lp.Premium(ask=1, bid=-1), lp.InputError, "bid of 0 or more"),
    ("nan", lambda: lp.Premium(ask=math.nan), lp.InputError, "the ask to be finite"),
    ("infinite", lambda: lp.Premium(ask=math.inf), lp.InputError, "the ask to be finite"),
    ("a number", lambda: lp.Leg(PUT, premium=50.0), lp.InputError, "premium as a Premium"),
    ("out of dollars", lambda: lp.Leg(PUT, premium=lp.Premium(ask=1, out_of="ETH")), lp.TokenError, "premium in coins"),
    ("fewer than none", lambda: lp.AtMost(-1, of=lp.Put), lp.InputError, "at least 0; got -1"),
    ("half of one", lambda: lp.AtMost(1.5, of=lp.Put), lp.InputError, "whole number"),
    ("a kind's name", lambda: lp.AtMost(1, of="Put"), lp.InputError, "a kind of instrument"),
    ("nobody offers it", lambda: hedged(PUT, constraints=[lp.AtMost(1, of=lp.Call)]), lp.InputError, "Leave AtMost"),
    ("four of them", lambda: hedged(*TWELVE, constraints=[lp.AtMost(4, of=lp.Put)]), lp.InputError, "at most 3 legs"),
    ("another coin", lambda: hedged(lp.Put(base="BTC", quote="USDC", strike=1.0)), lp.MarketError, "one coin"),
    ("another quote", lambda: hedged(lp.Put(base="ETH", quote="DAI", strike=1.0)), lp.TokenError, "declares the two"),
    ("of a perpetual", lambda: lp.Leg(PERP, premium=lp.Premium(ask=1)), lp.InputError, "of an option"),
    ("volatility of one", lambda: lp.Leg(PERP, volatility=0.6), lp.InputError, "of an option"),
    ("margin of one", lambda: lp.Leg(PERP, margin_short=0.1), lp.InputError, "of an option"),
    ("percent", lambda: hedged(lp.Leg(PUT, volatility=65.0)), lp.InputError, "decimal per year (0.65, not 65)"),
    ("no volatility", lambda: lp.Leg(PUT, volatility=0.0), lp.InputError, "volatility to be positive"),
    ("a margin below 0", lambda: lp.Leg(PUT, margin_short=-1), lp.InputError, "a margin of 0 or more"),
    ("no lot", lambda: lp.Leg(PUT, lot=0), lp.InputError, "lot to be positive"),
    ("collateral", lambda: lp.Leg(PUT, collateral="USDC"), lp.InputError, "What is bought and held needs none"),
    ("for nothing", lambda: hedged(PUT, objective=lp.CVaR(USD)), lp.InputError, "a premium of every option"),
    ("capped for nothing", lambda: hedged(PUT, constraints=[lp.PremiumAtMost(9)]), lp.InputError, "every one of them"),
    ("partly", lambda: hedged(DEAR, CALL, constraints=[lp.PremiumAtMost(9)]), lp.InputError, "none of call 2,000"),
    ("a negative cap", lambda: lp.PremiumAtMost(-1), lp.InputError, "a premium of 0 or more"),
    ("without lots", lambda: hedged(PUT, constraints=[lp.WholeLots()]), lp.InputError, "legs with a lot"),
    ("too dear", lambda: hedged(DEAR, constraints=[lp.PremiumAtMost(99), THREE_LONG]), lp.InfeasibleError, "150"),
    ("too dear in lots", lambda: hedged(DEAR, constraints=[lp.WholeLots(), lp.PremiumAtMost(99), THREE_LONG]),
     lp.InfeasibleError, "a premium of 99 USDC"),
    ("either side of many", lambda: hedged(*TWELVE, constraints=[lp.PremiumAtMost(9)]), lp.InputError, "Side.LONG"),
    ("closed early", lambda: hedged(PUT, over=PATHS, exit="range"), lp.InputError, 'exit="held"'),
    ("marked, closed early", lambda: hedged(PUT.marked(volatility=0.6, years=0.1), over=PATHS, exit="range"),
     lp.InputError, 'exit="held"'),
    ("held, closed early", lambda: hedged(exposure=POOL + PUT, over=PATHS, exit="range"), lp.InputError, 'exit="held"'),
    ("no horizon", lambda: hedged(LATER, over=lp.Outcomes.from_prices(THREE * 2, start=START)), lp.InputError,
     "a horizon, for an option"),
    ("two earlier days", lambda: hedged(*EARLIER), lp.InputError, "all on one day"),
]  # fmt: skip

CALL = lp.Call(strike=2_000.0, **TOKENS)
LATER = lp.Put(strike=1_800.0, years=30 / 365, **TOKENS)
EARLIER = [lp.Put(strike=1_800.0, years=days / 365, **TOKENS) for days in (3, 4)]


@pytest.mark.parametrize(("call", "error", "text"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_one_clear_error(call: Callable[[], object], error: type[lp.LPGreeksError], text: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)
    assert caught.value.expected
    assert caught.value.got


def test_none_of_the_options_is_a_choice() -> None:
    """A cap of 0 leaves the perpetual, whatever else is asked of premiums."""
    for objective, over in ((lp.Variance(USD), WEEK), (lp.CVaR(USD), PATHS)):
        plan = hedged(
            DEAR, over=over, objective=objective, constraints=[lp.AtMost(0, of=lp.Option), lp.PremiumAtMost(9)]
        )
        alone = hedged(over=over, objective=objective)
        assert plan.quantities == pytest.approx(alone.quantities, rel=1e-6)
