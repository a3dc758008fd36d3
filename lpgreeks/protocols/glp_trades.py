"""What minting and redeeming GLP bring and cost; the sums are the contract's, in integers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, require_positive
from lpgreeks.onchain import gmx

if TYPE_CHECKING:
    from lpgreeks.protocols.glp import GlpVault
    from lpgreeks.protocols.glp_token import GlpToken

__all__ = ["GlpMint", "GlpRedemption", "GlpRoundTrip", "minted", "redeemed", "round_trip"]

# Whole tokens are counted in as many decimals as GLP, whatever the token's own.
_ONE = 10**gmx.USDG_DECIMALS
_DOLLAR = 10**gmx.PRICE_DECIMALS
_BASIS_POINTS = 10_000
# Of the vault's own worth: a deposit beyond that is counted in another unit.
_MOST = 1e6


@dataclass(frozen=True, kw_only=True)
class GlpMint(Noun):
    """GLP for a token.

    Attributes:
        token: what was paid.
        paid: how much of it, whole tokens, the fee in it.
        glp: what came out.
        fee: a decimal of what was paid.
        fee_cost: that fee in quote, at the token's lower price.
        spread_cost: what the token's lower price and GLP's upper one cost beside it, against the middle of both.
        after: the vault with it.
    """

    token: str
    paid: float
    glp: float
    fee: float
    fee_cost: float
    spread_cost: float
    after: GlpVault = field(repr=False)

    @property
    def cost(self) -> float:
        """Fee and spread, in quote: what was paid less what it is worth as GLP, at middle prices."""
        return self.fee_cost + self.spread_cost


@dataclass(frozen=True, kw_only=True)
class GlpRedemption(Noun):
    """A token for GLP.

    Attributes:
        token: what came out.
        received: how much of it, whole tokens, after the fee.
        glp: what was given.
        fee: a decimal of what would have come out.
        fee_cost: that fee in quote, at the token's upper price.
        spread_cost: what GLP's lower price and the token's upper one cost beside it, against the middle of both.
        after: the vault without it.
    """

    token: str
    received: float
    glp: float
    fee: float
    fee_cost: float
    spread_cost: float
    after: GlpVault = field(repr=False)

    @property
    def cost(self) -> float:
        """Fee and spread, in quote: what the GLP was worth less what came out, at middle prices."""
        return self.fee_cost + self.spread_cost


@dataclass(frozen=True, kw_only=True, repr=False)
class GlpRoundTrip(Noun):
    """A mint and the redemption of all of it into the same token, at unchanged prices and after the cooldown.

    Attributes:
        minted, redeemed: the two trades.
    """

    minted: GlpMint
    redeemed: GlpRedemption

    @property
    def lost(self) -> float:
        """Tokens paid less tokens received."""
        return self.minted.paid - self.redeemed.received

    @property
    def cost_share(self) -> float:
        """The same as a decimal of what was paid."""
        return self.lost / self.minted.paid


def minted(vault: GlpVault, token: str, amount: float) -> GlpMint:
    """See :meth:`lpgreeks.GlpVault.mint`."""
    one = vault.of(token)
    token = one.token
    amount = require_positive("amount", amount, unit=token)
    middle = _middle(vault)
    if amount * one.min_price > _MOST * vault.supply * middle:
        raise InputError(
            "a deposit of at most a million times the vault", got=f"{amount:.6g}", unit=token, remedy="In whole tokens"
        )
    done = gmx.mint(_raw(vault), token, _smallest(amount, token), **vault.fees.basis_points)
    glp, fee = done.glp / _ONE, done.fee / _BASIS_POINTS
    fee_cost = amount * fee * one.min_price
    return GlpMint(
        token=token,
        paid=amount,
        glp=glp,
        fee=fee,
        fee_cost=fee_cost,
        spread_cost=amount * one.middle - fee_cost - glp * middle,
        after=_whole(done.after, vault, token),
    )


def redeemed(vault: GlpVault, token: str, glp: float) -> GlpRedemption:
    """See :meth:`lpgreeks.GlpVault.redeem`."""
    one = vault.of(token)
    token = one.token
    glp = require_positive("glp", glp, unit="GLP")
    if glp >= vault.supply:
        raise InputError(
            "less than all GLP to redeem",
            got=f"{glp:,.10g} of {vault.supply:,.10g}",
            unit="GLP",
            remedy="What is left without any GLP has no price: leave some",
        )
    middle = _middle(vault)
    done = gmx.redeem(_raw(vault), token, _smallest(glp, "GLP"), **vault.fees.basis_points)
    fee, received = done.fee / _BASIS_POINTS, done.out / _ONE
    fee_cost = done.redeemed / _ONE * fee * one.max_price
    return GlpRedemption(
        token=token,
        received=received,
        glp=glp,
        fee=fee,
        fee_cost=fee_cost,
        spread_cost=glp * middle - fee_cost - received * one.middle,
        after=_whole(done.after, vault, token),
    )


def round_trip(vault: GlpVault, token: str, amount: float) -> GlpRoundTrip:
    """See :meth:`lpgreeks.GlpVault.round_trip`."""
    first = minted(vault, token, amount)
    return GlpRoundTrip(minted=first, redeemed=redeemed(first.after, token, first.glp))


def _middle(vault: GlpVault) -> float:
    """The middle of GLP's two prices."""
    return (vault.price_at_max + vault.price_at_min) / 2.0


