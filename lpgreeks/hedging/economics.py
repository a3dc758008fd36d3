"""What a plan is expected to earn and to cost, part by part, and what the pool must earn for it to pay."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lpgreeks.costs import Fee, Gas
from lpgreeks.display import Answer, Noun, shortened
from lpgreeks.draw import bars, new_axes
from lpgreeks.errors import InputError, require_finite, require_positive
from lpgreeks.hedging.capital import Wallet, needed
from lpgreeks.hedging.plan import HedgePlan
from lpgreeks.hedging.problem import price_of_token
from lpgreeks.hedging.survival import ranges
from lpgreeks.hedging.text import aligned, percent, rounded
from lpgreeks.instruments import Exposure, UniswapV2, UniswapV3
from lpgreeks.measures import Excess, Measure, Value
from lpgreeks.paths import Outcomes, Paths
from lpgreeks.recipes import recorded
from lpgreeks.tokens import find_token

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Economics", "Part", "PoolFees", "economics"]


@dataclass(frozen=True, kw_only=True)
class PoolFees(Noun):
    r"""What a pool pays its liquidity, from its volume: a position earns its share while the price is in its range.

    .. math::
        \phi \, (1 - s)\, V \,\frac{L}{L + L_{\text{pool}}} \times \text{days inside}

    Args:
        fee: the pool's fee tier, a decimal of the volume (0.0005 is 0.05 %).
        volume_per_day: in quote.
        liquidity: active in the pool beside the position, in the unit of the position's own.
        protocol_share: of the fee, a decimal.
    """

    fee: float
    volume_per_day: float
    liquidity: float
    protocol_share: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "fee", Fee(taker=self.fee).taker)
        for name, unit in (("volume_per_day", "quote"), ("liquidity", "as the position's")):
            object.__setattr__(self, name, require_positive(name, getattr(self, name), unit=unit))
        share = require_finite("the protocol's share", self.protocol_share, unit="decimal")
        if not 0 <= share < 1:
            raise InputError("a protocol's share from 0 up to 1", got=f"{share:g}", unit="decimal")

    def earned(self, liquidity: float, years_inside: float) -> float:
        """Fees of a position of ``liquidity`` that is in range for ``years_inside``, in quote."""
        share = liquidity / (liquidity + self.liquidity)
        return self.fee * (1.0 - self.protocol_share) * self.volume_per_day * 365.0 * years_inside * share


@dataclass(frozen=True, kw_only=True)
class Part(Noun):
    """One part of an expected P&L.

    Attributes:
        name: what it is.
        amount: in quote; > 0 is a gain.
        why: how it comes about.
    """

    name: str
    amount: float
    why: str


@dataclass(frozen=True, kw_only=True)
class Economics(Answer):
    """The expected P&L of a plan over its horizon, in quote, by part.

    Attributes:
        plan: what is traded and posted.
        parts: what it is made of; they add up to ``total``.
        years: how long it is held.
        fees: what the pool is expected to pay; None where no pool was stated.
    """

    plan: HedgePlan
    parts: tuple[Part, ...]
    years: float
    fees: float | None

    @property
    def quote(self) -> str:
        """The token that it is counted in."""
        return self.plan.exposure.quote

    @property
    def position(self) -> float:
        """The value of what is hedged, at the start."""
        return float(self.plan.exposure.value(self.plan.start))

    @cached_property
    def leaving(self) -> float | None:
        """The chance that the price leaves the one range before the horizon; None without one."""
        over, pools = self.plan.over, ranges(self.plan.exposure)
        if len(pools) != 1 or isinstance(over, Outcomes):
            return None
        (pool,) = pools
        if isinstance(over, Paths):
            return float(over.leaving(market=pool.market, lower=pool.lower, upper=pool.upper).mean())
        return over.on(pool.market).exit_probability(pool.lower, pool.upper)

    @cached_property
    def inside(self) -> float | None:
        """The share of the time that the price spends in the one range; None without one."""
        pools = ranges(self.plan.exposure)
        if len(pools) != 1 or isinstance(self.plan.over, Outcomes):
            return None
        return _years_inside(self.plan, pools[0]) / self.years

    @property
    def total(self) -> float:
        """Everything, in quote."""
        return math.fsum(part.amount for part in self.parts)

    @property
    def before_fees(self) -> float:
        """Everything but the pool's fees, in quote."""
        return self.total - (self.fees or 0.0)

    @property
    def break_even_rate_per_year(self) -> float:
        """The fees, per year and per value of the position, from which on the plan is expected to pay: a decimal."""
        return -self.before_fees / (self.position * self.years)

    def table(self) -> pd.DataFrame:
        """One row per part: its amount and why."""
        import pandas as pd

        rows = [(p.name, p.amount, p.why) for p in self.parts]
        return pd.DataFrame([*rows, ("total", self.total, "")], columns=["part", f"expected [{self.quote}]", "why"])

    def sentence(self) -> str:
        """The answer in one sentence."""
        days = self.years * 365
        need = (
            f"it pays if the pool's fees are above {percent(self.break_even_rate_per_year)} a year of the position"
            if self.before_fees < 0
            else "it needs no fees to pay"
        )
        rate = 0.0 if self.fees is None else self.fees / (self.position * self.years)
        earned = "" if self.fees is None else f"; the stated pool pays {percent(rate)} a year"
        return f"Over {days:.4g} days the plan is expected to make {rounded(self.total)} {self.quote}: {need}{earned}."

    def summary(self) -> str:
        """The parts as text."""
        rows = [[p.name, rounded(p.amount), p.why] for p in self.parts]
        lines = [self.sentence(), "", *aligned([["part", f"[{self.quote}]", "why"], *rows], words=(0, 2))]
        if self.leaving is not None and self.inside is not None:
            lines += ["", f"The price leaves the range with a chance of {percent(self.leaving)}, and is in it for "
                      f"{percent(self.inside)} of the time."]  # fmt: skip
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return shortened(f"<Economics: {self.sentence()}>")

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return {
            "sentence": self.sentence(),
            "quote": self.quote,
            "parts": [{"part": p.name, "expected": p.amount, "why": p.why} for p in self.parts],
            "total": self.total,
            "years": self.years,
            "break_even_rate_per_year": self.break_even_rate_per_year,
            "fees": self.fees,
            "leaving": self.leaving,
            "inside": self.inside,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The parts as bars, and their sum."""
        ax = new_axes()[0] if ax is None else ax
        amounts = {**{p.name: p.amount for p in self.parts}, "total": self.total}
        return bars(
            ax, amounts, xlabel=f"expected over {self.years * 365:.4g} days [{self.quote}]", title=self.sentence()
        )


@recorded
def economics(
    plan: HedgePlan,
    *,
    pool: PoolFees | None = None,
    gas: Gas | None = None,
    swap: Fee | None = None,
    wallet: Wallet | None = None,
) -> Economics:
    """What ``plan`` is expected to earn and to cost, over the same outcomes that it was chosen on.

    Args:
        plan: what is traded and posted.
        pool: its fees, volume and liquidity, for the fees that the position is expected to earn.
        gas: of the position's transactions.
        swap: the fee of turning what is in hand into the position's two tokens and the collateral, and back.
        wallet: what is in hand at the start; all of it in quote unless said.

    Raises:
        InputError: outcomes without a horizon or with different starts; pool fees for what is no pool.
    """
    if plan.years is None:
        raise InputError("a plan with a horizon", got="a table of outcomes", remedy="Hedge over a model or over paths")
    if plan.outcomes.start.ndim > 1:
        raise InputError("one start price", got="windows at their own prices", remedy="Rescale them: start=1_900")
    fees = None if pool is None else _pool_fees(plan, pool)
    parts = [*_market(plan), *_trading(plan)]
    if swap is not None:
        parts += _swaps(plan, swap, wallet)
    if gas is not None and gas.total:
        parts.append(Part(name="gas", amount=-gas.total, why=f"{gas.transactions} transactions"))
    if fees is not None:
        parts.append(Part(name="pool fees", amount=fees, why="its share of the volume while in range"))
    return Economics(plan=plan, parts=tuple(parts), years=plan.years, fees=fees)


def _mean(plan: HedgePlan, measure: Measure, exposure: Exposure) -> float:
    starts = plan.outcomes.starts(plan.total.markets)
    return float(plan.outcomes.weights @ plan.outcomes.changes(measure(exposure, starts)))


def _market(plan: HedgePlan) -> Iterator[Part]:
    """What prices do: to the tokens of the start, to the position against them, to legs and collateral."""
    quote = plan.exposure.quote
    excess = _mean(plan, Excess(quote), plan.exposure)
    held = _mean(plan, Value(quote), plan.exposure) - excess
    rounding = 1e-12 * abs(float(plan.exposure.value(plan.start)))
    yield Part(name="impermanent loss", amount=excess, why="the position against holding its tokens")
    if abs(held) > rounding:
        yield Part(name="tokens of the start", amount=held, why="what holding them would have made")
    for leg, end, quantity in zip(plan.legs, plan.ends, plan.quantities, strict=True):
        if not quantity:
            continue
        amount = _mean(plan, Value(quote), quantity * leg.left_of(end))
        if leg.premium is None:
            why = "its P&L"
        else:
            amount += quantity * float(end.value(plan.start)) - plan.premium_of(leg, quantity)
            why = "what it is worth at the horizon, less its premium"
        if abs(amount) > rounding:
            yield Part(name=leg.name, amount=amount, why=why)
    if plan.collateral.markets and abs(amount := _mean(plan, Value(quote), plan.collateral)) > rounding:
        yield Part(name="coin collateral", amount=amount, why="what the coins posted make")


def _trading(plan: HedgePlan) -> Iterator[Part]:
    for leg, quantity in zip(plan.legs, plan.quantities, strict=True):
        notional = quantity * plan.notional(leg)
        if leg.funding is not None and notional:
            assert plan.years is not None
            received = leg.funding.received(notional, plan.years)
            rate = f"{leg.funding.rate_per_year:+.2%} a year"
            yield Part(name=f"funding, {leg.name}", amount=received, why=f"longs pay shorts {rate}")
        if leg.fee is not None and notional:
            yield Part(name=f"fees, {leg.name}", amount=-2 * leg.fee.of(notional), why="taker, in and out")
        if leg.slippage is not None and notional:
            yield Part(name=f"slippage, {leg.name}", amount=-2 * leg.slippage.of(notional), why="in and out")


def _swaps(plan: HedgePlan, swap: Fee, wallet: Wallet | None) -> Iterator[Part]:
    """Into the position's ratio and the collateral, from what is in hand; and back to it at the end."""
    needs = needed(plan.exposure, plan.start, zip(plan.pledges, plan.best.collateral, strict=True))
    quote = plan.exposure.quote
    owned = {quote: math.inf} if wallet is None else wallet.tokens
    in_hand = dict.fromkeys(needs, 0.0)
    for token, amount in owned.items():
        if (name := find_token(token, needs)) is not None:
            in_hand[name] += amount
    short = {t: (need - in_hand[t]) * price_of_token(t, plan.exposure, plan.start) for t, need in needs.items()}
    spare = sum(-gap for gap in short.values() if gap < 0)
    # Every token that is short is bought with one that is spare; what nobody has is not swapped.
    volume = min(sum(gap for gap in short.values() if gap > 0), spare)
    if volume:
        yield Part(name="swap in", amount=-swap.of(volume), why=f"{rounded(volume)} {quote} of tokens swapped")
        yield Part(name="swap back", amount=-swap.of(volume), why="as much again at the end, at the price of the start")


def _pools(plan: HedgePlan) -> list[tuple[float, UniswapV2 | UniswapV3]]:
    return [
        (p.quantity, p.instrument) for p in plan.exposure.positions if isinstance(p.instrument, (UniswapV2, UniswapV3))
    ]


def _pool_fees(plan: HedgePlan, stated: PoolFees) -> float:
    pools = _pools(plan)
    if len(pools) != 1:
        raise InputError("one pool position for a pool's fees", got=f"{len(pools)} positions")
    ((quantity, pool),) = pools
    assert plan.years is not None
    years = plan.years if isinstance(pool, UniswapV2) else _years_inside(plan, pool)
    return stated.earned(quantity * pool.liquidity, years)


def _years_inside(plan: HedgePlan, pool: UniswapV3) -> float:
    over = plan.over
    assert not isinstance(over, Outcomes)
    if isinstance(over, Paths):
        return over.years_inside(market=pool.market, lower=pool.lower, upper=pool.upper)
    return over.on(pool.market).years_inside(pool.lower, pool.upper)
