"""The answer: quantities, collateral, what is left, and the proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from lpgreeks._types import FloatArray
from lpgreeks.display import Answer, Noun, shortened
from lpgreeks.hedging.choice import Choice
from lpgreeks.hedging.legs import Leg, Pledge
from lpgreeks.hedging.objectives import Objective
from lpgreeks.hedging.plan_picture import draw_outcomes, draw_payoffs
from lpgreeks.hedging.plan_text import record_of, sentence_of, summary_of, table_of
from lpgreeks.hedging.problem import Model, by_coin, margin_of, notional_of, premiums_of, price_of_token
from lpgreeks.hedging.proof import Certificate
from lpgreeks.instruments import Exposure, Instrument, Portfolio
from lpgreeks.margin import Account, Ends, Proportional
from lpgreeks.paths import Outcomes, Paths

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from lpgreeks.hedging.economics import Economics

__all__ = ["HedgePlan", "Hedged", "Order"]

# Prices that differ by less are one.
_SAME_PRICE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Hedged(Noun):
    """One choice of quantities and the risk it leaves.

    Attributes:
        quantities: one per leg, signed, in the leg's unit.
        collateral: one per account, in its token.
        risk: what is left of the objective's figure, in the plan's token.
        effectiveness: share of the variance removed.
        within_bounds: whether every constraint holds.
    """

    quantities: tuple[float, ...]
    collateral: tuple[float, ...]
    risk: float
    effectiveness: float
    within_bounds: bool


@dataclass(frozen=True, kw_only=True, repr=False)
class Order(Noun):
    """A leg's quantity in the venue's whole steps.

    Attributes:
        leg: what to trade.
        contracts: how many contracts, signed.
        quantity: the same in the leg's unit.
        residual: what rounding left out: the quantity wanted less the one ordered.
    """

    leg: Leg
    contracts: float
    quantity: float
    residual: float


@dataclass(frozen=True, kw_only=True, eq=False)
class HedgePlan(Answer):
    """What to trade against an exposure, what to post behind it, and what is then left.

    Attributes:
        exposure: what is hedged.
        legs: what was offered, +1 long.
        pledges: the accounts behind them, in which collateral is posted.
        ends: what each leg is at the horizon: an option its payoff, or marked with what is then left.
        best: the optimum.
        rounded: the same in whole contracts; None where no venue says what one is.
        naive: the legs that cancel the slope of the exposure at the start (short the pool's coins), as if coins
            behind them were none; None where the outcomes start at different prices.
        standard_errors: of each quantity of a least variance, on samples; None elsewhere, or where a bound pins it.
        risk_unhedged: the objective's figure without a hedge, in ``token``.
        token: what risk is counted in.
        objective: what was made small.
        outcomes: over which end states.
        over: what prices may do on the way.
        years: how long it is held, on average; None where outcomes have no horizon.
        start: the price of each market at the start (the mean one where windows differ).
        today: the exposure and +1 of each leg and each unit of collateral as they stand at the start: options marked.
        premium_beyond: what premiums cost beyond what changes from the start count, in the first measure's token: an
            option's change is counted from its payoff at the start price.
        certificate: proof of the optimum.
        choice: how its options were chosen among those offered; None where none were counted.
        unique: no other quantities are as good.
        notes: what the numbers mean, in words.
        assumptions: what was taken as equal, or as zero.
    """

    exposure: Exposure
    legs: tuple[Leg, ...]
    pledges: tuple[Pledge, ...]
    ends: tuple[Instrument, ...]
    best: Hedged
    naive: Hedged | None
    rounded: Hedged | None
    standard_errors: tuple[float | None, ...]
    risk_unhedged: float
    token: str
    objective: Objective
    outcomes: Outcomes
    over: Model | Paths | Outcomes
    years: float | None
    start: Mapping[str, float]
    today: tuple[Exposure, ...]
    premium_beyond: float
    certificate: Certificate
    unique: bool
    notes: tuple[str, ...]
    assumptions: tuple[str, ...]
    choice: Choice | None = None

    losses: ClassVar[tuple[str, ...]] = ("risk", "unhedged risk", "capital")
    """Of its figures, those of which less is better."""

    @property
    def quantities(self) -> tuple[float, ...]:
        """One per leg, signed, in the leg's unit."""
        return self.best.quantities

    @property
    def effectiveness(self) -> float:
        """Share of the variance that the hedge removes."""
        return self.best.effectiveness

    @property
    def hedge(self) -> Portfolio:
        """The legs in their quantities, as they are at the horizon."""
        left = (leg.left_of(end) for leg, end in zip(self.legs, self.ends, strict=True))
        return sum((q * e for q, e in zip(self.quantities, left, strict=True)), Portfolio())

    @property
    def collateral(self) -> Portfolio:
        """What is posted: coins are exposure."""
        return sum((c * p.holding for c, p in zip(self.best.collateral, self.pledges, strict=True)), Portfolio())

    @property
    def total(self) -> Portfolio:
        """Exposure, hedge and collateral together."""
        return self.exposure + self.hedge + self.collateral

    @property
    def total_today(self) -> Portfolio:
        """Exposure, hedge and collateral together as they stand at the start: options marked with all of their time."""
        amounts = (1.0, *self.quantities, *self.best.collateral)
        return sum((q * e for q, e in zip(amounts, self.today, strict=True)), Portfolio())

    @property
    def net_delta(self) -> dict[str, float]:
        """Delta of the total at the start by coin, in coins; every market of a coin added up."""
        return by_coin(Exposure.delta, self.total_today, self.start)

    @property
    def net_gamma(self) -> dict[str, float]:
        """Gamma of the total at the start by coin, in coins per unit of price."""
        return by_coin(Exposure.gamma, self.total_today, self.start)

    @property
    def net_vega(self) -> dict[str, float]:
        """Vega of the total at the start by coin, in quote per 1.00 of volatility."""
        return by_coin(Exposure.vega, self.total_today, self.start)

    @property
    def premium(self) -> float:
        """What the options cost at the start, less what those sold bring, in quote."""
        return sum(self.premium_of(leg, q) for leg, q in zip(self.legs, self.quantities, strict=True))

    def premium_of(self, leg: Leg, quantity: float) -> float:
        """What ``quantity`` of a leg costs at the start, in quote: at the ask, or at the bid (negative) where sold."""
        paid, received = premiums_of(leg, self.start)
        return quantity * (paid if quantity > 0 else received)

    @property
    def capital(self) -> float:
        """Everything that is taken at the start, in quote: position, collateral, premiums, margin of sold options."""
        return sum(self.capital_by_use.values())

    @property
    def capital_by_use(self) -> dict[str, float]:
        """The capital in its parts, in quote: the position, the collateral behind legs, what options take."""
        posted = zip(self.best.collateral, self.pledges, strict=True)
        traded = list(zip(self.legs, self.quantities, strict=True))
        return {
            "position": float(self.exposure.value(self.start)),
            "collateral": sum((c * price_of_token(p.token, self.exposure, self.start) for c, p in posted), start=0.0),
            # Premiums of those bought, margin of those sold.
            "options": sum(self.premium_of(leg, q) if q > 0 else -q * margin_of(leg, self.start) for leg, q in traded),
        }

    def notional(self, leg: Leg | Instrument) -> float:
        """The value of one unit of a leg at the start, in quote."""
        return notional_of(leg.instrument if isinstance(leg, Leg) else leg, self.start)

    @cached_property
    def accounts(self) -> tuple[Account | None, ...]:
        """The account of each pledge as it is opened; None where none of its legs is traded."""
        return tuple(self._account(k) for k in range(len(self.pledges)))

    def _account(self, k: int) -> Account | None:
        pledge = self.pledges[k]
        members = [(self.quantities[j], self.legs[j]) for j in pledge.legs if self.quantities[j]]
        if not members:
            return None
        schedules = {leg.instrument: leg.maintenance or Proportional(rate=0.0) for _, leg in members}
        return Account(
            collateral=max(0.0, self.best.collateral[k]),
            token=pledge.token,
            positions=sum((q * leg.instrument for q, leg in members), Portfolio()),
            maintenance=schedules,  # type: ignore[arg-type]
        )

    def liquidations(self) -> tuple[dict[str, Ends], ...]:
        """Of each account, by market, the nearest prices below and above at which it is liquidated."""
        return tuple(
            {} if account is None else {m: account.liquidation_prices(self.start, market=m) for m in account.markets}
            for account in self.accounts
        )

    def touch_probability(self, market: str, price: float) -> float | None:
        """How likely ``market`` touches ``price`` before the horizon; None where only its ends are known."""
        if isinstance(self.over, Outcomes):
            return None
        if isinstance(self.over, Paths):
            # Strictly beyond, but for rounding: at a price that is survived, equity is the margin to the letter.
            lows, highs = self.over.extremes(market)
            below = lows < price * (1 - _SAME_PRICE)
            return float((below if price <= self.start[market] else highs > price * (1 + _SAME_PRICE)).mean())
        return self.over.on(market).touch_probability(price)

    def liquidation_chance(self, market: str, ends: Ends) -> float | None:
        """How likely an account that ends there is liquidated before the horizon; None where that is not known."""
        if ends.below is not None and ends.above is not None and not isinstance(self.over, Outcomes):
            if isinstance(self.over, Paths):
                lows, highs = self.over.extremes(market)
                return float(((lows <= ends.below) | (highs >= ends.above)).mean())
            if ends.below >= ends.above:
                return 1.0
            return self.over.on(market).exit_probability(ends.below, ends.above)
        price = ends.above if ends.below is None else ends.below
        return 0.0 if price is None else self.touch_probability(market, price)

    @cached_property
    def economics(self) -> Economics | None:
        """What it is expected to earn and cost with what is known; None without a horizon or one start.

        :func:`~lpgreeks.economics` takes gas, swaps and the pool's volume into account.
        """
        from lpgreeks.hedging.economics import economics

        return None if self.years is None or self.outcomes.start.ndim > 1 else economics(self)

    @property
    def orders(self) -> tuple[Order, ...]:
        """What to trade in whole contracts, for the legs whose venue says what one is."""
        return tuple(
            Order(
                leg=leg,
                contracts=quantity / contract.size,
                quantity=quantity,
                residual=wanted - quantity,
            )
            for leg, wanted, quantity in zip(
                self.legs, self.quantities, self.rounded.quantities if self.rounded else (), strict=False
            )
            if leg.step is not None and (contract := leg.contract) is not None
        )

    def changes(self) -> tuple[FloatArray, FloatArray]:
        """The measure's change per outcome, before and after the hedge, premiums paid; first measure only."""
        starts = self.outcomes.starts(self.total.markets)
        measure = self.objective.measures[0]
        before, after = (self.outcomes.changes(measure(e, starts)) for e in (self.exposure, self.total))
        return before, after - self.premium_beyond

    # ---- shown

    def sentence(self) -> str:
        """The answer in one sentence."""
        return sentence_of(self)

    def table(self) -> pd.DataFrame:
        """One row per leg: quantity, its unit, standard error, notional in quote, the naive quantity."""
        return table_of(self)

    def figures(self) -> dict[str, float | str]:
        """One row of figures, units in brackets: what a sweep keeps of a plan; names that occur twice are numbered."""
        quote = self.exposure.quote
        row: list[tuple[str, str, float]] = [
            ("risk", self.token, self.best.risk),
            ("unhedged risk", self.token, self.risk_unhedged),
            ("effectiveness", "", self.effectiveness),
            ("capital", quote, self.capital),
            *((leg.name, leg.instrument.unit_text, q) for leg, q in zip(self.legs, self.quantities, strict=True)),
            *((f"posted, {p.name}", p.token, c) for p, c in zip(self.pledges, self.best.collateral, strict=True)),
            *(("net delta", coin, figure) for coin, figure in self.net_delta.items()),
        ]
        names = [name for name, _, _ in row]
        figures: dict[str, float | str] = {}
        for i, (name, unit, figure) in enumerate(row):
            number = f" ({names[: i + 1].count(name)})" if names.count(name) > 1 else ""
            figures[f"{name}{number}{f' [{unit}]' if unit else ''}"] = float(figure)
        figures["binding"] = "; ".join(self.certificate.binding)
        return figures

    def summary(self) -> str:
        """The whole plan as text."""
        return summary_of(self)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<HedgePlan: {self.sentence()}>")

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON: the same figures as the text."""
        return record_of(self)

    def plot(self, ax: Axes | None = None, *, prices: FloatArray | None = None, income: float = 0.0) -> Axes:
        """P&L against price: what is hedged, the hedge, coins posted, the total; where accounts end, and break-evens.

        With several coins, that part of all three which reads the exposure's first market.

        Args:
            ax: where to draw; a new figure unless said.
            prices: the horizontal axis; 25 % about the start unless said, and on to the strikes of options traded.
            income: earned meanwhile, in quote; added to the total.
        """
        return draw_payoffs(self, ax, prices=prices, income=income)

    def plot_outcomes(self, ax: Axes | None = None) -> Axes:
        """The first measure's change over the outcomes, before and after the hedge."""
        return draw_outcomes(self, ax)
