"""What each part of a model adds to a logit, as bars, with what it is worth as marks.

Once for the screen, where it follows within moments, and once as a still figure for a page of its
own. Plotly, which draws the latter, is imported where the figure is made.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ui.charts.heads import (
    AROUND_PIXELS,
    LETTERS,
    ROW_PIXELS,
    literal_label,
    row_keys,
    row_layout,
    zero_line,
)
from ui.charts.numerals import in_language
from ui.i18n import _
from ui.theme import Palette

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True, kw_only=True)
class Line:
    """One part's numbers."""

    name: str
    share: float
    """What it adds to the logit itself."""
    worth: float = math.nan
    """By how much the logit falls without it; not a number where nobody knows."""


@in_language
def receipt_bars_chart(
    lines: Sequence[Line], colors: Palette, *, chosen: int | None = None
) -> dict[str, Any]:
    """A row for each line, in the order given; to the right is what raises the logit.

    Args:
        lines: What is drawn.
        colors: Those of the theme.
        chosen: The place of the line that is looked at closer.
    """
    names = [line.name for line in lines]
    fills = [colors.differences[-1 if at == chosen else -2] for at in range(len(lines))]
    bars = [
        {"name": _hint(line), "value": float(f"{line.share:.5g}"), "itemStyle": {"color": fill}}
        for line, fill in zip(lines, fills, strict=True)
    ]
    marks = [
        {"name": _hint(line), "value": [float(f"{line.worth:.5g}"), at]}
        for at, line in enumerate(lines)
        if not math.isnan(line.worth)
    ]
    both = {"selectedMode": "single", "cursor": "pointer"}
    return {
        **_quick_frame(colors),
        "xAxis": _logit_axis(colors),
        "yAxis": _rows_axis(names, colors),
        "series": [
            {"type": "bar", "name": _("adds itself"), "data": bars, "barMaxWidth": 16, **both,
             "itemStyle": {"color": colors.differences[-2]}, "barCategoryGap": "35%"},
            {"type": "scatter", "name": _("is missed without it"), "data": marks, **both,
             "symbol": "diamond", "symbolSize": colors.pixels(10), "z": 3,
             "itemStyle": {"color": "transparent", "borderColor": colors.text,
                           "borderWidth": 1.6}},
        ],
    }  # fmt: skip


def bars_pixels(rows: int) -> int:
    """How high a figure of so many rows is."""
    return ROW_PIXELS * rows + AROUND_PIXELS


def _quick_frame(colors: Palette) -> dict[str, Any]:
    letters = {"fontFamily": LETTERS, "fontSize": colors.text_pixels, "color": colors.text}
    return {
        "animation": False,
        "legend": {"top": 0, "left": 0, "textStyle": letters, "selectedMode": False},
        "grid": {
            "left": 8, "right": colors.pixels(20), "top": colors.pixels(32),
            "bottom": colors.pixels(36), "containLabel": True,
        },
        "tooltip": {
            "trigger": "item", "formatter": "{b}", "confine": True,
            "textStyle": {"fontSize": colors.pixels(14)},
        },
    }  # fmt: skip


def _logit_axis(colors: Palette) -> dict[str, Any]:
    letters = {"color": colors.reference, "fontSize": colors.text_pixels}
    return {
        "type": "value", "name": _("logit (nats)"), "nameLocation": "middle",
        "nameGap": colors.pixels(26), "nameTextStyle": letters, "axisLabel": letters,
        "splitLine": {"lineStyle": {"color": colors.faint, "width": 0.6}},
    }  # fmt: skip


def _rows_axis(names: list[str], colors: Palette) -> dict[str, Any]:
    return {
        "type": "category", "inverse": True, "data": names,
        "axisLabel": {"color": colors.text, "fontSize": colors.text_pixels, "interval": 0},
        "axisTick": {"show": False},
        # At zero, where bars begin.
        "axisLine": {"onZero": True, "lineStyle": {"color": colors.text, "width": 1}},
    }  # fmt: skip


def receipt_chart(lines: Sequence[Line], colors: Palette) -> "Figure":
    """A row for each line, in the order given; to the right is what raises the logit."""
    import plotly.graph_objects as go

    both = _rows(lines)
    bars = go.Bar(
        **both, orientation="h", name=_("adds itself"), x=[line.share for line in lines],
        marker={"color": colors.differences[-2]},
    )  # fmt: skip
    marks = go.Scatter(
        **both, mode="markers", name=_("is missed without it"),
        x=[None if math.isnan(line.worth) else line.worth for line in lines],
        marker=_diamond(colors),
    )  # fmt: skip
    return go.Figure([bars, marks], layout=_layout(lines, colors) | {"legend": _legend(colors)})


def shares_chart(lines: Sequence[Line], colors: Palette) -> "Figure":
    """The same of what each adds alone: to the right in blue, to the left in brown."""
    import plotly.graph_objects as go

    fills = [colors.differences[-2 if line.share >= 0 else 1] for line in lines]
    bars = go.Bar(
        **_rows(lines), orientation="h", x=[line.share for line in lines], marker={"color": fills}
    )
    return go.Figure(bars, layout=_layout(lines, colors))


def _rows(lines: Sequence[Line]) -> dict[str, Any]:
    return {
        "y": row_keys([line.name for line in lines]),
        "hovertext": [literal_label(_hint(line)) for line in lines],
        "hoverinfo": "text",
        "unselected": {"marker": {"opacity": 0.75}},
    }


def _layout(lines: Sequence[Line], colors: Palette) -> dict[str, Any]:
    names, axis = [line.name for line in lines], zero_line(colors)
    layout = row_layout(names, colors, title=_("logit (nats)"), axis=axis)
    return layout | {"clickmode": "event+select"}


def _diamond(colors: Palette) -> dict[str, Any]:
    return {
        "symbol": "diamond-open", "size": colors.pixels(9), "color": colors.text,
        "line": {"width": 1.6},
    }  # fmt: skip


def _legend(colors: Palette) -> dict[str, Any]:
    return {
        "orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom",
        "font": {"size": colors.text_pixels, "color": colors.text},
    }  # fmt: skip


def _hint(line: Line) -> str:
    if math.isnan(line.worth):
        return _("{part}: adds {share:+.3f}", part=line.name, share=line.share)
    return _(
        "{part}: adds {share:+.3f}; without it the logit changes by {change:+.3f}",
        part=line.name, share=line.share, change=-line.worth,
    )  # fmt: skip
