"""The flags of a position that is replayed, and of the leg that hedges it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from typer import Option

from lpgreeks.cli.groups import Kind, Pool, Rules, Trading, require_unused
from lpgreeks.cli.tape import Happened

__all__ = ["Hedging", "ReplayedPool"]

_CONTRACTS = {Kind.linear: "LinearPerp", Kind.inverse: "InversePerp"}


@dataclass(frozen=True, kw_only=True)
class ReplayedPool(Pool):
    """The liquidity position: held throughout, or managed."""

    lower: Annotated[
        float | None, Option(help="Lower end of the range, quote per base; with --managed times the price, like 0.95.")
    ] = None
    upper: Annotated[
        float | None, Option(help="Upper end of the range, quote per base; with --managed times the price, like 1.05.")
    ] = None
    managed: Annotated[
        bool, Option("--managed", help="The range is laid about the price, and again as soon as it is left.")
    ] = False
    half_each: Annotated[
        bool, Option("--half-each", help="Of --managed: at most half of the value in each token, not all in ratio.")
    ] = False
    wait: Annotated[
        bool, Option("--wait", help="Of --managed: a range that was left waits for the price to come back.")
    ] = False
    lay_every: Annotated[str | None, Option(help="Of --managed: laid again on a schedule too, like 1D.")] = None
    swap_fee: Annotated[
        float | None,
        Option(
            help="Of --managed: fee of trading tokens for the next range, decimal of what is traded.",
            show_default="the pool's fee",
        ),
    ] = None
    sell_excess: Annotated[
        bool, Option("--sell-excess", help="Of --managed: coins that the next range does not take are sold.")
    ] = False

    @property
    def price_code(self) -> str:
        return "price"

    def code(self) -> str:
        """The expression that makes it."""
        from lpgreeks.errors import InputError

        own = {"--half-each": self.half_each, "--wait": self.wait, "--sell-excess": self.sell_excess}
        own_flags = {flag: given or None for flag, given in own.items()}
        if not self.managed:
            require_unused(own_flags | {"--lay-every": self.lay_every, "--swap-fee": self.swap_fee}, "no --managed")
            return super().code()
        if (ends := self.ends()) is None:
            raise InputError("a range that is managed", got="--full-range")
        said = [f"base={self.base!r}, quote={self.quote!r}, lower={ends[0]!r}, upper={ends[1]!r}"]
        said.append(f"capital={self.value!r}")
        said += ["deposits=lp.Deposits.HALF_EACH"] if self.half_each else []
        said += ["on_exit=False"] if self.wait else []
        said += [f"every={self.lay_every!r}"] if self.lay_every is not None else []
        said += [f"swap=lp.Fee(taker={self.swap_fee!r})"] if self.swap_fee is not None else []
        said += ["sell_excess=True"] if self.sell_excess else []
        return f"lp.ManagedRange({', '.join(said)})"


@dataclass(frozen=True, kw_only=True)
class Hedging(Rules, Trading):
    """The leg, what it costs, and what stands behind it."""

    HEADING: ClassVar[str] = "The leg that hedges"

    leg: Annotated[Kind, Option(help="What the hedge is traded in.")] = Kind.linear
    fee: Annotated[
        float | None,
        Option(help="Taker fee of the legs, decimal of the notional: 0.0005 is 5 bp.", show_default="the venue's"),
    ] = None
    maker_fee: Annotated[
        float | None, Option(help="Maker fee, decimal of the notional; below 0 the venue pays.", show_default="0")
    ] = None
    collateral: Annotated[
        float | None, Option(help="Posted behind the leg: quote of a linear one, coins of an inverse one.")
    ] = None
    reserve: Annotated[float | None, Option(help="Kept back to top the collateral up, in its token.")] = None

    def code(self, happened: Happened, base: str, quote: str) -> Iterator[str]:
        """The lines that end with ``leg``."""
        from lpgreeks.errors import InputError

        yield from self.venues([self.leg])
        own = self.venue_of(self.leg)
        other = {"--linear-venue": self.linear_venue, "--inverse-venue": self.inverse_venue}
        require_unused({f: v for f, v in other.items() if v is not None and v != own}, f"--leg {self.leg.value}")
        if own is None and self.fee is None:
            raise InputError("--fee, the taker fee of the leg, decimal", got="none", remedy="Like 0.0005; 0 is no fee")
        if self.fee is None:
            require_unused({"--maker-fee": self.maker_fee}, "no --fee")
        if self.collateral is None and (own is not None or self.maintenance is not None):
            raise InputError(
                "--collateral, for a leg with a maintenance margin", got="none", remedy="Like --collateral 50000"
            )
        if self.collateral is None:
            require_unused({"--reserve": self.reserve}, "no --collateral")
        pair = f"{base}/{quote}"
        said = [
            f"lp.{_CONTRACTS[self.leg]}(base={base!r}, quote={quote!r}, entry=price, market={happened.market(pair)!r})"
        ]
        if self.collateral is not None:
            said.append(f"collateral={(quote if self.leg is Kind.linear else base)!r}")
        if self.maintenance is not None:
            said.append(f"maintenance=lp.Proportional(rate={self.maintenance!r})")
        if self.fee is not None:
            said.append(f"fee=lp.Fee(taker={self.fee!r}" + (f", maker={self.maker_fee!r})" if self.maker_fee else ")"))
        if self.slippage is not None:
            said.append(f"slippage=lp.Slippage(rate={self.slippage!r})")
        if happened.stated_funding is not None:
            said.append(f"funding=lp.Funding(rate={happened.stated_funding!r})")
        if own is not None:
            said.append(f"venue={self.leg.value}_venue")
        yield f"leg = lp.Leg({', '.join(said)})"

    def require_none(self) -> None:
        """An error for what is said of a leg where none is traded."""
        require_unused(
            {f"--{n.replace('_', '-')}": v or None for n, v in vars(self).items() if n not in ("leg",)}, "--hold"
        )
