"""What every instrument, position and portfolio can answer, from two token amounts as functions of a price."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun, shortened, table_html
from lpgreeks.draw import GREY, curves, legend, marks, new_axes, ticks, verticals
from lpgreeks.errors import (
    InputError,
    MarketError,
    TokenError,
    require_finite,
    require_numbers,
    require_positive,
    require_token,
)
from lpgreeks.powers import Powers, Reading, worth_in_base, worth_in_quote
from lpgreeks.smears import Curve, Smeared, total
from lpgreeks.tokens import counted_as, find_token, market_pair, one_token_notes, price_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lpgreeks.formulas import Symbolic
    from lpgreeks.instruments.marked import Marked

__all__ = [
    "Amounts",
    "Exposure",
    "Instrument",
    "Portfolio",
    "Position",
    "Prices",
    "mark_break_evens",
    "payoffs",
    "term",
    "together",
]

# Prices so close to one another are one in a picture.
_SAME = 1e-6

# More kinks than these are a hatching, if each is a line across the picture.
_MOST_LINES = 12

# Positions that a title names.
_NAMED = 3

Prices: TypeAlias = "ArrayLike | Mapping[str, ArrayLike]"
"""Prices of one coin, of any shape, or one array per market."""


class Amounts(NamedTuple):
    """Two token amounts as functions of one price: coins and dollars."""

    base: Curve
    quote: Curve


def term(symbol: str, unit: str, *, at_least: float | None = None) -> Any:
    """A number of an instrument's contract, with its symbol in formulas and its unit: positive, or ``at_least`` that.

    ``{base}`` and ``{quote}`` in ``unit`` stand for the instrument's tokens.
    """
    return field(metadata={"symbol": symbol, "unit": unit, "at_least": at_least})


class Exposure(Noun, ABC):
    """Token amounts that depend on prices: an instrument, a signed quantity of one, or a portfolio.

    Prices are quote per base, positive; arrays keep their shape and NaN passes through. With one coin a
    price array is enough. With several, pass one array per market, or pick one market by :meth:`on`.
    """

    @property
    @abstractmethod
    def positions(self) -> tuple[Position, ...]:
        """The signed quantities that it is made of."""

    # numpy scalars defer to the operators below.
    __array_ufunc__ = None

    def __add__(self, other: Exposure | int) -> Portfolio:
        if not isinstance(other, Exposure):
            # sum() starts from the integer 0.
            return Portfolio(self.positions) if other == 0 else NotImplemented
        return Portfolio(self.positions + other.positions)

    __radd__ = __add__

    def __sub__(self, other: Exposure) -> Portfolio:
        return self + -1.0 * other if isinstance(other, Exposure) else NotImplemented

    def __truediv__(self, divisor: float) -> Portfolio:
        return (1.0 / require_positive("divisor", divisor, unit="1")) * self

    def __neg__(self) -> Portfolio:
        return -1.0 * self

    def __mul__(self, quantity: float) -> Portfolio:
        number = require_finite("quantity", quantity, unit="units")
        return Portfolio(tuple(Position(number * p.quantity, p.instrument) for p in self.positions))

    __rmul__ = __mul__

    # ---- what it is about

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """The coins, by the names first used for them."""
        return _distinct_tokens(p.instrument.base for p in self.positions)

    @cached_property
    def quote(self) -> str:
        """The one token that every price is in.

        Raises:
            TokenError: the instruments are quoted in tokens that do not count as one.
        """
        quotes = _distinct_tokens(p.instrument.quote for p in self.positions)
        if len(quotes) != 1:
            raise TokenError(
                "one quote token",
                got=", ".join(quotes) or "an empty portfolio",
                remedy="Give the instruments one quote: dataclasses.replace(leg, quote=...) declares two tokens equal",
            )
        return quotes[0]

    @cached_property
    def markets(self) -> tuple[str, ...]:
        """The markets whose prices are read, in order of first use."""
        return tuple(dict.fromkeys(p.instrument.market for p in self.positions if p.instrument.market))

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What is taken as equal: token names that count as one."""
        instruments = [p.instrument for p in self.positions]
        return one_token_notes(i.base for i in instruments if i.base) + one_token_notes(i.quote for i in instruments)

    def on(self, market: str) -> Exposure:
        """The part that reads the price of ``market``.

        Raises:
            MarketError: no part of it reads that market.
        """
        if market not in self.markets:
            raise MarketError("a market of the portfolio", got=market, remedy=f"It has {', '.join(self.markets)}")
        return self if all(p.instrument.market == market for p in self.positions) else self._part(market)

    def _part(self, market: str) -> Portfolio:
        return Portfolio(tuple(p for p in self.positions if p.instrument.market == market))

    # ---- what it holds, and what that is worth

    @cached_property
    def amounts(self) -> Amounts:
        """The two amounts as functions of the one coin's price, every market of that coin read as one.

        Raises:
            TokenError: there is more than one quote.
            MarketError: there is more than one coin.
        """
        pairs = {market_pair(m) for m in self.markets}
        if len(pairs) > 1 and self.quote:
            raise MarketError(
                "one coin",
                got=", ".join(self.markets),
                remedy='Take one part: portfolio.on("ETH/USDC"). value() also takes prices by market',
            )
        return _folded(self.positions)

    def base_amount(self, price: ArrayLike) -> Any:
        """Coins held at ``price``."""
        return self.amounts.base(price)

    def quote_amount(self, price: ArrayLike) -> Any:
        """Quote tokens held at ``price``."""
        return self.amounts.quote(price)

    def worth(self, token: str | None = None) -> Curve:
        """The value in ``token`` (the quote unless said) as a function of the one coin's price.

        ``base(P) * P + quote(P)`` in quote, ``base(P) + quote(P) / P`` in the coin.

        Raises:
            TokenError: a token that it does not hold.
        """
        name = self.quote if token is None else find_token(token, (self.quote, *self.bases))
        if name == self.quote:
            return self._worth_in_quote
        if name is not None:
            return worth_in_base(*self.amounts, Powers.price())  # type: ignore[no-any-return]
        raise TokenError(
            "a token of the portfolio", got=token, remedy=f"It holds {', '.join((*self.bases, self.quote))}"
        )

    @cached_property
    def _worth_in_quote(self) -> Curve:
        return worth_in_quote(*self.amounts, Powers.price())  # type: ignore[no-any-return]

    @cached_property
    def _slope(self) -> Curve:
        return self._worth_in_quote.derivative()

    @cached_property
    def _curvature(self) -> Curve:
        return self._slope.derivative()

    def value(self, price: Prices, token: str | None = None) -> Any:
        """Value at ``price`` in ``token``: the quote unless said."""
        if isinstance(price, Mapping):
            cash = self._part("")
            parts = {m: self._part(m) for m in self.markets}
            if parts:
                # Cash reads no price; counted in coins it moves with the first market's.
                parts[self.markets[0]] += cash
            return sum(part.value(price_of(m, price)[0], token) for m, part in parts.items())
        return self.worth(token)(price)

    def pnl(self, price: ArrayLike, *, start: float, token: str | None = None) -> Any:
        """Value at ``price`` less value at ``start``, in ``token``; > 0 is a gain."""
        start = require_positive("start", start, unit="quote per base")
        prices = require_numbers(price, unit="quote per base")
        # log1p keeps the digits of a move that is small beside the price.
        change = self.worth(token).change(start, np.log1p((_positive(prices) - start) / start))
        return float(change) if prices.ndim == 0 else change

    def delta(self, price: ArrayLike) -> Any:
        """``dV/dP`` of the value in quote, in coins. At a kink: that of the branch below."""
        return self._slope(price)

    def gamma(self, price: ArrayLike) -> Any:
        """``d2V/dP2`` of the value in quote, in coins per unit of price, between kinks."""
        return self._curvature(price)

    def vega(self, price: float) -> float:
        """``dV/d(volatility)`` of what is marked, in quote per 1.00 of volatility; anything else has none."""
        return float(sum(p.quantity * p.instrument._vega(price) for p in self.positions))

    def break_evens(self, *, start: float, income: float = 0.0) -> FloatArray:
        """Prices where the value in quote plus ``income`` equals the value at ``start``, ascending.

        ``income`` is what was earned meanwhile, in quote (fees less costs).
        """
        start = require_positive("start", start, unit=f"{self.quote} per {'/'.join(self.bases)}")
        worth = self._worth_in_quote
        offset: float = require_finite("income", income, unit=self.quote) - worth(start)
        return (worth + offset).roots()

    # ---- pictures

    def plot(
        self, ax: Axes | None = None, *, start: float, prices: ArrayLike | None = None, income: float = 0.0
    ) -> Axes:
        """P&L in quote against price; start, kinks and break-evens marked.

        Args:
            ax: where to draw; a new figure unless said.
            start: price at which P&L is 0.
            prices: the horizontal axis; 25 % about the start unless said.
            income: earned meanwhile, in quote.
        """
        return payoffs({"P&L": self}, ax, start=start, prices=prices, earned={"P&L": income}, title=_holding(self))

    def plot_greeks(
        self, axes: Sequence[Axes] | None = None, *, start: float, prices: ArrayLike | None = None
    ) -> Sequence[Axes]:
        """Value, delta and gamma against price, above each other."""
        x = _axis(start, prices)
        axes = new_axes(3) if axes is None else axes
        coin, quote = self.bases[0], self.quote
        shown = {
            f"value [{quote}]": self.value,
            f"delta [{coin}]": self.delta,
            f"gamma [{coin} per {quote}]": self.gamma,
        }
        for ax, (name, figure) in zip(axes, shown.items(), strict=True):
            xlabel = f"price [{quote} per {coin}]" if ax is axes[-1] else ""
            curves(ax, x, {name: figure(x)}, xlabel=xlabel, ylabel=name)
        return axes


