"""The curves of several runs as one ECharts specification. Pure: draws nothing, reads nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from minigpt.runs.analysis.curves import Curve
from ui.charts.axes import Axes, positive_points, value_range
from ui.charts.numerals import in_language
from ui.i18n import translated
from ui.theme import Palette

DASHES = ("solid", "dashed", "dotted")
SYMBOLS = ("circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect")
MOST_SYMBOLS = 40
"""A line with more points than this is told by its colour alone; marks would cover it."""


@dataclass(frozen=True, kw_only=True)
class LineLook:
    """How one run's lines are told from the others'."""

    color: str
    dash: str
    symbol: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One curve of one run, along the axis it is drawn over."""

    name: str
    curve: Curve
    index: int
    """The run's index among the chosen ones; says how it looks."""
    is_faint: bool = False
    """Whether it is drawn behind the others, as the training loss is."""


def look_of(index: int, colors: Palette) -> LineLook:
    """Colour first; from the seventh run on colours come again, with another kind of line."""
    count = len(colors.runs)
    return LineLook(
        color=colors.runs[index % count],
        dash=DASHES[index // count % len(DASHES)],
        symbol=SYMBOLS[index % len(SYMBOLS)],
    )


@in_language
def overlay_chart(
    lines: Sequence[Line], colors: Palette, *, axes: Axes, unit: str, is_log_log: bool = False
) -> dict[str, Any]:
    """All lines over one axis.

    Args:
        lines: in the order in which they are drawn, later ones on top.
        colors: of the theme.
        axes: what runs from left to right, and whether loss rises by factors.
        unit: what stands beside the vertical axis.
        is_log_log: whether the axis from left to right goes by factors too; then it begins at
            the first point after the start.
    """
    if is_log_log:
        lines = [
            replace(line, curve=[point for point in line.curve if point[0] > 0]) for line in lines
        ]
    values = [value for line in lines for _, value in line.curve]
    return {
        "animation": False,
        "grid": {
            "left": colors.pixels(26),
            "right": colors.pixels(20),
            "top": colors.pixels(16),
            "bottom": colors.pixels(36),
            "containLabel": True,
        },
        "legend": {"show": False},
        "tooltip": {
            "trigger": "axis",
            "order": "valueAsc",
            "valueFormatter": "%.4f",
            "textStyle": {"fontSize": colors.pixels(14)},
        },
        "xAxis": {**_axis(translated(axes.name), 28, colors), **_ends(lines, axes, is_log_log)},
        "yAxis": _upwards(unit, values, axes, colors),
        "series": [_series(line, colors, axes) for line in lines],
    }


def _upwards(unit: str, values: Sequence[float], axes: Axes, colors: Palette) -> dict[str, Any]:
    plain, ends = _axis(unit, 40, colors), value_range(values, log=axes.log)
    # The ends are no round numbers, and their labels would crowd those that are. Ticks at chosen
    # places come with labels of their own, which have the same colour.
    shown = {"showMinLabel": not ends, "showMaxLabel": not ends}
    labels = {**plain["axisLabel"], **shown, **ends.get("axisLabel", {})}
    return {**plain, **ends, "axisLabel": labels}


def _ends(lines: Sequence[Line], axes: Axes, is_log: bool) -> dict[str, Any]:
    if not is_log:
        return {"min": 0, "max": axes.end}
    first = min((axes.coordinate(x) for line in lines for x, _ in line.curve), default=axes.end)
    return {"type": "log", "min": first, "max": axes.end}


def _series(line: Line, colors: Palette, axes: Axes) -> dict[str, Any]:
    look = look_of(line.index, colors)
    curve = positive_points(line.curve) if axes.log else line.curve
    return {
        "type": "line",
        "name": line.name,
        "data": [[axes.coordinate(x), float(f"{value:.6g}")] for x, value in curve],
        "showSymbol": not line.is_faint and len(curve) <= MOST_SYMBOLS,
        "symbol": look.symbol,
        "symbolSize": 7,
        "itemStyle": {"color": look.color},
        "lineStyle": {
            "width": 1.0 if line.is_faint else 2.2,
            "opacity": 0.45 if line.is_faint else 1.0,
            "type": look.dash,
        },
        "z": 2 if line.is_faint else 3,
    }


def _axis(name: str, gap: int, colors: Palette) -> dict[str, Any]:
    return {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameGap": colors.pixels(gap),
        "nameTextStyle": {"color": colors.reference, "fontSize": colors.text_pixels},
        "axisLabel": {
            "color": colors.reference,
            "fontSize": colors.text_pixels,
            "hideOverlap": True,
        },
        "splitLine": {"lineStyle": {"color": colors.faint, "width": 0.6}},
    }
