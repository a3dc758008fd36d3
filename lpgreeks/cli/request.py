"""The flags of one hedge, as the script that answers it. The command runs the very script that ``--code`` prints."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lpgreeks.cli.groups import Account, Along, Bounds, Costs, Exit, Goal, Kind, Market, Pool, TieBreak, require_unused
from lpgreeks.cli.scripts import Script, printing

__all__ = ["Request", "is_klines", "named_reader_code", "reader_code", "require_finite_flags"]

_CLASSES = {Kind.linear: "LinearPerp", Kind.inverse: "InversePerp"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user asked, whole."""

    position: Pool
    market: Market
    goal: Goal
    account: Account
    costs: Costs
    bounds: Bounds

    def __post_init__(self) -> None:
        require_finite_flags(vars(self).values())
        for kind in {*Kind} - {*self.goal.legs}:
            require_unused({f"--{kind.value}-venue": self.account.venue_of(kind)}, f"no --leg {kind.value}")

    def script(self) -> Script:
        """Python that ends with ``plan``, every number as it was given; and with ``expected`` where costs are said."""
        ends, names = self._expected()
        makes = "\n".join([*self._head(), f"plan = {self._call('hedge', 'pool', 'outcomes')}", *ends]) + "\n"
        return Script(makes=makes, prints=printing("plan", *names))

    def frontier_script(self, along: Along, low: float, high: float, points: int) -> Script:
        """Python that ends with ``curve``: the same hedge along one of its figures."""
        from lpgreeks.errors import InputError

        position, market = self.position, self.market
        varied = {
            Along.budget: {"--budget": self.account.budget},
            Along.leverage: {"--max-leverage": self.account.max_leverage},
            Along.half_width: {"--lower": position.lower, "--upper": position.upper},
            Along.days: {"--days": market.days},
        }
        require_unused(varied[along], f"a frontier along {along.value}, which varies it")
        if along is Along.half_width and position.full_range:
            raise InputError("a range for a frontier along its width", got="--full-range")
        if along is Along.days and market.prices is not None:
            raise InputError("a model for a frontier along the days", got="--prices", remedy="Vary --window instead")
        tokens = f"{position.value!r}, base={position.base!r}, quote={position.quote!r}, price={position.price_code}"
        width = f"lower={position.price_code} * (1 - x), upper={position.price_code} * (1 + x)"
        each = {
            Along.budget: "lp.Budget(x)",
            Along.leverage: "lp.MaxLeverage(x)",
            Along.half_width: f"lp.UniswapV3.from_value({tokens}, {width})",
            Along.days: self._law("x / 365"),
        }[along]
        grid = f"[{low!r} + ({high!r} - {low!r}) * i / {points - 1!r} for i in range({points!r})]"
        lines = [*self._head(), f"along = [{each} for x in {grid}]"]
        lines.append(f"curve = {self._call('frontier', 'pool', 'outcomes', 'along=along')}")
        return Script(makes="\n".join(lines) + "\n", prints=printing("curve"))

    # ---- the lines of the script

    def _head(self) -> list[str]:
        return [
            "import lpgreeks as lp",
            "",
            f"pool = {self.position.code()}",
            *self._venues(),
            *self._legs(),
            *self._outcomes(),
            "",
        ]

    def _call(self, verb: str, *arguments: str) -> str:
        position, goal = self.position, self.goal
        lines = [
            f"    {arguments[0]},",
            f"    [{', '.join(leg.value for leg in goal.legs)}],",
            f"    {arguments[1]},",
            f"    objective={goal.objective(position.base, position.quote)},",
        ]
        bounds = [*self._constraints(), *self.bounds.code(goal, position.price_code, position.quote)]
        if bounds:
            lines.append(f"    constraints=[{', '.join(bounds)}],")
        if goal.tie_break is TieBreak.cost:
            lines.append("    tie_break=lp.LeastCost(),")
        if self.market.exit is Exit.range:
            lines.append('    exit="range",')
        lines += [f"    {argument}," for argument in arguments[2:]]
        return "\n".join([f"lp.{verb}(", *lines, ")"])

    def _expected(self) -> tuple[list[str], list[str]]:
        """The line of what is expected, where costs are said, and its name."""
        code = self.costs.economics(self._wallet())
        return ([f"expected = {code}"], ["expected"]) if code else ([], [])

    def _wallet(self) -> str | None:
        in_hand = self.account.in_hand
        return f"lp.Wallet({dict(map(_amount, in_hand))!r})" if in_hand else None

    def _venues(self) -> Iterator[str]:
        yield from self.account.venues(self.goal.legs)

    def _legs(self) -> Iterator[str]:
        position, terms = self.position, [*self.costs.terms()]
        if self.account.maintenance is not None:
            terms.append(f"maintenance=lp.Proportional(rate={self.account.maintenance!r})")
        for leg in self.goal.legs:
            tokens = f"base={position.base!r}, quote={position.quote!r}"
            market = f", market={self._perp_market()!r}" if self.market.perp_prices is not None else ""
            perp = f"lp.{_CLASSES[leg]}({tokens}, entry={position.price_code}{market})"
            if not self.account.asked and not terms:
                yield f"{leg.value} = {perp}"
                continue
            own = [*terms, f"venue={leg.value}_venue"] if self.account.venue_of(leg) else terms
            token = position.quote if leg is Kind.linear else position.base
            posted = [f"collateral={token!r}"] if self.account.asked else []
            yield f"{leg.value} = lp.Leg({', '.join([perp, *posted, *own])})"

    def _perp_market(self) -> str:
        return f"{self.position.base}/{self.position.quote}:perp"

    def _volatility(self) -> str:
        return repr(0.65 if self.market.volatility is None else self.market.volatility)

    def _years(self) -> str:
        return f"{7.0 if self.market.days is None else self.market.days!r} / 365"

    def _window(self) -> str:
        return repr(self.market.window or "7D")

    def _law(self, years: str) -> str:
        drift = f", drift_per_year={self.market.drift!r}" if self.market.drift else ""
        law = f"price={self.position.price_code}, volatility={self._volatility()}, years={years}"
        return f"lp.Lognormal({law}{drift})"

    def _outcomes(self) -> list[str]:
        market, position = self.market, self.position
        if market.prices is None:
            return [f"outcomes = {self._law(self._years())}"]
        pair, price = f"{position.base}/{position.quote}", position.price_code
        cut = f"windows({self._window()}, step={market.step or '1D'!r}"
        if market.perp_prices is None:
            return [f"history = {reader_code(market.prices, pair)}", f"outcomes = history.{cut}, start={price})"]
        perp = self._perp_market()
        return [
            f"spot = {named_reader_code(market.prices, pair)}",
            f"perp = {named_reader_code(market.perp_prices, perp)}",
            f"outcomes = lp.align(spot, perp).{cut}, start={{{pair!r}: {price}, {perp!r}: {price}}})",
        ]

    def _constraints(self) -> Iterator[str]:
        from lpgreeks.errors import InputError

        account = self.account
        if account.max_leverage is not None:
            yield f"lp.MaxLeverage({account.max_leverage!r})"
        if account.budget is not None:
            yield f"lp.Budget({account.budget!r})"
        if (wallet := self._wallet()) is not None:
            yield wallet
        survived = {
            "over=lp.RangeEdges()": account.survive_range,
            f"over={account.survive!r}": account.survive is not None,
            f"probability={account.liquidation_chance!r}": account.liquidation_chance is not None,
        }
        said = [code for code, given in survived.items() if given]
        if len(said) > 1:
            raise InputError("one of --survive, --survive-range, --liquidation-chance", got=f"{len(said)} of them")
        if account.buffer is not None:
            said.insert(0, f"buffer={account.buffer!r}")
        if said:
            yield f"lp.NoLiquidation({', '.join(said)})"
        if account.effectiveness is not None:
            yield f"lp.EffectivenessAtLeast({account.effectiveness!r})"
        if account.pool_size_at_most is not None:
            yield f"lp.PoolSize(upper={account.pool_size_at_most!r})"


