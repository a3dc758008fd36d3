"""One hedge after another along an axis: each is the hedge, the curve bends the right way, the picture says so."""

from __future__ import annotations

import itertools
import json
import math
import warnings
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

import lpgreeks as lp
from lpgreeks.hedging import ways_out
from tests.tolerances import SOLVER, UNPOLISHED

TOKENS = {"base": "ETH", "quote": "USDC"}
POOL = lp.UniswapV3.from_value(100_000, price=1_900, lower=1_700, upper=2_100, **TOKENS)
LINEAR = lp.LinearPerp(entry=1_900, **TOKENS)
INVERSE = lp.InversePerp(entry=1_900, **TOKENS)
LEGS = [lp.Leg(INVERSE, collateral="ETH"), lp.Leg(LINEAR, collateral="USDC")]
WEEK = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
PATHS = WEEK.sample(paths=60, steps=100, seed=1)
VALUE = lp.Variance(lp.Value("USDC"))
BOTH = lp.Variance(lp.Amount("ETH"), lp.Amount("USDC"))
SAFE = [lp.NoLiquidation(buffer=0.10), lp.MaxLeverage(5)]
EDGES = lp.NoLiquidation(over=lp.RangeEdges())


@pytest.fixture(autouse=True)
def _close() -> object:
    yield
    plt.close("all")


def budgets(*amounts: float) -> list[lp.Budget]:
    return [lp.Budget(a) for a in amounts]


def within(half_width: float, value: float = 100_000) -> lp.UniswapV3:
    edges = {"lower": 1_900 * (1 - half_width), "upper": 1_900 * (1 + half_width)}
    return lp.UniswapV3.from_value(value, price=1_900, **edges, **TOKENS)


def risks(curve: lp.Frontier) -> list[float]:
    return [p.plan.best.risk for p in curve.points if p.plan is not None]


# ---- every point is the hedge


def test_every_point_is_the_single_hedge_to_the_bit_in_the_order_given() -> None:
    along = budgets(140_000, 105_000, 200_000)
    curve = lp.frontier(POOL, LEGS, PATHS, objective=BOTH, constraints=SAFE, along=along)
    assert [p.along for p in curve.points] == along
    assert [p.x for p in curve.points] == [140_000, 105_000, 200_000]
    for point, budget in zip(curve.points, along, strict=True):
        plan = lp.hedge(POOL, LEGS, PATHS, objective=BOTH, constraints=[*SAFE, budget])
        assert point.plan is not None
        assert point.plan.to_dict() == plan.to_dict()
        assert point.reason == ""


def test_a_constraint_takes_the_place_of_its_like() -> None:
    given = [lp.NoLiquidation(buffer=0.10), lp.Budget(110_000), lp.MaxLeverage(5)]
    curve = lp.frontier(POOL, LEGS, PATHS, objective=BOTH, constraints=given, along=budgets(150_000))
    wanted = [given[0], lp.Budget(150_000), given[2]]
    plan = lp.hedge(POOL, LEGS, PATHS, objective=BOTH, constraints=wanted)
    assert curve.points[0].plan is not None
    assert curve.points[0].plan.to_dict() == plan.to_dict()
    assert plan.capital == pytest.approx(150_000)


@pytest.mark.parametrize("objective", [VALUE, BOTH, lp.CVaR(lp.Value("USDC"), level=0.9)], ids=str)
def test_more_budget_and_more_leverage_never_leave_more_risk(objective: lp.Objective) -> None:
    more = budgets(*np.linspace(100_000, 260_000, 12))
    caps = [lp.MaxLeverage(x) for x in np.linspace(1, 12, 12)]
    by_budget = lp.frontier(POOL, LEGS, PATHS, objective=objective, constraints=SAFE, along=more)
    tight = [lp.NoLiquidation(), lp.Budget(130_000)]
    by_leverage = lp.frontier(POOL, LEGS, PATHS, objective=objective, constraints=tight, along=caps)
    for curve in (by_budget, by_leverage):
        found = np.array(risks(curve))
        assert len(found) == 12
        assert (np.diff(found) <= (SOLVER if isinstance(objective, lp.Variance) else UNPOLISHED) * found[0]).all()
        assert found[-1] < 0.95 * found[0]


