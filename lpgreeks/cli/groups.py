"""The flags of a hedge in groups, and the expression that each group is in a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from typer import Option

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = [
    "Account",
    "Along",
    "Bounds",
    "Costs",
    "Exit",
    "Goal",
    "Keep",
    "Kind",
    "Market",
    "Minimise",
    "Pool",
    "Position",
    "Rules",
    "TieBreak",
    "Trading",
    "measure_code",
    "require_unused",
]

PRICE = 1_900.0
"""That of the built-in scenario, whose range is 1,700 to 2,100."""


class Kind(str, Enum):
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


class Minimise(str, Enum):
    """The figure to make small, by the name that the command line gives it."""

    variance = "variance"
    semivariance = "semivariance"
    cvar = "cvar"
    worst_case = "worst-case"
    mean_variance = "mean-variance"


class TieBreak(str, Enum):
    """Which of equally good hedges."""

    capital = "capital"
    cost = "cost"


class Exit(str, Enum):
    """What happens to a window that leaves the range."""

    held = "held"
    range = "range"


class Along(str, Enum):
    """What a frontier is drawn along."""

    budget = "budget"
    leverage = "leverage"
    half_width = "half-width"
    days = "days"


_MEASURES = {
    Keep.value: "lp.Value({quote!r})",
    Keep.coin_value: "lp.Value({base!r})",
    Keep.coins: "lp.Amount({base!r})",
    Keep.dollars: "lp.Amount({quote!r})",
    Keep.amounts: "lp.Amount({base!r}), lp.Amount({quote!r})",
    Keep.excess: "lp.Excess({quote!r})",
}


def measure_code(keep: Keep, base: str, quote: str) -> str:
    """The expression of what is to be held steady."""
    return _MEASURES[keep].format(base=base, quote=quote)


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The liquidity position, but for the price."""

    HEADING: ClassVar[str] = "The position"

    value: Annotated[float, Option(help="Value of the position, in quote.")] = 100_000.0
    lower: Annotated[float | None, Option(help="Lower end of the range, quote per base.", show_default="1700")] = None
    upper: Annotated[float | None, Option(help="Upper end of the range, quote per base.", show_default="2100")] = None
    full_range: Annotated[bool, Option("--full-range", help="A Uniswap v2 position instead of a range.")] = False
    base: Annotated[str, Option(help="The coin.")] = "ETH"
    quote: Annotated[str, Option(help="The token that prices are in.")] = "USDC"

    @property
    def price_code(self) -> str:
        """The expression of the price now."""
        raise NotImplementedError

    def ends(self) -> tuple[float, float] | None:
        """The range; None for a position without one."""
        from lpgreeks.errors import InputError

        if self.full_range:
            require_unused({"--lower": self.lower, "--upper": self.upper}, "--full-range")
            return None
        if self.lower is None or self.upper is None:
            missing = [flag for flag, end in {"--lower": self.lower, "--upper": self.upper}.items() if end is None]
            raise InputError(
                "both ends of the range", got=f"no {', no '.join(missing)}", remedy="--lower, --upper or --full-range"
            )
        return self.lower, self.upper

    def code(self) -> str:
        """The expression that makes it."""
        tokens = f"{self.value!r}, base={self.base!r}, quote={self.quote!r}, price={self.price_code}"
        ends = self.ends()
        if ends is None:
            return f"lp.UniswapV2.from_value({tokens})"
        return f"lp.UniswapV3.from_value({tokens}, lower={ends[0]!r}, upper={ends[1]!r})"


@dataclass(frozen=True, kw_only=True)
class Position(Pool):
    """The liquidity position, at a price that is given."""

    price: Annotated[float, Option(help="Price now, quote per base.")] = PRICE

    @property
    def price_code(self) -> str:
        return repr(self.price)

    def ends(self) -> tuple[float, float] | None:
        """The range; None for a position without one. The built-in range holds only at its own price."""
        from lpgreeks.errors import InputError, require_positive

        require_positive("price", self.price, unit="quote per base")
        if self.full_range or None not in (self.lower, self.upper):
            return super().ends()
        if self.price != PRICE:
            raise InputError(
                "both ends of the range", got=f"--price {self.price:g}", remedy="--lower, --upper or --full-range"
            )
        return (1_700.0 if self.lower is None else self.lower), (2_100.0 if self.upper is None else self.upper)

    def instrument(self) -> lp.Instrument:
        """The position itself."""
        import lpgreeks as lp

        made: lp.Instrument = eval(self.code(), {"lp": lp})
        return made


