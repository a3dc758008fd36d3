"""The flags of what no file says of itself, and readers have to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from typer import Option

__all__ = ["Told"]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What no file says of itself."""

    HEADING: ClassVar[str] = "What no file says"

    kind: Annotated[
        str | None, Option("--as", help="What it holds, instead of telling it by the columns: swaps, book, ...")
    ] = None
    base: Annotated[str | None, Option(help="The coin, where there are several, or none is named.")] = None
    pool_tokens: Annotated[
        str | None, Option(help="Of a pool: tokens in the contract's order, with decimals: USDC:6,WETH:18.")
    ] = None
    decimals: Annotated[str | None, Option(help="Of a GMX vault's integers: BTC.B:8,WETH:18,USDC:6,...")] = None
    price_decimals: Annotated[int, Option(help="Of its prices; 0 where they are dollars.")] = 30

    def arguments(self) -> dict[str, Any]:
        """Those of the check, by name; what is not said is left out."""
        import lpgreeks as lp

        own: dict[str, Any] = {}
        if self.kind is not None:
            own["kind"] = _kind(self.kind)
        if self.pool_tokens is not None:
            (token0, decimals0), (token1, decimals1) = _decimals("--pool-tokens", self.pool_tokens, pairs=2)
            coin = self.base or token1
            own["pool"] = lp.OnchainPool(
                token0=token0, token1=token1, decimals0=decimals0, decimals1=decimals1, tick_spacing=1, base=coin
            )
        elif self.base is not None:
            own["base"] = self.base
        if self.decimals is not None:
            scale = dict(_decimals("--decimals", self.decimals))
            own["scale"] = lp.GlpScale(decimals=scale, price=self.price_decimals)
        return own


def _kind(name: str) -> Any:
    import lpgreeks as lp

    try:
        return lp.FileKind(name)
    except ValueError as error:
        known = ", ".join(kind.value for kind in lp.FileKind)
        raise lp.InputError("a kind of file", got=f"--as {name}", remedy=f"One of {known}") from error


def _decimals(flag: str, text: str, pairs: int | None = None) -> list[tuple[str, int]]:
    """Tokens with their decimals, as they are written."""
    from lpgreeks.errors import InputError

    found = [part.rpartition(":") for part in text.split(",")]
    if pairs not in (None, len(found)) or not all(token and number.isdecimal() for token, _, number in found):
        raise InputError(f"{flag}, tokens with decimals", got=text, remedy="Like USDC:6,WETH:18")
    return [(token, int(number)) for token, _, number in found]
