"""A pool's price where only quotes are known: what arbitrageurs would have made of it, by a stated rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.display import Noun
from lpgreeks.errors import DataError, InputError, require_finite, require_positive
from lpgreeks.markets import PoolHistory, Quotes
from lpgreeks.paths import Seed, generator
from lpgreeks.paths.rows import Times
from lpgreeks.paths.spans import Span, span_of, span_text
from lpgreeks.paths.stamps import utc_stamps
from lpgreeks.recipes import recorded

__all__ = ["JumpToLatent", "ReflectAtBand", "arbitraged_pool"]

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class ReflectAtBand(Noun):
    r"""A trade ends where the next coin would lose: at the edge of the fee band, ``bid (1 - f)`` or ``ask / (1 - f)``.

    It is what an arbitrageur does who pays the fee. Over many blocks arbitrage and fees add up to LVR; as blocks come
    faster, all of it is fees. Source: Milionis, Moallemi and Roughgarden (2023).
    """

    words: ClassVar[str] = "to the edge of the fee band"

    def stop(self, fee: float) -> float:
        """The pool's price after a purchase, as a share of the bid."""
        return 1.0 - fee


@dataclass(frozen=True)
class JumpToLatent(Noun):
    """Beyond the fee band, a trade takes the pool all the way to the quote: its last coins lose their fee.

    The convention of backtests that set the pool to the exchange's price after each move of the size of the fee. As
    blocks come faster it earns twice the fees of :class:`ReflectAtBand`. Source: Echenim, Gobet and Maurice (2023).
    """

    words: ClassVar[str] = "all the way to the quote"

    def stop(self, fee: float) -> float:
        """The pool's price after a purchase, as a share of the bid."""
        return 1.0