@dataclass(frozen=True, kw_only=True)
class Instrument(Exposure):
    """One contract or pool position, +1 long: a formula of its own price, and the fields in it.

    A subclass writes :meth:`formula`, its fields with :func:`term`, ``label``, ``unit`` and
    :meth:`samples`. Laws, plots, models and the optimiser then work on it unchanged.

    Args:
        base: the coin.
        quote: the token that prices and values are in.
        market: whose price it reads; its own pair unless said.
    """

    base: str
    quote: str
    market: str = ""

    label: ClassVar[str]
    """What people call it: "linear perpetual"."""
    in_hand: ClassVar[bool] = True
    """Whether its amounts are tokens that could be held instead; a contract's are a difference paid later."""
    settled_in_base: ClassVar[bool] = False
    """Whether it is quoted, paid and settled in coins."""
    kinks_are: ClassVar[str] = "ends of a range"
    """What its kinks are called in pictures."""
    unit: ClassVar[str]
    """What a quantity of +1 is: "{base}", "{quote} of notional", "position"."""

    @abstractmethod
    def formula(self, price: Reading) -> tuple[Reading, Reading]:
        """``(base(P), quote(P))`` of +1 long, in arithmetic and the words ``sqrt``, ``clamp``, ``above``."""

    @classmethod
    @abstractmethod
    def samples(cls) -> tuple[Self, ...]:
        """A few instances, edges included, on which the laws and the docs run."""

    def __post_init__(self) -> None:
        require_token("quote", self.quote)
        if not isinstance(self.market, str):
            raise MarketError("a market's name", got=repr(self.market), remedy='Like "ETH/USDC:perp"')
        if self._reads_a_price() and require_token("base", self.base) == self.quote:
            raise TokenError("two different tokens", got=f"{self.base}/{self.quote}")
        if not self.market and self.base:
            object.__setattr__(self, "market", f"{self.base}/{self.quote}")
        for f in fields(self):
            if "unit" in f.metadata:
                unit = f.metadata["unit"].format(base=self.base, quote=self.quote)
                object.__setattr__(self, f.name, _number(f.name, getattr(self, f.name), unit, f.metadata["at_least"]))

    def _reads_a_price(self) -> bool:
        """Whether the class asks for its coin: cash has none."""
        return type(self).__dataclass_fields__["base"].default is MISSING

    @cached_property
    def positions(self) -> tuple[Position, ...]:
        return (Position(1.0, self),)

    @cached_property
    def _of_one(self) -> Amounts:
        """The formula read on :class:`~lpgreeks.powers.Powers`."""
        return Amounts(*map(_as_curve, self.formula(Powers.price())))

    @classmethod
    def symbolic(cls) -> Symbolic:
        """The same formula on symbols: value, delta, gamma as sympy expressions, and their LaTeX."""
        from lpgreeks.formulas import PRICE, Symbolic

        return Symbolic(cls.__name__, *cls._template().formula(PRICE))

    @classmethod
    def _template(cls) -> Self:
        """An instance whose numbers are symbols."""
        from lpgreeks.formulas import symbol

        template = object.__new__(cls)
        for f in fields(cls):
            if "symbol" in f.metadata:
                object.__setattr__(template, f.name, symbol(f.metadata["symbol"]))
        return template

    def _on_symbols(self) -> Self:
        """The same, with whatever else this one is made of."""
        return self._template()

    def marked(self, *, volatility: float, years: float | None = None) -> Marked:
        """What +1 is worth ``years`` before its end, as an instrument: of an option, Black-76.

        Args:
            volatility: per year, a decimal (0.65 is 65 %).
            years: left to its end, in 365-day years; an option knows its own from now on.

        Raises:
            InputError: no time to its end, or a volatility that is none.
        """
        from lpgreeks.instruments.marked import Marked

        left = getattr(self, "years", None) if years is None else years
        if left is None:
            raise InputError("years to the end", got="none", unit="years", remedy="Seven days are 7 / 365")
        return Marked(of=self, volatility=volatility, years=left)

    def _vega(self, price: float) -> float:
        return 0.0

    @property
    def name(self) -> str:
        """What it is and whose price it reads: "linear perpetual ETH/USDC"."""
        return f"{self.label} {self.market}"

    @property
    def unit_text(self) -> str:
        """What +1 is, with this instrument's tokens: "ETH", "USDC of notional"."""
        return self.unit.format(base=self.base, quote=self.quote)


