"""The loss and other curves over a training, as ECharts specifications. Draws and reads nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from minigpt.runs.analysis.curves import Curve
from ui.charts.axes import Axes, named_below, positive_points, readable_labels, value_range
from ui.charts.numerals import in_language, labelled_bar
from ui.i18n import _, translated
from ui.theme import Palette

MONO = "JetBrains Mono, monospace"
RAW_OPACITY = 0.25
"""Of a line that a smoothed one is drawn over."""
MOST_SYMBOLS = 40
"""Of more points than this each has no mark of its own; the marks would cover the line."""


@dataclass(frozen=True, kw_only=True)
class LossCurves:
    """The losses of a run, in nats per token."""

    batches: Curve
    """The last batch's, at every logged step."""
    training: Curve = ()
    """On the training part, at each evaluation; empty if nobody measured it."""
    validation: Curve
    """On the validation part, at each evaluation."""


@in_language
def loss_chart(
    losses: LossCurves,
    references: Mapping[str, float],
    colors: Palette,
    *,
    axes: Axes,
    smooth: Curve = (),
) -> dict[str, Any]:
    """What both parts of the text cost; horizontal lines say what simpler guessers reach.

    The last batch's loss is a faint line behind what can be compared with the validation loss: the
    training part where it was judged, or `smooth`.

    Args:
        losses: the curves.
        references: loss of each simple guesser by its name.
        colors: those of the theme.
        axes: what the curves run along.
        smooth: the last batch's loss, smoothed.
    """
    values = [value for _, value in [*losses.batches, *losses.training, *losses.validation]]
    is_behind = bool(smooth or losses.training)
    raw = _line(_("last batch's loss"), losses.batches, colors.training_loss, axes)
    lines = [
        _faded(raw, RAW_OPACITY if is_behind else 1.0),
        {
            **_judged(_("validation"), losses.validation, colors.validation_loss, axes),
            "z": 3,
            "markLine": _references(references, colors, values, axes),
        },
    ]
    if losses.training:
        lines.append(_judged(_("training"), losses.training, colors.training_loss, axes))
    if smooth:
        line = _line(_("last batch's loss, smoothed"), smooth, colors.training_loss, axes)
        lines.append({**line, "lineStyle": {"width": 1.8, "type": [6, 3]}})
    title, shown = _("loss (nats per token)"), [*values, *references.values()]
    return {**_frame(colors, "%.4f"), **_axes(title, shown, axes, colors), "series": lines}


def _judged(name: str, curve: Curve, color: str, axes: Axes) -> dict[str, Any]:
    """A curve of evaluations, each marked while they are few."""
    return {
        **_line(name, curve, color, axes),
        "lineStyle": {"width": 2.4},
        "showSymbol": len(curve) <= MOST_SYMBOLS,
        "symbolSize": 7,
    }


@in_language
def metric_chart(title: str, curve: Curve, colors: Palette, *, axes: Axes) -> dict[str, Any]:
    """One metric; `title` names it with its unit."""
    frame = _frame(colors, "%.4g")
    return {
        **frame,
        "legend": {"show": False},
        "grid": {**frame["grid"], "top": colors.pixels(36)},
        **_axes(title, [value for _, value in curve] if axes.log else [], axes, colors),
        "series": [_line(title, curve, colors.validation_loss, axes)],
    }


@dataclass(frozen=True, kw_only=True)
class ShareLine:
    """What one head gives to something, over a training."""

    name: str
    """Empty for one of many, which no legend tells apart."""
    curve: Curve
    """Shares from 0 to 1."""
    is_main: bool = False
    """Whether it is what the chart is about."""


@in_language
def share_chart(
    title: str, lines: Sequence[ShareLine], chance: float, colors: Palette, *, axes: Axes
) -> dict[str, Any]:
    """Shares of attention in percent, from nothing to all, and what chance would give."""
    series = [_share_line(line, colors, axes) for line in lines]
    mark = _references({_("looking everywhere alike"): 100 * chance}, colors, [0, 100], axes)
    frame = _frame(colors, "%.0f %%")
    upwards = _axes(title, [], axes, colors)
    return {
        **frame,
        "legend": {**frame["legend"], "data": [line.name for line in lines if line.name]},
        # On a telephone the names of two heads take two rows.
        "grid": {**frame["grid"], "top": colors.pixels(80)},
        "xAxis": upwards["xAxis"],
        "yAxis": {**upwards["yAxis"], "min": 0, "max": 100},
        "series": [*series[:-1], {**series[-1], "markLine": mark}],
    }


