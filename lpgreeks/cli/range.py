"""The command that finds a range by how often it is left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from typer import Argument, Option

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.output import Reply, TableOutput

__all__ = ["range_of_exits"]


@dataclass(frozen=True, kw_only=True)
class Figures(TableOutput):
    """Where an answer goes that has neither a table nor a picture."""

    ENDINGS: ClassVar[tuple[str, ...]] = (".json", ".toml")

    out: Annotated[
        list[Path] | None,
        Option(help="Write the answer (.json), or the scenario that made it (.toml); repeat for more."),
    ] = None


def range_of_exits(
    *,
    exits_per_week: Annotated[
        float | None, Argument(help="How often a week the range may be left, in the long run.")
    ] = None,
    price: Annotated[float, Option(help="Price now, quote per base.")] = 1_900.0,
    volatility: Annotated[float, Option(help="Volatility per year, decimal: 0.65 is 65 %.")] = 0.65,
    days: Annotated[float, Option(help="Horizon under the model, in days.")] = 7.0,
    drift: Annotated[float, Option(help="Growth of the mean price per year, decimal: 0.1 is 10 %.")] = 0.0,
    scenario: FromFile,
    output: Figures,
) -> None:
    """The range that is left so many times a week when it is re-centred at each exit.

    Example: lpgreeks range 2 --price 1867 --volatility 0.8
    """
    from lpgreeks.errors import InputError

    given = {"price": price, "volatility": volatility, "days": days, "drift": drift}
    given |= {} if exits_per_week is None else {"exits_per_week": exits_per_week}
    given |= scenario.read().figures("range") if scenario.given else {}
    if "exits_per_week" not in given:
        raise InputError("how often the range may be left", got="nothing", remedy="Like `lpgreeks range 2`")
    output.give(_reply(given))


def _reply(given: dict[str, float]) -> Reply:
    import lpgreeks as lp

    price, days = given["price"], given["days"]
    model = lp.Lognormal(price=price, volatility=given["volatility"], years=days / 365, drift_per_year=given["drift"])
    lower, upper = lp.range_for_exits(model, per_week=given["exits_per_week"])
    leaving, inside = model.exit_probability(lower, upper), model.years_inside(lower, upper) * 365 / days
    ends = f"{lower:,.2f} to {upper:,.2f} ({lower / price - 1:+.2%} to {upper / price - 1:+.2%})"
    told = (
        f"Within the horizon it is left with a chance of {leaving:.2%}; held through, the price is in it for "
        f"{inside:.2%} of the time."
    )
    record = {"lower": lower, "upper": upper, "chance_of_leaving": leaving, "share_of_time_inside": inside}
    return Reply(
        text=lambda: f"{ends}: {model.describe()}.\n{told}",
        record=lambda: record,
        scenario=lambda: lp.scenario_of(range=given),
    )
