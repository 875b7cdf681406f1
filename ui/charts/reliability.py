"""Whether probabilities are kept, as points beside the line where they would be. Pure.

Drawn by ECharts on the screen: Plotly's program of 4.7 MB would hold the page up for seconds on its
first visit. A page to keep is drawn by Plotly, which needs no net for it, and is imported then.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minigpt.reading.reliability import Bin
from ui.charts.axes import named_below
from ui.charts.numerals import in_language
from ui.i18n import _, number_marks, numeral
from ui.theme import Palette
from ui.wording import count

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as Figure

FEW = 30
"""Predictions below which a bin says little; its point is hollow."""
MARK_PIXELS = 9
HEIGHT_PIXELS = 380


@in_language
def reliability_chart(bins: Sequence[Bin], chance: float, colors: Palette) -> dict[str, Any]:
    """Of what was given each probability, how much came; in percent.

    Args:
        bins: The counts.
        chance: The share of all predictions that came true: 1 of as many as there are tokens.
        colors: For the theme.
    """
    across = _axis(_("probability given (%)"), colors)
    up = _axis(_("share that came (%)"), colors)
    name = up["nameTextStyle"] | {"align": "left"}
    return {
        "animation": False,
        "legend": {"show": False},
        "grid": {
            "left": 8, "right": colors.pixels(20), "top": colors.pixels(32),
            "bottom": colors.pixels(34), "containLabel": True,
        },
        "tooltip": {
            "trigger": "item", "formatter": "{b}", "confine": True,
            "textStyle": {"fontSize": colors.pixels(14)},
        },
        "xAxis": named_below(across, colors.pixels(24)),
        "yAxis": up | {"nameGap": colors.pixels(14), "nameTextStyle": name},
        "series": [_points(bins, chance, colors)],
    }  # fmt: skip


def _axis(name: str, colors: Palette) -> dict[str, Any]:
    letters = {"color": colors.reference, "fontSize": colors.text_pixels}
    return {
        "type": "value",
        "min": 0,
        "max": 100,
        "name": name,
        "nameLocation": "end",
        "nameTextStyle": letters,
        "axisLabel": letters,
        "splitLine": {"lineStyle": {"color": colors.faint, "width": 0.6}},
    }


def _points(bins: Sequence[Bin], chance: float, colors: Palette) -> dict[str, Any]:
    return {
        "type": "scatter",
        "symbolSize": colors.pixels(MARK_PIXELS),
        "clip": False,  # a point at an end of the scale stays round
        "z": 3,
        "data": [_point(one, colors) for one in bins],
        "markLine": {
            "silent": True,
            "symbol": "none",
            "label": {"show": False},
            "data": [*_lines(chance, colors), *(_interval(one, colors) for one in bins)],
        },
    }


def _point(one: Bin, colors: Palette) -> dict[str, Any]:
    return {
        "name": in_words(one),
        "value": [100 * one.mean, 100 * one.share],
        "itemStyle": {
            "color": _fill(one, colors),
            "borderColor": colors.validation_loss,
            "borderWidth": 2,
        },
    }


def _fill(one: Bin, colors: Palette) -> str:
    return colors.weights[0] if one.predictions < FEW else colors.validation_loss


def _interval(one: Bin, colors: Palette) -> list[dict[str, Any]]:
    low, high = one.interval
    style = {"type": "solid", "color": colors.text, "width": 1.2}
    at = 100 * one.mean
    return [{"coord": [at, 100 * low], "lineStyle": style}, {"coord": [at, 100 * high]}]


def _lines(chance: float, colors: Palette) -> list[list[dict[str, Any]]]:
    """Where points would be if all was kept, and if nothing was known."""
    style = {"color": colors.reference, "width": 1.2}
    label = {
        "show": True, "formatter": _by_chance(chance), "position": "insideEndTop",
        "color": colors.reference, "fontSize": colors.text_pixels,
    }  # fmt: skip
    dashed, dotted = style | {"type": "dashed"}, style | {"type": "dotted"}
    level = 100 * chance
    return [
        [{"coord": [0, 0], "lineStyle": dashed}, {"coord": [100, 100]}],
        [{"coord": [0, level], "lineStyle": dotted, "label": label}, {"coord": [100, level]}],
    ]


def _by_chance(chance: float) -> str:
    return _("by chance {percent} %", percent=numeral(100 * chance, ".1f"))


def still_reliability_chart(bins: Sequence[Bin], chance: float, colors: Palette) -> "Figure":
    """The same as a page to keep."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Scatter(
            x=[100 * one.mean for one in bins],
            y=[100 * one.share for one in bins],
            mode="markers",
            error_y=_intervals(bins, colors),
            marker={
                "size": colors.pixels(MARK_PIXELS),
                "color": [_fill(one, colors) for one in bins],
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
        text=_by_chance(chance),
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
        "automargin": True,
    }
    title = {"font": letters, "standoff": colors.pixels(8)}
    figure.update_xaxes(**axis, title={**title, "text": _("probability given (%)")})
    figure.update_yaxes(**axis, title={**title, "text": _("share that came (%)")})
    figure.update_layout(
        separators=number_marks(),
        height=colors.pixels(HEIGHT_PIXELS),
        margin={"l": 8, "r": 20, "t": 12, "b": 48},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        font={**letters, "color": colors.text},
    )