@dataclass(frozen=True)
class Position(Exposure):
    """A signed quantity of one instrument; negative is short."""

    quantity: float
    instrument: Instrument

    def __post_init__(self) -> None:
        if not isinstance(self.instrument, Instrument):
            raise InputError("a quantity of an instrument", got=f"{self.instrument!r:.60}")
        unit = self.instrument.unit_text
        object.__setattr__(self, "quantity", require_finite("quantity", self.quantity, unit=unit))

    @property
    def positions(self) -> tuple[Position, ...]:
        return (self,)

    def _repr_html_(self) -> str:
        return _listed(self)


@dataclass(frozen=True)
class Portfolio(Exposure):
    """A sum of positions; quantities of equal instruments are added up.

    Args:
        holdings: the positions, none twice.
    """

    holdings: tuple[Position, ...] = ()

    def __post_init__(self) -> None:
        quantities: dict[Instrument, float] = {}
        if not all(isinstance(p, Position) for p in self.holdings):
            raise InputError("positions", got=f"{self.holdings!r:.60}", remedy="Add exposures: pool - 12.5 * perp")
        for p in self.holdings:
            quantities[p.instrument] = quantities.get(p.instrument, 0.0) + p.quantity
        object.__setattr__(self, "holdings", tuple(Position(q, i) for i, q in quantities.items()))

    @property
    def positions(self) -> tuple[Position, ...]:
        return self.holdings

    def __repr__(self) -> str:
        return shortened(f"<Portfolio: {', '.join(map(_said, self.holdings)) or 'empty'}>")

    def _repr_html_(self) -> str:
        return _listed(self)


