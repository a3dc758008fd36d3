"""Pages of results: whole, alone, the same bytes, the result's own numbers, and what a browser makes of them."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.hedging.objectives import Objective
from lpgreeks.reports import Page, Picture, page
from lpgreeks.reports.formulas import of_objective
from lpgreeks.reports.mathml import mathml
from lpgreeks.reports.report import html
from lpgreeks.reports.tables import of_frame, of_rows
from tests import browser, results
from tests.running import run

SECTIONS = ["question", "tables", "plots", "notes", "formulas", "sources", "scenario"]

HOSTILE = 'E"><img src=x onerror=alert(1)><script>alert(2)'


@dataclass
class Read(HTMLParser):
    """What stands on a page, read by the standard library."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    tables: dict[str, list[list[tuple[str, float | None]]]] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)
    row: list[tuple[str, float | None]] = field(default_factory=list)
    number: float | None = None
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag in ("td", "th", "caption", "h1", "script"):
            self.text, self.number = "", None
        if tag == "tr":
            self.row = []
        if tag == "data":
            self.number = float(given["value"])

    def handle_data(self, data: str) -> None:
        self.text += data
        self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.row.append((self.text, self.number))
        if tag == "caption":
            self.caption = self.text
            assert self.caption not in self.tables
            self.tables[self.caption] = []
        if tag == "tr":
            self.tables[self.caption].append(self.row)
        if tag == "h1":
            self.headline = self.text
        if tag == "script":
            self.scripts.append(self.text)

    def column(self, caption: str, name: str) -> list[tuple[str, float | None]]:
        head, *rows = self.tables[caption]
        at = [text for text, _ in head].index(name)
        return [row[at] for row in rows]

    def pairs(self, caption: str) -> dict[str, float | None]:
        return {row[0][0]: row[1][1] for row in self.tables[caption]}

    @property
    def sections(self) -> list[str]:
        return [given["id"] for tag, given in self.tags if tag == "section"]

    @property
    def drawn(self) -> list[dict[str, Any]]:
        return [json.loads(script) for script in self.scripts[:-1]]


