"""One state of a GMX v1 vault out of JSON, in whole units or in the contract's integers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lpgreeks.errors import DataError
from lpgreeks.markets.integers import scaled
from lpgreeks.markets.tables import json_of
from lpgreeks.onchain import gmx
from lpgreeks.protocols import GlpFees, GlpToken, GlpVault

__all__ = ["read_glp_vault"]

_DOLLARS = ("guaranteed", "short_size", "short_average")


def read_glp_vault(path: str | Path, *, fees: GlpFees | None = None, quote: str = "USD") -> GlpVault:
    """A vault's state out of a JSON file: ``{"supply": ..., "tokens": [{"token": "weth", "pool": ..., ...}, ...]}``.

    Keys are the fields of :class:`~lpgreeks.GlpVault` and :class:`~lpgreeks.GlpToken`; ``price`` stands for two equal
    prices. Where every token has its ``decimals`` all figures are the contract's integers (dollars with 30 decimals,
    GLP and USDG with 18), as numbers or as text; where none has, all are whole units. Tokens are named in capitals.

    Args:
        path: plain or ``.gz``.
        fees: of minting and redeeming; the dated settings unless said.
        quote: the dollar.

    Raises:
        DataError: a key is missing, some tokens have decimals and some not, or no vault can be like that.
    """
    content, name = json_of(Path(path)), Path(path).name
    if not isinstance(content, Mapping) or not isinstance(content.get("tokens"), list) or not content["tokens"]:
        raise DataError("an object with a list of tokens", got=f"{name}: {str(content)[:60]}")
    raw = [isinstance(t, Mapping) and "decimals" in t for t in content["tokens"]]
    if any(raw) != all(raw):
        raise DataError(
            "decimals of every token, or of none",
            got=f"{sum(raw)} of {len(raw)} in {name}",
            remedy="The contract's integers and whole units do not mix",
        )
    dollar, share = (gmx.PRICE_DECIMALS, gmx.USDG_DECIMALS) if all(raw) else (0, 0)
    vault = _Object(content, name)
    return GlpVault(
        tokens=tuple(_token(_Object(t, name), dollar, share) for t in content["tokens"]),
        supply=vault.number("supply", share),
        usdg_supply=vault.number("usdg_supply", share) if "usdg_supply" in content else None,
        fees=fees or GlpFees(),
        quote=quote,
        **{key: vault.number(key, dollar) for key in ("aum_addition", "aum_deduction") if key in content},
    )


def _token(one: _Object, dollar: int, share: int) -> GlpToken:
    decimals = int(one.number("decimals", 0)) if "decimals" in one.content else 0
    least, most = ("price", "price") if "price" in one.content else ("min_price", "max_price")
    known = dict.fromkeys(_DOLLARS, dollar) | {"reserved": decimals, "usdg": share, "weight": 0}
    return GlpToken(
        token=str(one.of("token")).upper(),
        stable=bool(one.of("stable")),
        min_price=one.number(least, dollar),
        max_price=one.number(most, dollar),
        pool=one.number("pool", decimals),
        **{key: one.number(key, n) for key, n in known.items() if key in one.content},
    )


class _Object:
    """A JSON object whose keys must be there."""

    def __init__(self, content: Mapping[str, Any], name: str) -> None:
        self.content, self.name = content, name

    def of(self, key: str) -> Any:
        if key not in self.content:
            raise DataError(f"a key {key!r}", got=f"{', '.join(self.content)} in {self.name}")
        return self.content[key]

    def number(self, key: str, decimals: int) -> float:
        return scaled(self.of(key), decimals, key, self.name)
