"""What a picture shows: its curves are the functions, its marks stand where they should."""

from __future__ import annotations

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest

import lpgreeks as lp
from tests import samples
from tests.test_beside import flat_chain


@pytest.fixture(autouse=True)
def _close() -> object:
    yield
    plt.close("all")


@pytest.fixture
def plan(pool: lp.UniswapV3, linear: lp.LinearPerp, week: lp.Lognormal, usdc: lp.Variance) -> lp.HedgePlan:
    return lp.hedge(pool, [linear], week, objective=usdc)


def lines(ax: plt.Axes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    return {line.get_label(): (np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in ax.get_lines()}


def test_payoff_of_position_hedge_and_total(plan: lp.HedgePlan) -> None:
    ax = plan.plot(income=500.0)
    shown = lines(ax)
    x, total = shown["total"]
    assert total == pytest.approx(plan.total.pnl(x, start=1_900) + 500)
    assert shown["position"][1] == pytest.approx(plan.exposure.pnl(x, start=1_900))
    assert shown["hedge"][1] == pytest.approx(plan.hedge.pnl(x, start=1_900))
    verticals = [
        line.get_xdata()[0] for line in ax.get_lines() if len(set(line.get_xdata())) == 1 < len(line.get_xdata())
    ]
    assert {1_700, 2_100} <= set(verticals)
    evens = plan.total.break_evens(start=1_900, income=500)
    assert len(evens) == 2
    assert shown[f"break-even {evens[0]:,.6g} and {evens[1]:,.6g}"][0] == pytest.approx(evens)
    assert ax.get_xlabel() == "price [USDC per ETH]"
    assert ax.get_ylabel() == "P&L [USDC]"
    assert "Short 24.0586 ETH" in ax.get_title(loc="left") + ax.get_title()


@pytest.mark.parametrize(("last", "across"), [(5, 12), (6, 0), (50, 0)])
def test_a_ladder_of_bins_is_seen_behind_its_prices(last: int, across: int) -> None:
    """102 dashed lines across the axes were a hatching, with the legend's words in it."""
    ladder = lp.liquidity_book(
        1e5, base="AVAX", quote="USDC", price=9.2, step=0.002, weights=dict.fromkeys(range(-last, last + 1), 1)
    )
    ax = ladder.plot(start=9.2)
    assert sum(line.get_linestyle() == "--" for line in ax.get_lines()) == across
    shown = lines(ax)["kinks: prices of bins"][0]
    if not across:
        # The active bin has two, a float apart.
        assert shown == pytest.approx(ladder.worth().kinks)
    ax.get_figure().canvas.draw()
    assert ax.get_legend().get_window_extent().y1 < ax.get_window_extent().y0


def test_kinks_are_called_what_they_are(pool: lp.UniswapV3, linear: lp.LinearPerp) -> None:
    assert "kinks: ends of a range" in lines((pool - 3.0 * linear).plot(start=1_900))
    put = lp.Put(base="ETH", quote="USDC", strike=1_800.0)
    assert "kinks: ends of a range, strikes" in lines((pool + put).plot(start=1_900))
    one = lp.Bin(base="ETH", quote="USDC", price=1_900.0)
    assert "kinks: prices of bins, ends of a range" in lines((100.0 * one + pool).plot(start=1_900))


def test_outcomes_before_and_after(plan: lp.HedgePlan) -> None:
    ax = plan.plot_outcomes()
    heights = [sum(p.get_height() for p in c) for c in ax.containers]
    assert heights == pytest.approx([1.0, 1.0])  # shares of the weight
    before, after = plan.changes()
    w = plan.outcomes.weights
    assert np.sqrt(w @ after**2 - (w @ after) ** 2) == pytest.approx(plan.best.risk)
    assert np.sqrt(w @ before**2 - (w @ before) ** 2) == pytest.approx(plan.risk_unhedged)


def test_greeks_above_each_other(pool: lp.UniswapV3) -> None:
    axes = pool.plot_greeks(start=1_900)
    assert [ax.get_ylabel() for ax in axes] == ["value [USDC]", "delta [ETH]", "gamma [ETH per USDC]"]
    for ax, figure in zip(axes, (pool.value, pool.delta, pool.gamma), strict=True):
        x, y = next(iter(lines(ax).values()))
        assert y == pytest.approx(figure(x))


def test_axes_can_be_given_and_nothing_is_shown(plan: lp.HedgePlan, pool: lp.UniswapV3) -> None:
    _, ax = plt.subplots()
    count = len(plt.get_fignums())
    assert plan.plot(ax) is ax
    assert pool.plot(ax, start=1_900, prices=[1_800, 1_900]) is ax
    assert plan.plot_outcomes(ax) is ax
    assert len(plt.get_fignums()) == count


def test_same_plot_same_bytes(plan: lp.HedgePlan) -> None:
    def drawn() -> bytes:
        buffer = io.BytesIO()
        plan.plot().get_figure().savefig(buffer, format="png")
        return buffer.getvalue()

    assert drawn() == drawn()


def test_styles_stay_with_us(plan: lp.HedgePlan) -> None:
    before = dict(plt.rcParams)
    plan.plot()
    assert dict(plt.rcParams) == before


def test_every_word_lies_inside_the_picture(plan: lp.HedgePlan, bought: lp.HedgePlan) -> None:
    """The sentence above the payoff ran off both sides of it."""
    pool = lp.UniswapV3(base="ETH", quote="USD", liquidity=1.0, lower=1_800.0, upper=2_200.0)
    smile = lp.smile(flat_chain(np.arange(1_500.0, 2_601.0, 100.0)), pool)
    for ax in (plan.plot(), plan.plot_outcomes(), plan.exposure.plot(start=1_900), bought.plot(), smile.plot()):
        figure = ax.get_figure()
        figure.canvas.draw()
        width, height = figure.canvas.get_width_height()
        words = (ax._left_title, ax.title, ax.xaxis.label, ax.yaxis.label, *ax.get_legend().get_texts())
        assert any(text.get_text() for text in words)
        for text in (text for text in words if text.get_text()):
            box = text.get_window_extent()
            assert box.x0 >= 0
            assert box.x1 <= width
            assert box.y0 >= 0
            assert box.y1 <= height


def test_a_plan_with_accounts_shows_the_coins_posted_and_where_it_ends() -> None:
    leg = lp.Leg(lp.InversePerp(base="ETH", quote="USDC", entry=1_900), collateral="ETH")
    week = lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)
    pool = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)
    usdc = lp.Variance(lp.Value("USDC"))
    plan = lp.hedge(pool, [leg], week, objective=usdc, constraints=[lp.MaxLeverage(5)])
    ax = plan.plot()
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in ax.get_lines()}
    assert lines["position"] + lines["hedge"] + lines["collateral"] == pytest.approx(lines["total"])
    (ends,) = plan.liquidations()
    (drawn,) = (line for line in ax.get_lines() if line.get_label() == "liquidation")
    assert drawn.get_xdata()[0] == ends["ETH/USDC"].above
    # Far away it is not on the picture, and nothing says that it were.
    calm = lp.hedge(pool, [leg], week, objective=usdc, constraints=[lp.MaxLeverage(2)])
    assert "liquidation" not in {line.get_label() for line in calm.plot().get_lines()}