# ---- points without a hedge


def test_points_that_nothing_satisfies_say_why_without_searching_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def searched(*_: object) -> None:
        raise AssertionError("a frontier needs the fact, not the ways out")

    monkeypatch.setattr(ways_out, "_ways", searched)
    monkeypatch.setattr(ways_out, "_wider", searched)
    floor = [EDGES, lp.EffectivenessAtLeast(0.9)]
    along = budgets(200_000, 90_000, 110_000)
    curve = lp.frontier(POOL, LEGS, WEEK, objective=BOTH, constraints=floor, along=along)
    assert [p.plan is None for p in curve.points] == [False, True, True]
    assert len(curve.feasible) == 1
    below, clash = (p.reason for p in curve.points[1:])
    assert "at least the 100,000.00 USDC that the position itself takes" in below
    assert "no liquidation from 1,700 to 2,100 (ETH/USDC) and an effectiveness of at least 90 %" in clash
    assert "a budget of 110,000 USDC" in clash
    assert "2 of the 3 points have no hedge" in curve.sentence()


def test_the_reason_names_the_clash_that_the_single_hedge_names() -> None:
    floor = [EDGES, lp.EffectivenessAtLeast(0.9), lp.Budget(110_000)]
    curve = lp.frontier(POOL, LEGS, WEEK, objective=BOTH, constraints=floor, along=budgets(110_000))
    with pytest.raises(lp.InfeasibleError) as refused:
        lp.hedge(POOL, LEGS, WEEK, objective=BOTH, constraints=floor)
    assert curve.points[0].reason == f"expected {refused.value.expected}; got {refused.value.got}"
    assert curve.sentence() == "No hedge satisfies the constraints at any of the 1 points along the budget."
    ax = curve.plot()
    assert ax.get_title(loc="left").startswith("No hedge satisfies")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["no hedge"]
    assert list(ax.get_yticks()) == []


def test_what_is_wrong_everywhere_is_raised() -> None:
    with pytest.raises(lp.InputError, match="that the position itself takes"):
        lp.frontier(POOL, LEGS, PATHS, objective=VALUE, along=budgets(90_000, 95_000))
    with pytest.raises(lp.InputError, match="legs with collateral for MaxLeverage"):
        lp.frontier(POOL, [LINEAR], PATHS, objective=VALUE, along=[lp.MaxLeverage(2), lp.MaxLeverage(3)])
    bad = lp.UniswapV3(base="ETH", quote="DAI", liquidity=1, lower=1_800, upper=2_000)
    with pytest.raises(lp.TokenError, match="quoted in DAI"):
        lp.frontier(POOL, LEGS, PATHS, objective=VALUE, along=[POOL, bad])


def test_paths_that_start_outside_one_of_the_ranges_are_about_that_range() -> None:
    away = lp.UniswapV3(liquidity=100, lower=2_000, upper=2_100, **TOKENS)
    curve = lp.frontier(POOL, [LINEAR], PATHS, objective=VALUE, along=[POOL, away], exit="range")
    assert curve.points[0].plan is not None
    assert "start inside the range" in curve.points[1].reason


# ---- axes

POOLS = [within(0.05), within(0.2)]


