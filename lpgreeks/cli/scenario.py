"""The command of scenarios: P&L by component over moves, volatility, days and funding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from typer import Option

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.groups import (
    Account,
    Bounds,
    Costs,
    Goal,
    Keep,
    Kind,
    Market,
    Position,
    Trading,
    measure_code,
    require_unused,
)
from lpgreeks.cli.output import Reply, ScriptOutput
from lpgreeks.cli.request import Request, reader_code, require_finite_flags
from lpgreeks.cli.scripts import Script, printing

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["scenario"]


class Picture(str, Enum):
    """A picture, by the name that the command line gives it."""

    components = "components"
    days = "days"
    volatility = "volatility"
    funding = "funding"


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What is held against the position: what a hedge finds, or what is said."""

    HEADING: ClassVar[str] = "Against the position"

    leg: Annotated[
        list[Kind] | None,
        Option("--leg", help="A leg that `hedge` sizes; repeat for more.", show_default="linear, unless --short"),
    ] = None
    short: Annotated[
        float | None, Option(help="Coins of linear perpetual sold, in place of --leg; 0 is the position alone.")
    ] = None
    put: Annotated[
        list[str] | None, Option(help="With --short: puts at a strike, 1800=20 buys twenty; repeat for more.")
    ] = None
    call: Annotated[list[str] | None, Option(help="With --short: calls, 2100=-5 sells five.")] = None
    expiry: Annotated[float | None, Option(help="When --put and --call expire, in days.", show_default="14")] = None
    volatility: Annotated[
        float | None, Option(help="Volatility per year, decimal: 0.65 is 65 %.", show_default="0.65")
    ] = None
    horizon: Annotated[float | None, Option(help="Horizon that --leg hedges over, in days.", show_default="7")] = None

    def __post_init__(self) -> None:
        options = {"--put": self.put, "--call": self.call}
        if self.short is None:
            require_unused(options, "no --short")
        else:
            require_unused({"--leg": self.leg, "--horizon": self.horizon}, "--short")
        if not (self.put or self.call):
            require_unused({"--expiry": self.expiry}, "no --put and no --call")

    @property
    def volatility_code(self) -> str:
        """Of options, and of the model."""
        return repr(0.65 if self.volatility is None else self.volatility)

    def code(self, position: Position) -> Iterator[str]:
        """The lines that end with ``held``, a portfolio."""
        tokens = f"base={position.base!r}, quote={position.quote!r}"
        parts = ["pool"]
        if self.short:
            yield f"perp = lp.LinearPerp({tokens}, entry={position.price_code})"
            parts.append(f"- {self.short!r} * perp" if self.short > 0 else f"+ {-self.short!r} * perp")
        years = f"{14.0 if self.expiry is None else self.expiry!r} / 365"
        for name, kind, said in (("put", "Put", self.put), ("call", "Call", self.call)):
            for i, (strike, quantity) in enumerate(map(_strike, said or [])):
                one = f"{name}{i + 1}"
                yield f"{one} = lp.{kind}({tokens}, strike={strike!r}, years={years})"
                parts.append(f"{'-' if quantity < 0 else '+'} {abs(quantity)!r} * {one}")
        yield f"held = {' '.join(parts)}"


def _strike(text: str) -> tuple[float, float]:
    from lpgreeks.errors import InputError

    strike, _, quantity = text.partition("=")
    try:
        return float(strike), float(quantity)
    except ValueError as error:
        raise InputError("a strike and a quantity", got=text, remedy="Like --put 1800=20") from error


@dataclass(frozen=True, kw_only=True)
class Scenarios:
    """The axes, and what is counted."""

    HEADING: ClassVar[str] = "Scenarios"

    moves: Annotated[
        str | None, Option(help="Of the price, decimals: --moves=-0.3,0,0.3.", show_default="-0.3 to 0.3 by 0.1")
    ] = None
    volatilities: Annotated[
        str | None,
        Option(help="Shifts of implied volatility, decimals: --volatilities=-0.2,0,0.2 is 20 points.",
               show_default="-0.2,0,0.2 with options"),
    ] = None  # fmt: skip
    days: Annotated[str, Option(help="Days since the start: 0,3,7.")] = "0,3,7"
    funding: Annotated[str, Option(help="Rates per 8 hours, decimals; > 0: longs pay.")] = "0,0.0001"
    measure: Annotated[Keep, Option(help="What is counted, and what --leg holds steady.")] = Keep.value
    income_per_day: Annotated[float, Option(help="Earned meanwhile, in quote: fees less costs.")] = 0.0
    stress: Annotated[
        Path | None, Option(help="The worst days, weeks and months of a price file in place of --moves.")
    ] = None

    def __post_init__(self) -> None:
        if self.stress is not None:
            require_unused({"--moves": self.moves}, "--stress")

    def measure_code(self, position: Position) -> str:
        """The expression of what is counted."""
        from lpgreeks.errors import InputError

        if self.measure is Keep.amounts:
            raise InputError("one thing to count", got="--measure amounts", remedy="--measure coins, or dollars")
        return measure_code(self.measure, position.base, position.quote)

    def code(self, options: bool) -> Iterator[str]:
        """The arguments of the table that are its axes."""
        if self.stress is not None:
            yield "moves=worst"
        elif self.moves is not None:
            yield f"moves={_numbers('--moves', self.moves)!r}"
        if self.volatilities is not None:
            yield f"volatilities={_numbers('--volatilities', self.volatilities)!r}"
        elif options:
            yield "volatilities=[-0.2, 0.0, 0.2]"
        yield f"days={_numbers('--days', self.days)!r}"
        yield f"funding={_numbers('--funding', self.funding)!r}"
        if self.income_per_day:
            yield f"income_per_day={self.income_per_day!r}"


