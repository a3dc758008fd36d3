"""The command of calendar spreads: every pair at one time, and a band replayed on one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from typer import Argument, Option

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.groups import require_unused
from lpgreeks.cli.output import PictureOutput, Reply, ScriptOutput, require_writable
from lpgreeks.cli.request import require_finite_flags
from lpgreeks.cli.scripts import Script, printing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    import lpgreeks as lp

__all__ = ["spread"]

# Half of a spread is no hundredth of a price: whoever says so means basis points.
_WIDEST = 0.01


class Neutral(str, Enum):
    """Against which moves of both prices the near leg is sized, by the name that the command line gives it."""

    parallel = "parallel"
    proportional = "proportional"


class Picture(str, Enum):
    """A picture, by the name that the command line gives it."""

    all = "all"
    pairs = "pairs"
    basis = "basis"
    pair = "pair"
    trades = "trades"


_OF_CURVES = (Picture.all, Picture.pairs, Picture.basis)
"""Those of every pair at one time."""

_MOVES = {Neutral.parallel: "lp.ParallelMoves()", Neutral.proportional: "lp.ProportionalMoves()"}


@dataclass(frozen=True, kw_only=True)
class Quoted:
    """What is quoted, and what is stated in its place."""

    HEADING: ClassVar[str] = "What is quoted"

    base: Annotated[str | None, Option(help="The coin, where the file has several.")] = None
    half_spread: Annotated[
        float | None,
        Option(help="Half of the spread, where no bids and asks are read, decimal of the price: 0.0002 is 2 bp."),
    ] = None
    contract_size: Annotated[
        str | None,
        Option(help="Of tickers, what a size of 1 stands for, by settlement token: BTC:100,USDT:0.01 (quote units of "
               "inverse contracts, coins of linear ones)."),
    ] = None  # fmt: skip
    at: Annotated[
        str | None,
        Option(help="The last snapshot not after that time, UTC: 2026-01-05 12:00.", show_default="the last"),
    ] = None

    def code(self, file: Path) -> str:
        """The expression that reads the contracts."""
        from lpgreeks.markets.tickers import is_tickers

        said = [repr(str(file))]
        tickers = is_tickers(file)
        if tickers:
            require_unused({"--half-spread": self.half_spread}, "tickers, which have bids and asks")
        else:
            require_unused({"--contract-size": self.contract_size}, "marks, which have no sizes")
            said.append(f"half_spread={self._half_spread()!r}")
        said += [] if self.base is None else [f"base={self.base!r}"]
        said += [] if self.contract_size is None else [f"contract_size={self._sizes()!r}"]
        return f"lp.{'read_tickers' if tickers else 'read_futures_marks'}({', '.join(said)})"

    def _half_spread(self) -> float:
        from lpgreeks.errors import InputError

        given = self.half_spread
        if given is None or given > _WIDEST:
            raise InputError(
                f"--half-spread, half of the spread of marks, up to {_WIDEST:g}",
                got="none" if given is None else f"{given:g}",
                unit="decimal of the price",
                remedy="Two basis points on each side are 0.0002; 0 is no spread at all",
            )
        return given

    def _sizes(self) -> dict[str, float]:
        from lpgreeks.errors import InputError

        parts = [part.partition(":") for part in (self.contract_size or "").split(",")]
        try:
            return {token: float(size) for token, _, size in parts}
        except ValueError as error:
            raise InputError(
                "--contract-size by settlement token", got=self.contract_size, remedy="Like BTC:100,USDT:0.01"
            ) from error


@dataclass(frozen=True, kw_only=True)
class Banded:
    """One pair, and when it is traded."""

    HEADING: ClassVar[str] = "The band"

    pair: Annotated[str | None, Option(help="Far and near by name: BTC-27MAR26,BTC-PERPETUAL.")] = None
    entry: Annotated[
        float | None,
        Option(help="The spread that opens, far less near, quote per base; above --exit it is sold, below it bought."),
    ] = None
    exit: Annotated[
        float | None, Option(help="The spread that closes all of it, on the other side, quote per base.")
    ] = None
    add: Annotated[float | None, Option(help="How much further it must go for each further step, quote per base.")] = (
        None
    )
    most: Annotated[int | None, Option(help="So many steps at most.", show_default="1", min=1)] = None
    size: Annotated[
        float | None, Option(help="Of the far leg at each step: coins (linear), quote units of notional (inverse).")
    ] = None
    neutral: Annotated[
        Neutral | None, Option(help="Moves of both prices that the near leg is sized against.", show_default="parallel")
    ] = None
    fee: Annotated[float | None, Option(help="Taker fee of the legs, decimal of the notional: 0.0005 is 5 bp.")] = None
    funding: Annotated[
        float | None, Option(help="Of a perpetual, per --funding-hours, decimal; > 0: longs pay.", show_default="none")
    ] = None
    funding_hours: Annotated[float | None, Option(help="The interval of --funding, in hours.", show_default="8")] = None
    cash: Annotated[float | None, Option(help="In hand at the start, in quote.", show_default="100000")] = None
    start: Annotated[
        str | None, Option("--from", help="The first moment, UTC: 2023-04-10, its start; 2023-04-10 06:00.")
    ] = None
    end: Annotated[
        str | None, Option("--to", help="The last moment, UTC: 2023-04-17, its start; 2023-04-17 06:00.")
    ] = None

    def __post_init__(self) -> None:
        if self.entry is None:
            others = {"--exit": self.exit, "--add": self.add, "--most": self.most, "--size": self.size,
                      "--neutral": self.neutral, "--fee": self.fee, "--funding": self.funding, "--cash": self.cash,
                      "--from": self.start, "--to": self.end}  # fmt: skip
            require_unused(others, "no --entry")
        if self.funding is None:
            require_unused({"--funding-hours": self.funding_hours}, "no --funding")

    def legs(self) -> tuple[str, str]:
        """Far and near."""
        from lpgreeks.errors import InputError

        names = [name.strip() for name in (self.pair or "").split(",")]
        if len(names) != len(("far", "near")) or not all(names):
            raise InputError(
                "--pair, far and near by name", got=self.pair or "none", remedy="Like BTC-27MAR26,BTC-PERPETUAL"
            )
        return names[0], names[1]

    def code(self) -> Iterator[str]:
        """The lines that end with ``result``, after ``curve``."""
        from lpgreeks.errors import InputError

        for name, given in (("--exit", self.exit), ("--size", self.size)):
            if given is None:
                raise InputError(f"{name} beside --entry", got="none", remedy="`lpgreeks spread --help`")
        cut = "" if self.start is None and self.end is None else f".between({self.start!r}, {self.end!r})"
        far, near = self.legs()
        yield f"spread = curve.spread({far!r}, {near!r}){cut}"
        said = [f"size={self.size!r}", f"entry={self.entry!r}", f"exit={self.exit!r}"]
        said += [] if self.add is None else [f"add={self.add!r}"]
        said += [] if self.most is None else [f"most={self.most!r}"]
        said += [] if self.neutral is None else [f"moves={_MOVES[self.neutral]}"]
        yield f"band = lp.SpreadBand.on(spread, {', '.join(said)})"
        terms = [] if self.fee is None else [f"fee=lp.Fee(taker={self.fee!r})"]
        if self.funding is not None:
            hours = "" if self.funding_hours is None else f", hours={self.funding_hours!r}"
            terms.append(f"funding=lp.Funding(rate={self.funding!r}{hours})")
        terms += [] if self.cash is None else [f"cash={self.cash!r}"]
        yield f"result = lp.replay_spread({', '.join(['spread', 'band', *terms])})"


@dataclass(frozen=True, kw_only=True)
class Pictured(ScriptOutput):
    """Where an answer goes that has several pictures."""

    picture: Annotated[
        Picture | None,
        Option(help="Which picture --out writes.", show_default="trades of --entry, else the pair of --pair, else all"),
    ] = None

    def require(self, offered: Sequence[Picture]) -> None:
        """An error, before anything is computed, for a picture or a page that there is none of."""
        from lpgreeks.errors import InputError

        if self.picture is not None and self.picture not in offered:
            names = ", ".join(picture.value for picture in offered)
            remedy = "pair is of --pair, trades of --entry"
            raise InputError(f"--picture as one of {names}", got=self.picture.value, remedy=remedy)
        if Picture.trades not in offered:
            for file in self.out or ():
                require_writable(file, PictureOutput.ENDINGS)


def spread(
    *,
    file: Annotated[
        Path | None,
        Argument(help="Tickers (JSON, CSV, Parquet) or marks of futures beside the perpetual (CSV, Parquet)."),
    ] = None,
    quoted: Quoted,
    banded: Banded,
    scenario: FromFile,
    output: Pictured,
) -> None:
    """What every calendar spread of a coin is sold and bought at, far less near; and a band traded on one of them.

    Example: lpgreeks spread futures-vs-perp.parquet --base BTC --half-spread 0.0001 --out spreads.png

    Example: lpgreeks spread futures-vs-perp.parquet --base BTC --half-spread 0.0001
    --pair BTC-27MAR26,BTC-PERPETUAL --entry 900 --exit 300 --add 100 --most 3 --size 10000 --fee 0.0005
    --funding 0.0001
    """
    from lpgreeks.errors import InputError

    require_finite_flags([quoted, banded])
    at = quoted.at
    if scenario.given:
        at = scenario.read().figures("stamp").get("at")
        asked, offered = _of_file(scenario, at)
    elif file is None:
        raise InputError("a file of contracts, or --scenario", got="neither", remedy="`lpgreeks spread --help`")
    else:
        asked, offered = _of_flags(file, quoted, banded)
    output.require(offered)
    output.answer(asked, lambda names: _reply(names, at, output.picture))


def _of_flags(file: Path, quoted: Quoted, banded: Banded) -> tuple[Script, tuple[Picture, ...]]:
    """The script, and the pictures that there are of its answer."""
    at = quoted.at
    script = (
        f"import lpgreeks as lp\n\ncontracts = {quoted.code(file)}\ncurve = lp.TermStructure(contracts=contracts)\n"
    )
    if banded.entry is not None:
        require_unused({"--at": at}, "--entry, which goes by --from and --to")
        return Script(makes=script + "\n".join(banded.code()) + "\n", prints=printing("result")), tuple(Picture)
    if banded.pair is not None:
        far, near = banded.legs()
        script += f"spread = curve.spread({far!r}, {near!r}){'' if at is None else f'.at({at!r})'}\n"
        return Script(makes=script, prints=printing("spread")), (*_OF_CURVES, Picture.pair)
    return Script(makes=script, prints=_printed(at)), _OF_CURVES


def _of_file(scenario: FromFile, at: str | None) -> tuple[Script, tuple[Picture, ...]]:
    """The same of what a file asks for: a band that is traded, one pair, or all of them."""
    said = scenario.read()
    if "replay_spread" in said:
        return scenario.script({"result": "replay_spread"}), (Picture.trades,)
    if "spread" in said:
        more = "spread = scenario.noun('spread')\n"
        return scenario.script({}, more=more, prints=printing("spread")), (Picture.pair,)
    return scenario.script({}, more="curve = scenario.noun('curve')\n", prints=_printed(at)), _OF_CURVES


def _printed(at: str | None) -> str:
    return f"print(curve.summary({'' if at is None else repr(at)}))"


def _reply(names: dict[str, Any], at: str | None, picture: Picture | None) -> Reply:
    import lpgreeks as lp

    plot = None if picture is None else _pictures(names)[picture]
    result: lp.SpreadReplay | None = names.get("result")
    pair: lp.Spread | None = names.get("spread")
    if result is not None:
        return replace(Reply.of(result, plot=plot), table=lambda: result.table().reset_index())
    if pair is not None:
        return Reply.of(pair, plot=plot)
    curve: lp.TermStructure = names["curve"]
    stamp = {} if at is None else {"stamp": {"at": at}}
    return Reply(
        text=partial(curve.summary, at),
        record=partial(curve.to_dict, at),
        table=curve.table,
        plot=plot or curve.plot_all,
        results=[curve],
        scenario=lambda: lp.scenario_of(curve, **stamp),
    )


def _pictures(names: dict[str, Any]) -> dict[Picture, Callable[[], Axes]]:
    """Those that can be drawn of what was made."""
    curve: lp.TermStructure | None = names.get("curve")
    found: dict[Picture, Callable[[], Axes]] = {}
    if curve is not None:
        found = {Picture.all: curve.plot_all, Picture.pairs: curve.plot, Picture.basis: curve.plot_basis}
    for picture, name in ((Picture.pair, "spread"), (Picture.trades, "result")):
        if name in names:
            found[picture] = names[name].plot
    return found
