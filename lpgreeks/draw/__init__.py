"""Arrays to matplotlib axes: lines, marks, blocks and maps. Knows no result; the only layer that draws."""

from lpgreeks.draw.blocks import bars, columns, histograms, intervals, points
from lpgreeks.draw.frame import legend, new_axes, saved
from lpgreeks.draw.lines import band, curves, fan, strands, timelines
from lpgreeks.draw.maps import crossings, heat_map, shade_bar, tiles
from lpgreeks.draw.marks import (
    close_up,
    crosses,
    dashed,
    dotted,
    flags,
    from_zero,
    levels,
    marks,
    strips,
    ticks,
    trade_marks,
    verticals,
)
from lpgreeks.draw.style import COLOURS, GREY, style

__all__ = [
    "COLOURS", "GREY", "band", "bars", "close_up", "columns", "crosses", "crossings", "curves", "dashed", "dotted",
    "fan", "flags", "from_zero", "heat_map", "histograms", "intervals", "legend", "levels", "marks", "new_axes",
    "points", "saved", "shade_bar", "strands", "strips", "style", "ticks", "tiles", "timelines", "trade_marks",
    "verticals",
]  # fmt: skip
