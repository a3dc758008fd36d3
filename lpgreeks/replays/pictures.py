"""Pictures of a replay. Each takes axes or makes its own, and returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.draw import (
    band,
    bars,
    histograms,
    legend,
    new_axes,
    strands,
    timelines,
    trade_marks,
    verticals,
)
from lpgreeks.errors import InputError
from lpgreeks.hedging.text import rounded
from lpgreeks.replays.columns import Living
from lpgreeks.replays.index_life import IndexLife
from lpgreeks.replays.life import Life

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lpgreeks.replays.result import Replayed

__all__ = [
    "amounts",
    "attribution",
    "coins_since",
    "drawdown",
    "exposure",
    "fees_against_loss",
    "gap",
    "total_value",
    "trades",
]

_S = Living()


def total_value(r: Replayed, ax: Axes | None = None) -> Axes:
    """Fees, impermanent loss and the hedge since the start, and their sum with everything else."""
    ax = new_axes()[0] if ax is None else ax
    parts, sources = r.parts, r.life.sources
    earned = {name: sources[name] for name in ("fees", "rewards") if name in sources}
    hedge = sum(parts[name] for name in ("hedge", "funding", "spread", "exchange fees", "slippage"))
    lines = {
        "position, unhedged": r.unhedged - r.capital,
        **{name: np.sum([parts[part] for part in own], axis=0) for name, own in earned.items()},
        "hedge, less its costs": np.asarray(hedge),
        "everything": r.net,
    }
    return legend(timelines(ax, r.times, lines, ylabel=f"since the start [{r.quote}]", title=_title("Total value", r)))


def fees_against_loss(r: Replayed, life: Life, ax: Axes | None = None) -> Axes:
    """Fees in the band of their bounds, against impermanent loss."""
    ax = new_axes()[0] if ax is None else ax
    states, price = life.states, life.prices
    least = states[:, _S.least_base] * price + states[:, _S.least_quote]
    most = states[:, _S.most_base] * price + states[:, _S.most_quote]
    name = f"bounds of the fees, {rounded(float(least[-1]))} to {rounded(float(most[-1]))} at the end"
    band(ax, r.times, least, most, name=name)
    lines = {
        "impermanent loss": -r.parts["impermanent loss"],
        "fees": r.parts["fees, base"] + r.parts["fees, quote"],
    }
    return legend(
        timelines(
            ax, r.times, lines, ylabel=f"since the start [{r.quote}]", title=_title("Fees against impermanent loss", r)
        )
    )


def amounts(r: Replayed, life: Life, ax: Axes | None = None) -> Axes:
    """Change since the add of the coins in the pool, of those of the hedge, and of both: what is left to hedge."""
    ax = new_axes()[0] if ax is None else ax
    coin = life.bases[0]
    base, _ = life.in_pool
    since = base - life.states[:, _S.base]
    inverse = r.hedge.columns.inverse
    hedge = np.where(inverse, -r.of_legs[:, :, 1], r.of_legs[:, :, 0])
    moved = (hedge - _at_the_add(r, life, hedge)).sum(axis=1)
    lines = {"pool": since, "hedge": moved, "both": since + moved}
    return legend(
        timelines(ax, r.times, lines, ylabel=f"since the add [{coin}]", title=_title("Coins since the add", r))
    )


def _at_the_add(r: Replayed, life: Life, hedge: FloatArray) -> FloatArray:
    """``(rows, legs)``: coins of each leg once the range that stands on a row had been laid and hedged."""
    adds, trades = life.adds.row, r.trades
    coins = trades.quantity / np.where(r.hedge.columns.inverse[trades.leg], trades.price, 1.0)
    levels = np.empty((adds.size, len(r.hedge.legs)))
    for j, account in enumerate(r.hedge.columns.account.tolist()):
        sums = np.concatenate([[0.0], np.cumsum(coins * (trades.leg == j))])
        levels[:, j] = sums[np.searchsorted(trades.row, adds, side="right")]
        gone = r.liquidated[account] if account >= 0 else None
        if gone is not None:
            # What a liquidation leaves stays.
            levels[adds >= gone, j] = hedge[-1, j]
    return levels[np.searchsorted(adds, r.rows, side="right") - 1]


def drawdown(r: Replayed, ax: Axes | None = None) -> Axes:
    """How far the equity stands below its peak, hedged and not, as a share of the peak."""
    ax = new_axes()[0] if ax is None else ax
    lines = {
        name: 100.0 * (series / np.maximum.accumulate(series) - 1.0)
        for name, series in (("unhedged", r.unhedged), ("hedged", r.equity))
    }
    return legend(timelines(ax, r.times, lines, ylabel="below the peak [%]", title=_title("Drawdown", r)))


def attribution(r: Replayed, ax: Axes | None = None) -> Axes:
    """Where the money came from, part by part."""
    ax = new_axes()[0] if ax is None else ax
    parts = {name: float(series[-1]) for name, series in r.parts.items() if series[-1]}
    shown = parts | {"net": float(r.net[-1])}
    return bars(ax, shown, xlabel=f"P&L [{r.quote}]", title=_title("Where it came from", r))


def trades(r: Replayed, ax: Axes | None = None) -> Axes:
    """The price with every trade of the hedge on it, and the adds."""
    ax = new_axes()[0] if ax is None else ax
    title, at = _title("Price and hedge trades", r), r.tape.times[r.trades.row]
    if isinstance(r.life, IndexLife):
        # Prices of several coins share an axis as changes.
        starts = {coin: float(r.life.coin_prices(coin)[0]) for coin in r.life.bases}
        lines = {coin: 100.0 * (r.life.coin_prices(coin) / start - 1.0) for coin, start in starts.items()}
        own = [starts[r.life.bases[r.life.index.column(leg.instrument.base)]] for leg in r.hedge.legs]
        strands(ax, r.times, lines, ylabel="price since the start [%]", title=title)
        shown = 100.0 * (r.trades.price / np.asarray(own)[r.trades.leg] - 1.0) if own else r.trades.price
        trade_marks(ax, at, shown, r.trades.quantity > 0)
        return legend(ax)
    # Every row of the tape: between two of the result's rows a trade would stand beside the line.
    rows = slice(int(r.rows[0]), int(r.rows[-1]) + 1)
    ylabel = f"price [{r.quote} per {r.life.bases[0]}]"
    timelines(ax, r.tape.times[rows], {"pool": r.tape.rows.pool[rows]}, ylabel=ylabel, title=title)
    trade_marks(ax, at, r.trades.price, r.trades.quantity > 0)
    again = r.tape.times[r.life.adds.row[1:]]
    if again.size:
        verticals(ax, list(again), name="laid again", style=":")
    return legend(ax)


def exposure(r: Replayed, ax: Axes | None = None) -> Axes:
    """What the position moves with, by coin, and what is left with the hedge, in quote."""
    ax = new_axes()[0] if ax is None else ax
    prices = {coin: r.life.coin_prices(coin) for coin in r.life.coins}
    alone = {coin: own * prices[coin] for coin, own in r.life.coins.items()}
    hedged = {f"{coin}, hedged": r.exposures[coin] * price for coin, price in prices.items()}
    title = _title("Exposure by coin", r)
    return legend(strands(ax, r.times, alone, ylabel=f"exposure [{r.quote}]", title=title, dashed=hedged))


def gap(r: Replayed, ax: Axes | None = None) -> Axes:
    """How far the exchange's middle stood from the pool's price, over time spent there."""
    if not r.tape.markets or r.tape.pool is None:
        raise InputError("quotes and a pool on the tape", got=r.tape.describe())
    ax = new_axes()[0] if ax is None else ax
    rows = r.tape.rows
    apart = ((rows.bid[0] + rows.ask[0]) / 2.0 / rows.pool - 1.0)[:-1] * 1e4
    stood = np.diff(rows.times).astype(np.float64)
    name = "synthetic pool" if r.tape.synthetic else "pool"
    return histograms(
        ax, {name: apart}, stood / stood.sum(), xlabel="exchange over pool [basis points]", ylabel="share of time",
        title=_title("Gap", r),
    )  # fmt: skip


def coins_since(r: Replayed, ax: Axes | None = None) -> Axes:
    """Coins behind the position by coin, as a share of those at the start: what its state did, whatever prices did."""
    ax = new_axes()[0] if ax is None else ax
    lines = {coin: 100.0 * (own / own[0] - 1.0) for coin, own in r.life.coins.items() if own[0]}
    if not lines:
        raise InputError("coins behind the position", got="prices alone, or none at the start")
    title = _title("Coins behind the position", r)
    return legend(strands(ax, r.times, lines, ylabel="coins since the start [%]", title=title))


def _title(what: str, r: Replayed) -> str:
    return f"{what}{', synthetic pool' if r.tape.synthetic else ''}"
