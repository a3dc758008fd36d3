"""The command for a share in an index: what stands behind it, and what each hedge of it would have done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from lpgreeks.cli.flags import spread
from lpgreeks.cli.groups import require_unused
from lpgreeks.cli.output import Code, Json, Out, as_text, require_writable, write
from lpgreeks.cli.request import require_finite_flags, run

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["index_command"]

_NOTHING = "nothing"


class Protocol(str, Enum):
    """What the file is a history of, by the name that the command line gives it."""

    glp = "glp"
    gm = "gm"


class Hedge(str, Enum):
    """How many coins a share is taken to stand for, by the name that the command line gives it."""

    naive = "naive"
    weights = "weights"
    state = "state"
    least_variance = "least-variance"


class Picture(str, Enum):
    """A picture of one hedge's replay, by the name that the command line gives it."""

    value = "value"
    trades = "trades"
    exposure = "exposure"
    coins = "coins"
    drawdown = "drawdown"
    attribution = "attribution"


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What is held."""

    protocol: Annotated[Protocol, Option(help="What the file is a history of.")] = Protocol.glp
    base: Annotated[str | None, Option(help="Of a GM market: its coin.")] = None
    slack: Annotated[
        float | None,
        Option(help="How far a row of a vault may contradict itself, decimal of the AUM.", show_default="0"),
    ] = None
    capital: Annotated[float, Option(help="Dollars that are put in.")] = 100_000.0
    token: Annotated[
        str | None,
        Option(help="Of GLP: minted with this token and redeemed into it, at the contract's fee; bought at its price "
               "unless said."),
    ] = None  # fmt: skip
    start: Annotated[str | None, Option("--from", help="The first moment, UTC: 2024-10-15 06:00.")] = None
    end: Annotated[str | None, Option("--to", help="The last moment, UTC.")] = None

    def code(self, file: Path) -> Iterator[str]:
        """The lines that end with ``index`` and ``held``, but for the tape."""
        from lpgreeks.errors import InputError

        if self.protocol is Protocol.gm:
            require_unused({"--token": self.token, "--slack": self.slack}, "--protocol gm")
            if self.base is None:
                raise InputError("--base, the market's coin", got="none", remedy="Like --base ETH")
            yield f"history = lp.read_gm({str(file)!r}, base={self.base!r})"
        else:
            require_unused({"--base": self.base}, "--protocol glp")
            slack = "" if self.slack is None else f", slack={self.slack!r}"
            yield f"history = lp.read_glp({str(file)!r}{slack})"
        yield "index = history.index()"

    def holding(self) -> Iterator[str]:
        """The lines that end with ``held``, after the tape."""
        yield "first, last = tape.index_rows[[0, -1]]"
        if self.token is None:
            yield f"held = lp.IndexHolding(shares={self.capital!r} / index.prices[first])"
            return
        yield f"start, end = history.at(first).of({self.token!r}).middle, history.at(last).of({self.token!r}).middle"
        yield f"minted = history.at(first).mint({self.token!r}, {self.capital!r} / start)"
        yield f"redeemed = history.at(last).redeem({self.token!r}, minted.glp)"
        yield f"held = lp.IndexHolding(shares=minted.glp, paid={self.capital!r}, redeemed=redeemed.received * end)"

    @property
    def cut(self) -> str:
        """The stretch of time."""
        return "" if self.start is None and self.end is None else f".between({self.start!r}, {self.end!r})"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How it is hedged, and what that costs."""

    half_spread: Annotated[float, Option(help="Of the index's own prices, decimal: 0.0002 is 2 bp on each side.")] = (
        0.0002
    )
    fee: Annotated[float, Option(help="Taker fee of the perpetuals, decimal of the notional.")] = 0.0005
    funding: Annotated[
        float | None, Option(help="Rate per 8 hours, decimal; > 0: longs pay.", show_default="none: P&L incomplete")
    ] = None
    band: Annotated[float, Option(help="Re-hedged when a coin's hedge is off by this share of its first size.")] = 0.05
    naive: Annotated[str, Option(help="Parts of the value that the naive hedge sells.")] = "BTC:0.25,ETH:0.25"
    window: Annotated[str, Option(help="How far the least variance looks back; the file must begin before --from.")] = (
        "6h"
    )
    hedge: Annotated[
        list[Hedge] | None, Option(help="Which to try; repeat.", show_default="all that the file allows")
    ] = None

    def legs(self) -> Iterator[str]:
        """The line that ends with ``legs``."""
        funding = "" if self.funding is None else f", funding=lp.Funding(rate={self.funding!r})"
        yield "legs = ["
        yield "    lp.Leg("
        yield "        lp.LinearPerp(base=coin, quote=index.quote, entry=float(index.coin_prices[first, j])),"
        yield f"        fee=lp.Fee(taker={self.fee!r}){funding},"
        yield "    )"
        yield "    for j, coin in enumerate(index.coins)"
        yield "]"

    def rules(self, *, chosen: list[Hedge]) -> Iterator[str]:
        """The lines that end with ``rules``."""
        from lpgreeks.errors import InputError

        parts = {}
        for part in self.naive.split(","):
            coin, _, share = part.strip().partition(":")
            try:
                parts[coin] = float(share)
            except ValueError:
                raise InputError("--naive as coin:part", got=self.naive, remedy="Like BTC:0.25,ETH:0.25") from None
        written = {
            Hedge.naive: f"lp.FixedShares({parts!r})",
            Hedge.weights: "lp.PoolWeights()",
            Hedge.state: "lp.StateDelta()",
            Hedge.least_variance: f"lp.LeastVariance({self.window!r})",
        }
        yield "rules = {"
        for hedge in chosen:
            yield f"    {hedge.value!r}: {written[hedge]},"
        yield "}"


