"""The colours, seen with every kind of colour vision and with none, by arithmetic of their own."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest

from lpgreeks.draw.style import COLOURS, DASHES, DIVERGING, GREY, MARKERS, SEQUENTIAL

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A physiologically-based model for simulation of color vision
# deficiency", 2009: severity 1, on linear RGB.
SEEN = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ],
}  # fmt: skip

# Of CIELAB (1976): 2.3 is the least difference seen side by side; lines lie apart and are thin.
APART = 15.0


def linear(colours: list[str]) -> np.ndarray:
    """sRGB of "#rrggbb" as light, IEC 61966-2-1."""
    values = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in colours])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """CIELAB under D65."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x = light @ to_xyz.T / (0.95047, 1.0, 1.08883)
    f = np.where(x > (6 / 29) ** 3, np.cbrt(x), x / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def closest(colours: list[str], kind: str) -> float:
    seen = lab(np.clip(linear(colours) @ np.array(SEEN[kind]).T, 0, 1))
    return min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2))


@pytest.mark.parametrize("kind", SEEN)
def test_any_two_colours_stay_apart(kind: str) -> None:
    assert closest([*COLOURS], kind) > APART


def test_the_measure_sees_what_the_eye_does() -> None:
    """White is 100, black 0; red and green of a traffic light fall together, matplotlib's own cycle is too close."""
    assert lab(linear(["#ffffff", "#000000"]))[:, 0] == pytest.approx([100, 0], abs=1e-3)
    lights = ["#d62728", "#2ca02c"]
    assert closest(lights, "deuteranopia") < APART < closest(lights, "normal")
    assert closest([mpl.colors.to_hex(f"C{i}") for i in range(10)], "deuteranopia") < APART


def test_no_colour_is_lost_on_white() -> None:
    """WCAG asks for a contrast of 3 for graphics; orange and sky blue fall short: fills and dashed marks."""

    def contrast(colour: str) -> float:
        return 1.05 / (float(linear([colour])[0] @ (0.2126, 0.7152, 0.0722)) + 0.05)

    assert {c for c in COLOURS if contrast(c) < 3} == {"#E69F00", "#56B4E9"}
    assert contrast(GREY) > 4.5


def test_lines_are_told_apart_without_colour() -> None:
    assert len(set(map(str, DASHES))) == len(DASHES)
    assert len(set(MARKERS)) == len(MARKERS) == len(COLOURS)
    assert not {"^", "v"} & set(MARKERS)  # those are trades


def lightness(name: str, kind: str) -> np.ndarray:
    colours = [mpl.colors.to_hex(c) for c in mpl.colormaps[name](np.linspace(0, 1, 64))]
    return lab(np.clip(linear(colours) @ np.array(SEEN[kind]).T, 0, 1))[:, 0]


@pytest.mark.parametrize("kind", SEEN)
def test_more_is_darker_whoever_looks(kind: str) -> None:
    """So a copy in grey has the same order: the lightness is what is left of it."""
    falling = np.diff(lightness(SEQUENTIAL, kind))
    assert (falling < -0.3).all()
    both = lightness(DIVERGING, kind)
    assert (np.diff(both[:32]) > -0.6).all()
    assert (np.diff(both[32:]) < 0.6).all()
    assert both[[31, 32]].min() > 90
    assert both[[0, -1]].max() < 40
    ends = [mpl.colors.to_hex(c) for c in mpl.colormaps[DIVERGING]([0.25, 0.75])]
    assert closest(ends, kind) > 2 * APART