def _share_line(line: ShareLine, colors: Palette, axes: Axes) -> dict[str, Any]:
    color = colors.validation_loss if line.is_main else colors.training_loss
    percent = [(step, 100 * share) for step, share in line.curve]
    opacity = 1.0 if line.name else RAW_OPACITY
    return {
        **_line(line.name, percent, color, axes),
        "lineStyle": {"width": 2.4 if line.is_main else 1.2, "opacity": opacity},
        "showSymbol": line.is_main and len(percent) <= MOST_SYMBOLS,
        "symbolSize": 7,
        # Of the unnamed ones a tooltip would only say many small numbers.
        "tooltip": {"show": bool(line.name)},
    }


@dataclass(frozen=True, kw_only=True)
class ScoreLine:
    """What one head gives to one kind of place, over a training, and what chance would give."""

    name: str
    curve: Curve
    """Shares from 0 to 1."""
    chance: float


@in_language
def scores_chart(
    title: str, lines: Sequence[ScoreLine], colors: Palette, *, axes: Axes
) -> dict[str, Any]:
    """A line for each kind of place in percent, and in its colour, dashed, its chance level."""
    frame, both = _frame(colors, "%.1f %%"), _axes(title, [], axes, colors)
    return {
        **frame,
        # Six names take three rows on a telephone.
        "grid": {**frame["grid"], "top": colors.pixels(96)},
        "xAxis": both["xAxis"],
        "yAxis": {**both["yAxis"], "min": 0, "max": _top(lines)},
        "series": [_score(line, colors.runs[at], axes) for at, line in enumerate(lines)],
    }


def _top(lines: Sequence[ScoreLine]) -> int:
    """A round percentage above all there is: small shares would be lost under 100."""
    most = max((100 * share for line in lines for _step, share in line.curve), default=100.0)
    return next((top for top in (10, 20, 40, 60) if most <= top), 100)


def _score(line: ScoreLine, color: str, axes: Axes) -> dict[str, Any]:
    percent = [(step, 100 * share) for step, share in line.curve]
    by_chance = {"yAxis": 100 * line.chance}
    dashed = {"type": "dashed", "color": color, "width": 1, "opacity": 0.7}
    return {
        **_line(line.name, percent, color, axes),
        "lineStyle": {"width": 2},
        "markLine": {
            "symbol": "none", "silent": True, "lineStyle": dashed, "label": {"show": False},
            "data": [by_chance],
        },
    }  # fmt: skip