def require_finite_flags(groups: Iterable[object]) -> None:
    """An error for a flag that is NaN or infinite."""
    from lpgreeks.errors import InputError

    for group in groups:
        for name, given in vars(group).items():
            if isinstance(given, float) and not math.isfinite(given):
                raise InputError(f"--{name.replace('_', '-')} as a finite number", got=given)


def _amount(text: str) -> tuple[str, float]:
    from lpgreeks.errors import InputError, require_finite

    token, _, number = text.partition("=")
    try:
        return token, require_finite("--in-hand", float(number), unit=token)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError("a token and its amount", got=text, remedy="Like --in-hand ETH=30") from error


def is_klines(path: Path) -> bool:
    """Whether a path looks like Binance klines: an archive, a folder, or a CSV of twelve columns."""
    if path.suffix.lower() == ".csv" and path.is_file():
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline().count(",") == 11
    tables = (".csv", ".gz", ".parquet", ".pq")
    return path.suffix.lower() not in tables or ".tar" in path.suffixes


def reader_code(path: Path, default: str) -> str:
    """The expression that reads a file: klines by the look of it, else a table of the pair in its name."""
    from lpgreeks.markets import market_of_name

    if is_klines(path):
        # A bare CSV may have any name; the files inside an archive or a folder say whose they are.
        named = path.suffix.lower() != ".csv" or market_of_name(path)
        return f"lp.read_klines({str(path)!r})" if named else named_reader_code(path, default)
    return named_reader_code(path, market_of_name(path) or default)


def named_reader_code(path: Path, market: str) -> str:
    """The expression that reads a file as the prices of ``market``."""
    reader = "read_klines" if is_klines(path) else "read_prices"
    return f"lp.{reader}({str(path)!r}, market={market!r})"
