"""Figures over the kept steps of a training, which stand at even distances. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigpt.runs.analysis.curves import Curve
from ui.charts.axes import value_range
from ui.charts.numerals import in_language
from ui.i18n import _, numeral
from ui.theme import Palette
from ui.wording import count, loss

MARKS = "kept"
"""The id of the series of kept steps, of which one can be chosen."""
SIDE, LOW = 9, 25
"""Pixels beside the first and the last mark, as beside the stops of the slider below; and below
the words that stand over the marks."""
SIGN, LETTER, NARROW = 40, 6.6, 350
"""Pixels: a name's sign in the legend, one of its letters, and the width of a telephone."""


def film_chart(curve: Curve, steps: Sequence[int], now: int, colors: Palette) -> dict[str, Any]:
    """The validation loss over the kept steps, which lie above the stops of a slider.

    Kept steps lie ever further apart, most of them in the first hundredth of a training. Here
    they are at even distances, and what was measured between two of them lies in between.

    Args:
        curve: The validation loss by step; what is after the last kept step is left out.
        steps: The kept ones, two or more, in order.
        now: The one that is looked at.
        colors: Those of the theme.
    """
    shown = [(step, value) for step, value in curve if step <= steps[-1]]
    at = np.interp([step for step, _value in shown], steps, range(len(steps))).tolist()
    low = min((value for _step, value in shown), default=0.0)
    high = max((value for _step, value in shown), default=1.0)
    mean = _mean_over(at, [value for _step, value in shown])
    # The marks are no measurements: of most kept steps there is none. So they lie below the curve.
    floor = low - 0.28 * (high - low or 1.0)
    return {
        "animation": False,
        "legend": {"show": False},
        "title": _title(colors, is_high=mean > (low + high) / 2),
        "grid": {"left": SIDE, "right": SIDE, "top": 6, "bottom": 17},
        "tooltip": {"trigger": "item", "formatter": "{b}", "confine": True},
        "xAxis": {"type": "value", "min": 0, "max": len(steps) - 1, "show": False},
        "yAxis": {"type": "value", "min": floor, "max": high, "show": False},
        "series": [
            _line(shown, at, colors),
            _marks(steps, now, floor, colors),
        ],
    }


def _mean_over(at: Sequence[float], values: Sequence[float]) -> float:
    """Of a curve, by how long it stays where."""
    if len(values) < 2 or at[-1] == at[0]:
        return values[0] if values else 0.0
    return float(np.trapezoid(values, at)) / (at[-1] - at[0])


def _title(colors: Palette, *, is_high: bool) -> dict[str, Any]:
    return {
        "text": _("validation loss by step"),
        # Under a curve that stays up there is room at its foot, over one that falls soon at its
        # end; and beside the line that stands at the mark which is looked at.
        **({"left": 2 * SIDE, "bottom": LOW} if is_high else {"right": 2 * SIDE, "top": 2}),
        "padding": 0,
        "textStyle": {
            "color": colors.reference,
            "fontSize": colors.text_pixels,
            "fontWeight": "normal",
        },
    }


def _line(shown: Curve, at: Sequence[float], colors: Palette) -> dict[str, Any]:
    return {
        "type": "line",
        "name": _("validation loss"),
        "data": [
            {"name": _point(step, value), "value": [round(x, 4), value]}
            for x, (step, value) in zip(at, shown, strict=True)
        ],
        "symbolSize": 5,
        "lineStyle": {"width": 2},
        "itemStyle": {"color": colors.validation_loss},
    }


def _marks(steps: Sequence[int], now: int, floor: float, colors: Palette) -> dict[str, Any]:
    return {
        "type": "scatter",
        "id": MARKS,
        "name": _("kept steps"),
        "selectedMode": "single",
        # What is chosen is in the address, and drawn from there.
        "select": {"disabled": False, "itemStyle": {"borderColor": colors.validation_loss}},
        "symbolSize": 11,
        "cursor": "pointer",
        "data": [
            {
                "name": _("Go to step {step}", step=count(step)),
                "value": [place, floor],
                "itemStyle": {
                    "color": colors.validation_loss if step == now else colors.faint,
                    "borderColor": colors.validation_loss,
                    "borderWidth": 1,
                },
            }
            for place, step in enumerate(steps)
        ],
        "markLine": {
            "silent": True,
            "symbol": "none",
            "label": {"show": False},
            "lineStyle": {"color": colors.validation_loss, "type": "solid", "width": 1},
            "data": [{"xAxis": steps.index(now)}],
        },
    }


