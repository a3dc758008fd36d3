"""Sweeps: every combination once, the same bits whoever computes them, and nothing finished is lost."""

from __future__ import annotations

import errno
import gc
import itertools
import json
import math
import os
import signal
import struct
import subprocess
import sys
import time
import traceback
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from types import ModuleType, SimpleNamespace

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pytest

import lpgreeks as lp
from lpgreeks.sweeps import call, checkpoint
from lpgreeks.sweeps.checkpoint import Checkpoint
from lpgreeks.sweeps.fingerprint import Fingerprints
from lpgreeks.sweeps.record import packed, unpacked
from lpgreeks.sweeps.run import Outcome


@pytest.fixture(autouse=True)
def _figures_are_closed() -> Iterator[None]:
    yield
    plt.close("all")


MONTH = [7 / 365, 30 / 365]
VOLATILITIES = [0.4, 0.6, 0.8]


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """A policy to try."""

    theta: float
    gap: float = math.inf
    steps: tuple[int, ...] = (1, 2)

    def __post_init__(self) -> None:
        if self.gap < self.theta:
            raise lp.InputError("gap of at least theta", got=self.gap)


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """What a replay leaves: figures, series, and much else."""

    row: dict[str, object]
    lines: dict[str, np.ndarray]

    def figures(self) -> dict[str, object]:
        return self.row

    def series(self) -> dict[str, np.ndarray]:
        return self.lines


def score(trigger: Trigger, tape: np.ndarray, scale: float = 1.0, *, seed: int = 0) -> Result:
    """A stand-in for a replay: figures and a series that depend on every argument."""
    draws = np.random.default_rng(seed).standard_normal(tape.size)
    gains = np.cumsum(scale * np.sin(tape * trigger.theta) + 1e-3 * draws) / min(trigger.gap, 10.0)
    return Result(
        row={"net": float(gains[-1]), "count": int((gains > 0).sum()), "word": "yes", "up": bool(gains[-1] > 0)},
        lines={"equity": gains},
    )


def add(x: float, y: float = 0.0) -> float:
    return x + y


def explode(x: float) -> float:
    return 1.0 / x


def bits(sweep: lp.Sweep) -> list[tuple[str, list[tuple[str, object]], dict[str, bytes], str]]:
    """Everything that a sweep keeps, floats as their bytes."""
    return [
        (
            run.name,
            [(k, struct.pack("<d", v) if isinstance(v, float) else v) for k, v in run.figures.items()],
            {k: v.tobytes() for k, v in run.series.items()},
            run.error,
        )
        for run in sweep.runs
    ]


TAPE = np.linspace(0.0, 9.0, 4_000)
TRIGGERS = partial(lp.grid, Trigger, theta=[0.5, 1.0, 1.5], gap=[1.0, 2.0, math.inf])


# ---- grids


def test_a_grid_is_every_combination_of_its_lists() -> None:
    found = lp.grid(lp.Lognormal, price=1_900, volatility=VOLATILITIES, years=np.array(MONTH))
    laws = [lp.Lognormal(price=1_900, volatility=v, years=y) for v, y in itertools.product(VOLATILITIES, MONTH)]
    assert [point.value for point in found.points] == laws
    assert [dict(p.parameters) for p in found.points[:2]] == [
        {".volatility": 0.4, ".years": 7 / 365},
        {".volatility": 0.4, ".years": 30 / 365},
    ]
    assert len(found) == 6
    assert repr(found).startswith("<Grid of 6 Lognormal: volatility=0.4, years=0.0191")


def test_grids_stand_anywhere_and_the_last_is_fastest() -> None:
    def verb(a: float, b: list[float], *, c: tuple[object, ...], d: Trigger) -> dict[str, object]:
        return {"a": a, "b": sum(b), "c": c[1][0], "d": d.theta}

    swept = lp.sweep(
        verb,
        lp.each([1.0, 2.0]),
        [10.0, lp.each(range(2))],
        c=(0, [lp.each({"low": 5, "high": 6})]),
        d=lp.grid(Trigger, theta=lp.each([0.1, 0.2])),
    )
    assert swept.parameters == ("a", "b[1]", "c[1][0]", "d.theta")
    wanted = list(itertools.product([1.0, 2.0], [10.0, 11.0], [5, 6], [0.1, 0.2]))
    assert [tuple(run.figures.values()) for run in swept.runs] == wanted
    assert swept.runs[-1].name == "a=2, b[1]=1, c[1][0]=high, d.theta=0.2"
    assert len({run.name for run in swept.runs}) == 16


def test_a_grid_inside_a_grid_and_beside_other_things() -> None:
    nested = lp.grid(lp.Leg, instrument=lp.grid(lp.LinearPerp, base="ETH", quote="USDC", entry=[1.0, 2.0]), lot=[0.1])
    assert [dict(p.parameters) for p in nested.points] == [
        {".instrument.entry": 1.0, ".lot": 0.1},
        {".instrument.entry": 2.0, ".lot": 0.1},
    ]
    mixed = lp.each({"hold": None, "trigger": lp.grid(Trigger, theta=[1.0, 2.0])})
    table = lp.sweep(lambda p: 0.0 if p is None else p.theta, mixed).table()
    assert table["p"].tolist() == ["hold", "trigger", "trigger"]
    assert np.isnan(table["p.theta"][0])
    assert table["p.theta"][1:].tolist() == [1.0, 2.0]
    assert [p.parameters[""] for p in lp.each([lp.Side.LONG, Trigger, lp.grid(Trigger, theta=[3.0])]).points] == [
        "LONG",
        "Trigger",
        "Trigger",
    ]


def test_what_is_no_list_is_fixed() -> None:
    found = lp.grid(Trigger, theta=1.0, steps=(1, 2, 3))
    assert len(found) == 1
    assert found.points[0].value.steps == (1, 2, 3)
    listed = lp.grid(Trigger, theta=1.0, steps=[[1, 2], [1, 2, 3]])
    assert [p.value.steps for p in listed.points] == [[1, 2], [1, 2, 3]]


