"""The house: who may import whom, what is public, and what loads when."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import lpgreeks as lp
from lpgreeks import _api

ROOT = Path(lp.__file__).parent

FLOORS = [
    "_types",
    "errors",
    "recipes",
    "display",
    "progress",
    "_files",
    "_sums",
    "_tails",
    "_workspace",
    "powers",
    "smears",
    "formulas",
    "draw",
    "tokens",
    "instruments",
    "onchain",
    "measures",
    "margin",
    "costs",
    "venues",
    "paths",
    "models",
    "pricing",
    "protocols",
    "markets",
    "downloads",
    "hedging",
    "scenarios",
    "statistics",
    "replays",
    "spreads",
    "sweeps",
    "scenario_file",
    "reports",
    "_api",
    "__init__",
    "cli",
]
"""From the foundation to the roof: a module imports only what stands above it in this list."""

HOMES = {
    "sympy": {"formulas"},
    "matplotlib": {"draw", "reports"},  # a page reads what was drawn
    "jinja2": {"reports"},
    "clarabel": {"hedging"},
    "scipy.optimize": {"hedging"},
    "typer": {"cli"},
    "arch": {"paths", "sweeps"},
    "joblib": {"sweeps"},
    "threadpoolctl": {"sweeps"},
    "httpx": {"downloads"},
    "platformdirs": {"downloads"},
    "tqdm": {"progress", "downloads"},
    "dask": {"sweeps"},
    "distributed": {"sweeps"},
    "numba": {"replays"},
}
"""Where each heavy library may be imported."""

FILES = sorted(ROOT.rglob("*.py"))


def floor_of(path: Path) -> str:
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> list[tuple[str, bool, bool]]:
    """``(module, inside a function, for types only)`` of every import."""
    found = []

    def walk(node: ast.AST, inside: bool, typing: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found.extend((a.name, inside, typing) for a in child.names)
            elif isinstance(child, ast.ImportFrom):
                found.append((child.module or "", inside, typing))
            guard = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
            walk(child, inside or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)), typing or guard)

    walk(parsed(path), False, False)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_layer_knows_only_what_lies_below(path: Path) -> None:
    own = FLOORS.index(floor_of(path))
    for module, inside, typing in imports(path):
        if not module.startswith("lpgreeks") or module == "lpgreeks":
            assert module != "lpgreeks" or floor_of(path) in ("_api", "cli")
            continue
        floor = module.split(".")[1]
        # A type alone may come from above, and symbols are made on request.
        assert FLOORS.index(floor) <= own or typing or (inside and floor == "formulas"), f"{path.name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_libraries_have_one_home(path: Path) -> None:
    for module, inside, typing in imports(path):
        for library, homes in HOMES.items():
            if (module == library or module.startswith(f"{library}.")) and not typing:
                assert floor_of(path) in homes
                # What is compiled stands in files of its own, which nothing imports at its head.
                assert inside or library in ("sympy", "typer", "numba")
        if module.split(".")[0] in ("pandas", "scipy") and not typing:
            assert inside, f"{path.name} imports {module} at its head"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_exports(path: Path) -> None:
    tree = parsed(path)
    assert ast.get_docstring(tree)
    if path.name in ("__init__.py",) and path.parent == ROOT:
        return
    names = [t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)]
    assert "__all__" in names


def test_the_surface_is_one_list() -> None:
    assert sorted(_api.__all__) == _api.__all__
    assert dir(lp) == sorted([*_api.__all__, "__version__"])
    namespace: dict[str, object] = {}
    exec("from lpgreeks import *", namespace)
    assert set(_api.__all__) <= set(namespace)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = lp.nonsense  # type: ignore[attr-defined]


PUBLIC = """
Account Amount AtMost Bin BinBook BinDeposit BinFees BinPair BinSwap BinVolatility BinWithdrawal BinanceMarket Bracket
BreakEven Budget CVaR Call Cash Certificate Chain ChainReport Choice ChoiceMap Columns Combined Comparison Connection
Contract ContractName ContractQuotes Converted Correlated DataError DataReport DeltaBand DeltaBounds Deposit Deposits
Dislocation Dislocations Economics EffectivenessAtLeast Estimate Every Excess Exposure ExposureCap Fee FeesAlongMove
FeesAtClose Fetched Figure FileKind FilePart FileReport Finding FixedShares Flat Frontier FrontierPoint Funding
FundingRates GammaBounds Gas GasPrices GlpAsset GlpFees GlpHistory GlpMint GlpPrices GlpRedemption GlpRoundTrip
GlpScale GlpToken GlpVault GmCaps GmHistory GmPool GmState Greeks Grid HedgePlan Hedged History Hold IndexHistory
IndexHolding IndexLife InfeasibleError InputError Instrument InverseCall InverseFuture InversePerp InversePut
JumpToLatent Keep LPGreeksError Latency LeastCapital LeastCost LeastVariance Leg Life LinearFuture LinearInSize
LinearPerp Liquidation Lognormal LossClaim Maker ManagedRange Margined Marked MarketError MaxLeverage MeanVariance
Measure Merton NoLiquidation Now OnchainPool Option OptionContract OptionFee OptionName OptionsAtAdd Order Outcomes
ParallelMoves ParityForward Part Paths Performance Policy PoolFees PoolHistory PoolSize PoolWeights Portfolio Position
Powers Premium PremiumAtMost PriceMove PriceSteps Processes Progressive Proportional ProportionalMoves Put
QuantityBounds Quotes Races RangeEdges RawAmounts ReflectAtBand Regime RegimeVerdict Regimes Replayed Rescaled Reserve
Rival Run Scenario ScenarioAxis ScenarioCase ScenarioTable Schedule Segment SemiVariance ShareExposure Shifted
ShortOptionMargin Side Slippage Smile Spot Spread SpreadBand SpreadPosition SpreadReplay SpreadTrades StateDelta Stress
StressWindow Strip Sweep Tape TermStructure Through TokenError Trades Trial UniswapV2 UniswapV3 Value Variance
VegaBounds Venue Verdict WalkForward Wallet WholeLots WorstCase above align arbitrage_share arbitraged_pool averaged
break_even_fee_rate check_file check_klines check_prices choice_map clamp compare contract_name convert_file
data_folder deflated_sharpe dislocations download_book download_chain download_funding download_klines each economics
every_instrument expected_best expected_lvr frontier grid hedge il_implied_volatility implied_volatility legs
liquidity_book log_basis_per_year lvr_rate onchain option_greeks option_name partial_moment performance price_bounds
probabilistic_sharpe range_for_exits read_bins read_book read_chain read_chains read_funding read_futures_marks
read_glp read_glp_prices read_glp_stats read_glp_vault read_gm read_klines read_marks read_pool_minutes read_prices
read_scenario read_swaps read_tickers regimes replay replay_spread report scenario_of scenario_table side_by_side
simple_basis_per_year smear smeared smile sqrt stress strikes strip style sweep term venue venue_names verdict
""".split()  # noqa: SIM905


def test_public_names_change_on_purpose() -> None:
    assert _api.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented(name: str) -> None:
    found = getattr(lp, name)
    assert inspect.getdoc(found)
    if not inspect.isclass(found):
        return
    for attribute, member in vars(found).items():
        if attribute.startswith("_") or not (inspect.isfunction(member) or isinstance(member, (property, classmethod))):
            continue
        inherited = any(getattr(getattr(base, attribute, None), "__doc__", None) for base in found.__mro__)
        assert inherited, f"{name}.{attribute} says nothing"


def loaded(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(' '.join(sys.modules))"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return {m for m in out.split() if "." not in m or m == "scipy.optimize"}


HEAVY = {
    "sympy", "clarabel", "matplotlib", "numba", "pandas", "scipy", "arch", "typer", "joblib", "tqdm", "dask",
    "distributed", "httpx", "platformdirs",
    "jinja2",
}  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import lpgreeks", set()),
        ("import lpgreeks as lp; lp.UniswapV3; lp.hedge; lp.read_klines", {"numpy"}),
        ("import lpgreeks.cli", {"typer"}),
    ],
)
def test_what_an_import_loads(statement: str, allowed: set[str]) -> None:
    assert loaded(statement) & (HEAVY | {"numpy"}) == allowed


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nonsense"]])
def test_a_list_of_commands_loads_none(arguments: list[str]) -> None:
    script = (
        f"import sys; sys.argv = ['lpgreeks', *{arguments!r}]\nfrom lpgreeks.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('modules', *(m for m in sys.modules if m.startswith('lpgreeks.cli.')))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    own = {m.removeprefix("lpgreeks.cli.") for m in out.partition("modules ")[2].split()}
    assert own == {"app", "checks", "endings", "flags", "frame", "mistakes"}


def test_the_default_hedge_loads_no_solver() -> None:
    script = "import sys; sys.argv = ['lpgreeks', 'hedge']\nfrom lpgreeks.cli import main\nmain()"
    assert loaded(script) & (HEAVY - {"typer"}) == set()


def test_importing_changes_nothing_global() -> None:
    state = "(decimal.getcontext().prec, list(warnings.filters), np.geterr())"
    script = (
        f"import decimal, warnings, numpy as np; before = {state}\n"
        "import lpgreeks as lp; lp.hedge; lp.onchain.sqrt_price_x96(5)\n"
        f"assert before == {state}"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_no_options_as_strings() -> None:
    """Comparisons with a string literal are options in disguise; each exception is named here."""
    allowed = {
        ("hedging/hedge.py", "range"),  # what becomes of an exit is one of two words
        ("markets/tables.py", ".csv"),
        ("markets/archives.py", ".csv"),
        ("markets/archives.py", ".zip"),
        ("markets/archives.py", ".gz"),
        ("markets/clock.py", "b"),  # numpy's letter for truth values
        ("cli/output.py", ".csv"),
        ("cli/output.py", ".html"),
        ("cli/output.py", ".json"),
        ("cli/output.py", ".toml"),
        ("cli/init.py", ".toml"),
        ("cli/request.py", ".csv"),
    }
    found = set()
    for path in FILES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Compare) and any(isinstance(o, (ast.Eq, ast.NotEq)) for o in node.ops):
                for side in (node.left, *node.comparators):
                    if isinstance(side, ast.Constant) and isinstance(side.value, str) and side.value:
                        found.add((str(path.relative_to(ROOT)), side.value))
    assert found - allowed == set()
