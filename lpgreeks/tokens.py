"""Which token names count as one token, and which markets as one price. Declared here, printed in results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from lpgreeks.errors import MarketError

__all__ = ["COUNTS_AS", "coin_of", "counted_as", "find_token", "market_pair", "one_token_notes", "price_of"]

COUNTS_AS: Mapping[str, str] = {
    "USDC": "USD",
    "USDT": "USD",
    "USDC.E": "USD",
    "MIM": "USD",
    "WETH": "ETH",
    "WBTC": "BTC",
    "BTC.B": "BTC",
    "WAVAX": "AVAX",
}
"""Token names that count as another: dollar tokens as the dollar, wrapped and bridged coins as the coin.

Names are in capitals, whatever a file writes: BTC.b is "BTC.B".
"""

_T = TypeVar("_T")


def counted_as(token: str) -> str:
    """The token that ``token`` counts as: itself unless :data:`COUNTS_AS` says otherwise."""
    return COUNTS_AS.get(token, token)


def find_token(token: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that is ``token``, or else counts as the same; None where there is none.

    The name itself comes first, so that a pool of two dollar tokens keeps them apart.
    """
    names = tuple(names)
    if token in names:
        return token
    return next((name for name in names if counted_as(name) == counted_as(token)), None)


def market_pair(market: str) -> str:
    """The pair behind a market's name, tokens counted as one: ``"WETH/USDC:perp"`` is ``"ETH/USD"``."""
    base, _, rest = market.partition("/")
    return f"{counted_as(base)}/{counted_as(rest.partition(':')[0])}"


def coin_of(market: str) -> str:
    """The coin of a market's name, by its own name: ``"WETH/USDC:perp"`` is of WETH."""
    return market.partition("/")[0]


def one_token_notes(tokens: Iterable[str]) -> tuple[str, ...]:
    """One sentence for each set of different names that are counted as one token."""
    groups: dict[str, list[str]] = {}
    for token in tokens:
        names = groups.setdefault(counted_as(token), [])
        if token not in names:
            names.append(token)
    return tuple(f"{' and '.join(names)} counted as one token" for names in groups.values() if len(names) > 1)


def price_of(market: str, prices: Mapping[str, _T]) -> tuple[_T, str]:
    """The entry of ``prices`` that ``market`` reads, and the note that a stand-in calls for ("" if none).

    The market itself comes first, then a market of the same pair, whose basis is taken as zero.

    Raises:
        MarketError: neither is there.
    """
    if market in prices:
        return prices[market], ""
    for other, found in prices.items():
        if market_pair(other) == market_pair(market):
            ours, theirs = (name.partition("/")[2].partition(":")[0] for name in (market, other))
            counted = "" if ours == theirs else f", {theirs} counted as {ours}"
            return found, f"{market} reads the price of {other}: basis taken as zero{counted}"
    raise MarketError(
        f"a price of {market}",
        got=", ".join(prices) or "none",
        remedy=f"Add a column for {market}, or name one of these as the instrument's market",
    )
