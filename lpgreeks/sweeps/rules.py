"""How a panel is judged."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Rules"]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Confidence, resamples, and what was tried beside the panel.

    Attributes:
        level: of confidence.
        draws: resamples.
        block: periods that hold together; None leaves it to the data.
        trials: settings that were ever tried.
        window, windows: periods of a random window, and how many.
    """

    level: float
    draws: int
    block: int | None
    trials: int
    window: int
    windows: int
