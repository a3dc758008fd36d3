"""The flags of what happened: files of prices, funding and a pool, or a pool made by a stated rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from typer import Option

from lpgreeks.cli.groups import require_unused
from lpgreeks.cli.request import named_reader_code, reader_code

__all__ = ["Happened"]

# Of a spread and of a fee: more is percent or basis points, or a wrong flag.
_MOST = 0.1


@dataclass(frozen=True, kw_only=True)
class Happened:
    """What happened, and what is stated in its place."""

    HEADING: ClassVar[str] = "What happened"

    prices: Annotated[
        Path | None,
        Option(help="The exchange's prices, which a synthetic pool follows: bids and asks, klines, CSV, Parquet."),
    ] = None
    perp_prices: Annotated[
        Path | None, Option(help="The perpetual's own, beside --prices: what the hedge is traded and marked at.")
    ] = None
    half_spread: Annotated[
        float | None,
        Option(help="Half of the spread, where no bids and asks are read, decimal of the price: 0.0002 is 2 bp."),
    ] = None
    funding: Annotated[
        str | None, Option(help="A file of settlements, or a rate per 8 hours, decimal; > 0: longs pay.")
    ] = None
    pool: Annotated[Path | None, Option(help="What the pool did: swaps or minutes; a synthetic pool unless said.")] = (
        None
    )
    pool_tokens: Annotated[
        str | None, Option(help="Of --pool: tokens in the contract's order, with decimals: USDC:6,WETH:18.")
    ] = None
    pool_fee: Annotated[float | None, Option(help="The pool's fee tier, decimal: 0.0005.")] = None
    pool_liquidity: Annotated[
        float | None, Option(help="Liquidity active beside the position's, in sqrt(base * quote).")
    ] = None
    noise: Annotated[
        float | None,
        Option(
            help="Of a synthetic pool: volume a day beside the arbitrage, in quote; --pool-liquidity shares its fees.",
            show_default="0",
        ),
    ] = None
    block: Annotated[str | None, Option(help="Of a synthetic pool: the time between blocks.", show_default="12s")] = (
        None
    )
    delay: Annotated[
        str | None, Option(help="Of a synthetic pool: how old the quotes are that arbitrageurs see.", show_default="1s")
    ] = None
    jump: Annotated[
        bool,
        Option("--jump", help="Arbitrage takes a synthetic pool to the quote, not to the edge of the fee band: twice "
               "the fees."),
    ] = False  # fmt: skip
    gas: Annotated[float | None, Option(help="Gas of one transaction of the position, in quote.")] = None
    start: Annotated[
        str | None, Option("--from", help="The first moment, UTC: 2023-04-10, its start; 2023-04-10 06:00.")
    ] = None
    end: Annotated[
        str | None, Option("--to", help="The last moment, UTC: 2023-04-17, its start; 2023-04-17 06:00.")
    ] = None

    def __post_init__(self) -> None:
        from lpgreeks.errors import InputError, require_positive

        for flag, rate, like in (
            ("--half-spread", self.half_spread, "0.00005 is half a basis point"),
            ("--pool-fee", self.pool_fee, "0.0005 is 5 basis points"),
        ):
            if rate is not None and rate > _MOST:
                raise InputError(f"{flag} of at most {_MOST:g}", got=f"{rate:g}", unit="decimal", remedy=like)
        if self.pool_liquidity is not None:
            require_positive("--pool-liquidity", self.pool_liquidity, unit="sqrt(base * quote)")
        made = {"--noise": self.noise, "--block": self.block, "--delay": self.delay, "--jump": self.jump or None}
        if self.pool is not None:
            require_unused(made, "--pool")
        else:
            require_unused({"--pool-tokens": self.pool_tokens}, "a synthetic pool")
        if self.prices is None:
            exchange = {"--perp-prices": self.perp_prices, "--half-spread": self.half_spread, "--funding": self.funding}
            require_unused(exchange, "no --prices")

    @property
    def stated_funding(self) -> float | None:
        """The rate, where none is read from a file.

        Raises:
            InputError: a number that is not finite.
        """
        from lpgreeks.errors import require_finite

        try:
            rate = None if self.funding is None else float(self.funding)
        except ValueError:
            return None
        return None if rate is None else require_finite("--funding", rate, unit="decimal per 8 hours")

    def code(self, base: str, quote: str) -> Iterator[str]:
        """The lines that end with ``tape``."""
        from lpgreeks.errors import InputError

        if self.prices is None and self.pool is None:
            raise InputError("--prices, --pool, or both", got="neither", remedy="Like --prices ETHUSDT-1m.parquet")
        pair = f"{base}/{quote}"
        streams = []
        if self.prices is not None:
            yield from self._quotes(pair)
            names = "quotes" if self.perp_prices is None else "[quotes, perp_quotes]"
            streams.append(f"quotes={names}")
        yield f"history = {self._pool(base, quote)}"
        streams.append("pool=history")
        if self.funding is not None and self.stated_funding is None:
            yield f"funding = lp.read_funding({self.funding!r}, market={self.market(pair)!r})"
            streams.append("funding=funding")
        if self.gas is not None:
            streams.append(f"gas=lp.Gas(each={self.gas!r})")
        yield f"tape = lp.Tape({', '.join(streams)})"

    def market(self, pair: str) -> str:
        """Whose prices a leg reads."""
        return pair if self.perp_prices is None else f"{pair}:perp"

    # ---- the lines

    def _quotes(self, pair: str) -> Iterator[str]:
        from lpgreeks.errors import InputError
        from lpgreeks.markets.books import is_book
        from lpgreeks.markets.sheets import column_names

        files = [("quotes", self.prices, pair), ("perp_quotes", self.perp_prices, f"{pair}:perp")]
        bars = {name: not is_book(path) for name, path, _ in files if path is not None}
        for name, path, _ in files:
            if path is not None and bars[name] and {"bid", "ask"} <= (found := column_names(path)):
                raise InputError(
                    "bids and asks in a layout that is known, or one price a row",
                    got=f"{path.name} with {', '.join(sorted(found))}",
                    remedy="Quote bars have time, bid_low, bid_high, bid_close and the same of ask; or keep time and "
                    "a column close, and say --half-spread; or lp.Quotes(...) in a script",
                )
        if any(bars.values()) and self.half_spread is None:
            raise InputError(
                "--half-spread, half of the spread of bars, decimal of the price",
                got="none",
                remedy="Like 0.00005, half a basis point on each side; 0 is no spread at all",
            )
        if not any(bars.values()):
            require_unused({"--half-spread": self.half_spread}, "bids and asks")
        for name, path, market in files:
            if path is None:
                continue
            if not bars[name]:
                said = "" if self.perp_prices is None else f", market={market!r}"
                read = f"lp.read_book({str(path)!r}{said})"
            else:
                of = reader_code(path, pair) if self.perp_prices is None else named_reader_code(path, market)
                read = f"lp.Quotes.from_bars({of}, half_spread={self.half_spread!r})"
            yield f"{name} = {read}{self._cut()}"

    def _pool(self, base: str, quote: str) -> str:
        from lpgreeks.errors import InputError

        if self.pool_fee is None:
            raise InputError(
                "--pool-fee, the pool's fee tier, decimal", got="none", remedy="Like 0.0005, which is 5 bp"
            )
        if self.pool is not None:
            return f"{self._read_pool(base, quote)}{self._cut()}"
        if self.noise and self.pool_liquidity is None:
            raise InputError("--pool-liquidity, which shares the fees of --noise", got="none", remedy="Like 5e6")
        if not self.noise:
            require_unused({"--pool-liquidity": self.pool_liquidity}, "no --noise")
        # Without noise liquidity is one number that nothing depends on.
        liquidity = 1.0 if self.pool_liquidity is None else self.pool_liquidity
        said = [f"fee={self.pool_fee!r}", f"liquidity={liquidity!r}"]
        said += [f"block={self.block or '12s'!r}", f"delay={self.delay or '1s'!r}"]
        said += ["rule=lp.JumpToLatent()"] if self.jump else []
        said += [f"noise={self.noise!r}"] if self.noise else []
        return f"lp.arbitraged_pool(quotes, {', '.join(said)})"

    def _read_pool(self, base: str, quote: str) -> str:
        from lpgreeks.errors import InputError
        from lpgreeks.markets.pool_minutes import is_pool_minutes
        from lpgreeks.onchain import TICK_SPACING
        from lpgreeks.tokens import find_token

        assert self.pool_fee is not None
        if self.pool_fee not in TICK_SPACING:
            tiers = ", ".join(f"{fee:g}" for fee in TICK_SPACING)
            raise InputError(f"--pool-fee as one of {tiers}", got=self.pool_fee, unit="decimal")
        tokens, decimals = self._tokens()
        coin = find_token(base, tokens)
        if coin is None:
            raise InputError(
                f"{base} among --pool-tokens", got=self.pool_tokens, remedy="--base says which is the coin"
            )
        pool = (
            f"lp.OnchainPool(token0={tokens[0]!r}, token1={tokens[1]!r}, decimals0={decimals[0]}, "
            f"decimals1={decimals[1]}, tick_spacing={TICK_SPACING[self.pool_fee]}, base={coin!r})"
        )
        given = f"{str(self.pool)!r}, pool={pool}, market={f'{base}/{quote}'!r}"
        if is_pool_minutes(self.pool):  # type: ignore[arg-type]
            require_unused({"--pool-liquidity": self.pool_liquidity}, "minutes, which have it")
            return f"lp.read_pool_minutes({given})"
        liquidity = "" if self.pool_liquidity is None else f", liquidity={self.pool_liquidity!r}"
        return f"lp.read_swaps({given}{liquidity})"

    def _tokens(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        from lpgreeks.errors import InputError

        parts = [part.partition(":") for part in (self.pool_tokens or "").split(",")]
        if len(parts) != len(("token0", "token1")) or not all(number.isdecimal() for _, _, number in parts):
            raise InputError(
                "--pool-tokens, two of them with decimals, in the contract's order",
                got=self.pool_tokens or "none",
                remedy="Like USDC:6,WETH:18",
            )
        return tuple(token for token, _, _ in parts), tuple(int(number) for _, _, number in parts)

    def _cut(self) -> str:
        if self.start is None and self.end is None:
            return ""
        return f".between({self.start!r}, {self.end!r})"
