"""An outcome as bytes, and back to the last bit. Nothing that is read can run anything."""

from __future__ import annotations

import json

import numpy as np

from lpgreeks.sweeps.given import Given
from lpgreeks.sweeps.run import Outcome

__all__ = ["packed", "unpacked"]


def packed(outcome: Outcome) -> bytes:
    """Words as JSON, a line break, then every float and every series as they lie in memory."""
    floats = [name for name, value in outcome.figures.items() if type(value) is float]
    words = {
        "figures": {name: None if name in floats else value for name, value in outcome.figures.items()},
        "floats": floats,
        "series": {name: [array.dtype.str, array.size] for name, array in outcome.series.items()},
        "given": vars(outcome.given),
        "error": outcome.error,
    }
    numbers = np.array([outcome.figures[name] for name in floats], dtype="<f8")
    return b"\n".join(
        [json.dumps(words).encode(), numbers.tobytes() + b"".join(a.tobytes() for a in outcome.series.values())]
    )


def unpacked(record: bytes) -> Outcome:
    """What :func:`packed` was given, but for the whole result."""
    head, _, rest = record.partition(b"\n")
    words = json.loads(head)
    figures = words["figures"]
    numbers = np.frombuffer(rest, dtype="<f8", count=len(words["floats"]))
    figures.update(zip(words["floats"], numbers.tolist(), strict=True))
    series, place = {}, numbers.nbytes
    for name, (kind, size) in words["series"].items():
        series[name] = np.frombuffer(rest, dtype=kind, count=size, offset=place)
        place += series[name].nbytes
    said = words["given"]
    given = Given(
        assumptions=tuple(said["assumptions"]),
        synthetic=said["synthetic"],
        units=said["units"],
        losses=tuple(said["losses"]),
    )
    return Outcome(figures=figures, series=series, given=given, error=words["error"])