@pytest.fixture
def bought(pool: lp.UniswapV3, linear: lp.LinearPerp, week: lp.Lognormal, usdc: lp.Variance) -> lp.HedgePlan:
    tokens = {"base": "ETH", "quote": "USDC"}
    put, call = lp.Put(**tokens, strike=1_800.0), lp.InverseCall(**tokens, strike=2_500.0)
    legs = [
        linear,
        lp.Leg(put, premium=lp.Premium(ask=30.0, bid=28.0)),
        lp.Leg(call, premium=lp.Premium(ask=0.001, bid=0.0005), side=lp.Side.LONG),
    ]
    bounds = [lp.QuantityBounds(of=call, lower=5.0)]
    return lp.hedge(pool, legs, week, objective=usdc, constraints=bounds)


def test_a_plan_with_options_shows_every_strike_and_counts_from_the_premium(bought: lp.HedgePlan) -> None:
    ax = bought.plot()
    x, total = lines(ax)["total"]
    assert x[-1] == pytest.approx(1.05 * 2_500)  # the axis reaches past the last strike
    assert {1_800, 2_500} <= set(x)  # kinks are drawn where they are
    # What each option pays, by hand, less what it cost.
    short, put, call = bought.quantities
    paid = put * (np.maximum(1_800 - x, 0) - 30) + call * (np.maximum(x - 2_500, 0) - 0.001 * 1_900)
    moved = bought.exposure.pnl(x, start=1_900) + short * (x - 1_900)
    assert total == pytest.approx(moved + paid, abs=1e-6)
    texts = {t.get_text(): t.xy[0] for t in ax.texts}
    assert texts["put 1,800"] == 1_800
    assert texts["call 2,500"] == 2_500
    # Its premiums are never earned back; with an income beside them the total breaks even where its sign changes.
    assert total.max() < 0
    assert not any(name.startswith("break-even") for name in lines(ax))
    earned = bought.plot(income=3_000.0)
    (evens,) = (at for name, (at, _) in lines(earned).items() if name.startswith("break-even"))
    assert len(evens) == np.count_nonzero(np.diff(np.sign(total + 3_000.0)))
    assert np.interp(evens, x, total) == pytest.approx(-3_000.0, abs=5)