class Nameless:
    pass


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: lp.each([0.1, 0.2, 0.1]), "each thing to try once; got float 0.1"),
        (lambda: lp.each([1, True]), "told apart; got two called True"),
        (lambda: lp.each([Trigger(theta=1.0), Trigger(theta=1.0)]), "each thing to try once"),
        (lambda: lp.each({"a": np.ones(3), "b": np.ones(3)}), "a and b, which are one"),
        (lambda: lp.grid(Trigger, theta=[1.0, 1.0]), "once"),
        (lambda: lp.grid(lambda x: Trigger(theta=min(x, 2.0)), x=[1, 3.0, 4.0]), "x=3.0 and x=4.0, which are one"),
        (lambda: lp.grid(Trigger, theta=[]), "values of theta to try; got an empty list"),
        (lambda: lp.each([]), "at least one thing to try"),
        (lambda: lp.each(3.0), "a list of things to try"),
        (lambda: lp.each([np.ones(2_000), np.where(np.arange(2_000) == 1_000, 2.0, 1.0)]), "told apart"),
        (lambda: lp.each([Nameless()]), "say what they are|content can be told"),
        (lambda: lp.each({"open": open(os.devnull)}), "content can be told"),  # noqa: SIM115
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_grids_that_are_none_are_refused(make, words) -> None:
    with pytest.raises(lp.InputError, match=words):
        make()


def test_names_tell_close_numbers_apart() -> None:
    close = lp.sweep(add, lp.each([0.1, 0.100000000001, 1 / 3]))
    assert [run.name for run in close.runs] == ["x=0.1", "x=0.100000000001", "x=0.3333333333333333"]
    assert [run.name for run in lp.sweep(add, lp.each([0.1, 1 / 3])).runs] == ["x=0.1", "x=0.333333"]


# ---- sweeps


def hedges(pool, linear, usdc, **how) -> lp.Sweep:
    models = lp.grid(lp.Lognormal, price=1_900, volatility=VOLATILITIES, years=MONTH)
    return lp.sweep(lp.hedge, pool, [linear], models, objective=usdc, **how)


def test_a_sweep_is_the_loop_that_a_user_would_write(pool, linear, usdc) -> None:
    swept = hedges(pool, linear, usdc)
    for run, (v, y) in zip(swept.runs, itertools.product(VOLATILITIES, MONTH), strict=True):
        plan = lp.hedge(pool, [linear], lp.Lognormal(price=1_900, volatility=v, years=y), objective=usdc)
        assert run.parameters == {"over.volatility": v, "over.years": y}
        assert run.figures["risk [USDC]"] == plan.best.risk
        assert run.figures["linear perpetual ETH/USDC [ETH]"] == plan.quantities[0]
        assert run.figures["effectiveness"] == plan.effectiveness
        assert swept.result(run).quantities == plan.quantities == swept.result(run.name).quantities
    assert swept.best("risk").name == "over.volatility=0.4, over.years=0.0191781"
    assert swept.best("risk", most=True).figures["risk [USDC]"] == max(swept.numbers("risk"))
    assert swept.best("effectiveness").figures["effectiveness"] == max(swept.numbers("effectiveness"))
    assert "least at" in swept.plot(figure="risk").get_title("left")


def test_figures_of_a_plan_name_every_leg_and_account(pool, linear, inverse, week) -> None:
    legs = [lp.Leg(inverse, collateral="ETH"), lp.Leg(linear, collateral="USDC"), lp.Leg(linear, lot=0.1)]
    plan = lp.hedge(pool, legs, week, objective=lp.Variance(lp.Value("USDC")), constraints=[lp.MaxLeverage(5)])
    row = plan.figures()
    assert list(row) == [
        "risk [USDC]",
        "unhedged risk [USDC]",
        "effectiveness",
        "capital [USDC]",
        "inverse perpetual ETH/USDC [USDC of notional]",
        "linear perpetual ETH/USDC (1) [ETH]",
        "linear perpetual ETH/USDC (2) [ETH]",
        f"posted, {plan.pledges[0].name} [ETH]",
        f"posted, {plan.pledges[1].name} [USDC]",
        "net delta [ETH]",
        "binding",
    ]
    assert tuple(row.values())[4:7] == plan.quantities
    assert tuple(row.values())[7:9] == plan.best.collateral
    assert row["capital [USDC]"] == plan.capital
    assert row["net delta [ETH]"] == plan.net_delta["ETH"]
    assert {type(value) for value in row.values()} <= {float, str}


@pytest.mark.parametrize("workers", [1, 2, 3, lp.Processes(2)])
def test_equal_bits_whoever_computes(workers, pool, linear, usdc) -> None:
    assert bits(lp.sweep(score, TRIGGERS(), TAPE, workers=workers)) == bits(lp.sweep(score, TRIGGERS(), TAPE))
    assert bits(hedges(pool, linear, usdc, workers=workers)) == bits(hedges(pool, linear, usdc))


@pytest.mark.parametrize("workers", [100_000, lp.Processes(100_000)], ids=["threads", "processes"])
def test_no_more_workers_than_settings(workers, monkeypatch) -> None:
    asked: list[int] = []
    parallel = joblib.Parallel
    monkeypatch.setattr(joblib, "Parallel", lambda n_jobs, **more: asked.append(n_jobs) or parallel(n_jobs, **more))
    swept = lp.sweep(add, lp.each([1.0, 2.0]), workers=workers)
    assert [run.figures["add"] for run in swept.runs] == [1.0, 2.0]
    assert asked == [2]


def test_equal_bits_in_another_order_and_another_grid() -> None:
    forth = {name: rest for name, *rest in bits(lp.sweep(score, TRIGGERS(), TAPE))}
    back = lp.grid(Trigger, theta=[1.5, 0.5, 1.0], gap=[math.inf, 2.0, 1.0])
    assert {name: rest for name, *rest in bits(lp.sweep(score, back, TAPE))} == forth
    alone = lp.sweep(score, lp.grid(Trigger, theta=[1.0], gap=[2.0]), TAPE)
    assert bits(alone)[0][1:] == tuple(forth["trigger.theta=1, trigger.gap=2"])


def test_results_come_in_the_order_of_the_grid() -> None:
    def late_first(x: int) -> int:
        time.sleep(0.02 * (5 - x))
        return x

    assert [run.figures["late_first"] for run in lp.sweep(late_first, lp.each(range(5)), workers=5).runs] == [*range(5)]


def test_algebra_has_one_thread_so_that_bits_do_not_depend_on_the_machine() -> None:
    from threadpoolctl import threadpool_info, threadpool_limits

    def most() -> int:
        import scipy.linalg  # noqa: F401

        return max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    with threadpool_limits(limits=2, user_api="blas"):
        before = most()
        swept = lp.sweep(lambda x: most(), lp.each([1]))  # noqa: ARG005
        assert swept.runs[0].figures["<lambda>"] == 1
        assert swept.result(swept.runs[0]) == 1
        assert most() == before


