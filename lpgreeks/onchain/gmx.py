r"""GMX v1: the vault's state, its assets under management, fees, mint and redeem, in the contract's integers.

Prices and dollars have 30 decimals, GLP and USDG 18, each token its own. Every division rounds down. USDG is the
vault's unit of account: what minting brought in and redeeming took out of each token, at the prices of the moment.
Source: gmx-contracts, ``GlpManager``, ``Vault.buyUSDG`` and ``sellUSDG``, ``VaultUtils.getFeeBasisPoints``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from lpgreeks.errors import InputError, TokenError, require_token, require_whole

__all__ = [
    "RawGlpToken",
    "RawGlpVault",
    "RawMint",
    "RawRedemption",
    "aum_at_max",
    "aum_at_min",
    "aum_in_usdg",
    "decrease_fee",
    "increase_fee",
    "mint",
    "redeem",
    "usdg_target",
]

PRICE_DECIMALS = 30
USDG_DECIMALS = 18
_DOLLAR: int = 10**PRICE_DECIMALS
_USDG: int = 10**USDG_DECIMALS
_BASIS_POINTS = 10_000


@dataclass(frozen=True, kw_only=True)
class RawGlpToken:
    """One whitelisted token of a vault.

    Args:
        token: its name.
        stable: whether it is a stable token, which has no long and no short positions of its own.
        decimals: of ``pool`` and ``reserved``.
        min_price, max_price: the two ends of the price feed, dollars with 30 decimals.
        pool, reserved: in the token.
        guaranteed, short_size, short_average: dollars with 30 decimals.
        usdg: 18 decimals.
        weight: target weight; a share of the sum over all tokens.
    """

    token: str
    stable: bool
    decimals: int
    min_price: int
    max_price: int
    pool: int
    reserved: int = 0
    guaranteed: int = 0
    short_size: int = 0
    short_average: int = 0
    usdg: int = 0
    weight: int = 0

    def __post_init__(self) -> None:
        require_token("token", self.token)
        least = {"min_price": 1, "max_price": 1, "short_average": 1 if self.short_size else 0}
        for f in fields(self)[2:]:
            number = require_whole(f.name, getattr(self, f.name), at_least=least.get(f.name, 0))
            object.__setattr__(self, f.name, number)
        if self.min_price > self.max_price:
            raise InputError("min_price up to max_price", got=f"{self.min_price} and {self.max_price}")
        if self.reserved > self.pool:
            raise InputError(
                "reserved within the pool", got=f"{self.reserved} of {self.pool}", unit=f"raw {self.token}"
            )


@dataclass(frozen=True, kw_only=True)
class RawGlpVault:
    """A vault at one moment.

    Args:
        tokens: all that are whitelisted.
        supply: of GLP, 18 decimals.
        usdg_supply: 18 decimals; not always the sum over tokens.
        aum_addition, aum_deduction: what the manager puts on and takes off, dollars with 30 decimals.
    """

    tokens: tuple[RawGlpToken, ...]
    supply: int
    usdg_supply: int = 0
    aum_addition: int = 0
    aum_deduction: int = 0

    def __post_init__(self) -> None:
        for f in fields(self)[1:]:
            object.__setattr__(self, f.name, require_whole(f.name, getattr(self, f.name), at_least=0))
        names = [t.token for t in self.tokens]
        if not names or len(set(names)) < len(names):
            raise InputError("tokens of different names", got=", ".join(names) or "none")

    def of(self, token: str) -> RawGlpToken:
        """The token of this name."""
        for one in self.tokens:
            if one.token == token:
                return one
        raise TokenError("a token of the vault", got=token, remedy=", ".join(t.token for t in self.tokens))

    def with_token(self, token: RawGlpToken, *, supply: int, usdg_supply: int) -> RawGlpVault:
        """The same with one token as it is afterwards."""
        tokens = tuple(token if t.token == token.token else t for t in self.tokens)
        return replace(self, tokens=tokens, supply=supply, usdg_supply=usdg_supply)


# ---- assets under management


def aum_at_max(vault: RawGlpVault) -> int:
    """``getAum(true)``: every token at the upper end of its feed, dollars with 30 decimals."""
    return _aum(vault, lambda token: token.max_price)


def aum_at_min(vault: RawGlpVault) -> int:
    """``getAum(false)``: every token at the lower end of its feed, dollars with 30 decimals."""
    return _aum(vault, lambda token: token.min_price)


def aum_in_usdg(aum: int) -> int:
    """``getAumInUsdg``: of 30 decimals, 18."""
    return require_whole("aum", aum, at_least=0) * _USDG // _DOLLAR


def _aum(vault: RawGlpVault, price_of: Callable[[RawGlpToken], int]) -> int:
    aum, short_profits = vault.aum_addition, 0
    for token in vault.tokens:
        price = price_of(token)
        if token.stable:
            aum += token.pool * price // _one(token.decimals)
            continue
        if token.short_size:
            apart = token.short_size * abs(token.short_average - price) // token.short_average
            if price >= token.short_average:
                aum += apart
            else:
                short_profits += apart
        aum += token.guaranteed + (token.pool - token.reserved) * price // _one(token.decimals)
    return max(0, max(0, aum - short_profits) - vault.aum_deduction)


# ---- the dynamic fee


def usdg_target(vault: RawGlpVault, token: str) -> int:
    """``getTargetUsdgAmount``: the token's share of the USDG by weight, 18 decimals."""
    total = sum(t.weight for t in vault.tokens)
    return vault.of(token).weight * vault.usdg_supply // total if total else 0


