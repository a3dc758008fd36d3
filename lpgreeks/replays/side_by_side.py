"""Several replays of one position in one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lpgreeks.errors import InputError
from lpgreeks.replays.result import Replayed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["side_by_side"]

_COSTS = ("spread", "exchange fees", "slippage")


def side_by_side(results: Mapping[str, Replayed]) -> pd.DataFrame:
    """What each hedge of one position removed, brought and cost.

    One row for each: ``removed``, the share of the variance of the position's changes over the grid that is gone;
    ``deviation``, the standard deviation of the hedged changes, in quote per step of the grid; ``hedge`` and
    ``funding``, > 0 is a gain; ``costs`` of its trades, > 0 is a loss; ``position``, what the position made by itself,
    rewards and entering and leaving in it; ``net``, and ``net less rewards``, in quote; ``trades`` and ``turnover``.

    Args:
        results: by name, all on the same grid of time.

    Raises:
        InputError: none, or replays of different positions, tapes or grids.
    """
    import pandas as pd

    if not isinstance(results, Mapping) or not all(isinstance(r, Replayed) for r in results.values()):
        raise InputError("replays by name", got=f"{results!r:.60}", remedy='side_by_side({"band": lp.replay(...)})')
    kinds = {(r.tape.describe(), r.position, r.times.tobytes()) for r in results.values()}
    if len(kinds) != 1:
        raise InputError("replays of one position on one tape and grid", got=f"{len(kinds)} kinds")
    rows = {}
    for name, r in results.items():
        parts = r.attribution()
        rewards = parts.get("rewards", 0.0)
        rows[name] = {
            "removed": r.effectiveness,
            "deviation": float(np.std(np.diff(r.equity))),
            "hedge": parts["hedge"] + parts["options"],
            "funding": parts["funding"],
            "costs": -sum(parts[cost] for cost in (*_COSTS, "option costs")),
            "position": float(r.life.worth[-1]) - r.life.capital,
            "net": parts["net"],
            "net less rewards": parts["net"] - rewards,
            "trades": len(r.trades),
            "turnover": r.turnover,
        }
    return pd.DataFrame(rows).T.astype({"trades": int})
