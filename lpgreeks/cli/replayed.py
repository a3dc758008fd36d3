"""A replay, and a sweep of it, as the scripts that answer them. The commands run the very scripts of ``--code``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from typer import Option

from lpgreeks.cli.flags import RUNNING
from lpgreeks.cli.groups import require_unused
from lpgreeks.cli.hedged import Hedging, ReplayedPool
from lpgreeks.cli.output import Grid
from lpgreeks.cli.request import require_finite_flags
from lpgreeks.cli.rule import Triggers, value_code
from lpgreeks.cli.scripts import Script, printing
from lpgreeks.cli.tape import Happened

__all__ = ["Counted", "Judged", "ReplayRequest", "Running", "SweepRequest"]


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How a replay is counted."""

    HEADING: ClassVar[str] = "What is counted"

    fees_at_close: Annotated[
        bool,
        Option(
            "--fees-at-close",
            help="Fees of a row are earned whole where its close is in the range, or not at all.",
        ),
    ] = False
    grid: Grid = "1h"


@dataclass(frozen=True, kw_only=True)
class Judged(Counted):
    """How replays are counted, and judged."""

    seed: Annotated[int, Option(help="Seed of the verdict's resamples: any whole number.")] = 0


@dataclass(frozen=True, kw_only=True)
class ReplayRequest:
    """What the user asked of a replay, whole."""

    position: ReplayedPool
    happened: Happened
    hedging: Hedging
    triggers: Triggers
    counted: Counted

    def __post_init__(self) -> None:
        require_finite_flags([self.position, self.happened, self.hedging, self.triggers])

    def script(self) -> Script:
        """Python that ends with ``result``."""
        lines = [*self.head(), *self._policy(), f"result = {self.call('lp.replay(')}"]
        return Script(makes="\n".join(lines) + "\n", prints=printing("result"))

    def head(self) -> Iterator[str]:
        """The lines up to the leg."""
        position = self.position
        yield "import lpgreeks as lp"
        yield ""
        yield from self.happened.code(position.base, position.quote)
        yield "price = float(tape.rows.pool[0])"
        yield f"position = {position.code()}"
        if not self.triggers.trades:
            self.hedging.require_none()
            require_unused({"--funding": self.happened.funding}, "--hold")
        elif self.happened.prices is None:
            from lpgreeks.errors import InputError

            raise InputError("--prices, where the hedge is traded", got="none", remedy="--hold is the position alone")
        else:
            yield from self.hedging.code(self.happened, position.base, position.quote)

    def call(self, opening: str, policy: str = "policy") -> str:
        """The call of a replay, or of a sweep of it."""
        said = ["position", "[leg]" if self.triggers.trades else "None", "tape"]
        said += [f"policy={policy}"] if self.triggers.trades else []
        if self.hedging.collateral is not None:
            said.append(f"collateral={self.hedging.collateral!r}")
        if self.hedging.reserve is not None:
            said.append(f"reserve=lp.Reserve(amount={self.hedging.reserve!r})")
        said += ["fees=lp.FeesAtClose()"] if self.counted.fees_at_close else []
        return f"{opening}{', '.join([*said, f'grid={self.counted.grid!r}'])})"

    def _policy(self) -> Iterator[str]:
        if self.triggers.trades:
            triggers, position = self.triggers, self.position
            yield f"policy = {triggers.code(position.base, position.quote, triggers.fixed())}"


@dataclass(frozen=True, kw_only=True)
class Running:
    """How the settings are worked through."""

    HEADING: ClassVar[str] = RUNNING

    checkpoint: Annotated[
        str | None, Option(help="A folder that keeps every finished setting; the same command resumes there.")
    ] = None
    workers: Annotated[int | None, Option(help="How many threads.", show_default="all cores")] = None

    def __post_init__(self) -> None:
        from lpgreeks.errors import InputError

        if self.checkpoint is not None and not self.checkpoint.strip():
            raise InputError("--checkpoint as a folder", got="an empty name", remedy="Like --checkpoint runs")

    def code(self) -> str:
        """What is said of it in a call, each with a comma before."""
        return "".join(f", {name}={value!r}" for name, value in vars(self).items() if value is not None)


@dataclass(frozen=True, kw_only=True)
class SweepRequest(ReplayRequest):
    """What the user asked of a sweep, whole."""

    running: Running

    def script(self) -> Script:
        """Python that ends with ``runs``, and ``hold`` beside them."""
        from lpgreeks.errors import InputError

        if not self.triggers.trades:
            raise InputError("a policy to sweep", got="--hold", remedy="`lpgreeks replay --hold` is the position alone")
        given = self.triggers.given()
        lists = {name: values for name, values in given.items() if len(values) > 1}
        if not lists:
            raise InputError("lists to try", got="one value of each flag", remedy="Like --theta 0.0005,0.001")
        names = {name: name if name in lists else value_code(values[0]) for name, values in given.items()}
        policy = self.triggers.code(self.position.base, self.position.quote, names)
        tried = ", ".join(f"{name}=[{', '.join(map(value_code, values))}]" for name, values in lists.items())
        runs = self.call("lp.sweep(lp.replay, ", "policies").removesuffix(")")
        lines = [
            *self.head(),
            "",
            "",
            f"def policy({', '.join(lists)}):",
            f"    return {policy}",
            "",
            "",
            f"policies = lp.grid(policy, {tried})",
            f"hold = {self.call('lp.replay(', 'lp.Hold()')}",
            f"runs = {runs}{self.running.code()})",
        ]
        return Script(makes="\n".join(lines) + "\n", prints=printing("runs"))