def _point(step: float, value: float) -> str:
    return _(
        "Step {step}: validation loss {validation_loss}",
        step=count(int(step)), validation_loss=loss(value),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class StepLine:
    """One number of each kept step."""

    name: str
    values: Sequence[float]
    color: str
    level: float | None = None
    """What it is to be compared with, drawn as a dashed line in its colour."""
    is_dashed: bool = False


@in_language
def kept_steps_chart(
    title: str, lines: Sequence[StepLine], steps: Sequence[int], now: int | None, colors: Palette,
    *, form: str = ".2f", is_log: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Lines over the kept steps, at even distances as in a film; two such charts share their steps.

    Args:
        title: What is drawn, with its unit.
        lines: Each with a number for each step.
        steps: The kept ones, in order.
        now: The one that is looked at; None where it is not among them.
        colors: Those of the theme.
        form: How a number is written where the pointer is.
        is_log: Whether equal distances upwards are equal factors; numbers are above 0 then.
    """
    return {
        **_frame(lines, colors),
        "xAxis": _across(steps, colors),
        "yAxis": _upwards(title, lines, colors, is_log=is_log),
        "series": [
            *(_step_line(line, said, colors) for line, said in _with_words(lines, steps, form)),
            *_here(steps, now, colors),
        ],
    }


def _rows(lines: Sequence[StepLine]) -> int:
    """How many the names take on a telephone."""
    return math.ceil(sum(SIGN + LETTER * len(line.name) for line in lines) / NARROW)


def _frame(lines: Sequence[StepLine], colors: Palette) -> dict[str, Any]:
    return {
        "animation": False,
        "legend": {
            "top": 0, "left": 0, "icon": "roundRect", "textStyle": _letters(colors, colors.text),
        },
        # Of one width at both sides, whatever the labels: charts below each other line up.
        "grid": {
            "left": colors.pixels(52), "right": colors.pixels(24), "outerBoundsMode": "none",
            "top": colors.pixels(36 + 24 * _rows(lines)), "bottom": colors.pixels(46),
        },
        "tooltip": {
            "trigger": "axis", "confine": True, "formatter": "{b0}",
            "extraCssText": "white-space: pre-line",
            "textStyle": {"fontSize": colors.pixels(14)},
        },
    }  # fmt: skip


def _letters(colors: Palette, color: str) -> dict[str, Any]:
    return {"color": color, "fontSize": colors.text_pixels}


def _across(steps: Sequence[int], colors: Palette) -> dict[str, Any]:
    letters = _letters(colors, colors.reference)
    return {
        "type": "category", "boundaryGap": False, "data": [count(step) for step in steps],
        "name": _("kept step"), "nameLocation": "middle", "nameGap": colors.pixels(28),
        "nameTextStyle": letters, "axisLabel": {**letters, "hideOverlap": True},
    }  # fmt: skip


def _upwards(
    title: str, lines: Sequence[StepLine], colors: Palette, *, is_log: bool
) -> dict[str, Any]:
    letters = _letters(colors, colors.reference)
    layout: dict[str, Any] = {"type": "value", "splitNumber": 4}
    if all(value >= 0 for line in lines for value in line.values):
        layout["min"] = 0
    if is_log:
        layout = value_range([value for line in lines for value in line.values], log=True)
    return {
        **layout,
        "name": title, "nameLocation": "end", "nameGap": colors.pixels(12),
        "nameTextStyle": {**letters, "align": "left"},
        "axisLabel": {**letters, **layout.get("axisLabel", {})},
        "splitLine": {"lineStyle": {"color": colors.faint, "width": 0.6}},
    }  # fmt: skip


def _with_words(
    lines: Sequence[StepLine], steps: Sequence[int], form: str
) -> Iterator[tuple[StepLine, list[str]]]:
    """Each line with what is said of each step: that step of all lines, as the pointer is told."""
    said = [
        "\n".join(
            [
                _("Step {step}", step=count(step)),
                *(f"{line.name}  {numeral(line.values[place], form)}" for line in lines),
            ]
        )
        for place, step in enumerate(steps)
    ]
    return ((line, said) for line in lines)


def _step_line(line: StepLine, said: Sequence[str], colors: Palette) -> dict[str, Any]:
    drawn = {
        "type": "line",
        "name": line.name,
        "data": [
            {"name": words, "value": [place, float(f"{value:.6g}")]}
            for place, (words, value) in enumerate(zip(said, line.values, strict=True))
        ],
        "symbol": "circle",
        "symbolSize": 5,
        "lineStyle": {"width": 2, "type": "dashed" if line.is_dashed else "solid"},
        "itemStyle": {"color": line.color},
    }
    if line.level is None:
        return drawn
    dashes = {"type": "dashed", "color": line.color, "width": 1, "opacity": 0.7}
    return {
        **drawn,
        "markLine": {
            "symbol": "none", "silent": True, "lineStyle": dashes, "label": {"show": False},
            "data": [{"yAxis": line.level}],
        },
    }  # fmt: skip


def _here(steps: Sequence[int], now: int | None, colors: Palette) -> Iterator[dict[str, Any]]:
    """An upright line at the step that is looked at."""
    if now in steps:
        yield {
            "type": "line", "name": "", "data": [], "tooltip": {"show": False},
            "markLine": {
                "silent": True, "symbol": "none", "label": {"show": False},
                "lineStyle": {"color": colors.reference, "type": "solid", "width": 1},
                "data": [{"xAxis": steps.index(now)}],
            },
        }  # fmt: skip


def shades_of_one(colors: Palette, many: int) -> list[str]:
    """So many steps of one colour, each seen on the background: for lines that have an order."""
    return [_between(colors.weights[3:], place / max(1, many - 1)) for place in range(many)]


def _between(stops: Sequence[str], place: float) -> str:
    at = place * (len(stops) - 1)
    first = min(int(at), len(stops) - 2)
    one, other = (
        [int(stop[digit : digit + 2], 16) for digit in (1, 3, 5)]
        for stop in stops[first : first + 2]
    )
    mixed = (round(a + (at - first) * (b - a)) for a, b in zip(one, other, strict=True))
    return "#" + "".join(f"{part:02X}" for part in mixed)