def test_one_seed_for_all_is_the_same_draws_for_all() -> None:
    first, again = (lp.sweep(score, TRIGGERS(), TAPE, seed=7) for _ in range(2))
    other = lp.sweep(score, TRIGGERS(), TAPE, seed=8)
    assert bits(first) == bits(again)
    assert all(a != b for a, b in zip(bits(first)[:6], bits(other)[:6], strict=True))
    assert first.runs[3].figures["net"] == score(Trigger(theta=1.0, gap=1.0), TAPE, seed=7).row["net"]
    seeds = lp.sweep(score, Trigger(theta=1.0), TAPE, seed=lp.each([7, 8]))
    assert seeds.runs[0].figures["net"] != seeds.runs[1].figures["net"]
    with pytest.raises(lp.InputError, match="a seed as a whole number"):
        lp.sweep(score, TRIGGERS(), TAPE, seed=np.random.default_rng(1))


def test_an_error_of_one_setting_is_its_row(pool, linear, usdc) -> None:
    bounds = lp.each({"free": lp.MaxLeverage(5), "none": lp.EffectivenessAtLeast(0.9999)})
    legs = [lp.Leg(linear, collateral="USDC")]
    week = lp.grid(lp.Lognormal, price=1_900, volatility=[0.6, -1.0], years=7 / 365)
    swept = lp.sweep(
        lp.hedge, pool, legs, week, objective=usdc, constraints=[bounds, lp.NoLiquidation(over=(1_000, 3_000))]
    )
    table = swept.table()
    assert table["error"][2].startswith("InputError: expected volatility to be positive")
    assert np.isnan(table["risk [USDC]"][2])
    assert table["over.volatility"].tolist() == [0.6, 0.6, -1.0, -1.0]
    assert table["constraints[0]"].tolist() == ["free", "none"] * 2
    assert table["error"].str.partition(":")[0].tolist() == ["", "InfeasibleError", "InputError", "InputError"]
    assert "without a result" in swept.sentence()
    refused = lp.sweep(score, lp.grid(Trigger, theta=[0.5, 1.5], gap=[1.0]), TAPE)
    assert [bool(run.error) for run in refused.runs] == [False, True]
    assert refused.panel("equity")["trigger.theta=1.5, trigger.gap=1"].isna().all()
    with pytest.raises(lp.InputError, match="gap of at least theta"):
        refused.result(refused.runs[1])


@pytest.mark.parametrize("workers", [1, 2, lp.Processes(2)])
def test_any_other_error_is_raised_with_its_setting(workers, tmp_path) -> None:
    with pytest.raises(RuntimeError, match=r"^x=0: ZeroDivisionError: ") as caught:
        lp.sweep(explode, lp.each([4.0, 2.0, 0.0]), workers=workers, checkpoint=tmp_path)
    told = "".join(traceback.format_exception(caught.value))
    assert "return 1.0 / x" in told  # where it was, also in another process
    swept = lp.sweep(explode, lp.each([4.0, 2.0]), workers=1, checkpoint=tmp_path)
    assert swept.resumed >= (2 if workers == 1 else 0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: lp.sweep(add, 1.0), lp.InputError, "a grid among the arguments"),
        (lambda: lp.sweep(3, lp.each([1])), lp.InputError, "a verb to call"),
        (lambda: lp.sweep(add, lp.each([1]), z=3), TypeError, "unexpected keyword argument 'z'"),
        (lambda: lp.sweep(add), lp.InputError, "a grid among"),
        (lambda: lp.sweep(add, lp.each([1]), workers=0), lp.InputError, "the number of workers"),
        (lambda: lp.sweep(add, lp.each([1]), workers="all"), lp.InputError, "the number of workers"),
        (lambda: lp.Processes(-1), lp.InputError, "the number of workers"),
        (lambda: lp.sweep(add, lp.each([1]), cluster="tcp://here"), lp.InputError, "distributed Client"),
        (lambda: lp.sweep(add, lp.each([1]), checkpoint=3), lp.InputError, "checkpoint as a folder"),
        (lambda: lp.sweep(add, lp.each([1]), checkpoint=""), lp.InputError, "checkpoint as a folder"),
    ],
)
def test_calls_that_are_none_are_refused_before_anything_is_computed(call, error, words) -> None:
    with pytest.raises(error, match=words):
        call()


def test_results_of_other_types_have_an_error_that_says_so() -> None:
    for wrong in ([1, 2], object(), {"a": [1]}, Result(row={}, lines={"x": np.ones((2, 2))})):
        error = lp.sweep(lambda x, wrong=wrong: wrong, lp.each([1])).runs[0].error  # noqa: ARG005
        assert error.startswith("InputError: expected")


def test_whole_results_are_kept_only_where_asked() -> None:
    alive: list[weakref.ref[Result]] = []

    def remembered(trigger: Trigger) -> Result:
        result = score(trigger, TAPE)
        alive.append(weakref.ref(result))
        return result

    swept = lp.sweep(remembered, TRIGGERS(), workers=2)
    gc.collect()
    assert [ref() for ref in alive] == [None] * 8
    again = swept.result(swept.runs[4])
    assert again.row == swept.runs[4].figures
    held = lp.sweep(remembered, TRIGGERS(), workers=2, keep=True)
    assert held.result(held.runs[4]) is held.result(held.runs[4].name)
    with pytest.raises(lp.InputError, match="a run of this sweep"):
        held.result("theta=3")


# ---- what a user sees


def test_table_panel_and_best() -> None:
    swept = lp.sweep(score, TRIGGERS(), TAPE)
    table = swept.table()
    assert list(table) == ["trigger.theta", "trigger.gap", "net", "count", "word", "up", "error"]
    assert table["trigger.gap"].tolist() == [1.0, 2.0, math.inf] * 3
    pairs = itertools.product([0.5, 1.0, 1.5], [1.0, 2.0, math.inf])
    nets = [math.nan if g < t else score(Trigger(theta=t, gap=g), TAPE).row["net"] for t, g in pairs]
    assert np.array_equal(table["net"], nets, equal_nan=True)
    panel = swept.panel("equity")
    assert panel.shape == (4_000, 9)
    assert panel.index.name == "step"
    assert panel["trigger.theta=1, trigger.gap=2"].iloc[-1] == swept.runs[4].figures["net"]
    assert np.isnan(swept.numbers("net")[6])
    assert swept.best("net").figures["net"] == np.nanmax(swept.numbers("net"))
    assert swept.best("net", most=False).figures["net"] == np.nanmin(swept.numbers("net"))
    for ask in (lambda: swept.panel("no"), lambda: swept.best("no"), lambda: swept.best("word")):
        with pytest.raises(lp.InputError):
            ask()
    assert not swept.runs[0].series["equity"].flags.writeable


