"""How files write the minutes of a GMX v1 vault, and how many decimals their integers have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError, require_token, require_whole

__all__ = ["LAYOUTS", "Cell", "GlpScale", "Layout", "VaultColumns"]

# Beyond them 256 bits hold no whole unit.
_MOST_DECIMALS = 77


@dataclass(frozen=True, kw_only=True)
class GlpScale(Noun):
    """How many decimals a file's integers have: those of the contract unless said. 0 is for whole units.

    Args:
        price: of token prices.
        usd: of AUM, guarantees, short sizes and their averages.
        share: of GLP and USDG.
        reward: of the reward rate, per second.
        decimals: of ``pool`` and ``reserved`` of each token by its name, as no file says them: ``{"USDC": 6}``.
        reward_token: in which rewards are paid, as no file says it; "": the rate is left out.
    """

    price: int = 30
    usd: int = 30
    share: int = 18
    reward: int = 18
    decimals: Mapping[str, int] = field(default_factory=dict)
    reward_token: str = ""

    def __post_init__(self) -> None:
        for name in ("price", "usd", "share", "reward"):
            require_whole(name, getattr(self, name), at_least=0, at_most=_MOST_DECIMALS, unit="decimals")
        if not isinstance(self.decimals, Mapping):
            raise InputError("decimals by token", got=f"{self.decimals!r:.60}", remedy='Like {"WETH": 18, "USDC": 6}')
        if not isinstance(self.reward_token, str):
            raise InputError("reward_token as a token's name, or none", got=f"{self.reward_token!r:.60}")
        own = {
            require_token("token", token).upper(): require_whole(
                token, n, at_least=0, at_most=_MOST_DECIMALS, unit="decimals"
            )
            for token, n in self.decimals.items()
        }
        object.__setattr__(self, "decimals", own)

    def of(self, token: str) -> int:
        """Decimals of a token's amounts.

        Raises:
            DataError: they were not stated.
        """
        if token not in self.decimals:
            raise DataError(
                f"the decimals of {token}", got=f"those of {', '.join(self.decimals) or 'none'}", remedy="State them"
            )
        return self.decimals[token]


@dataclass(frozen=True, order=True)
class Cell:
    """A column of a file and how many decimals its integers have."""

    column: str
    decimals: int


@dataclass(frozen=True, kw_only=True)
class VaultColumns:
    """What one file has of a vault.

    Attributes:
        tokens: in capitals; ``stable``: which of them have no columns of short positions.
        of_row: columns by the history's name for them.
        of_token: for each of the history's names one column a token; one that the file does not have is 0 throughout.
        reward_token: in capitals; "" where the rate is left out or there is none.
        notes: what was left out.
    """

    tokens: tuple[str, ...]
    stable: tuple[bool, ...]
    of_row: tuple[tuple[str, Cell], ...]
    of_token: tuple[tuple[str, tuple[Cell, ...]], ...]
    reward_token: str
    notes: tuple[str, ...]

    @property
    def names(self) -> set[str]:
        """Every column that may be read."""
        per_token = {cell.column for _, cells in self.of_token for cell in cells}
        return {cell.column for _, cell in self.of_row} | per_token


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One way of writing a vault's minutes.

    Args:
        title: what the file is.
        time, supply, aum, usdg_supply: columns.
        reward: the front of the column of the reward rate; the token's name may follow.
        guaranteed, short_size, short_average: what follows a token's name in its columns; the rest is alike in all.
        whole: whether the columns' names say that all is in whole units.
    """

    title: str
    time: str
    supply: str
    aum: str
    usdg_supply: str
    reward: str
    guaranteed: str
    short_size: str
    short_average: str
    whole: bool

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.time, self.supply, self.aum})

    def columns(self, names: tuple[str, ...], file: str, scale: GlpScale | None) -> VaultColumns:
        """Which of a file's columns are what.

        Raises:
            DataError: a token lacks a column, or the scale has to be stated.
        """
        tokens = self._tokens(names)
        stable = self._stable(tokens, names, file)
        if scale is None:
            scale = self._of_whole_units(tokens, file)
        rate = next((c for c in names if c.startswith(self.reward)), "")
        reward_token = (rate.removeprefix(self.reward).removesuffix("_per_s") or scale.reward_token).upper()
        of_row = {"supply": Cell(self.supply, scale.share), "stated_aum": Cell(self.aum, scale.usd)}
        if self.usdg_supply in names:
            of_row["usdg_supply"] = Cell(self.usdg_supply, scale.share)
        if rate and reward_token:
            of_row["reward_per_second"] = Cell(rate, scale.reward)
        lost = rate and not reward_token
        return VaultColumns(
            tokens=tuple(t.upper() for t in tokens),
            stable=stable,
            of_row=tuple(of_row.items()),
            of_token=self._of_token(tokens, stable, names, file, scale),
            reward_token=reward_token if rate else "",
            notes=(f"the reward rate in {rate!r} left out: nobody says in which token",) if lost else (),
        )

    def _tokens(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The tokens as the columns name them: whatever has a price or a pool."""
        own = [c for c in names if not c.endswith(self.short_average)]
        priced, pooled = ([c.removesuffix(end) for c in own if c.endswith(end)] for end in ("_price", "_pool"))
        found = [t for t in dict.fromkeys(priced + pooled) if t != _OF_GLP]
        if lacking := [t for t in found if t not in priced or t not in pooled] or ([] if found else ["any token"]):
            raise DataError(
                "a price and a pool of every token, in columns like 'weth_price' and 'weth_pool'",
                got=f"not both of {', '.join(lacking)}",
            )
        return tuple(found)

    def _stable(self, tokens: tuple[str, ...], names: tuple[str, ...], file: str) -> tuple[bool, ...]:
        """Which tokens have no columns of short positions at all; half of them make no stable token."""
        shorts = (self.short_size, self.short_average)
        ends = ("_reserved", self.guaranteed, *shorts, "_usdg", "_weight")
        for column in names:
            end = next((end for end in ends if column.endswith(end)), "")
            if end and column.removesuffix(end) not in tokens:
                raise DataError(
                    f"a price and a pool for {column!r}",
                    got=f"tokens {', '.join(tokens)} in {file}",
                    remedy="A token is left out, or the column is of something else: take it out",
                )
        for token in tokens:
            there = [f"{token}{end}" in names for end in shorts]
            if any(there) != all(there):
                raise DataError(
                    f"a column {token + shorts[there.index(False)]!r}",
                    got=f"only {token + shorts[there.index(True)]!r} of {token}'s short positions in {file}",
                    remedy="A stable token has neither, every other both",
                )
        return tuple(f"{t}{self.short_size}" not in names for t in tokens)

    def _of_whole_units(self, tokens: tuple[str, ...], file: str) -> GlpScale:
        if self.whole:
            return GlpScale(price=0, usd=0, share=0, reward=0, decimals=dict.fromkeys(tokens, 0))
        raise DataError(
            "the scale of a file in the contract's integers",
            got=f"{self.title} {file}, which does not say it",
            remedy="State the decimals of each token, and price=0 where prices are dollars: "
            'scale=lp.GlpScale(decimals={"WETH": 18, "USDC": 6, ...})',
        )

    def _of_token(
        self, tokens: tuple[str, ...], stable: tuple[bool, ...], names: tuple[str, ...], file: str, scale: GlpScale
    ) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
        own = {t: scale.of(t.upper()) for t in tokens}
        price, usd, share, none = (dict.fromkeys(tokens, n) for n in (scale.price, scale.usd, scale.share, 0))
        ends = {
            "prices": ("_price", price),
            "pool": ("_pool", own),
            "reserved": ("_reserved", own),
            "guaranteed": (self.guaranteed, usd),
            "short_size": (self.short_size, usd),
            "short_average": (self.short_average, usd),
        }
        for end, _ in ends.values():
            if lacking := [t for t, s in zip(tokens, stable, strict=True) if not s and f"{t}{end}" not in names]:
                raise DataError(f"a column {lacking[0] + end!r}", got=f"none in {file}")
        for name, end, decimals in (("usdg", "_usdg", share), ("weights", "_weight", none)):
            if all(f"{t}{end}" in names for t in tokens):
                ends[name] = (end, decimals)
        return tuple((k, tuple(Cell(f"{t}{end}", decimals[t]) for t in tokens)) for k, (end, decimals) in ends.items())


_OF_GLP = "glp"

LAYOUTS = (
    Layout(
        title="demeter minutes of GMX v1",
        time="",
        supply="glp",
        aum="aum",
        usdg_supply="usdg",
        reward="interval",
        guaranteed="_guaranteed",
        short_size="_size",
        short_average="_average",
        whole=False,
    ),
    Layout(
        title="table of a GMX v1 vault",
        time="time",
        supply="glp_supply",
        aum="aum_usd",
        usdg_supply="usdg_supply",
        reward="reward_",
        guaranteed="_guaranteed_usd",
        short_size="_short_size_usd",
        short_average="_short_avg_price",
        whole=True,
    ),
)
