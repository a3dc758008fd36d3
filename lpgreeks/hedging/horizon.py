"""Options seen from the horizon: what has been paid, what is paid there, and what is still worth something."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lpgreeks.errors import InputError
from lpgreeks.hedging.legs import Leg
from lpgreeks.instruments import Call, Exposure, Instrument, Marked, Option, Portfolio, Position, Put
from lpgreeks.models import Correlated, Lognormal
from lpgreeks.paths import Outcomes, Paths

__all__ = ["expiry_notes", "from_the_horizon", "knows_options", "on_days", "today", "volatility_of"]

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


def _at_horizon(instrument: Instrument, volatility: float | None, horizon: float | None) -> Instrument:
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
    if instrument.market.endswith(_day(instrument.years)):
        # It was seen from the horizon before.
        return instrument
    # What is settled in coins is sold on the day, so that both kinds are one.
    kind = Call if isinstance(instrument, Call) else Put
    return kind(
        base=instrument.base,
        quote=instrument.quote,
        strike=instrument.strike,
        years=instrument.years,
        market=f"{instrument.market}{',' if ':' in instrument.market else ':'}{_day(instrument.years)}",
    )


def _day(years: float) -> str:
    """How the name of a market that is the price of another after ``years`` ends."""
    return f"{365 * years:.10g}d"


def from_the_horizon(
    exposure: Exposure, legs: Sequence[Leg], over: object, horizon: float | None
) -> tuple[Exposure, tuple[Instrument, ...], dict[str, tuple[str, float]]]:
    """The exposure and the legs as they are there, and the earlier days whose prices they read.

    Days are by the name of the market that their price is: of which market, after how many years.
    """
    own = tuple(leg.instrument for leg in legs)
    if not knows_options((exposure, *own)):
        return exposure, own, {}
    volatility = volatility_of(over, horizon)
    ends = tuple(_at_horizon(leg.instrument, leg.volatility or volatility, horizon) for leg in legs)
    held = [_at_horizon(p.instrument, volatility, horizon) for p in exposure.positions]
    days = {
        end.market: (end.market[: -len(_day(end.years)) - 1], end.years)
        for end in (*held, *ends)
        if isinstance(end, Option) and end.years is not None
    }
    if any(isinstance(p.instrument, Option) for p in exposure.positions):
        exposure = Portfolio(tuple(Position(p.quantity, end) for p, end in zip(exposure.positions, held, strict=True)))
    return exposure, ends, days


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


def knows_options(exposures: Iterable[Exposure]) -> bool:
    """Whether an option is among them, marked or not."""
    return any(isinstance(p.instrument, (Option, Marked)) for e in exposures for p in e.positions)


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