@recorded
def arbitraged_pool(
    quotes: Quotes,
    *,
    fee: float,
    liquidity: float,
    block: Span | Times = "12s",
    delay: Span = "0s",
    rule: ReflectAtBand | JumpToLatent = ReflectAtBand(),
    start: float | None = None,
    noise: float = 0.0,
    seed: Seed | None = None,
    market: str = "",
    protocol_share: float = 0.0,
) -> PoolHistory:
    r"""A pool whose price follows an exchange's quotes as far as arbitrage takes it: synthetic, and labelled so.

    At each block an arbitrageur buys from the pool what sells at the bid for more than it costs with the fee ``f``, or
    sells to it what the ask sells for less. Under :class:`ReflectAtBand` the price ``p`` becomes

    .. math::
        p \leftarrow \begin{cases}
            b\,(1 - f) & p < b\,(1 - f) \\
            a / (1 - f) & p > a / (1 - f) \\
            p & \text{else}
        \end{cases}

    with bid ``b`` and ask ``a``, never the middle. Arbitrage is fee growth: per unit of liquidity a purchase pays
    :math:`\frac{f}{1 - f}\,\Delta\sqrt p` in quote and a sale :math:`\frac{f}{1 - f}\,\Delta(1/\sqrt p)` in base. The
    price does not depend on liquidity, so that a position neither moves it nor shares these fees with itself. Noise
    trades come after the arbitrageur, half in each token, leave the price alone, and are the amounts paid in.

    The rows are the blocks in which something happens, the first and the last: all of them where there is noise.

    Args:
        quotes: of the exchange.
        fee: the tier ``f``, a decimal of what is paid in.
        liquidity: active in the pool, in ``sqrt(base * quote)``: it shares the noise's fees with a position.
        block: the time between blocks, from the first quote on; or their own times.
        delay: how old quotes are when an arbitrageur's trade arrives.
        rule: how far a trade goes.
        start: the pool's price at the first block; the middle of the quotes unless given.
        noise: volume a day in quote, fee included, spread evenly over time.
        seed: draws the noise of each block from an exponential law of that mean instead.
        market: the pool's; the pair of the quotes unless given.
        protocol_share: of the fee.

    Raises:
        InputError: a fee, a liquidity, a noise, a delay or a distance of blocks that is none.
        DataError: fewer than two blocks, or blocks out of order or outside the quotes.
    """
    from lpgreeks.replays.blocks import follow

    rates = (("fee", fee), ("protocol_share", protocol_share))
    fee, protocol_share = (_rate(name, rate) for name, rate in rates)
    volume = require_finite("noise", noise, unit="quote per day")
    if volume < 0:
        raise InputError("noise of 0 or more", got=f"{volume:g}", unit="quote per day")
    lag = span_of(delay)
    if lag < np.timedelta64(0):
        raise InputError("a delay of 0 or more", got=span_text(lag), remedy="A negative one would know later quotes")
    times, how_often = _block_times(block, quotes)
    at_first = np.searchsorted(quotes.times, times[0], side="right") - 1
    first = float(quotes.mid[at_first]) if start is None else require_positive("start", start, unit="quote per base")
    at, prices, growth_base, growth_quote = follow(
        quotes.times.view(np.int64), quotes.bid, quotes.ask, times.view(np.int64), int(lag.astype(np.int64)), first,
        1.0 - fee, rule.stop(fee), fee / (1.0 - fee) * (1.0 - protocol_share), volume > 0,
    )  # fmt: skip
    own = times[at]
    half = _noise(own, volume, seed) / 2.0
    name = market or quotes.market.partition(":")[0]
    still = (
        ()
        if (prices != prices[0]).any()
        else (f"the pool of {name} NEVER MOVES: no quote that is {span_text(lag)} old leaves its fee band",)
    )
    stated = [
        f"blocks {how_often}",
        *([f"quotes {span_text(lag)} old"] if lag else []),
        f"a fee of {fee * 1e4:g} bp",
        f"a start at {'the middle of the quotes' if start is None else f'{first:g}'}",
        f"a liquidity of {liquidity:,.12g}",
        f"noise of {volume:,.12g} a day" + ("" if seed is None or not volume else f", drawn with seed {seed}"),
    ]
    return PoolHistory(
        market=name,
        fee=fee,
        times=own,
        prices=prices,
        base_in=half / prices,
        quote_in=half,
        liquidity=np.full(own.size, require_positive("liquidity", liquidity, unit="sqrt(base * quote)")),
        growth_base=growth_base,
        growth_quote=growth_quote,
        protocol_share=protocol_share,
        synthetic=f"arbitrageurs take the pool's price {rule.words} at {quotes.market}'s bid or ask; "
        f"stated are {', '.join(stated)}",
        source=f"pool of {name}, synthetic: {own.size:,} rows of {times.size:,} blocks, made from {quotes.market}",
        notes=(f"fee growth of {name} holds what arbitrageurs paid, amounts paid in are noise", *still),
    )


def _block_times(block: Span | Times, quotes: Quotes) -> tuple[Times, str]:
    """When blocks come, and how often in words."""
    first, last = quotes.times[[0, -1]]
    if isinstance(block, np.ndarray):
        times = utc_stamps(block, "blocks")
        words = f"at {times.size:,} given times"
    else:
        apart = span_of(block)
        if apart <= np.timedelta64(0):
            raise InputError("blocks some time apart", got=span_text(apart))
        times = np.arange(first, last + np.timedelta64(1, "ns"), apart)
        words = f"{span_text(apart)} apart"
    if times.size < 2 or (np.diff(times) <= np.timedelta64(0)).any() or times[0] < first or times[-1] > last:
        raise DataError(
            "two or more blocks in order, within the quotes",
            got=f"{words}, {times.size:,} of them",
            remedy=f"The quotes go from {first} to {last}",
        )
    return times, words


def _noise(times: Times, volume: float, seed: Seed | None) -> FloatArray:
    """What noise traders pay in since the row before, in quote; nothing at the first, where the pool only stands."""
    # A number times a span is a span, of whole nanoseconds in 64 bits: ordinary volumes do not fit.
    mean = volume * (np.diff(times, prepend=times[0]) / _DAY)
    return mean if seed is None else mean * generator(seed).standard_exponential(times.size)


def _rate(name: str, rate: float) -> float:
    number = require_finite(name, rate, unit="decimal")
    if not 0 <= number < 1:
        raise InputError(f"{name} from 0 up to 1", got=f"{number:g}", unit="decimal", remedy="0.05 % is 0.0005")
    return number
