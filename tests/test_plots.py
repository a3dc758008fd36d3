"""What a picture shows: its curves are the functions, its marks stand where they should."""

from __future__ import annotations

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest

import lpgreeks as lp


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
    texts = [t.get_text() for t in ax.texts]
    assert texts == [f"{e:,.6g}" for e in evens]
    assert ax.get_xlabel() == "price [USDC per ETH]"
    assert ax.get_ylabel() == "P&L [USDC]"
    assert "Short 24.0586 ETH" in ax.get_title(loc="left") + ax.get_title()


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


def test_every_word_lies_inside_the_picture(plan: lp.HedgePlan) -> None:
    """The sentence above the payoff ran off both sides of it."""
    for ax in (plan.plot(), plan.plot_outcomes(), plan.exposure.plot(start=1_900)):
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