def _raw(vault: GlpVault) -> gmx.RawGlpVault:
    """The vault in integers."""
    unknown = [t.token for t in vault.tokens if t.weight is None or t.usdg is None]
    if unknown or vault.usdg_supply is None:
        raise InputError(
            "weights and USDG of every token, and the supply of USDG: the fee depends on them",
            got=f"none of {', '.join(unknown) or 'the USDG supply'}",
            remedy="Without them AUM, price and deltas are known, mint and redeem are not",
        )
    return gmx.RawGlpVault(
        tokens=tuple(_raw_token(t) for t in vault.tokens),
        supply=_integer(vault.supply, _ONE),
        usdg_supply=_integer(vault.usdg_supply, _ONE),
        aum_addition=_integer(vault.aum_addition, _DOLLAR),
        aum_deduction=_integer(vault.aum_deduction, _DOLLAR),
    )


def _raw_token(token: GlpToken) -> gmx.RawGlpToken:
    return gmx.RawGlpToken(
        token=token.token,
        stable=token.stable,
        decimals=gmx.USDG_DECIMALS,
        min_price=_integer(token.min_price, _DOLLAR),
        max_price=_integer(token.max_price, _DOLLAR),
        pool=_integer(token.pool, _ONE),
        reserved=_integer(token.reserved, _ONE),
        guaranteed=_integer(token.guaranteed, _DOLLAR),
        short_size=_integer(token.short_size, _DOLLAR),
        short_average=_integer(token.short_average, _DOLLAR),
        usdg=_integer(token.usdg or 0.0, _ONE),
        weight=_integer(token.weight or 0.0, _ONE),
    )


def _whole(raw: gmx.RawGlpVault, before: GlpVault, token: str) -> GlpVault:
    """What a trade in one token left, in whole tokens."""
    one = raw.of(token)
    changed = replace(before.of(token), pool=one.pool / _ONE, usdg=one.usdg / _ONE)
    return replace(
        before,
        tokens=tuple(changed if t.token == token else t for t in before.tokens),
        supply=raw.supply / _ONE,
        usdg_supply=raw.usdg_supply / _ONE,
    )


def _smallest(amount: float, token: str) -> int:
    """An amount in integers, or an error where it is less than one of them."""
    if not (whole := _integer(amount, _ONE)):
        raise InputError(f"an amount of {token} of 1e-18 or more", got=f"{amount:g}", unit=token)
    return whole


def _integer(number: float, one: int) -> int:
    """A double in integers of which ``one`` make a whole, exactly rounded down."""
    numerator, denominator = number.as_integer_ratio()
    return numerator * one // denominator