@spread
def index_command(
    file: Annotated[Path, typer.Argument(help="Minutes of a GMX v1 vault, or of a GMX v2 market: CSV, Parquet.")],
    shares: Shares,
    terms: Terms,
    grid: Annotated[str, Option(help="How far apart the points of the series stand.")] = "10min",
    as_json: Json = False,
    code: Code = False,
    out: Out = None,
    picture: Annotated[Picture, Option(help="Which picture of the last --hedge --out writes.")] = Picture.exposure,
) -> None:
    """What a share in GLP or GM stands for, and how hedges of it would have fared, side by side.

    Example: lpgreeks index GLP-avalanche-1m.parquet --from "2024-10-15 06:00" --token USDC --funding 0.0001

    Example: lpgreeks index GM-ETH-USDC-1m.parquet --protocol gm --base ETH --hedge state --out exposure.png
    """
    require_writable(out)
    require_finite_flags([shares, terms])
    chosen = list(dict.fromkeys(terms.hedge)) if terms.hedge else _default(shares)
    script = _script(file, shares, terms, chosen, grid)
    if code:
        print(script + "print(lp.side_by_side(results).to_string())")
        return
    names = run(script)
    results: dict[str, lp.Replayed] = names["results"]
    record = _record(names)
    print(as_text(record) if as_json else _text(names))
    shown = results[chosen[-1].value]
    plots = {
        Picture.value: shown.plot,
        Picture.trades: shown.plot_trades,
        Picture.exposure: shown.plot_exposure,
        Picture.coins: shown.plot_coins,
        Picture.drawdown: shown.plot_drawdown,
        Picture.attribution: shown.plot_attribution,
    }
    if out is not None:
        coin = names["index"].coins[0]
        write(out, plots[picture], lambda: shown.share_table(coin).reset_index(), lambda: record)


def _default(shares: Shares) -> list[Hedge]:
    """Those that need no more than the file: the least variance needs time before the start."""
    kinds = [Hedge.weights, Hedge.state] if shares.protocol is Protocol.gm else [*Hedge][:3]
    return [*kinds, Hedge.least_variance] if shares.start is not None else kinds


def _script(file: Path, shares: Shares, terms: Terms, chosen: list[Hedge], grid: str) -> str:
    """Python that ends with ``results``."""
    lines = [
        "import lpgreeks as lp",
        "",
        *shares.code(file),
        "quotes = [",
        f"    lp.Quotes.from_index(index, coin, half_spread={terms.half_spread!r}){shares.cut}",
        "    for coin in index.coins",
        "]",
        "tape = lp.Tape(index=index, quotes=quotes)",
        *shares.holding(),
        *terms.legs(),
        *terms.rules(chosen=chosen),
        f"results = {{{_NOTHING!r}: lp.replay(held, None, tape, grid={grid!r})}}",
        "for name, rule in rules.items():",
        f"    policy = lp.DeltaBand({terms.band!r}) & lp.Keep(rule)",
        f"    results[name] = lp.replay(held, legs, tape, policy=policy, grid={grid!r})",
    ]
    return "\n".join(lines) + "\n"


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
    removed = {str(name): float(share) for name, share in table["removed"].items()}
    best = max(removed, key=removed.__getitem__)
    lines = [
        wrapped(
            f"{rounded(held.shares)} {index.name} worth {rounded(value)} {index.quote} stand for "
            f"{rounded(stands)} {index.quote} of coins, {percent(stands / value)} of the value. Of the hedges tried "
            f"{best} removes most of the variance, {percent(removed[best])}.",
            WIDTH,
        ),
        "",
    ]
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