@dataclass(frozen=True, kw_only=True)
class Market:
    """What prices may do."""

    HEADING: ClassVar[str] = "What prices may do"

    volatility: Annotated[
        float | None, Option(help="Volatility per year, decimal: 0.65 is 65 %.", show_default="0.65")
    ] = None
    days: Annotated[float | None, Option(help="Horizon under the model, in days.", show_default="7")] = None
    drift: Annotated[
        float | None, Option(help="Growth of the mean price per year, decimal: 0.1 is 10 %.", show_default="0")
    ] = None
    prices: Annotated[
        Path | None, Option(help="Hedge over windows of this price file instead of a model: klines, CSV, Parquet.")
    ] = None
    perp_prices: Annotated[
        Path | None, Option(help="The perpetual's own prices, beside --prices: the basis is then a risk.")
    ] = None
    window: Annotated[str | None, Option(help="Length of a window of --prices: 7D, 12h.", show_default="7D")] = None
    step: Annotated[str | None, Option(help="Distance between window starts: 1D, 6h.", show_default="1D")] = None
    exit: Annotated[Exit, Option("--exit", help="Windows that leave the range: held, or closed there.")] = Exit.held

    def __post_init__(self) -> None:
        from lpgreeks.errors import require_positive

        if self.days is not None:
            require_positive("--days", self.days, unit="days")
        model = {"--volatility": self.volatility, "--days": self.days, "--drift": self.drift}
        history = {"--window": self.window, "--step": self.step, "--perp-prices": self.perp_prices}
        if self.prices is not None:
            require_unused(model, "--prices")
        else:
            require_unused(history, "a model: say --prices")


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What is offered, and what is made small."""

    HEADING: ClassVar[str] = "The hedge"

    legs: Annotated[
        list[Kind], Option("--leg", help="A leg to offer; repeat for more. Ties load the first one first.")
    ] = (Kind.linear, Kind.inverse)  # type: ignore[assignment]
    keep: Annotated[Keep, Option(help="What to hold steady.")] = Keep.value
    minimise: Annotated[Minimise, Option(help="Which figure of it to make small.")] = Minimise.variance
    level: Annotated[float | None, Option(help="Of a CVaR: 0.95 is the worst 5 %.", show_default="0.95")] = None
    aversion: Annotated[float | None, Option(help="Of mean-variance, per unit of the token that is kept: 0.0001.")] = (
        None
    )
    worst_over: Annotated[
        tuple[float, float] | None,
        Option(
            help="Prices low and high of a worst case, quote per base; needed under a model.", show_default="the paths"
        ),
    ] = None
    tie_break: Annotated[TieBreak, Option(help="Of equally good hedges: least capital, or least cost.")] = (
        TieBreak.capital
    )

    def objective(self, base: str, quote: str) -> str:
        """The expression of the objective."""
        from lpgreeks.errors import InputError

        used = {Minimise.cvar: "--level", Minimise.mean_variance: "--aversion", Minimise.worst_case: "--worst-over"}
        given = {"--level": self.level, "--aversion": self.aversion, "--worst-over": self.worst_over}
        flag = used.get(self.minimise)
        require_unused({f: v for f, v in given.items() if f != flag}, f"--minimise {self.minimise.value}")
        measure = measure_code(self.keep, base, quote)
        if self.keep is Keep.amounts and self.minimise is not Minimise.variance:
            raise InputError("one thing to keep", got=f"amounts with --minimise {self.minimise.value}")
        if self.minimise is Minimise.mean_variance and self.aversion is None:
            raise InputError("--aversion with --minimise mean-variance", got="none", remedy="Like 1e-4")
        return {
            Minimise.variance: f"lp.Variance({measure})",
            Minimise.semivariance: f"lp.SemiVariance({measure})",
            Minimise.cvar: f"lp.CVaR({measure}, level={0.95 if self.level is None else self.level!r})",
            Minimise.worst_case: f"lp.WorstCase({measure}, over={self.worst_over!r})",
            Minimise.mean_variance: f"lp.MeanVariance({measure}, aversion={self.aversion!r})",
        }[self.minimise]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Whose margin, fees and order sizes the legs have."""

    HEADING: ClassVar[str] = "Collateral and margin"

    maintenance: Annotated[float | None, Option(help="Maintenance margin of every leg: 0.005 is 0.5 %.")] = None
    linear_venue: Annotated[str | None, Option(help="Whose rules the linear leg has: see lpgreeks data venues.")] = None
    inverse_venue: Annotated[str | None, Option(help="Whose rules the inverse leg has: see lpgreeks data venues.")] = (
        None
    )
    on: Annotated[str | None, Option(help="The day of the venues' figures: 2023-05-01.")] = None
    unconfirmed: Annotated[bool, Option("--unconfirmed", help="Use venue figures that nobody confirms.")] = False

    def venue_of(self, leg: Kind) -> str | None:
        """The venue of a leg, if one is named."""
        return {Kind.linear: self.linear_venue, Kind.inverse: self.inverse_venue}[leg]

    def venues(self, legs: Sequence[Kind]) -> Iterator[str]:
        """The lines that read the venues of these legs."""
        from lpgreeks.errors import InputError

        used = [leg for leg in legs if self.venue_of(leg) is not None]
        if used and self.on is None:
            raise InputError("--on, the day of the venues' figures", got="none", remedy="Like --on 2023-05-01")
        if not used:
            require_unused({"--on": self.on, "--unconfirmed": self.unconfirmed or None}, "no venue")
        flag = ", unconfirmed=True" if self.unconfirmed else ""
        for leg in used:
            yield f"{leg.value}_venue = lp.venue({self.venue_of(leg)!r}, on={self.on!r}{flag})"


