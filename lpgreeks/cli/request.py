"""The flags of one hedge as objects, and as the script that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["Exit", "Keep", "Leg", "Request"]


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


_LEGS = {
    Leg.linear: "lp.LinearPerp(base={base!r}, quote={quote!r}, entry={price!r})",
    Leg.inverse: "lp.InversePerp(base={base!r}, quote={quote!r}, entry={price!r})",
}

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

    def position(self) -> lp.Instrument:
        """The pool position."""
        import lpgreeks as lp

        if self.lower is None and self.upper is None:
            return lp.UniswapV2.from_value(self.value, base=self.base, quote=self.quote, price=self.price)
        if self.lower is None or self.upper is None:
            raise lp.InputError(
                "both ends of the range, or neither for a full-range position",
                got=f"lower={self.lower}, upper={self.upper}",
                unit=f"{self.quote} per {self.base}",
            )
        return lp.UniswapV3.from_value(
            self.value, base=self.base, quote=self.quote, price=self.price, lower=self.lower, upper=self.upper
        )

    def instruments(self) -> list[lp.Instrument]:
        """The legs, entered at the price."""
        import lpgreeks as lp

        kinds = {Leg.linear: lp.LinearPerp, Leg.inverse: lp.InversePerp}
        return [kinds[leg](base=self.base, quote=self.quote, entry=self.price) for leg in self.legs]

    def outcomes(self) -> lp.Lognormal | lp.Paths:
        """The model, or the windows of the file."""
        import lpgreeks as lp

        if self.prices is None:
            return lp.Lognormal(
                price=self.price,
                volatility=self.volatility,
                years=self.days / 365,
                drift_per_year=self.drift,
            )
        return read_any(self.prices, f"{self.base}/{self.quote}").windows(self.window, step=self.step, start=self.price)

    def objective(self) -> lp.Variance:
        """The variance of what is to be kept."""
        import lpgreeks as lp

        measures: dict[Keep, tuple[lp.Value | lp.Amount | lp.Excess, ...]] = {
            Keep.value: (lp.Value(self.quote),),
            Keep.coin_value: (lp.Value(self.base),),
            Keep.coins: (lp.Amount(self.base),),
            Keep.dollars: (lp.Amount(self.quote),),
            Keep.amounts: (lp.Amount(self.base), lp.Amount(self.quote)),
            Keep.excess: (lp.Excess(self.quote),),
        }
        return lp.Variance(*measures[self.keep])

    def constraints(self, legs: list[lp.Instrument]) -> list[lp.DeltaBounds | lp.GammaBounds | lp.QuantityBounds]:
        """The bounds that were given."""
        import lpgreeks as lp

        bounds: list[lp.DeltaBounds | lp.GammaBounds | lp.QuantityBounds] = []
        if self.delta_at_least is not None:
            bounds.append(lp.DeltaBounds(lower=self.delta_at_least))
        if self.delta_at_most is not None:
            bounds.append(lp.DeltaBounds(upper=self.delta_at_most))
        if self.gamma_at_least is not None:
            bounds.append(lp.GammaBounds(lower=self.gamma_at_least))
        if self.short_at_most is not None:
            if not self.short_at_most >= 0:
                raise lp.InputError("a greatest short of 0 or more", got=self.short_at_most, unit=self.quote)
            bounds += [
                lp.QuantityBounds(of=leg, lower=-self.short_at_most / (self.price * leg.delta(self.price)))
                for leg in legs
            ]
        return bounds

    def plan(self) -> lp.HedgePlan:
        """The answer."""
        import lpgreeks as lp

        pool, legs = self.position(), self.instruments()
        how: Literal["held", "range"] = "range" if self.exit is Exit.range else "held"
        return lp.hedge(
            pool,
            legs,
            self.outcomes(),
            objective=self.objective(),
            constraints=self.constraints(legs),
            exit=how,
        )

    # ---- the same as a script

    def code(self) -> str:
        """The script that makes the same plan."""
        names = {"base": self.base, "quote": self.quote, "price": self.price}
        tokens = f"base={self.base!r}, quote={self.quote!r}, price={self.price!r}"
        if self.lower is None:
            pool = f"lp.UniswapV2.from_value({self.value!r}, {tokens})"
        else:
            pool = f"lp.UniswapV3.from_value({self.value!r}, {tokens}, lower={self.lower!r}, upper={self.upper!r})"
        lines = ["import lpgreeks as lp", "", f"pool = {pool}"]
        lines += [f"{leg.value} = {_LEGS[leg].format(**names)}" for leg in self.legs]
        lines += self._outcomes_code()
        lines += [
            "",
            "plan = lp.hedge(",
            "    pool,",
            f"    [{', '.join(leg.value for leg in self.legs)}],",
            "    outcomes,",
        ]
        lines += [f"    objective=lp.Variance({_MEASURES[self.keep].format(**names)}),"]
        if bounds := self._constraints_code():
            lines += [f"    constraints=[{', '.join(bounds)}],"]
        if self.exit is Exit.range:
            lines += ['    exit="range",']
        return "\n".join([*lines, ")", "print(plan)", ""])

    def _outcomes_code(self) -> list[str]:
        if self.prices is None:
            drift = f", drift_per_year={self.drift!r}" if self.drift else ""
            return [
                f"outcomes = lp.Lognormal(price={self.price!r}, volatility={self.volatility!r}, "
                f"years={self.days!r} / 365{drift})"
            ]
        market = market_in(self.prices, f"{self.base}/{self.quote}")
        path = str(self.prices)
        history = (
            f"lp.read_klines({path!r})" if is_klines(self.prices) else f"lp.read_prices({path!r}, market={market!r})"
        )
        return [
            f"history = {history}",
            f"outcomes = history.windows({self.window!r}, step={self.step!r}, start={self.price!r})",
        ]

    def _constraints_code(self) -> list[str]:
        bounds = []
        if self.delta_at_least is not None:
            bounds.append(f"lp.DeltaBounds(lower={self.delta_at_least!r})")
        if self.delta_at_most is not None:
            bounds.append(f"lp.DeltaBounds(upper={self.delta_at_most!r})")
        if self.gamma_at_least is not None:
            bounds.append(f"lp.GammaBounds(lower={self.gamma_at_least!r})")
        if self.short_at_most is not None:
            units = {Leg.linear: self.short_at_most / self.price, Leg.inverse: self.short_at_most}
            bounds += [f"lp.QuantityBounds(of={leg.value}, lower={-units[leg]!r})" for leg in self.legs]
        return bounds


def is_klines(path: Path) -> bool:
    """Whether a path looks like Binance klines: an archive, a folder, or a CSV of twelve columns."""
    if path.suffix.lower() == ".csv" and path.is_file():
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline().count(",") == 11
    tables = (".csv", ".gz", ".parquet", ".pq")
    return path.suffix.lower() not in tables or ".tar" in path.suffixes


def market_in(path: Path, default: str) -> str:
    """Whose prices a table holds: the pair in its name, or else the one asked about."""
    from lpgreeks.markets import market_of_name

    return market_of_name(path) or default


def read_any(path: Path, default: str) -> lp.History:
    """Klines, or a CSV or Parquet with ``time`` and ``close``, by the look of the path."""
    import lpgreeks as lp

    return lp.read_klines(path) if is_klines(path) else lp.read_prices(path, market=market_in(path, default))
