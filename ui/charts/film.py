"""The curve over a film of a training: what was kept stands at even distances. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigpt.runs.analysis.curves import Curve
from ui.i18n import _
from ui.theme import Palette
from ui.wording import count, loss

MARKS = "kept"
"""The id of the series of kept steps, of which one can be chosen."""
SIDE = 9
"""Pixels beside the first and the last mark, as beside the stops of the slider below."""


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
        **({"left": 2 * SIDE, "bottom": 18} if is_high else {"right": 2 * SIDE, "top": 2}),
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