def _holding(exposure: Exposure) -> str:
    """What is held, in words short enough for a title."""
    held = exposure.positions
    names = [p.instrument.name if p.quantity == 1 else _said(p) for p in held[:_NAMED]]
    return ", ".join([*names, *([f"and {len(held) - _NAMED} more"] if len(held) > _NAMED else [])])


def _said(position: Position) -> str:
    return f"{position.quantity:,.6g} {position.instrument.unit_text} of {position.instrument.name}"


def _listed(exposure: Exposure) -> str:
    """A row for each position, in HTML."""
    rows = [(f"{p.quantity:,.10g}", p.instrument.unit_text, repr(p.instrument)) for p in exposure.positions]
    return table_html(("quantity", "of", "+1 long is"), rows)


def together(exposures: Iterable[Exposure]) -> Portfolio:
    """The sum of many exposures, added up at once."""
    return Portfolio(tuple(p for exposure in exposures for p in exposure.positions))


def payoffs(
    parts: Mapping[str, Exposure],
    ax: Axes | None = None,
    *,
    start: float,
    prices: ArrayLike | None = None,
    earned: Mapping[str, float] | None = None,
    title: str = "",
) -> Axes:
    """P&L of each part against price, with what it earned beside it; the last is their total, which breaks even."""
    x = _axis(start, prices)
    ax = new_axes()[0] if ax is None else ax
    *_, total = parts.values()
    lines = {name: np.asarray(part.pnl(x, start=start) if part.positions else 0.0 * x) for name, part in parts.items()}
    earned = earned or {}
    lines = {name: line + earned.get(name, 0.0) for name, line in lines.items()}
    xlabel, ylabel = f"price [{total.quote} per {'/'.join(total.bases)}]", f"P&L [{total.quote}]"
    curves(ax, x, lines, xlabel=xlabel, ylabel=ylabel, title=title)
    verticals(ax, [start], name=f"start, {start:,.6g}", style=":", colour=GREY)
    _mark_kinks(ax, total, x)
    income = earned.get([*parts][-1], 0.0)
    evens = total.break_evens(start=start, income=income)
    mark_break_evens(ax, [p for p in evens if x[0] <= p <= x[-1]], start=start)
    return legend(ax)


