"""A command that takes everything from a scenario file, as the script that does so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from typer import Option

from lpgreeks.cli.flags import FROM_FILE
from lpgreeks.cli.scripts import Script, printing

if TYPE_CHECKING:
    import lpgreeks as lp

__all__ = ["FromFile"]


@dataclass(frozen=True, kw_only=True)
class FromFile:
    """A file in place of flags: no flag beside it may say what it would have to say itself."""

    HEADING: ClassVar[str] = FROM_FILE

    scenario: Annotated[
        Path | None,
        Option("--scenario", help="A scenario file, TOML, that says everything; `lpgreeks init` writes one."),
    ] = None

    @property
    def given(self) -> bool:
        """Whether there is one."""
        return self.scenario is not None

    def read(self) -> lp.Scenario:
        """What it says."""
        import lpgreeks as lp

        assert self.scenario is not None
        return lp.read_scenario(self.scenario)

    def script(self, runs: Mapping[str, str], *, more: str = "", prints: str | None = None) -> Script:
        """Python that makes what the file asks for.

        Args:
            runs: names, and the verbs that answer them where the file has them.
            more: lines after those.
            prints: what shows the answer; the names that are made, unless said.
        """
        said = self.read()
        # Of a file that has none of them, the first one says what is missing.
        made = [name for name, verb in runs.items() if verb in said] or [*runs][:1]
        lines = ["import lpgreeks as lp", "", f"scenario = lp.read_scenario({str(self.scenario)!r})"]
        lines += [f"{name} = scenario.run({runs[name]!r})" for name in made]
        shown = printing(*made) if prints is None else prints
        return Script(makes="\n".join(lines) + f"\n{more}", prints=shown)
