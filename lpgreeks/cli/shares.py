"""The flags of shares in an index and of their hedges, as the script that answers them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, ClassVar

from typer import Option

from lpgreeks.cli.groups import require_unused

__all__ = ["Hedge", "Shares", "Terms", "default_hedges", "index_script"]


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


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What is held."""

    HEADING: ClassVar[str] = "What is held"

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
    start: Annotated[
        str | None, Option("--from", help="The first moment, UTC: 2023-04-10, its start; 2023-04-10 06:00.")
    ] = None
    end: Annotated[
        str | None, Option("--to", help="The last moment, UTC: 2023-04-17, its start; 2023-04-17 06:00.")
    ] = None

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

    HEADING: ClassVar[str] = "How it is hedged"

    half_spread: Annotated[
        float, Option(help="Half of the spread, where no bids and asks are read, decimal of the price: 0.0002 is 2 bp.")
    ] = 0.0002
    fee: Annotated[float, Option(help="Taker fee of the legs, decimal of the notional: 0.0005 is 5 bp.")] = 0.0005
    funding: Annotated[
        float | None,
        Option(
            help="Funding per 8 hours, decimal: 0.0001 is 1 bp; > 0: longs pay.", show_default="none: P&L incomplete"
        ),
    ] = None
    band: Annotated[
        float, Option(help="Re-hedged when a coin's hedge is off by this share of its first size: 0.05 is 5 %.")
    ] = 0.05
    naive: Annotated[
        str | None,
        Option(
            help="Parts of the value that the naive hedge sells, decimals by coin.", show_default="BTC:0.25,ETH:0.25"
        ),
    ] = None
    window: Annotated[
        str | None,
        Option(help="How far the least variance looks back: 6h; the file must begin before --from.", show_default="6h"),
    ] = None
    hedge: Annotated[
        list[Hedge] | None, Option(help="Which to try; repeat for more.", show_default="all that the file allows")
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
        for hedge, given in ((Hedge.naive, {"--naive": self.naive}), (Hedge.least_variance, {"--window": self.window})):
            if hedge not in chosen:
                require_unused(given, f"no --hedge {hedge.value}")
        written = {
            Hedge.naive: f"lp.FixedShares({_parts(self.naive or 'BTC:0.25,ETH:0.25')!r})",
            Hedge.weights: "lp.PoolWeights()",
            Hedge.state: "lp.StateDelta()",
            Hedge.least_variance: f"lp.LeastVariance({self.window or '6h'!r})",
        }
        yield "rules = {"
        for hedge in chosen:
            yield f"    {hedge.value!r}: {written[hedge]},"
        yield "}"


def default_hedges(shares: Shares) -> list[Hedge]:
    """Those that need no more than the file: the least variance needs time before the start."""
    kinds = [Hedge.weights, Hedge.state] if shares.protocol is Protocol.gm else [*Hedge][:3]
    return [*kinds, Hedge.least_variance] if shares.start is not None else kinds


def index_script(file: Path, shares: Shares, terms: Terms, chosen: list[Hedge], grid: str) -> str:
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
        f"results = {{'nothing': lp.replay(held, None, tape, grid={grid!r})}}",
        "for name, rule in rules.items():",
        f"    policy = lp.DeltaBand({terms.band!r}) & lp.Keep(rule)",
        f"    results[name] = lp.replay(held, legs, tape, policy=policy, grid={grid!r})",
    ]
    return "\n".join(lines) + "\n"


def _parts(text: str) -> dict[str, float]:
    from lpgreeks.errors import InputError

    parts = [part.strip().partition(":") for part in text.split(",")]
    try:
        found = {coin: float(share) for coin, _, share in parts}
    except ValueError:
        found = {}
    if len(found) < len(parts) or not all(math.isfinite(share) for share in found.values()):
        raise InputError("--naive as coin:part, each coin once", got=text, remedy="Like BTC:0.25,ETH:0.25")
    return found
