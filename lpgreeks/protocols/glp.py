"""A GMX v1 vault at one moment: what its share, GLP, is worth, and which coins it is exposed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from lpgreeks.errors import DataError, InputError, TokenError, require_finite, require_positive, require_token
from lpgreeks.instruments import Cash, Exposure, GlpAsset, Portfolio, together
from lpgreeks.protocols.glp_fees import GlpFees
from lpgreeks.protocols.glp_trades import GlpMint, GlpRedemption, GlpRoundTrip, minted, redeemed, round_trip
from lpgreeks.tokens import counted_as

__all__ = ["GlpToken", "GlpVault"]


@dataclass(frozen=True, kw_only=True)
class GlpToken:
    """What a vault has of one token, in whole tokens and in quote.

    Args:
        token: its name, in capitals like those of :mod:`lpgreeks.tokens`: "BTC.B", "USDC.E".
        stable: a stable token counts as ``pool`` times its price; nobody is long or short of it.
        min_price, max_price: the two ends of the price feed, quote per token; equal where one price is known.
        pool, reserved: tokens.
        guaranteed, short_size: quote.
        short_average: average entry of the shorts, quote per token; 0 where there are none.
        usdg: what minting brought in of it, in USDG; None if unknown.
        weight: target weight, a share of the sum over all tokens; None if unknown.
    """

    token: str
    stable: bool
    min_price: float
    max_price: float
    pool: float
    reserved: float = 0.0
    guaranteed: float = 0.0
    short_size: float = 0.0
    short_average: float = 0.0
    usdg: float | None = None
    weight: float | None = None

    def __post_init__(self) -> None:
        require_token("token", self.token)
        for name in ("min_price", "max_price"):
            price = require_positive(f"{name} of {self.token}", getattr(self, name), unit="quote per token")
            object.__setattr__(self, name, price)
        for f in fields(self)[4:]:
            if getattr(self, f.name) is not None:
                number = require_finite(f"{f.name} of {self.token}", getattr(self, f.name), unit="tokens or quote")
                if number < 0:
                    raise DataError(f"{f.name} of {self.token} of 0 or more", got=number)
                object.__setattr__(self, f.name, number)
        if self.min_price > self.max_price:
            raise DataError(f"min_price of {self.token} up to max_price", got=f"{self.min_price} and {self.max_price}")
        if self.reserved > self.pool:
            raise DataError(
                f"reserved {self.token} within the pool",
                got=f"{self.reserved:,.10g} of {self.pool:,.10g}",
                remedy="The contract refuses such a state: one of the two is of another moment or another unit",
            )
        if self.short_size and not self.short_average:
            raise DataError(f"an average entry of the {self.token} shorts", got=f"none for {self.short_size:g}")

    @property
    def middle(self) -> float:
        """The middle of the two prices."""
        return (self.min_price + self.max_price) / 2.0

    def held(self, quote: str) -> Exposure:
        """All that the vault has of it: a :class:`~lpgreeks.GlpAsset`, or of a stable token its worth as cash."""
        if self.stable:
            return self.pool * self.middle * Cash(quote=self.token)
        return GlpAsset(
            base=self.token,
            quote=quote,
            pool=self.pool,
            reserved=self.reserved,
            guaranteed=self.guaranteed,
            short_size=self.short_size,
            short_average=self.short_average or self.middle,
        )

    def worth(self, price: float) -> float:
        """Its part of the AUM at a price, in quote."""
        return self.pool * price if self.stable else float(self.held("USD").value(price))

    @property
    def delta(self) -> float:
        """Coins of exposure, ``pool - reserved + short_size / short_average``; 0 of a stable token."""
        return 0.0 if self.stable else float(self.held("USD").delta(self.middle))


@dataclass(frozen=True, kw_only=True)
class GlpVault:
    r"""A GMX v1 vault at one moment.

    .. math::
        \text{AUM}(P) = \sum_{\text{stable}} p_i P_i
        + \sum_{\text{others}} \left(G_i + (p_i - r_i) P_i + S_i (P_i/A_i - 1)\right)
        + \text{addition} - \text{deduction}

    Minting uses the AUM at the upper ends of the price feeds, redeeming that at the lower ends. It is linear in every
    price until somebody trades. Source: GMX v1 contracts, ``GlpManager.getAum``.

    Args:
        tokens: all of the vault's.
        supply: of GLP, whole.
        usdg_supply: of USDG, whole; None if unknown.
        aum_addition, aum_deduction: what the manager puts on and takes off, in quote.
        fees: of minting and redeeming.
        quote: the dollar.
    """

    tokens: tuple[GlpToken, ...]
    supply: float
    usdg_supply: float | None = None
    aum_addition: float = 0.0
    aum_deduction: float = 0.0
    fees: GlpFees = field(default_factory=GlpFees)
    quote: str = "USD"

    def __post_init__(self) -> None:
        require_token("quote", self.quote)
        object.__setattr__(self, "tokens", tuple(self.tokens))
        names = [t.token for t in self.tokens]
        if not names or len(set(names)) < len(names):
            raise InputError("tokens of different names", got=", ".join(names) or "none")
        remedy = "A vault without GLP has no price: start where there is some"
        object.__setattr__(self, "supply", require_positive("supply", self.supply, unit="GLP", remedy=remedy))
        for name in ("aum_addition", "aum_deduction"):
            number = require_finite(name, getattr(self, name), unit=self.quote)
            if number < 0:
                raise InputError(f"{name} of 0 or more", got=number, unit=self.quote)
            object.__setattr__(self, name, number)

    def of(self, token: str) -> GlpToken:
        """The token of this name.

        Raises:
            TokenError: the vault has none.
        """
        for one in self.tokens:
            if one.token == token:
                return one
        raise TokenError("a token of the vault", got=token, remedy=", ".join(t.token for t in self.tokens))

    # ---- what it is worth

    @property
    def aum_at_max(self) -> float:
        """AUM at the upper ends of the feeds, in quote."""
        return self._aum({t.token: t.max_price for t in self.tokens})

    @property
    def aum_at_min(self) -> float:
        """AUM at the lower ends of the feeds, in quote."""
        return self._aum({t.token: t.min_price for t in self.tokens})

    @property
    def price_at_max(self) -> float:
        """What minting pays for one GLP, in quote, before the fee."""
        return self.aum_at_max / self.supply

    @property
    def price_at_min(self) -> float:
        """What redeeming gets for one GLP, in quote, before the fee."""
        return self.aum_at_min / self.supply

    def _aum(self, prices: Mapping[str, float]) -> float:
        worth = sum(t.worth(prices[t.token]) for t in self.tokens)
        return max(0.0, worth + self.aum_addition - self.aum_deduction)

    # ---- what it is exposed to

    @property
    def deltas(self) -> dict[str, float]:
        """Coins of the whole vault by token, stable tokens left out: what a hedge of all GLP would sell."""
        return {t.token: t.delta for t in self.tokens if not t.stable}

    @property
    def deltas_by_coin(self) -> dict[str, float]:
        """The same, tokens that count as one coin added up: BTC.B and WBTC as BTC."""
        coins: dict[str, float] = {}
        for token, delta in self.deltas.items():
            coins[counted_as(token)] = coins.get(counted_as(token), 0.0) + delta
        return coins

    @property
    def weights_of_aum(self) -> dict[str, float]:
        """Share of each token in what makes up the AUM, at middle prices: reserved coins left out, guarantees in."""
        return _shares({t.token: t.worth(t.middle) for t in self.tokens})

    @property
    def weights_of_value(self) -> dict[str, float]:
        """Share of each token in the value of all pools, at middle prices. No exposure: reserved coins are in it."""
        return _shares({t.token: t.pool * t.middle for t in self.tokens})

    @property
    def target_weights(self) -> dict[str, float]:
        """Share of each token that the fees pull towards.

        Raises:
            InputError: weights are not known.
        """
        if any(t.weight is None for t in self.tokens):
            raise InputError("target weights of all tokens", got="some unknown", remedy="Give each GlpToken its weight")
        return _shares({t.token: t.weight or 0.0 for t in self.tokens})

    def holding(self, glp: float) -> Portfolio:
        """What ``glp`` GLP are made of: a share of every coin's :class:`~lpgreeks.GlpAsset`, and cash.

        A stable token is cash at ``pool`` times its price, which is taken not to move; that these tokens count as one
        dollar is among the portfolio's ``assumptions``. At the vault's own prices it is worth the GLP price.
        """
        share = require_positive("glp", glp, unit="GLP") / self.supply
        parts = [t.held(self.quote) for t in self.tokens]
        if extra := self.aum_addition - self.aum_deduction:
            parts.append(extra * Cash(quote=self.quote))
        return share * together(parts)

    # ---- minting and redeeming

    def mint(self, token: str, amount: float) -> GlpMint:
        """GLP for ``amount`` of a token, by the contract's integers: fee in whole basis points, rounded down.

        Raises:
            InputError: the fee needs weights, USDG amounts and USDG supply that are not known.
        """
        return minted(self, token, amount)

    def redeem(self, token: str, glp: float) -> GlpRedemption:
        """A token for ``glp`` GLP, likewise; at most what is not reserved of it."""
        return redeemed(self, token, glp)

    def round_trip(self, token: str, amount: float) -> GlpRoundTrip:
        """Minted with ``amount`` of a token and redeemed into it at unchanged prices: both fees, and the spread."""
        return round_trip(self, token, amount)


def _shares(parts: Mapping[str, float]) -> dict[str, float]:
    whole = sum(parts.values())
    return {token: part / whole for token, part in parts.items()}