def test_a_panel_has_times_where_results_have_them() -> None:
    hours = np.arange("2023-05-01", "2023-05-02", dtype="datetime64[h]").astype("datetime64[ns]")

    def timed(x: float, shift: int = 0) -> Result:
        return Result(row={"x": x}, lines={"times": hours + shift, "pnl": np.full(24, x)})

    panel = lp.sweep(timed, lp.each([1.0, 2.0])).panel("pnl")
    assert panel.index[1].isoformat() == "2023-05-01T01:00:00+00:00"
    with pytest.raises(lp.InputError, match="pnl on one grid in every run"):
        lp.sweep(timed, 1.0, shift=lp.each([0, 1])).panel("pnl")


def test_words_and_plain_types() -> None:
    swept = lp.sweep(score, TRIGGERS(), TAPE)
    assert swept.sentence().startswith(
        "9 settings of score: 3 of trigger.theta, 3 of trigger.gap. 1 without a result, the first at "
        "trigger.theta=1.5, trigger.gap=1: InputError: expected gap of at least theta"
    )
    lines = str(swept).splitlines()
    assert max(map(len, lines)) <= 110
    assert lines[3].split() == ["trigger.theta", "trigger.gap", "net", "count", "word", "up"]
    assert lines[4].split()[:2] == ["0.5", "1"]
    assert lines[10].split()[-1] == "-"
    assert repr(swept) == f"<Sweep of {swept.sentence()}>"
    assert "<table" in swept._repr_html_()
    plain = json.loads(json.dumps(swept.to_dict(), allow_nan=False))
    assert plain["runs"][2]["parameters"] == {"trigger.theta": 0.5, "trigger.gap": None}
    assert plain["runs"][0]["figures"]["net"] == swept.runs[0].figures["net"]
    many = lp.sweep(add, lp.each(range(100)), y=0.5)
    assert "... 76 more settings in table()" in str(many)
    assert len(str(many).splitlines()) < 32
    assert "x=3" in repr(many.runs[3])


def test_a_figure_called_like_a_parameter_is_told_apart() -> None:
    table = lp.sweep(lambda x: {"x": 2 * x}, lp.each([1, 2])).table()
    assert table.to_dict("list") == {"x": [1, 2], "x (result)": [2, 4], "error": ["", ""]}


def test_the_picture_shows_the_table() -> None:
    swept = lp.sweep(score, TRIGGERS(), TAPE)
    ax = swept.plot(figure="net")
    heights = ax.images[0].get_array()
    table = swept.table().pivot(index="trigger.gap", columns="trigger.theta", values="net")
    assert np.array_equal(heights.filled(np.nan), table.to_numpy(), equal_nan=True)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0.5", "1", "1.5"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["1", "2", "off"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("theta", "gap")
    frame = ax.patches[0]
    best = swept.best("net").parameters
    assert (frame.get_x() + 0.5, frame.get_y() + 0.5) == (
        [0.5, 1.0, 1.5].index(best["trigger.theta"]),
        [1.0, 2.0, math.inf].index(best["trigger.gap"]),
    )
    assert len(ax.texts) == 8
    assert ax.images[0].get_clim() == (table.min().min(), table.max().max())
    turned = swept.plot(figure="net", columns="trigger.gap")
    assert np.array_equal(turned.images[0].get_array().filled(np.nan), table.to_numpy().T, equal_nan=True)
    assert lp.sweep(add, lp.each([1.0, -2.0])).plot().images[0].get_clim() == (-2.0, 2.0)
    line = lp.sweep(add, lp.each([1.0, 3.0])).plot()
    assert [t.get_text() for t in line.get_yticklabels()] == []
    sizes = {t.get_fontsize() for t in lp.sweep(add, lp.each([x / 7 for x in range(11)])).plot().get_xticklabels()}
    assert max(sizes) < line.get_xticklabels()[0].get_fontsize()  # many words, small words


def test_pictures_of_more_than_two_parameters_ask_which() -> None:
    swept = lp.sweep(score, TRIGGERS(), TAPE, scale=lp.each([1.0, 2.0]))
    with pytest.raises(lp.InputError, match="one run for each pair") as caught:
        swept.plot()
    assert "(scale)" in str(caught.value)
    part = swept.only({"scale": 2.0})
    assert len(part) == 9
    assert part.plot(figure="net").get_title("left").endswith("; scale 2 throughout")
    assert part.result(part.runs[1]).row == swept.runs[3].figures
    with pytest.raises(lp.InputError, match="values that some setting has"):
        swept.only({"scale": 3.0})
    with pytest.raises(lp.InputError, match="a parameter of the sweep"):
        swept.plot(rows="theta")


def test_numbers_stand_on_tiles_where_they_can_be_read() -> None:
    def fonts(columns: int, size: float) -> set[float]:
        ax = lp.sweep(lambda x: size + x, lp.each(list(range(columns)))).plot()
        assert len(ax.texts) in (0, columns)
        return {text.get_fontsize() for text in ax.texts}

    [large], [small] = fonts(3, 1e4), fonts(10, 1e4)
    assert large > small > 7
    assert fonts(12, 1e6) == set()


@dataclass(frozen=True, kw_only=True, eq=False)
class Told(Result):
    """A result that says what it takes as given."""

    assumptions: tuple[str, ...]
    synthetic: str
    units: dict[str, str]
    losses: tuple[str, ...]


def telling(x: float, rule: str = "drawn") -> Told:
    assumptions = ("bars are real", f"SYNTHETIC: {rule}") if rule else ("bars are real",)
    assumptions += ("below the fee there is no arbitrage",) if x < 2 else ()
    times = np.datetime64("2023-04-01", "ns") + np.arange(40) * np.timedelta64(1, "h")
    gains = np.random.default_rng(int(x)).standard_normal(40)
    row: dict[str, object] = {"net": float(gains.sum()), "sharpe": x}
    lines = {"times": times, "pnl": gains}
    return Told(
        row=row, lines=lines, assumptions=assumptions, synthetic=rule, units={"net": "USDC"}, losses=("sharpe",)
    )


