"""The answer: quantities, collateral, what is left, the proof, and what it looks like."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.draw import COLOURS, flags, histograms, legend_below, new_axes, verticals
from lpgreeks.hedging.choice import Choice
from lpgreeks.hedging.legs import Leg, Pledge
from lpgreeks.hedging.objectives import Objective
from lpgreeks.hedging.problem import Model, by_coin, notional_of, price_of_token
from lpgreeks.hedging.proof import Certificate
from lpgreeks.hedging.text import TITLE, WIDTH, aligned, percent, rounded, wrapped
from lpgreeks.instruments import Call, Exposure, Instrument, Option, Portfolio, Put, payoffs
from lpgreeks.margin import Account, Ends, Proportional
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.tokens import coin_of, counted_as

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from lpgreeks.hedging.economics import Economics

__all__ = ["HedgePlan", "Hedged", "Order"]


# A picture of options, and characters that fit above it.
_HEIGHT, _NARROW = 5.4, 72

# Prices and quantities that differ by less are one.
_SAME_PRICE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Hedged:
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


@dataclass(frozen=True, kw_only=True)
class Order:
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
class HedgePlan:
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
        if leg.premium is None or leg.option is None:
            return 0.0
        price = price_of_token(leg.option.premium_token, self.exposure + leg.instrument, self.start)
        return quantity * (leg.premium.ask if quantity > 0 else leg.premium.bid) * price

    @property
    def capital(self) -> float:
        """Everything that is taken at the start, in quote: position, collateral, premiums, margin of sold options."""
        return float(self.exposure.value(self.start)) + sum(self._posted()) + self._in_options()

    def _in_options(self) -> float:
        """What options take at the start, in quote: premiums of those bought, margin of those sold."""
        taken = 0.0
        for quantity, leg in zip(self.quantities, self.legs, strict=True):
            if quantity and leg.option is not None:
                price = price_of_token(leg.option.premium_token, self.exposure + leg.instrument, self.start)
                taken += self.premium_of(leg, quantity) if quantity > 0 else leg.margin_short * -quantity * price
        return taken

    def _posted(self) -> list[float]:
        """What each account holds at the start, in quote."""
        prices = [price_of_token(p.token, self.exposure, self.start) for p in self.pledges]
        return [c * price for c, price in zip(self.best.collateral, prices, strict=True)]

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

    def _chance(self, market: str, ends: Ends) -> float | None:
        """How likely an account that ends there is liquidated before the horizon."""
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

    # ---- words

    def sentence(self) -> str:
        """The answer in one sentence."""
        trades = [self._trade(leg, q) for leg, q in zip(self.legs, self.quantities, strict=True) if q]
        do = " and ".join([", ".join(trades[:-1]), trades[-1]] if len(trades) > 1 else trades) or "trade nothing"
        left = f"{rounded(self.risk_unhedged)} to {rounded(self.best.risk)} {self.token}"
        return (
            f"{do[0].upper()}{do[1:]}: {self.objective} goes from {left} "
            f"({percent(self.effectiveness)} of the variance removed)."
        )

    def _trade(self, leg: Leg, quantity: float) -> str:
        unit = leg.instrument.unit_text
        return f"{'short' if quantity < 0 else 'long'} {rounded(abs(quantity))} {unit} of {leg.name}"

    def table(self) -> pd.DataFrame:
        """One row per leg: quantity, its unit, standard error, notional in quote, the naive quantity."""
        import pandas as pd

        rows = [
            {
                "leg": leg.name,
                "quantity": quantity,
                "unit": leg.instrument.unit_text,
                "standard error": np.nan if error is None else error,
                f"notional [{self.exposure.quote}]": abs(quantity) * self.notional(leg),
                "naive quantity": np.nan if self.naive is None else self.naive.quantities[i],
            }
            for i, (leg, quantity, error) in enumerate(
                zip(self.legs, self.quantities, self.standard_errors, strict=True)
            )
        ]
        return pd.DataFrame(rows)

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
        lines = [wrapped(self.sentence(), WIDTH), ""]
        lines += aligned(self._leg_rows(), words=(0, 2))
        if self.pledges:
            lines += ["", *aligned(self._account_rows(), words=(0, 2))]
        if self.orders:
            lines += ["", *aligned(self._order_rows(), words=(0, 3))]
        lines += ["", *aligned(self._figure_rows(), words=(0, 1))]
        if self.notes:
            lines += ["", *(wrapped(f"- {note}", WIDTH, indent="  ") for note in self.notes)]
        if self.assumptions:
            lines += ["", wrapped(f"Taken as given: {'; '.join(self.assumptions)}.", WIDTH)]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<HedgePlan: {self.sentence()}>"

    def _repr_html_(self) -> str:
        return f"<p><b>{html.escape(self.sentence())}</b></p>{self.table().to_html(index=False)}"

    def _leg_rows(self) -> list[list[str]]:
        rows = [["leg", "quantity", "unit", "std error", f"notional [{self.exposure.quote}]", "naive"]]
        for i, leg in enumerate(self.legs):
            error = self.standard_errors[i]
            rows.append(
                [
                    leg.name,
                    rounded(self.quantities[i]),
                    leg.instrument.unit_text,
                    "" if error is None else rounded(error),
                    rounded(abs(self.quantities[i]) * self.notional(leg)),
                    "" if self.naive is None else rounded(self.naive.quantities[i]),
                ]
            )
        return rows

    def _account_rows(self) -> list[list[str]]:
        rows = [["account", "collateral", "token", "leverage", "liquidated below", "above", "chance"]]
        for pledge, account, posted, ends in zip(
            self.pledges, self.accounts, self.best.collateral, self.liquidations(), strict=True
        ):
            if account is None:
                rows.append([pledge.name, rounded(posted), pledge.token, "", "", "", ""])
            for market, (below, above) in ends.items():
                chance = self._chance(market, Ends(below, above))
                rows.append(
                    [
                        pledge.name if len(ends) == 1 else f"{pledge.name}, {market}",
                        rounded(posted),
                        pledge.token,
                        f"{account.leverage(self.start):,.4g}" if account and account.collateral else "unbounded",
                        "never" if below is None else rounded(below),
                        "never" if above is None else rounded(above),
                        "unknown" if chance is None else percent(chance),
                    ]
                )
        return rows

    def _order_rows(self) -> list[list[str]]:
        rows = [["order", "contracts", "quantity", "unit", "left out by rounding"]]
        for order in self.orders:
            unit = order.leg.instrument.unit_text
            left = 0.0 if abs(order.residual) < _SAME_PRICE * abs(order.quantity) else order.residual
            rows.append([order.leg.name, f"{order.contracts:,.10g}", rounded(order.quantity), unit, rounded(left)])
        return rows

    def _figure_rows(self) -> list[list[str]]:
        first, *others = self.outcomes.source.split("; ")
        rows = [["outcomes", first], *(["", other] for other in others)]
        if self.outcomes.sampled:
            count = len(self.outcomes)
            rows.append(["", f"n = {count:,}, worth {self.outcomes.effective:,.1f} independent outcomes"])
        rows.append(["risk", f"{rounded(self.risk_unhedged)} -> {rounded(self.best.risk)} {self.token}"])
        rows.append(["effectiveness", f"{self.effectiveness:.4%} of the variance"])
        if self.naive is not None:
            breaks = "" if self.naive.within_bounds else ", but breaks a bound"
            left = f"{rounded(self.naive.risk)} {self.token} ({self.naive.effectiveness:.4%})"
            rows.append(["naive hedge", f"leaves {left}{breaks}"])
        if self.rounded is not None:
            breaks = "" if self.rounded.within_bounds else ", but breaks a bound"
            left = f"{rounded(self.rounded.risk)} {self.token} ({self.rounded.effectiveness:.4%})"
            rows.append(["whole contracts", f"leave {left}{breaks}"])
        quote, options = self.exposure.quote, self._in_options()
        if any(leg.premium for leg in self.legs):
            rows.append(["premium", f"{rounded(self.premium)} {quote}, paid less received"])
        if self.pledges or options:
            pool, posted = float(self.exposure.value(self.start)), sum(self._posted())
            parts = [f"{rounded(pool)} in it", f"{rounded(posted)} in collateral"]
            parts += [f"{rounded(options)} in options"] if options else []
            many = f"{rounded(self.capital)} {quote}, {self.capital / pool:.4g} times the position"
            rows.append(["capital", f"{many}: {', '.join(parts)}"])
        if self.economics is not None:
            costless = not any(leg.fee or leg.funding or leg.slippage for leg in self.legs)
            nothing = ", trading and funding taken as 0" if costless else ""
            free = any(q and leg.option and not leg.premium for q, leg in zip(self.quantities, self.legs, strict=True))
            nothing += ", options had for nothing: they have no premium" if free else ""
            made = f"{rounded(self.economics.total)} {self.exposure.quote} before the pool's fees and gas{nothing}"
            rows.append(["expected", made])
            rows.append(
                ["", f"break-even: fees of {percent(self.economics.break_even_rate_per_year)} a year of the position"]
            )
            # Where accounts are kept the way there matters, not only the end.
            if self.pledges and self.economics.leaving is not None:
                rows.append(["range", f"left with a chance of {percent(self.economics.leaving)}"])
        for coin, figure in self.net_delta.items():
            rows.append(["net delta", f"{rounded(figure)} {coin}"])
        for coin, figure in self.net_gamma.items():
            rows.append(["net gamma", f"{rounded(figure)} {coin} per {self.exposure.quote}"])
        for coin, figure in self.net_vega.items():
            if figure:
                rows.append(["net vega", f"{rounded(figure / 100)} {quote} per point of {coin}'s volatility"])
        proof = self.certificate
        rows.append(
            [
                "certificate",
                f"feasible to {proof.feasibility:.0e}, stationary to {proof.stationarity:.0e}, gap {proof.gap:.0e}",
            ]
        )
        if self.choice is not None:
            rows.append(["choice", str(self.choice)])
        for title, names in (("binding", proof.binding), ("met", proof.met)):
            rows += [[title if i == 0 else "", name] for i, name in enumerate(names)]
        rows.append(["unique", "yes" if self.unique else "no, see below"])
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON: the same figures as the text."""
        return {
            "sentence": self.sentence(),
            "token": self.token,
            "objective": repr(self.objective),
            "start": dict(self.start),
            "legs": [
                {
                    "instrument": type(leg.instrument).__name__,
                    "market": leg.instrument.market,
                    "unit": leg.instrument.unit_text,
                    "quantity": self.quantities[i],
                    "standard_error": self.standard_errors[i],
                    "notional": abs(self.quantities[i]) * self.notional(leg),
                    "naive_quantity": None if self.naive is None else self.naive.quantities[i],
                }
                for i, leg in enumerate(self.legs)
            ],
            "accounts": [
                {
                    "account": pledge.name,
                    "token": pledge.token,
                    "collateral": posted,
                    "leverage": account.leverage(self.start) if account and account.collateral else None,
                    "liquidation": {m: {"below": e.below, "above": e.above} for m, e in ends.items()},
                }
                for pledge, account, posted, ends in zip(
                    self.pledges, self.accounts, self.best.collateral, self.liquidations(), strict=True
                )
            ],
            "orders": [
                {"leg": o.leg.name, "contracts": o.contracts, "quantity": o.quantity, "residual": o.residual}
                for o in self.orders
            ],
            "capital": self.capital,
            "risk_unhedged": self.risk_unhedged,
            "risk": self.best.risk,
            "effectiveness": self.effectiveness,
            "naive": None
            if self.naive is None
            else {
                "risk": self.naive.risk,
                "effectiveness": self.naive.effectiveness,
                "within_bounds": self.naive.within_bounds,
            },
            "net_delta": self.net_delta,
            "net_gamma": self.net_gamma,
            "net_vega": self.net_vega,
            "premium": self.premium,
            "outcomes": {
                "source": self.outcomes.source,
                "n": len(self.outcomes),
                "effective_n": self.outcomes.effective if self.outcomes.sampled else None,
            },
            "certificate": {
                "feasibility": self.certificate.feasibility,
                "stationarity": self.certificate.stationarity,
                "gap": self.certificate.gap,
                "binding": list(self.certificate.binding),
                "met": list(self.certificate.met),
            },
            "choice": None if self.choice is None else asdict(self.choice),
            "unique": self.unique,
            "notes": list(self.notes),
            "assumptions": list(self.assumptions),
        }

    # ---- pictures

    def plot(self, ax: Axes | None = None, *, prices: FloatArray | None = None, income: float = 0.0) -> Axes:
        """P&L against price: what is hedged, the hedge, coins posted, the total; where accounts end, and break-evens.

        With several coins, that part of all three which reads the exposure's first market.

        Args:
            ax: where to draw; a new figure unless said.
            prices: the horizontal axis; 25 % about the start unless said, and on to the strikes of options traded.
            income: earned meanwhile, in quote; added to the total.
        """
        market = self.exposure.markets[0]
        coin = counted_as(coin_of(market))

        def part(exposure: Exposure) -> Exposure:
            return sum((p for p in exposure.positions if counted_as(p.instrument.base) == coin), start=Portfolio())

        parts = {"position": part(self.exposure), "hedge": part(self.hedge)}
        if (coins := part(self.collateral)).markets:
            parts["collateral"] = coins
        parts["total"] = part(self.total)
        # An option's P&L is counted from its premium, not from its payoff at the start.
        paid = sum(
            self.premium_of(leg, q) - q * float(end.value(self.start))
            for q, leg, end in zip(self.quantities, self.legs, self.ends, strict=True)
            if leg.premium is not None and counted_as(end.base) == coin
        )
        earned = {"hedge": -paid, "total": income - paid}
        held = [leg.option for q, leg in zip(self.quantities, self.legs, strict=True) if q]
        traded = [o for o in held if o is not None and counted_as(o.base) == coin]
        strikes = [(o.strike, f"{_plain(o)} {o.strike:,.6g}") for o in traded]
        title = wrapped(self.sentence(), TITLE)
        if strikes and ax is None:
            # Sentences that name options are longer, and their pictures have words in them.
            ax, title = new_axes(height=_HEIGHT)[0], wrapped(self.sentence(), _NARROW)
        if prices is None:
            prices = _reaching(self.start[market], [strike for strike, _ in strikes])
        ax = payoffs(parts, ax, start=self.start[market], prices=prices, earned=earned, title=title)
        low, high = ax.get_xlim()
        ends = (e for account in self.liquidations() for m, e in account.items() if _same_coin(m, market))
        shown = sorted({p for pair in ends for p in pair if p is not None and low < p < high})
        verticals(ax, shown, name="liquidation", style="-.", colour=COLOURS[4])
        flags(ax, [(strike, text) for strike, text in strikes if low < strike < high])
        return legend_below(ax) if self.pledges or strikes else ax

    def plot_outcomes(self, ax: Axes | None = None) -> Axes:
        """The first measure's change over the outcomes, before and after the hedge."""
        ax = new_axes()[0] if ax is None else ax
        before, after = self.changes()
        measure = self.objective.measures[0]
        return histograms(
            ax,
            {"unhedged": before, "hedged": after},
            self.outcomes.weights,
            xlabel=f"change of {measure} [{measure.token}]",
            title=wrapped(self.outcomes.source, TITLE),
        )


def _reaching(start: float, strikes: Sequence[float]) -> FloatArray:
    """Prices about the start and past every strike, each strike among them: a kink between two would be cut off."""
    low = min(0.75 * start, *(0.95 * strike for strike in strikes), start)
    high = max(1.25 * start, *(1.05 * strike for strike in strikes), start)
    return np.union1d(np.linspace(low, high, 501), strikes)


def _plain(option: Option) -> str:
    return Call.label if isinstance(option, Call) else Put.label


def _same_coin(market: str, other: str) -> bool:
    return counted_as(coin_of(market)) == counted_as(coin_of(other))