@pytest.mark.parametrize(
    ("along", "label", "xs"),
    [
        (budgets(150_000, 120_000), "budget [USDC]", [150_000, 120_000]),
        ([lp.MaxLeverage(2), lp.MaxLeverage(3)], "leverage cap [times]", [2, 3]),
        ([lp.NoLiquidation(buffer=b) for b in (0.0, 0.2)], "buffer [%]", [0, 20]),
        ([lp.NoLiquidation(probability=p) for p in (0.1, 0.25)], "chance of liquidation [%]", [10, 25]),
        ([lp.NoLiquidation(probability=0.1)], "chance of liquidation [%]", [10]),
        ([lp.NoLiquidation(over=(1_900 - d, 1_900 + d)) for d in (190, 380)], "half-width survived [%]", [10, 20]),
        ([lp.EffectivenessAtLeast(s) for s in (0.1, 0.2)], "least effectiveness [%]", [10, 20]),
        ([lp.PoolSize(upper=s) for s in (0.5, 1)], "largest size [times the position]", [0.5, 1]),
        (POOLS, "range half-width [%]", [5, 20]),
        ([p + 5 * lp.Spot(**TOKENS) for p in POOLS], "range half-width [%]", [5, 20]),
        ([PATHS], "horizon [days]", [7]),
        ([WEEK, lp.Lognormal(price=1_900, volatility=0.6, years=14 / 365)], "horizon [days]", [7, 14]),
    ],
    ids=str,
)
def test_axes_have_words_units_and_places(along: list[object], label: str, xs: list[float]) -> None:
    curve = lp.frontier(POOL, LEGS, PATHS, objective=VALUE, along=along)  # type: ignore[arg-type]
    assert curve.label == label
    assert [p.x for p in curve.points] == pytest.approx(xs)
    assert all(p.plan is not None for p in curve.points)
    assert curve.plot().get_xlabel() == label


@pytest.mark.parametrize("half_width", [0.03, 0.20, 0.30])
def test_collateral_that_survives_to_the_edges(half_width: float) -> None:
    """Ranges around 1,867 that hold 25 coins, 25 coins short: q coins at p survive to p (1 + w) on q p w dollars."""
    start = 1_867.0

    def holding(width: float) -> lp.UniswapV3:
        edges = {"lower": start * (1 - width), "upper": start * (1 + width)}
        offer = {"base_offered": 25.0, "quote_offered": math.inf}
        return lp.UniswapV3.from_amounts(price=start, **offer, **edges, **TOKENS).position

    perp = lp.LinearPerp(entry=start, **TOKENS)
    curve = lp.frontier(
        holding(0.1),
        [lp.Leg(perp, collateral="USDC")],
        lp.Lognormal(price=start, volatility=0.65, years=7 / 365),
        objective=VALUE,
        constraints=[EDGES, lp.QuantityBounds(of=perp, lower=-25, upper=-25)],
        along=[holding(w) for w in (0.5, half_width)],
    )
    for point, width in zip(curve.points, (0.5, half_width), strict=True):
        assert point.plan is not None
        assert point.x == pytest.approx(100 * width)
        assert point.plan.exposure.base_amount(start) == pytest.approx(25)
        assert point.plan.best.collateral[0] == pytest.approx(25 * start * width, rel=SOLVER)
        (ends,) = point.plan.liquidations()
        assert ends["ETH/USDC"].above == pytest.approx(start * (1 + width), rel=SOLVER)
    leverages = curve.table()["leverage of linear perpetual ETH/USDC"]
    assert list(leverages) == pytest.approx([2, 1 / half_width], rel=SOLVER)


def test_narrow_ranges_survive_on_less() -> None:
    floor = [EDGES, lp.EffectivenessAtLeast(0.6)]
    curve = lp.frontier(POOL, LEGS, WEEK, objective=lp.CVaR(lp.Value("USDC")), constraints=floor, along=POOLS)
    narrow, wide = (p.plan.capital for p in curve.points if p.plan is not None)
    assert 100_000 < narrow < wide


def test_a_range_for_a_rate_of_exits_stands_at_its_width() -> None:
    lower, upper = lp.range_for_exits(WEEK, per_week=0.5)
    pool = lp.UniswapV3.from_value(100_000, price=1_900, lower=lower, upper=upper, **TOKENS)
    (point,) = lp.frontier(POOL, [LINEAR], WEEK, objective=VALUE, along=[pool]).points
    assert point.x == pytest.approx(100 * math.tanh(math.log(upper / 1_900)))