@dataclass(frozen=True, kw_only=True)
class Account(Rules):
    """Collateral: whose rules, and what it must live through."""

    max_leverage: Annotated[
        float | None, Option(help="Cap on |notional| / collateral of each account: 5 is five times.")
    ] = None
    budget: Annotated[float | None, Option(help="Cap on all that is posted, the position included, in quote.")] = None
    in_hand: Annotated[
        list[str] | None, Option(help="What there is of a token, ETH=30; repeat for more. Nothing else can be posted.")
    ] = None
    buffer: Annotated[
        float | None, Option(help="No liquidation up to this fraction beyond every low and high: 0.1 is 10 %.")
    ] = None
    survive: Annotated[
        tuple[float, float] | None, Option(help="No liquidation between these two prices, quote per base.")
    ] = None
    survive_range: Annotated[bool, Option("--survive-range", help="No liquidation inside the position's range.")] = (
        False
    )
    liquidation_chance: Annotated[float | None, Option(help="Greatest chance of a liquidation: 0.01 is 1 %.")] = None
    effectiveness: Annotated[float | None, Option(help="Least share of the variance to remove: 0.9 is 90 %.")] = None
    pool_size_at_most: Annotated[
        float | None,
        Option(help="Let the position shrink: at most so many times its size; the largest that fits is taken."),
    ] = None

    @property
    def asked(self) -> bool:
        """Whether any flag needs an account."""
        return any(v not in (None, False) for v in vars(self).values())


@dataclass(frozen=True, kw_only=True)
class Trading:
    """What trading the legs costs."""

    HEADING: ClassVar[str] = "Costs and fees"

    fee: Annotated[float | None, Option(help="Taker fee of the legs, decimal of the notional: 0.0005 is 5 bp.")] = None
    slippage: Annotated[float | None, Option(help="What orders give away, decimal of the notional.")] = None


