"""The best options of a chain against brute force; real ones decided without what came after, and scored by hand."""

from __future__ import annotations

import importlib.util
import itertools
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from tests.tolerances import ROUNDING, SOLVER, UNPOLISHED

EXAMPLE = Path(__file__).parent.parent / "examples" / "options_out_of_sample.py"
TERMS = lp.venue("deribit", on="2026-01-05", unconfirmed=True).option("ETH")
ONE_OF_EACH = [lp.AtMost(1, of=lp.Put), lp.AtMost(1, of=lp.Call)]
VARIANCE = lp.Variance(lp.Value("USDC"))


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("options_out_of_sample", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look up the module that a class was made in.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(real_data: Path, example: ModuleType) -> tuple[pd.DataFrame, pd.Series]:
    if not (real_data / example.CHAINS).is_file():
        pytest.skip(f"no {example.CHAINS} in the folder of LPGREEKS_TEST_DATA")
    found: tuple[pd.DataFrame, pd.Series] = example.data(real_data)
    return found


@pytest.fixture(scope="module")
def chains(rows: tuple[pd.DataFrame, pd.Series]) -> tuple[lp.Chain, ...]:
    return lp.read_chains(rows[0])


def made() -> lp.Chain:
    """A week of nine strikes with a smile, asked 2 % above and bid 2 % below what they are worth."""
    at, expiry, index = np.datetime64("2026-01-05T04:00:00", "us"), np.datetime64("2026-01-09T08:00:00", "us"), 3_170.0
    years = float((expiry - at) / np.timedelta64(365, "D"))
    listed = []
    for strike, call in itertools.product(
        (2_800, 2_900, 3_000, 3_100, 3_175, 3_250, 3_350, 3_450, 3_600), (True, False)
    ):
        volatility = 0.62 + 0.9 * abs(np.log(strike / index))
        kind = lp.InverseCall if call else lp.InversePut
        option = kind(base="ETH", quote="USD", strike=strike).marked(volatility=volatility, years=years)
        mark = float(option.value(index)) / index
        listed.append(
            {
                "instrument_name": f"ETH-9JAN26-{strike}-{'C' if call else 'P'}",
                "creation_timestamp": int(at.astype("datetime64[ms]").astype(int)),
                "bid_price": 0.98 * mark,
                "ask_price": 1.02 * mark,
                "mark_price": mark,
                "mark_iv": 100 * volatility,
                "underlying_price": index,
                "estimated_delivery_price": index,
            }
        )
    return lp.read_chain(pd.DataFrame(listed))


@pytest.fixture(params=["made up", "listed"])
def week(request: pytest.FixtureRequest) -> lp.Chain:
    """The options of one expiry, made up and from the exchange."""
    if request.param == "made up":
        return made()
    chain: lp.Chain = request.getfixturevalue("chains")[9]
    return request.getfixturevalue("example").week_of(chain)  # type: ignore[no-any-return]


# ---- by hand


class ByHand:
    """A range and the options of a plan on the nodes of its model, in numpy: payoffs, premiums, least squares."""

    def __init__(self, plan: lp.HedgePlan, value: float, index: float) -> None:
        self.index, self.weights = index, plan.outcomes.weights
        self.ends = index * np.exp(plan.outcomes.log_returns[:, 0])
        low, root, high = np.sqrt([0.9 * index, index, 1.1 * index])
        liquidity = value / (2 * root - index / high - low)
        at = np.clip(np.sqrt(self.ends), low, high)
        self.pool = liquidity * (self.ends * (1 / at - 1 / high) + at - low) - value

    def paid(self, leg: lp.Leg) -> np.ndarray:
        option = leg.option
        assert option is not None
        beyond = self.ends - option.strike
        return np.maximum(beyond if isinstance(option, lp.Call) else -beyond, 0.0)

    def cost(self, leg: lp.Leg, quantity: float) -> float:
        assert leg.premium is not None
        return quantity * self.index * (leg.premium.ask if quantity > 0 else leg.premium.bid)

    def deviation(self, made: np.ndarray) -> float:
        return float(np.sqrt(self.weights @ (made - self.weights @ made) ** 2))

    def cvar(self, made: np.ndarray, level: float) -> float:
        """By its definition as the least over a threshold, which is one of the losses."""
        losses = np.sort(-made)
        w = self.weights[np.argsort(-made)]
        i = int(np.searchsorted(np.cumsum(w), level))
        return float(losses[i] + w[i:] @ (losses[i:] - losses[i]) / (1 - level))

    def least(self, bought: list[lp.Leg], *, perp: bool) -> tuple[float, np.ndarray]:
        """The least deviation with options that are only bought, and how much of each; the perpetual as it likes."""
        root = np.sqrt(self.weights)
        best = np.inf, np.zeros(len(bought))
        for some in itertools.chain.from_iterable(itertools.combinations(range(len(bought)), k) for k in range(3)):
            columns = [self.paid(bought[i]) for i in some] + ([self.ends - self.index] if perp else [])
            found = np.zeros(len(columns))
            if columns:
                a = np.stack([root * (c - self.weights @ c) for c in columns], axis=1)
                b = root * (self.pool - self.weights @ self.pool)
                found = np.linalg.lstsq(a, -b, rcond=None)[0]
            if (found[: len(some)] < 0).any():
                continue
            made = self.pool + sum((q * c for q, c in zip(found, columns, strict=True)), np.zeros(len(self.ends)))
            if (left := self.deviation(made)) < best[0] * (1 - SOLVER):
                best = left, np.bincount(some, found[: len(some)], minlength=len(bought))
        return best


def posed(week: lp.Chain, value: float) -> tuple[lp.Exposure, lp.Lognormal]:
    index = week.index
    pool = lp.UniswapV3.from_value(value, base="ETH", quote="USDC", price=index, lower=0.9 * index, upper=1.1 * index)
    return pool, lp.Lognormal(price=index, volatility=0.62, years=float(lp.legs(week)[0].instrument.years))  # type: ignore[attr-defined]


def pairs(legs: list[lp.Leg]) -> list[list[lp.Leg]]:
    """Every put with every call."""
    puts, calls = ([leg for leg in legs if isinstance(leg.option, kind)] for kind in (lp.Put, lp.Call))
    return [list(pair) for pair in itertools.product(puts, calls)]


def bought(plan: lp.HedgePlan) -> dict[lp.Option, float]:
    return {leg.option: q for leg, q in zip(plan.legs, plan.quantities, strict=True) if leg.option and abs(q) > 1e-9}


# ---- the best few of a chain


@pytest.mark.parametrize("perp", [False, True], ids=["options", "perpetual and options"])
def test_the_best_put_and_call_are_those_of_brute_force(week: lp.Chain, perp: bool) -> None:
    pool, model = posed(week, 100_000)
    legs = lp.legs(week, terms=TERMS)
    own = [lp.LinearPerp(base="ETH", quote="USDC", entry=week.index)] if perp else []
    plan = lp.hedge(pool, [*own, *legs], model, objective=VARIANCE, constraints=ONE_OF_EACH)
    hand = ByHand(plan, 100_000, week.index)
    tried = [(*hand.least(pair, perp=perp), pair) for pair in pairs(legs)]
    least = min(figure for figure, _, _ in tried)
    assert plan.best.risk == pytest.approx(least, rel=SOLVER)
    # A put and the perpetual are a call: of pairs that leave the same, the one that takes the least premium.
    equal = [(sum(map(hand.cost, pair, q)), pair, q) for figure, q, pair in tried if figure < least * (1 + SOLVER)]
    premium, pair, quantities = min(equal, key=lambda e: e[0])
    assert (len(equal) > 1) == perp
    assert plan.premium == pytest.approx(premium, rel=1e-6)
    assert bought(plan) == pytest.approx({leg.option: q for leg, q in zip(pair, quantities, strict=True)}, rel=1e-6)
    assert plan.choice is not None
    assert plan.choice.gap == 0
    assert plan.choice.subsets == len(pairs(legs))


@pytest.mark.parametrize("objective", [VARIANCE, lp.CVaR(lp.Value("USDC"), level=0.9)], ids=["variance", "CVaR"])
def test_whole_lots_are_those_of_brute_force(week: lp.Chain, objective: lp.Objective) -> None:
    """Six strikes, bought at the ask and sold at the bid: every pair, every lot up to five either way."""
    pool, model = posed(week, 15_000)
    middle = week.two_sided().between(0.93 * week.index, 1.07 * week.index)
    strikes = np.unique(middle.strikes)[:: max(1, len(np.unique(middle.strikes)) // 3)][:3]
    legs = lp.legs(middle.where(np.isin(middle.strikes, strikes)), side=None, terms=TERMS)
    assert len(legs) == 6
    assert {leg.lot for leg in legs} == {1.0}
    plan = lp.hedge(pool, legs, model, objective=objective, constraints=[*ONE_OF_EACH, lp.WholeLots()])
    hand = ByHand(plan, 15_000, week.index)
    lattice = range(-5, 6)
    tried = {}
    for put, call in pairs(legs):
        one, other = hand.paid(put), hand.paid(call)
        for p, c in itertools.product(lattice, lattice):
            made = hand.pool + p * one + c * other
            paid = hand.cost(put, p) + hand.cost(call, c)
            figure = hand.deviation(made) if objective is VARIANCE else hand.cvar(made - paid, 0.9)
            tried[frozenset((leg.option, float(q)) for leg, q in ((put, p), (call, c)) if q)] = figure
    found = frozenset((option, float(round(q))) for option, q in bought(plan).items())
    best = min(tried, key=tried.__getitem__)
    assert all(abs(q) < 5 for _, q in best)  # the lattice is wide enough
    assert plan.best.risk == pytest.approx(tried[best], rel=UNPOLISHED)
    assert found == best


def test_no_put_and_call_are_below_the_bound_of_a_tail(week: lp.Chain) -> None:
    pool, model = posed(week, 100_000)
    legs = lp.legs(week.between(0.9 * week.index, 1.1 * week.index), terms=TERMS)
    objective = lp.CVaR(lp.Value("USDC"), level=0.95)
    plan = lp.hedge(pool, legs, model, objective=objective, constraints=ONE_OF_EACH)
    assert plan.choice is not None
    hand = ByHand(plan, 100_000, week.index)
    own = hand.pool + sum((q * leg_paid for leg_paid, q in _paid(hand, plan)), np.zeros(len(hand.ends))) - plan.premium
    assert hand.cvar(own, 0.95) == pytest.approx(plan.best.risk, rel=UNPOLISHED)
    assert plan.choice.bound <= plan.best.risk * (1 + UNPOLISHED)
    assert plan.choice.gap == pytest.approx(1 - plan.choice.bound / plan.best.risk, abs=UNPOLISHED)
    least = min(
        hand.cvar(hand.pool + p * hand.paid(put) + c * hand.paid(call) - hand.cost(put, p) - hand.cost(call, c), 0.95)
        for put, call in pairs(legs)
        for p, c in itertools.product((0.0, 8.0, 16.0, 24.0, 32.0), (0.0, 8.0, 16.0))
    )
    assert least >= plan.choice.bound * (1 - UNPOLISHED)


def _paid(hand: ByHand, plan: lp.HedgePlan) -> list[tuple[np.ndarray, float]]:
    return [(hand.paid(leg), q) for leg, q in zip(plan.legs, plan.quantities, strict=True)]


# ---- out of sample


def test_the_tail_is_the_objective(example: ModuleType) -> None:
    rng = np.random.default_rng(3)
    profits = rng.normal(size=56)
    outcomes = lp.Outcomes.from_prices(np.full(56, 3_000.0), start=3_000)
    for level in (0.90, 0.95):
        objective = lp.CVaR(lp.Value("USDC"), level=level)
        assert example.tail(profits, level) == pytest.approx(objective.risk(profits[:, None], outcomes), rel=ROUNDING)
    assert example.tail(profits, 0.90) == pytest.approx(-(np.sort(profits)[:5].sum() + 0.6 * np.sort(profits)[5]) / 5.6)


def test_the_expiry_is_a_friday_a_day_away(chains: tuple[lp.Chain, ...], example: ModuleType) -> None:
    days = [example.week_of(chain).days for chain in chains]
    assert [days.count((day,)) for day in ("2026-01-09", "2026-01-16", "2026-01-23")] == [13, 28, 15]
    assert days[12] == ("2026-01-09",)  # 8 January, 03:56
    assert days[13] == ("2026-01-16",)  # 8 January, 09:21: less than a day


def test_the_volatility_is_that_of_the_marks_at_the_money(
    chains: tuple[lp.Chain, ...], rows: tuple[pd.DataFrame, pd.Series], example: ModuleType
) -> None:
    for chain in chains[::11]:
        week = example.week_of(chain)
        here = rows[0][rows[0]["snapshot_time"].dt.tz_localize(None) == example.moment(chain)]
        here = here[here["expiry"].dt.tz_localize(None) == week.expiries[0]]
        away = (here["strike"] - here["forward_price"].median()).abs()
        expected = here["mark_iv"][away == away.min()].mean()
        # The two routes to a forward differ by a few basis points, never by half a strike here.
        assert example.model_of(week).volatility == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize("snapshot", [3, 30, 55])
def test_a_decision_knows_nothing_of_what_comes_after(
    snapshot: int, chains: tuple[lp.Chain, ...], rows: tuple[pd.DataFrame, pd.Series], example: ModuleType
) -> None:
    chain = chains[snapshot]
    case = example.CASES[0]
    known = example.bits(example.decide(chain, case))
    later = example.perturbed(rows[0], example.moment(chain))
    assert example.bits(example.decide(lp.read_chain(later, at=chain.at), case)) == known
    # What is perturbed does matter: from a moment earlier on it changes the decision.
    now = example.perturbed(rows[0], example.moment(chain) - np.timedelta64(1, "s"))
    assert example.bits(example.decide(lp.read_chain(now, at=chain.at), case)) != known


@pytest.mark.parametrize("snapshot", [0, 27, 50])
def test_profits_are_those_of_the_raw_rows(
    snapshot: int, chains: tuple[lp.Chain, ...], rows: tuple[pd.DataFrame, pd.Series], example: ModuleType
) -> None:
    table, perps = rows
    chain = chains[snapshot]
    expiry = example.week_of(chain).expiries[0]
    end = example.settled(expiry, chains, perps)
    assert 0 < end.minutes < 90
    at = table["snapshot_time"].dt.tz_localize(None) == example.moment(chain)
    quotes = table[at & (table["expiry"].dt.tz_localize(None) == expiry)]
    for plan in example.decide(chain, example.CASES[0]).values():
        # Just inside a strike the delivery fee is capped.
        strikes = [option.strike * (1.0005 if isinstance(option, lp.Call) else 0.9995) for option in bought(plan)]
        for price in (end.price, *strikes):
            assert float(example.profit(plan, price)) == pytest.approx(example.by_hand(quotes, plan, price), abs=1e-6)


def test_the_score_is_the_first_price_after_the_expiry(
    chains: tuple[lp.Chain, ...], rows: tuple[pd.DataFrame, pd.Series], example: ModuleType
) -> None:
    """By the raw rows: the index of the snapshots at 09:21 and 09:20, the perpetual at 09:23."""
    table, perps = rows
    for day, at in (("2026-01-09", "2026-01-09 09:21:26"), ("2026-01-16", "2026-01-16 09:20:00")):
        end = example.settled(np.datetime64(f"{day}T08:00", "us"), chains, perps)
        assert end.whose == "index"
        assert end.price == table.loc[table["snapshot_time"] == pd.Timestamp(at, tz="UTC"), "index_price"].median()
        assert end.minutes == pytest.approx((pd.Timestamp(at) - pd.Timestamp(f"{day} 08:00")).total_seconds() / 60)
    end = example.settled(np.datetime64("2026-01-23T08:00", "us"), chains, perps)
    assert (end.whose, end.price) == ("perpetual", 2_923.5)
    assert 83 < end.minutes < 84


def test_a_study_of_a_few_snapshots(
    chains: tuple[lp.Chain, ...], rows: tuple[pd.DataFrame, pd.Series], example: ModuleType
) -> None:
    few = [*chains[:2], *chains[-2:]]
    ends = {e: example.settled(e, chains, rows[1]) for e in {example.week_of(c).expiries[0] for c in few}}
    found = example.study(few, example.CASES[0], ends)
    assert len(found) == 4 * 5
    assert list(example.side_by_side(found).columns) == ["nothing", "perp", "options", "perp + options", "2:1 rule"]
    assert example.by_expiry(found).shape == (2, 5)
    assert "perp over nothing" in example.compared(example.by_expiry(found))
    assert all(choice.gap == 0 for choice in found["choice"].dropna())
    # In the model more to choose from leaves no more.
    left = found.pivot_table(index="at", columns="way", values="deviation")
    assert (left["perp + options"] <= left["perp"]).all()
    assert (left["perp"] < left["nothing"]).all()


def test_without_data_the_example_says_what_it_needs(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    # Warnings are errors, but for those that this run was told to pass over.
    passed_over = [flag for rule in pytestconfig.getoption("pythonwarnings") or [] for flag in ("-W", rule)]
    done = subprocess.run(
        [sys.executable, "-W", "error", *passed_over, str(EXAMPLE), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("No data: name a folder that holds deribit-options-2026-01/options.parquet")
    assert done.stderr == ""