def test_longer_horizons_risk_more() -> None:
    days = (28, 1, 7)
    models = [lp.Lognormal(price=1_900, volatility=0.65, years=d / 365) for d in days]
    curve = lp.frontier(POOL, [LINEAR], WEEK, objective=VALUE, along=models)
    assert [p.x for p in curve.points] == pytest.approx(days)
    unhedged = [p.plan.risk_unhedged for p in curve.points if p.plan is not None]
    assert unhedged[1] < unhedged[2] < unhedged[0]
    assert curve.points[2].plan is not None
    assert curve.points[2].plan.to_dict() == lp.hedge(POOL, [LINEAR], WEEK, objective=VALUE).to_dict()
    # The unhedged risk moves along: it is a curve of its own, through the points.
    (dashed,) = [line for line in curve.plot().get_lines() if line.get_label() == "unhedged"]
    assert list(dashed.get_ydata()) == sorted(unhedged)


@pytest.mark.parametrize(
    ("along", "constraints", "match"),
    [
        ([], [], "at least one point"),
        (lp.Budget(120_000), [], r"along=\[Budget\(b\)"),
        ([lp.Budget(120_000), lp.MaxLeverage(5)], [], "Budget and MaxLeverage"),
        ([WEEK, PATHS], [], "things of one kind"),
        ([lp.DeltaBounds(upper=5)], [], "hedge in a loop"),
        ([lp.Wallet({"USDC": 1e5})], [], "hedge in a loop"),
        (["budget"], [], "got 'budget'"),
        ([120_000, 130_000], [], "got 120000"),
        ([PATHS.outcomes()], [], "exposures with one range, models or paths"),
        (budgets(120_000, 120_000), [], "each budget once; got 120,000 twice"),
        ([POOL, 2 * POOL], [], "each range half-width once"),
        ([lp.UniswapV2.from_value(1e5, price=1_900, **TOKENS)], [], "one range each"),
        ([POOLS[0] + POOLS[1]], [], "one range each"),
        ([lp.NoLiquidation(buffer=0.1), lp.NoLiquidation(probability=0.1)], [], "differ in one figure"),
        ([lp.NoLiquidation(over=(1_800, 2_000)), EDGES], [], "differ in one figure"),
        ([lp.EffectivenessAtLeast(0.1), lp.EffectivenessAtLeast(0.2, (VALUE.measures[0],))], [], "one figure"),
        ([lp.PoolSize(lower=0.1), lp.PoolSize(lower=0.2)], [], "differ in one figure: upper"),
        ([EDGES], [], "differ in one figure"),
        (budgets(120_000, 130_000), budgets(150_000, 160_000), "at most one Budget"),
        (budgets(120_000), lp.MaxLeverage(5), "constraints as a list"),
    ],
    ids=str,
)
def test_what_has_no_axis_is_refused(along: object, constraints: object, match: str) -> None:
    with pytest.raises(lp.InputError, match=match):
        lp.frontier(POOL, LEGS, PATHS, objective=VALUE, along=along, constraints=constraints)  # type: ignore[arg-type]


# ---- what it says

GAPPED = lp.frontier(
    POOL, LEGS, PATHS, objective=VALUE, constraints=SAFE, along=budgets(130_000, 90_000, 104_000, 108_000)
)


def test_table_has_a_row_for_every_point() -> None:
    table = GAPPED.table()
    assert list(table.columns) == [
        "budget [USDC]",
        "unhedged risk [USDC]",
        "risk [USDC]",
        "effectiveness",
        "capital [USDC]",
        "leverage of inverse perpetual ETH/USDC",
        "leverage of linear perpetual ETH/USDC",
        "binding",
        "reason",
    ]
    assert list(table["budget [USDC]"]) == [130_000, 90_000, 104_000, 108_000]
    assert table["risk [USDC]"].isna().tolist() == [False, True, False, False]
    assert "budget" in table["binding"][2]
    assert "survival of inverse perpetual ETH/USDC at " in table["binding"][2]
    assert (table["capital [USDC]"].dropna() <= table["budget [USDC]"].drop(1) * (1 + SOLVER)).all()


