"""What each part of a model adds to a logit, as bars, with what it is worth as marks: a still one.

Plotly is imported where the figure is made.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ui.charts.heads import dress, literal
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
    figure = go.Figure([bars, marks])
    _dress(figure, lines, colors)
    figure.update_layout(legend=_legend(colors))
    return figure


def shares_chart(lines: Sequence[Line], colors: Palette) -> "Figure":
    """The same of what each adds alone: to the right in blue, to the left in brown."""
    import plotly.graph_objects as go

    fills = [colors.differences[-2 if line.share >= 0 else 1] for line in lines]
    figure = go.Figure(
        go.Bar(
            **_rows(lines), orientation="h", x=[line.share for line in lines],
            marker={"color": fills},
        )
    )  # fmt: skip
    _dress(figure, lines, colors)
    return figure


def _rows(lines: Sequence[Line]) -> dict[str, Any]:
    return {
        "y": [literal(line.name) for line in lines],
        "hovertext": [literal(_hint(line)) for line in lines],
        "hoverinfo": "text",
        "unselected": {"marker": {"opacity": 0.75}},
    }


def _dress(figure: "Figure", lines: Sequence[Line], colors: Palette) -> None:
    dress(figure, [literal(line.name) for line in lines], colors)
    figure.update_xaxes(
        title_text=_("logit (nats)"), zeroline=True, zerolinecolor=colors.text, zerolinewidth=1
    )
    figure.update_layout(clickmode="event+select")


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
