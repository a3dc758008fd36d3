"""Options seen whole: the smile and what ranges cost on it, every pair of a put and a call, one hedge beside others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import lpgreeks as lp
from tests.test_chains import black

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
YEARS = 30 / 365


def flat_chain(
    strikes: np.ndarray, *, forward: float = 2_000.0, volatility: float = 0.6, coin: bool = True
) -> lp.Chain:
    """One expiry in 30 days at one volatility; bids and asks 2 % off. Strikes in no order."""
    forward, volatility = 2_000.0, 0.6
    shuffled = np.random.default_rng(1).permutation(np.repeat(strikes, 2))
    _, first = np.unique(shuffled, return_index=True)
    calls = np.isin(np.arange(shuffled.size), first)
    marks = np.array([black(forward, k, volatility * YEARS**0.5, c) for k, c in zip(shuffled, calls, strict=True)])
    marks = marks / forward if coin else marks
    size = shuffled.size
    return lp.Chain(
        base="ETH",
        quote="USD",
        at=AT,
        source="made up",
        names=np.array([f"ETH-4FEB26-{k:.0f}-{'C' if c else 'P'}" for k, c in zip(shuffled, calls, strict=True)]),
        calls=calls,
        coin_settled=np.full(size, coin),
        strikes=shuffled,
        expiries=np.full(size, np.datetime64("2026-02-04T08:00:00", "us")),
        bids=0.98 * marks,
        asks=1.02 * marks,
        marks=marks,
        index_prices=np.full(size, forward),
    )


# ---- the smile


@pytest.mark.parametrize("coin", [True, False])
def test_one_volatility_is_found_everywhere(coin: bool) -> None:
    strikes = np.arange(1_500.0, 2_601.0, 100.0)
    found = lp.smile(flat_chain(strikes, coin=coin))
    assert (found.strikes == strikes).all()
    assert found.marks == pytest.approx(0.6, rel=1e-9)
    assert found.at_the_money == pytest.approx(0.6, rel=1e-9)
    assert (found.bids < found.marks).all()
    assert (found.asks > found.marks).all()
    assert found.table()["option"].tolist() == ["put"] * 6 + ["call"] * 6


def test_ranges_cost_the_volatility_of_their_options_from_above() -> None:
    """Straight lines between strikes add the square of their distance; a position over many strikes tends to it too."""
    pool = lp.UniswapV3(base="ETH", quote="USD", liquidity=3.0, lower=1_800.0, upper=2_200.0)
    over = []
    for step in (50.0, 25.0):
        found = lp.smile(flat_chain(np.arange(1_500.0, 2_601.0, step)), pool)
        assert np.isnan(found.ranges[[0, -1]]).all()
        inner = found.ranges[1:-1]
        assert (inner > 0.6).all()
        assert inner[np.argmin(np.abs(found.strikes[1:-1] - 2_000))] < 0.6 * (1 + (step / 2_000) ** 2 * 12)
        assert found.of_position is not None
        over.append(found.of_position - 0.6)
    assert 0 < over[1] < over[0] < 0.01
    assert over[0] / over[1] == pytest.approx(4.0, rel=0.05)


def test_a_forward_and_a_range_between_the_strikes() -> None:
    """No strike is at the forward or at an end: the line counts, and the strikes next outside carry weight."""
    pool = lp.UniswapV3(base="ETH", quote="USD", liquidity=3.0, lower=1_818.0, upper=2_182.0)
    found = lp.smile(flat_chain(np.arange(1_510.0, 2_611.0, 20.0)), pool)
    assert found.of_position is not None
    assert 0.6 < found.of_position < 0.602
    assert (found.ranges[1:-1] > 0.6).all()
    assert found.at_the_money == pytest.approx(0.6, rel=1e-9)


def test_the_premium_of_a_range_is_its_expected_loss() -> None:
    """By the mean loss of the range under the model, which knows no options."""
    pool = lp.UniswapV3(base="ETH", quote="USD", liquidity=3.0, lower=1_800.0, upper=2_200.0)
    found = lp.smile(flat_chain(np.arange(1_500.0, 2_601.0, 5.0)), pool)
    loss = lp.expected_lvr(pool, price=2_000, volatility=found.of_position, years=YEARS)
    assert loss == pytest.approx(lp.expected_lvr(pool, price=2_000, volatility=0.6, years=YEARS), rel=5e-5)


def test_a_missing_mark_leaves_its_ranges_out() -> None:
    chain = flat_chain(np.arange(1_500.0, 2_601.0, 100.0))
    marks = chain.marks.copy()
    marks[chain.strikes == 1_800] = np.nan
    found = lp.smile(replace(chain, marks=marks))
    assert np.isnan(found.marks).sum() == 1
    assert found.strikes[np.isnan(found.ranges)].tolist() == [1_500, 1_700, 1_800, 1_900, 2_600]
    assert found.to_dict()["rows"][3]["mark"] is None


def test_smiles_that_cannot_be() -> None:
    chain = flat_chain(np.arange(1_500.0, 2_601.0, 100.0))
    wide = lp.UniswapV3(base="ETH", quote="USD", liquidity=1.0, lower=1_400.0, upper=2_200.0)
    with pytest.raises(lp.DataError, match=r"strikes from 1,400 to 2,200; got 1,500 to 2,600"):
        lp.smile(chain, wide)
    with pytest.raises(lp.DataError, match="a forward"):
        lp.smile(replace(chain.only_calls(), parity=()))
    mixed = np.arange(len(chain)) % 2 == 0
    with pytest.raises(lp.DataError, match="all settled in coins or none"):
        lp.smile(replace(chain, coin_settled=mixed))
    with pytest.raises(lp.DataError, match="marks on both sides of the forward"):
        _ = lp.smile(chain.between(1_500, 1_800)).at_the_money


def test_a_real_smile(real_data: Path) -> None:
    path = real_data / "deribit-options-2026-01" / "options.parquet"
    if not path.is_file():
        pytest.skip(f"no {path}")
    chain = lp.read_chain(path, base="ETH", at="2026-01-05 12:00").expiring("2026-01-30")
    found = lp.smile(chain, lp.UniswapV3(base="ETH", quote="USD", liquidity=1.0, lower=2_900.0, upper=3_400.0))
    stated = dict(zip(zip(chain.strikes, chain.calls, strict=True), chain.volatilities, strict=True))
    theirs = np.array([stated[k, k > found.forward] for k in found.strikes])
    inner = np.abs(np.log(found.strikes / found.forward)) < 0.25
    assert found.marks[inner] == pytest.approx(theirs[inner], abs=2e-3)
    assert found.ranges[inner] == pytest.approx(theirs[inner], abs=1e-2)
    assert found.at_the_money < found.of_position < found.at_the_money + 0.01


# ---- every pair


@pytest.fixture
def offered() -> list[lp.Leg]:
    return lp.legs(flat_chain(np.arange(1_600.0, 2_401.0, 100.0)))


@pytest.fixture
def model() -> lp.Lognormal:
    return lp.Lognormal(price=2_000, volatility=0.6, years=YEARS)


@pytest.fixture
def pool() -> lp.UniswapV3:
    return lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=2_000, lower=1_800, upper=2_200)


@pytest.fixture
def linear() -> lp.LinearPerp:
    return lp.LinearPerp(base="ETH", quote="USDC", entry=2_000)


def sides(offered: list[lp.Leg]) -> tuple[list[lp.Leg], list[lp.Leg]]:
    puts = [leg for leg in offered if isinstance(leg.option, lp.Put)]
    return puts, [leg for leg in offered if leg not in puts]


def test_the_best_pair_is_the_one_that_is_chosen(
    pool: lp.UniswapV3, linear: lp.LinearPerp, model: lp.Lognormal, usdc: lp.Variance, offered: list[lp.Leg]
) -> None:
    puts, calls = sides(offered)
    found = lp.choice_map(pool, [linear], model, puts=puts[::-1], calls=calls, objective=usdc)
    one_each = [lp.AtMost(1, of=lp.Put), lp.AtMost(1, of=lp.Call)]
    plan = lp.hedge(pool, [linear, *offered], model, objective=usdc, constraints=one_each)
    assert np.nanmin(found.risks) == pytest.approx(plan.best.risk, rel=1e-9)
    assert found.best.best.risk == np.nanmin(found.risks)
    assert found.puts.tolist() == found.calls.tolist() == list(range(1_600, 2_401, 100))
    put, call = found.at
    assert found.table().set_index(["put", "call"])["effectiveness"][put, call] == pytest.approx(plan.effectiveness)


def test_a_pair_by_least_squares_on_a_fine_grid(
    pool: lp.UniswapV3, linear: lp.LinearPerp, model: lp.Lognormal, usdc: lp.Variance, offered: list[lp.Leg]
) -> None:
    near = [leg for leg in offered if leg.option is not None and 1_900 <= leg.option.strike <= 2_100]
    puts, calls = sides(near)
    found = lp.choice_map(pool, [linear], model, puts=puts, calls=calls, objective=usdc)
    width = 0.6 * YEARS**0.5
    z = np.linspace(-8, 8, 200_001)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    price = 2_000 * np.exp(width * z - width**2 / 2)
    columns = [price, np.maximum(2_000 - price, 0), np.maximum(price - 2_100, 0)]
    b, *a = (np.sqrt(weights) * (v - weights @ v) for v in (np.asarray(pool.value(price)), *columns))
    rest = b - np.array(a).T @ np.linalg.lstsq(np.array(a).T, b, rcond=None)[0]
    i, j = found.puts.tolist().index(2_000), found.calls.tolist().index(2_100)
    assert found.risks[i, j] == pytest.approx(float(np.sqrt(rest @ rest)), rel=1e-6)
    assert found.effectiveness[i, j] == pytest.approx(1 - (rest @ rest) / (b @ b), rel=1e-9)


def test_pairs_that_a_bound_rules_out_are_blank(
    pool: lp.UniswapV3, linear: lp.LinearPerp, model: lp.Lognormal, usdc: lp.Variance, offered: list[lp.Leg]
) -> None:
    puts, calls = (sorted(side, key=lambda leg: leg.option.strike) for side in sides(offered))
    free = lp.choice_map(pool, [linear], model, puts=puts[:3], calls=calls[6:], objective=usdc)
    least = float(np.median(free.effectiveness))
    bound = [lp.EffectivenessAtLeast(least)]
    found = lp.choice_map(pool, [linear], model, puts=puts[:3], calls=calls[6:], objective=usdc, constraints=bound)
    assert (np.isnan(found.risks) == (free.effectiveness < least * (1 - 1e-9))).all()
    assert any(None in row for row in found.to_dict()["risks"])
    with pytest.raises(lp.InfeasibleError):
        lp.choice_map(
            pool, [linear], model, puts=puts[:1], calls=calls[-1:], objective=usdc,
            constraints=[lp.EffectivenessAtLeast(0.999)],
        )  # fmt: skip
    with pytest.raises(lp.InputError, match="puts, one a strike"):
        lp.choice_map(pool, [linear], model, puts=calls, calls=calls, objective=usdc)
    with pytest.raises(lp.InputError, match="calls, one a strike; got none"):
        lp.choice_map(pool, [linear], model, puts=puts, calls=[], objective=usdc)


# ---- one beside others


def test_each_rival_is_its_own_hedge(
    pool: lp.UniswapV3, linear: lp.LinearPerp, model: lp.Lognormal, usdc: lp.Variance, offered: list[lp.Leg]
) -> None:
    bounds = [lp.AtMost(1, of=lp.Put), lp.AtMost(1, of=lp.Call), lp.PremiumAtMost(3_000)]
    plan = lp.hedge(pool, [linear, *offered], model, objective=usdc, constraints=bounds)
    best = lp.strikes(pool, [linear], model, objective=usdc, puts=1, calls=1)
    found = lp.compare(plan, {"perpetual": [linear], "options": offered, "best": best}, constraints=bounds)
    table = found.table().set_index("hedge")
    assert table.index.tolist() == ["the plan", "perpetual", "options", "best", "nothing"]
    alone = lp.hedge(pool, [linear], model, objective=usdc)
    bought = lp.hedge(pool, offered, model, objective=usdc, constraints=bounds)
    risks = [plan.best.risk, alone.best.risk, bought.best.risk, best.best.risk, plan.risk_unhedged]
    assert table["risk [USDC]"].tolist() == pytest.approx(risks, rel=1e-9)
    assert table["premium [USDC]"].tolist()[:3] == pytest.approx([plan.premium, 0, bought.premium])
    assert np.isnan(table["premium [USDC]"]["best"])  # nobody quotes those strikes
    assert table["effectiveness"]["nothing"] == 0
    assert "put" in table["options"]["the plan"]
    assert found.to_dict()["rivals"][3]["premium"] is None


def test_a_rival_that_cannot_be_says_why(
    pool: lp.UniswapV3, linear: lp.LinearPerp, model: lp.Lognormal, usdc: lp.Variance, offered: list[lp.Leg]
) -> None:
    bounds = [lp.AtMost(2, of=lp.Option), lp.EffectivenessAtLeast(0.95)]
    plan = lp.hedge(pool, [linear, *offered], model, objective=usdc, constraints=bounds)
    found = lp.compare(plan, {"perpetual": [linear]}, constraints=bounds)
    assert found.rivals[1].plan is None
    assert "effectiveness" in found.rivals[1].reason
    assert np.isnan(found.table()["risk [USDC]"][1])
    assert "- perpetual: " in str(found)
    assert "perpetual" not in found.sentence()


def test_only_like_is_compared(
    pool: lp.UniswapV3, linear: lp.LinearPerp, model: lp.Lognormal, usdc: lp.Variance
) -> None:
    plan = lp.hedge(pool, [linear], model, objective=usdc)
    for other in (
        lp.hedge(pool, [linear], model, objective=lp.Variance(lp.Excess("USDC"))),
        lp.hedge(2 * pool, [linear], model, objective=usdc),
    ):
        with pytest.raises(lp.InputError, match="one exposure and one objective; got another for twice"):
            lp.compare(plan, {"twice": other})
