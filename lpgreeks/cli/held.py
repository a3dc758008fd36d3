"""What is held, for the commands that look at a position over prices."""

from __future__ import annotations

from typing import Any

from lpgreeks.cli.from_file import FromFile
from lpgreeks.cli.groups import Position

__all__ = ["held", "prices_about"]


def held(position: Position, scenario: FromFile, command: str, flags: dict[str, float]) -> tuple[Any, dict[str, float]]:
    """What is held, and the numbers of a command about it: from flags, or from a file."""
    from lpgreeks.errors import InputError

    if not scenario.given:
        return position.instrument(), {"price": position.price} | flags
    said = scenario.read()
    given = said.figures(command)
    if "price" not in given:
        raise InputError(f"price in [{command}] of {said.name}", got="none", remedy="The price now, quote per base")
    return said.noun("holding"), {"price": given["price"]} | flags | given


def prices_about(price: float) -> Any:
    """Prices from a quarter below to a quarter above."""
    import numpy as np

    return price * np.linspace(0.75, 1.25, 21)
