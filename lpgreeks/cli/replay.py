"""The command that replays a position with its hedge on prices that were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.hedged import Hedging, ReplayedPool
from lpgreeks.cli.output import Reply, ScriptOutput, require_writable, written
from lpgreeks.cli.replayed import Counted, ReplayRequest
from lpgreeks.cli.rule import Triggers
from lpgreeks.cli.tape import Happened

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["replay"]


class Picture(str, Enum):
    """A picture of a replay, by the name that the command line gives it."""

    value = "value"
    trades = "trades"
    fees = "fees"
    coins = "coins"
    drawdown = "drawdown"
    attribution = "attribution"
    gap = "gap"


@dataclass(frozen=True, kw_only=True)
class Pictured(ScriptOutput):
    """Where an answer goes that has several pictures, and trades."""

    picture: Annotated[Picture, Option(help="Which picture --out writes.")] = Picture.value
    trades: Annotated[Path | None, Option(help="Write every trade of the hedge (.csv).")] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.trades is not None:
            require_writable(self.trades, (".csv",), flag="--trades")

    def reply_of(self, names: dict[str, Any]) -> Reply:
        """The replay, and the picture of it that is asked for."""
        result: lp.Replayed = names["result"]
        plots = {
            Picture.value: result.plot,
            Picture.trades: result.plot_trades,
            Picture.fees: result.plot_fees,
            Picture.coins: result.plot_amounts,
            Picture.drawdown: result.plot_drawdown,
            Picture.attribution: result.plot_attribution,
            Picture.gap: result.plot_gap,
        }
        return replace(Reply.of(result, plot=plots[self.picture]), table=lambda: result.table().reset_index())

    def give(self, reply: Reply) -> None:
        """Print it, and write the files, that of the trades too."""
        super().give(reply)
        if self.trades is not None:
            rows = reply.results[0].trade_table().reset_index()
            written(self.trades, lambda part: rows.to_csv(part, index=False))


def replay(
    position: ReplayedPool,
    happened: Happened,
    hedging: Hedging,
    triggers: Triggers,
    counted: Counted,
    scenario: FromFile,
    output: Pictured,
) -> None:
    """How a position with its hedge would have fared on prices that were.

    Rates, shares and spreads are decimals: 0.0005 is 0.05 %, or 5 basis points.

    Example: lpgreeks replay --prices ETHUSDT-perp-1m.parquet --half-spread 0.00005 --pool-fee 0.0005 --managed
    --lower 0.95 --upper 1.05 --fee 0.0005 --band 0.05

    Example: lpgreeks replay --pool swaps.parquet --pool-tokens USDC:6,WETH:18 --pool-fee 0.0005 --lower 2100
    --upper 2400 --hold
    """
    if scenario.given:
        asked = scenario.script({"result": "replay"})
    else:
        request = ReplayRequest(
            position=position, happened=happened, hedging=hedging, triggers=triggers, counted=counted
        )
        asked = request.script()
    output.answer(asked, output.reply_of)
