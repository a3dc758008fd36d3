"""What the hedge may take: leverage, a budget, what is in hand, and a pool whose size gives way."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from lpgreeks._types import FloatArray
from lpgreeks.errors import InputError, TokenError, require_finite, require_positive
from lpgreeks.hedging.constraints import Constraint, outward
from lpgreeks.hedging.legs import Pledge
from lpgreeks.hedging.problem import Problem, Row, Start, price_of_token
from lpgreeks.instruments import Exposure
from lpgreeks.tokens import find_token

__all__ = ["Budget", "MaxLeverage", "NoDebt", "PoolSize", "PremiumAtMost", "Wallet", "needed", "require_pledges"]


@dataclass(frozen=True)
class MaxLeverage(Constraint):
    """A cap on ``|notional| / collateral`` at the start, of each account.

    Args:
        leverage: 5 is five times.
    """

    leverage: float

    def __post_init__(self) -> None:
        cap = require_positive("leverage", self.leverage, unit="times", remedy="Five times is 5")
        object.__setattr__(self, "leverage", cap)

    def rows(self, problem: Problem) -> Sequence[Row]:
        require_pledges(problem, "MaxLeverage")
        return list(self._rows(problem))

    def _rows(self, problem: Problem) -> Iterator[Row]:
        for k, pledge in enumerate(problem.pledges, start=len(problem.legs)):
            # Both signs, even of a leg with one side: which side it has is a row of its own, that may give way.
            for chosen in itertools.product((-1.0, 1.0), repeat=len(pledge.legs)):
                entries = {
                    j: s * float(problem.notionals[j]) / self.leverage for j, s in zip(pledge.legs, chosen, strict=True)
                }
                entries[k] = -float(problem.prices[k])
                yield problem.row(f"leverage of {pledge.name}", problem.exposure.quote, entries, upper=0.0)

    def easier(self, share: float, problem: Problem) -> Self | None:
        return None if share >= 1 else replace(self, leverage=self.leverage / (1.0 - share))

    def way_out(self, problem: Problem) -> str:
        return f"a leverage of {outward(self.leverage, up=True)}"


_ALL = "The position's own value counts: a position of 100,000 with 20,000 to post is 120_000"


@dataclass(frozen=True)
class Budget(Constraint):
    """A cap on everything posted at the start: the position's own value, collateral, premiums, margin of sold options.

    What sold options bring is not counted: it stays with their margin.

    Args:
        amount: in quote.
    """

    amount: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", require_positive("a budget", self.amount, unit="quote", remedy=_ALL))

    def check(self, problem: Problem) -> None:
        quote = problem.exposure.quote
        if not problem.pool_value <= self.amount * (1 + 1e-12):
            raise InputError(
                f"a budget of at least the {problem.pool_value:,.2f} {quote} that the position itself takes",
                got=f"{self.amount:,.2f}",
                unit=quote,
                remedy="Or let the position's size give way: PoolSize(upper=1)",
            )

    def rows(self, problem: Problem) -> Sequence[Row]:
        quote = problem.exposure.quote
        posted = {k: float(price) for k, price in enumerate(problem.prices) if price}
        return [
            problem.row("budget", quote, posted | taken, upper=self.amount, offset=problem.pool_value)
            for taken in problem.by_side(*problem.capital_by_side)
        ]

    def easier(self, share: float, problem: Problem) -> Self | None:
        return None if share >= 1 else replace(self, amount=self.amount / (1.0 - share))

    def way_out(self, problem: Problem) -> str:
        return f"a budget of {outward(self.amount, up=True)} {problem.exposure.quote}"


@dataclass(frozen=True)
class PremiumAtMost(Constraint):
    """A cap on the premium paid at the start, less what sold options bring.

    Args:
        amount: in quote.
    """

    amount: float

    def __post_init__(self) -> None:
        amount = require_finite("a premium", self.amount, unit="quote")
        if amount < 0:
            raise InputError("a premium of 0 or more", got=f"{amount:g}", unit="quote", remedy="It is what may be paid")
        object.__setattr__(self, "amount", amount)

    def check(self, problem: Problem) -> None:
        options = [leg for leg in problem.legs if leg.option is not None]
        free = [leg.name for leg in options if leg.premium is None]
        if free or not options:
            raise InputError(
                "options with a premium, every one of them, for PremiumAtMost",
                got=f"none of {free[0]}" if free else ", ".join(leg.name for leg in problem.legs),
                remedy="Leg(put, premium=Premium(ask=..., bid=...)), or legs(chain)",
            )

    def rows(self, problem: Problem) -> Sequence[Row]:
        quote = problem.exposure.quote
        paid = problem.by_side(*problem.premiums)
        return [problem.row("premium", quote, entries, upper=self.amount) for entries in paid]

    def easier(self, share: float, problem: Problem) -> Self | None:
        # Of nothing a share is nothing: what gives way is counted beside the position's value.
        most = self.amount + share * abs(problem.pool_value)
        return None if share >= 1 else replace(self, amount=most)

    def way_out(self, problem: Problem) -> str:
        return f"a premium of {outward(self.amount, up=True)} {problem.exposure.quote}"


@dataclass(frozen=True)
class Wallet(Constraint):
    """What is in hand at the start, by token: position and collateral must come out of it without a swap.

    Args:
        tokens: amounts by token; one that is not named is not in hand.
    """

    tokens: Mapping[str, float]

    def __post_init__(self) -> None:
        remedy = 'Wallet({"ETH": 10, "USDC": 50_000})'
        if not isinstance(self.tokens, Mapping):
            raise InputError("amounts by token", got=f"{self.tokens!r:.60}", remedy=remedy)
        amounts = {t: require_finite(f"the {t} in hand", x, unit=t) for t, x in self.tokens.items()}
        if not amounts or min(amounts.values()) < 0:
            raise InputError("amounts of 0 or more, by token", got=dict(self.tokens), remedy=remedy)
        object.__setattr__(self, "tokens", amounts)

    def __hash__(self) -> int:
        return hash(tuple(self.tokens.items()))

    def rows(self, problem: Problem) -> Sequence[Row]:
        held = needed(problem.exposure, problem.start, ((p, 0.0) for p in problem.pledges))
        in_hand = dict.fromkeys(held, 0.0)
        for token, amount in self.tokens.items():
            name = find_token(token, held)
            if name is None:
                raise TokenError(f"tokens that the hedge can use: {', '.join(held)}", got=token, remedy="Leave it out")
            in_hand[name] += amount
        rows = []
        for token, amount in in_hand.items():
            posted = {
                k: 1.0 for k, p in enumerate(problem.pledges, start=len(problem.legs)) if find_token(p.token, (token,))
            }
            rows += [
                problem.row(f"{token} in hand", token, posted | taken, upper=amount, offset=held[token])
                for taken in problem.by_side(*_taken_in(token, problem))
            ]
        return rows


def _taken_in(token: str, problem: Problem) -> tuple[FloatArray, FloatArray]:
    """The part of the capital by side that is taken in ``token``, in it."""
    bought, sold = (side / price_of_token(token, problem.everything, problem.start) for side in problem.capital_by_side)
    for j, leg in enumerate(problem.legs):
        if leg.option is not None:
            paid_in = leg.option.quote if leg.premium is None else leg.premium.out_of or leg.option.quote
            bought[j] *= find_token(paid_in, (token,)) is not None
            sold[j] *= find_token(leg.option.premium_token, (token,)) is not None
    return bought, sold


@dataclass(frozen=True, kw_only=True)
class PoolSize(Constraint):
    """Lets the size of what is hedged give way: the largest within the bounds that the other constraints allow.

    The floor on what its hedge must do is :class:`EffectivenessAtLeast` where it is given, else what the
    best hedge does without constraints.

    Args:
        lower, upper: multiples of the exposure as given.
    """

    lower: float = 0.0
    upper: float = 1.0

    def __post_init__(self) -> None:
        upper = require_positive("the largest size", self.upper, unit="multiples of the exposure")
        lower = require_finite("the smallest size", self.lower, unit="multiples of the exposure")
        if not 0 <= lower <= upper:
            raise InputError("0 <= lower <= upper", got=repr(self), remedy="1 is the exposure as given")

    def rows(self, problem: Problem) -> Sequence[Row]:
        return ()


def needed(exposure: Exposure, start: Start, posted: Iterable[tuple[Pledge, float]]) -> dict[str, float]:
    """What the exposure and its collateral take at the start, by token."""
    held = dict.fromkeys((*exposure.bases, exposure.quote), 0.0)
    for market in exposure.markets:
        part = exposure.on(market)
        held[str(find_token(part.bases[0], held))] += float(part.base_amount(start[market]))
        held[exposure.quote] += float(part.quote_amount(start[market]))
    for pledge, amount in posted:
        token = str(find_token(pledge.token, held) or pledge.token)
        held[token] = held.get(token, 0.0) + amount
    return held


class NoDebt(Constraint):
    """Collateral of 0 or more."""

    def rows(self, problem: Problem) -> Sequence[Row]:
        return [
            problem.row(f"collateral of {p.name}", p.token, {k: 1.0}, lower=0.0)
            for k, p in enumerate(problem.pledges, start=len(problem.legs))
        ]


def require_pledges(problem: Problem, name: str) -> None:
    """An error where no leg has an account."""
    if not problem.pledges:
        raise InputError(
            f"legs with collateral for {name}",
            got=", ".join(leg.name for leg in problem.legs),
            remedy='Say what is posted: Leg(perp, collateral="USDC")',
        )
