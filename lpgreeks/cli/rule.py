"""The flags of when a hedge is traded. A replay takes one value of each, a sweep tries lists of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from typer import Option

from lpgreeks.cli.groups import Keep, measure_code, require_unused

__all__ = ["Swept", "Triggers", "Value", "value_code"]

Value = float | str

# What is text, and what may be off.
_SPANS, _CEILINGS, _OFF = {"every"}, {"gap"}, "off"


@dataclass(frozen=True, kw_only=True)
class Triggers:
    """When the leg is traded; all that is said must hold at once."""

    HEADING: ClassVar[str] = "When to trade"

    hold: Annotated[bool, Option("--hold", help="Never trade: the position alone.")] = False
    keep: Annotated[
        Keep | None,
        Option(help="What the leg is sized to hold steady; alone, at each add.", show_default="value"),
    ] = None
    band: Annotated[str | None, Option(help="When the hedge is off by this share: 0.05 is 5 %.")] = None
    every: Annotated[str | None, Option(help="At most once in so much time: 1h.")] = None
    move: Annotated[str | None, Option(help="When the price has moved so far since the last trade: 0.01 is 1 %.")] = (
        None
    )
    theta: Annotated[
        str | None,
        Option(help="Ahead of arbitrage, when the exchange has moved so far since the last trade: 0.001 is 0.1 %."),
    ] = None
    gap: Annotated[
        str | None,
        Option(help="With --theta: the most that exchange and pool may be apart, decimal.", show_default="off"),
    ] = None
    min_gap: Annotated[
        str | None, Option(help="With --theta: the least that they may be apart, decimal.", show_default="0")
    ] = None
    dwell: Annotated[
        str | None, Option(help="With --theta: seconds for which all of it must hold.", show_default="0")
    ] = None
    no_resize: Annotated[bool, Option("--no-resize", help="A range that is laid anew is not hedged anew.")] = False
    cap: Annotated[float | None, Option(help="The leg is never more than so many coins, long or short.")] = None
    latency: Annotated[str | None, Option(help="From decision to fill: 200ms.")] = None
    maker: Annotated[
        str | None, Option(help="Orders rest at their side's best price for so long before they take: 30s.")
    ] = None

    @property
    def _lists(self) -> dict[str, str | None]:
        """The flags that may be lists, by the name of a policy's field."""
        return {
            "band": self.band, "every": self.every, "move": self.move, "theta": self.theta, "gap": self.gap,
            "min_gap": self.min_gap, "dwell": self.dwell,
        }  # fmt: skip

    def given(self) -> dict[str, list[Value]]:
        """What was said, by name: one value or several."""
        given = {name: [*_values(name, text)] for name, text in self._lists.items() if text is not None}
        for name in _SPANS & given.keys():
            _require_different(name, given[name])
        return given

    def fixed(self) -> dict[str, str]:
        """What was said, as code.

        Raises:
            InputError: several values of one flag.
        """
        from lpgreeks.errors import InputError

        given = self.given()
        for name, values in given.items():
            if len(values) > 1:
                flag = name.replace("_", "-")
                raise InputError(
                    f"one value of --{flag}", got=getattr(self, name), remedy="`lpgreeks sweep` tries several"
                )
        return {name: value_code(values[0]) for name, values in given.items()}

    @property
    def trades(self) -> bool:
        """Whether there is a hedge.

        Raises:
            InputError: neither a condition nor --hold, or both; flags of a dislocation without --theta.
        """
        from lpgreeks.errors import InputError

        conditions: dict[str, object] = {
            "--keep": self.keep,
            "--band": self.band,
            "--every": self.every,
            "--move": self.move,
        }
        ahead = {"--gap": self.gap, "--min-gap": self.min_gap, "--dwell": self.dwell}
        limits = {"--cap": self.cap, "--latency": self.latency, "--maker": self.maker}
        limits["--no-resize"] = self.no_resize or None
        if self.hold:
            require_unused(conditions | {"--theta": self.theta} | ahead | limits, "--hold")
            return False
        if self.keep is Keep.amounts:
            raise InputError("one thing to keep", got="amounts", remedy="--keep coins or --keep dollars")
        if self.theta is not None:
            require_unused(conditions, "--theta")
        else:
            require_unused(ahead, "no --theta")
            if all(value is None for value in conditions.values()):
                raise InputError(
                    "when to trade: --keep, --band, --every, --move or --theta",
                    got="none",
                    remedy="Like --band 0.05; --hold is the position alone",
                )
        return True

    def code(self, base: str, quote: str, names: dict[str, str]) -> str:
        """The expression of the policy; ``names`` says what stands for each value."""
        return " & ".join(self._parts(base, quote, names))

    def _parts(self, base: str, quote: str, names: dict[str, str]) -> Iterator[str]:
        if "theta" in names:
            ahead = [f"{name}={names[name]}" for name in ("theta", "gap", "min_gap", "dwell") if name in names]
            yield f"lp.Dislocation({', '.join([*ahead, *(['resize=False'] if self.no_resize else [])])})"
        for name, kind in (("band", "DeltaBand"), ("every", "Every"), ("move", "PriceMove")):
            if name in names:
                yield f"lp.{kind}({names[name]})"
        if self.keep is not None or (self.no_resize and "theta" not in names):
            measure = measure_code(self.keep or Keep.value, base, quote)
            yield f"lp.Keep({measure}{', resize=False' if self.no_resize else ''})"
        for limit, kind in ((self.cap, "ExposureCap"), (self.latency, "Latency"), (self.maker, "Maker")):
            if limit is not None:
                yield f"lp.{kind}({limit!r})"


@dataclass(frozen=True, kw_only=True)
class Swept(Triggers):
    """When the leg is traded, several values of each."""

    historic: Annotated[
        bool, Option("--historic", help="The thetas, gaps and dwells of a desk's study of 2023, where none are said.")
    ] = False

    def given(self) -> dict[str, list[Value]]:
        """What was said, by name, and what the study had."""
        if not self.historic:
            return super().given()
        from lpgreeks.replays import Dislocation

        own = {"theta": Dislocation.THETAS, "gap": Dislocation.GAPS, "dwell": Dislocation.DWELLS}
        study: dict[str, list[Value]] = {name: [*values] for name, values in own.items()}
        return study | super().given()

    @property
    def trades(self) -> bool:
        """Whether there is a hedge."""
        return self.historic or super().trades


def value_code(value: Value) -> str:
    """How a value is written in Python."""
    return 'float("inf")' if value == math.inf else repr(value)


def _values(name: str, text: str) -> Iterator[Value]:
    """The values of a comma list; spans of time stay text."""
    from lpgreeks.errors import InputError

    for part in (part.strip() for part in text.split(",")):
        if name in _SPANS:
            yield part
            continue
        number = math.inf if name in _CEILINGS and part == _OFF else _number(part)
        if number is None:
            flag = name.replace("_", "-")
            remedy = "Numbers parted by commas" + (", or off" if name in _CEILINGS else "")
            raise InputError(f"--{flag} as a number", got=part or "nothing", remedy=remedy)
        yield number


def _require_different(name: str, spans: list[Value]) -> None:
    """An error for one length of time that is written in two ways: it would count as two trials."""
    from lpgreeks.errors import InputError
    from lpgreeks.paths.spans import span_of

    seen: dict[object, Value] = {}
    for span in spans:
        first = seen.setdefault(span_of(str(span)), span)
        if first is not span:
            raise InputError(f"each span of --{name} once", got=f"{first} and {span}", remedy="Leave one out")


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
