"""Whether probabilities are kept, as points beside the line where they would be; a still figure.

Plotly is imported where a figure is made. It takes long to import, and most pages need none.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minigpt.reading.reliability import Bin
from ui.i18n import _, number_marks, numeral
from ui.theme import Palette
from ui.wording import count

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as Figure

FEW = 30
"""Predictions below which a bin says little; its point is hollow."""
MARK_PIXELS = 9
HEIGHT_PIXELS = 380


def reliability_chart(bins: Sequence[Bin], chance: float, colors: Palette) -> "Figure":
    """Of what was given each probability, how much came; in percent.

    Args:
        bins: The counts.
        chance: The share of all predictions that came true: 1 of as many as there are tokens.
        colors: For the theme.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Scatter(
            x=[100 * one.mean for one in bins],
            y=[100 * one.share for one in bins],
            mode="markers",
            error_y=_intervals(bins, colors),
            marker={
                "size": colors.pixels(MARK_PIXELS),
                "color": [
                    colors.weights[0] if one.predictions < FEW else colors.validation_loss
                    for one in bins
                ],
                "line": {"color": colors.validation_loss, "width": 2},
            },
            hovertext=[in_words(one) for one in bins],
            hoverinfo="text",
        )
    )
    _draw_lines(figure, chance, colors)
    _say_axes(figure, colors)
    return figure


def _intervals(bins: Sequence[Bin], colors: Palette) -> dict[str, Any]:
    ends = [one.interval for one in bins]
    return {
        "type": "data",
        "symmetric": False,
        "array": [100 * (high - one.share) for (_low, high), one in zip(ends, bins, strict=True)],
        "arrayminus": [100 * (one.share - low) for (low, _h), one in zip(ends, bins, strict=True)],
        "color": colors.text,
        "thickness": 1.2,
        "width": 4,
    }


def in_words(one: Bin) -> str:
    """One point."""
    return _(
        "Given {low} to {high} %: {came} of {predictions} came, {share} %",
        low=numeral(100 * one.low, ".0f"),
        high=numeral(100 * one.high, ".0f"),
        came=count(one.came),
        predictions=count(one.predictions),
        share=numeral(100 * one.share, ".1f"),
    )


def _draw_lines(figure: "Figure", chance: float, colors: Palette) -> None:
    line = {"dash": "dash", "color": colors.reference, "width": 1.2}
    letters = {"color": colors.reference, "size": colors.text_pixels}
    figure.add_shape(type="line", x0=0, y0=0, x1=100, y1=100, line=line)
    figure.add_shape(
        type="line", x0=0, y0=100 * chance, x1=100, y1=100 * chance, line={**line, "dash": "dot"}
    )
    figure.add_annotation(
        text=_("by chance {percent} %", percent=numeral(100 * chance, ".1f")),
        x=100, y=100 * chance,
        xanchor="right", yanchor="bottom", showarrow=False, font=letters,
    )  # fmt: skip


def _say_axes(figure: "Figure", colors: Palette) -> None:
    letters = {"color": colors.reference, "size": colors.text_pixels, "family": "Inter, sans-serif"}
    axis = {
        "type": "linear",
        "range": [-2, 102],
        "fixedrange": True,
        "zeroline": False,
        "gridcolor": colors.faint,
        "tickfont": letters,
        "ticksuffix": " %",
        "automargin": True,
    }
    title = {"font": letters, "standoff": colors.pixels(8)}
    figure.update_xaxes(**axis, title={**title, "text": _("probability that the model gave")})
    figure.update_yaxes(**axis, title={**title, "text": _("how much of it came")})
    figure.update_layout(
        separators=number_marks(),
        height=colors.pixels(HEIGHT_PIXELS),
        margin={"l": 8, "r": 20, "t": 12, "b": 48},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        font={**letters, "color": colors.text},
    )