def increase_fee(*, usdg: int, target: int, delta: int, base: int, tax: int) -> int:
    r"""Fee of what brings ``delta`` USDG of a token into the vault, in basis points.

    .. math::
        d_0 = |u - t|,\; d_1 = |u + \delta - t|: \qquad
        \max\left(0, b - \left\lfloor \tfrac{x\,d_0}{t} \right\rfloor\right) \text{ if } d_1 < d_0, \quad
        b + \left\lfloor \tfrac{x}{t} \min\left(\left\lfloor\tfrac{d_0 + d_1}{2}\right\rfloor, t\right) \right\rfloor
        \text{ else}

    Args:
        usdg: ``u``, of the token before.
        target: ``t``, by its weight; 0 for none, where the fee is ``base``.
        delta: ``\delta``.
        base, tax: ``b`` and ``x``, basis points. A vault without dynamic fees has a tax of 0.
    """
    return _fee(usdg, usdg + delta, target, base, tax)


def decrease_fee(*, usdg: int, target: int, delta: int, base: int, tax: int) -> int:
    """Fee of what takes ``delta`` USDG of a token out of the vault: :func:`increase_fee` with ``u - delta``, or 0."""
    return _fee(usdg, max(0, usdg - delta), target, base, tax)


def _fee(before: int, after: int, target: int, base: int, tax: int) -> int:
    for name, number in (("usdg", before), ("usdg after", after), ("target", target), ("base", base), ("tax", tax)):
        require_whole(name, number, at_least=0)
    if not target:
        return base
    apart, apart_after = abs(before - target), abs(after - target)
    if apart_after < apart:
        return max(0, base - tax * apart // target)
    return base + tax * min((apart + apart_after) // 2, target) // target


# ---- mint and redeem


@dataclass(frozen=True, kw_only=True)
class RawMint:
    """What a deposit brings: ``fee`` in basis points, ``usdg`` and ``glp`` minted, the vault ``after``."""

    fee: int
    usdg: int
    glp: int
    after: RawGlpVault


@dataclass(frozen=True, kw_only=True)
class RawRedemption:
    """What redeeming brings: ``fee`` in basis points, ``usdg`` burned, tokens ``redeemed`` and those paid ``out``."""

    fee: int
    usdg: int
    redeemed: int
    out: int
    after: RawGlpVault


def mint(vault: RawGlpVault, token: str, amount: int, *, base: int, tax: int) -> RawMint:
    """GLP for ``amount`` of a token: in at its lower price, GLP at the higher AUM.

    Args:
        vault: before.
        token: what is paid.
        amount: raw, the fee in it.
        base, tax: basis points.

    Raises:
        InputError: an amount worth no USDG or no GLP.
    """
    one = vault.of(token)
    amount = require_whole("amount", amount, at_least=1, unit=f"raw {token}")
    aum = aum_in_usdg(aum_at_max(vault))
    offered = _usdg_of(one, amount)
    if not offered:
        raise InputError("an amount that is worth some USDG", got=amount, unit=f"raw {token}")
    fee = increase_fee(usdg=one.usdg, target=usdg_target(vault, token), delta=offered, base=base, tax=tax)
    kept = amount * (_BASIS_POINTS - fee) // _BASIS_POINTS
    usdg = _usdg_of(one, kept)
    glp = usdg * vault.supply // aum if aum else usdg
    if not glp:
        raise InputError("an amount that is worth some GLP", got=amount, unit=f"raw {token}")
    after = replace(one, pool=one.pool + kept, usdg=one.usdg + usdg)
    return RawMint(
        fee=fee,
        usdg=usdg,
        glp=glp,
        after=vault.with_token(after, supply=vault.supply + glp, usdg_supply=vault.usdg_supply + usdg),
    )


def redeem(vault: RawGlpVault, token: str, glp: int, *, base: int, tax: int) -> RawRedemption:
    """A token for ``glp``: GLP at the lower AUM, out at the token's higher price.

    The contract burns the USDG before it asks for the fee: the fee is that of taking out as much once more.

    Args:
        vault: before.
        token: what is paid out.
        glp: raw, 18 decimals.
        base, tax: basis points.

    Raises:
        InputError: more GLP than there is or GLP worth none of the token; more of the token than is not reserved.
    """
    one = vault.of(token)
    glp = require_whole("glp", glp, at_least=1, at_most=vault.supply, unit="raw GLP")
    usdg = glp * aum_in_usdg(aum_at_min(vault)) // vault.supply
    redeemed = (usdg * _DOLLAR // one.max_price) * _one(one.decimals) // _USDG
    if not redeemed:
        raise InputError(f"GLP that is worth some {token}", got=glp, unit="raw GLP")
    free = one.pool - one.reserved
    if redeemed > free:
        raise InputError(
            f"no more {token} than the vault has unreserved",
            got=f"{redeemed} of {free}",
            unit=f"raw {token}",
            remedy="Redeem into another token, or less",
        )
    burned = replace(one, pool=one.pool - redeemed, usdg=max(0, one.usdg - usdg))
    # The manager mints the USDG that it lacks and burns it at once: the supply does not fall below 0.
    after = vault.with_token(burned, supply=vault.supply - glp, usdg_supply=max(0, vault.usdg_supply - usdg))
    fee = decrease_fee(usdg=burned.usdg, target=usdg_target(after, token), delta=usdg, base=base, tax=tax)
    out = redeemed * (_BASIS_POINTS - fee) // _BASIS_POINTS
    return RawRedemption(fee=fee, usdg=usdg, redeemed=redeemed, out=out, after=after)


def _one(decimals: int) -> int:
    whole: int = 10**decimals
    return whole


def _usdg_of(token: RawGlpToken, amount: int) -> int:
    return (amount * token.min_price // _DOLLAR) * _USDG // _one(token.decimals)
