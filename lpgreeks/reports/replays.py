"""Pages of replays: one, and several of one position side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lpgreeks.costs import Gas
from lpgreeks.hedging.text import percent
from lpgreeks.instruments import Exposure
from lpgreeks.markets.tape import Tape
from lpgreeks.replays import IndexHolding, IndexLife, ManagedRange, Replayed, side_by_side
from lpgreeks.reports.formulas import of_instruments
from lpgreeks.reports.pages import held, page
from lpgreeks.reports.parts import Formula, Origin, Page, Source, Table
from lpgreeks.reports.pictures import picture, pictures
from lpgreeks.reports.tables import of_frame, of_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["position_held", "replay_page", "side_by_side_page", "sources_of"]


@page.register
def replay_page(result: Replayed) -> Page:
    """The page of a replay."""
    units = result.units
    told = {name: x for name, x in result.figures().items() if name not in result.parts}
    rows = [(name.replace("_", " "), x, units.get(name, "")) for name, x in told.items()]
    tables = [
        _attribution("Where the money came from", result),
        of_rows("Figures of the replay", ("", "", "unit"), rows),
    ]
    if len(result.trades):
        tables.append(of_frame("The same trades on other terms", result.execution()))
        tables.append(of_frame("Trades of the hedge, times UTC", result.trade_table()))
    return Page(
        title="Replay",
        question=(*_asked(result), *_hedged(result)),
        answer=(result.sentence(),),
        tables=tuple(tables),
        pictures=pictures(*_plots(result)),
        notes=result.assumptions,
        formulas=_formulas(result),
        sources=sources_of(result.tape),
    )


@page.register
def side_by_side_page(results: Mapping) -> Page:  # type: ignore[type-arg]
    """The page of several replays of one position, by name."""
    table = side_by_side(results).rename_axis(index="which")
    removed = table["removed"].dropna()
    answer = "None of the hedges tried removes any variance."
    if removed.max() > 0:
        answer = f"Of the hedges tried {removed.idxmax()} removes most of the variance, {percent(removed.max())}."
    shown = [
        replace(drawn, caption=f"{name}: {drawn.caption}")
        for name, result in results.items()
        for drawn in (picture(result.plot), picture(result.plot_exposure))
    ]
    first: Replayed = next(iter(results.values()))
    return Page(
        title="Hedges side by side",
        question=(*_asked(first), ("compared", ", ".join(map(str, results)))),
        answer=(answer,),
        tables=(
            of_frame("Side by side", table),
            *(_attribution(f"Where the money came from: {name}", result) for name, result in results.items()),
        ),
        pictures=tuple(shown),
        notes=tuple(dict.fromkeys(note for result in results.values() for note in result.assumptions)),
        formulas=tuple(dict.fromkeys(formula for result in results.values() for formula in _formulas(result))),
        sources=sources_of(first.tape),
    )


def sources_of(tape: Tape) -> tuple[Source, ...]:
    """Where everything on a tape comes from; what was made by a rule is said to be."""
    quotes: Any = tape.quotes
    funding: Any = tape.funding
    found = [Source(Origin.RECORDED, stream.source) for stream in (*quotes, *funding)]
    if tape.synthetic:
        found.append(Source(Origin.SYNTHETIC, tape.synthetic if tape.pool is None else tape.pool.source))
    elif tape.pool is not None:
        found.append(Source(Origin.RECORDED, tape.pool.source))
    if tape.index is not None:
        found.append(Source(Origin.RECORDED, tape.index.source))
    if tape.marks is not None:
        found.append(Source(Origin.RECORDED, f"marks of accounts: {tape.marks.describe()}"))
    if isinstance(tape.gas, Gas):
        found.append(Source(Origin.STATED, f"gas of {tape.gas.each:,.6g} a transaction"))
    elif tape.gas is not None:
        found.append(Source(Origin.RECORDED, tape.gas.source))
    return tuple(found)


def position_held(position: Exposure | ManagedRange | IndexHolding) -> str:
    """What is replayed, in words."""
    if isinstance(position, Exposure):
        return held(position)
    if isinstance(position, IndexHolding):
        return f"{position.shares:,.6g} shares of the index"
    edges = f"{position.lower:,.6g} to {position.upper:,.6g} of the price"
    return f"{position.capital:,.6g} {position.quote} in a managed {position.base}/{position.quote} range, {edges}"


def _asked(result: Replayed) -> tuple[tuple[str, str], ...]:
    return ("held", position_held(result.position)), ("over", result.tape.describe())


def _hedged(result: Replayed) -> Iterator[tuple[str, str]]:
    legs = result.hedge.legs
    yield "hedged with", ", ".join(leg.name for leg in legs) or "nothing"
    if legs:
        name = getattr(result.policy, "__name__", None)
        yield "traded", f"by the function {name}" if name else f"by {result.policy!r}"


def _attribution(caption: str, result: Replayed) -> Table:
    """The parts that are not nothing, and their sum."""
    parts = result.attribution()
    net = parts.pop("net")
    rows = [(name, amount) for name, amount in parts.items() if amount]
    return of_rows(caption, ("part", f"[{result.quote}]"), [*rows, ("net", net)])


def _plots(result: Replayed) -> Iterator[Callable[[], Axes]]:
    yield from (result.plot, result.plot_attribution, result.plot_trades, result.plot_drawdown)
    if result.life.coins:
        yield result.plot_exposure
    if isinstance(result.life, IndexLife):
        if any(series[0] for series in result.life.coins.values()):
            yield result.plot_coins
        return
    yield from (result.plot_fees, result.plot_amounts)
    if result.tape.markets and result.tape.pool is not None:
        yield result.plot_gap


def _formulas(result: Replayed) -> tuple[Formula, ...]:
    position = result.position
    own = [p.instrument for p in position.positions] if isinstance(position, Exposure) else []
    return of_instruments([*own, *(leg.instrument for leg in result.hedge.legs)])
