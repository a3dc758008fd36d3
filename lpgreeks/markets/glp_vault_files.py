"""One state of a GMX v1 vault out of JSON, in whole units or in the contract's integers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lpgreeks.errors import DataError, InputError
from lpgreeks.markets.integers import scaled
from lpgreeks.markets.sheets import path_of
from lpgreeks.markets.tables import json_of
from lpgreeks.onchain import gmx
from lpgreeks.protocols import GlpFees, GlpToken, GlpVault
from lpgreeks.protocols.columns import SHARE_PRICES
from lpgreeks.recipes import recorded

__all__ = ["read_glp_vault"]

_DOLLARS = ("guaranteed", "short_size", "short_average")
_OF_VAULT = ("tokens", "supply", "usdg_supply", "aum_addition", "aum_deduction", "aum")
_OF_TOKEN = (
    *("token", "stable", "decimals", "price", "min_price", "max_price", "pool", "reserved"),
    *(*_DOLLARS, "usdg", "weight"),
)
_MOST_DECIMALS = 77
# Beyond them a price of a token is in another unit.
_PRICES = (1e-9, 1e9)
# A stated AUM in doubles.
_AUM_APART = 1e-6


@recorded
def read_glp_vault(path: str | Path, *, fees: GlpFees | None = None, quote: str = "USD") -> GlpVault:
    """A vault's state out of a JSON file: ``{"supply": ..., "tokens": [{"token": "weth", "pool": ..., ...}, ...]}``.

    Keys are the fields of :class:`~lpgreeks.GlpVault` (but fees and quote) and :class:`~lpgreeks.GlpToken`; ``price``
    stands for two equal prices; a stated ``aum`` must lie between those at the lower and at the upper prices. Where
    every token has its ``decimals`` all figures are the contract's integers (dollars with 30 decimals, GLP and USDG
    with 18), as numbers or as text; where none has, all are whole units. Tokens are named in capitals.

    Args:
        path: plain or ``.gz``.
        fees: of minting and redeeming; the dated settings unless said.
        quote: the dollar.

    Raises:
        DataError: a key is missing or unknown, some tokens have decimals and some not, figures are of two units, or no
            vault can be like that.
    """
    if not (fees is None or isinstance(fees, GlpFees)):
        raise InputError("fees as lp.GlpFees", got=f"{fees!r:.60}")
    content, name = json_of(path_of(path)), Path(path).name
    if not isinstance(content, Mapping) or not isinstance(content.get("tokens"), list) or not content["tokens"]:
        raise DataError("an object with a list of tokens", got=f"{name}: {str(content)[:60]}")
    if others := [t for t in content["tokens"] if not isinstance(t, Mapping)]:
        raise DataError("an object for each token", got=f"{others[0]!r:.60} in {name}")
    raw = ["decimals" in t for t in content["tokens"]]
    if any(raw) != all(raw):
        raise DataError(
            "decimals of every token, or of none",
            got=f"{sum(raw)} of {len(raw)} in {name}",
            remedy="The contract's integers and whole units do not mix",
        )
    dollar, share = (gmx.PRICE_DECIMALS, gmx.USDG_DECIMALS) if all(raw) else (0, 0)
    one = _Object(content, name, _OF_VAULT)
    vault = GlpVault(
        tokens=tuple(_token(_Object(t, name, _OF_TOKEN), dollar, share) for t in content["tokens"]),
        supply=one.number("supply", share),
        usdg_supply=one.number("usdg_supply", share) if "usdg_supply" in content else None,
        fees=GlpFees() if fees is None else fees,
        quote=quote,
        **{key: one.number(key, dollar) for key in ("aum_addition", "aum_deduction") if key in content},
    )
    _require_one_unit(vault, one.number("aum", dollar) if "aum" in content else None, name)
    return vault


def _require_one_unit(vault: GlpVault, stated: float | None, name: str) -> None:
    """Errors where prices, or what they add up to, are of another magnitude than any vault's."""
    remedy = "Raw integers and whole units (1e30 and dollars, 1e18 and GLP) do not mix"
    for token in vault.tokens:
        if not _PRICES[0] < token.min_price <= token.max_price < _PRICES[1]:
            raise DataError(
                f"a price of {token.token} in dollars, from {_PRICES[0]:g} to {_PRICES[1]:g}",
                got=f"{token.min_price:.4g} in {name}",
                remedy=remedy,
            )
    least, most = vault.aum_at_min, vault.aum_at_max
    if most and not SHARE_PRICES[0] < most / vault.supply < SHARE_PRICES[1]:
        raise DataError(
            f"a GLP price from {SHARE_PRICES[0]:g} to {SHARE_PRICES[1]:g}",
            got=f"{most:.4g} for {vault.supply:.4g} GLP in {name}",
            remedy=remedy,
        )
    if stated is not None and not least * (1 - _AUM_APART) <= stated <= most * (1 + _AUM_APART):
        raise DataError(
            "tokens that make up the stated AUM, at their lower or upper prices or between",
            got=f"{least:.8g} to {most:.8g} of {stated:.8g} in {name}",
            remedy="A token is missing, or the AUM is of other prices",
        )


def _token(one: _Object, dollar: int, share: int) -> GlpToken:
    decimals = one.whole("decimals", _MOST_DECIMALS) if "decimals" in one.content else 0
    ends = [key for key in ("min_price", "max_price") if key in one.content]
    if ends and "price" in one.content:
        raise DataError("'price', or 'min_price' and 'max_price'", got=f"'price' and {', '.join(ends)} in {one.name}")
    least, most = ("price", "price") if "price" in one.content else ("min_price", "max_price")
    known = dict.fromkeys(_DOLLARS, dollar) | {"reserved": decimals, "usdg": share, "weight": 0}
    return GlpToken(
        token=one.text("token").upper(),
        stable=one.truth("stable"),
        min_price=one.number(least, dollar),
        max_price=one.number(most, dollar),
        pool=one.number("pool", decimals),
        **{key: one.number(key, n) for key, n in known.items() if key in one.content},
    )


class _Object:
    """A JSON object whose keys must be there, and be known."""

    def __init__(self, content: Mapping[str, Any], name: str, known: Collection[str]) -> None:
        self.content, self.name = content, name
        for key in content:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                meant = f"{near[0]!r} is known" if near else f"Known are {', '.join(known)}"
                raise DataError("known keys", got=f"{key!r} in {name}", remedy=meant)

    def of(self, key: str) -> Any:
        if key not in self.content:
            raise DataError(f"a key {key!r}", got=f"{', '.join(self.content)} in {self.name}")
        return self.content[key]

    def text(self, key: str) -> str:
        text = self.of(key)
        if not isinstance(text, str) or not text.strip():
            raise DataError(f"a name in {key!r}", got=f"{text!r:.60} in {self.name}")
        return text.strip()

    def truth(self, key: str) -> bool:
        truth = self.of(key)
        if not isinstance(truth, bool):
            raise DataError(f"true or false in {key!r}", got=f"{truth!r:.60} in {self.name}")
        return truth

    def whole(self, key: str, most: int) -> int:
        number = self.number(key, 0)
        if not (0 <= number <= most and number == int(number)):
            raise DataError(f"a whole number from 0 to {most} in {key!r}", got=f"{number:g} in {self.name}")
        return int(number)

    def number(self, key: str, decimals: int) -> float:
        return scaled(self.of(key), decimals, key, self.name)