def mark_break_evens(ax: Axes, prices: Iterable[float], *, start: float) -> None:
    """Break-evens on the line of zero; that the start itself is one, where nothing was earned, says nothing."""
    marks(ax, [(float(p), 0.0) for p in prices if not math.isclose(p, start, rel_tol=_SAME)], name="break-even")


def _mark_kinks(ax: Axes, exposure: Exposure, x: FloatArray) -> None:
    shown = [k for k in exposure.worth().kinks if x[0] < k < x[-1]]
    kinked = [p.instrument for p in exposure.positions if any(curve.kinks for curve in p.instrument._of_one)]
    name = f"kinks: {', '.join(dict.fromkeys(i.kinks_are for i in kinked))}"
    (verticals if len(shown) <= _MOST_LINES else ticks)(ax, shown, name=name)


def _axis(start: float, prices: ArrayLike | None) -> FloatArray:
    if prices is None:
        return np.linspace(0.75, 1.25, 501) * require_positive("start", start, unit="quote per base")
    return np.asarray(prices, dtype=np.float64)


def _folded(positions: Sequence[Position]) -> Amounts:
    tables = [(p.quantity, p.instrument._of_one) for p in positions]
    if len(tables) == 1 and tables[0][0] == 1:
        return tables[0][1]
    return Amounts(*(total((q, table[side]) for q, table in tables) for side in (0, 1)))


def _as_curve(reading: Reading) -> Curve:
    return reading if isinstance(reading, (Powers, Smeared)) else Powers.constant(reading)


def _distinct_tokens(tokens: Any) -> tuple[str, ...]:
    named: dict[str, str] = {}
    for token in tokens:
        if token:
            named.setdefault(counted_as(token), token)
    return tuple(named.values())


def _number(name: str, value: float, unit: str, at_least: float | None) -> float:
    if at_least is None:
        return require_positive(name, value, unit=unit)
    number = require_finite(name, value, unit=unit)
    if number < at_least:
        raise InputError(f"{name} of {at_least:g} or more", got=f"{name}={number:g}", unit=unit)
    return number


def _positive(prices: FloatArray) -> FloatArray:
    if (prices <= 0).any():
        raise InputError("positive prices", got=f"{prices[prices <= 0].flat[0]:g}", unit="quote per base")
    return prices