def test_of_many_legs_a_sentence_names_a_few() -> None:
    plan = samples.plan_with_many_options()
    assert sum(q != 0 for q in plan.quantities) == 8
    assert plan.sentence().count(" ETH of ") == 4
    assert " and 4 more legs: the standard deviation" in plan.sentence()
    assert all(leg.name in str(plan) for leg in plan.legs)


def test_a_map_shows_its_table(
    pool: lp.UniswapV3, linear: lp.LinearPerp, week: lp.Lognormal, usdc: lp.Variance
) -> None:
    tokens = {"base": "ETH", "quote": "USDC"}
    puts = [lp.Put(**tokens, strike=k) for k in (1_700.0, 1_800.0, 1_850.0)]
    calls = [lp.Call(**tokens, strike=k) for k in (1_950.0, 2_000.0)]
    found = lp.choice_map(pool, [linear], week, puts=puts, calls=calls, objective=usdc)
    ax = found.plot()
    (cells,) = ax.collections
    assert np.asarray(cells.get_array()).reshape(3, 2) == pytest.approx(found.risks)
    corners = cells.get_coordinates()
    for i, put in enumerate(found.puts):
        for j, call in enumerate(found.calls):
            assert corners[i, j, 0] < call < corners[i + 1, j + 1, 0]
            assert corners[i, j, 1] < put < corners[i + 1, j + 1, 1]
    (ring,) = ax.get_lines()
    assert (ring.get_ydata()[0], ring.get_xdata()[0]) == found.at
    assert ax.get_xlabel() == "strike of the call [USDC per ETH]"
    assert ax.figure.axes[1].get_ylabel() == "risk left [USDC]"
    bars = lp.compare(found.best, {"perpetual": [linear]}).plot().containers[0]
    alone = lp.hedge(pool, [linear], week, objective=usdc)
    assert [b.get_width() for b in bars] == pytest.approx([found.best.best.risk, alone.best.risk, alone.risk_unhedged])


def test_a_smile_shows_its_table() -> None:
    chain = flat_chain(np.arange(1_500.0, 2_601.0, 100.0))
    pool = lp.UniswapV3(base="ETH", quote="USD", liquidity=1.0, lower=1_800.0, upper=2_200.0)
    found = lp.smile(chain, pool)
    ax = found.plot()
    shown, table = lines(ax), found.table()
    for name in ("bid", "mark", "ask"):
        assert shown[name][0].tolist() == table["strike"].tolist()
        assert shown[name][1] == pytest.approx(table[name].to_numpy())
    where, cost = shown["loss of a range between the strikes beside"]
    assert where[1] == pytest.approx(np.sqrt(1_500 * 1_700))
    assert cost[1:-1] == pytest.approx(table["range"].to_numpy()[1:-1])
    assert shown["loss of the position"][1] == pytest.approx([found.of_position])
    assert shown["forward, 2,000"][0].tolist() == pytest.approx([2_000, 2_000])
    assert ax.get_ylabel() == "implied volatility a year"


def test_no_coin_of_an_index_is_left_out_for_want_of_a_colour():
    from lpgreeks.draw import COLOURS, new_axes, strands

    times = np.datetime64("2024-10-01", "ns") + np.arange(3) * np.timedelta64(1, "h")
    lines = {f"coin {i}": np.arange(3.0) + i + 10 for i in range(len(COLOURS) + 2)}
    ax = strands(new_axes()[0], times, lines, ylabel="coins")
    assert [line.get_label() for line in ax.get_lines()] == list(lines)