@pytest.mark.parametrize("workers", [None, lp.Processes(2)], ids=["threads", "processes"])
def test_what_is_taken_as_given_is_said(workers, tmp_path) -> None:
    first, again = (lp.sweep(telling, lp.each([1.0, 2.0, 3.0]), checkpoint=tmp_path, workers=workers) for _ in range(2))
    assert again.resumed == 3
    for swept in (first, again):
        assert swept.synthetic
        assert swept.assumptions == (
            "bars are real", "SYNTHETIC: drawn", "below the fee there is no arbitrage (1 of 3 settings)"
        )  # fmt: skip
        assert swept.sentence().endswith("The pool is SYNTHETIC.")
        *_, head, one, two, three = str(swept).splitlines()
        assert (head, one, two) == ("Taken as given", "- bars are real", "- SYNTHETIC: drawn")
        assert three.endswith("(1 of 3 settings)")
        assert swept.to_dict()["assumptions"] == list(swept.assumptions)
        assert swept.table().attrs["synthetic"] is True
        assert swept.best("sharpe").figures["sharpe"] == 1.0  # by their own word a loss
        assert swept.best("sharpe", most=True).figures["sharpe"] == 3.0
        ax = swept.plot()
        assert " ".join(ax.get_title("left").split()).endswith("the pool is SYNTHETIC")
        assert ax.figure.axes[1].get_ylabel() == "net [USDC]"
        assert swept.plot(figure="sharpe").figure.axes[1].get_ylabel() == "sharpe"
        panel = swept.panel("pnl").dropna(axis=1, how="all")
        panel.columns = ["a", "b", "c"]
        found = lp.verdict(panel, against="a", seed=1)
        assert found.sentence().endswith("The pool is SYNTHETIC.")
        assert "Taken as given\n- bars are real" in str(found)
        assert "SYNTHETIC" in found.plot().get_title("left")
        assert found.to_dict()["synthetic"] is True
    real = lp.sweep(telling, lp.each([2.0, 3.0]), rule="")
    assert not real.synthetic
    words = [str(real), real.plot().get_title("left"), str(lp.verdict(real.panel("pnl"), against="x=2", seed=1))]
    assert "SYNTHETIC" not in " ".join(words)


def test_one_bar_on_request_or_on_a_terminal(capsys, tmp_path) -> None:
    lp.sweep(add, lp.each(range(6)))
    lp.sweep(add, lp.each(range(4)), checkpoint=tmp_path, progress=False)
    assert capsys.readouterr() == ("", "")
    lp.sweep(add, lp.each(range(6)), checkpoint=tmp_path, progress=True)
    out, shown = capsys.readouterr()
    assert out == ""
    assert "4/6" in shown  # those resumed count at once
    assert "6/6" in shown
    assert "add" in shown


# ---- fingerprints


def test_fingerprints_are_of_contents(pool) -> None:
    def of(thing: object) -> bytes:
        return Fingerprints().of(thing)

    before = of(pool)
    pool.value(2_000.0), pool.bases, pool.amounts
    assert of(pool) == before  # what a noun remembers of its answers is not what it is
    twin = lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)
    assert of(twin) == before
    noun = Trigger(theta=1.0)
    different = [
        noun, Trigger(theta=1.0, gap=2.0), TAPE, TAPE.astype("<f4"), TAPE.reshape(2, -1), -TAPE, TAPE[::2],
        TAPE.view("M8[ns]"), [1, 2], (1, 2), [2, 1], [[1], 2], {1, 2}, {1: 2}, {2: 1}, 1, 1.0, True, "1", b"1", None,
        -0.0, 0.0, math.nan, lp.Side.LONG, lp.Side.SHORT, Trigger, lp.Leg, add, explode, np.sin, os.path,
        partial(add, 1.0), partial(add, 2.0), noun.__post_init__, lambda: 1, lambda: 2, lambda x=1: x, lambda x=2: x,
        np.array(["a", None], dtype=object), np.zeros(0), np.zeros((0, 2)), np.datetime64(0, "s"), ..., object(),
    ]  # fmt: skip
    prints = [of(thing) for thing in different]
    assert len(set(prints)) == len(prints)
    assert all(len(p) == 16 for p in prints)
    assert of({1: 2, 3: 4}) == of({3: 4, 1: 2})
    assert of(TAPE[::2].copy()) == of(TAPE[::2])


def test_functions_count_by_code_and_by_what_they_close_over() -> None:
    def made(k: float, source: str) -> object:
        space: dict[str, object] = {"k": k}
        exec(f"def outer(k):\n    def f(x):\n        {source}\n    return f", space)
        return space["outer"](k)  # type: ignore[operator]

    first = Fingerprints().of(made(1.0, "return x + k"))
    assert Fingerprints().of(made(1.0, "return x + k")) == first
    assert Fingerprints().of(made(2.0, "return x + k")) != first
    assert Fingerprints().of(made(1.0, "return x - k")) != first

    def kind(sign: str) -> type:
        space: dict[str, object] = {"dataclass": dataclass, "__name__": __name__}
        exec(
            f"@dataclass(frozen=True)\nclass Rule:\n    x: float\n    def act(self):\n        return {sign}self.x",
            space,
        )
        return space["Rule"]  # type: ignore[return-value]

    assert Fingerprints().of(kind("+")(1.0)) == Fingerprints().of(kind("+")(1.0))
    assert Fingerprints().of(kind("+")(1.0)) != Fingerprints().of(kind("-")(1.0))

    def recursive(n: int) -> int:
        return 1 if n == 0 else n * recursive(n - 1)

    assert len(Fingerprints().of(recursive)) == 16


def test_functions_count_by_what_they_read() -> None:
    """A constant of the module, what another function reads of it, an attribute of a module: each is content."""
    source = (
        "LIMIT, TABLE, unused = 1.0, [1, 2], 5\n"
        "def low(x):\n    return x * LIMIT\n"
        "def policy(x):\n    return low(x) + sum(y for y in range(3) if y in TABLE) + settings.theta\n"
        "def alone(x):\n    return abs(x)\n"
        "class Rule:\n    def act(self, x):\n        return x + LIMIT\n"
        "def even(n):\n    return n == 0 or odd(n - 1)\n"
        "def odd(n):\n    return n != 0 and even(n - 1) and LIMIT > 0\n"
    )

    def made(**changed: object) -> dict[str, bytes]:
        settings = ModuleType("settings")
        settings.theta, settings.gap = changed.pop("theta", 1e-3), changed.pop("gap", 1.0)  # type: ignore[attr-defined]
        space: dict[str, object] = {"__name__": "by_hand", "settings": settings}
        exec(source, space)
        space |= changed
        names = ("policy", "alone", "Rule", "even")
        return {name: Fingerprints().of(space[name]) for name in names}

    first = made()
    assert made() == first
    for change, counts in {
        "LIMIT": {"policy", "Rule", "even"}, "TABLE": {"policy"}, "theta": {"policy"}, "gap": set(), "unused": set(),
    }.items():  # fmt: skip
        again = made(**{change: [3] if change == "TABLE" else 2.0})
        assert {name for name in first if again[name] != first[name]} == counts
    assert made(low=lambda x: x)["policy"] != first["policy"]
    with pytest.raises(lp.InputError, match=r"policy to read only what can be told.*got low: LIMIT: .*lock"):
        made(LIMIT=Lock())