def _numbers(flag: str, text: str) -> list[float]:
    from lpgreeks.errors import InputError, require_finite

    try:
        return [require_finite(flag, float(part), unit="decimal, or days") for part in text.split(",")]
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{flag} as numbers with commas between", got=text, remedy=f"Like {flag}=0,0.1") from error


@dataclass(frozen=True, kw_only=True)
class Pictured(ScriptOutput):
    """Where an answer goes that has several pictures."""

    picture: Annotated[
        Picture,
        Option(help="What --out draws: components over the price; or the total, over the price and what is named."),
    ] = Picture.components

    def reply_of(self, names: dict[str, Any]) -> Reply:
        """The table, and the picture of it that is asked for."""
        import lpgreeks as lp

        table: lp.ScenarioTable = names["table"]
        upward = {
            Picture.days: lp.ScenarioAxis.DAYS,
            Picture.volatility: lp.ScenarioAxis.VOLATILITY,
            Picture.funding: lp.ScenarioAxis.FUNDING,
        }
        axis = upward.get(self.picture)
        return Reply.of(table, plot=None if axis is None else lambda: table.plot_grid(upward=axis))


def scenario(
    position: Position,
    beside: Beside,
    scenarios: Scenarios,
    account: Account,
    trading: Trading,
    scenario: FromFile,
    output: Pictured,
) -> None:
    """P&L by component if the price moves so far, volatility shifts, days pass and funding is paid; break-evens.

    Without flags: the hedge of `lpgreeks hedge` with one linear leg, at once, after 3 days and after 7.

    Example: lpgreeks scenario --short 24 --put 1700=20 --days 0,3,7 --out scenarios.png

    Example: lpgreeks scenario --max-leverage 5 --maintenance 0.005 --funding 0,0.0001,0.0005 --stress ETHUSDT-1m.zip
    """
    require_finite_flags([position, beside, scenarios, account, trading])
    if scenario.given:
        asked = scenario.script({"table": "scenario_table"})
    else:
        asked = _script(position, beside, scenarios, account, trading)
    output.answer(asked, output.reply_of)


def _script(position: Position, beside: Beside, scenarios: Scenarios, account: Account, trading: Trading) -> Script:
    """Python that ends with ``table``, every number as it was given."""
    measure = scenarios.measure_code(position)
    arguments = [*scenarios.code(bool(beside.put or beside.call)), f"measure={measure}"]
    if beside.short is None:
        chosen = Request(
            position=position,
            market=Market(volatility=beside.volatility, days=beside.horizon),
            goal=Goal(legs=tuple(beside.leg or [Kind.linear]), keep=scenarios.measure),  # type: ignore[arg-type]
            account=account,
            costs=Costs(fee=trading.fee, slippage=trading.slippage),
            bounds=Bounds(),
        )
        lines, held = chosen.script().makes.splitlines(), "plan"
    else:
        used = {f"--{name.replace('_', '-')}": value or None for group in (account, trading)
                for name, value in vars(group).items()}  # fmt: skip
        require_unused(used, "--short, which has no account and no terms: --leg has")
        lines = ["import lpgreeks as lp", "", f"pool = {position.code()}", *beside.code(position)]
        held, arguments = "held", [f"start={position.price_code}", *arguments]
        if beside.put or beside.call:
            arguments.append(f"volatility={beside.volatility_code}")
        else:
            require_unused({"--volatility": beside.volatility}, "--short without options")
    if scenarios.stress is not None:
        pair = f"{position.base}/{position.quote}"
        lines += [f"worst = lp.stress({reader_code(scenarios.stress, pair)})"]
    call = _call("lp.scenario_table", [held, *arguments])
    return Script(makes="\n".join([*lines, f"table = {call}"]) + "\n", prints=printing("table"))


def _call(name: str, arguments: Sequence[str]) -> str:
    return "\n".join([f"{name}(", *(f"    {argument}," for argument in arguments), ")"])