def read(file: Path) -> Read:
    found = Read()
    found.feed(file.read_text(encoding="utf-8"))
    found.close()
    return found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of a result by its name, made once."""
    folder = tmp_path_factory.mktemp("pages")

    def made(name: str) -> Path:
        file = folder / f"{name.replace(' ', '-')}.html"
        return file if file.exists() else lp.report(results.EVERY[name](), file)

    return made


# ---- whole, alone, and the same every time


@pytest.mark.parametrize("name", results.EVERY)
def test_every_result_has_a_page_in_the_order_that_a_reader_asks(name: str, pages: Callable[[str], Path]) -> None:
    found = read(pages(name))
    assert found.sections == [section for section in SECTIONS if section in found.sections]
    assert {"tables", "plots", "sources"} <= set(found.sections)
    assert found.headline.strip()
    result = results.EVERY[name]()
    if hasattr(result, "sentence"):
        assert found.headline == result.sentence()
    everything = " ".join(found.words)
    for library in ("lpgreeks", "numpy", "scipy", "pandas", "Python"):
        assert re.search(rf"{library} \d+\.\d+", everything)


@pytest.mark.parametrize("name", results.EVERY)
def test_a_page_asks_nothing_of_anybody(name: str, pages: Callable[[str], Path]) -> None:
    text = pages(name).read_text(encoding="utf-8")
    assert "http" not in text.replace("http-equiv", "")
    assert "@import" not in text
    found = read(pages(name))
    for tag, given in found.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        assert not [name for name in given if name.startswith("on")]
        places = [given.get(at, "#") for at in ("src", "href", "action", "srcset")]
        assert all(place.startswith(("#", "data:image/png;base64,")) for place in places), (tag, given)
        assert all(place.startswith("#") for place in re.findall(r"url\(([^)]*)\)", " ".join(given.values())))
    (policy,) = [given["content"] for tag, given in found.tags if given.get("http-equiv")]
    assert policy.startswith("default-src 'none';")


@pytest.mark.parametrize("name", ["plan", "replay", "sweep"])
def test_the_same_result_is_the_same_bytes(name: str, pages: Callable[[str], Path], tmp_path: Path) -> None:
    again = lp.report(results.EVERY[name](), tmp_path / "again.html")
    assert again.read_bytes() == pages(name).read_bytes()


def test_another_process_at_another_time_writes_the_same_bytes(pages: Callable[[str], Path], tmp_path: Path) -> None:
    """No date, no name of a file, no order of a set."""
    script = "import lpgreeks as lp\nfrom tests import results\nlp.report(results.plan(), 'another name.html')\n"
    far = {"PYTHONHASHSEED": "12345", "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "86400", "MPLBACKEND": "Agg"}
    way = {"PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parent.parent), *sys.path]))}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, env={**os.environ, **far, **way})
    assert (tmp_path / "another name.html").read_bytes() == pages("plan").read_bytes()


def test_names_inside_a_page_are_used_once(pages: Callable[[str], Path]) -> None:
    names = [given["id"] for _, given in read(pages("side by side")).tags if "id" in given]
    assert len(names) > 100
    assert len(set(names)) == len(names)


def test_what_is_synthetic_is_said_and_marked(pages: Callable[[str], Path]) -> None:
    for name, marked in {"side by side": True, "sweep": True, "verdict": True, "replay": False, "plan": False}.items():
        found = read(pages(name))
        badges = [given["class"] for tag, given in found.tags if tag == "span"]
        assert ("origin synthetic" in badges) is (badges[0] == "origin synthetic") is marked
        assert ("SYNTHETIC" in found.headline + "".join(found.words)) is marked
    assert "origin recorded" in str(read(pages("replay")).tags)
    assert "origin model" in str(read(pages("plan")).tags)


def test_a_seed_is_said(pages: Callable[[str], Path]) -> None:
    assert "Seed of paths: 11" in read(pages("sampled")).words
    assert "Seed of resamples and windows of the verdict: 7" in read(pages("verdict")).words
    assert "Seed" not in "".join(read(pages("plan")).words)


# ---- the numbers


def test_the_tables_of_a_plan_are_its_numbers(pages: Callable[[str], Path]) -> None:
    plan, found = results.plan(), read(pages("plan"))
    assert found.column("Legs, +1 long", "quantity") == [(f"{plan.quantities[0]:.4f}", plan.quantities[0])]
    figures = found.pairs("Figures of the hedge")
    assert figures["risk without a hedge"] == plan.risk_unhedged
    assert figures["risk left"] == plan.best.risk
    assert figures["effectiveness"] == plan.effectiveness
    assert figures["capital"] == plan.capital == 100_000 + figures["of it in the collateral"]
    assert figures["net delta"] == plan.net_delta["ETH"]
    assert plan.economics is not None
    assert found.pairs("Expected P&L")["total"] == plan.economics.total
    assert found.pairs("Expected P&L")["total"] == pytest.approx(
        sum(x for part, x in found.pairs("Expected P&L").items() if x is not None and part != "total")
    )
    ((market, (_, above)),) = plan.liquidations()[0].items()
    assert market == "ETH/USDC"
    assert found.column("Accounts", "above") == [(f"{above:,.2f}", above)]
    ((text, leverage),) = found.column("Accounts", "leverage")
    assert leverage == pytest.approx(5.0)
    assert float(text) == pytest.approx(leverage, rel=1e-5)


@pytest.mark.parametrize("name", ["replay", "index"])
def test_the_parts_of_a_replay_add_up_on_its_page(name: str, pages: Callable[[str], Path]) -> None:
    result, found = results.EVERY[name](), read(pages(name))
    parts = found.pairs("Where the money came from")
    parts.pop("part")
    assert parts == {k: v for k, v in result.attribution().items() if v or k == "net"}
    net = parts.pop("net")
    assert math.fsum(parts.values()) == pytest.approx(net, abs=1e-9 * result.capital)  # type: ignore[arg-type]
    trades = found.column("Trades of the hedge, times UTC", "quantity")
    assert [number for _, number in trades] == result.trades.quantity[:200].tolist()
    left_out = max(0, len(result.trades) - 200)
    assert (f"{left_out:,} more rows" in "".join(found.words)) == bool(left_out)


def test_the_table_of_a_sweep_has_every_figure_of_the_best_first(pages: Callable[[str], Path]) -> None:
    sweep, found = results.sweep(), read(pages("sweep"))
    nets = [number for _, number in found.column("The settings with the most net", "net")]
    assert nets == sorted(sweep.numbers("net"), reverse=True)
    assert found.column("The settings with the most net", "gap")[0][0] == sweep.best("net").parameters["policy.gap"]


def test_the_tables_of_the_others_are_their_numbers(pages: Callable[[str], Path]) -> None:
    curve, found = results.frontier(), read(pages("frontier"))
    risks = [None if p.plan is None else p.plan.best.risk for p in curve.points]
    assert [number for _, number in found.column("Points", "risk [USDC]")] == risks
    assert None in risks
    told = lp.side_by_side(results.side_by_side())
    shown = read(pages("side by side")).column("Side by side", "removed")
    assert [number for _, number in shown] == told["removed"].tolist()
    verdict = read(pages("verdict")).column("Against holding", "windows won")
    assert [number for _, number in verdict] == [t.won for t in results.verdict().trials]
    spread = read(pages("spread")).tables["Where it came from"]
    assert spread[-2][0][0] == "net"
    assert [row[-1][1] for row in spread[-2:]] == [results.spread().net, results.spread().net_of_trades]


@pytest.mark.parametrize("name", results.EVERY)
def test_what_is_shown_is_the_number_to_six_digits(name: str, pages: Callable[[str], Path]) -> None:
    counted = 0
    for rows in read(pages(name)).tables.values():
        for text, number in (cell for row in rows for cell in row):
            if number is None or not math.isfinite(number):
                continue
            shown = float(text.rstrip("%").replace(",", "")) / (100 if text.endswith("%") else 1)
            assert shown == pytest.approx(number, rel=5.1e-6, abs=5.1e-5 if text.endswith("%") else 0)
            counted += 1
    assert counted


def test_a_long_table_says_how_much_it_leaves_out(tmp_path: Path) -> None:
    for made in (of_frame("x", pd.DataFrame({"y": range(1_234)})), of_rows("x", ["y"], [(i,) for i in range(1_234)])):
        assert [row[0].number for row in made.rows] == list(range(200))
        file = tmp_path / "x.html"
        file.write_text(html(Page(title="x", tables=(made,))), encoding="utf-8")
        assert "1,034 more rows are in the result's own table." in read(file).words


def test_more_results_stand_on_one_page(tmp_path: Path) -> None:
    file = lp.report(results.sweep(), tmp_path / "x.html", beside=[results.verdict()], scenario="a = '<b>'")
    found = read(file)
    assert found.headline == results.sweep().sentence()
    assert results.verdict().sentence() in found.words
    assert {"The settings with the most net", "Against holding"} <= set(found.tables)
    assert len(found.drawn) == 2
    assert found.sections[-1] == "scenario"
    assert "a = '<b>'" in found.words


# ---- what can be pointed at


def test_the_lines_of_a_plot_are_the_results_own(pages: Callable[[str], Path]) -> None:
    plan, found = results.plan(), read(pages("plan"))
    (axes,) = found.drawn[0]["axes"]
    lines = {line["name"]: line for line in axes["lines"]}
    x = np.array(axes["xs"][lines["total"]["x"]])
    expected = {"position": plan.exposure, "hedge": plan.hedge, "total": plan.total}
    for name, exposure in expected.items():
        assert np.array(lines[name]["y"]) == pytest.approx(exposure.pnl(x, start=1_900), rel=1e-6, abs=1e-3)
    assert (axes["x"]["title"], axes["x"]["unit"]) == ("price", "USDC per ETH")
    assert (axes["y"]["title"], axes["y"]["unit"]) == ("P&L", "USDC")


@pytest.mark.parametrize("name", ["plan", "replay", "frontier", "spread"])
def test_numbers_and_picture_share_their_places(name: str, pages: Callable[[str], Path]) -> None:
    """The first point of every curve, by box and ends of the axes, is the first point of its path in the SVG."""
    text = pages(name).read_text(encoding="utf-8")
    checked = 0
    for svg, drawn in zip(re.findall(r"<svg.*?</svg>", text, re.DOTALL), read(pages(name)).drawn, strict=True):
        for k, axes in enumerate(drawn["axes"]):
            left, top, width, height = axes["box"]
            for line in (line for line in axes["lines"] if line["kind"] == "curve" and any(line["y"])):
                first = next(i for i, y in enumerate(line["y"]) if y is not None)
                path = (
                    rf'data-axes="{k}" data-along="xy" data-kind="line" data-n="{line["n"]}">\s*<path d="M (\S+) (\S+)'
                )
                found = [float(x) for x in re.search(path, svg).groups()]  # type: ignore[union-attr]
                (x0, x1), (y0, y1) = axes["x"]["ends"], axes["y"]["ends"]
                across = left + (axes["xs"][line["x"]][first] - x0) / (x1 - x0) * width
                up = top + height - (line["y"][first] - y0) / (y1 - y0) * height
                assert found == pytest.approx([across, up], abs=0.15)
                checked += 1
    assert checked


def test_tiles_and_bars_say_their_numbers(pages: Callable[[str], Path]) -> None:
    (tiles,) = read(pages("sweep")).drawn[0]["axes"]
    said = {area["name"]: area["value"] for area in tiles["areas"]}
    assert len(said) == 12
    for run_ in results.sweep().runs:
        where = f"theta {run_.parameters['policy.theta']:g}, gap {run_.parameters['policy.gap']}, net [USDC]"
        assert float(said[where].replace(",", "")) == pytest.approx(run_.figures["net"], rel=5e-6)
    (bars,) = read(pages("replay")).drawn[1]["axes"]
    parts = {k: v for k, v in results.replayed().attribution().items() if v and k != "residual"}
    shown = {area["name"]: float(area["value"].split()[0].replace(",", "")) for area in bars["areas"]}
    assert shown == pytest.approx(parts, rel=5e-6)


def test_marks_of_trades_are_the_trades(pages: Callable[[str], Path]) -> None:
    result = results.replayed()
    (axes,) = read(pages("replay")).drawn[2]["axes"]
    marks = {line["name"].split()[0]: line for line in axes["lines"] if line["kind"] == "mark"}
    days = result.tape.times[result.trades.row].astype("datetime64[us]").astype(np.int64) / 86_400e6
    for name, which in (("bought", result.trades.quantity > 0), ("sold", result.trades.quantity < 0)):
        assert np.array(axes["xs"][marks[name]["x"]]) == pytest.approx(days[which], abs=1e-5)
        assert np.array(marks[name]["y"]) == pytest.approx(result.trades.price[which], rel=1e-6)


# ---- formulas


@pytest.mark.parametrize("kind", lp.every_instrument(), ids=lambda kind: kind.__name__)
def test_every_instrument_is_set_in_mathml(kind: type[lp.Instrument]) -> None:
    for latex in kind.samples()[0].symbolic().latex().values():
        found = mathml(latex)
        body = found[: found.index("<annotation")]
        for element, command in {"mfrac": r"\frac", "msqrt": r"\sqrt", "mtable": r"\begin{cases}"}.items():
            assert body.count(f"<{element}") == latex.count(command)
        assert body.count("<mtr>") == latex.count(r"\\") + latex.count(r"\begin{cases}")
        assert body.count("<msub") + body.count("<msubsup") == latex.count("_")
        # Letters and digits, in their order, are those of the LaTeX less its commands.
        words = re.sub(
            r"\\(text|operatorname|begin|end)\{([^}]*)\}", lambda m: m[2] * (m[1] in ("text", "operatorname")), latex
        )
        plain = re.sub(
            r"\\(sigma|tau|pi|log|exp)", lambda m: {"sigma": "σ", "tau": "τ", "pi": "π"}.get(m[1], m[1]), words
        )
        plain = re.sub(r"\\[a-z]+", "", plain)
        letters = re.sub(r"<[^>]*>", "", body)
        assert re.findall(r"\w", letters) == [x for x in re.findall(r"\w", plain) if x != "_"]


@pytest.mark.parametrize("wrong", [r"\mathbb{R}", r"\frac{1}{2", "a}", r"\begin{matrix} a \end{matrix}", "{"])
def test_latex_that_is_not_known_is_refused(wrong: str) -> None:
    with pytest.raises(lp.InputError, match="LaTeX"):
        mathml(wrong)


VALUE = lp.Value("USDC")
OBJECTIVES = [
    lp.Variance(VALUE), lp.Variance(lp.Amount("ETH"), lp.Amount("USDC")), lp.Variance(lp.Value("ETH")),
    lp.Variance(lp.Excess("ETH")), lp.SemiVariance(VALUE), lp.SemiVariance(VALUE, about_mean=True),
    lp.CVaR(lp.Excess("USDC"), level=0.99), lp.WorstCase(VALUE), lp.WorstCase(VALUE, over=(1_500.0, 2_500.0)),
    lp.MeanVariance(VALUE, aversion=1e-4),
]  # fmt: skip


@pytest.mark.parametrize("objective", OBJECTIVES, ids=str)
def test_every_objective_has_a_formula(objective: Objective) -> None:
    formula = of_objective(objective, "USDC")
    assert str(objective) in formula.name
    assert len(formula.rows) == len(objective.measures) + 1
    assert r"\text{risk}" not in formula.rows[-1]
    for left, right in formula.rows:
        assert mathml(f"{left} = {right}")


# ---- what must not pass


@pytest.mark.parametrize("token", [HOSTILE, "A&B", "'--><b>", "{{ 7 * 7 }}"])
def test_hostile_names_are_words(token: str, tmp_path: Path) -> None:
    held = lp.UniswapV3.from_value(1_000, base=token, quote="USDC", price=10, lower=8, upper=12)
    perp = lp.LinearPerp(base=token, quote="USDC", entry=10)
    week = lp.Lognormal(price=10, volatility=0.6, years=7 / 365)
    plan = lp.hedge(held, [perp], week, objective=lp.Variance(lp.Value("USDC")))
    file = lp.report(plan, tmp_path / "x.html", scenario=token)
    found = read(file)
    assert not [tag for tag, _ in found.tags if tag in ("img", "b")]
    assert len([tag for tag, _ in found.tags if tag == "script"]) == 3
    assert found.headline == plan.sentence()
    assert found.words.count(token) >= 1
    assert found.drawn[0]["axes"][0]["x"]["unit"] == f"USDC per {token}"


def test_numbers_end_no_script_early(tmp_path: Path) -> None:
    ended = {"name": "</script><img src=x>"}
    made = Page(title="x", pictures=(Picture(caption="x", svg="<svg></svg>", data=ended),))
    file = tmp_path / "x.html"
    file.write_text(html(made), encoding="utf-8")
    assert read(file).drawn == [ended]
    assert "img" not in [tag for tag, _ in read(file).tags]


@pytest.mark.parametrize("what", [None, 3, "plan", [1], {"a": 1}])
def test_what_is_no_result_has_no_page(what: object, tmp_path: Path) -> None:
    with pytest.raises(lp.InputError, match="expected"):
        lp.report(what, tmp_path / "x.html")
    assert not list(tmp_path.iterdir())


def test_a_place_that_is_none_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    for place in ("x.htm", "none/x.html", "folder.html"):
        (tmp_path / "folder.html").mkdir(exist_ok=True)
        with pytest.raises(lp.InputError, match=r"a file (ending in \.html|in an existing folder)"):
            lp.report(results.plan(), tmp_path / place)


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.html"
    file.write_text("what was there")
    halfway = OSError(28, "No space left on device")

    def full(path: Path, text: str, **_: object) -> int:
        path.write_bytes(text.encode()[:1_000])
        raise halfway

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(lp.DataError, match="No space left on device"):
        lp.report(results.plan(), file)
    assert [(x.name, x.read_bytes()) for x in tmp_path.iterdir()] == [("x.html", b"what was there")]


def test_a_class_of_results_is_added_by_one_function(tmp_path: Path) -> None:
    class Weather:
        words = "It rains."

    def weather(result: Weather) -> Page:
        return Page(title="Weather", answer=(result.words,))

    with pytest.raises(lp.InputError, match=r"a result with a page: .*HedgePlan"):
        lp.report(Weather(), tmp_path / "x.html")
    page.register(Weather, weather)
    assert read(lp.report(Weather(), tmp_path / "x.html")).headline == "It rains."


def test_no_figure_is_left_open(tmp_path: Path) -> None:
    import matplotlib.pyplot as plt

    plt.close("all")
    lp.report(results.plan(), tmp_path / "x.html")
    assert not plt.get_fignums()


# ---- the command line


def test_commands_write_pages(tmp_path: Path) -> None:
    file = tmp_path / "x.html"
    done = run("hedge", "--leg", "linear", "--fee", "0.0005", "--gas", "15", "--out", str(file))
    assert done.stderr == ""
    found = read(file)
    assert found.headline == " ".join(done.stdout.split(").")[0].split()) + ")."
    assert "gas" in found.pairs("Expected P&L")
    run(
        "frontier",
        "budget",
        "101000",
        "110000",
        "--points",
        "3",
        "--leg",
        "linear",
        "--max-leverage",
        "5",
        "--out",
        str(file),
    )
    assert read(file).headline.startswith("The standard deviation of the value in USDC is least at a budget")


def test_commands_without_a_page_say_so_before_anything_is_computed(tmp_path: Path) -> None:
    for command in (["payoff"], ["greeks"], ["data", "venues", "deribit", "--on", "2024-01-01"]):
        done = run(*command, "--out", str(tmp_path / "x.html"), code=2)
        assert done.stdout == ""
        assert re.fullmatch(r"lpgreeks: expected --out as a file ending in [.a-z, ]*; got .*x\.html\n", done.stderr)
    assert not list(tmp_path.iterdir())


# ---- in a browser


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    program = browser.found()
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(browser.NAMES)}")
    with browser.browser(program, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def place(shown: browser.Browser, number: int, across: float, up: float) -> tuple[float, float]:
    """Of a picture on the screen, by shares of its width and height."""
    rectangle = f"document.querySelectorAll('figure svg')[{number}].getBoundingClientRect()"
    shown.tell(f"document.querySelectorAll('figure.plot')[{number}].scrollIntoView()")
    left, top, width, height = shown.tell(f"(r => [r.left, r.top, r.width, r.height])({rectangle})")
    return left + across * width, top + up * height


def said(shown: browser.Browser, number: int = 0) -> dict[str, str]:
    """What stands under a picture."""
    rows = f"[...document.querySelectorAll('figure output')[{number}].children].map(row => row.textContent)"
    return dict(row.rsplit(": ", 1) for row in shown.tell(rows))


def labels(shown: browser.Browser, number: int = 0) -> list[str]:
    """The figures beside the axes that a closer look drew."""
    return list(
        shown.tell(
            f"[...document.querySelectorAll('figure svg')[{number}].querySelectorAll('.label')].map(t => t.textContent)"
        )
    )


def number_in(text: str) -> float:
    return float(text.split()[0].replace(",", ""))


@pytest.mark.parametrize("name", results.EVERY)
def test_a_browser_has_nothing_to_complain_of(name: str, pages: Callable[[str], Path], shown: browser.Browser) -> None:
    shown.open(pages(name))
    plots = len(read(pages(name)).drawn)
    assert plots == shown.tell("document.querySelectorAll('figure.plot svg').length")
    for i in range(plots):
        shown.mouse("mouseMoved", *place(shown, i, 0.5, 0.4))
        shown.drag(place(shown, i, 0.4, 0.2), place(shown, i, 0.6, 0.5))
        assert shown.tell(f"document.querySelectorAll('figure svg')[{i}].getBoundingClientRect().height") > 100
    assert shown.complaints == []


@pytest.mark.parametrize("name", results.EVERY)
def test_a_phone_shows_it_without_moving_sideways(
    name: str, pages: Callable[[str], Path], shown: browser.Browser
) -> None:
    shown.open(pages(name), width=360, height=740)
    assert shown.tell("document.documentElement.scrollWidth") <= 360
    assert shown.tell("window.innerWidth") == 360
    assert shown.complaints == []


def test_pointing_at_a_curve_says_its_values(pages: Callable[[str], Path], shown: browser.Browser) -> None:
    plan = results.plan()
    shown.open(pages("plan"))
    shown.mouse("mouseMoved", *place(shown, 0, 0.4, 0.3))
    found = said(shown)
    price = number_in(found.pop("price"))
    assert 1_600 < price < 1_850
    exposures = {"position": plan.exposure, "hedge": plan.hedge, "total": plan.total}
    assert found.keys() == exposures.keys()
    for name, exposure in exposures.items():
        assert number_in(found[name]) == pytest.approx(exposure.pnl(price, start=1_900), rel=1e-5)
        assert found[name].endswith(" USDC")


def test_a_dragged_box_is_magnified_and_put_back(pages: Callable[[str], Path], shown: browser.Browser) -> None:
    shown.open(pages("plan"))
    assert labels(shown) == []
    drawn = "getComputedStyle(document.querySelector('figure svg [id*=xtick_1]')).display"
    curve = "document.querySelector('figure svg .moves path').getAttribute('d')"
    before = shown.tell(curve)
    shown.drag(place(shown, 0, 0.35, 0.2), place(shown, 0, 0.55, 0.5))
    near = [number_in(text) for text in labels(shown)]
    prices = [x for x in near if x > 1_000]
    assert len(prices) >= 3
    assert 1_600 < min(prices) < max(prices) < 1_950
    assert shown.tell(drawn) == "none"
    assert shown.tell(curve) != before
    shown.mouse("mouseMoved", *place(shown, 0, 0.5, 0.4))
    closer = number_in(said(shown)["price"])
    assert min(prices) < closer < max(prices)
    shown.tell("document.querySelector('figure button[data-do=\"0\"]').click()")
    assert labels(shown) == []
    assert shown.tell(drawn) != "none"
    assert shown.tell(curve) == before


def test_keys_do_what_the_mouse_does(pages: Callable[[str], Path], shown: browser.Browser) -> None:
    shown.open(pages("plan"))
    shown.tell("document.querySelector('figure svg').focus()")
    shown.key("ArrowRight")
    first = number_in(said(shown)["price"])
    for _ in range(5):
        shown.key("ArrowRight")
    assert number_in(said(shown)["price"]) > first
    shown.key("+")
    assert labels(shown)
    shown.key("Escape")
    assert labels(shown) == []


def test_dates_and_tiles_are_told(pages: Callable[[str], Path], shown: browser.Browser) -> None:
    shown.open(pages("replay"))
    shown.mouse("mouseMoved", *place(shown, 0, 0.5, 0.4))
    found, result = said(shown), results.replayed()
    at = int(np.searchsorted(result.times, np.datetime64(found["time, UTC"].strip())))
    assert str(result.times[at]).startswith(found["time, UTC"].strip().replace(" ", "T"))
    assert number_in(found["everything"]) == pytest.approx(result.net[at], rel=1e-5)
    shown.drag(place(shown, 0, 0.3, 0.2), place(shown, 0, 0.5, 0.6))
    assert [text for text in labels(shown) if re.fullmatch(r"\d\d-\d\d \d\d:\d\d", text)]
    shown.open(pages("sweep"))
    shown.mouse("mouseMoved", *place(shown, 0, 0.3, 0.4))
    ((name, value),) = said(shown).items()
    theta, gap = re.fullmatch(r"theta (\S+), gap (\S+), net \[USDC\]", name).groups()  # type: ignore[union-attr]
    (run_,) = results.sweep().only({"policy.theta": float(theta), "policy.gap": gap}).runs
    assert number_in(value) == pytest.approx(run_.figures["net"], rel=1e-5)


def test_dark_is_dark_and_paper_has_no_buttons(pages: Callable[[str], Path], shown: browser.Browser) -> None:
    light: list[list[float]] = []
    for dark in (False, True):
        shown.open(pages("plan"), dark=dark)
        text = "getComputedStyle(document.querySelector('svg text')).fill"
        colours = f"[getComputedStyle(document.body).backgroundColor, {text}]"
        light.append([float(np.mean([int(x) for x in re.findall(r"\d+", c)])) for c in shown.tell(colours)])
    assert light[0][0] > 200 > 100 > light[0][1]
    assert light[1][0] < 60 < 150 < light[1][1]
    shown.ask("Emulation.setEmulatedMedia", media="print")
    assert shown.tell("getComputedStyle(document.querySelector('.bar')).display") == "none"
    shown.ask("Emulation.setEmulatedMedia", media="")


def test_a_hostile_name_does_nothing_in_a_browser(tmp_path: Path, shown: browser.Browser) -> None:
    hostile = f"</script>{HOSTILE}</script>"
    plan = replace(results.plan(), notes=(hostile,), token=hostile)
    shown.open(lp.report(plan, tmp_path / "x.html", scenario=hostile))
    assert shown.complaints == []
    assert shown.tell("document.images.length") == 0
    assert hostile in shown.tell("document.querySelector('#notes').textContent")