@dataclass(frozen=True, kw_only=True)
class Costs(Trading):
    """What legs and position cost and earn."""

    funding: Annotated[float | None, Option(help="Funding per 8 hours, decimal: 0.0001 is 1 bp; > 0: longs pay.")] = (
        None
    )
    gas: Annotated[float | None, Option(help="Gas of one transaction, in quote; there are two.")] = None
    swap_fee: Annotated[
        float | None, Option(help="Fee of swapping into the position's ratio, and back, decimal of what is swapped.")
    ] = None
    pool_fee: Annotated[float | None, Option(help="The pool's fee tier, decimal: 0.0005.")] = None
    pool_volume: Annotated[float | None, Option(help="The pool's volume per day, in quote.")] = None
    pool_liquidity: Annotated[
        float | None, Option(help="Liquidity active beside the position's, in sqrt(base * quote).")
    ] = None

    def __post_init__(self) -> None:
        from lpgreeks.errors import InputError

        pool = {"--pool-fee": self.pool_fee, "--pool-volume": self.pool_volume, "--pool-liquidity": self.pool_liquidity}
        missing = [flag for flag, value in pool.items() if value is None]
        if missing and len(missing) < len(pool):
            raise InputError(" and ".join(pool), got=f"no {', '.join(missing)}", remedy="Fees need all three")

    def terms(self) -> Iterator[str]:
        """The arguments that each leg takes."""
        if self.fee is not None:
            yield f"fee=lp.Fee(taker={self.fee!r})"
        if self.slippage is not None:
            yield f"slippage=lp.Slippage(rate={self.slippage!r})"
        if self.funding is not None:
            yield f"funding=lp.Funding(rate={self.funding!r})"

    def economics(self, wallet: str | None) -> str | None:
        """The expression of the economics, where the position's own costs or fees are said."""
        given = []
        if self.pool_fee is not None:
            given.append(
                f"pool=lp.PoolFees(fee={self.pool_fee!r}, volume_per_day={self.pool_volume!r}, "
                f"liquidity={self.pool_liquidity!r})"
            )
        if self.gas is not None:
            given.append(f"gas=lp.Gas(each={self.gas!r})")
        if self.swap_fee is not None:
            given.append(f"swap=lp.Fee(taker={self.swap_fee!r})")
            if wallet is not None:
                given.append(f"wallet={wallet}")
        return f"lp.economics(plan, {', '.join(given)})" if given else None


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Bounds on the hedge itself."""

    HEADING: ClassVar[str] = "Bounds of the hedge"

    delta_at_least: Annotated[float | None, Option(help="Least net delta at the start, in coins.")] = None
    delta_at_most: Annotated[float | None, Option(help="Greatest net delta at the start, in coins.")] = None
    gamma_at_least: Annotated[float | None, Option(help="Least net gamma at the start, in coins per quote.")] = None
    vega_at_least: Annotated[
        float | None, Option(help="Least net vega at the start, in quote per 1.00 of volatility.")
    ] = None
    vega_at_most: Annotated[
        float | None, Option(help="Greatest net vega at the start, in quote per 1.00 of volatility.")
    ] = None
    short_at_most: Annotated[float | None, Option(help="Greatest short notional of each leg, in quote.")] = None

    def code(self, goal: Goal, price: str, quote: str) -> Iterator[str]:
        """The expressions of the bounds."""
        if self.delta_at_least is not None:
            yield f"lp.DeltaBounds(lower={self.delta_at_least!r})"
        if self.delta_at_most is not None:
            yield f"lp.DeltaBounds(upper={self.delta_at_most!r})"
        if self.gamma_at_least is not None:
            yield f"lp.GammaBounds(lower={self.gamma_at_least!r})"
        if self.vega_at_least is not None:
            yield f"lp.VegaBounds(lower={self.vega_at_least!r})"
        if self.vega_at_most is not None:
            yield f"lp.VegaBounds(upper={self.vega_at_most!r})"
        if self.short_at_most is not None:
            from lpgreeks.errors import InputError

            if not self.short_at_most >= 0:
                raise InputError("a greatest short of 0 or more", got=self.short_at_most, unit=quote)
            # +1 is a coin of the linear leg, and a quote unit of notional of the inverse one.
            units = {Kind.linear: f"-{self.short_at_most!r} / {price}", Kind.inverse: f"-{self.short_at_most!r}"}
            yield from (f"lp.QuantityBounds(of={leg.value}, lower={units[leg]})" for leg in goal.legs)


def require_unused(flags: Mapping[str, object], beside: str) -> None:
    """An error for a flag that would have no effect."""
    from lpgreeks.errors import InputError

    for flag, value in flags.items():
        if value is not None:
            given = value if isinstance(value, (list, tuple)) else [value]
            said = [str(part.value if isinstance(part, Enum) else part) for part in given if part is not True]
            raise InputError(f"no {flag} with {beside}", got=" ".join([flag, *said]), remedy="It would have no effect")
