"""Options seen from the horizon: what has been paid, what is paid there, and what is still worth something."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from lpgreeks.errors import InputError
from lpgreeks.instruments import Call, Exposure, Instrument, Marked, Option, Portfolio, Position, Put
from lpgreeks.models import Correlated, Lognormal
from lpgreeks.paths import Outcomes, Paths

__all__ = ["at_horizon", "early", "expiry_notes", "on_days", "paid_early", "today", "volatility_of"]

# An expiry this near the horizon, as a share of it, is at it: two hours of a week.
_AT_IT = 0.012


def volatility_of(over: object, horizon: float | None) -> float | None:
    """At which options are marked unless they say so: the model's volatility, or that of the outcomes' first market."""
    own: float | None = getattr(over, "volatility", None)
    if own is not None or horizon is None or not isinstance(over, (Paths, Outcomes)):
        return own
    outcomes = over.outcomes() if isinstance(over, Paths) else over
    moves = outcomes.log_returns[:, 0]
    return math.sqrt(float(outcomes.weights @ (moves - outcomes.weights @ moves) ** 2) / horizon)


def at_horizon(instrument: Instrument, volatility: float | None, horizon: float | None) -> Instrument:
    """What an instrument is at the horizon.

    An option that expires there is its payoff; one that expires later is marked, with the years that are then left;
    one that expires before has been settled, and what it paid was turned to quote on the day: it reads the price of
    that day, as a market of its own.
    """
    if not isinstance(instrument, Option) or instrument.years is None:
        return instrument
    if horizon is None:
        raise InputError(
            "a horizon, for an option that knows when it expires",
            got=f"outcomes without one and {instrument.name}",
            remedy="Leave years out for an option that expires where the outcomes end",
        )
    left = instrument.years - horizon
    if abs(left) <= _AT_IT * horizon:
        return replace(instrument, years=None)
    if left > 0:
        if volatility is None:
            raise InputError(
                f"a volatility to mark {instrument.name} at",
                got="none",
                unit="decimal per year",
                remedy="Leg(option, volatility=0.65): the model has none of its own",
            )
        return Marked(of=replace(instrument, years=None), volatility=volatility, years=left)
    # What is settled in coins is sold on the day, so that both kinds are one.
    kind = Call if isinstance(instrument, Call) else Put
    return kind(
        base=instrument.base,
        quote=instrument.quote,
        strike=instrument.strike,
        years=instrument.years,
        market=paid_early(instrument.market, instrument.years),
    )


def paid_early(market: str, years: float) -> str:
    """The name of the market that is the price of ``market`` after ``years``."""
    return f"{market}{',' if ':' in market else ':'}{365 * years:.10g}d"


def early(instruments: Iterable[Instrument], horizon: float | None) -> dict[str, tuple[str, float]]:
    """By the name of each market that is the price of an earlier day: of which market, after how many years."""
    found = {}
    for option in instruments:
        if isinstance(option, Option) and option.years and horizon and _AT_IT * horizon < horizon - option.years:
            found[paid_early(option.market, option.years)] = (option.market, option.years)
    return found


def on_days(over: object, days: Mapping[str, tuple[str, float]]) -> Correlated:
    """A model of one price with its prices on earlier days as markets of their own."""
    if not isinstance(over, Lognormal):
        raise InputError(
            "a lognormal model or paths, for options that expire before the horizon",
            got=type(over).__name__,
            remedy="Sample it: model.sample(paths=10_000, steps=..., seed=1)",
        )
    (market, _), *others = days.values()
    if others:
        raise InputError(
            "options that expire before the horizon all on one day",
            got=f"{len(days)} days",
            remedy="Sample the model: model.sample(paths=10_000, steps=..., seed=1)",
        )
    models = {market: over} | {name: replace(over, years=years) for name, (_, years) in days.items()}
    shares = [math.sqrt(years / over.years) for _, years in days.values()]
    return Correlated(models=models, correlation=shares[0])


def today(exposure: Exposure, volatility: float | None, horizon: float | None) -> Exposure:
    """What is at the horizon as it stands at the start: options marked with all of their time, the rest as it is."""
    return Portfolio(tuple(Position(p.quantity, _today(p.instrument, volatility, horizon)) for p in exposure.positions))


def _today(instrument: Instrument, volatility: float | None, horizon: float | None) -> Instrument:
    if isinstance(instrument, Marked) and horizon is not None:
        return replace(instrument, years=instrument.years + horizon)
    if isinstance(instrument, Option) and volatility is not None and (horizon or instrument.years):
        left = instrument.years or horizon
        assert left is not None
        return Marked(of=replace(instrument, years=None), volatility=volatility, years=left)
    return instrument


def expiry_notes(instruments: Iterable[Instrument], horizon: float | None) -> tuple[str, ...]:
    """What is taken as given of options whose expiry is not the horizon's."""
    if horizon is None:
        return ()
    left = [
        (365 * i.years, i.years / horizon - 1) for i in instruments if isinstance(i, Option) and i.years is not None
    ]
    groups = (
        (
            [d for d, share in left if share > _AT_IT],
            "expire after the horizon and are marked there at today's volatility",
        ),
        (
            [d for d, share in left if share < -_AT_IT],
            "expire before the horizon; what they pay is turned to quote then",
        ),
        ([d for d, share in left if 0 < abs(share) <= _AT_IT], "are taken to expire with the horizon"),
    )
    return tuple(
        f"options with {', '.join(f'{d:.4g}' for d in sorted(set(days)))} days left {what}"
        for days, what in groups
        if days
    )