def test_installed_things_count_by_their_version(monkeypatch) -> None:
    def of() -> list[bytes]:
        return [Fingerprints().of(thing) for thing in (np, np.ma.MaskedArray, partial(score, 1), lp.Leg)]

    before = of()
    monkeypatch.setattr(np, "__version__", "0.0.0")
    assert [a == b for a, b in zip(before, of(), strict=True)] == [False, False, False, True]
    monkeypatch.setattr(lp, "__version__", "0.0.0")
    assert of()[3] != before[3]


def test_a_constant_that_a_policy_reads_is_computed_anew(tmp_path) -> None:
    """As a person at work changes a script and runs it again."""
    script = (
        "import lpgreeks as lp\nTHETA = {theta}\n"
        "def threshold():\n    return THETA\n"
        "def verb(x):\n    return x + threshold()\n"
        "runs = lp.sweep(verb, lp.each([1.0, 2.0]), checkpoint={folder!r})\n"
        "print(runs.resumed, [run.figures['verb'] for run in runs.runs])"
    )

    def ran(theta: float) -> str:
        text = script.format(theta=theta, folder=str(tmp_path))
        return subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True).stdout.strip()

    assert ran(10.0) == "0 [11.0, 12.0]"
    assert ran(20.0) == "0 [21.0, 22.0]"
    assert ran(10.0) == "2 [11.0, 12.0]"


def test_fingerprints_are_the_same_in_another_process() -> None:
    script = (
        "import lpgreeks as lp, numpy as np\nfrom lpgreeks.sweeps.fingerprint import Fingerprints\n"
        "pool = lp.UniswapV3.from_value(100_000, base='ETH', quote='USDC', price=1_900, lower=1_700, upper=2_100)\n"
        "def f(x, y={'a', 'b', 'c'}):\n    return x in {'d', 'e', 'f'}\n"
        "print(Fingerprints().of([pool, np.arange(9.0), {'x', 'y', 'z'}, f, lp.Variance(lp.Value('USDC'))]).hex())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1


def test_a_tape_is_read_once_per_sweep(tmp_path, monkeypatch) -> None:
    read: list[int] = []
    content = Fingerprints._content
    monkeypatch.setattr(Fingerprints, "_content", lambda self, x: read.append(id(x)) or content(self, x))
    lp.sweep(score, TRIGGERS(), TAPE, checkpoint=tmp_path)
    assert read.count(id(TAPE)) == 1
    read.clear()
    lp.grid(partial(score, tape=TAPE), trigger=TRIGGERS(), seed=[1, 2])
    assert read.count(id(TAPE)) <= 1


# ---- checkpoints


def test_records_come_back_to_the_bit() -> None:
    numbers = [0.1, -0.0, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, *np.array([-1, 1], "<i8").view("<f8")]
    assert any(math.isnan(x) for x in numbers)
    row = {**{f"f{i}": float(x) for i, x in enumerate(numbers)}, "i": 10**30, "t": True, "n": None, "s": "ü\n\x00"}
    lines = {"a": np.array(numbers), "times": np.array(["2023-05-01", "NaT"], "M8[ns]"), "none": np.zeros(0)}
    back = unpacked(packed(Outcome(figures=row, series=lines, error="no\nway")))
    assert list(back.figures) == list(row)
    assert [struct.pack("<d", x) if isinstance(x, float) else (type(x), x) for x in back.figures.values()] == [
        struct.pack("<d", x) if isinstance(x, float) else (type(x), x) for x in row.values()
    ]
    assert {k: (v.dtype, v.tobytes()) for k, v in back.series.items()} == {
        k: (v.dtype, v.tobytes()) for k, v in lines.items()
    }
    assert back.error == "no\nway"
    assert not back.series["a"].flags.writeable


class Recorder:
    """Remembers what it was told, and is the same whatever that was."""

    def __init__(self) -> None:
        self.told: list[float] = []

    def __len__(self) -> int:
        return len(self.told)

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return Recorder, ()


CALLS = Recorder()


def counted(trigger: Trigger, tape: np.ndarray, scale: float = 1.0) -> Result:
    CALLS.told.append(trigger.theta)
    return score(trigger, tape, scale)


@pytest.fixture
def calls() -> Iterator[Recorder]:
    CALLS.told.clear()
    yield CALLS
    CALLS.told.clear()


def test_what_is_there_is_not_computed_again(calls, tmp_path) -> None:
    first = lp.sweep(counted, TRIGGERS(), TAPE, checkpoint=tmp_path)
    assert (len(calls), first.resumed) == (8, 0)  # one of nine is refused as it is made
    again = lp.sweep(counted, TRIGGERS(), TAPE, checkpoint=str(tmp_path))
    assert (len(calls), again.resumed) == (8, 9)
    assert bits(again) == bits(first)
    assert "9 settings were found in the checkpoint" in str(again)
    more = lp.sweep(counted, lp.grid(Trigger, theta=[0.5, 0.75], gap=[2.0]), tape=TAPE, checkpoint=tmp_path)
    assert (len(calls), more.resumed) == (9, 1)  # by keyword, in another grid: the same setting
    assert more.runs[0].figures == first.runs[1].figures


def test_whatever_changes_is_computed_anew(tmp_path, monkeypatch) -> None:
    one = partial(lp.sweep, checkpoint=tmp_path, workers=1)
    grid = lp.grid(Trigger, theta=[0.5])
    one(counted, grid, TAPE)
    moved = TAPE.copy()
    moved[-1] = np.nextafter(moved[-1], 10)
    assert one(counted, grid, moved).resumed == 0
    assert one(counted, grid, TAPE, 2.0).resumed == 0
    assert one(counted, lp.grid(Trigger, theta=[0.5], steps=(1,)), TAPE).resumed == 0
    assert one(score, grid, TAPE).resumed == 0
    assert one(counted, grid, TAPE).resumed == 1
    monkeypatch.setattr(lp, "__version__", "0.1.1")
    assert one(counted, grid, TAPE).resumed == 0
    assert one(counted, grid, TAPE).resumed == 1
    monkeypatch.setattr(call, "_FORMAT", 3)
    assert one(counted, grid, TAPE).resumed == 0


def test_what_a_noun_remembers_is_no_change(pool, linear, usdc, tmp_path) -> None:
    hedges(pool, linear, usdc, checkpoint=tmp_path)
    pool.value(2_000.0), linear.amounts
    assert hedges(pool, linear, usdc, checkpoint=tmp_path).resumed == 6


def test_errors_are_finished_too(tmp_path) -> None:
    grid = lp.grid(Trigger, theta=[1.0, 3.0], gap=[2.0])
    first = lp.sweep(score, grid, TAPE, checkpoint=tmp_path)
    again = lp.sweep(score, grid, TAPE, checkpoint=tmp_path)
    assert again.resumed == 2
    assert again.runs[1].error == first.runs[1].error != ""


def test_a_log_cut_anywhere_keeps_every_whole_record(tmp_path) -> None:
    whole = lp.sweep(add, lp.each([1.0, 2.0, 3.0]), checkpoint=tmp_path, workers=1)
    (log,) = tmp_path.glob("*.sweep")
    content = log.read_bytes()
    size = len(content) // 3
    assert len(content) == 3 * size
    for cut in [*range(2 * size, 3 * size), 0, 1, size - 1, size]:
        folder = tmp_path / f"cut {cut}"
        folder.mkdir()
        (folder / log.name).write_bytes(content[:cut])
        again = lp.sweep(add, lp.each([1.0, 2.0, 3.0]), checkpoint=folder, workers=1)
        assert again.resumed == cut // size
        assert bits(again) == bits(whole)
        assert len(again.notes) == bool(cut % size)
        assert lp.sweep(add, lp.each([1.0, 2.0, 3.0]), checkpoint=folder, workers=1).resumed == 3


def test_damage_costs_only_the_record_that_it_hits(tmp_path) -> None:
    whole = lp.sweep(add, lp.each([1.0, 2.0, 3.0]), checkpoint=tmp_path, workers=1)
    (log,) = tmp_path.glob("*.sweep")
    content = log.read_bytes()
    size = len(content) // 3
    for place in range(size, 2 * size):
        log.write_bytes(content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1 :])
        again = lp.sweep(add, lp.each([1.0, 2.0, 3.0]), checkpoint=tmp_path, workers=1)
        assert again.resumed == 2
        assert bits(again) == bits(whole)
        assert f"{size:,} bytes of {log.name}" in again.notes[0]
        assert "cut off or damaged" in str(again)
        for other in tmp_path.glob("*.sweep"):
            if other != log:
                other.unlink()