def test_accounts_of_one_name_are_told_apart() -> None:
    legs = [lp.Leg(LINEAR, collateral="USDC"), lp.Leg(lp.LinearPerp(entry=1_905, **TOKENS), collateral="USDC")]
    table = lp.frontier(POOL, legs, PATHS, objective=VALUE, constraints=SAFE, along=budgets(130_000)).table()
    assert [c for c in table.columns if c.startswith("leverage")] == [
        "leverage of linear perpetual ETH/USDC (1)",
        "leverage of linear perpetual ETH/USDC (2)",
    ]


def test_text_fits_a_terminal() -> None:
    text = str(GAPPED)
    assert max(map(len, text.splitlines())) <= 110
    assert text == GAPPED.summary()
    for word in ("no hedge", "- 90,000 USDC: expected a budget", "leverage", "budget"):
        assert word in text
    assert repr(GAPPED).startswith("<Frontier of 4 points: The standard deviation of the value in USDC is least at")
    assert GAPPED._repr_html_().count("<tr") == 5


def test_the_sentence_names_the_first_point_of_least_risk() -> None:
    curve = lp.frontier(POOL, LEGS, PATHS, objective=VALUE, constraints=SAFE, along=budgets(200_000, 170_000, 101_000))
    assert "is least at a budget of 170,000 USDC: from" in curve.sentence()


def test_records_round_trip_through_json() -> None:
    record = GAPPED.to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == json.loads(json.dumps(record))
    assert record["label"] == "budget [USDC]"
    assert [p["x"] for p in record["points"]] == [130_000, 90_000, 104_000, 108_000]
    assert [p["plan"] is None for p in record["points"]] == [False, True, False, False]
    assert record["points"][0]["along"] == "Budget(amount=130000.0)"
    assert record["points"][0]["plan"]["risk"] == risks(GAPPED)[0]


# ---- what it shows


def test_the_curve_ascends_and_is_the_risk() -> None:
    ax = GAPPED.plot()
    lines = {line.get_label(): line for line in ax.get_lines()}
    x, y = (np.asarray(a) for a in lines["hedged"].get_data())
    assert list(x) == [90_000, 104_000, 108_000, 130_000]
    assert np.isnan(y[0])
    assert list(y[1:]) == [risks(GAPPED)[i] for i in (1, 2, 0)]
    assert set(lines["unhedged"].get_ydata()) == {GAPPED.feasible[0].plan.risk_unhedged}  # type: ignore[union-attr]
    assert lines["unhedged"].get_linestyle() == "--"
    assert list(lines["no hedge"].get_xdata()) == [90_000]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("budget [USDC]", "standard deviation [USDC]")
    assert ax.get_ylim()[0] == 0


def test_bars_stand_where_a_constraint_binds() -> None:
    ax = GAPPED.plot()
    bars = {c.get_label(): c for c in ax.collections}
    (path,) = bars["budget binds"].get_paths()
    begin, end = path.vertices[:, 0].min(), path.vertices[:, 0].max()
    # From halfway to the point without a hedge to halfway to the one that has enough.
    assert (begin, end) == (97_000, 119_000)
    top = max(float(np.nanmax(line.get_ydata())) for line in ax.get_lines())
    rows = [p.vertices[:, 1].min() for c in ax.collections for p in c.get_paths()]
    assert min(rows) > ax.transLimits.transform((0, top))[1]  # above all that is drawn
    assert len({c.get_facecolor().tobytes() for c in ax.collections}) == len(ax.collections)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names[:3] == ["hedged", "unhedged", "no hedge"]
    assert set(names[3:]) == set(bars)
    assert not any(" at " in name for name in names)


