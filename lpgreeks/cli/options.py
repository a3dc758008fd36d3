"""The command that chooses among the options of a chain: its flags, as the script that answers it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from typer import Option

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.groups import Account, Bounds, Costs, Exit, Goal, Market, Minimise, Pool, TieBreak
from lpgreeks.cli.output import Reply, ScriptOutput
from lpgreeks.cli.request import Request
from lpgreeks.cli.scripts import Script, printing

__all__ = ["options"]

_ANSWERS = ("plan", "given", "besides", "expected")
"""What the answer to a chain consists of, in order."""

_RUNS = {"plan": "hedge", "besides": "compare", "expected": "economics"}

_GIVEN = "given = scenario.figures('given').get('words', '')\n"


@dataclass(frozen=True, kw_only=True)
class QuotedPool(Pool):
    """The liquidity position, at the price that the chain is quoted at."""

    lower: Annotated[float | None, Option(help="Lower end of the range, quote per base.")] = None
    upper: Annotated[float | None, Option(help="Upper end of the range, quote per base.")] = None
    price: Annotated[
        float | None,
        Option(help="Price now, quote per base.", show_default="the chain's index"),
    ] = None

    @property
    def price_code(self) -> str:
        return "price"


@dataclass(frozen=True, kw_only=True)
class QuotedMarket(Market):
    """What prices may do until the options expire."""

    volatility: Annotated[
        float | None,
        Option(help="Volatility per year, decimal: 0.65 is 65 %.", show_default="at the money of the expiry"),
    ] = None
    days: Annotated[float | None, Option(help="Horizon under the model, in days.", show_default="to the expiry")] = None
    window: Annotated[
        str | None, Option(help="Length of a window of --prices: 7D, 12h.", show_default="whole hours to the expiry")
    ] = None


@dataclass(frozen=True, kw_only=True)
class Quotes:
    """The chain, and how much of it may be traded."""

    HEADING: ClassVar[str] = "The option chain"

    chain: Annotated[
        Path | None, Option(help="The option chain: JSON, CSV or Parquet.", show_default="must be given")
    ] = None
    expiry: Annotated[str | None, Option(help="The day on which the options expire: 2026-01-09.")] = None
    at: Annotated[str | None, Option(help="The last snapshot not after that time, UTC: 2026-01-05 12:00.")] = None
    puts: Annotated[int, Option(help="At most so many puts.", min=0)] = 1
    calls: Annotated[int, Option(help="At most so many calls.", min=0)] = 1
    no_perp: Annotated[bool, Option("--no-perp", help="Offer options only.")] = False
    premium_at_most: Annotated[float | None, Option(help="Cap on the premium paid, in quote.")] = None
    option_venue: Annotated[
        str | None, Option(help="Whose fees and lots the options have, on --on or the day of the chain.")
    ] = None
    lots: Annotated[bool, Option("--lots", help="Whole lots and contracts, chosen as such.")] = False


@dataclass(frozen=True, kw_only=True)
class OptionsRequest(Request):
    """What the user asked of a chain, whole."""

    position: QuotedPool
    quotes: Quotes

    def __post_init__(self) -> None:
        from lpgreeks.errors import InputError

        super().__post_init__()
        quotes = self.quotes
        if not quotes.puts + quotes.calls:
            raise InputError("at least one option to choose", got="--puts 0 --calls 0", remedy="`lpgreeks hedge`")
        if self.market.exit is Exit.range:
            raise InputError("options held to the end", got="--exit range", remedy="An exit is no expiry")
        venues = [self.account.linear_venue, self.account.inverse_venue, quotes.option_venue]
        if quotes.lots and not any(venues):
            raise InputError("a venue that says what a lot is", got="--lots", remedy="Like --option-venue deribit")

    def require_chain(self) -> None:
        """Errors for a chain, or a day of it, that is not said; and for lots that nobody confirms."""
        import lpgreeks as lp

        quotes = self.quotes
        if quotes.chain is None:
            raise lp.InputError("an option chain", got="no --chain", remedy="--chain chain.json")
        if quotes.expiry is None:
            days = lp.read_chain(quotes.chain, base=self.position.base, at=quotes.at).days
            raise lp.InputError("--expiry, the day of the options", got="none", remedy=f"One of {', '.join(days)}")
        if quotes.lots and quotes.option_venue is not None:
            chain = eval(self.chain_code(), {"lp": lp})
            try:
                _ = eval(self._terms(), {"lp": lp, "chain": chain}).lot
            except lp.DataError as error:
                raise lp.InputError("a lot that somebody confirms", got="none", remedy="--unconfirmed") from error

    def chain_code(self) -> str:
        """The expression that reads the chain, every expiry of it."""
        at = "" if self.quotes.at is None else f", at={self.quotes.at!r}"
        return f"lp.read_chain({str(self.quotes.chain)!r}, base={self.position.base!r}{at})"

    def script(self) -> Script:
        """Python that ends with ``plan`` and, beside it, ``besides``."""
        ends, names = self._expected()
        head = ["import lpgreeks as lp", "", *self._head_of_options(), ""]
        lines = [*head, f"plan = {self._plan_code()}", f"besides = {self._besides_code()}", *ends]
        return Script(makes="\n".join(lines) + "\n", prints=printing("plan", "given", "besides", *names))

    # ---- the lines of the script

    def _head_of_options(self) -> Iterator[str]:
        position, market = self.position, self.market
        yield f"chain = {self.chain_code()}.expiring({self.quotes.expiry!r})"
        yield "price = chain.index" if position.price is None else f"price = {position.price!r}"
        yield f"pool = {position.code()}"
        yield from self._venues()
        if not self.quotes.no_perp:
            yield from self._legs()
        yield f"listed = lp.legs(chain{f', terms={self._terms()}' if self.quotes.option_venue else ''})"
        yield "days = 365 * listed[0].option.years"
        said = ["{chain.source}, {chain.at:%Y-%m-%d %H:%M} UTC"]
        said.append(f"price {{price:,.2f}}{' (its index)' if position.price is None else ''}")
        if market.prices is None:
            at_the_money = market.volatility is None
            yield f"volatility = {'lp.smile(chain).at_the_money' if at_the_money else repr(market.volatility)}"
            said.append(f"volatility {{volatility:.2%}} a year{' (at the money)' if at_the_money else ''}")
        said.append("{days:.4g} days to the expiry")
        yield from self._outcomes()
        yield f"objective = {self.goal.objective(position.base, position.quote)}"
        yield f"bounds = [{', '.join(self._bounds())}]"
        yield f'given = f"{"; ".join(said)}"'

    def _terms(self) -> str:
        """The expression of what the venue of the options says of them."""
        account, venue = self.account, self.quotes.option_venue
        on = "chain.at.date()" if account.on is None else repr(account.on)
        flag = ", unconfirmed=True" if account.unconfirmed else ""
        return f"lp.venue({venue!r}, on={on}{flag}).option({self.position.base!r})"

    def _venues(self) -> Iterator[str]:
        perpetuals = (self.account.linear_venue, self.account.inverse_venue)
        # The day and the trust in its figures are those of the options then.
        if self.quotes.option_venue is None or any(perpetuals):
            yield from super()._venues()

    def _volatility(self) -> str:
        return "volatility"

    def _years(self) -> str:
        return f"{'days' if self.market.days is None else repr(self.market.days)} / 365"

    def _window(self) -> str:
        return 'f"{round(24 * days)}h"' if self.market.window is None else repr(self.market.window)

    def _bounds(self) -> Iterator[str]:
        quotes = self.quotes
        yield f"lp.AtMost({quotes.puts}, of=lp.Put)"
        yield f"lp.AtMost({quotes.calls}, of=lp.Call)"
        if quotes.premium_at_most is not None:
            yield f"lp.PremiumAtMost({quotes.premium_at_most!r})"
        if quotes.lots:
            yield "lp.WholeLots()"
        yield from self._constraints()
        yield from self.bounds.code(self.goal, self.position.price_code, self.position.quote)

    def _plan_code(self) -> str:
        legs = ", ".join([*self._perpetuals(), "*listed"])
        return f"lp.hedge(pool, [{legs}], outcomes, objective=objective, constraints=bounds{self._how()})"

    def _besides_code(self) -> str:
        quotes, legs = self.quotes, ", ".join(self._perpetuals())
        if quotes.no_perp:
            # The best strikes without a perpetual lie far in the money, where the search for them may stop short.
            return "lp.compare(plan, {})"
        others = [f'"perpetuals alone": [{legs}]', '"options alone": listed']
        # The best strikes there could be are known of a variance under a model, to the expiry.
        if self.goal.minimise is Minimise.variance and self.market.prices is None and self.market.days is None:
            best = (
                f"lp.strikes(pool, [{legs}], outcomes, objective=objective, puts={quotes.puts}, calls={quotes.calls})"
            )
            others.append(f'"any strikes, no bounds": {best}')
        lines = "".join(f"\n    {other}," for other in others)
        return f"lp.compare(plan, {{{lines}\n}}, constraints=bounds{self._how()})"

    def _perpetuals(self) -> list[str]:
        return [] if self.quotes.no_perp else [leg.value for leg in self.goal.legs]

    def _how(self) -> str:
        return ", tie_break=lp.LeastCost()" if self.goal.tie_break is TieBreak.cost else ""


def options(
    quotes: Quotes,
    position: QuotedPool,
    market: QuotedMarket,
    goal: Goal,
    account: Account,
    costs: Costs,
    bounds: Bounds,
    scenario: FromFile,
    output: ScriptOutput,
) -> None:
    """Which put and which call of a chain to buy beside the perpetual, how many, and what that is worth.

    The horizon is the expiry, the price the chain's index, the volatility that of its marks at the money.

    Example: lpgreeks options --chain chain.json --expiry 2026-01-30 --lower 2900 --upper 3400 --leg linear
    """
    if scenario.given:
        said = scenario.read()
        shown = [name for name in _ANSWERS if _RUNS.get(name, name) in said]
        output.answer(scenario.script(_RUNS, more=_GIVEN, prints=printing(*shown)), _reply)
        return
    request = OptionsRequest(
        quotes=quotes, position=position, market=market, goal=goal, account=account, costs=costs, bounds=bounds
    )
    request.require_chain()
    output.answer(request.script(), _reply)


def _reply(names: dict[str, Any]) -> Reply:
    import lpgreeks as lp

    plan, besides, expected = names["plan"], names.get("besides"), names.get("expected")
    found = [result for result in (plan, besides, expected) if result]
    record = plan.to_dict() | {"given": names["given"]}
    record |= {"comparison": besides.to_dict()} if besides else {}
    record |= {"economics": expected.to_dict()} if expected else {}
    return Reply(
        text=lambda: "\n\n".join(str(names[name]) for name in _ANSWERS if names.get(name)),
        record=lambda: record,
        table=plan.table,
        plot=plan.plot,
        results=found,
        scenario=lambda: lp.scenario_of(*(found[1:] or found), given={"words": names["given"]}),
    )
