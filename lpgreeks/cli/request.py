"""The flags of one hedge, as the script that answers it. The command runs the very script that ``--code`` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["Exit", "Keep", "Leg", "Request", "is_klines"]


class Leg(str, Enum):
    """A hedge instrument by the name that the command line gives it."""

    linear = "linear"
    inverse = "inverse"


class Keep(str, Enum):
    """What is to be held steady, by the name that the command line gives it."""

    value = "value"
    coin_value = "coin-value"
    coins = "coins"
    dollars = "dollars"
    amounts = "amounts"
    excess = "excess"


class Exit(str, Enum):
    """What happens to a window that leaves the range."""

    held = "held"
    range = "range"


_CLASSES = {Leg.linear: "LinearPerp", Leg.inverse: "InversePerp"}

_MEASURES = {
    Keep.value: "lp.Value({quote!r})",
    Keep.coin_value: "lp.Value({base!r})",
    Keep.coins: "lp.Amount({base!r})",
    Keep.dollars: "lp.Amount({quote!r})",
    Keep.amounts: "lp.Amount({base!r}), lp.Amount({quote!r})",
    Keep.excess: "lp.Excess({quote!r})",
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user asked: a position, the legs, the outcomes, what to keep and within which bounds."""

    value: float
    price: float
    lower: float | None
    upper: float | None
    base: str
    quote: str
    legs: tuple[Leg, ...]
    keep: Keep
    volatility: float
    days: float
    drift: float
    prices: Path | None
    window: str
    step: str
    exit: Exit
    delta_at_least: float | None
    delta_at_most: float | None
    gamma_at_least: float | None
    short_at_most: float | None

    def __post_init__(self) -> None:
        from lpgreeks.errors import InputError

        for name, given in vars(self).items():
            if isinstance(given, float) and not math.isfinite(given):
                raise InputError(f"--{name.replace('_', '-')} as a finite number", got=given)

    def plan(self) -> lp.HedgePlan:
        """The answer: ``plan`` of the script."""
        names: dict[str, Any] = {}
        exec(compile(self.script(), "lpgreeks hedge --code", "exec"), names)
        plan: lp.HedgePlan = names["plan"]
        return plan

    def script(self) -> str:
        """Python that ends with ``plan``, every number as it was given."""
        tokens = f"base={self.base!r}, quote={self.quote!r}"
        arguments = [
            "    pool,",
            f"    [{', '.join(leg.value for leg in self.legs)}],",
            "    outcomes,",
            f"    objective=lp.Variance({_MEASURES[self.keep].format(base=self.base, quote=self.quote)}),",
        ]
        if bounds := ", ".join(self._bounds()):
            arguments.append(f"    constraints=[{bounds}],")
        if self.exit is Exit.range:
            arguments.append('    exit="range",')
        lines = [
            "import lpgreeks as lp",
            "",
            f"pool = {position_code(self.value, self.price, self.lower, self.upper, self.base, self.quote)}",
            *(f"{leg.value} = lp.{_CLASSES[leg]}({tokens}, entry={self.price!r})" for leg in self.legs),
            *self._outcomes(),
            "",
            "plan = lp.hedge(",
            *arguments,
            ")",
        ]
        return "\n".join(lines) + "\n"

    def _outcomes(self) -> list[str]:
        if self.prices is None:
            law = f"price={self.price!r}, volatility={self.volatility!r}, years={self.days!r} / 365"
            drift = f", drift_per_year={self.drift!r}" if self.drift else ""
            return [f"outcomes = lp.Lognormal({law}{drift})"]
        windows = f"{self.window!r}, step={self.step!r}, start={self.price!r}"
        return [
            f"history = {_reader_code(self.prices, f'{self.base}/{self.quote}')}",
            f"outcomes = history.windows({windows})",
        ]

    def _bounds(self) -> Iterator[str]:
        if self.delta_at_least is not None:
            yield f"lp.DeltaBounds(lower={self.delta_at_least!r})"
        if self.delta_at_most is not None:
            yield f"lp.DeltaBounds(upper={self.delta_at_most!r})"
        if self.gamma_at_least is not None:
            yield f"lp.GammaBounds(lower={self.gamma_at_least!r})"
        if self.short_at_most is not None:
            from lpgreeks.errors import InputError

            if not self.short_at_most >= 0:
                raise InputError("a greatest short of 0 or more", got=self.short_at_most, unit=self.quote)
            # +1 is a coin of the linear leg, and a quote unit of notional of the inverse one.
            units = {Leg.linear: f"-{self.short_at_most!r} / {self.price!r}", Leg.inverse: f"-{self.short_at_most!r}"}
            yield from (f"lp.QuantityBounds(of={leg.value}, lower={units[leg]})" for leg in self.legs)


def position_code(value: float, price: float, lower: float | None, upper: float | None, base: str, quote: str) -> str:
    """The expression of a pool position: a range, or full range where it has no ends."""
    tokens = f"{value!r}, base={base!r}, quote={quote!r}, price={price!r}"
    if lower is None and upper is None:
        return f"lp.UniswapV2.from_value({tokens})"
    return f"lp.UniswapV3.from_value({tokens}, lower={lower!r}, upper={upper!r})"


def is_klines(path: Path) -> bool:
    """Whether a path looks like Binance klines: an archive, a folder, or a CSV of twelve columns."""
    if path.suffix.lower() == ".csv" and path.is_file():
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline().count(",") == 11
    tables = (".csv", ".gz", ".parquet", ".pq")
    return path.suffix.lower() not in tables or ".tar" in path.suffixes


def _reader_code(path: Path, default: str) -> str:
    """The expression that reads a file: klines by the look of it, else a table of the pair in its name."""
    from lpgreeks.markets import market_of_name

    if is_klines(path):
        # A bare CSV may have any name; the files inside an archive or a folder say whose they are.
        named = path.suffix.lower() != ".csv" or market_of_name(path)
        return f"lp.read_klines({str(path)!r})" if named else f"lp.read_klines({str(path)!r}, market={default!r})"
    return f"lp.read_prices({str(path)!r}, market={market_of_name(path) or default!r})"
