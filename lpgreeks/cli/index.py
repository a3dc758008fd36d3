"""The command for a share in an index: what stands behind it, and what each hedge of it would have done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from typer import Argument, Option

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.output import Grid, Reply, ScriptOutput
from lpgreeks.cli.request import require_finite_flags
from lpgreeks.cli.scripts import Script
from lpgreeks.cli.shares import Hedge, Shares, Terms, default_hedges, index_script

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    import lpgreeks as lp

__all__ = ["index"]

_BEHIND = """\
held, tape = next((result.position, result.tape) for result in results.values())
index, first = tape.index, tape.index_rows[0]
"""

_SHOWN = "print(lp.side_by_side(results).to_string())"


class Picture(str, Enum):
    """A picture of one hedge's replay, by the name that the command line gives it."""

    value = "value"
    trades = "trades"
    exposure = "exposure"
    coins = "coins"
    drawdown = "drawdown"
    attribution = "attribution"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How a replay is counted."""

    HEADING: ClassVar[str] = "What is counted"

    grid: Grid = "10min"


@dataclass(frozen=True, kw_only=True)
class Pictured(ScriptOutput):
    """Where an answer goes that has several pictures."""

    picture: Annotated[
        Picture, Option(help="Which picture --out writes: of the last --hedge, or of the state unless said.")
    ] = Picture.exposure


def index(
    *,
    file: Annotated[
        Path | None, Argument(help="Minutes of a GMX v1 vault, or of a GMX v2 market: CSV, Parquet.")
    ] = None,
    shares: Shares,
    terms: Terms,
    counted: Counted,
    scenario: FromFile,
    output: Pictured,
) -> None:
    """What a share in GLP or GM stands for, and how hedges of it would have fared, side by side.

    Example: lpgreeks index GLP-avalanche-1m.parquet --from "2024-10-15 06:00" --token USDC --funding 0.0001

    Example: lpgreeks index GM-ETH-USDC-1m.parquet --protocol gm --base ETH --hedge state --out exposure.png
    """
    from lpgreeks.errors import InputError

    require_finite_flags([shares, terms])
    name = terms.hedge[-1].value if terms.hedge else Hedge.state.value
    if scenario.given:
        script = scenario.script({"results": "replays"}, more=_BEHIND, prints=_SHOWN)
        output.answer(script, lambda names: _reply(names, name, output.picture))
    elif file is None:
        raise InputError("a file of an index, or --scenario", got="neither", remedy="`lpgreeks index --help`")
    else:
        chosen = list(dict.fromkeys(terms.hedge)) if terms.hedge else default_hedges(shares)
        script = Script(makes=index_script(file, shares, terms, chosen, counted.grid), prints=_SHOWN)
        output.answer(script, lambda names: _reply(_sensible(names, shares), name, output.picture))


def _reply(names: dict[str, Any], name: str, picture: Picture) -> Reply:
    import lpgreeks as lp

    results: dict[str, lp.Replayed] = names["results"]
    coin = names["index"].coins[0]
    name = name if name in results else [*results][-1]
    shown = results[name]
    plots = {
        Picture.value: shown.plot,
        Picture.trades: shown.plot_trades,
        Picture.exposure: shown.plot_exposure,
        Picture.coins: shown.plot_coins,
        Picture.drawdown: shown.plot_drawdown,
        Picture.attribution: shown.plot_attribution,
    }
    return Reply(
        text=lambda: _text(names),
        record=lambda: _record(names),
        table=lambda: shown.share_table(coin).reset_index(),
        plot=lambda: _titled(plots[picture](), name),
        results=[results],
        scenario=lambda: lp.scenario_of(results),
    )


def _titled(ax: Axes, hedge: str) -> Axes:
    """Whose picture it is, in its title."""
    ax.set_title(f"{ax.get_title(loc='left')}, hedged by {hedge}", loc="left")
    return ax


def _sensible(names: dict[str, Any], shares: Shares) -> dict[str, Any]:
    """The names of the script, unless there are not so many shares, or they cannot be redeemed so soon."""
    import numpy as np

    from lpgreeks.errors import InputError

    history, tape, first = names["history"], names["tape"], names["first"]
    if names["held"].shares > history.supply[first]:
        raise InputError(
            f"--capital of at most all of {names['index'].name}",
            got=f"{shares.capital:,.0f}",
            unit=names["index"].quote,
            remedy=f"All of it is worth {history.supply[first] * names['index'].prices[first]:,.0f}",
        )
    if shares.token is not None:
        earliest = history.at(first).fees.redeemable_from(tape.times[0])
        if tape.times[-1] < earliest:
            raise InputError(
                f"a stretch beyond the cooldown of a mint, which ends at {np.datetime_as_string(earliest, unit='s')}",
                got=f"up to {np.datetime_as_string(tape.times[-1], unit='s')}",
                remedy="A later --to, or no --token: bought and marked at its price",
            )
    return names


def _behind(names: dict[str, Any]) -> list[dict[str, Any]]:
    """Each coin behind the shares on the first row."""
    index, held, first = names["index"], names["held"], names["first"]
    rows = []
    for j, coin in enumerate(index.coins):
        price = float(index.coin_prices[first, j])
        coins = held.shares * float(index.deltas[first, j])
        rows.append(
            {
                "coin": coin,
                "price": price,
                "coins": coins,
                "exposure": coins * price,
                "share of the value": coins * price / (held.shares * float(index.prices[first])),
                "weight in the pool": float(index.weights[first, j]),
            }
        )
    return rows


def _record(names: dict[str, Any]) -> dict[str, Any]:
    import lpgreeks as lp

    table = lp.side_by_side(names["results"])
    results: dict[str, lp.Replayed] = names["results"]
    return {
        "index": names["index"].describe(),
        "shares": names["held"].shares,
        "behind": _behind(names),
        "hedges": [{"name": name} | {k: float(v) for k, v in row.items()} for name, row in table.iterrows()],
        "attribution": {name: result.attribution() for name, result in results.items()},
        "assumptions": list(_notes(results)),
    }


def _notes(results: dict[str, lp.Replayed]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note for result in results.values() for note in result.to_dict()["assumptions"]))


def _text(names: dict[str, Any]) -> str:
    import lpgreeks as lp
    from lpgreeks.hedging.text import WIDTH, aligned, percent, rounded, wrapped

    index, held, first = names["index"], names["held"], names["first"]
    results: dict[str, lp.Replayed] = names["results"]
    value = held.shares * float(index.prices[first])
    behind = _behind(names)
    stands = sum(row["exposure"] for row in behind)
    table = lp.side_by_side(results)
    removed = {str(name): float(share) for name, share in table["removed"].items() if share > 0}
    best = max(removed, key=removed.__getitem__, default=None)
    told = (
        "None of the hedges tried removes any variance"
        if best is None
        else f"Of the hedges tried {best} removes most of the variance, {percent(removed[best])}"
    )
    stand = (
        f"{rounded(held.shares)} {index.name} worth {rounded(value)} {index.quote} stand for {rounded(stands)} "
        f"{index.quote} of coins, {percent(stands / value)} of the value"
    )
    lines = [wrapped(f"{stand}. {told}.", WIDTH), ""]
    head = ["coin", "price", "coins", f"[{index.quote}]", "of the value", "in the pool"]
    rows = [
        [r["coin"], rounded(r["price"]), rounded(r["coins"]), rounded(r["exposure"]), percent(r["share of the value"]),
         percent(r["weight in the pool"])]
        for r in behind
    ]  # fmt: skip
    lines += [*aligned([head, *rows], words=(0,)), ""]
    shown = ["hedge", "removed", "deviation", "hedge P&L", "funding", "costs", "net", "less rewards", "trades"]
    columns = ["deviation", "hedge", "funding", "costs", "net", "net less rewards"]
    rows = [
        [str(name), percent(row["removed"]), *(rounded(row[c]) for c in columns), f"{int(row['trades']):,}"]
        for name, row in table.iterrows()
    ]
    lines += [*aligned([shown, *rows], words=(0,)), "", "Taken as given"]
    lines += [wrapped(f"- {note}", WIDTH, indent="  ") for note in _notes(results)]
    return "\n".join(lines)