@in_language
def bar_chart(
    labels: Sequence[str], values: Sequence[float], unit: str, colors: Palette, *, digits: int,
    most: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Labelled horizontal bars, first one on top, each with its value; `most` ends the axis."""
    ends = {} if most is None else {"max": most}
    return {
        **_frame(colors, "%.4g"),
        "legend": {"show": False},
        "grid": _grid(colors, right=64, top=8, bottom=24),
        "tooltip": {"show": False},
        "xAxis": named_below(_axis(unit, colors) | ends, colors.pixels(22)),
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": list(labels),
            "axisLabel": {**_letters(colors.text, colors), "fontFamily": MONO},
            "axisLine": {"show": False},
            "axisTick": {"show": False},
        },
        "series": [
            {
                "type": "bar",
                "data": [labelled_bar(value, digits) for value in values],
                "barMaxWidth": colors.pixels(18),
                "itemStyle": {"color": colors.validation_loss},
                "label": {"show": True, "position": "right", **_letters(colors.text, colors)},
            }
        ],
    }


def _frame(colors: Palette, number_format: str) -> dict[str, Any]:
    return {
        # Points glide to new places on their own; a redraw every tick should not animate.
        "animation": False,
        # At the right, half of a long number under the last tick needs its place.
        "grid": _grid(colors, right=28, top=56, bottom=36),
        "legend": {
            "top": 0, "left": 0, "textStyle": _letters(colors.text, colors), "icon": "roundRect",
        },
        "tooltip": {
            "trigger": "axis", "order": "valueAsc", "valueFormatter": number_format,
            "textStyle": {"fontSize": colors.pixels(14)},
        },
    }  # fmt: skip


def _grid(colors: Palette, *, right: int, top: int, bottom: int) -> dict[str, Any]:
    """Room around a figure, in pixels of the usual size."""
    return {
        "left": 8,
        "right": colors.pixels(right),
        "top": colors.pixels(top),
        "bottom": colors.pixels(bottom),
        "containLabel": True,
    }


def _letters(color: str, colors: Palette) -> dict[str, Any]:
    return {"color": color, "fontSize": colors.text_pixels}


def _axes(title: str, shown: Sequence[float], axes: Axes, colors: Palette) -> dict[str, Any]:
    """Both axes; the vertical one leaves its range open where nothing is said to be shown."""
    # Above the axis and not along it, where long numbers would run into it.
    upwards = {**_axis(title, colors), "nameLocation": "end", "nameGap": colors.pixels(12)}
    upwards["nameTextStyle"] = {**upwards["nameTextStyle"], "align": "left"}
    layout = value_range(shown, log=axes.log)
    ticks = layout.pop("axisLabel", {})
    return {
        "xAxis": _across(axes, colors),
        "yAxis": {
            **upwards,
            "scale": True,
            **layout,
            # The ends are no round numbers, and their labels would crowd those that are. Ticks of
            # our own are round ones: hiding ends would hide the lowest and the highest of them.
            "axisLabel": {
                **upwards["axisLabel"],
                **(ticks or {"showMinLabel": not layout, "showMaxLabel": not layout}),
            },
        },
    }


def _across(axes: Axes, colors: Palette) -> dict[str, Any]:
    axis = _axis(translated(axes.name), colors)
    is_steps = axes.unit == 1.0 and axes.name == "step"
    return {
        **axis,
        "nameGap": colors.pixels(28),
        "min": 0,
        "max": axes.end,
        **({"minInterval": 1} if is_steps else {}),
        "axisLabel": {**axis["axisLabel"], "showMaxLabel": is_steps, "hideOverlap": True},
    }


def _axis(name: str, colors: Palette) -> dict[str, Any]:
    return {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameGap": colors.pixels(40),
        "nameTextStyle": _letters(colors.reference, colors),
        "axisLabel": _letters(colors.reference, colors),
        "splitLine": {"lineStyle": {"color": colors.faint, "width": 0.6}},
    }


def _line(name: str, curve: Curve, color: str, axes: Axes) -> dict[str, Any]:
    shown = positive_points(curve) if axes.log else curve
    return {
        "type": "line",
        "name": name,
        # Significant digits, not decimals: a learning rate may be far below a thousandth.
        "data": [[axes.coordinate(x), float(f"{value:.6g}")] for x, value in shown],
        "showSymbol": False,
        "itemStyle": {"color": color},
    }


def _references(
    references: Mapping[str, float], colors: Palette, values: Sequence[float], axes: Axes
) -> dict[str, Any]:
    shown = [*values, *references.values()]
    right = readable_labels(references, shown, log=axes.log)
    # What has no room there stands at the other end of its line.
    rest = {name: value for name, value in references.items() if name not in right}
    left = readable_labels(rest, shown, log=axes.log)
    return {
        "symbol": "none",
        "silent": True,
        "lineStyle": {"type": "dashed", "color": colors.reference, "width": 1},
        "label": {
            "position": "insideEndTop",
            "formatter": "{b}",
            **_letters(colors.reference, colors),
        },
        "data": [
            {"name": name, "yAxis": value, "label": _place(name, right, left)}
            for name, value in references.items()
        ],
    }


def _place(name: str, right: set[str], left: set[str]) -> dict[str, Any]:
    if name in left:
        return {"show": True, "position": "insideStartBottom"}
    return {"show": name in right}


def _faded(line: dict[str, Any], opacity: float) -> dict[str, Any]:
    """A thin line, and its sign in the legend, behind those that count."""
    return {
        **line,
        "lineStyle": {"width": 1.2, "opacity": opacity},
        "itemStyle": {**line["itemStyle"], "opacity": opacity},
    }
