"""A GMX v1 vault at one moment: what its share, GLP, is worth, and which coins it is exposed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError, TokenError, require_finite, require_positive, require_token
from lpgreeks.instruments import Cash, Portfolio, together
from lpgreeks.protocols.glp_fees import GlpFees
from lpgreeks.protocols.glp_token import GlpToken
from lpgreeks.protocols.glp_trades import GlpMint, GlpRedemption, GlpRoundTrip, minted, redeemed, round_trip
from lpgreeks.tokens import counted_as

__all__ = ["GlpVault"]


@dataclass(frozen=True, kw_only=True, repr=False)
class GlpVault(Noun):
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
        if not isinstance(self.tokens, (tuple, list)) or not all(isinstance(t, GlpToken) for t in self.tokens):
            raise InputError("tokens as a tuple of lp.GlpToken", got=f"{self.tokens!r:.60}")
        object.__setattr__(self, "tokens", tuple(self.tokens))
        names = [t.token for t in self.tokens]
        if not names or len({name.upper() for name in names}) < len(names):
            raise InputError("tokens of different names", got=", ".join(names) or "none")
        if not isinstance(self.fees, GlpFees):
            raise InputError("fees as lp.GlpFees", got=f"{self.fees!r:.60}")
        remedy = "A vault without GLP has no price: start where there is some"
        object.__setattr__(self, "supply", require_positive("supply", self.supply, unit="GLP", remedy=remedy))
        units = {"aum_addition": self.quote, "aum_deduction": self.quote}
        if self.usdg_supply is not None:
            units["usdg_supply"] = "USDG"
        for name, unit in units.items():
            number = require_finite(name, getattr(self, name), unit=unit)
            if number < 0:
                raise InputError(f"{name} of 0 or more", got=number, unit=unit)
            object.__setattr__(self, name, number)

    def of(self, token: str) -> GlpToken:
        """The token of this name, in capitals or not.

        Raises:
            TokenError: the vault has none.
        """
        name = require_token("token", token).upper()
        for one in self.tokens:
            if one.token.upper() == name:
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
        """What minting pays for one GLP, in quote, before the fee.

        Raises:
            DataError: the AUM is 0.
        """
        return self._per_glp(self.aum_at_max)

    @property
    def price_at_min(self) -> float:
        """What redeeming gets for one GLP, in quote, before the fee.

        Raises:
            DataError: the AUM is 0.
        """
        return self._per_glp(self.aum_at_min)

    def _aum(self, prices: Mapping[str, float]) -> float:
        worth = sum(t.worth(prices[t.token]) for t in self.tokens)
        return max(0.0, worth + self.aum_addition - self.aum_deduction)

    def _per_glp(self, aum: float) -> float:
        if not aum:
            raise DataError(
                f"an AUM above 0 {self.quote}",
                got="more owed than the vault has",
                remedy="The contract counts it as 0: such a GLP has no price and is no share of anything",
            )
        return aum / self.supply

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

        Raises:
            InputError: more GLP than there is.
            DataError: the AUM is 0 at one end of the feeds.
        """
        share = require_positive("glp", glp, unit="GLP") / self.supply
        if share > 1:
            raise InputError("a share of at most all of it", got=f"{glp:,.10g} of {self.supply:,.10g}", unit="GLP")
        self._per_glp(self.aum_at_min)
        parts = [t.held(self.quote) for t in self.tokens]
        if extra := self.aum_addition - self.aum_deduction:
            parts.append(extra * Cash(quote=self.quote))
        return share * together(parts)

    # ---- minting and redeeming

    def mint(self, token: str, amount: float) -> GlpMint:
        """GLP for ``amount`` of a token, by the contract's integers: fee in whole basis points, rounded down.

        Raises:
            InputError: the fee needs weights, USDG amounts and USDG supply that are not known; a deposit worth nothing
                or more than a million times the vault.
            DataError: the AUM is 0 at one end of the feeds.
        """
        return minted(self, token, amount)

    def redeem(self, token: str, glp: float) -> GlpRedemption:
        """A token for ``glp`` GLP, likewise; at most what is not reserved of it, and not for all GLP."""
        return redeemed(self, token, glp)

    def round_trip(self, token: str, amount: float) -> GlpRoundTrip:
        """Minted with ``amount`` of a token and redeemed into it at unchanged prices: both fees, and the spread."""
        return round_trip(self, token, amount)


def _shares(parts: Mapping[str, float]) -> dict[str, float]:
    whole = sum(parts.values())
    if whole <= 0:
        raise DataError("shares of a sum above 0", got=f"{whole:g} over {', '.join(parts)}")
    return {token: part / whole for token, part in parts.items()}