def test_files_of_others_are_left_alone_and_named(tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "deep").mkdir()
    (tmp_path / "x.sweep").write_bytes(os.urandom(1_000))
    swept = lp.sweep(add, lp.each([1.0]), checkpoint=tmp_path)
    assert [note.partition(" ")[0] for note in swept.notes] == ["deep", "notes.txt", "1,000"]
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert len((tmp_path / "x.sweep").read_bytes()) == 1_000


def test_a_folder_that_is_none(tmp_path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for wrong in (file, file / "below"):
        with pytest.raises(lp.DataError, match="a folder that can be read as checkpoint"):
            lp.sweep(counted, TRIGGERS(), TAPE, checkpoint=wrong)
    assert lp.sweep(add, lp.each([1.0]), checkpoint=tmp_path / "a" / "b").resumed == 0
    assert lp.sweep(add, lp.each([1.0]), checkpoint=tmp_path / "a" / "b").resumed == 1


def test_a_folder_that_may_not_be_written_to_is_refused_before_anything_is_computed(
    calls, tmp_path, monkeypatch
) -> None:
    def denied(path: str, *_: int) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(checkpoint, "os", SimpleNamespace(**{**vars(os), "open": denied}))
    with pytest.raises(lp.DataError, match=r"that can be written to as checkpoint; got .*Permission denied"):
        lp.sweep(counted, TRIGGERS(), TAPE, checkpoint=tmp_path)
    assert len(calls) == 0


@pytest.mark.parametrize("workers", [1, 2, lp.Processes(2)])
@pytest.mark.parametrize("partly", [0, 10])
def test_a_full_disk_keeps_what_was_finished(workers, partly, tmp_path, monkeypatch) -> None:
    room = 3

    def filling(file: int, data: Sequence[int]) -> int:
        nonlocal room
        room -= bytes(data[:8]) == b"lpgsweep"
        if room >= 0:
            return os.write(file, data)
        if partly and bytes(data[:8]) == b"lpgsweep":
            return os.write(file, data[:partly])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(checkpoint, "os", SimpleNamespace(**{**vars(os), "write": filling}))
    values = [float(x) for x in range(8)]
    with pytest.raises(lp.DataError, match=r"with room for another record .*No space left"):
        lp.sweep(add, lp.each(values), checkpoint=tmp_path, workers=workers)
    monkeypatch.undo()
    again = lp.sweep(add, lp.each(values), checkpoint=tmp_path, workers=workers)
    assert again.resumed == 3
    assert again.notes == ()  # nothing torn was left
    assert [run.figures["add"] for run in again.runs] == values


def test_a_record_that_failed_leaves_none_of_itself_before_the_next(tmp_path, monkeypatch) -> None:
    written: list[int] = []

    def once(file: int, data: Sequence[int]) -> int:
        written.append(len(data))
        if len(written) == 3:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os.write(file, data[:20] if len(written) == 2 else data)

    monkeypatch.setattr(checkpoint, "os", SimpleNamespace(**{**vars(os), "write": once}))
    keys = [bytes([i]) * 16 for i in range(3)]
    folder = Checkpoint(tmp_path)
    folder.open()
    folder.write(keys[0], b"first")
    with pytest.raises(lp.DataError, match="Input/output error"):
        folder.write(keys[1], b"second")
    folder.write(keys[2], b"third")
    folder.close()
    assert Checkpoint(tmp_path).read(keys) == {keys[0]: b"first", keys[2]: b"third"}
    assert list(tmp_path.iterdir()) != []


# ---- killed, interrupted, and several at once

SCRIPT = """
import signal, sys, time
import numpy as np
import lpgreeks as lp

# A run in the background passes its deafness to interrupts on.
signal.signal(signal.SIGINT, signal.default_int_handler)

def slow(x, tape, seed):
    time.sleep(0.03)
    with open(sys.argv[2], "a") as file:
        file.write(f"{x}\\n")
    draws = np.random.default_rng([seed, x]).standard_normal(500)
    return Result(draws.cumsum() + tape[:500] * x)

class Result:
    def __init__(self, line):
        self.line = line
    def figures(self):
        return {"end": float(self.line[-1]), "nan": float("nan"), "up": bool(self.line[-1] > 0)}
    def series(self):
        return {"pnl": self.line}

swept = lp.sweep(slow, lp.each(range(60)), np.linspace(0, 1, 100_000), seed=3, checkpoint=sys.argv[1], workers=2)
content = b"".join(run.name.encode() + repr(run.figures).encode() + run.series["pnl"].tobytes() for run in swept.runs)
print(swept.resumed, len(swept), len(swept.notes), __import__("hashlib").sha256(content).hexdigest())
"""


@pytest.fixture
def start(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    started: list[subprocess.Popen[str]] = []

    def go(folder: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(script), str(tmp_path / folder), str(tmp_path / f"{folder}.calls")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        started.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        )
        return started[-1]

    yield go
    for process in started:
        process.kill()
        process.communicate()


def wait_for(done, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.002)


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_killed_again_and_again_it_resumes_to_the_same_bits(start, tmp_path) -> None:
    done = start("whole").communicate(timeout=120)
    _, total, _, wanted = done[0].split()
    assert total == "60"
    calls = tmp_path / "killed.calls"
    for kill in range(1, 4):
        process = start("killed")
        wait_for(lambda kill=kill: len(lines_of(calls)) >= 14 * kill, process)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    before = lines_of(calls)
    resumed, _, _, found = start("killed").communicate(timeout=120)[0].split()
    assert found == wanted
    after = lines_of(calls)[len(before) :]
    # Of every kill only the two at work may be lost; what was recorded is not computed again.
    assert int(resumed) >= len(before) - 2 * 3
    assert len(after) == 60 - int(resumed)
    assert len(set(after)) == len(after)
    assert len(set(before) | set(after)) == 60


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(start, tmp_path) -> None:
    calls = tmp_path / "stopped.calls"
    process = start("stopped")
    wait_for(lambda: len(lines_of(calls)) >= 15, process)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert out == ""
    assert process.returncode == -signal.SIGINT
    last = error.strip().splitlines()[-1]
    folder = str(tmp_path / "stopped")
    assert last.startswith("KeyboardInterrupt: ")
    assert last.endswith(f"of 60 settings are kept: the same call with checkpoint={folder!r} goes on from there")
    kept = int(last.split()[1])
    assert kept >= 13
    resumed, _, notes, found = start("stopped").communicate(timeout=120)[0].split()
    assert (int(resumed), notes) == (kept, "0")
    assert found == start("whole").communicate(timeout=120)[0].split()[-1]


def test_an_interrupt_without_a_checkpoint_says_what_would_have_helped() -> None:
    def stop(x: int) -> int:
        if x == 2:
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt, match="2 of 5 settings were done, and are lost: checkpoint="):
        lp.sweep(stop, lp.each(range(5)), workers=1)


def test_two_at_once_share_a_folder(start) -> None:
    both = [start("shared"), start("shared")]
    found = [process.communicate(timeout=120)[0].split()[-1] for process in both]
    assert found[0] == found[1]
    resumed, _, notes, again = start("shared").communicate(timeout=120)[0].split()
    assert (resumed, notes, again) == ("60", "0", found[0])


# ---- a cluster


@dataclass(frozen=True, eq=False)
class Counted:
    """An argument that writes down each time that it is packed for a journey."""

    tape: np.ndarray
    diary: str

    def __reduce__(self) -> tuple[type, tuple[np.ndarray, str]]:
        with open(self.diary, "a") as file:
            file.write(f"{os.getpid()}\n")
        return Counted, (self.tape, self.diary)


def travelled(trigger: Trigger, tape: Counted) -> Result:
    return score(trigger, tape.tape)


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed", reason="needs the extra cluster")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_a_cluster_gives_the_bits_of_this_machine(client, pool, linear, inverse, usdc) -> None:
    assert bits(lp.sweep(score, TRIGGERS(), TAPE, cluster=client)) == bits(lp.sweep(score, TRIGGERS(), TAPE))
    assert bits(hedges(pool, linear, usdc, cluster=client)) == bits(hedges(pool, linear, usdc))
    # Sums over so many paths are long enough for linear algebra to cut them in parts.
    drawn = [lp.Lognormal(price=1_900, volatility=v, years=7 / 365) for v in VOLATILITIES]
    paths = {f"{m.volatility:g}": m.sample(market="ETH/USDC", paths=60_000, steps=2, seed=1) for m in drawn}
    legs = [linear, inverse, lp.Spot(base="ETH", quote="USDC")]
    near, far = (
        lp.sweep(lp.hedge, pool, legs[:2], lp.each(paths), objective=usdc, **how) for how in ({}, {"cluster": client})
    )
    assert bits(near) == bits(far)
    assert not near.errors


def test_a_cluster_fills_a_checkpoint_that_this_machine_reads(client, tmp_path) -> None:
    far = lp.sweep(score, TRIGGERS(), TAPE, cluster=client, checkpoint=tmp_path, keep=True)
    near = lp.sweep(score, TRIGGERS(), TAPE, checkpoint=tmp_path)
    assert near.resumed == 9
    assert bits(far) == bits(near)
    assert far.result(far.runs[0]).row == near.runs[0].figures


def test_arguments_travel_once_to_a_cluster_not_with_each_task(client, tmp_path) -> None:
    diary = tmp_path / "diary"
    thetas = [float(x) for x in np.linspace(0.1, 2.0, 40)]
    swept = lp.sweep(travelled, lp.grid(Trigger, theta=thetas), Counted(TAPE, str(diary)), cluster=client)
    assert not swept.errors
    packed_here = [line for line in lines_of(diary) if line == str(os.getpid())]
    assert 1 <= len(packed_here) <= 2


def test_errors_of_a_cluster_name_their_setting(client) -> None:
    with pytest.raises(RuntimeError, match=r"^x=0: ZeroDivisionError"):
        lp.sweep(explode, lp.each([1.0, 0.0]), cluster=client)
    refused = lp.sweep(score, lp.grid(Trigger, theta=[0.5, 1.5], gap=[1.0]), TAPE, cluster=client)
    assert [bool(run.error) for run in refused.runs] == [False, True]
