"""A replay in words and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpgreeks._types import FloatArray
from lpgreeks.hedging.text import WIDTH, aligned, percent, rounded, wrapped
from lpgreeks.instruments import Cash, Exposure, Spot
from lpgreeks.replays.dislocations import fee_band
from lpgreeks.replays.index_life import IndexLife
from lpgreeks.replays.life import Life
from lpgreeks.replays.policies import Hold, Policy

if TYPE_CHECKING:
    import pandas as pd

    from lpgreeks.replays.result import Replayed

__all__ = ["notes", "removal_table", "sentence", "share_table", "summary"]

_OF_HEDGE = {
    "tokens held": ("coins posted",),
    "hedge": ("hedge", "funding"),
    "options": ("options",),
}
"""The parts of everything but the position, by what a reader asks for."""

# Of what was traded: sums of many trades miss zero by less.
_BARELY = 1e-9

_COSTS = ("spread", "exchange fees", "slippage", "option costs")


def sentence(r: Replayed) -> str:
    """What it made, on how much, and of what."""
    days = r.tape.years * 365
    parts, of_position = r.attribution(), r.life.sources
    sources = {
        name: sum(parts[part] for part in (*of_position.get(name, ()), *_OF_HEDGE.get(name, ())))
        for name in dict.fromkeys([*of_position, *_OF_HEDGE])
    }
    sources["costs"] = sum(parts[part] for part in (*r.life.costs, *_COSTS))
    told = ", ".join(f"{name} {rounded(amount)}" for name, amount in sources.items() if amount)
    made = f"Over {days:.4g} days it made {rounded(parts['net'])} {r.quote} on {rounded(r.capital)}"
    alone = f"; unhedged {rounded(float(r.unhedged[-1] - r.unhedged[0]))}" if r.hedge.legs else ""
    return f"{made} ({percent(parts['net'] / r.capital)}): {told or 'nothing moved'}{alone}{_warning(r)}."


def _warning(r: Replayed) -> str:
    gone = [p.name for p, row in zip(r.hedge.pledges, r.liquidated, strict=True) if row is not None]
    told = f"; LIQUIDATED: {', '.join(gone)}" if gone else ""
    return f"{told}; the pool is SYNTHETIC" if r.tape.synthetic else told


def summary(r: Replayed) -> str:
    """Everything that a reader needs to judge it."""
    parts = r.attribution()
    net = parts.pop("net")
    rows = [[name, rounded(amount)] for name, amount in parts.items() if amount] + [["net", rounded(net)]]
    figures = r.performance.figures
    shown = {
        "return per year": percent(figures["return_per_year"]),
        "volatility": percent(figures["volatility"]),
        "Sharpe": f"{figures['sharpe']:.3g}",
        "maximum drawdown": f"{percent(figures['drawdown'])} on the grid",
        "variance removed": _removed(r.effectiveness, "the value"),
        "": _removed(r.excess_effectiveness, "the value over holding"),
        "hedges": f"{len(r.trades):,}",
        "turnover": f"{rounded(r.turnover)} {r.quote}",
        **_of_life(r.life),
    }
    lines = [wrapped(sentence(r), WIDTH), "", *aligned([["part", f"[{r.quote}]"], *rows], words=(0,)), ""]
    lines += aligned([[name, figure] for name, figure in shown.items()], words=(0, 1))
    if r.trades.row.size:
        terms = [[str(name), f"{half:.5g}", rounded(spread), rounded(fees), rounded(net)]
                 for name, half, spread, fees, net in r.execution().itertuples()]  # fmt: skip
        lines += [
            "",
            *aligned([["the same trades", "half-spread [of the price]", "spread", "fees", "net"], *terms], words=(0,)),
        ]
    lines += ["", "Taken as given", *(wrapped(f"- {note}", WIDTH, indent="  ") for note in notes(r))]
    return "\n".join(lines)


def _removed(share: float, of: str) -> str:
    """How much of a variance; undefined where nothing moved."""
    if not np.isfinite(share):
        return f"undefined of {of}"
    return f"{percent(share)} of {of}" if share >= 0 else f"none of {of}: {1.0 - share:.3g} times the variance"


def _of_life(life: Life | IndexLife) -> dict[str, str]:
    if isinstance(life, IndexLife):
        return {f"shares of {life.index.name}": rounded(life.position.shares)}
    shown = {
        "time in range": percent(life.time_in_range),
        "laid": "once" if life.adds.row.size == 1 else f"{life.adds.row.size:,} times",
    }
    if any(life.fee_bounds):
        least, most = life.fee_bounds
        shown["fees between"] = f"{rounded(least)} and {rounded(most)} {life.quote}"
    return shown


def notes(r: Replayed) -> tuple[str, ...]:
    """What is real, what is stated, and what the numbers leave out."""
    found = [*r.tape.notes, *r.life.notes, *r.hedge.notes]
    pool = r.tape.pool
    for j, leg in enumerate(r.hedge.legs):
        if leg.step and not isinstance(r.policy, Hold) and not (r.trades.leg == j).any():
            found.append(f"nothing was traded in {leg.name}: no order came to its lot of {leg.step:g}")
    found += _borrowed(r)
    if isinstance(r.policy, Policy):
        said = r.policy.settings
        lowest, ceiling = said.get("min_gap"), said.get("gap")
        if isinstance(lowest, float) and isinstance(ceiling, float) and pool is not None:
            edge = fee_band(pool.fee)
            if ceiling <= edge:
                found.append(
                    f"a ceiling of {ceiling:.6g} acts only inside the fee's band, up to {edge:.6g}, "
                    "where no arbitrageur could"
                )
            if lowest < edge:
                found.append(
                    f"a dislocation of more than {lowest:.6g} is acted on; up to {edge:.6g}, the edge of the band "
                    f"of the pool's fee of {pool.fee:g}, there is no arbitrage"
                )
    if r.hedge.legs:
        found.append("contracts are marked at the end, not closed")
    return tuple(dict.fromkeys(found))


def _borrowed(r: Replayed) -> list[str]:
    """What trades in coins took on credit, beyond the coins and the money that the position holds beside its pools."""
    beside = r.position.positions if isinstance(r.position, Exposure) else ()
    owned = {kind: sum(p.quantity for p in beside if isinstance(p.instrument, kind)) for kind in (Spot, Cash)}
    legs, trades, found = r.hedge.legs, r.trades, []
    spot = {j: leg.instrument.base for j, leg in enumerate(legs) if isinstance(leg.instrument, Spot)}
    bought = trades.quantity * np.isin(trades.leg, list(spot))
    for coin in dict.fromkeys(spot.values()):
        of_coin = np.isin(trades.leg, [j for j, other in spot.items() if other == coin])
        short = -float(np.cumsum(bought * of_coin).min(initial=0.0)) - owned[Spot]
        if short > _BARELY * float(np.abs(bought).sum()):
            found.append(f"up to {short:,.6g} {coin} were sold without owning them, borrowed at no cost")
    spent = np.cumsum(bought * trades.price + trades.fee * np.isin(trades.leg, list(spot)))
    credit = float(spent.max(initial=0.0)) - owned[Cash]
    if credit > _BARELY * float(np.abs(bought) @ trades.price):
        found.append(f"up to {credit:,.6g} {r.quote} were spent on coins without having them, borrowed at no cost")
    return found


def removal_table(r: Replayed, life: Life) -> pd.DataFrame:
    """One row for each removal."""
    import pandas as pd

    gone = life.removals.row
    price = r.tape.rows.pool[gone]
    upto = len(gone)
    scale, centre = life.adds.scale[:upto], life.adds.centre[:upto]
    base = scale * life.one.base_amount(price / centre) / np.sqrt(centre) if upto else np.zeros(0)
    quote = scale * life.one.quote_amount(price / centre) * np.sqrt(centre) if upto else np.zeros(0)
    coin = life.one.bases[0]
    columns = {
        "added": pd.DatetimeIndex(r.tape.times[life.adds.row[:upto]], tz="UTC"),
        "price at the add": life.adds.price[:upto],
        "pool": price,
        f"change of {coin}": base - life.adds.base[:upto],
        f"change of {r.quote}": quote - life.adds.quote[:upto],
    }
    for j, market in enumerate(r.tape.markets):
        columns[market] = (r.tape.rows.bid[j, gone] + r.tape.rows.ask[j, gone]) / 2.0
    return pd.DataFrame(columns, index=pd.DatetimeIndex(r.tape.times[gone], name="removed", tz="UTC"))


def share_table(r: Replayed, life: IndexLife, coin: str) -> pd.DataFrame:
    """One row for each time of the grid: the shares, what they can be redeemed for, and what the hedge did."""
    import pandas as pd

    column = life.index.column(coin)
    price = life.coin_prices(coin)
    own = [j for j, leg in enumerate(r.hedge.legs) if life.index.column(leg.instrument.base) == column]
    shares = life.position.shares
    contracts: dict[str, FloatArray] = {}
    for j in own:
        token = coin if r.hedge.columns.inverse[j] else r.quote
        contracts[f"contracts [{token}]"] = contracts.get(f"contracts [{token}]", 0.0) + r.gained_in_token[:, j]
    rewards = life.parts.get("rewards", np.zeros(price.size))
    columns = {
        f"{life.index.name} held": np.full(price.size, shares),
        f"{life.index.name} [{r.quote}]": life.prices,
        f"{coin} [{r.quote}]": price,
        f"redeemable [{coin}]": (life.worth - rewards) / price,
        **contracts,
        f"rewards [{r.quote}]": rewards,
        f"costs [{r.quote}]": -np.sum([r.parts[name] for name in (*life.costs, *_COSTS)], axis=0),
        f"net [{r.quote}]": r.net,
        f"worth [{coin}]": r.equity / price,
    }
    return pd.DataFrame(columns, index=pd.DatetimeIndex(r.times, name="time", tz="UTC"))