@pytest.mark.parametrize(
    "along",
    [budgets(90_000, 104_000, 130_000), budgets(104_000), POOLS, [lp.MaxLeverage(x) for x in (1, 2, 5)]],
    ids=["gap", "one", "widths", "caps"],
)
def test_pictures_are_readable_at_600_pixels(along: list[object]) -> None:
    curve = lp.frontier(
        POOL, LEGS, PATHS, objective=BOTH, constraints=[lp.NoLiquidation(), lp.Budget(130_000)], along=along
    )  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = curve.plot()
        figure = ax.get_figure()
        figure.set_dpi(600 / figure.get_figwidth())
        figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    assert width == 600
    texts = [*ax.get_legend().get_texts(), ax.xaxis.label, ax.yaxis.label, ax._left_title]
    boxes = [t.get_window_extent() for t in texts]
    for text, box in zip(texts, boxes, strict=True):
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= 0, text.get_text()
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :]), texts[i].get_text()
    labels = [t.get_window_extent() for t in ax.get_xticklabels()]
    assert all(a.x1 + 4 < b.x0 for a, b in itertools.pairwise(labels))


def test_axes_can_be_given_and_styles_stay_with_us() -> None:
    _, ax = plt.subplots()
    before, count = dict(mpl.rcParams), len(plt.get_fignums())
    assert GAPPED.plot(ax) is ax
    assert dict(mpl.rcParams) == before
    assert len(plt.get_fignums()) == count


def test_extremes_are_kept_and_cannot_be_written() -> None:
    paths = WEEK.sample(paths=5, steps=10, seed=1)
    lows, highs = paths.extremes("ETH/USDC")
    assert lows.tolist() == paths.prices[:, :, 0].min(axis=1).tolist()
    assert highs.tolist() == paths.prices[:, :, 0].max(axis=1).tolist()
    with pytest.raises(ValueError, match="read-only"):
        lows[0] = 1.0
    assert np.shares_memory(paths.extremes("ETH/USDC")[0], lows)


# ---- real prices


@pytest.mark.parametrize("instrument", ["perp", "spot"])
def test_budgets_on_real_weeks(real_data: Path, instrument: str) -> None:
    file = real_data / "binance-1m-2023-04-05" / f"ETHUSDT-{instrument}-1m.parquet"
    weeks = lp.read_prices(file, market="ETH/USDC").windows("7D", step="1D", start=1_900)
    assert weeks.prices.shape == (54, 10_081, 1)
    amounts = np.linspace(100_000, 200_000, 21)
    held = lp.frontier(POOL, LEGS, weeks, objective=BOTH, constraints=SAFE, along=budgets(*amounts))
    value = lp.frontier(POOL, LEGS, weeks, objective=VALUE, constraints=SAFE, along=budgets(*amounts))
    for curve in (held, value):
        assert len(curve.feasible) == 21
        found = np.array(risks(curve))
        assert (np.diff(found) <= SOLVER * found[0]).all()
        table = curve.table()
        assert (table["capital [USDC]"] <= amounts * (1 + SOLVER)).all()
        assert (table.filter(like="leverage").fillna(0) <= 5 * (1 + SOLVER)).all(axis=None)
        # Nothing left for collateral: nothing is hedged.
        assert found[0] == pytest.approx(curve.points[0].plan.risk_unhedged)  # type: ignore[union-attr]
    # The value wants little; both amounts take all that is given.
    assert value.points[-1].plan.capital < 115_000  # type: ignore[union-attr]
    assert all("budget" in p.plan.certificate.binding for p in held.points)  # type: ignore[union-attr]
    plan = lp.hedge(POOL, LEGS, weeks, objective=BOTH, constraints=[*SAFE, lp.Budget(160_000)])
    assert held.points[12].plan.to_dict() == plan.to_dict()  # type: ignore[union-attr]


def test_horizons_on_real_hours(real_data: Path) -> None:
    past = lp.read_prices(real_data / "binance-1m-2023-04-05" / "ETHUSDT-perp-1m.parquet", market="ETH/USDC")
    along = [past.windows(f"{d}D", step="1D", start=1_900) for d in (7, 1, 3)]
    curve = lp.frontier(POOL, [LINEAR], along[0], objective=VALUE, along=along)
    assert [p.x for p in curve.points] == pytest.approx([7, 1, 3])
    left = risks(curve)
    assert left[1] < left[2] < left[0]
